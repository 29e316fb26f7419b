//! What comes next for a given cluster: a simulated cluster that is cut and resumed predicts itself, recordings of real ones are cut
//! in the middle, and the program says what it should.

#![cfg(feature = "cli")]

#[path = "predict/bench.rs"]
mod bench;
#[path = "support/desk.rs"]
mod desk;
#[path = "predict/inputs.rs"]
mod inputs;
#[path = "support/program.rs"]
mod program;
#[path = "predict/recorded.rs"]
mod recorded;

mod predict {
    mod input;
    mod jobs;
    mod pods;
    mod written;
}

use bench::{Cut, at_cursors, cuts, told};

/// Crash loops of several lengths, one with a readiness probe, one that fails its liveness probe.
const LOOPS: &str = r#"
name       = "loops"
kubernetes = "1.36"
until      = "8m"
[[node]]
name = "node"
count = 2
[[program]]
image = "*/a:1"
attempts = [{ runs = "2s", exit = 1 }]
[[program]]
image = "*/b:1"
attempts = [{ runs = "17s", exit = 0 }]
[[program]]
image = "*/c:1"
attempts = [{ runs = { uniform = ["3s", "40s"] }, exit = 1 }]
[[program]]
image = "*/d:1"
attempts = [{ readiness = [{ at = "0s", ok = false }, { at = "6s", ok = true }], liveness = [{ at = "0s", ok = true }, { at = "25s", ok = false }] }]
[[program]]
image = "*/e:1"
boots = { uniform = ["5s", "40s"] }
attempts = [{ runs = "90s", exit = 2 }]
[[pod]]
name = "short"
spec.containers = [{ name = "app", image = "registry.example/a:1" }]
[[pod]]
name = "long"
spec.containers = [{ name = "app", image = "registry.example/b:1" }]
[[pod]]
name = "any"
spec.containers = [{ name = "app", image = "registry.example/c:1" }]
[[pod]]
name = "lives"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/d:1"
  livenessProbe = { httpGet = { port = 8080 }, periodSeconds = 5, failureThreshold = 2 }
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 3 }
[[pod]]
name = "boots"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/e:1"
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 4 }
"#;

#[test]
fn a_cluster_that_is_cut_and_resumed_predicts_itself() {
    let cuts: Vec<Cut> = cuts(LOOPS, 8, 4, 40);
    let report = told("itself", &cuts);
    println!("{}", report.words);
    assert!(report.ranked > 40, "{}", report.words);
    assert!(report.least > 0.01, "{}", report.words);
    holds(&report);
}

/// What comes of pods whose images come in their time, which boot, run, end and are told to go, as luck has it.
const TURNS: &str = r#"
name       = "turns"
kubernetes = "1.36"
until      = "20m"
[[node]]
name = "node"
count = 2
[[image]]
ref  = "registry.example/slow:1"
pull = { uniform = ["20s", "90s"] }
[[image]]
ref  = "registry.example/slow:2"
pull = { uniform = ["20s", "90s"] }
[[program]]
image = "*/slow:*"
boots = { uniform = ["5s", "60s"] }
attempts = [{ runs = { uniform = ["1m", "6m"] }, exit = { "0" = 0.5, "1" = 0.5 }, onTerm = { after = { uniform = ["2s", "25s"] } } }]
[[pod]]
name = "one"
at   = "0s"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/slow:1"
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 2 }
[[pod]]
name = "two"
at   = "20s"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/slow:2"
  startupProbe = { httpGet = { port = 8080 }, periodSeconds = 3, failureThreshold = 40 }
[[pod]]
name = "three"
at   = "40s"
spec.restartPolicy = "Never"
spec.containers = [{ name = "app", image = "registry.example/slow:3" }]
[[action]]
at     = "5m"
delete = "pod/two"
[[action]]
at = "8m"
cordon = "node/node-0"
"#;

