//! Recordings of clients against a real API server (`tests/clients`): read, loaded, and compared with what is answered here.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use kubelapse::serve::kinds;
use kubelapse::serve::store::Store;
use serde_json::Value;

pub fn lines(file: &Path) -> Vec<Value> {
    let text = BufReader::new(GzDecoder::new(File::open(file).expect("the recording is there")));
    text.lines().map(|line| serde_json::from_str(&line.expect("text")).expect("JSON")).collect()
}

pub fn recordings() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for client in fs::read_dir("tests/clients").expect("recordings are there") {
        let client = client.expect("a folder").path();
        if !client.is_dir() || client.ends_with("objects") {
            continue;
        }
        found.extend(fs::read_dir(client).expect("a folder").map(|file| file.expect("a file").path()));
    }
    found.sort();
    found
}

/// The state before a command, of the namespace in which it ran and of what lives in none.
pub fn load(store: &mut Store, before: &Value) {
    let Some(file) = before["objects"].as_str() else { return };
    let wanted: BTreeSet<&str> =
        before["before"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for line in lines(&Path::new("tests/clients").join(file)) {
        if line["id"].as_str().is_some_and(|id| wanted.contains(id)) {
            let object = &line["object"];
            let version = object["apiVersion"].as_str().unwrap_or_default();
            let group = version.split_once('/').map_or("", |(group, _)| group);
            let kind = object["kind"].as_str().unwrap_or_default();
            if let Some(resource) = kinds::of_kind(group, kind) {
                store.load(kinds::stored_as(resource), object.clone());
            }
        }
    }
}

pub fn kind(value: &Value) -> &str {
    value["kind"].as_str().unwrap_or_default()
}

/// Without what is not compared.
pub fn plain(value: &Value) -> Value {
    let mut value = value.clone();
    let is_list = value.get("items").is_some() || value.get("rows").is_some();
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        if is_list {
            metadata.remove("resourceVersion");
            if metadata.contains_key("continue") {
                metadata.insert("continue".to_owned(), "…".into());
            }
        }
        metadata.remove("managedFields");
    }
    // The tool of the recording had none of these; which program answers is no part of the API.
    for name in ["gitVersion", "gitCommit", "buildDate", "goVersion", "compiler"] {
        if let Some(members) = value.as_object_mut() {
            members.remove(name);
        }
    }
    strip(&mut value);
    value
}

pub fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["managedFields", "storageVersionHash", "description"] {
                if name != "description" || members.contains_key("priority") {
                    members.remove(name);
                }
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

/// The first place at which two values differ.
pub fn difference(given: &Value, wanted: &Value, place: &str) -> Option<String> {
    match (given, wanted) {
        (Value::Object(own), Value::Object(other)) => {
            let names: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
            names.into_iter().find_map(|name| {
                let of = |members: &serde_json::Map<String, Value>| {
                    members.get(name).cloned().unwrap_or(Value::Null)
                };
                difference(&of(own), &of(other), &format!("{place}/{name}"))
            })
        }
        (Value::Array(own), Value::Array(other)) if own.len() == other.len() => {
            let both = own.iter().zip(other).enumerate();
            both.into_iter().find_map(|(at, (own, other))| difference(own, other, &format!("{place}/{at}")))
        }
        _ if given == wanted => None,
        _ => {
            let short = |value: &Value| value.to_string().chars().take(160).collect::<String>();
            Some(format!("{place}: {} and not {}", short(given), short(wanted)))
        }
    }
}

/// Whether a client of a recording writes.
pub fn writes(lines: &[Value]) -> bool {
    let reviews = ["/authorization.k8s.io/", "/authentication.k8s.io/"];
    lines.iter().any(|line| {
        let method = line["request"]["method"].as_str().unwrap_or("GET");
        let path = line["request"]["path"].as_str().unwrap_or_default();
        !matches!(method, "GET" | "HEAD") && !reviews.iter().any(|own| path.contains(own))
    })
}

/// A request that was asked again.
pub struct Asked {
    /// Of which recording.
    pub recording: String,
    /// What was asked.
    pub path: String,
    /// In what the answer differs.
    pub problem: Option<String>,
    /// The state before does not hold what was answered.
    pub is_beyond: bool,
}

/// At least 97 of 100 are answered alike, and what is not stands in the list with its reason: a part of the recording's name, one of the
/// path, and why.
pub fn judge(all: &[Asked], not_equal: &[(&str, &str, &str)]) {
    let beyond = all.iter().filter(|own| own.is_beyond).count();
    let asked = all.len() - beyond;
    let unequal: Vec<&Asked> = all.iter().filter(|own| own.problem.is_some() && !own.is_beyond).collect();
    let reason = |own: &Asked| {
        not_equal.iter().find(|(name, path, _)| own.recording.contains(name) && own.path.contains(path))
    };
    let mut text = String::new();
    for own in unequal.iter().filter(|own| reason(own).is_none()) {
        text +=
            &format!("{}\n  {}\n  {}\n", own.recording, own.path, own.problem.as_deref().unwrap_or_default());
    }
    let equal = asked - unequal.len();
    let told = format!(
        "{equal} of {asked} requests are answered alike; {beyond} more are about what was not recorded"
    );
    println!("{told}");
    assert!(text.is_empty(), "{told}\n{text}");
    assert!(equal * 100 >= asked * 97, "{told}");
    assert!(beyond * 100 <= all.len() * 10, "{told}");
    for (name, path, _) in not_equal {
        let is_needed = unequal.iter().any(|own| own.recording.contains(name) && own.path.contains(path));
        assert!(is_needed, "{name} {path} is equal now: it can leave the list");
    }
}
