//! A checked scenario: everything resolved, nothing left to look up or to refuse. A run is a function of a plan and a seed.
//!
//! Instants are absolute (the scenario's `start` is added), names are interned, manifests are defaulted and admitted,
//! behaviours stand by container index ([`ContainerIx`](crate::api::ContainerIx): init containers in spec order, then
//! main ones).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

pub use super::applied::{AppliedObject, ApplyPlan, LeftOut};
use super::command::{Action, Command};
pub use super::expected::{AlertExpect, Expect};
pub use super::metrics::MetricPlan;
pub use super::programs::{ProgramPlan, Serves};
use super::start_error::StartError;
use super::sweep::SweepPlan;
use super::volumes::Storage;
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

/// What a run is made from; with a seed it is one run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario's name, also of its output folder.
    pub name: String,
    /// One line for lists.
    pub description: String,
    /// Feature gates and habits of the chosen version, with what the scenario says otherwise.
    pub gates: Gates,
    /// The scenario (or an override) names its version; else it plays the newest that is known, which moves.
    pub names_version: bool,
    /// Where nobody says otherwise on the command line.
    pub seed: u64,
    /// Wall-clock time of t = 0.
    pub start: Time,
    /// The run ends here at the latest.
    pub until: Time,
    /// It ends earlier once nothing happens but repetitions.
    pub until_settled: bool,
    /// How long the parts take.
    pub latency: Latency,
    /// The controller manager's settings.
    pub controllers: Controllers,
    /// Expanded: one for each machine.
    pub nodes: Vec<NodePlan>,
    /// Those that an `[[image]]` names.
    pub images: Vec<ImagePlan>,
    /// For images that no `[[image]]` names; its reference is empty.
    pub image_default: ImagePlan,
    /// Objects that pods refer to.
    pub objects: Vec<ObjectPlan>,
    /// Volumes and classes that manifests bring.
    pub storage: Storage,
    /// One for each `[[pod]]`, by [`TemplateIx`].
    pub templates: Vec<Arc<PodTemplate>>,
    /// Workloads and Services that `[[apply]]` brings, in the order of the file.
    pub applies: Vec<Arc<ApplyPlan>>,
    /// Kinds in what is applied that nothing becomes of.
    pub left_out: LeftOut,
    /// How many objects of its manifests the API server will refuse, as far as that is foreseen.
    pub refusals: usize,
    /// In the order of the file: of each container the first that fits counts.
    pub programs: Vec<ProgramPlan>,
    /// What pods use, in the order of the file.
    pub metrics: Vec<MetricPlan>,
    /// In the order of the file.
    pub actions: Vec<Arc<Action>>,
    /// In the order of the file.
    pub expects: Vec<Expect>,
    /// What is expected of alerts, in the order of the file.
    pub alerts: Vec<AlertExpect>,
    /// What makes it a lesson.
    pub lesson: Option<Lesson>,
    /// What a sweep of it varies and measures.
    pub sweep: SweepPlan,
    /// From so many replicas on, what the pods of a template have in common is computed once; None: never. It costs or saves
    /// time and changes no result, so no scenario says it.
    pub learns_from: Option<u32>,
    /// Digest of the texts (scenario and manifests) and overrides that this plan was made from, in hex.
    pub digest: String,
}

impl Plan {
    /// Whether it brings workloads or Services to the API server, at once or later.
    pub fn has_workloads(&self) -> bool {
        let later = self.actions.iter().filter_map(|action| match &action.command {
            Command::Apply { apply } => Some(apply),
            _ => None,
        });
        self.applies.iter().chain(later).any(|apply| !apply.objects.is_empty())
    }
}

/// What [`Plan::learns_from`] is where nobody says otherwise.
pub const LEARNS_FROM: u32 = 32;

/// How long the parts take.
#[derive(Clone, Debug)]
pub struct Latency {
    /// One scheduling attempt.
    pub schedule: Distribution,
    /// From the scheduler's decision to its write.
    pub bind: Distribution,
    /// API server to a watching component.
    pub watch: Distribution,
    /// One status patch.
    pub status_update: Distribution,
    /// `RunPodSandbox` with its network.
    pub sandbox: Distribution,
    /// From the worker's first look to the poll that finds everything mounted.
    pub volumes: Distribution,
    /// `CreateContainer`.
    pub create: Distribution,
    /// `StartContainer`, up to the process.
    pub start: Distribution,
    /// From the process's exit to the runtime reporting it.
    pub stop: Distribution,
    /// `StopPodSandbox`, with the end of its network.
    pub stop_sandbox: Distribution,
    /// One probe's round trip.
    pub probe: Distribution,
    /// The question whether the image is on the node.
    pub inspect_image: Distribution,
}

