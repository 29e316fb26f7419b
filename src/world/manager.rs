//! kube-controller-manager's controllers of workloads, each with its queue, its workers and its client.
//!
//! What all have in common stands here as data; what one controller alone remembers stands beside it ([`members`](super::members)).
//! A worker takes a key, looks once, and then sends what has to be written, request by request: [`Work`] is where it stands.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::autoscalers::{AutoscalerRequest, AutoscalerScript};
use super::cron_jobs::{CronRequest, CronScript};
use super::daemons::{DaemonRequest, DaemonScript};
use super::endpoints::Changes;
use super::jobs::{JobRequest, JobScript};
use super::stateful_sets::{SetRequest, SetScript};
use super::workloads::{
    AutoscalerId, BudgetId, ClaimId, CronJobId, DaemonSetId, ObjectKey, ReplicaSetId, ResourceQuotaId,
    StatefulSetId,
};
use super::{DeploymentId, JobId, PodId, ServiceId};
use crate::api::disruption::PodDisruptionBudgetStatus;
use crate::api::quota::QuotaStatus;
use crate::api::workload::ReplicaSetStatus;
use crate::api::{EventText, EventType, Sym};
use crate::record::Event;
use crate::rules::controllers::deployment;
use crate::rules::controllers::replica_set::Counts;
use crate::rules::machinery::events::Correlator;
use crate::rules::machinery::slow_start::SlowStart;
use crate::rules::machinery::throttle::{CONTROLLER_REQUESTS, Rate, TokenBucket};
use crate::rules::machinery::work_queue::{self, Limiter, WorkQueue};
use crate::time::{Span, Time};

/// A controller of kube-controller-manager that works from a queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Controller {
    Deployment,
    ReplicaSet,
    Replication,
    EndpointSlice,
    GarbageCollector,
    Disruption,
    ResourceQuota,
    DaemonSet,
    StatefulSet,
    VolumeBinder,
    ClaimProtection,
    Job,
    TtlAfterFinished,
    CronJob,
    Autoscaler,
}

impl Controller {
    /// All of them, in the order of their numbers.
    pub const ALL: [Controller; 15] = [
        Controller::Deployment,
        Controller::ReplicaSet,
        Controller::Replication,
        Controller::EndpointSlice,
        Controller::GarbageCollector,
        Controller::Disruption,
        Controller::ResourceQuota,
        Controller::DaemonSet,
        Controller::StatefulSet,
        Controller::VolumeBinder,
        Controller::ClaimProtection,
        Controller::Job,
        Controller::TtlAfterFinished,
        Controller::CronJob,
        Controller::Autoscaler,
    ];

    /// How events name it.
    pub fn component(self) -> Sym {
        Sym::new(match self {
            Controller::Deployment => "deployment-controller",
            Controller::ReplicaSet => "replicaset-controller",
            Controller::Replication => "replication-controller",
            Controller::EndpointSlice => "endpoint-slice-controller",
            Controller::GarbageCollector => "garbage-collector-controller",
            Controller::Job => "job-controller",
            Controller::TtlAfterFinished => "ttl-after-finished-controller",
            Controller::CronJob => "cronjob-controller",
            Controller::Autoscaler => "horizontal-pod-autoscaler",
            Controller::Disruption => "controllermanager",
            Controller::ResourceQuota => "resourcequota-controller",
            Controller::DaemonSet => "daemonset-controller",
            Controller::StatefulSet => "statefulset-controller",
            Controller::VolumeBinder => "persistentvolume-controller",
            Controller::ClaimProtection => "pvc-protection-controller",
        })
    }
    /// In words, for whoever asks what comes.
    pub fn words(self) -> &'static str {
        match self {
            Controller::Deployment => "deployment controller",
            Controller::ReplicaSet => "ReplicaSet controller",
            Controller::Replication => "ReplicationController's controller",
            Controller::EndpointSlice => "endpoint slice controller",
            Controller::GarbageCollector => "garbage collector",
            Controller::Job => "Job controller",
            Controller::TtlAfterFinished => "TTL-after-finished controller",
            Controller::CronJob => "CronJob controller",
            Controller::Autoscaler => "autoscaler's controller",
            Controller::Disruption => "disruption controller",
            Controller::ResourceQuota => "resource quota controller",
            Controller::DaemonSet => "DaemonSet controller",
            Controller::StatefulSet => "StatefulSet controller",
            Controller::VolumeBinder => "PersistentVolume controller",
            Controller::ClaimProtection => "controller that protects claims",
        }
    }
    /// How many keys it works on at a time (`--concurrent-*-syncs` and their like, pkg/controller/*/config/v1alpha1/defaults.go).
    fn workers(self) -> usize {
        match self {
            Controller::GarbageCollector => 20,
            Controller::Disruption | Controller::VolumeBinder | Controller::ClaimProtection => 1,
            Controller::DaemonSet => 2,
            _ => 5,
        }
    }
    fn limiter(self) -> Limiter {
        match self {
            Controller::EndpointSlice => work_queue::ENDPOINT_SLICES,
            Controller::Job => work_queue::JOBS,
            _ => work_queue::DEFAULT,
        }
    }
    /// What its client may send; the garbage collector's metadata client has twice the rate.
    pub fn rate(self) -> Rate {
        match self {
            Controller::GarbageCollector => Rate { refill: Span::from_millis(25), ..CONTROLLER_REQUESTS },
            _ => CONTROLLER_REQUESTS,
        }
    }
    /// After so many failures in a row it waits for news; None: never (`maxRetries`).
    pub fn gives_up_after(self) -> Option<u32> {
        matches!(self, Controller::Deployment | Controller::EndpointSlice).then_some(15)
    }
}

