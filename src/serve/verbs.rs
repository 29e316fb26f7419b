//! Requests that change the cluster, as what the simulation is to do: logged, saved and replayed like what a person types.
//!
//! What kubectl has verbs for (delete, evict, scale, what is done to a node) is done by those; every other write is read and let in
//! ([`super::write`]), and handed on whole. Nothing is done that cannot be: refusals are answered in the API server's words.

use serde_json::{Map, Value, json};

use super::answer::objects::scale_of;
use super::answer::{Answer, method_not_allowed, served, stored};
use super::custom;
use super::kinds::Resource;
use super::path::{Objects, Request};
use super::selector::Selector;
use super::status::{self, Response, bad, failure, not_allowed, not_found};
use super::store::{Object, Store, typed};
use super::write::law::Law;
use super::write::{self, Asked, Outcome, body, warned};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::versions::gates::Gates;
use crate::scenario::command::Write;
use crate::time::Span;

/// Something to be done, and what is answered when it is.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What is done, one after the other.
    pub steps: Vec<Step>,
    /// To which object.
    pub own: Objects,
    /// What is answered.
    pub then: Then,
    /// With which code.
    pub code: u16,
    /// And with which warnings.
    pub warnings: Vec<String>,
    /// What the API server alone would have made of it, without a cluster behind it; of what goes, what is answered.
    pub sample: Value,
}

/// One thing that is done.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// What a person would type.
    Words(String),
    /// An object is written as it is.
    Write(Write),
}

/// What is answered when something was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// The object as it is now.
    Object,
    /// The object, where it is still there; else that it is gone.
    Deleted,
    /// That it is gone.
    Gone,
    /// What was made of the request.
    Sample,
    /// `Scale` of the object.
    Scale,
    /// That it was done.
    Created,
}

/// Reads a request that changes something.
pub fn read(store: &Store, gates: &Gates, request: &Request, own: &Objects) -> Answer {
    let resource = &**store.resource(own.resource);
    let asked = Asked { store, gates, request, own, resource };
    match outcome(&asked) {
        Ok(deed) => Answer::Do(Box::new(deed)),
        Err(response) => Answer::Whole(response),
    }
}

fn outcome(asked: &Asked<'_>) -> Outcome {
    let Asked { store, request, own, resource, .. } = *asked;
    let (method, below) = (request.method.as_str(), own.below.as_str());
    options(request)?;
    let takes = |verb: &str| match resource.below.iter().find(|own| own.name == below) {
        _ if below.is_empty() => resource.takes(verb),
        Some(own) => own.verbs.contains(&verb),
        None => false,
    };
    if !below.is_empty() && resource.below.iter().all(|own| own.name != below) {
        return Err(status::no_resource());
    }
    // Objects are made in a list, and changed each by itself (`registerResourceHandlers`,
    // staging/src/k8s.io/apiserver/pkg/endpoints/installer.go).
    let verb = match (method, &own.name) {
        ("POST", Some(_)) if below.is_empty() => return Err(method_not_allowed()),
        ("PUT" | "PATCH", None) => return Err(method_not_allowed()),
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", None) => "deletecollection",
        ("DELETE", _) => "delete",
        _ => return Err(method_not_allowed()),
    };
    if matches!(below, "exec" | "attach" | "portforward" | "proxy") {
        return Err(not_allowed(&format!(
            "{below} is not there: the containers of a simulated cluster have no processes to talk to"
        )));
    }
    if !takes(verb) {
        return Err(method_not_allowed());
    }
    match (method, below) {
        ("POST", "") if resource.kind == "Binding" => write::bind(asked),
        ("POST", "") if resource.kind == "Node" => {
            Err(not_allowed("nodes are the scenario's: a node without a machine would never be ready"))
        }
        ("POST", "") => write::create(asked),
        ("POST", "binding") => write::bind(asked),
        ("POST", "token") => write::token(asked),
        ("DELETE", "") if own.name.is_none() => delete_all(asked),
        _ => {
            let name = own.name.as_deref().unwrap_or_default();
            match (method, below, stored(store, own)) {
                ("POST", "eviction", None) | ("DELETE", "", None) => Err(not_found(resource, name)),
                ("PATCH" | "PUT", "scale", None) => Err(not_found(resource, name)),
                ("DELETE", "", Some(object)) => delete(asked, object),
                ("POST", "eviction", Some(_)) => evict(asked, name),
                ("PATCH" | "PUT", "scale", Some(object)) => scale(asked, object),
                ("PUT", ..) => write::update(asked),
                ("PATCH", ..) => write::patch(asked),
                _ => Err(method_not_allowed()),
            }
        }
    }
}

