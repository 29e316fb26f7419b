//! A write of an API client, as it has come out of the API's door: decoded, merged, defaulted and validated there.
//!
//! What the simulation plays is written where it is played, and is looked at there once more, because the cluster may refuse what
//! the object alone does not show (a quota, a LimitRange). What nobody plays is stored as it comes. What a client says and no
//! kind of the simulation has room for is kept beside the object ([`crate::world::stored`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use crate::actors::api_server::{self, Edit, Name, NewPod};
use crate::actors::controllers::claims;
use crate::api::claim::PersistentVolumeClaim;
use crate::api::{OwnerReference, PodName, Sym, wire};
use crate::engine::Distribution;
use crate::engine::random;
use crate::rules::api_server::admission::{self, Admitted, Request};
use crate::rules::api_server::objects::{self, ObjectType};
use crate::rules::machinery::qos::qos_class;
use crate::scenario::admission::{self as plugins, Surroundings};
use crate::scenario::command::Write;
use crate::scenario::limits::PODS;
use crate::scenario::plan::{ObjectKind, PodTemplate};
use crate::scenario::programs;
use crate::scenario::volume_written;
use crate::time::Span;
use crate::world::stored::StoredKey;
use crate::world::workloads::ClaimId;
use crate::world::{ApiObject, ObjectKey, PodId, World};

/// Plays a write.
pub fn write(w: &mut World, write: Write) {
    let write = &named(write);
    let played = ObjectType::ALL.iter().copied().find(|ty| {
        let law = ty.law();
        law.group == write.group && law.name == write.kind
    });
    let done = match played {
        Some(ObjectType::Pod) => pod(w, write),
        Some(kind) if kind.law().is_kept => object(w, kind, write),
        Some(ObjectType::PersistentVolumeClaim) => claim(w, write),
        Some(ObjectType::Node) => {
            // What else can be changed of a node has verbs of its own.
            let uid = write.object.as_ref().and_then(|own| own["metadata"]["uid"].as_str());
            beside(w, write, uid.unwrap_or_default().to_owned(), &["annotations"]);
            Ok(())
        }
        _ if write.kind == "Namespace" && write.group.is_empty() => namespace(w, write),
        _ => {
            if let Some(kind) = referred(&write.kind).filter(|_| played.is_some()) {
                refer(w, kind, write);
            }
            keep(w, write);
            if matches!(played, Some(ObjectType::PersistentVolume | ObjectType::StorageClass)) {
                storage(w, write);
            }
            Ok(())
        }
    };
    match done {
        Ok(()) => {
            let what = if write.object.is_some() { "written" } else { "deleted" };
            w.tell(format!("{}/{} {what}", write.kind.to_lowercase(), write.name));
        }
        Err(words) => w.answer(&words),
    }
}

/// An object says itself what it is and how it is called; who writes a file may leave that to the verb.
fn named(mut write: Write) -> Write {
    if let Some(object) = &mut write.object {
        object["kind"] = write.kind.as_str().into();
        object["apiVersion"] = match write.group.as_str() {
            "" => write.version.clone(),
            group => format!("{group}/{}", write.version),
        }
        .into();
        object["metadata"]["name"] = write.name.as_str().into();
        if !write.namespace.is_empty() {
            object["metadata"]["namespace"] = write.namespace.as_str().into();
        }
    }
    write
}

fn key(write: &Write) -> StoredKey {
    StoredKey {
        group: write.group.clone(),
        kind: write.kind.clone(),
        namespace: write.namespace.to_string(),
        name: write.name.to_string(),
    }
}

/// Stored as it comes: it gets a uid and an instant with its first write.
fn keep(w: &mut World, write: &Write) {
    let key = key(write);
    let Some(object) = &write.object else { return api_server::store(w, key, None) };
    let before = w.stored.get(&key).map(|own| own.value["metadata"].clone());
    let mut object = object.clone();
    let metadata = &mut object["metadata"];
    let had = |name: &str| before.as_ref().map(|own| own[name].clone()).filter(|own| !own.is_null());
    // One that the simulation has told so far keeps what it was told with.
    let own = |name: &str| metadata.get(name).filter(|own| own.is_string()).cloned();
    let uid = had("uid").or_else(|| own("uid")).unwrap_or_else(|| api_server::uid_of_stored(w, &key).into());
    let created = had("creationTimestamp").or_else(|| own("creationTimestamp"));
    metadata["uid"] = uid;
    metadata["creationTimestamp"] = created.unwrap_or_else(|| w.now.rfc3339_secs().into());
    api_server::store(w, key, Some(object));
}

/// A namespace: made anew where one of its name was deleted; and one that is being deleted is gone without its finalizer, whatever
/// still lives in it (`kubectl replace --raw …/finalize`, with which people free those that are stuck).
fn namespace(w: &mut World, write: &Write) -> Result<(), String> {
    match &write.object {
        None if w.namespaces.is_terminating(write.name) => {
            api_server::namespaces::finalize(w, write.name);
            return Ok(());
        }
        None => {}
        Some(_) => api_server::namespaces::create(w, write.name),
    }
    keep(w, write);
    Ok(())
}

