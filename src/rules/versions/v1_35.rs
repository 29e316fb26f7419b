//! Kubernetes 1.35: containers restart by rules of their own, and the kubelet comes back when a back-off ends.
//!
//! Source: pkg/features/kube_features.go of 1.35.

use super::gates::{Gate, Gates};
use super::habits::Habits;
use super::{Table, v1_34::TABLE as BEFORE};

pub const TABLE: Table = Table {
    new: &[
        Gate::RestartAllContainersOnContainerExits,
        Gate::NodeDeclaredFeatures,
        Gate::TaintTolerationComparisonOperators,
    ],
    gates: Gates {
        container_restart_rules: true,
        crash_loop_max: true,
        ensure_secret_pulled_images: true,
        clear_nominated_node: true,
        image_volume: true,
        change_status_on_kubelet_restart: false,
        habits: Habits {
            requeues_after_back_off: true,
            gives_up_exec_probes: true,
            starts_unnamed: true,
            tells_steps_of_resize: true,
            counts_terminating_replicas: true,
            stateful_sets_say_title_case: true,
            knows_toleration_comparison: true,
            hostname_override: true,
            env_files: true,
            says_why_budget_is_empty: true,
            keeps_scaling_tolerance: true,
            shows_failure_before_completion: true,
            says_names_of_ports: true,
            says_what_events_are_about: true,
            prefers_the_same_zone: true,
            ..BEFORE.gates.habits
        },
        ..BEFORE.gates
    },
};
