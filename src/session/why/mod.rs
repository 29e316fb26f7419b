//! Why something changed: the chain of causes down to the scenario, each link with its instant and its component.
//!
//! A change is followed backwards through what components knew ([`Lineage`]): what the API server shows was written by the
//! status manager, was computed by a sync, from what the PLEG's relist had seen and what the last start had left in the
//! reason cache, because of what a process did, because the scenario says so. Where no such knowledge leads on, the queue
//! does: every event was queued by a step.

mod chain;
mod containers;
mod jobs;
mod nodes;
mod published;
mod workloads;

pub(super) use self::jobs::patience;
pub(super) use self::workloads::numbers;

use self::chain::Chain;
use super::lineage::Lineage;
use super::words::offset;
use super::{Walk, tree};
use crate::api::workload::WorkloadState;
use crate::api::{Sym, Tri};
use crate::record::{Change, Directory, ObjectChange, ObjectRow, Ready, Transition};
use crate::time::Time;
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

/// One cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// When it happened.
    pub at: Time,
    /// The step at which it happened; 0 for what stands in the scenario.
    pub step: u64,
    /// Who did it: `kubelet`, `scenario`, …
    pub component: String,
    /// What happened, in words.
    pub text: String,
}

/// What it is asked of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyOf {
    /// A change.
    Row(Transition),
    /// How a workload stands now.
    Workload(ObjectKey),
}

/// A question on the way to its answer.
pub struct Reasons {
    about: WhyOf,
    /// The row about a pod from which it comes, of which all that was known of the pod is looked up.
    behind: Option<Transition>,
}

/// A change and its causes, the nearest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// When it changed.
    pub at: Time,
    /// What changed, in words.
    pub headline: String,
    /// The nearest cause first; the last is what the scenario says.
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
pub fn headline(row: &Transition, directory: &Directory) -> String {
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
            format!("{pod}: condition {kind} {}{reason}", way(tri(from), tri(to)))
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
                "{pod}: container {name} {} ({})",
                way(or(from, "none"), or(to, "none")),
                facts.join(", ")
            )
        }
        Change::Status { from, to, ready, restarts } => {
            let way = match (from == to, from.is_empty(), to.is_empty()) {
                (true, ..) => format!("STATUS still {to}"),
                (_, true, _) => format!("STATUS {to}"),
                (_, _, true) => format!("STATUS {from} -> none, the pod is gone"),
                _ => format!("STATUS {from} -> {to}"),
            };
            format!("{pod}: {way}  READY {}/{}  RESTARTS {restarts}", ready.0, ready.1)
        }
        Change::Event(e) => {
            let kind = e.kind.as_str();
            let message = ident.map_or_else(String::new, |i| e.message.show(i).to_string());
            let count = if e.count > 1 { format!(" (x{})", e.count) } else { String::new() };
            format!("{pod}: {kind} event {}{count}: {message}", e.reason)
        }
        Change::Owner { from, to } => {
            let name = |owner: Option<ObjectRow>| {
                owner.map_or_else(|| "none".to_owned(), |o| object_name(directory, o))
            };
            format!("{pod}: controller {} -> {}", name(from), name(to))
        }
        Change::Object { object, what } => object_headline(&object_name(directory, object), what),
        Change::Node { kind, from, to, reason, .. } => {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("node {node}: {kind} {}{reason}", way(tri(from), tri(to)))
        }
    }
}

/// From what to what; where it is the same it is something else that has changed.
fn way(from: &str, to: &str) -> String {
    if from == to { format!("still {to}") } else { format!("{from} -> {to}") }
}

/// `deployment/web`
fn object_name(directory: &Directory, object: ObjectRow) -> String {
    directory.objects.get(object as usize).map_or_else(String::new, |o| format!("{}/{}", o.kind, o.name))
}

