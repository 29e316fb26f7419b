//! An empty world.

use std::sync::Arc;

use super::World;
use super::images::ImageNames;
use crate::api::PodStatus;
use crate::engine::{Digest, Queue};
use crate::scenario::plan::{Plan, PodTemplate};

/// How a pod of a template stands when it is created.
fn newborn(template: &PodTemplate) -> Arc<PodStatus> {
    Arc::new(PodStatus { qos_class: template.qos_class, ..PodStatus::default() })
}

pub fn empty(plan: &Arc<Plan>, seed: u64) -> World {
    World {
        plan: Arc::clone(plan),
        gates: plan.gates,
        seed,
        now: plan.start,
        step: 0,
        queue: Queue::new(),
        pods: Vec::new(),
        nodes: Vec::new(),
        images: ImageNames::of(plan),
        field_paths: Default::default(),
        objects: Vec::new(),
        scheduler: super::scheduling::Scheduling::new(plan.gates, plan.templates.len()),
        volumes: super::volumes::Volumes::of(plan),
        pod_gc: super::pod_gc::PodGc::new(plan.start),
        node_passes: Default::default(),
        outbox: Vec::new(),
        directory: Default::default(),
        records: Vec::new(),
        digest: Digest::new(),
        event_objects: 0,
        answers: Vec::new(),
        touched: None,
        left: Vec::new(),
        nothing: Arc::default(),
        newborn: plan.templates.iter().map(newborn).collect(),
        no_runtime: Arc::default(),
    }
}
