//! GET of one object or of a list: whole, its metadata alone, or as a table.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/get.go, …/pkg/storage/continue.go (1.36.3). The surprises: items of
//! a list carry no kind; a namespace without objects, or one that is not there, has an empty list; how many items remain is
//! told only where nothing is selected.

use serde_json::{Value, json};

use super::super::path::{Objects, Request};
use super::super::status::{Response, bad, no_resource, not_found, too_new};
use super::super::store::{Object, Store};
use super::table::{self, Include};
use super::{Form, Shape};
use crate::rules::api_server::selector::Selector;
use crate::rules::kubectl::columns::{columns, has_printer};
use crate::rules::machinery::base64;

/// One object, or the subresource of one that can be read.
pub fn get(store: &Store, request: &Request, own: &Objects, name: &str, form: &Form<'_>) -> Response {
    let resource = store.resource(own.resource);
    let below = resource.below.iter().find(|below| below.name == own.below);
    if !own.below.is_empty() && below.is_none_or(|below| !below.verbs.contains(&"get")) {
        return no_resource();
    }
    let namespace = own.namespace.as_deref().unwrap_or_default();
    let Some(object) = store.get(store.stored_as(own.resource), namespace, name) else {
        return not_found(resource, name);
    };
    if own.below == "scale" {
        return scale(super::super::verbs::scale_in(resource, &object.value), request, form);
    }
    let mut out = Vec::new();
    let include = match form.shape {
        Shape::Whole => {
            form.object(&mut out, object, true);
            return with_warning(Response::text(out), form);
        }
        Shape::Metadata => {
            form.partial(&mut out, object);
            return Response::text(out);
        }
        Shape::Table(include) => include,
    };
    let metadata = json!({ "resourceVersion": object.version.to_string() });
    table::head(&mut out, &table::columns_of(resource), &metadata, true);
    table::row(&mut out, object, form, include);
    out.extend_from_slice(b"]}");
    with_warning(Response::text(out), form)
}

/// `v1 Endpoints is deprecated`: the API server says so with each answer.
fn with_warning(response: Response, form: &Form<'_>) -> Response {
    if form.of.qualified() != "endpoints" {
        return response;
    }
    let words = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    response.with("Warning", format!("299 - \"{words}\""))
}

/// `autoscaling/v1 Scale` of what has replicas.
pub fn scale_of(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut own = json!({});
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        own[name] = metadata[name].clone();
    }
    let selector = &object["spec"]["selector"];
    let pairs = selector.get("matchLabels").unwrap_or(selector);
    let mut pairs: Vec<String> = pairs
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| value.as_str().map(|value| format!("{key}={value}")))
        .collect();
    pairs.sort();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": own,
        "spec": { "replicas": object["spec"]["replicas"].as_i64().unwrap_or(0) },
        "status": {
            "replicas": object["status"]["replicas"].as_i64().unwrap_or(0),
            "selector": pairs.join(","),
        },
    })
}

fn scale(mut value: Value, _: &Request, form: &Form<'_>) -> Response {
    if value["spec"]["replicas"] == 0 {
        value["spec"] = json!({});
    }
    let Shape::Table(include) = form.shape else {
        return Response::json(200, &super::super::stamps::shift(&value, form.clock.1));
    };
    let mut out = Vec::new();
    let metadata = json!({ "resourceVersion": value["metadata"]["resourceVersion"] });
    table::head(&mut out, &table::of_kind("Scale"), &metadata, true);
    let cells = table::of(&value, form.clock.0, &columns("Scale"), form.clock.1);
    let told = super::super::stamps::shift(&value, form.clock.1);
    let object = match include {
        Include::None => Value::Null,
        Include::Object => told,
        Include::Metadata => json!({
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": told["metadata"],
        }),
    };
    out.extend_from_slice(json!({ "cells": cells, "object": object }).to_string().as_bytes());
    out.extend_from_slice(b"]}");
    Response::text(out)
}

