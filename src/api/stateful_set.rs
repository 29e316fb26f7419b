//! StatefulSets as the API has them (staging/src/k8s.io/api/apps/v1/types.go).

use std::sync::Arc;

use serde_json::Value;

use super::Sym;
use super::meta::{IntOrPercent, Meta};
use super::spec::LabelSelector;
use super::workload::{PodTemplateSpec, WorkloadCondition};

/// `apps/v1` StatefulSet.
#[derive(Clone, PartialEq, Debug)]
pub struct StatefulSet {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: StatefulSetSpec,
    /// What its controller has seen.
    pub status: StatefulSetStatus,
}

/// `spec` of a StatefulSet.
#[derive(Clone, PartialEq, Debug)]
pub struct StatefulSetSpec {
    /// How many pods there shall be.
    pub replicas: i32,
    /// Which pods are its own; never changes.
    pub selector: Arc<LabelSelector>,
    /// What its pods are made of.
    pub template: Arc<PodTemplateSpec>,
    /// What claims each pod gets; never changes.
    pub claims: Arc<Vec<ClaimTemplate>>,
    /// The Service by which its pods have names of their own; never changes.
    pub service_name: Sym,
    /// Whether pods wait for one another; never changes.
    pub pod_management: PodManagement,
    /// How old pods give way to new ones.
    pub update_strategy: UpdateStrategy,
    /// How many old revisions are kept; fewer than none: all.
    pub revision_history_limit: Option<i32>,
    /// How long a pod has to be ready until it counts as available.
    pub min_ready_seconds: i32,
    /// What becomes of claims whose pods go.
    pub retention: ClaimRetention,
    /// `ordinals.start`: the number of the first pod; None: nothing is said of ordinals.
    pub start: Option<i32>,
}

impl StatefulSetSpec {
    /// The number of the first pod.
    pub fn first_ordinal(&self) -> i32 {
        self.start.unwrap_or_default()
    }
}

/// One of `spec.volumeClaimTemplates`.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimTemplate {
    /// Its name, and that of the volume in the pods.
    pub name: Sym,
    /// As the API prints it.
    pub value: Value,
}

/// `spec.podManagementPolicy`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PodManagement {
    /// Pods are made in order, and go in the opposite one, each when the one before is done.
    #[default]
    OrderedReady,
    /// All at once.
    Parallel,
}

/// `spec.updateStrategy`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpdateStrategy {
    /// Pods are made anew when somebody deletes them.
    OnDelete,
    /// One after the other, from the highest number down.
    RollingUpdate(Option<Rolling>),
}

/// `spec.updateStrategy.rollingUpdate`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rolling {
    /// So many pods keep what they are made of.
    pub partition: i32,
    /// So many may be unavailable at a time; kept where the version has the gate on.
    pub max_unavailable: Option<IntOrPercent>,
}

/// `spec.persistentVolumeClaimRetentionPolicy`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClaimRetention {
    /// When the set is deleted.
    pub when_deleted: Retention,
    /// When it has fewer replicas.
    pub when_scaled: Retention,
}

/// What becomes of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Retention {
    /// It stays.
    #[default]
    Retain,
    /// It goes.
    Delete,
}

/// `status` of a StatefulSet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StatefulSetStatus {
    /// The newest generation that its controller has looked at.
    pub observed_generation: i64,
    /// Its pods, those being deleted included.
    pub replicas: i32,
    /// Those that run and are Ready.
    pub ready_replicas: i32,
    /// Those of the current revision.
    pub current_replicas: i32,
    /// Those of the newest one.
    pub updated_replicas: i32,
    /// The ready ones that have been so for long enough.
    pub available_replicas: i32,
    /// The revision that all pods had at the end of the last update.
    pub current_revision: Sym,
    /// The newest revision.
    pub update_revision: Sym,
    /// How often a name made of a hash was taken.
    pub collision_count: Option<i32>,
    /// Nothing writes any; what is there stays.
    pub conditions: Vec<WorkloadCondition>,
}
