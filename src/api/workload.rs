//! Workloads as the API has them: what makes and keeps pods (staging/src/k8s.io/api/apps/v1/types.go, core/v1/types.go).

use std::sync::Arc;

use serde_json::Value;

use super::meta::{IntOrPercent, Labels, Meta};
use super::spec::LabelSelector;
use super::{PodSpec, Sym, Tri};
use crate::time::Time;

/// What a workload is doing, as a timeline tells it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WorkloadState {
    /// It is not yet what is wanted.
    Progressing,
    /// It is: what `kubectl rollout status` calls so.
    Complete,
    /// It has given up, or waited for too long.
    Failed,
    /// It waits until somebody lets it go on.
    Paused,
    /// The same of Jobs and CronJobs.
    Suspended,
}

impl WorkloadState {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            WorkloadState::Progressing => "Progressing",
            WorkloadState::Complete => "Complete",
            WorkloadState::Failed => "Failed",
            WorkloadState::Paused => "Paused",
            WorkloadState::Suspended => "Suspended",
        }
    }
}

/// `v1.PodTemplateSpec`, defaulted. (`Eq`: two handles of one and the same are compared as such.)
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodTemplateSpec {
    /// As the API prints it: `metadata` and `spec`. Two templates are the same where this is.
    pub value: Value,
    /// `metadata.labels`
    pub labels: Labels,
    /// `metadata.annotations`
    pub annotations: Labels,
    /// `metadata.finalizers`
    pub finalizers: Arc<Vec<Sym>>,
    /// `spec`
    pub spec: Arc<PodSpec>,
}

/// A condition of a workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkloadCondition {
    /// `Available`
    pub kind: Sym,
    /// True, False or Unknown.
    pub status: Tri,
    /// In one word.
    pub reason: Sym,
    /// In a sentence.
    pub message: Sym,
    /// Deployments alone: of the last thing that was told of it, whole seconds.
    pub last_update: Option<Time>,
    /// When it came to its status, whole seconds.
    pub last_transition: Option<Time>,
}

/// `apps/v1` Deployment.
#[derive(Clone, PartialEq, Debug)]
pub struct Deployment {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: DeploymentSpec,
    /// What its controller has seen.
    pub status: DeploymentStatus,
}

/// `spec` of a Deployment.
#[derive(Clone, PartialEq, Debug)]
pub struct DeploymentSpec {
    /// How many pods there shall be.
    pub replicas: i32,
    /// Which pods are its own; never changes.
    pub selector: Arc<LabelSelector>,
    /// What its pods are made of.
    pub template: Arc<PodTemplateSpec>,
    /// How old pods give way to new ones.
    pub strategy: DeploymentStrategy,
    /// How long a pod has to be ready until it counts as available.
    pub min_ready_seconds: i32,
    /// How many old ReplicaSets are kept.
    pub revision_history_limit: Option<i32>,
    /// How long a rollout may stand still; `i32::MAX` or None: for ever.
    pub progress_deadline_seconds: Option<i32>,
    /// Changes of the template wait.
    pub paused: bool,
}

/// `spec.strategy` of a Deployment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeploymentStrategy {
    /// All old pods end before the first new one is made.
    Recreate,
    /// Step by step.
    RollingUpdate {
        /// So many more than wanted.
        max_surge: IntOrPercent,
        /// So many fewer than wanted.
        max_unavailable: IntOrPercent,
    },
}

/// `status` of a Deployment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DeploymentStatus {
    /// The newest generation that its controller has looked at.
    pub observed_generation: i64,
    /// Pods of all its ReplicaSets.
    pub replicas: i32,
    /// Pods of the newest template.
    pub updated_replicas: i32,
    /// Those of `replicas` that are Ready.
    pub ready_replicas: i32,
    /// Those that have been so for long enough.
    pub available_replicas: i32,
    /// How many are missing.
    pub unavailable_replicas: i32,
    /// Pods that are being deleted; None: nobody counts them.
    pub terminating_replicas: Option<i32>,
    /// How often a name made of a hash was taken.
    pub collision_count: Option<i32>,
    /// In the order of their changes.
    pub conditions: Vec<WorkloadCondition>,
}

/// `apps/v1` ReplicaSet, or `v1` ReplicationController, which the same controller keeps.
#[derive(Clone, PartialEq, Debug)]
pub struct ReplicaSet {
    /// `metadata`
    pub meta: Meta,
    /// It is a ReplicationController.
    pub is_replication_controller: bool,
    /// What is wanted.
    pub spec: ReplicaSetSpec,
    /// What its controller has seen.
    pub status: ReplicaSetStatus,
}

/// `spec` of a ReplicaSet.
#[derive(Clone, PartialEq, Debug)]
pub struct ReplicaSetSpec {
    /// How many pods there shall be.
    pub replicas: i32,
    /// How long a pod has to be ready until it counts as available.
    pub min_ready_seconds: i32,
    /// Which pods are its own.
    pub selector: Arc<LabelSelector>,
    /// What its pods are made of.
    pub template: Arc<PodTemplateSpec>,
}

/// `status` of a ReplicaSet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReplicaSetStatus {
    /// Its pods that are neither over nor being deleted.
    pub replicas: i32,
    /// Those with all labels of the template.
    pub fully_labeled_replicas: i32,
    /// Those that are Ready.
    pub ready_replicas: i32,
    /// Those that have been so for long enough.
    pub available_replicas: i32,
    /// Its pods that are being deleted; None: nobody counts them.
    pub terminating_replicas: Option<i32>,
    /// The newest generation that its controller has looked at.
    pub observed_generation: i64,
    /// ReplicaFailure, where pods could not be made or deleted.
    pub conditions: Vec<WorkloadCondition>,
}
