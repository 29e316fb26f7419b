//! `kubelapse learn`: the built-in lessons as a course, all of them or along a path, what was answered wrongly once more, a
//! placement test, or somebody's own lessons; on the full screen or line by line.

mod own;
mod place;

use std::path::PathBuf;

use super::converse::{self, Ended};
use super::kept::Kept;
use super::source::Source;
use super::{Exit, print, screen, step, talk};
use crate::course::{Course, Progress, paths};
use crate::scenario::diagnostic::nearest;
use crate::session::Walk;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse learn                    the table of contents; Enter goes on with the next open lesson
  kubelapse learn sidecars-last      one lesson
  kubelapse learn --list             what there is, what is done, with which score
  kubelapse learn --path on-call     the lessons of a path: new, on-call, platform
  kubelapse learn --place            a question from each chapter: what is known is marked so
  kubelapse learn --again            what was answered wrongly, the oldest first
  kubelapse learn --from lessons/    a team's own: scenarios with a [lesson], in a folder
  kubelapse learn --reset            forgets all progress

A lesson is a scenario that you walk through as with `kubelapse step`; its questions come at their instants. \
Only the first answer counts: right is a point, right with the hint half a point, and `skip` passes one by. A \
lesson is done when all its questions are answered; done again, the better score stays. `changed` marks a \
lesson whose scenario is not the one any more that you did.

Progress is kept in kubelapse/progress.toml in your data folder (XDG_DATA_HOME, ~/.local/share, or %APPDATA%).")]
pub struct Arguments {
    /// A lesson, by the name of its scenario
    lesson: Option<String>,
    /// Prints the table of contents: topics, lessons, what is done, the score
    #[arg(long, conflicts_with_all = ["reset", "plain", "lesson"])]
    list: bool,
    /// The lessons of a path, in its order: new (to Kubernetes), on-call, platform
    #[arg(long, value_name = "NAME", conflicts_with_all = ["reset", "again", "from", "place"])]
    path: Option<String>,
    /// Lessons in which something was answered wrongly, the oldest first
    #[arg(long, conflicts_with_all = ["reset", "from", "place", "lesson"])]
    again: bool,
    /// A placement test: a question from each chapter, and what is known is marked so
    #[arg(long, conflicts_with_all = ["reset", "from", "list", "lesson", "no_questions"])]
    place: bool,
    /// Lessons of one's own: a folder of scenarios with a lesson in each, or one of them
    #[arg(long, value_name = "DIR", conflicts_with = "reset")]
    from: Option<PathBuf>,
    /// Lessons without their questions: a story, a walk, and what is behind it; nothing is kept of it
    #[arg(long, conflicts_with_all = ["reset", "list"])]
    no_questions: bool,
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
    if arguments.reset {
        return reset(&kept, arguments.lesson.as_deref());
    }
    if arguments.place {
        return place::test(&kept);
    }
    let progress = kept.load()?;
    let mut sources = Vec::new();
    let course = match (&arguments.path, &arguments.from) {
        (Some(name), _) => Course::along(path(name)?, progress),
        (None, Some(folder)) => {
            let (course, own) = match own::lessons(folder, progress) {
                Ok(found) => found,
                Err(problems) => {
                    talk(&problems);
                    return Ok(Exit::WrongRequest);
                }
            };
            sources = own;
            course
        }
        (None, None) if arguments.again => Course::again(progress),
        (None, None) => Course::new(progress),
    };
    if arguments.again && course.lessons.is_empty() {
        print("Nothing was answered wrongly that could be asked again.\n");
        return Ok(Exit::Ran);
    }
    if arguments.list {
        print(&course.contents());
        return Ok(Exit::Ran);
    }
    let first = arguments.lesson.as_deref().map(|name| find(&course, name)).transpose()?;
    let mut school = School { course, kept, sources, asks: !arguments.no_questions };
    if screen::is_wanted(arguments.plain) {
        #[cfg(feature = "tui")]
        return school.screen(first);
    }
    school.plain(first)
}

/// A path by the name that a person typed.
fn path(name: &str) -> Result<&'static paths::Path, String> {
    paths::find(name).ok_or_else(|| {
        let names: Vec<&str> = paths::ALL.iter().map(|path| path.name).collect();
        let near = nearest(name, &names).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("there is no path `{name}`{near} (there are {})", names.join(", "))
    })
}