/// All controllers, by [`Controller`]. Each is made when it first has something to do: in the worlds of a sweep most never have.
#[derive(Clone, Debug)]
pub struct Manager {
    /// When they begin.
    start: Time,
    runners: Vec<Option<Box<Runner>>>,
}

impl Manager {
    /// None of them has anything to do.
    pub fn new(now: Time) -> Manager {
        Manager { start: now, runners: Vec::new() }
    }
    /// How often in a row one of them has failed at an object.
    pub fn failures(&self, controller: Controller, key: ObjectKey) -> u32 {
        let runner = self.runners.get(controller as usize).and_then(Option::as_ref);
        runner.map_or(0, |runner| runner.queue.failures(key))
    }
    /// An object is gone: no recorder has to remember what it told of it.
    pub fn forget(&mut self, key: ObjectKey) {
        for runner in self.runners.iter_mut().flatten() {
            runner.told.remove(&key);
        }
    }
    /// One of them, to be changed.
    pub fn of_mut(&mut self, controller: Controller) -> &mut Runner {
        let place = controller as usize;
        if self.runners.len() <= place {
            self.runners.resize_with(Controller::ALL.len(), || None);
        }
        let start = self.start;
        self.runners[place].get_or_insert_with(|| Box::new(Runner::new(controller, start)))
    }
}

/// A controller at work.
#[derive(Clone, Debug)]
pub struct Runner {
    /// What it is to look at.
    pub queue: WorkQueue<ObjectKey>,
    /// A step is queued in which idle workers take from the queue.
    pub called: bool,
    /// Its workers; None: idle.
    pub workers: SmallVec<[Option<Box<Work>>; 5]>,
    /// What its client may send.
    pub client: TokenBucket,
    /// Events that its recorder has not sent yet.
    pub to_tell: VecDeque<Telling>,
    /// The event that it is sending, with the object that it is about.
    pub telling: Option<(ObjectKey, Event)>,
    /// What its recorder remembers, by the object that events are about.
    pub told: FxHashMap<ObjectKey, Correlator>,
}

impl Runner {
    fn new(controller: Controller, now: Time) -> Runner {
        Runner {
            queue: WorkQueue::new(controller.limiter(), now),
            called: false,
            workers: std::iter::repeat_with(|| None).take(controller.workers()).collect(),
            client: TokenBucket::full(controller.rate(), now),
            to_tell: VecDeque::new(),
            telling: None,
            told: FxHashMap::default(),
        }
    }
}

/// An event on its way.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// About which object.
    pub about: ObjectKey,
    /// Normal or Warning.
    pub kind: EventType,
    /// In one word.
    pub reason: Sym,
    /// In a sentence.
    pub message: EventText,
}

/// What a worker does about one key.
#[derive(Clone, Debug)]
pub struct Work {
    /// Which object it looks at.
    pub key: ObjectKey,
    /// Requests that are under way, by their number; None once answered.
    pub requests: Vec<Option<Request>>,
    /// How many of them are not answered yet.
    pub open: u32,
    /// What follows once all are.
    pub script: Script,
    /// Why it will be tried again.
    pub error: Option<String>,
}

