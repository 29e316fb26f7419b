//! The status manager's side that is told: a cache of statuses, and what is to be written of it
//! (pkg/kubelet/status/status_manager.go). What is written, by its one goroutine, [`super::status_writer`] does.
//!
//! A batch takes the statuses as they are when it begins; what changes while it writes waits for the next one. So two
//! changes a few milliseconds apart are two writes, and a third in between may never be seen.

use super::deadline::watch_deadline;
use super::view::template;
use crate::api::Sym;
use crate::api::form::{HeldContainer, ask};
use crate::engine::random;
use crate::rules::kubelet::status_change::Op;
use crate::rules::kubelet::status_manager as rule;
use crate::time::{Span, next_on_grid};
use crate::world::learned::{Asked, Played};
use crate::world::{ContainerIx, Local, NodeId, PodId, Purpose, SimEvent, World};

/// Plays a change of the status, which is for [`keep`] to remember.
pub fn play(w: &mut World, pod: PodId, op: Op<'_>) -> Option<Played> {
    let World { pods, places, templates, learned, gates, now, .. } = w;
    let p = Local::of(pods, places, pod);
    let worker = p.worker?;
    Some(learned.change(
        template(templates, p),
        &Asked {
            op,
            shape: worker.sees().shape,
            spec: &worker.spec,
            status: &p.status,
            held: worker.status(),
            generation: p.generation,
            deleted: worker.deletion.is_some(),
            now: *now,
            gates,
        },
    ))
}

/// Remembers a status where it is news; the next batch writes it then. While the pod is being deleted every update counts as
/// news, and so does the one that `ends` its life. Says whether it was news: probe workers look at containers anew then.
#[must_use]
pub fn keep(w: &mut World, pod: PodId, played: Played, ends: bool) -> bool {
    let Some(worker) = w.worker_mut(pod) else { return false };
    let node = worker.node;
    let first = worker.cached.is_none();
    let is_news = ends || played.is_news || worker.deletion.is_some();
    let news = played.status.filter(|_| is_news);
    let is_new = news.is_some();
    if let Some(status) = news {
        rule::Cached::store(&mut worker.cached, status, ends, false);
    }
    if first {
        watch_deadline(w, pod);
    }
    if is_new {
        nudge(w, node, pod);
    }
    is_new
}

fn change(w: &mut World, pod: PodId, op: Op<'_>) -> bool {
    play(w, pod, op).is_some_and(|played| keep(w, pod, played, matches!(op, Op::Terminate { .. })))
}

/// `TerminatePod`
pub fn terminate(w: &mut World, pod: PodId) -> bool {
    let Some(worker) = w.worker(pod) else { return false };
    let (node, initialized) = (worker.node, worker.initialized);
    let is_new = change(w, pod, Op::Terminate { initialized });
    nudge(w, node, pod);
    is_new
}

/// `SetContainerReadiness`
pub fn set_container_readiness(w: &mut World, pod: PodId, ix: ContainerIx, ready: bool) -> bool {
    let p = w.local(pod);
    let container = p.container(ix).name;
    probed(p, container).is_some_and(|c| ask!(c, |c| c.ready != ready))
        && change(w, pod, Op::Readiness { container, ready })
}

/// `SetContainerStartup`
pub fn set_container_startup(w: &mut World, pod: PodId, ix: ContainerIx, started: bool) -> bool {
    let p = w.local(pod);
    let container = p.container(ix).name;
    probed(p, container).is_some_and(|c| ask!(c, |c| c.started != Some(started)))
        && change(w, pod, Op::Startup { container, started })
}

/// A container as the status in the kubelet's cache has it.
fn probed(p: Local<'_>, container: Sym) -> Option<HeldContainer<'_>> {
    p.worker?.status()?.probed(container)
}

/// `OnPodSandboxReady` (pkg/kubelet/kubelet.go, 1.36): PodReadyToStartContainers turns True before images are pulled.
pub fn sandbox_ready(w: &mut World, pod: PodId) -> bool {
    let has_status = w.worker(pod).is_some_and(|worker| worker.status().is_some());
    has_status && w.gates.pod_ready_to_start_containers && change(w, pod, Op::SandboxReady)
}

/// Something of a pod is to be written.
pub fn nudge(w: &mut World, node: NodeId, pod: PodId) {
    let fresh = w.worker_mut(pod).is_some_and(|worker| !std::mem::replace(&mut worker.status_dirty, true));
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    if fresh {
        kubelet.status_dirty.push(pod);
    }
    if !kubelet.status_busy {
        begin_batch(w, node);
    }
}

/// Takes up what has become dirty since the last batch.
pub(super) fn begin_batch(w: &mut World, node: NodeId) {
    let instant = w.instant();
    let World { machines, places, pods, seed, .. } = w;
    let n = &mut machines[node.ix()];
    let Some(kubelet) = n.kubelet.as_deref_mut() else { return };
    if kubelet.status_dirty.is_empty() {
        kubelet.status_busy = false;
        return;
    }
    kubelet.status_busy = true;
    // The batch before is written: its list is filled again.
    kubelet.status_batch.clear();
    let dirty = &mut kubelet.status_dirty;
    if dirty.len() > 1 {
        // `syncBatch` walks over a Go map: whose status is written first is luck.
        dirty.sort_unstable_by_key(|pod| {
            random::rank(*seed, Purpose::StatusOrder as u64, pods[pod.ix()].entity, instant)
        });
    }
    match dirty[..] {
        // Mostly there is one.
        [only] => kubelet.status_batch.push_back(only),
        _ => kubelet.status_batch.extend(dirty.iter().copied()),
    }
    dirty.clear();
    for pod in &kubelet.status_batch {
        if let Some(worker) = places[pod.ix()].worker.as_deref_mut() {
            worker.status_dirty = false;
            worker.outgoing = worker.cached.clone();
        }
    }
    let front = kubelet.status_batch[0];
    next(w, node, front);
}

/// The next write arrives after the latency of one.
pub(super) fn next(w: &mut World, node: NodeId, pod: PodId) {
    let takes = w.pod_span(Purpose::StatusWrite, pod, w.instant(), &w.plan.latency.status_update);
    let generation = w.machines[node.ix()].incarnation;
    w.after(takes, SimEvent::StatusWrite { node, generation });
}

/// `syncPeriod`
const RECONCILE: Span = Span::from_secs(10);

/// The API's status of a pod is not what the kubelet holds (someone else has written it, or an end was held back while
/// containers ran): the next ten-second pass looks at it again.
pub fn want_reconcile(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker_mut(pod) else { return };
    let (node, was_stale) = (worker.node, std::mem::replace(&mut worker.status_stale, true));
    let now = w.now;
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    if !was_stale {
        kubelet.status_stale.push(pod);
    }
    if !kubelet.reconcile_queued {
        kubelet.reconcile_queued = true;
        let (anchor, generation) = (kubelet.reconcile_anchor, kubelet.incarnation);
        let at = next_on_grid(anchor, RECONCILE, now + Span::from_micros(1));
        w.at(at, SimEvent::StatusRetry { node, generation });
    }
}