/// Options of the query that are none (`ValidateUpdateOptions` and the like, apimachinery/pkg/apis/meta/v1/validation).
fn options(request: &Request) -> Result<(), Response> {
    let kind = match request.method.as_str() {
        "POST" => "CreateOptions",
        "PUT" => "UpdateOptions",
        "PATCH" => "PatchOptions",
        _ => "DeleteOptions",
    };
    let known: [(&str, &[&str]); 3] = [
        ("dryRun", &["All"]),
        ("fieldValidation", &["Ignore", "Warn", "Strict"]),
        ("propagationPolicy", &["Background", "Foreground", "Orphan"]),
    ];
    for (name, values) in known {
        let own = request.query(name);
        if !own.is_empty() && !values.contains(&own) {
            return Err(unsupported(kind, name, own, values));
        }
    }
    Ok(())
}

fn unsupported(kind: &str, field: &str, own: &str, values: &[&str]) -> Response {
    let list: Vec<String> = values.iter().map(|own| format!("\"{own}\"")).collect();
    let message = format!("Unsupported value: \"{own}\": supported values: {}", list.join(", "));
    let causes = [("FieldValueNotSupported", message, field.to_owned())];
    write::law::invalid(&format!("{kind}.meta.k8s.io"), "meta.k8s.io", kind, "", &causes)
}

fn says_dry(body: &Value) -> bool {
    let all = [&body["dryRun"], &body["deleteOptions"]["dryRun"]];
    all.iter().any(|list| list.as_array().is_some_and(|list| list.iter().any(|own| own == "All")))
}

/// The object as a person names it: `deployment/web namespace=shop`.
fn words_of(resource: &Resource, own: &Objects, name: &str) -> String {
    let kind = match resource.kind {
        kind @ ("ConfigMap" | "Secret" | "ServiceAccount" | "PriorityClass" | "RuntimeClass") => {
            kind.to_owned()
        }
        kind => kind.to_lowercase(),
    };
    let place =
        own.namespace.as_ref().map_or_else(String::new, |namespace| format!(" namespace={namespace}"));
    format!("{kind}/{name}{place}")
}

