//! Moves: to the next or the previous place where something is so.

use super::Walk;
use super::breakpoints::{Breakpoint, Levels};
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

/// Whether a row tells of something that went wrong.
pub fn is_failure(row: &Transition) -> bool {
    match row.change {
        Change::Event(event) => event.kind == EventType::Warning,
        Change::Container { exit_code, .. } => exit_code.is_some_and(|code| code != 0),
        Change::Phase { to, .. } => to == Sym::FAILED || to == Sym::UNKNOWN,
        Change::Node { kind, to, .. } => kind == Sym::READY && to.is_some_and(|tri| tri != Tri::True),
        Change::Object { what, .. } => match what {
            ObjectChange::Event(event) => event.kind == EventType::Warning,
            ObjectChange::Workload { to, .. } => to == Some(WorkloadState::Failed),
            ObjectChange::Condition { .. } | ObjectChange::Endpoints { .. } => false,
        },
        Change::Condition { .. } | Change::Status { .. } | Change::Owner { .. } => false,
    }
}

impl Walk {
    /// Moves; at the end it stands right after a step, or at an instant.
    pub fn go(&mut self, direction: Direction, to: &Move) -> Stop {
        if direction == Direction::Forward {
            if self.quiz.insists() {
                return Stop::Question;
            }
            self.quiz.skip();
        }
        match to {
            Move::To(at) => {
                // A lesson that is held asks also at the very end of the run, where no time is left to pass.
                let asks = *at > self.clock || self.quiz.held;
                if let Some((question, due)) = self.lesson_due(*at).filter(|_| asks) {
                    self.seek_time(due);
                    self.ask_lesson(question);
                    return Stop::Question;
                }
                self.seek_time(*at);
                return Stop::There;
            }
            Move::End => {
                if direction == Direction::Forward {
                    return self.go(direction, &Move::To(self.plan().until));
                }
                self.seek(0);
                return Stop::There;
            }
            _ => {}
        }
        match direction {
            Direction::Forward => self.forward(to),
            Direction::Back => self.back(to),
        }
    }

    /// Goes on to an instant, but by no more than so many events: None where more is to be played, so that whoever watches can be
    /// shown something meanwhile.
    pub fn go_some(&mut self, to: Time, events: usize) -> Option<Stop> {
        if !self.quiz.insists() {
            for _ in 0..events {
                let next = self.session.next_time().unwrap_or(Time::FAR);
                let asked = self.lesson_due(next).is_some_and(|(_, due)| due < next);
                if next > to || asked || !self.play() {
                    return Some(self.go(Direction::Forward, &Move::To(to)));
                }
            }
            return None;
        }
        Some(Stop::Question)
    }

    /// For whoever plays by himself: stops him where a move from here would.
    pub(crate) fn looks_out<'a>(&self, to: &'a Move) -> Watch<'a> {
        let mut watch = Watch::new(to, &self.breakpoints);
        for row in if watch.needs_levels() { self.history() } else { &[] } {
            watch.levels.fold(row);
        }
        watch
    }

    /// Goes on to where a move leads, but by no more than so many events: None where more is to be played.
    pub fn go_on(&mut self, to: &Move, events: usize) -> Option<Stop> {
        match to {
            Move::To(at) => self.go_some(*at, events),
            Move::End => self.go_some(self.plan().until, events),
            _ if self.quiz.insists() => Some(Stop::Question),
            _ => {
                self.quiz.skip();
                self.forward_some(to, events)
            }
        }
    }

    fn forward(&mut self, to: &Move) -> Stop {
        self.forward_some(to, usize::MAX).unwrap_or(Stop::NotFound)
    }

    fn forward_some(&mut self, to: &Move, events: usize) -> Option<Stop> {
        let mut watch = self.looks_out(to);
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
            if watch.stops(self.rows_of(self.position()), &self.world().directory) {
                return Some(Stop::There);
            }
        }
        None
    }

    fn back(&mut self, to: &Move) -> Stop {
        // When time has passed since the last step, that step itself lies behind.
        let behind = if self.clock > self.session.world.now { self.position() + 1 } else { self.position() };
        let mut watch = Watch::new(to, &self.breakpoints);
        let mut found = None;
        let mut from = 1;
        if !watch.needs_levels() {
            // Newest first, and no further than needed.
            found = (1..behind).rev().find(|step| watch.stops(self.rows_of(*step), &self.world().directory));
            from = behind;
        } else {
            for row in self.rows_of(0) {
                watch.levels.fold(row);
            }
        }
        for step in from..behind {
            if watch.stops(self.rows_of(step), &self.world().directory) {
                found = Some(step);
            }
        }
        match found {
            Some(step) => {
                self.seek(step);
                Stop::There
            }
            None => {
                self.seek(0);
                if *to == Move::Event { Stop::There } else { Stop::NotFound }
            }
        }
    }
}

/// What a move looks out for.
pub(crate) struct Watch<'a> {
    to: &'a Move,
    breakpoints: Vec<Breakpoint>,
    levels: Levels,
}

impl<'a> Watch<'a> {
    fn new(to: &'a Move, set: &[Breakpoint]) -> Watch<'a> {
        let breakpoints = match to {
            Move::Until(one) => vec![one.clone()],
            Move::Breakpoints => set.to_vec(),
            _ => Vec::new(),
        };
        Watch { to, breakpoints, levels: Levels::default() }
    }
    fn needs_levels(&self) -> bool {
        !self.breakpoints.is_empty()
    }
    /// Whether a step with these rows is the place.
    pub(crate) fn stops(&mut self, rows: &[Transition], directory: &Directory) -> bool {
        match self.to {
            Move::Event => true,
            Move::Change => !rows.is_empty(),
            Move::PodChange(pod) => rows.iter().any(|row| row.pod == Some(pod.0)),
            Move::ObjectChange(own) => {
                rows.iter().any(|row| matches!(row.change, Change::Object { object, .. } if object == *own))
            }
            Move::Failure => rows.iter().any(is_failure),
            Move::Until(_) | Move::Breakpoints => {
                !rows.is_empty() && self.levels.step(rows, &self.breakpoints, directory)
            }
            Move::To(_) | Move::End => false,
        }
    }
}
