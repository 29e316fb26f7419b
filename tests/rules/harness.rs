//! Reads cases, asks our rules, compares field by field, and says readably what differs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};

use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use serde_json::Value;

use super::not_modelled::NOT_MODELLED;

/// One line of a case file.
pub struct Case {
    pub id: String,
    pub family: String,
    pub input: Value,
    pub expected: Value,
}

/// A field of the answers of one file that we deliberately do not model.
pub struct Skip {
    /// One of [`FILES`].
    pub file: &'static str,
    /// The field from the root of `expected`, `[]` for every element, `**.` for any place:
    /// `status.containerStatuses[].resources`, `**.resources`.
    pub path: &'static str,
    pub why: &'static str,
}

impl Skip {
    fn covers(&self, field: &str) -> bool {
        match self.path.strip_prefix("**.") {
            Some(name) => field.rsplit('.').next() == Some(name),
            None => self.path == field,
        }
    }
}

/// The files of cases; the letter before the name is that of the set.
pub const FILES: &[&str] = &[
    "A_print_pod",
    "B_phase",
    "C_conditions",
    "D_api_status",
    "E_backoff",
    "F_duration",
    "G_fiterror",
    "G_quantity",
    "G_schedule",
    "H_admission",
    "I_status_manager",
    "W_cronjob",
    "W_daemonset",
    "W_deployment_rolling",
    "W_endpoints",
    "W_hpa",
    "W_job",
    "W_job_life",
    "W_pdb",
    "W_kinds",
    "W_replicaset",
    "W_statefulset",
    "W_template_hash",
    "W_print_workloads",
    "W_quota",
    "W_rollout_status",
    "W_validation",
];

/// Families that the sets' own description calls not worth matching.
const FAMILIES_LEFT_OUT: &[&str] = &["quantity-odd"];

/// How many fields are shown of a case that differs.
const SHOWN_PER_CASE: usize = 6;
/// Cases that differ shown, for each family and for a whole file.
const SHOWN_PER_FAMILY: usize = 3;
const SHOWN_PER_FILE: usize = 12;

const OTHER_FOLDER: &str = "KUBELAPSE_CASES_DIR";

/// The gates and habits of the version whose functions answered where a case does not say otherwise (1.36).
pub fn gates() -> Gates {
    Gates::of(Version::V1_36)
}

/// Asks `answer` about every case of one of [`FILES`], prints how many answers were equal, and fails where one is not.
///
/// `answer` gives our answer in the shape of `expected`; members that are null, empty texts or empty lists, and the
/// empty objects that the encoding leaves out, count as absent on both sides.
pub fn check(file: &'static str, answer: impl Fn(&Case) -> Value) {
    check_where(file, |_| true, answer);
}

/// [`check`] of the cases that are modelled.
pub fn check_where(file: &'static str, is_modelled: impl Fn(&Case) -> bool, answer: impl Fn(&Case) -> Value) {
    assert!(FILES.contains(&file), "{file} is not in FILES");
    let (folder, is_ours) = folder();
    let Some(mut cases) = read_cases(&folder, file) else {
        assert!(!is_ours, "{file}.jsonl.gz is missing in {}", folder.display());
        tell(&format!("{file}: not in {}, not checked\n", folder.display()));
        return;
    };
    let all = cases.len();
    cases.retain(is_modelled);
    if cases.len() < all {
        tell(&format!("{file}: {} of {all} cases are of kinds that are not modelled\n", all - cases.len()));
    }
    let skips: Vec<&Skip> = NOT_MODELLED.iter().filter(|skip| skip.file == file).collect();
    let outcome = compare(file, &cases, &skips, answer);
    tell(&outcome.report);
    outcome.hold(is_ours);
}

/// The cases of one of [`FILES`], where an answer is not compared with theirs but held to something else.
pub fn cases(file: &'static str) -> Vec<Case> {
    let (folder, is_ours) = folder();
    let cases = read_cases(&folder, file);
    assert!(cases.is_some() || !is_ours, "{file}.jsonl.gz is missing in {}", folder.display());
    cases.unwrap_or_default()
}

/// What a comparison found.
struct Outcome {
    file: &'static str,
    equal: usize,
    all: usize,
    report: String,
    /// Lines of the table of what is not modelled that no case needed.
    unneeded: Vec<&'static str>,
}

impl Outcome {
    /// Fails where an answer differs, and where our own cases do not need a line of the table.
    fn hold(&self, is_ours: bool) {
        let Outcome { file, equal, all, report, unneeded } = self;
        assert!(equal == all, "{file}: {} of {all} cases differ from Kubernetes\n{report}", all - equal);
        assert!(
            !is_ours || unneeded.is_empty(),
            "{file}: no case needs these lines of the table of what is not modelled: {unneeded:?}"
        );
    }
}

