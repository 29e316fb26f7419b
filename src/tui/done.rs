//! What a person does on the screen, and undoes: commands typed or filled in, undo and redo, bookmarks, the second cursor.

use std::collections::BTreeMap;

use super::actions::Form;
use super::app::{App, Mode};
use super::moves::{Task, Then};
use crate::record::{Change, ObjectChange};
use crate::session::words::{about, offset};
use crate::session::{Direction, Move, Way, why};
use crate::time::{Span, Time};

impl App {
    /// Something is to be done. In the past of something else that was done one is asked whether that stays.
    pub fn do_line(&mut self, words: &str, form: Option<Form>) {
        if self.walk.done_later().is_empty() {
            self.do_now(words, false, form);
        } else {
            self.mode = Mode::Later { words: words.to_owned(), form };
        }
    }

    /// Does it; what was done later is done again at its instants, or dropped. What cannot be done is told in its form.
    pub fn do_now(&mut self, words: &str, keeps: bool, form: Option<Form>) {
        if let Err(problem) = self.walk.could_act(words) {
            return self.not_done(problem, form);
        }
        self.clear(Next::Do { words: words.to_owned(), keeps, form });
    }

    /// What is known of the time after here is about to be another one: it is given up first.
    pub(super) fn clear(&mut self, next: Next) {
        self.task = Some(Task::Clear(next));
        self.hurry();
    }

    /// Gives up so many steps more, and does what is to be done once none is left.
    pub(super) fn clear_on(&mut self, next: Next, most: usize) {
        if !self.walk.give_up_ahead(most) {
            self.tell("making room for another future; Esc leaves it");
            self.task = Some(Task::Clear(next));
            return;
        }
        match next {
            Next::Do { words, keeps, form } => self.act(&words, keeps, form),
            Next::Redo(words) => self.act_again(&words),
            Next::Undo => self.taken_back(),
        }
    }

    fn not_done(&mut self, problem: String, form: Option<Form>) {
        match form {
            Some(form) => self.mode = Mode::Form(Form { problem: Some(problem), ..form }),
            None => self.refuse(problem),
        }
    }

    fn act(&mut self, words: &str, keeps: bool, form: Option<Form>) {
        self.kept.another_run(self.walk.world());
        let acted = match keeps {
            true => self.walk.act_and_keep(words),
            false => self.walk.act(words).map(|done| (done, Vec::new())),
        };
        let (done, not_again) = match acted {
            Ok(acted) => acted,
            Err(problem) => return self.not_done(problem, form),
        };
        self.changed();
        self.undone.clear();
        let start = self.walk.plan().start;
        let dropped = if keeps { None } else { self.walk.done().last().and_then(|done| done.drops(start)) };
        let lines: Vec<&str> =
            done.answer.iter().chain(&dropped).chain(&not_again).map(String::as_str).collect();
        let answer = lines.join("\n");
        match (done.refusals > 0, lines.len()) {
            (true, _) => self.refuse(answer),
            (false, 0 | 1) => self.tell(answer),
            (false, _) => self.read(words.to_owned(), answer),
        }
    }

    /// Takes the last thing back that was done: goes there first.
    pub fn undo(&mut self) {
        match self.walk.done().last().map(|done| done.stood.0) {
            Some(step) => self.set_out(Way::to_step(step), Then::Undo),
            None => self.clear(Next::Undo),
        }
    }

    /// Where it was done: it is taken back.
    fn taken_back(&mut self) {
        self.kept.another_run(self.walk.world());
        match self.walk.undo() {
            Ok(done) => {
                self.changed();
                self.undone.push((done.action.at, done.action.words.clone()));
                self.scroll = 0;
                let words = format!("taken back: {}", done.action.words);
                match done.brings_back(self.walk.plan().start) {
                    None => self.tell(format!("{words} (R does it again)")),
                    Some(back) => self.read("Taken back".to_owned(), format!("{words}\n{back}")),
                }
            }
            Err(problem) => self.refuse(problem),
        }
    }

    /// Does again what was taken back last, at the instant at which it had been done: goes there first.
    pub fn redo(&mut self) {
        let Some((at, words)) = self.undone.last().cloned() else {
            return self.refuse("nothing has been taken back that could be done again");
        };
        let before = Move::To(at - Span::from_micros(1));
        self.set_out(Way::new(Direction::Back, before), Then::Redo(words));
    }

    /// Where it had been done: it is done again.
    pub(super) fn done_again(&mut self, words: &str) {
        if let Err(problem) = self.walk.could_act(words) {
            return self.refuse(problem);
        }
        self.clear(Next::Redo(words.to_owned()));
    }

    fn act_again(&mut self, words: &str) {
        self.undone.pop();
        let rest = std::mem::take(&mut self.undone);
        self.act(words, false, None);
        self.undone = rest;
    }

    /// The run is another one from here on.
    fn changed(&mut self) {
        self.changes += 1;
        self.warned = false;
        self.kept.another_run(self.walk.world());
        self.answered = self.walk.answers().len();
    }

    /// Everything that was done, also ahead of the cursor.
    pub fn read_done(&mut self) {
        let start = self.walk.plan().start;
        let here = self.walk.position();
        let lines: Vec<String> = self
            .walk
            .done()
            .iter()
            .map(|done| {
                let ahead = if done.step > here { "  (ahead of here)" } else { "" };
                format!("{}  {}{ahead}", offset(done.action.at, start), done.action.words)
            })
            .collect();
        match lines.is_empty() {
            true => self.refuse("nothing has been done; Enter or x does something"),
            false => self.read("What was done".to_owned(), lines.join("\n")),
        }
    }

