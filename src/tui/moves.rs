//! What is on its way on the screen: a move through the run, causes that are looked up, futures that are played. Each goes on a part
//! at a time, is seen to, and can be stopped; and where a move arrives is told.

use std::time::Duration;

use super::app::{App, Mode};
use super::done::{Between, Next};
use super::views::View;
use crate::record::{Change, Transition};
use crate::session::futures::Ahead;
use crate::session::predict::names_in;
use crate::session::words::offset;
use crate::session::{Asking, Direction, Move, Reasons, Stop, Way, tree, why};
use crate::time::Span;
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

/// So many rows are looked at in the time in which one event is played.
const LOOKED: usize = 16;

/// What is on its way, and can be stopped.
pub(super) enum Task {
    /// A move, and what is done once it has ended.
    Way(Box<Way>, Then),
    /// Causes are looked up; whether that was told.
    Why(Box<Reasons>, bool),
    /// Futures are played, one after the other; whether that was told.
    Ahead(Box<Ahead>, bool),
    /// Room is made for another future, in which something is done.
    Clear(Next),
    /// Changes between two instants are counted.
    Between(Between),
    /// A question is made of what comes; the move before which that is, and whether it was told.
    Ask(Box<Asking>, Option<(Direction, Move)>, bool),
}

/// What is done where a move ends.
pub(super) enum Then {
    /// One looks around.
    Look,
    /// The last thing that was done is taken back.
    Undo,
    /// What was taken back is done again.
    Redo(String),
}

impl App {
    /// Moves on; a prediction may be asked for first.
    pub fn go(&mut self, direction: Direction, to: &Move) {
        self.playing = false;
        if direction == Direction::Forward && self.walk.quiz.insists() {
            return self.refuse("a question waits: a answers it, S passes it by");
        }
        if self.walk.wants_question(direction, to) {
            return self.ask_first(Some((direction, to.clone())));
        }
        self.moved(direction, to);
    }

    /// Makes a question of what comes, before a move where one is given.
    pub(super) fn ask_first(&mut self, before: Option<(Direction, Move)>) {
        let asking = self.walk.begin_asking(before.as_ref().map(|(_, to)| to));
        self.task = Some(Task::Ask(Box::new(asking), before, false));
        self.hurry();
    }

    /// The move in whose way a question came goes on.
    pub fn follow(&mut self) {
        if let Some((direction, to)) = self.interrupted.take() {
            self.moved(direction, &to);
        }
    }

    /// Where that move leads, in words.
    pub fn follows_to(&self) -> Option<String> {
        let start = self.walk.plan().start;
        self.interrupted.as_ref().map(|(_, to)| match to {
            Move::To(at) => format!("to {}", offset(*at, start)),
            Move::End => "to the end".to_owned(),
            Move::Until(breakpoint) => format!("until {breakpoint}"),
            Move::Breakpoints => "to the next breakpoint".to_owned(),
            Move::Failure => "to the next failure".to_owned(),
            _ => "to the next change".to_owned(),
        })
    }

    /// Something goes on by itself until it is done: a move on its way, causes that are looked up, rows that are looked at.
    pub fn works(&self) -> bool {
        self.task.is_some() || self.kept.is_looking()
    }

    /// Goes on with it, a part of it at once: what takes long is seen to go on, and can be stopped.
    pub fn work(&mut self) {
        if self.task.is_none() {
            return self.kept.look_on();
        }
        self.hurry();
    }

