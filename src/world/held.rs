//! What the API server stores of one kind of object, and what a run knows of each object beside.
//!
//! A kind is described once, by its [`Stored`]: how it is read and printed, what of it counts as something new, what a timeline
//! tells of it. What is the same for all kinds goes by way of [`AnyHeld`], which does not ask which kind it is.

use std::sync::Arc;

use serde_json::Value;

use super::endpoints::Slices;
use super::workloads::{
    ControllerRevisionId, DaemonSetId, DeploymentId, LimitRangeId, ReplicaSetId, ResourceQuotaId, ServiceId,
    Workloads,
};
use crate::api::controller_revision::ControllerRevision;
use crate::api::daemon_set::DaemonSet;
use crate::api::quota::{self, LimitRange, ResourceQuota};
use crate::api::service::Service;
use crate::api::wire_controller_revision::{controller_revision, controller_revision_value};
use crate::api::wire_daemon_set::{daemon_set, daemon_set_value};
use crate::api::wire_workloads as wire;
use crate::api::workload::{Deployment, ReplicaSet, WorkloadCondition, WorkloadState};
use crate::api::{Meta, OwnerReference};
use crate::engine::random;
use crate::record::{Figures, ObjectRow, Ready};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::{ownership, workload_state as state};
use crate::scenario::plan::TemplateIx;

/// What a workload does, and how many of it are ready, as kubectl's column has it.
pub type Told = (WorkloadState, Ready);

/// A kind of object that a run stores.
pub trait Stored: Clone + PartialEq + std::fmt::Debug + 'static {
    /// The handle of one.
    type Id: Copy + Into<usize>;
    /// What a run keeps beside an object.
    type Beside: Clone + std::fmt::Debug;

    /// Which kind it is.
    fn object_type(&self) -> ObjectType;
    /// `metadata`
    fn meta(&self) -> &Meta;
    /// `metadata`, to be changed.
    fn meta_mut(&mut self) -> &mut Meta;
    /// Reads it as the API prints it; `kind` says which it is where one noun stands for two.
    fn read(value: &Value) -> Self;
    /// As the API prints it.
    fn print(&self) -> Value;
    /// Takes over all that a PUT may change but `metadata`.
    fn respecify(&mut self, new: Self);
    /// Whether `metadata.generation` counts what has changed (`PrepareForUpdate` of its strategy).
    fn is_new(&self, before: &Self) -> bool;
    /// What stands beside a new object, which has its uid already.
    fn beside(&self) -> Self::Beside;
    /// What stands beside it follows a change; at its creation there is nothing before.
    fn follow(_held: &mut Held<Self>, _before: Option<&Self>) {}
    /// It is found by what it says from now on; at its creation there is nothing before.
    fn index(_all: &mut Workloads, _id: Self::Id, _before: Option<&Self>) {}
    /// It has left the API, and is found by what it says no more.
    fn unindex(_all: &mut Workloads, _id: Self::Id) {}
    /// It has left the API: what nobody will ask of it any more is let go of. Its metadata stay.
    fn shed(_held: &mut Held<Self>) {}
    /// What a timeline tells of it, where it is a workload.
    fn told(&self) -> Option<Told> {
        None
    }
    /// What `kubectl rollout status` would say of it; whether it is paused does not count.
    fn rollout(&self) -> WorkloadState {
        self.told().map_or(WorkloadState::Progressing, |(state, ..)| state)
    }
    /// How it stands in numbers.
    fn figures(&self, _beside: &Self::Beside) -> Option<Figures> {
        None
    }
    /// Its conditions.
    fn conditions(&self) -> &[WorkloadCondition] {
        &[]
    }
    /// How many pods it wants; 0 where it has none of its own.
    fn wants(&self) -> i32 {
        0
    }
}

/// An object of the API, and what a run knows of it beside.
#[derive(Clone, Debug)]
pub struct Held<T: Stored> {
    /// As clients see it.
    pub object: T,
    /// It is in the API.
    pub exists: bool,
    /// Key of its luck, and of all that it makes ([`random::made_by`]).
    pub entity: u64,
    /// Its place in the directory.
    pub row: ObjectRow,
    /// How many objects it has made.
    pub made: u64,
    /// What it was doing, as last told.
    pub told: Option<Told>,
    /// How it stood in numbers, as last told.
    pub figures: Option<Figures>,
    /// What its kind keeps beside it.
    pub beside: T::Beside,
}

