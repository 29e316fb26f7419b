//! Field errors as the API server lists them: a path, a kind, the value that was refused, and why.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/validation/field/{path,errors}.go (1.36.2). The surprise: an error
//! shows its value only where the kind calls for it (`Required value` and `Forbidden` never do), and strings are
//! quoted as Go's `%q` quotes them.

use crate::rules::machinery::quote::quote;
use std::fmt;

use serde_json::Value;

/// What is wrong with a field, in the API's words (`metav1.CauseType` is the same text).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ErrorType {
    NotFound,
    Required,
    Duplicate,
    Invalid,
    NotSupported,
    Forbidden,
    TooLong,
    TooMany,
    Internal,
}

impl ErrorType {
    /// `FieldValueInvalid`: as a program reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorType::NotFound => "FieldValueNotFound",
            ErrorType::Required => "FieldValueRequired",
            ErrorType::Duplicate => "FieldValueDuplicate",
            ErrorType::Invalid => "FieldValueInvalid",
            ErrorType::NotSupported => "FieldValueNotSupported",
            ErrorType::Forbidden => "FieldValueForbidden",
            ErrorType::TooLong => "FieldValueTooLong",
            ErrorType::TooMany => "FieldValueTooMany",
            ErrorType::Internal => "InternalError",
        }
    }
    /// `Invalid value`: as a person reads it.
    pub fn text(self) -> &'static str {
        match self {
            ErrorType::NotFound => "Not found",
            ErrorType::Required => "Required value",
            ErrorType::Duplicate => "Duplicate value",
            ErrorType::Invalid => "Invalid value",
            ErrorType::NotSupported => "Unsupported value",
            ErrorType::Forbidden => "Forbidden",
            ErrorType::TooLong => "Too long",
            ErrorType::TooMany => "Too many",
            ErrorType::Internal => "Internal error",
        }
    }
}

/// One refusal. `Display` is the whole line, `spec.containers[0].image: Required value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    pub kind: ErrorType,
    /// `spec.containers[0].livenessProbe.periodSeconds`; keys of maps stand in brackets: `requests[cpu]`.
    pub field: String,
    /// The refused value as it is shown; none where the kind shows none.
    pub value: Option<String>,
    pub detail: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.kind.text())?;
        if let Some(value) = &self.value {
            write!(f, ": {value}")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// A value as an error shows it.
pub trait Shown {
    fn shown(&self) -> String;
}
impl Shown for str {
    fn shown(&self) -> String {
        quote(self)
    }
}
impl Shown for &str {
    fn shown(&self) -> String {
        quote(self)
    }
}
impl Shown for String {
    fn shown(&self) -> String {
        quote(self)
    }
}
impl Shown for i64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}
impl Shown for usize {
    fn shown(&self) -> String {
        self.to_string()
    }
}
impl Shown for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}
/// Scalars as Go prints them, anything else as JSON.
impl Shown for Value {
    fn shown(&self) -> String {
        match self {
            Value::String(text) => quote(text),
            Value::Null => "null".to_owned(),
            other => other.to_string(),
        }
    }
}

/// The refusals of one object, in the order in which the rules found them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    fn push(
        &mut self,
        kind: ErrorType,
        path: impl Into<String>,
        value: Option<String>,
        detail: impl Into<String>,
    ) {
        self.0.push(FieldError { kind, field: path.into(), value, detail: detail.into() });
    }
    pub fn required(&mut self, path: impl Into<String>, detail: impl Into<String>) {
        self.push(ErrorType::Required, path, None, detail);
    }
    pub fn forbidden(&mut self, path: impl Into<String>, detail: impl Into<String>) {
        self.push(ErrorType::Forbidden, path, None, detail);
    }
    pub fn invalid(&mut self, path: impl Into<String>, value: impl Shown, detail: impl Into<String>) {
        self.push(ErrorType::Invalid, path, Some(value.shown()), detail);
    }
    /// A sentence stands in the value's place, without quotes (`field.OmitValueType`).
    pub fn invalid_bare(&mut self, path: impl Into<String>, detail: impl Into<String>) {
        self.push(ErrorType::Invalid, path, None, detail);
    }
    /// One error for each of `details`, about the same value.
    pub fn invalid_each(&mut self, path: &str, value: impl Shown, details: Vec<String>) {
        for detail in details {
            self.push(ErrorType::Invalid, path, Some(value.shown()), detail);
        }
    }
    pub fn duplicate(&mut self, path: impl Into<String>, value: impl Shown) {
        self.push(ErrorType::Duplicate, path, Some(value.shown()), "");
    }
    pub fn duplicate_because(
        &mut self,
        path: impl Into<String>,
        value: impl Shown,
        detail: impl Into<String>,
    ) {
        self.push(ErrorType::Duplicate, path, Some(value.shown()), detail);
    }
    pub fn not_found(&mut self, path: impl Into<String>, value: impl Shown, detail: impl Into<String>) {
        self.push(ErrorType::NotFound, path, Some(value.shown()), detail);
    }
    pub fn not_supported(&mut self, path: impl Into<String>, value: impl Shown, supported: &[&str]) {
        let list: Vec<String> = supported.iter().map(|text| quote(text)).collect();
        let detail =
            if list.is_empty() { String::new() } else { format!("supported values: {}", list.join(", ")) };
        self.push(ErrorType::NotSupported, path, Some(value.shown()), detail);
    }
    pub fn too_many(&mut self, path: impl Into<String>, count: usize, max: usize) {
        self.push(ErrorType::TooMany, path, Some(count.shown()), format!("must have at most {max} items"));
    }
    pub fn too_long(&mut self, path: impl Into<String>, max: usize) {
        self.push(ErrorType::TooLong, path, None, format!("may not be more than {max} bytes"));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// A value of a decoded object together with its path, so that no rule spells a path by hand.
///
/// What is absent reads as its zero: an empty text, 0, false, no items.
#[derive(Clone, Debug)]
pub struct At<'a> {
    pub value: &'a Value,
    pub path: String,
}

