//! The state of the screen beside the walk itself: what is open, what is typed, what was told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::actions::Form;
use super::prompt::Prompt;
use super::views::{Filter, Kept, View};
use crate::record::Change;
use crate::session::futures::Ahead;
use crate::session::words::{offset, unfolded};
use crate::session::{Asking, Breakpoint, Direction, Move, Reasons, Stop, Walk, Way, Why, WhyOf, tree, why};
use crate::time::{Span, Time};
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

/// What the lower pane shows of the selected pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tab {
    /// What the world has of the pod.
    #[default]
    State,
    /// Events about it.
    Events,
    /// Lines of a container.
    Logs,
    /// `kubectl describe`.
    Describe,
    /// What waits in the queue.
    Coming,
    /// Changes so far.
    History,
    /// The lives of all pods side by side.
    Lives,
    /// The nodes, and the one of the selected pod.
    Nodes,
}

impl Tab {
    /// In their order on the screen.
    pub const ALL: [Tab; 8] = [
        Tab::State,
        Tab::Events,
        Tab::Logs,
        Tab::Describe,
        Tab::Coming,
        Tab::History,
        Tab::Lives,
        Tab::Nodes,
    ];
    /// Those that share a place where the others have one each.
    pub const TURNED: [Tab; 5] = [Tab::Describe, Tab::Coming, Tab::History, Tab::Lives, Tab::Nodes];
    /// As it is written on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Tab::State => "State",
            Tab::Events => "Events",
            Tab::Logs => "Logs",
            Tab::Describe => "Describe",
            Tab::Coming => "Coming",
            Tab::History => "History",
            Tab::Lives => "Lives",
            Tab::Nodes => "Nodes",
        }
    }
}

/// What the keys go to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Moves.
    #[default]
    Walk,
    /// A line that is being typed.
    Typing {
        /// What for.
        prompt: Prompt,
        /// So far.
        text: String,
    },
    /// The question that waits, and which choice is marked.
    Question {
        /// From 0.
        marked: usize,
    },
    /// What came of the answer.
    Verdict,
    /// A text over the screen, with its title and how far it is scrolled.
    Reading {
        /// Over the text.
        title: String,
        /// Wrapped to the screen's width.
        text: String,
        /// In lines.
        scroll: u16,
    },
    /// The list of keys.
    Help {
        /// In lines.
        scroll: u16,
    },
    /// What can be done to what is selected.
    Menu {
        /// From 0.
        marked: usize,
    },
    /// The values of what is to be done.
    Form(Form),
    /// Whether what was done later stays, before something is done in the past.
    Later {
        /// What is to be done.
        words: String,
        /// Where it was filled in.
        form: Option<Form>,
    },
    /// A letter is awaited.
    Letter(Letter),
}

/// What a letter is awaited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letter {
    /// To bookmark this place.
    Mark,
    /// To go to a bookmark.
    Jump,
}

/// What is on its way, and can be stopped.
pub(super) enum Task {
    /// A move, and what is done once it has ended.
    Way(Box<Way>, Then),
    /// Causes are looked up; whether that was told.
    Why(Box<Reasons>, bool),
    /// Futures are played, one after the other; whether that was told.
    Ahead(Box<Ahead>, bool),
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

/// So many events a frame at first; whoever draws finds out how many a person can wait for.
const SLICE: usize = 8_000;

/// What was foretold, and of which place: its step, its instant, what is looked at, and how often something was done.
#[derive(Default)]
struct Foretold {
    place: Option<(u64, Time, ObjectKey, u64)>,
    text: String,
}

/// Where on the screen things were drawn last, for who points at them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Areas {
    /// The upper table with its header.
    pub table: Rect,
    /// Which row stands first in it.
    pub first: usize,
    /// The strip of time with its axis, without its names.
    pub time: Rect,
    /// The lower panes.
    pub panes: Rect,
}

