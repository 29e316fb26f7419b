//! `kubelapse fit`: what is my cluster like? Reads what a cluster showed over time, and tells it as a scenario's numbers.

mod around;
mod formats;
mod record;

use std::path::{Path, PathBuf};

use super::explain::{read, wall_clock};
use super::source::text_inside;
use super::{Exit, beside, print, print_json, talk};
use crate::answers::fit::{self, Fitted, into};
use crate::observed::{History, Problem};
use crate::scenario;

#[derive(clap::Args)]
#[command(after_help = "What is read, several files together, in any order:
  kubectl get pods -A -w -o json --output-watch-events > pods.json        pods as they change
  kubectl get events -A -w -o json --output-watch-events > events.json    pulls, starts, kills, failed probes
  kubectl get nodes,deployments,replicasets,jobs -A -o json > rest.json   whose pods they are
  kubectl get pods -A -o json                                             also lists, taken now and then

Times in objects are whole seconds. A stream that is stamped as it comes shows parts of a second, and [latency]:
  kubectl get pods -A -w -o json --output-watch-events | kubelapse fit --record pods.jsonl -
Ctrl-C or the stream's end closes the file, which then is fitted.

Examples:
  kubelapse fit pods.json events.json
  kubelapse fit pods.jsonl events.jsonl --into web.toml
  kubelapse fit pods.jsonl events.jsonl rest.json --out cluster.toml")]
pub struct Arguments {
    /// What kubectl printed over time; - reads standard input
    #[arg(required = true)]
    files: Vec<String>,
    /// Stamps each object of standard input as it comes and keeps it in a new file, line by line
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Writes the numbers into a scenario; its comments and its order stay
    #[arg(long, value_name = "SCENARIO", conflicts_with = "out")]
    into: Option<PathBuf>,
    /// Writes a scenario around the objects that were seen
    #[arg(long, value_name = "SCENARIO")]
    out: Option<PathBuf>,
    /// What is printed
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people
    Table,
    /// All of it
    Json,
    /// A row for each number
    Csv,
}

pub fn fit(arguments: &Arguments) -> Exit {
    match asked(arguments) {
        Ok(()) => Exit::Ran,
        Err(problem) => {
            talk(&format!("error: {problem}\n"));
            Exit::WrongRequest
        }
    }
}

fn asked(arguments: &Arguments) -> Result<(), String> {
    let mut files = arguments.files.clone();
    if let Some(place) = &arguments.record {
        if files.iter().filter(|file| *file == "-").count() != 1 {
            return Err("--record keeps what comes on standard input: name it, `-`, once".to_owned());
        }
        let kept = record::record(place)?;
        talk(&format!("{} is written: {kept} objects\n", place.display()));
        for file in files.iter_mut().filter(|file| *file == "-") {
            *file = place.display().to_string();
        }
    }
    let history = history(&files)?;
    let fitted = fit::fit(&history);
    if fitted.rows.is_empty() {
        let kept = if arguments.record.is_some() { " (the recording is kept)" } else { "" };
        return Err(format!(
            "nothing to fit{kept}: {} versions of objects, of {} pods, and no start, end or pull among them\n  hint: \
             `kubectl get pods,events -A -o json`, or watches of both for a while (`kubelapse fit --help`)",
            history.versions,
            history.pods.len()
        ));
    }
    if let Some(place) = &arguments.into {
        write_into(place, &fitted)?;
    }
    if let Some(place) = &arguments.out {
        write_out(place, &history, &fitted)?;
    }
    match arguments.output {
        Output::Table => print(&formats::table(&fitted)),
        Output::Json => print_json(&formats::json(&fitted)),
        Output::Csv => print(&formats::csv(&fitted)?),
    }
    Ok(())
}

/// So many pods of two clusters are told.
const TOLD: usize = 10;
/// So many problems of a file are shown, as of a scenario; nobody reads more.
const SHOWN: usize = 100;
/// Texts of less than so many bytes are read before anybody waits.
const LARGE: u64 = 4 << 20;

