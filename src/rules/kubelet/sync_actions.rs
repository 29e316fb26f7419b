//! What one sync of a pod has to do: `computePodActions` in pkg/kubelet/kuberuntime/kuberuntime_manager.go and
//! `computeInitContainerActions` in kuberuntime_container.go (v1.36.2).
//!
//! The plan is computed from a snapshot of the runtime and carried out by the kubelet actor. Two surprises: a pod whose
//! containers all have ended and may not start again is killed as a whole, so a failed liveness probe under `Never`
//! says "Stopping container"; and sidecars that already ran are restarted whatever the pod's policy.

use smallvec::SmallVec;

use super::resize;
use super::restart::{self, should_restart};
use super::sandbox::sandbox_changed;
use crate::api::spec::{Container, Resources, RestartPolicy};
use crate::api::{ContainerIx, InstanceState, PodSpec, RuntimeStatus, Sym};
use crate::rules::versions::gates::Gates;

/// Why a container is killed; decides the event's words and the grace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KillReason {
    /// The pod is stopped: `Stopping container <c>`.
    Pod,
    DefinitionChanged {
        restart: bool,
    },
    Liveness {
        restart: bool,
    },
    Startup {
        restart: bool,
    },
    /// `Container is in "unknown" state, try killing it before restart`
    Unknown,
    /// Its new size asks for a new instance: `Container <c> resize requires restart`.
    Resize,
    /// A failed postStart hook.
    PostStartHook,
    /// Restart of all containers, in place.
    RestartAll,
}

/// Containers by position; mostly one or two, which stand in the list itself.
pub type Places = SmallVec<[ContainerIx; 8]>;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodActions {
    pub kill_pod: bool,
    pub create_sandbox: bool,
    /// Containers by position (init containers first), in the order of starting.
    pub start_init: Places,
    pub start: Places,
    pub start_ephemeral: Places,
    pub kill: Vec<(ContainerIx, KillReason)>,
    /// Instances to remove, running ones killed first: RestartAllContainers.
    pub remove: Places,
    /// All init containers run again: their history is purged.
    pub purge_init: bool,
    /// Running containers, or the pod's own control group, get another size before main containers are started.
    pub resize: bool,
}

/// Results of the probes that can kill, by container position: `Some(false)` is a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ProbeResults {
    pub liveness: Option<bool>,
    pub startup: Option<bool>,
    pub has_startup: bool,
}

impl ProbeResults {
    fn has_passed_startup(self) -> bool {
        !self.has_startup || self.startup == Some(true)
    }
}

pub struct Input<'a> {
    pub spec: &'a PodSpec,
    /// `metadata.deletionTimestamp` is set.
    pub deleted: bool,
    pub runtime: &'a RuntimeStatus,
    /// By container position.
    pub probes: &'a [ProbeResults],
    /// `ShouldAllContainersRestart`
    pub restart_all: bool,
    /// By container position: the sizes of the newest instances. None: the pod was never resized.
    pub sizes: Option<&'a [Resources]>,
    pub gates: &'a Gates,
}

impl Input<'_> {
    fn inits(&self) -> usize {
        self.spec.init_containers.len()
    }
    fn probe(&self, ix: usize) -> ProbeResults {
        self.probes.get(ix).copied().unwrap_or_default()
    }
    fn state(&self, container: &Container) -> Option<InstanceState> {
        self.runtime.newest(container.name).map(|c| c.state)
    }
    /// `ShouldContainerBeRestarted` (pkg/kubelet/container/helpers.go).
    fn should_be_restarted(&self, container: &Container) -> bool {
        restart::should_be_restarted(container, self.spec, self.deleted, self.runtime, self.gates)
    }
    fn definition_changed(&self, container: &Container) -> bool {
        self.runtime.newest(container.name).is_some_and(|c| c.image != container.image)
    }
    /// What the container's size asks for; restarts and updates alike touch the pod's control group.
    fn resize(&self, ix: usize, container: &Container, actions: &mut PodActions) -> resize::Action {
        let actual = self.sizes.and_then(|sizes| sizes.get(ix));
        let action = actual.map_or(resize::Action::Keep, |actual| resize::action(container, actual));
        actions.resize |= action != resize::Action::Keep;
        action
    }
    /// Restarts that a probe causes look at policies alone: there is no exit code yet.
    fn may_restart_killed(&self, container: &Container) -> bool {
        match container.restart_policy.filter(|_| self.gates.container_restart_rules) {
            Some(policy) => policy != RestartPolicy::Never,
            None => self.spec.policy() != RestartPolicy::Never,
        }
    }
}

/// Everything that one sync does, in `PodActions`' own order: kill, sandbox, ephemeral, init, main.
pub fn compute(input: &Input<'_>) -> PodActions {
    let mut actions = PodActions::default();
    let sandbox = sandbox_changed(input.spec, input.runtime);
    if sandbox.is_needed() {
        begin_anew(input, sandbox.attempt, &mut actions);
        return actions;
    }
    if input.restart_all {
        remove_all(input, &mut actions);
        if !actions.remove.is_empty() {
            return actions;
        }
    }
    ephemeral_actions(input, &mut actions);
    if init_actions(input, &mut actions) && !actions.kill_pod {
        main_actions(input, &mut actions);
    }
    actions
}