/// What the simulation does not keep of an object that it plays.
fn beside(w: &mut World, write: &Write, uid: String, names: &[&str]) {
    let key = key(write);
    let mut metadata = Map::new();
    for name in names {
        if let Some(value) = write.object.as_ref().and_then(|object| object["metadata"].get(*name)) {
            metadata.insert((*name).to_owned(), value.clone());
        }
    }
    let had = w.stored.get(&key).map(|own| own.value["metadata"].clone());
    metadata.insert("uid".to_owned(), uid.into());
    let is_bare = metadata.len() == 1 && had.is_none();
    let metadata = Value::Object(metadata);
    if !is_bare && had.as_ref() != Some(&metadata) {
        api_server::store(w, key, Some(json!({ "metadata": metadata })));
    }
}

/// An object of a workload's kind, a Service and the like.
fn object(w: &mut World, kind: ObjectType, write: &Write) -> Result<(), String> {
    let Some(object) = &write.object else { return Ok(()) };
    for field in ["replicas", "parallelism"] {
        let asked = object["spec"][field].as_u64().filter(|asked| *asked > u64::from(PODS));
        if let Some(asked) = asked {
            let name = format!("{}/{}", write.kind.to_lowercase(), write.name);
            return Err(format!(
                "Error from server (Forbidden): {name} asks for {asked} pods: no more than {PODS} are played"
            ));
        }
    }
    let namespace = write.namespace;
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.shift_remove("managedFields");
    }
    let key = match api_server::find_object(w, kind, namespace, write.name) {
        Some(key) => {
            let new = object.as_object().cloned().unwrap_or_default();
            api_server::replace_object(w, key, new, false).map_err(|refused| refused.told(None))?;
            key
        }
        None => api_server::create_object(w, &object, namespace).map_err(|refused| refused.told(None))?.0,
    };
    let uid = w.workloads.meta(key).map(|meta| meta.uid.to_string()).unwrap_or_default();
    beside(w, write, uid, &["managedFields", "generateName"]);
    Ok(())
}

fn finalizers(object: &Value) -> Vec<Sym> {
    let all = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    all.filter_map(|own| own.as_str().map(Sym::new)).collect()
}

/// A volume or a class: claims look for it from now on.
fn storage(w: &mut World, write: &Write) {
    let object = w.stored.get(&key(write)).map(|own| Arc::clone(&own.value));
    let now = w.now;
    volume_written(Arc::make_mut(&mut w.storage), &write.kind, write.name, object.as_deref(), now);
    claims::storage_written(w);
    api_server::objects::volumes_created(w);
}

/// A claim: made as any other; of one that is there its metadata are written, and how much it asks for.
fn claim(w: &mut World, write: &Write) -> Result<(), String> {
    let Some(object) = &write.object else { return Ok(()) };
    let id = match w.workloads.claim_named(write.namespace, &write.name) {
        Some(id) => {
            change_claim(w, id, object);
            id
        }
        None => {
            let namespace = write.namespace;
            let request =
                Request { gates: w.gates, now: w.now, namespace: &namespace, suffix: "00000", uid: "" };
            let admitted = objects::create(object, &request).map_err(|refused| refused.told(None))?;
            let entity = random::entity(&["persistentvolumeclaim", &namespace, &write.name]);
            claims::create(w, entity, &Value::Object(admitted.object))
        }
    };
    let uid = w.workloads.claims[id.ix()].object.meta.uid.to_string();
    beside(w, write, uid, &["managedFields", "generateName"]);
    Ok(())
}

fn change_claim(w: &mut World, id: ClaimId, object: &Value) {
    let text = |name: &str| -> BTreeMap<String, String> {
        serde_json::from_value(object["metadata"][name].clone()).unwrap_or_default()
    };
    api_server::update_status_of::<PersistentVolumeClaim>(w, id, |claim| {
        claim.meta.labels = Arc::new(text("labels"));
        claim.meta.annotations = Arc::new(text("annotations"));
        claim.meta.finalizers = Arc::new(finalizers(object));
        // All else of what it asks for was settled with its making.
        if object["spec"]["resources"].is_object() {
            claim.spec["resources"] = object["spec"]["resources"].clone();
        }
    });
}

fn referred(kind: &str) -> Option<ObjectKind> {
    Some(match kind {
        "ConfigMap" => ObjectKind::ConfigMap,
        "Secret" => ObjectKind::Secret,
        "ServiceAccount" => ObjectKind::ServiceAccount,
        "PriorityClass" => ObjectKind::PriorityClass,
        "RuntimeClass" => ObjectKind::RuntimeClass,
        _ => return None,
    })
}

