//! A Deployment's status: sums over its ReplicaSets, and its conditions.
//!
//! Source: `calculateStatus`, `syncDeploymentStatus`, `checkPausedConditions`, pkg/controller/deployment/sync.go;
//! `SetDeploymentCondition`, `DeploymentComplete`, util/deployment_util.go, 1.36.3.

use super::replica_sets::{available, max_unavailable, wanted};
use super::{Run, Sets};
use crate::api::workload::{Deployment, DeploymentStatus, WorkloadCondition};
use crate::api::{Sym, Tri};
use crate::time::Time;

pub(super) const AVAILABLE: &str = "Available";
pub(super) const PROGRESSING: &str = "Progressing";
const PAUSED: &str = "DeploymentPaused";
const RESUMED: &str = "DeploymentResumed";
pub(super) const TIMED_OUT: &str = "ProgressDeadlineExceeded";

impl<'a> Run<'a> {
    /// Tells whether the Deployment has just been paused or resumed (`checkPausedConditions`).
    pub(super) fn check_paused(&mut self) {
        let reason = self.progressing().map(|condition| condition.reason);
        if !self.has_deadline() || reason.is_some_and(|reason| reason == TIMED_OUT) {
            return;
        }
        let was_paused = reason.is_some_and(|reason| reason == PAUSED);
        let (reason, message) = match (self.deployment.spec.paused, was_paused) {
            (true, false) => (PAUSED, "Deployment is paused"),
            (false, true) => (RESUMED, "Deployment is resumed"),
            _ => return,
        };
        self.set_progressing(Tri::Unknown, reason, message);
        self.write_status();
    }

    /// Writes the status if it is another, without a word on progress (`syncDeploymentStatus`).
    pub(super) fn settle_status(&mut self, sets: &Sets<'a>) {
        let status = self.status(sets);
        if status != self.deployment.status {
            self.deployment.status = status;
            self.write_status();
        }
    }

    /// `calculateStatus`
    pub(super) fn status(&self, sets: &Sets<'a>) -> DeploymentStatus {
        let deployment = &self.deployment;
        let available = available(sets.all());
        let mut status = DeploymentStatus {
            observed_generation: deployment.meta.generation,
            replicas: sets.all().map(|set| set.status.replicas).sum(),
            updated_replicas: sets.new.as_ref().map_or(0, |new| new.status.replicas),
            ready_replicas: sets.all().map(|set| set.status.ready_replicas).sum(),
            available_replicas: available,
            unavailable_replicas: (wanted(sets.all()) - available).max(0),
            terminating_replicas: match self.input.gates.habits.counts_terminating_replicas {
                true => terminating(sets),
                false => None,
            },
            collision_count: deployment.status.collision_count,
            conditions: deployment.status.conditions.clone(),
        };
        let condition = if available >= deployment.spec.replicas - max_unavailable(deployment) {
            ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        let is_available = Tri::from(condition.0 == "MinimumReplicasAvailable");
        put(&mut status, made(AVAILABLE, is_available, condition.0, condition.1, self.input.now));
        status
    }

    /// `HasProgressDeadline`
    pub(super) fn has_deadline(&self) -> bool {
        self.deployment.spec.progress_deadline_seconds.is_some_and(|secs| secs != i32::MAX)
    }
    /// The condition Progressing, as the sync has left it so far.
    pub(super) fn progressing(&self) -> Option<&WorkloadCondition> {
        find(&self.deployment.status, PROGRESSING)
    }
    pub(super) fn set_progressing(&mut self, status: Tri, reason: &str, message: &str) {
        put(&mut self.deployment.status, made(PROGRESSING, status, reason, message, self.input.now));
    }
    /// As the Deployment was told last.
    pub(super) fn is_complete(&self) -> bool {
        is_complete(&self.deployment, &self.deployment.status)
    }
}

/// Pods that are being deleted; None where a ReplicaSet that was looked at does not say
/// (`GetTerminatingReplicaCountForReplicaSets`).
fn terminating(sets: &Sets) -> Option<i32> {
    sets.all()
        .map(|set| match set.status.terminating_replicas {
            None if set.status.observed_generation == 0 => Some(0),
            terminating => terminating,
        })
        .sum()
}

/// All pods are new, wanted and available (`DeploymentComplete`).
pub fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let replicas = deployment.spec.replicas;
    status.updated_replicas == replicas
        && status.replicas == replicas
        && status.available_replicas == replicas
        && status.observed_generation >= deployment.meta.generation
}

pub(super) fn find<'s>(status: &'s DeploymentStatus, kind: &str) -> Option<&'s WorkloadCondition> {
    status.conditions.iter().find(|condition| condition.kind == kind)
}

/// `NewDeploymentCondition`
pub(super) fn made(kind: &str, status: Tri, reason: &str, message: &str, now: Time) -> WorkloadCondition {
    let now = Some(now.truncate_secs());
    WorkloadCondition {
        kind: Sym::new(kind),
        status,
        reason: Sym::new(reason),
        message: Sym::new(message),
        last_update: now,
        last_transition: now,
    }
}

/// Puts a condition at the end of the list, unless status and reason are the same (`SetDeploymentCondition`).
pub(super) fn put(status: &mut DeploymentStatus, mut condition: WorkloadCondition) {
    if let Some(was) = status.conditions.iter().find(|was| was.kind == condition.kind) {
        if was.status == condition.status && was.reason == condition.reason {
            return;
        }
        if was.status == condition.status {
            condition.last_transition = was.last_transition;
        }
    }
    status.conditions.retain(|was| was.kind != condition.kind);
    status.conditions.push(condition);
}

/// `RemoveDeploymentCondition`
pub(super) fn remove(status: &mut DeploymentStatus, kind: &str) {
    status.conditions.retain(|was| was.kind != kind);
}
