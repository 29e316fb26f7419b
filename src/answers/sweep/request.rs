//! What a sweep was asked for, as its parts say it: parts of one request become one result.

use serde_json::{Map, Value, json};

use super::{Grid, MOST_RUNS};
use crate::answers::measure::{Measure, Unit};
use crate::scenario::Plan;
use crate::scenario::sweep::Knob;

/// How parts are laid out.
const FORMAT: u64 = 1;

/// Played where nobody says how many.
pub const SEEDS: u64 = 100;
/// Measured where nobody says what, beside what the scenario's own `[[measure]]` tables say.
pub const MEASURES: [&str; 3] = ["timeToReady", "restarts", "downtime"];

/// What somebody says of a sweep, beside what its scenario says.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    /// Keys and their values, or why a text is none: they count before those of the scenario's `[[sweep]]`.
    pub vary: Vec<Result<Knob, String>>,
    /// The first values of all keys are taken together, then the second ones, and so on.
    pub pairs: bool,
    /// What is measured, in words; empty: what every run has.
    pub measures: Vec<String>,
    /// The first seed.
    pub from: u64,
    /// How many seeds.
    pub seeds: u64,
}

impl Default for Said {
    fn default() -> Said {
        Said { vary: Vec::new(), pairs: false, measures: Vec::new(), from: 0, seeds: SEEDS }
    }
}

/// All that decides which runs there are and what is measured of them.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The scenario's name.
    pub name: String,
    /// Digest of its texts and overrides.
    pub digest: String,
    /// What is varied.
    pub grid: Grid,
    /// What is measured.
    pub measures: Vec<Measure>,
    /// The first seed.
    pub from: u64,
    /// How many seeds.
    pub seeds: u64,
}

impl Request {
    /// A sweep of a plan, as somebody wants it.
    ///
    /// # Errors
    /// All that is wrong with what was said, in words.
    pub fn new(plan: &Plan, said: Said) -> Result<Request, Vec<String>> {
        let Said { vary, pairs, measures: words, from, seeds } = said;
        let mut problems = Vec::new();
        let mut knobs: Vec<Knob> = Vec::new();
        for knob in vary {
            match knob {
                Ok(knob) => knobs.push(knob),
                Err(problem) => problems.push(problem),
            }
        }
        // What somebody says of a key counts, and the file's others stay.
        let is_said = |knob: &&Knob| !knobs.iter().any(|own| own.key == knob.key);
        let mut all: Vec<Knob> = plan.sweep.knobs.iter().filter(is_said).cloned().collect();
        all.extend(knobs);
        let words = match &words[..] {
            [] => {
                let own = plan.sweep.measures.iter().map(|own| own.name.clone());
                MEASURES.iter().map(|name| (*name).to_owned()).chain(own).collect()
            }
            _ => words,
        };
        let mut measures: Vec<Measure> = Vec::new();
        for text in &words {
            match Measure::parse(text.trim(), &plan.sweep.measures) {
                Ok(measure) if measures.contains(&measure) => {}
                Ok(measure) => measures.push(measure),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let grid = Grid::new(all, pairs || plan.sweep.pairs).map_err(|problem| vec![problem])?;
        let request =
            Request { name: plan.name.clone(), digest: plan.digest.clone(), grid, measures, from, seeds };
        if request.runs() > MOST_RUNS {
            return Err(vec![format!(
                "{} cells under {seeds} seeds each are {} runs, and {MOST_RUNS} are played at most",
                request.grid.cells(),
                request.runs()
            )]);
        }
        Ok(request)
    }

    /// How many runs there are.
    pub fn runs(&self) -> u64 {
        self.grid.cells().saturating_mul(self.seeds)
    }

    /// All of it, as a result's list says it.
    pub fn told(&self) -> Map<String, Value> {
        let knobs: Vec<Value> =
            self.grid.knobs().iter().map(|knob| json!({ "key": knob.key, "values": knob.values })).collect();
        let measures: Vec<Value> = self
            .measures
            .iter()
            .map(|measure| json!({ "name": measure.name, "unit": measure.unit.as_str() }))
            .collect();
        let told = json!({
            "format": FORMAT,
            "version": env!("CARGO_PKG_VERSION"),
            "scenario": self.name,
            "digest": self.digest,
            "knobs": knobs,
            "pairs": self.grid.pairs(),
            "cells": self.grid.cells(),
            "from": self.from,
            "seeds": self.seeds,
            "measures": measures,
        });
        if let Value::Object(told) = told { told } else { Map::new() }
    }

    /// From a result's list.
    ///
    /// # Errors
    /// Says in words why this is none.
    pub fn read(told: &Value) -> Result<Request, String> {
        let by = told["version"].as_str().unwrap_or("of an unknown version");
        if told["format"].as_u64() != Some(FORMAT) || by != env!("CARGO_PKG_VERSION") {
            return Err(format!(
                "it was written by kubelapse {by}, and this is {}",
                env!("CARGO_PKG_VERSION")
            ));
        }
        let read = || {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let list = |value: &Value| value.as_array().cloned();
            let knob = |own: &Value| {
                let values = list(&own["values"])?.iter().map(text).collect::<Option<Vec<_>>>()?;
                (!values.is_empty()).then_some(())?;
                Some(Knob { key: text(&own["key"])?, values })
            };
            let measure = |own: &Value| {
                Some(Measure::named(own["name"].as_str()?, Unit::parse(own["unit"].as_str()?)?))
            };
            let knobs = list(&told["knobs"])?.iter().map(knob).collect::<Option<_>>()?;
            Some(Request {
                name: text(&told["scenario"])?,
                digest: text(&told["digest"])?,
                grid: Grid::new(knobs, told["pairs"].as_bool()?).ok()?,
                measures: list(&told["measures"])?.iter().map(measure).collect::<Option<_>>()?,
                from: told["from"].as_u64()?,
                seeds: told["seeds"].as_u64()?,
            })
        };
        read().ok_or_else(|| "it does not say what was played".to_owned())
    }
}
