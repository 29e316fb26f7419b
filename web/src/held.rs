//! A session that a page holds: opened from a text, played on in parts, spoken to in the words of `kubelapse step`, looked at
//! at any instant that has been played, drawn.
//!
//! What is played once stays known: the page moves its cursor along the life that it has drawn, and only what somebody does
//! there makes another future. So each request names the instant it is about (milliseconds since the start; none: as far as
//! the run has been played), and the walk goes there first. A lesson that is held is played no farther than its questions.

use std::sync::Arc;

use kubelapse::course::{Course, Progress, paths};
use kubelapse::scenario::assumed::{self, Given};
use kubelapse::scenario::builtin::{self, Topic};
use kubelapse::session::line::Reply;
use kubelapse::session::{Direction, Line, Move, Script, Stop, Walk, Way};
use kubelapse::time::{Span, Time};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a page asks for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Ask {
    /// A scenario, or manifests, in the place of what was open.
    Open {
        text: String,
        seed: Option<u64>,
        #[serde(default)]
        set: Vec<String>,
        /// Its lesson is held: questions come and wait for their answers.
        #[serde(default)]
        lesson: bool,
    },
    /// Plays on to the end of the run, but no more than so many steps.
    Go { steps: usize },
    /// The view model of all that has been played.
    View {},
    /// A line, as it is typed into `kubelapse step`.
    Say { words: String, at: Option<f64> },
    /// A line that only looks; nothing moves.
    Look { words: String, at: f64 },
    /// The scenario with everything that was done.
    Saved {},
    /// All scenarios that are built in.
    Catalogue {},
    /// The table of contents of the course, or of a path through it, with what was done of it.
    Course {
        progress: String,
        /// Empty: all lessons.
        #[serde(default)]
        path: String,
    },
    /// What came of the lesson that is open is written into what was done of the course.
    Record { progress: String },
}

/// A run that is open.
pub struct Held {
    line: Line,
    /// How far it has been played: steps and the instant.
    far: (u64, Time),
    /// The built-in lesson that is held.
    lesson: Option<&'static str>,
}

/// What is asked without JSON around it: bytes that are JSON already.
pub enum Said {
    Value(Value),
    Bytes(Vec<u8>),
}

impl From<Value> for Said {
    fn from(value: Value) -> Said {
        Said::Value(value)
    }
}

/// Answers; `held` is the run that is open.
pub fn answer(held: &mut Option<Held>, ask: Ask) -> Said {
    match ask {
        Ask::Open { text, seed, set, lesson } => open(held, &text, seed, &set, lesson).into(),
        Ask::Catalogue {} => catalogue().into(),
        Ask::Course { progress, path } => course(&progress, &path).into(),
        ask => match held {
            Some(held) => held.answer(ask),
            None => problem("error: nothing is open\n").into(),
        },
    }
}

fn problem(text: &str) -> Value {
    json!({ "problems": text })
}

/// What a text is called in problems that it has.
const SCENARIO: &str = "scenario.toml";
const MANIFEST: &str = "manifest.yaml";

