//! A manifest as the API server decodes it: unknown fields are noted, wrong types are refused in Go's words.
//!
//! Source: sigs.k8s.io/json (`UnmarshalStrict`, a copy of encoding/json) as apimachinery's serializer calls it
//! (pkg/runtime/serializer/json/json.go, 1.36.2). The surprises: the first wrong type does not stop the decoder, but a
//! malformed quantity or time does and then hides it; a `null` is as if the field were not there; and an empty text is
//! the same as none for plain fields, but not for those that Go keeps behind a pointer (`container.restartPolicy: ""`).
//!
//! What comes out is the object as Go would write it again: known fields in Go's order, zeros left out, quantities in
//! their canonical form. Defaults and validation work on that.

#[macro_use]
pub mod schema;
pub(super) mod cluster;
pub(super) mod older;
pub(super) mod workloads;

use std::fmt;

use serde_json::{Map, Number, Value};

use self::schema::{Struct, Type};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::machinery::base64;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::machinery::quote::quote;
use crate::rules::versions::Version;

/// A decoded manifest.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded {
    /// `metadata`, `spec` (and `status`), each as Go would write it.
    pub object: Map<String, Value>,
    /// Unknown fields, as strict decoding lists them: `unknown field "spec.foo"`.
    pub strict: Vec<StrictError>,
}

/// A field that strict decoding does not accept. `Display` is the API server's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StrictError {
    /// There is no such field.
    Unknown(String),
    /// It stands there twice.
    Duplicate(String),
}

impl StrictError {
    /// `spec.containers[0].foo`
    pub fn field(&self) -> &str {
        match self {
            StrictError::Unknown(field) | StrictError::Duplicate(field) => field,
        }
    }
}

impl fmt::Display for StrictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StrictError::Unknown(field) => write!(f, "unknown field {}", quote(field)),
            StrictError::Duplicate(field) => write!(f, "duplicate field {}", quote(field)),
        }
    }
}

/// `strict decoding error: unknown field "spec.foo", unknown field "spec.bar"`; empty without errors.
pub fn strict_message(errors: &[StrictError]) -> String {
    if errors.is_empty() {
        return String::new();
    }
    let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
    format!("strict decoding error: {}", list.join(", "))
}

/// Why a manifest is not a pod. `Display` is the decoder's own text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// The decoder's text.
    pub message: String,
    /// Where, as far as the decoder knows: `spec.containers[0].command`.
    pub field: Option<String>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for DecodeError {}

fn refuse(message: impl Into<String>) -> DecodeError {
    DecodeError { message: message.into(), field: None }
}

/// Decodes `v1.Pod` as `version` knows it.
///
/// # Errors
/// The manifest is no pod, or a value has the wrong type.
pub fn pod(manifest: &Value, version: Version) -> Result<Decoded, DecodeError> {
    object(ObjectType::Pod, manifest, version)
}

/// Decodes an object of a kind as `version` knows it.
///
/// # Errors
/// The manifest is no such object, or a value has the wrong type.
pub fn object(kind: ObjectType, manifest: &Value, version: Version) -> Result<Decoded, DecodeError> {
    let (says_group_version, says_kind) = version_and_kind(manifest)?;
    if says_kind != kind.law().name || !kind.is_served_as(says_group_version) {
        return Err(unregistered(says_group_version, says_kind));
    }
    let Some(older) = kind.older(says_group_version) else { return known(kind, manifest, version) };
    let mut decoded = as_struct(older.schema, manifest, version)?;
    (older.convert)(&mut decoded.object);
    Ok(decoded)
}

/// Decodes an object whose kind is known, and which need not say it; who says that it is of an older version is read so.
///
/// # Errors
/// A value has the wrong type.
pub fn stored(
    kind: ObjectType,
    object: Map<String, Value>,
    version: Version,
) -> Result<Decoded, DecodeError> {
    let group_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let older = kind.older(group_version);
    let object = Value::Object(object);
    let Some(older) = older else { return known(kind, &object, version) };
    let mut decoded = as_struct(older.schema, &object, version)?;
    (older.convert)(&mut decoded.object);
    Ok(decoded)
}

fn known(kind: ObjectType, manifest: &Value, version: Version) -> Result<Decoded, DecodeError> {
    as_struct(kind.law().schema, manifest, version)
}