fn object_headline(name: &str, what: ObjectChange) -> String {
    let tri = |t: Option<Tri>| t.map_or("not set", Tri::as_str);
    match what {
        ObjectChange::Workload { from, to, ready } => {
            let word = |state: Option<WorkloadState>| state.map_or("none", WorkloadState::as_str);
            let ready = match ready {
                Ready::Nothing => String::new(),
                ready => format!("  READY {ready}"),
            };
            format!("{name}: {}{ready}", way(word(from), word(to)))
        }
        ObjectChange::Condition { kind, from, to, reason, .. } => {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("{name}: condition {kind} {}{reason}", way(tri(from), tri(to)))
        }
        ObjectChange::Event(e) => {
            let count = if e.count > 1 { format!(" (x{})", e.count) } else { String::new() };
            let message = e.message.alone();
            format!("{name}: {} event {}{count}: {message}", e.kind.as_str(), e.reason)
        }
        ObjectChange::Endpoints { to, serving, terminating, .. } => {
            let ready = to.unwrap_or(0);
            format!("{name}: endpoints ready {ready}, serving {serving}, terminating {terminating}")
        }
    }
}

/// How telling a row is where several stand at one step: the STATUS column first.
pub(super) fn weight(row: &Transition) -> u8 {
    match row.change {
        Change::Status { from, to, .. } if from != to => 0,
        Change::Phase { .. } => 1,
        Change::Condition { kind, .. } if kind == Sym::READY => 2,
        Change::Container { .. } => 3,
        Change::Status { .. } => 4,
        Change::Object { what: ObjectChange::Workload { .. }, .. } => 4,
        Change::Condition { .. } | Change::Node { .. } | Change::Owner { .. } | Change::Object { .. } => 5,
        Change::Event(_) => 6,
    }
}

/// A change may have two roots, told one after the other: the later ones come first all the same.
fn sorted(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_by_key(|link| std::cmp::Reverse(link.at));
    links
}

impl Walk {
    /// The most telling change of the last step (of the pod, if one is given) that wrote something.
    pub fn last_change(&self, pod: Option<PodId>) -> Option<Transition> {
        let last = match pod {
            Some(pod) => self.rows_about(pod).next_back(),
            None => self.history().iter().next_back(),
        };
        let concerns = |row: &&Transition| pod.is_none_or(|pod| row.pod == Some(pod.0));
        let rows = self.rows_of(last?.step);
        // For one of them a move has stopped here.
        if let Some(telling) = self.telling.filter(|row| concerns(&row) && rows.contains(row)) {
            return Some(telling);
        }
        rows.iter().filter(concerns).min_by_key(|row| weight(row)).copied()
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
        let of_workload: Option<Vec<Transition>> = self.workload.map(|key| self.rows_of_workload(key));
        let concerns = |row: &Transition| match &of_workload {
            Some(rows) => row.pod.is_none() && rows.contains(row),
            None => self.selected.is_none_or(|pod| row.pod == Some(pod.0)),
        };
        let named = |row: &Transition| {
            concerns(row)
                && match row.change {
                    Change::Phase { .. } => word.eq_ignore_ascii_case("phase"),
                    Change::Status { .. } => word.eq_ignore_ascii_case("status"),
                    Change::Condition { kind, .. } | Change::Node { kind, .. } => kind == word,
                    Change::Container { name, .. } => name == word,
                    Change::Event(event) | Change::Object { what: ObjectChange::Event(event), .. } => {
                        word == "event" || event.reason == word
                    }
                    Change::Object { what: ObjectChange::Condition { kind, .. }, .. } => kind == word,
                    Change::Object { what: ObjectChange::Workload { .. }, .. } => word == "rollout",
                    Change::Object { what: ObjectChange::Endpoints { .. }, .. } => word == "endpoints",
                    Change::Owner { .. } => false,
                }
        };
        let found = match (self.workload, self.selected) {
            (None, Some(pod)) => self.rows_about(pod).rev().find(named),
            _ => self.history().iter().rev().find(named),
        };
        found.ok_or_else(|| {
            format!("no change called `{word}` yet: phase, status, a condition such as Ready, event, the reason of one, a container's name, rollout or endpoints")
        })
    }