fn open(held: &mut Option<Held>, text: &str, seed: Option<u64>, set: &[String], lesson: bool) -> Value {
    *held = None;
    let is_manifest = assumed::is_manifest(text);
    let files = [(MANIFEST.to_owned(), text.to_owned())];
    let (mut told, mut scenario) = (Vec::new(), text.to_owned());
    if is_manifest {
        let given = Given { name: None, files: &files, against: &[], nodes: None, templates_of: &[] };
        match assumed::around(given) {
            Ok(made) => (told, scenario) = (made.told, made.text),
            Err(why) => return problem(&format!("error: {why}\n")),
        }
        told.extend(assumed::wrong(&files).map(|why| format!("left out: {why}")));
    }
    let own = text.to_owned();
    let loader = move |path: &str| match path {
        MANIFEST if is_manifest => Ok(own.clone()),
        path => builtin::manifest(path),
    };
    let (script, loaded) = match Script::load(SCENARIO, &scenario, &loader, set) {
        Ok(loaded) => loaded,
        Err(problems) => return problem(&problems.render(false)),
    };
    let plan = Arc::new(loaded.plan);
    let mut walk = Walk::new(script, &plan, seed.unwrap_or(plan.seed));
    walk.quiz.mute = !lesson;
    if lesson {
        walk.hold_lesson();
    }
    let shipped = builtin::ALL.iter().find(|shipped| shipped.text == text);
    let own = Held {
        far: (0, walk.now()),
        line: Line::new(walk),
        lesson: shipped.map(|own| own.name).filter(|_| lesson),
    };
    let head = plan.lesson.as_ref();
    let opened = json!({
        "name": plan.name, "description": plan.description,
        "seed": own.line.walk.seed(), "kubernetes": plan.gates.version.as_str(),
        "until": plan.until.since(plan.start).micros() / 1000,
        "isManifest": is_manifest, "scenario": scenario, "told": told,
        "warnings": if loaded.warnings.warnings() > 0 { loaded.warnings.render(false) } else { String::new() },
        "story": head.map(|lesson| &lesson.story), "lesson": head.map(|lesson| &lesson.title),
        "welcome": own.line.welcome(),
        "state": own.state(),
    });
    *held = Some(own);
    json!({ "opened": opened })
}

impl Held {
    fn walk(&self) -> &Walk {
        &self.line.walk
    }

    fn start(&self) -> Time {
        self.walk().plan().start
    }

    /// An instant that a page names, no farther than has been played.
    fn instant(&self, at: Option<f64>) -> Time {
        let micros = |at: f64| Span::from_micros((at.max(0.0) * 1000.0).round() as i64);
        at.map_or(self.far.1, |at| self.walk().told_by(self.start() + micros(at)).min(self.far.1))
    }

    fn stand(&mut self, at: Time) {
        if self.walk().now() != at || (at == self.far.1 && self.walk().position() != self.far.0) {
            self.line.walk.seek_time(at);
        }
    }

    fn reached(&mut self) {
        let walk = &self.line.walk;
        let here = (walk.position(), walk.now());
        if here.0 == walk.known() {
            self.far = (here.0, here.1.max(if here.0 == self.far.0 { self.far.1 } else { here.1 }));
        }
    }

    fn answer(&mut self, ask: Ask) -> Said {
        match ask {
            Ask::Go { steps } => self.go(steps).into(),
            Ask::View {} => {
                self.stand(self.far.1);
                Said::Bytes(self.walk().view())
            }
            Ask::Say { words, at } => self.say(&words, at).into(),
            Ask::Look { words, at } => {
                self.stand(self.far.1);
                match self.walk().looked_at(self.instant(Some(at)), &words) {
                    Ok(text) => json!({ "text": text }).into(),
                    Err(why) => json!({ "text": why }).into(),
                }
            }
            Ask::Saved {} => {
                self.stand(self.far.1);
                json!({ "text": self.walk().saved() }).into()
            }
            Ask::Record { progress } => self.record(&progress).into(),
            Ask::Open { .. } | Ask::Catalogue {} | Ask::Course { .. } => {
                problem("error: asked elsewhere\n").into()
            }
        }
    }

    fn go(&mut self, steps: usize) -> Value {
        self.stand(self.far.1);
        let until = self.walk().plan().until;
        let mut way = Way::new(Direction::Forward, Move::To(until));
        let stop = self.line.walk.go_on(&mut way, steps);
        self.reached();
        json!({ "more": stop.is_none(), "question": stop == Some(Stop::Question), "state": self.state() })
    }