/// The walk's own future is one of those that are told: its rank among them is as good as any.
#[test]
fn a_run_goes_on_as_one_of_the_futures_that_are_told_at_the_cursor() {
    for (name, text, seeds) in [("loops", LOOPS, 40), ("turns", TURNS, 60)] {
        let cuts = at_cursors(text, seeds, 4);
        if number("KUBELAPSE_PREDICT_TELL", 0) > 0 {
            cuts.iter().flat_map(|cut| &cut.pods).for_each(|pod| println!("{}", bench::line(pod)));
        }
        let report = told(name, &cuts);
        println!("{}", report.words);
        assert!(report.ranked > 100, "{}", report.words);
        assert!(report.least > 0.01, "{}", report.words);
        holds(&report);
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// `KUBELAPSE_PREDICT_CUTS` says how many, `…_FUTURES` of how many seeds, `…_SALT` which, `…_TELL` prints those that are not
/// foreseen.
#[test]
fn recordings_that_are_cut_in_the_middle_go_on_as_predicted() {
    let (count, futures) = (number("KUBELAPSE_PREDICT_CUTS", 32), number("KUBELAPSE_PREDICT_FUTURES", 40));
    let salt = number("KUBELAPSE_PREDICT_SALT", 1);
    let mut all = Vec::new();
    for set in ["golden-workloads", "golden-workloads-1.32"] {
        let streams = recorded::streams(set);
        let cuts = recorded::cuts(&streams, count, futures, salt);
        if number("KUBELAPSE_PREDICT_TELL", 0) > 0 {
            for (name, cut) in &cuts {
                for pod in &cut.pods {
                    println!("{name}: {}", bench::line(pod));
                }
            }
        }
        all.extend(cuts.into_iter().map(|(_, cut)| cut));
    }
    judged("recordings", all);
}

/// All of them, and families that were looked at while rules were made apart from those that were not: windows hold what they say.
fn judged(what: &str, all: Vec<Cut>) {
    let report = told(what, &all);
    println!("{}", report.words);
    assert!(report.ranked > 10, "{}", report.words);
    holds_by_lives(&report);
    let (held_out, looked_at): (Vec<Cut>, Vec<Cut>) = all.into_iter().partition(|cut| cut.is_held_out);
    for (of, cuts) in [("families that were looked at", looked_at), ("families held out", held_out)] {
        let report = told(of, &cuts);
        println!("{}", report.words);
        assert!(report.lives[0].1 > 5, "{}", report.words);
        holds_by_lives(&report);
    }
}

/// Windows hold at least what they say. Changes of one life hang together, so one of each counts: that so few would hold, if each did
/// as often as it says, is not as unlikely as one in a hundred.
fn holds_by_lives(report: &bench::Report) {
    let chances = bench::chances(&report.lives);
    assert!(chances.iter().all(|chance| *chance > 0.01), "{}", report.words);
}

/// The same, where nobody says what programs do: pods of a workload tell it of each other.
#[test]
fn what_programs_do_is_learned_from_pods_of_the_same_workload() {
    let (count, futures) = (number("KUBELAPSE_PREDICT_CUTS", 32), number("KUBELAPSE_PREDICT_FUTURES", 40));
    let mut all = Vec::new();
    for set in ["golden-workloads", "golden-workloads-1.32"] {
        let streams: Vec<_> = recorded::streams(set).into_iter().map(recorded::Stream::unsaid).collect();
        let cuts = recorded::cuts(&streams, count, futures, number("KUBELAPSE_PREDICT_SALT", 1));
        if number("KUBELAPSE_PREDICT_TELL", 0) > 0 {
            for (name, cut) in &cuts {
                cut.pods.iter().for_each(|pod| println!("{name}: {}", bench::line(pod)));
            }
        }
        all.extend(cuts.into_iter().map(|(_, cut)| cut));
    }
    judged("nothing said", all);
}

/// Windows hold at least what they say, or less by as much as so few leave to chance.
fn holds(report: &bench::Report) {
    for ((held, of), level) in report.held.iter().zip([50, 80, 95]) {
        let sd = (of * level * (100 - level)) as f64;
        assert!((held * 100) as f64 >= (of * level) as f64 - 2.0 * sd.sqrt(), "{level} %: {}", report.words);
    }
}
