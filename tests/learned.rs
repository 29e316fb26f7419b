//! What replicas have in common is computed once (`world::learned`): every scenario and every recording's, played with
//! learning switched off and with everything learned, has one life. Here single pods are learned too, and each seed begins
//! with what the seeds before it have learned. Debug builds also play each rule beside what was learned of it.

#[path = "support/plan.rs"]
mod plan;

use std::path::PathBuf;
use std::sync::Arc;

use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session::{self, Lives, Session, expect, kubectl};
use plan::plan;
use rayon::prelude::*;

/// A plan that learns from so many replicas on.
fn from(plan: &Plan, replicas: Option<u32>) -> Arc<Plan> {
    Arc::new(Plan { learns_from: replicas, ..plan.clone() })
}

/// Whether a change of a status was learned: a pod whose spec is changed before it starts teaches nothing.
fn compare(name: &str, plan: &Plan, seeds: u64) -> bool {
    let (off, mut lives) = (from(plan, None), Lives::of(plan));
    for seed in 0..seeds {
        let (with, without) = (lives.live(seed), session::live(&off, seed));
        assert_eq!(with.digest, without.digest, "{name}, seed {seed}");
        assert_eq!(with.transitions, without.transitions, "{name}, seed {seed}");
        assert_eq!(with.records, without.records, "{name}, seed {seed}");
        assert_eq!(with.answers, without.answers, "{name}, seed {seed}");
    }
    lives.learned().is_some_and(|learned| learned.changes() > 0)
}

/// What is expected of a life holds of it, or fails in the same words, whoever lived before it.
#[test]
fn lives_are_judged_alike() {
    let expects = "[[expect]]\nat = \"30s\"\npod = \"web-3\"\nstatus = \"Running\"\n";
    let plan = plan(&format!("name = \"judged\"\nuntil = \"2m\"\n{REPLICAS}{expects}"));
    let mut lives = Lives::of(&plan);
    let judged: Vec<_> = (0..12)
        .map(|seed| {
            let (among, alone) = (expect::check_among(&mut lives, seed), expect::check(&plan, seed));
            assert_eq!(among, alone, "seed {seed}");
            among.is_empty()
        })
        .collect();
    assert!(judged.contains(&true) && judged.contains(&false), "{judged:?}");
}

/// The switch is a switch: a plan as it is loaded learns of many replicas, one that learns nothing has learned nothing.
#[test]
fn what_is_switched_off_learns_nothing() {
    let text =
        format!("name = \"many\"\nuntil = \"2m\"\n{}", REPLICAS.replace("replicas = 12", "replicas = 32"));
    let plan = plan(&text);
    let learns = |plan: &Plan| {
        let mut session = Session::new(&Arc::new(plan.clone()), 0);
        while session.step().is_some() {}
        !session.world.learned.is_empty()
    };
    assert!(learns(&plan));
    assert!(!learns(&from(&plan, None)));
}

#[test]
fn lessons_live_alike() {
    let shipped: Vec<_> = builtin::small().collect();
    let (learned, all) = shipped
        .par_iter()
        .map(|shipped| {
            let plan = plan(shipped.text);
            // What is learned of pods that a run's own workloads have made goes with the run.
            let stays = usize::from(!plan.templates.is_empty());
            let learns = compare(shipped.name, &plan, 3);
            (usize::from(learns).min(stays), stays)
        })
        .reduce(|| (0, 0), |one, other| (one.0 + other.0, one.1 + other.1));
    assert!(all > 100 && learned * 10 > all * 9, "{learned} of {all}");
}

fn recordings(folder: PathBuf, found: &mut Vec<PathBuf>) {
    if folder.join("scenario.toml").exists() {
        found.push(folder);
        return;
    }
    for entry in std::fs::read_dir(&folder).expect("it can be listed").flatten() {
        if entry.path().is_dir() {
            recordings(entry.path(), found);
        }
    }
}

#[test]
fn recordings_live_alike() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found = Vec::new();
    recordings(root, &mut found);
    assert!(found.len() > 400, "{} recordings", found.len());
    let learned = found.par_iter().filter(|path| {
        let text = std::fs::read_to_string(path.join("scenario.toml")).expect("it is text");
        let loader = |file: &str| std::fs::read_to_string(path.join(file)).map_err(|e| e.to_string());
        let plan = scenario::load("scenario.toml", &text, &loader, &[]).expect("it is read");
        compare(&path.display().to_string(), &plan, 3)
    });
    assert!(learned.count() * 10 > found.len() * 9);
}

/// Nobody who looks sees the gaps: whole objects as they are written, the table and the logs are those of the rules.
#[test]
fn what_is_shown_has_no_gaps() {
    let shipped: Vec<_> = builtin::small().collect();
    shipped.par_iter().for_each(|shipped| {
        let plan = plan(shipped.text);
        let mut sessions = [Some(1), None].map(|replicas| {
            let mut session = Session::new(&from(&plan, replicas), 7);
            session.world.touched = Some(Vec::new());
            session
        });
        while sessions.each_mut().map(|session| session.step().is_some())[0] {
            let [with, without] = sessions.each_mut().map(|session| format!("{:?}", session.take_written()));
            assert_eq!(with, without, "{}", shipped.name);
            let [with, without] = sessions.each_ref().map(|session| {
                let w = &session.world;
                let logs: Vec<_> =
                    kubectl::pods(w).into_iter().map(|pod| kubectl::logs(w, pod, None, false)).collect();
                (kubectl::get(w, w.now), logs)
            });
            assert_eq!(with, without, "{}", shipped.name);
        }
    });
}

/// Replicas that stand alike but for their deletion, which the kubelet hears of two seconds late: in 1.36 the API server counts it
/// as a new generation at once, in 1.32 it counts nothing. One that is in back-off stays so until it is deleted.
#[test]
fn a_deleted_replica_goes_its_own_way() {
    for version in ["1.32", "1.36"] {
        let mut text = format!(
            "name = \"deleted\"\nkubernetes = \"{version}\"\nuntil = \"10m\"\n[latency]\nwatch = \"2s\"\n{REPLICAS}"
        );
        for (replica, at) in [(0, 5), (1, 9), (2, 15), (3, 22), (4, 26), (5, 50), (6, 64), (7, 100)] {
            text += &format!("[[action]]\nat = \"{at}s\"\ndelete = \"pod/web-{replica}\"\n");
        }
        let plan = plan(&text);
        assert!(compare(version, &plan, 10));
    }
}

const REPLICAS: &str = r#"
[[node]]
name = "n1"
[[pod]]
name     = "web"
replicas = 12
  [[pod.spec.containers]]
  name  = "app"
  image = "registry.example/shop/web:1.4"
  readinessProbe = { httpGet = { path = "/ready", port = 8080 }, periodSeconds = 1 }
  [pod.behavior.containers.app]
  attempts = [{ runs = { uniform = ["1s", "6s"] }, exit = 1 }]
"#;
