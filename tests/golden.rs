//! The simulator lives the recorded lives: each recording of a real cluster is run with many seeds and judged in three
//! parts (sequence, times, events). Whether recorded gaps come of the simulator's dice is told by kind of gap.
//!
//! `KUBELAPSE_GOLDEN_DIR` points to another folder of recordings (or of folders of them), `KUBELAPSE_GOLDEN_ONLY` picks
//! by a part of the name (one recording is shown side by side), `KUBELAPSE_GOLDEN_SEEDS` says how many seeds,
//! `KUBELAPSE_GOLDEN_GAPS` prints each gap of a kind (or `all`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kubelapse::compare::fidelity::{Allowances, Judgement, Referee, SHORT};
use kubelapse::compare::life::{self, Life, Visible as _};
use kubelapse::compare::ranks::{self, Gap};
use kubelapse::scenario::{self, Plan};
use kubelapse::session;
use rayon::prelude::*;

/// What is not reproduced, and why; an entry that is not needed fails the test.
const KNOWN_GAPS: &str = "known-gaps.toml";

struct Recording {
    folder: String,
    name: String,
    family: String,
    path: PathBuf,
    meta: serde_json::Value,
}

#[derive(Clone)]
struct Verdict {
    folder: String,
    name: String,
    family: String,
    parts: [bool; 3],
    difference: String,
    gaps: Vec<Gap>,
    /// Less than 2 % of the seeds have the sequence of some pod.
    is_rare: bool,
}

fn recordings() -> Vec<Recording> {
    let root = std::env::var("KUBELAPSE_GOLDEN_DIR")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
    let only = std::env::var("KUBELAPSE_GOLDEN_ONLY").unwrap_or_default();
    let mut found = Vec::new();
    collect(&root, "", &only, &mut found);
    found.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    found
}

fn collect(folder: &Path, label: &str, only: &str, found: &mut Vec<Recording>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if !path.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        if !path.join("scenario.toml").exists() {
            collect(&path, &name, only, found);
            continue;
        }
        if !format!("{label}/{name}").contains(only) {
            continue;
        }
        let meta: serde_json::Value = std::fs::read_to_string(path.join("meta.json"))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let family = meta["family"].as_str().unwrap_or("").to_owned();
        found.push(Recording { folder: label.to_owned(), name, family, path, meta });
    }
}

fn load(recording: &Recording) -> Result<Arc<Plan>, String> {
    let text = std::fs::read_to_string(recording.path.join("scenario.toml")).map_err(|e| e.to_string())?;
    let loader = |path: &str| std::fs::read_to_string(recording.path.join(path)).map_err(|e| e.to_string());
    scenario::load("scenario.toml", &text, &loader, &[])
        .map(Arc::new)
        .map_err(|problems| format!("{problems:?}"))
}

