//! The eviction subresource of a pod (pkg/registry/core/pod/storage/eviction.go); what it answers is law
//! ([`crate::rules::api_server::eviction`]).

use super::{delete_pod, put_condition, update_status, update_status_of};
use crate::api::disruption::PodDisruptionBudget;
use crate::api::invariant::Invariant;
use crate::api::{Condition, Sym, Tri};
use crate::engine::Distribution;
use crate::rules::api_server::eviction::{Evicted, Refused, may_go};
use crate::time::Span;
use crate::world::workloads::BudgetId;
use crate::world::{PodId, Purpose, SimEvent, World};

/// From one write of an eviction to the next: of 77 recorded half 5 ms or less, one in ten 20 and more, one 83.
const WRITE: Distribution =
    Distribution::LogNormal { median: Span::from_millis(5), p95: Span::from_millis(25) };

/// Evicts a pod, if its budgets let it go: first a condition says why, in a write of its own, and then it is deleted
/// (`addConditionAndDeletePod`).
///
/// # Errors
/// A budget keeps the pod.
pub fn evict(w: &mut World, pod: PodId, grace_secs: Option<i64>) -> Result<(), Refused> {
    let p = &w.pods[pod.ix()];
    let ids = w.workloads.budgets_over(p);
    let ready = p.status.condition(Sym::READY).is_some_and(|ready| ready.status == Tri::True);
    let (name, phase) = (p.ident.name.to_string(), p.status.phase());
    let evicted = Evicted { name, phase, is_going: p.deletion.is_some(), ready };
    let budgets: Vec<&PodDisruptionBudget> =
        ids.iter().map(|id| &w.workloads.budgets[id.ix()].object).collect();
    let cost = may_go(&evicted, &budgets, w.now, &w.gates)?;
    if let (Some(budget), [id]) = (cost, ids.as_slice()) {
        pay(w, *id, budget, pod, evicted.name);
    }
    let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
        .because(Sym::EVICTION_BY_EVICTION_API, "Eviction API: evicting");
    update_status(w, pod, |s, now| put_condition(s, condition, now));
    w.evicting.insert(pod, grace_secs);
    let takes = WRITE.sample(&mut w.pod_draw(Purpose::Request, pod, w.instant()));
    w.after(takes, SimEvent::Evicted { pod });
    Ok(())
}

/// An eviction costs its budget one of the disruptions that it still allows.
pub fn pay(w: &mut World, id: BudgetId, budget: PodDisruptionBudget, pod: PodId, name: String) {
    let allowed = w.workloads.budgets[id.ix()].object.status.disruptions_allowed;
    let left = budget.status.disruptions_allowed;
    Invariant::BudgetsAreKept.holds(allowed > 0 && left == allowed - 1, || {
        format!("{allowed} of {} may go, and {left} once {name} went", budget.meta.name)
    });
    w.workloads.budgets.write(id.ix()).beside.let_go.insert(name, pod);
    update_status_of(w, id, |own: &mut PodDisruptionBudget| own.status = budget.status);
}

/// The condition of an evicted pod is stored: it is deleted.
pub fn evicted(w: &mut World, pod: PodId) {
    if let Some(grace_secs) = w.evicting.remove(&pod)
        && w.pods[pod.ix()].exists
    {
        delete_pod(w, pod, grace_secs);
    }
}
