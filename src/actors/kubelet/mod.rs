//! A node's kubelet: the sync loop's sources (config, PLEG, work queue, probes) and what they set in motion.
//!
//! [`pod_worker`] decides when a pod is looked at, [`sync`] what a look does, [`pleg`] what the kubelet knows of the
//! runtime, [`status_manager`] what the API server gets to know. The delays between them are what people see.

pub mod admission;
pub mod allocation;
pub mod claims;
pub mod crowd;
pub mod devices;
pub mod eviction;
pub mod images;
pub mod kill;
pub mod local_storage;
pub mod pleg;
pub mod pod_worker;
pub mod prober;
pub mod shutdown;
pub mod start_container;
pub mod status;
pub mod status_manager;
pub mod sync;
pub mod volumes;

use std::sync::Arc;

use crate::api::Sym;
use crate::time::Time;
use crate::world::learned::Seen;
use crate::world::pod::{Runtime, Work, Worker};
use crate::world::{NodeId, PodId, Purpose, World};

/// The watch tells the kubelet of a pod: ADD, UPDATE, DELETE or REMOVE
/// (`syncLoopIteration`, `HandlePodAdditions`, pkg/kubelet/kubelet.go).
pub fn pod_seen(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    let Some(node) = p.node else { return };
    if !w.machines[node.ix()].kubelet_up {
        return;
    }
    if p.worker.is_none() {
        if !p.exists {
            return;
        }
        add(w, pod, node);
        return;
    }
    let (exists, deletion, metadata_changes) = (p.exists, p.deletion, p.metadata_changes);
    let ungated_before = sync::gates_met(w, pod);
    let p = &mut w.pods[pod.ix()];
    let Some(worker) = p.worker.as_deref() else { return };
    let known = p.resize.as_deref().map_or(&worker.spec, |own| &own.seen);
    let new_spec = !Arc::ptr_eq(known, &p.spec);
    let spec = if new_spec { allocation::allocated_spec(p) } else { Arc::clone(&worker.spec) };
    let Some(worker) = p.worker.as_deref_mut() else { return };
    let changed = std::mem::replace(&mut worker.metadata_changes, metadata_changes) != metadata_changes
        || worker.deletion != deletion
        || worker.removed == exists
        || new_spec
        || ungated_before;
    let leaves = !exists && !worker.removed;
    worker.removed = !exists;
    worker.deletion = deletion;
    let old_spec = std::mem::replace(&mut worker.spec, spec);
    if new_spec {
        forget_back_offs(w, pod, &old_spec);
        pod_worker::watch_deadline(w, pod);
        if w.pods[pod.ix()].resize.is_some() {
            allocation::spec_seen(w, pod, node);
        }
    }
    if leaves {
        allocation::pod_left(w, pod, node);
    }
    if changed {
        pod_worker::update_pod(w, pod);
    }
    let worker = w.pods[pod.ix()].worker.as_deref();
    if !exists && worker.is_some_and(|worker| worker.work == Work::Finished) {
        forget_pod(w, pod, node);
    }
}

/// A pod that is over and gone from the API: worker, status and dead containers go too (`removeTerminatedWorker`,
/// pkg/kubelet/pod_workers.go; `RemoveOrphanedStatuses`; `evictContainers`, kuberuntime/kuberuntime_gc.go). What stays is
/// its name and its line in `pods.csv`.
fn forget_pod(w: &mut World, pod: PodId, node: NodeId) {
    let p = &mut w.pods[pod.ix()];
    p.worker = None;
    p.runtime = Runtime::of(0, &w.no_runtime);
    p.events = Default::default();
    p.status = w.nothing.clone();
    let pods = &mut w.machines[node.ix()].pods;
    if let Some(at) = pods.iter().position(|other| *other == pod) {
        pods.remove(at);
    }
}

/// A back-off's key holds the container's hash (`GetBackoffKey`, pkg/kubelet/kuberuntime/helpers.go): a container with
/// another image starts without one.
fn forget_back_offs(w: &mut World, pod: PodId, old: &crate::api::PodSpec) {
    let p = &mut w.pods[pod.ix()];
    let images = |spec: &crate::api::PodSpec| -> Vec<_> {
        spec.init_containers.iter().chain(&spec.containers).map(|c| c.image).collect()
    };
    let (before, after) = (images(old), images(&p.spec));
    for (ix, (before, after)) in before.iter().zip(&after).enumerate() {
        if before != after {
            p.runtime.containers[ix].backoff = None;
        }
    }
}

