//! The foot of a screen: what keys do there.
//!
//! Hints stand two blanks apart, those that are wanted most first. Where a screen is too narrow for all of them whole ones are left
//! out from the end on, but never those that lead on to the others (`?`) or out of there: half a hint tells nobody anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

use super::draw::cut;

/// What is said beside what matters. Dim, and no colour of its own: what a terminal has in the place of dark grey is in some the
/// colour of the ground.
pub fn muted() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// Those of the hints that fit into so many columns.
fn fitting(hints: &str, width: usize) -> String {
    let stays = |hint: &str| ["? ", "q ", "Esc ", "Ctrl-C "].iter().any(|key| hint.starts_with(key));
    let mut left: Vec<&str> = hints.split("  ").collect();
    while left.join("  ").chars().count() > width {
        let Some(at) = left.iter().rposition(|hint| !stays(hint)) else { break };
        left.remove(at);
    }
    cut(&left.join("  "), width)
}

/// Draws as many hints as fit.
pub fn draw(frame: &mut Frame<'_>, area: Rect, hints: &str) {
    let text = fitting(hints, usize::from(area.width));
    frame.render_widget(Paragraph::new(Span::styled(text, muted())), area);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_hints_are_left_out_and_the_way_out_stays() {
        const ALL: &str = "→ next  w why  / find  ? keys  q quit";
        assert_eq!(fitting(ALL, ALL.chars().count()), ALL);
        assert_eq!(fitting(ALL, ALL.chars().count() - 1), "→ next  w why  ? keys  q quit");
        assert_eq!(fitting(ALL, 23), "→ next  ? keys  q quit");
        assert_eq!(fitting(ALL, 15), "? keys  q quit");
        assert_eq!(fitting(ALL, 10), "? keys  q…");
    }
}
