//! The library's own run beside Python's: what `run` is measured against.

use std::time::Instant;

use kubelapse::record::{Fan, Kept};
use kubelapse::session::{self, Silent};
use pyo3::prelude::*;

use crate::errors::wrong;
use crate::source::{Beside, read};

/// How many seconds the library takes for a run: with its rows kept in memory, and with nobody who is told. Reading the scenario is
/// part of neither.
#[pyfunction]
pub fn library(py: Python<'_>, source: &Bound<'_, PyAny>, keeps: bool) -> PyResult<f64> {
    let beside = Beside::of(Vec::new());
    let (_, plan, _) = read(source, &beside)?.load(&beside)?;
    py.detach(|| {
        let began = Instant::now();
        let mut kept = Kept::default();
        let played = match keeps {
            true => session::run(&plan, plan.seed, &mut kept, &Silent),
            false => session::run(&plan, plan.seed, &mut Fan { sinks: Vec::<Kept>::new() }, &Silent),
        };
        let took = began.elapsed().as_secs_f64();
        played.map(|_| took).map_err(|problem| wrong(problem.to_string()))
    })
}
