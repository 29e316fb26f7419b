//! Keys, and what they do: one table, from which keys are found, help is made, and which a test walks.

use ratatui::crossterm::event::KeyCode::{
    self, BackTab, Char, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab as TabKey, Up,
};
use ratatui::crossterm::event::{KeyEvent, KeyModifiers};

use super::Save;
use super::app::{App, Letter, Mode, SPEEDS, Tab, Zoom};
use super::k9s;
use super::page::Page;
use super::prompt::Prompt;
use crate::session::Direction::{self, Back, Forward};
use crate::session::Move;

/// Where a key acts: below which heading the help has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Context {
    /// Through time.
    Time,
    /// What is looked at.
    Look,
    /// How it is shown.
    Screen,
    /// What is done.
    Act,
    /// What is asked.
    Ask,
    /// Everything else of a walk.
    Leave,
    /// Over a text.
    Page,
    /// In a line that is typed.
    Line,
    /// In a menu or a question.
    Choice,
    /// The mouse.
    Mouse,
}

impl Context {
    /// Above its keys.
    pub fn heading(self) -> &'static str {
        match self {
            Context::Time => "Through time",
            Context::Look => "What is looked at",
            Context::Screen => "How it is shown",
            Context::Act => "What is done",
            Context::Ask => "What is asked",
            Context::Leave => "Help, back, away",
            Context::Page => "Over a text",
            Context::Line => "In a line that is typed",
            Context::Choice => "In a menu, a form or a question",
            Context::Mouse => "The mouse",
        }
    }
}

/// A key, or several that do the same.
pub struct Key {
    /// Where it acts.
    pub context: Context,
    codes: &'static [KeyCode],
    /// Pressed together with Ctrl.
    held: bool,
    /// As help has them.
    pub shown: &'static str,
    /// What they do.
    pub does: &'static str,
    run: Run,
}

type Run = fn(&mut App, KeyCode);

const fn key(
    context: Context,
    codes: &'static [KeyCode],
    shown: &'static str,
    does: &'static str,
    run: Run,
) -> Key {
    Key { context, codes, held: false, shown, does, run }
}

/// With Ctrl.
const fn ctrl(
    context: Context,
    codes: &'static [KeyCode],
    shown: &'static str,
    does: &'static str,
    run: Run,
) -> Key {
    Key { held: true, ..key(context, codes, shown, does, run) }
}

/// One that is found elsewhere, and stands here for the help.
const fn told(context: Context, shown: &'static str, does: &'static str) -> Key {
    key(context, &[], shown, does, |_, _| {})
}

