//! `kubelapse step`: the full screen on a terminal, the line mode elsewhere.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::source::{self, Beside, Source};
use super::{Exit, beside, check, converse, memory, report, screen, talk};
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
    /// Lines instead of a full screen: for pipes, screen readers and tests
    #[arg(long)]
    plain: bool,
    /// Asks the questions of the scenario's lesson, and for a prediction before STATUS changes
    #[arg(long)]
    quiz: bool,
}

pub fn step(arguments: &Arguments) -> Exit {
    let (source, mut walk) = match open(arguments) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    // Nobody who walks through a run is asked questions that he has not asked for.
    (walk.quiz.on, walk.quiz.mute) = (arguments.quiz, !arguments.quiz);
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
    let overrides = arguments.beside.overrides(arguments.until.as_ref());
    match opened(&source, &overrides, arguments.seed) {
        Ok(walk) => Ok((source, walk)),
        Err(problems) => {
            report(&problems);
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
    memory::room_for(source, &loaded.plan)?;
    source::tell(source, &loaded.warnings);
    talk(&loaded.plan.left_out.no_effect_words());
    let beside = source.clone();
    script.files = Files::new(move |path| beside.named(path));
    let plan = Arc::new(loaded.plan);
    Ok(Walk::new(script, &plan, seed.unwrap_or(plan.seed)))
}

/// What asks for writing over a file.
const FORCE: &str = " --force";

/// Writes what was done as a scenario; its manifests go along when it is written elsewhere. Nothing is written over that
/// nobody named with `--force`.
pub fn save(source: &Source, walk: &Walk, words: &str) -> Result<String, String> {
    let (path, over) = match words.strip_suffix(FORCE) {
        Some(path) => (path.trim_end(), true),
        None => (words, false),
    };
    if path.trim().is_empty() {
        return Err("save where? As in `save lesson.toml`".to_owned());
    }
    let place = Path::new(path);
    let refuse = |place: &Path, e: &io::Error| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{} is there already: `save {path}{FORCE}` writes over it", place.display())
        }
        _ => super::without_its_number(&format!("{}: {e}", place.display())),
    };
    let write = |place: &Path, text: &str| {
        let write = if over { beside::replace } else { beside::write_new };
        write(place, text).map_err(|e| refuse(place, &e))
    };
    let folder = place.parent().unwrap_or(Path::new(""));
    let moves = source.folder.as_deref() != Some(folder);
    let mut outside = "";
    for (name, text) in &walk.script().manifests {
        if source::leads_out(name) {
            if moves {
                return Err(format!(
                    "`{name}` lies outside of the scenario's folder, and from another one the way there is another: save it \
                     beside the scenario"
                ));
            }
            outside = " --manifests DIR";
        } else if moves && !beside::is_there(&folder.join(name), text) {
            write(&folder.join(name), text)?;
        }
    }
    write(place, &walk.saved())?;
    let unkept = !walk.plan().expects.is_empty() && !walk.done().is_empty();
    let warning = if unkept { " (its expectations are of the run without your actions)" } else { "" };
    Ok(format!("saved: kubelapse run {path}{outside} writes the same timeline again{warning}"))
}
