//! Every key of the format at its edges: refused with a good error, or run in a bounded number of steps and bytes. The keys come from
//! the schema, so that a new one is tried without anybody thinking of it.
//!
//! Whoever asks for more memory than there may be ends the process, whatever a test would like to say then. So what is tried is tried
//! in a process of its own, which notes what it begins and what it is done with; who started it names what was under way.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use kubelapse::scenario::{self, no_files};
use kubelapse::session::Session;
use serde_json::Value;

/// Everything that has keys, once.
const BASE: &str = r#"
name = "edges"
until = "2m"
[latency]
[kubelet]
[controllers]
[[node]]
name = "n"
taints = [{ key = "k", value = "v", effect = "PreferNoSchedule" }]
devicePlugins = { "example.com/gpu" = "1s" }
capacity = { cpu = "4", memory = "8Gi", pods = "10", "example.com/gpu" = "1" }
[[image]]
ref = "x"
error = "no"
failures = 1
outages = [{ from = "1m", until = "80s" }]
[[object]]
kind = "PersistentVolumeClaim"
name = "claim"
[[object]]
kind = "PodDisruptionBudget"
name = "budget"
minAvailable = 1
matchLabels = { a = "b" }
[[pod]]
name = "web"
labels = { a = "b" }
replicas = 2
spec.containers = [{ name = "app", image = "x", readinessProbe = { tcpSocket = { port = 80 } }, livenessProbe = { tcpSocket = { port = 80 } } }]
[pod.behavior.containers.app]
attempts = [{ runs = "30s", exit = 1 }]
[[pod]]
name = "job"
spec.restartPolicy = "OnFailure"
spec.volumes = [{ name = "v", emptyDir = {} }]
spec.initContainers = [{ name = "init", image = "x" }]
spec.containers = [{ name = "app", image = "x" }]
[pod.behavior.containers.app]
attempts = [{ runs = "10s", exit = 1 }]
[[action]]
at = "20s"
stop = "node/n"
[[action]]
at = "100s"
start = "node/n"
[[action]]
at = "10s"
drain = "node/n"
timeout = "5s"
[[action]]
at = "16s"
uncordon = "node/n"
[[action]]
at = "18s"
restartKubelet = "node/n"
takes = "1s"
[[action]]
at = "15s"
delete = "pod/web-0"
gracePeriodSeconds = 3
[[action]]
at = "12s"
pressure = "node/n"
lasts = "5s"
[[action]]
at = "13s"
delete = "pods"
matchLabels = { a = "b" }
limit = 1
[[action]]
at = "14s"
resize = "pod/job"
container = "app"
requests = { cpu = "1" }
[[expect]]
at = "5s"
pod = "web-1"
restarts = 0
event = "Pulled"
count = 1
"#;

const NUMBERS: [&str; 13] = [
    "0",
    "1",
    "-1",
    "2",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
];
const DURATIONS: [&str; 10] =
    ["0s", "1ns", "1us", "1ms", "1s", "8760h", "292000h", "2562047h47m16s", "2562048h", "-1s"];
const DRAWN: [&str; 6] = [
    "{ exponential = \"2562047h\" }",
    "{ uniform = [\"0s\", \"2562047h\"] }",
    "{ normal = { mean = \"0s\", sd = \"2562047h\" } }",
    "{ lognormal = { median = \"1us\", p95 = \"2562047h\" } }",
    "{ weibull = { scale = \"2562047h\", shape = 0.000001 } }",
    "{ empirical = [\"0s\"] }",
];
const QUANTITIES: [&str; 8] =
    ["0", "1", "-1", "1n", "1e30", "9223372036854775807", "9223372036854775807Ei", "0.1"];
const SHARES: [&str; 6] = ["0", "1", "-1", "1.1", "nan", "inf"];

/// Values at the edges of what a key takes.
fn edges(of: &Value) -> Vec<&'static str> {
    let mut all = Vec::new();
    let is = |name: &str| match &of["type"] {
        Value::String(own) => own == name,
        Value::Array(own) => own.iter().any(|own| own == name),
        _ => false,
    };
    match of["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        Some("duration") => all.extend(DURATIONS),
        Some("distribution") => all.extend(DURATIONS.iter().chain(&DRAWN)),
        Some("quantity") => all.extend(QUANTITIES),
        _ => {}
    }
    if is("integer") {
        all.extend(NUMBERS);
    }
    if is("number") {
        all.extend(SHARES);
    }
    all.extend(of["anyOf"].as_array().into_iter().flatten().flat_map(edges));
    all
}

