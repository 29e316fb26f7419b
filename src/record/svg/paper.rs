//! What is drawn on: shapes and words of an SVG picture, in which nothing that anybody says can be markup.

use std::fmt::Write as _;

use crate::time::{Span, Time};

/// How wide a picture is.
pub const WIDTH: f64 = 800.0;
/// Where time begins.
pub const LEFT: f64 = 196.0;
/// Where it ends.
pub const RIGHT: f64 = 788.0;

/// A picture in the making.
pub struct Paper {
    pub body: String,
    pub start: Time,
    pub end: Time,
}

/// So many characters of anything that is said are shown.
const LONGEST: usize = 240;

/// Words for a picture: what is markup is escaped, what XML forbids or what turns the direction of writing is spelled out.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST) + 8);
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// How wide words are, at most: half of their height a letter, and a little.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.56
}

/// Words cut to a width; what is told apart by its end (`web-7f9c-x2k4p`) is cut in its middle.
pub fn fitted(text: &str, size: f64, room: f64) -> String {
    let most = (room / (size * 0.56)) as usize;
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    if most < 5 {
        return text.chars().take(most).collect();
    }
    let tail = (most - 1) / 2;
    let head: String = text.chars().take(most - 1 - tail).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{head}…{end}")
}

impl Paper {
    pub fn new(start: Time, end: Time) -> Paper {
        Paper { body: String::new(), start, end: end.max(start + Span::from_secs(1)) }
    }

    /// Where an instant lies.
    pub fn x(&self, at: Time) -> f64 {
        let all = self.end.since(self.start).secs_f64();
        let share = at.since(self.start).secs_f64() / all;
        LEFT + (RIGHT - LEFT) * share.clamp(0.0, 1.0)
    }

    /// A box; `hint` is shown to whoever points at it, and read aloud.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (wide, high): (f64, f64), hint: &str) {
        let (x, y, wide, high) = (n(x), n(y), n(wide), n(high));
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\""
        );
        if hint.is_empty() {
            self.body.push_str("/>\n");
        } else {
            let _ = writeln!(self.body, "><title>{}</title></rect>", escaped(hint));
        }
    }

    pub fn text(&mut self, class: &str, (x, y): (f64, f64), words: &str) {
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
            n(x),
            n(y),
            escaped(words)
        );
    }

    pub fn path(&mut self, class: &str, path: &str, hint: &str) {
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{path}\"");
        if hint.is_empty() {
            self.body.push_str("/>\n");
        } else {
            let _ = writeln!(self.body, "><title>{}</title></path>", escaped(hint));
        }
    }
}

/// A number with one digit behind its point, or none.
pub fn n(number: f64) -> String {
    let tenths = (number * 10.0).round() as i64;
    match (tenths / 10, (tenths % 10).unsigned_abs()) {
        (whole, 0) => whole.to_string(),
        (0, tenth) if tenths < 0 => format!("-0.{tenth}"),
        (whole, tenth) => format!("{whole}.{tenth}"),
    }
}

/// A length of time in the fewest words: `90s`, `5m`, `1h30m`.
pub fn span(span: Span) -> String {
    let secs = span.secs();
    if secs.abs() < 10 && span.micros() % 1_000_000 != 0 {
        return format!("{}s", n(span.secs_f64()));
    }
    let parts = [(secs / 86_400, "d"), (secs / 3600 % 24, "h"), (secs / 60 % 60, "m"), (secs % 60, "s")];
    let words: String = parts
        .iter()
        .filter(|(count, _)| *count != 0)
        .take(2)
        .fold(String::new(), |words, (count, unit)| format!("{words}{count}{unit}"));
    if words.is_empty() { "0s".to_owned() } else { words }
}

/// How far apart the marks of an axis stand: so that there are no more than eight.
pub fn step(all: Span) -> Span {
    const STEPS: [i64; 24] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
        172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
    ];
    let fits = |step: &i64| all.secs() / step <= 8;
    Span::from_secs(STEPS.into_iter().find(fits).unwrap_or(all.secs() / 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_markup() {
        assert_eq!(escaped("<a href=\"x\">&\u{0}\n"), "&lt;a href=&quot;x&quot;&gt;&amp;\u{fffd} ");
        assert_eq!(escaped("\u{202e}txt"), "\\u{202e}txt");
        assert_eq!(escaped(&"x".repeat(65_536)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn names_are_cut_in_their_middle() {
        assert_eq!(fitted("web-7f9c8d-x2k4p", 10.0, 60.0), "web-7…2k4p");
        assert_eq!(fitted("web", 10.0, 60.0), "web");
    }

    #[test]
    fn spans_are_short() {
        let words = [1_500_000, 90_000_000, 3_600_000_000, 5_400_000_000]
            .map(|micros| span(Span::from_micros(micros)));
        assert_eq!(words, ["1.5s", "1m30s", "1h", "1h30m"]);
        assert_eq!(step(Span::from_secs(900)), Span::from_secs(120));
    }
}
