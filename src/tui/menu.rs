//! Keys while something is chosen to be done: the menu, its forms, and whether what was done later stays.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::actions::{self, Form};
use super::app::{App, Letter, Mode};

/// The keys that entries of a menu have, in their order: those that move its mark or close it are none.
const LABELS: &str = "1234567890abcdefghi";

/// The key of an entry.
pub fn label(at: usize) -> char {
    LABELS.chars().nth(at).unwrap_or(' ')
}

/// The place of the entry that has a key.
pub fn labelled(key: char) -> Option<usize> {
    LABELS.chars().position(|own| own == key)
}

impl App {
    /// Opens the menu of what can be done to what is selected, or goes to what is pointed at.
    pub(super) fn open_menu(&mut self) {
        if self.jump() || !self.may_act() {
            return;
        }
        match self.chosen() {
            Some(chosen) if !actions::entries(&actions::kind(self, chosen)).is_empty() => {
                self.mode = Mode::Menu { marked: 0 };
            }
            Some(_) => self.refuse("nothing can be done to it here; x takes any command"),
            None => self.refuse(match self.selection() {
                Some(own) => format!(
                    "{} is gone from the API server: nothing can be done to it; x takes any command",
                    crate::session::tree::name(self.walk.world(), own)
                ),
                None => "nothing is selected; x takes any command".to_owned(),
            }),
        }
    }

    pub(super) fn menu_key(&mut self, key: KeyEvent, marked: usize) {
        let Some(chosen) = self.chosen() else { return };
        let entries = actions::entries(&actions::kind(self, chosen));
        let last = entries.len().saturating_sub(1);
        let mut marked = marked.min(last);
        let mut taken = None;
        match key.code {
            _ if key.modifiers.contains(KeyModifiers::CONTROL) => {}
            KeyCode::Esc | KeyCode::Char('q') => return,
            KeyCode::Up | KeyCode::Char('k') => marked = marked.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => marked = (marked + 1).min(last),
            KeyCode::Enter | KeyCode::Right => taken = entries.get(marked),
            KeyCode::Char(own) => taken = labelled(own).and_then(|at| entries.get(at)),
            _ => {}
        }
        self.mode = match taken {
            Some(entry) => Mode::Form(Form::new(self, chosen, entry)),
            None => Mode::Menu { marked },
        };
    }

    pub(super) fn form_key(&mut self, key: KeyEvent, mut form: Form) {
        let count = form.fields.len();
        match key.code {
            KeyCode::Esc => return self.mode = Mode::Menu { marked: 0 },
            KeyCode::Enter => return self.submit(form),
            KeyCode::Down | KeyCode::Tab => form.at = (form.at + 1) % count.max(1),
            KeyCode::Up | KeyCode::BackTab => form.at = (form.at + count.max(1) - 1) % count.max(1),
            _ => {
                if let Some(field) = form.fields.get_mut(form.at) {
                    field.value.key(key, &[]);
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
    pub(super) fn later_key(&mut self, key: KeyEvent, words: String, form: Option<Form>) {
        match key.code {
            KeyCode::Char('k') | KeyCode::Enter => self.do_now(&words, true, form),
            KeyCode::Char('d') if !key.modifiers.contains(KeyModifiers::CONTROL) => {
                self.do_now(&words, false, form)
            }
            KeyCode::Esc => {}
            _ => self.mode = Mode::Later { words, form },
        }
    }

    pub(super) fn letter_key(&mut self, key: KeyEvent, letter: Letter) {
        let held = key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, letter) {
            (KeyCode::Char(c), Letter::Mark) if c.is_alphanumeric() && !held => self.set_bookmark(c),
            (KeyCode::Char(c), Letter::Jump) if c.is_alphanumeric() && !held => self.go_to_bookmark(c),
            (KeyCode::Esc, _) => {}
            _ => self.refuse("a bookmark is a letter or a digit"),
        }
    }
}
