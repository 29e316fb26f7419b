//! Kinds that clients define: from a CustomResourceDefinition to what is served of it, and what its schema says of an object.
//!
//! Source: staging/src/k8s.io/apiextensions-apiserver (`pkg/apiserver/customresource_handler.go`, `…/schema/pruning`,
//! `…/schema/defaulting`, `pkg/registry/customresource/tableconvertor`, `pkg/apis/apiextensions/validation`, 1.36.3), messages of
//! k8s.io/kube-openapi/pkg/validation. The surprises: fields that no schema knows are taken away, and kept where
//! `x-kubernetes-preserve-unknown-fields` says so; defaults are put in before anything is looked at; a refusal says the path twice.
//! Looked at here: types, required, enum, minimum, maximum, lengths, numbers of items and patterns of a plain kind; not CEL rules.

use serde_json::{Map, Value, json};

use super::kinds::{ALL, Custom, Resource, Subresource};
use crate::api::Sym;
use crate::rules::kubectl::printing::age;
use crate::time::Time;

/// So many kinds may be defined; each costs memory for as long as the server runs.
pub const MOST: usize = 500;

fn texts(value: &Value) -> Vec<&'static str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(kept).collect()
}

/// A name that stays for as long as the program runs: definitions are few, and counted.
fn kept(text: &str) -> &'static str {
    Sym::new(text).as_str()
}

/// The resources of a definition: a version each, the one first in which objects are stored.
pub fn resources(definition: &Value) -> Vec<Resource> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let text = |value: &Value| kept(value.as_str().unwrap_or_default());
    let versions = spec["versions"].as_array().cloned().unwrap_or_default();
    let mut served: Vec<&Value> = versions.iter().filter(|version| version["served"] == true).collect();
    served.sort_by_key(|version| version["storage"] != true);
    served
        .into_iter()
        .map(|version| {
            let has_status = version["subresources"].get("status").is_some_and(Value::is_object);
            let scale = version["subresources"].get("scale").cloned().unwrap_or(Value::Null);
            let mut below = Vec::new();
            let verbs = || vec!["get", "patch", "update"];
            if has_status {
                below.push(Subresource {
                    name: "status",
                    kind: ("", "", text(&names["kind"])),
                    verbs: verbs(),
                });
            }
            if scale.is_object() {
                below.push(Subresource {
                    name: "scale",
                    kind: ("autoscaling", "v1", "Scale"),
                    verbs: verbs(),
                });
            }
            let singular = names["singular"].as_str().map(str::to_owned);
            let kind = text(&names["kind"]);
            Resource {
                group: text(&spec["group"]),
                version: text(&version["name"]),
                plural: text(&names["plural"]),
                kind,
                is_namespaced: spec["scope"] == "Namespaced",
                verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
                    .into_iter()
                    .filter(|verb| ALL.contains(verb))
                    .collect(),
                short: texts(&names["shortNames"]),
                categories: texts(&names["categories"]),
                below,
                custom: Some(std::sync::Arc::new(Custom {
                    singular: singular.unwrap_or_else(|| kind.to_lowercase()),
                    schema: version["schema"]["openAPIV3Schema"].clone(),
                    columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
                    scale,
                    has_status,
                })),
            }
        })
        .collect()
}

/// A definition as it is stored first: what it leaves out is filled in.
pub fn accepted(definition: &mut Value) {
    let spec = &mut definition["spec"];
    let kind = spec["names"]["kind"].as_str().unwrap_or_default().to_owned();
    let names = &mut spec["names"];
    if names["singular"].is_null() {
        names["singular"] = kind.to_lowercase().into();
    }
    if names["listKind"].is_null() {
        names["listKind"] = format!("{kind}List").into();
    }
    if spec["conversion"].is_null() {
        spec["conversion"] = json!({ "strategy": "None" });
    }
    let stored: Vec<Value> = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .collect();
    definition["status"] = json!({ "acceptedNames": { "kind": "", "plural": "" }, "conditions": null, "storedVersions": stored });
}

/// What is said of it once it is served, which here is at once.
pub fn established(definition: &mut Value, now: &str) {
    accepted(definition);
    let names = definition["spec"]["names"].clone();
    let stored = definition["status"]["storedVersions"].clone();
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "lastTransitionTime": now, "message": message, "reason": reason, "status": "True", "type": kind,
        })
    };
    definition["status"] = json!({
        "acceptedNames": names,
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": stored,
    });
}

