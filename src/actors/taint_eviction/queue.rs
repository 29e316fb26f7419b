//! What the taint eviction controller hears: pods of tainted nodes are queued for the end of their tolerance
//! (pkg/controller/tainteviction/timed_workers.go).

use crate::actors::events;
use crate::api::{Effect, Note, Sym, Text};
use crate::rules::controllers::taint_eviction::{Stay, stay};
use crate::time::{Span, Time};
use crate::world::controllers::Eviction;
use crate::world::{NodeId, PodId, SimEvent, World};

/// The taints of a node have changed: each of its pods is looked at again.
pub fn node_changed(w: &mut World, node: NodeId) {
    let now = w.now;
    tainted_since(w, node, now);
}

/// A node has had its taints since an instant: of what its pods tolerate so much is over.
pub fn tainted_since(w: &mut World, node: NodeId, since: Time) {
    for pod in w.machines[node.ix()].pods.clone() {
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node) {
            look(w, pod, node, since);
        }
    }
}

/// A pod was bound to a node that may be tainted.
pub fn pod_bound(w: &mut World, pod: PodId) {
    if let Some(node) = w.pods[pod.ix()].node {
        let now = w.now;
        look(w, pod, node, now);
    }
}

/// `processPodOnNode`: what is scheduled stands, even if a later taint is tolerated for less; only a taint that is not
/// tolerated at all, or none that is not tolerated for ever, undoes it.
fn look(w: &mut World, pod: PodId, node: NodeId, since: Time) {
    let now = w.now;
    let p = &w.pods[pod.ix()];
    let scheduled = w.controllers.taint_eviction.waiting.get(&pod).map(|eviction| eviction.at);
    let taints = w.nodes[node.ix()].spec.taints.iter().filter(|t| t.effect == Effect::NoExecute);
    let at = match stay(&p.spec.tolerations, taints) {
        Stay::ForEver => {
            cancel(w, pod);
            return;
        }
        Stay::Untolerated if scheduled == Some(now) => return,
        Stay::Untolerated => {
            cancel(w, pod);
            now
        }
        Stay::Secs(_) if scheduled.is_some() => return,
        Stay::Secs(secs) => (since + Span::from_secs(secs)).max(now),
    };
    let own = &mut w.controllers.taint_eviction;
    own.scheduled += 1;
    let generation = own.scheduled;
    own.waiting.insert(pod, Eviction { at, generation });
    w.at(at, SimEvent::TaintEvict { pod, generation });
}

/// The work that evicts a pod is under way: who hears of the pod's end now has something to cancel.
pub fn is_still_at_work(w: &mut World, pod: PodId) {
    let at = w.now;
    let own = &mut w.controllers.taint_eviction;
    own.scheduled += 1;
    let generation = own.scheduled;
    own.waiting.insert(pod, Eviction { at, generation });
}

/// A pod that waits for its eviction is gone.
pub fn pod_gone(w: &mut World, pod: PodId) {
    cancel(w, pod);
}

/// `cancelWorkWithEvent`
fn cancel(w: &mut World, pod: PodId) {
    if w.controllers.taint_eviction.waiting.remove(&pod).is_some() {
        let component = Sym::TAINT_EVICTION_CONTROLLER;
        events::send(w, pod, component, Note::normal(Sym::TAINT_MANAGER_EVICTION, Text::CancellingDeletion));
    }
}
