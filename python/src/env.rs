//! What an environment for agents stands on: a task that is prepared once, and episodes of it.
//!
//! An episode is a drill ([`kubelapse::drill`]): lines go in, texts come out, and it counts points. What is said of rewards,
//! splits and spaces is Python's affair (`kubelapse.gym`). The interpreter is let go of while anything is played.

use std::collections::BTreeMap;

use kubelapse::drill::numbers::{Seat, features, menu, places};
use kubelapse::drill::{self, Drill, Exercise};
use kubelapse::session::Script;
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors::{guarded, of_scenario, wrong};
use crate::source::{Beside, Source, read};
use crate::waiting::{apart, during};

/// A scenario that is ready to be mended, as often as one likes.
#[pyclass(frozen, module = "kubelapse")]
pub struct Task {
    exercise: Exercise,
    /// What it was made from.
    script: Script,
}

/// A task as `pickle` has it: version, and the texts that it was made from.
type PickledTask = (String, String, String, BTreeMap<String, String>, Vec<String>);

impl Task {
    /// Plays it once as it is.
    fn prepared(py: Python<'_>, source: &Source, beside: &Beside) -> PyResult<Task> {
        let (script, plan, _) = source.load(beside)?;
        let exercise = during(py, Some(1), None, 1, |crew| Exercise::new(script.clone(), &plan, crew))?;
        // Whoever stopped it said so already.
        let exercise = exercise.ok_or_else(|| PyKeyboardInterrupt::new_err(()))?;
        Ok(Task { exercise, script })
    }
}

#[pymethods]
impl Task {
    /// Reads a scenario (as `run` does) and plays it once as it is.
    #[new]
    #[pyo3(signature = (source, *, set = None, kubernetes = None))]
    fn new(
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        set: Option<&Bound<'_, PyAny>>,
        kubernetes: Option<&str>,
    ) -> PyResult<Task> {
        guarded(|| {
            let beside = Beside::new(set, kubernetes, None, None)?;
            Task::prepared(py, &read(source, &beside)?, &beside)
        })
    }
    /// The scenario's name.
    #[getter]
    fn name(&self) -> &str {
        &self.exercise.plan().name
    }
    /// The scenario's own seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.exercise.plan().seed
    }
    /// Nothing goes wrong in it.
    #[getter]
    fn is_calm(&self) -> bool {
        self.exercise.is_calm()
    }
    /// All that is wanted comes to be well by itself.
    #[getter]
    fn heals(&self) -> bool {
        self.exercise.heals()
    }
    /// An episode: somebody has just come.
    fn start(own: Py<Task>, py: Python<'_>, seed: u64) -> PyResult<Episode> {
        let task = own.get();
        let drill = apart(py, || task.exercise.start(seed))?;
        Ok(Episode::of(drill, Origin::Task(own, seed)))
    }
    fn __copy__(own: Py<Task>) -> Py<Task> {
        own
    }
    fn __deepcopy__(own: Py<Task>, memo: Bound<'_, PyAny>) -> Py<Task> {
        drop(memo);
        own
    }
    /// For `pickle`: the texts that it was made from. It is played once more there.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (PickledTask,))> {
        let Script { file, text, manifests, overrides, .. } = self.script.clone();
        let pickled = (env!("CARGO_PKG_VERSION").to_owned(), file, text, manifests, overrides);
        Ok((py.import("kubelapse._kubelapse")?.getattr("task_of")?, (pickled,)))
    }
    fn __repr__(&self) -> String {
        format!("<task {}>", self.name())
    }
}

/// Of another version something else would come.
fn same_version(what: &str, version: &str) -> PyResult<()> {
    let own = env!("CARGO_PKG_VERSION");
    match version == own {
        true => Ok(()),
        false => Err(wrong(format!("this {what} was pickled by kubelapse {version}, and this is {own}"))),
    }
}

