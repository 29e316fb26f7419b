//! `apps/v1` DaemonSet: a pod on each node that suits it (staging/src/k8s.io/api/apps/v1/types.go).

use std::sync::Arc;

use super::meta::{IntOrPercent, Meta};
use super::spec::LabelSelector;
use super::workload::PodTemplateSpec;

/// `apps/v1` DaemonSet.
#[derive(Clone, PartialEq, Debug)]
pub struct DaemonSet {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: DaemonSetSpec,
    /// What its controller has seen.
    pub status: DaemonSetStatus,
}

/// `spec` of a DaemonSet.
#[derive(Clone, PartialEq, Debug)]
pub struct DaemonSetSpec {
    /// Which pods are its own; never changes.
    pub selector: Arc<LabelSelector>,
    /// What its pods are made of.
    pub template: Arc<PodTemplateSpec>,
    /// How old pods give way to new ones.
    pub strategy: DaemonSetStrategy,
    /// How long a pod has to be ready until it counts as available.
    pub min_ready_seconds: i32,
    /// How many old revisions are kept.
    pub revision_history_limit: Option<i32>,
}

/// `spec.updateStrategy` of a DaemonSet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DaemonSetStrategy {
    /// Whoever deletes an old pod gets a new one.
    OnDelete,
    /// Node by node.
    RollingUpdate {
        /// On so many nodes a new pod may run beside the old one.
        max_surge: IntOrPercent,
        /// On so many nodes no pod may be available.
        max_unavailable: IntOrPercent,
    },
}

/// `status` of a DaemonSet: of nodes, not of pods.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DaemonSetStatus {
    /// Those that shall have a pod and have one.
    pub current_number_scheduled: i32,
    /// Those that shall not have a pod and have one.
    pub number_misscheduled: i32,
    /// Those that shall have a pod.
    pub desired_number_scheduled: i32,
    /// Those whose pod is Ready.
    pub number_ready: i32,
    /// The newest generation that its controller has looked at.
    pub observed_generation: i64,
    /// Those with a pod of the newest template.
    pub updated_number_scheduled: i32,
    /// Those whose pod has been Ready for long enough.
    pub number_available: i32,
    /// How many are missing of those that shall have one.
    pub number_unavailable: i32,
    /// How often a name made of a hash was taken.
    pub collision_count: Option<i32>,
}
