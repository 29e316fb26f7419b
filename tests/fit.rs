//! `fit`: what a cluster was like is found again in what it showed.
//!
//! The cluster is the simulator, whose truth is known: scenarios are played under many seeds, their watches are printed as kubectl would, and
//! what is fitted to them is held against what they were made of.

#![cfg(feature = "cli")]

#[path = "fit/coverage.rs"]
mod coverage;
#[path = "support/desk.rs"]
mod desk;
#[path = "fit/inputs.rs"]
mod inputs;
#[path = "support/program.rs"]
mod program;
#[path = "fit/recordings.rs"]
mod recordings;
#[path = "fit/starts.rs"]
mod starts;
#[path = "support/stream.rs"]
mod stream;
#[path = "fit/written.rs"]
mod written;

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::Arc;

use kubelapse::answers::fit::{self, About, Family, Fitted, Observation, Parameter, Row};
use kubelapse::observed::History;
use kubelapse::scenario::{self, Plan};
use kubelapse::time::Time;

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

fn holds(own: &Parameter, truth: f64) -> bool {
    let (low, high) = own.interval.expect("there are enough for an interval");
    low.is_none_or(|low| low <= truth) && high.is_none_or(|high| high >= truth)
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

/// What takes a millisecond more here and there, cut to its millisecond, is told as what it is.
#[test]
fn neighbours_of_a_millisecond_are_one_value() {
    let one = |least: i64| Observation { least, width: 1_000, ..Observation::default() };
    for few in [vec![one(802_000), one(803_000)], vec![one(803_000); 2], vec![one(803_000)]] {
        let fit = fit::Fit::of(&few).expect("durations");
        assert_eq!(fit.family, Family::Constant(0.803), "{few:?}");
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
