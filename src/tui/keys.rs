//! Keys, and what they do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Save;
use super::app::{App, Mode, SPEEDS, Tab};
use super::prompt::Prompt;
use crate::session::{Direction, Move};

/// All keys, for the help.
pub const KEYS: [(&str, &str); 28] = [
    ("→ n Space", "next change that kubectl would show"),
    ("← b", "back to the change before"),
    (".  ,", "next queued event, the one before"),
    ("N  B", "next change of what is selected, the one before"),
    ("f  F", "next failure, the one before"),
    ("g", "go to an instant: 1m30s, +10s, -10s"),
    ("u  U", "forward or back until something is so"),
    ("t", "set a breakpoint (empty: clear them)"),
    ("c  C", "to the next breakpoint, to the one before"),
    ("Home End", "start and end of the run"),
    ("p", "play, pause"),
    ("+  -", "faster, slower (1 to 1000 times)"),
    ("↑↓ j k", "select a pod, a workload or a ReplicaSet"),
    ("PgUp PgDn", "scroll the lower pane"),
    ("Tab 1-8", "State, Events, Logs, Describe, Coming, History, Lives, Nodes"),
    ("o", "logs: the next container"),
    ("v", "logs: the previous instance (--previous)"),
    ("w", "why the last change came"),
    ("a", "ask me what comes next"),
    ("z", "questions before changes of STATUS: on, off; then a lesson's own"),
    ("1-9 ↑↓ Enter", "answer a question; h: a hint; Esc: not now"),
    ("d", "how the predictions went"),
    ("x", "do something now: delete pod/web"),
    ("X", "take the last thing back that was done"),
    ("s", "save what was done as a scenario"),
    ("Esc", "close what is open"),
    ("?", "this help"),
    ("q Ctrl-C", "leave"),
];

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
        use Direction::{Back, Forward};
        self.hurries = false;
        // What is read or typed is not to be run away from.
        if matches!(key.code, KeyCode::Char('w' | 'g' | 'u' | 'U' | 't' | 'x' | 'X' | 's' | 'd' | '?')) {
            self.playing = false;
        }
        let type_for = |prompt| Mode::Typing { prompt, text: String::new() };
        match key.code {
            KeyCode::Right | KeyCode::Char('n' | ' ' | 'l') => self.go(Forward, &Move::Change),
            KeyCode::Left | KeyCode::Char('b' | 'h') => self.go(Back, &Move::Change),
            KeyCode::Char('.') => self.go(Forward, &Move::Event),
            KeyCode::Char(',') => self.go(Back, &Move::Event),
            KeyCode::Char('N') => self.pod_change(Forward),
            KeyCode::Char('B') => self.pod_change(Back),
            KeyCode::Char('f') => self.go(Forward, &Move::Failure),
            KeyCode::Char('F') => self.go(Back, &Move::Failure),
            KeyCode::Char('c') => self.breakpoint_move(Forward),
            KeyCode::Char('C') => self.breakpoint_move(Back),
            KeyCode::Home => self.go(Back, &Move::End),
            KeyCode::End | KeyCode::Char('G') => self.go(Forward, &Move::End),
            KeyCode::Char('g') => self.mode = type_for(Prompt::Goto),
            KeyCode::Char('u') => self.mode = type_for(Prompt::Until(Forward)),
            KeyCode::Char('U') => self.mode = type_for(Prompt::Until(Back)),
            KeyCode::Char('t') => self.mode = type_for(Prompt::Break),
            KeyCode::Char('x') if !self.walk.keeps_silent() => self.mode = type_for(Prompt::Do),
            KeyCode::Char('X') if !self.walk.keeps_silent() => self.undo(),
            KeyCode::Char('s') => self.mode = type_for(Prompt::Save),
            KeyCode::Char('p') => {
                self.playing = !self.playing && self.walk.now() < self.walk.plan().until;
            }
            KeyCode::Char('+' | '=') => self.faster(1),
            KeyCode::Char('-') => self.faster(-1),
            KeyCode::Up | KeyCode::Char('k') => self.select(-1),
            KeyCode::Down | KeyCode::Char('j') => self.select(1),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(5),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(5),
            KeyCode::Tab => self.turn(1),
            KeyCode::BackTab => self.turn(Tab::ALL.len() - 1),
            KeyCode::Char(digit @ '1'..='8') => {
                self.tab = Tab::ALL[digit as usize - '1' as usize];
                self.scroll = 0;
            }
            KeyCode::Char('o') => self.container += 1,
            KeyCode::Char('v') => self.previous = !self.previous,
            KeyCode::Char('w') => self.ask_why(),
            KeyCode::Char('x' | 'X' | 'z') if self.walk.keeps_silent() => {
                self.refuse("this comes after the lesson's last question");
            }
            KeyCode::Char('a') if self.walk.quiz.insists() => self.mode = Mode::Question { marked: 0 },
            KeyCode::Char('a') if self.walk.keeps_silent() => {
                self.refuse("the lesson asks by itself: → goes on");
            }
            KeyCode::Char('a') => {
                self.playing = false;
                if self.walk.ask() {
                    self.mode = Mode::Question { marked: 0 };
                } else {
                    self.refuse("there is nothing to ask here");
                }
            }
            KeyCode::Char('z') => {
                let words = self.walk.turn_questions();
                self.tell(words);
            }
            KeyCode::Char('d') => self.read_debrief(),
            KeyCode::Char('?') | KeyCode::F(1) => self.mode = Mode::Help { scroll: 0 },
            KeyCode::Char('q') => self.leave(),
            KeyCode::Esc => {
                self.playing = false;
                self.told = None;
            }
            _ => {}
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
