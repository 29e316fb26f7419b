//! Answers about manifests and clusters, as JSON that Python's classes are made of: what a manifest promises, what comes next, what a
//! cluster is like, what a pod's object says, how two timelines differ.

use std::sync::Arc;

use kubelapse::answers::audit::{self, Asked, Assumptions, Audited, subjects};
use kubelapse::answers::fit::{self, METHODS, Row};
use kubelapse::answers::predict::{self, Asked as Ahead};
use kubelapse::calibration::versions;
use kubelapse::compare::{self, How, Report};
use kubelapse::explain;
use kubelapse::observed::History;
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::scenario::given::{self, SetUp};
use kubelapse::scenario::{Plan, parse_duration};
use kubelapse::time::{Span, Time};
use pyo3::prelude::*;
use serde_json::json;

use crate::errors::{self, Problem, guarded, of_input, wrong};
use crate::source::{Beside, read, read_over, written_into};
use crate::waiting::{during, stopped};

/// `kubelapse audit`, and what was assumed.
///
/// # Errors
/// What is wrong with the manifests or with what was asked; Ctrl-C.
#[pyfunction]
#[pyo3(signature = (source, against, assume, questions, set, kubernetes, nodes, threads, progress))]
#[expect(clippy::too_many_arguments, reason = "called by kubelapse.audit alone")]
pub fn audit_json(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    against: Option<&Bound<'_, PyAny>>,
    assume: Vec<String>,
    questions: Vec<String>,
    set: Option<&Bound<'_, PyAny>>,
    kubernetes: Option<&str>,
    nodes: Option<u32>,
    threads: Option<u16>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    guarded(|| {
        let names = Asked::names();
        if let Some(unknown) = questions.iter().find(|own| !names.contains(&own.as_str())) {
            let near = kubelapse::scenario::diagnostic::nearest(unknown, &names);
            let hint = near.map_or_else(|| names.join(", "), |near| format!("did you mean `{near}`?"));
            return Err(of_input(&[Problem::new(format!("there is no question `{unknown}`")).hint(hint)]));
        }
        let beside = Beside::new(set, kubernetes, None, nodes)?;
        let source = read_over(source, against, &beside)?;
        let (_, plan, told) = source.load(&beside)?;
        let assumptions = Assumptions::read(&assume).map_err(|problem| wrong(format!("assume {problem}")))?;
        let is_change = against.is_some();
        if let Some(why) = audit::nothing_in(&[&plan], is_change) {
            return Err(wrong(why));
        }
        if let Some(problem) = assumptions.unknown(&subjects(&plan)) {
            return Err(wrong(format!("assume {problem}")));
        }
        let asked = Asked { questions, is_change, assumptions };
        let audited = during(py, threads, progress.as_ref(), asked.pieces(&plan), |crew| {
            let load = |set: &[String]| {
                source.plan(&beside.overrides.iter().chain(set).cloned().collect::<Vec<_>>()).ok()
            };
            audit::ask(&plan, &load, &asked, crew)
        })?;
        let digest = &plan.digest;
        let with = |of: &str| format!("{} {of}, digest {digest}", plan.name);
        let audited = audited.map_err(|(why, of)| stopped(why, &with(&of)))?;
        Ok((json!({ "workloads": audited.iter().map(Audited::json).collect::<Vec<_>>() }).to_string(), told))
    })
}

/// How a prediction is asked for, beside the cluster.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Asks {
    label: String,
    now: Option<String>,
    ahead: String,
    level: f64,
    seeds: u64,
    assume: Vec<String>,
    kubernetes: Option<String>,
    threads: Option<u16>,
}

