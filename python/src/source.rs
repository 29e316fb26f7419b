//! A scenario, wherever it comes from.
//!
//! A path is read; the name of a scenario that is built in is one, too; a text that is a scenario or manifests is taken as it is; a
//! dict is a scenario whose keys are those of the file. Manifests, also several of them and folders of them, are surrounded as
//! `kubelapse run web.yaml` does it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kubelapse::answers::fit::{self, Fitted};
use kubelapse::scenario::assumed::{self, Given};
use kubelapse::scenario::{self, Diagnostics, Plan, builtin, memory};
use kubelapse::session::Script;
use pyo3::exceptions::{PyFileNotFoundError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};

use crate::errors;

/// What was read.
#[derive(Clone)]
pub struct Source {
    pub label: String,
    text: String,
    /// Its text was made from a dict.
    is_dict: bool,
    /// Where its manifests lie.
    folder: Option<PathBuf>,
    /// Manifests that came in the place of a scenario, by their paths.
    files: Vec<(String, String)>,
    /// What was assumed around them.
    pub told: Vec<String>,
}

/// What is said beside a scenario.
#[derive(Clone, Default)]
pub struct Beside {
    /// `key=value`
    pub overrides: Vec<String>,
    /// Of manifests: how many nodes there are.
    nodes: Option<u32>,
}

impl Beside {
    /// Overrides alone.
    pub fn of(overrides: Vec<String>) -> Beside {
        Beside { overrides, nodes: None }
    }

    /// As it is written in Python.
    ///
    /// # Errors
    /// A value that no scenario can hold.
    pub fn new(
        set: Option<&Bound<'_, PyAny>>,
        kubernetes: Option<&str>,
        until: Option<&str>,
        nodes: Option<u32>,
    ) -> PyResult<Beside> {
        let mut overrides = Vec::new();
        for (key, value) in pairs("set", set)? {
            overrides.push(format!("{key}={}", spelled(&value)?));
        }
        overrides.extend(kubernetes.map(|version| format!("kubernetes={version}")));
        if let Some(until) = until {
            // Who says when a run ends means that instant, whatever happens until then.
            overrides.extend([format!("until={until}"), "untilSettled=false".to_owned()]);
        }
        if nodes.is_some_and(|count| !(1..=10_000).contains(&count)) {
            return Err(errors::wrong("nodes: from 1 to 10000"));
        }
        Ok(Beside { overrides, nodes })
    }
}

/// What a mapping says, in its order.
///
/// # Errors
/// It is none, or a key is no text.
pub fn pairs<'py>(name: &str, own: Option<&Bound<'py, PyAny>>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let Some(own) = own else { return Ok(Vec::new()) };
    let expected = || PyTypeError::new_err(format!("{name}: a dict of keys and their values is expected"));
    let own = own.cast::<PyMapping>().map_err(|_| expected())?;
    let pair =
        |pair: Bound<'py, PyAny>| pair.extract::<(String, Bound<'py, PyAny>)>().map_err(|_| expected());
    own.items()?.iter().map(pair).collect()
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
    // Numbers of other libraries say that they are whole by `__index__`.
    if value.is_instance_of::<PyInt>() || (!is_plain(value) && value.hasattr("__index__")?) {
        let whole = value.extract::<i64>();
        return whole
            .map(Into::into)
            .map_err(|_| PyOverflowError::new_err(format!("{value} is beyond what a scenario can hold")));
    }
    if value.is_instance_of::<PyFloat>() {
        let number = value.extract::<f64>()?;
        return match number.is_finite() {
            true => Ok(number.into()),
            false => Err(wrong(format!("{number} is no number that a scenario can hold"))),
        };
    }
    if value.is_instance_of::<PyString>() {
        return Ok(value.extract::<String>()?.into());
    }
    if let Ok(own) = value.cast::<PyMapping>() {
        let mut table = toml::Table::new();
        for pair in own.items()? {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            let Ok(key) = key.extract::<String>() else {
                return Err(PyTypeError::new_err(format!(
                    "a key of a scenario is a text, and not {}",
                    key.repr()?
                )));
            };
            if !value.is_none() {
                table.insert(key, toml_of(&value, depth + 1)?);
            }
        }
        return Ok(table.into());
    }
    if let Ok(path) = value.extract::<PathBuf>() {
        return Ok(path.to_string_lossy().into_owned().into());
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

/// Neither a mapping, a list nor a text, whatever else it can do.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PyDict>()
}

