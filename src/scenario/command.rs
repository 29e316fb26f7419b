//! What people and controllers do: one list for the file's `[[action]]`s and for whoever acts while a run goes on.

use std::collections::BTreeMap;

use super::plan::ObjectKind;
use crate::api::spec::Resources;
use crate::api::{Effect, ProbeKind, Sym, Taint, Tri};
use crate::time::{Span, Time};

/// `pod/web`, `pod/web-*`: by name in every namespace unless one is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub name: String,
    /// The name ended in `*`, which is cut off here.
    pub prefix: bool,
    pub namespace: Option<String>,
}

/// A command, and when it is given.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    pub at: Time,
    pub command: Command,
    /// As the file says it, or as it was typed: `delete pod/web`.
    pub words: String,
}

/// Everything that can be done; the words for it, and what goes with each, stand in [`VERBS`](super::format::VERBS).
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    DeletePod {
        pod: Target,
        grace_secs: Option<i64>,
        force: bool,
    },
    DeleteNode {
        node: Target,
    },
    Evict {
        pod: Target,
        grace_secs: Option<i64>,
    },
    Cordon {
        node: Target,
    },
    Uncordon {
        node: Target,
    },
    Drain {
        node: Target,
    },
    Taint {
        node: Target,
        taints: Vec<Taint>,
    },
    Untaint {
        node: Target,
        taints: Vec<(Sym, Option<Effect>)>,
    },
    StopNode {
        node: Target,
    },
    StartNode {
        node: Target,
    },
    RestartKubelet {
        node: Target,
        takes: Span,
    },
    Shutdown {
        node: Target,
    },
    Pressure {
        node: Target,
        /// As the eviction manager names it: `memory`, `ephemeral-storage`, `pids`.
        resource: Sym,
        lasts: Option<Span>,
    },
    SetCondition {
        pod: Target,
        kind: Sym,
        status: Tri,
        reason: Sym,
        message: Sym,
    },
    Ungate {
        pod: Target,
        gate: Option<Sym>,
    },
    LabelNode {
        node: Target,
        labels: BTreeMap<String, Option<String>>,
    },
    LabelPod {
        pod: Target,
        labels: BTreeMap<String, Option<String>>,
    },
    /// It exists from now on, and has these keys too.
    Create {
        kind: ObjectKind,
        namespace: Option<Sym>,
        name: Sym,
        keys: Vec<String>,
    },
    Remove {
        kind: ObjectKind,
        namespace: Option<Sym>,
        name: Sym,
    },
    /// The PersistentVolume controller binds a claim.
    BindClaim {
        namespace: Option<Sym>,
        name: Sym,
    },
    SetImage {
        pod: Target,
        container: Sym,
        image: Sym,
    },
    /// Other requests and limits, through the subresource; what is not named stays.
    Resize {
        pod: Target,
        container: Sym,
        resources: Resources,
    },
    /// A merge patch.
    Patch {
        pod: Target,
        merge: serde_json::Value,
    },
    Debug {
        pod: Target,
        container: Sym,
        image: Sym,
    },
    Kill {
        pod: Target,
        container: Sym,
        signal: u8,
    },
    /// The sandbox's own process dies.
    KillSandbox {
        pod: Target,
    },
    /// From now on the process that runs answers a probe like this.
    SetProbe {
        pod: Target,
        container: Sym,
        probe: ProbeKind,
        ok: bool,
        /// None: `[latency] probe`.
        takes: Option<Span>,
        output: Sym,
    },
}
