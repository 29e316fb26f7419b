//! Series: of recorded objects they are those of the real kube-state-metrics, line by line; of a run they are what a Prometheus would
//! have scraped, and promtool takes them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kubelapse::api::sample::{Sample, number};
use kubelapse::api::wire;
use kubelapse::record::openmetrics::FORMAT;
use kubelapse::rules::kube_state_metrics::{of_object, of_pod};
use serde_json::Value;

use super::clients::has_promtool;
use super::written::{of_run, plan};

fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/kube-state-metrics").join(name);
    let file = std::fs::File::open(path).expect("a recording");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("it is text");
    text
}

fn said(object: &Value) -> Vec<Sample> {
    if object["kind"] == "Pod" { of_pod(&wire::pod(object)) } else { of_object(object) }
}

/// Families of the real one that are not here, and why.
const NOT_HERE: [(&str, &str); 1] = [("kube_configmap_", "of ConfigMaps nothing is told")];

#[test]
fn recorded_objects_say_what_they_said() {
    let objects = recorded("objects.jsonl.gz");
    let objects: Vec<Value> =
        objects.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let ours: Vec<Sample> = objects.iter().flat_map(said).collect();
    let ours: BTreeSet<String> =
        ours.iter().map(|own| format!("{}{{{}}} {}", own.family, own.labels, number(own.value))).collect();
    let text = recorded("metrics.txt.gz");
    // The recording also tells of other namespaces, which do not stand beside it.
    let theirs: BTreeSet<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter(|line| !line.contains("namespace=\"") || line.contains("namespace=\"ksm\""))
        .filter(|line| !NOT_HERE.iter().any(|(family, _)| line.starts_with(family)))
        .map(str::to_owned)
        .collect();
    let missing: Vec<&String> = theirs.difference(&ours).collect();
    let more: Vec<&String> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing: {missing:#?}\nmore: {more:#?}");
    assert!(ours.len() > 500, "{} lines", ours.len());
}

/// Every family has the type that the real one says.
#[test]
fn families_have_their_types() {
    let text = recorded("metrics.txt.gz");
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (family, kind) = line.split_once(' ').expect("a name and a type");
        assert_eq!(kind == "counter", family.ends_with("_total"), "{line}");
    }
}

/// Series by name and labels, with their samples; the text is held against the format's laws.
pub fn read(text: &str) -> BTreeMap<String, Vec<(f64, f64)>> {
    let body = text.strip_suffix("# EOF\n").expect("its end is told");
    let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let (mut families, mut family, mut last) = (BTreeSet::new(), String::new(), String::new());
    for line in body.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').expect("a name and a type");
            family = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            assert!(families.insert(family.clone()), "{family} comes twice");
            continue;
        }
        let (name, numbers) = line.rsplit_once("} ").expect("a series and its sample");
        assert!(name.starts_with(&format!("{family}{{")), "{line} stands below {family}");
        let (value, at) = numbers.split_once(' ').expect("a value and an instant");
        let sample = (at.parse().expect("an instant"), value.parse().expect("a value"));
        if last != name {
            assert!(!series.contains_key(name), "{name} is torn");
            last = name.to_owned();
        }
        let samples = series.entry(name.to_owned()).or_default();
        assert!(samples.last().is_none_or(|(before, _): &(f64, f64)| *before < sample.0), "{line}");
        samples.push(sample);
    }
    series
}

const START: f64 = 1_735_689_600.0;

#[test]
fn restarts_are_counted_at_every_scrape() {
    let plan = plan("crash-loop");
    let text = of_run(&FORMAT, &plan, 0);
    assert_eq!(text, of_run(&FORMAT, &plan, 0));
    let series = read(&text);
    let (_, restarts) =
        series.iter().find(|(name, _)| name.contains("status_restarts_total")).expect("a container");
    let ticks = (plan.until.since(plan.start).secs() / 30 + 1) as usize;
    assert!(restarts.len() >= ticks - 1, "{} of {ticks}", restarts.len());
    assert!(restarts.windows(2).all(|pair| pair[1].0 - pair[0].0 == 30.0 && pair[0].1 <= pair[1].1));
    assert!(restarts.last().is_some_and(|(_, count)| *count >= 7.0));
    let waits = series.iter().find(|(name, _)| name.contains("reason=\"CrashLoopBackOff\""));
    assert!(waits.expect("it waits").1.len() > 3);
    // A pod is in one phase at a time.
    let mut phases: BTreeMap<u64, f64> = BTreeMap::new();
    for (_, samples) in series.iter().filter(|(name, _)| name.starts_with("kube_pod_status_phase{")) {
        samples.iter().for_each(|(at, value)| *phases.entry(*at as u64).or_default() += value);
    }
    assert!(phases.values().all(|sum| *sum == 1.0), "{phases:?}");
}

