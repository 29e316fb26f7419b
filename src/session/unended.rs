//! What a run leaves unended, and why: rollouts, Jobs, drains, what kubectl waits for, and pods that are evicted and do not go.
//!
//! Each is told in one line, with its cause as the cluster stands at the end: the pod that is not ready with what it says of
//! itself, the words with which pods are refused, the budget that lets nobody go. The whole chain of causes is
//! [`super::why`]'s.

use super::tree;
use super::why::{numbers, patience};
use crate::api::disruption::PodDisruptionBudget;
use crate::api::stateful_set::PodManagement;
use crate::api::workload::{WorkloadCondition, WorkloadState};
use crate::api::{ContainerState, Sym, Tri};
use crate::rules::controllers::cron_schedule::Schedule;
use crate::rules::kubectl::printing;
use crate::time::Span;
use crate::world::log::Draining;
use crate::world::workloads::{CronJobId, JobId, ObjectKey, ReplicaSetId};
use crate::world::{PodId, World};

/// So many names are spelled out.
const NAMED: usize = 3;

/// A line for each thing that has not ended.
pub fn unended(w: &World) -> Vec<String> {
    let drains = w.draining.iter().filter_map(|own| drain(w, own));
    let waits = w.waiting.iter().map(|own| format!("what waits for {}", tree::name(w, own.key)));
    let rollouts = w.workloads.all().filter_map(|key| rollout(w, key));
    let evicted = evicted(w).map(|pod| format!("the eviction of {}", pod_words(w, pod)));
    drains.chain(waits).chain(rollouts).chain(evicted).collect()
}

/// A drain that still asks for pods, or waits for them to be gone.
fn drain(w: &World, own: &Draining) -> Option<String> {
    let node = w.nodes[own.node?.ix()].spec.name;
    let kept: Vec<PodId> =
        own.pods.iter().filter(|(_, waits)| waits.is_none()).map(|(pod, _)| *pod).collect();
    let going = own.pods.iter().filter(|(_, waits)| waits.is_some()).map(|(pod, _)| pod_words(w, *pod));
    let mut causes: Vec<String> = Vec::new();
    if let Some(first) = kept.first() {
        let budgets = w.workloads.budgets_over(&w.pods[first.ix()]);
        let budgets = budgets.iter().map(|id| guard(&w.workloads.budgets[id.ix()].object));
        let words = match budgets.collect::<Vec<_>>() {
            none if none.is_empty() => "is to be asked for again".to_owned(),
            all => all.join(" and "),
        };
        causes.push(format!("{} may not go, {words}", names(w, &kept)));
    }
    causes.extend(going.take(NAMED));
    let later = match own.nodes.len() {
        0 => String::new(),
        1 => "; a node comes after it".to_owned(),
        more => format!("; {more} nodes come after it"),
    };
    Some(format!("the drain of node {node}: {}{later}", causes.join("; ")))
}

/// What a budget says of evictions now. Where it needs to know how many pods there should be, those that nobody controls are
/// none (`getExpectedScale`, pkg/controller/disruption/disruption.go).
fn guard(budget: &PodDisruptionBudget) -> String {
    let (name, status) = (budget.meta.name, &budget.status);
    match status.expected_pods {
        0 => {
            format!("which poddisruptionbudget/{name} keeps: it counts none of them, as nobody controls them")
        }
        all => format!(
            "which poddisruptionbudget/{name} keeps: {} of its {all} pods are healthy, {} must be",
            status.current_healthy, status.desired_healthy
        ),
    }
}

