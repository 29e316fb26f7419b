//! The same scenario, seed and version give the same bytes in WebAssembly, where words are half as long.
//!
//! Builds `web/` and plays it under Node. Where Node or the target are missing this says so and passes, unless the
//! environment has KUBELAPSE_DEMAND.

#[path = "support/desk.rs"]
mod desk;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use desk::Desk;
use kubelapse::record::{Fan, Sink, csv};
use kubelapse::scenario::{self, builtin};
use kubelapse::session::{self, Silent};
use serde_json::{Value, json};

const TARGET: &str = "wasm32-unknown-unknown";

/// Why it cannot be played here.
fn missing() -> Option<String> {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if said("node", &["--version"]).is_none() {
        return Some("node is not installed".to_owned());
    }
    let library = said("rustc", &["--print", "target-libdir", "--target", TARGET]);
    let there = library.is_some_and(|folder| Path::new(&folder).is_dir());
    (!there).then(|| format!("the target is missing: rustup target add {TARGET}"))
}

fn built() -> PathBuf {
    let root = env!("CARGO_MANIFEST_DIR");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--quiet", "--package", "kubelapse-web", "--target", TARGET, "--target-dir"])
        .arg(folder)
        .current_dir(root)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "web/ is built");
    folder.join(TARGET).join("debug/kubelapse_web.wasm")
}

/// What a request comes to here.
fn native(asked: &Value) -> Value {
    let overrides: Vec<String> = serde_json::from_value(asked["set"].clone()).expect("a list of overrides");
    let text = asked["scenario"].as_str().expect("a scenario");
    let sent = |path: &str| {
        let text = asked["manifests"][path].as_str().map(str::to_owned);
        text.ok_or_else(|| format!("{path} was not sent along"))
    };
    let plan = match scenario::load("scenario.toml", text, &sent, &overrides) {
        Ok(plan) => Arc::new(plan),
        Err(problems) => return json!({ "problems": problems.render(false) }),
    };
    let (mut timeline, mut pods) = (Vec::new(), Vec::new());
    let sinks: Vec<Box<dyn Sink + '_>> =
        vec![Box::new(csv::Timeline::new(&mut timeline)), Box::new(csv::Pods::new(&mut pods))];
    let mut fan = Fan { sinks };
    let seed = asked["seed"].as_u64().unwrap_or(plan.seed);
    let outcome = session::run(&plan, seed, &mut fan, &Silent).expect("memory takes all");
    drop(fan);
    let text = |bytes| String::from_utf8(bytes).expect("a table is text");
    json!({
        "digest": outcome.world.digest.to_string(),
        "steps": outcome.world.step,
        "failures": [],
        "timeline": text(timeline),
        "pods": text(pods),
    })
}

#[test]
fn webassembly_gives_the_same_bytes() {
    if let Some(why) = missing() {
        assert!(std::env::var_os("KUBELAPSE_DEMAND").is_none(), "{why}");
        eprintln!("not played: {why}");
        return;
    }
    let asked = |name: &str, seed: Option<u64>, set: &[&str]| {
        let text = builtin::find(name).expect("it is shipped").text;
        let manifests: BTreeMap<&str, &str> = builtin::MANIFESTS.iter().copied().collect();
        json!({ "scenario": text, "manifests": manifests, "seed": seed, "set": set })
    };
    let mut requests: Vec<Value> = builtin::small().map(|shipped| asked(shipped.name, None, &[])).collect();
    requests.push(asked("crash-loop", Some(7), &["kubernetes=1.32"]));
    let fewer = ["pod.*.replicas=1000", "node.worker.count=2"];
    requests.push(asked("fleet-100k", Some(3), &fewer));
    requests.push(asked("crash-loop", None, &["pod.nobody.replicas=2"]));
    requests.push(json!({ "scenario": "name = 7", "set": [] }));
    let desk = Desk::with("web", None);
    let file = desk.0.join("requests.json");
    std::fs::write(&file, Value::from(requests.clone()).to_string()).expect("a file for the test");
    let output = Command::new("node")
        .args([Path::new(env!("CARGO_MANIFEST_DIR")).join("web/run.mjs"), built()])
        .stdin(File::open(&file).expect("it was written"))
        .output()
        .expect("node starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list of answers");
    assert_eq!(answers.len(), requests.len());
    assert_eq!(answers.iter().filter(|answer| answer["digest"].is_string()).count(), requests.len() - 2);
    for (asked, answer) in requests.iter().zip(&answers) {
        let here = native(asked);
        let first = asked["scenario"].as_str().and_then(|text| text.lines().next()).unwrap_or_default();
        for (key, value) in here.as_object().expect("an answer") {
            // A whole timeline says less than its first row that differs.
            let rows = |value: &Value| value.as_str().map(|text| text.lines().map(str::to_owned).collect());
            let (here, there): (Option<Vec<_>>, Option<Vec<String>>) = (rows(value), rows(&answer[key]));
            if let (Some(here), Some(there)) = (here, there) {
                let differs = here.iter().zip(&there).find(|(here, there)| here != there);
                assert_eq!(differs, None, "{first}: {key}");
            }
            assert!(*value == answer[key], "{first}: {key}");
        }
        assert_eq!(here.as_object().map(|o| o.len()), answer.as_object().map(|o| o.len()), "{first}");
    }
}
