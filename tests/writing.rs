//! kubectl, helm, operators and others write: what they sent to a real API server is sent to ours before the same state, and answered.
//!
//! The recordings are those of `tests/clients` in which something is written (kube-apiserver 1.36.3). Of each the state before is
//! loaded; what the recording shows of the cluster later (answers, events) is loaded when it comes, because no controller works
//! here. Compared are codes, reasons, texts, causes and objects of all requests that write, and of those that read before the first
//! of them. Not compared: uids, versions, times, generated names, managed fields, and of objects what controllers had written
//! meanwhile. Requests about objects that the recording does not show cannot be answered from it, and are counted by themselves.
//! What is not equal though it could be stands in [`NOT_EQUAL`] with its reason.

#![cfg(feature = "serve")]

#[path = "support/recordings.rs"]
mod recordings;

use std::path::Path;

use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::serve::answer::{Answer, answer};
use kubelapse::serve::custom;
use kubelapse::serve::kinds;
use kubelapse::serve::path::{Place, Request};
use kubelapse::serve::store::Store;
use kubelapse::serve::verbs::{Deed, Step, Then};
use kubelapse::time::{Span, Time};
use recordings::{Asked, difference, judge, kind, lines, load, plain, recordings, writes};
use serde_json::{Value, json};

/// Requests that are answered otherwise: a part of the recording's name, a part of the request, and why.
const NOT_EQUAL: &[(&str, &str, &str)] = &[
    (
        "errors-025-quota-forbids",
        "/pods",
        "quotas are asked where the pod is made, which is the simulation's",
    ),
    ("kinds-061-run-rm-i", "/pods", "quotas are asked where the pod is made, which is the simulation's"),
    ("kinds-002-apply", "/pods", "LimitRanges are asked where the pod is made, which is the simulation's"),
    ("kinds-056-create-token", "/token", "that cluster's issuer of tokens had another name"),
    ("op-010-ssa-shop", "json-patch", "managed fields, which are patched here, were not recorded"),
];

/// What a client sees of an object that the simulation would have written.
fn told(deed: &Deed, store: &Store) -> (u16, Value) {
    let resource = store.resource(deed.own.resource);
    let typed = |value: &Value| kubelapse::serve::store::typed(resource, value.clone());
    let gone = |details: &Value| json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details });
    let body = match deed.then {
        Then::Created => {
            json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 })
        }
        Then::Deleted if deed.sample.get("metadata").is_some() => typed(&deed.sample),
        Then::Gone | Then::Deleted => gone(&deed.sample),
        Then::Scale => kubelapse::serve::verbs::scale_in(resource, &deed.sample),
        Then::Sample if deed.sample.get("items").is_some() => deed.sample.clone(),
        Then::Object | Then::Sample => {
            let other = kubelapse::serve::answer::served::converted(&deed.sample, deed.own.resource);
            typed(&other.unwrap_or_else(|| deed.sample.clone()))
        }
    };
    (deed.code, body)
}

/// Carries out what was to be done, as far as the API server alone does it.
fn carry_out(deed: &Deed, store: &mut Store) {
    for step in &deed.steps {
        let Step::Write(write) = step else { continue };
        let Some(resource) = store.of_kind(&write.group, &write.kind) else { continue };
        let value = write.object.as_ref().map(|_| deed.sample.clone());
        store.put(resource, &write.namespace, &write.name, value);
    }
}

/// What the recording shows of the cluster is how it is.
fn learn(value: &Value, store: &mut Store) {
    let items = value["items"].as_array().cloned().unwrap_or_default();
    let list_kind = kind(value).trim_end_matches("List").to_owned();
    let version = value["apiVersion"].as_str().unwrap_or_default().to_owned();
    for mut item in items {
        item["kind"] = list_kind.as_str().into();
        item["apiVersion"] = version.as_str().into();
        learn(&item, store);
    }
    if !value["metadata"]["uid"].is_string() || value["metadata"]["name"].is_null() {
        return;
    }
    let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
    if matches!((group.as_str(), kind(value)), ("autoscaling", _) if !version.ends_with("v2")) {
        return;
    }
    if kind(value) == "PartialObjectMetadata" {
        return;
    }
    if let Some(resource) = store.of_kind(&group, kind(value)) {
        store.load(resource, value.clone());
        if kind(value) == "CustomResourceDefinition" {
            store.define(custom::resources(value));
        }
    }
}

