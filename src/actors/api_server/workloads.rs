//! Objects of workloads and Services: created, changed, deleted; what clients see of it is recorded.
//!
//! Source of deletion: `BeforeDelete`, `deletionFinalizersForGarbageCollection` and `deleteWithoutFinalizers` in
//! staging/src/k8s.io/apiserver/pkg/registry/{rest/delete,generic/registry/store}.go (v1.36.3).

use std::sync::Arc;

use super::next_version;
use crate::actors::watch::{self, News};
use crate::api::cron_job::CronJob;
use crate::api::text::Uid;
use crate::api::workload::WorkloadCondition;
use crate::api::{Meta, OwnerReference, Sym};
use crate::engine::random;
use crate::record::{Figures, FiguresRow, ObjectChange, ObjectIdent};
use crate::scenario::plan::ObjectKind;
use crate::world::endpoints::Changes;
use crate::world::held::{AnyHeld, Held, Stored, Told};
use crate::world::workloads::{Kept, ObjectKey, ServiceId, Visit, Workloads};
use crate::world::{PodId, Purpose, World};

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

/// Key of the luck of an object that is created under a name; of one that takes the place of another it is another.
pub fn entity_of_next(w: &World, kind: Sym, namespace: Sym, name: &str) -> u64 {
    let named = random::entity(&[&kind, &namespace, name]);
    let mut entity = named;
    for number in 0.. {
        if !w.workloads.by_uid.contains_key(&uid_of_next(w, entity).to_string()) {
            break;
        }
        entity = random::part(named, number);
    }
    entity
}

/// The uid of an object that is created.
pub fn uid_of_next(w: &World, entity: u64) -> Uid {
    Uid::Made(w.draw(Purpose::Uid, entity, 0).two())
}

/// POST of an object that was let in: it gets its uid, its time and a first version.
pub fn create<T: Kept>(w: &mut World, entity: u64, mut object: T) -> T::Id {
    let id = T::id(T::all(&w.workloads).len());
    let key = T::key(id);
    let (now, version) = (w.now, next_version(w));
    let uid = uid_of_next(w, entity);
    let meta = object.meta_mut();
    meta.uid = uid;
    meta.created = now;
    meta.deletion = None;
    meta.generation = 1;
    meta.resource_version = version;
    let (namespace, name) = (meta.namespace, meta.name);
    let owners = Arc::clone(&meta.owners);
    let kind = object.object_type().singular();
    let row = w.name_object(ObjectIdent { kind, namespace, name });
    w.workloads.by_name.insert((kind, namespace, name), key);
    w.workloads.by_uid.insert(uid.to_string(), key);
    own(w, key, &owners);
    let beside = object.beside();
    let mut held = Held { object, exists: true, entity, row, made: 0, told: None, figures: None, beside };
    T::follow(&mut held, None);
    T::all_mut(&mut w.workloads).add(held);
    T::index(&mut w.workloads, id, None);
    tell::<T>(w, id, None);
    watch::tell(w, News::ObjectWritten { key });
    id
}

