//! The node lifecycle controller (pkg/controller/nodelifecycle/node_lifecycle_controller.go): heartbeats, Ready, and the
//! taints of a node that is lost.
//!
//! Nothing ticks: the pass of the node monitor at which a silent node is given up is computed when it falls silent.

use std::collections::BTreeMap;

use super::{api_server, events, kubelet, taint_eviction};
use crate::api::{Condition, Effect, Phase, Sym, Taint, Tri};
use crate::record::Change;
use crate::rules::gates::Version;
use crate::rules::zone_disruption::{Zone, ZoneKey, zone_key};
use crate::time::{Span, Time};
use crate::world::{Node, NodeId, PodId, Purpose, SimEvent, World};

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Reason and message of Ready True.
const READY_WORDS: (&str, &str) = ("KubeletReady", "kubelet is posting ready status");
/// The message of a condition that turned Unknown.
const SILENT: &str = "Kubelet stopped posting node status.";
/// From the pass that sees a node not ready to the NoExecute taint: the rate-limited queue is idle.
const TAINT_DELAY: Span = Span::from_millis(100);

/// How long nodes and their kubelets have been there when a scenario begins.
pub const KUBELET_AGE: Span = Span::from_secs(86_400);

/// A node's kubelet has reported from before the run's start: Ready is True.
pub fn node_started(w: &mut World, node: NodeId) {
    set_ready(w, node, Tri::True, Sym::KUBELET_READY, READY_WORDS.1);
}

/// Writes Ready; a node that is not has a NoSchedule taint at once (`doNoScheduleTaintingPass`).
fn set_ready(w: &mut World, node: NodeId, to: Tri, reason: Sym, message: &str) {
    let n = &mut w.nodes[node.ix()];
    let from = std::mem::replace(&mut n.ready, to);
    if from != to {
        let other =
            |t: &Taint| t.effect != Effect::NoSchedule || (t.key != UNREACHABLE && t.key != NOT_READY);
        n.spec.taints.retain(other);
        n.spec.taints.extend(eviction_taint(to).map(|(key, _)| no_schedule(key)));
    }
    let first = w.step == 0;
    if first || from != to {
        let from = if first { None } else { Some(from) };
        let message = Sym::new(message);
        w.record(None, Some(node), Change::Node { kind: Sym::READY, from, to: Some(to), reason, message });
        super::attach_detach::node_changed(w);
    }
}