fn seeds() -> u64 {
    std::env::var("KUBELAPSE_GOLDEN_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

type Lives = BTreeMap<(String, String), Life>;

fn simulate(plan: &Arc<Plan>, seed: u64, end: i64) -> Lives {
    let lived = session::live(plan, seed);
    life::lives(&life::rows_of(&lived.directory, &lived.transitions), end)
}

fn judge_recording(recording: &Recording, seeds: u64, show: bool) -> Verdict {
    let mut verdict = Verdict {
        folder: recording.folder.clone(),
        name: recording.name.clone(),
        family: recording.family.clone(),
        parts: [true; 3],
        difference: String::new(),
        gaps: Vec::new(),
        is_rare: false,
    };
    let plan = match load(recording) {
        Ok(plan) => plan,
        Err(problem) => {
            verdict.parts = [false; 3];
            verdict.difference = problem;
            return verdict;
        }
    };
    let end = (recording.meta["untilSeconds"].as_f64().unwrap_or(0.0) * 1e6) as i64;
    let text =
        std::fs::read_to_string(recording.path.join("timeline.csv")).expect("a recording has a timeline");
    let recorded = life::lives(&life::read_csv(&text).expect("a recording's timeline is a table"), end);
    let simulated: Vec<Lives> = (0..seeds).map(|seed| simulate(&plan, seed, end)).collect();
    let background: Vec<&str> = recording.meta["background"]
        .as_array()
        .map(|list| list.iter().filter_map(|name| name.as_str()).collect())
        .unwrap_or_default();
    for (key, life) in &recorded {
        if background.contains(&key.1.as_str()) || key.1.starts_with("background-") {
            continue;
        }
        let mut referee = Referee::new(life, SHORT, allowances(recording));
        let none = Life::default();
        for (seed, run) in simulated.iter().enumerate() {
            referee.see(seed, run.get(key).unwrap_or(&none));
        }
        let judgement = referee.judge();
        verdict.gaps.extend(referee.gaps(&key.1));
        verdict.is_rare |= judgement.sequence && judgement.seeds as u64 * 50 < seeds;
        if show {
            side_by_side(&key.1, life, simulated[0].get(key).unwrap_or(&none), &judgement);
        }
        let parts = [judgement.sequence, judgement.times, judgement.events];
        for (all, one) in verdict.parts.iter_mut().zip(parts) {
            *all &= one;
        }
        if !parts.iter().all(|p| *p) && verdict.difference.is_empty() {
            verdict.difference = format!("{}: {}", key.1, judgement.difference);
        }
    }
    verdict
}

fn allowances(recording: &Recording) -> Allowances {
    let shared_scheduling = recording.meta["sharedRigScheduling"].as_bool().unwrap_or(false);
    Allowances { shared_scheduling, ..Allowances::default() }
}

fn side_by_side(pod: &str, recorded: &Life, simulated: &Life, judgement: &Judgement) {
    println!("--- {pod}: {judgement:?}");
    let show = |life: &Life, ix: usize| {
        life.states
            .get(ix)
            .map_or(String::new(), |(at, state)| format!("{:9.3} {}", *at as f64 / 1e6, state.brief()))
    };
    for ix in 0..recorded.states.len().max(simulated.states.len()) {
        let note = match (recorded.states.get(ix), simulated.states.get(ix)) {
            (Some((_, a)), Some((_, b))) if a != b => a.difference(b),
            _ => String::new(),
        };
        println!("{:50} {:50} {note}", show(recorded, ix), show(simulated, ix));
    }
    for (title, life) in [("recorded", recorded), ("simulated", simulated)] {
        println!("{title} events:");
        for e in &life.events {
            println!("   {:3} {:22} {}", e.count, e.reason, e.message);
        }
    }
}

#[test]
fn recorded_lives_are_lived() {
    let recordings = recordings();
    let show = recordings.len() == 1;
    let verdicts: Vec<Verdict> = recordings.par_iter().map(|r| judge_recording(r, seeds(), show)).collect();
    let mut families: BTreeMap<(String, String), [usize; 4]> = BTreeMap::new();
    let mut totals: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for v in &verdicts {
        let three = [v.parts[0], v.parts[0] && v.parts[1], v.parts.iter().all(|p| *p)];
        for counts in [
            families.entry((v.folder.clone(), v.family.clone())).or_default(),
            totals.entry(v.folder.clone()).or_default(),
        ] {
            counts[0] += 1;
            for (count, holds) in counts[1..].iter_mut().zip(three) {
                *count += usize::from(holds);
            }
        }
        if !three[2] {
            println!("{}/{}: {:?} {}", v.folder, v.name, v.parts, v.difference);
        }
    }
    println!("{:14} {:14} {:>4} {:>9} {:>9} {:>9}", "folder", "family", "all", "sequence", "times", "events");
    for ((folder, family), c) in &families {
        println!("{folder:14} {family:14} {:>4} {:>9} {:>9} {:>9}", c[0], c[1], c[2], c[3]);
    }
    for (folder, c) in &totals {
        let share = |n: usize| 100.0 * n as f64 / c[0] as f64;
        println!(
            "{folder}: {} recordings; sequence {:.1} %, with times {:.1} %, with events {:.1} %",
            c[0],
            share(c[1]),
            share(c[2]),
            share(c[3])
        );
    }
    if !show {
        calibration(&verdicts);
    }
    if std::env::var_os("KUBELAPSE_GOLDEN_DIR").is_none()
        && std::env::var_os("KUBELAPSE_GOLDEN_ONLY").is_none()
        && std::env::var_os("KUBELAPSE_GOLDEN_SEEDS").is_none()
    {
        hold_against_known_gaps(&recordings, &verdicts);
    }
}

/// Whether recorded gaps lie among the simulated ones as if both came of the same dice, and how many recordings have a sequence
/// that hardly a seed has.
fn calibration(verdicts: &[Verdict]) {
    let mut sets: BTreeMap<String, Vec<Vec<Gap>>> = BTreeMap::new();
    let mut rare: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for verdict in verdicts {
        if let Ok(wanted) = std::env::var("KUBELAPSE_GOLDEN_GAPS") {
            let wanted = verdict.gaps.iter().filter(|gap| wanted == "all" || gap.kind == wanted);
            wanted.for_each(|gap| println!("{} {}/{}: {gap}", gap.kind, verdict.folder, verdict.name));
        }
        sets.entry(verdict.folder.clone()).or_default().push(verdict.gaps.clone());
        let counts = rare.entry(&verdict.folder).or_default();
        counts.0 += usize::from(verdict.is_rare);
        counts.1 += 1;
    }
    for (folder, (rare, all)) in rare {
        println!("{folder}: {rare} of {all} have a sequence that less than 2 % of the seeds have");
    }
    let sets: Vec<(String, Vec<Vec<Gap>>)> = sets.into_iter().collect();
    for (folder, ranked, corrected) in ranks::told(&sets) {
        let ranks::Ranked { kind, count, mean, distance, chance } = ranked;
        println!(
            "calibration {folder:14} {kind:12} n {count:5}, mean rank {mean:.3}, KS {distance:.3}, p {chance:.3}, by Holm {corrected:.3}"
        );
    }
}

/// What a hundred seeds do not show may be rare and not wrong: before it counts as a gap of the model, so many have to miss it.
const MANY_SEEDS: u64 = 1000;

/// Every recording that is not reproduced in all three parts stands in the list with its reason, and nothing else does.
fn hold_against_known_gaps(recordings: &[Recording], verdicts: &[Verdict]) {
    let verdicts: Vec<Verdict> = recordings
        .par_iter()
        .zip(verdicts)
        .map(|(recording, few)| match few.parts.iter().all(|part| *part) {
            true => few.clone(),
            false => judge_recording(recording, MANY_SEEDS, false),
        })
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(KNOWN_GAPS);
    let text = std::fs::read_to_string(path).expect("the list of known gaps is there");
    let known: BTreeMap<String, String> = toml::from_str(&text).expect("the list of known gaps is a table");
    let mut wrong = Vec::new();
    for v in &verdicts {
        let name = format!("{}/{}", v.folder, v.name);
        let reproduced = v.parts.iter().all(|part| *part);
        match (reproduced, known.contains_key(&name)) {
            (true, true) => wrong.push(format!("{name} is reproduced now: take it off the list")),
            (false, false) => wrong.push(format!("{name} is not reproduced: {}", v.difference)),
            _ => {}
        }
    }
    for name in known.keys() {
        if !verdicts.iter().any(|v| *name == format!("{}/{}", v.folder, v.name)) {
            wrong.push(format!("{name} is on the list and no recording"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