/// An object without what is not compared, and without what `old` shows that somebody else keeps.
fn bare(value: &Value, old: Option<&Value>, given: &Value) -> Value {
    // A Job's labels hold its uid.
    let uid = value["metadata"]["uid"].as_str().unwrap_or("none");
    let mut text = value.to_string().replace(uid, "UID");
    if value["metadata"]["generateName"].is_string() {
        let name = value["metadata"]["name"].as_str().unwrap_or("none");
        text = text.replace(name, "NAME");
    }
    let mut value = plain(&serde_json::from_str(&text).expect("JSON"));
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in ["uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "selfLink"] {
            metadata.remove(name);
        }
        if metadata.contains_key("generateName") {
            metadata.remove("name");
        }
        if old.is_some() {
            metadata.remove("generation");
            // A Deployment's controller had counted on.
            if let Some(own) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                own.remove("deployment.kubernetes.io/revision");
            }
        }
    }
    // Which address a Service gets is drawn.
    if kind(&value) == "Service" && value["spec"]["clusterIP"] != "None" {
        for name in ["clusterIP", "clusterIPs"] {
            value["spec"].as_object_mut().map(|spec| spec.remove(name));
        }
    }
    if kind(&value) == "Pod" {
        without_account(&mut value["spec"]);
    }
    if let Some(details) = value.get_mut("details").and_then(Value::as_object_mut) {
        details.remove("uid");
    }
    // Controllers had written meanwhile.
    if let Some(old) = old.filter(|old| old["status"] == given["status"])
        && !old.is_null()
    {
        value.as_object_mut().map(|members| members.remove("status"));
    }
    value
}

/// The cluster of the recordings had no ServiceAccount plugin.
fn without_account(spec: &mut Value) {
    let is_token = |own: &Value| own["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access"));
    let without = |of: &mut Value, name: &str| {
        if let Some(list) = of.get_mut(name).and_then(Value::as_array_mut) {
            list.retain(|own| !is_token(own));
            if list.is_empty() {
                of.as_object_mut().map(|members| members.shift_remove(name));
            }
        }
    };
    without(spec, "volumes");
    for name in ["serviceAccount", "serviceAccountName"] {
        if spec[name] == "default" {
            spec.as_object_mut().map(|members| members.shift_remove(name));
        }
    }
    for list in ["containers", "initContainers"] {
        for own in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            without(own, "volumeMounts");
        }
    }
}

