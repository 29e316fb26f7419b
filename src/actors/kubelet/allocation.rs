//! What the kubelet has set aside for pods that are resized in place (pkg/kubelet/allocation/allocation_manager.go, 1.36).
//!
//! A new size is tried as a new pod would be, against what the other pods of the node were given. Where it fits it is
//! set aside at once and the pod's next sync puts it into effect; where not the pod waits, is tried again whenever a pod of
//! the node is resized or leaves, and every three minutes. The surprises: a resize that waits keeps nothing free, so that
//! new pods may take the room it waits for; and whoever asks for less goes before all others, whose turn then comes at once.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{admission, pleg, taken};
use crate::actors::{events, runtime};
use crate::api::{Condition, InstanceState, Note, Sym, Text};
use crate::rules::kubelet::resize;
use crate::rules::scheduler::placement::amounts::{self, Amounts};
use crate::rules::versions::gates::Gates;
use crate::time::Span;
use crate::world::worker::Work;
use crate::world::{ContainerIx, Kubelet, Local, NodeId, Pod, PodId, Runtime, Signal, SimEvent, World};

/// `retryDelay`, since the last try of any kind.
const RETRY: Span = Span::from_secs(180);
/// `initialRetryDelay`: while the kubelet has not heard of all its pods yet.
const FIRST_RETRY: Span = Span::from_secs(30);
/// What the runtime and the control groups take for a pod's new sizes: an estimate of this simulator.
pub const UPDATE: Span = Span::from_millis(30);

/// The conditions about a pod's resize, if there is one.
pub fn conditions(p: Local<'_>, gates: &Gates) -> SmallVec<[Condition; 2]> {
    match p.runtime.resize.as_deref() {
        Some(own) if gates.habits.resize_has_conditions => {
            own.pending.iter().chain(&own.in_progress).copied().collect()
        }
        _ => SmallVec::new(),
    }
}

/// The spec that the kubelet works with: the API's, with the sizes that are set aside (`UpdatePodFromAllocation`).
pub fn allocated_spec(p: &Pod, runtime: &mut Runtime) -> Arc<crate::api::PodSpec> {
    let Some(own) = runtime.resize.as_deref_mut() else { return Arc::clone(&p.spec) };
    own.seen = Arc::clone(&p.spec);
    if resize::sizes(&p.spec) == own.allocated {
        Arc::clone(&p.spec)
    } else {
        Arc::new(resize::with_sizes(&p.spec, &own.allocated))
    }
}

fn is_pending(p: Local<'_>) -> bool {
    p.runtime.resize.as_deref().is_some_and(|own| resize::sizes(&own.seen) != own.allocated)
}

/// The kubelet has seen another spec of a pod that was resized (`HandlePodUpdates`, pkg/kubelet/kubelet.go); the sync
/// that the update asks for is the caller's.
pub fn spec_seen(w: &mut World, pod: PodId, node: NodeId) {
    if let Some(kubelet) = w.kubelet_mut(node) {
        kubelet.taken.resized = true;
    }
    if is_pending(w.local(pod)) {
        push(w, pod, node);
        retry(w, node, Some(pod));
        return;
    }
    forget_pending(w, pod);
    if let Some(kubelet) = w.kubelet_mut(node) {
        kubelet.pending_resizes.retain(|other| *other != pod);
    }
}

/// The kubelet takes a pod that it knew before its start: sizes come from its checkpoint, and what waits is tried once it
/// has heard of all pods.
pub fn pod_added(w: &mut World, pod: PodId, node: NodeId) {
    if is_pending(w.local(pod)) {
        push(w, pod, node);
        want_retry(w, node, FIRST_RETRY);
    } else {
        forget_pending(w, pod);
    }
}

/// A resize was taken back while it waited.
fn forget_pending(w: &mut World, pod: PodId) {
    if let Some(own) = w.places[pod.ix()].runtime.resize.as_deref_mut() {
        own.pending = None;
    }
}

/// A pod has ended on the node, or is gone: others may have its room.
pub fn pod_left(w: &mut World, pod: PodId, node: NodeId) {
    let Some(kubelet) = w.kubelet_mut(node).filter(|kubelet| !kubelet.pending_resizes.is_empty()) else {
        return;
    };
    kubelet.pending_resizes.retain(|other| *other != pod);
    retry(w, node, None);
}

