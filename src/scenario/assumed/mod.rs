//! The scenario around manifests that come without one: what is assumed, as a text that a person could have written.
//!
//! All manifests are one `[[apply]]` at the start, on nodes that have what the manifests ask for, with programs that behave
//! well. What is assumed is also told, each with the key that says otherwise. The surprise: it is a scenario like any other
//! from then on, so that overrides, digests and what is saved of it need nothing of their own.

mod needs;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::manifest::templates_in;
use super::resolve::is_dns_subdomain;
use super::tree::{spelled, spelled_key};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::manifest::{self, Document};
use needs::{Asking, Made, Needs};

/// Manifests, and what is said beside them.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What the scenario is called; None: as the first workload.
    pub name: Option<&'a str>,
    /// Paths and texts.
    pub files: &'a [(String, String)],
    /// How many nodes; None: three, or as many as are needed.
    pub nodes: Option<u32>,
    /// Kinds that nobody plays, and whose pod templates are played all the same.
    pub templates_of: &'a [String],
}

/// The scenario around some manifests.
#[derive(Clone, Debug)]
pub struct Assumed {
    /// What it is called.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What was assumed, each with what says otherwise.
    pub told: Vec<String>,
}

/// The scenario around some manifests.
///
/// # Errors
/// There is nothing in them, with the first reason why.
pub fn around(given: Given<'_>) -> Result<Assumed, String> {
    let mut documents = Vec::new();
    let mut wrong = None;
    for (path, text) in given.files {
        let (own, problems) = manifest::objects(text);
        let first = problems.first().map(|why| match why.position {
            Some((line, column)) => format!("{path}:{line}:{column}: {}", why.message),
            None => format!("{path}: {}", why.message),
        });
        wrong = wrong.or(first);
        documents.extend(own);
    }
    if documents.is_empty() {
        let files: Vec<&str> = given.files.iter().map(|(path, _)| path.as_str()).take(3).collect();
        return Err(match wrong {
            Some(why) => format!("{why}; no other document is there to be played"),
            None => format!(
                "{}: no Kubernetes object in it; what is wanted is YAML or JSON with apiVersion and kind",
                files.join(", ")
            ),
        });
    }
    let cluster = Cluster::of(&documents, given.templates_of);
    let name = given.name.map_or_else(|| cluster.name.clone(), str::to_owned);
    let name = file_name(&name);
    let mut told = Vec::new();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# What is assumed of manifests that come without a scenario.\nname = {}",
        spelled(&name)
    );
    let description = format!("What becomes of {}", cluster.words());
    let _ = writeln!(text, "description = {}\nuntil = \"1h\"\nuntilSettled = true", spelled(&description));
    cluster.nodes(given.nodes, &mut text, &mut told);
    cluster.objects(&mut text, &mut told);
    cluster.programs(&mut text, &mut told);
    if cluster.kinds.iter().any(|(kind, _)| *kind == AUTOSCALER) {
        told.push(format!("there is no metrics server: a {AUTOSCALER} keeps to its bounds ([[metric]])"));
    }
    let paths: Vec<String> = given.files.iter().map(|(path, _)| spelled(path)).collect();
    let _ = writeln!(text, "\n[[apply]]\nmanifest = [{}]\ncontinueOnError = true", paths.join(", "));
    if !given.templates_of.is_empty() {
        let kinds: Vec<String> = given.templates_of.iter().map(|kind| spelled(kind)).collect();
        let _ = writeln!(text, "templatesOf = [{}]", kinds.join(", "));
    }
    if !cluster.namespaces.is_empty() {
        told.push(format!("namespaces {} are there already", list(&cluster.namespaces)));
    }
    told.push("the run ends once nothing new happens, after 1h at most (--until)".to_owned());
    Ok(Assumed { name, text, told })
}

/// Whatever it scales may have more pods than its manifest asks for.
const AUTOSCALER: &str = "HorizontalPodAutoscaler";

/// How many pods autoscalers make of what they scale at least, by its kind and name.
fn scaled(documents: &[Document]) -> BTreeMap<(&str, &str), u64> {
    let mut least: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for Document { value, .. } in documents.iter().filter(|one| one.value["kind"] == AUTOSCALER) {
        let (target, min) = (&value["spec"]["scaleTargetRef"], &value["spec"]["minReplicas"]);
        if let (Some(kind), Some(name)) = (target["kind"].as_str(), target["name"].as_str()) {
            let most = least.entry((kind, name)).or_default();
            *most = (*most).max(min.as_u64().unwrap_or(1));
        }
    }
    least
}