/// Columns of a table: the name, and what the definition says; without a word of it, the age.
pub fn columns(own: &Custom) -> Value {
    let name =
        json!({ "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0 });
    let mut all = vec![name];
    for column in own.columns.iter().chain(&age_alone(own)) {
        all.push(json!({
            "name": column["name"], "type": column["type"],
            "format": column["format"].as_str().unwrap_or_default(),
            "description": column["description"].as_str().unwrap_or_default(),
            "priority": column["priority"].as_i64().unwrap_or(0),
        }));
    }
    Value::Array(all)
}

fn age_alone(own: &Custom) -> Vec<Value> {
    if !own.columns.is_empty() {
        return Vec::new();
    }
    vec![json!({ "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp" })]
}

/// The cells of an object.
pub fn cells(own: &Custom, object: &Value, now: Time) -> Vec<Value> {
    let mut all = vec![object["metadata"]["name"].clone()];
    for column in own.columns.iter().chain(&age_alone(own)) {
        let found = at_path(object, column["jsonPath"].as_str().unwrap_or_default());
        all.push(match (column["type"].as_str(), found) {
            (Some("date"), found) => {
                let at = found.and_then(|found| found.as_str().and_then(Time::parse_rfc3339));
                age(at, now).into()
            }
            (_, None) => Value::Null,
            (Some("integer" | "number" | "boolean"), Some(found)) => found.clone(),
            (_, Some(Value::String(text))) => text.as_str().into(),
            (_, Some(found)) => found.to_string().into(),
        });
    }
    all
}

/// The first value at a JSONPath of the plain kind: `.spec.list[0].name`, `.status.conditions[?(@.type=="Ready")].status`.
pub fn at_path<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = object;
    let mut rest = path.trim_start_matches('$');
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, after) = inner.split_once(']')?;
            rest = after;
            at = if let Some(test) = inside.strip_prefix("?(@.").and_then(|test| test.strip_suffix(')')) {
                let (name, wanted) = test.split_once("==")?;
                let wanted = wanted.trim().trim_matches(['"', '\'']);
                at.as_array()?.iter().find(|item| item[name.trim()] == wanted)?
            } else if inside == "*" {
                at.as_array()?.first()?
            } else if let Ok(ix) = inside.parse::<usize>() {
                at.get(ix)?
            } else {
                at.get(inside.trim_matches(['"', '\'']))?
            };
        } else {
            let plain = rest.trim_start_matches('.');
            let mut end = 0;
            let bytes = plain.as_bytes();
            while end < bytes.len()
                && (!matches!(bytes[end], b'.' | b'[') || (end > 0 && bytes[end - 1] == b'\\'))
            {
                end += 1;
            }
            if end == 0 {
                return None;
            }
            at = at.get(plain[..end].replace('\\', "").as_str())?;
            rest = &plain[end..];
        }
    }
    (!at.is_null()).then_some(at)
}

/// `autoscaling/v1 Scale` of an object, by the paths that its definition names.
pub fn scale(own: &Custom, object: &Value) -> (i64, i64, String) {
    let path = |name: &str| own.scale[name].as_str().unwrap_or_default();
    let number = |name: &str| at_path(object, path(name)).and_then(Value::as_i64).unwrap_or(0);
    let selector = match path("labelSelectorPath") {
        "" => None,
        path => at_path(object, path).and_then(Value::as_str),
    };
    (number("specReplicasPath"), number("statusReplicasPath"), selector.unwrap_or_default().to_owned())
}

/// Sets how many replicas are wanted.
pub fn set_replicas(own: &Custom, object: &mut Value, replicas: i64) {
    let path = own.scale["specReplicasPath"].as_str().unwrap_or_default();
    let mut at = object;
    let mut names = path.split('.').filter(|name| !name.is_empty()).peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            at[name] = replicas.into();
            return;
        }
        if !at[name].is_object() {
            at[name] = json!({});
        }
        at = &mut at[name];
    }
}

