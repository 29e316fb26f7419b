//! Every table and key of a scenario file, once: the checker reads files by it, the schema is printed from it,
//! `--set` finds its way by it. A key that does not stand here does not exist.
//!
//! Here stand what a table is made of and the file as a whole; its parts have rooms of their own, in the order in which
//! people write them.

mod actions;
mod applied;
mod cluster;
mod lesson;
mod objects;
mod pods;
mod sweep;

use super::values::Nouns;
use crate::rules::versions::Version;

pub use actions::{ACTION, AMONG, VERBS, VerbKeys};
pub use applied::APPLY;
pub use objects::IMAGE;
pub use pods::POD;

/// What may stand for a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number in a range, both ends included.
    Integer(i64, i64),
    /// A whole number of 64 bits; in quotes beyond what TOML's numbers reach.
    Seed,
    /// A number from 0 to 1.
    Chance,
    /// `250ms`, `8s`, `1m30s`.
    Duration,
    /// How long from one time to the next: a millisecond or more; whether none at all stands for the default.
    Period(bool),
    /// Offset from the start of the run.
    Instant,
    /// Wall-clock time.
    Start,
    /// A duration, or how to draw one.
    Distribution,
    /// A distribution or `"forever"`.
    Runs,
    /// A code from 0 to 255, or codes with weights.
    Exit,
    /// `exit`, `ignore`, or after how long with which code.
    OnTerm,
    /// A signal's name or number.
    Signal,
    /// A Kubernetes quantity.
    Quantity,
    /// A quantity, or a percentage.
    Threshold,
    /// A number or a percentage.
    Count,
    /// Who a process runs as: a name, or a number.
    User,
    /// A merge patch: a table, or a text in JSON, which may hold nulls.
    Patch,
    /// `True`, `False` or `Unknown`; a bool will do.
    Truth,
    /// The same, with a reason behind a slash, or `none` for a condition that is not there.
    Condition,
    /// One text, or a list of them.
    Texts,
    /// A whole number, or `{ min, max }`.
    Amount,
    /// kubectl's READY of a pod, or how many of a workload's pods are ready.
    Ready,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `pod/web`, `node/n1`, `Secret/token`, as far as these nouns allow.
    Target(Nouns),
    /// Several of one kind.
    List(&'static Kind),
    /// Free keys.
    Map(&'static Kind),
    /// A table with keys of its own.
    Table(&'static Shape),
    /// A Kubernetes object or a part of one, checked by the API server's rules.
    PodSpec,
    /// Anything at all that has keys.
    Any,
    /// A value of whatever kind, as `--set` gives one.
    Value,
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What may stand for its value.
    pub kind: Kind,
    /// One sentence, without a full stop.
    pub doc: &'static str,
    /// As a person would write it; empty: none.
    pub default: &'static str,
    /// Whether it has to be there.
    pub required: bool,
}

/// What keys a table may have.
#[derive(Debug)]
pub struct Shape {
    /// As messages call it.
    pub name: &'static str,
    /// One sentence, without a full stop.
    pub doc: &'static str,
    /// The key that names an entry of a list of these (`--set pod.web.…`).
    pub id: &'static str,
    /// In the order in which people write them.
    pub keys: &'static [Key],
}

impl Shape {
    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
    /// The names of its keys, in order.
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

/// No bound that a person would meet.
const BIG: i64 = i64::MAX;

/// The file as a whole.
pub static FILE: Shape = Shape {
    name: "scenario",
    doc: "What exists, which pods are created and when, what their processes do, and what people do to them",
    id: "",
    keys: &[
        key("name", Kind::Text, "the file's stem", "The scenario's name, also of its output folder"),
        key("description", Kind::Text, "", "One line for lists"),
        key(
            "kubernetes",
            Kind::Word(&Version::NAMES),
            Version::DEFAULT.as_str(),
            "Which feature gates are on by default, and which texts",
        ),
        key("featureGates", Kind::Map(&Kind::Bool), "", "Feature gates by name"),
        key("seed", Kind::Seed, "0", "Where chance starts from"),
        key("start", Kind::Start, "2025-01-01T00:00:00Z", "Wall-clock time of t = 0"),
        key("until", Kind::Duration, "1h", "The run ends here, or earlier once nothing more can happen"),
        key(
            "untilSettled",
            Kind::Bool,
            "false",
            "The run ends once nothing happens but repetitions: of a crash loop at its longest back-off, of a CronJob after two \
             runs",
        ),
        key("latency", Kind::Table(&cluster::LATENCY), "", "Delays of the parts"),
        key("kubelet", Kind::Table(&cluster::KUBELET), "", "KubeletConfiguration, for every node"),
        key("controllers", Kind::Table(&cluster::CONTROLLERS), "", "Settings of the controller manager"),
        key("node", Kind::List(&Kind::Table(&cluster::NODE)), "one node named `node`", "Nodes"),
        key("image", Kind::List(&Kind::Table(&objects::IMAGE)), "", "Images and how their pulls go"),
        key("object", Kind::List(&Kind::Table(&objects::OBJECT)), "", "Objects that pods depend on"),
        key("pod", Kind::List(&Kind::Table(&POD)), "", "Pods and what their processes do"),
        key(
            "apply",
            Kind::List(&Kind::Table(&APPLY)),
            "",
            "Manifests of workloads and of whatever else, as kubectl apply -f",
        ),
        key(
            "program",
            Kind::List(&Kind::Table(&applied::PROGRAM)),
            "",
            "What processes do, by image, container or workload",
        ),
        key(
            "metric",
            Kind::List(&Kind::Table(&applied::METRIC)),
            "",
            "What the pods of a workload use, as a HorizontalPodAutoscaler sees it",
        ),
        key(
            "deployment",
            Kind::Map(&Kind::Any),
            "",
            "By name: fields over those of its manifests (`--set` writes here)",
        ),
        key("replicaSet", Kind::Map(&Kind::Any), "", "The same of ReplicaSets"),
        key("replicationController", Kind::Map(&Kind::Any), "", "The same of ReplicationControllers"),
        key("daemonSet", Kind::Map(&Kind::Any), "", "The same of DaemonSets"),
        key("statefulSet", Kind::Map(&Kind::Any), "", "The same of StatefulSets"),
        key("job", Kind::Map(&Kind::Any), "", "The same of Jobs"),
        key("cronJob", Kind::Map(&Kind::Any), "", "The same of CronJobs"),
        key("service", Kind::Map(&Kind::Any), "", "The same of Services"),
        key("podDisruptionBudget", Kind::Map(&Kind::Any), "", "The same of PodDisruptionBudgets"),
        key("horizontalPodAutoscaler", Kind::Map(&Kind::Any), "", "The same of HorizontalPodAutoscalers"),
        key("resourceQuota", Kind::Map(&Kind::Any), "", "The same of ResourceQuotas"),
        key("limitRange", Kind::Map(&Kind::Any), "", "The same of LimitRanges"),
        key("action", Kind::List(&Kind::Table(&ACTION)), "", "What people and controllers do"),
        key(
            "sweep",
            Kind::List(&Kind::Table(&sweep::SWEEP)),
            "",
            "Keys that `kubelapse sweep` gives several values",
        ),
        key(
            "pairs",
            Kind::Bool,
            "false",
            "The sweep takes the first values of all keys together, then the second ones, …",
        ),
        key(
            "measure",
            Kind::List(&Kind::Table(&sweep::MEASURE)),
            "",
            "What `kubelapse sweep` measures of each run",
        ),
        key("expect", Kind::List(&Kind::Table(&lesson::EXPECT)), "", "What must be true, and when"),
        key("lesson", Kind::Table(&lesson::LESSON), "", "What this scenario teaches"),
    ],
};
