//! `metadata`: names, labels, annotations, owners, finalizers.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go and the pod's part of
//! pkg/apis/core/validation/validation.go (1.36.2). The surprise: labels are reported at `metadata.labels` as a whole,
//! with the offending key or value as the refused value.

use super::field::{At, Errors};
use super::names;
use crate::rules::versions::habits::Habits;

/// `ValidateObjectMeta` of a pod: name generation has been done, a namespace is required.
pub fn validate(meta: &At, habits: &Habits, errors: &mut Errors) {
    validate_named(meta, true, |name, _| names::dns1123_subdomain(name), habits, errors);
    finalizer_names(&meta.child("finalizers"), errors);
}

/// `ValidateObjectMeta` of apimachinery, of what is named by a rule of its kind.
pub fn validate_named(
    meta: &At,
    is_namespaced: bool,
    rule: fn(&str, &Habits) -> Vec<String>,
    habits: &Habits,
    errors: &mut Errors,
) {
    let (name, generate) = (meta.text_of("name"), meta.text_of("generateName"));
    if !generate.is_empty() {
        let prefix = names::mask_trailing_dash(generate);
        errors.invalid_each(&meta.path_of("generateName"), generate, rule(&prefix, habits));
    }
    if name.is_empty() {
        errors.required(meta.path_of("name"), "name or generateName is required");
    } else {
        errors.invalid_each(&meta.path_of("name"), name, rule(name, habits));
    }
    let namespace = meta.text_of("namespace");
    if !is_namespaced {
        if !namespace.is_empty() {
            errors.forbidden(meta.path_of("namespace"), "not allowed on this type");
        }
    } else if namespace.is_empty() {
        errors.required(meta.path_of("namespace"), "");
    } else {
        errors.invalid_each(&meta.path_of("namespace"), namespace, names::dns1123_label(namespace));
    }
    if meta.int_of("generation") < 0 {
        let detail = "must be greater than or equal to 0";
        errors.invalid(meta.path_of("generation"), meta.int_of("generation"), detail);
    }
    contents(meta, habits, errors);
}

fn contents(meta: &At, habits: &Habits, errors: &mut Errors) {
    labels(&meta.child("labels"), habits, errors);
    annotations(&meta.child("annotations"), habits, errors);
    owners(&meta.child("ownerReferences"), habits, errors);
    finalizers(&meta.child("finalizers"), habits, errors);
}

/// `ValidateObjectMetaUpdate`, with what `BeforeUpdate` asks of any metadata.
pub fn update(old: &At, new: &At, habits: &Habits, errors: &mut Errors) {
    contents(new, habits, errors);
    super::update::metadata(old, new, errors);
}

/// `ValidateLabels`
pub fn labels(labels: &At, habits: &Habits, errors: &mut Errors) {
    for (key, value) in labels.entries() {
        errors.invalid_each(&labels.path, key, names::label_key(key, habits));
        let value = value.as_str().unwrap_or("");
        errors.invalid_each(&labels.path, value, names::label_value(value, habits));
    }
}

/// `ValidateLabelName`
pub fn label_name(name: &str, path: &str, habits: &Habits, errors: &mut Errors) {
    errors.invalid_each(path, name, names::label_key(name, habits));
}

/// `ValidateAnnotations`: keys as labels have them, but in any case; 256 KiB at most.
pub fn annotations(annotations: &At, habits: &Habits, errors: &mut Errors) {
    const MAX: usize = 256 * 1024;
    let mut size = 0;
    for (key, value) in annotations.entries() {
        errors.invalid_each(&annotations.path, key, names::label_key(&key.to_lowercase(), habits));
        size += key.len() + value.as_str().unwrap_or("").len();
    }
    if size > MAX {
        errors.too_long(annotations.path.clone(), MAX);
    }
}

