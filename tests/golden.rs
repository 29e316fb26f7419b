//! The simulator lives the recorded lives: each recording of a real cluster is run with many seeds and judged in three
//! parts (sequence, times, events). Whether recorded gaps come of the simulator's dice is told by kind of gap.
//!
//! `KUBELAPSE_GOLDEN_DIR` points to another folder of recordings (or of folders of them), `KUBELAPSE_GOLDEN_ONLY` picks
//! by a part of the name (one recording is shown side by side), `KUBELAPSE_GOLDEN_SEEDS` says how many seeds,
//! `KUBELAPSE_GOLDEN_GAPS` prints each gap of a kind (or `all`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kubelapse::calibration::{self, Recording, Report, Seen};
use kubelapse::compare::fidelity::Judgement;
use kubelapse::compare::life::{self, Life, Visible as _};
use kubelapse::session;
use rayon::prelude::*;

/// What is not reproduced, and why; an entry that is not needed fails the test.
const KNOWN_GAPS: &str = "known-gaps.toml";

fn recordings() -> Vec<Recording> {
    let root = std::env::var("KUBELAPSE_GOLDEN_DIR")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
    let only = std::env::var("KUBELAPSE_GOLDEN_ONLY").unwrap_or_default();
    let mut found = Vec::new();
    collect(&root, "", &only, &mut found);
    found.sort_by(|a, b| (&a.set, &a.name).cmp(&(&b.set, &b.name)));
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
        } else if format!("{label}/{name}").contains(only) {
            let text = |file: &str| std::fs::read_to_string(path.join(file)).map_err(|e| e.to_string());
            found.push(Recording::read(label, &name, &text).expect("a recording has a timeline"));
        }
    }
}

fn seeds() -> u64 {
    std::env::var("KUBELAPSE_GOLDEN_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

fn judge(recording: &Recording, seeds: u64) -> Seen {
    calibration::judge(recording, seeds, &|| {})
}

/// The only recording beside the life of the first seed, for whoever mends.
fn show(recording: &Recording, seen: &Seen) {
    let Ok(plan) = &recording.plan else { return };
    let lives = |rows: &[life::Row]| life::lives(rows, recording.end);
    let recorded =
        lives(&life::read_csv(&recording.tables.timeline).expect("a recording's timeline is a table"));
    let lived = session::live(plan, 0);
    let simulated = lives(&life::rows_of(&lived.directory, &lived.transitions));
    let none = Life::default();
    for (key, life) in &recorded {
        if let Some(judged) = seen.verdict.pods.iter().find(|judged| judged.name == key.1) {
            side_by_side(&key.1, life, simulated.get(key).unwrap_or(&none), &judged.judgement);
        }
    }
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
    let seen: Vec<Seen> = recordings.par_iter().map(|recording| judge(recording, seeds())).collect();
    let judged: Vec<(&Recording, &Seen)> = recordings.iter().zip(&seen).collect();
    let mut families: BTreeMap<(&str, &str), [usize; 4]> = BTreeMap::new();
    for (recording, seen) in &judged {
        let counts = families.entry((&recording.set, &recording.family)).or_default();
        counts[0] += 1;
        for (count, holds) in counts[1..].iter_mut().zip(seen.parts()) {
            *count += usize::from(holds);
        }
    }
    println!("{:14} {:14} {:>4} {:>9} {:>9} {:>9}", "folder", "family", "all", "sequence", "times", "events");
    for ((folder, family), c) in &families {
        println!("{folder:14} {family:14} {:>4} {:>9} {:>9} {:>9}", c[0], c[1], c[2], c[3]);
    }
    if let [(recording, seen)] = judged[..] {
        show(recording, seen);
    }
    if let Ok(wanted) = std::env::var("KUBELAPSE_GOLDEN_GAPS") {
        for (recording, seen) in &judged {
            let wanted = seen.gaps.iter().filter(|gap| wanted == "all" || gap.kind == wanted);
            wanted.for_each(|gap| println!("{} {}/{}: {gap}", gap.kind, recording.set, recording.name));
        }
    }
    let report = Report::of(&judged, seeds());
    println!("{}", report.render());
    for set in &report.sets {
        let share = |n: usize| 100.0 * n as f64 / set.recordings as f64;
        println!(
            "{}: {} recordings; sequence {:.1} %, with times {:.1} %, with events {:.1} %",
            set.set,
            set.recordings,
            share(set.sequence),
            share(set.times),
            share(set.events)
        );
    }
    if std::env::var_os("KUBELAPSE_GOLDEN_DIR").is_none()
        && std::env::var_os("KUBELAPSE_GOLDEN_ONLY").is_none()
        && std::env::var_os("KUBELAPSE_GOLDEN_SEEDS").is_none()
    {
        hold_against_known_gaps(&judged);
    }
}

/// What a hundred seeds do not show may be rare and not wrong: before it counts as a gap of the model, so many have to miss it.
const MANY_SEEDS: u64 = 1000;

/// Every recording that is not reproduced in all three parts stands in the list with its reason, and nothing else does.
fn hold_against_known_gaps(judged: &[(&Recording, &Seen)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(KNOWN_GAPS);
    let text = std::fs::read_to_string(path).expect("the list of known gaps is there");
    let known: BTreeMap<String, String> = toml::from_str(&text).expect("the list of known gaps is a table");
    let name = |recording: &Recording| format!("{}/{}", recording.set, recording.name);
    let check = |(recording, few): &(&Recording, &Seen)| {
        let name = name(recording);
        let difference = if few.holds() { None } else { judge(recording, MANY_SEEDS).difference() };
        match (difference, known.contains_key(&name)) {
            (None, true) => Some(format!("{name} is reproduced now: take it off the list")),
            (Some(difference), false) => Some(format!("{name} is not reproduced: {difference}")),
            _ => None,
        }
    };
    let mut wrong: Vec<String> = judged.par_iter().filter_map(check).collect();
    for known in known.keys() {
        if !judged.iter().any(|(recording, _)| *known == name(recording)) {
            wrong.push(format!("{known} is on the list and no recording"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
