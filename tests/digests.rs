//! Yesterday's runs are today's: of every shipped scenario the digest under two seeds stands in `tests/digests.tsv`, and whatever plays
//! it comes to the same: a run, a walk step by step, many threads, replicas that learn and such that do not.
//!
//! A digest changes with what a run tells or with the steps it takes to get there, and then the table is written anew, on purpose
//! and in the change that is the reason: `KUBELAPSE_DIGESTS=write cargo test --test digests`. Builds of other kinds read the same
//! table: `cargo test --profile checked --test digests` that of the shipped optimisation, with overflows checked, and `tests/web.rs` holds
//! WebAssembly against this build.

#[path = "support/plan.rs"]
mod plan;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use kubelapse::scenario::{Plan, builtin};
use kubelapse::session::{self, Session};
use plan::plan;
use rayon::prelude::*;

/// Two of them: what is a matter of luck differs between them.
const SEEDS: [u64; 2] = [0, 1];

/// A line of the table.
fn line(name: &str, seed: u64, digest: &str, steps: u64) -> String {
    format!("{name}\t{seed}\t{digest}\t{steps}")
}

fn played() -> Vec<String> {
    let all: Vec<(&str, Arc<Plan>)> =
        builtin::small().map(|shipped| (shipped.name, plan(shipped.text))).collect();
    let lines = all.par_iter().flat_map_iter(|(name, plan)| {
        SEEDS.map(|seed| {
            let lived = session::live(plan, seed);
            line(name, seed, &lived.digest, lived.steps)
        })
    });
    lines.collect()
}

#[test]
fn every_digest_is_that_of_the_table() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/digests.tsv");
    let played = played();
    assert!(played.len() > 150, "{} runs", played.len());
    if std::env::var_os("KUBELAPSE_DIGESTS").is_some_and(|word| word == "write") {
        let mut text = "scenario\tseed\tdigest\tsteps\n".to_owned();
        for line in &played {
            let _ = writeln!(text, "{line}");
        }
        std::fs::write(&place, text).expect("the table can be written");
        return;
    }
    let table = std::fs::read_to_string(&place).expect("the table is there");
    let told: Vec<&str> = table.lines().skip(1).collect();
    let gone = told.iter().filter(|line| !played.iter().any(|own| own == *line));
    let new = played.iter().filter(|line| !told.contains(&line.as_str()));
    let differs: Vec<String> =
        gone.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}"))).collect();
    assert!(
        differs.is_empty(),
        "if that is meant: KUBELAPSE_DIGESTS=write cargo test --test digests\n{}",
        differs.join("\n")
    );
    assert_eq!(told.len(), played.len(), "each once, in the order of the catalogue");
}

/// Whoever plays it: step by step, and without learning from replicas.
#[test]
fn whoever_plays_comes_to_the_same() {
    let differs: Vec<String> = builtin::small()
        .collect::<Vec<_>>()
        .par_iter()
        .flat_map_iter(|shipped| {
            let plan = plan(shipped.text);
            let run = session::live(&plan, 0).digest;
            let mut session = Session::new(&plan, 0);
            while session.step().is_some() {
                // Whoever looks on changes nothing.
                session.world.outbox.clear();
            }
            let stepped = session.world.digest.to_string();
            let unlearned = session::live(&Arc::new(Plan { learns_from: None, ..(*plan).clone() }), 0).digest;
            let all = [("stepped", stepped), ("without learning", unlearned)];
            let wrong = all.into_iter().filter(|(_, digest)| *digest != run);
            wrong
                .map(|(how, digest)| format!("{} {how}: {digest}, and not {run}", shipped.name))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(differs.is_empty(), "{}", differs.join("\n"));
}
