//! A run to its end, in memory.

use std::io;
use std::sync::{Arc, OnceLock};

use kubelapse::record::{Ending, Fan, Kept, Sink, csv, tables};
use kubelapse::scenario::Plan;
use kubelapse::session::{self, Outcome};
use kubelapse::time::Time;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::errors;
use crate::source::{Beside, read};
use crate::table::{Table, escaped, of_objects, of_pods, of_timeline};
use crate::waiting::Waiting;

/// A run that is over.
#[pyclass(frozen, module = "kubelapse")]
pub struct Run {
    name: String,
    seed: u64,
    rows: Rows,
    /// workloads.csv and endpoints.csv, which are small.
    others: [Vec<u8>; 2],
    outcome: Ended,
    told: Vec<String>,
    timeline: OnceLock<Py<Table>>,
}

/// What the run has told of pods.
enum Rows {
    /// As it was played: rows, and when it ended.
    Played(Box<Kept>, Time),
    /// As another process has told it: timeline.csv and pods.csv.
    Told([Vec<u8>; 2]),
}

#[derive(Clone)]
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
#[pyo3(signature = (source, *, seed = None, set = None, kubernetes = None, until = None, nodes = None, progress = None))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub fn play(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    seed: Option<u64>,
    set: Option<&Bound<'_, PyAny>>,
    kubernetes: Option<&str>,
    until: Option<&str>,
    nodes: Option<u32>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Run> {
    errors::guarded(|| {
        let beside = Beside::new(set, kubernetes, until, nodes)?;
        let (_, plan, told) = read(source, &beside)?.load(&beside)?;
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
        let rows = Rows::Played(Box::new(kept), plan.until);
        Ok(Run { name: plan.name.clone(), seed, rows, others, outcome, told, timeline: OnceLock::new() })
    })
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

impl Run {
    /// timeline.csv (0) or pods.csv (1), as the program writes it.
    pub fn csv(&self, which: usize) -> PyResult<Vec<u8>> {
        let (kept, until) = match &self.rows {
            Rows::Told(files) => return Ok(files[which].clone()),
            Rows::Played(kept, until) => (kept, *until),
        };
        let mut out = Vec::new();
        let told = match which {
            0 => spelled(kept, until, &mut csv::Timeline::new(&mut out)),
            _ => spelled(kept, until, &mut csv::Pods::new(&mut out)),
        };
        told.map_err(|problem| PyOSError::new_err(problem.to_string()))?;
        Ok(out)
    }
    /// How many rows the timeline has.
    fn height(&self) -> usize {
        match &self.rows {
            Rows::Played(kept, _) => kept.rows.len(),
            Rows::Told([timeline, _]) => ::csv::Reader::from_reader(&timeline[..]).records().count(),
        }
    }
}

/// Rows that are kept, told once more.
fn spelled(kept: &Kept, until: Time, sink: &mut dyn Sink) -> io::Result<()> {
    let ending =
        Ending { pods: &Arc::new(kept.pods.clone()), at: until, stands: until, partial: kept.partial };
    sink.begin(&kept.directory)?;
    sink.batch(&kept.directory, &kept.rows)?;
    sink.end(&kept.directory, &ending)
}

/// A run as another process has told it. `of`: version, name, seed, digest, steps, ended.
#[pyfunction]
pub fn run_of(
    of: (String, String, u64, String, u64, f64),
    texts: [Vec<String>; 3],
    files: [Vec<u8>; 4],
) -> PyResult<Run> {
    let (version, name, seed, digest, steps, ended) = of;
    if version != env!("CARGO_PKG_VERSION") {
        let own = env!("CARGO_PKG_VERSION");
        return Err(errors::wrong(format!("this run was pickled by kubelapse {version}, and this is {own}")));
    }
    let ([failures, answers, told], [timeline, pods, workloads, endpoints]) = (texts, files);
    let outcome = Ended { digest, steps, ended, failures, answers };
    let rows = Rows::Told([timeline, pods]);
    Ok(Run { name, seed, rows, others: [workloads, endpoints], outcome, told, timeline: OnceLock::new() })
}

#[pymethods]
impl Run {
    /// The scenario's name.
    #[getter]
    fn name(&self) -> &str {
        &self.name
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
        let table = errors::guarded(|| {
            py.detach(|| match &self.rows {
                Rows::Played(kept, _) => Table::timeline(&kept.directory, &kept.rows),
                Rows::Told([timeline, _]) => Table::of_csv(timeline, |_, name| of_timeline(name)),
            })
        })?;
        let table = Py::new(py, table)?;
        Ok(self.timeline.get_or_init(|| table).clone_ref(py))
    }
    /// The rows of pods.csv.
    #[getter]
    fn pods(&self) -> PyResult<Table> {
        errors::guarded(|| match &self.rows {
            Rows::Played(kept, _) => Table::pods(&kept.directory, &kept.pods),
            Rows::Told([_, pods]) => Table::of_csv(pods, |_, name| of_pods(name)),
        })
    }
    /// The rows of workloads.csv.
    #[getter]
    fn workloads(&self) -> PyResult<Table> {
        Table::of_csv(&self.others[0], |_, name| of_objects(name))
    }
    /// The rows of endpoints.csv.
    #[getter]
    fn endpoints(&self) -> PyResult<Table> {
        Table::of_csv(&self.others[1], |_, name| of_objects(name))
    }
    /// timeline.csv as the program writes it, byte for byte.
    fn timeline_csv<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &errors::guarded(|| py.detach(|| self.csv(0)))?))
    }
    /// pods.csv as the program writes it.
    fn pods_csv<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &errors::guarded(|| py.detach(|| self.csv(1)))?))
    }
    fn __repr__(&self) -> String {
        format!(
            "<run of {}, seed {}: {} rows, digest {}>",
            self.name,
            self.seed,
            self.height(),
            self.outcome.digest
        )
    }
    /// How it ended, for a notebook.
    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let Ended { digest, steps, ended, failures, .. } = &self.outcome;
        let failed: String = failures.iter().map(|own| format!("<li>{}</li>", escaped(own))).collect();
        let failed = if failed.is_empty() { failed } else { format!("<ul>{failed}</ul>") };
        let pods = Py::new(py, self.pods()?)?;
        let pods: String = pods.call_method0(py, "_repr_html_")?.extract(py)?;
        Ok(format!(
            "<p><b>{}</b>, seed {}: {ended} s, {steps} steps, digest <code>{digest}</code></p>{failed}{pods}",
            escaped(&self.name),
            self.seed
        ))
    }
    /// For `pickle`: the files that the program would write. Another process has the same rows of it, without playing it again.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let made = py.import("kubelapse._kubelapse")?.getattr("run_of")?;
        let own = &self.outcome;
        let of = (env!("CARGO_PKG_VERSION"), &self.name, self.seed, &own.digest, own.steps, own.ended);
        let texts = (&own.failures, &own.answers, &self.told).into_pyobject(py)?;
        let files: PyResult<Vec<_>> = [
            errors::guarded(|| self.csv(0))?,
            errors::guarded(|| self.csv(1))?,
            self.others[0].clone(),
            self.others[1].clone(),
        ]
        .iter()
        .map(|file| Ok(PyBytes::new(py, file)))
        .collect();
        let arguments = (of, texts, PyTuple::new(py, files?)?).into_pyobject(py)?;
        Ok((made, arguments))
    }
}
