//! LimitRanges.
//!
//! Source: `SetDefaults_LimitRangeItem` in pkg/apis/core/v1/defaults.go, `ValidateLimitRange` in
//! pkg/apis/core/validation/validation.go (1.36.2). The surprise: of containers the maximum is the default limit, and that
//! the default request, where nobody says otherwise.

use rustc_hash::FxHashSet;
use serde_json::{Value, json};

use super::workload::spec_of;
use super::{Kind, Object, half, within};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::defaults::{Amounts, amounts, is_overcommit_allowed};
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, resources};
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

pub static LAW: Kind = Kind {
    name: "LimitRange",
    key: "limitRange",
    resource: "limitranges",
    short: &["limits"],
    is_kept: true,
    schema: &cluster::LimitRange,
    defaults,
    // One without a name is called by its uid.
    prepare: |object, _, request| {
        within(object, "metadata", |metadata| {
            if metadata.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
                metadata.insert("name".to_owned(), json!(request.uid));
            }
        });
    },
    rereads_metadata: true,
    validate: |new, _, gates, errors| limits(&half(new, "spec").child("limits"), &gates.habits, errors),
    ..Kind::PLAIN
};

fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    for item in spec.get_mut("limits").and_then(Value::as_array_mut).into_iter().flatten() {
        let Value::Object(item) = item else { continue };
        if item.get("type").and_then(Value::as_str) != Some("Container") {
            continue;
        }
        for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
            let Some(Value::Object(from)) = item.get(from).cloned() else { continue };
            if let Value::Object(to) = item.entry(to).or_insert_with(|| json!({})) {
                for (name, amount) in from {
                    to.entry(name).or_insert(amount);
                }
            }
        }
    }
}

fn limits(limits: &At, habits: &Habits, errors: &mut Errors) {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for limit in limits.items() {
        let ty = limit.text_of("type");
        type_name(ty, &limit.path_of("type"), habits, errors);
        if seen.contains(&ty) {
            errors.duplicate(limit.path_of("type"), ty);
        }
        seen.insert(ty);
        let mut named = vec!["max", "min"];
        if ty == "Pod" {
            for name in ["default", "defaultRequest"] {
                if !limit.child(name).is_empty() {
                    errors.forbidden(limit.path_of(name), "may not be specified when `type` is 'Pod'");
                }
            }
        } else {
            named.extend(["default", "defaultRequest"]);
        }
        for name in &named {
            resource_names(ty, &limit.child(name), habits, errors);
        }
        if ty == "PersistentVolumeClaim"
            && limit.child("min").some("storage").is_none()
            && limit.child("max").some("storage").is_none()
        {
            let detail = "either minimum or maximum storage value is required, but neither was provided";
            errors.required(limit.path_of("limits"), detail);
        }
        resource_names(ty, &limit.child("maxLimitRequestRatio"), habits, errors);
        named.push("maxLimitRequestRatio");
        order(&limit, &named, errors);
    }
}

/// `validateLimitRangeTypeName`
fn type_name(ty: &str, path: &str, habits: &Habits, errors: &mut Errors) {
    let wrong = names::label_key(ty, habits);
    if wrong.is_empty() && !ty.contains('/') && !["Pod", "Container", "PersistentVolumeClaim"].contains(&ty) {
        errors.invalid(path, ty, "must be a standard limit type or fully qualified");
    }
    errors.invalid_each(path, ty, wrong);
}

/// `validateLimitRangeResourceName`
fn resource_names(ty: &str, list: &At, habits: &Habits, errors: &mut Errors) {
    let of =
        if ty == "Pod" || ty == "Container" { resources::Of::Container } else { resources::Of::Anything };
    for (name, _) in list.entries() {
        resources::resource_name(name, &list.path_of_key(name), of, habits, errors);
    }
}

/// What must not be more than what, of each resource.
fn order(limit: &At, named: &[&str], errors: &mut Errors) {
    let of = |name: &str| match named.contains(&name) {
        true => amounts(Some(limit.child(name).value)),
        false => Amounts::new(),
    };
    let (min, max, default) = (of("min"), of("max"), of("default"));
    let (request, ratio) = (of("defaultRequest"), of("maxLimitRequestRatio"));
    let mut all: Vec<&String> = Vec::new();
    for list in [&min, &max, &default, &request, &ratio] {
        all.extend(list.keys());
    }
    all.sort_unstable();
    all.dedup();
    for name in all {
        // (lesser, greater, where it is told, which of the two is shown)
        let rules = [
            (&min, &max, "min", &min, "min value", "max value"),
            (&min, &request, "defaultRequest", &request, "min value", "default request value"),
            (&request, &max, "defaultRequest", &request, "default request value", "max value"),
            (&request, &default, "defaultRequest", &request, "default request value", "default limit value"),
            (&min, &default, "default", &min, "min value", "default value"),
            (&default, &max, "default", &max, "default value", "max value"),
        ];
        for (low, high, at, shown, low_is, high_is) in rules {
            if let (Some(low), Some(high), Some(shown)) = (low.get(name), high.get(name), shown.get(name))
                && low.cmp_value(*high).is_gt()
            {
                let detail = format!("{low_is} {low} is greater than {high_is} {high}");
                errors.invalid(limit.child(at).path_of_key(name), shown.to_string(), detail);
            }
        }
        if let Some(ratio) = ratio.get(name) {
            ratios(
                *ratio,
                min.get(name),
                max.get(name),
                &limit.child("maxLimitRequestRatio").path_of_key(name),
                errors,
            );
        }
        if let (Some(default), Some(request)) = (default.get(name), request.get(name))
            && !is_overcommit_allowed(name)
            && default.cmp_value(*request).is_ne()
        {
            let detail =
                format!("default value {default} must equal to defaultRequest value {request} in {name}");
            errors.invalid(limit.child("defaultRequest").path_of_key(name), request.to_string(), detail);
        }
    }
}

fn ratios(ratio: Quantity, min: Option<&Quantity>, max: Option<&Quantity>, path: &str, errors: &mut Errors) {
    let one = Quantity::from_nanos(1_000_000_000, Format::DecimalSI);
    if ratio.cmp_value(one).is_lt() {
        errors.invalid(path, ratio.to_string(), format!("ratio {ratio} is less than 1"));
    }
    let (Some(min), Some(max)) = (min, max) else { return };
    if min.is_zero() {
        return;
    }
    let most = max.nanos() as f64 / min.nanos() as f64;
    if ratio.nanos() as f64 / 1e9 > most {
        let detail = format!("ratio {ratio} is greater than max/min = {most:.6}");
        errors.invalid(path, ratio.to_string(), detail);
    }
}
