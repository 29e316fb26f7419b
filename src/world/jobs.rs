//! Jobs as a run stores them, what their controller remembers of each, and where its syncs stand.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::PodId;
use super::expectations::Expectations;
use super::held::{Held, Stored, Told};
use super::workloads::{JobId, Workloads};
use crate::api::job::Job;
use crate::api::text::Uid;
use crate::api::wire_jobs as wire;
use crate::api::workload::{PodTemplateSpec, WorkloadCondition, WorkloadState};
use crate::api::{Meta, OwnerReference};
use crate::record::{Figures, Ready};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::job::back_off::Record;
use crate::rules::controllers::job::{Done, Look, MadePod, SeenPod, Settled};
use crate::rules::controllers::told::Told as ToldEvent;
use crate::rules::controllers::{ownership, workload_state as state};
use crate::scenario::plan::TemplateIx;
use crate::time::Time;

/// What the pods of a Job that is gone are made of.
static NO_TEMPLATE: LazyLock<Arc<PodTemplateSpec>> = LazyLock::new(Arc::default);

/// What such a Job says.
static NO_TEXT: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(Value::Object(Map::new())));

/// What a run keeps beside a Job.
#[derive(Clone, Debug)]
pub struct Making {
    /// What its pods are made of, by what tells them apart: those that have been made.
    pub templates: FxHashMap<MadePod, TemplateIx>,
    /// How its pods name it as their owner.
    pub as_owner: Arc<Vec<OwnerReference>>,
}

impl Stored for Job {
    type Id = JobId;
    type Beside = Making;

    fn object_type(&self) -> ObjectType {
        ObjectType::Job
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn read(value: &Value) -> Job {
        wire::job(value)
    }
    fn print(&self) -> Value {
        wire::job_value(self)
    }
    fn respecify(&mut self, new: Job) {
        self.spec = new.spec;
    }
    fn is_new(&self, before: &Job) -> bool {
        self.spec != before.spec
    }
    fn beside(&self) -> Making {
        let kind = self.object_type();
        let as_owner = ownership::controller_ref(&self.meta, &kind.api_version(), kind.law().name);
        Making { templates: FxHashMap::default(), as_owner: Arc::new(vec![as_owner]) }
    }
    /// Of a Job that is suspended the template may change.
    fn follow(held: &mut Held<Job>, before: Option<&Job>) {
        if before.is_some_and(|before| before.spec.template != held.object.spec.template) {
            held.beside.templates.clear();
        }
    }
    fn index(all: &mut Workloads, id: JobId, before: Option<&Job>) {
        // A selector never changes.
        if before.is_none() {
            let own = &all.jobs[id.ix()].object;
            all.jobs_by_label.put(id, own.meta.namespace, &own.spec.selector.match_labels);
        }
    }
    fn unindex(all: &mut Workloads, id: JobId) {
        let own = &all.jobs[id.ix()].object;
        all.jobs_by_label.remove(id, own.meta.namespace, &own.spec.selector.match_labels);
    }
    /// A CronJob's Jobs go one after the other: of each, only its metadata and its status are left.
    fn shed(held: &mut Held<Job>) {
        held.beside.templates = FxHashMap::default();
        let spec = &mut held.object.spec;
        (spec.template, spec.value) = (Arc::clone(&NO_TEMPLATE), Arc::clone(&NO_TEXT));
    }
    fn told(&self) -> Option<Told> {
        let (succeeded, spec) = (self.status.succeeded, &self.spec);
        let ready = match spec.completions {
            Some(completions) => Ready::Of(succeeded, completions),
            None if spec.parallelism > 1 => Ready::OneOf(succeeded, spec.parallelism),
            None => Ready::Of(succeeded, 1),
        };
        Some((state::of_job(self), ready))
    }
    fn rollout(&self) -> WorkloadState {
        state::of_job(self)
    }
    fn figures(&self, _: &Making) -> Option<Figures> {
        Some(Figures::of_job(self))
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        &self.status.conditions
    }
    fn wants(&self) -> i32 {
        self.spec.completions.unwrap_or(self.spec.parallelism)
    }
}

/// What the controller of Jobs remembers of one.
#[derive(Clone, Debug, Default)]
pub struct JobMemory {
    /// Its pods that the informer knows; without those that are over and counted.
    pub pods: BTreeSet<PodId>,
    /// Pods whose finalizer it has taken, and that it has not seen without (`uidTrackingExpectations`).
    pub untracked: BTreeSet<PodId>,
    /// What it still expects to see of its own writes.
    pub expected: Expectations,
    /// There may be pods that it could adopt, or has to let go.
    pub looks_around: bool,
    /// Failures that make it wait; a restart would forget them.
    pub record: Record,
    /// The generation of which it heard last.
    pub generation: Option<i64>,
    /// It has been kept since before this run: what is left of a back-off was queued then, to the instant.
    pub goes_on: bool,
}

/// What the controller asks the API server for, of one Job.
#[derive(Clone, Debug)]
pub enum JobRequest {
    /// POST of a pod.
    Make(MadePod),
    /// PATCH that makes the Job a pod's controller, and adds the finalizer.
    Adopt(PodId),
    /// PATCH that takes the Job from a pod's owners, and the finalizer with it.
    Release(PodId),
    /// PATCH that takes the finalizer from a pod.
    Untrack(PodId),
    /// DELETE of a pod.
    Delete(PodId),
    /// PUT of the status that the sync has come to.
    SetStatus,
}

/// A Job's sync after its look.
#[derive(Clone, Debug)]
pub struct JobScript {
    /// Which one.
    pub id: JobId,
    /// The Job as it was.
    pub job: Job,
    /// Its pods as they were, in the order of their numbers.
    pub pods: Vec<(PodId, SeenPod)>,
    /// What is left of a back-off was queued before this run.
    pub goes_on: bool,
    /// When it looked.
    pub looked: Time,
    /// It had seen all that it did before.
    pub is_up_to_date: bool,
    /// Requests about pods that are still to be sent, group by group.
    pub ahead: VecDeque<Vec<JobRequest>>,
    /// How those that are answered went.
    pub done: Done,
    /// Pods whose finalizer is gone.
    pub gone: Vec<Uid>,
    /// A pod was refused: no more of them are tried.
    pub is_refused: bool,
    /// The status was refused: all else is left to the next sync.
    pub has_failed: bool,
    /// The version of the Job that its status is written upon.
    pub version: u64,
    /// What follows.
    pub stage: JobStage,
}

/// How far a Job's sync is.
#[derive(Clone, Debug)]
pub enum JobStage {
    /// Pods are made and deleted.
    Pods(Box<Look>),
    /// The first status is written; failures are remembered with it.
    First(Box<Settled>, Record),
    /// Finalizers are taken.
    Finalizers(Box<Settled>),
    /// The last status is written; then this is told.
    Last(Box<Settled>, Vec<ToldEvent>),
    /// Nothing follows.
    Over,
}
