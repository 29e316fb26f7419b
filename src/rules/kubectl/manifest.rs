//! Manifests as kubectl reads them: YAML or JSON, several documents, lists of objects; every value with its place.
//!
//! Source: kubectl's resource builder over sigs.k8s.io/yaml (1.36.2), which reads YAML 1.1: `0644` is octal and `yes` is
//! true. The surprises: empty documents are skipped, JSON objects may follow each other without a separator, and a key
//! that stands twice is not an error of the text but of strict decoding.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use crate::rules::api_server::decode::StrictError;

/// One object of a manifest.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// The object, as JSON.
    pub value: Value,
    /// Keys that stand twice; the last value counts.
    pub duplicates: Vec<StrictError>,
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
/// The text is neither YAML nor JSON.
pub fn documents(text: &str) -> Result<Vec<Document>, ManifestError> {
    let mut objects = Vec::new();
    for node in nodes(text)? {
        flatten(node, &mut objects, 0);
    }
    Ok(objects)
}

impl Document {
    /// Where a field stands, as byte range: `spec.containers[0].image`, `spec.containers[0].resources.requests[cpu]`. The
    /// key of the deepest part of the path that is there, or the item of a list; none for the empty path.
    pub fn locate(&self, path: &str) -> Option<Range<usize>> {
        let mut at = &self.node;
        let mut found = None;
        for step in steps(path) {
            let next = match (&at.kind, step) {
                (Kind::Map(members), Step::Key(name)) => {
                    // Of keys that stand twice the last counts.
                    members.iter().rev().find(|(key, _, _)| key == name).map(|(_, place, node)| (place, node))
                }
                (Kind::List(items), Step::Index(index)) => items.get(index).map(|item| (&item.place, item)),
                _ => None,
            };
            let Some((place, node)) = next else { break };
            found = place.clone().or(found);
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

/// A value with its place, keys in the order and number in which they stand.
#[derive(Clone, PartialEq, Debug)]
struct Node {
    place: Option<Range<usize>>,
    kind: Kind,
}

#[derive(Clone, PartialEq, Debug)]
enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(String, Option<Range<usize>>, Node)>),
}

fn nodes(text: &str) -> Result<Vec<Node>, ManifestError> {
    if text.trim_start().starts_with('{') {
        // JSON objects may stand one after the other, which YAML would refuse.
        let mut offset = 0;
        let mut starts = Vec::new();
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
        let well_formed = loop {
            match stream.next() {
                Some(Ok(_)) => {
                    starts.push(offset..stream.byte_offset());
                    offset = stream.byte_offset();
                }
                Some(Err(_)) => break false,
                None => break true,
            }
        };
        if well_formed {
            let mut all = Vec::new();
            for range in starts {
                let first = range.start;
                for mut node in yaml(&text[range])? {
                    shift(&mut node, first);
                    all.push(node);
                }
            }
            return Ok(all);
        }
    }
    yaml(text).map_err(|yaml| json_error(text).unwrap_or(yaml))
}

/// JSON's own complaint, where the text is meant as JSON.
fn json_error(text: &str) -> Option<ManifestError> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let (line, column) = (error.line(), error.column());
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let full = error.to_string();
    Some(ManifestError {
        message: full.split(" at line ").next().unwrap_or(&full).to_owned(),
        position: Some((line as u64, column as u64)),
        offset: Some((before + column.saturating_sub(1)).min(text.len())),
    })
}

fn yaml(text: &str) -> Result<Vec<Node>, ManifestError> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        legacy_octal_numbers: true,
    };
    serde_saphyr::from_multiple_with_options::<Node>(text, options).map_err(|error| {
        let location = error.location();
        let full = error.to_string();
        ManifestError {
            message: full.lines().next().unwrap_or(&full).to_owned(),
            position: location.map(|at| (at.line(), at.column())),
            offset: location.and_then(|at| at.span().byte_offset()).and_then(|at| usize::try_from(at).ok()),
        }
    })
}

fn shift(node: &mut Node, by: usize) {
    let moved = |place: &mut Option<Range<usize>>| {
        if let Some(range) = place {
            *range = range.start + by..range.end + by;
        }
    };
    moved(&mut node.place);
    match &mut node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Kind::Map(members) => {
            for (_, place, member) in members {
                moved(place);
                shift(member, by);
            }
        }
    }
}

/// A `List` (of any kind that ends so) holds objects, and may hold lists of them.
fn flatten(node: Node, out: &mut Vec<Document>, depth: u8) {
    let is_list = matches!(&node.kind, Kind::Map(members)
        if members.iter().any(|(key, _, member)| key == "kind"
            && matches!(&member.kind, Kind::Scalar(Value::String(kind)) if kind.ends_with("List")))
        && members.iter().any(|(key, _, member)| key == "items" && matches!(member.kind, Kind::List(_))));
    match node.kind {
        Kind::Scalar(Value::Null) => {}
        Kind::List(items) if depth < 4 => items.into_iter().for_each(|item| flatten(item, out, depth + 1)),
        Kind::Map(members) if is_list && depth < 4 => {
            for (key, _, member) in members {
                if let (true, Kind::List(items)) = (key == "items", member.kind) {
                    items.into_iter().for_each(|item| flatten(item, out, depth + 1));
                }
            }
        }
        kind => {
            let node = Node { place: node.place, kind };
            let mut duplicates = Vec::new();
            let value = value_of(&node, "", &mut duplicates);
            out.push(Document { value, duplicates, node });
        }
    }
}

fn value_of(node: &Node, path: &str, duplicates: &mut Vec<StrictError>) -> Value {
    match &node.kind {
        Kind::Scalar(value) => value.clone(),
        Kind::List(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(i, item)| value_of(item, &format!("{path}[{i}]"), duplicates))
                .collect(),
        ),
        Kind::Map(members) => {
            let mut map = Map::new();
            for (key, _, member) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let value = value_of(member, &path, duplicates);
                if map.insert(key.clone(), value).is_some() {
                    let error = StrictError::Duplicate(path);
                    if !duplicates.contains(&error) {
                        duplicates.push(error);
                    }
                }
            }
            Value::Object(map)
        }
    }
}

fn place<T>(spanned: &Spanned<T>) -> Option<Range<usize>> {
    let span = spanned.referenced.span();
    let (start, length) = (span.byte_offset()?, span.byte_len()?);
    let start = usize::try_from(start).ok()?;
    Some(start..start + usize::try_from(length).ok()?)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Node { place: place(&spanned), kind: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Kind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Bool(value)))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::from(value)))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::from(value)))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
                Ok(Kind::Scalar(Number::from_f64(value).map_or(Value::Null, Value::Number)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::from(text)))
            }
            fn visit_unit<E>(self) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Null))
            }
            fn visit_none<E>(self) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Null))
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
                Kind::deserialize(deserializer)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<Node>()? {
                    list.push(item);
                }
                Ok(Kind::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kind, A::Error> {
                let mut map = Vec::new();
                while let Some(key) = members.next_key::<Spanned<String>>()? {
                    let member = members.next_value::<Node>()?;
                    map.push((key.value.clone(), place(&key), member));
                }
                Ok(Kind::Map(map))
            }
        }
        deserializer.deserialize_any(Any)
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
            json!({"mode": 420, "on": true, "big": 9_007_199_254_740_993_i64, "text": "0644"})
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
