//! What is wrong with a pod, by the state that it was found in; and what may be said of each such state.
//!
//! A state has one cause as far as kubectl can tell it. What lies behind that (why a program ends, who has deleted a ConfigMap)
//! no object says, and nothing here claims it.

use crate::api::Sym;
use crate::api::wire::Pod;
use crate::explain::{self, ContainerStory, Explanation};
use crate::rules::kubelet::reasons::{self, Trouble};
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;

/// What keeps a pod from doing its work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// An image cannot be pulled.
    Image,
    /// A program ends by itself.
    Crash,
    /// A container is killed for its memory.
    Memory,
    /// A ConfigMap or Secret is not there.
    Config,
    /// The runtime cannot create or start a container.
    Create,
    /// A hook of a container fails after its start.
    Hook,
    /// An init container does not succeed.
    Init,
    /// No node takes it.
    Node,
    /// Nothing has been started, as volumes or the sandbox are not ready.
    Volume,
    /// It runs and does not answer.
    Ready,
    /// The kubelet has evicted it.
    Evicted,
    /// It is being deleted.
    Ending,
}

/// A pod's trouble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    pub kind: Kind,
    /// The container that it is about; none where the whole pod is meant.
    pub container: String,
    /// The pod's phase leaves nothing to be tried again.
    pub is_over: bool,
}

/// What is wrong with a pod; None: nothing that its object tells.
pub fn of(pod: &Pod) -> Option<Cause> {
    let gates = Gates::of(Version::DEFAULT);
    let now = explain::newest(pod)?;
    of_story(&explain::explain(
        &explain::Subject { pod: pod.clone(), versions: 1, removed: false },
        now,
        &gates,
    ))
}

/// The same of what is told of it.
pub fn of_story(told: &Explanation) -> Option<Cause> {
    let is_over = matches!(told.status.phase.as_str(), "Failed" | "Succeeded");
    let found = |kind: Kind, container: &str| Some(Cause { kind, container: container.to_owned(), is_over });
    match told.kubectl.status.as_str() {
        "Evicted" => return found(Kind::Evicted, ""),
        "Terminating" => return found(Kind::Ending, ""),
        _ => {}
    }
    for own in &told.containers {
        if let Some(kind) = of_container(own) {
            let kind = if own.kind == "init" && matches!(kind, Kind::Crash | Kind::Memory) {
                Kind::Init
            } else {
                kind
            };
            return found(kind, &own.name);
        }
    }
    if is_over {
        return None;
    }
    let scheduled = told.conditions.iter().find(|condition| condition.kind == "PodScheduled");
    if scheduled.is_some_and(|condition| condition.status == "False") {
        return found(Kind::Node, "");
    }
    let stands = told.containers.iter().filter(|own| own.kind != "ephemeral");
    let stands: Vec<&ContainerStory> = stands.collect();
    if told.status.phase == "Pending" && stands.iter().all(|own| own.state != "running") && !stands.is_empty()
    {
        return found(Kind::Volume, "");
    }
    let silent = stands.iter().find(|own| own.state == "running" && !own.ready && own.kind != "init")?;
    found(Kind::Ready, &silent.name)
}

fn of_container(own: &ContainerStory) -> Option<Kind> {
    let was_killed = own.happened.iter().any(|told| told.contains("OOMKilled"));
    let known = reasons::find(&own.reason);
    match known.map(|known| known.trouble) {
        Some(Trouble::Crash) if own.state == "waiting" && was_killed => Some(Kind::Memory),
        Some(Trouble::Crash) if own.state == "waiting" => Some(Kind::Crash),
        Some(
            trouble @ (Trouble::Image | Trouble::Config | Trouble::Start | Trouble::Hook | Trouble::Memory),
        ) => of_trouble(trouble),
        _ if own.state == "terminated" && own.exit_code.is_some_and(|code| code != 0) => Some(Kind::Crash),
        // Between two crashes it runs.
        _ if own.restarts > 0 && !own.ready && own.state == "running" && was_killed => Some(Kind::Memory),
        _ => None,
    }
}

/// The trouble that a reason stands for, which the table of reasons knows.
fn of_trouble(trouble: Trouble) -> Option<Kind> {
    match trouble {
        Trouble::Image => Some(Kind::Image),
        Trouble::Config => Some(Kind::Config),
        Trouble::Start => Some(Kind::Create),
        Trouble::Hook => Some(Kind::Hook),
        Trouble::Crash => Some(Kind::Crash),
        Trouble::Memory => Some(Kind::Memory),
        Trouble::Nothing | Trouble::Lost => None,
    }
}

