//! Which workloads of an input can be played: those all of whose pods are in it. A controller that missed its pods would make others
//! in their place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Given;
use crate::rules::api_server::objects::ObjectType;

/// Owners come before what they own.
fn rank(kind: ObjectType) -> u8 {
    match kind {
        ObjectType::CronJob | ObjectType::Deployment => 0,
        ObjectType::Job | ObjectType::ReplicaSet => 1,
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
    objects.sort_by_key(|(kind, _)| rank(*kind));
    (objects, notes)
}
