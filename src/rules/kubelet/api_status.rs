//! The status of a pod as the kubelet computes it at every sync.
//!
//! Sources: `generateAPIPodStatus` in pkg/kubelet/kubelet_pods.go, `UpdatePodStatus` in
//! pkg/kubelet/prober/prober_manager.go, pkg/kubelet/active_deadline.go (v1.36.2).

use super::conditions;
use super::container_status::{ContainerList, Sources, StartFailure, convert};
use super::phase::{PhaseFacts, has_active_container, phase};
use super::pod::{PodView, Statuses};
use super::restart::{all_could_restart, should_restart_all};
use crate::api::marks::Address;
use crate::api::{
    Condition, Conditions, Container, ContainerStatus, ContainerStatuses, Ips, Marks, Phase, PodSpec,
    PodStatus, Probe, Real, RuntimeStatus, Sym, Text,
};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// The last result of a probe.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProbeResult {
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// It could not be asked.
    Unknown,
}

/// What the prober knows of one container's running instance.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ProbeFacts {
    /// The last startup result for this very instance.
    pub startup: Option<ProbeResult>,
    /// The last readiness result for this very instance.
    pub readiness: Option<ProbeResult>,
    /// A worker for this kind of probe exists, that is: the container has such a probe and the kubelet has begun with it.
    pub startup_worker: bool,
    /// The same of readiness.
    pub readiness_worker: bool,
    /// See [`ran_before_kubelet`]; asked only where a new kubelet leaves what it finds as it is (1.35).
    pub ran_before: bool,
}

/// The prober, as far as a status needs it.
pub trait ProbeView<M: Marks = Real> {
    /// What is known of the instance that a status is about.
    fn facts(&self, status: &ContainerStatus<M>) -> ProbeFacts;
    /// Called for each container that is not ready yet though it has a readiness worker: the kubelet asks that worker
    /// to probe at once, at every computation of a status.
    fn probe_readiness_now(&mut self, _container: Sym) {}
}

/// No container has a probe.
pub struct NoProbes;

impl<M: Marks> ProbeView<M> for NoProbes {
    fn facts(&self, _: &ContainerStatus<M>) -> ProbeFacts {
        ProbeFacts::default()
    }
}

/// What [`generate`] looks at.
#[derive(Clone, Copy)]
pub struct StatusSources<'a, M: Marks = Real> {
    /// The pod, as the kubelet has it.
    pub pod: PodView<'a, M>,
    /// What the runtime had when the sync began.
    pub runtime: &'a RuntimeStatus<M>,
    /// What the status manager has; without it the API's status stands in.
    pub cached: Option<&'a PodStatus<M>>,
    /// The pod worker is past stopping the containers.
    pub is_terminal: bool,
    /// See [`past_active_deadline`], with the start time that the status before had.
    pub past_deadline: bool,
    /// The node's addresses, the first family first.
    pub host_ips: &'a [M::Address],
    /// PodResizePending and PodResizeInProgress, if any.
    pub resize_conditions: &'a [Condition<M>],
    /// `status.qosClass` where the API has none yet.
    pub qos_class: Sym,
    /// The version's gates and habits.
    pub gates: &'a Gates,
}

/// The status of a pod before the status manager adds start and transition times.
///
/// `generateAPIPodStatus`. A terminal phase is never left, whichever side knew of it first; `reason` and `message`
/// live as long as the phase does. The order of the conditions is the kubelet's: foreign ones as the API has them, resizes,
/// DisruptionTarget, then its own.
pub fn generate<M: Marks>(
    sources: &StatusSources<'_, M>,
    failure: impl Fn(Sym) -> Option<StartFailure>,
    probes: &mut impl ProbeView<M>,
) -> PodStatus<M> {
    let StatusSources { pod, runtime, gates, .. } = *sources;
    let old = sources.cached.unwrap_or(pod.status);
    let restarting = gates.restart_all_containers && should_restart_all(pod.spec, Some(runtime), Some(old));
    let converted = Sources { pod, runtime, restarting, gates };
    let mut status = PodStatus {
        pod_ips: sorted_ips::<M>(&runtime.ips, sources.host_ips),
        host_ips: Ips::<M>::from_slice(sources.host_ips),
        qos_class: if pod.status.qos_class.is_empty() { sources.qos_class } else { pod.status.qos_class },
        ..PodStatus::default()
    };
    convert(&converted, ContainerList::Main, &old.containers, &failure, &mut status.containers);
    convert(&converted, ContainerList::Init, &old.init, &failure, &mut status.init);
    if !pod.spec.ephemeral_containers.is_empty() {
        let mut ephemeral = ContainerStatuses::new();
        convert(&converted, ContainerList::Ephemeral, &old.ephemeral, &failure, &mut ephemeral);
        status.ephemeral = ephemeral.into_vec();
    }
    let facts = PhaseFacts {
        is_terminal: sources.is_terminal,
        has_initialized: has_active_container(pod.spec, runtime),
        is_static: pod.is_static,
    };
    status.phase = phase(pod.spec, Statuses::new(&status.containers, &status.init), facts, gates);
    if !status.phase.is_terminal() {
        if old.phase.is_terminal() {
            status.phase = old.phase;
        } else if pod.status.phase.is_terminal() {
            status.phase = pod.status.phase;
        }
    }
    if status.phase == old.phase {
        status.reason = if old.reason.is_empty() { pod.status.reason } else { old.reason };
        status.message = if old.message.is_empty() { pod.status.message } else { old.message };
    }
    if sources.past_deadline {
        status.phase = Phase::Failed;
        status.reason = Sym::DEADLINE_EXCEEDED;
        status.message = Text::Is(Sym::DEADLINE_EXCEEDED_MESSAGE);
    }
    if pod.status.phase.is_terminal() {
        status.phase = pod.status.phase;
    }
    update_probes(sources, &mut status, probes);
    put_conditions(sources, old, &mut status);
    if pod.spec.host_network
        && let Some(first) = sources.host_ips.first()
    {
        if status.pod_ips.is_empty() {
            status.pod_ips.push(*first);
        }
        if let [_, second] = sources.host_ips
            && let [only] = status.pod_ips[..]
            && only.is_v6() != second.is_v6()
        {
            status.pod_ips.push(*second);
        }
    }
    status
}

