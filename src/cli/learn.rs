//! `kubelapse learn`: the built-in lessons as a course, on the full screen or line by line.

use std::path::PathBuf;

use super::converse::{self, Ended};
use super::kept::Kept;
use super::source::Source;
use super::{Exit, print, screen, step, talk};
use crate::course::{Course, Progress};
use crate::scenario::diagnostic::nearest;
use crate::session::Walk;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse learn                    the table of contents; Enter goes on with the next open lesson
  kubelapse learn sidecars-last      one lesson
  kubelapse learn --list             what there is, what is done, with which score
  kubelapse learn --reset            forgets all progress

A lesson is a scenario that you walk through as with `kubelapse step`; its questions come at their instants.
Only the first answer counts: right is a point, right with the hint half a point. A lesson is done when all
its questions are answered; done again, the better score stays. `changed` marks a lesson whose scenario is
not the one any more that you did.

Progress is kept in kubelapse/progress.toml in your data folder (XDG_DATA_HOME, ~/.local/share, or %APPDATA%).")]
pub struct Arguments {
    /// A lesson, by the name of its scenario
    lesson: Option<String>,
    /// Prints the table of contents: topics, lessons, what is done, the score
    #[arg(long, conflicts_with_all = ["reset", "plain", "lesson"])]
    list: bool,
    /// Forgets the progress of a lesson, or of all
    #[arg(long, conflicts_with = "plain")]
    reset: bool,
    /// Lines instead of a full screen: for pipes, screen readers and tests
    #[arg(long)]
    plain: bool,
    /// The file in which progress is kept
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
}

pub fn learn(arguments: &Arguments) -> Exit {
    attend(arguments).unwrap_or_else(|problem| {
        talk(&format!("error: {}\n", problem.trim_end()));
        Exit::WrongRequest
    })
}

fn attend(arguments: &Arguments) -> Result<Exit, String> {
    let kept = Kept::at(arguments.progress.as_deref())?;
    let chosen = |course: &Course| arguments.lesson.as_deref().map(|name| find(course, name)).transpose();
    if arguments.reset {
        return reset(&kept, arguments.lesson.as_deref());
    }
    let course = Course::new(kept.load()?);
    if arguments.list {
        print(&course.contents());
        return Ok(Exit::Ran);
    }
    let first = chosen(&course)?;
    let mut school = School { course, kept };
    if screen::is_wanted(arguments.plain) {
        #[cfg(feature = "tui")]
        return school.screen(first);
    }
    school.plain(first)
}

/// The place of a lesson by the name that a person typed.
fn find(course: &Course, name: &str) -> Result<usize, String> {
    if let Some(found) = course.find(name) {
        return Ok(found);
    }
    if crate::scenario::builtin::find(name).is_some() {
        return Err(format!("`{name}` has no lesson yet; `kubelapse step {name}` walks through it"));
    }
    let names: Vec<&str> = course.lessons.iter().map(|lesson| lesson.scenario.name).collect();
    let near = nearest(name, &names).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(format!("there is no lesson `{name}`{near} (`kubelapse learn --list` lists them)"))
}

/// Forgets, and says what was forgotten.
fn reset(kept: &Kept, lesson: Option<&str>) -> Result<Exit, String> {
    if lesson.is_none() && kept.load().is_err() {
        let aside = kept.set_aside()?;
        talk(&format!("the file could not be read; it is set aside as {}\n", aside.display()));
        return Ok(Exit::Ran);
    }
    let forgotten = kept.change(|progress| match lesson {
        Some(name) => progress.lessons.remove_entry(name).into_iter().collect(),
        None => std::mem::take(&mut progress.lessons),
    })?;
    for (name, done) in &forgotten {
        talk(&format!("forgotten: {name}, {}\n", done.score()));
    }
    if let Some(name) = lesson.filter(|_| forgotten.is_empty()) {
        // A slip of the finger is told apart from a lesson that is open anyway.
        find(&Course::new(Progress::default()), name)?;
    }
    if forgotten.is_empty() {
        let what = lesson.map_or("nothing was done".to_owned(), |name| format!("{name} is open"));
        talk(&format!("{what}: there is nothing to forget\n"));
    }
    Ok(Exit::Ran)
}

/// The course, and where its progress is kept.
struct School {
    course: Course,
    kept: Kept,
}

impl School {
    /// A lesson from its beginning.
    fn open(&self, ix: usize) -> Result<(Source, Walk), String> {
        let source = Source::of(self.course.lessons[ix].scenario);
        let mut walk = step::opened(&source, &[], None).map_err(|problems| problems.render(false))?;
        walk.hold_lesson();
        Ok((source, walk))
    }

