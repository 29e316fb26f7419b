//! A change of the status that a kubelet holds of a pod: computed, then settled against what it held.
//!
//! [`play`] is a function of what [`Change`] lists and of nothing else. Of instants, container identifiers and addresses it
//! only ever asks whether two are the same one, and copies them, which its types make sure of ([`crate::api::marks`]); so
//! what it does for one pod it does for every other that stands alike, and may be remembered (`crate::world::learned`). Two
//! questions ask for more, whether a pod has been active for too long and whether a container is older than the kubelet:
//! their answers are part of a [`Sync`].

use smallvec::SmallVec;

use super::api_status::{self, ProbeFacts, ProbeResult, ProbeView, StatusSources, replace_or_append};
use super::conditions;
use super::container_status::StartFailure;
use super::pod::{PodView, Statuses};
use super::status_manager;
use crate::api::marks::Instant;
use crate::api::{
    Condition, ContainerIx, ContainerStatus, Marks, Phase, PodStatus, Real, RuntimeStatus, Sym, Text, Tri,
};
use crate::rules::versions::gates::Gates;

/// Why a kubelet ends a pod by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndedBy {
    pub reason: Sym,
    pub message: Text,
    pub disruption: bool,
}

impl EndedBy {
    /// Its kubelet evicts it. From then on its dead containers are removed as soon as one of them is seen to have ended
    /// (`status.evicted`, `ShouldPodContentBeRemoved`, pkg/kubelet/pod_workers.go).
    pub fn is_eviction(&self) -> bool {
        self.reason == Sym::EVICTED
    }
}

/// A probe worker as the status asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Probed {
    /// The restart count of the instance that the result is about.
    pub instance: i32,
    pub result: Option<bool>,
}

/// What a kubelet remembers of a container beside its instances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    pub name: Sym,
    /// Why its last start failed.
    pub failure: Option<StartFailure>,
    pub startup: Option<Probed>,
    pub readiness: Option<Probed>,
    /// See [`ProbeFacts::ran_before`].
    pub ran_before: bool,
}

/// What a sync computes a status from.
#[derive(Clone, Copy, Debug)]
pub struct Sync<'a, M: Marks = Real> {
    pub runtime: &'a RuntimeStatus<M>,
    /// In the order of [`crate::api::PodSpec::container_at`].
    pub containers: &'a [Known],
    /// The pod worker is past stopping the containers.
    pub is_terminal: bool,
    pub ended_by: Option<EndedBy>,
    /// See [`api_status::past_active_deadline`].
    pub past_deadline: bool,
    /// The node's addresses, the first family first.
    pub host_ips: &'a [M::Address],
    /// PodResizePending and PodResizeInProgress, if any.
    pub resize_conditions: &'a [Condition<M>],
}

/// What comes to the status.
#[derive(Clone, Copy, Debug)]
pub enum Op<'a, M: Marks = Real> {
    /// A sync computes it anew (`generateAPIPodStatus`, `SetPodStatus`).
    Sync(Sync<'a, M>),
    /// `SetContainerReadiness`: the container's flag and the two conditions that follow from it.
    Readiness { container: Sym, ready: bool },
    /// `SetContainerStartup`: the container's flag alone.
    Startup { container: Sym, started: bool },
    /// `OnPodSandboxReady` (pkg/kubelet/kubelet.go, 1.36): PodReadyToStartContainers is True before images are pulled.
    SandboxReady,
    /// `TerminatePod`; see [`status_manager::ended`].
    Terminate { initialized: bool },
}

/// One change.
#[derive(Clone, Copy)]
pub struct Change<'a, M: Marks = Real> {
    pub op: Op<'a, M>,
    pub pod: PodView<'a, M>,
    /// What the kubelet holds; None before its first status.
    pub held: Option<&'a PodStatus<M>>,
    pub now: M::Instant,
    pub gates: &'a Gates,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed<M: Marks = Real> {
    /// None: refused ([`status_manager::settle`]).
    pub status: Option<PodStatus<M>>,
    /// The computed phase, refused or not.
    pub phase: Phase,
    /// Containers whose readiness is to be probed at once, by their place in [`Sync::containers`].
    pub triggers: SmallVec<[ContainerIx; 4]>,
}

