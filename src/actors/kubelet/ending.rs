//! How long a kubelet waits for the end of a pod that it ends by itself (`killPodNow`, pkg/kubelet/pod_workers.go, v1.36.2).
//!
//! One and a half times the grace, ten seconds at least; then an event tells that the runtime was too slow, and whoever
//! wanted the end goes on, while the pod ends in its own time. Mostly a pod is gone long before: the end of the wait is an
//! event here only where it may come first.

use crate::actors::events;
use crate::api::{Note, Sym};
use crate::engine::Distribution;
use crate::time::Span;
use crate::world::worker::{Work, Worker};
use crate::world::{PodId, SimEvent, World};

/// `minTimeout`
const LEAST_SECS: i64 = 10;
/// What cannot keep a stop from being over in time: the least wait is much longer than the least grace.
const SHORT: Span = Span::from_secs(1);

/// How long the end of a pod with this grace is waited for.
pub fn patience(grace_secs: i64) -> Span {
    Span::from_secs(grace_secs.saturating_add(grace_secs / 2).max(LEAST_SECS))
}

/// A pod's end has been asked for, and is waited for from now on.
pub fn wait(w: &mut World, pod: PodId, grace_secs: i64) {
    let Some(worker) = w.worker(pod).filter(|worker| worker.work == Work::Terminating) else { return };
    if !is_busy(worker) && is_short(&w.plan.latency.stop) && is_short(&w.plan.latency.stop_sandbox) {
        return;
    }
    let generation = w.machines[worker.node.ix()].incarnation;
    w.after(patience(grace_secs), SimEvent::EndOverdue { pod, generation });
}

/// A sync is under way that goes on to its end first, with a pull or a hook that may take long.
fn is_busy(worker: &Worker) -> bool {
    worker.run.as_ref().is_some_and(|run| run.work == Work::Sync)
}

fn is_short(takes: &Distribution) -> bool {
    matches!(takes, Distribution::Constant(span) if *span <= SHORT)
}

/// The wait is over: if the pod is not, an event tells it.
pub fn overdue(w: &mut World, pod: PodId) {
    if w.worker(pod).is_some_and(|worker| worker.work == Work::Terminating) {
        let words = "Container runtime did not kill the pod within specified grace period.";
        events::kubelet(w, pod, Note::warning(Sym::new("ExceededGracePeriod"), words));
    }
}