/// Everything that the screen is drawn from.
pub struct App {
    /// The run, and where one stands in it.
    pub walk: Walk,
    /// What keys go to.
    pub mode: Mode,
    /// What the lower pane shows.
    pub tab: Tab,
    /// How far the lower pane is scrolled.
    pub scroll: u16,
    /// Which container's logs, and of which instance.
    pub container: usize,
    /// The logs of the instance before.
    pub previous: bool,
    /// Time goes on by itself.
    pub playing: bool,
    /// What is on its way, by as many events a frame as a person can wait for.
    pub(super) task: Option<Task>,
    /// How many events these are.
    pub slice: usize,
    /// Simulated seconds a second.
    pub speed: u32,
    /// The last thing worth telling, and whether it is a problem.
    pub told: Option<(String, bool)>,
    /// The walk is left after this key.
    pub leaves: bool,
    /// Leaves altogether, not only this walk.
    pub quits: bool,
    /// What the upper table lists.
    pub view: View,
    /// The views before, for Esc.
    pub views: Vec<View>,
    /// Which of its rows are kept.
    pub filter: Filter,
    /// The marked row of a view of lines.
    pub row: usize,
    /// Rows that were made already.
    pub kept: Kept,
    /// How often the run has been changed from outside.
    pub changes: u64,
    /// The selection stays where it is.
    pub pinned: bool,
    /// Bookmarks by their letters.
    pub bookmarks: BTreeMap<char, Time>,
    /// The second cursor.
    pub second: Option<Time>,
    /// What was taken back, and when it had been done; the last one comes first again.
    pub(super) undone: Vec<(Time, String)>,
    /// Where things stand.
    pub areas: Cell<Areas>,
    debriefed: bool,
    /// How many of the API server's answers to actions have been told.
    pub(super) answered: usize,
    /// So many lines of commands that go on have been told.
    printed: usize,
    /// What is read now is the last before leaving.
    last_words: bool,
    /// What was foretold last: it is asked for as often as the screen is drawn.
    foretold: RefCell<Foretold>,
}

pub const SPEEDS: [u32; 10] = [1, 2, 5, 10, 20, 60, 120, 300, 600, 1000];

impl App {
    /// The screen of a walk, at its start.
    pub fn new(walk: Walk) -> App {
        let mut app = App {
            walk,
            mode: Mode::Walk,
            tab: Tab::State,
            scroll: 0,
            container: 0,
            previous: false,
            playing: false,
            task: None,
            slice: SLICE,
            speed: 10,
            told: None,
            leaves: false,
            quits: false,
            view: View::All,
            views: Vec::new(),
            filter: Filter::default(),
            row: 0,
            kept: Kept::default(),
            changes: 0,
            pinned: false,
            bookmarks: BTreeMap::new(),
            second: None,
            undone: Vec::new(),
            areas: Cell::default(),
            debriefed: false,
            answered: 0,
            printed: 0,
            last_words: false,
            foretold: RefCell::default(),
        };
        let plan = app.walk.plan();
        let text = match &plan.lesson {
            Some(lesson) if !lesson.story.trim().is_empty() => {
                let mut text = unfolded(&lesson.story);
                if app.walk.quiz.is_held() {
                    text.push_str(&format!(
                        "\n\n{} questions will come at their instants. → goes on, ? tells of all keys.",
                        lesson.questions.len()
                    ));
                }
                Some((lesson.title.clone(), text))
            }
            Some(lesson) => {
                app.told = Some((format!("Lesson: {}", lesson.title), false));
                None
            }
            None => {
                app.told = Some((plan.description.clone(), false));
                None
            }
        };
        if let Some((title, text)) = text {
            app.read(title, text);
        }
        app
    }

    /// How many rows have been spelled since the beginning, names and cells alike: what is not seen costs none.
    pub fn spelled(&self) -> u64 {
        self.kept.spelled.count()
    }

    /// What is looked at: what was selected, or the first that is listed.
    pub fn selection(&self) -> Option<ObjectKey> {
        let pods = &self.walk.world().pods;
        let pod = self.walk.selected.filter(|pod| pod.ix() < pods.len()).map(ObjectKey::Pod);
        self.walk
            .workload
            .or(pod)
            .or_else(|| self.listed().first().map(|leaf| leaf.of))
            .or_else(|| (!pods.is_empty()).then(|| ObjectKey::Pod(PodId(pods.len() as u32 - 1))))
    }

    /// The pod that is looked at, where it is one.
    pub fn pod(&self) -> Option<PodId> {
        match self.selection() {
            Some(ObjectKey::Pod(pod)) => Some(pod),
            _ => None,
        }
    }

    /// What may come of what is looked at, from here on, where that is soon told: on the way, and of many pods, nobody waits for
    /// it unasked.
    pub fn foretold(&self) -> String {
        /// Of so many pods it is told beside other things, and of so many where it is looked at.
        const FEW: usize = 50;
        const SOME: usize = 2_000;
        let most = if self.tab == Tab::Coming { SOME } else { FEW };
        if self.playing || self.task.is_some() || self.walk.world().pods.len() > most {
            return String::new();
        }
        self.foretold_of_any()
    }

