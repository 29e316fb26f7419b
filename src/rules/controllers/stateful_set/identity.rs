//! Who a pod of a StatefulSet is: its number, its names, its volumes.
//!
//! Source: pkg/controller/statefulset/stateful_set_utils.go (`getParentNameAndOrdinal`, `updateIdentity`,
//! `updateStorage`, `identityMatches`, `storageMatches`), 1.36.3.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::controller_revision::ControllerRevision;
use crate::api::spec::Volume;
use crate::api::stateful_set::StatefulSet;
use crate::rules::controllers::revisions::REVISION;

/// The label that repeats a pod's name.
pub const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// The label with a pod's number.
pub const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// The number of a set's pod with this name; None: it is none of the set's.
pub fn ordinal(set: &str, pod: &str) -> Option<i32> {
    let (parent, number) = pod.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|letter| letter.is_ascii_digit());
    number.parse().ok().filter(|_| is_number && parent == set)
}

/// `db-0`
pub fn pod_name(set: &str, ordinal: i32) -> String {
    format!("{set}-{ordinal}")
}

/// `data-db-0`
pub fn claim_name(claim: &str, set: &str, ordinal: i32) -> String {
    format!("{claim}-{set}-{ordinal}")
}

/// Whether a pod's labels and volumes are those that its number gives it.
pub fn is_kept(set: &StatefulSet, pod: &str, labels: &BTreeMap<String, String>, volumes: &[Volume]) -> bool {
    let name = set.meta.name.as_str();
    let Some(ordinal) = ordinal(name, pod) else { return false };
    // `db-00` is no name of a pod of its own.
    pod == pod_name(name, ordinal)
        && labels.get(POD_NAME).is_some_and(|own| own == pod)
        && set.spec.claims.iter().all(|claim| {
            let wanted = claim_name(claim.name.as_str(), name, ordinal);
            let own = volumes.iter().find(|volume| volume.name == claim.name.as_str());
            own.and_then(|own| own.persistent_volume_claim.as_ref())
                .is_some_and(|own| own.claim_name == wanted)
        })
}

/// The pod of a number and a revision, as it is sent (`newVersionedStatefulSetPod`).
pub fn pod(set: &StatefulSet, ordinal: i32, revision: &ControllerRevision) -> Value {
    let own_name = set.meta.name.as_str();
    let name = pod_name(own_name, ordinal);
    let mut pod = revision.template.value.clone();
    if !pod.is_object() {
        pod = json!({});
    }
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    let meta = &mut pod["metadata"];
    if !meta.is_object() {
        *meta = json!({});
    }
    meta["name"] = name.as_str().into();
    meta["namespace"] = set.meta.namespace.as_str().into();
    if !meta["labels"].is_object() {
        meta["labels"] = json!({});
    }
    meta["labels"][POD_NAME] = name.as_str().into();
    meta["labels"][POD_INDEX] = ordinal.to_string().into();
    meta["labels"][REVISION] = revision.meta.name.as_str().into();
    if let Value::Object(spec) = &mut pod["spec"] {
        spec.insert("hostname".to_owned(), name.into());
        spec.insert("subdomain".to_owned(), set.spec.service_name.as_str().into());
        claim_volumes(set, ordinal, spec);
    }
    pod
}

/// The volumes of the claims, and those of the template that none of them replaces (`updateStorage`).
fn claim_volumes(set: &StatefulSet, ordinal: i32, spec: &mut Map<String, Value>) {
    if set.spec.claims.is_empty() {
        return;
    }
    let of_claims = set.spec.claims.iter().map(|claim| {
        let claim_name = claim_name(claim.name.as_str(), set.meta.name.as_str(), ordinal);
        json!({ "name": claim.name, "persistentVolumeClaim": { "claimName": claim_name } })
    });
    let is_replaced =
        |volume: &Value| set.spec.claims.iter().any(|claim| volume["name"] == claim.name.as_str());
    let own = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    let volumes: Vec<Value> = of_claims.chain(own.filter(|own| !is_replaced(own)).cloned()).collect();
    spec.insert("volumes".to_owned(), volumes.into());
}

/// The claim of a number, as it is sent (`getPersistentVolumeClaims`): with the labels of its template and of the
/// selector.
pub fn claim(set: &StatefulSet, template: usize, ordinal: i32) -> Value {
    let Some(template) = set.spec.claims.get(template) else { return Value::Null };
    let mut claim = template.value.clone();
    let meta = &mut claim["metadata"];
    meta["name"] = claim_name(template.name.as_str(), set.meta.name.as_str(), ordinal).into();
    meta["namespace"] = set.meta.namespace.as_str().into();
    if !meta["labels"].is_object() {
        meta["labels"] = json!({});
    }
    for (key, value) in &set.spec.selector.match_labels {
        meta["labels"][key.as_str()] = value.as_str().into();
    }
    claim
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_controller_revision::controller_revision;
    use crate::api::wire_stateful_set::stateful_set;

    #[test]
    fn a_pod_s_number_is_at_the_end_of_its_name() {
        for (pod, expected) in [
            ("db-0", Some(0)),
            ("db-17", Some(17)),
            ("db-x", None),
            ("db-", None),
            ("db-+1", None),
            ("other-1", None),
            ("db-x-1", None),
            ("db-99999999999", None),
        ] {
            assert_eq!(ordinal("db", pod), expected, "{pod}");
        }
    }

    #[test]
    fn a_pod_has_its_names_and_its_claims() {
        let set = stateful_set(&json!({
            "metadata": { "name": "db", "namespace": "shop" },
            "spec": { "serviceName": "peers", "selector": { "matchLabels": { "app": "db" } },
                "volumeClaimTemplates": [{ "metadata": { "name": "data" }, "spec": {} }] },
        }));
        let revision = controller_revision(&json!({
            "metadata": { "name": "db-5c8" },
            "data": { "spec": { "template": { "metadata": { "labels": { "app": "db" } }, "spec": {
                "volumes": [{ "name": "data", "emptyDir": {} }, { "name": "tmp", "emptyDir": {} }] } } } },
        }));
        let made = pod(&set, 2, &revision);
        assert_eq!(
            made["metadata"]["labels"],
            json!({ "app": "db", POD_NAME: "db-2", POD_INDEX: "2",
            REVISION: "db-5c8" })
        );
        assert_eq!(
            (&made["spec"]["hostname"], &made["spec"]["subdomain"]),
            (&json!("db-2"), &json!("peers"))
        );
        assert_eq!(
            made["spec"]["volumes"],
            json!([
                { "name": "data", "persistentVolumeClaim": { "claimName": "data-db-2" } },
                { "name": "tmp", "emptyDir": {} },
            ])
        );
        assert_eq!(
            claim(&set, 0, 2)["metadata"],
            json!({ "name": "data-db-2", "namespace": "shop",
            "labels": { "app": "db" } })
        );
    }
}
