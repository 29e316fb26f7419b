//! `explain` tells people what an object says: transcripts of real objects, odd ones, and a check that the windows
//! it gives for the next attempt held on real clusters.

#![cfg(feature = "cli")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kubelapse::api::wire;
use kubelapse::explain::{self, Subject};
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::time::{Span, Time};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain")
}

fn fixture(name: &str) -> String {
    let path = folder().join(name);
    if name.ends_with(".gz") {
        let mut text = String::new();
        let file = File::open(path).expect("the fixture is there");
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the fixture is whole");
        text
    } else {
        fs::read_to_string(path).expect("the fixture is there")
    }
}

fn at(text: &str) -> Time {
    Time::parse_rfc3339(text).expect("an instant")
}

/// The instant at which the list of real pods was printed, more or less.
const LIST_PRINTED: &str = "2026-11-22T13:52:03Z";

fn transcript(text: &str, now: &str, names: &[&str]) -> String {
    let input = explain::read(text);
    let gates = Gates::default();
    let mut out = String::new();
    for subject in &input.subjects {
        if names.is_empty() || names.contains(&subject.pod.meta.name.as_str()) {
            out.push_str(&explain::render(&explain::explain(subject, at(now), &gates)));
            out.push_str("----\n");
        }
    }
    for (kind, count) in &input.left_out {
        out.push_str(&format!("left out: {count} {kind}\n"));
    }
    if let Some(trouble) = &input.trouble {
        out.push_str(&format!("trouble: {}\n", trouble.lines().next().unwrap_or_default()));
    }
    out
}

#[test]
fn pods_in_trouble_are_explained() {
    let list = fixture("pods-list.json.gz");
    let names = [
        "crashloop-exit-1",
        "multi-always-two-crashing",
        "pull-one-of-two-fails",
        "config-missing-cm-env-two-containers",
        "init-fail-always-second",
        "sidecar-startup-fail",
        "sandbox-fail-forever",
        "readiness-gate",
        "sched-nodeselector-mismatch",
    ];
    insta::assert_snapshot!(transcript(&list, LIST_PRINTED, &names));
}

/// A condition about a resize is True as long as it is there: what it waits for is told all the same.
#[test]
fn resizes_are_explained() {
    let told = |kind: &str, reason: &str| {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: default}}\nspec:\n  nodeName: n1\n  \
             containers: [{{name: app, image: 'app:1', resources: {{requests: {{cpu: '2'}}}}}}]\nstatus:\n  \
             phase: Running\n  conditions: [{{type: {kind}, status: 'True', reason: '{reason}'}}]\n"
        );
        transcript(&pod, "2026-07-01T12:00:00Z", &[])
    };
    assert!(told("PodResizePending", "Deferred").contains("room on its node"));
    assert!(told("PodResizePending", "Infeasible").contains("will never be given on this node"));
    assert!(told("PodResizeInProgress", "").contains("some container still runs with the old one"));
    assert!(told("PodResizeInProgress", "Error").contains("could not be put into effect"));
}

#[test]
fn pods_that_ended_are_explained() {
    let list = fixture("pods-list.json.gz");
    let names = [
        "admission-outofcpu",
        "deadline-imagepullbackoff",
        "multi-never-one-0-one-1",
        "sidecar-never-complete",
        "init-fail-never",
        "cri-start-error-never",
        "lost-default",
    ];
    insta::assert_snapshot!(transcript(&list, LIST_PRINTED, &names));
}

#[test]
fn programs_get_the_same_as_json() {
    let input = explain::read(&fixture("crashloop.yaml"));
    let report = explain::report(&input, at(LIST_PRINTED), &Gates::of(Version::V1_32));
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).expect("plain data"));
}

#[test]
fn strange_inputs_are_taken_as_far_as_they_go() {
    for name in ["several.yaml", "odd.json", "broken-off.json", "contradictory.yaml"] {
        insta::assert_snapshot!(name, transcript(&fixture(name), "2026-07-01T12:00:00Z", &[]));
    }
    for nothing in
        ["", "   \n", "null", "[]", "{}", "42", "not: a: pod", "\u{0}", "{\"kind\":\"Pod\"}", "- - - 1"]
    {
        let input = explain::read(nothing);
        let _ = explain::report(&input, Time::EPOCH, &Gates::default());
    }
}

#[test]
fn a_watch_is_explained_by_its_last_version() {
    let input = explain::read(&fixture("evict-api.pods.json.gz"));
    let [Subject { versions, removed, .. }] = &input.subjects[..] else { panic!("one pod was watched") };
    assert!(*versions > 5);
    assert!(*removed);
    assert_eq!(input.trouble, None);
    let events = explain::read(&fixture("crashloop-exit-1.events.json.gz"));
    assert!(events.subjects.is_empty());
    assert!(events.left_out["Event"] > 10);
}

/// Every version of a watched pod, as if it had been printed at the instant of the change.
fn versions(name: &str) -> Vec<Value> {
    let text = fixture(name);
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    values.map(|value| value.expect("a whole stream")["object"].clone()).collect()
}

/// The end of the newest run that an object tells of.
fn last_end(object: &Value) -> Option<Time> {
    let status = wire::pod(object).status;
    let states = status.containers.iter().chain(&status.init).flat_map(|c| [c.state, c.last_state]);
    states.filter_map(|state| state.terminated().and_then(|ended| ended.finished_at)).max()
}

