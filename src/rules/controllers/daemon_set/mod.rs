//! DaemonSets: which nodes get a pod, what is made and deleted on each of them, and how old pods give way to new ones.
//!
//! A set may stand on thousands of nodes, and from one sync to the next only a few of them change. So what can be decided
//! of one node alone is decided so: whether a pod belongs there ([`placement`]), what becomes of those that are there
//! ([`on_node`]), as what the node counts ([`status`]) and what an update would do to it ([`update`]). What is left for the
//! whole set are sums, and the choice among nodes that are equal.
//!
//! Source: `syncDaemonSet`, `manage`, `podsShouldBeOnNode`, `updateDaemonSetStatus` in
//! pkg/controller/daemon/daemon_controller.go; pkg/controller/daemon/update.go; pkg/controller/daemon/util/daemonset_util.go
//! (v1.36.3).

pub mod history;
pub mod on_node;
pub mod placement;
pub mod status;
pub mod template;
pub mod update;

use std::cmp::Ordering;

use super::replica_set::is_available;
use crate::api::daemon_set::{DaemonSet, DaemonSetStrategy};
use crate::api::{Phase, PodName};
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// So many pods are made, and so many deleted, by one sync at most (`BurstReplicas`).
pub const BURST: usize = 250;

/// What a sync asks of a pod that is the set's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeenPod {
    /// Its name.
    pub name: PodName,
    /// `status.phase`
    pub phase: Phase,
    /// It has a deletionTimestamp.
    pub is_deleted: bool,
    /// Since when its condition Ready is True, whole seconds; None: it is not.
    pub ready: Option<Time>,
    /// It has got its node; else it waits for the one that its affinity names.
    pub is_scheduled: bool,
    /// `metadata.creationTimestamp`, whole seconds.
    pub created: Time,
    /// It carries the hash of the newest revision.
    pub has_hash: bool,
    /// The same, or the number of the template ([`template::is_updated`]).
    pub is_updated: bool,
}

impl SeenPod {
    /// Whether it counts on its node: one that is over and is being deleted waits for a finalizer only, and another may
    /// take its place (`getNodesToDaemonPods`).
    pub fn counts(&self) -> bool {
        !(self.is_deleted && self.phase.is_terminal())
    }
}

/// The order of a node's pods: those that have got it, the oldest first (`podByCreationTimestampAndPhase`).
pub fn order(one: &SeenPod, other: &SeenPod) -> Ordering {
    let keys = |pod: &SeenPod| (!pod.is_scheduled, pod.created);
    keys(one).cmp(&keys(other)).then_with(|| {
        if one.name == other.name {
            Ordering::Equal
        } else {
            one.name.to_string().cmp(&other.name.to_string())
        }
    })
}

/// A set at an instant: what everything here is asked with.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The set.
    pub set: &'a DaemonSet,
    /// The instant.
    pub now: Time,
    /// The version's.
    pub gates: &'a Gates,
}

impl View<'_> {
    /// On how many nodes a new pod may run beside the old one, where so many shall have one (`SurgeCount`).
    pub fn max_surge(&self, desired: i32) -> i32 {
        match self.set.spec.strategy {
            DaemonSetStrategy::OnDelete => 0,
            DaemonSetStrategy::RollingUpdate { max_surge, .. } => max_surge.of(desired, true),
        }
    }
    /// On how many nodes no pod may be available (`UnavailableCount`): one at least, where nothing may surge
    /// (`updatedDesiredNodeCounts`).
    pub fn max_unavailable(&self, desired: i32) -> i32 {
        match self.set.spec.strategy {
            DaemonSetStrategy::OnDelete => 0,
            DaemonSetStrategy::RollingUpdate { max_unavailable, .. } => {
                let most = max_unavailable.of(desired, true);
                if desired > 0 && most == 0 && self.max_surge(desired) == 0 { 1 } else { most }
            }
        }
    }
    /// Whether a node may have two pods (`AllowsSurge`).
    pub fn surges(&self) -> bool {
        self.max_surge(1) > 0
    }
    /// Whether a pod has been ready for long enough (`IsPodAvailable`).
    pub fn is_available(&self, pod: &SeenPod) -> bool {
        let min_ready = self.set.spec.min_ready_seconds;
        pod.ready.is_some_and(|since| is_available(since, min_ready, self.now, self.gates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Sym;
    use crate::api::wire_daemon_set::daemon_set;
    use serde_json::json;

    #[test]
    fn percents_are_rounded_up_and_one_node_may_always_go() {
        let gates = Gates::default();
        let of = |rolling: serde_json::Value| {
            let strategy = json!({ "type": "RollingUpdate", "rollingUpdate": rolling });
            daemon_set(&json!({ "spec": { "updateStrategy": strategy } }))
        };
        let tenth = of(json!({ "maxUnavailable": "10%", "maxSurge": 0 }));
        let view = View { set: &tenth, now: Time::default(), gates: &gates };
        assert_eq!((view.max_unavailable(11), view.max_unavailable(0), view.surges()), (2, 0, false));
        let neither = of(json!({ "maxUnavailable": 0, "maxSurge": 0 }));
        let view = View { set: &neither, now: Time::default(), gates: &gates };
        assert_eq!((view.max_unavailable(3), view.max_unavailable(0)), (1, 0));
        let surge = of(json!({ "maxUnavailable": 0, "maxSurge": "1%" }));
        let view = View { set: &surge, now: Time::default(), gates: &gates };
        assert_eq!((view.max_unavailable(3), view.max_surge(3), view.surges()), (0, 1, true));
    }

    #[test]
    fn the_first_pod_of_a_node_has_got_it_and_is_the_oldest() {
        let pod = |name, secs, is_scheduled| SeenPod {
            name: PodName::plain(Sym::new(name)),
            phase: Phase::Running,
            is_deleted: false,
            ready: None,
            is_scheduled,
            created: Time::from_secs(secs),
            has_hash: true,
            is_updated: true,
        };
        let mut pods = [pod("d", 1, false), pod("c", 3, true), pod("b", 2, true), pod("a", 3, true)];
        pods.sort_by(order);
        let names: Vec<String> = pods.iter().map(|pod| pod.name.to_string()).collect();
        assert_eq!(names, ["b", "a", "c", "d"]);
        assert_eq!(order(&pods[0], &pods[0]), Ordering::Equal);
        assert!(!SeenPod { is_deleted: true, phase: Phase::Failed, ..pods[0] }.counts());
        assert!(SeenPod { is_deleted: true, ..pods[0] }.counts());
    }
}
