//! Objects of workloads and Services as clients send and get them: as JSON, defaulted, validated and let in, or refused.

use serde_json::{Map, Value};

use super::workloads;
use crate::api::wire_workloads as wire;
use crate::api::{Meta, Sym};
use crate::engine::random;
use crate::rules::api_server::admission::{Rejection, Request};
use crate::rules::api_server::decode::DecodeError;
use crate::rules::api_server::objects::{self, AdmittedObject, ObjectType};
use crate::world::World;
use crate::world::workloads::ObjectKey;

/// The kind of an object that is no pod.
pub fn type_of(w: &World, key: ObjectKey) -> ObjectType {
    match key {
        ObjectKey::Pod(_) => ObjectType::Pod,
        ObjectKey::Deployment(_) => ObjectType::Deployment,
        ObjectKey::ReplicaSet(set)
            if w.workloads.replica_sets[set.ix()].held.object.is_replication_controller =>
        {
            ObjectType::ReplicationController
        }
        ObjectKey::ReplicaSet(_) => ObjectType::ReplicaSet,
        ObjectKey::Service(_) => ObjectType::Service,
    }
}

/// The object of a kind and a name, if it is there.
pub fn find(w: &World, kind: ObjectType, namespace: Sym, name: Sym) -> Option<ObjectKey> {
    w.workloads.find(Sym::new(&kind.law().name.to_lowercase()), namespace, name)
}

/// GET of an object that is no pod; nothing of pods.
pub fn object(w: &World, key: ObjectKey) -> Value {
    match key {
        ObjectKey::Pod(_) => Value::Null,
        ObjectKey::Deployment(id) => wire::deployment_value(&w.workloads.deployments[id.ix()].object),
        ObjectKey::ReplicaSet(id) => wire::replica_set_value(&w.workloads.replica_sets[id.ix()].held.object),
        ObjectKey::Service(id) => wire::service_value(&w.workloads.services[id.ix()].held.object),
    }
}

fn request(w: &World, namespace: Sym) -> Request<'static> {
    Request { gates: w.gates, now: w.now, namespace: namespace.as_str(), suffix: "00000", uid: "" }
}

/// POST of an object of a kind that is kept here.
///
/// # Errors
/// It is refused.
pub fn create(
    w: &mut World,
    manifest: &Value,
    namespace: Sym,
) -> Result<(ObjectKey, Vec<String>), Rejection> {
    objects::in_namespace(manifest, namespace.as_str())?;
    let AdmittedObject { kind, object, warnings, strict } =
        objects::create(manifest, &request(w, namespace))?;
    if !strict.is_empty() {
        return Err(Rejection::Strict(kind, strict));
    }
    let value = typed(kind, object);
    let meta = wire::meta(&value["metadata"]);
    let lower = kind.law().name.to_lowercase();
    let entity = random::entity(&[&lower, &meta.namespace, &meta.name]);
    let key = match kind {
        ObjectType::Deployment => {
            ObjectKey::Deployment(workloads::create_deployment(w, entity, wire::deployment(&value)))
        }
        ObjectType::ReplicaSet | ObjectType::ReplicationController => {
            ObjectKey::ReplicaSet(workloads::create_replica_set(w, entity, wire::replica_set(&value)))
        }
        ObjectType::Service => {
            ObjectKey::Service(workloads::create_service(w, entity, wire::service(&value)))
        }
        _ => return Err(Rejection::Decode(kind, not_kept(kind))),
    };
    Ok((key, warnings))
}

fn not_kept(kind: ObjectType) -> DecodeError {
    DecodeError { message: format!("{} cannot be stored here", kind.qualified()), field: None }
}

/// With its kind, by which it is read.
fn typed(kind: ObjectType, mut object: Map<String, Value>) -> Value {
    object.insert("kind".to_owned(), kind.law().name.into());
    Value::Object(object)
}

/// PUT of an object that is no pod; what changes nothing is no write. Whether something changed.
///
/// # Errors
/// The change is refused.
pub fn replace(w: &mut World, key: ObjectKey, new: Map<String, Value>) -> Result<bool, Rejection> {
    let Value::Object(old) = object(w, key) else { return Ok(false) };
    let Some(namespace) = w.workloads.meta(key).map(|meta| meta.namespace) else { return Ok(false) };
    let before = w.resource_version;
    let admitted = objects::update(type_of(w, key), &old, new, &request(w, namespace))?;
    let value = typed(admitted.kind, admitted.object);
    let meta = wire::meta(&value["metadata"]);
    let keep = |own: &mut Meta| {
        own.labels = meta.labels;
        own.annotations = meta.annotations;
        own.finalizers = meta.finalizers;
        own.owners = meta.owners;
    };
    match key {
        ObjectKey::Pod(_) => {}
        ObjectKey::Deployment(id) => workloads::update_deployment(w, id, |own| {
            own.spec = wire::deployment(&value).spec;
            keep(&mut own.meta);
        }),
        ObjectKey::ReplicaSet(id) => workloads::update_replica_set(w, id, |own| {
            own.spec = wire::replica_set(&value).spec;
            keep(&mut own.meta);
        }),
        ObjectKey::Service(id) => workloads::update_service(w, id, |own| {
            let (meta, new) = (own.meta.clone(), wire::service(&value));
            *own = new;
            own.meta = meta;
            keep(&mut own.meta);
        }),
    }
    Ok(w.resource_version != before)
}
