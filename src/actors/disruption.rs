//! The disruption controller: how many pods each PodDisruptionBudget still lets go
//! (pkg/controller/disruption/disruption.go).

use crate::api::{Sym, Tri};
use crate::rules::placement::Budget;
use crate::rules::placement::selector::{Selector, labels};
use crate::scenario::plan::{ObjectKind, ObjectPlan};
use crate::world::{PodId, World};

/// A budget as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    pub name: Sym,
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

/// Every budget that exists. Pods that are being deleted count as expected, not as healthy.
pub fn standings(w: &World) -> Vec<Standing> {
    let budgets = w.objects.iter().filter(|object| object.exists).map(|object| &w.plan.objects[object.plan]);
    budgets
        .filter(|plan| plan.kind == ObjectKind::PodDisruptionBudget)
        .map(|plan| standing(w, plan))
        .collect()
}

fn standing(w: &World, plan: &ObjectPlan) -> Standing {
    let mut selector = Selector::compile(None);
    for (key, value) in &plan.match_labels {
        selector.require(Sym::new(key), Sym::new(value));
    }
    let (mut expected, mut healthy) = (0, 0);
    for p in w.pods.iter().filter(|p| p.exists && p.ident.namespace == plan.namespace) {
        if !selector.matches(&labels(&p.labels)) || p.status.phase.is_terminal() {
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
    Standing { name: plan.name, namespace: plan.namespace, selector, expected, healthy, desired }
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

/// The budgets that cover a pod.
pub fn covering(w: &World, pod: PodId) -> Vec<Standing> {
    let p = &w.pods[pod.ix()];
    let own = labels(&p.labels);
    standings(w)
        .into_iter()
        .filter(|s| s.namespace == p.ident.namespace && s.selector.matches(&own))
        .collect()
}
