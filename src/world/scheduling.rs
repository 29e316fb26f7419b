//! What kube-scheduler holds: its picture of the cluster and the pods that wait for a node.

use std::collections::{BTreeMap, BTreeSet};

use super::{NodeId, PodId};
use crate::api::Text;
use crate::rules::machinery::event_series::Series;
use crate::rules::scheduler::placement::{Cluster, NodeIx, PluginSet, RequestId};
use crate::time::Time;

/// The place of a pod among those that are tried next: priority (negated), then age in the queue.
pub type Turn = (i64, Time, u32);

#[derive(Clone, Debug)]
pub struct Scheduling {
    /// The scheduler's cache: nodes, the pods assumed or bound there, and nominations.
    pub cluster: Cluster,
    /// When the rounds of its queue began, before the scenario.
    pub started: Time,
    /// By template: what its pods ask for, once one of them was looked at.
    pub requests: Vec<Option<RequestId>>,
    /// `activeQ`
    pub active: BTreeMap<Turn, PodId>,
    /// `backoffQ`, in order of the back-offs' ends.
    pub backing_off: BTreeMap<(Time, u32), PodId>,
    /// Those that were refused and wait for something to happen.
    pub refused: Refused,
    /// Every pod without a node that is known to the queue.
    pub waiting: BTreeMap<PodId, Waiting>,
    /// Pods that are to be bound to a node once they have their volumes, with the instant from which on they are looked at.
    pub binding: BTreeMap<PodId, (NodeId, Time)>,
    /// The pod whose cycle is under way.
    pub trying: Option<PodId>,
    /// Counts the entries of the queue, and the cycles.
    pub turns: u32,
    pub cycles: u64,
}

/// Pods that were refused. Those that ask for the same and were refused by the same plugins stand together: an event helps all
/// of them or none, and so it is asked once.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    alike: BTreeMap<Alike, BTreeSet<PodId>>,
    /// Where each stands.
    of: BTreeMap<PodId, Alike>,
}

/// What pods that stand together have in common.
type Alike = (RequestId, PluginSet);

impl Refused {
    /// One more.
    pub fn insert(&mut self, pod: PodId, request: RequestId, by: PluginSet) {
        self.remove(pod);
        self.of.insert(pod, (request, by));
        self.alike.entry((request, by)).or_default().insert(pod);
    }
    /// It does not wait for something to happen any more.
    pub fn remove(&mut self, pod: PodId) {
        let Some(alike) = self.of.remove(&pod) else { return };
        if let Some(pods) = self.alike.get_mut(&alike) {
            pods.remove(&pod);
            if pods.is_empty() {
                self.alike.remove(&alike);
            }
        }
    }
    /// Whether it is one of them.
    pub fn contains(&self, pod: PodId) -> bool {
        self.of.contains_key(&pod)
    }
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = PodId> {
        self.of.keys().copied()
    }
    /// Those whom something helps, oldest first.
    pub fn helped(&self, helps: impl Fn(RequestId, PluginSet) -> bool) -> Vec<PodId> {
        let groups = self.alike.iter().filter(|((request, by), _)| helps(*request, *by));
        let mut pods: Vec<PodId> = groups.flat_map(|(_, pods)| pods.iter().copied()).collect();
        pods.sort_unstable();
        pods
    }
}

/// Where a waiting pod stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Active(Turn),
    BackingOff((Time, u32)),
    /// Refused: waits for something to happen. Gated pods stand here without being looked at.
    Unschedulable,
}

/// A pod without a node.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub request: RequestId,
    pub place: Place,
    /// Since when it has been in the queue, for its turn.
    pub since: Time,
    pub gated: bool,
    pub failures: u32,
    /// When the back-off of its last failure ends.
    pub back_off_until: Time,
    pub refused_by: PluginSet,
    /// Changes with each failure: timers of the one before bow out.
    pub generation: u32,
    pub nominated: Option<NodeIx>,
    /// How often its object was written: its `resourceVersion`, as far as the recorder cares.
    pub version: u32,
    /// FailedScheduling about each version of the object, as the scheduler's recorder keeps it.
    pub told: Vec<Told>,
}

/// An event of the scheduler that may become a series.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub version: u32,
    /// Of the first occurrence.
    pub note: Text,
    pub series: Option<Series>,
    pub event_object: u32,
}

impl Scheduling {
    pub fn new(gates: crate::rules::versions::gates::Gates, started: Time, templates: usize) -> Scheduling {
        Scheduling {
            cluster: Cluster::new(gates),
            started,
            requests: vec![None; templates],
            active: BTreeMap::new(),
            backing_off: BTreeMap::new(),
            refused: Refused::default(),
            waiting: BTreeMap::new(),
            binding: BTreeMap::new(),
            trying: None,
            turns: 0,
            cycles: 0,
        }
    }
}