/// What the documents say of the cluster that they are for.
#[derive(Default)]
struct Cluster<'a> {
    name: String,
    kinds: Vec<(&'a str, usize)>,
    needs: Needs,
    /// Nodes that stand in the manifests.
    nodes: Vec<&'a Json>,
    /// Namespaces that are named and that no document makes.
    namespaces: BTreeSet<String>,
    /// Classes of priority that are named and that no document makes, with the value where a pod knows it.
    priorities: Vec<(String, i64)>,
    /// Kinds that run something to its end.
    ends: BTreeSet<&'static str>,
    /// Of these, what runs beside until it is told to stop: `job/import`, and the container.
    sidecars: BTreeSet<(String, &'a str)>,
}

impl<'a> Cluster<'a> {
    fn of(documents: &'a [Document], templates_of: &[String]) -> Cluster<'a> {
        let mut cluster = Cluster::default();
        let mut asking = Vec::new();
        let scaled = scaled(documents);
        let mut made = BTreeSet::new();
        for Document { value, .. } in documents {
            let word = |at: &str| value.pointer(at).and_then(Json::as_str).unwrap_or_default();
            let (kind, name) = (word("/kind"), word("/metadata/name"));
            match cluster.kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => cluster.kinds.push((kind, 1)),
            }
            match kind {
                "Node" => cluster.nodes.push(value),
                "Namespace" | "PriorityClass" => drop(made.insert((kind, name))),
                _ => {}
            }
            if !matches!(
                word("/metadata/namespace"),
                "" | "default" | "kube-system" | "kube-public" | "kube-node-lease"
            ) {
                cluster.namespaces.insert(word("/metadata/namespace").to_owned());
            }
            let mut own = pods_of(value, kind, templates_of);
            let least = scaled.get(&(kind, name)).copied().unwrap_or(0);
            own.iter_mut().for_each(|asking| asking.count = asking.count.max(least));
            if !own.is_empty() && cluster.name.is_empty() {
                let base =
                    if name.is_empty() { word("/metadata/generateName").trim_end_matches('-') } else { name };
                base.clone_into(&mut cluster.name);
            }
            let played = ObjectType::of(value).ok().filter(|of| of.law().is_kept).map(ObjectType::key);
            if let Some(key) = played.filter(|key| matches!(*key, "job" | "cronJob")) {
                cluster.ends.insert(key);
                let name = if name.is_empty() {
                    word("/metadata/generateName").to_owned() + "*"
                } else {
                    name.to_owned()
                };
                let workload = format!("{key}/{name}");
                cluster.sidecars.extend(
                    own.iter()
                        .flat_map(|one| sidecars(one.spec))
                        .map(|container| (workload.clone(), container)),
                );
            }
            asking.extend(own);
        }
        cluster.namespaces.retain(|name| !made.contains(&("Namespace", name.as_str())));
        for Asking { spec, .. } in &asking {
            let class = spec.get("priorityClassName").and_then(Json::as_str).unwrap_or_default();
            let is_known = class.is_empty()
                || class.starts_with("system-")
                || made.contains(&("PriorityClass", class))
                || cluster.priorities.iter().any(|(known, _)| known == class);
            if !is_known {
                // A guess; where the pod says what it is, that is it.
                let value = spec.get("priority").and_then(Json::as_i64).unwrap_or(1000);
                cluster.priorities.push((class.to_owned(), value));
            }
        }
        cluster.needs = Needs::of(&asking, is_dns_subdomain);
        if cluster.name.is_empty() {
            let first =
                documents.first().and_then(|one| one.value.pointer("/metadata/name")).and_then(Json::as_str);
            first.unwrap_or("manifests").clone_into(&mut cluster.name);
        }
        cluster
    }

    /// `2 Deployments, a Service`
    fn words(&self) -> String {
        let kinds = self.kinds.iter().filter(|(kind, _)| !kind.is_empty());
        let words: Vec<String> = kinds
            .map(|(kind, count)| match count {
                1 => format!("a {kind}"),
                _ => format!("{count} {kind}{}", if kind.ends_with('s') { "es" } else { "s" }),
            })
            .collect();
        words.join(", ")
    }

    fn nodes(&self, count: Option<u32>, text: &mut String, told: &mut Vec<String>) {
        if !self.nodes.is_empty() && count.is_none() {
            for node in &self.nodes {
                written(node, &self.needs, text);
            }
            return;
        }
        let nodes = self.needs.nodes(count.map(u64::from));
        let capacity = self.needs.capacity();
        let mut rest = String::new();
        if !capacity.is_empty() {
            let list: Vec<String> = capacity
                .iter()
                .map(|(name, amount)| format!("{} = {}", spelled_key(name), spelled(amount)))
                .collect();
            let _ = writeln!(rest, "capacity = {{ {} }}", list.join(", "));
        }
        let taints: Vec<String> = self
            .needs
            .taints()
            .map(|(key, value, effect)| {
                format!(
                    "{{ key = {}, value = {}, effect = {} }}",
                    spelled(key),
                    spelled(value),
                    spelled(effect)
                )
            })
            .collect();
        if !taints.is_empty() {
            let _ = writeln!(rest, "taints = [{}]", taints.join(", "));
        }
        rest.push_str(&images(&self.needs));
        let are_alike =
            nodes.iter().all(|node| node.labels == nodes[0].labels) && self.needs.names.is_empty();
        if are_alike {
            let count = nodes.len();
            let _ = write!(text, "\n[[node]]\nname = \"node\"\ncount = {count}\n{}{rest}", labels(&nodes[0]));
        } else {
            for node in &nodes {
                let _ = write!(text, "\n[[node]]\nname = {}\n{}{rest}", spelled(&node.name), labels(node));
            }
        }
        told.push(format!("{} (--nodes N; [[node]] in a scenario)", self.of_nodes(&nodes, &capacity)));
        if !self.needs.images.is_empty() {
            told.push(format!("{} are on every node already ([[node]] images)", list(&self.needs.images)));
        }
    }

    fn of_nodes(&self, nodes: &[Made], capacity: &[(String, String)]) -> String {
        let usual =
            [("cpu", "16"), ("memory", "64Gi")].map(|(name, amount)| (name.to_owned(), amount.to_owned()));
        let usual = usual.iter().filter(|(name, _)| capacity.iter().all(|(own, _)| own != name));
        let has: Vec<String> =
            usual.chain(capacity).map(|(name, amount)| format!("{name} {amount}")).collect();
        let plural = if nodes.len() == 1 { "node with" } else { "nodes, each with" };
        let mut words = format!("{} {plural} {}", nodes.len(), has.join(", "));
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for (key, value) in nodes.iter().flat_map(|node| &node.labels) {
            let is_everywhere = nodes.iter().all(|node| node.labels.get(key) == Some(value));
            keys.insert(if is_everywhere { format!("{key}={value}") } else { key.clone() });
        }
        if !keys.is_empty() {
            let _ = write!(words, ", labels {}", list(&keys));
        }
        let taints: BTreeSet<String> =
            self.needs.taints().map(|(key, value, effect)| format!("{key}={value}:{effect}")).collect();
        if !taints.is_empty() {
            let _ = write!(words, ", taints {}", list(&taints));
        }
        words
    }

    fn objects(&self, text: &mut String, told: &mut Vec<String>) {
        for (name, value) in &self.priorities {
            let _ = write!(
                text,
                "\n[[object]]\nkind = \"PriorityClass\"\nname = {}\nvalue = {value}\n",
                spelled(name)
            );
            told.push(format!("PriorityClass {name} is there, with value {value} ([[object]] value)"));
        }
    }

    fn programs(&self, text: &mut String, told: &mut Vec<String>) {
        const RUNS: &str = "10s";
        let mut words = "processes run on and answer their probes".to_owned();
        if !self.ends.is_empty() {
            // The first one that fits counts.
            for (workload, container) in &self.sidecars {
                let _ = write!(
                    text,
                    "\n[[program]]\nworkload = {}\ncontainer = {}\n",
                    spelled(workload),
                    spelled(container)
                );
            }
            for kind in &self.ends {
                let _ = write!(
                    text,
                    "\n[[program]]\nworkload = \"{kind}/*\"\nattempts = [{{ runs = \"{RUNS}\" }}]\n"
                );
            }
            let _ = write!(words, "; what Jobs run ends well after {RUNS}");
        }
        told.push(format!("{words} ([[program]])"));
    }
}

/// The pods that are made of an object.
fn pods_of<'a>(value: &'a Json, kind: &str, templates_of: &[String]) -> Vec<Asking<'a>> {
    let count = |at: &str| value.pointer(at).and_then(Json::as_u64).unwrap_or(1);
    let count = match kind {
        "Pod" => {
            let spec = value.get("spec").and_then(Json::as_object);
            return spec.map(|spec| Asking { spec, count: 1 }).into_iter().collect();
        }
        "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" => count("/spec/replicas"),
        "Job" => count("/spec/parallelism"),
        "CronJob" => count("/spec/jobTemplate/spec/parallelism"),
        "DaemonSet" => 1,
        _ if templates_of.iter().any(|own| own == kind) => 0,
        _ => return Vec::new(),
    };
    let templates = templates_in(value).into_iter();
    let specs = templates.filter_map(|(template, own)| Some((template.get("spec")?.as_object()?, own)));
    specs.map(|(spec, own)| Asking { spec, count: if count == 0 { own } else { count } }).collect()
}

