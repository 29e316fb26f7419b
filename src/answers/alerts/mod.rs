//! Would an alert fire, when, how late, for how long?
//!
//! A run's series are written as a unit test for promtool ([`promtool`]), which evaluates the rules as Prometheus would and is
//! asked at every evaluation which alerts there are; what it answers is put together here. Nothing of PromQL is our own.

pub mod promtool;
pub mod report;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::record::openmetrics::series::Series;
use crate::record::{Directory, Scrape, Sink, Transition};
use crate::scenario::Plan;
use crate::session::{self, Progress};
use crate::time::{Span, Time};

/// Rules as their file has them.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The names of its alerts, in the file's order, each once.
    pub alerts: Vec<String>,
    /// What promtool reads: the file's own text, or what a PrometheusRule holds.
    pub text: String,
}

impl Rules {
    /// Reads a file of rules, or a PrometheusRule. Whether its expressions are right only promtool knows.
    ///
    /// # Errors
    /// It is no YAML, or has no groups, or no alert in them.
    pub fn read(text: &str) -> Result<Rules, String> {
        let (values, wrong) = crate::rules::kubectl::manifest::values(text);
        if let Some(problem) = wrong {
            let at = problem.position.map_or(String::new(), |(line, column)| format!("{line}:{column}: "));
            return Err(format!("{at}{}", problem.message));
        }
        let mut groups = Vec::new();
        let mut is_plain = values.len() == 1;
        for value in &values {
            let inside = if value["groups"].is_array() { value } else { &value["spec"] };
            is_plain &= value["groups"].is_array();
            let own = inside["groups"]
                .as_array()
                .ok_or("no `groups` in it: rules stand in groups, or in a PrometheusRule")?;
            groups.extend(own.iter().cloned());
        }
        let mut alerts: Vec<String> = Vec::new();
        for rule in groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten()) {
            if let Some(name) = rule["alert"].as_str().filter(|name| !alerts.iter().any(|own| own == name)) {
                alerts.push(name.to_owned());
            }
        }
        if alerts.is_empty() {
            return Err("no rule in it has an `alert`".to_owned());
        }
        // JSON is YAML.
        let inside = serde_json::json!({ "groups": groups });
        Ok(Rules { alerts, text: if is_plain { text.to_owned() } else { format!("{inside:#}\n") } })
    }

    /// Whether a rule may look at a family.
    pub fn looks_at(&self, family: &str) -> bool {
        self.text.contains(family) || self.text.contains("__name__")
    }
}

/// So many evaluations of a run are asked for; promtool takes some time for each.
const MOST: i64 = 20_000;

/// Why a run is too long to be asked about so often; None: it is not.
pub fn too_many(plan: &Plan, every: Span) -> Option<String> {
    let count = plan.until.since(plan.start).micros() / every.micros().max(1);
    (count > MOST).then(|| format!("{}: {count} evaluations, one each {every}, are too many", plan.name))
}

/// The series of a run.
pub struct Watched {
    /// What was scraped.
    pub series: Series,
    /// When the run began.
    pub start: Time,
    /// How far apart scrapes are.
    pub every: Span,
}

struct Collected {
    series: Series,
    every: Span,
}

impl Sink for Collected {
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn scrape_interval(&self) -> Option<Span> {
        Some(self.every)
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        self.series.take(scrape);
        Ok(())
    }
}

/// Plays a plan and scrapes it; None: somebody wanted it to stop.
///
/// # Errors
/// Never: nothing is written.
pub fn watch(
    plan: &Arc<Plan>,
    seed: u64,
    every: Span,
    progress: &dyn Progress,
) -> io::Result<Option<Watched>> {
    let mut sink = Collected { series: Series::default(), every };
    let outcome = session::run(plan, seed, &mut sink, progress)?;
    Ok((!outcome.partial).then_some(Watched { series: sink.series, start: plan.start, every }))
}

/// What an alert did in a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fired {
    /// When its condition held first, though not yet for long enough.
    pub pending: Option<Span>,
    /// From when to when it fired; what still fires at the end goes on to [`Fired::end`].
    pub spans: Vec<(Span, Span)>,
    /// The last evaluation.
    pub end: Span,
}

impl Fired {
    /// When it fired first.
    pub fn first(&self) -> Option<Span> {
        self.spans.first().map(|(from, _)| *from)
    }
    /// How often it came up.
    pub fn times(&self) -> usize {
        self.spans.len()
    }
    /// It fires at the end.
    pub fn lasts(&self) -> bool {
        self.spans.last().is_some_and(|(_, to)| *to == self.end)
    }
    /// `fires after 15m20s (pending from 5m20s), for 4m`; `never`
    pub fn words(&self) -> String {
        let Some(first) = self.first() else {
            return self.pending.map_or("never".to_owned(), |at| format!("never (pending from {at})"));
        };
        let pending = match self.pending {
            Some(at) if at < first => format!(" (pending from {at})"),
            _ => String::new(),
        };
        let all: i64 = self.spans.iter().map(|(from, to)| (to.micros() - from.micros()).max(0)).sum();
        let span = Span::from_micros(all);
        let rest = match (self.times(), self.lasts()) {
            (1, true) => ", and goes on".to_owned(),
            (1, false) => format!(", for {span}"),
            (times, lasts) => {
                format!(", flaps {times} times, {span} in all{}", if lasts { ", and goes on" } else { "" })
            }
        };
        format!("fires after {first}{pending}{rest}")
    }
}

