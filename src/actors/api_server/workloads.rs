//! Objects of workloads and Services: created, changed, deleted; what clients see of it is recorded.
//!
//! Source of deletion: `BeforeDelete`, `deletionFinalizersForGarbageCollection` and `deleteWithoutFinalizers` in
//! staging/src/k8s.io/apiserver/pkg/registry/{rest/delete,generic/registry/store}.go (v1.36.3).

use std::sync::Arc;

use super::next_version;
use crate::actors::watch::{self, News};
use crate::api::service::Service;
use crate::api::text::Uid;
use crate::api::workload::{Deployment, ReplicaSet, WorkloadCondition};
use crate::api::{OwnerReference, Sym};
use crate::engine::random;
use crate::record::{Figures, FiguresRow, ObjectChange, ObjectIdent};
use crate::rules::controllers::{ownership, workload_state as state};
use crate::scenario::plan::TemplateIx;
use crate::world::endpoints::Changes;
use crate::world::workloads::{
    DeploymentId, Held, Object, ObjectKey, ReplicaSetId, Replicas, Served, ServiceId,
};
use crate::world::{Purpose, World};

/// What becomes of what an object owns when it is deleted (`propagationPolicy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Propagation {
    /// The object goes at once, its dependents after it.
    Background,
    /// Its dependents go first.
    Foreground,
    /// Its dependents stay.
    Orphan,
}

/// The finalizers by which the garbage collector knows how an object is to go.
pub const FOREGROUND: &str = "foregroundDeletion";
/// The same, where dependents stay.
pub const ORPHAN: &str = "orphan";

/// Which kind an object is of, in lower case.
pub fn kind_of(key: ObjectKey, is_replication_controller: bool) -> Sym {
    Sym::new(match key {
        ObjectKey::Pod(_) => "pod",
        ObjectKey::Deployment(_) => "deployment",
        ObjectKey::ReplicaSet(_) if is_replication_controller => "replicationcontroller",
        ObjectKey::ReplicaSet(_) => "replicaset",
        ObjectKey::Service(_) => "service",
    })
}

/// What a new object is held with: names, uid, a first version.
fn hold<T: Object>(w: &mut World, key: ObjectKey, kind: Sym, entity: u64, mut object: T) -> Held<T> {
    let (now, version) = (w.now, next_version(w));
    let uid = Uid::Made(w.draw(Purpose::Uid, entity, 0).two());
    let meta = object.meta_mut();
    meta.uid = uid;
    meta.created = now;
    meta.deletion = None;
    meta.generation = 1;
    meta.resource_version = version;
    let (namespace, name) = (meta.namespace, meta.name);
    let owners = Arc::clone(&meta.owners);
    let row = w.name_object(ObjectIdent { kind, namespace, name });
    w.workloads.by_name.insert((kind, namespace, name), key);
    w.workloads.by_uid.insert(uid.to_string(), key);
    own(w, key, &owners);
    Held { object, exists: true, entity, row, made: 0, told: None, figures: None }
}

/// An object stands among its owners' dependents.
pub fn own(w: &mut World, key: ObjectKey, owners: &[OwnerReference]) {
    if matches!(key, ObjectKey::ReplicaSet(_)) {
        match owners.iter().any(|owner| owner.controller) {
            true => w.workloads.orphans.remove(&key),
            false => w.workloads.orphans.insert(key),
        };
    }
    for owner in owners {
        let Some(owner) = w.workloads.by_uid.get(&owner.uid).copied() else { continue };
        let dependents = w.workloads.dependents.entry(owner).or_default();
        if !dependents.contains(&key) {
            dependents.push(key);
        }
    }
}

/// POST of a Deployment that was let in.
pub fn create_deployment(w: &mut World, entity: u64, object: Deployment) -> DeploymentId {
    let id = DeploymentId::new(w.workloads.deployments.len());
    let key = ObjectKey::Deployment(id);
    let held = hold(w, key, Sym::new("deployment"), entity, object);
    w.workloads.deployments.add(held);
    tell_deployment(w, id, &[]);
    watch::tell(w, News::ObjectWritten { key });
    id
}

