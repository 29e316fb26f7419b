//! What a DaemonSet's status says: as what each of its nodes counts, and the sums.
//!
//! Source: `updateDaemonSetStatus`, `storeDaemonSetStatus` in pkg/controller/daemon/daemon_controller.go (v1.36.3).

use super::placement::Fit;
use super::{SeenPod, View, order};
use crate::api::daemon_set::{DaemonSet, DaemonSetStatus};
use crate::time::Span;

/// As what a node counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// It shall have a pod.
    pub desired: bool,
    /// It shall and has.
    pub current: bool,
    /// It has one and shall not.
    pub misscheduled: bool,
    /// Its first pod is Ready.
    pub ready: bool,
    /// Its first pod has been so for long enough.
    pub available: bool,
    /// Its first pod is of the newest template.
    pub updated: bool,
}

/// The sums over all nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// See [`Share::desired`].
    pub desired: i32,
    /// See [`Share::current`].
    pub current: i32,
    /// See [`Share::misscheduled`].
    pub misscheduled: i32,
    /// See [`Share::ready`].
    pub ready: i32,
    /// See [`Share::available`].
    pub available: i32,
    /// See [`Share::updated`].
    pub updated: i32,
}

impl Counts {
    /// A node counts as this.
    pub fn add(&mut self, share: Share) {
        self.change(share, 1);
    }
    /// It no longer does.
    pub fn remove(&mut self, share: Share) {
        self.change(share, -1);
    }
    fn change(&mut self, share: Share, by: i32) {
        self.desired += by * i32::from(share.desired);
        self.current += by * i32::from(share.current);
        self.misscheduled += by * i32::from(share.misscheduled);
        self.ready += by * i32::from(share.ready);
        self.available += by * i32::from(share.available);
        self.updated += by * i32::from(share.updated);
    }
}

/// As what a node counts whose pods these are; without a fit there is no such node.
pub fn share(view: &View<'_>, fit: Option<Fit>, pods: &[SeenPod]) -> Share {
    let Some(fit) = fit else { return Share::default() };
    let first = pods.iter().filter(|pod| pod.counts()).min_by(|one, other| order(one, other));
    let mine = first.filter(|_| fit.should_run);
    Share {
        desired: fit.should_run,
        current: mine.is_some(),
        misscheduled: !fit.should_run && first.is_some(),
        ready: mine.is_some_and(|pod| pod.ready.is_some()),
        available: mine.is_some_and(|pod| view.is_available(pod)),
        updated: mine.is_some_and(|pod| pod.is_updated),
    }
}

/// The status after a sync; one that still waits to see what the last one did says nothing of the newest generation.
pub fn status(set: &DaemonSet, counts: &Counts, is_observed: bool) -> DaemonSetStatus {
    let known = set.status.observed_generation;
    DaemonSetStatus {
        current_number_scheduled: counts.current,
        number_misscheduled: counts.misscheduled,
        desired_number_scheduled: counts.desired,
        number_ready: counts.ready,
        observed_generation: if is_observed { set.meta.generation } else { known },
        updated_number_scheduled: counts.updated,
        number_available: counts.available,
        number_unavailable: counts.desired - counts.available,
        collision_count: set.status.collision_count,
    }
}

/// Whether a status is written: also where it says nothing new, as long as the newest generation is not seen.
pub fn is_written(set: &DaemonSet, new: &DaemonSetStatus) -> bool {
    *new != set.status || set.status.observed_generation < set.meta.generation
}

/// When a set looks again of its own accord, after its status is taken care of: as long as a ready pod is not available.
pub fn look_again(set: &DaemonSet, counts: &Counts) -> Option<Span> {
    let min_ready = set.spec.min_ready_seconds;
    (min_ready > 0 && counts.ready != counts.available).then(|| Span::from_secs(min_ready.into()))
}

/// When a set looks again at a pod that has just become Ready (`updatePod`); None: only now.
pub fn look_again_at_ready(min_ready_seconds: i32) -> Option<Span> {
    (min_ready_seconds > 0).then(|| Span::from_secs(i64::from(min_ready_seconds) + 1))
}
