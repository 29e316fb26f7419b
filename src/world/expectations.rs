//! What a controller still expects to see of its own writes: until it has, it neither makes pods nor deletes any, as its
//! cache does not show yet what it has done.
//!
//! Source: `ControllerExpectations`, `UIDTrackingControllerExpectations`, pkg/controller/controller_utils.go (v1.36.3).

use std::collections::BTreeSet;

use super::PodId;
use crate::time::{Span, Time};

/// After so long it no longer waits for what it has not seen (`ExpectationsTimeout`).
const PATIENCE: Span = Span::from_secs(300);

/// What is expected of one object's pods.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// Pods that it has made and not seen yet.
    made: u32,
    /// Pods that it has deleted and not seen go.
    going: BTreeSet<PodId>,
    /// From then on it does not wait for them any longer.
    expires: Option<Time>,
}

impl Expectations {
    /// Whether it has seen all that it did, or has waited for long enough (`SatisfiedExpectations`).
    pub fn are_met(&self, now: Time) -> bool {
        (self.made == 0 && self.going.is_empty()) || self.expires.is_some_and(|at| at <= now)
    }
    /// It is about to make so many pods (`ExpectCreations`).
    pub fn expect_made(&mut self, count: u32, now: Time) {
        (self.made, self.expires) = (count, Some(now + PATIENCE));
        self.going.clear();
    }
    /// It is about to delete these (`ExpectDeletions`).
    pub fn expect_gone(&mut self, pods: impl IntoIterator<Item = PodId>, now: Time) {
        (self.made, self.expires) = (0, Some(now + PATIENCE));
        self.going = pods.into_iter().collect();
    }
    /// One that it made is there, or will not be (`CreationObserved`).
    pub fn seen_made(&mut self) {
        self.made = self.made.saturating_sub(1);
    }
    /// One that it deleted goes, or will not (`DeletionObserved`).
    pub fn seen_going(&mut self, pod: PodId) {
        self.going.remove(&pod);
    }
    /// So many are not even tried.
    pub fn give_up(&mut self, count: u32) {
        self.made = self.made.saturating_sub(count);
    }
}
