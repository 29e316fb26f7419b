//! PodTopologySpread: as many pods of a kind here as there, up to a skew.
//!
//! Source: pkg/scheduler/framework/plugins/podtopologyspread/{common,filtering,scoring}.go, 1.36.2. The surprises: a node
//! without the topology label can never take the pod; domains that the pod's node affinity excludes do not count, those
//! that it cannot go to because of a taint or a cordon do; pods that are being deleted do not count.

use rustc_hash::FxHashMap;

use super::request::Spread;
use super::{Cluster, NodeInfo, Plugin, PodRequest, Reason, Rejection, node_affinity, taint_toleration};
use crate::api::Sym;

/// What `PreFilter` counts: matching pods by domain, for each hard constraint.
#[derive(Clone, Debug)]
pub struct State {
    domains: Vec<Domains>,
}

#[derive(Clone, Debug, Default)]
struct Domains {
    counts: FxHashMap<Sym, i64>,
    min: i64,
}

impl Domains {
    /// The fewest matching pods in a domain; `i32::MAX`, as upstream has it, where there is no domain.
    fn find_min(&mut self) {
        self.min = self.counts.values().copied().min().unwrap_or(i64::from(i32::MAX));
    }
}

/// `matchNodeInclusionPolicies`
fn counts_here(constraint: &Spread, pod: &PodRequest, node: &NodeInfo) -> bool {
    (!constraint.honor_affinity || node_affinity::matches(pod, node))
        && (!constraint.honor_taints
            || taint_toleration::untolerated(&pod.tolerations, &node.taints).is_none())
}

/// `countPodsMatchSelector`
fn matching(cluster: &Cluster, constraint: &Spread, pod: &PodRequest, node: &NodeInfo) -> i64 {
    let groups = node.groups.iter().filter(|group| matches(constraint, pod, cluster.request(group.request)));
    groups.map(|group| i64::from(group.alive)).sum()
}

/// Whether pods like another one count for a constraint.
pub(super) fn matches(constraint: &Spread, pod: &PodRequest, other: &PodRequest) -> bool {
    other.namespace == pod.namespace && constraint.selector.matches(&other.labels)
}

/// The label of a node that says which host it is.
pub const HOST: &str = "kubernetes.io/hostname";

/// Whether pods of another request count where pods of this one are spread over hosts by the scheduler's defaults.
pub fn is_counted(pod: &PodRequest, other: &PodRequest) -> bool {
    pod.soft_spread.iter().any(|constraint| constraint.key == HOST && matches(constraint, pod, other))
}

/// The scheduler's default spreading over hosts, for as many of them as take the pod.
pub struct Host {
    weight: f64,
    max_skew: i64,
}

impl Host {
    /// Of a pod.
    pub fn new(pod: &PodRequest, scored: usize) -> Host {
        let constraint = pod.soft_spread.iter().find(|constraint| constraint.key == HOST);
        Host { weight: weight(scored), max_skew: constraint.map_or(1, |constraint| constraint.max_skew) }
    }
    /// `Score` of a host with so many pods that count, where there are no zones.
    pub fn score(&self, count: i64) -> i64 {
        score(count, self.weight, self.max_skew).round() as i64
    }
}

/// `topologyNormalizingWeight`. The logarithm is upstream's; it comes from a pure-Rust library and is the same on every
/// machine.
fn weight(domains: usize) -> f64 {
    libm::log((domains + 2) as f64)
}

/// `scoreForCount`
fn score(count: i64, weight: f64, max_skew: i64) -> f64 {
    count as f64 * weight + (max_skew - 1) as f64
}

/// `NormalizeScore` between the least and the most of all.
pub fn normal(score: i64, min: i64, max: i64) -> i64 {
    if max == 0 { 100 } else { 100 * (max + min - score) / max }
}

fn has_all_keys(node: &NodeInfo, constraints: &[Spread]) -> bool {
    constraints.iter().all(|c| node.label(c.key).is_some())
}

