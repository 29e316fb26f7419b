//! The status manager: a cache of statuses and one goroutine that writes them to the API server
//! (pkg/kubelet/status/status_manager.go).
//!
//! A batch takes the statuses as they are when it begins; what changes while it writes waits for the next one. So two
//! changes a few milliseconds apart are two writes, and a third in between may never be seen.

use std::sync::Arc;

use super::sync;
use crate::actors::api_server;
use crate::api::{ContainerStatus, PodStatus, Sym};
use crate::engine::random;
use crate::rules::conditions;
use crate::rules::pod::Statuses;
use crate::rules::status_manager as rule;
use crate::time::Span;
use crate::world::{ContainerIx, NodeId, Pod, PodId, Purpose, SimEvent, World};

/// `SetPodStatus`
pub fn set(w: &mut World, pod: PodId, status: Arc<PodStatus>) {
    let now = w.now;
    let gates = w.gates;
    change(w, pod, |cached, view| rule::set(cached, view, status, now, &gates));
}

/// `TerminatePod`
pub fn terminate(w: &mut World, pod: PodId) {
    let now = w.now;
    let gates = w.gates;
    let initialized = w.pods[pod.ix()].worker.as_deref().is_some_and(|worker| worker.initialized);
    change(w, pod, |cached, view| rule::terminate(cached, view, initialized, now, &gates));
    let Some(worker) = w.pods[pod.ix()].worker.as_deref() else { return };
    let node = worker.node;
    nudge(w, node, pod);
}

