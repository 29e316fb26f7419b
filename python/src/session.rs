//! A run that is stepped through: forwards and backwards, asked, acted on, saved.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kubelapse::scenario::parse_duration;
use kubelapse::session::line::Reply;
use kubelapse::session::{Breakpoint, Direction, Line, Move, Stop, Walk, Way};
use kubelapse::time::{Span, Time};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::errors::{guarded, of_scenario, wrong};
use crate::source::{Beside, Source, read, spelled};
use crate::table::{Table, escaped};

/// A run that is held.
#[pyclass(module = "kubelapse")]
pub struct Session {
    line: Line,
    told: Vec<String>,
    lesson: bool,
}

/// So many events are played before it is asked whether somebody wants it to stop.
const SLICE: usize = 10_000;

/// A session as `pickle` has it: the texts that it was made from, what was done, and where it stands.
type Pickled = (
    String,
    String,
    String,
    BTreeMap<String, String>,
    Vec<String>,
    Vec<String>,
    (u64, bool),
    Vec<(i64, String)>,
    (u64, i64),
);

impl Session {
    fn walk(&self) -> &Walk {
        &self.line.walk
    }
    fn start(&self) -> Time {
        self.walk().plan().start
    }
    /// Moves, and looks now and then whether somebody wants it to stop: it stands then where it is.
    fn go(&mut self, py: Python<'_>, direction: Direction, to: &Move) -> PyResult<bool> {
        let walk = &mut self.line.walk;
        guarded(|| go(py, walk, direction, to))
    }
    /// What a line that only looks comes to.
    fn looked(&mut self, py: Python<'_>, words: &str) -> PyResult<String> {
        let walk = &mut self.line.walk;
        guarded(move || py.detach(move || walk.looked_at(walk.now(), words)).map_err(wrong))
    }
    /// An instant: seconds since the start, or a span as a scenario writes it, with a sign from here.
    fn instant(&self, at: &Bound<'_, PyAny>) -> PyResult<Time> {
        if let Ok(seconds) = at.extract::<f64>() {
            if !(seconds.is_finite() && seconds.abs() < 1e9) {
                return Err(wrong(format!("{seconds} is no instant: seconds since the start")));
            }
            return Ok(self.start() + Span::from_micros((seconds * 1e6).round() as i64));
        }
        let text: String = at.extract()?;
        let span = |text: &str| {
            parse_duration(text).map_err(|_| wrong(format!("`{text}` is no span such as 1m30s")))
        };
        Ok(match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(rest), _) => self.walk().now() + span(rest)?,
            (_, Some(rest)) => self.walk().now() - span(rest)?,
            _ => self.start() + span(&text)?,
        })
    }
}

fn go(py: Python<'_>, walk: &mut Walk, direction: Direction, to: &Move) -> PyResult<bool> {
    let mut way = Way::new(direction, to.clone());
    loop {
        let stop = py.detach(|| walk.go_on(&mut way, SLICE));
        py.check_signals()?;
        if let Some(stop) = stop {
            return Ok(stop == Stop::There);
        }
    }
}

/// Plays up to a step.
fn reach(py: Python<'_>, walk: &mut Walk, position: u64) -> PyResult<()> {
    while walk.position() < position {
        let before = walk.position();
        py.detach(|| walk.seek(position.min(before + SLICE as u64)));
        py.check_signals()?;
        if walk.position() == before {
            break;
        }
    }
    py.detach(|| walk.seek(position));
    Ok(())
}

/// A session that was pickled: its run is played again to where it stood.
#[pyfunction]
pub fn session_of(py: Python<'_>, pickled: Pickled) -> PyResult<Session> {
    let (version, label, text, manifests, overrides, told, (seed, lesson), done, (position, clock)) = pickled;
    if version != env!("CARGO_PKG_VERSION") {
        let own = env!("CARGO_PKG_VERSION");
        return Err(wrong(format!("this session was pickled by kubelapse {version}, and this is {own}")));
    }
    guarded(|| {
        let source = Source::of_script(&label, &text, manifests, told.clone());
        let beside = Beside::of(overrides);
        let (script, plan, _) = source.load(&beside)?;
        let mut walk = Walk::new(script, &plan, seed);
        walk.quiz.mute = true;
        for (at, words) in &done {
            go(py, &mut walk, Direction::Forward, &Move::To(Time::from_micros(*at)))?;
            py.detach(|| walk.act(words)).map_err(of_scenario)?;
        }
        reach(py, &mut walk, position)?;
        if walk.now() < Time::from_micros(clock) {
            py.detach(|| walk.seek_time(Time::from_micros(clock)));
        }
        walk.quiz.mute = !lesson;
        if lesson {
            walk.hold_lesson();
        }
        Ok(Session { line: Line::new(walk), told, lesson })
    })
}

