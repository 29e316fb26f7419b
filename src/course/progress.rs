//! What was done of the course, as the text that is kept of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::session::Score;

/// The format that this program writes. One that reads differently gets the next number.
const VERSION: u32 = 1;

const HEAD: &str = "# How far somebody has come with `kubelapse learn`; `kubelapse learn --reset` forgets it.\n\
                    # right: answers at once, hinted: answers with the hint, which are half a point each.\n";

/// The lessons that were done, by name; also those that this program does not know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// By the names of their scenarios.
    pub lessons: BTreeMap<String, Done>,
}

/// What came of a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Done {
    right: u32,
    hinted: u32,
    questions: u32,
    /// Of the scenario as it was then.
    pub digest: String,
}

impl Done {
    /// What came of a lesson whose scenario had this digest.
    pub fn new(score: Score, digest: &str) -> Done {
        let Score { right, hinted, questions } = score;
        Done { right, hinted, questions, digest: digest.to_owned() }
    }
    /// Points and questions.
    pub fn score(&self) -> Score {
        Score { right: self.right, hinted: self.hinted, questions: self.questions }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
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
        Ok(Progress { lessons: file.lessons })
    }

    /// The text to keep.
    pub fn text(&self) -> String {
        let file = File { version: VERSION, lessons: self.lessons.clone() };
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
        progress.lessons.insert("of-another-version".to_owned(), Done::new(score, "1234"));
        let again = Progress::parse(&progress.text()).expect("it was written so");
        assert_eq!(again, progress);
        assert_eq!(again.lessons["of-another-version"].score().to_string(), "1.5/3");
        assert_eq!(Progress::parse("version = 1\n"), Ok(Progress::default()));
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
