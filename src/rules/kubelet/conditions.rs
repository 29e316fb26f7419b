//! The conditions that the kubelet keeps on a pod.
//!
//! Source: pkg/kubelet/status/generate.go (v1.36.2). Times are not set here: `status_manager` knows what they were.

use std::fmt::Write as _;

use smallvec::SmallVec;

use super::pod::{PodView, Statuses};
use super::restart::{restart_all_cleaned_up, should_restart_all};
use super::sandbox::sandbox_changed;
use crate::api::{
    Condition, Container, ContainerStatus, Marks, Phase, PodStatus, RuntimeStatus, Sym, Text, Tri,
};
use crate::rules::versions::gates::Gates;

/// The `observedGeneration` of a condition.
///
/// `CalculatePodConditionObservedGeneration` in pkg/api/v1/pod/util.go: kept up without the gate where a condition has
/// one already.
pub fn observed_generation<M: Marks>(old: &PodStatus<M>, generation: i64, kind: Sym, gates: &Gates) -> i64 {
    let tracked = gates.observed_generation
        || old.conditions.iter().any(|c| c.kind == kind && c.observed_generation != 0);
    if tracked { generation } else { 0 }
}

/// What is wrong with some of the containers, by kind: `lead[a b]` for each kind that any container is of, as Go prints a
/// list, joined with a comma; none if nothing is wrong.
fn joined<'a>(
    leads: [&str; 2],
    containers: impl Iterator<Item = &'a Container> + Clone,
    kind: impl Fn(&Container) -> Option<usize>,
) -> Option<Text> {
    // Mostly it has been said before: then no allocation is made for it.
    let mut text = SmallVec::<[u8; 128]>::new();
    for (number, lead) in leads.into_iter().enumerate() {
        let mut any = false;
        for container in containers.clone().filter(|container| kind(container) == Some(number)) {
            if any {
                text.push(b' ');
            } else {
                text.extend_from_slice(if text.is_empty() { b"" } else { b", " });
                text.extend_from_slice(lead.as_bytes());
                text.push(b'[');
            }
            text.extend_from_slice(container.name.as_bytes());
            any = true;
        }
        if any {
            text.push(b']');
        }
    }
    let text = std::str::from_utf8(&text).unwrap_or_default();
    if text.is_empty() { None } else { Some(Text::from(text)) }
}

const UNKNOWN_STATUS: &str = "containers with unknown status: ";
const UNREADY_STATUS: &str = "containers with unready status: ";
const INCOMPLETE_STATUS: &str = "containers with incomplete status: ";

/// ContainersReady: every main container and every sidecar is ready.
///
/// `GenerateContainersReadyCondition`. `statuses` are init statuses before main ones; none at all means that nothing is
/// known. A failed pod is not ready whatever its containers say, since they may still be stopping.
pub fn containers_ready<M: Marks>(
    pod: &PodView<'_, M>,
    old: &PodStatus<M>,
    statuses: Option<Statuses<'_, M>>,
    phase: Phase,
    gates: &Gates,
) -> Condition<M> {
    let mut condition = Condition::new(Sym::CONTAINERS_READY, false);
    condition.observed_generation = observed_generation(old, pod.generation, Sym::CONTAINERS_READY, gates);
    let Some(statuses) = statuses else {
        return condition.because(Sym::UNKNOWN_CONTAINER_STATUSES, Text::NONE);
    };
    if phase == Phase::Failed {
        return condition.because(Sym::POD_FAILED, Text::NONE);
    }
    let counted = || {
        let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
        sidecars.chain(&pod.spec.containers)
    };
    if phase == Phase::Succeeded && counted().all(|container| statuses.find(container.name).is_some()) {
        return condition.because(Sym::POD_COMPLETED, Text::NONE);
    }
    let problem = |container: &Container| match statuses.find(container.name) {
        None => Some(0),
        Some(status) if !status.ready => Some(1),
        Some(_) => None,
    };
    match joined([UNKNOWN_STATUS, UNREADY_STATUS], counted(), problem) {
        Some(message) => condition.because(Sym::CONTAINERS_NOT_READY, message),
        None => {
            condition.status = Tri::True;
            condition
        }
    }
}

/// Ready: ContainersReady, and every readiness gate's condition is True.
///
/// `GeneratePodReadyCondition`. `conditions` are those that the gates are looked up in.
pub fn ready<M: Marks>(
    pod: &PodView<'_, M>,
    old: &PodStatus<M>,
    containers_ready: &Condition<M>,
    conditions: &[Condition<M>],
    gates: &Gates,
) -> Condition<M> {
    let mut condition = Condition {
        kind: Sym::READY,
        observed_generation: observed_generation(old, pod.generation, Sym::READY, gates),
        ..*containers_ready
    };
    if containers_ready.status != Tri::True || pod.spec.readiness_gates.is_empty() {
        return condition;
    }
    let mut message = String::new();
    for gate in &pod.spec.readiness_gates {
        let kind = gate.condition_type;
        let found = conditions.iter().find(|condition| condition.kind == kind);
        if found.is_some_and(|condition| condition.status == Tri::True) {
            continue;
        }
        if !message.is_empty() {
            message.push_str(", ");
        }
        let _ = match found {
            None => write!(
                message,
                "corresponding condition of pod readiness gate {:?} does not exist.",
                kind.as_str()
            ),
            Some(other) => write!(
                message,
                "the status of pod readiness gate {:?} is not \"True\", but {}",
                kind.as_str(),
                other.status
            ),
        };
    }
    if !message.is_empty() {
        condition.status = Tri::False;
        return condition.because(Sym::READINESS_GATES_NOT_READY, message);
    }
    condition
}

