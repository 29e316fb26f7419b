//! What in an object cannot be true together.
//!
//! The kubelet writes phase, conditions and container statuses in one go, so what our rules compute from the container
//! statuses must be what the object shows beside them. Times, names and owners are compared as well.

use super::{Subject, ago, listed};
use crate::api::wire::Pod;
use crate::api::{ContainerState, ContainerStatus, Phase, Sym, Tri};
use crate::rules::kubelet::conditions;
use crate::rules::kubelet::phase::{PhaseFacts, phase};
use crate::rules::kubelet::pod::{PodView, Statuses, is_static};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

pub fn find(subject: &Subject, now: Time, gates: &Gates) -> Vec<String> {
    let pod = &subject.pod;
    let mut found = Vec::new();
    phase_and_containers(pod, gates, &mut found);
    shown_conditions(pod, gates, &mut found);
    for status in pod.status.init.iter().chain(&pod.status.containers).chain(&pod.status.ephemeral) {
        one_container(status, now, &mut found);
    }
    names(pod, &mut found);
    scheduling(pod, &mut found);
    times(pod, now, &mut found);
    if !subject.removed {
        overdue(pod, now, &mut found);
    }
    found
}

fn phase_and_containers(pod: &Pod, gates: &Gates, found: &mut Vec<String>) {
    let status = &pod.status;
    let shown = status.phase;
    let running: Vec<&str> =
        status.containers.iter().filter(|s| s.state.is_running()).map(|s| s.name.as_str()).collect();
    if shown.is_terminal() {
        if !running.is_empty() {
            let runs = if running.len() == 1 { "runs" } else { "run" };
            found.push(format!("phase {shown} is final, but {} still {runs}", listed(&running)));
        }
        let failed: Vec<&str> = status
            .containers
            .iter()
            .filter(|s| s.state.terminated().is_some_and(|ended| ended.exit_code != 0))
            .map(|s| s.name.as_str())
            .collect();
        if shown == Phase::Succeeded && !failed.is_empty() {
            found.push(format!("phase Succeeded, but {} ended in failure", listed(&failed)));
        }
        return;
    }
    if status.containers.is_empty() && status.init.is_empty() {
        return;
    }
    let computed = |is_terminal: bool, has_initialized: bool| {
        let facts = PhaseFacts { is_terminal, has_initialized, is_static: is_static(&pod.meta) };
        phase(&pod.spec, Statuses::new(&status.containers, &status.init), facts, gates)
    };
    // What the object does not hold: whether a container was made in this very sandbox, and whether the end has begun. A final
    // phase is shown only when nothing can run any more, so an object may be a moment behind.
    let possible = [(false, true), (false, false), (true, true), (true, false)].map(|(t, i)| computed(t, i));
    if !possible.iter().any(|phase| *phase == shown || phase.is_terminal()) {
        found.push(format!("phase {shown}, but the states of the containers make it {}", possible[0]));
    }
}

fn shown_conditions(pod: &Pod, gates: &Gates, found: &mut Vec<String>) {
    let status = &pod.status;
    for (index, condition) in status.conditions.iter().enumerate() {
        if status.conditions[..index].iter().any(|other| other.kind == condition.kind) {
            found.push(format!("condition {} stands twice", condition.kind));
        }
    }
    let is_true = |kind: Sym| status.condition_is_true(kind);
    if is_true(Sym::READY) && status.condition(Sym::CONTAINERS_READY).is_some_and(|c| c.status != Tri::True) {
        found.push("Ready is True although ContainersReady is not".to_owned());
    }
    if status.phase.is_terminal() && is_true(Sym::READY) {
        found.push(format!("Ready is True although the pod is {}", status.phase));
    }
    if status.containers.is_empty() {
        return;
    }
    let view = PodView::of(pod);
    let known = Some(Statuses::new(&status.init, &status.containers));
    let containers_ready = conditions::containers_ready(&view, status, known, status.phase, gates);
    let ready = conditions::ready(&view, status, &containers_ready, &status.conditions, gates);
    let initialized = conditions::initialized(&view, status, known, status.phase, gates);
    for computed in [initialized, containers_ready, ready] {
        let Some(shown) = status.condition(computed.kind) else { continue };
        // A final phase is held back until nothing can run any more; its conditions are not.
        let runs_ahead = matches!(shown.reason, Sym::POD_FAILED | Sym::POD_COMPLETED);
        if shown.status == computed.status || runs_ahead {
            continue;
        }
        if computed.kind == Sym::READY && computed.status == Tri::True && shown.status != Tri::True {
            found.push(format!(
                "Ready is {} although every container is: the node controller writes that alone when a node is lost",
                shown.status
            ));
        } else {
            let (kind, mine, theirs) = (computed.kind, computed.status, shown.status);
            found.push(format!("{kind} is {theirs}, but the states of the containers make it {mine}"));
        }
    }
}