fn phase(w: &World, node: Option<NodeId>, period: Span) -> Time {
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

/// The taint that a cordoned node gets.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// From a node's cordon to its taint (10 to 14 ms recorded).
const CORDON_DELAY: Span = Span::from_millis(10);

/// A node was cordoned or uncordoned: its taint follows (`doNoScheduleTaintingPass`).
pub fn cordoned(w: &mut World, node: NodeId) {
    w.after(CORDON_DELAY, SimEvent::CordonTaint { node });
}

pub fn cordon_taint(w: &mut World, node: NodeId) {
    let key = Sym::new(UNSCHEDULABLE);
    let spec = &mut w.nodes[node.ix()].spec;
    spec.taints.retain(|taint| taint.key != key);
    if spec.unschedulable {
        spec.taints.push(Taint { key, value: Sym::EMPTY, effect: Effect::NoSchedule });
    }
    super::scheduler::node_listed(w, node);
}

/// A node's kubelet falls silent: its lease was renewed last at some earlier instant, every quarter of its duration.
pub fn kubelet_stopped(w: &mut World, node: NodeId) {
    let renewal = Span::from_micros((w.nodes[node.ix()].config.node_lease_duration.micros() / 4).max(1));
    let anchor = phase(w, Some(node), renewal);
    let renewals = w.now.since(anchor).micros() / renewal.micros();
    w.nodes[node.ix()].heartbeat = anchor + renewal * renewals;
    let given_up = w.nodes[node.ix()].heartbeat + w.plan.controllers.node_monitor_grace_period;
    want_pass(w, node, given_up + Span::from_micros(1));
}

/// Queues the pass of the node monitor at or after an instant, for what it will see of this node.
fn want_pass(w: &mut World, node: NodeId, from: Time) {
    let period = w.plan.controllers.node_monitor_period;
    let at = kubelet::pod_worker::next_on_grid(phase(w, None, period), period, from);
    // One pass looks at all nodes.
    if w.node_passes.insert(at) {
        let generation = w.nodes[node.ix()].generation;
        w.at(at, SimEvent::NodeMonitor { generation });
    }
}

/// A pass of the node monitor: nodes that are silent for too long are given up, whatever they said last, and those that are
/// not ready get their NoExecute taint (`monitorNodeHealth`, `processTaintBaseEviction`).
pub fn monitor(w: &mut World, _generation: u32) {
    let now = w.now;
    w.node_passes.retain(|at| *at > now);
    let grace = w.plan.controllers.node_monitor_grace_period;
    // Up to 1.32 the taint follows from the condition as the pass before saw it.
    let late =
        if w.gates.version <= Version::V1_32 { w.plan.controllers.node_monitor_period } else { Span::ZERO };
    let nodes = || NodeId::all(w.nodes.len());
    let silent = |node: &NodeId| {
        let n = &w.nodes[node.ix()];
        n.exists && !n.kubelet_up && n.ready != Tri::Unknown && w.now.since(n.heartbeat) > grace
    };
    let lost: Vec<NodeId> = nodes().filter(silent).collect();
    for node in &lost {
        give_up(w, *node);
    }
    if !any_ready(w) {
        stop_evictions(w);
        return;
    }
    for (node, queue) in to_taint(w) {
        let late = if lost.binary_search(&node).is_ok() { late } else { Span::ZERO };
        let generation = w.nodes[node.ix()].generation;
        w.after(queue + late, SimEvent::NodeTaint { node, generation });
    }
}

fn any_ready(w: &World) -> bool {
    w.nodes.iter().any(|n| n.exists && n.ready == Tri::True)
}

/// No node is ready: then it is not the nodes' fault, and what was tainted is left alone again (`handleDisruption`).
fn stop_evictions(w: &mut World) {
    for ix in 0..w.nodes.len() {
        let node = NodeId::new(ix);
        let taints = &mut w.nodes[ix].spec.taints;
        let before = taints.len();
        taints.retain(|t| t.effect != Effect::NoExecute || (t.key != UNREACHABLE && t.key != NOT_READY));
        if taints.len() < before {
            taint_eviction::node_changed(w, node);
            super::scheduler::node_listed(w, node);
        }
    }
}

/// The nodes that lack their NoExecute taint and may get it, and how long the queue takes.
fn to_taint(w: &World) -> Vec<(NodeId, Span)> {
    let lacks = |n: &Node| {
        n.exists && eviction_taint(n.ready).is_some_and(|(key, _)| !has_no_execute(&n.spec.taints, key))
    };
    if !w.nodes.iter().any(lacks) {
        return Vec::new();
    }
    let mut zones = BTreeMap::<ZoneKey<'_>, Zone>::new();
    for n in w.nodes.iter().filter(|n| n.exists) {
        zones.entry(zone_key(&n.spec.labels)).or_default().count(n.ready == Tri::True);
    }
    let due = |(ix, n): (usize, &Node)| {
        let (_, opposite) = eviction_taint(n.ready).filter(|_| lacks(n))?;
        let evicts = zones.get(&zone_key(&n.spec.labels)).is_some_and(|zone| zone.evicts());
        // One taint for the other is no matter of the queue.
        let swapped = has_no_execute(&n.spec.taints, opposite);
        (evicts || swapped).then_some((NodeId::new(ix), if swapped { Span::ZERO } else { TAINT_DELAY }))
    };
    w.nodes.iter().enumerate().filter_map(due).collect()
}

/// Key of the taint of a node whose Ready has this value, and of the one that it takes the place of.
fn eviction_taint(ready: Tri) -> Option<(&'static str, &'static str)> {
    match ready {
        Tri::True => None,
        Tri::False => Some((NOT_READY, UNREACHABLE)),
        Tri::Unknown => Some((UNREACHABLE, NOT_READY)),
    }
}

fn has_no_execute(taints: &[Taint], key: &str) -> bool {
    taints.iter().any(|taint| taint.key == key && taint.effect == Effect::NoExecute)
}

/// What nobody has posted for too long is Unknown, all four conditions of it (`tryUpdateNodeHealth`).
fn give_up(w: &mut World, node: NodeId) {
    let was_ready = w.nodes[node.ix()].ready == Tri::True;
    for which in 0..PRESSURES.len() {
        write_pressure(w, node, which, Tri::Unknown, (&Sym::NODE_STATUS_UNKNOWN, SILENT));
    }
    set_ready(w, node, Tri::Unknown, Sym::NODE_STATUS_UNKNOWN, SILENT);
    super::scheduler::node_listed(w, node);
    for pod in w.nodes[node.ix()].pods.clone() {
        let p = &w.pods[pod.ix()];
        if p.exists && p.node == Some(node) {
            lose_pod(w, pod, was_ready);
        }
    }
}

/// A pod of a node that is given up is not ready, if the node was (`MarkPodsNotReady`,
/// pkg/controller/util/node/controller_utils.go).
fn lose_pod(w: &mut World, pod: PodId, node_was_ready: bool) {
    let legacy = w.plan.controllers.legacy_unknown_phase;
    let status = &w.pods[pod.ix()].status;
    let terminal = status.form().phase.is_terminal();
    let ready = status.condition(Sym::READY).filter(|c| c.status == Tri::True && node_was_ready);
    if let Some(ready) = ready {
        let lost = Condition { status: Tri::False, ..ready };
        api_server::update_status(w, pod, |s, now| {
            api_server::put_condition(s, lost, now);
            if legacy {
                s.phase = Phase::Unknown;
            }
        });
        events::send(w, pod, Sym::NODE_CONTROLLER, true, Sym::NODE_NOT_READY, "Node is not ready", None);
    } else if legacy && !terminal {
        api_server::update_status(w, pod, |s, _| s.phase = Phase::Unknown);
    }
}

/// The NoExecute taint of a node that is not ready is written, in the place of the other one (`doNoExecuteTaintingPass`).
pub fn taint(w: &mut World, node: NodeId, generation: u32) {
    let n = &w.nodes[node.ix()];
    let Some((key, opposite)) = eviction_taint(n.ready) else { return };
    let stale = n.generation != generation || !n.exists || has_no_execute(&n.spec.taints, key);
    if stale || !any_ready(w) {
        return;
    }
    let n = &mut w.nodes[node.ix()];
    n.spec.taints.retain(|t| t.key != opposite || t.effect != Effect::NoExecute);
    n.spec.taints.push(Taint { key: Sym::new(key), value: Sym::EMPTY, effect: Effect::NoExecute });
    taint_eviction::node_changed(w, node);
    super::scheduler::node_listed(w, node);
}

/// A node that goes off says so itself: Ready turns False, and the taints of a node that is not ready follow.
pub fn shutting_down(w: &mut World, node: NodeId) {
    set_ready(w, node, Tri::False, Sym::new("KubeletNotReady"), "node is shutting down");
    super::scheduler::node_listed(w, node);
    let now = w.now;
    want_pass(w, node, now);
}

/// A condition that tells of a shortage: its taint, and reason and message of its two values
/// (pkg/kubelet/nodestatus/setters.go).
struct PressureKind {
    condition: &'static str,
    taint: &'static str,
    on: (&'static str, &'static str),
    off: (&'static str, &'static str),
}

/// In the order in which they are written.
const PRESSURES: [PressureKind; 3] = [
    PressureKind {
        condition: "MemoryPressure",
        taint: "node.kubernetes.io/memory-pressure",
        on: ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
        off: ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    },
    PressureKind {
        condition: "DiskPressure",
        taint: "node.kubernetes.io/disk-pressure",
        on: ("KubeletHasDiskPressure", "kubelet has disk pressure"),
        off: ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    },
    PressureKind {
        condition: "PIDPressure",
        taint: "node.kubernetes.io/pid-pressure",
        on: ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
        off: ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    },
];

/// Which of [`PRESSURES`] tells of this resource.
fn pressure_of(resource: Sym) -> usize {
    match resource.as_str() {
        "memory" => 0,
        "pids" => 2,
        _ => 1,
    }
}

/// A node's conditions as the API has them, in the kubelet's order.
pub fn conditions(n: &Node) -> impl Iterator<Item = (&'static str, Tri)> {
    let pressures = PRESSURES.iter().zip(n.pressures).map(|(kind, to)| (kind.condition, to));
    pressures.chain([("Ready", n.ready)])
}

/// Reason and message of a condition that has not changed since the kubelet began.
pub fn words_at_first(condition: &str) -> (&'static str, &'static str) {
    PRESSURES.iter().find(|kind| kind.condition == condition).map_or(READY_WORDS, |kind| kind.off)
}

/// The node's condition that tells of a shortage.
pub fn pressure_condition(resource: Sym) -> &'static str {
    PRESSURES[pressure_of(resource)].condition
}

