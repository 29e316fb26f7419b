//! DaemonSets.
//!
//! Source: pkg/registry/apps/daemonset/strategy.go, `SetDefaults_DaemonSet` in pkg/apis/apps/v1/defaults.go,
//! `ValidateDaemonSet` in pkg/apis/apps/validation/validation.go (1.36.2). The surprise: of surge and unavailability exactly
//! one is not zero.

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, created_meta, default, half, immutable, nonnegative, updated_meta, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, scheduling};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "DaemonSet",
    key: "daemonSet",
    group: "apps",
    version: "v1",
    resource: "daemonsets",
    short: &["ds"],
    is_namespaced: true,
    has_pods: true,
    has_rollouts: true,
    is_kept: false,
    counts_generations: true,
    schema: &workloads::DaemonSet,
    defaults,
    prepare: |object, _, request| workload::drop_disabled(object, &request.gates),
    create,
    update,
    warnings: |object, _| workload::warned(object, false),
};

/// `SetDefaults_DaemonSet`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "updateStrategy", json!({}));
    within(spec, "updateStrategy", |strategy| {
        default(strategy, "type", json!("RollingUpdate"));
        if strategy.get("type") == Some(&json!("RollingUpdate")) {
            default(strategy, "rollingUpdate", json!({}));
            within(strategy, "rollingUpdate", |rolling| {
                default(rolling, "maxUnavailable", json!(1));
                default(rolling, "maxSurge", json!(0));
            });
        }
    });
    default(spec, "revisionHistoryLimit", json!(10));
    workload::default_template(spec);
}

fn create(object: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    created_meta(object, names::dns1123_subdomain, &gates.habits, &mut errors);
    spec(&half(object, "spec"), gates, &mut errors);
    errors
}

fn update(old: &Object, new: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    updated_meta(old, new, &gates.habits, &mut errors);
    spec(&half(new, "spec"), gates, &mut errors);
    immutable(&half(old, "spec").child("selector"), &half(new, "spec").child("selector"), &mut errors);
    errors
}

/// `ValidateDaemonSetSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    scheduling::label_selector(&selector, &gates.habits, errors);
    if let Some(matches) = workload::matches(&selector, &template, gates) {
        workload::selects(matches, &template, errors);
    }
    if selector.is_set()
        && selector.child("matchLabels").is_empty()
        && selector.child("matchExpressions").is_empty()
    {
        let detail = "empty selector is invalid for daemonset";
        errors.invalid(selector.path.clone(), selector.value.clone(), detail);
    }
    workload::kept_template("DaemonSet", &template, gates, errors);
    nonnegative(spec, "minReadySeconds", errors);
    strategy(&spec.child("updateStrategy"), errors);
    nonnegative(spec, "revisionHistoryLimit", errors);
}

/// `ValidateDaemonSetUpdateStrategy` and `ValidateRollingUpdateDaemonSet`
fn strategy(strategy: &At, errors: &mut Errors) {
    let rolling = strategy.child("rollingUpdate");
    match strategy.text_of("type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.child("maxUnavailable"), rolling.child("maxSurge"));
            for amount in [&unavailable, &surge] {
                workload::int_or_percent(amount, errors);
            }
            for amount in [&unavailable, &surge] {
                workload::at_most_all(amount, errors);
            }
            let some = |amount: &At| workload::int_or_percent_value(amount) != 0;
            match (some(&unavailable), some(&surge)) {
                (true, true) => {
                    let detail = "may not be set when maxUnavailable is non-zero";
                    errors.invalid(surge.path.clone(), surge.value.clone(), detail);
                }
                (false, false) => errors.required(unavailable.path.clone(), "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => {
            let shown = json!({"Type": strategy.text_of("type"), "RollingUpdate": rolling.value});
            errors.not_supported(strategy.path.clone(), shown, &["RollingUpdate", "OnDelete"]);
        }
    }
}