/// Takes away what no schema knows, and tells its paths.
pub fn prune(value: &mut Value, schema: &Value, path: &str, unknown: &mut Vec<String>) {
    let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
    match value {
        Value::Object(members) => {
            let embedded = schema["x-kubernetes-embedded-resource"] == true;
            let is_root = path.is_empty() || embedded;
            let known = schema["properties"].as_object();
            let more = &schema["additionalProperties"];
            let below = |name: &str| match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            members.retain(|name, value| {
                if is_root && matches!(name.as_str(), "kind" | "apiVersion" | "metadata") {
                    return true;
                }
                if let Some(own) = known.and_then(|known| known.get(name)) {
                    prune(value, own, &below(name), unknown);
                    return true;
                }
                if more.is_object() {
                    prune(value, more, &below(name), unknown);
                    return true;
                }
                if keeps || *more == true || (known.is_none() && !schema["type"].is_string()) {
                    return true;
                }
                unknown.push(below(name));
                false
            });
        }
        Value::Array(items) => {
            for (ix, item) in items.iter_mut().enumerate() {
                prune(item, &schema["items"], &format!("{path}[{ix}]"), unknown);
            }
        }
        _ => {}
    }
}

/// Puts in what the schema says of what is left out.
pub fn default(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(members) => {
            for (name, own) in schema["properties"].as_object().into_iter().flatten() {
                let is_missing = members.get(name).is_none_or(|had| had.is_null() && own["nullable"] != true);
                if is_missing && let Some(value) = own.get("default") {
                    members.insert(name.clone(), value.clone());
                }
                if let Some(value) = members.get_mut(name) {
                    default(value, own);
                }
            }
            let more = &schema["additionalProperties"];
            if more.is_object() {
                members.values_mut().for_each(|value| default(value, more));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| default(item, &schema["items"])),
        _ => {}
    }
}

/// The same of a number or a text.
fn plain(value: &Value, schema: &Value, path: &str, causes: &mut Vec<(&'static str, String, String)>) {
    let invalid = |causes: &mut Vec<(&'static str, String, String)>, shown: String, words: String| {
        let message = format!("Invalid value: {shown}: {path} in body {words}");
        causes.push(("FieldValueInvalid", message, path.to_owned()));
    };
    if let Some(number) = value.as_f64() {
        let bounds = [("minimum", "exclusiveMinimum", "greater"), ("maximum", "exclusiveMaximum", "less")];
        for (name, exclusive, word) in bounds {
            let Some(bound) = schema[name].as_f64() else { continue };
            let is_exclusive = schema[exclusive] == true;
            let out = if name == "minimum" { number < bound } else { number > bound };
            if out || (is_exclusive && number == bound) {
                let or = if is_exclusive { "" } else { " or equal to" };
                invalid(causes, value.to_string(), format!("should be {word} than{or} {}", schema[name]));
            }
        }
    }
    if let Some(text) = value.as_str() {
        let count = text.chars().count() as u64;
        if let Some(most) = schema["maxLength"].as_u64().filter(|most| count > *most) {
            causes.push((
                "FieldValueTooLong",
                format!("Too long: may not be more than {most} bytes"),
                path.to_owned(),
            ));
        }
        if let Some(least) = schema["minLength"].as_u64().filter(|least| count < *least) {
            invalid(causes, value.to_string(), format!("should be at least {least} chars long"));
        }
    }
}

/// What a schema refuses: reason, message and field of each cause.
pub fn validate(value: &Value, schema: &Value, path: &str, causes: &mut Vec<(&'static str, String, String)>) {
    if value.is_null() && (schema["nullable"] == true || path.is_empty()) {
        return;
    }
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let invalid = |causes: &mut Vec<(&'static str, String, String)>, shown: String, words: String| {
        let message = format!("Invalid value: {shown}: {path} in body {words}");
        causes.push(("FieldValueInvalid", message, path.to_owned()));
    };
    let (is_int_or_string, wanted) =
        (schema["x-kubernetes-int-or-string"] == true, schema["type"].as_str().unwrap_or_default());
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits =
        is_int_or_string || wanted.is_empty() || wanted == is || (wanted == "number" && is == "integer");
    if !fits {
        let shown = Value::from(is).to_string();
        let words = format!("must be of type {wanted}: {shown}");
        causes.push((
            "FieldValueTypeInvalid",
            format!("Invalid value: {shown}: {path} in body {words}"),
            path.to_owned(),
        ));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let list: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", list.join(", "));
        causes.push(("FieldValueNotSupported", message, path.to_owned()));
    }
    plain(value, schema, path, causes);
    match value {
        Value::Object(members) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !members.contains_key(name) {
                    causes.push(("FieldValueRequired", "Required value".to_owned(), at(name)));
                }
            }
            for (name, value) in members {
                let more = &schema["additionalProperties"];
                let own = schema["properties"].get(name).or_else(|| more.is_object().then_some(more));
                if let Some(own) = own {
                    validate(value, own, &at(name), causes);
                }
            }
        }
        Value::Array(items) => {
            let count = items.len() as u64;
            if let Some(most) = schema["maxItems"].as_u64().filter(|most| count > *most) {
                causes.push((
                    "FieldValueTooMany",
                    format!("Too many: {count}: must have at most {most} items"),
                    path.to_owned(),
                ));
            }
            if let Some(least) = schema["minItems"].as_u64().filter(|least| count < *least) {
                invalid(causes, count.to_string(), format!("should have at least {least} items"));
            }
            for (ix, item) in items.iter().enumerate() {
                validate(item, &schema["items"], &format!("{path}[{ix}]"), causes);
            }
        }
        _ => {}
    }
}

