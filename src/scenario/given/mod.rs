//! A given cluster: what kubectl printed of it, as one state at an instant.
//!
//! A scenario begins with nothing and says what comes; here something is there already, and nobody says how it came about.
//! [`read()`] takes what kubectl prints (an object, a List, several documents, `get all`, events among them, the stream of a watch
//! with or without the instants at which its lines came) and keeps the last version of each object. [`past`] says of a pod from
//! which instant on it can be played so that it stands as it is printed: objects tell whole seconds and last states, and a
//! kubelet remembers more than that.
//!
//! Of programs that nobody knows anything of [`priors`] says what is supposed.
//!
//! The present is the instant that somebody names, or that of the last line of a stream, or the newest that anything in the
//! input tells: an object cannot be older than what stands in it.

mod autoscalers;
mod doing;
mod drains;
mod families;
mod instants;
pub mod nodes;
pub mod past;
pub mod priors;
mod read;
mod set_up;
mod siblings;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::api::wire;
use crate::api::{OwnerReference, Sym};
use crate::rules::api_server::objects::ObjectType;
use crate::time::Time;

pub use read::read;
pub use set_up::{Player, Said, SetUp};

/// A cluster as it was printed.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The present.
    pub now: Time,
    /// In the order in which they came.
    pub pods: Vec<GivenPod>,
    /// Node objects, as printed.
    pub nodes: Vec<Value>,
    /// Nodes that a stream has seen go, and when.
    pub gone_nodes: BTreeMap<String, Time>,
    /// Workloads, Services and the like, as printed.
    pub objects: Vec<(ObjectType, Value)>,
    /// The newest version that a node tells of its kubelet: `1.36`.
    pub version: Option<String>,
    /// Kinds that nothing becomes of, with their number.
    pub left_out: BTreeMap<String, usize>,
    /// What is odd about the input without keeping it from being played.
    pub notes: Vec<String>,
}

/// A pod as it was printed.
#[derive(Clone, Debug)]
pub struct GivenPod {
    /// Its object.
    pub pod: Arc<wire::Pod>,
    /// `metadata.ownerReferences`
    pub owners: Arc<Vec<OwnerReference>>,
    /// By image: when an event told last that a pull of it had failed.
    pub failed_pulls: Vec<(Sym, Time)>,
}

impl GivenPod {
    /// `namespace/name`
    pub fn place(&self) -> String {
        format!("{}/{}", self.pod.meta.namespace, self.pod.meta.name)
    }
    /// The owner that manages it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owners.iter().find(|owner| owner.controller)
    }
}

/// What is known beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// The present, as somebody says it.
    pub now: Option<Time>,
    /// The wall clock, where the text comes from a cluster at this moment.
    pub clock: Option<Time>,
    /// What the seconds of a stream count from; None: it is found from the objects.
    pub start: Option<Time>,
}

/// Why a text is no cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// On which line, from 1; 0: of the text as a whole.
    pub line: usize,
    /// What is wrong.
    pub words: String,
    /// What may be done about it; empty: nothing comes to mind.
    pub hint: String,
}

impl Problem {
    pub(crate) fn new(words: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { line: 0, words: words.into(), hint: hint.into() }
    }
    fn at(self, line: usize) -> Problem {
        Problem { line, ..self }
    }
}
