//! `fit`: what a cluster was like is found again in what it showed.
//!
//! The cluster is the simulator, whose truth is known: scenarios are played under many seeds, their watches are printed as kubectl would, and
//! what is fitted to them is held against what they were made of.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;
#[path = "support/stream.rs"]
mod stream;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use desk::Desk;
use kubelapse::answers::fit::{self, About, Fitted, Observation, Parameter, Row};
use kubelapse::observed::History;
use kubelapse::scenario::{self, Plan};
use kubelapse::time::Time;
use rayon::prelude::*;
use serde_json::Value;

fn plan(text: &str) -> Arc<Plan> {
    let loaded = scenario::load("truth.toml", text, &scenario::no_files, &[]);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

fn fitted(text: &str) -> Fitted {
    let mut history = History::default();
    let problems = history.take(text, Time::FAR, &|_| {});
    assert!(problems.iter().all(|problem| problem.is_warning), "{problems:?}");
    fit::fit(&history)
}

/// The row of a key, of an image or of a container.
fn row<'a>(fitted: &'a Fitted, of: &str, key: &str) -> Option<&'a Row> {
    fitted.rows.iter().find(|row| {
        let is_it = match &row.about {
            About::Image(image) => image == of,
            About::Program(program) => program.container == of,
            About::Latency => of == "latency",
        };
        is_it && row.key == key
    })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Programs of each kind, thirty or forty pods of each. Pods come a second apart, more or less.
const TRUTH: &str = r#"
name       = "truth"
kubernetes = "1.36"
until      = "2m"
kubelet    = { serializeImagePulls = false, registryPullQPS = 0 }
[[node]]
name  = "node"
count = 4
[[image]]
ref  = "boots:1"
pull = { lognormal = { median = "2s", p95 = "5s" } }
[[image]]
ref  = "runs:1"
pull = "800ms"
[[program]]
image = "boots:1"
boots = { lognormal = { median = "6s", p95 = "15s" } }
attempts = [{ runs = "forever", onTerm = { after = { uniform = ["1s", "6s"] }, exit = 0 } }]
[[program]]
image = "runs:1"
attempts = [{ runs = { weibull = { scale = "30s", shape = 1.5 } }, exit = { "0" = 0.75, "3" = 0.25 } }]
[[pod]]
name     = "boots"
replicas = 40
every    = { uniform = ["0s", "1s"] }
  [pod.spec]
  terminationGracePeriodSeconds = 30
    [[pod.spec.containers]]
    name  = "boots"
    image = "boots:1"
    imagePullPolicy = "Always"
    readinessProbe = { exec = { command = ["ready"] }, periodSeconds = 2 }
[[pod]]
name     = "runs"
replicas = 40
every    = { uniform = ["0s", "1s"] }
  [pod.spec]
  restartPolicy = "Never"
    [[pod.spec.containers]]
    name  = "runs"
    image = "runs:1"
[[action]]
at     = "81.7s"
delete = "pod/boots-1*"
[[action]]
at     = "84.1s"
delete = "pod/boots-2*"
[[action]]
at     = "87.4s"
delete = "pod/boots-3*"
[[action]]
at     = "90s"
delete = "pod/boots-*"
"#;

/// What the scenario says, by row and number; a number counts where its family was chosen.
const NUMBERS: [(&str, &str, &str, &str, f64); 9] = [
    ("boots:1", "pull", "lognormal", "median", 2.0),
    ("boots:1", "pull", "lognormal", "p95", 5.0),
    ("boots", "boots", "lognormal", "median", 6.0),
    ("boots", "boots", "lognormal", "p95", 15.0),
    ("runs", "runs", "weibull", "scale", 30.0),
    ("runs", "runs", "weibull", "shape", 1.5),
    ("boots", "onTerm", "uniform", "low", 1.0),
    ("boots", "onTerm", "uniform", "high", 6.0),
    ("boots", "onTerm", "uniform", "mean", 3.5),
];