    fn say(&mut self, words: &str, at: Option<f64>) -> Value {
        self.stand(self.instant(at));
        let (known, done) = (self.walk().known(), self.walk().done().as_ptr());
        let before = self.far;
        let nowhere =
            |_: &Walk, _: &str| Err("there are no files here; the page's address holds it all".to_owned());
        let text = match self.line.say(words, &nowhere) {
            Reply::Text(text) | Reply::Quit(text) => text,
        };
        let is_other = done != self.walk().done().as_ptr();
        if is_other {
            self.far = (self.walk().known(), self.walk().now());
        }
        self.reached();
        let changed = is_other || known != self.walk().known() || before != self.far;
        json!({ "text": text, "changed": changed, "acted": is_other, "state": self.state() })
    }

    /// Where it stands, and what waits for an answer.
    fn state(&self) -> Value {
        let walk = self.walk();
        let since = |at: Time| at.since(self.start()).micros() as f64 / 1000.0;
        let question = walk.quiz.pending().map(|asked| json!({ "ask": asked.ask, "choices": asked.choices }));
        // An action comes a microsecond after the instant at which it was given.
        let given = |at: Time| since(at - Span::from_micros(1));
        let done: Vec<Value> =
            walk.done().iter().map(|done| json!([given(done.action.at), done.action.words])).collect();
        let score = walk.lesson_score();
        let lesson = walk.quiz.is_held().then(|| {
            json!({ "left": walk.lesson_left(), "score": score.in_words(), "isOver": walk.lesson_left() == 0 })
        });
        json!({
            "now": since(walk.now()), "far": since(self.far.1), "position": walk.position(),
            "rows": walk.written(), "isAtEnd": walk.at_end(),
            "digest": walk.world().digest.to_string(),
            "question": question, "lesson": lesson, "done": done,
            "answers": walk.answers(), "warnings": walk.world().warnings,
        })
    }

    fn record(&self, text: &str) -> Value {
        let mut progress = Progress::parse(text).unwrap_or_default();
        let course = Course::new(progress.clone());
        let lesson = self.lesson.and_then(|name| course.find(name)).map(|ix| &course.lessons[ix]);
        let told = match lesson {
            Some(lesson) if self.walk().lesson_left() == 0 => {
                Course::record(&mut progress, lesson, &self.walk().lesson_graded())
            }
            _ => String::new(),
        };
        json!({ "progress": progress.text(), "told": told })
    }
}

fn catalogue() -> Value {
    let all = builtin::ALL.iter().map(|shipped| {
        json!({
            "name": shipped.name, "topic": shipped.topic.title(), "description": shipped.description(),
            "isLarge": shipped.topic == Topic::Scale, "text": shipped.text,
        })
    });
    json!({ "catalogue": all.collect::<Vec<_>>() })
}

fn course(text: &str, path: &str) -> Value {
    let (progress, problem) = match Progress::parse(text) {
        Ok(progress) => (progress, None),
        Err(_) if text.trim().is_empty() => (Progress::default(), None),
        Err(why) => (Progress::default(), Some(why)),
    };
    // A path that there is no more is all of them.
    let path = paths::find(path);
    let course = match path {
        Some(path) => Course::along(path, progress),
        None => Course::new(progress),
    };
    let topics = course.chapters.iter().map(|chapter| {
        let heading = course.heading(chapter);
        let lessons = chapter.lessons.iter().map(|ix| {
            let lesson = &course.lessons[*ix];
            let mark = course.mark(lesson);
            json!({
                "name": lesson.name, "title": lesson.title, "questions": lesson.questions,
                "mark": mark.word(), "score": mark.score().map(|score| score.to_string()),
            })
        });
        json!({ "heading": heading, "lessons": lessons.collect::<Vec<_>>() })
    });
    let next = course.next_open(None).map(|ix| course.lessons[ix].name.clone());
    let all = paths::ALL.iter().map(|path| json!({ "name": path.name, "about": path.about }));
    json!({
        "topics": topics.collect::<Vec<_>>(), "summary": course.summary(), "next": next, "problem": problem,
        "paths": all.collect::<Vec<_>>(), "path": path.map_or("", |path| path.name),
    })
}
