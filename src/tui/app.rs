//! The state of the screen beside the walk itself: what is open, what is typed, what was told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::actions::Form;
use super::moves::Task;
use super::page::Page;
use super::typed::{Said, Typing};
use super::views::{Filter, Kept, View};
use crate::session::words::unfolded;
use crate::session::{Direction, Move, Walk, tree};
use crate::time::Time;
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
    /// The same where History has a place of its own, too.
    pub const TURNED_BESIDE: [Tab; 4] = [Tab::Describe, Tab::Coming, Tab::Lives, Tab::Nodes];
    /// Those that share a place where the others have one each.
    pub const TURNED: [Tab; 5] = [Tab::Describe, Tab::Coming, Tab::History, Tab::Lives, Tab::Nodes];
    /// What came last stands at its end, where it is looked at first.
    pub fn rests_at_its_end(self) -> bool {
        matches!(self, Tab::Events | Tab::History)
    }
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
    Typing(Typing),
    /// The question that waits, and which choice is marked.
    Question {
        /// From 0.
        marked: usize,
    },
    /// What came of the answer.
    Verdict,
    /// A text over the screen; the list of keys is one.
    Reading(Page),
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

/// What has the whole screen for itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Zoom {
    /// Nothing: each has its part.
    #[default]
    Nothing,
    /// The pane that the keys go to.
    Pane,
    /// The table.
    Table,
}

/// So many events a frame at first; whoever draws finds out how many a person can wait for.
const SLICE: usize = 8_000;

/// What was foretold, and of which place: its step, its instant, what is looked at, and how often something was done.
#[derive(Default)]
struct Foretold {
    place: Option<(u64, Time, ObjectKey, u64)>,
    text: String,
}

/// So many panes stand on the screen at most.
pub const PANES: usize = 5;

/// Where on the screen things were drawn last, for who points at them and for who scrolls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Areas {
    /// All of it.
    pub screen: Rect,
    /// The upper table with its header.
    pub table: Rect,
    /// Which row stands first in it.
    pub first: usize,
    /// The strip of time with its axis, without its names.
    pub time: Rect,
    /// The lower panes, and what each shows.
    pub panes: [Option<(Rect, Tab)>; PANES],
    /// How many lines of the pane that the keys go to are out of sight; None: it was not drawn yet.
    pub beyond: Option<i32>,
}

/// Everything that the screen is drawn from.
pub struct App {
    /// The run, and where one stands in it.
    pub walk: Walk,
    /// What keys go to.
    pub mode: Mode,
    /// What the lower pane shows.
    pub tab: Tab,
    /// How far the pane that the keys go to is scrolled down; below zero: up, of what rests at its end.
    pub scroll: i32,
    /// What has the whole screen for itself.
    pub zoom: Zoom,
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
    /// The screen is to be drawn anew from nothing.
    pub redraws: bool,
    /// Lines that were typed, for who asks for them again.
    pub(super) said: Said,
    /// The move in whose way a question came.
    pub(super) interrupted: Option<(Direction, Move)>,
    /// After how many changes what was done was saved.
    pub(super) saved: u64,
    /// Whoever leaves has been told that what was done is not saved.
    pub(super) warned: bool,
    pub(super) debriefed: bool,
    /// How many of the API server's answers to actions have been told.
    pub(super) answered: usize,
    /// So many lines of commands that go on have been told.
    pub(super) printed: usize,
    /// What is read now is the last before leaving.
    pub(super) last_words: bool,
    /// What was foretold last: it is asked for as often as the screen is drawn.
    foretold: RefCell<Foretold>,
}

pub const SPEEDS: [u32; 10] = [1, 2, 5, 10, 20, 60, 120, 300, 600, 1000];

