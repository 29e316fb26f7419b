//! Objects of workloads and Services as clients send and get them: as JSON, defaulted, validated and let in, or refused.

use serde_json::{Map, Value};

use super::{limits, namespaces, service_addresses, workloads};
use crate::api::Sym;
use crate::rules::api_server::admission::{Rejection, Request, generated_name};
use crate::rules::api_server::decode::DecodeError;
use crate::rules::api_server::objects::{self, AdmittedObject, ObjectType};
use crate::world::World;
use crate::world::held::AnyHeld;
use crate::world::workloads::{Kept, ObjectKey, Visit, VisitKind, visit_kind};

/// The kind of an object.
pub fn type_of(w: &World, key: ObjectKey) -> ObjectType {
    w.workloads.held(key).map_or(ObjectType::Pod, AnyHeld::object_type)
}

/// The object of a kind and a name, if it is there.
pub fn find(w: &World, kind: ObjectType, namespace: Sym, name: Sym) -> Option<ObjectKey> {
    w.workloads.find(kind.singular(), namespace, name)
}

/// GET of an object that is no pod; nothing of pods.
pub fn object(w: &World, key: ObjectKey) -> Value {
    w.workloads.held(key).map_or(Value::Null, AnyHeld::print)
}

/// Behind `generateName`.
const SUFFIX: &str = "00000";

fn request(w: &World, namespace: Sym) -> Request<'static> {
    Request { gates: w.gates, now: w.now, namespace: namespace.as_str(), suffix: SUFFIX, uid: "" }
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
    let kind = ObjectType::of(manifest).map_err(|error| Rejection::Decode(ObjectType::Pod.into(), error))?;
    let of = |key: &str| manifest["metadata"][key].as_str().unwrap_or_default();
    let name = match of("name") {
        "" => generated_name(of("generateName"), SUFFIX),
        name => name.to_owned(),
    };
    let entity = workloads::entity_of_next(w, kind.singular(), namespace, &name);
    create_as(w, manifest, namespace, entity)
}

/// The same, with the key of its luck.
///
/// # Errors
/// It is refused.
pub fn create_as(
    w: &mut World,
    manifest: &Value,
    namespace: Sym,
    entity: u64,
) -> Result<(ObjectKey, Vec<String>), Rejection> {
    let uid = workloads::uid_of_next(w, entity).to_string();
    let request = Request { uid: &uid, ..request(w, namespace) };
    let AdmittedObject { kind, object, warnings, strict } = objects::create(manifest, &request)?;
    if !strict.is_empty() {
        return Err(Rejection::Strict(kind.written_in(manifest), strict));
    }
    let mut value = typed(kind, object);
    let of = |key: &str| Sym::new(value["metadata"][key].as_str().unwrap_or_default());
    namespaces::lets_in(w, of("namespace"), kind, &of("name"))?;
    limits::charge_object(w, kind, of("namespace"), &of("name"), &value["spec"])?;
    if kind == ObjectType::Service {
        service_addresses::allocate(w, entity, &mut value["spec"]);
    }
    let key = visit_kind(kind, Create { w, entity, value: &value });
    Ok((key.ok_or_else(|| Rejection::Decode(kind.into(), not_kept(kind)))?, warnings))
}

struct Create<'a> {
    w: &'a mut World,
    entity: u64,
    value: &'a Value,
}

impl VisitKind for Create<'_> {
    type Out = ObjectKey;
    fn kind<T: Kept>(self) -> ObjectKey {
        T::key(workloads::create(self.w, self.entity, T::read(self.value)))
    }
}

fn not_kept(kind: ObjectType) -> DecodeError {
    DecodeError { message: format!("{} cannot be stored here", kind.qualified()), field: None }
}

/// With its kind, by which it is read.
fn typed(kind: ObjectType, mut object: Map<String, Value>) -> Value {
    object.insert("kind".to_owned(), kind.law().name.into());
    Value::Object(object)
}

/// PUT of an object that is no pod; what changes nothing is no write. Gives what is warned of: of unknown fields too, unless
/// the client asks for strictness, as `kubectl apply` does and `kubectl patch` does not.
///
/// # Errors
/// The change is refused.
pub fn replace(
    w: &mut World,
    key: ObjectKey,
    new: Map<String, Value>,
    strictly: bool,
) -> Result<Vec<String>, Rejection> {
    let Value::Object(old) = object(w, key) else { return Ok(Vec::new()) };
    let Some(namespace) = w.workloads.meta(key).map(|meta| meta.namespace) else { return Ok(Vec::new()) };
    let admitted = objects::update(type_of(w, key), &old, new, &request(w, namespace))?;
    if strictly && !admitted.strict.is_empty() {
        return Err(Rejection::Strict(admitted.kind.into(), admitted.strict));
    }
    let mut warnings: Vec<String> = admitted.strict.iter().map(ToString::to_string).collect();
    warnings.extend(admitted.warnings);
    let mut value = typed(admitted.kind, admitted.object);
    if admitted.kind == ObjectType::Service {
        service_addresses::allocate(w, w.workloads.entity(key), &mut value["spec"]);
    }
    key.visit(Replace { w, value: &value });
    Ok(warnings)
}

struct Replace<'a> {
    w: &'a mut World,
    value: &'a Value,
}

impl Visit for Replace<'_> {
    type Out = ();
    fn object<T: Kept>(self, id: T::Id) {
        let new = T::read(self.value);
        workloads::update::<T>(self.w, id, |own| {
            let (of, meta) = (own.meta_mut(), new.meta());
            of.labels.clone_from(&meta.labels);
            of.annotations.clone_from(&meta.annotations);
            of.finalizers.clone_from(&meta.finalizers);
            of.owners.clone_from(&meta.owners);
            own.respecify(new);
        });
    }
}
