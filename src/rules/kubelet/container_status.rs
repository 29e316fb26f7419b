//! What the API shows of containers, from what the runtime knows and what was shown before.
//!
//! Source: `convertToAPIContainerStatuses` in pkg/kubelet/kubelet_pods.go (v1.36.2).

use super::pod::PodView;
use super::restart::should_be_restarted;
use crate::api::{
    Container, ContainerState, ContainerStatus, ContainerStatuses, InstanceState, Marks, Real,
    RuntimeContainer, RuntimeStatus, Sym, Terminated, Text,
};
use crate::rules::versions::gates::Gates;

/// Why a container could not be started at the last attempt: the kubelet's reason cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StartFailure {
    /// `CreateContainerConfigError`, …
    pub reason: Sym,
    /// What the waiting container tells.
    pub message: Text,
}

/// Which of a pod's lists of containers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContainerList {
    /// Sidecars, too.
    Init,
    /// The regular ones.
    Main,
    /// Those that `kubectl debug` adds.
    Ephemeral,
}

impl ContainerList {
    /// Its name in the spec.
    pub fn field(self) -> &'static str {
        match self {
            ContainerList::Init => "initContainers",
            ContainerList::Main => "containers",
            ContainerList::Ephemeral => "ephemeralContainers",
        }
    }
}

/// The state of a container that nobody can find any more.
pub fn lost<M: Marks>(reason: Sym, message: Sym) -> Terminated<M> {
    Terminated { exit_code: 137, reason, message: Text::Is(message), ..Terminated::default() }
}

/// What [`convert`] looks at.
#[derive(Clone, Copy)]
pub struct Sources<'a, M: Marks = Real> {
    /// The pod, as the kubelet has it.
    pub pod: PodView<'a, M>,
    /// What the runtime had when the sync began.
    pub runtime: &'a RuntimeStatus<M>,
    /// All containers are being restarted (`super::restart::should_restart_all`, with its gate).
    pub restarting: bool,
    /// The version's gates and habits.
    pub gates: &'a Gates,
}

/// The statuses of one list of containers, put into `statuses`.
///
/// The newest instance in the runtime gives the state, the second newest the last state, older ones are ignored. A
/// container without an instance waits, unless it was seen terminated; one that was seen running is taken for
/// lost: its last state says so and its restart count goes up. Where the container would be started again and the last
/// attempt failed, the state is that failure, one sync late: `failure` holds what the *previous* sync ran into.
///
/// Main and ephemeral containers come in order of their names, init containers in order of the spec.
pub fn convert<M: Marks>(
    sources: &Sources<'_, M>,
    list: ContainerList,
    previous: &[ContainerStatus<M>],
    failure: impl Fn(Sym) -> Option<StartFailure>,
    statuses: &mut ContainerStatuses<M>,
) {
    let spec = sources.pod.spec;
    let containers = match list {
        ContainerList::Init => &spec.init_containers,
        ContainerList::Main => &spec.containers,
        ContainerList::Ephemeral => &spec.ephemeral_containers,
    };
    statuses.reserve(containers.len());
    for container in containers {
        // Upstream fills a map: of two entries with one name the last one counts.
        let old = previous.iter().rfind(|status| status.name == container.name);
        let status = convert_one(sources, list, container, old, &failure);
        match statuses.iter_mut().find(|status| status.name == container.name) {
            Some(twin) => *twin = status,
            None => statuses.push(status),
        }
    }
    if list != ContainerList::Init {
        sort_by_name(statuses);
    }
}

/// Clients expect a fixed order (`SortedContainerStatuses`, pkg/kubelet/types/types.go).
pub fn sort_by_name<M: Marks>(statuses: &mut [ContainerStatus<M>]) {
    if statuses.len() > 1 {
        statuses.sort_by_key(|status| status.name.as_str());
    }
}

fn convert_one<M: Marks>(
    sources: &Sources<'_, M>,
    list: ContainerList,
    container: &Container,
    old: Option<&ContainerStatus<M>>,
    failure: impl Fn(Sym) -> Option<StartFailure>,
) -> ContainerStatus<M> {
    let Sources { pod, runtime, restarting, gates } = *sources;
    let mut instances = runtime.containers.iter().filter(|instance| instance.name == container.name);
    let newest = instances.next();
    let mut status = match newest {
        Some(newest) => {
            let mut status = convert_instance(sources, newest, old);
            if let Some(second) = instances.next() {
                status.last_state = convert_instance(sources, second, old).state;
            }
            status
        }
        None => without_instance(&pod, container, old, restarting),
    };

    if list == ContainerList::Init {
        match newest {
            // Done; its failure to start, if one is still cached, is history.
            Some(newest) if newest.state == InstanceState::Exited && newest.exit_code == 0 => return status,
            None if gates.habits.takes_lost_init_as_done
                && !container.is_sidecar()
                && status.state.is_waiting()
                && has_regular_instance(&pod, runtime) =>
            {
                status.state = ContainerState::Terminated(Terminated {
                    reason: Sym::COMPLETED,
                    message: Text::Is(Sym::INIT_TAKEN_AS_DONE),
                    ..Terminated::default()
                });
                return status;
            }
            _ => {}
        }
    }
    if !should_be_restarted(container, pod.spec, pod.deleted, runtime, gates) {
        return status;
    }
    if let Some(StartFailure { reason, message }) = failure(container.name) {
        if status.state.terminated().is_some() {
            status.last_state = status.state;
        }
        status.state = ContainerState::Waiting { reason, message };
    }
    status
}

