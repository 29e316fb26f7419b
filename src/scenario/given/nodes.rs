//! Nodes of a given cluster: those that were printed, and those that pods name.
//!
//! What a node says of itself decides who plays its pods. One whose kubelet posts is played, ready or not. One whose Ready is
//! Unknown is silent: `tryUpdateNodeHealth` (pkg/controller/nodelifecycle/node_lifecycle_controller.go, v1.36.2) writes that of
//! kubelets that have not been heard of for the grace period. Nothing of its pods changes but by controllers, and whether it
//! comes back nobody knows: it stays so. One that a stream has seen go is gone, and its pods follow; one that pods name and that is
//! not in the input is as well as any.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Given;
use crate::api::{Effect, NodeSpec, Sym, Taint, Tri, wire};
use crate::engine::Distribution;
use crate::rules::machinery::quantity::Quantity;
use crate::scenario::plan::{NodePlan, Plan, Uptime};
use crate::time::{Span, Time};

/// How a node stands beside what it is.
#[derive(Clone, Debug, Default)]
pub struct NodeState {
    /// Its conditions, as far as they are printed.
    pub conditions: Vec<Condition>,
    /// When it was heard of last, as far as its object tells.
    pub heartbeat: Option<Time>,
    /// Since when it has had the first of its NoExecute taints.
    pub evicts: Option<Time>,
    /// It is no more, since then.
    pub gone: Option<Time>,
}

/// A condition of a node.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// `Ready`
    pub kind: Sym,
    /// True, False or Unknown.
    pub status: Tri,
    /// `lastTransitionTime`
    pub since: Option<Time>,
    /// In one word.
    pub reason: Sym,
    /// In a sentence.
    pub message: Sym,
}

impl NodeState {
    /// What its Ready says; None: nothing is printed of it.
    pub fn ready(&self) -> Option<Tri> {
        self.conditions.iter().find(|own| own.kind == Sym::READY).map(|own| own.status)
    }
    /// Nothing has been heard of its kubelet for too long.
    pub fn is_silent(&self) -> bool {
        self.ready() == Some(Tri::Unknown)
    }
}

/// How the nodes of a plan stand, in its order, and what is assumed of them, in words.
pub fn states(given: &Given, nodes: &[NodePlan]) -> (Vec<NodeState>, Vec<String>) {
    let printed: BTreeMap<&str, &Value> = given
        .nodes
        .iter()
        .map(|node| (node["metadata"]["name"].as_str().unwrap_or_default(), node))
        .collect();
    let mut words = Vec::new();
    let state = |node: &NodePlan| {
        let name = node.spec.name;
        let Some(value) = printed.get(name.as_str()) else {
            let gone = given.gone_nodes.get(name.as_str()).copied();
            if gone.is_some() {
                words.push(format!("node {name} is no more, and its pods go with it"));
            }
            return NodeState { gone, ..NodeState::default() };
        };
        let state = state_of(value);
        match state.ready() {
            Some(Tri::Unknown) => words.push(format!("node {name} is lost, and does not come back")),
            Some(Tri::False) => words.push(format!("node {name} is not ready, and stays so")),
            _ => {}
        }
        state
    };
    let states = nodes.iter().map(state).collect();
    (states, words)
}

fn state_of(value: &Value) -> NodeState {
    let text = |value: &Value| Sym::new(value.as_str().unwrap_or_default());
    let conditions = value["status"]["conditions"].as_array().into_iter().flatten();
    let heartbeat = conditions.clone().filter_map(|own| wire::time(&own["lastHeartbeatTime"])).max();
    let conditions = conditions.map(|own| Condition {
        kind: text(&own["type"]),
        status: match own["status"].as_str() {
            Some("True") => Tri::True,
            Some("False") => Tri::False,
            _ => Tri::Unknown,
        },
        since: wire::time(&own["lastTransitionTime"]),
        reason: text(&own["reason"]),
        message: text(&own["message"]),
    });
    let taints = value["spec"]["taints"].as_array().into_iter().flatten();
    let evicts = taints.filter(|taint| taint["effect"] == Effect::NoExecute.as_str());
    NodeState {
        conditions: conditions.collect(),
        heartbeat,
        evicts: evicts.filter_map(|taint| wire::time(&taint["timeAdded"])).min(),
        gone: None,
    }
}

