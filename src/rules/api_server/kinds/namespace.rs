//! Namespaces.
//!
//! Source: pkg/registry/core/namespace/strategy.go, `SetDefaults_Namespace` in pkg/apis/core/v1/defaults.go,
//! `ValidateNamespace` in pkg/apis/core/validation/validation.go (1.36.2). The surprises: each is labelled with its own
//! name; who updates one cannot touch its finalizers.

use serde_json::{Value, json};

use super::{Kind, Object, half, within};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::Errors;
use crate::rules::api_server::validation::{meta, names};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "Namespace",
    key: "namespace",
    resource: "namespaces",
    short: &["ns"],
    is_namespaced: false,
    schema: &cluster::Namespace,
    prepare: |object, old, _| prepare(object, old),
    names: |name, _| names::dns1123_label(name),
    rereads_metadata: true,
    validate: |new, old, gates, errors| {
        if old.is_none() {
            finalizers(new, gates, errors);
        }
    },
    ..Kind::PLAIN
};

/// The label by which a namespace is selected.
pub const NAME: &str = "kubernetes.io/metadata.name";

/// `PrepareForCreate`, `PrepareForUpdate` and `Canonicalize`
fn prepare(object: &mut Object, old: Option<&Object>) {
    let name = half(object, "metadata").text_of("name").to_owned();
    if !name.is_empty() {
        within(object, "metadata", |metadata| {
            if let Value::Object(labels) = metadata.entry("labels").or_insert_with(|| json!({})) {
                labels.insert(NAME.to_owned(), json!(name));
            }
        });
    }
    if let Some(old) = old {
        match old.get("spec") {
            Some(spec) => drop(object.insert("spec".to_owned(), spec.clone())),
            None => drop(object.shift_remove("spec")),
        }
        return;
    }
    object.insert("status".to_owned(), json!({"phase": "Active"}));
    if let Value::Object(spec) = object.entry("spec").or_insert_with(|| json!({}))
        && let Value::Array(list) = spec.entry("finalizers").or_insert_with(|| json!([]))
        && !list.contains(&json!("kubernetes"))
    {
        list.push(json!("kubernetes"));
    }
}

fn finalizers(object: &Object, gates: &Gates, errors: &mut Errors) {
    let list = half(object, "spec").child("finalizers");
    for item in list.items() {
        let name = item.str();
        meta::label_name(name, &list.path, &gates.habits, errors);
        if !name.contains('/') && !["kubernetes", "orphan", "foregroundDeletion"].contains(&name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(list.path.clone(), name, detail);
        }
    }
}