/// An object stands among its owners' dependents.
pub fn own(w: &mut World, key: ObjectKey, owners: &[OwnerReference]) {
    if matches!(key, ObjectKey::ReplicaSet(_) | ObjectKey::ControllerRevision(_)) {
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

/// PUT of an object: what `change` makes of it; what changes nothing is no write. Its generation rises with what its kind counts.
pub fn update<T: Kept>(w: &mut World, id: T::Id, change: impl FnOnce(&mut T)) {
    write::<T>(w, id, true, change);
}

/// PUT of its status, or of metadata: nothing of that counts as something new.
pub fn update_status_of<T: Kept>(w: &mut World, id: T::Id, change: impl FnOnce(&mut T)) {
    write::<T>(w, id, false, change);
}

fn write<T: Kept>(w: &mut World, id: T::Id, counts: bool, change: impl FnOnce(&mut T)) {
    let Held { object: before, exists: true, .. } = T::held(&w.workloads, id) else { return };
    let mut after = before.clone();
    change(&mut after);
    if after == *before {
        return;
    }
    let meta = after.meta_mut();
    meta.resource_version = next_version(w);
    let held = T::all_mut(&mut w.workloads).write(id.into());
    let before = std::mem::replace(&mut held.object, after);
    if counts && held.object.is_new(&before) {
        held.object.meta_mut().generation += 1;
    }
    T::follow(held, Some(&before));
    T::index(&mut w.workloads, id, Some(&before));
    let key = T::key(id);
    let owners = &T::held(&w.workloads, id).object.meta().owners;
    if *owners != before.meta().owners {
        let owners = Arc::clone(owners);
        own_anew(w, key, &before.meta().owners, &owners);
    }
    tell(w, id, Some(&before));
    after_write(w, key);
}

/// An object has got other owners.
pub fn own_anew(w: &mut World, key: ObjectKey, before: &[OwnerReference], owners: &[OwnerReference]) {
    for owner in before.iter().filter(|owner| !owners.contains(owner)) {
        let Some(owner) = w.workloads.by_uid.get(&owner.uid).copied() else { continue };
        w.workloads.dependents.entry(owner).or_default().retain(|dependent| *dependent != key);
    }
    own(w, key, owners);
}

/// POST or PUT of one of a Service's slices.
pub fn put_slice(w: &mut World, id: ServiceId, slice: u32, changes: &Changes) {
    next_version(w);
    let served = w.workloads.services.write(id.ix());
    let before = served.beside.as_ref().map(|slices| slices.counts);
    let slices = served.beside.get_or_insert_default();
    slices.change(slice, changes);
    let (row, now) = (served.row, slices.counts);
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
    let row = served.row;
    if let Some(slices) = served.beside.take() {
        let from = Some(slices.counts[0]);
        w.record_object(row, ObjectChange::Endpoints { from, to: None, serving: 0, terminating: 0 });
    }
}

/// After a write: one that is being deleted goes with its last finalizer; those who listen are told.
fn after_write(w: &mut World, key: ObjectKey) {
    let goes =
        w.workloads.meta(key).is_some_and(|meta| meta.deletion.is_some() && meta.finalizers.is_empty());
    if goes {
        remove(w, key);
    } else {
        watch::tell(w, News::ObjectWritten { key });
    }
}

/// Changes the metadata of an object that is no pod, as one write.
pub fn update_meta(w: &mut World, key: ObjectKey, change: impl FnOnce(&mut Meta)) {
    struct Change<'a, F>(&'a mut World, F);
    impl<F: FnOnce(&mut Meta)> Visit for Change<'_, F> {
        type Out = ();
        fn object<T: Kept>(self, id: T::Id) {
            update_status_of::<T>(self.0, id, |own| (self.1)(own.meta_mut()));
        }
    }
    key.visit(Change(w, change));
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
    let Some(held) = w.workloads.held(key) else { return };
    let (kind, meta) = (held.object_type().singular(), held.meta());
    let (place, row, told) = ((kind, meta.namespace, meta.name), held.row(), held.told());
    let has_figures = held.figures().is_some();
    next_version(w);
    leave(w, key);
    w.workloads.by_name.remove(&place);
    if let (ObjectKey::PersistentVolumeClaim(_), (_, namespace, name)) = (key, place) {
        unclaimed(w, namespace, name);
    }
    if let Some((from, ready)) = told {
        w.record_object(row, ObjectChange::Workload { from: Some(from), to: None, ready });
    }
    if has_figures {
        w.record_figures(FiguresRow { time: w.now, object: row, figures: None });
    }
    watch::tell(w, News::ObjectGone { key });
}

