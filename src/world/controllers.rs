//! What the controllers hold: each its own.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::cron_jobs::CronMemory;
use super::endpoints::{Known, ToLookAt};
use super::jobs::JobMemory;
use super::manager::Manager;
use super::members::Members;
use super::pod_gc::PodGc;
use super::{JobId, PodId, ReplicaSetId};
use crate::rules::machinery::events::Correlator;
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
    /// What the controllers' recorders remember of the events that they sent about pods.
    pub recorders: BTreeMap<PodId, Correlator>,
}

impl Controllers {
    pub fn new(start: Time) -> Controllers {
        Controllers {
            pod_gc: PodGc::new(start),
            node_passes: BTreeSet::new(),
            taint_eviction: TaintEviction::default(),
            manager: Manager::new(start),
            members: Vec::new(),
            member_of: Vec::new(),
            endpoints: Vec::new(),
            services: Vec::new(),
            jobs: Vec::new(),
            job_of: FxHashMap::default(),
            cron_jobs: Vec::new(),
            recorders: BTreeMap::new(),
        }
    }
}

/// The taint eviction controller's timed work.
#[derive(Clone, Debug, Default)]
pub struct TaintEviction {
    pub waiting: BTreeMap<PodId, Eviction>,
    /// How many were ever scheduled.
    pub scheduled: u32,
}

/// A pod that will be deleted.
#[derive(Clone, Copy, Debug)]
pub struct Eviction {
    pub at: Time,
    /// Its number: timers of those before it bow out.
    pub generation: u32,
}
