//! What fuzzing has found and learned is played again: every kept input of every target (`fuzz/corpus/`), by the same player, with
//! the usual compiler. An input that once broke something stays among them.

#![cfg(all(feature = "serve", feature = "html"))]

#[path = "../fuzz/play/mod.rs"]
mod play;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rayon::prelude::*;

#[test]
fn kept_inputs_are_played() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let inputs: Vec<_> = play::ALL
        .iter()
        .flat_map(|(name, player)| {
            let folder = corpus.join(name);
            let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            let files: Vec<_> = entries.map(|entry| entry.expect("a file of the corpus").path()).collect();
            assert!(files.len() >= 10, "{name}: {} inputs", files.len());
            files.into_iter().map(|file| (file, *player))
        })
        .collect();
    let broken: Vec<String> = inputs
        .par_iter()
        .filter_map(|(file, player)| {
            let bytes = std::fs::read(file).expect("a file of the corpus");
            let played = catch_unwind(AssertUnwindSafe(|| player(&bytes)));
            played.is_err().then(|| file.display().to_string())
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Each player has its target, its target its entry, and no folder of the corpus is without a player.
#[test]
fn every_player_is_a_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let read = |path: &str| std::fs::read_to_string(fuzz.join(path)).expect("a file of the fuzz package");
    let manifest = read("Cargo.toml");
    for (name, _) in play::ALL {
        assert!(read(&format!("fuzz_targets/{name}.rs")).contains(&format!("play::{name}(bytes)")), "{name}");
        assert!(
            manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
    let folders = std::fs::read_dir(fuzz.join("corpus")).expect("the corpus is there").flatten();
    for folder in folders {
        let name = folder.file_name().to_string_lossy().into_owned();
        assert!(play::ALL.iter().any(|(own, _)| *own == name), "corpus/{name} has no player");
    }
}
