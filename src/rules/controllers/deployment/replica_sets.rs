//! What a Deployment asks of its ReplicaSets: whose template is whose, sums, sizes
//! (pkg/controller/deployment/util/deployment_util.go, 1.36.3).

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Set;
use crate::api::workload::{Deployment, DeploymentStrategy, PodTemplateSpec, ReplicaSet};
use crate::rules::controllers::template_hash::POD_TEMPLATE_HASH;

/// The annotations by which a Deployment and its ReplicaSets know of one another.
pub mod annotation {
    /// How manieth template this is; the Deployment has that of its newest.
    pub const REVISION: &str = "deployment.kubernetes.io/revision";
    /// Which ones it was before.
    pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
    /// `replicas` of the Deployment when the ReplicaSet was last scaled.
    pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
    /// With its surge.
    pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
    /// An old client asks for an old revision.
    pub const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
    const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

    /// Those that a ReplicaSet does not take over from its Deployment (`annotationsToSkip`).
    pub fn stays(key: &str) -> bool {
        [REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO, LAST_APPLIED].contains(&key)
    }
}

/// Whether two templates are the same, the label `pod-template-hash` left aside (`EqualIgnoreHash`).
pub fn same_template(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    if std::ptr::eq(a, b) {
        return true;
    }
    // A ReplicaSet shares the spec of the template that it was made of; others mostly differ in it, and that is found sooner
    // in what was read than in the JSON that it was read from.
    if Arc::ptr_eq(&a.spec, &b.spec) {
        return match (metadata(a), metadata(b)) {
            (Some(a), Some(b)) => same(a, b, Place::Metadata),
            (a, b) => a == b,
        };
    }
    a.spec == b.spec && same(&a.value, &b.value, Place::Template)
}

/// A template's metadata, if they count.
fn metadata(template: &PodTemplateSpec) -> Option<&Value> {
    let member = template.value.as_object()?.get_key_value("metadata")?;
    Place::Template.counts(&member).then_some(member.1)
}

/// Where in a template a value stands, as far as that matters.
#[derive(Clone, Copy)]
enum Place {
    Template,
    Metadata,
    Labels,
    Elsewhere,
}

impl Place {
    fn below(self, name: &str) -> Place {
        match (self, name) {
            (Place::Template, "metadata") => Place::Metadata,
            (Place::Metadata, "labels") => Place::Labels,
            _ => Place::Elsewhere,
        }
    }
    fn counts(self, (name, value): &(&String, &Value)) -> bool {
        let is_hash = |key: &String| *name == "labels" && key == POD_TEMPLATE_HASH;
        let is_empty =
            value.is_null() || value.as_object().is_some_and(|members| members.keys().all(is_hash));
        match self {
            Place::Labels => *name != POD_TEMPLATE_HASH,
            // A template that has no labels but the hash is the same as one without any.
            Place::Metadata | Place::Template => !is_empty,
            Place::Elsewhere => !value.is_null(),
        }
    }
}

fn same(a: &Value, b: &Value, place: Place) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => same_members(a, b, place),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, Place::Elsewhere))
        }
        _ => a == b,
    }
}

/// A member that is null is as good as absent: some versions write `creationTimestamp: null`.
fn same_members(a: &Map<String, Value>, b: &Map<String, Value>, place: Place) -> bool {
    let count = |members: &Map<String, Value>| members.iter().filter(|member| place.counts(member)).count();
    count(a) == count(b)
        && a.iter()
            .filter(|member| place.counts(member))
            .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, place.below(name))))
}

/// The older one first, then by name (`ReplicaSetsByCreationTimestamp`).
pub(super) fn by_age(a: &ReplicaSet, b: &ReplicaSet) -> Ordering {
    let key = |set: &ReplicaSet| (set.meta.created.truncate_secs(), set.meta.name.as_str());
    key(a).cmp(&key(b))
}

/// It shall have pods (`FilterActiveReplicaSets`).
pub(super) fn is_active(set: &ReplicaSet) -> bool {
    set.spec.replicas > 0
}

