//! What may change in a pod that exists.
//!
//! Source: `ValidatePodUpdate` in pkg/apis/core/validation/validation.go and `ValidateObjectMetaUpdate` in apimachinery
//! (1.36.2). Images, a shorter deadline, more tolerations, fewer scheduling gates; while gated, a narrower choice of
//! nodes. The surprises: the whole new pod is validated again; resources change through the subresource `resize` alone.
//! Upstream prints Go's diff of the two specs below its message; here stand the paths that differ.

use serde_json::{Map, Value};

use super::field::{At, Errors};
use super::{halves, names, scheduling};
use crate::rules::versions::gates::Gates;

const MUTABLE: &[&str] = &[
    "`spec.containers[*].image`",
    "`spec.initContainers[*].image`",
    "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

/// `ValidatePodUpdate` of two whole objects (`metadata` and `spec`, defaulted).
pub fn validate(old: &Map<String, Value>, new: &Map<String, Value>, gates: &Gates) -> Errors {
    let (was, is) = (halves(old).0, halves(new).0);
    let mut errors = Errors::default();
    metadata(&was, &is, &mut errors);
    super::meta::validate(&is, &gates.habits, &mut errors);
    changed(old, new, gates, &mut errors);
    errors
}

/// The same after the metadata.
pub fn changed(old: &Map<String, Value>, new: &Map<String, Value>, gates: &Gates, errors: &mut Errors) {
    let (old_spec, new_spec) = (halves(old).1, halves(new).1);
    super::pod(new, gates, errors);
    for list in ["containers", "initContainers"] {
        if !containers(&old_spec.child(list), &new_spec.child(list), errors) {
            return;
        }
    }
    if !deadline(&old_spec, &new_spec, errors) {
        return;
    }
    tolerations(&old_spec.child("tolerations"), &new_spec.child("tolerations"), gates, errors);
    scheduling_gates(&old_spec.child("schedulingGates"), &new_spec.child("schedulingGates"), errors);
    if old_spec.value == new_spec.value {
        return;
    }
    let mut munged = new_spec.value.clone();
    munge(&mut munged, &old_spec, &new_spec, errors);
    let mut differing = Vec::new();
    differences("spec", old_spec.value, &munged, &mut differing);
    if !differing.is_empty() {
        let detail = format!(
            "pod updates may not change fields other than {}\n{}",
            MUTABLE.join(","),
            differing.join("\n")
        );
        errors.forbidden("spec", detail);
    }
}

/// `ValidateObjectMetaAccessorUpdate`
pub fn metadata(old: &At, new: &At, errors: &mut Errors) {
    for name in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (was, is) = (old.child(name), new.child(name));
        // The server fills these in for those who leave them out.
        if was.value != is.value && is.is_set() {
            errors.invalid(is.path, is.value.clone(), "field is immutable");
        }
    }
    let (was, is) = (old.child("finalizers"), new.child("finalizers"));
    if old.some("deletionTimestamp").is_some() {
        let before = was.texts();
        let mut extra: Vec<&str> = is.texts().into_iter().filter(|name| !before.contains(name)).collect();
        extra.sort_unstable();
        extra.dedup();
        if !extra.is_empty() {
            let list: Vec<String> =
                extra.iter().map(|name| crate::rules::machinery::quote::quote(name)).collect();
            errors.forbidden(
                is.path,
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                    list.join(", ")
                ),
            );
        }
    }
    if new.int_of("generation") != 0 && new.int_of("generation") < old.int_of("generation") {
        let path = new.path_of("generation");
        errors.invalid(path, new.int_of("generation"), "must not be decremented");
    }
}

/// `ValidateContainerUpdates`; false ends the validation.
fn containers(old: &At, new: &At, errors: &mut Errors) -> bool {
    if old.len() != new.len() {
        errors.forbidden(new.path.clone(), "pod updates may not add or remove containers");
        return false;
    }
    for container in new.items() {
        let image = container.text_of("image");
        if image.is_empty() {
            errors.required(container.path_of("image"), "");
        }
        super::containers::no_blanks(&container, errors);
    }
    true
}

/// A deadline may be set or shortened; false ends the validation.
fn deadline(old: &At, new: &At, errors: &mut Errors) -> bool {
    let (was, is) = (old.some("activeDeadlineSeconds"), new.some("activeDeadlineSeconds"));
    let max = i64::from(i32::MAX);
    match (was, is) {
        (_, Some(is)) if !(0..=max).contains(&is.int()) => {
            errors.invalid(is.path.clone(), is.int(), names::range_error(0, max));
            false
        }
        (Some(was), Some(is)) if was.int() < is.int() => {
            errors.invalid(is.path.clone(), is.int(), "must be less than or equal to previous value");
            false
        }
        (Some(was), None) => {
            errors.invalid(was.path, Value::Null, "must not update from a positive integer to nil value");
            true
        }
        _ => true,
    }
}

