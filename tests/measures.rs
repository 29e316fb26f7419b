//! What a sweep measures of a run, each on a small scenario whose figure can be worked out by hand.

use std::sync::Arc;

use kubelapse::answers::measure::{self, Measure};
use kubelapse::scenario;

/// The figures of a run, in seconds or as numbers.
fn figures<const N: usize>(text: &str, manifest: &str, measures: [&str; N]) -> [Option<f64>; N] {
    let plan = scenario::load("measured.toml", text, &|_| Ok(manifest.to_owned()), &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let plan = Arc::new(plan);
    let asked: Vec<Measure> =
        measures.iter().map(|text| Measure::parse(text, &plan.sweep.measures).expect(text)).collect();
    let figures = measure::play(&plan, 1, &asked, &|| false).expect("nobody stops it");
    let mut figures = figures.into_iter();
    measures.map(|_| figures.next().flatten().map(|figure| figure as f64 / 1e6))
}

fn about(what: &str, figure: Option<f64>, from: f64, to: f64) {
    let figure = figure.unwrap_or_else(|| panic!("{what} did not happen"));
    assert!((from..=to).contains(&figure), "{what}: {figure} is not within {from} and {to}");
}

const POD: &str = "name = \"measured\"\nuntil = \"5m\"\n[[node]]\nname = \"n\"\nimages = [\"app:1\"]\n[[pod]]\nname = \"web\"\n";

#[test]
fn a_pod_that_crashes_once_is_down_for_as_long_as_it_takes_to_be_seen() {
    let text = format!(
        "{POD}spec.containers = [{{ name = \"app\", image = \"app:1\" }}]\n\
         behavior.containers.app.attempts = [{{ runs = \"20s\", exit = 1 }}, {{ runs = \"forever\" }}]\n"
    );
    let measures =
        ["timeToReady", "restarts", "downtime", "crashLoopTime", "falseRestarts", "timeRunning", "lastPhase"];
    let [ready, restarts, down, looping, wrong, running, phase] = figures(&text, "", measures);
    about("timeToReady", ready, 0.3, 4.0);
    assert_eq!(restarts, Some(1.0));
    // The first restart waits for no back-off: a relist sees the end, a sync restarts, a status is written.
    about("downtime", down, 0.0, 3.0);
    assert_eq!((looping, wrong), (Some(0.0), Some(0.0)));
    about("timeRunning", running, 295.0, 299.9);
    assert_eq!(phase, Some(1.0), "Running");
}

/// What was never there has no downtime, and is not told as having had none.
#[test]
fn what_was_never_ready_has_no_downtime() {
    let text = format!(
        "{POD}spec.containers = [{{ name = \"app\", image = \"app:1\", readinessProbe = {{ tcpSocket = {{ port = 80 }} }} }}]\n\
         behavior.containers.app.attempts = [{{ readiness = [{{ ok = false }}] }}]\n"
    );
    assert_eq!(figures(&text, "", ["timeToReady", "downtime", "sum:downtime"]), [None, None, None]);
    assert_eq!([Measure::absent("sum:downtime"), Measure::absent("timeToReady")], ["-", "never"]);
}

#[test]
fn a_crash_loop_waits_as_its_back_off_says() {
    let text = format!(
        "{POD}spec.containers = [{{ name = \"app\", image = \"app:1\" }}]\n\
         behavior.containers.app.attempts = [{{ runs = \"1s\", exit = 1 }}]\n"
    );
    let [looping, restarts, mean] = figures(&text, "", ["crashLoopTime", "restarts", "mean:restarts"]);
    // Waits of 10, 20, 40, 80 and the beginning of 160 s, each shown from the sync after an end of 1 s each on.
    about("crashLoopTime", looping, 240.0, 297.0);
    assert_eq!(restarts, Some(5.0));
    assert_eq!(mean, restarts, "of one pod");
}

#[test]
fn a_probe_kills_wrongly_whom_it_does_not_give_the_time() {
    let probed = |liveness: &str| {
        format!(
            "{POD}[[pod.spec.containers]]\nname = \"app\"\nimage = \"app:1\"\n\
             livenessProbe = {{ tcpSocket = {{ port = 80 }}, periodSeconds = 10, failureThreshold = 3 }}\n\
             [pod.behavior.containers.app]\nattempts = [{{ liveness = {liveness}, onTerm = \"exit\" }}]\n"
        )
    };
    let slow = probed("[{ at = \"0s\", ok = false }, { at = \"1m\", ok = true }]");
    let [restarts, wrong] = figures(&slow, "", ["restarts", "falseRestarts"]);
    about("restarts", restarts, 3.0, 9.0);
    about("falseRestarts", wrong, 4.0, 10.0);
    let hung = probed("[{ at = \"0s\", ok = true }, { at = \"1m\", ok = false }]");
    let [restarts, wrong] = figures(&hung, "", ["restarts", "falseRestarts"]);
    about("restarts", restarts, 2.0, 4.0);
    assert_eq!(wrong, Some(0.0), "it hangs, and would not have answered again");
}

#[test]
fn a_pod_that_is_never_ready_has_no_time_to_it() {
    let text = format!(
        "{POD}spec.containers = [{{ name = \"app\", image = \"gone:1\" }}]\n[[image]]\nref = \"gone:1\"\nerror = \"no\"\n"
    );
    let [ready, phase] = figures(&text, "", ["timeToReady", "lastPhase"]);
    assert_eq!((ready, phase), (None, Some(2.0)), "Pending");
}

const SHOP: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: shop } }
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
      - name: app
        image: app:1
        readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { app: shop }, ports: [{ port: 80 }] }