/// RestartAllContainers: instances go, those of main containers first.
#[inline]
fn remove_all(input: &Input<'_>, actions: &mut PodActions) {
    let (spec, inits) = (input.spec, input.inits());
    for ix in (inits..inits + spec.containers.len()).chain(0..inits) {
        let container = if ix < inits { &spec.init_containers[ix] } else { &spec.containers[ix - inits] };
        if input.runtime.newest(container.name).is_some() {
            actions.remove.push(ContainerIx::new(ix));
        }
    }
}

/// The pod's sandbox is missing or lost: what is left of it is killed, and in a new one everything starts that may.
#[inline]
fn begin_anew(input: &Input<'_>, attempt: u32, actions: &mut PodActions) {
    let (spec, runtime, inits) = (input.spec, input.runtime, input.inits());
    actions.kill_pod = true;
    // A pod that may not restart keeps its dead containers: no new sandbox for them.
    if spec.policy() == RestartPolicy::Never && attempt != 0 && !runtime.containers.is_empty() {
        return;
    }
    let mut to_start = Places::new();
    for (ix, container) in spec.containers.iter().enumerate() {
        let on_failure = match container.restart_policy.filter(|_| input.gates.container_restart_rules) {
            Some(policy) => policy == RestartPolicy::OnFailure,
            None => spec.policy() == RestartPolicy::OnFailure,
        };
        let succeeded = runtime
            .newest(container.name)
            .is_some_and(|c| c.state == InstanceState::Exited && c.exit_code == 0);
        if !(on_failure && succeeded) {
            to_start.push(ContainerIx::new(inits + ix));
        }
    }
    let any_created = spec.containers.iter().any(|c| runtime.newest(c.name).is_some());
    if to_start.is_empty() && any_created {
        return;
    }
    actions.create_sandbox = true;
    if inits > 0 {
        actions.start_init.push(ContainerIx::FIRST);
        actions.purge_init = true;
    } else {
        actions.start = to_start;
    }
}

/// Ephemeral containers start once, and never again.
#[inline]
fn ephemeral_actions(input: &Input<'_>, actions: &mut PodActions) {
    let before = input.inits() + input.spec.containers.len();
    for (ix, container) in input.spec.ephemeral_containers.iter().enumerate() {
        if input.runtime.newest(container.name).is_none() {
            actions.start_ephemeral.push(ContainerIx::new(before + ix));
        }
    }
}

/// What main containers need; if none of them stays and none starts, the pod ends.
#[inline]
fn main_actions(input: &Input<'_>, actions: &mut PodActions) {
    let inits = input.inits();
    let mut keep = 0;
    for (main, container) in input.spec.containers.iter().enumerate() {
        let ix = inits + main;
        let state = input.state(container);
        if state != Some(InstanceState::Running) {
            if input.should_be_restarted(container) {
                actions.start.push(ContainerIx::new(ix));
                if state == Some(InstanceState::Unknown) {
                    actions.kill.push((ContainerIx::new(ix), KillReason::Unknown));
                }
            }
            continue;
        }
        let probe = input.probe(ix);
        let may = input.may_restart_killed(container);
        let (reason, restart) = if input.definition_changed(container) {
            (KillReason::DefinitionChanged { restart: true }, true)
        } else if probe.liveness == Some(false) {
            (KillReason::Liveness { restart: may }, may)
        } else if probe.has_startup && probe.startup == Some(false) {
            (KillReason::Startup { restart: may }, may)
        } else if input.resize(ix, container, actions) == resize::Action::Restart {
            (KillReason::Resize, true)
        } else {
            keep += 1;
            continue;
        };
        if restart {
            actions.start.push(ContainerIx::new(ix));
        }
        actions.kill.push((ContainerIx::new(ix), reason));
    }
    if keep == 0 && actions.start.is_empty() {
        actions.kill_pod = true;
        // Sidecars are not restarted in a pod that ends.
        actions.start_init.clear();
    }
}

/// A main container that is created or runs; one that has exited alone counts from 1.37 on (before, the node may have
/// rebooted).
#[inline]
fn main_stands(input: &Input<'_>) -> bool {
    let also_exited = input.gates.habits.init_looks_at_its_sandbox;
    input.spec.containers.iter().any(|c| {
        input.runtime.newest(c.name).is_some_and(|i| {
            i.active && (also_exited || matches!(i.state, InstanceState::Running | InstanceState::Created))
        })
    })
}

