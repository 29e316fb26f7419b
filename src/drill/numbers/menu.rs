//! The menu of a structured agent: verbs times targets. A choice is what a person would type, in a line or a few, put together
//! from what the API says of the target; one that means nothing there is a pause of five seconds.
//!
//! | verb | of | lines |
//! | --- | --- | --- |
//! | `wait`, `wait-long` | anything | `sleep 30s`, `sleep 3m` |
//! | `undo`, `restart` | Deployment, StatefulSet, DaemonSet | `rollout undo`, `rollout restart` |
//! | `resume` | Deployment that is paused; CronJob, Job that is suspended | `rollout resume`; a patch of `spec.suspend` |
//! | `scale` | Deployment, StatefulSet, ReplicaSet | to as many as are wanted, or to one more |
//! | `memory` | a workload with a template | `set resources` to twice the memory limit |
//! | `requests` | the same | `set resources` to small requests |
//! | `selector` | Service | `set selector` to the labels of the newest pod of the Deployment of its name |
//! | `config` | a workload, a pod | `create` of what its pods say is not found |
//! | `label` | the same | the labels that its nodeSelector asks for, onto all nodes |
//! | `untaint`, `cordon`, `uncordon`, `drain` | Node | taints of Kubernetes' own stay |
//! | `delete` | Pod, Node | `delete` |
//! | `relax` | PodDisruptionBudget, ResourceQuota | a patch: one available is enough; twice as much is allowed |
//! | `cause KIND` | Deployment and so on, Node | `cause KIND OBJECT` |

use std::collections::BTreeMap;

use crate::api::PodSpec;
use crate::api::workload::WorkloadState;
use crate::drill::{self, Drill};
use crate::rules::machinery::quantity::Quantity;
use crate::session::tree;
use crate::world::held::AnyHeld;
use crate::world::workloads::ObjectKey;
use crate::world::{Pod, World};

use super::places::{Places, TARGETS, Target};

/// Verbs before those that name a cause.
const VERBS: [&str; 17] = [
    "wait",
    "wait-long",
    "undo",
    "restart",
    "resume",
    "scale",
    "memory",
    "requests",
    "selector",
    "config",
    "label",
    "untaint",
    "cordon",
    "uncordon",
    "drain",
    "delete",
    "relax",
];

/// All verbs, in the order of their numbers.
pub fn verbs() -> Vec<String> {
    let causes = drill::kinds().map(|kind| format!("cause {kind}"));
    VERBS.iter().map(|verb| (*verb).to_owned()).chain(causes).collect()
}

/// For each choice, verb by verb: whether it means something here.
pub(super) fn mask(drill: &Drill, places: &Places) -> Vec<bool> {
    let verbs = verbs().len();
    let one = |at: usize| meant(drill, places, at / TARGETS, at % TARGETS).is_some();
    (0..verbs * TARGETS).map(one).collect()
}

/// What is typed for a choice.
pub(super) fn lines(drill: &Drill, places: &Places, verb: usize, target: usize) -> Vec<String> {
    meant(drill, places, verb, target).unwrap_or_else(|| vec!["sleep 5s".to_owned()])
}

fn meant(drill: &Drill, places: &Places, verb: usize, target: usize) -> Option<Vec<String>> {
    let one = |line: &str| Some(vec![line.to_owned()]);
    let word = VERBS.get(verb).copied();
    match word {
        Some("wait") => return one("sleep 30s"),
        Some("wait-long") => return one("sleep 3m"),
        _ => {}
    }
    let w = drill.walk().world();
    let target = places.target(target)?;
    let Some(word) = word else {
        let kind = drill::kinds().nth(verb - VERBS.len())?;
        // Of an exercise nothing is to be named.
        let named = (drill.standing().faults > 0).then(|| name(w, target))?;
        return Some(vec![format!("cause {kind} {named}")]);
    };
    match target {
        Target::Node(node) => of_node(word, w.nodes[node].spec.name.as_str(), w, node),
        Target::Pod(pod) => of_pod(word, w, &w.pods[pod.ix()]),
        Target::Object(key) => of_object(word, drill, w, key),
    }
}

