//! A run that is stepped through: forwards and backwards, asked, acted on, saved.

use std::fmt::Write as _;

use kubelapse::scenario::parse_duration;
use kubelapse::session::line::Reply;
use kubelapse::session::{Breakpoint, Direction, Line, Move, Stop, Walk};
use kubelapse::time::{Span, Time};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ScenarioError;
use crate::source::{Beside, read, spelled};
use crate::table::Table;

/// A run that is held.
#[pyclass(module = "kubelapse")]
pub struct Session {
    line: Line,
    told: Vec<String>,
}

fn wrong(text: impl AsRef<str>) -> PyErr {
    ScenarioError::new_err(text.as_ref().trim_end().to_owned())
}

impl Session {
    fn walk(&self) -> &Walk {
        &self.line.walk
    }
    fn start(&self) -> Time {
        self.walk().plan().start
    }
    fn go(&mut self, py: Python<'_>, direction: Direction, to: &Move) -> bool {
        let walk = &mut self.line.walk;
        py.detach(|| walk.go(direction, to)) == Stop::There
    }
    /// An instant: seconds since the start, or a span as a scenario writes it, with a sign from here.
    fn instant(&self, at: &Bound<'_, PyAny>) -> PyResult<Time> {
        if let Ok(seconds) = at.extract::<f64>() {
            if !(seconds.is_finite() && seconds.abs() < 1e9) {
                return Err(PyValueError::new_err(format!(
                    "{seconds} is no instant: seconds since the start"
                )));
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

#[pymethods]
impl Session {
    /// Opens a run at its start. `lesson`: the questions of the scenario's lesson come and wait for their answers.
    #[new]
    #[pyo3(signature = (source, *, seed = None, set = None, kubernetes = None, lesson = false))]
    fn new(
        source: &Bound<'_, PyAny>,
        seed: Option<u64>,
        set: Option<&Bound<'_, PyDict>>,
        kubernetes: Option<&str>,
        lesson: bool,
    ) -> PyResult<Session> {
        let (script, plan, told) = read(source)?.load(&Beside::new(set, kubernetes)?)?;
        let mut walk = Walk::new(script, &plan, seed.unwrap_or(plan.seed));
        walk.quiz.mute = !lesson;
        if lesson {
            walk.hold_lesson();
        }
        Ok(Session { line: Line::new(walk), told })
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
        Table::timeline(&self.walk().world().directory, self.walk().history())
    }
    /// The rows of pods.csv, as they stand here.
    #[getter]
    fn pods(&self) -> PyResult<Table> {
        let world = self.walk().world();
        Table::pods(&world.directory, &kubelapse::session::closed_records(world, self.walk().now()))
    }

    /// To the next change that kubectl would show, or so many of them; False: there was none, it stands at the end.
    #[pyo3(signature = (count = 1))]
    fn next(&mut self, py: Python<'_>, count: usize) -> bool {
        (0..count).all(|_| self.go(py, Direction::Forward, &Move::Change))
    }
    /// Back to the change before, or so many of them.
    #[pyo3(signature = (count = 1))]
    fn back(&mut self, py: Python<'_>, count: usize) -> bool {
        (0..count).all(|_| self.go(py, Direction::Back, &Move::Change))
    }
    /// Plays the next event of the queue.
    fn step(&mut self, py: Python<'_>) -> bool {
        self.go(py, Direction::Forward, &Move::Event)
    }
    /// To the next thing that goes wrong.
    fn failure(&mut self, py: Python<'_>) -> bool {
        self.go(py, Direction::Forward, &Move::Failure)
    }
    /// To an instant, earlier or later: seconds since the start, `"1m30s"`, or `"+10s"` and `"-10s"` from here.
    fn goto(&mut self, py: Python<'_>, at: &Bound<'_, PyAny>) -> PyResult<bool> {
        let at = self.instant(at)?;
        let direction = if at < self.walk().now() { Direction::Back } else { Direction::Forward };
        Ok(self.go(py, direction, &Move::To(at)))
    }
    /// To where it is so: `"status=CrashLoopBackOff pod=web"`, `"restarts>=3"`, `"rollout=complete deployment=web"`.
    #[pyo3(signature = (words, *, back = false))]
    fn goto_where(&mut self, py: Python<'_>, words: &str, back: bool) -> PyResult<bool> {
        let breakpoint = Breakpoint::parse(words).map_err(wrong)?;
        let direction = if back { Direction::Back } else { Direction::Forward };
        Ok(self.go(py, direction, &Move::Until(breakpoint)))
    }
    /// Plays to the end.
    fn end(&mut self, py: Python<'_>) -> bool {
        self.go(py, Direction::Forward, &Move::End)
    }

    /// A line as it is typed into `kubelapse step`, and what that prints: `help` lists them.
    fn say(&mut self, py: Python<'_>, words: &str) -> String {
        let line = &mut self.line;
        let nowhere = |_: &Walk, _: &str| Err("`saved()` has the text".to_owned());
        match py.detach(|| line.say(words, &nowhere)) {
            Reply::Text(text) | Reply::Quit(text) => text,
        }
    }
    /// What kubectl prints here: `"get pods -o wide"`, `"describe pod web"`, `"events"`, `"logs web --previous"`.
    fn kubectl(&self, words: &str) -> PyResult<String> {
        let words = words.strip_prefix("kubectl ").unwrap_or(words);
        self.walk().looked_at(self.walk().now(), words).map_err(wrong)
    }
    /// Why the last change came, or `"pod/web Ready"`, `"deployment/web"`.
    #[pyo3(signature = (words = ""))]
    fn why(&self, words: &str) -> PyResult<String> {
        self.walk().looked_at(self.walk().now(), format!("why {words}").trim_end()).map_err(wrong)
    }
    /// What waits in the queue.
    fn coming(&self) -> PyResult<String> {
        self.walk().looked_at(self.walk().now(), "coming").map_err(wrong)
    }

    /// Does something now, and tells what kubectl would answer: `do("delete pod/web gracePeriodSeconds=5")`, or by the keys of an
    /// `[[action]]`, the verb first: `do(scale="deployment/web", replicas=3)`. What was known of the future is forgotten.
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
                let _ = write!(line, "{key} {}", value.extract::<String>()?);
            } else {
                let _ = write!(line, " {key}={}", spelled(&value)?);
            }
        }
        let walk = &mut self.line.walk;
        let told = py.detach(|| walk.act(&line)).map_err(wrong)?;
        Ok(told.answer.join("\n"))
    }
    /// Takes the last thing back that was done, and stands where it was done; tells what it was.
    fn undo(&mut self) -> PyResult<String> {
        self.line.walk.undo().map(|done| done.action.words.clone()).map_err(wrong)
    }
    /// The scenario with everything that was done up to here: it replays to the same bytes.
    fn saved(&self) -> String {
        self.walk().saved()
    }
    /// Another session that stands here, too: what happens to one does not happen to the other.
    fn copy(&self) -> Session {
        Session { line: Line::new(self.walk().clone()), told: self.told.clone() }
    }
    fn __repr__(&self) -> String {
        format!("<session of {}, seed {}, at {} s>", self.walk().plan().name, self.seed(), self.now())
    }
}