fn as_struct(schema: &'static Struct, manifest: &Value, version: Version) -> Result<Decoded, DecodeError> {
    let (value, strict) = decode(&Type::Struct(schema), manifest, "", version)?;
    let Value::Object(mut object) = value else {
        return Err(refuse("the manifest is not an object"));
    };
    object.shift_remove("kind");
    object.shift_remove("apiVersion");
    Ok(Decoded { object, strict })
}

/// Decodes a `v1.PodSpec` that stands by itself, e.g. in a scenario; paths begin with `at` (`spec`).
///
/// # Errors
/// A value has the wrong type.
pub fn pod_spec(
    spec: &Value,
    at: &str,
    version: Version,
) -> Result<(Map<String, Value>, Vec<StrictError>), DecodeError> {
    match decode(&Type::Struct(&schema::PodSpec), spec, at, version)? {
        (Value::Object(object), strict) => Ok((object, strict)),
        _ => Err(refuse("the spec is not an object")),
    }
}

/// `SimpleMetaFactory.Interpret`: what a manifest says it is.
///
/// # Errors
/// It does not say so.
pub fn version_and_kind(manifest: &Value) -> Result<(&str, &str), DecodeError> {
    let Some(object) = manifest.as_object() else {
        return Err(refuse(format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type \
             struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
             \"json:\\\"kind,omitempty\\\"\" }}",
            kind_of(manifest)
        )));
    };
    let text = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => Err(DecodeError {
            message: format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go struct field \
                 .{name} of type string",
                kind_of(other)
            ),
            field: Some(name.to_owned()),
        }),
    };
    let (version, kind) = (text("apiVersion")?, text("kind")?);
    if version.matches('/').count() > 1 {
        return Err(DecodeError {
            message: format!("unexpected GroupVersion string: {version}"),
            field: Some("apiVersion".to_owned()),
        });
    }
    let missing = |name: &str, field: &str| DecodeError {
        message: format!("Object '{name}' is missing in '{manifest}'"),
        field: Some(field.to_owned()),
    };
    if kind.is_empty() {
        return Err(missing("Kind", "kind"));
    }
    if version.is_empty() || version.ends_with('/') {
        return Err(missing("apiVersion", "apiVersion"));
    }
    Ok((version, kind))
}

/// The scheme's look-up found nothing.
pub fn unregistered(group_version: &str, kind: &str) -> DecodeError {
    DecodeError {
        message: format!(
            "no kind {} is registered for version {} in scheme {}",
            quote(kind),
            quote(group_version),
            quote("pkg/api/legacyscheme/scheme.go:30")
        ),
        field: Some(if group_version == "v1" { "kind" } else { "apiVersion" }.to_owned()),
    }
}

fn decode(
    ty: &Type,
    value: &Value,
    at: &str,
    version: Version,
) -> Result<(Value, Vec<StrictError>), DecodeError> {
    let mut decoder = Decoder {
        version,
        strict: Vec::new(),
        first: None,
        owner: None,
        names: if at.is_empty() { Vec::new() } else { at.split('.').map(str::to_owned).collect() },
        path: at.to_owned(),
        depth: 0,
    };
    let decoded = decoder.value(ty, value)?;
    match decoder.first {
        Some(error) => Err(error),
        None => Ok((decoded, decoder.strict)),
    }
}

struct Decoder {
    version: Version,
    strict: Vec<StrictError>,
    /// The first wrong type; decoding goes on after it.
    first: Option<DecodeError>,
    /// The struct whose field is being decoded: what Go's error calls `Struct`.
    owner: Option<&'static str>,
    /// The fields on the way to it, without indices and keys: what Go's error calls `Field`.
    names: Vec<String>,
    /// The same with indices and keys, for people and for strict errors.
    path: String,
    depth: usize,
}