fn wrong(text: impl Into<String>) -> PyErr {
    errors::of_scenario(text.into())
}

/// Reads what stands for a scenario.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read(source: &Bound<'_, PyAny>, beside: &Beside) -> PyResult<Source> {
    read_over(source, None, beside)
}

/// Reads what stands for a scenario; or manifests that are a change of others, which are applied first.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read_over(
    source: &Bound<'_, PyAny>,
    against: Option<&Bound<'_, PyAny>>,
    beside: &Beside,
) -> PyResult<Source> {
    let mut manifests = match named(source)? {
        Named::Scenario(_) if against.is_some() => {
            return Err(wrong(
                "`against` is about manifests (a scenario applies a second time with [[apply]] at)",
            ));
        }
        Named::Scenario(_) if beside.nodes.is_some() => {
            return Err(wrong("`nodes` is about manifests; a scenario says it itself: [[node]] count"));
        }
        Named::Scenario(found) => return Ok(found),
        Named::Manifests(manifests) => manifests,
    };
    let mut old = match against.map(named).transpose()? {
        None => Vec::new(),
        Some(Named::Manifests(old)) => old,
        Some(Named::Scenario(own)) => {
            return Err(wrong(format!("`{}` is a scenario; `against` is about manifests", own.label)));
        }
    };
    called_apart(manifests.iter_mut().chain(&mut old));
    around(manifests, &old, beside)
}

/// Reads a scenario whose text is to be changed.
///
/// # Errors
/// It cannot be read, or is none.
pub fn written_into(source: &Bound<'_, PyAny>) -> PyResult<Source> {
    match named(source)? {
        Named::Scenario(found) => Ok(found),
        Named::Manifests(_) => {
            Err(wrong("`into` is a scenario, and no manifest: a manifest has no numbers of a cluster"))
        }
    }
}

/// Texts have no names of their own: those that are called alike and are not are numbered.
fn called_apart<'a>(all: impl Iterator<Item = &'a mut (String, String)>) {
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in all {
        let (first, mut number) = (name.clone(), 1);
        while there.get(name).is_some_and(|other| other != text) {
            number += 1;
            let (stem, end) = first.rsplit_once('.').unwrap_or((first.as_str(), "yaml"));
            *name = format!("{stem}-{number}.{end}");
        }
        there.insert(name.clone(), text.clone());
    }
}

/// What something names.
enum Named {
    Scenario(Source),
    /// By their paths.
    Manifests(Vec<(String, String)>),
}

fn named(source: &Bound<'_, PyAny>) -> PyResult<Named> {
    if source.is_instance_of::<PyList>() || source.is_instance_of::<PyTuple>() {
        let mut all = Vec::new();
        for own in source.try_iter()? {
            let own = own?;
            if own.is_instance_of::<PyList>() || own.is_instance_of::<PyTuple>() {
                return Err(PyTypeError::new_err("a list of manifests has no lists in it"));
            }
            match named(&own)? {
                Named::Manifests(manifests) => all.extend(manifests),
                Named::Scenario(own) => {
                    return Err(wrong(format!("`{}` is a scenario; a list is one of manifests", own.label)));
                }
            }
        }
        return match all.is_empty() {
            true => Err(wrong("no manifest is in the list")),
            false => Ok(Named::Manifests(all)),
        };
    }
    if !source.is_instance_of::<PyString>()
        && let Some(text) = manifest_of(source)?
    {
        return Ok(Named::Manifests(vec![("manifest.json".to_owned(), text)]));
    }
    if source.cast::<PyMapping>().is_ok() {
        let text = toml_of(source, 0)?.as_table().map(ToString::to_string).unwrap_or_default();
        return Ok(Named::Scenario(Source { is_dict: true, ..scenario("scenario.toml", text) }));
    }
    let Ok(path) = source.extract::<PathBuf>() else {
        if source.is_instance_of::<PyString>() {
            return Err(wrong("this text is no Unicode: it has halves of surrogates in it"));
        }
        let kind = source.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "a scenario is a path, the name of one that is built in, a text, a dict or a list of manifests, and no {kind}"
        )));
    };
    let is_text = source.is_instance_of::<PyString>();
    let text = path.to_string_lossy();
    if is_text && (text.contains('\n') || text.trim_start().starts_with(['{', '['])) {
        return Ok(match assumed::is_manifest(&text) {
            true => Named::Manifests(vec![("manifest.yaml".to_owned(), text.into_owned())]),
            false => Named::Scenario(scenario("scenario.toml", text.into_owned())),
        });
    }
    if path.is_dir() {
        return folder(&path);
    }
    if path.exists() {
        return of_file(&path);
    }
    if is_text && let Some(shipped) = builtin::find(&text) {
        return Ok(Named::Scenario(scenario(&format!("{}.toml", shipped.name), shipped.text.to_owned())));
    }
    if !is_text {
        return Err(PyFileNotFoundError::new_err((2, "No such file or directory", text.into_owned())));
    }
    let mut words = format!("`{text}` is no file, and no scenario of that name is built in");
    let names: Vec<&str> = builtin::ALL.iter().map(|own| own.name).collect();
    if let Some(near) = kubelapse::scenario::diagnostic::nearest(&text, &names) {
        let _ = write!(words, "; did you mean `{near}`?");
    }
    Err(wrong(words))
}

