//! Same scenario, seed and version, same bytes: twice, stepped or run, from a copy in the middle, on one thread or many, and
//! with strangers beside it.

#[path = "support/plan.rs"]
mod plan;

use std::sync::Arc;

use kubelapse::record::csv::Timeline;
use kubelapse::record::{Directory, Ending, Kept, Sink, Transition};
use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session::{self, Session, Silent};
use plan::plan;
use rayon::prelude::*;

fn shipped() -> Vec<(&'static str, Arc<Plan>)> {
    builtin::small()
        .map(|shipped| {
            let plan = plan(shipped.text);
            (shipped.name, plan)
        })
        .collect()
}

fn stepped(session: &mut Session) -> Vec<Transition> {
    let mut rows = Vec::new();
    while session.step().is_some() {
        rows.extend(session.take_transitions());
    }
    rows
}

#[test]
fn stepped_run_and_lived_are_one() {
    for (name, plan) in shipped() {
        let lived = session::live(&plan, 3);
        let mut walked = Session::new(&plan, 3);
        let mut rows = walked.take_transitions();
        rows.extend(stepped(&mut walked));
        assert_eq!(rows, lived.transitions, "{name}: stepped");
        assert_eq!(walked.world.digest.to_string(), lived.digest, "{name}: stepped");
        let mut kept = Kept::default();
        let outcome = session::run(&plan, 3, &mut kept, &Silent).expect("memory does not fill up");
        assert_eq!(kept.rows, lived.transitions, "{name}: run");
        assert_eq!(outcome.world.digest.to_string(), lived.digest, "{name}: run");
    }
}

fn spelled(directory: &Directory, rows: &[Transition]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut timeline = Timeline::new(&mut out);
    timeline.batch(directory, rows).expect("memory takes all");
    let ending =
        Ending { pods: &Arc::default(), at: directory.start, stands: directory.start, partial: false };
    timeline.end(directory, &ending).expect("memory takes all");
    drop(timeline);
    out
}

/// A row that is copied from one before reads as if it were the first.
#[test]
fn rows_are_spelled_alike_alone_and_after_others() {
    for (name, plan) in shipped() {
        let lived = session::live(&plan, 3);
        let alone: Vec<u8> =
            lived.transitions.iter().flat_map(|row| spelled(&lived.directory, &[*row])).collect();
        assert!(alone.len() > 1000, "{name}");
        assert!(spelled(&lived.directory, &lived.transitions) == alone, "{name}");
    }
}

#[test]
fn a_copy_goes_on_as_the_original() {
    for (name, plan) in shipped() {
        let mut original = Session::new(&plan, 5);
        for _ in 0..40 {
            original.step();
        }
        let mut copy = original.clone();
        assert_eq!(stepped(&mut original), stepped(&mut copy), "{name}");
        assert_eq!(original.world.digest.to_string(), copy.world.digest.to_string(), "{name}");
    }
}

#[test]
fn threads_change_nothing() {
    let plan = &shipped().into_iter().find(|(name, _)| *name == "crash-loop").expect("it is shipped").1;
    let alone: Vec<String> = (0..64).map(|seed| session::live(plan, seed).digest).collect();
    let together: Vec<String> =
        (0..64u64).into_par_iter().map(|seed| session::live(plan, seed).digest).collect();
    assert_eq!(alone, together);
    let mut different = alone.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), alone.len(), "seeds give runs of their own");
}

/// The rows of one pod as `timeline.csv` has them.
fn table(plan: &Arc<Plan>, pod: &str) -> Vec<String> {
    let lived = session::live(plan, 11);
    let mut bytes = Vec::new();
    let mut sink = Timeline::new(&mut bytes);
    sink.begin(&lived.directory).expect("memory");
    sink.batch(&lived.directory, &lived.transitions).expect("memory");
    let ending =
        Ending { pods: &Arc::new(lived.records.clone()), at: plan.until, stands: plan.until, partial: false };
    sink.end(&lived.directory, &ending).expect("memory");
    drop(sink);
    let text = String::from_utf8(bytes).expect("a timeline is text");
    text.lines().filter(|line| line.contains(&format!(",{pod},"))).map(str::to_owned).collect()
}

#[test]
fn a_stranger_changes_nobody() {
    let base = r#"
name = "strangers"
until = "20m"
[[node]]
name = "n1"
[[node]]
name = "n2"
[[pod]]
name = "web"
[pod.spec]
nodeName = "n1"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  readinessProbe = { exec = { command = ["probe"] }, periodSeconds = 3 }
  [pod.behavior.containers.app]
  attempts = [{ runs = { uniform = ["2s", "9s"] }, exit = 1 }]
"#;
    let stranger = r#"
[[pod]]
name = "stranger"
[pod.spec]
nodeName = "n2"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/other:1.4"
  [pod.behavior.containers.app]
  attempts = [{ runs = { uniform = ["1s", "30s"] }, exit = 1 }]
"#;
    let (alone, beside) = (plan(base), plan(&format!("{base}{stranger}")));
    assert_eq!(table(&alone, "web"), table(&beside, "web"));
    assert!(table(&alone, "web").len() > 50);
    assert!(!table(&beside, "stranger").is_empty());
}

/// The fleet of `scenarios/scale` with two thousand of its pods: whatever makes it faster leaves its life as it was.
#[test]
fn the_fleets_digest_is_pinned() {
    let fleet = builtin::find("fleet-100k").expect("it is shipped");
    let overrides = [
        "pod.resize.replicas=1500",
        "pod.resize-again.replicas=500",
        "pod.resize.every={ exponential = \"2s\" }",
        "pod.resize-again.every={ exponential = \"6s\" }",
        "node.worker.count=2",
    ]
    .map(str::to_owned);
    let plan =
        scenario::load("fleet-100k.toml", fleet.text, &scenario::no_files, &overrides).expect("it is read");
    let mut kept = Kept::default();
    let world = session::run(&Arc::new(plan), 0, &mut kept, &Silent).expect("memory takes all").world;
    assert!(kept.pods.iter().all(|pod| pod.phase == "Succeeded"));
    assert_eq!(kept.pods.iter().filter(|pod| pod.restarts == 1).count(), 500);
    assert_eq!(
        (world.step, world.digest.to_string().as_str()),
        (89_776, "2:e4a170c9af98d001bd2e9d96d4212622")
    );
}

/// A run's records are lent to the sink and stand open afterwards: whoever closes them again gets the same figures.
#[test]
fn what_a_run_told_at_its_end_can_be_told_again() {
    let shipped = builtin::find("happy-path").expect("it is shipped");
    let plan = plan(shipped.text);
    let mut kept = Kept::default();
    let outcome = session::run(&plan, 0, &mut kept, &Silent).expect("memory takes all");
    assert!(kept.pods.iter().all(|pod| pod.ready_micros > 0), "they are Ready to the end");
    assert_eq!(session::closed_records(&outcome.world, outcome.stands_until), kept.pods);
}
