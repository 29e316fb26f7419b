//! The simulator lives the recorded lives of workloads: each recording of a real cluster is run with many seeds, and its
//! Deployments, ReplicaSets, Services and pods are judged. Before that, reality is judged by itself.
//!
//! `KUBELAPSE_GOLDEN_WORKLOADS_DIR` points to another folder of recordings (or of folders of them),
//! `KUBELAPSE_GOLDEN_WORKLOADS_ONLY` picks by a part of the name (one recording is shown side by side), `…_FAMILIES` says
//! which families (separated by commas, `all`), `…_SEEDS` how many seeds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kubelapse::compare::workloads::{Bench, Judged, Outputs, Room, Run, Verdict};
use rayon::prelude::*;

/// Hand-made recordings of these families are held against the list of known gaps.
const FAMILIES: [&str; 3] = ["deployment", "replicaset", "service"];
/// What is not reproduced, and why; an entry that is not needed fails the test.
const KNOWN_GAPS: &str = "tests/golden-workloads/known-gaps.toml";

fn environment(name: &str) -> Option<String> {
    std::env::var(format!("KUBELAPSE_GOLDEN_WORKLOADS_{name}")).ok()
}

struct Recording {
    folder: String,
    name: String,
    family: String,
    path: PathBuf,
    end: i64,
}

fn recordings() -> Vec<Recording> {
    let root = environment("DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-workloads"), PathBuf::from);
    let only = environment("ONLY").unwrap_or_default();
    let mut found = Vec::new();
    collect(&root, "golden-workloads", &only, &mut found);
    found.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    found
}

fn collect(folder: &Path, label: &str, only: &str, found: &mut Vec<Recording>) {
    for entry in std::fs::read_dir(folder).expect("a folder of recordings").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !path.is_dir() {
            continue;
        }
        if !path.join("scenario.toml").exists() {
            collect(&path, &name, only, found);
        } else if format!("{label}/{name}").contains(only) {
            let meta = meta(&path, "");
            let family = meta["family"].as_str().unwrap_or("").to_owned();
            let end = (meta["untilSeconds"].as_f64().unwrap_or(0.0) * 1e6) as i64;
            found.push(Recording { folder: label.to_owned(), name, family, path, end });
        }
    }
}

fn meta(path: &Path, which: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(path.join(format!("meta{which}.json"))).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The first recording (`""`) or the second (`".2"`); there need not be a second.
fn tables(recording: &Recording, which: &str) -> Option<Outputs> {
    let read = |table: &str| {
        let path = recording.path.join(format!("{table}{which}.csv"));
        let packed = path.with_extension("csv.gz");
        if let Ok(file) = std::fs::File::open(packed) {
            let mut text = String::new();
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).ok()?;
            return Some(text);
        }
        std::fs::read_to_string(path).ok()
    };
    Some(Outputs { timeline: read("timeline")?, workloads: read("workloads")?, endpoints: read("endpoints")? })
}

fn recorded(recording: &Recording, which: &str) -> Option<Run> {
    let outputs = tables(recording, which)?;
    Some(Run::read(&outputs, recording.end, Some(&aliases(recording, which))).expect("recordings are tables"))
}

fn aliases(recording: &Recording, which: &str) -> BTreeMap<String, String> {
    serde_json::from_value(meta(&recording.path, which)["aliases"].clone()).unwrap_or_default()
}

/// Shares of recordings and of objects.
#[derive(Default)]
struct Tally {
    recordings: usize,
    workloads: usize,
    times: usize,
    all: usize,
    endpoints: usize,
    pods: usize,
    kinds: usize,
    /// With the recorded sequence, and how many there are: workloads, Services, pods.
    objects: [(usize, usize); 3],
    /// In which all holds.
    whole: [usize; 3],
}

fn share(part: usize, all: usize) -> f64 {
    (1000.0 * part as f64 / all.max(1) as f64).round() / 10.0
}

