//! What pods ask of the nodes that they run on, and nodes that have it.
//!
//! Nodes are alike as far as that can be: labels that contradict each other are shared out among them, and the values of
//! topology keys differ from node to node, so that pods can be spread.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::rules::api_server::validation::names::{is_label_key, is_label_value};
use crate::rules::machinery::quantity::Quantity;

type Object = Map<String, Json>;

/// A pod's spec, and how many pods of it there are.
pub struct Asking<'a> {
    pub spec: Cow<'a, Object>,
    pub count: u64,
}

/// All of it together.
#[derive(Default)]
pub struct Needs {
    /// Each a set of labels that one node must have, or must not have.
    labels: Vec<BTreeMap<String, Wanted>>,
    /// Keys by which pods are spread or kept together.
    topologies: BTreeSet<String>,
    /// Nodes that are named.
    pub names: BTreeSet<String>,
    /// So they were seen: these are all that pods ran on.
    pub seen: bool,
    /// By resource, of all pods together, in billionths.
    total: BTreeMap<String, i128>,
    /// How many pods there are.
    pods: u64,
    /// As many nodes as pods of which no two may be on one.
    apart: u64,
    /// Images that nobody pulls.
    pub images: BTreeSet<String>,
    /// What every pod tolerates; None: there is no pod yet.
    tolerated: Option<BTreeSet<(String, String, String)>>,
}

/// What a label must be.
#[derive(Clone, PartialEq, Eq)]
enum Wanted {
    Is(String),
    Absent,
    NoneOf(Vec<String>),
}

/// A node that has what is asked for.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Made {
    pub name: String,
    pub labels: BTreeMap<String, String>,
}

/// Every node has it, with its name.
const HOST: &str = "kubernetes.io/hostname";
/// So many nodes there are where nobody asks for more.
const USUAL: u64 = 3;
/// Pods of which no two may be on one node get no more nodes than these.
const MOST: u64 = 100;
/// Labels that a kubelet sets by itself.
const OWN: [(&str, &str); 2] = [("kubernetes.io/os", "linux"), ("kubernetes.io/arch", "amd64")];

