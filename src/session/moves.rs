//! Moves: to the next or the previous place where something is so.

use super::Walk;
use super::breakpoints::{Breakpoint, Levels};
use super::seek::Seek;
use super::why::weight;
use crate::api::workload::WorkloadState;
use crate::api::{EventType, Sym, Tri};
use crate::record::{Change, Directory, ObjectChange, ObjectRow, Transition};
use crate::time::Time;
use crate::world::PodId;

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// On in time.
    Forward,
    /// Back in time.
    Back,
}

/// Where to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// The next queued event.
    Event,
    /// The next change that kubectl would show.
    Change,
    /// The next change of one pod.
    PodChange(PodId),
    /// The next change of one workload or Service.
    ObjectChange(ObjectRow),
    /// Something goes wrong: a warning, a container that ends with an error, a pod that fails, a node that is lost.
    Failure,
    /// Where this is so.
    Until(Breakpoint),
    /// Where any breakpoint that is set is so.
    Breakpoints,
    /// This instant.
    To(Time),
    /// Right after this step.
    Step(u64),
    /// The end of the run; backwards its start.
    End,
}

/// How a move ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It stands where it was asked to.
    There,
    /// There was no such place: it stands at the end of the run, or backwards at its start.
    NotFound,
    /// The lesson has a question first.
    Question,
}

/// Whether a row tells of something that went wrong. That it goes on being so, as an event says that is counted once more, is no news.
pub fn is_failure(row: &Transition) -> bool {
    match row.change {
        Change::Event(event) => event.kind == EventType::Warning && event.count <= 1,
        Change::Container { exit_code, .. } => exit_code.is_some_and(|code| code != 0),
        Change::Phase { to, .. } => to == Sym::FAILED || to == Sym::UNKNOWN,
        Change::Node { kind, to, .. } => kind == Sym::READY && to.is_some_and(|tri| tri != Tri::True),
        Change::Object { what, .. } => match what {
            ObjectChange::Event(event) => event.kind == EventType::Warning && event.count <= 1,
            ObjectChange::Workload { to, .. } => to == Some(WorkloadState::Failed),
            ObjectChange::Condition { .. } | ObjectChange::Endpoints { .. } => false,
        },
        Change::Condition { .. } | Change::Status { .. } | Change::Owner { .. } => false,
    }
}

/// A move on its way: what it looks for, and how far it has come. It is taken further a part at a time ([`Walk::go_on`]), so
/// that whoever waits is shown something meanwhile, and can leave it where it is: wherever it stands is a place of the run.
pub struct Way {
    direction: Direction,
    to: Move,
    stage: Stage,
}

enum Stage {
    /// Nothing has been done yet.
    Start,
    /// What has been so far is taken in, from this row on, so that it is known what begins to be so.
    Folding(Watch, usize),
    /// Events are played until one is the place.
    Playing(Watch),
    /// Steps that are known are looked through: the next one, those behind this one, and the last that was the place.
    Looking { watch: Watch, next: u64, behind: u64, found: Option<u64> },
    /// The place is known, and how the move ends there; a lesson's question that comes with it.
    Seeking(Seek, Stop, Option<usize>),
}

/// So many rows or steps are looked at in the time in which one event is played.
const LOOKED: usize = 8;

impl Way {
    /// A move that has not begun.
    pub fn new(direction: Direction, to: Move) -> Way {
        Way { direction, to, stage: Stage::Start }
    }
    /// To the place right after a step, whatever that is.
    pub fn to_step(step: u64) -> Way {
        Way {
            direction: Direction::Back,
            to: Move::Step(step),
            stage: Stage::Seeking(Seek::step(step), Stop::There, None),
        }
    }
    /// Which way.
    pub fn direction(&self) -> Direction {
        self.direction
    }
    /// Where to.
    pub fn to(&self) -> &Move {
        &self.to
    }
    /// Its place is still looked for among what has been.
    pub fn is_looking(&self) -> bool {
        matches!(self.stage, Stage::Folding(..) | Stage::Looking { .. })
    }
}