#[pymethods]
impl Session {
    /// Opens a run at its start. `lesson`: the questions of the scenario's lesson come and wait for their answers.
    #[new]
    #[pyo3(signature = (source, *, seed = None, set = None, kubernetes = None, until = None, nodes = None, lesson = false))]
    fn new(
        source: &Bound<'_, PyAny>,
        seed: Option<u64>,
        set: Option<&Bound<'_, PyAny>>,
        kubernetes: Option<&str>,
        until: Option<&str>,
        nodes: Option<u32>,
        lesson: bool,
    ) -> PyResult<Session> {
        guarded(|| {
            let beside = Beside::new(set, kubernetes, until, nodes)?;
            let (script, plan, told) = read(source, &beside)?.load(&beside)?;
            let mut walk = Walk::new(script, &plan, seed.unwrap_or(plan.seed));
            walk.quiz.mute = !lesson;
            if lesson {
                walk.hold_lesson();
            }
            Ok(Session { line: Line::new(walk), told, lesson })
        })
    }
    /// The scenario's name.
    #[getter]
    fn name(&self) -> &str {
        &self.walk().plan().name
    }
    /// Seconds since the start.
    #[getter]
    fn now(&self) -> f64 {
        self.walk().now().since(self.start()).secs_f64()
    }
    /// Where the run ends, in seconds since the start.
    #[getter]
    fn until(&self) -> f64 {
        self.walk().plan().until.since(self.start()).secs_f64()
    }
    /// How many events of the queue have been played up to here.
    #[getter]
    fn position(&self) -> u64 {
        self.walk().position()
    }
    /// Whether nothing is left to happen.
    #[getter]
    fn at_end(&self) -> bool {
        self.walk().at_end()
    }
    /// The seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.walk().seed()
    }
    /// What identifies what has happened up to here.
    #[getter]
    fn digest(&self) -> String {
        self.walk().world().digest.to_string()
    }
    /// What was assumed, and what is odd about the file.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.told.clone()
    }
    /// What the API server and kubectl have answered to what was refused or found nothing.
    #[getter]
    fn answers(&self) -> Vec<String> {
        self.walk().answers().to_vec()
    }
    /// The rows of timeline.csv up to here.
    #[getter]
    fn timeline(&self) -> PyResult<Table> {
        guarded(|| Table::timeline(&self.walk().world().directory, self.walk().history()))
    }
    /// The rows of pods.csv, as they stand here.
    #[getter]
    fn pods(&self) -> PyResult<Table> {
        guarded(|| {
            let world = self.walk().world();
            Table::pods(&world.directory, &kubelapse::session::closed_records(world, self.walk().now()))
        })
    }

    /// To the next change that kubectl would show, or so many of them; False: there was none, it stands at the end.
    #[pyo3(signature = (count = 1))]
    fn next(&mut self, py: Python<'_>, count: usize) -> PyResult<bool> {
        self.many(py, Direction::Forward, count)
    }
    /// Back to the change before, or so many of them.
    #[pyo3(signature = (count = 1))]
    fn back(&mut self, py: Python<'_>, count: usize) -> PyResult<bool> {
        self.many(py, Direction::Back, count)
    }
    /// Plays the next event of the queue.
    fn step(&mut self, py: Python<'_>) -> PyResult<bool> {
        self.go(py, Direction::Forward, &Move::Event)
    }
    /// To the next thing that goes wrong.
    fn failure(&mut self, py: Python<'_>) -> PyResult<bool> {
        self.go(py, Direction::Forward, &Move::Failure)
    }
    /// To an instant, earlier or later: seconds since the start, `"1m30s"`, or `"+10s"` and `"-10s"` from here.
    fn goto(&mut self, py: Python<'_>, at: &Bound<'_, PyAny>) -> PyResult<bool> {
        let at = self.instant(at)?;
        let direction = if at < self.walk().now() { Direction::Back } else { Direction::Forward };
        self.go(py, direction, &Move::To(at))
    }
    /// To where it is so, by words or by their keys: `"status=CrashLoopBackOff pod=web"`, `restarts=">=3"`,
    /// `rollout="complete", deployment="web"`.
    #[pyo3(signature = (words = None, *, back = false, **keys))]
    fn goto_where(
        &mut self,
        py: Python<'_>,
        words: Option<&str>,
        back: bool,
        keys: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        let mut all = words.unwrap_or_default().to_owned();
        for (key, value) in keys.into_iter().flatten() {
            let (key, value) = (key.extract::<String>()?, value.str()?.to_string());
            let sign = if value.starts_with(['=', '<', '>']) { "" } else { "=" };
            let _ = write!(all, " {key}{sign}{value}");
        }
        let breakpoint = Breakpoint::parse(&all).map_err(wrong)?;
        let direction = if back { Direction::Back } else { Direction::Forward };
        self.go(py, direction, &Move::Until(breakpoint))
    }
    /// Plays to the end.
    fn end(&mut self, py: Python<'_>) -> PyResult<bool> {
        self.go(py, Direction::Forward, &Move::End)
    }

    /// A line as it is typed into `kubelapse step`, and what that prints: `help` lists them.
    fn say(&mut self, py: Python<'_>, words: &str) -> PyResult<String> {
        let line = &mut self.line;
        let nowhere = |_: &Walk, _: &str| Err("`saved()` has the text".to_owned());
        guarded(|| match py.detach(|| line.say(words, &nowhere)) {
            Reply::Text(text) | Reply::Quit(text) => Ok(text),
        })
    }
    /// What kubectl prints here: `"get pods -o wide"`, `"describe pod web"`, `"events"`, `"logs web --previous"`.
    fn kubectl(&mut self, py: Python<'_>, words: &str) -> PyResult<String> {
        let words = words.trim_start();
        self.looked(py, words.strip_prefix("kubectl ").unwrap_or(words))
    }
    /// Why the last change came, or `"pod/web Ready"`, `"deployment/web"`.
    #[pyo3(signature = (words = ""))]
    fn why(&mut self, py: Python<'_>, words: &str) -> PyResult<String> {
        self.looked(py, format!("why {words}").trim_end())
    }
    /// What comes of a pod or a workload from here on, under other luck, in windows that hold 90 % of the futures; without a name of
    /// all of them.
    #[pyo3(signature = (name = ""))]
    fn predict(&mut self, py: Python<'_>, name: &str) -> PyResult<String> {
        self.looked(py, format!("predict {name}").trim_end())
    }
    /// What waits in the queue.
    fn coming(&mut self, py: Python<'_>) -> PyResult<String> {
        self.looked(py, "coming")
    }

    /// Does something now, and tells what kubectl would answer: `do("delete pod/web gracePeriodSeconds=5")`, also as kubectl has it
    /// (`do("scale deployment web --replicas 3")`), or by the keys of an `[[action]]`, the verb first: `do(scale="deployment/web",
    /// replicas=3)`. What was known of the future is forgotten.
    #[pyo3(name = "do", signature = (words = None, **keys))]
    fn act(
        &mut self,
        py: Python<'_>,
        words: Option<String>,
        keys: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        let mut line = words.unwrap_or_default();
        for (ix, (key, value)) in keys.into_iter().flatten().enumerate() {
            let key: String = key.extract()?;
            if ix == 0 && line.is_empty() {
                let Ok(target) = value.cast::<PyString>() else {
                    return Err(of_scenario(format!("{key}: whom? As in do({key}=\"pod/web\")")));
                };
                let _ = write!(line, "{key} {target}");
            } else {
                let _ = write!(line, " {key}={}", spelled(&value)?);
            }
        }
        let walk = &mut self.line.walk;
        guarded(|| Ok(py.detach(|| walk.act(&line)).map_err(of_scenario)?.answer.join("\n")))
    }
    /// Takes the last thing back that was done, and stands where it was done; tells what it was.
    fn undo(&mut self, py: Python<'_>) -> PyResult<String> {
        let walk = &mut self.line.walk;
        guarded(|| py.detach(|| walk.undo().map(|done| done.action.words.clone())).map_err(wrong))
    }
    /// The scenario with everything that was done up to here: it replays to the same bytes.
    fn saved(&self) -> PyResult<String> {
        guarded(|| Ok(self.walk().saved()))
    }
    /// Another session that stands here, too: what happens to one does not happen to the other.
    fn copy(&self) -> Session {
        Session { line: Line::new(self.walk().clone()), told: self.told.clone(), lesson: self.lesson }
    }
    fn __copy__(&self) -> Session {
        self.copy()
    }
    fn __deepcopy__(&self, memo: Bound<'_, PyAny>) -> Session {
        drop(memo);
        self.copy()
    }
    fn __enter__(own: Py<Session>) -> Py<Session> {
        own
    }
    #[pyo3(signature = (*_raised))]
    fn __exit__(&self, _raised: &Bound<'_, PyTuple>) -> bool {
        false
    }
    fn __repr__(&self) -> String {
        format!("<session of {}, seed {}, at {} s>", self.walk().plan().name, self.seed(), self.now())
    }
    /// What kubectl shows here, for a notebook.
    fn _repr_html_(&mut self, py: Python<'_>) -> PyResult<String> {
        let shown = self.looked(py, "get pods -o wide")?;
        let head = format!(
            "<b>{}</b>, seed {}, at {} s",
            escaped(&self.walk().plan().name),
            self.seed(),
            self.now()
        );
        Ok(format!("<p>{head}</p><pre>{}</pre>", escaped(&shown)))
    }
    /// For `pickle`: the texts that it was made from, the seed, what was done, and where it stands. It is played again to there.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Pickled,))> {
        let walk = self.walk();
        let script = walk.script();
        // It was done a microsecond after the instant at which somebody stood.
        let done = walk.done().iter().map(|done| (done.action.at.micros() - 1, done.action.words.clone()));
        let pickled: Pickled = (
            env!("CARGO_PKG_VERSION").to_owned(),
            script.file.clone(),
            script.text.clone(),
            script.manifests.clone(),
            script.overrides.clone(),
            self.told.clone(),
            (walk.seed(), self.lesson),
            done.collect(),
            (walk.position(), walk.now().micros()),
        );
        Ok((py.import("kubelapse._kubelapse")?.getattr("session_of")?, (pickled,)))
    }
}

impl Session {
    fn many(&mut self, py: Python<'_>, direction: Direction, count: usize) -> PyResult<bool> {
        for _ in 0..count {
            if !self.go(py, direction, &Move::Change)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