fn holds(own: &Parameter, truth: f64) -> bool {
    let (low, high) = own.interval.expect("there are enough for an interval");
    low.is_none_or(|low| low <= truth) && high.is_none_or(|high| high >= truth)
}

/// How often the intervals of many repetitions hold the truth: so often, of so many, by number.
fn coverage(plan: &Arc<Plan>, seeds: u64, stamped: bool) -> BTreeMap<String, (u32, u32)> {
    let each: Vec<Vec<(String, bool)>> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let fitted = fitted(&stream::text(&stream::lines(plan, seed), stamped));
            let mut told = Vec::new();
            for (of, key, family, name, truth) in NUMBERS {
                let row = row(&fitted, of, key).unwrap_or_else(|| panic!("no {key} of {of}"));
                let own = row.fit.as_ref().expect("durations");
                if own.family.name() != family {
                    continue;
                }
                let number = own.parameters.iter().find(|own| own.name == name).expect("its number");
                told.push((format!("{of} {key} {name}"), holds(number, truth)));
            }
            told
        })
        .collect();
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for (name, holds) in each.into_iter().flatten() {
        let count = counts.entry(name).or_default();
        count.0 += u32::from(holds);
        count.1 += 1;
    }
    counts
}

/// `KUBELAPSE_FIT_SEEDS` asks for more.
fn seeds() -> u64 {
    std::env::var("KUBELAPSE_FIT_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(50)
}

/// Of all intervals together 95 ± 3 % hold the truth; of one number's, which are fewer, at least such a share of so many.
fn judge(counts: &BTreeMap<String, (u32, u32)>, least: impl Fn(f64) -> f64) {
    let (mut holds, mut all) = (0, 0);
    for (name, (good, n)) in counts {
        println!("{name:24} {good} of {n}: {:.1} %", f64::from(*good) * 100.0 / f64::from(*n));
        (holds, all) = (holds + good, all + n);
    }
    let is_short = |good: u32, n: u32| f64::from(good) < f64::from(n) * least(f64::from(n));
    let short = counts.iter().find(|(_, (good, n))| is_short(*good, *n));
    assert!(short.is_none(), "{short:?}");
    let share = f64::from(holds) * 100.0 / f64::from(all);
    println!("all: {share:.1} % of {all}");
    assert!((92.0..=98.0).contains(&share), "{share}");
}

/// 95 ± 3 % of intervals hold the truth, of streams that were stamped as they came.
#[test]
fn intervals_hold_the_truth() {
    judge(&coverage(&plan(TRUTH), seeds(), true), |_| 0.87);
}

/// And of streams without instants, in which all is whole seconds.
#[test]
fn intervals_of_whole_seconds_hold_the_truth() {
    judge(&coverage(&plan(TRUTH), seeds(), false), |_| 0.87);
}

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

/// What had not ended when watching did counts as that: most runs are longer than what was seen.
#[test]
fn what_is_cut_off_counts() {
    let text = TRUTH.split("[[action]]").next().expect("what comes before").replace("\"2m\"", "\"50s\"");
    let fitted = fitted(&stream::text(&stream::lines(&plan(&text), 3), true));
    let runs = row(&fitted, "runs", "runs").and_then(|row| row.fit.as_ref()).expect("runs");
    assert!(runs.open > 8 && runs.n == 40, "{} of {}", runs.open, runs.n);
    let naive = 30.0 * 0.6;
    let scale = &runs.parameters[0];
    assert!(scale.value > naive, "{} {}", scale.name, scale.value);
}

/// Shares of codes, and what keeps its default.
#[test]
fn exits_are_shares() {
    let fitted = fitted(&stream::text(&stream::lines(&plan(TRUTH), 1), true));
    let exits = row(&fitted, "runs", "exit").expect("exits");
    let codes: Vec<i32> = exits.exits.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, [0, 3]);
    assert!(exits.value.starts_with("{ \"0\" = 0."), "{}", exits.value);
    assert!(fitted.told.iter().any(|told| told.contains("statusUpdate")), "{:?}", fitted.told);
    let pull = row(&fitted, "runs:1", "pull").expect("one for each node");
    assert_eq!(pull.value, "\"800ms\"");
    for (key, truth) in [("create", 0.03), ("start", 0.05), ("sandbox", 0.3)] {
        let own = row(&fitted, "latency", key).unwrap_or_else(|| panic!("no {key}"));
        let fit = own.fit.as_ref().expect("durations");
        assert!(fit.parameters.iter().any(|own| (own.value - truth).abs() < 0.02), "{key}: {}", own.value);
    }
}

