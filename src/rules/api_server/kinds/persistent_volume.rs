//! PersistentVolumes.
//!
//! Source: `SetDefaults_PersistentVolume` in pkg/apis/core/v1/defaults.go, pkg/api/persistentvolume/util.go,
//! `ValidatePersistentVolume` and `ValidatePersistentVolumeUpdate` in pkg/apis/core/validation/validation.go (1.36.2). The
//! surprises: its capacity is storage and nothing else; a local volume must say on which node it is; what it is made of
//! never changes. Of the sources that pods have too the same is asked, of the others what they cannot do without.

use serde_json::{Value, json};

use super::persistent_volume_claim::{self as claim, VOLUME_MODES};
use super::workload::spec_of;
use super::{Kind, Object, default, half, immutable, one_of, within};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::defaults::{amounts, sources_beyond_the_cluster};
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, scheduling, volumes, warnings};
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
        mount_options(new, errors);
        if let Some(old) = old {
            stays(&half(old, "spec"), &half(new, "spec"), errors);
        }
    },
    warnings: |object, _, _| told(object),
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
    sources_beyond_the_cluster(spec);
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
    if let Some(attributes) = spec.some("volumeAttributesClassName") {
        let name = attributes.str();
        if name.is_empty() {
            errors.required(attributes.path, "an empty string is disallowed");
        } else {
            errors.invalid_each(&attributes.path, name, names::dns1123_subdomain(name));
        }
        if spec.some("csi").is_none() {
            errors.required(spec.path_of("csi"), "has to be specified when using volumeAttributesClassName");
        }
    }
}

/// `checkMountOption` (pkg/volume/validation/pv_validation.go): what can be mounted with options, said in an annotation.
fn mount_options(object: &Object, errors: &mut Errors) {
    const TAKE_OPTIONS: &[&str] = &[
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "glusterfs",
        "nfs",
        "rbd",
        "quobyte",
        "iscsi",
        "cinder",
        "cephfs",
        "azureFile",
        "vsphereVolume",
        "azureDisk",
        "photonPersistentDisk",
    ];
    let (annotations, spec) = (half(object, "metadata").child("annotations"), half(object, "spec"));
    let takes_options = TAKE_OPTIONS.iter().any(|kind| spec.some(kind).is_some());
    if annotations.some(MOUNT_OPTIONS).is_some() && !takes_options {
        let detail = "may not specify mount options for this volume type";
        errors.forbidden(annotations.path_of(MOUNT_OPTIONS), detail);
    }
}

const MOUNT_OPTIONS: &str = "volume.beta.kubernetes.io/mount-options";

fn capacity(capacity: &At, errors: &mut Errors) {
    if capacity.is_empty() {
        errors.required(capacity.path.clone(), "");
    }
    if capacity.some("storage").is_none() || capacity.len() > 1 {
        let shown = if capacity.is_set() { capacity.value.clone() } else { json!(null) };
        errors.not_supported(capacity.path.clone(), shown, &["storage"]);
    }
    for (name, amount) in amounts(Some(capacity.value)) {
        if amount.sign() < 0 {
            errors.invalid(capacity.path_of_key(&name), amount.value(), "must be a valid resource quantity");
        }
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
            "csi" => csi(&source, errors),
            kind => volumes::source_of_kind(kind, &source, habits, errors),
        }
        let secret = source.child("secretRef");
        if ["cinder", "storageos"].contains(kind) && secret.is_set() && secret.text_of("namespace").is_empty()
        {
            errors.required(secret.path_of("namespace"), "");
        }
        if source.some("secretNamespace").is_some_and(|own| own.str().is_empty()) {
            errors.required(source.path_of("secretNamespace"), "");
        }
    }
    if !found {
        errors.required(spec.path.clone(), "must specify a volume type");
    }
}

/// `validateCSIPersistentVolumeSource`
fn csi(source: &At, errors: &mut Errors) {
    volumes::driver(source, errors);
    if source.text_of("volumeHandle").is_empty() {
        errors.required(source.path_of("volumeHandle"), "");
    }
    for name in ["controllerPublish", "controllerExpand", "nodePublish", "nodeExpand"] {
        let Some(secret) = source.some(&format!("{name}SecretRef")) else { continue };
        for (member, rule) in [
            ("name", names::dns1123_subdomain as fn(&str) -> Vec<String>),
            ("namespace", names::dns1123_label),
        ] {
            match secret.text_of(member) {
                "" => errors.required(secret.path_of(member), ""),
                text => errors.invalid_each(&secret.path_of(member), text, rule(text)),
            }
        }
    }
}

/// `ValidatePersistentVolumeUpdate`; some of its paths are short.
fn stays(was: &At, is: &At, errors: &mut Errors) {
    if SOURCES.iter().any(|kind| was.child(kind).value != is.child(kind).value) {
        let detail = "spec.persistentvolumesource is immutable after creation";
        errors.forbidden("spec.persistentvolumesource", detail);
    }
    let mode = is.child("volumeMode");
    immutable(&was.child("volumeMode"), &At { path: "volumeMode".to_owned(), ..mode }, errors);
    let (before, after) = (was.child("nodeAffinity"), is.child("nodeAffinity"));
    if before.is_set() && before.value != after.value {
        let detail = "field is immutable, except for updating from beta label to GA";
        errors.invalid("nodeAffinity", in_go(after.value), detail);
    }
}

/// As Go writes a struct that has no names for JSON: nothing is left out of it.
fn in_go(affinity: &Value) -> Value {
    let terms = affinity.pointer("/required/nodeSelectorTerms").and_then(Value::as_array);
    let Some(terms) = terms else { return Value::Null };
    let requirements = |term: &Value, name: &str| match term.get(name).and_then(Value::as_array) {
        None => Value::Null,
        Some(list) => list
            .iter()
            .map(|one| json!({"Key": one["key"], "Operator": one["operator"], "Values": one["values"]}))
            .collect(),
    };
    let all: Vec<Value> = terms
        .iter()
        .map(|term| {
            json!({"MatchExpressions": requirements(term, "matchExpressions"),
                "MatchFields": requirements(term, "matchFields")})
        })
        .collect();
    json!({"Required": {"NodeSelectorTerms": all}})
}

/// `warningsForPersistentVolumeSpecAndMeta`
fn told(object: &Object) -> Vec<String> {
    let spec = half(object, "spec");
    let mut told = claim::class_annotation(object);
    let annotations = half(object, "metadata").child("annotations");
    if annotations.some(MOUNT_OPTIONS).is_some() {
        let path = annotations.path_of_key(MOUNT_OPTIONS);
        told.push(format!("{path}: deprecated since v1.31; use \"mountOptions\" attribute instead"));
    }
    if spec.text_of("persistentVolumeReclaimPolicy") == "Recycle" {
        told.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .to_owned(),
        );
    }
    warnings::node_terms(&spec.child("nodeAffinity").child("required").child("nodeSelectorTerms"), &mut told);
    warnings::old_persistent_volume(&spec, &mut told);
    told
}
