//! Feature gates that change a pod's life: their names; which of them a version knows and has on stands in its table.
//!
//! Source: pkg/features/kube_features.go of 1.32.13 to 1.37.2.

use super::Version;
use super::habits::Habits;

macro_rules! gates {
    ($($(#[$doc:meta])* $field:ident: $name:ident,)*) => {
        /// A gate by its Kubernetes name.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Gate { $($(#[$doc])* $name,)* }

        impl Gate {
            /// In the order of the list.
            pub const ALL: &[Gate] = &[$(Gate::$name,)*];

            /// Kubernetes' name for it.
            pub fn name(self) -> &'static str {
                match self { $(Gate::$name => stringify!($name),)* }
            }
        }

        /// Which gates are on, one field each; the habits of the version decide what no gate decides.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct Gates {
            /// To be named, not to be compared.
            pub version: Version,
            /// What the version does that no gate decides.
            pub habits: Habits,
            $($(#[$doc])* pub $field: bool,)*
        }

        impl Gates {
            /// What the oldest version's table starts from.
            pub(super) const NONE: Gates =
                Gates { version: Version::ALL[0], habits: Habits::NONE, $($field: false,)* };

            fn put(&mut self, gate: Gate, value: bool) {
                match gate { $(Gate::$name => self.$field = value,)* }
            }
            /// All gates by name, in the order of the table.
            pub fn list(&self) -> Vec<(&'static str, bool)> {
                vec![$((stringify!($name), self.$field),)*]
            }
        }
    };
}

gates! {
    /// Native sidecars: init containers with `restartPolicy: Always`.
    sidecar_containers: SidecarContainers,
    /// `restartPolicy` and `restartPolicyRules` on any container.
    container_restart_rules: ContainerRestartRules,
    /// The rule action `RestartAllContainers`.
    restart_all_containers: RestartAllContainersOnContainerExits,
    /// A pod has the condition PodReadyToStartContainers.
    pod_ready_to_start_containers: PodReadyToStartContainersCondition,
    /// `observedGeneration` in status and conditions.
    observed_generation: PodObservedGenerationTracking,
    /// `crashLoopBackOff.maxContainerRestartPeriod` counts.
    crash_loop_max: KubeletCrashLoopBackOffMax,
    /// Crash-loop back-off from 1 s to 60 s.
    reduced_crash_loop: ReduceDefaultCrashLoopBackOffDecay,
    /// Credentials are verified for images that are present.
    ensure_secret_pulled_images: KubeletEnsureSecretPulledImages,
    /// A successful sync asks for a relist of its pod at once.
    pleg_on_demand_relist: PLEGOnDemandRelist,
    /// Container status is dropped to not ready when the kubelet restarts.
    change_status_on_kubelet_restart: ChangeContainerStatusOnKubeletRestart,
    /// Hooks may sleep.
    sleep_action: PodLifecycleSleepAction,
    /// Hooks may sleep for no time at all.
    sleep_action_allow_zero: PodLifecycleSleepActionAllowZero,
    /// A container may name the signal that ends it.
    container_stop_signals: ContainerStopSignals,
    /// Requests and limits change while a pod runs.
    in_place_resize: InPlacePodVerticalScaling,
    /// A pod may have requests and limits of its own.
    pod_level_resources: PodLevelResources,
    /// Plugins say of each event whether it may help a pod that waits.
    queueing_hints: SchedulerQueueingHints,
    /// Victims are deleted beside the scheduling cycle.
    async_preemption: SchedulerAsyncPreemption,
    /// Where nobody else waits, pods in back-off are tried early.
    pop_from_backoff_q: SchedulerPopFromBackoffQ,
    /// The nominated node is cleared in the binding.
    clear_nominated_node: ClearingNominatedNodeNameAfterBinding,
    /// The kubelet ends its pods before the machine goes off.
    graceful_node_shutdown: GracefulNodeShutdown,
    /// Nodes declare what they can, and the scheduler reads it.
    node_declared_features: NodeDeclaredFeatures,
    /// Pods may ask for devices by claims.
    dynamic_resource_allocation: DynamicResourceAllocation,
    /// Tolerations may compare numbers: `Gt`, `Lt`.
    toleration_comparison: TaintTolerationComparisonOperators,
    /// A volume may be an image.
    image_volume: ImageVolume,
    /// An update of a StatefulSet may take several pods at a time: `maxUnavailable`.
    max_unavailable_stateful_set: MaxUnavailableStatefulSet,
    /// Limits of a pod follow from its containers' where it only has requests of its own, and all its own amounts are filled
    /// in after admission.
    pod_level_limits: PodLevelResourcesFixDefaulting,
    /// Of a namespace that is deleted pods go before everything else.
    ordered_namespace_deletion: OrderedNamespaceDeletion,
    /// Resources of a pod that are there but empty don't count for its QoS class.
    empty_pod_level_counts_not: PodLevelResourcesFixKubeletQOSClass,
}

// Every component asks them at every turn: they fit two lines of the cache.
const _: () = assert!(size_of::<Gates>() <= 128);

impl Gate {
    /// The gate that Kubernetes calls so.
    pub fn named(name: &str) -> Option<Gate> {
        Gate::ALL.iter().copied().find(|gate| gate.name() == name)
    }
    /// The first version that knows it.
    pub fn since(self) -> Version {
        let knows = |version: &Version| version.table().new.contains(&self);
        Version::ALL.into_iter().find(knows).unwrap_or_default()
    }
}

impl Gates {
    /// The defaults of a version.
    pub fn of(version: Version) -> Gates {
        Gates { version, ..version.table().gates }
    }

    /// Sets a gate by its Kubernetes name.
    ///
    /// # Errors
    /// There is no such gate, or the version does not know it yet.
    pub fn set(&mut self, name: &str, value: bool) -> Result<(), GateError> {
        let gate = Gate::named(name).ok_or(GateError::Unknown)?;
        if self.version < gate.since() {
            return Err(GateError::TooNew(gate.since()));
        }
        self.put(gate, value);
        Ok(())
    }
}

impl Default for Gates {
    fn default() -> Gates {
        Gates::of(Version::default())
    }
}

/// Why a gate could not be set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GateError {
    /// There is no such gate.
    Unknown,
    /// A later version brings it.
    TooNew(Version),
}
