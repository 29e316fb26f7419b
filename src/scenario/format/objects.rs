//! What pods refer to: images and how their pulls go, ConfigMaps, Secrets, claims and the like.

use super::{BIG, Kind, Shape, key, must};

const KINDS: &[&str] = &[
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "PriorityClass",
    "RuntimeClass",
    "PodDisruptionBudget",
    "HostPath",
];

/// `[[image]]`.
pub static IMAGE: Shape = Shape {
    name: "image",
    doc: "An image and how its pulls go",
    id: "ref",
    keys: &[
        must(
            "ref",
            Kind::Text,
            "The reference as containers write it; a `*` stands for anything, in those that no other table names",
        ),
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
            "A pull while the image is on the node: by policy Always, or asked for before it was there",
        ),
        key("error", Kind::Text, "", "With it the pull fails"),
        key("user", Kind::User, "1000", "Its USER, about which runAsNonRoot asks: a name, or a number"),
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
        key("handler", Kind::Text, "its name", "Of a RuntimeClass: what the runtimes of nodes call it"),
        key(
            "overhead",
            Kind::Map(&Kind::Quantity),
            "",
            "Of a RuntimeClass: what each of its pods costs besides",
        ),
        key(
            "nodeSelector",
            Kind::Map(&Kind::Text),
            "",
            "Of a RuntimeClass: labels of the nodes for its pods",
        ),
        key("minAvailable", Kind::Count, "", "Of a PodDisruptionBudget"),
        key("maxUnavailable", Kind::Count, "", "Of a PodDisruptionBudget"),
        key("matchLabels", Kind::Map(&Kind::Text), "", "Of a PodDisruptionBudget"),
        key(
            "unhealthyPodEvictionPolicy",
            Kind::Word(&["IfHealthyBudget", "AlwaysAllow"]),
            "IfHealthyBudget",
            "Of a PodDisruptionBudget: whether pods that are not ready may always go",
        ),
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

const ACCESS_MODES: &[&str] = &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
const NODE_OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

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
