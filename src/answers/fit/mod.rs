//! What is my cluster like? From what a cluster showed over time to the numbers that a scenario needs.
//!
//! A history ([`crate::observed`]) is taken apart into durations, each with what is known of it ([`kernel`]): of each program
//! its boots, runs and ends ([`observe`]), of each image its pulls, of the parts what can be seen ([`parts`]). Of each such sample the
//! family is chosen that tells it best ([`choose`]), with the interval of each of its numbers ([`families`]). A [`Row`] is one of them,
//! with the line of a scenario that it becomes.
//!
//! What it tells can be written [into](mod@into) the text of a scenario.
//!
//! Starts of a program that differ from those before are attempts of their own ([`starts`]).
//!
//! Absent on purpose: why an image could not be pulled at one time and could at another; that is an outage, which a scenario's
//! author knows better.

mod choose;
mod climb;
mod families;
#[cfg(feature = "edit")]
mod filling;
#[cfg(feature = "edit")]
pub mod into;
mod kernel;
mod lived;
mod objects;
mod observe;
mod parts;
mod starts;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use choose::{Family, Fit, METHODS, Parameter, digits, span};
pub use families::Interval;
pub use kernel::Observation;
pub use lived::{Each, Lived, Program};
pub use objects::objects;
pub use observe::lived;
pub use starts::Start;

use crate::answers::statistics::wilson;
use crate::observed::History;

/// What a row is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum About {
    /// An image, by its reference.
    Image(String),
    /// A program.
    Program(Program),
    /// The delays of the parts.
    Latency,
}

/// One number of a scenario, as far as it was seen.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What it is about.
    pub about: About,
    /// The scenario's key: `pull`, `boots`, `runs`, `exit`, `onTerm`, `create`.
    pub key: &'static str,
    /// Of which attempt, from 0, and of how many; None: of all starts.
    pub attempt: Option<(usize, usize)>,
    /// Durations; of `exit` none.
    pub fit: Option<Fit>,
    /// Shares of exit codes: code, reason, how many.
    pub exits: Vec<(i32, String, u64)>,
    /// The value as the scenario's file has it.
    pub value: String,
    /// What one should know.
    pub note: Option<String>,
}

impl Row {
    /// How many were seen.
    pub fn n(&self) -> usize {
        let exits: u64 = self.exits.iter().map(|(_, _, count)| count).sum();
        self.fit.as_ref().map_or(exits as usize, |fit| fit.n)
    }

    /// The key, with its attempt: `attempts[0].runs`.
    pub fn place(&self) -> String {
        match self.attempt {
            Some((attempt, _)) => format!("attempts[{attempt}].{}", self.key),
            None => self.key.to_owned(),
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let interval = |own: &Interval| json!([own.0.map(digits), own.1.map(digits)]);
        let mut row = json!({ "key": self.key, "n": self.n(), "toml": self.value, "note": self.note });
        if let Some((attempt, _)) = self.attempt {
            row["attempt"] = json!(attempt);
        }
        match &self.about {
            About::Image(image) => row["image"] = json!(image),
            About::Latency => row["latency"] = json!(true),
            About::Program(own) => {
                let workload =
                    own.workload.as_ref().map(|(kind, name)| format!("{}/{name}", kind.to_lowercase()));
                row["program"] =
                    json!({ "workload": workload, "container": own.container, "image": own.image });
            }
        }
        if let Some(fit) = &self.fit {
            let numbers = fit.parameters.iter().map(|own| {
                let numbers =
                    json!({ "value": digits(own.value), "interval": own.interval.as_ref().map(interval) });
                (own.name.to_owned(), numbers)
            });
            row["censored"] = json!(fit.open);
            row["family"] = json!(fit.family.name());
            row["parameters"] = Value::Object(numbers.collect());
        }
        if !self.exits.is_empty() {
            let n = self.n() as u64;
            let exits = self.exits.iter().map(|(code, reason, count)| {
                let ends = wilson(*count, n).map(|(low, high)| [digits(low), digits(high)]);
                json!({ "code": code, "reason": reason, "n": count, "share": digits(*count as f64 / n as f64), "interval": ends })
            });
            row["exits"] = exits.collect();
        }
        row
    }
}

/// What a cluster is like.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fitted {
    /// Images, programs, delays.
    pub rows: Vec<Row>,
    /// What keeps its default, and why.
    pub told: Vec<String>,
    /// What programs did, start by start: a scenario that says whose starts count is filled from these.
    pub lived: BTreeMap<Program, Lived>,
}

