//! A text taken apart: its objects, each with its line and its instant.

use serde_json::Value;

use crate::rules::kubectl::manifest;
use crate::time::Time;

/// How an object came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// It was there when the watch began, or it is new.
    Added,
    /// It has changed.
    Modified,
    /// It has gone; the object is its last version.
    Deleted,
    /// It stood in a list.
    Listed,
}

/// One version of one object.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// When it came, in microseconds since the Unix epoch; or, where `is_relative`, since somebody began.
    pub stamp: Option<i64>,
    /// Nobody says when that was.
    pub is_relative: bool,
    /// Which list of the text it stood in, from 0; of those of a watch None.
    pub list: Option<usize>,
    /// How it came.
    pub how: How,
    /// The object itself.
    pub object: Value,
}

/// What is wrong with a text, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The line, from 1; 0: the text as a whole.
    pub line: usize,
    /// In words.
    pub words: String,
    /// What one can do; may be empty.
    pub hint: String,
    /// The rest is well without it: it is told, and nothing more.
    pub is_warning: bool,
}

impl Problem {
    pub(super) fn wrong(line: usize, words: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { line, words: words.into(), hint: hint.into(), is_warning: false }
    }
    pub(super) fn warning(line: usize, words: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { line, words: words.into(), hint: hint.into(), is_warning: true }
    }
}

/// Lists in lists end somewhere.
const DEPTH: u8 = 4;

/// Every object of a text, told one after the other; `at` is told how many bytes are done.
pub fn values(text: &str, told: &mut dyn FnMut(Seen), at: &dyn Fn(u64)) -> Vec<Problem> {
    let mut reader = Reader { problems: Vec::new(), lists: 0, told };
    let body = text.trim_start_matches('\u{feff}');
    if body.trim_start().starts_with(['{', '[']) {
        reader.json(body, at);
    } else if !body.trim().is_empty() {
        reader.yaml(body);
    }
    reader.problems
}

struct Reader<'a> {
    problems: Vec<Problem>,
    lists: usize,
    told: &'a mut dyn FnMut(Seen),
}

/// What stands around an object.
#[derive(Clone, Copy)]
struct Around {
    line: usize,
    stamp: Option<i64>,
    is_relative: bool,
    list: Option<usize>,
    how: How,
}

