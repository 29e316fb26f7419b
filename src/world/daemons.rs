//! What the controller of DaemonSets knows of each set: its informers' caches of nodes and pods, node by node and counted up as
//! news comes, so that a sync looks at no more nodes than have changed; and what it still expects to see of its own writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::workloads::{ControllerRevisionId, DaemonSetId};
use super::{NodeId, PodId};
use crate::api::Sym;
use crate::api::daemon_set::{DaemonSetStatus, DaemonSetStrategy};
use crate::api::workload::PodTemplateSpec;
use crate::rules::controllers::daemon_set::SeenPod;
use crate::rules::controllers::daemon_set::on_node::Failures;
use crate::rules::controllers::daemon_set::placement::{Fit, Placement};
use crate::rules::controllers::daemon_set::status::{Counts, Share};
use crate::rules::controllers::daemon_set::update::{Standing, Sums, Todo};
use crate::rules::machinery::slow_start::SlowStart;
use crate::time::{Span, Time};

/// After so long it no longer waits for what it has not seen (`ExpectationsTimeout`, pkg/controller/controller_utils.go).
const PATIENCE: Span = Span::from_secs(300);

/// A set's pods on a node, and how they stand.
#[derive(Clone, Debug, Default)]
pub struct Seat {
    /// Whether a pod belongs there; None: there is no such node.
    pub fit: Option<Fit>,
    /// Its pods, as the controller has last heard of them.
    pub pods: Vec<(PodId, SeenPod)>,
    /// As what it counts.
    share: Share,
    /// What an update sees there.
    standing: Standing,
    /// Pods that have failed there.
    pub failures: Option<Failures>,
}

impl Seat {
    /// What the rules see of its pods.
    pub fn seen(&self) -> Vec<SeenPod> {
        self.pods.iter().map(|(_, seen)| *seen).collect()
    }
    /// As what it counts.
    pub fn share(&self) -> Share {
        self.share
    }
    /// What an update would do there.
    pub fn todo(&self) -> Todo {
        self.standing.todo
    }
}

/// Nodes of which some are chosen: one is taken out, put in and found at once.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    nodes: Vec<NodeId>,
    places: BTreeMap<NodeId, usize>,
}

impl Pool {
    /// A node is among them from now on, or no more.
    fn set(&mut self, node: NodeId, is_in: bool) {
        match (self.places.get(&node).copied(), is_in) {
            (None, true) => {
                self.places.insert(node, self.nodes.len());
                self.nodes.push(node);
            }
            (Some(place), false) => {
                self.places.remove(&node);
                self.nodes.swap_remove(place);
                if let Some(moved) = self.nodes.get(place) {
                    self.places.insert(*moved, place);
                }
            }
            _ => {}
        }
    }
    /// All of them, in no order.
    pub fn all(&self) -> &[NodeId] {
        &self.nodes
    }
}

/// What the controller knows of one set.
#[derive(Clone, Debug, Default)]
pub struct Daemons {
    seats: BTreeMap<NodeId, Seat>,
    /// All nodes together.
    pub counts: Counts,
    /// The same, for an update.
    pub sums: Sums,
    /// Nodes on which something may have to be made or deleted.
    pub restless: BTreeSet<NodeId>,
    /// What an update does on any account: nodes with [`Todo::Delete`], [`Todo::Surge`] and [`Todo::Fails`].
    pub due: BTreeSet<NodeId>,
    /// Nodes with [`Todo::MayDelete`].
    pub may_delete: Pool,
    /// Nodes with [`Todo::MaySurge`].
    pub may_surge: Pool,
    /// Nodes with [`Todo::MayLeave`].
    pub may_leave: Pool,
    /// Nodes with a ready pod that does not count as available yet, with the instant from which it does.
    pub ripening: BTreeSet<(Time, NodeId)>,
    /// The template that the fits are of, and what it says of nodes.
    pub placement: Option<(Arc<PodTemplateSpec>, Placement)>,
    /// What the standings were reckoned with: hash and number of the template, `minReadySeconds`, strategy.
    pub reckoned: Option<(Sym, Sym, i32, DaemonSetStrategy)>,
    /// Whether the standings are those of a set that surges.
    pub surges: bool,
    /// Pods that it has made and not seen yet, and those that it has deleted and not seen go.
    expected: (i64, i64),
    /// From then on it does not wait for them any longer.
    expires: Option<Time>,
    /// There may be pods that it could adopt, or has to let go.
    pub looks_around: bool,
}