    /// Why a row was written.
    pub fn why(&mut self, row: &Transition) -> Why {
        match row.pod {
            Some(pod) => {
                let lineage = self.lineage(PodId(pod), row.step);
                let why = self.why_by(row, &lineage);
                self.keep(lineage);
                why
            }
            None => {
                let headline = headline(row, &self.world().directory);
                let links = self.why_no_pod(|chain| chain.row_of_no_pod(row));
                Why { at: row.time, headline, links: sorted(links) }
            }
        }
    }

    /// Why a row about a pod was written, of which all is known by then.
    fn why_by(&self, row: &Transition, lineage: &Lineage) -> Why {
        let headline = headline(row, &self.world().directory);
        let mut chain = Chain::new(self, lineage);
        chain.row(row);
        Why { at: row.time, headline, links: sorted(chain.links) }
    }

    /// Looks up, by no more than so many steps, what a row further on is told from; whether all is known.
    pub(super) fn look_up_ahead(&mut self, row: &Transition, steps: usize) -> bool {
        // It has to come to stand at that very step.
        let here = self.position();
        self.lineage = self.lineage.take().filter(|known| known.may_stand_at(row.step, here));
        self.look_up(row, steps)
    }

    /// Why a row about a pod further on was written, once that is looked up: the world that was played on for it is the one there.
    pub(super) fn why_ahead(&mut self, row: &Transition) -> Why {
        let mut lineage = self.lineage(PodId(row.pod.unwrap_or(0)), row.step);
        let (clock, mut scout) = (self.clock, lineage.scout.take());
        if let Some(scout) = &mut scout {
            scout.enter(&mut self.session);
        }
        self.clock = clock.max(self.session.world.now);
        let why = self.why_by(row, &lineage);
        if let Some(scout) = &mut scout {
            scout.leave(&mut self.session);
        }
        (self.clock, lineage.scout) = (clock, scout);
        self.keep(lineage);
        why
    }

    /// Why a workload is now as it is: what holds it up, or how it came to be complete.
    ///
    /// # Errors
    /// Nothing is known of it yet.
    pub fn why_workload(&mut self, key: ObjectKey) -> Result<Why, String> {
        let (now, step) = (self.now(), self.position());
        match self.last_unless_held_up(key)? {
            Some(last) => Ok(self.why(&last)),
            None => {
                let (name, state) = (tree::name(self.world(), key), tree::state(self.world(), key));
                let links = self.why_no_pod(|chain| chain.held_up(step, key));
                Ok(Why { at: now, headline: format!("{name}: {state}"), links: sorted(links) })
            }
        }
    }

    /// The last row that says how a workload stands; None where something holds it up now.
    fn last_unless_held_up(&self, key: ObjectKey) -> Result<Option<Transition>, String> {
        let (w, step) = (self.world(), self.position());
        let rows = || w.workloads.row(key).into_iter().flat_map(|row| self.rows_of_object(row).rev());
        let is_status = |row: &Transition| {
            matches!(row.change, Change::Object { what: ObjectChange::Workload { .. }, .. })
        };
        let Some(last) = rows().find(is_status).or_else(|| rows().next()) else {
            return Err(format!("nothing has been written about {} yet", tree::name(w, key)));
        };
        let waits = matches!(last.change, Change::Object { what: ObjectChange::Workload { to, .. }, .. }
            if matches!(to, Some(WorkloadState::Progressing | WorkloadState::Failed)));
        let lineage = Lineage::of_nobody();
        let is_held_up = waits && Chain::new(self, &lineage).is_held_up(step, key);
        Ok((!is_held_up).then_some(last))
    }

