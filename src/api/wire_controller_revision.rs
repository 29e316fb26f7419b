//! The doorway between Kubernetes' JSON and [`ControllerRevision`], both ways; the rules of reading and writing are those
//! of [`super::wire`].
//!
//! `data` is a patch, `{"spec": {"template": {"$patch": "replace", …}}}` (`getPatch`,
//! pkg/controller/statefulset/stateful_set_utils.go and pkg/controller/daemon/update.go, 1.36.3).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::controller_revision::ControllerRevision;
use super::wire_workloads::{meta, meta_value, template};
use super::workload::PodTemplateSpec;

const PATCH: &str = "$patch";

/// Reads an `apps/v1` ControllerRevision.
pub fn controller_revision(value: &Value) -> ControllerRevision {
    let mut held = value["data"]["spec"]["template"].clone();
    if let Value::Object(members) = &mut held {
        members.shift_remove(PATCH);
    }
    ControllerRevision {
        meta: meta(&value["metadata"]),
        template: Arc::new(template(&held)),
        revision: value["revision"].as_i64().unwrap_or_default(),
    }
}

/// Writes an `apps/v1` ControllerRevision.
pub fn controller_revision_value(revision: &ControllerRevision) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": meta_value(&revision.meta),
        "data": data(&revision.template),
        "revision": revision.revision,
    })
}

/// The patch that puts a template back.
pub fn data(template: &PodTemplateSpec) -> Value {
    let mut members = Map::new();
    members.insert(PATCH.to_owned(), "replace".into());
    members.extend(template.value.as_object().cloned().unwrap_or_default());
    json!({ "spec": { "template": members } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_comes_back_as_it_was() {
        let value = json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": { "name": "web-5c8", "namespace": "shop", "labels": { "controller.kubernetes.io/hash": "5c8" } },
            "data": { "spec": { "template": { "$patch": "replace", "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "app", "image": "app:1" }] } } } },
            "revision": 3,
        });
        let read = controller_revision(&value);
        assert_eq!(read.template.labels["app"], "web");
        assert!(read.template.value.get("$patch").is_none());
        assert_eq!(controller_revision_value(&read), value);
    }

    #[test]
    fn a_strange_revision_is_read_without_what_is_strange() {
        for value in [json!(null), json!({ "data": 5, "revision": "x" }), json!({ "data": { "spec": [] } })] {
            assert_eq!(controller_revision(&value).revision, 0);
            assert!(controller_revision(&value).template.labels.is_empty());
        }
    }
}
