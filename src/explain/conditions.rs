//! What each condition says, and what it waits for.

use super::{ConditionStory, ended_well, listed};
use crate::api::wire::Pod;
use crate::api::{Condition, Container, ContainerState, ContainerStatus, Phase, Sym, Tri};
use crate::rules::kubectl::printing::age;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

pub fn tell(pod: &Pod, now: Time, gates: &Gates) -> Vec<ConditionStory> {
    pod.status.conditions.iter().map(|condition| story(pod, condition, now, gates)).collect()
}

/// Why an object has no conditions; None where it has some.
pub fn none(pod: &Pod) -> Option<&'static str> {
    let status = &pod.status;
    if !status.conditions.is_empty() {
        return None;
    }
    let is_reported =
        [&status.init[..], &status.containers[..], &status.ephemeral[..]].iter().any(|all| !all.is_empty());
    Some(match status.phase {
        _ if is_reported => {
            "the object has none, though its containers were reported: they were cut away, or an old kubelet left them out when \
             it ended the pod"
        }
        phase if phase.is_terminal() => "a kubelet that refuses a pod leaves none",
        Phase::Running | Phase::Unknown => "the object has none: they were cut away",
        _ => "nobody has looked at the pod yet",
    })
}

fn story(pod: &Pod, condition: &Condition, now: Time, gates: &Gates) -> ConditionStory {
    let mut story = ConditionStory {
        kind: condition.kind.to_string(),
        status: condition.status.to_string(),
        reason: condition.reason.to_string(),
        message: condition.message.fixed().unwrap_or_default().to_string(),
        since: condition.last_transition.map(Time::rfc3339_secs),
        for_so_long: condition.last_transition.map(|at| age(Some(at), now)),
        waits_for: Vec::new(),
        means: Vec::new(),
    };
    if condition.kind == Sym::DISRUPTION_TARGET {
        story.means.push(disruption(condition.reason));
        return story;
    }
    if condition.kind == Sym::ALL_CONTAINERS_RESTARTING && condition.status == Tri::True {
        story
            .means
            .push("every container is removed, and then the pod begins anew in its sandbox".to_owned());
        return story;
    }
    if matches!(condition.kind, Sym::POD_RESIZE_PENDING | Sym::POD_RESIZE_IN_PROGRESS) {
        resize(condition, &mut story);
        return story;
    }
    if condition.status == Tri::True {
        return story;
    }
    if pod.status.phase.is_terminal() {
        story.means.push(ended(condition.kind, pod.status.phase));
        return story;
    }
    if matches!(condition.reason, Sym::POD_FAILED | Sym::POD_COMPLETED) {
        story.means.push(
            "the pod has ended; the phase follows when the kubelet is sure that nothing runs".to_owned(),
        );
        return story;
    }
    // What waits for a start waits in vain.
    let waits = matches!(condition.kind, Sym::INITIALIZED | Sym::CONTAINERS_READY | Sym::READY);
    if waits && pod.meta.deletion_timestamp.is_some() {
        story.means.push("stays False: the pod is being deleted, and nothing is started any more".to_owned());
        return story;
    }
    match condition.kind {
        Sym::POD_SCHEDULED => scheduled(pod, condition, &mut story),
        Sym::POD_READY_TO_START_CONTAINERS => {
            story
                .waits_for
                .push("volumes that are mounted, and a sandbox with a network on the node".to_owned());
        }
        Sym::INITIALIZED => story.waits_for = init(pod),
        Sym::CONTAINERS_READY => story.waits_for = unready(pod),
        Sym::READY => ready(pod, condition, gates, &mut story),
        Sym::ALL_CONTAINERS_RESTARTING => {
            story.means.push("no container asks for a restart of all".to_owned());
        }
        kind if pod.spec.readiness_gates.iter().any(|gate| gate.condition_type == kind) => {
            story.waits_for.push("whoever owns this readiness gate: the kubelet only reads it".to_owned());
        }
        _ => story.means.push("written by something else than Kubernetes itself".to_owned()),
    }
    story
}

/// Both are True as long as they are there at all.
fn resize(condition: &Condition, story: &mut ConditionStory) {
    match (condition.kind, condition.reason) {
        (Sym::POD_RESIZE_PENDING, Sym::INFEASIBLE) => story.means.push(
            "the new size in its spec will never be given on this node; it runs on with the old one"
                .to_owned(),
        ),
        (Sym::POD_RESIZE_PENDING, _) => {
            story.means.push("the new size stands in its spec; it runs on with the old one".to_owned());
            story.waits_for.push(
                "room on its node: the kubelet tries again when a pod there ends, leaves or is resized, and every three \
                 minutes"
                    .to_owned(),
            );
        }
        (_, Sym::ERROR) => story.means.push(
            "the new size is set aside for it, but could not be put into effect; the kubelet goes on trying"
                .to_owned(),
        ),
        _ => {
            story.means.push(
                "the new size is set aside for it; some container still runs with the old one".to_owned(),
            );
            story.waits_for.push(
                "the runtime; where a container's resizePolicy asks for a restart, its end and its new start"
                    .to_owned(),
            );
        }
    }
}