/// `validateOnlyAddedTolerations`: old ones stay, except for their seconds.
fn tolerations(old: &At, new: &At, gates: &Gates, errors: &mut Errors) {
    let without_seconds = |toleration: &Value| {
        let mut kept = toleration.clone();
        if let Value::Object(members) = &mut kept {
            members.shift_remove("tolerationSeconds");
        }
        kept
    };
    for was in old.items() {
        let kept = new.items().any(|is| without_seconds(is.value) == without_seconds(was.value));
        if !kept {
            let detail = "existing toleration can not be modified except its tolerationSeconds";
            errors.forbidden(new.path.clone(), detail);
            return;
        }
    }
    scheduling::tolerations(new, gates, errors);
}

/// `validateOnlyDeletedSchedulingGates`
fn scheduling_gates(old: &At, new: &At, errors: &mut Errors) {
    let before: Vec<&str> = old.items().map(|gate| gate.text_of("name")).collect();
    for gate in new.items() {
        let name = gate.text_of("name");
        if !before.contains(&name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.forbidden(gate.path_of("name"), detail);
        }
    }
}

/// Puts back what may change, so that only what may not is left to differ.
fn munge(munged: &mut Value, old: &At, new: &At, errors: &mut Errors) {
    let Value::Object(spec) = munged else { return };
    for list in ["containers", "initContainers"] {
        let images: Vec<Value> = old.child(list).items().map(|c| c.child("image").value.clone()).collect();
        if let Some(Value::Array(containers)) = spec.get_mut(list) {
            for (container, image) in containers.iter_mut().zip(images) {
                container["image"] = image;
            }
        }
    }
    let put = |spec: &mut Map<String, Value>, name: &str| match old.some(name) {
        Some(was) => {
            spec.insert(name.to_owned(), was.value.clone());
        }
        None => {
            spec.shift_remove(name);
        }
    };
    for name in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        put(spec, name);
    }
    let grace = "terminationGracePeriodSeconds";
    if old.int_of(grace) < 0 && new.int_of(grace) == 1 {
        put(spec, grace);
    }
    if old.child("schedulingGates").is_empty() {
        return;
    }
    let (was, is) = (old.child("nodeSelector"), new.child("nodeSelector"));
    if was.value != is.value {
        if was.entries().iter().any(|(key, value)| is.child(key).value != *value) {
            let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            errors.invalid(is.path, is.value.clone(), detail);
        }
        put(spec, "nodeSelector");
    }
    let of = |spec: &At| spec.child("affinity").child("nodeAffinity").value.clone();
    let (was, is) = (of(old), of(new));
    if was != is {
        node_affinity(
            &At::new(&was, "spec.affinity.nodeAffinity"),
            &At::new(&is, "spec.affinity.nodeAffinity"),
            errors,
        );
        match (spec.get_mut("affinity"), was) {
            (None, Value::Null) => {}
            (None, was) => {
                spec.insert("affinity".to_owned(), serde_json::json!({"nodeAffinity": was}));
            }
            (Some(Value::Object(affinity)), was) => {
                if was.is_null() {
                    affinity.shift_remove("nodeAffinity");
                } else {
                    affinity.insert("nodeAffinity".to_owned(), was);
                }
                if affinity.is_empty() && old.some("affinity").is_none() {
                    spec.shift_remove("affinity");
                }
            }
            (Some(_), _) => {}
        }
    }
}

/// `validateNodeAffinityMutation`: terms that exist may only become narrower.
fn node_affinity(old: &At, new: &At, errors: &mut Errors) {
    if !old.is_set() {
        return;
    }
    let terms = |affinity: &At| {
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let path = affinity.path_of(required) + ".nodeSelectorTerms";
        let list = affinity.value.get(required).and_then(|r| r.get("nodeSelectorTerms"));
        (list.and_then(Value::as_array).cloned().unwrap_or_default(), path)
    };
    let ((was, _), (is, path)) = (terms(old), terms(new));
    if was.is_empty() {
        return;
    }
    if was.len() != is.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.invalid(path, Value::Array(is), detail);
        return;
    }
    for (i, (was, is)) in was.iter().zip(&is).enumerate() {
        if !only_additions(was, is) {
            let detail = "only additions are allowed (no mutations or deletions)";
            errors.invalid(format!("{path}[{i}]"), is.clone(), detail);
        }
    }
}

/// An empty term matches nothing, so that adding to it would widen the choice.
fn only_additions(old: &Value, new: &Value) -> bool {
    let list =
        |term: &Value, name: &str| term.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let was_empty = ["matchExpressions", "matchFields"].iter().all(|name| list(old, name).is_empty());
    ["matchExpressions", "matchFields"].iter().all(|name| {
        let (was, is) = (list(old, name), list(new, name));
        if was_empty { is.is_empty() } else { is.starts_with(&was) }
    })
}

/// The paths at which two values differ, with both values.
fn differences(path: &str, old: &Value, new: &Value, out: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let get = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}.{name}"), &get(a), &get(b), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{i}]"), a, b, out);
            }
        }
        (old, new) if old != new => out.push(format!("  {path}: {old} -> {new}")),
        _ => {}
    }
}
