//! The doorway between Kubernetes' JSON and [`StatefulSet`], both ways; the rules of reading and writing are those of
//! [`super::wire`].

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::stateful_set::{
    ClaimRetention, ClaimTemplate, PodManagement, Retention, Rolling, StatefulSet, StatefulSetSpec,
    StatefulSetStatus, UpdateStrategy,
};
use super::wire::{int32, items, put_int, put_sym, sym};
use super::wire_workloads::{
    int_or_percent, int_or_percent_value, int64, meta, meta_value, optional_int32, put_list, put_optional,
    selector, selector_value, template, workload_condition, workload_condition_value,
};

/// Reads an `apps/v1` StatefulSet.
pub fn stateful_set(value: &Value) -> StatefulSet {
    let (spec, status) = (&value["spec"], &value["status"]);
    StatefulSet {
        meta: meta(&value["metadata"]),
        spec: StatefulSetSpec {
            replicas: optional_int32(&spec["replicas"]).unwrap_or(1),
            selector: Arc::new(selector(&spec["selector"])),
            template: Arc::new(template(&spec["template"])),
            claims: Arc::new(items(&spec["volumeClaimTemplates"]).map(claim_template).collect()),
            service_name: sym(&spec["serviceName"]),
            pod_management: match spec["podManagementPolicy"].as_str() {
                Some("Parallel") => PodManagement::Parallel,
                _ => PodManagement::OrderedReady,
            },
            update_strategy: update_strategy(&spec["updateStrategy"]),
            revision_history_limit: optional_int32(&spec["revisionHistoryLimit"]),
            min_ready_seconds: int32(&spec["minReadySeconds"]),
            retention: ClaimRetention {
                when_deleted: retention(&spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"]),
                when_scaled: retention(&spec["persistentVolumeClaimRetentionPolicy"]["whenScaled"]),
            },
            start: spec["ordinals"].as_object().map(|_| int32(&spec["ordinals"]["start"])),
        },
        status: StatefulSetStatus {
            observed_generation: int64(&status["observedGeneration"]),
            replicas: int32(&status["replicas"]),
            ready_replicas: int32(&status["readyReplicas"]),
            current_replicas: int32(&status["currentReplicas"]),
            updated_replicas: int32(&status["updatedReplicas"]),
            available_replicas: int32(&status["availableReplicas"]),
            current_revision: sym(&status["currentRevision"]),
            update_revision: sym(&status["updateRevision"]),
            collision_count: optional_int32(&status["collisionCount"]),
            conditions: items(&status["conditions"]).map(workload_condition).collect(),
        },
    }
}

fn claim_template(value: &Value) -> ClaimTemplate {
    ClaimTemplate { name: sym(&value["metadata"]["name"]), value: value.clone() }
}

fn update_strategy(value: &Value) -> UpdateStrategy {
    if value["type"] == "OnDelete" {
        return UpdateStrategy::OnDelete;
    }
    let rolling = &value["rollingUpdate"];
    UpdateStrategy::RollingUpdate(rolling.as_object().map(|_| Rolling {
        partition: int32(&rolling["partition"]),
        max_unavailable: int_or_percent(&rolling["maxUnavailable"]),
    }))
}

fn retention(value: &Value) -> Retention {
    if value == "Delete" { Retention::Delete } else { Retention::Retain }
}

/// Writes an `apps/v1` StatefulSet.
pub fn stateful_set_value(set: &StatefulSet) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": meta_value(&set.meta),
        "spec": spec_value(&set.spec),
        "status": stateful_set_status_value(&set.status),
    })
}

