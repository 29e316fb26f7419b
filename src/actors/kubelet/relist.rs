//! A relist: what the runtime has is taken into the cache, workers that waited for that go on, and each pod with news is
//! synced (pkg/kubelet/pleg/generic.go, `syncLoopIteration`).

use std::sync::Arc;

use smallvec::SmallVec;

use super::pod_worker;
use crate::api::{InstanceState, RuntimeStatus};
use crate::world::{LocalMut, NodeId, PodId, Purpose, World};

/// How many events a pod's changes make: one for each container or sandbox whose state has changed, `created` counting
/// as unknown and not delivered.
fn event_count(old: &RuntimeStatus, new: &RuntimeStatus) -> usize {
    let plain =
        |state: InstanceState| if state == InstanceState::Created { InstanceState::Unknown } else { state };
    let containers = new
        .containers
        .iter()
        .filter(|c| {
            let was = old.containers.iter().find(|o| o.id == c.id).map(|o| plain(o.state));
            let is = plain(c.state);
            is != InstanceState::Unknown && was != Some(is)
        })
        .count();
    let sandboxes = new
        .sandboxes
        .iter()
        .filter(|s| old.sandboxes.iter().find(|o| o.attempt == s.attempt).map(|o| o.ready) != Some(s.ready))
        .count();
    // An instance that is gone without having been seen to end has died.
    let gone = old
        .containers
        .iter()
        .filter(|o| o.state != InstanceState::Exited && !new.containers.iter().any(|c| c.id == o.id))
        .count();
    containers + sandboxes + gone
}

/// Takes the runtime's state of a pod into the cache; returns how many events that makes.
fn inspect(w: &mut World, pod: PodId) -> usize {
    let now = w.now;
    let World { pods, places, learned, .. } = w;
    let p = LocalMut::of(pods, places, pod);
    let Some(worker) = p.worker else { return 0 };
    let live = &p.runtime.live;
    let mut events = 0;
    if !Arc::ptr_eq(&worker.cache.status, live) {
        events = event_count(&worker.cache, live);
        worker.cache = learned.see(p.pod.template, live);
    }
    if let Some(own) = p.runtime.resize.as_deref_mut() {
        // A watch condition that is met is an event of its own.
        events += usize::from(std::mem::take(&mut own.watched));
    }
    worker.cache_time = now;
    events
}

/// The relist of a node.
pub fn relist(w: &mut World, node: NodeId) {
    let now = w.now;
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    kubelet.relist_queued = None;
    kubelet.last_relist = now;
    let mut dirty = std::mem::take(&mut kubelet.dirty);
    let mut waiters = std::mem::take(&mut kubelet.cache_waiters);
    let mut told = SmallVec::<[(PodId, usize); 8]>::new();
    for pod in dirty.drain(..) {
        if let Some(worker) = w.worker_mut(pod) {
            worker.dirty = false;
        }
        let events = inspect(w, pod);
        if events > 0 {
            told.push((pod, events));
        }
    }
    for pod in waiters.drain(..) {
        pod_worker::cache_is_newer(w, pod);
    }
    for (pod, events) in told {
        deliver(w, pod, events);
    }
    // The room of both lists is used again.
    if let Some(kubelet) = w.kubelet_mut(node) {
        dirty.append(&mut kubelet.dirty);
        waiters.append(&mut kubelet.cache_waiters);
        kubelet.dirty = dirty;
        kubelet.cache_waiters = waiters;
    }
}

/// Each event wants a sync. The worker may take the first before the second arrives: then that one waits its turn.
fn deliver(w: &mut World, pod: PodId, events: usize) {
    pod_worker::update_pod(w, pod);
    if events > 1 && w.pod_draw(Purpose::SecondEvent, pod, w.instant()).below(2) == 0 {
        pod_worker::update_pod(w, pod);
    }
}

/// The relist of one pod that a successful sync asked for (gate PLEGOnDemandRelist, 1.36).
pub fn relist_pod(w: &mut World, pod: PodId) {
    let Some(node) = w.worker(pod).map(|worker| worker.node) else { return };
    let events = inspect(w, pod);
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    if let Some(at) = kubelet.cache_waiters.iter().position(|p| *p == pod) {
        kubelet.cache_waiters.remove(at);
        pod_worker::cache_is_newer(w, pod);
    }
    if events > 0 {
        deliver(w, pod, events);
    }
}