/// Nothing has happened for three minutes.
pub fn retry_due(w: &mut World, node: NodeId) {
    let now = w.now;
    if w.kubelet(node).is_some_and(|kubelet| kubelet.resize_retry == Some(now)) {
        retry(w, node, None);
    }
}

fn want_retry(w: &mut World, node: NodeId, after: Span) {
    let at = w.now + after;
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    let generation = kubelet.incarnation;
    kubelet.resize_retry = Some(at);
    w.at(at, SimEvent::ResizeRetry { node, generation });
}

/// `PushPendingResize`
fn push(w: &mut World, pod: PodId, node: NodeId) {
    let waiting = |kubelet: &mut Kubelet| std::mem::take(&mut kubelet.pending_resizes);
    let Some(mut list) = w.kubelet_mut(node).map(waiting) else { return };
    if !list.contains(&pod) {
        list.push(pod);
        list.sort_by_cached_key(|pod| {
            let p = w.local(*pod);
            let pending = p.runtime.resize.as_deref().and_then(|own| own.pending.as_ref());
            resize::turn(grows(p, &w.gates), p.spec.priority, p.status.qos_class(), pending)
        });
    }
    if let Some(kubelet) = w.kubelet_mut(node) {
        kubelet.pending_resizes = list;
    }
}

/// `isResizeIncreasingRequests`
fn grows(p: Local<'_>, gates: &Gates) -> bool {
    let Some(own) = p.runtime.resize.as_deref() else { return false };
    let desired = amounts::requests(&own.seen, gates.pod_level_resources).asked;
    taken::set_aside(p, gates)
        .is_some_and(|has| desired.milli_cpu > has.milli_cpu || desired.memory > has.memory)
}

