//! Requests that change the cluster, as what the simulation is to do: logged, saved and replayed like what a person types.
//!
//! What kubectl has verbs for (delete, evict, scale, what is done to a node) is done by those; every other write is read and let in
//! ([`super::write`]), and handed on whole. Nothing is done that cannot be: refusals are answered in the API server's words.

use serde_json::{Value, json};

use super::answer::objects::scale_of;
use super::answer::{Answer, method_not_allowed, served, stored};
use super::kinds::Resource;
use super::path::{Objects, Request};
use super::status::{self, Response, bad, failure, not_allowed, not_found};
use super::store::{Object, Store, typed};
use super::write::law::Law;
use super::write::{self, Asked, Outcome, body, warned};
use super::{custom, deletion};
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
        ("POST", "") if resource.kind == "Binding" => write::below::bind(asked),
        ("POST", "") if resource.kind == "Node" => {
            Err(not_allowed("nodes are the scenario's: a node without a machine would never be ready"))
        }
        ("POST", "") => write::create(asked),
        ("POST", "binding") => write::below::bind(asked),
        ("POST", "token") => write::below::token(asked),
        ("DELETE", "") if own.name.is_none() => deletion::delete_all(asked),
        _ => {
            let name = own.name.as_deref().unwrap_or_default();
            match (method, below, stored(store, own)) {
                ("POST", "eviction", None) | ("DELETE", "", None) => Err(not_found(resource, name)),
                ("PATCH" | "PUT", "scale", None) => Err(not_found(resource, name)),
                ("DELETE", "", Some(object)) => deletion::delete(asked, object),
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

pub(super) fn unsupported(kind: &str, field: &str, own: &str, values: &[&str]) -> Response {
    let list: Vec<String> = values.iter().map(|own| format!("\"{own}\"")).collect();
    let message = format!("Unsupported value: \"{own}\": supported values: {}", list.join(", "));
    let causes = [("FieldValueNotSupported", message, field.to_owned())];
    write::law::invalid(&format!("{kind}.meta.k8s.io"), "meta.k8s.io", kind, "", &causes)
}

pub(super) fn says_dry(body: &Value) -> bool {
    let all = [&body["dryRun"], &body["deleteOptions"]["dryRun"]];
    all.iter().any(|list| list.as_array().is_some_and(|list| list.iter().any(|own| own == "All")))
}

/// The object as a person names it: `deployment/web namespace=shop`.
pub(super) fn words_of(resource: &Resource, own: &Objects, name: &str) -> String {
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

pub(super) fn deed(steps: Vec<Step>, own: &Objects, then: Then, code: u16, sample: Value) -> Deed {
    Deed { steps, own: own.clone(), then, code, warnings: Vec::new(), sample }
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
