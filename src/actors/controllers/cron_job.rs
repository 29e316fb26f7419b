//! The controller of CronJobs: when it looks, and how what a look leads to is written, one request after the other.
//!
//! Source: the event handlers of pkg/controller/cronjob/cronjob_controllerv2.go (v1.36.3). What it decides stands in
//! [`crate::rules::controllers::cron_job`]. Nothing ticks: each sync says when the next one is due.

use std::collections::VecDeque;

use super::work::{Again, add, add_at, conflict, script_of, tell};
use crate::actors::api_server::{self, Propagation};
use crate::api::cron_job::{ActiveJob, CronJob};
use crate::api::job::Job;
use crate::api::{Meta, Sym};
use crate::rules::controllers::cron_job::{self as rule, Start, Step};
use crate::rules::controllers::cron_schedule::{Schedule, until_next};
use crate::rules::controllers::told::Told;
use crate::world::cron_jobs::{CronMemory, CronRequest, CronScript};
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::CronJobId;
use crate::world::{JobId, ObjectKey, World};

/// News has come of a CronJob, or of a Job.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::CronJob(id) => changed(w, id),
        ObjectKey::Job(job) => {
            let Some(owner @ ObjectKey::CronJob(id)) = w.workloads.controller(key) else { return };
            let exists = w.workloads.exists(key);
            let jobs = &mut memory(w, id).jobs;
            if exists {
                jobs.insert(job);
            } else {
                jobs.remove(&job);
            }
            add(w, Controller::CronJob, owner);
        }
        _ => {}
    }
}

fn memory(w: &mut World, id: CronJobId) -> &mut CronMemory {
    let all = &mut w.controllers.cron_jobs;
    if all.len() <= id.ix() {
        all.resize_with(id.ix() + 1, CronMemory::default);
    }
    &mut all[id.ix()]
}

/// With another schedule it is looked at when that is due; with anything else new at once.
fn changed(w: &mut World, id: CronJobId) {
    let object = &w.workloads.cron_jobs[id.ix()].object;
    let (key, now) = (ObjectKey::CronJob(id), w.now);
    let times = (object.spec.schedule, object.spec.time_zone);
    let (created, last) = (object.meta.created, object.status.last_schedule_time);
    let before = memory(w, id).times.replace(times);
    if before.is_none_or(|before| before == times) {
        return add(w, Controller::CronJob, key);
    }
    if let Ok(schedule) = Schedule::of(times.0.as_str(), times.1.as_ref().map(|zone| zone.as_str()))
        && let Some(wait) = until_next(&schedule, created, last, now)
    {
        add_at(w, Controller::CronJob, key, now + wait);
    }
}

/// A worker takes a CronJob.
pub fn look(w: &mut World, id: CronJobId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.cron_jobs[id.ix()];
    if !held.exists {
        return None;
    }
    let jobs = w.controllers.cron_jobs[id.ix()].jobs.iter();
    let jobs: Vec<&Job> = jobs.map(|job| &w.workloads.jobs[job.ix()].object).collect();
    let mut sync = rule::sync(&held.object, &jobs, w.now);
    let ahead: VecDeque<Step> = std::mem::take(&mut sync.steps).into();
    let version = held.object.meta.resource_version;
    let mut script = Box::new(CronScript { id, sync, ahead, version, is_over: false, has_failed: false });
    let first = next(w, &mut script);
    Some((Script::Cron(script), first))
}

/// What follows: events are told on the way, the next request is sent.
pub fn next(w: &mut World, script: &mut CronScript) -> Vec<Request> {
    let id = script.id;
    while let Some(step) = script.ahead.pop_front() {
        match step {
            Step::Event(told) => tell_of(w, id, told),
            Step::Get => return vec![Request::Get],
            Step::Delete(job) => return vec![Request::Cron(id, CronRequest::Delete(job))],
        }
    }
    if script.sync.start.is_some() {
        return vec![Request::Cron(id, CronRequest::Start)];
    }
    if script.is_over || !script.sync.is_written {
        return Vec::new();
    }
    script.is_over = true;
    vec![Request::Cron(id, CronRequest::SetStatus)]
}

