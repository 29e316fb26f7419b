//! Why something changed: the chain of causes down to the scenario, each link with its instant and its component.
//!
//! A change is followed backwards through what components knew ([`Lineage`]): what the API server shows was written by the
//! status manager, was computed by a sync, from what the PLEG's relist had seen and what the last start had left in the
//! reason cache, because of what a process did, because the scenario says so. Where no such knowledge leads on, the queue
//! does: every event was queued by a step.

use super::Walk;
use super::lineage::Lineage;
use super::words::{PROBES, about, describe, offset, pod_of};
use crate::api::{
    Condition, ContainerState, ContainerStatus, InstanceState, PodStatus, RuntimeContainer, Sym, Text, Tri,
};
use crate::record::{Change, Event, Transition};
use crate::rules::printing::{self, StatusSource};
use crate::time::Time;
use crate::world::{ContainerIx, Pod, PodId, SimEvent};

/// One cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub at: Time,
    /// The step at which it happened; 0 for what stands in the scenario.
    pub step: u64,
    pub component: String,
    pub text: String,
}

/// A change and its causes, the nearest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    pub at: Time,
    pub headline: String,
    pub links: Vec<Link>,
}

impl Why {
    /// One line for the change and one for each link, wrapped by nobody.
    pub fn render(&self, start: Time) -> String {
        let mut text = format!("{}  {}\n", offset(self.at, start), self.headline);
        let wide = self.links.iter().map(|l| l.component.len()).max().unwrap_or(0);
        let times: Vec<String> = self.links.iter().map(|l| offset(l.at, start)).collect();
        let early = times.iter().map(String::len).max().unwrap_or(0);
        for (link, time) in self.links.iter().zip(times) {
            text.push_str(&format!("  {time:>early$}  {:wide$}  {}\n", link.component, link.text));
        }
        text
    }
}

/// A change as a person would say it.
pub fn headline(row: &Transition, walk: &Walk) -> String {
    let directory = &walk.world().directory;
    let ident = row.pod.and_then(|p| directory.pods.get(p as usize));
    let pod = ident.map_or_else(String::new, |i| i.name.to_string());
    let node = row.node.and_then(|n| directory.nodes.get(n as usize)).map_or("", |n| n.as_str());
    let or = |text: Sym, other: &'static str| if text.is_empty() { other } else { text.as_str() };
    let tri = |t: Option<Tri>| t.map_or("not set", Tri::as_str);
    match row.change {
        Change::Phase { from, to } if from.is_empty() => format!("{pod}: created, phase {to}"),
        Change::Phase { to, .. } if to.is_empty() => format!("{pod}: gone from the API server"),
        Change::Phase { from, to } => format!("{pod}: phase {from} -> {to}"),
        Change::Condition { kind, from, to, reason, .. } => {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("{pod}: condition {kind} {} -> {}{reason}", tri(from), tri(to))
        }
        Change::Container { name, from, to, ready, restarts, reason, exit_code, .. } => {
            let mut facts = Vec::new();
            if !reason.is_empty() {
                facts.push(reason.to_string());
            }
            facts.extend(exit_code.map(|code| format!("exit {code}")));
            facts.push(if ready { "ready".to_owned() } else { "not ready".to_owned() });
            facts.push(format!("restarts {restarts}"));
            format!(
                "{pod}: container {name} {} -> {} ({})",
                or(from, "none"),
                or(to, "none"),
                facts.join(", ")
            )
        }
        Change::Status { from, to, ready, restarts } => {
            let way = match (from == to, from.is_empty(), to.is_empty()) {
                (true, ..) => format!("STATUS stays {to}"),
                (_, true, _) => format!("STATUS {to}"),
                (_, _, true) => format!("STATUS {from} -> none, the pod is gone"),
                _ => format!("STATUS {from} -> {to}"),
            };
            format!("{pod}: {way}  READY {}/{}  RESTARTS {restarts}", ready.0, ready.1)
        }
        Change::Event(e) => {
            let kind = if e.warning { "Warning" } else { "Normal" };
            let message = ident.map_or_else(String::new, |i| e.message.show(i).to_string());
            let count = if e.count > 1 { format!(" (x{})", e.count) } else { String::new() };
            format!("{pod}: {kind} event {}{count}: {message}", e.reason)
        }
        Change::Node { kind, from, to, reason, .. } => {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("node {node}: {kind} {} -> {}{reason}", tri(from), tri(to))
        }
    }
}

/// How telling a row is where several stand at one step: the STATUS column first.
fn weight(row: &Transition) -> u8 {
    match row.change {
        Change::Status { from, to, .. } if from != to => 0,
        Change::Phase { .. } => 1,
        Change::Condition { kind, .. } if kind == Sym::READY => 2,
        Change::Container { .. } => 3,
        Change::Status { .. } => 4,
        Change::Condition { .. } | Change::Node { .. } => 5,
        Change::Event(_) => 6,
    }
}

