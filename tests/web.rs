//! The same scenario, seed and version give the same bytes in WebAssembly, where words are half as long.
//!
//! Builds `web/` and plays it under Node, all in one process of it, while the same is played here on the other cores. Where Node or
//! the target are missing this says so and passes, unless the environment has KUBELAPSE_DEMAND.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/wasm.rs"]
mod wasm;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use desk::Desk;
use kubelapse::record::{Fan, Sink, csv};
use kubelapse::scenario::{self, builtin};
use kubelapse::session::{self, Silent};
use rayon::prelude::*;
use serde_json::{Value, json};

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
    let Some(module) = wasm::built().filter(|_| wasm::has_node()) else { return };
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
    let there = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("web/run.mjs"))
        .arg(module)
        .stdin(File::open(&file).expect("it was written"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts");
    let here: Vec<Value> = requests.par_iter().map(native).collect();
    let output = there.wait_with_output().expect("node ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list of answers");
    assert_eq!(answers.len(), requests.len());
    assert_eq!(answers.iter().filter(|answer| answer["digest"].is_string()).count(), requests.len() - 2);
    for ((asked, here), answer) in requests.iter().zip(&here).zip(&answers) {
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

/// It is sent to whoever opens the page.
#[test]
fn webassembly_is_small_enough_to_be_sent() {
    use flate2::{Compression, write::GzEncoder};
    let Some(module) = wasm::built() else { return };
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    std::io::Write::write_all(&mut packed, &std::fs::read(module).expect("a module"))
        .expect("memory takes all");
    let length = packed.finish().expect("memory takes all").len();
    assert!(length <= 3_000_000, "{length} bytes");
}

/// A session that is played on in parts, asked, acted upon and taken back stands where a run ends.
#[test]
fn webassembly_holds_a_session() {
    let Some(module) = wasm::built().filter(|_| wasm::has_node()) else { return };
    let text = |name: &str| builtin::find(name).expect("it is shipped").text;
    let open = |text: &str, lesson: bool| json!({ "open": { "text": text, "lesson": lesson } });
    let go = json!({ "go": { "steps": 1_000_000 } });
    let say = |words: &str, at: Option<f64>| json!({ "say": { "words": words, "at": at } });
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: 2\n  selector: { matchLabels: { app: web } }\n  \
                    template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: app, image: a:1 }] }\n";
    let talks = json!([
        [
            open(text("crash-loop"), false), { "go": { "steps": 10 } }, { "go": { "steps": 10 } }, go,
            { "look": { "words": "why pod/orders", "at": 30_000.0 } }, { "look": { "words": "get pod orders -o yaml", "at": 500_000.0 } },
            { "look": { "words": "do delete pod/orders", "at": 1.0 } },
            say("do delete pod/orders", Some(60_000.0)), go, say("undo", None), go,
        ],
        [open(text("deadline-clock"), true), say("end", None), say("coming", None), say("hint", None), say("answer 4", None), { "view": {} }],
        [open(manifest, false), go, say("get pods", None), { "saved": {} }],
        [open("name = 7\n", false), { "view": {} }],
        [open("apiVersion: v1\nkind: Pod\nspec: [\n", false)],
        [{ "nonsense": {} }],
    ]);
    let mut node = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("web/run.mjs"))
        .arg(module)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    std::io::Write::write_all(&mut node.stdin.take().expect("a pipe"), talks.to_string().as_bytes())
        .expect("node listens");
    let said: Value =
        serde_json::from_slice(&node.wait_with_output().expect("node ends").stdout).expect("answers");
    let crash = native(&json!({ "scenario": text("crash-loop"), "set": [] }));
    let own = &said[0];
    assert_eq!(own[1]["more"], true, "{}", own[1]);
    assert_eq!((&own[3]["more"], &own[3]["state"]["digest"]), (&json!(false), &crash["digest"]));
    assert!(own[4]["text"].as_str().is_some_and(|text| text.contains("kubelet")), "{}", own[4]);
    assert!(
        own[5]["text"].as_str().is_some_and(|text| text.starts_with("apiVersion: v1\nkind: Pod\n")),
        "{}",
        own[5]
    );
    assert!(own[6]["text"].as_str().is_some_and(|text| text.contains("does not only look")), "{}", own[6]);
    assert_eq!((&own[7]["acted"], &own[7]["state"]["now"]), (&json!(true), &json!(60_000.001)), "{}", own[7]);
    assert_ne!(own[8]["state"]["digest"], crash["digest"], "another future");
    assert_eq!(own[10]["state"]["digest"], crash["digest"], "taken back");
    let lesson = &said[1];
    assert!(lesson[1]["state"]["question"]["ask"].is_string(), "{}", lesson[1]);
    assert!(lesson[2]["text"].as_str().is_some_and(|text| text.contains("after the lesson's last question")));
    assert!(lesson[4]["text"].as_str().is_some_and(|text| text.starts_with("Right.")), "{}", lesson[4]);
    assert_eq!(lesson[4]["state"]["lesson"]["score"], "0.5 of 1 point", "{}", lesson[4]);
    assert_eq!(lesson[5]["model"], 1);
    let pods = said[2][2]["text"].as_str().expect("a table");
    assert_eq!(pods.matches("Running").count(), 2, "{pods}");
    assert!(said[2][3]["text"].as_str().is_some_and(|text| text.contains("manifest.yaml")), "{}", said[2][3]);
    assert!(
        said[3][0]["problems"].as_str().is_some_and(|text| text.contains("scenario.toml:1:")),
        "{}",
        said[3]
    );
    assert!(said[3][1]["problems"].is_string(), "nothing is open");
    assert!(
        said[4][0]["problems"].as_str().is_some_and(|text| text.contains("manifest.yaml:3:")),
        "{}",
        said[4]
    );
    assert!(said[5][0]["problems"].is_string(), "{}", said[5]);
}
