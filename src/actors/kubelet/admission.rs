//! Whether this kubelet takes a pod that was bound to its node (`HandlePodAdditions`, pkg/kubelet/kubelet.go).

use crate::actors::{api_server, events};
use crate::api::{Phase, PodStatus, Sym, Text};
use crate::world::{NodeId, PodId, World};

/// Reason and message of the first handler that says no.
pub fn admit(w: &World, pod: PodId, node: NodeId) -> Result<(), (Sym, Text)> {
    let _ = pod;
    if w.nodes[node.ix()].shutting_down {
        return Err((Sym::NODE_SHUTDOWN, "Pod was rejected as the node is shutting down.".into()));
    }
    Ok(())
}

/// `rejectPod`: the whole status is replaced; conditions of the kubelet and container statuses go.
pub fn reject(w: &mut World, pod: PodId, reason: Sym, message: Text) {
    events::kubelet(w, pod, true, reason, message, None);
    let now = w.now;
    let words = format!("Pod was rejected: {}", message.show(&w.pods[pod.ix()].ident));
    let generation = if w.gates.observed_generation { w.pods[pod.ix()].generation } else { 0 };
    let p = &w.pods[pod.ix()];
    let kept = p
        .status
        .conditions
        .iter()
        .filter(|c| !crate::rules::api_status::is_kubelet_owned(c.kind, &w.gates))
        .copied()
        .collect();
    let status = PodStatus {
        phase: Phase::Failed,
        reason,
        message: words.into(),
        conditions: kept,
        start_time: Some(now.truncate_secs()),
        qos_class: p.status.qos_class,
        observed_generation: generation,
        ..PodStatus::default()
    };
    api_server::replace_status(w, pod, status);
}
