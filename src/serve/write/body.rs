//! The body of a request: JSON, YAML, or the API's protobuf, as one JSON value.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation (`NegotiateInputSerializer`, 1.36.3). The surprises: no
//! content type at all is JSON (the Python client sends none); an apply says YAML and is mostly JSON. A body is bounded where it comes
//! in; how deep it goes is bounded here, and what YAML makes of aliases by its reader.

use serde_json::Value;

use super::super::path::Request;
use super::super::protobuf;
use super::super::status::{Response, bad, failure};
use crate::rules::kubectl::manifest;

/// A body, read.
pub struct Body {
    /// As JSON.
    pub value: Value,
    /// Fields that stand twice, as strict decoding tells them.
    pub duplicates: Vec<String>,
}

/// Reads the body; one without a word is null.
///
/// # Errors
/// It is of no form that is read here, or cannot be read.
pub fn read(request: &Request) -> Result<Body, Response> {
    let own = |value| Body { value, duplicates: Vec::new() };
    if request.body.is_empty() {
        return Ok(own(Value::Null));
    }
    let kind = request.content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/vnd.kubernetes.protobuf" => {
            protobuf::decode(&request.body).map(own).map_err(|problem| bad(&problem))
        }
        "application/yaml" | "application/apply-patch+yaml" => yaml(&request.body),
        "" | "application/json" => json_of(&request.body).map(own),
        other if other.ends_with("+json") || other.starts_with("application/x-www") => {
            json_of(&request.body).map(own)
        }
        _ => Err(unknown(&["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"])),
    }
}

/// A form that is not read.
pub fn unknown(accepted: &[&str]) -> Response {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: {}",
        accepted.join(", ")
    );
    failure(415, "UnsupportedMediaType", &message, &Value::Null)
}

fn json_of(body: &[u8]) -> Result<Value, Response> {
    serde_json::from_slice(body).map_err(|problem| {
        bad(&format!("the object provided is unrecognized (must be of type JSON): {problem}"))
    })
}

fn yaml(body: &[u8]) -> Result<Body, Response> {
    if body.first() == Some(&b'{') {
        return json_of(body).map(|value| Body { value, duplicates: Vec::new() });
    }
    let text = std::str::from_utf8(body).map_err(|_| bad("error decoding YAML: it is no UTF-8"))?;
    let mut all =
        manifest::documents(text).map_err(|problem| bad(&format!("error decoding YAML: {problem}")))?;
    if all.len() != 1 {
        return Err(bad("error decoding YAML: expected one object"));
    }
    let own = all.remove(0);
    Ok(Body { value: own.value, duplicates: own.duplicates.iter().map(ToString::to_string).collect() })
}