/// Fits all that a history shows.
pub fn fit(history: &History) -> Fitted {
    let mut fitted = Fitted::default();
    images(history, &mut fitted);
    let all = lived(history);
    for (program, own) in &all {
        let others = all.iter().filter(|(other, _)| *other != program && other.is_version_of(program));
        let others: Vec<Start> = others.map(|(_, lived)| lived.all()).collect();
        of_program(program, own, &starts::together(&others), &mut fitted);
    }
    fitted.lived = all;
    delays(history, &mut fitted);
    fitted
}

fn row(about: About, key: &'static str, fit: Fit) -> Row {
    let (value, note) = (fit.family.toml(), fit.note.clone());
    Row { about, key, attempt: None, fit: Some(fit), exits: Vec::new(), value, note }
}

/// A number that was told and needs no family.
fn plain(about: About, key: &'static str, value: String, note: Option<String>) -> Row {
    Row { about, key, attempt: None, fit: None, exits: Vec::new(), value, note }
}

fn images(history: &History, fitted: &mut Fitted) {
    let images = parts::images(history);
    let mut unseen: BTreeMap<&str, ()> = BTreeMap::new();
    for watched in history.pods.values() {
        unseen.extend(watched.pod.containers.iter().map(|(_, container)| (container.image.as_str(), ())));
    }
    for (image, seen) in &images {
        if let Some(fit) = Fit::of(&seen.pulls) {
            unseen.remove(image.as_str());
            fitted.rows.push(row(About::Image(image.clone()), "pull", fit));
        }
        if let Some(size) = seen.size {
            let value = format!("\"{}\"", bytes(size));
            fitted.rows.push(plain(About::Image(image.clone()), "size", value, None));
        }
        failures(image, seen, fitted);
    }
    if !unseen.is_empty() && !history.pods.is_empty() {
        let names: Vec<&str> = unseen.into_keys().collect();
        let why = match images.is_empty() {
            true => parts::UNSEEN[7].1,
            false => "none was pulled while somebody watched",
        };
        fitted.told.push(format!("pull of {}: {why}", names.join(", ")));
    }
}

/// Pulls that failed: all of them, or on each node so many before one worked; otherwise it is told.
fn failures(image: &str, seen: &parts::Image, fitted: &mut Fitted) {
    let all: u64 = seen.failed.values().sum();
    let Some((said, count)) = seen.failed.iter().max_by_key(|(_, count)| **count) else { return };
    let about = || About::Image(image.to_owned());
    let first: Vec<u64> = seen.nodes.values().filter(|own| own.worked).map(|own| own.failed).collect();
    let least = first.iter().min().copied();
    if least.is_some_and(|least| least == 0 || first.iter().any(|own| *own != least)) {
        let words = "pulls failed before one worked on their node, and so many did not on every node: an outage? Nothing is written";
        fitted.told.push(format!("{all} of the {words} of {image}: {said}"));
        return;
    }
    let others = all - count;
    let note = (others > 0).then(|| format!("{others} of {all} said something else"));
    let quoted = serde_json::to_string(said).unwrap_or_default();
    fitted.rows.push(plain(about(), "error", quoted, note));
    if let Some(least) = least {
        let nodes = first.len();
        let note = Some(format!("{least} before one worked, on {nodes} of {nodes} nodes"));
        fitted.rows.push(plain(about(), "failures", least.to_string(), note));
    }
    if let Some(fit) = Fit::of(&seen.fail_takes) {
        fitted.rows.push(row(about(), "failTakes", fit));
    }
}

/// Bytes as Kubernetes writes a quantity.
fn bytes(size: u64) -> String {
    match size {
        size if size % (1 << 20) == 0 => format!("{}Mi", size >> 20),
        size if size % (1 << 10) == 0 => format!("{}Ki", size >> 10),
        size => size.to_string(),
    }
}

