//! Objects that pods refer to come, go and are bound.

use rustc_hash::FxHashSet;

use crate::actors::controllers::claims;
use crate::actors::{api_server, kubectl};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::ObjectKind;
use crate::world::{ApiObject, ObjectKey, World};

pub fn create(w: &mut World, kind: ObjectKind, namespace: Option<Sym>, name: Sym, keys: &[String]) {
    let found = named(w, kind, namespace, name);
    // What the scenario does not name is taken to be there.
    if found.is_empty() {
        w.answer(&kubectl::exists_already(kind, name));
    }
    for object in found {
        let own = &w.objects[object];
        let known: Option<FxHashSet<&String>> = own.keys.as_ref().map(|known| known.iter().collect());
        let adds = known.is_some_and(|known| keys.iter().any(|key| !known.contains(key)));
        match (api_server::objects::is_there(w, object), adds) {
            (true, false) => {
                w.answer(&kubectl::exists_already(kind, name));
                continue;
            }
            (true, true) => w.tell(kubectl::done(kind, name, "configured")),
            (false, _) => w.tell(kubectl::done(kind, name, "created")),
        }
        api_server::objects::create(w, object, keys);
        claims::came(w, object);
    }
}

/// `kubectl apply` of a manifest that was applied before.
pub fn apply(
    w: &mut World,
    (kind, namespace, name): (ObjectKind, Sym, Sym),
    keys: &[String],
    without: &[String],
    differs: bool,
) {
    for object in named(w, kind, Some(namespace), name) {
        let answer = match (w.objects[object].exists, differs) {
            (true, true) => "configured",
            (true, false) => "unchanged",
            (false, _) => "created",
        };
        w.tell(kubectl::done(kind, name, answer));
        api_server::objects::apply(w, object, keys, without);
        claims::came(w, object);
    }
}

pub fn remove(w: &mut World, kind: ObjectKind, namespace: Option<Sym>, name: Sym) {
    let mut found = named(w, kind, namespace, name);
    if found.is_empty() && kind == ObjectKind::PodDisruptionBudget {
        // Not one that the scenario describes: it was applied, or a client has made it.
        let namespace = namespace.unwrap_or_else(|| Sym::new("default"));
        if let Some(key) = api_server::find_object(w, ObjectType::PodDisruptionBudget, namespace, name) {
            w.tell(kubectl::object_deleted(&w.gates, kind, name, namespace));
            api_server::delete(w, key, api_server::Propagation::Background);
            return;
        }
    }
    // What is only taken to be there has to be known before it can go away.
    if found.is_empty() {
        found.push(taken_to_exist(w, kind, namespace, name));
    }
    if !found.iter().any(|object| w.objects[*object].exists) {
        w.answer(&kubectl::not_found(kind, name));
    }
    for object in found {
        if w.objects[object].exists {
            let namespace = w.objects[object].namespace;
            w.tell(kubectl::object_deleted(&w.gates, kind, name, namespace));
            let claim = w.workloads.claim_named(namespace, &name);
            match claim.filter(|_| kind == ObjectKind::PersistentVolumeClaim) {
                // One that somebody keeps stays as long as a pod uses it.
                Some(id) => {
                    let key = ObjectKey::PersistentVolumeClaim(id);
                    api_server::delete(w, key, api_server::Propagation::Background);
                }
                None => api_server::objects::delete(w, object),
            }
        }
    }
}

pub fn bind_claim(w: &mut World, namespace: Option<Sym>, name: Sym) {
    let found = named(w, ObjectKind::PersistentVolumeClaim, namespace, name);
    // What the scenario does not name is taken to be bound.
    if found.is_empty() {
        w.tell(format!("persistentvolumeclaim/{name} is bound already"));
    }
    for object in found {
        let already = if w.objects[object].bound { " already" } else { "" };
        w.tell(format!("persistentvolumeclaim/{name} is bound{already}"));
        api_server::objects::bind_claim(w, object);
    }
}

/// The places of the objects of a name.
fn named(w: &World, kind: ObjectKind, namespace: Option<Sym>, name: Sym) -> Vec<usize> {
    let fits = |object: &usize| {
        let own = &w.objects[*object];
        own.kind == kind && own.name == name && namespace.is_none_or(|n| n == own.namespace)
    };
    (0..w.objects.len()).filter(fits).collect()
}

/// The place of an object that the scenario does not name: as pods take it to be, there and with any key.
fn taken_to_exist(w: &mut World, kind: ObjectKind, namespace: Option<Sym>, name: Sym) -> usize {
    let namespace = match kind {
        ObjectKind::PriorityClass | ObjectKind::RuntimeClass | ObjectKind::HostPath => Sym::EMPTY,
        _ => namespace.unwrap_or_else(|| Sym::new("default")),
    };
    let object = ApiObject { kind, namespace, name, exists: true, bound: true, claim: None, keys: None };
    api_server::objects::known(w, object);
    w.objects.len() - 1
}
