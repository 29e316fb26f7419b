//! Label and field selectors as they stand in a query, or behind kubectl's `-l` and `--field-selector`.
//!
//! Sources: staging/src/k8s.io/apimachinery/pkg/labels/selector.go (`Parser`), …/fields/selector.go (`ParseSelector`), and which
//! fields a kind can be selected by: pkg/apis/*/v1/conversion.go (1.36.3). The surprise: each kind refuses an unknown field
//! in words of its own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::rules::machinery::quote::quote;

/// One requirement of a label selector.
#[derive(Clone, PartialEq, Debug)]
struct Requirement {
    key: String,
    is: Is,
}

#[derive(Clone, PartialEq, Debug)]
enum Is {
    There,
    Absent,
    OneOf(Vec<String>),
    /// Absent counts as none of them.
    NoneOf(Vec<String>),
    Above(i64),
    Below(i64),
}

/// Objects of which kind: a group (empty: the core's) and a plural.
pub type Resource<'a> = (&'a str, &'a str);

/// What is asked for of objects.
#[derive(Clone, Default, Debug)]
pub struct Selector {
    labels: Vec<Requirement>,
    /// A field, its value, and whether it must be so or must not.
    fields: Vec<(String, String, bool)>,
}

impl Selector {
    /// Reads both.
    ///
    /// # Errors
    /// The API server's words.
    pub fn parse(labels: &str, fields: &str, resource: Resource<'_>) -> Result<Selector, String> {
        let labels = Labels { words: words(labels), at: 0 }.all()?;
        let fields = fields_of(fields)?;
        for (field, ..) in &fields {
            known(field, resource)?;
        }
        Ok(Selector { labels, fields })
    }
    /// It takes everything.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
    /// The one name that it takes.
    pub fn name(&self) -> Option<&str> {
        let own = self.fields.iter().find(|(field, _, is)| *is && field == "metadata.name");
        own.map(|(_, name, _)| name.as_str())
    }
    /// Whether its labels are as wanted, whatever its fields.
    pub fn takes_labels(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|own| own.holds(labels.get(&own.key).map(String::as_str)))
    }
    /// Whether it takes an object.
    pub fn takes(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|own| own.holds(labels[&own.key].as_str()))
            && self.fields.iter().all(|(field, wanted, is)| (value(field, object) == *wanted) == *is)
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.is {
            Is::There => value.is_some(),
            Is::Absent => value.is_none(),
            Is::OneOf(list) => value.is_some_and(|value| list.iter().any(|own| own == value)),
            Is::NoneOf(list) => value.is_none_or(|value| list.iter().all(|own| own != value)),
            Is::Above(than) => number().is_some_and(|own| own > *than),
            Is::Below(than) => number().is_some_and(|own| own < *than),
        }
    }
}

/// The text of a field: booleans and absent ones have theirs.
fn value(field: &str, object: &Value) -> String {
    // An event of either group is selected by the fields of the core's.
    let path = match field {
        "status.podIPs" => "/status/podIP".to_owned(),
        "source" => "/source/component".to_owned(),
        field => format!("/{}", field.replace('.', "/")),
    };
    match object.pointer(&path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None if matches!(field, "spec.hostNetwork" | "spec.unschedulable") => {
            "false".to_owned()
        }
        Some(Value::Null) | None => match field {
            // `source` falls back to `reportingComponent`.
            "source" => object["reportingComponent"].as_str().unwrap_or_default().to_owned(),
            "status.successful" => object["status"]["succeeded"].as_i64().unwrap_or(0).to_string(),
            _ => String::new(),
        },
        Some(other) => other.to_string(),
    }
}

const OF_PODS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
];
const OF_EVENTS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

/// Whether objects of a kind can be selected by a field.
fn known(field: &str, (group, plural): Resource<'_>) -> Result<(), String> {
    if matches!(field, "metadata.name" | "metadata.namespace") {
        return Ok(());
    }
    let more: Option<&[&str]> = match (group, plural) {
        ("", "pods") => Some(OF_PODS),
        ("" | "events.k8s.io", "events") => Some(OF_EVENTS),
        ("", "nodes") => Some(&["spec.unschedulable"]),
        ("", "namespaces") => Some(&["status.phase"]),
        ("", "secrets") => Some(&["type"]),
        ("", "services") => Some(&["spec.clusterIP", "spec.type"]),
        ("", "replicationcontrollers") => Some(&["status.replicas"]),
        ("batch", "jobs") => Some(&["status.successful"]),
        ("resource.k8s.io", "resourceslices") => Some(&["spec.nodeName", "spec.driver"]),
        _ => None,
    };
    if more.is_some_and(|more| more.contains(&field)) {
        return Ok(());
    }
    Err(match (more, plural) {
        (_, "jobs") => format!("field label {} not supported for Job", quote(field)),
        (Some(_), _) => format!("field label not supported: {field}"),
        (None, _) => {
            let known = "\"metadata.name\", \"metadata.namespace\"";
            format!("{} is not a known field selector: only {known}", quote(field))
        }
    })
}

