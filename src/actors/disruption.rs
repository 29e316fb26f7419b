//! The disruption controller: how many pods each PodDisruptionBudget still lets go
//! (pkg/controller/disruption/disruption.go).

use crate::api::spec::LabelSelector;
use crate::api::{Phase, Sym, Tri};
use crate::rules::scheduler::placement::Budget;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::scenario::plan::ObjectKind;
use crate::world::{PodId, World};

/// A budget as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its place among the plan's objects.
    pub plan: usize,
    pub namespace: Sym,
    pub selector: Selector,
    pub expected: i32,
    pub healthy: i32,
    pub desired: i32,
}

impl Standing {
    pub fn allowed(&self) -> i32 {
        if self.expected > 0 { (self.healthy - self.desired).max(0) } else { 0 }
    }
}

/// Every budget that exists and is described. Pods that are being deleted count as expected, not as healthy.
pub fn standings(w: &World) -> Vec<Standing> {
    let described = w.objects.iter().take(w.plan.objects.len()).enumerate();
    described
        .filter(|(_, object)| object.exists && object.kind == ObjectKind::PodDisruptionBudget)
        .map(|(ix, _)| standing(w, ix))
        .collect()
}

fn standing(w: &World, ix: usize) -> Standing {
    let plan = &w.plan.objects[ix];
    let mut selector = Selector::compile(Some(&LabelSelector::default()));
    for (key, value) in &plan.match_labels {
        selector.require(Sym::new(key), Sym::new(value));
    }
    let (mut expected, mut healthy) = (0, 0);
    for p in w.pods.iter().filter(|p| p.exists && p.ident.namespace == plan.namespace) {
        if !selector.matches(&labels(&p.labels)) || p.status.phase().is_terminal() {
            continue;
        }
        expected += 1;
        let ready = p.status.condition(Sym::READY).is_some_and(|c| c.status == Tri::True);
        healthy += i32::from(ready && p.deletion.is_none());
    }
    let desired = match (&plan.min_available, &plan.max_unavailable) {
        (Some(least), _) => scaled(least, expected),
        (None, Some(most)) => (expected - scaled(most, expected)).max(0),
        (None, None) => expected - 1,
    };
    Standing { plan: ix, namespace: plan.namespace, selector, expected, healthy, desired }
}

/// A number, or a percentage rounded up (`GetScaledValueFromIntOrPercent`).
fn scaled(value: &str, of: i32) -> i32 {
    match value.strip_suffix('%').map(str::parse::<i32>) {
        Some(Ok(percent)) => (of * percent + 99) / 100,
        _ => value.parse().unwrap_or(0),
    }
}

/// The budgets as preemption asks for them.
pub fn budgets(w: &World) -> Vec<Budget> {
    standings(w)
        .into_iter()
        .map(|s| Budget {
            namespace: s.namespace,
            allowed: s.allowed(),
            selector: s.selector,
            disrupted: Vec::new(),
        })
        .collect()
}

/// Whether the eviction subresource lets a pod go; else kubectl's words.
///
/// `checkAndDecrement` (pkg/registry/core/pod/storage/eviction.go): pods that have not begun, have ended or are being deleted
/// are let go; one that is not ready goes while its budget is healthy without it.
///
/// # Errors
/// What kubectl prints of the API server's answer.
pub fn may_evict(w: &World, pod: PodId) -> Result<(), String> {
    let p = &w.pods[pod.ix()];
    if p.deletion.is_some() || p.status.phase().is_terminal() || p.status.phase() == Phase::Pending {
        return Ok(());
    }
    let own = labels(&p.labels);
    let mut covering =
        standings(w).into_iter().filter(|s| s.namespace == p.ident.namespace && s.selector.matches(&own));
    let Some(budget) = covering.next() else { return Ok(()) };
    if covering.next().is_some() {
        return Err(
            "Error from server (InternalError): This pod has more than one PodDisruptionBudget, which the \
                    eviction subresource does not support."
                .to_owned(),
        );
    }
    let ready = p.status.condition(Sym::READY).is_some_and(|c| c.status == Tri::True);
    let healthy_without = !ready && budget.desired > 0 && budget.healthy >= budget.desired;
    if healthy_without || budget.allowed() > 0 {
        return Ok(());
    }
    Err("Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget."
        .to_owned())
}