/// Whether the pod counts as initialised; what init containers need goes into `actions`.
fn init_actions(input: &Input<'_>, actions: &mut PodActions) -> bool {
    let (spec, runtime) = (input.spec, input.runtime);
    let list = &spec.init_containers;
    if list.is_empty() {
        return true;
    }
    let was_initialized = main_stands(input);
    let has_sidecar = spec.has_sidecars();
    if was_initialized && !has_sidecar {
        return true;
    }
    let mut initialized = was_initialized;
    let mut found_current = false;
    let mut successor_ran = false;

    for ix in (0..list.len()).rev() {
        let container = &list[ix];
        let sidecar = container.is_sidecar();
        let newest = runtime.newest(container.name);
        let Some(instance) = newest.filter(|i| i.active || !input.gates.habits.init_looks_at_its_sandbox)
        else {
            // Skipped, unless something behind it ran already: a sidecar that was lost is started again.
            if sidecar && (initialized || successor_ran || found_current) {
                actions.start_init.push(ContainerIx::new(ix));
            }
            continue;
        };
        // What stands before the current one has been initialised.
        if !sidecar && (initialized || successor_ran) {
            found_current = true;
            successor_ran = true;
            continue;
        }
        let first_seen = !found_current;
        found_current = true;
        match instance.state {
            InstanceState::Created => actions.start_init.push(ContainerIx::new(ix)),
            InstanceState::Running if !sidecar => running_init(input, ix, actions),
            InstanceState::Running => {
                if first_seen && !initialized && input.probe(ix).has_passed_startup() {
                    initialized = start_next(ix, list, actions);
                }
                running_sidecar(input, ix, actions);
            }
            InstanceState::Exited if sidecar => actions.start_init.push(ContainerIx::new(ix)),
            InstanceState::Exited if instance.exit_code != 0 || instance.reason == Sym::OOM_KILLED => {
                // Rules go by the code, also where the reason made it a failure; before them only Never kept it from starting.
                let code = match input.gates.container_restart_rules {
                    true => instance.exit_code,
                    false => instance.exit_code.max(1),
                };
                if !should_restart(container, spec, code, input.gates) {
                    actions.kill_pod = true;
                    actions.start_init.clear();
                    actions.kill.clear();
                    return false;
                }
                actions.start_init.push(ContainerIx::new(ix));
            }
            InstanceState::Exited => initialized |= first_seen && start_next(ix, list, actions),
            InstanceState::Unknown => {
                actions.kill.push((ContainerIx::new(ix), KillReason::Unknown));
                if sidecar || should_restart(container, spec, 137, input.gates) {
                    actions.start_init.push(ContainerIx::new(ix));
                }
            }
        }
        successor_ran = true;
        if !has_sidecar {
            break;
        }
    }
    if !found_current && !was_initialized {
        actions.start_init.clear();
        actions.start_init.push(ContainerIx::FIRST);
    }
    actions.start_init.sort_unstable();
    actions.start_init.dedup();
    initialized
}

/// The init container behind the one at `ix` may start. Says whether there is none, so that the pod is initialised.
#[inline]
fn start_next(ix: usize, list: &[Container], actions: &mut PodActions) -> bool {
    let is_last = ix == list.len() - 1;
    if !is_last {
        actions.start_init.push(ContainerIx::new(ix + 1));
    }
    is_last
}

/// An init container that runs gets its size where its version does that; its policy cannot ask for a restart.
#[inline]
fn running_init(input: &Input<'_>, ix: usize, actions: &mut PodActions) {
    if input.gates.habits.init_containers_resize {
        input.resize(ix, &input.spec.init_containers[ix], actions);
    }
}

/// A sidecar that runs is killed and started again where there is a reason.
#[inline]
fn running_sidecar(input: &Input<'_>, ix: usize, actions: &mut PodActions) {
    let container = &input.spec.init_containers[ix];
    let probe = input.probe(ix);
    let reason = if probe.has_startup && probe.startup == Some(false) {
        KillReason::Startup { restart: false }
    } else if !probe.has_passed_startup() {
        return;
    } else if input.definition_changed(container) {
        KillReason::DefinitionChanged { restart: true }
    } else if probe.liveness == Some(false) {
        KillReason::Liveness { restart: false }
    } else if input.resize(ix, container, actions) == resize::Action::Restart {
        KillReason::Resize
    } else {
        return;
    };
    actions.kill.push((ContainerIx::new(ix), reason));
    actions.start_init.push(ContainerIx::new(ix));
}

/// The words of the Killing event.
pub fn kill_words(reason: KillReason, container: Sym, init: bool) -> String {
    let who = if init { "Init container" } else { "Container" };
    let tail = |restart: bool| if restart && !init { ", will be restarted" } else { "" };
    match reason {
        KillReason::Pod => format!("Stopping container {container}"),
        KillReason::DefinitionChanged { restart } => {
            format!("{who} {container} definition changed{}", tail(restart))
        }
        KillReason::Liveness { restart } => {
            format!("{who} {container} failed liveness probe{}", tail(restart))
        }
        KillReason::Startup { restart } => format!("{who} {container} failed startup probe{}", tail(restart)),
        KillReason::Resize => format!("Container {container} resize requires restart"),
        KillReason::Unknown => {
            format!("{who} is in \"unknown\" state, try killing it before restart")
        }
        KillReason::PostStartHook => "FailedPostStartHook".to_owned(),
        KillReason::RestartAll => "killing".to_owned(),
    }
}
