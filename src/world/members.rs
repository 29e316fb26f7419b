//! What the controller of ReplicaSets knows of each set's pods: its informer's cache, counted up as news comes, so that a sync
//! need not look at every pod; and what it still expects to see of its own writes.

use std::collections::{BTreeMap, BTreeSet};

use super::PodId;
use crate::rules::controllers::replica_set::{Counts, Share};
use crate::time::{Span, Time};

/// After so long it no longer waits for what it has not seen (`ExpectationsTimeout`, pkg/controller/controller_utils.go).
const PATIENCE: Span = Span::from_secs(300);

/// The pods of one set.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// As what each of its pods counts.
    pub pods: BTreeMap<PodId, Share>,
    /// All of them together.
    pub counts: Counts,
    /// Ready pods that do not count as available yet, with the instant from which they do.
    pub ripening: BTreeSet<(Time, PodId)>,
    /// Pods that it has made and not seen yet.
    expected: u32,
    /// Pods that it has deleted and not seen go.
    going: BTreeSet<PodId>,
    /// From then on it does not wait for them any longer.
    expires: Option<Time>,
    /// There may be pods that it could adopt, or has to let go.
    pub looks_around: bool,
}

impl Members {
    /// A pod counts as this from now on, or no more.
    pub fn count(&mut self, pod: PodId, share: Option<Share>) {
        let before = match share {
            Some(share) => self.pods.insert(pod, share),
            None => self.pods.remove(&pod),
        };
        if let Some(before) = before {
            self.counts.remove(before);
        }
        if let Some(share) = share {
            self.counts.add(share);
        }
    }
    /// Whether it has seen all that it did, or has waited for long enough (`SatisfiedExpectations`).
    pub fn is_up_to_date(&self, now: Time) -> bool {
        (self.expected == 0 && self.going.is_empty()) || self.expires.is_some_and(|at| at <= now)
    }
    /// It is about to make so many pods (`ExpectCreations`).
    pub fn expect_made(&mut self, count: u32, now: Time) {
        (self.expected, self.expires) = (count, Some(now + PATIENCE));
        self.going.clear();
    }
    /// It is about to delete these (`ExpectDeletions`).
    pub fn expect_gone(&mut self, pods: impl IntoIterator<Item = PodId>, now: Time) {
        (self.expected, self.expires) = (0, Some(now + PATIENCE));
        self.going = pods.into_iter().collect();
    }
    /// One that it made is there, or will not be (`CreationObserved`).
    pub fn seen_made(&mut self) {
        self.expected = self.expected.saturating_sub(1);
    }
    /// One that it deleted goes, or will not (`DeletionObserved`).
    pub fn seen_going(&mut self, pod: PodId) {
        self.going.remove(&pod);
    }
    /// So many are not even tried.
    pub fn give_up(&mut self, count: u32) {
        self.expected = self.expected.saturating_sub(count);
    }
}
