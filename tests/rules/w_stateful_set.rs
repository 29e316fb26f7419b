//! W: StatefulSets: one sync (`rules::controllers::stateful_set`), and the hashes and texts of their revisions
//! (`rules::controllers::revisions`).

use std::collections::BTreeMap;

use kubelapse::api::controller_revision::ControllerRevision;
use kubelapse::api::stateful_set::{ClaimTemplate, PodManagement, StatefulSet};
use kubelapse::api::text::Uid;
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_controller_revision::controller_revision;
use kubelapse::api::wire_stateful_set::{stateful_set, stateful_set_status_value};
use kubelapse::api::wire_workloads::{meta, template};
use kubelapse::api::{Meta, Sym, Tri};
use kubelapse::rules::controllers::ownership::{Claim, claim, holder, selects};
use kubelapse::rules::controllers::revisions::{self, REVISION};
use kubelapse::rules::controllers::stateful_set::words::{self, Verb};
use kubelapse::rules::controllers::stateful_set::{
    Call, Input, RevisionCall, SeenClaim, SeenPod, Sync, identity, is_news, look_again, sync,
};
use kubelapse::rules::controllers::told::Told;
use kubelapse::time::Time;
use serde_json::{Map, Value, json};

use super::harness::{Case, cases, check, gates};

#[test]
fn stateful_sets_are_those_of_the_controller() {
    check("W_statefulset", play);
}

#[test]
fn revisions_have_kubernetes_own_names() {
    let mut seen = 0;
    for case in cases("W_template_hash").iter().filter(|case| case.family == "statefulset") {
        let theirs = &case.expected;
        let data: Value = serde_json::from_str(theirs["data"].as_str().expect("a text")).expect("JSON");
        let own = controller_revision(&json!({ "data": data })).template;
        assert_eq!(revisions::text(&own), theirs["data"], "{}", case.id);
        let collisions = case.input["collisionCount"].as_i64().map_or(0, |count| count as i32);
        let name = case.input["name"].as_str().expect("a name");
        let hash = revisions::hash(&own, collisions);
        assert_eq!(revisions::name(name, &hash), theirs["revisionName"], "{}", case.id);
        let owner = meta(&json!({ "name": name }));
        let made = revisions::new(&owner, "StatefulSet", &own, &hash, 1);
        assert_eq!(json!(&*made.meta.labels), theirs["labels"], "{}", case.id);
        seen += 1;
    }
    assert!(seen > 20, "{seen} cases");
}

