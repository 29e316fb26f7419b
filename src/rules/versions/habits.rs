//! Habits: what a version does or says otherwise than the one before, and what no gate of [`super::gates`] decides.
//!
//! Each is named for what the later versions do and false for those before, and names the place where Kubernetes changed
//! it. Some stand for a gate of Kubernetes that nobody can set here, as nothing in a pod's life hangs on it; they say
//! so. Which versions have a habit stands in their tables.
//!
//! Source: the functions named below, at 1.32.13 to 1.37.2.

macro_rules! habits {
    ($($(#[$doc:meta])* $habit:ident,)*) => {
        /// What a version does, one field each.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct Habits { $($(#[$doc])* pub $habit: bool,)* }

        impl Habits {
            /// What the oldest version's table starts from, and what a question that no habit answers may ask with.
            pub const NONE: Habits = Habits { $($habit: false,)* };
        }
    };
}

habits! {
    // The kubelet.

    /// The message of an eviction for memory names the pod's own request, whatever it uses, and regular init containers are
    /// blamed as others are (`evictionMessage`, pkg/kubelet/eviction/helpers.go).
    blames_whole_pods,
    /// After a failed sync the worker comes back when the back-off that stopped it ends, at most a resync later; before, it
    /// polls every 10 to 15 s (`completeWork`, pkg/kubelet/pod_workers.go).
    requeues_after_back_off,
    /// PodReadyToStartContainers is written as soon as the sandbox stands (`OnPodSandboxReady`, pkg/kubelet/kubelet.go).
    tells_sandbox_at_once,
    /// Exec probes inherit the context of a sync, which ends as the pod is stopped: from then on each fails at once, and its
    /// result counts for nothing (`AddPod`, pkg/kubelet/prober/prober_manager.go).
    gives_up_exec_probes,
    /// PodReadyToStartContainers says why it is False (`GeneratePodReadyToStartContainersCondition`,
    /// pkg/kubelet/status/generate.go).
    says_why_no_sandbox,
    /// Secrets that were not found are told behind a sync in which a pull has failed; before, ahead of the containers of each
    /// sync (`SyncPod`, pkg/kubelet/kubelet.go).
    tells_secrets_after_pulls,
    /// A hostPath of a wrong type is told with what it is instead (`typeMatchedOrError`, pkg/volume/hostpath/host_path.go).
    says_what_a_host_path_is,
    /// Init containers are judged by the containers of the sandbox in use alone, those that have exited included
    /// (`computeInitContainerActions`, pkg/kubelet/kuberuntime/kuberuntime_container.go).
    init_looks_at_its_sandbox,
    /// Limits of local storage are held against sidecars, too (`containerEphemeralStorageLimitEviction`,
    /// pkg/kubelet/eviction/eviction_manager.go).
    limits_storage_of_sidecars,
    /// The events `Created` and `Started` do not name the container (`startContainer`,
    /// pkg/kubelet/kuberuntime/kuberuntime_container.go).
    starts_unnamed,
    /// An init container without an instance counts as completed once a regular container was created
    /// (`convertToAPIContainerStatuses`, pkg/kubelet/kubelet_pods.go).
    takes_lost_init_as_done,
    /// Whether a pod has initialized is asked of the runtime; before, of its main containers' states (`getPhase`, same
    /// file).
    phase_asks_the_runtime,
    /// A port that a probe names and its container lacks is told by its name; before, as a number that could not be read
    /// (`ResolveContainerPort`, pkg/probe/util.go).
    names_unknown_ports,
    /// A readiness worker keeps a trigger that came before it knew the new instance (pkg/kubelet/prober/worker.go).
    keeps_probe_triggers,
    /// A probe that could not be asked is said to have `resulted in unknown state` (`probe`, pkg/kubelet/prober/prober.go).
    says_probe_unknown,
    /// Events tell of a volume whose files take long to change hands (`monitorProgress`, pkg/volume/volume_linux.go).
    tells_volume_ownership,
    /// A resize is told by conditions; before (alpha) by `status.resize`, which nothing here shows
    /// (pkg/kubelet/status/status_manager.go).
    resize_has_conditions,
    /// The end of a resize is told by an event (pkg/kubelet/allocation/allocation_manager.go).
    tells_end_of_resize,
    /// Every step of a resize is told by an event, with the generation (pkg/kubelet/events/resize.go).
    tells_steps_of_resize,

    // The controllers.

    /// A ratio is within an autoscaler's tolerance between two bounds; before, it is its distance from 1 that is measured: of a
    /// tenth more the one says yes, the other no (`isWithin`, pkg/controller/podautoscaler/replica_calculator.go).
    bounds_scaling_tolerance,
    /// The NoExecute taint of a node that is not ready is put in the pass that sees it; before, in the next one
    /// (`monitorNodeHealth`, pkg/controller/nodelifecycle/node_lifecycle_controller.go).
    taints_in_the_same_pass,
    /// A pod is available from the very instant on at which it has been ready for long enough, and its ReplicaSet looks
    /// at it then; before, it is so only after that instant, and its ReplicaSet looks a second later, or once all are
    /// ready (`syncReplicaSet`, pkg/controller/replicaset/replica_set.go; `IsPodAvailable`, pkg/api/v1/pod/util.go).
    available_to_the_instant,
    /// ReplicaSets and Deployments count pods that are being deleted (gate DeploymentReplicaSetTerminatingReplicas);
    /// each such count is a write, which wakes a Deployment that waits for its old pods.
    counts_terminating_replicas,
    /// A Deployment that recreates is looked at whenever one of its pods is gone; before, only when it has none left, so that one
    /// that is dead and was not deleted lets it sleep (`deletePod`, pkg/controller/deployment/deployment_controller.go).
    recreates_at_any_pod,
    /// A Job that waits after a failure says how many of its pods are active; before, none, which the API server refuses
    /// as long as one is ready (`manageJob`, pkg/controller/job/job_controller.go).
    jobs_count_on_in_back_off,
    /// A Job that is suspended loses its startTime at once; before, when it is resumed (`syncJob`, same file).
    suspended_jobs_lose_their_start,
    /// A DaemonSet is looked at where it has to make or delete a pod on a node of which there is news; before, where the answer
    /// whether its pod belongs there has changed (`syncNodeUpdate`, pkg/controller/daemon/daemon_controller.go).
    daemon_sets_look_at_a_nodes_pods,
    /// An update of a StatefulSet waits until the pod before is available; before, until it is ready (`isUnavailable`,
    /// pkg/controller/statefulset/stateful_set_utils.go).
    stateful_updates_await_availability,
    /// A StatefulSet is looked at again when its next pod becomes available; before, `minReadySeconds` after each sync
    /// that found too few (`syncStatefulSet`, pkg/controller/statefulset/stateful_set.go).
    stateful_sets_look_in_time,
    /// Events of StatefulSets begin with a capital (`recordPodEvent`, stateful_pod_control.go).
    stateful_sets_say_title_case,

    /// A volume that is attached elsewhere is waited for; before, it is called a `Multi-Attach error`
    /// (`reportMultiAttachError`, pkg/controller/volume/attachdetach/reconciler/reconciler.go).
    waits_for_detach,

    // The scheduler.

    /// A taint that keeps a pod away is not named (`Filter`,
    /// pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go).
    taints_unnamed,
    /// A volume out of reach is no longer called a `volume node affinity conflict` (`ErrReasonNodeConflict`,
    /// pkg/scheduler/framework/plugins/volumebinding/binder.go).
    says_volume_affinity_plainly,
    /// A request above all that the node has is something that no preemption helps (`fitsRequest`,
    /// pkg/scheduler/framework/plugins/noderesources/fit.go).
    too_large_is_hopeless,
    /// Balance is judged by how the pod changes it (`balancedResourceScorer`,
    /// pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go).
    judges_change_of_balance,
    /// Balance is not judged for a pod that asks for nothing (`isBestEffortPod`, same file).
    balance_spares_best_effort,

    /// A pod that makes room for itself is told where (`Preempt`, pkg/scheduler/framework/preemption/preemption.go).
    says_where_preemption_succeeds,
    /// DynamicResources says nothing of a pod that has no claims; before, where it is on, `no new claims to deallocate`
    /// (`PostFilter`, pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go).
    says_nothing_of_claims,
    /// A pod wakes by another that concerns any of its terms of anti-affinity; before, one that concerns all of them
    /// (`isSchedulableAfterPodChange`, pkg/scheduler/framework/plugins/interpodaffinity/plugin.go).
    wakes_by_any_term,
    /// A pod that is being resized counts for the largest of its totals (desired, allocated, actual); before, for the sum of
    /// each container's largest (`PodRequests`, staging/src/k8s.io/component-helpers/resource/helpers.go).
    counts_totals_of_a_resize,

    // The API server.

    /// Pods have generations (`podStrategy.PrepareForCreate`, pkg/registry/core/pod/strategy.go).
    counts_generations,
    /// `matchLabelKeys` of a spread constraint become part of its selector (`mutateTopologySpreadConstraints`, same file;
    /// gate MatchLabelKeysInPodTopologySpreadSelectorMerge).
    merges_spread_keys,
    /// A resize beyond what the node could hold if it were empty is refused; before, the kubelet finds it infeasible
    /// (plugin/pkg/admission/podresize/admission.go).
    admits_resizes,
    /// A memory limit may shrink without a restart (`validateContainerResize`, pkg/apis/core/validation/validation.go).
    memory_limits_shrink,
    /// Init containers may have a `resizePolicy` (`validateInitContainers`, same file: the option `AllowSidecarResizePolicy`, which asks
    /// for no sidecar).
    init_resize_policies,
    /// Init containers that end are resized too while they run, but none of them by a restart (gate
    /// InPlacePodVerticalScalingInitContainers in `ValidatePodResize`, same file, kubernetes#137352; `validateInitContainers`,
    /// kubernetes#137458).
    init_containers_resize,
    /// The text that refuses a `resizePolicy` says whose `restartPolicy` it is that is Never (`validateResizePolicy`, same
    /// file).
    says_whose_restart_policy,
    /// What an owner lacks `must not be empty`; before, `kind must not be empty` and alike (`validateOwnerReference`,
    /// apimachinery/pkg/api/validation/objectmeta.go).
    owners_say_less,
    /// An owner is named by its place in the list, and what it lacks is a required value (same function).
    owners_are_counted,
    /// `shareProcessNamespace` is found at its place in the spec; before, in the security context
    /// (`validatePodSpec`, pkg/apis/core/validation/validation.go).
    shares_processes_of_the_pod,
    /// Sources `clusterTrustBundle` and `podCertificate` of a projected volume are kept (the gates of those names).
    keeps_certificates,
    /// A bad label key is not `a valid label key`; before, not `a qualified name` (`IsLabelKey`,
    /// apimachinery/pkg/api/validate/content/kube.go).
    says_label_key,
    /// What is too long for a label is measured in bytes, and the text says so (`MaxLenError`, content/errors.go).
    says_label_bytes,
    /// A Service's name may begin with a digit (gate RelaxedServiceNameValidation; `ValidateServiceName`,
    /// pkg/apis/core/validation/validation.go).
    services_begin_with_digits,
    /// The operators `Lt` and `Gt` of a toleration are known, though not in force without their gate
    /// (`ValidateTolerations`, pkg/apis/core/validation/validation.go).
    knows_toleration_comparison,
    /// Without the gate ContainerRestartRules its fields are dropped; before, they are refused (`dropDisabledFields`,
    /// pkg/api/pod/util.go, as for all that follow).
    drops_restart_rules,
    /// `hostUsers` is kept (gate UserNamespacesSupport).
    user_namespaces,
    /// `supplementalGroupsPolicy` is kept (the gate of that name).
    supplemental_groups_policy,
    /// `seLinuxChangePolicy` is kept (gate SELinuxChangePolicy).
    selinux_change_policy,
    /// `procMount` is kept (gate ProcMountType).
    proc_mount,
    /// `hostnameOverride` is kept (gate HostnameOverride).
    hostname_override,
    /// `fileKeyRef` is kept, and named among the sources of a variable (gate EnvFiles).
    env_files,

    /// A refused eviction says more than the budget's numbers where these do not explain it (`checkAndDecrement`,
    /// pkg/registry/core/pod/storage/eviction.go).
    says_why_budget_is_empty,
    /// The `apiVersion` of what an autoscaler scales must name a group (`ValidateAPIVersion`,
    /// pkg/apis/autoscaling/validation/validation.go).
    reads_scaled_versions,
    /// The `tolerance` of an autoscaler is kept, and counts (gate HPAConfigurableTolerance).
    keeps_scaling_tolerance,
    /// An autoscaler's `maxReplicas` of 0 is a required value; before, an invalid one (same file).
    requires_max_replicas,
    /// The templates of a StatefulSet, of its pods and of its claims, are validated as others are; before, only labels and
    /// annotations (`ValidateStatefulSetSpec`, pkg/apis/apps/validation/validation.go).
    reads_templates_of_sets,
    /// The `serviceName` of a new StatefulSet must be a DNS label (same function).
    reads_service_names_of_sets,
    /// The `revisionHistoryLimit` of a StatefulSet may change (`ValidateStatefulSetUpdate`, same file).
    history_of_sets_changes,
    /// A RuntimeClass without a handler lacks a required value; before, its handler is no label (`ValidateRuntimeClass`,
    /// pkg/apis/node/validation/validation.go).
    requires_handlers,
    /// What a StorageClass is made of is immutable; before, updates of it are forbidden (`ValidateStorageClassUpdate`,
    /// pkg/apis/storage/validation/validation.go).
    storage_classes_are_immutable,
    /// The name of a port that stands twice in a pod is warned of (`warningsForPodSpecAndMeta`, pkg/api/pod/warnings.go, as
    /// for the next three).
    warns_of_port_names,
    /// Addresses that are not spelled as they should be are warned of, in the words of `GetWarningsForIP`.
    warns_of_addresses,
    /// Values of a preferred affinity that no label can have are warned of.
    warns_of_preferred_values,
    /// Volumes of git repositories are `disabled by default`.
    git_repos_are_off,
    /// External addresses and session affinity of a headless Service are warned of (`GetWarningsForService`,
    /// pkg/api/service/warnings.go, as for the next two).
    warns_of_headless_services,
    /// `PreferClose` is told to be `PreferSameZone`.
    prefers_the_same_zone,
    /// External addresses of any Service are warned of.
    warns_of_external_addresses,

    // kubectl.

    /// A drain that is refused says `cannot delete` once of pods without a controller; before, twice
    /// (`unreplicatedFilter`, staging/src/k8s.io/kubectl/pkg/drain/filters.go).
    says_cannot_delete_once,
    /// `deleted` says from which namespace (`PrintObj`, staging/src/k8s.io/kubectl/pkg/cmd/delete/delete.go).
    says_namespace_of_deleted,
    /// A pod whose containers have ended shows the failure of one before another's `Completed` (`printPod`,
    /// pkg/printers/internalversion/printers.go).
    shows_failure_before_completion,
    /// Thresholds of a described probe are called `successThreshold` and `failureThreshold`; before, `#success` and
    /// `#failure` (`DescribeProbe`, same file).
    says_thresholds_in_full,
    /// Ports of described containers have their names behind them (`describeContainerPorts`,
    /// staging/src/k8s.io/kubectl/pkg/describe/describe.go).
    says_names_of_ports,
    /// The messages of described events begin with what they are about (`DescribeEvents`,
    /// staging/src/k8s.io/kubectl/pkg/describe/describe.go).
    says_what_events_are_about,
}
