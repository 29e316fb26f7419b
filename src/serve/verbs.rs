//! Requests that change the cluster, as commands: what a person could type, so that it is logged, saved and replayed.
//!
//! DELETE, eviction, `/scale` and patches are read here; a patch is applied to the object as it is, and what comes of it is sent on as a
//! merge patch (of a node: as the verb that does it). What no command can do is refused and says so.

use serde_json::{Map, Value, json};

use super::answer::objects::scale_of;
use super::answer::{Answer, body, method_not_allowed, stored};
use super::json_patch;
use super::kinds::{RESOURCES, Resource};
use super::path::{Objects, Request};
use super::status::{self, Response, bad, failure, not_allowed, not_found};
use super::store::{Object, Store};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::merge::{json_merge, strategic_merge};
use crate::rules::versions::gates::Gates;

/// Something to be done, and what is answered when it is.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What a person would type, one after the other.
    pub words: Vec<String>,
    /// To which object.
    pub own: Objects,
    /// What is answered.
    pub then: Then,
}

/// What is answered when something was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// The object as it is now.
    Object,
    /// The object, where it is still there; else that it is gone.
    Deleted,
    /// `Scale` of the object.
    Scale,
    /// That it was done.
    Created,
}

/// Reads a request that changes something.
pub fn read(store: &Store, _: &Gates, request: &Request, own: &Objects) -> Answer {
    let resource = &RESOURCES[own.resource];
    let Some(name) = own.name.as_deref() else { return Answer::Whole(unplayed(request, resource)) };
    let Some(object) = stored(store, own) else { return Answer::Whole(not_found(resource, name)) };
    let is_dry = request.query("dryRun") == "All" || body(request).is_some_and(|body| says_dry(&body));
    let read = match (request.method.as_str(), own.below.as_str()) {
        ("DELETE", "") => delete(request, own, resource, object, is_dry),
        ("POST", "eviction") => evict(request, own, resource, name, is_dry),
        ("PATCH" | "PUT", "scale") => scale(request, own, resource, object, is_dry),
        ("PATCH", "") => patch(request, own, resource, object, is_dry),
        ("POST" | "GET", "exec" | "attach" | "portforward" | "proxy") => {
            let what = &own.below;
            Err(not_allowed(&format!(
                "{what} is not there: the containers of a simulated cluster have no processes to talk to"
            )))
        }
        _ => Err(unplayed(request, resource)),
    };
    read.unwrap_or_else(Answer::Whole)
}

fn says_dry(body: &Value) -> bool {
    let all = [&body["dryRun"], &body["deleteOptions"]["dryRun"]];
    all.iter().any(|list| list.as_array().is_some_and(|list| list.iter().any(|own| own == "All")))
}