    /// What is asked, to be answered a part at a time.
    ///
    /// # Errors
    /// Nothing is known of it yet.
    pub fn begin_why(&mut self, about: WhyOf) -> Result<Reasons, String> {
        let row = match about {
            WhyOf::Row(row) => Some(row),
            WhyOf::Workload(key) => self.last_unless_held_up(key)?,
        };
        if row.is_some_and(|row| row.pod.is_some()) {
            return Ok(Reasons { about, behind: row });
        }
        let step = self.position();
        let lineage = Lineage::of_nobody();
        let mut chain = Chain::new(self, &lineage);
        let behind = match (row, about) {
            (Some(row), _) => chain.row_of_no_pod(&row),
            (None, WhyOf::Workload(key)) => chain.held_up(step, key),
            (None, WhyOf::Row(_)) => None,
        };
        Ok(Reasons { about, behind })
    }

    /// Looks up what the answer is told from, by no more than so many steps; None where more is left.
    ///
    /// # Errors
    /// As [`Walk::why_workload`].
    pub fn why_on(&mut self, reasons: &Reasons, steps: usize) -> Option<Result<Why, String>> {
        if reasons.behind.is_some_and(|row| !self.look_up(&row, steps)) {
            return None;
        }
        Some(match reasons.about {
            WhyOf::Row(row) => Ok(self.why(&row)),
            WhyOf::Workload(key) => self.why_workload(key),
        })
    }

    /// A chain that begins with no pod, and may come to one.
    fn why_no_pod(&mut self, tell: impl FnOnce(&mut Chain<'_>) -> Option<Transition>) -> Vec<Link> {
        let lineage = Lineage::of_nobody();
        let mut chain = Chain::new(self, &lineage);
        let next = tell(&mut chain);
        let mut links = chain.links;
        let Some((row, pod)) = next.and_then(|row| row.pod.map(|pod| (row, PodId(pod)))) else {
            return links;
        };
        let text = headline(&row, &self.world().directory);
        links.push(Link { at: row.time, step: row.step, component: "API server".to_owned(), text });
        let lineage = self.lineage(pod, row.step);
        let mut chain = Chain::new(self, &lineage);
        chain.row(&row);
        // Both may come from one thing.
        let news: Vec<Link> = chain.links.into_iter().filter(|link| !links.contains(link)).collect();
        links.extend(news);
        self.keep(lineage);
        links
    }

    /// Looks up what was known of the pod that a row is about, by no more than so many steps; whether all is known that the row's
    /// causes are told from.
    pub fn look_up(&mut self, row: &Transition, steps: usize) -> bool {
        let Some(pod) = row.pod.map(PodId) else { return true };
        let is_new = self.lineage.as_ref().is_none_or(|kept| kept.pod != pod);
        let mut lineage = self.taken_lineage(pod);
        // Copying a world of a fleet is a part by itself.
        let copied = if is_new { self.world().pods.len() } else { 0 };
        let is_known = self.follow(&mut lineage, row.step, steps.saturating_sub(copied).max(1));
        self.lineage = Some(lineage);
        is_known
    }

    /// What was known of a pod until this step; looked up once and then carried on.
    fn lineage(&mut self, pod: PodId, step: u64) -> Lineage {
        let mut lineage = self.taken_lineage(pod);
        self.follow(&mut lineage, step, usize::MAX);
        lineage
    }

    /// Whoever asks again is answered at once; of a fleet, whose world it holds, it is looked up again.
    fn keep(&mut self, lineage: Lineage) {
        const PODS: usize = 20_000;
        self.lineage = (self.world().pods.len() <= PODS).then_some(lineage);
    }

    /// What is known of a pod already; before it was made there is nothing to be known.
    fn taken_lineage(&mut self, pod: PodId) -> Lineage {
        match self.lineage.take() {
            Some(kept) if kept.pod == pod => kept,
            _ => {
                let made = match self.first_row_about(pod) {
                    Some(row) => row.step.saturating_sub(1),
                    // It is made further on.
                    None if pod.ix() >= self.world().pods.len() => self.position(),
                    None => 0,
                };
                Lineage::new(pod, made.max(self.horizon.step))
            }
        }
    }
}
