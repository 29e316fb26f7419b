//! `kubelapse test`: scenarios as tests, all of them at once.
//!
//! Every scenario is played under every wanted seed on as many threads as there are cores; what is told stands in the
//! order in which the scenarios were named, whatever the threads did.

use std::fmt::Write as _;
use std::sync::Arc;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use rayon::prelude::*;

use super::alerts::expected::{self, Case, Judged};
use super::source::{self, Beside, Source};
use super::{Exit, check, fault, print, report, talk};
use crate::rules::kubectl::terminal::padded;
use crate::scenario::Plan;
use crate::scenario::builtin;
use crate::session::Lives;
use crate::session::expect::{self, Failure, describe};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse test                             all built-in scenarios
  kubelapse test web.toml pods/              a file, and a folder with all below it
  kubelapse test web.toml --seeds 20         under the seeds 0 to 19
  kubelapse test --format junit > junit.xml  for a CI system

Exit codes: 0 all held, 1 an expectation failed, 2 a file is wrong.")]
pub struct Arguments {
    /// Names of built-in scenarios, files, or folders of them, or manifests; without one, all built-in scenarios
    scenarios: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// Seed of all chance, instead of the scenario's
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Plays each scenario under the seeds 0 to N-1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: Option<u64>,
    /// What is printed
    #[arg(short = 'o', long, visible_alias = "output", value_enum, default_value = "text")]
    format: Format,
    /// Prints what failed only
    #[arg(long, short)]
    quiet: bool,
    /// What cannot be checked fails: alerts where there is no promtool
    #[arg(long)]
    strict: bool,
    /// Computes for each replica what all have in common: the results are the same, and come later
    #[arg(long, hide = true)]
    no_learning: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for each scenario, and what failed
    Text,
    /// JUnit's XML, a test case for each expectation
    Junit,
}

/// A scenario and the seeds that it is played under.
struct Tested {
    /// The file, or the built-in scenario's.
    label: String,
    source: Source,
    plan: Arc<Plan>,
    seeds: Vec<u64>,
}

/// What did not hold under one seed; or the words of a fault of our own.
type Outcome = Result<Vec<Failure>, String>;