/// `deployment/web`, `node/node-a`, `pod/web-0`
fn name(w: &World, target: Target) -> String {
    match target {
        Target::Object(key) => tree::name(w, key),
        Target::Node(node) => format!("node/{}", w.nodes[node].spec.name),
        Target::Pod(pod) => format!("pod/{}", w.pods[pod.ix()].ident.name),
    }
}

/// ` -n shop`, where it is not `default`.
fn within(namespace: &str) -> String {
    if namespace == "default" { String::new() } else { format!(" -n {namespace}") }
}

fn of_node(verb: &str, name: &str, w: &World, node: usize) -> Option<Vec<String>> {
    let one = |line: String| Some(vec![line]);
    match verb {
        "untaint" => {
            let own = w.nodes[node].spec.taints.iter();
            let mut keys: Vec<&str> = own
                .map(|taint| taint.key.as_str())
                .filter(|key| !key.starts_with("node.kubernetes.io/"))
                .collect();
            keys.dedup();
            let lines: Vec<String> = keys.iter().map(|key| format!("taint node {name} {key}-")).collect();
            (!lines.is_empty()).then_some(lines)
        }
        "cordon" | "uncordon" => {
            let is_other = w.nodes[node].spec.unschedulable == (verb == "uncordon");
            is_other.then(|| vec![format!("{verb} {name}")])
        }
        "drain" => one(format!("drain {name} --ignore-daemonsets --delete-emptydir-data --force")),
        "delete" => one(format!("delete node/{name}")),
        _ => None,
    }
}

fn of_pod(verb: &str, w: &World, pod: &Pod) -> Option<Vec<String>> {
    let place = within(pod.ident.namespace.as_str());
    match verb {
        "delete" => Some(vec![format!("delete pod/{}{place}", pod.ident.name)]),
        "config" => created([pod].into_iter(), &place),
        "label" => labelled(w, &pod.spec),
        _ => None,
    }
}

fn of_object(verb: &str, drill: &Drill, w: &World, key: ObjectKey) -> Option<Vec<String>> {
    let one = |line: String| Some(vec![line]);
    let (name, meta) = (tree::name(w, key), w.workloads.meta(key)?);
    let place = within(meta.namespace.as_str());
    let own = || {
        let is_own = move |pod: &&Pod| pod.controller.is_some_and(|owner| w.workloads.topmost(owner) == key);
        w.pods.iter().filter(move |pod| pod.exists && is_own(pod))
    };
    match (verb, key) {
        (
            "undo" | "restart",
            ObjectKey::Deployment(_) | ObjectKey::StatefulSet(_) | ObjectKey::DaemonSet(_),
        ) => one(format!("rollout {verb} {name}{place}")),
        ("resume", ObjectKey::Deployment(id)) => {
            let paused = w.workloads.deployments[id.ix()].object.spec.paused;
            paused.then(|| vec![format!("rollout resume {name}{place}")])
        }
        ("resume", ObjectKey::CronJob(_) | ObjectKey::Job(_)) if is_suspended(w, key) => {
            one(format!("patch {name}{place} --type merge -p '{{\"spec\":{{\"suspend\":false}}}}'"))
        }
        ("scale", ObjectKey::Deployment(_) | ObjectKey::StatefulSet(_) | ObjectKey::ReplicaSet(_)) => {
            let (kind, plain) = name.split_once('/')?;
            let there = tree::figures(w, key).and_then(|own| own.desired).unwrap_or(0);
            let to = drill.wanted_replicas(kind, plain).filter(|to| *to != there).unwrap_or(there + 1);
            one(format!("scale {name}{place} --replicas={to}"))
        }
        ("memory", _) => {
            let spec = newest(own())?;
            let most = spec.containers.iter().filter_map(|own| own.resources.limits.get("memory"));
            let most = most.filter_map(|text| Quantity::parse(text).ok().map(Quantity::nanos)).max()?;
            let mib = (2 * most / 1_000_000_000 / (1 << 20)).max(1);
            one(format!("set resources {name}{place} --limits=memory={mib}Mi"))
        }
        ("requests", _) => {
            let spec = newest(own())?;
            let asks = spec.containers.iter().any(|own| !own.resources.requests.is_empty());
            asks.then(|| {
                vec![format!(
                    "set resources {name}{place} --requests=cpu=100m,memory=128Mi --limits=memory=256Mi"
                )]
            })
        }
        ("selector", ObjectKey::Service(_)) => {
            let plain = name.split_once('/')?.1;
            let deployment = w.workloads.deployments.iter().find(|own| {
                own.exists && own.object.meta.name == *plain && own.object.meta.namespace == meta.namespace
            })?;
            let labels = pairs(&*deployment.object.spec.template.labels, ' ');
            (!labels.is_empty()).then(|| vec![format!("set selector {name}{place} {labels}")])
        }
        ("config", _) => created(own(), &place),
        ("label", _) => labelled(w, newest(own())?),
        ("relax", ObjectKey::PodDisruptionBudget(_)) => {
            one(format!("patch {name}{place} --type merge -p '{{\"spec\":{{\"minAvailable\":1}}}}'"))
        }
        ("relax", ObjectKey::ResourceQuota(id)) => {
            let hard = w.workloads.resource_quotas[id.ix()].object.status.hard.as_ref()?;
            let mut wider = serde_json::Map::new();
            for (what, much) in hard.iter() {
                let twice = Quantity::parse(much).ok()?.value().saturating_mul(2);
                wider.insert(what.to_string(), twice.to_string().into());
            }
            let patch = serde_json::json!({ "spec": { "hard": wider } });
            one(format!("patch {name}{place} --type merge -p '{patch}'"))
        }
        _ => None,
    }
}

