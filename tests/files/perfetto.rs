//! A trace: slices of a thread nest, instants come in order, whoever is numbered is named, counters count what workloads do.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use kubelapse::record::perfetto::FORMAT;
use serde_json::Value;

use super::written::{of_run, plan};

/// Holds a trace against the format's laws; the deepest nesting of all threads.
pub fn check(trace: &[Value]) -> usize {
    let number =
        |event: &Value, key: &str| event[key].as_i64().unwrap_or_else(|| panic!("no {key}: {event}"));
    let mut named: BTreeMap<&str, BTreeSet<(i64, i64)>> = BTreeMap::new();
    let mut stacks: BTreeMap<(i64, i64), Vec<&Value>> = BTreeMap::new();
    let mut last: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let mut processes_of: BTreeMap<i64, i64> = BTreeMap::new();
    let mut deepest = 0;
    for event in trace {
        let thread = (number(event, "pid"), number(event, "tid"));
        let phase = event["ph"].as_str().expect("every event has a phase");
        if phase == "M" {
            let kind = event["name"].as_str().expect("metadata have a name");
            named.entry(kind).or_default().insert(thread);
            continue;
        }
        assert!(named["process_name"].contains(&(thread.0, 0)), "a process without a name: {event}");
        if thread.1 != 0 {
            assert!(named["thread_name"].contains(&thread), "a thread without a name: {event}");
            assert_eq!(
                *processes_of.entry(thread.1).or_insert(thread.0),
                thread.0,
                "a thread of two processes"
            );
        }
        let at = number(event, "ts");
        if phase != "C" {
            let before = last.insert(thread, at).unwrap_or(0);
            assert!(before <= at, "time goes back: {event}");
        }
        let stack = stacks.entry(thread).or_default();
        match phase {
            "B" => stack.push(event),
            "E" => assert!(stack.pop().is_some(), "nothing is open that could end: {event}"),
            "i" => assert_eq!(event["s"], "t"),
            "C" => {
                let counts = event["args"].as_object().expect("a counter has counts");
                assert!(
                    !counts.is_empty() && counts.values().all(|count| count.as_i64().is_some_and(|n| n >= 0))
                );
            }
            other => panic!("{other}"),
        }
        deepest = deepest.max(stack.len());
        if phase != "E" {
            assert!(event["name"].is_string(), "{event}");
        }
    }
    assert!(stacks.values().all(Vec::is_empty), "what has begun ends");
    deepest
}

fn trace(name: &str) -> Vec<Value> {
    serde_json::from_str(&of_run(&FORMAT, &plan(name), 0)).expect("a trace is JSON")
}

fn slices<'a>(trace: &'a [Value], category: &str) -> Vec<&'a Value> {
    trace.iter().filter(|event| event["ph"] == "B" && event["cat"] == category).collect()
}

#[test]
fn runs_and_back_offs_are_slices_of_their_pod() {
    let trace = trace("crash-loop");
    assert_eq!(check(&trace), 2, "a container's states lie inside its pod's life");
    let (runs, waits) = (slices(&trace, "run"), slices(&trace, "back-off"));
    assert!(runs.len() > 5 && waits.len() > 5, "{} runs, {} back-offs", runs.len(), waits.len());
    assert!(waits.iter().all(|slice| slice["name"] == "CrashLoopBackOff"));
    let pod = runs[0]["tid"].as_i64();
    let name = trace.iter().find(|event| event["name"] == "thread_name" && event["tid"].as_i64() == pod);
    assert_eq!(name.expect("it is named")["args"]["name"], "orders");
    let process =
        trace.iter().find(|event| event["name"] == "process_name" && event["pid"] == runs[0]["pid"]);
    assert_eq!(process.expect("it is named")["args"]["name"], "node node");
    assert!(trace.iter().any(|event| event["ph"] == "i" && event["name"] == "BackOff"));
}

#[test]
fn pulls_and_workloads_are_told() {
    let trace = trace("workloads/rollout-stalls");
    check(&trace);
    assert!(!slices(&trace, "pull").is_empty());
    let counters: BTreeSet<&str> =
        trace.iter().filter(|event| event["ph"] == "C").filter_map(|event| event["name"].as_str()).collect();
    assert!(counters.contains("deployment/billing in default"), "{counters:?}");
    let last =
        trace.iter().rfind(|event| event["ph"] == "C" && event["name"] == "deployment/billing in default");
    assert_eq!(last.expect("it was counted")["args"]["available"], 4);
}

#[test]
fn a_lost_node_is_a_slice_of_it() {
    let trace = trace("node-lost");
    check(&trace);
    assert_eq!(slices(&trace, "node").len(), 1);
}

#[test]
fn many_lives_nest() {
    for name in [
        "scale/healthy-1k",
        "nodes/drain-budget",
        "init/init-chain",
        "images/slow-pull-queue",
        "sidecar",
        "nodes/node-deleted",
    ] {
        check(&trace(name));
    }
}

/// Perfetto's own reader, where it is installed.
#[test]
fn perfetto_takes_it() {
    let Ok(found) = Command::new("trace_processor_shell").arg("--version").output() else {
        println!("trace_processor_shell is not installed");
        return;
    };
    assert!(found.status.success());
    let file = std::env::temp_dir().join(format!("kubelapse-{}-trace.json", std::process::id()));
    std::fs::write(&file, of_run(&FORMAT, &plan("crash-loop"), 0)).expect("a file");
    let query = file.with_extension("sql");
    std::fs::write(&query, "select count(*) as slices from slice where category = 'run';").expect("a file");
    let output =
        Command::new("trace_processor_shell").arg("-q").args([&query, &file]).output().expect("it runs");
    let _ = (std::fs::remove_file(&file), std::fs::remove_file(&query));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("slices"), "{told}");
}