/// POST of a ReplicaSet or ReplicationController that was let in.
pub fn create_replica_set(w: &mut World, entity: u64, object: ReplicaSet) -> ReplicaSetId {
    let id = ReplicaSetId::new(w.workloads.replica_sets.len());
    let key = ObjectKey::ReplicaSet(id);
    let kind = kind_of(key, object.is_replication_controller);
    let held = hold(w, key, kind, entity, object);
    let (version, name) = match held.object.is_replication_controller {
        true => ("v1", "ReplicationController"),
        false => ("apps/v1", "ReplicaSet"),
    };
    let as_owner = Arc::new(vec![ownership::controller_ref(&held.object.meta, version, name)]);
    w.workloads.replica_sets.add(Replicas { held, template: None, as_owner });
    tell_replica_set(w, id, &[]);
    watch::tell(w, News::ObjectWritten { key });
    id
}

/// POST of a Service that was let in.
pub fn create_service(w: &mut World, entity: u64, object: Service) -> ServiceId {
    let id = ServiceId::new(w.workloads.services.len());
    let key = ObjectKey::Service(id);
    let held = hold(w, key, Sym::new("service"), entity, object);
    w.workloads.services.add(Served { held, slices: None });
    w.workloads.index_service(id);
    watch::tell(w, News::ObjectWritten { key });
    id
}

/// Writes to a Deployment what `change` makes of it; what changes nothing is no write. Its generation rises with its spec and
/// with its annotations (`PrepareForUpdate`, pkg/registry/apps/deployment/strategy.go).
pub fn update_deployment(w: &mut World, id: DeploymentId, change: impl FnOnce(&mut Deployment)) {
    let Held { object: before, exists: true, .. } = &w.workloads.deployments[id.ix()] else { return };
    let before = before.clone();
    let own = &mut w.workloads.deployments.write(id.ix()).object;
    change(own);
    if *own == before {
        return;
    }
    let is_new = own.spec != before.spec || own.meta.annotations != before.meta.annotations;
    own.meta.generation += i64::from(is_new);
    written(w, ObjectKey::Deployment(id));
    tell_deployment(w, id, &before.status.conditions);
    after(w, ObjectKey::Deployment(id));
}

/// UpdateStatus of a Deployment: the status, and annotations, which do not count as something new here.
pub fn update_deployment_status(w: &mut World, id: DeploymentId, change: impl FnOnce(&mut Deployment)) {
    let Held { object: before, exists: true, .. } = &w.workloads.deployments[id.ix()] else { return };
    let before = before.clone();
    let own = &mut w.workloads.deployments.write(id.ix()).object;
    change(own);
    if *own == before {
        return;
    }
    written(w, ObjectKey::Deployment(id));
    tell_deployment(w, id, &before.status.conditions);
    after(w, ObjectKey::Deployment(id));
}

/// Writes to a ReplicaSet what `change` makes of it; its generation rises with its spec.
pub fn update_replica_set(w: &mut World, id: ReplicaSetId, change: impl FnOnce(&mut ReplicaSet)) {
    let Held { object: before, exists: true, .. } = &w.workloads.replica_sets[id.ix()].held else { return };
    let before = before.clone();
    let own = &mut w.workloads.replica_sets.write(id.ix()).held.object;
    change(own);
    if *own == before {
        return;
    }
    own.meta.generation += i64::from(own.spec != before.spec);
    let is_made_of_other = own.spec.template != before.spec.template;
    let key = ObjectKey::ReplicaSet(id);
    if is_made_of_other {
        w.workloads.replica_sets.write(id.ix()).template = None;
    }
    written(w, key);
    if w.workloads.replica_sets[id.ix()].held.object.meta.owners != before.meta.owners {
        let owners = Arc::clone(&w.workloads.replica_sets[id.ix()].held.object.meta.owners);
        own_anew(w, key, &before.meta.owners, &owners);
    }
    tell_replica_set(w, id, &before.status.conditions);
    after(w, key);
}

/// An object has got other owners.
pub fn own_anew(w: &mut World, key: ObjectKey, before: &[OwnerReference], owners: &[OwnerReference]) {
    for owner in before.iter().filter(|owner| !owners.contains(owner)) {
        let Some(owner) = w.workloads.by_uid.get(&owner.uid).copied() else { continue };
        w.workloads.dependents.entry(owner).or_default().retain(|dependent| *dependent != key);
    }
    own(w, key, owners);
}

/// Writes to a Service what `change` makes of it; its generation rises with its spec.
pub fn update_service(w: &mut World, id: ServiceId, change: impl FnOnce(&mut Service)) {
    let Held { object: before, exists: true, .. } = &w.workloads.services[id.ix()].held else { return };
    let before = before.clone();
    let own = &mut w.workloads.services.write(id.ix()).held.object;
    change(own);
    if *own == before {
        return;
    }
    own.meta.generation += i64::from(own.value != before.value);
    if own.selector != before.selector {
        w.workloads.index_service(id);
    }
    written(w, ObjectKey::Service(id));
    after(w, ObjectKey::Service(id));
}