static ABSENT: Value = Value::Null;

impl<'a> At<'a> {
    pub fn new(value: &'a Value, path: &str) -> At<'a> {
        At { value, path: path.to_owned() }
    }
    pub fn child(&self, name: &str) -> At<'a> {
        let value = self.value.get(name).unwrap_or(&ABSENT);
        At { value, path: self.path_of(name) }
    }
    /// The path of a member, whether or not it is there.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
    /// The path of an entry of this map.
    pub fn path_of_key(&self, key: &str) -> String {
        format!("{}[{key}]", self.path)
    }
    /// The member, if it is set: for pointers.
    pub fn some(&self, name: &str) -> Option<At<'a>> {
        let child = self.child(name);
        (!child.value.is_null()).then_some(child)
    }
    pub fn is_set(&self) -> bool {
        !self.value.is_null()
    }
    pub fn str(&self) -> &'a str {
        self.value.as_str().unwrap_or("")
    }
    pub fn int(&self) -> i64 {
        self.value.as_i64().unwrap_or(0)
    }
    pub fn bool(&self) -> bool {
        self.value.as_bool().unwrap_or(false)
    }
    pub fn text_of(&self, name: &str) -> &'a str {
        self.value.get(name).and_then(Value::as_str).unwrap_or("")
    }
    pub fn int_of(&self, name: &str) -> i64 {
        self.value.get(name).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn bool_of(&self, name: &str) -> bool {
        self.value.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn len(&self) -> usize {
        match self.value {
            Value::Array(items) => items.len(),
            Value::Object(entries) => entries.len(),
            _ => 0,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn items(&self) -> impl Iterator<Item = At<'a>> + use<'a, '_> {
        let items: &'a [Value] = self.value.as_array().map_or(&[], Vec::as_slice);
        items.iter().enumerate().map(move |(i, value)| At { value, path: format!("{}[{i}]", self.path) })
    }
    /// The entries of a map, sorted by key. (Go's order is random; sorted is one of its orders.)
    pub fn entries(&self) -> Vec<(&'a str, &'a Value)> {
        let mut entries: Vec<(&str, &Value)> = self
            .value
            .as_object()
            .map(|map| map.iter().map(|(k, v)| (k.as_str(), v)).collect())
            .unwrap_or_default();
        entries.sort_by_key(|(key, _)| *key);
        entries
    }
    pub fn texts(&self) -> Vec<&'a str> {
        self.value
            .as_array()
            .map(|items| items.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        assert_eq!(quote("wéb \"x\"\\\n\u{1}\u{200b}\u{a0}"), "\"wéb \\\"x\\\"\\\\\\n\\x01\\u200b\\u00a0\"");
    }

    #[test]
    fn an_error_reads_like_the_api_servers() {
        let mut errors = Errors::default();
        errors.invalid("a.b[0]", 0i64, "must be greater than zero");
        errors.required("a", "");
        errors.not_supported("p", "x", &["A", "B"]);
        let lines: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "a.b[0]: Invalid value: 0: must be greater than zero",
                "a: Required value",
                "p: Unsupported value: \"x\": supported values: \"A\", \"B\"",
            ]
        );
    }
}
