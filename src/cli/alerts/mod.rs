//! `kubelapse alerts`: would these alerts fire? Runs are played side by side, promtool evaluates the rules over their series, and
//! what is told stands in the order in which the scenarios were named.

pub mod expected;
mod formats;
mod tool;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::run::interval;
use super::source::{self, Beside};
use super::{Exit, beside, check, disk, fault, interrupt, print, print_json, talk};
use crate::answers::alerts::report::{self, Found};
use crate::answers::alerts::{self, Fired, Rules, promtool};
use crate::scenario::Plan;
use crate::scenario::builtin::{self, Topic};
use crate::session::Progress;
use crate::time::Span;
use tool::{Scratch, Tool};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse alerts alerts.yaml web.toml               when each alert fires
  kubelapse alerts alerts.yaml web.yaml --seeds 20    of manifests, under the seeds 0 to 19
  kubelapse alerts alerts.yaml                        of all built-in scenarios; and which of them no rule sees
  kubelapse alerts alerts.yaml web.toml --write-tests tests/    unit tests for promtool, to be kept

The rules are evaluated by promtool, which comes with Prometheus and must be on the PATH. Series are those of kube-state-metrics.

Exit codes: 0 told, 2 the request was wrong, or there is no promtool.")]
pub struct Arguments {
    /// A file of alerting rules, or a PrometheusRule
    rules: PathBuf,
    /// Names of built-in scenarios, files, or folders of them, or manifests; without one, all built-in scenarios but fleets
    scenarios: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// Seed of all chance, instead of the scenario's
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Plays each scenario under the seeds 0 to N-1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    /// End of the runs, instead of the scenarios' (a duration: 90s, 15m, 2h)
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    until: Option<Span>,
    /// How often series are scraped and rules are evaluated (a duration)
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = interval)]
    scrape_interval: Span,
    /// What is printed
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
    /// Leaves unit tests for promtool there, which hold as long as the rules find the same
    #[arg(long, value_name = "DIR")]
    write_tests: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// What each alert does, for people
    Text,
    /// For a page: a matrix, or with many alerts a list
    Markdown,
    /// All of it
    Json,
    /// A test case for each alert, for CI systems
    Junit,
}

/// Why nothing can be told: what, and a hint.
pub struct Refused {
    pub problem: String,
    pub hint: String,
}

impl Refused {
    pub fn new(problem: impl Into<String>, hint: impl Into<String>) -> Refused {
        Refused { problem: problem.into(), hint: hint.into() }
    }
    pub fn tell(&self) -> Exit {
        let hint = if self.hint.is_empty() { String::new() } else { format!("hint: {}\n", self.hint) };
        talk(&format!("error: {}\n{hint}", self.problem));
        Exit::WrongRequest
    }
}

/// Somebody may want it to stop.
struct Asked;
impl Progress for Asked {
    fn stop(&self) -> bool {
        interrupt::asked()
    }
}

pub fn alerts(arguments: &Arguments) -> Exit {
    let words: Vec<String> = match &arguments.scenarios[..] {
        // Fleets are there for their size.
        [] => {
            let lessons = builtin::ALL.iter().filter(|scenario| scenario.topic != Topic::Scale);
            lessons.map(|scenario| scenario.name.to_owned()).collect()
        }
        named => named.to_vec(),
    };
    let (tool, rules) = match prepared(&arguments.rules) {
        Ok(ready) => ready,
        Err(refused) => return refused.tell(),
    };
    let overrides = arguments.beside.overrides(None);
    let plans = match check::plans(&words, &arguments.beside, &overrides, source::playable) {
        Ok(plans) => plans,
        Err(exit) => return exit,
    };
    interrupt::listen();
    let lasting = |mut plan: Plan| {
        // Alerts take their time: runs may go on beyond all that their scenarios expect.
        if let Some(until) = arguments.until {
            (plan.until, plan.until_settled) = (plan.start + until, false);
        }
        Arc::new(plan)
    };
    let plans: Vec<(String, Arc<Plan>)> =
        plans.into_iter().map(|(source, plan)| (source.label, lasting(plan))).collect();
    match found(arguments, &tool, &rules, &plans) {
        Ok(found) => told(arguments.output, &rules, &found),
        Err(refused) if interrupt::asked() => {
            talk(&format!("interrupted: {}\n", refused.problem));
            Exit::Interrupted
        }
        Err(refused) => refused.tell(),
    }
}

fn told(output: Output, rules: &Rules, found: &[Found]) -> Exit {
    match output {
        Output::Text => print(&report::text(rules, found)),
        Output::Markdown => print(&formats::markdown(rules, found)),
        Output::Json => print_json(&report::json(rules, found)),
        Output::Junit => match formats::junit(rules, found) {
            Ok(report) => print(&report),
            Err(problem) => {
                talk(&format!("error: the report cannot be written: {problem}\n"));
                return Exit::OurFault;
            }
        },
    }
    Exit::Ran
}

