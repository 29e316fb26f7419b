//! HorizontalPodAutoscalers.
//!
//! Source: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go, `SetDefaults_HorizontalPodAutoscaler` in
//! pkg/apis/autoscaling/v2/defaults.go, `ValidateHorizontalPodAutoscaler` in
//! pkg/apis/autoscaling/validation/validation.go (1.36.2). The surprises: who says nothing of metrics asks for 80 % of the
//! cpu; a behaviour of one direction fills in that of the other; its generation is not counted. Metrics have a file of
//! their own ([`super::metrics`]), and so has autoscaling/v1 ([`super::older_autoscaler`]).

use serde_json::{Value, json};

use super::metrics::{self, Versions};
use super::older_autoscaler;
use super::workload::spec_of;
use super::{Kind, Object, default, half, within};
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
    is_kept: true,
    schema: &workloads::HorizontalPodAutoscaler,
    older: Some(older_autoscaler::V1),
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

pub(super) fn of_cpu(percent: &Value) -> Value {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::api_server::admission::Request;
    use crate::rules::api_server::objects::{ObjectType, create, update};
    use crate::rules::kubectl::apply::apply;
    use crate::time::Time;

    const KIND: ObjectType = ObjectType::HorizontalPodAutoscaler;

    fn request() -> Request<'static> {
        Request { gates: Gates::default(), now: Time::EPOCH, namespace: "default", suffix: "abcde", uid: "u" }
    }

    fn v1(max: Value, percent: Value) -> Value {
        json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
            "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "maxReplicas": max, "targetCPUUtilizationPercentage": percent}})
    }

    fn applied(live: Option<&Object>, manifest: &Value) -> (Object, &'static str) {
        let live = live.map(|live| Value::Object(live.clone()));
        let sent = apply(KIND, live.as_ref(), manifest, "default");
        let admitted = match live {
            None => create(&sent.object, &request()),
            Some(Value::Object(old)) => {
                let Value::Object(new) = sent.object else { panic!("an object") };
                update(KIND, &old, new, &request())
            }
            Some(_) => panic!("an object"),
        };
        let mut object = admitted.expect("admitted").object;
        object.insert("apiVersion".into(), "autoscaling/v2".into());
        object.insert("kind".into(), KIND.name().into());
        (object, sent.answer)
    }

    #[test]
    fn v1_is_refused_in_its_own_words() {
        let refused = create(&v1(json!("many"), json!(50)), &request()).expect_err("refused");
        assert_eq!(
            refused.kubectl("web.yaml"),
            "Error from server (BadRequest): error when creating \"web.yaml\": HorizontalPodAutoscaler in version \"v1\" \
             cannot be handled as a HorizontalPodAutoscaler: json: cannot unmarshal string into Go struct field \
             HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32"
        );
        let refused = create(&v1(json!(3), json!("half")), &request()).expect_err("refused");
        assert!(
            refused.to_string().contains("HorizontalPodAutoscalerSpec.spec.targetCPUUtilizationPercentage"),
            "{refused}"
        );
        let (old, _) = applied(None, &v1(json!(3), json!(50)));
        let Value::Object(new) = v1(json!("many"), json!(50)) else { panic!("an object") };
        let refused = update(KIND, &old, new, &request()).expect_err("refused");
        assert!(refused.to_string().contains("in version \"v1\" cannot be handled"), "{refused}");
    }

    #[test]
    fn v1_is_applied_again_as_v1() {
        let (first, answer) = applied(None, &v1(json!(3), json!(50)));
        assert_eq!((answer, &first["spec"]["metrics"]), ("created", &json!([of_cpu(&json!(50))])));
        let (same, answer) = applied(Some(&first), &v1(json!(3), json!(50)));
        assert_eq!((answer, &same["spec"]), ("unchanged", &first["spec"]));
        let (other, answer) = applied(Some(&first), &v1(json!(5), json!(70)));
        assert_eq!((answer, &other["spec"]["maxReplicas"]), ("configured", &json!(5)));
        assert_eq!(other["spec"]["metrics"], json!([of_cpu(&json!(70))]));
        assert_eq!(other["spec"].get("targetCPUUtilizationPercentage"), None);
    }

    #[test]
    fn what_v1_has_no_place_for_stays() {
        let (mut old, _) = applied(None, &v1(json!(3), json!(50)));
        let memory = json!({"type": "Resource", "resource": {"name": "memory",
            "target": {"type": "Utilization", "averageUtilization": 60}}});
        old["spec"]["metrics"] = json!([of_cpu(&json!(50)), memory]);
        old["spec"]["behavior"] = json!({"scaleDown": {"selectPolicy": "Disabled"}});
        let (new, _) = applied(Some(&old), &v1(json!(4), json!(80)));
        assert_eq!(new["spec"]["metrics"], json!([memory, of_cpu(&json!(80))]));
        assert_eq!(new["spec"]["behavior"]["scaleDown"]["selectPolicy"], "Disabled");
        assert_eq!(new["spec"]["maxReplicas"], 4);
    }
}
