//! The shutdown manager: a node that is switched off ends its pods first, in groups, each with its slice of the grace
//! (pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go, nodeshutdown_manager.go).
//!
//! Ordinary pods get `shutdownGracePeriod` less what is kept for the critical ones, which come after them. Without such a
//! period (the default) nothing waits: the machine goes off with everything on it.

use super::{end_pod, eviction};
use crate::actors::node_lifecycle;
use crate::api::Sym;
use crate::rules::status_change::EndedBy;
use crate::time::Span;
use crate::world::machine::ShuttingDown;
use crate::world::pod::Work;
use crate::world::{NodeId, PodId, SimEvent, World};

/// `nodeShutdownReason`'s message.
const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";
/// How often the manager looks whether a group has ended.
const POLL: Span = Span::from_secs(1);

/// The machine is told to go off.
pub fn begin(w: &mut World, node: NodeId) {
    let total = w.machines[node.ix()].config.shutdown_grace_period;
    if total <= Span::ZERO {
        off(w, node);
        return;
    }
    let now = w.now;
    let n = &mut w.machines[node.ix()];
    if n.shutting_down.is_some() {
        return;
    }
    n.shutting_down = Some(ShuttingDown { critical: false, until: now });
    node_lifecycle::shutting_down(w, node);
    group(w, node, false);
}

/// Ends the pods of a group and waits for them.
fn group(w: &mut World, node: NodeId, critical: bool) {
    let now = w.now;
    let n = &w.machines[node.ix()];
    let kept = n.config.shutdown_grace_period_critical_pods;
    let slice = if critical { kept } else { n.config.shutdown_grace_period - kept };
    let generation = n.generation;
    w.machines[node.ix()].shutting_down = Some(ShuttingDown { critical, until: now + slice });
    for pod in members(w, node, critical) {
        let own = w.pods[pod.ix()].spec.grace_secs();
        let ended =
            EndedBy { reason: Sym::TERMINATED, message: MESSAGE.into(), disruption: true, sticky: false };
        end_pod(w, pod, ended, own.min(slice.secs()));
    }
    w.after(POLL.min(slice), SimEvent::Shutdown { node, generation });
}

/// Pods of a group that have not ended.
fn members(w: &World, node: NodeId, critical: bool) -> Vec<PodId> {
    let of_group = |pod: &PodId| {
        let p = &w.pods[pod.ix()];
        (p.spec.priority.unwrap_or(0) >= eviction::CRITICAL) == critical
            && p.worker.as_deref().is_some_and(|worker| worker.work < Work::Terminated)
    };
    w.machines[node.ix()].pods.iter().copied().filter(of_group).collect()
}

/// Looks whether the group has ended; the next one follows, or the machine goes off.
pub fn go_on(w: &mut World, node: NodeId, generation: u32) {
    let n = &w.machines[node.ix()];
    let Some(state) = n.shutting_down.filter(|_| n.generation == generation && n.kubelet_up) else { return };
    if w.now < state.until && !members(w, node, state.critical).is_empty() {
        w.after(POLL.min(state.until.since(w.now)), SimEvent::Shutdown { node, generation });
    } else if state.critical {
        off(w, node);
    } else {
        group(w, node, true);
    }
}

fn off(w: &mut World, node: NodeId) {
    super::stop(w, node);
    w.machines[node.ix()].machine_up = false;
    w.machines[node.ix()].shutting_down = None;
}
