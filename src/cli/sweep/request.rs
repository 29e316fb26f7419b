//! What a sweep was asked for, as its parts say it: parts of one request become one result.

use serde_json::{Map, Value, json};

use crate::answers::measure::{Measure, Unit};
use crate::answers::sweep::Grid;
use crate::scenario::sweep::Knob;

/// How parts are laid out.
const FORMAT: u64 = 1;

/// All that decides which runs there are and what is measured of them.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The scenario's name.
    pub name: String,
    /// Digest of its texts and overrides.
    pub digest: String,
    pub grid: Grid,
    pub measures: Vec<Measure>,
    /// The first seed.
    pub from: u64,
    /// How many seeds.
    pub seeds: u64,
}

impl Request {
    /// How many runs there are.
    pub fn runs(&self) -> u64 {
        self.grid.cells().saturating_mul(self.seeds)
    }

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
