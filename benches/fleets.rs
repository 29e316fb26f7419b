//! Whole runs as a user starts them: their time and their memory. How long they take beside a plain loop, which does not
//! depend on the machine, `limit` tells.
//!
//! Each run is a process of its own, so that its memory is its own; time is the wall's. A run of less than a minute is taken
//! three times, and the fastest counts. `cargo bench --bench fleets -- 100k healthy` takes the rows whose names contain one of
//! the words.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kubelapse::scenario::{self, builtin};
use kubelapse::session;
use rayon::prelude::*;

#[path = "rows/mod.rs"]
mod rows;

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
fn measure(arguments: &[String]) -> Measured {
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

fn rate(count: u64, took: Duration) -> String {
    let rate = count as f64 / took.as_secs_f64();
    if rate >= 1e6 { format!("{:.2} M", rate / 1e6) } else { format!("{:.0} k", rate / 1e3) }
}

fn runs(row: &rows::Row) {
    let mut best = measure(&row.arguments);
    if best.took < Duration::from_secs(60) {
        for _ in 0..2 {
            let again = measure(&row.arguments);
            best = if again.took < best.took { again } else { best };
        }
    }
    let (steps, rows, pods) = figures();
    let megabytes = best.peak_kib as f64 * 1024.0 / 1e6;
    println!(
        "{:<32} {:>8.3} s {:>6.0} MB   {:>7} events/s {:>7} rows/s {:>7} pods/s {:>6.0} bytes a pod",
        row.name,
        best.took.as_secs_f64(),
        megabytes,
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
        "{:<32} {:>8.3} s             {:>7} events/s; on two cores {:.3} s, {:.2} times as fast",
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
    for row in rows::all().iter().filter(|row| wanted(row.name)) {
        runs(row);
    }
    rows::clean();
    if wanted("repetitions") {
        repetitions();
    }
}
