//! The course: the built-in scenarios that have a lesson, in the order in which one learns them, and how far somebody
//! has come with them.
//!
//! Nothing here knows where progress is kept, or how a lesson is held; that is the doors' part.

mod progress;

pub use progress::{Done, Progress};

use std::fmt::Write as _;

use crate::scenario::builtin::{self, Builtin, Topic};
use crate::session::Score;

/// A scenario with a lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The built-in scenario that it is about.
    pub scenario: &'static Builtin,
    /// Its title, as the scenario says it.
    pub title: String,
    /// How many questions it asks.
    pub questions: u32,
    digest: String,
}

/// How a lesson stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Not done yet.
    Open,
    /// Done, with what came of it.
    Done(Score),
    /// Done, but its scenario has changed since. The score stays; who wants may do it again.
    Changed(Score),
}

impl Mark {
    /// One word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Open => "open",
            Mark::Done(_) => "done",
            Mark::Changed(_) => "changed",
        }
    }
    /// What came of it, if it was done.
    pub fn score(self) -> Option<Score> {
        match self {
            Mark::Open => None,
            Mark::Done(score) | Mark::Changed(score) => Some(score),
        }
    }
}

/// All lessons, and what was done of them.
#[derive(Clone, Debug)]
pub struct Course {
    /// In the order in which one learns them.
    pub lessons: Vec<Lesson>,
    /// What was done of them.
    pub progress: Progress,
}

impl Course {
    /// All lessons that are built in, with what somebody has done of them.
    pub fn new(progress: Progress) -> Course {
        let lessons = builtin::ALL.iter().filter_map(|scenario| {
            let head = scenario.lesson()?;
            let digest = scenario.digest();
            Some(Lesson { scenario, title: head.title, questions: head.questions, digest })
        });
        Course { lessons: lessons.collect(), progress }
    }

    /// The place of a lesson by its scenario's name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.lessons.iter().position(|lesson| lesson.scenario.name == name)
    }

    /// How a lesson stands.
    pub fn mark(&self, lesson: &Lesson) -> Mark {
        match self.progress.lessons.get(lesson.scenario.name) {
            None => Mark::Open,
            Some(done) if done.digest == lesson.digest => Mark::Done(done.score()),
            Some(done) => Mark::Changed(done.score()),
        }
    }

    /// The next lesson that is open after this one, or from the beginning on.
    pub fn next_open(&self, after: Option<usize>) -> Option<usize> {
        let open = |ix: &usize| self.mark(&self.lessons[*ix]) == Mark::Open;
        let from = after.map_or(0, |ix| ix + 1).min(self.lessons.len());
        (from..self.lessons.len()).chain(0..from).find(open)
    }

    /// The lesson to go on with when one was left: itself while it is open.
    pub fn following(&self, left: usize) -> Option<usize> {
        match self.mark(&self.lessons[left]) {
            Mark::Open => Some(left),
            Mark::Done(_) | Mark::Changed(_) => self.next_open(Some(left)),
        }
    }

    /// The lessons of each topic that has some.
    pub fn topics(&self) -> Vec<(Topic, Vec<usize>)> {
        let mut topics: Vec<(Topic, Vec<usize>)> = Vec::new();
        for (ix, lesson) in self.lessons.iter().enumerate() {
            match topics.last_mut().filter(|(topic, _)| *topic == lesson.scenario.topic) {
                Some((_, list)) => list.push(ix),
                None => topics.push((lesson.scenario.topic, vec![ix])),
            }
        }
        topics
    }

    /// How many of these are done, and the points that they brought.
    fn done<'a>(&self, lessons: impl Iterator<Item = &'a Lesson>) -> (usize, Score) {
        let scores = lessons.filter_map(|lesson| self.mark(lesson).score());
        scores.fold((0, Score::default()), |(count, sum), score| (count + 1, sum + score))
    }

    /// A topic's heading: `Termination: 2 of 11 done`.
    pub fn heading(&self, topic: Topic, lessons: &[usize]) -> String {
        let (done, _) = self.done(lessons.iter().map(|ix| &self.lessons[*ix]));
        format!("{}: {done} of {} done", topic.title(), lessons.len())
    }

    /// `2 of 11 lessons done, 4.5 of 5 points`.
    pub fn summary(&self) -> String {
        let (done, score) = self.done(self.lessons.iter());
        let points = match done {
            0 => String::new(),
            _ => format!(", {}", score.in_words()),
        };
        format!("{done} of {} lessons done{points}", self.lessons.len())
    }

    /// How wide the names are.
    pub fn name_width(&self) -> usize {
        self.lessons.iter().map(|lesson| lesson.scenario.name.len()).max().unwrap_or(0)
    }

    /// A lesson's line in the table of contents.
    pub fn line(&self, ix: usize) -> String {
        let lesson = &self.lessons[ix];
        let mark = self.mark(lesson);
        let score = mark.score().map_or_else(String::new, |score| score.to_string());
        format!(
            "{:<width$}  {:<7}  {score:<5}  {}",
            lesson.scenario.name,
            mark.word(),
            lesson.title,
            width = self.name_width()
        )
    }

    /// The table of contents.
    pub fn contents(&self) -> String {
        let mut text = String::new();
        for (topic, lessons) in self.topics() {
            let _ = writeln!(text, "{}", self.heading(topic, &lessons));
            for ix in lessons {
                let _ = writeln!(text, "{:>4}  {}", ix + 1, self.line(ix));
            }
            text.push('\n');
        }
        text + &self.summary() + "\n"
    }

    /// Writes down what came of a lesson; answers what there is to tell of it. An earlier score that is better stays.
    pub fn record(progress: &mut Progress, lesson: &Lesson, score: Score) -> String {
        let name = lesson.scenario.name;
        let told = format!("{name}: {}", score.in_words());
        let before = progress.lessons.get(name).filter(|done| done.digest == lesson.digest);
        match before.map(|done| done.score()).filter(|before| before.halves() > score.halves()) {
            Some(before) => format!("{told}; the {} from before stay", before.points()),
            None => {
                progress.lessons.insert(name.to_owned(), Done::new(score, &lesson.digest));
                told
            }
        }
    }
}
