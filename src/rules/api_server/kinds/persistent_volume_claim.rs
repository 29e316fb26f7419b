//! PersistentVolumeClaims, those in the templates of StatefulSets included.
//!
//! Source: `SetDefaults_PersistentVolumeClaim` in pkg/apis/core/v1/defaults.go, pkg/api/persistentvolumeclaim/util.go,
//! `ValidatePersistentVolumeClaim` and `ValidatePersistentVolumeClaimUpdate` in pkg/apis/core/validation/validation.go
//! (1.36.2). The surprises: storage that is missing is missed at `resources[storage]`; of a claim that exists only a bound
//! one may ask for more. Upstream prints Go's diff of the two specs below its message.

use serde_json::{Value, json};

use super::workload::spec_of;
use super::{Kind, Object, default, half, immutable, one_of, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, scheduling, warnings};
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

pub static LAW: Kind = Kind {
    name: "PersistentVolumeClaim",
    key: "persistentVolumeClaim",
    resource: "persistentvolumeclaims",
    short: &["pvc"],
    schema: &workloads::PersistentVolumeClaim,
    defaults: |object, _| {
        spec_of(object);
        fill_in(object);
    },
    prepare: |object, old, _| {
        if old.is_none() {
            object.insert("status".to_owned(), json!({"phase": "Pending"}));
        }
        let had_source = old.is_some_and(|old| half(old, "spec").some("dataSource").is_some());
        within(object, "spec", |spec| one_source(spec, had_source));
    },
    rereads_metadata: true,
    validate,
    warnings: |object, _, _| {
        let mut told = class_annotation(object);
        told.extend(warnings::claimed_bytes(&half(object, "spec")));
        told
    },
    ..Kind::PLAIN
};

/// Modes in which a volume may be used.
pub const ACCESS_MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
/// What a volume may be.
pub const VOLUME_MODES: &[&str] = &["Block", "Filesystem"];

/// `SetDefaults_PersistentVolumeClaim` and `SetDefaults_PersistentVolumeClaimSpec`
pub fn fill_in(claim: &mut Object) {
    within(claim, "spec", |spec| default(spec, "volumeMode", json!("Filesystem")));
    within(claim, "status", |status| default(status, "phase", json!("Pending")));
}

/// `EnforceDataSourceBackwardsCompatibility` and `NormalizeDataSources`: what no claim could be filled from is dropped
/// without a word, and either way to say the source says the other.
fn one_source(spec: &mut Object, had_source: bool) {
    if spec
        .get("dataSourceRef")
        .is_some_and(|source| source["namespace"].as_str().is_some_and(|own| !own.is_empty()))
    {
        spec.shift_remove("dataSourceRef");
    }
    let group_and_kind = |source: &Value| {
        let text = |name: &str| source[name].as_str().unwrap_or_default().to_owned();
        (text("apiGroup"), text("kind"))
    };
    let is_known = |source: &Value| {
        let (group, kind) = group_and_kind(source);
        (group.is_empty() && kind == "PersistentVolumeClaim")
            || (group == "snapshot.storage.k8s.io" && kind == "VolumeSnapshot")
    };
    if !had_source && !spec.contains_key("dataSourceRef") && !spec.get("dataSource").is_some_and(is_known) {
        spec.shift_remove("dataSource");
    }
    for (from, to) in [("dataSource", "dataSourceRef"), ("dataSourceRef", "dataSource")] {
        if let Some(source) = spec.get(from).cloned()
            && !spec.contains_key(to)
        {
            spec.insert(to.to_owned(), source);
        }
    }
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    spec(&half(new, "spec"), &gates.habits, errors);
    if let Some(old) = old {
        stays(old, new, errors);
    }
}

