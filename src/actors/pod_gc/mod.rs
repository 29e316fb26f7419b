//! The pod garbage collector (pkg/controller/podgc/gc_controller.go, v1.36.2): pods of nodes that are no more, pods that
//! are being deleted on nodes out of service, and ended pods beyond the threshold.
//!
//! A pass comes every `podGCPeriod` after the one before is done; only those are played that have something to collect.
//! The controller's client is throttled like every other one's (20 requests a second, 30 at once): where more pods end
//! than that, they pile up beyond the threshold. [`queue`] is what it hears, here stands what it does.

pub mod queue;

use self::queue::{is_out_of_service, surplus, terminating, want_pass};
use super::api_server;
use crate::api::{Condition, Phase, Sym, Tri};
use crate::rules::machinery::throttle::CONTROLLER_REQUESTS;
use crate::world::pod_gc::EndedPod;
use crate::world::{NodeId, PodId, SimEvent, World};

/// A pass: what is too much is deleted; orphans are declared failed and deleted.
pub fn pass(w: &mut World) {
    w.controllers.pod_gc.queued = false;
    while let Some((_, pod)) = w.controllers.pod_gc.orphans.first().copied().filter(|(at, _)| *at <= w.now) {
        w.controllers.pod_gc.orphans.pop_first();
        collect_orphan(w, pod);
    }
    if w.controllers.pod_gc.to_delete.is_empty() {
        collect_ended(w);
    }
    collect_terminating(w);
}

/// `gcTerminating`: pods that are being deleted on nodes out of service are declared failed and deleted at once.
fn collect_terminating(w: &mut World) {
    for node in NodeId::all(w.nodes.len()) {
        if !is_out_of_service(w, node) {
            continue;
        }
        for pod in terminating(w, node) {
            if !w.pods[pod.ix()].status.phase().is_terminal() {
                api_server::update_status(w, pod, |s, _| s.phase = Phase::Failed);
            }
            api_server::delete_pod(w, pod, Some(0));
        }
    }
}

fn collect_orphan(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    // Its node may have been registered anew while it was in quarantine.
    if !p.exists || p.node.is_some_and(|node| w.nodes[node.ix()].exists) {
        return;
    }
    if !p.status.phase().is_terminal() {
        let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
            .because(Sym::DELETION_BY_POD_GC, "PodGC: node no longer exists");
        api_server::update_status(w, pod, |s, now| {
            s.phase = Phase::Failed;
            api_server::put_condition(s, condition, now);
        });
    }
    api_server::delete_pod(w, pod, Some(0));
}

/// `gcTerminated`: as many as there are too many. Those of one second are told apart by their names.
fn collect_ended(w: &mut World) {
    let count = surplus(w);
    let Some(last) =
        count.checked_sub(1).and_then(|last| w.controllers.pod_gc.ended.iter().nth(last)).copied()
    else {
        return;
    };
    let same = |a: &EndedPod| (a.stays_longer, a.created) == (last.stays_longer, last.created);
    let mut chosen: Vec<EndedPod> =
        w.controllers.pod_gc.ended.iter().take_while(|e| **e <= last || same(e)).copied().collect();
    let tied = chosen.iter().position(same).unwrap_or(0);
    chosen[tied..].sort_by_cached_key(|e| w.pods[e.pod.ix()].ident.name.to_string());
    w.controllers.pod_gc.to_delete.extend(chosen[..count].iter().map(|e| e.pod));
    delete_next(w);
}

/// Deletes as much as the client may send now; the rest follows, and then the next pass's time begins to run.
pub fn delete_next(w: &mut World) {
    while let Some(pod) = w.controllers.pod_gc.to_delete.front().copied() {
        let free = w.controllers.pod_gc.requests.free_at(CONTROLLER_REQUESTS, w.now);
        if free > w.now {
            w.at(free, SimEvent::PodGcDelete);
            return;
        }
        w.controllers.pod_gc.requests.take(CONTROLLER_REQUESTS, w.now);
        w.controllers.pod_gc.to_delete.pop_front();
        api_server::delete_pod(w, pod, Some(0));
    }
    w.controllers.pod_gc.last_pass = Some(w.now);
    want_pass(w);
}
