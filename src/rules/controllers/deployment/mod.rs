//! Deployments: which writes one look at a Deployment leads to, in their order.
//!
//! [`sync`] plays `syncDeployment` to its end as though every write went well, and returns the writes ([`Step`]);
//! whoever carries them out sends one after the other and stops at the first that fails, except where the step says how
//! it goes on. Each write holds the complete new value, and what it was made from: a cached object is a moment old, and
//! a write upon it is refused (409) if somebody has written since; that is how Kubernetes comes to look twice, and so
//! do we.
//!
//! Left out: the live question before an adoption whether the Deployment is being deleted.
//!
//! Source: pkg/controller/deployment/deployment_controller.go (`syncDeployment`, `isScalingEvent` in sync.go), 1.36.3.
//! The files of this folder follow those of that one.

mod history;
mod new_replica_set;
mod progress;
mod recreate;
mod replica_sets;
mod rollback;
mod rolling;
mod scaling;
mod status;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use replica_sets::{annotation, same_template};
pub use status::is_complete;

use super::ownership::{self, Claim, Holder};
use super::told::Told;
use crate::api::spec::LabelSelector;
use crate::api::workload::{Deployment, DeploymentStrategy, PodTemplateSpec, ReplicaSet};
use crate::api::{Meta, OwnerReference, Sym};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// What a sync sees: its own cache, and what the API is going to say.
pub struct Input<'a> {
    /// The Deployment.
    pub deployment: &'a Deployment,
    /// The ReplicaSets of its namespace: its own ones, and orphans; others do no harm.
    pub replica_sets: &'a [&'a ReplicaSet],
    /// When.
    pub now: Time,
    /// What the version does.
    pub gates: &'a Gates,
    /// Whether pods of this ReplicaSet exist that are neither Succeeded nor Failed; asked for Recreate alone.
    pub has_live_pods: &'a dyn Fn(&ReplicaSet) -> bool,
    /// The hash of a template for so many collisions ([`super::template_hash`]); asked where a ReplicaSet is made.
    pub hash: &'a dyn Fn(&PodTemplateSpec, Option<i32>) -> String,
    /// What the API answers where a ReplicaSet of this name is to be made.
    pub creation: &'a dyn Fn(&ReplicaSet) -> Creation<'a>,
}

/// The API's answer to a new ReplicaSet.
#[derive(Clone, Debug)]
pub enum Creation<'a> {
    /// It is there.
    Done,
    /// One of its name is there already: this one.
    Exists(&'a ReplicaSet),
    /// The namespace is being deleted; the error.
    NamespaceTerminating(String),
    /// It was refused; the error.
    Refused(String),
}

/// What a sync does.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sync {
    /// Writes and events in their order.
    pub steps: Vec<Step>,
    /// When it looks again of its own accord.
    pub requeue: Option<Requeue>,
    /// It has failed, and is tried again with back-off.
    pub error: Option<String>,
}

/// When a Deployment is looked at again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Requeue {
    /// After so long.
    After(Span),
    /// With the queue's back-off.
    RateLimited,
}

/// One write or event.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What is written.
    pub call: Call,
    /// The step whose answer the value was made from: that answer's resourceVersion counts. None: that of the value.
    pub upon: Option<usize>,
    /// What follows where the API refuses. That what is to be deleted is gone is no refusal.
    pub refused: Refused,
}

/// How a sync goes on after a refused write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It ends with the error.
    Fails,
    /// It goes on with this step, and with the next one if it is its own; the error is swallowed.
    GoesOn(usize),
}

/// What is written.
#[derive(Clone, PartialEq, Debug)]
pub enum Call {
    /// PATCH of a ReplicaSet's owners, whatever its version: it is adopted, or let go.
    Owners(Meta, Arc<Vec<OwnerReference>>),
    /// POST of a ReplicaSet; it was asked for before ([`Input::creation`]).
    Create(ReplicaSet),
    /// PUT of a ReplicaSet.
    Update(ReplicaSet),
    /// DELETE of a ReplicaSet.
    Delete(Sym),
    /// PUT of the Deployment's status, and with it of its annotations.
    UpdateStatus(Deployment),
    /// PUT of the Deployment itself: template and annotations.
    UpdateDeployment(Deployment),
    /// An event about the Deployment.
    Event(Told),
}

/// A ReplicaSet in the course of a sync.
#[derive(Clone, Debug)]
struct Set<'a> {
    /// As it is, or as the sync has changed it.
    set: Cow<'a, ReplicaSet>,
    /// The step that has changed it.
    upon: Option<usize>,
}