/// DELETE with its options (`DeleteOptions`).
fn delete(asked: &Asked<'_>, object: &std::sync::Arc<Object>) -> Outcome {
    let Asked { request, own, resource, .. } = *asked;
    let options = body::read(request)?.value;
    preconditions(&options["preconditions"], resource, object)?;
    if let Some(policy) = options["propagationPolicy"].as_str()
        && !["Background", "Foreground", "Orphan"].contains(&policy)
    {
        return Err(unsupported(
            "DeleteOptions",
            "propagationPolicy",
            policy,
            &["Foreground", "Background", "Orphan"],
        ));
    }
    let is_dry = request.query("dryRun") == "All" || says_dry(&options);
    if resource.kind == "Namespace" {
        return delete_namespace(asked, object, is_dry);
    }
    if !Law::of(resource).is_played() {
        return write::delete(asked, object, &options, is_dry);
    }
    let comes_back = write::RETURNED.contains(&resource.kind);
    if is_dry {
        return Err(match comes_back {
            true => {
                let told = super::stamps::shift(&object.value, asked.store.clock.1);
                Response::json(200, &typed(resource, told))
            }
            false => Response::json(200, &status::success(&details(resource, object))),
        });
    }
    let mut words = format!("delete {}", words_of(resource, own, &object.name));
    let grace =
        options["gracePeriodSeconds"].as_i64().or_else(|| request.query("gracePeriodSeconds").parse().ok());
    match (resource.kind, grace) {
        ("Pod", Some(0)) => words.push_str(" gracePeriodSeconds=0 force=true"),
        ("Pod", Some(seconds)) => words.push_str(&format!(" gracePeriodSeconds={seconds}")),
        _ => {}
    }
    let mut sample = details(resource, object);
    if comes_back {
        sample = object.value.clone();
        let held = !object.value["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
        if resource.kind == "Pod" || held {
            let own = match resource.kind {
                "Pod" => grace.or_else(|| object.value["spec"]["terminationGracePeriodSeconds"].as_i64()),
                _ => Some(0),
            };
            going(&mut sample, asked, own.unwrap_or(0));
        }
    }
    if !matches!(resource.kind, "Pod" | "Node" | "PersistentVolumeClaim") {
        let asked_for = options["propagationPolicy"].as_str().or(Some(request.query("propagationPolicy")));
        let cascade = match asked_for.unwrap_or_default() {
            "Foreground" => "foreground",
            "Orphan" => "orphan",
            _ => "background",
        };
        words.push_str(&format!(" cascade={cascade}"));
        if cascade != "background" {
            sample = object.value.clone();
            going(&mut sample, asked, 0);
            let own = if cascade == "orphan" { "orphan" } else { "foregroundDeletion" };
            sample["metadata"]["finalizers"] = json!([own]);
        }
    }
    Ok(deed(vec![Step::Words(words)], own, Then::Deleted, 200, sample))
}

/// An object that is being deleted.
fn going(object: &mut Value, asked: &Asked<'_>, grace: i64) {
    if object["metadata"]["deletionTimestamp"].is_null() {
        object["metadata"]["deletionTimestamp"] = asked.store.clock.0.rfc3339_secs().into();
        object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    }
}

fn deed(steps: Vec<Step>, own: &Objects, then: Then, code: u16, sample: Value) -> Deed {
    Deed { steps, own: own.clone(), then, code, warnings: Vec::new(), sample }
}

/// All that live in a namespace go with it (pkg/controller/namespace/deletion); it is told as it stands while they go.
fn delete_namespace(asked: &Asked<'_>, object: &Object, is_dry: bool) -> Outcome {
    let Asked { store, gates, request, own, .. } = *asked;
    let name = object.name.as_str();
    if ["default", "kube-system", "kube-public"].contains(&name) {
        let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
        return Err(failure(403, "Forbidden", &message, &json!({ "name": name, "kind": "namespaces" })));
    }
    let mut sample = object.value.clone();
    sample["metadata"]["deletionTimestamp"] = store.clock.0.rfc3339_secs().into();
    sample["status"]["phase"] = "Terminating".into();
    if is_dry {
        let told = super::stamps::shift(&sample, store.clock.1);
        return Err(Response::json(200, &typed(asked.resource, told)));
    }
    let mut steps = Vec::new();
    // Owners first: what they own goes with them.
    let order = |resource: &Resource| match resource.kind {
        "Pod" => 2,
        "ReplicaSet" | "Job" => 1,
        _ => 0,
    };
    let mut all: Vec<_> =
        store.resources().filter(|(ix, own)| own.is_namespaced && store.stored_as(*ix) == *ix).collect();
    all.sort_by_key(|(_, own)| order(own));
    let plain = Request { method: "DELETE".to_owned(), ..Request::default() };
    let _ = request;
    for (ix, resource) in all {
        if !resource.takes("delete")
            || matches!(resource.kind, "Endpoints" | "EndpointSlice" | "ControllerRevision")
        {
            continue;
        }
        for (_, own) in store.all(ix, Some(name)) {
            let owners = own.value["metadata"]["ownerReferences"].as_array().map_or(0, Vec::len);
            if owners > 0 && matches!(resource.kind, "Pod" | "ReplicaSet" | "Job") {
                continue;
            }
            let place = Objects {
                resource: ix,
                namespace: Some(name.to_owned()),
                name: Some(own.name.clone()),
                below: String::new(),
            };
            let of = Asked { store, gates, request: &plain, own: &place, resource };
            if resource.kind == "Event" {
                continue;
            }
            if let Ok(deed) = delete(&of, own) {
                steps.extend(deed.steps);
            }
        }
    }
    steps.push(Step::Write(Write {
        group: String::new(),
        version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        namespace: crate::api::Sym::EMPTY,
        name: crate::api::Sym::new(name),
        below: String::new(),
        object: None,
    }));
    Ok(deed(steps, own, Then::Sample, 200, sample))
}

/// DELETE of all objects that are selected.
fn delete_all(asked: &Asked<'_>) -> Outcome {
    let Asked { store, gates, request, own, resource } = *asked;
    let selector = Selector::parse(request.query("labelSelector"), request.query("fieldSelector"), resource);
    let selector = selector.map_err(|problem| bad(&problem))?;
    let mut steps = Vec::new();
    let mut items = Vec::new();
    for (_, object) in store.all(store.stored_as(own.resource), own.namespace.as_deref()) {
        if !selector.takes(object) {
            continue;
        }
        let place = Objects {
            resource: own.resource,
            namespace: Some(object.namespace.clone()).filter(|own| !own.is_empty()),
            name: Some(object.name.clone()),
            below: String::new(),
        };
        let of = Asked { store, gates, request, own: &place, resource };
        match delete(&of, object) {
            Ok(deed) => steps.extend(deed.steps),
            // Tried only, or on its way already.
            Err(response) if response.code < 300 => {}
            Err(response) => return Err(response),
        }
        let mut item = served::converted(&object.value, own.resource).unwrap_or_else(|| object.value.clone());
        if let Some(members) = item.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion"));
        }
        items.push(item);
    }
    let list = json!({
        "kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(),
        "metadata": { "resourceVersion": store.version().to_string() }, "items": items,
    });
    if steps.is_empty() {
        return Err(Response::json(200, &super::stamps::shift(&list, store.clock.1)));
    }
    Ok(deed(steps, own, Then::Sample, 200, list))
}

