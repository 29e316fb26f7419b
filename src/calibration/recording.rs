//! A recording: its scenario and its tables.

use std::sync::Arc;

use serde_json::Value;

use super::stream;
use crate::compare::fidelity::Allowances;
use crate::compare::workloads::Outputs;
use crate::scenario::{self, Plan};

/// What somebody saw of a real cluster, and what was done there.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The folder that it lies in with others of its kind: they are judged together.
    pub set: String,
    /// Its own folder's name.
    pub name: String,
    /// What it is about, as its `meta.json` says; empty where nobody says it.
    pub family: String,
    /// Where watching ended, in microseconds since the start: `untilSeconds` of `meta.json`, or the scenario's `until`.
    pub end: i64,
    /// The scenario, or what is wrong with it.
    pub plan: Result<Arc<Plan>, String>,
    /// `timeline.csv`, and of workloads `workloads.csv` and `endpoints.csv`, which are empty for others.
    pub tables: Outputs,
    /// There are tables of workloads.
    pub has_workloads: bool,
    /// It is a stream of watches: pods alone are judged.
    pub is_stream: bool,
    /// Nobody stamped it: gaps are not judged.
    pub in_whole_seconds: bool,
    /// Pods that only keep others waiting.
    background: Vec<String>,
    /// Others used its scheduler at the same time.
    shared_scheduling: bool,
}

impl Recording {
    /// Reads one: `text` gives the text of a file by its path within the recording's folder.
    ///
    /// # Errors
    /// In words, where there is no timeline and no stream, or a wrong one. A scenario that is wrong is kept: whoever judges says so.
    pub fn read(
        set: &str,
        name: &str,
        text: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Recording, String> {
        let meta: Value =
            text("meta.json").ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let plan = text("scenario.toml").and_then(|scenario| {
            let plan = scenario::load("scenario.toml", &scenario, text, &[]);
            plan.map(Arc::new).map_err(|problems| problems.render(false))
        });
        let until = plan.as_ref().map_or(0, |plan| plan.until.since(plan.start).micros());
        let (tables, is_stream, in_whole_seconds) = tables(plan.as_ref().ok(), text)?;
        Ok(Recording {
            set: set.to_owned(),
            name: name.to_owned(),
            family: meta["family"].as_str().unwrap_or_default().to_owned(),
            end: meta["untilSeconds"].as_f64().map_or(until, |seconds| (seconds * 1e6) as i64),
            plan,
            has_workloads: !tables.workloads.is_empty(),
            tables,
            is_stream,
            in_whole_seconds,
            background: meta["background"]
                .as_array()
                .map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
                .unwrap_or_default(),
            shared_scheduling: meta["sharedRigScheduling"].as_bool().unwrap_or(false),
        })
    }

    /// A pod that only keeps others waiting is not judged.
    pub(super) fn is_background(&self, pod: &str) -> bool {
        pod.starts_with("background-") || self.background.iter().any(|name| name == pod)
    }

    pub(super) fn allowances(&self) -> Allowances {
        Allowances { shared_scheduling: self.shared_scheduling, ..Allowances::default() }
    }
}

/// A watch's stream, which stands in the place of the tables.
pub const STREAM: &str = "stream.jsonl";

/// The tables; whether a stream was read for them, and one that nobody stamped.
fn tables(
    plan: Option<&Arc<Plan>>,
    text: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(Outputs, bool, bool), String> {
    let timeline = match (text("timeline.csv"), text(STREAM)) {
        (Ok(timeline), _) => timeline,
        (Err(_), Ok(watched)) => {
            // Where the scenario is wrong, that is told.
            let Some(plan) = plan else { return Ok((Outputs::default(), true, false)) };
            let read = stream::read(&watched, plan.start, &plan.gates);
            let read = read.map_err(|problem| format!("{STREAM}: {problem}"))?;
            return Ok((read.tables, true, read.in_whole_seconds));
        }
        (Err(problem), Err(_)) => return Err(problem),
    };
    let table = |name: &str| text(name).unwrap_or_default();
    let tables = Outputs { timeline, workloads: table("workloads.csv"), endpoints: table("endpoints.csv") };
    Ok((tables, false, false))
}
