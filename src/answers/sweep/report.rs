//! What a sweep tells: a row for each run, rows of summary for each cell, and the table that people read.
//!
//! Cells come in their order, each with the figures of all its seeds; whoever brings them (a machine's threads, or the parts of
//! many machines) makes no difference to a byte.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::Grid;
use crate::answers::measure::{Figure, Measure, PHASES, Unit, decimal};
use crate::answers::statistics::{METHODS, Paired, Summary, wilson};

/// So many cells are kept for the table, JSON and the picture; files hold all.
const KEPT: u64 = 100_000;
/// So many cells the table shows.
const SHOWN: usize = 60;

/// The columns of summary.csv behind the knobs.
pub const COLUMNS: [&str; 20] = [
    "measure",
    "n",
    "missing",
    "mean",
    "sd",
    "ci_low",
    "ci_high",
    "min",
    "p5",
    "p25",
    "p50",
    "p75",
    "p95",
    "p99",
    "max",
    "diff_mean",
    "diff_ci_low",
    "diff_ci_high",
    "unit",
    "method",
];

/// A cell summed up.
pub struct Cell {
    /// Its number.
    pub cell: u64,
    /// A line for each measure; for phases one for each that came.
    pub lines: Vec<Line>,
}

/// A measure of a cell summed up.
#[derive(Clone, Debug)]
pub struct Line {
    /// The measure's name; with a phase behind it.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// Its figures in a few numbers; of a phase, the share of runs that end in it.
    pub summary: Summary,
    /// Against the first cell; None in that cell itself.
    pub paired: Option<Paired>,
}

/// Takes cells in, in their order.
pub struct Report {
    grid: Grid,
    measures: Vec<Measure>,
    /// The first seed.
    from: u64,
    /// Of the first cell: by seed and measure.
    first: Vec<Vec<Figure>>,
    kept: Vec<Cell>,
}

impl Report {
    /// Of a grid whose cells are played under seeds from `from` on.
    pub fn new(grid: Grid, measures: Vec<Measure>, from: u64) -> Report {
        Report { grid, measures, from, first: Vec::new(), kept: Vec::new() }
    }
    /// The cells that are kept.
    pub fn kept(&self) -> &[Cell] {
        &self.kept
    }
    /// What was varied.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The heads of runs.csv and summary.csv.
    pub fn heads(&self) -> [String; 2] {
        let knobs = || self.grid.knobs().iter().map(|knob| cell_of(&knob.key));
        let measures = self.measures.iter().map(|measure| cell_of(&measure.name));
        let line = |cells: Vec<String>| cells.join(",") + "\n";
        let runs = ["cell".to_owned(), "seed".to_owned()].into_iter().chain(knobs()).chain(measures);
        let columns = COLUMNS.iter().map(|column| (*column).to_owned());
        let summary = ["cell".to_owned()].into_iter().chain(knobs()).chain(columns);
        [line(runs.collect()), line(summary.collect())]
    }

    /// The rows of the next cell: those of runs.csv and those of summary.csv. `runs` has the figures of each seed in turn.
    pub fn cell(&mut self, cell: u64, runs: Vec<Vec<Figure>>) -> [String; 2] {
        let knobs: String =
            self.grid.values(cell).iter().fold(String::new(), |text, value| text + &cell_of(value) + ",");
        let mut rows = String::new();
        for (seed, figures) in (0u64..).zip(&runs) {
            // The last seed that there is has none behind it.
            let seed = self.from.wrapping_add(seed);
            let _ = write!(rows, "{cell},{seed},{knobs}");
            let cells = self.measures.iter().zip(figures).map(|(measure, figure)| measure.unit.cell(*figure));
            rows.push_str(&cells.collect::<Vec<_>>().join(","));
            rows.push('\n');
        }
        let lines: Vec<Line> =
            (0..self.measures.len()).flat_map(|place| self.lines(place, &runs, cell > 0)).collect();
        let mut summary = String::new();
        for line in &lines {
            let _ = write!(summary, "{cell},{knobs}");
            summary.push_str(&line.cells().join(","));
            summary.push('\n');
        }
        if cell == 0 {
            self.first = runs;
        }
        if cell < KEPT {
            self.kept.push(Cell { cell, lines });
        }
        [rows, summary]
    }