fn is_suspended(w: &World, key: ObjectKey) -> bool {
    let told = w.workloads.held(key).and_then(AnyHeld::told);
    told.is_some_and(|(state, ..)| state == WorkloadState::Suspended)
}

/// `app=web tier=front`
fn pairs<'a>(labels: impl IntoIterator<Item = (&'a String, &'a String)>, by: char) -> String {
    let pairs: Vec<String> = labels.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(&by.to_string())
}

fn newest<'a>(pods: impl Iterator<Item = &'a Pod>) -> Option<&'a PodSpec> {
    pods.max_by_key(|pod| (pod.created, pod.ident.name.to_string())).map(|pod| &*pod.spec)
}

/// What pods say is not found, of ConfigMaps and Secrets.
fn created<'a>(pods: impl Iterator<Item = &'a Pod>, place: &str) -> Option<Vec<String>> {
    let mut missing = BTreeMap::new();
    for pod in pods {
        let status = pod.status.read();
        for own in status.init.iter().chain(&status.containers) {
            let crate::api::ContainerState::Waiting { message, .. } = &own.state else { continue };
            let text = message.show(&pod.ident).to_string();
            // `configmap "web-env" not found`
            for kind in ["configmap", "secret"] {
                let named = text.strip_prefix(kind).and_then(|rest| rest.split('"').nth(1));
                if let Some(name) = named.filter(|_| text.ends_with("not found")) {
                    missing.insert(name.rsplit('/').next().unwrap_or(name).to_owned(), kind);
                }
            }
        }
    }
    let lines: Vec<String> =
        missing.iter().map(|(name, kind)| format!("create {kind} {name}{place}")).collect();
    (!lines.is_empty()).then_some(lines)
}

/// The labels that a pod wants of its node, onto each that has them not.
fn labelled(w: &World, spec: &PodSpec) -> Option<Vec<String>> {
    let has = |node: &crate::world::Node| {
        spec.node_selector.iter().all(|(key, value)| node.spec.labels.get(key) == Some(value))
    };
    let without = w.nodes.iter().filter(|node| node.exists && !has(node));
    let labels = pairs(&spec.node_selector, ' ');
    let lines: Vec<String> = without.map(|node| format!("label node/{} {labels}", node.spec.name)).collect();
    (!labels.is_empty() && !lines.is_empty()).then_some(lines)
}