/// `ValidatePersistentVolumeClaimSpec`
pub fn spec(spec: &At, habits: &Habits, errors: &mut Errors) {
    let modes = spec.child("accessModes");
    if modes.is_empty() {
        errors.required(modes.path.clone(), "at least 1 access mode is required");
    }
    scheduling::label_selector(&spec.child("selector"), habits, errors);
    access_modes(&modes, errors);
    let resources = spec.child("resources");
    let path = resources.path_of_key("storage");
    match resources.child("requests").some("storage") {
        None => errors.required(path, ""),
        Some(storage) => positive(storage.str(), &path, errors),
    }
    let class = spec.text_of("storageClassName");
    if !class.is_empty() {
        errors.invalid_each(&spec.path_of("storageClassName"), class, names::dns1123_subdomain(class));
    }
    one_of(spec, "volumeMode", VOLUME_MODES, errors);
    for source in ["dataSource", "dataSourceRef"] {
        if let Some(source) = spec.some(source) {
            data_source(&source, errors);
        }
    }
    let (source, same) = (spec.child("dataSource"), spec.child("dataSourceRef"));
    if source.is_set() && same.is_set() && source.value != same.value {
        // Upstream shows a path, which has nothing to show.
        errors.invalid(spec.path.clone(), json!({}), "must match dataSourceRef");
    }
    let attributes = spec.text_of("volumeAttributesClassName");
    if !attributes.is_empty() {
        let path = spec.path_of("volumeAttributesClassName");
        errors.invalid_each(&path, attributes, names::dns1123_subdomain(attributes));
    }
}

/// What a claim or a volume says of who may use it at once.
pub fn access_modes(modes: &At, errors: &mut Errors) {
    for mode in modes.texts() {
        if !ACCESS_MODES.contains(&mode) {
            errors.not_supported(modes.path.clone(), mode, ACCESS_MODES);
        }
    }
    let is_alone = |mode: &&str| *mode == "ReadWriteOncePod";
    let modes_said = modes.texts();
    if modes_said.iter().any(is_alone) && !modes_said.iter().all(is_alone) {
        errors.forbidden(modes.path.clone(), "may not use ReadWriteOncePod with other access modes");
    }
}

/// `ValidatePositiveQuantityValue`
pub fn positive(amount: &str, path: &str, errors: &mut Errors) {
    if Quantity::parse(amount).is_ok_and(|amount| amount.sign() <= 0) {
        errors.invalid(path, amount, "must be greater than zero");
    }
}

/// `validateDataSource`
fn data_source(source: &At, errors: &mut Errors) {
    for name in ["name", "kind"] {
        if source.text_of(name).is_empty() {
            errors.required(source.path_of(name), "");
        }
    }
    let group = source.text_of("apiGroup");
    if group.is_empty() && source.text_of("kind") != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        errors.invalid(source.path.clone(), source.text_of("kind"), detail);
    }
    if !group.is_empty() {
        errors.invalid_each(&source.path_of("apiGroup"), group, names::dns1123_subdomain(group));
    }
}

fn stays(old: &Object, new: &Object, errors: &mut Errors) {
    let is_bound = half(old, "status").text_of("phase") == "Bound";
    let (was, is) = (half(old, "spec"), half(new, "spec"));
    let fixed = |spec: &At| {
        let mut rest = spec.value.clone();
        if let Value::Object(members) = &mut rest {
            if was.text_of("volumeName").is_empty() {
                members.shift_remove("volumeName");
            }
            if was.some("storageClassName").is_none() {
                members.shift_remove("storageClassName");
            }
            if is_bound {
                members.shift_remove("volumeAttributesClassName");
                within(members, "resources", |resources| drop(resources.shift_remove("requests")));
            }
        }
        rest
    };
    if fixed(&was) != fixed(&is) {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                      claims";
        errors.forbidden("spec", detail);
    }
    let storage =
        |spec: &At| Quantity::parse(spec.child("resources").child("requests").text_of("storage")).ok();
    if let (Some(before), Some(after)) = (storage(&was), storage(&is))
        && after.cmp_value(before).is_lt()
    {
        let capacity = half(old, "status").child("capacity").text_of("storage").to_owned();
        let is_less = Quantity::parse(&capacity).is_ok_and(|had| after.cmp_value(had).is_le());
        if is_less {
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
        }
    }
    let mode = is.child("volumeMode");
    immutable(&was.child("volumeMode"), &At { path: "volumeMode".to_owned(), ..mode }, errors);
}

/// The old way to name a class.
pub fn class_annotation(object: &Object) -> Vec<String> {
    const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
    let annotations = half(object, "metadata").child("annotations");
    if annotations.some(CLASS).is_none() {
        return Vec::new();
    }
    vec![format!(
        "{}: deprecated since v1.8; use \"storageClassName\" attribute instead",
        annotations.path_of_key(CLASS)
    )]
}
