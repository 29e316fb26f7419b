//! What the kubelet remembers of a pod's status, and what of it reaches the API server.
//!
//! Source: pkg/kubelet/status/status_manager.go (v1.36.2), `SetPodStatus`, `TerminatePod` and `mergePodStatus`. When a
//! remembered status is sent is the actors' business.

use std::sync::Arc;

use super::api_status::{is_kubelet_owned, replace_or_append};
use super::conditions;
use super::container_status::{lost, sort_by_name};
use super::pod::PodView;
use super::restart::{all_could_restart, should_restart};
use crate::api::marks::Instant;
use crate::api::{
    Condition, Conditions, Container, ContainerState, ContainerStatus, Marks, Phase, PodSpec, PodStatus,
    RestartPolicy, Sym, Text, Tri,
};
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// A status in the kubelet's cache, held as whoever holds it likes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cached<S = Arc<PodStatus>> {
    /// As it was computed last.
    pub status: S,
    /// Counts the updates; what the API server got is the status of some version.
    pub version: u64,
    /// Written at the end of a pod's life: once the API server has it, the pod may be removed.
    pub is_finished: bool,
}

impl<S> Cached<S> {
    /// The second half of `updateStatusInternal`: the next version. Only of a static pod is the end ever taken back.
    pub fn store(cached: &mut Option<Cached<S>>, status: S, is_finished: bool, is_static: bool) {
        let (version, was_finished) =
            cached.as_ref().map_or((0, false), |cached| (cached.version, cached.is_finished));
        let is_finished = is_finished || (was_finished && !is_static);
        *cached = Some(Cached { status, version: version + 1, is_finished });
    }
}

/// Remembers a status computed at `now`; whether there is something new to send.
///
/// `SetPodStatus`. The cache stays as it is where nothing changed that the kubelet owns, and also where a container would
/// leave Terminated against its policy: then the *whole* update is dropped. While the pod is being deleted every update
/// counts as new.
pub fn set(
    cached: &mut Option<Cached>,
    pod: &PodView<'_>,
    status: impl Into<Arc<PodStatus>>,
    now: Time,
    gates: &Gates,
) -> bool {
    let mut shared = status.into();
    let status = Arc::make_mut(&mut shared);
    let held = cached.as_ref().map(|cached| &*cached.status);
    let is_new = settle(held, pod, status, now, gates) && (pod.deleted || is_news(held, status, gates));
    if is_new {
        Cached::store(cached, shared, false, pod.is_static);
    }
    is_new
}

/// Makes the remembered status final; whether it was (`TerminatePod`, see [`ended`]).
pub fn terminate(
    cached: &mut Option<Cached>,
    pod: &PodView<'_>,
    initialized: bool,
    now: Time,
    gates: &Gates,
) -> bool {
    let status = ended(cached.as_ref().map(|cached| &*cached.status), pod, initialized, now, gates);
    let is_new = status.is_some();
    if let Some(status) = status {
        Cached::store(cached, Arc::new(status), true, pod.is_static);
    }
    is_new
}

/// The status with which a pod's life ends: containers that nobody saw end are taken for lost, and the phase ends. None
/// where the cache refuses it.
///
/// `TerminatePod`. With init containers of which none let the pod begin, main containers that never started stay
/// waiting. Of init containers all are marked but the last ones that never started; the first is marked in any case.
///
/// `initialized` is [`has_initialized`] of the pod as the worker's last update brought it: its status in the API then, which
/// a termination under way does not renew.
pub fn ended<M: Marks>(
    held: Option<&PodStatus<M>>,
    pod: &PodView<'_, M>,
    initialized: bool,
    now: M::Instant,
    gates: &Gates,
) -> Option<PodStatus<M>> {
    let mut status = held.unwrap_or(pod.status).clone();
    let mark = |container: &mut ContainerStatus<M>| {
        if container.state.terminated().is_none() {
            container.state =
                ContainerState::Terminated(lost(Sym::CONTAINER_STATUS_UNKNOWN, Sym::LOST_AT_TERMINATION));
        }
    };
    if initialized {
        status.containers.iter_mut().for_each(mark);
    }
    let attempted = status
        .init
        .iter()
        .rposition(|init| !init.state.is_waiting() || init.last_state.terminated().is_some())
        .map_or(1, |last| last + 1);
    status.init.iter_mut().take(attempted).for_each(mark);
    if !pod.is_static && !status.phase.is_terminal() {
        status.phase = Phase::Failed;
    }
    let old = held.unwrap_or(pod.status);
    put_times(old, pod, &mut status, now, gates).then_some(status)
}

