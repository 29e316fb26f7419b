//! What some manifests say of the cluster that they are for: what they ask of its nodes, what they name and do not bring.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::ending::{self, Ending};
use super::needs::{Asking, Made, Needs};
use super::{AUTOSCALER, RUNS, references};
use crate::rules::api_server::admission::Request;
use crate::rules::api_server::{objects, runtime_admission};
use crate::rules::kubectl::manifest::Document;
use crate::rules::versions::gates::Gates;
use crate::scenario::diagnostic::nearest;
use crate::scenario::manifest::templates_in;
use crate::scenario::resolve::is_dns_subdomain;
use crate::scenario::tree::{spelled, spelled_key};
use crate::scenario::values;
use crate::time::Time;

/// Whether the API server takes the object of a node.
fn is_taken(node: &Json) -> bool {
    let gates = Gates::default();
    let request = Request { gates, now: Time::EPOCH, namespace: "", suffix: "00000", uid: "" };
    objects::create(node, &request).is_ok_and(|admitted| admitted.strict.is_empty())
}

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
pub struct Cluster<'a> {
    pub name: String,
    kinds: Vec<(&'a str, usize)>,
    needs: Needs,
    /// Nodes that stand in the manifests.
    nodes: Vec<&'a Json>,
    /// Namespaces that are named and that no document makes.
    pub namespaces: BTreeSet<String>,
    /// ConfigMaps and the like that pods refer to and that no document makes.
    pub references: BTreeSet<String>,
    /// Classes of priority that are named and that no document makes, with the value where a pod knows it.
    priorities: Vec<(String, i64)>,
    /// RuntimeClasses that are named and that no document makes.
    runtimes: BTreeSet<String>,
    /// Workloads that run something to its end: kind, name, the containers that end, and those that do not.
    ends: Vec<Ending<'a>>,
}

impl<'a> Cluster<'a> {
    pub fn of(documents: &'a [Document], templates_of: &[String]) -> Cluster<'a> {
        let mut cluster = Cluster::default();
        let mut asking = Vec::new();
        let (mut made, mut referred, mut volumes) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut runtimes: BTreeMap<&str, &Json> = BTreeMap::new();
        let scaled = scaled(documents);
        for Document { value, .. } in documents {
            let word = |at: &str| value.pointer(at).and_then(Json::as_str).unwrap_or_default();
            let (kind, name) = (word("/kind"), word("/metadata/name"));
            match cluster.kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => cluster.kinds.push((kind, 1)),
            }
            match kind {
                "Node" if is_taken(value) => cluster.nodes.push(value),
                "PersistentVolume" => volumes.push(value),
                "RuntimeClass" => drop(runtimes.insert(name, value)),
                _ => {}
            }
            let namespace =
                Some(word("/metadata/namespace")).filter(|own| !own.is_empty()).unwrap_or("default");
            made.insert((kind, namespace, name));
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
            for pod in &own {
                references::of(&pod.spec, &mut |kind, name| {
                    referred.insert((kind, namespace, name.to_owned()));
                });
            }
            cluster.ends.extend(Ending::of(value));
            asking.extend(own);
        }
        let named: BTreeSet<(&str, &str)> = made.iter().map(|(kind, _, name)| (*kind, *name)).collect();
        let is_made = |kind: &str, name: &str| named.contains(&(kind, name));
        cluster.namespaces.retain(|name| !is_made("Namespace", name));
        referred.retain(|(kind, namespace, name)| !made.contains(&(*kind, *namespace, name.as_str())));
        cluster.references = referred.into_iter().map(|(kind, _, name)| format!("{kind} {name}")).collect();
        for Asking { spec, .. } in &asking {
            cluster.priority(spec, |class| is_made("PriorityClass", class));
        }
        for Asking { spec, .. } in &mut asking {
            cluster.runtime(spec.to_mut(), &runtimes);
        }
        cluster.needs = Needs::of(&asking, &volumes, is_dns_subdomain);
        if cluster.name.is_empty() {
            let first =
                documents.first().and_then(|one| one.value.pointer("/metadata/name")).and_then(Json::as_str);
            first.unwrap_or("manifests").clone_into(&mut cluster.name);
        }
        cluster
    }

