//! RuntimeClasses.
//!
//! Source: `ValidateRuntimeClass` and `ValidateRuntimeClassUpdate` in pkg/apis/node/validation/validation.go (1.36.2). The
//! surprise: what a pod costs besides is validated as limits are.

use serde_json::json;

use super::{Kind, Object, half, immutable};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{meta, names, resources, scheduling};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "RuntimeClass",
    key: "runtimeClass",
    group: "node.k8s.io",
    resource: "runtimeclasses",
    is_namespaced: false,
    schema: &cluster::RuntimeClass,
    validate: |new, old, gates, errors| match old {
        None => created(new, gates, errors),
        Some(old) => immutable(&half(old, "handler"), &half(new, "handler"), errors),
    },
    ..Kind::PLAIN
};

fn created(object: &Object, gates: &Gates, errors: &mut Errors) {
    let handler = half(object, "handler").str();
    errors.invalid_each("handler", handler, names::dns1123_label(handler));
    let overhead = half(object, "overhead");
    if overhead.is_set() {
        let as_limits = json!({"limits": overhead.child("podFixed").value});
        let at = At::new(&as_limits, &overhead.path);
        resources::validate(&at, resources::Of::Container, &[], &gates.habits, errors);
    }
    let placed = half(object, "scheduling");
    meta::labels(&placed.child("nodeSelector"), &gates.habits, errors);
    let tolerations = placed.child("tolerations");
    scheduling::tolerations(&tolerations, gates, errors);
    let all: Vec<At> = tolerations.items().collect();
    for (ix, toleration) in all.iter().enumerate() {
        if all[..ix].iter().any(|before| before.value == toleration.value) {
            errors.duplicate(toleration.path.clone(), toleration.value.clone());
        }
    }
}
