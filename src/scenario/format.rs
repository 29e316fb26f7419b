//! Every table and key of a scenario file, once: the checker reads files by it, the schema is printed from it,
//! `--set` finds its way by it. A key that does not stand here does not exist.

use super::values::Nouns;

/// What may stand for a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Text,
    Bool,
    /// A whole number in a range, both ends included.
    Integer(i64, i64),
    Chance,
    Duration,
    /// Offset from the start of the run.
    Instant,
    /// Wall-clock time.
    Start,
    Distribution,
    /// A distribution or `"forever"`.
    Runs,
    Exit,
    OnTerm,
    Signal,
    Quantity,
    /// A quantity, or a percentage.
    Threshold,
    /// A number or a percentage.
    Count,
    /// `True`, `False` or `Unknown`; a bool will do.
    Truth,
    Word(&'static [&'static str]),
    Target(Nouns),
    List(&'static Kind),
    /// Free keys.
    Map(&'static Kind),
    Table(&'static Shape),
    /// A Kubernetes object or a part of one, checked by the API server's rules.
    PodSpec,
    Any,
}

#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
    /// One sentence, without a full stop.
    pub doc: &'static str,
    /// As a person would write it; empty: none.
    pub default: &'static str,
    pub required: bool,
}

#[derive(Debug)]
pub struct Shape {
    pub name: &'static str,
    pub doc: &'static str,
    /// The key that names an entry of a list of these (`--set pod.web.…`).
    pub id: &'static str,
    pub keys: &'static [Key],
}

impl Shape {
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|k| k.name)
    }
}

const fn key(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { name, kind, doc, default, required: false }
}
const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, doc, default: "", required: true }
}

const BIG: i64 = i64::MAX;
pub const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];
pub const PHASES: &[&str] = &["Pending", "Running", "Succeeded", "Failed", "Unknown"];
pub const VERSIONS: &[&str] = &["1.32", "1.33", "1.34", "1.35", "1.36"];
pub const KINDS: &[&str] = &[
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "PriorityClass",
    "PodDisruptionBudget",
    "HostPath",
];

pub static FILE: Shape = Shape {
    name: "scenario",
    doc: "What exists, which pods are created and when, what their processes do, and what people do to them",
    id: "",
    keys: &[
        key("name", Kind::Text, "the file's stem", "The scenario's name, also of its output folder"),
        key("description", Kind::Text, "", "One line for lists"),
        key(
            "kubernetes",
            Kind::Word(VERSIONS),
            "1.36",
            "Which feature gates are on by default, and which texts",
        ),
        key("featureGates", Kind::Map(&Kind::Bool), "", "Feature gates by name"),
        key("seed", Kind::Integer(0, BIG), "0", "Where chance starts from"),
        key("start", Kind::Start, "2025-01-01T00:00:00Z", "Wall-clock time of t = 0"),
        key("until", Kind::Duration, "1h", "The run ends here, or earlier once nothing more can happen"),
        key("latency", Kind::Table(&LATENCY), "", "Delays of the parts"),
        key("kubelet", Kind::Table(&KUBELET), "", "KubeletConfiguration, for every node"),
        key("controllers", Kind::Table(&CONTROLLERS), "", "Settings of the controller manager"),
        key("node", Kind::List(&Kind::Table(&NODE)), "one node named `node`", "Nodes"),
        key("image", Kind::List(&Kind::Table(&IMAGE)), "", "Images and how their pulls go"),
        key("object", Kind::List(&Kind::Table(&OBJECT)), "", "Objects that pods depend on"),
        key("pod", Kind::List(&Kind::Table(&POD)), "", "Pods and what their processes do"),
        key("action", Kind::List(&Kind::Table(&ACTION)), "", "What people and controllers do"),
        key("expect", Kind::List(&Kind::Table(&EXPECT)), "", "What must be true at an instant"),
        key("lesson", Kind::Table(&LESSON), "", "What this scenario teaches"),
    ],
};

