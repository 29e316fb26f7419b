//! kube-scheduler: pods wait in order of priority and age; each attempt looks for a node that fits.

use crate::api::{Sym, Text};
use crate::record::Event;
use crate::world::{NodeId, PodId, Purpose, SimEvent, World};

/// The scheduling queue.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    waiting: Vec<PodId>,
    generation: u32,
}

/// A pod without a node was created (or lost its last gate).
pub fn pod_added(w: &mut World, pod: PodId) {
    if !w.pods[pod.ix()].spec.scheduling_gates.is_empty() {
        return;
    }
    w.scheduler.waiting.push(pod);
    kick(w);
}

fn kick(w: &mut World) {
    let latency = w.plan.latency.schedule.clone();
    let mut draw = w.draw(Purpose::Latency, 0, w.step);
    let takes = latency.sample(&mut draw);
    let generation = w.scheduler.generation;
    w.after(takes, SimEvent::Schedule { generation });
}

/// A pod that was waiting is gone.
pub fn pod_gone(w: &mut World, pod: PodId) {
    w.scheduler.waiting.retain(|p| *p != pod);
}

/// A pod gave its room back: those that wait may fit now.
pub fn pod_freed(w: &mut World, _pod: PodId) {
    cluster_changed(w);
}

/// A node changed in a way that may help those that wait.
pub fn cluster_changed(w: &mut World) {
    if !w.scheduler.waiting.is_empty() {
        kick(w);
    }
}

/// One round of attempts.
pub fn schedule(w: &mut World, _generation: u32) {
    let waiting = std::mem::take(&mut w.scheduler.waiting);
    for pod in waiting {
        if !w.pods[pod.ix()].exists {
            continue;
        }
        match find(w, pod) {
            Some(node) => {
                let latency = w.plan.latency.bind.clone();
                let takes = w.pod_span(Purpose::Latency, pod, &latency);
                w.after(takes, SimEvent::Bind { pod, node });
            }
            None => w.scheduler.waiting.push(pod),
        }
    }
}

fn find(w: &World, pod: PodId) -> Option<NodeId> {
    let spec = &w.pods[pod.ix()].spec;
    (0..w.nodes.len()).map(|ix| NodeId(ix as u16)).find(|node| {
        let n = &w.nodes[node.ix()];
        n.exists
            && !n.spec.unschedulable
            && spec.node_selector.iter().all(|(key, value)| n.spec.labels.get(key) == Some(value))
    })
}

/// The binding is written.
pub fn bind(w: &mut World, pod: PodId, node: NodeId) {
    if !w.pods[pod.ix()].exists {
        return;
    }
    super::api_server::bind(w, pod, node);
    w.event_objects += 1;
    let event = Event {
        component: Sym::DEFAULT_SCHEDULER,
        warning: false,
        reason: Sym::SCHEDULED,
        message: Text::Assigned { node: w.nodes[node.ix()].spec.name },
        field_path: Sym::EMPTY,
        count: 1,
        object: w.event_objects,
    };
    w.record_event(pod, event);
}
