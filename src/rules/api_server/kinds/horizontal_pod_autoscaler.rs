//! HorizontalPodAutoscalers.
//!
//! Source: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go, `SetDefaults_HorizontalPodAutoscaler` in
//! pkg/apis/autoscaling/v2/defaults.go, the conversion of autoscaling/v1, `ValidateHorizontalPodAutoscaler` in
//! pkg/apis/autoscaling/validation/validation.go (1.36.2). The surprises: who says nothing of metrics asks for 80 % of the
//! cpu; a behaviour of one direction fills in that of the other; its generation is not counted. Metrics have a file of
//! their own ([`super::metrics`]).

use serde_json::{Value, json};

use super::metrics::{self, Versions};
use super::workload::spec_of;
use super::{Kind, Object, Older, default, half, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "HorizontalPodAutoscaler",
    key: "horizontalPodAutoscaler",
    group: "autoscaling",
    version: "v2",
    resource: "horizontalpodautoscalers",
    short: &["hpa"],
    schema: &workloads::HorizontalPodAutoscaler,
    older: Some(Older { version: "v1", schema: &workloads::HorizontalPodAutoscalerV1, convert }),
    defaults,
    prepare: |object, old, request| {
        if old.is_none() {
            object.insert("status".to_owned(), json!({"desiredReplicas": 0}));
        }
        if request.gates.habits.keeps_scaling_tolerance {
            return;
        }
        within(object, "spec", |spec| {
            within(spec, "behavior", |behavior| {
                for way in WAYS {
                    within(behavior, way, |rules| drop(rules.shift_remove("tolerance")));
                }
            });
        });
    },
    validate,
    ..Kind::PLAIN
};

const WAYS: [&str; 2] = ["scaleUp", "scaleDown"];

/// `Convert_v1_HorizontalPodAutoscalerSpec_To_autoscaling_HorizontalPodAutoscalerSpec`
fn convert(object: &mut Object) {
    within(object, "spec", |spec| {
        if let Some(percent) = spec.shift_remove("targetCPUUtilizationPercentage") {
            spec.insert("metrics".to_owned(), json!([of_cpu(&percent)]));
        }
    });
    object.shift_remove("status");
}

fn of_cpu(percent: &Value) -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization",
        "averageUtilization": percent}}})
}

fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "minReplicas", json!(1));
    default(spec, "metrics", json!([of_cpu(&json!(80))]));
    within(spec, "behavior", |behavior| {
        for way in WAYS {
            default(behavior, way, json!({}));
        }
        within(behavior, "scaleUp", |rules| {
            default(rules, "stabilizationWindowSeconds", json!(0));
            default(rules, "selectPolicy", json!("Max"));
            let four = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
            default(rules, "policies", json!([four, all_at_once()]));
        });
        within(behavior, "scaleDown", |rules| {
            default(rules, "selectPolicy", json!("Max"));
            default(rules, "policies", json!([all_at_once()]));
        });
    });
}

fn all_at_once() -> Value {
    json!({"type": "Percent", "value": 100, "periodSeconds": 15})
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    let spec = half(new, "spec");
    // The gate HPAScaleToZero is off, but what is at none may stay there.
    let was_none =
        old.is_some_and(|old| half(old, "spec").some("minReplicas").is_some_and(|min| min.int() == 0));
    let lowest = if was_none { 0 } else { 1 };
    let (min, max) = (spec.some("minReplicas").map(|min| min.int()), spec.int_of("maxReplicas"));
    if let Some(min) = min
        && min < lowest
    {
        let detail = format!("must be greater than or equal to {lowest}");
        errors.invalid(spec.path_of("minReplicas"), min, detail);
    }
    let at_max = spec.path_of("maxReplicas");
    if max == 0 && gates.habits.requires_max_replicas {
        errors.required(at_max.clone(), "must be set and greater than 0");
    } else if max < 1 {
        errors.invalid(at_max.clone(), max, "must be greater than 0");
    }
    if min.is_some_and(|min| max < min) {
        errors.invalid(at_max, max, "must be greater than or equal to `minReplicas`");
    }
    let target = spec.child("scaleTargetRef");
    let (of_target, of_metrics) = versions(&spec, old.map(|old| half(old, "spec")).as_ref(), gates);
    metrics::reference(&target, of_target, errors);
    metrics::all(&spec.child("metrics"), min, of_metrics, gates, errors);
    for way in WAYS {
        if let Some(rules) = spec.child("behavior").some(way) {
            scaling(&rules, errors);
        }
    }
}

/// Of the target, and of the objects that metrics are about (`validationOptionsForHorizontalPodAutoscaler`): what was wrong
/// before may stay so.
fn versions(new: &At, old: Option<&At>, gates: &Gates) -> (Versions, Versions) {
    if !gates.habits.reads_scaled_versions {
        return (Versions::Any, Versions::Any);
    }
    let target = new.child("scaleTargetRef");
    let stays = old.is_some_and(|old| {
        let was = old.child("scaleTargetRef");
        ["kind", "apiVersion"].iter().all(|name| was.text_of(name) == target.text_of(name))
    });
    let of_target = match target.text_of("kind") {
        _ if stays => Versions::Any,
        "ReplicationController" => Versions::Core,
        _ => Versions::Grouped,
    };
    let was_wrong = old.is_some_and(|old| {
        old.child("metrics").items().any(|metric| {
            let object = metric.child("object");
            let version = object.child("describedObject").text_of("apiVersion").to_owned();
            object.is_set() && metrics::wrong_version(&version, Versions::Core).is_some()
        })
    });
    (of_target, if was_wrong { Versions::Any } else { Versions::Core })
}

/// `validateScalingRules`
fn scaling(rules: &At, errors: &mut Errors) {
    const LONGEST_WINDOW: i64 = 3600;
    const LONGEST_PERIOD: i64 = 1800;
    let (window, path) =
        (rules.int_of("stabilizationWindowSeconds"), rules.path_of("stabilizationWindowSeconds"));
    if window < 0 {
        errors.invalid(path.clone(), window, "must be greater than or equal to zero");
    }
    if window > LONGEST_WINDOW {
        errors.invalid(path, window, format!("must be less than or equal to {LONGEST_WINDOW}"));
    }
    super::one_of(rules, "selectPolicy", &["Disabled", "Max", "Min"], errors);
    let policies = rules.child("policies");
    if policies.is_empty() {
        errors.required(policies.path.clone(), "must specify at least one Policy");
    }
    for policy in policies.items() {
        let ty = policy.text_of("type");
        if !["Pods", "Percent"].contains(&ty) {
            errors.not_supported(policy.path_of("type"), ty, &["Percent", "Pods"]);
        }
        for name in ["value", "periodSeconds"] {
            if policy.int_of(name) <= 0 {
                errors.invalid(policy.path_of(name), policy.int_of(name), "must be greater than zero");
            }
        }
        let period = policy.int_of("periodSeconds");
        if period > LONGEST_PERIOD {
            let detail = format!("must be less than or equal to {LONGEST_PERIOD}");
            errors.invalid(policy.path_of("periodSeconds"), period, detail);
        }
    }
    if let Some(tolerance) = rules.some("tolerance")
        && tolerance.str().starts_with('-')
    {
        errors.invalid(tolerance.path.clone(), tolerance.str(), "must be greater than or equal to 0");
    }
}
