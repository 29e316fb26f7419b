//! Expectations: what a scenario says that one will see, held against the run while it is played.
//!
//! What is expected at an instant is judged when everything of it has been played and nothing later. What is expected until
//! an instant, or from one to another, is looked at when its time begins and whenever an instant has changed something. For
//! those that fail the last changes of their pod or object are kept, since that is where one looks first.
//!
//! What a pod's rows tell is looked at when there are rows of that pod; a glob, and what no row tells (numbers of workloads, answers),
//! whenever there is anything new. Names are looked up: nobody goes through all expectations for each pod.

mod common;
mod pods;
mod words;
mod workloads;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::why::headline;
use super::words::offset;
use super::{Lives, Session};
use crate::api::Sym;
use crate::record::{Change, Directory, Event, ObjectChange, Transition};
use crate::scenario::Plan;
use crate::scenario::command::{Command, ObjectTarget};
use crate::scenario::expected::{Expect, Expected, PodExpect, When};
use crate::scenario::programs::matches;
use crate::time::Time;
use crate::world::World;

pub use words::describe;

/// So many changes of a pod or an object are told with a failure.
const BEFORE: usize = 5;

/// An expectation that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its place among the plan's expectations.
    pub index: usize,
    /// What was looked at: `STATUS`, `condition Ready`, …
    pub what: String,
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub seen: String,
    /// What else was not as it was expected, at the same instant.
    pub others: Vec<Mismatch>,
    /// The last changes of the pod or object before, with their times, oldest first.
    pub before: Vec<String>,
}

/// One of several things that were not as one expectation said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// What was looked at.
    pub what: String,
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub seen: String,
}

/// What is not as it was expected.
struct Difference {
    /// What was looked at.
    what: String,
    expected: String,
    seen: String,
    /// Of whom, where it is about one.
    of: Option<Row>,
    /// What else is not.
    others: Vec<Mismatch>,
}

/// Of whom rows tell, by its place in the directory.
#[derive(Clone, Copy)]
enum Row {
    Pod(u32),
    Object(u32),
}

impl Row {
    /// Whom a row is about; none of nodes.
    fn of(row: &Transition) -> Option<Row> {
        match (row.pod, row.change) {
            (Some(pod), _) => Some(Row::Pod(pod)),
            (None, Change::Object { object, .. }) => Some(Row::Object(object)),
            (None, _) => None,
        }
    }
}

impl Difference {
    fn new(what: impl Into<String>, expected: impl Into<String>, seen: impl Into<String>) -> Difference {
        Difference {
            what: what.into(),
            expected: expected.into(),
            seen: seen.into(),
            of: None,
            others: Vec::new(),
        }
    }
    /// None where what is seen is what was expected.
    fn between(what: &str, expected: &str, seen: &str) -> Option<Difference> {
        (expected != seen).then(|| Difference::new(what, expected, seen))
    }
}

/// All that is not as it was expected, and not only what is looked at first.
trait AndAlso {
    /// With what else is not, where something is not.
    fn and_also(self, other: impl FnOnce() -> Option<Difference>) -> Option<Difference>;
}

impl AndAlso for Option<Difference> {
    fn and_also(self, other: impl FnOnce() -> Option<Difference>) -> Option<Difference> {
        let Some(mut first) = self else { return other() };
        if let Some(Difference { what, expected, seen, others, .. }) = other() {
            first.others.push(Mismatch { what, expected, seen });
            first.others.extend(others);
        }
        Some(first)
    }
}

/// What is remembered of a pod or an object that an expectation names.
#[derive(Clone, Default)]
struct Remembered {
    rows: VecDeque<Transition>,
    /// Each as it stands now, the one that was written last at the end.
    events: Vec<Event>,
    /// Expectations of this pod alone that have begun and are not decided.
    open: Vec<usize>,
}

/// Expectations by whom they name.
#[derive(Clone, Default)]
struct Names {
    /// One pod's.
    pods: BTreeMap<String, Vec<usize>>,
    globs: Vec<usize>,
    /// Those of objects.
    objects: FxHashMap<Sym, Vec<usize>>,
}

impl Names {
    fn of(plan: &Plan) -> Names {
        let mut names = Names::default();
        for (ix, expect) in plan.expects.iter().enumerate() {
            match &expect.what {
                Expected::Pods(pods) if pods.is_glob() => names.globs.push(ix),
                Expected::Pods(pods) => names.pods.entry(pods.pod.clone()).or_default().push(ix),
                _ => {
                    if let Some(object) = expect.what.object() {
                        names.objects.entry(object.name).or_default().push(ix);
                    }
                }
            }
        }
        names
    }
}

