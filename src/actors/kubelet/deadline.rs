//! The active deadline of a pod (pkg/kubelet/active_deadline.go), and the one-second ticks of the sync loop at which it is
//! looked at.

use crate::rules::kubelet::api_status::past_active_deadline;
use crate::time::{Span, Time, next_on_grid};
use crate::world::{Local, NodeId, PodId, SimEvent, World};

/// The work queue and active deadlines are looked at once a second (`syncLoop`, pkg/kubelet/kubelet.go).
const TICK: Span = Span::from_secs(1);

/// The first one-second tick of the node's sync loop that is not before `at`.
pub fn tick_at_or_after(w: &World, node: NodeId, at: Time) -> Time {
    next_on_grid(w.kubelet(node).map_or(Time::EPOCH, |kubelet| kubelet.tick_anchor), TICK, at)
}

/// Whether the active deadline is over; it counts from `startTime`.
pub fn past_deadline(p: Local<'_>, now: Time) -> bool {
    let Some(worker) = p.worker.filter(|worker| worker.spec.active_deadline_seconds.is_some()) else {
        return false;
    };
    past_active_deadline(&worker.spec, worker.status().unwrap_or(&p.status).start_time(), now)
}

/// Queues the tick at which the pod's active deadline is exceeded (pkg/kubelet/active_deadline.go): it counts from
/// `status.startTime`, which is cut to its second.
pub fn watch_deadline(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let Some(worker) = p.worker else { return };
    let start = worker.status().unwrap_or(&p.status).start_time();
    let (Some(start), Some(secs)) = (start, worker.spec.active_deadline_seconds) else { return };
    let (node, generation) = (worker.node, w.machines[worker.node.ix()].incarnation);
    let at = tick_at_or_after(w, node, (start + Span::from_secs(secs)).max(w.now));
    w.at(at, SimEvent::Deadline { pod, generation });
}