#[test]
fn real_objects_hold_no_contradiction() {
    let all = ["crashloop-exit-1.pods.json.gz", "oomkilled-loop.pods.json.gz", "sidecar-main.pods.json.gz"];
    for name in all {
        for object in versions(name) {
            let subject = Subject { pod: wire::pod(&object), versions: 1, removed: false };
            let now = last_end(&object).or(subject.pod.created()).expect("a time");
            let now =
                subject.pod.status.conditions.iter().filter_map(|c| c.last_transition).fold(now, Time::max);
            let story = explain::explain(&subject, now, &Gates::default());
            assert_eq!(story.contradictions, Vec::<String>::new(), "{name}: {object}");
        }
    }
}

#[test]
fn the_next_start_came_in_its_window() {
    let mut checked = 0;
    for name in ["crashloop-exit-1.pods.json.gz", "oomkilled-loop.pods.json.gz"] {
        let versions = versions(name);
        for (index, object) in versions.iter().enumerate() {
            let pod = wire::pod(object);
            let Some(status) = pod.status.containers.first() else { continue };
            let Some(ended) = last_end(object) else { continue };
            let story = explain::explain(
                &Subject { pod: pod.clone(), versions: 1, removed: false },
                ended,
                &Gates::default(),
            );
            let Some(window) = &story.containers[0].next_attempt else { continue };
            // The start of the next run, as a later version tells it.
            let started = versions[index + 1..].iter().find_map(|later| {
                let later = wire::pod(later).status.containers.first().copied()?;
                match later.state {
                    kubelapse::api::ContainerState::Running { started_at }
                        if later.restart_count > status.restart_count =>
                    {
                        started_at
                    }
                    _ => None,
                }
            });
            let Some(started) = started else { continue };
            // Times in an object are cut to their second.
            let (earliest, latest) = (at(&window.earliest), at(&window.latest) + Span::from_secs(1));
            assert!(
                earliest <= started && started <= latest,
                "{name}, restart {}: {started:?} not in {window:?}",
                status.restart_count
            );
            checked += 1;
        }
    }
    assert!(checked > 15, "only {checked} windows were met");
}

/// `kubelapse explain` with a text in the pipe: exit code, what it prints, what it says.
fn piped(arguments: &[&str], text: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubelapse"))
        .arg("explain")
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is there");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(text.as_bytes()).expect("the program reads it all");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_pipe_is_explained_for_people_and_for_programs() {
    let list = fixture("pods-list.json.gz");
    let (code, text, said) = piped(&["--now", LIST_PRINTED], &list);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(text.contains("\ncrashloop-exit-1   0/1     Error "), "{text}");
    let (code, json, _) = piped(&["--now", LIST_PRINTED, "-o", "json", "--kubernetes", "1.32"], &list);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(code, Some(0));
    assert_eq!(report["kubernetes"], "1.32");
    assert_eq!(report["pods"].as_array().map(Vec::len), Some(113));

    let (code, text, said) = piped(&[], &fixture("several.yaml"));
    assert_eq!(code, Some(0));
    assert!(text.matches("\nContainers\n").count() > 1);
    assert!(said.starts_with("note: left out 1 "), "{said}");
}

#[test]
fn what_holds_no_pod_is_named() {
    for (text, told) in [
        ("", "it is empty"),
        ("NAME  READY\nweb  1/1\n", "a table for people"),
        ("Name:   web\nStatus: Running\n", "a description for people"),
        ("Error from server (NotFound): pods \"x\" not found\n", "an answer of kubectl: Error from server"),
        (&fixture("crashloop-exit-1.events.json.gz"), " Event"),
    ] {
        let (code, printed, said) = piped(&[], text);
        assert_eq!((code, printed.as_str()), (Some(2), ""));
        assert!(
            said.contains(told) && said.contains("kubectl get pod NAME -o yaml | kubelapse explain -"),
            "{said}"
        );
    }
}

/// Values that no API server would write.
fn odd_value() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    prop_oneof![
        Just(Value::Null),
        Just(Value::Bool(true)),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("9999-12-31T23:59:59Z"),
            Just("-009999-01-01T00:00:00Z"),
            Just("0001-01-01T00:00:00Z"),
            Just("back-off 99999999999999999999h restarting failed"),
            Just("back-off 9223372036854775807s restarting failed"),
        ]
        .prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!([null, 1, {"name": "app"}])),
    ]
}

/// Puts `odd` in the place of the `nth` value of a tree, counted through.
fn put(value: &mut Value, nth: &mut usize, odd: &Value) {
    if *nth == 0 {
        *value = odd.clone();
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| put(member, nth, odd)),
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, nth, odd)),
        _ => {}
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_object_makes_it_stumble(
        pick in 0usize..120,
        changes in proptest::collection::vec((0usize..160, odd_value()), 1..8),
        in_status in proptest::collection::vec((0usize..90, odd_value()), 1..6),
        micros in proptest::num::i64::ANY,
    ) {
        static PODS: std::sync::OnceLock<Vec<Value>> = std::sync::OnceLock::new();
        let pods = PODS.get_or_init(|| {
            let list: Value = serde_json::from_str(&fixture("pods-list.json.gz")).expect("a list");
            list["items"].as_array().cloned().unwrap_or_default()
        });
        let mut object = pods[pick % pods.len()].clone();
        for (nth, odd) in in_status {
            put(&mut object["status"], &mut nth.clone(), &odd);
        }
        for (nth, odd) in changes {
            put(&mut object, &mut nth.clone(), &odd);
        }
        let input = explain::read(&object.to_string());
        for version in Version::ALL {
            let gates = Gates::of(version);
            for now in [at(LIST_PRINTED), Time::from_micros(micros), Time::FAR] {
                for pod in explain::report(&input, now, &gates).pods {
                    let _ = explain::render(&pod);
                }
            }
        }
    }

    #[test]
    fn no_text_makes_it_stumble(text in "\\PC{0,200}") {
        let _ = explain::report(&explain::read(&text), Time::EPOCH, &Gates::default());
    }
}
