//! What a pod is asked to be: `v1.ObjectMeta` and `v1.PodSpec` by their own names, as manifests write them.
//!
//! Pods of one template share one spec. What the simulator does not act on is kept as it came (`rest`), so that an
//! object that is printed again has lost nothing.

#![expect(missing_docs, reason = "Kubernetes' own fields, documented there; what is ours says what it is")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Effect, Sym};

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub generate_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub namespace: String,
    #[serde(skip_serializing_if = "is_default")]
    pub uid: String,
    #[serde(skip_serializing_if = "is_default")]
    pub generation: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub finalizers: Vec<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "is_default")]
    pub creation_timestamp: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub deletion_timestamp: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub deletion_grace_period_seconds: Option<i64>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum RestartPolicy {
    Always,
    OnFailure,
    Never,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    #[serde(skip_serializing_if = "is_default")]
    pub volumes: Vec<Volume>,
    #[serde(skip_serializing_if = "is_default")]
    pub init_containers: Vec<Container>,
    pub containers: Vec<Container>,
    #[serde(skip_serializing_if = "is_default")]
    pub ephemeral_containers: Vec<Container>,
    /// Unset (only in foreign objects) counts as Always.
    #[serde(skip_serializing_if = "is_default")]
    pub restart_policy: Option<RestartPolicy>,
    #[serde(skip_serializing_if = "is_default")]
    pub termination_grace_period_seconds: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub active_deadline_seconds: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub node_selector: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub service_account_name: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub automount_service_account_token: Option<bool>,
    #[serde(skip_serializing_if = "is_default")]
    pub node_name: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub host_network: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub security_context: Option<SecurityContext>,
    #[serde(skip_serializing_if = "is_default")]
    pub image_pull_secrets: Vec<LocalRef>,
    #[serde(skip_serializing_if = "is_default")]
    pub affinity: Option<Affinity>,
    #[serde(skip_serializing_if = "is_default")]
    pub scheduler_name: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub tolerations: Vec<Toleration>,
    #[serde(skip_serializing_if = "is_default")]
    pub priority_class_name: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub priority: Option<i32>,
    #[serde(skip_serializing_if = "is_default")]
    pub preemption_policy: Option<Sym>,
    #[serde(skip_serializing_if = "is_default")]
    pub readiness_gates: Vec<ReadinessGate>,
    #[serde(skip_serializing_if = "is_default")]
    pub overhead: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    #[serde(skip_serializing_if = "is_default")]
    pub scheduling_gates: Vec<SchedulingGate>,
    /// Pod-level resources.
    #[serde(skip_serializing_if = "is_default")]
    pub resources: Option<Resources>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl PodSpec {
    pub fn policy(&self) -> RestartPolicy {
        self.restart_policy.unwrap_or(RestartPolicy::Always)
    }
    pub fn grace_secs(&self) -> i64 {
        self.termination_grace_period_seconds.unwrap_or(30)
    }
    /// By position: init containers first, then main ones, then ephemeral ones.
    pub fn container_at(&self, ix: usize) -> &Container {
        let (inits, mains) = (self.init_containers.len(), self.containers.len());
        if ix < inits {
            &self.init_containers[ix]
        } else if ix < inits + mains {
            &self.containers[ix - inits]
        } else {
            &self.ephemeral_containers[ix - inits - mains]
        }
    }
    pub fn container(&self, name: Sym) -> Option<&Container> {
        self.containers
            .iter()
            .chain(&self.init_containers)
            .chain(&self.ephemeral_containers)
            .find(|c| c.name == name)
    }
    pub fn has_sidecars(&self) -> bool {
        self.init_containers.iter().any(Container::is_sidecar)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    pub name: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub image: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub command: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub args: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub ports: Vec<ContainerPort>,
    #[serde(skip_serializing_if = "is_default")]
    pub env_from: Vec<EnvFromSource>,
    #[serde(skip_serializing_if = "is_default")]
    pub env: Vec<EnvVar>,
    pub resources: Resources,
    #[serde(skip_serializing_if = "is_default")]
    pub restart_policy: Option<RestartPolicy>,
    #[serde(skip_serializing_if = "is_default")]
    pub restart_policy_rules: Vec<RestartRule>,
    #[serde(skip_serializing_if = "is_default")]
    pub volume_mounts: Vec<VolumeMount>,
    #[serde(skip_serializing_if = "is_default")]
    pub liveness_probe: Option<Probe>,
    #[serde(skip_serializing_if = "is_default")]
    pub readiness_probe: Option<Probe>,
    #[serde(skip_serializing_if = "is_default")]
    pub startup_probe: Option<Probe>,
    #[serde(skip_serializing_if = "is_default")]
    pub lifecycle: Option<Lifecycle>,
    #[serde(skip_serializing_if = "is_default")]
    pub termination_message_path: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub termination_message_policy: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub image_pull_policy: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub security_context: Option<SecurityContext>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Container {
    pub fn probe(&self, kind: ProbeKind) -> Option<&Probe> {
        match kind {
            ProbeKind::Startup => self.startup_probe.as_ref(),
            ProbeKind::Readiness => self.readiness_probe.as_ref(),
            ProbeKind::Liveness => self.liveness_probe.as_ref(),
        }
    }
    /// A native sidecar, if it stands among the init containers (`podutil.IsRestartableInitContainer`).
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy == Some(RestartPolicy::Always)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resources {
    #[serde(skip_serializing_if = "is_default")]
    pub limits: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub requests: BTreeMap<String, String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestartRule {
    /// `Restart` or `RestartAllContainers`.
    #[serde(skip_serializing_if = "is_default")]
    pub action: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub exit_codes: Option<RestartRuleExitCodes>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestartRuleExitCodes {
    /// `In` or `NotIn`.
    #[serde(skip_serializing_if = "is_default")]
    pub operator: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub values: Vec<i32>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    #[serde(flatten)]
    pub handler: Handler,
    #[serde(skip_serializing_if = "is_default")]
    pub initial_delay_seconds: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub timeout_seconds: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub period_seconds: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub success_threshold: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub failure_threshold: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub termination_grace_period_seconds: Option<i64>,
}

/// Which of a container's probes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ProbeKind {
    Startup,
    Readiness,
    Liveness,
}

impl ProbeKind {
    pub const ALL: [ProbeKind; 3] = [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness];

    /// Its place in [`ProbeKind::ALL`].
    pub fn ix(self) -> usize {
        self as usize
    }
    pub fn word(self) -> &'static str {
        match self {
            ProbeKind::Startup => "startup",
            ProbeKind::Readiness => "readiness",
            ProbeKind::Liveness => "liveness",
        }
    }
    /// As messages of the kubelet begin.
    pub fn title(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Readiness => "Readiness",
            ProbeKind::Liveness => "Liveness",
        }
    }
}

/// `v1.ProbeHandler` and `v1.LifecycleHandler`: one member is set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Handler {
    #[serde(skip_serializing_if = "is_default")]
    pub exec: Option<ExecAction>,
    #[serde(skip_serializing_if = "is_default")]
    pub http_get: Option<HttpGetAction>,
    #[serde(skip_serializing_if = "is_default")]
    pub tcp_socket: Option<TcpSocketAction>,
    #[serde(skip_serializing_if = "is_default")]
    pub grpc: Option<GrpcAction>,
    #[serde(skip_serializing_if = "is_default")]
    pub sleep: Option<SleepAction>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecAction {
    #[serde(skip_serializing_if = "is_default")]
    pub command: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpGetAction {
    #[serde(skip_serializing_if = "is_default")]
    pub path: String,
    /// A number or a port's name.
    pub port: Value,
    #[serde(skip_serializing_if = "is_default")]
    pub host: String,
    #[serde(skip_serializing_if = "is_default")]
    pub scheme: Sym,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TcpSocketAction {
    pub port: Value,
    #[serde(skip_serializing_if = "is_default")]
    pub host: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcAction {
    pub port: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub service: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub mode: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SleepAction {
    pub seconds: i64,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    #[serde(skip_serializing_if = "is_default")]
    pub post_start: Option<Handler>,
    #[serde(skip_serializing_if = "is_default")]
    pub pre_stop: Option<Handler>,
    #[serde(skip_serializing_if = "is_default")]
    pub stop_signal: Option<Sym>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub host_port: i32,
    pub container_port: i32,
    #[serde(skip_serializing_if = "is_default")]
    pub protocol: Sym,
    #[serde(rename = "hostIP", skip_serializing_if = "is_default")]
    pub host_ip: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub value_from: Option<EnvVarSource>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVarSource {
    #[serde(skip_serializing_if = "is_default")]
    pub config_map_key_ref: Option<KeyRef>,
    #[serde(skip_serializing_if = "is_default")]
    pub secret_key_ref: Option<KeyRef>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyRef {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    pub key: String,
    #[serde(skip_serializing_if = "is_default")]
    pub optional: Option<bool>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFromSource {
    #[serde(skip_serializing_if = "is_default")]
    pub prefix: String,
    #[serde(skip_serializing_if = "is_default")]
    pub config_map_ref: Option<OptionalRef>,
    #[serde(skip_serializing_if = "is_default")]
    pub secret_ref: Option<OptionalRef>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OptionalRef {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub optional: Option<bool>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalRef {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    pub name: String,
    pub mount_path: String,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// `v1.Volume`: the sources that can keep a pod from starting are named, the others stay as they came.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub config_map: Option<OptionalRefWithItems>,
    #[serde(skip_serializing_if = "is_default")]
    pub secret: Option<SecretVolume>,
    #[serde(skip_serializing_if = "is_default")]
    pub persistent_volume_claim: Option<ClaimVolume>,
    #[serde(skip_serializing_if = "is_default")]
    pub host_path: Option<HostPathVolume>,
    #[serde(skip_serializing_if = "is_default")]
    pub empty_dir: Option<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub image: Option<ImageVolume>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// `v1.ImageVolumeSource`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageVolume {
    #[serde(skip_serializing_if = "is_default")]
    pub reference: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub pull_policy: Sym,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OptionalRefWithItems {
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub items: Vec<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub default_mode: Option<i32>,
    #[serde(skip_serializing_if = "is_default")]
    pub default_user: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub optional: Option<bool>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretVolume {
    #[serde(skip_serializing_if = "is_default")]
    pub secret_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub items: Vec<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub default_mode: Option<i32>,
    #[serde(skip_serializing_if = "is_default")]
    pub default_user: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub optional: Option<bool>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimVolume {
    pub claim_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostPathVolume {
    pub path: String,
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub kind: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityContext {
    #[serde(skip_serializing_if = "is_default")]
    pub run_as_user: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub run_as_non_root: Option<bool>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    #[serde(skip_serializing_if = "is_default")]
    pub key: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub operator: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub value: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub effect: Option<Effect>,
    #[serde(skip_serializing_if = "is_default")]
    pub toleration_seconds: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessGate {
    pub condition_type: Sym,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulingGate {
    pub name: Sym,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    #[serde(skip_serializing_if = "is_default")]
    pub node_affinity: Option<NodeAffinity>,
    #[serde(skip_serializing_if = "is_default")]
    pub pod_affinity: Option<PodAffinity>,
    #[serde(skip_serializing_if = "is_default")]
    pub pod_anti_affinity: Option<PodAffinity>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinity {
    #[serde(skip_serializing_if = "is_default")]
    pub required_during_scheduling_ignored_during_execution: Option<NodeSelector>,
    #[serde(skip_serializing_if = "is_default")]
    pub preferred_during_scheduling_ignored_during_execution: Vec<PreferredSchedulingTerm>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    #[serde(skip_serializing_if = "is_default")]
    pub match_expressions: Vec<Requirement>,
    #[serde(skip_serializing_if = "is_default")]
    pub match_fields: Vec<Requirement>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirement {
    pub key: String,
    pub operator: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub values: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PreferredSchedulingTerm {
    pub weight: i32,
    pub preference: NodeSelectorTerm,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinity {
    #[serde(skip_serializing_if = "is_default")]
    pub required_during_scheduling_ignored_during_execution: Vec<PodAffinityTerm>,
    #[serde(skip_serializing_if = "is_default")]
    pub preferred_during_scheduling_ignored_during_execution: Vec<WeightedPodAffinityTerm>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinityTerm {
    #[serde(skip_serializing_if = "is_default")]
    pub label_selector: Option<LabelSelector>,
    #[serde(skip_serializing_if = "is_default")]
    pub namespaces: Vec<String>,
    pub topology_key: String,
    #[serde(skip_serializing_if = "is_default")]
    pub namespace_selector: Option<LabelSelector>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WeightedPodAffinityTerm {
    pub weight: i32,
    pub pod_affinity_term: PodAffinityTerm,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    #[serde(skip_serializing_if = "is_default")]
    pub match_labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub match_expressions: Vec<Requirement>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologySpreadConstraint {
    pub max_skew: i32,
    pub topology_key: String,
    pub when_unsatisfiable: Sym,
    #[serde(skip_serializing_if = "is_default")]
    pub label_selector: Option<LabelSelector>,
    #[serde(skip_serializing_if = "is_default")]
    pub min_domains: Option<i32>,
    #[serde(skip_serializing_if = "is_default")]
    pub node_affinity_policy: Option<Sym>,
    #[serde(skip_serializing_if = "is_default")]
    pub node_taints_policy: Option<Sym>,
    #[serde(skip_serializing_if = "is_default")]
    pub match_label_keys: Vec<String>,
}
