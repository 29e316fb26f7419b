//! CronJobs.
//!
//! Source: pkg/registry/batch/cronjob/strategy.go, `SetDefaults_CronJob` in pkg/apis/batch/v1/defaults.go,
//! `ValidateCronJobCreate` and `ValidateCronJobUpdate` in pkg/apis/batch/validation/validation.go (1.36.2). The surprises:
//! the template of its Jobs gets no default of a Job, only those of a pod's template; a zone in the schedule is refused
//! wherever the letters TZ stand in it, even in one that cannot be read; names have 52 characters at most, since the Jobs'
//! have a minute more.

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, job, nonnegative, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::controllers::cron_schedule::{Schedule, Zone, names_a_zone};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "CronJob",
    key: "cronJob",
    group: "batch",
    resource: "cronjobs",
    short: &["cj"],
    is_kept: true,
    schema: &workloads::CronJob,
    defaults,
    prepare: |object, _, request| {
        within(object, "spec", |spec| {
            within(spec, "jobTemplate", |template| workload::drop_disabled(template, &request.gates));
        });
    },
    validate,
    warnings,
    ..workload::OF_PODS
};

/// `SetDefaults_CronJob`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "concurrencyPolicy", json!("Allow"));
    default(spec, "suspend", json!(false));
    default(spec, "successfulJobsHistoryLimit", json!(3));
    default(spec, "failedJobsHistoryLimit", json!(1));
    within(spec, "jobTemplate", |template| within(template, "spec", workload::default_template));
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    let was = old.map(|old| half(old, "spec"));
    spec(&half(new, "spec"), was.as_ref(), gates, errors);
    let name = half(new, "metadata").text_of("name");
    if old.is_none() && name.len() > 52 {
        errors.invalid("metadata.name", name, "must be no more than 52 characters");
    }
}

/// `validateCronJobSpec`
fn spec(spec: &At, was: Option<&At>, gates: &Gates, errors: &mut Errors) {
    schedule(spec, was, errors);
    nonnegative(spec, "startingDeadlineSeconds", errors);
    let zone = spec.child("timeZone");
    if was.is_none_or(|was| was.child("timeZone").value != zone.value) && zone.is_set() {
        time_zone(&zone, errors);
    }
    let policy = spec.text_of("concurrencyPolicy");
    let supported = ["Allow", "Forbid", "Replace"];
    if policy.is_empty() {
        errors.required(spec.path_of("concurrencyPolicy"), "");
    } else if !supported.contains(&policy) {
        errors.not_supported(spec.path_of("concurrencyPolicy"), policy, &supported);
    }
    let template = spec.child("jobTemplate").child("spec");
    job::own_spec(&template, gates, errors);
    let selector = template.child("selector");
    if selector.is_set() {
        errors.invalid(selector.path.clone(), selector.value.clone(), "`selector` will be auto-generated");
    }
    if template.bool_of("manualSelector") {
        errors.not_supported(template.path_of("manualSelector"), true, &["nil", "false"]);
    }
    nonnegative(spec, "successfulJobsHistoryLimit", errors);
    nonnegative(spec, "failedJobsHistoryLimit", errors);
}

/// `validateScheduleFormat`
fn schedule(spec: &At, was: Option<&At>, errors: &mut Errors) {
    let (text, path) = (spec.text_of("schedule"), spec.path_of("schedule"));
    if text.is_empty() {
        errors.required(path, "");
        return;
    }
    if let Err(why) = Schedule::parse(text) {
        errors.invalid(path.clone(), text, why);
    }
    if !names_a_zone(text) {
        return;
    }
    let did_before = was.is_some_and(|was| names_a_zone(was.text_of("schedule")));
    if !did_before {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        errors.invalid(path, text, detail);
    } else if spec.some("timeZone").is_some() {
        errors.invalid(path, text, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
    }
}

/// `validateTimeZone`
fn time_zone(zone: &At, errors: &mut Errors) {
    let name = zone.str();
    let path = &zone.path;
    if name.is_empty() {
        errors.invalid(path.clone(), name, "timeZone must be nil or non-empty string");
        return;
    }
    let is_part = |part: &str| {
        let letters = |b: u8| b.is_ascii_alphanumeric() || b".-_+".contains(&b);
        let is_written = (1..=14).contains(&part.len()) && part.bytes().all(letters);
        is_written && part != "." && part != ".." && !part.starts_with('-')
    };
    if !name.split('/').all(is_part) {
        errors.invalid(path.clone(), name, format!("unknown time zone {name}"));
        return;
    }
    if name.eq_ignore_ascii_case("Local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.invalid(path.clone(), name, detail);
    }
    if let Err(why) = Zone::named(name) {
        errors.invalid(path.clone(), name, why);
    }
}

fn warnings(object: &Object, old: Option<&Object>, gates: &Gates) -> Vec<String> {
    let spec = half(object, "spec");
    let mut told = workload::name_warnings(object, old);
    if workload::is_touched(object, old) {
        told.extend(job::spec_warnings(&spec.child("jobTemplate").child("spec"), gates));
    }
    if old.is_some() && names_a_zone(spec.text_of("schedule")) {
        // Upstream names the spec twice.
        told.push(
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
             https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
                .to_owned(),
        );
    }
    told
}
