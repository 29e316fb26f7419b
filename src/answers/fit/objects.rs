//! The objects that a scenario can be written around: those that nobody else made, as somebody may have sent them.

use serde_json::Value;

use crate::observed::History;

/// Kinds that a manifest brings.
const KINDS: [&str; 11] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "Pod",
    "Service",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
];

/// What the API server and the controllers write into an object, by its place.
const WRITTEN: [&str; 10] = [
    "/metadata/uid",
    "/metadata/resourceVersion",
    "/metadata/creationTimestamp",
    "/metadata/generation",
    "/metadata/managedFields",
    "/metadata/generateName",
    "/spec/nodeName",
    "/spec/clusterIP",
    "/spec/clusterIPs",
    "/status",
];

/// In the order of kinds above, then of namespaces and names.
pub fn objects(history: &History) -> Vec<Value> {
    let mut found: Vec<(usize, String, String, Value)> = Vec::new();
    for object in history.objects.values() {
        let word = |place: &str| object.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(kind) = KINDS.iter().position(|kind| object["kind"] == *kind) else { continue };
        // The API server's own.
        if word("/metadata/name") == "kubernetes" && word("/metadata/namespace") == "default" {
            continue;
        }
        found.push((kind, word("/metadata/namespace"), word("/metadata/name"), sent(object)));
    }
    found.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
    found.into_iter().map(|(.., object)| object).collect()
}

fn remove(object: &mut Value, place: &str) {
    let Some((above, key)) = place.rsplit_once('/') else { return };
    if let Some(members) = object.pointer_mut(above).and_then(Value::as_object_mut) {
        members.remove(key);
    }
}

/// As somebody may have sent it.
fn sent(object: &Value) -> Value {
    let mut object = object.clone();
    WRITTEN.iter().for_each(|place| remove(&mut object, place));
    if let Some(notes) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        notes.retain(|key, _| {
            key != "kubectl.kubernetes.io/last-applied-configuration"
                && !key.starts_with("deployment.kubernetes.io/")
        });
    }
    if object["kind"] == "Job" && object["spec"]["manualSelector"] != true {
        remove(&mut object, "/spec/selector");
        for place in ["/metadata/labels", "/spec/template/metadata/labels"] {
            if let Some(labels) = object.pointer_mut(place).and_then(Value::as_object_mut) {
                labels.retain(|key, _| !key.ends_with("controller-uid") && !key.ends_with("job-name"));
            }
        }
    }
    if object["kind"] == "Pod" {
        token(&mut object);
    }
    object
}

/// The volume of a pod's service account, which admission brings again.
fn token(object: &mut Value) {
    let is_token =
        |volume: &Value| volume["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-"));
    if let Some(volumes) = object.pointer_mut("/spec/volumes").and_then(Value::as_array_mut) {
        volumes.retain(|volume| !is_token(volume));
    }
    for list in ["/spec/containers", "/spec/initContainers"] {
        let containers = object.pointer_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if let Some(mounts) = container.get_mut("volumeMounts").and_then(Value::as_array_mut) {
                mounts.retain(|mount| !is_token(mount));
            }
        }
    }
}