/// A pod that this kubelet did not know: it is admitted or rejected, then gets a worker.
fn add(w: &mut World, pod: PodId, node: NodeId) {
    let p = &w.pods[pod.ix()];
    let terminal = p.status.form().phase.is_terminal();
    if p.deletion.is_none()
        && !terminal
        && let Err((reason, message)) = admission::admit(w, pod, node)
    {
        admission::reject(w, pod, reason, message);
        return;
    }
    let p = &mut w.pods[pod.ix()];
    let spec = allocation::allocated_spec(p);
    // Known to the runtime from before a restart of the kubelet: the first relist told.
    let is_known = !p.runtime.live.containers.is_empty() || !p.runtime.live.sandboxes.is_empty();
    let cache = w.learned.see(p.template, if is_known { &p.runtime.live } else { &w.no_runtime });
    p.worker = Some(Box::new(Worker { mounted: is_known, ..new_worker(p, node, spec, cache) }));
    pod_worker::watch_deadline(w, pod);
    allocation::pod_added(w, pod, node);
    pod_worker::update_pod(w, pod);
    local_storage::look(w, pod);
}

fn new_worker(p: &crate::world::Pod, node: NodeId, spec: Arc<crate::api::PodSpec>, cache: Seen) -> Worker {
    Worker {
        node,
        generation: 0,
        work: Work::Sync,
        pending: false,
        running: false,
        waiting_cache: false,
        last_end: None,
        run: None,
        cache,
        cache_time: Time::EPOCH,
        due_generation: 0,
        deletion: p.deletion,
        removed: false,
        spec,
        metadata_changes: p.metadata_changes,
        grace_secs: None,
        initialized: false,
        seen_initialized: false,
        ended_by: None,
        containers_gone: false,
        mounted: false,
        mount_began: None,
        mount_failures: 0,
        probing: false,
        lost_probers: false,
        dirty: false,
        status_dirty: false,
        status_stale: false,
        cached: None,
        outgoing: None,
        finished: false,
    }
}

/// The kubelet ends a pod by itself (`killPodNow`, pkg/kubelet/pod_workers.go): its worker terminates it with this grace.
pub fn end_pod(w: &mut World, pod: PodId, ended: crate::rules::status_change::EndedBy, grace_secs: i64) {
    let Some(worker) = w.pods[pod.ix()].worker.as_deref_mut() else { return };
    if worker.work != Work::Sync {
        return;
    }
    worker.ended_by = Some(ended);
    pod_worker::shrink_grace(worker, Some(grace_secs));
    pod_worker::update_pod(w, pod);
}

/// From the start of the kubelet's process to its first look at its pods.
pub const START_UP: crate::time::Span = crate::time::Span::from_millis(1200);

/// The kubelet process starts: every pod of the node arrives as an addition, what was kept in memory is gone.
pub fn start(w: &mut World, node: NodeId, generation: u32) {
    let n = &mut w.machines[node.ix()];
    if n.generation != generation || !n.machine_up {
        return;
    }
    n.kubelet_up = true;
    n.kubelet_start = w.now;
    n.relist_queued = None;
    n.dirty.clear();
    n.cache_waiters.clear();
    n.status_dirty.clear();
    n.status_stale.clear();
    n.reconcile_queued = false;
    n.reconcile_anchor = w.now;
    n.status_batch.clear();
    n.status_busy = false;
    n.last_relist = w.now;
    let (name, began) = (n.name, w.now);
    let entity = crate::engine::random::entity(&[&name]);
    let phase = |purpose| {
        let micros = w.draw(purpose, entity, u64::from(generation) + 2).below(1_000_000) as i64;
        began - crate::time::Span::from_micros(micros)
    };
    let (relists, ticks) = (phase(Purpose::RelistPhase), phase(Purpose::TickPhase));
    let n = &mut w.machines[node.ix()];
    n.relist_anchor = relists;
    n.tick_anchor = ticks;
    n.pull_throttle = images::full_throttle(&n.config, began);
    let pods = n.pods.clone();
    super::node_lifecycle::kubelet_started(w, node);
    claims::kubelet_started(w, node);
    devices::kubelet_started(w, node);
    eviction::kubelet_started(w, node);
    for pod in pods {
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node) {
            pod_seen(w, pod);
        }
    }
}

/// The kubelet process is gone: its memory with it. Containers run on.
pub fn stop(w: &mut World, node: NodeId) {
    let n = &mut w.machines[node.ix()];
    n.kubelet_up = false;
    n.generation += 1;
    n.pulls.clear();
    n.pull_queue.clear();
    n.pending_resizes.clear();
    n.resize_retry = None;
    let pods = n.pods.clone();
    super::node_lifecycle::kubelet_stopped(w, node);
    for pod in pods {
        let p = &mut w.pods[pod.ix()];
        p.worker = None;
        p.events.forget(Sym::KUBELET);
        p.runtime.pulls.clear();
        for c in &mut p.runtime.containers {
            c.backoff = None;
            c.reason = None;
            c.kill = None;
            c.probers = Default::default();
        }
    }
}
