//! The phase of a pod, from the states of its containers.

use super::pod::Statuses;
use super::restart::should_restart;
use crate::api::{
    Container, ContainerState, ContainerStatus, Marks, Phase, PodSpec, RestartPolicy, RuntimeStatus, Sym,
    Terminated,
};
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

/// What containers are counted as. `restarts` says whether the kubelet starts one again that has ended so.
#[derive(Default)]
struct Counts {
    init_pending: u32,
    init_failed: u32,
    init_failed_for_good: u32,
    sidecars_pending: u32,
    /// From here on of sidecars and main containers.
    unknown: u32,
    running: u32,
    waiting: u32,
    /// From here on of main containers alone.
    stopped: u32,
    stopped_for_good: u32,
    succeeded: u32,
    /// One of them runs, or ran and has not been started again.
    has_started: bool,
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
pub fn phase<M: Marks>(spec: &PodSpec, statuses: Statuses<'_, M>, facts: PhaseFacts, gates: &Gates) -> Phase {
    let restarts = |container: &Container, last: &Terminated<M>| {
        should_restart(container, spec, last.exit_code, gates)
            || (gates.restart_all_containers && last.reason == Sym::RESTARTING_ALL_CONTAINERS)
    };
    let mut counts = Counts::default();
    for container in &spec.init_containers {
        let status = statuses.find(container.name);
        if container.is_sidecar() {
            counts.sidecar(status);
        } else {
            counts.init(status, |ended| restarts(container, ended));
        }
    }
    for container in &spec.containers {
        counts.main(statuses.find(container.name), |ended| restarts(container, ended));
    }
    counts.phase(spec.policy(), facts, gates)
}

impl Counts {
    #[inline]
    fn sidecar<M: Marks>(&mut self, status: Option<&ContainerStatus<M>>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        match status.state {
            ContainerState::Running { .. } => {
                if status.started != Some(true) {
                    self.sidecars_pending += 1;
                }
                self.running += 1;
            }
            ContainerState::Terminated(_) => {}
            ContainerState::Waiting { .. } => {
                if status.last_state.terminated().is_none() {
                    self.sidecars_pending += 1;
                    self.waiting += 1;
                }
            }
            ContainerState::Unset => {
                self.sidecars_pending += 1;
                self.unknown += 1;
            }
        }
    }

    #[inline]
    fn init<M: Marks>(
        &mut self,
        status: Option<&ContainerStatus<M>>,
        restarts: impl Fn(&Terminated<M>) -> bool,
    ) {
        let ended = status.and_then(|status| match &status.state {
            ContainerState::Terminated(ended) => Some(ended),
            ContainerState::Waiting { .. } => status.last_state.terminated(),
            ContainerState::Running { .. } | ContainerState::Unset => None,
        });
        match ended {
            None => self.init_pending += 1,
            Some(ended) if ended.exit_code != 0 => {
                self.init_failed += 1;
                if !restarts(ended) {
                    self.init_failed_for_good += 1;
                }
            }
            Some(_) => {}
        }
    }

    #[inline]
    fn main<M: Marks>(
        &mut self,
        status: Option<&ContainerStatus<M>>,
        restarts: impl Fn(&Terminated<M>) -> bool,
    ) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        match &status.state {
            ContainerState::Running { .. } => {
                self.has_started = true;
                self.running += 1;
            }
            ContainerState::Terminated(ended) => {
                self.has_started = true;
                self.stopped += 1;
                if ended.exit_code == 0 {
                    self.succeeded += 1;
                }
                if !restarts(ended) {
                    self.stopped_for_good += 1;
                }
            }
            ContainerState::Waiting { .. } => match status.last_state.terminated() {
                Some(ended) => {
                    self.stopped += 1;
                    if !restarts(ended) {
                        self.stopped_for_good += 1;
                    }
                }
                None => self.waiting += 1,
            },
            ContainerState::Unset => self.unknown += 1,
        }
    }

    /// What the counts come to.
    #[inline]
    fn phase(&self, policy: RestartPolicy, facts: PhaseFacts, gates: &Gates) -> Phase {
        let init_is_lost = if gates.container_restart_rules {
            self.init_failed_for_good > 0
        } else {
            self.init_failed > 0 && policy == RestartPolicy::Never
        };
        if init_is_lost {
            return Phase::Failed;
        }
        let has_initialized =
            if gates.habits.phase_asks_the_runtime { facts.has_initialized } else { self.has_started };
        if self.init_pending > 0 || (self.sidecars_pending > 0 && !has_initialized) || self.waiting > 0 {
            return Phase::Pending;
        }
        if self.unknown > 0 {
            return Phase::Pending;
        }
        if self.running > 0 {
            return Phase::Running;
        }
        if self.stopped == 0 {
            return Phase::Pending;
        }
        let all_succeeded = self.stopped == self.succeeded;
        if facts.is_terminal && !facts.is_static {
            return if all_succeeded { Phase::Succeeded } else { Phase::Failed };
        }
        let some_return = if gates.container_restart_rules {
            self.stopped != self.stopped_for_good
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
}

/// Whether some regular container exists in the sandbox that is in use, which shows that all init containers are done.
///
/// `HasAnyActiveRegularContainerStarted` in pkg/kubelet/container/helpers.go: created counts, and so does exited.
pub fn has_active_container<M: Marks>(spec: &PodSpec, runtime: &RuntimeStatus<M>) -> bool {
    runtime
        .containers
        .iter()
        .any(|instance| instance.active && spec.containers.iter().any(|c| c.name == instance.name))
}
