//! The controller of ReplicaSets, which keeps ReplicationControllers too.
//!
//! Source: `syncReplicaSet`, `manageReplicas`, `addPod`, `updatePod`, `deletePod` in pkg/controller/replicaset/replica_set.go
//! (v1.36.3). What it decides stands in [`crate::rules::controllers::replica_set`]; here stands what it hears, in which order
//! it asks the API server, and what it remembers in between: creations by slow start, what it expects to see of its own writes.

use std::sync::Arc;

use super::made;
use super::members::{candidate, counts_as, ready_since, seat, selects, set_of, suitors};
use super::work::{self, Again, add, add_at, tell};
use crate::actors::api_server::{self, Name, NewPod};
use crate::api::workload::{ReplicaSet, ReplicaSetStatus};
use crate::api::{EventText, EventType, Sym};
use crate::rules::controllers::deletion_order::{Candidate, first_to_go};
use crate::rules::controllers::ownership::{self, Claim, Holder};
use crate::rules::controllers::pod_control;
use crate::rules::controllers::replica_set::{self as rule, Manage};
use crate::rules::machinery::slow_start::SlowStart;
use crate::world::manager::{Controller, ReplicasScript, Request, Script};
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, ReplicaSetId, World};

/// News has come of a set, or of a pod.
pub fn informed(w: &mut World, controller: Controller, key: ObjectKey) {
    match key {
        ObjectKey::ReplicaSet(set) => {
            if w.controllers.members.len() <= set.ix() {
                w.controllers.members.resize_with(set.ix() + 1, Default::default);
                // Pods that are there already may be its own.
                w.controllers.members[set.ix()].looks_around = true;
            }
            add(w, controller, key);
        }
        ObjectKey::Pod(pod) => pod_changed(w, controller, pod),
        _ => {}
    }
}

fn pod_changed(w: &mut World, controller: Controller, pod: PodId) {
    if w.controllers.member_of.len() <= pod.ix() {
        w.controllers.member_of.resize(pod.ix() + 1, None);
    }
    let now = set_of(w, pod).filter(|set| set.ix() < w.controllers.members.len());
    let before = std::mem::replace(&mut w.controllers.member_of[pod.ix()], now);
    if let Some(set) = before.filter(|set| Some(*set) != now) {
        let members = &mut w.controllers.members[set.ix()];
        members.count(pod, None);
        members.expected.seen_going(pod);
        add(w, controller, ObjectKey::ReplicaSet(set));
    }
    let Some(set) = now else {
        // An orphan: whoever's selector takes it may adopt it.
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].controller.is_none() {
            for set in suitors(w, pod) {
                if let Some(members) = w.controllers.members.get_mut(set.ix()) {
                    members.looks_around = true;
                    add(w, super::hear::controller_of(w, set), ObjectKey::ReplicaSet(set));
                }
            }
        }
        return;
    };
    let share = counts_as(w, set, pod);
    let was = w.controllers.members[set.ix()].pods.get(&pod).map(|was| was.share);
    if before.is_none() {
        w.controllers.members[set.ix()].expected.seen_made();
    }
    if w.pods[pod.ix()].deletion.is_some() {
        w.controllers.members[set.ix()].expected.seen_going(pod);
    }
    let spec = &w.workloads.replica_sets[set.ix()].object.spec;
    let min_ready = spec.min_ready_seconds;
    let members = &mut w.controllers.members[set.ix()];
    members.count(pod, Some(share));
    seat(w, set, pod);
    let key = ObjectKey::ReplicaSet(set);
    if share.ready && !was.is_some_and(|was| was.ready) {
        if !share.available
            && let Some(since) = ready_since(w, pod)
        {
            let ripe = rule::available_at(since, min_ready);
            w.controllers.members[set.ix()].ripening.insert((ripe, pod));
        }
        if let Some(wait) = rule::look_again_at_ready(min_ready, &w.gates) {
            add_at(w, controller, key, w.now + wait);
        }
    }
    // Labels may have changed so that it is no longer its own.
    w.controllers.members[set.ix()].looks_around |= w.pods[pod.ix()].metadata_changes > 0;
    add(w, controller, key);
}

