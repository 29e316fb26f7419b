//! The taint eviction controller (pkg/controller/tainteviction/taint_eviction.go): pods that do not tolerate a NoExecute
//! taint are deleted, at once or when their tolerance runs out.

use super::{api_server, events};
use crate::api::spec::Toleration;
use crate::api::{Condition, Effect, Sym, Taint, Text, Tri};
use crate::time::Span;
use crate::world::{NodeId, PodId, SimEvent, World};

/// Whether a toleration covers a taint (`ToleratesTaint`, component-helpers).
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    if toleration.effect.is_some_and(|effect| effect != taint.effect) {
        return false;
    }
    if !toleration.key.is_empty() && toleration.key != taint.key {
        return false;
    }
    match &*toleration.operator {
        "Exists" => true,
        _ => !toleration.key.is_empty() && toleration.value == taint.value,
    }
}

/// The taints of a node have changed: each of its pods is looked at again.
pub fn node_changed(w: &mut World, node: NodeId) {
    for pod in w.nodes[node.ix()].pods.clone() {
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node) {
            look(w, pod, node);
        }
    }
}

/// A pod was bound to a node that may be tainted.
pub fn pod_bound(w: &mut World, pod: PodId) {
    if let Some(node) = w.pods[pod.ix()].node {
        look(w, pod, node);
    }
}

/// `processPodOnNode`
fn look(w: &mut World, pod: PodId, node: NodeId) {
    let p = &w.pods[pod.ix()];
    let taints = w.nodes[node.ix()].spec.taints.iter().filter(|t| t.effect == Effect::NoExecute);
    let (mut tainted, mut intolerable, mut shortest) = (false, false, None::<i64>);
    for taint in taints {
        tainted = true;
        let mut covering = p.spec.tolerations.iter().filter(|t| tolerates(t, taint)).peekable();
        intolerable |= covering.peek().is_none();
        for secs in covering.filter_map(|t| t.toleration_seconds) {
            shortest = Some(shortest.map_or(secs, |old| old.min(secs)));
        }
    }
    let waits = p.evict_at.is_some();
    let p = &mut w.pods[pod.ix()];
    if !tainted {
        if waits {
            p.evict_at = None;
            p.evict_generation += 1;
            let component = Sym::TAINT_EVICTION_CONTROLLER;
            events::send(
                w,
                pod,
                component,
                false,
                Sym::TAINT_MANAGER_EVICTION,
                Text::CancellingDeletion,
                None,
            );
        }
        return;
    }
    let wait = if intolerable { Some(0) } else { shortest };
    let Some(secs) = wait else { return };
    let at = w.now + Span::from_secs(secs.max(0));
    let p = &mut w.pods[pod.ix()];
    // A deletion that was set earlier for a later taint stands.
    if p.evict_at.is_some_and(|old| old <= at) {
        return;
    }
    p.evict_at = Some(at);
    p.evict_generation += 1;
    let generation = p.evict_generation;
    w.at(at, SimEvent::TaintEvict { pod, generation });
}

/// A pod that waits for its eviction is gone.
pub fn pod_gone(w: &mut World, pod: PodId) {
    let p = &mut w.pods[pod.ix()];
    if p.evict_at.take().is_some() {
        p.evict_generation += 1;
        let component = Sym::TAINT_EVICTION_CONTROLLER;
        events::send(w, pod, component, false, Sym::TAINT_MANAGER_EVICTION, Text::CancellingDeletion, None);
    }
}

/// The tolerance is over: the pod is told why, then deleted with its own grace.
pub fn evict(w: &mut World, pod: PodId, generation: u32) {
    let p = &mut w.pods[pod.ix()];
    if !p.exists || p.evict_generation != generation {
        return;
    }
    p.evict_at = None;
    let component = Sym::TAINT_EVICTION_CONTROLLER;
    events::send(w, pod, component, false, Sym::TAINT_MANAGER_EVICTION, Text::MarkingForDeletion, None);
    let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
        .because(Sym::DELETION_BY_TAINT_MANAGER, "Taint manager: deleting due to NoExecute taint");
    api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
    api_server::delete_pod(w, pod, None);
}
