//! Lines in the room there is: where rows are free, what is too long goes on below; where none is, it is cut, with a sign that
//! it was.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// How far what goes on below stands within its line.
const INDENT: usize = 4;

/// Lays lines out in so many columns and rows. More lines than rows are left to whoever scrolls.
pub fn lay_out(lines: Vec<Line<'static>>, width: usize, height: usize) -> Vec<Line<'static>> {
    let mut free = height.saturating_sub(lines.len());
    let fit = |line: Line<'static>| {
        let long: usize = line.spans.iter().map(|span| span.content.chars().count()).sum();
        if long <= width || width <= 2 * INDENT {
            return vec![line];
        }
        let cells: Vec<(char, Style)> =
            line.spans.iter().flat_map(|span| span.content.chars().map(|c| (c, span.style))).collect();
        let rows = broken(&cells, width);
        if rows.len() - 1 <= free {
            free -= rows.len() - 1;
            return rows.iter().map(|row| together(row, line.style)).collect();
        }
        let mut short = cells[..width - 1].to_vec();
        short.push(('…', short.last().map_or(Style::new(), |(_, style)| *style)));
        vec![together(&short, line.style)]
    };
    lines.into_iter().flat_map(fit).collect()
}

/// Rows of a line: broken between words; within one only where it is longer than a row.
fn broken(cells: &[(char, Style)], width: usize) -> Vec<Vec<(char, Style)>> {
    let blanks = cells.iter().take_while(|(c, _)| *c == ' ').count().min(width / 2);
    let below = (blanks + INDENT).min(width / 2);
    let mut rows = Vec::new();
    let mut rest = cells;
    loop {
        let indent = if rows.is_empty() { 0 } else { below };
        let mut row = vec![(' ', Style::new()); indent];
        let room = width - indent;
        if rest.len() <= room {
            row.extend(rest);
            rows.push(row);
            return rows;
        }
        let at = rest[..=room].iter().rposition(|(c, _)| *c == ' ').filter(|at| *at > blanks);
        let end = at.unwrap_or(room);
        row.extend(&rest[..end]);
        rows.push(row);
        rest = &rest[end..];
        rest = &rest[rest.iter().take_while(|(c, _)| *c == ' ').count()..];
    }
}

/// Cells as a line again.
fn together(cells: &[(char, Style)], style: Style) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (c, own) in cells {
        match spans.last_mut().filter(|last| last.style == *own) {
            Some(last) => last.content.to_mut().push(*c),
            None => spans.push(Span::styled(c.to_string(), *own)),
        }
    }
    Line::from(spans).style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(lines: &[&str], height: usize) -> Vec<String> {
        let lines = lines.iter().map(|line| Line::raw((*line).to_owned())).collect();
        lay_out(lines, 20, height).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_too_long_goes_on_below_while_rows_are_free() {
        const LONG: &str = "one two three four five six";
        assert_eq!(laid(&["short"], 3), ["short"]);
        assert_eq!(laid(&[LONG, "end"], 3), ["one two three four", "    five six", "end"]);
        assert_eq!(laid(&[LONG, "end"], 2), ["one two three four …", "end"]);
        let both = laid(&[LONG, LONG], 3);
        assert_eq!(both, ["one two three four", "    five six", "one two three four …"]);
        let word = "kubectl-logs-of-a-pod-with-a-name";
        assert_eq!(laid(&[word], 2), ["kubectl-logs-of-a-po", "    d-with-a-name"]);
        assert_eq!(laid(&["  a b c d e f g h i j"], 2), ["  a b c d e f g h i", "      j"]);
    }
}
