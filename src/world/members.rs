//! What the controller of ReplicaSets knows of each set's pods: its informer's cache, counted up as news comes, so that a sync
//! need not look at every pod; and what it still expects to see of its own writes.

use std::collections::{BTreeMap, BTreeSet};

use super::PodId;
use crate::rules::controllers::replica_set::Counts;
use crate::time::Time;

/// The pods of one set.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// By pod: as what it counts.
    pub pods: BTreeMap<PodId, Counted>,
    /// All of them together.
    pub counts: Counts,
    /// Ready pods that do not count as available yet, with the instant from which they do.
    pub ripening: BTreeSet<(Time, PodId)>,
    /// Pods that it has made and not seen yet.
    pub expected: u32,
    /// Pods that it has deleted and not seen go.
    pub going: BTreeSet<PodId>,
    /// From then on it does not wait for them any longer (`ExpectationsTimeout`).
    pub expires: Option<Time>,
    /// There may be pods that it could adopt, or has to let go.
    pub looks_around: bool,
}

/// As what a pod counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// It is neither over nor being deleted.
    pub active: bool,
    /// It has all labels of the template.
    pub labeled: bool,
    /// It is Ready, and since when (whole seconds).
    pub ready: Option<Time>,
    /// It has been Ready for long enough.
    pub available: bool,
    /// It is being deleted and not over.
    pub terminating: bool,
}

impl Members {
    /// A pod counts as this from now on, or no more.
    pub fn count(&mut self, pod: PodId, as_what: Option<Counted>) {
        let before = match as_what {
            Some(now) => self.pods.insert(pod, now),
            None => self.pods.remove(&pod),
        };
        for (counted, one) in [(before, -1), (as_what, 1)] {
            let Some(counted) = counted else { continue };
            let c = &mut self.counts;
            c.active += one * i32::from(counted.active);
            c.fully_labeled += one * i32::from(counted.active && counted.labeled);
            c.ready += one * i32::from(counted.active && counted.ready.is_some());
            c.available += one * i32::from(counted.active && counted.available);
            c.terminating += one * i32::from(counted.terminating);
        }
    }
    /// Whether it has seen all that it did (`SatisfiedExpectations`).
    pub fn is_up_to_date(&self, now: Time) -> bool {
        (self.expected == 0 && self.going.is_empty()) || self.expires.is_some_and(|at| at <= now)
    }
}