fn preconditions(wanted: &Value, resource: &Resource, object: &Object) -> Result<(), Response> {
    let metadata = &object.value["metadata"];
    for (name, words) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let Some(asked) = wanted[name].as_str() else { continue };
        let own = metadata[name].as_str().unwrap_or_default();
        if own != asked {
            let what = format!(
                "Precondition failed: {words} in precondition: {asked}, {words} in object meta: {own}"
            );
            return Err(conflict(resource, &object.name, &what));
        }
    }
    Ok(())
}

/// `Operation cannot be fulfilled on …`
pub fn conflict(resource: &Resource, name: &str, what: &str) -> Response {
    let mut details = json!({ "name": name });
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    details["kind"] = resource.plural.into();
    let message = format!("Operation cannot be fulfilled on {} \"{name}\": {what}", resource.qualified());
    failure(409, "Conflict", &message, &details)
}

fn details(resource: &Resource, object: &Object) -> Value {
    let mut details = json!({ "name": object.name });
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    details["kind"] = resource.plural.into();
    details["uid"] = object.value["metadata"]["uid"].clone();
    details
}

fn evict(asked: &Asked<'_>, name: &str) -> Outcome {
    let Asked { request, own, resource, .. } = *asked;
    if resource.qualified() != "pods" {
        return Err(status::no_resource());
    }
    let options = body::read(request)?.value;
    if asked.is_dry() || says_dry(&options) {
        let mut status = status::success(&Value::Null);
        status["code"] = 201.into();
        return Err(Response::json(201, &status));
    }
    if let Some(refused) = budget(asked) {
        return Err(refused);
    }
    let mut words = format!("evict {}", words_of(resource, own, name));
    if let Some(seconds) = options["deleteOptions"]["gracePeriodSeconds"].as_i64() {
        words.push_str(&format!(" gracePeriodSeconds={seconds}"));
    }
    Ok(deed(vec![Step::Words(words)], own, Then::Created, 201, Value::Null))
}

