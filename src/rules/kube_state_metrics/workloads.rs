//! internal/store/{deployment,replicaset,replicationcontroller,statefulset,daemonset,horizontalpodautoscaler,
//! poddisruptionbudget}.go of kube-state-metrics.

use serde_json::Value;

use super::said::{Said, items, text};

/// The labels of a namespaced object, its name under that of its kind.
pub fn about<'a>(said: &mut Said, object: &'a Value, kind: &str) -> &'a Value {
    let metadata = &object["metadata"];
    said.about(&[("namespace", text(&metadata["namespace"])), (kind, text(&metadata["name"]))]);
    metadata
}

pub fn deployment(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "deployment");
    let (spec, status) = (&object["spec"], &object["status"]);
    said.owners("kube_deployment_owner", metadata, false);
    said.at("kube_deployment_created", &metadata["creationTimestamp"]);
    said.at("kube_deployment_deletion_timestamp", &metadata["deletionTimestamp"]);
    said.counted("kube_deployment_status_replicas", &status["replicas"]);
    said.counted("kube_deployment_status_replicas_ready", &status["readyReplicas"]);
    said.counted("kube_deployment_status_replicas_available", &status["availableReplicas"]);
    said.counted("kube_deployment_status_replicas_unavailable", &status["unavailableReplicas"]);
    said.counted("kube_deployment_status_replicas_updated", &status["updatedReplicas"]);
    said.given("kube_deployment_status_terminating_replicas", &status["terminatingReplicas"]);
    said.counted("kube_deployment_status_observed_generation", &status["observedGeneration"]);
    for own in items(&status["conditions"]) {
        let labels = [("reason", text(&own["reason"])), ("condition", text(&own["type"]))];
        said.condition("kube_deployment_status_condition", &labels, "status", text(&own["status"]));
    }
    said.given("kube_deployment_spec_replicas", &spec["replicas"]);
    said.truth("kube_deployment_spec_paused", &[], spec["paused"] == true);
    let rolling = &spec["strategy"]["rollingUpdate"];
    let replicas = spec["replicas"].as_f64().unwrap_or(0.0);
    if rolling.is_object() {
        let unavailable = scaled(&rolling["maxUnavailable"], replicas, f64::floor);
        said.value("kube_deployment_spec_strategy_rollingupdate_max_unavailable", unavailable);
        let surge = scaled(&rolling["maxSurge"], replicas, f64::ceil);
        said.value("kube_deployment_spec_strategy_rollingupdate_max_surge", surge);
    }
    said.counted("kube_deployment_metadata_generation", &metadata["generation"]);
}

/// `GetScaledValueFromIntOrPercent`
fn scaled(value: &Value, of: f64, rounded: fn(f64) -> f64) -> f64 {
    match value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<f64>().ok()) {
        Some(percent) => rounded(percent * of / 100.0),
        None => value.as_f64().unwrap_or(0.0),
    }
}

pub fn replica_set(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "replicaset");
    let (spec, status) = (&object["spec"], &object["status"]);
    said.at("kube_replicaset_created", &metadata["creationTimestamp"]);
    said.counted("kube_replicaset_status_replicas", &status["replicas"]);
    said.counted("kube_replicaset_status_fully_labeled_replicas", &status["fullyLabeledReplicas"]);
    said.counted("kube_replicaset_status_ready_replicas", &status["readyReplicas"]);
    said.given("kube_replicaset_status_terminating_replicas", &status["terminatingReplicas"]);
    said.counted("kube_replicaset_status_observed_generation", &status["observedGeneration"]);
    said.given("kube_replicaset_spec_replicas", &spec["replicas"]);
    said.counted("kube_replicaset_metadata_generation", &metadata["generation"]);
    said.owners("kube_replicaset_owner", metadata, true);
}

pub fn replication_controller(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "replicationcontroller");
    let (spec, status) = (&object["spec"], &object["status"]);
    said.at("kube_replicationcontroller_created", &metadata["creationTimestamp"]);
    said.counted("kube_replicationcontroller_status_replicas", &status["replicas"]);
    said.counted("kube_replicationcontroller_status_fully_labeled_replicas", &status["fullyLabeledReplicas"]);
    said.counted("kube_replicationcontroller_status_ready_replicas", &status["readyReplicas"]);
    said.counted("kube_replicationcontroller_status_available_replicas", &status["availableReplicas"]);
    said.counted("kube_replicationcontroller_status_observed_generation", &status["observedGeneration"]);
    said.given("kube_replicationcontroller_spec_replicas", &spec["replicas"]);
    said.counted("kube_replicationcontroller_metadata_generation", &metadata["generation"]);
    said.owners("kube_replicationcontroller_owner", metadata, true);
}

