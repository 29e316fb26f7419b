//! W: ReplicaSets: one sync, and which pods go first (`rules::controllers::{replica_set, deletion_order, ownership}`).

use std::collections::BTreeMap;

use kubelapse::api::text::Uid;
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_workloads::{meta, replica_set, replica_set_status_value};
use kubelapse::api::workload::ReplicaSet;
use kubelapse::api::{ContainerStatus, Sym, Tri};
use kubelapse::rules::controllers::deletion_order::{
    Candidate, DELETION_COST, deletion_cost, first_to_go, goes_before,
};
use kubelapse::rules::controllers::ownership::{Claim, claim, holder, selects};
use kubelapse::rules::controllers::replica_set::{
    Counts, Manage, SeenPod, available_at, is_fully_labeled, look_again, manage, share, status,
};
use kubelapse::rules::controllers::{pod_control, told::Told};
use kubelapse::rules::machinery::slow_start::SlowStart;
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{Case, check, gates};

#[test]
fn replica_sets_are_those_of_the_controller() {
    check("W_replicaset", |case| match case.family.as_str() {
        "sync" => sync(case),
        _ => delete_order(case),
    });
}

fn now(case: &Case) -> Time {
    wire::time(&case.input["now"]).expect("an instant")
}

fn pods(value: &Value) -> Vec<(Pod, &Value)> {
    value.as_array().into_iter().flatten().map(|value| (wire::pod(value), value)).collect()
}

fn ready_since(pod: &Pod) -> Option<Time> {
    let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready")?;
    (ready.status == Tri::True).then(|| ready.last_transition.unwrap_or_default())
}

fn seen(pod: &Pod, set: &ReplicaSet) -> SeenPod {
    SeenPod {
        phase: pod.status.phase,
        is_deleted: pod.meta.deletion_timestamp.is_some(),
        ready: ready_since(pod),
        is_fully_labeled: is_fully_labeled(&set.spec.template.labels, &pod.meta.labels),
    }
}

fn most_restarts(statuses: &[ContainerStatus], is_asked: impl Fn(Sym) -> bool) -> i32 {
    statuses
        .iter()
        .filter(|status| is_asked(status.name))
        .map(|status| status.restart_count)
        .max()
        .unwrap_or(0)
}

fn candidate(pod: &Pod, rank: i32) -> Candidate {
    let sidecars = &pod.spec.init_containers;
    let is_sidecar = |name: Sym| {
        sidecars.iter().any(|container| container.name == name && container.restart_policy.is_some())
    };
    Candidate {
        node: pod.spec.node_name,
        phase: pod.status.phase,
        ready: ready_since(pod),
        cost: deletion_cost(pod.meta.annotations.get(DELETION_COST).map(String::as_str)),
        rank,
        restarts: most_restarts(&pod.status.containers, |_| true),
        sidecar_restarts: most_restarts(&pod.status.init, is_sidecar),
        created: pod.created().unwrap_or_default(),
        uid: Uid::Given(Sym::new(&pod.meta.uid)),
    }
}

/// With the rank that its node gives each.
fn candidates(pods: &[&Pod], others: &[&Pod]) -> Vec<Candidate> {
    let mut on_node: BTreeMap<&str, i32> = BTreeMap::new();
    for pod in pods.iter().chain(others) {
        if !pod.status.phase.is_terminal() && pod.meta.deletion_timestamp.is_none() {
            *on_node.entry(pod.spec.node_name.as_str()).or_default() += 1;
        }
    }
    let rank = |pod: &Pod| on_node.get(pod.spec.node_name.as_str()).copied().unwrap_or_default();
    pods.iter().map(|pod| candidate(pod, rank(pod))).collect()
}

fn delete_order(case: &Case) -> Value {
    let (own, others) = (pods(&case.input["pods"]), pods(&case.input["otherPodsOfOwner"]));
    let own: Vec<&Pod> = own.iter().map(|(pod, _)| pod).collect();
    let others: Vec<&Pod> = others.iter().map(|(pod, _)| pod).collect();
    let candidates = candidates(&own, &others);
    // All but the last one are sorted, and the last one is what is left.
    let mut order = first_to_go(&candidates, candidates.len().saturating_sub(1), now(case));
    order.extend((0..own.len()).find(|at| !order.contains(at)));
    for pair in order.windows(2) {
        assert!(!goes_before(&candidates[pair[1]], &candidates[pair[0]], now(case)), "{}", case.id);
    }
    json!({ "order": order.iter().map(|at| &own[*at].meta.name).collect::<Vec<_>>() })
}