fn change(
    w: &mut World,
    pod: PodId,
    apply: impl FnOnce(&mut Option<rule::Cached>, &crate::rules::pod::PodView<'_>) -> bool,
) {
    let p = &mut w.pods[pod.ix()];
    let Some(worker) = p.worker.as_deref_mut() else { return };
    let first = worker.cached.is_none();
    let mut cached = worker.cached.take();
    let changed = apply(&mut cached, &sync::view(p));
    let Some(worker) = p.worker.as_deref_mut() else { return };
    worker.cached = cached;
    let node = worker.node;
    if first {
        super::pod_worker::watch_deadline(w, pod);
    }
    if changed {
        nudge(w, node, pod);
        super::prober::container_changed(w, pod);
    }
}

/// `SetContainerReadiness`: the container's flag and the two conditions that follow from it.
pub fn set_container_readiness(w: &mut World, pod: PodId, ix: ContainerIx, ready: bool) {
    let p = &w.pods[pod.ix()];
    let gates = w.gates;
    let name = p.container(ix).name;
    let Some(old) = cached(p) else { return };
    if all(old).find(|c| c.name == name).is_none_or(|c| c.ready == ready) {
        return;
    }
    let mut shared = Arc::clone(old);
    let status = Arc::make_mut(&mut shared);
    if let Some(container) = all_mut(status).find(|c| c.name == name) {
        container.ready = ready;
    }
    let view = sync::view(p);
    let known = Statuses::new(&status.init, &status.containers);
    let containers_ready = conditions::containers_ready(&view, old, Some(known), status.phase, &gates);
    let both = conditions::ready(&view, old, &containers_ready, &p.status.conditions, &gates);
    for new in [both, containers_ready] {
        crate::rules::api_status::replace_or_append(&mut status.conditions, new);
    }
    set(w, pod, shared);
}

/// `SetContainerStartup`: the container's flag alone.
pub fn set_container_startup(w: &mut World, pod: PodId, ix: ContainerIx, started: bool) {
    let p = &w.pods[pod.ix()];
    let name = p.container(ix).name;
    let Some(old) = cached(p) else { return };
    if all(old).find(|c| c.name == name).is_none_or(|c| c.started == Some(started)) {
        return;
    }
    let mut status = Arc::clone(old);
    if let Some(container) = all_mut(Arc::make_mut(&mut status)).find(|c| c.name == name) {
        container.started = Some(started);
    }
    set(w, pod, status);
}

/// The status in the kubelet's cache.
fn cached(p: &Pod) -> Option<&Arc<PodStatus>> {
    Some(&p.worker.as_deref()?.cached.as_ref()?.status)
}

/// Containers that can be probed: the prober looks at the main ones first.
fn all(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    status.containers.iter().chain(&status.init)
}
fn all_mut(status: &mut PodStatus) -> impl Iterator<Item = &mut ContainerStatus> {
    status.containers.iter_mut().chain(&mut status.init)
}

/// `OnPodSandboxReady` (pkg/kubelet/kubelet.go, 1.36): PodReadyToStartContainers turns True before images are pulled.
pub fn sandbox_ready(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    let Some(cached) = cached(p) else { return };
    if !w.gates.pod_ready_to_start_containers {
        return;
    }
    let mut shared = Arc::clone(cached);
    let status = Arc::make_mut(&mut shared);
    let kind = Sym::POD_READY_TO_START_CONTAINERS;
    let mut condition = crate::api::Condition::new(kind, true);
    condition.observed_generation = conditions::observed_generation(status, p.generation, kind, &w.gates);
    crate::rules::api_status::replace_or_append(&mut status.conditions, condition);
    set(w, pod, shared);
}

/// Something of a pod is to be written.
pub fn nudge(w: &mut World, node: NodeId, pod: PodId) {
    let n = &mut w.nodes[node.ix()];
    if let Some(worker) = w.pods[pod.ix()].worker.as_deref_mut()
        && !std::mem::replace(&mut worker.status_dirty, true)
    {
        n.status_dirty.push(pod);
    }
    if !n.status_busy {
        begin_batch(w, node);
    }
}

fn begin_batch(w: &mut World, node: NodeId) {
    let n = &mut w.nodes[node.ix()];
    if n.status_dirty.is_empty() || !n.kubelet_up {
        n.status_busy = false;
        return;
    }
    n.status_busy = true;
    // The batch before is written: its list is filled again.
    n.status_batch.clear();
    let dirty = &mut n.status_dirty;
    if dirty.len() > 1 {
        // `syncBatch` walks over a Go map: whose status is written first is luck.
        n.status_batches += 1;
        let (name, number) = (n.spec.name, u64::from(n.status_batches));
        let entity = crate::engine::random::entity(&[&name]);
        let mut draw = random::Draw::new(w.seed, Purpose::StatusOrder as u64, entity, number);
        for ix in (1..dirty.len()).rev() {
            dirty.swap(ix, draw.below(ix as u64 + 1) as usize);
        }
    }
    n.status_batch.extend(dirty.drain(..));
    for pod in &n.status_batch {
        if let Some(worker) = w.pods[pod.ix()].worker.as_deref_mut() {
            worker.status_dirty = false;
            worker.outgoing = worker.cached.clone();
        }
    }
    let front = n.status_batch[0];
    next(w, node, front);
}

fn next(w: &mut World, node: NodeId, pod: PodId) {
    let takes = w.latency(pod, |latency| &latency.status_update);
    let generation = w.nodes[node.ix()].generation;
    w.after(takes, SimEvent::StatusWrite { node, generation });
}

/// The write of the batch's front pod arrives.
pub fn write(w: &mut World, node: NodeId, generation: u32) {
    let n = &mut w.nodes[node.ix()];
    if n.generation != generation || !n.kubelet_up {
        return;
    }
    let Some(pod) = n.status_batch.pop_front() else { return };
    sync_pod(w, pod);
    match w.nodes[node.ix()].status_batch.front().copied() {
        Some(following) => next(w, node, following),
        None => begin_batch(w, node),
    }
}

/// `syncPod`: merge with what the API has, patch, and delete what is over.
fn sync_pod(w: &mut World, pod: PodId) {
    let (now, gates) = (w.now, w.gates);
    let p = &mut w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let Some(worker) = p.worker.as_deref_mut() else { return };
    let Some(cached) = worker.outgoing.take() else { return };
    // The question is asked early in the write: one that a newer status overtakes was asked before the end.
    let is_newest = worker.cached.as_ref().is_some_and(|newest| newest.version == cached.version);
    let running = !worker.containers_gone || !is_newest;
    let merged = rule::merge(&p.status, &cached.status, p.generation, running, now, &gates);
    let held_back = merged.phase != cached.status.phase;
    api_server::replace_status(w, pod, merged);
    if held_back {
        want_reconcile(w, pod);
    }
    if w.pods[pod.ix()].resize.is_some() {
        crate::actors::scheduler::pod_resized(w, pod);
    }
    let p = &w.pods[pod.ix()];
    if cached.is_finished && p.deletion.is_some() && p.status.phase.is_terminal() {
        api_server::delete_pod(w, pod, Some(0));
    }
}

/// `syncPeriod`
const RECONCILE: Span = Span::from_secs(10);

/// The API's status of a pod is not what the kubelet holds (someone else has written it, or an end was held back while
/// containers ran): the next ten-second pass looks at it again.
pub fn want_reconcile(w: &mut World, pod: PodId) {
    let Some(worker) = w.pods[pod.ix()].worker.as_deref_mut() else { return };
    let node = worker.node;
    let n = &mut w.nodes[node.ix()];
    if !std::mem::replace(&mut worker.status_stale, true) {
        n.status_stale.push(pod);
    }
    if !n.reconcile_queued {
        n.reconcile_queued = true;
        let (anchor, generation) = (n.reconcile_anchor, n.generation);
        let at = super::pod_worker::next_on_grid(anchor, RECONCILE, w.now + Span::from_micros(1));
        w.at(at, SimEvent::StatusRetry { node, generation });
    }
}

/// The ten-second pass (`syncBatch(all)`, `needsReconcile`): what the API has differently of what is the kubelet's own is
/// written again.
pub fn retry(w: &mut World, node: NodeId, generation: u32) {
    let n = &mut w.nodes[node.ix()];
    if n.generation != generation || !n.kubelet_up {
        return;
    }
    n.reconcile_queued = false;
    for pod in std::mem::take(&mut n.status_stale) {
        let p = &mut w.pods[pod.ix()];
        let Some(worker) = p.worker.as_deref_mut() else { continue };
        worker.status_stale = false;
        let differs = worker.status().is_some_and(|cached| !rule::is_same(&p.status, cached, &w.gates));
        if p.exists && differs {
            nudge(w, node, pod);
        }
    }
}
