//! Objects as a version of their group serves them, where that is not the one in which they are stored.
//!
//! Sources: pkg/apis/core/v1 and pkg/apis/events/v1 (`Convert_core_Event_To_v1_Event`), pkg/apis/autoscaling/v1/conversion.go (1.36.3).

use serde_json::{Value, json};

use super::super::kinds::{self, RESOURCES, ResourceIx};

/// An object as this resource serves it; None: as it is stored.
pub fn converted(object: &Value, resource: ResourceIx) -> Option<Value> {
    if kinds::stored_as(resource) == resource {
        return None;
    }
    Some(match RESOURCES.get(resource)?.group {
        "events.k8s.io" => event(object),
        _ => autoscaler(object),
    })
}

/// `events.k8s.io/v1`: the same event under other names.
fn event(own: &Value) -> Value {
    let mut event = json!({
        "kind": "Event", "apiVersion": "events.k8s.io/v1", "metadata": own["metadata"], "eventTime": own["eventTime"],
    });
    let names = [
        ("series", "series"),
        ("reportingComponent", "reportingController"),
        ("reportingInstance", "reportingInstance"),
        ("action", "action"),
        ("reason", "reason"),
        ("involvedObject", "regarding"),
        ("related", "related"),
        ("message", "note"),
        ("type", "type"),
        ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
    ];
    for (from, to) in names {
        let value = &own[from];
        if !value.is_null() && *value != "" {
            event[to] = value.clone();
        }
    }
    event
}

/// An event that a client has written as `events.k8s.io/v1`, as it is stored.
pub fn core_event(own: &Value) -> Value {
    let mut event = json!({
        "kind": "Event", "apiVersion": "v1", "metadata": own["metadata"], "eventTime": own["eventTime"], "source": {},
    });
    let names = [
        ("series", "series"),
        ("reportingController", "reportingComponent"),
        ("reportingInstance", "reportingInstance"),
        ("action", "action"),
        ("reason", "reason"),
        ("regarding", "involvedObject"),
        ("related", "related"),
        ("note", "message"),
        ("type", "type"),
        ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"),
    ];
    for (from, to) in names {
        if !own[from].is_null() {
            event[to] = own[from].clone();
        }
    }
    event
}

/// `autoscaling/v1`: the use of the CPU alone has a field.
fn autoscaler(own: &Value) -> Value {
    let mut spec = own["spec"].clone();
    let metrics = spec.as_object_mut().and_then(|spec| spec.remove("metrics"));
    let of_cpu = |list: &Value, at: &str| {
        let mut all = list.as_array().into_iter().flatten();
        all.find(|own| own["resource"]["name"] == "cpu")
            .map(|own| own["resource"][at]["averageUtilization"].clone())
            .filter(|value| !value.is_null())
    };
    if let Some(target) = metrics.and_then(|metrics| of_cpu(&metrics, "target")) {
        spec["targetCPUUtilizationPercentage"] = target;
    }
    let mut status = json!({
        "currentReplicas": own["status"]["currentReplicas"].as_i64().unwrap_or(0),
        "desiredReplicas": own["status"]["desiredReplicas"].as_i64().unwrap_or(0),
    });
    if let Some(used) = of_cpu(&own["status"]["currentMetrics"], "current") {
        status["currentCPUUtilizationPercentage"] = used;
    }
    for name in ["observedGeneration", "lastScaleTime"] {
        if !own["status"][name].is_null() {
            status[name] = own["status"][name].clone();
        }
    }
    json!({
        "kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v1", "metadata": own["metadata"],
        "spec": spec, "status": status,
    })
}