/// As deep as encoding/json goes.
const MAX_DEPTH: usize = 10_000;

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl Decoder {
    fn type_error(&self, what: &str, go_type: &str) -> DecodeError {
        let message = match self.owner {
            Some(owner) => format!(
                "json: cannot unmarshal {what} into Go struct field {owner}.{} of type {go_type}",
                self.names.join(".")
            ),
            None => format!("json: cannot unmarshal {what} into Go value of type {go_type}"),
        };
        DecodeError { message, field: Some(self.path.clone()) }
    }

    fn note(&mut self, what: &str, ty: &Type) {
        if self.first.is_none() {
            self.first = Some(self.type_error(what, &ty.go_name()));
        }
    }

    /// The value as Go holds it; the zero of its type after a wrong type. `Err` where Go stops at once.
    fn value(&mut self, ty: &Type, value: &Value) -> Result<Value, DecodeError> {
        if self.depth > MAX_DEPTH {
            return Err(refuse("exceeded max depth"));
        }
        self.depth += 1;
        let decoded = self.value_at_depth(ty, value);
        self.depth -= 1;
        decoded
    }

    fn value_at_depth(&mut self, ty: &Type, value: &Value) -> Result<Value, DecodeError> {
        if value.is_null() {
            return Ok(zero(ty, self.version));
        }
        let decoded = match (ty, value) {
            (Type::Pointer(inner), value) => return self.value(inner, value),
            (Type::Raw, value) => value.clone(),
            (Type::Struct(s), Value::Object(members)) => return self.object(s, members),
            (Type::List(item), Value::Array(items)) => return self.list(item, items),
            (Type::Map(_, of), Value::Object(entries)) => return self.map(of, entries),
            (Type::Bytes, Value::String(text)) => match base64::check(text) {
                Ok(text) => Value::String(text),
                Err(at) => {
                    if self.first.is_none() {
                        self.first = Some(self.stop(format!("illegal base64 data at input byte {at}")));
                    }
                    Value::Null
                }
            },
            (Type::Bool, Value::Bool(_)) | (Type::Text(_), Value::String(_)) => value.clone(),
            (Type::Int64, Value::Number(n)) if n.as_i64().is_some() => value.clone(),
            (Type::Int32, Value::Number(n)) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
                value.clone()
            }
            (Type::Int32 | Type::Int64, Value::Number(n)) => {
                self.note(&format!("number {n}"), ty);
                zero(ty, self.version)
            }
            (Type::Quantity, value) => return self.quantity(value),
            (Type::IntOrString, Value::String(_)) => value.clone(),
            (Type::IntOrString, value) => return self.port(value),
            (Type::Time, Value::String(text)) => {
                return match crate::time::Time::parse_rfc3339(text) {
                    Some(time) => Ok(Value::String(time.rfc3339_secs())),
                    None => Err(self.stop(format!(
                        "parsing time {} as \"2006-01-02T15:04:05Z07:00\": cannot parse {} as \"2006\"",
                        quote(text),
                        quote(text)
                    ))),
                };
            }
            (Type::Time, value) => return Err(self.type_error(kind_of(value), "string")),
            (ty, value) => {
                self.note(kind_of(value), ty);
                zero(ty, self.version)
            }
        };
        Ok(decoded)
    }

    fn stop(&self, message: String) -> DecodeError {
        DecodeError { message, field: Some(self.path.clone()) }
    }

    /// `Quantity.UnmarshalJSON`: takes a text or anything else as it is spelled.
    fn quantity(&self, value: &Value) -> Result<Value, DecodeError> {
        let spelled = value.to_string();
        let text = value.as_str().unwrap_or(&spelled).trim();
        match Quantity::parse(text) {
            Ok(quantity) => Ok(Value::String(quantity.to_string())),
            Err(error) => Err(self.stop(error.to_string())),
        }
    }

    /// `IntOrString.UnmarshalJSON` of what is no text.
    fn port(&self, value: &Value) -> Result<Value, DecodeError> {
        match value {
            Value::Number(n) => match n.as_i64() {
                Some(port) if i32::try_from(port).is_ok() => Ok(value.clone()),
                _ => Err(self.type_error(&format!("number {n}"), "int32")),
            },
            other => Err(self.type_error(kind_of(other), "int32")),
        }
    }

    fn list(&mut self, item: &Type, items: &[Value]) -> Result<Value, DecodeError> {
        let length = self.path.len();
        let mut decoded = Vec::with_capacity(items.len());
        for (i, value) in items.iter().enumerate() {
            self.path.push_str(&format!("[{i}]"));
            decoded.push(self.value(item, value)?);
            self.path.truncate(length);
        }
        Ok(Value::Array(decoded))
    }

    fn map(&mut self, of: &Type, entries: &Map<String, Value>) -> Result<Value, DecodeError> {
        let length = self.path.len();
        let mut decoded = Map::new();
        for (key, value) in entries {
            self.path.push('.');
            self.path.push_str(key);
            decoded.insert(key.clone(), self.value(of, value)?);
            self.path.truncate(length);
        }
        // Go writes a map by its keys.
        decoded.sort_keys();
        Ok(Value::Object(decoded))
    }

    fn object(&mut self, s: &'static Struct, members: &Map<String, Value>) -> Result<Value, DecodeError> {
        let (owner, length) = (self.owner, self.path.len());
        let mut found: Map<String, Value> = Map::new();
        for (name, value) in members {
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(name);
            match s.field(name, self.version) {
                None => {
                    let error = StrictError::Unknown(self.path.clone());
                    // Upstream keeps a hundred and says each once.
                    if self.strict.len() < 100 && !self.strict.contains(&error) {
                        self.strict.push(error);
                    }
                }
                Some(field) => {
                    self.owner = Some(s.name);
                    self.names.push(name.clone());
                    found.insert(name.clone(), self.value(&field.ty, value)?);
                    self.names.pop();
                    self.owner = owner;
                }
            }
            self.path.truncate(length);
        }
        Ok(Value::Object(write(s, found, self.version)))
    }
}