fn put_conditions<M: Marks>(sources: &StatusSources<'_, M>, old: &PodStatus<M>, status: &mut PodStatus<M>) {
    let StatusSources { pod, runtime, gates, .. } = *sources;
    let phase = status.phase;
    let PodStatus { conditions: list, init, containers, .. } = status;
    for condition in &pod.status.conditions {
        if !is_kubelet_owned(condition.kind, gates) {
            list.push(*condition);
        }
    }
    for resize in sources.resize_conditions {
        let observed_generation =
            match conditions::observed_generation(old, pod.generation, resize.kind, gates) {
                0 => 0,
                _ => resize.observed_generation,
            };
        list.push(Condition { observed_generation, ..*resize });
    }
    if let Some(target) = old.condition(Sym::DISRUPTION_TARGET) {
        replace_or_append(list, *target);
    }
    if gates.pod_ready_to_start_containers {
        list.push(conditions::ready_to_start_containers(&pod, old, runtime, gates));
    }
    let known = Statuses::new(init, containers);
    let known = if known.is_empty() { None } else { Some(known) };
    list.push(conditions::initialized(&pod, old, known, phase, gates));
    let containers_ready = conditions::containers_ready(&pod, old, known, phase, gates);
    let ready = conditions::ready(&pod, old, &containers_ready, list, gates);
    list.push(ready);
    list.push(containers_ready);
    let mut scheduled = Condition::new(Sym::POD_SCHEDULED, true);
    scheduled.observed_generation =
        conditions::observed_generation(old, pod.generation, Sym::POD_SCHEDULED, gates);
    list.push(scheduled);
    if all_could_restart(pod.spec, gates) {
        list.push(conditions::all_containers_restarting(&pod, old, runtime, phase));
    }
}

/// Whether the kubelet alone writes conditions of this type (`PodConditionByKubelet`, pkg/kubelet/types/pod_status.go).
pub fn is_kubelet_owned(kind: Sym, gates: &Gates) -> bool {
    match kind {
        Sym::POD_SCHEDULED
        | Sym::READY
        | Sym::INITIALIZED
        | Sym::CONTAINERS_READY
        | Sym::POD_RESIZE_IN_PROGRESS
        | Sym::POD_RESIZE_PENDING => true,
        Sym::POD_READY_TO_START_CONTAINERS => gates.pod_ready_to_start_containers,
        Sym::ALL_CONTAINERS_RESTARTING => gates.restart_all_containers,
        _ => false,
    }
}

/// Puts a condition in the place of the one of its type, or last (`ReplaceOrAppendPodCondition`).
pub fn replace_or_append<M: Marks>(list: &mut Conditions<M>, condition: Condition<M>) {
    match list.iter_mut().find(|other| other.kind == condition.kind) {
        Some(place) => *place = condition,
        None => list.push(condition),
    }
}

/// Whether a pod has been on its node longer than it may.
///
/// `pastActiveDeadline` in pkg/kubelet/active_deadline.go: counted from `status.startTime`, which is cut to its second.
pub fn past_active_deadline(spec: &PodSpec, start_time: Option<Time>, now: Time) -> bool {
    match (spec.active_deadline_seconds, start_time) {
        (Some(seconds), Some(start)) => now.since(start) >= Span::from_secs(seconds),
        _ => false,
    }
}

