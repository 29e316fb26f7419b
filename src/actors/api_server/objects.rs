//! What pods refer to: ConfigMaps, Secrets, claims and the like.
//!
//! A budget of the scenario's own is an object as any other: it is stored where those of manifests are.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::{Value, json};

use super::{next_version, requests};
use crate::actors::watch::{self, News};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::{ClaimPlan, ObjectKind, ObjectPlan};
use crate::world::volumes::Volume;
use crate::world::{ApiObject, NodeId, World, object_key};

/// Stores what has been there since before the run, or is to come.
pub fn known(w: &mut World, object: ApiObject) {
    let is_there = object.exists;
    let ix = w.objects.len();
    let key = object_key(object.kind, object.namespace, object.name);
    w.places_of_objects.entry(key).or_insert(ix);
    w.objects.add(object);
    if is_there && w.objects[ix].kind == ObjectKind::PodDisruptionBudget {
        store(w, ix);
    } else {
        next_version(w);
    }
}

/// Whether an object is in the API.
pub fn is_there(w: &World, object: usize) -> bool {
    let own = &w.objects[object];
    match own.kind {
        ObjectKind::PodDisruptionBudget => {
            requests::find(w, ObjectType::PodDisruptionBudget, own.namespace, own.name).is_some()
        }
        _ => own.exists,
    }
}

/// A budget of the scenario's own is created.
fn store(w: &mut World, object: usize) {
    let Some(plan) = w.plan.objects.get(object) else { return };
    let (manifest, namespace) = (budget(plan), plan.namespace);
    if let Err(refused) = requests::create(w, &manifest, namespace) {
        w.answer(&refused.told(None));
    }
}

fn budget(plan: &ObjectPlan) -> Value {
    let amount = |text: &String| text.parse::<i32>().map_or_else(|_| json!(text), |count| json!(count));
    let mut spec = json!({ "selector": { "matchLabels": plan.match_labels } });
    for (name, text) in [("minAvailable", &plan.min_available), ("maxUnavailable", &plan.max_unavailable)] {
        if let Some(text) = text {
            spec[name] = amount(text);
        }
    }
    if let Some(policy) = plan.unhealthy_policy {
        spec["unhealthyPodEvictionPolicy"] = json!(policy.as_str());
    }
    let metadata = json!({ "name": plan.name.as_str(), "namespace": plan.namespace.as_str() });
    json!({ "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec })
}

/// Creates an object, or adds keys to one that is there.
pub fn create(w: &mut World, object: usize, keys: &[String]) {
    if w.objects[object].kind == ObjectKind::PodDisruptionBudget {
        return store(w, object);
    }
    next_version(w);
    let own = w.objects.write(object);
    let is_new = !std::mem::replace(&mut own.exists, true);
    if let Some(known) = &mut own.keys {
        let had: FxHashSet<&String> = known.iter().collect();
        let added: Vec<String> = keys.iter().filter(|key| !had.contains(key)).cloned().collect();
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
        Some(known) if own.exists => {
            let without: FxHashSet<&String> = without.iter().collect();
            known.retain(|key| !without.contains(key));
        }
        Some(known) => known.clear(),
        None => {}
    }
    create(w, object, keys);
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

/// PATCH of a claim that waits for its first pod: which node that has got (`volume.kubernetes.io/selected-node`).
pub fn select_node(w: &mut World, object: usize, node: NodeId) {
    next_version(w);
    w.volumes.selected.insert(object, (node, false));
    watch::tell(w, News::ClaimSelected { object });
}

/// PUT of a volume that is there: it is a claim's from now on, whose first pod has got a node.
pub fn give_volume(w: &mut World, object: usize, volume: usize, node: NodeId) {
    let Some(claim) = w.objects[object].claim.clone() else { return };
    let of = ClaimPlan::of(claim.volume_name, claim.access_modes.clone(), w.storage.volumes.get(volume));
    let (spec, provisioned) = (Arc::clone(&claim.spec), claim.provisioned.clone());
    let metadata = Arc::clone(&claim.metadata);
    w.objects.write(object).claim = Some(Arc::new(ClaimPlan { spec, metadata, provisioned, ..of }));
    next_version(w);
    w.volumes.selected.insert(object, (node, true));
    watch::tell(w, News::ClaimSelected { object });
}

/// Volumes of a manifest come.
pub fn volumes_created(w: &mut World) {
    next_version(w);
    watch::tell(w, News::VolumesCreated);
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
