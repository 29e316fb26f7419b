//! HorizontalPodAutoscalers (staging/src/k8s.io/api/autoscaling/v2/types.go). Amounts stay as they are spelled.

use std::sync::Arc;

use serde_json::Value;

use super::Sym;
use super::meta::Meta;
use super::workload::WorkloadCondition;
use crate::time::Time;

/// `autoscaling/v2` HorizontalPodAutoscaler: how many pods a workload shall have, by what its pods use.
#[derive(Clone, PartialEq, Debug)]
pub struct HorizontalPodAutoscaler {
    /// `metadata`
    pub meta: Meta,
    /// What is wanted.
    pub spec: Arc<AutoscalerSpec>,
    /// What its controller has seen and done.
    pub status: AutoscalerStatus,
}

/// `spec` of a HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, Debug)]
pub struct AutoscalerSpec {
    /// As the API prints it.
    pub value: Value,
    /// What it scales.
    pub target: Reference,
    /// `minReplicas`
    pub min: i32,
    /// `maxReplicas`
    pub max: i32,
    /// What it looks at.
    pub metrics: Vec<Metric>,
    /// How fast it goes up and down; None: as the flags of its controller say.
    pub behavior: Option<Behavior>,
}

/// `CrossVersionObjectReference`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reference {
    /// `apps/v1`; empty where nothing is said.
    pub version: Sym,
    /// `Deployment`
    pub kind: Sym,
    /// Its name.
    pub name: Sym,
}

/// `MetricSpec`
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// What is measured.
    pub source: Source,
    /// `target.type`
    pub kind: TargetKind,
    /// `target.averageUtilization`: a share of the request, in percent.
    pub utilization: Option<i32>,
    /// `target.averageValue`: so much for each pod.
    pub average: Option<Sym>,
    /// `target.value`: so much in all.
    pub value: Option<Sym>,
}

/// `target.type` of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetKind {
    /// In percent of the request.
    Utilization,
    /// In all.
    Value,
    /// For each pod.
    AverageValue,
}

/// What a metric is of.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// What pods use of a resource, or one container of each.
    Resource {
        /// `cpu`, `memory`
        name: Sym,
        /// None: all of a pod's containers together.
        container: Option<Sym>,
    },
    /// What pods say of themselves.
    Pods(MetricName),
    /// What another object says of itself.
    Object {
        /// Which object.
        of: Reference,
        /// What it says.
        metric: MetricName,
    },
    /// What something outside of the cluster says.
    External(MetricName),
}

/// `MetricIdentifier`
#[derive(Clone, PartialEq, Debug)]
pub struct MetricName {
    /// Its name.
    pub name: Sym,
    /// `name` and `selector` as the API prints them.
    pub value: Value,
}

/// `HorizontalPodAutoscalerBehavior`, defaulted.
#[derive(Clone, PartialEq, Debug)]
pub struct Behavior {
    /// How it adds pods.
    pub up: Rules,
    /// How it takes them away.
    pub down: Rules,
}

/// `HPAScalingRules`
#[derive(Clone, PartialEq, Debug)]
pub struct Rules {
    /// Of how many seconds the recommendations count; None: what the flag of the controller says.
    pub window_seconds: Option<i32>,
    /// Which of the policies is the one.
    pub select: Select,
    /// How much within which time.
    pub policies: Vec<Policy>,
    /// How far from its target a metric may be; None: what the flag of the controller says.
    pub tolerance: Option<Sym>,
}

/// `selectPolicy`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Select {
    /// The one that changes most.
    Max,
    /// The one that changes least.
    Min,
    /// Nothing changes in this direction.
    Disabled,
}

/// `HPAScalingPolicy`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The value is a share of the pods; else it is a number of pods.
    pub is_percent: bool,
    /// How much.
    pub value: i32,
    /// Within so many seconds.
    pub period_seconds: i32,
}

/// `status` of a HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AutoscalerStatus {
    /// When it last changed the number of pods, whole seconds.
    pub last_scale: Option<Time>,
    /// How many pods its target wanted when it looked.
    pub current: i32,
    /// How many it wanted then.
    pub desired: i32,
    /// What it measured, by metric, as the API prints it.
    pub metrics: Vec<Value>,
    /// `AbleToScale`, `ScalingActive`, `ScalingLimited`, in the order in which they were first told.
    pub conditions: Vec<WorkloadCondition>,
}