/// What several files tell together.
///
/// # Errors
/// All that is wrong with them, each with its line.
fn history(files: &[String]) -> Result<History, String> {
    let mut history = History::default();
    let mut wrong = String::new();
    for file in files {
        let text = match read(file) {
            Ok(text) => text,
            Err(problem) => {
                wrong.push_str(&format!("{file}: {problem}\n"));
                continue;
            }
        };
        let length = text.len() as u64;
        let bar = (length >= LARGE).then(|| super::progress(length, "bytes"));
        let at = |done: u64| {
            if let Some(bar) = &bar {
                bar.set_position(done);
            }
        };
        let problems = history.take(&text, wall_clock(), &at);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let (warnings, errors): (Vec<Problem>, Vec<Problem>) =
            problems.into_iter().partition(|problem| problem.is_warning);
        for warning in warnings.iter().take(SHOWN) {
            talk(&format!("warning: {}", words(file, warning)));
        }
        talk(&more(&warnings));
        errors.iter().take(SHOWN).for_each(|problem| wrong.push_str(&words(file, problem)));
        wrong.push_str(&more(&errors));
    }
    let mixed = history.mixed();
    for words in mixed.iter().take(TOLD) {
        wrong.push_str(&format!("{words}\n  hint: fit each cluster by itself\n"));
    }
    if mixed.len() > TOLD {
        wrong.push_str(&format!("{} more pods are\n", mixed.len() - TOLD));
    }
    match wrong.trim_end() {
        "" => Ok(history),
        wrong => Err(wrong.to_owned()),
    }
}

/// How many more there are than are shown.
fn more(problems: &[Problem]) -> String {
    match problems.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("… and {more} more\n"),
    }
}

fn words(file: &str, problem: &Problem) -> String {
    let place = if problem.line == 0 { file.to_owned() } else { format!("{file}:{}", problem.line) };
    let hint = if problem.hint.is_empty() { String::new() } else { format!("  hint: {}\n", problem.hint) };
    format!("{place}: {}\n{hint}", problem.words)
}

fn write_into(place: &Path, fitted: &Fitted) -> Result<(), String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", place.display());
    let text = std::fs::read_to_string(place).map_err(|problem| named(&problem))?;
    let (text, notes) = into::into(&text, fitted).map_err(|problem| named(&problem))?;
    check(place, &text, None)?;
    beside::replace(place, &text).map_err(|problem| named(&problem))?;
    talk(&format!("{} has the numbers now\n", place.display()));
    notes.iter().for_each(|note| talk(&format!("note: {note}\n")));
    Ok(())
}

/// A scenario must pass `check` before it is written.
fn check(place: &Path, text: &str, beside: Option<(&str, &str)>) -> Result<(), String> {
    let folder = place.parent().unwrap_or(Path::new(""));
    let loader = |path: &str| match beside {
        Some((name, text)) if name == path => Ok(text.to_owned()),
        _ => text_inside(folder, path),
    };
    let label = place.display().to_string();
    scenario::load_noting(&label, text, &loader, &[]).map(drop).map_err(|problems| {
        format!("{label} is not written, as it would be wrong:\n{}", problems.render(false))
    })
}

fn write_out(place: &Path, history: &History, fitted: &Fitted) -> Result<(), String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", place.display());
    if place.exists() {
        return Err(named(&"it is there already; --into writes numbers into a scenario"));
    }
    let stem = place.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let beside_it = place.with_file_name(format!("{stem}.objects.json"));
    let name = beside_it.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let objects = fit::objects(history);
    if objects.is_empty() {
        let hint = "`kubectl get deployments,statefulsets,daemonsets,jobs,cronjobs,services -A -o json` beside the streams";
        return Err(format!(
            "{}\n  hint: {hint}",
            named(&"no workload and no pod of its own was seen to write it around")
        ));
    }
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": objects });
    let manifest = serde_json::to_string_pretty(&list).map_err(|problem| named(&problem))? + "\n";
    let (text, notes) =
        around::around(&stem, (&name, &manifest), fitted).map_err(|problem| named(&problem))?;
    check(place, &text, Some((&name, &manifest)))?;
    // What was left where the second file could not be written is the same again.
    if !beside::is_there(&beside_it, &manifest) {
        beside::write_new(&beside_it, &manifest)
            .map_err(|problem| format!("{}: {problem}", beside_it.display()))?;
    }
    beside::write_new(place, &text).map_err(|problem| named(&problem))?;
    talk(&format!("{} is written, around {}\n", place.display(), beside_it.display()));
    notes.iter().for_each(|note| talk(&format!("note: {note}\n")));
    Ok(())
}
