//! The controller of StatefulSets.
//!
//! Source: `addPod`, `updatePod`, `deletePod`, `sync` in pkg/controller/statefulset/stateful_set.go; `performUpdate` in
//! stateful_set_control.go; stateful_pod_control.go (v1.36.3). What it decides stands in
//! [`crate::rules::controllers::stateful_set`]: all calls of a look, in batches of chains. Here they are sent: the batches one
//! after the other, within one the next call of every chain together; and a refused call ends its chain, and the sync with
//! its batch, after which the status is written all the same.

use std::sync::Arc;

use super::claims as volumes;
use super::made::{self, Asked};
use super::stateful_pods::{claims, named, pods, revisions, seen, set_of, suitors};
use super::work::{self, Again, add, add_at, tell};
use crate::actors::api_server::{self, Edit, Name, NewPod, Propagation};
use crate::api::stateful_set::StatefulSet;
use crate::api::text::PodName;
use crate::api::{OwnerReference, Sym};
use crate::engine::random;
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::ownership;
use crate::rules::controllers::stateful_set::words::{self, Verb};
use crate::rules::controllers::stateful_set::{
    self as rule, Call, Input, RevisionCall, SeenClaim, SeenPod, identity,
};
use crate::rules::controllers::told::Told;
use crate::scenario::plan::{ObjectKind, TemplateIx};
use crate::world::manager::{Controller, Request, Script};
use crate::world::stateful_sets::{SetRequest, SetScript, SetStage};
use crate::world::workloads::{ControllerRevisionId, ObjectKey, StatefulSetId};
use crate::world::{PodId, World};

/// News has come of a set, or of a pod.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::StatefulSet(set) => {
            if w.controllers.stateful_sets.len() <= set.ix() {
                w.controllers.stateful_sets.resize_with(set.ix() + 1, Default::default);
                // Pods and revisions that are there already may be its own.
                w.controllers.stateful_sets[set.ix()].looks_around = true;
            }
            add(w, Controller::StatefulSet, key);
        }
        ObjectKey::Pod(pod) => pod_changed(w, pod),
        _ => {}
    }
}

fn pod_changed(w: &mut World, pod: PodId) {
    let now = set_of(w, pod).filter(|set| set.ix() < w.controllers.stateful_sets.len());
    let before = w.controllers.stateful_set_of.get(&pod).copied();
    if let Some(set) = before.filter(|set| Some(*set) != now) {
        w.controllers.stateful_sets[set.ix()].pods.remove(&pod);
        w.controllers.stateful_set_of.remove(&pod);
        add(w, Controller::StatefulSet, ObjectKey::StatefulSet(set));
    }
    let Some(set) = now else {
        // An orphan: whose selector and name it has may adopt it.
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].controller.is_none() {
            for set in suitors(w, pod) {
                if let Some(own) = w.controllers.stateful_sets.get_mut(set.ix()) {
                    own.looks_around = true;
                    add(w, Controller::StatefulSet, ObjectKey::StatefulSet(set));
                }
            }
        }
        return;
    };
    let key = ObjectKey::StatefulSet(set);
    let was_ready =
        w.controllers.stateful_sets[set.ix()].pods.get(&pod).is_some_and(|was| was.ready.is_some());
    let is_ready = show(w, set, pod).is_some_and(|seen| seen.ready.is_some());
    let min_ready = w.workloads.stateful_sets[set.ix()].object.spec.min_ready_seconds;
    if is_ready
        && !was_ready
        && let Some(wait) = rule::look_again_at_ready(min_ready, &w.gates)
    {
        add_at(w, Controller::StatefulSet, key, w.now + wait);
    }
    // Labels may have changed so that it is no longer its own.
    w.controllers.stateful_sets[set.ix()].looks_around |= w.pods[pod.ix()].metadata_changes > 0;
    add(w, Controller::StatefulSet, key);
}

/// The controller has seen a pod of a set as it is now.
fn show(w: &mut World, set: StatefulSetId, pod: PodId) -> Option<SeenPod> {
    let seen = seen(w, set, pod)?;
    w.controllers.stateful_sets[set.ix()].pods.insert(pod, seen);
    w.controllers.stateful_set_of.insert(pod, set);
    Some(seen)
}

