//! `kubelapse compare --calibrate DIR`: recordings of a cluster, held against many seeds of their scenarios.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::compare::print_answer;
use super::source::text_inside;
use super::{Exit, fault, print, talk};
use crate::calibration::{self, Recording, Report, Seen};

/// A recording's folder holds these two at least,
const SCENARIO: &str = "scenario.toml";
const TIMELINE: &str = "timeline.csv";
/// Or a stream in its place.
const STREAM: &str = calibration::STREAM;
/// So deep is looked for recordings.
const DEEPEST: usize = 8;

/// All recordings in a folder and below, each in a folder of its own.
///
/// # Errors
/// In words: what cannot be read, or that there is none.
fn recordings(root: &Path) -> Result<Vec<Recording>, String> {
    let mut folders = Vec::new();
    find(root, DEEPEST, &mut folders).map_err(|problem| format!("{}: {problem}", root.display()))?;
    folders.sort();
    let name = |path: Option<&Path>| {
        let full = path.and_then(|path| fs::canonicalize(path).ok());
        full.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_default()
    };
    let mut found = Vec::new();
    for folder in &folders {
        let text = |path: &str| text_inside(folder, path);
        let beside = folder.join("..");
        let recording = Recording::read(&name(Some(&beside)), &name(Some(folder)), &text)
            .map_err(|problem| format!("{}: {problem}", folder.display()))?;
        found.push(recording);
    }
    if found.is_empty() {
        return Err(format!(
            "{}: no recording in it\n  hint: a recording is a folder with {SCENARIO}, which says what was done, and {TIMELINE}, \
             what a client saw (workloads.csv and endpoints.csv of workloads), or {STREAM}, what its watches printed (`kubelapse fit --record`)",
            root.display()
        ));
    }
    Ok(found)
}

fn find(folder: &Path, deeper: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.join(SCENARIO).is_file() && [TIMELINE, STREAM].iter().any(|name| folder.join(name).is_file()) {
        found.push(folder.to_path_buf());
        return Ok(());
    }
    if deeper == 0 {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find(&entry.path(), deeper - 1, found)?;
        }
    }
    Ok(())
}

pub fn calibrate(folder: &Path, seeds: u64, json: bool) -> Exit {
    let recordings = match recordings(folder) {
        Ok(recordings) => recordings,
        Err(problem) => {
            talk(&format!("error: {problem}\n"));
            return Exit::WrongRequest;
        }
    };
    let bar = super::progress(recordings.len() as u64 * seeds, "runs");
    let seen: Result<Vec<Seen>, String> = recordings
        .par_iter()
        .map(|recording| fault::catch(|| calibration::judge(recording, seeds, &|| bar.inc(1))))
        .collect();
    bar.finish_and_clear();
    let seen = match seen {
        Ok(seen) => seen,
        Err(said) => {
            talk(&fault::words(&said));
            return Exit::OurFault;
        }
    };
    for recording in recordings.iter().filter(|recording| recording.in_whole_seconds) {
        talk(&format!(
            "note: {}/{}: nobody stamped its stream; in whole seconds its gaps are not judged\n",
            recording.set, recording.name
        ));
    }
    let judged: Vec<(&Recording, &Seen)> = recordings.iter().zip(&seen).collect();
    let report = Report::of(&judged, seeds);
    if !json {
        print(&report.render());
    } else if let Err(problem) = print_answer(&report) {
        talk(&format!("error: {problem}\n"));
        return Exit::OurFault;
    }
    match (seen.iter().any(|seen| seen.trouble.is_some()), report.calibrated) {
        (true, _) => Exit::WrongRequest,
        (false, true) => Exit::Ran,
        (false, false) => Exit::ExpectationFailed,
    }
}
