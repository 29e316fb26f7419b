//! What is no object: version, health, reviews of who may do what, metrics, the list of paths.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::kinds::{RESOURCES, Resource};
use super::super::path::{Objects, Request};
use super::super::status::{self, Response, no_page};
use super::super::store::Store;
use super::{body, discovery, method_not_allowed, openapi};
use crate::api::sample::{Sample, number};
use crate::api::wire;
use crate::rules::kube_state_metrics::{of_object, of_pod};
use crate::rules::versions::gates::Gates;

/// Answers what lies at these parts of the path.
pub fn answer(store: &Store, gates: &Gates, request: &Request, parts: &[String]) -> Response {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if request.method != "GET" && request.method != "HEAD" {
        // A group that is not served has nothing that could be written.
        return if parts.len() > 2 && matches!(parts[0], "api" | "apis") {
            no_page()
        } else {
            method_not_allowed()
        };
    }
    match parts[..] {
        [] => Response::json(200, &json!({ "paths": paths(store) })),
        ["version"] => Response::json(200, &version(gates)),
        ["healthz" | "livez" | "readyz", ..] => health(request, parts[0]),
        ["metrics"] => metrics(store),
        ["openapi", ref rest @ ..] => openapi::answer(store, request, gates.version, rest),
        ["api" | "apis", ..] => discovery::answer(store, request, &parts),
        _ => no_page(),
    }
}

fn paths(store: &Store) -> Vec<String> {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned(), "/apis/".to_owned()];
    for (group, versions) in store.groups() {
        paths.push(format!("/apis/{group}"));
        paths.extend(versions.iter().map(|version| format!("/apis/{group}/{version}")));
    }
    let others = [
        "/healthz",
        "/kubelapse/v1",
        "/livez",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ];
    paths.extend(others.map(str::to_owned));
    paths.sort();
    paths
}

/// `/version`: kubectl's dispatcher and helm look at it before anything else.
fn version(gates: &Gates) -> Value {
    let (major, minor) = gates.version.as_str().split_once('.').unwrap_or(("1", "0"));
    let before = minor.parse::<u32>().unwrap_or(1).saturating_sub(1).to_string();
    json!({
        "major": major, "minor": minor,
        "emulationMajor": major, "emulationMinor": minor,
        "minCompatibilityMajor": major, "minCompatibilityMinor": before,
        "gitVersion": format!("v{major}.{minor}.0+kubelapse"), "gitCommit": "", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "", "compiler": "", "platform": "linux/amd64",
    })
}

fn health(request: &Request, what: &str) -> Response {
    if request.query.iter().any(|(name, _)| name == "verbose") {
        return Response::plain(200, &format!("[+]ping ok\n[+]simulation ok\n{what} check passed\n"));
    }
    Response::plain(200, "ok")
}

/// kube-state-metrics' families of all that is there, in Prometheus' text format.
fn metrics(store: &Store) -> Response {
    let mut families: BTreeMap<&'static str, Vec<Sample>> = BTreeMap::new();
    for ix in 0..RESOURCES.len() {
        let is_pods = RESOURCES[ix].qualified() == "pods";
        for (_, object) in store.all(ix, None) {
            let said = if is_pods { of_pod(&wire::pod(&object.value)) } else { of_object(&object.value) };
            for mut sample in said {
                // Instants are told on the clock of whoever scrapes.
                let is_instant =
                    ["_created", "_time", "_timestamp"].iter().any(|end| sample.family.ends_with(end));
                if is_instant && !object.is_clients {
                    sample.value += store.clock.1.secs_f64().round();
                }
                families.entry(sample.family).or_default().push(sample);
            }
        }
    }
    let mut text = String::new();
    for (family, samples) in families {
        let kind = if family.ends_with("_total") { "counter" } else { "gauge" };
        text.push_str(&format!("# TYPE {family} {kind}\n"));
        for sample in samples {
            text.push_str(&format!("{family}{{{}}} {}\n", sample.labels, number(sample.value)));
        }
    }
    Response { content_type: "text/plain; version=0.0.4", ..Response::plain(200, &text) }
}

/// Who somebody is, and whether he may: whoever comes is the administrator, and whom he speaks for is nobody whom a role names.
pub fn review(store: &Store, request: &Request, resource: &Resource) -> Response {
    if request.method != "POST" {
        return method_not_allowed();
    }
    let is_admin = request.impersonates.is_empty();
    let asked = body(request).unwrap_or_default();
    let mut answer = json!({ "kind": resource.kind, "apiVersion": resource.api_version(), "metadata": {} });
    match resource.plural {
        "selfsubjectreviews" => {
            let (now, shift) = store.clock;
            answer["metadata"]["creationTimestamp"] = (now + shift).rfc3339_secs().into();
            let (user, groups) = match request.impersonates.as_str() {
                "" => ("admin", vec!["system:masters", "system:authenticated"]),
                other => (other, vec!["system:authenticated"]),
            };
            answer["status"] = json!({ "userInfo": { "username": user, "uid": user, "groups": groups } });
        }
        "selfsubjectrulesreviews" => {
            answer["spec"] = json!({});
            let rules = |rule: Value| if is_admin { json!([rule]) } else { json!([]) };
            answer["status"] = json!({
                "resourceRules": rules(json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] })),
                "nonResourceRules": rules(json!({ "verbs": ["*"], "nonResourceURLs": ["*"] })),
                "incomplete": false,
            });
        }
        "tokenreviews" => {
            answer["spec"] = asked["spec"].clone();
            answer["status"] = json!({ "user": {}, "error": "tokens mean nothing here" });
        }
        _ => {
            answer["spec"] = if asked["spec"].is_null() { json!({}) } else { asked["spec"].clone() };
            answer["status"] = json!({ "allowed": is_admin });
        }
    }
    Response::json(201, &answer)
}

/// Whom the administrator speaks for may do nothing.
pub fn refused(store: &Store, request: &Request, own: &Objects) -> Option<Response> {
    if request.impersonates.is_empty() {
        return None;
    }
    let resource = store.resource(own.resource);
    let verb = match (request.method.as_str(), &own.name) {
        ("GET", None) if request.is("watch") => "watch",
        ("GET", None) => "list",
        ("GET", _) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        (_, None) => "deletecollection",
        _ => "delete",
    };
    let place = match &own.namespace {
        Some(namespace) => format!(" in the namespace \"{namespace}\""),
        None => " at the cluster scope".to_owned(),
    };
    let name = own.name.as_ref().map_or_else(String::new, |name| format!(" \"{name}\""));
    let what = format!(
        "User \"{}\" cannot {verb} resource \"{}\" in API group \"{}\"{place}",
        request.impersonates, resource.plural, resource.group
    );
    let mut details = json!({});
    if let Some(name) = &own.name {
        details["name"] = name.as_str().into();
    }
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    details["kind"] = resource.plural.into();
    let message = format!("{}{name} is forbidden: {what}", resource.qualified());
    Some(status::failure(403, "Forbidden", &message, &details))
}