    /// The same however long it takes; empty: it is about pods and workloads alone.
    fn foretold_of_any(&self) -> String {
        let Some(key) = self.selection() else {
            return String::new();
        };
        if !matches!(key, ObjectKey::Pod(_)) && tree::figures(self.walk.world(), key).is_none() {
            return String::new();
        }
        let place = Some((self.walk.position(), self.walk.now(), key, self.changes));
        let mut known = self.foretold.borrow_mut();
        if known.place != place {
            *known = Foretold { place, text: self.walk.foretold(Some(key)) };
        }
        known.text.clone()
    }

    /// Opens what may come of what is looked at, once it has been played ahead.
    pub fn read_foretold(&mut self) {
        let is_told = |key: &ObjectKey| {
            matches!(key, ObjectKey::Pod(_)) || tree::figures(self.walk.world(), *key).is_some()
        };
        match self.selection().filter(is_told) {
            None => self.refuse("what may come is told of pods and workloads"),
            Some(key) => {
                self.task = Some(Task::Ahead(Box::new(self.walk.begin_ahead(&[key])), false));
                self.hurry();
            }
        }
    }

    /// The workload that is looked at, where it is one.
    pub fn workload(&self) -> Option<ObjectKey> {
        self.selection().filter(|key| !matches!(key, ObjectKey::Pod(_)))
    }

