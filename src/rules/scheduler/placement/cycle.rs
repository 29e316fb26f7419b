//! A scheduling cycle: which nodes a pod fits on, which of them is best, and what to do if there is none.
//!
//! Source: pkg/scheduler/schedule_one.go (`schedulePod`, `findNodesThatFitPod`, `findNodesThatPassFilters`,
//! `numFeasibleNodesToFind`), pkg/scheduler/framework/runtime/framework.go (`RunPreFilterPlugins`,
//! `RunFilterPluginsWithNominatedPods`), 1.36.2.

use std::sync::Arc;

use super::cluster::{Cluster, NodeInfo, NodeIx, PodIx};
use super::fit_error::{count, fit_error};
use super::preemption::{self, Nomination, PodFacts, PostFilter};
use super::request::{PodRequest, RequestId};
use super::volume_binding::{Claim, Wants};
use super::{
    Plugin, PluginSet, Reason, Rejection, inter_pod_affinity, node_affinity, node_declared_features,
    node_name, node_ports, node_resources, pod_topology_spread, score, taint_toleration, volume_binding,
};
use crate::api::Sym;

/// The pod that looks for a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The pod's number.
    pub pod: PodIx,
    /// What it asks for.
    pub request: RequestId,
    /// `status.nominatedNodeName`, if such a node was ever known.
    pub nominated: Option<NodeIx>,
}

/// How a cycle ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A node takes it.
    Scheduled {
        /// The best, or one of the best.
        node: NodeIx,
        /// How many would have taken it, of those that were looked at.
        feasible: u32,
    },
    /// No node takes it.
    Unschedulable(Box<Unschedulable>),
}

/// Why there is no node for a pod; the words are put together when someone asks.
#[derive(Clone, Debug, Default)]
pub struct Unschedulable {
    pub all_nodes: usize,
    /// What stopped the pod before any node was looked at (`PreFilterMsg`).
    pub before_nodes: Option<Reason>,
    pub counts: Vec<(Reason, u32)>,
    /// The plugins that said no: what events may help is theirs to say (`rules::scheduler::queueing`).
    pub plugins: PluginSet,
    pub post_filter: PostFilter,
}

impl Unschedulable {
    /// The text of the FailedScheduling event and of the condition PodScheduled.
    pub fn message(&self) -> String {
        if self.all_nodes == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        let before = self.before_nodes.as_ref().map(|reason| reason as &dyn std::fmt::Display);
        fit_error(self.all_nodes, before, &self.counts, &self.post_filter.message(self.all_nodes))
    }
    pub fn nomination(&self) -> Nomination {
        self.post_filter.nomination()
    }
}

/// What a filter said of each node, by the node's number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Code {
    #[default]
    NotLookedAt,
    Fits,
    Unschedulable,
    Unresolvable,
}

/// What pre-filters worked out.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    pub spread: Option<pod_topology_spread::State>,
    pub affinity: Option<inter_pod_affinity::State>,
}

impl States {
    /// `RunPreFilterExtensionAddPod` and `…RemovePod`
    pub fn update(&mut self, pod: &PodRequest, other: &PodRequest, node: &NodeInfo, delta: i64) {
        if let Some(spread) = &mut self.spread {
            spread.update(pod, other, node, delta);
        }
        if let Some(affinity) = &mut self.affinity {
            affinity.update(pod, other, node, delta);
        }
    }
}

/// A cycle in progress.
pub(super) struct Cycle<'a> {
    pub cluster: &'a Cluster,
    pub candidate: Candidate,
    pub pod: &'a PodRequest,
    pub states: States,
    /// What its claims ask of nodes.
    pub volumes: Wants<'a>,
}

/// Fewer nodes than this are all looked at.
const MIN_FEASIBLE: usize = 100;

/// `numFeasibleNodesToFind`: with many nodes the search ends early, at 50 % of them less one in 125, at least 5 %.
pub fn feasible_to_find(nodes: usize) -> usize {
    if nodes < MIN_FEASIBLE {
        return nodes;
    }
    let percentage = 50usize.saturating_sub(nodes / 125).max(5);
    (nodes * percentage / 100).max(MIN_FEASIBLE)
}