/// `a=b,c!=d`, with `\` before what does not separate.
fn fields_of(text: &str) -> Result<Vec<(String, String, bool)>, String> {
    let mut list = Vec::new();
    let mut part = String::new();
    let mut parts = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                part.push('\\');
                part.extend(letters.next());
            }
            ',' => parts.push(std::mem::take(&mut part)),
            letter => part.push(letter),
        }
    }
    parts.push(part);
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let split = part
            .split_once("!=")
            .map(|(key, value)| (key, value, false))
            .or_else(|| part.split_once("==").map(|(key, value)| (key, value, true)))
            .or_else(|| part.split_once('=').map(|(key, value)| (key, value, true)));
        let Some((key, value, is)) = split else {
            return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
        };
        let plain = value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\");
        list.push((key.to_owned(), plain, is));
    }
    Ok(list)
}

/// The words of a label selector: names, and what stands between them.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter.is_whitespace() => {}
            '(' | ')' | ',' => words.push(letter.to_string()),
            '=' | '!' | '<' | '>' => {
                let mut word = letter.to_string();
                while let Some(next) = letters.next_if(|next| matches!(next, '=' | '!' | '<' | '>')) {
                    word.push(next);
                }
                words.push(word);
            }
            letter => {
                let mut word = letter.to_string();
                let ends =
                    |c: &char| !c.is_whitespace() && !matches!(c, '(' | ')' | ',' | '=' | '!' | '<' | '>');
                while let Some(next) = letters.next_if(ends) {
                    word.push(next);
                }
                words.push(word);
            }
        }
    }
    words
}

/// A label selector on its way.
struct Labels {
    words: Vec<String>,
    at: usize,
}

impl Labels {
    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn all(mut self) -> Result<Vec<Requirement>, String> {
        let mut list = Vec::new();
        while self.peek().is_some() {
            list.push(self.requirement()?);
            match self.next().as_deref() {
                None => break,
                Some(",") => match self.peek() {
                    Some(word) if !matches!(word, "," | ")" | "(") => {}
                    found => {
                        let found = found.unwrap_or_default();
                        return Err(unparsed(&format!("found '{found}', expected: identifier after ','")));
                    }
                },
                Some(found) => {
                    return Err(unparsed(&format!("found '{found}', expected: ',' or 'end of string'")));
                }
            }
        }
        Ok(list)
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == Some("!");
        if absent {
            self.at += 1;
        }
        let key = self.next().unwrap_or_default();
        if !is_name(&key) {
            return Err(unparsed(&format!(
                "found '{key}', expected: !, identifier, or ',' or 'end of string'"
            )));
        }
        if absent {
            return Ok(Requirement { key, is: Is::Absent });
        }
        if matches!(self.peek(), None | Some(",")) {
            return Ok(Requirement { key, is: Is::There });
        }
        let operator = self.next().unwrap_or_default();
        let is = match operator.as_str() {
            "in" => Is::OneOf(self.list()?),
            "notin" => Is::NoneOf(self.list()?),
            "=" | "==" => Is::OneOf(vec![self.value()]),
            "!=" => Is::NoneOf(vec![self.value()]),
            ">" | "gt" => Is::Above(self.number()?),
            "<" | "lt" => Is::Below(self.number()?),
            found => {
                return Err(unparsed(&format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt")));
            }
        };
        Ok(Requirement { key, is })
    }

    /// Nothing is a value too.
    fn value(&mut self) -> String {
        if matches!(self.peek(), None | Some(",")) { String::new() } else { self.next().unwrap_or_default() }
    }
    fn number(&mut self) -> Result<i64, String> {
        let text = self.value();
        text.parse()
            .map_err(|_| format!("for 'Gt', 'Lt' operators, the value must be an integer: {}", quote(&text)))
    }
    fn list(&mut self) -> Result<Vec<String>, String> {
        match self.next().as_deref() {
            Some("(") => {}
            found => return Err(unparsed(&format!("found '{}' expected: '('", found.unwrap_or_default()))),
        }
        let mut list = Vec::new();
        loop {
            match self.next().as_deref() {
                Some(")") => return Ok(list),
                Some(",") => {}
                Some(value) => list.push(value.to_owned()),
                None => return Err(unparsed("found '', expected: ',' or ')'")),
            }
        }
    }
}

fn unparsed(what: &str) -> String {
    format!("unable to parse requirement: {what}")
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}