/// Ready pods that have been so for long enough count as available from now on.
fn ripen(w: &mut World, set: ReplicaSetId) {
    while let Some((at, pod)) = w.controllers.members[set.ix()].ripening.first().copied() {
        if at > w.now {
            break;
        }
        w.controllers.members[set.ix()].ripening.pop_first();
        let Some(known) = w.controllers.members[set.ix()].pods.get(&pod).map(|one| one.share) else {
            continue;
        };
        // It may have stopped being ready meanwhile, and begun anew.
        let share = counts_as(w, set, pod);
        if known.ready && !known.available && share.available {
            w.controllers.members[set.ix()].count(pod, Some(rule::Share { available: true, ..known }));
        }
    }
}

/// A worker takes a set.
pub fn look(w: &mut World, set: ReplicaSetId) -> Option<(Script, Vec<Request>)> {
    if !w.workloads.replica_sets[set.ix()].exists {
        return None;
    }
    ripen(w, set);
    let claims = claims(w, set);
    let members = &w.controllers.members[set.ix()];
    let object = &w.workloads.replica_sets[set.ix()].object;
    let script = ReplicasScript {
        set,
        // An adopted pod counts from now on, one that is let go no more.
        counts: Some(claims.iter().fold(members.counts, |mut counts, (request, share)| {
            match request {
                Request::Adopt(..) => counts.add(*share),
                _ => counts.remove(*share),
            }
            counts
        })),
        generation: object.meta.generation,
        manages: members.expected.are_met(w.now) && object.meta.deletion.is_none(),
        batches: SlowStart::new(0),
        refused: false,
    };
    let requests = claims.into_iter().map(|(request, _)| request).collect();
    Some((Script::Replicas(Box::new(script)), requests))
}

/// Pods that the set adopts or lets go (`ClaimPods`), each with what it counts as.
fn claims(w: &mut World, set: ReplicaSetId) -> Vec<(Request, rule::Share)> {
    if !std::mem::take(&mut w.controllers.members[set.ix()].looks_around) {
        return Vec::new();
    }
    let object = &w.workloads.replica_sets[set.ix()].object;
    let is_going = object.meta.deletion.is_some();
    let namespace = object.meta.namespace;
    let mut requests = Vec::new();
    for pod in PodId::all(w.pods.len()) {
        let p = &w.pods[pod.ix()];
        // Of many pods most are those of others, which is seen first.
        let holder = match p.controller {
            Some(ObjectKey::ReplicaSet(own)) if own == set => Holder::Me,
            None if p.owners.as_deref().is_none_or(|owners| !owners.iter().any(|o| o.controller)) => {
                Holder::Nobody
            }
            _ => continue,
        };
        if !p.exists || p.ident.namespace != namespace || p.status.phase().is_terminal() {
            continue;
        }
        let request = match ownership::claim(holder, selects(w, set, pod), is_going, p.deletion.is_some()) {
            Claim::Adopt => Request::Adopt(set, pod),
            Claim::Release => Request::Release(set, pod),
            Claim::Mine | Claim::Ignore => continue,
        };
        requests.push((request, counts_as(w, set, pod)));
    }
    requests
}

/// What follows once all requests of a stage are answered: pods are made or deleted, and then the status is written.
pub fn next(w: &mut World, script: &mut ReplicasScript, error: Option<&str>) -> Vec<Request> {
    if !w.workloads.replica_sets[script.set.ix()].exists {
        return Vec::new();
    }
    if std::mem::take(&mut script.manages) {
        let requests = manage(w, script);
        if !requests.is_empty() {
            return requests;
        }
    }
    if script.batches.left() > 0 {
        if !script.refused {
            return next_batch(script);
        }
        w.controllers.members[script.set.ix()].expected.give_up(script.batches.left() as u32);
        script.batches = SlowStart::new(0);
    }
    let Some(counts) = script.counts.take() else { return Vec::new() };
    let held = &w.workloads.replica_sets[script.set.ix()];
    let status = rule::status(&held.object, &counts, error, w.now, &w.gates);
    // What it has seen is the set as it was when it looked.
    let status = ReplicaSetStatus { observed_generation: script.generation, ..status };
    if status == held.object.status {
        return Vec::new();
    }
    vec![Request::SetStatus(script.set, Arc::new(status))]
}