/// What a worker goes through after its look.
#[derive(Clone, Debug)]
pub enum Script {
    /// The writes of a Deployment's sync, in order.
    Deployment(Box<DeploymentScript>),
    /// A ReplicaSet's sync.
    Replicas(Box<ReplicasScript>),
    /// What is still to be written of a Service's slices, by slice.
    Slices(BTreeMap<u32, Changes>),
    /// A quota's recalculation.
    Quota,
    /// A DaemonSet's sync.
    Daemons(Box<DaemonScript>),
    /// The garbage collector's look at an object.
    Collect(CollectStage),
    /// A Job's sync.
    Job(Box<JobScript>),
    /// A CronJob's sync.
    Cron(Box<CronScript>),
    /// Requests that go out one after the other: those that are still to be sent.
    Row(VecDeque<Request>),
    /// The write of a budget's status; when to look again.
    Budget(Option<Time>),
    /// A look at an autoscaler.
    Autoscaler(Box<AutoscalerScript>),
    /// A StatefulSet's sync.
    Set(Box<SetScript>),
    /// How many requests are still to be sent until a claim is bound.
    Bind(u32),
    /// A claim that nobody uses is let go.
    LetGo,
}

/// A Deployment's sync after its look.
#[derive(Clone, Debug)]
pub struct DeploymentScript {
    /// Which one.
    pub deployment: DeploymentId,
    /// All its writes and events.
    pub steps: Vec<deployment::Step>,
    /// How many are done with; the next request is about the one after them.
    pub played: usize,
    /// By step: the version that its write was answered with.
    pub versions: Vec<Option<u64>>,
    /// When it wants to look again; None: when there is news.
    pub again: Option<deployment::Requeue>,
    /// What the sync itself comes to, whatever is refused.
    pub error: Option<String>,
}

/// A ReplicaSet's sync after its look.
#[derive(Clone, Debug)]
pub struct ReplicasScript {
    /// The set.
    pub set: ReplicaSetId,
    /// Pods are to be made or deleted next: it has seen all that it did before, and the set is not being deleted.
    pub manages: bool,
    /// The batches in which pods are still to be made.
    pub batches: SlowStart,
    /// One of the present batch was refused.
    pub refused: bool,
    /// What its pods came to when it looked; None once the status is taken care of.
    pub counts: Option<Counts>,
    /// The set's generation when it looked.
    pub generation: i64,
}

/// How far the garbage collector is with an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CollectStage {
    /// It asks for the object and its owners as they are.
    Look,
    /// It deletes it, or lets it go.
    Act,
}

/// What a controller asks the API server for.
#[derive(Clone, Debug)]
pub enum Request {
    /// GET: nothing is written.
    Get,
    /// The next write of a Deployment's sync.
    Step(DeploymentId),
    /// POST of a pod.
    MakePod(ReplicaSetId),
    /// DELETE of a pod.
    DeletePod(ReplicaSetId, PodId),
    /// PATCH that makes the set a pod's controller.
    Adopt(ReplicaSetId, PodId),
    /// PATCH that takes the set from a pod's owners.
    Release(ReplicaSetId, PodId),
    /// PUT of a set's status.
    SetStatus(ReplicaSetId, Arc<ReplicaSetStatus>),
    /// POST or PUT of a slice.
    Slice(ServiceId, u32),
    /// The slices of a Service that is gone are deleted.
    RemoveSlices(ServiceId),
    /// PUT of a quota's status, made from that version of it.
    SetQuota(ResourceQuotaId, u64, Arc<QuotaStatus>),
    /// What the controller of DaemonSets asks for.
    Daemon(DaemonSetId, DaemonRequest),
    /// DELETE by the garbage collector.
    Collect(ObjectKey),
    /// PATCH that takes an owner that is gone or goes from an object's owners.
    Disown(ObjectKey, ObjectKey),
    /// PATCH that takes the garbage collector's finalizer from an owner.
    Finalize(ObjectKey),
    /// What the controller of Jobs asks for.
    Job(JobId, JobRequest),
    /// What the controller of CronJobs asks for.
    Cron(CronJobId, CronRequest),
    /// PATCH that takes the finalizer of a Job from a pod that has none.
    Untrack(PodId),
    /// DELETE of a Job whose time after its end is over.
    Expire(JobId),
    /// PUT of a budget's status, where it is still of this version.
    SetBudget(BudgetId, Box<PodDisruptionBudgetStatus>, u64),
    /// What the controller of autoscalers asks for.
    Autoscaler(AutoscalerId, AutoscalerRequest),
    /// One of a StatefulSet's sync.
    Set(StatefulSetId, SetRequest),
    /// PUT of a claim that is bound now.
    Bind(ClaimId),
    /// PUT that takes from a claim what protects it.
    LetGo(ClaimId),
}
