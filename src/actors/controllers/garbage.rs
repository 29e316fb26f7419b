//! The garbage collector: what becomes of objects whose owners go.
//!
//! Source: `attemptToDeleteItem`, `processDeletingDependentsItem`, `orphanDependents` in
//! pkg/controller/garbagecollector/garbagecollector.go, and the graph in graph_builder.go (v1.36.3). Its graph is taken to be
//! up to date: what it hears of is already in it. An object that it looks at is fetched as it is, its owners too.

use std::sync::Arc;

use super::work::add;
use crate::actors::api_server::{self, Propagation};
use crate::world::World;
use crate::world::manager::{CollectStage, Controller, Request, Script};
use crate::world::workloads::ObjectKey;

/// News of an object: one that is gone, or is going with a finalizer of ours, concerns its dependents; and one that is gone
/// its owners.
pub fn informed(w: &mut World, key: ObjectKey) {
    if !exists(w, key) {
        for dependent in w.workloads.dependents.get(&key).cloned().unwrap_or_default() {
            if exists(w, dependent) {
                add(w, Controller::GarbageCollector, dependent);
            }
        }
        for owner in owners(w, key) {
            if way(w, owner).is_some() {
                add(w, Controller::GarbageCollector, owner);
            }
        }
    } else if way(w, key).is_some() {
        add(w, Controller::GarbageCollector, key);
    }
}

fn exists(w: &World, key: ObjectKey) -> bool {
    match key {
        ObjectKey::Pod(pod) => w.pods[pod.ix()].exists,
        key => w.workloads.exists(key),
    }
}

/// How an object that is being deleted is to go, as far as that is for the garbage collector.
fn way(w: &World, key: ObjectKey) -> Option<Propagation> {
    let meta = w.workloads.meta(key)?;
    meta.deletion?;
    let has = |name: &str| w.workloads.exists(key) && meta.finalizers.iter().any(|f| *f == name);
    if has(api_server::ORPHAN) {
        Some(Propagation::Orphan)
    } else if has(api_server::FOREGROUND) {
        Some(Propagation::Foreground)
    } else {
        None
    }
}

/// The owners of an object that a run knows, with whether the object blocks their foreground deletion.
fn owning(w: &World, key: ObjectKey) -> Vec<(ObjectKey, bool)> {
    let refs = match key {
        ObjectKey::Pod(pod) => w.pods[pod.ix()].owners.clone().unwrap_or_default(),
        key => w.workloads.meta(key).map(|meta| Arc::clone(&meta.owners)).unwrap_or_default(),
    };
    let known = |uid: &str| w.workloads.by_uid.get(uid).copied();
    refs.iter().filter_map(|own| Some((known(&own.uid)?, own.block_owner_deletion))).collect()
}

fn owners(w: &World, key: ObjectKey) -> Vec<ObjectKey> {
    owning(w, key).into_iter().map(|(owner, _)| owner).collect()
}

/// Dependents that are still there, without those that have let go.
fn dependents(w: &World, key: ObjectKey) -> Vec<ObjectKey> {
    let all = w.workloads.dependents.get(&key).cloned().unwrap_or_default();
    all.into_iter().filter(|one| exists(w, *one) && owners(w, *one).contains(&key)).collect()
}

/// A worker takes a key.
pub fn look(w: &mut World, key: ObjectKey) -> Option<(Script, Vec<Request>)> {
    if !exists(w, key) {
        return None;
    }
    match way(w, key) {
        Some(Propagation::Orphan) => {
            let mut requests: Vec<Request> =
                dependents(w, key).into_iter().map(|one| Request::Disown(one, key)).collect();
            let last = requests.is_empty().then_some(Request::Finalize(key));
            requests.extend(last);
            Some((Script::Collect(CollectStage::Look), requests))
        }
        Some(_) => {
            let all = dependents(w, key);
            let blocks =
                |one: &ObjectKey| owning(w, *one).iter().any(|(owner, blocks)| *owner == key && *blocks);
            let waits = all.iter().any(blocks);
            for dependent in all {
                if !is_going(w, dependent) {
                    add(w, Controller::GarbageCollector, dependent);
                }
            }
            if waits {
                None
            } else {
                Some((Script::Collect(CollectStage::Act), vec![Request::Finalize(key)]))
            }
        }
        None if is_going(w, key) || owners(w, key).is_empty() => None,
        // The object as it is, then its owners: absent ones are remembered, so that they are asked for once.
        None => Some((Script::Collect(CollectStage::Look), vec![Request::Get])),
    }
}

fn is_going(w: &World, key: ObjectKey) -> bool {
    match key {
        ObjectKey::Pod(pod) => w.pods[pod.ix()].deletion.is_some(),
        key => w.workloads.meta(key).is_some_and(|meta| meta.deletion.is_some()),
    }
}

/// After a look: what is to be done.
pub fn next(w: &World, key: ObjectKey, stage: &mut CollectStage) -> Vec<Request> {
    if std::mem::replace(stage, CollectStage::Act) == CollectStage::Act || !exists(w, key) {
        return Vec::new();
    }
    if way(w, key) == Some(Propagation::Orphan) {
        return vec![Request::Finalize(key)];
    }
    let all = owning(w, key);
    let solid = |owner: ObjectKey| exists(w, owner) && way(w, owner) != Some(Propagation::Foreground);
    if all.iter().any(|(owner, _)| solid(*owner)) {
        let gone = all.iter().filter(|(owner, _)| !solid(*owner));
        return gone.map(|(owner, _)| Request::Disown(key, *owner)).collect();
    }
    vec![Request::Collect(key)]
}

/// DELETE of an object that has no owner any more: as its owner goes, so goes what depends on it.
pub fn collect(w: &mut World, key: ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Pod(pod) => api_server::delete_pod(w, pod, None),
        key => {
            let waited_for = owning(w, key).iter().any(|(owner, _)| exists(w, *owner));
            let propagation = if waited_for && !dependents(w, key).is_empty() {
                Propagation::Foreground
            } else {
                Propagation::Background
            };
            api_server::delete(w, key, propagation);
        }
    }
    None
}

/// PATCH that takes an owner from an object's owners.
pub fn disown(w: &mut World, key: ObjectKey, owner: ObjectKey) -> Option<String> {
    let uid = w.workloads.meta(owner).map(|meta| meta.uid.to_string())?;
    match key {
        ObjectKey::Pod(pod) => api_server::own_pod(w, pod, |owners| owners.retain(|own| own.uid != uid)),
        key => api_server::update_meta(w, key, |meta| {
            Arc::make_mut(&mut meta.owners).retain(|own| own.uid != uid);
        }),
    }
    None
}

/// PATCH that takes the garbage collector's finalizer from an owner.
pub fn finalize(w: &mut World, key: ObjectKey) -> Option<String> {
    api_server::update_meta(w, key, |meta| {
        let ours = [api_server::ORPHAN, api_server::FOREGROUND];
        Arc::make_mut(&mut meta.finalizers).retain(|f| !ours.iter().any(|own| *f == *own));
    });
    None
}
