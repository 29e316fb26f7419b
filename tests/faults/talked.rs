//! What is said to a drill and at the cursor of a walk, and what an incident brings, at and beyond its edges: it is done or refused in
//! words that no terminal obeys, in bounded time, and time never goes back.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde_json::json;

use super::hostile::{EVIL, harmless};
use crate::desk::Desk;

/// Values of all kinds: none, numbers and times at their edges, paths, patterns, what a terminal obeys, and long ones.
fn values() -> Vec<String> {
    let short = [
        "",
        "0",
        "-1",
        "1",
        "4294967296",
        "18446744073709551616",
        "0s",
        "-1s",
        "-1h",
        "1us",
        "30s",
        "2562047h47m16s",
        "2562048h",
        "99999999999999999999s",
        "*",
        "?*[",
        "pod/*",
        "deployment/*",
        "node/",
        "/",
        "..",
        "pod/../x",
        "=",
        "a=b",
        "--",
        "--all",
        "-n",
        "-A -A -o",
        "--replicas=-1 deployment/web",
        "-p {} deployment/web",
        "-p {\"spec\":{\"replicas\":1e300}} deployment/web",
        "'",
        "\u{1f4a5}",
    ];
    let own = [EVIL.replace('\r', ""), "x".repeat(70_000), "x ".repeat(5_000), "[".repeat(20_000)];
    short.into_iter().map(str::to_owned).chain(own).collect()
}

/// So long one conversation may take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Exit code and all that is said of a conversation.
fn held(desk: &Desk, line: &str, words: &str) -> (Option<i32>, String) {
    let mut command = desk.command(line);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut ears = child.stdin.take().expect("it listens");
    let words = words.to_owned();
    // It may have ended before it heard all, and it speaks while it listens.
    let speaker = std::thread::spawn(move || drop(ears.write_all(words.as_bytes())));
    let output = child.wait_with_output().expect("it ends");
    speaker.join().expect("it was told");
    (
        output.status.code(),
        String::from_utf8([output.stdout, output.stderr].concat()).expect("it speaks text"),
    )
}

/// One value behind each of the words, as one conversation: what it says is harmless, and no fault of the program's.
fn talked(desk: &Desk, line: &str, words: &[&str], value: &str) {
    #[expect(clippy::disallowed_methods, reason = "a conversation has an end")]
    let begun = Instant::now();
    let text: String = words.iter().map(|word| format!("{word} {value}\n")).collect();
    let (code, said) = held(desk, line, &format!("{text}quit\n"));
    let short: String = value.chars().take(40).collect();
    harmless(&said);
    assert_eq!(code, Some(0), "{line}, {short:?}: {said}");
    assert!(begun.elapsed() < PATIENCE, "{line}, {short:?}: {:?}", begun.elapsed());
}

#[test]
fn whatever_is_said_in_a_drill() {
    let words = [
        "get",
        "describe",
        "events",
        "logs",
        "tree",
        "cause",
        "next",
        "wanted",
        "delete",
        "evict",
        "cordon",
        "drain",
        "taint",
        "label",
        "create",
        "set image",
        "set resources",
        "set env",
        "patch",
        "scale",
        "rollout undo",
        "rollout restart",
        "rollout status",
        "wait",
        "apply",
        "kubectl",
        "score",
        "sleep",
        "",
    ];
    let desk = Desk::with("faults-talked-drill", None);
    values().par_iter().for_each(|value| {
        // What is longer than a screen is said once.
        let words = if value.len() > 1_000 { &words[..8] } else { &words[..] };
        talked(&desk, "drill --seed 7 --level 2", words, value);
    });
}

/// Whoever waits for less than nothing does not go back.
#[test]
fn time_passes_forwards_in_a_drill() {
    let desk = Desk::with("faults-talked-back", None);
    let (_, said) = held(&desk, "drill --seed 7", "sleep 20s\nsleep -15s\nsleep 1us\nquit\n");
    let clocks: Vec<&str> =
        said.lines().filter_map(|line| line.strip_prefix("[+")?.split(']').next()).collect();
    assert_eq!(clocks.len(), 4, "{said}");
    assert_eq!(clocks[1], clocks[2], "{said}");
    assert!(said.contains("`-15s`"), "{said}");
}

