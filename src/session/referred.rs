//! ConfigMaps, Secrets and ServiceAccounts as they would be read. A run knows of them what pods look for, their keys; what a manifest
//! says beside that (values, labels) is told where there is one. An object that only pods name has keys without values.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::actors::node_lifecycle::KUBELET_AGE;
use crate::api::Sym;
use crate::rules::machinery::base64;
use crate::scenario::plan::ObjectKind;
use crate::world::World;

/// The kind of one that is told so.
pub(super) fn kind(of: ObjectKind) -> Option<&'static str> {
    match of {
        ObjectKind::ConfigMap => Some("ConfigMap"),
        ObjectKind::Secret => Some("Secret"),
        ObjectKind::ServiceAccount => Some("ServiceAccount"),
        _ => None,
    }
}

/// All of a kind that are there by namespace and name, as the API prints them.
pub(super) fn all(w: &World, of: ObjectKind) -> impl Iterator<Item = (Sym, Sym, Value)> + use<'_> {
    let own = w.objects.iter().enumerate().filter(move |(_, own)| own.exists && own.kind == of);
    let mut all: Vec<(Sym, Sym, usize)> = own.map(|(at, own)| (own.namespace, own.name, at)).collect();
    all.sort_by_key(|(namespace, name, _)| (namespace.as_str(), name.as_str()));
    all.into_iter().map(move |(namespace, name, at)| {
        let mut object = value(w, at);
        object["kind"] = kind(of).unwrap_or_default().into();
        object["apiVersion"] = "v1".into();
        object["metadata"]["name"] = name.as_str().into();
        object["metadata"]["namespace"] = namespace.as_str().into();
        (namespace, name, object)
    })
}

/// The labels of one.
pub(super) fn labels(object: &Value) -> BTreeMap<String, String> {
    let own = object["metadata"]["labels"].as_object().into_iter().flatten();
    own.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// The one at this place among the objects.
pub(super) fn value(w: &World, at: usize) -> Value {
    let own = &w.objects[at];
    let manifests = w.plan.objects.get(at).map_or(&[][..], |plan| &plan.manifests);
    let manifest = manifests.iter().rev().find(|(came, _)| *came <= w.now).map(|(_, manifest)| &**manifest);
    let mut value = match manifest {
        Some(manifest) => manifest.clone(),
        None => json!({}),
    };
    let created = w.plan.objects.get(at).and_then(|plan| plan.at).unwrap_or(w.plan.start - KUBELET_AGE);
    if !value["metadata"].is_object() {
        value["metadata"] = json!({});
    }
    value["metadata"]["creationTimestamp"] = created.rfc3339_secs().into();
    if own.kind == ObjectKind::ServiceAccount {
        return value;
    }
    // What was written as text is kept as bytes (`Convert_core_Secret…`, pkg/apis/core/v1/conversion.go: stringData is written into data).
    if let Some(plain) = value.get_mut("stringData").map(Value::take) {
        for (key, text) in plain.as_object().into_iter().flatten() {
            value["data"][key] = base64::encode(text.as_str().unwrap_or_default().as_bytes()).into();
        }
    }
    let mut data = Map::new();
    for key in own.keys.iter().flatten().filter(|key| value["binaryData"][*key].is_null()) {
        let text = value["data"].get(key).filter(|own| own.is_string());
        data.insert(key.clone(), text.cloned().unwrap_or_else(|| "".into()));
    }
    if let Some(members) = value.as_object_mut() {
        members.shift_remove("stringData");
        if let Some(binary) = members.get_mut("binaryData").and_then(Value::as_object_mut) {
            binary.retain(|key, _| own.keys.iter().flatten().any(|had| had == key));
        }
    }
    value["data"] = data.into();
    if own.kind == ObjectKind::Secret && value["type"].is_null() {
        value["type"] = "Opaque".into();
    }
    value
}
