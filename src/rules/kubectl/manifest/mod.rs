//! Manifests as kubectl reads them: YAML or JSON, several documents, lists of objects; every value with its place.
//!
//! Source: kubectl's resource builder over sigs.k8s.io/yaml and staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go
//! (1.36.2). A text is cut at the lines that begin with `---` before anything of it is read, so that a document that is
//! wrong spoils none of the others. The surprises: empty documents are skipped, JSON objects may follow each other without a
//! separator, and a key that stands twice is not an error of the text but of strict decoding.

mod json;
mod node;
mod yaml;

use std::fmt;
use std::ops::Range;

use serde_json::Value;

use crate::rules::api_server::decode::StrictError;
use node::{Kind, Node};

/// One object of a manifest.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// The object, as JSON.
    pub value: Value,
    /// Keys that stand twice; the last value counts.
    pub duplicates: Vec<StrictError>,
    /// The line in which its document begins, from 1; of a list's item that of the list.
    pub line: usize,
    node: Node,
}

/// A text that is no manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestError {
    /// What is wrong with the text.
    pub message: String,
    /// Line and column, counted from 1.
    pub position: Option<(u64, u64)>,
    /// The byte at which reading stopped.
    pub offset: Option<usize>,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
impl std::error::Error for ManifestError {}

/// The objects of a manifest in their order, lists taken apart.
///
/// # Errors
/// The text is neither YAML nor JSON: the first problem of it.
pub fn documents(text: &str) -> Result<Vec<Document>, ManifestError> {
    parts(text).into_iter().collect()
}

/// The same, each document by itself: what cannot be read stands where it stands in the text.
fn parts(text: &str) -> Vec<Result<Document, ManifestError>> {
    let mut all = Vec::new();
    each(text, &mut |read| match read {
        Ok((node, line)) => {
            let mut objects = Vec::new();
            flatten(node, line, &mut objects, 0);
            all.extend(objects.into_iter().map(Ok));
        }
        Err(error) => all.push(Err(error)),
    });
    all
}

/// The objects that can be read, and what is wrong with the others.
pub fn objects(text: &str) -> (Vec<Document>, Vec<ManifestError>) {
    let (mut objects, mut problems) = (Vec::new(), Vec::new());
    for part in parts(text) {
        match part {
            Ok(object) => objects.push(object),
            Err(problem) => problems.push(problem),
        }
    }
    (objects, problems)
}

/// The values of a text as they stand in it, and what of it could not be read: for texts of which nobody asks where
/// something stands.
pub fn values(text: &str) -> (Vec<Value>, Option<ManifestError>) {
    let (values, trouble) = values_at(text);
    (values.into_iter().map(|(_, value)| value).collect(), trouble)
}

/// The same, each with the line in which it begins.
pub fn values_at(text: &str) -> (Vec<(usize, Value)>, Option<ManifestError>) {
    let (mut values, mut trouble) = (Vec::new(), None);
    each(text, &mut |read| match read {
        Ok((node, line)) => match node.into_value() {
            Value::Null => {}
            value => values.push((line, value)),
        },
        Err(error) => trouble = trouble.take().or(Some(error)),
    });
    (values, trouble)
}

/// The line on which a field of one of a text's values stands, from 1: of the value of that number, as [`values`] counts them.
pub fn line_of(text: &str, value: usize, path: &str) -> Option<usize> {
    let (mut number, mut found) = (0, None);
    each(text, &mut |read| {
        let Ok((node, line)) = read else { return };
        if matches!(node.kind, Kind::Scalar(Value::Null)) {
            return;
        }
        if number == value {
            let own = Document { value: Value::Null, duplicates: Vec::new(), line, node };
            let place = own.locate(path).map_or(0, |place| place.start.min(text.len()));
            found =
                Some(line.max(1 + text.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count()));
        }
        number += 1;
    });
    found
}

/// Every JSON value or YAML document of what kubectl printed, and what went wrong after the last: a text that breaks off loses
/// only its last object. JSON, which may be long, is read without places.
pub fn printed(text: &str) -> (Vec<Value>, Option<String>) {
    let text = text.trim_start_matches('\u{feff}');
    let yaml = || {
        let (documents, trouble) = values(text);
        (documents, trouble.map(|error| error.to_string()))
    };
    if !text.trim_start().starts_with(['{', '[']) {
        return yaml();
    }
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(value) => values.push(value),
            // Flow style is YAML as well, and so are documents of it with lines between them.
            Err(_) if values.is_empty() || text.contains("\n---") => return yaml(),
            Err(error) if error.is_eof() => {
                return (values, Some("the input ends in the middle of an object, which is left out".into()));
            }
            Err(error) => return (values, Some(error.to_string())),
        }
    }
    (values, None)
}

