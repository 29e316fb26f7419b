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

pub use read::{Input, Subject, read};
pub use text::render;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::wire::Pod;
use crate::rules::kubectl::printing::{age, columns_and_source};
use crate::rules::kubelet::pod::PodView;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// What is said of one pod.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    pub namespace: String,
    pub name: String,
    /// How many versions of the object the input held; the last one is explained.
    pub versions: usize,
    /// The input ends with its removal from the API.
    pub removed: bool,
    pub kubectl: KubectlLine,
    pub status: StatusStory,
    pub conditions: Vec<ConditionStory>,
    pub containers: Vec<ContainerStory>,
    /// What in the object cannot be true together, or not for long.
    pub contradictions: Vec<String>,
}

/// The cells of `kubectl get pods -o wide`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubectlLine {
    pub name: String,
    pub ready: String,
    pub status: String,
    pub restarts: String,
    pub age: String,
    pub ip: String,
    pub node: String,
}

/// The phase beside kubectl's STATUS.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusStory {
    pub phase: String,
    pub shown: String,
    pub why: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionStory {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
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

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerStory {
    pub name: String,
    /// `main`, `init`, `sidecar` or `ephemeral`.
    pub kind: &'static str,
    /// `waiting`, `running`, `terminated`, or `unknown` where the object has no state.
    pub state: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    pub ready: bool,
    pub restarts: i32,
    pub happened: Vec<String>,
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
    pub earliest: String,
    pub latest: String,
    /// The same from now on: `in 12s to 42s`.
    pub relative: String,
    /// What the window was made from.
    pub because: String,
}

/// The answer to a whole input, for programs.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The instant that ages and windows count from.
    pub now: String,
    /// The version whose habits the windows follow.
    pub kubernetes: &'static str,
    pub pods: Vec<Explanation>,
    /// Objects of other kinds in the input.
    pub left_out: BTreeMap<String, usize>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// Explains every pod of an input.
pub fn report(input: &Input, now: Time, gates: &Gates) -> Report {
    Report {
        now: now.rfc3339_secs(),
        kubernetes: gates.version.as_str(),
        pods: input.subjects.iter().map(|subject| explain(subject, now, gates)).collect(),
        left_out: input.left_out.clone(),
        trouble: input.trouble.clone(),
    }
}

/// Explains a pod as it is at `now` on a cluster with these gates.
pub fn explain(subject: &Subject, now: Time, gates: &Gates) -> Explanation {
    let pod: &Pod = &subject.pod;
    let view = PodView::of(pod);
    let (columns, source) = columns_and_source(&pod.spec, &pod.status, view.deleted, gates);
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
            why: status::why(pod, &columns, source, now, gates),
        },
        conditions: conditions::tell(pod, now, gates),
        containers: containers::tell(pod, now, gates),
        contradictions: contradictions::find(subject, now, gates),
    }
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
