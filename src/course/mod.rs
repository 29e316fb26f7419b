//! The course: the built-in scenarios that have a lesson, in the order in which one learns them or along a path ([`paths`]),
//! or somebody's own lessons; and how far somebody has come with them ([`Progress`]).
//!
//! Nothing here knows where progress is kept, where a lesson of one's own lies, or how a lesson is held; that is the doors'
//! part.

pub mod paths;
pub mod placement;
mod progress;

pub use progress::{Done, Progress};

use std::fmt::Write as _;

use crate::scenario::Plan;
use crate::scenario::builtin::{self, Builtin};
use crate::session::{Graded, Score};

/// A scenario with a lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its scenario's name, by which progress is kept.
    pub name: String,
    /// Its title, as the scenario says it.
    pub title: String,
    /// What one is told first.
    pub story: String,
    /// How many questions it asks.
    pub questions: u32,
    /// The built-in scenario that it is about; None: one of somebody's own.
    pub shipped: Option<&'static Builtin>,
    digest: String,
}

impl Lesson {
    /// The lesson of a built-in scenario, if it has one.
    fn of(shipped: &'static Builtin) -> Option<Lesson> {
        let head = shipped.lesson()?;
        Some(Lesson {
            name: shipped.name.to_owned(),
            title: head.title,
            story: head.story,
            questions: head.questions,
            shipped: Some(shipped),
            digest: shipped.digest(),
        })
    }

    /// The lesson of a scenario of somebody's own, if it has one that asks something.
    pub fn own(plan: &Plan) -> Option<Lesson> {
        let lesson = plan.lesson.as_ref().filter(|lesson| !lesson.questions.is_empty())?;
        Some(Lesson {
            name: plan.name.clone(),
            title: lesson.title.clone(),
            story: lesson.story.clone(),
            questions: u32::try_from(lesson.questions.len()).ok()?,
            shipped: None,
            digest: plan.digest.clone(),
        })
    }
}

/// Lessons that stand together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chapter {
    /// Its heading.
    pub title: String,
    /// The places of its lessons.
    pub lessons: Vec<usize>,
}

/// How a lesson stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Not done yet.
    Open,
    /// Not done, but the placement test has shown that its matter is known.
    Known,
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
            Mark::Known => "known",
            Mark::Done(_) => "done",
            Mark::Changed(_) => "changed",
        }
    }
    /// What came of it, if it was done.
    pub fn score(self) -> Option<Score> {
        match self {
            Mark::Open | Mark::Known => None,
            Mark::Done(score) | Mark::Changed(score) => Some(score),
        }
    }
}

/// Which lessons one goes on with by oneself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// Those that are open.
    Open,
    /// Those with a wrong answer that were not repeated since this turn.
    Missed { since: u64 },
}

/// Lessons in their order, and what was done of them.
#[derive(Clone, Debug)]
pub struct Course {
    /// What it is, above all of it: `The course`, `The path on-call`.
    pub title: String,
    /// In the order in which one learns them.
    pub lessons: Vec<Lesson>,
    /// Each lesson stands in one of them.
    pub chapters: Vec<Chapter>,
    /// What was done of them.
    pub progress: Progress,
    wanted: Wanted,
}

impl Course {
    fn of(
        title: impl Into<String>,
        chapters: Vec<(String, Vec<Lesson>)>,
        wanted: Wanted,
        progress: Progress,
    ) -> Course {
        let (title, lessons) = (title.into(), Vec::new());
        let mut course = Course { title, lessons, chapters: Vec::new(), progress, wanted };
        for (title, lessons) in chapters.into_iter().filter(|(_, lessons)| !lessons.is_empty()) {
            let first = course.lessons.len();
            course.lessons.extend(lessons);
            course.chapters.push(Chapter { title, lessons: (first..course.lessons.len()).collect() });
        }
        course
    }

