//! Keys, and what they do: one table, from which keys are found, help is made, and which a test walks.

use ratatui::crossterm::event::KeyCode::{
    self, BackTab, Char, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab as TabKey, Up,
};
use ratatui::crossterm::event::{KeyEvent, KeyModifiers};

use super::Save;
use super::actions::{self, Form};
use super::app::{App, Letter, Mode, SPEEDS, Tab};
use super::prompt::Prompt;
use crate::session::Direction::{self, Back, Forward};
use crate::session::Move;

/// A key, or several that do the same.
pub struct Key {
    codes: &'static [KeyCode],
    /// As help has them.
    pub shown: &'static str,
    /// What they do.
    pub does: &'static str,
    run: fn(&mut App, KeyCode),
}

/// All keys of a walk, in the order of the help.
pub static KEYS: [Key; 55] = [
    Key {
        codes: &[Right, Char('n'), Char(' '), Char('l')],
        shown: "→ n Space",
        does: "next change that kubectl would show",
        run: |app, _| app.go(Forward, &Move::Change),
    },
    Key {
        codes: &[Left, Char('b'), Char('h')],
        shown: "← b",
        does: "back to the change before",
        run: |app, _| app.go(Back, &Move::Change),
    },
    Key {
        codes: &[Char('.')],
        shown: ".",
        does: "next queued event",
        run: |app, _| app.go(Forward, &Move::Event),
    },
    Key {
        codes: &[Char(',')],
        shown: ",",
        does: "back to the event before",
        run: |app, _| app.go(Back, &Move::Event),
    },
    Key {
        codes: &[Char('N')],
        shown: "N",
        does: "next change of what is selected",
        run: |app, _| app.pod_change(Forward),
    },
    Key {
        codes: &[Char('B')],
        shown: "B",
        does: "back to its change before",
        run: |app, _| app.pod_change(Back),
    },
    Key {
        codes: &[Char('f')],
        shown: "f",
        does: "next failure",
        run: |app, _| app.go(Forward, &Move::Failure),
    },
    Key {
        codes: &[Char('F')],
        shown: "F",
        does: "back to the failure before",
        run: |app, _| app.go(Back, &Move::Failure),
    },
    Key {
        codes: &[Char('g')],
        shown: "g",
        does: "go to an instant: 1m30s, +10s, -10s",
        run: |app, _| app.ask_for(Prompt::Goto),
    },
    Key {
        codes: &[Char('u')],
        shown: "u",
        does: "forward until something is so",
        run: |app, _| app.ask_for(Prompt::Until(Forward)),
    },
    Key {
        codes: &[Char('U')],
        shown: "U",
        does: "back until something is so",
        run: |app, _| app.ask_for(Prompt::Until(Back)),
    },
    Key {
        codes: &[Char('t')],
        shown: "t",
        does: "set a breakpoint (empty: clear them)",
        run: |app, _| app.ask_for(Prompt::Break),
    },
    Key {
        codes: &[Char('c')],
        shown: "c",
        does: "to the next breakpoint",
        run: |app, _| app.breakpoint_move(Forward),
    },
    Key {
        codes: &[Char('C')],
        shown: "C",
        does: "back to the breakpoint before",
        run: |app, _| app.breakpoint_move(Back),
    },
    Key { codes: &[Home], shown: "Home", does: "start of the run", run: |app, _| app.go(Back, &Move::End) },
    Key {
        codes: &[End, Char('G')],
        shown: "End G",
        does: "end of the run",
        run: |app, _| app.go(Forward, &Move::End),
    },
    Key {
        codes: &[Char('m')],
        shown: "m",
        does: "bookmark here, under a letter",
        run: |app, _| app.mode = Mode::Letter(Letter::Mark),
    },
    Key {
        codes: &[Char('\'')],
        shown: "'",
        does: "to the bookmark of a letter",
        run: |app, _| app.mode = Mode::Letter(Letter::Jump),
    },
    Key {
        codes: &[Char('M')],
        shown: "M",
        does: "second cursor here, to measure from; again: away",
        run: |app, _| app.set_second(),
    },
    Key {
        codes: &[Char('D')],
        shown: "D",
        does: "what changed between the two cursors",
        run: |app, _| app.read_between(),
    },
    Key {
        codes: &[Char('p')],
        shown: "p",
        does: "play, pause",
        run: |app, _| app.playing = !app.playing && app.walk.now() < app.walk.plan().until,
    },
    Key {
        codes: &[Char('+'), Char('=')],
        shown: "+",
        does: "faster (up to 1000 times)",
        run: |app, _| app.faster(1),
    },
    Key { codes: &[Char('-')], shown: "-", does: "slower", run: |app, _| app.faster(-1) },
    Key {
        codes: &[Up, Char('k')],
        shown: "↑ k",
        does: "select what stands above",
        run: |app, _| app.select(-1),
    },
    Key {
        codes: &[Down, Char('j')],
        shown: "↓ j",
        does: "select what stands below",
        run: |app, _| app.select(1),
    },
    Key {
        codes: &[Char('P')],
        shown: "P",
        does: "pin the selection, or let it follow what changes",
        run: |app, _| app.pin(),
    },
    Key {
        codes: &[Char(':')],
        shown: ":",
        does: "another view: deploy, po, no, svc, ev, coming, all",
        run: |app, _| app.ask_for(Prompt::View),
    },
    Key {
        codes: &[Char('/')],
        shown: "/",
        does: "keep rows with words; !words: without; -l app=web",
        run: |app, _| app.ask_for(Prompt::Filter),
    },
    Key {
        codes: &[PageUp],
        shown: "PgUp",
        does: "scroll the lower pane up",
        run: |app, _| app.scroll = app.scroll.saturating_sub(5),
    },
    Key {
        codes: &[PageDown],
        shown: "PgDn",
        does: "scroll it down",
        run: |app, _| app.scroll = app.scroll.saturating_add(5),
    },
    Key { codes: &[TabKey], shown: "Tab", does: "next pane", run: |app, _| app.turn(1) },
    Key {
        codes: &[BackTab],
        shown: "Shift-Tab",
        does: "pane before",
        run: |app, _| app.turn(Tab::ALL.len() - 1),
    },
    Key {
        codes: &[Char('1'), Char('2'), Char('3'), Char('4'), Char('5'), Char('6'), Char('7'), Char('8')],
        shown: "1-8",
        does: "State, Events, Logs, Describe, Coming, History, Lives, Nodes",
        run: |app, code| {
            if let Char(digit @ '1'..='8') = code {
                app.tab = Tab::ALL[digit as usize - '1' as usize];
                app.scroll = 0;
            }
        },
    },
    Key {
        codes: &[Char('o')],
        shown: "o",
        does: "logs: the next container",
        run: |app, _| app.container += 1,
    },
    Key {
        codes: &[Char('v')],
        shown: "v",
        does: "logs: the previous instance (--previous)",
        run: |app, _| app.previous = !app.previous,
    },
    Key { codes: &[Char('w')], shown: "w", does: "why the last change came", run: |app, _| app.ask_why() },
    Key {
        codes: &[Char('T')],
        shown: "T",
        does: "what may come, with windows and chances",
        run: |app, _| {
            if app.may_act() {
                app.read_foretold();
            }
        },
    },
    Key { codes: &[Char('y')], shown: "y", does: "what is selected as YAML", run: |app, _| app.read_yaml() },
    Key { codes: &[Char('a')], shown: "a", does: "ask me what comes next", run: |app, _| app.ask_next() },
    Key {
        codes: &[Char('z')],
        shown: "z",
        does: "questions before changes of STATUS: on, off; then a lesson's own",
        run: |app, _| {
            if app.may_act() {
                let words = app.walk.turn_questions();
                app.tell(words);
            }
        },
    },
    Key {
        codes: &[Char('S')],
        shown: "S",
        does: "pass a lesson's question by; it brings no point",
        run: |app, _| app.pass_by(),
    },
    Key {
        codes: &[Char('r')],
        shown: "r",
        does: "a lesson's question again: the last, or by number",
        run: |app, _| {
            if app.walk.quiz.is_held() {
                app.ask_for(Prompt::Again);
            } else {
                app.ask_again("");
            }
        },
    },
    Key {
        codes: &[Char('d')],
        shown: "d",
        does: "how the predictions went",
        run: |app, _| app.read_debrief(),
    },
    Key {
        codes: &[Enter, Char('A')],
        shown: "Enter A",
        does: "what can be done to what is selected",
        run: |app, _| app.open_menu(),
    },
    Key {
        codes: &[Char('x')],
        shown: "x",
        does: "do something now, typed: delete pod/web",
        run: |app, _| {
            if app.may_act() {
                app.ask_for(Prompt::Do);
            }
        },
    },
    Key {
        codes: &[Char('X')],
        shown: "X",
        does: "take the last thing back that was done",
        run: |app, _| {
            if app.may_act() {
                app.undo();
            }
        },
    },
    Key {
        codes: &[Char('R')],
        shown: "R",
        does: "do again what was taken back",
        run: |app, _| {
            if app.may_act() {
                app.redo();
            }
        },
    },
    Key { codes: &[Char('L')], shown: "L", does: "what was done, and when", run: |app, _| app.read_done() },
    Key {
        codes: &[Char('s')],
        shown: "s",
        does: "save what was done as a scenario",
        run: |app, _| app.ask_for(Prompt::Save),
    },
    Key {
        codes: &[Esc],
        shown: "Esc",
        does: "close what is open, take the filter away, back to the view before",
        run: |app, _| {
            app.playing = false;
            if app.told.take().is_none() {
                app.step_out();
            }
        },
    },
    Key {
        codes: &[Char('?'), F(1)],
        shown: "? F1",
        does: "this help",
        run: |app, _| app.mode = Mode::Help { scroll: 0 },
    },
    Key { codes: &[Char('q')], shown: "q", does: "leave", run: |app, _| app.leave() },
    // What follows is found elsewhere, and stands here for the help.
    Key {
        codes: &[],
        shown: "1-9 ↑↓ Enter",
        does: "answer a question; h: a hint; s: pass it by; Esc: not now",
        run: |_, _| {},
    },
    Key {
        codes: &[],
        shown: "Mouse",
        does: "click: select, go there in time; wheel: scroll; Shift and drag: the terminal's own",
        run: |_, _| {},
    },
    Key { codes: &[], shown: "Ctrl-C", does: "leave at once", run: |_, _| {} },
];

