//! StatefulSets: which writes one look at a StatefulSet leads to, in their order.
//!
//! [`sync`] plays `updateStatefulSet` to its end as though every write went well. Writes about one pod follow one another
//! ([`Chain`]); with `Parallel` the chains of several pods go side by side, in batches of slow start. Whoever carries them
//! out lets a chain end with its first refused call, and the sync with the batch in which that was; the status is written
//! all the same, and old revisions are deleted.
//!
//! The surprises: a pod is made anew only when the old one has left the API, so that one that hangs on a lost node is
//! never replaced; with `OrderedReady` the first pod that is not ready keeps all others from being made, updated or
//! deleted, a broken revision too, and the old template does not heal it; `Parallel` does not hold for updates.
//!
//! Left out: the random order in which a pod's claims are made, and that after a refused claim the others are still tried.
//!
//! Source: pkg/controller/statefulset/stateful_set_control.go, stateful_pod_control.go, 1.36.3.

mod claims;
pub mod identity;
mod replicas;
mod revisions;
mod status;
mod update;
pub mod words;

use crate::api::controller_revision::ControllerRevision;
use crate::api::stateful_set::{PodManagement, StatefulSet, StatefulSetStatus};
use crate::api::text::Uid;
use crate::api::{OwnerReference, Phase, Sym};
use crate::rules::versions::gates::Gates;
use crate::time::Time;

pub use status::{look_again, look_again_at_ready};

/// What a sync sees.
pub struct Input<'a> {
    /// The set.
    pub set: &'a StatefulSet,
    /// Its pods.
    pub pods: &'a [SeenPod],
    /// Its revisions.
    pub revisions: &'a [&'a ControllerRevision],
    /// A claim of its namespace, by name.
    pub claim: &'a dyn Fn(&str) -> Option<SeenClaim<'a>>,
    /// Any revision of its namespace, by name: asked where one is made.
    pub taken: &'a dyn Fn(&str) -> Option<&'a ControllerRevision>,
    /// When.
    pub now: Time,
    /// What the version does.
    pub gates: &'a Gates,
}

/// A pod of the set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenPod {
    /// Its name.
    pub name: Sym,
    /// Its uid.
    pub uid: Uid,
    /// Its number ([`identity::ordinal`]).
    pub ordinal: i32,
    /// `status.phase`
    pub phase: Phase,
    /// It has a deletionTimestamp.
    pub is_deleted: bool,
    /// Since when its condition Ready is True, whole seconds; None: it is not.
    pub ready: Option<Time>,
    /// The revision that its label names.
    pub revision: Sym,
    /// Its labels and volumes are those of its number ([`identity::is_kept`]).
    pub keeps_identity: bool,
}

/// A claim.
#[derive(Clone, Copy, Debug)]
pub struct SeenClaim<'a> {
    /// Its owners.
    pub owners: &'a [OwnerReference],
    /// It has a deletionTimestamp.
    pub is_deleted: bool,
}

/// What a sync does.
#[derive(Clone, PartialEq, Debug)]
pub struct Sync {
    /// The newest revision, where that is not there yet or not the newest: it is written first, and if it cannot be,
    /// nothing else is done.
    pub revision: Option<RevisionCall>,
    /// Which revisions the set then has: current and newest, as pods name them.
    pub current: Sym,
    /// See `current`.
    pub newest: Sym,
    /// One after the other.
    pub batches: Vec<Vec<Chain>>,
    /// The status, if all goes well.
    pub status: StatefulSetStatus,
    /// The status, if something is refused.
    pub status_if_refused: StatefulSetStatus,
    /// Old revisions that are deleted in the end, one after the other.
    pub forgotten: Vec<Sym>,
    /// When the first of its ready pods becomes available.
    pub next_available: Option<Time>,
}

/// The write of a revision.
#[derive(Clone, PartialEq, Debug)]
pub enum RevisionCall {
    /// POST.
    Create(Box<ControllerRevision>),
    /// PUT: it gets this number.
    Renumber(Sym, i64),
}

/// Calls about one pod, in order.
pub type Chain = Vec<Call>;

/// A write, or what is known to be refused.
#[derive(Clone, PartialEq, Debug)]
pub enum Call {
    /// POST of a claim of this number, by its place among the templates.
    CreateClaim(i32, usize),
    /// PUT of a claim's owners.
    OwnClaim(Sym, Vec<OwnerReference>),
    /// POST of the pod of this number, of this revision.
    CreatePod(i32, Sym),
    /// PUT of a pod: its labels become those of its number.
    UpdatePod(Sym),
    /// DELETE of a pod.
    DeletePod(Sym),
    /// The claims of a pod cannot be had: the error, and whether it is told as that of the pod of this number.
    Fail(String, Option<i32>),
}

/// One look at a StatefulSet (`UpdateStatefulSet`).
pub fn sync<'a>(input: &'a Input<'a>) -> Sync {
    let history = revisions::find(input);
    let mut plan = Plan {
        input,
        is_monotonic: input.set.spec.pod_management == PodManagement::OrderedReady,
        current: history.current,
        newest: history.newest,
        batches: Vec::new(),
        has_failed: false,
    };
    let before = status::count(&plan, history.collisions);
    let deleted_for_update = plan.play();
    let mut after = before.clone();
    after.current_replicas -= deleted_for_update;
    let forgotten = revisions::forgotten(input, &history);
    Sync {
        current: history.current,
        newest: history.newest,
        revision: history.call,
        batches: plan.batches,
        status: status::complete(input.set, after),
        status_if_refused: status::complete(input.set, before),
        forgotten,
        next_available: status::next_available(input),
    }
}

/// Whether a status is worth a write (`inconsistentStatus`).
pub fn is_news(before: &StatefulSetStatus, after: &StatefulSetStatus) -> bool {
    let numbers = |status: &StatefulSetStatus| {
        (
            (status.replicas, status.ready_replicas, status.available_replicas),
            (status.current_replicas, status.updated_replicas),
            (status.current_revision, status.update_revision),
        )
    };
    after.observed_generation > before.observed_generation || numbers(before) != numbers(after)
}

/// A sync on its way.
struct Plan<'a> {
    input: &'a Input<'a>,
    is_monotonic: bool,
    current: Sym,
    newest: Sym,
    batches: Vec<Vec<Chain>>,
    /// A call is known to be refused: nothing follows.
    has_failed: bool,
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("set", self.set).field("pods", &self.pods).finish_non_exhaustive()
    }
}
