//! The status manager's goroutine, which writes to the API server what [`super::status_manager`] has put in its batch, pod by
//! pod (pkg/kubelet/status/status_manager.go: `syncBatch`, `syncPod`).

use super::status_manager::{begin_batch, next, nudge, want_reconcile};
use crate::actors::api_server;
use crate::rules::kubelet::status_manager as rule;
use crate::world::learned::Outgoing;
use crate::world::{LocalMut, NodeId, PodId, World};

/// The write of the batch's front pod arrives.
pub fn write(w: &mut World, node: NodeId) {
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    let Some(pod) = kubelet.status_batch.pop_front() else { return };
    sync_pod(w, pod);
    match w.kubelet(node).and_then(|kubelet| kubelet.status_batch.front().copied()) {
        Some(following) => next(w, node, following),
        None => begin_batch(w, node),
    }
}

/// `syncPod`: merge with what the API has, patch, and delete what is over.
fn sync_pod(w: &mut World, pod: PodId) {
    let World { pods, places, learned, gates, now, .. } = w;
    let p = LocalMut::of(pods, places, pod);
    if !p.exists {
        return;
    }
    let Some(worker) = p.worker else { return };
    let Some(cached) = worker.outgoing.take() else { return };
    // The question is asked early in the write: one that a newer status overtakes was asked before the end.
    let is_newest = worker.cached.as_ref().is_some_and(|newest| newest.version == cached.version);
    let running = !worker.containers_gone || !is_newest;
    let merged = learned.merge(&Outgoing {
        api: &p.pod.status,
        held: &cached.status,
        generation: p.pod.generation,
        could_have_running_containers: running,
        now: *now,
        gates,
    });
    let held_back = merged.phase() != cached.status.phase();
    api_server::replace_status(w, pod, merged);
    if held_back {
        want_reconcile(w, pod);
    }
    let p = &w.pods[pod.ix()];
    if cached.is_finished && p.deletion.is_some() && p.status.phase().is_terminal() {
        api_server::delete_pod(w, pod, Some(0));
    } else if cached.is_finished {
        w.rest(pod);
    }
}

/// The ten-second pass (`syncBatch(all)`, `needsReconcile`): what the API has differently of what is the kubelet's own is
/// written again.
pub fn retry(w: &mut World, node: NodeId) {
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    kubelet.reconcile_queued = false;
    for pod in std::mem::take(&mut kubelet.status_stale) {
        let gates = w.gates;
        let p = w.local_mut(pod);
        let Some(worker) = p.worker else { continue };
        worker.status_stale = false;
        let differs = worker.status().is_some_and(|cached| {
            // Mostly the API has just what was sent.
            p.pod.status != *cached && !rule::is_same(&p.pod.status.read(), &cached.read(), &gates)
        });
        if p.pod.exists && differs {
            nudge(w, node, pod);
        } else {
            w.rest(pod);
        }
    }
}
