//! `kubelapse step`: the full screen on a terminal, the line mode elsewhere.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::source::{Source, sources};
use super::{Exit, converse, print, talk};
use crate::scenario::Diagnostics;
use crate::session::{Script, Walk};
use crate::tui;

#[derive(clap::Args)]
pub struct Arguments {
    /// Name of a built-in scenario, or a file
    scenario: String,
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
    if arguments.plain || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return match converse::lines(walk, &save, &mut |_| {}) {
            Ok(_) => Exit::Ran,
            Err(problem) => {
                talk(&format!("error: {problem}\n"));
                Exit::WrongRequest
            }
        };
    }
    match shown(|stop| tui::run(walk, &save, stop)) {
        Ok(walk) => {
            if walk.quiz.score().1 > 0 {
                print(&walk.debrief());
            }
            Exit::Ran
        }
        Err(exit) => exit,
    }
}

/// Shows something on the full screen. A panic is never an answer, but if there is one, it is ours: the screen is put
/// back before its message.
pub fn shown<T>(show: impl FnOnce(&Arc<AtomicBool>) -> io::Result<T>) -> Result<T, Exit> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Ctrl-C arrives as a key; this is for who asks from outside.
    let _ = ctrlc::set_handler(move || {
        asked.store(true, Ordering::Relaxed);
        give_up();
    });
    match std::panic::catch_unwind(AssertUnwindSafe(|| show(&stop))) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(problem)) => {
            talk(&format!("error: this terminal cannot be used ({problem}); try --plain\n"));
            Err(Exit::WrongRequest)
        }
        Err(_) => {
            talk(
                "error: this is a bug in kubelapse; please report it with the scenario and the keys that led here\n",
            );
            Err(Exit::OurFault)
        }
    }
}

/// How long the screen has to leave by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// A terminal that has been closed is waited for in vain, with all the power of a core: whoever does not leave when
/// asked from outside is taken out.
#[expect(clippy::disallowed_methods, reason = "it waits for the screen, not for a simulated instant")]
fn give_up() {
    std::thread::sleep(PATIENCE);
    std::process::exit(Exit::Interrupted as i32);
}

fn open(arguments: &Arguments) -> Result<(Source, Walk), Exit> {
    let refuse = |problem: &str| {
        talk(&format!("error: {problem}\n"));
        Err(Exit::WrongRequest)
    };
    let source = match sources(&arguments.scenario) {
        Err(problem) => return refuse(&problem),
        Ok(mut list) if list.len() == 1 => list.remove(0),
        Ok(list) => {
            return refuse(&format!(
                "`{}` holds {} scenarios: step through one",
                arguments.scenario,
                list.len()
            ));
        }
    };
    let mut overrides = arguments.set.clone();
    overrides.extend(arguments.until.iter().map(|until| format!("until={until}")));
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
    let (script, loaded) =
        Script::load(&source.label, &source.text, &|path| source.manifest(path), overrides)?;
    if loaded.warnings.warnings() > 0 {
        talk(&loaded.warnings.render(true));
    }
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