#[test]
fn whatever_is_asked_at_the_cursor() {
    let text = format!(
        "until = \"5m\"\n{}replicas = 2\n[pod.behavior.containers.app]\nattempts = [{{ runs = \"5s\", exit = 1 }}]\n",
        crate::POD
    );
    let desk = Desk::holding("talked-cursor", "web.toml", &text);
    let words = [
        "predict",
        "predict pod",
        "next",
        "goto",
        "back",
        "until",
        "break",
        "why",
        "strip",
        "tree",
        "coming",
        "do",
        "undo",
        "get",
        "describe",
        "logs",
        "history",
    ];
    values().par_iter().for_each(|value| {
        let words = if value.len() > 1_000 { &words[..8] } else { &words[..] };
        talked(&desk, "step web.toml --plain", words, value);
    });
}

/// A lesson out of what somebody printed: whatever stands there, it is refused with a word, or is written and is a scenario.
#[test]
fn whatever_an_incident_brings() {
    let evil = EVIL.replace('\r', "");
    let long = "x".repeat(70_000);
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let desk = Desk::with("faults-talked-incident", None);
    let texts = [
        json!(evil),
        json!(long),
        json!(""),
        json!(-1),
        json!(1e300),
        json!(null),
        json!([[]]),
        json!({ "a": { "b": [] } }),
        json!(deep),
    ];
    texts.par_iter().enumerate().for_each(|(number, text)| {
        for (part, place) in PLACES.iter().enumerate() {
            let mut list = incident();
            *list.pointer_mut(place).unwrap_or_else(|| panic!("nothing at {place}")) = text.clone();
            let folder = format!("i{number}-{part}");
            desk.write(&format!("{folder}/seen.json"), &list.to_string());
            let (code, out, err) = desk.said(&format!("new night --from {folder}/seen.json --out {folder}/"));
            let what = format!("{place} {:.60}: {out}{err}", text.to_string());
            harmless(&out);
            harmless(&err);
            let made: Vec<String> = desk
                .everything()
                .into_iter()
                .filter(|name| name.starts_with(&format!("{folder}/")))
                .collect();
            match code {
                Some(0) => {
                    let (code, out, err) = desk.said(&format!("test {folder}/night.toml"));
                    assert!(matches!(code, Some(0 | 1)), "{what}\nis no scenario: {out}{err}");
                }
                Some(2) => assert!(!err.trim().is_empty() && made.len() == 1, "{what}\n{made:?}"),
                code => panic!("{code:?} {what}"),
            }
        }
    });
}

/// What stands somewhere in an incident.
const PLACES: [&str; 13] = [
    "/items/0/metadata/name",
    "/items/0/metadata/namespace",
    "/items/0/metadata/labels/app",
    "/items/0/metadata/creationTimestamp",
    "/items/0/spec/containers/0/name",
    "/items/0/spec/containers/0/image",
    "/items/0/spec/containers/0/resources",
    "/items/0/status/containerStatuses/0/restartCount",
    "/items/0/status/containerStatuses/0/state/waiting/reason",
    "/items/0/status/containerStatuses/0/lastState/terminated/exitCode",
    "/items/0/status/containerStatuses/0/lastState/terminated/finishedAt",
    "/items/1/message",
    "/items/1/count",
];

fn incident() -> serde_json::Value {
    json!({ "apiVersion": "v1", "kind": "List", "items": [
        { "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "web", "namespace": "default", "uid": "u", "labels": { "app": "web" }, "creationTimestamp": "2026-01-10T10:00:00Z" },
            "spec": { "nodeName": "n", "containers": [{ "name": "app", "image": "registry.example/web:1", "resources": {} }] },
            "status": { "phase": "Running", "startTime": "2026-01-10T10:00:01Z",
                "conditions": [{ "type": "Ready", "status": "False", "lastTransitionTime": "2026-01-10T10:00:03Z" }],
                "containerStatuses": [{ "name": "app", "ready": false, "restartCount": 4, "image": "registry.example/web:1",
                    "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 1m20s" } },
                    "lastState": { "terminated": { "exitCode": 1, "reason": "Error", "startedAt": "2026-01-10T10:02:00Z",
                        "finishedAt": "2026-01-10T10:02:03Z" } } }] } },
        { "apiVersion": "v1", "kind": "Event", "metadata": { "name": "web.1", "namespace": "default" }, "type": "Warning", "reason": "BackOff",
            "message": "Back-off restarting failed container", "count": 9, "firstTimestamp": "2026-01-10T10:00:09Z",
            "lastTimestamp": "2026-01-10T10:02:09Z", "involvedObject": { "kind": "Pod", "name": "web", "namespace": "default", "uid": "u" } },
    ] })
}