    fn lines(&self, place: usize, runs: &[Vec<Figure>], is_later: bool) -> Vec<Line> {
        let measure = &self.measures[place];
        let figures = || runs.iter().map(|run| run[place]);
        if measure.unit == Unit::Phase {
            return phases(&measure.name, figures().collect());
        }
        let base = self.first.iter().map(|run| run[place]);
        let paired = if is_later { Paired::of(figures(), base) } else { None };
        let summary = Summary::of(figures());
        vec![Line { name: measure.name.clone(), unit: measure.unit, summary, paired }]
    }

    /// Half the width of the widest interval of the first measure among all cells, as a share of its mean; None where some
    /// cell has no interval yet.
    pub fn widest(&self) -> Option<f64> {
        let widths = self.kept.iter().map(|cell| {
            let summary = &cell.lines.first()?.summary;
            let ((low, high), mean) = (summary.interval?, summary.mean?);
            let half = (high - low) / 2.0;
            if half == 0.0 { Some(0.0) } else { (mean != 0.0).then(|| half / mean.abs()) }
        });
        widths.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)
    }

    /// The table that people read.
    pub fn table(&self) -> String {
        let mut table = tabwriter::TabWriter::new(Vec::new()).minwidth(3).padding(3);
        let mut heads: Vec<String> =
            self.grid.knobs().iter().map(|knob| short(&knob.key).to_owned()).collect();
        let names: Vec<&Measure> = self.measures.iter().collect();
        heads.extend(names.iter().map(|measure| measure.name.clone()));
        let differs = self.kept.len() > 1 && names.first().is_some_and(|first| first.unit != Unit::Phase);
        if differs {
            heads.push("against the first".to_owned());
        }
        // A table in memory takes everything.
        let _ = writeln!(table, "{}", heads.join("\t"));
        for cell in self.kept.iter().take(SHOWN) {
            let mut cells: Vec<String> =
                self.grid.values(cell.cell).iter().map(|v| (*v).to_owned()).collect();
            for measure in &names {
                let is_own = |line: &&Line| {
                    line.name == measure.name || line.name.starts_with(&format!("{}=", measure.name))
                };
                let own: Vec<String> = cell.lines.iter().filter(is_own).map(Line::words).collect();
                cells.push(own.join(", "));
            }
            if differs {
                cells.push(cell.lines.first().map_or_else(String::new, Line::difference));
            }
            let _ = writeln!(table, "{}", cells.join("\t"));
        }
        let text = String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default();
        let mut text = text.lines().fold(String::new(), |all, line| all + line.trim_end() + "\n");
        let left = self.grid.cells().saturating_sub(SHOWN as u64);
        if left > 0 {
            let _ = writeln!(text, "… and {left} more cells: summary.csv has all");
        }
        let _ = writeln!(text, "\nmean ± half its interval, and from 5 to 95 % of the runs. {METHODS}.");
        text
    }

    /// All that is kept, as JSON.
    pub fn json(&self) -> Value {
        let cells: Vec<Value> = self
            .kept
            .iter()
            .map(|cell| {
                let knobs: Map<String, Value> = (self.grid.knobs().iter().zip(self.grid.values(cell.cell)))
                    .map(|(knob, value)| (knob.key.clone(), json!(value)))
                    .collect();
                let lines: Map<String, Value> =
                    cell.lines.iter().map(|line| (line.name.clone(), line.json())).collect();
                json!({ "cell": cell.cell, "knobs": knobs, "measures": lines })
            })
            .collect();
        json!({ "method": METHODS, "cells": cells })
    }
}

/// Of phases: the share of runs that end in each that came.
fn phases(name: &str, figures: Vec<Figure>) -> Vec<Line> {
    let missing = figures.iter().filter(|figure| figure.is_none()).count() as u64;
    let n = figures.len() as u64 - missing;
    let counted = PHASES.iter().filter_map(|phase| {
        let is_it = |figure: &&Figure| Unit::Phase.cell(**figure) == *phase;
        let good = figures.iter().filter(is_it).count() as u64;
        let share = good as f64 / n.max(1) as f64;
        let summary =
            Summary { n, missing, mean: Some(share), interval: wilson(good, n), ..Summary::default() };
        (good > 0).then(|| Line { name: format!("{name}={phase}"), unit: Unit::Phase, summary, paired: None })
    });
    let mut lines: Vec<Line> = counted.collect();
    if lines.is_empty() {
        let summary = Summary { n, missing, ..Summary::default() };
        lines.push(Line { name: name.to_owned(), unit: Unit::Phase, summary, paired: None });
    }
    lines
}