/// How many pods they shall have (`GetReplicaCountForReplicaSets`).
pub(super) fn wanted<'a, 's: 'a>(sets: impl IntoIterator<Item = &'a Set<'s>>) -> i32 {
    sets.into_iter().map(|set| set.spec.replicas).sum()
}

/// How many are available (`GetAvailableReplicaCountForReplicaSets`).
pub(super) fn available<'a, 's: 'a>(sets: impl IntoIterator<Item = &'a Set<'s>>) -> i32 {
    sets.into_iter().map(|set| set.status.available_replicas).sum()
}

/// The number that an annotation holds; None: there is none that can be read.
pub(super) fn number<T: std::str::FromStr>(set: &ReplicaSet, key: &str) -> Option<T> {
    set.meta.annotation(key)?.parse().ok()
}

/// A ReplicaSet's revision (`Revision`): 0 where it says none, None where what it says is no number.
pub(super) fn revision(set: &ReplicaSet) -> Option<i64> {
    set.meta.annotation(annotation::REVISION).map_or(Some(0), |text| text.parse().ok())
}

/// How many pods more than wanted a Deployment may have (`MaxSurge`).
/// Sums with it wrap, as those of the controller do (`int32`): no surge beyond all numbers makes a pod.
pub(super) fn max_surge(deployment: &Deployment) -> i32 {
    fenceposts(deployment).0
}

/// How many pods fewer than wanted may be available (`MaxUnavailable`).
pub(super) fn max_unavailable(deployment: &Deployment) -> i32 {
    match deployment.spec.replicas {
        0 => 0,
        replicas => fenceposts(deployment).1.min(replicas),
    }
}

/// Surge rounded up, unavailable down; where both are none, one may be unavailable (`ResolveFenceposts`).
fn fenceposts(deployment: &Deployment) -> (i32, i32) {
    let DeploymentStrategy::RollingUpdate { max_surge, max_unavailable } = deployment.spec.strategy else {
        return (0, 0);
    };
    let replicas = deployment.spec.replicas;
    match (max_surge.of(replicas, true), max_unavailable.of(replicas, false)) {
        (0, 0) => (0, 1),
        both => both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_workloads::{deployment, template};
    use serde_json::json;

    #[test]
    fn templates_are_compared_without_their_hash() {
        let of = |labels: Value, image: &str| {
            template(
                &json!({ "metadata": { "creationTimestamp": null, "labels": labels }, "spec": { "image": image } }),
            )
        };
        let plain = of(json!({ "app": "web" }), "a");
        assert!(same_template(&plain, &of(json!({ "pod-template-hash": "x", "app": "web" }), "a")));
        assert!(!same_template(&plain, &of(json!({ "app": "web" }), "b")));
        assert!(!same_template(&plain, &of(json!({ "app": "web", "x": "y" }), "a")));
        assert!(!same_template(&plain, &of(json!({}), "a")));
        let bare = template(&json!({ "spec": { "image": "a" } }));
        assert!(same_template(&of(json!({ "pod-template-hash": "x" }), "a"), &of(json!({}), "a")));
        assert!(same_template(&bare, &template(&json!({ "metadata": {}, "spec": { "image": "a" } }))));
    }

    #[test]
    fn rooms_of_a_rollout_are_rounded_as_kubernetes_does() {
        let of = |replicas: i32, surge: Value, unavailable: Value| {
            let one =
                deployment(&json!({ "spec": { "replicas": replicas, "strategy": { "type": "RollingUpdate",
                "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable } } } }));
            (max_surge(&one), max_unavailable(&one))
        };
        for (replicas, surge, unavailable) in
            [(1, 1, 0), (3, 1, 0), (4, 1, 1), (5, 2, 1), (8, 2, 2), (10, 3, 2)]
        {
            assert_eq!(of(replicas, json!("25%"), json!("25%")), (surge, unavailable), "{replicas}");
        }
        assert_eq!(of(3, json!("0%"), json!("1%")), (0, 1), "never both none");
        assert_eq!(of(3, json!(1), json!(9)), (1, 3));
        assert_eq!(of(0, json!(1), json!(1)), (1, 0));
    }
}
