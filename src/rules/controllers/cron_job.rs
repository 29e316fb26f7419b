//! CronJobs: which Jobs are cleared away, which one begins, and when the next look is due.
//!
//! Source: `sync`, `syncCronJob`, `cleanupFinishedJobs`, `removeOldestJobs` in pkg/controller/cronjob/cronjob_controllerv2.go,
//! `getJobFromTemplate2` in utils.go (1.36.3). The surprises: old Jobs are cleared away before anything else, even of a
//! CronJob that is suspended; more than a hundred missed times are told and the newest still begins; a run that was skipped
//! because another one went on begins as soon as that one is over.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::cron_schedule::{self as times, Missed, Schedule, Zone};
use super::told::Told;
use crate::api::cron_job::{ActiveJob, ConcurrencyPolicy, CronJob, CronJobStatus, SCHEDULED_TIMESTAMP};
use crate::api::job::Job;
use crate::api::{OwnerReference, Sym};
use crate::rules::machinery::quote::quote;
use crate::time::{Span, Time};

/// What a sync does, one after the other; then comes [`Sync::start`].
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// It tells.
    Event(Told),
    /// It asks the API server for an object as it is.
    Get,
    /// It deletes a Job of that name, its pods after it, and tells of it.
    Delete(Sym),
}

/// A run that begins.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    /// What its Job is called.
    pub name: Sym,
    /// For which instant.
    pub scheduled: Time,
    /// That instant on the clocks of the zone.
    pub stamp: String,
    /// When it looks again, once the Job is there.
    pub again: Option<Span>,
}

/// What a sync has found.
#[derive(Clone, PartialEq, Debug)]
pub struct Sync {
    /// What is done first.
    pub steps: Vec<Step>,
    /// Which run begins then.
    pub start: Option<Start>,
    /// The status.
    pub status: CronJobStatus,
    /// It is written.
    pub is_written: bool,
    /// When it looks again, if no run begins; None: when there is news.
    pub again: Option<Span>,
}

/// A sync looks at a CronJob and its Jobs.
pub fn sync(own: &CronJob, jobs: &[&Job], now: Time) -> Sync {
    let mut sync =
        Sync { steps: Vec::new(), start: None, status: own.status.clone(), is_written: false, again: None };
    sync.clear_away(own, jobs);
    sync.look_at(jobs);
    sync.plan(own, now);
    sync
}

impl Sync {
    fn tell(&mut self, told: Told) {
        self.steps.push(Step::Event(told));
    }

    fn forget(&mut self, job: &Job) {
        self.status.active.retain(|one| one.uid != job.meta.uid);
    }

    /// Jobs that are over, beyond the limits: those that began first.
    fn clear_away(&mut self, own: &CronJob, jobs: &[&Job]) {
        for (kind, limit) in [
            ("Complete", own.spec.successful_jobs_history_limit),
            ("Failed", own.spec.failed_jobs_history_limit),
        ] {
            let Some(limit) = limit else { continue };
            let ended = |job: &&&Job| job.finished().is_some_and(|end| end.kind == kind);
            let mut ended: Vec<&Job> = jobs.iter().filter(ended).copied().collect();
            let key =
                |job: &Job| (job.status.start_time.is_none(), job.status.start_time, job.meta.name.as_str());
            ended.sort_by(|a, b| key(a).cmp(&key(b)));
            let surplus = ended.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
            for job in &ended[..surplus] {
                self.delete(job.meta.name);
                self.forget(job);
                self.is_written = true;
            }
        }
    }

    fn delete(&mut self, name: Sym) {
        self.steps.push(Step::Delete(name));
        self.tell(Told::normal("SuccessfulDelete", format!("Deleted job {name}")));
    }

    /// What has become of its Jobs.
    fn look_at(&mut self, jobs: &[&Job]) {
        for job in jobs {
            let name = job.meta.name;
            let is_known = self.status.active.iter().any(|one| one.uid == job.meta.uid);
            match job.finished() {
                None if !is_known => {
                    self.steps.push(Step::Get);
                    let text = format!("Saw a job that the controller did not create or forgot: {name}");
                    self.tell(Told::warning("UnexpectedJob", text));
                }
                Some(end) if is_known => {
                    let text = format!("Saw completed job: {name}, condition: {}", end.kind);
                    self.tell(Told::normal("SawCompletedJob", text));
                    self.forget(job);
                    self.is_written = true;
                }
                _ => {}
            }
            let last = &mut self.status.last_successful_time;
            if job.condition("Complete").is_some() && (last.is_none() || job.status.completion_time > *last) {
                *last = job.status.completion_time;
                self.is_written = true;
            }
        }
        let is_there = |one: &ActiveJob| jobs.iter().any(|job| job.meta.uid == one.uid);
        let missing: Vec<ActiveJob> =
            self.status.active.iter().filter(|one| !is_there(one)).copied().collect();
        for ActiveJob { name, uid } in missing {
            self.steps.push(Step::Get);
            self.tell(Told::normal("MissingJob", format!("Active job went missing: {name}")));
            self.status.active.retain(|one| one.uid != uid);
            self.is_written = true;
        }
    }

