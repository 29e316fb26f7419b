//! A relist: what the runtime has is taken into the cache, workers that waited for that go on, and each pod with news is
//! synced (pkg/kubelet/pleg/generic.go, `syncLoopIteration`).

use std::sync::Arc;

use smallvec::SmallVec;

use super::pod_worker;
use crate::api::{InstanceState, RuntimeContainer, RuntimeStatus};
use crate::time::Span;
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

/// Whether one of the events says that a container has died (`ContainerDied`).
fn some_died(old: &RuntimeStatus, new: &RuntimeStatus) -> bool {
    let was_dead = |c: &RuntimeContainer| {
        old.containers.iter().any(|o| o.id == c.id && o.state == InstanceState::Exited)
    };
    new.containers.iter().any(|c| c.state == InstanceState::Exited && !was_dead(c))
}

/// How long a relist takes for each container of a pod in which something has changed: all of them are asked for their status
/// (`updateCache`, `GetPodStatus`), and the next relist comes a second after the end of this one (`wait.Until`). Recorded relists
/// that found news in a pod of eight containers came 4 to 8 ms later than idle ones.
const INSPECTION: Span = Span::from_micros(600);

/// What a look at a pod has found.
#[derive(Clone, Copy)]
struct News {
    pod: PodId,
    /// How many events that makes.
    events: usize,
    /// What is dead in it is removed at once.
    removes: bool,
}

/// Takes the runtime's state of a pod into the cache; returns what is new.
fn inspect(w: &mut World, pod: PodId) -> News {
    let now = w.now;
    let World { pods, places, learned, .. } = w;
    let p = LocalMut::of(pods, places, pod);
    let mut news = News { pod, events: 0, removes: false };
    let Some(worker) = p.worker else { return news };
    let live = &p.runtime.live;
    if !Arc::ptr_eq(&worker.cache.status, live) {
        news.events = event_count(&worker.cache, live);
        news.removes =
            worker.ended_by.is_some_and(|ended| ended.is_eviction()) && some_died(&worker.cache, live);
        worker.cache = learned.see_again(p.pod.template, worker.cache.shape, live);
        (worker.settled, worker.held_back) = (None, None);
    }
    if let Some(own) = p.runtime.resize.as_deref_mut() {
        // A watch condition that is met is an event of its own.
        news.events += usize::from(std::mem::take(&mut own.watched));
    }
    worker.cache_time = now;
    news
}

/// `cleanUpContainersInPod` (pkg/kubelet/kubelet.go): with the first of its containers that is seen to have ended, all that are dead
/// in an evicted pod are removed. If others are still being stopped, the last status of the pod, which is read from the runtime,
/// does not find them any more: nobody knows how they ended.
fn remove_dead(w: &mut World, pod: PodId) {
    let live = &mut w.places[pod.ix()].runtime.live;
    if live.containers.iter().any(|c| c.state == InstanceState::Exited) {
        Arc::make_mut(live).containers.retain(|c| c.state != InstanceState::Exited);
    }
}

/// The relist of a node.
pub fn relist(w: &mut World, node: NodeId) {
    let now = w.now;
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    kubelet.relist_queued = None;
    kubelet.last_relist = now;
    let mut dirty = std::mem::take(&mut kubelet.dirty);
    let mut waiters = std::mem::take(&mut kubelet.cache_waiters);
    let mut told = SmallVec::<[News; 8]>::new();
    let mut inspected: i64 = 0;
    for pod in dirty.iter().copied() {
        if let Some(worker) = w.worker_mut(pod) {
            worker.dirty = false;
        }
        let news = inspect(w, pod);
        if news.events > 0 {
            told.push(news);
            inspected += w.worker(pod).map_or(0, |worker| worker.cache.containers.len() as i64);
        }
    }
    if let Some(kubelet) = w.kubelet_mut(node) {
        let took = INSPECTION * inspected;
        kubelet.relist_anchor += took;
        kubelet.relist_end = now + took;
    }
    for pod in waiters.iter().copied() {
        pod_worker::cache_is_newer(w, pod);
    }
    for news in &told {
        deliver(w, *news);
    }
    // The room of both lists is used again.
    dirty.clear();
    waiters.clear();
    if let Some(kubelet) = w.kubelet_mut(node) {
        dirty.append(&mut kubelet.dirty);
        waiters.append(&mut kubelet.cache_waiters);
        kubelet.dirty = dirty;
        kubelet.cache_waiters = waiters;
    }
}

/// How often the worker takes the first event of a relist before the second arrives, of a hundred: a readiness probe is
/// triggered at the relist after the next one then, as 7 of 178 recorded ones were whose sandbox and container one relist found
/// (of 525 whose sandbox an earlier one had found, 303 were).
const SECOND_WAITS: u64 = 7;

/// Each event wants a sync. The worker may take the first before the second arrives: then that one waits its turn.
fn deliver(w: &mut World, News { pod, events, removes }: News) {
    pod_worker::update_pod(w, pod);
    if events > 1 && w.pod_draw(Purpose::SecondEvent, pod, w.instant()).below(100) < SECOND_WAITS {
        pod_worker::update_pod(w, pod);
    }
    if removes {
        remove_dead(w, pod);
    }
}

/// The relist of one pod that a successful sync asked for (gate PLEGOnDemandRelist, 1.36).
pub fn relist_pod(w: &mut World, pod: PodId) {
    let Some(node) = w.worker(pod).map(|worker| worker.node) else { return };
    let news = inspect(w, pod);
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    if let Some(at) = kubelet.cache_waiters.iter().position(|p| *p == pod) {
        kubelet.cache_waiters.remove(at);
        pod_worker::cache_is_newer(w, pod);
    }
    if news.events > 0 {
        deliver(w, news);
    }
}
