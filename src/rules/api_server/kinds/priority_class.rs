//! PriorityClasses.
//!
//! Source: pkg/registry/scheduling/priorityclass/strategy.go, `ValidatePriorityClass` in
//! pkg/apis/scheduling/validation/validation.go, `IsKnownSystemPriorityClass` in pkg/apis/scheduling/v1/helpers.go (1.36.2).
//! The surprise: names that begin with `system-` are the cluster's.

use serde_json::json;

use super::{Kind, Object, default, half, immutable};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::Errors;

pub static LAW: Kind = Kind {
    name: "PriorityClass",
    key: "priorityClass",
    group: "scheduling.k8s.io",
    resource: "priorityclasses",
    short: &["pc"],
    is_namespaced: false,
    counts_generations: true,
    schema: &cluster::PriorityClass,
    defaults: |object, _| default(object, "preemptionPolicy", json!("PreemptLowerPriority")),
    validate: |new, old, _, errors| match old {
        None => created(new, errors),
        Some(old) => {
            if half(old, "value").int() != half(new, "value").int() {
                errors.forbidden("value", "may not be changed in an update.");
            }
            immutable(&half(old, "preemptionPolicy"), &half(new, "preemptionPolicy"), errors);
        }
    },
    ..Kind::PLAIN
};

/// `HighestUserDefinablePriority`
const HIGHEST: i64 = 1_000_000_000;

/// The cluster's own.
const SYSTEM: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// Why it is none of the cluster's own (`IsKnownSystemPriorityClass`).
fn not_the_clusters(object: &Object, name: &str) -> Option<String> {
    let Some((_, value)) = SYSTEM.iter().find(|(known, _)| *known == name) else {
        return Some(format!("{name} is not a known system priority class"));
    };
    if half(object, "value").int() != *value {
        return Some(format!("value of {name} PriorityClass must be {value}"));
    }
    let is_default = half(object, "globalDefault").bool();
    is_default.then(|| format!("globalDefault of {name} PriorityClass must be false"))
}

fn created(object: &Object, errors: &mut Errors) {
    let name = half(object, "metadata").text_of("name");
    if name.starts_with("system-") {
        if let Some(why) = not_the_clusters(object, name) {
            let detail = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {why}"
            );
            errors.forbidden("metadata.name", detail);
        }
    } else if half(object, "value").int() > HIGHEST {
        let detail = format!("maximum allowed value of a user defined priority is {HIGHEST}");
        errors.forbidden("value", detail);
    }
    let policy = half(object, "preemptionPolicy");
    let supported = ["PreemptLowerPriority", "Never"];
    match policy.str() {
        "" => errors.required("preemptionPolicy", ""),
        other if !supported.contains(&other) => errors.not_supported("preemptionPolicy", other, &supported),
        _ => {}
    }
}
