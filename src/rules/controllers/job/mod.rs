//! Jobs: which pods are made and ended, what counts, and when the whole is over.
//!
//! A sync has three parts, and between them requests: [`look`] decides about pods; [`Look::settle`] knows how those
//! requests went, and says which status is written first and from which pods the finalizer goes; [`Settled::count`] knows
//! how that went, and says which status is written last. A pod counts only once its finalizer is gone; until then its uid
//! stands in the status (`uncountedTerminatedPods`), so that no crash of the controller counts it twice or never.
//!
//! | | |
//! | --- | --- |
//! | [`look`] | the pods as they are, the tests for the end, what is to be done |
//! | [`settle`] | status and conditions, in their order |
//! | [`back_off`] | how long a Job waits after failures |
//! | [`indexes`] | sets of completion indexes |
//! | [`failure_policy`], `success_policy` | what a failure means, what is success enough |
//! | [`made`] | what its pods are called and carry |
//!
//! Source: pkg/controller/job, 1.36.3.

pub mod back_off;
pub mod failure_policy;
pub mod indexes;
mod look;
pub mod made;
mod manage;
mod settle;
mod success_policy;

pub use self::look::{Look, Sight, Todo};
pub use self::made::MadePod;
pub use self::settle::{Done, Settled};

use self::failure_policy::Verdict;
use super::deletion_order::Candidate;
use crate::api::Phase;
use crate::api::job::Job;
use crate::api::workload::WorkloadCondition;
use crate::api::{Sym, Tri};
use crate::time::{Span, Time};

/// Of what happens within that time one sync hears (`syncJobBatchPeriod`).
pub const BATCH: Span = Span::from_secs(1);

/// So many pods are made, deleted or counted by one sync at most (`MaxPodCreateDeletePerSync`, `MaxUncountedPods`).
pub const MOST_PER_SYNC: usize = 500;

/// What a sync asks of a pod that is the Job's own.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenPod {
    /// Its phase and what else decides which of several go first.
    pub candidate: Candidate,
    /// It has a deletionTimestamp.
    pub is_deleted: bool,
    /// It carries the finalizer, and nobody is taking it: it has not been counted.
    pub is_tracked: bool,
    /// Which index it works on.
    pub index: Option<i32>,
    /// How many pods of its index have failed before it.
    pub failures: i32,
    /// How many more have failed that count for nothing.
    pub ignored: i32,
    /// When it finished, by [`back_off::finished`]; asked of those alone that are over or go.
    pub finished: Time,
    /// Restarts of all its containers together.
    pub restarts: i32,
    /// What the Job's policy says of its failure, by [`failure_policy::verdict`]; asked of those alone that have failed.
    pub verdict: Option<Verdict>,
}

impl SeenPod {
    fn phase(&self) -> Phase {
        self.candidate.phase
    }
    /// `IsPodActive`
    fn is_active(&self) -> bool {
        !self.phase().is_terminal() && !self.is_deleted
    }
    /// `IsPodTerminating`
    fn is_terminating(&self) -> bool {
        !self.phase().is_terminal() && self.is_deleted
    }
    /// `isPodFailed`: one that is being deleted counts as failed, unless only a phase counts.
    fn has_failed(&self, job: &Job) -> bool {
        match self.phase() {
            Phase::Failed => true,
            Phase::Succeeded => false,
            _ => self.is_deleted && !job.spec.replaces_only_failed,
        }
    }
    /// How many pods of its index have failed before it, those too that count for nothing.
    fn all_failures(&self) -> i32 {
        self.failures.saturating_add(self.ignored)
    }
}

/// The index, where the Job has one that is called so.
fn valid_index(job: &Job, pod: &SeenPod) -> Option<i32> {
    pod.index.filter(|index| *index < job.spec.completions.unwrap_or_default())
}

/// A condition that comes to its status now (`newCondition`).
fn condition(kind: &str, status: Tri, reason: Sym, message: Sym, now: Time) -> WorkloadCondition {
    WorkloadCondition {
        kind: Sym::new(kind),
        status,
        reason,
        message,
        last_update: None,
        last_transition: Some(now.truncate_secs()),
    }
}

/// When a Job that is over is to be deleted (`timeLeft`, pkg/controller/ttlafterfinished/ttlafterfinished_controller.go):
/// so long after its last condition came.
pub fn expires(job: &Job) -> Option<Time> {
    let ttl = job.spec.ttl_seconds_after_finished?;
    let finished = job.finished()?.last_transition?;
    Some(finished + Span::from_secs(ttl.into()))
}
