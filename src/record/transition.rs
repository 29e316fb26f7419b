//! One recorded change, as a client that watches the API server would see it, at the instant it is written there.

use std::sync::Arc;

use super::Roll;
use crate::api::workload::WorkloadState;
use crate::api::{EventText, EventType, PodIdent, Sym, Text, Tri};
use crate::time::Time;

/// Index into [`Directory::pods`].
pub type PodRow = u32;
/// Index into [`Directory::nodes`].
pub type NodeRow = u32;
/// Index into [`Directory::objects`].
pub type ObjectRow = u32;

/// One recorded change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The instant at which the API server has it.
    pub time: Time,
    /// None on node rows.
    pub pod: Option<PodRow>,
    /// The node that the pod is bound to, or the node itself.
    pub node: Option<NodeRow>,
    /// The change itself.
    pub change: Change,
    /// The step of the run (one queued event is one step) in which it was written; its cause is found by it.
    pub step: u64,
}

/// What changed, from what to what. Texts that are empty or None: not there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// Empty: before the first, after the last.
    Phase {
        /// The phase before.
        from: Sym,
        /// The phase after.
        to: Sym,
    },
    /// A condition got another status, reason or message.
    Condition {
        /// Its type.
        kind: Sym,
        /// None: it was not there.
        from: Option<Tri>,
        /// None: it is gone.
        to: Option<Tri>,
        /// Afterwards.
        reason: Sym,
        /// Afterwards.
        message: Text,
    },
    /// `from` and `to`: waiting, running, terminated, or empty.
    Container {
        /// The container's name.
        name: Sym,
        /// Its state before.
        from: Sym,
        /// Its state after.
        to: Sym,
        /// Whether it counts as ready afterwards.
        ready: bool,
        /// How often it was restarted.
        restarts: i32,
        /// Of the state after.
        reason: Sym,
        /// Of the state after.
        message: Text,
        /// Of a container that terminated.
        exit_code: Option<i32>,
    },
    /// kubectl's STATUS column; READY and the restart count beside it.
    Status {
        /// STATUS before; empty at first.
        from: Sym,
        /// STATUS after; empty once the pod is gone.
        to: Sym,
        /// So many containers of so many.
        ready: (u32, u32),
        /// Of all containers together.
        restarts: i32,
    },
    /// An event about the pod was told, or told again.
    Event(Event),
    /// A pod has got another controller, or none.
    Owner {
        /// None: it had none.
        from: Option<ObjectRow>,
        /// None: it has none any more.
        to: Option<ObjectRow>,
    },
    /// Something of an object that is neither a pod nor a node.
    Object {
        /// Which.
        object: ObjectRow,
        /// What of it.
        what: ObjectChange,
    },
    /// A node's condition.
    Node {
        /// Its type.
        kind: Sym,
        /// None: it was not there.
        from: Option<Tri>,
        /// None: it is gone.
        to: Option<Tri>,
        /// Afterwards.
        reason: Sym,
        /// Afterwards.
        message: Sym,
    },
}

/// How many of a workload's pods are ready (of a Job: have succeeded), as kubectl's column has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ready {
    /// There is no such column.
    Nothing,
    /// So many.
    Number(i32),
    /// `2/3`
    Of(i32, i32),
    /// `2/1 of 3`: one is enough, and so many may try.
    OneOf(i32, i32),
}

impl std::fmt::Display for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ready::Nothing => Ok(()),
            Ready::Number(ready) => write!(f, "{ready}"),
            Ready::Of(ready, of) => write!(f, "{ready}/{of}"),
            Ready::OneOf(ready, of) => write!(f, "{ready}/1 of {of}"),
        }
    }
}

/// What changed of an object that is neither a pod nor a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectChange {
    /// What a workload is doing, or what kubectl shows of how many are ready.
    Workload {
        /// None: before its life.
        from: Option<WorkloadState>,
        /// None: after its life.
        to: Option<WorkloadState>,
        /// How many of its pods are ready.
        ready: Ready,
    },
    /// A condition got another status, reason or message.
    Condition {
        /// Its type.
        kind: Sym,
        /// None: it was not there.
        from: Option<Tri>,
        /// None: it is gone.
        to: Option<Tri>,
        /// Afterwards.
        reason: Sym,
        /// Afterwards.
        message: Sym,
    },
    /// An event about the object was told, or told again.
    Event(Event),
    /// The endpoints of a Service, counted over its slices.
    Endpoints {
        /// Ready ones before; None: it had no slices.
        from: Option<u32>,
        /// Ready ones after; None: its slices are gone.
        to: Option<u32>,
        /// Those that answer.
        serving: u32,
        /// Those that are being deleted.
        terminating: u32,
    },
}

/// The names of an object that is neither a pod nor a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObjectIdent {
    /// In lower case: `deployment`.
    pub kind: Sym,
    /// Its namespace.
    pub namespace: Sym,
    /// Its name.
    pub name: Sym,
}

/// The event object that kubectl shows (`v1.Event`), as far as a timeline holds it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Event {
    /// The reporting component.
    pub component: Sym,
    /// Normal or Warning.
    pub kind: EventType,
    /// Its reason: `BackOff`.
    pub reason: Sym,
    /// What it says; spelled out with the pod's names.
    pub message: EventText,
    /// `spec.containers{app}` or empty.
    pub field_path: Sym,
    /// How often it has been seen, this time included.
    pub count: u32,
    /// Which event object of the run; a repeated event keeps its number and raises its count.
    pub object: u32,
}

/// The names behind a transition's numbers.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// By [`PodRow`].
    pub pods: Roll<PodIdent>,
    /// By [`PodRow`]: the topmost controller that a pod was created by.
    pub owners: Roll<Option<ObjectRow>>,
    /// By [`NodeRow`].
    pub nodes: Vec<Sym>,
    /// By [`ObjectRow`].
    pub objects: Vec<ObjectIdent>,
    /// Wall-clock time of t = 0.
    pub start: Time,
    /// What the scenario is called.
    pub scenario: Arc<str>,
    /// What it says that it shows.
    pub description: Arc<str>,
}

/// One row of `pods.csv`: a pod's life in figures. Times are None where it did not happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PodRecord {
    /// Where it ran last; None: it was never bound.
    pub node: Option<NodeRow>,
    /// `status.qosClass`.
    pub qos_class: Sym,
    /// When the API server stored it.
    pub created: Option<Time>,
    /// When it was bound.
    pub scheduled: Option<Time>,
    /// When its Initialized condition turned True.
    pub initialized: Option<Time>,
    /// The first time that phase Running is shown.
    pub started: Option<Time>,
    /// The first time that the Ready condition is True.
    pub ready: Option<Time>,
    /// When it came to Succeeded or Failed.
    pub finished: Option<Time>,
    /// When it left the API.
    pub removed: Option<Time>,
    /// As it stood at the end.
    pub phase: Sym,
    /// kubectl's STATUS at the end.
    pub status: Sym,
    /// `status.reason` at the end.
    pub reason: Sym,
    /// Of all containers together.
    pub restarts: i32,
    /// Of a container that has ended, one that failed before all others.
    pub exit_code: Option<i32>,
    /// Microseconds with Ready True.
    pub ready_micros: i64,
}
