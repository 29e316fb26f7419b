//! A run to its end, in memory.

use std::io;
use std::sync::{Arc, OnceLock};

use kubelapse::record::{Directory, Ending, FiguresRow, Kept, Sink, Transition, csv, tables};
use kubelapse::scenario::Plan;
use kubelapse::session::{self, Outcome};
use kubelapse::time::Time;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::errors;
use crate::source::{Beside, read};
use crate::table::{Table, escaped, of_objects, of_pods, of_timeline};
use crate::waiting::{Waiting, apart};

/// A run that is over.
#[pyclass(frozen, module = "kubelapse")]
pub struct Run {
    name: String,
    seed: u64,
    rows: Rows,
    outcome: Ended,
    told: Vec<String>,
    timeline: OnceLock<Py<Table>>,
}

/// What the run has told.
enum Rows {
    /// As it was played, and when it ended; nothing is spelled before somebody asks.
    Played(Box<Told>, Time),
    /// As another process has told it: its files, in their order.
    Files([Vec<u8>; 4]),
}

/// A file that the program writes.
#[derive(Clone, Copy)]
enum File {
    Timeline,
    Pods,
    Workloads,
    Endpoints,
}

/// Keeps all that a run tells.
#[derive(Default)]
struct Told {
    kept: Kept,
    figures: Vec<FiguresRow>,
}

impl Sink for Told {
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        self.kept.batch(directory, rows)
    }
    fn take(&mut self, _: &Directory, rows: &mut Vec<Transition>) -> io::Result<()> {
        self.kept.rows.append(rows);
        Ok(())
    }
    fn figures(&mut self, _: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        self.figures.extend_from_slice(rows);
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.kept.end(directory, ending)
    }
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
        let mut rows = Box::<Told>::default();
        let played = py.detach(|| session::run(&plan, seed, &mut *rows, &waiting));
        waiting.said()?;
        let outcome = ended(played.map_err(|problem| PyOSError::new_err(problem.to_string()))?, &plan);
        let rows = Rows::Played(rows, plan.until);
        Ok(Run { name: plan.name.clone(), seed, rows, outcome, told, timeline: OnceLock::new() })
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
    /// A file as the program writes it.
    fn file(&self, which: File) -> PyResult<Vec<u8>> {
        let (told, until) = match &self.rows {
            Rows::Files(files) => return Ok(files[which as usize].clone()),
            Rows::Played(told, until) => (told, *until),
        };
        let mut out = Vec::new();
        let spelled = match which {
            File::Timeline => spelled(told, until, &mut csv::Timeline::new(&mut out)),
            File::Pods => spelled(told, until, &mut csv::Pods::new(&mut out)),
            File::Workloads => spelled(told, until, &mut tables::Workloads::new(&mut out)),
            File::Endpoints => spelled(told, until, &mut tables::Endpoints::new(&mut out)),
        };
        spelled.map_err(|problem| PyOSError::new_err(problem.to_string()))?;
        Ok(out)
    }
    /// The same as a table.
    fn objects(&self, py: Python<'_>, which: File) -> PyResult<Table> {
        apart(py, || Table::of_csv(&self.file(which)?, |_, name| of_objects(name)))?
    }
    /// How many rows the timeline has.
    fn height(&self) -> usize {
        match &self.rows {
            Rows::Played(told, _) => told.kept.rows.len(),
            Rows::Files([timeline, ..]) => ::csv::Reader::from_reader(&timeline[..]).records().count(),
        }
    }
}

/// Rows that are kept, told once more.
fn spelled(told: &Told, until: Time, sink: &mut dyn Sink) -> io::Result<()> {
    let Told { kept, figures } = told;
    let ending =
        Ending { pods: &Arc::new(kept.pods.clone()), at: until, stands: until, partial: kept.partial };
    sink.begin(&kept.directory)?;
    sink.batch(&kept.directory, &kept.rows)?;
    sink.figures(&kept.directory, figures)?;
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
    let [failures, answers, told] = texts;
    let outcome = Ended { digest, steps, ended, failures, answers };
    Ok(Run { name, seed, rows: Rows::Files(files), outcome, told, timeline: OnceLock::new() })
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
                Rows::Played(told, _) => {
                    Table::timeline(&told.kept.directory, told.kept.rows.iter().copied())
                }
                Rows::Files([timeline, ..]) => Table::of_csv(timeline, |_, name| of_timeline(name)),
            })
        })?;
        let table = Py::new(py, table)?;
        Ok(self.timeline.get_or_init(|| table).clone_ref(py))
    }
    /// The rows of pods.csv.
    #[getter]
    fn pods(&self) -> PyResult<Table> {
        errors::guarded(|| match &self.rows {
            Rows::Played(told, _) => Table::pods(&told.kept.directory, &told.kept.pods),
            Rows::Files([_, pods, ..]) => Table::of_csv(pods, |_, name| of_pods(name)),
        })
    }
    /// The rows of workloads.csv.
    #[getter]
    fn workloads(&self, py: Python<'_>) -> PyResult<Table> {
        self.objects(py, File::Workloads)
    }
    /// The rows of endpoints.csv.
    #[getter]
    fn endpoints(&self, py: Python<'_>) -> PyResult<Table> {
        self.objects(py, File::Endpoints)
    }
    /// timeline.csv as the program writes it, byte for byte.
    fn timeline_csv<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &apart(py, || self.file(File::Timeline))??))
    }
    /// pods.csv as the program writes it.
    fn pods_csv<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &apart(py, || self.file(File::Pods))??))
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
        let all = [File::Timeline, File::Pods, File::Workloads, File::Endpoints];
        let files = apart(py, || all.map(|file| self.file(file)))?.into_iter();
        let files: PyResult<Vec<_>> = files.map(|file| Ok(PyBytes::new(py, &file?))).collect();
        let arguments = (of, texts, PyTuple::new(py, files?)?).into_pyobject(py)?;
        Ok((made, arguments))
    }
}
