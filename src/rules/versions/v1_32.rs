//! Kubernetes 1.32, the oldest that is simulated and the ground that the others change. It has no habit, as each is named
//! for what came later, and it knows the gates that are older than itself.
//!
//! Source: pkg/features/kube_features.go of 1.32.13.

use super::Table;
use super::gates::{Gate, Gates};

pub const TABLE: Table = Table {
    new: &[
        Gate::SidecarContainers,
        Gate::PodReadyToStartContainersCondition,
        Gate::KubeletCrashLoopBackOffMax,
        Gate::ChangeContainerStatusOnKubeletRestart,
        Gate::PodLifecycleSleepAction,
        Gate::PodLifecycleSleepActionAllowZero,
        Gate::InPlacePodVerticalScaling,
        Gate::PodLevelResources,
        Gate::SchedulerQueueingHints,
        Gate::SchedulerAsyncPreemption,
        Gate::GracefulNodeShutdown,
        Gate::DynamicResourceAllocation,
        Gate::ImageVolume,
        Gate::MaxUnavailableStatefulSet,
    ],
    gates: Gates {
        sidecar_containers: true,
        pod_ready_to_start_containers: true,
        change_status_on_kubelet_restart: true,
        sleep_action: true,
        queueing_hints: true,
        graceful_node_shutdown: true,
        ..Gates::NONE
    },
};
