//! What the API server tells a kubelet of its pods (the config source of `syncLoopIteration`, pkg/kubelet/kubelet.go): those
//! that are new to it are admitted or rejected, of the others their workers hear.

use std::sync::Arc;

use smallvec::SmallVec;

use super::deadline::watch_deadline;
use super::view::gates_met;
use super::{admission, allocation, local_storage, pod_worker, taken};
use crate::api::form::ask;
use crate::api::invariant::Invariant;
use crate::api::{RuntimeStatus, Sym};
use crate::rules::kubelet::images::PullMemory;
use crate::rules::kubelet::status_manager::{Cached, has_initialized};
use crate::rules::scheduler::placement::amounts::Amounts;
use crate::time::{Span, Time};
use crate::world::learned::Seen;
use crate::world::worker::{ContainerMemory, Work, Worker};
use crate::world::{NodeId, Place, Pod, PodId, SimEvent, World};

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
        match w.kubelet(node).and_then(|kubelet| kubelet.looks).filter(|at| *at > w.now) {
            Some(at) => w.at(at, SimEvent::PodSeen { pod }),
            None => add(w, pod, node),
        }
        return;
    }
    // Of one that is over and gone there is nothing to be told any more.
    if !p.exists && p.rest.is_some_and(|rest| Arc::ptr_eq(&rest.worker.spec, &p.pod.spec)) {
        allocation::pod_left(w, pod, node);
        pod_worker::forget_pod(w, pod, node);
        return;
    }
    let ungated_before = gates_met(w, pod);
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
        worker.held_back = None;
        worker.memory.resize(p.pod.container_count(), ContainerMemory::default());
        forget_back_offs(w, pod, &old_spec);
        watch_deadline(w, pod);
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
        pod_worker::forget_pod(w, pod, node);
    }
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
    let (p, Place { runtime, worker: held, .. }) = (&pods[pod.ix()], &mut places[pod.ix()]);
    let Some(kubelet) = machines[node.ix()].kubelet.as_deref() else { return };
    let spec = allocation::allocated_spec(p, runtime);
    // Known to the runtime from before a restart of the kubelet: the first relist told.
    let is_known = !runtime.live.containers.is_empty() || !runtime.live.sandboxes.is_empty();
    let cache = learned.see(p.template, if is_known { &runtime.live } else { no_runtime });
    let first = kubelet.first_generation();
    let worker = Worker { mounted: is_known, ..new_worker(p, node, first, spec, cache) };
    *held = Some(Box::new(worker));
    taken::add(w, pod, node, &request);
    if !ending {
        has_room(w, node, &request.requests.asked);
    }
    watch_deadline(w, pod);
    allocation::pod_added(w, pod, node);
    pod_worker::update_pod(w, pod);
    local_storage::look(w, pod);
}

/// What a kubelet has taken, its node has room for: so many pods, and all that they ask for of what the last of them asks for
/// (who asks for none of it comes in whatever is taken). Of pods that were resized counts what is set aside, which admission alone adds up.
pub fn has_room(w: &World, node: NodeId, last: &Amounts) {
    let Some(taken) = w.kubelet(node).map(|kubelet| &kubelet.taken) else { return };
    let (pods, allowed) = (taken.pods.len(), admission::allowed_pods(w, node));
    Invariant::PodsHaveRoom
        .holds(pods as i64 <= allowed, || format!("{pods} pods where there is room for {allowed}"));
    if taken.resized {
        return;
    }
    let ((_, has), all) = (&taken.has, &taken.asked);
    for (of, last, all, has) in [
        ("millicores", last.milli_cpu, all.milli_cpu, has.milli_cpu),
        ("bytes of memory", last.memory, all.memory, has.memory),
        ("bytes of ephemeral storage", last.ephemeral, all.ephemeral, has.ephemeral),
    ] {
        Invariant::PodsHaveRoom
            .holds(last <= 0 || all <= has, || format!("{all} {of} are asked for where there are {has}"));
    }
}

/// What a kubelet has of a pod with which it has been living.
pub struct Known {
    /// What the runtime had when it looked last.
    pub cache: RuntimeStatus,
    /// By container.
    pub memory: SmallVec<[ContainerMemory; 2]>,
    /// Failed pulls, by image.
    pub pulls: Vec<(Sym, PullMemory)>,
    /// Its last run has ended in this instant, and it has not looked since.
    pub has_just_acted: bool,
}

/// A kubelet has been living with a pod: it has a worker, which holds the status that the API has. Nothing is under way; what is
/// to come of the pod comes with the next look.
pub fn resume(w: &mut World, pod: PodId, node: NodeId, known: Known) {
    let Known { cache, memory, pulls, has_just_acted } = known;
    let request = taken::learn_request(w, pod);
    taken::look_at_node(w, node);
    let now = w.now;
    let World { pods, places, machines, learned, .. } = w;
    let (p, Place { runtime, worker: held, .. }) = (&pods[pod.ix()], &mut places[pod.ix()]);
    let Some(kubelet) = machines[node.ix()].kubelet.as_deref() else { return };
    let spec = allocation::allocated_spec(p, runtime);
    let cache = learned.see(p.template, &Arc::new(cache));
    let mut worker = new_worker(p, node, kubelet.first_generation(), spec, cache);
    worker.cached = Some(Cached { status: p.status.clone(), version: 1, is_finished: false });
    (worker.mounted, worker.mount_began) = (true, Some(now));
    (worker.memory, worker.pulls) = (memory, pulls);
    worker.initialized = ask!(p.status, |status| has_initialized(&worker.spec, status));
    worker.seen_initialized = worker.initialized;
    let before = now + Span::from_micros(-1);
    worker.cache_time = before;
    worker.last_end = Some(if has_just_acted { now } else { before + Span::from_micros(-1) });
    *held = Some(Box::new(worker));
    taken::add(w, pod, node, &request);
    watch_deadline(w, pod);
    allocation::pod_added(w, pod, node);
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
        settled: None,
        held_back: None,
        held_until: Time::EPOCH,
        outgoing: None,
        finished: false,
        rests: false,
        memory: smallvec::smallvec![ContainerMemory::default(); p.container_count()],
        pulls: Vec::new(),
        events: None,
    }
}
