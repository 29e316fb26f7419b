//! W: one sync of a Deployment (`rules::controllers::deployment`), every write in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use kubelapse::api::Meta;
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_workloads::{deployment, deployment_status_value, meta, replica_set, selector};
use kubelapse::api::workload::{Deployment, PodTemplateSpec, ReplicaSet};
use kubelapse::rules::controllers::deployment::{Call, Creation, Input, Refused, Requeue, Sync, sync};
use kubelapse::rules::controllers::ownership::is_uid;
use kubelapse::rules::controllers::template_hash::template_hash;
use serde_json::{Value, json};

use super::harness::{Case, check, gates};

#[test]
fn deployments_are_those_of_the_controller() {
    check("W_deployment_rolling", answer);
}

/// Kubernetes' own hash, of which ours is a look-alike: taken from the name of what it made, or tried to make.
fn their_hash(case: &Case) -> Option<String> {
    let mut calls = case.expected["calls"].as_array()?.iter().filter_map(Value::as_str);
    let name = calls.find_map(|call| call.strip_prefix("create replicasets "))?;
    let owner = case.input["deployment"]["metadata"]["name"].as_str()?;
    Some(name.strip_prefix(owner)?.strip_prefix('-')?.to_owned())
}

fn answer(case: &Case) -> Value {
    let owner = deployment(&case.input["deployment"]);
    let list = |name: &str| case.input[name].as_array().cloned().unwrap_or_default();
    // Those that come out of a map there are told by name.
    let mut sets: Vec<ReplicaSet> = list("replicaSets").iter().map(replica_set).collect();
    sets.sort_by_key(|set| set.meta.name.as_str());
    let refs: Vec<&ReplicaSet> = sets.iter().collect();
    let pods: Vec<(Pod, Meta)> =
        list("pods").iter().map(|pod| (wire::pod(pod), meta(&pod["metadata"]))).collect();
    let has_live_pods = |set: &ReplicaSet| {
        pods.iter().any(|(pod, meta)| {
            let is_owner = meta.controller().is_some_and(|owner| is_uid(set.meta.uid, &owner.uid));
            is_owner && !pod.status.phase.is_terminal()
        })
    };
    let hash = |template: &PodTemplateSpec, collisions: Option<i32>| {
        their_hash(case).unwrap_or_else(|| template_hash(template, collisions))
    };
    let creation = |set: &ReplicaSet| {
        sets.iter().find(|other| other.meta.name == set.meta.name).map_or(Creation::Done, Creation::Exists)
    };
    let input = Input {
        deployment: &owner,
        replica_sets: &refs,
        now: wire::time(&case.input["now"]).expect("an instant"),
        gates: &gates(),
        has_live_pods: &has_live_pods,
        hash: &hash,
        creation: &creation,
    };
    told(&sync(&input), &owner, &sets, &case.expected)
}

fn told(sync: &Sync, owner: &Deployment, sets: &[ReplicaSet], theirs: &Value) -> Value {
    let mut last = owner.clone();
    let mut after: BTreeMap<&str, ReplicaSet> =
        sets.iter().map(|set| (set.meta.name.as_str(), set.clone())).collect();
    let (mut calls, mut events) = (Vec::new(), Vec::new());
    let (mut created, mut deleted) = (Vec::new(), Vec::new());
    for step in &sync.steps {
        match &step.call {
            Call::Owners(meta, _) => calls.push(format!("patch replicasets {}", meta.name)),
            Call::Create(set) => {
                calls.push(format!("create replicasets {}", set.meta.name));
                if !after.contains_key(set.meta.name.as_str()) {
                    created.push(made(set));
                }
            }
            Call::Update(set) => {
                calls.push(format!("update replicasets {}", set.meta.name));
                if let Some(known) = after.get_mut(set.meta.name.as_str()) {
                    *known = set.clone();
                }
            }
            Call::Delete(name) => {
                calls.push(format!("delete replicasets {name}"));
                deleted.push(name.as_str());
                after.remove(name.as_str());
            }
            Call::UpdateStatus(deployment) => {
                calls.push(format!("update deployments/status {}", deployment.meta.name));
                last = deployment.clone();
            }
            Call::UpdateDeployment(deployment) => {
                calls.push(format!("update deployments {}", deployment.meta.name));
                last = deployment.clone();
            }
            Call::Event(told) => {
                events.push(format!("{} {} {}", told.kind.as_str(), told.reason, told.message));
            }
        }
    }
    deleted.sort_unstable();
    let was: BTreeMap<&str, i32> =
        sets.iter().map(|set| (set.meta.name.as_str(), set.spec.replicas)).collect();
    let scaled: BTreeMap<&str, i32> = (after.iter())
        .map(|(name, set)| (*name, set.spec.replicas))
        .filter(|(name, replicas)| was.get(name) != Some(replicas))
        .collect();
    let seconds = |requeue: Requeue| match requeue {
        Requeue::After(wait) => json!({ "seconds": wait.secs() }),
        Requeue::RateLimited => json!({ "rateLimited": true }),
    };
    let mut status = deployment_status_value(&last.status);
    sort_conditions(&mut status, &theirs["deployment"]["status"]);
    json!({
        "calls": calls,
        "events": events,
        "created": created,
        "deleted": deleted,
        "scaled": scaled,
        "replicaSets": after.values().map(kept).collect::<Vec<_>>(),
        "deployment": { "annotations": *last.meta.annotations, "status": status },
        "requeue": sync.requeue.map(seconds).into_iter().collect::<Vec<_>>(),
        "error": sync.error,
    })
}

