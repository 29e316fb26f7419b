//! The dice fall as often as recorded: of many seeds so many go one way, and so many the other.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::compare::life::{self, Row};
use kubelapse::session;
use plan::plan;

/// Everything that clients saw of the pods.
fn rows(text: &str, seed: u64) -> Vec<Row> {
    let lived = session::live(&plan(text), seed);
    life::rows_of(&lived.directory, &lived.transitions)
}

fn seconds(row: &Row) -> f64 {
    row.micros as f64 / 1e6
}

/// The instants of a pod's rows that are of a kind and go to a value.
fn at(rows: &[Row], kind: &str, to: &str) -> Vec<f64> {
    rows.iter().filter(|row| row.kind == kind && row.to == to).map(seconds).collect()
}

/// The instants of an event's tellings.
fn told(rows: &[Row], reason: &str) -> Vec<f64> {
    rows.iter().filter(|row| row.kind == "event" && row.reason == reason).map(seconds).collect()
}

const POD: &str = r#"
[[node]]
name = "n"
images = ["app:1"]
[[pod]]
name = "web"
  [pod.spec]
  nodeName = "n"
    [[pod.spec.containers]]
    name = "app"
    image = "app:1"
"#;

/// Volumes are unmounted while the worker waits for the next relist: mostly that is over when it looks, and then the pod goes
/// at once; if not, it goes 0.3 s later.
#[test]
fn a_pod_waits_for_its_unmounting_only_when_a_relist_follows_at_once() {
    let text = format!(
        "until = \"1m\"\n{POD}[pod.behavior.containers.app]\nattempts = [{{ runs = \"forever\", onTerm = {{ after = \"1s\", exit = 0 \
         }} }}]\n[[action]]\nat = \"20s\"\ndelete = \"pod/web\"\n"
    );
    let gap = |seed| {
        let rows = rows(&text, seed);
        at(&rows, "status", "")[0] - at(&rows, "status", "Completed")[0]
    };
    let gaps: Vec<f64> = (0..200).map(gap).collect();
    let within = |low: f64, high: f64| gaps.iter().filter(|gap| (low..high).contains(*gap)).count();
    // A tenth of a second each holds 20 of 200; of the first most come later.
    assert!(within(0.0, 0.1) < 10 && within(0.3, 0.5) > 45, "{gaps:?}");
    assert!((5..20).contains(&within(0.1, 0.2)) && within(1.05, 9.0) < 3, "{gaps:?}");
}

/// A relist that has found the sandbox leaves an update to the worker of a container that is being started, and then the first
/// value of a readiness probe is a second one, if it does not fall into the run that the first one began: the relist after the
/// next triggers the probe again, in three of five pods.
#[test]
fn a_readiness_probe_is_triggered_by_two_relists_or_one() {
    let text = format!(
        "until = \"1m\"\n{POD}    readinessProbe = {{ exec = {{ command = [\"ready\"] }}, periodSeconds = 20 }}\n\
         [pod.behavior.containers.app]\nattempts = [{{ runs = \"forever\", readiness = [{{ at = \"0s\", ok = false }}] }}]\n\
         [latency]\ncreate = \"1500ms\"\n"
    );
    let asked = |seed| {
        let rows = rows(&text, seed);
        let begun = told(&rows, "Started")[0];
        told(&rows, "Unhealthy").iter().filter(|at| **at < begun + 3.0).count()
    };
    let counts: Vec<usize> = (0..200).map(asked).collect();
    let often = counts.iter().filter(|count| **count == 3).count();
    assert!((95..140).contains(&often), "{often} of 200: {counts:?}");
}

