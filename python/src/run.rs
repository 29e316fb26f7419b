//! A run to its end, in memory.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use kubelapse::record::{Ending, Fan, Kept, Sink, csv, tables};
use kubelapse::scenario::Plan;
use kubelapse::session::{self, Outcome, Progress};
use kubelapse::time::{Span, Time};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::source::{Beside, read};
use crate::table::Table;

/// How often somebody who waits is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Whoever waits: Ctrl-C ends the run, and a callable is told how much of it is over.
pub struct Waiting {
    start: Time,
    whole: Span,
    told: Option<Py<PyAny>>,
    last: Mutex<Instant>,
    is_over: AtomicBool,
    problem: Mutex<Option<PyErr>>,
}

impl Waiting {
    /// For a run of this plan.
    pub fn new(plan: &Plan, told: Option<Py<PyAny>>) -> Waiting {
        Waiting {
            start: plan.start,
            whole: plan.until.since(plan.start),
            told,
            last: Mutex::new(Instant::now()),
            is_over: AtomicBool::new(false),
            problem: Mutex::new(None),
        }
    }

    /// What Python has to say, if it has.
    ///
    /// # Errors
    /// `KeyboardInterrupt`, or what the callable raised.
    pub fn said(self) -> PyResult<()> {
        self.problem.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

impl Progress for Waiting {
    fn at(&self, now: Time, _: u64) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() < LOOK {
                return;
            }
            *last = Instant::now();
        }
        let part = now.since(self.start).secs_f64() / self.whole.secs_f64().max(1e-6);
        let looked = Python::attach(|py| {
            py.check_signals()?;
            self.told.as_ref().map_or(Ok(()), |told| told.call1(py, (part.min(1.0),)).map(drop))
        });
        if let Err(problem) = looked {
            *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            self.is_over.store(true, Ordering::Relaxed);
        }
    }
    fn stop(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// A run that is over.
#[pyclass(frozen, module = "kubelapse")]
pub struct Run {
    plan: Arc<Plan>,
    seed: u64,
    kept: Kept,
    /// workloads.csv and endpoints.csv, which are small.
    others: [Vec<u8>; 2],
    outcome: Ended,
    told: Vec<String>,
    timeline: OnceLock<Py<Table>>,
}

struct Ended {
    digest: String,
    steps: u64,
    ended: f64,
    failures: Vec<String>,
    answers: Vec<String>,
}

/// Plays a scenario to its end. Python's `kubelapse.run` is this.
///
/// # Errors
/// What is wrong with the scenario; Ctrl-C.
#[pyfunction]
#[pyo3(signature = (source, *, seed = None, set = None, kubernetes = None, progress = None))]
pub fn play(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    seed: Option<u64>,
    set: Option<&Bound<'_, PyDict>>,
    kubernetes: Option<&str>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Run> {
    let (_, plan, told) = read(source)?.load(&Beside::new(set, kubernetes)?)?;
    let seed = seed.unwrap_or(plan.seed);
    let waiting = Waiting::new(&plan, progress);
    let (played, kept, others) = py.detach(|| {
        let (mut kept, mut workloads, mut endpoints) = (Kept::default(), Vec::new(), Vec::new());
        let sinks: Vec<Box<dyn Sink + '_>> = vec![
            Box::new(&mut kept),
            Box::new(tables::Workloads::new(&mut workloads)),
            Box::new(tables::Endpoints::new(&mut endpoints)),
        ];
        let played = session::run(&plan, seed, &mut Fan { sinks }, &waiting);
        (played, kept, [workloads, endpoints])
    });
    waiting.said()?;
    let outcome = ended(played.map_err(|problem| PyOSError::new_err(problem.to_string()))?, &plan);
    Ok(Run { plan, seed, kept, others, outcome, told, timeline: OnceLock::new() })
}

fn ended(outcome: Outcome, plan: &Plan) -> Ended {
    let failure = |own: &session::expect::Failure| {
        format!("{}: expected {}, seen {}", own.what, own.expected, own.seen)
    };
    Ended {
        digest: outcome.world.digest.to_string(),
        steps: outcome.world.step,
        ended: outcome.ended.since(plan.start).secs_f64(),
        failures: outcome.failures.iter().map(failure).collect(),
        answers: outcome.world.answers.clone(),
    }
}

/// Rows that are kept, told once more.
fn spelled(kept: &Kept, plan: &Plan, sink: &mut dyn Sink) -> io::Result<()> {
    let ending = Ending {
        pods: &Arc::new(kept.pods.clone()),
        at: plan.until,
        stands: plan.until,
        partial: kept.partial,
    };
    sink.begin(&kept.directory)?;
    sink.batch(&kept.directory, &kept.rows)?;
    sink.end(&kept.directory, &ending)
}

#[pymethods]
impl Run {
    /// The scenario's name.
    #[getter]
    fn name(&self) -> &str {
        &self.plan.name
    }
    /// The seed that it was played with.
    #[getter]
    fn seed(&self) -> u64 {
        self.seed
    }
    /// What identifies what happened: the same scenario, seed and version have the same.
    #[getter]
    fn digest(&self) -> &str {
        &self.outcome.digest
    }
    /// How many events of the queue were played.
    #[getter]
    fn steps(&self) -> u64 {
        self.outcome.steps
    }
    /// When it ended, in seconds since the start.
    #[getter]
    fn ended(&self) -> f64 {
        self.outcome.ended
    }
    /// Expectations that did not hold.
    #[getter]
    fn failures(&self) -> Vec<String> {
        self.outcome.failures.clone()
    }
    /// What the API server and kubectl answered to the scenario's actions.
    #[getter]
    fn answers(&self) -> Vec<String> {
        self.outcome.answers.clone()
    }
    /// What was assumed, and what is odd about the file.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.told.clone()
    }
    /// The rows of timeline.csv.
    #[getter]
    fn timeline(&self, py: Python<'_>) -> PyResult<Py<Table>> {
        if let Some(made) = self.timeline.get() {
            return Ok(made.clone_ref(py));
        }
        let table = py.detach(|| Table::timeline(&self.kept.directory, &self.kept.rows))?;
        let table = Py::new(py, table)?;
        Ok(self.timeline.get_or_init(|| table).clone_ref(py))
    }
    /// The rows of pods.csv.
    #[getter]
    fn pods(&self) -> PyResult<Table> {
        Table::pods(&self.kept.directory, &self.kept.pods)
    }
    /// The rows of workloads.csv.
    #[getter]
    fn workloads(&self) -> PyResult<Table> {
        Table::of_csv(&self.others[0], &["namespace", "kind", "name", "revision", "condition"])
    }
    /// The rows of endpoints.csv.
    #[getter]
    fn endpoints(&self) -> PyResult<Table> {
        Table::of_csv(&self.others[1], &["namespace", "service"])
    }
    /// timeline.csv as the program writes it, byte for byte.
    fn timeline_csv<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        spelled(&self.kept, &self.plan, &mut csv::Timeline::new(&mut out))
            .map_err(|problem| PyOSError::new_err(problem.to_string()))?;
        Ok(PyBytes::new(py, &out))
    }
    /// pods.csv as the program writes it.
    fn pods_csv<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        spelled(&self.kept, &self.plan, &mut csv::Pods::new(&mut out))
            .map_err(|problem| PyOSError::new_err(problem.to_string()))?;
        Ok(PyBytes::new(py, &out))
    }
    fn __repr__(&self) -> String {
        format!(
            "<run of {}, seed {}: {} rows, digest {}>",
            self.plan.name,
            self.seed,
            self.kept.rows.len(),
            self.outcome.digest
        )
    }
}
