//! The same answer, sooner: scores of simple pods are kept from cycle to cycle and brought up to date node by node.
//!
//! A pod is simple if what a node is worth to it depends on that node alone: no pod affinity (but for pods that are not to be
//! on one host), soft spreading, host ports, claims or wishes about nodes, and nobody who waits for a nominated node. Pods that ask for the same then differ in
//! nothing, and placing one changes one node. Pods of a workload, which the scheduler's defaults spread, are simple too
//! where there are no zones: how many of their kind are on each node is counted as they come and go, and what that is
//! worth beside the other nodes is worked out for each such number. Of pods that ask to be spread (`DoNotSchedule`) those that count
//! are tallied by domain in the same way. Why such a pod fits nowhere is kept as long as nothing changes on
//! any node, for all that ask for the same. [`super::cycle`] is the specification; a test holds
//! the two against each other.

use std::sync::Arc;

use super::cluster::{Cluster, NodeInfo, NodeIx};
use super::cycle::{Candidate, Cycle, Outcome, Unschedulable, feasible_to_find};
use super::inter_pod_affinity::stands_apart;
use super::pod_topology_spread::Tally;
use super::preemption::PostFilter;
use super::request::{PodRequest, RequestId};
use super::score::POD_TOPOLOGY_SPREAD;
use super::{image_locality, node_resources, pod_topology_spread};
use crate::api::Sym;

/// The score of a node that has no room for the pod now.
const NO_ROOM: i16 = -1;
/// The score of a node that is not for this pod, whatever room it has.
const NEVER: i16 = -2;
/// So many tables are kept where they depend on whose the pods are.
const MOST_TABLES: usize = 512;

/// What is kept from cycle to cycle.
#[derive(Clone, Debug, Default)]
pub struct FastScores {
    tables: Vec<Table>,
    /// By request: what serves it.
    kept: Vec<Kept>,
    /// Requests whose crowds or tallies are counted.
    crowded: Vec<RequestId>,
    /// How often a tally changed.
    tallied: u64,
    /// Nodes whose pods changed, oldest first.
    log: Vec<NodeIx>,
    /// How many entries of the log were dropped already.
    dropped: u64,
    /// Place in the order of nodes, by node.
    places: Vec<u32>,
    /// Room to work in: scores in the order of the search, and what a crowd is worth.
    totals: Vec<i16>,
    worth: Vec<i16>,
}

/// What is kept for one request.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// Its table.
    table: Option<usize>,
    /// Where it is spread by the scheduler's defaults: by place in the order of nodes, 0 where the node does not say which
    /// host it is, else one more than pods of its kind are there.
    crowds: Option<Vec<u32>>,
    /// Where it asks to be spread: what is counted for each of its constraints.
    tallies: Option<Vec<Tally>>,
    /// Where pods of this one are counted.
    among: Vec<Counted>,
}

/// Where pods of a request are counted: in the crowds of another one, or in one of its tallies.
#[derive(Clone, Copy, Debug)]
enum Counted {
    Crowd(RequestId),
    Tally(RequestId, usize),
}

/// Scores of all requests that differ in nothing that a node is judged by.
#[derive(Clone, Debug)]
struct Table {
    /// Such a request.
    asked: PodRequest,
    /// By place in the order of nodes.
    scores: Vec<i16>,
    /// What does not change with the node's pods.
    fixed: Vec<i16>,
    /// How many nodes have room.
    feasible: usize,
    /// How far in the log this table is.
    seen: u64,
    /// Why no node takes such a pod, and how the log and the tallies stood then.
    refusal: Option<((u64, u64), Box<Unschedulable>)>,
}

