//! The mouse: a click selects a row, goes to an instant on the line of time, closes a text; the wheel scrolls what is below it.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::app::{App, Mode};
use crate::session::strip;
use crate::time::Span;

impl App {
    /// The mouse did something.
    pub fn mouse(&mut self, event: MouseEvent) {
        const LINES: i32 = 3;
        let by: i32 = match event.kind {
            MouseEventKind::ScrollDown => 1,
            MouseEventKind::ScrollUp => -1,
            MouseEventKind::Down(MouseButton::Left) => {
                return self.clicked(event.column, event.row);
            }
            _ => return,
        };
        let screen = self.page_area();
        match &mut self.mode {
            Mode::Reading(page) => return page.scroll_by(LINES * by, screen),
            Mode::Menu { marked } => {
                *marked = marked.saturating_add_signed(by as isize);
                return;
            }
            Mode::Walk => {}
            _ => return,
        }
        if is_in(self.areas.get().table, event.column, event.row) {
            return self.select(by as isize);
        }
        self.take_pane(event.column, event.row);
        self.scroll_by(LINES * by);
    }

    /// The keys go to the pane that is pointed at.
    fn take_pane(&mut self, x: u16, y: u16) {
        let panes = self.areas.get().panes;
        let own = panes.into_iter().flatten().find(|(area, _)| is_in(*area, x, y));
        if let Some((_, tab)) = own.filter(|(_, tab)| *tab != self.tab) {
            self.focus(tab);
        }
    }

    fn clicked(&mut self, x: u16, y: u16) {
        let areas = self.areas.get();
        match self.mode {
            Mode::Walk => {}
            Mode::Reading(_) => {
                self.mode = Mode::Walk;
                return self.close();
            }
            Mode::Menu { .. } => return self.mode = Mode::Walk,
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
        } else {
            self.take_pane(x, y);
        }
    }
}

fn is_in(area: Rect, x: u16, y: u16) -> bool {
    area.contains(Position { x, y })
}