pub fn test(arguments: &Arguments) -> Exit {
    let tested = match collect(arguments) {
        Ok(tested) => tested,
        Err(exit) => return exit,
    };
    let outcomes = play(&tested, arguments.quiet);
    let asked: Vec<_> = tested.iter().map(|one| (&one.source, &one.plan, one.seeds.as_slice())).collect();
    let alerts = match expected::judge(&asked) {
        Ok(alerts) => alerts,
        Err(refused) => return refused.tell(),
    };
    match arguments.format {
        Format::Text => {
            print(&text(&tested, &outcomes, arguments.quiet));
            print(&of_alerts(&tested, &alerts, arguments.quiet));
        }
        Format::Junit => match junit(&tested, &outcomes, &alerts).to_string() {
            // XML has no way to write these two (https://www.w3.org/TR/xml/#charsets).
            Ok(report) => print(&report.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")),
            Err(problem) => {
                talk(&format!("error: the report cannot be written: {problem}\n"));
                return Exit::OurFault;
            }
        },
    }
    let judged = alerts.iter().fold(Exit::Ran, |exit, case| {
        exit.max(match case.judged {
            Judged::Failed(_) => Exit::ExpectationFailed,
            Judged::NotChecked(_) if arguments.strict => Exit::WrongRequest,
            Judged::NotChecked(_) | Judged::Held => Exit::Ran,
        })
    });
    let is_refused = tested.iter().any(|one| check::is_refused(&one.source, &one.plan));
    let judged = judged.max(if is_refused { Exit::ExpectationFailed } else { Exit::Ran });
    outcomes.iter().flatten().fold(judged, |exit, outcome| {
        exit.max(match outcome {
            Ok(failures) if failures.is_empty() => Exit::Ran,
            Ok(_) => Exit::ExpectationFailed,
            Err(_) => Exit::OurFault,
        })
    })
}

/// All plans, or every problem of every file.
fn collect(arguments: &Arguments) -> Result<Vec<Tested>, Exit> {
    let words: Vec<String> = match &arguments.scenarios[..] {
        [] => builtin::ALL.iter().map(|scenario| scenario.name.to_owned()).collect(),
        named => named.to_vec(),
    };
    let overrides = arguments.beside.overrides(None);
    let mut tested = Vec::new();
    let (sources, mut wrong) = check::all(&words, &arguments.beside.quietly(arguments.quiet));
    for source in sources {
        match source::playable(&source, &overrides) {
            Ok(mut plan) => {
                talk(&plan.left_out.no_effect_words());
                if arguments.no_learning {
                    plan.learns_from = None;
                }
                let seeds = match (arguments.seeds, arguments.seed) {
                    (Some(count), _) => (0..count).collect(),
                    (None, one) => vec![one.unwrap_or(plan.seed)],
                };
                tested.push(Tested { label: source.label.clone(), source, plan: Arc::new(plan), seeds });
            }
            Err(problems) => {
                report(&problems);
                wrong = true;
            }
        }
    }
    if wrong { Err(Exit::WrongRequest) } else { Ok(tested) }
}

/// Outcomes by scenario and seed.
fn play(tested: &[Tested], quiet: bool) -> Vec<Vec<Outcome>> {
    let runs: Vec<(usize, u64)> =
        (0..).zip(tested).flat_map(|(which, one)| one.seeds.iter().map(move |seed| (which, *seed))).collect();
    let bar = match quiet {
        true => indicatif::ProgressBar::hidden(),
        false => super::progress(runs.len() as u64, "runs"),
    };
    // Lives that come one after the other on a thread learn from each other as long as they are of one plan.
    let check = |lives: &mut Option<(usize, Lives)>, (which, seed): &(usize, u64)| {
        let Tested { plan, seeds, .. } = &tested[*which];
        let outcome = match seeds[..] {
            [_] => fault::catch(|| expect::check(plan, *seed)),
            _ => {
                let (_, lives) = match lives.take_if(|(own, _)| own == which) {
                    Some(own) => lives.insert(own),
                    None => lives.insert((*which, Lives::of(plan))),
                };
                fault::catch(|| expect::check_among(lives, *seed))
            }
        };
        bar.inc(1);
        outcome
    };
    let outcomes: Vec<Outcome> = runs.par_iter().map_init(|| None, check).collect();
    bar.finish_and_clear();
    let mut outcomes = outcomes.into_iter();
    tested.iter().map(|one| outcomes.by_ref().take(one.seeds.len()).collect()).collect()
}

fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

fn text(tested: &[Tested], outcomes: &[Vec<Outcome>], quiet: bool) -> String {
    // A name as long as a line moves nobody else's.
    const WIDEST: usize = 60;
    let names = tested.iter().map(|one| one.plan.name.chars().count());
    let width = names.max().unwrap_or(0).min(WIDEST);
    let mut text = String::new();
    let (mut expectations, mut failed, mut refused, mut runs, mut passed) = (0, 0, 0, 0, 0);
    for (one, outcomes) in tested.iter().zip(outcomes) {
        let expects = one.plan.expects.len();
        if check::is_refused(&one.source, &one.plan) {
            let _ = writeln!(text, "FAIL  {}  is refused", padded(&one.plan.name, width));
            refused += 1;
            runs += outcomes.len();
            continue;
        }
        let good = outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(Vec::is_empty)).count();
        expectations += expects * outcomes.len();
        failed += outcomes.iter().flatten().map(Vec::len).sum::<usize>();
        runs += outcomes.len();
        passed += good;
        let name = padded(&one.plan.name, width);
        if good < outcomes.len() {
            of_failed(&mut text, one, outcomes, &name);
            continue;
        }
        let seeds = if outcomes.len() > 1 { format!(", {} seeds", outcomes.len()) } else { String::new() };
        if !quiet {
            let what =
                if expects == 0 { "expects nothing".to_owned() } else { count(expects, "expectation") };
            let _ = writeln!(text, "ok    {name}  {what}{seeds}");
        }
    }
    if !quiet || passed < runs {
        let scenarios = count(tested.len(), "scenario");
        let all = count(expectations, "expectation");
        let of_seeds = match runs > tested.len() && passed < runs {
            true => format!("; {} passed", rate(passed, runs, "runs")),
            false => String::new(),
        };
        let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
        let _ = writeln!(text, "{scenarios}, {all}: {failed} failed{refused}{of_seeds}");
    }
    text
}

/// What became of expectations of alerts, where there are some.
fn of_alerts(tested: &[Tested], alerts: &[Case], quiet: bool) -> String {
    let (mut text, mut failed, mut unknown) = (String::new(), 0, 0);
    for case in alerts {
        let one = &tested[case.of];
        let words =
            format!("{}:{}: {}", one.label, case.expect.line, expected::words(&case.expect, &one.plan));
        let under = if one.seeds.len() > 1 { format!(", seed {}", case.seed) } else { String::new() };
        match &case.judged {
            Judged::Held => {}
            Judged::Failed(seen) => {
                failed += 1;
                let _ = writeln!(text, "FAIL  {words}{under}\n    seen      {seen}");
            }
            Judged::NotChecked(why) => {
                unknown += 1;
                let _ = writeln!(text, "not checked: {words}: {why}");
            }
        }
    }
    if !alerts.is_empty() && (!quiet || failed > 0) {
        let not = if unknown > 0 { format!(", {unknown} not checked") } else { String::new() };
        let _ = writeln!(text, "{}: {failed} failed{not}", count(alerts.len(), "expected alert"));
    }
    text
}

/// `43 of 50 seeds (86.0 %)`
fn rate(passed: usize, of: usize, what: &str) -> String {
    format!("{passed} of {of} {what} ({:.1} %)", passed as f64 * 100.0 / of.max(1) as f64)
}