impl State {
    /// `calPreFilterState`; None for a pod without hard constraints.
    pub fn new(cluster: &Cluster, pod: &PodRequest) -> Option<State> {
        if pod.spread.is_empty() {
            return None;
        }
        let mut domains = vec![Domains::default(); pod.spread.len()];
        for (_, node) in cluster.in_order().filter(|(_, node)| has_all_keys(node, &pod.spread)) {
            for (constraint, domains) in pod.spread.iter().zip(&mut domains) {
                if counts_here(constraint, pod, node) {
                    let value = node.label(constraint.key).unwrap_or_default();
                    *domains.counts.entry(value).or_default() += matching(cluster, constraint, pod, node);
                }
            }
        }
        domains.iter_mut().for_each(Domains::find_min);
        Some(State { domains })
    }

    /// `updateWithPod`: preemption tries what would be without a pod, or with a nominated one.
    pub fn update(&mut self, pod: &PodRequest, other: &PodRequest, node: &NodeInfo, delta: i64) {
        if other.namespace != pod.namespace || !has_all_keys(node, &pod.spread) {
            return;
        }
        for (constraint, domains) in pod.spread.iter().zip(&mut self.domains) {
            if constraint.selector.matches(&other.labels) && counts_here(constraint, pod, node) {
                let value = node.label(constraint.key).unwrap_or_default();
                *domains.counts.entry(value).or_default() += delta;
                domains.find_min();
            }
        }
    }

    pub fn filter(
        &self,
        pod: &PodRequest,
        node: &NodeInfo,
        reasons: &mut Vec<Reason>,
    ) -> Result<(), Rejection> {
        for (constraint, domains) in pod.spread.iter().zip(&self.domains) {
            let Some(value) = node.label(constraint.key) else {
                reasons.push(Reason::SpreadLabel);
                return Err(Rejection { plugin: Plugin::PodTopologySpread, unresolvable: true });
            };
            let too_few = (domains.counts.len() as i64) < constraint.min_domains;
            let min = if too_few { 0 } else { domains.min };
            let own = i64::from(constraint.selector.matches(&pod.labels));
            let here = domains.counts.get(&value).copied().unwrap_or(0);
            if here + own - min > constraint.max_skew {
                reasons.push(Reason::Spread);
                return Err(Rejection { plugin: Plugin::PodTopologySpread, unresolvable: false });
            }
        }
        Ok(())
    }
}

/// What [`State`] counts for one constraint, kept from cycle to cycle and brought up to date as pods come and go; places are those
/// in the order of nodes, which stays while this is kept.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// By place: the node's domain; None where it has no such label.
    domains: Vec<Option<u32>>,
    /// By place: whether its pods count.
    is_counted: Vec<bool>,
    /// By domain: first come those of nodes whose pods count.
    counts: Vec<i64>,
    /// How many those are: the least is theirs.
    standing: usize,
    /// There are fewer of them than `minDomains`.
    too_few: bool,
    /// So many more than the least a domain may have before a pod comes.
    ahead: i64,
}

impl Tally {
    /// Of what is there now.
    pub fn new(cluster: &Cluster, pod: &PodRequest, constraint: &Spread) -> Tally {
        let counts_at =
            |node: &NodeInfo| has_all_keys(node, &pod.spread) && counts_here(constraint, pod, node);
        let is_counted: Vec<bool> = cluster.in_order().map(|(_, node)| counts_at(node)).collect();
        let mut known: FxHashMap<Sym, u32> = FxHashMap::default();
        let mut counts: Vec<i64> = Vec::new();
        let mut domain = |value: Sym, pods: i64| {
            let ix = *known.entry(value).or_insert(counts.len() as u32);
            counts.resize(counts.len().max(ix as usize + 1), 0);
            counts[ix as usize] += pods;
            (ix, counts.len())
        };
        let mut standing = 0;
        for ((_, node), _) in cluster.in_order().zip(&is_counted).filter(|(_, counted)| **counted) {
            let value = node.label(constraint.key).unwrap_or_default();
            standing = domain(value, matching(cluster, constraint, pod, node)).1;
        }
        let domains =
            cluster.in_order().map(|(_, node)| node.label(constraint.key).map(|value| domain(value, 0).0));
        let domains = domains.collect();
        let own = i64::from(constraint.selector.matches(&pod.labels));
        Tally {
            domains,
            is_counted,
            counts,
            standing,
            too_few: (standing as i64) < constraint.min_domains,
            ahead: constraint.max_skew - own,
        }
    }

