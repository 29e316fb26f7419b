//! The doorway between Kubernetes' JSON and the nouns of Jobs and CronJobs, both ways; the rules of reading and writing are
//! those of [`super::wire`].

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::cron_job::{ActiveJob, ConcurrencyPolicy, CronJob, CronJobSpec, CronJobStatus, JobTemplate};
use super::job::{
    FailureAction, FailurePattern, FailureRule, Job, JobSpec, JobStatus, SuccessRule, Uncounted,
};
use super::text::Uid;
use super::wire::{int32, items, put_int, put_sym, put_time, sym, time};
use super::wire_workloads::{
    labels, meta, meta_value, optional_int32, put_list, put_optional, selector, template, workload_condition,
    workload_condition_value,
};
use super::workload::WorkloadCondition;
use super::{Sym, Tri};

/// Reads a `batch/v1` Job.
pub fn job(value: &Value) -> Job {
    Job {
        meta: meta(&value["metadata"]),
        spec: job_spec(&value["spec"]),
        status: job_status(&value["status"]),
    }
}

/// Reads a `spec` of a Job.
pub fn job_spec(spec: &Value) -> JobSpec {
    let rules = |name: &str| items(&spec[name]["rules"]);
    JobSpec {
        parallelism: optional_int32(&spec["parallelism"]).unwrap_or(1),
        completions: optional_int32(&spec["completions"]),
        is_indexed: spec["completionMode"] == "Indexed",
        active_deadline_seconds: spec["activeDeadlineSeconds"].as_i64(),
        backoff_limit: optional_int32(&spec["backoffLimit"]).unwrap_or(6),
        backoff_limit_per_index: optional_int32(&spec["backoffLimitPerIndex"]),
        max_failed_indexes: optional_int32(&spec["maxFailedIndexes"]),
        failure_policy: spec["podFailurePolicy"]
            .is_object()
            .then(|| Arc::new(rules("podFailurePolicy").filter_map(failure_rule).collect())),
        success_policy: spec["successPolicy"]
            .is_object()
            .then(|| Arc::new(rules("successPolicy").map(success_rule).collect())),
        replaces_only_failed: spec["podReplacementPolicy"] == "Failed",
        suspend: spec["suspend"].as_bool().unwrap_or_default(),
        ttl_seconds_after_finished: optional_int32(&spec["ttlSecondsAfterFinished"]),
        managed_by: sym(&spec["managedBy"]),
        has_own_selector: spec["manualSelector"] == true,
        selector: Arc::new(selector(&spec["selector"])),
        template: Arc::new(template(&spec["template"])),
        value: Arc::new(without(spec, "template")),
    }
}

/// Reads a `status` of a Job.
pub fn job_status(status: &Value) -> JobStatus {
    let uids = |list: &Value| -> Vec<Uid> {
        scalars(list).filter_map(Value::as_str).map(|uid| Uid::Given(Sym::new(uid))).collect()
    };
    let uncounted = &status["uncountedTerminatedPods"];
    JobStatus {
        active: int32(&status["active"]),
        ready: optional_int32(&status["ready"]),
        terminating: optional_int32(&status["terminating"]),
        succeeded: int32(&status["succeeded"]),
        failed: int32(&status["failed"]),
        completed_indexes: status["completedIndexes"].as_str().unwrap_or_default().into(),
        failed_indexes: status["failedIndexes"].as_str().map(Arc::from),
        uncounted: uncounted.is_object().then(|| Uncounted {
            succeeded: uids(&uncounted["succeeded"]),
            failed: uids(&uncounted["failed"]),
        }),
        start_time: time(&status["startTime"]),
        completion_time: time(&status["completionTime"]),
        conditions: items(&status["conditions"]).map(workload_condition).collect(),
    }
}

/// What stands in a list, objects or not.
fn scalars(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn failure_rule(value: &Value) -> Option<FailureRule> {
    let action = match value["action"].as_str()? {
        "Count" => FailureAction::Count,
        "Ignore" => FailureAction::Ignore,
        "FailIndex" => FailureAction::FailIndex,
        "FailJob" => FailureAction::FailJob,
        _ => return None,
    };
    let codes = &value["onExitCodes"];
    let of = match codes.is_object() {
        true => FailurePattern::ExitCodes {
            container: sym(&codes["containerName"]),
            is_among: codes["operator"] == "In",
            codes: scalars(&codes["values"]).map(int32).collect(),
        },
        false => FailurePattern::Conditions(
            items(&value["onPodConditions"])
                .map(|one| {
                    (sym(&one["type"]), one["status"].as_str().and_then(Tri::parse).unwrap_or(Tri::True))
                })
                .collect(),
        ),
    };
    Some(FailureRule { action, of })
}

fn success_rule(value: &Value) -> SuccessRule {
    SuccessRule {
        indexes: value["succeededIndexes"].as_str().map(Sym::new),
        count: optional_int32(&value["succeededCount"]),
    }
}

fn without(value: &Value, member: &str) -> Value {
    let mut members = value.as_object().cloned().unwrap_or_default();
    members.remove(member);
    members.into()
}

fn with(value: &Value, member: &str, content: &Value) -> Value {
    let mut members = value.as_object().cloned().unwrap_or_default();
    members.insert(member.into(), content.clone());
    members.into()
}

/// Writes a `batch/v1` Job.
pub fn job_value(job: &Job) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": meta_value(&job.meta),
        "spec": with(&job.spec.value, "template", &job.spec.template.value),
        "status": job_status_value(&job.status),
    })
}

