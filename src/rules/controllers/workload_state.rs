//! What a workload is doing, as a timeline tells it: Complete is what `kubectl rollout status` calls so.

use crate::api::Tri;
use crate::api::daemon_set::{DaemonSet, DaemonSetStrategy};
use crate::api::job::Job;
use crate::api::stateful_set::{StatefulSet, UpdateStrategy};
use crate::api::workload::{Deployment, ReplicaSet, WorkloadState};

/// Of a Deployment.
pub fn of_deployment(own: &Deployment) -> WorkloadState {
    if own.spec.paused { WorkloadState::Paused } else { rollout_of_deployment(own) }
}

/// The same, paused or not (`DeploymentStatusViewer.Status`,
/// staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
pub fn rollout_of_deployment(own: &Deployment) -> WorkloadState {
    let (spec, status) = (&own.spec, &own.status);
    let has_given_up = status.conditions.iter().any(|one| {
        one.kind == "Progressing" && one.status == Tri::False && one.reason == "ProgressDeadlineExceeded"
    });
    let is_seen = own.meta.generation <= status.observed_generation;
    if is_seen && has_given_up {
        return WorkloadState::Failed;
    }
    let is_complete = is_seen
        && status.updated_replicas >= spec.replicas
        && status.replicas <= status.updated_replicas
        && status.available_replicas >= status.updated_replicas;
    if is_complete { WorkloadState::Complete } else { WorkloadState::Progressing }
}

/// Of a ReplicaSet: all that it shall have are available.
pub fn of_replica_set(own: &ReplicaSet) -> WorkloadState {
    let is_complete =
        own.status.available_replicas == own.spec.replicas && own.status.observed_generation > 0;
    if is_complete { WorkloadState::Complete } else { WorkloadState::Progressing }
}

/// Of a Job: its conditions say it.
pub fn of_job(own: &Job) -> WorkloadState {
    if own.condition("Complete").is_some() {
        WorkloadState::Complete
    } else if own.condition("Failed").is_some() {
        WorkloadState::Failed
    } else if own.condition("Suspended").is_some() {
        WorkloadState::Suspended
    } else {
        WorkloadState::Progressing
    }
}

/// Of a DaemonSet (`DaemonSetStatusViewer.Status`, staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go). Of one
/// whose pods are replaced as they are deleted kubectl says nothing: all that it shall have are available.
pub fn of_daemon_set(own: &DaemonSet) -> WorkloadState {
    let status = &own.status;
    let is_updated = own.spec.strategy == DaemonSetStrategy::OnDelete
        || status.updated_number_scheduled >= status.desired_number_scheduled;
    let is_complete = own.meta.generation <= status.observed_generation
        && is_updated
        && status.number_available >= status.desired_number_scheduled;
    if is_complete { WorkloadState::Complete } else { WorkloadState::Progressing }
}

/// Of a StatefulSet (`StatefulSetStatusViewer.Status`); of one that is updated by hand kubectl says nothing, and all that is
/// asked of it is that its pods are ready.
pub fn of_stateful_set(own: &StatefulSet) -> WorkloadState {
    let (spec, status) = (&own.spec, &own.status);
    let is_updated = match spec.update_strategy {
        UpdateStrategy::OnDelete => true,
        UpdateStrategy::RollingUpdate(Some(rolling)) => {
            status.updated_replicas >= spec.replicas.saturating_sub(rolling.partition)
        }
        UpdateStrategy::RollingUpdate(None) => status.update_revision == status.current_revision,
    };
    let is_seen = status.observed_generation > 0 && own.meta.generation <= status.observed_generation;
    let is_complete = is_seen && status.ready_replicas >= spec.replicas && is_updated;
    if is_complete { WorkloadState::Complete } else { WorkloadState::Progressing }
}