impl FastScores {
    /// What a refusal of such pods depends on: how far the log was read, and the tallies where there are constraints (a pod that is
    /// being deleted takes its room, but does not count).
    fn stand(&self, table: &Table) -> (u64, u64) {
        (table.seen, if table.asked.spread.is_empty() { 0 } else { self.tallied })
    }
    /// Nodes changed in a way that may concern every score.
    pub fn forget(&mut self) {
        self.tables.clear();
        self.kept.clear();
        self.crowded.clear();
        self.log.clear();
        self.places.clear();
        self.dropped = 0;
    }
    /// Pods of requests that are new belong to what is counted already.
    fn meet(&mut self, requests: &[Arc<PodRequest>]) {
        let known = self.kept.len();
        self.kept.resize_with(requests.len(), Kept::default);
        for (kept, other) in self.kept.iter_mut().zip(requests).skip(known) {
            for one in &self.crowded {
                kept.among.extend(counted(*one, &requests[one.0 as usize], other));
            }
        }
    }
    /// A request is new: its pods may come without having asked here for a node.
    pub fn request_added(&mut self, requests: &[Arc<PodRequest>]) {
        if !self.crowded.is_empty() {
            self.meet(requests);
        }
    }
    /// A pod came to a node or left it; `alive`: and so many came that are not being deleted.
    pub fn touch(&mut self, node: NodeIx, request: RequestId, alive: i8) {
        if !self.tables.is_empty() {
            self.log.push(node);
            self.count(node, request, alive);
        }
    }
    /// So many more pods on a node are not being deleted.
    pub fn count(&mut self, node: NodeIx, request: RequestId, alive: i8) {
        let Some(kept) = self.kept.get_mut(request.0 as usize).filter(|kept| !kept.among.is_empty()) else {
            return;
        };
        let among = std::mem::take(&mut kept.among);
        let place = self.places.get(node as usize).map_or(usize::MAX, |place| *place as usize);
        for counted in &among {
            match *counted {
                Counted::Crowd(of) => {
                    let crowds = self.kept[of.0 as usize].crowds.as_mut();
                    let crowd = crowds.and_then(|crowds| crowds.get_mut(place));
                    if let Some(crowd) = crowd.filter(|crowd| **crowd > 0) {
                        *crowd = crowd.saturating_add_signed(alive.into());
                    }
                }
                Counted::Tally(of, constraint) => {
                    let tallies = self.kept[of.0 as usize].tallies.as_mut();
                    if let Some(tally) = tallies.and_then(|tallies| tallies.get_mut(constraint)) {
                        tally.count(place, alive.into());
                        self.tallied += 1;
                    }
                }
            }
        }
        self.kept[request.0 as usize].among = among;
    }
}

fn is_simple(cluster: &Cluster, pod: &PodRequest) -> bool {
    cluster.nominated.is_empty()
        && (cluster.pods_with_affinity == 0 && !pod.has_pod_affinity() || cluster.is_apart_by_host(pod))
        && !cluster.soft_taints
        && (pod.soft_spread.is_empty() || pod.spread.is_empty() && pod.default_spread && !cluster.zones)
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
    if cluster.request(candidate.request).has_pod_affinity() {
        cluster.begin_apart();
    }
    if candidate.nominated.is_some() || !is_simple(cluster, cluster.request(candidate.request)) {
        return None;
    }
    let table = up_to_date(cluster, candidate);
    let nodes = cluster.order.len();
    if cluster.fast.tables[table].feasible == 0 {
        return known_refusal(cluster, table);
    }
    let start = cluster.next_start;
    let (mut totals, mut worth) =
        (std::mem::take(&mut cluster.fast.totals), std::mem::take(&mut cluster.fast.worth));
    let table_ref = &cluster.fast.tables[table];
    let kept = &cluster.fast.kept[candidate.request.0 as usize];
    totals.clear();
    let (found, looked_at) = match &kept.tallies {
        None => stretch(table_ref, start),
        Some(tallies) => among_domains(table_ref, tallies, start, &mut totals),
    };
    // The places that the search would look at, in its order: up to two stretches.
    let stretches = (start..(start + looked_at).min(nodes), 0..(start + looked_at).saturating_sub(nodes));
    let (first, second) = match &kept.crowds {
        None if kept.tallies.is_some() => (&totals[..], &[][..]),
        None => (&table_ref.scores[stretches.0], &table_ref.scores[stretches.1]),
        Some(crowds) => {
            let host = pod_topology_spread::Host::new(cluster.request(candidate.request), found);
            let both = [stretches.0, stretches.1];
            let places = || {
                both.iter().flat_map(|stretch| {
                    table_ref.scores[stretch.clone()]
                        .iter()
                        .copied()
                        .zip(crowds[stretch.clone()].iter().copied())
                })
            };
            spread(places, &host, &mut totals, &mut worth);
            (&totals[..], &[][..])
        }
    };
    let place = (found > 0).then(|| (start + best(first, second, draw)) % nodes);
    (cluster.fast.totals, cluster.fast.worth) = (totals, worth);
    let Some(place) = place else { return known_refusal(cluster, table) };
    cluster.next_start = (start + looked_at) % nodes;
    Some(Outcome::Scheduled { node: cluster.order[place], feasible: found as u32 })
}

