//! What alerts do, for people, for a page, for programs and for CI systems.

use std::fmt::Write as _;

use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::Found;
use crate::answers::alerts::{Fired, Rules, summed_up};
use crate::rules::kubectl::terminal::padded;
use crate::time::Span;

impl Found {
    /// What an alert did, by seed.
    fn of(&self, alert: &str) -> Vec<&Fired> {
        self.seeds.iter().filter_map(|(_, alerts)| alerts.get(alert)).collect()
    }
    fn fires(&self, alert: &str) -> bool {
        self.of(alert).iter().any(|fired| fired.times() > 0)
    }
    fn is_seen(&self, rules: &Rules) -> bool {
        rules.alerts.iter().any(|alert| self.fires(alert))
    }
}

/// `crash-loop, home`
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// Scenarios that no rule sees, where there are several of them.
fn unseen(rules: &Rules, found: &[Found]) -> Option<String> {
    if found.len() < 2 {
        return None;
    }
    let unseen: Vec<&str> =
        found.iter().filter(|own| !own.is_seen(rules)).map(|own| own.plan.name.as_str()).collect();
    Some(match unseen.len() {
        0 => format!("each of {} scenarios is seen by a rule", found.len()),
        count => format!(
            "{count} of {} scenarios are seen by no rule: {}",
            found.len(),
            listed(unseen.into_iter())
        ),
    })
}

pub fn text(rules: &Rules, found: &[Found]) -> String {
    let width = rules.alerts.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(48);
    let mut text = String::new();
    for own in found {
        let seeds = match own.seeds.as_slice() {
            [(seed, _)] => format!("seed {seed}"),
            several => format!("{} seeds", several.len()),
        };
        let _ = writeln!(text, "{}, {seeds}", own.plan.name);
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

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}

/// With more alerts than this a matrix is wider than any page: then each scenario has one cell, of those that fire.
const WIDEST: usize = 8;

pub fn markdown(rules: &Rules, found: &[Found]) -> String {
    let mut text = String::new();
    let is_matrix = rules.alerts.len() <= WIDEST;
    let names: Vec<String> = match is_matrix {
        true => rules.alerts.iter().map(|alert| cell(alert)).collect(),
        false => vec!["what fires, and after how long".to_owned()],
    };
    let _ = writeln!(text, "| scenario | {} |", names.join(" | "));
    let _ = writeln!(text, "| --- |{}", " --- |".repeat(names.len()));
    for own in found {
        let cells: Vec<String> = match is_matrix {
            true => rules.alerts.iter().map(|alert| short(&own.of(alert))).collect(),
            false => vec![fired(rules, own)],
        };
        let _ = writeln!(text, "| `{}` | {} |", cell(&own.plan.name), cells.join(" | "));
    }
    if let Some(words) = unseen(rules, found) {
        let _ = writeln!(text, "\n{}.", cell(&words));
    }
    text
}

/// Those that fire, the earliest first.
fn fired(rules: &Rules, own: &Found) -> String {
    let mut all: Vec<(Option<Span>, String)> = rules
        .alerts
        .iter()
        .filter(|alert| own.fires(alert))
        .map(|alert| {
            let first = own.of(alert).iter().filter_map(|fired| fired.first()).min();
            (first, format!("{} {}", cell(alert), short(&own.of(alert))))
        })
        .collect();
    all.sort();
    listed(all.iter().map(|(_, words)| words.as_str()))
}

/// When it fires, and how often; `(5m0s)`: its condition holds from then on, and not for long enough.
fn short(fired: &[&Fired]) -> String {
    let firsts: Vec<_> = fired.iter().filter_map(|own| own.first()).collect();
    let Some(first) = firsts.iter().min() else {
        return fired
            .iter()
            .filter_map(|own| own.pending)
            .min()
            .map_or(String::new(), |at| format!("({at})"));
    };
    let times = fired.iter().map(|own| own.times()).max().unwrap_or(0);
    let times = if times > 1 { format!(" ({times} times)") } else { String::new() };
    match firsts.iter().max() {
        Some(last) if last != first => format!("{first} to {last}{times}"),
        _ => format!("{first}{times}"),
    }
}

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
            json!({ "scenario": own.plan.name, "seen": own.is_seen(rules), "runs": runs })
        })
        .collect();
    format!("{:#}\n", Value::Array(scenarios))
}

pub fn junit(rules: &Rules, found: &[Found]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("kubelapse alerts");
    for own in found {
        let mut suite = TestSuite::new(own.plan.name.clone());
        for alert in &rules.alerts {
            let mut case = TestCase::new(alert.clone(), TestCaseStatus::success());
            case.set_classname(own.plan.name.clone());
            case.set_system_out(summed_up(&own.of(alert)));
            case.extra.insert("file".into(), own.label.clone().into());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}
