//! Kubernetes 1.36: all containers restart by one's rule, a sync asks for its relist, nodes say what they can.
//!
//! Source: pkg/features/kube_features.go of 1.36.2.

use super::gates::{Gate, Gates};
use super::habits::Habits;
use super::{Table, v1_35::TABLE as BEFORE};

pub const TABLE: Table = Table {
    new: &[Gate::PLEGOnDemandRelist],
    gates: Gates {
        restart_all_containers: true,
        pleg_on_demand_relist: true,
        node_declared_features: true,
        habits: Habits {
            tells_sandbox_at_once: true,
            takes_lost_init_as_done: true,
            keeps_probe_triggers: true,
            jobs_count_on_in_back_off: true,
            suspended_jobs_lose_their_start: true,
            judges_change_of_balance: true,
            admits_resizes: true,
            init_containers_resize: true,
            says_whose_restart_policy: true,
            says_label_key: true,
            services_begin_with_digits: true,
            requires_max_replicas: true,
            says_cannot_delete_once: true,
            requires_handlers: true,
            storage_classes_are_immutable: true,
            warns_of_external_addresses: true,
            stateful_sets_look_in_time: true,
            ..BEFORE.gates.habits
        },
        ..BEFORE.gates
    },
};
