//! A scenario is played to its end, in one go: text in, tables out.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use kubelapse::record::{Fan, Sink, csv};
use kubelapse::scenario;
use kubelapse::session::{self, Silent};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The scenario's text.
    pub scenario: String,
    /// Instead of the scenario's.
    pub seed: Option<u64>,
    /// Overrides: `kubernetes=1.32`.
    #[serde(default)]
    pub set: Vec<String>,
    /// Texts of the manifests that the scenario names.
    #[serde(default)]
    pub manifests: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    Played {
        digest: String,
        steps: u64,
        /// Each expectation that did not hold.
        failures: Vec<String>,
        /// timeline.csv
        timeline: String,
        /// pods.csv
        pods: String,
    },
    /// What is wrong with the request, as people read it.
    Problems { problems: String },
}

pub fn played(asked: &Request) -> Answer {
    let manifest =
        |path: &str| asked.manifests.get(path).cloned().ok_or_else(|| format!("{path} was not sent along"));
    let plan = match scenario::load("scenario.toml", &asked.scenario, &manifest, &asked.set) {
        Ok(plan) => Arc::new(plan),
        Err(problems) => return Answer::Problems { problems: problems.render(false) },
    };
    let (mut timeline, mut pods) = (Vec::new(), Vec::new());
    let mut run = || -> io::Result<session::Outcome> {
        let sinks: Vec<Box<dyn Sink + '_>> =
            vec![Box::new(csv::Timeline::new(&mut timeline)), Box::new(csv::Pods::new(&mut pods))];
        session::run(&plan, asked.seed.unwrap_or(plan.seed), &mut Fan { sinks }, &Silent)
    };
    match run() {
        Err(problem) => Answer::Problems { problems: format!("error: {problem}\n") },
        Ok(outcome) => Answer::Played {
            digest: outcome.world.digest.to_string(),
            steps: outcome.world.step,
            failures: outcome
                .failures
                .iter()
                .map(|failure| {
                    format!("{}: expected {}, seen {}", failure.what, failure.expected, failure.seen)
                })
                .collect(),
            timeline: String::from_utf8_lossy(&timeline).into_owned(),
            pods: String::from_utf8_lossy(&pods).into_owned(),
        },
    }
}
