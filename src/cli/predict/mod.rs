//! `kubelapse predict`: what comes next for what kubectl printed.

mod formats;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::hands::Threads;
use super::source::{self, Beside};
use super::{Exit, explain, fault, interrupt, print, print_json, progress, report, talk};
use crate::answers::hands::Stopped;
use crate::answers::predict::{self, Asked, Prediction, play};
use crate::rules::versions::Version;
use crate::scenario::Plan;
use crate::scenario::given::{self, Problem, SetUp};
use crate::scenario::values::parse_duration;
use crate::time::{Span, Time};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl get pod web -o yaml | kubelapse predict -
  kubectl get all,nodes,events -n shop -o yaml | kubelapse predict -
  kubelapse predict pods.json --now 2026-11-22T13:52:03Z
  kubelapse predict pods.json --assume web.runs=forever     what if it stays up this time?
  kubelapse predict pods.json --scenario web.toml           programs, images and latencies of a scenario

Windows hold 90 % of what may come (--level) and are rounded outward to whole seconds. What a program does is what it did last, \
unless --assume or --scenario says otherwise.

Exit codes: 0 predicted, 2 the request was wrong.")]
pub struct Arguments {
    /// What kubectl printed with -o yaml or -o json (a pod, a List, get all, a watch); - reads standard input
    file: String,
    /// The instant that it was printed at (RFC 3339); without it now for standard input, and the newest instant in a file
    #[arg(long)]
    now: Option<String>,
    /// Kubernetes version whose habits count, instead of that of the nodes
    #[arg(long)]
    kubernetes: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "A scenario whose [[program]], [[image]], [latency] and settings count"
    )]
    scenario: Option<String>,
    /// What programs will do: runs=30s,exits=1,boots=20s,stops=8s; of one workload or pod: web.runs=forever
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    assume: Vec<String>,
    /// How far it looks ahead
    #[arg(long = "for", value_name = "TIME", default_value = "1h")]
    ahead: String,
    /// Which share of what may come a window holds, in percent
    #[arg(long, value_name = "PERCENT", default_value = "90", value_parser = clap::value_parser!(u8).range(1..=99))]
    level: u8,
    /// How many presents are played; of very many pods or containers fewer are, which is told
    #[arg(long, value_name = "N", default_value = "200", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
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
    /// A row for each change
    Csv,
    /// For a page or a merge request
    Markdown,
}

pub fn predict(arguments: &Arguments) -> Exit {
    interrupt::listen();
    let (up, asked) = match request(arguments) {
        Ok(request) => request,
        Err(problems) => {
            for problem in &problems {
                let place = if problem.line > 0 {
                    format!("{}:{}: ", arguments.file, problem.line)
                } else {
                    String::new()
                };
                talk(&format!("error: {place}{}\n", problem.words));
                if !problem.hint.is_empty() {
                    talk(&format!("help: {}\n", problem.hint));
                }
            }
            return Exit::WrongRequest;
        }
    };
    let prediction = match made(&up, &asked) {
        Ok(prediction) => prediction,
        Err(exit) => return exit,
    };
    for note in &prediction.notes {
        talk(&format!("note: {note}\n"));
    }
    if prediction.seeds < arguments.seeds {
        talk(&format!(
            "note: {} presents instead of {}, for so many pods and containers\n",
            prediction.seeds, arguments.seeds
        ));
    }
    match arguments.output {
        Output::Table => print(&formats::table(&prediction)),
        Output::Json => print_json(&formats::json(&prediction)),
        Output::Csv => print(&formats::csv(&prediction)),
        Output::Markdown => print(&formats::markdown(&prediction)),
    }
    Exit::Ran
}

/// The first line of each pod's future, by `namespace/name`, for who asks for nothing else; none where the text is no cluster or
/// there are too many pods.
pub fn first_lines(text: &str, beside: &given::Beside, version: Version) -> BTreeMap<String, String> {
    const PODS: usize = 100;
    let none = BTreeMap::new;
    let Ok(given) = given::read(text, beside) else { return none() };
    if given.pods.is_empty() || given.pods.len() > PODS {
        return none();
    }
    let Ok(plan) = predict::blank(version.as_str()) else { return none() };
    let asked = Asked { seeds: 60, ..Asked::default() };
    let up = SetUp::new(given, &plan, &[]);
    let played = (0..asked.seeds).into_par_iter().map(|seed| play(&up, seed, &asked)).collect::<Vec<_>>();
    let prediction = Prediction::of(&up, &played, &asked);
    let lines = prediction.pods.iter().map(|pod| {
        let place = format!("{}/{}", pod.namespace, pod.name);
        (place, formats::only_line(pod, &prediction))
    });
    lines.collect()
}

/// Plays all presents, on all cores.
fn made(up: &SetUp, asked: &Asked) -> Result<Prediction, Exit> {
    let threads = Threads::new(progress(asked.seeds, "presents"));
    let made = predict::ask(up, asked, &threads);
    threads.finish();
    made.map_err(|stopped| match stopped {
        Stopped::Interrupted => {
            talk("interrupted\n");
            Exit::Interrupted
        }
        Stopped::Fault(_, said) => {
            talk(&fault::words(&said));
            Exit::OurFault
        }
    })
}