/// One cycle. `claim` answers for PersistentVolumeClaims by namespace and name; `draw(n)` gives a number below n and is
/// only asked where several answers are equally good.
pub fn schedule<'c>(
    cluster: &mut Cluster,
    candidate: Candidate,
    facts: &impl PodFacts,
    claim: impl Fn(Sym, Sym) -> Claim<'c>,
    draw: &mut dyn FnMut(u64) -> u64,
) -> Outcome {
    if cluster.is_empty() {
        return Outcome::Unschedulable(Box::default());
    }
    match super::fast::schedule(cluster, candidate, draw) {
        Some(outcome) => outcome,
        None => {
            let outcome = the_long_way(cluster, candidate, facts, claim, draw);
            if let Outcome::Unschedulable(why) = &outcome {
                super::fast::remember(cluster, candidate, why);
            }
            outcome
        }
    }
}

/// A cycle that looks at each node anew.
pub(super) fn the_long_way<'c>(
    cluster: &mut Cluster,
    candidate: Candidate,
    facts: &impl PodFacts,
    claim: impl Fn(Sym, Sym) -> Claim<'c>,
    draw: &mut dyn FnMut(u64) -> u64,
) -> Outcome {
    let pod = Arc::clone(cluster.request(candidate.request));
    let (outcome, looked_at) = search(cluster, candidate, &pod, facts, claim, draw);
    cluster.next_start = (cluster.next_start + looked_at) % cluster.len();
    cluster.looks += cluster.len() as u64;
    outcome
}

/// The cycle, and how many nodes it looked at.
fn search<'c>(
    cluster: &Cluster,
    candidate: Candidate,
    pod: &PodRequest,
    facts: &impl PodFacts,
    claim: impl Fn(Sym, Sym) -> Claim<'c>,
    draw: &mut dyn FnMut(u64) -> u64,
) -> (Outcome, usize) {
    let mut failure = Unschedulable { all_nodes: cluster.len(), ..Unschedulable::default() };
    let volumes = match before_nodes(pod, claim) {
        Ok(wants) => wants,
        Err((reason, plugin)) => {
            failure.before_nodes = Some(reason);
            failure.plugins.insert(plugin);
            let cycle = Cycle::plain(cluster, candidate, pod);
            failure.post_filter = preemption::post_filter(&cycle, None, facts, draw);
            return (Outcome::Unschedulable(Box::new(failure)), 0);
        }
    };
    let states = States {
        spread: pod_topology_spread::State::new(cluster, pod),
        affinity: inter_pod_affinity::State::new(cluster, pod),
    };
    let cycle = Cycle { cluster, candidate, pod, states, volumes };
    let mut reasons = Vec::new();
    if let Some(node) = candidate.nominated.filter(|node| cluster.node(*node).is_some())
        && cycle.fits_beside_nominated(node, &cluster.nodes[node as usize], &mut reasons).is_ok()
    {
        return (Outcome::Scheduled { node, feasible: 1 }, 0);
    }

    let nodes: Vec<NodeIx> = match &pod.pinned {
        None => {
            (0..cluster.len()).map(|at| cluster.order[(cluster.next_start + at) % cluster.len()]).collect()
        }
        Some(names) => {
            let named = cluster.in_order().filter(|(_, node)| names.contains(&node.name));
            named.map(|(ix, _)| ix).collect()
        }
    };
    let enough = feasible_to_find(nodes.len());
    let mut codes = vec![Code::NotLookedAt; cluster.nodes.len()];
    let (mut feasible, mut failed) = (Vec::new(), 0);
    for node in nodes {
        reasons.clear();
        codes[node as usize] =
            match cycle.fits_beside_nominated(node, &cluster.nodes[node as usize], &mut reasons) {
                Ok(()) => {
                    feasible.push(node);
                    if feasible.len() == enough {
                        break;
                    }
                    Code::Fits
                }
                Err(rejection) => {
                    failed += 1;
                    failure.plugins.insert(rejection.plugin);
                    for reason in &reasons {
                        count(&mut failure.counts, *reason, 1);
                    }
                    if rejection.unresolvable { Code::Unresolvable } else { Code::Unschedulable }
                }
            };
    }
    let looked_at = feasible.len() + failed;
    match feasible.as_slice() {
        [] => {
            if pod.pinned.is_some() && failed < cluster.len() {
                failure.plugins.insert(Plugin::NodeAffinity);
                let others = (cluster.len() - failed) as u32;
                count(&mut failure.counts, Reason::NotSatisfied(Plugin::NodeAffinity), others);
            }
            failure.post_filter = preemption::post_filter(&cycle, Some(&codes), facts, draw);
            (Outcome::Unschedulable(Box::new(failure)), looked_at)
        }
        [node] => (Outcome::Scheduled { node: *node, feasible: 1 }, looked_at),
        _ => {
            let node = pick(&feasible, &score::totals(&cycle, &feasible), draw);
            (Outcome::Scheduled { node, feasible: feasible.len() as u32 }, looked_at)
        }
    }
}

