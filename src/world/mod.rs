//! The state of a run, by owner, with the queue, the dice and what is told. No decisions; `Clone`.
//!
//! One world, events as data, actors as modules of functions. A clone of a world continues exactly as the original
//! would: that is what checkpoints and stepping back are made of.
//!
//! | who | holds | where |
//! | --- | --- | --- |
//! | the API server | objects ([`Pod`], [`Node`], [`ApiObject`]), which it alone writes ([`Store`]) | [`World::pods`], … |
//! | the scheduler | its cache and its queue | [`scheduling`] |
//! | the controllers | each its own | [`controllers`], [`volumes`] |
//! | a machine | its hardware, its disk, what its container runtime has | [`Machine`], [`Runtime`] |
//! | a kubelet | what its process remembers, dropped with it ([`World::drop_kubelet`]) | [`Kubelet`], [`worker`] |

pub(crate) mod addresses;
pub(crate) mod autoscalers;
pub(crate) mod budgets;
pub(crate) mod by_label;
pub(crate) mod controllers;
pub(crate) mod cron_jobs;
pub(crate) mod daemons;
pub(crate) mod endpoints;
pub mod event;
pub(crate) mod expectations;
pub(crate) mod held;
pub(crate) mod images;
pub(crate) mod jobs;
pub(crate) mod kubelet;
pub mod learned;
pub(crate) mod local;
pub(crate) mod log;
pub(crate) mod luck;
pub(crate) mod machine;
pub(crate) mod manager;
pub(crate) mod members;
pub(crate) mod names;
pub mod namespaces;
pub(crate) mod node;
pub(crate) mod pieced;
pub(crate) mod pod;
pub(crate) mod pod_gc;
pub(crate) mod records;
pub(crate) mod rest;
pub(crate) mod runtime;
pub(crate) mod scheduling;
pub(crate) mod signal;
pub(crate) mod snug;
pub(crate) mod stateful_sets;
pub(crate) mod store;
pub mod stored;
pub(crate) mod volumes;
pub(crate) mod worker;
pub(crate) mod workloads;
pub(crate) mod world_parts;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use event::SimEvent;
pub(crate) use event::Subject;
pub(crate) use kubelet::Kubelet;
pub use local::Local;
pub(crate) use local::{LocalMut, Place};
pub(crate) use log::Commanded;
pub(crate) use luck::Purpose;
pub(crate) use machine::Machine;
pub(crate) use node::NodeConditionKind;
pub use node::{Node, NodeId};
pub(crate) use pieced::Pieced;
pub(crate) use pod::Deletion;
pub use pod::{Pod, PodId};
pub(crate) use records::Records;
pub(crate) use runtime::Runtime;
pub(crate) use signal::Signal;
pub(crate) use store::Store;
pub use workloads::ObjectKey;
pub(crate) use workloads::{DeploymentId, JobId, ReplicaSetId, ServiceId};

pub use crate::api::ContainerIx;
use crate::api::{HeldStatus, PodIdent, PodSpec, Sym};
use crate::engine::Queue;
use crate::engine::digest::{Digest, Mix};
use crate::record::{
    Aside, Change, Directory, Event, Fact, FiguresRow, ObjectChange, ObjectIdent, ObjectRow, Transition,
    values,
};
use crate::rules::kubelet::container_status::ContainerList;
use crate::rules::scheduler::placement::PodRequest;
use crate::rules::versions::gates::Gates;
use crate::scenario::Action;
use crate::scenario::plan::{Behavior, ClaimPlan, ObjectKind, Plan, PodTemplate, TemplateIx};
use crate::scenario::volumes::Storage;
use crate::time::{Span, Time};

/// An object that pods refer to, as the API server has it now.
#[derive(Clone, Debug)]
pub struct ApiObject {
    /// Of which kind.
    pub kind: ObjectKind,
    /// Empty for kinds that have none.
    pub namespace: Sym,
    /// Its name.
    pub name: Sym,
    /// Whether the API has it.
    pub exists: bool,
    /// Of a claim.
    pub bound: bool,
    /// Of a claim of which more is known: what its volume is like.
    pub claim: Option<Arc<ClaimPlan>>,
    /// Of a ConfigMap or Secret; None: any key.
    pub keys: Option<Vec<String>>,
}

/// By what an object is found: paths of nodes have no namespace.
pub fn object_key(kind: ObjectKind, namespace: Sym, name: Sym) -> (ObjectKind, Sym, Sym) {
    (kind, if kind == ObjectKind::HostPath { Sym::EMPTY } else { namespace }, name)
}

