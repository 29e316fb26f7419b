//! `kubelapse compare SCENARIO --versions OLD,NEW`: what an upgrade of Kubernetes changes.
//!
//! Both versions are played with the same luck: a draw has its address in the scenario, so that what differs comes of the
//! versions' habits and gates, and not of other dice.

use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::compare::{How, print_answer};
use super::source::{self, Beside};
use super::{Exit, check, fault, print, report, talk};
use crate::calibration::versions;
use crate::compare::Report;
use crate::rules::versions::Version;
use crate::scenario::Plan;
use crate::session::Silent;

/// The answer, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    versions: [&'static str; 2],
    seeds: usize,
    /// Under which seeds the versions differ.
    differ: Vec<u64>,
    /// Which seed the report is of: the first that differs, or the first of all.
    seed: u64,
    report: &'a Report,
}

/// Plays the scenario in both versions: with its own seed, or with the seeds 0 to `seeds - 1`, of which the first that differs
/// is told in full.
///
/// # Errors
/// In words: what is wrong with the request.
pub fn upgrade(word: &str, versions: &str, seeds: Option<u64>, mut how: How) -> Result<Exit, String> {
    let versions = both(versions)?;
    let Some((label, plans)) = plans(word, versions)? else { return Ok(Exit::WrongRequest) };
    how.held.within.get_or_insert(versions::ALIKE);
    let seeds: Vec<u64> = seeds.map_or_else(|| vec![plans[0].seed], |count| (0..count).collect());
    let bar = super::progress(seeds.len() as u64, "seeds");
    let play = |seed: &u64| {
        let report = fault::catch(|| versions::held(&plans, *seed, &how.held, &Silent));
        bar.inc(1);
        report
    };
    let played: Result<Vec<Result<Option<Report>, String>>, String> = seeds.par_iter().map(play).collect();
    bar.finish_and_clear();
    let reports: Vec<Report> = match played {
        // Nobody wants one of them to stop alone.
        Ok(reports) => reports.into_iter().filter_map(Result::transpose).collect::<Result<_, String>>()?,
        Err(said) => {
            talk(&fault::words(&said));
            return Ok(Exit::OurFault);
        }
    };
    let told = reports.iter().position(|report| !report.same).unwrap_or(0);
    let Some(report) = reports.get(told) else { return Err("there is no seed to play".to_owned()) };
    let differ: Vec<u64> =
        seeds.iter().zip(&reports).filter(|(_, report)| !report.same).map(|(seed, _)| *seed).collect();
    let exit = if differ.is_empty() { Exit::Ran } else { Exit::ExpectationFailed };
    let versions = versions.map(Version::as_str);
    if how.json {
        print_answer(&Answer { versions, seeds: seeds.len(), differ, seed: seeds[told], report })?;
        return Ok(exit);
    }
    let titles = versions.map(|version| format!("{label}, Kubernetes {version}, seed {}", seeds[told]));
    print(&how.text([&titles[0], &titles[1]], report));
    if seeds.len() > 1 {
        print(&format!("{} of {} seeds differ.\n", differ.len(), seeds.len()));
    }
    Ok(exit)
}

fn both(words: &str) -> Result<[Version; 2], String> {
    let versions: Option<Vec<Version>> = words.split(',').map(|word| Version::parse(word.trim())).collect();
    match versions.as_deref() {
        Some([old, new]) if old != new => Ok([*old, *new]),
        _ => Err(format!(
            "--versions `{words}`: two different versions from {}, with a comma between them (1.32,1.37)",
            Version::range()
        )),
    }
}

/// A scenario's name, and its plan in both versions.
type Both = (String, [Arc<Plan>; 2]);

/// The one scenario in both versions; what is wrong with it is talked about.
fn plans(word: &str, versions: [Version; 2]) -> Result<Option<Both>, String> {
    let (sources, wrong) = check::all(&[word.to_owned()], &Beside::of_another());
    if wrong {
        return Ok(None);
    }
    let [source] = &sources[..] else {
        return Err(format!("`{word}` holds {} scenarios, and one is played in two versions", sources.len()));
    };
    let mut found = Vec::new();
    let again = source.told_already();
    for (source, version) in [source, &again].into_iter().zip(versions) {
        match source::playable(source, &[format!("kubernetes={}", version.as_str())]) {
            Ok(plan) => found.push(Arc::new(plan)),
            Err(problems) => {
                talk(&format!("error: Kubernetes {} refuses it:\n", version.as_str()));
                report(&problems);
            }
        }
    }
    Ok(<[Arc<Plan>; 2]>::try_from(found).ok().map(|plans| (source.label.clone(), plans)))
}
