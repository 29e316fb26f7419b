//! What a DaemonSet's pods are made of: its template, with what the controller adds to it.
//!
//! Source: `CreatePodTemplate`, `AddOrUpdateDaemonPodTolerations`, `IsPodUpdated`, `GetTemplateGeneration` in
//! pkg/controller/daemon/util/daemonset_util.go; `AddOrUpdateTolerationInPodSpec` in pkg/apis/core/v1/helper/helpers.go
//! (v1.36.3).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::daemon_set::DaemonSet;
use crate::api::spec::Toleration;
use crate::api::{Effect, PodSpec, Sym};

/// The label of pods and revisions that says of which revision they are.
pub const REVISION_HASH: &str = "controller-revision-hash";
/// The label of pods that says of which template they are, by its number; older than [`REVISION_HASH`].
const TEMPLATE_GENERATION: &str = "pod-template-generation";
/// The annotation by which the API server counts a set's templates.
pub const DEPRECATED_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Taints of a node in trouble, which a daemon's pod bears for ever.
const BORNE: [(&str, Effect); 6] = [
    ("node.kubernetes.io/not-ready", Effect::NoExecute),
    ("node.kubernetes.io/unreachable", Effect::NoExecute),
    ("node.kubernetes.io/disk-pressure", Effect::NoSchedule),
    ("node.kubernetes.io/memory-pressure", Effect::NoSchedule),
    ("node.kubernetes.io/pid-pressure", Effect::NoSchedule),
    ("node.kubernetes.io/unschedulable", Effect::NoSchedule),
];
/// One more, of a pod that uses the node's own network.
const BORNE_ON_HOST: (&str, Effect) = ("node.kubernetes.io/network-unavailable", Effect::NoSchedule);

/// The tolerations of a template's pods: its own and those of every daemon. One that says the same takes its place,
/// without its seconds.
pub fn tolerations(spec: &PodSpec) -> Vec<Toleration> {
    let mut all = spec.tolerations.clone();
    for (key, effect) in BORNE.into_iter().chain(spec.host_network.then_some(BORNE_ON_HOST)) {
        let borne = Toleration {
            key: Sym::new(key),
            operator: Sym::new("Exists"),
            effect: Some(effect),
            ..Toleration::default()
        };
        let is_same = |own: &Toleration| Toleration { toleration_seconds: None, ..own.clone() } == borne;
        match all.iter_mut().filter(|own| is_same(own)).fold(false, |_, own| {
            *own = borne.clone();
            true
        }) {
            true => {}
            false => all.push(borne),
        }
    }
    all
}

/// The number of the set's template, if the API server has written one.
fn generation(set: &DaemonSet) -> Option<i64> {
    set.meta.annotation(DEPRECATED_GENERATION)?.parse().ok()
}

/// Whether a pod with these labels is of the newest template. One that carries its number is so too, whatever hash it has.
pub fn is_updated(set: &DaemonSet, labels: &BTreeMap<String, String>, hash: &str) -> bool {
    let has_hash = !hash.is_empty() && labels.get(REVISION_HASH).is_some_and(|own| own == hash);
    has_hash
        || generation(set)
            .is_some_and(|now| labels.get(TEMPLATE_GENERATION).is_some_and(|own| *own == now.to_string()))
}

/// The template of the set's pods, as JSON; which node a pod is for is not said yet ([`super::placement::pinned`]).
pub fn of_pods(set: &DaemonSet, hash: &str) -> Value {
    let mut template = set.spec.template.value.clone();
    if !template["spec"].is_object() {
        template["spec"] = json!({});
    }
    template["spec"]["tolerations"] =
        serde_json::to_value(tolerations(&set.spec.template.spec)).unwrap_or_default();
    if !template["metadata"]["labels"].is_object() {
        template["metadata"]["labels"] = json!({});
    }
    let labels = &mut template["metadata"]["labels"];
    if let Some(generation) = generation(set) {
        labels[TEMPLATE_GENERATION] = json!(generation.to_string());
    }
    if !hash.is_empty() {
        labels[REVISION_HASH] = json!(hash);
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire::pod_spec;
    use crate::api::wire_daemon_set::daemon_set;

    fn set() -> DaemonSet {
        daemon_set(&json!({
            "metadata": { "name": "agent", "annotations": { DEPRECATED_GENERATION: "3" } },
            "spec": { "template": { "metadata": { "labels": { "app": "agent" } }, "spec": { "hostNetwork": true } } },
        }))
    }

    #[test]
    fn daemons_bear_a_node_in_trouble() {
        let own = json!({ "tolerations": [
            { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5 },
            { "key": "x" },
        ] });
        let all = tolerations(&pod_spec(&own));
        assert_eq!(all.len(), 7, "one of six was there already");
        assert_eq!((all[0].key.as_str(), all[0].toleration_seconds), (BORNE[0].0, None));
        assert_eq!(all[1].key, "x");
        assert_eq!(tolerations(&set().spec.template.spec).len(), 7, "and the network's");
    }

    #[test]
    fn pods_are_labelled_with_revision_and_number() {
        let template = of_pods(&set(), "5c8");
        assert_eq!(
            template["metadata"]["labels"],
            json!({ "app": "agent", "pod-template-generation": "3", "controller-revision-hash": "5c8" })
        );
        let labels = |hash: &str, number: &str| {
            let own = [(REVISION_HASH, hash), (TEMPLATE_GENERATION, number)];
            own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        assert!(is_updated(&set(), &labels("5c8", "1"), "5c8"));
        assert!(is_updated(&set(), &labels("other", "3"), "5c8"));
        assert!(!is_updated(&set(), &labels("other", "2"), "5c8"));
        assert!(!is_updated(&set(), &labels("", ""), ""));
    }
}
