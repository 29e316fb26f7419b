//! The controller of Deployments: when it looks, and how what a look leads to is written.
//!
//! Source: the event handlers and `syncDeployment` in pkg/controller/deployment/deployment_controller.go (v1.36.3). What it
//! decides stands in [`crate::rules::controllers::deployment`]: all writes of a look with their complete new values. They go
//! out one after the other; one that was made from what is no longer there is refused, and the Deployment is looked at again.

use serde_json::Value;

use super::work::{self, Again, add, conflict, tell};
use crate::actors::api_server;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::deployment::{self as rule, Call, Creation, Input, Refused, Requeue, Step};
use crate::rules::controllers::template_hash::template_hash;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::world::World;
use crate::world::manager::{Controller, DeploymentScript, Request, Script};
use crate::world::workloads::{DeploymentId, ObjectKey, ReplicaSetId};

/// News has come of a Deployment, of a ReplicaSet, or that a pod is gone.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::Deployment(_) => add(w, Controller::Deployment, key),
        ObjectKey::ReplicaSet(set) => match w.workloads.controller(key) {
            Some(owner @ ObjectKey::Deployment(_)) => add(w, Controller::Deployment, owner),
            Some(_) => {}
            None => {
                for id in takers(w, set) {
                    add(w, Controller::Deployment, ObjectKey::Deployment(id));
                }
            }
        },
        ObjectKey::Pod(pod) => {
            if let Some(set) = w.pods[pod.ix()].controller
                && let Some(owner @ ObjectKey::Deployment(_)) = w.workloads.controller(set)
                && (w.gates.habits.recreates_at_any_pod || !has_pods(w, owner))
            {
                add(w, Controller::Deployment, owner);
            }
        }
        _ => {}
    }
}

/// Whether any set of a Deployment still has a pod, dead or alive (`getPodMapForDeployment`).
fn has_pods(w: &World, deployment: ObjectKey) -> bool {
    let of_set = |set: &ReplicaSetId| {
        let members = w.controllers.members.get(set.ix());
        members.is_some_and(|members| members.pods.keys().any(|pod| w.pods[pod.ix()].exists))
    };
    let own = w.workloads.dependents.get(&deployment).into_iter().flatten();
    own.filter_map(|one| if let ObjectKey::ReplicaSet(set) = one { Some(set) } else { None }).any(of_set)
}

/// Deployments whose selector takes a set that nobody controls.
fn takers(w: &World, set: ReplicaSetId) -> Vec<DeploymentId> {
    let held = &w.workloads.replica_sets[set.ix()];
    if !held.exists || held.object.is_replication_controller {
        return Vec::new();
    }
    let (namespace, own) = (held.object.meta.namespace, labels(&held.object.meta.labels));
    DeploymentId::all(w.workloads.deployments.len())
        .filter(|id| {
            let other = &w.workloads.deployments[id.ix()];
            other.exists
                && other.object.meta.namespace == namespace
                && Selector::compile(Some(&other.object.spec.selector)).matches(&own)
        })
        .collect()
}

/// The sets that a look at a Deployment sees: its own ones, and orphans of its namespace.
fn seen(w: &World, id: DeploymentId) -> Vec<ReplicaSetId> {
    let namespace = w.workloads.deployments[id.ix()].object.meta.namespace;
    let key = ObjectKey::Deployment(id);
    let own = w.workloads.dependents.get(&key).into_iter().flatten();
    let orphans = w.workloads.orphans.iter();
    let sets = own.chain(orphans).filter_map(|one| match one {
        ObjectKey::ReplicaSet(set) => Some(*set),
        _ => None,
    });
    let is_there = |set: &ReplicaSetId| {
        let held = &w.workloads.replica_sets[set.ix()];
        held.exists && !held.object.is_replication_controller && held.object.meta.namespace == namespace
    };
    let mut sets: Vec<ReplicaSetId> = sets.filter(is_there).collect();
    sets.sort_unstable();
    sets.dedup();
    sets
}

