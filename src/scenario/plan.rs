//! A checked scenario: everything resolved, nothing left to look up or to refuse. A run is a function of a plan and a seed.
//!
//! Instants are absolute (the scenario's `start` is added), names are interned, manifests are defaulted and admitted,
//! behaviours stand by container index ([`ContainerIndex`]: init containers in spec order, then main ones).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::command::Action;
use crate::api::handle::handle;
use crate::api::{NodeSpec, PodSpec, ProbeKind, Sym};
use crate::engine::Distribution;
use crate::rules::scheduler::placement::selector::NodeTerm;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

handle! {
    /// Place of a template in [`Plan::templates`].
    TemplateIx(u32)
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub name: String,
    pub description: String,
    pub gates: Gates,
    pub seed: u64,
    /// Wall-clock time of t = 0.
    pub start: Time,
    /// The run ends here at the latest.
    pub until: Time,
    pub latency: Latency,
    pub controllers: Controllers,
    pub nodes: Vec<NodePlan>,
    pub images: Vec<ImagePlan>,
    /// For images that no `[[image]]` names; its reference is empty.
    pub image_default: ImagePlan,
    pub objects: Vec<ObjectPlan>,
    pub templates: Vec<Arc<PodTemplate>>,
    pub actions: Vec<Arc<Action>>,
    pub expects: Vec<Expect>,
    pub lesson: Option<Lesson>,
    /// Digest of the texts (scenario and manifests) and overrides that this plan was made from, in hex.
    pub digest: String,
}

/// How long the parts take.
#[derive(Clone, Debug)]
pub struct Latency {
    /// One scheduling attempt.
    pub schedule: Distribution,
    pub bind: Distribution,
    /// API server to a watching component.
    pub watch: Distribution,
    /// One status patch.
    pub status_update: Distribution,
    /// `RunPodSandbox` with its network.
    pub sandbox: Distribution,
    /// From the worker's first look to the poll that finds everything mounted.
    pub volumes: Distribution,
    pub create: Distribution,
    pub start: Distribution,
    /// From the process's exit to the runtime reporting it.
    pub stop: Distribution,
    /// One probe's round trip.
    pub probe: Distribution,
    pub inspect_image: Distribution,
}

/// KubeletConfiguration, per node.
#[derive(Clone, PartialEq, Debug)]
pub struct KubeletConfig {
    pub sync_frequency: Span,
    pub serialize_image_pulls: bool,
    /// None: no limit (only with `serialize_image_pulls` false).
    pub max_parallel_image_pulls: Option<u32>,
    /// Pulls per second; 0: no limit.
    pub registry_pull_qps: u32,
    pub registry_burst: u32,
    /// `crashLoopBackOff.maxContainerRestartPeriod`
    pub max_container_restart_period: Option<Span>,
    pub max_pods: u32,
    pub node_status_update_frequency: Span,
    pub node_status_report_frequency: Span,
    pub node_lease_duration: Span,
    pub shutdown_grace_period: Span,
    pub shutdown_grace_period_critical_pods: Span,
    /// Signal (`memory.available`) to threshold (`100Mi`, `10%`).
    pub eviction_hard: BTreeMap<String, String>,
    pub eviction_soft: BTreeMap<String, String>,
    pub eviction_soft_grace_period: BTreeMap<String, Span>,
    pub eviction_max_pod_grace_period: Span,
    pub eviction_pressure_transition_period: Span,
    /// Zero: volumes are never measured.
    pub volume_stats_agg_period: Span,
}

/// The controller manager's settings.
#[derive(Clone, PartialEq, Debug)]
pub struct Controllers {
    pub node_monitor_period: Span,
    pub node_monitor_grace_period: Span,
    pub pod_gc_period: Span,
    pub terminated_pod_gc_threshold: u32,
    /// A lost node's pods get phase Unknown, as Kubernetes once did.
    pub legacy_unknown_phase: bool,
}

#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Name, labels, taints, capacity, images already there.
    pub spec: NodeSpec,
    pub kubelet: Arc<KubeletConfig>,
    /// Extended resources of device plugins: how long after the kubelet's start each has registered.
    pub device_plugins: Vec<(Sym, Span)>,
    /// With it every question of whether an image is there fails.
    pub inspect_error: Option<Sym>,
}