/// What an alert did under several seeds, in few words.
pub fn summed_up(fired: &[&Fired]) -> String {
    if let [one] = fired {
        return one.words();
    }
    let mut firsts: Vec<Span> = fired.iter().filter_map(|one| one.first()).collect();
    firsts.sort_unstable();
    let all = fired.len();
    let (Some(first), Some(last)) = (firsts.first(), firsts.last()) else {
        return format!("never under {all} seeds");
    };
    let when = if first == last { format!("{first}") } else { format!("{first} to {last}") };
    let flaps = fired.iter().map(|one| one.times()).max().unwrap_or(0);
    let flaps = if flaps > 1 { format!(", flaps up to {flaps} times") } else { String::new() };
    format!("fires under {} of {all} seeds, after {when}{flaps}", firsts.len())
}

/// What promtool has said, by alert: those of which it said nothing never were.
pub fn by_alert(rules: &Rules, at: &[Span], said: &promtool::Said) -> BTreeMap<String, Fired> {
    let end = at.last().copied().unwrap_or(Span::ZERO);
    let mut all: BTreeMap<String, Fired> =
        rules.alerts.iter().map(|name| (name.clone(), Fired { end, ..Fired::default() })).collect();
    let mut firing: BTreeMap<String, Span> = BTreeMap::new();
    for now in at {
        let none = Vec::new();
        let states = said.get(now).unwrap_or(&none);
        for (name, fired) in &mut all {
            let is = |state: &str| states.iter().any(|own| own.alert == *name && own.state == state);
            if fired.pending.is_none() && (is("pending") || is("firing")) {
                fired.pending = Some(*now);
            }
            match (is("firing"), firing.contains_key(name)) {
                (true, false) => {
                    firing.insert(name.clone(), *now);
                }
                (false, true) => {
                    if let Some(from) = firing.remove(name) {
                        fired.spans.push((from, *now));
                    }
                }
                _ => {}
            }
        }
    }
    for (name, from) in firing {
        if let Some(fired) = all.get_mut(&name) {
            fired.spans.push((from, end));
        }
    }
    all
}

/// The instants at which rules are evaluated.
pub fn evaluations(watched: &Watched) -> Vec<Span> {
    watched.series.ticks().iter().map(|at| at.since(watched.start)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn secs(secs: i64) -> Span {
        Span::from_secs(secs)
    }

    #[test]
    fn rules_are_read_as_they_are_kept() {
        let plain = "groups:\n- name: a\n  rules:\n  - {alert: Up, expr: up}\n  - {record: x, expr: up}\n  - {alert: Up, expr: up}\n";
        let rules = Rules::read(plain).expect("it is read");
        assert_eq!((rules.alerts.as_slice(), rules.text.as_str()), (&["Up".to_owned()][..], plain));
        let kept = format!("kind: PrometheusRule\nspec:\n  {}", plain.replace('\n', "\n  "));
        let inside: Value =
            serde_json::from_str(&Rules::read(&kept).expect("it is read").text).expect("JSON");
        assert_eq!(inside["groups"][0]["rules"][0]["alert"], "Up");
        assert!(Rules::read("a: [1").is_err_and(|words| words.starts_with("1:") || words.contains("line")));
        assert!(Rules::read("a: 1").is_err_and(|words| words.contains("groups")));
        assert!(Rules::read("groups: []").is_err_and(|words| words.contains("alert")));
    }

    #[test]
    fn an_alert_is_told_in_words() {
        let fired = |pending: Option<i64>, spans: &[(i64, i64)]| Fired {
            pending: pending.map(secs),
            spans: spans.iter().map(|(from, to)| (secs(*from), secs(*to))).collect(),
            end: secs(1200),
        };
        for (one, words) in [
            (fired(None, &[]), "never"),
            (fired(Some(60), &[]), "never (pending from 1m0s)"),
            (fired(Some(60), &[(920, 1200)]), "fires after 15m20s (pending from 1m0s), and goes on"),
            (fired(Some(60), &[(60, 120)]), "fires after 1m0s, for 1m0s"),
            (
                fired(Some(60), &[(60, 120), (180, 240), (300, 1200)]),
                "fires after 1m0s, flaps 3 times, 17m0s in all, and goes on",
            ),
        ] {
            assert_eq!(one.words(), words);
        }
        let (one, other) = (fired(Some(60), &[(60, 120)]), fired(None, &[]));
        assert_eq!(summed_up(&[&one, &other]), "fires under 1 of 2 seeds, after 1m0s");
    }
}
