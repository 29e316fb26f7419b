//! Distributions, not only envelopes: how long a crashing container waits for its next start, over a thousand seeds, beside
//! what recordings of real kubelets showed (range, and median within the width of a small sample).

#[path = "support/plan.rs"]
mod plan;

use kubelapse::api::Sym;
use kubelapse::record::Change;
use kubelapse::session;
use kubelapse::time::Time;
use plan::plan;
use rayon::prelude::*;

/// A restart: its nominal back-off, and the recorded range and median of exit to the next CreateContainer, in seconds.
struct Recorded {
    nominal: f64,
    lowest: f64,
    median: f64,
    highest: f64,
}

const fn recorded(nominal: f64, lowest: f64, median: f64, highest: f64) -> Recorded {
    Recorded { nominal, lowest, median, highest }
}

/// Delays of each restart in each seed, in seconds, sorted.
fn delays(version: &str, seeds: u64) -> Vec<Vec<f64>> {
    let text = format!(
        r#"
name = "crash"
kubernetes = "{version}"
until = "30m"
[latency]
inspectImage = "12ms"
create = "30ms"
start = "50ms"
[[node]]
name = "n1"
images = ["registry.example/local/app:1.0"]
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/local/app:1.0"
  [pod.behavior.containers.app]
  attempts = [{{ runs = "2s", exit = 1 }}]
"#
    );
    let plan = plan(&text);
    let runs: Vec<Vec<f64>> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let lived = session::live(&plan, seed);
            let start = plan.start;
            let at = |wanted: Sym| -> Vec<f64> {
                let mut found = Vec::new();
                for t in &lived.transitions {
                    if let Change::Event(event) = t.change
                        && event.reason == wanted
                    {
                        found.push(t.time.since(start).micros() as f64 / 1e6);
                    }
                }
                found
            };
            let (created, started) = (at(Sym::CREATED), at(Sym::STARTED));
            // Created is told 42 ms after the attempt began: the image is inspected, the container made.
            created.iter().skip(1).zip(&started).map(|(next, start)| next - 0.042 - (start + 2.0)).collect()
        })
        .collect();
    (0..6)
        .map(|restart| {
            let mut list: Vec<f64> = runs.iter().filter_map(|run| run.get(restart).copied()).collect();
            list.sort_by(f64::total_cmp);
            list
        })
        .collect()
}

fn compare(version: &str, table: &[Recorded]) {
    let simulated = delays(version, 1000);
    for (restart, (wanted, list)) in table.iter().zip(&simulated).enumerate() {
        assert_eq!(list.len(), 1000, "{version}: restart {} happens in every seed", restart + 1);
        let (low, median, high) = (list[0], list[500], list[999]);
        let shown = format!(
            "{version}: restart {} after {low:.1} {median:.1} {high:.1} s, recorded {:.1} {:.1} {:.1} s",
            restart + 1,
            wanted.lowest,
            wanted.median,
            wanted.highest
        );
        println!("{shown}");
        // Never before the back-off is over; what was recorded is possible.
        assert!(low >= wanted.nominal, "{shown}");
        assert!(low <= wanted.lowest + 0.3 && high >= wanted.highest - 0.3, "{shown}");
        // Where the recorded median lies among ours: of some forty recordings it may lie between our quartiles.
        let below = list.iter().filter(|delay| **delay <= wanted.median + 0.05).count();
        assert!((250..=750).contains(&below), "{shown}: {below} of 1000 below the recorded median");
    }
}

#[test]
fn restart_delays_have_the_recorded_shape() {
    // Recorded with 1.36.2: 60 containers, jitter of 1 to 1.5 on the back-off's end, then the one-second tick.
    compare(
        "1.36",
        &[
            recorded(0.0, 0.03, 0.52, 1.0),
            recorded(10.0, 10.6, 12.8, 14.9),
            recorded(20.0, 20.7, 25.9, 29.9),
            recorded(40.0, 40.7, 46.9, 58.9),
            recorded(80.0, 80.9, 83.9, 91.0),
            recorded(160.0, 160.8, 163.9, 175.0),
        ],
    );
}

#[test]
fn older_kubelets_poll() {
    // Recorded with 1.32.13: a poll each 10 to 15 s, whatever the back-off.
    compare(
        "1.32",
        &[
            recorded(0.0, 0.03, 0.59, 1.0),
            recorded(10.0, 11.7, 13.4, 15.8),
            recorded(20.0, 21.9, 26.9, 29.9),
            recorded(40.0, 40.9, 44.9, 52.9),
            recorded(80.0, 81.9, 87.9, 90.9),
            recorded(160.0, 162.9, 168.9, 172.9),
        ],
    );
}

/// A relist that finds news asks for the status of all containers of that pod, and the next comes a second after its end: six
/// containers more put off what is seen at the one after it by six inspections.
#[test]
fn a_relist_with_much_to_look_at_puts_the_next_one_off() {
    let seen = |others: usize| {
        let names: Vec<String> =
            ["a", "b"].map(str::to_owned).into_iter().chain((0..others).map(|ix| format!("c{ix}"))).collect();
        let containers: Vec<String> =
            names.iter().map(|name| format!("{{ name = \"{name}\", image = \"x\" }}")).collect();
        let text = format!(
            "until = \"30s\"\n[[node]]\nname = \"n\"\nimages = [\"x\"]\n[[pod]]\nname = \"web\"\nspec.restartPolicy = \"Never\"\n\
             spec.containers = [{}]\n[pod.behavior.containers.a]\nattempts = [{{ runs = \"5400ms\", exit = 1 }}]\n\
             [pod.behavior.containers.b]\nattempts = [{{ runs = \"9300ms\", exit = 1 }}]\n",
            containers.join(", ")
        );
        let lived = session::live(&plan(&text), 0);
        let ends: Vec<Time> = lived
            .transitions
            .iter()
            .filter(|row| matches!(row.change, Change::Container { to, .. } if to == "terminated"))
            .map(|row| row.time)
            .collect();
        assert_eq!(ends.len(), 2, "{ends:?}");
        ends[1].since(ends[0])
    };
    assert_eq!((seen(6) - seen(0)).micros(), 6 * 600);
}