/// A task that was pickled.
#[pyfunction]
pub fn task_of(py: Python<'_>, pickled: PickledTask) -> PyResult<Task> {
    let (version, label, text, manifests, overrides) = pickled;
    same_version("task", &version)?;
    let source = Source::of_script(&label, &text, manifests, Vec::new());
    guarded(|| Task::prepared(py, &source, &Beside::of(overrides)))
}

/// What a drill's faults are, without playing it.
#[pyfunction]
pub fn drill_kinds(seed: u64, level: u8) -> PyResult<Vec<&'static str>> {
    guarded(|| drill::kinds_of(seed, level).map_err(PyValueError::new_err))
}

/// Names of everything that has a fixed place: kinds of faults, features, verbs.
#[pyfunction]
pub fn env_words(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let words = PyDict::new(py);
    words.set_item("kinds", drill::kinds().collect::<Vec<_>>())?;
    words.set_item("pods", (places::PODS, features::POD))?;
    words.set_item("objects", (places::OBJECTS, features::OBJECT))?;
    words.set_item("nodes", (places::NODES, features::NODE))?;
    words.set_item("clock", features::CLOCK)?;
    words.set_item("verbs", menu::verbs())?;
    Ok(words)
}

/// An episode under way.
#[pyclass(module = "kubelapse")]
pub struct Episode {
    drill: Drill,
    seat: Seat,
    origin: Origin,
    /// What has been said, call by call: with its origin all that an episode is.
    said: Vec<Vec<String>>,
}

/// What an episode is one of.
enum Origin {
    /// Seed and level.
    Drill(u64, u8),
    /// And the seed.
    Task(Py<Task>, u64),
}

impl Origin {
    fn again(&self, py: Python<'_>) -> Origin {
        match self {
            Origin::Drill(seed, level) => Origin::Drill(*seed, *level),
            Origin::Task(task, seed) => Origin::Task(task.clone_ref(py), *seed),
        }
    }
}

/// An episode as `pickle` has it: version, task, seed, level, and what has been said.
type PickledEpisode = (String, Option<Py<Task>>, u64, u8, Vec<Vec<String>>);

/// An episode that was pickled: all is said again.
#[pyfunction]
pub fn episode_of(py: Python<'_>, pickled: PickledEpisode) -> PyResult<Episode> {
    let (version, task, seed, level, said) = pickled;
    same_version("episode", &version)?;
    let mut own = match task {
        Some(task) => Task::start(task, py, seed)?,
        None => Episode::of_drill(py, seed, level)?,
    };
    for lines in said {
        apart(py, || own.play(lines))?;
        py.check_signals()?;
    }
    Ok(own)
}

/// What a step has come to: points in all, over, mended, how much of what is wanted is so, and of how much.
type Step = (u32, bool, bool, usize, usize);

impl Episode {
    fn of(drill: Drill, origin: Origin) -> Episode {
        Episode { seat: Seat::new(&drill), drill, origin, said: Vec::new() }
    }
    /// Says all lines, and looks then what has come and gone; what was printed.
    fn play(&mut self, lines: Vec<String>) -> String {
        let told = lines.iter().map(|line| self.drill.say(line)).collect();
        self.seat.follow(&self.drill);
        self.said.push(lines);
        told
    }
    fn standing(&self) -> Step {
        let own = self.drill.standing();
        (self.drill.points().total, self.drill.is_over(), self.drill.is_solved(), own.met, own.wanted)
    }
}