impl Needs {
    /// `volumes` are those that can be reached from some nodes only.
    pub fn of(pods: &[Asking<'_>], volumes: &[&Json], is_name: fn(&str) -> bool) -> Needs {
        let mut needs = Needs::default();
        for volume in volumes {
            needs.reach(volume);
        }
        for pod in pods {
            needs.placement(pod);
            needs.resources(pod);
            needs.tolerates(&pod.spec);
            for container in containers(&pod.spec, &["initContainers", "containers"]) {
                if let ("Never", image) = (word(container, "imagePullPolicy"), word(container, "image"))
                    && !image.is_empty()
                {
                    needs.images.insert(image.to_owned());
                }
            }
            let volumes = pod.spec.get("volumes").and_then(Json::as_array).into_iter().flatten();
            for image in volumes.filter_map(|volume| volume.get("image")?.as_object()) {
                if let ("Never", reference) = (word(image, "pullPolicy"), word(image, "reference"))
                    && !reference.is_empty()
                {
                    needs.images.insert(reference.to_owned());
                }
            }
        }
        // What is no name no node has.
        needs.names.retain(|name| is_name(name));
        needs.topologies.retain(|key| is_label_key(key));
        needs.total.retain(|resource, _| is_label_key(resource));
        needs
    }

    fn placement(&mut self, pod: &Asking<'_>) {
        let mut wanted = BTreeMap::new();
        for (key, value) in pod.spec.get("nodeSelector").and_then(Json::as_object).into_iter().flatten() {
            self.want(&mut wanted, key, Wanted::Is(value.as_str().unwrap_or_default().to_owned()));
        }
        let affinity = pod.spec.get("affinity");
        let at = |path: &str| affinity.and_then(|affinity| affinity.pointer(path));
        let terms = at("/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
        // One of the terms is enough.
        if let Some(term) = terms.and_then(Json::as_array).and_then(|terms| terms.first()) {
            for expression in objects(term, "matchExpressions") {
                let key = word(expression, "key");
                self.want(&mut wanted, key, of_expression(expression));
            }
            for field in objects(term, "matchFields") {
                self.names.extend(strings(field, "values").first().cloned());
            }
        }
        if !wanted.is_empty() && !self.labels.contains(&wanted) {
            self.labels.push(wanted);
        }
        self.names.extend(Some(word(&pod.spec, "nodeName").to_owned()).filter(|name| !name.is_empty()));
        for constraint in containers(&pod.spec, &["topologySpreadConstraints"]) {
            self.topologies.insert(word(constraint, "topologyKey").to_owned());
        }
        for kind in ["podAffinity", "podAntiAffinity"] {
            let list = |name: &str| at(&format!("/{kind}/{name}DuringSchedulingIgnoredDuringExecution"));
            let required = list("required").and_then(Json::as_array).into_iter().flatten();
            let preferred = list("preferred").and_then(Json::as_array).into_iter().flatten();
            for term in
                required.clone().chain(preferred.filter_map(|weighted| weighted.get("podAffinityTerm")))
            {
                let key = term.get("topologyKey").and_then(Json::as_str).unwrap_or_default();
                self.topologies.insert(key.to_owned());
            }
            let is_host = |term: &Json| term.get("topologyKey").and_then(Json::as_str) == Some(HOST);
            if kind == "podAntiAffinity" && required.clone().any(is_host) {
                self.apart = self.apart.max(pod.count.min(MOST));
            }
        }
        self.topologies.retain(|key| !key.is_empty() && key != HOST);
    }

    /// A node from which a volume can be reached.
    fn reach(&mut self, volume: &Json) {
        let terms = volume.pointer("/spec/nodeAffinity/required/nodeSelectorTerms").and_then(Json::as_array);
        let Some(term) = terms.and_then(|terms| terms.first()) else { return };
        let mut wanted = BTreeMap::new();
        for expression in objects(term, "matchExpressions") {
            self.want(&mut wanted, word(expression, "key"), of_expression(expression));
        }
        if !wanted.is_empty() && !self.labels.contains(&wanted) {
            self.labels.push(wanted);
        }
    }

    fn want(&mut self, wanted: &mut BTreeMap<String, Wanted>, key: &str, value: Wanted) {
        match value {
            Wanted::Is(name) if key == HOST => drop(self.names.insert(name)),
            // What can be no label no node has: such a pod is refused.
            Wanted::Is(value) if !is_label_key(key) || !is_label_value(&value) => {}
            value => drop(wanted.insert(key.to_owned(), value)),
        }
    }

    /// `PodRequests`: init containers run one after the other, the others together.
    fn resources(&mut self, pod: &Asking<'_>) {
        let mut of_pod: BTreeMap<String, i128> = BTreeMap::new();
        for container in containers(&pod.spec, &["containers"]) {
            for (resource, amount) in requests(container) {
                *of_pod.entry(resource).or_default() += amount;
            }
        }
        for container in containers(&pod.spec, &["initContainers"]) {
            for (resource, amount) in requests(container) {
                let own = of_pod.entry(resource).or_default();
                *own = (*own).max(amount);
            }
        }
        for (resource, amount) in amounts(pod.spec.get("overhead")) {
            *of_pod.entry(resource).or_default() += amount;
        }
        for (resource, amount) in of_pod {
            let all = self.total.entry(resource).or_default();
            *all = all.saturating_add(amount.saturating_mul(i128::from(pod.count)));
        }
        self.pods = self.pods.saturating_add(pod.count);
    }

    /// Only what is tolerated by key and value can be said of a node.
    fn tolerates(&mut self, spec: &Object) {
        let own: BTreeSet<(String, String, String)> = containers(spec, &["tolerations"])
            .map(|one| (word(one, "key"), word(one, "value"), word(one, "effect"), word(one, "operator")))
            .filter(|(key, _, effect, operator)| {
                !key.is_empty()
                    && !key.starts_with("node.kubernetes.io/")
                    && !effect.is_empty()
                    && *operator != "Exists"
            })
            .filter(|(key, value, ..)| is_label_key(key) && is_label_value(value))
            .map(|(key, value, effect, _)| (key.to_owned(), value.to_owned(), effect.to_owned()))
            .collect();
        let both = self.tolerated.as_ref().map(|known| known.intersection(&own).cloned().collect());
        self.tolerated = Some(both.unwrap_or(own));
    }

    /// Key, value and effect of the taints that every pod tolerates.
    pub fn taints(&self) -> impl Iterator<Item = &(String, String, String)> {
        self.tolerated.iter().flatten()
    }

    /// What a node has beyond the usual, so that twice of what is asked for finds room on it: a rollout has new pods beside
    /// the old ones.
    pub fn capacity(&self) -> Vec<(String, String)> {
        const USUAL: [(&str, i128); 4] =
            [("cpu", 16), ("memory", 64 << 30), ("ephemeral-storage", 100 << 30), ("pods", 110)];
        let mut capacity = Vec::new();
        let pods = ("pods".to_owned(), i128::from(self.pods) * ONE);
        for (resource, amount) in
            self.total.iter().map(|(name, amount)| (name.clone(), *amount)).chain([pods])
        {
            let room = (amount.saturating_mul(2).saturating_add(ONE - 1) / ONE).min(BEYOND);
            let usual = USUAL.iter().find(|(name, _)| *name == resource).map(|(_, amount)| *amount);
            match usual {
                Some(usual) if room <= usual => {}
                Some(_) if resource == "pods" => capacity.push((resource, room.to_string())),
                _ if room > 0 => capacity.push((resource, spelled(room))),
                _ => {}
            }
        }
        capacity
    }

    /// So many nodes, or where nobody says how many, as many as all find a place on.
    pub fn nodes(&self, count: Option<u64>) -> Vec<Made> {
        let least = self.names.len().max(1) as u64;
        let wished = count.unwrap_or_else(|| if self.seen { 1 } else { USUAL }.max(self.apart).max(least));
        let mut nodes: Vec<Made> = (0..wished).map(|number| self.node(number as usize)).collect();
        // Those that no node satisfies get one of their own.
        for (number, wanted) in self.labels.iter().enumerate() {
            if count.is_none() && !nodes.iter().any(|node| fits(&node.labels, wanted)) {
                let mut node = self.node(nodes.len());
                node.labels.clear();
                self.label(&mut node.labels, number);
                self.spread(&mut node.labels, nodes.len());
                nodes.push(node);
            }
        }
        nodes
    }

    fn node(&self, number: usize) -> Made {
        let named = self.names.iter().nth(number).cloned();
        let mut labels = BTreeMap::new();
        self.label(&mut labels, number);
        self.spread(&mut labels, number);
        Made { name: named.unwrap_or_else(|| format!("node-{number}")), labels }
    }

    /// What the pods want, beginning with one of them; what contradicts it is left to other nodes.
    fn label(&self, labels: &mut BTreeMap<String, String>, first: usize) {
        let all = self.labels.len();
        let mut taken: Vec<&BTreeMap<String, Wanted>> = Vec::new();
        for number in 0..all {
            let wanted = &self.labels[(first + number) % all];
            let mut tried = labels.clone();
            for (key, wanted) in wanted {
                if let Wanted::Is(value) = wanted {
                    tried.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            if fits(&tried, wanted) && taken.iter().all(|before| fits(&tried, before)) {
                *labels = tried;
                taken.push(wanted);
            }
        }
    }

    fn spread(&self, labels: &mut BTreeMap<String, String>, number: usize) {
        let letters: Vec<char> = ('a'..='z').collect();
        for key in &self.topologies {
            let what = key.rsplit('/').next().unwrap_or(key);
            // A region has several zones.
            let number = if what == "region" { 0 } else { number };
            let value = format!("{what}-{}", letters[number % USUAL as usize]);
            labels.entry(key.clone()).or_insert(value);
        }
    }
}

const ONE: i128 = 1_000_000_000;
/// More than that no machine has of anything.
const BEYOND: i128 = 1 << 60;

fn fits(labels: &BTreeMap<String, String>, wanted: &BTreeMap<String, Wanted>) -> bool {
    let own = |key: &str| OWN.iter().find(|(own, _)| *own == key).map(|(_, value)| *value);
    wanted.iter().all(|(key, wanted)| {
        let label = labels.get(key).map(String::as_str).or_else(|| own(key));
        match wanted {
            Wanted::Is(value) => label == Some(value),
            Wanted::Absent => label.is_none(),
            Wanted::NoneOf(values) => label.is_none_or(|label| values.iter().all(|value| value != label)),
        }
    })
}

fn of_expression(expression: &Object) -> Wanted {
    let values = strings(expression, "values");
    let first = values.first().cloned().unwrap_or_default();
    let beside = |by: i64| first.parse::<i64>().map_or(first.clone(), |number| (number + by).to_string());
    match word(expression, "operator") {
        "In" => Wanted::Is(first),
        "Gt" => Wanted::Is(beside(1)),
        "Lt" => Wanted::Is(beside(-1)),
        "NotIn" => Wanted::NoneOf(values),
        "DoesNotExist" => Wanted::Absent,
        _ => Wanted::Is("true".to_owned()),
    }
}

/// What it requests, or where it does not say, its limits.
fn requests(container: &Object) -> BTreeMap<String, i128> {
    let mut all = BTreeMap::new();
    for list in ["limits", "requests"] {
        all.extend(amounts(container.get("resources").and_then(|resources| resources.get(list))));
    }
    all
}

fn amounts(list: Option<&Json>) -> impl Iterator<Item = (String, i128)> {
    let list = list.and_then(Json::as_object).into_iter().flatten();
    list.filter_map(|(resource, amount)| {
        let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
        Some((resource.clone(), Quantity::parse(&text).ok()?.nanos().max(0)))
    })
}

/// Large amounts in Gi, as people write them.
fn spelled(amount: i128) -> String {
    const GI: i128 = 1 << 30;
    if amount > GI { format!("{}Gi", (amount + GI - 1) / GI) } else { amount.to_string() }
}

fn containers<'a>(spec: &'a Object, lists: &'a [&'a str]) -> impl Iterator<Item = &'a Object> {
    lists
        .iter()
        .flat_map(|list| spec.get(*list).and_then(Json::as_array).into_iter().flatten())
        .filter_map(Json::as_object)
}

fn objects<'a>(value: &'a Json, list: &str) -> impl Iterator<Item = &'a Object> {
    value.get(list).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object)
}

fn word<'a>(object: &'a Object, key: &str) -> &'a str {
    object.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn strings(object: &Object, key: &str) -> Vec<String> {
    let items = object.get(key).and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}
