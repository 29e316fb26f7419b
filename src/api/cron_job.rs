//! CronJobs as the API has them: Jobs by the calendar (staging/src/k8s.io/api/batch/v1/types.go).

use std::sync::Arc;

use serde_json::Value;

use super::Sym;
use super::meta::{Labels, Meta};
use super::text::Uid;
use crate::time::Time;

/// The annotation that says for which instant a Job was made.
pub const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// `batch/v1` CronJob.
#[derive(Clone, PartialEq, Debug)]
pub struct CronJob {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: CronJobSpec,
    /// What its controller has seen.
    pub status: CronJobStatus,
}

/// What becomes of a run while an earlier one goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConcurrencyPolicy {
    /// Both run.
    Allow,
    /// It is skipped.
    Forbid,
    /// It takes the other's place.
    Replace,
}

impl ConcurrencyPolicy {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            ConcurrencyPolicy::Allow => "Allow",
            ConcurrencyPolicy::Forbid => "Forbid",
            ConcurrencyPolicy::Replace => "Replace",
        }
    }
}

/// `spec` of a CronJob.
#[derive(Clone, PartialEq, Debug)]
pub struct CronJobSpec {
    /// `0 3 * * *`
    pub schedule: Sym,
    /// In whose clock; None: the controller's, which is UTC.
    pub time_zone: Option<Sym>,
    /// No run is begun.
    pub suspend: bool,
    /// What becomes of a run while an earlier one goes on.
    pub concurrency_policy: ConcurrencyPolicy,
    /// How late a run may begin.
    pub starting_deadline_seconds: Option<i64>,
    /// How many complete Jobs are kept.
    pub successful_jobs_history_limit: Option<i32>,
    /// How many failed Jobs are kept.
    pub failed_jobs_history_limit: Option<i32>,
    /// What its Jobs are made of.
    pub job_template: Arc<JobTemplate>,
    /// All of it as the API prints it, but for the template.
    pub value: Arc<Value>,
}

/// `spec.jobTemplate` of a CronJob.
#[derive(Clone, PartialEq, Debug)]
pub struct JobTemplate {
    /// As the API prints it: `metadata` and `spec`.
    pub value: Value,
    /// `metadata.labels`
    pub labels: Labels,
    /// `metadata.annotations`
    pub annotations: Labels,
}

/// `status` of a CronJob.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CronJobStatus {
    /// Jobs that it has begun and not seen end.
    pub active: Vec<ActiveJob>,
    /// For which instant it last made one.
    pub last_schedule_time: Option<Time>,
    /// When one was last complete.
    pub last_successful_time: Option<Time>,
}

/// A reference to a Job of the CronJob's namespace.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ActiveJob {
    /// Its name.
    pub name: Sym,
    /// Its uid.
    pub uid: Uid,
}