#[test]
fn a_series_that_goes_away_ends() {
    let series = read(&of_run(&FORMAT, &plan("workloads/rollout"), 0));
    let pods: Vec<_> = series.iter().filter(|(name, _)| name.starts_with("kube_pod_created{")).collect();
    let last = |samples: &[(f64, f64)]| samples.last().map_or(0.0, |(at, _)| *at - START);
    let ends: BTreeSet<u64> = pods.iter().map(|(_, samples)| last(samples) as u64).collect();
    assert!(ends.len() > 1, "all end at {ends:?}");
    for family in [
        "kube_deployment_spec_replicas{",
        "kube_replicaset_owner{",
        "kube_endpointslice_endpoints{",
        "kube_node_info{",
    ] {
        assert!(series.keys().any(|name| name.starts_with(family)), "{family}");
    }
}

/// A folder that goes away.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("kubelapse-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn promtool_takes_it() {
    if !has_promtool() {
        return;
    }
    let folder = Folder::new("blocks");
    let file = folder.0.join("metrics.txt");
    for name in ["crash-loop", "workloads/rollout-stalls"] {
        std::fs::write(&file, of_run(&FORMAT, &plan(name), 0)).expect("a file");
        let blocks = folder.0.join("data");
        let output = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&file, &blocks])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(std::fs::read_dir(&blocks).is_ok_and(|mut blocks| blocks.next().is_some()), "no block");
    }
}

/// Whatever a label says, promtool reads it again: from `metrics.txt`, and from a unit test.
#[test]
fn hostile_labels_are_read_again() {
    use std::sync::Arc;

    use kubelapse::answers::alerts::{Rules, Watched, promtool};
    use kubelapse::record::openmetrics::{Metrics, series::Series};
    use kubelapse::record::{Directory, Ending, Says, Scrape, Sink as _};
    use kubelapse::time::{Span, Time};

    let texts = super::hostile::texts();
    let start = Time::from_secs(START as i64);
    let says = |text: String| -> Says {
        let pod = wire::pod(&serde_json::json!({
            "metadata": { "name": "web", "namespace": "default", "uid": text },
            "spec": { "containers": [{ "name": "app" }] }, "status": { "phase": "Running" },
        }));
        Arc::new(move || of_pod(&pod))
    };
    let objects = texts.iter().zip(0..).map(|(text, key)| (key, Some(says(text.clone())))).collect();
    let scrape = Scrape { time: start, objects };
    let written = super::written::Written::default();
    let mut sink = Metrics::new(written.clone(), Span::from_secs(30));
    let ending = Ending { pods: &Arc::default(), at: start, stands: start, partial: false };
    sink.scraped(&scrape).expect("memory takes all");
    sink.end(&Directory::default(), &ending).expect("memory takes all");
    let text = String::from_utf8(written.bytes()).expect("it is text");
    let phases = read(&text).into_iter().filter(|(name, _)| name.contains("phase=\"Running\"")).count();
    assert_eq!(phases, texts.len());
    if !has_promtool() {
        return;
    }
    let folder = Folder::new("labels");
    let put = |name: &str, text: &str| std::fs::write(folder.0.join(name), text).expect("a file");
    let run = |arguments: &[&str]| {
        let output =
            Command::new("promtool").args(arguments).current_dir(&folder.0).output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    put("metrics.txt", &text);
    let (done, said) = run(&["tsdb", "create-blocks-from", "openmetrics", "metrics.txt", "data"]);
    assert!(done, "{said:.300}");
    let rules = "groups:\n- name: g\n  rules:\n  - {alert: Up, expr: 'kube_pod_status_phase{phase=\"Running\"} == 1'}\n";
    let rules = Rules::read(rules).expect("rules");
    put("rules.yaml", &rules.text);
    let mut series = Series::default();
    series.take(&scrape);
    let watched = Watched { series, start, every: Span::from_secs(30) };
    put("test.yaml", &promtool::unit_test(&rules, "rules.yaml", &watched, None));
    let (_, said) = run(&["test", "rules", "test.yaml"]);
    let states = promtool::answers(&said);
    assert_eq!(states.get(&Span::ZERO).map(|own| own[0].count), Some(texts.len() as u64), "{said:.500}");
}
