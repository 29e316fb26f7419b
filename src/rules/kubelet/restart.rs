//! Whether a container runs again: restart policies, exit-code rules, and the restart of all containers at once.
//!
//! Sources: pkg/api/v1/pod/util.go and pkg/kubelet/container/helpers.go (v1.36.2).

use crate::api::spec::RestartRule;
use crate::api::{Container, InstanceState, Marks, PodSpec, PodStatus, RestartPolicy, RuntimeStatus, Sym};
use crate::rules::versions::gates::Gates;

/// The first rule of a container that an exit code matches.
///
/// `FindMatchingContainerRestartRule` in pkg/api/v1/pod/util.go. A rule without exit codes, or with an unknown
/// operator, matches nothing.
pub fn matching_rule(container: &Container, exit_code: i32) -> Option<&RestartRule> {
    container.restart_policy_rules.iter().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| {
            let listed = codes.values.contains(&exit_code);
            match codes.operator {
                Sym::IN => listed,
                Sym::NOT_IN => !listed,
                _ => false,
            }
        })
    })
}

fn policy_restarts(policy: RestartPolicy, exit_code: i32) -> bool {
    match policy {
        RestartPolicy::Always => true,
        RestartPolicy::OnFailure => exit_code != 0,
        RestartPolicy::Never => false,
    }
}

/// Whether a container that ended with `exit_code` is started again.
///
/// `ContainerShouldRestart` in pkg/api/v1/pod/util.go. Rules count only where the container has a `restartPolicy` of
/// its own; one that asks for all containers counts as yes only with its gate, otherwise the container's policy decides.
/// Without the gate ContainerRestartRules only the pod's policy exists, for sidecars too: callers treat those apart.
pub fn should_restart(container: &Container, spec: &PodSpec, exit_code: i32, gates: &Gates) -> bool {
    if gates.container_restart_rules
        && let Some(policy) = container.restart_policy
    {
        match matching_rule(container, exit_code).map(|rule| rule.action) {
            Some(Sym::RESTART) => return true,
            Some(Sym::RESTART_ALL_CONTAINERS) if gates.restart_all_containers => return true,
            _ => return policy_restarts(policy, exit_code),
        }
    }
    policy_restarts(spec.policy(), exit_code)
}

/// Whether the next sync would start a container.
///
/// `ShouldContainerBeRestarted` in pkg/kubelet/container/helpers.go: one without an instance yes, even if an earlier
/// one was garbage-collected after success; one in state created or unknown yes; never once the pod is being deleted.
pub fn should_be_restarted<M: Marks>(
    container: &Container,
    spec: &PodSpec,
    deleted: bool,
    runtime: &RuntimeStatus<M>,
    gates: &Gates,
) -> bool {
    if deleted {
        return false;
    }
    match runtime.newest(container.name) {
        None => true,
        Some(newest) => match newest.state {
            InstanceState::Running => false,
            InstanceState::Unknown | InstanceState::Created => true,
            InstanceState::Exited => should_restart(container, spec, newest.exit_code, gates),
        },
    }
}

fn has_restart_all_rule(container: &Container) -> bool {
    container.restart_policy_rules.iter().any(|rule| rule.action == Sym::RESTART_ALL_CONTAINERS)
}

/// Whether some container's exit may restart all containers (`AllContainersCouldRestart`, pkg/api/v1/pod/util.go).
pub fn all_could_restart(spec: &PodSpec, gates: &Gates) -> bool {
    gates.restart_all_containers
        && spec.init_containers.iter().chain(&spec.containers).any(has_restart_all_rule)
}

/// Whether a restart of all containers is due or under way.
///
/// `ShouldAllContainersRestart` in pkg/kubelet/container/helpers.go: the condition AllContainersRestarting is True
/// already, or the newest instance of some container, in the runtime or in `status`, ended with a code whose first
/// matching rule asks for it. Either source may be absent.
pub fn should_restart_all<M: Marks, N: Marks>(
    spec: &PodSpec,
    runtime: Option<&RuntimeStatus<N>>,
    status: Option<&PodStatus<M>>,
) -> bool {
    if status.is_some_and(|status| status.condition_is_true(Sym::ALL_CONTAINERS_RESTARTING)) {
        return true;
    }
    let asks = |container: &Container, exit_code| {
        matching_rule(container, exit_code).is_some_and(|rule| rule.action == Sym::RESTART_ALL_CONTAINERS)
    };
    spec.init_containers.iter().chain(&spec.containers).any(|container| {
        if container.restart_policy_rules.is_empty() {
            return false;
        }
        if let Some(runtime) = runtime {
            // Without an exited instance the API's status is not consulted either.
            match runtime.newest(container.name) {
                Some(newest) if newest.state == InstanceState::Exited => {
                    if asks(container, newest.exit_code) {
                        return true;
                    }
                }
                _ => return false,
            }
        }
        status.is_some_and(|status| {
            // The map is filled with init statuses first: a main container of the same name replaces them.
            let found = status.containers.iter().chain(&status.init).find(|s| s.name == container.name);
            found
                .and_then(|s| s.state.terminated())
                .is_some_and(|terminated| asks(container, terminated.exit_code))
        })
    })
}

/// Whether the runtime holds no instance of any container any more (`AllContainersRestartCleanedUp`).
pub fn restart_all_cleaned_up<M: Marks>(spec: &PodSpec, runtime: &RuntimeStatus<M>) -> bool {
    !spec.init_containers.iter().chain(&spec.containers).any(|c| runtime.newest(c.name).is_some())
}