/// `kubelapse predict` of what kubectl printed.
///
/// # Errors
/// What is wrong with it, or with what was asked; Ctrl-C.
#[pyfunction]
pub fn predict_json(
    py: Python<'_>,
    text: String,
    asks: Asks,
    scenario: Option<&Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    guarded(|| {
        let mut problems = Vec::new();
        let mut beside =
            given::Beside { now: instant(asks.now.as_ref(), &mut problems), ..given::Beside::default() };
        let ahead = parse_duration(&asks.ahead).unwrap_or_else(|why| {
            problems.push(Problem::new(format!("ahead {}: {why}", asks.ahead)).hint("such as 90s, 5m, 1h"));
            Span::ZERO
        });
        version(asks.kubernetes.as_deref(), &mut problems);
        if !(asks.level > 0.0 && asks.level < 1.0) {
            problems.push(Problem::new(format!("level {}: a share between 0 and 1", asks.level)));
        }
        if !(1..=100_000).contains(&asks.seeds) {
            problems.push(Problem::new(format!("seeds {}: from 1 to 100000", asks.seeds)));
        }
        let said = predict::said(&asks.assume).unwrap_or_else(|words| {
            let hint = "runs, boots and stops take a time, runs also forever, exits a code";
            problems.push(Problem::new(format!("assume {words}")).hint(hint));
            Vec::new()
        });
        let plan = match scenario {
            None => None,
            Some(own) => {
                let beside = Beside::new(None, asks.kubernetes.as_deref(), None, None)?;
                Some(read(own, &beside)?.load(&beside)?.1)
            }
        };
        beside.start = plan.as_ref().map(|plan| plan.start);
        let given = match given::read(&text, &beside) {
            Ok(given) if given.pods.is_empty() && given.objects.is_empty() => {
                let others: Vec<String> =
                    given.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
                let mut words = format!("no pod in it{}", explain::instead(&text, &others));
                given.notes.iter().for_each(|note| words.push_str(&format!("; {note}")));
                let none = Problem { file: asks.label.clone(), ..Problem::new(words) };
                problems.push(none.hint("kubectl get pod NAME -o yaml"));
                None
            }
            Ok(given) => Some(given),
            Err(own) => {
                let told = |own: given::Problem| Problem {
                    file: asks.label.clone(),
                    place: (own.line > 0).then_some((own.line, 1)),
                    ..Problem::new(own.words).hint(own.hint)
                };
                problems.extend(own.into_iter().map(told));
                None
            }
        };
        let Some(given) = given.filter(|_| problems.is_empty()) else { return Err(of_input(&problems)) };
        let unknown = predict::unknown(&said, &given);
        if !unknown.is_empty() {
            let told = |own: given::Problem| Problem::new(format!("assume {}", own.words)).hint(own.hint);
            return Err(of_input(&unknown.into_iter().map(told).collect::<Vec<_>>()));
        }
        let plan = match plan {
            Some(plan) => Plan::clone(&plan),
            None => predict::blank(&predict::version(asks.kubernetes.as_deref(), &given))
                .map_err(|own| wrong(own.into_iter().map(|own| own.words).collect::<String>()))?,
        };
        let ahead = Ahead { seeds: asks.seeds, ahead, level: asks.level }.for_given(&given);
        let up = py.detach(|| SetUp::new(given, &plan, &said));
        if let Some(words) = up.idle() {
            let none = Problem { file: asks.label.clone(), ..Problem::new(words) };
            return Err(of_input(&[none.hint("kubectl get all,nodes,events -o yaml")]));
        }
        let made =
            during(py, asks.threads, progress.as_ref(), ahead.seeds, |crew| predict::ask(&up, &ahead, crew))?;
        json_of(&made.map_err(|why| stopped(why, ""))?)
    })
}

/// So many pods of two clusters are told.
const TOLD: usize = 10;

/// A scenario's text with numbers in it, and what is to be known of it.
type Written = (String, Vec<String>);

