//! Expectations: what a scenario says that one will see, held against the run while it is played.
//!
//! An expectation is judged when everything of its instant has been played and nothing later. For those that fail the
//! last changes of their pod are kept, since that is where one looks first.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

use super::Session;
use super::why::headline;
use super::words::offset;
use crate::api::Sym;
use crate::record::{Change, Directory, Event, Transition};
use crate::scenario::Plan;
use crate::scenario::expected::{Expect, Expected, ExpectedEvent, PodExpect};
use crate::time::Time;
use crate::world::{Pod, World};

/// So many changes of a pod are told with a failure.
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
    /// The pod's last changes before, with their times, oldest first.
    pub before: Vec<String>,
}

/// What is remembered of a pod that an expectation names.
#[derive(Clone, Default)]
struct Remembered {
    rows: VecDeque<Transition>,
    /// Each as it stands now, the one that was written last at the end.
    events: Vec<Event>,
}

/// Judges a plan's expectations as its run goes on.
pub struct Judge {
    plan: Arc<Plan>,
    /// Expectations in the order of their instants.
    order: Vec<usize>,
    judged: usize,
    /// The instant of the next one.
    due: Option<Time>,
    /// By pod: its place in `remembered`, if some expectation names it.
    places: Vec<Option<u32>>,
    remembered: Vec<Remembered>,
    /// So many rows of the outbox have been looked at.
    looked: usize,
    failures: Vec<Failure>,
}

impl Judge {
    /// Looks out for all expectations of a plan.
    pub fn new(plan: &Arc<Plan>) -> Judge {
        let mut order: Vec<usize> = (0..plan.expects.len()).collect();
        order.sort_by_key(|ix| plan.expects[*ix].when.end());
        Judge {
            due: order.first().map(|ix| plan.expects[*ix].when.end()),
            plan: Arc::clone(plan),
            order,
            judged: 0,
            places: Vec::new(),
            remembered: Vec::new(),
            looked: 0,
            failures: Vec::new(),
        }
    }

    /// Judges what comes due before the next event is played: `next` is its instant, None at the end of the run.
    #[inline]
    pub fn before(&mut self, next: Option<Time>, w: &World) {
        while let Some(due) = self.due
            && next.is_none_or(|next| next > due)
        {
            self.judge_next(w);
        }
    }

    fn judge_next(&mut self, w: &World) {
        self.look(&w.directory, &w.outbox);
        let failure = self.order.get(self.judged).and_then(|ix| self.judge(*ix, w));
        self.failures.extend(failure);
        self.judged += 1;
        self.due = self.order.get(self.judged).map(|ix| self.plan.expects[*ix].when.end());
    }

    /// The outbox is about to be emptied.
    pub fn outbox_goes(&mut self, directory: &Directory, rows: &[Transition]) {
        if self.due.is_some() {
            self.look(directory, rows);
        }
        self.looked = 0;
    }

    /// What did not hold, in the order of the file.
    pub fn failures(mut self) -> Vec<Failure> {
        self.failures.sort_by_key(|failure| failure.index);
        self.failures
    }

