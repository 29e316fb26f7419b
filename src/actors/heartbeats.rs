//! Heartbeats of nodes: a kubelet renews its lease four times in the lease's duration, and posts its node's status whether or
//! not anything has changed (`tryUpdateNodeStatus`, pkg/kubelet/kubelet_node_status.go; pkg/kubelet/kubelet.go,
//! `NewController` of the lease; `tryUpdateNodeHealth`, pkg/controller/nodelifecycle/node_lifecycle_controller.go, v1.36.2).
//!
//! Both count, whichever came last. The status is looked at every `nodeStatusUpdateFrequency`, and posted unchanged at the first
//! look that is `nodeStatusReportFrequency` after the last. Nothing ticks: when a node was heard of last is computed. A node that
//! is heard of more rarely than the controller waits is given up though its kubelet runs, until that posts what it sees changed.

use crate::time::{Span, Time, next_on_grid};
use crate::world::{NodeId, Purpose, World};

/// Where passes lie: of one node, or without one of all.
pub fn phase(w: &World, node: Option<NodeId>, period: Span) -> Time {
    phase_of(w, node, 0, period)
}

/// The node's status is written at this instant plus whole periods.
pub fn status_anchor(w: &World, node: NodeId, period: Span) -> Time {
    phase_of(w, Some(node), 1, period)
}

fn phase_of(w: &World, node: Option<NodeId>, which: u64, period: Span) -> Time {
    let entity = node.map_or(0, |n| crate::engine::random::entity(&[&w.nodes[n.ix()].spec.name]));
    let offset = w.draw(Purpose::Controller, entity, which).below(period.micros().max(1) as u64) as i64;
    w.plan.start - Span::from_micros(offset)
}

/// How often the status is looked at.
fn look(w: &World, node: NodeId) -> Span {
    w.machines[node.ix()].config.node_status_update_frequency.max(Span::from_micros(1))
}

/// The periods of both heartbeats.
fn periods(w: &World, node: NodeId) -> [Span; 2] {
    let config = &w.machines[node.ix()].config;
    let renewal = Span::from_micros((config.node_lease_duration.micros() / 4).max(1));
    let look = look(w, node);
    let looks = (config.node_status_report_frequency.micros() + look.micros() - 1).div_euclid(look.micros());
    [renewal, look * looks.max(1)]
}

/// The last heartbeat of a node whose kubelet runs, at an instant.
pub fn last(w: &World, node: NodeId, at: Time) -> Time {
    let [renewed, posted] = both(w, node, at);
    renewed.max(posted)
}

/// Its lease's last renewal, and the last posting of its status.
fn both(w: &World, node: NodeId, at: Time) -> [Time; 2] {
    let [renewal, report] = periods(w, node);
    let on_grid =
        |anchor: Time, period: Span| anchor + period * at.since(anchor).micros().div_euclid(period.micros());
    let renewed = on_grid(phase(w, Some(node), renewal), renewal);
    [renewed, on_grid(status_anchor(w, node, look(w, node)), report)]
}

/// When a node's lease was renewed and its status posted last, as whoever reads them at an instant sees it: by a kubelet that has just
/// begun as it begins; where none runs, when the node was heard of last.
pub fn seen(w: &World, node: NodeId, at: Time) -> [Time; 2] {
    match w.kubelet(node) {
        Some(kubelet) => both(w, node, at).map(|own| own.max(kubelet.start.min(at))),
        None => [w.nodes[node.ix()].heartbeat; 2],
    }
}

/// Whether a node may be given up though its kubelet runs: it is heard of more rarely than it is waited for.
pub fn are_rare(w: &World, node: NodeId) -> bool {
    let grace = w.plan.controllers.node_monitor_grace_period;
    periods(w, node).into_iter().all(|period| period > grace)
}

/// When a kubelet next looks at its node's status.
pub fn next_look(w: &World, node: NodeId, after: Time) -> Time {
    let look = look(w, node);
    next_on_grid(status_anchor(w, node, look), look, after + Span::from_micros(1))
}
