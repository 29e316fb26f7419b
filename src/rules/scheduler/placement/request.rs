//! What the scheduler needs to know of a pod, worked out once for all pods of a template.

use serde_json::Value;

use super::amounts::{self, Requests};
use super::cluster::ZONE;
use super::node_ports::HostPort;
use super::pod_topology_spread::HOST;
use super::selector::{Labels, NodeTerm, Selector, labels};
use crate::api::spec::{
    NodeSelectorTerm, PodAffinity, PodAffinityTerm, Toleration, TopologySpreadConstraint,
    WeightedPodAffinityTerm,
};
use crate::api::{ObjectMeta, PodSpec, Sym};
use crate::rules::versions::gates::Gates;

/// Number of a [`PodRequest`] in its [`super::Cluster`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u32);

/// A pod as the scheduler's plugins look at it; pods of one template share one.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PodRequest {
    /// Of the pod.
    pub namespace: Sym,
    /// Of the pod.
    pub labels: Labels,
    /// `spec.priority`
    pub priority: i32,
    /// `preemptionPolicy: Never`
    pub never_preempts: bool,
    /// Has scheduling gates.
    pub gated: bool,
    /// `spec.nodeName`; empty: any.
    pub node_name: Sym,
    /// What it takes of a node.
    pub requests: Requests,
    /// Of the pod.
    pub tolerations: Vec<Toleration>,
    /// All have to match.
    pub node_selector: Labels,
    /// Required node affinity: one of the terms must match; None: no such affinity.
    pub required_nodes: Option<Vec<NodeTerm>>,
    /// With weights.
    pub preferred_nodes: Vec<(i64, NodeTerm)>,
    /// Required node affinity names nodes: only these are looked at.
    pub pinned: Option<Vec<Sym>>,
    /// Ports of the host.
    pub ports: Vec<HostPort>,
    /// `DoNotSchedule`
    pub spread: Vec<Spread>,
    /// `ScheduleAnyway`
    pub soft_spread: Vec<Spread>,
    /// The soft constraints are those of the scheduler's own defaults, for a pod that a controller or service selects.
    pub default_spread: bool,
    /// Required: with these pods.
    pub affinity: Vec<Term>,
    /// Required: without these pods.
    pub anti_affinity: Vec<Term>,
    /// With weights.
    pub preferred_affinity: Vec<(i64, Term)>,
    /// With weights.
    pub preferred_anti_affinity: Vec<(i64, Term)>,
    /// PersistentVolumeClaims by name.
    pub claims: Vec<Sym>,
    /// Features that the node must declare.
    pub features: Vec<Sym>,
    /// Images of init and main containers, with a tag.
    pub images: Vec<Sym>,
}

/// A topology spread constraint.
#[derive(Clone, PartialEq, Debug)]
pub struct Spread {
    pub max_skew: i64,
    pub key: Sym,
    pub selector: Selector,
    pub min_domains: i64,
    /// `nodeAffinityPolicy: Honor`: nodes that the pod's node affinity excludes don't count.
    pub honor_affinity: bool,
    /// `nodeTaintsPolicy: Honor`: nodes with taints that the pod does not tolerate don't count.
    pub honor_taints: bool,
}

/// A pod (anti-)affinity term.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    pub namespaces: Vec<Sym>,
    pub namespace_selector: Selector,
    pub selector: Selector,
    pub key: Sym,
}

impl Term {
    /// `AffinityTerm.Matches` (pkg/scheduler/framework/types.go). Namespaces have the one label that the API server gives
    /// each of them.
    pub fn matches(&self, pod: &PodRequest) -> bool {
        let named = self.namespaces.contains(&pod.namespace);
        let own_labels = [(Sym::new("kubernetes.io/metadata.name"), pod.namespace)];
        (named || self.namespace_selector.matches(&own_labels)) && self.selector.matches(&pod.labels)
    }
}