/// The last words of a key: `livenessProbe.failureThreshold`.
pub(super) fn short(key: &str) -> &str {
    let dots: Vec<usize> = key.match_indices('.').map(|(at, _)| at).collect();
    if key.contains(['"', '\'']) || dots.len() < 2 { key } else { &key[dots[dots.len() - 2] + 1..] }
}

/// A cell of a CSV file (RFC 4180).
fn cell_of(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A number as files have it: to a millionth, without zeros at its end.
fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| decimal((value * 1e6).round() as i64))
}

impl Line {
    fn cells(&self) -> Vec<String> {
        let Summary { n, missing, mean, sd, interval, min, quantiles, max } = &self.summary;
        let mut cells =
            vec![cell_of(&self.name), n.to_string(), missing.to_string(), number(*mean), number(*sd)];
        cells.extend([number(interval.map(|own| own.0)), number(interval.map(|own| own.1)), number(*min)]);
        let places = 0..crate::answers::statistics::QUANTILES.len();
        cells.extend(places.map(|place| number(quantiles.get(place).copied())));
        cells.push(number(*max));
        let paired = self.paired.and_then(|paired| paired.interval);
        cells.push(number(self.paired.map(|paired| paired.mean)));
        cells.extend([number(paired.map(|own| own.0)), number(paired.map(|own| own.1))]);
        let (unit, method) = match self.unit {
            Unit::Phase => ("share", "Wilson"),
            unit => (unit.as_str(), "Student"),
        };
        cells.extend([unit.to_owned(), method.to_owned()]);
        cells
    }

    /// `12.3 ±0.4s (11.0 to 14.2)`
    fn words(&self) -> String {
        let Summary { n, missing, mean, interval, quantiles, .. } = &self.summary;
        let Some(mean) = *mean else {
            return if *missing > 0 {
                format!("{} ({missing})", Measure::absent(&self.name))
            } else {
                String::new()
            };
        };
        let never = if *missing > 0 {
            format!(", {} {missing} of {}", Measure::absent(&self.name), n + missing)
        } else {
            String::new()
        };
        if self.unit == Unit::Phase {
            let phase = self.name.rsplit('=').next().unwrap_or_default();
            return format!("{phase} {:.1} %{never}", mean * 100.0);
        }
        let half = half(*interval);
        let unit = if self.unit == Unit::Seconds { " s" } else { "" };
        let range = match quantiles[..] {
            [p5, .., p95, _] if rounded(p5) != rounded(p95) => {
                format!(" ({} to {})", rounded(p5), rounded(p95))
            }
            _ => String::new(),
        };
        format!("{}{half}{unit}{range}{never}", rounded(mean))
    }

    /// `+3.1 ±0.2 s`
    fn difference(&self) -> String {
        let Some(paired) = self.paired else { return String::new() };
        let half = half(paired.interval);
        let sign = if paired.mean > 0.0 { "+" } else { "" };
        let unit = if self.unit == Unit::Seconds { " s" } else { "" };
        format!("{sign}{}{half}{unit}", rounded(paired.mean))
    }

    fn json(&self) -> Value {
        let Summary { n, missing, mean, sd, interval, min, quantiles, max } = &self.summary;
        let pair = |own: Option<(f64, f64)>| own.map_or(Value::Null, |(low, high)| json!([low, high]));
        json!({
            "unit": if self.unit == Unit::Phase { "share" } else { self.unit.as_str() },
            "n": n, "missing": missing, "mean": mean, "sd": sd, "interval": pair(*interval),
            "min": min, "quantiles": quantiles, "max": max,
            "difference": self.paired.map_or(Value::Null, |own| json!({ "mean": own.mean, "interval": pair(own.interval) })),
        })
    }
}

/// ` ±0.4`: half of an interval, where there is something to be seen of it.
fn half(interval: Option<(f64, f64)>) -> String {
    let half = interval.map(|(low, high)| rounded((high - low) / 2.0));
    half.filter(|half| half != "0").map_or_else(String::new, |half| format!(" ±{half}"))
}

/// Three figures or so, as people read them.
fn rounded(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