fn tell_of(w: &mut World, id: CronJobId, told: Told) {
    tell(w, Controller::CronJob, ObjectKey::CronJob(id), told.kind, told.reason, told.message.into());
}

/// A request of a sync is carried out.
pub fn carry_out(w: &mut World, id: CronJobId, asked: CronRequest) -> Option<String> {
    match asked {
        CronRequest::Delete(name) => {
            let namespace = w.workloads.cron_jobs[id.ix()].object.meta.namespace;
            if let Some(key) = job_named(w, namespace, name) {
                api_server::delete(w, ObjectKey::Job(key), Propagation::Background);
            }
            None
        }
        CronRequest::Start => start(w, id),
        CronRequest::SetStatus => set_status(w, id),
    }
}

fn job_named(w: &World, namespace: Sym, name: Sym) -> Option<JobId> {
    match w.workloads.find(Sym::new("job"), namespace, name) {
        Some(ObjectKey::Job(id)) => Some(id),
        _ => None,
    }
}

fn script(w: &mut World, id: CronJobId) -> Option<&mut CronScript> {
    match script_of(w, Controller::CronJob, ObjectKey::CronJob(id)) {
        Some(Script::Cron(script)) => Some(script),
        _ => None,
    }
}

/// POST of the Job of a run. One of that name that is there already is its own, or another's business.
fn start(w: &mut World, id: CronJobId) -> Option<String> {
    let start = script(w, id)?.sync.start.take()?;
    let own = &w.workloads.cron_jobs[id.ix()];
    let namespace = own.object.meta.namespace;
    if let Some(job) = job_named(w, namespace, start.name) {
        let meta: Meta = w.workloads.jobs[job.ix()].object.meta.clone();
        let is_own = w.workloads.controller(ObjectKey::Job(job)) == Some(ObjectKey::CronJob(id));
        let script = script(w, id)?;
        if is_own && !script.sync.status.active.iter().any(|one| one.uid == meta.uid) {
            begun(script, &start, &meta);
        }
        return None;
    }
    let manifest = rule::job(&own.object, &start, &own.beside.as_owner);
    let entity = api_server::makes(w, ObjectKey::CronJob(id));
    match api_server::create_object_as(w, &manifest, namespace, entity) {
        Ok((key, _)) => {
            tell_of(w, id, Told::normal("SuccessfulCreate", format!("Created job {}", start.name)));
            let meta = w.workloads.meta(key)?.clone();
            begun(script(w, id)?, &start, &meta);
            None
        }
        Err(refused) => {
            let refused = refused.to_string();
            tell_of(w, id, Told::warning("FailedCreate", format!("Error creating job: {refused}")));
            script(w, id)?.has_failed = true;
            Some(refused)
        }
    }
}

fn begun(script: &mut CronScript, start: &Start, job: &Meta) {
    script.sync.begun(start, ActiveJob { name: job.name, uid: job.uid });
}

fn set_status(w: &mut World, id: CronJobId) -> Option<String> {
    let script = script(w, id)?;
    let (status, upon) = (script.sync.status.clone(), script.version);
    let held = &w.workloads.cron_jobs[id.ix()];
    let meta = &held.object.meta;
    if !held.exists {
        return Some(format!("cronjobs.batch \"{}\" not found", meta.name));
    }
    if meta.resource_version != upon {
        return Some(conflict("cronjobs.batch", meta.name.as_str()));
    }
    api_server::update_status_of(w, id, |own: &mut CronJob| own.status = status);
    None
}

/// When the CronJob is looked at again though nothing has failed.
pub fn again(w: &World, script: &CronScript) -> Option<Again> {
    script.sync.again.map(|wait| Again::At(w.now + wait))
}