/// KubeletConfiguration, per node.
#[derive(Clone, PartialEq, Debug)]
pub struct KubeletConfig {
    /// How often a pod is synced without a reason.
    pub sync_frequency: Span,
    /// One pull at a time.
    pub serialize_image_pulls: bool,
    /// None: no limit (only with `serialize_image_pulls` false).
    pub max_parallel_image_pulls: Option<u32>,
    /// Pulls per second; 0: no limit.
    pub registry_pull_qps: u32,
    /// So many pulls at once, on top of the rate.
    pub registry_burst: u32,
    /// `crashLoopBackOff.maxContainerRestartPeriod`
    pub max_container_restart_period: Option<Span>,
    /// Pods that are not over, beyond which none is admitted.
    pub max_pods: u32,
    /// How often the node's status is looked at.
    pub node_status_update_frequency: Span,
    /// How often it is written though nothing has changed.
    pub node_status_report_frequency: Span,
    /// How long a lease holds; it is renewed four times in that.
    pub node_lease_duration: Span,
    /// Altogether, on graceful shutdown; zero: none.
    pub shutdown_grace_period: Span,
    /// The part of it that critical pods have to themselves.
    pub shutdown_grace_period_critical_pods: Span,
    /// Signal (`memory.available`) to threshold (`100Mi`, `10%`).
    pub eviction_hard: BTreeMap<String, String>,
    /// As the hard ones, with a grace of their own.
    pub eviction_soft: BTreeMap<String, String>,
    /// How long a soft threshold may be crossed, by signal.
    pub eviction_soft_grace_period: BTreeMap<String, Span>,
    /// At most so much grace for pods that a soft threshold evicts.
    pub eviction_max_pod_grace_period: Span,
    /// How long a pressure condition stays after the pressure has gone.
    pub eviction_pressure_transition_period: Span,
    /// Zero: volumes are never measured.
    pub volume_stats_agg_period: Span,
    /// Kernel parameters that pods may set beside the safe ones; `*` at the end for all that begin so.
    pub allowed_unsafe_sysctls: Vec<String>,
}

/// The controller manager's settings.
#[derive(Clone, PartialEq, Debug)]
pub struct Controllers {
    /// How often the node lifecycle controller looks.
    pub node_monitor_period: Span,
    /// How long a node may be silent before it counts as lost.
    pub node_monitor_grace_period: Span,
    /// How often the pod garbage collector looks.
    pub pod_gc_period: Span,
    /// Ended pods beyond so many are collected; 0: none.
    pub terminated_pod_gc_threshold: u32,
    /// A lost node's pods get phase Unknown, as Kubernetes once did.
    pub legacy_unknown_phase: bool,
}

/// A machine and the Node object that its kubelet registers.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Name, labels, taints, capacity, images already there.
    pub spec: NodeSpec,
    /// Shared by the nodes of one `[[node]]`.
    pub kubelet: Arc<KubeletConfig>,
    /// Extended resources of device plugins: how long after the kubelet's start each has registered.
    pub device_plugins: Vec<(Sym, Span)>,
    /// With it every question of whether an image is there fails.
    pub inspect_error: Option<Sym>,
    /// What its runtime is configured for beside containers as usual; None: for whatever a RuntimeClass names.
    pub runtime_handlers: Option<Vec<Sym>>,
    /// When it joins; None: it is there from the start.
    pub joins: Option<Time>,
    /// How long before the start its kubelet had started; None: long ago.
    pub kubelet_uptime: Option<Uptime>,
}

/// How long a kubelet has run when a scenario begins.
#[derive(Clone, Debug)]
pub struct Uptime {
    /// Drawn once for all that started together.
    pub how_long: Distribution,
    /// The name of the `[[node]]` whose kubelets started together.
    pub together: Sym,
}

