//! What kubectl printed over time or at once, taken apart: value by value, each with the line on which it stands.
//!
//! Whoever reads it is told what cannot be read and where, and gets the rest: a line that is no JSON (a warning that came between,
//! two streams in one file) loses itself, a text that breaks off its last object. What an object says that no API server prints
//! is found by [`unsound`], what a text is that holds no object by [`instead`].
//!
//! Source: the formats are those of `kubectl get -o json|yaml` and `-w --output-watch-events` (cli-runtime's printers, 1.36.2).

mod sound;

use serde_json::Value;

use super::manifest;
pub use sound::{Unsound, answer, is_other, unsound};

/// A part of a text that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// What is wrong there.
    pub words: String,
    /// It is the end of the text, in the middle of an object.
    pub is_end: bool,
}

/// Each value of a text with its line, one after the other; `at` is told how many bytes are done.
pub fn values(text: &str, take: &mut dyn FnMut(usize, Value), at: &dyn Fn(u64)) -> Vec<Trouble> {
    let body = text.trim_start_matches('\u{feff}');
    if body.trim_start().starts_with(['{', '[']) {
        json(body, take, at)
    } else {
        yaml(body, take).into_iter().collect()
    }
}

fn json(text: &str, take: &mut dyn FnMut(usize, Value), at: &dyn Fn(u64)) -> Vec<Trouble> {
    let (mut from, mut line, mut counted) = (0, 1, 0);
    let mut lines_to = |place: usize| {
        line += text.as_bytes()[counted.min(place)..place].iter().filter(|byte| **byte == b'\n').count();
        counted = place.max(counted);
        line
    };
    let (mut troubles, mut is_none_yet) = (Vec::new(), true);
    while from < text.len() {
        let mut stream = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Value>();
        let mut begins = from;
        loop {
            begins += text[begins..].len() - text[begins..].trim_start().len();
            match stream.next() {
                None => return troubles,
                Some(Ok(value)) => {
                    is_none_yet = false;
                    take(lines_to(begins), value);
                    begins = from + stream.byte_offset();
                    at(begins as u64);
                }
                Some(Err(error)) => {
                    // Flow style is YAML as well, and so are documents of it with lines between them.
                    let mut found = Vec::new();
                    let may_be_yaml = is_none_yet && troubles.is_empty();
                    if may_be_yaml && yaml(text, &mut |line, value| found.push((line, value))).is_none() {
                        found.into_iter().for_each(|(line, value)| take(line, value));
                        return troubles;
                    }
                    let words = error.to_string();
                    let words = words.rsplit_once(" at line").map_or(words.as_str(), |(words, _)| words);
                    let (words, is_end) = match error.is_eof() {
                        true => {
                            ("the text ends in the middle of an object, which is left out".to_owned(), true)
                        }
                        false => (format!("this is no JSON: {words}"), false),
                    };
                    troubles.push(Trouble { line: lines_to(begins), words, is_end });
                    if is_end {
                        return troubles;
                    }
                    break;
                }
            }
        }
        // The next object that begins at the begin of a line.
        let Some(next) = text[begins..].find("\n{") else { return troubles };
        from = begins + next + 1;
    }
    troubles
}

fn yaml(text: &str, take: &mut dyn FnMut(usize, Value)) -> Option<Trouble> {
    let (documents, trouble) = manifest::values_at(text);
    documents.into_iter().for_each(|(line, value)| take(line, value));
    trouble.map(|error| {
        let place = error.offset.unwrap_or(0).min(text.len());
        let line = 1 + text.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count();
        Trouble { line, words: format!("neither JSON nor YAML: {error}"), is_end: false }
    })
}

/// What a text is in which there is no object: an empty one, kubectl's answer, or what it prints for people; with the words that
/// follow "there is nothing in it".
pub fn instead(text: &str) -> Option<String> {
    let first =
        text.trim_start_matches('\u{feff}').lines().map(str::trim_end).find(|line| !line.trim().is_empty());
    let Some(first) = first else { return Some(", it is empty".to_owned()) };
    const ANSWERS: [&str; 7] = [
        "Error",
        "error:",
        "No resources found",
        "The connection to the server",
        "Unable to connect",
        "Warning:",
        "You must be logged in",
    ];
    let cut = |line: &str| line.chars().take(120).collect::<String>();
    let begins = |words: &[&str]| words.iter().any(|own| first.starts_with(own));
    // Tables name their columns in capitals.
    let heads: Vec<&str> = first.split_whitespace().collect();
    let is_head = |word: &&str| word.chars().all(|own| own.is_ascii_uppercase() || "()-_".contains(own));
    if begins(&ANSWERS) {
        Some(format!(", but an answer of kubectl: {}", cut(first)))
    } else if begins(&["NAME", "LAST SEEN"]) || heads.len() > 2 && heads.iter().all(is_head) {
        Some(", but a table for people".to_owned())
    } else if first.starts_with("Name:") {
        Some(", but a description for people".to_owned())
    } else if first.contains('\0') {
        Some(", but bytes that are no text in UTF-8".to_owned())
    } else if first.trim_start().starts_with('<') {
        Some(", but a page of the web".to_owned())
    } else if begins(&["$ ", "# kubectl", "> "]) {
        Some(format!(
            ", but the command before it: {} (its line and the prompt are no part of what is read)",
            cut(first)
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values by their lines, and the lines of what cannot be read: true where it is the end.
    type Read = (Vec<(usize, Value)>, Vec<(usize, bool)>);

    fn read(text: &str) -> Read {
        let mut found = Vec::new();
        let troubles = values(text, &mut |line, value| found.push((line, value)), &|_| ());
        (found, troubles.into_iter().map(|own| (own.line, own.is_end)).collect())
    }

    #[test]
    fn what_cannot_be_read_loses_itself_alone() {
        let (found, troubles) = read("{\"a\":1}\nW1129 a warning\n{\n \"b\":2}\n{\"c\":");
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!((lines, troubles), (vec![1, 3], vec![(2, false), (5, true)]));
    }

    #[test]
    fn flow_style_is_yaml_and_documents_have_their_lines() {
        let (found, troubles) = read("{a: 1}\n---\n{b: 2}\n");
        assert_eq!((found.len(), found[1].0, troubles.len()), (2, 3, 0));
        let (found, _) = read("\u{feff}a: 1\r\n---\r\nb: 2\r\n");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn what_is_no_object_is_called_by_its_name() {
        for (text, words) in [
            ("", "it is empty"),
            ("\n  \n", "it is empty"),
            ("Error from server (NotFound): pods \"web\" not found", "an answer of kubectl"),
            ("The connection to the server localhost:8080 was refused", "an answer of kubectl"),
            ("LAST SEEN   TYPE      REASON\n", "a table"),
            ("NAMESPACE   NAME   READY   STATUS\n", "a table"),
            ("Name:     web\n", "a description"),
            ("<html>", "a page"),
            ("$ kubectl get pod web -o json\n{}", "the command before it"),
        ] {
            let told = instead(text).unwrap_or_default();
            assert!(told.contains(words), "{text}: {told}");
        }
        assert_eq!(instead("kind: Pod"), None);
    }
}
