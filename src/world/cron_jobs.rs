//! CronJobs as a run stores them, what their controller knows of each, and where its syncs stand.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::held::{Stored, Told};
use super::workloads::{CronJobId, JobId};
use crate::api::cron_job::CronJob;
use crate::api::wire_jobs as wire;
use crate::api::workload::WorkloadState;
use crate::api::{Meta, OwnerReference, Sym};
use crate::record::{Figures, Ready};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::cron_job::{Step, Sync};
use crate::rules::controllers::ownership;
use crate::scenario::plan::TemplateIx;

/// What a run keeps beside a CronJob.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// How its Jobs name it as their owner.
    pub as_owner: OwnerReference,
    /// What the pods of its newest Job are made of: those of the next one share what is the same.
    pub template: Option<TemplateIx>,
    /// How many of its Jobs are gone.
    pub gone: usize,
}

impl Stored for CronJob {
    type Id = CronJobId;
    type Beside = Calendar;

    fn object_type(&self) -> ObjectType {
        ObjectType::CronJob
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn read(value: &Value) -> CronJob {
        wire::cron_job(value)
    }
    fn print(&self) -> Value {
        wire::cron_job_value(self)
    }
    fn respecify(&mut self, new: CronJob) {
        self.spec = new.spec;
    }
    fn is_new(&self, before: &CronJob) -> bool {
        self.spec != before.spec
    }
    fn beside(&self) -> Calendar {
        let kind = self.object_type();
        let as_owner = ownership::controller_ref(&self.meta, &kind.api_version(), kind.law().name);
        Calendar { as_owner, template: None, gone: 0 }
    }
    fn told(&self) -> Option<Told> {
        let state = if self.spec.suspend { WorkloadState::Suspended } else { WorkloadState::Progressing };
        Some((state, Ready::Nothing))
    }
    fn figures(&self, _: &Calendar) -> Option<Figures> {
        Some(Figures::of_cron_job(self.status.active.len()))
    }
}

/// What the controller of CronJobs knows of one.
#[derive(Clone, Debug, Default)]
pub struct CronMemory {
    /// Its Jobs, as far as the informer has heard.
    pub jobs: BTreeSet<JobId>,
    /// Its schedule and zone, of which it heard last.
    pub times: Option<(Sym, Option<Sym>)>,
}

/// A CronJob's sync after its look.
#[derive(Clone, Debug)]
pub struct CronScript {
    /// Which one.
    pub id: CronJobId,
    /// What it has found.
    pub sync: Sync,
    /// What is still to be done before a run begins.
    pub ahead: VecDeque<Step>,
    /// The version of the CronJob that its status is written upon.
    pub version: u64,
    /// The status is written, or the sync has failed.
    pub is_over: bool,
    /// A request was refused that ends the sync once its status is written.
    pub has_failed: bool,
}

/// What the controller asks the API server for, of one CronJob.
#[derive(Clone, Copy, Debug)]
pub enum CronRequest {
    /// DELETE of a Job of this name.
    Delete(Sym),
    /// POST of the Job of the run that begins.
    Start,
    /// PUT of the status.
    SetStatus,
}
