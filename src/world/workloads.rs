//! What the API server stores of workloads and Services, and by which numbers a run knows them.
//!
//! Each object is held ([`Held`]) with what stands beside it in a run: its key of luck, its place in the directory, and how it
//! was last told. Whoever is to be told of an object by name, as one of many kinds or as an owner, has its [`ObjectKey`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::endpoints::Slices;
use super::{PodId, Store, Subject};
use crate::api::handle::handle;
use crate::api::service::Service;
use crate::api::workload::{Deployment, ReplicaSet, WorkloadState};
use crate::api::{Meta, OwnerReference, Sym};
use crate::record::{Figures, ObjectRow};
use crate::scenario::plan::TemplateIx;

handle! {
    /// Place of a Deployment among all that a run has had.
    DeploymentId(u32)
}
handle! {
    /// Place of a ReplicaSet or ReplicationController among all that a run has had.
    ReplicaSetId(u32)
}
handle! {
    /// Place of a Service among all that a run has had.
    ServiceId(u32)
}

/// An object that controllers work on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObjectKey {
    Pod(PodId),
    Deployment(DeploymentId),
    ReplicaSet(ReplicaSetId),
    Service(ServiceId),
}

impl ObjectKey {
    /// Whom an event about it is about.
    pub fn subject(self) -> Subject {
        match self {
            ObjectKey::Pod(pod) => Subject::Pod(pod),
            ObjectKey::Deployment(_) | ObjectKey::ReplicaSet(_) | ObjectKey::Service(_) => Subject::Cluster,
        }
    }
}

/// An object of the API, and what a run knows of it beside.
#[derive(Clone, Debug)]
pub struct Held<T> {
    /// As clients see it.
    pub object: T,
    /// It is in the API.
    pub exists: bool,
    /// Key of its luck, and of all that it makes ([`crate::engine::random::made_by`]).
    pub entity: u64,
    /// Its place in the directory.
    pub row: ObjectRow,
    /// How many objects it has made.
    pub made: u64,
    /// What it was doing, and how many were ready of how many, as last told.
    pub told: Option<(WorkloadState, i32, Option<i32>)>,
    /// How it stood in numbers, as last told.
    pub figures: Option<Figures>,
}

/// An object with metadata.
pub trait Object {
    /// `metadata`, to be changed.
    fn meta_mut(&mut self) -> &mut Meta;
}

macro_rules! object {
    ($($kind:ty),+) => {
        $(impl Object for $kind {
            fn meta_mut(&mut self) -> &mut Meta {
                &mut self.meta
            }
        })+
    };
}
object!(Deployment, ReplicaSet, Service);

/// A ReplicaSet in the API.
#[derive(Clone, Debug)]
pub struct Replicas {
    /// The object.
    pub held: Held<ReplicaSet>,
    /// What its pods are made of; None until the first one is.
    pub template: Option<TemplateIx>,
    /// How its pods name it as their owner.
    pub as_owner: Arc<Vec<OwnerReference>>,
}

/// A Service in the API.
#[derive(Clone, Debug)]
pub struct Served {
    /// The object.
    pub held: Held<Service>,
    /// Its slices, which its controller keeps; None: there are none yet.
    pub slices: Option<Slices>,
}

/// What the API server stores of workloads and Services.
#[derive(Clone, Debug, Default)]
pub struct Workloads {
    /// By [`DeploymentId`]; those that are gone keep their place.
    pub deployments: Store<Held<Deployment>>,
    /// By [`ReplicaSetId`].
    pub replica_sets: Store<Replicas>,
    /// By [`ServiceId`].
    pub services: Store<Served>,
    /// Objects that are there, by kind (`deployment`), namespace and name.
    pub by_name: FxHashMap<(Sym, Sym, Sym), ObjectKey>,
    /// Workloads that are there or were, by uid.
    pub by_uid: FxHashMap<String, ObjectKey>,
    /// Objects that nobody controls, and that somebody might.
    pub orphans: BTreeSet<ObjectKey>,
    /// Services by namespace and one of the labels that they select by, or have selected by; those that take every pod of
    /// their namespace stand under no label.
    services_by_label: FxHashMap<(Sym, Sym, Sym), Vec<ServiceId>>,
    /// By owner: what names it among its owners, those that are gone included, in the order of their creation.
    pub dependents: FxHashMap<ObjectKey, Vec<ObjectKey>>,
}

