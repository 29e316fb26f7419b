//! The JSON schema of the format, for editors: printed from the same tables that the checker reads files by, and from
//! the API's own table of a pod's fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::format::{FILE, Key, Kind, Shape};
use crate::rules::api_server::decode::schema::{PodSpec, Struct, Type};

/// JSON Schema 2020-12.
pub fn schema() -> Value {
    let mut defs = BTreeMap::new();
    let mut root = table(&FILE, &mut defs);
    defs.insert("duration".to_owned(), duration());
    defs.insert("distribution".to_owned(), distribution());
    defs.insert("quantity".to_owned(), quantity());
    if let Value::Object(root) = &mut root {
        root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".to_owned(), json!("A scenario"));
        root.insert("$defs".to_owned(), Value::Object(defs.into_iter().collect()));
    }
    root
}

type Defs = BTreeMap<String, Value>;

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn table(shape: &'static Shape, defs: &mut Defs) -> Value {
    let mut properties = Map::new();
    for key in shape.keys {
        properties.insert(key.name.to_owned(), property(key, defs));
    }
    let required: Vec<&str> = shape.keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    let mut out = json!({
        "type": "object",
        "description": shape.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn property(key: &Key, defs: &mut Defs) -> Value {
    let mut out = kind(key.kind, defs);
    let doc = if key.default.is_empty() {
        key.doc.to_owned()
    } else {
        format!("{} (default: {})", key.doc, key.default)
    };
    out["description"] = json!(doc);
    out
}

fn kind(of: Kind, defs: &mut Defs) -> Value {
    match of {
        Kind::Text => json!({ "type": "string" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer(low, high) => {
            let mut out = json!({ "type": "integer", "minimum": low });
            if high < i64::MAX {
                out["maximum"] = json!(high);
            }
            out
        }
        Kind::Seed => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^[0-9]{1,20}$" },
        ] }),
        Kind::Chance => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Duration | Kind::Period(_) | Kind::Instant => reference("duration"),
        Kind::Start => json!({ "type": "string" }),
        Kind::Distribution => reference("distribution"),
        Kind::Runs => json!({ "anyOf": [{ "const": "forever" }, reference("distribution")] }),
        Kind::Exit => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": 255 },
            { "type": "object", "patternProperties": { "^[0-9]{1,3}$": { "type": "number", "minimum": 0 } },
              "additionalProperties": false, "minProperties": 1 },
        ] }),
        Kind::OnTerm => json!({ "anyOf": [
            { "enum": ["exit", "ignore"] },
            { "type": "object", "additionalProperties": false, "properties": {
                "after": reference("distribution"),
                "exit": { "type": "integer", "minimum": 0, "maximum": 255 },
            } },
        ] }),
        Kind::Signal => json!({ "type": ["string", "integer"] }),
        Kind::Quantity => reference("quantity"),
        Kind::Threshold | Kind::Count => json!({ "type": ["string", "integer"] }),
        Kind::User => json!({ "type": ["string", "integer"], "minLength": 1, "minimum": 0 }),
        Kind::Truth => json!({ "enum": ["True", "False", "Unknown", true, false] }),
        Kind::Condition => json!({ "anyOf": [
            { "type": "boolean" },
            { "type": "string", "pattern": "^(none|(True|False|Unknown)(/.+)?)$" },
        ] }),
        Kind::Texts => json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ] }),
        Kind::Amount => amount(),
        Kind::Ready => json!({ "anyOf": [{ "type": "string", "pattern": "^[0-9]+/[0-9]+$" }, amount()] }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Target(nouns) => {
            let pattern = if nouns.has_pods() { "/|^pods$" } else { "/" };
            json!({ "type": "string", "pattern": pattern, "examples": [nouns.accepts()] })
        }
        Kind::List(of) => json!({ "type": "array", "items": kind(*of, defs) }),
        Kind::Map(of) => json!({ "type": "object", "additionalProperties": kind(*of, defs) }),
        Kind::Table(shape) => {
            if !defs.contains_key(shape.name) {
                // Taken before it is written: no shape can go round in circles.
                defs.insert(shape.name.to_owned(), Value::Null);
                let written = table(shape, defs);
                defs.insert(shape.name.to_owned(), written);
            }
            reference(shape.name)
        }
        Kind::PodSpec => api_struct(&PodSpec, defs),
        Kind::Any => json!({ "type": "object" }),
        Kind::Patch => json!({ "type": ["object", "string"] }),
        Kind::Value => json!({}),
    }
}

fn api_struct(of: &'static Struct, defs: &mut Defs) -> Value {
    let name = format!("v1.{}", of.name);
    if !defs.contains_key(&name) {
        defs.insert(name.clone(), Value::Null);
        let mut properties = Map::new();
        for field in of.fields {
            properties.insert(field.name.to_owned(), api_type(&field.ty, defs));
        }
        let written = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        defs.insert(name.clone(), written);
    }
    reference(&name)
}

fn api_type(of: &'static Type, defs: &mut Defs) -> Value {
    match of {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int32 | Type::Int64 => json!({ "type": "integer" }),
        Type::Text(_) | Type::Bytes | Type::Time => json!({ "type": "string" }),
        Type::Quantity => reference("quantity"),
        Type::IntOrString => json!({ "type": ["integer", "string"] }),
        Type::Raw => json!({}),
        Type::Struct(of) => api_struct(of, defs),
        Type::List(of) => json!({ "type": "array", "items": api_type(of, defs) }),
        Type::Map(_, of) => json!({ "type": "object", "additionalProperties": api_type(of, defs) }),
        Type::Pointer(of) => api_type(of, defs),
    }
}

fn amount() -> Value {
    let number = || json!({ "type": "integer", "minimum": 0 });
    json!({ "anyOf": [number(), {
        "type": "object",
        "properties": { "min": number(), "max": number() },
        "additionalProperties": false,
        "minProperties": 1,
    }] })
}

fn duration() -> Value {
    json!({
        "type": "string",
        "description": "A Go duration: 250ms, 8s, 1m30s, 2h",
        "pattern": "^(0|([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|ms|s|m|h))+$",
    })
}

fn quantity() -> Value {
    json!({ "type": ["string", "number"], "description": "A Kubernetes quantity: 500m, 2, 128Mi" })
}

fn distribution() -> Value {
    let one = |name: &str, value: Value| json!({ "type": "object", "properties": { name: value }, "required": [name], "additionalProperties": false });
    let all = |fields: &[(&str, Value)]| {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let properties: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
    };
    let span = || reference("duration");
    let list = |low: usize| json!({ "type": "array", "items": reference("duration"), "minItems": low });
    json!({
        "description": "A duration, or how durations are drawn",
        "anyOf": [
            span(),
            one("constant", span()),
            one("uniform", list(2)),
            one("exponential", span()),
            one("normal", all(&[("mean", span()), ("sd", span())])),
            one("lognormal", all(&[("median", span()), ("p95", span())])),
            one("weibull", all(&[("scale", span()), ("shape", json!({ "type": "number", "exclusiveMinimum": 0 }))])),
            one("empirical", list(1)),
        ],
    })
}
