//! Why a workload is as it is: from its status over what makes its pods, a ReplicaSet or itself, to the pod that holds it up,
//! and from what a controller did to what set it off.

use super::chain::Chain;
use crate::api::stateful_set::PodManagement;
use crate::api::workload::WorkloadState;
use crate::api::{Sym, Tri};
use crate::record::{Change, Figures, ObjectChange, Transition};
use crate::session::why::headline;
use crate::session::words::describe;
use crate::session::{Walk, get, tree};
use crate::world::manager::Controller;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, SimEvent, World};

/// The object that a row is about, where it is no pod and no node.
pub(super) fn object_of(w: &World, row: &Transition) -> Option<ObjectKey> {
    let Change::Object { object, .. } = row.change else { return None };
    get::all_objects(w).find(|key| w.workloads.row(*key) == Some(object))
}

/// Whether a change says that something does not go on.
fn is_stuck(what: ObjectChange) -> bool {
    match what {
        ObjectChange::Workload { to, .. } => to == Some(WorkloadState::Failed),
        ObjectChange::Condition { kind, to, .. } => match kind.as_str() {
            "Progressing" | "Available" => to == Some(Tri::False),
            "ReplicaFailure" => to == Some(Tri::True),
            _ => false,
        },
        ObjectChange::Event(_) | ObjectChange::Endpoints { .. } => false,
    }
}

impl Walk {
    /// How a workload stood in numbers after a step.
    pub(super) fn figures_at(&self, key: ObjectKey, step: u64) -> Option<Figures> {
        let row = self.world().workloads.row(key)?;
        self.figures_of(row, step).next_back().and_then(|(_, own)| own.figures)
    }
}

