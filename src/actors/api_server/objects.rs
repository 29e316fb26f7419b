//! What pods refer to: ConfigMaps, Secrets, claims, budgets and the like.

use super::next_version;
use crate::actors::watch::{self, News};
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

/// Changes the keys of an object that is there, or creates it with these.
pub fn apply(w: &mut World, object: usize, keys: &[String], without: &[String]) {
    let own = w.objects.write(object);
    match &mut own.keys {
        Some(known) if own.exists => known.retain(|key| !without.contains(key)),
        Some(known) => known.clear(),
        None => {}
    }
    create(w, object, keys);
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
