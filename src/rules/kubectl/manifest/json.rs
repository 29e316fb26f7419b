//! JSON values with their places.
//!
//! `serde_json` says whether a text is JSON, and how deep; here is only written down where each value of it stands.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go (`YAMLOrJSONDecoder`, 1.36.2): one value after the other.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::node::{Kind, Member, Node, Place, number};

/// What was found of JSON at the beginning of a text.
pub struct Found {
    /// The values, one after the other.
    pub nodes: Vec<Node>,
    /// Why it goes no further.
    pub error: Option<serde_json::Error>,
}

/// Reads one value after the other.
pub fn values(text: &str) -> Found {
    let mut nodes = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Skipped>();
    let mut offset = 0;
    loop {
        match stream.next() {
            None => return Found { nodes, error: None },
            Some(Err(error)) => return Found { nodes, error: Some(error) },
            Some(Ok(_)) => {
                nodes.push(Scan { text, at: offset }.value());
                offset = stream.byte_offset();
            }
        }
    }
}

/// A value that is read and not kept: unlike serde's own such value, no deeper than `serde_json` reads others.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Skipped, D::Error> {
        deserializer.deserialize_any(Skipped)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Skipped;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Skipped, E> {
        Ok(Skipped)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Skipped, E> {
        Ok(Skipped)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Skipped, E> {
        Ok(Skipped)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Skipped, E> {
        Ok(Skipped)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Skipped, E> {
        Ok(Skipped)
    }
    fn visit_str<E>(self, _: &str) -> Result<Skipped, E> {
        Ok(Skipped)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Skipped, A::Error> {
        while items.next_element::<Skipped>()?.is_some() {}
        Ok(Skipped)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Skipped, A::Error> {
        while members.next_entry::<Skipped, Skipped>()?.is_some() {}
        Ok(Skipped)
    }
}

/// Goes over a text that is known to be JSON.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(b'}')
    }

    fn skip(&mut self, also: &[u8]) {
        let rest = &self.text.as_bytes()[self.at.min(self.text.len())..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace() || also.contains(byte)).count();
    }

    /// Recurses as deep as `serde_json` allows, which is not deep.
    fn value(&mut self) -> Node {
        self.skip(b"");
        let start = self.at;
        let kind = match self.peek() {
            b'{' => {
                self.at += 1;
                Kind::Map(self.members())
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.skip(b",");
                    if self.at >= self.text.len() || self.peek() == b']' {
                        break;
                    }
                    items.push(self.value());
                }
                self.at += 1;
                Kind::List(items)
            }
            b'"' => {
                let range = self.string();
                Kind::Scalar(Value::String(self.unquoted(range)))
            }
            _ => {
                let rest = &self.text.as_bytes()[start..];
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}".contains(byte);
                self.at += rest.iter().take_while(|byte| !ends(byte)).count().max(1);
                Kind::Scalar(scalar(self.text.get(start..self.at).unwrap_or_default()))
            }
        };
        Node { place: Place::new(start..self.at), kind }
    }

    fn members(&mut self) -> Vec<Member> {
        let mut members = Vec::new();
        loop {
            self.skip(b",");
            if self.at >= self.text.len() || self.peek() != b'"' {
                break;
            }
            let range = self.string();
            let (key, place) = (self.unquoted(range.clone()), Place::new(range));
            self.skip(b":");
            members.push(Member { key, place, node: self.value(), merged: false });
        }
        self.at += 1;
        members
    }

    /// Goes over a string, quotes included.
    fn string(&mut self) -> Range<usize> {
        let start = self.at;
        self.at += 1;
        while self.at < self.text.len() && self.peek() != b'"' {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.text.len());
        start..self.at
    }

    fn unquoted(&self, range: Range<usize>) -> String {
        self.text.get(range).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// A number without a fraction is an integer, as it is on its way through Go.
fn scalar(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    match value.as_f64() {
        Some(float) if value.is_f64() => number(float),
        _ => value,
    }
}
