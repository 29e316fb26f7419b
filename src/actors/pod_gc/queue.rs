//! What the pod garbage collector hears: orphans and ended pods are noted, and the pass that will collect them is queued.

use crate::api::{Phase, Sym};
use crate::rules::controllers::attach_detach::OUT_OF_SERVICE;
use crate::time::{Span, Time, next_on_grid};
use crate::world::pod_gc::EndedPod;
use crate::world::{NodeId, PodId, Purpose, SimEvent, World};

/// A node must be gone for this long (`quarantineTime`).
const QUARANTINE: Span = Span::from_secs(40);

/// The pass at or after an instant, if nothing delays it.
fn pass_at(w: &World, at: Time) -> Time {
    let period = w.plan.controllers.pod_gc_period;
    let anchor = w.controllers.pod_gc.last_pass.unwrap_or_else(|| {
        let offset = w.draw(Purpose::Controller, 1, 0).below(period.micros().max(1) as u64) as i64;
        w.plan.start - Span::from_micros(offset)
    });
    next_on_grid(anchor, period, at)
}

/// A pod is there whose node is not: the next pass notices, a pass after the quarantine collects.
pub fn orphaned(w: &mut World, pod: PodId) {
    let now = w.now;
    orphaned_since(w, pod, now);
}

fn orphaned_since(w: &mut World, pod: PodId, since: Time) {
    let noticed = pass_at(w, since);
    let collected = pass_at(w, (noticed + QUARANTINE).max(w.now));
    w.controllers.pod_gc.orphans.insert((collected, pod));
    w.at(collected, SimEvent::PodGc);
}

/// A node is no more: its pods are orphans.
pub fn node_gone(w: &mut World, node: NodeId) {
    for pod in w.machines[node.ix()].pods.clone() {
        if w.pods[pod.ix()].exists {
            orphaned(w, pod);
        }
    }
}

/// A node has been no more since an instant.
pub fn gone_since(w: &mut World, node: NodeId, since: Time) {
    let pods = w.machines[node.ix()].pods.clone();
    w.controllers.pod_gc.orphans.retain(|(_, pod)| !pods.contains(pod));
    for pod in pods {
        if w.pods[pod.ix()].exists {
            orphaned_since(w, pod, since);
        }
    }
}

/// A pod is being deleted: on a node that is out of service nobody else ends it.
pub fn pod_deleting(w: &mut World, pod: PodId) {
    if w.pods[pod.ix()].node.is_some_and(|node| is_out_of_service(w, node)) {
        let at = pass_at(w, w.now);
        w.at(at, SimEvent::PodGc);
    }
}

/// A node has become ready or not, or got a taint.
pub fn node_updated(w: &mut World, node: NodeId) {
    if is_out_of_service(w, node) && !terminating(w, node).is_empty() {
        let at = pass_at(w, w.now);
        w.at(at, SimEvent::PodGc);
    }
}

/// Whether somebody has said of a node that is not ready that it will not come back soon.
pub(super) fn is_out_of_service(w: &World, node: NodeId) -> bool {
    let n = &w.nodes[node.ix()];
    n.exists && !n.is_ready() && n.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// The pods of a node that are being deleted, the oldest first.
pub(super) fn terminating(w: &World, node: NodeId) -> Vec<PodId> {
    let all = w.machines[node.ix()].pods.iter().copied();
    let goes = |pod: &PodId| w.pods[pod.ix()].exists && w.pods[pod.ix()].deletion.is_some();
    let mut pods: Vec<PodId> = all.filter(goes).collect();
    pods.sort_by_key(|pod| (w.pods[pod.ix()].created.truncate_secs(), *pod));
    pods
}

/// A pod has come to a terminal phase.
pub fn ended(w: &mut World, pod: PodId) {
    if w.plan.controllers.terminated_pod_gc_threshold == 0 {
        return;
    }
    let key = key(w, pod);
    w.controllers.pod_gc.ended.insert(key);
    want_pass(w);
}

/// A pod left the API.
pub fn removed(w: &mut World, pod: PodId) {
    let key = key(w, pod);
    w.controllers.pod_gc.ended.remove(&key);
}

/// Evicted ones first, then by age (`byEvictionAndCreationTimestamp`).
fn key(w: &World, pod: PodId) -> EndedPod {
    let p = &w.pods[pod.ix()];
    let evicted = p.status.phase() == Phase::Failed && p.status.reason() == Sym::EVICTED;
    EndedPod { stays_longer: !evicted, created: p.created.truncate_secs(), pod }
}

/// How many more pods have ended than may lie there.
pub(super) fn surplus(w: &World) -> usize {
    let threshold = w.plan.controllers.terminated_pod_gc_threshold as usize;
    if threshold == 0 { 0 } else { w.controllers.pod_gc.ended.len().saturating_sub(threshold) }
}

/// Queues the next pass if there are too many ended pods.
pub(super) fn want_pass(w: &mut World) {
    if w.controllers.pod_gc.queued || w.controllers.pod_gc.to_delete.front().is_some() || surplus(w) == 0 {
        return;
    }
    w.controllers.pod_gc.queued = true;
    let at = pass_at(w, w.now + Span::from_micros(1));
    w.at(at, SimEvent::PodGc);
}