/// A worker takes a Deployment.
pub fn look(w: &mut World, id: DeploymentId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.deployments[id.ix()];
    if !held.exists {
        return None;
    }
    let sets = seen(w, id);
    let objects: Vec<&ReplicaSet> =
        sets.iter().map(|set| &w.workloads.replica_sets[set.ix()].object).collect();
    let has_live_pods = |set: &ReplicaSet| lives(w, set);
    let creation = |new: &ReplicaSet| {
        named(w, new)
            .map_or(Creation::Done, |known| Creation::Exists(&w.workloads.replica_sets[known.ix()].object))
    };
    let rule::Sync { steps, requeue, error } = rule::sync(&Input {
        deployment: &held.object,
        replica_sets: &objects,
        now: w.now,
        gates: &w.gates,
        has_live_pods: &has_live_pods,
        hash: &template_hash,
        creation: &creation,
    });
    let versions = vec![None; steps.len()];
    let script = DeploymentScript { deployment: id, steps, played: 0, versions, again: requeue, error };
    Some((Script::Deployment(Box::new(script)), Vec::new()))
}

/// Whether pods of a set are there that are neither Succeeded nor Failed.
fn lives(w: &World, set: &ReplicaSet) -> bool {
    let Some(ObjectKey::ReplicaSet(id)) = w.workloads.by_uid.get(&set.meta.uid.to_string()).copied() else {
        return false;
    };
    let Some(members) = w.controllers.members.get(id.ix()) else { return false };
    members.pods.keys().any(|pod| {
        let p = &w.pods[pod.ix()];
        p.exists && !p.status.phase().is_terminal()
    })
}

/// The ReplicaSet that has the name of a new one.
fn named(w: &World, new: &ReplicaSet) -> Option<ReplicaSetId> {
    let kind = crate::api::Sym::new("replicaset");
    match w.workloads.find(kind, new.meta.namespace, new.meta.name) {
        Some(ObjectKey::ReplicaSet(set)) => Some(set),
        _ => None,
    }
}

/// What follows: events are told on the way, the next write is asked for.
pub fn next(w: &mut World, script: &mut DeploymentScript, error: &mut Option<String>) -> Vec<Request> {
    if error.is_some() {
        return Vec::new();
    }
    while let Some(Step { call, .. }) = script.steps.get(script.played) {
        let Call::Event(told) = call else { return vec![Request::Step(script.deployment)] };
        let key = ObjectKey::Deployment(script.deployment);
        tell(w, Controller::Deployment, key, told.kind, told.reason, told.message.clone().into());
        script.played += 1;
    }
    error.clone_from(&script.error);
    Vec::new()
}

/// The next write of a sync is carried out.
pub fn carry_out(w: &mut World, id: DeploymentId) -> Option<String> {
    let key = ObjectKey::Deployment(id);
    let Some(Script::Deployment(script)) = work::script_of(w, Controller::Deployment, key) else {
        return None;
    };
    let at = script.played;
    let Step { call, upon, refused } = script.steps.get(at)?.clone();
    let upon = upon.and_then(|step| script.versions.get(step).copied().flatten());
    let (version, error) = match write(w, id, call, upon) {
        Ok(version) => (version, None),
        Err(error) => (None, Some(error)),
    };
    let Some(Script::Deployment(script)) = work::script_of(w, Controller::Deployment, key) else {
        return None;
    };
    script.versions[at] = version;
    script.played = at + 1;
    match (error, refused) {
        (Some(_), Refused::GoesOn(step)) => {
            script.played = step;
            None
        }
        (error, _) => error,
    }
}

