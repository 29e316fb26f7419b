//! `run.toml`: what a result was made from, so that it can be made again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::run::Format;
use crate::scenario::Plan;
use crate::world::World;

#[derive(Serialize)]
struct Manifest<'a> {
    scenario: &'a str,
    /// Of the scenario's text, its manifests and the overrides.
    scenario_digest: &'a str,
    seed: u64,
    kubernetes: &'a str,
    /// Of kubelapse.
    version: &'a str,
    start: String,
    /// How many events were played.
    steps: u64,
    /// Of everything that was played.
    digest: String,
    /// Whether the run was cut short.
    partial: bool,
    formats: Vec<String>,
    feature_gates: BTreeMap<&'a str, bool>,
}

pub fn text(plan: &Plan, seed: u64, w: &World, formats: &[Format], partial: bool) -> String {
    let manifest = Manifest {
        scenario: &plan.name,
        scenario_digest: &plan.digest,
        seed,
        kubernetes: plan.gates.version.as_str(),
        version: env!("CARGO_PKG_VERSION"),
        start: plan.start.rfc3339_micros(),
        steps: w.step,
        digest: w.digest.to_string(),
        partial,
        formats: formats.iter().map(|format| format!("{format:?}").to_lowercase()).collect(),
        feature_gates: plan.gates.list().into_iter().collect(),
    };
    // A table of texts and numbers below i64::MAX can be written.
    toml::to_string(&manifest).unwrap_or_default()
}
