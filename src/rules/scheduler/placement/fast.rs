//! The same answer, sooner: scores of simple pods are kept from cycle to cycle and brought up to date node by node.
//!
//! A pod is simple if what a node is worth to it depends on that node alone: no pod affinity, spreading, host ports,
//! claims or wishes about nodes, and nobody who waits for a nominated node. Pods of one template then differ in nothing,
//! and placing one changes one node. [`super::cycle`] is the specification; a test holds the two against each other.

use super::cluster::{Cluster, NodeIx};
use super::cycle::{Candidate, Cycle, Outcome, States, feasible_to_find};
use super::request::{PodRequest, RequestId};
use super::{image_locality, node_resources};

/// The score of a node that has no room for the pod now.
const NO_ROOM: i16 = -1;
/// The score of a node that is not for this pod, whatever room it has.
const NEVER: i16 = -2;

/// Scores by request.
#[derive(Clone, Debug, Default)]
pub struct FastScores {
    tables: Vec<Table>,
    /// Nodes whose pods changed, oldest first.
    log: Vec<NodeIx>,
    /// How many entries of the log were dropped already.
    dropped: u64,
    /// Place in the order of nodes, by node.
    places: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Table {
    request: RequestId,
    /// By place in the order of nodes.
    scores: Vec<i16>,
    /// What does not change with the node's pods.
    fixed: Vec<i16>,
    /// How many nodes have room.
    feasible: usize,
    /// How far in the log this table is.
    seen: u64,
}

impl FastScores {
    /// Nodes changed in a way that may concern every score.
    pub fn forget(&mut self) {
        self.tables.clear();
        self.log.clear();
        self.places.clear();
        self.dropped = 0;
    }
    /// A pod came to a node or left it.
    pub fn touch(&mut self, node: NodeIx) {
        if !self.tables.is_empty() {
            self.log.push(node);
        }
    }
}

fn is_simple(cluster: &Cluster, pod: &PodRequest) -> bool {
    cluster.nominated.is_empty()
        && cluster.pods_with_affinity == 0
        && !cluster.soft_taints
        && !pod.has_pod_affinity()
        && pod.spread.is_empty()
        && pod.soft_spread.is_empty()
        && pod.ports.is_empty()
        && pod.claims.is_empty()
        && pod.preferred_nodes.is_empty()
        && pod.pinned.is_none()
}

/// A cycle for a simple pod that fits somewhere; None: the long way must be gone.
pub(super) fn schedule(
    cluster: &mut Cluster,
    candidate: Candidate,
    draw: &mut dyn FnMut(u64) -> u64,
) -> Option<Outcome> {
    if candidate.nominated.is_some() || !is_simple(cluster, cluster.request(candidate.request)) {
        return None;
    }
    let table = up_to_date(cluster, candidate);
    let nodes = cluster.order.len();
    let enough = feasible_to_find(nodes);
    let table_ref = &cluster.fast.tables[table];
    if table_ref.feasible == 0 {
        return None;
    }
    // The places that the search would look at, in its order: up to two stretches.
    let start = cluster.next_start;
    let (mut found, mut looked_at) = (table_ref.feasible, nodes);
    if enough < nodes && table_ref.feasible >= enough {
        if table_ref.feasible == nodes {
            (found, looked_at) = (enough, enough);
        } else {
            (found, looked_at) = (0, 0);
            while found < enough {
                found += usize::from(table_ref.scores[(start + looked_at) % nodes] >= 0);
                looked_at += 1;
            }
        }
    }
    let first = &table_ref.scores[start..(start + looked_at).min(nodes)];
    let second = &table_ref.scores[..(start + looked_at).saturating_sub(nodes)];
    let max = |scores: &[i16]| scores.iter().copied().max().unwrap_or(NEVER);
    let best = max(first).max(max(second));
    let ties =
        |scores: &[i16]| scores.iter().map(|score| u16::from(*score == best)).map(u64::from).sum::<u64>();
    let many = ties(first) + ties(second);
    let chosen = if many > 1 { draw(many) as usize } else { 0 };
    let at = first.iter().chain(second).enumerate().filter(|(_, score)| **score == best).nth(chosen);
    let place = (start + at.map_or(0, |(at, _)| at)) % nodes;
    cluster.next_start = (start + looked_at) % nodes;
    Some(Outcome::Scheduled { node: cluster.order[place], feasible: found as u32 })
}

/// The table of the pod's request, with what happened since it was used last.
fn up_to_date(cluster: &mut Cluster, candidate: Candidate) -> usize {
    let mut fast = std::mem::take(&mut cluster.fast);
    if fast.places.len() != cluster.nodes.len() {
        fast.places = vec![u32::MAX; cluster.nodes.len()];
        for (place, node) in cluster.order.iter().enumerate() {
            fast.places[*node as usize] = place as u32;
        }
    }
    // Whoever has fallen further behind than this is made anew, which costs no more.
    let room = 4 * cluster.nodes.len() + 1024;
    if fast.log.len() > room {
        fast.dropped += fast.log.len() as u64;
        let end = fast.dropped;
        fast.log.clear();
        fast.tables.retain(|table| table.seen == end);
    }
    let end = fast.dropped + fast.log.len() as u64;
    let at = fast.tables.iter().position(|table| table.request == candidate.request).unwrap_or_else(|| {
        fast.tables.push(new_table(cluster, candidate, end));
        fast.tables.len() - 1
    });
    let pod = cluster.request(candidate.request);
    let table = &mut fast.tables[at];
    let from = (table.seen - fast.dropped) as usize;
    for node in &fast.log[from..] {
        let place = fast.places.get(*node as usize).map_or(usize::MAX, |place| *place as usize);
        if place < table.scores.len() {
            let score = score_now(cluster, pod, *node, table.fixed[place]);
            let before = std::mem::replace(&mut table.scores[place], score);
            table.feasible += usize::from(score >= 0);
            table.feasible -= usize::from(before >= 0);
        }
    }
    table.seen = end;
    cluster.fast = fast;
    at
}

fn new_table(cluster: &Cluster, candidate: Candidate, seen: u64) -> Table {
    let pod = cluster.request(candidate.request);
    let cycle = Cycle { cluster, candidate, pod, states: States::default(), volumes: Vec::new() };
    let mut reasons = Vec::new();
    let fixed: Vec<i16> = cluster
        .in_order()
        .map(|(_, node)| {
            reasons.clear();
            match cycle.filters(node, &cycle.states, &mut reasons) {
                Err(rejection) if rejection.plugin != super::Plugin::NodeResourcesFit => NEVER,
                _ if super::node_declared_features::filter(pod, node, &mut reasons).is_err() => NEVER,
                _ => image_locality::score(pod, node, &cluster.images, cluster.len()) as i16,
            }
        })
        .collect();
    let scores: Vec<i16> = cluster
        .order
        .iter()
        .zip(&fixed)
        .map(|(node, fixed)| score_now(cluster, pod, *node, *fixed))
        .collect();
    let feasible = scores.iter().filter(|score| **score >= 0).count();
    Table { request: candidate.request, scores, fixed, feasible, seen }
}

fn score_now(cluster: &Cluster, pod: &PodRequest, node: NodeIx, fixed: i16) -> i16 {
    if fixed == NEVER {
        return NEVER;
    }
    let node = &cluster.nodes[node as usize];
    if !node_resources::fits(pod, node) {
        return NO_ROOM;
    }
    let balanced = if node_resources::judges_balance(pod, &cluster.gates) {
        node_resources::balanced(pod, node, &cluster.gates)
    } else {
        0
    };
    fixed + (node_resources::least_allocated(pod, node) + balanced) as i16
}