fn sync(case: &Case) -> Value {
    let (gates, now) = (gates(), now(case));
    let set = replica_set(&case.input["replicaSet"]);
    let all = pods(&case.input["pods"]);
    let mut counts = Counts::default();
    let (mut active, mut patched, mut next) = (Vec::new(), Vec::new(), None::<Time>);
    for (pod, value) in &all {
        let share = share(&seen(pod, &set), set.spec.min_ready_seconds, now, &gates);
        let held = holder(&meta(&value["metadata"]).owners, set.meta.uid);
        let matches = selects(&set.spec.selector, &pod.meta.labels);
        let is_deleted = pod.meta.deletion_timestamp.is_some();
        let claimed = claim(held, matches, set.meta.deletion.is_some(), is_deleted);
        // Claims are for active pods alone; those that are being deleted are only counted.
        let is_ours = match claimed {
            Claim::Adopt | Claim::Release if share.active => {
                patched.push(pod.meta.name.clone());
                claimed == Claim::Adopt
            }
            claimed => claimed == Claim::Mine,
        };
        if is_ours {
            counts.add(share);
        }
        if is_ours && share.active {
            active.push(pod);
            if share.ready && !share.available {
                let at = ready_since(pod).map(|ready| available_at(ready, set.spec.min_ready_seconds));
                next = next.into_iter().chain(at).min();
            }
        }
    }
    let todo = match set.meta.deletion {
        None => manage(counts.active, set.spec.replicas),
        Some(_) => Manage::Nothing,
    };
    let (mut told, mut deleted, mut created, mut failure) = (Vec::new(), Vec::new(), 0, None);
    match todo {
        Manage::Nothing => {}
        Manage::Create(count) => {
            let refusal = case.input["podCreateFails"].as_str();
            for batch in SlowStart::new(usize::try_from(count).expect("a count")) {
                match refusal {
                    Some(refusal) => {
                        told.extend(std::iter::repeat_n(pod_control::create_failed(refusal), batch));
                        failure = Some(refusal);
                        break;
                    }
                    None => {
                        let name = format!("{}<new>", pod_control::generate_name(&set.meta.name));
                        told.extend(std::iter::repeat_n(pod_control::created(name), batch));
                        created += batch;
                    }
                }
            }
        }
        Manage::Delete(count) => {
            let candidates = candidates(&active.iter().map(|pod| &**pod).collect::<Vec<_>>(), &[]);
            for at in first_to_go(&candidates, usize::try_from(count).expect("a count"), now) {
                deleted.push(active[at].meta.name.clone());
                told.push(pod_control::deleted(&active[at].meta.name));
            }
        }
    }
    let status = status(&set, &counts, failure, now, &gates);
    let is_written = status != set.status;
    let requeue = look_again(&set, &status, next, now, &gates).filter(|_| failure.is_none());
    let mut events: Vec<String> = told.iter().map(spelled).collect();
    for list in [&mut events, &mut deleted, &mut patched] {
        list.sort();
    }
    json!({
        "create": created,
        "deleted": deleted,
        "patched": patched,
        "status": zeros_left_out(replica_set_status_value(&status), &case.expected["status"]),
        "statusUpdated": is_written,
        "requeue": requeue.map(|wait| json!({ "seconds": wait.secs() })).into_iter().collect::<Vec<_>>(),
        "events": events,
        "error": failure,
    })
}

fn spelled(told: &Told) -> String {
    format!("{} {} {}", told.kind.as_str(), told.reason, told.message)
}

/// A number that is 0 may be left out there.
fn zeros_left_out(mut ours: Value, theirs: &Value) -> Value {
    if let Some(members) = ours.as_object_mut() {
        members.retain(|name, value| *value != 0 || theirs.get(name).is_some());
    }
    ours
}