/// What failed of a scenario: by seed, and of several seeds how many passed, as a whole and each expectation.
fn of_failed(text: &mut String, one: &Tested, outcomes: &[Outcome], name: &str) {
    let expects = one.plan.expects.len();
    let mut failed = vec![0; expects];
    for (seed, outcome) in one.seeds.iter().zip(outcomes) {
        let under = if outcomes.len() > 1 { format!(", seed {seed}") } else { String::new() };
        match outcome {
            Ok(failures) if failures.is_empty() => {}
            Ok(failures) => {
                let what = count(failures.len(), "expectation");
                let _ = writeln!(text, "FAIL  {name}  {what} of {expects} failed{under}");
                for failure in failures {
                    failed[failure.index] += 1;
                    text.push_str(&told(&one.plan, &one.label, failure));
                }
            }
            Err(said) => {
                let _ = write!(text, "FAULT {name}  seed {seed}: {}", fault::words(said));
            }
        }
    }
    let played = outcomes.iter().flatten().count();
    if played < 2 {
        return;
    }
    let good = outcomes.iter().flatten().filter(|failures| failures.is_empty()).count();
    let _ = writeln!(text, "RATE  {name}  {} passed", rate(good, played, "seeds"));
    for (expect, failed) in one.plan.expects.iter().zip(failed).filter(|(_, failed)| *failed > 0) {
        let (words, passed) = (describe(expect, one.plan.start), rate(played - failed, played, "seeds"));
        let _ = writeln!(text, "  {}:{}: {words}: held under {passed}", one.label, expect.line);
    }
}

/// A failure as people read it: where it stands, what was expected and seen, and what happened before.
pub fn told(plan: &Plan, label: &str, failure: &Failure) -> String {
    let expect = &plan.expects[failure.index];
    let mut text = String::new();
    let _ = writeln!(text, "  {label}:{}: {}", expect.line, describe(expect, plan.start));
    let mut pair = |what: &str, expected: &str, seen: &str| {
        let _ = writeln!(text, "    expected  {what} {expected}");
        let _ = writeln!(text, "    seen      {seen}");
    };
    pair(&failure.what, &failure.expected, &failure.seen);
    failure.others.iter().for_each(|other| pair(&other.what, &other.expected, &other.seen));
    for (ix, row) in failure.before.iter().enumerate() {
        let _ = writeln!(text, "    {}  {row}", if ix == 0 { "before  " } else { "        " });
    }
    text
}

/// A test case of an alert.
fn alert_case(one: &Tested, case: &Case) -> TestCase {
    let status = match &case.judged {
        Judged::Held => TestCaseStatus::success(),
        Judged::Failed(seen) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("seen: {seen}"));
            status
        }
        Judged::NotChecked(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.clone());
            status
        }
    };
    let mut told = TestCase::new(expected::words(&case.expect, &one.plan), status);
    told.set_classname(one.plan.name.clone());
    told.extra.insert("file".into(), one.label.clone().into());
    told.extra.insert("line".into(), case.expect.line.to_string().into());
    told
}

fn junit(tested: &[Tested], outcomes: &[Vec<Outcome>], alerts: &[Case]) -> Report {
    let mut report = Report::new("kubelapse");
    for (of, (one, outcomes)) in tested.iter().zip(outcomes).enumerate() {
        for (seed, outcome) in one.seeds.iter().zip(outcomes) {
            let several = if outcomes.len() > 1 { format!(" seed {seed}") } else { String::new() };
            let mut suite = TestSuite::new(format!("{}{several}", one.plan.name));
            if check::is_refused(&one.source, &one.plan) {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message("the API server refuses some of the manifests");
                suite.add_test_case(TestCase::new("the manifests are taken", status));
            }
            for (index, expect) in one.plan.expects.iter().enumerate() {
                let mut status = TestCaseStatus::success();
                match outcome {
                    Ok(failures) => {
                        if let Some(failure) = failures.iter().find(|failure| failure.index == index) {
                            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                            let first = (&failure.what, &failure.expected, &failure.seen);
                            let others =
                                failure.others.iter().map(|own| (&own.what, &own.expected, &own.seen));
                            let each = std::iter::once(first).chain(others);
                            let each: Vec<String> = each
                                .map(|(what, expected, seen)| {
                                    format!("{what}: expected {expected}, seen {seen}")
                                })
                                .collect();
                            status
                                .set_message(each.join("; "))
                                .set_description(told(&one.plan, &one.label, failure));
                        }
                    }
                    Err(said) => {
                        status = TestCaseStatus::non_success(NonSuccessKind::Error);
                        status.set_message(fault::words(said));
                    }
                }
                let mut case = TestCase::new(describe(expect, one.plan.start), status);
                case.set_classname(one.plan.name.clone());
                case.extra.insert("file".into(), one.label.clone().into());
                case.extra.insert("line".into(), expect.line.to_string().into());
                suite.add_test_case(case);
            }
            for case in alerts.iter().filter(|case| case.of == of && case.seed == *seed) {
                suite.add_test_case(alert_case(one, case));
            }
            report.add_test_suite(suite);
        }
    }
    report
}
