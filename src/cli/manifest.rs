//! `run.toml`: what a result was made from, so that it can be made again; and a hash of every file beside it, so that
//! whoever reads one knows that both are of one run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::beside;
use super::run::PODS;
use crate::record::tables::TABLES;
use crate::record::{FORMATS, Format};
use crate::scenario::Plan;
use crate::time::Time;
use crate::world::World;

/// The file's name.
pub const NAME: &str = "run.toml";

/// Version of a result's layout: its files, and what `run.toml` says of them. Raised when a reader of the old one would
/// misread the new one; columns are found by their names, so that another column raises nothing.
pub const FORMAT: u32 = 1;

/// Hashes of files by their names.
pub type Hashes = BTreeMap<String, String>;

#[derive(Serialize)]
struct Manifest<'a> {
    format: u32,
    scenario: &'a str,
    /// Of the scenario's text, its manifests and the overrides.
    scenario_digest: &'a str,
    /// A number, or a text where TOML's numbers end.
    seed: toml::Value,
    kubernetes: &'a str,
    /// Of kubelapse.
    version: &'a str,
    start: String,
    /// The end that was asked for, in seconds since the start.
    until: f64,
    /// When the last thing happened of all that could, in seconds since the start; the same where more would have come.
    ended: f64,
    /// How many events were played.
    steps: u64,
    /// Of everything that was played.
    digest: String,
    /// Whether the run was cut short.
    partial: bool,
    formats: Vec<&'a str>,
    files: &'a Hashes,
    feature_gates: BTreeMap<&'a str, bool>,
}

/// The file's text. `ended`: as [`Session::ended_at`](crate::session::Session::ended_at) has it.
pub fn text(
    plan: &Plan,
    seed: u64,
    w: &World,
    formats: &[&Format],
    (partial, ended): (bool, Time),
    files: &Hashes,
) -> String {
    let manifest = Manifest {
        format: FORMAT,
        scenario: &plan.name,
        scenario_digest: &plan.digest,
        seed: i64::try_from(seed).map_or_else(|_| seed.to_string().into(), toml::Value::from),
        kubernetes: plan.gates.version.as_str(),
        version: env!("CARGO_PKG_VERSION"),
        start: plan.start.rfc3339_micros(),
        until: plan.until.since(plan.start).secs_f64(),
        ended: ended.since(plan.start).secs_f64(),
        steps: w.step,
        digest: w.digest.to_string(),
        partial,
        formats: formats.iter().map(|format| format.name).collect(),
        files,
        feature_gates: plan.gates.list().into_iter().collect(),
    };
    // A table of texts and numbers below i64::MAX can be written.
    toml::to_string(&manifest).unwrap_or_default()
}

/// Whether a text is a `run.toml`: no scenario has the digests that it tells of.
pub fn is_one(text: &str) -> bool {
    let told: Option<toml::Table> = toml::from_str(text).ok();
    told.is_some_and(|told| ["scenario_digest", "digest", "steps"].iter().all(|key| told.contains_key(*key)))
}

/// Whether a folder holds the result of a run.
pub fn stands_in(folder: &Path) -> bool {
    let place = folder.join(NAME);
    // What is no file may never end.
    place.is_file() && fs::read_to_string(place).is_ok_and(|text| is_one(&text))
}

/// The files of the result in a folder; none where there is no result.
pub fn files_in(folder: &Path) -> Hashes {
    let told = if stands_in(folder) { Told::of(folder) } else { Ok(None) };
    told.ok().flatten().unwrap_or_default().files
}

/// How a file's hash is written: SHA-256 in hex.
pub fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a `run.toml` says of the result that it stands in.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Told {
    /// None in results from before there were hashes.
    format: Option<u32>,
    pub partial: bool,
    /// Empty in results from before there were hashes.
    pub files: Hashes,
}