/// Plays a change.
pub fn play<M: Marks>(change: &Change<'_, M>) -> Changed<M> {
    let Change { op, pod, held, now, gates } = *change;
    let old = held.unwrap_or(pod.status);
    let mut triggers = SmallVec::new();
    let mut status = match op {
        Op::Sync(sync) => compute(change, &sync, &mut triggers),
        Op::Readiness { container, ready } => with_readiness(&pod, old, container, ready, gates),
        Op::Startup { container, started } => {
            let mut status = old.clone();
            if let Some(container) = status.probed_mut(container) {
                container.started = Some(started);
            }
            status
        }
        Op::SandboxReady => {
            let mut status = old.clone();
            let kind = Sym::POD_READY_TO_START_CONTAINERS;
            let mut condition = Condition::new(kind, true);
            condition.observed_generation = conditions::observed_generation(old, pod.generation, kind, gates);
            replace_or_append(&mut status.conditions, condition);
            status
        }
        Op::Terminate { initialized } => {
            let status = status_manager::ended(held, &pod, initialized, now, gates);
            let phase = status.as_ref().map_or(old.phase, |status| status.phase);
            return Changed { status, phase, triggers };
        }
    };
    let phase = status.phase;
    let follows = status_manager::settle(held, &pod, &mut status, now, gates);
    Changed { status: follows.then_some(status), phase, triggers }
}

/// The prober as [`Known`] tells of it.
struct Probes<'a, 'b> {
    containers: &'a [Known],
    triggers: &'b mut SmallVec<[ContainerIx; 4]>,
}

impl Probes<'_, '_> {
    fn find(&self, name: Sym) -> Option<usize> {
        self.containers.iter().position(|container| container.name == name)
    }
}

impl<M: Marks> ProbeView<M> for Probes<'_, '_> {
    fn facts(&self, status: &ContainerStatus<M>) -> ProbeFacts {
        let Some(known) = self.find(status.name).map(|place| &self.containers[place]) else {
            return ProbeFacts::default();
        };
        let result = |worker: Option<Probed>| {
            let ok = worker.filter(|worker| worker.instance == status.restart_count)?.result?;
            Some(if ok { ProbeResult::Success } else { ProbeResult::Failure })
        };
        ProbeFacts {
            startup: result(known.startup),
            readiness: result(known.readiness),
            startup_worker: known.startup.is_some(),
            readiness_worker: known.readiness.is_some(),
            ran_before: known.ran_before,
        }
    }
    fn probe_readiness_now(&mut self, container: Sym) {
        self.triggers.extend(self.find(container).map(ContainerIx::new));
    }
}

fn compute<M: Marks>(
    change: &Change<'_, M>,
    sync: &Sync<'_, M>,
    triggers: &mut SmallVec<[ContainerIx; 4]>,
) -> PodStatus<M> {
    let Change { pod, held, now, gates, .. } = *change;
    let sources = StatusSources {
        pod,
        runtime: sync.runtime,
        cached: held,
        is_terminal: sync.is_terminal,
        past_deadline: sync.past_deadline,
        host_ips: sync.host_ips,
        resize_conditions: sync.resize_conditions,
        qos_class: pod.status.qos_class,
        gates,
    };
    let failure =
        |name: Sym| sync.containers.iter().find(|known| known.name == name).and_then(|known| known.failure);
    let mut probes = Probes { containers: sync.containers, triggers };
    let mut status = api_status::generate(&sources, failure, &mut probes);
    if let Some(ended) = sync.ended_by
        && !sync.is_terminal
        && !pod.status.phase.is_terminal()
    {
        status.phase = Phase::Failed;
        status.reason = ended.reason;
        status.message = ended.message;
        if ended.disruption {
            let kind = Sym::DISRUPTION_TARGET;
            let mut target =
                Condition::new(kind, Tri::True).because(Sym::TERMINATION_BY_KUBELET, ended.message);
            target.observed_generation =
                conditions::observed_generation(&status, pod.generation, kind, gates);
            target.last_transition = Some(now.truncate_secs());
            replace_or_append(&mut status.conditions, target);
        }
    }
    status
}

fn with_readiness<M: Marks>(
    pod: &PodView<'_, M>,
    old: &PodStatus<M>,
    name: Sym,
    ready: bool,
    gates: &Gates,
) -> PodStatus<M> {
    let mut status = old.clone();
    if let Some(container) = status.probed_mut(name) {
        container.ready = ready;
    }
    let known = Statuses::new(&status.init, &status.containers);
    let containers_ready = conditions::containers_ready(pod, old, Some(known), status.phase, gates);
    let both = conditions::ready(pod, old, &containers_ready, &pod.status.conditions, gates);
    for new in [both, containers_ready] {
        replace_or_append(&mut status.conditions, new);
    }
    status
}
