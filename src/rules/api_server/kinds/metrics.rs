//! What an autoscaler looks at: metrics, their targets, and the objects that they are about.
//!
//! Source: `validateMetrics` and `ValidateCrossVersionObjectReference` in pkg/apis/autoscaling/validation/validation.go
//! (1.36.2). The surprise: a kind of metric that does not exist is refused twice.

use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, resources};
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::gates::Gates;

/// Kinds of metrics, as `type` says them and as they are written, in the order in which validation looks.
const SOURCES: &[(&str, &str)] = &[
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

/// What the `apiVersion` of what a reference is about may be (`CrossVersionObjectReferenceValidationOptions`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Versions {
    /// It must name a group.
    Grouped,
    /// The oldest group, which has no name, is one too.
    Core,
    /// Nobody looks: it was so before.
    Any,
}

/// `ValidateAPIVersion`: why not this one.
pub fn wrong_version(version: &str, versions: Versions) -> Option<String> {
    let (group, rest) = version.split_once('/').unwrap_or(("", version));
    match versions {
        Versions::Any => None,
        _ if rest.contains('/') => Some(format!("unexpected GroupVersion string: {version}")),
        Versions::Grouped if group.is_empty() => Some("apiVersion must specify API group".to_owned()),
        Versions::Grouped | Versions::Core => None,
    }
}

/// `ValidateCrossVersionObjectReference`
pub fn reference(to: &At, versions: Versions, errors: &mut Errors) {
    for name in ["kind", "name"] {
        let value = to.text_of(name);
        if value.is_empty() {
            errors.required(to.path_of(name), "");
        } else {
            errors.invalid_each(&to.path_of(name), value, names::path_segment(value));
        }
    }
    let version = to.text_of("apiVersion");
    if let Some(why) = wrong_version(version, versions) {
        errors.invalid(to.path_of("apiVersion"), version, why);
    }
}

/// `validateMetrics`
pub fn all(metrics: &At, min: Option<i64>, versions: Versions, gates: &Gates, errors: &mut Errors) {
    for metric in metrics.items() {
        one(&metric, versions, gates, errors);
    }
    let scales_to_none = |metric: At| ["Object", "External"].contains(&metric.text_of("type"));
    if min == Some(0) && !metrics.items().any(scales_to_none) {
        let detail =
            "must specify at least one Object or External metric to support scaling to zero replicas";
        errors.forbidden(metrics.path.clone(), detail);
    }
}

/// `validateMetricSpec`
fn one(metric: &At, versions: Versions, gates: &Gates, errors: &mut Errors) {
    const TYPES: &[&str] = &["ContainerResource", "External", "Object", "Pods", "Resource"];
    let (ty, path) = (metric.text_of("type"), metric.path_of("type"));
    if ty.is_empty() {
        errors.required(path.clone(), "must specify a metric source type");
    }
    if !TYPES.contains(&ty) {
        errors.not_supported(path.clone(), ty, TYPES);
    }
    let present: Vec<&str> =
        SOURCES.iter().map(|(_, name)| *name).filter(|name| metric.some(name).is_some()).collect();
    if let Some(first) = present.first() {
        source(first, &metric.child(first), versions, gates, errors);
    }
    let expected = SOURCES.iter().find(|(named, _)| *named == ty).map(|(_, name)| *name);
    match expected {
        None => errors.not_supported(path, ty, TYPES),
        Some(name) if metric.some(name).is_none() => {
            errors.required(metric.path_of(name), "must populate information for the given metric source");
        }
        Some(_) => {}
    }
    if present.len() != 1 {
        for name in present.iter().filter(|name| Some(**name) != expected) {
            errors.forbidden(metric.path_of(name), "must populate the given metric source only");
        }
    }
}

fn source(kind: &str, source: &At, versions: Versions, gates: &Gates, errors: &mut Errors) {
    let target = source.child("target");
    let has = |name: &str| target.some(name).is_some();
    match kind {
        "object" => {
            reference(&source.child("describedObject"), versions, errors);
            identifier(&source.child("metric"), errors);
            amounts(&target, errors);
            if !has("value") && !has("averageValue") {
                let detail = "must set either a target value or averageValue";
                errors.required(target.path_of("averageValue"), detail);
            }
        }
        "external" => {
            identifier(&source.child("metric"), errors);
            amounts(&target, errors);
            if !has("value") && !has("averageValue") {
                let detail = "must set either a target value for metric or a per-pod target";
                errors.required(target.path_of("averageValue"), detail);
            }
            if has("value") && has("averageValue") {
                let detail = "may not set both a target value for metric and a per-pod target";
                errors.forbidden(target.path_of("value"), detail);
            }
        }
        "pods" => {
            identifier(&source.child("metric"), errors);
            amounts(&target, errors);
            if !has("averageValue") {
                let detail = "must specify a positive target averageValue";
                errors.required(target.path_of("averageValue"), detail);
            }
        }
        _ => of_resource(kind, source, gates, errors),
    }
}

/// `validateResourceSource` and `validateContainerResourceSource`
fn of_resource(kind: &str, source: &At, gates: &Gates, errors: &mut Errors) {
    let (name, target) = (source.text_of("name"), source.child("target"));
    let is_of_container = kind == "containerResource";
    if name.is_empty() {
        errors.required(source.path_of("name"), "must specify a resource name");
    } else if is_of_container {
        let path = source.path_of("name");
        resources::resource_name(name, &path, resources::Of::Container, &gates.habits, errors);
    }
    if is_of_container {
        let container = source.text_of("container");
        if container.is_empty() {
            errors.required(source.path_of("container"), "must specify a container");
        } else {
            errors.invalid_each(&source.path_of("container"), container, names::dns1123_label(container));
        }
    }
    amounts(&target, errors);
    let has = |name: &str| target.some(name).is_some();
    if !has("averageUtilization") && !has("averageValue") {
        let detail = "must set either a target raw value or a target utilization";
        errors.required(target.path_of("averageUtilization"), detail);
    }
    if has("averageUtilization") && has("averageValue") {
        let detail = "may not set both a target raw value and a target utilization";
        errors.forbidden(target.path_of("averageValue"), detail);
    }
}

/// `validateMetricIdentifier`
fn identifier(metric: &At, errors: &mut Errors) {
    let name = metric.text_of("name");
    if name.is_empty() {
        errors.required(metric.path_of("name"), "must specify a metric name");
    } else {
        errors.invalid_each(&metric.path_of("name"), name, names::path_segment(name));
    }
}

/// `validateMetricTarget`
fn amounts(target: &At, errors: &mut Errors) {
    let ty = target.text_of("type");
    if ty.is_empty() {
        errors.required(target.path_of("type"), "must specify a metric target type");
    }
    if !["Utilization", "Value", "AverageValue"].contains(&ty) {
        errors.invalid(target.path_of("type"), ty, "must be either Utilization, Value, or AverageValue");
    }
    for name in ["value", "averageValue"] {
        if let Some(amount) = target.some(name)
            && Quantity::parse(amount.str()).is_ok_and(|amount| amount.sign() != 1)
        {
            errors.invalid(amount.path.clone(), amount.str(), "must be positive");
        }
    }
    if let Some(share) = target.some("averageUtilization")
        && share.int() < 1
    {
        errors.invalid(share.path.clone(), share.int(), "must be greater than 0");
    }
}
