//! Scenario files: every recorded one loads.

use std::path::{Path, PathBuf};

use kubelapse::scenario;

fn scenarios_under(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            scenarios_under(&path, out);
        } else if path.extension().is_some_and(|e| e == "toml") {
            out.push(path);
        }
    }
}

fn load(path: &Path) -> Result<scenario::Loaded, scenario::Diagnostics> {
    let text = std::fs::read_to_string(path).unwrap();
    let folder = path.parent().unwrap();
    let loader = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| e.to_string());
    scenario::load_noting(&path.display().to_string(), &text, &loader, &[])
}

#[test]
fn recorded_scenarios_load() {
    let mut files = Vec::new();
    scenarios_under(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")), &mut files);
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        match load(file) {
            Ok(loaded) => {
                assert!(!loaded.plan.templates.is_empty());
                if !loaded.warnings.items.is_empty() {
                    eprintln!("{}", loaded.warnings.short());
                }
            }
            Err(problems) => wrong.push_str(&problems.render(false)),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
