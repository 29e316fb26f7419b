//! A classifier as referee: can it tell a simulated life from a recorded one better than a second recording from the first?

#![cfg(feature = "cli")]

#[path = "support/clients.rs"]
mod clients;

use std::process::Command;

/// All sets with recordings that were made twice.
const SETS: [&str; 4] = [
    "tests/golden/golden",
    "tests/golden/golden-wild",
    "tests/golden-workloads/golden-workloads",
    "tests/golden-workloads/golden-workloads-1.32",
];

#[test]
fn a_classifier_cannot_tell_simulated_lives_from_recorded_ones() {
    let Some(python) = clients::python("sklearn") else { return };
    let referee = Command::new(python)
        .args(["tests/referee.py", env!("CARGO_BIN_EXE_kubelapse")])
        .args(SETS)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("Python starts");
    let (out, err) = (String::from_utf8_lossy(&referee.stdout), String::from_utf8_lossy(&referee.stderr));
    println!("{out}");
    assert_eq!(out.lines().filter(|line| line.ends_with(": alike")).count(), SETS.len(), "{out}{err}");
    assert!(referee.status.success(), "{out}{err}");
}
