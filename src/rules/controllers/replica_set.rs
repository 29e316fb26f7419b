//! ReplicaSets and ReplicationControllers: how many pods are missing or too many, and what their status says.
//!
//! A set may have ten thousand pods, and of each sync only the sums change a little. So the rules see what a pod counts
//! as ([`Share`]), and the sums ([`Counts`]) that whoever asks keeps: a pod that changes leaves with its old share and
//! comes back with its new one.
//!
//! Source: pkg/controller/replicaset/replica_set.go and replica_set_utils.go, 1.36.3.

use std::collections::BTreeMap;

use crate::api::workload::{ReplicaSet, ReplicaSetStatus, WorkloadCondition};
use crate::api::{Phase, Sym, Tri};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// So many pods are made or deleted by one sync at most (`BurstReplicas`).
pub const BURST: i32 = 500;

/// What a sync asks of a pod that is the set's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeenPod {
    /// `status.phase`
    pub phase: Phase,
    /// It has a deletionTimestamp.
    pub is_deleted: bool,
    /// Since when its condition Ready is True, whole seconds; None: it is not.
    pub ready: Option<Time>,
    /// It has all labels of the template ([`is_fully_labeled`]).
    pub is_fully_labeled: bool,
}

/// What a pod counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// Neither over nor being deleted (`IsPodActive`).
    pub active: bool,
    /// Of those, with all labels of the template.
    pub fully_labeled: bool,
    /// Of the active ones, Ready.
    pub ready: bool,
    /// Of the ready ones, for long enough.
    pub available: bool,
    /// Being deleted and not over (`IsPodTerminating`).
    pub terminating: bool,
}

/// The sums over a set's pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// See [`Share::active`].
    pub active: i32,
    /// See [`Share::fully_labeled`].
    pub fully_labeled: i32,
    /// See [`Share::ready`].
    pub ready: i32,
    /// See [`Share::available`].
    pub available: i32,
    /// See [`Share::terminating`].
    pub terminating: i32,
}

impl Counts {
    /// A pod comes.
    pub fn add(&mut self, share: Share) {
        self.change(share, 1);
    }
    /// A pod leaves, with the share that it came with.
    pub fn remove(&mut self, share: Share) {
        self.change(share, -1);
    }
    fn change(&mut self, share: Share, by: i32) {
        self.active += by * i32::from(share.active);
        self.fully_labeled += by * i32::from(share.fully_labeled);
        self.ready += by * i32::from(share.ready);
        self.available += by * i32::from(share.available);
        self.terminating += by * i32::from(share.terminating);
    }
}

/// Whether a pod has all labels of its template (`calculateStatus`).
pub fn is_fully_labeled(template: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    template.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// What a pod counts as (`IsPodActive`, `IsPodTerminating`, pkg/controller/controller_utils.go).
pub fn share(pod: &SeenPod, min_ready_seconds: i32, now: Time, gates: &Gates) -> Share {
    let active = !pod.phase.is_terminal() && !pod.is_deleted;
    let ready = pod.ready.filter(|_| active);
    Share {
        active,
        fully_labeled: active && pod.is_fully_labeled,
        ready: ready.is_some(),
        available: ready.is_some_and(|since| is_available(since, min_ready_seconds, now, gates)),
        terminating: !pod.phase.is_terminal() && pod.is_deleted,
    }
}

/// Whether a pod that is Ready since then is available (`IsPodAvailable`, pkg/api/v1/pod/util.go).
pub fn is_available(ready: Time, min_ready_seconds: i32, now: Time, gates: &Gates) -> bool {
    let due = available_at(ready, min_ready_seconds);
    min_ready_seconds == 0 || due < now || (gates.habits.available_to_the_instant && due == now)
}

/// When a pod that is Ready since then becomes available (`nextPodAvailabilityCheck`,
/// pkg/controller/controller_utils.go). Ready is cut to the second, so that comes up to a second early.
pub fn available_at(ready: Time, min_ready_seconds: i32) -> Time {
    ready.truncate_secs() + Span::from_secs(min_ready_seconds.into())
}

/// What a set does about the number of its pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manage {
    /// There are as many as wanted.
    Nothing,
    /// So many are made, by [slow start](crate::rules::machinery::slow_start).
    Create(i32),
    /// So many are deleted, all at once, chosen by [`super::deletion_order`].
    Delete(i32),
}