fn is_initialized<M: Marks>(container: &Container, status: &ContainerStatus<M>) -> bool {
    if container.is_sidecar() { status.started == Some(true) } else { status.ready }
}

/// Whether some regular container runs or has run (`HasAnyRegularContainerStarted`, pkg/kubelet/container/helpers.go).
fn has_regular_started<M: Marks>(pod: &PodView<'_, M>, statuses: Statuses<'_, M>) -> bool {
    statuses.iter().any(|status| {
        (status.state.is_running() || status.state.terminated().is_some())
            && pod.spec.containers.iter().any(|container| container.name == status.name)
    })
}

/// Initialized: every init container is done, every sidecar has started, or a main container has run.
///
/// `GeneratePodInitializedCondition`. `statuses` are init statuses before main ones. With restarts of all containers
/// (1.36) a pod that was initialised stays so while its init containers run again.
pub fn initialized<M: Marks>(
    pod: &PodView<'_, M>,
    old: &PodStatus<M>,
    statuses: Option<Statuses<'_, M>>,
    phase: Phase,
    gates: &Gates,
) -> Condition<M> {
    let mut condition = Condition::new(Sym::INITIALIZED, true);
    condition.observed_generation = observed_generation(old, pod.generation, Sym::INITIALIZED, gates);
    if statuses.is_none() && !pod.spec.init_containers.is_empty() {
        condition.status = Tri::False;
        return condition.because(Sym::UNKNOWN_CONTAINER_STATUSES, Text::NONE);
    }
    let statuses = statuses.unwrap_or_default();
    let init = &pod.spec.init_containers;
    if phase == Phase::Succeeded && init.iter().all(|container| statuses.find(container.name).is_some()) {
        return condition.because(Sym::POD_COMPLETED, Text::NONE);
    }
    if init.is_empty() || has_regular_started(pod, statuses) {
        return condition;
    }
    let problem = |container: &Container| match statuses.find(container.name) {
        None => Some(0),
        Some(status) if !is_initialized(container, status) => Some(1),
        Some(_) => None,
    };
    let stays = gates.restart_all_containers && old.condition_is_true(Sym::INITIALIZED);
    match joined([UNKNOWN_STATUS, INCOMPLETE_STATUS], init.iter(), problem) {
        Some(message) if !stays => {
            condition.status = Tri::False;
            condition.because(Sym::CONTAINERS_NOT_INITIALIZED, message)
        }
        _ => condition,
    }
}

/// PodReadyToStartContainers: a sandbox with a network is there.
///
/// `GeneratePodReadyToStartContainersCondition`: False again as soon as the sandbox has stopped, so every finished pod
/// has it False. Why it is says 1.37.
pub fn ready_to_start_containers<M: Marks>(
    pod: &PodView<'_, M>,
    old: &PodStatus<M>,
    runtime: &RuntimeStatus<M>,
    gates: &Gates,
) -> Condition<M> {
    let kind = Sym::POD_READY_TO_START_CONTAINERS;
    let change = sandbox_changed(pod.spec, runtime);
    let mut condition = Condition::new(kind, !change.is_needed());
    condition.observed_generation = observed_generation(old, pod.generation, kind, gates);
    if change.is_needed() && gates.habits.says_why_no_sandbox {
        condition = condition.because(Sym::POD_SANDBOX_NOT_READY, Text::Is(change.why));
    }
    condition
}

/// AllContainersRestarting: a container's exit asked for it, and not every instance is removed yet.
///
/// `GenerateAllContainersRestartingCondition`; the only condition without an observed generation. Whether it is shown
/// at all: [`super::restart::all_could_restart`].
pub fn all_containers_restarting<M: Marks>(
    pod: &PodView<'_, M>,
    old: &PodStatus<M>,
    runtime: &RuntimeStatus<M>,
    phase: Phase,
) -> Condition<M> {
    let not = Condition::new(Sym::ALL_CONTAINERS_RESTARTING, false);
    match phase {
        Phase::Succeeded => not.because(Sym::POD_COMPLETED, Text::NONE),
        Phase::Failed => not.because(Sym::POD_FAILED, Text::NONE),
        _ if !should_restart_all(pod.spec, Some(runtime), Some(old))
            || restart_all_cleaned_up(pod.spec, runtime) =>
        {
            not
        }
        _ => Condition::new(Sym::ALL_CONTAINERS_RESTARTING, true)
            .because(Sym::RESTART_ALL_CONTAINERS_STARTED, Text::Is(Sym::EXITED_WITH_RESTART_RULE)),
    }
}