fn kept(set: &ReplicaSet) -> Value {
    json!({
        "name": set.meta.name,
        "replicas": set.spec.replicas,
        "minReadySeconds": set.spec.min_ready_seconds,
        "annotations": *set.meta.annotations,
    })
}

fn made(set: &ReplicaSet) -> Value {
    let mut value = kept(set);
    value["labels"] = json!(*set.meta.labels);
    value["selector"] = json!(*set.spec.selector);
    value
}

/// Their order is of no account.
fn sort_conditions(ours: &mut Value, theirs: &Value) {
    let kinds: Vec<&Value> =
        theirs["conditions"].as_array().into_iter().flatten().map(|condition| &condition["type"]).collect();
    if let Some(conditions) = ours["conditions"].as_array_mut() {
        conditions.sort_by_key(|condition| kinds.iter().position(|kind| **kind == condition["type"]));
    }
}

fn rollout() -> (Deployment, ReplicaSet) {
    let template = |image: &str| json!({ "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "image": image }] } });
    let owner = deployment(&json!({
        "metadata": { "name": "web", "namespace": "shop", "uid": "u", "annotations": { "note": "x" } },
        "spec": { "replicas": 4, "selector": { "matchLabels": { "app": "web" } }, "template": template("2"),
            "progressDeadlineSeconds": 600 },
    }));
    let set = replica_set(&json!({
        "metadata": { "name": "web-2", "uid": "s", "labels": { "app": "web" }, "ownerReferences":
            [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": true }],
            "annotations": { "deployment.kubernetes.io/desired-replicas": "4" } },
        "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "web" } }, "template": template("2") },
    }));
    (owner, set)
}

fn look(
    owner: &Deployment,
    sets: &[&ReplicaSet],
    creation: &dyn Fn(&ReplicaSet) -> Creation<'static>,
) -> Sync {
    let now = kubelapse::time::Time::from_secs(1_000_000);
    sync(&Input {
        deployment: owner,
        replica_sets: sets,
        now,
        gates: &gates(),
        has_live_pods: &|_| false,
        hash: &template_hash,
        creation: &|set| creation(set),
    })
}

/// A sync writes the new ReplicaSet for each look at it, upon the same cached value; only what it scales is made from
/// the answer.
#[test]
fn a_write_says_upon_which_answer_it_stands() {
    let (owner, set) = rollout();
    let seen = look(&owner, &[&set], &|_| Creation::Done);
    let updates: Vec<(usize, Option<usize>)> = (seen.steps.iter().enumerate())
        .filter(|(_, step)| matches!(step.call, Call::Update(_)))
        .map(|(at, step)| (at, step.upon))
        .collect();
    assert_eq!(updates, [(0, None), (1, None), (2, Some(1))]);
}

#[test]
fn a_refused_shrinking_of_old_ones_is_swallowed() {
    let (owner, mut set) = rollout();
    let mut new = set.clone();
    let annotations = Arc::make_mut(&mut new.meta.annotations);
    annotations.insert("deployment.kubernetes.io/revision".to_owned(), "2".to_owned());
    annotations.insert("note".to_owned(), "x".to_owned());
    new.spec.replicas = 4;
    new.status.available_replicas = 3;
    set.meta.name = "web-1".into();
    set.spec.replicas = 2;
    set.spec.template = Arc::new(kubelapse::api::wire_workloads::template(&json!({ "spec": {} })));
    let seen = look(&owner, &[&new, &set], &|_| Creation::Done);
    let shrinking =
        seen.steps.iter().find(|step| matches!(&step.call, Call::Update(set) if set.meta.name == "web-1"));
    let Some(Refused::GoesOn(status)) = shrinking.map(|step| step.refused) else {
        panic!("{:?}", seen.steps);
    };
    assert!(matches!(seen.steps[status].call, Call::UpdateStatus(_)), "{:?}", seen.steps);
}

#[test]
fn a_refused_replica_set_is_told_and_an_ending_namespace_is_not() {
    let (owner, _) = rollout();
    let refused = look(&owner, &[], &|_| Creation::Refused("no".to_owned()));
    assert_eq!(refused.error.as_deref(), Some("no"));
    let told = refused.steps.iter().any(|step| {
        let begins = "Failed to create new replica set \"web-";
        matches!(&step.call, Call::Event(told) if told.reason == "ReplicaSetCreateError"
            && told.message.starts_with(begins) && told.message.ends_with("\": no"))
    });
    assert!(told, "{:?}", refused.steps);
    let ending = look(&owner, &[], &|_| Creation::NamespaceTerminating("ends".to_owned()));
    assert_eq!(ending.error.as_deref(), Some("ends"));
    assert!(!ending.steps.iter().any(|step| matches!(step.call, Call::Event(_) | Call::UpdateStatus(_))));
}

#[test]
fn a_deployment_that_selects_everything_does_nothing() {
    let (mut owner, set) = rollout();
    owner.spec.selector = Arc::new(selector(&Value::Null));
    let seen = look(&owner, &[&set], &|_| Creation::Done);
    assert_eq!(seen.steps.len(), 1, "one event: {:?}", seen.steps);
}