/// A worker takes a set.
pub fn look(w: &mut World, set: StatefulSetId) -> Option<(Script, Vec<Request>)> {
    if !w.workloads.stateful_sets[set.ix()].exists {
        return None;
    }
    let requests = claims(w, set).into_iter().map(|asked| Request::Set(set, asked)).collect();
    let script = SetScript {
        set,
        stage: SetStage::Claims,
        sync: None,
        at: (0, 0),
        ended: Vec::new(),
        refused: false,
        forgotten: 0,
    };
    Some((Script::Set(Box::new(script)), requests))
}

/// What a sync comes to.
fn plan(w: &World, set: StatefulSetId) -> rule::Sync {
    let object = &w.workloads.stateful_sets[set.ix()].object;
    let namespace = object.meta.namespace;
    let pods: Vec<SeenPod> = pods(w, set).into_iter().map(|(_, seen)| seen).collect();
    let revisions: Vec<_> =
        revisions(w, set).iter().map(|(id, _)| &w.workloads.controller_revisions[id.ix()].object).collect();
    rule::sync(&Input {
        set: object,
        pods: &pods,
        revisions: &revisions,
        claim: &|name| claim(w, namespace, name),
        taken: &|name| {
            let id = revision(w, namespace, Sym::new(name))?;
            Some(&w.workloads.controller_revisions[id.ix()].object)
        },
        now: w.now,
        gates: &w.gates,
    })
}

/// A claim of a name: one that somebody has made, or one of the scenario.
fn claim<'a>(w: &'a World, namespace: Sym, name: &str) -> Option<SeenClaim<'a>> {
    if let Some(id) = w.workloads.claim_named(namespace, name) {
        let meta = &w.workloads.claims[id.ix()].object.meta;
        return Some(SeenClaim { owners: &meta.owners, is_deleted: meta.deletion.is_some() });
    }
    let object = w.find_object(ObjectKind::PersistentVolumeClaim, namespace, name)?;
    w.objects[object].exists.then_some(SeenClaim { owners: &[], is_deleted: false })
}

fn revision(w: &World, namespace: Sym, name: Sym) -> Option<ControllerRevisionId> {
    match w.workloads.find(Sym::new("controllerrevision"), namespace, name)? {
        ObjectKey::ControllerRevision(id) => Some(id),
        _ => None,
    }
}

/// What follows once all requests of a stage are answered.
pub fn next(w: &mut World, script: &mut SetScript, error: &mut Option<String>) -> Vec<Request> {
    let set = script.set;
    if !w.workloads.stateful_sets[set.ix()].exists {
        return Vec::new();
    }
    if script.stage == SetStage::Claims {
        if error.is_some() {
            return Vec::new();
        }
        let sync = plan(w, set);
        let revises = sync.revision.is_some();
        (script.sync, script.stage) = (Some(Arc::new(sync)), SetStage::Revision);
        if revises {
            return vec![Request::Set(set, SetRequest::Revise)];
        }
    }
    let Some(sync) = script.sync.clone() else { return Vec::new() };
    if script.stage == SetStage::Revision {
        if error.is_some() {
            return Vec::new();
        }
        script.stage = SetStage::Calls;
    }
    if script.stage == SetStage::Calls {
        let requests = next_calls(w, script, &sync, error);
        if !requests.is_empty() {
            return requests;
        }
        script.stage = SetStage::Status;
        if rule::is_news(&w.workloads.stateful_sets[set.ix()].object.status, status(script, &sync)) {
            return vec![Request::Set(set, SetRequest::Status)];
        }
    }
    script.stage = SetStage::Forget;
    let next = sync.forgotten.get(script.forgotten).copied();
    script.forgotten += 1;
    next.map(|name| Request::Set(set, SetRequest::Forget(name))).into_iter().collect()
}

/// What the status shall be after all that was done.
fn status<'a>(script: &SetScript, sync: &'a rule::Sync) -> &'a crate::api::stateful_set::StatefulSetStatus {
    if script.refused { &sync.status_if_refused } else { &sync.status }
}

