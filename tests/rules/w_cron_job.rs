//! W: one sync of a CronJob (`rules::controllers::cron_job`).

use kubelapse::api::OwnerReference;
use kubelapse::api::cron_job::ActiveJob;
use kubelapse::api::job::Job;
use kubelapse::api::text::Uid;
use kubelapse::api::wire_jobs::{cron_job, cron_job_status_value, job};
use kubelapse::api::{Sym, wire};
use kubelapse::rules::controllers::cron_job::{self as rule, Step, sync};
use serde_json::{Value, json};

use super::harness::{Case, check_where};

#[test]
fn syncs_are_those_of_the_controller() {
    check_where("W_cronjob", |case| case.family == "sync", one_sync);
}

/// One sync, in which the API server grants everything.
fn one_sync(case: &Case) -> Value {
    let now = wire::time(&case.input["now"]).expect("an instant");
    let own = cron_job(&case.input["cronJob"]);
    let jobs: Vec<Job> = case.input["jobs"].as_array().into_iter().flatten().map(job).collect();
    let mut found = sync(&own, &jobs.iter().collect::<Vec<_>>(), now);
    let (mut deleted, mut events, mut created) = (Vec::new(), Vec::new(), Vec::new());
    for step in &found.steps {
        match step {
            Step::Event(told) => {
                events.push(format!("{} {} {}", told.kind.as_str(), told.reason, told.message));
            }
            Step::Get => {}
            Step::Delete(name) => deleted.push(name.as_str()),
        }
    }
    if let Some(start) = found.start.take() {
        let made = rule::job(&own, &start, &OwnerReference::default());
        let name = made["metadata"]["name"].as_str().expect("a name");
        events.push(format!("Normal SuccessfulCreate Created job {name}"));
        let labels = &made["metadata"]["labels"];
        let labels = (labels != &json!({})).then(|| labels.clone());
        created.push(json!({
            "name": name,
            "annotations": made["metadata"]["annotations"],
            "labels": labels,
        }));
        found.begun(&start, ActiveJob { name: start.name, uid: Uid::Given(Sym::EMPTY) });
    }
    events.sort();
    deleted.sort_unstable();
    let mut status = cron_job_status_value(&found.status, own.meta.namespace);
    if let Some(active) = status["active"].as_array_mut() {
        // Theirs are sorted.
        active.sort_by_key(|one| one["name"].to_string());
        for one in active {
            one.as_object_mut().expect("a reference").remove("uid");
        }
    }
    json!({
        "createdJobs": created,
        "deletedJobs": deleted,
        "events": events,
        "requeueAfterSeconds": found.again.map(|wait| wait.micros() as f64 / 1e6),
        "status": (status != json!({})).then_some(status),
    })
}
