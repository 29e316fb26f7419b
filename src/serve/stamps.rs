//! Objects as text in which the instants can be replaced: encoded once, and told on the clock of whoever asks.
//!
//! A client reckons ages by the clock on its own wall, and the simulation has another one. So what the API tells of an instant `t` is
//! `wall - (now - t)`. The texts of instants have one length, so that they are replaced where they stand, and an object is
//! encoded once for all who ask.

use serde_json::Value;

use crate::time::{Span, Time};

/// A part of an object, spelled: `"metadata":{…}`, or its other members up to the closing brace, or both.
#[derive(Clone, Debug)]
pub struct Stamped {
    text: Box<str>,
    /// Where instants stand in it, and how long each is.
    stamps: Box<[(u32, u8)]>,
}

/// `2006-01-02T15:04:05Z`
const SECONDS: usize = 20;
/// `2006-01-02T15:04:05.000000Z`
const MICROS: usize = 27;

impl Stamped {
    /// Spells an object without `kind` and `apiVersion`: its members, from `"metadata":…` to the closing brace.
    pub fn of(object: &Value) -> Stamped {
        let mut text = head(object);
        tail(&mut text, object);
        Stamped::spelled(text)
    }
    /// `"metadata":{…}` alone, which is all that a row of a table shows.
    pub fn of_metadata(object: &Value) -> Stamped {
        Stamped::spelled(head(object))
    }
    /// All that stands behind it.
    pub fn of_rest(object: &Value) -> Stamped {
        let mut text = String::new();
        tail(&mut text, object);
        Stamped::spelled(text)
    }
    fn spelled(text: String) -> Stamped {
        let stamps = stamps(&text);
        Stamped { text: text.into(), stamps: stamps.into() }
    }

    /// Writes it, all instants so much later.
    pub fn write(&self, out: &mut Vec<u8>, shift: Span) {
        let begin = out.len();
        out.extend_from_slice(self.text.as_bytes());
        if shift == Span::ZERO {
            return;
        }
        for (at, long) in &self.stamps {
            let own = *at as usize..*at as usize + usize::from(*long);
            let Some(time) = Time::parse_rfc3339(&self.text[own.clone()]) else { continue };
            let shifted = shifted(time, shift, usize::from(*long));
            if shifted.len() == own.len() {
                out[begin + own.start..begin + own.end].copy_from_slice(shifted.as_bytes());
            }
        }
    }
}

fn head(object: &Value) -> String {
    match object.get("metadata") {
        Some(metadata) => format!("\"metadata\":{metadata}"),
        None => "\"metadata\":{}".to_owned(),
    }
}

fn tail(text: &mut String, object: &Value) {
    for (name, value) in object.as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "kind" | "apiVersion" | "metadata") {
            text.push_str(&format!(",{}:{value}", Value::from(name.as_str())));
        }
    }
    text.push('}');
}

/// An instant so much later, in the precision in which it was written: whole seconds are rounded, not cut a second time.
fn shifted(time: Time, shift: Span, long: usize) -> String {
    let at = time + shift;
    if long == MICROS { at.rfc3339_micros() } else { (at + Span::from_millis(500)).rfc3339_secs() }
}

/// All instants of an object told so much later.
pub fn shift(object: &Value, by: Span) -> Value {
    let mut out = b"{".to_vec();
    Stamped::of(object).write(&mut out, by);
    let mut new: Value = serde_json::from_slice(&out).unwrap_or_default();
    for name in ["kind", "apiVersion"] {
        if let Some(value) = object.get(name) {
            new[name] = value.clone();
        }
    }
    new
}

/// Members that hold an instant. Names of annotations that look alike hold what somebody wrote.
fn is_instant(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain
        && (name.ends_with("Time")
            || name.ends_with("Timestamp")
            || matches!(name, "startedAt" | "finishedAt" | "timestamp" | "time"))
}

/// Where instants stand, and how long each is.
fn stamps(text: &str) -> Vec<(u32, u8)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // Every instant follows `":"`.
    let mut from = 0;
    while let Some(at) = text[from..].find("\":\"") {
        let value = from + at + 3;
        from = value;
        let name = text[..value - 3].rfind('"').map_or("", |quote| &text[quote + 1..value - 3]);
        let long = [SECONDS, MICROS].into_iter().find(|long| {
            let end = value + long;
            bytes.get(end) == Some(&b'"') && bytes[end - 1] == b'Z' && bytes[value + 10] == b'T'
        });
        if let Some(long) = long.filter(|_| is_instant(name)) {
            found.push((u32::try_from(value).unwrap_or(u32::MAX), long as u8));
            from += long;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instants_are_shifted_and_nothing_else() {
        let object = json!({
            "kind": "Pod",
            "metadata": {
                "creationTimestamp": "2020-01-01T00:00:00Z",
                "annotations": { "restartedAt/x": "2020-01-01T00:00:00Z" },
            },
            "status": { "startTime": "2020-01-01T00:00:01Z", "message": "2020-01-01T00:00:00Z" },
            "eventTime": "2020-01-01T00:00:00.500000Z",
        });
        let later = shift(&object, Span::from_secs(3600));
        assert_eq!(later["metadata"]["creationTimestamp"], "2020-01-01T01:00:00Z");
        assert_eq!(later["metadata"]["annotations"]["restartedAt/x"], "2020-01-01T00:00:00Z");
        assert_eq!(later["status"]["startTime"], "2020-01-01T01:00:01Z");
        assert_eq!(later["status"]["message"], "2020-01-01T00:00:00Z");
        assert_eq!(later["eventTime"], "2020-01-01T01:00:00.500000Z");
        assert_eq!(later["kind"], "Pod");
    }
}