/// `manageReplicas`
fn manage(w: &mut World, script: &mut ReplicasScript) -> Vec<Request> {
    let set = script.set;
    let active = script.counts.map_or(0, |counts| counts.active);
    let now = w.now;
    match rule::manage(active, w.workloads.replica_sets[set.ix()].object.spec.replicas) {
        Manage::Nothing => Vec::new(),
        Manage::Create(count) => {
            let count = count.cast_unsigned();
            script.batches = SlowStart::new(count as usize);
            w.controllers.members[set.ix()].expected.expect_made(count, now);
            next_batch(script)
        }
        Manage::Delete(count) => {
            let chosen = first(w, set, count.cast_unsigned() as usize);
            w.controllers.members[set.ix()].expected.expect_gone(chosen.iter().copied(), now);
            chosen.into_iter().map(|pod| Request::DeletePod(set, pod)).collect()
        }
    }
}

/// The next batch of slow start.
fn next_batch(script: &mut ReplicasScript) -> Vec<Request> {
    let batch = script.batches.next().unwrap_or(0);
    (0..batch).map(|_| Request::MakePod(script.set)).collect()
}

/// The sets with the same controller, the set itself among them.
fn related(w: &World, set: ReplicaSetId) -> Vec<ReplicaSetId> {
    let Some(owner) = w.workloads.controller(ObjectKey::ReplicaSet(set)) else { return vec![set] };
    let dependents = w.workloads.dependents.get(&owner).into_iter().flatten();
    let controlled = dependents.filter(|one| w.workloads.controller(**one) == Some(owner));
    let sets = controlled.filter_map(|one| match one {
        ObjectKey::ReplicaSet(other) => Some(*other),
        _ => None,
    });
    sets.filter(|other| other.ix() < w.controllers.members.len()).collect()
}

/// The pods that go first.
fn first(w: &World, set: ReplicaSetId, count: usize) -> Vec<PodId> {
    let own = &w.controllers.members[set.ix()];
    if own.counts.active <= i32::try_from(count).unwrap_or(i32::MAX) {
        return own.pods.iter().filter(|(_, member)| member.share.active).map(|(pod, _)| *pod).collect();
    }
    // How many active pods of the sets with the same owner run on a node.
    let related = related(w, set);
    let on_node =
        |node| related.iter().map(|other| w.controllers.members[other.ix()].active_on(node)).sum::<u32>();
    // Of settled pods those go first that have the most company, so that others need not be looked at.
    let mut pods: Vec<(PodId, u32)> =
        own.unsettled.iter().map(|pod| (*pod, w.pods[pod.ix()].node.map_or(0, on_node))).collect();
    let mut nodes: Vec<(u32, &[PodId])> =
        own.settled().map(|(node, settled)| (on_node(node), settled)).collect();
    nodes.sort_unstable_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    // One more than go, because all of too few would go in no order.
    let mut enough = count + 1;
    for crowd in nodes.chunk_by(|one, other| one.0 == other.0) {
        if enough == 0 {
            break;
        }
        for (rank, settled) in crowd {
            pods.extend(settled.iter().map(|pod| (*pod, *rank)));
            enough = enough.saturating_sub(settled.len());
        }
    }
    pods.sort_unstable();
    let candidates: Vec<Candidate> = pods.iter().map(|(pod, rank)| candidate(w, *pod, *rank)).collect();
    first_to_go(&candidates, count, w.now).into_iter().map(|ix| pods[ix].0).collect()
}

