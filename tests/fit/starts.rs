//! Starts of a program that differ: found, and written into a scenario.

use std::collections::BTreeMap;

use kubelapse::answers::fit::{About, Row};
use rayon::prelude::*;

use super::desk::Desk;
use super::{fitted, holds, judge, plan, row, said, seeds, stream};

/// Programs that fail at first and then run longer, programs whose starts are alike, and images whose pulls fail: on each node
/// two before one works, and always.
const STARTS: &str = r#"
name       = "starts"
kubernetes = "1.36"
until      = "12m"
[[node]]
name  = "node"
count = 12
[[image]]
ref       = "twice:1"
pull      = "800ms"
error     = "registry is \"busy\""
failures  = 2
failTakes = { uniform = ["1s", "3s"] }
[[image]]
ref   = "never:1"
error = "not found"
[[program]]
image = "first:1"
attempts = [
  { runs = { uniform = ["2s", "8s"] }, exit = 1 },
  { runs = { weibull = { scale = "40s", shape = 1.5 } }, exit = { "0" = 0.5, "3" = 0.5 } },
]
[[program]]
image = "alike:1"
attempts = [{ runs = { weibull = { scale = "20s", shape = 1.5 } }, exit = { "0" = 0.5, "3" = 0.5 } }]
[[pod]]
name     = "first"
replicas = 40
every    = { uniform = ["0s", "1s"] }
spec.containers = [{ name = "first", image = "first:1" }]
[[pod]]
name     = "alike"
replicas = 40
every    = { uniform = ["0s", "1s"] }
spec.containers = [{ name = "alike", image = "alike:1" }]
[[pod]]
name     = "twice"
labels   = { app = "twice" }
replicas = 12
at       = "2m"
every    = { uniform = ["0s", "1s"] }
  [pod.spec]
  topologySpreadConstraints = [{ maxSkew = 1, topologyKey = "kubernetes.io/hostname", whenUnsatisfiable = "DoNotSchedule", labelSelector = { matchLabels = { app = "twice" } } }]
  containers = [{ name = "twice", image = "twice:1" }]
[[pod]]
name = "never"
at   = "4m"
spec.containers = [{ name = "never", image = "never:1" }]
"#;

