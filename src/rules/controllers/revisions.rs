//! The history of a template, as StatefulSets and DaemonSets keep it: its revisions, their numbers and names.
//!
//! Source: pkg/controller/history/controller_history.go (`NewControllerRevision`, `HashControllerRevision`,
//! `SortControllerRevisions`, `EqualRevision`), 1.36.3.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::ownership;
use super::template_hash::safe_encode;
use crate::api::controller_revision::ControllerRevision;
use crate::api::text::Uid;
use crate::api::wire_controller_revision::data;
use crate::api::workload::PodTemplateSpec;
use crate::api::{Meta, Sym};
use crate::time::Time;

/// The label of a revision that carries its hash.
pub const HASH: &str = "controller.kubernetes.io/hash";
/// The label of a pod that names its revision.
pub const REVISION: &str = "controller-revision-hash";
/// An owner's name is cut so that the hash fits behind it.
const LONGEST_PREFIX: usize = 223;

/// The text of a revision's `data`: Go's, with members by name and what every template has; from 1.34 on, when empty
/// timestamps left it, byte for byte.
pub fn text(template: &PodTemplateSpec) -> String {
    let mut text = String::new();
    write(&mut text, &filled(data(template)));
    text
}

/// With the members that Go prints though they are empty.
fn filled(mut data: Value) -> Value {
    let spec = &mut data["spec"]["template"]["spec"];
    if !spec.is_object() {
        return data;
    }
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            let Value::Object(container) = container else { continue };
            container.entry("resources").or_insert_with(|| Value::Object(serde_json::Map::new()));
        }
    }
    if spec["securityContext"].is_null() {
        spec["securityContext"] = Value::Object(serde_json::Map::new());
    }
    data
}

/// As Go's `json.Marshal` writes a map: members by name, `<`, `>` and `&` escaped.
fn write(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> =
                members.iter().filter(|(_, member)| !member.is_null()).collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(text, &Value::String(name.clone()));
                text.push(':');
                write(text, member);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(text, item);
            }
            text.push(']');
        }
        Value::String(own) => {
            for letter in Value::from(own.as_str()).to_string().chars() {
                match letter {
                    '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                        let _ = write!(text, "\\u{:04x}", u32::from(letter));
                    }
                    letter => text.push(letter),
                }
            }
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// The hash of a StatefulSet's template, for so many names that were taken (`HashControllerRevision`): FNV-1, not 1a.
pub fn hash(template: &PodTemplateSpec, collisions: i32) -> String {
    let text = text(template) + &collisions.to_string();
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte));
    safe_encode(&hash.to_string())
}

/// Whether two templates are one (`EqualRevision`).
pub fn same(a: &Arc<PodTemplateSpec>, b: &Arc<PodTemplateSpec>) -> bool {
    Arc::ptr_eq(a, b) || text(a) == text(b)
}

/// The name of a revision (`ControllerRevisionName`).
pub fn name(owner: &str, hash: &str) -> String {
    let cut = owner.get(..LONGEST_PREFIX).unwrap_or(owner);
    format!("{cut}-{hash}")
}

/// The oldest first (`SortControllerRevisions`).
pub fn sort(revisions: &mut [&ControllerRevision]) {
    revisions.sort_by_key(|one| (one.revision, one.meta.created.truncate_secs(), one.meta.name.as_str()));
}

/// The number after those of sorted revisions (`nextRevision`).
pub fn next_number(revisions: &[&ControllerRevision]) -> i64 {
    revisions.last().map_or(1, |last| last.revision + 1)
}

/// A revision of an owner's template (`NewControllerRevision`); it has its name and its owner, and no uid yet.
pub fn new(
    owner: &Meta,
    kind: &str,
    template: &Arc<PodTemplateSpec>,
    hash: &str,
    revision: i64,
) -> ControllerRevision {
    let mut labels: BTreeMap<String, String> = (*template.labels).clone();
    labels.insert(HASH.to_owned(), hash.to_owned());
    ControllerRevision {
        meta: Meta {
            name: Sym::new(&name(owner.name.as_str(), hash)),
            namespace: owner.namespace,
            uid: Uid::Given(Sym::EMPTY),
            labels: Arc::new(labels),
            annotations: Arc::clone(&owner.annotations),
            finalizers: Arc::default(),
            owners: Arc::new(vec![ownership::controller_ref(owner, "apps/v1", kind)]),
            generation: 0,
            resource_version: 0,
            created: Time::default(),
            deletion: None,
        },
        template: Arc::clone(template),
        revision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_workloads::template;
    use serde_json::json;

    #[test]
    fn a_template_is_written_as_go_does() {
        let own = template(&json!({ "metadata": { "labels": { "b": "<1>", "a": "x\"y" } },
            "spec": { "terminationGracePeriodSeconds": 30, "containers": [{ "name": "app" }] } }));
        assert_eq!(
            text(&own),
            r#"{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"x\"y","b":"\u003c1\u003e"}},"spec":{"containers":[{"name":"app","resources":{}}],"securityContext":{},"terminationGracePeriodSeconds":30}}}}"#
        );
    }

    #[test]
    fn names_are_cut_and_numbers_rise() {
        assert_eq!(name("db", "5c8"), "db-5c8");
        assert_eq!(name(&"d".repeat(250), "5c8").len(), 227);
        assert_eq!(next_number(&[]), 1);
    }
}
