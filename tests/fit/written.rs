//! What becomes of a fit: a scenario's text, other formats, and the stream that is recorded for it.

use std::io::Write as _;
use std::process::Stdio;

use kubelapse::time::Time;
use serde_json::Value;

use super::desk::Desk;
use super::{TRUTH, plan, said, stream};

/// A desk with the streams of a run, `pods.jsonl` stamped and `events.jsonl` too.
fn with_streams(name: &str) -> Desk {
    let desk = Desk::with(name, None);
    let lines = stream::lines(&plan(TRUTH), 5);
    let (events, pods): (Vec<Value>, Vec<Value>) =
        lines.into_iter().partition(|line| line["object"]["kind"] == "Event");
    std::fs::write(desk.0.join("pods.jsonl"), stream::text(&pods, true)).expect("pods");
    std::fs::write(desk.0.join("events.jsonl"), stream::text(&events, true)).expect("events");
    desk
}

const SCENARIO: &str = r#"# My shop.
name  = "shop"   # the name
until = "5m"

[latency]
create = "10ms" # guessed

[[image]]
ref  = "boots:1"
pull = "9s"       # guessed, too

# Boots slowly.
[[program]]
image    = "boots:*"
attempts = [{ runs = "forever", readiness = [{ at = "0s", ok = false }, { at = "4s", ok = true }], log = ["hello"] }]

[[pod]]
name = "web"
  [[pod.spec.containers]]
  name  = "boots"
  image = "boots:1"
  readinessProbe = { exec = { command = ["ready"] }, periodSeconds = 2 }
[[pod]]
name = "job"
spec = { restartPolicy = "Never", containers = [{ name = "runs", image = "runs:1" }] }
"#;

#[test]
fn numbers_go_into_a_scenario_and_comments_stay() {
    let desk = with_streams("fit-into");
    std::fs::write(desk.0.join("shop.toml"), SCENARIO).expect("a scenario");
    let output = desk.run("fit pods.jsonl events.jsonl --into shop.toml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = std::fs::read_to_string(desk.0.join("shop.toml")).expect("it is there");
    for kept in
        ["# My shop.", "# the name", "# guessed\n", "# guessed, too", "# Boots slowly.", "log = [\"hello\"]"]
    {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(text.contains("boots = {") && !text.contains("at = \"4s\""), "{text}");
    assert!(text.contains("weibull") && text.contains("image = \"runs:1\""), "{text}");
    assert!(said(&output).contains("takes the place of"), "{}", said(&output));
    let checked = desk.run("check shop.toml");
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    // Once more changes nothing.
    assert_eq!(desk.run("fit pods.jsonl events.jsonl --into shop.toml").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(desk.0.join("shop.toml")).expect("it is there"), text);
}

#[test]
fn a_scenario_is_written_around_what_was_seen() {
    let desk = with_streams("fit-out");
    let output = desk.run("fit pods.jsonl events.jsonl --out seen.toml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let checked = desk.run("check seen.toml");
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    let again = desk.run("fit pods.jsonl events.jsonl --out seen.toml");
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn all_formats_tell_the_same() {
    let desk = with_streams("fit-formats");
    let table = String::from_utf8(desk.run("fit events.jsonl pods.jsonl").stdout).expect("text");
    let json: Value =
        serde_json::from_slice(&desk.run("fit pods.jsonl events.jsonl -o json").stdout).expect("JSON");
    let csv = String::from_utf8(desk.run("fit pods.jsonl events.jsonl -o csv").stdout).expect("text");
    let rows = json["rows"].as_array().expect("rows");
    let boots = rows.iter().find(|row| row["key"] == "boots").expect("boots");
    assert_eq!((&boots["n"], &boots["family"]), (&40.into(), &"lognormal".into()));
    assert!(boots["parameters"]["median"]["interval"].is_array());
    assert!(csv.starts_with("what,key,n,censored,family,parameter,value,low,high,scenario\n"));
    for row in rows {
        let line = row["toml"].as_str().expect("its value");
        assert!(table.contains(&line[..line.len().min(60)]), "{line}");
    }
    assert!(table.contains("median") && csv.contains(",median,"));
}

/// A live stream gets the instant of each object, and the file is whole when the stream ends.
#[test]
fn a_stream_is_stamped_as_it_comes() {
    let desk = Desk::with("fit-record", None);
    let lines = stream::lines(&plan(TRUTH), 5);
    // What comes now cannot be about another day.
    let mut command = desk.command("fit --record pods.jsonl - -o json");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let text = stream::text(&lines[..200], false);
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    let kept = std::fs::read_to_string(desk.0.join("pods.jsonl")).expect("the recording");
    assert_eq!(kept.lines().count(), 200, "{}", said(&output));
    for line in kept.lines() {
        let value: Value = serde_json::from_str(line).expect("a line is an object");
        let stamp = value["t"].as_str().and_then(Time::parse_rfc3339).expect("an instant");
        assert!(stamp > Time::parse_rfc3339("2025-06-01T00:00:00Z").expect("an instant"), "{line}");
        assert!(value["object"]["kind"].is_string());
    }
    // Nothing is written over.
    let again = desk.run("fit --record pods.jsonl -");
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("there already"), "{}", said(&again));
}

/// Ctrl-C ends a recording that would go on, and leaves it whole.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the program is another process, which takes its time")]
#[test]
fn an_interrupted_recording_is_whole() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let desk = Desk::with("fit-interrupt", None);
    let lines = stream::lines(&plan(TRUTH), 5);
    let mut child = desk
        .command("fit --record pods.jsonl -")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(stream::text(&lines, false).as_bytes()).expect("it is read");
    let place = desk.0.join("pods.jsonl");
    let count = || std::fs::read_to_string(&place).map_or(0, |text| text.lines().count());
    while count() < lines.len() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), Signal::SIGINT).expect("it is there");
    let output = child.wait_with_output().expect("it ends");
    drop(pipe);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("is written"), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("boots"));
    assert!(std::fs::read_to_string(&place).expect("it is there").ends_with("}\n"));
}
