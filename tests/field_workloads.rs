//! What people met with their workloads: each folder of tests/field-workloads is a case with the right outcome, whatever
//! the seed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kubelapse::scenario::{self, Diagnostics, Loaded};
use kubelapse::session::expect;

fn folders() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field-workloads");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(all).expect("the cases").flatten().map(|f| f.path()).collect();
    folders.sort();
    folders
}

fn name_of(folder: &Path) -> String {
    folder.file_name().expect("a name").to_string_lossy().into_owned()
}

fn load(folder: &Path) -> Result<Loaded, Diagnostics> {
    let text = fs::read_to_string(folder.join("case.toml")).expect("a case");
    let loader = |path: &str| fs::read_to_string(folder.join(path)).map_err(|e| e.to_string());
    scenario::load_noting("case.toml", &text, &loader, &[])
}

#[test]
fn every_case_comes_out_right_with_every_seed() {
    let mut wrong = Vec::new();
    let mut played = 0;
    for folder in folders() {
        let name = name_of(&folder);
        let loaded = load(&folder).unwrap_or_else(|problems| panic!("{name}: {}", problems.render(false)));
        let plan = loaded.plan;
        assert!(!plan.expects.is_empty(), "{name} expects nothing");
        let plan = Arc::new(plan);
        played += 1;
        for seed in 0..20 {
            for failure in expect::check(&plan, seed) {
                let expected = expect::describe(&plan.expects[failure.index], plan.start);
                wrong.push(format!("{name}, seed {seed}: {expected}: {} {}", failure.what, failure.seen));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(played, folders().len());
}
