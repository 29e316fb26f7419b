//! The pod lifecycle event generator: once a second the kubelet compares what the runtime has with what it knew
//! (pkg/kubelet/pleg/generic.go). Here is what it has to look at, and when; the look is [`super::relist`].
//!
//! Nothing ticks here: a relist is queued only while some pod has news or some worker waits for one.

use crate::time::{Time, next_on_grid};
use crate::world::{NodeId, PodId, SimEvent, World};

/// The runtime's side of a pod has changed.
pub fn touched(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker_mut(pod) else { return };
    let (node, was_dirty) = (worker.node, std::mem::replace(&mut worker.dirty, true));
    if let Some(kubelet) = w.kubelet_mut(node).filter(|_| !was_dirty) {
        kubelet.dirty.push(pod);
    }
    want_relist(w, node);
}

/// When the node's last relist began, played or not: one in which nothing has changed is no event here, and takes no time beside
/// the period.
pub fn last_relist(w: &World, node: NodeId) -> Time {
    let n = &w.machines[node.ix()];
    let Some(kubelet) = n.kubelet.as_deref() else { return Time::EPOCH };
    let periods = w.now.since(kubelet.relist_anchor).micros().div_euclid(n.relist_period.micros());
    let began = kubelet.relist_anchor + n.relist_period * periods;
    if began > kubelet.relist_end { began } else { kubelet.last_relist }
}

/// Queues the next relist of a node.
pub fn want_relist(w: &mut World, node: NodeId) {
    let n = &mut w.machines[node.ix()];
    let Some(kubelet) = n.kubelet.as_deref_mut().filter(|kubelet| kubelet.relist_queued.is_none()) else {
        return;
    };
    let mut at = next_on_grid(kubelet.relist_anchor, n.relist_period, w.now);
    if at <= kubelet.relist_end {
        at += n.relist_period;
    }
    let generation = kubelet.incarnation;
    kubelet.relist_queued = Some(at);
    w.at(at, SimEvent::Relist { node, generation });
}
