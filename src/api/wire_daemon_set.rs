//! The doorway between Kubernetes' JSON and [`DaemonSet`], both ways; the rules of reading and writing are those of
//! [`super::wire`].

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::daemon_set::{DaemonSet, DaemonSetSpec, DaemonSetStatus, DaemonSetStrategy};
use super::meta::IntOrPercent;
use super::wire::{int32, put_int};
use super::wire_workloads::{int_or_percent, int_or_percent_value, meta, meta_value, selector, template};

/// Reads an `apps/v1` DaemonSet.
pub fn daemon_set(value: &Value) -> DaemonSet {
    let (spec, status) = (&value["spec"], &value["status"]);
    let strategy = &spec["updateStrategy"];
    let rolling = |name: &str| int_or_percent(&strategy["rollingUpdate"][name]);
    DaemonSet {
        meta: meta(&value["metadata"]),
        spec: DaemonSetSpec {
            selector: Arc::new(selector(&spec["selector"])),
            template: Arc::new(template(&spec["template"])),
            strategy: match strategy["type"].as_str() {
                Some("OnDelete") => DaemonSetStrategy::OnDelete,
                _ => DaemonSetStrategy::RollingUpdate {
                    max_surge: rolling("maxSurge").unwrap_or(IntOrPercent::Int(0)),
                    max_unavailable: rolling("maxUnavailable").unwrap_or(IntOrPercent::Int(1)),
                },
            },
            min_ready_seconds: int32(&spec["minReadySeconds"]),
            revision_history_limit: optional_int32(&spec["revisionHistoryLimit"]),
        },
        status: DaemonSetStatus {
            current_number_scheduled: int32(&status["currentNumberScheduled"]),
            number_misscheduled: int32(&status["numberMisscheduled"]),
            desired_number_scheduled: int32(&status["desiredNumberScheduled"]),
            number_ready: int32(&status["numberReady"]),
            observed_generation: status["observedGeneration"].as_i64().unwrap_or_default(),
            updated_number_scheduled: int32(&status["updatedNumberScheduled"]),
            number_available: int32(&status["numberAvailable"]),
            number_unavailable: int32(&status["numberUnavailable"]),
            collision_count: optional_int32(&status["collisionCount"]),
        },
    }
}

/// Writes an `apps/v1` DaemonSet.
pub fn daemon_set_value(set: &DaemonSet) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": meta_value(&set.meta),
        "spec": spec_value(&set.spec),
        "status": daemon_set_status_value(&set.status),
    })
}

fn spec_value(spec: &DaemonSetSpec) -> Value {
    let mut members = Map::new();
    members.insert("selector".into(), serde_json::to_value(&*spec.selector).unwrap_or_default());
    members.insert("template".into(), spec.template.value.clone());
    members.insert(
        "updateStrategy".into(),
        match spec.strategy {
            DaemonSetStrategy::OnDelete => json!({ "type": "OnDelete" }),
            DaemonSetStrategy::RollingUpdate { max_surge, max_unavailable } => json!({
                "type": "RollingUpdate",
                "rollingUpdate": {
                    "maxUnavailable": int_or_percent_value(max_unavailable),
                    "maxSurge": int_or_percent_value(max_surge),
                },
            }),
        },
    );
    put_int(&mut members, "minReadySeconds", spec.min_ready_seconds.into());
    if let Some(limit) = spec.revision_history_limit {
        members.insert("revisionHistoryLimit".into(), limit.into());
    }
    Value::Object(members)
}

/// Writes a `status` of a DaemonSet: its first four numbers even where they are 0.
pub fn daemon_set_status_value(status: &DaemonSetStatus) -> Value {
    let mut members = Map::new();
    members.insert("currentNumberScheduled".into(), status.current_number_scheduled.into());
    members.insert("numberMisscheduled".into(), status.number_misscheduled.into());
    members.insert("desiredNumberScheduled".into(), status.desired_number_scheduled.into());
    members.insert("numberReady".into(), status.number_ready.into());
    put_int(&mut members, "observedGeneration", status.observed_generation);
    put_int(&mut members, "updatedNumberScheduled", status.updated_number_scheduled.into());
    put_int(&mut members, "numberAvailable", status.number_available.into());
    put_int(&mut members, "numberUnavailable", status.number_unavailable.into());
    if let Some(count) = status.collision_count {
        members.insert("collisionCount".into(), count.into());
    }
    Value::Object(members)
}

fn optional_int32(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_set_comes_back_as_it_was() {
        let rolling =
            json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 0, "maxSurge": "10%" } });
        for strategy in [json!({ "type": "OnDelete" }), rolling] {
            let value = json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet",
                "metadata": { "name": "agent", "namespace": "kube-system", "generation": 2 },
                "spec": {
                    "selector": { "matchLabels": { "app": "agent" } },
                    "template": { "metadata": { "labels": { "app": "agent" } },
                        "spec": { "containers": [{ "name": "app", "image": "agent:1" }] } },
                    "updateStrategy": strategy, "minReadySeconds": 5, "revisionHistoryLimit": 0,
                },
                "status": { "currentNumberScheduled": 2, "numberMisscheduled": 0, "desiredNumberScheduled": 3,
                    "numberReady": 1, "observedGeneration": 2, "updatedNumberScheduled": 2, "numberAvailable": 1,
                    "numberUnavailable": 2, "collisionCount": 1 },
            });
            assert_eq!(daemon_set_value(&daemon_set(&value)), value);
        }
    }

    #[test]
    fn strange_daemon_sets_are_read_without_what_is_strange() {
        for value in [json!(null), json!([1]), json!({ "spec": 5, "status": "x" })] {
            let set = daemon_set(&value);
            assert_eq!(set.status, DaemonSetStatus::default());
            let one = DaemonSetStrategy::RollingUpdate {
                max_surge: IntOrPercent::Int(0),
                max_unavailable: IntOrPercent::Int(1),
            };
            assert_eq!(set.spec.strategy, one);
        }
    }
}