/// The nodes that were printed, and those that pods name.
pub fn nodes(given: &Given, base: &Plan) -> Vec<NodePlan> {
    let mut nodes: Vec<NodePlan> =
        given.nodes.iter().filter_map(|value| node(value, base, given.now)).collect();
    let mut known: BTreeSet<&str> = nodes.iter().map(|node| node.spec.name.as_str()).collect();
    for pod in &given.pods {
        let name = pod.pod.spec.node_name;
        if !name.is_empty() && known.insert(name.as_str()) {
            nodes.extend(node(&serde_json::json!({ "metadata": { "name": name } }), base, given.now));
        }
    }
    if nodes.is_empty() {
        nodes.extend(node(&serde_json::json!({ "metadata": { "name": "node" } }), base, given.now));
    }
    nodes
}

/// A node like that of its name in the plan, or else like the plan's first.
fn node(value: &Value, base: &Plan, now: Time) -> Option<NodePlan> {
    let name = value["metadata"]["name"].as_str().unwrap_or_default();
    let known = base.nodes.iter().find(|node| node.spec.name == name).or(base.nodes.first());
    let text = |value: &Value| Sym::new(value.as_str().unwrap_or_default());
    let mut labels: BTreeMap<String, String> =
        serde_json::from_value(value["metadata"]["labels"].clone()).unwrap_or_default();
    labels.entry("kubernetes.io/hostname".to_owned()).or_insert_with(|| name.to_owned());
    let amounts = |value: &Value| -> Option<BTreeMap<String, i128>> {
        let all = value.as_object()?.iter();
        Some(all.filter_map(|(key, own)| Some((key.clone(), amount(own)?))).collect())
    };
    let taints = value["spec"]["taints"].as_array().into_iter().flatten().filter_map(|taint| {
        let effect = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute];
        let effect = effect.into_iter().find(|own| taint["effect"] == own.as_str())?;
        Some(Taint { key: text(&taint["key"]), value: text(&taint["value"]), effect })
    });
    let images = value["status"]["images"].as_array().into_iter().flatten();
    let names = images.flat_map(|image| image["names"].as_array().into_iter().flatten());
    let mut images: Vec<Sym> = names.map(text).filter(|name| !name.contains('@')).collect();
    images.extend(known.into_iter().flat_map(|known| known.spec.images.iter().copied()));
    let status = &value["status"];
    let usual = known.map(|known| known.spec.capacity.clone()).unwrap_or_default();
    let capacity = amounts(&status["capacity"]).unwrap_or(usual);
    let allocatable = amounts(&status["allocatable"]).unwrap_or_else(|| capacity.clone());
    let spec = NodeSpec {
        name: Sym::new(name),
        labels,
        taints: taints.collect(),
        unschedulable: value["spec"]["unschedulable"].as_bool().unwrap_or(false),
        capacity,
        allocatable,
        images,
        declared_features: Vec::new(),
    };
    let known = known.cloned()?;
    let kubelet_uptime = known.kubelet_uptime.clone().or_else(|| young(value, base, now));
    Some(NodePlan { spec, kubelet_uptime, joins: None, ..known })
}

/// The kubelet of a node that has not been there for long started when the node came; counted from the plan's start, which may
/// lie before that.
fn young(node: &Value, base: &Plan, now: Time) -> Option<Uptime> {
    let created = wire::time(&node["metadata"]["creationTimestamp"])?;
    let together = Sym::new(node["metadata"]["name"].as_str()?);
    let longest = base.start.since(created);
    let how_long = Distribution::Uniform(longest + Span::from_micros(-1_000_000), longest);
    (now.since(created) < Span::from_secs(86_400)).then_some(Uptime { how_long, together })
}

/// A quantity in nano-units.
fn amount(value: &Value) -> Option<i128> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Quantity::parse(&text).ok().map(Quantity::nanos)
}
