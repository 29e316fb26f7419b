//! The disruption controller: how many pods each PodDisruptionBudget still lets go.
//!
//! Source: `addPod`, `getPdbForPod`, `sync`, `trySync`, `failSafe` in pkg/controller/disruption/disruption.go (v1.36.3). What a
//! budget comes to is law ([`crate::rules::controllers::disruption`]). Where the real controller lists the pods under a budget at
//! each look, this one counts them as it hears of them.

use super::budgets::seen;
use super::work::{add, tell};
use crate::actors::api_server;
use crate::api::IntOrPercent;
use crate::api::disruption::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::disruption::{self as rule, LetGo, Scale, Selected};
use crate::rules::controllers::told::Told;
use crate::world::budgets::{Boss, Seen};
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::{BudgetId, ObjectKey};
use crate::world::{PodId, World};

/// News has come of a budget, or of a pod.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::PodDisruptionBudget(id) => {
            let generation = w.workloads.budgets[id.ix()].object.meta.generation;
            let under = w.controllers.disruption.under(id);
            under.looks_around |= under.generation != generation;
            under.generation = generation;
            add(w, Controller::Disruption, key);
        }
        ObjectKey::Pod(pod) => pod_changed(w, pod),
        _ => {}
    }
}

fn pod_changed(w: &mut World, pod: PodId) {
    let now = seen(w, pod);
    w.controllers.disruption.hear(pod, now);
    let own = w.workloads.budgets_over(&w.pods[pod.ix()]);
    // One whose labels have changed may stand under others.
    let moved = w.pods[pod.ix()].metadata_changes > 0;
    let all = if moved { BudgetId::all(w.workloads.budgets.len()).collect() } else { own.clone() };
    for id in all {
        let is_own = own.contains(&id);
        let under = w.controllers.disruption.under(id);
        if is_own || under.pods.contains_key(&pod) {
            under.seat(pod, now.filter(|_| is_own));
        }
    }
    let nags = own.len() > 1 || own.iter().any(|id| complains(w, *id));
    w.controllers.disruption.nags[pod.ix()] = nags && now.is_some();
    let Some(chosen) = choose(w, pod, &own) else { return };
    add(w, Controller::Disruption, ObjectKey::PodDisruptionBudget(chosen));
}

/// One of the budgets over a pod is looked at; of several any, and that is told. The real one takes what its index's map gives
/// first, which differs from look to look; here it is the oldest.
fn choose(w: &mut World, pod: PodId, own: &[BudgetId]) -> Option<BudgetId> {
    let chosen = *own.first()?;
    if own.len() > 1 {
        let (ident, name) = (w.pods[pod.ix()].ident, w.workloads.budgets[chosen.ix()].object.meta.name);
        let message = format!(
            "Pod {:?}/{:?} matches multiple PodDisruptionBudgets.  Chose {:?} arbitrarily.",
            ident.namespace.as_str(),
            ident.name.to_string(),
            name.as_str()
        );
        told(w, ObjectKey::Pod(pod), Told::warning("MultiplePodDisruptionBudgets", message));
    }
    Some(chosen)
}

/// Each look at the budget says something against its pods.
fn complains(w: &World, id: BudgetId) -> bool {
    let Some(under) = w.controllers.disruption.under.get(id.ix()) else { return false };
    let spec = &w.workloads.budgets[id.ix()].object.spec;
    let by_scale =
        spec.max_unavailable.is_some() || matches!(spec.min_available, Some(IntOrPercent::Percent(_)));
    by_scale && under.bosses.keys().any(|boss| !matches!(scale(w, *boss), Some((_, Scale::Of(_)))))
}

/// Whose scale counts for pods of a controller, and what it is; None: nobody controls them.
fn scale(w: &World, boss: Boss) -> Option<(Boss, Scale)> {
    let Boss::Known(key) = boss else { return (boss == Boss::Stranger).then_some((boss, Scale::Gone)) };
    let Some(held) = w.workloads.held(key).filter(|held| held.exists()) else {
        return Some((boss, Scale::Gone));
    };
    let top = w.workloads.controller(key).filter(|top| matches!(top, ObjectKey::Deployment(_)));
    let above = top.and_then(|top| Some((top, w.workloads.held(top).filter(|held| held.exists())?)));
    Some(match (held.object_type(), above) {
        (ObjectType::ReplicaSet, Some((top, deployment))) => {
            (Boss::Known(top), Scale::Of(deployment.wants()))
        }
        (ObjectType::DaemonSet, _) => (boss, Scale::NoneOf("daemonsets.apps")),
        (ObjectType::Job, _) => (boss, Scale::NoneOf("jobs.batch")),
        _ => (boss, Scale::Of(held.wants())),
    })
}