/// The state of a run; a clone of it continues exactly as the original would.
#[derive(Clone)]
pub struct World {
    /// What the run is made from.
    pub plan: Arc<Plan>,
    /// The version's gates and habits, as the plan has them.
    pub gates: Gates,
    /// Of all chance.
    pub seed: u64,
    /// The instant of the step that is being played, or was last.
    pub now: Time,
    /// One queued event is one step.
    pub step: u64,
    /// What is to happen.
    pub queue: Queue<SimEvent>,
    /// What is to be taken up in this step; empty between steps.
    pub signals: VecDeque<Signal>,
    /// What pods are made of: those of the scenario, then those that came while it ran.
    pub templates: Vec<Arc<PodTemplate>>,

    // The API server's.
    /// By [`PodId`]; those that are gone keep their place.
    pub pods: Store<Pod>,
    /// Those that are there, by name.
    pub names: names::Names,
    /// By [`NodeId`]; those that are gone keep their place.
    pub nodes: Store<Node>,
    /// Their places by name; no node comes that the plan does not know.
    pub places_of_nodes: Arc<rustc_hash::FxHashMap<Sym, NodeId>>,
    /// By index into `plan.objects`, then those that only an action has named.
    pub objects: Store<ApiObject>,
    /// Where each of them stands.
    pub places_of_objects: rustc_hash::FxHashMap<(ObjectKind, Sym, Sym), usize>,
    /// Deployments, ReplicaSets, Services.
    pub workloads: workloads::Workloads,
    /// What clients have written that nobody plays.
    pub stored: stored::StoredObjects,
    /// Those that are being deleted, or gone.
    pub namespaces: namespaces::Namespaces,
    /// Of the newest write.
    pub resource_version: u64,
    /// How many event objects were made.
    pub event_objects: u32,

    // The control plane's, each component its own.
    /// kube-scheduler's cache and queue.
    pub scheduler: scheduling::Scheduling,
    /// What the controllers remember.
    pub controllers: controllers::Controllers,
    /// The attach/detach controller's view of volumes.
    pub volumes: volumes::Volumes,
    /// PersistentVolumes and StorageClasses: the plan's, and what clients have made of them.
    pub storage: Arc<Storage>,

    /// The machines with their kubelets, by node.
    pub machines: Vec<Machine>,
    /// What the machines and their kubelets have of the pods that are bound to them, by pod: a pod has one machine in its life.
    pub places: Pieced<Place>,
    /// Runs of workers that are over, whose room is used again.
    pub spare_runs: worker::SpareRuns,
    /// How many starts of containers were begun that are counted together.
    pub attempts: rustc_hash::FxHashMap<runtime::Shared, u32>,
    /// Which addresses of the pod network are in use.
    pub addresses: addresses::Addresses,

    // What is told of the run.
    /// What has been written since the sink last took it.
    pub outbox: Vec<Transition>,
    /// How workloads stood after their writes; kept only while somebody wants to know.
    pub figures: Option<Vec<FiguresRow>>,
    /// What is told beside the rows; kept only while somebody wants to know.
    pub asides: Option<Vec<Aside>>,
    /// The names by which rows are read.
    pub directory: Directory,
    /// By pod: its life in figures, as far as it is known.
    pub records: Records,
    /// Of everything so far.
    pub digest: Digest,
    /// What kubectl would have answered to actions that found nothing or were refused, with the instants.
    pub answers: Vec<String>,
    /// What the API server has warned of.
    pub warnings: Vec<String>,
    /// Actions that were commanded while the run went on: the scenario knows nothing of them.
    pub live: Vec<Arc<Action>>,
    /// All that was commanded so far, with its answers.
    pub log: Vec<Arc<Commanded>>,
    /// What they have printed after their own step, with the instants.
    pub printed: Vec<String>,
    /// Those of them that go on.
    pub waiting: Vec<log::Waiting>,
    /// Drains that go on.
    pub draining: Vec<log::Draining>,
    /// Pods that an eviction has marked and not deleted yet, with the grace that it asked for.
    pub evicting: BTreeMap<PodId, Option<i64>>,
    /// By pod: what it would be made of by the manifest that was applied to it last, once that is not what it was made of.
    pub applied: rustc_hash::FxHashMap<PodId, TemplateIx>,
    /// Pods written in the API since somebody last looked; kept only while somebody wants whole objects.
    pub touched: Option<Vec<PodId>>,
    /// Those of them that were written and left the API in one step: each had a last version that watchers saw.
    pub left: Vec<PodId>,