/// A manifest that is an object (a dict, or one of a client of Kubernetes), as JSON; None: it is something else.
fn manifest_of(source: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    source.py().import("kubelapse._given")?.getattr("manifest_of")?.call1((source,))?.extract()
}

fn scenario(label: &str, text: String) -> Source {
    let (folder, files, told) = Default::default();
    Source { label: label.to_owned(), text, is_dict: false, folder, files, told }
}

/// So many bytes of a file are read; no cluster takes more at once.
const MOST_BYTES: u64 = 64 << 20;

fn text_of(path: &Path) -> PyResult<String> {
    let shown = path.display().to_string();
    let length = std::fs::metadata(path).map_err(|problem| errors::of_file(&shown, &problem))?.len();
    if length > MOST_BYTES {
        return Err(wrong(format!("{shown}: more than {} MiB; that is more than is read", MOST_BYTES >> 20)));
    }
    let bytes = std::fs::read(path).map_err(|problem| errors::of_file(&shown, &problem))?;
    String::from_utf8(bytes).map_err(|problem| {
        let good = problem.utf8_error().valid_up_to();
        let line = problem.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        wrong(format!("{shown}: line {line}: this is no text (a byte that is not UTF-8)"))
    })
}

fn is_manifest_name(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
}

fn of_file(path: &Path) -> PyResult<Named> {
    let shown = path.display().to_string();
    let text = text_of(path)?;
    let is_toml = path.extension().is_some_and(|end| end == "toml");
    if is_manifest_name(path) || (!is_toml && assumed::is_manifest(&text)) {
        return Ok(Named::Manifests(vec![(shown, text)]));
    }
    let folder = path.parent().filter(|own| !own.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    Ok(Named::Scenario(Source { folder: Some(folder), ..scenario(&shown, text) }))
}

/// The manifests right in a folder: those that `kubectl apply -f` takes.
fn folder(path: &Path) -> PyResult<Named> {
    let shown = path.display().to_string();
    let entries = std::fs::read_dir(path).map_err(|problem| errors::of_file(&shown, &problem))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_manifest_name(path) && !path.is_dir())
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(wrong(format!("{shown}: no manifest (*.yaml, *.yml, *.json) in this folder")));
    }
    let read = |file: &PathBuf| Ok((file.display().to_string(), text_of(file)?));
    Ok(Named::Manifests(files.iter().map(read).collect::<PyResult<_>>()?))
}

