//! Answers with an end: a code, headers, a body; and what the API server says where it says no.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go (1.36.3).

use serde_json::{Value, json};

use super::kinds::Resource;

/// An answer with an end.
#[derive(Debug)]
pub struct Response {
    /// `200`
    pub code: u16,
    /// `Content-Type`
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

/// Of JSON.
pub const JSON: &str = "application/json";
/// Of words.
pub const TEXT: &str = "text/plain; charset=utf-8";

impl Response {
    /// JSON that is text already.
    pub fn text(body: Vec<u8>) -> Response {
        Response { code: 200, content_type: JSON, headers: Vec::new(), body }
    }
    /// JSON.
    pub fn json(code: u16, body: &Value) -> Response {
        let mut text = body.to_string().into_bytes();
        text.push(b'\n');
        Response { code, ..Response::text(text) }
    }
    /// JSON that is spelled already.
    pub fn of_json(body: Vec<u8>) -> Response {
        Response::text(body)
    }
    /// Plain text.
    pub fn plain(code: u16, body: &str) -> Response {
        Response { code, content_type: TEXT, ..Response::text(body.as_bytes().to_vec()) }
    }
    /// With a header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Response {
        self.headers.push((name, value));
        self
    }
}

/// `metav1.Status` of a request that was not carried out.
pub fn failure(code: u16, reason: &str, message: &str, details: &Value) -> Response {
    Response::json(code, &status(code, reason, message, details))
}

/// The same as a value.
pub fn status(code: u16, reason: &str, message: &str, details: &Value) -> Value {
    let mut status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "details": details, "code": code,
    });
    if reason.is_empty()
        && let Some(members) = status.as_object_mut()
    {
        members.remove("reason");
    }
    if details.is_null()
        && let Some(members) = status.as_object_mut()
    {
        members.remove("details");
    }
    status
}

/// What a request that was carried out is answered with where there is no object.
pub fn success(details: &Value) -> Value {
    let mut status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" });
    if !details.is_null() {
        status["details"] = details.clone();
    }
    status
}

fn named(resource: &Resource, name: &str) -> Value {
    let mut details = json!({ "name": name });
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    details["kind"] = resource.plural.into();
    details
}

/// There is no such object.
pub fn not_found(resource: &Resource, name: &str) -> Response {
    let message = format!("{} \"{name}\" not found", resource.qualified());
    failure(404, "NotFound", &message, &named(resource, name))
}

/// There is no such resource in a group and version that there is.
pub fn no_resource() -> Response {
    failure(404, "NotFound", "the server could not find the requested resource", &json!({}))
}

/// There is nothing at all there.
pub fn no_page() -> Response {
    Response::plain(404, "404 page not found\n")
}

/// The request makes no sense.
pub fn bad(message: &str) -> Response {
    failure(400, "BadRequest", message, &Value::Null)
}

/// Nobody does that here.
pub fn not_allowed(message: &str) -> Response {
    failure(405, "MethodNotAllowed", message, &json!({}))
}

/// A watch from a version that is not known any more.
pub fn expired(asked: u64, oldest: u64) -> Value {
    let message = format!("too old resource version: {asked} ({oldest})");
    status(410, "Expired", &message, &Value::Null)
}

/// A list of a version that does not exist yet.
pub fn too_new(asked: u64, newest: u64) -> Response {
    let message = format!("Too large resource version: {asked}, current: {newest}");
    let causes = json!([{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }]);
    failure(504, "Timeout", &message, &json!({ "causes": causes, "retryAfterSeconds": 1 }))
}
