//! Kubernetes 1.33: pods can be resized in place and have generations; the scheduler preempts beside its queue.
//!
//! Source: pkg/features/kube_features.go of 1.33.

use super::gates::{Gate, Gates};
use super::habits::Habits;
use super::{Table, v1_32::TABLE as BEFORE};

pub const TABLE: Table = Table {
    new: &[
        Gate::PodObservedGenerationTracking,
        Gate::ReduceDefaultCrashLoopBackOffDecay,
        Gate::KubeletEnsureSecretPulledImages,
        Gate::ContainerStopSignals,
        Gate::SchedulerPopFromBackoffQ,
        Gate::OrderedNamespaceDeletion,
    ],
    gates: Gates {
        in_place_resize: true,
        async_preemption: true,
        pop_from_backoff_q: true,
        ordered_namespace_deletion: true,
        habits: Habits {
            phase_asks_the_runtime: true,
            says_probe_unknown: true,
            tells_volume_ownership: true,
            resize_has_conditions: true,
            taints_in_the_same_pass: true,
            bounds_scaling_tolerance: true,
            says_volume_affinity_plainly: true,
            balance_spares_best_effort: true,
            counts_generations: true,
            init_resize_policies: true,
            user_namespaces: true,
            supplemental_groups_policy: true,
            selinux_change_policy: true,
            proc_mount: true,
            reads_service_names_of_sets: true,
            history_of_sets_changes: true,
            warns_of_port_names: true,
            warns_of_addresses: true,
            warns_of_preferred_values: true,
            git_repos_are_off: true,
            ..BEFORE.gates.habits
        },
        ..BEFORE.gates
    },
};
