//! Which workloads of an input can be played: those all of whose pods are in it. A controller that missed its pods would make others
//! in their place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Given;
use crate::rules::api_server::objects::ObjectType;

/// Owners come before what they own.
fn rank(kind: ObjectType) -> u8 {
    match kind {
        ObjectType::CronJob | ObjectType::Deployment => 0,
        ObjectType::Job | ObjectType::ReplicaSet => 1,
        ObjectType::ControllerRevision => 3,
        _ => 2,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// How many pods an object says that it has, of those that do not end by themselves.
fn has(kind: ObjectType, status: &Value) -> u64 {
    let field = match kind {
        ObjectType::Job => "active",
        ObjectType::DaemonSet => "currentNumberScheduled",
        ObjectType::ReplicaSet | ObjectType::ReplicationController | ObjectType::StatefulSet => "replicas",
        _ => return 0,
    };
    status[field].as_u64().unwrap_or(0)
}

/// How many ReplicaSets or Jobs an object must have, as far as its status tells.
fn must_have(kind: ObjectType, value: &Value) -> usize {
    match kind {
        ObjectType::Deployment => usize::from(value["status"]["replicas"].as_u64().unwrap_or(0) > 0),
        ObjectType::CronJob => value["status"]["active"].as_array().map_or(0, Vec::len),
        _ => 0,
    }
}

/// The objects whose pods are there, and what is to be said of the others.
pub fn whole(given: &Given) -> (Vec<(ObjectType, Value)>, Vec<String>) {
    let mut pods: BTreeMap<&str, u64> = BTreeMap::new();
    for owner in given.pods.iter().filter_map(|pod| pod.controller()) {
        *pods.entry(&owner.uid).or_default() += 1;
    }
    let mut owned: BTreeMap<&str, usize> = BTreeMap::new();
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    let controller = |value: &'_ Value| {
        let owners = value["metadata"]["ownerReferences"].as_array();
        let own = owners.into_iter().flatten().find(|owner| owner["controller"] == true);
        own.map(|owner| text(&owner["uid"]).to_owned())
    };
    let by_uid: BTreeMap<&str, &(ObjectType, Value)> =
        given.objects.iter().map(|own| (text(&own.1["metadata"]["uid"]), own)).collect();
    let mut notes = Vec::new();
    for (kind, value) in &given.objects {
        let uid = text(&value["metadata"]["uid"]);
        if let Some((key, _)) = controller(value).and_then(|owner| by_uid.get_key_value(owner.as_str())) {
            *owned.entry(key).or_default() += 1;
        }
        let (there, has) = (pods.get(uid).copied().unwrap_or(0), has(*kind, &value["status"]));
        if there < has {
            broken.insert(uid);
            let name = text(&value["metadata"]["name"]);
            notes.push(format!(
                "{}/{name} has {has} pods, and {there} of them are in the input: it is left out (kubectl get all -o yaml \
                 prints them)",
                kind.singular()
            ));
        }
    }
    for (kind, value) in &given.objects {
        let uid = text(&value["metadata"]["uid"]);
        if owned.get(uid).copied().unwrap_or(0) < must_have(*kind, value) {
            broken.insert(uid);
            let name = text(&value["metadata"]["name"]);
            notes.push(format!(
                "what {}/{name} has made is not in the input: it is left out",
                kind.singular()
            ));
        }
    }
    // What one of them controls, or is controlled by, goes with it.
    let mut gone = broken.clone();
    for _ in 0..3 {
        for (_, value) in &given.objects {
            let uid = text(&value["metadata"]["uid"]);
            let above = controller(value);
            let key = above.as_deref().and_then(|above| by_uid.get_key_value(above)).map(|(key, _)| *key);
            if let Some(above) = key {
                if gone.contains(above) {
                    gone.insert(uid);
                } else if gone.contains(uid) {
                    gone.insert(above);
                }
            }
        }
    }
    let mut objects: Vec<(ObjectType, Value)> = given
        .objects
        .iter()
        .filter(|(_, value)| !gone.contains(text(&value["metadata"]["uid"])))
        .cloned()
        .collect();
    let unprinted: Vec<(ObjectType, Value)> =
        objects.iter().flat_map(|(kind, value)| revisions(given, *kind, value)).collect();
    objects.extend(unprinted);
    objects.sort_by_key(|(kind, _)| rank(*kind));
    (objects, notes)
}

/// The label of a pod that names its revision: a StatefulSet's whole name, or the hash in that of a DaemonSet.
const REVISION: &str = "controller-revision-hash";
/// The label of a DaemonSet's pod that counts the templates, and the annotation that counts them on the set (`IsPodUpdated`,
/// pkg/controller/daemon/util/daemonset_util.go).
const GENERATION: [&str; 2] = ["pod-template-generation", "deprecated.daemonset.template.generation"];

/// The ControllerRevisions of a set, where none of them is in the input (`kubectl get all` prints none): the newest holds the set's
/// template under the name that its status or its pods know it by; of the one before it pods tell the images. A controller that
/// found none would make one under a name of its own, and update all pods.
fn revisions(given: &Given, kind: ObjectType, set: &Value) -> Vec<(ObjectType, Value)> {
    let (meta, status) = (&set["metadata"], &set["status"]);
    let uid = text(&meta["uid"]);
    let is_own = |own: &(ObjectType, Value)| {
        let owners = own.1["metadata"]["ownerReferences"].as_array();
        own.0 == ObjectType::ControllerRevision
            && owners.into_iter().flatten().any(|owner| owner["uid"].as_str() == Some(uid))
    };
    if !matches!(kind, ObjectType::StatefulSet | ObjectType::DaemonSet) || given.objects.iter().any(is_own) {
        return Vec::new();
    }
    let its =
        || given.pods.iter().filter(|pod| pod.controller().is_some_and(|owner| owner.uid.as_str() == uid));
    let is_seen = status["observedGeneration"] == meta["generation"];
    let name = text(&meta["name"]);
    let (newest, current) = match kind {
        ObjectType::StatefulSet => {
            (text(&status["updateRevision"]).to_owned(), text(&status["currentRevision"]).to_owned())
        }
        _ => {
            let counted = text(&meta["annotations"][GENERATION[1]]);
            let label = |key: &str, is_newest: bool| {
                let fits = |pod: &&super::GivenPod| {
                    pod.pod.meta.labels.get(GENERATION[0]).is_some_and(|own| (own == counted) == is_newest)
                };
                its()
                    .find(fits)
                    .and_then(|pod| pod.pod.meta.labels.get(key))
                    .map(|hash| format!("{name}-{hash}"))
            };
            (label(REVISION, true).unwrap_or_default(), label(REVISION, false).unwrap_or_default())
        }
    };
    let of = |revision: &str, number: i64, template: Value| {
        let hash = revision.strip_prefix(name).map_or("", |rest| rest.trim_start_matches('-'));
        let mut labels = template["metadata"]["labels"].clone();
        labels["controller.kubernetes.io/hash"] = hash.into();
        let mut held = template;
        held["$patch"] = "replace".into();
        let owner = json!({ "apiVersion": "apps/v1", "kind": kind.name(), "name": name, "uid": uid,
            "controller": true, "blockOwnerDeletion": true });
        let value = json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": { "name": revision, "namespace": meta["namespace"], "uid": format!("{uid}-{revision}"),
                "creationTimestamp": meta["creationTimestamp"], "labels": labels, "ownerReferences": [owner] },
            "data": { "spec": { "template": held } }, "revision": number,
        });
        (ObjectType::ControllerRevision, value)
    };
    let template = &set["spec"]["template"];
    let mut found = Vec::new();
    if !current.is_empty() && (current != newest || !is_seen) {
        let hash = current.strip_prefix(name).map_or("", |rest| rest.trim_start_matches('-'));
        let is_of = |pod: &&super::GivenPod| {
            pod.pod.meta.labels.get(REVISION).is_some_and(|own| *own == current || own == hash)
        };
        let mut old = template.clone();
        for list in ["containers", "initContainers"] {
            for container in old["spec"][list].as_array_mut().into_iter().flatten() {
                let own = its().find(is_of).and_then(|pod| {
                    let spec = &pod.pod.spec;
                    let mut all = spec.containers.iter().chain(&spec.init_containers);
                    all.find(|own| own.name == text(&container["name"])).map(|own| own.image)
                });
                if let Some(image) = own {
                    container["image"] = image.as_str().into();
                }
            }
        }
        found.push(of(&current, 1, old));
    }
    if !newest.is_empty() && is_seen {
        found.push(of(&newest, 2, template.clone()));
    }
    found
}