fn unplayed(request: &Request, resource: &Resource) -> Response {
    if matches!(request.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
        return not_allowed(&format!(
            "{} of {} is not played by this server yet: delete, evict, scale, cordon, taint and patch are; what a manifest says is \
             applied with `kubelapse step`, or with `kubectl lapse do apply -f FILE`",
            request.method,
            resource.qualified()
        ));
    }
    method_not_allowed()
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
fn delete(
    request: &Request,
    own: &Objects,
    resource: &Resource,
    object: &Object,
    is_dry: bool,
) -> Result<Answer, Response> {
    let options = body(request).unwrap_or_default();
    preconditions(&options["preconditions"], resource, object)?;
    let is_known = matches!(resource.kind, "Pod" | "Node" | "ConfigMap" | "Secret" | "ServiceAccount")
        || ObjectType::kept().any(|kind| kind.name() == resource.kind);
    if !is_known {
        return Err(unplayed(request, resource));
    }
    if is_dry {
        return Ok(Answer::Whole(Response::json(200, &status::success(&details(resource, object)))));
    }
    let mut words = format!("delete {}", words_of(resource, own, &object.name));
    let grace =
        options["gracePeriodSeconds"].as_i64().or_else(|| request.query("gracePeriodSeconds").parse().ok());
    match (resource.kind, grace) {
        ("Pod", Some(0)) => words.push_str(" gracePeriodSeconds=0 force=true"),
        ("Pod", Some(seconds)) => words.push_str(&format!(" gracePeriodSeconds={seconds}")),
        _ => {}
    }
    if !matches!(resource.kind, "Pod" | "Node" | "ConfigMap" | "Secret" | "ServiceAccount") {
        let asked = options["propagationPolicy"].as_str().or(Some(request.query("propagationPolicy")));
        let cascade = match asked.unwrap_or_default() {
            "Foreground" => "foreground",
            "Orphan" => "orphan",
            _ => "background",
        };
        words.push_str(&format!(" cascade={cascade}"));
    }
    Ok(Answer::Do(Box::new(Deed { words: vec![words], own: own.clone(), then: Then::Deleted })))
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

fn conflict(resource: &Resource, name: &str, what: &str) -> Response {
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

fn evict(
    request: &Request,
    own: &Objects,
    resource: &Resource,
    name: &str,
    is_dry: bool,
) -> Result<Answer, Response> {
    if resource.qualified() != "pods" {
        return Err(status::no_resource());
    }
    if is_dry {
        return Ok(Answer::Whole(Response::json(201, &status::success(&Value::Null))));
    }
    let mut words = format!("evict {}", words_of(resource, own, name));
    let options = body(request).unwrap_or_default();
    if let Some(seconds) = options["deleteOptions"]["gracePeriodSeconds"].as_i64() {
        words.push_str(&format!(" gracePeriodSeconds={seconds}"));
    }
    Ok(Answer::Do(Box::new(Deed { words: vec![words], own: own.clone(), then: Then::Created })))
}

fn scale(
    request: &Request,
    own: &Objects,
    resource: &Resource,
    object: &Object,
    is_dry: bool,
) -> Result<Answer, Response> {
    if resource.below.iter().all(|below| below.name != "scale") {
        return Err(status::no_resource());
    }
    let mut scale = scale_of(&object.value);
    let before = scale["metadata"]["resourceVersion"].clone();
    scale = patched(request, scale, None)?;
    let asked = &scale["metadata"]["resourceVersion"];
    if asked.is_string() && *asked != before && *asked != "" {
        let what =
            "the object has been modified; please apply your changes to the latest version and try again";
        return Err(conflict(resource, &object.name, what));
    }
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let field = "spec.replicas";
        let what = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        let causes = json!([{ "reason": "FieldValueInvalid", "message": what, "field": field }]);
        let message = format!("Scale.autoscaling \"{}\" is invalid: {field}: {what}", object.name);
        let details =
            json!({ "name": object.name, "group": "autoscaling", "kind": "Scale", "causes": causes });
        return Err(failure(422, "Invalid", &message, &details));
    }
    if is_dry {
        return Ok(Answer::Whole(Response::json(200, &scale)));
    }
    let words = format!("scale {} replicas={replicas}", words_of(resource, own, &object.name));
    Ok(Answer::Do(Box::new(Deed { words: vec![words], own: own.clone(), then: Then::Scale })))
}

/// What comes of a patch, or of the whole object that a PUT sends.
fn patched(request: &Request, mut object: Value, kind: Option<ObjectType>) -> Result<Value, Response> {
    let Some(asked) = body(request) else {
        return Err(bad("the body of the request could not be read as JSON"));
    };
    if request.method == "PUT" {
        return Ok(asked);
    }
    match (request.content_type.split(';').next().unwrap_or_default(), kind) {
        ("application/merge-patch+json", _) => json_merge(&mut object, &asked),
        ("application/strategic-merge-patch+json", Some(kind)) => {
            strategic_merge(&mut object, &asked, kind.fields());
        }
        ("application/strategic-merge-patch+json", None) => json_merge(&mut object, &asked),
        ("application/json-patch+json", _) => {
            json_patch::apply(&mut object, &asked).map_err(|problem| {
                let message = "the server rejected our request due to an error in our request";
                match problem {
                    json_patch::Problem::Test => failure(422, "Invalid", message, &json!({})),
                    json_patch::Problem::Path(path) => bad(&format!("jsonpatch: path not found: {path}")),
                }
            })?;
        }
        _ => {
            let message = "the body of the request was in an unknown format - accepted media types include: \
                           application/json-patch+json, application/merge-patch+json, \
                           application/strategic-merge-patch+json";
            return Err(failure(415, "UnsupportedMediaType", message, &json!({})));
        }
    }
    Ok(object)
}

fn patch(
    request: &Request,
    own: &Objects,
    resource: &Resource,
    object: &Object,
    is_dry: bool,
) -> Result<Answer, Response> {
    let kind = ObjectType::ALL.iter().copied().find(|ty| ty.name() == resource.kind);
    let before = object.value.clone();
    let after = patched(request, before.clone(), kind)?;
    let (old, new) = (&before["metadata"]["resourceVersion"], &after["metadata"]["resourceVersion"]);
    if old != new && !new.is_null() {
        let what =
            "the object has been modified; please apply your changes to the latest version and try again";
        return Err(conflict(resource, &object.name, what));
    }
    let change = difference(&before, &after).unwrap_or(Value::Null);
    if is_dry || change.is_null() {
        return Ok(Answer::Whole(Response::json(200, &after)));
    }
    let words = match resource.kind {
        "Node" => of_node(&before, &after, &change, &object.name).ok_or_else(|| {
            not_allowed("of a node its labels, its taints and whether it is cordoned can be changed here")
        })?,
        // The simulation keeps none of a pod: better refused than lost.
        "Pod" if change.pointer("/metadata/annotations").is_some() => {
            return Err(not_allowed("annotations of pods cannot be changed here: those of workloads can"));
        }
        "Pod" => merge_words(resource, own, &object.name, &change),
        _ if ObjectType::kept().any(|kind| kind.name() == resource.kind) => {
            merge_words(resource, own, &object.name, &change)
        }
        _ => return Err(unplayed(request, resource)),
    };
    Ok(Answer::Do(Box::new(Deed { words, own: own.clone(), then: Then::Object })))
}

/// What a merge patch says, as words. A scenario has no null: a label is taken away by its own verb, and a Deployment that is not
/// paused any more says so.
fn merge_words(resource: &Resource, own: &Objects, name: &str, change: &Value) -> Vec<String> {
    let mut change = change.clone();
    let target = words_of(resource, own, name);
    let mut words = Vec::new();
    if let Some(labels) = change.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        let gone: Vec<String> =
            labels.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.clone()).collect();
        for key in gone {
            labels.shift_remove(&key);
            words.push(format!("label {target} {key}-"));
        }
        if labels.is_empty() {
            change["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("labels"));
        }
    }
    if change["metadata"].as_object().is_some_and(Map::is_empty) {
        change.as_object_mut().map(|members| members.shift_remove("metadata"));
    }
    if change.pointer("/spec/paused").is_some_and(Value::is_null) {
        change["spec"]["paused"] = false.into();
    }
    if change.as_object().is_some_and(|members| !members.is_empty()) {
        // A quote would end the word; JSON has another spelling for it.
        let text = change.to_string().replace('\'', "\\u0027");
        words.push(format!("patch {target} --type=merge -p '{text}'"));
    }
    words
}

/// A node is changed by verbs of its own.
fn of_node(before: &Value, after: &Value, change: &Value, name: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let only = |value: &Value, known: &[&str]| {
        value.as_object().into_iter().flatten().all(|(name, _)| known.contains(&name.as_str()))
    };
    let known = only(change, &["metadata", "spec"])
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

/// What is answered to what was done: `lines` as kubectl would have printed them, `refused` where something was not done.
pub fn answered(store: &Store, deed: &Deed, refused: Option<&str>) -> Response {
    let resource = &RESOURCES[deed.own.resource];
    let name = deed.own.name.as_deref().unwrap_or_default();
    if let Some(words) = refused {
        return said(words, resource, name);
    }
    let object = stored(store, &deed.own);
    let told = |value: &Value| super::stamps::shift(value, store.clock.1);
    match (deed.then, object) {
        (Then::Created, _) => Response::json(201, &status::success(&Value::Null)),
        (Then::Deleted, None) => {
            let mut details = json!({ "name": name, "kind": resource.plural });
            if !resource.group.is_empty() {
                details["group"] = resource.group.into();
            }
            Response::json(200, &status::success(&details))
        }
        (Then::Scale, Some(object)) => Response::json(200, &told(&scale_of(&object.value))),
        (Then::Object | Then::Deleted, Some(object)) => {
            let mut value = told(&object.value);
            value["kind"] = resource.kind.into();
            value["apiVersion"] = resource.api_version().into();
            Response::json(200, &value)
        }
        (Then::Object | Then::Scale, None) => not_found(resource, name),
    }
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