    /// Lets the selection stay, or follow what changes.
    pub fn pin(&mut self) {
        self.pinned = !self.pinned;
        let selected = self.selection();
        if let (true, Some(own)) = (self.pinned, selected) {
            // What was only the first in the list is pinned as itself.
            (self.walk.selected, self.walk.workload) = match own {
                crate::world::workloads::ObjectKey::Pod(pod) => (Some(pod), None),
                key => (None, Some(key)),
            };
        }
        self.tell(if self.pinned {
            "pinned: the selection stays"
        } else {
            "the selection follows what changes"
        });
    }

    /// Bookmarks this instant.
    pub fn set_bookmark(&mut self, letter: char) {
        self.bookmarks.insert(letter, self.walk.now());
        let at = offset(self.walk.now(), self.walk.plan().start);
        self.tell(format!("bookmark {letter} at {at}: '{letter} comes back"));
    }

    /// Goes to a bookmark.
    pub fn go_to_bookmark(&mut self, letter: char) {
        match self.bookmarks.get(&letter).copied() {
            Some(at) => self.go_to(at),
            None => {
                let known: String = self.bookmarks.keys().collect();
                let known = if known.is_empty() {
                    "none is set: m sets one".to_owned()
                } else {
                    format!("there are {known}")
                };
                self.refuse(format!("there is no bookmark {letter}; {known}"));
            }
        }
    }

    /// Goes to an instant, wherever it lies.
    pub fn go_to(&mut self, at: Time) {
        let direction = if at < self.walk.now() { Direction::Back } else { Direction::Forward };
        self.playing = false;
        self.moved(direction, &Move::To(at));
    }

    /// Sets the second cursor here; takes it away where it stands here.
    pub fn set_second(&mut self) {
        let now = self.walk.now();
        if self.second == Some(now) {
            self.second = None;
            self.tell("the second cursor is away");
        } else {
            self.second = Some(now);
            self.tell(
                "second cursor here: move, and the title measures from it; D tells what changed in between",
            );
        }
    }

    /// How far it is from the second cursor.
    pub fn measured(&self) -> Option<String> {
        let from = self.second?;
        let now = self.walk.now();
        let sign = if now < from { "-" } else { "+" };
        let span = if now < from { from.since(now) } else { now.since(from) };
        // As people say it; D tells it exactly.
        Some(format!("{sign}{}", about(span)))
    }

    /// What changed between the two cursors.
    pub fn read_between(&mut self) {
        let Some(second) = self.second else {
            return self.refuse("there is no second cursor: M sets it");
        };
        let (from, to) = (second.min(self.walk.now()), second.max(self.walk.now()));
        self.task = Some(Task::Between(Between { from, to, looked: 0, kinds: BTreeMap::new() }));
        self.hurry();
    }

    /// Counts no more than so many rows further; opens what changed once all are counted.
    pub(super) fn count_between(&mut self, mut between: Between, most: usize) {
        const SHOWN: usize = 500;
        let Between { from, to, .. } = between;
        let start = self.walk.plan().start;
        let rows = self.walk.rows_between(from, to);
        for row in rows.skip(between.looked).iter().take(most) {
            *between.kinds.entry(kind(&row.change)).or_default() += 1;
            between.looked += 1;
        }
        if between.looked < rows.len() {
            let told = format!("counting changes: {} of {}; Esc leaves it", between.looked, rows.len());
            self.tell(told);
            self.task = Some(Task::Between(between));
            return;
        }
        self.told = None;
        let kinds = between.kinds;
        let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let directory = &self.walk.world().directory;
        let lines = rows.iter().take(SHOWN);
        let lines: Vec<String> = lines
            .map(|row| format!("{}  {}", offset(row.time, start), why::headline(&row, directory)))
            .collect();
        let more =
            if rows.len() > SHOWN { format!("\n… and {} more", rows.len() - SHOWN) } else { String::new() };
        let text = format!(
            "{} to {}: {}\n{} changes{}{}\n\n{}{more}",
            offset(from, start),
            offset(to, start),
            to.since(from),
            rows.len(),
            if kinds.is_empty() { "" } else { ": " },
            kinds.join(", "),
            lines.join("\n"),
        );
        self.read("Between the cursors".to_owned(), text);
    }

    /// What is selected, as YAML.
    pub fn read_yaml(&mut self) {
        let Some(chosen) = self.chosen() else {
            return self.refuse("nothing is selected");
        };
        let name = super::actions::spoken(self, chosen);
        let told = self.walk.get(&format!("{} -o yaml", name.replacen('/', " ", 1)));
        match told {
            Ok(text) => self.read(name, text),
            Err(problem) => self.refuse(problem),
        }
    }
}

/// What is to be done once what is known of the time after here has been given up.
pub(super) enum Next {
    /// This; what was done later is done again, or dropped.
    Do { words: String, keeps: bool, form: Option<Form> },
    /// This, which had been taken back.
    Redo(String),
    /// The last thing that was done is taken back.
    Undo,
}

/// The changes between two instants, as far as they have been counted.
pub(super) struct Between {
    from: Time,
    to: Time,
    looked: usize,
    kinds: BTreeMap<&'static str, usize>,
}

/// What kind of change a row tells of, in the plural.
fn kind(change: &Change) -> &'static str {
    match change {
        Change::Phase { .. } => "phases",
        Change::Condition { .. } => "conditions",
        Change::Container { .. } => "containers",
        Change::Status { .. } => "STATUS",
        Change::Event(_) | Change::Object { what: ObjectChange::Event(_), .. } => "events",
        Change::Node { .. } => "nodes",
        Change::Object { .. } => "workloads",
        _ => "others",
    }
}
