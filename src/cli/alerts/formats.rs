//! What alerts do, for a page and for CI systems.

use std::fmt::Write as _;

use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

use crate::answers::alerts::report::{Found, listed, unseen};
use crate::answers::alerts::{Fired, Rules, summed_up};
use crate::time::Span;

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
        let _ = writeln!(text, "| `{}` | {} |", cell(&own.scenario), cells.join(" | "));
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

pub fn junit(rules: &Rules, found: &[Found]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("kubelapse alerts");
    for own in found {
        let mut suite = TestSuite::new(own.scenario.clone());
        for alert in &rules.alerts {
            let mut case = TestCase::new(alert.clone(), TestCaseStatus::success());
            case.set_classname(own.scenario.clone());
            case.set_system_out(summed_up(&own.of(alert)));
            case.extra.insert("file".into(), own.label.clone().into());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}
