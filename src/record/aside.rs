//! What a picture of a run shows beside its rows: what was done from outside and answered, whether nodes are there and take
//! pods, which containers come before the others. A client could ask the API server for all of it, but a timeline has no row
//! for it; so it is told apart from the rows, is no part of the digest, and is gathered only where somebody wants it.

use super::{NodeRow, PodRow};
use crate::api::Sym;
use crate::time::Time;

/// Something beside the rows, at its instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// When it was so.
    pub time: Time,
    /// What was so.
    pub what: Fact,
}

/// What is told beside the rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// A container of a pod that starts before its others.
    Init {
        /// Of which pod.
        pod: PodRow,
        /// The container's name.
        name: Sym,
        /// It is restarted always (`restartPolicy: Always`), and so runs beside the others.
        is_sidecar: bool,
    },
    /// How a node stands from here on.
    Node {
        /// Which.
        node: NodeRow,
        /// Whether the API has it.
        exists: bool,
        /// `spec.unschedulable`: it is cordoned.
        unschedulable: bool,
    },
    /// Somebody gives a command: the scenario's actions, and whoever acts.
    Given {
        /// Its number.
        command: u32,
        /// As it was written or typed.
        words: String,
    },
    /// A line that a command is answered with, then or later.
    Answered {
        /// The command's number.
        command: u32,
        /// In kubectl's words.
        line: String,
        /// It says that something was not done.
        refused: bool,
    },
}