/// The entries of a list or the keys of a map that [`BASE`] has.
fn entries(key: &str) -> Vec<String> {
    match key {
        "pod" => vec!["web".into(), "job".into()],
        "action" => (0..9).map(|number| number.to_string()).collect(),
        "node" => vec!["n".into()],
        "image" => vec!["x".into()],
        "object" => vec!["claim".into(), "budget".into()],
        "capacity" | "allocatable" | "kubeReserved" | "systemReserved" => vec!["cpu".into(), "pods".into()],
        "evictionHard" | "evictionSoft" | "evictionSoftGracePeriod" => vec!["\"memory.available\"".into()],
        "devicePlugins" => vec!["\"example.com/gpu\"".into()],
        "containers" => vec!["app".into()],
        _ => vec!["0".into()],
    }
}

/// Every path of a key with its edges.
fn walk(defs: &Value, shape: &Value, path: &str, depth: u8, all: &mut Vec<(String, Vec<&'static str>)>) {
    let below = |of: &Value| -> Option<Value> {
        let name = of["$ref"].as_str()?.rsplit('/').next()?.to_owned();
        let plain =
            matches!(name.as_str(), "duration" | "distribution" | "quantity") || name.starts_with("v1.");
        (!plain && depth < 6).then(|| defs[&name].clone())
    };
    for (key, of) in shape["properties"].as_object().into_iter().flatten() {
        let own = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        all.push((own.clone(), edges(of)));
        if let Some(shape) = below(of) {
            walk(defs, &shape, &own, depth + 1, all);
        }
        for inner in [&of["items"], &of["additionalProperties"]].into_iter().filter(|inner| inner.is_object())
        {
            for entry in entries(key) {
                let own = format!("{own}.{entry}");
                all.push((own.clone(), edges(inner)));
                if let Some(shape) = below(inner) {
                    walk(defs, &shape, &own, depth + 1, all);
                }
            }
        }
    }
}

/// What a pod's spec has, which the API server's rules look after.
fn of_the_spec() -> Vec<(String, Vec<&'static str>)> {
    let mut all = Vec::new();
    for field in ["terminationGracePeriodSeconds", "activeDeadlineSeconds", "priority"] {
        all.push((format!("pod.web.spec.{field}"), NUMBERS.to_vec()));
    }
    let probe =
        ["periodSeconds", "timeoutSeconds", "failureThreshold", "initialDelaySeconds", "successThreshold"];
    for field in probe {
        for kind in ["livenessProbe", "readinessProbe"] {
            all.push((format!("pod.web.spec.containers.app.{kind}.{field}"), NUMBERS.to_vec()));
        }
    }
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        for list in ["requests", "limits"] {
            let path = format!("pod.web.spec.containers.app.resources.{list}.{resource}");
            all.push((path, QUANTITIES.to_vec()));
        }
    }
    all.push(("pod.job.spec.volumes.v.emptyDir.sizeLimit".into(), QUANTITIES.to_vec()));
    all
}

/// So many steps are enough for two minutes of five pods, also where a period is as short as it may be.
const STEPS: u64 = 2_000_000;
/// A plan with more pods than this is loaded, and not run here: `limits.rs` runs large ones.
const PODS: u64 = 200;

/// All that is tried here side by side fits into so much: whoever asks for more gets none.
const BYTES: u64 = 2 << 30;

fn bound_memory() {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, most) = getrlimit(Resource::RLIMIT_DATA).expect("there is a limit");
        setrlimit(Resource::RLIMIT_DATA, BYTES.min(most), most).expect("it can be lowered");
    }
}

/// What a process is told by: the file in which it notes what it tries.
const NOTES: &str = "KUBELAPSE_BOUNDS_NOTES";

/// What is tried, in a process whose memory is bounded.
struct Tries(File);

impl Tries {
    /// Plays a case between two notes; what is wrong with it, a panic included.
    fn tried(
        &self,
        case: &str,
        work: impl FnOnce() -> Option<String> + std::panic::UnwindSafe,
    ) -> Option<String> {
        self.note('+', case);
        let problem = std::panic::catch_unwind(work).unwrap_or_else(|_| Some("it panics".to_owned()));
        self.note('-', case);
        problem.map(|problem| format!("{case}: {problem}"))
    }
    fn note(&self, what: char, case: &str) {
        // One write each, so that lines of several threads stay whole.
        (&self.0).write_all(format!("{what}{case:?}\n").as_bytes()).expect("a note");
    }
}

/// What was begun and never came to its end.
fn under_way(notes: &str) -> BTreeSet<&str> {
    let mut cases = BTreeSet::new();
    for line in notes.lines() {
        match line.split_at_checked(1) {
            Some(("+", case)) => drop(cases.insert(case)),
            Some((_, case)) => drop(cases.remove(case)),
            None => {}
        }
    }
    cases
}