/// An object is gone: it is nobody's dependent any more, and found no more; what a run kept of it goes, but for its metadata.
fn leave(w: &mut World, key: ObjectKey) {
    struct Leave<'a>(&'a mut Workloads);
    impl Visit for Leave<'_> {
        type Out = ();
        fn object<T: Kept>(self, id: T::Id) {
            T::unindex(self.0, id);
            let held = T::all_mut(self.0).write(id.into());
            held.exists = false;
            T::shed(held);
        }
    }
    if let Some(ObjectKey::CronJob(owner)) = w.workloads.controller(key) {
        beside::<CronJob>(w, owner).gone += 1;
    }
    key.visit(Leave(&mut w.workloads));
    let owners = w.workloads.meta(key).map(|meta| Arc::clone(&meta.owners)).unwrap_or_default();
    for owner in owners.iter() {
        let Some(owner) = w.workloads.by_uid.get(&owner.uid).copied() else { continue };
        if let Some(own) = w.workloads.dependents.get_mut(&owner) {
            own.retain(|dependent| *dependent != key);
        }
        forget_dependents(w, owner);
    }
    forget_dependents(w, key);
}

/// Of an owner that is gone nobody asks what belonged to it once that is gone too.
pub fn forget_dependents(w: &mut World, owner: ObjectKey) {
    let World { workloads, pods, .. } = w;
    let is_gone = |workloads: &Workloads, key: ObjectKey| match key {
        ObjectKey::Pod(pod) => !pods[pod.ix()].exists,
        key => !workloads.exists(key),
    };
    if !is_gone(workloads, owner) {
        return;
    }
    while let Some(last) = workloads.dependents.get(&owner).map(|own| own.last().copied()) {
        match last {
            None => drop(workloads.dependents.remove(&owner)),
            Some(last) if is_gone(workloads, last) => {
                workloads.dependents.get_mut(&owner).map(Vec::pop);
            }
            Some(_) => return,
        }
    }
}

/// A claim has left the API; the next of its name is bound anew.
fn unclaimed(w: &mut World, namespace: Sym, name: Sym) {
    if let Some(object) = w.find_object(ObjectKind::PersistentVolumeClaim, namespace, &name) {
        let planned = w.plan.objects.get(object).and_then(|plan| plan.claim.clone());
        let own = w.objects.write(object);
        (own.exists, own.bound) = (false, false);
        if w.volumes.selected.remove(&object).is_some() && planned.is_some() {
            own.claim = planned.map(Arc::new);
        }
    }
}

/// Records what a client sees change of an object: what it does, its conditions, its numbers.
pub(super) fn tell<T: Kept>(w: &mut World, id: T::Id, before: Option<&T>) {
    let held = T::held(&w.workloads, id);
    let (row, object) = (held.row, &held.object);
    let (now, figures) = (object.told(), object.figures(&held.beside));
    if now.is_none() && figures.is_none() {
        return;
    }
    let (told, known) = (held.told, held.figures);
    let changes = condition_changes(before.map_or(&[], Stored::conditions), object.conditions());
    let held = T::all_mut(&mut w.workloads).write(id.into());
    (held.told, held.figures) = (now, figures);
    record(w, row, (told, now), changes, (known, figures));
}

fn record(
    w: &mut World,
    row: crate::record::ObjectRow,
    (told, now): (Option<Told>, Option<Told>),
    changes: Vec<ObjectChange>,
    (known, figures): (Option<Figures>, Option<Figures>),
) {
    if told != now
        && let Some((to, ready)) = now
    {
        let from = told.map(|told| told.0);
        w.record_object(row, ObjectChange::Workload { from, to: Some(to), ready });
    }
    for change in changes {
        w.record_object(row, change);
    }
    if known != figures {
        w.record_figures(FiguresRow { time: w.now, object: row, figures });
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
    w.workloads.write(key).map_or(0, AnyHeld::makes)
}

/// A pod owns objects from now on: they are found by its uid.
pub fn owns(w: &mut World, pod: PodId) {
    let uid = w.pods[pod.ix()].ident.uid.to_string();
    w.workloads.by_uid.insert(uid, ObjectKey::Pod(pod));
}

/// What a run keeps beside an object, to be changed: no client sees it.
pub fn beside<T: Kept>(w: &mut World, id: T::Id) -> &mut T::Beside {
    &mut T::all_mut(&mut w.workloads).write(id.into()).beside
}