fn of_program(program: &Program, lived: &Lived, others: &Start, fitted: &mut Fitted) {
    let about = || About::Program(program.clone());
    let name = || format!("{} of {}", program.container, program.image);
    let (all, shared) = lived::alike(&lived.all(), others);
    let told = |own: Row, shared: bool| {
        let words = "those of all images of this container together, as one value may be that of all";
        let note = shared.then(|| words.to_owned());
        Row { note: [own.note.clone(), note].into_iter().flatten().reduce(|a, b| format!("{a}; {b}")), ..own }
    };
    match Fit::of(&all.boots) {
        Some(fit) if fit.family != Family::Forever => {
            fitted.rows.push(told(row(about(), "boots", fit), shared[0]));
        }
        Some(fit) => {
            fitted.told.push(format!("boots of {}: it has not booted in any of {} starts", name(), fit.n))
        }
        None => {}
    }
    let attempts = starts::attempts(&lived.by_number());
    for (ix, own) in attempts.iter().enumerate() {
        let attempt = (attempts.len() > 1).then_some((ix, attempts.len()));
        fitted.rows.extend(runs(about, own).into_iter().map(|row| Row { attempt, ..row }));
    }
    fitted.rows.extend(on_term(about, &all).map(|row| told(row, shared[1])));
    if lived.hooked > 0 {
        let words = "ends came after a preStop hook, whose time nobody tells";
        fitted.told.push(format!("onTerm of {}: {} {words}", name(), lived.hooked));
    }
}

/// How long starts ran, and what they ended with.
fn runs(about: impl Fn() -> About, own: &Start) -> Vec<Row> {
    let exits: Vec<(i32, String, u64)> =
        own.exits.iter().map(|((code, reason), count)| (*code, reason.clone(), *count)).collect();
    let exits = (!exits.is_empty()).then(|| of_exits(about(), exits));
    Fit::of(&own.runs).map(|fit| row(about(), "runs", fit)).into_iter().chain(exits).collect()
}

/// How long they took to end after SIGTERM.
fn on_term(about: impl Fn() -> About, own: &Start) -> Option<Row> {
    let fit = Fit::of(&own.terms)?;
    if fit.family == Family::Forever {
        let note = Some("it did not end before it was killed".to_owned());
        return Some(Row { value: "\"ignore\"".to_owned(), note, ..row(about(), "onTerm", fit) });
    }
    let code = own.term_codes.iter().max_by_key(|(_, count)| **count).map_or(143, |(code, _)| *code);
    let value = format!("{{ after = {}, exit = {code} }}", fit.family.toml());
    Some(Row { value, ..row(about(), "onTerm", fit) })
}

/// Shares of exit codes; a reason of the runtime's own is one where all have it.
fn of_exits(about: About, exits: Vec<(i32, String, u64)>) -> Row {
    let mut codes: BTreeMap<i32, u64> = BTreeMap::new();
    for (code, _, count) in &exits {
        *codes.entry(*code).or_default() += count;
    }
    let n: u64 = codes.values().sum();
    let value = match codes.len() {
        1 => codes.keys().next().map_or(String::new(), ToString::to_string),
        _ => {
            let share =
                |(code, count): (&i32, &u64)| format!("\"{code}\" = {:?}", digits(*count as f64 / n as f64));
            format!("{{ {} }}", codes.iter().map(share).collect::<Vec<_>>().join(", "))
        }
    };
    let killed = exits.iter().any(|(_, reason, _)| reason == "OOMKilled");
    let note = (killed && exits.len() > 1).then(|| "some were OOMKilled; codes alone are written".to_owned());
    Row { exits, ..plain(about, "exit", value, note) }
}

fn delays(history: &History, fitted: &mut Fitted) {
    let delays = parts::delays(history);
    for (key, seen) in &delays {
        if let Some(fit) = Fit::of(seen) {
            fitted.rows.push(row(About::Latency, key, fit));
        }
    }
    let unseen = match delays.is_empty() {
        true => &parts::UNSEEN[2..7],
        false => &parts::UNSEEN[..6],
    };
    fitted.told.extend(unseen.iter().map(|(key, why)| format!("[latency] {key}: {why}")));
    if !delays.is_empty() && !delays.contains_key("inspectImage") {
        let why = "no container was seen to start right behind another one with its image there already";
        fitted.told.push(format!("[latency] inspectImage: {why}"));
    }
}