/// How many pods a set makes or deletes (`manageReplicas`). It does so unless it is being deleted, and once it has seen
/// what its last sync did.
pub fn manage(active: i32, wanted: i32) -> Manage {
    match active - wanted {
        0 => Manage::Nothing,
        surplus if surplus < 0 => Manage::Create((-surplus).min(BURST)),
        surplus => Manage::Delete(surplus.min(BURST)),
    }
}

/// The condition of a set that could not make or delete pods.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The status after a sync that found these pods (`calculateStatus`); pods that it made itself count from the next one
/// on. `failure` is why pods could not be made or deleted; the first one stays until a sync succeeds.
pub fn status(
    set: &ReplicaSet,
    counts: &Counts,
    failure: Option<&str>,
    now: Time,
    gates: &Gates,
) -> ReplicaSetStatus {
    let mut conditions = set.status.conditions.clone();
    let is_failure = |condition: &WorkloadCondition| condition.kind == REPLICA_FAILURE;
    let reason = match counts.active.cmp(&set.spec.replicas) {
        std::cmp::Ordering::Less => "FailedCreate",
        std::cmp::Ordering::Greater => "FailedDelete",
        std::cmp::Ordering::Equal => "",
    };
    match failure {
        None => conditions.retain(|condition| !is_failure(condition)),
        Some(_) if conditions.iter().any(is_failure) => {}
        Some(message) => conditions.push(WorkloadCondition {
            kind: Sym::new(REPLICA_FAILURE),
            status: Tri::True,
            reason: Sym::new(reason),
            message: Sym::new(message),
            last_update: None,
            last_transition: Some(now.truncate_secs()),
        }),
    }
    let counts_terminating = gates.habits.counts_terminating_replicas && !set.is_replication_controller;
    ReplicaSetStatus {
        replicas: counts.active,
        fully_labeled_replicas: counts.fully_labeled,
        ready_replicas: counts.ready,
        available_replicas: counts.available,
        terminating_replicas: match counts_terminating {
            true => Some(counts.terminating),
            false => set.status.terminating_replicas,
        },
        observed_generation: set.meta.generation,
        conditions,
    }
}

/// When a set looks at its pods again of its own accord, after a sync without error that has left this status
/// (`syncReplicaSet`); `next` is when the first of its ready pods becomes available ([`available_at`]).
///
/// Before 1.34 it looks again only when as many as wanted are ready, and then a whole `minReadySeconds` later.
pub fn look_again(
    set: &ReplicaSet,
    status: &ReplicaSetStatus,
    next: Option<Time>,
    now: Time,
    gates: &Gates,
) -> Option<Span> {
    let min_ready = set.spec.min_ready_seconds;
    if min_ready <= 0 {
        return None;
    }
    if gates.habits.available_to_the_instant {
        let next = next.filter(|_| status.ready_replicas != status.available_replicas)?;
        return Some(next.since(now)).filter(|wait| *wait > Span::from_secs(0));
    }
    let wanted = set.spec.replicas;
    (status.ready_replicas == wanted && status.available_replicas != wanted)
        .then(|| Span::from_secs(min_ready.into()))
}

