//! One YAML document as kubectl's reader takes it.
//!
//! Source: sigs.k8s.io/yaml (1.36's version) over its fork of go-yaml v2: resolve.go (`resolve`, `resolveTable`,
//! `yamlStyleFloat`), decode.go (`scalar`, `mapping`, `merge`, `alias`, `allowedAliasRatio`) and `convertToJSONableObject`.
//! The surprises: it is YAML 1.1, so that `0644` is octal, `yes`, `on` and `y` are true, keys among them; `tRue` is a
//! string; `1e3` and `1.0` become integers on their way through JSON; a merge key takes the place of what stands before it.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::Value;

use super::ManifestError;
use super::node::{Kind, Member, Node, Place, number};

/// The first document of a text; None where it holds nothing.
///
/// # Errors
/// The text is no YAML, or more than aliases may make of it.
pub fn document(text: &str) -> Result<Option<Node>, ManifestError> {
    let options = granit_parser::options! { emit_comments: false };
    let mut builder = Builder { text, ..Builder::default() };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            wrong(error.info(), at.line(), at.col(), at.byte_offset())
        })?;
        if let Some(node) = builder.take(event, span)? {
            return Ok(Some(node));
        }
    }
    Ok(None)
}

fn wrong(message: String, line: usize, column: usize, offset: Option<usize>) -> ManifestError {
    ManifestError { message, position: Some((line.max(1) as u64, column as u64 + 1)), offset }
}

/// A list or a map that has begun and not ended.
struct Open {
    place: Place,
    anchor: usize,
    /// Nodes in it, itself included.
    size: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { members: Vec<Member>, key: Option<(Key, Place)> },
}

enum Key {
    Named(String),
    /// `<<`
    Merge,
}

#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    /// By their number, with how many nodes they hold.
    anchors: BTreeMap<usize, (Node, usize)>,
    /// How many nodes there are by now, and how many of them came by aliases.
    decoded: usize,
    aliased: usize,
}

impl Builder<'_> {
    /// Takes an event in; gives the document once it is complete.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<Option<Node>, ManifestError> {
        let place = self.place(span);
        let begun = |anchor, kind| Open { place, anchor, size: 1, kind };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.decoded += 1;
                let is_merge = style == ScalarStyle::Plain && text == "<<" && tag.is_none();
                let value = resolve(&text, style, tag.as_deref()).map_err(|why| here(why, span))?;
                let node = Node { place, kind: Kind::Scalar(value) };
                return self.ended(node, 1, anchor, is_merge, span);
            }
            Event::SequenceStart(_, anchor, _) => self.open.push(begun(anchor, OpenKind::List(Vec::new()))),
            Event::MappingStart(_, anchor, _) => {
                self.open.push(begun(anchor, OpenKind::Map { members: Vec::new(), key: None }));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.decoded += 1;
                let Some(Open { place, anchor, size, kind }) = self.open.pop() else { return Ok(None) };
                let kind = match kind {
                    OpenKind::List(items) => Kind::List(items),
                    OpenKind::Map { members, .. } => Kind::Map(members),
                };
                return self.ended(Node { place, kind }, size, anchor, false, span);
            }
            Event::Alias(anchor) => {
                let Some((_, size)) = self.anchors.get(&anchor) else {
                    return Err(here("an anchor's value contains itself".to_owned(), span));
                };
                let size = *size;
                self.decoded += size;
                self.aliased += size;
                if is_excessive(self.aliased, self.decoded) {
                    return Err(here("document contains excessive aliasing".to_owned(), span));
                }
                let Some((node, _)) = self.anchors.get(&anchor).cloned() else { return Ok(None) };
                return self.ended(node, size, 0, false, span);
            }
            _ => {}
        }
        Ok(None)
    }

    fn place(&self, span: Span) -> Place {
        let range = span.byte_range().unwrap_or_default();
        let end = self.text.len();
        Place::new(range.start.min(end)..range.end.min(end))
    }

    /// A node is complete: it is a key, a member, an item, or the document.
    fn ended(
        &mut self,
        node: Node,
        size: usize,
        anchor: usize,
        is_merge: bool,
        span: Span,
    ) -> Result<Option<Node>, ManifestError> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        open.size += size;
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { members, key } => match key.take() {
                None if is_merge => *key = Some((Key::Merge, node.place)),
                None => *key = Some((Key::Named(key_of(&node).map_err(|why| here(why, span))?), node.place)),
                Some((Key::Named(key), place)) => members.push(Member { key, place, node, merged: false }),
                Some((Key::Merge, _)) => merge(members, node).map_err(|why| here(why, span))?,
            },
        }
        Ok(None)
    }
}

fn here(message: String, span: Span) -> ManifestError {
    let at = span.start;
    wrong(message, at.line(), at.col(), at.byte_offset())
}

/// `allowedAliasRatio`: the more nodes there are, the fewer may come by aliases.
fn is_excessive(aliased: usize, decoded: usize) -> bool {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    if aliased <= 100 || decoded <= 1000 {
        return false;
    }
    let count = decoded as f64;
    let allowed = match count {
        count if count <= LOW => 0.99,
        count if count >= HIGH => 0.10,
        count => 0.99 - 0.89 * (count - LOW) / (HIGH - LOW),
    };
    aliased as f64 / count > allowed
}

