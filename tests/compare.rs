//! Two timelines are held against each other: what the recorder wrote of a cluster and what `kubectl get -w` printed of
//! the same hour say the same.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::compare::{self, Side, Tolerance};
use kubelapse::record::{Fan, Sink, csv, objects};
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::scenario::builtin;
use kubelapse::session;
use plan::plan;
use std::io::Read as _;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("a stream is there");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("a stream is text");
    text
}

fn read(text: &str) -> Side {
    compare::read(text, &Gates::of(Version::V1_36)).expect("a timeline or a stream")
}

/// Every recording of which kubectl's stream is kept.
fn recordings() -> Vec<String> {
    let entries = std::fs::read_dir(folder("compare")).expect("streams are kept");
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|e| {
            e.file_name().to_str().and_then(|n| n.strip_suffix(".pods.json.gz")).map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(names.len() >= 9, "{names:?}");
    names
}

fn timeline(name: &str) -> Side {
    let path = folder("golden/golden").join(name).join("timeline.csv");
    read(&std::fs::read_to_string(path).expect("the recording is there"))
}

fn stream(name: &str) -> Side {
    let text =
        ["pods", "events"].map(|kind| unpacked(&folder("compare").join(format!("{name}.{kind}.json.gz"))));
    read(&text.concat())
}

#[test]
fn what_kubectl_printed_is_what_was_recorded() {
    for name in recordings() {
        let report = compare::compare(&timeline(&name), &stream(&name), &Tolerance::default());
        assert!(report.same && report.events_compared, "{name}:\n{}", compare::text::render(&report, true));
        let pod = &report.pods[0];
        assert!(pod.states_in_both > 3 && pod.largest_time_difference < 2.5, "{name}: {pod:#?}");
    }
}

#[test]
fn one_recording_is_not_another() {
    let report =
        compare::compare(&timeline("crashloop-exit-1"), &stream("oomkilled-loop"), &Tolerance::default());
    assert!(!report.same);
    assert!(report.pods[0].states_only_in_a > 0 && report.pods[0].states_only_in_b > 0);
    assert!(!report.pods[0].events.is_empty());
}

/// The lists of `pods.jsonl` add up to the same lives as the rows of `timeline.csv`, to the microsecond.
#[test]
fn objects_and_rows_tell_the_same_lives() {
    for shipped in builtin::small() {
        let plan = plan(shipped.text);
        let (plan, gates) = (plan, Gates::of(Version::V1_36));
        let (mut rows, mut lists) = (Vec::new(), Vec::new());
        let sinks: Vec<Box<dyn Sink + '_>> =
            vec![Box::new(csv::Timeline::new(&mut rows)), Box::new(objects::Lists::new(&mut lists))];
        session::run(&plan, plan.seed, &mut Fan { sinks }, &session::Silent).expect("memory takes all");
        let [rows, lists] = [rows, lists].map(|bytes| String::from_utf8(bytes).expect("results are text"));
        let (a, b) = (compare::read(&rows, &gates), compare::read(&lists, &gates));
        let exactly = Tolerance { within: Some(0), ..Tolerance::default() };
        let report = compare::compare(&a.expect("rows"), &b.expect("lists"), &exactly);
        let told = compare::text::render(&report, false);
        assert!(report.same, "{}:\n{told}", shipped.name);
        let apart = report.pods.iter().any(|pod| pod.largest_time_difference > 0.0);
        assert!(!apart, "{}:\n{told}", shipped.name);
    }
}

#[test]
fn strange_texts_are_told_and_never_panic() {
    let gates = Gates::of(Version::V1_36);
    for text in
        ["", "{", "[]", "{}", "time,pod\n", "\u{feff}", "a,b\n1,2\n", "{\"kind\":\"Pod\"", "null", "\0"]
    {
        assert!(compare::read(text, &gates).is_err(), "{text:?}");
    }
    let cut = unpacked(&folder("compare").join("happy-path.pods.json.gz"));
    for end in (0..cut.len()).step_by(977).filter(|end| cut.is_char_boundary(*end)) {
        let _ = compare::read(&cut[..end], &gates);
    }
    let side = compare::read(&cut[..cut.len() - 20], &gates).expect("most of it is there");
    assert!(side.trouble.is_some());
}
