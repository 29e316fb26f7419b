//! A sweep as people and machines ask for it: the same bytes for any number of threads and parts, and clear words where a request
//! is wrong.

#![cfg(feature = "cli")]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use desk::Desk;

const WEB: &str = "name = \"web\"\nuntil = \"3m\"\n[[node]]\nname = \"n\"\n[[pod]]\nname = \"web\"\n\
[[pod.spec.containers]]\nname = \"app\"\nimage = \"app:1\"\n\
livenessProbe = { tcpSocket = { port = 80 }, periodSeconds = 5, failureThreshold = 3 }\n\
[pod.behavior.containers.app]\nattempts = [{ liveness = [{ at = \"0s\", ok = false }, { at = \"20s\", ok = true }] }]\n\
[[image]]\nref = \"app:1\"\npull = { lognormal = { median = \"2s\", p95 = \"6s\" } }\n";

const KNOB: &str = "pod.web.spec.containers.app.livenessProbe.failureThreshold";

struct Bench(Desk);

impl Bench {
    fn new(name: &str, text: &str) -> Bench {
        let desk = Desk::with(&format!("sweep-{name}"), Some("cli"));
        std::fs::write(desk.0.join("web.toml"), text).expect("a file on the desk");
        Bench(desk)
    }
    fn run(&self, line: &str) -> (Option<i32>, String, String) {
        let output = self.0.run(line);
        let text = |bytes| String::from_utf8(bytes).expect("it speaks text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
    fn played(&self, line: &str) -> String {
        let (code, out, err) = self.run(line);
        assert_eq!(code, Some(0), "{line}: {err}");
        out
    }
    fn refused(&self, line: &str, part: &str) {
        let (code, out, err) = self.run(line);
        assert_eq!(code, Some(2), "{line}: {out}{err}");
        assert!(err.contains(part), "{line}: {err}");
    }
    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.0.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }
    fn same(&self, a: &str, b: &str) {
        for name in ["runs.csv", "summary.csv", "sweep.svg", "sweep.json"] {
            assert!(
                self.read(&format!("{a}/{name}")) == self.read(&format!("{b}/{name}")),
                "{a} and {b}: {name}"
            );
        }
    }
}

#[test]
fn a_tight_probe_kills_and_a_patient_one_does_not() {
    let bench = Bench::new("probe", WEB);
    let line = format!(
        "sweep web.toml --vary {KNOB}=1..6 --seeds 20 --measure restarts,falseRestarts,timeToReady --out s"
    );
    let table = bench.played(&line);
    assert!(table.contains("livenessProbe.failureThreshold") && table.contains("Student's t"), "{table}");
    let summary = bench.read("s/summary.csv");
    let mut lines = summary.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let column = |name: &str| head.iter().position(|own| *own == name).expect(name);
    let means: Vec<f64> = lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[column("measure")] == "restarts")
        .map(|cells| cells[column("mean")].parse().expect("a mean"))
        .collect();
    // The fourth failure comes 15 to 20 s after its start, before it answers; the fifth would come after that.
    assert!(means[..4].iter().all(|mean| *mean > 4.0) && means[4..] == [0.0, 0.0], "{means:?}");
    let runs = bench.read("s/runs.csv");
    assert_eq!(runs.lines().count(), 1 + 6 * 20);
    assert!(
        runs.starts_with(&format!("cell,seed,{KNOB},restarts,falseRestarts,timeToReady\n0,0,1,")),
        "{runs}"
    );
    // What is varied changes nobody's luck: the pull takes as long in every cell.
    let ready = |cell: &str| {
        let own = runs.lines().filter(|line| line.starts_with(&format!("{cell},")));
        own.map(|line| line.rsplit(',').next().expect("a cell").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ready("0"), ready("5"));
    assert!(bench.read("s/sweep.svg").contains("<polyline"));
}

#[test]
fn threads_and_parts_change_no_byte() {
    let bench = Bench::new("parts", WEB);
    let line = format!(
        "sweep web.toml --vary {KNOB}=1..3 --vary latency.sandbox=100ms,2s --seeds 3..9 --measure timeToReady,restarts,lastPhase"
    );
    bench.played(&format!("{line} --threads 1 --out one"));
    bench.played(&format!("{line} --threads 3 --out three"));
    bench.same("one", "three");
    for part in 0..4 {
        bench.played(&format!("{line} --shard {part}/4 --out part-{part}"));
    }
    bench.played("sweep --merge part-3 part-1 part-0 part-2 --out merged");
    bench.same("one", "merged");
    assert!(bench.read("one/sweep.svg").contains("<rect"), "a heat map");

    bench.refused("sweep --merge part-0 part-1 part-3 --out m", "parts are missing: 2/4");
    bench.refused("sweep --merge part-0 part-0 part-1 part-2 part-3 --out m", "are both part 0");
    bench.refused("sweep --merge part-0 nowhere --out m", "nowhere: there is no part.json");
    bench.played("sweep web.toml --seeds 4 --shard 1/4 --out other");
    bench.refused("sweep --merge part-0 other part-2 part-3 --out m", "parts of different sweeps");
    let figures = bench.read("part-2/part.csv");
    std::fs::write(bench.0.0.join("part-2/part.csv"), &figures[..figures.len() / 2]).expect("half of it");
    bench.refused(
        "sweep --merge part-0 part-1 part-2 part-3 --out m",
        "part-2: part.csv is not what part.json says",
    );
    assert!(!bench.0.0.join("m/runs.csv").exists());
}

#[test]
fn wrong_requests_are_told_before_anything_runs() {
    let bench = Bench::new("wrong", WEB);
    for (line, part) in [
        ("--vary pod.web.spec.restartPolizy=Always,Never", "restartPolizy"),
        ("--vary pod.wep.spec.restartPolicy=Always,Never", "there is no [[pod]] `wep`"),
        ("--vary latency.sandbux=1s..3s", "there is no key `sandbux`"),
        ("--vary latency.sandbox=3s..1s", "the range is empty"),
        ("--vary latency.sandbox", "expected KEY="),
        (
            "--vary latency.sandbox=1ms..1000ms:1ms --vary latency.bind=1ms..1000ms:1ms --vary latency.watch=1ms..1000ms:1ms",
            "1000000000 cells",
        ),
        ("--vary latency.sandbox=1s..9s --seeds 1000000000", "runs"),
        ("--pairs --vary latency.sandbox=1s,2s --vary latency.bind=1s", "pairs need as many"),
        ("--measure timeToRedy", "did you mean `timeToReady`?"),
        ("--measure timeUnder", "under how many?"),
        ("--seeds 0", "no seed"),
        ("--seeds 9..3", "the range is empty"),
        ("--shard 4/4", "0/4 to 3/4"),
        ("--until-interval 0%", "a percentage"),
    ] {
        bench.refused(&format!("sweep web.toml {line} --out nothing"), part);
        assert!(!bench.0.0.join("nothing").exists(), "{line}");
    }
    bench.refused("sweep nothing.toml", "neither a file");
    bench.refused("sweep", "required");
}

#[test]
fn a_file_says_what_is_varied_and_measured() {
    let file = format!(
        "pairs = true\n{WEB}[[sweep]]\nkey = \"{KNOB}\"\nvalues = [1, 6]\n[[sweep]]\nkey = \"latency.sandbox\"\nfrom = \"1s\"\nto = \"2s\"\n\
         [[measure]]\nname = \"kills\"\nkind = \"event\"\nreason = \"Killing\"\n"
    );
    let bench = Bench::new("file", &file);
    let json = bench.played("sweep web.toml --seeds 5 -o json --out s");
    let told: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let cells = told["cells"].as_array().expect("cells");
    assert_eq!(cells.len(), 2, "they are pairs");
    assert_eq!(cells[1]["knobs"], serde_json::json!({ KNOB: "6", "latency.sandbox": "2s" }));
    assert!(cells[0]["measures"]["kills"]["mean"].as_f64() > Some(0.0), "{json}");
    assert_eq!(cells[1]["measures"]["kills"]["mean"].as_f64(), Some(0.0));
    let csv = bench.played("sweep web.toml --seeds 5 -o csv --out s --measure kills");
    assert_eq!(csv, bench.read("s/summary.csv"));
    let wrong = format!("{WEB}[[sweep]]\nkey = \"seed\"\nfrom = 3\nto = 1\n");
    let bench = Bench::new("file-wrong", &wrong);
    bench.refused("sweep web.toml", "the range is empty");
    bench.refused("check web.toml", "the range is empty");
}

#[test]
fn seeds_are_added_until_the_interval_is_narrow() {
    let bench = Bench::new("narrow", WEB);
    bench.played("sweep web.toml --measure timeToReady --seeds 5 --until-interval 10% --out s");
    let summary = bench.read("s/summary.csv");
    let (head, row) = summary.trim_end().split_once('\n').expect("a head and a row");
    let cells: std::collections::BTreeMap<&str, &str> = head.split(',').zip(row.split(',')).collect();
    let number = |name: &str| cells[name].parse::<f64>().expect(name);
    assert!(number("n") > 5.0);
    assert!((number("ci_high") - number("ci_low")) / 2.0 <= 0.1 * number("mean"), "{cells:?}");
}

#[test]
fn manifests_are_a_scenario_too() {
    let bench = Bench::new("manifest", WEB);
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\nspec:\n  replicas: 3\n  selector: { matchLabels: { a: b } }\n  \
                    template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: app, image: \"app:1\" }] } }\n";
    std::fs::write(bench.0.0.join("shop.yaml"), manifest).expect("a file on the desk");
    let csv = bench.played(
        "sweep shop.yaml --vary deployment.shop.spec.replicas=1,4 --seeds 2 --measure fewestAvailable -o csv",
    );
    let means: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').nth(5).expect("a mean")).collect();
    assert_eq!(means, ["1", "4"], "{csv}");
    assert!(bench.0.0.join("output/shop-sweep/runs.csv").exists());
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "another process is waited for")]
fn who_interrupts_a_sweep_finds_nothing_half_written() {
    let bench = Bench::new("interrupt", WEB);
    let mut child =
        bench.0.command("sweep web.toml --seeds 1000000 --out s").spawn().expect("the program starts");
    let folder = bench.0.0.join("s");
    while !folder.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process number"));
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGINT).expect("it is there");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(std::fs::read_dir(folder).expect("it is there").count(), 0);
}

