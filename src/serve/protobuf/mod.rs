//! Bodies in the API's protobuf, as JSON: typed Go clients write nothing else.
//!
//! The numbers and types of the fields stand in `fields.txt`, a message a line, as the tags of the types in staging/src/k8s.io/api and
//! apimachinery/pkg/apis/meta/v1 have them (1.36): own messages, because descriptors that a library reads would be those files
//! themselves, and code made of them is larger than this whole program. Envelope: `runtime.Unknown` behind four bytes
//! (apimachinery/pkg/runtime/serializer/protobuf/protobuf.go). The surprises: Go writes zeros of plain fields, too, which JSON leaves
//! out; a zero that counts stands behind a pointer; a `DeleteOptions` says it is of its resource's group.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::rules::machinery::base64;
use crate::time::{Span, Time};

/// A message a line: `package.Name`, then `number=name:type` of each field, without a name where its members are this message's
/// own. Types: `s` text, `b` bool, `i` integer, `d` floating, `y` bytes, `Q` quantity, `I` integer or text, `T` time, `U` the same
/// with microseconds, `D` duration, `R` anything, `V` managed fields, `X` a list of texts, `.Name` a message of the package,
/// `[` a list of, `{` a map from texts to; `!`: its zero is told.
const FIELDS: &str = include_str!("fields.txt");

/// So many values may be in a body, and so deep it may go: a field that repeats takes two bytes, and a value many more.
const MOST_VALUES: usize = 300_000;
const DEEPEST: usize = 60;

struct Field {
    name: &'static str,
    ty: &'static str,
    keeps_zero: bool,
}

type Messages = BTreeMap<&'static str, BTreeMap<u64, Field>>;

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (name, fields) = line.split_once(' ').unwrap_or((line, ""));
        let fields = fields.split(' ').filter_map(|word: &'static str| {
            let (number, rest) = word.split_once('=')?;
            let (name, ty) = rest.split_once(':')?;
            let keeps_zero = ty.ends_with('!');
            Some((number.parse().ok()?, Field { name, ty: ty.trim_end_matches('!'), keeps_zero }))
        });
        (name, fields.collect())
    };
    FIELDS.lines().map(line).collect()
});