/// What is read or typed is not to be run away from.
const STOPS: &str = "wguUtxXRLsSrdDyaAT?:/m'";

impl App {
    /// A key was pressed.
    pub fn key(&mut self, key: KeyEvent, save: Save<'_>) {
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd')) {
            self.leaves = true;
            self.quits = true;
            return;
        }
        match std::mem::take(&mut self.mode) {
            Mode::Walk => self.walk_key(key),
            Mode::Typing { prompt, text } => self.typing_key(key, prompt, text, save),
            Mode::Question { marked } => self.question_key(key, marked),
            Mode::Verdict => self.verdict_key(key),
            Mode::Menu { marked } => self.menu_key(key, marked),
            Mode::Form(form) => self.form_key(key, form),
            Mode::Later { words, form } => self.later_key(key, words, form),
            Mode::Letter(letter) => self.letter_key(key, letter),
            Mode::Reading { title, text, scroll } => match scrolled(key, scroll) {
                Some(scroll) => self.mode = Mode::Reading { title, text, scroll },
                None => self.close(),
            },
            Mode::Help { scroll } => {
                if let Some(scroll) = scrolled(key, scroll) {
                    self.mode = Mode::Help { scroll };
                }
            }
        }
    }

    fn walk_key(&mut self, key: KeyEvent) {
        self.task = None;
        if matches!(key.code, KeyCode::Char(c) if STOPS.contains(c)) || key.code == KeyCode::Enter {
            self.playing = false;
        }
        if let Some(found) = KEYS.iter().find(|own| own.codes.contains(&key.code)) {
            (found.run)(self, key.code);
        }
    }

    /// A line is typed for this.
    pub fn ask_for(&mut self, prompt: Prompt) {
        let text = if prompt == Prompt::Filter { self.filter.words.clone() } else { String::new() };
        self.mode = Mode::Typing { prompt, text };
    }

    /// Who attends a lesson does nothing before its last question; says so.
    fn may_act(&mut self) -> bool {
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

    /// Passes a lesson's question by.
    fn pass_by(&mut self) {
        match self.walk.quiz.pass_by() {
            true => self.tell(match self.walk.keeps_silent() {
                true => "passed by, without a point: → goes on, r asks it again",
                false => "passed by, without a point (r asks it again); it was the last one: End tells what is behind it all",
            }),
            false => self.refuse("no question of a lesson waits"),
        }
    }

    /// Asks a question of the lesson again, at its instant: the last one, or that of a number.
    pub fn ask_again(&mut self, number: &str) {
        let which = match number {
            "" => Ok(None),
            number => {
                number.parse().map(Some).map_err(|_| format!("`{number}`: which one? A number, as in 2"))
            }
        };
        match which.and_then(|which| self.walk.ask_again(which)) {
            Ok(()) => {
                self.answered = self.walk.answers().len();
                (self.told, self.scroll) = (None, 0);
                self.mode = Mode::Question { marked: 0 };
            }
            Err(problem) => {
                self.refuse(problem.replace("`answer`, or `skip`", "a goes back to it, S passes it by"))
            }
        }
    }

    /// Opens the menu of what can be done to what is selected.
    fn open_menu(&mut self) {
        if !self.may_act() {
            return;
        }
        match self.chosen() {
            Some(chosen) if !actions::entries(&actions::kind(self, chosen)).is_empty() => {
                self.mode = Mode::Menu { marked: 0 };
            }
            Some(_) => self.refuse("nothing can be done to it here; x takes any command"),
            None => self.refuse("nothing is selected; x takes any command"),
        }
    }

    fn menu_key(&mut self, key: KeyEvent, marked: usize) {
        let Some(chosen) = self.chosen() else { return };
        let entries = actions::entries(&actions::kind(self, chosen));
        let last = entries.len().saturating_sub(1);
        let mut marked = marked.min(last);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return,
            KeyCode::Up | KeyCode::Char('k') => marked = marked.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => marked = (marked + 1).min(last),
            KeyCode::Char(digit @ '1'..='9') => marked = (digit as usize - '1' as usize).min(last),
            KeyCode::Enter | KeyCode::Right => {
                if let Some(entry) = entries.get(marked) {
                    self.mode = Mode::Form(Form::new(self, chosen, entry));
                }
                return;
            }
            _ => {}
        }
        self.mode = Mode::Menu { marked };
    }

    fn form_key(&mut self, key: KeyEvent, mut form: Form) {
        let count = form.fields.len();
        let plain = !key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return self.mode = Mode::Menu { marked: 0 },
            KeyCode::Enter => return self.submit(form),
            KeyCode::Down | KeyCode::Tab => form.at = (form.at + 1) % count.max(1),
            KeyCode::Up | KeyCode::BackTab => form.at = (form.at + count.max(1) - 1) % count.max(1),
            _ => {
                if let Some(field) = form.fields.get_mut(form.at) {
                    match key.code {
                        KeyCode::Backspace => drop(field.value.pop()),
                        KeyCode::Char('u') if !plain => field.value.clear(),
                        KeyCode::Char(c) if plain => field.value.push(c),
                        _ => {}
                    }
                    form.problem = None;
                }
            }
        }
        self.mode = Mode::Form(form);
    }

    /// A form is filled in: what lacks is gone to, what cannot be done is told in it.
    fn submit(&mut self, mut form: Form) {
        if let Some(at) = form.lacks() {
            form.at = at;
            form.problem = Some(format!("{}: {}", form.fields[at].name, form.fields[at].takes));
            self.mode = Mode::Form(form);
            return;
        }
        self.do_line(&form.command(), Some(form));
    }

    /// Whether what was done later stays.
    fn later_key(&mut self, key: KeyEvent, words: String, form: Option<Form>) {
        match key.code {
            KeyCode::Char('k') | KeyCode::Enter => self.do_now(&words, true, form),
            KeyCode::Char('d') => self.do_now(&words, false, form),
            KeyCode::Esc => {}
            _ => self.mode = Mode::Later { words, form },
        }
    }

    fn letter_key(&mut self, key: KeyEvent, letter: Letter) {
        match (key.code, letter) {
            (KeyCode::Char(c), Letter::Mark) if c.is_alphanumeric() => self.set_bookmark(c),
            (KeyCode::Char(c), Letter::Jump) if c.is_alphanumeric() => self.go_to_bookmark(c),
            (KeyCode::Esc, _) => {}
            _ => self.refuse("a bookmark is a letter or a digit"),
        }
    }

    fn pod_change(&mut self, direction: Direction) {
        let object = self.workload().and_then(|key| self.walk.world().workloads.row(key));
        match (self.pod(), object) {
            (Some(pod), _) => self.go(direction, &Move::PodChange(pod)),
            (None, Some(object)) => self.go(direction, &Move::ObjectChange(object)),
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

    fn turn(&mut self, by: usize) {
        let at = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        self.tab = Tab::ALL[(at + by) % Tab::ALL.len()];
        self.scroll = 0;
    }

    fn typing_key(&mut self, key: KeyEvent, prompt: Prompt, mut text: String, save: Save<'_>) {
        match key.code {
            KeyCode::Esc => return,
            KeyCode::Enter => return self.typed(prompt, &text, save),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => text.clear(),
            KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) => text.push(c),
            _ => {}
        }
        self.mode = Mode::Typing { prompt, text };
    }

    fn question_key(&mut self, key: KeyEvent, marked: usize) {
        let choices = self.walk.quiz.pending().map_or(0, |asked| asked.choices.len());
        let mut marked = marked;
        match key.code {
            KeyCode::Esc => {
                if self.walk.quiz.insists() {
                    self.tell("the question waits: a goes back to it");
                } else {
                    self.walk.quiz.skip();
                }
                return;
            }
            KeyCode::Char('h') => drop(self.walk.quiz.hint().map(str::len)),
            KeyCode::Char('s') if self.walk.quiz.insists() => return self.pass_by(),
            KeyCode::Up | KeyCode::Char('k') => marked = marked.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => marked = (marked + 1).min(choices.saturating_sub(1)),
            KeyCode::Enter => return self.answer(marked),
            KeyCode::Char(digit @ '1'..='9') if (digit as usize - '1' as usize) < choices => {
                return self.answer(digit as usize - '1' as usize);
            }
            _ => {}
        }
        self.mode = Mode::Question { marked };
    }

    /// The verdict is closed; a question that stood before a move lets the move follow.
    fn verdict_key(&mut self, key: KeyEvent) {
        if key.code == KeyCode::Char('r') && self.walk.quiz.is_held() {
            return self.ask_again("");
        }
        let goes_on = matches!(key.code, KeyCode::Right | KeyCode::Enter | KeyCode::Char(' ' | 'n'));
        let before_move =
            self.walk.quiz.on && self.walk.quiz.asked.last().is_some_and(|asked| !asked.from_lesson);
        if goes_on && before_move {
            self.follow();
        } else if self.walk.quiz.is_held() && !self.walk.keeps_silent() && !self.debriefed() {
            self.tell("that was the last question: End tells what is behind it all, q too");
        }
    }
}

/// How far a text is scrolled after a key; None closes it.
fn scrolled(key: KeyEvent, scroll: u16) -> Option<u16> {
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => Some(scroll.saturating_add(1)),
        KeyCode::Up | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
        KeyCode::PageDown => Some(scroll.saturating_add(10)),
        KeyCode::PageUp => Some(scroll.saturating_sub(10)),
        _ => None,
    }
}