impl Reader<'_> {
    fn json(&mut self, text: &str, at: &dyn Fn(u64)) {
        let (mut from, mut line, mut counted) = (0, 1, 0);
        let mut lines_to = |place: usize| {
            line += text.as_bytes()[counted.min(place)..place].iter().filter(|byte| **byte == b'\n').count();
            counted = place.max(counted);
            line
        };
        while from < text.len() {
            let mut stream = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Value>();
            let mut begins = from;
            loop {
                begins += text[begins..].len() - text[begins..].trim_start().len();
                match stream.next() {
                    None => return,
                    Some(Ok(value)) => {
                        self.value(&value, lines_to(begins));
                        begins = from + stream.byte_offset();
                        at(begins as u64);
                    }
                    Some(Err(error)) if error.is_eof() => {
                        let words = "the text ends in the middle of an object, which is left out";
                        return self.problems.push(Problem::warning(lines_to(begins), words, ""));
                    }
                    Some(Err(error)) => {
                        let words = error.to_string();
                        let words = words.rsplit_once(" at line").map_or(words.as_str(), |(words, _)| words);
                        self.problems.push(Problem::wrong(
                            lines_to(begins),
                            format!("this is no JSON: {words}"),
                            "each object stands whole, one after the other, as `kubectl get … -o json` prints it",
                        ));
                        break;
                    }
                }
            }
            // The next object that begins at the begin of a line.
            let Some(next) = text[begins..].find("\n{") else { return };
            from = begins + next + 1;
        }
    }

    fn yaml(&mut self, text: &str) {
        let (documents, trouble) = manifest::values(text);
        for value in &documents {
            self.value(value, 1);
        }
        if let Some(error) = trouble {
            let place = error.offset.unwrap_or(0).min(text.len());
            let line = 1 + text.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count();
            let hint = "kubectl prints it with -o json, and a watch with -w -o json --output-watch-events";
            self.problems.push(Problem::wrong(line, format!("neither JSON nor YAML: {error}"), hint));
        }
    }

    fn value(&mut self, value: &Value, line: usize) {
        let around = Around { line, stamp: None, is_relative: false, list: None, how: How::Listed };
        self.take(value, around, 0);
    }

    fn take(&mut self, value: &Value, around: Around, depth: u8) {
        if depth > DEPTH {
            return;
        }
        let around = self.stamped(value, around);
        if let Some(object) = value.get("object").filter(|object| object.is_object()) {
            let Some(how) = self.how(value, around) else { return };
            return self.take(object, Around { how, ..around }, depth + 1);
        }
        let items = value.get("items").unwrap_or(value);
        let Some(items) = items.as_array() else {
            return self.object(value, around);
        };
        let list = Some(self.lists);
        self.lists += 1;
        // Items of a `PodList` do not say their kind.
        let kind =
            value["kind"].as_str().and_then(|kind| kind.strip_suffix("List")).filter(|kind| !kind.is_empty());
        for item in items {
            let around = Around { list, how: How::Listed, ..around };
            match (kind, item) {
                (Some(kind), Value::Object(members)) if item["kind"].is_null() => {
                    let mut members = members.clone();
                    members.insert("kind".to_owned(), kind.into());
                    self.take(&Value::Object(members), around, depth + 1);
                }
                _ => self.take(item, around, depth + 1),
            }
        }
    }

    fn object(&mut self, value: &Value, around: Around) {
        if !value.get("kind").is_some_and(Value::is_string) {
            let hint = "objects come as kubectl prints them with -o json; a table for people has no times";
            return self.problems.push(Problem::wrong(
                around.line,
                "this is no object: it has no kind",
                hint,
            ));
        }
        let Around { line, stamp, is_relative, list, how } = around;
        (self.told)(Seen { line, stamp, is_relative, list, how, object: value.clone() });
    }

    fn how(&mut self, value: &Value, around: Around) -> Option<How> {
        Some(match value["type"].as_str().unwrap_or_default() {
            "ADDED" => How::Added,
            "MODIFIED" => How::Modified,
            "DELETED" => How::Deleted,
            "LISTED" => How::Listed,
            "BOOKMARK" => return None,
            "ERROR" => {
                let said = value.pointer("/object/message").and_then(Value::as_str).unwrap_or("no reason");
                let words = format!("the watch broke off: {said}; what came until it began again is missing");
                self.problems.push(Problem::warning(around.line, words, ""));
                return None;
            }
            other => {
                let words = format!("`{other}` is no type of a watch event");
                let hint = "the types are ADDED, MODIFIED, DELETED, BOOKMARK, ERROR";
                self.problems.push(Problem::wrong(around.line, words, hint));
                return None;
            }
        })
    }

    /// The instant that stands beside an object or a list.
    fn stamped(&mut self, value: &Value, around: Around) -> Around {
        let is_around = value.get("object").is_some() || value.get("items").is_some();
        let stamp = ["t", "timestamp"].iter().find_map(|key| value.get(*key)).filter(|_| is_around);
        let Some(stamp) = stamp else { return around };
        let seconds = stamp.as_f64().filter(|seconds| seconds.is_finite() && seconds.abs() < 1e12);
        if let Some(seconds) = seconds {
            let micros = libm::round(seconds * 1e6) as i64;
            return Around { stamp: Some(micros), is_relative: true, ..around };
        }
        match stamp.as_str().and_then(Time::parse_rfc3339) {
            Some(instant) => Around { stamp: Some(instant.micros()), is_relative: false, ..around },
            None => {
                let words = format!("`{stamp}` is no instant");
                let hint = "seconds since the begin, or RFC 3339: 2025-04-29T04:33:19.250Z";
                self.problems.push(Problem::wrong(around.line, words, hint));
                around
            }
        }
    }
}