/// What a body says, as JSON.
///
/// # Errors
/// It cannot be read, or is of a kind that is not known here.
pub fn decode(body: &[u8]) -> Result<Value, String> {
    let broken = || "the body of the request is no protobuf of the API".to_owned();
    let unknown = body.strip_prefix(b"k8s\0").ok_or_else(broken)?;
    let (mut version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    let mut wire = Wire(unknown);
    while let Some((number, part)) = wire.next()? {
        match (number, part) {
            (1, Part::Bytes(meta)) => {
                let mut wire = Wire(meta);
                while let Some((number, part)) = wire.next()? {
                    match (number, part) {
                        (1, Part::Bytes(text)) => version = String::from_utf8_lossy(text).into_owned(),
                        (2, Part::Bytes(text)) => kind = String::from_utf8_lossy(text).into_owned(),
                        _ => {}
                    }
                }
            }
            (2, Part::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let message =
        if kind == "DeleteOptions" { "meta.DeleteOptions".to_owned() } else { message(&version, &kind) };
    let Some(fields) = MESSAGES.get(message.as_str()) else {
        return Err(format!(
            "no kind \"{kind}\" of version \"{version}\" is read as protobuf here: send JSON"
        ));
    };
    let package = message.split('.').next().unwrap_or_default();
    let mut decoder = Decoder { left: MOST_VALUES };
    let members = decoder.message(package, fields, raw, 0)?;
    let mut value = json!({ "kind": kind, "apiVersion": version });
    if let Some(own) = value.as_object_mut() {
        own.extend(members);
    }
    Ok(value)
}

fn message(version: &str, kind: &str) -> String {
    let (group, version) = version.split_once('/').unwrap_or(("core", version));
    let package = match (group.split('.').next().unwrap_or_default(), version) {
        ("autoscaling", "v2") => "autoscaling2",
        (package, _) => package,
    };
    format!("{package}.{kind}")
}

enum Part<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Fields one after the other.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn varint(&mut self) -> Result<u64, String> {
        let mut number = 0u64;
        for ix in 0..10 {
            let Some((byte, rest)) = self.0.split_first() else { break };
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << (7 * ix);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("unexpected EOF in the protobuf of the request".to_owned())
    }
    fn take(&mut self, count: u64) -> Result<&'a [u8], String> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > self.0.len() {
            return Err("unexpected EOF in the protobuf of the request".to_owned());
        }
        let (own, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(own)
    }
    fn next(&mut self) -> Result<Option<(u64, Part<'a>)>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let part = match tag & 7 {
            0 => Part::Number(self.varint()?),
            1 => Part::Number(number(self.take(8)?)),
            2 => {
                let count = self.varint()?;
                Part::Bytes(self.take(count)?)
            }
            5 => Part::Number(number(self.take(4)?)),
            _ => return Err("an unknown wire type in the protobuf of the request".to_owned()),
        };
        Ok(Some((tag >> 3, part)))
    }
}

struct Decoder {
    /// So many values may still come.
    left: usize,
}

impl Decoder {
    fn message(
        &mut self,
        package: &str,
        fields: &BTreeMap<u64, Field>,
        bytes: &[u8],
        depth: usize,
    ) -> Result<Map<String, Value>, String> {
        if depth > DEEPEST {
            return Err("the protobuf of the request goes too deep".to_owned());
        }
        let mut members = Map::new();
        let mut wire = Wire(bytes);
        while let Some((number, part)) = wire.next()? {
            let Some(field) = fields.get(&number) else { continue };
            self.left =
                self.left.checked_sub(1).ok_or("the protobuf of the request holds too many values")?;
            if let Some(item) = field.ty.strip_prefix('[') {
                let value = self.value(package, item, &part, depth)?;
                match members.entry(field.name.to_owned()).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(list) => list.push(value),
                    _ => return Err("a field of the protobuf of the request is a list and is not".to_owned()),
                }
            } else if let Some(of) = field.ty.strip_prefix('{') {
                let Part::Bytes(entry) = part else { continue };
                let (mut key, mut value) = (String::new(), None);
                let mut wire = Wire(entry);
                while let Some((number, part)) = wire.next()? {
                    match (number, part) {
                        (1, Part::Bytes(text)) => key = text_of(text)?,
                        (2, part) => value = Some(self.value(package, of, &part, depth)?),
                        _ => {}
                    }
                }
                let value = match value {
                    Some(value) => value,
                    None => self.value(package, of, &Part::Bytes(&[]), depth)?,
                };
                let map = members.entry(field.name.to_owned()).or_insert_with(|| json!({}));
                map[key] = value;
            } else {
                let value = self.value(package, field.ty, &part, depth)?;
                match value {
                    Value::Object(own) if field.name.is_empty() => members.extend(own),
                    value if field.name.is_empty() || (is_zero(&value) && !field.keeps_zero) => {}
                    value => drop(members.insert(field.name.to_owned(), value)),
                }
            }
        }
        Ok(members)
    }

    fn value(&mut self, package: &str, ty: &str, part: &Part<'_>, depth: usize) -> Result<Value, String> {
        let (number, bytes) = match part {
            Part::Number(number) => (*number, &[][..]),
            Part::Bytes(bytes) => (0, *bytes),
        };
        Ok(match ty {
            "s" => Value::String(text_of(bytes)?),
            "b" => (number != 0).into(),
            "i" => number.cast_signed().into(),
            "d" => f64::from_bits(number).into(),
            "y" => Value::String(base64::encode(bytes)),
            "Q" => match first_text(bytes)? {
                text if text.is_empty() => "0".into(),
                text => text.into(),
            },
            "I" => int_or_string(bytes)?,
            "T" | "U" => time(bytes, ty == "U")?,
            "D" => duration(bytes)?,
            "R" | "V" => {
                let mut wire = Wire(bytes);
                let mut value = Value::Null;
                while let Some((number, part)) = wire.next()? {
                    if let (1, Part::Bytes(raw)) = (number, part) {
                        value = serde_json::from_slice(raw).map_err(|problem| {
                            format!("JSON within the protobuf of the request: {problem}")
                        })?;
                    }
                }
                value
            }
            "X" => {
                let mut list = Vec::new();
                let mut wire = Wire(bytes);
                while let Some((_, part)) = wire.next()? {
                    if let Part::Bytes(text) = part {
                        list.push(Value::String(text_of(text)?));
                    }
                }
                Value::Array(list)
            }
            other => {
                let (of, name) = match other.strip_prefix('.') {
                    Some(name) => (package, name),
                    None => other.split_once('.').unwrap_or((package, other)),
                };
                let Some(fields) = MESSAGES.get(format!("{of}.{name}").as_str()) else {
                    return Ok(Value::Null);
                };
                Value::Object(self.message(of, fields, bytes, depth + 1)?)
            }
        })
    }
}

/// What Go writes and JSON leaves out.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(own) => !own,
        Value::Number(own) => own.as_f64() == Some(0.0),
        Value::String(own) => own.is_empty(),
        _ => false,
    }
}