/// `hasPodInitialized`: asks the API's status, not the cache.
pub fn has_initialized<M: Marks>(spec: &PodSpec, status: &PodStatus<M>) -> bool {
    if spec.init_containers.is_empty() {
        return true;
    }
    if status.containers.iter().any(|c| c.last_state.terminated().is_some() || !c.state.is_waiting()) {
        return true;
    }
    let Some(last) = status.init.last() else { return false };
    let Some(container) = in_place(&spec.init_containers, &status.init, status.init.len() - 1) else {
        return false;
    };
    if container.is_sidecar() {
        last.state.is_running() && last.started == Some(true)
    } else {
        let done = |state: &ContainerState<M>| state.terminated().is_some_and(|ended| ended.exit_code == 0);
        done(&last.last_state) || done(&last.state)
    }
}

/// The container that a status stands for, if both lists have it at one place (`GetContainerByIndex`).
fn in_place<'a, M: Marks>(
    containers: &'a [Container],
    statuses: &[ContainerStatus<M>],
    index: usize,
) -> Option<&'a Container> {
    let name = statuses.get(index)?.name;
    containers.get(index).filter(|container| container.name == name)
}

/// Conditions whose transition times the status manager keeps.
fn is_timed(kind: Sym) -> bool {
    matches!(
        kind,
        Sym::CONTAINERS_READY
            | Sym::READY
            | Sym::INITIALIZED
            | Sym::POD_READY_TO_START_CONTAINERS
            | Sym::POD_SCHEDULED
            | Sym::DISRUPTION_TARGET
            | Sym::ALL_CONTAINERS_RESTARTING
    )
}

/// Gives a computed status what only the status manager knows, its generation and its times; whether it may follow
/// what is held, or the API's status where nothing is held yet.
///
/// `SetPodStatus` and the first half of `updateStatusInternal`.
pub fn settle<M: Marks>(
    held: Option<&PodStatus<M>>,
    pod: &PodView<'_, M>,
    status: &mut PodStatus<M>,
    now: M::Instant,
    gates: &Gates,
) -> bool {
    status.observed_generation =
        if gates.observed_generation || pod.status.observed_generation != 0 { pod.generation } else { 0 };
    put_times(held.unwrap_or(pod.status), pod, status, now, gates)
}

fn put_times<M: Marks>(
    old: &PodStatus<M>,
    pod: &PodView<'_, M>,
    status: &mut PodStatus<M>,
    now: M::Instant,
    gates: &Gates,
) -> bool {
    if !may_follow(pod.spec, old, status, gates) {
        return false;
    }
    for (place, condition) in status.conditions.iter_mut().enumerate() {
        if is_timed(condition.kind) {
            condition.last_transition =
                transition_time(condition, old.condition_at(place, condition.kind), now);
        }
    }
    // Set once, by the first status that the kubelet writes.
    status.start_time = old.start_time.or(status.start_time).or(Some(now));
    normalize(pod.spec, status);
    true
}

/// Whether a settled status says anything that the one that is held does not.
pub fn is_news<M: Marks>(held: Option<&PodStatus<M>>, status: &PodStatus<M>, gates: &Gates) -> bool {
    !held.is_some_and(|held| is_same(held, status, gates))
}

