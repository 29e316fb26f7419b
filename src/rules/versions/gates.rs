//! Feature gates by Kubernetes version, and the texts and habits that changed with a version rather than a gate.
//!
//! Source: pkg/features/kube_features.go of 1.32.13 to 1.36.2.

use serde::{Deserialize, Serialize};

/// The minor version of Kubernetes that is simulated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Version {
    #[serde(rename = "1.32")]
    V1_32,
    #[serde(rename = "1.33")]
    V1_33,
    #[serde(rename = "1.34")]
    V1_34,
    #[serde(rename = "1.35")]
    V1_35,
    #[default]
    #[serde(rename = "1.36")]
    V1_36,
}

impl Version {
    pub const ALL: [Version; 5] =
        [Version::V1_32, Version::V1_33, Version::V1_34, Version::V1_35, Version::V1_36];

    pub fn as_str(self) -> &'static str {
        match self {
            Version::V1_32 => "1.32",
            Version::V1_33 => "1.33",
            Version::V1_34 => "1.34",
            Version::V1_35 => "1.35",
            Version::V1_36 => "1.36",
        }
    }
    pub fn parse(text: &str) -> Option<Version> {
        Version::ALL.into_iter().find(|v| v.as_str() == text)
    }
}

macro_rules! gates {
    ($($(#[$doc:meta])* $field:ident = $name:literal: alpha $alpha:tt, on $on:tt, gone $gone:tt;)*) => {
        /// Which gates are on. One field each; `version` decides what no gate decides.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct Gates {
            pub version: Version,
            $($(#[$doc])* pub $field: bool,)*
        }

        impl Gates {
            /// The defaults of a version.
            pub fn of(version: Version) -> Gates {
                Gates { version, $($field: gates!(@on version, $on, $gone),)* }
            }
            /// Every gate that can be overridden by name, with the first version that knows it.
            pub const NAMES: &[(&str, Version)] = &[$(($name, gates!(@since $alpha)),)*];

            /// Sets a gate by its Kubernetes name.
            ///
            /// # Errors
            /// The name is none of [`Gates::NAMES`], or the version does not know it yet.
            pub fn set(&mut self, name: &str, value: bool) -> Result<(), GateError> {
                match name {
                    $($name => {
                        if self.version < gates!(@since $alpha) {
                            return Err(GateError::TooNew(gates!(@since $alpha)));
                        }
                        self.$field = value;
                        Ok(())
                    })*
                    _ => Err(GateError::Unknown),
                }
            }
            /// All gates by name, in the order of the table.
            pub fn list(&self) -> Vec<(&'static str, bool)> {
                vec![$(($name, self.$field),)*]
            }
        }
    };
    (@on $version:ident, never, $gone:tt) => { false };
    (@on $version:ident, $on:tt, never) => { $version >= gates!(@v $on) };
    (@on $version:ident, $on:tt, $gone:tt) => { $version >= gates!(@v $on) && $version < gates!(@v $gone) };
    (@since $v:tt) => { gates!(@v $v) };
    (@v 32) => { Version::V1_32 };
    (@v 33) => { Version::V1_33 };
    (@v 34) => { Version::V1_34 };
    (@v 35) => { Version::V1_35 };
    (@v 36) => { Version::V1_36 };
}

/// Why a gate could not be set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GateError {
    Unknown,
    TooNew(Version),
}

gates! {
    /// Native sidecars: init containers with `restartPolicy: Always`.
    sidecar_containers = "SidecarContainers": alpha 32, on 32, gone never;
    /// `restartPolicy` and `restartPolicyRules` on any container.
    container_restart_rules = "ContainerRestartRules": alpha 34, on 35, gone never;
    /// The rule action `RestartAllContainers`.
    restart_all_containers = "RestartAllContainersOnContainerExits": alpha 35, on 36, gone never;
    pod_ready_to_start_containers = "PodReadyToStartContainersCondition": alpha 32, on 32, gone never;
    /// `observedGeneration` in status and conditions.
    observed_generation = "PodObservedGenerationTracking": alpha 33, on 34, gone never;
    /// `crashLoopBackOff.maxContainerRestartPeriod` counts.
    crash_loop_max = "KubeletCrashLoopBackOffMax": alpha 32, on 35, gone never;
    /// Crash-loop back-off from 1 s to 60 s.
    reduced_crash_loop = "ReduceDefaultCrashLoopBackOffDecay": alpha 33, on never, gone never;
    /// Credentials are verified for images that are present.
    ensure_secret_pulled_images = "KubeletEnsureSecretPulledImages": alpha 33, on 35, gone never;
    /// A successful sync asks for a relist of its pod at once.
    pleg_on_demand_relist = "PLEGOnDemandRelist": alpha 36, on 36, gone never;
    /// Container status is dropped to not ready when the kubelet restarts.
    change_status_on_kubelet_restart = "ChangeContainerStatusOnKubeletRestart": alpha 32, on 32, gone 35;
    sleep_action = "PodLifecycleSleepAction": alpha 32, on 32, gone never;
    sleep_action_allow_zero = "PodLifecycleSleepActionAllowZero": alpha 32, on 34, gone never;
    container_stop_signals = "ContainerStopSignals": alpha 33, on never, gone never;
    in_place_resize = "InPlacePodVerticalScaling": alpha 32, on 33, gone never;
    pod_level_resources = "PodLevelResources": alpha 32, on 34, gone never;
    queueing_hints = "SchedulerQueueingHints": alpha 32, on 32, gone never;
    async_preemption = "SchedulerAsyncPreemption": alpha 32, on 33, gone never;
    pop_from_backoff_q = "SchedulerPopFromBackoffQ": alpha 33, on 33, gone never;
    /// The nominated node is cleared in the binding.
    clear_nominated_node = "ClearingNominatedNodeNameAfterBinding": alpha 34, on 35, gone never;
    graceful_node_shutdown = "GracefulNodeShutdown": alpha 32, on 32, gone never;
    node_declared_features = "NodeDeclaredFeatures": alpha 35, on 36, gone never;
    dynamic_resource_allocation = "DynamicResourceAllocation": alpha 32, on 34, gone never;
    toleration_comparison = "TaintTolerationComparisonOperators": alpha 35, on never, gone never;
}

impl Default for Gates {
    fn default() -> Gates {
        Gates::of(Version::default())
    }
}