/// An image and its registry.
#[derive(Clone, Debug)]
pub struct ImagePlan {
    /// As written; matched after normalising (`nginx` is `docker.io/library/nginx:latest`).
    pub reference: Sym,
    /// As `Pulled` tells it, and as the scheduler scores it.
    pub size_bytes: u64,
    /// How long a pull takes.
    pub pull: Distribution,
    /// Of a pull that finds everything on the node already (policy Always).
    pub pull_present: Distribution,
    /// With it the pull fails.
    pub error: Option<Sym>,
    /// Its USER.
    pub user: ImageUser,
    /// Name of the Secret among a pod's imagePullSecrets that the registry wants; without it every pull fails.
    pub secret: Option<Sym>,
    /// How many pulls fail, per node, before one works; None with an error: always.
    pub failures: Option<u32>,
    /// How long a pull takes that fails.
    pub fail_takes: Distribution,
    /// With it the question of whether it is there fails.
    pub inspect_error: Option<Sym>,
    /// When its registry does not answer.
    pub outages: Vec<Outage>,
}

/// As whom an image runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageUser {
    /// By number; nobody said is 0.
    Number(i64),
    /// By a name whose number only the image knows.
    Name(Sym),
}

/// Pulls that begin in this time fail.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// From this instant on.
    pub from: Time,
    /// None: to the end.
    pub until: Option<Time>,
    /// None: the registry is unavailable, in containerd's words.
    pub error: Option<Sym>,
}

/// Kinds of objects that pods refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectKind {
    /// Volumes and environments need it; may have keys.
    ConfigMap,
    /// The same; also for pulls.
    Secret,
    /// Has to be bound, and its volume attached.
    PersistentVolumeClaim,
    /// Pods run as it.
    ServiceAccount,
    /// Gives a pod its priority.
    PriorityClass,
    /// Says what runs a pod, and what that costs.
    RuntimeClass,
    /// Says how many pods may be evicted.
    PodDisruptionBudget,
    /// A path on the nodes.
    HostPath,
}

/// An object that pods refer to.
#[derive(Clone, Debug)]
pub struct ObjectPlan {
    /// Of which kind.
    pub kind: ObjectKind,
    /// Empty for kinds that have none.
    pub namespace: Sym,
    /// Its name.
    pub name: Sym,
    /// When it comes into being; None: never by itself (`missing = true`).
    pub at: Option<Time>,
    /// ConfigMap, Secret: the keys it has; None: any key.
    pub keys: Option<Vec<String>>,
    /// ConfigMap, Secret, ServiceAccount: its manifests, each with its instant, the first one first.
    pub manifests: Vec<(Time, Arc<Value>)>,
    /// PriorityClass
    pub value: i32,
    /// PriorityClass: `Never` or `PreemptLowerPriority`.
    pub preemption_policy: Option<Sym>,
    /// PriorityClass: of pods that name none.
    pub global_default: bool,
    /// PodDisruptionBudget: a number or a percentage.
    pub min_available: Option<String>,
    /// PodDisruptionBudget: a number or a percentage.
    pub max_unavailable: Option<String>,
    /// PodDisruptionBudget: `IfHealthyBudget` or `AlwaysAllow`.
    pub unhealthy_policy: Option<Sym>,
    /// PodDisruptionBudget: the pods that it is about.
    pub match_labels: BTreeMap<String, String>,
    /// PersistentVolumeClaim
    pub claim: Option<ClaimPlan>,
    /// RuntimeClass: its handler, overhead and scheduling, as the API has them.
    pub runtime: Option<Arc<Value>>,
}

/// How a claim comes to its volume once a pod that uses it has got a node, if none is there (`WaitForFirstConsumer`).
#[derive(Clone, PartialEq, Debug)]
pub struct Provisioned {
    /// Who makes the volume.
    pub by: Sym,
    /// How long that takes.
    pub takes: Distribution,
}

