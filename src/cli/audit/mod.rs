//! `kubelapse audit`: what does my manifest promise? Each question of each workload is played on a core of its own; what is told
//! stands in the order of the manifests, whatever the cores did.

mod formats;

use std::io::{self, IsTerminal as _};

use rayon::prelude::*;

use super::source::{self, Beside, Source};
use super::{Exit, check, fault, interrupt, print, print_json, report, talk};
use crate::answers::audit::{
    Answer, Assumed, Case, Change, Finding, QUESTIONS, Question, Rank, Subject, Told, changes, subjects,
};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::values::parse_duration;
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
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names())]
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
    let asked = QUESTIONS.iter().filter(|question| !question.is_of_changes());
    asked.map(|question| question.name).collect::<Vec<_>>().into()
}

fn after_help() -> String {
    let questions: String =
        QUESTIONS.iter().map(|question| format!("  {:<10} {}\n", question.name, question.asks)).collect();
    format!(
        "Questions, each answered by playing the workload otherwise under several seeds (ranges are 5 to 95 %):
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

/// A workload with what its questions have come to, in their order.
pub struct Audited {
    pub subject: Subject,
    pub told: Vec<Told>,
}

impl Audited {
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.told.iter().flat_map(|told| &told.answers)
    }
    /// The worst first.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.told.iter().flat_map(|told| &told.findings).collect();
        all.sort_by_key(|finding| finding.rank);
        all
    }
}

/// What was said of programs.
struct Assumptions(Vec<(Option<String>, Assumed)>);

impl Assumptions {
    fn read(words: &[String]) -> Result<Assumptions, String> {
        let mut all: Vec<(Option<String>, Assumed)> = Vec::new();
        for word in words {
            let refuse = |why: &str| format!("--assume {word}: {why}");
            let (key, value) = word.split_once('=').ok_or_else(|| refuse("expected boots=20s"))?;
            let (of, what) = match key.trim().rsplit_once('.') {
                Some((of, what)) => (Some(of.to_owned()), what),
                None => (None, key.trim()),
            };
            let span = Some(parse_duration(value.trim()).map_err(|why| refuse(&why))?);
            let place = all.iter().position(|(own, _)| *own == of).unwrap_or_else(|| {
                all.push((of, Assumed::default()));
                all.len() - 1
            });
            let own = &mut all[place].1;
            match what {
                "boots" => own.boots = span,
                "stops" => own.stops = span,
                "runs" => own.runs = span,
                _ => return Err(refuse("there are boots, stops and runs")),
            }
        }
        Ok(Assumptions(all))
    }

    fn of(&self, subject: &Subject) -> Assumed {
        let mut assumed = Assumed::default();
        let of_all = self.0.iter().filter(|(of, _)| of.is_none());
        let own = self
            .0
            .iter()
            .filter(|(of, _)| of.as_deref().is_some_and(|of| subject.name == *of || subject.words() == of));
        for (_, said) in of_all.chain(own) {
            assumed.boots = said.boots.or(assumed.boots);
            assumed.stops = said.stops.or(assumed.stops);
            assumed.runs = said.runs.or(assumed.runs);
        }
        assumed
    }

    /// Workloads that something was said of and that are not there.
    fn unknown(&self, there: &[Subject]) -> Option<&str> {
        let named = self.0.iter().filter_map(|(of, _)| of.as_deref());
        let is_there = |of: &&str| there.iter().any(|own| own.name == **of || own.words() == **of);
        named.into_iter().find(|of| !is_there(of))
    }
}

