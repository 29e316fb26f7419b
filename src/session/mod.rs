//! A run that can be held: played to its end, or event by event.

use std::io;
use std::sync::Arc;

use crate::actors;
use crate::record::{Directory, PodRecord, Transition};
use crate::scenario::plan::Plan;
use crate::time::Time;
use crate::world::World;

/// A run in progress.
#[derive(Clone)]
pub struct Session {
    pub world: World,
}

impl Session {
    pub fn new(plan: &Arc<Plan>, seed: u64) -> Session {
        Session { world: actors::start::world(plan, seed) }
    }

    /// Plays the next event; None at the end of the run.
    pub fn step(&mut self) -> Option<Time> {
        let w = &mut self.world;
        if w.queue.peek_time()? > w.plan.until {
            return None;
        }
        let (at, sequence, event) = w.queue.pop()?;
        w.now = at;
        w.step += 1;
        w.digest.fold(at.micros() as u64);
        w.digest.fold(sequence);
        actors::play(w, event);
        Some(at)
    }

    /// What was written since the last call.
    pub fn take_transitions(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.world.outbox)
    }
}

/// A whole life in memory: for tests, comparisons and short runs.
pub struct Lived {
    pub directory: Directory,
    pub transitions: Vec<Transition>,
    pub records: Vec<PodRecord>,
    pub digest: String,
    pub steps: u64,
    pub answers: Vec<String>,
}

/// Plays a plan to its end and keeps everything.
pub fn live(plan: &Arc<Plan>, seed: u64) -> Lived {
    let mut session = Session::new(plan, seed);
    while session.step().is_some() {}
    let transitions = session.take_transitions();
    let w = session.world;
    Lived {
        directory: w.directory,
        transitions,
        records: w.records,
        digest: w.digest.to_string(),
        steps: w.step,
        answers: w.answers,
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
    pub world: World,
    /// Stopped before its end.
    pub partial: bool,
}

/// How many events are played between two hand-overs to the sink.
const BATCH: u32 = 4096;

/// Plays a plan to its end (or until somebody wants it to stop); rows leave as they happen.
///
/// # Errors
/// What the sink could not write.
pub fn run(
    plan: &Arc<Plan>,
    seed: u64,
    mut sink: impl FnMut(&Directory, &[Transition]) -> io::Result<()>,
    progress: &dyn Progress,
) -> io::Result<Outcome> {
    let mut session = Session::new(plan, seed);
    let mut played = 0;
    let mut partial = false;
    while let Some(now) = session.step() {
        played += 1;
        if played % BATCH == 0 {
            let rows = session.take_transitions();
            sink(&session.world.directory, &rows)?;
            progress.at(now, session.world.step);
            if progress.stop() {
                partial = true;
                break;
            }
        }
    }
    let rows = session.take_transitions();
    sink(&session.world.directory, &rows)?;
    Ok(Outcome { world: session.world, partial })
}