    /// All lessons that are built in, with what somebody has done of them.
    pub fn new(progress: Progress) -> Course {
        let mut chapters: Vec<(String, Vec<Lesson>)> = Vec::new();
        for shipped in builtin::ALL {
            let Some(lesson) = Lesson::of(shipped) else { continue };
            match chapters.last_mut().filter(|(title, _)| title == shipped.topic.title()) {
                Some((_, list)) => list.push(lesson),
                None => chapters.push((shipped.topic.title().to_owned(), vec![lesson])),
            }
        }
        Course::of("The course", chapters, Wanted::Open, progress)
    }

    /// The lessons of a path.
    pub fn along(path: &paths::Path, progress: Progress) -> Course {
        let chapters = path.chapters.iter().map(|(title, names)| {
            let lessons = names.iter().filter_map(|name| Lesson::of(builtin::find(name)?));
            ((*title).to_owned(), lessons.collect())
        });
        let title = format!("The path {}", path.name);
        Course::of(title, chapters.collect(), Wanted::Open, progress)
    }

    /// What was answered wrongly, the oldest first.
    pub fn again(progress: Progress) -> Course {
        let mut missed: Vec<(u64, Lesson)> = builtin::ALL
            .iter()
            .filter_map(Lesson::of)
            .filter_map(|lesson| Some((progress.missed_at(&lesson.name)?, lesson)))
            .collect();
        missed.sort_by_key(|(turn, _)| *turn);
        let since = progress.turn();
        let lessons = missed.into_iter().map(|(_, lesson)| lesson).collect();
        let title = "What was answered wrongly, the oldest first".to_owned();
        Course::of("Once more", vec![(title, lessons)], Wanted::Missed { since }, progress)
    }

    /// Lessons of somebody's own.
    pub fn own(title: String, lessons: Vec<Lesson>, progress: Progress) -> Course {
        Course::of("Your own lessons", vec![(title, lessons)], Wanted::Open, progress)
    }

