//! A scenario, wherever it comes from.
//!
//! A path is read; the name of a scenario that is built in is one, too; a text that is a scenario or manifests is taken as it is; a
//! dict is a scenario whose keys are those of the file. Manifests are surrounded as `kubelapse run web.yaml` does it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kubelapse::scenario::assumed::{self, Given};
use kubelapse::scenario::{Plan, builtin};
use kubelapse::session::Script;
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::ScenarioError;

/// What was read.
pub struct Source {
    label: String,
    text: String,
    /// Where its manifests lie.
    folder: Option<PathBuf>,
    /// Manifests that came in the place of a scenario, by their paths.
    files: Vec<(String, String)>,
    /// What was assumed around them.
    pub told: Vec<String>,
}

/// What is said beside a scenario.
#[derive(Default)]
pub struct Beside {
    /// `key=value`
    pub overrides: Vec<String>,
}

impl Beside {
    /// Overrides as they are written in Python.
    ///
    /// # Errors
    /// A value that no scenario can hold.
    pub fn new(set: Option<&Bound<'_, PyDict>>, kubernetes: Option<&str>) -> PyResult<Beside> {
        let mut overrides = Vec::new();
        for (key, value) in set.into_iter().flatten() {
            overrides.push(format!("{}={}", key.extract::<String>()?, spelled(&value)?));
        }
        overrides.extend(kubernetes.map(|version| format!("kubernetes={version}")));
        Ok(Beside { overrides })
    }
}

/// A value as a scenario file spells it.
///
/// # Errors
/// It is none that a scenario can hold.
pub fn spelled(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(toml_of(value, 0)?.to_string())
}

/// So deep may a dict go: no file that is read goes deeper.
const DEEPEST: usize = 64;

fn toml_of(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<toml::Value> {
    if depth > DEEPEST {
        return Err(wrong(format!(
            "a scenario nests no more than {DEEPEST} deep: does this value hold itself?"
        )));
    }
    if let Ok(own) = value.cast::<PyBool>() {
        return Ok(own.is_true().into());
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(value.extract::<i64>()?.into());
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(value.extract::<f64>()?.into());
    }
    if value.is_instance_of::<PyString>() {
        return Ok(value.extract::<String>()?.into());
    }
    if let Ok(own) = value.cast::<PyDict>() {
        let mut table = toml::Table::new();
        for (key, value) in own {
            if !value.is_none() {
                table.insert(key.extract()?, toml_of(&value, depth + 1)?);
            }
        }
        return Ok(table.into());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let all: PyResult<Vec<toml::Value>> =
            value.try_iter()?.map(|own| toml_of(&own?, depth + 1)).collect();
        return Ok(all?.into());
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a scenario holds texts, numbers, booleans, lists and dicts, and no {kind}"
    )))
}

fn wrong(text: impl Into<String>) -> PyErr {
    ScenarioError::new_err(text.into())
}

/// Reads what stands for a scenario.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read(source: &Bound<'_, PyAny>) -> PyResult<Source> {
    if let Ok(dict) = source.cast::<PyDict>() {
        return Ok(scenario(
            "scenario.toml",
            toml_of(dict.as_any(), 0)?.as_table().map(ToString::to_string).unwrap_or_default(),
        ));
    }
    if let Ok(path) = source.extract::<PathBuf>() {
        let is_text = source.is_instance_of::<PyString>();
        let text = path.to_string_lossy();
        if is_text && text.contains('\n') {
            return of_text(&text);
        }
        if path.exists() {
            return of_file(&path);
        }
        if is_text && let Some(shipped) = builtin::find(&text) {
            return Ok(scenario(&format!("{}.toml", shipped.name), shipped.text.to_owned()));
        }
        let mut words = format!("`{text}` is no file, and no scenario of that name is built in");
        let names: Vec<&str> = builtin::ALL.iter().map(|own| own.name).collect();
        if let Some(near) = kubelapse::scenario::diagnostic::nearest(&text, &names) {
            let _ = write!(words, "; did you mean `{near}`?");
        }
        return Err(wrong(words));
    }
    let kind = source.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a scenario is a path, the name of one that is built in, a text or a dict, and no {kind}"
    )))
}

fn scenario(label: &str, text: String) -> Source {
    Source { label: label.to_owned(), text, folder: None, files: Vec::new(), told: Vec::new() }
}

fn of_text(text: &str) -> PyResult<Source> {
    if assumed::is_manifest(text) {
        around(vec![("manifest.yaml".to_owned(), text.to_owned())])
    } else {
        Ok(scenario("scenario.toml", text.to_owned()))
    }
}

fn of_file(path: &Path) -> PyResult<Source> {
    let shown = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|problem| PyOSError::new_err(format!("{shown}: {problem}")))?;
    if assumed::is_manifest(&text) {
        return around(vec![(shown, text)]);
    }
    let folder = path.parent().filter(|own| !own.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    Ok(Source { folder: Some(folder), ..scenario(&shown, text) })
}

fn around(files: Vec<(String, String)>) -> PyResult<Source> {
    let given = Given { name: None, files: &files, against: &[], nodes: None, templates_of: &[] };
    let made = assumed::around(given).map_err(|why| wrong(format!("error: {why}")))?;
    let mut told = made.told;
    told.extend(assumed::wrong(&files).map(|why| format!("left out: {why}")));
    Ok(Source { told, files, ..scenario("scenario.toml", made.text) })
}

impl Source {
    fn manifest(&self, path: &str) -> Result<String, String> {
        if let Some((_, text)) = self.files.iter().find(|(own, _)| own == path) {
            return Ok(text.clone());
        }
        let Some(folder) = &self.folder else { return builtin::manifest(path) };
        // Whoever runs a scenario of somebody else does not have it read what lies elsewhere.
        let real = |path: &Path| std::fs::canonicalize(path).map_err(|problem| problem.to_string());
        let file = real(&folder.join(path))?;
        if !file.starts_with(real(folder)?) {
            return Err("it lies outside of the scenario's folder".to_owned());
        }
        std::fs::read_to_string(file).map_err(|problem| problem.to_string())
    }

    /// What can be run, and what it was made from.
    ///
    /// # Errors
    /// All problems that it has, in the program's words.
    pub fn load(&self, beside: &Beside) -> PyResult<(Script, Arc<Plan>, Vec<String>)> {
        let loader = |path: &str| self.manifest(path);
        let (script, loaded) = Script::load(&self.label, &self.text, &loader, &beside.overrides)
            .map_err(|problems| wrong(problems.render(false)))?;
        let mut told = self.told.clone();
        if loaded.warnings.warnings() > 0 {
            told.push(loaded.warnings.render(false));
        }
        Ok((script, Arc::new(loaded.plan), told))
    }
}

/// A scenario that is built in.
#[pyclass(frozen, get_all, module = "kubelapse")]
pub struct Shipped {
    name: &'static str,
    topic: &'static str,
    description: String,
    text: &'static str,
    /// Whether it is a lesson with questions.
    is_lesson: bool,
    /// Whether it takes seconds and more.
    is_large: bool,
}

#[pymethods]
impl Shipped {
    fn __repr__(&self) -> String {
        format!("<scenario {}: {}>", self.name, self.description)
    }
}

/// All scenarios that are built in.
#[pyfunction]
pub fn catalogue() -> Vec<Shipped> {
    let shipped = |own: &builtin::Builtin| Shipped {
        name: own.name,
        topic: own.topic.title(),
        description: own.description(),
        text: own.text,
        is_lesson: own.lesson().is_some(),
        is_large: own.topic == builtin::Topic::Scale,
    };
    builtin::ALL.iter().map(shipped).collect()
}