/// A struct as Go writes it: its fields in order, zeros left out where they may be.
fn write(s: &Struct, mut found: Map<String, Value>, version: Version) -> Map<String, Value> {
    let mut written = Map::new();
    for field in s.fields_of(version) {
        let value = found.shift_remove(field.name).unwrap_or_else(|| zero(&field.ty, version));
        if field.keep || !is_zero(&field.ty, &value) {
            written.insert(field.name.to_owned(), value);
        }
    }
    written
}

/// Whether `omitempty` leaves the value out. Structs and what marshals itself are always written.
fn is_zero(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (_, Value::Null) => true,
        (Type::Pointer(_) | Type::Struct(_) | Type::Quantity | Type::IntOrString | Type::Time, _) => false,
        (_, Value::Bool(set)) => !set,
        (_, Value::Number(n)) => n.as_i64() == Some(0),
        (_, Value::String(text)) => text.is_empty(),
        (_, Value::Array(items)) => items.is_empty(),
        (_, Value::Object(entries)) => entries.is_empty(),
    }
}

fn zero(ty: &Type, version: Version) -> Value {
    match ty {
        Type::Bool => Value::Bool(false),
        Type::Int32 | Type::Int64 | Type::IntOrString => Value::Number(Number::from(0)),
        Type::Text(_) => Value::String(String::new()),
        Type::Quantity => Value::String("0".to_owned()),
        Type::Struct(s) => Value::Object(write(s, Map::new(), version)),
        Type::Bytes | Type::Time | Type::Raw | Type::List(_) | Type::Map(..) | Type::Pointer(_) => {
            Value::Null
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod_with(spec: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec})
    }

    #[test]
    fn no_field_stands_twice() {
        for s in [schema::ALL, workloads::ALL, cluster::ALL, older::ALL].into_iter().flatten() {
            let mut names: Vec<&str> = s.fields.iter().map(|f| f.name).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{}", s.name);
        }
    }

    #[test]
    fn an_unknown_field_is_noted_with_its_index() {
        let manifest = pod_with(
            &json!({"containers": [{"name": "a"}, {"name": "b", "imagee": "x", "env": [{"nam": 1}]}]}),
        );
        let decoded = pod(&manifest, Version::DEFAULT).expect("decodes");
        assert_eq!(
            strict_message(&decoded.strict),
            "strict decoding error: unknown field \"spec.containers[1].imagee\", unknown field \
             \"spec.containers[1].env[0].nam\""
        );
    }

    #[test]
    fn the_first_wrong_type_is_reported_unless_a_quantity_stops_the_decoder() {
        let wrong = json!({"hostname": 1, "containers": {"name": "a"}});
        let error = pod(&pod_with(&wrong), Version::DEFAULT).expect_err("refused");
        assert_eq!(
            error.message,
            "json: cannot unmarshal number into Go struct field PodSpec.spec.hostname of type string"
        );
        let both = json!({"hostname": 1, "containers": [{"resources": {"limits": {"cpu": "1x"}}}]});
        let error = pod(&pod_with(&both), Version::DEFAULT).expect_err("refused");
        assert_eq!(error.field.as_deref(), Some("spec.containers[0].resources.limits.cpu"));
        assert!(!error.message.starts_with("json:"), "{error}");
    }

    #[test]
    fn zeros_are_left_out_but_not_behind_a_pointer() {
        let spec = json!({"restartPolicy": "", "containers": [{"name": "a", "restartPolicy": "", "tty": false, "stdin": null}]});
        let decoded = pod(&pod_with(&spec), Version::DEFAULT).expect("decodes");
        assert_eq!(
            decoded.object["spec"],
            json!({"containers": [{"name": "a", "resources": {}, "restartPolicy": ""}]})
        );
    }

    #[test]
    fn a_field_is_unknown_to_a_version_before_it() {
        let spec = json!({"containers": [{"name": "a", "restartPolicyRules": []}]});
        let strict = |version| pod(&pod_with(&spec), version).expect("decodes").strict.len();
        assert_eq!((strict(Version::of_minor(33)), strict(Version::of_minor(34))), (1, 0));
    }

    /// A value of every type that is not zero and that the typed spec can hold.
    fn sample(ty: &Type) -> Value {
        match ty {
            Type::Bool => json!(true),
            Type::Int32 | Type::Int64 => json!(7),
            Type::Text("v1.RestartPolicy" | "v1.ContainerRestartPolicy") => json!("Always"),
            Type::Text("v1.TaintEffect") => json!("NoExecute"),
            Type::Text(_) => json!("text"),
            Type::Bytes => json!("dGV4dA=="),
            Type::Quantity => json!("7"),
            Type::IntOrString => json!(80),
            Type::Time => json!("2026-07-01T12:00:00Z"),
            Type::Raw => json!({"f:x": {}}),
            Type::List(item) => json!([sample(item)]),
            Type::Map(_, value) => json!({"key": sample(value)}),
            Type::Pointer(inner) => sample(inner),
            Type::Struct(s) => Value::Object(
                s.fields_of(Version::DEFAULT).map(|f| (f.name.to_owned(), sample(&f.ty))).collect(),
            ),
        }
    }

    #[test]
    fn every_known_field_survives_decoding_and_the_typed_spec() {
        let mut full = sample(&Type::Struct(&schema::Pod));
        full["apiVersion"] = json!("v1");
        full["kind"] = json!("Pod");
        let decoded = pod(&full, Version::DEFAULT).expect("decodes");
        assert_eq!(decoded.strict, []);
        for half in ["metadata", "spec", "status"] {
            assert_eq!(decoded.object[half], full[half], "{half}");
        }
        let spec: crate::api::PodSpec = serde_json::from_value(full["spec"].clone()).expect("a typed spec");
        assert_eq!(serde_json::to_value(spec).expect("JSON"), full["spec"]);
        let metadata: crate::api::ObjectMeta =
            serde_json::from_value(full["metadata"].clone()).expect("typed");
        assert_eq!(serde_json::to_value(metadata).expect("JSON"), full["metadata"]);
    }

    #[test]
    fn what_must_be_written_survives_the_typed_spec() {
        // Members that are zero and written all the same: `exec: {}`, `seconds: 0`, `key: ""`.
        fn least(ty: &Type) -> Value {
            match ty {
                Type::List(item) => json!([least(item)]),
                Type::Map(_, value) => json!({"key": least(value)}),
                Type::Pointer(inner) => least(inner),
                Type::Struct(s) => {
                    let kept = s.fields.iter().filter(|f| f.keep || matches!(f.ty, Type::Struct(_)));
                    Value::Object(kept.map(|f| (f.name.to_owned(), zero(&f.ty, Version::DEFAULT))).collect())
                }
                other => sample(other),
            }
        }
        for field in schema::PodSpec.fields_of(Version::DEFAULT) {
            let spec = json!({"containers": [{"name": "a"}], field.name: least(&field.ty)});
            // A list that must be there is null where it is empty; no validated spec has that.
            let has_null = spec.to_string().contains("null");
            let (decoded, _) = pod_spec(&spec, "spec", Version::DEFAULT).expect("decodes");
            let decoded = Value::Object(decoded);
            match serde_json::from_value::<crate::api::PodSpec>(decoded.clone()) {
                Ok(typed) => {
                    assert_eq!(serde_json::to_value(typed).expect("JSON"), decoded, "{}", field.name)
                }
                Err(error) => assert!(has_null, "{}: {error}", field.name),
            }
        }
        for field in schema::Container.fields {
            let mut container = json!({"name": "a", "resources": {}});
            container[field.name] = least(&field.ty);
            let (decoded, _) =
                pod_spec(&json!({"containers": [container]}), "spec", Version::DEFAULT).expect("decodes");
            let decoded = Value::Object(decoded);
            let typed: crate::api::PodSpec = serde_json::from_value(decoded.clone()).expect("a typed spec");
            assert_eq!(serde_json::to_value(typed).expect("JSON"), decoded, "{}", field.name);
        }
    }
}