impl Walk {
    /// Moves; at the end it stands right after a step, or at an instant.
    pub fn go(&mut self, direction: Direction, to: &Move) -> Stop {
        let mut way = Way::new(direction, to.clone());
        loop {
            if let Some(stop) = self.go_on(&mut way, usize::MAX) {
                return stop;
            }
        }
    }

    /// Goes on, but by no more than about so many events or steps that are looked at: None where more is left.
    pub fn go_on(&mut self, way: &mut Way, events: usize) -> Option<Stop> {
        let mut left = events;
        self.checkpoints.free_some();
        loop {
            if left == 0 {
                return None;
            }
            let stage = std::mem::replace(&mut way.stage, Stage::Start);
            way.stage = match stage {
                Stage::Start => match self.set_out(way.direction, &way.to) {
                    Ok(stage) => stage,
                    Err(stop) => return Some(stop),
                },
                Stage::Folding(mut watch, from) => {
                    let history = self.history().skip(from);
                    let most = history.len().min(left.saturating_mul(LOOKED));
                    history.iter().take(most).for_each(|row| watch.levels.fold(&row));
                    left -= most.div_ceil(LOOKED);
                    let to = from + most;
                    if most < history.len() { Stage::Folding(watch, to) } else { Stage::Playing(watch) }
                }
                Stage::Playing(mut watch) => match self.play_until(&mut watch, left) {
                    Some(stop) => {
                        self.telling = watch.telling;
                        return Some(stop);
                    }
                    None => {
                        way.stage = Stage::Playing(watch);
                        return None;
                    }
                },
                Stage::Looking { mut watch, mut next, behind, mut found } => {
                    let newest_first = !watch.needs_levels();
                    let over = |next: u64, found: Option<u64>| match newest_first {
                        true => next == 0 || found.is_some(),
                        false => next >= behind,
                    };
                    let (mut looked, mut reader) = (0, self.past.reader());
                    while looked < left.saturating_mul(LOOKED) && !over(next, found) {
                        looked += 1;
                        if watch.stops(reader.rows_of(next), &self.world().directory) {
                            found = Some(next);
                        }
                        next = if newest_first { next - 1 } else { next + 1 };
                    }
                    left -= looked.div_ceil(LOOKED);
                    match over(next, found) {
                        false => Stage::Looking { watch, next, behind, found },
                        true => {
                            self.telling = watch.telling;
                            let is_there = found.is_some() || way.to == Move::Event;
                            let stop = if is_there { Stop::There } else { Stop::NotFound };
                            Stage::Seeking(Seek::step(found.unwrap_or(0)), stop, None)
                        }
                    }
                }
                Stage::Seeking(mut seek, stop, question) => {
                    if !self.seek_on(&mut seek, &mut left) {
                        way.stage = Stage::Seeking(seek, stop, question);
                        return None;
                    }
                    if let Some(question) = question {
                        self.ask_lesson(question);
                    }
                    return Some(stop);
                }
            };
        }
    }

