//! kubelapse for Python: a thin crate over the library, which stays free of `unsafe`.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`source`] | a scenario, wherever it comes from: a file, a name, a text, a dict |
//! | [`run`] | a run to its end, in memory |
//! | [`table`] | its rows as tables of Arrow |
//! | [`session`] | a run that is stepped through, asked, acted on |
//! | [`sweep`] | a grid of scenarios under many seeds |
//! | [`answers`] | what a manifest promises, what comes next for a cluster, what it is like, how two timelines differ |
//! | [`alerts`], [`promtool`] | when alerts fire, as the real promtool evaluates them |
//! | [`waiting`] | Ctrl-C and progress, threads |
//! | [`errors`] | what is wrong, as exceptions |
//! | [`env`] | episodes for agents: a broken cluster, what is seen of it, what can be done |
//!
//! The interpreter is let go of while something is played; Ctrl-C ends it. What cannot be read is a `ScenarioError` or an `InputError` with
//! the program's own words: file, line, what was expected, a hint. A fault of ours is a `Fault`, never a panic.
//!
//! Answers cross over as JSON, which the classes of `kubelapse/answers.py` are made of; rows cross over as Arrow.

// A door may read a clock: somebody waits.
#![allow(clippy::disallowed_methods)]

use pyo3::prelude::*;

mod alerts;
mod answers;
mod env;
mod errors;
#[cfg(feature = "measure")]
mod measure;
mod promtool;
mod run;
mod session;
mod source;
mod sweep;
mod table;
mod waiting;

#[pymodule]
mod _kubelapse {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::alerts::alerts_json;
    #[pymodule_export]
    use super::answers::{audit_json, compare_json, explain_json, fit_json, predict_json, versions_json};
    #[pymodule_export]
    use super::env::{Episode, Task, drill_kinds, env_words, episode_of, task_of};
    #[cfg(feature = "measure")]
    #[pymodule_export]
    use super::measure::library;
    #[pymodule_export]
    use super::run::{Run, play, run_of};
    #[pymodule_export]
    use super::session::{Session, session_of};
    #[pymodule_export]
    use super::source::{Shipped, catalogue, shipped_of};
    #[pymodule_export]
    use super::sweep::{measures, sweep};
    #[pymodule_export]
    use super::table::{Table, table_of};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::errors::listen();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
