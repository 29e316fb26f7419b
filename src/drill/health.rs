//! Whether a cluster is well, and what it has lost meanwhile.
//!
//! A goal is what somebody wants of an object, whatever its manifest says by now: so many pods available and all of the newest
//! template, so many endpoints behind a Service, a node that is empty. Who scales a workload down has not mended it. How many
//! pods were available when the person came is what must not get less. What is wanted of a cluster that somebody else has thought
//! out ([`Goal::of_all`]) is that all is well that stands in it.

use std::sync::Arc;

use crate::api::workload::WorkloadState;
use crate::api::{Phase, Sym, Tri};
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
        /// Where it is.
        namespace: Sym,
        /// `deployment`, `statefulset`, `daemonset`
        kind: Sym,
        /// Its name.
        name: Sym,
        /// At least so many; 0: as many as it wants itself, and one at least.
        replicas: i32,
    },
    /// It comes to its end, and that is a good one.
    Job {
        /// Where it is.
        namespace: Sym,
        /// Its name.
        name: Sym,
    },
    /// A pod of this name, that no workload has made, is Ready or has ended well.
    Pod {
        /// Where it is.
        namespace: Sym,
        /// Its name.
        name: String,
    },
    /// So many pods answer behind it.
    Service {
        /// Where it is.
        namespace: Sym,
        /// Its name.
        name: String,
        /// At least so many.
        ready: i32,
    },
    /// It makes its Jobs.
    CronJob {
        /// Where it is.
        namespace: Sym,
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
    /// Of a workload in the namespace `default`.
    pub fn workload(kind: &str, name: &str, replicas: i32) -> Goal {
        Goal::Workload { namespace: default(), kind: Sym::new(kind), name: Sym::new(name), replicas }
    }
    /// Of a Service in the namespace `default`.
    pub fn service(name: &str, ready: i32) -> Goal {
        Goal::Service { namespace: default(), name: name.to_owned(), ready }
    }
    /// Of a CronJob in the namespace `default`.
    pub fn cron_job(name: &str) -> Goal {
        Goal::CronJob { namespace: default(), name: name.to_owned() }
    }

    /// That all is well that stands in a cluster: each workload that nobody has made as large as it is wanted to be by now, each
    /// pod that nobody has made, every node.
    pub fn of_all(w: &World) -> Vec<Goal> {
        let tops = tree::tree(w).into_iter().filter(|leaf| leaf.depth == 0);
        let goal = |key: ObjectKey| {
            if let ObjectKey::Pod(pod) = key {
                let ident = &w.pods[pod.ix()].ident;
                return Some(Goal::Pod { namespace: ident.namespace, name: ident.name.to_string() });
            }
            let ident = w.directory.objects[w.workloads.row(key)? as usize];
            let (namespace, kind, name) = (ident.namespace, ident.kind, ident.name);
            let replicas = tree::figures(w, key).and_then(|own| own.desired).unwrap_or(0);
            Some(match key {
                ObjectKey::Job(_) => Goal::Job { namespace, name },
                ObjectKey::CronJob(_) => Goal::CronJob { namespace, name: name.to_string() },
                ObjectKey::DaemonSet(_) => Goal::Workload { namespace, kind, name, replicas: 0 },
                ObjectKey::Deployment(_) | ObjectKey::ReplicaSet(_) | ObjectKey::StatefulSet(_)
                    if replicas > 0 =>
                {
                    Goal::Workload { namespace, kind, name, replicas }
                }
                _ => return None,
            })
        };
        tops.filter_map(|leaf| goal(leaf.of)).chain([Goal::Nodes]).collect()
    }

    /// Whether it is wanted of the same object, however much.
    pub fn is_of_the_same(&self, other: &Goal) -> bool {
        let own = |goal: &Goal| match goal {
            Goal::Workload { namespace, kind, name, .. } => {
                Goal::Workload { namespace: *namespace, kind: *kind, name: *name, replicas: 0 }
            }
            Goal::Service { namespace, name, .. } => {
                Goal::Service { namespace: *namespace, name: name.clone(), ready: 0 }
            }
            goal => goal.clone(),
        };
        own(self) == own(other)
    }

    /// In words, as it is wanted.
    pub fn words(&self) -> String {
        let within = |namespace: &Sym| match *namespace == default() {
            true => String::new(),
            false => format!(" in the namespace {namespace}"),
        };
        match self {
            Goal::Workload { namespace, kind, name, replicas: 0 } => {
                format!("{kind}/{name}{} available on every node", within(namespace))
            }
            Goal::Workload { namespace, kind, name, replicas } => {
                let place = within(namespace);
                format!("{kind}/{name}{place} with {replicas} available, all of its newest template")
            }
            Goal::Job { namespace, name } => format!("job/{name}{} succeeded", within(namespace)),
            Goal::Pod { namespace, name } => format!("pod/{name}{} Ready, or ended well", within(namespace)),
            Goal::Service { namespace, name, ready } => {
                format!("service/{name}{} with {ready} ready endpoints", within(namespace))
            }
            Goal::CronJob { namespace, name } => {
                format!("cronjob/{name}{} making its Jobs", within(namespace))
            }
            Goal::Empty { node } => format!("node/{node} empty: it is being drained"),
            Goal::Nodes => "no node that is not Ready".to_owned(),
        }
    }

    /// Whether it is so.
    pub fn is_met(&self, w: &World) -> bool {
        match self {
            Goal::Workload { namespace, kind, name, replicas } => {
                let Some(key) = find(w, *namespace, *kind, *name) else { return false };
                let Some(figures) = tree::figures(w, key) else { return false };
                let wanted = figures.desired.unwrap_or(0).max((*replicas).max(1));
                let are_new = figures.updated.is_none_or(|updated| updated >= wanted);
                state(w, key) == Some(WorkloadState::Complete)
                    && figures.available.unwrap_or(0) >= wanted
                    && are_new
            }
            Goal::Job { namespace, name } => {
                let key = find(w, *namespace, Sym::new("job"), *name);
                key.and_then(|key| state(w, key)) == Some(WorkloadState::Complete)
            }
            Goal::Pod { namespace, name } => {
                let mut own = w.pods.iter().filter(|pod| pod.exists && pod.ident.namespace == *namespace);
                own.any(|pod| {
                    name.starts_with(pod.ident.name.base.as_str())
                        && pod.ident.name.to_string() == *name
                        && is_well(pod)
                })
            }
            Goal::Service { namespace, name, ready } => {
                let key = find(w, *namespace, Sym::new("service"), Sym::new(name));
                let Some(ObjectKey::Service(id)) = key else { return false };
                let counts = w.workloads.services[id.ix()].beside.as_ref().map_or([0; 3], |own| own.counts);
                i64::from(counts[0]) >= i64::from(*ready)
            }
            Goal::CronJob { namespace, name } => {
                let key = find(w, *namespace, Sym::new("cronjob"), Sym::new(name));
                key.and_then(|key| state(w, key)).is_some_and(|state| state != WorkloadState::Suspended)
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

    /// How many of its pods serve; of what has none, none.
    fn available(&self, w: &World) -> i32 {
        match self {
            Goal::Workload { namespace, kind, name, .. } => {
                let key = find(w, *namespace, *kind, *name);
                let figures = key.and_then(|key| tree::figures(w, key));
                figures.and_then(|own| own.available).unwrap_or(0)
            }
            Goal::Pod { .. } => i32::from(self.is_met(w)),
            _ => 0,
        }
    }
}

fn default() -> Sym {
    Sym::new("default")
}

/// It serves, or it has ended well.
pub fn is_well(pod: &Pod) -> bool {
    pod.status.condition_is_true(Sym::READY) || pod.status.phase() == Phase::Succeeded
}

fn state(w: &World, key: ObjectKey) -> Option<WorkloadState> {
    w.workloads.held(key).and_then(AnyHeld::told).map(|(state, ..)| state)
}

fn find(w: &World, namespace: Sym, kind: Sym, name: Sym) -> Option<ObjectKey> {
    let key = w.workloads.find(kind, namespace, name)?;
    w.workloads.exists(key).then_some(key)
}

/// How what is wanted stood before anybody did anything.
#[derive(Clone, Debug)]
struct Had {
    /// Its place among the goals.
    goal: usize,
    available: i32,
    /// Its pods come and go by themselves: what goes then is the fault's, not the person's.
    comes_and_goes: bool,
}

/// Who looks on while a person works.
#[derive(Clone, Debug)]
pub struct Watch {
    goals: Arc<[Goal]>,
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
    /// Since when each goal is met.
    met: Vec<Option<Time>>,
}

impl Watch {
    /// Begins to look on.
    pub fn new(goals: Arc<[Goal]>, w: &World, now: Time) -> Watch {
        let has_pods = |goal: &Goal| matches!(goal, Goal::Workload { .. } | Goal::Pod { .. });
        let own = goals.iter().enumerate().filter(|(_, goal)| has_pods(goal));
        let had = own
            .map(|(ix, goal)| Had { goal: ix, available: goal.available(w), comes_and_goes: false })
            .collect();
        let met = vec![None; goals.len()];
        let mut watch = Watch { goals, had, missing: 0, looked: now, lost: 0, well_since: None, met };
        watch.look(w, now);
        watch
    }

    /// Something may have changed, before the person has come.
    pub fn look_before(&mut self, w: &World, now: Time) {
        for had in &mut self.had {
            let there = self.goals[had.goal].available(w);
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
            false => (had.available - self.goals[had.goal].available(w)).max(0),
        };
        self.missing = self.had.iter().map(missing).sum();
        for (since, goal) in self.met.iter_mut().zip(&*self.goals) {
            *since = if goal.is_met(w) { since.or(Some(now)) } else { None };
        }
        if self.met.contains(&None) {
            self.well_since = None;
        } else if self.well_since.is_none() {
            self.well_since = Some(now);
        }
    }

    /// Of which goals pods are missing that were there, by their places.
    pub fn fallen(&self, w: &World) -> impl Iterator<Item = usize> {
        self.had.iter().filter(|had| self.goals[had.goal].available(w) < had.available).map(|had| had.goal)
    }
    /// Pods of these goals go by themselves, whatever the person does: that they are missing is no loss of the person's.
    pub fn excuse(&mut self, goals: &[usize]) {
        for had in &mut self.had {
            had.comes_and_goes |= goals.contains(&had.goal);
        }
    }

    /// Since when all is well; None: it is not.
    pub fn well_since(&self) -> Option<Time> {
        self.well_since
    }
    /// How many goals were met when it looked last.
    pub fn met(&self) -> usize {
        self.met.iter().flatten().count()
    }
    /// Whether all goals of the same objects as these have been met for so long when it looked last.
    pub fn holds(&self, goals: &[Goal], span: Span) -> bool {
        let own = |goal: &Goal| goals.iter().any(|other| other.is_of_the_same(goal));
        let mut of = self.goals.iter().zip(&self.met).filter(|(goal, _)| own(goal));
        of.all(|(_, since)| since.is_some_and(|since| self.looked.since(since) >= span))
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