/// All keys, in the order of the help.
pub static KEYS: [Key; 71] = [
    key(
        Context::Time,
        &[Right, Char('n'), Char(' ')],
        "→ n Space",
        "next change that kubectl would show",
        |app, _| app.go(Forward, &Move::Change),
    ),
    key(Context::Time, &[Left, Char('b')], "← b", "back to the change before", |app, _| {
        app.go(Back, &Move::Change);
    }),
    key(Context::Time, &[Char('.')], ".", "next queued event", |app, _| app.go(Forward, &Move::Event)),
    key(Context::Time, &[Char(',')], ",", "back to the event before", |app, _| app.go(Back, &Move::Event)),
    key(Context::Time, &[Char('N')], "N", "next change of what is selected", |app, _| {
        app.pod_change(Forward);
    }),
    key(Context::Time, &[Char('B')], "B", "back to its change before", |app, _| app.pod_change(Back)),
    key(Context::Time, &[Char('f')], "f", "next failure", |app, _| app.go(Forward, &Move::Failure)),
    key(Context::Time, &[Char('F')], "F", "back to the failure before", |app, _| {
        app.go(Back, &Move::Failure);
    }),
    key(Context::Time, &[Char('g')], "g", "go to an instant: 1m30s, +10s, -10s", |app, _| {
        app.ask_for(Prompt::Goto);
    }),
    key(Context::Time, &[Char('u')], "u", "forward until something is so", |app, _| {
        app.ask_for(Prompt::Until(Forward));
    }),
    key(Context::Time, &[Char('U')], "U", "back until something is so", |app, _| {
        app.ask_for(Prompt::Until(Back));
    }),
    key(Context::Time, &[Char('t')], "t", "set a breakpoint (empty: clear them)", |app, _| {
        app.ask_for(Prompt::Break);
    }),
    key(Context::Time, &[Char('c')], "c", "to the next breakpoint", |app, _| app.breakpoint_move(Forward)),
    key(Context::Time, &[Char('C')], "C", "back to the breakpoint before", |app, _| {
        app.breakpoint_move(Back);
    }),
    key(Context::Time, &[Home], "Home", "start of the run", |app, _| app.go(Back, &Move::End)),
    key(Context::Time, &[End, Char('G')], "End G", "end of the run", |app, _| {
        app.go(Forward, &Move::End);
    }),
    key(Context::Time, &[Char('m')], "m", "bookmark here, under a letter", |app, _| {
        app.mode = Mode::Letter(Letter::Mark);
    }),
    key(Context::Time, &[Char('\'')], "'", "to the bookmark of a letter", |app, _| {
        app.mode = Mode::Letter(Letter::Jump);
    }),
    key(Context::Time, &[Char('M')], "M", "second cursor here, to measure from; again: away", |app, _| {
        app.set_second()
    }),
    key(Context::Time, &[Char('D')], "D", "what changed between the two cursors", |app, _| {
        app.read_between();
    }),
    key(Context::Time, &[Char('p')], "p", "play, pause", |app, _| {
        app.playing = !app.playing && app.walk.now() < app.walk.plan().until;
    }),
    key(Context::Time, &[Char('+'), Char('=')], "+", "faster (up to 1000 times)", |app, _| app.faster(1)),
    key(Context::Time, &[Char('-')], "-", "slower", |app, _| app.faster(-1)),
    key(Context::Look, &[Up, Char('k')], "↑ k", "select what stands above", |app, _| app.select(-1)),
    key(Context::Look, &[Down, Char('j')], "↓ j", "select what stands below", |app, _| app.select(1)),
    key(Context::Look, &[Char('P')], "P", "pin the selection, or let it follow what changes", |app, _| {
        app.pin()
    }),
    key(
        Context::Look,
        &[Char(':')],
        ":",
        "another view: po, deploy, no, ev, coming, all …; :q, :help",
        |app, _| app.ask_for(Prompt::View),
    ),
    ctrl(Context::Look, &[Char('a')], "Ctrl-A", "the names of all views", |app, _| app.read_views()),
    key(
        Context::Look,
        &[Char('/')],
        "/",
        "keep rows with words; !words: without; -l app=web; -n shop",
        |app, _| app.ask_for(Prompt::Filter),
    ),
    key(Context::Look, &[Char('w')], "w", "why the last change of it came", |app, _| app.ask_why()),
    key(Context::Look, &[Char('T')], "T", "what may come, with windows and chances", |app, _| {
        if app.may_act() {
            app.read_foretold();
        }
    }),
    key(Context::Look, &[Char('y')], "y", "what is selected as YAML", |app, _| app.read_yaml()),
    key(Context::Look, &[Char('d')], "d", "describe it", |app, _| app.focus(Tab::Describe)),
    key(Context::Look, &[Char('l')], "l", "its logs", |app, _| app.focus(Tab::Logs)),
    key(Context::Look, &[Char('o')], "o", "logs: the next container", |app, _| {
        if app.has_logs() {
            app.container += 1;
        }
    }),
    key(Context::Look, &[Char('v')], "v", "logs: the previous instance (--previous)", |app, _| {
        if app.has_logs() {
            app.previous = !app.previous;
        }
    }),
    key(
        Context::Screen,
        &[Char('1'), Char('2'), Char('3'), Char('4'), Char('5'), Char('6'), Char('7'), Char('8')],
        "1-8",
        "State, Events, Logs, Describe, Coming, History, Lives, Nodes",
        |app, code| {
            if let Char(digit @ '1'..='8') = code {
                app.focus(Tab::ALL[digit as usize - '1' as usize]);
            }
        },
    ),
    key(Context::Screen, &[TabKey], "Tab", "next pane", |app, _| app.turn(1)),
    key(Context::Screen, &[BackTab], "Shift-Tab", "pane before", |app, _| app.turn(Tab::ALL.len() - 1)),
    key(Context::Screen, &[PageUp], "PgUp", "scroll that pane up", |app, _| app.scroll_by(-5)),
    key(Context::Screen, &[PageDown], "PgDn", "scroll it down", |app, _| app.scroll_by(5)),
    ctrl(Context::Screen, &[Char('u'), Char('b')], "Ctrl-U", "half of it up", |app, _| {
        app.scroll_by(-app.half_a_pane());
    }),
    ctrl(Context::Screen, &[Char('d'), Char('f')], "Ctrl-D", "half of it down", |app, code| {
        let before = app.scroll;
        app.scroll_by(app.half_a_pane());
        if app.scroll == before && code == Char('d') {
            app.refuse("nothing stands below; to delete: Enter, delete");
        }
    }),
    key(
        Context::Screen,
        &[Char('Z')],
        "Z",
        "that pane on all of the screen, then the table, then as before",
        |app, _| app.zoom_on(),
    ),
    ctrl(Context::Screen, &[Char('l')], "Ctrl-L", "draw the screen anew", |app, _| app.redraws = true),
    key(
        Context::Act,
        &[Enter, Char('A')],
        "Enter A",
        "what can be done to it; an event: to its object",
        |app, _| {
            app.open_menu();
        },
    ),
    key(Context::Act, &[Char('x')], "x", "do something now, typed: delete pod/web", |app, _| {
        if app.may_act() {
            app.ask_for(Prompt::Do);
        }
    }),
    key(Context::Act, &[Char('X')], "X", "take the last thing back that was done", |app, _| {
        if app.may_act() {
            app.undo();
        }
    }),
    key(Context::Act, &[Char('R')], "R", "do again what was taken back", |app, _| {
        if app.may_act() {
            app.redo();
        }
    }),
    key(Context::Act, &[Char('L')], "L", "what was done, and when", |app, _| app.read_done()),
    key(Context::Act, &[Char('s')], "s", "save what was done as a scenario", |app, _| {
        app.ask_for(Prompt::Save);
    }),
    key(Context::Ask, &[Char('a')], "a", "ask me what comes next", |app, _| app.ask_next()),
    key(
        Context::Ask,
        &[Char('z')],
        "z",
        "questions: a lesson's own, before changes of STATUS too, none",
        |app, _| {
            if app.may_act() {
                let words = app.walk.turn_questions();
                app.tell(words);
            }
        },
    ),
    key(Context::Ask, &[Char('S')], "S", "pass a lesson's question by; it brings no point", |app, _| {
        app.pass_by();
    }),
    key(Context::Ask, &[Char('r')], "r", "a lesson's question again: the last, or by number", |app, _| {
        if app.walk.quiz.is_held() {
            app.ask_for(Prompt::Again);
        } else {
            app.ask_again("");
        }
    }),
    key(Context::Ask, &[Char('Q')], "Q", "how the predictions went", |app, _| app.read_debrief()),
    key(Context::Leave, &[Esc], "Esc", "close what is open, take the filter away, back a view", |app, _| {
        app.escape()
    }),
    key(Context::Leave, &[Char('?'), F(1)], "? F1", "this help", |app, _| {
        app.mode = Mode::Reading(Page::keys());
    }),
    key(Context::Leave, &[Char('q')], "q", "leave; what is not saved is asked about once", |app, _| {
        app.leave();
    }),
    told(Context::Leave, "Ctrl-C", "leave at once"),
    ctrl(Context::Leave, &[Char('z')], "Ctrl-Z", "does not suspend, and says so", |app, _| {
        app.refuse("Ctrl-Z does not suspend this: q leaves");
    }),
    told(Context::Page, "↑↓ PgUp PgDn", "scroll; Home, End: to its ends"),
    told(Context::Page, "/ n N", "find words in it; the next, the last of them"),
    told(Context::Page, "Esc q Enter", "close it; any other key closes it and does what it does"),
    told(Context::Line, "Tab ", "completes a view's name, a verb, an object"),
    told(Context::Line, "↑ ↓", "what was typed before"),
    told(Context::Line, "← → Home End", "the cursor; Ctrl-U Ctrl-K Ctrl-W take away"),
    told(Context::Choice, "1-9 ↑↓ Enter", "choose, answer; a menu goes on with 0, a, b"),
    told(Context::Choice, "h s z", "a hint; pass a lesson's question by; no questions any more"),
    told(Context::Choice, "Enter Esc", "after a verdict: go on where it came in the way; stay"),
    told(Context::Mouse, "Mouse", "click: select, go there; wheel: scroll; with Shift the terminal's own"),
];

