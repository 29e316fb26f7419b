//! What `fit` is handed that cannot be, or lacks something.

use std::collections::BTreeMap;

use kubelapse::answers::fit;
use kubelapse::observed::History;
use kubelapse::time::Time;
use serde_json::Value;

use super::desk::Desk;
use super::{TRUTH, plan, row, said, stream};

/// What is wrong is told with its line and what to do.
#[test]
fn bad_input_is_told() {
    let desk = Desk::with("fit-bad", None);
    let lines = stream::lines(&plan(TRUTH), 5);
    let told = |name: &str, text: &str| {
        std::fs::write(desk.0.join(name), text).expect("an input");
        let output = desk.run(&format!("fit {name}"));
        (output.status.code(), said(&output))
    };
    let good = stream::text(&lines, true);
    // A time from the future.
    let mut future = lines.clone();
    let late = future.iter().position(|line| line["object"]["kind"] == "Pod").expect("a pod");
    future[late]["object"]["metadata"]["creationTimestamp"] = "2031-01-01T00:00:00Z".into();
    let (code, words) = told("future.jsonl", &stream::text(&future, true));
    assert_eq!(code, Some(2));
    assert!(words.contains(&format!("future.jsonl:{}: a time from the future", late + 1)), "{words}");
    assert!(words.contains("hint: the clocks"), "{words}");
    // No JSON in the middle: both places are told.
    let mut broken: Vec<&str> = good.lines().collect();
    broken[3] = "{\"t\": oops}";
    broken[9] = "{\"object\": 3}";
    let (code, words) = told("broken.jsonl", &broken.join("\n"));
    assert_eq!(code, Some(2));
    assert!(words.contains("broken.jsonl:4: this is no JSON"), "{words}");
    assert!(words.contains("broken.jsonl:10: "), "{words}");
    // Of very many problems as many are told as somebody reads.
    let (code, words) = told("many.jsonl", &"{}\n".repeat(3_000));
    assert_eq!(code, Some(2));
    assert_eq!(words.matches("it has no kind").count(), 100);
    assert!(words.ends_with("… and 2900 more\n"), "{words}");
    // A stream that ends in the middle of an object is a recording that was cut: it is fitted.
    let (code, words) = told("cut.jsonl", &good[..good.len() - 40]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("warning") && words.contains("ends in the middle"), "{words}");
    // Nothing in it.
    let (code, words) = told("empty.json", "");
    assert_eq!((code, words.contains("it is empty")), (Some(2), true), "{words}");
    let (code, words) = told("table.txt", "NAME   READY   STATUS\nweb    1/1     Running\n");
    assert_eq!((code, words.contains("hint: ")), (Some(2), true), "{words}");
    let (code, words) = told("list.json", "{\"kind\": \"List\", \"items\": [{\"kind\": \"ConfigMap\"}]}");
    assert_eq!((code, words.contains("nothing to fit")), (Some(2), true), "{words}");
}

/// A watch that began anew tells so, and what is missing spoils nothing.
#[test]
fn a_hole_is_told() {
    let lines = stream::lines(&plan(TRUTH), 5);
    let is_pod = |line: &&Value| line["object"]["kind"] == "Pod";
    let (from, to) = (lines.len() / 3, lines.len() / 2);
    let mut now: BTreeMap<String, Value> = BTreeMap::new();
    for line in lines[..to].iter().filter(is_pod) {
        let uid = line["object"]["metadata"]["uid"].to_string();
        match line["type"] == "DELETED" {
            true => drop(now.remove(&uid)),
            false => drop(now.insert(uid, line.clone())),
        }
    }
    let mut holed: Vec<Value> = lines[..from].to_vec();
    holed.extend(now.into_values().map(|mut line| {
        line["type"] = "ADDED".into();
        line["t"] = lines[to]["t"].clone();
        line
    }));
    holed.extend_from_slice(&lines[to..]);
    let mut history = History::default();
    let problems = history.take(&stream::text(&holed, true), Time::FAR, &|_| {});
    let hole = problems.iter().find(|problem| problem.words.contains("the stream has a hole"));
    assert!(hole.is_some_and(|hole| hole.is_warning && hole.line == from + 1), "{problems:?}");
    let fitted = fit::fit(&history);
    let boots = row(&fitted, "boots", "boots").and_then(|row| row.fit.as_ref()).expect("boots");
    assert!(boots.parameters.iter().any(|own| (4.0..9.0).contains(&own.value)), "{boots:?}");
}

#[test]
fn a_newer_cluster_is_told() {
    let node = r#"{"kind":"Node","metadata":{"name":"n","uid":"n"},"status":{"nodeInfo":{"kubeletVersion":"v1.99.1"}}}"#;
    let mut history = History::default();
    let problems = history.take(node, Time::FAR, &|_| {});
    assert!(
        problems.iter().any(|problem| problem.is_warning && problem.words.contains("v1.99.1")),
        "{problems:?}"
    );
}
