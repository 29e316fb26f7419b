//! A text over the screen: it is scrolled, words are found in it, and Esc, q and Enter close it. Any other key of the walk closes it
//! and does what it does, so that nobody who types on loses what he types.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::app::{App, Mode};
use super::input::Input;
use super::popups::{self, popup};
use crate::rules::kubectl::terminal::escaped;
use crate::session::words::broken;

/// What stands in it.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Content {
    /// Lines, to be broken to the screen's width.
    Text(String),
    /// All keys, laid out for the screen.
    Keys,
}

/// A text that is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    title: String,
    content: Content,
    /// How far it is scrolled.
    scroll: u16,
    /// What is looked for, and whether it is still typed.
    find: Option<(Input, bool)>,
}

/// What came of a key.
enum Turned {
    /// It is read on.
    Stays,
    /// It is closed.
    Closed,
    /// The key is none of a page.
    Other,
}

impl Page {
    /// A text below a title.
    pub fn of(title: String, text: String) -> Page {
        Page { title, content: Content::Text(text), scroll: 0, find: None }
    }
    /// The list of keys.
    pub fn keys() -> Page {
        Page { title: "Keys".to_owned(), content: Content::Keys, scroll: 0, find: None }
    }

    fn lines(&self, area: Rect) -> Vec<Line<'static>> {
        let width = usize::from(popups::widest(area).saturating_sub(4)).max(1);
        match &self.content {
            Content::Text(text) => {
                let lines = text.lines().flat_map(|line| broken(line, width));
                lines.map(|line| Line::raw(escaped(&line).into_owned())).collect()
            }
            Content::Keys => popups::keys(usize::from(area.width.saturating_sub(8)).max(1)),
        }
    }

    /// Scrolls by so many lines, no further than its end.
    pub fn scroll_by(&mut self, lines: i32, area: Rect) {
        let most = popups::beyond(self.lines(area).len(), area);
        let to = (i32::from(self.scroll).min(most) + lines).clamp(0, most);
        self.scroll = u16::try_from(to).unwrap_or(0);
    }

    /// The lines in which the words stand that are looked for.
    fn found(&self, lines: &[Line<'_>]) -> Vec<usize> {
        let words = self.find.as_ref().map_or(String::new(), |(input, _)| input.text().to_lowercase());
        let has = |line: &Line<'_>| !words.is_empty() && line.to_string().to_lowercase().contains(&words);
        lines.iter().enumerate().filter(|(_, line)| has(line)).map(|(at, _)| at).collect()
    }

    /// Scrolls to the next line in which the words stand; from the line in view on, or behind it.
    fn go_on(&mut self, area: Rect, by: i32) {
        let found = self.found(&self.lines(area));
        let here = usize::from(self.scroll);
        let next = match by {
            0 => found.iter().find(|at| **at >= here).or(found.first()),
            1 => found.iter().find(|at| **at > here).or(found.first()),
            _ => found.iter().rev().find(|at| **at < here).or(found.last()),
        };
        if let Some(at) = next {
            self.scroll = u16::try_from(*at).unwrap_or(0);
        }
    }

    fn turn(&mut self, key: KeyEvent, area: Rect) -> Turned {
        let page = i32::from(area.height.saturating_sub(6).max(2));
        let held = key.modifiers.contains(KeyModifiers::CONTROL);
        if let Some((input, is_typed @ true)) = &mut self.find {
            match key.code {
                KeyCode::Enter => *is_typed = false,
                KeyCode::Esc => self.find = None,
                _ => {
                    input.key(key, &[]);
                    self.go_on(area, 0);
                }
            }
            return Turned::Stays;
        }
        let is_found = self.find.is_some();
        match (key.code, held) {
            (KeyCode::Esc, _) if is_found => self.find = None,
            (KeyCode::Esc | KeyCode::Enter, _) | (KeyCode::Char('q'), false) => return Turned::Closed,
            (KeyCode::Down, _) | (KeyCode::Char('j'), false) => self.scroll_by(1, area),
            (KeyCode::Up, _) | (KeyCode::Char('k'), false) => self.scroll_by(-1, area),
            (KeyCode::PageDown, _) | (KeyCode::Char(' '), false) => self.scroll_by(page, area),
            (KeyCode::PageUp, _) => self.scroll_by(-page, area),
            (KeyCode::Char('d' | 'f'), true) => self.scroll_by((page / 2).max(1), area),
            (KeyCode::Char('u' | 'b'), true) => self.scroll_by(-(page / 2).max(1), area),
            (KeyCode::Home, _) => self.scroll = 0,
            (KeyCode::End, _) | (KeyCode::Char('G'), false) => self.scroll_by(i32::from(u16::MAX), area),
            (KeyCode::Char('/'), false) => self.find = Some((Input::default(), true)),
            (KeyCode::Char('n'), false) if is_found => self.go_on(area, 1),
            (KeyCode::Char('N'), false) if is_found => self.go_on(area, -1),
            _ => return Turned::Other,
        }
        Turned::Stays
    }

    /// What the foot of the screen says of its keys.
    pub fn foot(&self) -> String {
        match &self.find {
            Some((input, true)) => format!("/{}▏  Enter keeps it  Esc leaves it", escaped(input.text())),
            Some((input, false)) => {
                format!("n N the next and the last /{}  Esc ends the search", escaped(input.text()))
            }
            None => "↑↓ PgUp PgDn scroll  / finds  Esc q Enter close".to_owned(),
        }
    }

    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut lines = self.lines(area);
        let found = self.found(&lines);
        for at in &found {
            lines[*at] = std::mem::take(&mut lines[*at]).style(Style::new().add_modifier(Modifier::REVERSED));
        }
        let title = match &self.find {
            Some((input, _)) if !input.text().is_empty() => {
                format!("{}: {} lines found", self.title, found.len())
            }
            _ => self.title.clone(),
        };
        popup(frame, area, &title, lines, self.scroll);
    }
}

impl App {
    /// A key while a text is read.
    pub(super) fn page_key(&mut self, key: KeyEvent, mut page: Page, save: super::Save<'_>) {
        let area = self.page_area();
        match page.turn(key, area) {
            Turned::Stays => self.mode = Mode::Reading(page),
            Turned::Closed => self.close(),
            // What is read before leaving is not left by chance.
            Turned::Other if self.last_words || !Self::knows(key) => self.mode = Mode::Reading(page),
            Turned::Other => self.key(key, save),
        }
    }

    /// The screen as it was drawn last.
    pub(super) fn page_area(&self) -> Rect {
        let area = self.areas.get().screen;
        if area.area() == 0 { Rect::new(0, 0, 80, 24) } else { area }
    }
}