impl Walk {
    /// The most telling change of the last step (of the pod, if one is given) that wrote something.
    pub fn last_change(&self, pod: Option<PodId>) -> Option<Transition> {
        let history = self.history();
        let concerns = |row: &&Transition| pod.is_none_or(|pod| row.pod == Some(pod.0));
        let step = history.iter().rev().find(concerns)?.step;
        self.rows_of(step).iter().filter(concerns).min_by_key(|row| weight(row)).copied()
    }

    /// The last change of that name: `phase`, `status`, a condition's type, `event`, an event's reason or a container's
    /// name; without a name the most telling one.
    ///
    /// # Errors
    /// Says that there is none.
    pub fn change_called(&self, word: &str) -> Result<Transition, String> {
        if word.is_empty() {
            return self
                .last_change(self.selected)
                .or_else(|| self.last_change(None))
                .ok_or_else(|| "nothing has changed yet".to_owned());
        }
        let named = |row: &&Transition| {
            self.selected.is_none_or(|pod| row.pod == Some(pod.0))
                && match row.change {
                    Change::Phase { .. } => word.eq_ignore_ascii_case("phase"),
                    Change::Status { .. } => word.eq_ignore_ascii_case("status"),
                    Change::Condition { kind, .. } | Change::Node { kind, .. } => kind == word,
                    Change::Container { name, .. } => name == word,
                    Change::Event(event) => word == "event" || event.reason == word,
                }
        };
        self.history().iter().rev().find(named).copied().ok_or_else(|| {
            format!("no change called `{word}` yet: phase, status, a condition such as Ready, event, the reason of one, or a container's name")
        })
    }

    /// Why a row was written.
    pub fn why(&mut self, row: &Transition) -> Why {
        let headline = headline(row, self);
        let links = match row.pod {
            Some(pod) => {
                let lineage = self.lineage(PodId(pod), row.step);
                let mut chain = Chain::new(self, &lineage);
                chain.row(row);
                let links = chain.links;
                self.lineage = Some(lineage);
                links
            }
            None => {
                let start = self.checkpoints.before(0).unwrap_or(&self.session).clone();
                let lineage = Lineage::new(start, PodId(0));
                let mut chain = Chain::new(self, &lineage);
                chain.queue(row.step);
                chain.links
            }
        };
        Why { at: row.time, headline, links }
    }

    /// What was known of a pod until this step; looked up once and then carried on.
    fn lineage(&mut self, pod: PodId, step: u64) -> Lineage {
        let mut lineage = match self.lineage.take() {
            Some(kept) if kept.pod == pod => kept,
            _ => Lineage::new(self.checkpoints.before(0).unwrap_or(&self.session).clone(), pod),
        };
        lineage.extend(step);
        lineage
    }
}

/// How far a chain is followed.
const LONGEST: usize = 14;

struct Chain<'a> {
    walk: &'a Walk,
    lineage: &'a Lineage,
    links: Vec<Link>,
}

#[derive(Clone, Copy)]
enum Aspect {
    Status,
    Phase,
    Condition(Sym),
    Container(Sym),
}

fn all(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    status.init.iter().chain(&status.containers).chain(&status.ephemeral)
}