fn replay(file: &Path, all: &mut Vec<Asked>) {
    let lines = lines(file);
    if !writes(&lines) {
        return;
    }
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let client = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    let started = lines[0]["recording"]["startedAt"].as_str().and_then(Time::parse_rfc3339).expect("a start");
    let mut store = Store::default();
    let rest = json!({ "metadata": { "name": "rest", "resourceVersion": (1_u64 << 40).to_string() } });
    store.load(kinds::of_kind("resource.k8s.io", "DeviceClass").expect("it is served"), rest);
    if let Some(before) = lines.get(1) {
        load(&mut store, before);
        let definitions =
            kinds::of_kind("apiextensions.k8s.io", "CustomResourceDefinition").expect("it is served");
        let all = store.all(definitions, None).flat_map(|(_, own)| custom::resources(&own.value)).collect();
        store.define(all);
        load(&mut store, before);
    }
    // An operator's kind had been defined before.
    if client.starts_with("controller-runtime") || name.starts_with("op-") {
        let crd = lines_of("kubectl-1.36/op-002-apply-crd.jsonl.gz");
        let defined = crd.iter().find(|line| kind(&line["response"]["body"]) == "CustomResourceDefinition");
        if !name.starts_with("op-002") {
            learn(&defined.expect("it is there")["response"]["body"], &mut store);
            if let Some(before) = lines.get(1) {
                load_custom(&mut store, before);
            }
        }
    }
    // What watches told, in the order of time.
    let mut events: Vec<(f64, Value)> = Vec::new();
    for line in &lines {
        for event in line["response"]["events"].as_array().into_iter().flatten() {
            events.push((event["t"].as_f64().unwrap_or(0.0), event["event"].clone()));
        }
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut events = events.into_iter().peekable();
    let gates = Gates::of(Version::parse("1.36").expect("it is simulated"));
    for line in lines.iter().filter(|line| line["request"].is_object()) {
        let (asked, wanted) = (&line["request"], &line["response"]);
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        let header = |name: &str| asked["headers"][name].as_str().unwrap_or_default().to_owned();
        let mut request = Request::of(text("method"), text("path"), text("query"));
        request.accept = header("Accept");
        request.impersonates = header("Impersonate-User");
        request.user_agent = header("User-Agent");
        // Bodies that came in protobuf stand decoded in the recording.
        request.content_type = match asked["bodyEncoding"].as_str() {
            Some(_) => "application/json".to_owned(),
            None => header("Content-Type"),
        };
        request.body =
            if asked["body"].is_null() { Vec::new() } else { asked["body"].to_string().into_bytes() };
        let asked_at = line["t"].as_f64().unwrap_or(0.0);
        while let Some((_, event)) = events.next_if(|(at, _)| *at < asked_at) {
            if event["type"] == "DELETED" {
                forget(&event["object"], &mut store);
            } else {
                learn(&event["object"], &mut store);
            }
        }
        let at = (wanted["t"].as_f64().unwrap_or(0.0) * 1e6) as i64;
        store.clock = (started + Span::from_micros(at), Span::ZERO);
        let reads = matches!(text("method"), "GET" | "HEAD");
        let is_review = request.path.contains("/authorization.k8s.io/")
            || request.path.contains("/authentication.k8s.io/");
        if !reads && !is_review && wanted["code"].is_u64() {
            let old = match request.place(&store) {
                Place::Objects(own) => own.name.as_ref().and_then(|name| {
                    let namespace = own.namespace.clone().unwrap_or_default();
                    store.get(store.stored_as(own.resource), &namespace, name).map(|own| own.value.clone())
                }),
                _ => None,
            };
            let code = wanted["code"].as_u64().unwrap_or(0);
            let (given_code, given) = match answer(&store, &gates, &request) {
                Answer::Whole(response) => {
                    (response.code, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
                }
                Answer::Do(deed) => {
                    let told = told(&deed, &store);
                    carry_out(&deed, &mut store);
                    told
                }
                Answer::Watch(..) | Answer::Logs(_) => (200, Value::Null),
            };
            let body = &wanted["body"];
            let problem = if u64::from(given_code) != code {
                Some(format!("{given_code} and not {code}: {}", given["message"]))
            } else if body.is_null() || body.get("$omitted").is_some() {
                None
            } else {
                let of = |value: &Value| bare(value, old.as_ref(), &given);
                difference(&of(&given), &of(body), "")
            };
            let is_missing = old.is_none()
                && code == 200
                && request.method != "POST"
                && (given_code == 404 || given_code == 201);
            let path = format!(
                "{} {}?{} {}",
                request.method,
                request.path,
                text("query"),
                asked["headers"]["Content-Type"]
            );
            let is_beyond = problem.is_some() && is_missing;
            all.push(Asked { recording: format!("{client}/{name}"), path, problem, is_beyond });
        }
        // What was only tried is nowhere.
        if request.query("dryRun").is_empty() && !asked["body"].to_string().contains("\"dryRun\":[\"All\"]") {
            learn(&wanted["body"], &mut store);
        }
    }
}

fn lines_of(name: &str) -> Vec<Value> {
    lines(&Path::new("tests/clients").join(name))
}

/// Objects of a client's own kind that stood before.
fn load_custom(store: &mut Store, before: &Value) {
    let Some(file) = before["objects"].as_str() else { return };
    let wanted: Vec<&str> =
        before["before"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for line in lines_of(file) {
        let is_own = line["object"]["apiVersion"] == "lapse.example/v1";
        if is_own && line["id"].as_str().is_some_and(|id| wanted.contains(&id)) {
            learn(&line["object"], store);
        }
    }
}

/// It is gone.
fn forget(value: &Value, store: &mut Store) {
    let version = value["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let text = |name: &str| value["metadata"][name].as_str().unwrap_or_default();
    if let Some(resource) = store.of_kind(group, kind(value)) {
        store.put(resource, text("namespace"), text("name"), None);
    }
}

#[test]
fn clients_that_write_are_answered_as_by_a_real_server() {
    let mut all = Vec::new();
    for file in recordings() {
        replay(&file, &mut all);
    }
    judge(&all, NOT_EQUAL);
}