/// Why such a pod was refused when it was tried last, if nothing has changed since.
fn known_refusal(cluster: &Cluster, table: usize) -> Option<Outcome> {
    let table = &cluster.fast.tables[table];
    let known = table.refusal.as_ref().filter(|(at, _)| *at == cluster.fast.stand(table));
    known.map(|(_, why)| Outcome::Unschedulable(why.clone()))
}

/// How many nodes the search finds, and how many it looks at for that: all, or those up to the one that is enough.
fn stretch(table: &Table, start: usize) -> (usize, usize) {
    let nodes = table.scores.len();
    let enough = feasible_to_find(nodes);
    if enough >= nodes || table.feasible < enough {
        return (table.feasible, nodes);
    }
    if table.feasible == nodes {
        return (enough, enough);
    }
    let (mut found, mut looked_at) = (0, 0);
    while found < enough {
        found += usize::from(table.scores[(start + looked_at) % nodes] >= 0);
        looked_at += 1;
    }
    (found, looked_at)
}

/// The same where domains decide too; `totals` are the scores of the places looked at.
fn among_domains(table: &Table, tallies: &[Tally], start: usize, totals: &mut Vec<i16>) -> (usize, usize) {
    let nodes = table.scores.len();
    let enough = feasible_to_find(nodes);
    let bounds: Vec<i64> = tallies.iter().map(Tally::most).collect();
    let mut found = 0;
    for place in (start..nodes).chain(0..start) {
        let score = table.scores[place];
        let takes = score >= 0 && tallies.iter().zip(&bounds).all(|(tally, most)| tally.takes(place, *most));
        totals.push(if takes { score } else { NO_ROOM });
        found += usize::from(takes);
        if found == enough {
            break;
        }
    }
    (found, totals.len())
}

/// Which of the places in their order has the highest score, one of them by lot.
fn best(first: &[i16], second: &[i16], draw: &mut dyn FnMut(u64) -> u64) -> usize {
    let max = |scores: &[i16]| scores.iter().copied().max().unwrap_or(NEVER);
    let best = max(first).max(max(second));
    let ties =
        |scores: &[i16]| scores.iter().map(|score| u16::from(*score == best)).map(u64::from).sum::<u64>();
    let many = ties(first) + ties(second);
    let chosen = if many > 1 { draw(many) as usize } else { 0 };
    let at = first.iter().chain(second).enumerate().filter(|(_, score)| **score == best).nth(chosen);
    at.map_or(0, |(at, _)| at)
}

/// A simple pod fits nowhere: until something changes on a node, its likes need not ask. Where room could be made, or others wait
/// for room, it depends on more than that.
pub(super) fn remember(cluster: &mut Cluster, candidate: Candidate, why: &Unschedulable) {
    let settled = matches!(why.post_filter, PostFilter::NoCandidates { .. } | PostFilter::NotEligible { .. });
    if !settled || candidate.nominated.is_some() || !is_simple(cluster, cluster.request(candidate.request)) {
        return;
    }
    let kept = cluster.fast.kept.get(candidate.request.0 as usize);
    let Some(table) = kept.and_then(|kept| kept.table) else { return };
    let stand = cluster.fast.stand(&cluster.fast.tables[table]);
    cluster.fast.tables[table].refusal = Some((stand, Box::new(why.clone())));
}

