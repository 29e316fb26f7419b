//! `kubelapse compare`

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Exit, calibrate, manifest, print, print_json, talk, upgrade};
use crate::compare::{self, Side};
use crate::record::{csv, objects};
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;
use crate::scenario::assumed;
use crate::scenario::values::parse_duration;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse run web.toml --out before
  kubelapse run web.toml --out after --set pod.web.spec.restartPolicy=Never
  kubelapse compare before after                  what a change does

  kubelapse compare web.toml --versions 1.32,1.37 what an upgrade changes, by the same luck

  kubectl get pods -w -o json --output-watch-events > cluster.json
  kubelapse compare output/web cluster.json       a simulation held against a cluster

  kubelapse compare --calibrate recordings/       do seeds roll the dice of your cluster?

In the answer < marks what only A has, > what only B has, ! times that chance does not explain.
Exit codes: 0 the same (calibrated), 1 they differ (not calibrated), 2 the request was wrong.")]
pub struct Arguments {
    /// A timeline.csv or pods.jsonl, a folder with one, or what kubectl printed; - reads stdin. With --versions a
    /// scenario, or manifests
    #[arg(required_unless_present = "calibrate")]
    a: Option<String>,
    /// What to hold against it
    #[arg(required_unless_present_any = ["calibrate", "versions"], conflicts_with = "versions")]
    b: Option<String>,
    /// Plays a scenario in two versions of Kubernetes and tells what differs
    #[arg(long, value_name = "OLD,NEW", conflicts_with_all = ["calibrate", "kubernetes"])]
    versions: Option<String>,
    /// Holds recordings of a cluster (folders with scenario.toml and timeline.csv) against many seeds of their scenarios:
    /// what is as recorded, and whether recorded gaps lie among simulated ones as dice would have them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["a", "b", "within", "until", "kubernetes", "all"])]
    calibrate: Option<PathBuf>,
    /// How many seeds are played: 200 for --calibrate, the scenario's own for --versions
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: Option<u64>,
    /// `text` for people, `json` for programs
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    /// How far two gaps may differ, instead of what requeues, relists and back-offs explain (a duration: 500ms, 5s)
    #[arg(long, value_name = "DURATION")]
    within: Option<String>,
    /// Leaves out what came later in a pod's life (a duration: 90s, 15m); events then, too
    #[arg(long, value_name = "DURATION")]
    until: Option<String>,
    /// Kubernetes version whose habits count
    #[arg(long, default_value = Version::DEFAULT.as_str(), help = super::kubernetes_help())]
    kubernetes: String,
    /// Every state, also where both are the same
    #[arg(long)]
    all: bool,
}

pub fn compare(arguments: &Arguments) -> Exit {
    let json = arguments.output == "json";
    if let Some(folder) = &arguments.calibrate {
        return calibrate::calibrate(folder, arguments.seeds.unwrap_or(200), json);
    }
    let answer = match (&arguments.versions, &arguments.a, &arguments.b) {
        (Some(versions), Some(scenario), None) => {
            how(arguments).and_then(|how| upgrade::upgrade(scenario, versions, arguments.seeds, how))
        }
        (_, Some(_), Some(_)) if arguments.seeds.is_some() => Err(
            "--seeds is for --versions and --calibrate: two results that are there already have no others"
                .to_owned(),
        ),
        (_, Some(a), Some(b)) => how(arguments).and_then(|how| two_sides(a, b, arguments, &how)),
        _ => Err("two sides are compared".to_owned()),
    };
    match answer {
        Ok(exit) => exit,
        Err(problem) => {
            talk(&format!("error: {problem}\n"));
            Exit::WrongRequest
        }
    }
}

/// How two sides are held against each other, and how that is told.
pub struct How {
    /// How they are.
    pub held: compare::How,
    all: bool,
    /// The answer is for programs.
    pub json: bool,
}

impl How {
    /// The answer for people; `titles` are the sides' names.
    pub fn text(&self, titles: [&str; 2], report: &compare::Report) -> String {
        format!("A  {}\nB  {}\n\n{}", titles[0], titles[1], compare::text::render(report, self.all))
    }
}

/// Prints an answer for programs.
///
/// # Errors
/// In words, when it cannot be spelled.
pub fn print_answer(answer: &impl serde::Serialize) -> Result<(), String> {
    let json = serde_json::to_string_pretty(answer).map_err(|e| e.to_string())?;
    print_json(&format!("{json}\n"));
    Ok(())
}

fn how(arguments: &Arguments) -> Result<How, String> {
    let duration = |option: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => parse_duration(text)
            .map(|span| Some(span.micros()))
            .map_err(|problem| format!("{option}: {problem}; a duration is wanted, such as 90s or 15m")),
    };
    let within = duration("--within", &arguments.within)?;
    let until = duration("--until", &arguments.until)?;
    Ok(How { held: compare::How { within, until }, all: arguments.all, json: arguments.output == "json" })
}

fn two_sides(a: &str, b: &str, arguments: &Arguments, how: &How) -> Result<Exit, String> {
    let Some(version) = Version::parse(&arguments.kubernetes) else {
        return Err(format!("`{}` is no version from {}", arguments.kubernetes, Version::range()));
    };
    if a == "-" && b == "-" {
        return Err("standard input can be one side only".to_owned());
    }
    let gates = Gates::of(version);
    let report = how.held.report(&mut [side(a, &gates)?, side(b, &gates)?], &gates);
    match how.json {
        true => print_answer(&report)?,
        false => print(&how.text([a, b], &report)),
    }
    Ok(if report.same { Exit::Ran } else { Exit::ExpectationFailed })
}

fn side(word: &str, gates: &Gates) -> Result<Side, String> {
    let text = text(word).map_err(|problem| format!("{word}: {problem}"))?;
    let side = compare::read(&text, gates).map_err(|problem| match assumed::is_manifest(&text) {
        true => format!(
            "{word}: {problem}\nhint: of manifests, `kubelapse audit NEW --against OLD` tells what their change does"
        ),
        false => format!("{word}: {problem}"),
    })?;
    if let Some(trouble) = &side.trouble {
        talk(&format!("warning: {word}: {trouble}\n"));
    }
    Ok(side)
}

fn text(word: &str) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if word == "-" {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        let read = manifest::read_result(Path::new(word), &[&csv::FORMAT, &objects::FORMAT])?;
        if let Some(warning) = read.warning {
            talk(&format!("warning: {word}: {warning}\n"));
        }
        bytes = read.bytes;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
