//! StorageClasses.
//!
//! Source: `SetDefaults_StorageClass` in pkg/apis/storage/v1/defaults.go, `ValidateStorageClass` and
//! `ValidateStorageClassUpdate` in pkg/apis/storage/validation/validation.go (1.36.2). The surprise: in place of the
//! reason why a provisioner is required stands the provisioner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Kind, Object, default, half, immutable, one_of};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{meta, names, warnings};
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

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
        Some(old) => stays(old, new, gates, errors),
    },
    warnings: |object, _, _| {
        let mut told = Vec::new();
        for term in half(object, "allowedTopologies").items() {
            for requirement in term.child("matchLabelExpressions").items() {
                if let Some(message) = warnings::deprecated_label(requirement.text_of("key")) {
                    told.push(format!("{}: {message}", requirement.path_of("key")));
                }
            }
        }
        told
    },
    ..Kind::PLAIN
};

fn created(object: &Object, gates: &Gates, errors: &mut Errors) {
    let provisioner = half(object, "provisioner").str();
    if provisioner.is_empty() {
        errors.required("provisioner", "");
    } else {
        // Shown as it is read, in small letters.
        let provisioner = provisioner.to_lowercase();
        errors.invalid_each("provisioner", &*provisioner, names::label_key(&provisioner, &gates.habits));
    }
    parameters(&half(object, "parameters"), errors);
    let whole = Value::Object(object.clone());
    let whole = At::new(&whole, "");
    one_of(&whole, "reclaimPolicy", &["Delete", "Retain"], errors);
    one_of(&whole, "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"], errors);
    topologies(&half(object, "allowedTopologies"), &gates.habits, errors);
}

/// `validateAllowedTopologies`. A term that asks for nothing is refused once for each term there is, since upstream compares
/// it with as many empty ones.
fn topologies(terms: &At, habits: &Habits, errors: &mut Errors) {
    type Asked<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;
    let mut before: Vec<Asked> = vec![Asked::new(); terms.len()];
    for term in terms.items() {
        let mut asked = Asked::new();
        for requirement in term.child("matchLabelExpressions").items() {
            let (key, values) = (requirement.text_of("key"), requirement.child("values"));
            if values.is_empty() {
                errors.required(values.path.clone(), "");
            }
            let mut set = BTreeSet::new();
            for value in values.items() {
                if !set.insert(value.str()) {
                    errors.duplicate(value.path.clone(), value.str());
                }
            }
            meta::label_name(key, &requirement.path_of("key"), habits, errors);
            if asked.insert(key, set).is_some() {
                errors.duplicate(requirement.path_of("key"), key);
            }
        }
        for _ in before.iter().filter(|other| **other == asked) {
            errors.duplicate(term.path_of("matchLabelExpressions"), "");
        }
        before.push(asked);
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

/// `ValidateStorageClassUpdate`
fn stays(old: &Object, new: &Object, gates: &Gates, errors: &mut Errors) {
    for name in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
        let (was, is) = (half(old, name), half(new, name));
        if gates.habits.storage_classes_are_immutable || name == "volumeBindingMode" {
            immutable(&was, &is, errors);
        } else if was.value != is.value {
            errors.forbidden(name, format!("updates to {name} are forbidden."));
        }
    }
}