pub static LATENCY: Shape = Shape {
    name: "latency",
    doc: "Delays of the parts, as a small healthy cluster shows them",
    id: "",
    keys: &[
        key("schedule", Kind::Distribution, "2ms", "One scheduling attempt"),
        key("bind", Kind::Distribution, "4ms", "The binding's way to the API server"),
        key("watch", Kind::Distribution, "2ms", "API server to a watching component"),
        key("statusUpdate", Kind::Distribution, "20ms", "One status patch"),
        key("sandbox", Kind::Distribution, "300ms", "RunPodSandbox with its network"),
        key("volumes", Kind::Distribution, "300ms", "Mount and attach"),
        key("create", Kind::Distribution, "30ms", "CreateContainer"),
        key("start", Kind::Distribution, "50ms", "StartContainer"),
        key("stop", Kind::Distribution, "0s", "From a process's exit to the runtime reporting it"),
        key("probe", Kind::Distribution, "10ms", "One probe's round trip"),
        key("inspectImage", Kind::Distribution, "12ms", "A look whether an image is on the node"),
    ],
};

pub static KUBELET: Shape = Shape {
    name: "kubelet",
    doc: "KubeletConfiguration by its own names",
    id: "",
    keys: &[
        key("syncFrequency", Kind::Duration, "1m", "Longest time between two syncs of a pod"),
        key("serializeImagePulls", Kind::Bool, "true", "One image after the other"),
        key(
            "maxParallelImagePulls",
            Kind::Integer(1, u32::MAX as i64),
            "no limit",
            "Needs serializeImagePulls = false",
        ),
        key("registryPullQPS", Kind::Integer(0, i32::MAX as i64), "5", "Pulls per second; 0: no limit"),
        key("registryBurst", Kind::Integer(0, i32::MAX as i64), "10", "Pulls at once above the rate"),
        key("crashLoopBackOff", Kind::Table(&CRASH_LOOP), "", "Limits of the crash-loop back-off"),
        key(
            "maxPods",
            Kind::Integer(0, i32::MAX as i64),
            "110",
            "Room for pods where the capacity does not say",
        ),
        key("nodeStatusUpdateFrequency", Kind::Duration, "10s", "How often the node's status is computed"),
        key("nodeStatusReportFrequency", Kind::Duration, "5m", "How often an unchanged status is posted"),
        key(
            "nodeLeaseDurationSeconds",
            Kind::Integer(1, 1_000_000),
            "40",
            "The node lease; renewed four times as often",
        ),
        key("shutdownGracePeriod", Kind::Duration, "0s", "Time for all pods when the node shuts down"),
        key("shutdownGracePeriodCriticalPods", Kind::Duration, "0s", "Part of it kept for critical pods"),
        key(
            "evictionHard",
            Kind::Map(&Kind::Threshold),
            "memory.available = \"100Mi\", nodefs.available = \"10%\", nodefs.inodesFree = \"5%\", \
             imagefs.available = \"15%\", imagefs.inodesFree = \"5%\"",
            "Thresholds of eviction; written ones replace all defaults",
        ),
        key("evictionSoft", Kind::Map(&Kind::Threshold), "", "Thresholds with a grace period"),
        key(
            "evictionSoftGracePeriod",
            Kind::Map(&Kind::Duration),
            "",
            "Grace periods of the soft thresholds",
        ),
        key(
            "evictionMaxPodGracePeriod",
            Kind::Integer(0, i32::MAX as i64),
            "0",
            "Longest grace of a soft eviction, seconds",
        ),
        key(
            "evictionPressureTransitionPeriod",
            Kind::Duration,
            "5m",
            "How long a pressure condition stays after the last sight",
        ),
        key(
            "mergeDefaultEvictionSettings",
            Kind::Bool,
            "false",
            "Defaults fill what evictionHard leaves out",
        ),
        key(
            "volumeStatsAggPeriod",
            Kind::Duration,
            "1m",
            "How often a pod's volumes are measured, put off by up to as much again; 0s: never",
        ),
        key("kubeReserved", Kind::Map(&Kind::Quantity), "", "Kept for Kubernetes' daemons"),
        key("systemReserved", Kind::Map(&Kind::Quantity), "", "Kept for the system's daemons"),
    ],
};