";

fn shop(rest: &str) -> String {
    format!(
        "name = \"measured\"\nuntil = \"5m\"\n[[node]]\nname = \"n\"\ncount = 2\nimages = [\"app:1\", \"app:2\"]\n\
         [[apply]]\nmanifest = \"shop.yaml\"\n[[program]]\nimage = \"app:*\"\nboots = \"10s\"\n\
         attempts = [{{ onTerm = {{ after = \"5s\", exit = 0 }} }}]\n{rest}"
    )
}

#[test]
fn a_rollout_takes_two_boots_and_leaves_two_of_three() {
    let text = shop("[[action]]\nat = \"1m\"\nsetImage = \"deployment/shop\"\nimage = \"app:2\"\n");
    let measures = [
        "rolloutTime",
        "fewestAvailable",
        "timeUnder=3",
        "timeUnder=2",
        "timeWithoutEndpoint",
        "servedAfterRemoval",
    ];
    let [time, fewest, under_three, under_two, without, served] = figures(&text, SHOP, measures);
    // One more and one fewer: two are replaced at once, then the third. Each boots for 10 s.
    about("rolloutTime", time, 20.0, 40.0);
    assert_eq!(fewest, Some(2.0));
    about("timeUnder=3", under_three, 10.0, 40.0);
    assert_eq!((under_two, without), (Some(0.0), Some(0.0)));
    // It exits 5 s after SIGTERM, and is out of the endpoints at once.
    about("servedAfterRemoval", served, 4.5, 7.0);
}

#[test]
fn the_first_rollout_is_measured_where_there_is_no_other() {
    let [time, fewest] = figures(&shop(""), SHOP, ["rolloutTime", "fewestAvailable"]);
    about("rolloutTime", time, 10.0, 16.0);
    assert_eq!(fewest, Some(3.0));
    let endless = shop(
        "[[action]]\nat = \"1m\"\nsetImage = \"deployment/shop\"\nimage = \"app:3\"\n[[image]]\nref = \"app:3\"\nerror = \"no\"\n",
    );
    let [time, fewest] = figures(&endless, SHOP, ["rolloutTime", "fewestAvailable"]);
    assert_eq!((time, fewest), (None, Some(2.0)), "it is never complete");
}

