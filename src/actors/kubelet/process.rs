//! The kubelet's process: it starts, ends and starts again. Each start takes up all pods of the node anew, and its managers
//! begin with nothing in their memory.

use super::{claims, devices, eviction, images, intake};
use crate::actors::node_lifecycle;
use crate::api::Tri;
use crate::time::Span;
use crate::world::kubelet::{Anchors, Kubelet};
use crate::world::{NodeId, Purpose, SimEvent, World};

/// From the start of the kubelet's process to its first look at its pods.
pub const START_UP: Span = Span::from_millis(1200);
/// From the start of the kubelet's process on a machine that is new to the cluster until the node's object is there
/// (0.18 to 0.29 s recorded).
pub const REGISTERS: Span = Span::from_millis(200);
/// From then until it posts that the node is ready: its CSI driver object comes first (0.25 to 0.36 s recorded).
const POSTS_READY: Span = Span::from_millis(290);
/// From then to its first look at its pods: it asks each second whether its cache has the node yet, and has asked a tenth of a
/// second too early (`WaitForAPIServerSyncPeriod`, pkg/kubelet/config/apiserver.go; 0.89 to 0.91 s recorded).
const LOOKS: Span = Span::from_millis(900);

/// The kubelet process ends; another one starts after this time.
pub fn restart(w: &mut World, node: NodeId, after: Span) {
    stop(w, node);
    start_after(w, node, after);
}

/// A kubelet process is started after this time, if nothing happens to the machine meanwhile.
pub fn start_after(w: &mut World, node: NodeId, after: Span) {
    let generation = w.machines[node.ix()].incarnation;
    w.after(after + START_UP, SimEvent::KubeletStart { node, generation });
}

/// The kubelet process starts: every pod of the node arrives as an addition, what another one kept in its memory is gone.
pub fn start(w: &mut World, node: NodeId) {
    let n = &w.machines[node.ix()];
    if !n.up || n.kubelet.is_some() {
        return;
    }
    let generation = n.incarnation;
    let began = w.now;
    let entity = crate::engine::random::entity(&[&n.name]);
    let phase = |purpose| {
        let micros = w.draw(purpose, entity, u64::from(generation) + 2).below(1_000_000) as i64;
        began - Span::from_micros(micros)
    };
    let anchors =
        Anchors { relist: phase(Purpose::RelistPhase), tick: phase(Purpose::TickPhase), reconcile: began };
    let throttle = images::full_throttle(&n.config, began);
    let pods = n.pods.clone();
    let joins = generation == 0 && !w.nodes[node.ix()].exists;
    let mut kubelet = Kubelet::new(generation, began, began, anchors, throttle);
    if joins {
        kubelet.looks = Some(began + LOOKS);
        w.after(POSTS_READY, SimEvent::NodeStatus { node, generation });
    }
    w.machines[node.ix()].kubelet = Some(Box::new(kubelet));
    node_lifecycle::kubelet_started(w, node);
    claims::kubelet_started(w, node);
    devices::kubelet_started(w, node);
    eviction::kubelet_started(w, node);
    for pod in pods {
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node) {
            intake::pod_seen(w, pod);
        }
    }
}

/// The node's status is written; that of a node which has just joined says that it is ready.
pub fn write_status(w: &mut World, node: NodeId) {
    if w.nodes[node.ix()].exists && w.nodes[node.ix()].ready() != Tri::True {
        node_lifecycle::kubelet_started(w, node);
    }
    claims::write_status(w, node);
}

/// The kubelet process is gone: its memory with it. Containers run on, unless the machine only waited for its inhibitor
/// lock to go off (systemd-logind).
pub fn stop(w: &mut World, node: NodeId) {
    if !w.drop_kubelet(node) {
        return;
    }
    node_lifecycle::kubelet_stopped(w, node);
    let n = &mut w.machines[node.ix()];
    if std::mem::take(&mut n.going_off) {
        n.up = false;
    }
}