fn compare(file: &'static str, cases: &[Case], skips: &[&Skip], answer: impl Fn(&Case) -> Value) -> Outcome {
    let skips: Vec<(&Skip, Cell<bool>)> = skips.iter().map(|skip| (*skip, Cell::new(false))).collect();
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut shown = String::new();
    let mut shown_count = 0;
    for case in cases.iter().filter(|case| !FAMILIES_LEFT_OUT.contains(&case.family.as_str())) {
        let ours = normal(answer(case));
        let theirs = normal(case.expected.clone());
        let mut differences = Vec::new();
        differ("", "", Some(&theirs), Some(&ours), &skips, &mut differences);
        let family = families.entry(&case.family).or_default();
        family.1 += 1;
        if differences.is_empty() {
            family.0 += 1;
        } else if family.1 - family.0 <= SHOWN_PER_FAMILY && shown_count < SHOWN_PER_FILE {
            shown_count += 1;
            let _ = writeln!(shown, "  {}", case.id);
            for difference in differences.iter().take(SHOWN_PER_CASE) {
                let _ = writeln!(shown, "    {difference}");
            }
            if differences.len() > SHOWN_PER_CASE {
                let _ = writeln!(shown, "    and {} more", differences.len() - SHOWN_PER_CASE);
            }
        }
    }
    let (equal, all) = families.values().fold((0, 0), |sum, f| (sum.0 + f.0, sum.1 + f.1));
    let mut report = format!("{file}: {equal} of {all} equal\n");
    for (family, (equal, all)) in &families {
        let mark = if equal == all { "" } else { "  <- differs" };
        let _ = writeln!(report, "  {family:<32} {equal:>5} of {all:>5}{mark}");
    }
    for (skip, _) in skips.iter().filter(|(_, needed)| needed.get()) {
        let _ = writeln!(report, "  not compared: {} ({})", skip.path, skip.why);
    }
    report.push_str(&shown);
    let unneeded = skips.iter().filter(|(_, needed)| !needed.get()).map(|(skip, _)| skip.path).collect();
    Outcome { file, equal, all, report, unneeded }
}

/// Past the capture of passing tests: the numbers are worth seeing.
fn tell(report: &str) {
    let _ = std::io::stderr().lock().write_all(report.as_bytes());
}

fn folder() -> (PathBuf, bool) {
    match std::env::var_os(OTHER_FOLDER) {
        Some(folder) if !folder.is_empty() => {
            let folder = PathBuf::from(folder);
            let known = FILES.iter().any(|file| open(&folder, file).is_some());
            assert!(known, "{OTHER_FOLDER}: {} holds none of the case files", folder.display());
            (folder, false)
        }
        _ => (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), true),
    }
}

fn open(folder: &Path, file: &str) -> Option<Box<dyn Read>> {
    if let Ok(plain) = File::open(folder.join(format!("{file}.jsonl"))) {
        return Some(Box::new(plain));
    }
    let packed = File::open(folder.join(format!("{file}.jsonl.gz"))).ok()?;
    Some(Box::new(flate2::read::MultiGzDecoder::new(packed)))
}

fn read_cases(folder: &Path, file: &str) -> Option<Vec<Case>> {
    let lines = BufReader::new(open(folder, file)?).lines();
    let cases = lines.enumerate().filter_map(|(number, line)| {
        let line = line.unwrap_or_else(|error| panic!("{file}, line {}: {error}", number + 1));
        if line.trim().is_empty() {
            return None;
        }
        let mut case: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{file}, line {}: {error}", number + 1));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(Case {
            id: text(&case["id"]),
            family: text(&case["family"]),
            input: case["input"].take(),
            expected: case["expected"].take(),
        })
    });
    Some(cases.collect())
}

/// The objects whose emptiness the encoding of the cases leaves out.
const EMPTY_IS_ABSENT: &[&str] =
    &["resources", "lastState", "status", "allocatedResources", "metadata", "spec"];

fn normal(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| (name, normal(member)))
                .filter(|(name, member)| match member {
                    Value::Null => false,
                    Value::String(text) => !text.is_empty(),
                    Value::Array(items) => !items.is_empty(),
                    Value::Object(members) => {
                        !members.is_empty() || !EMPTY_IS_ABSENT.contains(&name.as_str())
                    }
                    _ => true,
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(normal).collect()),
        other => other,
    }
}

/// Collects `path: theirs …, ours …` for every field that differs and is not skipped. `place` names the element
/// (`steps[2].message`), `field` every element (`steps[].message`).
fn differ(
    place: &str,
    field: &str,
    theirs: Option<&Value>,
    ours: Option<&Value>,
    skips: &[(&Skip, Cell<bool>)],
    differences: &mut Vec<String>,
) {
    if theirs == ours {
        return;
    }
    if let Some((_, needed)) = skips.iter().find(|(skip, _)| skip.covers(field)) {
        needed.set(true);
        return;
    }
    match (theirs, ours) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let join = |path: &str, name: &str| {
                if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
            };
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                differ(&join(place, name), &join(field, name), a.get(name), b.get(name), skips, differences);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                let place = format!("{place}[{index}]");
                differ(&place, &format!("{field}[]"), a.get(index), b.get(index), skips, differences);
            }
        }
        _ => {
            let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            let place = if place.is_empty() { "(whole)" } else { place };
            differences.push(format!("{place}: theirs {}, ours {}", show(theirs), show(ours)));
        }
    }
}

