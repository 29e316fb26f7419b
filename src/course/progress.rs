//! What was done of the course, as the text that is kept of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::session::Score;

/// The format that this program writes. One that reads differently gets the next number; `known`, `turn` and `missed` came
/// later, and may be missing.
const VERSION: u32 = 1;

const HEAD: &str = "# How far somebody has come with `kubelapse learn`; `kubelapse learn --reset` forgets it.\n\
                    # right: answers at once, hinted: answers with the hint, which are half a point each.\n\
                    # missed: which questions were not answered right, from 0. turn: its place in the order of what was done.\n\
                    # known: what the placement test has shown.\n";

/// The lessons that were done, by name; also those that this program does not know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// By the names of their scenarios.
    pub lessons: BTreeMap<String, Done>,
    /// Lessons whose matter is known, as the placement test has shown.
    pub known: BTreeSet<String>,
}

/// What came of a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Done {
    right: u32,
    hinted: u32,
    questions: u32,
    /// Of the scenario as it was then.
    pub digest: String,
    /// Its place in the order of what was done; 0: before anybody counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turn: u64,
    /// Which of its questions were not answered right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<u32>,
}

fn is_zero(turn: &u64) -> bool {
    *turn == 0
}

impl Done {
    /// What came of a lesson whose scenario had this digest.
    pub fn new(score: Score, digest: &str, turn: u64, missed: Vec<u32>) -> Done {
        let Score { right, hinted, questions } = score;
        Done { right, hinted, questions, digest: digest.to_owned(), turn, missed }
    }
    /// Whether a question of its was not answered right.
    pub fn has_missed(&self) -> bool {
        self.right + self.hinted < self.questions
    }
    /// Points and questions.
    pub fn score(&self) -> Score {
        Score { right: self.right, hinted: self.hinted, questions: self.questions }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    known: BTreeSet<String>,
    #[serde(default)]
    lessons: BTreeMap<String, Done>,
}

impl Progress {
    /// Reads what was kept.
    ///
    /// # Errors
    /// Says in words what is wrong with the text.
    pub fn parse(text: &str) -> Result<Progress, String> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
        let version = table.get("version").and_then(toml::Value::as_integer);
        if let Some(other) = version.filter(|version| *version != i64::from(VERSION)) {
            return Err(format!("it has format version {other}; this kubelapse knows version {VERSION}"));
        }
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        for (name, done) in &file.lessons {
            if u64::from(done.right) + u64::from(done.hinted) > u64::from(done.questions) {
                return Err(format!("lessons.{name}: more answers than questions"));
            }
        }
        Ok(Progress { lessons: file.lessons, known: file.known })
    }

    /// The turn of what was done last.
    pub fn turn(&self) -> u64 {
        self.lessons.values().map(|done| done.turn).max().unwrap_or(0)
    }

    /// When a lesson was done in which something was missed; None where nothing was.
    pub fn missed_at(&self, name: &str) -> Option<u64> {
        self.lessons.get(name).filter(|done| done.has_missed()).map(|done| done.turn)
    }

    /// The text to keep.
    pub fn text(&self) -> String {
        let file = File { version: VERSION, known: self.known.clone(), lessons: self.lessons.clone() };
        // Tables of texts and small numbers can be written.
        format!("{HEAD}{}", toml::to_string(&file).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_also_of_lessons_that_nobody_knows() {
        let mut progress = Progress::default();
        let score = Score { right: 1, hinted: 1, questions: 3 };
        progress.lessons.insert("of-another-version".to_owned(), Done::new(score, "1234", 7, vec![2]));
        progress.known.insert("somewhere".to_owned());
        let again = Progress::parse(&progress.text()).expect("it was written so");
        assert_eq!(again, progress);
        assert_eq!(again.lessons["of-another-version"].score().to_string(), "1.5/3");
        assert_eq!((again.turn(), again.missed_at("of-another-version")), (7, Some(7)));
        assert_eq!(Progress::parse("version = 1\n"), Ok(Progress::default()));
    }

    #[test]
    fn what_was_kept_before_turns_were_counted_is_read() {
        let text = "version = 1\n[lessons.ages]\nright = 1\nhinted = 1\nquestions = 3\ndigest = \"12\"\n\
                    [lessons.herd]\nright = 2\nhinted = 0\nquestions = 2\ndigest = \"12\"\n";
        let progress = Progress::parse(text).expect("it is read");
        assert_eq!((progress.missed_at("ages"), progress.missed_at("herd")), (Some(0), None));
        assert_eq!((progress.missed_at("nothing"), progress.turn()), (None, 0));
        assert!(progress.text().ends_with("digest = \"12\"\n") && !progress.text().contains("turn ="));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, told) in [
            ("version = ", "line 1"),
            ("", "version"),
            ("version = 2", "format version 2"),
            ("version = 1\n[lessons]\nx = 3", "line 3"),
            ("version = 1\n[lessons.x]\nright = 3\nhinted = 1\nquestions = 3\ndigest = \"\"", "more answers"),
        ] {
            let problem = Progress::parse(text).expect_err(text);
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }
}