impl Document {
    /// Where a field stands, as byte range: `spec.containers[0].image`, `spec.containers[0].resources.requests[cpu]`. The
    /// key of the deepest part of the path that is there, or the item of a list; none for the empty path.
    pub fn locate(&self, path: &str) -> Option<Range<usize>> {
        let mut at = &self.node;
        let mut found = None;
        for step in steps(path) {
            let next = match (&at.kind, step) {
                (Kind::Map(_), Step::Key(name)) => at.member(name).map(|member| (member.place, &member.node)),
                (Kind::List(items), Step::Index(index)) => items.get(index).map(|item| (item.place, item)),
                _ => None,
            };
            let Some((place, node)) = next else { break };
            found = Some(place.range());
            at = node;
        }
        found
    }
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// `containers[0].env` or `requests[cpu]`, taken apart; a key in brackets may hold dots.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((key, after)) = inner.split_once(']') else { break };
            steps.push(key.parse().map_or(Step::Key(key), Step::Index));
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                break;
            }
            steps.push(Step::Key(&name[..end]));
            rest = &name[end..];
        }
    }
    steps
}

/// A document with the line in which it begins.
type Read = Result<(Node, usize), ManifestError>;

/// Reads document after document.
fn each(text: &str, take: &mut dyn FnMut(Read)) {
    let text = text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, text.len() - rest.len()));
    let (text, mark) = text;
    let mut line = 1;
    for range in chunks(text) {
        let (own, from) = (&text[range.clone()], range.start + mark);
        let lines = own.matches('\n').count();
        chunk(own, &mut |read| {
            take(match read {
                Ok((mut node, own)) => {
                    node.shift(from);
                    Ok((node, own + line - 1))
                }
                Err(mut error) => {
                    error.position = error.position.map(|(own, column)| (own + line as u64 - 1, column));
                    error.offset = error.offset.map(|offset| offset + from);
                    Err(error)
                }
            });
        });
        line += lines;
    }
}

/// A text cut at the lines that begin with `---`; each of them belongs to what follows.
fn chunks(text: &str) -> Vec<Range<usize>> {
    let (mut all, mut from, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) && at > from {
            all.push(from..at);
            from = at;
        }
        at += line.len();
    }
    all.push(from..text.len());
    all
}

/// Reads one document, or JSON values that follow each other.
fn chunk(text: &str, take: &mut dyn FnMut(Read)) {
    // Directives belong to a document that is cut off from them.
    let says_something = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '%']);
    let Some(first) = text.lines().position(|line| says_something(line.strip_prefix("---").unwrap_or(line)))
    else {
        return;
    };
    let body = text.strip_prefix("---").unwrap_or(text);
    let (body, skipped) = (body.trim_start(), text.len() - body.trim_start().len());
    let mut json_error = None;
    if body.starts_with(['{', '[']) {
        let json::Found { nodes, error } = json::values(body);
        let is_json = !nodes.is_empty() || error.is_none();
        json_error = error.map(|error| told(&error, text, body, skipped));
        if is_json {
            for mut node in nodes {
                let line = text[..skipped + node.place.range().start].matches('\n').count() + 1;
                node.shift(skipped);
                take(Ok((node, line)));
            }
            if let Some(error) = json_error {
                take(Err(error));
            }
            return;
        }
    }
    match yaml::document(text) {
        Ok(Some(node)) => take(Ok((node, first + 1))),
        Ok(None) => {}
        // JSON's own complaint, where the text is meant as JSON.
        Err(error) => take(Err(json_error.unwrap_or(error))),
    }
}

fn told(error: &serde_json::Error, text: &str, body: &str, skipped: usize) -> ManifestError {
    let (line, column) = (error.line(), error.column());
    let before: usize = body.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let full = error.to_string();
    let above = text[..skipped].matches('\n').count();
    ManifestError {
        message: full.split(" at line ").next().unwrap_or(&full).to_owned(),
        position: Some(((line + above) as u64, column as u64)),
        offset: Some((skipped + before + column.saturating_sub(1)).min(text.len())),
    }
}