/// POST or PUT of one of a Service's slices.
pub fn put_slice(w: &mut World, id: ServiceId, slice: u32, changes: &Changes) {
    next_version(w);
    let served = w.workloads.services.write(id.ix());
    let before = served.slices.as_ref().map(|slices| slices.counts);
    let slices = served.slices.get_or_insert_default();
    slices.change(slice, changes);
    let (row, now) = (served.held.row, slices.counts);
    if before != Some(now) {
        let [ready, serving, terminating] = now;
        let (from, to) = (before.map(|[ready, ..]| ready), Some(ready));
        w.record_object(row, ObjectChange::Endpoints { from, to, serving, terminating });
    }
}

/// The slices of a Service that is gone are deleted.
pub fn remove_slices(w: &mut World, id: ServiceId) {
    next_version(w);
    let served = w.workloads.services.write(id.ix());
    let row = served.held.row;
    if let Some(slices) = served.slices.take() {
        let from = Some(slices.counts[0]);
        w.record_object(row, ObjectChange::Endpoints { from, to: None, serving: 0, terminating: 0 });
    }
}

/// A write has a new version.
fn written(w: &mut World, key: ObjectKey) {
    let version = next_version(w);
    match key {
        ObjectKey::Pod(_) => {}
        ObjectKey::Deployment(id) => {
            w.workloads.deployments.write(id.ix()).object.meta.resource_version = version;
        }
        ObjectKey::ReplicaSet(id) => {
            w.workloads.replica_sets.write(id.ix()).held.object.meta.resource_version = version;
        }
        ObjectKey::Service(id) => {
            w.workloads.services.write(id.ix()).held.object.meta.resource_version = version;
        }
    }
}

/// After a write: one that is being deleted goes with its last finalizer; those who listen are told.
fn after(w: &mut World, key: ObjectKey) {
    let goes =
        w.workloads.meta(key).is_some_and(|meta| meta.deletion.is_some() && meta.finalizers.is_empty());
    if goes {
        remove(w, key);
    } else {
        watch::tell(w, News::ObjectWritten { key });
    }
}

/// Changes the metadata of an object that is no pod, as one write.
pub fn update_meta(w: &mut World, key: ObjectKey, change: impl FnOnce(&mut crate::api::Meta)) {
    match key {
        ObjectKey::Pod(_) => {}
        ObjectKey::Deployment(id) => update_deployment_status(w, id, |own| change(&mut own.meta)),
        ObjectKey::ReplicaSet(id) => update_replica_set(w, id, |own| change(&mut own.meta)),
        ObjectKey::Service(id) => update_service(w, id, |own| change(&mut own.meta)),
    }
}

/// DELETE of an object that is no pod.
pub fn delete(w: &mut World, key: ObjectKey, propagation: Propagation) {
    if !w.workloads.exists(key) {
        return;
    }
    let Some(meta) = w.workloads.meta(key) else { return };
    let own = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(Sym::new(FOREGROUND)),
        Propagation::Orphan => Some(Sym::new(ORPHAN)),
    };
    let mut finalizers: Vec<Sym> =
        meta.finalizers.iter().copied().filter(|f| *f != FOREGROUND && *f != ORPHAN).collect();
    finalizers.extend(own);
    if finalizers.is_empty() {
        return remove(w, key);
    }
    let now = w.now;
    update_meta(w, key, |meta| {
        meta.finalizers = Arc::new(finalizers);
        // With the first deletion what is wanted is something new.
        if meta.deletion.is_none() {
            meta.deletion = Some(now);
            meta.generation += 1;
        }
    });
}

/// The object leaves storage.
fn remove(w: &mut World, key: ObjectKey) {
    let Some(meta) = w.workloads.meta(key) else { return };
    let (namespace, name) = (meta.namespace, meta.name);
    next_version(w);
    let (kind, row, told) = match key {
        ObjectKey::Pod(_) => return,
        ObjectKey::Deployment(id) => {
            let held = w.workloads.deployments.write(id.ix());
            held.exists = false;
            (kind_of(key, false), held.row, held.told)
        }
        ObjectKey::ReplicaSet(id) => {
            let held = &mut w.workloads.replica_sets.write(id.ix()).held;
            held.exists = false;
            (kind_of(key, held.object.is_replication_controller), held.row, held.told)
        }
        ObjectKey::Service(id) => {
            let held = &mut w.workloads.services.write(id.ix()).held;
            held.exists = false;
            (kind_of(key, false), held.row, None)
        }
    };
    w.workloads.by_name.remove(&(kind, namespace, name));
    if let Some((from, ready, of)) = told {
        w.record_object(row, ObjectChange::Workload { from: Some(from), to: None, ready, of });
        w.record_figures(FiguresRow { time: w.now, object: row, figures: None });
    }
    watch::tell(w, News::ObjectGone { key });
}

