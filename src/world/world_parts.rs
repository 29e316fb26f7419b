//! An empty world, and what it takes over from one that is over.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::images::ImageNames;
use super::learned::Learned;
use super::worker::SpareRuns;
use super::{SimEvent, Store, World};
use crate::api::{HeldStatus, Phase, PodStatus, Sym};
use crate::engine::{Digest, Queue};
use crate::rules::kubelet::container_status::ContainerList;
use crate::rules::scheduler::placement::PodRequest;
use crate::scenario::plan::{Plan, PodTemplate, TemplateIx};

/// The status of a pod that is just created, by template.
fn at_creation(templates: &[Arc<PodTemplate>], learned: &mut Learned) -> Vec<HeldStatus> {
    let all = TemplateIx::all(templates.len()).zip(templates);
    all.map(|(ix, template)| one_at_creation(ix, template, learned)).collect()
}

pub fn one_at_creation(ix: TemplateIx, template: &PodTemplate, learned: &mut Learned) -> HeldStatus {
    learned.hold(ix, PodStatus { qos_class: template.qos_class, ..PodStatus::default() })
}

/// What stands in the place of a status before a pod is created.
fn before_creation(learned: &mut Learned) -> HeldStatus {
    learned.hold_shared(PodStatus { phase: Phase::Other(Sym::EMPTY), ..PodStatus::default() })
}

/// What the runs of one plan have in common whatever their luck, so that none needs to find it again: what follows from the
/// plan alone, and room.
#[derive(Debug)]
pub struct Common {
    learned: Learned,
    images: ImageNames,
    requests: Vec<Option<Arc<PodRequest>>>,
    /// [`World::at_creation`], [`World::before_creation`] and [`World::nothing`].
    at_creation: Vec<HeldStatus>,
    before_creation: HeldStatus,
    nothing: HeldStatus,
    /// [`World::field_paths`], which are the same whoever spells them.
    field_paths: FxHashMap<(ContainerList, Sym), Sym>,
    spare_runs: SpareRuns,
    /// Empty; its lists have the room that they took.
    queue: Queue<SimEvent>,
}

impl Common {
    /// Nothing is known yet.
    pub fn new(plan: &Plan) -> Common {
        let mut learned = Learned::new(plan);
        Common {
            at_creation: at_creation(&plan.templates, &mut learned),
            before_creation: before_creation(&mut learned),
            nothing: HeldStatus::default(),
            field_paths: FxHashMap::default(),
            spare_runs: SpareRuns::default(),
            learned,
            images: ImageNames::of(plan),
            requests: vec![None; plan.templates.len()],
            queue: Queue::new(),
        }
    }

    /// That of a world that is over, of which nothing is played any more. What it knows of templates that came while it ran
    /// is of no use: the next one may have others in their places.
    pub fn of(w: &mut World) -> Common {
        let templates = w.plan.templates.len();
        let mut learned = std::mem::take(&mut w.learned);
        learned.forget_templates_from(templates);
        let mut requests = std::mem::take(&mut w.requests);
        requests.truncate(templates);
        let queue = std::mem::take(&mut w.queue).emptied();
        let mut at_creation = std::mem::take(&mut w.at_creation);
        at_creation.truncate(templates);
        Common {
            learned,
            images: std::mem::take(&mut w.images),
            requests,
            at_creation,
            before_creation: w.before_creation.clone(),
            nothing: w.nothing.clone(),
            field_paths: std::mem::take(&mut w.field_paths),
            spare_runs: std::mem::take(&mut w.spare_runs),
            queue,
        }
    }

    /// What replicas have in common.
    pub fn learned(&self) -> &Learned {
        &self.learned
    }
}

pub fn empty(plan: &Arc<Plan>, seed: u64, common: Common) -> World {
    let Common {
        learned,
        images,
        requests,
        at_creation,
        before_creation,
        nothing,
        field_paths,
        spare_runs,
        queue,
    } = common;
    World {
        plan: Arc::clone(plan),
        gates: plan.gates,
        seed,
        now: plan.start,
        step: 0,
        queue,
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
        namespaces: super::namespaces::Namespaces::default(),
        resource_version: 0,
        event_objects: 0,
        scheduler: super::scheduling::Scheduling::new(plan.gates, plan.start, plan.templates.len()),
        controllers: super::controllers::Controllers::new(plan.start),
        volumes: super::volumes::Volumes::of(plan),
        storage: std::sync::Arc::new(plan.storage.clone()),
        machines: Vec::new(),
        places: Default::default(),
        spare_runs,
        attempts: Default::default(),
        addresses: Default::default(),
        outbox: Vec::new(),
        figures: None,
        asides: None,
        directory: Default::default(),
        records: Default::default(),
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
        images,
        field_paths,
        learned,
        requests,
        nothing,
        before_creation,
        at_creation,
        no_runtime: Arc::default(),
        no_behavior: Arc::default(),
    }
}