impl Told {
    /// What stands in a folder; None without a `run.toml`.
    ///
    /// # Errors
    /// When it cannot be read, or is none of ours.
    pub fn of(folder: &Path) -> io::Result<Option<Told>> {
        match fs::read_to_string(folder.join(NAME)) {
            Ok(text) => Told::read(&text).map(Some).map_err(|problem| unreadable(&problem)),
            Err(problem) if problem.kind() == ErrorKind::InvalidData => Err(unreadable("it is no text")),
            Err(problem) if problem.kind() == ErrorKind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    fn read(text: &str) -> Result<Told, String> {
        let told: Told = toml::from_str(text).map_err(|problem| problem.to_string().trim_end().to_owned())?;
        match told.format {
            Some(FORMAT) if told.files.is_empty() => Err("it is cut: its [files] are missing".to_owned()),
            None | Some(FORMAT) => Ok(told),
            Some(other) => Err(format!("its format is {other}, and this kubelapse knows format {FORMAT}")),
        }
    }
}

fn unreadable(problem: &str) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        format!(
            "{NAME} cannot be read, so that nobody can say of which run the files beside it are: {problem}\nhint: run the \
             scenario again, or copy the file out of the folder to read it as it is"
        ),
    )
}

/// The file of a result that somebody reads: the path itself, or in a folder the first of these names that is there.
///
/// # Errors
/// When none of them is there, with what would write one.
fn find(path: &Path, formats: &[&Format]) -> io::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let mut places = formats.iter().map(|format| path.join(format.file));
    places.find(|place| place.exists()).ok_or_else(|| {
        let names: Vec<&str> = formats.iter().map(|format| format.file).collect();
        let problem = format!(
            "there is no {} in this folder\nhint: `kubelapse run … --format {}` writes one",
            names.join(" and no "),
            formats[0].name
        );
        io::Error::new(ErrorKind::NotFound, problem)
    })
}

/// A file of a result, read.
pub struct Read {
    pub bytes: Vec<u8>,
    /// What is to be known about it.
    pub warning: Option<&'static str>,
}

/// What is said of a result whose run was cut short.
const PARTIAL: &str =
    "this result is partial: its run was cut short, and what is missing at its end says nothing";

/// What is said of a folder in which nothing says what its files are.
const UNFINISHED: &str = "there is no run.toml in this folder: its run was killed while it wrote the result, or the file is lost; whether the \
     others are whole nobody can say";

/// Reads what stands for a path: the file, or in a folder the first of these that is there.
///
/// # Errors
/// As [`find`] and [`read`].
pub fn read_result(path: &Path, formats: &[&Format]) -> io::Result<Read> {
    let mut read = read(&find(path, formats)?)?;
    if path.is_dir() && !path.join(NAME).exists() {
        read.warning = Some(UNFINISHED);
    }
    Ok(read)
}

/// Reads a file. If it is one of a result, it must be the one that the `run.toml` beside it was written for.
///
/// # Errors
/// When it or that `run.toml` cannot be read, or it is of another run.
fn read(path: &Path) -> io::Result<Read> {
    // A run that replaces the result just now ends first.
    let _together = beside::hold(path.parent().unwrap_or(Path::new("")), true);
    let bytes = fs::read(path)?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_ours = name == PODS
        || FORMATS.iter().flat_map(|format| format.files()).chain(TABLES).any(|format| format.file == name);
    let told = if is_ours { Told::of(path.parent().unwrap_or(Path::new("")))? } else { None };
    let told = told.unwrap_or_default();
    let is_whole = told.files.is_empty() || {
        let mut hash = Sha256::new();
        hash.update(&bytes);
        told.files.get(name) == Some(&hex(hash))
    };
    if is_whole {
        return Ok(Read { bytes, warning: told.partial.then_some(PARTIAL) });
    }
    Err(io::Error::new(
        ErrorKind::InvalidData,
        format!(
            "{name} is not the file that {NAME} beside it was written with: this is a mixture of two results\nhint: a run \
             was killed while it replaced an earlier result, or the file was changed; run the scenario again, or copy \
             the file out of the folder to read it as it is"
        ),
    ))
}