/// Whether some regular container was ever created (`HasAnyRegularContainerCreated`, kuberuntime_container.go).
fn has_regular_instance<M: Marks>(pod: &PodView<'_, M>, runtime: &RuntimeStatus<M>) -> bool {
    runtime.containers.iter().any(|instance| {
        instance.state != InstanceState::Unknown
            && pod.spec.containers.iter().any(|container| container.name == instance.name)
    })
}

/// The status of a container that the runtime has no instance of.
fn without_instance<M: Marks>(
    pod: &PodView<'_, M>,
    container: &Container,
    old: Option<&ContainerStatus<M>>,
    restarting: bool,
) -> ContainerStatus<M> {
    // With any init container in the pod, all containers begin as PodInitializing, the init containers too.
    let reason =
        if pod.spec.init_containers.is_empty() { Sym::CONTAINER_CREATING } else { Sym::POD_INITIALIZING };
    let mut status = ContainerStatus {
        name: container.name,
        image: container.image,
        state: ContainerState::waiting(reason),
        ..ContainerStatus::default()
    };
    let Some(old) = old else { return status };
    if old.state.terminated().is_some() {
        status = *old;
    } else {
        status.restart_count = old.restart_count;
        status.last_state = old.last_state;
    }
    if restarting && !old.state.is_waiting() {
        let message = Text::Is(Sym::REMOVED_FOR_RESTART);
        status.state = ContainerState::Waiting { reason: Sym::RESTARTING_ALL_CONTAINERS, message };
        status.last_state =
            ContainerState::Terminated(lost(Sym::RESTARTING_ALL_CONTAINERS, Sym::REMOVED_FOR_RESTART));
        status.restart_count = old.restart_count + 1;
    } else if old.state.is_running() && status.last_state.terminated().is_none() {
        status.last_state =
            ContainerState::Terminated(lost(Sym::CONTAINER_STATUS_UNKNOWN, Sym::LOST_AT_DELETION));
        if !pod.deleted {
            status.restart_count += 1;
        }
    }
    status
}

fn convert_instance<M: Marks>(
    sources: &Sources<'_, M>,
    instance: &RuntimeContainer<M>,
    old: Option<&ContainerStatus<M>>,
) -> ContainerStatus<M> {
    let gates = sources.gates;
    let mut status = ContainerStatus {
        name: instance.name,
        restart_count: instance.restart_count,
        image: instance.image,
        image_id: instance.image_ref,
        container_id: instance.id,
        ..ContainerStatus::default()
    };
    if let Some(old) = old
        && gates.restart_all_containers
    {
        // Instances that were removed to restart all containers left no trace in the runtime.
        status.restart_count = status.restart_count.max(old.restart_count);
        if old.container_id != status.container_id && old.state.terminated().is_some() {
            status.last_state = old.state;
            if instance.state == InstanceState::Running && old.restart_count >= instance.restart_count {
                status.restart_count = old.restart_count + 1;
            }
        } else if old.last_state.terminated().is_some() {
            status.last_state = old.last_state;
        }
    }
    status.state = match instance.state {
        InstanceState::Running => ContainerState::Running { started_at: instance.started_at },
        InstanceState::Created => ContainerState::waiting(Sym::EMPTY),
        InstanceState::Exited => ContainerState::Terminated(Terminated {
            exit_code: instance.exit_code,
            signal: 0,
            reason: instance.reason,
            message: instance.message,
            started_at: instance.started_at,
            finished_at: instance.finished_at,
            container_id: instance.id,
        }),
        InstanceState::Unknown => match old {
            Some(old) if old.state.is_running() => {
                let reason = if sources.restarting {
                    Sym::RESTARTING_ALL_CONTAINERS
                } else {
                    Sym::CONTAINER_STATUS_UNKNOWN
                };
                status.restart_count = old.restart_count + 1;
                ContainerState::Terminated(lost(reason, Sym::LOST_AT_TERMINATION))
            }
            _ => ContainerState::waiting(Sym::EMPTY),
        },
    };
    if !gates.change_status_on_kubelet_restart
        && instance.state == InstanceState::Running
        && let Some(old) = old
    {
        status.started = old.started;
    }
    status
}