/// Plays this test's cases in a process of its own; by that, what it tries them with.
fn apart(test: &str) -> Option<Tries> {
    if let Some(place) = std::env::var_os(NOTES) {
        bound_memory();
        return Some(Tries(OpenOptions::new().append(true).open(place).expect("a file for notes")));
    }
    if let Err(words) = ended_well(test, &format!("faults::bounds::{test}")) {
        panic!("{words}");
    }
    None
}

/// Starts the process, waits for it, and says what it was at where it did not end well.
fn ended_well(place: &str, test: &str) -> Result<(), String> {
    let place: PathBuf =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bounds-{place}-{}", std::process::id()));
    std::fs::write(&place, "").expect("a file for notes");
    let own = std::env::current_exe().expect("this program");
    let came = Command::new(own).args(["--exact", test, "--include-ignored"]).env(NOTES, &place).output();
    let came = came.expect("it starts");
    let notes = std::fs::read_to_string(&place).unwrap_or_default();
    let _ = std::fs::remove_file(&place);
    let said = [came.stdout, came.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    if came.status.success() && said.contains("1 passed") {
        return Ok(());
    }
    let cases: Vec<&str> = under_way(&notes).into_iter().collect();
    Err(format!("{}, while it tried {}:\n{said}", came.status, cases.join(" or ")))
}

/// What is bounded ends, and the one who asked for more than there may be is named; who asked for less is not.
#[cfg(target_os = "linux")]
#[test]
fn whoever_takes_too_much_is_named() {
    let words = ended_well("greedy", "faults::bounds::greedy").expect_err("there is a bound");
    assert!(words.contains("signal: 6 (SIGABRT)"), "{words}");
    assert!(words.contains("while it tried \"takes too much\":\n"), "{words}");
    assert!(words.contains("memory allocation of "), "{words}");
}

/// For the test before.
#[test]
#[ignore = "takes more than there may be"]
fn greedy() {
    let Some(place) = std::env::var_os(NOTES) else { return };
    bound_memory();
    let tries = Tries(OpenOptions::new().append(true).open(place).expect("a file for notes"));
    let takes = |bytes: u64| {
        let bytes = usize::try_from(bytes).expect("it can be asked for");
        let room = std::hint::black_box(vec![1_u8; bytes]);
        room.iter().all(|byte| *byte == 0).then(String::new)
    };
    assert_eq!(tries.tried("takes less", || takes(BYTES / 4)), None);
    tries.tried("takes too much", || takes(BYTES + BYTES / 2));
}

/// None where all went well.
fn tried(path: &str, value: &str) -> Option<String> {
    let set = [format!("{path}={value}")];
    let plan = match scenario::load("edges.toml", BASE, &no_files, &set) {
        Ok(plan) => plan,
        Err(problems) => {
            let told = problems.render(false);
            return (problems.errors() == 0 || told.trim().is_empty())
                .then(|| "refused without a word".to_owned());
        }
    };
    let pods: u64 = plan.templates.iter().map(|template| u64::from(template.replicas)).sum();
    if pods > PODS || plan.nodes.len() > 100 {
        return None;
    }
    let seed = plan.seed;
    let mut session = Session::new(&Arc::new(plan), seed);
    while session.step().is_some() {
        session.world.outbox.clear();
        if session.world.step > STEPS {
            return Some(format!("more than {STEPS} steps"));
        }
    }
    None
}

#[test]
fn every_key_at_its_edges() {
    use rayon::prelude::*;
    let Some(tries) = apart("every_key_at_its_edges") else { return };
    let schema = scenario::schema();
    let mut keys = of_the_spec();
    walk(&schema["$defs"], &schema, "", 0, &mut keys);
    let count = keys.iter().filter(|(_, edges)| !edges.is_empty()).count();
    assert!(count > 250, "only {count} keys were found");
    let runs: Vec<(&str, &str)> = keys
        .iter()
        .filter(|(path, _)| path != "until" && path != "start")
        .flat_map(|(path, edges)| edges.iter().map(move |value| (path.as_str(), *value)))
        .collect();
    let wrong: Vec<String> = runs
        .par_iter()
        .filter_map(|(path, value)| tries.tried(&format!("{path} = {value}"), || tried(path, value)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The ends of time, with a run that comes to its own end.
    let calm = "[[pod]]\nname = \"web\"\nspec.restartPolicy = \"Never\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n\
                [pod.behavior.containers.app]\nattempts = [{ runs = \"10s\" }]\n";
    for (key, values) in [
        ("until", &DURATIONS[..]),
        (
            "start",
            &["0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
                [..],
        ),
    ] {
        for value in values {
            if let Ok(plan) = scenario::load("calm.toml", calm, &no_files, &[format!("{key}={value}")]) {
                let mut session = Session::new(&Arc::new(plan), 0);
                while session.step().is_some() {
                    session.world.outbox.clear();
                    assert!(session.world.step < STEPS, "{key} = {value}");
                }
            }
        }
    }
}

/// What is no value of any key, or of few: every kind that TOML has, texts that a terminal would obey, and one that is huge.
fn strangers() -> Vec<String> {
    let hostile = toml::Value::from("\u{1b}[31m\u{1b}]0;x\u{7}\u{202e}abc\u{0}").to_string();
    let small = [
        "true",
        "7",
        "-1.5",
        "nan",
        "\"\"",
        "\" \"",
        "\"x\"",
        "[]",
        "[[]]",
        "[1]",
        "{}",
        "{ a = 1 }",
        "1979-05-27T07:32:00Z",
        "1979-05-27",
        "07:32:00",
        "\"../../x\"",
        "\"*\"",
        "\"a/b/c\"",
        "\"e\u{301}\u{1f4a5}\"",
    ];
    let small = small.into_iter().map(str::to_owned);
    small
        .chain([hostile, format!("\"{}\"", "x".repeat(8_192)), format!("[{}]", "\"a\",".repeat(300))])
        .collect()
}

/// A refusal is told in bounded words, with a place, and nothing in it that a terminal would obey.
fn judged(told: &str, value: &str) -> Option<String> {
    let is_evil =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    let says = |what: &str| Some(format!("{what}: {}", told.chars().take(400).collect::<String>()));
    match () {
        () if !told.contains("-->") => says("nobody is told where"),
        () if told.contains(is_evil) => says("a terminal would obey it"),
        () if told.len() > 20_000 + 3 * value.len() => says("too many words"),
        () => None,
    }
}

#[test]
fn every_key_with_values_of_other_kinds() {
    use rayon::prelude::*;
    let Some(tries) = apart("every_key_with_values_of_other_kinds") else { return };
    let schema = scenario::schema();
    let mut keys = of_the_spec();
    walk(&schema["$defs"], &schema, "", 0, &mut keys);
    let strangers = strangers();
    assert!(keys.len() > 400, "only {} keys were found", keys.len());
    let wrong: Vec<String> = keys
        .par_iter()
        .flat_map_iter(|(path, _)| strangers.iter().map(move |value| (path, value)))
        .filter_map(|(path, value)| {
            let short: String = value.chars().take(40).collect();
            let work = || {
                let set = [format!("{path}={value}")];
                match scenario::load("edges.toml", BASE, &no_files, &set) {
                    Err(problems) => judged(&problems.render(false), value),
                    Ok(_) => tried(path, value),
                }
            };
            tries.tried(&format!("{path} = {short}"), work)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// A period of nothing would never let time go on; where Kubernetes takes none for its default, so does the file.
#[test]
fn periods_are_positive() {
    let load = |set: &str| scenario::load("edges.toml", BASE, &no_files, &[set.to_owned()]);
    for key in ["controllers.nodeMonitorPeriod", "controllers.podGCPeriod"] {
        for value in ["0s", "1ns", "999us"] {
            let told = load(&format!("{key}={value}")).expect_err(key).render(false);
            assert!(told.contains("expected a millisecond or more"), "{told}");
        }
        assert!(load(&format!("{key}=1ms")).is_ok());
    }
    let default = load("name=x").expect("a plan").nodes[0].kubelet.clone();
    for key in [
        "syncFrequency",
        "nodeStatusUpdateFrequency",
        "nodeStatusReportFrequency",
        "evictionPressureTransitionPeriod",
    ] {
        for place in ["kubelet", "node.n.kubelet"] {
            let zero =
                load(&format!("{place}.{key}=0s")).expect("kubeadm writes it so").nodes[0].kubelet.clone();
            assert_eq!(format!("{zero:?}"), format!("{default:?}"), "{key}");
            let told = load(&format!("{place}.{key}=1us")).expect_err(key).render(false);
            assert!(told.contains("\"0s\" for the default"), "{told}");
        }
    }
}

/// What is deeper than anybody writes is refused, and no stack ends on the way.
#[test]
fn depth_is_refused() {
    for path in ["a.", "pod.web.spec.", "deployment.web.spec.", "action.0.merge."] {
        for count in [200, 16_000] {
            let set = format!("{path}{}=1", vec!["a"; count].join("."));
            let told =
                scenario::load("edges.toml", BASE, &no_files, &[set]).expect_err("too deep").render(false);
            assert!(told.contains("E0"), "{told}");
        }
    }
    let nested = format!("x = {}1{}\n", "[".repeat(20_000), "]".repeat(20_000));
    let tables = format!("x = {}1{}\n", "{ a = ".repeat(20_000), " }".repeat(20_000));
    let keys = format!("{} = 1\n", vec!["a"; 20_000].join("."));
    let heads = format!("[{}]\n", vec!["a"; 20_000].join("."));
    for text in [nested, tables, keys, heads] {
        assert!(scenario::load("deep.toml", &text, &no_files, &[]).is_err());
    }
}
