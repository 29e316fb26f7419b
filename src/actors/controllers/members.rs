//! Whose pod a pod is, and as what it counts there.

use crate::api::form::ask;
use crate::api::{Phase, Sym, Tri};
use crate::rules::controllers::deletion_order::{Candidate, DELETION_COST, deletion_cost};
use crate::rules::controllers::replica_set::{SeenPod, Share, is_fully_labeled, share};
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::time::Time;
use crate::world::members::{Member, Seat};
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, ReplicaSetId, World};

/// The set that is a pod's controller.
pub fn set_of(w: &World, pod: PodId) -> Option<ReplicaSetId> {
    let p = &w.pods[pod.ix()];
    match p.controller {
        Some(ObjectKey::ReplicaSet(set)) if p.exists => Some(set),
        _ => None,
    }
}

/// Since when a pod is Ready, whole seconds.
pub fn ready_since(w: &World, pod: PodId) -> Option<Time> {
    let ready = w.pods[pod.ix()].status.condition(Sym::READY).filter(|ready| ready.status == Tri::True)?;
    Some(ready.last_transition.unwrap_or(w.pods[pod.ix()].created))
}

/// As what a pod counts in a set now.
pub fn counts_as(w: &World, set: ReplicaSetId, pod: PodId) -> Share {
    let p = &w.pods[pod.ix()];
    let spec = &w.workloads.replica_sets[set.ix()].object.spec;
    // Pods of the template share their labels with it.
    let is_own = std::sync::Arc::ptr_eq(&p.labels, &w.templates[p.template.ix()].labels);
    let seen = SeenPod {
        phase: p.status.phase(),
        is_deleted: p.deletion.is_some(),
        ready: ready_since(w, pod),
        is_fully_labeled: is_own || is_fully_labeled(&spec.template.labels, &p.labels),
    };
    share(&seen, spec.min_ready_seconds, w.now, &w.gates)
}

/// Whether a set's selector takes a pod.
pub fn selects(w: &World, set: ReplicaSetId, pod: PodId) -> bool {
    let (own, p) = (&w.workloads.replica_sets[set.ix()].object, &w.pods[pod.ix()]);
    own.meta.namespace == p.ident.namespace
        && Selector::compile(Some(&own.spec.selector)).matches(&labels(&p.labels))
}

/// The sets that a pod without a controller may come to.
pub fn suitors(w: &World, pod: PodId) -> Vec<ReplicaSetId> {
    let sets = ReplicaSetId::all(w.workloads.replica_sets.len());
    sets.filter(|set| w.workloads.replica_sets[set.ix()].exists && selects(w, *set, pod)).collect()
}

/// How dear a pod is.
pub fn cost(w: &World, pod: PodId) -> i32 {
    let annotations = &w.templates[w.pods[pod.ix()].template.ix()].annotations;
    deletion_cost(annotations.get(DELETION_COST).map(String::as_str))
}

/// A member is where its pod is now. Settled is one that the controller knows to be ready, and that still is.
pub fn seat(w: &mut World, set: ReplicaSetId, pod: PodId) {
    let p = &w.pods[pod.ix()];
    let Some(Member { share, .. }) = w.controllers.members[set.ix()].pods.get(&pod).copied() else { return };
    let settled = share.ready
        && counts_as(w, set, pod).ready
        && p.node.is_some()
        && p.status.phase() == Phase::Running
        && cost(w, pod) == 0;
    let seat = share.active.then_some(Seat { node: p.node, settled });
    w.controllers.members[set.ix()].seat(pod, seat);
}

/// What the choice asks of a pod.
pub fn candidate(w: &World, pod: PodId, rank: u32) -> Candidate {
    let p = &w.pods[pod.ix()];
    let is_sidecar = |name| p.spec.init_containers.iter().any(|own| own.is_sidecar() && own.name == name);
    let (restarts, sidecar_restarts) = ask!(p.status, |status| {
        let sidecars = status.init.iter().filter(|one| is_sidecar(one.name));
        (
            status.containers.iter().map(|one| one.restart_count).max().unwrap_or(0),
            sidecars.map(|one| one.restart_count).max().unwrap_or(0),
        )
    });
    Candidate {
        node: p.node.map_or(Sym::EMPTY, |node| w.nodes[node.ix()].spec.name),
        phase: p.status.phase(),
        ready: ready_since(w, pod),
        cost: cost(w, pod),
        rank: rank.cast_signed(),
        restarts,
        sidecar_restarts,
        created: p.created.truncate_secs(),
        uid: p.ident.uid,
    }
}