/// Adds to the scores of nodes what their crowds are worth beside each other.
fn spread<P: Iterator<Item = (i16, u32)>>(
    places: impl Fn() -> P,
    host: &pod_topology_spread::Host,
    totals: &mut Vec<i16>,
    worth: &mut Vec<i16>,
) {
    let (mut least, mut most) = (u32::MAX, 0);
    for (_, crowd) in places().filter(|(score, _)| *score >= 0) {
        (least, most) = (least.min(crowd), most.max(crowd));
    }
    let raw = |crowd: u32| crowd.checked_sub(1).map_or(0, |count| host.score(count.into()));
    let (min, max) = (raw(least), raw(most));
    // There are few sizes of crowds, so each is worked out once.
    const UNKNOWN: i16 = -1;
    worth.clear();
    worth.resize((most - least) as usize + 1, UNKNOWN);
    totals.extend(places().map(|(score, crowd)| {
        if score < 0 {
            return score;
        }
        let worth = &mut worth[(crowd - least) as usize];
        if *worth == UNKNOWN {
            *worth = (POD_TOPOLOGY_SPREAD * pod_topology_spread::normal(raw(crowd), min, max)) as i16;
        }
        score + *worth
    }));
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
    // By whom a pod is for there may be as many tables as pods, each as long as the nodes are many.
    let crowded = cluster.apart && fast.tables.len() >= MOST_TABLES;
    if fast.log.len() > room || crowded {
        fast.dropped += fast.log.len() as u64;
        fast.log.clear();
        fast.tables.clear();
        fast.kept.iter_mut().for_each(|kept| kept.table = None);
    }
    let end = fast.dropped + fast.log.len() as u64;
    let at = keep(&mut fast, cluster, candidate, end);
    let table = &mut fast.tables[at];
    let from = (table.seen - fast.dropped) as usize;
    cluster.looks += (fast.log.len() - from) as u64;
    let pod = cluster.request(candidate.request);
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

/// The table that serves a request; a new one needs one, and its crowds counted.
fn keep(fast: &mut FastScores, cluster: &Cluster, candidate: Candidate, seen: u64) -> usize {
    let of = candidate.request.0 as usize;
    if let Some(table) = fast.kept.get(of).and_then(|kept| kept.table) {
        return table;
    }
    let pod = cluster.request(candidate.request);
    // Who else is like it does not matter to a node, nor whose it is, unless somebody there keeps others away.
    let (namespace, labels) = match cluster.apart || !pod.spread.is_empty() {
        true => (pod.namespace, pod.labels.clone()),
        false => (Sym::EMPTY, Vec::new()),
    };
    let asked =
        PodRequest { namespace, labels, soft_spread: Vec::new(), default_spread: false, ..(**pod).clone() };
    let table = fast.tables.iter().position(|table| table.asked == asked).unwrap_or_else(|| {
        fast.tables.push(new_table(cluster, candidate, asked, seen));
        fast.tables.len() - 1
    });
    fast.meet(&cluster.requests);
    fast.kept[of].table = Some(table);
    let is_counted = fast.kept[of].crowds.is_some() || fast.kept[of].tallies.is_some();
    if !is_counted && (pod.default_spread || !pod.spread.is_empty()) {
        for (kept, other) in fast.kept.iter_mut().zip(&cluster.requests) {
            kept.among.extend(counted(candidate.request, pod, other));
        }
        fast.crowded.push(candidate.request);
        fast.kept[of].crowds = pod.default_spread.then(|| crowds(cluster, pod));
        let tallies = || pod.spread.iter().map(|constraint| Tally::new(cluster, pod, constraint)).collect();
        fast.kept[of].tallies = (!pod.spread.is_empty()).then(tallies);
    }
    table
}

/// Where pods of one request count for those of another.
fn counted(of: RequestId, pod: &PodRequest, other: &PodRequest) -> Vec<Counted> {
    let crowd = pod_topology_spread::is_counted(pod, other).then_some(Counted::Crowd(of));
    let constraints = pod.spread.iter().enumerate();
    let tallies = constraints.filter(|(_, constraint)| pod_topology_spread::matches(constraint, pod, other));
    crowd.into_iter().chain(tallies.map(|(ix, _)| Counted::Tally(of, ix))).collect()
}

/// How many pods of a pod's kind are on each node; see [`Kept`].
fn crowds(cluster: &Cluster, pod: &PodRequest) -> Vec<u32> {
    let counted: Vec<bool> =
        cluster.requests.iter().map(|other| pod_topology_spread::is_counted(pod, other)).collect();
    let host = Sym::new(pod_topology_spread::HOST);
    let crowd = |node: &NodeInfo| {
        let groups = node.groups.iter().filter(|group| counted[group.request.0 as usize]);
        node.label(host).map_or(0, |_| groups.map(|group| group.alive).sum::<u32>() + 1)
    };
    cluster.in_order().map(|(_, node)| crowd(node)).collect()
}

fn new_table(cluster: &Cluster, candidate: Candidate, asked: PodRequest, seen: u64) -> Table {
    let pod = cluster.request(candidate.request);
    let cycle = Cycle::plain(cluster, candidate, pod);
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
    Table { asked, scores, fixed, feasible, seen, refusal: None }
}

fn score_now(cluster: &Cluster, pod: &PodRequest, node: NodeIx, fixed: i16) -> i16 {
    if fixed == NEVER {
        return NEVER;
    }
    let node = &cluster.nodes[node as usize];
    if !node_resources::fits(pod, node) || cluster.apart && !stands_apart(cluster, pod, node) {
        return NO_ROOM;
    }
    let balanced = if node_resources::judges_balance(pod, &cluster.gates) {
        node_resources::balanced(pod, node, &cluster.gates)
    } else {
        0
    };
    fixed + (node_resources::least_allocated(pod, node) + balanced) as i16
}