fn disruption(reason: Sym) -> String {
    match reason {
        Sym::PREEMPTION_BY_SCHEDULER => "the scheduler makes room for a pod of higher priority",
        Sym::DELETION_BY_TAINT_MANAGER => {
            "its node has a NoExecute taint that it does not tolerate (any longer)"
        }
        Sym::EVICTION_BY_EVICTION_API => "someone asked for its eviction, as kubectl drain does",
        Sym::DELETION_BY_POD_GC => "its node is gone, or it was left behind",
        Sym::TERMINATION_BY_KUBELET => {
            "the kubelet ended it: pressure on the node, a shutdown or a critical pod"
        }
        _ => "something outside the pod ends it",
    }
    .to_owned()
}

/// Of a pod that has ended.
fn ended(kind: Sym, phase: Phase) -> String {
    match kind {
        Sym::POD_READY_TO_START_CONTAINERS => "its sandbox is stopped: the pod has ended".to_owned(),
        Sym::POD_SCHEDULED => format!("never scheduled: the pod is {phase}"),
        Sym::INITIALIZED => format!("never got through its init containers: the pod is {phase}"),
        _ => format!("stays False: the pod is {phase}"),
    }
}

fn scheduled(pod: &Pod, condition: &Condition, story: &mut ConditionStory) {
    match condition.reason {
        Sym::SCHEDULING_GATED => {
            let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| gate.name.as_str()).collect();
            story.waits_for.push(format!("the removal of its scheduling gates: {}", listed(&gates)));
        }
        Sym::UNSCHEDULABLE => story.waits_for.push(
            "a node that fits: the scheduler tries again when something changes that may help, and after five minutes"
                .to_owned(),
        ),
        _ => story.waits_for.push("the scheduler".to_owned()),
    }
}

fn init(pod: &Pod) -> Vec<String> {
    let status = |container: &Container| pod.status.init.iter().find(|s| s.name == container.name);
    let is_done = |container: &Container| match status(container) {
        Some(status) if container.is_sidecar() => status.started == Some(true),
        Some(status) => status.state.terminated().is_some_and(ended_well),
        None => false,
    };
    let open = pod.spec.init_containers.iter().filter(|container| !is_done(container));
    let mut lines: Vec<String> = open
        .map(|container| {
            let what = if container.is_sidecar() { "sidecar" } else { "init container" };
            let name = container.name;
            format!(
                "{what} {name}: {}",
                status(container).map_or_else(|| "not reported yet".to_owned(), brief)
            )
        })
        .collect();
    if lines.len() > 1 {
        lines[1..].iter_mut().for_each(|line| line.push_str(" (after the one before)"));
    }
    lines
}

/// A container in a few words.
fn brief(status: &ContainerStatus) -> String {
    match &status.state {
        ContainerState::Waiting { reason, .. } if reason.is_empty() => "is being started".to_owned(),
        ContainerState::Waiting { reason, .. } => format!("waits ({reason})"),
        ContainerState::Running { .. } if status.started == Some(false) => {
            "runs, but its startup probe has not succeeded".to_owned()
        }
        ContainerState::Running { .. } => "runs".to_owned(),
        ContainerState::Terminated(ended) => {
            let reason = if ended.reason.is_empty() { "no reason" } else { ended.reason.as_str() };
            format!("ended with exit code {} ({reason})", ended.exit_code)
        }
        ContainerState::Unset => "has no state".to_owned(),
    }
}

fn unready(pod: &Pod) -> Vec<String> {
    let spec = &pod.spec;
    let sidecars = spec.init_containers.iter().filter(|container| container.is_sidecar());
    let mut lines = Vec::new();
    for container in sidecars.chain(&spec.containers) {
        let found = pod.status.init.iter().chain(&pod.status.containers).find(|s| s.name == container.name);
        let name = container.name;
        match found {
            None => lines.push(format!("container {name}: not reported yet")),
            Some(status) if status.ready => {}
            Some(status) if status.state.is_running() && status.started != Some(false) => {
                let why = if container.readiness_probe.is_some() {
                    "runs, but its readiness probe has not succeeded"
                } else {
                    "runs, but is not reported ready"
                };
                lines.push(format!("container {name}: {why}"));
            }
            Some(status) => lines.push(format!("container {name}: {}", brief(status))),
        }
    }
    lines
}

fn ready(pod: &Pod, condition: &Condition, _gates: &Gates, story: &mut ConditionStory) {
    if !pod.status.condition_is_true(Sym::CONTAINERS_READY) {
        story.waits_for.push("ContainersReady".to_owned());
        return;
    }
    for gate in &pod.spec.readiness_gates {
        let kind = gate.condition_type;
        match pod.status.condition(kind) {
            Some(found) if found.status == Tri::True => {}
            Some(found) => story.waits_for.push(format!("readiness gate {kind}, which is {}", found.status)),
            None => story
                .waits_for
                .push(format!("readiness gate {kind}, a condition that nobody has written yet")),
        }
    }
    if story.waits_for.is_empty() && condition.status == Tri::False {
        story
            .waits_for
            .push("its node's kubelet, if the node was lost: only that writes False here alone".to_owned());
    }
}
