//! Whole runs held against the bars that we set ourselves: time, memory, and how both grow.
//!
//! Each run is a process of its own, as a user would start it, so that its memory is its own; time is the wall's. A run
//! of less than a minute is taken three times, and the fastest counts. `cargo bench --bench fleets -- 100k healthy` takes
//! the rows whose names contain one of the words.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kubelapse::scenario::{self, builtin};
use kubelapse::session;
use rayon::prelude::*;

/// A run, and what it has to keep to.
struct Row<'a> {
    name: &'static str,
    arguments: &'a [&'a str],
    seconds: f64,
    megabytes: Option<f64>,
}

/// A rollout of many pods of one Deployment.
const ROLLOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rollouts/rollout-10k.toml");

/// An update of a DaemonSet on many nodes.
const DAEMONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rollouts/daemons-1k.toml");

/// A drain of a hundred of a thousand nodes, one after the other, past a budget.
const DRAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rollouts/drain-100.toml");

/// A CronJob that runs once a night.
const NIGHTLY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rollouts/nightly.yaml");

/// One that runs once a minute.
const MINUTELY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rollouts/every-minute.yaml");

const ROWS: [Row<'static>; 12] = [
    Row { name: "fleet-100k", arguments: &["fleet-100k"], seconds: 1.0, megabytes: Some(150.0) },
    Row {
        name: "fleet-100k on 10 nodes",
        arguments: &["fleet-100k", "--set", "node.worker.count=10"],
        seconds: 1.3,
        megabytes: None,
    },
    Row {
        name: "fleet-100k on 1,000 nodes",
        arguments: &["fleet-100k", "--set", "node.worker.count=1000"],
        seconds: 1.3,
        megabytes: None,
    },
    Row { name: "fleet-1m", arguments: &["fleet-1m"], seconds: 11.0, megabytes: Some(1200.0) },
    Row { name: "crash-loop-10k", arguments: &["crash-loop-10k"], seconds: 2.0, megabytes: None },
    Row { name: "rollout-10k", arguments: &[ROLLOUT], seconds: 0.5, megabytes: None },
    Row { name: "1,000-node DaemonSet update", arguments: &[DAEMONS], seconds: 0.3, megabytes: None },
    Row { name: "drain of 100 of 1,000 nodes", arguments: &[DRAIN], seconds: 1.0, megabytes: None },
    Row {
        name: "a year of a nightly CronJob",
        arguments: &[NIGHTLY, "--until", "8760h"],
        seconds: 2.0,
        megabytes: None,
    },
    Row {
        name: "ten days of a CronJob, minutely",
        arguments: &[MINUTELY, "--until", "240h"],
        seconds: 10.0,
        megabytes: None,
    },
    Row { name: "healthy-1k", arguments: &["healthy-1k"], seconds: 0.1, megabytes: None },
    Row { name: "crash-loop, whole process", arguments: &["crash-loop"], seconds: 0.01, megabytes: None },
];

/// What a process came to.
struct Measured {
    took: Duration,
    peak_kib: u64,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
fn now() -> Instant {
    Instant::now()
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("kubelapse-bench-{}", std::process::id()))
}

#[expect(clippy::disallowed_methods, reason = "it waits for a process, not for a simulated instant")]
fn measure(arguments: &[&str]) -> Measured {
    let begun = now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubelapse"))
        .arg("run")
        .args(arguments)
        .args(["--quiet", "--out"])
        .arg(folder())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_kib = 0;
    let took = loop {
        // Where there is no such file (not Linux), memory stays unknown.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok());
        peak_kib = peak_kib.max(kib.unwrap_or(0));
        if let Some(ended) = child.try_wait().expect("it is our child") {
            assert!(ended.success(), "{arguments:?}: {ended}");
            break begun.elapsed();
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    Measured { took, peak_kib }
}

/// Figures of a result: steps, rows, pods.
fn figures() -> (u64, u64, u64) {
    let read = |name: &str| std::fs::read(folder().join(name)).expect("the run has written it");
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    let manifest = String::from_utf8(read("run.toml")).expect("it is text");
    let steps = manifest.lines().find_map(|line| line.strip_prefix("steps = "));
    let steps = steps.and_then(|steps| steps.parse().ok()).expect("it tells its steps");
    (steps, lines(&read("timeline.csv")), lines(&read("pods.csv")))
}

/// A folder for scenarios that are too long to be written down.
fn made() -> PathBuf {
    let made = std::env::temp_dir().join(format!("kubelapse-bench-made-{}", std::process::id()));
    std::fs::create_dir_all(&made).expect("there is room");
    made
}

/// Ten thousand Jobs of a pod each, made together, worked off as fast as the controller's client lets it, and deleted ten
/// minutes after their ends: what is left of Jobs that are gone must not be in the way of others.
fn ten_thousand_jobs() -> PathBuf {
    let made = made();
    let write = |name: &str, text: String| std::fs::write(made.join(name), text).expect("there is room");
    let job = |number: u32| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import-{number:04} }}\nspec:\n  ttlSecondsAfterFinished: 600\n  \
             template:\n    spec:\n      restartPolicy: Never\n      containers: [{{ name: app, image: \
             'registry.example/shop/import:1.0', resources: {{ requests: {{ cpu: 100m, memory: 128Mi }} }} }}]\n"
        )
    };
    write("jobs.yaml", (0..10_000).map(job).collect::<Vec<_>>().join("---\n"));
    let scenario = r#"name = "jobs-10k"