fn spec_value(spec: &StatefulSetSpec) -> Value {
    let mut members = Map::new();
    members.insert("replicas".into(), spec.replicas.into());
    members.insert("selector".into(), selector_value(&spec.selector));
    members.insert("template".into(), spec.template.value.clone());
    put_list(&mut members, "volumeClaimTemplates", spec.claims.iter().map(|claim| claim.value.clone()));
    // Printed even where it is empty.
    members.insert("serviceName".into(), spec.service_name.as_str().into());
    let management = match spec.pod_management {
        PodManagement::OrderedReady => "OrderedReady",
        PodManagement::Parallel => "Parallel",
    };
    members.insert("podManagementPolicy".into(), management.into());
    let mut strategy = Map::new();
    strategy.insert(
        "type".into(),
        match spec.update_strategy {
            UpdateStrategy::OnDelete => "OnDelete".into(),
            UpdateStrategy::RollingUpdate(_) => "RollingUpdate".into(),
        },
    );
    if let UpdateStrategy::RollingUpdate(Some(rolling)) = spec.update_strategy {
        let mut members = Map::new();
        members.insert("partition".into(), rolling.partition.into());
        if let Some(most) = rolling.max_unavailable {
            members.insert("maxUnavailable".into(), int_or_percent_value(most));
        }
        strategy.insert("rollingUpdate".into(), members.into());
    }
    members.insert("updateStrategy".into(), strategy.into());
    put_optional(&mut members, "revisionHistoryLimit", spec.revision_history_limit);
    put_int(&mut members, "minReadySeconds", spec.min_ready_seconds.into());
    let word = |retention| if retention == Retention::Delete { "Delete" } else { "Retain" };
    let (deleted, scaled) = (word(spec.retention.when_deleted), word(spec.retention.when_scaled));
    members.insert(
        "persistentVolumeClaimRetentionPolicy".into(),
        json!({ "whenDeleted": deleted, "whenScaled": scaled }),
    );
    if let Some(start) = spec.start {
        members.insert("ordinals".into(), json!({ "start": start }));
    }
    Value::Object(members)
}

/// Writes a `status` of a StatefulSet.
pub fn stateful_set_status_value(status: &StatefulSetStatus) -> Value {
    let mut members = Map::new();
    put_int(&mut members, "observedGeneration", status.observed_generation);
    members.insert("replicas".into(), status.replicas.into());
    put_int(&mut members, "readyReplicas", status.ready_replicas.into());
    put_int(&mut members, "currentReplicas", status.current_replicas.into());
    put_int(&mut members, "updatedReplicas", status.updated_replicas.into());
    put_sym(&mut members, "currentRevision", status.current_revision);
    put_sym(&mut members, "updateRevision", status.update_revision);
    put_optional(&mut members, "collisionCount", status.collision_count);
    put_list(&mut members, "conditions", status.conditions.iter().map(workload_condition_value));
    members.insert("availableReplicas".into(), status.available_replicas.into());
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stateful_set_comes_back_as_it_was() {
        for strategy in [
            json!({ "type": "OnDelete" }),
            json!({ "type": "RollingUpdate" }),
            json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 0 } }),
            json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 2, "maxUnavailable": "40%" } }),
        ] {
            let value = json!({
                "apiVersion": "apps/v1", "kind": "StatefulSet",
                "metadata": { "name": "db", "namespace": "shop", "uid": "u-1", "generation": 2 },
                "spec": {
                    "replicas": 3, "selector": { "matchLabels": { "app": "db" } },
                    "template": { "metadata": { "labels": { "app": "db" } },
                        "spec": { "containers": [{ "name": "app", "image": "app:1" }] } },
                    "volumeClaimTemplates": [{ "metadata": { "name": "data" }, "spec": {} }],
                    "serviceName": "db", "podManagementPolicy": "Parallel", "updateStrategy": strategy,
                    "revisionHistoryLimit": 0, "minReadySeconds": 5,
                    "persistentVolumeClaimRetentionPolicy": { "whenDeleted": "Delete", "whenScaled": "Retain" },
                    "ordinals": { "start": 0 },
                },
                "status": { "observedGeneration": 1, "replicas": 3, "readyReplicas": 2, "currentReplicas": 2,
                    "updatedReplicas": 1, "currentRevision": "db-a", "updateRevision": "db-b", "collisionCount": 0,
                    "availableReplicas": 1 },
            });
            assert_eq!(stateful_set_value(&stateful_set(&value)), value);
        }
    }

    #[test]
    fn a_strange_stateful_set_is_read_without_what_is_strange() {
        for value in [json!(null), json!({ "spec": 5, "status": "x" }), json!({ "spec": { "ordinals": 3 } })]
        {
            let read = stateful_set(&value);
            assert_eq!((read.spec.replicas, read.spec.start), (1, None));
            assert_eq!(read.spec.update_strategy, UpdateStrategy::RollingUpdate(None));
        }
    }
}
