//! What is wrong, as exceptions of Python (`kubelapse.errors`); and no panic reaches anybody as such.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};

use kubelapse::scenario::{Code, Diagnostics};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

mod python {
    #![allow(missing_docs)]
    use pyo3::import_exception;
    import_exception!(kubelapse.errors, ScenarioError);
    import_exception!(kubelapse.errors, TooLarge);
    import_exception!(kubelapse.errors, InputError);
    import_exception!(kubelapse.errors, Fault);
}

/// One problem, as `kubelapse.errors.Problem` has it.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    pub message: String,
    pub file: String,
    /// Line and column, from 1; None: it has no place.
    pub place: Option<(usize, usize)>,
    pub key: String,
    pub hint: String,
    pub code: &'static str,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), ..Problem::default() }
    }
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = hint.into();
        self
    }
    fn text(&self) -> String {
        let line = self.place.map_or(String::new(), |(line, _)| format!(":{line}"));
        let file = if self.file.is_empty() { String::new() } else { format!("{}{line}: ", self.file) };
        let hint = if self.hint.is_empty() { String::new() } else { format!("\nhint: {}", self.hint) };
        format!("{file}{}{hint}", self.message)
    }
    fn python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (line, column) = self.place.unzip();
        let class = py.import("kubelapse.errors")?.getattr("Problem")?;
        class.call1((&self.message, &self.file, line, column, &self.key, &self.hint, self.code))
    }
}

/// The arguments of an exception: its text, and its problems.
fn arguments(text: &str, problems: &[Problem]) -> PyResult<(String, Py<PyTuple>)> {
    Python::attach(|py| {
        let all: PyResult<Vec<_>> = problems.iter().map(|own| own.python(py)).collect();
        Ok((text.trim_end().to_owned(), PyTuple::new(py, all?)?.unbind()))
    })
}

/// A scenario, a manifest, an override or an action that cannot be used.
pub fn of_scenario(text: impl AsRef<str>) -> PyErr {
    scenario(text.as_ref(), &[])
}

fn scenario(text: &str, problems: &[Problem]) -> PyErr {
    let is_large = problems.iter().any(|own| own.code == Code::NoRoom.as_str());
    match arguments(text, problems) {
        Ok(arguments) if is_large => python::TooLarge::new_err(arguments),
        Ok(arguments) => python::ScenarioError::new_err(arguments),
        Err(problem) => problem,
    }
}

/// All problems of a scenario. `of_dict`: its text was made from a dict, and nobody has seen its lines.
pub fn of_diagnostics(found: &Diagnostics, of_dict: bool) -> PyErr {
    let mut keys = Vec::new();
    let problem = |own: &kubelapse::scenario::Diagnostic| {
        let file = found.sources.get(usize::from(own.loc.source)).map_or("", |source| source.name.as_str());
        let label = if own.label.is_empty() { String::new() } else { format!("; {}", own.label) };
        Problem {
            message: format!("{}{label}", own.title),
            file: file.to_owned(),
            place: Some(found.position(own.loc)),
            key: found.key(own.loc),
            hint: own.hints.join("; "),
            code: own.code.as_str(),
        }
    };
    let problems: Vec<Problem> =
        found.items.iter().filter(|own| !own.code.is_warning()).map(problem).collect();
    let mut text = rendered(found);
    if of_dict {
        for own in problems
            .iter()
            .filter(|own| !own.key.is_empty() && !["--set", "--vary"].contains(&own.file.as_str()))
        {
            let line = format!("{}: {}", own.key, own.message);
            if !keys.contains(&line) {
                keys.push(line);
            }
        }
        text = format!("{}\n{}", text.trim_end(), keys.join("\n"));
    }
    scenario(&text, &problems)
}

/// As the program prints them where there are no colours.
pub fn rendered(found: &Diagnostics) -> String {
    let mut text = String::new();
    // What problems quote has no escapes in it: those that are there are colours.
    for (ix, part) in found.render(true).split("\u{1b}[").enumerate() {
        text.push_str(if ix == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) });
    }
    text
}

/// What was asked cannot be answered.
pub fn of_input(problems: &[Problem]) -> PyErr {
    let text: Vec<String> = problems.iter().map(Problem::text).collect();
    match arguments(&text.join("\n"), problems) {
        Ok(arguments) => python::InputError::new_err(arguments),
        Err(problem) => problem,
    }
}

/// The same of one thing, in words.
pub fn wrong(words: impl Into<String>) -> PyErr {
    of_input(&[Problem::new(words)])
}

/// What the machine refused, with the name of the file.
pub fn of_file(name: &str, problem: &std::io::Error) -> PyErr {
    match problem.raw_os_error() {
        // Python takes the class by the number: FileNotFoundError, PermissionError, …
        Some(number) => {
            let words = problem.to_string();
            let words = words.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, words, name.to_owned()))
        }
        None => PyOSError::new_err(format!("{name}: {problem}")),
    }
}

/// A fault of ours, and what to report with it.
pub fn fault(said: &str, with: &str) -> PyErr {
    let with = if with.is_empty() { String::new() } else { format!("\n{with}") };
    let text = format!("a fault of kubelapse itself, not of what was asked: {said}{with}");
    match arguments(&text, &[]) {
        Ok(arguments) => python::Fault::new_err(arguments),
        Err(problem) => problem,
    }
}

/// What the first panic said, and where.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// From now on panics are kept in mind instead of printed, on whichever thread they happen.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let words = words_of(info.payload()).unwrap_or("no words");
            let place = info.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
            SAID.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(format!("{words}{place}"));
        }));
    });
}

fn words_of(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str))
}

/// What a piece of work came to, or what the panic said that ended it.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let said = SAID.lock().unwrap_or_else(PoisonError::into_inner).take();
        said.unwrap_or_else(|| words_of(&*payload).unwrap_or("no words").to_owned())
    })
}

/// The same of a call of Python: a fault becomes an exception.
pub fn guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    caught(work).unwrap_or_else(|said| Err(fault(&said, "")))
}
