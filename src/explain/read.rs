//! From a text that kubectl printed to the pods in it.
//!
//! JSON or YAML; one object, a `List`, several documents, or the stream of a watch (with or without
//! `--output-watch-events`). What is no pod is counted and left out; a text that breaks off loses only its last object.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::wire::{self, Pod};
use crate::rules::kubectl::manifest;
use crate::rules::kubectl::printed;

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
    /// Where the pods stand, by namespace, name and uid.
    places: BTreeMap<[String; 3], usize>,
}

/// Reads a text; never fails, but may find nothing.
pub fn read(text: &str) -> Input {
    let (values, trouble) = manifest::printed(text);
    let mut input = Input { trouble, ..Input::default() };
    for value in &values {
        take(value, false, &mut input, 0);
    }
    input
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
        Value::Object(_) if kind == "Pod" || (kind.is_empty() && is_like_a_pod(value)) => {
            input.keep(wire::pod(value), removed);
        }
        // What stands below `status:`, without that line.
        Value::Object(_) if kind.is_empty() && is_like_a_status(value) => {
            input.keep(Pod { status: wire::pod_status(value), ..Pod::default() }, removed);
        }
        Value::Object(_) => {
            let kind = if kind.is_empty() { "object without a kind" } else { kind };
            *input.left_out.entry(kind.to_owned()).or_default() += 1;
        }
        _ => {}
    }
}

/// A pod's object whose first lines are missing, or only its status.
fn is_like_a_pod(value: &Value) -> bool {
    value["spec"]["containers"].is_array() || is_like_a_status(&value["status"])
}

/// What a pod's status has and hardly anything else.
fn is_like_a_status(value: &Value) -> bool {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
    let has_phase = value["phase"].as_str().is_some_and(|phase| phases.contains(&phase));
    let is_of_a_pod = |key: &str| value.get(key).is_some_and(|own| !own.is_null());
    lists.iter().any(|list| value[*list].is_array())
        || (has_phase
            && ["qosClass", "podIP", "podIPs", "hostIP", "startTime", "conditions", "reason"]
                .into_iter()
                .any(is_of_a_pod))
}

impl Input {
    /// One more pod, or one more version of one.
    fn keep(&mut self, pod: Pod, removed: bool) {
        let meta = &pod.meta;
        let key = [&meta.namespace, &meta.name, &meta.uid].map(Clone::clone);
        let known = match meta.name.is_empty() {
            true => None,
            false => self.places.insert(key.clone(), self.subjects.len()),
        };
        match known {
            Some(place) => {
                self.places.insert(key, place);
                let subject = &mut self.subjects[place];
                subject.pod = pod;
                subject.versions += 1;
                subject.removed = removed;
            }
            None => self.subjects.push(Subject { pod, versions: 1, removed }),
        }
    }
}

/// What an input without pods holds instead, and how to get one with.
pub fn instead(text: &str, others: &[String]) -> String {
    let others = || match others {
        [] => String::new(),
        others => format!(", but {}", others.join(", ")),
    };
    printed::instead(text).unwrap_or_else(others)
}