/// One address of the node's first family, then one of the other (`sortPodIPs`).
fn sorted_ips<M: Marks>(ips: &[M::Address], host_ips: &[M::Address]) -> Ips<M> {
    if ips.len() < 2 {
        return Ips::<M>::from_slice(ips);
    }
    let first_is_v6 = host_ips.first().is_some_and(|ip| ip.is_v6() == Some(true));
    let first = |v6: bool| ips.iter().copied().find(|ip| ip.is_v6() == Some(v6));
    first(first_is_v6).into_iter().chain(first(!first_is_v6)).collect()
}

/// `started` and `ready` of every container (`UpdatePodStatus` in pkg/kubelet/prober/prober_manager.go).
fn update_probes<M: Marks>(
    sources: &StatusSources<'_, M>,
    status: &mut PodStatus<M>,
    probes: &mut impl ProbeView<M>,
) {
    let spec = sources.pod.spec;
    for container in &mut status.containers {
        let probe = spec
            .containers
            .iter()
            .find(|other| other.name == container.name)
            .map(|other| other.readiness_probe.as_ref());
        update_probed(sources, container, probe, probes);
    }
    for (index, container) in status.init.iter_mut().enumerate() {
        // The status at one place may belong to another container: then only `started` is written.
        let in_spec: Option<&Container> =
            spec.init_containers.get(index).filter(|other| other.name == container.name);
        match in_spec {
            Some(other) if other.is_sidecar() => {
                update_probed(sources, container, Some(other.readiness_probe.as_ref()), probes);
            }
            other => {
                container.started = Some(is_started(sources, container, probes.facts(container)));
                if other.is_some() && container.state.terminated().is_some_and(|ended| ended.exit_code == 0) {
                    container.ready = true;
                }
            }
        }
    }
}

/// `isContainerStarted`: since 1.35 a container that had started before the kubelet began anew still counts as started.
fn is_started<M: Marks>(
    sources: &StatusSources<'_, M>,
    status: &ContainerStatus<M>,
    facts: ProbeFacts,
) -> bool {
    if !status.state.is_running() {
        return false;
    }
    if let Some(result) = facts.startup {
        return result == ProbeResult::Success;
    }
    if !sources.gates.change_status_on_kubelet_restart && status.started == Some(true) {
        return true;
    }
    !facts.startup_worker
}

fn update_probed<M: Marks>(
    sources: &StatusSources<'_, M>,
    status: &mut ContainerStatus<M>,
    readiness_probe: Option<Option<&Probe>>,
    probes: &mut impl ProbeView<M>,
) {
    let facts = probes.facts(status);
    let started = is_started(sources, status, facts);
    status.started = Some(started);
    if !started {
        return;
    }
    if facts.readiness == Some(ProbeResult::Success) {
        status.ready = true;
        return;
    }
    let mut ready = !facts.readiness_worker;
    if facts.readiness_worker {
        probes.probe_readiness_now(status.name);
    }
    if let Some(probe) = readiness_probe
        && !sources.gates.change_status_on_kubelet_restart
        && facts.ran_before
    {
        // Found running by a new kubelet: ready until its first probe says otherwise, if the pod was.
        if facts.readiness.is_none() {
            ready = true;
        }
        if probe.is_some() && !sources.pod.status.condition_is_true(Sym::READY) {
            ready = false;
        }
    }
    status.ready = ready;
}

/// How long before the start of the kubelet a container must have started to count as found by it.
const KUBELET_RESTART_GRACE: Span = Span::from_secs(10);

/// Whether a kubelet that began at this instant found the container running: what `setReadyStateOnKubeletRestart`
/// (pkg/kubelet/prober/prober_manager.go) and a probe worker's first look (`doProbe`, worker.go) ask.
pub fn ran_before_kubelet(running_since: Option<Time>, kubelet_start: Time) -> bool {
    running_since.is_some_and(|since| since < kubelet_start - KUBELET_RESTART_GRACE)
}

/// Whether a change of conditions in the API makes the kubelet sync: a readiness gate would come out differently.
///
/// `NeedToReconcilePodReadiness` in pkg/kubelet/status/status_manager.go. It asks for the Ready condition with the main
/// containers' statuses alone, so a pod with gates and a sidecar is synced at every change of its status.
pub fn needs_readiness_reconcile<M: Marks>(pod: &PodView<'_, M>, gates: &Gates) -> bool {
    let status = pod.status;
    let Some(shown) = status.condition(Sym::READY) else { return false };
    if pod.spec.readiness_gates.is_empty() {
        return false;
    }
    let known = Statuses::new(&status.containers, &[]);
    let known = if known.is_empty() { None } else { Some(known) };
    let containers_ready = conditions::containers_ready(pod, status, known, status.phase, gates);
    let ready = conditions::ready(pod, status, &containers_ready, &status.conditions, gates);
    shown.status != ready.status || shown.message != ready.message
}
