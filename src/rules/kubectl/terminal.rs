//! Texts of strangers on a terminal: a name, a message or an exit's words may hold what a terminal would obey.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text in which nothing is left that a terminal obeys or that makes it show other words than are there: escape sequences
/// and other control characters, and marks that turn the direction of a text or cannot be seen. Lines and tabs stay.
///
/// `EscapeTerminal` (staging/src/k8s.io/cli-runtime/pkg/printers/terminal.go) writes `^[` for an escape and `\r` for a carriage
/// return, since 1.26; the others are told in the same way, by their caret or their number.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_obeyed) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '\r' => out.push_str("\\r"),
            '\u{7f}' => out.push_str("^?"),
            c if c < ' ' && is_obeyed(c) => out.extend(['^', char::from(c as u8 + b'@')]),
            c if is_obeyed(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text with blanks behind it up to a width; whatever the width is, which Rust's own padding ends at 65,535.
pub fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(text.chars().count()))
}

/// JSON in which the same stands by its number, so that it is still the same JSON.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    let Some(first) = json.find(is_obeyed) else { return Cow::Borrowed(json) };
    let mut out = String::with_capacity(json.len() + 8);
    out.push_str(&json[..first]);
    for c in json[first..].chars() {
        if is_obeyed(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters but for a line's end and a tab; and of Unicode's marks those of direction (UAX #9), of lines and
/// paragraphs, and what takes no room.
pub fn is_obeyed(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}'
        | '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, escaped_json};

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, shown) in [
            ("web-1: Running, 0/1\n\tnext → …", "web-1: Running, 0/1\n\tnext → …"),
            ("\u{1b}[31mred\u{1b}[0m", "^[[31mred^[[0m"),
            ("\u{1b}]0;title\u{7}", "^[]0;title^G"),
            ("over\rwritten\u{8}\u{7f}\0", "over\\rwritten^H^?^@"),
            ("\u{9b}31m", "\\u009b31m"),
            ("abc\u{202e}cba\u{2066}\u{200b}\u{feff}", "abc\\u202ecba\\u2066\\u200b\\ufeff"),
            ("\u{e0041}", "\\ue0041"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({ "a": "\u{1b}[31m\u{9b}\u{202e}\u{e0041}é" });
        let shown = escaped_json(&value.to_string()).into_owned();
        assert!(shown.chars().all(|c| !super::is_obeyed(c)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("it is JSON"), value);
    }
}
