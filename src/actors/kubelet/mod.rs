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
pub mod taken;
pub mod volumes;

use std::sync::Arc;

use super::{api_server, runtime};
use crate::time::{Span, Time};
use crate::world::kubelet::{Anchors, Kubelet};
use crate::world::learned::Seen;
use crate::world::worker::{ContainerMemory, Work, Worker};
use crate::world::{NodeId, Place, Pod, PodId, Purpose, Runtime, SimEvent, World};

/// The watch tells the kubelet of a pod: ADD, UPDATE, DELETE or REMOVE
/// (`syncLoopIteration`, `HandlePodAdditions`, pkg/kubelet/kubelet.go).
pub fn pod_seen(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let Some(node) = p.node else { return };
    if w.kubelet(node).is_none() {
        return;
    }
    if p.worker.is_none() {
        if !p.exists {
            return;
        }
        add(w, pod, node);
        return;
    }
    let ungated_before = sync::gates_met(w, pod);
    let p = w.local_mut(pod);
    let Some(worker) = p.worker else { return };
    let (exists, deletion, metadata_changes) = (p.pod.exists, p.pod.deletion, p.pod.metadata_changes);
    let known = p.runtime.resize.as_deref().map_or(&worker.spec, |own| &own.seen);
    let new_spec = !Arc::ptr_eq(known, &p.pod.spec);
    let spec = if new_spec { allocation::allocated_spec(p.pod, p.runtime) } else { Arc::clone(&worker.spec) };
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
        worker.memory.resize(p.pod.container_count(), ContainerMemory::default());
        forget_back_offs(w, pod, &old_spec);
        pod_worker::watch_deadline(w, pod);
        if w.places[pod.ix()].runtime.resize.is_some() {
            allocation::spec_seen(w, pod, node);
        }
    }
    if leaves {
        allocation::pod_left(w, pod, node);
    }
    if changed {
        pod_worker::update_pod(w, pod);
    }
    if !exists && w.worker(pod).is_some_and(|worker| worker.work == Work::Finished) {
        forget_pod(w, pod, node);
    }
}

/// A pod that is over and gone from the API: worker, status and dead containers go too (`removeTerminatedWorker`,
/// pkg/kubelet/pod_workers.go; `RemoveOrphanedStatuses`; `evictContainers`, kuberuntime/kuberuntime_gc.go). What stays is
/// its name and its line in `pods.csv`.
fn forget_pod(w: &mut World, pod: PodId, node: NodeId) {
    taken::remove(w, pod, node);
    runtime::address_free(w, pod);
    w.places[pod.ix()].worker = None;
    w.places[pod.ix()].runtime = Runtime::of(0, &w.no_behavior, &w.no_runtime);
    w.controllers.recorders.remove(&pod);
    w.machines[node.ix()].forget(pod);
    api_server::let_go(w, pod);
}

/// A back-off's key holds the container's hash (`GetBackoffKey`, pkg/kubelet/kuberuntime/helpers.go): a container with
/// another image starts without one.
fn forget_back_offs(w: &mut World, pod: PodId, old: &crate::api::PodSpec) {
    let images = |spec: &crate::api::PodSpec| -> Vec<_> {
        spec.init_containers.iter().chain(&spec.containers).map(|c| c.image).collect()
    };
    let p = w.local_mut(pod);
    let (before, after) = (images(old), images(&p.spec));
    let Some(worker) = p.worker else { return };
    for (memory, (before, after)) in worker.memory.iter_mut().zip(before.iter().zip(&after)) {
        if before != after {
            memory.backoff = None;
        }
    }
}

/// A pod that this kubelet did not know: it is admitted or rejected, then gets a worker.
fn add(w: &mut World, pod: PodId, node: NodeId) {
    let p = &w.pods[pod.ix()];
    let terminal = p.status.phase().is_terminal();
    let ending = p.deletion.is_some() || terminal;
    let request = taken::learn_request(w, pod);
    taken::look_at_node(w, node);
    if !ending && let Err((reason, message)) = admission::admit(w, pod, node, &request) {
        admission::reject(w, pod, reason, message);
        return;
    }
    let World { pods, places, machines, learned, no_runtime, .. } = w;
    let (p, Place { runtime, worker: held }) = (&pods[pod.ix()], &mut places[pod.ix()]);
    let Some(kubelet) = machines[node.ix()].kubelet.as_deref() else { return };
    let spec = allocation::allocated_spec(p, runtime);
    // Known to the runtime from before a restart of the kubelet: the first relist told.
    let is_known = !runtime.live.containers.is_empty() || !runtime.live.sandboxes.is_empty();
    let cache = learned.see(p.template, if is_known { &runtime.live } else { no_runtime });
    let first = kubelet.first_generation();
    let worker = Worker { mounted: is_known, ..new_worker(p, node, first, spec, cache) };
    *held = Some(Box::new(worker));
    taken::add(w, pod, node, &request);
    pod_worker::watch_deadline(w, pod);
    allocation::pod_added(w, pod, node);
    pod_worker::update_pod(w, pod);
    local_storage::look(w, pod);
}

fn new_worker(p: &Pod, node: NodeId, first: u32, spec: Arc<crate::api::PodSpec>, cache: Seen) -> Worker {
    Worker {
        node,
        first,
        generation: first,
        work: Work::Sync,
        pending: false,
        running: false,
        waiting_cache: false,
        last_end: None,
        run: None,
        cache,
        cache_time: Time::EPOCH,
        due_generation: first,
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
        claims: None,
        probing: false,
        lost_probers: false,
        dirty: false,
        status_dirty: false,
        status_stale: false,
        cached: None,
        outgoing: None,
        finished: false,
        memory: smallvec::smallvec![ContainerMemory::default(); p.container_count()],
        pulls: Vec::new(),
        events: Default::default(),
    }
}

/// The kubelet ends a pod by itself (`killPodNow`, pkg/kubelet/pod_workers.go): its worker terminates it with this grace.
pub fn end_pod(
    w: &mut World,
    pod: PodId,
    ended: crate::rules::kubelet::status_change::EndedBy,
    grace_secs: i64,
) {
    let Some(worker) = w.worker_mut(pod) else { return };
    if worker.work != Work::Sync {
        return;
    }
    worker.ended_by = Some(ended);
    pod_worker::shrink_grace(worker, Some(grace_secs));
    pod_worker::update_pod(w, pod);
}

/// From the start of the kubelet's process to its first look at its pods.
pub const START_UP: Span = Span::from_millis(1200);

/// When a node's kubelet started; without one, nothing has.
pub fn start_of(w: &World, node: NodeId) -> Time {
    w.kubelet(node).map_or(Time::FAR, |kubelet| kubelet.start)
}

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
pub fn start(w: &mut World, node: NodeId, generation: u32) {
    let n = &w.machines[node.ix()];
    if n.incarnation != generation || !n.up || n.kubelet.is_some() {
        return;
    }
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
    w.machines[node.ix()].kubelet = Some(Box::new(Kubelet::new(generation, began, began, anchors, throttle)));
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

/// The kubelet process is gone: its memory with it. Containers run on, unless the machine only waited for its inhibitor
/// lock to go off (systemd-logind).
pub fn stop(w: &mut World, node: NodeId) {
    if !w.drop_kubelet(node) {
        return;
    }
    super::node_lifecycle::kubelet_stopped(w, node);
    let n = &mut w.machines[node.ix()];
    if std::mem::take(&mut n.going_off) {
        n.up = false;
    }
}
