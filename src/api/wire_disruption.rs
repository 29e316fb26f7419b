//! PodDisruptionBudgets as JSON, both ways; the rules are those of [`super::wire_workloads`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::disruption::{
    PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus, UnhealthyPodEviction,
};
use super::wire::{int32, items, put_int, time};
use super::wire_workloads::{
    int_or_percent, int_or_percent_value, meta, meta_value, selector, selector_value, workload_condition,
    workload_condition_value,
};

/// Reads a `policy/v1` PodDisruptionBudget.
pub fn pod_disruption_budget(value: &Value) -> PodDisruptionBudget {
    let spec = &value["spec"];
    let own = &spec["selector"];
    PodDisruptionBudget {
        meta: meta(&value["metadata"]),
        spec: PodDisruptionBudgetSpec {
            min_available: int_or_percent(&spec["minAvailable"]),
            max_unavailable: int_or_percent(&spec["maxUnavailable"]),
            selector: (!own.is_null()).then(|| Arc::new(selector(own))),
            unhealthy: match spec["unhealthyPodEvictionPolicy"].as_str() {
                Some("AlwaysAllow") => UnhealthyPodEviction::AlwaysAllow,
                Some(_) => UnhealthyPodEviction::IfHealthyBudget,
                None => UnhealthyPodEviction::Unset,
            },
        },
        status: status(&value["status"]),
    }
}

fn status(value: &Value) -> PodDisruptionBudgetStatus {
    let disrupted: BTreeMap<_, _> = value["disruptedPods"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(pod, since)| Some((pod.clone(), time(since)?)))
        .collect();
    let first = items(&value["conditions"]).next();
    PodDisruptionBudgetStatus {
        observed_generation: value["observedGeneration"].as_i64().unwrap_or_default(),
        disrupted_pods: disrupted,
        disruptions_allowed: int32(&value["disruptionsAllowed"]),
        current_healthy: int32(&value["currentHealthy"]),
        desired_healthy: int32(&value["desiredHealthy"]),
        expected_pods: int32(&value["expectedPods"]),
        condition_generation: first.and_then(|one| one["observedGeneration"].as_i64()).unwrap_or_default(),
        conditions: items(&value["conditions"]).map(workload_condition).collect(),
    }
}

/// Writes a `policy/v1` PodDisruptionBudget.
pub fn pod_disruption_budget_value(budget: &PodDisruptionBudget) -> Value {
    json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": meta_value(&budget.meta),
        "spec": spec_value(&budget.spec),
        "status": pod_disruption_budget_status_value(&budget.status),
    })
}

fn spec_value(spec: &PodDisruptionBudgetSpec) -> Value {
    let mut members = Map::new();
    for (name, amount) in [("minAvailable", spec.min_available), ("maxUnavailable", spec.max_unavailable)] {
        if let Some(amount) = amount {
            members.insert(name.into(), int_or_percent_value(amount));
        }
    }
    if let Some(selector) = &spec.selector {
        members.insert("selector".into(), selector_value(selector));
    }
    let policy = match spec.unhealthy {
        UnhealthyPodEviction::Unset => None,
        UnhealthyPodEviction::IfHealthyBudget => Some("IfHealthyBudget"),
        UnhealthyPodEviction::AlwaysAllow => Some("AlwaysAllow"),
    };
    if let Some(policy) = policy {
        members.insert("unhealthyPodEvictionPolicy".into(), policy.into());
    }
    Value::Object(members)
}

/// Writes its `status`; its numbers are always there.
pub fn pod_disruption_budget_status_value(status: &PodDisruptionBudgetStatus) -> Value {
    let mut members = Map::new();
    put_int(&mut members, "observedGeneration", status.observed_generation);
    if !status.disrupted_pods.is_empty() {
        let told =
            status.disrupted_pods.iter().map(|(pod, since)| (pod.clone(), json!(since.rfc3339_secs())));
        members.insert("disruptedPods".into(), told.collect::<Map<_, _>>().into());
    }
    members.insert("disruptionsAllowed".into(), status.disruptions_allowed.into());
    members.insert("currentHealthy".into(), status.current_healthy.into());
    members.insert("desiredHealthy".into(), status.desired_healthy.into());
    members.insert("expectedPods".into(), status.expected_pods.into());
    let conditions = status.conditions.iter().map(|one| {
        let mut told = workload_condition_value(one);
        if status.condition_generation != 0 {
            told["observedGeneration"] = status.condition_generation.into();
        }
        told
    });
    members.insert("conditions".into(), conditions.collect());
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_comes_back_as_it_was() {
        let value = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": { "name": "web", "namespace": "shop", "uid": "u", "generation": 1 },
            "spec": { "minAvailable": "50%", "selector": { "matchLabels": { "app": "web" } },
                "unhealthyPodEvictionPolicy": "AlwaysAllow" },
            "status": { "observedGeneration": 1, "disruptedPods": { "web-0": "2026-07-01T12:00:00Z" },
                "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 2,
                "conditions": [{ "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods",
                    "lastTransitionTime": "2026-07-01T12:00:00Z", "observedGeneration": 1, "message": "" }] },
        });
        let budget = pod_disruption_budget(&value);
        assert_eq!(budget.spec.min_available, Some(crate::api::meta::IntOrPercent::Percent(50)));
        let back = pod_disruption_budget_value(&budget);
        assert_eq!(pod_disruption_budget(&back), budget);
        assert_eq!(back["spec"], value["spec"]);
        assert_eq!(back["status"]["disruptedPods"], value["status"]["disruptedPods"]);
        assert_eq!(back["status"]["conditions"][0]["observedGeneration"], 1);
    }
}
