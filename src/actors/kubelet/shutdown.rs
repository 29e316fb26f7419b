//! The shutdown manager: a node that is switched off ends its pods first, in groups, each with its slice of the grace
//! (pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go, nodeshutdown_manager.go).
//!
//! Ordinary pods get `shutdownGracePeriod` less what is kept for the critical ones, which come after them. Without such a
//! period (the default) nothing waits: the machine goes off with everything on it.

use super::pod_worker::end_pod;
use crate::actors::{machine, node_lifecycle};
use crate::api::Sym;
use crate::rules::kubelet::eviction::CRITICAL;
use crate::rules::kubelet::status_change::EndedBy;
use crate::time::{Span, Time};
use crate::world::kubelet::ShuttingDown;
use crate::world::worker::Work;
use crate::world::{NodeId, PodId, SimEvent, World};

/// `nodeShutdownReason`'s message.
const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";
/// How often the manager looks whether a group has ended.
const POLL: Span = Span::from_secs(1);

/// The machine is told to go off: the kubelet's inhibitor lock holds it up, for as long as its process holds that.
pub fn begin(w: &mut World, node: NodeId) {
    let n = &mut w.machines[node.ix()];
    if n.kubelet.is_none() || n.config.shutdown_grace_period <= Span::ZERO {
        machine::off(w, node);
        return;
    }
    if std::mem::replace(&mut n.going_off, true) {
        return;
    }
    if let Some(kubelet) = w.kubelet_mut(node) {
        // From here on no pod is taken, whoever asks.
        kubelet.shutting_down = Some(ShuttingDown { critical: false, until: Time::EPOCH });
    }
    node_lifecycle::shutting_down(w, node);
    group(w, node, false);
}

/// Ends the pods of a group and waits for them.
fn group(w: &mut World, node: NodeId, critical: bool) {
    let now = w.now;
    let config = &w.machines[node.ix()].config;
    let kept = config.shutdown_grace_period_critical_pods;
    let slice = if critical { kept } else { config.shutdown_grace_period - kept };
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    let generation = kubelet.incarnation;
    kubelet.shutting_down = Some(ShuttingDown { critical, until: now + slice });
    for pod in members(w, node, critical) {
        let own = w.pods[pod.ix()].spec.grace_secs();
        let ended = EndedBy { reason: Sym::TERMINATED, message: MESSAGE.into(), disruption: true };
        end_pod(w, pod, ended, own.min(slice.secs()));
    }
    w.after(POLL.min(slice), SimEvent::Shutdown { node, generation });
}

/// Pods of a group that have not ended.
fn members(w: &World, node: NodeId, critical: bool) -> Vec<PodId> {
    let of_group = |pod: &PodId| {
        let p = w.local(*pod);
        (p.spec.priority.unwrap_or(0) >= CRITICAL) == critical
            && p.worker.is_some_and(|worker| worker.work < Work::Terminated)
    };
    w.machines[node.ix()].pods.iter().copied().filter(of_group).collect()
}

/// Looks whether the group has ended; the next one follows, or the lock is let go and the machine goes off.
pub fn go_on(w: &mut World, node: NodeId) {
    let Some(kubelet) = w.kubelet(node) else { return };
    let (Some(state), generation) = (kubelet.shutting_down, kubelet.incarnation) else { return };
    if w.now < state.until && !members(w, node, state.critical).is_empty() {
        w.after(POLL.min(state.until.since(w.now)), SimEvent::Shutdown { node, generation });
    } else if state.critical {
        machine::off(w, node);
    } else {
        group(w, node, true);
    }
}