    /// Goes on with what is on its way.
    pub(super) fn hurry(&mut self) {
        let start = self.walk.plan().start;
        match self.task.take() {
            None => {}
            Some(Task::Way(mut way, then)) => match self.walk.go_on(&mut way, self.slice) {
                Some(stop) => self.came(stop, &way, then),
                None => {
                    let (now, end) = (offset(self.walk.now(), start), self.walk.plan().until.since(start));
                    self.tell(match way.is_looking() {
                        true => "looking through what has been; Esc leaves it".to_owned(),
                        false => format!("on the way: {now} of {end}; Esc stays here"),
                    });
                    self.task = Some(Task::Way(way, then));
                }
            },
            Some(Task::Ahead(mut ahead, is_told)) => {
                // As many as are played in the time of so many events; of a fleet one.
                let most = self.slice / (1 + self.walk.world().pods.len());
                let is_over = (0..most.max(1)).any(|_| self.walk.look_ahead(&mut ahead));
                if is_over {
                    if is_told {
                        self.told = None;
                    }
                    let text = self.walk.ahead_in_words(&ahead.futures);
                    self.read("What may come, under other luck".to_owned(), text);
                } else {
                    self.tell(format!(
                        "playing ahead, under other luck: {}; Esc leaves it",
                        ahead.futures.count
                    ));
                    self.task = Some(Task::Ahead(ahead, true));
                }
            }
            Some(Task::Clear(next)) => self.clear_on(next, self.slice.saturating_mul(LOOKED)),
            Some(Task::Between(between)) => self.count_between(between, self.slice.saturating_mul(LOOKED)),
            Some(Task::Ask(mut asking, before, is_told)) => {
                let is_asked = self.walk.ask_on(&mut asking, self.slice);
                if is_told && is_asked.is_some() {
                    self.told = None;
                }
                match (is_asked, before) {
                    (None, before) => {
                        self.tell("looking ahead for what to ask; Esc leaves it");
                        self.task = Some(Task::Ask(asking, before, true));
                    }
                    (Some(true), before) => {
                        if before.is_some() {
                            self.interrupted = before;
                        }
                        self.mode = Mode::Question { marked: 0 };
                    }
                    (Some(false), Some((direction, to))) => self.moved(direction, &to),
                    (Some(false), None) => self.refuse("there is nothing to ask here"),
                }
            }
            Some(Task::Why(reasons, is_told)) => match self.walk.why_on(&reasons, self.slice) {
                Some(why) => {
                    if is_told {
                        self.told = None;
                    }
                    match why {
                        Ok(why) => self.read_why(&why),
                        Err(problem) => self.refuse(problem),
                    }
                }
                None => {
                    self.tell("looking up what was known of it; Esc leaves it");
                    self.task = Some(Task::Why(reasons, true));
                }
            },
        }
    }

    pub(super) fn moved(&mut self, direction: Direction, to: &Move) {
        self.set_out(Way::new(direction, to.clone()), Then::Look);
    }

    /// Begins a move, after which something is done.
    pub(super) fn set_out(&mut self, way: Way, then: Then) {
        self.playing = false;
        self.task = Some(Task::Way(Box::new(way), then));
        self.hurry();
    }

    /// A move has ended.
    fn came(&mut self, stop: Stop, way: &Way, then: Then) {
        match (then, stop) {
            (Then::Look, _) | (_, Stop::Question) => self.arrived(stop, way.direction(), way.to()),
            (Then::Undo, _) => self.clear(Next::Undo),
            (Then::Redo(words), _) => self.done_again(&words),
        }
    }

    fn arrived(&mut self, stop: Stop, direction: Direction, to: &Move) {
        self.scroll = 0;
        self.interrupted = None;
        match stop {
            Stop::Question => {
                self.playing = false;
                self.interrupted = Some((direction, to.clone()));
                self.told = None;
                self.mode = Mode::Question { marked: 0 };
                self.look_at_asked();
            }
            Stop::NotFound => {
                let end = if direction == Direction::Forward { "the end" } else { "the start" };
                self.tell(format!("there is no such place; this is {end} of the run"));
            }
            Stop::There => {
                self.follow_change(to);
                self.tell_place(direction, to);
            }
        }
        self.tell_refusal();
        let over = self.walk.now() >= self.walk.plan().until && self.walk.at_end();
        if over && direction == Direction::Forward && stop != Stop::Question {
            self.debrief();
        }
    }

    /// Selects whom a question names.
    fn look_at_asked(&mut self) {
        /// Of a fleet nobody looks through all names.
        const MOST: usize = 2_000;
        let Some(ask) = self.walk.quiz.pending().map(|asked| asked.ask.clone()).filter(|_| !self.pinned)
        else {
            return;
        };
        let words = names_in(&ask);
        let w = self.walk.world();
        let name = |key: ObjectKey| {
            let name = tree::name(w, key);
            name.rsplit('/').next().map(str::to_owned).unwrap_or_default()
        };
        let listed = self.listed();
        let is_named = |key: &ObjectKey| words.contains(&name(*key).as_str());
        let is_own = self.selection().is_some_and(|own| is_named(&own));
        let found = listed.iter().take(MOST).map(|leaf| leaf.of).filter(|_| !is_own);
        // Of several that are called so, pods come first.
        let found: Vec<ObjectKey> = found.filter(is_named).collect();
        let pod = found.iter().find(|key| matches!(key, ObjectKey::Pod(_))).or(found.first()).copied();
        if let Some(key) = pod {
            self.look_at(key);
        }
    }

