//! Whether a DaemonSet's pod belongs on a node.
//!
//! Resources, ports and other pods are not looked at: the pod is made for its node, and the scheduler may leave it Pending.
//! Nor are a node's conditions, or that it is cordoned: what counts are its taints.
//!
//! Source: `NodeShouldRunDaemonPod`, `predicates` in pkg/controller/daemon/daemon_controller.go;
//! `ReplaceDaemonSetPodNodeNameNodeAffinity`, `GetTargetNodeName` in pkg/controller/daemon/util/daemonset_util.go (v1.36.3).

use std::collections::BTreeMap;

use super::template::tolerations;
use crate::api::spec::{Affinity, NodeSelector, NodeSelectorTerm, Requirement, Toleration};
use crate::api::{Effect, PodSpec, Sym, Taint};
use crate::rules::scheduler::placement::selector::{Labels, NodeTerm, label, labels};
use crate::rules::scheduler::placement::taint_toleration::{tolerates, untolerated};

/// The field by which a pod's affinity names its node.
const NAME: &str = "metadata.name";

/// What becomes of a pod on a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fit {
    /// One is made where there is none.
    pub should_run: bool,
    /// One that is there may stay.
    pub may_stay: bool,
}

impl Fit {
    const YES: Fit = Fit { should_run: true, may_stay: true };
    const NO: Fit = Fit { should_run: false, may_stay: false };
}

/// What a template says about nodes, worked out once for all of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Placement {
    node_name: Sym,
    selector: Labels,
    required: Option<Vec<NodeTerm>>,
    tolerations: Vec<Toleration>,
}

impl Placement {
    /// Of a template's spec.
    pub fn of(spec: &PodSpec) -> Placement {
        let nodes = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let required = nodes.and_then(|n| n.required_during_scheduling_ignored_during_execution.as_ref());
        Placement {
            node_name: spec.node_name,
            selector: labels(&spec.node_selector),
            required: required.map(|own| own.node_selector_terms.iter().map(NodeTerm::compile).collect()),
            tolerations: tolerations(spec),
        }
    }

    /// Whether a pod belongs on a node: a taint that only keeps new pods away lets the old one stay.
    pub fn fit(&self, name: Sym, own: &BTreeMap<String, String>, taints: &[Taint]) -> Fit {
        let own = &labels(own);
        let is_named = self.node_name.is_empty() || self.node_name == name;
        let is_selected = self.selector.iter().all(|(key, value)| label(own, *key) == Some(*value));
        let is_required = |terms: &Vec<NodeTerm>| terms.iter().any(|term| term.matches(name, own));
        if !is_named || !is_selected || !self.required.as_ref().is_none_or(is_required) {
            return Fit::NO;
        }
        if untolerated(&self.tolerations, taints).is_none() {
            return Fit::YES;
        }
        let mut evicting = taints.iter().filter(|taint| taint.effect == Effect::NoExecute);
        let may_stay = evicting.all(|taint| self.tolerations.iter().any(|own| tolerates(own, taint)));
        Fit { should_run: false, may_stay }
    }
}

/// The affinity of a pod that is made for a node: it takes the place of all other required terms, the rest stays.
pub fn pinned(affinity: Option<&Affinity>, node: Sym) -> Affinity {
    let requirement = Requirement {
        key: NAME.to_owned(),
        operator: Sym::new("In"),
        values: vec![node.as_str().to_owned()],
    };
    let term = NodeSelectorTerm { match_fields: vec![requirement], ..NodeSelectorTerm::default() };
    let mut affinity = affinity.cloned().unwrap_or_default();
    let nodes = affinity.node_affinity.get_or_insert_default();
    nodes.required_during_scheduling_ignored_during_execution =
        Some(NodeSelector { node_selector_terms: vec![term] });
    affinity
}

/// The node for which a pod was made, where it has not got one yet: the first that its affinity names. None: nobody knows,
/// and the set does not count it.
pub fn target(spec: &PodSpec) -> Option<&str> {
    if !spec.node_name.is_empty() {
        return Some(spec.node_name.as_str());
    }
    let nodes = spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = nodes.required_during_scheduling_ignored_during_execution.as_ref()?;
    let mut fields = required.node_selector_terms.iter().flat_map(|term| &term.match_fields);
    let named = fields.find(|field| field.key == NAME && field.operator == "In")?;
    match named.values.as_slice() {
        [node] => Some(node),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire::pod_spec;
    use serde_json::json;

    #[test]
    fn a_pod_is_pinned_to_its_node_and_keeps_what_it_prefers() {
        let spec = pod_spec(&json!({ "affinity": { "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms":
                [{ "matchExpressions": [{ "key": "disk", "operator": "Exists" }] }] },
            "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 1, "preference":
                { "matchExpressions": [{ "key": "a", "operator": "Exists" }] } }] } } }));
        assert_eq!(target(&spec), None);
        let own = pinned(spec.affinity.as_ref(), Sym::new("node-7"));
        let nodes = own.node_affinity.as_ref().expect("a node affinity");
        assert_eq!(nodes.preferred_during_scheduling_ignored_during_execution.len(), 1);
        let made = PodSpec { affinity: Some(own), ..spec };
        assert_eq!(target(&made), Some("node-7"));
        assert_eq!(target(&PodSpec { node_name: Sym::new("node-8"), ..made }), Some("node-8"));
    }

    #[test]
    fn a_taint_that_evicts_sends_away_and_one_that_does_not_lets_stay() {
        let placement = Placement::of(&PodSpec::default());
        let taint = |key, effect| Taint { key: Sym::new(key), value: Sym::EMPTY, effect };
        let fit = |taints: &[Taint]| placement.fit(Sym::new("n"), &BTreeMap::new(), taints);
        let (not_ready, cordon) = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable");
        assert_eq!(fit(&[taint(cordon, Effect::NoSchedule)]), Fit::YES, "cordons do not count");
        assert_eq!(fit(&[taint("x", Effect::PreferNoSchedule)]), Fit::YES);
        // A node that is not ready leaves the count, and its pod stays.
        let both = [taint(not_ready, Effect::NoSchedule), taint(not_ready, Effect::NoExecute)];
        assert_eq!(fit(&both), Fit { should_run: false, may_stay: true });
        assert_eq!(fit(&[taint("x", Effect::NoExecute)]), Fit::NO);
    }
}
