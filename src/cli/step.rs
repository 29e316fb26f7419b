//! `kubelapse step`: the full screen on a terminal, the line mode elsewhere.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::source::{self, Beside, Source};
use super::{Exit, check, converse, screen, talk};
use crate::scenario::Diagnostics;
use crate::session::{Files, Script, Walk};

#[derive(clap::Args)]
pub struct Arguments {
    /// Name of a built-in scenario, or a file; or manifests: files, a folder of them
    #[arg(required = true)]
    scenario: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// Seed of all chance, instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// End of the run, instead of the scenario's (a duration: 90s, 15m, 2h)
    #[arg(long, value_name = "DURATION")]
    until: Option<String>,
    /// Overrides one value of the scenario: pod.web.spec.restartPolicy=Never
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Lines instead of a full screen: for pipes, screen readers and tests
    #[arg(long)]
    plain: bool,
    /// Asks for a prediction before STATUS changes
    #[arg(long)]
    quiz: bool,
}

pub fn step(arguments: &Arguments) -> Exit {
    let (source, mut walk) = match open(arguments) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    walk.quiz.on = arguments.quiz;
    let save = |walk: &Walk, path: &str| save(&source, walk, path);
    if screen::is_wanted(arguments.plain) {
        #[cfg(feature = "tui")]
        return screen::walk(walk, &save);
    }
    match converse::lines(walk, &save, &mut |_| {}) {
        Ok(_) => Exit::Ran,
        Err(problem) => {
            talk(&format!("error: {problem}\n"));
            Exit::WrongRequest
        }
    }
}

fn open(arguments: &Arguments) -> Result<(Source, Walk), Exit> {
    let refuse = |problem: &str| {
        talk(&format!("error: {problem}\n"));
        Err(Exit::WrongRequest)
    };
    let words = &arguments.scenario;
    if words.iter().any(|word| word == "-") {
        return refuse("`step` hears you on standard input: save the manifests as a file, and name that");
    }
    let (mut list, is_wrong) = check::all(words, &arguments.beside);
    if is_wrong {
        return Err(Exit::WrongRequest);
    }
    if list.len() != 1 {
        return refuse(&format!("`{}` holds {} scenarios: step through one", words.join(" "), list.len()));
    }
    let source = list.remove(0);
    let overrides = arguments.beside.overrides(&arguments.set, arguments.until.as_ref());
    match opened(&source, &overrides, arguments.seed) {
        Ok(walk) => Ok((source, walk)),
        Err(problems) => {
            talk(&problems.render(true));
            Err(Exit::WrongRequest)
        }
    }
}

/// A scenario at the start of its run; warnings are talked about.
///
/// # Errors
/// Every problem of the scenario.
pub fn opened(source: &Source, overrides: &[String], seed: Option<u64>) -> Result<Walk, Diagnostics> {
    let (mut script, loaded) =
        Script::load(&source.label, &source.text, &|path| source.manifest(path), overrides)?;
    source::tell(source, &loaded.warnings);
    talk(&loaded.plan.left_out.no_effect_words());
    let beside = source.clone();
    script.files = Files::new(move |path| beside.manifest(path));
    let plan = Arc::new(loaded.plan);
    Ok(Walk::new(script, &plan, seed.unwrap_or(plan.seed)))
}

/// Writes what was done as a scenario; its manifests go along when it is written elsewhere.
pub fn save(source: &Source, walk: &Walk, path: &str) -> Result<String, String> {
    let place = Path::new(path);
    let refuse = |place: &Path, e: io::Error| format!("{}: {e}", place.display());
    let folder = place.parent().unwrap_or(Path::new(""));
    if !folder.as_os_str().is_empty() {
        fs::create_dir_all(folder).map_err(|e| refuse(folder, e))?;
    }
    for (name, text) in &walk.script().manifests {
        let beside = folder.join(name);
        if source.folder.as_deref().map(|own| own.join(name)) == Some(beside.clone()) || beside.exists() {
            continue;
        }
        if let Some(parent) = beside.parent() {
            fs::create_dir_all(parent).map_err(|e| refuse(parent, e))?;
        }
        fs::write(&beside, text).map_err(|e| refuse(&beside, e))?;
    }
    fs::write(place, walk.saved()).map_err(|e| refuse(place, e))?;
    let unkept = !walk.plan().expects.is_empty() && !walk.done().is_empty();
    let warning = if unkept { " (its expectations are of the run without your actions)" } else { "" };
    Ok(format!("saved: kubelapse run {path} writes the same timeline again{warning}"))
}
