//! The library's own run beside Python's: what `run` is measured against.

use kubelapse::record::{Fan, Kept};
use kubelapse::session::{self, Silent};
use pyo3::prelude::*;

use crate::errors::wrong;
use crate::source::{Beside, read};

/// Reads a scenario and plays it as the library does: with its rows kept in memory, or with nobody who is told.
#[pyfunction]
pub fn library(py: Python<'_>, source: &Bound<'_, PyAny>, keeps: bool) -> PyResult<()> {
    let beside = Beside::of(Vec::new());
    let (_, plan, _) = read(source, &beside)?.load(&beside)?;
    py.detach(|| {
        let mut kept = Kept::default();
        let played = match keeps {
            true => session::run(&plan, plan.seed, &mut kept, &Silent),
            false => session::run(&plan, plan.seed, &mut Fan { sinks: Vec::<Kept>::new() }, &Silent),
        };
        played.map(drop).map_err(|problem| wrong(problem.to_string()))
    })
}
