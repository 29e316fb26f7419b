//! TaintToleration: hard taints keep a pod away, soft ones make a node less liked.
//!
//! Source: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go,
//! staging/src/k8s.io/api/core/v1/toleration.go (`ToleratesTaint`), 1.36.2. Since 1.34 the text no longer names the
//! taint.

use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::spec::Toleration;
use crate::api::{Effect, Taint};
use crate::rules::versions::gates::Gates;

/// `ToleratesTaint`: an empty effect means all, an empty key with `Exists` too. `Lt` and `Gt` compare whole numbers;
/// they can only have come in where their gate was on.
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    if toleration.effect.is_some_and(|effect| effect != taint.effect) {
        return false;
    }
    if !toleration.key.is_empty() && toleration.key != taint.key {
        return false;
    }
    let numbers = || Some((taint.value.parse::<i64>().ok()?, toleration.value.parse::<i64>().ok()?));
    match &*toleration.operator {
        "" | "Equal" => toleration.value == taint.value,
        "Exists" => true,
        "Lt" => numbers().is_some_and(|(taint, toleration)| taint < toleration),
        "Gt" => numbers().is_some_and(|(taint, toleration)| taint > toleration),
        _ => false,
    }
}

/// The first taint that forbids scheduling and that no toleration covers (`FindMatchingUntoleratedTaint`).
pub fn untolerated(tolerations: &[Toleration], taints: &[Taint]) -> Option<Taint> {
    let hard = taints.iter().filter(|t| t.effect != Effect::PreferNoSchedule);
    hard.copied().find(|taint| !tolerations.iter().any(|t| tolerates(t, taint)))
}

pub fn filter(
    pod: &PodRequest,
    node: &NodeInfo,
    gates: &Gates,
    reasons: &mut Vec<Reason>,
) -> Result<(), Rejection> {
    let Some(taint) = untolerated(&pod.tolerations, &node.taints) else { return Ok(()) };
    reasons.push(if gates.habits.taints_unnamed {
        Reason::Taints
    } else {
        Reason::Taint { key: taint.key, value: taint.value }
    });
    Err(Rejection { plugin: Plugin::TaintToleration, unresolvable: true })
}

/// How many soft taints the pod does not tolerate; fewer is better.
pub fn score(pod: &PodRequest, node: &NodeInfo) -> i64 {
    let soft = node.taints.iter().filter(|t| t.effect == Effect::PreferNoSchedule);
    let covers = |t: &&Toleration| t.effect.is_none_or(|effect| effect == Effect::PreferNoSchedule);
    soft.filter(|taint| !pod.tolerations.iter().filter(covers).any(|t| tolerates(t, taint))).count() as i64
}