/// `kubelapse fit` of what kubectl printed over time: texts by their names; what is odd about them; and a scenario with the numbers
/// in it, if one is named.
///
/// # Errors
/// All that is wrong with them; that nothing is seen in them; what would be wrong with the scenario; Ctrl-C.
#[pyfunction]
pub fn fit_json(
    py: Python<'_>,
    texts: Vec<(String, String)>,
    now: i64,
    into: Option<&Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, Vec<String>, Option<Written>)> {
    guarded(|| {
        let into = into.map(written_into).transpose()?;
        let length = texts.iter().map(|(_, text)| text.len() as u64).sum();
        let read = during(py, Some(1), progress.as_ref(), length, |crew| {
            let mut before = 0;
            let mut history = History::default();
            let (mut wrong, mut odd) = (Vec::new(), Vec::new());
            for (name, text) in &texts {
                for own in history.take(text, Time::from_micros(now), &|done| crew.reaches(before + done)) {
                    let place = (own.line > 0).then_some((own.line, 1));
                    let told =
                        Problem { file: name.clone(), place, ..Problem::new(own.words).hint(own.hint) };
                    if own.is_warning { odd.push(told) } else { wrong.push(told) }
                }
                if text.trim().is_empty() {
                    wrong.push(Problem { file: name.clone(), ..Problem::new("it is empty") });
                }
                before += text.len() as u64;
                crew.reaches(before);
            }
            let mixed = history.mixed();
            for words in mixed.iter().take(TOLD) {
                wrong.push(Problem::new(words).hint("fit each cluster by itself"));
            }
            if mixed.len() > TOLD {
                wrong.push(Problem::new(format!("{} more pods are", mixed.len() - TOLD)));
            }
            let fitted = if wrong.is_empty() { fit::fit(&history) } else { Default::default() };
            (fitted, history.versions, history.pods.len(), wrong, odd)
        })?;
        let (fitted, versions, pods, wrong, odd) = read;
        if !wrong.is_empty() {
            return Err(of_input(&wrong));
        }
        if fitted.rows.is_empty() {
            let words = format!(
                "nothing to fit: {versions} versions of objects, of {pods} pods, and no start, end or pull among them"
            );
            let hint = "`kubectl get pods,events -A -o json`, or watches of both for a while";
            return Err(of_input(&[Problem::new(words).hint(hint)]));
        }
        let scenario = into.map(|source| source.with_numbers(&fitted)).transpose()?;
        let rows: Vec<_> = fitted.rows.iter().map(Row::json).collect();
        let odd = odd.iter().map(|own| format!("{}: {}", own.file, own.message)).collect();
        Ok((json!({ "rows": rows, "notFitted": fitted.told, "methods": METHODS }).to_string(), odd, scenario))
    })
}

/// `kubelapse explain` of what kubectl printed: the report, a text for each pod, and what is odd.
///
/// # Errors
/// No pod is in it, or what was asked is wrong.
#[pyfunction]
pub fn explain_json(
    py: Python<'_>,
    label: &str,
    text: &str,
    now_is_said: (i64, bool),
    kubernetes: Option<&str>,
) -> PyResult<(String, Vec<String>, Option<String>)> {
    guarded(|| {
        let mut problems = Vec::new();
        let gates = version(kubernetes, &mut problems);
        if !problems.is_empty() {
            return Err(of_input(&problems));
        }
        let (now, is_said) = now_is_said;
        let now = explain::Now { at: Time::from_micros(now), is_said };
        let (report, texts, trouble, others) = py.detach(|| {
            let input = explain::read(text);
            let report = serde_json::to_string(&explain::report(&input, now, &gates)).unwrap_or_default();
            let told = |own| explain::render(&explain::explain(own, now, &gates));
            let texts: Vec<String> = input.subjects.iter().map(told).collect();
            let others: Vec<String> =
                input.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            (report, texts, input.trouble, others)
        });
        if texts.is_empty() {
            let words = format!("no pod in it{}", explain::instead(text, &others));
            let none = Problem { file: label.to_owned(), ..Problem::new(words) };
            return Err(of_input(&[none.hint("kubectl get pod NAME -o yaml")]));
        }
        Ok((report, texts, trouble))
    })
}

/// `kubelapse compare` of two timelines, or of what kubectl printed: the report, the text for people, and what is odd.
///
/// # Errors
/// What is wrong with one of them, or with what was asked.
#[pyfunction]
pub fn compare_json(
    py: Python<'_>,
    sides: [(String, String); 2],
    within_until: (Option<String>, Option<String>),
    kubernetes: Option<&str>,
    all: bool,
) -> PyResult<(String, String, Vec<String>)> {
    guarded(|| {
        let mut problems = Vec::new();
        let gates = version(kubernetes, &mut problems);
        let (within, until) = &within_until;
        let how = how(within.as_deref(), until.as_deref(), &mut problems);
        if !problems.is_empty() {
            return Err(of_input(&problems));
        }
        let read = |(name, text): &(String, String)| {
            let wrong = |why: String| Box::new(Problem { file: name.clone(), ..Problem::new(why) });
            compare::read(text, &gates).map_err(wrong)
        };
        let (came, odd) = py.detach(|| {
            let mut odd = Vec::new();
            let both = match [read(&sides[0]), read(&sides[1])] {
                [Ok(a), Ok(b)] => Ok([a, b]),
                [a, b] => Err([a.err(), b.err()].into_iter().flatten().map(|own| *own).collect::<Vec<_>>()),
            };
            let came = both.map(|mut both| {
                for (side, (name, _)) in both.iter().zip(&sides) {
                    odd.extend(side.trouble.iter().map(|trouble| format!("{name}: {trouble}")));
                }
                how.report(&mut both, &gates)
            });
            (came, odd)
        });
        let report = came.map_err(|problems| of_input(&problems))?;
        let text = text(&sides[0].0, &sides[1].0, &report, all);
        Ok((json_of(&report)?, text, odd))
    })
}