/// The spreading that the scheduler wishes for pods of a workload that ask for none themselves
/// (pkg/scheduler/framework/plugins/podtopologyspread/plugin.go, `systemDefaultConstraints`).
const SYSTEM_DEFAULT: [(&str, i64); 2] = [(HOST, 3), (ZONE, 5)];

impl PodRequest {
    /// Of a manifest.
    pub fn of(meta: &ObjectMeta, spec: &PodSpec, gates: &Gates) -> PodRequest {
        PodRequest::new(Sym::new(&meta.namespace), labels(&meta.labels), spec, gates)
    }

    /// Of a template's spec and labels.
    pub fn new(namespace: Sym, labels: Labels, spec: &PodSpec, gates: &Gates) -> PodRequest {
        let affinity = spec.affinity.as_ref();
        let nodes = affinity.and_then(|a| a.node_affinity.as_ref());
        let required = nodes.and_then(|n| n.required_during_scheduling_ignored_during_execution.as_ref());
        let required = required.map(|selector| selector.node_selector_terms.as_slice());
        let preferred = nodes.map_or(&[][..], |n| &n.preferred_during_scheduling_ignored_during_execution);
        let compile = |term: &PodAffinityTerm| compile_term(term, namespace, &labels);
        let hard = |affinity: Option<&PodAffinity>| -> Vec<Term> {
            let terms = affinity.map_or(&[][..], |a| &a.required_during_scheduling_ignored_during_execution);
            terms.iter().map(compile).collect()
        };
        let soft = |affinity: Option<&PodAffinity>| -> Vec<(i64, Term)> {
            let terms: &[WeightedPodAffinityTerm] =
                affinity.map_or(&[][..], |a| &a.preferred_during_scheduling_ignored_during_execution);
            terms.iter().map(|t| (i64::from(t.weight), compile(&t.pod_affinity_term))).collect()
        };
        let near = affinity.and_then(|a| a.pod_affinity.as_ref());
        let apart = affinity.and_then(|a| a.pod_anti_affinity.as_ref());
        let spread = |when: &str| -> Vec<Spread> {
            let constraints = spec.topology_spread_constraints.iter();
            constraints.filter(|c| c.when_unsatisfiable == when).map(|c| compile_spread(c, &labels)).collect()
        };
        let claims = spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref());
        PodRequest {
            namespace,
            priority: spec.priority.unwrap_or(0),
            never_preempts: spec.preemption_policy.is_some_and(|policy| policy == "Never"),
            gated: !spec.scheduling_gates.is_empty(),
            node_name: spec.node_name,
            requests: amounts::requests(spec, gates.pod_level_resources),
            tolerations: spec.tolerations.clone(),
            node_selector: super::selector::labels(&spec.node_selector),
            required_nodes: required.map(|terms| terms.iter().map(NodeTerm::compile).collect()),
            preferred_nodes: preferred
                .iter()
                .map(|p| (i64::from(p.weight), NodeTerm::compile(&p.preference)))
                .collect(),
            pinned: required.and_then(pinned),
            ports: super::node_ports::host_ports(spec),
            spread: spread("DoNotSchedule"),
            soft_spread: spread("ScheduleAnyway"),
            default_spread: false,
            affinity: hard(near),
            anti_affinity: hard(apart),
            preferred_affinity: soft(near),
            preferred_anti_affinity: soft(apart),
            claims: claims.map(|claim| Sym::new(&claim.claim_name)).collect(),
            features: if gates.node_declared_features {
                super::node_declared_features::required(spec)
            } else {
                Vec::new()
            },
            images: super::image_locality::images(spec),
            labels,
        }
    }

    /// The same pod as one that a service or controller selects by `selector`: without constraints of its own it is
    /// spread by the scheduler's defaults (`buildDefaultConstraints`).
    #[must_use]
    pub fn selected_by(mut self, selector: &Selector) -> PodRequest {
        if self.spread.is_empty() && self.soft_spread.is_empty() && !selector.is_empty() {
            self.default_spread = true;
            self.soft_spread = SYSTEM_DEFAULT
                .into_iter()
                .map(|(key, max_skew)| Spread {
                    max_skew,
                    key: Sym::new(key),
                    selector: selector.clone(),
                    min_domains: 1,
                    honor_affinity: true,
                    honor_taints: false,
                })
                .collect();
        }
        self
    }

    /// Has terms of required anti-affinity about hosts, and no other terms about pods.
    pub fn is_apart_by_host(&self) -> bool {
        self.affinity.is_empty()
            && self.preferred_affinity.is_empty()
            && self.preferred_anti_affinity.is_empty()
            && !self.anti_affinity.is_empty()
            && self.anti_affinity.iter().all(|term| term.key == HOST)
    }

    /// Has terms of pod affinity or anti-affinity of any kind.
    pub fn has_pod_affinity(&self) -> bool {
        !(self.affinity.is_empty()
            && self.anti_affinity.is_empty()
            && self.preferred_affinity.is_empty()
            && self.preferred_anti_affinity.is_empty())
    }
}

