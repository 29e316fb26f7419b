//! Whether a cluster is well, and what it has lost meanwhile.
//!
//! A goal is what somebody wants of an object, whatever its manifest says by now: so many pods available and all of the newest
//! template, so many endpoints behind a Service, a node that is empty. Who scales a workload down has not mended it. How many
//! pods were available when the person came is what must not get less.

use crate::api::workload::WorkloadState;
use crate::api::{Sym, Tri};
use crate::session::tree;
use crate::time::{Span, Time};
use crate::world::held::AnyHeld;
use crate::world::node::NodeConditionKind;
use crate::world::workloads::ObjectKey;
use crate::world::{Pod, World};

/// What shall be so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Goal {
    /// As many pods as wanted are available, and all are of the newest template.
    Workload {
        /// `deployment`, `statefulset`, `daemonset`
        kind: Sym,
        /// Its name.
        name: Sym,
        /// At least so many; 0: as many as it wants itself, and one at least.
        replicas: i32,
    },
    /// So many pods answer behind it.
    Service {
        /// Its name.
        name: String,
        /// At least so many.
        ready: i32,
    },
    /// It makes its Jobs.
    CronJob {
        /// Its name.
        name: String,
    },
    /// Nothing runs on a node but what runs on every node.
    Empty {
        /// Its name.
        node: String,
    },
    /// Every node that is in the API is Ready.
    Nodes,
}

impl Goal {
    /// Of a workload.
    pub fn workload(kind: &str, name: &str, replicas: i32) -> Goal {
        Goal::Workload { kind: Sym::new(kind), name: Sym::new(name), replicas }
    }

    /// In words, as it is wanted.
    pub fn words(&self) -> String {
        match self {
            Goal::Workload { kind, name, replicas: 0 } => format!("{kind}/{name} available on every node"),
            Goal::Workload { kind, name, replicas } => {
                format!("{kind}/{name} with {replicas} available, all of its newest template")
            }
            Goal::Service { name, ready } => format!("service/{name} with {ready} ready endpoints"),
            Goal::CronJob { name } => format!("cronjob/{name} making its Jobs"),
            Goal::Empty { node } => format!("node/{node} empty: it is being drained"),
            Goal::Nodes => "no node that is not Ready".to_owned(),
        }
    }

    fn is_met(&self, w: &World) -> bool {
        match self {
            Goal::Workload { kind, name, replicas } => {
                let Some(key) = find(w, *kind, *name) else { return false };
                let state = w.workloads.held(key).and_then(AnyHeld::told).map(|(state, ..)| state);
                let Some(figures) = tree::figures(w, key) else { return false };
                let wanted = figures.desired.unwrap_or(0).max((*replicas).max(1));
                let are_new = figures.updated.is_none_or(|updated| updated >= wanted);
                state == Some(WorkloadState::Complete) && figures.available.unwrap_or(0) >= wanted && are_new
            }
            Goal::Service { name, ready } => {
                let key = find(w, Sym::new("service"), Sym::new(name));
                let Some(ObjectKey::Service(id)) = key else { return false };
                let counts = w.workloads.services[id.ix()].beside.as_ref().map_or([0; 3], |own| own.counts);
                i64::from(counts[0]) >= i64::from(*ready)
            }
            Goal::CronJob { name } => {
                let key = find(w, Sym::new("cronjob"), Sym::new(name));
                let state = key.and_then(|key| w.workloads.held(key)?.told()).map(|(state, ..)| state);
                state.is_some_and(|state| state != WorkloadState::Suspended)
            }
            Goal::Empty { node } => {
                let stays = |pod: &Pod| matches!(pod.controller, Some(ObjectKey::DaemonSet(_)));
                let is_there =
                    |pod: &Pod| pod.node.is_some_and(|own| w.nodes[own.ix()].spec.name == node.as_str());
                let mut pods = w.pods.iter().filter(|pod| pod.exists && !pod.status.phase().is_terminal());
                pods.all(|pod| stays(pod) || !is_there(pod))
            }
            Goal::Nodes => w
                .nodes
                .iter()
                .all(|node| !node.exists || node.condition(NodeConditionKind::Ready).status == Tri::True),
        }
    }
}

fn find(w: &World, kind: Sym, name: Sym) -> Option<ObjectKey> {
    let key = w.workloads.find(kind, Sym::new("default"), name)?;
    w.workloads.exists(key).then_some(key)
}

/// How a workload stood before anybody did anything.
#[derive(Clone, Debug)]
struct Had {
    kind: Sym,
    name: Sym,
    available: i32,
    /// Its pods come and go by themselves: what goes then is the fault's, not the person's.
    comes_and_goes: bool,
}

/// Who looks on while a person works.
#[derive(Clone, Debug)]
pub struct Watch {
    goals: Vec<Goal>,
    /// How many pods of each workload were available when the person came, and whether they came and went before.
    had: Vec<Had>,
    /// How many fewer there are.
    missing: i32,
    /// When that was looked at last.
    looked: Time,
    /// For how many seconds a pod was missing, all pods together, in microseconds.
    lost: i64,
    /// Since when all is well.
    well_since: Option<Time>,
}

impl Watch {
    /// Begins to look on.
    pub fn new(goals: Vec<Goal>, w: &World, now: Time) -> Watch {
        let mut had = Vec::new();
        for goal in &goals {
            if let Goal::Workload { kind, name, .. } = goal {
                let available = available(w, *kind, *name);
                had.push(Had { kind: *kind, name: *name, available, comes_and_goes: false });
            }
        }
        let mut watch = Watch { goals, had, missing: 0, looked: now, lost: 0, well_since: None };
        watch.look(w, now);
        watch
    }

    /// Something may have changed, before the person has come.
    pub fn look_before(&mut self, w: &World, now: Time) {
        for had in &mut self.had {
            let there = available(w, had.kind, had.name);
            had.comes_and_goes |= there > had.available;
            had.available = there;
        }
        self.look(w, now);
        self.lost = 0;
    }

    /// Something may have changed.
    pub fn look(&mut self, w: &World, now: Time) {
        self.lost += i64::from(self.missing) * now.since(self.looked).micros();
        self.looked = now;
        let missing = |had: &Had| match had.comes_and_goes {
            true => 0,
            false => (had.available - available(w, had.kind, had.name)).max(0),
        };
        self.missing = self.had.iter().map(missing).sum();
        if !self.goals.iter().all(|goal| goal.is_met(w)) {
            self.well_since = None;
        } else if self.well_since.is_none() {
            self.well_since = Some(now);
        }
    }

    /// Since when all is well; None: it is not.
    pub fn well_since(&self) -> Option<Time> {
        self.well_since
    }
    /// How long pods were missing that had been there, all pods together.
    pub fn lost(&self) -> Span {
        Span::from_micros(self.lost)
    }
    /// What is not as it shall be.
    pub fn unmet(&self, w: &World) -> Vec<String> {
        self.goals.iter().filter(|goal| !goal.is_met(w)).map(Goal::words).collect()
    }
    /// What shall be.
    pub fn goals(&self) -> &[Goal] {
        &self.goals
    }
}

fn available(w: &World, kind: Sym, name: Sym) -> i32 {
    find(w, kind, name).and_then(|key| tree::figures(w, key)).and_then(|own| own.available).unwrap_or(0)
}
