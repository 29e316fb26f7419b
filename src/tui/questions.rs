//! Questions on the screen: what a key does to the one that waits, what came of it, and how all of them went.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Mode};

impl App {
    /// Tells once how the questions went; false when there is nothing to tell any more.
    pub(super) fn debrief(&mut self) -> bool {
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

    /// Leaves. A lesson whose questions are answered tells first what was behind it; whoever has done something that is not
    /// saved is told so once.
    pub fn leave(&mut self) {
        let done = self.walk.done().len();
        let is_lost = done > 0 && self.saved != self.changes && !self.walk.quiz.is_held();
        if is_lost && !self.warned {
            self.warned = true;
            let what = if done == 1 {
                "what was done is".to_owned()
            } else {
                format!("{done} things that were done are")
            };
            return self
                .refuse(format!("{what} not saved: s saves it as a scenario, q again leaves without"));
        }
        let owes = self.walk.quiz.is_held() && !self.walk.keeps_silent();
        self.leaves = !(owes && self.debrief());
        self.last_words = !self.leaves;
    }

    /// A text that was read is closed.
    pub fn close(&mut self) {
        self.leaves |= self.last_words;
    }

    /// Gives an answer to the question that waits.
    pub fn answer(&mut self, choice: usize) {
        if self.walk.quiz.answer(choice).is_some() {
            self.told = None;
            self.mode = Mode::Verdict;
        }
    }

    /// Passes a lesson's question by.
    pub(super) fn pass_by(&mut self) {
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

    pub(super) fn question_key(&mut self, key: KeyEvent, marked: usize) {
        let choices = self.walk.quiz.pending().map_or(0, |asked| asked.choices.len());
        let mut marked = marked;
        match key.code {
            _ if key.modifiers.contains(KeyModifiers::CONTROL) => {}
            KeyCode::Esc => {
                if self.walk.quiz.insists() {
                    self.tell("the question waits: a goes back to it");
                } else {
                    self.walk.quiz.skip();
                    self.tell_what_waits();
                }
                return;
            }
            KeyCode::Char('h') => drop(self.walk.quiz.hint().map(str::len)),
            KeyCode::Char('s' | 'S') if self.walk.quiz.insists() => return self.pass_by(),
            KeyCode::Char('z') if !self.walk.quiz.is_held() => {
                self.walk.quiz.skip();
                (self.walk.quiz.on, self.walk.quiz.mute) = (false, true);
                self.tell("no questions any more: z asks them again");
                return self.follow();
            }
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

    /// The move that a question has interrupted is not forgotten without a word.
    fn tell_what_waits(&mut self) {
        if let Some(words) = self.follows_to() {
            self.tell(format!("not answered; the way {words} ends here"));
        }
        self.interrupted = None;
    }

    /// The verdict is read: the move in whose way the question came goes on, or one stays.
    pub(super) fn verdict_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Char('r') if self.walk.quiz.is_held() => return self.ask_again(""),
            KeyCode::Enter | KeyCode::Right | KeyCode::Char(' ' | 'n') => {
                let goes_on = self.interrupted.is_some();
                self.follow();
                if goes_on {
                    return;
                }
            }
            KeyCode::Esc | KeyCode::Char('q') => self.interrupted = None,
            // Whoever types on does not lose the verdict.
            _ => return self.mode = Mode::Verdict,
        }
        if self.walk.quiz.is_held() && !self.walk.keeps_silent() && !self.debriefed {
            self.tell("that was the last question: End tells what is behind it all, q too");
        }
    }
}
