//! Nodes, as somebody applies them; those of a scenario are made elsewhere.
//!
//! Source: pkg/registry/core/node/strategy.go, `ValidateNode` and `ValidateNodeUpdate` in
//! pkg/apis/core/validation/validation.go (1.36.2). The surprises: the status of a manifest counts; what is allocatable is
//! the capacity where nobody says otherwise.

use super::workload::spec_of;
use super::{Kind, Object, default, half, within};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::defaults::amounts;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, resources, scheduling};
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

pub static LAW: Kind = Kind {
    name: "Node",
    key: "node",
    resource: "nodes",
    short: &["no"],
    is_namespaced: false,
    keeps_status: true,
    schema: &cluster::Node,
    defaults,
    validate: |new, old, gates, errors| {
        taints(&half(new, "spec").child("taints"), &gates.habits, errors);
        for name in ["capacity", "allocatable"] {
            let list = half(new, "status").child(name);
            for (name, amount) in amounts(Some(list.value)) {
                resources::amount_of(&name, amount, &list.path_of_key(&name), errors);
            }
        }
        if let Some(old) = old {
            given_once(&half(old, "spec"), &half(new, "spec"), errors);
        }
    },
    ..Kind::PLAIN
};

/// `SetDefaults_NodeStatus`
fn defaults(object: &mut Object, _: &Gates) {
    spec_of(object);
    within(object, "status", |status| {
        if let Some(capacity) = status.get("capacity").cloned() {
            default(status, "allocatable", capacity);
        }
    });
}

/// `validateNodeTaints`
fn taints(taints: &At, habits: &Habits, errors: &mut Errors) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for taint in taints.items() {
        let (key, value, effect) = (taint.text_of("key"), taint.text_of("value"), taint.text_of("effect"));
        errors.invalid_each(&taint.path_of("key"), key, names::label_key(key, habits));
        let wrong = names::label_value(value, habits);
        if !wrong.is_empty() {
            errors.invalid(taint.path_of("value"), value, wrong.join(";"));
        }
        if effect.is_empty() {
            errors.required(taint.path_of("effect"), "");
        } else {
            scheduling::taint_effect(effect, &taint.path_of("effect"), errors);
        }
        if seen.contains(&(key, effect)) {
            errors.duplicate_because(
                taint.path.clone(),
                taint.value.clone(),
                "taints must be unique by key and effect pair",
            );
        }
        seen.push((key, effect));
    }
}

/// What a node is given once.
fn given_once(was: &At, is: &At, errors: &mut Errors) {
    let before = was.text_of("providerID");
    if !before.is_empty() && before != is.text_of("providerID") {
        let detail = "node updates may not change providerID except from \"\" to valid";
        errors.forbidden("spec.providerID", detail);
    }
    if !was.child("podCIDRs").is_empty() && was.child("podCIDRs").value != is.child("podCIDRs").value {
        errors.forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
    }
}
