//! From a text that kubectl printed to the pods in it.
//!
//! JSON or YAML; one object, a `List`, several documents, or the stream of a watch (with or without
//! `--output-watch-events`). What is no pod is counted and left out; a text that breaks off loses only its last object.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::wire::{self, Pod};
use crate::rules::kubectl::manifest;

/// One pod of the input, in its last version.
#[derive(Clone, PartialEq, Debug)]
pub struct Subject {
    /// Its last version, or the last before it went.
    pub pod: Pod,
    /// How many versions of it the input held.
    pub versions: usize,
    /// A watch saw it go.
    pub removed: bool,
}

/// What was found in a text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Input {
    /// In the order in which they first appeared.
    pub subjects: Vec<Subject>,
    /// Objects of other kinds, with their number.
    pub left_out: BTreeMap<String, usize>,
    /// The text broke off, or part of it could not be read.
    pub trouble: Option<String>,
}

/// Reads a text; never fails, but may find nothing.
pub fn read(text: &str) -> Input {
    let text = text.trim_start_matches('\u{feff}');
    let (values, trouble) = values(text);
    let mut input = Input { trouble, ..Input::default() };
    for value in &values {
        take(value, false, &mut input, 0);
    }
    input
}

/// Every JSON value or YAML document of a text, and what went wrong after the last.
fn values(text: &str) -> (Vec<Value>, Option<String>) {
    if !text.trim_start().starts_with(['{', '[']) {
        return yaml(text);
    }
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(value) => values.push(value),
            // Flow style is YAML as well.
            Err(_) if values.is_empty() => {
                let (documents, trouble) = yaml(text);
                return (documents, trouble);
            }
            Err(error) if error.is_eof() => {
                return (values, Some("the input ends in the middle of an object, which is left out".into()));
            }
            Err(error) => return (values, Some(error.to_string())),
        }
    }
    (values, None)
}

fn yaml(text: &str) -> (Vec<Value>, Option<String>) {
    let (documents, trouble) = manifest::values(text);
    (documents, trouble.map(|error| error.to_string()))
}

/// Lists in lists end somewhere.
const DEPTH: u8 = 8;

fn take(value: &Value, removed: bool, input: &mut Input, depth: u8) {
    if depth > DEPTH {
        return;
    }
    let kind = value["kind"].as_str().unwrap_or_default();
    match value {
        Value::Array(items) => items.iter().for_each(|item| take(item, removed, input, depth + 1)),
        // A watch event: its type beside the object.
        Value::Object(members) if members.get("object").is_some_and(Value::is_object) && kind.is_empty() => {
            take(&value["object"], value["type"] == "DELETED", input, depth + 1);
        }
        Value::Object(_) if value["items"].is_array() => {
            for item in value["items"].as_array().into_iter().flatten() {
                take(item, removed, input, depth + 1);
            }
        }
        Value::Object(_) if kind == "Pod" || (kind.is_empty() && value["spec"]["containers"].is_array()) => {
            keep(wire::pod(value), removed, input);
        }
        Value::Object(_) => {
            let kind = if kind.is_empty() { "object without a kind" } else { kind };
            *input.left_out.entry(kind.to_owned()).or_default() += 1;
        }
        _ => {}
    }
}

fn keep(pod: Pod, removed: bool, input: &mut Input) {
    let is_same = |other: &Pod| {
        other.meta.namespace == pod.meta.namespace
            && other.meta.name == pod.meta.name
            && other.meta.uid == pod.meta.uid
            && !pod.meta.name.is_empty()
    };
    match input.subjects.iter_mut().find(|subject| is_same(&subject.pod)) {
        Some(subject) => {
            subject.pod = pod;
            subject.versions += 1;
            subject.removed = removed;
        }
        None => input.subjects.push(Subject { pod, versions: 1, removed }),
    }
}
