//! What the API server stores of workloads and Services, and by which numbers a run knows them.
//!
//! Each object is held ([`Held`]) with what stands beside it in a run: its key of luck, its place in the directory, and how it
//! was last told. Whoever is to be told of an object by name, as one of many kinds or as an owner, has its [`ObjectKey`].

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::by_label::ByLabel;
use super::held::{AnyHeld, Held, Stored};
use super::{PodId, Store, Subject};
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::claim::PersistentVolumeClaim;
use crate::api::controller_revision::ControllerRevision;
use crate::api::cron_job::CronJob;
use crate::api::daemon_set::DaemonSet;
use crate::api::disruption::PodDisruptionBudget;
use crate::api::handle::handle;
use crate::api::job::Job;
use crate::api::quota::{LimitRange, ResourceQuota};
use crate::api::service::Service;
use crate::api::stateful_set::StatefulSet;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Meta, Sym};
use crate::record::ObjectRow;
use crate::rules::api_server::objects::ObjectType;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident($id:ident) in $store:ident: $($ty:ident)|+,)+) => {
        $(handle! {
            $(#[$doc])*
            $id(u32)
        })+

        /// An object that controllers work on.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum ObjectKey {
            /// The one kind that stands elsewhere.
            Pod(PodId),
            $($(#[$doc])* $kind($id),)+
        }

        /// What the API server stores of workloads and Services; those that are gone keep their place.
        #[derive(Clone, Debug, Default)]
        pub struct Workloads {
            $($(#[$doc])* pub $store: Store<Held<$kind>>,)+
            /// Objects that are there, by kind (`deployment`), namespace and name.
            pub by_name: FxHashMap<(Sym, Sym, Sym), ObjectKey>,
            /// Workloads that are there or were, by uid.
            pub by_uid: FxHashMap<String, ObjectKey>,
            /// Objects that nobody controls, and that somebody might.
            pub orphans: BTreeSet<ObjectKey>,
            /// Services by labels of pods.
            pub services_by_label: ByLabel<ServiceId>,
            /// The same of budgets.
            pub budgets_by_label: ByLabel<BudgetId>,
            /// The same of Jobs that are there.
            pub jobs_by_label: ByLabel<JobId>,
            /// By owner: what names it among its owners, in the order of their creation. Of pods those that are gone are
            /// among them, as long as their owner is there.
            pub dependents: FxHashMap<ObjectKey, Vec<ObjectKey>>,
        }

        $(impl Kept for $kind {
            fn key(id: $id) -> ObjectKey {
                ObjectKey::$kind(id)
            }
            fn id(place: usize) -> $id {
                $id::new(place)
            }
            fn all(stored: &Workloads) -> &Store<Held<$kind>> {
                &stored.$store
            }
            fn all_mut(stored: &mut Workloads) -> &mut Store<Held<$kind>> {
                &mut stored.$store
            }
        })+

        impl ObjectKey {
            /// Goes to where its kind is known.
            pub fn visit<V: Visit>(self, visitor: V) -> Option<V::Out> {
                match self {
                    ObjectKey::Pod(_) => None,
                    $(ObjectKey::$kind(id) => Some(visitor.object::<$kind>(id)),)+
                }
            }
        }

        /// Goes to where a kind is known, if its objects are stored here.
        pub fn visit_kind<V: VisitKind>(kind: ObjectType, visitor: V) -> Option<V::Out> {
            match kind {
                $($(ObjectType::$ty)|+ => Some(visitor.kind::<$kind>()),)+
                _ => None,
            }
        }

        impl Workloads {
            /// An object that is no pod, if it is there or was.
            pub fn held(&self, key: ObjectKey) -> Option<&dyn AnyHeld> {
                match key {
                    ObjectKey::Pod(_) => None,
                    $(ObjectKey::$kind(id) => self.$store.get(id.ix()).map(|held| held as &dyn AnyHeld),)+
                }
            }
            /// An object that is about to be written.
            pub fn write(&mut self, key: ObjectKey) -> Option<&mut dyn AnyHeld> {
                match key {
                    ObjectKey::Pod(_) => None,
                    $(ObjectKey::$kind(id) => Some(self.$store.write(id.ix())),)+
                }
            }
            /// All objects, those that are gone included, by kind.
            pub fn all(&self) -> impl Iterator<Item = ObjectKey> + use<> {
                std::iter::empty()$(.chain($id::all(self.$store.len()).map(ObjectKey::$kind)))+
            }
            /// Whether there has ever been anything here.
            pub fn is_empty(&self) -> bool {
                true $(&& self.$store.is_empty())+
            }
        }
    };
}

// The one list of kinds that are stored, each with its handle and the kinds of the API that it stands for.
kinds! {
    /// Deployments, in the order of their creation.
    Deployment(DeploymentId) in deployments: Deployment,
    /// ReplicaSets and ReplicationControllers, in the order of their creation.
    ReplicaSet(ReplicaSetId) in replica_sets: ReplicaSet | ReplicationController,
    /// Services, in the order of their creation.
    Service(ServiceId) in services: Service,
    /// PodDisruptionBudgets, in the order of their creation.
    PodDisruptionBudget(BudgetId) in budgets: PodDisruptionBudget,
    /// LimitRanges, in the order of their creation.
    LimitRange(LimitRangeId) in limit_ranges: LimitRange,
    /// ResourceQuotas, in the order of their creation.
    ResourceQuota(ResourceQuotaId) in resource_quotas: ResourceQuota,
    /// DaemonSets, in the order of their creation.
    DaemonSet(DaemonSetId) in daemon_sets: DaemonSet,
    /// ControllerRevisions, in the order of their creation.
    ControllerRevision(ControllerRevisionId) in controller_revisions: ControllerRevision,
    /// StatefulSets, in the order of their creation.
    StatefulSet(StatefulSetId) in stateful_sets: StatefulSet,
    /// Claims that StatefulSets have made, in the order of their creation.
    PersistentVolumeClaim(ClaimId) in claims: PersistentVolumeClaim,
    /// Jobs, in the order of their creation.
    Job(JobId) in jobs: Job,
    /// CronJobs, in the order of their creation.
    CronJob(CronJobId) in cron_jobs: CronJob,
    /// HorizontalPodAutoscalers, in the order of their creation.
    HorizontalPodAutoscaler(AutoscalerId) in autoscalers: HorizontalPodAutoscaler,
}

/// A kind that has its place in [`Workloads`].
pub trait Kept: Stored {
    /// As one of many kinds.
    fn key(id: Self::Id) -> ObjectKey;
    /// The handle of a place.
    fn id(place: usize) -> Self::Id;
    /// All of the kind.
    fn all(stored: &Workloads) -> &Store<Held<Self>>;
    /// All of the kind, to be added to.
    fn all_mut(stored: &mut Workloads) -> &mut Store<Held<Self>>;
    /// One of them.
    fn held(stored: &Workloads, id: Self::Id) -> &Held<Self> {
        &Self::all(stored)[id.into()]
    }
}

/// What is done with an object whose kind is not known where it is asked for.
pub trait Visit {
    /// What comes of it.
    type Out;
    /// The kind is known.
    fn object<T: Kept>(self, id: T::Id) -> Self::Out;
}

/// The same with a kind.
pub trait VisitKind {
    /// What comes of it.
    type Out;
    /// The kind is known.
    fn kind<T: Kept>(self) -> Self::Out;
}

impl ObjectKey {
    /// Whom an event about it is about.
    pub fn subject(self) -> Subject {
        match self {
            ObjectKey::Pod(pod) => Subject::Pod(pod),
            _ => Subject::Cluster,
        }
    }
}

impl Workloads {
    /// The object of a kind and a name.
    pub fn find(&self, kind: Sym, namespace: Sym, name: Sym) -> Option<ObjectKey> {
        self.by_name.get(&(kind, namespace, name)).copied()
    }
    /// The metadata of an object that is no pod.
    pub fn meta(&self, key: ObjectKey) -> Option<&Meta> {
        self.held(key).map(AnyHeld::meta)
    }
    /// Whether an object that is no pod is in the API, or was.
    pub fn has_been(&self, key: ObjectKey) -> bool {
        self.held(key).is_some()
    }
    /// Whether an object that is no pod is in the API.
    pub fn exists(&self, key: ObjectKey) -> bool {
        self.held(key).is_some_and(AnyHeld::exists)
    }
    /// The place of an object that is no pod in the directory.
    pub fn row(&self, key: ObjectKey) -> Option<ObjectRow> {
        self.held(key).map(AnyHeld::row)
    }
    /// Key of an object's luck, where it is no pod.
    pub fn entity(&self, key: ObjectKey) -> u64 {
        self.held(key).map_or(0, AnyHeld::entity)
    }
    /// The controller of an object that is no pod, if it is known.
    pub fn controller(&self, key: ObjectKey) -> Option<ObjectKey> {
        let owner = self.meta(key)?.controller()?;
        self.by_uid.get(&owner.uid).copied()
    }
    /// What an object controls beside pods, in the order of creation; what is gone is not among it.
    pub fn controlled_by(&self, owner: ObjectKey) -> impl Iterator<Item = ObjectKey> {
        let all = self.dependents.get(&owner).into_iter().flatten().copied();
        all.filter(move |key| self.exists(*key) && self.controller(*key) == Some(owner))
    }
    /// The ReplicaSets that a Deployment controls, in the order of their creation; those that are gone are not among them.
    pub fn sets_of(&self, deployment: ObjectKey) -> Vec<ReplicaSetId> {
        let sets = self.controlled_by(deployment).filter_map(|key| match key {
            ObjectKey::ReplicaSet(set) => Some(set),
            _ => None,
        });
        sets.collect()
    }
    /// The revisions of a set, in the order of their creation.
    pub fn revisions_of(&self, set: ObjectKey) -> Vec<ControllerRevisionId> {
        let all = self.dependents.get(&set).into_iter().flatten();
        let own = all.filter(|key| self.exists(**key) && self.controller(**key) == Some(set));
        own.filter_map(|key| match key {
            ObjectKey::ControllerRevision(id) => Some(*id),
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