pub static CRASH_LOOP: Shape = Shape {
    name: "crashLoopBackOff",
    doc: "Limits of the crash-loop back-off",
    id: "",
    keys: &[key(
        "maxContainerRestartPeriod",
        Kind::Duration,
        "5m",
        "Longest back-off, 1s to 300s (needs the gate KubeletCrashLoopBackOffMax)",
    )],
};

pub static CONTROLLERS: Shape = Shape {
    name: "controllers",
    doc: "Settings of the controller manager",
    id: "",
    keys: &[
        key("nodeMonitorPeriod", Kind::Duration, "5s", "How often the nodes are looked at"),
        key("nodeMonitorGracePeriod", Kind::Duration, "50s", "How long a node may be silent"),
        key("podGCPeriod", Kind::Duration, "20s", "How often dead pods are collected"),
        key(
            "terminatedPodGCThreshold",
            Kind::Integer(0, i32::MAX as i64),
            "12500",
            "How many terminated pods may stay",
        ),
        key(
            "legacyUnknownPhase",
            Kind::Bool,
            "false",
            "A lost node's pods get phase Unknown, as Kubernetes once did",
        ),
    ],
};

pub static NODE: Shape = Shape {
    name: "node",
    doc: "A node, or several alike",
    id: "name",
    keys: &[
        must("name", Kind::Text, "Its name; with a count above 1: NAME-0, NAME-1, …"),
        key("count", Kind::Integer(1, 100_000), "1", "How many"),
        key("labels", Kind::Map(&Kind::Text), "kubernetes.io/hostname, os and arch", "Labels"),
        key("taints", Kind::List(&Kind::Table(&TAINT)), "", "Taints"),
        key(
            "capacity",
            Kind::Map(&Kind::Quantity),
            "cpu = \"16\", memory = \"64Gi\", pods = 110, ephemeral-storage = \"100Gi\"",
            "What it has, by resource",
        ),
        key(
            "allocatable",
            Kind::Map(&Kind::Quantity),
            "the capacity without what is reserved",
            "What pods may use",
        ),
        key(
            "devicePlugins",
            Kind::Map(&Kind::Duration),
            "",
            "Extended resources that device plugins bring: how long after the kubelet's start each has registered",
        ),
        key("unschedulable", Kind::Bool, "false", "Cordoned from the start"),
        key("images", Kind::List(&Kind::Text), "", "Images that are there already"),
        key(
            "inspectError",
            Kind::Text,
            "",
            "What its runtime answers when the kubelet asks whether an image is there (not by policy Always)",
        ),
        key("kubelet", Kind::Table(&KUBELET), "", "KubeletConfiguration of this node"),
    ],
};

pub static TAINT: Shape = Shape {
    name: "taint",
    doc: "A taint",
    id: "key",
    keys: &[
        must("key", Kind::Text, "Its key"),
        key("value", Kind::Text, "", "Its value"),
        must("effect", Kind::Word(EFFECTS), "What it does"),
    ],
};

/// In `untaint`, where the effect may be left out.
pub static TAINT_REF: Shape = Shape {
    name: "taintReference",
    doc: "A taint, by key and effect",
    id: "key",
    keys: &[
        must("key", Kind::Text, "Its key"),
        key("value", Kind::Text, "", "Its value (not compared)"),
        key("effect", Kind::Word(EFFECTS), "any", "What it does"),
    ],
};

pub static IMAGE: Shape = Shape {
    name: "image",
    doc: "An image and how its pulls go",
    id: "ref",
    keys: &[
        must("ref", Kind::Text, "The reference as containers write it"),
        key("size", Kind::Quantity, "100Mi", "Bytes to pull"),
        key(
            "pull",
            Kind::Distribution,
            "from the size: 200ms and 50Mi a second",
            "The pull itself, queueing not included",
        ),
        key(
            "pullPresent",
            Kind::Distribution,
            "as `pull`; 200ms where that is left out",
            "A pull by policy Always while the image is on the node",
        ),
        key("error", Kind::Text, "", "With it the pull fails"),
        key(
            "secret",
            Kind::Text,
            "",
            "Fails only without it: the Secret that must be there and among the pod's imagePullSecrets",
        ),
        key(
            "failures",
            Kind::Integer(0, u32::MAX as i64),
            "always",
            "How many pulls fail, per node, before one works",
        ),
        key("failTakes", Kind::Distribution, "400ms", "How long a failing pull takes"),
        key(
            "inspectError",
            Kind::Text,
            "",
            "What the runtime answers when the kubelet asks whether it is there (not by policy Always)",
        ),
        key(
            "outages",
            Kind::List(&Kind::Table(&OUTAGE)),
            "",
            "When its registry does not answer: pulls that begin then fail",
        ),
    ],
};