impl App {
    /// The screen of a walk, at its start.
    pub fn new(mut walk: Walk) -> App {
        walk.hold_no_picture();
        let mut app = App {
            walk,
            mode: Mode::Walk,
            tab: Tab::State,
            scroll: 0,
            zoom: Zoom::Nothing,
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
            redraws: false,
            said: Said::default(),
            interrupted: None,
            saved: 0,
            warned: false,
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
                let questions = lesson.questions.len();
                if app.walk.quiz.is_held() {
                    text.push_str(&format!(
                        "\n\n{questions} questions will come at their instants. → goes on, ? tells of all keys."
                    ));
                } else if app.walk.quiz.mute && questions > 0 {
                    text.push_str(&format!(
                        "\n\n{questions} questions belong to it. They are not asked here: z switches them on, `kubelapse learn` \
                         holds them as a lesson."
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

    /// What is looked at: what was selected, or the first that is listed. What the table does not list is not looked at, but for
    /// what has just left it because it is gone.
    pub fn selection(&self) -> Option<ObjectKey> {
        if !self.view.has_objects() {
            return None;
        }
        let pods = &self.walk.world().pods;
        let pod = self.walk.selected.filter(|pod| pod.ix() < pods.len()).map(ObjectKey::Pod);
        let own = self.walk.workload.or(pod);
        own.filter(|own| self.is_listed(*own) || self.is_missed(*own))
            .or_else(|| self.listed().first().map(|leaf| leaf.of))
            .or_else(|| self.last_of_all())
    }

    /// Where nothing is listed any more, because all are gone, the last one is still looked at.
    fn last_of_all(&self) -> Option<ObjectKey> {
        let pods = &self.walk.world().pods;
        let all = matches!(self.view, View::All | View::Pods) && self.filter.is_empty();
        (all && !pods.is_empty()).then(|| ObjectKey::Pod(PodId(pods.len() as u32 - 1)))
    }

    /// Whether the table lists it.
    pub fn is_listed(&self, key: ObjectKey) -> bool {
        match key {
            // Of a fleet nobody looks through all rows to find what is there anyway.
            ObjectKey::Pod(pod) if self.filter.is_empty() && matches!(self.view, View::All | View::Pods) => {
                self.walk.world().pods.get(pod.ix()).is_some_and(|own| own.exists)
            }
            key => self.listed().iter().any(|leaf| leaf.of == key),
        }
    }

    /// Whether the table would list it if it were not gone.
    fn is_missed(&self, key: ObjectKey) -> bool {
        let w = self.walk.world();
        let is_gone = match key {
            ObjectKey::Pod(pod) => w.pods.get(pod.ix()).is_some_and(|own| !own.exists),
            key => w.workloads.row(key).is_some() && !w.workloads.exists(key),
        };
        let is_of_view = match (&self.view, key) {
            (View::All, _) | (View::Pods, ObjectKey::Pod(_)) => true,
            (View::Kind(_), ObjectKey::Pod(_)) => false,
            (View::Kind(kind), key) => crate::actors::api_server::type_of(w, key) == *kind,
            _ => false,
        };
        is_gone && is_of_view && self.filter.is_empty()
    }

    /// The one that a row of the table stands for: the object itself, or what has made it and is listed in its place.
    pub fn shown_for(&self, key: ObjectKey) -> Option<ObjectKey> {
        let w = self.walk.world();
        let mut at = Some(key);
        while let Some(own) = at {
            if self.is_listed(own) || self.is_missed(own) {
                return Some(own);
            }
            at = match own {
                ObjectKey::Pod(pod) => w.pods.get(pod.ix()).and_then(|pod| pod.controller),
                own => w.workloads.controller(own),
            };
        }
        None
    }

    /// Looks at an object.
    pub fn look_at(&mut self, key: ObjectKey) {
        (self.walk.selected, self.walk.workload) = match key {
            ObjectKey::Pod(pod) => (Some(pod), None),
            key => (None, Some(key)),
        };
        self.scroll = 0;
        self.container = 0;
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
                self.walk.make_room();
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
    /// Tells of a problem at the foot of the screen, however many lines it has: whoever types on is not held up by it.
    pub fn refuse(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        self.told = Some((text.trim_end().to_owned(), true));
    }
    /// A problem is told until the next key.
    pub fn is_refused(&self) -> bool {
        self.told.as_ref().is_some_and(|(_, is_problem)| *is_problem)
    }
    /// Opens a text over the screen.
    pub fn read(&mut self, title: String, text: String) {
        self.mode = Mode::Reading(Page::of(title, text));
    }

    /// Scrolls the pane that the keys go to, as far as there is something.
    pub fn scroll_by(&mut self, lines: i32) {
        let beyond = self.areas.get().beyond.unwrap_or(i32::MAX);
        let is_from_end = self.view.has_objects() && self.tab.rests_at_its_end();
        let (least, most) = if is_from_end { (-beyond, 0) } else { (0, beyond) };
        self.scroll = self.scroll.saturating_add(lines).clamp(least, most);
    }

    /// Half of what the panes show of their lines.
    pub fn half_a_pane(&self) -> i32 {
        let areas = self.areas.get();
        let own = areas.panes.iter().flatten().find(|(_, tab)| *tab == self.tab);
        own.map_or(5, |(area, _)| i32::from(area.height.saturating_sub(1) / 2).max(1))
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
        self.look_at(leaf.of);
    }
}
