//! What scenarios expect of alerts, for `kubelapse test`: judged where there is promtool, told where there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::tool::{self, Scratch, Tool};
use super::{Refused, one};
use crate::answers::alerts::{Fired, Rules};
use crate::cli::source::Source;
use crate::scenario::Plan;
use crate::scenario::expected::AlertExpect;
use crate::time::Span;

/// What became of an expectation.
pub enum Judged {
    Held,
    /// What was seen instead.
    Failed(String),
    /// Why nobody knows.
    NotChecked(String),
}

/// An expectation under one seed.
pub struct Case {
    /// Which of the scenarios.
    pub of: usize,
    pub seed: u64,
    pub expect: AlertExpect,
    pub judged: Judged,
}

/// `alert Down fires by 5m0s`
pub fn words(expect: &AlertExpect, plan: &Plan) -> String {
    let by = expect.by.map_or(String::new(), |by| format!(" by {}", by.since(plan.start)));
    let what = if expect.fires { "fires" } else { "does not fire" };
    format!("alert {} {what}{by}", expect.alert)
}

/// How often rules are evaluated.
const EVERY: Span = Span::from_secs(30);

/// All expectations of alerts of these scenarios, in their order; and what is wrong with their files of rules.
pub fn judge(scenarios: &[(&Source, &Arc<Plan>, &[u64])]) -> Result<Vec<Case>, Refused> {
    if scenarios.iter().all(|(_, plan, _)| plan.alerts.is_empty()) {
        return Ok(Vec::new());
    }
    let tool = Tool::find();
    let mut cases = Vec::new();
    for (of, (source, plan, seeds)) in scenarios.iter().enumerate() {
        let mut files: Vec<&str> = plan.alerts.iter().map(|expect| expect.rules.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        let mut seen: BTreeMap<(&str, u64), BTreeMap<String, Fired>> = BTreeMap::new();
        for file in files {
            let shown = format!("{}: {file}", source.label);
            let text =
                source.manifest(file).map_err(|problem| Refused::new(format!("{shown}: {problem}"), ""))?;
            let rules =
                Rules::read(&text).map_err(|problem| Refused::new(format!("{shown}: {problem}"), ""))?;
            for expect in plan.alerts.iter().filter(|expect| expect.rules == file) {
                if !rules.alerts.contains(&expect.alert) {
                    let names = rules.alerts.join(", ");
                    let problem = format!(
                        "{}:{}: no rule of {file} is called `{}`",
                        source.label, expect.line, expect.alert
                    );
                    return Err(Refused::new(problem, format!("there are {names}")));
                }
            }
            let Ok(tool) = &tool else { continue };
            let scratch = Scratch::new("expected")?;
            scratch.write(tool::RULES, &rules.text)?;
            tool.check(&scratch, &shown)?;
            let runs: Vec<Result<_, Refused>> = seeds
                .par_iter()
                .map(|seed| Ok((*seed, one(tool, &rules, &scratch, plan, (*seed, EVERY), None)?)))
                .collect();
            for run in runs {
                let (seed, alerts) = run?;
                seen.insert((file, seed), alerts);
            }
        }
        for seed in *seeds {
            for expect in &plan.alerts {
                let judged =
                    match seen.get(&(expect.rules.as_str(), *seed)).and_then(|own| own.get(&expect.alert)) {
                        Some(fired) if holds(expect, plan, fired) => Judged::Held,
                        Some(fired) => Judged::Failed(fired.words()),
                        None => Judged::NotChecked("there is no promtool on the PATH".to_owned()),
                    };
                cases.push(Case { of, seed: *seed, expect: expect.clone(), judged });
            }
        }
    }
    Ok(cases)
}

fn holds(expect: &AlertExpect, plan: &Plan, fired: &Fired) -> bool {
    let by = expect.by.map(|by| by.since(plan.start));
    let in_time = fired.first().is_some_and(|first| by.is_none_or(|by| first <= by));
    in_time == expect.fires
}
