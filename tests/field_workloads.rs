//! What people met with their workloads: each folder of tests/field-workloads is a case with the right outcome, whatever
//! the seed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kubelapse::scenario::{self, Diagnostics, Plan};
use kubelapse::session::expect;

/// Cases that cannot be read yet, and what they wait for.
const NOT_YET: [(&str, &str); 2] = [
    ("apply-resets-what-the-hpa-set", "a HorizontalPodAutoscaler cannot be applied yet"),
    ("hpa-waits-five-minutes", "a HorizontalPodAutoscaler cannot be applied yet"),
];

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

fn load(folder: &Path) -> Result<Plan, Diagnostics> {
    let text = fs::read_to_string(folder.join("case.toml")).expect("a case");
    let loader = |path: &str| fs::read_to_string(folder.join(path)).map_err(|e| e.to_string());
    scenario::load("case.toml", &text, &loader, &[])
}

#[test]
fn every_case_comes_out_right_with_every_seed() {
    let mut wrong = Vec::new();
    let mut played = 0;
    for folder in folders() {
        let name = name_of(&folder);
        if NOT_YET.iter().any(|(case, _)| *case == name) {
            continue;
        }
        let plan = load(&folder).unwrap_or_else(|problems| panic!("{name}: {}", problems.render(false)));
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
    assert_eq!(played + NOT_YET.len(), folders().len());
}

/// The list of those that wait gets shorter with what they wait for.
#[test]
fn cases_wait_for_what_is_said_of_them() {
    for (name, missing) in NOT_YET {
        let folder = folders().into_iter().find(|folder| name_of(folder) == name);
        let problems = load(&folder.unwrap_or_else(|| panic!("no case {name}"))).expect_err(name);
        assert!(problems.render(false).contains(missing), "{name}: {}", problems.render(false));
    }
}
