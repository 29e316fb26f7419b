//! Unit tests as promtool takes them (`promtool test rules`), and what it answers where it finds more than it was told.
//!
//! Its clock begins at zero, a run's at its start: series whose values are instants count from there too.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Rules, Watched};
use crate::record::openmetrics::series::One;
use crate::time::Span;

/// What is asked at each evaluation.
pub const ASKED: &str = "count by (alertname, alertstate) (ALERTS)";

/// An alert that there was, in one of its states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Its name.
    pub alert: String,
    /// `pending` or `firing`.
    pub state: String,
    /// How many series of it.
    pub count: u64,
}

/// What there was at each instant at which there was something.
pub type Said = BTreeMap<Span, Vec<State>>;

/// A unit test over the series that the rules may look at. Where nothing is expected promtool says what it finds; else the test
/// holds as long as the rules find the same.
pub fn unit_test(rules: &Rules, file: &str, watched: &Watched, expected: Option<&Said>) -> String {
    let every = span(watched.every);
    let mut text = String::new();
    let _ = writeln!(text, "rule_files:\n- {}", quoted(file));
    let _ = writeln!(text, "evaluation_interval: {every}\ntests:\n- interval: {every}\n  input_series:");
    let mut any = false;
    for (family, all) in watched.series.families().filter(|(family, _)| rules.looks_at(family)) {
        let shift = if is_instant(family) { watched.start.secs() as f64 } else { 0.0 };
        for one in all.iter().filter(|one| !one.runs().is_empty()) {
            any = true;
            let series = quoted(&format!("{family}{{{}}}", one.labels));
            let _ = writeln!(text, "  - series: {series}\n    values: '{}'", values(one, watched, shift));
        }
    }
    if !any {
        // A list without items is none.
        text.truncate(text.len() - 1);
        text.push_str(" []\n");
    }
    text.push_str("  promql_expr_test:\n");
    for (ix, at) in super::evaluations(watched).iter().enumerate() {
        // Where all stays as it was, one question is enough for those who keep the file.
        let states = expected.map(|said| said.get(at));
        if ix > 0
            && let Some(now) = states
            && now == expected.and_then(|said| said.get(&before(watched, ix)))
        {
            continue;
        }
        let _ = writeln!(text, "  - expr: {ASKED}\n    eval_time: {}", span(*at));
        match states.flatten() {
            None => text.push_str("    exp_samples: []\n"),
            Some(states) => {
                text.push_str("    exp_samples:\n");
                for State { alert, state, count } in states {
                    let labels = format!("{{alertname={}, alertstate={}}}", json(alert), json(state));
                    let _ = writeln!(text, "    - labels: {}\n      value: {count}", quoted(&labels));
                }
            }
        }
    }
    text
}

fn before(watched: &Watched, ix: usize) -> Span {
    watched.series.ticks().get(ix - 1).map_or(Span::ZERO, |at| at.since(watched.start))
}

/// Families whose values are instants.
fn is_instant(family: &str) -> bool {
    ["_created", "_time", "_timestamp", "_started"].iter().any(|end| family.ends_with(end))
}

/// `_x3 1+0x2 stale`: a value, and so many times the same again; gaps; the end of a series that was there.
fn values(one: &One, watched: &Watched, shift: f64) -> String {
    let count = watched.series.ticks().len();
    let mut words: Vec<String> = Vec::new();
    let mut next = 0;
    for run in one.runs() {
        let ticks = run.ticks(count);
        if ticks.is_empty() {
            continue;
        }
        gap(&mut words, ticks.start - next);
        let value = run.value - shift;
        match ticks.len() - 1 {
            0 => words.push(format!("{value}")),
            more => words.push(format!("{value}+0x{more}")),
        }
        next = ticks.end;
    }
    if next < count && !words.is_empty() {
        words.push("stale".to_owned());
    }
    words.join(" ")
}

/// So many scrapes at which there was nothing; where there was something before, the first of them says that it has ended.
fn gap(words: &mut Vec<String>, length: usize) {
    let mut left = length;
    if left > 0 && !words.is_empty() {
        words.push("stale".to_owned());
        left -= 1;
    }
    match left {
        0 => {}
        1 => words.push("_".to_owned()),
        left => words.push(format!("_x{left}")),
    }
}