fn instant(case: &Case) -> Time {
    wire::time(&case.input["now"]).expect("an instant")
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn revision(value: &Value) -> ControllerRevision {
    let data: Value = serde_json::from_str(value["data"].as_str().expect("a text")).expect("JSON");
    controller_revision(
        &json!({ "metadata": { "name": value["name"] }, "data": data, "revision": value["revision"] }),
    )
}

/// A pod of the set. The cases leave out the volumes that it has by its number.
fn pod_of(set: &StatefulSet, value: &Value) -> Option<Pod> {
    let (own, mut value) = (set.meta.name.as_str(), value.clone());
    let ordinal = identity::ordinal(own, value["metadata"]["name"].as_str()?)?;
    let volume = |claim: &ClaimTemplate| {
        let claim_name = identity::claim_name(claim.name.as_str(), own, ordinal);
        json!({ "name": claim.name, "persistentVolumeClaim": { "claimName": claim_name } })
    };
    value["spec"]["volumes"] = set.spec.claims.iter().map(volume).collect();
    Some(wire::pod(&value))
}

fn seen(set: &StatefulSet, pod: &Pod) -> SeenPod {
    let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
    SeenPod {
        name: Sym::new(&pod.meta.name),
        uid: Uid::Given(Sym::new(&pod.meta.uid)),
        ordinal: identity::ordinal(set.meta.name.as_str(), &pod.meta.name).expect("a number"),
        phase: pod.status.phase,
        is_deleted: pod.meta.deletion_timestamp.is_some(),
        ready: ready
            .filter(|ready| ready.status == Tri::True)
            .map(|one| one.last_transition.unwrap_or_default()),
        revision: Sym::new(pod.meta.labels.get(REVISION).map_or("", String::as_str)),
        keeps_identity: identity::is_kept(set, &pod.meta.name, &pod.meta.labels, &pod.spec.volumes),
    }
}

fn play(case: &Case) -> Value {
    let (gates, now) = (gates(), instant(case));
    let set = stateful_set(&case.input["statefulSet"]);
    let claims: BTreeMap<String, Meta> = items(&case.input["claims"])
        .map(|claim| meta(&claim["metadata"]))
        .map(|meta| (meta.name.as_str().to_owned(), meta))
        .collect();
    let known: Vec<ControllerRevision> = items(&case.input["revisions"]).map(revision).collect();
    let known: Vec<&ControllerRevision> = known.iter().collect();
    let (mut pods, mut calls) = (Vec::new(), Vec::new());
    for value in items(&case.input["pods"]) {
        let Some(pod) = pod_of(&set, value) else { continue };
        let held = holder(&meta(&value["metadata"]).owners, set.meta.uid);
        let matches = selects(&set.spec.selector, &pod.meta.labels);
        let is_deleted = pod.meta.deletion_timestamp.is_some();
        match claim(held, matches, set.meta.deletion.is_some(), is_deleted) {
            Claim::Ignore => continue,
            Claim::Mine => {}
            Claim::Adopt => calls.push(format!("patch pods {}", pod.meta.name)),
            Claim::Release => {
                calls.push(format!("patch pods {}", pod.meta.name));
                continue;
            }
        }
        pods.push(seen(&set, &pod));
    }
    let outcome = sync(&Input {
        set: &set,
        pods: &pods,
        revisions: &known,
        claim: &|name| {
            let claim = claims.get(name)?;
            Some(SeenClaim { owners: &claim.owners, is_deleted: claim.deletion.is_some() })
        },
        taken: &|name| known.iter().copied().find(|one| one.meta.name == name),
        now,
        gates: &gates,
    });
    answer(case, &set, &known, &outcome, calls)
}

fn answer(
    case: &Case,
    set: &StatefulSet,
    known: &[&ControllerRevision],
    outcome: &Sync,
    mut calls: Vec<String>,
) -> Value {
    let (gates, now) = (gates(), instant(case));
    let mut left: BTreeMap<&str, i64> =
        known.iter().map(|one| (one.meta.name.as_str(), one.revision)).collect();
    let mut all: Vec<ControllerRevision> = known.iter().map(|one| (*one).clone()).collect();
    match &outcome.revision {
        None => {}
        Some(RevisionCall::Renumber(name, number)) => {
            calls.push(format!("update controllerrevisions {name}"));
            left.insert(name.as_str(), *number);
        }
        Some(RevisionCall::Create(new)) => {
            calls.push(format!("create controllerrevisions {}", new.meta.name));
            left.insert(new.meta.name.as_str(), new.revision);
            all.push((**new).clone());
        }
    }
    let (mut created, mut deleted, mut told) = (Map::new(), Vec::new(), Vec::new());
    let own = set.meta.name.as_str();
    for call in outcome.batches.iter().flatten().flatten() {
        match call {
            Call::CreateClaim(ordinal, at) => {
                let name = identity::claim(set, *at, *ordinal)["metadata"]["name"].clone();
                let name = name.as_str().expect("a name");
                calls.push(format!("create persistentvolumeclaims {name}"));
                told.push(words::claim(own, &identity::pod_name(own, *ordinal), name, None, &gates));
            }
            Call::OwnClaim(name, _) => calls.push(format!("update persistentvolumeclaims {name}")),
            Call::CreatePod(ordinal, revision) => {
                let revision = all.iter().find(|one| one.meta.name == *revision).expect("a revision");
                let pod = identity::pod(set, *ordinal, revision);
                let name = identity::pod_name(own, *ordinal);
                calls.push(format!("create pods {name}"));
                told.push(words::pod(Verb::Create, own, &name, None, &gates));
                created.insert(
                    name,
                    json!({ "revision": revision.meta.name, "image": pod["spec"]["containers"][0]["image"],
                        "labels": pod["metadata"]["labels"] }),
                );
            }
            Call::UpdatePod(name) => {
                calls.push(format!("update pods {name}"));
                told.push(words::pod(Verb::Update, own, name, None, &gates));
            }
            Call::DeletePod(name) => {
                calls.push(format!("delete pods {name}"));
                deleted.push(name.as_str());
                told.push(words::pod(Verb::Delete, own, name, None, &gates));
            }
            Call::Fail(error, None) => told.push(Told::warning("", error.clone())),
            Call::Fail(error, Some(ordinal)) => {
                let name = identity::pod_name(own, *ordinal);
                told.push(words::pod(Verb::Create, own, &name, Some(error), &gates));
            }
        }
    }
    if is_news(&set.status, &outcome.status) {
        calls.push(format!("update statefulsets/status {own}"));
    }
    for name in &outcome.forgotten {
        calls.push(format!("delete controllerrevisions {name}"));
        left.remove(name.as_str());
    }
    let mut events: Vec<String> =
        told.iter().map(|told| format!("{} {} {}", told.kind.as_str(), told.reason, told.message)).collect();
    if set.spec.pod_management == PodManagement::Parallel {
        calls.sort();
        events.sort();
        deleted.sort();
    }
    let requeue = look_again(set, &outcome.status, outcome.next_available, now, &gates);
    json!({
        "calls": calls,
        "createdPods": created,
        "deletedPods": deleted,
        "status": stateful_set_status_value(&outcome.status),
        "revisions": left,
        "requeue": requeue.map(|wait| json!({ "seconds": wait.secs() })).into_iter().collect::<Vec<_>>(),
        "events": events,
    })
}

#[test]
fn a_template_hash_is_of_the_defaulted_template() {
    let (bare, filled) = (
        template(&json!({ "spec": { "containers": [{ "name": "a" }] } })),
        template(
            &json!({ "spec": { "containers": [{ "name": "a", "resources": {} }], "securityContext": {} } }),
        ),
    );
    assert_eq!(revisions::hash(&bare, 0), revisions::hash(&filled, 0));
    assert_ne!(revisions::hash(&bare, 0), revisions::hash(&bare, 1));
}
