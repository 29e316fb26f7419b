//! `kubectl apply`, `kubectl patch`: what is sent, and what is answered.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/cmd/apply/{apply,patcher}.go, pkg/util/apply.go (`GetModifiedConfiguration`),
//! pkg/cmd/patch/patch.go (1.36.2). The surprises: the manifest is kept in an annotation with its keys sorted and a line's
//! end; `configured` is said of any patch that is not empty, whatever it comes to.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::merge;
use crate::rules::api_server::objects::{ObjectType, Older};

/// Where the manifest of the last apply is kept.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What an apply comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Applied {
    /// The object to create or to write.
    pub object: Value,
    /// `created`, `configured` or `unchanged`.
    pub answer: &'static str,
    /// Printed before the answer.
    pub warning: Option<String>,
}

/// Applies a manifest to what is there, if something is.
pub fn apply(kind: ObjectType, live: Option<&Value>, manifest: &Value, namespace: &str) -> Applied {
    let new = with_last_applied(kind, manifest, namespace);
    let Some(live) = live else { return Applied { object: new, answer: "created", warning: None } };
    let annotation = live.pointer(&last_applied_at()).and_then(Value::as_str);
    let last = annotation.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    // Who applies an older version gets what is there in that one, and sends it so.
    let said = new["apiVersion"].as_str().unwrap_or_default();
    let older = kind.older(said);
    let shown = older.map_or(Cow::Borrowed(live), |older| Cow::Owned(older.shown(said, live)));
    let fields = older.map_or(kind.fields(), Older::fields);
    let object = merge::three_way(&shown, &last, &new, fields);
    let answer = if same(&object, &shown) { "unchanged" } else { "configured" };
    let warning = annotation.is_none().then(|| missing(kind, &name_of(live)));
    Applied { object, answer, warning }
}

/// `deployment.apps/web configured`
pub fn answer(kind: ObjectType, name: &str, what: &str) -> String {
    format!("{} {what}", kind.named(name))
}

fn name_of(object: &Value) -> String {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn last_applied_at() -> String {
    format!("/metadata/annotations/{}", LAST_APPLIED.replace('/', "~1"))
}

fn missing(kind: ObjectType, name: &str) -> String {
    format!(
        "Warning: resource {}/{name} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl \
         apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl \
         apply. The missing annotation will be patched automatically.",
        kind.law().resource
    )
}

/// The manifest in its namespace, with itself as an annotation.
pub fn with_last_applied(kind: ObjectType, manifest: &Value, namespace: &str) -> Value {
    let mut object = manifest.clone();
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let metadata = &mut object["metadata"];
    if kind.law().is_namespaced && metadata["namespace"].as_str().unwrap_or_default().is_empty() {
        metadata["namespace"] = json!(namespace);
    }
    if !metadata["annotations"].is_object() {
        metadata["annotations"] = json!({});
    }
    if let Some(annotations) = metadata["annotations"].as_object_mut() {
        annotations.shift_remove(LAST_APPLIED);
    }
    let text = encoded(&object);
    object["metadata"]["annotations"][LAST_APPLIED] = json!(text);
    object
}

/// An object as the annotation holds it: Go's JSON, keys sorted, `<`, `>` and `&` escaped, a line's end.
pub fn encoded(value: &Value) -> String {
    let text = sorted(value).to_string();
    let mut escaped = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            c => escaped.push(c),
        }
    }
    escaped.push('\n');
    escaped
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut entries: Vec<(&String, &Value)> = members.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Whether two objects say the same; empty maps that nobody has need not be written.
fn same(a: &Value, b: &Value) -> bool {
    a == b || bare(a) == bare(b)
}

fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .iter()
                .map(|(key, value)| (key.clone(), bare(value)))
                .filter(|(_, value)| *value != json!({}))
                .collect();
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

/// What kind of patch `kubectl patch --type` sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchType {
    /// `strategic`, which is what kubectl sends where nobody says otherwise.
    Strategic,
    /// `merge`
    Merge,
}

/// What a patch makes of an object, and whether kubectl says `patched` or `patched (no change)` if it is let in.
pub fn patch(kind: ObjectType, live: &Value, patch: &Value, ty: PatchType) -> (Value, &'static str) {
    let mut object = live.clone();
    match ty {
        PatchType::Strategic => merge::strategic_merge(&mut object, patch, kind.fields()),
        PatchType::Merge => merge::json_merge(&mut object, patch),
    }
    let said = if object == *live { "patched (no change)" } else { "patched" };
    (object, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> Value {
        json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web"},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "app", "image": "a<b"}]}}}})
    }

    #[test]
    fn a_manifest_is_kept_with_sorted_keys() {
        let created = apply(ObjectType::Deployment, None, &web(), "shop");
        assert_eq!(created.answer, "created");
        assert_eq!(
            created.object.pointer(&last_applied_at()).and_then(Value::as_str),
            Some(
                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"annotations\":{},\"name\":\"web\",\
                 \"namespace\":\"shop\"},\"spec\":{\"replicas\":3,\"template\":{\"spec\":{\"containers\":[{\"image\":\
                 \"a\\u003cb\",\"name\":\"app\"}]}}}}\n"
            )
        );
    }

    #[test]
    fn the_same_again_changes_nothing_and_a_scaled_one_is_set_back() {
        let mut live = apply(ObjectType::Deployment, None, &web(), "default").object;
        live["spec"]["paused"] = json!(false);
        let again = apply(ObjectType::Deployment, Some(&live), &web(), "default");
        assert_eq!((again.answer, &again.object, &again.warning), ("unchanged", &live, &None));
        live["spec"]["replicas"] = json!(5);
        let back = apply(ObjectType::Deployment, Some(&live), &web(), "default");
        assert_eq!((back.answer, &back.object["spec"]["replicas"]), ("configured", &json!(3)));
        assert_eq!(answer(ObjectType::Deployment, "web", back.answer), "deployment.apps/web configured");
        let mut without = web();
        without["spec"].as_object_mut().expect("a spec").remove("replicas");
        let gone = apply(ObjectType::Deployment, Some(&live), &without, "default");
        assert_eq!(gone.object["spec"].get("replicas"), None, "the API server defaults it to 1");
    }

    #[test]
    fn what_was_not_applied_is_warned_of() {
        let mut live = web();
        live["metadata"]["namespace"] = json!("default");
        let applied = apply(ObjectType::Deployment, Some(&live), &web(), "default");
        assert_eq!(applied.answer, "configured");
        let warning = applied.warning.expect("a warning");
        assert!(
            warning
                .starts_with("Warning: resource deployments/web is missing the kubectl.kubernetes.io/last-")
        );
    }

    #[test]
    fn a_patch_says_whether_it_changed_something() {
        let live = web();
        let change = json!({"spec": {"replicas": 3}});
        assert_eq!(
            patch(ObjectType::Deployment, &live, &change, PatchType::Merge),
            (live.clone(), "patched (no change)")
        );
        let change = json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "2"}]}}}});
        let (new, said) = patch(ObjectType::Deployment, &live, &change, PatchType::Strategic);
        assert_eq!(
            (said, &new["spec"]["template"]["spec"]["containers"]),
            ("patched", &json!([{"name": "app", "image": "2"}]))
        );
    }
}