/// POST of a pod of a set.
pub fn make_pod(w: &mut World, set: ReplicaSetId) -> Option<String> {
    let key = ObjectKey::ReplicaSet(set);
    let controller = super::hear::controller_of(w, set);
    let (namespace, name) = {
        let meta = &w.workloads.replica_sets[set.ix()].object.meta;
        (meta.namespace, meta.name)
    };
    // Whatever a controller makes there would be refused, and it says nothing of that.
    if w.namespaces.is_terminating(namespace) {
        return None;
    }
    let base = Sym::new(&pod_control::generate_name(name.as_str()));
    let entity = api_server::makes(w, key);
    let owners = Some(Arc::clone(&w.workloads.replica_sets[set.ix()].beside.as_owner));
    let made = made::template(w, set, base).and_then(|template| {
        let name = Name::Generate(base);
        let new = NewPod { template, name, entity, owners, controller: Some(key), spec: None };
        api_server::create_pod(w, new).map_err(|refused| refused.to_string())
    });
    let (told, error) = match made {
        Ok(pod) => {
            let pod = w.pods[pod.ix()].ident.name;
            let before = Sym::new("Created pod: ");
            let message = EventText::AboutPod { before, pod, after: Sym::EMPTY, combined: false };
            tell(w, controller, key, EventType::Normal, Sym::new("SuccessfulCreate"), message);
            return None;
        }
        Err(refused) => (pod_control::create_failed(&refused), refused),
    };
    w.controllers.members[set.ix()].expected.seen_made();
    if let Some(Script::Replicas(script)) = work::script_of(w, controller, key) {
        script.refused = true;
    }
    tell(w, controller, key, told.kind, told.reason, told.message.into());
    Some(error)
}

/// DELETE of a pod of a set.
pub fn delete_pod(w: &mut World, set: ReplicaSetId, pod: PodId) -> Option<String> {
    let p = &w.pods[pod.ix()];
    if !p.exists {
        w.controllers.members[set.ix()].expected.seen_going(pod);
        return None;
    }
    let name = p.ident.name;
    api_server::delete_pod(w, pod, None);
    let before = Sym::new("Deleted pod: ");
    let message = EventText::AboutPod { before, pod: name, after: Sym::EMPTY, combined: false };
    let controller = super::hear::controller_of(w, set);
    let reason = Sym::new("SuccessfulDelete");
    tell(w, controller, ObjectKey::ReplicaSet(set), EventType::Normal, reason, message);
    None
}

/// PATCH that makes the set a pod's controller.
pub fn adopt(w: &mut World, set: ReplicaSetId, pod: PodId) -> Option<String> {
    let reference = w.workloads.replica_sets[set.ix()].beside.as_owner.first().cloned()?;
    api_server::own_pod(w, pod, |owners| {
        *owners = Arc::unwrap_or_clone(ownership::adopted(owners, reference));
    });
    None
}

/// PATCH that takes the set from a pod's owners.
pub fn release(w: &mut World, set: ReplicaSetId, pod: PodId) -> Option<String> {
    let uid = w.workloads.replica_sets[set.ix()].object.meta.uid;
    api_server::own_pod(w, pod, |owners| {
        *owners = Arc::unwrap_or_clone(ownership::released(owners, uid));
    });
    None
}

/// PUT of a set's status.
pub fn set_status(w: &mut World, set: ReplicaSetId, status: &ReplicaSetStatus) -> Option<String> {
    api_server::update_status_of(w, set, |own: &mut ReplicaSet| own.status.clone_from(status));
    None
}

/// When the set looks again of its own accord.
pub fn again(w: &World, set: ReplicaSetId) -> Option<Again> {
    let held = &w.workloads.replica_sets[set.ix()];
    let next = w.controllers.members[set.ix()].ripening.first().map(|(at, _)| *at);
    let wait = rule::look_again(&held.object, &held.object.status, next, w.now, &w.gates)?;
    Some(Again::At(w.now + wait))
}
