//! What the controller of ReplicaSets knows of each set's pods: its informer's cache, counted up as news comes, so that a sync
//! need not look at every pod; and what it still expects to see of its own writes ([`Expectations`]).

use std::collections::{BTreeMap, BTreeSet};

use super::expectations::Expectations;
use super::{NodeId, PodId};
use crate::rules::controllers::replica_set::{Counts, Share};
use crate::time::Time;

/// A pod of a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Member {
    /// As what it counts.
    pub share: Share,
    /// Where it is among those that may go; a pod that is not active goes anyway.
    seat: Option<Seat>,
}

impl Member {
    /// Whether it is an active one that has got a node since.
    pub fn is_elsewhere(self, node: Option<NodeId>) -> bool {
        self.seat.is_some_and(|seat| seat.node != node)
    }
}

/// Where an active pod is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Its node, if it has one.
    pub node: Option<NodeId>,
    /// It runs there and is ready, and nothing sets it apart: who goes first of such pods, their nodes say.
    pub settled: bool,
}

/// Active pods on a node.
#[derive(Clone, Debug, Default)]
struct OnNode {
    active: u32,
    settled: Vec<PodId>,
}

/// The pods of one set.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// All of them.
    pub pods: BTreeMap<PodId, Member>,
    /// The active ones by node.
    on_node: BTreeMap<NodeId, OnNode>,
    /// Active ones that are not settled.
    pub unsettled: BTreeSet<PodId>,
    /// All of them together.
    pub counts: Counts,
    /// Ready pods that do not count as available yet, with the instant from which they do.
    pub ripening: BTreeSet<(Time, PodId)>,
    /// What it still expects to see of its own writes.
    pub expected: Expectations,
    /// There may be pods that it could adopt, or has to let go.
    pub looks_around: bool,
}

impl Members {
    /// A pod counts as this from now on, or no more.
    pub fn count(&mut self, pod: PodId, share: Option<Share>) {
        if !share.is_some_and(|share| share.active) {
            self.seat(pod, None);
        }
        let before = match share {
            Some(share) => {
                let member = self.pods.entry(pod).or_default();
                Some(std::mem::replace(&mut member.share, share))
            }
            None => self.pods.remove(&pod).map(|member| member.share),
        };
        // Of one that is new nothing is taken away.
        self.counts.remove(before.unwrap_or_default());
        self.counts.add(share.unwrap_or_default());
    }
    /// An active pod is here from now on; None: it is active no more.
    pub fn seat(&mut self, pod: PodId, seat: Option<Seat>) {
        let Some(member) = self.pods.get_mut(&pod) else { return };
        let before = std::mem::replace(&mut member.seat, seat);
        if before == seat {
            return;
        }
        if let Some(Seat { node, settled }) = before {
            if let Some(on_node) = node.and_then(|node| self.on_node.get_mut(&node)) {
                on_node.active -= 1;
                on_node.settled.retain(|other| !settled || *other != pod);
            }
            self.unsettled.remove(&pod);
        }
        let Some(Seat { node, settled }) = seat else { return };
        if let Some(node) = node {
            let on_node = self.on_node.entry(node).or_default();
            on_node.active += 1;
            on_node.settled.extend(settled.then_some(pod));
        }
        if !settled {
            self.unsettled.insert(pod);
        }
    }
    /// How many active pods are on a node.
    pub fn active_on(&self, node: NodeId) -> u32 {
        self.on_node.get(&node).map_or(0, |on_node| on_node.active)
    }
    /// Nodes with settled pods, and those.
    pub fn settled(&self) -> impl Iterator<Item = (NodeId, &[PodId])> {
        let all = self.on_node.iter().map(|(node, on_node)| (*node, &on_node.settled[..]));
        all.filter(|(_, settled)| !settled.is_empty())
    }
}
