//! Nodes, as somebody applies them; those of a scenario are made elsewhere.
//!
//! Source: pkg/registry/core/node/strategy.go, `ValidateNode` and `ValidateNodeUpdate` in
//! pkg/apis/core/validation/validation.go (1.36.2). The surprises: the status of a manifest counts; what is allocatable is
//! the capacity where nobody says otherwise.

use rustc_hash::FxHashSet;
use serde_json::json;

use super::workload::spec_of;
use super::{Kind, Object, default, half, within};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::defaults::amounts;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{addresses, names, resources, scheduling};
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
    prepare: |object, _, _| within(object, "spec", |spec| drop(spec.shift_remove("configSource"))),
    rereads_metadata: true,
    validate: |new, old, gates, errors| {
        // Upstream names them so.
        let listed = half(new, "spec").child("taints");
        taints(&At { value: listed.value, path: "metadata.taints".to_owned() }, &gates.habits, errors);
        for name in ["capacity", "allocatable"] {
            let list = half(new, "status").child(name);
            for (name, amount) in amounts(Some(list.value)) {
                resources::amount_of(&name, amount, &list.path_of(&name), errors);
            }
        }
        ranges(&half(new, "spec").child("podCIDRs"), errors);
        if let Some(old) = old {
            given_once(&half(old, "spec"), &half(new, "spec"), errors);
        }
    },
    warnings: |object, _, _| {
        let spec = half(object, "spec");
        let mut told = Vec::new();
        if !spec.text_of("externalID").is_empty() {
            told.push("spec.externalID: this field is deprecated, and is unused by Kubernetes".to_owned());
        }
        for range in spec.child("podCIDRs").items() {
            addresses::cidr(&range, &mut told);
        }
        told
    },
    ..Kind::PLAIN
};

/// `SetDefaults_NodeStatus`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    // `Convert_v1_NodeSpec_To_core_NodeSpec`: the one that older clients say is the first.
    if let Some(range) = spec.get("podCIDR").cloned() {
        default(spec, "podCIDRs", json!([range]));
    }
    within(object, "status", |status| {
        if let Some(capacity) = status.get("capacity").cloned() {
            default(status, "allocatable", capacity);
        }
    });
}

/// `validateNodeTaints`
fn taints(taints: &At, habits: &Habits, errors: &mut Errors) {
    let mut seen: FxHashSet<(&str, &str)> = FxHashSet::default();
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
                json!({"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.child("timeAdded").value}),
                "taints must be unique by key and effect pair",
            );
        }
        seen.insert((key, effect));
    }
}

/// Ranges of addresses: one, or one of each family.
fn ranges(ranges: &At, errors: &mut Errors) {
    for range in ranges.items() {
        if !names::is_cidr(range.str()) {
            let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            errors.invalid(range.path.clone(), range.str(), detail);
        }
    }
    let newer = ranges.texts().iter().filter(|range| range.contains(':')).count();
    if ranges.len() > 2 || (ranges.len() == 2 && newer != 1) {
        let detail = "may specify no more than one CIDR for each IP family";
        errors.invalid(ranges.path.clone(), ranges.value.clone(), detail);
    }
}

/// What a node is given once.
fn given_once(was: &At, is: &At, errors: &mut Errors) {
    if !was.child("podCIDRs").is_empty() && was.child("podCIDRs").value != is.child("podCIDRs").value {
        errors.forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
    }
    let before = was.text_of("providerID");
    if !before.is_empty() && before != is.text_of("providerID") {
        let detail = "node updates may not change providerID except from \"\" to valid";
        errors.forbidden("spec.providerID", detail);
    }
    if was.text_of("externalID") != is.text_of("externalID") {
        errors.forbidden("spec.externalID", "may not be updated");
    }
}