fn one_container(status: &ContainerStatus, now: Time, found: &mut Vec<String>) {
    let name = status.name;
    // A regular init container is ready when it has ended well.
    let ended_well = status.state.terminated().is_some_and(|ended| ended.exit_code == 0);
    if status.ready && !status.state.is_running() && !ended_well {
        found.push(format!("container {name} is ready but does not run"));
    }
    if status.ready && status.state.is_running() && status.started == Some(false) {
        found.push(format!("container {name} is ready but has not started"));
    }
    for state in [&status.state, &status.last_state] {
        match state {
            ContainerState::Terminated(ended) => {
                if let (Some(started), Some(finished)) = (ended.started_at, ended.finished_at)
                    && finished < started
                {
                    found.push(format!("container {name} ended before it started"));
                }
                in_future(&format!("the end of container {name}"), ended.finished_at, now, found);
            }
            ContainerState::Running { started_at } => {
                in_future(&format!("the start of container {name}"), *started_at, now, found);
            }
            ContainerState::Waiting { .. } | ContainerState::Unset => {}
        }
    }
    if let (Some(ended), ContainerState::Running { started_at: Some(started) }) =
        (status.last_state.terminated().and_then(|ended| ended.finished_at), &status.state)
        && *started < ended
    {
        found.push(format!("container {name} runs since before its last run ended"));
    }
}

/// Clocks differ by a little.
const SKEW: Span = Span::from_secs(5);

fn in_future(what: &str, at: Option<Time>, now: Time, found: &mut Vec<String>) {
    if let Some(at) = at.filter(|at| *at > now + SKEW) {
        found.push(format!("{what}, {}, has not come yet", at.rfc3339_secs()));
    }
}

fn names(pod: &Pod, found: &mut Vec<String>) {
    let lists = [
        ("init container", &pod.spec.init_containers, &pod.status.init),
        ("container", &pod.spec.containers, &pod.status.containers),
    ];
    for (what, containers, statuses) in lists {
        for status in statuses {
            if !containers.iter().any(|container| container.name == status.name) {
                found.push(format!("a status for {what} {}, which the spec does not have", status.name));
            }
        }
        if statuses.is_empty() {
            continue;
        }
        for container in containers {
            if !statuses.iter().any(|status| status.name == container.name) {
                found.push(format!("no status for {what} {}, though others have one", container.name));
            }
        }
    }
}

fn scheduling(pod: &Pod, found: &mut Vec<String>) {
    let Some(scheduled) = pod.status.condition(Sym::POD_SCHEDULED) else { return };
    let has_node = !pod.spec.node_name.is_empty();
    if scheduled.status == Tri::True && !has_node {
        found.push("PodScheduled is True, but the pod has no node".to_owned());
    }
    if scheduled.status == Tri::False && has_node {
        found.push(format!("PodScheduled is False, but the pod is on node {}", pod.spec.node_name));
    }
}

fn times(pod: &Pod, now: Time, found: &mut Vec<String>) {
    let created = pod.created();
    // The object of a static pod is made when the kubelet has long begun with the pod itself.
    if let (Some(created), Some(start)) = (created, pod.status.start_time)
        && start + SKEW < created
        && !is_static(&pod.meta)
    {
        found.push("the kubelet began with the pod before it was created".to_owned());
    }
    in_future("its creation", created, now, found);
    for condition in &pod.status.conditions {
        in_future(&format!("the change of {}", condition.kind), condition.last_transition, now, found);
    }
}

/// The newest instant that the object speaks of as past; a deletion was asked for its grace period before its time is up.
fn newest_instant(pod: &Pod) -> Option<Time> {
    let status = &pod.status;
    let grace = Span::from_secs(pod.meta.deletion_grace_period_seconds.unwrap_or(0));
    let asked = pod.deletion().map(|deletion| deletion - grace);
    let conditions = status.conditions.iter().filter_map(|condition| condition.last_transition);
    let containers = status.init.iter().chain(&status.containers).chain(&status.ephemeral);
    let states = containers.flat_map(|own| [&own.state, &own.last_state]).filter_map(|state| match state {
        ContainerState::Running { started_at } => *started_at,
        ContainerState::Terminated(ended) => ended.finished_at.or(ended.started_at),
        _ => None,
    });
    conditions.chain(states).chain(asked).chain(pod.created()).chain(status.start_time).max()
}

/// A pod that should be gone.
fn overdue(pod: &Pod, now: Time, found: &mut Vec<String>) {
    let Some(deletion) = pod.deletion() else { return };
    if deletion + Span::from_secs(30) >= now {
        return;
    }
    let since = ago(deletion, now);
    // An object that knows of nothing later may have been printed before its time was up.
    let newest = newest_instant(pod);
    if newest.is_some_and(|newest| newest <= deletion) && pod.meta.finalizers.is_empty() {
        let newest = newest.map_or_else(String::new, Time::rfc3339_secs);
        found.push(format!(
            "its time to be gone was {since}, and nothing in the object is newer than {newest}: if it is still there, the kubelet \
             of node {} does not answer, or a container cannot be killed; if this was printed back then, all is well",
            if pod.spec.node_name.is_empty() { "<none>" } else { pod.spec.node_name.as_str() }
        ));
        return;
    }
    if pod.meta.finalizers.is_empty() {
        found.push(format!(
            "its time to be gone was {since}: the kubelet of node {} does not answer, or a container cannot be killed",
            if pod.spec.node_name.is_empty() { "<none>" } else { pod.spec.node_name.as_str() }
        ));
    } else {
        let finalizers: Vec<&str> = pod.meta.finalizers.iter().map(String::as_str).collect();
        found.push(format!("its time to be gone was {since}, but it waits for {}", listed(&finalizers)));
    }
}