/// An object of any kind.
pub trait AnyHeld {
    /// Which kind it is.
    fn object_type(&self) -> ObjectType;
    /// `metadata`
    fn meta(&self) -> &Meta;
    /// As the API prints it.
    fn print(&self) -> Value;
    /// It is in the API.
    fn exists(&self) -> bool;
    /// Its place in the directory.
    fn row(&self) -> ObjectRow;
    /// Key of its luck.
    fn entity(&self) -> u64;
    /// What it was doing, as last told.
    fn told(&self) -> Option<Told>;
    /// What `kubectl rollout status` would say of it.
    fn rollout(&self) -> WorkloadState;
    /// How it stood in numbers, as last told.
    fn figures(&self) -> Option<Figures>;
    /// Its conditions.
    fn conditions(&self) -> &[WorkloadCondition];
    /// How many pods it wants.
    fn wants(&self) -> i32;
    /// `metadata`, to be changed.
    fn meta_mut(&mut self) -> &mut Meta;
    /// It makes another object: key of that one's luck.
    fn makes(&mut self) -> u64;
}

impl<T: Stored> AnyHeld for Held<T> {
    fn object_type(&self) -> ObjectType {
        self.object.object_type()
    }
    fn meta(&self) -> &Meta {
        self.object.meta()
    }
    fn print(&self) -> Value {
        self.object.print()
    }
    fn exists(&self) -> bool {
        self.exists
    }
    fn row(&self) -> ObjectRow {
        self.row
    }
    fn entity(&self) -> u64 {
        self.entity
    }
    fn told(&self) -> Option<Told> {
        self.told
    }
    fn rollout(&self) -> WorkloadState {
        self.object.rollout()
    }
    fn figures(&self) -> Option<Figures> {
        self.figures
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        self.object.conditions()
    }
    fn wants(&self) -> i32 {
        self.object.wants()
    }
    fn meta_mut(&mut self) -> &mut Meta {
        self.object.meta_mut()
    }
    fn makes(&mut self) -> u64 {
        self.made += 1;
        random::made_by(self.entity, self.made - 1)
    }
}

/// `metadata` of a noun that keeps it in a field of that name.
macro_rules! with_meta {
    () => {
        fn meta(&self) -> &crate::api::Meta {
            &self.meta
        }
        fn meta_mut(&mut self) -> &mut crate::api::Meta {
            &mut self.meta
        }
    };
}
pub(super) use with_meta;

impl Stored for Deployment {
    type Id = DeploymentId;
    type Beside = ();
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::Deployment
    }
    fn read(value: &Value) -> Deployment {
        wire::deployment(value)
    }
    fn print(&self) -> Value {
        wire::deployment_value(self)
    }
    fn respecify(&mut self, new: Deployment) {
        self.spec = new.spec;
    }
    /// With its annotations, too (pkg/registry/apps/deployment/strategy.go).
    fn is_new(&self, before: &Deployment) -> bool {
        self.spec != before.spec || self.meta.annotations != before.meta.annotations
    }
    fn beside(&self) {}
    fn told(&self) -> Option<Told> {
        let ready = Ready::Of(self.status.ready_replicas, self.spec.replicas);
        Some((state::of_deployment(self), ready))
    }
    fn rollout(&self) -> WorkloadState {
        state::rollout_of_deployment(self)
    }
    fn figures(&self, (): &()) -> Option<Figures> {
        Some(Figures::of_deployment(self))
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        &self.status.conditions
    }
    fn wants(&self) -> i32 {
        self.spec.replicas
    }
}

/// What a run keeps beside what makes pods of one template.
#[derive(Clone, Debug)]
pub struct Maker {
    /// What its pods are made of; None until the first one is.
    pub template: Option<TemplateIx>,
    /// How its pods name it as their owner.
    pub as_owner: Arc<Vec<OwnerReference>>,
}

/// How what an object makes names it as its owner.
fn as_owner(own: &impl Stored) -> Arc<Vec<OwnerReference>> {
    let kind = own.object_type();
    Arc::new(vec![ownership::controller_ref(own.meta(), &kind.api_version(), kind.law().name)])
}

impl Stored for ReplicaSet {
    type Id = ReplicaSetId;
    type Beside = Maker;
    with_meta!();

    fn object_type(&self) -> ObjectType {
        match self.is_replication_controller {
            true => ObjectType::ReplicationController,
            false => ObjectType::ReplicaSet,
        }
    }
    fn read(value: &Value) -> ReplicaSet {
        wire::replica_set(value)
    }
    fn print(&self) -> Value {
        wire::replica_set_value(self)
    }
    fn respecify(&mut self, new: ReplicaSet) {
        self.spec = new.spec;
    }
    fn is_new(&self, before: &ReplicaSet) -> bool {
        self.spec != before.spec
    }
    fn beside(&self) -> Maker {
        Maker { template: None, as_owner: as_owner(self) }
    }
    fn follow(held: &mut Held<ReplicaSet>, before: Option<&ReplicaSet>) {
        if before.is_some_and(|before| before.spec.template != held.object.spec.template) {
            held.beside.template = None;
        }
    }
    fn told(&self) -> Option<Told> {
        Some((state::of_replica_set(self), Ready::Number(self.status.ready_replicas)))
    }
    fn figures(&self, _: &Maker) -> Option<Figures> {
        Some(Figures::of_replica_set(self))
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        &self.status.conditions
    }
    fn wants(&self) -> i32 {
        self.spec.replicas
    }
}