/// Whether a budget stands in the way, as far as what is served shows it: the simulation asks once more.
fn budget(asked: &Asked<'_>) -> Option<Response> {
    let Asked { store, own, .. } = *asked;
    let pod = stored(store, own)?;
    let has_ended = matches!(pod.value["status"]["phase"].as_str(), Some("Pending" | "Succeeded" | "Failed"));
    if has_ended || pod.value["metadata"]["deletionTimestamp"].is_string() {
        return None;
    }
    let labels = &pod.value["metadata"]["labels"];
    let budgets = super::kinds::of_kind("policy", "PodDisruptionBudget")?;
    let is_meant = |budget: &Value| {
        let wanted = budget["spec"]["selector"]["matchLabels"].as_object();
        budget["spec"]["selector"]["matchExpressions"].is_null()
            && wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels[key] == *value))
    };
    let mut all = store.all(budgets, own.namespace.as_deref()).filter(|(_, budget)| is_meant(&budget.value));
    let (_, budget) = all.next()?;
    let status = &budget.value["status"];
    let is_ready = pod.value["status"]["conditions"]
        .as_array()
        .is_some_and(|all| all.iter().any(|own| own["type"] == "Ready" && own["status"] == "True"));
    let is_new = status["observedGeneration"].as_i64() >= budget.value["metadata"]["generation"].as_i64();
    if !is_ready || !is_new || status["disruptionsAllowed"].as_i64() != Some(0) {
        return None;
    }
    let (wanted, there) =
        (status["desiredHealthy"].as_i64().unwrap_or(0), status["currentHealthy"].as_i64().unwrap_or(0));
    if there > wanted {
        return None;
    }
    let words = format!(
        "The disruption budget {} needs {wanted} healthy pods and has {there} currently",
        budget.name
    );
    let causes = json!([{ "reason": "DisruptionBudget", "message": words }]);
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    Some(failure(429, "TooManyRequests", message, &json!({ "causes": causes })))
}

/// `autoscaling/v1 Scale` of an object of any resource that has one.
pub fn scale_in(resource: &Resource, object: &Value) -> Value {
    let mut scale = scale_of(object);
    if let Some(own) = &resource.custom {
        let (wanted, there, selector) = custom::scale(own, object);
        scale["spec"] = json!({ "replicas": wanted });
        scale["status"] = json!({ "replicas": there });
        if !selector.is_empty() {
            scale["status"]["selector"] = selector.into();
        }
    }
    scale
}

fn scale(asked: &Asked<'_>, object: &std::sync::Arc<Object>) -> Outcome {
    let Asked { store, request, own, resource, .. } = *asked;
    let mut scale = scale_in(resource, &object.value);
    let before = scale["metadata"]["resourceVersion"].clone();
    // Its own kind is patched, and not that of the object.
    let as_scale = super::kinds::of_kind("", "Binding").map(|ix| store.resource(ix));
    scale = match (request.method.as_str(), as_scale) {
        ("PUT", _) => body::read(request)?.value,
        (_, Some(plain)) => write::patched(&Asked { resource: plain, ..*asked }, scale)?,
        _ => return Err(method_not_allowed()),
    };
    let asked_version = &scale["metadata"]["resourceVersion"];
    if asked_version.is_string() && *asked_version != before && *asked_version != "" {
        let what =
            "the object has been modified; please apply your changes to the latest version and try again";
        return Err(conflict(resource, &object.name, what));
    }
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let what = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        let causes = [("FieldValueInvalid", what, "spec.replicas".to_owned())];
        return Err(write::law::invalid("Scale.autoscaling", "autoscaling", "Scale", &object.name, &causes));
    }
    let mut after = object.value.clone();
    match &resource.custom {
        Some(own) => custom::set_replicas(own, &mut after, replicas),
        None => after["spec"]["replicas"] = replicas.into(),
    }
    if asked.is_dry() || after == object.value {
        let told = super::stamps::shift(&scale_in(resource, &after), store.clock.1);
        return Err(Response::json(200, &told));
    }
    if resource.custom.is_some() {
        let place = Objects { below: String::new(), ..own.clone() };
        let of = Asked { own: &place, ..*asked };
        let mut deed = write::put(&of, object, typed(resource, after))?;
        deed.own.below = "scale".to_owned();
        deed.then = Then::Scale;
        return Ok(deed);
    }
    let words = format!("scale {} replicas={replicas}", words_of(resource, own, &object.name));
    if let Some(generation) = after["metadata"]["generation"].as_i64() {
        after["metadata"]["generation"] = (generation + 1).into();
    }
    let mut steps = vec![Step::Words(words)];
    steps.extend(write::managed_scale(asked, object, &mut after));
    Ok(deed(steps, own, Then::Scale, 200, after))
}