    /// Selects whom the change is about that a move looked for.
    fn follow_change(&mut self, to: &Move) {
        if self.pinned {
            return;
        }
        if !matches!(to, Move::Change | Move::Failure | Move::Until(_) | Move::Breakpoints) {
            return;
        }
        let Some(row) = self.walk.last_change(None) else {
            return;
        };
        if self.walk.rows_of(self.walk.position()).is_empty() {
            return;
        }
        if self.view == View::Nodes {
            return self.follow_node(&row);
        }
        let w = self.walk.world();
        let own = self.selection();
        let found = match (row.pod, row.change) {
            (Some(pod), _) => Some(ObjectKey::Pod(PodId(pod))),
            (None, Change::Object { object, .. }) => {
                let ident = w.directory.objects[object as usize];
                w.workloads.find(ident.kind, ident.namespace, ident.name)
            }
            _ => None,
        };
        // What is not shown is not selected: what has made it is, where that is shown.
        if let Some(found) = found.and_then(|found| self.shown_for(found)).filter(|found| Some(*found) != own)
        {
            self.look_at(found);
        }
    }

    /// Marks the node that a change is about.
    fn follow_node(&mut self, row: &Transition) {
        let Change::Node { .. } = row.change else { return };
        let name = row.node.and_then(|node| self.walk.world().directory.nodes.get(node as usize)).copied();
        let (_, lines) = self.shown_lines(0, self.line_count());
        let at = name.and_then(|name| {
            lines.iter().position(|line| line.split_whitespace().next() == Some(name.as_str()))
        });
        if let Some(at) = at {
            self.row = at;
        }
    }

    /// What a command that goes on has printed, and what the API server answered to an action, since it was told last; going
    /// back takes it back.
    pub(super) fn tell_refusal(&mut self) {
        let printed = self.walk.printed();
        let line = printed.last().filter(|_| printed.len() > self.printed).cloned();
        self.printed = printed.len();
        if let Some(line) = line {
            self.tell(line);
        }
        let all = self.walk.answers();
        let last = all.last().filter(|_| all.len() > self.answered).cloned();
        self.answered = all.len();
        if let Some(answer) = last {
            self.refuse(answer);
        }
    }

    /// The most telling of what the last step wrote.
    fn tell_place(&mut self, direction: Direction, to: &Move) {
        if let (Move::Event, Some(record)) = (to, self.walk.step_record(self.walk.position())) {
            let words = crate::session::words::describe(self.walk.world(), record.event);
            self.tell(format!("{}: {}", words.component, words.text));
            return;
        }
        let rows = self.walk.rows_of(self.walk.position());
        let pod = if let Move::PodChange(pod) = to { Some(*pod) } else { None };
        let row = if rows.is_empty() { None } else { self.walk.last_change(pod) };
        match row {
            Some(row) if !matches!(to, Move::To(_) | Move::Step(_) | Move::End) => {
                let back = if direction == Direction::Back { "back at: " } else { "" };
                let text = format!("{back}{}", why::headline(&row, &self.walk.world().directory));
                self.tell(text);
            }
            _ => self.told = None,
        }
    }

    /// Wall-clock time has passed while it plays.
    pub fn pass(&mut self, passed: Duration) {
        let micros = i64::try_from(passed.as_micros()).unwrap_or(0).saturating_mul(i64::from(self.speed));
        let to = self.walk.now() + Span::from_micros(micros);
        let before = self.walk.written();
        // What cannot be played in the time of a frame is played in the next one: then it goes slower.
        let stop = self.walk.go_on(&mut Way::new(Direction::Forward, Move::To(to)), self.slice);
        if self.walk.written() > before
            && let Some(row) = self.walk.last_change(None)
        {
            let text = why::headline(&row, &self.walk.world().directory);
            self.tell(text);
        }
        self.tell_refusal();
        if stop == Some(Stop::Question) {
            (self.playing, self.interrupted) = (false, None);
            self.mode = Mode::Question { marked: 0 };
        } else if self.walk.now() >= self.walk.plan().until {
            self.playing = false;
            self.moved(Direction::Forward, &Move::End);
        }
    }
}