    /// How a move begins; where it ends at once, how.
    fn set_out(&mut self, direction: Direction, to: &Move) -> Result<Stage, Stop> {
        self.telling = None;
        if direction == Direction::Forward {
            if self.quiz.insists() {
                return Err(Stop::Question);
            }
            self.quiz.skip();
        }
        let instant = match (to, direction) {
            (Move::To(at), _) => Some(*at),
            (Move::End, Direction::Forward) => Some(self.plan().until),
            _ => None,
        };
        if let Some(at) = instant {
            // A lesson that is held asks also at the very end of the run, where no time is left to pass.
            let asks = at > self.clock || self.quiz.held;
            return Ok(match self.lesson_due(at).filter(|_| asks) {
                Some((question, due)) => Stage::Seeking(Seek::instant(due), Stop::Question, Some(question)),
                None => Stage::Seeking(Seek::instant(at), Stop::There, None),
            });
        }
        Ok(match (to, direction) {
            (Move::Step(step), _) => Stage::Seeking(Seek::step(*step), Stop::There, None),
            (Move::End, _) => Stage::Seeking(Seek::step(0), Stop::There, None),
            (_, Direction::Forward) => match Watch::new(to, &self.breakpoints) {
                watch if watch.needs_levels() => Stage::Folding(watch, 0),
                watch => Stage::Playing(watch),
            },
            (_, Direction::Back) => {
                // When time has passed since the last step, that step itself lies behind.
                let passed = self.clock > self.session.world.now;
                let behind = if passed { self.position() + 1 } else { self.position() };
                let mut watch = Watch::new(to, &self.breakpoints);
                // Newest first, and no further than needed; or all, as it has to be known what began to be so.
                let next = if watch.needs_levels() { 1 } else { behind.saturating_sub(1) };
                for row in if watch.needs_levels() { self.past.standing() } else { &[] } {
                    watch.levels.fold(row);
                }
                Stage::Looking { watch, next, behind, found: None }
            }
        })
    }

    /// For whoever plays by himself: stops him where a move from here would.
    #[cfg(feature = "serve")]
    pub(crate) fn looks_out(&self, to: &Move) -> Watch {
        let mut watch = Watch::new(to, &self.breakpoints);
        if watch.needs_levels() {
            self.history().iter().for_each(|row| watch.levels.fold(&row));
        }
        watch
    }

    fn play_until(&mut self, watch: &mut Watch, events: usize) -> Option<Stop> {
        for _ in 0..events {
            let next = self.session.next_time().unwrap_or(Time::FAR).min(self.plan().until);
            if let Some((question, due)) = self.lesson_due(next) {
                // Everything up to the question's instant has been played, or it comes after what is about to be.
                if due < next || self.at_end() {
                    self.ask_lesson(question);
                    return Some(Stop::Question);
                }
            }
            if !self.play() {
                self.clock = self.clock.max(self.plan().until);
                return Some(Stop::NotFound);
            }
            if watch.stops(&self.rows_of(self.position()), &self.world().directory) {
                return Some(Stop::There);
            }
        }
        None
    }
}

/// What a move looks out for.
pub(crate) struct Watch {
    to: Move,
    breakpoints: Vec<Breakpoint>,
    levels: Levels,
    /// The row that made the last place the place, where one did.
    telling: Option<Transition>,
}

impl Watch {
    fn new(to: &Move, set: &[Breakpoint]) -> Watch {
        let breakpoints = match to {
            Move::Until(one) => vec![one.clone()],
            Move::Breakpoints => set.to_vec(),
            _ => Vec::new(),
        };
        Watch { to: to.clone(), breakpoints, levels: Levels::default(), telling: None }
    }
    fn needs_levels(&self) -> bool {
        !self.breakpoints.is_empty()
    }
    /// Whether a step with these rows is the place.
    pub(crate) fn stops(&mut self, rows: &[Transition], directory: &Directory) -> bool {
        match &self.to {
            Move::Event => true,
            Move::Change => !rows.is_empty(),
            Move::PodChange(pod) => rows.iter().any(|row| row.pod == Some(pod.0)),
            Move::ObjectChange(own) => {
                rows.iter().any(|row| matches!(row.change, Change::Object { object, .. } if object == *own))
            }
            Move::Failure => {
                let told = rows.iter().filter(|row| is_failure(row)).min_by_key(|row| weight(row));
                self.stops_for(told.copied())
            }
            Move::Until(_) | Move::Breakpoints => {
                let told = match rows.is_empty() {
                    true => None,
                    false => self.levels.step(rows, &self.breakpoints, directory),
                };
                self.stops_for(told)
            }
            Move::To(_) | Move::Step(_) | Move::End => false,
        }
    }
    fn stops_for(&mut self, row: Option<Transition>) -> bool {
        self.telling = row.or(self.telling);
        row.is_some()
    }
}
