//! A chain of causes as it grows: what every part of it is made of, and the links that do not depend on what changed.

use std::cell::RefCell;

use super::{Link, headline};
use crate::api::{EventText, Sym};
use crate::session::lineage::Lineage;
use crate::session::past::Reader;
use crate::session::words::{YOU, describe, offset};
use crate::session::{Walk, tree};
use crate::time::Time;
use crate::world::workloads::ObjectKey;
use crate::world::{ContainerIx, Pod, SimEvent};

/// How far a chain is followed.
const LONGEST: usize = 14;
/// So many steps are followed at most where each queued the next one: a kubelet's relists go back to its beginning, and of a day
/// nobody waits for all of them.
const FARTHEST: usize = 1_000;

pub(super) struct Chain<'a> {
    pub(super) walk: &'a Walk,
    pub(super) lineage: &'a Lineage,
    pub(super) links: Vec<Link>,
    /// Each cause is looked up next to the one before: its stretch of the past is unpacked once.
    past: RefCell<Reader<'a>>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(walk: &'a Walk, lineage: &'a Lineage) -> Chain<'a> {
        Chain { walk, lineage, links: Vec::new(), past: RefCell::new(walk.past.reader()) }
    }

    pub(super) fn pod(&self) -> Option<&'a Pod> {
        self.walk.world().pods.get(self.lineage.pod.ix())
    }

    pub(super) fn event(&self, step: u64) -> Option<SimEvent> {
        self.past.borrow_mut().step(step).map(|record| record.event)
    }

    pub(super) fn at(&self, step: u64) -> Time {
        self.past.borrow_mut().step(step).map_or(self.walk.plan().start, |record| record.at)
    }

    /// The step that queued what a step played; see [`Walk::cause`].
    pub(super) fn cause(&self, step: u64) -> u64 {
        self.walk.cause_by(&mut self.past.borrow_mut(), step)
    }

    pub(super) fn clock(&self, at: Time) -> String {
        offset(at, self.walk.plan().start)
    }

    pub(super) fn add(&mut self, step: u64, component: &str, text: impl Into<String>) {
        if self.links.len() < LONGEST || step == 0 {
            self.end(step, component, text);
        }
    }

    /// What a chain ends with stands there however long it is.
    pub(super) fn end(&mut self, step: u64, component: &str, text: impl Into<String>) {
        let link = Link { at: self.at(step), step, component: component.to_owned(), text: text.into() };
        if !self.links.contains(&link) {
            self.links.push(link);
        }
    }

    /// What says how a container's processes end and answer: of pods that controllers make, programs do.
    pub(super) fn said_by(&self, name: Sym) -> String {
        let is_made = self.pod().is_some_and(|p| p.controller.is_some());
        if is_made { format!("[[program]] of {name}") } else { format!("[pod.behavior.containers.{name}]") }
    }

    /// The end of a chain: what the file says.
    pub(super) fn scenario(&mut self, text: impl Into<String>) {
        self.add(0, "scenario", text);
    }

    pub(super) fn text(&self, text: impl Into<EventText>) -> String {
        self.pod().map_or_else(String::new, |p| text.into().show(&p.ident).to_string())
    }

    pub(super) fn name(&self, ix: ContainerIx) -> Sym {
        match self.pod() {
            Some(p) if usize::from(ix) < p.container_count() => p.container(ix).name,
            _ => Sym::EMPTY,
        }
    }

    pub(super) fn find(&self, name: Sym) -> Option<ContainerIx> {
        self.pod().and_then(|p| p.find(name)).filter(|ix| usize::from(*ix) < self.lineage.containers.len())
    }

    /// A status was computed: at what occasion.
    pub(super) fn sync(&mut self, step: u64, result: &str) {
        let occasion = match self.event(step) {
            Some(SimEvent::WorkDue { .. }) => "its requeue time was over",
            Some(SimEvent::Relist { .. } | SimEvent::RelistPod { .. }) => "the relist had news",
            Some(SimEvent::PodSeen { .. }) => "the API server told of the pod",
            Some(SimEvent::Probe { .. } | SimEvent::ProbeDone { .. }) => {
                self.add(
                    step,
                    "kubelet: prober",
                    format!("a probe's result changed the status at once: {result}"),
                );
                return;
            }
            Some(SimEvent::Sync { .. }) => {
                self.add(
                    step,
                    "kubelet: pod worker",
                    format!("a run reached the point where the status is set: {result}"),
                );
                return;
            }
            _ => "it was asked to",
        };
        self.add(
            step,
            "kubelet: pod worker",
            format!(
                "began a sync ({occasion}); the status is computed first, before anything is done: {result}"
            ),
        );
    }

    pub(super) fn relist(&mut self, step: u64, what: &str) {
        if let Some(SimEvent::Relist { .. } | SimEvent::RelistPod { .. }) = self.event(step) {
            self.add(
                step,
                "kubelet: PLEG",
                format!("its relist of the runtime saw {what}; only then does the kubelet know"),
            );
        }
    }

    /// What made the run begin in which this step stands.
    pub(super) fn trigger(&mut self, step: u64) {
        let mut at = step;
        while let Some(SimEvent::Sync { .. } | SimEvent::Pulled { .. } | SimEvent::Kill { .. }) =
            self.event(at)
        {
            at = self.cause(at);
        }
        let ends = matches!(self.event(at), Some(SimEvent::Exit { .. } | SimEvent::TermExit { .. }));
        if at != step && at > 0 && !ends {
            let words = self.event(at).map(|event| describe(self.walk.world(), event));
            if let Some(words) = words {
                self.add(at, words.component, format!("{}: that began this run", words.text));
            }
        }
    }

    pub(super) fn action(&mut self, step: u64) {
        let Some(words) = self.event(step).map(|event| describe(self.walk.world(), event)) else { return };
        let mark = if words.component == YOU { "" } else { "[[action]] " };
        self.end(step, words.component, format!("{mark}{}", words.text));
    }

    pub(super) fn bound(&mut self, step: u64) {
        if let Some((since, Some(node))) = self.lineage.node.last(step, Option::is_some) {
            let name = self.walk.world().nodes.get(node.ix()).map_or(Sym::EMPTY, |n| n.spec.name);
            if let Some(SimEvent::Bind { .. }) = self.event(since) {
                self.add(since, "kube-scheduler", format!("bound the pod to node {name}"));
            }
        }
        self.created();
    }

    pub(super) fn created(&mut self) {
        let Some(p) = self.pod() else { return };
        let (name, created) = (p.ident.name, p.created);
        if let Some(owner) = p.controller {
            return self.made(owner);
        }
        let link = Link {
            at: created,
            step: 0,
            component: "scenario".to_owned(),
            text: format!("[[pod]] {name} is created"),
        };
        self.links.push(link);
    }

    /// A controller made the pod: why it did is part of the chain.
    fn made(&mut self, owner: ObjectKey) {
        let Some(step) = self.made_at() else { return };
        self.done_by_controller(step, owner, "made the pod for");
    }

    /// The step that brought the pod about.
    fn made_at(&self) -> Option<u64> {
        self.walk.first_row_about(self.lineage.pod).map(|row| row.step)
    }

    /// A step of a controller: what it did to the pod, and what set it off.
    fn controlled(&mut self, step: u64) {
        let owner = self.pod().and_then(|p| p.controller);
        match owner {
            Some(owner) if self.made_at() == Some(step) => self.made(owner),
            Some(owner)
                if self.lineage.deletion.last(step, Option::is_some).is_some_and(|(at, _)| at == step) =>
            {
                self.done_by_controller(step, owner, "deleted the pod, one too many for");
            }
            _ => {
                if self.set_off(step).is_some() {
                    self.scenario("and so on, back to the beginning of the scenario");
                }
            }
        }
    }

    fn done_by_controller(&mut self, step: u64, owner: ObjectKey, what: &str) {
        let w = self.walk.world();
        let component = self.event(step).map_or("API server", |event| describe(w, event).component);
        self.add(step, component, format!("{what} {}", tree::name(w, owner)));
        // Another pod's change lets a rollout go on, and why that came is a question of its own: the answer to this one is
        // what began the rollout.
        let Some(row) = self.set_off(step) else { return };
        self.add(row.step, "API server", headline(&row, &w.directory));
        if self.begun(step, owner).is_none_or(|begun| self.set_off(begun).is_some()) {
            self.scenario("and so on, back to the beginning of the scenario");
        }
    }

    pub(super) fn deleted(&mut self, step: u64) {
        let Some((since, _)) = self.lineage.deletion.last(step, Option::is_some) else {
            return self.queue(step);
        };
        match self.event(since) {
            Some(SimEvent::Action { .. }) => {
                self.add(since, "API server", "set the deletion timestamp: from here on the pod is to end");
                self.action(since);
            }
            _ => {
                self.add(since, "API server", "set the deletion timestamp");
                self.queue(since);
            }
        }
    }

    /// Where nothing better is known: who queued whom, down to the scenario.
    pub(super) fn queue(&mut self, step: u64) {
        let mut at = step;
        let mut last = None;
        for _ in 0..FARTHEST {
            if at == 0 || self.links.len() >= LONGEST {
                break;
            }
            let Some(event) = self.event(at) else { break };
            let words = describe(self.walk.world(), event);
            match event {
                SimEvent::Action { .. } => return self.action(at),
                SimEvent::Answered { .. }
                | SimEvent::Work { .. }
                | SimEvent::Informed { .. }
                | SimEvent::Requeued { .. }
                | SimEvent::Told { .. } => return self.controlled(at),
                // How a process ends is the scenario's to say: what made it start is another question.
                SimEvent::Exit { pod, container, .. }
                | SimEvent::TermExit { pod, container, .. }
                | SimEvent::MemoryUsed { pod, container, .. }
                    if pod == self.lineage.pod
                        && usize::from(container) < self.lineage.containers.len()
                        && at != step =>
                {
                    return self.exited(at, container);
                }
                _ => {}
            }
            let this = Some((words.component, words.pod));
            let repeated = last == this;
            if !repeated {
                self.add(at, words.component, words.text);
            }
            last = this;
            at = self.cause(at);
        }
        if self.links.last().is_none_or(|link| link.component != "scenario") {
            self.scenario(if at == 0 {
                "the scenario begins"
            } else {
                "and so on, back to the beginning of the scenario"
            });
        }
    }
}