/// The next call of each chain of the batch, or the first ones of the next batch.
fn next_calls(
    w: &mut World,
    script: &mut SetScript,
    sync: &rule::Sync,
    error: &mut Option<String>,
) -> Vec<Request> {
    while let Some(chains) = sync.batches.get(script.at.0) {
        let call = script.at.1;
        if call == 0 && script.refused {
            break;
        }
        let mut requests = Vec::new();
        for (at, chain) in chains.iter().enumerate() {
            match chain.get(call) {
                Some(Call::Fail(why, pod)) if !script.ended.contains(&at) => {
                    if let Some(ordinal) = pod {
                        let name = pod_name(w, script.set, *ordinal);
                        let own = w.workloads.stateful_sets[script.set.ix()].object.meta.name;
                        say(w, script.set, &words::pod(Verb::Create, &own, &name, Some(why), &w.gates));
                    }
                    error.get_or_insert_with(|| why.clone());
                    (script.refused, script.ended) = (true, [&script.ended[..], &[at]].concat());
                }
                Some(_) if !script.ended.contains(&at) => {
                    requests.push(Request::Set(script.set, SetRequest::Call(at)));
                }
                _ => {}
            }
        }
        script.at.1 += 1;
        if !requests.is_empty() {
            return requests;
        }
        if chains.iter().all(|chain| chain.len() <= call) {
            script.at = (script.at.0 + 1, 0);
            script.ended.clear();
        }
    }
    Vec::new()
}

fn pod_name(w: &World, set: StatefulSetId, ordinal: i32) -> String {
    identity::pod_name(w.workloads.stateful_sets[set.ix()].object.meta.name.as_str(), ordinal)
}

fn say(w: &mut World, set: StatefulSetId, told: &Told) {
    let key = ObjectKey::StatefulSet(set);
    tell(w, Controller::StatefulSet, key, told.kind, told.reason, told.message.clone().into());
}

/// A request of a sync is carried out.
pub fn carry_out(w: &mut World, set: StatefulSetId, asked: SetRequest) -> Option<String> {
    let key = ObjectKey::StatefulSet(set);
    let Some(Script::Set(script)) = work::script_of(w, Controller::StatefulSet, key) else { return None };
    let (sync, at) = (script.sync.clone(), (script.at.0, script.at.1.wrapping_sub(1)));
    let refused = script.refused;
    match (asked, sync) {
        (SetRequest::Adopt(pod), _) => adopt(w, set, pod),
        (SetRequest::Release(pod), _) => release(w, set, pod),
        (SetRequest::AdoptRevision(id), _) => {
            let owner = w.workloads.stateful_sets[set.ix()].beside.as_owner.first().cloned()?;
            api_server::update_meta(w, ObjectKey::ControllerRevision(id), |meta| {
                meta.owners = ownership::adopted(&meta.owners, owner);
            });
        }
        (SetRequest::Revise, Some(sync)) => return revise(w, set, sync.revision.as_ref()?),
        (SetRequest::Call(chain), Some(sync)) => {
            let error = call(w, set, sync.batches.get(at.0)?.get(chain)?.get(at.1)?)?;
            if let Some(Script::Set(script)) = work::script_of(w, Controller::StatefulSet, key) {
                script.refused = true;
                script.ended.push(chain);
            }
            return Some(error);
        }
        (SetRequest::Status, Some(sync)) => {
            let status = if refused { &sync.status_if_refused } else { &sync.status };
            let namespace = w.workloads.stateful_sets[set.ix()].object.meta.namespace;
            if let Some(newest) = revision(w, namespace, status.update_revision) {
                let number = w.workloads.controller_revisions[newest.ix()].object.revision;
                api_server::beside::<StatefulSet>(w, set).revision = Some(number);
            }
            api_server::update_status_of(w, set, |own: &mut StatefulSet| own.status.clone_from(status));
        }
        (SetRequest::Forget(name), _) => {
            let namespace = w.workloads.stateful_sets[set.ix()].object.meta.namespace;
            if let Some(id) = revision(w, namespace, name) {
                api_server::delete(w, ObjectKey::ControllerRevision(id), Propagation::Background);
            }
        }
        (_, None) => {}
    }
    None
}

