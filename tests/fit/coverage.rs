//! Intervals hold the truth as often as they say.

use std::collections::BTreeMap;
use std::sync::Arc;

use kubelapse::scenario::Plan;
use rayon::prelude::*;

use super::{TRUTH, fitted, holds, judge, plan, row, seeds, stream};

/// What the scenario says, by row and number; a number counts where its family was chosen.
const NUMBERS: [(&str, &str, &str, &str, f64); 9] = [
    ("boots:1", "pull", "lognormal", "median", 2.0),
    ("boots:1", "pull", "lognormal", "p95", 5.0),
    ("boots", "boots", "lognormal", "median", 6.0),
    ("boots", "boots", "lognormal", "p95", 15.0),
    ("runs", "runs", "weibull", "scale", 30.0),
    ("runs", "runs", "weibull", "shape", 1.5),
    ("boots", "onTerm", "uniform", "low", 1.0),
    ("boots", "onTerm", "uniform", "high", 6.0),
    ("boots", "onTerm", "uniform", "mean", 3.5),
];

/// How often the intervals of many repetitions hold the truth: so often, of so many, by number.
fn coverage(plan: &Arc<Plan>, seeds: u64, stamped: bool) -> BTreeMap<String, (u32, u32)> {
    let each: Vec<Vec<(String, bool)>> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let fitted = fitted(&stream::text(&stream::lines(plan, seed), stamped));
            let mut told = Vec::new();
            for (of, key, family, name, truth) in NUMBERS {
                let row = row(&fitted, of, key).unwrap_or_else(|| panic!("no {key} of {of}"));
                let own = row.fit.as_ref().expect("durations");
                if own.family.name() != family {
                    continue;
                }
                let number = own.parameters.iter().find(|own| own.name == name).expect("its number");
                told.push((format!("{of} {key} {name}"), holds(number, truth)));
            }
            told
        })
        .collect();
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for (name, holds) in each.into_iter().flatten() {
        let count = counts.entry(name).or_default();
        count.0 += u32::from(holds);
        count.1 += 1;
    }
    counts
}

/// 95 ± 3 % of intervals hold the truth, of streams that were stamped as they came.
#[test]
fn intervals_hold_the_truth() {
    judge(&coverage(&plan(TRUTH), seeds(), true), |_| 0.87);
}

/// And of streams without instants, in which all is whole seconds.
#[test]
fn intervals_of_whole_seconds_hold_the_truth() {
    judge(&coverage(&plan(TRUTH), seeds(), false), |_| 0.87);
}
