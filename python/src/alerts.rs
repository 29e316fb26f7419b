//! Would these alerts fire? Runs are played and scraped side by side, the real promtool evaluates the rules over their series
//! ([`crate::promtool`]), and what is told is what `kubelapse alerts` tells, in the order in which the scenarios were named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use kubelapse::answers::alerts::report::{self, Found};
use kubelapse::answers::alerts::{self, Fired, Rules, promtool as tests};
use kubelapse::answers::hands::Hands;
use kubelapse::scenario::builtin::{self, Topic};
use kubelapse::scenario::{Plan, parse_duration};
use kubelapse::time::Span;
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{self, Problem, guarded, of_input};
use crate::promtool::{Promtool, RULES, Refused};
use crate::source::{Beside, read};
use crate::sweep::range;
use crate::waiting::{Crew, during};

/// How it is asked for, beside the rules and the scenarios.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Asks<'py> {
    /// How the rules are called, and their text.
    rules: (String, String),
    /// Where promtool may read.
    folder: PathBuf,
    seed: Option<u64>,
    seeds: Option<Bound<'py, PyAny>>,
    set: Option<Bound<'py, PyAny>>,
    kubernetes: Option<String>,
    until: Option<String>,
    nodes: Option<u32>,
    /// How often series are scraped and rules are evaluated.
    every: String,
    threads: Option<u16>,
}

/// `kubelapse alerts`: the names of the rules' alerts, what they did, the text for people, and what was assumed.
///
/// # Errors
/// What is wrong with the rules, with a scenario or with what was asked; there is no promtool; Ctrl-C.
#[pyfunction]
pub fn alerts_json(
    py: Python<'_>,
    sources: Vec<Bound<'_, PyAny>>,
    asks: Asks<'_>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Vec<String>, String, String, Vec<String>)> {
    guarded(|| {
        let (every, until) = spans(&asks)?;
        let (shown, text) = &asks.rules;
        let rules = Rules::read(text).map_err(|words| {
            let problem = Problem { file: shown.clone(), ..Problem::new(words) };
            of_input(&[problem.hint("groups: [{name: web, rules: [{alert: Down, expr: up == 0}]}]")])
        })?;
        let seeds = seeds(&asks)?;
        let promtool = Promtool::find(asks.folder.clone(), &rules.text).map_err(Refused::raised)?;
        promtool.check(shown).map_err(Refused::raised)?;
        let mut told = Vec::new();
        let plans = plans(py, &sources, &asks, until, &mut told)?;
        if let Some(words) = plans.iter().find_map(|(_, plan)| alerts::too_many(plan, every)) {
            let hint = "`until=\"6h\"` ends runs earlier, `scrape_interval=\"5m\"` asks less often";
            return Err(of_input(&[Problem::new(words).hint(hint)]));
        }
        let mut runs = Vec::new();
        for (of, (_, plan)) in plans.iter().enumerate() {
            for seed in seeds.clone().unwrap_or(plan.seed..=plan.seed) {
                runs.push((runs.len(), of, seed));
            }
        }
        let came = during(py, asks.threads, progress.as_ref(), runs.len() as u64, |crew| {
            crew.side_by_side(
                &runs,
                || (),
                |(), (number, of, seed)| {
                    let came = one(&promtool, &rules, *number, (&plans[*of].1, *seed, every), crew);
                    crew.done();
                    came
                },
            )
        })?;
        let mut found: Vec<Found> = plans
            .iter()
            .map(|(label, plan)| Found {
                scenario: plan.name.clone(),
                label: label.clone(),
                seeds: Vec::new(),
            })
            .collect();
        for ((_, of, seed), one) in runs.into_iter().zip(came) {
            let with = || format!("{} seed {seed}, digest {}", plans[of].1.name, plans[of].1.digest);
            found[of].seeds.push((seed, one.map_err(|stopped| stopped.raised(&with()))?));
        }
        Ok((rules.alerts.clone(), report::json(&rules, &found), report::text(&rules, &found), told))
    })
}