/// A list.
pub fn list(
    store: &Store,
    request: &Request,
    own: &Objects,
    selector: &Selector,
    form: &Form<'_>,
) -> Response {
    let resource = store.resource(own.resource);
    if let Some(refused) = unmatched(request) {
        return refused;
    }
    let asked = request.number("resourceVersion").unwrap_or(0);
    if asked > store.version() {
        return too_new(asked, store.version());
    }
    let start = match continued(request.query("continue")) {
        Ok(start) => start,
        Err(problem) => return problem,
    };
    let all = store.all(store.stored_as(own.resource), own.namespace.as_deref());
    let mut taken = all
        .skip_while(|(key, _)| start.as_ref().is_some_and(|start| *key < start))
        .filter(|(_, object)| selector.takes(&object.value))
        .peekable();
    // Who asks for the newest that is known (`resourceVersion=0`) is answered from the cache, which knows no limit.
    let is_cached = request.query("resourceVersion") == "0" && start.is_none();
    let limit = request.number("limit").filter(|limit| *limit > 0 && !is_cached).unwrap_or(u64::MAX);
    let mut page: Vec<(&String, &Object)> = Vec::new();
    while let Some((key, object)) = taken.peek().copied() {
        if page.len() as u64 >= limit {
            break;
        }
        page.push((key, object));
        taken.next();
    }
    let mut metadata = json!({ "resourceVersion": store.version().to_string() });
    if taken.peek().is_some()
        && let Some((last, _)) = page.last()
    {
        let token = json!({ "v": "meta.k8s.io/v1", "rv": store.version(), "start": format!("{last}\0") });
        metadata["continue"] = base64::encode(token.to_string().as_bytes()).into();
        if selector.is_empty() {
            metadata["remainingItemCount"] = taken.count().into();
        }
    }
    let mut out = Vec::new();
    match form.shape {
        Shape::Table(include) => {
            table::head(&mut out, &table::columns_of(resource), &metadata, true);
            if page.is_empty() && resource.custom.is_none() && !has_printer(resource.kind) {
                // The default for kinds without a printer begins with no list, and not with an empty one.
                out.pop();
                out.extend_from_slice(b"null}\n");
                return Response::text(out);
            }
            written(&mut out, &page, |out, object| table::row(out, object, form, include));
        }
        Shape::Whole | Shape::Metadata => {
            let (kind, version) = match form.shape {
                Shape::Metadata => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
                _ => (format!("{}List", resource.kind), resource.api_version()),
            };
            out.extend_from_slice(
                format!(
                    "{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":["
                )
                .as_bytes(),
            );
            written(&mut out, &page, |out, object| match form.shape {
                Shape::Metadata => form.partial(out, object),
                _ => form.object(out, object, false),
            });
        }
    }
    out.extend_from_slice(b"]}\n");
    with_warning(Response::text(out), form)
}

/// A `resourceVersionMatch` that makes no sense.
fn unmatched(request: &Request) -> Option<Response> {
    let matched = request.query("resourceVersionMatch");
    if !matched.is_empty() && request.query("resourceVersion").is_empty() {
        let words = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
        return Some(options_invalid("FieldValueForbidden", words));
    }
    if !["", "Exact", "NotOlderThan"].contains(&matched) {
        let words =
            format!("Unsupported value: \"{matched}\": supported values: \"Exact\", \"NotOlderThan\", \"\"");
        return Some(options_invalid("FieldValueNotSupported", &words));
    }
    None
}

fn options_invalid(reason: &'static str, words: &str) -> Response {
    let causes = [(reason, words.to_owned(), "resourceVersionMatch".to_owned())];
    super::super::write::law::invalid("ListOptions.meta.k8s.io", "meta.k8s.io", "ListOptions", "", &causes)
}

fn written(out: &mut Vec<u8>, page: &[(&String, &Object)], each: impl Fn(&mut Vec<u8>, &Object)) {
    for (ix, (_, object)) in page.iter().enumerate() {
        if ix > 0 {
            out.push(b',');
        }
        each(out, object);
    }
}

/// Where a list goes on.
fn continued(token: &str) -> Result<Option<String>, Response> {
    if token.is_empty() {
        return Ok(None);
    }
    let plain = token.trim_end_matches('=');
    let padded = format!("{plain}{}", "=".repeat((4 - plain.len() % 4) % 4));
    let bytes = base64::check(&padded).map(|_| base64::decode(&padded)).unwrap_or_default();
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match value["start"].as_str() {
        Some(start) => Ok(Some(start.to_owned())),
        None => Err(bad("continue key is not valid: incorrect continue token")),
    }
}
