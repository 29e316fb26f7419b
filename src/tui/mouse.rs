//! The mouse: a click selects a row, goes to an instant on the line of time, closes a text; the wheel scrolls what is below it.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::app::{App, Mode};
use crate::session::strip;
use crate::time::Span;

impl App {
    /// The mouse did something.
    pub fn mouse(&mut self, event: MouseEvent) {
        const LINES: i16 = 3;
        let by: i16 = match event.kind {
            MouseEventKind::ScrollDown => 1,
            MouseEventKind::ScrollUp => -1,
            MouseEventKind::Down(MouseButton::Left) => {
                return self.clicked(event.column, event.row);
            }
            _ => return,
        };
        match &mut self.mode {
            Mode::Reading { scroll, .. } | Mode::Help { scroll } => {
                *scroll = scroll.saturating_add_signed(LINES * by);
                return;
            }
            Mode::Menu { marked } => {
                *marked = marked.saturating_add_signed(isize::from(by));
                return;
            }
            Mode::Walk => {}
            _ => return,
        }
        if is_in(self.areas.get().table, event.column, event.row) {
            self.select(isize::from(by));
        } else {
            self.scroll = self.scroll.saturating_add_signed(LINES * by);
        }
    }

    fn clicked(&mut self, x: u16, y: u16) {
        let areas = self.areas.get();
        match self.mode {
            Mode::Walk => {}
            Mode::Reading { .. } => {
                self.mode = Mode::Walk;
                return self.close();
            }
            Mode::Help { .. } | Mode::Menu { .. } => return self.mode = Mode::Walk,
            _ => return,
        }
        if is_in(areas.time, x, y) {
            let (from, to) = strip::window(&self.walk);
            let cells = i128::from(areas.time.width.saturating_sub(1).max(1));
            let micros = i128::from(to.since(from).micros()) * i128::from(x - areas.time.x) / cells;
            let at = from + Span::from_micros(i64::try_from(micros).unwrap_or(0));
            self.go_to(at.min(self.walk.plan().until));
        } else if is_in(areas.table, x, y) {
            let header = usize::from(self.view.has_objects() || self.has_header());
            let Some(line) = usize::from(y - areas.table.y).checked_sub(header) else {
                return;
            };
            let row = areas.first + line;
            if self.view.has_objects() {
                self.select_row(row);
            } else {
                self.row = row.min(self.line_count().saturating_sub(1));
            }
        }
    }
}

fn is_in(area: Rect, x: u16, y: u16) -> bool {
    area.contains(Position { x, y })
}