/// A `List` (of any kind that ends so) holds objects, and may hold lists of them.
fn flatten(node: Node, line: usize, out: &mut Vec<Document>, depth: u8) {
    let kind = node.member("kind").map(|member| &member.node.kind);
    let is_list = matches!(kind, Some(Kind::Scalar(Value::String(kind))) if kind.ends_with("List"))
        && node.member("items").is_some_and(|items| matches!(items.node.kind, Kind::List(_)));
    match node.kind {
        Kind::Scalar(Value::Null) => {}
        Kind::List(items) if depth < 4 => {
            items.into_iter().for_each(|item| flatten(item, line, out, depth + 1))
        }
        Kind::Map(members) if is_list && depth < 4 => {
            for member in members {
                if let (true, Kind::List(items)) = (member.key == "items", member.node.kind) {
                    items.into_iter().for_each(|item| flatten(item, line, out, depth + 1));
                }
            }
        }
        kind => {
            let node = Node { place: node.place, kind };
            let mut duplicates = Vec::new();
            let value = node.value("", &mut duplicates);
            out.push(Document { value, duplicates, line, node });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TWO: &str = "\
# A pod, and a list.
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: nginx
      image: busybox
      resources:
        requests: {cpu: 1, example.com/gpu: \"2\"}
---
---
kind: List
items:
- kind: Pod
  metadata: {name: a}
- kind: PodList
  items: [{kind: Pod, metadata: {name: b}}]
";

    #[test]
    fn lists_are_taken_apart_and_empty_documents_skipped() {
        let documents = documents(TWO).expect("a manifest");
        let names: Vec<&Value> = documents.iter().map(|d| &d.value["metadata"]["name"]).collect();
        assert_eq!(names, ["web", "a", "b"]);
        assert_eq!(documents[0].value["spec"]["containers"][0]["image"], "busybox");
        assert_eq!(documents[0].duplicates, [StrictError::Duplicate("spec.containers[0].image".to_owned())]);
    }

    #[test]
    fn fields_are_found_where_they_stand() {
        let documents = documents(TWO).expect("a manifest");
        let at = |path: &str| documents[0].locate(path).map(|range| &TWO[range]);
        assert_eq!(at("spec.containers[0].name"), Some("name"));
        assert_eq!(at("spec.containers[0].resources.requests[cpu]"), Some("cpu"));
        assert_eq!(at("spec.containers[0].resources.requests[example.com/gpu]"), Some("example.com/gpu"));
        assert_eq!(at("spec.containers[0].livenessProbe.httpGet"), at("spec.containers[0]"));
        assert_eq!(at("status"), None);
        let second = documents[0].locate("spec.containers[0].image").expect("a place");
        assert!(TWO[second.start..].starts_with("image: busybox"), "{second:?}");
        let b = documents[2].locate("metadata.name").expect("a place");
        assert!(TWO[b.start..].starts_with("name: b"));
    }

    #[test]
    fn json_objects_may_follow_each_other() {
        let text = "{\"kind\": \"Pod\", \"n\": 1}\n{\"kind\":\t\"Pod\", \"n\": 2.5}";
        let documents = documents(text).expect("a manifest");
        assert_eq!(documents[1].value, json!({"kind": "Pod", "n": 2.5}));
        let n = documents[1].locate("n").expect("a place");
        assert_eq!(&text[n.clone()].trim_matches('"'), &"n", "{n:?}");
    }

    #[test]
    fn what_is_no_manifest_is_told_with_its_place() {
        let error = documents("a: 1\nb: [1, 2\nc: 3\n").expect_err("refused");
        assert!(error.position.is_some_and(|(line, _)| line >= 2), "{error:?}");
        let error = documents("{\"a\": 1,\n \"b\": ]}").expect_err("refused");
        assert_eq!(error.position, Some((2, 7)), "{error}");
    }

    #[test]
    fn numbers_are_read_as_yaml_1_1_reads_them() {
        let documents =
            documents("{mode: 0644, on: yes, big: 9007199254740993, text: \"0644\"}").expect("a manifest");
        assert_eq!(
            documents[0].value,
            json!({"mode": 420, "true": true, "big": 9_007_199_254_740_993_i64, "text": "0644"})
        );
    }

    #[test]
    fn depth_is_no_danger() {
        for depth in [100, 10_000, 200_000] {
            let _ = documents(&"[".repeat(depth));
            let _ = documents(&"{\"a\":".repeat(depth));
            let _ = documents(&"- ".repeat(depth));
        }
    }
}