/// What is read or typed is not to be run away from.
const STOPS: &str = "wguUtxXRLsSrQyaAT?:/m'";

impl App {
    /// A key was pressed.
    pub fn key(&mut self, key: KeyEvent, save: Save<'_>) {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == Char('c') {
            self.leaves = true;
            self.quits = true;
            return;
        }
        match std::mem::take(&mut self.mode) {
            Mode::Walk => self.walk_key(key),
            Mode::Typing(typing) => self.typing_key(key, typing, save),
            Mode::Question { marked } => self.question_key(key, marked),
            Mode::Verdict => self.verdict_key(key),
            Mode::Menu { marked } => self.menu_key(key, marked),
            Mode::Form(form) => self.form_key(key, form),
            Mode::Later { words, form } => self.later_key(key, words, form),
            Mode::Letter(letter) => self.letter_key(key, letter),
            Mode::Reading(page) => self.page_key(key, page, save),
        }
    }

    fn walk_key(&mut self, key: KeyEvent) {
        self.task = None;
        // A problem is told until the next key; Esc does no more than take it away.
        let was_refused = self.is_refused();
        if was_refused {
            self.told = None;
        }
        if matches!(key.code, Char(c) if STOPS.contains(c)) || key.code == Enter {
            self.playing = false;
        }
        match found(key) {
            Some(_) if was_refused && key.code == Esc => self.playing = false,
            Some(found) => (found.run)(self, key.code),
            None => {
                if let Some(name) = name(key) {
                    self.refuse(match k9s::instead(key) {
                        Some(told) => format!("`{name}`: {told}"),
                        None => format!("`{name}` is no key; ? lists them"),
                    });
                }
            }
        }
    }

    /// Whether a key is one of a walk.
    pub(super) fn knows(key: KeyEvent) -> bool {
        found(key).is_some()
    }

    /// Who attends a lesson does nothing before its last question; says so.
    pub(super) fn may_act(&mut self) -> bool {
        let may = !self.walk.keeps_silent();
        if !may {
            self.refuse("this comes after the lesson's last question");
        }
        may
    }

    fn ask_next(&mut self) {
        if self.walk.quiz.insists() {
            self.mode = Mode::Question { marked: 0 };
        } else if self.walk.keeps_silent() {
            self.refuse("the lesson asks by itself: → goes on");
        } else if self.walk.is_asked_here() {
            self.mode = Mode::Question { marked: 0 };
        } else {
            self.walk.quiz.skip();
            self.ask_first(None);
        }
    }

    fn escape(&mut self) {
        self.playing = false;
        if self.told.take().is_some() {
            return;
        }
        if self.zoom != Zoom::Nothing {
            self.zoom = Zoom::Nothing;
        } else if !self.step_out() {
            self.tell("nothing is open here; q leaves");
        }
    }

    fn pod_change(&mut self, direction: Direction) {
        let object = self.workload().and_then(|key| self.walk.world().workloads.row(key));
        match (self.pod(), object) {
            (Some(pod), _) => self.go(direction, &Move::PodChange(pod)),
            (None, Some(object)) => self.go(direction, &Move::ObjectChange(object)),
            (None, None) if !self.view.has_objects() => {
                self.refuse("N and B follow pods and workloads; none is selected here");
            }
            (None, None) => self.go(direction, &Move::Change),
        }
    }

    fn breakpoint_move(&mut self, direction: Direction) {
        if self.walk.breakpoints.is_empty() {
            self.refuse("no breakpoint is set: t sets one");
        } else {
            self.go(direction, &Move::Breakpoints);
        }
    }

    fn faster(&mut self, by: isize) {
        let at = SPEEDS.iter().position(|speed| *speed >= self.speed).unwrap_or(0);
        self.speed = SPEEDS[at.saturating_add_signed(by).min(SPEEDS.len() - 1)];
    }

    /// The keys go to another pane.
    pub(super) fn focus(&mut self, tab: Tab) {
        (self.tab, self.scroll) = (tab, 0);
        self.areas.set(super::app::Areas { beyond: None, ..self.areas.get() });
        if !self.view.has_objects() {
            self.refuse("panes are of pods and workloads: Esc goes back to them");
        }
    }

    fn turn(&mut self, by: usize) {
        let at = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        self.focus(Tab::ALL[(at + by) % Tab::ALL.len()]);
    }

    fn zoom_on(&mut self) {
        self.zoom = match self.zoom {
            Zoom::Nothing => Zoom::Pane,
            Zoom::Pane => Zoom::Table,
            Zoom::Table => Zoom::Nothing,
        };
    }

    /// Only pods have logs; says so.
    fn has_logs(&mut self) -> bool {
        let has = self.pod().is_some();
        if !has {
            self.refuse("logs are of pods: select one");
        }
        has
    }
}

/// The key of the table that was pressed. A letter with Ctrl is never the letter.
fn found(key: KeyEvent) -> Option<&'static Key> {
    let held = key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, Char(_));
    KEYS.iter().find(|own| own.held == held && own.codes.contains(&key.code))
}

/// How a key is called that does nothing; None: nobody has meant it.
pub fn name(key: KeyEvent) -> Option<String> {
    let held = if key.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
    Some(match key.code {
        Char(letter) if !held.is_empty() => format!("{held}{}", letter.to_uppercase()),
        Char(letter) => letter.to_string(),
        F(number) => format!("F{number}"),
        KeyCode::Delete => "Delete".to_owned(),
        KeyCode::Insert => "Insert".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        _ => return None,
    })
}
