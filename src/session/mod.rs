//! A run that can be held: played to its end, or event by event, forwards and backwards.
//!
//! [`Session`] plays forward and is all that a plain run needs. [`Walk`] holds a session at a place of its run and goes
//! back and forth, stops where it is told, acts, saves, and answers *why* and *what comes*; nothing of that costs the
//! plain run anything. What a walk knows beyond the world is read off from outside: which step queued an event follows
//! from the event's number, what a component knew at a step is seen by playing that step again.

mod asked;
pub(crate) mod asking;
pub(crate) mod breakpoints;
mod changes;
pub(crate) mod checkpoints;
pub(crate) mod coming;
pub(crate) mod commands;
pub(crate) mod describe;
mod describe_autoscaler;
mod describe_bounds;
mod describe_jobs;
pub mod describe_object;
mod describe_spec;
mod describe_volumes;
pub mod expect;
pub mod futures;
pub mod get;
pub mod heartbeats;
mod horizon;
pub(crate) mod kept;
pub mod kubectl;
pub(crate) mod lesson;
pub mod line;
pub(crate) mod lineage;
mod lives;
pub(crate) mod moves;
mod namespaces;
mod nodes;
pub(crate) mod objects;
pub(crate) mod past;
pub(crate) mod predict;
pub mod present;
mod referred;
mod rollouts;
mod scrape;
pub(crate) mod script;
mod seek;
pub mod served;
pub(crate) mod settled;
mod slices;
pub(crate) mod spoken;
pub mod strip;
pub mod told_events;
pub mod tree;
pub mod unended;
pub mod usage;
mod view;
mod volumes;
pub(crate) mod walk;
mod whole;
pub mod why;
pub mod words;

use std::io;
use std::sync::Arc;

use crate::actors;
use crate::api::invariant::Invariant;
use crate::record::{Aside, Directory, Ending, PodRecord, Sink, Transition};
use crate::scenario::plan::Plan;
use crate::time::{Span, Time};
use crate::world::{PodId, Records, SimEvent, World};

pub use asking::Asking;
pub use breakpoints::Breakpoint;
pub use commands::Done;
pub use expect::Judge;
pub use lesson::{Graded, Score};
pub use line::Line;
pub use lives::Lives;
pub use moves::{Direction, Move, Stop, Way};
pub use past::{About, History, Rows, StepRecord};
use scrape::Scraper;
pub use script::{Files, Script};
use settled::Settled;
pub use walk::Walk;
pub use why::{Reasons, Why, WhyOf};

/// A run in progress.
#[derive(Clone)]
pub struct Session {
    /// The world as it is after the last step.
    pub world: World,
    /// What somebody does while it is played, in the order of the steps: each is played when its step comes, as often as
    /// this part of the run is played.
    pub done: Arc<[Done]>,
    /// Whether the run has settled, where it ends then.
    settled: Option<Settled>,
}

impl Session {
    /// A run before its first step.
    pub fn new(plan: &Arc<Plan>, seed: u64) -> Session {
        Session::of(plan, actors::start::world(plan, seed))
    }

    fn of(plan: &Plan, world: World) -> Session {
        let settled = plan.until_settled.then(|| Settled::new(plan));
        Session { world, done: Arc::default(), settled }
    }

    /// What somebody does in the next step.
    fn due(&self) -> Option<&Done> {
        self.done.get(self.world.live.len()).filter(|next| next.step == self.world.step + 1)
    }

    /// When the next step comes.
    pub fn next_time(&self) -> Option<Time> {
        self.due().map(|done| done.action.at).or_else(|| self.queued())
    }

    /// When the next event comes that the run still plays.
    fn queued(&self) -> Option<Time> {
        let w = &self.world;
        w.queue.peek_time().filter(|at| *at <= w.plan.until && !self.has_settled())
    }