pub static OUTAGE: Shape = Shape {
    name: "outage",
    doc: "From an instant to another a registry does not answer",
    id: "",
    keys: &[
        must("from", Kind::Instant, "When it begins"),
        key("until", Kind::Instant, "the end of the run", "When it is over"),
        key("error", Kind::Text, "503 Service Unavailable, in containerd's words", "What a pull fails with"),
    ],
};

pub static OBJECT: Shape = Shape {
    name: "object",
    doc: "An object that pods depend on",
    id: "name",
    keys: &[
        must("kind", Kind::Word(KINDS), "Its kind"),
        must("name", Kind::Text, "Its name; the path of a HostPath"),
        key("namespace", Kind::Text, "default", "Its namespace"),
        key("at", Kind::Instant, "0s", "When it comes into being"),
        key("missing", Kind::Bool, "false", "It does not exist until an action creates it"),
        key("keys", Kind::List(&Kind::Text), "any key", "The keys of a ConfigMap or Secret"),
        key("value", Kind::Integer(i32::MIN as i64, 2_000_001_000), "0", "The priority of a PriorityClass"),
        key(
            "preemptionPolicy",
            Kind::Word(&["PreemptLowerPriority", "Never"]),
            "PreemptLowerPriority",
            "Of a PriorityClass",
        ),
        key("globalDefault", Kind::Bool, "false", "A PriorityClass for pods that name none"),
        key("minAvailable", Kind::Count, "", "Of a PodDisruptionBudget"),
        key("maxUnavailable", Kind::Count, "", "Of a PodDisruptionBudget"),
        key("matchLabels", Kind::Map(&Kind::Text), "", "Of a PodDisruptionBudget"),
        key("bound", Kind::Bool, "true", "Of a claim: false: it stays unbound until an action binds it"),
        key("boundAt", Kind::Instant, "its creation", "When a claim is bound (its class binds immediately)"),
        key("volumeName", Kind::Text, "pvc- and a uid", "The PersistentVolume that a claim is bound to"),
        key(
            "accessModes",
            Kind::List(&Kind::Word(ACCESS_MODES)),
            "nothing is attached",
            "Of a claim: with them its volume is attached to the node before it is mounted, to one node alone \
             unless a mode ends in Many",
        ),
        key(
            "nodeAffinity",
            Kind::Table(&VOLUME_NODE_AFFINITY),
            "any node",
            "Of a claim's volume: the nodes from which it can be reached",
        ),
        key("attach", Kind::Distribution, "2s", "How long a claim's volume takes to be attached"),
        key("detach", Kind::Distribution, "2s", "How long a claim's volume takes to be detached"),
        key("mount", Kind::Distribution, "latency.volumes", "How long a claim's volume takes to be mounted"),
        key(
            "files",
            Kind::Integer(0, BIG),
            "from fsGroupChange: 30000 a second",
            "How many files and directories a claim's volume holds",
        ),
        key(
            "fsGroupChange",
            Kind::Distribution,
            "from the files: 30000 a second",
            "How long all of them take to get a pod's fsGroup, as a part of mounting; not where the access modes \
             are all Many",
        ),
    ],
};

pub const ACCESS_MODES: &[&str] = &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
pub const NODE_OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

pub static VOLUME_NODE_AFFINITY: Shape = Shape {
    name: "volumeNodeAffinity",
    doc: "From which nodes a volume can be reached",
    id: "",
    keys: &[must("required", Kind::Table(&NODE_SELECTOR), "What nodes must have")],
};

