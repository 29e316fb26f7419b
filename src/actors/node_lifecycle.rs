//! The node lifecycle controller (pkg/controller/nodelifecycle/node_lifecycle_controller.go): heartbeats, Ready, and the
//! taints of a node that is lost.
//!
//! Nothing ticks: the pass of the node monitor at which a silent node is given up is computed when it falls silent.

use std::collections::BTreeMap;

use super::api_server::nodes::{self, put_condition};
use super::{api_server, events, heartbeats};
use crate::api::{Condition, Effect, NodeSpec, Note, Phase, Sym, Taint, Tri};
use crate::rules::controllers::zone_disruption::{Zone, ZoneKey, zone_key};
use crate::rules::scheduler::placement::node_declared_features;
use crate::scenario::plan::Plan;
use crate::time::{Span, Time, next_on_grid};
use crate::world::node::NodeCondition;
use crate::world::{Node, NodeConditionKind, NodeId, PodId, SimEvent, World};

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Reason and message of Ready True.
const READY_WORDS: (&str, &str) = ("KubeletReady", "kubelet is posting ready status");
/// Of Ready False, while a node joins.
const JOINS_WORDS: (&str, &str) = ("KubeletNotReady", "CSINode is not yet initialized");
/// The message of a condition that turned Unknown.
const SILENT: &str = "Kubelet stopped posting node status.";
/// From the pass that sees a node not ready to the NoExecute taint: the rate-limited queue is idle.
const TAINT_DELAY: Span = Span::from_millis(100);

/// How long nodes and their kubelets have been there when a scenario begins.
pub const KUBELET_AGE: Span = Span::from_secs(86_400);

/// The conditions of a node whose kubelet reports since this instant, and all is well.
pub fn healthy(since: Time) -> [NodeCondition; 4] {
    NodeConditionKind::ALL.map(|kind| {
        let (status, (reason, message)) = match PRESSURES.iter().find(|pressure| pressure.condition == kind) {
            Some(pressure) => (Tri::False, pressure.off),
            None => (Tri::True, READY_WORDS),
        };
        let (reason, message) = (Sym::new(reason), Sym::new(message));
        NodeCondition { status, reason, message, since }
    })
}

/// Writes Ready; a node that is not has a NoSchedule taint at once (`doNoScheduleTaintingPass`).
fn put_ready(n: &mut Node, to: Tri, words: (&str, &str), now: Time) {
    if n.ready() != to {
        let other =
            |t: &Taint| t.effect != Effect::NoSchedule || (t.key != UNREACHABLE && t.key != NOT_READY);
        let taints = &mut n.spec_mut().taints;
        taints.retain(other);
        taints.extend(eviction_taint(to).map(|(key, _)| no_schedule(key)));
        put_condition(n, NodeConditionKind::Ready, to, words, now);
    }
}

/// The taint that a cordoned node gets.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The taint of a node follows its cordon (`doNoScheduleTaintingPass`).
pub fn cordon_taint(w: &mut World, node: NodeId) {
    let key = Sym::new(UNSCHEDULABLE);
    nodes::update(w, node, |n, _| {
        let spec = n.spec_mut();
        spec.taints.retain(|taint| taint.key != key);
        if spec.unschedulable {
            spec.taints.push(Taint { key, value: Sym::EMPTY, effect: Effect::NoSchedule });
        }
    });
}

/// A node's kubelet falls silent: it was heard of last at some earlier instant.
pub fn kubelet_stopped(w: &mut World, node: NodeId) {
    let last = heartbeats::last(w, node, w.now);
    nodes::renewed(w, node, last);
    let given_up = last + w.plan.controllers.node_monitor_grace_period;
    want_pass(w, given_up + Span::from_micros(1));
}

/// A node's kubelet runs. If it is heard of so rarely that the node may be given up all the same, the pass at which that happens
/// is queued.
pub fn watch_heartbeats(w: &mut World, node: NodeId) {
    if w.kubelet(node).is_some() && heartbeats::are_rare(w, node) {
        let given_up = heard(w, node) + w.plan.controllers.node_monitor_grace_period;
        want_pass(w, given_up + Span::from_micros(1));
    }
}

/// When a node was heard of last.
fn heard(w: &World, node: NodeId) -> Time {
    let posted = w.nodes[node.ix()].heartbeat;
    if w.kubelet(node).is_some() { heartbeats::last(w, node, w.now).max(posted) } else { posted }
}

/// Nodes are not ready: the next pass of the node monitor looks at them.
pub fn looks_on(w: &mut World) {
    let now = w.now;
    want_pass(w, now);
}

/// Queues the pass of the node monitor at or after an instant; the next one, if that is over.
fn want_pass(w: &mut World, from: Time) {
    let period = w.plan.controllers.node_monitor_period;
    let at = next_on_grid(heartbeats::phase(w, None, period), period, from.max(w.now));
    // One pass looks at all nodes.
    if w.controllers.node_passes.insert(at) {
        w.at(at, SimEvent::NodeMonitor);
    }
}