    /// Nothing but repetitions would come, and the run ends with that.
    fn has_settled(&self) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.is_over)
    }

    /// When a run that stops here has ended: at `until`, or earlier once nothing more could happen, it has settled, or
    /// somebody stopped it.
    pub fn ended_at(&self, partial: bool) -> Time {
        let w = &self.world;
        if partial || self.has_settled() || w.queue.peek_time().is_none() { w.now } else { w.plan.until }
    }

    /// How long all stays as it is then: where nothing more could happen, until the end that was asked for.
    pub fn stands_until(&self, partial: bool) -> Time {
        let w = &self.world;
        if partial || self.has_settled() { w.now } else { w.plan.until.max(w.now) }
    }

    /// Plays the next event; None at the end of the run.
    pub fn step(&mut self) -> Option<Time> {
        self.play().map(|played| played.at)
    }

    /// As [`Session::step`], telling what was played.
    #[inline]
    pub fn play(&mut self) -> Option<Played> {
        if !self.done.is_empty()
            && let Some(action) = self.due().map(|done| Arc::clone(&done.action))
        {
            let (at, index) = (action.at, self.world.take_in(action));
            return Some(self.play_event(at, 0, SimEvent::Action { index }));
        }
        if self.has_settled() {
            return None;
        }
        let (at, sequence, event) = self.world.queue.pop_until(self.world.plan.until)?;
        Some(self.play_event(at, sequence, event))
    }

    #[inline]
    fn play_event(&mut self, at: Time, sequence: u64, event: SimEvent) -> Played {
        let w = &mut self.world;
        Invariant::TimeNeverGoesBack
            .holds(at >= w.now, || format!("{event:?} comes at {at:?}, and now is {:?}", w.now));
        w.now = at;
        w.step += 1;
        w.digest.fold(at.micros().cast_unsigned());
        let before = w.outbox.len();
        actors::play(w, event);
        if let Some(settled) = &mut self.settled {
            settled.hear(w, before..w.outbox.len());
        }
        Played { at, sequence, event }
    }

    /// What was told beside the rows since the last call.
    fn take_asides(&mut self) -> Vec<Aside> {
        self.world.asides.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What was written since the last call.
    pub fn take_transitions(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.world.outbox)
    }
}

/// An event that was taken from the queue and played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Played {
    /// The instant of the step.
    pub at: Time,
    /// Its number in the queue; 0 for what somebody does, which nothing in the run has brought about.
    pub sequence: u64,
    /// What it was.
    pub event: SimEvent,
}

/// A whole life in memory: for tests, comparisons and short runs.
pub struct Lived {
    /// The names by which rows are read.
    pub directory: Directory,
    /// All rows, in order.
    pub transitions: Vec<Transition>,
    /// By pod, as at the end.
    pub records: Vec<PodRecord>,
    /// The digest of the whole run.
    pub digest: String,
    /// How many steps it had.
    pub steps: u64,
    /// What actions were answered that found nothing or were refused.
    pub answers: Vec<String>,
}

/// Plays a plan to its end and keeps everything.
pub fn live(plan: &Arc<Plan>, seed: u64) -> Lived {
    let mut session = Session::new(plan, seed);
    while session.step().is_some() {}
    Lived::from(session)
}

/// What a session has played and nobody has taken.
impl From<Session> for Lived {
    fn from(mut session: Session) -> Lived {
        let transitions = session.take_transitions();
        let w = session.world;
        Lived {
            directory: w.directory,
            transitions,
            records: w.records.into_list(),
            digest: w.digest.to_string(),
            steps: w.step,
            answers: w.answers,
        }
    }
}

/// Progress of a long run, for whoever waits.
pub trait Progress {
    /// The run has reached this instant.
    fn at(&self, _now: Time, _step: u64) {}
    /// Whether somebody wants it to stop.
    fn stop(&self) -> bool {
        false
    }
}

/// Nobody waits.
pub struct Silent;
impl Progress for Silent {}

/// How a run ended.
pub struct Outcome {
    /// As it was at the end.
    pub world: World,
    /// When that was.
    pub ended: Time,
    /// Until when all stays so: time that is counted goes on until then.
    pub stands_until: Time,
    /// Stopped before its end.
    pub partial: bool,
    /// Expectations that did not hold.
    pub failures: Vec<expect::Failure>,
}

/// How many events are played between two hand-overs to the sink.
const BATCH: u32 = 512;

/// Plays a plan to its end (or until somebody wants it to stop); rows leave as they happen.
///
/// # Errors
/// What the sink could not write.
pub fn run(plan: &Arc<Plan>, seed: u64, sink: &mut dyn Sink, progress: &dyn Progress) -> io::Result<Outcome> {
    let mut session = Session::new(plan, seed);
    let mut judge = Judge::new(plan);
    let partial = play_out(&mut session, &mut judge, sink, progress)?;
    let (ended, stands_until) = (session.ended_at(partial), session.stands_until(partial));
    Ok(Outcome { world: session.world, ended, stands_until, partial, failures: judge.failures() })
}