    /// Whether a run is due, and may begin.
    fn plan(&mut self, own: &CronJob, now: Time) {
        let spec = &own.spec;
        if own.meta.deletion.is_some() {
            return;
        }
        let zone = spec.time_zone.as_ref().map(|name| (name, Zone::named(name.as_str())));
        if let Some((name, Err(why))) = &zone {
            let text = format!("invalid timeZone: {}: {why}", quote(name.as_str()));
            return self.tell(Told::warning("UnknownTimeZone", text));
        }
        if spec.suspend {
            return;
        }
        let text = spec.schedule.as_str();
        if times::names_a_zone(text) {
            let told = format!(
                "CRON_TZ or TZ used in schedule {} is not officially supported, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                quote(text)
            );
            self.tell(Told::warning("UnsupportedSchedule", told));
        }
        let schedule = match Schedule::of(text, spec.time_zone.as_ref().map(|zone| zone.as_str())) {
            Ok(schedule) => schedule,
            Err(why) => {
                let told = format!("unparseable schedule: {} : {why}", quote(text));
                return self.tell(Told::warning("UnparseableSchedule", told));
            }
        };
        let (created, last) = (own.meta.created, own.status.last_schedule_time);
        let deadline = spec.starting_deadline_seconds.map(Span::from_secs);
        let due = match times::due(&schedule, times::earliest(created, last, deadline, now), now) {
            Ok(due) => due,
            Err(why) => {
                let told = format!("invalid schedule: {text} : {why}");
                return self.tell(Told::warning("InvalidSchedule", told));
            }
        };
        self.again = times::until_next(&schedule, created, last, now);
        let Some(scheduled) = due.most_recent else { return };
        if due.missed == Missed::Many {
            let told = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.tell(Told::warning("TooManyMissedTimes", told.to_owned()));
        }
        if deadline.is_some_and(|deadline| scheduled + deadline < now) {
            let told = format!("Missed scheduled time to start a job: {}", scheduled.rfc1123z());
            return self.tell(Told::warning("MissSchedule", told));
        }
        let name = Sym::new(&format!("{}-{}", own.meta.name, scheduled.secs().div_euclid(60)));
        if last == Some(scheduled) || self.status.active.iter().any(|one| one.name == name) {
            return;
        }
        match spec.concurrency_policy {
            ConcurrencyPolicy::Forbid if !self.status.active.is_empty() => {
                let told =
                    "Not starting job because prior execution is running and concurrency policy is Forbid";
                return self.tell(Told::normal("JobAlreadyActive", told.to_owned()));
            }
            ConcurrencyPolicy::Replace => {
                for one in std::mem::take(&mut self.status.active) {
                    self.steps.push(Step::Get);
                    self.delete(one.name);
                    self.is_written = true;
                }
            }
            ConcurrencyPolicy::Forbid | ConcurrencyPolicy::Allow => {}
        }
        let zone = zone.and_then(|(_, zone)| zone.ok()).unwrap_or(Zone::UTC);
        self.start = Some(Start {
            name,
            scheduled,
            stamp: zone.rfc3339(scheduled),
            again: times::until_next(&schedule, created, Some(scheduled), now),
        });
    }

    /// The run has begun: its Job is there.
    pub fn begun(&mut self, start: &Start, job: ActiveJob) {
        self.status.active.push(job);
        self.status.last_schedule_time = Some(start.scheduled);
        self.is_written = true;
        self.again = start.again;
    }
}

/// The Job of a run as it is sent (`getJobFromTemplate2`).
pub fn job(own: &CronJob, start: &Start, as_owner: &OwnerReference) -> Value {
    let template = &own.spec.job_template;
    let mut annotations = (*template.annotations).clone();
    annotations.insert(SCHEDULED_TIMESTAMP.to_owned(), start.stamp.clone());
    manifest(own, start.name.as_str(), &annotations, owner(as_owner))
}

/// The Job that somebody makes by hand (`createJobFromCronJob` in
/// staging/src/k8s.io/kubectl/pkg/cmd/create/create_job.go): it does not hold up the deletion of its owner.
pub fn job_by_hand(own: &CronJob, name: &str, as_owner: &OwnerReference) -> Value {
    let mut annotations = (*own.spec.job_template.annotations).clone();
    annotations.insert("cronjob.kubernetes.io/instantiate".to_owned(), "manual".to_owned());
    let mut owner = owner(as_owner);
    owner.remove("blockOwnerDeletion");
    manifest(own, name, &annotations, owner)
}

fn owner(reference: &OwnerReference) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in [
        ("apiVersion", json!(reference.api_version.as_str())),
        ("kind", json!(reference.kind.as_str())),
        ("name", json!(reference.name.as_str())),
        ("uid", json!(reference.uid)),
        ("controller", json!(true)),
        ("blockOwnerDeletion", json!(true)),
    ] {
        members.insert(name.to_owned(), value);
    }
    members
}

fn manifest(
    own: &CronJob,
    name: &str,
    annotations: &BTreeMap<String, String>,
    owner: Map<String, Value>,
) -> Value {
    let template = &own.spec.job_template;
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": own.meta.namespace.as_str(),
            "labels": &*template.labels,
            "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": template.value["spec"],
    })
}
