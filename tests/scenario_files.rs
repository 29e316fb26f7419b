//! Scenario files: every recorded one loads, every shipped one is embedded, every mistake is told where it stands, and
//! no text whatever brings the loader down.

use std::path::{Path, PathBuf};

use kubelapse::scenario::{self, Code, Diagnostics, builtin};
use proptest::prelude::*;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn scenarios_under(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            scenarios_under(&path, out);
        } else if path.file_name().is_some_and(|name| name == "scenario.toml") {
            out.push(path);
        }
    }
}

/// Folder and stem of each scenario file below a folder.
fn shipped_under(dir: &Path, folder: &str, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            shipped_under(&entry.path(), &name, out);
        } else if let Some(stem) = name.strip_suffix(".toml") {
            out.push((folder.to_owned(), stem.to_owned()));
        }
    }
}

fn nothing(path: &str) -> Result<String, String> {
    Err(format!("no such file: {path}"))
}

fn load(text: &str) -> Result<scenario::Loaded, Diagnostics> {
    scenario::load_noting("test.toml", text, &nothing, &[])
}

fn load_with(text: &str, sets: &[&str]) -> Result<scenario::Loaded, Diagnostics> {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    scenario::load_noting("test.toml", text, &nothing, &sets)
}

#[test]
fn recorded_scenarios_load() {
    let mut files = Vec::new();
    scenarios_under(&root().join("tests/golden"), &mut files);
    assert!(files.len() >= 400, "{} recordings", files.len());
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let folder = file.parent().unwrap();
        let loader = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| e.to_string());
        match scenario::load(&file.display().to_string(), &text, &loader, &[]) {
            Ok(plan) => assert!(!plan.templates.is_empty(), "{}", file.display()),
            Err(problems) => wrong.push_str(&problems.render(false)),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn shipped_scenarios_are_embedded_load_and_tell_what_one_will_see() {
    let mut kept = Vec::new();
    shipped_under(&root().join("scenarios"), "", &mut kept);
    let mut embedded: Vec<(String, String)> =
        builtin::ALL.iter().map(|b| (b.topic.folder().to_owned(), b.name.to_owned())).collect();
    assert!(builtin::ALL.is_sorted_by_key(|b| b.topic), "topic by topic");
    kept.sort();
    embedded.sort();
    assert_eq!(kept, embedded);
    let names: std::collections::BTreeSet<&str> = builtin::ALL.iter().map(|b| b.name).collect();
    assert_eq!(names.len(), embedded.len(), "a name stands for one scenario");
    for shipped in builtin::ALL {
        let loaded = scenario::load_noting("test.toml", shipped.text, &builtin::manifest, &[])
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        assert!(loaded.warnings.items.is_empty(), "{}", loaded.warnings.render(false));
        assert_eq!(loaded.plan.name, shipped.name);
        let is_fleet = shipped.topic == builtin::Topic::Scale;
        assert!(is_fleet || loaded.plan.expects.len() >= 4, "{}", shipped.name);
        assert!(shipped.about().len() > 40, "{}", shipped.name);
        assert!((10..=90).contains(&shipped.description().len()), "{}: a line of a table", shipped.name);
        let schema = if shipped.topic.folder().is_empty() { "./" } else { "../" };
        assert!(shipped.text.contains(&format!("\n#:schema {schema}schema.json\n")), "{}", shipped.name);
    }
}

#[test]
fn the_schema_beside_the_shipped_scenarios_is_the_printed_one() {
    let printed = serde_json::to_string_pretty(&scenario::schema()).unwrap() + "\n";
    let path = root().join("scenarios/schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == printed, "scenarios/schema.json is not what `kubelapse schema` prints");
}

const BROKEN: &str = r#"
name = "broken"
untill = "5m"
seed = "seven"
kubernetes = "1.31"
until = "5m"

[latency]
sandbox = { uniform = ["5s", "2s"] }
create = "30"

[[node]]
name = "node"
taints = [{ key = "gpu", effect = "NoShedule" }]

[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "nginx:1.27"
  readynessProbe = { tcpSocket = { port = 80 } }
  [pod.behavior.containers.ap]
  attempts = [{ runs = "2s", exit = 300 }]

[[pod]]
name = "api"
replicas = 3
at = "10m"
  [[pod.spec.containers]]
  name = "app"
  image = "nginx:1.27"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forver", readiness = [{ ok = true }] }]

[[action]]
at = "1m"
delete = "pod/wbe"

[[action]]
at = "1m"
delete = "pod/api"

[[action]]
at = "1m"
start = "node/nod"
force = true

[[expect]]
at = "1m"
pod = "web"
phase = "Runing"
ready = "one"
"#;

#[test]
fn all_problems_are_told_at_once_in_file_order() {
    let problems = load(BROKEN).expect_err("it is full of mistakes");
    insta::assert_snapshot!("short", problems.short());
    insta::assert_snapshot!("rendered", problems.render(false));
    let lines: Vec<usize> = problems.items.iter().map(|i| problems.position(i.loc).0).collect();
    assert!(lines.is_sorted(), "{lines:?}");
}

#[test]
fn what_can_never_have_an_effect_is_a_warning() {
    let text = r#"
until = "1m"
[[image]]
ref = "ngnix:1.27"
pull = "3s"
[[image]]
ref = "docker.io/library/nginx:1.27"
[[pod]]
name = "web"
replicas = 100
every = "1s"
  [[pod.spec.containers]]
  name = "app"
  image = "nginx:1.27"
  [pod.behavior.containers.app]
  attempts = [{ preStop = { takes = "1s" } }]
[[action]]
at = "1s"
shutdown = "node/node"
"#;
    let loaded = load(text).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(loaded.warnings.errors(), 0);
    insta::assert_snapshot!("warnings", loaded.warnings.short());
}

#[test]
fn devices_disks_and_sandboxes_that_are_not_there_are_told() {
    let text = r#"
[[node]]
name = "gpu"
capacity = { "nvidia.com/gpu" = 2 }
devicePlugins = { "nvidia.com/gpus" = "20s", cpu = "1s" }
[[node]]
name = "plain"
devicePlugins = { "amd.com/gpu" = "20s" }
[[pod]]
name = "web"
[pod.spec]
volumes = [{ name = "cache", emptyDir = {} }, { name = "conf", configMap = { name = "conf" } }]
  [[pod.spec.containers]]
  name = "app"
  image = "nginx:1.27"
  [pod.behavior.containers.app]
  attempts = [{ writes = [
    { at = "10s", size = "1Gi", volume = "cache" },
    { at = "10s", size = "1Gi" },
    { at = "5s", size = "2Gi", volume = "cache" },
    { at = "5s", volume = "conf" },
    { at = "20s", size = "-1Gi", volume = "cach" },
  ] }]
[[action]]
at = "1m"
kill = "pod/web"
sandbox = true
container = "app"
signal = "SIGTERM"
[[action]]
at = "1m"
delete = "pod/web"
sandbox = true
"#;
    let problems = load(text).expect_err("none of these is there");
    insta::assert_snapshot!("devices", problems.short());
}

#[test]
fn what_the_api_server_refuses_is_told_in_its_words_where_it_stands() {
    let text = r#"
[[pod]]
name = "Web"
  [pod.spec]
  restartPolicy = "Sometimes"
  priorityClassName = "urgent"
    [[pod.spec.containers]]
    name = "app"

[[pod]]
name = "api"
  [pod.spec]
  terminationGracePeriodSeconds = "long"
    [[pod.spec.containers]]
    name = "app"
    image = "nginx"

[[pod]]
name = "db"
  [pod.spec]
  restartPolicy = "Sometimes"
    [[pod.spec.containers]]
    name = "App"

[[expect]]
at = "1s"
pod = "db"
phase = "Running"
"#;
    let problems = load(text).expect_err("all three are refused");
    insta::assert_snapshot!("rejected", problems.short());
}

#[test]
fn every_syntax_error_is_told() {
    let problems = load("name = \nuntil = 'x\n[[pod]\n").expect_err("no TOML");
    assert!(problems.items.iter().all(|i| i.code == Code::Syntax));
    assert!(problems.items.len() >= 2, "{}", problems.short());
}

const SMALL: &str = r#"
[[pod]]
name = "web"
  [pod.spec]
    [[pod.spec.containers]]
    name = "app"
    image = "nginx:1.27"
"#;

#[test]
fn overrides_reach_every_corner() {
    use kubelapse::api::RestartPolicy;
    let plan = load_with(
        SMALL,
        &[
            "kubernetes=1.32",
            "pod.web.spec.restartPolicy=Never",
            "pod.web.spec.containers.app.image=nginx:1.28",
            "pod.web.behavior.containers.app.attempts=[{ runs = \"3s\", exit = 1 }]",
            "latency.sandbox=2s",
            "node.node.capacity.cpu=2",
            "seed=7",
            "featureGates.ContainerStopSignals=false",
        ],
    );
    // The last one asks for a gate that 1.32 does not know.
    let problems = plan.expect_err("1.32 has no such gate");
    assert_eq!(problems.items.len(), 1, "{}", problems.short());
    let plan = load_with(
        SMALL,
        &[
            "kubernetes=1.32",
            "pod.web.spec.restartPolicy=Never",
            "pod.web.spec.containers[0].image=nginx:1.28",
            "pod.*.behavior.containers.app.attempts=[{ runs = \"3s\", exit = 1 }]",
            "latency.sandbox=2s",
            "node.node.capacity.cpu=2",
            "seed=7",
        ],
    )
    .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    .plan;
    assert_eq!(plan.seed, 7);
    assert_eq!(plan.gates.version.as_str(), "1.32");
    assert_eq!(plan.templates[0].spec.restart_policy, Some(RestartPolicy::Never));
    assert_eq!(plan.templates[0].spec.containers[0].image, "nginx:1.28");
    assert_eq!(plan.nodes[0].spec.capacity["cpu"], 2_000_000_000);
    let exit = &plan.templates[0].behavior.containers[0].attempts[0].exit;
    assert_eq!(*exit, kubelapse::scenario::plan::Exit::Code(1));
}

#[test]
fn overrides_that_lead_nowhere_are_told() {
    let sets = [
        "pod.wbe.at=1s",
        "latncy.sandbox=2s",
        "latency.sandbox",
        "seed=x",
        "pod.web.spec.containers[3].image=a",
        "=1",
        "node.x.count=2",
        "seed.x=1",
    ];
    let problems = load_with(SMALL, &sets).expect_err("they lead nowhere");
    insta::assert_snapshot!("overrides", problems.short());
}

#[test]
fn manifests_may_be_json_or_yaml_and_hold_several_pods() {
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: x}}\nspec:\n  containers:\n  - name: app\n    image: nginx\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: b, namespace: shop}\n  spec: {containers: [{name: app, image: 'nginx:1'}]}\n";
    let loader = |_: &str| Ok(yaml.to_owned());
    let text = "[[pod]]\nmanifest = \"pods.yaml\"\nlabels = { tier = \"web\" }\n";
    let plan = scenario::load("two.toml", text, &loader, &["pod.pods.replicas=2".to_owned()])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(plan.name, "two");
    let names: Vec<&str> = plan.templates.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(plan.templates[0].labels["app"], "x");
    assert_eq!(plan.templates[0].labels["tier"], "web");
    assert_eq!(plan.templates[1].namespace, "shop");
    assert!(plan.templates[1].numbered);
    for broken in [
        "{",
        "kind: Pod",
        "- 1\n- 2",
        "a: b: c",
        "\u{0}",
        "kind: Pod\nspec: 7",
        "kind: Service\nmetadata: {}",
    ] {
        let loader = |_: &str| Ok(broken.to_owned());
        assert!(scenario::load("x.toml", text, &loader, &[]).is_err(), "{broken:?}");
    }
}