/// What has been seen of the pods and objects that expectations name.
#[derive(Clone, Default)]
struct Seen {
    /// By expectation: the pods or objects that are named so, oldest first.
    named: Vec<Vec<u32>>,
    /// By pod: its place in `remembered`, if some expectation names it.
    pods: Vec<Option<u32>>,
    /// By object, the same.
    objects: Vec<Option<u32>>,
    remembered: Vec<Remembered>,
}

impl Seen {
    fn place(&self, of: Row) -> Option<usize> {
        let place = match of {
            Row::Pod(pod) => self.pods.get(pod as usize),
            Row::Object(object) => self.objects.get(object as usize),
        };
        place.copied().flatten().map(|place| place as usize)
    }
    fn of(&self, of: Row) -> Option<&Remembered> {
        self.remembered.get(self.place(of)?)
    }
    /// A place for one more, if some expectation names it.
    fn remember(&mut self, is_named: bool) -> Option<u32> {
        is_named.then(|| {
            self.remembered.push(Remembered::default());
            self.remembered.len() as u32 - 1
        })
    }
}

/// Judges a plan's expectations as its run goes on.
#[derive(Clone)]
pub struct Judge {
    plan: Arc<Plan>,
    /// Expectations in the order in which their times begin.
    order: Vec<usize>,
    names: Names,
    /// So many of them have begun.
    begun: usize,
    /// Those that have begun and are not decided.
    open: BTreeSet<usize>,
    /// Of these, those that are looked at whenever anything is new.
    wide: BTreeSet<usize>,
    /// When their time is over.
    ends: BTreeSet<(Time, usize)>,
    /// Those of pods of which there is something new.
    fresh: BTreeSet<usize>,
    /// The next instant at which there is something to do; while some are open, that is each.
    due: Option<Time>,
    seen: Seen,
    /// So many rows of the outbox have been looked at.
    looked: usize,
    /// The last version and command that were looked at, and how many commands went on.
    told: (u64, usize, usize),
    /// Something has changed since those that are open were looked at.
    changed: bool,
    failures: Vec<Failure>,
    looks: u64,
}

impl Judge {
    /// Looks out for all expectations of a plan.
    pub fn new(plan: &Arc<Plan>) -> Judge {
        let mut order: Vec<usize> = (0..plan.expects.len()).collect();
        order.sort_by_key(|ix| plan.expects[*ix].when.begin());
        let mut judge = Judge {
            plan: Arc::clone(plan),
            order,
            names: Names::of(plan),
            begun: 0,
            open: BTreeSet::new(),
            wide: BTreeSet::new(),
            ends: BTreeSet::new(),
            fresh: BTreeSet::new(),
            due: None,
            seen: Seen { named: vec![Vec::new(); plan.expects.len()], ..Seen::default() },
            looked: 0,
            told: (0, 0, 0),
            changed: false,
            failures: Vec::new(),
            looks: 0,
        };
        judge.due = judge.next_due();
        judge
    }

    fn next_due(&self) -> Option<Time> {
        if !self.open.is_empty() {
            return Some(self.plan.start);
        }
        self.order.get(self.begun).map(|ix| self.plan.expects[*ix].when.begin())
    }

    /// Judges what comes due before the next event is played: `next` is its instant, None at the end of the run.
    #[inline]
    pub fn before(&mut self, next: Option<Time>, w: &World) {
        if let Some(due) = self.due
            && next.is_none_or(|next| next > due)
        {
            self.settled(next, w);
        }
    }

    /// An instant may be over: nothing changes until `next`.
    fn settled(&mut self, next: Option<Time>, w: &World) {
        if next.is_some_and(|next| next <= w.now) {
            return;
        }
        let comes = |at: Time| next.is_none_or(|next| next > at);
        self.look(&w.directory, &w.outbox);
        // Numbers of workloads and answers of commands are no rows.
        let told = (w.resource_version, w.log.len(), w.waiting.len() + w.draining.len());
        self.changed |= std::mem::replace(&mut self.told, told) != told;
        let mut again = std::mem::take(&mut self.fresh);
        if std::mem::take(&mut self.changed) {
            again.extend(&self.wide);
        }
        for ix in again {
            if self.open.contains(&ix) && self.decided(ix, w.now, w) {
                self.close(ix);
            }
        }
        while let Some(ix) = self.order.get(self.begun).copied()
            && comes(self.plan.expects[ix].when.begin())
        {
            self.begun += 1;
            if !self.decided(ix, self.plan.expects[ix].when.begin(), w) {
                self.open(ix);
            }
        }
        while let Some((end, ix)) = self.ends.first().copied()
            && comes(end)
        {
            self.close(ix);
            match self.plan.expects[ix].when {
                When::By { .. } => self.fails(ix, None, w),
                // What was on its way may never have come.
                When::Throughout { .. } => drop(self.decided(ix, end, w)),
                When::At(_) => {}
            }
        }
        self.due = self.next_due();
    }