/// A write, and the version that it was answered with. `upon` is the version that it was made from, if that is not the
/// value's own.
fn write(w: &mut World, id: DeploymentId, call: Call, upon: Option<u64>) -> Result<Option<u64>, String> {
    match call {
        Call::Event(_) => Ok(None),
        Call::Owners(meta, owners) => {
            let Some(key) = w.workloads.by_uid.get(&meta.uid.to_string()).copied() else { return Ok(None) };
            api_server::update_meta(w, key, |own| own.owners = owners);
            Ok(w.workloads.meta(key).map(|meta| meta.resource_version))
        }
        Call::Create(set) => {
            if named(w, &set).is_some() {
                return Err(format!("replicasets.apps \"{}\" already exists", set.meta.name));
            }
            let (namespace, name) = (set.meta.namespace, set.meta.name);
            api_server::namespaces::lets_in(w, namespace, ObjectType::ReplicaSet, &name)
                .map_err(|refused| refused.to_string())?;
            api_server::charge_object(w, ObjectType::ReplicaSet, namespace, &name, &Value::Null)
                .map_err(|refused| refused.to_string())?;
            let entity = api_server::makes(w, ObjectKey::Deployment(id));
            let set = api_server::create(w, entity, set);
            Ok(Some(w.workloads.replica_sets[set.ix()].object.meta.resource_version))
        }
        Call::Update(new) => {
            let set = named(w, &new).ok_or_else(|| gone("replicasets.apps", new.meta.name.as_str()))?;
            let held = &w.workloads.replica_sets[set.ix()].object.meta;
            if held.resource_version != upon.unwrap_or(new.meta.resource_version) {
                return Err(conflict("replicasets.apps", held.name.as_str()));
            }
            api_server::update_object(w, set, |own: &mut ReplicaSet| put_set(own, new));
            Ok(Some(w.workloads.replica_sets[set.ix()].object.meta.resource_version))
        }
        Call::Delete(name) => {
            let namespace = w.workloads.deployments[id.ix()].object.meta.namespace;
            let kind = crate::api::Sym::new("replicaset");
            if let Some(key) = w.workloads.find(kind, namespace, name) {
                api_server::delete(w, key, api_server::Propagation::Background);
            }
            Ok(None)
        }
        Call::UpdateStatus(new) => put(w, id, new, upon, |own, new| {
            own.status = new.status;
            own.meta.annotations = new.meta.annotations;
        }),
        Call::UpdateDeployment(new) => put(w, id, new, upon, |own, new| {
            own.spec = new.spec;
            own.meta.annotations = new.meta.annotations;
            own.meta.labels = new.meta.labels;
        }),
    }
}

fn put_set(own: &mut ReplicaSet, new: ReplicaSet) {
    own.spec = new.spec;
    own.meta.annotations = new.meta.annotations;
    own.meta.labels = new.meta.labels;
}

fn put(
    w: &mut World,
    id: DeploymentId,
    new: Deployment,
    upon: Option<u64>,
    change: impl FnOnce(&mut Deployment, Deployment),
) -> Result<Option<u64>, String> {
    let held = &w.workloads.deployments[id.ix()];
    if !held.exists {
        return Err(gone("deployments.apps", new.meta.name.as_str()));
    }
    if held.object.meta.resource_version != upon.unwrap_or(new.meta.resource_version) {
        return Err(conflict("deployments.apps", new.meta.name.as_str()));
    }
    let respecified = held.object.spec != new.spec;
    let change = |own: &mut Deployment| change(own, new);
    match respecified {
        true => api_server::update_object(w, id, change),
        false => api_server::update_status_of(w, id, change),
    }
    Ok(Some(w.workloads.deployments[id.ix()].object.meta.resource_version))
}

fn gone(resource: &str, name: &str) -> String {
    format!("{resource} \"{name}\" not found")
}

/// When the Deployment is looked at again though nothing has failed.
pub fn again(w: &World, script: &DeploymentScript) -> Option<Again> {
    Some(match script.again? {
        Requeue::After(span) => Again::At(w.now + span),
        Requeue::RateLimited => Again::Limited,
    })
}
