//! HorizontalPodAutoscalers as JSON, both ways; the rules are those of [`super::wire_workloads`].

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Sym;
use super::autoscaling::{
    AutoscalerSpec, AutoscalerStatus, Behavior, HorizontalPodAutoscaler, Metric, MetricName, Policy,
    Reference, Rules, Select, Source, TargetKind,
};
use super::wire::{int32, items, put_time, sym, time};
use super::wire_workloads::{meta, meta_value, workload_condition, workload_condition_value};

/// Reads an `autoscaling/v2` HorizontalPodAutoscaler.
pub fn horizontal_pod_autoscaler(value: &Value) -> HorizontalPodAutoscaler {
    let status = &value["status"];
    HorizontalPodAutoscaler {
        meta: meta(&value["metadata"]),
        spec: Arc::new(spec(&value["spec"])),
        status: AutoscalerStatus {
            last_scale: time(&status["lastScaleTime"]),
            current: int32(&status["currentReplicas"]),
            desired: int32(&status["desiredReplicas"]),
            metrics: items(&status["currentMetrics"]).cloned().collect(),
            conditions: items(&status["conditions"]).map(workload_condition).collect(),
        },
    }
}

fn spec(value: &Value) -> AutoscalerSpec {
    let behavior = &value["behavior"];
    AutoscalerSpec {
        value: value.clone(),
        target: reference(&value["scaleTargetRef"]),
        min: optional(&value["minReplicas"]).unwrap_or(1),
        max: int32(&value["maxReplicas"]),
        metrics: items(&value["metrics"]).map(metric).collect(),
        behavior: behavior
            .is_object()
            .then(|| Behavior { up: rules(&behavior["scaleUp"]), down: rules(&behavior["scaleDown"]) }),
    }
}

fn optional(value: &Value) -> Option<i32> {
    value.as_i64().map(|_| int32(value))
}

fn reference(value: &Value) -> Reference {
    Reference { version: sym(&value["apiVersion"]), kind: sym(&value["kind"]), name: sym(&value["name"]) }
}

fn metric(value: &Value) -> Metric {
    let (source, own) = match value["type"].as_str() {
        Some("Pods") => (Source::Pods(metric_name(&value["pods"]["metric"])), "pods"),
        Some("External") => (Source::External(metric_name(&value["external"]["metric"])), "external"),
        Some("Object") => {
            let own = &value["object"];
            let (of, metric) = (reference(&own["describedObject"]), metric_name(&own["metric"]));
            (Source::Object { of, metric }, "object")
        }
        Some("ContainerResource") => {
            let own = &value["containerResource"];
            let container = Some(sym(&own["container"]));
            (Source::Resource { name: sym(&own["name"]), container }, "containerResource")
        }
        _ => (Source::Resource { name: sym(&value["resource"]["name"]), container: None }, "resource"),
    };
    let target = &value[own]["target"];
    let amount = |name: &str| target[name].as_str().map(Sym::new);
    Metric {
        source,
        kind: match target["type"].as_str() {
            Some("Value") => TargetKind::Value,
            Some("AverageValue") => TargetKind::AverageValue,
            _ => TargetKind::Utilization,
        },
        utilization: optional(&target["averageUtilization"]),
        average: amount("averageValue"),
        value: amount("value"),
    }
}

fn metric_name(value: &Value) -> MetricName {
    MetricName { name: sym(&value["name"]), value: value.clone() }
}

fn rules(value: &Value) -> Rules {
    let policy = |value: &Value| Policy {
        is_percent: value["type"] == "Percent",
        value: int32(&value["value"]),
        period_seconds: int32(&value["periodSeconds"]),
    };
    Rules {
        window_seconds: optional(&value["stabilizationWindowSeconds"]),
        select: match value["selectPolicy"].as_str() {
            Some("Disabled") => Select::Disabled,
            Some("Min") => Select::Min,
            _ => Select::Max,
        },
        policies: items(&value["policies"]).map(policy).collect(),
        tolerance: value["tolerance"].as_str().map(Sym::new),
    }
}

/// Writes an `autoscaling/v2` HorizontalPodAutoscaler.
pub fn horizontal_pod_autoscaler_value(autoscaler: &HorizontalPodAutoscaler) -> Value {
    serde_json::json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": meta_value(&autoscaler.meta),
        "spec": autoscaler.spec.value,
        "status": status_value(&autoscaler.status),
    })
}

/// Its `status`: how many it wants is always there.
fn status_value(status: &AutoscalerStatus) -> Value {
    let mut members = Map::new();
    put_time(&mut members, "lastScaleTime", status.last_scale);
    if status.current != 0 {
        members.insert("currentReplicas".into(), status.current.into());
    }
    members.insert("desiredReplicas".into(), status.desired.into());
    if !status.metrics.is_empty() {
        members.insert("currentMetrics".into(), status.metrics.clone().into());
    }
    if !status.conditions.is_empty() {
        let conditions = status.conditions.iter().map(workload_condition_value).collect();
        members.insert("conditions".into(), conditions);
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_autoscaler_comes_back_as_it_was() {
        let value = json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": { "name": "web", "namespace": "shop", "uid": "u" },
            "spec": { "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" },
                "minReplicas": 2, "maxReplicas": 9,
                "metrics": [
                    { "type": "ContainerResource", "containerResource": { "name": "cpu", "container": "app",
                        "target": { "type": "Utilization", "averageUtilization": 60 } } },
                    { "type": "External", "external": { "metric": { "name": "queue" },
                        "target": { "type": "AverageValue", "averageValue": "30" } } },
                ],
                "behavior": { "scaleUp": { "stabilizationWindowSeconds": 0, "selectPolicy": "Disabled",
                    "policies": [{ "type": "Percent", "value": 10, "periodSeconds": 60 }] },
                    "scaleDown": { "selectPolicy": "Max", "tolerance": "50m",
                    "policies": [{ "type": "Pods", "value": 1, "periodSeconds": 60 }] } } },
            "status": { "lastScaleTime": "2026-07-01T12:00:00Z", "currentReplicas": 2, "desiredReplicas": 3,
                "currentMetrics": [{ "type": "" }],
                "conditions": [{ "type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale",
                    "lastTransitionTime": "2026-07-01T12:00:00Z", "message": "recommended size" }] },
        });
        let autoscaler = horizontal_pod_autoscaler(&value);
        let container = Some(Sym::new("app"));
        assert_eq!(autoscaler.spec.metrics[0].source, Source::Resource { name: Sym::new("cpu"), container });
        let behavior = autoscaler.spec.behavior.as_ref().expect("a behavior");
        assert_eq!(behavior.up.select, Select::Disabled);
        assert_eq!(behavior.down.window_seconds, None);
        let back = horizontal_pod_autoscaler_value(&autoscaler);
        assert_eq!(horizontal_pod_autoscaler(&back), autoscaler);
        assert_eq!(back["spec"], value["spec"]);
        assert_eq!(back["status"], value["status"]);
    }
}