/// What hardly spreads is told in numbers that a scenario takes: a Weibull's shape goes up to 1000.
#[test]
fn what_hardly_spreads_fits_into_a_scenario() {
    let one = |least: i64| Observation { least, width: 1_000, ..Observation::default() };
    for (many, few) in [(8, 1), (15, 2), (20, 5), (40, 3), (12, 12)] {
        let pulls = [vec![one(804_000); many], vec![one(803_000); few]].concat();
        let fit = fit::Fit::of(&pulls).expect("durations");
        let text = format!(
            "name = \"a\"\nuntil = \"1m\"\n[[image]]\nref = \"a\"\npull = {}\n[[pod]]\nname = \"a\"\n\
             spec.containers = [{{ name = \"a\", image = \"a\" }}]\n",
            fit.family.toml()
        );
        plan(&text);
    }
}

/// A container that starts right behind another one shows how long a look at its image takes; of one that has to wait for another
/// sync nothing is taken.
#[test]
fn a_look_at_an_image_is_seen_between_two_starts() {
    const TWO: &str = r#"
name    = "two"
until   = "1m"
[latency]
inspectImage = { uniform = ["40ms", "80ms"] }
[[pod]]
name     = "both"
replicas = 30
every    = { uniform = ["0s", "1s"] }
  [pod.spec]
  initContainers = [{ name = "before", image = "one:1" }]
  containers = [{ name = "one", image = "one:1" }, { name = "two", image = "two:1" }]
  [pod.behavior.containers.before]
  attempts = [{ runs = "1s" }]
"#;
    let fitted = fitted(&stream::text(&stream::lines(&plan(TWO), 1), true));
    let own = row(&fitted, "latency", "inspectImage").expect("two containers of thirty pods");
    let fit = own.fit.as_ref().expect("durations");
    // The first of them pull their images.
    assert!((15..=30).contains(&own.n()), "{own:?}");
    let mean = fit.parameters.iter().find(|own| own.name == "mean").expect("its mean");
    assert!((mean.value - 0.06).abs() < 0.006, "{own:?}");
    assert!(!fitted.told.iter().any(|told| told.contains("inspectImage")), "{:?}", fitted.told);
}

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

/// Recordings of a real cluster: what was scripted there is found again.
#[test]
fn recordings_are_fitted() {
    let mut history = History::default();
    for name in ["deployment-rollout-surge-0-unavailable-1", "deployment-rollout-surge-100pct"] {
        let problems = history.take(&recorded(name), Time::FAR, &|_| {});
        assert!(problems.is_empty(), "{problems:?}");
    }
    let fitted = fit::fit(&history);
    let value = |of: &str, key: &str| {
        let fit = row(&fitted, of, key).and_then(|row| row.fit.as_ref());
        fit.and_then(|fit| fit.parameters.last()).map_or(f64::NAN, |own| own.value)
    };
    for (of, key, truth, off) in [
        ("registry.example/shop/web:1.0", "pull", 0.8, 0.02),
        ("registry.example/shop/web:2.0", "pull", 1.2, 0.02),
        ("app", "boots", 3.0, 0.5),
        ("app", "onTerm", 1.0, 0.3),
        ("latency", "create", 0.03, 0.02),
        ("latency", "start", 0.05, 0.02),
    ] {
        let own = value(of, key);
        assert!((own - truth).abs() <= off, "{of} {key}: {own}\n{fitted:#?}");
    }
}

