//! Kubernetes 1.37: a pod without a sandbox says why, exec probes work to a pod's end, updates of StatefulSets take several
//! pods at a time.
//!
//! Source: pkg/features/kube_features.go of 1.37.2.

use super::gates::{Gate, Gates};
use super::habits::Habits;
use super::{Table, v1_36::TABLE as BEFORE};

pub const TABLE: Table = Table {
    new: &[Gate::PodLevelResourcesFixDefaulting, Gate::PodLevelResourcesFixKubeletQOSClass],
    gates: Gates {
        max_unavailable_stateful_set: true,
        pod_level_limits: true,
        empty_pod_level_counts_not: true,
        habits: Habits {
            gives_up_exec_probes: false,
            says_why_no_sandbox: true,
            names_unknown_ports: true,
            tells_secrets_after_pulls: true,
            says_what_a_host_path_is: true,
            init_looks_at_its_sandbox: true,
            limits_storage_of_sidecars: true,
            waits_for_detach: true,
            says_where_preemption_succeeds: true,
            says_nothing_of_claims: true,
            wakes_by_any_term: true,
            counts_totals_of_a_resize: true,
            owners_are_counted: true,
            shares_processes_of_the_pod: true,
            keeps_certificates: true,
            says_thresholds_in_full: true,
            recreates_at_any_pod: true,
            ..BEFORE.gates.habits
        },
        ..BEFORE.gates
    },
};