#[derive(Clone, Debug)]
pub struct ImagePlan {
    /// As written; matched after normalising (`nginx` is `docker.io/library/nginx:latest`).
    pub reference: Sym,
    pub size_bytes: u64,
    pub pull: Distribution,
    /// Of a pull that finds everything on the node already (policy Always).
    pub pull_present: Distribution,
    /// With it the pull fails.
    pub error: Option<Sym>,
    /// Name of the Secret among a pod's imagePullSecrets that the registry wants; without it every pull fails.
    pub secret: Option<Sym>,
    /// How many pulls fail, per node, before one works; None with an error: always.
    pub failures: Option<u32>,
    pub fail_takes: Distribution,
    /// With it the question of whether it is there fails.
    pub inspect_error: Option<Sym>,
    /// When its registry does not answer.
    pub outages: Vec<Outage>,
}

/// Pulls that begin in this time fail.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub from: Time,
    /// None: to the end.
    pub until: Option<Time>,
    /// None: the registry is unavailable, in containerd's words.
    pub error: Option<Sym>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectKind {
    ConfigMap,
    Secret,
    PersistentVolumeClaim,
    ServiceAccount,
    PriorityClass,
    PodDisruptionBudget,
    /// A path on the nodes.
    HostPath,
}

#[derive(Clone, Debug)]
pub struct ObjectPlan {
    pub kind: ObjectKind,
    pub namespace: Sym,
    pub name: Sym,
    /// When it comes into being; None: never by itself (`missing = true`).
    pub at: Option<Time>,
    /// ConfigMap, Secret: the keys it has; None: any key.
    pub keys: Option<Vec<String>>,
    /// PriorityClass
    pub value: i32,
    pub preemption_policy: Option<Sym>,
    /// PriorityClass: of pods that name none.
    pub global_default: bool,
    /// PodDisruptionBudget: a number or a percentage.
    pub min_available: Option<String>,
    pub max_unavailable: Option<String>,
    pub match_labels: BTreeMap<String, String>,
    /// PersistentVolumeClaim
    pub claim: Option<ClaimPlan>,
}

/// A claim, and the volume that it is bound to.
#[derive(Clone, Debug)]
pub struct ClaimPlan {
    /// When it is bound; None: never by itself (`bound = false`).
    pub bound_at: Option<Time>,
    /// The PersistentVolume's name.
    pub volume_name: Sym,
    /// Empty: it is not said, and then nothing has to be attached.
    pub access_modes: Vec<Sym>,
    /// Required node affinity of the volume: one of the terms must match; None: it can be reached from anywhere.
    pub node_affinity: Option<Vec<NodeTerm>>,
    pub attach: Distribution,
    pub detach: Distribution,
    /// None: `[latency] volumes`.
    pub mount: Option<Distribution>,
    /// How many files its volume holds, where that is said, and how long they take to get another group.
    pub files: Option<u64>,
    pub fs_group_change: Distribution,
}

/// One `[[pod]]` (or one document of its manifest), admitted.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    /// `web`; with `replicas` above 1 or written, the pods are `web-0`, `web-1`, …
    pub name: Sym,
    pub numbered: bool,
    pub namespace: Sym,
    pub labels: Arc<BTreeMap<String, String>>,
    pub annotations: BTreeMap<String, String>,
    pub finalizers: Arc<Vec<Sym>>,
    /// Defaulted, admitted (default tolerations, service-account volume, priority).
    pub spec: Arc<PodSpec>,
    pub qos_class: Sym,
    /// Instant of the first creation.
    pub at: Time,
    pub replicas: u32,
    /// Gap between creations.
    pub every: Distribution,
    pub behavior: Arc<Behavior>,
}

/// What only a simulator needs to know of a pod.
#[derive(Clone, Debug, Default)]
pub struct Behavior {
    pub sandbox: SandboxBehavior,
    /// By container index; attempts are never empty.
    pub containers: Vec<ContainerBehavior>,
}

#[derive(Clone, Debug, Default)]
pub struct SandboxBehavior {
    /// None: `[latency] sandbox`.
    pub takes: Option<Distribution>,
    pub failures: u32,
    /// With `failures` left out and an error given, it always fails: `u32::MAX`.
    pub error: Sym,
}

#[derive(Clone, Debug)]
pub struct ContainerBehavior {
    /// Start by start; the last one repeats for ever.
    pub attempts: Vec<Attempt>,
}

impl Default for ContainerBehavior {
    /// Of a container that no behaviour describes.
    fn default() -> ContainerBehavior {
        ContainerBehavior { attempts: vec![Attempt::default()] }
    }
}

impl ContainerBehavior {
    pub fn attempt(&self, start: u32) -> &Attempt {
        &self.attempts[(start as usize).min(self.attempts.len() - 1)]
    }
}

