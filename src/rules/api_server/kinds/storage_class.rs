//! StorageClasses.
//!
//! Source: `SetDefaults_StorageClass` in pkg/apis/storage/v1/defaults.go, `ValidateStorageClass` and
//! `ValidateStorageClassUpdate` in pkg/apis/storage/validation/validation.go (1.36.2). The surprise: in place of the
//! reason why a provisioner is required stands the provisioner.

use serde_json::{Value, json};

use super::{Kind, Object, default, half, immutable, one_of};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::meta;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "StorageClass",
    key: "storageClass",
    group: "storage.k8s.io",
    resource: "storageclasses",
    short: &["sc"],
    is_namespaced: false,
    schema: &cluster::StorageClass,
    defaults: |object, _| {
        default(object, "reclaimPolicy", json!("Delete"));
        default(object, "volumeBindingMode", json!("Immediate"));
    },
    validate: |new, old, gates, errors| match old {
        None => created(new, gates, errors),
        Some(old) => stays(old, new, errors),
    },
    ..Kind::PLAIN
};

fn created(object: &Object, gates: &Gates, errors: &mut Errors) {
    let provisioner = half(object, "provisioner").str();
    if provisioner.is_empty() {
        errors.required("provisioner", "");
    } else {
        errors.invalid_each(
            "provisioner",
            provisioner,
            crate::rules::api_server::validation::names::label_key(
                &provisioner.to_lowercase(),
                &gates.habits,
            ),
        );
    }
    parameters(&half(object, "parameters"), errors);
    let whole = Value::Object(object.clone());
    let whole = At::new(&whole, "");
    one_of(&whole, "reclaimPolicy", &["Delete", "Retain"], errors);
    one_of(&whole, "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"], errors);
    let topologies = half(object, "allowedTopologies");
    for term in topologies.items() {
        for requirement in term.child("matchLabelExpressions").items() {
            let values = requirement.child("values");
            if values.is_empty() {
                errors.required(values.path.clone(), "");
            }
            let key = requirement.text_of("key");
            meta::label_name(key, &requirement.path_of("key"), &gates.habits, errors);
        }
    }
}

/// `validateParameters`
fn parameters(parameters: &At, errors: &mut Errors) {
    let entries = parameters.entries();
    if entries.len() > 512 {
        errors.too_long(parameters.path.clone(), 512);
        return;
    }
    let mut size = 0;
    for (key, value) in entries {
        if key.is_empty() {
            errors.invalid(parameters.path.clone(), key, "field can not be empty.");
        }
        size += key.len() + value.as_str().unwrap_or("").len();
    }
    if size > 256 * 1024 {
        errors.too_long(parameters.path.clone(), 256 * 1024);
    }
}

fn stays(old: &Object, new: &Object, errors: &mut Errors) {
    for name in ["parameters", "provisioner"] {
        if half(old, name).value != half(new, name).value {
            errors.forbidden(name, format!("updates to {name} are forbidden."));
        }
    }
    for name in ["reclaimPolicy", "volumeBindingMode"] {
        immutable(&half(old, name), &half(new, name), errors);
    }
}
