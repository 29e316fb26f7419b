//! What a set's status says, and when it is looked at again of its own accord.
//!
//! Source: `computeReplicaStatus` in pkg/controller/statefulset/stateful_set_control.go, `completeRollingUpdate` in
//! stateful_set_utils.go, `syncStatefulSet` in stateful_set.go, 1.36.3.

use super::{Input, Plan, SeenPod};
use crate::api::Phase;
use crate::api::stateful_set::{StatefulSet, StatefulSetStatus, UpdateStrategy};
use crate::rules::controllers::replica_set::{available_at, is_available};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// Whether a pod runs and is Ready (`isRunningAndReady`).
pub(super) fn is_running_and_ready(pod: &SeenPod) -> bool {
    pod.phase == Phase::Running && pod.ready.is_some()
}

impl Plan<'_> {
    /// Whether it has been Ready for long enough (`isRunningAndAvailable`).
    pub(super) fn is_available(&self, pod: &SeenPod) -> bool {
        let Input { set, now, gates, .. } = self.input;
        pod.ready.is_some_and(|since| is_available(since, set.spec.min_ready_seconds, *now, gates))
    }
}

/// The status of the pods as they are; those that the sync makes or deletes itself count from the next one on.
pub(super) fn count(plan: &Plan<'_>, collisions: i32) -> StatefulSetStatus {
    let set = plan.input.set;
    let mut status = StatefulSetStatus {
        observed_generation: set.meta.generation,
        current_revision: plan.current,
        update_revision: plan.newest,
        collision_count: Some(collisions),
        ..StatefulSetStatus::default()
    };
    for pod in plan.input.pods {
        let is_ready = is_running_and_ready(pod);
        status.replicas += 1;
        status.ready_replicas += i32::from(is_ready);
        status.available_replicas += i32::from(is_ready && plan.is_available(pod));
        if !pod.is_deleted {
            status.current_replicas += i32::from(pod.revision == plan.current);
            status.updated_replicas += i32::from(pod.revision == plan.newest);
        }
    }
    status
}

/// Once all pods are of the newest revision and ready, that is the current one.
pub(super) fn complete(set: &StatefulSet, mut status: StatefulSetStatus) -> StatefulSetStatus {
    let wanted = set.spec.replicas;
    let is_complete = matches!(set.spec.update_strategy, UpdateStrategy::RollingUpdate(_))
        && [status.updated_replicas, status.ready_replicas, status.replicas] == [wanted; 3];
    if is_complete {
        status.current_replicas = status.updated_replicas;
        status.current_revision = status.update_revision;
    }
    status
}

/// When the first of the ready pods becomes available.
pub(super) fn next_available(input: &Input<'_>) -> Option<Time> {
    let min_ready = input.set.spec.min_ready_seconds;
    let due = input.pods.iter().filter_map(|pod| Some(available_at(pod.ready?, min_ready)));
    due.filter(|at| *at > input.now).min()
}

/// When a set looks at its pods again of its own accord, after a sync without error that has left this status; `next` is
/// when the first of its ready pods becomes available.
///
/// Before 1.36 it looks again `minReadySeconds` after each sync that found too few available.
pub fn look_again(
    set: &StatefulSet,
    status: &StatefulSetStatus,
    next: Option<Time>,
    now: Time,
    gates: &Gates,
) -> Option<Span> {
    let min_ready = set.spec.min_ready_seconds;
    if min_ready <= 0 {
        return None;
    }
    if gates.habits.stateful_sets_look_in_time {
        return next.map(|at| at.since(now)).filter(|wait| *wait > Span::ZERO);
    }
    (status.available_replicas != set.spec.replicas).then(|| Span::from_secs(min_ready.into()))
}

/// When a set looks again at a pod that has just become Ready (`updatePod`); None: only now.
pub fn look_again_at_ready(min_ready_seconds: i32, gates: &Gates) -> Option<Span> {
    let skew = if gates.habits.stateful_sets_look_in_time { 0 } else { 1 };
    (min_ready_seconds > 0).then(|| Span::from_secs(i64::from(min_ready_seconds) + skew))
}
