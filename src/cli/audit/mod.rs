//! `kubelapse audit`: what does my manifest promise? Each question of each workload is played on a core of its own; what is told
//! stands in the order of the manifests, whatever the cores did.

mod formats;

use std::io::{self, IsTerminal as _};

use super::hands::Threads;
use super::source::{self, Beside, Source};
use super::{Exit, check, columns, fault, interrupt, print, print_json, report, talk};
use crate::answers::audit::{self, Asked, Assumptions, Audited, QUESTIONS, Subject, subjects};
use crate::answers::hands::Stopped;
use crate::scenario::{self, Plan};

#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Arguments {
    /// Manifests: files, folders of them, - for standard input; or a scenario
    #[arg(required = true)]
    files: Vec<String>,
    /// Judges a change instead: what becomes of it when FILES are applied over these manifests
    #[arg(long, value_name = "OLD", num_args = 1.., conflicts_with = "question")]
    against: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// What is known of the programs: boots=20s,stops=8s,runs=5m; of one workload: web.boots=40s
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    assume: Vec<String>,
    /// Asks these questions only (see below)
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names(), hide_possible_values = true)]
    question: Vec<String>,
    /// What is printed
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// Prints findings only
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// Figures and findings, for people
    Table,
    /// All of it
    Json,
    /// For a page or a merge request
    Markdown,
    /// Findings, for code scanning
    Sarif,
    /// A test case for each question, for CI systems
    Junit,
}

/// The questions that are asked where nothing is changed.
fn names() -> clap::builder::PossibleValuesParser {
    Asked::names().into()
}

fn after_help() -> String {
    let questions: String =
        QUESTIONS.iter().map(|question| format!("  {:<10} {}\n", question.name, question.asks)).collect();
    format!(
        "Questions, each answered by playing under several seeds (ranges: 5 to 95 %):
{questions}
Examples:
  kubelapse audit web.yaml
  kubelapse audit web.yaml --assume boots=20s,stops=8s
  helm template shop | kubelapse audit - -o markdown
  kubelapse audit k8s/ -o sarif > audit.sarif
  kubelapse audit new/ --against old/

Exit codes: 0 nothing is broken, 1 something is, 2 the request was wrong."
    )
}

pub fn audit(arguments: &Arguments) -> Exit {
    interrupt::listen();
    let is_change = !arguments.against.is_empty();
    let assumptions = match Assumptions::read(&arguments.assume) {
        Ok(assumptions) => assumptions,
        Err(problem) => {
            talk(&format!("error: --assume {problem}\n"));
            return Exit::WrongRequest;
        }
    };
    let beside = arguments.beside.quietly(arguments.quiet);
    let overrides = beside.overrides(None);
    let (sources, mut is_wrong) = match is_change {
        false => check::all(&arguments.files, &beside),
        true => match source::change(&arguments.files, &arguments.against, &beside) {
            Ok(source) => (vec![source], false),
            Err(problems) => {
                problems.iter().for_each(|problem| talk(&format!("error: {problem}\n")));
                return Exit::WrongRequest;
            }
        },
    };
    let mut plans = Vec::new();
    for source in sources {
        match source::playable(&source, &overrides) {
            Ok(plan) => plans.push((source, plan)),
            Err(problems) => {
                report(&problems);
                is_wrong = true;
            }
        }
    }
    let there: Vec<Subject> = plans.iter().flat_map(|(_, plan)| subjects(plan)).collect();
    let all: Vec<&Plan> = plans.iter().map(|(_, plan)| plan).collect();
    if let Some(why) = audit::nothing_in(&all, is_change).filter(|_| !is_wrong) {
        talk(&format!("error: {why}\n"));
        return Exit::WrongRequest;
    }
    if let Some(problem) = assumptions.unknown(&there).filter(|_| !is_wrong) {
        talk(&format!("error: --assume {problem}\n"));
        return Exit::WrongRequest;
    }
    if is_wrong {
        return Exit::WrongRequest;
    }
    let asked = Asked { questions: arguments.question.clone(), is_change, assumptions };
    let mut audited = Vec::new();
    for (source, plan) in &plans {
        match ask(source, plan, &overrides, &asked, arguments.quiet) {
            Ok(own) => audited.extend(own),
            Err(exit) => return exit,
        }
    }
    if let Err(exit) = show(&audited, arguments) {
        return exit;
    }
    if audited.iter().any(Audited::is_broken) { Exit::ExpectationFailed } else { Exit::Ran }
}

fn show(audited: &[Audited], arguments: &Arguments) -> Result<(), Exit> {
    match arguments.output {
        Output::Table => print(&formats::table(audited, arguments.quiet, columns::room())),
        Output::Json => print_json(&formats::json(audited)),
        Output::Markdown => print(&formats::markdown(audited, arguments.quiet)),
        Output::Sarif => print_json(&formats::sarif(audited)),
        Output::Junit => match formats::junit(audited) {
            Ok(text) => print(&text),
            Err(problem) => {
                talk(&format!("error: the report cannot be written: {problem}\n"));
                return Err(Exit::OurFault);
            }
        },
    }
    Ok(())
}

/// All questions of all workloads of a plan.
fn ask(
    source: &Source,
    plan: &Plan,
    overrides: &[String],
    asked: &Asked,
    quiet: bool,
) -> Result<Vec<Audited>, Exit> {
    let load = |set: &[String]| {
        let all: Vec<String> = overrides.iter().chain(set).cloned().collect();
        scenario::load(&source.label, &source.text, &|path| source.manifest(path), &all).ok()
    };
    let bar = match quiet || !io::stderr().is_terminal() {
        true => indicatif::ProgressBar::hidden(),
        false => indicatif::ProgressBar::new(asked.pieces(plan)),
    };
    if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} questions") {
        bar.set_style(style);
    }
    let threads = Threads::new(bar);
    let came = audit::ask(plan, &load, asked, &threads);
    threads.finish();
    came.map_err(|stopped| match stopped {
        (Stopped::Interrupted, _) => {
            talk("interrupted\n");
            Exit::Interrupted
        }
        (Stopped::Fault(_, said), of) => {
            talk(&format!("{}  {} {of}, digest {}\n", fault::words(&said), plan.name, plan.digest));
            Exit::OurFault
        }
    })
}