/// One of the nodes with the highest score.
fn pick(nodes: &[NodeIx], scores: &[i64], draw: &mut dyn FnMut(u64) -> u64) -> NodeIx {
    let best = scores.iter().copied().max().unwrap_or(0);
    let mut ties = nodes.iter().zip(scores).filter(|(_, score)| **score == best).map(|(node, _)| *node);
    let many = ties.clone().count() as u64;
    let chosen = if many > 1 { draw(many) as usize } else { 0 };
    ties.nth(chosen).unwrap_or(nodes[0])
}

/// What stops a pod before any node is looked at, and whose no it is: node names that contradict themselves
/// (NodeAffinity), claims that are not there or not bound. Otherwise what its claims ask of nodes.
fn before_nodes<'c>(
    pod: &PodRequest,
    claim: impl Fn(Sym, Sym) -> Claim<'c>,
) -> Result<Wants<'c>, (Reason, Plugin)> {
    if pod.pinned.as_ref().is_some_and(Vec::is_empty) {
        return Err((Reason::AffinityConflict, Plugin::NodeAffinity));
    }
    volume_binding::pre_filter(pod, claim)
}

impl<'a> Cycle<'a> {
    /// One that ended before any node was looked at, or that asks for nothing that takes a state.
    pub fn plain(cluster: &'a Cluster, candidate: Candidate, pod: &'a PodRequest) -> Cycle<'a> {
        Cycle { cluster, candidate, pod, states: States::default(), volumes: Wants::default() }
    }

    /// The filters in the order of the profile; the first no ends it.
    pub fn filters(
        &self,
        node: &NodeInfo,
        states: &States,
        reasons: &mut Vec<Reason>,
    ) -> Result<(), Rejection> {
        let (pod, gates) = (self.pod, &self.cluster.gates);
        node_name::filter_unschedulable(pod, node, reasons)?;
        node_name::filter_name(pod, node, reasons)?;
        taint_toleration::filter(pod, node, gates, reasons)?;
        node_affinity::filter(pod, node, reasons)?;
        node_ports::filter(pod, node, reasons)?;
        node_resources::filter(pod, node, gates, reasons)?;
        volume_binding::filter(&self.volumes, node, gates, reasons)?;
        if let Some(spread) = &states.spread {
            spread.filter(pod, node, reasons)?;
        }
        if let Some(affinity) = &states.affinity {
            affinity.filter(pod, node, reasons)?;
        }
        node_declared_features::filter(pod, node, reasons)
    }

    /// The filters with the nominated pods of equal or higher priority taken as running on their nodes, and again
    /// without them: the pod must fit either way.
    pub fn fits_beside_nominated(
        &self,
        ix: NodeIx,
        node: &NodeInfo,
        reasons: &mut Vec<Reason>,
    ) -> Result<(), Rejection> {
        self.fits_with(ix, node, &self.states, reasons)
    }

    pub fn fits_with(
        &self,
        ix: NodeIx,
        node: &NodeInfo,
        states: &States,
        reasons: &mut Vec<Reason>,
    ) -> Result<(), Rejection> {
        let cluster = self.cluster;
        let counts = |n: &&super::cluster::Nominated| {
            n.node == ix
                && n.pod != self.candidate.pod
                && cluster.request(n.request).priority >= self.pod.priority
        };
        if cluster.nominated.iter().any(|n| counts(&n)) {
            let (mut fuller, mut states) = (node.clone(), states.clone());
            for nominated in cluster.nominated.iter().filter(counts) {
                let other = cluster.request(nominated.request);
                fuller.add(nominated.pod, nominated.request, other, false);
                states.update(self.pod, other, node, 1);
            }
            self.filters(&fuller, &states, reasons)?;
        }
        self.filters(node, states, reasons)
    }
}
