//! The hash of a pod template, by which ReplicaSets and their pods are named (`pod-template-hash`).
//!
//! It is a look-alike. Kubernetes hashes a dump of the Go struct (`ComputeHash`, pkg/controller/controller_utils.go,
//! 1.36.3), which holds every field that a version's struct has, set or not, so it differs even between versions. Ours
//! hashes the template's JSON with sorted keys by the same function, and spells it with the same alphabet and length:
//! equal templates have equal hashes, others as good as never.

use serde_json::Value;

use crate::api::workload::PodTemplateSpec;

/// The label that carries the hash.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// The hash of a template; `collisions` is how often a name made of it was taken. A label [`POD_TEMPLATE_HASH`] does
/// not count.
pub fn template_hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let mut hash = Fnv::new();
    hash.value(&template.value, &mut Vec::new());
    if let Some(collisions) = collisions {
        hash.bytes(&i64::from(collisions).to_le_bytes());
    }
    safe_encode(&hash.0.to_string())
}

/// Text with letters and digits that make no words (`SafeEncodeString`,
/// staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go).
pub fn safe_encode(text: &str) -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    text.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}

/// FNV-1a, 32 bits.
struct Fnv(u32);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0x811c_9dc5)
    }
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
    /// Members in the order of their names; null is as good as absent.
    fn value<'a>(&mut self, value: &'a Value, path: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                let mut members: Vec<(&String, &Value)> =
                    members.iter().filter(|(_, member)| !member.is_null()).collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                self.bytes(b"{");
                for (name, member) in members {
                    if path == &["metadata", "labels"] && name == POD_TEMPLATE_HASH {
                        continue;
                    }
                    self.bytes(name.as_bytes());
                    self.bytes(b":");
                    path.push(name);
                    self.value(member, path);
                    path.pop();
                }
                self.bytes(b"}");
            }
            Value::Array(items) => {
                self.bytes(b"[");
                for item in items {
                    path.push("");
                    self.value(item, path);
                    path.pop();
                    self.bytes(b",");
                }
                self.bytes(b"]");
            }
            plain => {
                self.bytes(plain.to_string().as_bytes());
                self.bytes(b",");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_workloads::template;
    use serde_json::json;

    #[test]
    fn a_hash_depends_on_the_template_and_its_collisions_alone() {
        let one =
            template(&json!({ "metadata": { "labels": { "a": "1", "b": "2" } }, "spec": { "x": [1, "y"] } }));
        let turned = template(&json!({ "spec": { "x": [1, "y"] }, "metadata": { "creationTimestamp": null,
            "labels": { "b": "2", "pod-template-hash": "z", "a": "1" } } }));
        let other =
            template(&json!({ "metadata": { "labels": { "a": "1", "b": "3" } }, "spec": { "x": [1, "y"] } }));
        assert_eq!(template_hash(&one, None), template_hash(&turned, None));
        assert_ne!(template_hash(&one, None), template_hash(&other, None));
        assert_ne!(template_hash(&one, None), template_hash(&one, Some(0)));
        assert_ne!(template_hash(&one, Some(1)), template_hash(&one, Some(0)));
    }

    #[test]
    fn digits_become_kubernetes_letters() {
        assert_eq!(safe_encode("0123456789"), "456789bcdf");
    }
}