/// The newest revision is made, or an old one becomes it.
fn revise(w: &mut World, set: StatefulSetId, asked: &RevisionCall) -> Option<String> {
    let namespace = w.workloads.stateful_sets[set.ix()].object.meta.namespace;
    match asked {
        RevisionCall::Create(new) => {
            let entity = api_server::makes(w, ObjectKey::StatefulSet(set));
            api_server::create(w, entity, (**new).clone());
        }
        RevisionCall::Renumber(name, number) => {
            let id = revision(w, namespace, *name)?;
            api_server::update_status_of(
                w,
                id,
                |own: &mut crate::api::controller_revision::ControllerRevision| {
                    own.revision = *number;
                },
            );
        }
    }
    None
}

/// One call about a pod or a claim; why it was refused.
fn call(w: &mut World, set: StatefulSetId, call: &Call) -> Option<String> {
    match call {
        Call::CreateClaim(ordinal, at) => {
            let namespace = w.workloads.stateful_sets[set.ix()].object.meta.namespace;
            let of = ObjectType::PersistentVolumeClaim;
            if let Err(refused) = api_server::namespaces::lets_in(w, namespace, of, "") {
                return Some(refused.to_string());
            }
            make_claim(w, set, *ordinal, *at);
            None
        }
        Call::OwnClaim(name, owners) => {
            own_claim(w, set, *name, owners);
            None
        }
        Call::CreatePod(ordinal, revision) => make_pod(w, set, *ordinal, *revision),
        Call::UpdatePod(name) => identify(w, set, *name),
        Call::DeletePod(name) => {
            let pod = named(w, set, *name)?;
            api_server::delete_pod(w, pod, None);
            told(w, set, Verb::Delete, name, None);
            None
        }
        Call::Fail(why, _) => Some(why.clone()),
    }
}

/// An event about a pod.
fn told(w: &mut World, set: StatefulSetId, verb: Verb, pod: &str, refused: Option<&str>) {
    let own = w.workloads.stateful_sets[set.ix()].object.meta.name;
    say(w, set, &words::pod(verb, &own, pod, refused, &w.gates));
}

/// POST of a claim of a pod of this number.
fn make_claim(w: &mut World, set: StatefulSetId, ordinal: i32, at: usize) {
    let held = &w.workloads.stateful_sets[set.ix()];
    let (own, entity) = (held.object.meta.name, held.entity);
    let value = identity::claim(&held.object, at, ordinal);
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let key = Sym::new(&name);
    let made = w.controllers.stateful_sets[set.ix()].claimed.entry(key).or_insert(0);
    let entity = random::made_by(random::part(entity, key.content()), *made);
    *made += 1;
    volumes::create(w, entity, &value);
    let pod = identity::pod_name(&own, ordinal);
    say(w, set, &words::claim(&own, &pod, &name, None, &w.gates));
}

/// PUT of a claim's owners.
fn own_claim(w: &mut World, set: StatefulSetId, name: Sym, owners: &[OwnerReference]) {
    let held = &w.workloads.stateful_sets[set.ix()];
    let (namespace, entity) = (held.object.meta.namespace, held.entity);
    let id = w.workloads.claim_named(namespace, &name).unwrap_or_else(|| {
        let value = serde_json::json!({ "metadata": { "name": name, "namespace": namespace } });
        volumes::take_care(w, random::part(entity, name.content()), &value)
    });
    // A pod that owns something has to be known by its uid.
    for (pod, seen) in pods(w, set) {
        if owners.iter().any(|owner| ownership::is_uid(seen.uid, &owner.uid)) {
            api_server::owns(w, pod);
        }
    }
    api_server::update_meta(w, ObjectKey::PersistentVolumeClaim(id), |meta| {
        meta.owners = Arc::new(owners.to_vec());
    });
}