/// `convertToJSONableObject`: keys are strings in the end.
fn key_of(node: &Node) -> Result<String, String> {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => Ok(text.clone()),
        Kind::Scalar(value @ (Value::Bool(_) | Value::Number(_))) => Ok(value.to_string()),
        Kind::Scalar(_) => Err("a key is null".to_owned()),
        Kind::List(_) | Kind::Map(_) => Err("invalid map key: a list or a map".to_owned()),
    }
}

/// What a merge key brings takes the place of what stands before it, and is replaced by what comes after.
fn merge(members: &mut Vec<Member>, from: Node) -> Result<(), String> {
    const REFUSAL: &str = "map merge requires map or sequence of maps as the value";
    match from.kind {
        Kind::Map(merged) => {
            for new in merged {
                let new = Member { merged: true, ..new };
                match members.iter_mut().find(|own| own.key == new.key) {
                    Some(own) => *own = new,
                    None => members.push(new),
                }
            }
            Ok(())
        }
        Kind::List(items) => {
            // The earlier ones count for more.
            for item in items.into_iter().rev() {
                match item.kind {
                    Kind::Map(_) => merge(members, item)?,
                    _ => return Err(REFUSAL.to_owned()),
                }
            }
            Ok(())
        }
        Kind::Scalar(_) => Err(REFUSAL.to_owned()),
    }
}

/// What a scalar stands for.
fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    match tag.map(Tag::core_suffix) {
        None if style == ScalarStyle::Plain => plain(text),
        Some(Some(kind @ ("int" | "float" | "bool" | "null"))) => {
            let value = plain(text)?;
            let fits = match kind {
                "bool" => value.is_boolean(),
                "null" => value.is_null(),
                _ => value.is_number(),
            };
            if fits { Ok(value) } else { Err(format!("cannot decode `{text}` as a !!{kind}")) }
        }
        _ => Ok(text.into()),
    }
}

/// `resolve` of a plain scalar.
fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(true.into());
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(false.into());
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf"
        | "-.Inf" | "-.INF" => return Err(format!("json: unsupported value: {text}")),
        _ => {}
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    Ok(if is_number { numeric(text).unwrap_or_else(|| text.into()) } else { text.into() })
}

fn numeric(text: &str) -> Option<Value> {
    let bare = text.replace('_', "");
    if let Some(whole) = integer(&bare) {
        return Some(whole);
    }
    if is_float(&bare) { bare.parse().ok().map(number) } else { None }
}

/// `strconv.ParseInt(text, 0, 64)`, then `ParseUint`.
fn integer(text: &str) -> Option<Value> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let whole = u64::from_str_radix(digits, radix).ok()?;
    match is_negative {
        false => Some(whole.into()),
        true => i64::try_from(-i128::from(whole)).ok().map(Value::from),
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        document(text).expect("it is YAML").expect("a document").into_value()
    }

    #[test]
    fn scalars_are_what_go_yaml_makes_of_them() {
        for (text, value) in [
            ("0644", json!(420)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("-0b11", json!(-3)),
            ("1_000", json!(1000)),
            ("08", json!(8)),
            ("1e3", json!(1000)),
            ("1.0", json!(1)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("18446744073709551615", json!(u64::MAX)),
            ("9007199254740993", json!(9_007_199_254_740_993_i64)),
            ("1.2.3", json!("1.2.3")),
            ("-", json!("-")),
            ("1e", json!("1e")),
            ("12h", json!("12h")),
            ("2001-01-01", json!("2001-01-01")),
            ("y", json!(true)),
            ("Off", json!(false)),
            ("tRue", json!("tRue")),
            ("~", json!(null)),
            ("'0644'", json!("0644")),
            ("!!str 5", json!("5")),
            ("!!int \"5\"", json!(5)),
            ("!Ref web", json!("web")),
        ] {
            let value = json!({ "a": value });
            // A lonely dash is a list's item.
            let text = if text == "-" { "a: \"-\"".to_owned() } else { format!("a: {text}") };
            assert_eq!(read(&text), value, "{text}");
        }
        assert!(document("a: .inf").is_err());
    }

    #[test]
    fn keys_become_strings() {
        assert_eq!(
            read("{on: 1, y: 2, 3: 3, 0x10: 4, 1.0: 5, \"no\": 6}"),
            json!({"true": 2, "3": 3, "16": 4, "1": 5, "no": 6})
        );
        assert!(document("? [a]\n: b\n").is_err());
    }

    #[test]
    fn a_merge_key_takes_the_place_of_what_stands_before_it() {
        let text = "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\nown:\n  a: 0\n  <<: [*base, *other]\n  b: 9\n";
        let node = document(text).expect("it is YAML").expect("a document");
        let mut twice = Vec::new();
        assert_eq!(node.value("", &mut twice)["own"], json!({"a": 1, "b": 9, "c": 4}));
        assert_eq!(twice, []);
    }

    #[test]
    fn aliases_cannot_grow_without_bounds() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let own = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{own}]\n"));
        }
        let error = document(&text).expect_err("refused");
        assert_eq!(error.message, "document contains excessive aliasing");
        assert!(document("a: &a [*a]").is_err());
        assert_eq!(read("a: &a [1]\nb: *a\n"), json!({"a": [1], "b": [1]}));
    }
}
