//! What a pod's object says, in words: for people who look at one that some cluster printed.
//!
//! The same rules that the simulator runs are asked about a foreign object. Nothing here guesses: where an object does not
//! say something (when an image was last pulled, which volume is missing), the explanation says that it does not.
//! Absent on purpose: events and logs, which the object does not hold.

mod backoff;
mod conditions;
mod containers;
mod contradictions;
mod read;
mod status;
mod text;
mod times;

pub use read::{Input, Subject, instead, read};
pub use text::render;
pub use times::newest;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::wire::Pod;
use crate::api::{Container, ContainerStatus, PodSpec, Sym, Terminated};
use crate::rules::kubectl::printing::{age, columns_and_source};
use crate::rules::kubelet::pod::PodView;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// What is said of one pod.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Of the pod.
    pub namespace: String,
    /// Of the pod.
    pub name: String,
    /// How many versions of the object the input held; the last one is explained.
    pub versions: usize,
    /// The input ends with its removal from the API.
    pub removed: bool,
    /// What kubectl prints of it.
    pub kubectl: KubectlLine,
    /// Its phase beside what kubectl shows.
    pub status: StatusStory,
    /// In the object's order.
    pub conditions: Vec<ConditionStory>,
    /// Why there are none, where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_conditions: Option<&'static str>,
    /// Init containers first, then main and ephemeral ones; those that only a status tells of behind the others.
    pub containers: Vec<ContainerStory>,
    /// What in the object cannot be true together, or not for long.
    pub contradictions: Vec<String>,
}

/// The cells of `kubectl get pods -o wide`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubectlLine {
    /// NAME
    pub name: String,
    /// READY
    pub ready: String,
    /// STATUS
    pub status: String,
    /// RESTARTS, with how long ago the last one was
    pub restarts: String,
    /// AGE
    pub age: String,
    /// IP
    pub ip: String,
    /// NODE
    pub node: String,
}

/// The phase beside kubectl's STATUS.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusStory {
    /// The object's phase.
    pub phase: String,
    /// kubectl's STATUS.
    pub shown: String,
    /// Why the two say what they say, a sentence each.
    pub why: Vec<String>,
}

/// A condition and what it waits for.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionStory {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// True, False or Unknown.
    pub status: String,
    /// As the object has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// As the object has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Its last transition, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How long ago that was, as kubectl writes ages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_so_long: Option<String>,
    /// What has to happen before it becomes True; empty where it is, or never will be.
    pub waits_for: Vec<String>,
    /// What it means where nothing is waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<String>,
}

/// A container and what happened to it.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerStory {
    /// Its name in the spec.
    pub name: String,
    /// `main`, `init`, `sidecar` or `ephemeral`.
    pub kind: &'static str,
    /// `waiting`, `running`, `terminated`, or `unknown` where the object has no state.
    pub state: &'static str,
    /// Of its state, as the object has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Of its last end, if it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Whether it counts as ready.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: i32,
    /// What happened to it, a sentence each, oldest first.
    pub happened: Vec<String>,
    /// When the kubelet tries again, if it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<NextAttempt>,
}

/// When the kubelet tries again.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NextAttempt {
    /// `start` or `pull`.
    pub of: &'static str,
    /// The back-off in force, as Go writes durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_off: Option<String>,
    /// The attempt does not come before, RFC 3339.
    pub earliest: String,
    /// The attempt has come by then, RFC 3339.
    pub latest: String,
    /// The same from now on: `in 12s to 42s`.
    pub relative: String,
    /// What the window was made from.
    pub because: String,
}

/// The instant at which ages count, and whether the objects were printed then: of a file that somebody kept, nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Ages count from it.
    pub at: Time,
    /// Somebody said that the objects were printed then.
    pub is_said: bool,
}

impl From<Time> for Now {
    fn from(at: Time) -> Now {
        Now { at, is_said: true }
    }
}

/// The answer to a whole input, for programs.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The instant that ages and windows count from.
    pub now: String,
    /// The version whose habits the windows follow.
    pub kubernetes: &'static str,
    /// One for each pod of the input.
    pub pods: Vec<Explanation>,
    /// Objects of other kinds in the input.
    pub left_out: BTreeMap<String, usize>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// Explains every pod of an input.