    // Made once and shared.
    /// Names of images, normalised once.
    pub images: images::ImageNames,
    /// Field paths of events, by list and name of the container: each is spelled out once.
    pub field_paths: rustc_hash::FxHashMap<(ContainerList, Sym), Sym>,
    /// What replicas have in common.
    pub learned: learned::Learned,
    /// What pods ask for by their spec alone, by template, once one of them was looked at: as kubelets count it, and the scheduler where
    /// nobody selects them.
    pub requests: Vec<Option<Arc<PodRequest>>>,
    /// The status of pods that are gone.
    pub nothing: HeldStatus,
    /// In the place of the status of a pod that has not been created yet.
    pub before_creation: HeldStatus,
    /// The status of a pod that is just created, by template.
    pub at_creation: Vec<HeldStatus>,
    /// What the runtime has of a pod that has not begun.
    pub no_runtime: Arc<crate::api::RuntimeStatus>,
    /// How a pod behaves of which nothing is left.
    pub no_behavior: Arc<Behavior>,
}

impl World {
    /// A pod leaves the API; what this step has recorded of it before was a version of its own.
    pub fn leave(&mut self, pod: PodId) {
        if self.touched.is_some() {
            let mut this_step = self.outbox.iter().rev().take_while(|row| row.step == self.step);
            if this_step.any(|row| row.pod == Some(pod.0) && !matches!(row.change, Change::Event(_))) {
                self.left.push(pod);
            }
        }
        self.touch(pod);
    }
    /// Pods may be made of a template from now on; `many`: so many that it pays to learn what they have in common.
    pub fn add_template(&mut self, template: impl Into<Arc<PodTemplate>>, many: bool) -> TemplateIx {
        let template = template.into();
        let ix = TemplateIx::new(self.templates.len());
        self.learned.add_template(many && self.plan.learns_from.is_some());
        self.at_creation.push(world_parts::one_at_creation(ix, &template, &mut self.learned));
        self.scheduler.requests.push(None);
        self.requests.push(None);
        self.templates.push(template);
        ix
    }
    /// A pod's object was written.
    pub fn touch(&mut self, pod: PodId) {
        if let Some(touched) = &mut self.touched {
            touched.push(pod);
        }
    }
    /// Queues an event. Time never goes back: who asks for an instant that may be over by now says what is meant then. Who
    /// does not is at fault, and where nothing is asserted the event comes now.
    pub fn at(&mut self, at: Time, event: SimEvent) {
        debug_assert!(at >= self.now, "{event:?} is to come at {at:?}, and now is {:?}", self.now);
        self.queue.push(at.max(self.now), event);
    }
    /// Queues an event for so much later.
    pub fn after(&mut self, span: Span, event: SimEvent) {
        self.at(self.now + span, event);
    }

    /// A node's kubelet, if its process runs.
    pub fn kubelet(&self, node: NodeId) -> Option<&Kubelet> {
        self.machines[node.ix()].kubelet.as_deref()
    }
    /// A node's kubelet, to be changed.
    pub fn kubelet_mut(&mut self, node: NodeId) -> Option<&mut Kubelet> {
        self.machines[node.ix()].kubelet.as_deref_mut()
    }