/// A node is changed by verbs of its own.
pub fn of_node(before: &Value, after: &Value, name: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let bare = |object: &Value| {
        let mut own = object.clone();
        if let Some(members) = own.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion" | "status"));
        }
        own["metadata"].as_object_mut().map(|own| own.shift_remove("managedFields"));
        if let Some(spec) = own["spec"].as_object_mut() {
            spec.retain(|_, value| *value != false && *value != json!([]));
        }
        own
    };
    let change = difference(&bare(before), &bare(after)).unwrap_or(Value::Null);
    let only = |value: &Value, known: &[&str]| {
        value.as_object().into_iter().flatten().all(|(name, _)| known.contains(&name.as_str()))
    };
    let known = only(&change, &["metadata", "spec"])
        && only(&change["metadata"], &["labels"])
        && only(&change["spec"], &["unschedulable", "taints"]);
    if !known {
        return None;
    }
    let cordoned = |node: &Value| node["spec"]["unschedulable"] == true;
    match (cordoned(before), cordoned(after)) {
        (false, true) => words.push(format!("cordon node/{name}")),
        (true, false) => words.push(format!("uncordon node/{name}")),
        _ => {}
    }
    for (key, value) in change["metadata"]["labels"].as_object().into_iter().flatten() {
        words.push(match value.as_str() {
            Some(value) => format!("label node/{name} {key}={value}"),
            None => format!("label node/{name} {key}-"),
        });
    }
    let taints =
        |node: &Value| -> Vec<Value> { node["spec"]["taints"].as_array().cloned().unwrap_or_default() };
    let (old, new) = (taints(before), taints(after));
    let text = |taint: &Value, name: &str| taint[name].as_str().unwrap_or_default().to_owned();
    for gone in old.iter().filter(|own| !new.contains(own)) {
        let key = |own: &Value| (text(own, "key"), text(own, "effect"));
        if new.iter().all(|own| key(own) != key(gone)) {
            words.push(format!("untaint node/{name} {}:{}-", text(gone, "key"), text(gone, "effect")));
        }
    }
    for came in new.iter().filter(|own| !old.contains(own)) {
        let value = text(came, "value");
        let value = if value.is_empty() { value } else { format!("={value}") };
        words.push(format!("taint node/{name} {}{value}:{}", text(came, "key"), text(came, "effect")));
    }
    Some(words)
}