/// Writes a `status` of a Job.
pub fn job_status_value(status: &JobStatus) -> Value {
    let mut members = Map::new();
    put_int(&mut members, "active", status.active.into());
    put_optional(&mut members, "ready", status.ready);
    put_optional(&mut members, "terminating", status.terminating);
    put_int(&mut members, "succeeded", status.succeeded.into());
    put_int(&mut members, "failed", status.failed.into());
    if !status.completed_indexes.is_empty() {
        members.insert("completedIndexes".into(), (&*status.completed_indexes).into());
    }
    if let Some(indexes) = &status.failed_indexes {
        members.insert("failedIndexes".into(), (&**indexes).into());
    }
    if let Some(uncounted) = &status.uncounted {
        let texts = |list: &[Uid]| list.iter().map(|uid| Value::from(uid.to_string())).collect::<Vec<_>>();
        let mut lists = Map::new();
        put_list(&mut lists, "succeeded", texts(&uncounted.succeeded).into_iter());
        put_list(&mut lists, "failed", texts(&uncounted.failed).into_iter());
        members.insert("uncountedTerminatedPods".into(), lists.into());
    }
    put_time(&mut members, "startTime", status.start_time);
    put_time(&mut members, "completionTime", status.completion_time);
    put_list(&mut members, "conditions", status.conditions.iter().map(job_condition_value));
    Value::Object(members)
}

/// A Job's condition was probed when it came to its status.
fn job_condition_value(condition: &WorkloadCondition) -> Value {
    let mut value = workload_condition_value(condition);
    if let Value::Object(members) = &mut value {
        put_time(members, "lastProbeTime", condition.last_transition);
    }
    value
}

/// Reads a `batch/v1` CronJob.
pub fn cron_job(value: &Value) -> CronJob {
    let (spec, status) = (&value["spec"], &value["status"]);
    let job = &spec["jobTemplate"];
    CronJob {
        meta: meta(&value["metadata"]),
        spec: CronJobSpec {
            schedule: sym(&spec["schedule"]),
            time_zone: spec["timeZone"].as_str().map(Sym::new),
            suspend: spec["suspend"].as_bool().unwrap_or_default(),
            concurrency_policy: match spec["concurrencyPolicy"].as_str() {
                Some("Forbid") => ConcurrencyPolicy::Forbid,
                Some("Replace") => ConcurrencyPolicy::Replace,
                _ => ConcurrencyPolicy::Allow,
            },
            starting_deadline_seconds: spec["startingDeadlineSeconds"].as_i64(),
            successful_jobs_history_limit: optional_int32(&spec["successfulJobsHistoryLimit"]),
            failed_jobs_history_limit: optional_int32(&spec["failedJobsHistoryLimit"]),
            job_template: Arc::new(JobTemplate {
                labels: labels(&job["metadata"]["labels"]),
                annotations: labels(&job["metadata"]["annotations"]),
                value: if job.is_object() { job.clone() } else { json!({}) },
            }),
            value: Arc::new(without(spec, "jobTemplate")),
        },
        status: CronJobStatus {
            active: items(&status["active"])
                .map(|one| ActiveJob { name: sym(&one["name"]), uid: Uid::Given(sym(&one["uid"])) })
                .collect(),
            last_schedule_time: time(&status["lastScheduleTime"]),
            last_successful_time: time(&status["lastSuccessfulTime"]),
        },
    }
}

/// Writes a `batch/v1` CronJob.
pub fn cron_job_value(own: &CronJob) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": meta_value(&own.meta),
        "spec": with(&own.spec.value, "jobTemplate", &own.spec.job_template.value),
        "status": cron_job_status_value(&own.status, own.meta.namespace),
    })
}