/// Where a text is cut or changed, and how.
fn mutated() -> impl Strategy<Value = String> {
    let texts: Vec<&'static str> = builtin::ALL.iter().map(|b| b.text).collect();
    (proptest::sample::select(texts), any::<proptest::sample::Index>(), 0..40usize, ".{0,12}").prop_map(
        |(text, at, length, insert)| {
            let chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            chars[..at].iter().copied().chain(insert.chars()).chain(chars[end..].iter().copied()).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_brings_the_loader_down(text in ".{0,400}") {
        let _ = load(&text).map_err(|problems| (problems.render(true), problems.short()));
    }

    #[test]
    fn no_mutation_of_a_good_file_brings_the_loader_down(text in mutated()) {
        let _ = load(&text).map_err(|problems| (problems.render(false), problems.short()));
    }

    #[test]
    fn no_override_brings_the_loader_down(set in "(pod|node|latency|image|seed|expect)[.\\[\\]a-z0-9*\"=]{0,30}") {
        let _ = load_with(SMALL, &[&set]).map_err(|problems| problems.render(false));
    }
}

/// Editors and other readers know TOML 1.0, in which an inline table stands on one line; our own reader takes more.
#[test]
fn shipped_files_keep_to_toml_1_0() {
    /// The line of the first line break inside an inline table.
    fn broken_table(text: &str) -> Option<usize> {
        let mut open: Vec<char> = Vec::new();
        let mut quote: Option<&str> = None;
        let (mut rest, mut line) = (text, 1);
        while let Some(next) = rest.chars().next() {
            let mut taken = next.len_utf8();
            line += usize::from(next == '\n');
            match quote {
                Some(end) if rest.starts_with(end) => (quote, taken) = (None, end.len()),
                Some("\"" | "\"\"\"") if next == '\\' => taken += 1,
                Some(_) => {}
                None => match next {
                    '"' | '\'' => {
                        let kinds = ["\"\"\"", "'''", "\"", "'"];
                        quote = kinds.into_iter().find(|kind| rest.starts_with(*kind));
                        taken = quote.map_or(1, str::len);
                    }
                    '#' => taken = rest.find('\n').unwrap_or(rest.len()),
                    '[' | '{' => open.push(next),
                    ']' | '}' => drop(open.pop()),
                    '\n' if open.last() == Some(&'{') => return Some(line - 1),
                    _ => {}
                },
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        None
    }
    assert_eq!(broken_table("a = { b = 1 }\nc = [\n  { d = \"{\\n\" }, # {\n]\n"), None);
    assert_eq!(broken_table("a = 1\nb = { c = [1,\n 2], d = 3,\n e = 4 }\n"), Some(3));
    for shipped in builtin::ALL {
        assert_eq!(broken_table(shipped.text), None, "{}", shipped.name);
    }
}