fn text(a: &str, b: &str, report: &Report, all: bool) -> String {
    format!("A  {a}\nB  {b}\n\n{}", compare::text::render(report, all))
}

/// `kubelapse compare SCENARIO --versions`: the seeds that differ, the seed of the report, the report, the text for people.
///
/// # Errors
/// What is wrong with the scenario or with what was asked; Ctrl-C.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "called by kubelapse.compare_versions alone")]
pub fn versions_json(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    both: [String; 2],
    seeds: Option<u64>,
    set: Option<&Bound<'_, PyAny>>,
    within_until: (Option<String>, Option<String>),
    all: bool,
    threads: Option<u16>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Vec<u64>, u64, String, String)> {
    guarded(|| {
        let mut problems = Vec::new();
        let (within, until) = &within_until;
        let mut how = how(within.as_deref(), until.as_deref(), &mut problems);
        how.within.get_or_insert(versions::ALIKE);
        for own in &both {
            version(Some(own), &mut problems);
        }
        if problems.is_empty() && both[0] == both[1] {
            problems.push(Problem::new("versions: two that differ"));
        }
        if seeds.is_some_and(|count| !(1..=100_000).contains(&count)) {
            problems.push(Problem::new("seeds: from 1 to 100000"));
        }
        if !problems.is_empty() {
            return Err(of_input(&problems));
        }
        let mut plans: Vec<Arc<Plan>> = Vec::new();
        let mut label = String::new();
        for own in &both {
            let beside = Beside::new(set, Some(own), None, None)?;
            let source = read(source, &beside)?;
            plans.push(source.load(&beside)?.1);
            label = source.label;
        }
        let Ok(plans) = <[Arc<Plan>; 2]>::try_from(plans) else {
            return Err(wrong("two versions are compared"));
        };
        let seeds: Vec<u64> = seeds.map_or_else(|| vec![plans[0].seed], |count| (0..count).collect());
        let played = during(py, threads, progress.as_ref(), seeds.len() as u64, |crew| {
            let held = |(): &mut (), seed: &u64| versions::held(&plans, *seed, &how, crew).transpose();
            kubelapse::answers::hands::all(crew, &seeds, || (), held)
        })?;
        let reports: Result<Vec<Report>, String> = played
            .map_err(|why| stopped(why, &format!("{}, digest {}", plans[0].name, plans[0].digest)))?
            .into_iter()
            .collect();
        let reports = reports.map_err(wrong)?;
        let told = reports.iter().position(|report| !report.same).unwrap_or(0);
        let Some(report) = reports.get(told) else { return Err(wrong("there is no seed to play")) };
        let differ = seeds.iter().zip(&reports).filter(|(_, own)| !own.same).map(|(seed, _)| *seed).collect();
        let titles = both.map(|version| format!("{label}, Kubernetes {version}, seed {}", seeds[told]));
        Ok((differ, seeds[told], json_of(report)?, text(&titles[0], &titles[1], report, all)))
    })
}

fn json_of(answer: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(answer).map_err(|problem| errors::fault(&problem.to_string(), ""))
}

fn instant(text: Option<&String>, problems: &mut Vec<Problem>) -> Option<Time> {
    let text = text?;
    let instant = Time::parse_rfc3339(text);
    if instant.is_none() {
        problems.push(Problem::new(format!("now {text}: no instant")).hint("such as 2026-04-29T04:33:19Z"));
    }
    instant
}

/// What a version of Kubernetes does; without one the usual.
fn version(text: Option<&str>, problems: &mut Vec<Problem>) -> Gates {
    let Some(text) = text else { return Gates::of(Version::DEFAULT) };
    match Version::parse(text) {
        Some(version) => Gates::of(version),
        None => {
            problems.push(
                Problem::new(format!("kubernetes {text}: no version that is known")).hint(Version::range()),
            );
            Gates::of(Version::DEFAULT)
        }
    }
}

fn how(within: Option<&str>, until: Option<&str>, problems: &mut Vec<Problem>) -> How {
    let mut span = |name: &str, text: Option<&str>| {
        let span = parse_duration(text?).map_err(|why| {
            problems.push(Problem::new(format!("{name} {}: {why}", text.unwrap_or_default())))
        });
        span.ok().map(Span::micros)
    };
    How { within: span("within", within), until: span("until", until) }
}