/// When a condition came to its status: where the status is the old one, so is the time (`updateLastTransitionTime`).
/// Another reason or message is no transition.
fn transition_time<M: Marks>(
    condition: &Condition<M>,
    before: Option<&Condition<M>>,
    now: M::Instant,
) -> Option<M::Instant> {
    match before {
        Some(before) if before.status == condition.status => before.last_transition,
        _ => Some(now),
    }
}

/// Whether no container leaves Terminated that may not run again (`checkContainerStateTransition`).
///
/// An init status that stands at another place than its container refuses the update as well.
fn may_follow<M: Marks>(spec: &PodSpec, old: &PodStatus<M>, new: &PodStatus<M>, gates: &Gates) -> bool {
    if spec.restart_policy == Some(RestartPolicy::Always) || all_could_restart(spec, gates) {
        return true;
    }
    let stays_ended =
        |old: &ContainerStatus<M>, container: Option<&Container>, new: &[ContainerStatus<M>]| {
            let Some(ended) = old.state.terminated() else { return true };
            // The pod's OnFailure is enough, even for a container that says Never.
            let may_restart = (ended.exit_code != 0 && spec.restart_policy == Some(RestartPolicy::OnFailure))
                || (gates.container_restart_rules
                    && container.is_some_and(|c| should_restart(c, spec, ended.exit_code, gates)));
            may_restart || !new.iter().any(|new| new.name == old.name && new.state.terminated().is_none())
        };
    let main_may = old.containers.iter().all(|status| {
        let container = spec.containers.iter().find(|container| container.name == status.name);
        stays_ended(status, container, &new.containers)
    });
    main_may
        && old.init.iter().enumerate().all(|(index, status)| {
            in_place(&spec.init_containers, &old.init, index).is_some_and(|container| {
                container.is_sidecar() || stays_ended(status, Some(container), &new.init)
            })
        })
}

/// All termination messages of a pod share this many bytes.
const MESSAGE_BYTES: usize = 12 * 1024;

/// Whole seconds, short messages, a fixed order (`normalizeStatus`).
fn normalize<M: Marks>(spec: &PodSpec, status: &mut PodStatus<M>) {
    let count = spec.containers.len() + spec.init_containers.len() + spec.ephemeral_containers.len();
    let limit = MESSAGE_BYTES / count.max(1);
    let cut = |time: &mut Option<M::Instant>| *time = time.map(Instant::truncate_secs);
    cut(&mut status.start_time);
    for condition in &mut status.conditions {
        cut(&mut condition.last_probe);
        cut(&mut condition.last_transition);
    }
    let state = |state: &mut ContainerState<M>| match state {
        ContainerState::Running { started_at } => cut(started_at),
        ContainerState::Terminated(ended) => {
            cut(&mut ended.started_at);
            cut(&mut ended.finished_at);
            if let Some(words) = ended.message.fixed()
                && words.len() > limit
            {
                ended.message = Text::from(String::from_utf8_lossy(&words.as_bytes()[..limit]).into_owned());
            }
        }
        ContainerState::Waiting { .. } | ContainerState::Unset => {}
    };
    for container in status.containers.iter_mut().chain(&mut status.init).chain(&mut status.ephemeral) {
        state(&mut container.state);
        state(&mut container.last_state);
    }
    sort_by_name(&mut status.containers);
    sort_by_name(&mut status.ephemeral);
    let mut next = 0;
    for container in &spec.init_containers {
        let found = status.init.iter().skip(next).position(|init| init.name == container.name);
        if let Some(offset) = found {
            status.init.swap(next, next + offset);
            next += 1;
        }
    }
}

