//! RuntimeClasses.
//!
//! Source: `ValidateRuntimeClass` and `ValidateRuntimeClassUpdate` in pkg/apis/node/validation/validation.go (1.36.2). The
//! surprise: what a pod costs besides is validated as limits are.

use serde_json::json;

use super::{Kind, Object, half, immutable};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{meta, names, resources, scheduling, warnings};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "RuntimeClass",
    key: "runtimeClass",
    group: "node.k8s.io",
    resource: "runtimeclasses",
    is_namespaced: false,
    reads_finalizers: false,
    schema: &cluster::RuntimeClass,
    validate: |new, old, gates, errors| match old {
        None => created(new, gates, errors),
        Some(old) => immutable(&half(old, "handler"), &half(new, "handler"), errors),
    },
    warnings: |object, _, _| {
        let selector = half(object, "scheduling").child("nodeSelector");
        let deprecated =
            selector.entries().into_iter().filter_map(|(key, _)| warnings::deprecated_label(key));
        deprecated.map(|message| format!("{}: {message}", selector.path)).collect()
    },
    ..Kind::PLAIN
};

fn created(object: &Object, gates: &Gates, errors: &mut Errors) {
    let handler = half(object, "handler").str();
    if handler.is_empty() && gates.habits.requires_handlers {
        errors.required("handler", "");
    } else {
        errors.invalid_each("handler", handler, names::dns1123_label(handler));
    }
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
            let of = |name: &str| toleration.text_of(name);
            let shown = json!({"Key": of("key"), "Operator": of("operator"), "Value": of("value"), "Effect": of("effect"),
                "TolerationSeconds": toleration.child("tolerationSeconds").value});
            errors.duplicate(toleration.path.clone(), shown);
        }
    }
}
