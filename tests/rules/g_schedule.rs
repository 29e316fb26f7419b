//! Set G, whole scheduling cycles of the default profile.

use std::collections::BTreeMap;

use kubelapse::api::{NodeSpec, Sym, wire};
use kubelapse::rules::machinery::quantity::Quantity;
use kubelapse::rules::scheduler::placement::volume_binding::Claim;
use kubelapse::rules::scheduler::placement::{
    Budget, Candidate, Cluster, Nomination, Outcome, PodFacts, PodRequest, schedule,
};
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{check, gates};

#[test]
fn pods_go_where_the_scheduler_puts_them() {
    check("G_schedule", |case| answer(&case.input));
}

/// The pods of a case; the newcomer is the last.
struct Pods(Vec<wire::Pod>);

impl PodFacts for Pods {
    fn start_time(&self, pod: u32) -> Time {
        self.0[pod as usize].status.start_time.unwrap_or(Time::FAR)
    }
    fn is_deleted(&self, pod: u32) -> bool {
        self.0[pod as usize].meta.deletion_timestamp.is_some()
    }
    fn is_preempted(&self, pod: u32) -> bool {
        let target = self.0[pod as usize].status.condition(Sym::DISRUPTION_TARGET);
        target.is_some_and(|c| c.reason == Sym::PREEMPTION_BY_SCHEDULER)
    }
    fn budgets(&self) -> &[Budget] {
        &[]
    }
}

fn answer(input: &Value) -> Value {
    let gates = gates();
    let mut cluster = Cluster::new(gates);
    let nodes: Vec<NodeSpec> = input["nodes"].as_array().into_iter().flatten().map(node).collect();
    for (ix, spec) in nodes.iter().enumerate() {
        cluster.set_node(ix as u32, spec);
    }
    let find = |name: Sym| nodes.iter().position(|node| node.name == name).map(|ix| ix as u32);
    let bound = input["pods"].as_array().into_iter().flatten();
    let pods = Pods(bound.chain([&input["pod"]]).map(wire::pod).collect());
    let newcomer = pods.0.len() - 1;
    for (ix, pod) in pods.0[..newcomer].iter().enumerate() {
        let request = cluster.add_request(PodRequest::of(&pod.meta, &pod.spec, &gates));
        if let Some(node) = find(pod.spec.node_name)
            && !pod.status.phase.is_terminal()
        {
            cluster.add_pod(node, ix as u32, request, pod.meta.deletion_timestamp.is_some());
        }
    }
    let pod = &pods.0[newcomer];
    let request = PodRequest::of(&pod.meta, &pod.spec, &gates);
    if request.gated {
        return json!({ "scheduled": false, "reason": "NotAttempted" });
    }
    let request = cluster.add_request(request);
    let candidate = Candidate {
        pod: newcomer as u32,
        request,
        nominated: Some(pod.status.nominated_node).filter(|name| !name.is_empty()).and_then(find),
    };
    // The API of a case has nodes and pods alone.
    let claim = |_, _| Claim::Missing;
    match schedule(&mut cluster, candidate, &pods, claim, &mut |_| 0) {
        Outcome::Scheduled { node, feasible } => {
            let name = (feasible == 1).then(|| nodes[node as usize].name.as_str());
            json!({ "scheduled": true, "feasibleNodes": feasible, "node": name })
        }
        Outcome::Unschedulable(why) => json!({
            "scheduled": false,
            "reason": "Unschedulable",
            "message": why.message(),
            "nominatedNode": match why.nomination() {
                Nomination::To(node) => nodes[node as usize].name.as_str(),
                _ => "",
            },
        }),
    }
}

fn node(value: &Value) -> NodeSpec {
    let texts = |value: &Value| -> BTreeMap<String, String> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    };
    let amounts = |value: &Value| -> BTreeMap<String, i128> {
        texts(value)
            .into_iter()
            .map(|(name, text)| (name, Quantity::parse(&text).expect("a quantity").nanos()))
            .collect()
    };
    let syms = |value: &Value| -> Vec<Sym> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Sym::new).collect()
    };
    let taints = value["spec"]["taints"].as_array().into_iter().flatten();
    NodeSpec {
        name: Sym::new(value["metadata"]["name"].as_str().unwrap_or_default()),
        labels: texts(&value["metadata"]["labels"]),
        taints: taints.map(|taint| serde_json::from_value(taint.clone()).expect("a taint")).collect(),
        unschedulable: value["spec"]["unschedulable"].as_bool().unwrap_or_default(),
        capacity: amounts(&value["status"]["capacity"]),
        allocatable: amounts(&value["status"]["allocatable"]),
        declared_features: syms(&value["status"]["declaredFeatures"]),
        ..NodeSpec::default()
    }
}