/// Init containers that run beside the others (`restartPolicy: Always`).
fn sidecars(spec: &serde_json::Map<String, Json>) -> impl Iterator<Item = &str> {
    let inits = spec.get("initContainers").and_then(Json::as_array).into_iter().flatten();
    let beside = inits.filter(|one| one["restartPolicy"] == "Always");
    beside.filter_map(|one| one["name"].as_str())
}

/// A node as its manifest has it.
fn written(node: &Json, needs: &Needs, text: &mut String) {
    let map = |at: &str| node.pointer(at).and_then(Json::as_object).into_iter().flatten();
    let name = node.pointer("/metadata/name").and_then(Json::as_str).unwrap_or_default();
    let _ = write!(text, "\n[[node]]\nname = {}\n", spelled(name));
    let entries = |at: &str| -> Vec<String> {
        map(at)
            .filter_map(|(key, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (at == "/metadata/labels"
                    || super::values::parse_quantity(&value).is_ok_and(|amount| amount >= 0))
                .then(|| format!("{} = {}", spelled_key(key), spelled(&value)))
            })
            .collect()
    };
    for (key, at) in [
        ("labels", "/metadata/labels"),
        ("capacity", "/status/capacity"),
        ("allocatable", "/status/allocatable"),
    ] {
        let entries = entries(at);
        if !entries.is_empty() {
            let _ = writeln!(text, "{key} = {{ {} }}", entries.join(", "));
        }
    }
    let taints = node.pointer("/spec/taints").and_then(Json::as_array).into_iter().flatten();
    let taints: Vec<String> = taints
        .filter(|taint| !taint["key"].as_str().unwrap_or_default().starts_with("node.kubernetes.io/"))
        .map(|taint| {
            let [key, value, effect] =
                ["key", "value", "effect"].map(|key| spelled(taint[key].as_str().unwrap_or_default()));
            format!("{{ key = {key}, value = {value}, effect = {effect} }}")
        })
        .collect();
    if !taints.is_empty() {
        let _ = writeln!(text, "taints = [{}]", taints.join(", "));
    }
    if node.pointer("/spec/unschedulable") == Some(&Json::Bool(true)) {
        text.push_str("unschedulable = true\n");
    }
    text.push_str(&images(needs));
}

fn images(needs: &Needs) -> String {
    if needs.images.is_empty() {
        return String::new();
    }
    let images: Vec<String> = needs.images.iter().map(|image| spelled(image)).collect();
    format!("images = [{}]\n", images.join(", "))
}

fn labels(node: &Made) -> String {
    if node.labels.is_empty() {
        return String::new();
    }
    let labels: Vec<String> =
        node.labels.iter().map(|(key, value)| format!("{} = {}", spelled_key(key), spelled(value))).collect();
    format!("labels = {{ {} }}\n", labels.join(", "))
}

/// The first few of many.
fn list(all: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
    shown.join(", ") + &more
}

/// A name that a folder can have.
fn file_name(name: &str) -> String {
    let fits = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = name.chars().map(fits).take(100).collect();
    let name = name.trim_start_matches(['.', '-']).to_owned();
    if name.is_empty() { "manifests".to_owned() } else { name }
}
