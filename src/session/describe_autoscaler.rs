//! `kubectl describe hpa` (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describeHorizontalPodAutoscalerV2`,
//! `printDirectionBehavior`, v1.36.2).

use serde_json::Value;

use super::describe::{Lines, pairs};
use super::describe_object::{annotations, text};
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::rules::machinery::quote::quote;

/// All but its events.
pub(super) fn autoscaler(own: &HorizontalPodAutoscaler, lines: &mut Lines) {
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    lines.field(0, "CreationTimestamp", &own.meta.created.rfc1123z());
    let (spec, status) = (&own.spec, &own.status);
    lines.field(0, "Reference", &format!("{}/{}", spec.target.kind, spec.target.name));
    lines.field(0, "Metrics", "( current / target )");
    let all = spec.value["metrics"].as_array();
    for (place, metric) in all.into_iter().flatten().enumerate() {
        lines.put(1, &told(metric, status.metrics.get(place).unwrap_or(&Value::Null)));
    }
    lines.field(0, "Min replicas", &spec.min.to_string());
    lines.field(0, "Max replicas", &spec.max.to_string());
    let behavior = &spec.value["behavior"];
    if behavior.is_object() {
        lines.put(0, "Behavior:");
        for (way, name) in [("Up", "scaleUp"), ("Down", "scaleDown")] {
            direction(way, &behavior[name], lines);
        }
    }
    let pods = format!("{} current / {} desired", status.current, status.desired);
    lines.field(0, &format!("{} pods", spec.target.kind), &pods);
    if !status.conditions.is_empty() {
        lines.put(0, "Conditions:");
        lines.put(1, "Type\tStatus\tReason\tMessage");
        lines.put(1, "----\t------\t------\t-------");
        for one in &status.conditions {
            let row = format!("{}\t{}\t{}\t{}", one.kind, one.status.as_str(), one.reason, one.message);
            lines.put(1, &row);
        }
    }
}

/// A metric, what it is now, and what it should be.
fn told(metric: &Value, status: &Value) -> String {
    let part = match metric["type"].as_str() {
        Some("External") => "external",
        Some("Pods") => "pods",
        Some("Object") => "object",
        Some("ContainerResource") => "containerResource",
        _ => "resource",
    };
    let (own, target, current) = (&metric[part], &metric[part]["target"], &status[part]["current"]);
    let amount = |value: &Value| if value.is_null() { "<unknown>".to_owned() } else { text(value) };
    let name = quote(own["metric"]["name"].as_str().unwrap_or_default());
    let (is_average, of) = match target["averageValue"].is_null() {
        true => (false, "value"),
        false => (true, "averageValue"),
    };
    let both = |of: &str| format!("{} / {}", amount(&current[of]), amount(&target[of]));
    let kind = if is_average { "(target average value)" } else { "(target value)" };
    match part {
        "external" => format!("{name} {kind}:\t{}", both(of)),
        "pods" => format!("{name} on pods:\t{}", both("averageValue")),
        "object" => {
            let of_object = &own["describedObject"];
            let object = format!("{}/{}", text(&of_object["kind"]), text(&of_object["name"]));
            format!("{name} on {object} {kind}:\t{}", both(of))
        }
        _ => {
            let resource = text(&own["name"]);
            let what = match own["container"].as_str() {
                Some(container) => format!("resource {resource} of container \"{container}\" on pods"),
                None => format!("resource {resource} on pods"),
            };
            if is_average {
                return format!("{what}:\t{}", both(of));
            }
            let share = match current["averageUtilization"].as_i64() {
                Some(percent) => format!("{percent}% ({})", text(&current["averageValue"])),
                None => "<unknown>".to_owned(),
            };
            let target = target["averageUtilization"].as_i64();
            let target = target.map_or_else(|| "<auto>".to_owned(), |percent| format!("{percent}%"));
            format!("{what}  (as a percentage of request):\t{share} / {target}")
        }
    }
}

fn direction(way: &str, rules: &Value, lines: &mut Lines) {
    if !rules.is_object() {
        return;
    }
    lines.put(1, &format!("Scale {way}:"));
    if let Some(seconds) = rules["stabilizationWindowSeconds"].as_i64() {
        lines.put(2, &format!("Stabilization Window: {seconds} seconds"));
    }
    let policies = rules["policies"].as_array().map_or(&[][..], Vec::as_slice);
    if policies.is_empty() {
        return;
    }
    lines.put(2, &format!("Select Policy: {}", rules["selectPolicy"].as_str().unwrap_or("Max")));
    lines.put(2, "Policies:");
    for one in policies {
        let (value, period) = (text(&one["value"]), text(&one["periodSeconds"]));
        lines.put(3, &format!("- Type: {}\tValue: {value}\tPeriod: {period} seconds", text(&one["type"])));
    }
}