/// Writes a `status` of a CronJob of this namespace.
pub fn cron_job_status_value(status: &CronJobStatus, namespace: Sym) -> Value {
    let mut members = Map::new();
    put_list(
        &mut members,
        "active",
        status.active.iter().map(|one| {
            let mut reference = Map::new();
            put_sym(&mut reference, "kind", Sym::new("Job"));
            put_sym(&mut reference, "namespace", namespace);
            put_sym(&mut reference, "name", one.name);
            reference.insert("uid".into(), one.uid.to_string().into());
            put_sym(&mut reference, "apiVersion", Sym::new("batch/v1"));
            reference.into()
        }),
    );
    put_time(&mut members, "lastScheduleTime", status.last_schedule_time);
    put_time(&mut members, "lastSuccessfulTime", status.last_successful_time);
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn a_job_comes_back_as_it_was() {
        let value = read(
            r#"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "import", "namespace": "shop"},
            "spec": {"parallelism": 2, "completions": 5, "completionMode": "Indexed", "backoffLimit": 3, "suspend": true,
                "backoffLimitPerIndex": 1, "maxFailedIndexes": 2, "activeDeadlineSeconds": 60, "manualSelector": false,
                "podReplacementPolicy": "Failed", "ttlSecondsAfterFinished": 0, "selector": {"matchLabels": {"a": "b"}},
                "podFailurePolicy": {"rules": [
                    {"action": "FailJob", "onExitCodes": {"containerName": "app", "operator": "In", "values": [42]}},
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]},
                "successPolicy": {"rules": [{"succeededIndexes": "0,2-3", "succeededCount": 1}, {}]},
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [], "restartPolicy": "Never"}}},
            "status": {"active": 1, "ready": 0, "terminating": 0, "succeeded": 2, "failed": 3, "completedIndexes": "0,1",
                "failedIndexes": "", "uncountedTerminatedPods": {"failed": ["u-1"]}, "startTime": "2026-07-01T12:00:00Z",
                "completionTime": "2026-07-01T12:01:00Z", "conditions": [{"type": "Complete", "status": "True",
                    "lastProbeTime": "2026-07-01T12:01:00Z", "lastTransitionTime": "2026-07-01T12:01:00Z",
                    "reason": "CompletionsReached", "message": "Reached expected number of succeeded pods"}]}}"#,
        );
        let typed = job(&value);
        assert_eq!(job_value(&typed), value);
        assert_eq!(typed.finished().map(|one| one.kind.as_str()), Some("Complete"));
        let rules = typed.spec.failure_policy.expect("a policy");
        assert_eq!((rules[0].action, rules[1].action), (FailureAction::FailJob, FailureAction::Ignore));
        let app = Sym::new("app");
        let fatal = FailurePattern::ExitCodes { container: app, is_among: true, codes: vec![42] };
        assert_eq!((&rules[0].of, typed.status.uncounted.map(|open| open.failed.len())), (&fatal, Some(1)));
        assert_eq!(rules[1].of, FailurePattern::Conditions(vec![(Sym::new("DisruptionTarget"), Tri::True)]));
        assert_eq!(
            typed.spec.success_policy.expect("a policy")[1],
            SuccessRule { indexes: None, count: None }
        );
    }

    #[test]
    fn a_cron_job_comes_back_as_it_was() {
        let value = read(
            r#"{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "report", "namespace": "shop"},
            "spec": {"schedule": "0 3 * * *", "timeZone": "Europe/Zurich", "concurrencyPolicy": "Forbid", "suspend": false,
                "startingDeadlineSeconds": 60, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
                "jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {"template": {}}}},
            "status": {"active": [{"kind": "Job", "namespace": "shop", "name": "report-1", "uid": "u", "apiVersion": "batch/v1"}],
                "lastScheduleTime": "2026-07-01T12:00:00Z", "lastSuccessfulTime": "2026-07-01T12:01:00Z"}}"#,
        );
        let typed = cron_job(&value);
        assert_eq!(cron_job_value(&typed), value);
        assert_eq!(typed.spec.concurrency_policy, ConcurrencyPolicy::Forbid);
        assert_eq!(typed.spec.job_template.labels["a"], "b");
    }

    #[test]
    fn strange_objects_are_read_without_what_is_strange() {
        for value in [json!(null), json!([1]), json!({"spec": 5, "status": "x"})] {
            assert_eq!(job(&value).spec.parallelism, 1);
            assert!(cron_job(&value).status.active.is_empty());
        }
        let rules = json!({ "podFailurePolicy": { "rules": [{ "action": "Cry" }, 5] } });
        assert_eq!(job_spec(&rules).failure_policy.map(|rules| rules.len()), Some(0));
    }
}
