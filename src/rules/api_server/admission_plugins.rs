//! What the admission plugins of every common cluster add to a new pod.
//!
//! Source: plugin/pkg/admission/serviceaccount/admission.go, plugin/pkg/admission/priority/admission.go,
//! plugin/pkg/admission/defaulttolerationseconds/admission.go (1.36.2), in the order in which the API server runs them.
//! The surprise: they see the pod before it is validated, so that what they add is validated as well.

use serde_json::{Map, Value, json};

use super::admission::Rejection;
use super::objects::ObjectType;

type Object = Map<String, Value>;

/// A `PriorityClass` of the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriorityClass<'a> {
    /// Its name.
    pub name: &'a str,
    /// The priority that it gives.
    pub value: i32,
    /// It stands for pods that name none.
    pub global_default: bool,
    /// `PreemptLowerPriority` or `Never`.
    pub preemption_policy: &'a str,
}

/// The classes that every cluster has.
pub const SYSTEM_CLASSES: [PriorityClass<'static>; 2] = [
    PriorityClass {
        name: "system-node-critical",
        value: 2_000_001_000,
        global_default: false,
        preemption_policy: PREEMPT,
    },
    PriorityClass {
        name: "system-cluster-critical",
        value: 2_000_000_000,
        global_default: false,
        preemption_policy: PREEMPT,
    },
];
const PREEMPT: &str = "PreemptLowerPriority";

/// The cluster as the plugins see it.
#[derive(Clone, Debug)]
pub struct Cluster<'a> {
    /// Besides [`SYSTEM_CLASSES`].
    pub priority_classes: &'a [PriorityClass<'a>],
    /// Five letters that complete `kube-api-access-`.
    pub suffix: &'a str,
    /// `--default-not-ready-toleration-seconds` and its twin for unreachable nodes; 300 unless told otherwise.
    pub toleration_seconds: i64,
}

impl Default for Cluster<'_> {
    fn default() -> Self {
        Cluster { priority_classes: &[], suffix: "00000", toleration_seconds: 300 }
    }
}

/// All of them on a decoded and defaulted pod: the `mutate` of [`super::admission::admit_with`].
///
/// # Errors
/// A priority class that does not exist, or a priority that is not that of the class.
pub fn mutate(pod: &mut Object, cluster: &Cluster) -> Result<(), Rejection> {
    let is_mirror = annotation(pod, "kubernetes.io/config.mirror");
    let name = name_of(pod);
    let Value::Object(spec) = pod.entry("spec").or_insert_with(|| json!({})) else { return Ok(()) };
    if !is_mirror {
        service_account(spec, cluster.suffix);
    }
    priority(spec, cluster).map_err(|why| Rejection::Forbidden { kind: ObjectType::Pod, name, why })?;
    toleration_seconds(spec, cluster.toleration_seconds);
    Ok(())
}

fn annotation(pod: &Object, name: &str) -> bool {
    pod.get("metadata").and_then(|m| m.get("annotations")).and_then(|a| a.get(name)).is_some()
}

fn name_of(pod: &Object) -> String {
    let text =
        |name: &str| pod.get("metadata").and_then(|m| m.get(name)).and_then(Value::as_str).unwrap_or("");
    let name = if text("name").is_empty() { text("generateName") } else { text("name") };
    name.to_owned()
}

/// `serviceAccountName: default`, and the token mounted into every container that does not mount something there.
fn service_account(spec: &mut Object, suffix: &str) {
    const PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    if spec.get("serviceAccountName").and_then(Value::as_str).unwrap_or("").is_empty() {
        spec.insert("serviceAccountName".to_owned(), json!("default"));
        spec.insert("serviceAccount".to_owned(), json!("default"));
    }
    if spec.get("automountServiceAccountToken").and_then(Value::as_bool) == Some(false) {
        return;
    }
    let volume = format!("kube-api-access-{suffix}");
    let mut needed = false;
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Value::Object(container) = container else { continue };
            let Value::Array(mounts) = container.entry("volumeMounts").or_insert_with(|| json!([])) else {
                continue;
            };
            if mounts.iter().all(|mount| mount.get("mountPath").and_then(Value::as_str) != Some(PATH)) {
                mounts.push(json!({"name": volume, "readOnly": true, "mountPath": PATH}));
                needed = true;
            }
        }
    }
    if needed && let Value::Array(volumes) = spec.entry("volumes").or_insert_with(|| json!([])) {
        volumes.push(token_volume(&volume));
    }
}

/// `TokenVolumeSource`: the token, the cluster's certificate, the namespace.
fn token_volume(name: &str) -> Value {
    json!({
        "name": name,
        "projected": {
            "sources": [
                // An hour and seven seconds mark tokens that were asked for here.
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{
                    "path": "namespace",
                    "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                }]}},
            ],
            "defaultMode": 0o644,
        },
    })
}

/// `admitPod` of the plugin Priority.
fn priority(spec: &mut Object, cluster: &Cluster) -> Result<(), String> {
    let named = spec.get("priorityClassName").and_then(Value::as_str).unwrap_or("").to_owned();
    let mut classes = SYSTEM_CLASSES.iter().chain(cluster.priority_classes);
    let class = if named.is_empty() {
        // Of several global defaults the lowest counts.
        cluster.priority_classes.iter().filter(|class| class.global_default).min_by_key(|class| class.value)
    } else {
        let class = classes.find(|class| class.name == named);
        Some(class.ok_or_else(|| format!("no PriorityClass with name {named} was found"))?)
    };
    let (value, policy) = class.map_or((0, PREEMPT), |class| (class.value, class.preemption_policy));
    let given = spec.get("priority").and_then(Value::as_i64);
    if let Some(given) = given
        && given != i64::from(value)
    {
        return Err(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller \
             computed {value} from the given PriorityClass name"
        ));
    }
    if let Some(given) = spec.get("preemptionPolicy").and_then(Value::as_str)
        && given != policy
    {
        return Err(format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission \
             controller computed {policy} from the given PriorityClass name"
        ));
    }
    if let Some(class) = class {
        spec.insert("priorityClassName".to_owned(), json!(class.name));
    }
    spec.insert("priority".to_owned(), json!(value));
    spec.insert("preemptionPolicy".to_owned(), json!(policy));
    Ok(())
}

/// Five minutes on a node that is not ready or not reachable, unless the pod says otherwise.
fn toleration_seconds(spec: &mut Object, seconds: i64) {
    let Value::Array(tolerations) = spec.entry("tolerations").or_insert_with(|| json!([])) else { return };
    let text = |toleration: &Value, name: &str| {
        toleration.get(name).and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let mut added = Vec::new();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = tolerations.iter().any(|t| {
            ["", key].contains(&text(t, "key").as_str())
                && ["", "NoExecute"].contains(&text(t, "effect").as_str())
        });
        if !tolerated {
            added.push(json!({
                "key": key,
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": seconds,
            }));
        }
    }
    tolerations.extend(added);
    if tolerations.is_empty() {
        spec.shift_remove("tolerations");
    }
}
