//! `kubectl describe` of Jobs (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describeJob`,
//! `describeCronJob`, v1.36.2). Times are UTC.

use super::describe::{Lines, pairs};
use super::describe_object::{annotations, selector, template};
use crate::api::wire_jobs;
use crate::rules::kubectl::printing::age;
use crate::time::Time;
use crate::world::World;
use crate::world::workloads::{CronJobId, JobId, ObjectKey};

/// Of so many letters of indexes the rest is left out (`capIndexesListOrNone`).
const LONGEST_INDEXES: usize = 50;

/// A Job.
pub(super) fn job(w: &World, id: JobId, lines: &mut Lines) {
    let own = &w.workloads.jobs[id.ix()].object;
    let (spec, status) = (&own.spec, &own.status);
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.field(0, "Selector", &selector(w, ObjectKey::Job(id)));
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    if let Some(owner) = own.meta.controller() {
        lines.field(0, "Controlled By", &format!("{}/{}", owner.kind, owner.name));
    }
    lines.field(0, "Parallelism", &spec.parallelism.to_string());
    let completions = spec.completions.map_or_else(|| "<unset>".to_owned(), |number| number.to_string());
    lines.field(0, "Completions", &completions);
    lines.field(0, "Completion Mode", if spec.is_indexed { "Indexed" } else { "NonIndexed" });
    lines.field(0, "Suspend", &spec.suspend.to_string());
    lines.field(0, "Backoff Limit", &spec.backoff_limit.to_string());
    if let Some(ttl) = spec.ttl_seconds_after_finished {
        lines.field(0, "TTL Seconds After Finished", &ttl.to_string());
    }
    let (start, end) = (status.start_time, status.completion_time);
    for (title, time) in [("Start Time", start), ("Completed At", end)] {
        if let Some(time) = time {
            lines.field(0, title, &time.rfc1123z());
        }
    }
    if let Some(end) = end.filter(|_| start.is_some()) {
        lines.field(0, "Duration", &age(start, end));
    }
    if let Some(deadline) = spec.active_deadline_seconds {
        lines.field(0, "Active Deadline Seconds", &format!("{deadline}s"));
    }
    let ready = status.ready.map_or_else(String::new, |ready| format!(" ({ready} Ready)"));
    let (active, succeeded, failed) = (status.active, status.succeeded, status.failed);
    lines.field(
        0,
        "Pods Statuses",
        &format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed"),
    );
    if spec.is_indexed {
        lines.field(0, "Completed Indexes", &capped(&status.completed_indexes));
    }
    template(lines, &spec.template);
}

/// A CronJob.
pub(super) fn cron_job(w: &World, id: CronJobId, lines: &mut Lines) {
    let own = &w.workloads.cron_jobs[id.ix()].object;
    let (spec, status) = (&own.spec, &own.status);
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    lines.field(0, "Schedule", &spec.schedule);
    lines.field(0, "Concurrency Policy", spec.concurrency_policy.as_str());
    lines.field(0, "Suspend", if spec.suspend { "True" } else { "False" });
    for (title, limit) in [
        ("Successful Job History Limit", spec.successful_jobs_history_limit),
        ("Failed Job History Limit", spec.failed_jobs_history_limit),
    ] {
        lines.field(0, title, &limit.map_or_else(|| "<unset>".to_owned(), |limit| limit.to_string()));
    }
    let deadline = spec.starting_deadline_seconds;
    let deadline = deadline.map_or_else(|| "<unset>".to_owned(), |seconds| format!("{seconds}s"));
    lines.field(0, "Starting Deadline Seconds", &deadline);
    let job = wire_jobs::job_spec(&spec.job_template.value["spec"]);
    lines.field(0, "Selector", "<unset>");
    let value = &spec.job_template.value["spec"];
    for (title, key) in [("Parallelism", "parallelism"), ("Completions", "completions")] {
        let number = value[key].as_i64();
        lines.field(0, title, &number.map_or_else(|| "<unset>".to_owned(), |number| number.to_string()));
    }
    if let Some(seconds) = job.active_deadline_seconds {
        lines.field(0, "Active Deadline Seconds", &format!("{seconds}s"));
    }
    template(lines, &job.template);
    let last = status.last_schedule_time;
    lines.field(0, "Last Schedule Time", &last.map_or_else(|| "<unset>".to_owned(), Time::rfc1123z));
    let active: Vec<&str> = status.active.iter().map(|one| one.name.as_str()).collect();
    lines.field(0, "Active Jobs", &if active.is_empty() { "<none>".to_owned() } else { active.join(", ") });
}

fn capped(indexes: &str) -> String {
    if indexes.is_empty() {
        return "<none>".to_owned();
    }
    let mut shown = String::new();
    for run in indexes.split(',') {
        if shown.len() + run.len() + 1 > LONGEST_INDEXES && !shown.is_empty() {
            return shown + ",...";
        }
        if !shown.is_empty() {
            shown.push(',');
        }
        shown += run;
    }
    shown
}