#[test]
fn ray_plays_the_parts_and_the_bytes_are_those_of_one_machine() {
    let Some(python) = clients::python("ray") else { return };
    let bench = Bench::new("ray", WEB);
    let line = format!("web.toml --vary {KNOB}=1..3 --seeds 4 --measure restarts,timeToReady");
    bench.played(&format!("sweep {line} --out one"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/scale/sweep_ray.py");
    let program = env!("CARGO_BIN_EXE_kubelapse");
    let played = std::process::Command::new(&python)
        .args([
            script,
            "--local",
            "--parts",
            "3",
            "--work",
            "parts",
            "--out",
            "merged",
            "--kubelapse",
            program,
            "--",
        ])
        .args(line.split_whitespace())
        .current_dir(&bench.0.0)
        .output()
        .expect("Python starts");
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    bench.same("one", "merged");
}

/// The Job's command line, with an index in its place, is one that the program takes, and its manifest is one that is played.
#[test]
fn the_indexed_job_plays_parts_that_can_be_put_together() {
    let text = include_str!("../scenarios/scale/sweep-job.yaml");
    let bench = Bench::new("indexed", WEB);
    let args =
        text.split("args:").nth(1).and_then(|rest| rest.split("resources:").next()).expect("arguments");
    let words = args.lines().filter_map(|line| line.trim().strip_prefix("- "));
    let line = words.map(|word| word.trim_matches('"')).collect::<Vec<_>>().join(" ");
    let part = |index: u64| {
        let line = line.replace("$(JOB_COMPLETION_INDEX)/64", &format!("{index}/2"));
        line.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
            .replace("/sweep/", "")
            .replace("1000", "4")
    };
    bench.played(&part(0));
    bench.played(&part(1));
    bench.played("sweep --merge part-0 part-1 --out merged");
    bench.played("sweep web.toml --vary latency.sandbox=1s..5s --seeds 4 --out one");
    bench.same("one", "merged");
    std::fs::write(bench.0.0.join("job.yaml"), text).expect("a file on the desk");
    let (code, out, err) = bench.run("audit job.yaml --question job --assume runs=60s");
    assert_eq!(code, Some(0), "{out}{err}");
    // Each index has four tries, and a drain is none of them.
    assert!(out.contains("failures that a drain of its node counts as  0"), "{out}");
}
