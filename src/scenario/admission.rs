//! The admission plugins that change every pod: Priority, ServiceAccount, DefaultTolerationSeconds, RuntimeClass.
//!
//! Source: plugin/pkg/admission/{priority,serviceaccount,defaulttolerationseconds}/admission.go (1.36.2). They work on
//! the decoded and defaulted object, before it is validated.

use serde_json::{Map, Value, json};

use super::plan::{ObjectKind, ObjectPlan};
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::runtime_admission;
use crate::time::Time;

type Object = Map<String, Value>;

/// What is there when a pod is created.
pub struct Surroundings<'a> {
    pub objects: &'a [ObjectPlan],
    pub at: Time,
    pub namespace: &'a str,
}

/// All of them, in the order of the API server.
///
/// # Errors
/// What a plugin refuses, in its own words.
pub fn mutate(object: &mut Object, around: &Surroundings<'_>) -> Result<(), Rejection> {
    let name = object
        .get("metadata")
        .and_then(|m| m.get("name"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Some(Value::Object(spec)) = object.get_mut("spec") else { return Ok(()) };
    let forbid = |why: String| Rejection::Forbidden { kind: ObjectType::Pod, name: name.clone(), why };
    service_account(spec, around).map_err(forbid)?;
    priority(spec, around).map_err(forbid)?;
    tolerations(spec);
    runtime_class(spec, around).map_err(forbid)
}

fn text<'a>(map: &'a Object, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Where the token is mounted.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The API server adds five random letters; nothing depends on them.
const TOKEN_VOLUME: &str = "kube-api-access";

/// `Plugin.Admit`: the account, and a projected volume with its token for every container that does not bring its own.
fn service_account(spec: &mut Object, around: &Surroundings<'_>) -> Result<(), String> {
    let account = match text(spec, "serviceAccountName") {
        "" => "default".to_owned(),
        name => name.to_owned(),
    };
    let missing = around.objects.iter().any(|o| {
        o.kind == ObjectKind::ServiceAccount
            && o.name == account.as_str()
            && o.namespace == around.namespace
            && o.at.is_none_or(|at| at > around.at)
    });
    if missing {
        return Err(format!(
            "error looking up service account {}/{account}: serviceaccount \"{account}\" not found",
            around.namespace
        ));
    }
    spec.insert("serviceAccountName".to_owned(), json!(account));
    spec.insert("serviceAccount".to_owned(), json!(account));
    if spec.get("automountServiceAccountToken") == Some(&Value::Bool(false)) {
        return Ok(());
    }
    let mut used = false;
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(container) = container.as_object_mut() else { continue };
            let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
            let Some(mounts) = mounts.as_array_mut() else { continue };
            if mounts.iter().all(|m| m.get("mountPath").and_then(Value::as_str) != Some(TOKEN_PATH)) {
                mounts.push(json!({ "name": TOKEN_VOLUME, "readOnly": true, "mountPath": TOKEN_PATH }));
                used = true;
            }
        }
    }
    if used {
        let volumes = spec.entry("volumes").or_insert_with(|| json!([]));
        if let Some(volumes) = volumes.as_array_mut() {
            volumes.push(token_volume());
        }
    }
    Ok(())
}

fn token_volume() -> Value {
    json!({ "name": TOKEN_VOLUME, "projected": { "defaultMode": 420, "sources": [
        { "serviceAccountToken": { "expirationSeconds": 3607, "path": "token" } },
        { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
        { "downwardAPI": { "items": [
            { "path": "namespace", "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } },
        ] } },
    ] } })
}

/// `Plugin.admitPod`: a class by name, else the global default with the smallest value, else 0.
fn priority(spec: &mut Object, around: &Surroundings<'_>) -> Result<(), String> {
    let class = text(spec, "priorityClassName").to_owned();
    let mut classes = around
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::PriorityClass && o.at.is_some_and(|at| at <= around.at));
    let (class, value, policy) = match class.as_str() {
        "" => classes
            .filter(|o| o.global_default)
            .min_by_key(|o| o.value)
            .map_or((String::new(), 0, None), |o| (o.name.to_string(), o.value, o.preemption_policy)),
        "system-cluster-critical" => (class, 2_000_000_000, None),
        "system-node-critical" => (class, 2_000_001_000, None),
        _ => match classes.find(|o| o.name == class.as_str()) {
            Some(o) => (class, o.value, o.preemption_policy),
            None => return Err(format!("no PriorityClass with name {class} was found")),
        },
    };
    if let Some(given) = spec.get("priority").and_then(Value::as_i64).filter(|p| *p != i64::from(value)) {
        return Err(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller \
             computed {value} from the given PriorityClass name"
        ));
    }
    let policy = policy.map_or("PreemptLowerPriority", |p| p.as_str());
    match text(spec, "preemptionPolicy") {
        "" => {}
        given if given == policy => {}
        given => {
            return Err(format!(
                "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission \
                 controller computed {policy} from the given PriorityClass name"
            ));
        }
    }
    if !class.is_empty() {
        spec.insert("priorityClassName".to_owned(), json!(class));
    }
    spec.insert("priority".to_owned(), json!(value));
    spec.insert("preemptionPolicy".to_owned(), json!(policy));
    Ok(())
}

/// What the pod's RuntimeClass adds, if it has one.
fn runtime_class(spec: &mut Object, around: &Surroundings<'_>) -> Result<(), String> {
    let name = text(spec, "runtimeClassName");
    let mut all = around.objects.iter().filter(|o| o.kind == ObjectKind::RuntimeClass);
    let class = all.find(|o| !name.is_empty() && o.name == name && o.at.is_some_and(|at| at <= around.at));
    runtime_admission::admit(spec, class.and_then(|class| class.runtime.as_deref()))
}

/// `Plugin.Admit`: 300 seconds on a node that is not ready or not reachable.
fn tolerations(spec: &mut Object) {
    let list = spec.entry("tolerations").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    let covered = |list: &[Value], key: &str| {
        list.iter().filter_map(Value::as_object).any(|t| {
            (text(t, "key") == key || text(t, "key").is_empty())
                && (text(t, "effect") == "NoExecute" || text(t, "effect").is_empty())
        })
    };
    let keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    let new: Vec<&str> = keys.into_iter().filter(|key| !covered(list, key)).collect();
    for key in new {
        list.push(
            json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }),
        );
    }
}