/// Whether nothing changed that the kubelet owns (`isPodStatusByKubeletEqual`): times of conditions do not count, nor
/// foreign conditions. Of its own only those about a resize are ever gone.
pub fn is_same<M: Marks>(old: &PodStatus<M>, new: &PodStatus<M>, gates: &Gates) -> bool {
    let gone = |c: &Condition<M>| {
        matches!(c.kind, Sym::POD_RESIZE_PENDING | Sym::POD_RESIZE_IN_PROGRESS)
            && new.condition(c.kind).is_none()
    };
    // What differs most often comes first.
    old.phase == new.phase
        && old.containers == new.containers
        && old.init == new.init
        && new.conditions.iter().enumerate().all(|(place, condition)| {
            if condition.kind != Sym::DISRUPTION_TARGET && !is_kubelet_owned(condition.kind, gates) {
                return true;
            }
            old.condition_at(place, condition.kind).is_some_and(|before| {
                before.status == condition.status
                    && before.reason == condition.reason
                    && before.message == condition.message
                    && before.observed_generation == condition.observed_generation
            })
        })
        && !old.conditions.iter().any(gone)
        && old.reason == new.reason
        && old.message == new.message
        && old.ephemeral == new.ephemeral
        && old.start_time == new.start_time
        && old.host_ips == new.host_ips
        && old.pod_ips == new.pod_ips
        && old.nominated_node == new.nominated_node
        && old.qos_class == new.qos_class
        && old.observed_generation == new.observed_generation
}

/// What the kubelet asks the API server to make of a pod's status.
///
/// `mergePodStatus`. A terminal phase is held back, with its reason and message, while containers may still run: the API shows
/// every container terminated and the phase Running for a moment. DisruptionTarget goes out only together with the
/// terminal phase. A terminal phase never goes out beside Ready=True.
///
/// Mostly the answer is the cached status itself, and then it is shared.
pub fn merge<M: Marks>(
    api: &PodStatus<M>,
    cached: &Arc<PodStatus<M>>,
    generation: i64,
    could_have_running_containers: bool,
    now: M::Instant,
    gates: &Gates,
) -> Arc<PodStatus<M>> {
    let becomes_terminal = !api.phase.is_terminal() && cached.phase.is_terminal();
    let foreign = |c: &Condition<M>| !is_kubelet_owned(c.kind, gates);
    if !becomes_terminal
        && !api.conditions.iter().any(foreign)
        && !cached.conditions.iter().any(foreign)
        && !shows_ready_after_end(cached)
    {
        return Arc::clone(cached);
    }
    let mut merged = PodStatus::clone(cached);
    let mut list = Conditions::new();
    list.extend(api.conditions.iter().copied().filter(foreign));
    for condition in &cached.conditions {
        if is_kubelet_owned(condition.kind, gates) {
            list.push(*condition);
        } else if condition.kind == Sym::DISRUPTION_TARGET
            && becomes_terminal
            && !could_have_running_containers
        {
            let last_transition = transition_time(condition, api.condition(condition.kind), now);
            replace_or_append(&mut list, Condition { last_transition, ..*condition });
        }
    }
    merged.conditions = list;
    if becomes_terminal && could_have_running_containers {
        merged.phase = api.phase;
        merged.reason = api.reason;
        merged.message = api.message;
    }
    if shows_ready_after_end(&merged) {
        let reason = if merged.phase == Phase::Failed { Sym::POD_FAILED } else { Sym::POD_COMPLETED };
        for kind in [Sym::CONTAINERS_READY, Sym::READY] {
            let mut condition = Condition::new(kind, false).because(reason, Text::NONE);
            condition.observed_generation = conditions::observed_generation(api, generation, kind, gates);
            condition.last_transition = match merged.condition(kind) {
                Some(before) if before.status == Tri::False => before.last_transition,
                _ => Some(now.truncate_secs()),
            };
            replace_or_append(&mut merged.conditions, condition);
        }
    }
    Arc::new(merged)
}

fn shows_ready_after_end<M: Marks>(status: &PodStatus<M>) -> bool {
    status.phase.is_terminal()
        && (status.condition_is_true(Sym::READY) || status.condition_is_true(Sym::CONTAINERS_READY))
}
