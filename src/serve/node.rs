//! What is written of a node: it is the scenario's, and what can be changed of it has verbs of its own.

use serde_json::{Map, Value, json};

/// A node is changed by verbs of its own.
pub fn of_node(before: &Value, after: &Value, name: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let bare = |object: &Value| {
        let mut own = object.clone();
        if let Some(members) = own.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion" | "status"));
        }
        own["metadata"].as_object_mut().map(|own| own.shift_remove("managedFields"));
        if let Some(spec) = own["spec"].as_object_mut() {
            spec.retain(|_, value| *value != false && *value != json!([]));
        }
        own
    };
    let change = difference(&bare(before), &bare(after)).unwrap_or(Value::Null);
    let only = |value: &Value, known: &[&str]| {
        value.as_object().into_iter().flatten().all(|(name, _)| known.contains(&name.as_str()))
    };
    let known = only(&change, &["metadata", "spec"])
        && only(&change["metadata"], &["labels", "annotations"])
        && only(&change["spec"], &["unschedulable", "taints"]);
    if !known {
        return None;
    }
    let cordoned = |node: &Value| node["spec"]["unschedulable"] == true;
    match (cordoned(before), cordoned(after)) {
        (false, true) => words.push(format!("cordon node/{name}")),
        (true, false) => words.push(format!("uncordon node/{name}")),
        _ => {}
    }
    for (key, value) in change["metadata"]["labels"].as_object().into_iter().flatten() {
        words.push(match value.as_str() {
            Some(value) => format!("label node/{name} {key}={value}"),
            None => format!("label node/{name} {key}-"),
        });
    }
    let taints =
        |node: &Value| -> Vec<Value> { node["spec"]["taints"].as_array().cloned().unwrap_or_default() };
    let (old, new) = (taints(before), taints(after));
    let text = |taint: &Value, name: &str| taint[name].as_str().unwrap_or_default().to_owned();
    for gone in old.iter().filter(|own| !new.contains(own)) {
        let key = |own: &Value| (text(own, "key"), text(own, "effect"));
        if new.iter().all(|own| key(own) != key(gone)) {
            words.push(format!("untaint node/{name} {}:{}-", text(gone, "key"), text(gone, "effect")));
        }
    }
    for came in new.iter().filter(|own| !old.contains(own)) {
        let value = text(came, "value");
        let value = if value.is_empty() { value } else { format!("={value}") };
        words.push(format!("taint node/{name} {}{value}:{}", text(came, "key"), text(came, "effect")));
    }
    Some(words)
}

/// The merge patch that makes one of the other; None: they are the same. What the server keeps is not looked at.
fn difference(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let mut change = Map::new();
    for (name, value) in new {
        match old.get(name) {
            Some(own) => change.extend(difference(own, value).map(|value| (name.clone(), value))),
            None if value.is_null() => {}
            None => drop(change.insert(name.clone(), value.clone())),
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        change.insert(name.clone(), Value::Null);
    }
    (!change.is_empty()).then_some(Value::Object(change))
}