/// An object that pods refer to is there from now on, with these keys; or it is not there.
fn refer(w: &mut World, kind: ObjectKind, write: &Write) {
    let (namespace, name) = (write.namespace, write.name);
    let has_keys = matches!(kind, ObjectKind::ConfigMap | ObjectKind::Secret);
    let found = w.find_object(kind, namespace, &name);
    let ix = found.unwrap_or_else(|| {
        // A client wrote it, so that it is known from now on; what nobody names is taken to be there.
        let keys = has_keys.then(Vec::new);
        let new = ApiObject { kind, namespace, name, exists: false, bound: true, claim: None, keys };
        api_server::objects::known(w, new);
        w.objects.len() - 1
    });
    let Some(object) = &write.object else {
        if w.objects[ix].exists {
            api_server::objects::delete(w, ix);
        }
        return;
    };
    let members = ["data", "binaryData"].into_iter().filter_map(|name| object[name].as_object());
    let keys: Vec<String> = members.flatten().map(|(key, _)| key.clone()).collect();
    let had = w.objects[ix].keys.clone().unwrap_or_default();
    let kept: FxHashSet<&String> = keys.iter().collect();
    let without: Vec<String> = had.into_iter().filter(|key| !kept.contains(key)).collect();
    api_server::objects::apply(w, ix, &keys, &without);
    claims::came(w, ix);
}

/// A pod.
fn pod(w: &mut World, write: &Write) -> Result<(), String> {
    let Some(object) = &write.object else { return Ok(()) };
    let pod = match api_server::find_pod(w, write.namespace, write.name) {
        Some(pod) => {
            change_pod(w, pod, write, object)?;
            pod
        }
        None => make_pod(w, write, object)?,
    };
    let uid = w.pods[pod.ix()].ident.uid.to_string();
    beside(w, write, uid, &["managedFields", "generateName", "annotations"]);
    Ok(())
}

/// A pod that nobody's template makes.
fn make_pod(w: &mut World, write: &Write, object: &Value) -> Result<PodId, String> {
    let namespace = write.namespace;
    let request =
        Request { gates: w.gates, now: w.now, namespace: namespace.as_str(), suffix: "00000", uid: "" };
    let around = Surroundings { objects: &w.plan.objects, at: w.now, namespace: namespace.as_str() };
    let mut object = object.clone();
    object["kind"] = "Pod".into();
    object["apiVersion"] = "v1".into();
    let admitted = admission::admit_with(&object, &request, |pod| plugins::mutate(pod, &around));
    let Admitted { metadata, spec, .. } = admitted.map_err(|refused| refused.told(None))?;
    let behavior = programs::behavior(&w.plan.programs, &spec, &programs::Belongs::default());
    let template = PodTemplate {
        name: write.name,
        numbered: false,
        namespace,
        labels: Arc::new(metadata.labels),
        annotations: metadata.annotations,
        finalizers: Arc::new(metadata.finalizers.iter().map(|name| Sym::new(name)).collect()),
        qos_class: qos_class(&spec, &w.gates),
        spec: Arc::new(spec),
        at: w.now,
        replicas: 0,
        every: Distribution::Constant(Span::ZERO),
        behavior: Arc::new(behavior),
    };
    let template = w.add_template(template, false);
    let owners: Vec<OwnerReference> =
        serde_json::from_value(object["metadata"]["ownerReferences"].clone()).unwrap_or_default();
    let controller = owners.iter().find(|owner| owner.controller);
    let controller: Option<ObjectKey> =
        controller.and_then(|owner| w.workloads.by_uid.get(&owner.uid).copied());
    let count = w.pods.len().to_string();
    let new = NewPod {
        template,
        name: Name::Given(PodName::plain(write.name)),
        entity: random::entity(&["written", &namespace, &write.name, &count]),
        owners: (!owners.is_empty()).then(|| Arc::new(owners)),
        controller,
        spec: None,
    };
    api_server::create_pod(w, new).map_err(|refused| refused.told(None))
}

/// What of a pod's object has become another is written; whether it may was looked at by whoever read the request.
fn change_pod(w: &mut World, pod: PodId, write: &Write, object: &Value) -> Result<(), String> {
    let own = &w.pods[pod.ix()];
    if write.below == "binding" {
        let node = object["spec"]["nodeName"].as_str().unwrap_or_default();
        let Some(node) = w.find_node(node).filter(|_| own.node.is_none()) else {
            let what = "pod is already assigned to a node, or there is no such node";
            return Err(format!("Error from server (Conflict): {what}"));
        };
        api_server::bind(w, pod, node);
        return Ok(());
    }
    let labels: BTreeMap<String, String> =
        serde_json::from_value(object["metadata"]["labels"].clone()).unwrap_or_default();
    let finalizers = finalizers(object);
    let mut spec = wire::pod_spec(&object["spec"]);
    // The node is the pod's, and not its spec's.
    spec.node_name = own.spec.node_name;
    let annotations = w.stored.get(&key(write)).map(|own| own.value["metadata"]["annotations"].clone());
    let edit = Edit {
        labels: (labels != *own.labels).then_some(labels),
        finalizers: (finalizers != *own.finalizers).then_some(finalizers),
        spec: (spec != *own.spec).then_some(spec),
        annotations: annotations.as_ref() != Some(&object["metadata"]["annotations"]),
    };
    api_server::update(w, pod, edit);
    Ok(())
}