impl Stored for Service {
    type Id = ServiceId;
    /// Its slices, which its controller keeps; None: there are none yet.
    type Beside = Option<Slices>;
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::Service
    }
    fn read(value: &Value) -> Service {
        wire::service(value)
    }
    fn print(&self) -> Value {
        wire::service_value(self)
    }
    fn respecify(&mut self, new: Service) {
        let meta = std::mem::replace(self, new);
        self.meta = meta.meta;
    }
    fn is_new(&self, before: &Service) -> bool {
        self.value != before.value
    }
    fn beside(&self) -> Option<Slices> {
        None
    }
    fn index(all: &mut Workloads, id: ServiceId, before: Option<&Service>) {
        if before.is_none_or(|before| before.selector != all.services[id.ix()].object.selector) {
            let own = &all.services[id.ix()].object;
            if let Some(selector) = &own.selector {
                all.services_by_label.put(id, own.meta.namespace, selector);
            }
        }
    }
}

/// What a run keeps beside a set whose templates are kept as ControllerRevisions.
#[derive(Clone, Debug)]
pub struct RevisedMaker {
    /// What its pods are made of; None until the first one of the present template is.
    pub template: Option<TemplateIx>,
    /// How its pods and its revisions name it as their owner.
    pub as_owner: Arc<Vec<OwnerReference>>,
    /// The number of its newest revision; None: there is none yet.
    pub revision: Option<i64>,
}

impl Stored for DaemonSet {
    type Id = DaemonSetId;
    type Beside = RevisedMaker;
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::DaemonSet
    }
    fn read(value: &Value) -> DaemonSet {
        daemon_set(value)
    }
    fn print(&self) -> Value {
        daemon_set_value(self)
    }
    fn respecify(&mut self, new: DaemonSet) {
        self.spec = new.spec;
    }
    fn is_new(&self, before: &DaemonSet) -> bool {
        self.spec != before.spec
    }
    fn beside(&self) -> RevisedMaker {
        RevisedMaker { template: None, as_owner: as_owner(self), revision: None }
    }
    fn follow(held: &mut Held<DaemonSet>, before: Option<&DaemonSet>) {
        if before.is_some_and(|before| before.spec.template != held.object.spec.template) {
            held.beside.template = None;
        }
    }
    fn told(&self) -> Option<Told> {
        Some((state::of_daemon_set(self), Ready::Number(self.status.number_ready)))
    }
    fn figures(&self, beside: &RevisedMaker) -> Option<Figures> {
        Some(Figures::of_daemon_set(self, beside.revision))
    }
    fn wants(&self) -> i32 {
        self.status.desired_number_scheduled
    }
}

impl Stored for ControllerRevision {
    type Id = ControllerRevisionId;
    type Beside = ();
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::ControllerRevision
    }
    fn read(value: &Value) -> ControllerRevision {
        controller_revision(value)
    }
    fn print(&self) -> Value {
        controller_revision_value(self)
    }
    fn respecify(&mut self, new: ControllerRevision) {
        self.revision = new.revision;
    }
    /// Its strategy counts nothing (pkg/registry/apps/controllerrevision/strategy.go).
    fn is_new(&self, _: &ControllerRevision) -> bool {
        false
    }
    fn beside(&self) {}
}

impl Stored for LimitRange {
    type Id = LimitRangeId;
    type Beside = ();
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::LimitRange
    }
    fn read(value: &Value) -> LimitRange {
        quota::limit_range(value)
    }
    fn print(&self) -> Value {
        quota::limit_range_value(self)
    }
    fn respecify(&mut self, new: LimitRange) {
        self.spec = new.spec;
    }
    fn is_new(&self, _: &LimitRange) -> bool {
        false
    }
    fn beside(&self) {}
}

impl Stored for ResourceQuota {
    type Id = ResourceQuotaId;
    type Beside = ();
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::ResourceQuota
    }
    fn read(value: &Value) -> ResourceQuota {
        quota::resource_quota(value)
    }
    fn print(&self) -> Value {
        quota::resource_quota_value(self)
    }
    fn respecify(&mut self, new: ResourceQuota) {
        self.spec = new.spec;
    }
    fn is_new(&self, _: &ResourceQuota) -> bool {
        false
    }
    fn beside(&self) {}
}