/// Plays a session to its end (or until somebody wants it to stop, which is then the answer). The session stays with
/// the caller, so that after a failure of any kind there is something to tell.
///
/// # Errors
/// What the sink could not write.
pub fn play_out(
    session: &mut Session,
    judge: &mut Judge,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> io::Result<bool> {
    let objects = sink.wants_objects();
    let mut scraper = sink.scrape_interval().map(|every| Scraper::new(every, session.world.plan.start));
    session.world.touched = (objects || scraper.is_some()).then(Vec::new);
    session.world.figures = Some(Vec::new());
    if sink.wants_asides() {
        session.world.begin_asides();
    }
    sink.begin(&session.world.directory)?;
    let mut played = 0u32;
    let mut partial = progress.stop();
    while !partial {
        let next = session.queued();
        judge.before(next, &session.world);
        if let Some(scraper) = &mut scraper {
            scrape_before(next, scraper, session, sink)?;
        }
        let Some(now) = session.step() else { break };
        if objects {
            for written in session.take_written() {
                if let Some(scraper) = &mut scraper {
                    scraper.written.extend(written.pods.iter().map(|(pod, _)| PodId::new(*pod as usize)));
                }
                sink.written(&session.world.directory, &written)?;
            }
        }
        played += 1;
        if played.is_multiple_of(BATCH) {
            judge.outbox_goes(&session.world.directory, &session.world.outbox);
            hand_over(&mut session.world, sink)?;
            progress.at(now, session.world.step);
            partial = progress.stop();
        }
    }
    hand_over(&mut session.world, sink)?;
    let ended = (session.ended_at(partial), session.stands_until(partial));
    if let Some(scraper) = &mut scraper {
        scrape_before(Some(ended.1 + Span::from_micros(1)), scraper, session, sink)?;
    }
    end(&mut session.world, sink, ended, partial)?;
    Ok(partial)
}

/// All scrapes that come before the next step.
fn scrape_before(
    next: Option<Time>,
    scraper: &mut Scraper,
    session: &mut Session,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    while next.is_some_and(|next| scraper.is_due(next)) {
        sink.scraped(&scraper.scrape(&mut session.world))?;
    }
    Ok(())
}

/// What was written since the last time goes to the sink.
fn hand_over(w: &mut World, sink: &mut dyn Sink) -> io::Result<()> {
    sink.take(&w.directory, &mut w.outbox)?;
    if let Some(figures) = w.figures.as_mut().filter(|rows| !rows.is_empty()) {
        sink.figures(&w.directory, figures)?;
        figures.clear();
    }
    if let Some(asides) = w.asides.as_mut().filter(|asides| !asides.is_empty()) {
        sink.asides(&w.directory, asides)?;
        asides.clear();
    }
    Ok(())
}

/// Tells the sink how the run ended, and until when all stands as it did then. What a run knows of a million pods is not copied for it: the records are closed
/// where they are, lent out, and opened again.
fn end(w: &mut World, sink: &mut dyn Sink, (at, stands): (Time, Time), partial: bool) -> io::Result<()> {
    let mut records = std::mem::take(&mut w.records).into_list();
    close(w, &mut records, stands, 1);
    let records = Arc::new(records);
    let told = sink.end(&w.directory, &Ending { pods: &records, at, stands, partial });
    let mut records = Arc::unwrap_or_clone(records);
    close(w, &mut records, stands, -1);
    w.records = Records::of(records);
    told
}

/// Each pod's figures as they stand when the run ends at that instant.
pub fn closed_records(w: &World, at: Time) -> Vec<PodRecord> {
    let mut records = w.records.to_vec();
    close(w, &mut records, at, 1);
    records
}

/// Sums up the pods that are left; time that goes on being Ready is counted up to the end (1), or that is taken back (-1).
fn close(w: &World, records: &mut [PodRecord], at: Time, times: i64) {
    for (pod, record) in w.pods.iter().zip(records).filter(|(pod, _)| pod.exists) {
        pod.sum_up(record);
        if pod.status.condition_is_true(crate::api::Sym::READY) {
            record.ready_micros += times * at.since(record.created.unwrap_or(at)).micros();
        }
    }
}

#[cfg(test)]
mod broken;