/// The trouble that a STATUS stands for, roughly: to hold a run against an incident.
pub fn kind_of(status: &str) -> Option<Kind> {
    let status = status.strip_prefix("Init:").unwrap_or(status);
    match status {
        "Pending" => Some(Kind::Node),
        "Evicted" => Some(Kind::Evicted),
        "Terminating" => Some(Kind::Ending),
        _ if reasons::is_beginning(Sym::new(status)) => Some(Kind::Volume),
        // Whether it was killed for its memory the next STATUS does not say.
        _ => match of_trouble(reasons::find(status)?.trouble) {
            Some(Kind::Memory) => Some(Kind::Crash),
            kind => kind,
        },
    }
}

/// All of them, in the order in which wrong answers are taken.
pub const ALL: [Kind; 12] = [
    Kind::Crash,
    Kind::Node,
    Kind::Ready,
    Kind::Image,
    Kind::Memory,
    Kind::Volume,
    Kind::Config,
    Kind::Init,
    Kind::Create,
    Kind::Hook,
    Kind::Evicted,
    Kind::Ending,
];

impl Kind {
    /// What is the cause, as an answer to that question.
    pub fn cause(self) -> &'static str {
        match self {
            Kind::Image => "An image cannot be pulled",
            Kind::Crash => "A program ends by itself",
            Kind::Memory => "A container was killed for its memory",
            Kind::Config => "A ConfigMap or a Secret, or a key of one, is not there",
            Kind::Create => "The runtime cannot create or start a container",
            Kind::Hook => "A postStart hook fails, and its container is stopped for it",
            Kind::Init => "An init container does not succeed",
            Kind::Node => "No node takes the pod",
            Kind::Volume => "A volume or the sandbox is not ready: nothing has been started",
            Kind::Ready => "A program runs and does not answer its probe",
            Kind::Evicted => "The kubelet has evicted the pod",
            Kind::Ending => "The pod is being deleted, and something holds it",
        }
    }

    /// What comes next where nobody does anything, as an answer to that question.
    pub fn next(self) -> &'static str {
        match self {
            Kind::Image => "The kubelet tries to pull again, after waits of up to five minutes",
            Kind::Crash | Kind::Memory | Kind::Hook | Kind::Init => {
                "It is started again, after waits of up to five minutes"
            }
            Kind::Config => "The kubelet looks again several times a minute, and starts it when all is there",
            Kind::Create => "The kubelet tries to start it again",
            Kind::Node => "The scheduler looks again when something changes, and after five minutes",
            Kind::Volume => "The kubelet tries again, after waits of up to about two minutes",
            Kind::Ready => "It runs on, and gets no requests until the probe succeeds",
            Kind::Evicted => "Nothing: it stays as an object until somebody deletes it",
            Kind::Ending => "Nothing, before what holds it lets go",
        }
    }

    /// The diagnosis that suggests itself.
    pub fn tempting(self) -> &'static str {
        match self {
            Kind::Image => {
                "\"The program does not come up.\" It has never been started: the pod has a node, and its kubelet has no image to start."
            }
            Kind::Crash => {
                "\"CrashLoopBackOff is the error.\" It is the wait between two tries. What the program said before it ended stands in kubectl logs --previous."
            }
            Kind::Memory => {
                "\"The program has crashed.\" It did not end by itself: it was killed, and its log ends in the middle of something."
            }
            Kind::Config => "\"The image or the program is broken.\" Neither of them has been used yet.",
            Kind::Create => "\"The program crashes.\" It has never run, so that there is no log of it.",
            Kind::Hook => {
                "\"The program crashes.\" It was stopped: what fails is the hook, and the event FailedPostStartHook says so."
            }
            Kind::Init => {
                "\"The application crashes.\" It has not been started: the log to look at is that of the init container."
            }
            Kind::Node => {
                "\"It hangs while it starts.\" It has no node, so that no kubelet knows of it, and nothing has begun."
            }
            Kind::Volume => {
                "\"The image is being pulled.\" Volumes and the sandbox come before that; the events say what it waits for."
            }
            Kind::Ready => {
                "\"It is Running, so it is well.\" Running says that a process is there, READY whether it answers."
            }
            Kind::Evicted => {
                "\"The program has crashed.\" It was stopped from outside, and the events say for want of what."
            }
            Kind::Ending => "\"The delete did not work.\" It has been noted; what is missing is the end.",
        }
    }
}