    fn priority(&mut self, spec: &Map<String, Json>, is_made: impl Fn(&str) -> bool) {
        let class = spec.get("priorityClassName").and_then(Json::as_str).unwrap_or_default();
        let is_known = class.is_empty()
            || class.starts_with("system-")
            || self.priorities.iter().any(|(known, _)| known == class)
            || is_made(class);
        if !is_known {
            // A guess; where the pod says what it is, that is it.
            let value = spec.get("priority").and_then(Json::as_i64).unwrap_or(1000);
            self.priorities.push((class.to_owned(), value));
        }
    }

    /// What a class wants of nodes its pods want.
    fn runtime(&mut self, spec: &mut Map<String, Json>, made: &BTreeMap<&str, &Json>) {
        let class = spec.get("runtimeClassName").and_then(Json::as_str).unwrap_or_default().to_owned();
        match made.get(class.as_str()) {
            Some(class) => drop(runtime_admission::admit(spec, Some(class))),
            None if class.is_empty() => {}
            None => drop(self.runtimes.insert(class)),
        }
    }

    /// Whether some document is of a kind.
    ///
    /// # Errors
    /// None is; with the one that may be meant.
    pub fn has_kind(&self, kind: &str) -> Result<(), String> {
        let kinds: Vec<&str> = self.kinds.iter().map(|(own, _)| *own).collect();
        if kinds.contains(&kind) {
            return Ok(());
        }
        let near = nearest(kind, &kinds).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(format!("--template-of {kind}: no document is of this kind{near}"))
    }

    /// `2 Deployments, a Service`
    pub fn words(&self) -> String {
        let kinds = self.kinds.iter().filter(|(kind, _)| !kind.is_empty());
        let words: Vec<String> = kinds
            .map(|(kind, count)| match count {
                1 => format!("a {kind}"),
                _ => format!("{count} {kind}{}", if kind.ends_with('s') { "es" } else { "s" }),
            })
            .collect();
        words.join(", ")
    }

    /// Pods ran on nodes of these names.
    pub fn have_seen(&mut self, nodes: impl IntoIterator<Item = String>) {
        let seen: Vec<String> = nodes.into_iter().filter(|name| is_dns_subdomain(name)).collect();
        self.needs.seen = !seen.is_empty();
        self.needs.names.extend(seen);
    }

    pub fn nodes(&self, count: Option<u32>, text: &mut String, told: &mut Vec<String>) {
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

    pub fn objects(&self, text: &mut String, told: &mut Vec<String>) {
        for (name, value) in &self.priorities {
            let _ = write!(
                text,
                "\n[[object]]\nkind = \"PriorityClass\"\nname = {}\nvalue = {value}\n",
                spelled(name)
            );
            told.push(format!("PriorityClass {name} is there, with value {value} ([[object]] value)"));
        }
        self.runtimes(text, told);
    }

    pub fn runtimes(&self, text: &mut String, told: &mut Vec<String>) {
        for name in &self.runtimes {
            let _ = write!(text, "\n[[object]]\nkind = \"RuntimeClass\"\nname = {}\n", spelled(name));
            told.push(format!(
                "RuntimeClass {name} is there, and every node has its handler ([[object]] handler)"
            ));
        }
    }

    pub fn programs(&self, text: &mut String, told: &mut Vec<String>) {
        let mut words = "processes run on and answer their probes".to_owned();
        if !self.ends.is_empty() {
            for (workload, container) in ending::programs(&self.ends) {
                let (workload, container) = (spelled(&workload), spelled(&container));
                let _ = write!(
                    text,
                    "\n[[program]]\nworkload = {workload}\ncontainer = {container}\nattempts = [{{ runs = \"{RUNS}\" }}]\n"
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
            return spec.map(|spec| Asking { spec: Cow::Borrowed(spec), count: 1 }).into_iter().collect();
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
    let asking =
        |(spec, own)| Asking { spec: Cow::Borrowed(spec), count: if count == 0 { own } else { count } };
    specs.map(asking).collect()
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
                (at == "/metadata/labels" || values::parse_quantity(&value).is_ok_and(|amount| amount >= 0))
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
pub fn list(all: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
    shown.join(", ") + &more
}