/// The taint that such a node gets.
pub fn pressure_taint(resource: Sym) -> Taint {
    no_schedule(PRESSURES[pressure_of(resource)].taint)
}

fn no_schedule(key: &str) -> Taint {
    Taint { key: Sym::new(key), value: Sym::EMPTY, effect: Effect::NoSchedule }
}

/// The kubelet's node status tells of a shortage, or that it is over; the taint follows (`doNoScheduleTaintingPass`).
pub fn set_pressure(w: &mut World, node: NodeId, resource: Sym, on: bool) {
    post_pressure(w, node, pressure_of(resource), on);
    super::scheduler::node_listed(w, node);
}

fn post_pressure(w: &mut World, node: NodeId, which: usize, on: bool) {
    let kind = &PRESSURES[which];
    let (to, words) = if on { (Tri::True, kind.on) } else { (Tri::False, kind.off) };
    write_pressure(w, node, which, to, words);
}

/// Writes one of [`PRESSURES`]; only True has a taint.
fn write_pressure(w: &mut World, node: NodeId, which: usize, to: Tri, words: (&str, &str)) {
    let kind = &PRESSURES[which];
    let n = &mut w.nodes[node.ix()];
    let from = std::mem::replace(&mut n.pressures[which], to);
    if from == to {
        return;
    }
    n.spec.taints.retain(|old| old.key != kind.taint);
    if to == Tri::True {
        n.spec.taints.push(no_schedule(kind.taint));
    }
    let (kind, reason, message) = (Sym::new(kind.condition), Sym::new(words.0), Sym::new(words.1));
    w.record(None, Some(node), Change::Node { kind, from: Some(from), to: Some(to), reason, message });
}

/// A node's kubelet is back and posts its status.
pub fn kubelet_started(w: &mut World, node: NodeId) {
    if w.nodes[node.ix()].ready == Tri::True {
        return;
    }
    for which in 0..PRESSURES.len() {
        post_pressure(w, node, which, false);
    }
    set_ready(w, node, Tri::True, Sym::KUBELET_READY, READY_WORDS.1);
    w.nodes[node.ix()].spec.taints.retain(|t| t.key != UNREACHABLE && t.key != NOT_READY);
    taint_eviction::node_changed(w, node);
    super::scheduler::nodes_changed(w);
    // Those that are still silent had no taints as long as no node was ready.
    if w.nodes.iter().any(|n| n.exists && n.ready != Tri::True) {
        let now = w.now;
        want_pass(w, node, now);
    }
}
