//! Results on full disks, and of several runs with one place.

use crate::desk::Desk;

const FLEET: &str = "name = \"fleet\"\nuntil = \"10m\"\n[[node]]\nname = \"node\"\ncount = 10\n[[pod]]\nname = \"web\"\nreplicas = 100\n\
                     spec.containers = [{ name = \"app\", image = \"x\" }]\n[pod.behavior.containers.app]\nattempts = [{ runs = { \
                     exponential = \"20s\" }, exit = 1, message = \"two\\nlines, \\\"quoted\\\"\" }]\n";

/// Wherever a disk is full, what is left of a timeline are the same rows in each format: nobody reads of one what the other
/// does not know.
#[cfg(unix)]
#[test]
fn a_timeline_is_cut_at_one_row() {
    let desk = Desk::holding("full", "fleet.toml", FLEET);
    let program = env!("CARGO_BIN_EXE_kubelapse");
    for blocks in [200, 333, 1_000, 2_001] {
        let out = format!("cut-{blocks}");
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec '{program}' run fleet.toml --quiet --format csv,jsonl --out {out}"
        );
        let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(&desk.0).output();
        let output = output.expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let (rows, lines) =
            (desk.read(&format!("{out}/timeline.csv")), desk.read(&format!("{out}/timeline.jsonl")));
        let mut reader = csv::Reader::from_reader(rows.as_bytes());
        let times: Vec<String> = reader.records().map(|row| row.expect("whole rows")[1].to_owned()).collect();
        let told: Vec<String> = lines
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).expect("whole lines");
                row["timestamp"].as_str().expect("an instant").to_owned()
            })
            .collect();
        assert!(times.len() > 10, "{blocks}: {}", times.len());
        assert_eq!(times, told, "{blocks}");
        // Its hashes are those of what is left, and who reads it is told.
        let (code, _, said) = desk.said(&format!("compare {out} {out}"));
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("this result is partial"), "{said}");
    }
}

/// Several runs with one place at once: one of them is there whole when all are over, and whoever reads meanwhile finds one.
#[test]
fn several_runs_with_one_place_are_not_mixed() {
    let desk = Desk::holding("together", "fleet.toml", FLEET);
    assert_eq!(desk.said("run fleet.toml --quiet --until 30s --out x --format csv,jsonl").0, Some(0));
    for round in 0..3 {
        let mut all: Vec<_> = (0..5)
            .map(|run| {
                let line = format!(
                    "run fleet.toml --quiet --until 30s --out x --format csv,jsonl --seed {}",
                    round * 5 + run
                );
                desk.command(&line).spawn().expect("the program starts")
            })
            .collect();
        // Its two looks may find two results, of two seeds; each is whole.
        let (code, _, said) = desk.said("compare x x");
        assert!(matches!(code, Some(0 | 1)) && said.is_empty(), "{said}");
        for run in &mut all {
            assert!(run.wait().expect("it ends").success());
        }
        let (code, _, said) = desk.said("compare x x");
        assert_eq!(code, Some(0), "{said}");
    }
    let names: Vec<String> = desk.everything().into_iter().filter(|path| path.starts_with("x/")).collect();
    assert_eq!(names, ["x/pods.csv", "x/run.toml", "x/timeline.csv", "x/timeline.jsonl"]);
}

/// What is no time is not taken for the start of the run.
#[test]
fn times_are_numbers_of_seconds() {
    let desk = Desk::with("faults-times", None);
    let timeline = |time: &str| {
        format!(
            "time,namespace,pod,kind,to\n0.000000,default,web,phase,Pending\n\"{time}\",default,web,phase,Running\n"
        )
    };
    desk.write("good.csv", &timeline("1.5"));
    assert_eq!(desk.said("compare good.csv good.csv").0, Some(0));
    for time in [
        "garbage",
        "1e30",
        "",
        "NaN",
        "inf",
        "-1",
        "1.",
        ".5",
        "1.5s",
        "99999999999999",
        "0x10",
        " 1",
        "1.2.3",
    ] {
        desk.write("bad.csv", &timeline(time));
        for line in ["compare bad.csv good.csv", "compare good.csv bad.csv"] {
            let (code, _, said) = desk.said(line);
            assert_eq!(code, Some(2), "{time}: {said}");
            assert!(said.contains("line 3") && said.contains("is no number of seconds"), "{said}");
        }
    }
}

/// What probes take is held against what they have, whoever says it.
#[test]
fn slow_probes_time_out() {
    let text = |probe: &str, attempts: &str| {
        format!(
            "until = \"2h\"\n[[pod]]\nname = \"api\"\nspec.containers = [{{ name = \"app\", image = \"x\", livenessProbe = {{ httpGet = {{ \
             path = \"/\", port = 80 }}, periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 }} }}]\n{attempts}\n[latency]\n\
             probe = {probe}\n"
        )
    };
    let timeouts = |text: &str| {
        let plan =
            kubelapse::scenario::load("x.toml", text, &kubelapse::scenario::no_files, &[]).expect("a plan");
        let lived = kubelapse::session::live(&std::sync::Arc::new(plan), 0);
        let unhealthy = |row: &&kubelapse::record::Transition| matches!(row.change, kubelapse::record::Change::Event(event) if event.reason == "Unhealthy");
        lived.transitions.iter().filter(unhealthy).count()
    };
    let slow = "{ lognormal = { median = \"250ms\", p95 = \"900ms\" } }";
    let by_latency = timeouts(&text(slow, ""));
    let script = format!(
        "[pod.behavior.containers.app]\nattempts = [{{ liveness = [{{ ok = true, takes = {slow} }}] }}]"
    );
    let by_script = timeouts(&text("\"10ms\"", &script));
    assert!(by_latency > 10, "{by_latency}");
    assert_eq!(by_latency, by_script);
    assert_eq!(timeouts(&text("{ uniform = [\"1ms\", \"1s\"] }", "")), 0);
    assert!(timeouts(&text("\"2s\"", "")) > 3);
}

/// Layers that are on the node are not pulled again by who waited for their turn, where only the size of the image is said, or how
/// long the second pull takes. (A `pull` alone is what each takes, as of the scripted runtimes of the recordings.)
#[test]
fn who_waits_for_a_pull_pulls_no_layers() {
    for image in ["pull = \"90s\"\npullPresent = \"200ms\"", "size = \"4500Mi\""] {
        let text = format!(
            "until = \"15m\"\n[[image]]\nref = \"x\"\n{image}\n[[pod]]\nname = \"web\"\nreplicas = 6\nspec.containers = [{{ name = \"app\", \
             image = \"x\", imagePullPolicy = \"IfNotPresent\" }}]\n"
        );
        let plan =
            kubelapse::scenario::load("x.toml", &text, &kubelapse::scenario::no_files, &[]).expect("a plan");
        let start = plan.start;
        let lived = kubelapse::session::live(&std::sync::Arc::new(plan), 0);
        let runs = lived.transitions.iter().filter(|row| {
            matches!(row.change, kubelapse::record::Change::Status { from, to, .. } if from != to && to == "Running")
        });
        let last = runs.map(|row| row.time.since(start).secs()).max();
        assert!(last.is_some_and(|last| (90..94).contains(&last)), "{image}: {last:?}");
    }
}