    /// Tells something at the foot of the screen.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.told = Some((text.into(), false));
    }
    /// Tells of a problem at the foot of the screen.
    pub fn refuse(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        if text.trim_end().contains('\n') {
            self.told = None;
            self.read("That cannot be done".to_owned(), text.trim_end().to_owned());
        } else {
            self.told = Some((text, true));
        }
    }
    /// Opens a text over the screen.
    pub fn read(&mut self, title: String, text: String) {
        self.mode = Mode::Reading { title, text, scroll: 0 };
    }

    /// Moves on; a prediction may be asked for first.
    pub fn go(&mut self, direction: Direction, to: &Move) {
        self.playing = false;
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

    /// The move before which a question was asked.
    pub fn follow(&mut self) {
        self.moved(Direction::Forward, &Move::Change);
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
                    (Some(true), _) => self.mode = Mode::Question { marked: 0 },
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
            (Then::Undo, _) => self.taken_back(),
            (Then::Redo(words), _) => self.done_again(&words),
        }
    }

    fn arrived(&mut self, stop: Stop, direction: Direction, to: &Move) {
        self.scroll = 0;
        match stop {
            Stop::Question => {
                self.playing = false;
                self.mode = Mode::Question { marked: 0 };
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
        let Some(found) = found.filter(|found| Some(*found) != own) else {
            return;
        };
        (self.walk.selected, self.walk.workload) = match found {
            ObjectKey::Pod(pod) => (Some(pod), None),
            key => (None, Some(key)),
        };
        self.container = 0;
    }

    /// What a command that goes on has printed, and what the API server answered to an action, since it was told last; going
    /// back takes it back.
    fn tell_refusal(&mut self) {
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

    /// Tells once how the questions went; false when there is nothing to tell any more.
    fn debrief(&mut self) -> bool {
        let tells = self.walk.quiz.score().1 > 0 && !self.debriefed;
        if tells {
            self.debriefed = true;
            self.read_debrief();
        }
        tells
    }

    /// Opens what a lesson tells at its end.
    pub fn read_debrief(&mut self) {
        self.told = None;
        let text = self.walk.debrief();
        self.read("How the predictions went".to_owned(), text);
    }

    /// Leaves; a lesson whose questions are answered tells first what was behind it.
    pub fn leave(&mut self) {
        let owes = self.walk.quiz.is_held() && !self.walk.keeps_silent();
        self.leaves = !(owes && self.debrief());
        self.last_words = !self.leaves;
    }

    /// Whether that was read.
    pub fn debriefed(&self) -> bool {
        self.debriefed
    }

    /// A text that was read is closed.
    pub fn close(&mut self) {
        self.leaves |= self.last_words;
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
            self.playing = false;
            self.mode = Mode::Question { marked: 0 };
        } else if self.walk.now() >= self.walk.plan().until {
            self.playing = false;
            self.moved(Direction::Forward, &Move::End);
        }
    }

    /// Selects what stands so many places further down.
    pub fn select(&mut self, by: isize) {
        self.scroll = 0;
        if !self.view.has_objects() {
            self.row = self.row.saturating_add_signed(by).min(self.line_count().saturating_sub(1));
            return;
        }
        let list = self.listed();
        let at = self.selection().and_then(|own| list.iter().position(|leaf| leaf.of == own));
        // One that is not listed has no neighbours.
        let to = at.map_or(0, |at| at.saturating_add_signed(by)).min(list.len().saturating_sub(1));
        self.select_row(to);
    }

    /// Selects what stands in a row.
    pub fn select_row(&mut self, row: usize) {
        let Some(leaf) = self.listed().get(row).copied() else {
            return;
        };
        (self.walk.selected, self.walk.workload) = match leaf.of {
            ObjectKey::Pod(pod) => (Some(pod), None),
            key => (None, Some(key)),
        };
        self.scroll = 0;
        self.container = 0;
    }

    /// Opens the causes of the last change.
    pub fn ask_why(&mut self) {
        let about = match self.workload() {
            Some(key) => Some(WhyOf::Workload(key)),
            None => {
                let pod = self.walk.selected.or_else(|| self.pod());
                self.walk.last_change(pod).or_else(|| self.walk.last_change(None)).map(WhyOf::Row)
            }
        };
        match about.map(|about| self.walk.begin_why(about)) {
            None => self.refuse("nothing has changed yet"),
            Some(Err(problem)) => self.refuse(problem),
            Some(Ok(reasons)) => {
                self.task = Some(Task::Why(Box::new(reasons), false));
                self.hurry();
            }
        }
    }

    fn read_why(&mut self, why: &Why) {
        let start = self.walk.plan().start;
        let mut text = format!("{}  {}\n", offset(why.at, start), why.headline);
        for link in &why.links {
            text.push_str(&format!("\n{}  {}\n    {}\n", offset(link.at, start), link.component, link.text));
        }
        self.read("Why?".to_owned(), text);
    }

    /// Gives an answer to the question that waits.
    pub fn answer(&mut self, choice: usize) {
        if self.walk.quiz.answer(choice).is_some() {
            self.told = None;
            self.mode = Mode::Verdict;
        }
    }

    /// A line was typed to its end.
    pub fn typed(&mut self, prompt: Prompt, text: &str, save: super::Save<'_>) {
        self.mode = Mode::Walk;
        let text = text.trim();
        let done = match prompt {
            Prompt::Goto => self.instant(text).map(|at| {
                let direction = if at < self.walk.now() { Direction::Back } else { Direction::Forward };
                self.moved(direction, &Move::To(at));
            }),
            Prompt::Until(direction) => {
                Breakpoint::parse(text).map(|breakpoint| self.moved(direction, &Move::Until(breakpoint)))
            }
            Prompt::Break if text.is_empty() => {
                self.walk.breakpoints.clear();
                self.tell("no breakpoints");
                Ok(())
            }
            Prompt::Break => Breakpoint::parse(text).map(|breakpoint| {
                self.tell(format!("breakpoint: {breakpoint} (c goes there, C back)"));
                self.walk.breakpoints.push(breakpoint);
            }),
            Prompt::Do => {
                self.do_line(text, None);
                Ok(())
            }
            Prompt::Again => {
                self.ask_again(text);
                Ok(())
            }
            Prompt::View => View::named(text).map(|view| self.show(view)),
            Prompt::Filter => {
                self.filter = Filter { words: text.to_owned() };
                self.row = 0;
                self.kept.look_on();
                Ok(())
            }
            Prompt::Save => save(&self.walk, text).map(|told| self.tell(told)),
        };
        if let Err(problem) = done {
            self.refuse(problem);
        }
    }

    fn instant(&self, text: &str) -> Result<Time, String> {
        let span = |text: &str| {
            crate::scenario::values::parse_duration(text)
                .map_err(|why| format!("`{text}`: {why}; as in 1m30s, +10s, -10s"))
        };
        Ok(match text.chars().next() {
            Some('+') => self.walk.now() + span(&text[1..])?,
            Some('-') => self.walk.now() - span(&text[1..])?,
            _ => self.walk.plan().start + span(text)?,
        })
    }
}
