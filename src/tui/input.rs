//! A line that is typed: letters where the cursor stands, words taken away, what was typed before asked for again, and what is
//! begun completed. It is the one line of the program's screens: of prompts, of what is looked for, of a drill.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use crate::rules::kubectl::terminal::escaped;

/// A line as far as it has been typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Input {
    text: String,
    /// Before which letter the cursor stands.
    at: usize,
    /// Which of those before was asked for, counted from the last one; and what had been typed until then.
    recalled: Option<(usize, String)>,
}

impl Input {
    /// One that stands there already, with the cursor at its end.
    pub fn of(text: &str) -> Input {
        Input { text: text.to_owned(), at: text.chars().count(), recalled: None }
    }
    /// So far.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Puts another line in its place.
    pub fn set(&mut self, text: &str) {
        *self = Input::of(text);
    }
    /// Takes the line away.
    pub fn take(&mut self) -> String {
        std::mem::take(self).text
    }

    /// Does what a key does to a line; false: it does nothing. `before` are lines for the arrows up and down, the last one last.
    pub fn key(&mut self, key: KeyEvent, before: &[String]) -> bool {
        let held = key.modifiers.contains(KeyModifiers::CONTROL);
        let length = self.text.chars().count();
        match (key.code, held) {
            (KeyCode::Left, _) | (KeyCode::Char('b'), true) => self.at = self.at.saturating_sub(1),
            (KeyCode::Right, _) | (KeyCode::Char('f'), true) => self.at = (self.at + 1).min(length),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.at = 0,
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.at = length,
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) => {
                self.cut(self.at.saturating_sub(1), self.at)
            }
            (KeyCode::Delete, _) | (KeyCode::Char('d'), true) => self.cut(self.at, (self.at + 1).min(length)),
            (KeyCode::Char('u'), true) => self.cut(0, self.at),
            (KeyCode::Char('k'), true) => self.cut(self.at, length),
            (KeyCode::Char('w'), true) => self.cut(self.word(), self.at),
            (KeyCode::Char(letter), false) => {
                let place = self.place(self.at);
                self.text.insert(place, letter);
                self.at += 1;
            }
            (KeyCode::Up, _) => self.recall(before, true),
            (KeyCode::Down, _) => self.recall(before, false),
            _ => return false,
        }
        true
    }

    /// Completes the word at whose end the cursor stands, as far as all words agree that begin so.
    pub fn complete(&mut self, words: &[String]) {
        let (end, from) = (self.place(self.at), self.place(self.word_begin()));
        let begun = self.text[from..end].to_owned();
        let mut fits = words.iter().filter(|word| word.starts_with(&begun));
        let Some(first) = fits.next() else { return };
        let (mut common, mut is_one) = (first.clone(), true);
        for word in fits {
            let shared = common.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
            (common, is_one) = (common.chars().take(shared).collect(), is_one && word == first);
        }
        if is_one {
            common.push(' ');
        }
        let rest = self.text[end..].trim_start().to_owned();
        let line = format!("{}{common}", &self.text[..from]);
        self.at = line.chars().count();
        self.text = line + &rest;
    }

    /// The line with its cursor.
    pub fn spans(&self) -> Vec<Span<'static>> {
        let (before, after) = self.text.split_at(self.place(self.at));
        let shown = |text: &str| escaped(text).into_owned();
        let mut letters = after.chars();
        match letters.next() {
            None => vec![Span::raw(shown(before)), Span::raw("▏")],
            Some(own) => vec![
                Span::raw(shown(before)),
                Span::styled(shown(&own.to_string()), Style::new().add_modifier(Modifier::REVERSED)),
                Span::raw(shown(letters.as_str())),
            ],
        }
    }

    /// The byte at which a letter begins.
    fn place(&self, at: usize) -> usize {
        self.text.char_indices().nth(at).map_or(self.text.len(), |(place, _)| place)
    }
    fn cut(&mut self, from: usize, to: usize) {
        let (begin, end) = (self.place(from), self.place(to));
        self.text.replace_range(begin..end, "");
        self.at = from;
    }
    /// Where the word begins at whose end the cursor stands.
    fn word_begin(&self) -> usize {
        let before: Vec<char> = self.text.chars().take(self.at).collect();
        before.iter().rposition(|c| *c == ' ').map_or(0, |blank| blank + 1)
    }
    /// Where the last word before the cursor begins, with the blanks behind it.
    fn word(&self) -> usize {
        let before: Vec<char> = self.text.chars().take(self.at).collect();
        let end = before.iter().rposition(|c| *c != ' ').map_or(0, |last| last + 1);
        before[..end].iter().rposition(|c| *c == ' ').map_or(0, |blank| blank + 1)
    }
    fn recall(&mut self, before: &[String], is_back: bool) {
        let (at, typed) = self.recalled.clone().unwrap_or_else(|| (0, self.text.clone()));
        let at = if is_back { (at + 1).min(before.len()) } else { at.saturating_sub(1) };
        let text = match at {
            0 => typed.clone(),
            back => before[before.len() - back].clone(),
        };
        *self = Input { recalled: (at > 0).then_some((at, typed)), ..Input::of(&text) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &mut Input, codes: &[KeyCode]) {
        for code in codes {
            input.key(KeyEvent::new(*code, KeyModifiers::NONE), &["get po".to_owned(), "wörd".to_owned()]);
        }
    }
    fn held(input: &mut Input, letter: char) -> bool {
        input.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL), &[])
    }

    #[test]
    fn letters_come_where_the_cursor_stands() {
        let mut input = Input::of("dölete web");
        typed(&mut input, &[KeyCode::Home, KeyCode::Right, KeyCode::Delete, KeyCode::Char('e')]);
        assert_eq!(input.text(), "delete web");
        typed(&mut input, &[KeyCode::End, KeyCode::Left, KeyCode::Backspace]);
        assert_eq!(input.text(), "delete wb");
        assert!(held(&mut input, 'e') && held(&mut input, 'w'));
        assert_eq!(input.text(), "delete ");
        assert!(held(&mut input, 'w') && input.text().is_empty());
        // A letter with Ctrl is never the letter.
        assert!(!held(&mut input, 'x') && input.text().is_empty());
        typed(&mut input, &[KeyCode::Char('a'), KeyCode::Char('b'), KeyCode::Left]);
        assert!(held(&mut input, 'k') && input.text() == "a");
        assert!(held(&mut input, 'u') && input.text().is_empty());
    }

    #[test]
    fn what_was_typed_before_comes_back_and_so_does_what_was_begun() {
        let mut input = Input::of("x");
        typed(&mut input, &[KeyCode::Up]);
        assert_eq!(input.text(), "wörd");
        typed(&mut input, &[KeyCode::Up, KeyCode::Up]);
        assert_eq!(input.text(), "get po");
        typed(&mut input, &[KeyCode::Down, KeyCode::Down, KeyCode::Down]);
        assert_eq!(input.text(), "x");
    }

    #[test]
    fn a_word_is_completed_as_far_as_all_agree() {
        let words = ["delete", "deployment/web", "deployment/wine", "get"].map(str::to_owned);
        let completed = |text: &str| {
            let mut input = Input::of(text);
            input.complete(&words);
            input.text().to_owned()
        };
        assert_eq!(completed("g"), "get ");
        assert_eq!(completed("de"), "de");
        assert_eq!(completed("delete dep"), "delete deployment/w");
        assert_eq!(completed("delete deployment/we"), "delete deployment/web ");
        assert_eq!(completed("zz"), "zz");
    }
}
