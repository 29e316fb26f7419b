//! Values with their places: what both readers, YAML's and JSON's, make of a document.
//!
//! Source: sigs.k8s.io/yaml (`convertToJSONableObject`, `yaml.JSONToYAML`), and Go's encoding/json for numbers (1.36.2).

use std::ops::Range;

use serde_json::{Map, Number, Value};

use crate::rules::api_server::decode::StrictError;

/// Bytes `start..end` of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    start: u32,
    end: u32,
}

impl Place {
    pub fn new(range: Range<usize>) -> Place {
        let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Place { start: cut(range.start), end: cut(range.end) }
    }
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
    fn shifted(self, by: u32) -> Place {
        Place { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

/// A value with its place, keys in the order and number in which they stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    pub place: Place,
    pub kind: Kind,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Member>),
}

/// A key and what stands there.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    pub key: String,
    pub place: Place,
    pub node: Node,
    /// Came by YAML's merge key, so that the same key beside it is meant.
    pub merged: bool,
}

impl Node {
    /// Moves all places by so many bytes.
    pub fn shift(&mut self, by: usize) {
        let bytes = u32::try_from(by).unwrap_or(u32::MAX);
        if bytes == 0 {
            return;
        }
        self.place = self.place.shifted(bytes);
        match &mut self.kind {
            Kind::Scalar(_) => {}
            Kind::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Kind::Map(members) => {
                for member in members {
                    member.place = member.place.shifted(bytes);
                    member.node.shift(by);
                }
            }
        }
    }

    /// The last member of a name: of keys that stand twice it counts.
    pub fn member(&self, name: &str) -> Option<&Member> {
        match &self.kind {
            Kind::Map(members) => members.iter().rev().find(|member| member.key == name),
            _ => None,
        }
    }

    /// As JSON; keys that stand twice go to `duplicates`.
    pub fn value(&self, path: &str, duplicates: &mut Vec<StrictError>) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => {
                let items = items.iter().enumerate();
                Value::Array(items.map(|(i, item)| item.value(&format!("{path}[{i}]"), duplicates)).collect())
            }
            Kind::Map(members) => {
                let mut map = Map::new();
                for (at, member) in members.iter().enumerate() {
                    let key = &member.key;
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    let value = member.node.value(&path, duplicates);
                    let is_there = map.insert(key.clone(), value).is_some();
                    let stands_before = || members[..at].iter().any(|own| own.key == *key && !own.merged);
                    if is_there && !member.merged && stands_before() {
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

    /// As JSON, without looking for keys that stand twice.
    pub fn into_value(self) -> Value {
        match self.kind {
            Kind::Scalar(value) => value,
            Kind::List(items) => Value::Array(items.into_iter().map(Node::into_value).collect()),
            Kind::Map(members) => {
                Value::Object(members.into_iter().map(|m| (m.key, m.node.into_value())).collect())
            }
        }
    }
}

/// A floating-point number as Go's JSON writes it: one without a fraction is an integer.
pub fn number(value: f64) -> Value {
    // Beyond it Go writes an exponent.
    const WHOLE: f64 = 1e21;
    if value.fract() == 0.0 && value.abs() < WHOLE {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it has no fraction, and what does not fit is not taken"
        )]
        let whole = value as i128;
        if let Ok(whole) = i64::try_from(whole) {
            return whole.into();
        }
        if let Ok(whole) = u64::try_from(whole) {
            return whole.into();
        }
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
