//! Namespaces: what is let into one, and how one that is deleted leaves.
//!
//! Source: plugin/pkg/admission/namespace/lifecycle/admission.go; `Delete`, pkg/registry/core/namespace/storage/storage.go
//! (v1.36.2).

use super::{next_version, stored};
use crate::api::Sym;
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::ObjectType;
use crate::world::World;
use crate::world::namespaces::Going;
use crate::world::stored::StoredKey;

/// Whether a new object may come into a namespace.
///
/// # Errors
/// The namespace is being deleted, or gone.
pub fn lets_in(w: &World, namespace: Sym, kind: ObjectType, name: &str) -> Result<(), Rejection> {
    match w.namespaces.get(namespace) {
        None => Ok(()),
        Some(own) if own.is_gone => Err(Rejection::NoNamespace { namespace }),
        Some(_) => Err(Rejection::Terminating { kind, name: name.to_owned(), namespace }),
    }
}

/// POST of a namespace: where one of its name was deleted and is gone, there is one again, and it is empty.
pub fn create(w: &mut World, name: Sym) {
    if w.namespaces.get(name).is_some_and(|own| own.is_gone) {
        let now = w.now;
        w.namespaces.made_again(name, now);
    }
}

/// DELETE of a namespace: it stays, and nothing comes in any more.
pub fn delete(w: &mut World, name: Sym) {
    let written = next_version(w);
    let event_objects = w.event_objects;
    w.namespaces.forget(name);
    w.namespaces.begin(Going {
        name,
        deleted: w.now,
        written,
        conditions: Vec::new(),
        event_objects,
        is_gone: false,
        due: None,
        failures: 0,
    });
}

/// PUT of its status.
pub fn update_status(w: &mut World, name: Sym, change: impl FnOnce(&mut Going)) {
    let written = next_version(w);
    if let Some(own) = w.namespaces.get_mut(name) {
        change(own);
        own.written = written;
        w.namespaces.newest = written;
    }
}

/// Its last finalizer is gone, and with it the namespace.
pub fn finalize(w: &mut World, name: Sym) {
    update_status(w, name, |own| {
        own.is_gone = true;
        own.due = None;
    });
    let key = StoredKey {
        group: String::new(),
        kind: "Namespace".to_owned(),
        namespace: String::new(),
        name: name.to_string(),
    };
    if w.stored.get(&key).is_some() {
        stored::store(w, key, None);
    }
}