/// `RetryPendingResizes`: all that wait, in their order. Each is synced, but for the one that its caller syncs.
fn retry(w: &mut World, node: NodeId, updated: Option<PodId>) {
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    kubelet.resize_retry = None;
    let mut left = Vec::new();
    for pod in std::mem::take(&mut kubelet.pending_resizes) {
        let worker = w.worker(pod);
        if worker.is_none_or(|worker| worker.removed || worker.work != Work::Sync) {
            continue;
        }
        if attempt(w, pod, node) == Attempt::Deferred {
            left.push(pod);
        }
        if updated != Some(pod) {
            w.signal(Signal::ResizeTried { pod });
        }
    }
    if !left.is_empty() {
        want_retry(w, node, RETRY);
    }
    if let Some(kubelet) = w.kubelet_mut(node) {
        kubelet.pending_resizes = left;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// Set aside, taken back, or never to be.
    Over,
    Deferred,
}

/// `handlePodResourcesResize`
fn attempt(w: &mut World, pod: PodId, node: NodeId) -> Attempt {
    let (now, gates) = (w.now, w.gates);
    let p = w.local(pod);
    let Some(own) = p.runtime.resize.as_deref() else { return Attempt::Over };
    let (spec, generation) = (Arc::clone(&own.seen), p.generation);
    let asked = amounts::requests(&spec, gates.pod_level_resources).asked;
    let has = Amounts::of_list(&w.nodes[node.ix()].spec.allocatable);
    let never = resize::beyond_capacity(&asked, &has).filter(|_| !gates.habits.admits_resizes);
    let refused = match (is_pending(p), never) {
        (false, _) => None,
        (true, Some(why)) => Some((Sym::INFEASIBLE, Text::from(why))),
        (true, None) => {
            admission::admit_size(w, pod, node, &asked).err().map(|(_, why)| (Sym::DEFERRED, why))
        }
    };
    let p = w.local_mut(pod);
    let Some(own) = p.runtime.resize.as_deref_mut() else { return Attempt::Over };
    if let Some((reason, why)) = refused {
        let before = own.pending;
        let pending =
            resize::condition(before.as_ref(), Sym::POD_RESIZE_PENDING, reason, why, generation, now);
        own.pending = Some(pending);
        if gates.habits.tells_steps_of_resize && resize::says_more(before.as_ref(), &pending) {
            let why = why.show(&p.pod.ident).to_string();
            let words = resize::words(&format!("Pod resize {reason}"), &spec, Some(generation), &why);
            let event = if reason == Sym::INFEASIBLE { "ResizeInfeasible" } else { "ResizeDeferred" };
            events::kubelet(w, pod, Note::warning(Sym::new(event), words));
        }
        return if reason == Sym::DEFERRED { Attempt::Deferred } else { Attempt::Over };
    }
    own.pending = None;
    let sizes = resize::sizes(&spec);
    if own.allocated == sizes {
        return Attempt::Over;
    }
    own.allocated = sizes;
    let kind = Sym::POD_RESIZE_IN_PROGRESS;
    own.in_progress = Some(resize::condition(None, kind, Sym::EMPTY, Text::NONE, generation, now));
    if let Some(worker) = p.worker {
        worker.spec = Arc::clone(&spec);
    }
    if gates.habits.tells_steps_of_resize {
        let words = resize::words("Pod resize started", &spec, Some(generation), "");
        events::kubelet(w, pod, Note::normal(Sym::new("ResizeStarted"), words));
    }
    Attempt::Over
}

/// The first step of `SyncPod`: whether running containers still have another size than what is set aside.
pub fn check_progress(w: &mut World, pod: PodId) {
    let (now, gates) = (w.now, w.gates);
    let p = w.local_mut(pod);
    let Some(own) = p.runtime.resize.as_deref_mut() else { return };
    let generation = p.pod.generation;
    let Some(worker) = p.worker else { return };
    let Some(run) = worker.run.as_deref() else { return };
    if resize::is_in_progress(&worker.spec, &run.snapshot, &own.actual) {
        // As after a restart of the kubelet that came between the two.
        let kind = Sym::POD_RESIZE_IN_PROGRESS;
        let fresh = || resize::condition(None, kind, Sym::EMPTY, Text::NONE, generation, now);
        own.in_progress.get_or_insert_with(fresh);
        return;
    }
    let Some(over) = own.in_progress.take() else { return };
    if gates.habits.tells_end_of_resize {
        let generation = (gates.habits.tells_steps_of_resize).then_some(over.observed_generation);
        let words = resize::words("Pod resize completed", &worker.spec, generation, "");
        events::kubelet(w, pod, Note::normal(Sym::new("ResizeCompleted"), words));
    }
}

/// The runtime has taken the new sizes of all containers that run (`doPodResizeAction`); false: it was not asked, because more
/// is used than one of the new limits leaves. The next sync tries again.
pub fn actuated(w: &mut World, pod: PodId) -> bool {
    if let Some(why) = below_use(w, pod) {
        fails(w, pod, why);
        return false;
    }
    let p = w.local_mut(pod);
    let Some(own) = p.runtime.resize.as_deref_mut() else { return true };
    own.watched = true;
    let live = Arc::clone(&p.runtime.live);
    for ix in 0..own.actual.len() {
        let name = p.pod.spec.container_at(ix).name;
        if live.newest(name).is_some_and(|c| c.state == InstanceState::Running) {
            own.actual[ix].clone_from(&own.allocated[ix]);
        }
    }
    pleg::touched(w, pod);
    true
}

fn below_use(w: &World, pod: PodId) -> Option<String> {
    let p = w.local(pod);
    let (worker, own) = (p.worker?, p.runtime.resize.as_deref()?);
    let used = |ix: usize| runtime::memory_used(p, ContainerIx::new(ix), w.now);
    resize::below_use(&worker.spec, &own.actual, w.gates.pod_level_resources, used)
}

/// The sizes are not given: PodResizeInProgress tells why from now on, and an event does (`SetPodResizeInProgressCondition`).
fn fails(w: &mut World, pod: PodId, why: String) {
    let (now, gates) = (w.now, w.gates);
    let p = w.local_mut(pod);
    let Some(own) = p.runtime.resize.as_deref_mut() else { return };
    let (kind, before) = (Sym::POD_RESIZE_IN_PROGRESS, own.in_progress);
    // The generation is that of the beginning.
    let generation = before.map_or(p.pod.generation, |before| before.observed_generation);
    let failed = resize::condition(before.as_ref(), kind, Sym::ERROR, why.as_str().into(), generation, now);
    if !resize::says_more(before.as_ref(), &failed) {
        return;
    }
    own.in_progress = Some(failed);
    let Some(worker) = p.worker else { return };
    if gates.habits.tells_steps_of_resize {
        let words = resize::words("Pod resize error", &worker.spec, Some(generation), &why);
        events::kubelet(w, pod, Note::warning(Sym::new("ResizeError"), words));
    }
}
