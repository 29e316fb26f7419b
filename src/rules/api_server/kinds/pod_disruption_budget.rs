//! PodDisruptionBudgets.
//!
//! Source: pkg/registry/policy/poddisruptionbudget/strategy.go, `ValidatePodDisruptionBudget` in
//! pkg/apis/policy/validation/validation.go (1.36.2). The surprise: nobody looks at how its name is spelled.

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, half};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::scheduling;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "PodDisruptionBudget",
    key: "podDisruptionBudget",
    group: "policy",
    resource: "poddisruptionbudgets",
    short: &["pdb"],
    is_kept: true,
    counts_generations: true,
    schema: &workloads::PodDisruptionBudget,
    defaults: |object, _| {
        spec_of(object);
    },
    names: |_, _| Vec::new(),
    validate: |new, _, gates, errors| spec(&half(new, "spec"), gates, errors),
    ..Kind::PLAIN
};

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
