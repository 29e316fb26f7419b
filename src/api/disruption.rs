//! PodDisruptionBudgets (staging/src/k8s.io/api/policy/v1/types.go).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::meta::{IntOrPercent, Meta};
use super::spec::LabelSelector;
use super::workload::WorkloadCondition;
use crate::time::Time;

/// `policy/v1` PodDisruptionBudget: how many of its pods may be disturbed at a time.
#[derive(Clone, PartialEq, Debug)]
pub struct PodDisruptionBudget {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: PodDisruptionBudgetSpec,
    /// What its controller has seen, and what the eviction subresource has let go since.
    pub status: PodDisruptionBudgetStatus,
}

/// `spec` of a PodDisruptionBudget.
#[derive(Clone, PartialEq, Debug)]
pub struct PodDisruptionBudgetSpec {
    /// So many pods are to stay.
    pub min_available: Option<IntOrPercent>,
    /// So many pods may be missing; where it is said, `min_available` is not.
    pub max_unavailable: Option<IntOrPercent>,
    /// Which pods; None: no pod at all.
    pub selector: Option<Arc<LabelSelector>>,
    /// What becomes of pods that run and are not ready.
    pub unhealthy: UnhealthyPodEviction,
}

/// `spec.unhealthyPodEvictionPolicy`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnhealthyPodEviction {
    /// Nothing is said: as `IfHealthyBudget`.
    #[default]
    Unset,
    /// They may go while the budget has as many healthy ones as it wants.
    IfHealthyBudget,
    /// They may always go.
    AlwaysAllow,
}

/// `status` of a PodDisruptionBudget.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PodDisruptionBudgetStatus {
    /// The newest generation that its controller has looked at.
    pub observed_generation: i64,
    /// Pods that were let go and of whose deletion its controller has not yet heard, each with the instant.
    pub disrupted_pods: BTreeMap<String, Time>,
    /// How many more may go now.
    pub disruptions_allowed: i32,
    /// Pods that are Ready and stay.
    pub current_healthy: i32,
    /// How many of those there must be.
    pub desired_healthy: i32,
    /// How many pods there shall be.
    pub expected_pods: i32,
    /// `DisruptionAllowed`, alone.
    pub conditions: Vec<WorkloadCondition>,
    /// The generation that its condition speaks of.
    pub condition_generation: i64,
}
