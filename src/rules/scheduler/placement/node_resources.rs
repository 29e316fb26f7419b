//! NodeResourcesFit and NodeResourcesBalancedAllocation: room, and how well it is used.
//!
//! Source: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated,balanced_allocation,resource_allocation}.go,
//! 1.36.2 (and 1.32.13 where a version is compared). The surprises: several resources are reported at once; only what a
//! pod asks for is looked at; since 1.34 a request above what the node has at all is something that no preemption helps;
//! since 1.36 balance is judged by how the pod changes it.

use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::Sym;
use crate::rules::versions::gates::Gates;

/// `fitsRequest`
pub fn filter(
    pod: &PodRequest,
    node: &NodeInfo,
    gates: &Gates,
    reasons: &mut Vec<Reason>,
) -> Result<(), Rejection> {
    let asked = &pod.requests.asked;
    let (has, used) = (&node.allocatable, &node.requested);
    let before = reasons.len();
    let mut too_large = false;
    if i64::from(node.pod_count) + 1 > node.allowed_pods {
        reasons.push(Reason::TooManyPods);
    }
    if !asked.is_none() {
        let mut check = |name: Sym, asked: i64, has: i64, used: i64| {
            if asked > 0 && asked > has.wrapping_sub(used) {
                reasons.push(Reason::Insufficient(name));
                too_large |= asked > has;
            }
        };
        check(Sym::CPU, asked.milli_cpu, has.milli_cpu, used.milli_cpu);
        check(Sym::MEMORY, asked.memory, has.memory, used.memory);
        check(Sym::EPHEMERAL_STORAGE, asked.ephemeral, has.ephemeral, used.ephemeral);
        for (name, amount) in &asked.scalars {
            check(*name, *amount, has.scalar(*name), used.scalar(*name));
        }
    }
    if reasons.len() == before {
        return Ok(());
    }
    let unresolvable = too_large && gates.habits.too_large_is_hopeless;
    Err(Rejection { plugin: Plugin::NodeResourcesFit, unresolvable })
}

/// The same question without the reasons.
pub fn fits(pod: &PodRequest, node: &NodeInfo) -> bool {
    let asked = &pod.requests.asked;
    let (has, used) = (&node.allocatable, &node.requested);
    let fits = |asked: i64, has: i64, used: i64| asked <= 0 || asked <= has.wrapping_sub(used);
    i64::from(node.pod_count) < node.allowed_pods
        && fits(asked.milli_cpu, has.milli_cpu, used.milli_cpu)
        && fits(asked.memory, has.memory, used.memory)
        && fits(asked.ephemeral, has.ephemeral, used.ephemeral)
        && asked.scalars.iter().all(|(name, amount)| fits(*amount, has.scalar(*name), used.scalar(*name)))
}

/// Whether the pod would have room if it were alone on the node (`isFit`, a queueing hint's question).
pub fn has_room_when_empty(pod: &PodRequest, node: &NodeInfo) -> bool {
    let asked = &pod.requests.asked;
    let has = &node.allocatable;
    node.allowed_pods > 0
        && asked.milli_cpu <= has.milli_cpu
        && asked.memory <= has.memory
        && asked.ephemeral <= has.ephemeral
        && asked.scalars.iter().all(|(name, amount)| *amount <= has.scalar(*name))
}

/// LeastAllocated over cpu and memory, of equal weight: the free share in hundredths, with containers that ask for
/// nothing counted at their default.
pub fn least_allocated(pod: &PodRequest, node: &NodeInfo) -> i64 {
    // `leastRequestedScore`: of more than 92 PB the hundredths wrap.
    let share = |has: i64, scored: i64, own: i64| {
        let wanted = scored.wrapping_add(own);
        let free = || if wanted > has { 0 } else { has.wrapping_sub(wanted).wrapping_mul(100) / has };
        (has > 0).then(free)
    };
    let cpu = share(node.allocatable.milli_cpu, node.scored_milli_cpu, pod.requests.scored_milli_cpu);
    let memory = share(node.allocatable.memory, node.scored_memory, pod.requests.scored_memory);
    match (cpu, memory) {
        (Some(cpu), Some(memory)) => (cpu + memory) / 2,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => 0,
    }
}

/// How alike the used shares of cpu and memory would be.
pub fn balanced(pod: &PodRequest, node: &NodeInfo, gates: &Gates) -> i64 {
    let asked = &pod.requests.asked;
    let with = balance(node, asked.milli_cpu, asked.memory);
    if !gates.habits.judges_change_of_balance {
        return with;
    }
    50 + (50 + with - balance(node, 0, 0)) / 2
}

/// Whether balance is judged for this pod at all: since 1.33 not for one that asks for nothing (`isBestEffortPod`).
pub fn judges_balance(pod: &PodRequest, gates: &Gates) -> bool {
    let asked = &pod.requests.asked;
    !gates.habits.balance_spares_best_effort || asked.milli_cpu != 0 || asked.memory != 0
}

/// `balancedResourceScore`. The only floating point among the rules: upstream's, division and truncation alone, which
/// are the same bits on every machine.
fn balance(node: &NodeInfo, milli_cpu: i64, memory: i64) -> i64 {
    let share = |has: i64, wanted: i64| (has != 0).then(|| (wanted as f64 / has as f64).min(1.0));
    let cpu = share(node.allocatable.milli_cpu, node.requested.milli_cpu.wrapping_add(milli_cpu));
    let memory = share(node.allocatable.memory, node.requested.memory.wrapping_add(memory));
    let deviation = match (cpu, memory) {
        (Some(cpu), Some(memory)) => ((cpu - memory) / 2.0).abs(),
        _ => 0.0,
    };
    ((1.0 - deviation) * 100.0) as i64
}