/// `db-0, db-1 and 4 more`
fn names(w: &World, pods: &[PodId]) -> String {
    let shown = pods.iter().take(NAMED).map(|pod| w.pods[pod.ix()].ident.name.to_string());
    let shown = shown.collect::<Vec<_>>().join(", ");
    match pods.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A workload that nobody controls, or a Job, that is not what it is wanted to be.
fn rollout(w: &World, key: ObjectKey) -> Option<String> {
    let held = w.workloads.held(key).filter(|held| held.exists())?;
    let (state, _) = held.told()?;
    let cause = match key {
        ObjectKey::Job(id) if state == WorkloadState::Progressing => job(w, id),
        ObjectKey::CronJob(id) if state != WorkloadState::Suspended => first_time(w, id)?,
        ObjectKey::Job(_) | ObjectKey::CronJob(_) => return None,
        _ if w.workloads.controller(key).is_some() => return None,
        _ if matches!(state, WorkloadState::Progressing | WorkloadState::Failed) => of_pods(w, key)?,
        _ => return None,
    };
    let word = if state == WorkloadState::Failed { " (Failed)" } else { "" };
    Some(format!("{}{word}: {cause}", tree::name(w, key)))
}

/// When a CronJob that has made nothing yet makes its first Job: a run may be over before.
fn first_time(w: &World, id: CronJobId) -> Option<String> {
    let own = &w.workloads.cron_jobs[id.ix()].object;
    if own.status.last_schedule_time.is_some() {
        return None;
    }
    let schedule = Schedule::of(own.spec.schedule.as_str(), own.spec.time_zone.map(Sym::as_str)).ok()?;
    let first = schedule.next(w.now)?;
    let after = Span::from_secs(first.since(w.plan.start).secs());
    Some(format!(
        "none of its times has come; the first is {}, {after} after the start",
        first.rfc3339_secs()
    ))
}

/// What a Job waits for.
fn job(w: &World, id: JobId) -> String {
    let (key, own) = (ObjectKey::Job(id), &w.workloads.jobs[id.ix()].object);
    if !own.is_kept_here() {
        return format!("it is for {} to keep it, and nobody plays that", own.spec.managed_by);
    }
    let pods = pods_of(w, key);
    let stand = tree::figures(w, key).map_or_else(String::new, |figures| numbers(&figures));
    let bears = patience(w, own, &pods, w.plan.start);
    let rest = w.controllers.jobs.get(id.ix()).map_or(Span::ZERO, |memory| memory.record.rest(w.now));
    let is_open = |pod: &&PodId| !w.pods[pod.ix()].status.phase().is_terminal();
    let cause = match pods.iter().filter(is_open).min_by_key(|pod| is_ready(w, **pod)) {
        Some(pod) => pod_words(w, *pod),
        None if rest > Span::ZERO => format!("its next pod is made in {}s", rest.micros() / 1_000_000),
        None => "it has no pod".to_owned(),
    };
    format!("{stand}; {cause}; {bears}")
}

/// What a workload's pods are about.
fn of_pods(w: &World, key: ObjectKey) -> Option<String> {
    let stand = numbers(&tree::figures(w, key)?);
    let maker = match key {
        ObjectKey::Deployment(_) => newest(w, key).map(ObjectKey::ReplicaSet),
        key => Some(key),
    };
    let Some(maker) = maker else { return Some(format!("{stand}; it has made no set of pods yet")) };
    if let Some(refused) = w.workloads.held(maker).and_then(|held| refusal(held.conditions())) {
        return Some(format!("{stand}; pods of {} are refused: {refused}", tree::name(w, maker)));
    }
    let waiting: Vec<PodId> = pods_of(w, maker).into_iter().filter(|pod| !is_ready(w, *pod)).collect();
    let cause = match waiting.first() {
        Some(pod) => pod_words(w, *pod),
        None => match old_pods(w, key, maker).first() {
            Some(pod) => format!("of those before it, {}", pod_words(w, *pod)),
            None => return Some(stand),
        },
    };
    let turn = if waits_in_turn(w, key) && !waiting.is_empty() { ", and the others wait for it" } else { "" };
    Some(format!("{stand}; {cause}{turn}"))
}

fn refusal(conditions: &[WorkloadCondition]) -> Option<Sym> {
    let failure = conditions.iter().find(|one| one.kind == "ReplicaFailure" && one.status == Tri::True);
    failure.map(|one| one.message)
}

/// The set of a Deployment with the highest revision.
fn newest(w: &World, key: ObjectKey) -> Option<ReplicaSetId> {
    let revision = |set: &ReplicaSetId| {
        let meta = &w.workloads.replica_sets[set.ix()].object.meta;
        meta.annotation("deployment.kubernetes.io/revision").and_then(|text| text.parse::<u64>().ok())
    };
    w.workloads.sets_of(key).into_iter().max_by_key(revision)
}

/// Pods of a Deployment's other sets.
fn old_pods(w: &World, key: ObjectKey, newest: ObjectKey) -> Vec<PodId> {
    let sets = w.workloads.sets_of(key).into_iter().map(ObjectKey::ReplicaSet);
    sets.filter(|set| *set != newest).flat_map(|set| pods_of(w, set)).collect()
}

/// The pods that an object controls, in the order of their creation.
fn pods_of(w: &World, key: ObjectKey) -> Vec<PodId> {
    let all = w.workloads.dependents.get(&key).into_iter().flatten();
    let pods = all.filter_map(|one| match one {
        ObjectKey::Pod(pod) => Some(*pod),
        _ => None,
    });
    pods.filter(|pod| w.pods[pod.ix()].exists && w.pods[pod.ix()].controller == Some(key)).collect()
}

fn is_ready(w: &World, pod: PodId) -> bool {
    w.pods[pod.ix()].status.condition_is_true(Sym::READY)
}

/// Whether it is a StatefulSet whose pods wait for one another.
fn waits_in_turn(w: &World, key: ObjectKey) -> bool {
    let ObjectKey::StatefulSet(set) = key else { return false };
    w.workloads.stateful_sets[set.ix()].object.spec.pod_management == PodManagement::OrderedReady
}

/// Pods that somebody has evicted, and that are still there; those of a drain are told of with it.
fn evicted(w: &World) -> impl Iterator<Item = PodId> {
    let all = PodId::all(w.pods.len()).filter(|pod| {
        let p = &w.pods[pod.ix()];
        p.exists && p.deletion.is_some() && p.status.condition_is_true(Sym::DISRUPTION_TARGET)
    });
    all.filter(|pod| w.draining.iter().all(|own| !own.pods.contains_key(pod)))
}

/// A pod and how it is, in its own words.
fn pod_words(w: &World, pod: PodId) -> String {
    let p = &w.pods[pod.ix()];
    let status = p.status.read();
    let word = printing::columns(&p.spec, &status, p.deletion.is_some(), &w.gates).status;
    let name = p.ident.name;
    if p.deletion.is_some() {
        let node = p.node.map(|node| &w.nodes[node.ix()]);
        return match (node, p.finalizers.first()) {
            (Some(node), _) if node.ready() != Tri::True => {
                format!("{name} is {word} on node {}, which is not Ready: nobody stops it", node.spec.name)
            }
            (_, Some(finalizer)) => format!("{name} is {word}, and is kept by its finalizer {finalizer}"),
            _ => format!("{name} is {word}"),
        };
    }
    let of = |kind: Sym| status.conditions.iter().find(|one| one.kind == kind && one.status == Tri::False);
    let said = |message: &dyn std::fmt::Display| {
        let message = message.to_string();
        if message.is_empty() { format!("{name} is {word}") } else { format!("{name} is {word}: {message}") }
    };
    if let Some(unscheduled) = of(Sym::POD_SCHEDULED) {
        return said(&unscheduled.message.show(&p.ident));
    }
    let mut all = status.init.iter().chain(&status.containers);
    let waiting = all.find_map(|one| match &one.state {
        ContainerState::Waiting { message, .. } => Some(message),
        _ => None,
    });
    if let Some(message) = waiting {
        return said(&message.show(&p.ident));
    }
    of(Sym::READY).map_or_else(|| format!("{name} is {word}"), |ready| said(&ready.message.show(&p.ident)))
}