/// promtool, and rules that it finds nothing wrong with.
fn prepared(path: &Path) -> Result<(Tool, Rules), Refused> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|problem| {
        Refused::new(format!("{shown}: {problem}"), "a file of alerting rules comes first")
    })?;
    let rules = Rules::read(&text).map_err(|problem| {
        Refused::new(
            format!("{shown}: {problem}"),
            "groups: [{name: web, rules: [{alert: Down, expr: up == 0}]}]",
        )
    })?;
    let tool = Tool::find()?;
    let scratch = Scratch::new("rules")?;
    scratch.write(tool::RULES, &rules.text)?;
    tool.check(&scratch, &shown)?;
    Ok((tool, rules))
}

/// What the alerts do in all runs.
fn found(
    arguments: &Arguments,
    tool: &Tool,
    rules: &Rules,
    plans: &[(String, Arc<Plan>)],
) -> Result<Vec<Found>, Refused> {
    let every = arguments.scrape_interval;
    for (_, plan) in plans {
        if let Some(problem) = alerts::too_many(plan, every) {
            return Err(Refused::new(
                problem,
                "`--until 6h` ends runs earlier, `--scrape-interval 5m` asks less often",
            ));
        }
    }
    let seeds = |plan: &Plan| -> Vec<u64> {
        match (arguments.seeds, arguments.seed) {
            (Some(count), _) => (0..count).collect(),
            (None, one) => vec![one.unwrap_or(plan.seed)],
        }
    };
    let runs: Vec<(usize, u64)> = plans
        .iter()
        .enumerate()
        .flat_map(|(ix, (_, plan))| seeds(plan).into_iter().map(move |seed| (ix, seed)))
        .collect();
    let scratch = Scratch::new("tests")?;
    scratch.write(tool::RULES, &rules.text)?;
    if let Some(folder) = &arguments.write_tests {
        if let Some(name) = twice(plans.iter().map(|(_, plan)| plan.name.as_str())) {
            let problem = format!("{}: two scenarios are called `{name}`", folder.display());
            return Err(Refused::new(
                problem,
                "what is kept is called as they are: one of them wants another `name`",
            ));
        }
        disk::make_folder(folder)
            .and_then(|()| beside::replace(&folder.join(tool::RULES), &rules.text))
            .map_err(|problem| Refused::new(format!("{}: {problem}", folder.display()), ""))?;
    }
    let bar = super::progress(runs.len() as u64, "runs");
    let all: Vec<Result<BTreeMap<String, Fired>, Refused>> = runs
        .par_iter()
        .map(|(ix, seed)| {
            let plan = &plans[*ix].1;
            let keep = arguments.write_tests.as_deref().map(|folder| {
                let seed = if arguments.seeds.is_some() { format!("-{seed}") } else { String::new() };
                folder.join(format!("{}{seed}.test.yaml", plan.name))
            });
            let one = one(tool, rules, &scratch, plan, (*seed, every), keep.as_deref());
            bar.inc(1);
            one
        })
        .collect();
    bar.finish_and_clear();
    let mut found: Vec<Found> = plans
        .iter()
        .map(|(label, plan)| Found { scenario: plan.name.clone(), label: label.clone(), seeds: Vec::new() })
        .collect();
    for ((ix, seed), one) in runs.into_iter().zip(all) {
        found[ix].seeds.push((seed, one?));
    }
    Ok(found)
}

/// A name that comes a second time.
fn twice<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}

/// What the alerts do in one run.
fn one(
    tool: &Tool,
    rules: &Rules,
    scratch: &Scratch,
    plan: &Arc<Plan>,
    (seed, every): (u64, Span),
    keep: Option<&Path>,
) -> Result<BTreeMap<String, Fired>, Refused> {
    let watched = match fault::catch(|| alerts::watch(plan, seed, every, &Asked)) {
        Ok(Ok(Some(watched))) => watched,
        Ok(Ok(None)) => return Err(Refused::new("nothing is told of runs that were cut short", "")),
        Ok(Err(problem)) => return Err(Refused::new(format!("{}: {problem}", plan.name), "")),
        Err(said) => return Err(Refused::new(fault::words(&said), "")),
    };
    // Two scenarios may be called alike.
    let name = Scratch::fresh();
    scratch.write(&name, &promtool::unit_test(rules, tool::RULES, &watched, None))?;
    let said = tool.test(scratch, &name)?;
    scratch.remove(&name);
    if let Some(place) = keep {
        let text = promtool::unit_test(rules, tool::RULES, &watched, Some(&said));
        beside::replace(place, &text)
            .map_err(|problem| Refused::new(format!("{}: {problem}", place.display()), ""))?;
    }
    Ok(alerts::by_alert(rules, &alerts::evaluations(&watched), &said))
}
