//! `kubelapse compare`

use std::io::Read as _;
use std::path::Path;

use super::{Exit, manifest, print, print_json, talk};
use crate::compare::{self, Side, Tolerance, fidelity::Allowances};
use crate::record::{csv, objects};
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;
use crate::scenario::values::parse_duration;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse run crash-loop --set kubernetes=1.32 --out before
  kubelapse run crash-loop --set kubernetes=1.36 --out after
  kubelapse compare before after                  what an upgrade changes

  kubectl get pods -w -o json --output-watch-events > cluster.json
  kubelapse compare output/web cluster.json       a simulation held against a cluster

In the answer < marks what only A has, > what only B has, ! times that chance does not explain.
Exit codes: 0 the same, 1 they differ, 2 the request was wrong.")]
pub struct Arguments {
    /// A timeline.csv or pods.jsonl, a folder with one, or what kubectl printed; - reads stdin
    a: String,
    /// What to hold against it
    b: String,
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
    match answer(arguments) {
        Ok(true) => Exit::Ran,
        Ok(false) => Exit::ExpectationFailed,
        Err(problem) => {
            talk(&format!("error: {problem}\n"));
            Exit::WrongRequest
        }
    }
}

fn answer(arguments: &Arguments) -> Result<bool, String> {
    let duration = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            parse_duration(text).map(|span| Some(span.micros())).map_err(|e| format!("`{text}`: {e}"))
        }
    };
    let (within, until) = (duration(&arguments.within)?, duration(&arguments.until)?);
    let Some(version) = Version::parse(&arguments.kubernetes) else {
        return Err(format!("`{}` is no version from {}", arguments.kubernetes, Version::range()));
    };
    if arguments.a == "-" && arguments.b == "-" {
        return Err("standard input can be one side only".to_owned());
    }
    let gates = Gates::of(version);
    let (mut a, mut b) = (side(&arguments.a, &gates)?, side(&arguments.b, &gates)?);
    if let Some(until) = until {
        a.cut(until);
        b.cut(until);
    }
    let allowances = Allowances { polls: !gates.habits.requeues_after_back_off, ..Allowances::default() };
    let report = compare::compare(&a, &b, &Tolerance { within, allowances });
    if arguments.output == "json" {
        let json = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
        print_json(&format!("{json}\n"));
    } else {
        print(&format!("A  {}\nB  {}\n\n", arguments.a, arguments.b));
        print(&compare::text::render(&report, arguments.all));
    }
    Ok(report.same)
}

fn side(word: &str, gates: &Gates) -> Result<Side, String> {
    let text = text(word).map_err(|problem| format!("{word}: {problem}"))?;
    let side = compare::read(&text, gates).map_err(|problem| format!("{word}: {problem}"))?;
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