/// What of a definition cannot be: reason, message and field of each cause.
pub fn definition(object: &Value) -> Vec<(&'static str, String, String)> {
    let mut causes = Vec::new();
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (path, value) in [
        ("spec.group", &spec["group"]),
        ("spec.scope", &spec["scope"]),
        ("spec.names.plural", &spec["names"]["plural"]),
        ("spec.names.kind", &spec["names"]["kind"]),
    ] {
        if text(value).is_empty() {
            causes.push(("FieldValueRequired", "Required value".to_owned(), path.to_owned()));
        }
    }
    let (name, wanted) = (
        text(&object["metadata"]["name"]),
        format!("{}.{}", text(&spec["names"]["plural"]), text(&spec["group"])),
    );
    if causes.is_empty() && name != wanted {
        let message = format!("Invalid value: \"{name}\": must be spec.names.plural+\".\"+spec.group");
        causes.push(("FieldValueInvalid", message, "metadata.name".to_owned()));
    }
    let versions = spec["versions"].as_array().cloned().unwrap_or_default();
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let message = "Invalid value: must have exactly one version marked as storage version".to_owned();
        causes.push(("FieldValueInvalid", message, "spec.versions".to_owned()));
    }
    for (ix, version) in versions.iter().enumerate() {
        let schema = &version["schema"]["openAPIV3Schema"];
        if !schema.is_object() {
            let message = "Required value: schemas are required".to_owned();
            causes.push((
                "FieldValueRequired",
                message,
                format!("spec.versions[{ix}].schema.openAPIV3Schema"),
            ));
        }
    }
    causes
}

/// An object without `metadata`, `kind` and `apiVersion`: what a schema speaks of at its root.
pub fn body_of(object: &Value) -> Value {
    let members = object.as_object().into_iter().flatten();
    let own = members.filter(|(name, _)| !matches!(name.as_str(), "kind" | "apiVersion" | "metadata"));
    Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_prunes_defaults_and_refuses() {
        let schema = json!({ "type": "object", "properties": { "spec": { "type": "object", "required": ["size"],
            "properties": { "size": { "type": "integer", "minimum": 0 }, "mode": { "type": "string", "default": "fast",
                "enum": ["fast", "slow"] }, "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } } } });
        let mut object = json!({ "kind": "Shop", "spec": { "size": -1, "other": 1, "free": { "a": 1 } } });
        let mut unknown = Vec::new();
        prune(&mut object, &schema, "", &mut unknown);
        default(&mut object, &schema);
        assert_eq!(unknown, ["spec.other"]);
        assert_eq!(object["spec"], json!({ "size": -1, "free": { "a": 1 }, "mode": "fast" }));
        let mut causes = Vec::new();
        validate(&object, &schema, "", &mut causes);
        let words = "Invalid value: -1: spec.size in body should be greater than or equal to 0".to_owned();
        assert_eq!(causes, [("FieldValueInvalid", words, "spec.size".to_owned())]);
    }

    #[test]
    fn paths_find_what_a_column_shows() {
        let object =
            json!({ "status": { "conditions": [{ "type": "Ready", "status": "True" }], "n": [1, 2] } });
        assert_eq!(at_path(&object, ".status.conditions[?(@.type==\"Ready\")].status"), Some(&json!("True")));
        assert_eq!(at_path(&object, ".status.n[1]"), Some(&json!(2)));
        assert_eq!(at_path(&object, ".status.missing"), None);
    }
}
