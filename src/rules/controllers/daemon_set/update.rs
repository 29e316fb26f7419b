//! How old pods give way to new ones.
//!
//! Without surge a pod is deleted, and the next sync makes its successor; with it the successor comes first. Which of equal
//! nodes are next is left to whoever asks: Kubernetes walks through a map, in an order that is new each time.
//!
//! Source: `rollingUpdate`, `findUpdatedPodsOnNode` in pkg/controller/daemon/update.go (v1.36.3).

use super::placement::Fit;
use super::{SeenPod, View};

/// What an update would do on a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Todo {
    /// Nothing.
    #[default]
    Nothing,
    /// This pod is deleted, whatever happens elsewhere.
    Delete(usize),
    /// This pod may be deleted: it is old and available.
    MayDelete(usize),
    /// A pod is made beside the old one, whatever happens elsewhere.
    Surge,
    /// A pod may be made beside the old one.
    MaySurge,
    /// This old pod, on a node that shall have none, may be deleted once there are enough others.
    MayLeave(usize),
    /// The node is gone, and the sync fails with that.
    Fails,
}

/// What an update sees on a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Its pod is missing, or does not count as available.
    pub is_unavailable: bool,
    /// It has a new pod beside the old one that is not available yet, or too many of them.
    pub is_surging: bool,
    /// A pod of it is available.
    pub is_available: bool,
    /// What it would do.
    pub todo: Todo,
}

/// The sums over all nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// See [`Standing::is_unavailable`].
    pub unavailable: i32,
    /// See [`Standing::is_surging`].
    pub surging: i32,
    /// See [`Standing::is_available`].
    pub available: i32,
}

impl Sums {
    /// A node stands so.
    pub fn add(&mut self, standing: Standing) {
        self.change(standing, 1);
    }
    /// It no longer does.
    pub fn remove(&mut self, standing: Standing) {
        self.change(standing, -1);
    }
    fn change(&mut self, standing: Standing, by: i32) {
        self.unavailable += by * i32::from(standing.is_unavailable);
        self.surging += by * i32::from(standing.is_surging);
        self.available += by * i32::from(standing.is_available);
    }
}

/// On how many nodes what may be done is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Room {
    /// See [`Todo::MayDelete`].
    pub deletes: usize,
    /// See [`Todo::MaySurge`].
    pub surges: usize,
    /// See [`Todo::MayLeave`].
    pub leaves: usize,
}

/// How much an update may do, where so many nodes shall have a pod.
pub fn room(view: &View<'_>, desired: i32, sums: &Sums) -> Room {
    let left = |most: i32, taken: i32| usize::try_from(most - taken).unwrap_or(0);
    match view.max_surge(desired) {
        0 => Room { deletes: left(view.max_unavailable(desired), sums.unavailable), ..Room::default() },
        most => Room { surges: left(most, sums.surging), leaves: left(sums.available, desired), deletes: 0 },
    }
}

/// What an update sees on a node whose pods these are; without a fit there is no such node. `surges`: [`View::max_surge`] of
/// what is desired is not 0.
pub fn standing(view: &View<'_>, surges: bool, fit: Option<Fit>, pods: &[SeenPod]) -> Standing {
    let should_run = fit.is_some_and(|fit| fit.should_run);
    if !should_run && !pods.iter().any(SeenPod::counts) {
        return Standing::default();
    }
    let living = || (0..pods.len()).filter(|at| pods[*at].counts() && !pods[*at].is_deleted);
    let mut new = living().filter(|at| pods[*at].is_updated);
    let mut old = living().filter(|at| !pods[*at].is_updated);
    let (first_new, first_old) = (new.next(), old.next());
    if new.next().is_some() || old.next().is_some() {
        // The next sync prunes them.
        return Standing { is_unavailable: !surges, is_surging: surges, ..Standing::default() };
    }
    let is_available = |at: usize| view.is_available(&pods[at]);
    if surges {
        surging(fit, first_new.map(|at| (at, is_available(at))), first_old.map(|at| (at, is_available(at))))
    } else {
        let (is_unavailable, todo) = match (first_new, first_old) {
            (None, Some(old)) if is_available(old) => (false, Todo::MayDelete(old)),
            (None, Some(old)) => (true, Todo::Delete(old)),
            (Some(new), None) => (!is_available(new), Todo::Nothing),
            _ => (true, Todo::Nothing),
        };
        Standing { is_unavailable, todo, ..Standing::default() }
    }
}

/// The same where the set surges, of a node with at most one new and one old pod, each with whether it is available.
fn surging(fit: Option<Fit>, new: Option<(usize, bool)>, old: Option<(usize, bool)>) -> Standing {
    let is_available = old.or(new).is_some_and(|(_, available)| available);
    let todo = match (new, old) {
        (_, None) => Todo::Nothing,
        (None, Some((at, available))) => match fit {
            None => Todo::Fails,
            Some(fit) if fit.should_run => {
                if available {
                    Todo::MaySurge
                } else {
                    Todo::Surge
                }
            }
            Some(_) => {
                if available {
                    Todo::MayLeave(at)
                } else {
                    Todo::Delete(at)
                }
            }
        },
        (Some((_, true)), Some((at, _))) => Todo::Delete(at),
        (Some((_, false)), Some(_)) => {
            return Standing { is_surging: true, is_available, ..Standing::default() };
        }
    };
    Standing { is_available, todo, ..Standing::default() }
}
