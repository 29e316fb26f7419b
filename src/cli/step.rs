//! `kubelapse step`: the full screen on a terminal, the line mode elsewhere.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::line::{Line, Reply};
use super::source::{Source, sources};
use super::{Exit, print, talk};
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
        return lines(walk, &save);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Ctrl-C arrives as a key; this is for who asks from outside.
    let _ = ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed));
    // A panic is never an answer, but if there is one, it is ours: the screen is put back before its message.
    let shown = std::panic::catch_unwind(AssertUnwindSafe(|| tui::run(walk, &save, &stop)));
    let Ok(shown) = shown else {
        talk(
            "error: this is a bug in kubelapse; please report it with the scenario and the keys that led here\n",
        );
        return Exit::OurFault;
    };
    match shown {
        Ok(walk) => {
            if walk.quiz.score().1 > 0 {
                print(&walk.debrief());
            }
            Exit::Ran
        }
        Err(problem) => {
            talk(&format!("error: this terminal cannot be used ({problem}); try --plain\n"));
            Exit::WrongRequest
        }
    }
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
    match Script::load(&source.label, &source.text, &|path| source.manifest(path), &overrides) {
        Ok((script, loaded)) => {
            if loaded.warnings.warnings() > 0 {
                talk(&loaded.warnings.render(true));
            }
            let plan = Arc::new(loaded.plan);
            let seed = arguments.seed.unwrap_or(plan.seed);
            Ok((source, Walk::new(script, &plan, seed)))
        }
        Err(problems) => {
            talk(&problems.render(true));
            Err(Exit::WrongRequest)
        }
    }
}

/// Writes what was done as a scenario; its manifests go along when it is written elsewhere.
fn save(source: &Source, walk: &Walk, path: &str) -> Result<String, String> {
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
    let unkept = !walk.plan().expects.is_empty() && !walk.commands().is_empty();
    let warning = if unkept { " (its expectations are of the run without your actions)" } else { "" };
    Ok(format!("saved: kubelapse run {path} writes the same timeline again{warning}"))
}

/// Reads commands line by line until the end of the input.
fn lines(walk: Walk, save: &dyn Fn(&Walk, &str) -> Result<String, String>) -> Exit {
    let mut line = Line::new(walk);
    let prompts = io::stdin().is_terminal();
    let mut out = io::stdout().lock();
    let mut tell = |text: &str| out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok();
    if !tell(&line.welcome()) {
        return Exit::Ran;
    }
    let mut input = io::stdin().lock();
    loop {
        let prompt = line.prompt();
        if !tell(if prompts { &prompt } else { "" }) {
            return Exit::Ran;
        }
        let mut text = String::new();
        match input.read_line(&mut text) {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) => {
                talk(&format!("error: the input cannot be read: {e}\n"));
                return Exit::WrongRequest;
            }
        }
        // A pipe shows what was asked, so that a transcript reads as a conversation.
        if !prompts && !tell(&format!("{prompt}{}\n", text.trim_end())) {
            return Exit::Ran;
        }
        match line.say(text.trim(), save) {
            Reply::Text(text) => {
                if !tell(&text) {
                    return Exit::Ran;
                }
            }
            Reply::Quit(text) => {
                tell(&text);
                return Exit::Ran;
            }
        }
    }
    let farewell = line.farewell();
    tell(&farewell);
    Exit::Ran
}
