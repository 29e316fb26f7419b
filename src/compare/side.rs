//! One side of a comparison: the lives in it, and how well their times are known.

use std::collections::{BTreeMap, BTreeSet};

use super::life::{self, Life};
use super::watch;
use crate::rules::versions::gates::Gates;

/// How well the time of a state is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Known {
    /// Not: it came then or later.
    Not,
    /// To the second.
    Second,
    /// To the microsecond.
    Exact,
}

/// A life whose times count from the pod's creation.
#[derive(Clone, Debug, Default)]
pub struct Lived {
    /// Its states and events.
    pub life: Life,
    /// By state.
    pub known: Vec<Known>,
}

/// All lives that a timeline or kubectl's watch tells of.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// By namespace and name.
    pub pods: BTreeMap<(String, String), Lived>,
    /// Whether events were among what was read.
    pub has_events: bool,
    /// Pods that only events speak of.
    pub strangers: BTreeSet<String>,
    /// What was wrong with the text, if something was read nevertheless.
    pub trouble: Option<String>,
}

/// Reads a `timeline.csv` or what kubectl printed.
///
/// # Errors
/// In words, when it is neither or nothing is in it.
pub fn read(text: &str, gates: &Gates) -> Result<Side, String> {
    let text = text.trim_start_matches('\u{feff}');
    let side = if text.trim_start().starts_with('{') { watch::read(text, gates) } else { timeline(text)? };
    if side.pods.is_empty() {
        let why = side.trouble.map_or(String::new(), |trouble| format!(": {trouble}"));
        return Err(format!("no pod in it{why}"));
    }
    Ok(side)
}

fn timeline(text: &str) -> Result<Side, String> {
    let head = text.lines().next().unwrap_or_default();
    let columns: Vec<&str> = head.trim_end().split(',').collect();
    if let Some(missing) = ["time", "pod", "kind", "to"].iter().find(|name| !columns.contains(name)) {
        return Err(format!(
            "neither a timeline.csv (its first line has no column `{missing}`) nor what \
             `kubectl get pods -w -o json --output-watch-events` prints"
        ));
    }
    let rows = life::read_csv(text).map_err(|problem| problem.to_string())?;
    let end = rows.iter().map(|row| row.micros).max().unwrap_or(0);
    let lives = life::lives(&rows, end).into_iter().filter(|(_, life)| !life.states.is_empty());
    let pods = lives.map(|(name, life)| (name, since_creation(life))).collect();
    let has_events = rows.iter().any(|row| row.kind == "event");
    Ok(Side { pods, has_events, ..Side::default() })
}

fn since_creation(mut life: Life) -> Lived {
    let created = life.states.first().map_or(0, |(at, _)| *at);
    life.states.iter_mut().for_each(|(at, _)| *at -= created);
    life.end -= created;
    let known = vec![Known::Exact; life.states.len()];
    Lived { life, known }
}

impl Side {
    /// Forgets what came after `micros` of each pod's life.
    pub fn cut(&mut self, micros: i64) {
        for lived in self.pods.values_mut() {
            let kept = lived.life.states.iter().take_while(|(at, _)| *at <= micros).count();
            lived.life.states.truncate(kept);
            lived.known.truncate(kept);
            lived.life.end = lived.life.end.min(micros);
            // Events carry no time here.
            lived.life.events.clear();
        }
        self.has_events = false;
    }
}