    /// Writes a row of the timeline.
    #[inline]
    pub fn record(&mut self, pod: Option<PodId>, node: Option<NodeId>, change: Change) {
        let (time, step) = (self.now, self.step);
        let (pod, node) = (pod.map(|p| p.0), node.map(|n| n.0));
        let mut mix = Mix::new();
        mix.add(values::subject(pod, node));
        change.values(&mut |word| mix.add(word));
        self.digest.fold(mix.word());
        self.outbox.push(Transition { time, pod, node, change, step });
    }
    /// Writes rows about a pod that change together, and of which it is known what they make of the digest.
    pub fn record_together(&mut self, pod: PodId, node: Option<NodeId>, changes: &[Change], mixed: u64) {
        if changes.is_empty() {
            return;
        }
        let (time, step) = (self.now, self.step);
        let (pod, node) = (Some(pod.0), node.map(|n| n.0));
        let mut mix = Mix::new();
        mix.add(values::subject(pod, node));
        mix.add(mixed);
        self.digest.fold(mix.word());
        self.outbox.extend(changes.iter().map(|change| Transition {
            time,
            pod,
            node,
            change: *change,
            step,
        }));
    }
    /// A pod gets its names, by which all rows about it are read; `owner` is its topmost controller.
    pub fn name_pod(&mut self, ident: PodIdent, owner: Option<ObjectRow>) {
        let mut mix = Mix::new();
        values::of_pod(&ident, &mut |word| mix.add(word));
        self.digest.fold(mix.word());
        if let Some(owner) = owner {
            self.digest.fold(u64::from(owner) + 1);
        }
        self.directory.pods.push(ident);
        self.directory.owners.push(owner);
    }
    /// An object that is neither a pod nor a node gets its names, by which all rows about it are read.
    pub fn name_object(&mut self, ident: ObjectIdent) -> ObjectRow {
        let mut mix = Mix::new();
        values::of_object(&ident, &mut |word| mix.add(word));
        self.digest.fold(mix.word());
        self.directory.objects.push(ident);
        ObjectRow::try_from(self.directory.objects.len() - 1).unwrap_or(ObjectRow::MAX)
    }
    /// Writes a row about an object that is neither a pod nor a node.
    pub fn record_object(&mut self, object: ObjectRow, what: ObjectChange) {
        self.record(None, None, Change::Object { object, what });
    }
    /// A workload stands otherwise in numbers now.
    pub fn record_figures(&mut self, row: FiguresRow) {
        let mut mix = Mix::new();
        row.values(&mut |word| mix.add(word));
        self.digest.fold(mix.word());
        if let Some(figures) = &mut self.figures {
            figures.push(row);
        }
    }
    /// From here on what is told beside the rows is kept, beginning with what there is.
    pub fn begin_asides(&mut self) {
        self.asides = Some(Vec::new());
        for node in NodeId::all(self.nodes.len()) {
            let own = &self.nodes[node.ix()];
            if !own.exists || own.spec.unschedulable {
                self.tell_node(node);
            }
        }
        for pod in PodId::all(self.pods.len()) {
            self.tell_inits(pod, &Arc::clone(&self.pods[pod.ix()].spec));
        }
    }
    /// Something is told beside the rows.
    pub fn tell_beside(&mut self, what: impl FnOnce() -> Fact) {
        let time = self.now;
        if let Some(asides) = &mut self.asides {
            asides.push(Aside { time, what: what() });
        }
    }
    /// How a node stands.
    pub fn tell_node(&mut self, node: NodeId) {
        let own = &self.nodes[node.ix()];
        let (exists, unschedulable) = (own.exists, own.spec.unschedulable);
        self.tell_beside(|| Fact::Node { node: node.0, exists, unschedulable });
    }
    /// Which containers of a pod come before its others.
    pub fn tell_inits(&mut self, pod: PodId, spec: &PodSpec) {
        if self.asides.is_none() {
            return;
        }
        for container in &spec.init_containers {
            let (name, is_sidecar) = (container.name, container.is_sidecar());
            self.tell_beside(|| Fact::Init { pod: pod.0, name, is_sidecar });
        }
    }
    /// Records an event about a pod.
    #[inline]
    pub fn record_event(&mut self, pod: PodId, event: Event) {
        if !self.namespaces.takes_event(self.pods[pod.ix()].ident.namespace, event.object) {
            return;
        }
        let node = self.pods[pod.ix()].node;
        self.record(Some(pod), node, Change::Event(event));
    }

    /// Whether an object that a pod refers to exists; one that neither the scenario nor an action names is taken to exist.
    pub fn object_exists(&self, kind: ObjectKind, namespace: Sym, name: &str) -> bool {
        match self.find_object(kind, namespace, name) {
            Some(ix) => self.objects[ix].exists,
            None => true,
        }
    }
    /// The node of a name, even one whose object is gone: its kubelet still takes what names it.
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        if name.is_empty() { None } else { self.places_of_nodes.get(&Sym::new(name)).copied() }
    }
    /// The place of an object among `objects`.
    pub fn find_object(&self, kind: ObjectKind, namespace: Sym, name: &str) -> Option<usize> {
        self.places_of_objects.get(&object_key(kind, namespace, Sym::new(name))).copied()
    }
}

/// The template of a pod, if it still has the template's spec.
pub fn template_of(
    templates: &[Arc<PodTemplate>],
    template: TemplateIx,
    spec: &Arc<PodSpec>,
) -> Option<TemplateIx> {
    let own = &templates.get(template.ix())?.spec;
    Arc::ptr_eq(own, spec).then_some(template)
}
