//! Whoever writes stands in a table with its tests: a way to the files' door that is not in it is a test to be written.

use std::path::Path;

/// Who comes to the door: how many lines do so, and the tests that let each of their operations fail.
const WRITERS: [(&str, usize, &[&str]); 11] = [
    ("alerts/mod.rs", 3, &["unit_tests_are_the_old_or_the_new"]),
    ("alerts/tool.rs", 12, &["unit_tests_are_the_old_or_the_new"]),
    ("drill.rs", 1, &["a_score_is_the_old_or_the_new"]),
    (
        "fit/mod.rs",
        3,
        &["a_fitted_scenario_is_the_old_or_the_new", "a_scenario_around_what_was_seen_is_whole"],
    ),
    ("fit/record.rs", 2, &["a_recording_is_whole_lines"]),
    ("kept.rs", 3, &["progress_is_the_old_or_the_new", "broken_progress_is_here_or_there"]),
    ("new.rs", 1, &["drafts_are_the_old_or_the_new", "a_drafted_lesson_is_the_old_or_the_new"]),
    ("results.rs", 7, &["a_run_leaves_the_old_or_the_new"]),
    ("serve.rs", 4, &["a_kubeconfig_is_the_old_or_the_new"]),
    ("step.rs", 1, &["what_is_saved_is_the_old_or_the_new"]),
    ("sweep/files.rs", 5, &["a_sweep_leaves_the_old_or_the_new"]),
];

/// Whoever writes is tried here: a new way to the door is a test to be written.
#[test]
fn every_writer_is_tried() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let door = ["disk::", "beside::replace", "beside::write_new", "Beside::create", "File::create_new"];
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![sources.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name =
                path.strip_prefix(sources.join("cli")).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            // The door itself, and what stands right behind it.
            if matches!(name.as_str(), "disk.rs" | "beside.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default().lines();
            let comes = |line: &&str| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && !line.starts_with("use ")
                    && door.iter().any(|word| line.contains(word))
            };
            let count = code.filter(comes).count();
            if count > 0 {
                found.insert(name, count);
            }
        }
    }
    let known = WRITERS.iter().map(|(name, count, _)| ((*name).to_owned(), *count)).collect();
    assert_eq!(found, known, "who writes, how often: each has a test here");
    let own = [include_str!("../operations.rs"), include_str!("sweeps.rs")];
    for test in WRITERS.iter().flat_map(|(.., tests)| *tests) {
        let head = format!("#[test]\nfn {test}() {{");
        assert!(own.iter().any(|text| text.contains(&head)), "no test {test}");
    }
}