/// The place of a lesson by the name that a person typed.
fn find(course: &Course, name: &str) -> Result<usize, String> {
    if let Some(found) = course.find(name) {
        return Ok(found);
    }
    let shipped = crate::scenario::builtin::find(name);
    if let Some(shipped) = shipped {
        return Err(match shipped.lesson() {
            Some(_) => format!("`{name}` is a lesson, but none of these; `kubelapse learn {name}` holds it"),
            None => format!("`{name}` has no lesson yet; `kubelapse step {name}` walks through it"),
        });
    }
    let names: Vec<&str> = course.lessons.iter().map(|lesson| lesson.name.as_str()).collect();
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
    let (forgotten, known) = kept.change(|progress| match lesson {
        Some(name) => (
            progress.lessons.remove_entry(name).into_iter().collect(),
            progress.known.take(name).into_iter().collect(),
        ),
        None => (std::mem::take(&mut progress.lessons), std::mem::take(&mut progress.known)),
    })?;
    for (name, done) in &forgotten {
        talk(&format!("forgotten: {name}, {}\n", done.score()));
    }
    for name in known.iter().filter(|name| !forgotten.contains_key(*name)) {
        talk(&format!("forgotten: {name}, known\n"));
    }
    let nothing = forgotten.is_empty() && known.is_empty();
    if let Some(name) = lesson.filter(|_| nothing) {
        // A slip of the finger is told apart from a lesson that is open anyway.
        find(&Course::new(Progress::default()), name)?;
    }
    if nothing {
        let what = lesson.map_or("nothing was done".to_owned(), |name| format!("{name} is open"));
        talk(&format!("{what}: there is nothing to forget\n"));
    }
    Ok(Exit::Ran)
}

/// The course, and where its progress is kept.
struct School {
    course: Course,
    kept: Kept,
    /// The scenarios of lessons that are not built in, in the order of the course.
    sources: Vec<Source>,
    /// Whether the lessons ask their questions.
    asks: bool,
}

impl School {
    /// A lesson from its beginning.
    fn open(&self, ix: usize) -> Result<(Source, Walk), String> {
        let source = match self.course.lessons[ix].shipped {
            Some(shipped) => Source::of(shipped),
            None => self.sources[ix].clone(),
        };
        let mut walk = step::opened(&source, &[], None).map_err(|problems| problems.render(false))?;
        match self.asks {
            true => walk.hold_lesson(),
            false => walk.read_lesson(),
        }
        Ok((source, walk))
    }

    /// Keeps what came of a lesson whose questions are answered; tells of it and of what is next.
    fn keep(&mut self, ix: usize, walk: &Walk) -> Result<String, String> {
        let lesson = &self.course.lessons[ix];
        if !self.asks {
            let next = (ix + 1 < self.course.lessons.len()).then_some(ix + 1);
            let next =
                next.map_or(String::new(), |next| format!(" Next: {}", self.course.lessons[next].name));
            return Ok(format!("{} was read, without its questions.{next}", lesson.name));
        }
        let outcome = walk.lesson_graded();
        let told = self.kept.change(|progress| Course::record(progress, lesson, &outcome))?;
        self.course.progress = self.kept.load()?;
        Ok(format!("{told}. {}", self.next(self.course.following(ix))))
    }

    fn stays_open(&self, ix: usize) -> String {
        format!("{} stays open: not all of its questions are answered", self.course.lessons[ix].name)
    }

    fn next(&self, lesson: Option<usize>) -> String {
        match lesson {
            Some(next) => format!("Next: {}", self.course.lessons[next].name),
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
                    // What was only read is not kept: the next one is the one after it.
                    next = match self.asks {
                        true => self.course.following(ix),
                        false => (ix + 1 < self.course.lessons.len()).then_some(ix + 1),
                    };
                    print(&format!("{MENU}\n"));
                }
            }
        }
        Ok(Exit::Ran)
    }

    /// One lesson, line by line.
    fn hold(&mut self, ix: usize) -> Result<Ended, String> {
        let (mut recorded, mut last) = (None, None);
        let (source, walk) = self.open(ix)?;
        let save = |walk: &Walk, path: &str| step::save(&source, walk, path);
        let ended = converse::lines(walk, &save, &mut |walk| {
            // As soon as the last answer is given: who leaves in a hurry keeps the score. What was passed by may be
            // answered later.
            if !walk.keeps_silent() && last.as_ref() != Some(&walk.lesson_graded()) {
                last = Some(walk.lesson_graded());
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
