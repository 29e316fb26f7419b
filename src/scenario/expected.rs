//! `[[expect]]`: of whom, when, and what is expected.

use std::collections::BTreeMap;

use super::command::ObjectTarget;
use crate::api::{Sym, Tri};
use crate::time::Time;

/// One `[[expect]]`; what it does not say is not looked at.
#[derive(Clone, PartialEq, Debug)]
pub struct Expect {
    /// When it is looked at.
    pub when: When,
    /// Of whom, and what.
    pub what: Expected,
    /// Line of the file, for the report.
    pub line: usize,
}

/// When something has to be so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Then.
    At(Time),
    /// At some instant until then.
    By {
        /// Not before.
        after: Time,
        /// Not later.
        by: Time,
    },
    /// All the time.
    Throughout {
        /// Its beginning, included.
        from: Time,
        /// Its end, included.
        to: Time,
    },
}

impl When {
    /// The first instant that is looked at.
    pub fn begin(self) -> Time {
        match self {
            When::At(at) => at,
            When::By { after, .. } => after,
            When::Throughout { from, .. } => from,
        }
    }
    /// The last instant that is looked at.
    pub fn end(self) -> Time {
        match self {
            When::At(at) => at,
            When::By { by, .. } => by,
            When::Throughout { to, .. } => to,
        }
    }
}

/// Of whom something is expected, and what.
#[derive(Clone, PartialEq, Debug)]
pub enum Expected {
    /// A pod by name, or all that a glob names.
    Pods(PodExpect),
    /// A workload: whatever makes pods, or what makes them.
    Workload(WorkloadExpect),
    /// A Service.
    Service(ServiceExpect),
    /// What somebody is told.
    Answer(AnswerExpect),
}

impl Expected {
    /// The object that it is about, where it is no pod.
    pub fn object(&self) -> Option<&ObjectTarget> {
        match self {
            Expected::Workload(own) => Some(&own.object),
            Expected::Service(own) => Some(&own.object),
            Expected::Pods(_) | Expected::Answer(_) => None,
        }
    }
}

/// What is expected of an alert. No run judges it: whoever has promtool asks that .
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertExpect {
    /// Its name.
    pub alert: String,
    /// The file of its rule, as the scenario writes it.
    pub rules: String,
    /// Whether it ever fires.
    pub fires: bool,
    /// Not later than this; None: until the end of the run.
    pub by: Option<Time>,
    /// Line of the file, for the report.
    pub line: usize,
}

/// A number, or a range of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    /// At least.
    pub min: i64,
    /// At most; `i64::MAX`: as many as there are.
    pub max: i64,
}

impl Amount {
    /// Whether a number is among them.
    pub fn holds(self, number: i64) -> bool {
        (self.min..=self.max).contains(&number)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{min}"),
            (min, i64::MAX) => write!(f, "{min} or more"),
            (i64::MIN | 0, max) => write!(f, "{max} or fewer"),
            (min, max) => write!(f, "{min} to {max}"),
        }
    }
}

/// What is expected of a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpectedCondition {
    /// None: the condition is not there.
    pub status: Option<Tri>,
    /// None: any.
    pub reason: Option<Sym>,
}

impl std::fmt::Display for ExpectedCondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.status.map_or("none", Tri::as_str))?;
        self.reason.map_or(Ok(()), |reason| write!(f, "/{reason}"))
    }
}

/// Conditions by their type.
pub type ExpectedConditions = BTreeMap<String, ExpectedCondition>;

/// An event that was seen by then.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExpectedEvent {
    /// Its reason.
    pub reason: String,
    /// What its message contains.
    pub message: Option<String>,
    /// How often it is counted.
    pub count: Option<Amount>,
}

