//! StatefulSets and claims as a run holds them; what the controller of StatefulSets knows of each
//! set's pods; and where one of its workers stands in a sync.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::PodId;
use super::held::{RevisedMaker, Stored, Told, with_meta};
use super::workloads::{ClaimId, ControllerRevisionId, ObjectKey, StatefulSetId, Workloads};
use crate::api::claim::{self, PersistentVolumeClaim};
use crate::api::stateful_set::StatefulSet;
use crate::api::workload::{WorkloadCondition, WorkloadState};
use crate::api::{Sym, wire_stateful_set};
use crate::record::{Figures, Ready};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::stateful_set::{SeenPod, Sync};
use crate::rules::controllers::{ownership, workload_state as state};
use crate::scenario::plan::TemplateIx;

impl Stored for StatefulSet {
    type Id = StatefulSetId;
    type Beside = RevisedMaker;
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::StatefulSet
    }
    fn read(value: &Value) -> StatefulSet {
        wire_stateful_set::stateful_set(value)
    }
    fn print(&self) -> Value {
        wire_stateful_set::stateful_set_value(self)
    }
    fn respecify(&mut self, new: StatefulSet) {
        self.spec = new.spec;
    }
    fn is_new(&self, before: &StatefulSet) -> bool {
        self.spec != before.spec
    }
    fn beside(&self) -> RevisedMaker {
        let as_owner = ownership::controller_ref(&self.meta, "apps/v1", "StatefulSet");
        RevisedMaker { template: None, as_owner: Arc::new(vec![as_owner]), revision: None }
    }
    fn told(&self) -> Option<Told> {
        let ready = Ready::Of(self.status.ready_replicas, self.spec.replicas);
        Some((state::of_stateful_set(self), ready))
    }
    fn rollout(&self) -> WorkloadState {
        state::of_stateful_set(self)
    }
    fn figures(&self, beside: &RevisedMaker) -> Option<Figures> {
        Some(Figures::of_stateful_set(self, beside.revision))
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        &self.status.conditions
    }
    fn wants(&self) -> i32 {
        self.spec.replicas
    }
}

impl Stored for PersistentVolumeClaim {
    type Id = ClaimId;
    type Beside = ();
    with_meta!();

    fn object_type(&self) -> ObjectType {
        ObjectType::PersistentVolumeClaim
    }
    fn read(value: &Value) -> PersistentVolumeClaim {
        claim::claim(value)
    }
    fn print(&self) -> Value {
        claim::claim_value(self)
    }
    fn respecify(&mut self, new: PersistentVolumeClaim) {
        self.spec = new.spec;
    }
    fn is_new(&self, _: &PersistentVolumeClaim) -> bool {
        false
    }
    fn beside(&self) {}
}

impl Workloads {
    /// The claim of a name that somebody has made or taken into his care.
    pub fn claim_named(&self, namespace: Sym, name: &str) -> Option<ClaimId> {
        match self.find(Sym::new("persistentvolumeclaim"), namespace, Sym::new(name))? {
            ObjectKey::PersistentVolumeClaim(id) => Some(id),
            _ => None,
        }
    }
}

/// What the controller of StatefulSets knows of one set's pods.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// Each as its informer has shown it last.
    pub pods: BTreeMap<PodId, SeenPod>,
    /// There may be pods or revisions that the set could adopt, or has to let go.
    pub looks_around: bool,
    /// What pods of a revision and a number are made of, once one has been let in.
    pub templates: FxHashMap<(Sym, i32), TemplateIx>,
    /// By number: how many pods it has made.
    pub made: BTreeMap<i32, u64>,
    /// By name: how many claims.
    pub claimed: FxHashMap<Sym, u64>,
}

/// A StatefulSet's sync after its look.
#[derive(Clone, Debug)]
pub struct SetScript {
    /// Which one.
    pub set: StatefulSetId,
    /// What was asked for last.
    pub stage: SetStage,
    /// What the sync comes to; None before its pods are known to be its own.
    pub sync: Option<Arc<Sync>>,
    /// Which batch of calls it is at, and how many calls of each chain have been sent.
    pub at: (usize, usize),
    /// Chains of this batch that have come to an end because one of their calls was refused.
    pub ended: Vec<usize>,
    /// A call was refused.
    pub refused: bool,
    /// Old revisions that it has deleted.
    pub forgotten: usize,
}

/// How far a sync is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetStage {
    /// Pods and revisions are adopted, or let go.
    Claims,
    /// The newest revision is written.
    Revision,
    /// Pods and claims are made, changed, deleted.
    Calls,
    /// The status is written.
    Status,
    /// Old revisions are deleted.
    Forget,
}

/// What it asks the API server for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetRequest {
    /// PATCH that makes the set a pod's controller.
    Adopt(PodId),
    /// PATCH that takes the set from a pod's owners.
    Release(PodId),
    /// PATCH that makes the set a revision's controller.
    AdoptRevision(ControllerRevisionId),
    /// POST or PUT of the newest revision.
    Revise,
    /// The next call of this chain.
    Call(usize),
    /// PUT of the status.
    Status,
    /// DELETE of a revision.
    Forget(Sym),
}