    /// The place of a lesson by its scenario's name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.lessons.iter().position(|lesson| lesson.name == name)
    }

    /// How a lesson stands.
    pub fn mark(&self, lesson: &Lesson) -> Mark {
        match self.progress.lessons.get(&lesson.name) {
            None if self.progress.known.contains(&lesson.name) => Mark::Known,
            None => Mark::Open,
            Some(done) if done.digest == lesson.digest => Mark::Done(done.score()),
            Some(done) => Mark::Changed(done.score()),
        }
    }

    fn is_wanted(&self, lesson: &Lesson) -> bool {
        match self.wanted {
            Wanted::Open => self.mark(lesson) == Mark::Open,
            Wanted::Missed { since } => {
                self.progress.missed_at(&lesson.name).is_some_and(|turn| turn <= since)
            }
        }
    }

    /// The next lesson to be done after this one, or from the beginning on.
    pub fn next_open(&self, after: Option<usize>) -> Option<usize> {
        let from = after.map_or(0, |ix| ix + 1).min(self.lessons.len());
        (from..self.lessons.len()).chain(0..from).find(|ix| self.is_wanted(&self.lessons[*ix]))
    }

    /// The lesson to go on with when one was left: itself while it is to be done.
    pub fn following(&self, left: usize) -> Option<usize> {
        match self.is_wanted(&self.lessons[left]) {
            true => Some(left),
            false => self.next_open(Some(left)),
        }
    }

    /// How many of these are done, and the points that they brought.
    fn done<'a>(&self, lessons: impl Iterator<Item = &'a Lesson>) -> (usize, Score) {
        let scores = lessons.filter_map(|lesson| self.mark(lesson).score());
        scores.fold((0, Score::default()), |(count, sum), score| (count + 1, sum + score))
    }

    /// What is known and not done, in words: `, 3 known`.
    fn known<'a>(&self, lessons: impl Iterator<Item = &'a Lesson>) -> String {
        match lessons.filter(|lesson| self.mark(lesson) == Mark::Known).count() {
            0 => String::new(),
            known => format!(", {known} known"),
        }
    }

    /// A chapter's heading: `Termination: 2 of 11 done`.
    pub fn heading(&self, chapter: &Chapter) -> String {
        let lessons = || chapter.lessons.iter().map(|ix| &self.lessons[*ix]);
        let (done, _) = self.done(lessons());
        format!("{}: {done} of {} done{}", chapter.title, chapter.lessons.len(), self.known(lessons()))
    }

    /// `2 of 11 lessons done, 4.5 of 5 points`.
    pub fn summary(&self) -> String {
        let (done, score) = self.done(self.lessons.iter());
        let points = match done {
            0 => String::new(),
            _ => format!(", {}", score.in_words()),
        };
        let known = self.known(self.lessons.iter());
        format!("{done} of {} lessons done{points}{known}", self.lessons.len())
    }

    /// How wide the names are.
    pub fn name_width(&self) -> usize {
        self.lessons.iter().map(|lesson| lesson.name.len()).max().unwrap_or(0)
    }

    /// A lesson's line in the table of contents.
    pub fn line(&self, ix: usize) -> String {
        self.before_title(ix, false) + &self.lessons[ix].title
    }

    /// What stands before a lesson's title in its line: its name, and how it stands. Where room is short the score says that it is
    /// done, and nothing that it is open.
    pub fn before_title(&self, ix: usize, is_short: bool) -> String {
        let lesson = &self.lessons[ix];
        let (mark, width) = (self.mark(lesson), self.name_width());
        let score = mark.score().map_or_else(String::new, |score| score.to_string());
        let short = match mark {
            Mark::Open => "",
            Mark::Done(_) => &score,
            mark => mark.word(),
        };
        match is_short {
            true => format!("{:<width$}  {short:<7}  ", lesson.name),
            false => format!("{:<width$}  {:<7}  {score:<5}  ", lesson.name, mark.word()),
        }
    }

    /// The table of contents; that of all lessons tells of the paths through them.
    pub fn contents(&self) -> String {
        let mut text = String::new();
        for chapter in &self.chapters {
            let _ = writeln!(text, "{}", self.heading(chapter));
            for ix in &chapter.lessons {
                let _ = writeln!(text, "{:>4}  {}", ix + 1, self.line(*ix));
            }
            text.push('\n');
        }
        text + &self.paths() + &self.summary() + "\n"
    }

    /// The paths, each with how far somebody has come; nothing where not all of their lessons are here.
    fn paths(&self) -> String {
        let whole = |path: &paths::Path| path.names().all(|name| self.find(name).is_some());
        if self.wanted != Wanted::Open || !paths::ALL.iter().all(whole) {
            return String::new();
        }
        let mut text = "Paths (--path NAME)\n".to_owned();
        for path in paths::ALL {
            let (done, _) = self.done(path.names().filter_map(|name| Some(&self.lessons[self.find(name)?])));
            let _ = writeln!(
                text,
                "      {:<9} {done} of {} done: {}",
                path.name,
                path.names().count(),
                path.about
            );
        }
        text + "\n"
    }

    /// Writes down what came of a lesson; answers what there is to tell of it. An earlier score that is better stays; that it
    /// was tried again is noted.
    pub fn record(progress: &mut Progress, lesson: &Lesson, outcome: &Graded) -> String {
        let (name, score) = (lesson.name.as_str(), outcome.score);
        let told = format!("{name}: {}", score.in_words());
        let turn = progress.turn() + 1;
        let before = progress.lessons.get_mut(name).filter(|done| done.digest == lesson.digest);
        match before.filter(|before| before.score().halves() > score.halves()) {
            Some(before) => {
                if before.has_missed() {
                    before.turn = turn;
                }
                format!("{told}; the {} from before stay", before.score().points())
            }
            None => {
                let done = Done::new(score, &lesson.digest, turn, outcome.missed.clone());
                progress.lessons.insert(name.to_owned(), done);
                told
            }
        }
    }
}
