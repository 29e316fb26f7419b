//! Nodes of a given cluster: they stand as they were printed, and what follows from that is under way.

use crate::actors::api_server::nodes;
use crate::actors::{node_lifecycle, pod_gc, taint_eviction};
use crate::scenario::given::SetUp;
use crate::time::Span;
use crate::world::node::NodeCondition;
use crate::world::{NodeConditionKind, NodeId, World};

/// Before anything is played: conditions are those that are printed, and a node that is lost has no kubelet.
pub fn stand(w: &mut World, up: &SetUp) {
    for (ix, state) in up.nodes.iter().enumerate() {
        let node = NodeId::new(ix);
        for own in &state.conditions {
            let Some(kind) = NodeConditionKind::ALL.into_iter().find(|kind| own.kind == kind.as_str()) else {
                continue;
            };
            let slot = &mut w.nodes.write(ix).conditions[kind as usize];
            let since = own.since.unwrap_or(slot.since);
            *slot = NodeCondition { status: own.status, reason: own.reason, message: own.message, since };
        }
        if state.is_silent() {
            w.drop_kubelet(node);
            w.machines[ix].up = false;
            let given_up = state.conditions.iter().filter_map(|own| own.since).max();
            let grace = w.plan.controllers.node_monitor_grace_period;
            let heard = state.heartbeat.or(given_up.map(|at| at - grace));
            nodes::renewed(w, node, heard.unwrap_or(w.plan.start - grace));
        }
    }
}

/// In the present: who waits for something that follows from a node has waited since that was so.
pub fn follow(w: &mut World, up: &SetUp) {
    for (ix, state) in up.nodes.iter().enumerate() {
        let node = NodeId::new(ix);
        if let Some(at) = state.gone {
            nodes::delete(w, node);
            pod_gc::queue::gone_since(w, node, at);
        } else {
            let since = state.evicts.map_or(w.now, |at| at + HALF);
            taint_eviction::queue::tainted_since(w, node, since);
        }
    }
    if up.nodes.iter().any(|state| state.ready().is_some_and(|ready| ready != crate::api::Tri::True)) {
        node_lifecycle::looks_on(w);
    }
}

/// What a printed instant has lost, on the average.
const HALF: Span = Span::from_millis(500);