/// The merge patch that makes one of the other; None: they are the same. What the server keeps is not looked at.
fn difference(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let mut change = Map::new();
    for (name, value) in new {
        match old.get(name) {
            Some(own) => change.extend(difference(own, value).map(|value| (name.clone(), value))),
            None if value.is_null() => {}
            None => drop(change.insert(name.clone(), value.clone())),
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        change.insert(name.clone(), Value::Null);
    }
    (!change.is_empty()).then_some(Value::Object(change))
}

/// What is to be done about objects whose owners are all gone, where owner or object is stored as it came.
pub fn orphans(store: &Store, gates: &Gates) -> Vec<Step> {
    let is_played = |resource: &Resource| match Law::of(resource) {
        Law::Known(kind) => kind.law().is_kept || kind == ObjectType::Pod,
        _ => matches!(resource.kind, "EndpointSlice" | "Endpoints"),
    };
    let plain = Request { method: "DELETE".to_owned(), ..Request::default() };
    let mut steps = Vec::new();
    for (ix, resource) in store.resources().filter(|(ix, _)| store.stored_as(*ix) == *ix) {
        for (_, object) in store.all(ix, None) {
            let Some(owners) = object.value["metadata"]["ownerReferences"].as_array() else { continue };
            if owners.is_empty() || object.value["metadata"]["deletionTimestamp"].is_string() {
                continue;
            }
            let text = |owner: &Value, name: &str| owner[name].as_str().unwrap_or_default().to_owned();
            let is_gone = |owner: &Value| {
                let Some(of) = store.of_version(&text(owner, "apiVersion"), &text(owner, "kind")) else {
                    return true;
                };
                let namespace = if store.resource(of).is_namespaced { object.namespace.as_str() } else { "" };
                let found = store.get(store.stored_as(of), namespace, &text(owner, "name"));
                found.is_none_or(|found| found.meta("uid") != text(owner, "uid"))
            };
            let is_own = |owner: &Value| {
                let of = store.of_version(&text(owner, "apiVersion"), &text(owner, "kind"));
                is_played(resource) && of.is_some_and(|of| is_played(store.resource(of)))
            };
            if owners.iter().any(is_own) || !owners.iter().all(is_gone) {
                continue;
            }
            let own = Objects {
                resource: ix,
                namespace: Some(object.namespace.clone()).filter(|own| !own.is_empty()),
                name: Some(object.name.clone()),
                below: String::new(),
            };
            if let Ok(deed) = delete(&Asked { store, gates, request: &plain, own: &own, resource }, object) {
                steps.extend(deed.steps);
            }
        }
    }
    steps
}

/// What is answered to what was done; `refused` where something was not done.
pub fn answered(store: &Store, deed: &Deed, refused: Option<&str>) -> Response {
    let resource = store.resource(deed.own.resource);
    let name = deed.own.name.as_deref().unwrap_or_default();
    if let Some(words) = refused {
        return said(words, resource, name);
    }
    let object = stored(store, &deed.own);
    let shift = if Law::of(resource).is_played() { store.clock.1 } else { Span::ZERO };
    let told = |value: &Value| super::stamps::shift(value, shift);
    let response = match (deed.then, object) {
        (Then::Created, _) => {
            let mut status = status::success(&Value::Null);
            status["code"] = 201.into();
            Response::json(201, &status)
        }
        (Then::Sample, _) if deed.sample.get("items").is_some() => {
            Response::json(deed.code, &told(&deed.sample))
        }
        (Then::Sample, _) => Response::json(deed.code, &typed(resource, told(&deed.sample))),
        (Then::Deleted, None) if deed.sample.get("metadata").is_some() => {
            Response::json(200, &typed(resource, told(&deed.sample)))
        }
        (Then::Gone, _) | (Then::Deleted, None) => Response::json(200, &status::success(&deed.sample)),
        (Then::Scale, Some(object)) => Response::json(deed.code, &told(&scale_in(resource, &object.value))),
        (Then::Object | Then::Deleted, Some(object)) => {
            let value = match served::converted(&object.value, deed.own.resource) {
                Some(other) => typed(resource, told(&other)),
                None => object.told(resource, store.clock.1),
            };
            Response::json(deed.code, &value)
        }
        (Then::Object | Then::Scale, None) => not_found(resource, name),
    };
    warned(response, &deed.warnings)
}

/// A refusal in kubectl's words, as the API server had said it: `Error from server (NotFound): pods "web" not found`.
pub fn said(words: &str, resource: &Resource, name: &str) -> Response {
    let line = words.lines().next().unwrap_or_default();
    if let Some((reason, message)) =
        line.strip_prefix("Error from server (").and_then(|rest| rest.split_once("): "))
    {
        let code = match reason {
            "NotFound" => 404,
            "AlreadyExists" | "Conflict" => 409,
            "Invalid" => 422,
            "Forbidden" => 403,
            "TooManyRequests" => 429,
            "MethodNotAllowed" => 405,
            _ => 400,
        };
        let details = if code == 429 { json!({}) } else { json!({ "name": name, "kind": resource.plural }) };
        return failure(code, reason, message, &details);
    }
    if let Some((_, causes)) = words.split_once("is invalid: ") {
        let mut list = Vec::new();
        for line in causes.lines().filter(|line| !line.trim().is_empty()) {
            let line = line.trim().trim_start_matches("* ");
            let (field, message) = line.split_once(": ").unwrap_or(("", line));
            list.push(json!({ "reason": "FieldValueInvalid", "message": message, "field": field }));
        }
        let kind = if resource.group.is_empty() {
            resource.kind.to_owned()
        } else {
            format!("{}.{}", resource.kind, resource.group)
        };
        let told: Vec<&str> = causes.lines().map(|line| line.trim().trim_start_matches("* ")).collect();
        let told = if told.len() > 1 { format!("[{}]", told.join(", ")) } else { told.concat() };
        let message = format!("{kind} \"{name}\" is invalid: {told}");
        let mut details = json!({ "name": name });
        if !resource.group.is_empty() {
            details["group"] = resource.group.into();
        }
        details["kind"] = resource.kind.into();
        details["causes"] = list.into();
        return failure(422, "Invalid", &message, &details);
    }
    bad(words.trim_start_matches("error: "))
}
