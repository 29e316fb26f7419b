//! `kubelapse check`, and the check before every run: all problems of all files at once.

use super::source::{Beside, Source, load, sources};
use super::{Exit, print, report, talk};
use crate::rules::versions::Version;
use crate::scenario::{Diagnostics, Plan};

/// How a scenario becomes a plan.
type Load = fn(&Source, &[String]) -> Result<Plan, Diagnostics>;

/// All plans, or every problem of every file.
pub fn plans(
    words: &[String],
    beside: &Beside,
    overrides: &[String],
    load: Load,
) -> Result<Vec<(Source, Plan)>, Exit> {
    let mut plans = Vec::new();
    let (sources, mut wrong) = all(words, beside);
    for source in sources {
        match load(&source, overrides) {
            Ok(plan) => plans.push((source, plan)),
            Err(problems) => {
                report(&problems);
                wrong = true;
            }
        }
    }
    if wrong { Err(Exit::WrongRequest) } else { Ok(plans) }
}

/// All that the words name, and whether something is wrong with them, which is talked about.
pub fn all(words: &[String], beside: &Beside) -> (Vec<Source>, bool) {
    let (sources, problems) = sources(words, beside);
    for problem in &problems {
        talk(&format!("error: {problem}\n"));
    }
    (sources, !problems.is_empty())
}

/// Whether manifests came without a scenario, and the API server will refuse some: `kubectl apply` would fail with them. A scenario
/// may be about just that.
pub fn is_refused(source: &Source, plan: &Plan) -> bool {
    source.around.is_some() && plan.refusals > 0
}

pub fn check(words: &[String], beside: &Beside) -> Exit {
    match plans(words, beside, &beside.overrides(None), load) {
        Ok(plans) => {
            let mut exit = Exit::Ran;
            for (source, plan) in plans {
                talk(&plan.left_out.no_effect_words());
                if !plan.names_version && source.around.is_none() {
                    talk(&unpinned(&source.label));
                }
                let is_refused = is_refused(&source, &plan);
                print(&format!("{}: {}\n", plan.name, if is_refused { "refused" } else { "ok" }));
                exit = exit.max(if is_refused { Exit::ExpectationFailed } else { Exit::Ran });
            }
            exit
        }
        Err(exit) => exit,
    }
}

/// A scenario that names no version plays another one once the program knows a newer one.
fn unpinned(label: &str) -> String {
    let version = Version::DEFAULT.as_str();
    format!(
        "note: {label} names no version of Kubernetes and plays {version}, the newest for now; `kubernetes = \"{version}\"` \
         keeps it there\n"
    )
}
