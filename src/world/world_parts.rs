//! An empty world.

use std::collections::VecDeque;
use std::sync::Arc;

use super::images::ImageNames;
use super::learned::Learned;
use super::{Store, World};
use crate::api::{HeldStatus, Phase, PodStatus, Sym};
use crate::engine::{Digest, Queue};
use crate::scenario::plan::{Plan, PodTemplate, TemplateIx};

/// The status of a pod that is just created, by template.
pub fn at_creation(templates: &[Arc<PodTemplate>], learned: &mut Learned) -> Vec<HeldStatus> {
    let all = TemplateIx::all(templates.len()).zip(templates);
    all.map(|(ix, template)| one_at_creation(ix, template, learned)).collect()
}

pub fn one_at_creation(ix: TemplateIx, template: &PodTemplate, learned: &mut Learned) -> HeldStatus {
    learned.hold(ix, PodStatus { qos_class: template.qos_class, ..PodStatus::default() })
}

/// What stands in the place of a status before a pod is created.
pub fn before_creation(learned: &mut Learned) -> HeldStatus {
    learned.hold_shared(PodStatus { phase: Phase::Other(Sym::EMPTY), ..PodStatus::default() })
}

pub fn empty(plan: &Arc<Plan>, seed: u64) -> World {
    let mut learned = Learned::new(plan);
    let at_creation = at_creation(&plan.templates, &mut learned);
    let before_creation = before_creation(&mut learned);
    World {
        plan: Arc::clone(plan),
        gates: plan.gates,
        seed,
        now: plan.start,
        step: 0,
        queue: Queue::new(),
        signals: VecDeque::new(),
        templates: plan.templates.clone(),
        pods: Store::default(),
        names: Default::default(),
        nodes: Store::default(),
        objects: Store::default(),
        places_of_nodes: Default::default(),
        places_of_objects: Default::default(),
        workloads: Default::default(),
        stored: super::stored::StoredObjects::default(),
        resource_version: 0,
        event_objects: 0,
        scheduler: super::scheduling::Scheduling::new(plan.gates, plan.start, plan.templates.len()),
        controllers: super::controllers::Controllers::new(plan.start),
        volumes: super::volumes::Volumes::of(plan),
        storage: std::sync::Arc::new(plan.storage.clone()),
        machines: Vec::new(),
        places: Vec::new(),
        spare_runs: Default::default(),
        attempts: Default::default(),
        addresses: Default::default(),
        outbox: Vec::new(),
        figures: None,
        asides: None,
        directory: Default::default(),
        records: Vec::new(),
        digest: Digest::new(),
        answers: Vec::new(),
        warnings: Vec::new(),
        live: Vec::new(),
        log: Vec::new(),
        printed: Vec::new(),
        waiting: Vec::new(),
        draining: Vec::new(),
        evicting: Default::default(),
        applied: Default::default(),
        touched: None,
        left: Vec::new(),
        images: ImageNames::of(plan),
        field_paths: Default::default(),
        learned,
        requests: vec![None; plan.templates.len()],
        nothing: HeldStatus::default(),
        before_creation,
        at_creation,
        no_runtime: Arc::default(),
        no_behavior: Arc::default(),
    }
}