until = "6h"
[[node]]
name = "worker"
count = 100
capacity = { cpu = "32", memory = "128Gi", pods = 250, "ephemeral-storage" = "500Gi" }
[[apply]]
manifest = "jobs.yaml"
[[program]]
workload = "job/*"
attempts = [{ runs = "10s" }]
"#;
    write("jobs-10k.toml", scenario.to_owned());
    made
}

/// A thousand Deployments of ten pods, each behind a Service, on a thousand nodes: what has to be found among many objects.
fn thousand_deployments() -> PathBuf {
    let made = made();
    let write = |name: &str, text: String| std::fs::write(made.join(name), text).expect("there is room");
    let all = |one: &dyn Fn(&str) -> String| {
        let each: Vec<String> = (0..1000).map(|number| one(&format!("app-{number:03}"))).collect();
        each.join("---\n")
    };
    write(
        "deployments.yaml",
        all(&|name| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name} }}\nspec:\n  replicas: 10\n  selector: \
             {{ matchLabels: {{ app: {name} }} }}\n  template:\n    metadata: {{ labels: {{ app: {name} }} }}\n    spec:\n      \
             containers: [{{ name: app, image: 'registry.example/shop/web:1.0', readinessProbe: {{ tcpSocket: {{ port: \
             8080 }} }}, resources: {{ requests: {{ cpu: 100m, memory: 128Mi }} }} }}]\n"
            )
        }),
    );
    write(
        "services.yaml",
        all(&|name| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ selector: {{ app: {name} }}, ports: \
             [{{ port: 80, targetPort: 8080 }}] }}\n"
            )
        }),
    );
    let scenario = r#"name = "deployments-1k"
until = "1h"
[[node]]
name = "worker"
count = 1000
capacity = { cpu = "32", memory = "128Gi", pods = 250, "ephemeral-storage" = "500Gi" }
[[apply]]
manifest = "deployments.yaml"
[[apply]]
manifest = "services.yaml"
[[program]]
image = "registry.example/shop/web:*"
boots = "5s"
"#;
    write("deployments-1k.toml", scenario.to_owned());
    made
}

fn rate(count: u64, took: Duration) -> String {
    let rate = count as f64 / took.as_secs_f64();
    if rate >= 1e6 { format!("{:.2} M", rate / 1e6) } else { format!("{:.0} k", rate / 1e3) }
}

fn runs(row: &Row<'_>) {
    let mut best = measure(row.arguments);
    if best.took < Duration::from_secs(60) {
        for _ in 0..2 {
            let again = measure(row.arguments);
            best = if again.took < best.took { again } else { best };
        }
    }
    let (steps, rows, pods) = figures();
    let megabytes = best.peak_kib as f64 * 1024.0 / 1e6;
    let bar = row.megabytes.map_or(String::new(), |bar| format!(" / {bar:.0} MB"));
    println!(
        "{:<28} {:>8.3} s {:>6.0} MB   bar {:>5} s{bar:<10}  {:>7} events/s {:>7} rows/s {:>7} pods/s {:>6.0} bytes a pod",
        row.name,
        best.took.as_secs_f64(),
        megabytes,
        row.seconds,
        rate(steps, best.took),
        rate(rows, best.took),
        rate(pods, best.took),
        best.peak_kib as f64 * 1024.0 / pods as f64,
    );
    let _ = std::fs::remove_dir_all(folder());
}

/// A thousand repetitions of `crash-loop` from the library, on one core and on two.
fn repetitions() {
    let shipped = builtin::find("crash-loop").expect("it is shipped");
    let plan = scenario::load("crash-loop.toml", shipped.text, &scenario::no_files, &[]);
    let plan = Arc::new(plan.expect("it is read"));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("there are threads");
        let begun = now();
        let steps: u64 =
            pool.install(|| (0..1000_u64).into_par_iter().map(|seed| session::live(&plan, seed).steps).sum());
        (begun.elapsed(), steps)
    };
    let fastest = |threads| (0..5).map(|_| on(threads)).min().expect("five turns");
    let ((one, steps), (two, _)) = (fastest(1), fastest(2));
    println!(
        "{:<28} {:>8.3} s             bar     1 s            {:>7} events/s; on two cores {:.3} s, {:.2} times as fast (bar 1.9)",
        "1,000 × crash-loop",
        one.as_secs_f64(),
        rate(steps, one),
        two.as_secs_f64(),
        one.as_secs_f64() / two.as_secs_f64(),
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know whether it runs at all.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    for row in ROWS.iter().filter(|row| wanted(row.name)) {
        runs(row);
    }
    if wanted("deployments-1k") {
        let made = thousand_deployments();
        let path = made.join("deployments-1k.toml");
        let arguments = [path.to_str().expect("a plain path")];
        runs(&Row { name: "deployments-1k", arguments: &arguments, seconds: 0.5, megabytes: None });
        let _ = std::fs::remove_dir_all(made);
    }
    if wanted("jobs-10k") {
        let made = ten_thousand_jobs();
        let path = made.join("jobs-10k.toml");
        let arguments = [path.to_str().expect("a plain path")];
        runs(&Row { name: "jobs-10k", arguments: &arguments, seconds: 3.0, megabytes: None });
        let _ = std::fs::remove_dir_all(made);
    }
    if wanted("repetitions") {
        repetitions();
    }
}
