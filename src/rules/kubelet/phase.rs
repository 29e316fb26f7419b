//! The phase of a pod, from the states of its containers.

use super::pod::Statuses;
use super::restart::should_restart;
use crate::api::{Container, ContainerState, Phase, PodSpec, RestartPolicy, Sym, Terminated};
use crate::rules::versions::gates::Gates;

/// What the phase depends on besides the states of the containers.
#[derive(Clone, Copy, Default, Debug)]
pub struct PhaseFacts {
    /// The pod worker is past stopping the containers: nothing runs and nothing will.
    pub is_terminal: bool,
    /// Some regular container exists in the sandbox that is in use ([`has_active_container`]).
    pub has_initialized: bool,
    /// See [`super::pod::PodView::is_static`].
    pub is_static: bool,
}

#[derive(Default)]
struct Counts {
    unknown: u32,
    running: u32,
    waiting: u32,
    stopped: u32,
    stopped_for_good: u32,
    succeeded: u32,
}

/// The phase of a pod.
///
/// `getPhase` in pkg/kubelet/kubelet_pods.go (v1.36.2). A waiting container that has run before counts as stopped, not
/// as waiting: that is why a crash-looping pod is Running and not Pending, while one container that never started
/// keeps the whole pod Pending. Sidecars keep a pod Running, but how they end decides nothing.
///
/// Until 1.32 "initialised" meant that a regular container is running or terminated in the API's status, so a pod whose main
/// containers all wait in a back-off beside a running sidecar fell back to Pending. Without container restart rules
/// only the pod's policy decides what happens after an exit.
pub fn phase(spec: &PodSpec, statuses: Statuses<'_>, facts: PhaseFacts, gates: &Gates) -> Phase {
    let restarts = |container: &Container, last: &Terminated| {
        should_restart(container, spec, last.exit_code, gates)
            || (gates.restart_all_containers && last.reason == Sym::RESTARTING_ALL_CONTAINERS)
    };
    let (mut init_pending, mut init_failed, mut init_failed_for_good) = (0u32, 0u32, 0u32);
    let mut sidecars_pending = 0u32;
    let mut counts = Counts::default();

    for container in &spec.init_containers {
        let status = statuses.find(container.name);
        if container.is_sidecar() {
            let Some(status) = status else {
                counts.unknown += 1;
                continue;
            };
            match status.state {
                ContainerState::Running { .. } => {
                    if status.started != Some(true) {
                        sidecars_pending += 1;
                    }
                    counts.running += 1;
                }
                ContainerState::Terminated(_) => {}
                ContainerState::Waiting { .. } => {
                    if status.last_state.terminated().is_none() {
                        sidecars_pending += 1;
                        counts.waiting += 1;
                    }
                }
                ContainerState::Unset => {
                    sidecars_pending += 1;
                    counts.unknown += 1;
                }
            }
            continue;
        }
        let Some(status) = status else {
            init_pending += 1;
            continue;
        };
        let ended = match &status.state {
            ContainerState::Terminated(ended) => Some(ended),
            ContainerState::Waiting { .. } => status.last_state.terminated(),
            ContainerState::Running { .. } | ContainerState::Unset => None,
        };
        match ended {
            None => init_pending += 1,
            Some(ended) if ended.exit_code != 0 => {
                init_failed += 1;
                if !restarts(container, ended) {
                    init_failed_for_good += 1;
                }
            }
            Some(_) => {}
        }
    }

    let mut has_started = false;
    for container in &spec.containers {
        let Some(status) = statuses.find(container.name) else {
            counts.unknown += 1;
            continue;
        };
        match &status.state {
            ContainerState::Running { .. } => {
                has_started = true;
                counts.running += 1;
            }
            ContainerState::Terminated(ended) => {
                has_started = true;
                counts.stopped += 1;
                if ended.exit_code == 0 {
                    counts.succeeded += 1;
                }
                if !restarts(container, ended) {
                    counts.stopped_for_good += 1;
                }
            }
            ContainerState::Waiting { .. } => match status.last_state.terminated() {
                Some(ended) => {
                    counts.stopped += 1;
                    if !restarts(container, ended) {
                        counts.stopped_for_good += 1;
                    }
                }
                None => counts.waiting += 1,
            },
            ContainerState::Unset => counts.unknown += 1,
        }
    }

    let policy = spec.policy();
    let init_is_lost = if gates.container_restart_rules {
        init_failed_for_good > 0
    } else {
        init_failed > 0 && policy == RestartPolicy::Never
    };
    if init_is_lost {
        return Phase::Failed;
    }
    let has_initialized =
        if gates.habits.phase_asks_the_runtime { facts.has_initialized } else { has_started };
    if init_pending > 0 || (sidecars_pending > 0 && !has_initialized) || counts.waiting > 0 {
        return Phase::Pending;
    }
    if counts.unknown > 0 {
        return Phase::Pending;
    }
    if counts.running > 0 {
        return Phase::Running;
    }
    if counts.stopped == 0 {
        return Phase::Pending;
    }
    let all_succeeded = counts.stopped == counts.succeeded;
    if facts.is_terminal && !facts.is_static {
        return if all_succeeded { Phase::Succeeded } else { Phase::Failed };
    }
    let some_return = if gates.container_restart_rules {
        counts.stopped != counts.stopped_for_good
    } else {
        policy == RestartPolicy::Always
    };
    if some_return {
        Phase::Running
    } else if all_succeeded {
        Phase::Succeeded
    } else if gates.container_restart_rules || policy == RestartPolicy::Never {
        Phase::Failed
    } else {
        Phase::Running
    }
}

/// Whether some regular container exists in the sandbox that is in use, which shows that all init containers are done.
///
/// `HasAnyActiveRegularContainerStarted` in pkg/kubelet/container/helpers.go: created counts, and so does exited.
pub fn has_active_container(spec: &PodSpec, runtime: &crate::api::RuntimeStatus) -> bool {
    runtime
        .containers
        .iter()
        .any(|instance| instance.active && spec.containers.iter().any(|c| c.name == instance.name))
}