/// The nodes that required affinity names in every one of its terms (NodeAffinity's `PreFilter`); an empty list: its
/// terms contradict themselves.
fn pinned(terms: &[NodeSelectorTerm]) -> Option<Vec<Sym>> {
    let mut union: Vec<Sym> = Vec::new();
    for term in terms {
        let mut named: Option<Vec<Sym>> = None;
        let fields = term.match_fields.iter();
        for field in fields.filter(|f| f.key == "metadata.name" && f.operator == "In") {
            let values: Vec<Sym> = field.values.iter().map(|value| Sym::new(value)).collect();
            named = Some(match named {
                None => values,
                Some(before) => before.into_iter().filter(|name| values.contains(name)).collect(),
            });
        }
        for name in named? {
            if !union.contains(&name) {
                union.push(name);
            }
        }
    }
    (!terms.is_empty()).then_some(union)
}

fn compile_spread(constraint: &TopologySpreadConstraint, labels: &[(Sym, Sym)]) -> Spread {
    let mut selector = Selector::compile(constraint.label_selector.as_ref());
    for key in &constraint.match_label_keys {
        let key = Sym::new(key);
        if let Some(value) = super::selector::label(labels, key) {
            selector.require(key, value);
        }
    }
    let honor = |policy: Option<Sym>, default: bool| policy.map_or(default, |policy| policy == "Honor");
    Spread {
        max_skew: i64::from(constraint.max_skew),
        key: Sym::new(&constraint.topology_key),
        selector,
        min_domains: i64::from(constraint.min_domains.unwrap_or(1)),
        honor_affinity: honor(constraint.node_affinity_policy, true),
        honor_taints: honor(constraint.node_taints_policy, false),
    }
}

fn compile_term(term: &PodAffinityTerm, own_namespace: Sym, labels: &[(Sym, Sym)]) -> Term {
    let mut selector = Selector::compile(term.label_selector.as_ref());
    let keys = |member: &str| -> Vec<Sym> {
        let list = term.rest.get(member).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(Sym::new).collect()
    };
    for key in keys("matchLabelKeys") {
        if let Some(value) = super::selector::label(labels, key) {
            selector.require(key, value);
        }
    }
    for key in keys("mismatchLabelKeys") {
        if let Some(value) = super::selector::label(labels, key) {
            selector.exclude(key, value);
        }
    }
    let mut namespaces: Vec<Sym> = term.namespaces.iter().map(|name| Sym::new(name)).collect();
    if namespaces.is_empty() && term.namespace_selector.is_none() {
        namespaces.push(own_namespace);
    }
    Term {
        namespaces,
        namespace_selector: Selector::compile(term.namespace_selector.as_ref()),
        selector,
        key: Sym::new(&term.topology_key),
    }
}
