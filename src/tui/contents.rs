//! The table of contents of the course, from which a lesson is chosen.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::draw::{cut, draw_too_small};
use crate::course::{Course, Mark};

/// What a person does with the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Takes up the lesson at this place.
    Lesson(usize),
    /// Leaves the table.
    Leave,
}

/// The table of lessons, and where one stands in it.
pub struct Contents {
    course: Course,
    marked: usize,
    told: String,
}

impl Contents {
    /// Marks the next lesson that is open.
    pub fn new(course: Course) -> Contents {
        let marked = course.next_open(None).unwrap_or(0);
        let told = match course.next_open(None) {
            Some(_) => "Enter begins with the lesson that is marked.".to_owned(),
            None => "All lessons are done. Any of them can be done again.".to_owned(),
        };
        Contents { course, marked, told }
    }

    /// A lesson was left; the next open one is marked.
    pub fn back_from(&mut self, lesson: usize, course: Course, told: String) {
        *self = Contents { marked: course.following(lesson).unwrap_or(lesson), course, told };
    }

    /// A key was pressed; what it chose, if it chose something.
    pub fn key(&mut self, key: KeyEvent) -> Option<Choice> {
        const PAGE: usize = 10;
        let last = self.course.lessons.len().saturating_sub(1);
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Some(Choice::Leave);
        }
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.marked = self.marked.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.marked = (self.marked + 1).min(last),
            KeyCode::PageUp => self.marked = self.marked.saturating_sub(PAGE),
            KeyCode::PageDown => self.marked = (self.marked + PAGE).min(last),
            KeyCode::Home => self.marked = 0,
            KeyCode::End => self.marked = last,
            KeyCode::Char('n') => {
                self.marked = self.course.next_open(Some(self.marked)).unwrap_or(self.marked);
            }
            KeyCode::Enter | KeyCode::Right | KeyCode::Char(' ') if !self.course.lessons.is_empty() => {
                return Some(Choice::Lesson(self.marked));
            }
            KeyCode::Char('q') | KeyCode::Esc => return Some(Choice::Leave),
            _ => {}
        }
        None
    }

    /// Draws the table; the marked lesson is always in view.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if draw_too_small(frame) {
            return;
        }
        let [title, list, told, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(4),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let width = usize::from(area.width);
        let heading = format!(" The course  {}", self.course.summary());
        let bar = Style::new().add_modifier(Modifier::REVERSED);
        frame.render_widget(Paragraph::new(cut(&format!("{heading:<width$}"), width)).style(bar), title);
        self.draw_list(frame, list);
        let style = Style::new().fg(Color::Cyan);
        frame.render_widget(Paragraph::new(Span::styled(cut(&self.told, width), style)), told);
        let words = "↑↓ choose  Enter begins  n next open one  PgUp PgDn Home End  q leaves";
        let style = Style::new().fg(Color::DarkGray);
        frame.render_widget(Paragraph::new(Span::styled(cut(words, width), style)), keys);
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect) {
        let width = usize::from(area.width);
        let mut lines = Vec::new();
        let mut marked_at = 0;
        for chapter in &self.course.chapters {
            if !lines.is_empty() {
                lines.push(Line::raw(""));
            }
            let heading = cut(&self.course.heading(chapter), width);
            lines.push(Line::styled(heading, Style::new().add_modifier(Modifier::BOLD)));
            for ix in chapter.lessons.iter().copied() {
                let own = ix == self.marked;
                let style = match self.course.mark(&self.course.lessons[ix]) {
                    _ if own => Style::new().add_modifier(Modifier::REVERSED),
                    Mark::Open => Style::new(),
                    Mark::Known | Mark::Done(_) => Style::new().fg(Color::Green),
                    Mark::Changed(_) => Style::new().fg(Color::Yellow),
                };
                if own {
                    marked_at = lines.len();
                }
                let mark = if own { ">" } else { " " };
                lines.push(Line::styled(cut(&format!("{mark} {}", self.course.line(ix)), width), style));
            }
        }
        let height = usize::from(area.height);
        let most = lines.len().saturating_sub(height);
        let first = marked_at.saturating_sub(height / 2).min(most);
        let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(height).collect();
        frame.render_widget(Paragraph::new(shown), area);
    }
}
