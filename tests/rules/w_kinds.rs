//! W: the objects that stand beside workloads, as the strategies of their kinds took or refused them (1.36.3): strict decode
//! -> defaults -> `rest.BeforeCreate`, or `rest.BeforeUpdate` of what was there. Where upstream shows Go's diff of two specs
//! below its message, the cases leave it out; each cause stands once in them.

use serde_json::{Map, Value, json};

use super::harness::{Case, check};
use super::w_validation::{create, refused, request, update};

#[test]
fn objects_beside_workloads_are_admitted_as_the_api_server_admits_them() {
    check("W_kinds", answer);
}

fn answer(case: &Case) -> Value {
    let request = request();
    let admitted = match case.input.get("new") {
        None => create(&case.input["manifest"], &request),
        Some(new) => update(&case.input["old"], new, &request),
    };
    match admitted {
        Ok((admitted, changed)) => json!({
            "ok": true,
            "object": without_what_the_server_gives(admitted.object),
            "warnings": admitted.warnings,
            "generationChanged": changed,
        }),
        Err(rejection) => once_each(refused(&rejection)),
    }
}

/// An update asks twice for what all kinds have; kubectl says it once.
fn once_each(mut refused: Value) -> Value {
    let mut told: Vec<Value> = Vec::new();
    for cause in refused["causes"].as_array().into_iter().flatten() {
        if !told.contains(cause) {
            told.push(cause.clone());
        }
    }
    refused["causes"] = json!(told);
    refused
}

/// The cases leave out what is the same in all of them.
fn without_what_the_server_gives(mut object: Map<String, Value>) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in ["name", "namespace", "uid", "creationTimestamp"] {
            metadata.shift_remove(name);
        }
    }
    full(Value::Object(object))
}

/// What says nothing is left out.
fn full(value: Value) -> Value {
    let says =
        |value: &Value| !value.is_null() && *value != json!("") && *value != json!({}) && *value != json!([]);
    match value {
        Value::Object(members) => {
            let full = members.into_iter().map(|(name, member)| (name, full(member)));
            Value::Object(full.filter(|(_, member)| says(member)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(full).collect()),
        other => other,
    }
}