    /// Keeps what came of a lesson whose questions are answered; tells of it and of what is next.
    fn keep(&mut self, ix: usize, walk: &Walk) -> Result<String, String> {
        let (lesson, score) = (&self.course.lessons[ix], walk.lesson_score());
        let told = self.kept.change(|progress| Course::record(progress, lesson, score))?;
        self.course.progress = self.kept.load()?;
        Ok(format!("{told}. {}", self.next(self.course.following(ix))))
    }

    fn stays_open(&self, ix: usize) -> String {
        format!("{} stays open: not all of its questions are answered", self.course.lessons[ix].scenario.name)
    }

    fn next(&self, lesson: Option<usize>) -> String {
        match lesson {
            Some(next) => format!("Next: {}", self.course.lessons[next].scenario.name),
            None => "All lessons are done".to_owned(),
        }
    }

    /// Line by line: the table of contents, then one lesson after the other until the person or the input ends.
    fn plain(&mut self, first: Option<usize>) -> Result<Exit, String> {
        if let Some(ix) = first {
            self.hold(ix)?;
            return Ok(Exit::Ran);
        }
        print(&format!("{}{}\n{MENU}\n", self.course.contents(), self.next(self.course.next_open(None))));
        let mut next = self.course.next_open(None);
        while let Some(line) = converse::ask("> ")? {
            let chosen = match line.as_str() {
                "quit" | "q" | "exit" => break,
                "list" => {
                    print(&self.course.contents());
                    continue;
                }
                "" => next.ok_or_else(|| "All lessons are done.".to_owned()),
                word => match word.parse::<usize>() {
                    Ok(number) if (1..=self.course.lessons.len()).contains(&number) => Ok(number - 1),
                    Ok(_) => Err(format!("there are the lessons 1 to {}", self.course.lessons.len())),
                    Err(_) => find(&self.course, word),
                },
            };
            match chosen {
                Err(problem) => print(&format!("{problem}\n{MENU}\n")),
                Ok(ix) => {
                    if self.hold(ix)? == Ended::Input {
                        break;
                    }
                    next = self.course.following(ix);
                    print(&format!("{MENU}\n"));
                }
            }
        }
        Ok(Exit::Ran)
    }

    /// One lesson, line by line.
    fn hold(&mut self, ix: usize) -> Result<Ended, String> {
        let mut recorded = None;
        let (source, walk) = self.open(ix)?;
        let save = |walk: &Walk, path: &str| step::save(&source, walk, path);
        let ended = converse::lines(walk, &save, &mut |walk| {
            // As soon as the last answer is given: who leaves in a hurry keeps the score.
            if recorded.is_none() && !walk.keeps_silent() {
                recorded = Some(self.keep(ix, walk));
            }
        })?;
        let told = recorded.unwrap_or_else(|| Ok(self.stays_open(ix)))?;
        print(&format!("{told}\n"));
        Ok(ended)
    }

    /// The full screen.
    #[cfg(feature = "tui")]
    fn screen(&mut self, first: Option<usize>) -> Result<Exit, String> {
        use crate::tui::{self, Choice, Contents};
        let mut last = None;
        let shown = screen::shown(|stop| {
            tui::hold(stop, |screen| {
                let mut chosen = first;
                let mut contents = Contents::new(self.course.clone());
                loop {
                    let ix = match chosen.take() {
                        Some(ix) => ix,
                        None => match screen.contents(&mut contents)? {
                            Choice::Lesson(ix) => ix,
                            Choice::Leave => return Ok(()),
                        },
                    };
                    let (source, walk) = self.open(ix).map_err(std::io::Error::other)?;
                    let save = |walk: &Walk, path: &str| step::save(&source, walk, path);
                    let left = screen.walk(walk, &save)?;
                    let told = if left.walk.keeps_silent() {
                        Ok(self.stays_open(ix))
                    } else {
                        self.keep(ix, &left.walk)
                    };
                    if left.quits || first.is_some() || told.is_err() {
                        last = Some(told);
                        return Ok(());
                    }
                    contents.back_from(ix, self.course.clone(), told.unwrap_or_default());
                }
            })
        });
        if let Err(exit) = shown {
            return Ok(exit);
        }
        let told = match last {
            Some(told) => told?,
            None => format!("{}. {}", self.course.summary(), self.next(self.course.next_open(None))),
        };
        print(&format!("{told}\n"));
        Ok(Exit::Ran)
    }
}

/// What one may say at the table of contents.
const MENU: &str = "Enter goes on with the next open lesson, a number or a name chooses one; list, quit.";
