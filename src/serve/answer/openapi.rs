//! OpenAPI: an index of documents, each with the paths of a group and version, and the fields of the kinds that are known here.
//!
//! kubectl validates nothing by it: it looks whether PATCH of a kind takes `fieldValidation`, and leaves the rest to the server; `explain`
//! reads the fields. A document with the same hash is cached for ever, so that the hash is that of its content.

use serde_json::{Map, Value, json};

use super::super::kinds::Resource;
use super::super::path::Request;
use super::super::status::{Response, no_page};
use super::super::store::Store;
use super::discovery::{hash, tagged};
use crate::rules::api_server::decode::schema::{Struct, Type};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::versions::Version;

/// Answers what lies below `/openapi`.
pub fn answer(store: &Store, request: &Request, version: Version, rest: &[&str]) -> Response {
    match rest {
        ["v2"] => older(request),
        ["v3"] => {
            let mut paths = Map::new();
            for (path, group, own) in documents(store) {
                let tag = hash(document(store, group, own, version).to_string().as_bytes()).to_uppercase();
                let url = format!("/openapi/v3/{path}?hash={tag}");
                paths.insert(path, json!({ "serverRelativeURL": url }));
            }
            tagged(request, Response::json(200, &json!({ "paths": paths })))
        }
        ["v3", path @ ..] => {
            let path = path.join("/");
            match documents(store).into_iter().find(|(own, ..)| *own == path) {
                Some((_, group, own)) => {
                    let response = Response::json(200, &document(store, group, own, version));
                    // Who names the hash of the content may keep it.
                    let lasts =
                        if request.query("hash").is_empty() { "no-cache" } else { "public, immutable" };
                    tagged(request, response.with("Cache-Control", lasts.to_owned()))
                }
                None => no_page(),
            }
        }
        _ => no_page(),
    }
}

/// The documents that there are: path, group, version.
fn documents(store: &Store) -> Vec<(String, &'static str, &'static str)> {
    let mut all = vec![("api/v1".to_owned(), "", "v1")];
    for (group, versions) in store.groups() {
        all.extend(versions.into_iter().map(|own| (format!("apis/{group}/{own}"), group, own)));
    }
    all
}

/// `/openapi/v2`, for clients that look there first: a document without content, in the form of their asking.
fn older(request: &Request) -> Response {
    let title = "Kubernetes";
    if !request.accept.contains("protobuf") {
        let body = json!({ "swagger": "2.0", "info": { "title": title, "version": "1" }, "paths": {} });
        return tagged(request, Response::json(200, &body));
    }
    // Document { swagger = 1, info = 2 { title = 1, version = 2 } }
    let field = |number: u8, text: &[u8]| {
        let mut out = vec![number << 3 | 2, text.len() as u8];
        out.extend_from_slice(text);
        out
    };
    let info = [field(1, title.as_bytes()), field(2, b"1")].concat();
    let body = [field(1, b"2.0"), field(2, &info)].concat();
    // Asked for with an `@`, answered without, because that is no media type (k8s.io/kube-openapi/pkg/handler/handler.go).
    let content_type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    tagged(request, Response { content_type, ..Response::text(body) })
}

fn document(store: &Store, group: &str, version: &str, of: Version) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for (_, own) in store.resources().filter(|(_, own)| own.group == group && own.version == version) {
        let prefix =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let place = if own.is_namespaced { "/namespaces/{namespace}" } else { "" };
        let list = format!("{prefix}{place}/{}", own.plural);
        let gvk = json!({ "group": group, "version": version, "kind": own.kind });
        let operation = |action: &str| json!({ "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk, "responses": {} });
        let mut one = json!({ "get": operation("get") });
        if own.takes("patch") {
            one["patch"] = operation("patch");
            let parameter =
                |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
            let all = ["dryRun", "fieldManager", "fieldValidation"].map(parameter);
            one["patch"]["parameters"] = json!(all);
        }
        for below in own.below.iter().filter(|below| below.verbs.contains(&"patch")) {
            paths.insert(format!("{list}/{{name}}/{}", below.name), one.clone());
        }
        paths.insert(list.clone(), json!({ "get": operation("list") }));
        paths.insert(format!("{list}/{{name}}"), one);
        kind(&mut schemas, own, &gvk, of);
    }
    json!({
        "openapi": "3.0.0", "info": { "title": "Kubernetes", "version": format!("v{}", of.as_str()) }, "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// The fields of a kind, as far as they are known here.
fn kind(schemas: &mut Map<String, Value>, own: &Resource, gvk: &Value, of: Version) {
    let found = ObjectType::ALL.iter().find(|ty| ty.law().group == own.group && ty.law().name == own.kind);
    if let Some(custom) = &own.custom {
        let mut schema =
            if custom.schema.is_object() { custom.schema.clone() } else { json!({ "type": "object" }) };
        schema["x-kubernetes-group-version-kind"] = json!([gvk]);
        let reversed: Vec<&str> = own.group.split('.').rev().collect();
        let name = format!("{}.{}.{}", reversed.join("."), own.version, own.kind);
        schemas.insert(name, schema);
        return;
    }
    let Some(ty) = found else {
        schemas
            .insert(named(own.kind), json!({ "type": "object", "x-kubernetes-group-version-kind": [gvk] }));
        return;
    };
    add(schemas, ty.fields(), of);
    let Some(own) = schemas.get_mut(&named(ty.fields().name)) else { return };
    own["x-kubernetes-group-version-kind"] = json!([gvk]);
    for (name, words) in [("apiVersion", "The version of the form of this object."), ("kind", "What it is.")]
    {
        own["properties"][name] = json!({ "type": "string", "description": words });
    }
}

fn named(name: &str) -> String {
    format!("io.k8s.api.{name}")
}

fn add(schemas: &mut Map<String, Value>, own: &'static Struct, of: Version) {
    let name = named(own.name);
    if schemas.contains_key(&name) {
        return;
    }
    schemas.insert(name.clone(), json!({ "type": "object", "properties": {} }));
    let mut properties = Map::new();
    for field in own.fields_of(of) {
        properties.insert(field.name.to_owned(), schema(schemas, &field.ty, of));
    }
    schemas.insert(name, json!({ "type": "object", "properties": properties }));
}

fn schema(schemas: &mut Map<String, Value>, ty: &'static Type, of: Version) -> Value {
    match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int32 => json!({ "type": "integer", "format": "int32" }),
        Type::Int64 => json!({ "type": "integer", "format": "int64" }),
        Type::Text(_) | Type::Quantity => json!({ "type": "string" }),
        Type::Bytes => json!({ "type": "string", "format": "byte" }),
        Type::IntOrString => json!({ "type": "string", "format": "int-or-string" }),
        Type::Time => json!({ "type": "string", "format": "date-time" }),
        Type::Raw => json!({ "type": "object" }),
        Type::Struct(own) => {
            add(schemas, own, of);
            json!({ "allOf": [{ "$ref": format!("#/components/schemas/{}", named(own.name)) }] })
        }
        Type::List(item) => json!({ "type": "array", "items": schema(schemas, item, of) }),
        Type::Map(_, value) => {
            json!({ "type": "object", "additionalProperties": schema(schemas, value, of) })
        }
        Type::Pointer(inner) => schema(schemas, inner, of),
    }
}