    /// From now on it is looked at again and again.
    fn open(&mut self, ix: usize) {
        let end = match self.plan.expects[ix].when {
            When::By { by, .. } => by,
            When::Throughout { to, .. } => to,
            When::At(at) => at,
        };
        self.ends.insert((end, ix));
        self.open.insert(ix);
        if !is_told_by_rows(&self.plan.expects[ix]) {
            self.wide.insert(ix);
            return;
        }
        for pod in &self.seen.named[ix] {
            if let Some(place) = self.seen.place(Row::Pod(*pod)) {
                self.seen.remembered[place].open.push(ix);
            }
        }
    }

    /// It is decided, or its time is over.
    fn close(&mut self, ix: usize) {
        self.open.remove(&ix);
        self.wide.remove(&ix);
        let (When::By { by: end, .. } | When::Throughout { to: end, .. } | When::At(end)) =
            self.plan.expects[ix].when;
        self.ends.remove(&(end, ix));
        if is_told_by_rows(&self.plan.expects[ix]) {
            for pod in &self.seen.named[ix] {
                if let Some(place) = self.seen.place(Row::Pod(*pod)) {
                    self.seen.remembered[place].open.retain(|own| *own != ix);
                }
            }
        }
    }

    /// How often an expectation was held against a name or against what is there: what the work of judging grows with.
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// Whether nothing that comes later can change the verdict.
    fn decided(&mut self, ix: usize, at: Time, w: &World) -> bool {
        self.looks += 1;
        let holds = holds(w, &self.plan.expects[ix], ix, &self.seen).is_none();
        match (self.plan.expects[ix].when, holds) {
            (When::At(_), true) | (When::By { .. }, true) => true,
            (When::By { .. }, false) | (When::Throughout { .. }, true) => false,
            // What kubectl is about to send when the time begins is spoken of from its creation on.
            (When::Throughout { .. }, false) if self.is_on_its_way(ix, w) => false,
            (When::At(_), false) => {
                self.fails(ix, None, w);
                true
            }
            (When::Throughout { .. }, false) => {
                self.fails(ix, Some(at), w);
                true
            }
        }
    }

    /// Its object has not been there yet, and is among those that a `kubectl apply` goes on to send.
    fn is_on_its_way(&self, ix: usize, w: &World) -> bool {
        let target = self.plan.expects[ix].what.object().filter(|_| self.seen.named[ix].is_empty());
        let Some(target) = target else { return false };
        w.log.iter().filter(|own| own.waits).any(|own| match &own.action.command {
            Command::Apply { apply } => apply.objects.iter().any(|object| {
                object.kind.key() == target.kind.key()
                    && *target.name == *object.name()
                    && target.namespace.is_none_or(|own| *own == *object.namespace(apply))
            }),
            _ => false,
        })
    }

    /// Keeps a failure; `at` is its instant where the expectation does not say it.
    fn fails(&mut self, index: usize, at: Option<Time>, w: &World) {
        let Some(difference) = holds(w, &self.plan.expects[index], index, &self.seen) else { return };
        let own = difference.of.and_then(|of| self.seen.of(of));
        let rows = own.into_iter().flat_map(|own| &own.rows);
        let before =
            rows.map(|row| format!("{}  {}", offset(row.time, self.plan.start), headline(row, &w.directory)));
        let Difference { what, expected, seen, others, .. } = difference;
        let seen = match at {
            Some(at) => format!("{seen} (at {})", at.since(self.plan.start)),
            None => seen,
        };
        self.failures.push(Failure { index, what, expected, seen, others, before: before.collect() });
    }

    /// The outbox is about to be emptied.
    pub fn outbox_goes(&mut self, directory: &Directory, rows: &[Transition]) {
        if self.due.is_some() {
            self.look(directory, rows);
        }
        self.looked = 0;
    }

    /// Which of them have not held so far, by their places in the plan.
    pub fn failed(&self) -> BTreeSet<usize> {
        self.failures.iter().map(|failure| failure.index).collect()
    }

    /// What did not hold, in the order of the file.
    pub fn failures(mut self) -> Vec<Failure> {
        self.failures.sort_by_key(|failure| failure.index);
        self.failures
    }