pub static NODE_SELECTOR: Shape = Shape {
    name: "nodeSelector",
    doc: "Terms of which one must match",
    id: "",
    keys: &[must(
        "nodeSelectorTerms",
        Kind::List(&Kind::Table(&NODE_SELECTOR_TERM)),
        "One of these must match",
    )],
};

pub static NODE_SELECTOR_TERM: Shape = Shape {
    name: "nodeSelectorTerm",
    doc: "Requirements that must all be met",
    id: "",
    keys: &[must(
        "matchExpressions",
        Kind::List(&Kind::Table(&NODE_REQUIREMENT)),
        "All of these must be met",
    )],
};

pub static NODE_REQUIREMENT: Shape = Shape {
    name: "nodeSelectorRequirement",
    doc: "What a label of the node must be",
    id: "key",
    keys: &[
        must("key", Kind::Text, "The label"),
        must("operator", Kind::Word(NODE_OPERATORS), "How it is compared"),
        key("values", Kind::List(&Kind::Text), "", "With what"),
    ],
};

pub static POD: Shape = Shape {
    name: "pod",
    doc: "A pod, or several alike",
    id: "name",
    keys: &[
        key("name", Kind::Text, "", "Its name; with replicas above 1: NAME-0, NAME-1, …"),
        key("manifest", Kind::Text, "", "A file with one or more Pods, YAML or JSON, relative to this one"),
        key("namespace", Kind::Text, "default", "Its namespace"),
        key("labels", Kind::Map(&Kind::Text), "", "Labels, over those of the manifest"),
        key("annotations", Kind::Map(&Kind::Text), "", "Annotations, over those of the manifest"),
        key("finalizers", Kind::List(&Kind::Text), "", "Finalizers"),
        key("at", Kind::Instant, "0s", "Instant of creation"),
        key("replicas", Kind::Integer(1, 10_000_000), "1", "How many"),
        key("every", Kind::Distribution, "0s", "Gap between the replicas' creations"),
        key("spec", Kind::PodSpec, "", "PodSpec by its Kubernetes names, over that of the manifest"),
        key("behavior", Kind::Table(&BEHAVIOR), "", "What its processes do"),
    ],
};

pub static BEHAVIOR: Shape = Shape {
    name: "behavior",
    doc: "What only a simulator needs to know of a pod",
    id: "",
    keys: &[
        key("sandbox", Kind::Table(&SANDBOX), "", "How its sandbox comes up"),
        key(
            "containers",
            Kind::Map(&Kind::Table(&CONTAINER)),
            "",
            "By the container's name; init containers and sidecars too",
        ),
    ],
};

pub static SANDBOX: Shape = Shape {
    name: "sandbox",
    doc: "How a pod's sandbox comes up",
    id: "",
    keys: &[
        key("takes", Kind::Distribution, "latency.sandbox", "How long RunPodSandbox takes"),
        key(
            "failures",
            Kind::Integer(0, u32::MAX as i64),
            "always, with an error",
            "How many times it fails",
        ),
        key("error", Kind::Text, "", "The runtime's message"),
    ],
};

pub static CONTAINER: Shape = Shape {
    name: "container",
    doc: "What a container's process does",
    id: "",
    keys: &[key(
        "attempts",
        Kind::List(&Kind::Table(&ATTEMPT)),
        "[{}]",
        "Start by start; the last one repeats for ever",
    )],
};