pub fn audit(arguments: &Arguments) -> Exit {
    interrupt::listen();
    let assumptions = match Assumptions::read(&arguments.assume) {
        Ok(assumptions) => assumptions,
        Err(problem) => {
            talk(&format!("error: {problem}\n"));
            return Exit::WrongRequest;
        }
    };
    let overrides = arguments.beside.overrides(None);
    let is_change = !arguments.against.is_empty();
    let (sources, mut is_wrong) = match is_change {
        false => check::all(&arguments.files, &arguments.beside),
        true => match source::change(&arguments.files, &arguments.against, &arguments.beside) {
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
    if !is_wrong && there.is_empty() {
        let kinds =
            [ObjectType::Deployment, ObjectType::StatefulSet, ObjectType::DaemonSet].map(ObjectType::name);
        talk(&format!(
            "error: there is no workload in it ({}, …) that could be asked about\n",
            kinds.join(", ")
        ));
        return Exit::WrongRequest;
    }
    let is_shared = |plan: &Plan| {
        changes(plan)
            .iter()
            .any(|own| own.subject.is_workload() && own.before.is_some() && own.after.is_some())
    };
    if is_change && !is_wrong && !plans.iter().any(|(_, plan)| is_shared(plan)) {
        talk(
            "error: no workload stands both in these manifests and in those of --against (a workload is one by kind, namespace and name)\n",
        );
        return Exit::WrongRequest;
    }
    if let Some(name) = assumptions.unknown(&there).filter(|_| !is_wrong) {
        talk(&format!("error: --assume {name}: there is no such workload\n"));
        return Exit::WrongRequest;
    }
    if is_wrong {
        return Exit::WrongRequest;
    }
    let mut audited = Vec::new();
    for (source, plan) in &plans {
        match ask(source, plan, &overrides, &assumptions, arguments) {
            Ok(own) => audited.extend(own),
            Err(exit) => return exit,
        }
    }
    if let Err(exit) = show(&audited, arguments) {
        return exit;
    }
    let is_broken = audited.iter().flat_map(Audited::findings).any(|finding| finding.rank == Rank::Broken);
    if is_broken { Exit::ExpectationFailed } else { Exit::Ran }
}

fn show(audited: &[Audited], arguments: &Arguments) -> Result<(), Exit> {
    match arguments.output {
        Output::Table => print(&formats::table(audited, arguments.quiet)),
        Output::Json => print_json(&formats::json(audited)),
        Output::Markdown => print(&formats::markdown(audited)),
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
    assumptions: &Assumptions,
    arguments: &Arguments,
) -> Result<Vec<Audited>, Exit> {
    let load = |set: &[String]| {
        let all: Vec<String> = overrides.iter().chain(set).cloned().collect();
        scenario::load(&source.label, &source.text, &|path| source.manifest(path), &all).ok()
    };
    let is_change = !arguments.against.is_empty();
    let made = fault::catch(|| match is_change {
        false => {
            let make = |own: &Subject| Case::new(plan, own.clone(), assumptions.of(own), &load);
            subjects(plan).par_iter().map(make).collect::<Vec<Case<'_>>>()
        }
        true => {
            let make = |own: &Change| Case::of_change(plan, own.clone(), assumptions.of(&own.subject), &load);
            changes(plan).par_iter().map(make).collect()
        }
    });
    let cases = made.map_err(|said| told_fault(&said, plan, ""))?;
    let is_asked = |question: &Question| {
        let named = &arguments.question;
        question.is_of_changes() == is_change
            && (named.is_empty() || named.iter().any(|own| own == question.name))
    };
    let bar = if arguments.quiet || !io::stderr().is_terminal() {
        indicatif::ProgressBar::hidden()
    } else {
        indicatif::ProgressBar::new((cases.len() * QUESTIONS.len()) as u64)
    };
    if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} questions") {
        bar.set_style(style);
    }
    let asked: Vec<(usize, usize)> = (0..cases.len())
        .flat_map(|case| (0..QUESTIONS.len()).map(move |question| (case, question)))
        .collect();
    let told: Vec<Result<Told, String>> = asked
        .par_iter()
        .map(|(case, question)| {
            let question = &QUESTIONS[*question];
            let told = match is_asked(question) && !interrupt::asked() {
                true => fault::catch(|| question.ask(&cases[*case])),
                false => Ok(Told::default()),
            };
            bar.inc(1);
            told
        })
        .collect();
    bar.finish_and_clear();
    if interrupt::asked() {
        talk("interrupted\n");
        return Err(Exit::Interrupted);
    }
    let mut told = told.into_iter();
    let mut audited = Vec::new();
    for subject in cases.iter().map(|case| case.subject.clone()) {
        let own: Result<Vec<Told>, String> = told.by_ref().take(QUESTIONS.len()).collect();
        let own = own.map_err(|said| told_fault(&said, plan, &subject.words()))?;
        // Of what is no workload only a refusal is told.
        if subject.is_workload() || own.iter().any(|told| !told.findings.is_empty()) {
            audited.push(Audited { subject, told: own });
        }
    }
    Ok(audited)
}

fn told_fault(said: &str, plan: &Plan, of: &str) -> Exit {
    talk(&format!("{}  {} {of}, digest {}\n", fault::words(said), plan.name, plan.digest));
    Exit::OurFault
}
