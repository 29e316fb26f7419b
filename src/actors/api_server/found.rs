//! Objects of a given cluster: they are stored as they are, with the uid, the times and the status that they have. Nobody creates
//! them, so nobody is told; who listens lists them as it starts.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::next_version;
use super::pods::{assign, is_called, named, record_changes};
use super::workloads::{own, tell};
use crate::api::text::Uid;
use crate::api::{OwnerReference, PodIdent, PodName, PodStatus, Sym};
use crate::record::{ObjectIdent, PodRecord};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::TemplateIx;
use crate::time::Time;
use crate::world::held::Held;
use crate::world::pod::Shown;
use crate::world::workloads::{Kept, ObjectKey, VisitKind, visit_kind};
use crate::world::{NodeId, Place, Pod, PodId, Runtime, World};

/// A pod as it is in a given cluster.
pub struct FoundPod {
    /// What it is made of.
    pub template: TemplateIx,
    /// Its name.
    pub name: Sym,
    /// As the cluster gave it.
    pub uid: Sym,
    /// Key of its random streams.
    pub entity: u64,
    /// `metadata.creationTimestamp`, with the part of its second.
    pub created: Time,
    /// Where it is bound to.
    pub node: Option<NodeId>,
    /// `metadata.ownerReferences`
    pub owners: Option<Arc<Vec<OwnerReference>>>,
    /// `metadata.generation`
    pub generation: i64,
    /// As it stands.
    pub status: PodStatus,
}

/// Stores a pod that is there.
pub fn found_pod(w: &mut World, found: FoundPod) -> PodId {
    let FoundPod { template, name, uid, entity, created, node, owners, generation, status } = found;
    let t = Arc::clone(&w.templates[template.ix()]);
    let id = PodId::new(w.pods.len());
    let ident = PodIdent { name: PodName::plain(name), namespace: t.namespace, uid: Uid::Given(uid) };
    w.name_pod(ident, None);
    w.records.add(PodRecord { qos_class: t.qos_class, created: Some(created), ..PodRecord::default() });
    let count = t.spec.init_containers.len() + t.spec.containers.len() + t.spec.ephemeral_containers.len();
    let runtime = Runtime::of(count, &t.behavior, &w.no_runtime);
    w.places.add(Place { runtime, worker: None, rest: None });
    let held = w.learned.hold(template, status);
    let resource_version = next_version(w);
    w.pods.add(Pod {
        ident,
        entity,
        template,
        exists: true,
        spec: Arc::clone(&t.spec),
        labels: Arc::clone(&t.labels),
        finalizers: Arc::clone(&t.finalizers),
        owners,
        controller: None,
        metadata_changes: 0,
        generation,
        resource_version,
        created,
        node: None,
        deletion: None,
        status: held,
        shown: Shown::default(),
    });
    let World { names, pods, .. } = w;
    let own = &pods[id.ix()];
    let is_its = |other: PodId| is_called(&pods[other.ix()].ident, own.ident.namespace, own.ident.name);
    names.insert(id, own.ident.namespace, named(own), is_its, |other| named(&pods[other.ix()]));
    let before = w.before_creation.clone();
    record_changes(w, id, &before);
    if let Some(node) = node {
        assign(w, id, node);
    }
    id
}

/// A pod belongs to the object that it names as its controller, if that is there.
pub fn found_owner(w: &mut World, pod: PodId) {
    let owners = w.pods[pod.ix()].owners.clone();
    let uid = owners.iter().flat_map(|all| all.iter()).find(|owner| owner.controller).map(|owner| &owner.uid);
    let Some(controller) = uid.and_then(|uid| w.workloads.by_uid.get(uid).copied()) else { return };
    w.pods.write(pod.ix()).controller = Some(controller);
    *w.directory.owners.write(pod.ix()) = w.workloads.row(w.workloads.topmost(controller));
    w.workloads.dependents.entry(controller).or_default().push(ObjectKey::Pod(pod));
}

/// Stores an object that is no pod, as the cluster printed it; None where its kind is not kept.
pub fn found_object(w: &mut World, kind: ObjectType, value: &Value, entity: u64) -> Option<ObjectKey> {
    visit_kind(kind, Find { w, value: &value_of(kind, value), entity })
}

/// With its kind, by which it is read, and with a namespace where the kind has one.
fn value_of(kind: ObjectType, value: &Value) -> Value {
    let mut members: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    members.insert("kind".to_owned(), kind.law().name.into());
    let meta = members.entry("metadata").or_insert_with(|| json!({}));
    if meta["namespace"].as_str().is_none_or(str::is_empty) {
        meta["namespace"] = json!("default");
    }
    Value::Object(members)
}

struct Find<'a> {
    w: &'a mut World,
    value: &'a Value,
    entity: u64,
}

impl VisitKind for Find<'_> {
    type Out = ObjectKey;
    fn kind<T: Kept>(self) -> ObjectKey {
        let Find { w, value, entity } = self;
        T::key(find::<T>(w, entity, T::read(value)))
    }
}

fn find<T: Kept>(w: &mut World, entity: u64, mut object: T) -> T::Id {
    let id = T::id(T::all(&w.workloads).len());
    let key = T::key(id);
    let kind = object.object_type().singular();
    let version = next_version(w);
    let meta = object.meta_mut();
    meta.resource_version = version;
    let (namespace, name, uid) = (meta.namespace, meta.name, meta.uid);
    let owners = Arc::clone(&meta.owners);
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
    id
}