fn around(files: Vec<(String, String)>, old: &[(String, String)], beside: &Beside) -> PyResult<Source> {
    let given = Given { name: None, files: &files, against: old, nodes: beside.nodes, templates_of: &[] };
    let made = assumed::around(given).map_err(|why| wrong(why.clone()))?;
    let mut told = made.told;
    told.extend(assumed::wrong(&files).map(|why| format!("left out: {why}")));
    let label = format!("{} (assumed)", made.name);
    let files = files.into_iter().chain(old.iter().cloned()).collect();
    Ok(Source { told, files, ..scenario(&label, made.text) })
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

    /// The plan with these values said otherwise, as `--set` takes them.
    ///
    /// # Errors
    /// All problems that it has; or its pods take more memory than there is.
    pub fn plan(&self, overrides: &[String]) -> Result<Plan, Diagnostics> {
        let plan = scenario::load(&self.label, &self.text, &|path| self.manifest(path), overrides)?;
        self.room_for(&plan).map(|()| plan)
    }

    /// What is read is about to be played.
    fn room_for(&self, plan: &Plan) -> Result<(), Diagnostics> {
        memory::room_for((&self.label, &self.text), plan, &|path| std::fs::read_to_string(path).ok())
    }

    /// Its text with numbers that were fitted, and what is to be known of it. What comes out is a scenario that can be read.
    ///
    /// # Errors
    /// It is no scenario, or would be none.
    pub fn with_numbers(self, fitted: &Fitted) -> PyResult<(String, Vec<String>)> {
        let (text, notes) =
            fit::into::into(&self.text, fitted).map_err(|why| wrong(format!("{}: {why}", self.label)))?;
        // Its lines are not those that somebody wrote.
        let source = Source { label: format!("{} with the numbers", self.label), text, ..self };
        let read = scenario::load(&source.label, &source.text, &|path| source.manifest(path), &[]);
        read.map_err(|problems| source.refused(&problems))?;
        Ok((source.text, notes))
    }

    /// Problems that it has, as an exception.
    pub fn refused(&self, problems: &Diagnostics) -> PyErr {
        errors::of_diagnostics(problems, self.is_dict)
    }

    /// What can be run, what it was made from, and what is odd about it.
    ///
    /// # Errors
    /// All problems that it has, in the program's words; or its pods take more memory than there is.
    pub fn load(&self, beside: &Beside) -> PyResult<(Script, Arc<Plan>, Vec<String>)> {
        let loader = |path: &str| self.manifest(path);
        let (script, loaded) = Script::load(&self.label, &self.text, &loader, &beside.overrides)
            .map_err(|problems| self.refused(&problems))?;
        self.room_for(&loaded.plan).map_err(|problems| self.refused(&problems))?;
        let mut told = self.told.clone();
        if loaded.warnings.warnings() > 0 {
            told.push(errors::rendered(&loaded.warnings));
        }
        Ok((script, Arc::new(loaded.plan), told))
    }

    /// What a script was made from, once more.
    pub fn of_script(
        label: &str,
        text: &str,
        manifests: BTreeMap<String, String>,
        told: Vec<String>,
    ) -> Source {
        Source { files: manifests.into_iter().collect(), told, ..scenario(label, text.to_owned()) }
    }
}

/// A scenario that is built in.
#[pyclass(frozen, get_all, module = "kubelapse")]
pub struct Shipped {
    /// What it is called.
    name: &'static str,
    /// What it is about.
    topic: &'static str,
    /// In a sentence.
    description: String,
    /// Its file.
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
    /// For `pickle`: its name.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&'static str,))> {
        Ok((py.import("kubelapse._kubelapse")?.getattr("shipped_of")?, (self.name,)))
    }
}

impl From<&builtin::Builtin> for Shipped {
    fn from(own: &builtin::Builtin) -> Shipped {
        Shipped {
            name: own.name,
            topic: own.topic.title(),
            description: own.description(),
            text: own.text,
            is_lesson: own.lesson().is_some(),
            is_large: own.topic == builtin::Topic::Scale,
        }
    }
}

/// All scenarios that are built in.
#[pyfunction]
pub fn catalogue() -> Vec<Shipped> {
    builtin::ALL.iter().map(Shipped::from).collect()
}

/// One that was pickled.
#[pyfunction]
pub fn shipped_of(name: &str) -> PyResult<Shipped> {
    let own = builtin::find(name).map(Shipped::from);
    own.ok_or_else(|| wrong(format!("no scenario `{name}` is built in: another version has pickled it")))
}