fn request(arguments: &Arguments) -> Result<(SetUp, Asked), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut wrong = |words: String, hint: &str| problems.push(problem(words, hint));
    let mut beside = given::Beside::default();
    if let Some(text) = &arguments.now {
        beside.now = Time::parse_rfc3339(text);
        if beside.now.is_none() {
            wrong(format!("--now {text}: no instant"), "such as 2026-04-29T04:33:19Z");
        }
    }
    let ahead = parse_duration(&arguments.ahead);
    let ahead = ahead.unwrap_or_else(|why| {
        wrong(format!("--for {}: {why}", arguments.ahead), "such as 90s, 5m, 1h");
        Span::ZERO
    });
    if let Some(text) = arguments.kubernetes.as_ref().filter(|text| Version::parse(text).is_none()) {
        wrong(format!("--kubernetes {text}: no version that is known"), &Version::range());
    }
    let said = match predict::said(&arguments.assume) {
        Ok(said) => said,
        Err(words) => {
            wrong(
                format!("--assume {words}"),
                "runs, boots and stops take a time, runs also forever, exits a code",
            );
            Vec::new()
        }
    };
    let text = explain::read(&arguments.file);
    let text = text.map_err(|problem| wrong(format!("{}: {problem}", arguments.file), "")).ok();
    if arguments.file == "-" {
        beside.clock = Some(explain::wall_clock());
    }
    let scenario = arguments.scenario.as_ref().map(|name| loaded(name, arguments.kubernetes.as_deref()));
    let scenario = match scenario.transpose() {
        Ok(scenario) => scenario,
        Err(own) => {
            problems.extend(own);
            None
        }
    };
    beside.start = scenario.as_ref().map(|plan| plan.start);
    let given = text.as_ref().map(|text| (given::read(text, &beside), text));
    match given {
        Some((Ok(given), _)) if !given.pods.is_empty() || !given.objects.is_empty() => {
            let named = |own: Problem| Problem { words: format!("--assume {}", own.words), ..own };
            problems.extend(predict::unknown(&said, &given).into_iter().map(named));
            if !problems.is_empty() {
                return Err(problems);
            }
            set_up(given, scenario, &said, arguments, ahead)
        }
        Some((Ok(given), text)) => {
            let others: Vec<String> =
                given.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            let hint = "kubectl get pod NAME -o yaml | kubelapse predict -";
            let words = format!("{}: no pod in it{}", arguments.file, crate::explain::instead(text, &others));
            problems.push(problem(with(words, &given.notes), hint));
            Err(problems)
        }
        Some((Err(own), _)) => {
            // What is of no line is of the file.
            problems.extend(own.into_iter().map(|own| match own.line {
                0 => Problem { words: format!("{}: {}", arguments.file, own.words), ..own },
                _ => own,
            }));
            Err(problems)
        }
        None => Err(problems),
    }
}

/// The given cluster in its plan, and what is asked of it.
fn set_up(
    given: given::Given,
    scenario: Option<Plan>,
    said: &[given::Said],
    arguments: &Arguments,
    ahead: Span,
) -> Result<(SetUp, Asked), Vec<Problem>> {
    let plan = match scenario {
        Some(plan) => plan,
        None => predict::blank(&predict::version(arguments.kubernetes.as_deref(), &given))?,
    };
    let asked = Asked { seeds: arguments.seeds, ahead, level: f64::from(arguments.level) / 100.0 };
    let asked = asked.for_given(&given);
    let up = SetUp::new(given, &plan, said);
    if let Some(words) = up.idle() {
        let words = format!("{}: {words}", arguments.file);
        return Err(vec![problem(words, "kubectl get all,nodes,events -o yaml | kubelapse predict -")]);
    }
    Ok((up, asked))
}

fn problem(words: String, hint: &str) -> Problem {
    Problem { line: 0, words, hint: hint.to_owned() }
}

/// What is odd about an input says why nothing comes of it.
fn with(mut words: String, notes: &[String]) -> String {
    for note in notes {
        words.push_str("; ");
        words.push_str(note);
    }
    words
}

/// The scenario of a name or a file.
fn loaded(name: &str, version: Option<&str>) -> Result<Plan, Vec<Problem>> {
    let beside = Beside::default();
    let mut overrides = beside.overrides(None);
    overrides.extend(version.map(|version| format!("kubernetes={version}")));
    let (sources, problems) = source::sources(&[name.to_owned()], &beside);
    let wrong = |words: String| vec![problem(words, "")];
    if let Some(problem) = problems.into_iter().next() {
        return Err(wrong(problem));
    }
    let Some(source) = sources.first() else { return Err(wrong(format!("{name}: no scenario"))) };
    source::load(source, &overrides).map_err(|problems| {
        report(&problems);
        wrong(format!("--scenario {name}: it is wrong"))
    })
}
