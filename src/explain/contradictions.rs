//! What in an object cannot be true together.
//!
//! The kubelet writes phase, conditions and container statuses in one go, so what our rules compute from the container
//! statuses must be what the object shows beside them. Times, names and owners are compared as well.

use super::times::{overdue_starts, printed};
use super::{Now, Subject, ago, is_bare, listed};
use crate::api::wire::Pod;
use crate::api::{ContainerState, ContainerStatus, Phase, Sym, Tri};
use crate::rules::kubelet::conditions;
use crate::rules::kubelet::phase::{PhaseFacts, phase};
use crate::rules::kubelet::pod::{PodView, Statuses, is_static};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

pub fn find(subject: &Subject, printed: Now, gates: &Gates) -> Vec<String> {
    let (pod, now) = (&subject.pod, printed.at);
    let mut found = Vec::new();
    phase_and_containers(pod, gates, &mut found);
    shown_conditions(pod, gates, &mut found);
    for status in pod.status.init.iter().chain(&pod.status.containers).chain(&pod.status.ephemeral) {
        one_container(status, now, &mut found);
    }
    names(pod, &mut found);
    scheduling(pod, &mut found);
    times(pod, now, &mut found);
    overdue_starts(pod, gates, &mut found);
    if !subject.removed {
        overdue(pod, printed, &mut found);
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
            let verb = if running.len() == 1 { "runs" } else { "run" };
            found.push(format!("phase {shown} is final, but {} still {verb}", listed(&running)));
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
    // What a spec would make of them nobody knows that has none.
    if is_bare(pod) || (status.containers.is_empty() && status.init.is_empty()) {
        return;
    }
    let computed = |is_terminal: bool, has_initialized: bool| {
        let facts = PhaseFacts {
            is_terminal,
            has_initialized,
            is_static: crate::rules::kubelet::pod::is_static(&pod.meta),
        };
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
    if is_bare(pod) || status.containers.is_empty() {
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

/// Says that a pod in the API stands for one that its node has from elsewhere (`ConfigMirrorAnnotationKey`,
/// pkg/kubelet/types/pod_update.go).
const CONFIG_MIRROR: &str = "kubernetes.io/config.mirror";

/// Clocks differ by a little.
const SKEW: Span = Span::from_secs(5);

fn in_future(what: &str, at: Option<Time>, now: Time, found: &mut Vec<String>) {
    if let Some(at) = at.filter(|at| *at > now + SKEW) {
        found.push(format!("{what}, {}, has not come yet", at.rfc3339_secs()));
    }
}

fn names(pod: &Pod, found: &mut Vec<String>) {
    // Of a spec that is not there nothing is missing.
    if is_bare(pod) {
        return;
    }
    let lists = [
        ("init container", &pod.spec.init_containers, &pod.status.init[..]),
        ("container", &pod.spec.containers, &pod.status.containers[..]),
        ("ephemeral container", &pod.spec.ephemeral_containers, &pod.status.ephemeral[..]),
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
    let Some(scheduled) = pod.status.condition(Sym::POD_SCHEDULED).filter(|_| !is_bare(pod)) else { return };
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
    // A mirror pod is made after its kubelet has begun with what it shows.
    let is_mirror = is_static(&pod.meta) || pod.meta.annotations.contains_key(CONFIG_MIRROR);
    if let (Some(created), Some(start)) = (created, pod.status.start_time)
        && start + SKEW < created
        && !is_mirror
    {
        found.push("the kubelet began with the pod before it was created".to_owned());
    }
    if let (Some(created), Some(deletion)) = (created, pod.deletion())
        && deletion + SKEW < created
    {
        found.push(format!(
            "it was to be gone at {}, before it was created at {}: the clocks of two API servers differ, or somebody wrote one \
             of the two by hand",
            deletion.rfc3339_secs(),
            created.rfc3339_secs()
        ));
    }
    in_future("its creation", created, now, found);
    for condition in &pod.status.conditions {
        in_future(&format!("the change of {}", condition.kind), condition.last_transition, now, found);
    }
}

/// A pod that should be gone.
fn overdue(pod: &Pod, now: Now, found: &mut Vec<String>) {
    let now = printed(pod, now);
    let Some(deletion) = pod.deletion() else { return };
    // By clocks that differ nothing is late.
    if pod.created().is_some_and(|created| deletion < created) {
        return;
    }
    if deletion + Span::from_secs(30) >= now {
        return;
    }
    let since = ago(deletion, now);
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
