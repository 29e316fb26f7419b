//! What pods refer to: ConfigMaps, Secrets, claims, budgets and the like.

use std::sync::Arc;

use super::next_version;
use crate::actors::watch::{self, News};
use crate::api::Sym;
use crate::scenario::plan::{ClaimPlan, ObjectKind};
use crate::world::volumes::Volume;
use crate::world::{ApiObject, World};

/// Stores what has been there since before the run, or is to come.
pub fn known(w: &mut World, object: ApiObject) {
    next_version(w);
    w.objects.add(object);
}

/// Creates an object, or adds keys to one that is there.
pub fn create(w: &mut World, object: usize, keys: &[String]) {
    next_version(w);
    let own = w.objects.write(object);
    let is_new = !std::mem::replace(&mut own.exists, true);
    if let Some(known) = &mut own.keys {
        let added: Vec<String> = keys.iter().filter(|key| !known.contains(key)).cloned().collect();
        known.extend(added);
    }
    if is_new {
        watch::tell(w, News::ObjectCreated { object });
    }
}

/// A claim is made: the one that the scenario describes under this name, or one that nobody has described.
pub fn claimed(w: &mut World, namespace: Sym, name: Sym, bound: bool, claim: ClaimPlan) {
    let kind = ObjectKind::PersistentVolumeClaim;
    let object = w.find_object(kind, namespace, &name).unwrap_or_else(|| {
        known(w, ApiObject { kind, namespace, name, exists: false, bound: false, claim: None, keys: None });
        w.volumes.list.push(Volume::of(w.objects.len() - 1));
        w.objects.len() - 1
    });
    if object >= w.plan.objects.len() {
        let own = w.objects.write(object);
        (own.bound, own.claim) = (bound, Some(Arc::new(claim)));
    }
    create(w, object, &[]);
}

/// A claim has got a volume that is like this, and is bound.
pub fn bind_to(w: &mut World, object: usize, claim: ClaimPlan) {
    w.objects.write(object).claim = Some(Arc::new(claim));
    bind_claim(w, object);
}

/// A claim has left the API; its volume is free again for the next of its name.
pub(super) fn unclaimed(w: &mut World, namespace: Sym, name: Sym) {
    if let Some(object) = w.find_object(ObjectKind::PersistentVolumeClaim, namespace, &name) {
        delete(w, object);
        w.objects.write(object).bound = false;
    }
}

/// Deletes an object.
pub fn delete(w: &mut World, object: usize) {
    next_version(w);
    w.objects.write(object).exists = false;
}

/// The PersistentVolume controller has bound a claim.
pub fn bind_claim(w: &mut World, object: usize) {
    if std::mem::replace(&mut w.objects.write(object).bound, true) {
        return;
    }
    next_version(w);
    watch::tell(w, News::ClaimBound { object });
}
