//! Environment variables and where their values come from.
//!
//! Source: `ValidateEnv`, `ValidateEnvFrom` and the selectors below them in pkg/apis/core/validation/validation.go,
//! pkg/apis/core/pods/helpers.go, pkg/fieldpath (1.36.2). The surprise: a bad `envFrom` is reported at the list, not at
//! its element.

use super::field::{At, Errors};
use super::{names, resources, volumes};
use crate::rules::machinery::quote::quote;
use crate::rules::versions::habits::Habits;

const IN_ENV: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// What a downward API volume may show.
pub const IN_VOLUME: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// `ValidateEnv`
pub fn validate(env: &At, habits: &Habits, errors: &mut Errors) {
    for variable in env.items() {
        let name = variable.text_of("name");
        if name.is_empty() {
            errors.required(variable.path_of("name"), "");
        } else {
            errors.invalid_each(&variable.path_of("name"), name, names::env_var_name(name));
        }
        if let Some(from) = variable.some("valueFrom") {
            value_from(&from, !variable.text_of("value").is_empty(), habits, errors);
        }
    }
}

fn value_from(from: &At, has_value: bool, habits: &Habits, errors: &mut Errors) {
    let mut sources = 0;
    if let Some(field) = from.some("fieldRef") {
        sources += 1;
        field_ref(&field, IN_ENV, habits, errors);
    }
    if let Some(resource) = from.some("resourceFieldRef") {
        sources += 1;
        resource_field_ref(&resource, false, errors);
    }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
        let Some(key_ref) = from.some(kind) else { continue };
        sources += 1;
        let (name, key) = (key_ref.text_of("name"), key_ref.text_of("key"));
        errors.invalid_each(&key_ref.path_of("name"), name, names::dns1123_subdomain(name));
        if key.is_empty() {
            errors.required(key_ref.path_of("key"), "");
        } else {
            errors.invalid_each(&key_ref.path_of("key"), key, names::config_map_key(key));
        }
    }
    if let Some(file) = from.some("fileKeyRef") {
        sources += 1;
        file_ref(&file, errors);
    }
    if sources == 0 {
        let detail = if habits.env_files {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        } else {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        };
        errors.invalid(from.path.clone(), "", detail);
    } else if has_value {
        errors.invalid(from.path.clone(), "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        errors.invalid(from.path.clone(), "", "may not have more than one field specified at a time");
    }
}

fn file_ref(file: &At, errors: &mut Errors) {
    let (volume, path, key) = (file.text_of("volumeName"), file.text_of("path"), file.text_of("key"));
    if key.is_empty() {
        errors.required(file.path_of("key"), "");
    } else {
        errors.invalid_each(&file.path_of("key"), key, names::env_var_name(key));
    }
    if volume.is_empty() {
        errors.required(file.path_of("volumeName"), "");
    } else {
        errors.invalid_each(&file.path_of("volumeName"), volume, names::dns1123_label(volume));
    }
    if path.is_empty() {
        errors.required(file.path_of("path"), "");
    } else {
        volumes::local_path(path, &file.path_of("path"), errors);
    }
}

/// `validateObjectFieldSelector`
pub fn field_ref(field: &At, supported: &[&str], habits: &Habits, errors: &mut Errors) {
    let (api, path) = (field.text_of("apiVersion"), field.text_of("fieldPath"));
    if api.is_empty() {
        errors.required(field.path_of("apiVersion"), "");
        return;
    }
    if path.is_empty() {
        errors.required(field.path_of("fieldPath"), "");
        return;
    }
    let refuse = |errors: &mut Errors, why: String| {
        errors.invalid(field.path_of("fieldPath"), path, format!("error converting fieldPath: {why}"));
    };
    if api != "v1" {
        refuse(errors, format!("unsupported pod version: {api}"));
        return;
    }
    // metadata.labels['tier']: a path and a subscript.
    let subscripted = path.strip_suffix("']").and_then(|p| p.split_once("['")).filter(|(p, _)| !p.is_empty());
    if let Some((path, subscript)) = subscripted {
        match path {
            "metadata.annotations" => {
                let key = subscript.to_lowercase();
                errors.invalid_each(&field.path, key.as_str(), names::label_key(&key, habits));
            }
            "metadata.labels" => {
                errors.invalid_each(&field.path, subscript, names::label_key(subscript, habits));
            }
            _ => refuse(
                errors,
                format!(
                    "field label does not support subscript: {}",
                    quote(&format!("{path}['{subscript}']"))
                ),
            ),
        }
        return;
    }
    // `spec.host` is an old name.
    let path_now = if path == "spec.host" { "spec.nodeName" } else { path };
    let convertible = IN_ENV.contains(&path_now)
        || IN_VOLUME.contains(&path_now)
        || ["spec.restartPolicy", "spec.schedulerName", "status.phase"].contains(&path_now);
    if !convertible {
        refuse(errors, format!("field label not supported: {path}"));
    } else if !supported.contains(&path_now) {
        errors.not_supported(field.path_of("fieldPath"), path_now, supported);
    }
}

/// `validateContainerResourceFieldSelector`
pub fn resource_field_ref(field: &At, in_volume: bool, errors: &mut Errors) {
    let resource = field.text_of("resource");
    if in_volume && field.text_of("containerName").is_empty() {
        errors.required(field.path_of("containerName"), "");
    } else if resource.is_empty() {
        errors.required(field.path_of("resource"), "");
    } else if !RESOURCES.contains(&resource)
        && !resource.starts_with("requests.hugepages-")
        && !resource.starts_with("limits.hugepages-")
    {
        errors.not_supported(field.path_of("resource"), resource, RESOURCES);
    }
    resources::divisor(resource, field.child("divisor").value, &field.path_of("divisor"), errors);
}

/// `ValidateEnvFrom`
pub fn validate_from(from: &At, errors: &mut Errors) {
    for source in from.items() {
        let prefix = source.text_of("prefix");
        if !prefix.is_empty() {
            errors.invalid_each(&source.path_of("prefix"), prefix, names::env_var_name(prefix));
        }
        let mut sources = 0;
        for kind in ["configMapRef", "secretRef"] {
            let Some(named) = source.some(kind) else { continue };
            sources += 1;
            let name = named.text_of("name");
            if name.is_empty() {
                errors.required(named.path_of("name"), "");
            } else {
                let prefix = names::mask_trailing_dash(name);
                errors.invalid_each(&named.path_of("name"), name, names::dns1123_subdomain(&prefix));
            }
        }
        if sources == 0 {
            errors.invalid(from.path.clone(), "", "must specify one of: `configMapRef` or `secretRef`");
        } else if sources > 1 {
            errors.invalid(from.path.clone(), "", "may not have more than one field specified at a time");
        }
    }
}