impl std::ops::Deref for Set<'_> {
    type Target = ReplicaSet;

    fn deref(&self) -> &ReplicaSet {
        &self.set
    }
}

/// The new ReplicaSet and the old ones, the oldest first.
struct Sets<'a> {
    new: Option<Set<'a>>,
    old: Vec<Set<'a>>,
}

impl<'a> Sets<'a> {
    /// The old ones, and the new one behind them.
    fn all(&self) -> impl Iterator<Item = &Set<'a>> {
        self.old.iter().chain(&self.new)
    }
}

/// A sync on its way.
struct Run<'a> {
    input: &'a Input<'a>,
    /// The Deployment as the sync has changed it so far.
    deployment: Deployment,
    /// Its ReplicaSets as the cache has them, the oldest first: what the sync itself writes is not in it.
    claimed: Vec<&'a ReplicaSet>,
    steps: Vec<Step>,
    requeue: Option<Requeue>,
}

/// The text of an error.
type Error = String;

/// One look at a Deployment (`syncDeployment`).
pub fn sync<'a>(input: &'a Input<'a>) -> Sync {
    let mut run = Run {
        input,
        deployment: input.deployment.clone(),
        claimed: Vec::new(),
        steps: Vec::new(),
        requeue: None,
    };
    let error = run.sync().err();
    Sync { steps: run.steps, requeue: run.requeue, error }
}

impl<'a> Run<'a> {
    fn sync(&mut self) -> Result<(), Error> {
        if *self.deployment.spec.selector == LabelSelector::default() {
            self.tell(Told::warning("SelectingAll", SELECTING_ALL.to_owned()));
            if self.deployment.status.observed_generation < self.deployment.meta.generation {
                self.deployment.status.observed_generation = self.deployment.meta.generation;
                self.write_status();
            }
            return Ok(());
        }
        self.claim();
        if self.deployment.meta.deletion.is_some() {
            let sets = self.sets(false)?;
            self.settle_status(&sets);
            return Ok(());
        }
        self.check_paused();
        if self.deployment.spec.paused {
            return self.scale_only();
        }
        if let Some(revision) = self.rollback_to() {
            return self.roll_back(revision);
        }
        if self.is_scaling()? {
            return self.scale_only();
        }
        match self.deployment.spec.strategy {
            DeploymentStrategy::Recreate => self.recreate(),
            DeploymentStrategy::RollingUpdate { .. } => self.roll(),
        }
    }

    /// Which ReplicaSets are its own (`getReplicaSetsForDeployment`), sorted as `FindNewReplicaSet` leaves them.
    fn claim(&mut self) {
        let Deployment { meta, spec, .. } = self.input.deployment;
        for set in self.input.replica_sets.iter().copied() {
            let holder = ownership::holder(&set.meta.owners, meta.uid);
            let matches = holder != Holder::Another && ownership::selects(&spec.selector, &set.meta.labels);
            match ownership::claim(holder, matches, meta.deletion.is_some(), set.meta.deletion.is_some()) {
                Claim::Ignore => {}
                Claim::Mine => self.claimed.push(set),
                Claim::Adopt => {
                    let owner = ownership::controller_ref(meta, API_VERSION, KIND);
                    let owners = ownership::adopted(&set.meta.owners, owner);
                    self.call(Call::Owners(set.meta.clone(), owners), None);
                    self.claimed.push(set);
                }
                Claim::Release => {
                    let owners = ownership::released(&set.meta.owners, meta.uid);
                    self.call(Call::Owners(set.meta.clone(), owners), None);
                }
            }
        }
        self.claimed.sort_by(|a, b| replica_sets::by_age(a, b));
    }

    fn call(&mut self, call: Call, upon: Option<usize>) -> usize {
        self.steps.push(Step { call, upon, refused: Refused::Fails });
        self.steps.len() - 1
    }
    fn tell(&mut self, told: Told) {
        self.call(Call::Event(told), None);
    }
    /// Always upon what the cache had: no sync looks at the answer to its own write of the Deployment.
    fn write_status(&mut self) {
        self.call(Call::UpdateStatus(self.deployment.clone()), None);
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("deployment", self.deployment)
            .field("replica_sets", &self.replica_sets)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

const API_VERSION: &str = "apps/v1";
const KIND: &str = "Deployment";
const SELECTING_ALL: &str = "This deployment is selecting all pods. A non-empty selector is required.";