    fn look(&mut self, directory: &Directory, rows: &[Transition]) {
        // Those that are new alone: nobody walks over a hundred thousand others.
        let known = self.seen.pods.len();
        for (ix, ident) in (known as u32..).zip(directory.pods.iter().skip(known)) {
            // Hardly any name is spelled out: most begin unlike all that are expected.
            let base = ident.name.base.as_str();
            let plan = Arc::clone(&self.plan);
            let pods = |expect: usize| match &plan.expects[expect].what {
                Expected::Pods(pods) => Some((expect, pods)),
                _ => None,
            };
            let like = |(_, pods): &(usize, &PodExpect)| {
                let begin = pods.pod.split('*').next().unwrap_or_default();
                begin.starts_with(base) || base.starts_with(begin)
            };
            let globs = || self.names.globs.iter().copied().filter_map(pods).filter(like);
            let alike = self.names.pods.range(base.to_owned()..).next();
            let mut named = Vec::new();
            self.looks += self.names.globs.len() as u64;
            if alike.is_some_and(|(name, _)| name.starts_with(base)) || globs().next().is_some() {
                let name = ident.name.to_string();
                let own = self.names.pods.get(&name).into_iter().flatten().copied().filter_map(pods);
                named.extend(own.chain(globs().filter(|(_, pods)| matches(&pods.pod, &name))));
                named.retain(|(_, pods)| pods.namespace.as_deref().is_none_or(|own| ident.namespace == *own));
            }
            let place = self.seen.remember(!named.is_empty());
            self.seen.pods.push(place);
            for (expect, _) in named {
                self.looks += 1;
                self.seen.named[expect].push(ix);
                let is_open = self.open.contains(&expect) && !self.wide.contains(&expect);
                if let (true, Some(place)) = (is_open, place) {
                    self.seen.remembered[place as usize].open.push(expect);
                    self.fresh.insert(expect);
                }
            }
        }
        let known = self.seen.objects.len();
        for (ix, ident) in (known as u32..).zip(directory.objects.iter().skip(known)) {
            let is_meant = |target: &ObjectTarget| {
                target.name == ident.name
                    && target.namespace.is_none_or(|own| own == ident.namespace)
                    && ident.kind == *target.kind.singular()
            };
            let mut named = false;
            for expect in self.names.objects.get(&ident.name).into_iter().flatten() {
                self.looks += 1;
                if self.plan.expects[*expect].what.object().is_some_and(is_meant) {
                    self.seen.named[*expect].push(ix);
                    named = true;
                }
            }
            let place = self.seen.remember(named);
            self.seen.objects.push(place);
        }
        let seen = &mut self.seen;
        self.changed |= rows.len() > self.looked;
        for row in &rows[self.looked..] {
            let Some(place) = Row::of(row).and_then(|of| seen.place(of)) else { continue };
            let own = &mut seen.remembered[place];
            self.fresh.extend(&own.open);
            if let Change::Event(event) | Change::Object { what: ObjectChange::Event(event), .. } = row.change
            {
                own.events.retain(|old| old.object != event.object);
                own.events.push(event);
            }
            if own.rows.len() == BEFORE {
                own.rows.pop_front();
            }
            own.rows.push_back(*row);
        }
        self.looked = rows.len();
    }
}

/// Whether rows of the one pod that is named tell all that is expected.
fn is_told_by_rows(expect: &Expect) -> bool {
    matches!(&expect.what, Expected::Pods(pods) if !pods.is_glob())
}

/// What is not as an expectation says, now; None where it holds. `index` is its place in the plan.
fn holds(w: &World, expect: &Expect, index: usize, seen: &Seen) -> Option<Difference> {
    let named = &seen.named[index];
    match &expect.what {
        Expected::Pods(pods) => pods::difference(pods, named, seen, w),
        Expected::Workload(workload) => workloads::workload(workload, named, seen, w),
        Expected::Service(service) => workloads::service(service, named, seen, w),
        Expected::Answer(answer) => workloads::answer(answer, w),
    }
}

/// Plays a plan to the last of its expectations and judges them all.
pub fn check(plan: &Arc<Plan>, seed: u64) -> Vec<Failure> {
    judged(&mut Session::new(plan, seed))
}

/// The same of one of many lives of a plan, which know what those before them have learned.
pub fn check_among(lives: &mut Lives, seed: u64) -> Vec<Failure> {
    let mut session = lives.begin(seed);
    let failures = judged(&mut session);
    lives.learn_from(&mut session);
    failures
}

fn judged(session: &mut Session) -> Vec<Failure> {
    let mut judge = Judge::new(&session.world.plan);
    let mut played = 0u32;
    while judge.due.is_some() {
        let next = session.next_time();
        judge.before(next, &session.world);
        if session.step().is_none() {
            break;
        }
        played += 1;
        if played.is_multiple_of(super::BATCH) {
            judge.outbox_goes(&session.world.directory, &session.world.outbox);
            session.world.outbox.clear();
        }
    }
    judge.failures()
}