impl Daemons {
    /// Nodes of which it knows anything.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.seats.keys().copied().collect()
    }
    /// What it knows of a node.
    pub fn seat(&self, node: NodeId) -> Option<&Seat> {
        self.seats.get(&node)
    }
    /// What it knows of a node, to be changed; whoever does so says how it [stands](Daemons::stands) afterwards.
    pub fn seat_mut(&mut self, node: NodeId) -> &mut Seat {
        self.seats.entry(node).or_default()
    }
    /// A node counts as this and stands so from now on.
    pub fn stands(&mut self, node: NodeId, share: Share, standing: Standing) {
        let seat = self.seats.entry(node).or_default();
        self.counts.remove(std::mem::replace(&mut seat.share, share));
        self.counts.add(share);
        self.sums.remove(std::mem::replace(&mut seat.standing, standing));
        self.sums.add(standing);
        let todo = standing.todo;
        self.may_delete.set(node, matches!(todo, Todo::MayDelete(_)));
        self.may_surge.set(node, todo == Todo::MaySurge);
        self.may_leave.set(node, matches!(todo, Todo::MayLeave(_)));
        match todo {
            Todo::Delete(_) | Todo::Surge | Todo::Fails => self.due.insert(node),
            _ => self.due.remove(&node),
        };
    }
    /// Whether it has seen all that it did, or has waited for long enough (`SatisfiedExpectations`).
    pub fn is_up_to_date(&self, now: Time) -> bool {
        let (made, gone) = self.expected;
        (made <= 0 && gone <= 0) || self.expires.is_some_and(|at| at <= now)
    }
    /// It is about to make and delete so many pods (`SetExpectations`).
    pub fn expect(&mut self, made: usize, gone: usize, now: Time) {
        self.expected = (made as i64, gone as i64);
        self.expires = Some(now + PATIENCE);
    }
    /// So many that it was to make are there, or will not be (`CreationObserved`, `LowerExpectations`).
    pub fn seen_made(&mut self, count: usize) {
        self.expected.0 -= count as i64;
    }
    /// One that is being deleted was seen (`DeletionObserved`): whichever, and as often as it is.
    pub fn seen_going(&mut self) {
        self.expected.1 -= 1;
    }
}

/// How far a sync has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DaemonStage {
    /// Pods are adopted and let go.
    Claims,
    /// The revision of the present template is made or found, what is one too many is deleted.
    Revisions,
    /// Pods are made and deleted node by node.
    Manage,
    /// Old pods give way to new ones.
    Update,
    /// Old revisions are deleted.
    CleanUp,
    /// The status is written, and nothing is left to be done.
    Status,
}

/// A DaemonSet's sync after its look.
#[derive(Clone, Debug)]
pub struct DaemonScript {
    /// The set.
    pub set: DaemonSetId,
    /// How far it has come.
    pub stage: DaemonStage,
    /// The set's generation when it looked.
    pub generation: i64,
    /// The hash of the present template's revision.
    pub hash: Sym,
    /// It has seen all that it did before, so that it may do more.
    pub acts: bool,
    /// Nodes for which pods are still to be made, the next one last.
    pub makes: Vec<NodeId>,
    /// The batches in which that is done.
    pub batches: SlowStart,
    /// One of the present batch was refused.
    pub refused: bool,
    /// Pods that are to be deleted once those are made.
    pub deletes: Vec<PodId>,
}

/// What the controller of DaemonSets asks the API server for.
#[derive(Clone, Debug)]
pub enum DaemonRequest {
    /// POST of a pod for a node.
    Make(NodeId),
    /// DELETE of a pod.
    Delete(PodId),
    /// PATCH that makes the set a pod's controller.
    Adopt(PodId),
    /// PATCH that takes the set from a pod's owners.
    Release(PodId),
    /// PATCH that makes the set a revision's controller.
    AdoptRevision(ControllerRevisionId),
    /// POST of the revision of the present template.
    Revise,
    /// PUT that makes a revision the newest.
    Renumber(ControllerRevisionId, i64),
    /// PATCH that puts the label of the present revision on a pod.
    Relabel(PodId),
    /// DELETE of a revision.
    Forget(ControllerRevisionId),
    /// PUT of the set's status.
    SetStatus(Arc<DaemonSetStatus>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_takes_in_and_out_at_once() {
        let node = |number| NodeId::new(number);
        let mut pool = Pool::default();
        for number in 0..4 {
            pool.set(node(number), true);
        }
        pool.set(node(1), false);
        pool.set(node(1), false);
        pool.set(node(3), true);
        assert_eq!(pool.all(), [node(0), node(3), node(2)]);
        pool.set(node(3), false);
        assert_eq!(pool.all(), [node(0), node(2)]);
    }

    #[test]
    fn nodes_count_once_however_often_they_change() {
        let mut daemons = Daemons::default();
        let share = Share { desired: true, current: true, ..Share::default() };
        let unavailable = Standing { is_unavailable: true, todo: Todo::Delete(0), ..Standing::default() };
        daemons.stands(NodeId::new(0), share, unavailable);
        daemons.stands(NodeId::new(0), share, unavailable);
        assert_eq!((daemons.counts.current, daemons.sums.unavailable, daemons.due.len()), (1, 1, 1));
        daemons.stands(NodeId::new(0), Share::default(), Standing::default());
        assert_eq!((daemons.counts, daemons.sums), (Counts::default(), Sums::default()));
        assert!(daemons.due.is_empty());
    }

    #[test]
    fn it_waits_until_it_has_seen_what_it_did_or_long_enough() {
        let at = Time::from_secs;
        let mut daemons = Daemons::default();
        assert!(daemons.is_up_to_date(at(0)));
        daemons.expect(2, 1, at(0));
        daemons.seen_made(2);
        assert!(!daemons.is_up_to_date(at(1)));
        assert!(daemons.is_up_to_date(at(300)), "five minutes");
        daemons.seen_going();
        daemons.seen_going();
        assert!(daemons.is_up_to_date(at(1)), "one seen twice counts twice");
    }
}
