//! internal/store/{job,cronjob}.go of kube-state-metrics.

use serde_json::Value;

use super::said::{Said, items, text};
use super::workloads::about;
use crate::api::wire::time;
use crate::rules::controllers::cron_schedule::Schedule;

/// `jobFailureReasons`
const REASONS: [&str; 3] = ["BackoffLimitExceeded", "DeadlineExceeded", "Evicted"];

pub fn job(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "job_name");
    let (spec, status) = (&object["spec"], &object["status"]);
    said.value("kube_job_info", 1.0);
    said.at("kube_job_created", &metadata["creationTimestamp"]);
    said.given("kube_job_spec_parallelism", &spec["parallelism"]);
    said.given("kube_job_spec_completions", &spec["completions"]);
    said.given("kube_job_spec_active_deadline_seconds", &spec["activeDeadlineSeconds"]);
    said.counted("kube_job_status_succeeded", &status["succeeded"]);
    failed(said, status);
    said.counted("kube_job_status_active", &status["active"]);
    said.given("kube_job_status_ready", &status["ready"]);
    for own in items(&status["conditions"]) {
        let family = match text(&own["type"]) {
            "Complete" => "kube_job_complete",
            "Failed" => "kube_job_failed",
            _ => continue,
        };
        said.condition(family, &[], "condition", text(&own["status"]));
    }
    said.at("kube_job_status_start_time", &status["startTime"]);
    said.at("kube_job_status_completion_time", &status["completionTime"]);
    for own in items(&status["conditions"]).filter(|own| own["type"] == "Suspended") {
        said.truth("kube_job_status_suspended", &[], own["status"] == "True");
    }
    said.owners("kube_job_owner", metadata, true);
}

/// How many pods have failed; once the Job has, for which of the known reasons.
fn failed(said: &mut Said, status: &Value) {
    const FAMILY: &str = "kube_job_status_failed";
    let count = status["failed"].as_f64().unwrap_or(0.0);
    if count == 0.0 {
        return said.value(FAMILY, 0.0);
    }
    let mut known = false;
    for own in items(&status["conditions"]).filter(|own| own["type"] == "Failed") {
        for reason in REASONS {
            let is_it = own["reason"] == reason;
            known |= is_it;
            said.truth(FAMILY, &[("reason", reason)], is_it);
        }
    }
    if !known {
        said.labelled(FAMILY, &[("reason", "")], count);
    }
}

pub fn cron_job(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "cronjob");
    let (spec, status) = (&object["spec"], &object["status"]);
    let zone = spec["timeZone"].as_str();
    let labels = [
        ("schedule", text(&spec["schedule"])),
        ("concurrency_policy", text(&spec["concurrencyPolicy"])),
        ("timezone", zone.unwrap_or("local")),
    ];
    said.labelled("kube_cronjob_info", &labels, 1.0);
    said.at("kube_cronjob_created", &metadata["creationTimestamp"]);
    said.value("kube_cronjob_status_active", items(&status["active"]).count() as f64);
    said.at("kube_cronjob_status_last_schedule_time", &status["lastScheduleTime"]);
    said.at("kube_cronjob_status_last_successful_time", &status["lastSuccessfulTime"]);
    said.truth("kube_cronjob_spec_suspend", &[], spec["suspend"] == true);
    said.given("kube_cronjob_spec_starting_deadline_seconds", &spec["startingDeadlineSeconds"]);
    let last = time(&status["lastScheduleTime"]).or_else(|| time(&metadata["creationTimestamp"]));
    let schedule = Schedule::of(text(&spec["schedule"]), zone);
    if let (Some(last), Ok(schedule), false) = (last, schedule, spec["suspend"] == true)
        && let Some(next) = schedule.next(last)
    {
        said.value("kube_cronjob_next_schedule_time", next.secs() as f64);
    }
    if let Ok(version) = text(&metadata["resourceVersion"]).parse::<f64>() {
        said.value("kube_cronjob_metadata_resource_version", version);
    }
    said.given("kube_cronjob_spec_successful_job_history_limit", &spec["successfulJobsHistoryLimit"]);
    said.given("kube_cronjob_spec_failed_job_history_limit", &spec["failedJobsHistoryLimit"]);
}
