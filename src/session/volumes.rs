//! Claims and volumes as they would be read: put together of what a run keeps of them, of the manifests that brought them and
//! of what a provisioner says.

use serde_json::{Value, json};

use crate::api::Sym;
use crate::scenario::plan::ObjectKind;
use crate::time::Time;
use crate::world::{ApiObject, World};

/// All claims, as the API prints what tables show of them, with namespace and name.
pub(super) fn claims(w: &World) -> Vec<(Sym, Sym, Value)> {
    let all = w.objects.iter().enumerate();
    let there = all.filter(|(_, own)| own.kind == ObjectKind::PersistentVolumeClaim && own.exists);
    there.map(|(at, own)| (own.namespace, own.name, claim(w, at, own))).collect()
}

fn claim(w: &World, at: usize, own: &ApiObject) -> Value {
    let mut spec = spec(w, own);
    let (class, modes) = (class(w, own, &spec), modes(own, &spec));
    spec["storageClassName"] = class.as_str().into();
    let mut status = json!({ "phase": if own.bound { "Bound" } else { "Pending" } });
    if own.bound {
        spec["volumeName"] = volume_name(own).as_str().into();
        status["accessModes"] = modes;
        status["capacity"] = json!({ "storage": capacity(w, own, &spec) });
    }
    let id = w.workloads.claim_named(own.namespace, &own.name);
    let meta = id.map(|id| &w.workloads.claims[id.ix()].object.meta);
    let created = meta.map_or_else(|| created(w, at), |meta| meta.created);
    let mut metadata = match own.claim.as_ref().map(|claim| &*claim.metadata) {
        Some(written @ Value::Object(_)) => written.clone(),
        _ => json!({}),
    };
    if let Some(meta) = meta.filter(|meta| !meta.labels.is_empty()) {
        metadata["labels"] = json!(*meta.labels);
    }
    if let Some(meta) = meta.filter(|meta| !meta.annotations.is_empty()) {
        metadata["annotations"] = json!(*meta.annotations);
    }
    if let Some(meta) = meta.filter(|meta| !meta.finalizers.is_empty()) {
        metadata["finalizers"] = meta.finalizers.iter().map(|own| own.as_str()).collect();
    }
    annotate(w, at, own, class, &mut metadata);
    metadata["name"] = own.name.as_str().into();
    metadata["namespace"] = own.namespace.as_str().into();
    metadata["creationTimestamp"] = created.rfc3339_secs().into();
    if let Some(deletion) = meta.and_then(|meta| meta.deletion) {
        metadata["deletionTimestamp"] = deletion.rfc3339_secs().into();
    }
    json!({ "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec, "status": status })
}

/// What controllers and the scheduler have noted on a claim.
fn annotate(w: &World, at: usize, own: &ApiObject, class: Sym, metadata: &mut Value) {
    let selected = w.volumes.selected.get(&at);
    let class = w.storage.class(class).filter(|class| class.provisions);
    let is_brought = w.storage.volumes.iter().any(|volume| volume.name == volume_name(own));
    let mut note = |key: &str, text: &str| metadata["annotations"][key] = text.into();
    if own.bound {
        note("pv.kubernetes.io/bind-completed", "yes");
        note("pv.kubernetes.io/bound-by-controller", "yes");
    }
    if let Some(class) = class.filter(|class| !is_brought && (selected.is_some() || !class.waits_for_pods)) {
        for key in
            ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"]
        {
            note(key, &class.provisioner);
        }
    }
    if let Some((node, _)) = selected.filter(|_| !is_brought) {
        note("volume.kubernetes.io/selected-node", &w.nodes[node.ix()].spec.name);
    }
}

/// All classes, as their manifests have them.
pub(super) fn classes(w: &World) -> Vec<(Sym, Value)> {
    let there = w.storage.classes.iter().filter(|class| class.at <= w.now);
    there
        .map(|class| {
            let mut value = (*class.manifest).clone();
            value["metadata"]["creationTimestamp"] = class.at.rfc3339_secs().into();
            (class.name, value)
        })
        .collect()
}

/// All volumes: those of manifests, and those that were made for claims that are bound.
pub(super) fn volumes(w: &World) -> Vec<(Sym, Value)> {
    let bound = || {
        let all = w.objects.iter().enumerate();
        all.filter(|(_, own)| own.kind == ObjectKind::PersistentVolumeClaim && own.exists && own.bound)
    };
    let storage = &w.storage;
    let brought = storage.volumes.iter().enumerate().filter(|(_, volume)| volume.at <= w.now);
    let brought = brought.map(|(at, volume)| {
        let mut spec = volume.spec.clone();
        let holder = bound().find(|(_, own)| volume_name(own) == volume.name);
        let mut metadata = volume.metadata.clone();
        let phase = match holder {
            Some((_, own)) => {
                if volume.offered.kept_for.is_none() {
                    metadata["annotations"]["pv.kubernetes.io/bound-by-controller"] = "yes".into();
                }
                spec["claimRef"] = json!({ "namespace": own.namespace.as_str(), "name": own.name.as_str() });
                "Bound"
            }
            None if w.volumes.taken.contains(&at) && !is_promised(w, at, volume.name) => "Released",
            None => "Available",
        };
        (volume.name, volume.at, metadata, spec, phase)
    });
    let is_brought = |name: Sym| storage.volumes.iter().any(|volume| volume.name == name);
    let made = bound().filter(|(_, own)| own.claim.is_some() && !is_brought(volume_name(own)));
    let made = made.map(|(at, own)| {
        let asked = spec(w, own);
        let class = class(w, own, &asked);
        let policy = storage.class(class).map_or("Delete", |class| class.reclaim_policy.as_str());
        let by = storage.class(class).map_or("", |class| class.provisioner.as_str());
        let metadata = json!({ "annotations": { "pv.kubernetes.io/provisioned-by": by } });
        let spec = json!({
            "capacity": { "storage": capacity(w, own, &asked) },
            "accessModes": modes(own, &asked),
            "persistentVolumeReclaimPolicy": policy,
            "claimRef": { "namespace": own.namespace.as_str(), "name": own.name.as_str() },
            "storageClassName": class.as_str(),
            "volumeMode": "Filesystem",
            "csi": { "driver": by, "volumeHandle": volume_name(own).as_str() },
        });
        (volume_name(own), created(w, at), metadata, spec, "Bound")
    });
    let all = brought.chain(made);
    all.map(|(name, since, mut metadata, spec, phase)| {
        metadata["name"] = name.as_str().into();
        metadata["creationTimestamp"] = since.rfc3339_secs().into();
        let value = json!({
            "kind": "PersistentVolume", "metadata": metadata, "spec": spec, "status": { "phase": phase },
        });
        (name, value)
    })
    .collect()
}

/// Whether the scheduler keeps a volume for a claim, or the claim has been told of it and is not bound yet.
fn is_promised(w: &World, at: usize, name: Sym) -> bool {
    let is_told = |object: &usize| {
        let own = &w.objects[*object];
        own.exists && !own.bound && volume_name(own) == name
    };
    w.volumes.assumed.values().any(|own| *own == at) || w.volumes.selected.keys().any(is_told)
}

fn volume_name(own: &ApiObject) -> Sym {
    own.claim.as_ref().map_or(Sym::EMPTY, |claim| claim.volume_name)
}

/// The class that a claim has in the end: its own, or the default one.
fn class(w: &World, own: &ApiObject, spec: &Value) -> Sym {
    w.storage.wanted(own.namespace, own.name, spec).class
}

fn modes(own: &ApiObject, spec: &Value) -> Value {
    let planned =
        own.claim.as_ref().map(|claim| claim.access_modes.iter().map(|mode| mode.as_str()).collect());
    let planned: Vec<&str> = planned.unwrap_or_default();
    if spec["accessModes"].is_array() { spec["accessModes"].clone() } else { json!(planned) }
}

/// What its volume has: as much as one of a manifest says, else what the claim asks for.
fn capacity(w: &World, own: &ApiObject, spec: &Value) -> Value {
    let volume = w.storage.volumes.iter().find(|volume| volume.name == volume_name(own));
    let brought =
        volume.and_then(|volume| volume.offered.capacity).map(|capacity| capacity.to_string().into());
    brought.unwrap_or_else(|| spec["resources"]["requests"]["storage"].clone())
}

/// When an object of the scenario came.
fn created(w: &World, at: usize) -> Time {
    w.plan.objects.get(at).and_then(|plan| plan.at).unwrap_or(w.plan.start)
}

/// `spec` of a claim: its own, or that of its manifest; an empty one where there is none.
fn spec(w: &World, own: &ApiObject) -> Value {
    let id = w.workloads.claim_named(own.namespace, &own.name);
    let held = id.map(|id| &w.workloads.claims[id.ix()].object.spec);
    let planned = own.claim.as_ref().map(|claim| &*claim.spec);
    held.into_iter().chain(planned).find(|spec| spec.is_object()).cloned().unwrap_or_else(|| json!({}))
}