/// How far apart evaluations are, and how long runs last where that is said.
fn spans(asks: &Asks<'_>) -> PyResult<(Span, Option<Span>)> {
    let mut problems = Vec::new();
    let mut span = |name: &str, text: &str| {
        let read = parse_duration(text).and_then(|span| match span >= Span::from_millis(1) {
            true => Ok(span),
            false => Err("a millisecond at least".to_owned()),
        });
        read.unwrap_or_else(|why| {
            problems.push(Problem::new(format!("{name} {text}: {why}")).hint("such as 30s, 5m, 1h"));
            Span::ZERO
        })
    };
    let every = span("scrape_interval", &asks.every);
    let until = asks.until.as_ref().map(|text| span("until", text));
    if problems.is_empty() { Ok((every, until)) } else { Err(of_input(&problems)) }
}

/// Which seeds each scenario is played under; None: its own.
fn seeds(asks: &Asks<'_>) -> PyResult<Option<std::ops::RangeInclusive<u64>>> {
    const MOST: u64 = 10_000;
    match (&asks.seeds, asks.seed) {
        (Some(_), Some(_)) => Err(PyTypeError::new_err("seed is one, seeds are several: only one of both")),
        (None, seed) => Ok(seed.map(|seed| seed..=seed)),
        (Some(seeds), None) => match range(seeds)? {
            (_, count) if count > MOST => Err(errors::wrong(format!("seeds: from 1 to {MOST}"))),
            (from, count) => Ok(Some(from..=from + (count - 1))),
        },
    }
}

/// The scenarios as they are played, by their labels; none: all that are built in but fleets, which are there for their size.
fn plans(
    py: Python<'_>,
    sources: &[Bound<'_, PyAny>],
    asks: &Asks<'_>,
    until: Option<Span>,
    told: &mut Vec<String>,
) -> PyResult<Vec<(String, Arc<Plan>)>> {
    let lessons = || builtin::ALL.iter().filter(|own| own.topic != Topic::Scale);
    let named = match sources.is_empty() {
        true => lessons().map(|own| PyString::new(py, own.name).into_any()).collect(),
        false => sources.to_vec(),
    };
    let mut plans = Vec::new();
    for source in &named {
        let beside = Beside::new(asks.set.as_ref(), asks.kubernetes.as_deref(), None, asks.nodes)?;
        let source = read(source, &beside)?;
        let (_, plan, odd) = source.load(&beside)?;
        let mut plan = Arc::unwrap_or_clone(plan);
        if let Some(until) = until {
            // Alerts take their time: runs may go on beyond all that their scenarios expect.
            (plan.until, plan.until_settled) = (plan.start + until, false);
        }
        told.extend(odd);
        plans.push((source.label, Arc::new(plan)));
    }
    Ok(plans)
}

/// Why a run came to nothing.
enum Stopped {
    Refused(Refused),
    Fault(String),
    /// Whoever wanted it said so already.
    Interrupted,
}

impl Stopped {
    fn raised(self, with: &str) -> PyErr {
        match self {
            Stopped::Refused(refused) => refused.raised(),
            Stopped::Fault(said) => errors::fault(&said, with),
            Stopped::Interrupted => PyKeyboardInterrupt::new_err(()),
        }
    }
}

/// What the alerts do in one run.
fn one(
    promtool: &Promtool,
    rules: &Rules,
    number: usize,
    (plan, seed, every): (&Arc<Plan>, u64, Span),
    crew: &Crew,
) -> Result<BTreeMap<String, Fired>, Stopped> {
    if crew.is_over() {
        return Err(Stopped::Interrupted);
    }
    let watched = match crew.caught(|| alerts::watch(plan, seed, every, crew)).map_err(Stopped::Fault)? {
        Ok(Some(watched)) => watched,
        Ok(None) => return Err(Stopped::Interrupted),
        Err(problem) => return Err(Stopped::Refused(Refused::Words(format!("{}: {problem}", plan.name)))),
    };
    let text = tests::unit_test(rules, RULES, &watched, None);
    let said = promtool.test(number, &text, crew).map_err(Stopped::Refused)?;
    Ok(alerts::by_alert(rules, &alerts::evaluations(&watched), &said))
}
