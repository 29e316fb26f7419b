//! A run is its own witness: of random clusters with workloads, what one of its files says is held against what the others say.
//!
//! The timeline against the objects of `pods.jsonl` (phases, conditions, containers, what kubectl would print of them), `pods.csv`
//! against the timeline, `workloads.csv` and `endpoints.csv` against themselves and, at rest, against the pods; names, uids and
//! addresses are of one; and the laws hold that no life breaks. `SELF_CHECK_CASES=10000` tries more of them. What was once found
//! wrong is kept, made small: proptest's seeds beside this file, and texts in `tests/self_check/kept/`.

mod self_check {
    pub mod judge;
    pub mod printed;
    pub mod tables;
    pub mod worlds;
}

use std::path::Path;
use std::sync::Arc;

use kubelapse::scenario::{self, Plan};
use kubelapse::session;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use self_check::judge::judged;
use self_check::tables::told;
use self_check::worlds::{World, worlds};

fn planned(world: &World) -> Result<Arc<Plan>, String> {
    let beside = |_: &str| Ok(world.manifest.clone());
    let plan = scenario::load("random.toml", &world.scenario, &beside, &[]);
    plan.map(Arc::new).map_err(|problems| problems.render(false))
}

/// All that is wrong with a run of it.
fn checked(world: &World, seed: u64) -> Result<(), String> {
    let plan = planned(world)?;
    let one = told(&plan, seed);
    let mut wrong = judged(&one);
    let again = session::live(&plan, seed).digest;
    if again != one.digest {
        wrong.push(format!("with files the digest is {}, without {again}", one.digest));
    }
    if one.ended > one.stands {
        wrong.push("it ended after its end".to_owned());
    }
    wrong.truncate(8);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// The same clusters each time, so that nobody's change fails by chance; as many others as somebody asks for.
fn config() -> ProptestConfig {
    let asked = std::env::var("SELF_CHECK_CASES").ok().and_then(|own| own.parse().ok());
    let rng_seed = asked.map_or(RngSeed::Fixed(2026), |_: u32| RngSeed::Random);
    ProptestConfig {
        cases: asked.unwrap_or(150),
        max_shrink_iters: 150,
        rng_seed,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_told_agrees(world in worlds(), seed in 0u64..1_000_000) {
        let told = checked(&world, seed);
        prop_assert!(told.is_ok(), "{}\nseed {seed}\n{world:?}", told.unwrap_err());
    }
}

/// What was found once, made small.
#[test]
fn kept_worlds_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/self_check/kept");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let read = |name: &str| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let world = World { scenario: read("scenario.toml"), manifest: read("m.yaml") };
        for seed in 0..5 {
            let told = checked(&world, seed);
            assert!(told.is_ok(), "{}, seed {seed}:\n{}", entry.path().display(), told.unwrap_err());
        }
    }
}

/// A judge who sees nothing wrong anywhere is none: what is changed in a run's files is found.
#[test]
fn what_does_not_agree_is_seen() {
    let text = "name = \"x\"\nuntil = \"3m\"\n[[apply]]\nmanifest = \"m.yaml\"\n[[program]]\nboots = \"3s\"\nattempts = [{ runs = \"40s\", exit = 1 }]\n";
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w0}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: w0}}\n  template:\n    \
                    metadata: {labels: {app: w0}}\n    spec: {containers: [{name: app, image: x, readinessProbe: {tcpSocket: {port: 80}}}]}\n---\n\
                    apiVersion: v1\nkind: Service\nmetadata: {name: w0}\nspec: {selector: {app: w0}, ports: [{port: 80}]}\n";
    let world = World { scenario: text.to_owned(), manifest: manifest.to_owned() };
    let plan = planned(&world).expect("a plan");
    let seen = |change: fn(&mut self_check::tables::Told)| {
        let mut told = told(&plan, 0);
        change(&mut told);
        judged(&told)
    };
    assert_eq!(seen(|_| {}), Vec::<String>::new());
    let changes: [fn(&mut self_check::tables::Told); 8] = [
        |told| told.rows.retain(|row| row.kind != "status" || row.to != "Error"),
        |told| told.rows.retain(|row| row.kind != "condition" || row.object != "ContainersReady"),
        |told| {
            told.rows
                .iter_mut()
                .filter(|row| row.kind == "container")
                .for_each(|row| row.restarts = "7".to_owned())
        },
        |told| told.pods[0].insert("ready".to_owned(), "1.000000".to_owned()).map_or((), drop),
        |told| told.pods.truncate(1),
        |told| told.endpoints.iter_mut().for_each(|row| drop(row.insert("ready".to_owned(), "3".to_owned()))),
        |told| {
            told.workloads.iter_mut().for_each(|row| drop(row.insert("available".to_owned(), "9".to_owned())))
        },
        |told| {
            told.lists
                .iter_mut()
                .for_each(|(_, list)| *list = list.replace("\"phase\":\"Running\"", "\"phase\":\"Failed\""))
        },
    ];
    for (ix, change) in changes.into_iter().enumerate() {
        assert!(!seen(change).is_empty(), "change {ix} was not seen");
    }
}
