//! DaemonSets.
//!
//! Source: pkg/registry/apps/daemonset/strategy.go, `SetDefaults_DaemonSet` in pkg/apis/apps/v1/defaults.go,
//! `ValidateDaemonSet` in pkg/apis/apps/validation/validation.go (1.36.2). The surprise: of surge and unavailability exactly
//! one is not zero.

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, nonnegative, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::scheduling;
use crate::rules::controllers::daemon_set::template::DEPRECATED_GENERATION;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "DaemonSet",
    key: "daemonSet",
    resource: "daemonsets",
    short: &["ds"],
    has_rollouts: true,
    is_kept: true,
    schema: &workloads::DaemonSet,
    defaults,
    prepare: |object, old, request| {
        workload::drop_disabled(object, &request.gates);
        count_templates(object, old);
    },
    validate,
    warnings: |object, old, gates| {
        let template = half(object, "spec").child("template");
        let stays = old.is_some_and(|old| half(old, "spec").child("template").value == template.value);
        if stays { Vec::new() } else { workload::template_warnings(&template, gates) }
    },
    ..workload::OF_PODS
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

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    spec(&half(new, "spec"), gates, errors);
    workload::selector_stays(old, new, errors);
}

/// The API server counts a set's templates in an annotation that nobody else can change (`PrepareForCreate`,
/// `PrepareForUpdate`; `Convert_apps_DaemonSet_To_v1_DaemonSet` in pkg/apis/apps/v1/conversion.go).
fn count_templates(object: &mut Object, old: Option<&Object>) {
    let count = |object: &Object| -> Option<i64> {
        object.get("metadata")?.get("annotations")?.get(DEPRECATED_GENERATION)?.as_str()?.parse().ok()
    };
    let number = match old {
        None => count(object).unwrap_or(0).max(1),
        Some(old) => {
            let template = |of: &Object| of.get("spec").and_then(|spec| spec.get("template")).cloned();
            count(old).unwrap_or(0) + i64::from(template(old) != template(object))
        }
    };
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    if !metadata["annotations"].is_object() {
        metadata["annotations"] = json!({});
    }
    metadata["annotations"][DEPRECATED_GENERATION] = json!(number.to_string());
}

/// `ValidateDaemonSetSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    scheduling::label_selector(&selector, &gates.habits, errors);
    if let Some(matches) = workload::matches(&selector, &template, gates) {
        workload::selects(matches, &template, errors);
    }
    if selector.is_set() {
        workload::not_empty(&selector, "empty selector is invalid for daemonset", errors);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_counted_by_the_server_alone() {
        let object = |number: &str, image: &str| match json!({
            "metadata": { "annotations": { DEPRECATED_GENERATION: number } },
            "spec": { "template": { "spec": { "containers": [{ "image": image }] } } },
        }) {
            serde_json::Value::Object(object) => object,
            _ => Object::new(),
        };
        let after = |old: Option<&Object>, mut new: Object| {
            count_templates(&mut new, old);
            new["metadata"]["annotations"][DEPRECATED_GENERATION].clone()
        };
        assert_eq!(after(None, Object::new()), "1");
        assert_eq!(after(None, object("7", "a")), "7");
        let old = object("3", "a");
        assert_eq!(after(Some(&old), object("9", "a")), "3");
        assert_eq!(after(Some(&old), object("9", "b")), "4");
    }
}