#[derive(Clone, Debug)]
pub struct Attempt {
    /// None: for ever.
    pub runs: Option<Distribution>,
    pub exit: Exit,
    /// The reason that the runtime reports; empty: Completed or Error.
    pub reason: Sym,
    /// Of the kubelet's own hook before CreateContainer.
    pub pre_create_error: Option<Sym>,
    pub create_error: Option<Sym>,
    /// Of the kubelet's own hook between CreateContainer and StartContainer.
    pub pre_start_error: Option<Sym>,
    pub start_error: Option<Sym>,
    pub on_term: OnTerm,
    pub startup: Vec<ProbePoint>,
    pub readiness: Vec<ProbePoint>,
    pub liveness: Vec<ProbePoint>,
    pub post_start: HookBehavior,
    pub pre_stop: HookBehavior,
    /// In the order of time in each place.
    pub writes: Vec<WritePoint>,
    /// Its working set, in the order of time; empty: nobody says.
    pub memory: Vec<MemoryPoint>,
    /// Lines that the process wrote.
    pub log: Vec<String>,
    /// Its termination message.
    pub message: Option<Sym>,
}

impl Default for Attempt {
    /// Nothing is said of it: it runs until it is told to stop.
    fn default() -> Attempt {
        const INSTANT: Distribution = Distribution::Constant(Span::ZERO);
        let hook = HookBehavior { takes: INSTANT, exit: 0, output: Sym::EMPTY };
        Attempt {
            runs: None,
            exit: Exit::Code(0),
            reason: Sym::EMPTY,
            pre_create_error: None,
            create_error: None,
            pre_start_error: None,
            start_error: None,
            on_term: OnTerm::After { after: INSTANT, exit: 143 },
            startup: Vec::new(),
            readiness: Vec::new(),
            liveness: Vec::new(),
            post_start: hook.clone(),
            pre_stop: hook,
            writes: Vec::new(),
            memory: Vec::new(),
            log: Vec::new(),
            message: None,
        }
    }
}

impl Attempt {
    /// How its process answers a probe over time.
    pub fn answers(&self, kind: ProbeKind) -> &[ProbePoint] {
        match kind {
            ProbeKind::Startup => &self.startup,
            ProbeKind::Readiness => &self.readiness,
            ProbeKind::Liveness => &self.liveness,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Exit {
    Code(u8),
    /// Codes with weights, in the order of the codes.
    Weighted(Vec<(u8, f64)>),
}

/// What SIGTERM does.
#[derive(Clone, PartialEq, Debug)]
pub enum OnTerm {
    Ignore,
    After { after: Distribution, exit: u8 },
}

/// From `at` (since the container's start) on, probes answer like this.
#[derive(Clone, PartialEq, Debug)]
pub struct ProbePoint {
    pub at: Span,
    /// Chance of a failure: 0 for `ok = true`, 1 for `ok = false`.
    pub failure_rate: f64,
    /// How long one probe runs; None: `[latency] probe`.
    pub takes: Option<Distribution>,
    pub output: Sym,
}

/// From `at` (since the container's start) on, so much disk space is taken up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WritePoint {
    pub at: Span,
    pub bytes: i64,
    /// Of an emptyDir; None: the container's own filesystem and logs.
    pub volume: Option<Sym>,
}

/// From `at` (since the container's start) on, so much memory is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryPoint {
    pub at: Span,
    pub bytes: i64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct HookBehavior {
    pub takes: Distribution,
    pub exit: u8,
    pub output: Sym,
}

#[derive(Clone, Debug, Default)]
pub struct Expect {
    pub at: Time,
    pub pod: String,
    pub namespace: Option<String>,
    pub phase: Option<String>,
    pub status: Option<String>,
    pub ready: Option<String>,
    pub restarts: Option<i64>,
    pub node: Option<String>,
    /// By type: the status, or `none`.
    pub conditions: BTreeMap<String, String>,
    pub event: Option<ExpectedEvent>,
    /// No event of this reason was seen by then.
    pub no_event: Option<String>,
    pub gone: Option<bool>,
    /// Line of the file, for the report.
    pub line: usize,
}

/// An event that was seen by then.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExpectedEvent {
    pub reason: String,
    /// What its message contains.
    pub message: Option<String>,
    /// How often it is counted.
    pub count: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lesson {
    pub title: String,
    pub story: String,
    /// What tells this failure from those that look like it.
    pub clue: String,
    /// The diagnosis that suggests itself and is wrong.
    pub tempting: String,
    /// The mechanism behind it, told at the end.
    pub explanation: String,
    pub questions: Vec<Question>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Question {
    pub at: Time,
    pub ask: String,
    pub choices: Vec<String>,
    /// Index from 0.
    pub answer: usize,
    pub explain: String,
    pub hint: String,
}
