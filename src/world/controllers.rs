//! What the controllers hold: each its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::autoscalers::AutoscalerMemory;
use super::budgets::Disruption;
use super::cron_jobs::CronMemory;
use super::daemons::Daemons;
use super::endpoints::{Known, ToLookAt};
use super::jobs::JobMemory;
use super::manager::Manager;
use super::members::Members;
use super::pod_gc::PodGc;
use super::stateful_sets::Pods;
use super::workloads::{DaemonSetId, StatefulSetId};
use super::{JobId, NodeId, PodId, ReplicaSetId};
use crate::rules::machinery::events::Correlator;
use crate::rules::machinery::throttle::{CONTROLLER_REQUESTS, TokenBucket};
use crate::scenario::plan::TemplateIx;
use crate::time::Time;

#[derive(Clone, Debug)]
pub struct Controllers {
    pub pod_gc: PodGc,
    /// Of the node lifecycle controller: when passes of the node monitor are queued.
    pub node_passes: BTreeSet<Time>,
    pub taint_eviction: TaintEviction,
    /// Those of workloads.
    pub manager: Manager,
    /// What the controller of ReplicaSets knows of pods, by set.
    pub members: Vec<Members>,
    /// By pod: the set among whose members it stands.
    pub member_of: Vec<Option<ReplicaSetId>>,
    /// What the controller of DaemonSets knows of nodes and pods, by set.
    pub daemons: Vec<Daemons>,
    /// By pod: the set among whose pods it stands, and for which node.
    pub daemon_of: FxHashMap<PodId, (DaemonSetId, NodeId)>,
    /// What the controller of StatefulSets knows of pods, by set.
    pub stateful_sets: Vec<Pods>,
    /// By pod: the StatefulSet among whose pods it stands.
    pub stateful_set_of: FxHashMap<PodId, StatefulSetId>,
    /// By pod: what the controller of endpoint slices has heard of it.
    pub endpoints: Vec<Option<Known>>,
    /// By Service: what it still has to look at.
    pub services: Vec<ToLookAt>,
    /// What the controller of Jobs remembers, by Job.
    pub jobs: Vec<JobMemory>,
    /// By pod: the Job whose it is, as far as that controller has heard.
    pub job_of: FxHashMap<PodId, JobId>,
    /// What the controller of CronJobs knows, by CronJob.
    pub cron_jobs: Vec<CronMemory>,
    /// What the controller of autoscalers remembers, by autoscaler.
    pub autoscalers: Vec<AutoscalerMemory>,
    /// What the disruption controller has heard.
    pub disruption: Disruption,
    /// By template: what the LimitRanges of its namespace make of it, and what they said then.
    pub limited: FxHashMap<TemplateIx, (Vec<Arc<Value>>, TemplateIx)>,
    /// What the controllers' recorders remember of the events that they sent about pods.
    pub recorders: BTreeMap<PodId, Correlator>,
}

impl Controllers {
    pub fn new(start: Time) -> Controllers {
        Controllers {
            pod_gc: PodGc::new(start),
            node_passes: BTreeSet::new(),
            taint_eviction: TaintEviction {
                waiting: BTreeMap::new(),
                scheduled: 0,
                client: TokenBucket::full(CONTROLLER_REQUESTS, start),
                answered: Time::EPOCH,
            },
            manager: Manager::new(start),
            members: Vec::new(),
            member_of: Vec::new(),
            daemons: Vec::new(),
            daemon_of: FxHashMap::default(),
            stateful_sets: Vec::new(),
            stateful_set_of: FxHashMap::default(),
            endpoints: Vec::new(),
            services: Vec::new(),
            jobs: Vec::new(),
            job_of: FxHashMap::default(),
            cron_jobs: Vec::new(),
            autoscalers: Vec::new(),
            disruption: Disruption::default(),
            limited: FxHashMap::default(),
            recorders: BTreeMap::new(),
        }
    }
}

/// The taint eviction controller's timed work.
#[derive(Clone, Debug)]
pub struct TaintEviction {
    pub waiting: BTreeMap<PodId, Eviction>,
    /// How many were ever scheduled.
    pub scheduled: u32,
    /// What its client may send.
    pub client: TokenBucket,
    /// When the last of its requests is answered.
    pub answered: Time,
}

/// What the taint eviction controller asks for about a pod that has to go, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TaintRequest {
    /// The pod as it is.
    Get,
    /// A condition that says why.
    Mark,
    Delete,
}

/// A pod that will be deleted.
#[derive(Clone, Copy, Debug)]
pub struct Eviction {
    pub at: Time,
    /// Its number: timers of those before it bow out.
    pub generation: u32,
}
