//! PodDisruptionBudgets.
//!
//! Source: pkg/registry/policy/poddisruptionbudget/strategy.go, `ValidatePodDisruptionBudget` in
//! pkg/apis/policy/validation/validation.go (1.36.2). The surprise: nobody looks at how its name is spelled.

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, created_meta, half, updated_meta};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::scheduling;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "PodDisruptionBudget",
    key: "podDisruptionBudget",
    group: "policy",
    version: "v1",
    resource: "poddisruptionbudgets",
    short: &["pdb"],
    is_namespaced: true,
    has_pods: false,
    has_rollouts: false,
    is_kept: false,
    counts_generations: true,
    schema: &workloads::PodDisruptionBudget,
    defaults: |object, _| {
        spec_of(object);
    },
    prepare: |_, _, _| {},
    create,
    update,
    warnings: |_, _| Vec::new(),
};

fn create(object: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    created_meta(object, |_| Vec::new(), &gates.habits, &mut errors);
    spec(&half(object, "spec"), gates, &mut errors);
    errors
}

fn update(old: &Object, new: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    updated_meta(old, new, &gates.habits, &mut errors);
    spec(&half(new, "spec"), gates, &mut errors);
    errors
}

/// `ValidatePodDisruptionBudgetSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    let (min, max) = (spec.child("minAvailable"), spec.child("maxUnavailable"));
    if min.is_set() && max.is_set() {
        let shown = json!({"MinAvailable": min.value, "Selector": spec.child("selector").value,
            "MaxUnavailable": max.value, "UnhealthyPodEvictionPolicy": spec.child("unhealthyPodEvictionPolicy").value});
        errors.invalid(spec.path.clone(), shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for amount in [min, max] {
        if amount.is_set() {
            workload::int_or_percent(&amount, errors);
            workload::at_most_all(&amount, errors);
        }
    }
    scheduling::label_selector(&spec.child("selector"), &gates.habits, errors);
    if let Some(policy) = spec.some("unhealthyPodEvictionPolicy") {
        let supported = ["AlwaysAllow", "IfHealthyBudget"];
        if !supported.contains(&policy.str()) {
            errors.not_supported(policy.path.clone(), policy.str(), &supported);
        }
    }
}
