//! Whether a rollout gets on: complete, progressing, or past its deadline.
//!
//! Source: pkg/controller/deployment/progress.go; `DeploymentProgressing`, `DeploymentTimedOut`,
//! util/deployment_util.go, 1.36.3.

use super::status::{PROGRESSING, TIMED_OUT, find, is_complete, made, put, remove};
use super::{Requeue, Run, Sets};
use crate::api::Tri;
use crate::api::workload::{DeploymentStatus, WorkloadCondition};
use crate::rules::controllers::replica_set::REPLICA_FAILURE;
use crate::time::Span;

const DONE: &str = "NewReplicaSetAvailable";

impl<'a> Run<'a> {
    /// Writes the status of a rollout, or waits for its deadline (`syncRolloutStatus`).
    pub(super) fn settle_rollout(&mut self, sets: &Sets<'a>) {
        let mut status = self.status(sets);
        if self.has_deadline() {
            self.judge(sets, &mut status);
        } else {
            remove(&mut status, PROGRESSING);
        }
        match failure(sets) {
            Some(condition) => put(&mut status, condition),
            None => remove(&mut status, REPLICA_FAILURE),
        }
        if status == self.deployment.status {
            self.requeue = self.deadline_check(&status);
            return;
        }
        self.deployment.status = status;
        self.write_status();
    }

    /// The condition Progressing. A rollout that is over stays so, whatever becomes of its pods.
    fn judge(&self, sets: &Sets<'a>, status: &mut DeploymentStatus) {
        let current = self.progressing().copied();
        let is_over = current.is_some_and(|condition| condition.reason == DONE);
        if is_over && status.replicas == status.updated_replicas {
            return;
        }
        let what = match &sets.new {
            Some(new) => format!("ReplicaSet \"{}\"", new.meta.name),
            None => format!("Deployment \"{}\"", self.deployment.meta.name),
        };
        let condition = |status, reason: &str, message: &str| {
            made(PROGRESSING, status, reason, &format!("{what} {message}"), self.input.now)
        };
        if is_complete(&self.deployment, status) {
            put(status, condition(Tri::True, DONE, "has successfully progressed."));
        } else if self.gets_on(status) {
            // Each progress renews lastUpdateTime, from which the deadline counts.
            let mut renewed = condition(Tri::True, "ReplicaSetUpdated", "is progressing.");
            if let Some(current) = current.filter(|current| current.status == Tri::True) {
                renewed.last_transition = current.last_transition;
            }
            remove(status, PROGRESSING);
            put(status, renewed);
        } else if self.is_timed_out(status) {
            put(status, condition(Tri::False, TIMED_OUT, "has timed out progressing."));
        }
    }

    /// `DeploymentProgressing`
    fn gets_on(&self, status: &DeploymentStatus) -> bool {
        let was = &self.deployment.status;
        let old = |status: &DeploymentStatus| status.replicas - status.updated_replicas;
        status.updated_replicas > was.updated_replicas
            || old(status) < old(was)
            || status.ready_replicas > was.ready_replicas
            || status.available_replicas > was.available_replicas
    }

    /// `DeploymentTimedOut`
    fn is_timed_out(&self, status: &DeploymentStatus) -> bool {
        let Some(condition) = find(status, PROGRESSING) else { return false };
        if condition.reason == DONE || condition.reason == TIMED_OUT {
            return condition.reason == TIMED_OUT;
        }
        self.until_deadline(condition) < Span::from_secs(0)
    }

    /// When a rollout that stands still is looked at again (`requeueStuckDeployment`); a second is added lest a clock
    /// be early.
    fn deadline_check(&self, status: &DeploymentStatus) -> Option<Requeue> {
        let condition = self.progressing().filter(|_| self.has_deadline())?;
        if is_complete(&self.deployment, status) || condition.reason == TIMED_OUT {
            return None;
        }
        let second = Span::from_secs(1);
        Some(match self.until_deadline(condition) {
            after if after < second => Requeue::RateLimited,
            after => Requeue::After(after + second),
        })
    }

    fn until_deadline(&self, condition: &WorkloadCondition) -> Span {
        let deadline = Span::from_secs(self.deployment.spec.progress_deadline_seconds.unwrap_or(0).into());
        (condition.last_update.unwrap_or_default() + deadline).since(self.input.now)
    }
}

/// The first ReplicaSet's that could not make pods, the new one's before others' (`getReplicaFailures`).
fn failure(sets: &Sets) -> Option<WorkloadCondition> {
    let mut conditions = sets.new.iter().chain(&sets.old).flat_map(|set| &set.status.conditions);
    let condition = conditions.find(|condition| condition.kind == REPLICA_FAILURE)?;
    Some(WorkloadCondition { last_update: condition.last_transition, ..*condition })
}