impl<'a> Chain<'a> {
    fn new(walk: &'a Walk, lineage: &'a Lineage) -> Chain<'a> {
        Chain { walk, lineage, links: Vec::new() }
    }
    fn pod(&self) -> Option<&'a Pod> {
        self.walk.world().pods.get(self.lineage.pod.ix())
    }
    fn event(&self, step: u64) -> Option<SimEvent> {
        self.walk.step_record(step).map(|record| record.event)
    }
    fn at(&self, step: u64) -> Time {
        self.walk.step_record(step).map_or(self.walk.plan().start, |record| record.at)
    }
    fn clock(&self, at: Time) -> String {
        offset(at, self.walk.plan().start)
    }
    fn add(&mut self, step: u64, component: &str, text: impl Into<String>) {
        let link = Link { at: self.at(step), step, component: component.to_owned(), text: text.into() };
        if (self.links.len() < LONGEST || step == 0) && !self.links.contains(&link) {
            self.links.push(link);
        }
    }
    /// The end of a chain: what the file says.
    fn scenario(&mut self, text: impl Into<String>) {
        self.add(0, "scenario", text);
    }
    fn text(&self, text: Text) -> String {
        self.pod().map_or_else(String::new, |p| text.show(&p.ident).to_string())
    }
    fn name(&self, ix: ContainerIx) -> Sym {
        match self.pod() {
            Some(p) if usize::from(ix) < p.container_count() => p.container(ix).name,
            _ => Sym::EMPTY,
        }
    }
    fn find(&self, name: Sym) -> Option<ContainerIx> {
        self.pod().and_then(|p| p.find(name)).filter(|ix| usize::from(*ix) < self.lineage.containers.len())
    }

    fn row(&mut self, row: &Transition) {
        let step = row.step;
        let aspect = match row.change {
            Change::Event(event) => return self.event_row(step, &event),
            Change::Node { .. } => return self.queue(step),
            Change::Phase { to, .. } if to.is_empty() => return self.gone(step),
            Change::Status { to, .. } if to.is_empty() => return self.gone(step),
            Change::Phase { .. } => Aspect::Phase,
            Change::Status { .. } => Aspect::Status,
            Change::Condition { kind, .. } => Aspect::Condition(kind),
            Change::Container { name, .. } => Aspect::Container(name),
        };
        match self.event(step) {
            Some(SimEvent::StatusWrite { .. } | SimEvent::StatusRetry { .. }) => {
                self.add(
                    step,
                    "kubelet: status manager",
                    "wrote the pod's status to the API server; until then kubectl showed what was before",
                );
                if let Change::Status { from, to, .. } = row.change
                    && from == "Terminating"
                    && to != from
                {
                    self.add(
                        step,
                        "kubectl get",
                        "the phase is final now, so STATUS tells how the containers ended and no longer Terminating",
                    );
                }
                self.written(step, aspect);
            }
            Some(SimEvent::Bind { .. }) => self.bound(step),
            Some(SimEvent::CreatePod { .. }) | None => self.created(),
            Some(SimEvent::Action { .. }) if self.lineage.deletion.last(step, Option::is_some).is_some() => {
                self.deleted(step);
            }
            Some(_) => self.queue(step),
        }
    }

    /// The status manager wrote an aspect: when was it computed, and from what?
    fn written(&mut self, step: u64, aspect: Aspect) {
        let Some((_, published)) = self.lineage.published.at(step) else { return self.queue(step) };
        let Some(p) = self.pod() else { return };
        let deleted = self.lineage.deletion.at(step).is_some_and(|(_, at)| at.is_some());
        match aspect {
            Aspect::Status => {
                let gates = &self.walk.world().gates;
                let (_, source) = printing::columns_and_source(&p.spec, published, deleted, gates);
                match source {
                    StatusSource::Init(at) if at < published.init.len() => {
                        self.written(step, Aspect::Container(published.init[at].name));
                    }
                    StatusSource::Main(at) if at < published.containers.len() => {
                        self.written(step, Aspect::Container(published.containers[at].name));
                    }
                    StatusSource::Deletion | StatusSource::NodeLost => {
                        self.add(
                            step,
                            "kubectl get",
                            "a deletion timestamp and a phase that is not final: STATUS says Terminating, which is no phase",
                        );
                        self.deleted(step);
                    }
                    StatusSource::CompletedBesideRunning => {
                        let name = published.containers.first().map_or(Sym::EMPTY, |c| c.name);
                        self.written(step, Aspect::Container(name));
                    }
                    // The phase alone speaks where no container is in trouble; it need not be what has changed.
                    _ => {
                        let own = || {
                            self.walk.rows_of(step).iter().filter(|row| row.pod == Some(self.lineage.pod.0))
                        };
                        let phase = own().any(|row| matches!(row.change, Change::Phase { .. }));
                        let container = own().find_map(|row| match row.change {
                            Change::Container { name, .. } => Some(name),
                            _ => None,
                        });
                        match container {
                            Some(name) if !phase => self.written(step, Aspect::Container(name)),
                            _ => self.written(step, Aspect::Phase),
                        }
                    }
                }
            }
            Aspect::Phase => {
                let phase = published.phase;
                let same = |s: &Option<PodStatus>| s.as_ref().is_some_and(|s| s.phase == phase);
                let Some((since, Some(status))) = self.lineage.computed.last(step, same) else {
                    return self.queue(step);
                };
                let status = status.clone();
                self.sync(since, &format!("the containers' states make phase {phase}"));
                self.phase(since, &status);
            }
            Aspect::Condition(kind) => {
                let Some(wanted) = published.condition(kind).copied() else { return self.queue(step) };
                let same = |s: &Option<PodStatus>| {
                    let own = s.as_ref().and_then(|s| s.condition(kind));
                    own.is_some_and(|c| c.status == wanted.status && c.reason == wanted.reason)
                };
                let Some((since, Some(status))) = self.lineage.computed.last(step, same) else {
                    return self.queue(step);
                };
                let status = status.clone();
                let why =
                    if wanted.reason.is_empty() { String::new() } else { format!(" ({})", wanted.reason) };
                self.sync(since, &format!("{kind} is {}{why}", wanted.status));
                self.condition(since, &wanted, &status);
            }
            Aspect::Container(name) => {
                let Some(wanted) = all(published).find(|c| c.name == name).copied() else {
                    return self.queue(step);
                };
                let same = |s: &Option<PodStatus>| {
                    let own = s.as_ref().and_then(|s| all(s).find(|c| c.name == name));
                    own.is_some_and(|c| same_state(c, &wanted))
                };
                let Some((since, _)) = self.lineage.computed.last(step, same) else {
                    return self.queue(step);
                };
                let words = match wanted.state {
                    ContainerState::Waiting { reason, .. } => format!("{name} is waiting, {reason}"),
                    ContainerState::Running { .. } => format!("{name} is running"),
                    ContainerState::Terminated(t) => {
                        format!("{name} is terminated, {} (exit {})", t.reason, t.exit_code)
                    }
                    ContainerState::Unset => format!("{name} has no state"),
                };
                self.sync(since, &words);
                if let Some(ix) = self.find(name) {
                    self.container(since, ix, &wanted.state);
                }
            }
        }
    }

    /// A status was computed: at what occasion.
    fn sync(&mut self, step: u64, result: &str) {
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

    fn container(&mut self, step: u64, ix: ContainerIx, state: &ContainerState) {
        let tracks = &self.lineage.containers[usize::from(ix)];
        let name = self.name(ix);
        match state {
            ContainerState::Waiting { reason, .. } => {
                let failed = |f: &Option<(Sym, Text)>| f.is_some_and(|(r, _)| r == *reason);
                match tracks.start_failure.last(step, failed) {
                    Some((since, Some((reason, text)))) => self.refused(since, ix, *reason, *text),
                    _ => self.not_started(step, ix),
                }
            }
            ContainerState::Running { .. } => {
                let running =
                    |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == InstanceState::Running);
                if let Some((seen, _)) = tracks.seen.last(step, running) {
                    self.relist(seen, &format!("{name} running"));
                }
                match tracks.live.last(step, running) {
                    Some((since, _)) => self.started(since, ix),
                    None => self.queue(step),
                }
            }
            ContainerState::Terminated(_) => {
                let ended =
                    |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == InstanceState::Exited);
                if let Some((seen, _)) = tracks.seen.last(step, ended) {
                    self.relist(seen, &format!("{name} ended"));
                }
                match tracks.live.last(step, ended) {
                    Some((since, _)) => self.exited(since, ix),
                    None => self.queue(step),
                }
            }
            ContainerState::Unset => self.queue(step),
        }
    }

    fn relist(&mut self, step: u64, what: &str) {
        if let Some(SimEvent::Relist { .. } | SimEvent::RelistPod { .. }) = self.event(step) {
            self.add(
                step,
                "kubelet: PLEG",
                format!("its relist of the runtime saw {what}; only then does the kubelet know"),
            );
        }
    }

    /// A start was refused or failed.
    fn refused(&mut self, step: u64, ix: ContainerIx, reason: Sym, text: Text) {
        let name = self.name(ix);
        let words = self.text(text);
        match reason {
            Sym::CRASH_LOOP_BACK_OFF => {
                let ended =
                    |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == InstanceState::Exited);
                let last = self.lineage.containers[usize::from(ix)].live.last(step, ended);
                let finished = last.and_then(|(_, c)| c.and_then(|c| c.finished_at));
                let say = match (text, finished) {
                    (Text::CrashBackOff { delay, .. }, Some(finished)) => {
                        let until = finished + delay;
                        format!(
                            "refused to start {name}: its back-off of {delay} counts from its end at {} and lasts until {}. \
                             The refusal stays in the reason cache; only the next sync shows it. Each further failure \
                             doubles the back-off, up to its maximum",
                            self.clock(finished),
                            self.clock(until)
                        )
                    }
                    _ => format!("refused to start {name}: {words}"),
                };
                self.add(step, "kubelet: runtime manager", say);
                match last {
                    Some((since, _)) => self.exited(since, ix),
                    None => self.queue(step),
                }
            }
            Sym::IMAGE_PULL_BACK_OFF => {
                self.add(
                    step,
                    "kubelet: image manager",
                    format!("did not pull for {name} again yet: after a failed pull it waits 10s, doubling up to 5m0s"),
                );
                let pulled = |f: &Option<(Sym, Text)>| f.is_some_and(|(r, _)| r == Sym::ERR_IMAGE_PULL);
                match self.lineage.containers[usize::from(ix)].start_failure.last(step, pulled) {
                    Some((since, Some((reason, text)))) => self.refused(since, ix, *reason, *text),
                    _ => self.queue(step),
                }
            }
            Sym::ERR_IMAGE_PULL => {
                self.add(step, "kubelet: image manager", format!("the pull for {name} failed: {words}"));
                let image = self.pod().map_or(Sym::EMPTY, |p| p.container(ix).image);
                self.scenario(format!("[[image]] {image}: its pulls fail with this error"));
            }
            Sym::ERR_IMAGE_NEVER_PULL | Sym::INVALID_IMAGE_NAME => {
                self.add(step, "kubelet: image manager", format!("{reason}: {words}"));
                self.scenario(format!("the pod's spec asks for this image of {name}"));
            }
            Sym::CREATE_CONTAINER_CONFIG_ERROR => {
                self.add(
                    step,
                    "kubelet: runtime manager",
                    format!("could not make the configuration of {name}: {words}"),
                );
                self.scenario(
                    "what it needs is not there (an [[object]] that is missing, or the image's user)",
                );
            }
            _ => {
                self.add(step, "runtime", format!("{name} could not be started, {reason}: {words}"));
                self.scenario(format!("[pod.behavior.containers.{name}] attempts say so"));
            }
        }
    }

    /// A container that has never run: what it waits for.
    fn not_started(&mut self, step: u64, ix: ContainerIx) {
        let Some(p) = self.pod() else { return };
        let before = p.container(ix).name;
        let waits = (0..ix).rev().find(|other| p.is_init(*other) && !p.is_init(ix));
        if let Some(init) = waits {
            let name = self.name(init);
            let live = self.lineage.containers[usize::from(init)].live.at(step);
            if !live
                .is_some_and(|(_, c)| c.is_some_and(|c| c.state == InstanceState::Exited && c.exit_code == 0))
            {
                self.add(
                    step,
                    "kubelet: runtime manager",
                    format!("{before} waits until init container {name} is done"),
                );
            }
        } else {
            self.add(
                step,
                "kubelet: pod worker",
                format!("{before} has not been created yet: volumes, sandbox and image come first"),
            );
        }
        self.bound(step);
    }

    fn started(&mut self, step: u64, ix: ContainerIx) {
        let name = self.name(ix);
        let live = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        let restarts = live.map_or(0, |c| c.restart_count);
        let before = |c: &Option<RuntimeContainer>| {
            c.is_some_and(|c| c.state == InstanceState::Exited && c.restart_count < restarts)
        };
        let previous = self.lineage.containers[usize::from(ix)].live.last(step, before);
        match previous {
            Some((ended, Some(instance))) if restarts > 0 => {
                let policy = self.pod().and_then(|p| p.spec.restart_policy);
                let policy = policy.map_or_else(|| "Always".to_owned(), |policy| format!("{policy:?}"));
                let waited = about(self.at(step).since(self.at(ended)));
                self.add(
                    step,
                    "kubelet: runtime manager",
                    format!("started {name} again (restart {restarts}), {waited} after its end: restartPolicy {policy} wants it to run and no back-off holds it"),
                );
                self.trigger(step);
                let code = instance.exit_code;
                self.exited_shortly(ended, ix, code);
            }
            _ => {
                self.add(step, "kubelet: runtime manager", format!("started {name} for the first time"));
                self.pulled(step, ix);
                if let Some((since, _)) = self.lineage.sandbox_ready.last(step, |ready| *ready) {
                    self.add(since, "runtime", "the pod's sandbox and its network stand");
                }
                self.bound(step);
            }
        }
    }

    /// The image came just before this start.
    fn pulled(&mut self, step: u64, ix: ContainerIx) {
        let Some(field) = self.pod().map(|p| p.field_path(ix)) else { return };
        let pulled = |row: &&Transition| {
            row.pod == Some(self.lineage.pod.0)
                && matches!(row.change, Change::Event(e) if e.reason == Sym::PULLED && e.field_path == field)
        };
        let rows = self.walk.history();
        let end = rows.partition_point(|row| row.step <= step);
        if let Some(row) = rows[..end].iter().rev().find(pulled)
            && let Change::Event(e) = row.change
        {
            let words = self.text(e.message);
            self.add(row.step, "kubelet: image manager", words);
        }
    }

    /// What made the run begin in which this step stands.
    fn trigger(&mut self, step: u64) {
        let mut at = step;
        while let Some(SimEvent::Sync { .. } | SimEvent::Pulled { .. } | SimEvent::Kill { .. }) =
            self.event(at)
        {
            at = self.walk.cause(at);
        }
        if at != step && at > 0 {
            let words = self.event(at).map(|event| describe(self.walk.world(), event));
            if let Some(words) = words {
                self.add(at, words.component, format!("{}: that began this run", words.text));
            }
        }
    }

    fn exited_shortly(&mut self, step: u64, ix: ContainerIx, code: i32) {
        let name = self.name(ix);
        self.add(step, "process", format!("{name} had ended with exit code {code}"));
        self.behavior(step, ix);
    }

    /// A process ended.
    fn exited(&mut self, step: u64, ix: ContainerIx) {
        let name = self.name(ix);
        let instance = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        let code = instance.map_or(0, |c| c.exit_code);
        let reason = instance.map_or(Sym::EMPTY, |c| c.reason);
        let ran =
            instance.and_then(|c| Some(c.finished_at?.since(c.started_at.filter(|at| *at > Time::EPOCH)?)));
        let ran = ran.map_or_else(String::new, |ran| format!(" after {}", about(ran)));
        match self.event(step) {
            Some(SimEvent::Exit { .. }) => {
                self.add(
                    step,
                    "process",
                    format!("{name} ended by itself{ran} with exit code {code} ({reason})"),
                );
                self.behavior(step, ix);
            }
            Some(SimEvent::TermExit { .. }) => {
                self.add(
                    step,
                    "process",
                    format!("{name} ended{ran} with exit code {code} because it was sent SIGTERM"),
                );
                self.killing(step, ix);
            }
            Some(SimEvent::Kill { .. }) => {
                self.add(
                    step,
                    "runtime",
                    format!("{name} did not end within its grace period and was killed with SIGKILL: exit code {code} is 128 + 9"),
                );
                self.killing(step, ix);
            }
            Some(SimEvent::Action { .. }) => {
                self.add(
                    step,
                    "process",
                    format!("{name} was killed from outside: exit code {code} ({reason})"),
                );
                self.action(step);
            }
            Some(SimEvent::Sync { .. }) => {
                self.add(
                    step,
                    "runtime",
                    format!("{name} could not be started: exit code {code} ({reason})"),
                );
                self.behavior(step, ix);
            }
            _ => self.queue(step),
        }
    }

    /// What the scenario says of the start that ended (or began) here.
    fn behavior(&mut self, step: u64, ix: ContainerIx) {
        let Some(p) = self.pod() else { return };
        let name = self.name(ix);
        let starts = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        let number = starts.map_or(0, |c| c.restart_count).max(0) as usize;
        let attempts = &p.behavior.containers[usize::from(ix)].attempts;
        let known = number.min(attempts.len().saturating_sub(1));
        let Some(attempt) = attempts.get(known) else { return };
        let runs = match &attempt.runs {
            None => "forever".to_owned(),
            Some(crate::engine::Distribution::Constant(span)) => span.to_string(),
            Some(_) => "for a time that is drawn".to_owned(),
        };
        let exit = match &attempt.exit {
            crate::scenario::plan::Exit::Code(code) => code.to_string(),
            crate::scenario::plan::Exit::Weighted(_) => "by weights".to_owned(),
        };
        let repeats = if known + 1 == attempts.len() { ", which repeats" } else { "" };
        self.scenario(format!(
            "[pod.behavior.containers.{name}] start {} plays attempts[{known}]{repeats}: runs {runs}, exit {exit}",
            number + 1
        ));
    }

    /// A container is being stopped: who wanted it.
    fn killing(&mut self, step: u64, ix: ContainerIx) {
        use crate::world::pod::KillStage;
        let name = self.name(ix);
        let tracks = &self.lineage.containers[usize::from(ix)];
        let active = |stage: &Option<KillStage>| stage.is_some_and(|stage| stage != KillStage::Done);
        let Some((since, _)) = tracks.kill.last(step, active) else { return self.queue(step) };
        let field = self.pod().map(|p| p.field_path(ix));
        let told = self.walk.rows_of(since).iter().find_map(|row| match row.change {
            Change::Event(e) if e.reason == Sym::KILLING && Some(e.field_path) == field => Some(e.message),
            _ => None,
        });
        let words = told.map_or_else(String::new, |told| format!(" (\"{}\")", self.text(told)));
        self.add(since, "kubelet: runtime manager", format!("began to stop {name}{words}: its preStop hook if it has one, then SIGTERM, then SIGKILL when the grace period is over"));
        let told = told.map_or_else(String::new, |told| self.text(told));
        if told.contains("liveness") {
            self.probe(since, ix, 2, false);
        } else if told.contains("startup") {
            self.probe(since, ix, 0, false);
        } else if self.lineage.deletion_seen.at(since).is_some_and(|(_, seen)| *seen) {
            self.deleted(since);
        } else {
            self.queue(since);
        }
    }

    fn probe(&mut self, step: u64, ix: ContainerIx, kind: usize, good: bool) {
        let name = self.name(ix);
        let track = &self.lineage.containers[usize::from(ix)].probes[kind];
        let Some(p) = self.pod() else { return };
        let spec = match kind {
            0 => &p.container(ix).startup_probe,
            1 => &p.container(ix).readiness_probe,
            _ => &p.container(ix).liveness_probe,
        };
        let word = PROBES[kind];
        let Some(spec) = spec else { return self.queue(step) };
        let (verb, threshold) =
            if good { ("succeeded", spec.success_threshold) } else { ("failed", spec.failure_threshold) };
        match track.last(step, |result| *result == Some(good)) {
            Some((since, _)) => self.add(
                since,
                "kubelet: prober",
                format!(
                    "the {word} probe of {name} had {verb} {threshold} time(s) in a row (every {}s)",
                    spec.period_seconds
                ),
            ),
            None => {
                self.add(step, "kubelet: prober", format!("the {word} probe of {name} has not succeeded yet (initialDelaySeconds {}, every {}s)", spec.initial_delay_seconds, spec.period_seconds));
            }
        }
        self.scenario(format!("[pod.behavior.containers.{name}] {word}: how the process answers over time"));
    }

    fn deleted(&mut self, step: u64) {
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

    fn gone(&mut self, step: u64) {
        match self.event(step) {
            Some(SimEvent::StatusWrite { .. } | SimEvent::StatusRetry { .. }) => {
                self.add(
                    step,
                    "kubelet: status manager",
                    "everything of the pod was stopped and unmounted, so it deleted the object for good (grace period 0)",
                );
                self.deleted(step);
            }
            _ => self.deleted(step),
        }
    }

    fn action(&mut self, step: u64) {
        let own = self.walk.commands().iter().find(|command| command.step == step);
        match own {
            Some(command) => {
                let words = command.words.clone();
                self.add(step, "you", words);
            }
            None => {
                let words = self.event(step).map(|event| describe(self.walk.world(), event).text);
                self.add(step, "scenario", format!("[[action]] {}", words.unwrap_or_default()));
            }
        }
    }

    fn bound(&mut self, step: u64) {
        if let Some((since, Some(node))) = self.lineage.node.last(step, Option::is_some) {
            let name = self.walk.world().nodes.get(node.ix()).map_or(Sym::EMPTY, |n| n.spec.name);
            if let Some(SimEvent::Bind { .. }) = self.event(since) {
                self.add(since, "kube-scheduler", format!("bound the pod to node {name}"));
            }
        }
        self.created();
    }

    fn created(&mut self) {
        let Some(p) = self.pod() else { return };
        let (name, created) = (p.ident.name, p.created);
        let link = Link {
            at: created,
            step: 0,
            component: "scenario".to_owned(),
            text: format!("[[pod]] {name} is created"),
        };
        self.links.push(link);
    }

    fn phase(&mut self, step: u64, status: &PodStatus) {
        if !status.reason.is_empty() {
            let words = format!("{}: {}", status.reason, self.text(status.message));
            self.add(step, "kubelet", words);
            return self.queue(step);
        }
        if status.phase.is_terminal() {
            // The last one to end decided it.
            let ended = |ix: &ContainerIx| {
                let live = self.lineage.containers[usize::from(*ix)].live.at(step);
                live.and_then(|(_, c)| c.and_then(|c| c.finished_at))
            };
            let last = (0..self.lineage.containers.len() as ContainerIx).max_by_key(|ix| ended(ix));
            match last.filter(|ix| ended(ix).is_some()) {
                Some(ix) => {
                    let name = self.name(ix);
                    self.relist(step, &format!("{name} ended"));
                    let exited =
                        |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == InstanceState::Exited);
                    match self.lineage.containers[usize::from(ix)].live.last(step, exited) {
                        Some((since, _)) => self.exited(since, ix),
                        None => self.queue(step),
                    }
                }
                None => self.queue(step),
            }
            return;
        }
        // Running begins with the container that ran last to start; Pending waits for the first.
        let main = status.containers.iter().filter(|c| !c.state.is_waiting()).max_by_key(|c| match c.state {
            ContainerState::Running { started_at } => started_at,
            ContainerState::Terminated(t) => t.started_at,
            _ => None,
        });
        match main.or(status.containers.first()).and_then(|c| Some((self.find(c.name)?, c.state))) {
            Some((ix, state)) => self.container(step, ix, &state),
            None => self.queue(step),
        }
    }

    fn condition(&mut self, step: u64, condition: &Condition, status: &PodStatus) {
        match condition.kind {
            Sym::POD_SCHEDULED if condition.status == Tri::True => self.bound(step),
            Sym::POD_READY_TO_START_CONTAINERS => {
                let good = condition.status == Tri::True;
                match self.lineage.sandbox_ready.last(step, |ready| *ready == good) {
                    Some((since, _)) if good => {
                        self.add(
                            since,
                            "runtime",
                            "RunPodSandbox has answered: the sandbox and its network stand",
                        );
                        self.bound(since);
                    }
                    Some((since, _)) if self.lineage.sandbox_ready.last(step, |ready| *ready).is_some() => {
                        self.add(since, "runtime", "the sandbox was stopped");
                        self.queue(since);
                    }
                    _ => {
                        self.add(step, "kubelet: pod worker", "there is no sandbox yet");
                        self.bound(step);
                    }
                }
            }
            Sym::INITIALIZED => {
                let last = status.init.iter().rev().find(|c| match condition.status {
                    Tri::True => c.state.terminated().is_some() || c.started == Some(true),
                    _ => c.state.terminated().is_none_or(|t| t.exit_code != 0),
                });
                match last.and_then(|c| Some((self.find(c.name)?, c.state))) {
                    Some((ix, state)) => self.container(step, ix, &state),
                    None => {
                        self.add(step, "kubelet: pod worker", "the pod has no init containers to wait for");
                        self.bound(step);
                    }
                }
            }
            Sym::READY | Sym::CONTAINERS_READY => {
                let good = condition.status == Tri::True;
                if status.phase.is_terminal() {
                    return self.phase(step, status);
                }
                let culprit = all(status)
                    .filter(|c| if good { c.ready } else { !c.ready })
                    .filter_map(|c| Some((self.find(c.name)?, *c)))
                    .filter(|(ix, _)| self.pod().is_some_and(|p| !p.is_init(*ix) || p.is_sidecar(*ix)))
                    .max_by_key(|(ix, _)| {
                        let track = &self.lineage.containers[usize::from(*ix)];
                        let probe = track.probes[1].at(step).map_or(0, |(at, _)| at);
                        probe.max(track.live.at(step).map_or(0, |(at, _)| at))
                    });
                let Some((ix, own)) = culprit else { return self.queue(step) };
                let probed = self.pod().is_some_and(|p| p.container(ix).readiness_probe.is_some());
                let text = if good { "is ready" } else { "is not ready" };
                self.add(step, "kubelet", format!("container {} {text}, and all of them must be", own.name));
                if probed && own.state.is_running() {
                    self.probe(step, ix, 1, good);
                } else {
                    self.container(step, ix, &own.state);
                }
            }
            _ => self.queue(step),
        }
    }

    fn event_row(&mut self, step: u64, event: &Event) {
        let ix = self.pod().and_then(|p| {
            (0..p.container_count() as ContainerIx).find(|ix| p.field_path(*ix) == event.field_path)
        });
        let ix = ix.filter(|ix| usize::from(*ix) < self.lineage.containers.len());
        let failure = ix.and_then(|ix| self.lineage.containers[usize::from(ix)].start_failure.at(step));
        match (event.reason, ix, failure) {
            (Sym::BACK_OFF | Sym::FAILED, Some(ix), Some((_, Some((reason, text))))) => {
                self.refused(step, ix, *reason, *text);
            }
            (Sym::STARTED, Some(ix), _) => self.started(step, ix),
            (Sym::KILLING, Some(ix), _) => self.killing(step, ix),
            (Sym::SCHEDULED, ..) => self.bound(step),
            (reason, Some(ix), _) if reason == "Unhealthy" => {
                let words = self.text(event.message).to_lowercase();
                let kind = PROBES.iter().position(|name| words.starts_with(name)).unwrap_or(1);
                let word = PROBES[kind];
                let name = self.name(ix);
                self.add(step, "kubelet: prober", format!("the {word} probe of {name} failed"));
                self.scenario(format!(
                    "[pod.behavior.containers.{name}] {word}: how the process answers over time"
                ));
            }
            _ => self.queue(step),
        }
    }

    /// Where nothing better is known: who queued whom, down to the scenario.
    fn queue(&mut self, step: u64) {
        let mut at = step;
        let mut last = None;
        while at > 0 && self.links.len() < LONGEST {
            let Some(event) = self.event(at) else { break };
            let words = describe(self.walk.world(), event);
            match event {
                SimEvent::Action { .. } => return self.action(at),
                // How a process ends is the scenario's to say: what made it start is another question.
                SimEvent::Exit { pod, container, .. } | SimEvent::TermExit { pod, container, .. }
                    if pod == self.lineage.pod
                        && usize::from(container) < self.lineage.containers.len()
                        && at != step =>
                {
                    return self.exited(at, container);
                }
                _ => {}
            }
            let repeated = last == Some((words.component, pod_of(event)));
            if !repeated {
                self.add(at, words.component, words.text);
            }
            last = Some((words.component, pod_of(event)));
            at = self.walk.cause(at);
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

/// What a reader takes for the same state of a container.
fn same_state(a: &ContainerStatus, b: &ContainerStatus) -> bool {
    let state = match (a.state, b.state) {
        (ContainerState::Waiting { reason: x, .. }, ContainerState::Waiting { reason: y, .. }) => x == y,
        (ContainerState::Running { .. }, ContainerState::Running { .. }) => true,
        (ContainerState::Terminated(x), ContainerState::Terminated(y)) => {
            (x.exit_code, x.reason, x.finished_at) == (y.exit_code, y.reason, y.finished_at)
        }
        (ContainerState::Unset, ContainerState::Unset) => true,
        _ => false,
    };
    state && a.restart_count == b.restart_count
}