/// Of a program whose first starts differ, each attempt's numbers; of one whose starts are alike, one attempt.
#[test]
fn starts_that_differ_are_attempts_of_their_own() {
    let plan = plan(STARTS);
    /// How many were split and left whole as they are, and of each number whether its interval holds the truth.
    type Of = (usize, usize, Vec<(String, bool)>);
    // Its runs are long: a third of the seeds.
    let each: Vec<Of> = (0..seeds() / 3)
        .into_par_iter()
        .map(|seed| {
            let fitted = fitted(&stream::text(&stream::lines(&plan, seed), true));
            let of = |container: &str, key: &str, attempt: Option<usize>| {
                let is_it = |row: &&Row| {
                    matches!(&row.about, About::Program(own) if own.container == container)
                        && row.key == key
                        && row.attempt.map(|(own, _)| own) == attempt
                };
                fitted.rows.iter().find(is_it)
            };
            let many = |container: &str| {
                let own = |row: &&Row| {
                    matches!(&row.about, About::Program(own) if own.container == container)
                        && row.key == "runs"
                };
                fitted.rows.iter().filter(own).count()
            };
            let mut told = Vec::new();
            for (container, attempt, family, name, truth) in [
                ("first", Some(0), "uniform", "low", 2.0),
                ("first", Some(0), "uniform", "high", 8.0),
                ("first", Some(0), "uniform", "mean", 5.0),
                ("first", Some(1), "weibull", "scale", 40.0),
                ("first", Some(1), "weibull", "shape", 1.5),
                ("alike", None, "weibull", "scale", 20.0),
                ("alike", None, "weibull", "shape", 1.5),
            ] {
                let fit = of(container, "runs", attempt).and_then(|row| row.fit.as_ref());
                let Some(fit) = fit.filter(|fit| fit.family.name() == family) else { continue };
                let number = fit.parameters.iter().find(|own| own.name == name).expect("its number");
                told.push((format!("{container} {attempt:?} {name}"), holds(number, truth)));
            }
            let takes =
                row(&fitted, "twice:1", "failTakes").and_then(|row| row.fit.as_ref()).expect("pulls failed");
            for (name, truth) in [("low", 1.0), ("high", 3.0), ("mean", 2.0)] {
                if let Some(own) =
                    takes.parameters.iter().find(|own| own.name == name && takes.family.name() == "uniform")
                {
                    told.push((format!("failTakes {name}"), holds(own, truth)));
                }
            }
            let value = |of: &str, key: &str| row(&fitted, of, key).map(|row| row.value.clone());
            assert_eq!(value("twice:1", "error").as_deref(), Some(r#""registry is \"busy\"""#));
            assert_eq!(value("twice:1", "failures").as_deref(), Some("2"), "seed {seed}");
            assert_eq!(
                (value("never:1", "error").as_deref(), value("never:1", "failures")),
                (Some("\"not found\""), None)
            );
            let exit = of("first", "exit", Some(0)).map(|row| row.value.as_str());
            assert!(exit.is_none_or(|exit| exit == "1"), "{exit:?}");
            (many("first"), many("alike"), told)
        })
        .collect();
    let split = each.iter().filter(|(first, ..)| *first == 2).count();
    let alike = each.iter().filter(|(_, alike, _)| *alike == 1).count();
    println!("{split} and {alike} of {}", each.len());
    assert!(split * 20 >= each.len() * 19 && alike * 50 >= each.len() * 49, "{split} and {alike}");
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for (name, holds) in each.into_iter().flat_map(|(.., told)| told) {
        let count = counts.entry(name).or_default();
        count.0 += u32::from(holds);
        count.1 += 1;
    }
    // A third of the seeds, and fewer where another family was chosen: two and a half standard deviations of a share of so many.
    judge(&counts, |n| 0.95 - 2.5 * (0.95 * 0.05 / n).sqrt());
}

/// Attempts go into a scenario, and what there is of them is kept.
#[test]
fn attempts_go_into_a_scenario() {
    let desk = Desk::with("fit-attempts", None);
    let lines = stream::lines(&plan(STARTS), 5);
    std::fs::write(desk.0.join("all.jsonl"), stream::text(&lines, true)).expect("a stream");
    let known =
        STARTS.replace("{ runs = { weibull = { scale = \"20s\", shape = 1.5 } }", "{ log = [\"hello\"]");
    let known = known.split("attempts = [\n").next().expect("its head").to_owned()
        + "attempts = [{ log = [\"first\"] }]\n"
        + known
            .split("]\n[[program]]\nimage = \"alike")
            .nth(1)
            .map(|rest| format!("[[program]]\nimage = \"alike{rest}"))
            .expect("its tail")
            .as_str();
    std::fs::write(desk.0.join("known.toml"), &known).expect("a scenario");
    let output = desk.run("fit all.jsonl --into known.toml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = std::fs::read_to_string(desk.0.join("known.toml")).expect("it is there");
    let attempts = text.lines().find(|line| line.contains("log = [\"first\"]")).expect("the attempts");
    assert_eq!(attempts.matches("log = [\"first\"]").count(), 2, "{attempts}");
    assert!(attempts.contains("uniform") && attempts.contains("exit = 1"), "{attempts}");
    let checked = desk.run("check known.toml");
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    // Once more changes nothing.
    assert_eq!(desk.run("fit all.jsonl --into known.toml").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(desk.0.join("known.toml")).expect("it is there"), text);
}

/// A Job whose tries differ, whose scenario says whose starts count; and a Deployment with two images, of which each shows a part, the
/// second never being ready.
const COUNTED: &str = r#"
name       = "counted"
kubernetes = "1.36"
until      = "3m"
[[image]]
ref  = "*"
pull = "803ms"
[[apply]]
at       = "0s"
manifest = "all.yaml"
[[program]]
image      = "import:*"
attemptsOf = "workload"
attempts   = [{ runs = "2s", exit = 1 }, { runs = "6s", exit = 7 }, { runs = "3s" }]
[[program]]
image    = "web:*"
attempts = [{ runs = "forever", onTerm = { after = "4s", exit = 0 }, readiness = [{ at = "0s", ok = false }, { at = "3s", ok = true }] }]
[[program]]
image    = "never:*"
attempts = [{ runs = "forever", readiness = [{ at = "0s", ok = false }] }]
[[action]]
at        = "60s"
setImage  = "deployment/web"
container = "app"
image     = "web:2"
"#;

const OBJECTS: &str = r#"
apiVersion: batch/v1
kind: Job
metadata: { name: import }
spec:
  backoffLimit: 6
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: import, image: "import:1" }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: app, image: "web:1", readinessProbe: { exec: { command: [ready] }, periodSeconds: 1 } }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: never }
spec:
  selector: { matchLabels: { app: never } }
  template:
    metadata: { labels: { app: never } }
    spec:
      containers: [{ name: app, image: "never:1", readinessProbe: { exec: { command: [ready] } } }]
