//! A text taken apart: its objects, each with its line and its instant.

use serde_json::Value;

use crate::rules::kubectl::manifest;
use crate::rules::kubectl::printed::{self, Unsound};
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

/// So many problems of one kind are told of one text.
pub(super) const TOLD: usize = 10;

/// Every object of a text, told one after the other; `at` is told how many bytes are done.
pub fn values(text: &str, told: &mut dyn FnMut(Seen), at: &dyn Fn(u64)) -> Vec<Problem> {
    let mut reader = Reader { problems: Vec::new(), lists: 0, unsound: Vec::new(), told };
    let (mut number, mut objects) = (0, 0);
    let troubles = printed::values(
        text,
        &mut |line, value| {
            objects += usize::from(value.is_object() || value.is_array());
            let around = Around { line, stamp: None, is_relative: false, list: None, how: How::Listed };
            reader.take(&value, &around, &Place { value: number, path: String::new() }, 0);
            number += 1;
        },
        at,
    );
    let Reader { mut problems, unsound, .. } = reader;
    // Where nothing of it is an object, what it is says more than what is wrong with it as JSON.
    if let Some(is) =
        printed::instead(text).filter(|_| objects == 0 || problems.iter().any(|own| own.line == 1))
    {
        let words = format!("there is no object in it{is}");
        return vec![Problem::wrong(
            0,
            words,
            "kubectl prints objects with -o json, and a watch with -w -o json --output-watch-events",
        )];
    }
    let is_whole = troubles.is_empty();
    problems.extend(troubles.into_iter().map(|own| Problem {
        is_warning: own.is_end,
        ..Problem::wrong(
            own.line,
            own.words,
            match own.is_end {
                true => "",
                false => {
                    "each object stands whole, one after the other, as `kubectl get … -o json` prints it"
                }
            },
        )
    }));
    // Where a field stands is looked up only for those that are told.
    let more = unsound.len().saturating_sub(TOLD);
    for (place, line, own) in unsound.into_iter().take(TOLD) {
        let path = format!("{}{}", place.path, own.path);
        let line = is_whole.then(|| manifest::line_of(text, place.value, &path)).flatten().unwrap_or(line);
        problems.push(Problem::wrong(line, format!("{}: {}", own.path, own.words), UNSOUND));
    }
    if more > 0 {
        problems.push(Problem::wrong(0, format!("{more} more fields that no API server prints"), ""));
    }
    problems
}

/// Who changes what a cluster printed is asked to leave that.
const UNSOUND: &str =
    "no API server prints that: something has changed it since; it is read as kubectl prints it";

struct Reader<'a> {
    problems: Vec<Problem>,
    lists: usize,
    /// Fields that cannot be: in which value, on which line that begins.
    unsound: Vec<(Place, usize, Unsound)>,
    told: &'a mut dyn FnMut(Seen),
}

/// Where an object stands in a text: in which of its values, and behind which path.
struct Place {
    value: usize,
    path: String,
}

impl Place {
    fn below(&self, step: &str) -> Place {
        let path = format!("{}{step}", self.path);
        Place { value: self.value, path }
    }
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
    fn take(&mut self, value: &Value, around: &Around, place: &Place, depth: u8) {
        if depth > DEPTH {
            return;
        }
        let around = self.stamped(value, *around);
        if let Some(object) = value.get("object").filter(|object| object.is_object()) {
            let Some(how) = self.how(value, around) else { return };
            return self.take(object, &Around { how, ..around }, &place.below("object."), depth + 1);
        }
        let (items, name) = match value.get("items") {
            Some(items) => (items, "items"),
            None => (value, ""),
        };
        let Some(items) = items.as_array() else {
            return self.object(value, around, place);
        };
        let list = Some(self.lists);
        self.lists += 1;
        // Items of a `PodList` do not say their kind.
        let kind =
            value["kind"].as_str().and_then(|kind| kind.strip_suffix("List")).filter(|kind| !kind.is_empty());
        for (ix, item) in items.iter().enumerate() {
            let around = Around { list, how: How::Listed, ..around };
            let place = &place.below(&format!("{name}[{ix}]."));
            match (kind, item) {
                (Some(kind), Value::Object(members)) if item["kind"].is_null() => {
                    let mut members = members.clone();
                    members.insert("kind".to_owned(), kind.into());
                    self.take(&Value::Object(members), &around, place, depth + 1);
                }
                _ => self.take(item, &around, place, depth + 1),
            }
        }
    }

    fn object(&mut self, value: &Value, around: Around, place: &Place) {
        if !value.get("kind").is_some_and(Value::is_string) {
            let hint = "objects come as kubectl prints them with -o json; a table for people has no times";
            return self.problems.push(Problem::wrong(
                around.line,
                "this is no object: it has no kind",
                hint,
            ));
        }
        if let Some(words) = printed::answer(value) {
            let hint = "objects come as kubectl prints them with -o json";
            return self.problems.push(Problem::wrong(around.line, words, hint));
        }
        let Around { line, stamp, is_relative, list, how } = around;
        for own in printed::unsound(value) {
            self.unsound.push((place.below(""), line, own));
        }
        (self.told)(Seen { line, stamp, is_relative, list, how, object: value.clone() });
    }

    fn how(&mut self, value: &Value, around: Around) -> Option<How> {
        Some(match value["type"].as_str().unwrap_or_default() {
            "ADDED" => How::Added,
            "MODIFIED" => How::Modified,
            "DELETED" => How::Deleted,
            // A watch without --output-watch-events, or a list, that was stamped as it came.
            "LISTED" | "" => How::Listed,
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