#[pymethods]
impl Episode {
    /// A drill of a seed and a level.
    #[staticmethod]
    fn of_drill(py: Python<'_>, seed: u64, level: u8) -> PyResult<Episode> {
        let drill = apart(py, || Drill::new(seed, level))?.map_err(of_scenario)?;
        Ok(Episode::of(drill, Origin::Drill(seed, level)))
    }
    /// Another one that stands here, too.
    fn copy(&self, py: Python<'_>) -> PyResult<Episode> {
        let origin = self.origin.again(py);
        apart(py, || Episode {
            drill: self.drill.clone(),
            seat: self.seat.clone(),
            origin,
            said: self.said.clone(),
        })
    }
    fn __copy__(&self, py: Python<'_>) -> PyResult<Episode> {
        self.copy(py)
    }
    fn __deepcopy__(&self, py: Python<'_>, memo: Bound<'_, PyAny>) -> PyResult<Episode> {
        drop(memo);
        self.copy(py)
    }
    /// For `pickle`: what it is an episode of, and what has been said. It is played again to there.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (PickledEpisode,))> {
        let (task, seed, level) = match self.origin.again(py) {
            Origin::Drill(seed, level) => (None, seed, level),
            Origin::Task(task, seed) => (Some(task), seed, 0),
        };
        let pickled = (env!("CARGO_PKG_VERSION").to_owned(), task, seed, level, self.said.clone());
        Ok((py.import("kubelapse._kubelapse")?.getattr("episode_of")?, (pickled,)))
    }

    /// What the agent is told when coming.
    fn brief(&self) -> PyResult<String> {
        guarded(|| Ok(self.drill.brief()))
    }
    /// The workloads with what they have made.
    fn tree(&mut self) -> PyResult<String> {
        guarded(|| Ok(self.drill.observe()))
    }
    /// Does what a line says: what is printed, and what it has come to.
    fn say(&mut self, py: Python<'_>, line: &str) -> PyResult<(String, Step)> {
        apart(py, || (self.play(vec![line.to_owned()]), self.standing()))
    }
    /// A place of the menu as lines.
    fn lines(&mut self, verb: usize, target: usize) -> PyResult<Vec<String>> {
        guarded(|| Ok(self.seat.lines(&self.drill, verb, target)))
    }
    /// Does what a place of the menu says: what is printed, and what it has come to.
    fn choose(&mut self, py: Python<'_>, verb: usize, target: usize) -> PyResult<(String, Step)> {
        apart(py, || {
            let lines = self.seat.lines(&self.drill, verb, target);
            (self.play(lines), self.standing())
        })
    }
    /// Which places of the menu mean something here: a byte each, verb by verb.
    fn mask<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mask = guarded(|| Ok(self.seat.mask(&self.drill)))?;
        Ok(PyBytes::new(py, &mask.into_iter().map(u8::from).collect::<Vec<_>>()))
    }
    /// The structured observation: numbers of four bytes, pods, then objects, then nodes, then the clock.
    fn observe<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let numbers = guarded(|| Ok(self.seat.observe(&self.drill)))?;
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
        Ok(PyBytes::new(py, &bytes))
    }

    /// Seconds since the agent came.
    #[getter]
    fn time(&self) -> f64 {
        self.drill.clock().secs_f64()
    }
    /// Seconds since the start of the run.
    #[getter]
    fn clock(&self) -> f64 {
        self.drill.walk().offset().secs_f64()
    }
    /// How it stands: points, over, mended, met, wanted.
    #[getter]
    fn state(&self) -> PyResult<Step> {
        guarded(|| Ok(self.standing()))
    }
    /// How many causes have been named.
    #[getter]
    fn named(&self) -> PyResult<usize> {
        guarded(|| Ok(self.drill.standing().named))
    }
    /// What is wrong: kinds, and an object each. Nobody tells an agent.
    #[getter]
    fn causes(&self) -> PyResult<Vec<(&'static str, String)>> {
        guarded(|| Ok(self.drill.causes()))
    }
    /// Commands that mend it, one way of several; of a scenario none are known.
    #[getter]
    fn mends(&self) -> PyResult<Vec<String>> {
        guarded(|| Ok(self.drill.mends()))
    }
    /// The score, as `kubelapse drill --json` writes it.
    fn score(&self) -> PyResult<String> {
        guarded(|| {
            let spelled = serde_json::to_string(&self.drill.score());
            spelled.map_err(|problem| PyValueError::new_err(problem.to_string()))
        })
    }
    /// What identifies what has happened up to here.
    #[getter]
    fn digest(&self) -> String {
        self.drill.walk().world().digest.to_string()
    }
}