#[test]
fn every_skip_belongs_to_a_file() {
    for skip in NOT_MODELLED {
        assert!(FILES.contains(&skip.file), "{}: no file {}", skip.path, skip.file);
    }
}

/// The comparison itself: it must see what it is there to see.
mod itself {
    use std::panic::catch_unwind;

    use serde_json::json;

    use super::*;

    fn case(id: &str, expected: Value) -> Case {
        Case { id: id.to_owned(), family: "small".to_owned(), input: Value::Null, expected }
    }

    /// Answers as Kubernetes did, whatever was changed since.
    fn right(_: &Case) -> Value {
        json!({ "steps": [{ "phase": "Running" }, { "phase": "Failed", "exitCode": 1, "resources": { "cpu": "1" } }] })
    }

    const RESOURCES: Skip = Skip { file: "B_phase", path: "**.resources", why: "a test" };

    #[test]
    fn equal_answers_pass() {
        let outcome = compare("B_phase", &[case("one", right(&case("", Value::Null)))], &[], right);
        assert_eq!(
            outcome.report,
            "B_phase: 1 of 1 equal\n  small                                1 of     1\n"
        );
        outcome.hold(true);
    }

    #[test]
    fn a_changed_value_is_told_and_fails() {
        let changes: [(&str, Value, &str); 6] = [
            ("/steps/1/phase", json!("Succeeded"), "steps[1].phase: theirs \"Succeeded\", ours \"Failed\""),
            ("/steps/1/exitCode", json!(2), "steps[1].exitCode: theirs 2, ours 1"),
            ("/steps/1/exitCode", json!("1"), "steps[1].exitCode: theirs \"1\", ours 1"),
            ("/steps/0/phase", Value::Null, "steps[0].phase: theirs nothing, ours \"Running\""),
            ("/steps/0", json!({ "phase": "Running", "x": 0 }), "steps[0].x: theirs 0, ours nothing"),
            ("/steps/1/resources/cpu", json!("2"), "steps[1].resources.cpu: theirs \"2\", ours \"1\""),
        ];
        for (place, value, told) in changes {
            let mut expected = right(&case("", Value::Null));
            *expected.pointer_mut(place).expect("a place") = value;
            let cases = [case("good", right(&case("", Value::Null))), case("changed", expected)];
            let outcome = compare("B_phase", &cases, &[], right);
            assert_eq!((outcome.equal, outcome.all), (1, 2), "{place}");
            assert!(
                outcome.report.ends_with(&format!("<- differs\n  changed\n    {told}\n")),
                "{}",
                outcome.report
            );
            assert!(catch_unwind(|| outcome.hold(false)).is_err(), "{place}");
        }
        let mut shorter = right(&case("", Value::Null));
        shorter["steps"].as_array_mut().expect("steps").pop();
        let outcome = compare("B_phase", &[case("shorter", shorter)], &[&RESOURCES], right);
        assert!(outcome.report.contains("steps[1]: theirs nothing, ours {"), "{}", outcome.report);
    }

    #[test]
    fn a_real_case_that_is_changed_fails() {
        let (folder, _) = folder();
        let Some(mut cases) = read_cases(&folder, "F_duration") else { return };
        let answers: BTreeMap<String, Value> =
            cases.iter().map(|case| (case.id.clone(), case.expected.clone())).collect();
        let known = |case: &Case| answers[&case.id].clone();
        compare("F_duration", &cases, &[], known).hold(true);
        cases[7].expected["human"] = json!("17 fortnights");
        let outcome = compare("F_duration", &cases, &[], known);
        assert_eq!(outcome.all - outcome.equal, 1);
        assert!(outcome.report.contains("human: theirs \"17 fortnights\""), "{}", outcome.report);
    }

    #[test]
    fn what_is_not_modelled_is_skipped_by_field_and_must_be_needed() {
        let mut expected = right(&case("", Value::Null));
        expected["steps"][1]["resources"]["cpu"] = json!("2");
        let changed = [case("changed", expected.clone())];
        compare("B_phase", &changed, &[&RESOURCES], right).hold(true);
        expected["steps"][1]["phase"] = json!("Unknown");
        let outcome = compare("B_phase", &[case("twice", expected)], &[&RESOURCES], right);
        assert_eq!(outcome.equal, 0, "the rest of the case still counts");
        let same = [case("same", right(&case("", Value::Null)))];
        let outcome = compare("B_phase", &same, &[&RESOURCES], right);
        assert_eq!(outcome.unneeded, ["**.resources"]);
        assert!(catch_unwind(|| outcome.hold(true)).is_err());
        outcome.hold(false);
    }
}
