//! Sweeps write several files with a list of them: faults, ends at any moment, and several at once.

use std::process::Stdio;

use super::{FAULTS, Files, SCENARIO, at_every_operation, files, hidden, lay};
use crate::desk::Desk;

/// Of a sweep all files are the old ones or the new ones, or its list is not there, or has other hashes: who puts parts together says so.
#[test]
fn a_sweep_leaves_the_old_or_the_new() {
    let desk = Desk::holding("operations-sweep", "web.toml", SCENARIO);
    let line = |first: u32, place: &str| {
        format!(
            "sweep web.toml --vary pod.web.replicas=1,2 --seeds {first}..{} --measure restarts --out {place}",
            first + 1
        )
    };
    for (first, place) in [(0, "old"), (7, "new")] {
        let (code, _, said) = desk.said(&line(first, place));
        assert_eq!(code, Some(0), "{said}");
    }
    let (old, new) = (files(&desk.0.join("old")), files(&desk.0.join("new")));
    assert!(old.keys().eq(new.keys()) && old != new && old.len() >= 3, "{:?}", old.keys());
    let list = old.keys().find(|name| name.ends_with(".json")).expect("a list of the files").clone();
    for before in [old.clone(), Files::new()] {
        let count =
            at_every_operation(&desk, &FAULTS, &line(7, "PLACE"), "", &before, |how, folder, came, what| {
                let (beside, there): (Files, Files) =
                    files(folder).into_iter().partition(|(name, _)| hidden(name));
                let was_killed = matches!(how, "kill" | "torn") && came.hit;
                assert!(
                    was_killed || beside.is_empty() || came.said.contains(": Remove\n"),
                    "{what}\nleft: {:?}",
                    beside.keys()
                );
                if came.code == Some(0) {
                    assert!(there == new, "{what}\nit says that all is well, with {:?}", there.keys());
                }
                if there != before && there != new {
                    // A list that is there is not that of these files.
                    let is_told = there.get(&list).is_none_or(|list| !is_list_of(list, &there));
                    assert!(is_told, "{what}\n{:?} pass for a result", there.keys());
                }
                if was_killed {
                    let place = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
                    assert_eq!(desk.said(&line(7, &place)).0, Some(0));
                    assert!(files(folder) == new, "{what}");
                }
            });
        assert!(count >= 12, "files are made, written, synced and renamed: {count}");
    }
}

/// Whether a list has the hashes of all files beside it.
fn is_list_of(list: &[u8], files: &Files) -> bool {
    use sha2::Digest as _;
    let Ok(list) = serde_json::from_slice::<serde_json::Value>(list) else { return false };
    let hex = |bytes: &[u8]| {
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let told = list["files"].as_object().into_iter().flatten();
    told.into_iter().all(|(name, hash)| files.get(name).is_some_and(|bytes| *hash == hex(bytes)))
}

/// A sweep that is killed at any moment; the next one clears what it left.
#[test]
fn a_killed_sweep_leaves_the_old_or_the_new() {
    let desk = Desk::holding("operations-sweep-killed", "web.toml", SCENARIO);
    let line = |first: u32, place: &str| {
        format!(
            "sweep web.toml --vary pod.web.replicas=1,2 --seeds {first}..{} --measure restarts --out {place}",
            first + 40
        )
    };
    for (first, place) in [(0, "old"), (70, "new")] {
        assert_eq!(desk.said(&line(first, place)).0, Some(0));
    }
    let (old, new) = (files(&desk.0.join("old")), files(&desk.0.join("new")));
    let list = old.keys().find(|name| name.ends_with(".json")).expect("a list of the files").clone();
    for round in 0..10 {
        let folder = desk.0.join("w");
        lay(&folder, &old);
        let mut run = desk
            .command(&line(70, "w"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        #[expect(clippy::disallowed_methods, reason = "waits for a real process")]
        std::thread::sleep(std::time::Duration::from_millis(3 << round));
        run.kill().expect("it can be killed");
        run.wait().expect("it ends");
        let there: Files = files(&folder).into_iter().filter(|(name, _)| !hidden(name)).collect();
        let is_told = there.get(&list).is_none_or(|list| !is_list_of(list, &there));
        assert!(there == old || there == new || is_told, "round {round}: {:?}", there.keys());
        assert_eq!(desk.said(&line(70, "w")).0, Some(0));
        assert!(files(&folder) == new, "round {round}");
    }
}

/// Several sweeps with one place at once: when all are over, one of them is there whole.
#[test]
fn several_sweeps_with_one_place_are_not_mixed() {
    let desk = Desk::holding("operations-sweep-together", "web.toml", SCENARIO);
    for round in 0..3 {
        let mut all: Vec<_> = (0..4)
            .map(|run| {
                let first = round * 10 + run * 2;
                let line = format!(
                    "sweep web.toml --quiet --vary pod.web.replicas=1,2 --seeds {first}..{} --measure restarts --out x",
                    first + 1
                );
                desk.command(&line).spawn().expect("the program starts")
            })
            .collect();
        for run in &mut all {
            assert!(run.wait().expect("it ends").success());
        }
        let there = files(&desk.0.join("x"));
        let list = there.iter().find(|(name, _)| name.ends_with(".json")).expect("a list of the files");
        assert!(is_list_of(list.1, &there) && !there.keys().any(|name| hidden(name)), "{:?}", there.keys());
    }
}