/// A pass of the node monitor: nodes that are silent for too long are given up, whatever they said last, and those that are
/// not ready get their NoExecute taint (`monitorNodeHealth`, `processTaintBaseEviction`).
pub fn monitor(w: &mut World) {
    let now = w.now;
    w.controllers.node_passes.retain(|at| *at > now);
    let grace = w.plan.controllers.node_monitor_grace_period;
    // Or the taint follows from the condition as the pass before saw it.
    let same_pass = w.gates.habits.taints_in_the_same_pass;
    let late = if same_pass { Span::ZERO } else { w.plan.controllers.node_monitor_period };
    let all = || NodeId::all(w.nodes.len());
    let silent = |node: &NodeId| {
        let n = &w.nodes[node.ix()];
        let may_be = w.kubelet(*node).is_none() || heartbeats::are_rare(w, *node);
        n.exists && may_be && n.ready() != Tri::Unknown && w.now.since(heard(w, *node)) > grace
    };
    let lost: Vec<NodeId> = all().filter(silent).collect();
    for node in &lost {
        give_up(w, *node);
        if w.kubelet(*node).is_some() {
            // It sees at its next look that the status is not what it should be.
            let generation = w.machines[node.ix()].incarnation;
            let look = heartbeats::next_look(w, *node, w.now);
            w.at(look, SimEvent::NodeStatus { node: *node, generation });
        }
    }
    for node in NodeId::all(w.nodes.len()) {
        if w.nodes[node.ix()].ready() == Tri::True {
            watch_heartbeats(w, node);
        }
    }
    if !any_ready(w) {
        stop_evictions(w);
        return;
    }
    for (node, queue) in to_taint(w) {
        let late = if lost.binary_search(&node).is_ok() { late } else { Span::ZERO };
        let generation = w.machines[node.ix()].incarnation;
        w.after(queue + late, SimEvent::NodeTaint { node, generation });
    }
}

fn any_ready(w: &World) -> bool {
    w.nodes.iter().any(Node::is_ready)
}

/// No node is ready: then it is not the nodes' fault, and what was tainted is left alone again (`handleDisruption`).
fn stop_evictions(w: &mut World) {
    for ix in 0..w.nodes.len() {
        let evicts =
            |t: &Taint| t.effect == Effect::NoExecute && (t.key == UNREACHABLE || t.key == NOT_READY);
        if w.nodes[ix].spec.taints.iter().any(evicts) {
            nodes::update(w, NodeId::new(ix), |n, _| n.spec_mut().taints.retain(|t| !evicts(t)));
        }
    }
}