pub fn report(input: &Input, now: impl Into<Now>, gates: &Gates) -> Report {
    let now = now.into();
    Report {
        now: now.at.rfc3339_secs(),
        kubernetes: gates.version.as_str(),
        pods: input.subjects.iter().map(|subject| explain(subject, now, gates)).collect(),
        left_out: input.left_out.clone(),
        trouble: input.trouble.clone(),
    }
}

/// Explains a pod as it is at `now` on a cluster with these gates.
pub fn explain(subject: &Subject, now: impl Into<Now>, gates: &Gates) -> Explanation {
    let pod: &Pod = &subject.pod;
    let printed = now.into();
    let now = printed.at;
    let view = PodView::of(pod);
    let counted = counted(pod);
    let (columns, source) = columns_and_source(&counted, &pod.status, view.deleted, gates);
    let or_none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    Explanation {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
        versions: subject.versions,
        removed: subject.removed,
        kubectl: KubectlLine {
            name: pod.meta.name.clone(),
            ready: columns.ready_cell(),
            status: columns.status.to_string(),
            restarts: columns.restarts_cell(now),
            age: age(pod.created(), now),
            ip: or_none(pod.status.pod_ips.first().map_or("", |ip| ip.as_str())),
            node: or_none(&pod.spec.node_name),
        },
        status: StatusStory {
            phase: pod.status.phase.to_string(),
            shown: columns.status.to_string(),
            why: status::why(pod, &columns, source, printed, gates),
        },
        conditions: conditions::tell(pod, now, gates),
        no_conditions: conditions::none(pod),
        containers: containers::tell(pod, now, gates),
        contradictions: contradictions::find(subject, printed, gates),
    }
}

/// Nothing is started any more: the pod is being deleted, or has ended.
fn is_over(pod: &Pod) -> bool {
    pod.status.phase.is_terminal() || pod.meta.deletion_timestamp.is_some()
}

/// An object that is only a status: what its spec would say, nobody knows.
fn is_bare(pod: &Pod) -> bool {
    pod.spec.containers.is_empty() && pod.spec.init_containers.is_empty()
}

/// The spec that kubectl counts by; of an object that is only a status, one with the containers that this tells of.
fn counted(pod: &Pod) -> Cow<'_, PodSpec> {
    if !is_bare(pod) {
        return Cow::Borrowed(&pod.spec);
    }
    let named = |of: &[ContainerStatus]| -> Vec<Container> {
        of.iter().map(|status| Container { name: status.name, ..Container::default() }).collect()
    };
    let (containers, init_containers) = (named(&pod.status.containers), named(&pod.status.init));
    Cow::Owned(PodSpec { containers, init_containers, ..pod.spec.clone() })
}

/// Whether the pod is on a node, as far as one can tell: where nothing names it, by what only a kubelet writes.
fn has_node(pod: &Pod) -> bool {
    let status = &pod.status;
    let by_kubelet = || {
        status.start_time.is_some()
            || [&status.init[..], &status.containers[..], &status.ephemeral[..]]
                .iter()
                .any(|all| !all.is_empty())
    };
    let is_scheduled = || is_bare(pod) && status.condition_is_true(Sym::POD_SCHEDULED);
    !pod.spec.node_name.is_empty() || by_kubelet() || is_scheduled()
}

/// An init container's end that lets the next one begin. One whose process the kernel killed for its memory counts as failed,
/// also where its code is 0, as when a child of it was killed (`isInitContainerFailed`, pkg/kubelet/kuberuntime/helpers.go).
fn ended_well(ended: &Terminated) -> bool {
    ended.exit_code == 0 && ended.reason != Sym::OOM_KILLED
}

/// `2m3s ago`, or `in 2m3s`.
fn ago(at: Time, now: Time) -> String {
    if at > now { format!("in {}", age(Some(now), at)) } else { format!("{} ago", age(Some(at), now)) }
}

/// `a`, `a and b`, `a, b and c`.
fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [init @ .., last] => {
            let init: Vec<&str> = init.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", init.join(", "), last.as_ref())
        }
    }
}