/// `ValidateOwnerReferences`
fn owners(owners: &At, habits: &Habits, errors: &mut Errors) {
    let mut controller: Option<String> = None;
    for owner in owners.items() {
        let version = owner.text_of("apiVersion");
        let lacking = ["kind", "name", "uid"].into_iter().filter(|name| owner.text_of(name).is_empty());
        if habits.owners_are_counted {
            if version.is_empty() {
                errors.required(owner.path_of("apiVersion"), "must not be empty");
            } else if version.matches('/').count() > 1 || version.ends_with('/') {
                let detail = "must be <group>/<version> or <version>";
                errors.invalid(owner.path_of("apiVersion"), version, detail);
            }
            lacking.for_each(|name| errors.required(owner.path_of(name), "must not be empty"));
        } else {
            // The whole list is named, never one of its elements.
            let path = |name: &str| owners.path_of(name);
            if version.is_empty() || version.ends_with('/') || version.matches('/').count() > 1 {
                errors.invalid(path("apiVersion"), version, "version must not be empty");
            }
            for name in lacking {
                let which = if habits.owners_say_less { String::new() } else { format!("{name} ") };
                errors.invalid(path(name), "", format!("{which}must not be empty"));
            }
        }
        if owner.bool_of("controller") {
            let current = format!("{}/{}", owner.text_of("kind"), owner.text_of("name"));
            match &controller {
                None => controller = Some(current),
                Some(first) => errors.invalid(
                    owners.path.clone(),
                    owners.value.clone(),
                    format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for \
                         {first} and {current}"
                    ),
                ),
            }
        }
    }
}

/// `ValidateFinalizers`
pub fn finalizers(finalizers: &At, habits: &Habits, errors: &mut Errors) {
    let names = finalizers.texts();
    for name in &names {
        errors.invalid_each(&finalizers.path, *name, names::label_key(name, habits));
    }
    if names.contains(&"orphan") && names.contains(&"foregroundDeletion") {
        errors.invalid(
            finalizers.path.clone(),
            finalizers.value.clone(),
            "finalizer orphan and foregroundDeletion cannot be both set",
        );
    }
}

/// `validateKubeFinalizerName`: what most kinds ask besides.
pub fn finalizer_names(finalizers: &At, errors: &mut Errors) {
    for item in finalizers.items() {
        let name = item.str();
        if !name.contains('/') && !["kubernetes", "orphan", "foregroundDeletion"].contains(&name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(item.path, name, detail);
        }
    }
}

/// `ValidatePodSpecificAnnotations`
pub fn pod_annotations(annotations: &At, spec: &At, errors: &mut Errors) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
    let entries = annotations.entries();
    let find = |key: &str| entries.iter().find(|(k, _)| *k == key).and_then(|(_, value)| value.as_str());
    if let Some(mirror) = find(MIRROR)
        && spec.text_of("nodeName").is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.invalid(annotations.path_of_key(MIRROR), mirror, detail);
    }
    if let Some(cost) = find(COST)
        && !is_deletion_cost(cost)
    {
        errors.invalid(annotations.path_of_key(COST), cost, "must be a 32bit integer");
    }
    for (key, profile) in &entries {
        let Some(container) = key.strip_prefix(APPARMOR) else { continue };
        let profile = profile.as_str().unwrap_or("");
        let known = ["initContainers", "containers", "ephemeralContainers"]
            .iter()
            .any(|list| spec.child(list).items().any(|c| c.text_of("name") == container));
        if !known {
            errors.invalid(annotations.path_of_key(key), container, "container not found");
        }
        let readable =
            ["", "runtime/default", "unconfined"].contains(&profile) || profile.starts_with("localhost/");
        if !readable {
            let detail =
                format!("invalid AppArmor profile name: {}", crate::rules::machinery::quote::quote(profile));
            errors.invalid(annotations.path_of_key(key), profile, detail);
        }
    }
}

/// Digits without a leading zero or plus (`GetDeletionCostFromPodAnnotations`).
fn is_deletion_cost(text: &str) -> bool {
    let starts_well =
        text == "0" || text.starts_with('-') || text.starts_with(|c: char| ('1'..='9').contains(&c));
    starts_well && text.parse::<i32>().is_ok()
}
