//! What the pod garbage collector holds.

use std::collections::{BTreeSet, VecDeque};

use super::PodId;
use crate::rules::machinery::throttle::{CONTROLLER_REQUESTS, TokenBucket};
use crate::time::Time;

/// A pod in a terminal phase, in the order in which such pods are collected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct EndedPod {
    /// Was not evicted.
    pub stays_longer: bool,
    /// Cut to its second, as the API keeps it.
    pub created: Time,
    pub pod: PodId,
}

#[derive(Clone, Debug)]
pub struct PodGc {
    pub ended: BTreeSet<EndedPod>,
    /// Pods of nodes that are gone, and when they will be collected.
    pub orphans: BTreeSet<(Time, PodId)>,
    /// What the pass under way has still to delete.
    pub to_delete: VecDeque<PodId>,
    /// A pass for ended pods is queued.
    pub queued: bool,
    /// When the last pass that had something to delete was done.
    pub last_pass: Option<Time>,
    /// Of the requests that its client may send.
    pub requests: TokenBucket,
}

impl PodGc {
    pub fn new(start: Time) -> PodGc {
        PodGc {
            ended: BTreeSet::new(),
            orphans: BTreeSet::new(),
            to_delete: VecDeque::new(),
            queued: false,
            last_pass: None,
            requests: TokenBucket::full(CONTROLLER_REQUESTS, start),
        }
    }
}
