//! One recorded change, as a client that watches the API server would see it, at the instant it is written there.

use crate::api::{EventText, PodIdent, Sym, Text, Tri};
use crate::time::Time;

/// Index into [`Directory::pods`].
pub type PodRow = u32;
/// Index into [`Directory::nodes`].
pub type NodeRow = u32;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    pub time: Time,
    /// None on node rows.
    pub pod: Option<PodRow>,
    /// The node that the pod is bound to, or the node itself.
    pub node: Option<NodeRow>,
    pub change: Change,
    /// The step of the run (one queued event is one step) in which it was written; its cause is found by it.
    pub step: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// Empty: before the first, after the last.
    Phase {
        from: Sym,
        to: Sym,
    },
    Condition {
        kind: Sym,
        from: Option<Tri>,
        to: Option<Tri>,
        reason: Sym,
        message: Text,
    },
    /// `from` and `to`: waiting, running, terminated, or empty.
    Container {
        name: Sym,
        from: Sym,
        to: Sym,
        ready: bool,
        restarts: i32,
        reason: Sym,
        message: Text,
        exit_code: Option<i32>,
    },
    /// kubectl's STATUS column; READY and the restart count beside it.
    Status {
        from: Sym,
        to: Sym,
        ready: (u32, u32),
        restarts: i32,
    },
    Event(Event),
    /// A node's condition.
    Node {
        kind: Sym,
        from: Option<Tri>,
        to: Option<Tri>,
        reason: Sym,
        message: Sym,
    },
}

/// The event object that kubectl shows (`v1.Event`), as far as a timeline holds it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Event {
    /// The reporting component.
    pub component: Sym,
    pub warning: bool,
    pub reason: Sym,
    pub message: EventText,
    /// `spec.containers{app}` or empty.
    pub field_path: Sym,
    pub count: u32,
    /// Which event object of the run; a repeated event keeps its number and raises its count.
    pub object: u32,
}

/// The names behind a transition's numbers.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub pods: Vec<PodIdent>,
    pub nodes: Vec<Sym>,
    /// Wall-clock time of t = 0.
    pub start: Time,
}

/// One row of `pods.csv`: a pod's life in figures. Times are None where it did not happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PodRecord {
    pub node: Option<NodeRow>,
    pub qos_class: Sym,
    pub created: Option<Time>,
    pub scheduled: Option<Time>,
    pub initialized: Option<Time>,
    /// The first time that phase Running is shown.
    pub started: Option<Time>,
    /// The first time that the Ready condition is True.
    pub ready: Option<Time>,
    pub finished: Option<Time>,
    pub removed: Option<Time>,
    pub phase: Sym,
    pub status: Sym,
    pub reason: Sym,
    pub restarts: i32,
    pub exit_code: Option<i32>,
    /// Microseconds with Ready True.
    pub ready_micros: i64,
}