/// When a set looks again at a pod that has just become Ready (`updatePod`); None: only now.
pub fn look_again_at_ready(min_ready_seconds: i32, gates: &Gates) -> Option<Span> {
    let skew = if gates.habits.available_to_the_instant { 0 } else { 1 };
    (min_ready_seconds > 0).then(|| Span::from_secs(i64::from(min_ready_seconds) + skew))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_workloads::replica_set;
    use crate::rules::versions::Version;

    const AT: Time = Time::from_secs(1000);

    fn of(version: Version) -> Gates {
        Gates::of(version)
    }

    #[test]
    fn availability_has_its_instant_and_before_1_34_comes_after_it() {
        let (new, old) = (of(Version::V1_34), of(Version::V1_33));
        let ready = AT + Span::from_millis(900);
        let due = AT + Span::from_secs(8);
        assert_eq!(available_at(ready, 8), due, "cut to the second");
        assert!(is_available(ready, 8, due, &new));
        assert!(!is_available(ready, 8, due, &old));
        assert!(is_available(ready, 8, due + Span::from_millis(1), &old));
        assert!(is_available(ready, 0, ready, &old));
    }

    #[test]
    fn one_sync_makes_or_deletes_500_at_most() {
        assert_eq!(manage(0, 10_000), Manage::Create(500));
        assert_eq!(manage(700, 0), Manage::Delete(500));
        assert_eq!(manage(3, 3), Manage::Nothing);
        assert_eq!(manage(3, 4), Manage::Create(1));
    }

    #[test]
    fn pods_come_and_go_with_their_shares() {
        let gates = Gates::default();
        let pod =
            SeenPod { phase: Phase::Running, is_deleted: false, ready: Some(AT), is_fully_labeled: true };
        let mut counts = Counts::default();
        let running = share(&pod, 0, AT, &gates);
        counts.add(running);
        assert_eq!(counts, Counts { active: 1, fully_labeled: 1, ready: 1, available: 1, terminating: 0 });
        counts.remove(running);
        counts.add(share(&SeenPod { is_deleted: true, ..pod }, 0, AT, &gates));
        assert_eq!(counts, Counts { terminating: 1, ..Counts::default() });
        let over = share(&SeenPod { phase: Phase::Failed, ..pod }, 0, AT, &gates);
        assert_eq!(over, Share::default(), "what is over counts as nothing");
    }

    #[test]
    fn a_set_looks_again_when_its_next_pod_is_due() {
        let set = replica_set(&serde_json::json!({ "spec": { "replicas": 3, "minReadySeconds": 8 } }));
        let some = ReplicaSetStatus { replicas: 3, ready_replicas: 2, ..ReplicaSetStatus::default() };
        let all = ReplicaSetStatus { ready_replicas: 3, ..some.clone() };
        let (new, old) = (of(Version::V1_34), of(Version::V1_32));
        let next = Some(AT + Span::from_secs(5));
        assert_eq!(look_again(&set, &some, next, AT, &new), Some(Span::from_secs(5)));
        assert_eq!(look_again(&set, &some, next, AT, &old), None, "only when all are ready");
        assert_eq!(look_again(&set, &all, next, AT, &old), Some(Span::from_secs(8)));
        assert_eq!(look_again_at_ready(8, &new), Some(Span::from_secs(8)));
        assert_eq!(look_again_at_ready(8, &old), Some(Span::from_secs(9)));
        assert_eq!(look_again_at_ready(0, &old), None);
    }

    #[test]
    fn terminating_pods_are_counted_from_1_35_on_and_never_by_replication_controllers() {
        let set = replica_set(&serde_json::json!({ "spec": { "replicas": 3 } }));
        let counts = Counts { terminating: 2, ..Counts::default() };
        let told =
            |set: &ReplicaSet, version| status(set, &counts, None, AT, &of(version)).terminating_replicas;
        assert_eq!(told(&set, Version::V1_35), Some(2));
        assert_eq!(told(&set, Version::V1_34), None);
        let controller = ReplicaSet { is_replication_controller: true, ..set };
        assert_eq!(told(&controller, Version::V1_36), None);
    }
}