/// Records what a client sees change of a Deployment: what it does, its conditions, its numbers.
fn tell_deployment(w: &mut World, id: DeploymentId, before: &[WorkloadCondition]) {
    let held = &w.workloads.deployments[id.ix()];
    let (row, object) = (held.row, &held.object);
    let now = (state::of_deployment(object), object.status.ready_replicas, Some(object.spec.replicas));
    let figures = Figures::of_deployment(object);
    let (told, known) = (held.told, held.figures);
    let changes = condition_changes(before, &object.status.conditions);
    let held = w.workloads.deployments.write(id.ix());
    (held.told, held.figures) = (Some(now), Some(figures));
    record(w, row, (told, now), changes, (known, figures));
}

/// The same of a ReplicaSet.
fn tell_replica_set(w: &mut World, id: ReplicaSetId, before: &[WorkloadCondition]) {
    let held = &w.workloads.replica_sets[id.ix()].held;
    let (row, object) = (held.row, &held.object);
    let now = (state::of_replica_set(object), object.status.ready_replicas, None);
    let figures = Figures::of_replica_set(object);
    let (told, known) = (held.told, held.figures);
    let changes = condition_changes(before, &object.status.conditions);
    let held = &mut w.workloads.replica_sets.write(id.ix()).held;
    (held.told, held.figures) = (Some(now), Some(figures));
    record(w, row, (told, now), changes, (known, figures));
}

type Told = (crate::api::workload::WorkloadState, i32, Option<i32>);

fn record(
    w: &mut World,
    row: crate::record::ObjectRow,
    (told, now): (Option<Told>, Told),
    changes: Vec<ObjectChange>,
    (known, figures): (Option<Figures>, Figures),
) {
    if told != Some(now) {
        let (to, ready, of) = now;
        let from = told.map(|told| told.0);
        w.record_object(row, ObjectChange::Workload { from, to: Some(to), ready, of });
    }
    for change in changes {
        w.record_object(row, change);
    }
    if known != Some(figures) {
        w.record_figures(FiguresRow { time: w.now, object: row, figures: Some(figures) });
    }
}

/// A row for each condition that came, went, or says something else.
fn condition_changes(before: &[WorkloadCondition], after: &[WorkloadCondition]) -> Vec<ObjectChange> {
    let find = |list: &[WorkloadCondition], kind| list.iter().find(|one| one.kind == kind).copied();
    let changed = after.iter().filter_map(|now| {
        let was = find(before, now.kind);
        let told = |one: WorkloadCondition| (one.status, one.reason, one.message);
        (was.map(told) != Some(told(*now))).then(|| ObjectChange::Condition {
            kind: now.kind,
            from: was.map(|was| was.status),
            to: Some(now.status),
            reason: now.reason,
            message: now.message,
        })
    });
    let gone =
        before.iter().filter(|was| find(after, was.kind).is_none()).map(|was| ObjectChange::Condition {
            kind: was.kind,
            from: Some(was.status),
            to: None,
            reason: Sym::EMPTY,
            message: Sym::EMPTY,
        });
    changed.chain(gone).collect()
}

/// An object makes another one: key of that one's luck.
pub fn makes(w: &mut World, key: ObjectKey) -> u64 {
    fn next<T>(held: &mut Held<T>) -> u64 {
        held.made += 1;
        random::made_by(held.entity, held.made - 1)
    }
    match key {
        ObjectKey::Pod(_) => 0,
        ObjectKey::Deployment(id) => next(w.workloads.deployments.write(id.ix())),
        ObjectKey::ReplicaSet(id) => next(&mut w.workloads.replica_sets.write(id.ix()).held),
        ObjectKey::Service(id) => next(&mut w.workloads.services.write(id.ix()).held),
    }
}

/// The pods of a set are made of this.
pub fn made_of(w: &mut World, set: ReplicaSetId, template: TemplateIx) {
    w.workloads.replica_sets.write(set.ix()).template = Some(template);
}