impl Tally {
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Tally {
        let mut tally = Tally::default();
        let sequence = |list: &[Judged]| list.iter().all(|one| one.judgement.sequence);
        for verdict in verdicts {
            tally.recordings += 1;
            let same = sequence(&verdict.workloads);
            tally.workloads += usize::from(same);
            tally.times += usize::from(same && verdict.workloads.iter().all(|one| one.judgement.times));
            tally.endpoints += usize::from(sequence(&verdict.services));
            tally.pods += usize::from(sequence(&verdict.pods));
            tally.kinds += usize::from(verdict.all().all(|one| one.judgement.kinds || !one.judgement.sequence));
            tally.all += usize::from(verdict.holds());
            for (ix, list) in [&verdict.workloads, &verdict.services, &verdict.pods].into_iter().enumerate() {
                tally.objects[ix].0 += list.iter().filter(|one| one.judgement.sequence).count();
                tally.objects[ix].1 += list.len();
                tally.whole[ix] += list.iter().filter(|one| one.holds()).count();
            }
        }
        tally
    }

    fn objects(&self) -> [f64; 3] {
        self.objects.map(|(same, all)| share(same, all))
    }
}

// --- reality, judged by itself ---

/// Gaps of two recordings differ by 1.1 s in 95 of 100 (the phase of the one-second relist).
const APART: Room = Room { short_of_pods: 250_000, slack: 950_000 };

#[test]
fn reality_is_nearly_like_itself() {
    let verdicts: Vec<(Recording, Verdict)> = recordings()
        .into_par_iter()
        .filter(|recording| recording.folder == "golden-workloads")
        .filter_map(|recording| {
            let (first, second) = (recorded(&recording, "")?, recorded(&recording, ".2")?);
            let mut bench = Bench::new(&first, APART);
            bench.see(&second);
            let verdict = bench.judge();
            Some((recording, verdict))
        })
        .collect();
    for (recording, verdict) in &verdicts {
        print!("{}", failures(recording, verdict));
    }
    for (title, is_mix) in [("hand-made", false), ("mix", true)] {
        let chosen = verdicts.iter().filter(|(r, _)| (r.family == "mix") == is_mix).map(|(_, v)| v);
        let tally = Tally::of(chosen);
        let of_recordings = |n: usize| share(n, tally.recordings);
        println!(
            "reality {title}: {} recordings; workloads {} %, endpoints {} %, pods {} %, kinds {} %, times {} %, all {} %; objects {:?}, whole {:?}",
            tally.recordings,
            of_recordings(tally.workloads),
            of_recordings(tally.endpoints),
            of_recordings(tally.pods),
            of_recordings(tally.kinds),
            of_recordings(tally.times),
            of_recordings(tally.all),
            tally.objects(),
            tally.whole,
        );
    }
}

/// What fails, each object in a line.
fn failures(recording: &Recording, verdict: &Verdict) -> String {
    let mut text = String::new();
    for one in verdict.all().filter(|one| !one.holds()) {
        let part = match &one.judgement {
            judged if !judged.sequence => "sequence",
            judged if !judged.times => "times",
            _ => "events",
        };
        let _ = writeln!(
            text,
            "{}/{}: {} {part} ({} seeds): {}",
            recording.folder, recording.name, one.name, one.judgement.seeds, one.judgement.difference
        );
    }
    for name in &verdict.strangers {
        let _ = writeln!(text, "{}/{}: {name}: every seed has it, and no recording", recording.folder, recording.name);
    }
    text
}

#[test]
fn names_found_in_a_run_are_those_of_its_recorder() {
    let mut wrong = Vec::new();
    for recording in recordings() {
        let outputs = tables(&recording, "").expect("a recording has tables");
        let run = Run::read(&outputs, recording.end, None).expect("recordings are tables");
        for (pod, alias) in aliases(&recording, "") {
            let told = alias.rsplit_once('/').map(|(made_by, _)| made_by);
            if run.names.made_by(&pod) != told {
                wrong.push(format!("{}: {pod} is {told:?}, found {:?}", recording.name, run.names.made_by(&pod)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
