//! A grid of scenarios under many seeds: what depends on what, as tables.

use std::collections::BTreeSet;

use kubelapse::answers::measure::{Measure, Unit};
use kubelapse::answers::sweep::picture;
use kubelapse::answers::sweep::play::{Player, Stopped};
use kubelapse::answers::sweep::report::Report;
use kubelapse::answers::sweep::request::{Request, SEEDS, Said};
use kubelapse::scenario::sweep::Knob;
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{self, Problem, guarded, of_input};
use crate::source::{Beside, Source, pairs, read, spelled};
use crate::table::{Kind, Table};
use crate::waiting::{Crew, during};

/// What a sweep came to: runs, summary, all of it in JSON, the table for people, the picture, why it ended early, and what was assumed
/// and is odd about the file.
type Swept = (Table, Table, String, String, Option<String>, Option<String>, Vec<String>);

/// Plays a sweep. Python's `kubelapse.sweep` is this.
///
/// # Errors
/// What is wrong with the scenario or with what was asked; Ctrl-C.
#[pyfunction]
#[pyo3(signature = (
    source, *, vary = None, seeds = None, measure = None, pairs = false, until_interval = None, set = None, kubernetes = None,
    until = None, nodes = None, threads = None, progress = None
))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub fn sweep(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    vary: Option<&Bound<'_, PyAny>>,
    seeds: Option<&Bound<'_, PyAny>>,
    measure: Option<&Bound<'_, PyAny>>,
    pairs: bool,
    until_interval: Option<f64>,
    set: Option<&Bound<'_, PyAny>>,
    kubernetes: Option<&str>,
    until: Option<&str>,
    nodes: Option<u32>,
    threads: Option<u16>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Swept> {
    guarded(|| {
        let beside = Beside::new(set, kubernetes, until, nodes)?;
        let source = read(source, &beside)?;
        let (_, plan, told) = source.load(&beside)?;
        let (from, count) = seeds.map_or(Ok((0, SEEDS)), range)?;
        if until_interval.is_some_and(|narrow| !(narrow > 0.0 && narrow < 1.0)) {
            return Err(errors::wrong("until_interval: a share of the mean, such as 0.02"));
        }
        let measures = measure.map_or(Ok(Vec::new()), words)?;
        let (vary, texts) = knobs(vary)?;
        let said = Said { vary, pairs, measures, from, seeds: count };
        let mut request = Request::new(&plan, said)
            .map_err(|problems| of_input(&problems.into_iter().map(Problem::new).collect::<Vec<_>>()))?;
        let played = during(py, threads, progress.as_ref(), request.runs(), |crew| {
            let load = |set: &[String]| {
                source.plan(&beside.overrides.iter().chain(set).cloned().collect::<Vec<_>>())
            };
            played(&mut request, &load, until_interval, crew)
        })?;
        told_as(&request, &texts, played.map_err(|stopped| refused(&source, stopped))?, told)
    })
}

/// What is played becomes rows of runs.csv and summary.csv, and the report.
struct Played {
    runs: String,
    summary: String,
    report: Report,
    ended: Option<String>,
}

fn played(
    request: &mut Request,
    load: kubelapse::answers::sweep::play::Load<'_>,
    narrow: Option<f64>,
    crew: &Crew,
) -> Result<Played, Stopped> {
    let player = Player::new(request, load, crew);
    player.check()?;
    let mut report = Report::new(request.grid.clone(), request.measures.clone(), request.from);
    let [mut runs, mut summary] = report.heads();
    let mut add = |report: &mut Report, cell, figures| {
        let [own, sums] = report.cell(cell, figures);
        runs.push_str(&own);
        summary.push_str(&sums);
    };
    let mut ended = None;
    match narrow {
        None => player.cells(request.from, request.seeds, &|_| true, &mut |cell, own| {
            add(&mut report, cell, own.into_iter().map(|(_, figures)| figures).collect());
            Ok::<(), Stopped>(())
        })?,
        Some(narrow) => {
            let (kept, why) = player.until_narrow(request, narrow)?;
            ended = why;
            (0..).zip(kept).for_each(|(cell, figures)| add(&mut report, cell, figures));
        }
    }
    Ok(Played { runs, summary, report, ended })
}

fn refused(source: &Source, stopped: Stopped) -> PyErr {
    match stopped {
        Stopped::Problems(problems) => source.refused(&problems),
        Stopped::Fault(said, with) => errors::fault(&said, &with),
        Stopped::Interrupted => PyKeyboardInterrupt::new_err(()),
    }
}

fn told_as(
    request: &Request,
    texts: &BTreeSet<String>,
    played: Played,
    told: Vec<String>,
) -> PyResult<Swept> {
    let Played { runs, summary, report, ended } = played;
    let is_text = |knob: &Knob| knob.key == "kubernetes" || texts.contains(&knob.key);
    let of = |knob: &Knob| if is_text(knob) { Kind::Text } else { kind(knob) };
    let knobs: Vec<Kind> = request.grid.knobs().iter().map(of).collect();
    let measures: Vec<Kind> = request.measures.iter().map(kind_of).collect();
    let of_runs = |ix: usize, name: &str| match (ix, name) {
        (0, _) => Kind::Whole,
        (1, _) => Kind::Unsigned,
        (ix, _) => knobs.iter().chain(&measures).nth(ix - 2).copied().unwrap_or(Kind::Text),
    };
    let of_summary = |ix: usize, name: &str| match (ix, name) {
        (0, _) => Kind::Whole,
        (ix, _) if ix <= knobs.len() => knobs[ix - 1],
        (_, "measure" | "unit" | "method") => Kind::Text,
        (_, "n" | "missing") => Kind::Whole,
        _ => Kind::Number,
    };
    Ok((
        Table::of_csv(runs.as_bytes(), of_runs)?,
        Table::of_csv(summary.as_bytes(), of_summary)?,
        report.json().to_string(),
        report.table(),
        picture::svg(&report),
        ended,
        told,
    ))
}

/// What the values of a key are: all whole numbers, all numbers, or texts.
fn kind(knob: &Knob) -> Kind {
    let all = |is: &dyn Fn(&String) -> bool| knob.values.iter().all(is);
    if all(&|value| value.parse::<i64>().is_ok()) {
        Kind::Whole
    } else if all(&|value| value.parse::<f64>().is_ok_and(f64::is_finite)) {
        Kind::Number
    } else {
        Kind::Text
    }
}

fn kind_of(measure: &Measure) -> Kind {
    match measure.unit {
        Unit::Phase => Kind::Text,
        // A mean of counts is no whole number.
        Unit::Count if !measure.name.starts_with("mean:") => Kind::Whole,
        Unit::Count | Unit::Seconds => Kind::Number,
    }
}

/// What is varied, or what is wrong with it, and the keys whose values are texts: those stay texts, whatever they look like.
type Knobs = (Vec<Result<Knob, String>>, BTreeSet<String>);

/// Keys with their values: a dict of lists, ranges or the program's words (`"1..6"`), or a list of the program's words.
fn knobs(vary: Option<&Bound<'_, PyAny>>) -> PyResult<Knobs> {
    let Some(vary) = vary else { return Ok(Knobs::default()) };
    if vary.is_instance_of::<PyString>() || !vary.hasattr("items")? {
        return Ok((words(vary)?.iter().map(|text| Knob::parse(text)).collect(), BTreeSet::new()));
    }
    let (mut all, mut texts) = Knobs::default();
    for (key, values) in pairs("vary", Some(vary))? {
        all.push(if let Ok(text) = values.cast::<PyString>() {
            Knob::parse(&format!("{key}={text}"))
        } else {
            let expected = |_| {
                PyTypeError::new_err(format!("vary: the values of `{key}` are a list, a range or a text"))
            };
            let mut told = Vec::new();
            for value in values.try_iter().map_err(expected)? {
                let value = value?;
                // A text stands as it is written after `--set KEY=`.
                let text = value.cast::<PyString>().map(|text| text.to_string()).ok();
                told.push(match text.filter(|text| !text.trim().is_empty()) {
                    Some(text) => {
                        texts.insert(key.clone());
                        text
                    }
                    None => spelled(&value)?,
                });
                if told.len() as u128 > kubelapse::scenario::sweep::MOST_VALUES {
                    break;
                }
            }
            match told.len() as u128 {
                0 => Err(format!("vary: `{key}` has no value")),
                many if many > kubelapse::scenario::sweep::MOST_VALUES => {
                    Err(format!("vary: `{key}` has more values than are played"))
                }
                _ => Ok(Knob { key, values: told }),
            }
        });
    }
    Ok((all, texts))
}

/// Words: one, several with commas between them, or a list of them.
fn words(own: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    match own.cast::<PyString>() {
        Ok(text) => Ok(vec![text.to_string()]),
        Err(_) => own.extract(),
    }
}

/// The first seed, and how many: a number, or a range without gaps.
pub fn range(seeds: &Bound<'_, PyAny>) -> PyResult<(u64, u64)> {
    let wrong = || PyValueError::new_err("seeds: how many (from 0 on), or range(from, to), from 0 to 2^64-1");
    let (from, count) = match seeds.extract::<u64>() {
        Ok(count) => (0, count),
        Err(_) if seeds.hasattr("step")? => {
            let at = |name: &str| seeds.getattr(name)?.extract::<u64>().map_err(|_| wrong());
            let (from, to) = (at("start")?, at("stop")?);
            if at("step")? != 1 {
                return Err(wrong());
            }
            (from, to.saturating_sub(from))
        }
        Err(_) => return Err(wrong()),
    };
    if count == 0 { Err(errors::wrong("seeds: no seed, no run")) } else { Ok((from, count)) }
}

/// What can be measured of a run, a line each.
#[pyfunction]
pub fn measures() -> String {
    Measure::help()
}