impl Chain<'_> {
    /// Why a row about an object was written; what is left to be told is why a pod's row was.
    pub(super) fn object_row(&mut self, step: u64, key: ObjectKey, what: ObjectChange) -> Option<Transition> {
        let w = self.walk.world();
        let component = self.event(step).map_or("API server", |event| describe(w, event).component);
        let name = tree::name(w, key);
        let words = match what {
            ObjectChange::Workload { .. } => match self.walk.figures_at(key, step) {
                Some(figures) => format!("wrote the status of {name}: {}", numbers(&figures)),
                None => format!("{name} left the API server"),
            },
            ObjectChange::Condition { kind, to, reason, message, .. } => {
                let to = to.map_or("not set any more", Tri::as_str);
                format!("wrote that {kind} of {name} is {to}, {reason}: {message}")
            }
            ObjectChange::Event(event) => format!("told of it: {}", event.message.alone()),
            ObjectChange::Endpoints { to, serving, terminating, .. } => format!(
                "wrote the slices of {name}: {} ready, {serving} serving, {terminating} terminating",
                to.unwrap_or(0)
            ),
        };
        self.add(step, component, words);
        if is_stuck(what) {
            if self.has_given_up(step) {
                self.add(
                    step,
                    component,
                    "nothing has made progress for as long as progressDeadlineSeconds allows: it says so and does \
                     nothing else, neither back nor on",
                );
            }
            return self.held_up(step, key);
        }
        self.set_off(step)
    }

    /// A row that is about no pod, which may come from one.
    pub(super) fn row_of_no_pod(&mut self, row: &Transition) -> Option<Transition> {
        match (object_of(self.walk.world(), row), row.change) {
            (Some(key), Change::Object { what, .. }) => self.object_row(row.step, key, what),
            _ => {
                self.queue(row.step);
                None
            }
        }
    }

    /// Whether the rows of this step say that a deadline is over.
    fn has_given_up(&self, step: u64) -> bool {
        self.walk.rows_of(step).iter().any(|row| {
            matches!(row.change, Change::Object { what: ObjectChange::Condition { reason, .. }, .. }
                if reason == "ProgressDeadlineExceeded")
        })
    }

    /// Whether pods of a workload's newest template are not ready at this step, or cannot be made.
    pub(super) fn is_held_up(&self, step: u64, key: ObjectKey) -> bool {
        if let ObjectKey::Job(id) = key {
            return super::jobs::is_open(self.walk.world(), id);
        }
        let maker = self.wanted_maker(step, key);
        maker.is_some_and(|maker| {
            !self.waiting_pods(step, maker).is_empty() || self.refusal(step, maker).is_some()
        })
    }

    /// What makes pods of the template that is wanted: the set of a Deployment with the highest revision, or a set itself.
    fn wanted_maker(&self, step: u64, key: ObjectKey) -> Option<ObjectKey> {
        match key {
            ObjectKey::Deployment(_) => self.newest_set(step, key),
            ObjectKey::ReplicaSet(_) | ObjectKey::DaemonSet(_) | ObjectKey::StatefulSet(_) => Some(key),
            _ => None,
        }
    }

    /// When and with which words pods of a set were refused, if they still are.
    fn refusal(&self, step: u64, set: ObjectKey) -> Option<(u64, Sym)> {
        let row = self.walk.world().workloads.row(set)?;
        let mut rows = self.walk.rows_of_object(row).rev().filter(|row| row.step <= step);
        let last = rows.find_map(|row| match row.change {
            Change::Object { what: ObjectChange::Condition { kind, to, message, .. }, .. }
                if kind == "ReplicaFailure" =>
            {
                Some((row.step, to == Some(Tri::True), message))
            }
            // A StatefulSet has no condition: its last event about a creation tells.
            Change::Object { what: ObjectChange::Event(event), .. }
                if matches!(set, ObjectKey::StatefulSet(_)) && event.reason.as_str().ends_with("Create") =>
            {
                let message = Sym::new(&event.message.alone().to_string());
                Some((row.step, event.reason == "FailedCreate", message))
            }
            _ => None,
        });
        last.filter(|(_, is_refused, _)| *is_refused).map(|(at, _, message)| (at, message))
    }

    /// What holds a workload up at this step: the pods of its newest template that are not ready, or that cannot be made.
    pub(super) fn held_up(&mut self, step: u64, key: ObjectKey) -> Option<Transition> {
        if let ObjectKey::Job(id) = key {
            return self.job_held_up(step, id);
        }
        let Some(key) = self.wanted_maker(step, key) else { return self.set_off(step) };
        let (name, figures) = (tree::name(self.walk.world(), key), self.walk.figures_at(key, step)?);
        let row = self.walk.world().workloads.row(key)?;
        let last = self.walk.rows_of_object(row).rev().find(|row| row.step <= step);
        let since = last.map_or(step, |row| row.step);
        let waiting: Vec<PodId> = self.waiting_pods(step, key);
        let mut words = format!("{name} has the template that is wanted: {}", numbers(&figures));
        if let Some(first) = waiting.first() {
            let first = tree::name(self.walk.world(), ObjectKey::Pod(*first));
            words += &match waiting.len() {
                1 => format!("; {first} is not ready"),
                all => format!("; {all} of its pods are not ready, {first} among them"),
            };
        }
        let controller = match key {
            ObjectKey::DaemonSet(_) => Controller::DaemonSet,
            ObjectKey::StatefulSet(_) => Controller::StatefulSet,
            _ => Controller::ReplicaSet,
        };
        self.add(since, controller.words(), words);
        if self.waits_in_turn(key) && !waiting.is_empty() {
            self.add(
                since,
                controller.words(),
                "pods are made, updated and deleted one after the other: until this one is ready nothing else is done, and \
                 another template does not replace it",
            );
        }
        if let Some((at, message)) = self.refusal(step, key) {
            self.add(at, "API server", format!("refused pods of {name}: {message}"));
        }
        // How it came to be the wanted one is part of the answer.
        let news = self.set_off(self.begun(step, key).unwrap_or(since));
        waiting.first().map_or(news, |pod| self.telling_row(*pod, step))
    }

    /// The step at which a workload's template of this time became the one that is wanted.
    pub(super) fn begun(&self, step: u64, key: ObjectKey) -> Option<u64> {
        let row = self.walk.world().workloads.row(key)?;
        let revision = self.walk.figures_at(key, step)?.revision;
        let first = self
            .walk
            .figures_of(row, u64::MAX)
            .find(|(_, own)| own.figures.is_some_and(|own| own.revision == revision));
        first.map(|(at, _)| *at)
    }

    /// The set of a Deployment with the highest revision at this step.
    fn newest_set(&self, step: u64, deployment: ObjectKey) -> Option<ObjectKey> {
        let all = self.walk.world().workloads.dependents.get(&deployment)?;
        let sets = all.iter().filter_map(|key| match key {
            ObjectKey::ReplicaSet(_) => Some((self.walk.figures_at(*key, step)?.revision, *key)),
            _ => None,
        });
        sets.max().map(|(_, set)| set)
    }

    /// Whether it is a StatefulSet whose pods wait for one another.
    fn waits_in_turn(&self, key: ObjectKey) -> bool {
        let ObjectKey::StatefulSet(set) = key else { return false };
        let spec = &self.walk.world().workloads.stateful_sets[set.ix()].object.spec;
        spec.pod_management == PodManagement::OrderedReady
    }

    /// The pods of a set that were there and not ready.
    fn waiting_pods(&self, step: u64, maker: ObjectKey) -> Vec<PodId> {
        let w = self.walk.world();
        let own = |pod: &PodId| w.pods[pod.ix()].controller == Some(maker);
        if step == self.walk.position() {
            // As it is now nobody has to read how it came to be.
            let waits = |pod: &PodId| {
                let p = &w.pods[pod.ix()];
                p.exists && !p.status.condition_is_true(Sym::READY)
            };
            return PodId::all(w.pods.len()).filter(own).filter(waits).collect();
        }
        let waits = |pod: &PodId| {
            let (mut is_there, mut ready) = (false, false);
            for row in self.walk.rows_about(*pod).take_while(|row| row.step <= step) {
                match row.change {
                    Change::Status { to, .. } => is_there = !to.is_empty(),
                    Change::Condition { kind, to, .. } if kind == Sym::READY => ready = to == Some(Tri::True),
                    _ => {}
                }
            }
            is_there && !ready
        };
        PodId::all(w.pods.len()).filter(own).filter(waits).collect()
    }

    /// The row of a pod that says most about why it is not ready at this step.
    pub(super) fn telling_row(&self, pod: PodId, step: u64) -> Option<Transition> {
        let rows: Vec<Transition> = self.walk.rows_about(pod).take_while(|row| row.step <= step).collect();
        let last = |is_it: &dyn Fn(Change) -> bool| rows.iter().rev().find(|row| is_it(row.change)).copied();
        let condition =
            |wanted: Sym| last(&|change| matches!(change, Change::Condition { kind, .. } if kind == wanted));
        let unbound = condition(Sym::POD_SCHEDULED)
            .filter(|row| matches!(row.change, Change::Condition { to: Some(Tri::False), .. }));
        let container = last(&|change| {
            matches!(change, Change::Container { to, reason, .. }
                if to != Sym::RUNNING_STATE && !reason.is_empty() && reason != Sym::CONTAINER_CREATING)
        });
        // One that runs and is not ready is told of by its prober.
        let unhealthy = last(&|change| match change {
            Change::Container { to, .. } => to == Sym::RUNNING_STATE,
            Change::Event(event) => event.reason == "Unhealthy",
            _ => false,
        });
        let last_state = last(&|change| matches!(change, Change::Container { .. }));
        let runs = last_state
            .filter(|row| matches!(row.change, Change::Container { to, .. } if to == Sym::RUNNING_STATE));
        unbound
            .or(if runs.is_some() { unhealthy.or(runs) } else { container })
            .or_else(|| condition(Sym::READY))
            .or_else(|| last(&|change| matches!(change, Change::Status { .. })))
    }

    /// From what a controller did back to what set it off: over what it heard, down to an action or to the scenario. A pod's
    /// row that it heard of is left to be told.
    pub(super) fn set_off(&mut self, step: u64) -> Option<Transition> {
        let mut at = step;
        loop {
            let event = self.event(at);
            match event {
                Some(SimEvent::Action { .. }) => {
                    self.action(at);
                    return None;
                }
                Some(SimEvent::Apply { index }) => {
                    self.applied(at, index);
                    return None;
                }
                None => {
                    self.scenario("the scenario begins");
                    return None;
                }
                Some(SimEvent::Requeued { controller: Controller::Autoscaler, key }) => {
                    self.autoscaled(at, key);
                    return None;
                }
                Some(SimEvent::Requeued { .. }) => {
                    let component = event.map_or("", |event| describe(self.walk.world(), event).component);
                    self.add(at, component, "had put off until then to look again");
                }
                Some(SimEvent::Informed { of, .. }) => {
                    let origin = self.cause(at);
                    let w = self.walk.world();
                    let rows = self.walk.rows_of(origin);
                    let rows = rows.iter().filter(|row| match of {
                        ObjectKey::Pod(pod) => row.pod == Some(pod.0) && says_something(row),
                        key => object_of(w, row) == Some(key) && says_something(row),
                    });
                    // Of a pod a controller asks above all whether it is ready.
                    let is_ready = |row: &&Transition| matches!(row.change, Change::Condition { kind, .. } if kind == Sym::READY);
                    let told = rows.min_by_key(|row| !is_ready(row));
                    if let Some(row) = told.copied() {
                        if row.pod.is_some() {
                            return Some(row);
                        }
                        let component =
                            self.event(origin).map_or("API server", |event| describe(w, event).component);
                        let words = headline(&row, &w.directory);
                        if !matches!(
                            self.event(origin),
                            Some(
                                SimEvent::Action { .. } | SimEvent::Apply { .. } | SimEvent::ApplyNext { .. }
                            )
                        ) {
                            self.add(origin, component, words);
                        }
                    }
                }
                Some(_) => {}
            }
            at = self.cause(at);
        }
    }

    /// A look of the controller of autoscalers, which comes by itself: what the scenario says that pods use.
    fn autoscaled(&mut self, at: u64, key: ObjectKey) {
        let ObjectKey::HorizontalPodAutoscaler(id) = key else { return };
        let own = &self.walk.world().workloads.autoscalers[id.ix()].object;
        let name = tree::name(self.walk.world(), key);
        let words = format!("looks at {name} every 15 seconds");
        let metrics = &self.walk.plan().metrics;
        self.add(at, Controller::Autoscaler.words(), words);
        let (target, plan) = (own.spec.target, self.walk.plan());
        let told = match metrics.iter().find(|plan| plan.is_of(target, own.meta.namespace)) {
            None => format!("no [[metric]] speaks of {}: there is no metrics server", target.name),
            Some(metric) => {
                let of = format!("{}/{}", metric.of.kind.key(), metric.of.name);
                format!("[[metric]] {of}: {}", metric.words(plan.start))
            }
        };
        self.end(at, "scenario", told);
    }

    /// What an `[[apply]]` brought.
    fn applied(&mut self, step: u64, index: u32) {
        let plan = self.walk.plan();
        let names = plan.applies.get(index as usize).map_or_else(String::new, |apply| {
            let named = |object: &crate::scenario::plan::AppliedObject| {
                format!(
                    "{}/{} ({}, line {})",
                    object.kind.singular(),
                    object.name(),
                    object.file,
                    object.line
                )
            };
            apply.objects.iter().map(named).collect::<Vec<_>>().join(", ")
        });
        self.end(step, "scenario", format!("[[apply]] {names}"));
    }
}

/// Whether a row is worth telling as what somebody heard: events are told to people.
fn says_something(row: &Transition) -> bool {
    !matches!(row.change, Change::Event(_) | Change::Object { what: ObjectChange::Event(_), .. })
}

/// `3 of 4 available, 3 ready, 2 of the newest template`
pub(in crate::session) fn numbers(figures: &Figures) -> String {
    if figures.active.is_some() {
        return figures.words();
    }
    let mut text = format!(
        "{} of {} available, {} ready, {} there",
        figures.available.unwrap_or(0),
        figures.desired.unwrap_or(0),
        figures.ready.unwrap_or(0),
        figures.current.unwrap_or(0)
    );
    if let Some(updated) = figures.updated {
        text += &format!(", {updated} of the newest template");
    }
    text
}
