//! A recording: its scenario and its tables.

use std::sync::Arc;

use serde_json::Value;

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
    /// Pods that only keep others waiting.
    background: Vec<String>,
    /// Others used its scheduler at the same time.
    shared_scheduling: bool,
}

impl Recording {
    /// Reads one: `text` gives the text of a file by its path within the recording's folder.
    ///
    /// # Errors
    /// In words, where there is no timeline. A scenario that is wrong is kept: whoever judges says so.
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
        let workloads = text("workloads.csv").ok();
        let until = plan.as_ref().map_or(0, |plan| plan.until.since(plan.start).micros());
        Ok(Recording {
            set: set.to_owned(),
            name: name.to_owned(),
            family: meta["family"].as_str().unwrap_or_default().to_owned(),
            end: meta["untilSeconds"].as_f64().map_or(until, |seconds| (seconds * 1e6) as i64),
            plan,
            has_workloads: workloads.is_some(),
            tables: Outputs {
                timeline: text("timeline.csv")?,
                workloads: workloads.unwrap_or_default(),
                endpoints: text("endpoints.csv").unwrap_or_default(),
            },
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
