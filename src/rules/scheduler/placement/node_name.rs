//! NodeName and NodeUnschedulable: the node that the spec names, and cordons.
//!
//! Source: pkg/scheduler/framework/plugins/{nodename/node_name.go,nodeunschedulable/node_unschedulable.go}, 1.36.2.

use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection, taint_toleration};
use crate::api::{Effect, Sym, Taint};

/// Whether a pod tolerates the taint that the node controller sets for a cordon.
pub fn tolerates_cordons(pod: &PodRequest) -> bool {
    let taint = Taint {
        key: Sym::new("node.kubernetes.io/unschedulable"),
        value: Sym::EMPTY,
        effect: Effect::NoSchedule,
    };
    pod.tolerations.iter().any(|t| taint_toleration::tolerates(t, &taint))
}

/// A cordon counts unless the pod tolerates the taint that the node controller sets for it.
pub fn filter_unschedulable(
    pod: &PodRequest,
    node: &NodeInfo,
    reasons: &mut Vec<Reason>,
) -> Result<(), Rejection> {
    if !node.unschedulable || tolerates_cordons(pod) {
        return Ok(());
    }
    reasons.push(Reason::Unschedulable);
    Err(Rejection { plugin: Plugin::NodeUnschedulable, unresolvable: true })
}

pub fn filter_name(pod: &PodRequest, node: &NodeInfo, reasons: &mut Vec<Reason>) -> Result<(), Rejection> {
    if pod.node_name.is_empty() || pod.node_name == node.name {
        return Ok(());
    }
    reasons.push(Reason::NodeName);
    Err(Rejection { plugin: Plugin::NodeName, unresolvable: true })
}