impl Workloads {
    /// Whether there has ever been anything here.
    pub fn is_empty(&self) -> bool {
        self.deployments.is_empty() && self.replica_sets.is_empty() && self.services.is_empty()
    }
    /// The object of a kind and a name.
    pub fn find(&self, kind: Sym, namespace: Sym, name: Sym) -> Option<ObjectKey> {
        self.by_name.get(&(kind, namespace, name)).copied()
    }
    /// A Service is found by what it selects from now on.
    pub fn index_service(&mut self, id: ServiceId) {
        let service = &self.services[id.ix()].held.object;
        let Some(selector) = &service.selector else { return };
        let namespace = service.meta.namespace;
        let none = (namespace, Sym::EMPTY, Sym::EMPTY);
        let labels = selector.iter().map(|(key, value)| (namespace, Sym::new(key), Sym::new(value)));
        // Under the label that tells it best from others.
        let many = |label: &(Sym, Sym, Sym)| self.services_by_label.get(label).map_or(0, Vec::len);
        let label = labels.min_by_key(many).unwrap_or(none);
        let services = self.services_by_label.entry(label).or_default();
        if !services.contains(&id) {
            services.push(id);
        }
    }
    /// The Services that may select a pod with these labels, in the order of their numbers.
    pub fn services_for(&self, namespace: Sym, labels: &BTreeMap<String, String>) -> Vec<ServiceId> {
        if self.services_by_label.is_empty() {
            return Vec::new();
        }
        let own = labels.iter().map(|(key, value)| (namespace, Sym::new(key), Sym::new(value)));
        let all = own.chain([(namespace, Sym::EMPTY, Sym::EMPTY)]);
        let found = all.filter_map(|label| self.services_by_label.get(&label));
        let mut services: Vec<ServiceId> = found.flatten().copied().collect();
        services.sort_unstable();
        services.dedup();
        services
    }
    /// The metadata of an object that is no pod.
    pub fn meta(&self, key: ObjectKey) -> Option<&Meta> {
        match key {
            ObjectKey::Pod(_) => None,
            ObjectKey::Deployment(id) => Some(&self.deployments[id.ix()].object.meta),
            ObjectKey::ReplicaSet(id) => Some(&self.replica_sets[id.ix()].held.object.meta),
            ObjectKey::Service(id) => Some(&self.services[id.ix()].held.object.meta),
        }
    }
    /// Whether an object that is no pod is in the API, or was.
    pub fn has_been(&self, key: ObjectKey) -> bool {
        match key {
            ObjectKey::Pod(_) => false,
            ObjectKey::Deployment(id) => id.ix() < self.deployments.len(),
            ObjectKey::ReplicaSet(id) => id.ix() < self.replica_sets.len(),
            ObjectKey::Service(id) => id.ix() < self.services.len(),
        }
    }
    /// Whether an object that is no pod is in the API.
    pub fn exists(&self, key: ObjectKey) -> bool {
        match key {
            ObjectKey::Pod(_) => false,
            ObjectKey::Deployment(id) => self.deployments[id.ix()].exists,
            ObjectKey::ReplicaSet(id) => self.replica_sets[id.ix()].held.exists,
            ObjectKey::Service(id) => self.services[id.ix()].held.exists,
        }
    }
    /// The place of an object that is no pod in the directory.
    pub fn row(&self, key: ObjectKey) -> Option<ObjectRow> {
        match key {
            ObjectKey::Pod(_) => None,
            ObjectKey::Deployment(id) => Some(self.deployments[id.ix()].row),
            ObjectKey::ReplicaSet(id) => Some(self.replica_sets[id.ix()].held.row),
            ObjectKey::Service(id) => Some(self.services[id.ix()].held.row),
        }
    }
    /// Key of an object's luck, where it is no pod.
    pub fn entity(&self, key: ObjectKey) -> u64 {
        match key {
            ObjectKey::Pod(_) => 0,
            ObjectKey::Deployment(id) => self.deployments[id.ix()].entity,
            ObjectKey::ReplicaSet(id) => self.replica_sets[id.ix()].held.entity,
            ObjectKey::Service(id) => self.services[id.ix()].held.entity,
        }
    }
    /// The controller of an object that is no pod, if it is known.
    pub fn controller(&self, key: ObjectKey) -> Option<ObjectKey> {
        let owner = self.meta(key)?.controller()?;
        self.by_uid.get(&owner.uid).copied()
    }
    /// The ReplicaSets that a Deployment controls, in the order of their creation; those that are gone are not among them.
    pub fn sets_of(&self, deployment: ObjectKey) -> Vec<ReplicaSetId> {
        let all = self.dependents.get(&deployment).into_iter().flatten();
        let sets = all.filter(|key| self.exists(**key) && self.controller(**key) == Some(deployment));
        sets.filter_map(|key| match key {
            ObjectKey::ReplicaSet(set) => Some(*set),
            _ => None,
        })
        .collect()
    }
    /// The controller above all others of an object.
    pub fn topmost(&self, key: ObjectKey) -> ObjectKey {
        let mut top = key;
        // An owner has no owner of its own more often than a handful of times.
        for _ in 0..4 {
            match self.controller(top) {
                Some(owner) => top = owner,
                None => break,
            }
        }
        top
    }
}