pub static ATTEMPT: Shape = Shape {
    name: "attempt",
    doc: "One start of a container",
    id: "",
    keys: &[
        key("runs", Kind::Runs, "forever; 1s for init containers", "How long the process runs"),
        key("exit", Kind::Exit, "0", "Its exit code"),
        key("reason", Kind::Text, "Completed or Error", "The terminated reason that the runtime reports"),
        key(
            "preCreateError",
            Kind::Text,
            "",
            "The kubelet's own hook before CreateContainer fails with this message",
        ),
        key("createError", Kind::Text, "", "CreateContainer fails with this message"),
        key(
            "preStartError",
            Kind::Text,
            "",
            "The kubelet's own hook before StartContainer fails with this message",
        ),
        key("startError", Kind::Text, "", "StartContainer fails with this message"),
        key("onTerm", Kind::OnTerm, "{ after = \"0s\", exit = 143 }", "What SIGTERM does"),
        key(
            "startup",
            Kind::List(&Kind::Table(&PROBE)),
            "ok at once",
            "Results of the startup probe over time",
        ),
        key(
            "readiness",
            Kind::List(&Kind::Table(&PROBE)),
            "ok at once",
            "Results of the readiness probe over time",
        ),
        key(
            "liveness",
            Kind::List(&Kind::Table(&PROBE)),
            "ok at once",
            "Results of the liveness probe over time",
        ),
        key(
            "postStart",
            Kind::Table(&HOOK),
            "instant, exit 0",
            "How the hook goes that the manifest declares",
        ),
        key("preStop", Kind::Table(&HOOK), "instant, exit 0", "How the hook goes that the manifest declares"),
        key("writes", Kind::List(&Kind::Table(&WRITE)), "nothing", "Disk space that it takes up over time"),
        key(
            "memory",
            Kind::List(&Kind::Table(&MEMORY)),
            "not said",
            "Memory that it uses over time: above the container's limit it is OOMKilled, and evictions go by it",
        ),
        key(
            "log",
            Kind::List(&Kind::Text),
            "",
            "Lines that the process writes: evenly over a run that ends by itself, the last one with its end; at the start \
             of one that runs forever",
        ),
        key("message", Kind::Text, "", "Its termination message"),
    ],
};

pub static WRITE: Shape = Shape {
    name: "write",
    doc: "From an instant since the container's start on, so much disk space is taken up in one place",
    id: "",
    keys: &[
        key("at", Kind::Duration, "0s", "Since the container's start"),
        must("size", Kind::Quantity, "How much is taken up from then on"),
        key(
            "volume",
            Kind::Text,
            "the container's own filesystem and logs",
            "The emptyDir volume that takes it",
        ),
    ],
};

pub static MEMORY: Shape = Shape {
    name: "memoryUse",
    doc: "From an instant since the container's start on, so much memory is used",
    id: "",
    keys: &[
        key("at", Kind::Duration, "0s", "Since the container's start"),
        must("size", Kind::Quantity, "Its working set from then on"),
    ],
};

pub static PROBE: Shape = Shape {
    name: "probeResult",
    doc: "From an instant since the container's start on, a probe answers like this",
    id: "",
    keys: &[
        key("at", Kind::Duration, "0s", "Since the container's start"),
        key("ok", Kind::Bool, "true", "The answer"),
        key("failureRate", Kind::Chance, "", "In place of ok: the chance of a failure"),
        key("takes", Kind::Distribution, "latency.probe", "How long one probe runs"),
        key("output", Kind::Text, "", "Its text"),
    ],
};

pub static HOOK: Shape = Shape {
    name: "hook",
    doc: "How a lifecycle hook goes",
    id: "",
    keys: &[
        key("takes", Kind::Distribution, "0s", "How long it runs"),
        key("exit", Kind::Integer(0, 255), "0", "Its exit code"),
        key("output", Kind::Text, "", "Its text"),
    ],
};