    /// So many more matching pods are at a place.
    pub fn count(&mut self, place: usize, more: i64) {
        let Some(Some(domain)) = self.domains.get(place) else { return };
        if self.is_counted[place] {
            self.counts[*domain as usize] += more;
        }
    }

    /// The most that a domain may have before a pod comes.
    pub fn most(&self) -> i64 {
        let least = self.counts[..self.standing].iter().copied().min().unwrap_or(i64::from(i32::MAX));
        self.ahead + if self.too_few { 0 } else { least }
    }

    /// What [`State::filter`] says of the node at a place.
    pub fn takes(&self, place: usize, most: i64) -> bool {
        self.domains[place].is_some_and(|domain| self.counts[domain as usize] <= most)
    }
}

/// `PreScore`, `Score` and `NormalizeScore` of the soft constraints over the feasible nodes; None where there are none.
pub fn scores(cluster: &Cluster, pod: &PodRequest, feasible: &[u32]) -> Option<Vec<i64>> {
    let constraints = &pod.soft_spread;
    if constraints.is_empty() {
        return None;
    }
    let hostname = Sym::new(HOST);
    // The scheduler's own defaults also serve nodes without a zone.
    let ignored = |node: &NodeInfo| !pod.default_spread && !has_all_keys(node, constraints);
    let nodes: Vec<&NodeInfo> = feasible.iter().map(|node| &cluster.nodes[*node as usize]).collect();
    let scored = nodes.iter().filter(|node| !ignored(node)).count();
    let mut counts: Vec<FxHashMap<Sym, i64>> = vec![FxHashMap::default(); constraints.len()];
    for node in nodes.iter().filter(|node| !ignored(node)) {
        for (constraint, counts) in constraints.iter().zip(&mut counts) {
            if constraint.key != hostname {
                counts.insert(node.label(constraint.key).unwrap_or_default(), 0);
            }
        }
    }
    let weights: Vec<f64> = constraints
        .iter()
        .zip(&counts)
        .map(|(c, counts)| weight(if c.key == hostname { scored } else { counts.len() }))
        .collect();
    for (_, node) in cluster.in_order().filter(|(_, node)| !ignored(node)) {
        for (constraint, counts) in constraints.iter().zip(&mut counts) {
            if counts_here(constraint, pod, node)
                && let Some(count) = counts.get_mut(&node.label(constraint.key).unwrap_or_default())
            {
                *count += matching(cluster, constraint, pod, node);
            }
        }
    }
    let raw: Vec<Option<i64>> = nodes
        .iter()
        .map(|node| {
            if ignored(node) {
                return None;
            }
            let mut sum = 0.0;
            for ((constraint, counts), weight) in constraints.iter().zip(&counts).zip(&weights) {
                let Some(value) = node.label(constraint.key) else { continue };
                let count = if constraint.key == hostname {
                    matching(cluster, constraint, pod, node)
                } else {
                    counts.get(&value).copied().unwrap_or(0)
                };
                sum += score(count, *weight, constraint.max_skew);
            }
            Some(sum.round() as i64)
        })
        .collect();
    let max = raw.iter().flatten().copied().max().unwrap_or(0).max(0);
    let min = raw.iter().flatten().copied().min().unwrap_or(0);
    Some(raw.iter().map(|score| score.map_or(0, |score| normal(score, min, max))).collect())
}
