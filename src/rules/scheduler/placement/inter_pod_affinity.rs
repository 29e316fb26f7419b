//! InterPodAffinity: near to some pods, apart from others, and apart from those that want to be alone.
//!
//! Source: pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go, 1.36.2. The surprises: the first pod
//! of a kind may stand anywhere although it asks to be near its like; existing pods' anti-affinity counts against
//! newcomers; only broken anti-affinity can be mended by preemption.

use rustc_hash::FxHashMap;

use super::pod_topology_spread::HOST;
use super::request::Term;
use super::{Cluster, NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::Sym;

/// Pods that match, by topology key and value.
type Counts = FxHashMap<(Sym, Sym), i64>;

/// What `PreFilter` counts.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Existing pods whose anti-affinity the newcomer would break.
    existing: Counts,
    affinity: Counts,
    anti_affinity: Counts,
}

fn bump(counts: &mut Counts, term: &Term, node: &NodeInfo, delta: i64) {
    let Some(value) = node.label(term.key) else { return };
    let entry = counts.entry((term.key, value)).or_default();
    *entry += delta;
    if *entry == 0 {
        counts.remove(&(term.key, value));
    }
}

impl State {
    /// None where nothing can fail.
    pub fn new(cluster: &Cluster, pod: &PodRequest) -> Option<State> {
        if cluster.pods_with_affinity == 0 && pod.affinity.is_empty() && pod.anti_affinity.is_empty() {
            return None;
        }
        let mut state = State::default();
        for (_, node) in cluster.in_order() {
            for group in &node.groups {
                let other = cluster.request(group.request);
                state.update(pod, other, node, i64::from(group.alive + group.deleted));
            }
        }
        Some(state)
    }

    /// `updateWithPod`: `delta` pods like `other` on a node.
    pub fn update(&mut self, pod: &PodRequest, other: &PodRequest, node: &NodeInfo, delta: i64) {
        for term in other.anti_affinity.iter().filter(|term| term.matches(pod)) {
            bump(&mut self.existing, term, node, delta);
        }
        // A pod is near enough only if all terms match it.
        if pod.affinity.iter().all(|term| term.matches(other)) {
            for term in &pod.affinity {
                bump(&mut self.affinity, term, node, delta);
            }
        }
        for term in pod.anti_affinity.iter().filter(|term| term.matches(other)) {
            bump(&mut self.anti_affinity, term, node, delta);
        }
    }

    pub fn filter(
        &self,
        pod: &PodRequest,
        node: &NodeInfo,
        reasons: &mut Vec<Reason>,
    ) -> Result<(), Rejection> {
        let broken = |counts: &Counts, key: Sym| {
            node.label(key).is_some_and(|value| counts.get(&(key, value)).is_some_and(|count| *count > 0))
        };
        let (reason, unresolvable) = if !self.satisfies_affinity(pod, node) {
            (Reason::Affinity, true)
        } else if pod.anti_affinity.iter().any(|term| broken(&self.anti_affinity, term.key)) {
            (Reason::AntiAffinity, false)
        } else if node.labels.iter().any(|(key, _)| broken(&self.existing, *key)) {
            (Reason::ExistingAntiAffinity, false)
        } else {
            return Ok(());
        };
        reasons.push(reason);
        Err(Rejection { plugin: Plugin::InterPodAffinity, unresolvable })
    }

    /// `satisfyPodAffinity`
    fn satisfies_affinity(&self, pod: &PodRequest, node: &NodeInfo) -> bool {
        let mut all_near = true;
        for term in &pod.affinity {
            let Some(value) = node.label(term.key) else { return false };
            all_near &= self.affinity.get(&(term.key, value)).is_some_and(|count| *count > 0);
        }
        // The first of its kind: no pod anywhere matches, and it would match itself.
        all_near || (self.affinity.is_empty() && pod.affinity.iter().all(|term| term.matches(pod)))
    }
}

/// What `filter` says of a node where all terms are anti-affinity about hosts, and no two nodes are one: the pods of this node
/// decide alone.
pub fn stands_apart(cluster: &Cluster, pod: &PodRequest, node: &NodeInfo) -> bool {
    let keeps_away =
        |of: &PodRequest, other: &PodRequest| of.anti_affinity.iter().any(|term| term.matches(other));
    node.label(Sym::new(HOST)).is_none()
        || !node.groups.iter().any(|group| {
            let other = cluster.request(group.request);
            keeps_away(other, pod) || keeps_away(pod, other)
        })
}

/// `PreScore`, `Score` and `NormalizeScore` over the feasible nodes; None where no term says anything.
pub fn scores(cluster: &Cluster, pod: &PodRequest, feasible: &[u32]) -> Option<Vec<i64>> {
    let wishes = !(pod.preferred_affinity.is_empty() && pod.preferred_anti_affinity.is_empty());
    if !wishes && cluster.pods_with_affinity == 0 {
        return None;
    }
    // `hardPodAffinityWeight`
    const HARD_WEIGHT: i64 = 1;
    let mut topology: Counts = FxHashMap::default();
    for (_, node) in cluster.in_order() {
        for group in &node.groups {
            let other = cluster.request(group.request);
            let pods = i64::from(group.alive + group.deleted);
            let mut count = |term: &Term, target: &PodRequest, weight: i64| {
                if let Some(value) = node.label(term.key).filter(|_| term.matches(target)) {
                    *topology.entry((term.key, value)).or_default() += weight * pods;
                }
            };
            for (weight, term) in &pod.preferred_affinity {
                count(term, other, *weight);
            }
            for (weight, term) in &pod.preferred_anti_affinity {
                count(term, other, -weight);
            }
            for term in &other.affinity {
                count(term, pod, HARD_WEIGHT);
            }
            for (weight, term) in &other.preferred_affinity {
                count(term, pod, *weight);
            }
            for (weight, term) in &other.preferred_anti_affinity {
                count(term, pod, -weight);
            }
        }
    }
    if topology.is_empty() {
        return None;
    }
    let score = |node: &u32| -> i64 {
        let labels = cluster.nodes[*node as usize].labels.iter();
        labels.filter_map(|pair| topology.get(pair)).sum()
    };
    let raw: Vec<i64> = feasible.iter().map(score).collect();
    let (min, max) = (raw.iter().copied().min().unwrap_or(0), raw.iter().copied().max().unwrap_or(0));
    // Upstream's arithmetic: a quotient, then the product, then cut to a whole number.
    let normal = |score: &i64| {
        if max > min { (100.0 * ((score - min) as f64 / (max - min) as f64)) as i64 } else { 0 }
    };
    Some(raw.iter().map(normal).collect())
}