pub static ACTION: Shape = Shape {
    name: "action",
    doc: "One verb at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When"),
        key("delete", Kind::Target(Nouns::PodOrNode), "", "kubectl delete"),
        key(
            "evict",
            Kind::Target(Nouns::Pod),
            "",
            "The eviction subresource, which heeds disruption budgets",
        ),
        key("cordon", Kind::Target(Nouns::Node), "", "kubectl cordon"),
        key("uncordon", Kind::Target(Nouns::Node), "", "kubectl uncordon"),
        key("drain", Kind::Target(Nouns::Node), "", "kubectl drain"),
        key("taint", Kind::Target(Nouns::Node), "", "kubectl taint"),
        key("untaint", Kind::Target(Nouns::Node), "", "kubectl taint with a `-`"),
        key("stop", Kind::Target(Nouns::Node), "", "The node goes dark"),
        key("start", Kind::Target(Nouns::Node), "", "The node comes back"),
        key("restartKubelet", Kind::Target(Nouns::Node), "", "Its kubelet restarts; containers run on"),
        key("shutdown", Kind::Target(Nouns::Node), "", "Graceful node shutdown"),
        key("pressure", Kind::Target(Nouns::Node), "", "A resource of the node runs short"),
        key("setCondition", Kind::Target(Nouns::Pod), "", "A controller sets a condition (readiness gates)"),
        key("ungate", Kind::Target(Nouns::Pod), "", "A scheduling gate is removed"),
        key("label", Kind::Target(Nouns::PodOrNode), "", "kubectl label"),
        key("create", Kind::Target(Nouns::Object), "", "An object comes into being"),
        key("remove", Kind::Target(Nouns::Object), "", "An object goes away"),
        key("bind", Kind::Target(Nouns::Object), "", "A PersistentVolumeClaim is bound"),
        key("setImage", Kind::Target(Nouns::Pod), "", "kubectl set image"),
        key("resize", Kind::Target(Nouns::Pod), "", "kubectl patch --subresource resize"),
        key("patch", Kind::Target(Nouns::Pod), "", "kubectl patch --type merge"),
        key("debug", Kind::Target(Nouns::Pod), "", "kubectl debug: an ephemeral container"),
        key("kill", Kind::Target(Nouns::Pod), "", "A process dies from outside"),
        key(
            "setProbe",
            Kind::Target(Nouns::Pod),
            "",
            "From now on the running process answers a probe like this",
        ),
        key("namespace", Kind::Text, "any", "Of the target, where its name is not unique"),
        key("gracePeriodSeconds", Kind::Integer(0, BIG), "the pod's own", "With delete, evict"),
        key("force", Kind::Bool, "false", "With delete"),
        key("taints", Kind::List(&Kind::Table(&TAINT_REF)), "", "With taint, untaint"),
        key(
            "takes",
            Kind::Duration,
            "5s; latency.probe",
            "With restartKubelet: how long it is down; with setProbe: how long one probe runs",
        ),
        key("resource", Kind::Word(&["memory", "disk", "pid"]), "memory", "With pressure"),
        key("lasts", Kind::Duration, "to the end", "With pressure"),
        key("type", Kind::Text, "", "With setCondition"),
        key("status", Kind::Truth, "True", "With setCondition"),
        key("reason", Kind::Text, "", "With setCondition"),
        key("message", Kind::Text, "", "With setCondition"),
        key("gate", Kind::Text, "all", "With ungate"),
        key("labels", Kind::Map(&Kind::Text), "", "With label; a `-` at a key's end removes the label"),
        key("container", Kind::Text, "the only one", "With setImage, resize, debug, kill, setProbe"),
        key("image", Kind::Text, "", "With setImage, debug"),
        key("requests", Kind::Table(&SIZE), "as they are", "With resize"),
        key("limits", Kind::Table(&SIZE), "as they are", "With resize"),
        key(
            "keys",
            Kind::List(&Kind::Text),
            "",
            "With create: keys of a ConfigMap or Secret, added to those that it has",
        ),
        key("merge", Kind::Any, "", "With patch: a merge patch"),
        key("signal", Kind::Signal, "SIGKILL", "With kill"),
        key(
            "sandbox",
            Kind::Bool,
            "false",
            "With kill: the sandbox's own process, in place of a container's",
        ),
        key("probe", Kind::Word(&["startup", "readiness", "liveness"]), "readiness", "With setProbe"),
        key("ok", Kind::Bool, "false", "With setProbe: whether it succeeds"),
        key("output", Kind::Text, "", "With setProbe: its text"),
    ],
};

pub static SIZE: Shape = Shape {
    name: "size",
    doc: "What can be changed while a container runs",
    id: "",
    keys: &[key("cpu", Kind::Quantity, "", "Cores"), key("memory", Kind::Quantity, "", "Bytes")],
};