/// A claim, and the volume that it is bound to.
#[derive(Clone, Debug)]
pub struct ClaimPlan {
    /// When it is bound; None: never by itself (`bound = false`).
    pub bound_at: Option<Time>,
    /// `spec` of its manifest; null where there is none.
    pub spec: Arc<Value>,
    /// `metadata` of its manifest; null where there is none.
    pub metadata: Arc<Value>,
    /// It waits for its first pod; None: it does not.
    pub provisioned: Option<Provisioned>,
    /// The PersistentVolume's name.
    pub volume_name: Sym,
    /// Empty: it is not said, and then nothing has to be attached.
    pub access_modes: Vec<Sym>,
    /// Required node affinity of the volume: one of the terms must match; None: it can be reached from anywhere.
    pub node_affinity: Option<Vec<NodeTerm>>,
    /// Its volume is of a kind that no kubelet mounts any more.
    pub has_no_plugin: bool,
    /// How long attaching takes.
    pub attach: Distribution,
    /// How long detaching takes.
    pub detach: Distribution,
    /// None: `[latency] volumes`.
    pub mount: Option<Distribution>,
    /// How many files its volume holds, where that is said, and how long they take to get another group.
    pub files: Option<u64>,
    /// What one change of group takes, if the pod asks for one.
    pub fs_group_change: Distribution,
}

/// One `[[pod]]` (or one document of its manifest), admitted.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    /// `web`; with `replicas` above 1 or written, the pods are `web-0`, `web-1`, …
    pub name: Sym,
    /// Its pods have an ordinal behind their name.
    pub numbered: bool,
    /// Of all its pods.
    pub namespace: Sym,
    /// Of all its pods.
    pub labels: Arc<BTreeMap<String, String>>,
    /// Of all its pods.
    pub annotations: BTreeMap<String, String>,
    /// Who has to let go of a pod before it leaves the API.
    pub finalizers: Arc<Vec<Sym>>,
    /// Defaulted, admitted (default tolerations, service-account volume, priority).
    pub spec: Arc<PodSpec>,
    /// `Guaranteed`, `Burstable` or `BestEffort`.
    pub qos_class: Sym,
    /// Instant of the first creation.
    pub at: Time,
    /// How many pods are created.
    pub replicas: u32,
    /// Gap between creations.
    pub every: Distribution,
    /// What its processes do.
    pub behavior: Arc<Behavior>,
}

/// What only a simulator needs to know of a pod.
#[derive(Clone, Debug, Default)]
pub struct Behavior {
    /// How its sandbox comes into being.
    pub sandbox: SandboxBehavior,
    /// By container index; attempts are never empty.
    pub containers: Vec<ContainerBehavior>,
    /// Of containers that the pod does not have yet, by name: those that a `debug` adds.
    pub added: Vec<(Sym, ContainerBehavior)>,
}

/// How a pod's sandbox comes into being.
#[derive(Clone, Debug, Default)]
pub struct SandboxBehavior {
    /// None: `[latency] sandbox`.
    pub takes: Option<Distribution>,
    /// How many attempts fail before one works.
    pub failures: u32,
    /// With `failures` left out and an error given, it always fails: `u32::MAX`.
    pub error: Sym,
}

/// What a container's processes do, start by start.
#[derive(Clone, Debug)]
pub struct ContainerBehavior {
    /// Start by start; the last one repeats for ever.
    pub attempts: Vec<Attempt>,
    /// Whose starts are counted.
    pub attempts_of: AttemptsOf,
    /// An exec probe runs to its end though the kubelet has given it up, so that its answer counts.
    pub execs_run_on: bool,
}

/// Whose starts count a container's attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AttemptsOf {
    /// Each container's own.
    #[default]
    Container,
    /// Those of all pods of its workload.
    Workload,
    /// Those of all pods of its workload with its index.
    Index,
    /// Those of all pods of its workload on its node.
    Node,
}

impl Default for ContainerBehavior {
    /// Of a container that no behaviour describes.
    fn default() -> ContainerBehavior {
        ContainerBehavior {
            attempts: vec![Attempt::default()],
            attempts_of: AttemptsOf::Container,
            execs_run_on: false,
        }
    }
}

impl ContainerBehavior {
    /// What the start with this number (from 0) does.
    pub fn attempt(&self, start: u32) -> &Attempt {
        &self.attempts[(start as usize).min(self.attempts.len() - 1)]
    }
}