/// A relist takes some milliseconds, and the next one comes a second after it.
#[test]
fn relists_drift_by_three_milliseconds() {
    let text = format!(
        "until = \"110s\"\n[latency]\ncreate = \"0s\"\nstart = \"0s\"\n{POD}[pod.behavior.containers.app]\nattempts = [{{ runs = \"20s\" \
         }}]\n"
    );
    let drift = |seed| {
        let text = text.replace("nodeName = \"n\"", "nodeName = \"n\"\n  restartPolicy = \"Never\"");
        let text =
            text.replace("[[pod]]\nname = \"web\"", "[[pod]]\nname = \"web\"\nreplicas = 40\nevery = \"2s\"");
        let ends = at(&rows(&text, seed), "status", "Completed");
        let (first, last) = (ends[0], ends[ends.len() - 1]);
        let relists = (last - first).floor();
        ((last - first) - relists) / relists
    };
    let mut drifts: Vec<f64> = (0..30).map(drift).collect();
    drifts.sort_by(f64::total_cmp);
    assert!((0.002..0.0045).contains(&drifts[15]), "{drifts:?}");
}

/// A kubelet that starts anew looks at the volumes of a pod that it finds before it has been told that they are mounted: a
/// container that has ended meanwhile comes 0.3 s later.
#[test]
fn after_a_restart_of_the_kubelet_the_first_look_at_volumes_is_too_early() {
    let text = format!(
        "until = \"1m\"\n{POD}[pod.behavior.containers.app]\nattempts = [{{ runs = \"20s\", exit = 1 }}, {{ runs = \"forever\" }}]\n\
         [[action]]\nat = \"10s\"\nrestartKubelet = \"node/n\"\ntakes = \"20s\"\n"
    );
    for seed in 0..5 {
        let rows = rows(&text, seed);
        let (told, starts) = (at(&rows, "status", "Error")[0], told(&rows, "Started")[1]);
        assert!((0.3..0.5).contains(&(starts - told)), "told at {told}, started at {starts}");
    }
}

/// A completed pod is gone with the request that evicts it: of five such pods the news of one come to the controller before
/// the answer, and it says that it cancels what it has done.
#[test]
fn an_eviction_by_taint_is_overtaken_by_its_news_now_and_then() {
    let text = format!(
        "until = \"1m\"\n{POD}[pod.behavior.containers.app]\nattempts = [{{ runs = \"5s\" }}]\n[[action]]\nat = \"20s\"\ntaint = \
         \"node/n\"\ntaints = [{{ key = \"k\", value = \"v\", effect = \"NoExecute\" }}]\n"
    )
    .replace("nodeName = \"n\"", "nodeName = \"n\"\n  restartPolicy = \"Never\"");
    let cancels = |seed: &u64| told(&rows(&text, *seed), "TaintManagerEviction").len() == 2;
    let often = (0..100).filter(cancels).count();
    assert!((10..32).contains(&often), "{often} of 100");
}

/// A container is killed by its probe at whole periods, and back-offs are whole seconds: the kill that comes twenty seconds after the
/// one before meets the back-off of twenty seconds or just not, as milliseconds have it.
#[test]
fn a_kill_that_comes_when_a_back_off_ends_meets_it_or_not() {
    let recorded = "tests/golden/golden-1.37/sidecar-startup-fail";
    let read = |name: &str| std::fs::read_to_string(format!("{recorded}/{name}")).map_err(|e| e.to_string());
    let text = read("scenario.toml").expect("it is recorded");
    let plan = kubelapse::scenario::load("scenario.toml", &text, &read, &[]);
    let plan = std::sync::Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    // Of those that came late out of the first back-off, who met the second one.
    let meets = |seed: u64| {
        let lived = session::live(&plan, seed);
        let rows = life::rows_of(&lived.directory, &lived.transitions);
        let status = |to: &str, restarts: &str| {
            rows.iter()
                .find(|row| row.kind == "status" && row.to == to && row.restarts == restarts)
                .map(seconds)
        };
        let waited = status("Init:0/1", "3")? - status("Init:CrashLoopBackOff", "2")?;
        (waited > 13.2).then(|| status("Init:CrashLoopBackOff", "3").is_some())
    };
    let late: Vec<bool> = (0..100).filter_map(meets).collect();
    let often = late.iter().filter(|met| **met).count();
    assert!(often * 5 > late.len() && often < late.len(), "{often} of {}", late.len());
}