"#;

/// A scenario that knows whose starts count, and nothing of how long anything takes, is filled attempt by attempt; images of one container
/// that one value fits are fitted together; what is never ready is so afterwards.
#[test]
fn attempts_of_a_workload_are_filled_one_by_one() {
    let desk = Desk::with("fit-counted", None);
    std::fs::write(desk.0.join("all.yaml"), OBJECTS).expect("a manifest");
    let loader =
        |path: &str| if path == "all.yaml" { Ok(OBJECTS.to_owned()) } else { Err("no file".to_owned()) };
    let truth = kubelapse::scenario::load("truth.toml", COUNTED, &loader, &[]).expect("a scenario");
    let lines = stream::lines(&truth.into(), 5);
    std::fs::write(desk.0.join("all.jsonl"), stream::text(&lines, true)).expect("a stream");
    let blind = COUNTED
        .replace("803ms", "9s")
        .replace(
            "{ runs = \"2s\", exit = 1 }, { runs = \"6s\", exit = 7 }, { runs = \"3s\" }",
            "{ runs = \"50s\" }, {}, {}",
        )
        .replace("\"4s\", exit = 0 }", "\"20s\" }")
        .replace("at = \"3s\"", "at = \"40s\"")
        .replace("readiness = [{ at = \"0s\", ok = false }] }]\n[[action]]", "readiness = [] }]\n[[action]]");
    std::fs::write(desk.0.join("known.toml"), &blind).expect("a scenario");
    let output = desk.run("fit all.jsonl --into known.toml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = std::fs::read_to_string(desk.0.join("known.toml")).expect("it is there");
    let known: toml::Table = toml::from_str(&text).expect("a scenario");
    let program = |image: &str| {
        let all = known["program"].as_array().expect("programs");
        all.iter()
            .find(|own| own["image"].as_str() == Some(image))
            .unwrap_or_else(|| panic!("{image}: {text}"))
    };
    // Between which seconds a span, or a range, lies.
    let seconds = |own: &toml::Value| -> (f64, f64) {
        let one = |own: &toml::Value| {
            let word = own.as_str().expect("a span");
            match word.strip_suffix("ms") {
                Some(millis) => millis.parse::<f64>().expect("a number") / 1000.0,
                None => word.trim_end_matches('s').parse().expect("a number"),
            }
        };
        match own.get("uniform").and_then(toml::Value::as_array) {
            Some(ends) => (one(&ends[0]), one(&ends[1])),
            None => (one(own), one(own)),
        }
    };
    let is_about = |own: &toml::Value, truth: f64, off: f64| {
        let (low, high) = seconds(own);
        assert!(low <= truth + off && high >= truth - off && high - low <= 1.2, "{own} for {truth}\n{text}");
    };
    let tries = program("import:*")["attempts"].as_array().expect("attempts");
    let codes: Vec<Option<i64>> = tries.iter().map(|own| own.get("exit")?.as_integer()).collect();
    assert_eq!(codes, [Some(1), Some(7), Some(0)], "{text}");
    for (own, truth) in tries.iter().zip([2.0, 6.0, 3.0]) {
        is_about(&own["runs"], truth, 0.1);
    }
    // One table speaks of both images, as nothing tells them apart: of the second one no end was seen.
    let web = program("web:*");
    assert!(!text.contains("image = \"web:1\""), "{text}");
    is_about(&web["boots"], 3.0, 0.3);
    is_about(&web["attempts"][0]["onTerm"]["after"], 4.0, 0.3);
    assert_eq!(program("never:*")["attempts"][0]["readiness"].to_string(), "[{ at = \"0s\", ok = false }]");
    let once = text.clone();
    assert_eq!(desk.run("fit all.jsonl --into known.toml").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(desk.0.join("known.toml")).expect("it is there"), once);
}
