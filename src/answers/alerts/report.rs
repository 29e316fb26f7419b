//! What alerts did in the runs that were watched, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Fired, Rules, summed_up};
use crate::rules::kubectl::terminal::padded;
use crate::time::Span;

/// What was found of a scenario: by seed, each alert.
pub struct Found {
    /// The scenario's name.
    pub scenario: String,
    /// How its file is called.
    pub label: String,
    /// By seed, in the order in which they were asked for.
    pub seeds: Vec<(u64, BTreeMap<String, Fired>)>,
}

impl Found {
    /// What an alert did, by seed.
    pub fn of(&self, alert: &str) -> Vec<&Fired> {
        self.seeds.iter().filter_map(|(_, alerts)| alerts.get(alert)).collect()
    }
    /// It fires under one of the seeds.
    pub fn fires(&self, alert: &str) -> bool {
        self.of(alert).iter().any(|fired| fired.times() > 0)
    }
    fn is_seen(&self, rules: &Rules) -> bool {
        rules.alerts.iter().any(|alert| self.fires(alert))
    }
}

/// `crash-loop, home`
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// Scenarios that no rule sees, where there are several of them.
pub fn unseen(rules: &Rules, found: &[Found]) -> Option<String> {
    if found.len() < 2 {
        return None;
    }
    let unseen: Vec<&str> =
        found.iter().filter(|own| !own.is_seen(rules)).map(|own| own.scenario.as_str()).collect();
    Some(match unseen.len() {
        0 => format!("each of {} scenarios is seen by a rule", found.len()),
        count => format!(
            "{count} of {} scenarios are seen by no rule: {}",
            found.len(),
            listed(unseen.into_iter())
        ),
    })
}

/// For people.
pub fn text(rules: &Rules, found: &[Found]) -> String {
    let width = rules.alerts.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(48);
    let mut text = String::new();
    for own in found {
        let seeds = match own.seeds.as_slice() {
            [(seed, _)] => format!("seed {seed}"),
            several => format!("{} seeds", several.len()),
        };
        let _ = writeln!(text, "{}, {seeds}", own.scenario);
        for alert in rules.alerts.iter().filter(|alert| own.fires(alert)) {
            let _ = writeln!(text, "  {}  {}", padded(alert, width), summed_up(&own.of(alert)));
        }
        let near: Vec<String> = rules
            .alerts
            .iter()
            .filter(|alert| !own.fires(alert))
            .map(|alert| match own.of(alert).iter().filter_map(|fired| fired.pending).min() {
                Some(at) => format!("{alert} (pending from {at})"),
                None => alert.clone(),
            })
            .collect();
        if !near.is_empty() {
            let _ = writeln!(text, "  never: {}", near.join(", "));
        }
    }
    if let Some(words) = unseen(rules, found) {
        let _ = writeln!(text, "{words}");
    }
    text
}

/// For programs: all of it.
pub fn json(rules: &Rules, found: &[Found]) -> String {
    let secs = |span: Span| span.secs_f64();
    let scenarios: Vec<Value> = found
        .iter()
        .map(|own| {
            let runs: Vec<Value> = own
                .seeds
                .iter()
                .map(|(seed, alerts)| {
                    let alerts: serde_json::Map<String, Value> = rules
                        .alerts
                        .iter()
                        .filter_map(|name| alerts.get_key_value(name))
                        .map(|(name, fired)| {
                            let spans: Vec<[f64; 2]> =
                                fired.spans.iter().map(|(from, to)| [secs(*from), secs(*to)]).collect();
                            let told = json!({
                                "pending": fired.pending.map(secs), "firing": spans, "lasts": fired.lasts(),
                            });
                            (name.clone(), told)
                        })
                        .collect();
                    json!({ "seed": seed, "alerts": alerts })
                })
                .collect();
            json!({ "scenario": own.scenario, "seen": own.is_seen(rules), "runs": runs })
        })
        .collect();
    format!("{:#}\n", Value::Array(scenarios))
}