/// The worker takes a budget.
pub fn look(w: &mut World, id: BudgetId) -> Option<(Script, Vec<Request>)> {
    if !w.workloads.budgets[id.ix()].exists {
        return None;
    }
    look_around(w, id);
    let under = w.controllers.disruption.under(id).clone();
    let selected = Selected {
        pods: i32::try_from(under.pods.len()).unwrap_or(i32::MAX),
        healthy: under.healthy,
        any_is_unmanaged: under.bosses.contains_key(&Boss::Nobody),
    };
    let held = &w.workloads.budgets[id.ix()];
    let scales = || {
        rule::expected_scale(under.bosses.keys().filter_map(|boss| {
            let (key, scale) = scale(w, *boss)?;
            let one = under.pods.iter().find(|(_, seen)| seen.boss == *boss);
            let pod = one.map_or_else(String::new, |(pod, _)| w.pods[pod.ix()].ident.name.to_string());
            Some((pod, key, scale))
        }))
    };
    let let_go = |name: &str| {
        let Seen { ready, is_going, .. } = *under.pods.get(held.beside.let_go.get(name)?)?;
        Some(LetGo { ready, is_going })
    };
    let seen = rule::look(&held.object, selected, scales, let_go, w.now);
    let (version, namespace) = (held.object.meta.resource_version, held.object.meta.namespace);
    let overdue: Vec<PodId> =
        seen.not_deleted.iter().filter_map(|name| held.beside.let_go.get(name).copied()).collect();
    for event in seen.events {
        told(w, ObjectKey::PodDisruptionBudget(id), event);
    }
    for pod in overdue {
        told(w, ObjectKey::Pod(pod), rule::not_deleted(namespace));
    }
    let writes = seen.status.map(|status| Request::SetBudget(id, Box::new(status), version));
    Some((Script::Budget(seen.again), writes.into_iter().collect()))
}

fn told(w: &mut World, about: ObjectKey, event: Told) {
    tell(w, Controller::Disruption, about, event.kind, event.reason, event.message.into());
}

/// A budget that is new, or selects others, looks at all pods.
fn look_around(w: &mut World, id: BudgetId) {
    if !std::mem::take(&mut w.controllers.disruption.under(id).looks_around) {
        return;
    }
    for pod in PodId::all(w.pods.len()) {
        let p = &w.pods[pod.ix()];
        let is_own = p.exists && w.workloads.budgets_over(p).contains(&id);
        // Of pods that no budget has selected nobody had to hear before.
        if is_own && w.controllers.disruption.of(pod).is_none() {
            let now = seen(w, pod);
            w.controllers.disruption.hear(pod, now);
        }
        let heard = w.controllers.disruption.of(pod).filter(|_| is_own);
        let under = w.controllers.disruption.under(id);
        if heard.is_some() || under.pods.contains_key(&pod) {
            under.seat(pod, heard);
        }
    }
    let nags = complains(w, id);
    let pods: Vec<PodId> = w.controllers.disruption.under(id).pods.keys().copied().collect();
    for pod in pods {
        w.controllers.disruption.nags[pod.ix()] |= nags;
    }
}

/// PUT of a budget's status, which fails where somebody else has written it since.
pub fn set_status(
    w: &mut World,
    id: BudgetId,
    status: PodDisruptionBudgetStatus,
    written: u64,
) -> Option<String> {
    let held = &w.workloads.budgets[id.ix()];
    let name = held.object.meta.name;
    if !held.exists {
        return Some(format!("poddisruptionbudgets.policy \"{name}\" not found"));
    }
    if held.object.meta.resource_version != written {
        return Some(format!(
            "Operation cannot be fulfilled on poddisruptionbudgets.policy \"{name}\": the object has been modified; please \
             apply your changes to the latest version and try again"
        ));
    }
    api_server::update_status_of(w, id, |own: &mut PodDisruptionBudget| own.status = status);
    None
}