    fn look(&mut self, directory: &Directory, rows: &[Transition]) {
        for ident in &directory.pods[self.places.len()..] {
            // Hardly any name is spelled out: most begin unlike all that are expected.
            let like = |expect: &&PodExpect| expect.pod.starts_with(ident.name.base.as_str());
            let mut alike = self.plan.expects.iter().filter_map(of_pods).filter(like).peekable();
            let name = alike.peek().map(|_| ident.name.to_string());
            let named = alike.any(|expect| name.as_ref() == Some(&expect.pod));
            self.places.push(named.then_some(self.remembered.len() as u32));
            if named {
                self.remembered.push(Remembered::default());
            }
        }
        for row in &rows[self.looked..] {
            let Some(place) = row.pod.and_then(|pod| self.places[pod as usize]) else { continue };
            let own = &mut self.remembered[place as usize];
            if let Change::Event(event) = row.change {
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

    fn judge(&self, index: usize, w: &World) -> Option<Failure> {
        let expect = of_pods(&self.plan.expects[index])?;
        let found = w.pods.iter().enumerate().rev().find(|(_, p)| {
            expect.namespace.as_deref().is_none_or(|n| p.ident.namespace == n)
                && p.ident.name.to_string() == expect.pod
        });
        let own = found.and_then(|(ix, _)| self.places[ix]).map(|place| &self.remembered[place as usize]);
        let (what, expected, seen) = difference(expect, found.map(|(_, p)| p), own, w)?;
        let rows = own.into_iter().flat_map(|own| &own.rows);
        let before =
            rows.map(|row| format!("{}  {}", offset(row.time, self.plan.start), headline(row, &w.directory)));
        Some(Failure { index, what, expected, seen, before: before.collect() })
    }
}

fn of_pods(expect: &Expect) -> Option<&PodExpect> {
    match &expect.what {
        Expected::Pods(pods) => Some(pods),
        _ => None,
    }
}

/// What was looked at, what was expected and what was seen, where it is not the same.
fn difference(
    expect: &PodExpect,
    pod: Option<&Pod>,
    remembered: Option<&Remembered>,
    w: &World,
) -> Option<(String, String, String)> {
    let differs = |what: &str, expected: &str, seen: &str| {
        (expected != seen).then(|| (what.to_owned(), expected.to_owned(), seen.to_owned()))
    };
    let Some(p) = pod else {
        return if expect.gone == Some(true) {
            None
        } else {
            differs("the pod", "there", "none of that name yet")
        };
    };
    let there = |exists: bool| if exists { "there" } else { "gone" };
    if let Some(gone) = expect.gone
        && gone == p.exists
    {
        return differs("the pod", there(!gone), there(p.exists));
    }
    let of_object = expect.phase.is_some()
        || expect.status.is_some()
        || expect.ready.is_some()
        || expect.restarts.is_some()
        || !expect.conditions.is_empty();
    if of_object && !p.exists {
        return differs("the pod", "there", "gone");
    }
    let node = p.node.map_or("<none>", |n| w.nodes[n.ix()].spec.name.as_str());
    let columns = [
        ("phase", &expect.phase, p.status.phase().to_string()),
        ("STATUS", &expect.status, p.shown.status.to_string()),
        ("READY", &expect.ready, format!("{}/{}", p.shown.ready.0, p.shown.ready.1)),
        ("RESTARTS", &expect.restarts.map(|n| n.to_string()), p.shown.restarts.to_string()),
        ("node", &expect.node, node.to_owned()),
    ];
    let of_columns =
        columns.iter().find_map(|(what, expected, seen)| differs(what, expected.as_ref()?, seen));
    of_columns
        .or_else(|| {
            expect.conditions.iter().find_map(|(kind, expected)| {
                let seen = p.status.condition(Sym::new(kind));
                differs(
                    &format!("condition {kind}"),
                    &expected.to_string(),
                    seen.map_or("none", |c| c.status.as_str()),
                )
            })
        })
        .or_else(|| {
            let events = remembered.map_or(&[][..], |own| &own.events);
            event_differs(expect.event.as_ref()?, events, p)
        })
        .or_else(|| {
            let reason = expect.no_event.as_deref()?;
            let events = remembered.map_or(&[][..], |own| &own.events);
            let found = events.iter().find(|event| event.reason == *reason)?;
            Some(("an event".to_owned(), format!("no {reason}"), in_words(found, p)))
        })
}

/// The expected event and what there is in its place: events of its reason, or else the reasons of all.
fn event_differs(expected: &ExpectedEvent, events: &[Event], p: &Pod) -> Option<(String, String, String)> {
    let alike: Vec<&Event> =
        events.iter().filter(|event| event.reason == *expected.reason.as_str()).collect();
    let fits = |event: &&Event| {
        let message = event.message.show(&p.ident).to_string();
        expected.message.as_ref().is_none_or(|part| message.contains(part.as_str()))
            && expected.count.is_none_or(|count| count.holds(i64::from(event.count)))
    };
    if alike.iter().any(fits) {
        return None;
    }
    let mut seen: Vec<String> = match alike.is_empty() {
        true => events.iter().map(|event| event.reason.to_string()).collect(),
        false => alike.iter().map(|event| in_words(event, p)).collect(),
    };
    seen.sort();
    seen.dedup();
    let seen = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    Some(("an event".to_owned(), expected_words(expected), seen))
}

fn in_words(event: &Event, p: &Pod) -> String {
    format!("{} (x{}) \"{}\"", event.reason, event.count, event.message.show(&p.ident))
}

fn expected_words(expected: &ExpectedEvent) -> String {
    let mut text = expected.reason.clone();
    if let Some(count) = expected.count {
        let _ = write!(text, " (x{count})");
    }
    if let Some(part) = &expected.message {
        let _ = write!(text, " with \"{part}\"");
    }
    text
}

/// What an expectation says, in one line: `web at 5m: STATUS Running, READY 1/1`.
pub fn describe(expect: &Expect, start: Time) -> String {
    let at = expect.when.end().since(start);
    let Some(expect) = of_pods(expect) else { return String::new() };
    let mut text = format!("{} at {at}:", expect.pod);
    let restarts = expect.restarts.map(|n| n.to_string());
    let event = expect.event.as_ref().map(expected_words);
    let columns = [
        ("phase", &expect.phase),
        ("STATUS", &expect.status),
        ("READY", &expect.ready),
        ("RESTARTS", &restarts),
        ("node", &expect.node),
        ("event", &event),
        ("no event", &expect.no_event),
    ];
    let mut between = "";
    for (what, value) in columns.iter().filter_map(|(what, value)| Some((what, value.as_ref()?))) {
        let _ = write!(text, "{between} {what} {value}");
        between = ",";
    }
    for (kind, value) in &expect.conditions {
        let _ = write!(text, "{between} {kind} {value}");
        between = ",";
    }
    match expect.gone {
        Some(true) => text.push_str(between.trim_end()),
        Some(false) | None => return text,
    }
    text.push_str(" gone");
    text
}

/// Plays a plan to the last of its expectations and judges them all.
pub fn check(plan: &Arc<Plan>, seed: u64) -> Vec<Failure> {
    let mut judge = Judge::new(plan);
    let mut session = Session::new(plan, seed);
    let mut played = 0u32;
    while judge.due.is_some() {
        let next = session.world.queue.peek_time().filter(|at| *at <= plan.until);
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