/// What is expected of pods.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PodExpect {
    /// The pod's name; with `*`: all pods that are named so.
    pub pod: String,
    /// None: whichever namespace has it.
    pub namespace: Option<String>,
    /// Of a glob's pods only these.
    pub among: Option<Among>,
    /// How many pods there are, those still terminating included.
    pub count: Option<Amount>,
    /// The phase.
    pub phase: Option<String>,
    /// kubectl's STATUS.
    pub status: Option<String>,
    /// kubectl's READY: `1/1`.
    pub ready: Option<String>,
    /// The restart count, as kubectl sums it up.
    pub restarts: Option<Amount>,
    /// The node that it is bound to.
    pub node: Option<String>,
    /// By type.
    pub conditions: ExpectedConditions,
    /// An event that was seen by then.
    pub event: Option<ExpectedEvent>,
    /// No event of this reason was seen by then.
    pub no_event: Option<String>,
    /// Whether it has left the API.
    pub gone: Option<bool>,
}

impl PodExpect {
    /// It is about all pods that are named so.
    pub fn is_glob(&self) -> bool {
        self.pod.contains('*')
    }
}

/// `where`: which of the pods.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Among {
    /// kubectl's STATUS.
    pub status: Option<String>,
    /// kubectl's READY.
    pub ready: Option<String>,
    /// Of one of its containers; `*` stands for anything.
    pub image: Option<String>,
    /// Of the template that its workload made it from, from 1.
    pub revision: Option<u32>,
    /// The node that it is bound to.
    pub node: Option<String>,
}

/// How a rollout stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rollout {
    /// All pods are updated and available, and none is left over.
    Complete,
    /// Neither of the others.
    Progressing,
    /// Progressing is False by ProgressDeadlineExceeded.
    Failed,
}

impl Rollout {
    /// As the format spells them.
    pub const NAMES: [&'static str; 3] = ["complete", "progressing", "failed"];
    /// As the format spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Rollout::Complete => "complete",
            Rollout::Progressing => "progressing",
            Rollout::Failed => "failed",
        }
    }
}

/// What is expected of a workload, by its status as the API shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkloadExpect {
    /// Which.
    pub object: ObjectTarget,
    /// How its rollout stands.
    pub rollout: Option<Rollout>,
    /// How many are wanted: `spec.replicas`, of an autoscaler `status.desiredReplicas`.
    pub desired: Option<Amount>,
    /// `status.replicas`; of an autoscaler `status.currentReplicas`.
    pub replicas: Option<Amount>,
    /// `status.updatedReplicas`
    pub updated: Option<Amount>,
    /// `status.readyReplicas`
    pub ready: Option<Amount>,
    /// `status.availableReplicas`
    pub available: Option<Amount>,
    /// `status.unavailableReplicas`
    pub unavailable: Option<Amount>,
    /// `status.active`; of a CronJob, how many of its Jobs are.
    pub active: Option<Amount>,
    /// `status.succeeded`
    pub succeeded: Option<Amount>,
    /// `status.failed`
    pub failed: Option<Amount>,
    /// By type.
    pub conditions: ExpectedConditions,
    /// An event that was seen by then.
    pub event: Option<ExpectedEvent>,
    /// No event of this reason was seen by then.
    pub no_event: Option<String>,
    /// Whether it has left the API.
    pub gone: Option<bool>,
}

/// What is expected of a Service.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceExpect {
    /// Which.
    pub object: ObjectTarget,
    /// Endpoints of all its slices that are ready.
    pub ready: Option<Amount>,
    /// Those that serve.
    pub serving: Option<Amount>,
    /// Those that terminate.
    pub terminating: Option<Amount>,
    /// An event that was seen by then.
    pub event: Option<ExpectedEvent>,
    /// No event of this reason was seen by then.
    pub no_event: Option<String>,
    /// Whether it has left the API.
    pub gone: Option<bool>,
}

/// What somebody is told who has given a command.
#[derive(Clone, PartialEq, Debug)]
pub struct AnswerExpect {
    /// The `id` of the `[[action]]` or `[[apply]]`.
    pub action: Sym,
    /// None: any.
    pub answer: Option<Answer>,
    /// What the words contain.
    pub message: Option<String>,
}

/// How a command stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It has been done.
    Done,
    /// It has been refused.
    Refused,
    /// It goes on, or has not begun.
    Waiting,
}

impl Answer {
    /// As the format spells them.
    pub const NAMES: [&'static str; 3] = ["done", "refused", "waiting"];
    /// As the format spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Answer::Done => "done",
            Answer::Refused => "refused",
            Answer::Waiting => "waiting",
        }
    }
}