/// What one instance of a container does.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// None: for ever.
    pub runs: Option<Distribution>,
    /// With which code it ends by itself.
    pub exit: Exit,
    /// The reason that the runtime reports; empty: Completed or Error.
    pub reason: Sym,
    /// How its start fails, and the message.
    pub start_error: Option<(&'static StartError, Sym)>,
    /// What it does on SIGTERM.
    pub on_term: OnTerm,
    /// In the order of time; empty: it succeeds.
    pub startup: Vec<ProbePoint>,
    /// In the order of time; empty: it succeeds.
    pub readiness: Vec<ProbePoint>,
    /// In the order of time; empty: it succeeds.
    pub liveness: Vec<ProbePoint>,
    /// How long it boots where that is drawn at each start, and which of its startup, readiness and liveness probes fail until then.
    pub boots: Option<(Distribution, [bool; 3])>,
    /// How long it boots once that is known, and what its startup, readiness and liveness probes answer for that alone.
    pub booted: Option<(Span, [bool; 3])>,
    /// Where it listens; None: wherever it is asked.
    pub serves: Option<Arc<Serves>>,
    /// What its postStart hook does.
    pub post_start: HookBehavior,
    /// What its preStop hook does.
    pub pre_stop: HookBehavior,
    /// In the order of time in each place.
    pub writes: Vec<WritePoint>,
    /// Its working set, in the order of time; empty: nobody says.
    pub memory: Vec<MemoryPoint>,
    /// Lines that the process writes.
    pub log: Vec<String>,
    /// Lines that it writes once it is told to stop.
    pub term_log: Vec<String>,
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
            start_error: None,
            on_term: OnTerm::After { after: INSTANT, exit: Exit::Code(143) },
            startup: Vec::new(),
            readiness: Vec::new(),
            liveness: Vec::new(),
            boots: None,
            booted: None,
            serves: None,
            post_start: hook.clone(),
            pre_stop: hook,
            writes: Vec::new(),
            memory: Vec::new(),
            log: Vec::new(),
            term_log: Vec::new(),
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

/// The code of a process that ends by itself.
#[derive(Clone, PartialEq, Debug)]
pub enum Exit {
    /// Always this one.
    Code(u8),
    /// Codes with weights, in the order of the codes.
    Weighted(Vec<(u8, f64)>),
}

/// What SIGTERM does.
#[derive(Clone, PartialEq, Debug)]
pub enum OnTerm {
    /// Nothing: only SIGKILL ends it.
    Ignore,
    /// It ends by it.
    After {
        /// How long it takes.
        after: Distribution,
        /// With which code.
        exit: Exit,
    },
}

/// From `at` (since the container's start) on, probes answer like this.
#[derive(Clone, PartialEq, Debug)]
pub struct ProbePoint {
    /// Since the container's start.
    pub at: Span,
    /// Chance of a failure: 0 for `ok = true`, 1 for `ok = false`.
    pub failure_rate: f64,
    /// How long one probe runs; None: `[latency] probe`.
    pub takes: Option<Distribution>,
    /// What a failing probe tells.
    pub output: Sym,
}

/// From `at` (since the container's start) on, so much disk space is taken up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WritePoint {
    /// Since the container's start.
    pub at: Span,
    /// So much from then on, not in addition.
    pub bytes: i64,
    /// Of an emptyDir; None: the container's own filesystem and logs.
    pub volume: Option<Sym>,
}

/// From `at` (since the container's start) on, so much memory is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryPoint {
    /// Since the container's start.
    pub at: Span,
    /// So much from then on, not in addition.
    pub bytes: i64,
}

/// What a hook does.
#[derive(Clone, PartialEq, Debug)]
pub struct HookBehavior {
    /// How long it runs.
    pub takes: Distribution,
    /// 0: it succeeds.
    pub exit: u8,
    /// What it prints; told where it fails.
    pub output: Sym,
}

/// What makes a scenario a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lesson {
    /// Its title.
    pub title: String,
    /// What one is told first.
    pub story: String,
    /// What tells this failure from those that look like it.
    pub clue: String,
    /// The diagnosis that suggests itself and is wrong.
    pub tempting: String,
    /// The mechanism behind it, told at the end.
    pub explanation: String,
    /// In the order of their instants.
    pub questions: Vec<Question>,
}

/// A question at an instant; the walk stops there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Question {
    /// Asked once everything up to then has been played.
    pub at: Time,
    /// The question.
    pub ask: String,
    /// What may be answered.
    pub choices: Vec<String>,
    /// Index from 0.
    pub answer: usize,
    /// Told with the verdict.
    pub explain: String,
    /// Told on request, for half the point.
    pub hint: String,
}
