//! PersistentVolumes.
//!
//! Source: `SetDefaults_PersistentVolume` in pkg/apis/core/v1/defaults.go, pkg/api/persistentvolume/util.go,
//! `ValidatePersistentVolume` and `ValidatePersistentVolumeUpdate` in pkg/apis/core/validation/validation.go (1.36.2). The
//! surprises: its capacity is storage and nothing else; a local volume must say on which node it is; what it is made of
//! never changes. Of the sources that pods have too the same is asked, of the others what they cannot do without.

use serde_json::json;

use super::persistent_volume_claim::{self as claim, VOLUME_MODES};
use super::workload::spec_of;
use super::{Kind, Object, default, half, immutable, one_of, within};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::defaults::amounts;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, resources, scheduling, volumes, warnings};
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

pub static LAW: Kind = Kind {
    name: "PersistentVolume",
    key: "persistentVolume",
    resource: "persistentvolumes",
    short: &["pv"],
    is_namespaced: false,
    schema: &cluster::PersistentVolume,
    defaults,
    prepare: |object, old, _| {
        if old.is_none() {
            object.insert("status".to_owned(), json!({"phase": "Pending"}));
        }
    },
    rereads_metadata: true,
    validate: |new, old, gates, errors| {
        spec(&half(new, "spec"), &gates.habits, errors);
        if let Some(old) = old {
            stays(&half(old, "spec"), &half(new, "spec"), errors);
        }
    },
    warnings: |object, _| told(object),
    ..Kind::PLAIN
};

/// What a volume can be made of, in the order in which validation looks.
const SOURCES: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
    default(spec, "volumeMode", json!("Filesystem"));
    within(spec, "hostPath", |source| default(source, "type", json!("")));
    within(spec, "iscsi", |source| default(source, "iscsiInterface", json!("default")));
    within(spec, "rbd", |source| {
        default(source, "pool", json!("rbd"));
        default(source, "user", json!("admin"));
        default(source, "keyring", json!("/etc/ceph/keyring"));
    });
    within(spec, "azureDisk", |source| {
        default(source, "cachingMode", json!("ReadWrite"));
        default(source, "fsType", json!("ext4"));
        default(source, "readOnly", json!(false));
        default(source, "kind", json!("Shared"));
    });
    within(spec, "scaleIO", |source| {
        default(source, "storageMode", json!("ThinProvisioned"));
        default(source, "fsType", json!("xfs"));
    });
}

/// `ValidatePersistentVolumeSpec`
fn spec(spec: &At, habits: &Habits, errors: &mut Errors) {
    let modes = spec.child("accessModes");
    if modes.is_empty() {
        errors.required(modes.path.clone(), "");
    }
    claim::access_modes(&modes, errors);
    capacity(&spec.child("capacity"), errors);
    let policy = spec.text_of("persistentVolumeReclaimPolicy");
    if !policy.is_empty() {
        one_of(spec, "persistentVolumeReclaimPolicy", &["Delete", "Recycle", "Retain"], errors);
    }
    let affinity = spec.child("nodeAffinity");
    let required = affinity.child("required");
    if affinity.is_set() {
        if required.is_set() {
            scheduling::node_selector(&required, habits, errors);
        } else {
            errors.required(required.path.clone(), "must specify required node constraints");
        }
    }
    source(spec, required.is_set(), habits, errors);
    let host = spec.child("hostPath");
    let is_root = host.is_set() && host.text_of("path").trim_matches('/').is_empty();
    if is_root && policy == "Recycle" {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        errors.forbidden(spec.path_of("persistentVolumeReclaimPolicy"), detail);
    }
    let class = spec.text_of("storageClassName");
    if !class.is_empty() {
        errors.invalid_each(&spec.path_of("storageClassName"), class, names::dns1123_subdomain(class));
    }
    one_of(spec, "volumeMode", VOLUME_MODES, errors);
}

fn capacity(capacity: &At, errors: &mut Errors) {
    if capacity.is_empty() {
        errors.required(capacity.path.clone(), "");
    }
    if capacity.some("storage").is_none() || capacity.len() > 1 {
        let shown = if capacity.is_set() { capacity.value.clone() } else { json!(null) };
        errors.not_supported(capacity.path.clone(), shown, &["storage"]);
    }
    for (name, amount) in amounts(Some(capacity.value)) {
        claim::positive(&amount.to_string(), &capacity.path_of_key(&name), errors);
    }
}

fn source(spec: &At, is_placed: bool, habits: &Habits, errors: &mut Errors) {
    let mut found = false;
    for kind in SOURCES {
        let Some(source) = spec.some(kind) else { continue };
        if found {
            errors.forbidden(source.path, "may not specify more than 1 volume type");
            continue;
        }
        found = true;
        match *kind {
            "local" => {
                if source.text_of("path").is_empty() {
                    errors.required(source.path_of("path"), "");
                } else {
                    volumes::no_backsteps(source.text_of("path"), &source.path_of("path"), errors);
                }
                if !is_placed {
                    errors.required(spec.path_of("nodeAffinity"), "Local volume requires node affinity");
                }
            }
            "csi" => {
                volumes::driver(&source, errors);
                if source.text_of("volumeHandle").is_empty() {
                    errors.required(source.path_of("volumeHandle"), "");
                }
            }
            "storageos" => {}
            kind => volumes::source_of_kind(kind, &source, habits, errors),
        }
    }
    if !found {
        errors.required(spec.path.clone(), "must specify a volume type");
    }
}

fn stays(was: &At, is: &At, errors: &mut Errors) {
    if SOURCES.iter().any(|kind| was.child(kind).value != is.child(kind).value) {
        let detail = "spec.persistentvolumesource is immutable after creation";
        errors.forbidden("spec.persistentvolumesource", detail);
    }
    immutable(&was.child("volumeMode"), &is.child("volumeMode"), errors);
    let (before, after) = (was.child("nodeAffinity"), is.child("nodeAffinity"));
    if before.is_set() && before.value != after.value {
        let detail = "field is immutable, except for updating from beta label to GA";
        errors.invalid(after.path.clone(), after.value.clone(), detail);
    }
}

/// `warningsForPersistentVolumeSpecAndMeta`
fn told(object: &Object) -> Vec<String> {
    let spec = half(object, "spec");
    let mut told = Vec::new();
    warnings::node_terms(&spec.child("nodeAffinity").child("required").child("nodeSelectorTerms"), &mut told);
    told.extend(claim::class_annotation(object));
    if spec.text_of("persistentVolumeReclaimPolicy") == "Recycle" {
        told.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .to_owned(),
        );
    }
    told.extend(resources::fractional_bytes(&spec.child("capacity"), "storage"));
    warnings::old_volume(&spec, &mut told);
    told
}