/// A duration as Prometheus reads it.
fn span(span: Span) -> String {
    match span.micros() / 1000 {
        millis if millis % 1000 == 0 => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// A text in YAML: between single quotes where all of it can be seen.
fn quoted(text: &str) -> String {
    let is_plain = text.chars().all(|c| !c.is_control() && (c.is_ascii() || c.is_alphanumeric()));
    if is_plain { format!("'{}'", text.replace('\'', "''")) } else { json(text) }
}

/// What promtool has said of a test that expects nothing.
pub fn answers(said: &str) -> Said {
    let mut all = Said::new();
    let mut at = None;
    for line in said.lines() {
        if let Some((_, time)) = line.split_once(&format!("{}\", time: ", ASKED)) {
            at = duration(time.trim_end().trim_end_matches(','));
        } else if let (Some(got), Some(instant)) = (line.trim_start().strip_prefix("got:"), at) {
            all.insert(instant, states(got));
        }
    }
    all
}

/// `{alertname="Up", alertstate="firing"} 1E+00, …`
fn states(text: &str) -> Vec<State> {
    let mut states = Vec::new();
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once('{') {
        let (mut alert, mut state) = (String::new(), String::new());
        let mut inside = tail;
        while let Some((key, value)) = inside.split_once('=') {
            let Some((value, after)) = unquoted(value) else { return states };
            match key.trim_matches([',', ' ']) {
                "alertname" => alert = value,
                "alertstate" => state = value,
                _ => {}
            }
            inside = after;
            if inside.starts_with('}') {
                break;
            }
        }
        let number = inside.trim_start_matches(['}', ' ']).split([',', ' ', '\n']).next().unwrap_or_default();
        let count = number.parse::<f64>().map_or(0, |count| count as u64);
        states.push(State { alert, state, count });
        rest = inside;
    }
    states
}

/// What stands between Go's quotes, and what comes behind them.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let quoted = &text[..at + 2];
                // Go escapes more than JSON does; what JSON does not read stays as it is.
                let words = serde_json::from_str(quoted).unwrap_or_else(|_| inside[..at].to_owned());
                return Some((words, &inside[at + 1..]));
            }
            _ => {}
        }
    }
    None
}

/// `1h2m3.5s`, `90000ms`, as Go and Prometheus print it.
fn duration(text: &str) -> Option<Span> {
    let mut micros = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let tail = &rest[end..];
        let length = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let unit = match &tail[..length] {
            "ms" => 1e3,
            "s" => 1e6,
            "m" => 60e6,
            "h" => 3600e6,
            "d" => 86_400e6,
            "w" => 604_800e6,
            "y" => 31_536_000e6,
            _ => return None,
        };
        micros += number * unit;
        rest = &tail[length..];
    }
    (!text.is_empty()).then_some(Span::from_micros(micros as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_promtool_finds_is_read() {
        let said = "  FAILED:\n    expr: \"count by (alertname, alertstate) (ALERTS)\", time: 1m30s,\n        exp: nil\n        \
                    got: {alertname=\"A \\\"b\\\", x\", alertstate=\"firing\"} 2E+00, {alertname=\"C\", alertstate=\"pending\"} 1E+00\n";
        let all = answers(said);
        let states = &all[&Span::from_secs(90)];
        let told: Vec<(&str, &str, u64)> =
            states.iter().map(|own| (own.alert.as_str(), own.state.as_str(), own.count)).collect();
        assert_eq!(told, [("A \"b\", x", "firing", 2), ("C", "pending", 1)]);
        assert_eq!(duration("1d2h3m4.5s").map(Span::micros), Some(93_784_500_000));
    }

    #[test]
    fn gaps_and_ends_are_said() {
        let mut words = vec!["1+0x3".to_owned()];
        gap(&mut words, 4);
        assert_eq!(words, ["1+0x3", "stale", "_x3"]);
        let mut words = Vec::new();
        gap(&mut words, 1);
        assert_eq!(words, ["_"]);
    }

    #[test]
    fn whatever_is_said_is_one_scalar() {
        assert_eq!(quoted("a{b=\"it's\"}"), "'a{b=\"it''s\"}'");
        assert_eq!(quoted("a\u{1b}"), "\"a\\u001b\"");
    }
}