/// The nodes that lack their NoExecute taint and may get it, and how long the queue takes.
fn to_taint(w: &World) -> Vec<(NodeId, Span)> {
    let lacks = |n: &Node| {
        n.exists && eviction_taint(n.ready()).is_some_and(|(key, _)| !has_no_execute(&n.spec.taints, key))
    };
    if !w.nodes.iter().any(lacks) {
        return Vec::new();
    }
    let mut zones = BTreeMap::<ZoneKey<'_>, Zone>::new();
    for n in w.nodes.iter().filter(|n| n.exists) {
        zones.entry(zone_key(&n.spec.labels)).or_default().count(n.ready() == Tri::True);
    }
    let due = |(ix, n): (usize, &Node)| {
        let (_, opposite) = eviction_taint(n.ready()).filter(|_| lacks(n))?;
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
    let was_ready = w.nodes[node.ix()].ready() == Tri::True;
    let words = (Sym::NODE_STATUS_UNKNOWN.as_str(), SILENT);
    nodes::update(w, node, |n, now| {
        for kind in &PRESSURES {
            put_pressure(n, kind, Tri::Unknown, words, now);
        }
        put_ready(n, Tri::Unknown, words, now);
    });
    for pod in w.machines[node.ix()].pods.clone() {
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
    let terminal = status.phase().is_terminal();
    let ready = status.condition(Sym::READY).filter(|c| c.status == Tri::True && node_was_ready);
    if let Some(ready) = ready {
        let lost = Condition { status: Tri::False, ..ready };
        api_server::update_status(w, pod, |s, now| {
            api_server::put_condition(s, lost, now);
            if legacy && !terminal {
                s.phase = Phase::Unknown;
            }
        });
        events::send(w, pod, Sym::NODE_CONTROLLER, Note::warning(Sym::NODE_NOT_READY, "Node is not ready"));
    } else if legacy && !terminal {
        api_server::update_status(w, pod, |s, _| s.phase = Phase::Unknown);
    }
}

/// The NoExecute taint of a node that is not ready is written, in the place of the other one (`doNoExecuteTaintingPass`).
pub fn taint(w: &mut World, node: NodeId) {
    let n = &w.nodes[node.ix()];
    let Some((key, opposite)) = eviction_taint(n.ready()) else { return };
    if has_no_execute(&n.spec.taints, key) || !any_ready(w) {
        return;
    }
    nodes::update(w, node, |n, _| {
        let taints = &mut n.spec_mut().taints;
        taints.retain(|t| t.key != opposite || t.effect != Effect::NoExecute);
        taints.push(Taint { key: Sym::new(key), value: Sym::EMPTY, effect: Effect::NoExecute });
    });
}

/// A node that goes off says so itself: Ready turns False, and the taints of a node that is not ready follow.
pub fn shutting_down(w: &mut World, node: NodeId) {
    let words = (Sym::KUBELET_NOT_READY.as_str(), "node is shutting down");
    nodes::update(w, node, |n, now| put_ready(n, Tri::False, words, now));
    let now = w.now;
    want_pass(w, now);
}

/// A condition that tells of a shortage: its taint, and reason and message of its two values
/// (pkg/kubelet/nodestatus/setters.go).
struct PressureKind {
    condition: NodeConditionKind,
    taint: &'static str,
    on: (&'static str, &'static str),
    off: (&'static str, &'static str),
}

/// In the order in which they are written.
const PRESSURES: [PressureKind; 3] = [
    PressureKind {
        condition: NodeConditionKind::MemoryPressure,
        taint: "node.kubernetes.io/memory-pressure",
        on: ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
        off: ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    },
    PressureKind {
        condition: NodeConditionKind::DiskPressure,
        taint: "node.kubernetes.io/disk-pressure",
        on: ("KubeletHasDiskPressure", "kubelet has disk pressure"),
        off: ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    },
    PressureKind {
        condition: NodeConditionKind::PidPressure,
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

/// The node's condition that tells of a shortage.
pub fn pressure_condition(resource: Sym) -> &'static str {
    PRESSURES[pressure_of(resource)].condition.as_str()
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
    let kind = &PRESSURES[pressure_of(resource)];
    nodes::update(w, node, |n, now| post_pressure(n, kind, on, now));
}

/// A kubelet that has just started knows of no shortage.
pub fn no_pressure(w: &mut World, node: NodeId) {
    nodes::update(w, node, |n, now| {
        for kind in &PRESSURES {
            if n.condition(kind.condition).status == Tri::True {
                post_pressure(n, kind, false, now);
            }
        }
    });
}

fn post_pressure(n: &mut Node, kind: &PressureKind, on: bool, now: Time) {
    let (to, words) = if on { (Tri::True, kind.on) } else { (Tri::False, kind.off) };
    put_pressure(n, kind, to, words, now);
}

/// Sets one of [`PRESSURES`]; only True has a taint.
fn put_pressure(n: &mut Node, kind: &PressureKind, to: Tri, words: (&str, &str), now: Time) {
    if n.condition(kind.condition).status == to {
        return;
    }
    put_condition(n, kind.condition, to, words, now);
    let taints = &mut n.spec_mut().taints;
    taints.retain(|old| old.key != kind.taint);
    if to == Tri::True {
        taints.push(no_schedule(kind.taint));
    }
}

/// A node's object as its kubelet registers it.
pub fn node_spec(plan: &Plan, node: usize) -> NodeSpec {
    let declared_features = node_declared_features::declared(&plan.gates);
    let mut spec = NodeSpec { declared_features, ..plan.nodes[node].spec.clone() };
    // One that is cordoned has its taint since then: a kubelet that registers so brings it along (`initialNode`,
    // pkg/kubelet/kubelet_node_status.go).
    let key = Sym::new(UNSCHEDULABLE);
    if spec.unschedulable && spec.taints.iter().all(|own| own.key != key || own.effect != Effect::NoSchedule)
    {
        spec.taints.push(no_schedule(UNSCHEDULABLE));
    }
    spec
}

/// A node's kubelet is back and posts its status.
pub fn kubelet_started(w: &mut World, node: NodeId) {
    if !w.nodes[node.ix()].exists {
        let (mut spec, mut conditions) = (node_spec(&w.plan, node.ix()), healthy(w.now));
        if w.machines[node.ix()].incarnation == 0 {
            // Of a machine that is new to the cluster (`Admit`, plugin/pkg/admission/nodetaint/admission.go).
            let (reason, message) = (Sym::new(JOINS_WORDS.0), Sym::new(JOINS_WORDS.1));
            let ready = &mut conditions[NodeConditionKind::Ready as usize];
            *ready = NodeCondition { status: Tri::False, reason, message, since: w.now };
            spec.taints.push(no_schedule(NOT_READY));
        }
        nodes::register(w, node, spec, conditions);
        return;
    }
    if w.nodes[node.ix()].ready() == Tri::True {
        return;
    }
    nodes::update(w, node, |n, now| {
        for kind in &PRESSURES {
            post_pressure(n, kind, false, now);
        }
        put_ready(n, Tri::True, READY_WORDS, now);
        n.spec_mut().taints.retain(|t| t.key != UNREACHABLE && t.key != NOT_READY);
    });
    if heartbeats::are_rare(w, node) {
        let now = w.now;
        nodes::renewed(w, node, now);
        watch_heartbeats(w, node);
    }
    // Those that are still silent had no taints as long as no node was ready.
    if w.nodes.iter().any(|n| n.exists && !n.is_ready()) {
        let now = w.now;
        want_pass(w, now);
    }
}