/// POST of the pod of a number.
fn make_pod(w: &mut World, set: StatefulSetId, ordinal: i32, of: Sym) -> Option<String> {
    let key = ObjectKey::StatefulSet(set);
    let held = &w.workloads.stateful_sets[set.ix()];
    let (own, entity) = (held.object.meta.name, held.entity);
    let owners = Some(Arc::clone(&held.beside.as_owner));
    let name = identity::pod_name(&own, ordinal);
    let template = match template(w, set, ordinal, of) {
        Ok(template) => template,
        Err(refused) => {
            told(w, set, Verb::Create, &name, Some(&refused));
            return Some(refused);
        }
    };
    let number = ordinal.cast_unsigned();
    let made = w.controllers.stateful_sets[set.ix()].made.entry(ordinal).or_insert(0);
    // Its luck is that of its number, and of the how-manieth of it.
    let entity = random::made_by(random::part(entity, u64::from(number)), *made);
    let new = NewPod {
        template,
        name: Name::Given(PodName::ordinal(own, number)),
        entity,
        owners,
        controller: Some(key),
        spec: None,
    };
    match api_server::create_pod(w, new) {
        Ok(pod) => {
            *w.controllers.stateful_sets[set.ix()].made.entry(ordinal).or_insert(0) += 1;
            // It is not made again before it is heard of.
            show(w, set, pod);
            told(w, set, Verb::Create, &name, None);
            None
        }
        // Another one has its name: nothing is told of that (`CreateStatefulPod`).
        Err(taken @ Rejection::Exists { .. }) => Some(taken.to_string()),
        Err(refused) => {
            let refused = refused.to_string();
            told(w, set, Verb::Create, &name, Some(&refused));
            Some(refused)
        }
    }
}

/// What the pod of a number and a revision is made of.
fn template(w: &mut World, set: StatefulSetId, ordinal: i32, of: Sym) -> Result<TemplateIx, String> {
    if let Some(known) = w.controllers.stateful_sets[set.ix()].templates.get(&(of, ordinal)) {
        return Ok(*known);
    }
    let object = &w.workloads.stateful_sets[set.ix()].object;
    let base = object.meta.name;
    let id = revision(w, object.meta.namespace, of)
        .ok_or_else(|| format!("controllerrevisions.apps \"{of}\" not found"))?;
    let revision = &w.workloads.controller_revisions[id.ix()].object;
    let value = identity::pod(object, ordinal, revision);
    let (number, index) = (u32::try_from(revision.revision).ok(), u32::try_from(ordinal).ok());
    let maker = ObjectKey::StatefulSet(set);
    let template = made::admitted(w, &Asked { maker, template: &value, base, revision: number, index })?;
    w.controllers.stateful_sets[set.ix()].templates.insert((of, ordinal), template);
    Ok(template)
}

/// PUT of a pod that has got the labels of its number; volumes cannot be changed.
fn identify(w: &mut World, set: StatefulSetId, name: Sym) -> Option<String> {
    let pod = named(w, set, name)?;
    let object = &w.workloads.stateful_sets[set.ix()].object;
    let ordinal = identity::ordinal(&object.meta.name, &name)?;
    let p = &w.pods[pod.ix()];
    let mut labels = (*p.labels).clone();
    labels.insert(identity::POD_NAME.to_owned(), name.to_string());
    labels.insert(identity::POD_INDEX.to_owned(), ordinal.to_string());
    if !identity::is_kept(object, &name, &labels, &p.spec.volumes) {
        let refused =
            format!("Pod \"{name}\" is invalid: spec: Forbidden: pod updates may not change its volumes");
        told(w, set, Verb::Update, &name, Some(&refused));
        return Some(refused);
    }
    if labels != *p.labels {
        api_server::update(w, pod, Edit { labels: Some(labels), ..Edit::default() });
    }
    told(w, set, Verb::Update, &name, None);
    None
}

/// PATCH that makes the set a pod's controller.
fn adopt(w: &mut World, set: StatefulSetId, pod: PodId) {
    let owner = w.workloads.stateful_sets[set.ix()].beside.as_owner.first().cloned();
    api_server::own_pod(w, pod, |owners| {
        if let Some(owner) = owner {
            *owners = Arc::unwrap_or_clone(ownership::adopted(owners, owner));
        }
    });
    show(w, set, pod);
}

/// PATCH that takes the set from a pod's owners.
fn release(w: &mut World, set: StatefulSetId, pod: PodId) {
    let uid = w.workloads.stateful_sets[set.ix()].object.meta.uid;
    api_server::own_pod(w, pod, |owners| {
        *owners = Arc::unwrap_or_clone(ownership::released(owners, uid));
    });
}

/// When the set looks again of its own accord.
pub fn again(w: &World, script: &SetScript) -> Option<Again> {
    let object = &w.workloads.stateful_sets[script.set.ix()].object;
    let next = script.sync.as_ref()?.next_available;
    let wait = rule::look_again(object, &object.status, next, w.now, &w.gates)?;
    Some(Again::At(w.now + wait))
}
