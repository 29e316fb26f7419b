//! Which of the feasible nodes is best: the plugins' scores, each brought to 0 to 100 and weighed.
//!
//! Source: pkg/scheduler/framework/runtime/framework.go (`RunScorePlugins`),
//! pkg/scheduler/framework/plugins/helper/normalize_score.go, weights of default_plugins.go, 1.36.2.

use super::cluster::NodeIx;
use super::cycle::Cycle;
use super::{
    image_locality, inter_pod_affinity, node_affinity, node_resources, pod_topology_spread, taint_toleration,
};

const TAINT_TOLERATION: i64 = 3;
const NODE_AFFINITY: i64 = 2;
pub(super) const POD_TOPOLOGY_SPREAD: i64 = 2;
const INTER_POD_AFFINITY: i64 = 2;

/// The weighted sum of all scores of each node. What would be the same for every node is left out.
pub(super) fn totals(cycle: &Cycle<'_>, feasible: &[NodeIx]) -> Vec<i64> {
    let (cluster, pod) = (cycle.cluster, cycle.pod);
    let node = |ix: &NodeIx| &cluster.nodes[*ix as usize];
    let judges_balance = node_resources::judges_balance(pod, &cluster.gates);
    let mut totals: Vec<i64> = feasible
        .iter()
        .map(|ix| {
            let node = node(ix);
            let balanced =
                if judges_balance { node_resources::balanced(pod, node, &cluster.gates) } else { 0 };
            node_resources::least_allocated(pod, node)
                + balanced
                + image_locality::score(pod, node, &cluster.images, cluster.len())
        })
        .collect();
    let mut add = |scores: Vec<i64>, weight: i64| {
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += weight * score;
        }
    };
    if cluster.soft_taints {
        let raw = feasible.iter().map(|ix| taint_toleration::score(pod, node(ix))).collect();
        add(normalized(raw, true), TAINT_TOLERATION);
    }
    if !pod.preferred_nodes.is_empty() {
        let raw = feasible.iter().map(|ix| node_affinity::score(pod, node(ix))).collect();
        add(normalized(raw, false), NODE_AFFINITY);
    }
    if let Some(scores) = pod_topology_spread::scores(cluster, pod, feasible) {
        add(scores, POD_TOPOLOGY_SPREAD);
    }
    if let Some(scores) = inter_pod_affinity::scores(cluster, pod, feasible) {
        add(scores, INTER_POD_AFFINITY);
    }
    totals
}

/// `DefaultNormalizeScore`: the largest becomes 100; `reverse` turns the scale round.
fn normalized(mut scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let max = scores.iter().copied().max().unwrap_or(0);
    for score in &mut scores {
        let share = if max == 0 { 0 } else { 100 * *score / max };
        *score = if reverse { 100 - share } else { share };
    }
    scores
}
