//! Deployments.
//!
//! Source: pkg/registry/apps/deployment/strategy.go, `SetDefaults_Deployment` in pkg/apis/apps/v1/defaults.go,
//! `ValidateDeployment` in pkg/apis/apps/validation/validation.go (1.36.2). The surprises: an empty selector is "invalid
//! for deployment" for ReplicaSets too; a deadline must be longer than `minReadySeconds`, not as long.

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, nonnegative, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "Deployment",
    key: "deployment",
    resource: "deployments",
    short: &["deploy"],
    has_rollouts: true,
    is_kept: true,
    schema: &workloads::Deployment,
    defaults,
    validate,
    ..workload::OF_PODS
};

/// `SetDefaults_Deployment`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "replicas", json!(1));
    default(spec, "strategy", json!({}));
    within(spec, "strategy", |strategy| {
        default(strategy, "type", json!("RollingUpdate"));
        if strategy.get("type") == Some(&json!("RollingUpdate")) {
            default(strategy, "rollingUpdate", json!({}));
            within(strategy, "rollingUpdate", |rolling| {
                default(rolling, "maxUnavailable", json!("25%"));
                default(rolling, "maxSurge", json!("25%"));
            });
        }
    });
    default(spec, "revisionHistoryLimit", json!(10));
    default(spec, "progressDeadlineSeconds", json!(600));
    workload::default_template(spec);
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    spec(&half(new, "spec"), gates, errors);
    workload::selector_stays(old, new, errors);
}

/// `ValidateDeploymentSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    nonnegative(spec, "replicas", errors);
    workload::selected_template(spec, gates, errors);
    strategy(&spec.child("strategy"), errors);
    nonnegative(spec, "minReadySeconds", errors);
    nonnegative(spec, "revisionHistoryLimit", errors);
    nonnegative(spec, "progressDeadlineSeconds", errors);
    if let Some(deadline) = spec.some("progressDeadlineSeconds")
        && deadline.int() <= spec.int_of("minReadySeconds")
    {
        errors.invalid(deadline.path.clone(), deadline.int(), "must be greater than minReadySeconds");
    }
}

/// `ValidateDeploymentStrategy` and `ValidateRollingUpdateDeployment`
fn strategy(strategy: &At, errors: &mut Errors) {
    let rolling = strategy.child("rollingUpdate");
    match strategy.text_of("type") {
        "Recreate" => {
            if rolling.is_set() {
                let detail = "may not be specified when strategy `type` is 'Recreate'";
                errors.forbidden(rolling.path, detail);
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.child("maxUnavailable"), rolling.child("maxSurge"));
            workload::int_or_percent(&unavailable, errors);
            workload::int_or_percent(&surge, errors);
            let none = |value: &At| workload::int_or_percent_value(value) == 0;
            if none(&unavailable) && none(&surge) {
                let detail = "may not be 0 when `maxSurge` is 0";
                errors.invalid(unavailable.path.clone(), unavailable.value.clone(), detail);
            }
            workload::at_most_all(&unavailable, errors);
        }
        _ => {
            let shown = json!({"Type": strategy.text_of("type"), "RollingUpdate": rolling.value});
            errors.not_supported(strategy.path.clone(), shown, &["Recreate", "RollingUpdate"]);
        }
    }
}