pub fn stateful_set(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "statefulset");
    let (spec, status) = (&object["spec"], &object["status"]);
    said.at("kube_statefulset_created", &metadata["creationTimestamp"]);
    said.at("kube_statefulset_deletion_timestamp", &metadata["deletionTimestamp"]);
    said.counted("kube_statefulset_status_replicas", &status["replicas"]);
    said.counted("kube_statefulset_status_replicas_available", &status["availableReplicas"]);
    said.counted("kube_statefulset_status_replicas_current", &status["currentReplicas"]);
    said.counted("kube_statefulset_status_replicas_ready", &status["readyReplicas"]);
    said.counted("kube_statefulset_status_replicas_updated", &status["updatedReplicas"]);
    said.counted("kube_statefulset_status_observed_generation", &status["observedGeneration"]);
    said.given("kube_statefulset_replicas", &spec["replicas"]);
    said.given("kube_statefulset_ordinals_start", &spec["ordinals"]["start"]);
    said.counted("kube_statefulset_metadata_generation", &metadata["generation"]);
    let policy = &spec["persistentVolumeClaimRetentionPolicy"];
    if policy.is_object() {
        let labels =
            [("when_deleted", text(&policy["whenDeleted"])), ("when_scaled", text(&policy["whenScaled"]))];
        said.labelled("kube_statefulset_persistentvolumeclaim_retention_policy", &labels, 1.0);
    }
    let revisions = [
        ("kube_statefulset_status_current_revision", &status["currentRevision"]),
        ("kube_statefulset_status_update_revision", &status["updateRevision"]),
    ];
    for (family, revision) in revisions {
        said.labelled(family, &[("revision", text(revision))], 1.0);
    }
}

pub fn daemon_set(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "daemonset");
    let status = &object["status"];
    said.at("kube_daemonset_created", &metadata["creationTimestamp"]);
    said.counted("kube_daemonset_status_current_number_scheduled", &status["currentNumberScheduled"]);
    said.counted("kube_daemonset_status_desired_number_scheduled", &status["desiredNumberScheduled"]);
    said.counted("kube_daemonset_status_number_available", &status["numberAvailable"]);
    said.counted("kube_daemonset_status_number_misscheduled", &status["numberMisscheduled"]);
    said.counted("kube_daemonset_status_number_ready", &status["numberReady"]);
    said.counted("kube_daemonset_status_number_unavailable", &status["numberUnavailable"]);
    said.counted("kube_daemonset_status_observed_generation", &status["observedGeneration"]);
    said.counted("kube_daemonset_status_updated_number_scheduled", &status["updatedNumberScheduled"]);
    said.counted("kube_daemonset_metadata_generation", &metadata["generation"]);
    said.at("kube_daemonset_deletion_timestamp", &metadata["deletionTimestamp"]);
}

pub fn autoscaler(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "horizontalpodautoscaler");
    let (spec, status) = (&object["spec"], &object["status"]);
    let target = &spec["scaleTargetRef"];
    let labels = [
        ("scaletargetref_api_version", text(&target["apiVersion"])),
        ("scaletargetref_kind", text(&target["kind"])),
        ("scaletargetref_name", text(&target["name"])),
    ];
    said.labelled("kube_horizontalpodautoscaler_info", &labels, 1.0);
    said.counted("kube_horizontalpodautoscaler_metadata_generation", &metadata["generation"]);
    said.counted("kube_horizontalpodautoscaler_spec_max_replicas", &spec["maxReplicas"]);
    said.value("kube_horizontalpodautoscaler_spec_min_replicas", spec["minReplicas"].as_f64().unwrap_or(1.0));
    said.counted("kube_horizontalpodautoscaler_status_current_replicas", &status["currentReplicas"]);
    said.counted("kube_horizontalpodautoscaler_status_desired_replicas", &status["desiredReplicas"]);
    for own in items(&status["conditions"]) {
        let labels = [("condition", text(&own["type"]))];
        said.condition(
            "kube_horizontalpodautoscaler_status_condition",
            &labels,
            "status",
            text(&own["status"]),
        );
    }
    said.at("kube_horizontalpodautoscaler_created", &metadata["creationTimestamp"]);
    said.at("kube_horizontalpodautoscaler_deletion_timestamp", &metadata["deletionTimestamp"]);
}

pub fn budget(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "poddisruptionbudget");
    let status = &object["status"];
    said.at("kube_poddisruptionbudget_created", &metadata["creationTimestamp"]);
    said.counted("kube_poddisruptionbudget_status_current_healthy", &status["currentHealthy"]);
    said.counted("kube_poddisruptionbudget_status_desired_healthy", &status["desiredHealthy"]);
    said.counted("kube_poddisruptionbudget_status_pod_disruptions_allowed", &status["disruptionsAllowed"]);
    said.counted("kube_poddisruptionbudget_status_expected_pods", &status["expectedPods"]);
    said.counted("kube_poddisruptionbudget_status_observed_generation", &status["observedGeneration"]);
    said.at("kube_poddisruptionbudget_deletion_timestamp", &metadata["deletionTimestamp"]);
}
