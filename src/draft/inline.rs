//! JSON as TOML, the way a person would lay a pod's spec out.

use serde_json::{Map, Value};

use crate::scenario::tree::{spelled, spelled_key};

/// A line that is longer than this is broken where it can be.
const WIDTH: usize = 100;

/// A value on one line. TOML has no null: what is null is left out.
pub fn value(json: &Value) -> String {
    match json {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => spelled(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter(|item| !item.is_null()).map(value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries: Vec<String> =
                entries.map(|(key, json)| format!("{} = {}", spelled_key(key), value(json))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// `key = value`; of a long list of tables each has a line.
pub fn entry(indent: &str, key: &str, json: &Value) -> String {
    let line = format!("{indent}{} = {}\n", spelled_key(key), value(json));
    match json {
        Value::Array(items) if line.chars().count() > WIDTH && items.iter().any(Value::is_object) => {
            let mut text = format!("{indent}{} = [\n", spelled_key(key));
            for item in items.iter().filter(|item| !item.is_null()) {
                text.push_str(&format!("{indent}  {},\n", value(item)));
            }
            text + indent + "]\n"
        }
        _ => line,
    }
}

/// `[pod.spec]` with a table for each container.
pub fn spec(spec: &Map<String, Value>) -> String {
    const TABLES: [&str; 2] = ["initContainers", "containers"];
    let mut text = "  [pod.spec]\n".to_owned();
    for (key, json) in spec.iter().filter(|(key, json)| !TABLES.contains(&key.as_str()) && !json.is_null()) {
        text.push_str(&entry("  ", key, json));
    }
    for list in TABLES {
        match spec.get(list) {
            Some(Value::Array(items)) if items.iter().all(Value::is_object) => {
                for item in items.iter().filter_map(Value::as_object) {
                    text.push_str(&format!("    [[pod.spec.{list}]]\n"));
                    for (key, json) in item.iter().filter(|(_, json)| !json.is_null()) {
                        text.push_str(&entry("    ", key, json));
                    }
                }
            }
            // What is no list of tables is shown to the API server as it is.
            Some(other) if !other.is_null() => {
                let at = text.find('\n').map_or(text.len(), |at| at + 1);
                text.insert_str(at, &entry("  ", list, other));
            }
            _ => {}
        }
    }
    text
}