fn text_of(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| "a text in the protobuf of the request is no UTF-8".to_owned())
}

fn first_text(bytes: &[u8]) -> Result<String, String> {
    let mut wire = Wire(bytes);
    let mut text = String::new();
    while let Some((number, part)) = wire.next()? {
        if let (1, Part::Bytes(own)) = (number, part) {
            text = text_of(own)?;
        }
    }
    Ok(text)
}

/// `IntOrString { type = 1, intVal = 2, strVal = 3 }`
fn int_or_string(bytes: &[u8]) -> Result<Value, String> {
    let (mut is_text, mut number, mut text) = (false, 0, String::new());
    let mut wire = Wire(bytes);
    while let Some((field, part)) = wire.next()? {
        match (field, part) {
            (1, Part::Number(own)) => is_text = own == 1,
            (2, Part::Number(own)) => number = own.cast_signed(),
            (3, Part::Bytes(own)) => text = text_of(own)?,
            _ => {}
        }
    }
    Ok(if is_text { text.into() } else { number.into() })
}

/// `Time { seconds = 1, nanos = 2 }`; an empty one is none.
fn time(bytes: &[u8], has_micros: bool) -> Result<Value, String> {
    let (mut seconds, mut nanos, mut is_there) = (0i64, 0i64, false);
    let mut wire = Wire(bytes);
    while let Some((field, part)) = wire.next()? {
        match (field, part) {
            (1, Part::Number(own)) => (seconds, is_there) = (own.cast_signed(), true),
            (2, Part::Number(own)) => (nanos, is_there) = (own.cast_signed(), true),
            _ => {}
        }
    }
    // The year 1, which is Go's zero, and what no calendar here reaches.
    let fits = (-62_000_000_000..=253_402_300_799).contains(&seconds) && (0..1_000_000_000).contains(&nanos);
    if !is_there || !fits {
        return Ok(Value::Null);
    }
    let at = Time::from_secs(seconds) + Span::from_micros(nanos / 1000);
    Ok(if has_micros { at.rfc3339_micros() } else { at.rfc3339_secs() }.into())
}

/// `Duration { duration = 1 }`, in nanoseconds.
fn duration(bytes: &[u8]) -> Result<Value, String> {
    let mut wire = Wire(bytes);
    let mut nanos = 0;
    while let Some((field, part)) = wire.next()? {
        if let (1, Part::Number(own)) = (field, part) {
            nanos = own.cast_signed();
        }
    }
    Ok(format!("{}ns", nanos).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).expect("a short field")];
        out.extend_from_slice(bytes);
        out
    }

    fn enveloped(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
        [b"k8s\0".to_vec(), field(1, &meta), field(2, raw)].concat()
    }

    #[test]
    fn a_body_is_read_as_json_would_have_it() {
        let meta = [field(1, b"lead"), field(2, b""), field(8, b"")].concat();
        let renewed = [vec![8, 0x80, 0xc2, 0xaf, 0xf0, 0x05], vec![0x10, 0xe8, 0x07]].concat();
        let spec = [field(1, b"me"), vec![0x10, 15], field(4, &renewed), vec![0x28, 0]].concat();
        let body = enveloped("coordination.k8s.io/v1", "Lease", &[field(1, &meta), field(2, &spec)].concat());
        let read = decode(&body).expect("a lease");
        assert_eq!(
            read.to_string(),
            "{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"metadata\":{\"name\":\"lead\"},\"spec\":{\
             \"holderIdentity\":\"me\",\"leaseDurationSeconds\":15,\"renewTime\":\"2020-01-01T00:00:00.000001Z\",\
             \"leaseTransitions\":0}}"
        );
    }

    #[test]
    fn hostile_bodies_are_refused() {
        assert!(decode(b"nothing").is_err());
        assert!(decode(&enveloped("v1", "Pod", &[0xff; 20])).is_err());
        assert!(decode(&enveloped("v1", "Widget", b"")).is_err());
        // A length that is longer than all there is.
        assert!(decode(&enveloped("v1", "Pod", &[0x0a, 0xff, 0xff, 0x7f])).is_err());
        let many: Vec<u8> = (0..MOST_VALUES + 1).flat_map(|_| [0x12, 0]).collect();
        let mut decoder = Decoder { left: MOST_VALUES };
        assert!(decoder.message("core", &MESSAGES["core.PodSpec"], &many, 0).is_err());
    }
}
