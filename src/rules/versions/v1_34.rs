//! Kubernetes 1.34: pods as a whole can ask for resources, devices are allocated dynamically.
//!
//! Source: pkg/features/kube_features.go of 1.34.

use super::gates::{Gate, Gates};
use super::habits::Habits;
use super::{Table, v1_33::TABLE as BEFORE};

pub const TABLE: Table = Table {
    new: &[Gate::ContainerRestartRules, Gate::ClearingNominatedNodeNameAfterBinding],
    gates: Gates {
        observed_generation: true,
        sleep_action_allow_zero: true,
        pod_level_resources: true,
        dynamic_resource_allocation: true,
        habits: Habits {
            owners_say_less: true,
            tells_end_of_resize: true,
            available_to_the_instant: true,
            daemon_sets_look_at_a_nodes_pods: true,
            stateful_updates_await_availability: true,
            taints_unnamed: true,
            too_large_is_hopeless: true,
            merges_spread_keys: true,
            memory_limits_shrink: true,
            blames_whole_pods: true,
            says_label_bytes: true,
            drops_restart_rules: true,
            reads_scaled_versions: true,
            says_namespace_of_deleted: true,
            reads_templates_of_sets: true,
            warns_of_headless_services: true,
            ..BEFORE.gates.habits
        },
        ..BEFORE.gates
    },
};
