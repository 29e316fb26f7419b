//! HorizontalPodAutoscalers as a run keeps them, and what their controller remembers of each.

use serde_json::Value;

use super::held::{Stored, with_meta};
use super::workloads::AutoscalerId;
use crate::api::autoscaling::{AutoscalerStatus, HorizontalPodAutoscaler};
use crate::api::wire_autoscaling as wire;
use crate::api::workload::WorkloadCondition;
use crate::record::Figures;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::horizontal::pace::Memory;
use crate::rules::controllers::horizontal::{Look, Scale};
use crate::rules::scheduler::placement::selector::Selector;

impl Stored for HorizontalPodAutoscaler {
    type Id = AutoscalerId;
    type Beside = ();
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::HorizontalPodAutoscaler
    }
    fn read(value: &Value) -> HorizontalPodAutoscaler {
        wire::horizontal_pod_autoscaler(value)
    }
    fn print(&self) -> Value {
        wire::horizontal_pod_autoscaler_value(self)
    }
    fn respecify(&mut self, new: HorizontalPodAutoscaler) {
        self.spec = new.spec;
    }
    /// Its strategy counts nothing (pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go).
    fn is_new(&self, _: &HorizontalPodAutoscaler) -> bool {
        false
    }
    fn beside(&self) {}
    fn figures(&self, (): &()) -> Option<Figures> {
        Some(Figures::of_autoscaler(self))
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        &self.status.conditions
    }
}

/// What the controller remembers of an autoscaler.
#[derive(Clone, Debug, Default)]
pub struct AutoscalerMemory {
    /// What it has recommended, and done.
    pub paced: Memory,
    /// The pods of its target, as far as it has looked at them.
    pub selector: Option<Selector>,
}

/// A look at an autoscaler, and what is written after it.
#[derive(Clone, Debug)]
pub struct AutoscalerScript {
    /// Which one.
    pub id: AutoscalerId,
    /// Its version when the look began.
    pub version: u64,
    /// How far it is.
    pub stage: AutoscalerStage,
    /// What it comes to, once that is known.
    pub look: Option<Look>,
    /// How many of the events of the look are told.
    pub told: usize,
}

/// How far a look at an autoscaler is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AutoscalerStage {
    /// It asks for the scale of the target.
    Scale,
    /// It asks for so many more metrics.
    Metrics(Scale, usize),
    /// It changes the scale.
    Rescale,
    /// It writes its status.
    Status,
}

/// What the controller of autoscalers asks for.
#[derive(Clone, Debug)]
pub enum AutoscalerRequest {
    /// PUT of the target's scale.
    Rescale(i32),
    /// PUT of its own status, where it is still of this version.
    Status(Box<AutoscalerStatus>, u64),
}
