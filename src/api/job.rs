//! Jobs as the API has them: pods that are to come to an end (staging/src/k8s.io/api/batch/v1/types.go).

use std::sync::Arc;

use serde_json::Value;

use super::meta::Meta;
use super::spec::LabelSelector;
use super::text::Uid;
use super::workload::{PodTemplateSpec, WorkloadCondition};
use super::{Sym, Tri};
use crate::time::Time;

/// By this finalizer a pod stays until its Job has counted it.
pub const TRACKING_FINALIZER: &str = "batch.kubernetes.io/job-tracking";

/// The annotation, and the label, that says which index of its Job a pod works on.
pub const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The annotation that says how many pods of its index have failed before it.
pub const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";

/// The annotation that says how many more have failed that count for nothing.
pub const INDEX_IGNORED_FAILURES: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// Who keeps a Job, where `managedBy` does not name another.
pub const JOB_CONTROLLER: &str = "kubernetes.io/job-controller";

/// `batch/v1` Job.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: JobSpec,
    /// What its controller has seen.
    pub status: JobStatus,
}

impl Job {
    /// Its condition of that type, where it is True.
    pub fn condition(&self, kind: &str) -> Option<&WorkloadCondition> {
        self.status.conditions.iter().find(|one| one.kind == kind && one.status == Tri::True)
    }
    /// The condition by which it is over: Complete or Failed (`FinishedCondition`, pkg/controller/job/util/utils.go).
    pub fn finished(&self) -> Option<&WorkloadCondition> {
        let is_last = |kind: Sym| kind == "Complete" || kind == "Failed";
        self.status.conditions.iter().find(|one| is_last(one.kind) && one.status == Tri::True)
    }
    /// Kubernetes' own controller keeps it.
    pub fn is_kept_here(&self) -> bool {
        self.spec.managed_by.is_empty() || self.spec.managed_by == JOB_CONTROLLER
    }
}

/// `spec` of a Job.
#[derive(Clone, PartialEq, Debug)]
pub struct JobSpec {
    /// How many pods may run at a time.
    pub parallelism: i32,
    /// How many pods have to succeed; None: it is a work queue, and one is enough.
    pub completions: Option<i32>,
    /// Each pod works on an index of its own.
    pub is_indexed: bool,
    /// How long it may be active.
    pub active_deadline_seconds: Option<i64>,
    /// How many failures are borne with.
    pub backoff_limit: i32,
    /// The same of each index.
    pub backoff_limit_per_index: Option<i32>,
    /// How many indexes may fail until the whole does.
    pub max_failed_indexes: Option<i32>,
    /// What each kind of failure means.
    pub failure_policy: Option<Arc<Vec<FailureRule>>>,
    /// What is success enough; None: all completions.
    pub success_policy: Option<Arc<Vec<SuccessRule>>>,
    /// A pod is replaced only once it has failed, not when it is being deleted (`podReplacementPolicy: Failed`).
    pub replaces_only_failed: bool,
    /// It makes no pods, and ends those that it has.
    pub suspend: bool,
    /// When it is deleted after its end.
    pub ttl_seconds_after_finished: Option<i32>,
    /// Who keeps it; empty: the Job controller.
    pub managed_by: Sym,
    /// The selector is not the one that is made for each Job (`manualSelector`): pods that are there may be its own.
    pub has_own_selector: bool,
    /// Which pods are its own.
    pub selector: Arc<LabelSelector>,
    /// What its pods are made of.
    pub template: Arc<PodTemplateSpec>,
    /// All of it as the API prints it, but for the template.
    pub value: Arc<Value>,
}

/// What a rule of `podFailurePolicy` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureAction {
    /// The failure counts.
    Count,
    /// The failure counts for nothing.
    Ignore,
    /// The index has failed.
    FailIndex,
    /// The Job has failed.
    FailJob,
}

impl FailureAction {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureAction::Count => "Count",
            FailureAction::Ignore => "Ignore",
            FailureAction::FailIndex => "FailIndex",
            FailureAction::FailJob => "FailJob",
        }
    }
}

/// A rule of `podFailurePolicy`.
#[derive(Clone, PartialEq, Debug)]
pub struct FailureRule {
    /// What it asks for.
    pub action: FailureAction,
    /// Of which failures.
    pub of: FailurePattern,
}

/// Which failures a rule is about.
#[derive(Clone, PartialEq, Debug)]
pub enum FailurePattern {
    /// A container ended with one of these codes, or with another.
    ExitCodes {
        /// The container; empty: any.
        container: Sym,
        /// `In`, not `NotIn`.
        is_among: bool,
        /// The codes.
        codes: Vec<i32>,
    },
    /// The pod has one of these conditions.
    Conditions(Vec<(Sym, Tri)>),
}

/// A rule of `successPolicy`.
#[derive(Clone, PartialEq, Debug)]
pub struct SuccessRule {
    /// Which indexes it is about; None: all.
    pub indexes: Option<Sym>,
    /// How many of them are enough; None: all.
    pub count: Option<i32>,
}

/// `status` of a Job.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct JobStatus {
    /// Pods that are neither over nor being deleted.
    pub active: i32,
    /// Those that are Ready; None: nobody has counted yet.
    pub ready: Option<i32>,
    /// Pods that are being deleted.
    pub terminating: Option<i32>,
    /// Pods that succeeded; of an indexed one, indexes.
    pub succeeded: i32,
    /// Pods that failed.
    pub failed: i32,
    /// Indexes that succeeded: `0,2-4`.
    pub completed_indexes: Arc<str>,
    /// Indexes that failed; None: it has no limit of each.
    pub failed_indexes: Option<Arc<str>>,
    /// Pods that have succeeded and still carry the finalizer; `None` as long as no sync has written it.
    pub uncounted: Option<Uncounted>,
    /// When it was first, or again, let go.
    pub start_time: Option<Time>,
    /// When it was complete.
    pub completion_time: Option<Time>,
    /// In the order of their coming.
    pub conditions: Vec<WorkloadCondition>,
}

/// `status.uncountedTerminatedPods`: pods that are over and whose finalizer is being taken; they count once it is gone.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Uncounted {
    /// Those that succeeded.
    pub succeeded: Vec<Uid>,
    /// Those that failed.
    pub failed: Vec<Uid>,
}

impl Uncounted {
    /// Nobody is left.
    pub fn is_empty(&self) -> bool {
        self.succeeded.is_empty() && self.failed.is_empty()
    }
}
