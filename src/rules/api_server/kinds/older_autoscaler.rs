//! autoscaling/v1: how its HorizontalPodAutoscalers become those of autoscaling/v2, and back.
//!
//! Source: pkg/apis/autoscaling/v1/conversion.go (1.36.2). The surprise: what v1 has no fields for stands in annotations, as
//! JSON of a shape of its own; what does not parse there is passed over.

use serde_json::{Map, Value, json};

use super::horizontal_pod_autoscaler::of_cpu;
use super::{Object, Older, within};
use crate::rules::api_server::decode::older;

pub(super) const V1: Older =
    Older { version: "v1", schema: &older::HorizontalPodAutoscaler, convert, revert, renew };

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
/// What is told of the status, which nobody sends.
const OTHERS: [&str; 2] =
    ["autoscaling.alpha.kubernetes.io/conditions", "autoscaling.alpha.kubernetes.io/current-metrics"];

/// What stands in an annotation, which goes.
fn noted(object: &mut Object, annotation: &str) -> Option<Value> {
    let annotations = object.get_mut("metadata")?.get_mut("annotations")?.as_object_mut()?;
    OTHERS.iter().for_each(|other| drop(annotations.shift_remove(*other)));
    let text = annotations.shift_remove(annotation)?;
    serde_json::from_str(text.as_str()?).ok()
}

/// One of v1's metrics.
fn metric(metric: &mut Value) {
    let Value::Object(members) = metric else { return };
    for kind in ["resource", "containerResource", "pods", "external", "object"] {
        within(members, kind, |own| source(kind, own));
    }
}

/// What a metric is of, and what is wanted of it.
fn source(kind: &str, own: &mut Object) {
    let mut take = |name: &str| own.shift_remove(name).filter(|value| !value.is_null());
    let (value, average) = (take("targetValue"), take("targetAverageValue").or_else(|| take("averageValue")));
    let utilization = take("targetAverageUtilization");
    let (name, described) = (take("metricName"), take("target"));
    let selector = take("selector").or_else(|| take("metricSelector"));
    let ty = match kind {
        _ if utilization.is_some() => "Utilization",
        "external" if value.is_some() => "Value",
        "object" if average.is_none() => "Value",
        _ => "AverageValue",
    };
    let mut target = Map::from_iter([("type".to_owned(), json!(ty))]);
    let said = [("value", value), ("averageValue", average), ("averageUtilization", utilization)];
    target.extend(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if let Some(name) = name {
        let mut metric = Map::from_iter([("name".to_owned(), name)]);
        metric.extend(selector.map(|selector| ("selector".to_owned(), selector)));
        own.insert("metric".to_owned(), metric.into());
    }
    own.extend(described.map(|described| ("describedObject".to_owned(), described)));
    own.insert("target".to_owned(), target.into());
}

/// `Convert_v1_HorizontalPodAutoscalerSpec_To_autoscaling_HorizontalPodAutoscalerSpec`
fn convert(object: &mut Object) {
    let mut metrics: Vec<Value> =
        noted(object, METRICS).and_then(|own| own.as_array().cloned()).unwrap_or_default();
    metrics.iter_mut().for_each(metric);
    let behavior = noted(object, BEHAVIOR).filter(|own| own.as_object().is_some_and(|own| !own.is_empty()));
    within(object, "spec", |spec| {
        metrics.extend(spec.shift_remove("targetCPUUtilizationPercentage").map(|percent| of_cpu(&percent)));
        if !metrics.is_empty() {
            spec.insert("metrics".to_owned(), metrics.into());
        }
        if let Some(behavior) = behavior {
            spec.insert("behavior".to_owned(), behavior);
        }
    });
    object.shift_remove("status");
}

/// `Convert_autoscaling_HorizontalPodAutoscalerSpec_To_v1_HorizontalPodAutoscalerSpec`. What v1 has no place for stands there in
/// annotations, which whoever writes the object sends back; here it stays beside ([`renew`]).
fn revert(object: &mut Object) {
    object.shift_remove("status");
    within(object, "spec", |spec| {
        spec.shift_remove("behavior");
        let metrics = spec.shift_remove("metrics").unwrap_or_default();
        let of_cpu = metrics.as_array().into_iter().flatten().find(|metric| is_share_of_cpu(metric));
        if let Some(metric) = of_cpu {
            let percent = metric["resource"]["target"]["averageUtilization"].clone();
            spec.insert("targetCPUUtilizationPercentage".to_owned(), percent);
        }
    });
}

/// The metrics that v1 has no place for come first, and the behaviour stays.
fn renew(was: &Object, object: &mut Object) {
    let before = was.get("spec").unwrap_or(&Value::Null);
    let all = before["metrics"].as_array();
    let first = all.into_iter().flatten().position(is_share_of_cpu);
    let others = all.into_iter().flatten().enumerate().filter(|(place, _)| Some(*place) != first);
    let mut metrics: Vec<Value> = others.map(|(_, metric)| metric.clone()).collect();
    within(object, "spec", |spec| {
        if let Some(Value::Array(own)) = spec.shift_remove("metrics") {
            metrics.extend(own);
        }
        if !metrics.is_empty() {
            spec.insert("metrics".to_owned(), metrics.into());
        }
        if let Some(behavior) = before.get("behavior") {
            spec.insert("behavior".to_owned(), behavior.clone());
        }
    });
}

fn is_share_of_cpu(metric: &Value) -> bool {
    let own = &metric["resource"];
    own["name"] == "cpu" && !own["target"]["averageUtilization"].is_null()
}