fn job(spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import }}\nspec:\n  {spec}\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers: [{{ name: app, image: \"app:1\" }}]\n"
    )
}

const JOBS: &str = "name = \"measured\"\nuntil = \"30m\"\nstart = 2026-03-01T00:00:00Z\n[[node]]\nname = \"n\"\nimages = [\"app:1\"]\n\
                    [[apply]]\nmanifest = \"jobs.yaml\"\n[[program]]\nimage = \"app:1\"\n";

#[test]
fn a_job_with_a_limit_of_three_tries_four_times() {
    let text = format!("{JOBS}attempts = [{{ runs = \"2s\", exit = 1 }}]\n");
    let [tries, time] = figures(&text, &job("backoffLimit: 3"), ["tries", "jobTime"]);
    assert_eq!(tries, Some(4.0));
    // Four runs of 2 s, and waits of 10, 20 and 40 s between them.
    about("jobTime", time, 78.0, 95.0);
    let [tries, time] = figures(&text, &job("backoffLimit: 100"), ["tries", "jobTime"]);
    about("tries", tries, 7.0, 10.0);
    assert_eq!(time, None, "it is not over");
}

#[test]
fn cron_jobs_overlap_or_miss_as_their_policy_says() {
    let cron = |policy: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: report }}\nspec:\n  schedule: \"*/5 * * * *\"\n  \
             concurrencyPolicy: {policy}\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          \
             restartPolicy: Never\n          containers: [{{ name: app, image: \"app:1\" }}]\n"
        )
    };
    let text = format!("{JOBS}attempts = [{{ runs = \"7m\", exit = 0 }}]\n");
    // Scheduled at 5, 10, 15, 20 and 25 min; each run takes 7.
    let [overlapping, missed] = figures(&text, &cron("Allow"), ["overlappingRuns", "missedRuns"]);
    assert_eq!((overlapping, missed), (Some(4.0), Some(0.0)));
    // 00:05, then that of 00:10 late at 00:12, 00:15 at 00:19, 00:25 at 00:26 in place of 00:20 too.
    let [overlapping, missed] = figures(&text, &cron("Forbid"), ["overlappingRuns", "missedRuns"]);
    assert_eq!((overlapping, missed), (Some(0.0), Some(1.0)));
}

#[test]
fn a_drain_takes_as_long_as_the_slowest_pod_or_for_ever() {
    let drained = shop("[[action]]\nat = \"1m\"\ndrain = \"node/n-0\"\n");
    let [time] = figures(&drained, SHOP, ["drainTime"]);
    // Its pods exit 5 s after SIGTERM; kubectl looks each second.
    about("drainTime", time, 5.0, 9.0);
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: shop }\nspec: { minAvailable: 3, selector: { matchLabels: { app: shop } } }\n";
    let [time] = figures(&drained, &format!("{SHOP}{budget}"), ["drainTime"]);
    assert_eq!(time, None);
}

#[test]
fn a_scenario_measures_what_it_says_of_rows() {
    let text = format!(
        "{POD}spec.containers = [{{ name = \"app\", image = \"app:1\" }}]\n\
         behavior.containers.app.attempts = [{{ runs = \"20s\", exit = 1 }}, {{ runs = \"forever\" }}]\n\
         [[measure]]\nname = \"starts\"\nkind = \"event\"\nreason = \"Started\"\n\
         [[measure]]\nname = \"up\"\npod = \"w*\"\nkind = \"status\"\nto = \"Running\"\ntake = \"total\"\n\
         [[measure]]\nname = \"first\"\nkind = \"status\"\nto = \"Error\"\ntake = \"first\"\n\
         [[measure]]\nname = \"none\"\npod = \"other\"\ntake = \"last\"\n"
    );
    let [starts, up, first, none] = figures(&text, "", ["starts", "up", "first", "none"]);
    assert_eq!(starts, Some(2.0));
    about("up", up, 294.0, 299.5);
    about("first", first, 20.0, 24.0);
    assert_eq!(none, None);
}