/// A recording's stream, uncompressed.
fn recorded(name: &str) -> String {
    let place = format!("{}/tests/fit/{name}.jsonl.gz", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let file = std::fs::File::open(&place).expect("a recording");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("it is compressed");
    text
}

/// Fitted on one half of the recordings of a kind, held against the other: a scenario that knew nothing of its programs lives
/// what was recorded once it has been fitted, and does not before.
#[test]
fn fitted_on_one_half_and_calibrated_on_the_other() {
    let desk = Desk::with("fit-halves", None);
    let half = ["deployment-rollout-surge-0-unavailable-1", "deployment-rollout-surge-100pct"];
    let other = ["deployment-rollout-surge-50pct", "deployment-rollout-surge-1-unavailable-0"];
    for name in half {
        std::fs::write(desk.0.join(format!("{name}.jsonl")), recorded(name)).expect("a recording");
    }
    let golden = format!("{}/tests/golden-workloads/golden-workloads", env!("CARGO_MANIFEST_DIR"));
    for name in other {
        let folder = desk.0.join("other").join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("stream.jsonl"), recorded(name)).expect("a recording");
        for file in ["web.yaml", "meta.json"] {
            std::fs::copy(format!("{golden}/{name}/{file}"), folder.join(file)).expect("its files");
        }
        let text = std::fs::read_to_string(format!("{golden}/{name}/scenario.toml")).expect("its scenario");
        let blind = text
            .replace("pull = \"800ms\"", "pull = \"5s\"")
            .replace("pull = \"1.2s\"", "pull = \"5s\"")
            .replace("after = \"1s\"", "after = \"6s\"")
            .replace("{ at = \"3s\", ok = true }", "{ at = \"9s\", ok = true }");
        assert_ne!(text, blind);
        std::fs::write(folder.join("scenario.toml"), blind).expect("a scenario");
    }
    let shares = || {
        let output = desk.run("compare --calibrate other --seeds 40 -o json");
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
        println!("{report:#}");
        ["recordings", "sequence", "times"].map(|key| report["sets"][0][key].as_u64().expect("a number"))
    };
    assert_eq!(shares()[2], 0);
    for name in other {
        let files = half.map(|name| format!("{name}.jsonl")).join(" ");
        let output = desk.run(&format!("fit {files} --into other/{name}/scenario.toml"));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    assert_eq!(shares(), [2, 2, 2]);
}

/// A file of a recording, which may be packed; none where it is not there.
fn file_of(folder: &Path, name: &str) -> Option<String> {
    let mut text = String::new();
    match std::fs::File::open(folder.join(format!("{name}.gz"))) {
        Ok(packed) => flate2::read::GzDecoder::new(packed).read_to_string(&mut text).ok()?,
        Err(_) => std::fs::File::open(folder.join(name)).ok()?.read_to_string(&mut text).ok()?,
    };
    Some(text)
}

/// A scenario that knows nothing of how long its images and programs take: each such time is three times as long and four seconds more.
fn blind(scenario: &str) -> String {
    let is_of_one =
        |line: &str| line.starts_with("pull") || line.contains("attempts") || line.contains("onTerm");
    let longer = |span: &str| {
        let millis = match (span.strip_suffix("ms"), span.strip_suffix('s')) {
            (Some(millis), _) => millis.parse::<f64>().ok(),
            (None, Some(seconds)) => seconds.parse::<f64>().ok().map(|seconds| seconds * 1000.0),
            _ => None,
        };
        // Probes that fail from the first instant on do so.
        millis.filter(|millis| *millis > 0.0).map(|millis| format!("{}ms", millis * 3.0 + 4000.0))
    };
    let line = |line: &str| match is_of_one(line) {
        true => {
            let part = |part: &str| longer(part).unwrap_or_else(|| part.to_owned());
            line.split('"').map(part).collect::<Vec<_>>().join("\"")
        }
        false => line.to_owned(),
    };
    scenario.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// All recordings that were made twice: fitted on what a client's watches told on the first day, held against the tables of the second
/// one, beside scenarios that know nothing and those that the recordings were made by. `KUBELAPSE_FIT_SEEDS` says with how many seeds.
#[test]
#[ignore = "three hundred recordings, each under many seeds: some minutes of a release build"]
fn fitted_on_one_day_and_calibrated_on_another() {
    let desk = Desk::with("fit-days", None);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-workloads");
    let mut count = 0;
    for set in ["golden-workloads", "golden-workloads-1.32"] {
        let folders = std::fs::read_dir(root.join(set)).expect("recordings").flatten();
        let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
        folders.sort();
        for folder in folders {
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            let (Some(stream), Some(_)) =
                (file_of(&folder, "stream.jsonl"), file_of(&folder, "timeline.2.csv"))
            else {
                continue;
            };
            count += 1;
            let scenario = file_of(&folder, "scenario.toml").expect("its scenario");
            std::fs::write(desk.0.join("stream.jsonl"), stream).expect("its stream");
            for (what, text) in
                [("true", scenario.clone()), ("blind", blind(&scenario)), ("fitted", blind(&scenario))]
            {
                let place = desk.0.join(what).join(set).join(&name);
                std::fs::create_dir_all(&place).expect("a folder");
                for entry in std::fs::read_dir(&folder).expect("its files").flatten() {
                    let file = entry.file_name().to_string_lossy().into_owned();
                    if [".yaml", ".json"].iter().any(|ending| file.ends_with(ending)) {
                        std::fs::copy(entry.path(), place.join(&file)).expect("its files");
                    }
                }
                for table in ["timeline", "workloads", "endpoints"] {
                    let second = file_of(&folder, &format!("{table}.2.csv")).expect("its tables");
                    std::fs::write(place.join(format!("{table}.csv")), second).expect("its tables");
                }
                if let Some(meta) = file_of(&folder, "meta.2.json") {
                    std::fs::write(place.join("meta.json"), meta).expect("its notes");
                }
                std::fs::write(place.join("scenario.toml"), text).expect("its scenario");
            }
            let output = desk.run(&format!("fit stream.jsonl --into fitted/{set}/{name}/scenario.toml"));
            println!("{set}/{name}: {}", said(&output).lines().collect::<Vec<_>>().join("; "));
        }
    }
    let mut shares = BTreeMap::new();
    for what in ["true", "blind", "fitted"] {
        let output = desk.run(&format!("compare --calibrate {what} --seeds {} -o json", seeds()));
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
        println!("{what}: {report:#}");
        let sum = |key: &str| {
            let sets = report["sets"].as_array().into_iter().flatten();
            sets.map(|set| set[key].as_u64().expect("a number")).sum::<u64>()
        };
        println!("{what}: {:?}", ["recordings", "sequence", "times", "events"].map(sum));
        assert_eq!(sum("recordings"), count);
        shares.insert(what, [sum("sequence"), sum("times")]);
    }
    let [fitted, truth, blind] = ["fitted", "true", "blind"].map(|what| shares[what]);
    // Where it stands: what one recording tells of a program is a few starts, to a period of its probe or to a second. (docs/fit.md)
    assert!(fitted.iter().zip(truth).all(|(fitted, truth)| fitted * 2 >= truth), "{shares:?}");
    assert!(blind.iter().zip(fitted).all(|(blind, fitted)| blind * 4 < fitted), "{shares:?}");
}

/// A stream that nobody stamped is judged by its sequences.
#[test]
fn whole_seconds_are_told_as_such() {
    let desk = Desk::with("fit-whole", None);
    let folder = desk.0.join("set/one");
    std::fs::create_dir_all(&folder).expect("a folder");
    let truth =
        TRUTH.split("[[action]]").next().expect("what comes before").replace("replicas = 40", "replicas = 2");
    std::fs::write(folder.join("scenario.toml"), &truth).expect("a scenario");
    let lines = stream::lines(&plan(&truth), 5);
    std::fs::write(folder.join("stream.jsonl"), stream::text(&lines, false)).expect("a stream");
    let output = desk.run("compare --calibrate set --seeds 20");
    assert!(said(&output).contains("nobody stamped"), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("set"), "{}", said(&output));
}
