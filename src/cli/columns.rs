//! A table of texts that fits the terminal: the widest columns are wrapped, word by word, until a row is no wider than there is room.
//!
//! Where nobody looks at a terminal (a pipe, a file) there is no width, and a row is a line.

use std::io::{self, IsTerminal as _};

/// A column is made no narrower than this for others.
const LEAST: usize = 16;
/// What stands before the first column, and between two.
const GAP: &str = "  ";

/// How wide the terminal is that stdout goes to; None: it goes elsewhere.
pub fn room() -> Option<usize> {
    let size = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    size.map(|(terminal_size::Width(width), _)| usize::from(width))
}

/// The rows as lines, each indented. Without room given none is wrapped.
pub fn fitted<const N: usize>(rows: &[[String; N]], room: Option<usize>) -> String {
    let mut widths = [0; N];
    for (width, column) in widths.iter_mut().zip(0..) {
        *width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    }
    if let Some(room) = room {
        narrow(&mut widths, room.saturating_sub(GAP.len() * N));
    }
    let mut text = String::new();
    for row in rows {
        let cells: Vec<Vec<String>> =
            row.iter().zip(widths).map(|(cell, width)| wrapped(cell, width)).collect();
        for place in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let part = cell.get(place).map_or("", String::as_str);
                line.push_str(&format!("{GAP}{part:<width$}"));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// Takes from the widest column until all have room, or none can give.
fn narrow(widths: &mut [usize], room: usize) {
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { return };
        if *widest <= LEAST {
            return;
        }
        *widest -= 1;
    }
}

/// A text in lines that are no wider, but for words that are.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    if text.chars().count() <= width {
        return vec![text.to_owned()];
    }
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn the_widest_column_is_wrapped_and_no_word_is_lost() {
        let row = |texts: [&str; 3]| texts.map(str::to_owned);
        let long = "not bound, Pending, not ready, lower deletion cost, more siblings on the node, younger";
        let rows = [row(["longest start", "32.4 s", "liveness probe"]), row(["one pod fewer", "-", long])];
        let piped = fitted(&rows, None);
        assert_eq!(piped.lines().count(), 2, "{piped}");
        assert_eq!(piped.lines().next(), Some("  longest start  32.4 s  liveness probe"));
        let narrow = fitted(&rows, Some(60));
        assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&narrow), words(&piped));
        assert!(narrow.lines().nth(2).is_some_and(|line| line.starts_with(&" ".repeat(25))), "{narrow}");
        // What has no room at all is printed all the same.
        assert_eq!(words(&fitted(&rows, Some(3))).len(), words(&piped).len());
    }
}
