//! NodeAffinity: `nodeSelector`, required and preferred node affinity.
//!
//! Source: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go, 1.36.2. The surprise: affinity that names
//! nodes by `metadata.name` makes the scheduler look at these alone, and the others are reported as
//! `node(s) didn't satisfy plugin(s) [NodeAffinity]`.

use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::rules::scheduler::placement::selector::label;

/// `RequiredNodeAffinity.Match`
pub fn matches(pod: &PodRequest, node: &NodeInfo) -> bool {
    pod.node_selector.iter().all(|(key, value)| label(&node.labels, *key) == Some(*value))
        && pod
            .required_nodes
            .as_ref()
            .is_none_or(|terms| terms.iter().any(|term| term.matches(node.name, &node.labels)))
}

pub fn filter(pod: &PodRequest, node: &NodeInfo, reasons: &mut Vec<Reason>) -> Result<(), Rejection> {
    if matches(pod, node) {
        return Ok(());
    }
    reasons.push(Reason::NodeAffinity);
    Err(Rejection { plugin: Plugin::NodeAffinity, unresolvable: true })
}

/// The sum of the weights of the preferred terms that match.
pub fn score(pod: &PodRequest, node: &NodeInfo) -> i64 {
    let matching = pod.preferred_nodes.iter().filter(|(_, term)| term.matches(node.name, &node.labels));
    matching.map(|(weight, _)| weight).sum()
}
