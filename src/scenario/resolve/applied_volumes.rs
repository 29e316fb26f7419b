//! PersistentVolumes and StorageClasses of applied manifests.

use std::sync::Arc;

use serde_json::Value;

use crate::api::Sym;
use crate::api::spec::NodeSelectorTerm;
use crate::rules::controllers::claim_binding::{Offered, find};
use crate::rules::kubelet::volume_plugins;
use crate::rules::scheduler::placement::selector::NodeTerm;
use crate::scenario::plan::{ClaimPlan, ObjectPlan};
use crate::scenario::volumes::{ClassPlan, Storage, VolumePlan, quantity, words};
use crate::time::Time;

/// The provisioner that makes nothing.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
/// The mark of a default class.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
/// Volumes that are there wherever the node, or the network, has them.
const UNATTACHED: [&str; 3] = ["hostPath", "local", "nfs"];

/// Takes in a manifest of either kind that comes then; one that comes again is the old one.
pub fn add(storage: &mut Storage, value: &Value, at: Time) {
    let name = word(value, "/metadata/name");
    match value["kind"].as_str() {
        Some("PersistentVolume") if storage.volumes.iter().all(|own| own.name != name) => {
            storage.volumes.push(volume(value, name, at));
        }
        Some("StorageClass") if storage.classes.iter().all(|own| own.name != name) => {
            storage.classes.push(class(value, name, at));
        }
        _ => {}
    }
}

/// A client writes an object of either kind, or takes it away. A volume keeps its place, by which it is known to whoever has it.
pub fn write(storage: &mut Storage, kind: &str, name: Sym, object: Option<&Value>, at: Time) {
    if kind == "StorageClass" {
        let found = storage.classes.iter().position(|own| own.name == name);
        match (object, found) {
            (Some(value), Some(ix)) => storage.classes[ix] = class(value, name, storage.classes[ix].at),
            (Some(value), None) => storage.classes.push(class(value, name, at)),
            (None, _) => storage.classes.retain(|own| own.name != name),
        }
        return;
    }
    let found = storage.volumes.iter().position(|own| own.name == name && own.at != Time::FAR);
    match (object, found) {
        (Some(value), Some(ix)) => {
            // Whose it is was settled before, and says its claim.
            let kept_for = storage.volumes[ix].offered.kept_for;
            let mut new = volume(value, name, storage.volumes[ix].at);
            new.offered.kept_for = new.offered.kept_for.or(kept_for);
            storage.volumes[ix] = new;
        }
        (Some(value), None) => storage.volumes.push(volume(value, name, at)),
        (None, Some(ix)) => storage.volumes[ix].at = Time::FAR,
        (None, None) => {}
    }
}

fn class(value: &Value, name: Sym, at: Time) -> ClassPlan {
    ClassPlan {
        at,
        manifest: Arc::new(value.clone()),
        name,
        is_default: value["metadata"]["annotations"][DEFAULT] == "true",
        provisions: value["provisioner"] != NO_PROVISIONER,
        provisioner: word(value, "/provisioner"),
        reclaim_policy: Sym::new(value["reclaimPolicy"].as_str().unwrap_or("Delete")),
        waits_for_pods: value["volumeBindingMode"] == "WaitForFirstConsumer",
    }
}

fn word(value: &Value, at: &str) -> Sym {
    Sym::new(value.pointer(at).and_then(Value::as_str).unwrap_or_default())
}

fn volume(value: &Value, name: Sym, at: Time) -> VolumePlan {
    let spec = &value["spec"];
    let terms = spec.pointer("/nodeAffinity/required/nodeSelectorTerms").and_then(Value::as_array);
    let compiled = |terms: &Vec<Value>| {
        let terms = terms.iter().filter_map(|term| serde_json::from_value(term.clone()).ok());
        terms.map(|term: NodeSelectorTerm| NodeTerm::compile(&term)).collect()
    };
    let kept = word(spec, "/claimRef/name");
    let has_no_plugin = volume_plugins::is_gone(|field| spec.get(field).is_some());
    VolumePlan {
        at,
        name,
        metadata: value["metadata"].clone(),
        spec: defaulted(spec, &[("persistentVolumeReclaimPolicy", "Retain"), ("volumeMode", "Filesystem")]),
        offered: Offered {
            class: word(spec, "/storageClassName"),
            modes: words(&spec["accessModes"]),
            capacity: quantity(&spec["capacity"]["storage"]),
            kept_for: (!kept.is_empty()).then(|| (word(spec, "/claimRef/namespace"), kept)),
        },
        node_affinity: terms.map(compiled),
        is_attached: !has_no_plugin && UNATTACHED.iter().all(|kind| spec.get(kind).is_none()),
        has_no_plugin,
    }
}

/// `SetDefaults_PersistentVolume` and `SetDefaults_PersistentVolumeClaimSpec` (pkg/apis/core/v1/defaults.go), as far as
/// tables show it.
fn defaulted(spec: &Value, defaults: &[(&str, &str)]) -> Value {
    let mut spec = spec.clone();
    for (key, value) in defaults {
        if spec.is_object() && spec[key].is_null() {
            spec[key] = (*value).into();
        }
    }
    spec
}

/// A claim that is applied has the volume that serves it, if there is one; no other claim gets it then. One that waits for
/// its first pod has only one that is kept for it.
pub fn bind(storage: &mut Storage, plan: &mut ObjectPlan, manifest: &Value) {
    let spec = &manifest["spec"];
    let wanted = storage.wanted(plan.namespace, plan.name, spec);
    let Some(claim) = &mut plan.claim else { return };
    claim.spec = Arc::new(defaulted(spec, &[("volumeMode", "Filesystem")]));
    claim.metadata = Arc::new(manifest["metadata"].clone());
    let provisioned = storage.provisioned(wanted.class);
    let is_kept = |offered: &Offered| offered.kept_for.is_some();
    let offers = storage.volumes.iter().map(|own| &own.offered).enumerate();
    let Some(at) = find(&wanted, offers.filter(|(_, own)| provisioned.is_none() || is_kept(own))) else {
        // Where nobody makes volumes, or the first pod is waited for, it stays without one.
        if provisioned.is_some() || storage.class(wanted.class).is_some_and(|class| !class.provisions) {
            claim.bound_at = None;
        }
        claim.provisioned = provisioned;
        return;
    };
    let volume = &mut storage.volumes[at];
    volume.offered.kept_for = Some((plan.namespace, plan.name));
    let bound_at = claim.bound_at.map(|bound| bound.max(volume.at));
    let (spec, metadata) = (Arc::clone(&claim.spec), Arc::clone(&claim.metadata));
    let of = ClaimPlan::of(claim.volume_name, claim.access_modes.clone(), Some(volume));
    *claim = ClaimPlan { bound_at, spec, metadata, ..of };
}