/// A verb and the keys that go with it; the required ones first.
#[derive(Debug)]
pub struct VerbKeys {
    pub verb: &'static str,
    pub needs: &'static [&'static str],
    pub takes: &'static [&'static str],
}

const fn verb(
    verb: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
) -> VerbKeys {
    VerbKeys { verb, needs, takes }
}

pub static VERBS: [VerbKeys; 24] = [
    verb("delete", &[], &["namespace", "gracePeriodSeconds", "force"]),
    verb("evict", &[], &["namespace", "gracePeriodSeconds"]),
    verb("cordon", &[], &[]),
    verb("uncordon", &[], &[]),
    verb("drain", &[], &[]),
    verb("taint", &["taints"], &[]),
    verb("untaint", &["taints"], &[]),
    verb("stop", &[], &[]),
    verb("start", &[], &[]),
    verb("restartKubelet", &[], &["takes"]),
    verb("shutdown", &[], &[]),
    verb("pressure", &[], &["resource", "lasts"]),
    verb("setCondition", &["type"], &["namespace", "status", "reason", "message"]),
    verb("ungate", &[], &["namespace", "gate"]),
    verb("label", &["labels"], &["namespace"]),
    verb("create", &[], &["namespace", "keys"]),
    verb("remove", &[], &["namespace"]),
    verb("bind", &[], &["namespace"]),
    verb("setImage", &["image"], &["namespace", "container"]),
    verb("resize", &[], &["namespace", "container", "requests", "limits"]),
    verb("patch", &["merge"], &["namespace"]),
    verb("debug", &["image"], &["namespace", "container"]),
    verb("kill", &[], &["namespace", "container", "signal", "sandbox"]),
    verb("setProbe", &[], &["namespace", "container", "probe", "ok", "takes", "output"]),
];

pub static EXPECT: Shape = Shape {
    name: "expect",
    doc: "What must be true of a pod at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When"),
        must("pod", Kind::Text, "The pod's name"),
        key("namespace", Kind::Text, "any", "Its namespace, where the name is not unique"),
        key("phase", Kind::Word(PHASES), "", "status.phase"),
        key("status", Kind::Text, "", "The STATUS column"),
        key("ready", Kind::Text, "", "The READY column"),
        key("restarts", Kind::Integer(0, BIG), "", "The RESTARTS column"),
        key("node", Kind::Text, "", "The NODE column"),
        key("conditions", Kind::Map(&Kind::Truth), "", "Conditions by type"),
        key("event", Kind::Text, "", "An event of this reason was seen by then"),
        key("gone", Kind::Bool, "", "The pod does not exist any more"),
    ],
};

pub static LESSON: Shape = Shape {
    name: "lesson",
    doc: "What this scenario teaches",
    id: "",
    keys: &[
        must("title", Kind::Text, "Its title"),
        key("story", Kind::Text, "", "What has happened so far"),
        key("clue", Kind::Text, "", "What tells this failure from those that look like it"),
        key("tempting", Kind::Text, "", "The diagnosis that suggests itself and is wrong, and why"),
        key("explanation", Kind::Text, "", "The mechanism behind it, told at the end"),
        key("question", Kind::List(&Kind::Table(&QUESTION)), "", "Questions"),
    ],
};

pub static QUESTION: Shape = Shape {
    name: "question",
    doc: "A question at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When it is asked"),
        must("ask", Kind::Text, "The question"),
        must("choices", Kind::List(&Kind::Text), "Answers to choose from"),
        must("answer", Kind::Integer(0, 1000), "Index of the right one, from 0"),
        key("explain", Kind::Text, "", "Why it is right"),
        key("hint", Kind::Text, "", "A hint"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_and_its_keys_stand_in_the_table_of_actions() {
        for verb in &VERBS {
            for name in [&[verb.verb], verb.needs, verb.takes].concat() {
                assert!(ACTION.key(name).is_some(), "{name}");
            }
        }
        for key in ACTION.keys {
            let used = key.name == "at"
                || VERBS.iter().any(|v| {
                    v.verb == key.name || v.needs.contains(&key.name) || v.takes.contains(&key.name)
                });
            assert!(used, "{}", key.name);
        }
    }
}
