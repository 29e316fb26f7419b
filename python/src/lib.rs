//! kubelapse for Python: a thin crate over the library, which stays free of `unsafe`.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`source`] | a scenario, wherever it comes from: a file, a name, a text, a dict |
//! | [`run`] | a run to its end, in memory |
//! | [`table`] | its rows as tables of Arrow |
//! | [`session`] | a run that is stepped through, asked, acted on |
//! | [`env`] | episodes for agents: a broken cluster, what is seen of it, what can be done |
//!
//! The interpreter is let go of while something is played; Ctrl-C ends it. What cannot be read is a `ScenarioError` with the program's own
//! words: file, line, what was expected, a hint.

// A door may read a clock: somebody waits.
#![allow(clippy::disallowed_methods)]

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

mod env;
mod run;
mod session;
mod source;
mod table;

create_exception!(
    kubelapse,
    ScenarioError,
    PyValueError,
    "A scenario, a manifest, an override or an action that cannot be used; the text is what the program prints."
);

#[pymodule]
mod _kubelapse {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::ScenarioError;
    #[pymodule_export]
    use super::env::{Episode, Task, drill_kinds, env_words};
    #[pymodule_export]
    use super::run::{Run, play};
    #[pymodule_export]
    use super::session::Session;
    #[pymodule_export]
    use super::source::{Shipped, catalogue};
    #[pymodule_export]
    use super::table::Table;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
