//! Real clients before a simulated cluster: three kubectls, two helms, stern, client-go, kube-rs, the Python client and an operator
//! do what people do with them, unchanged, and it works as on any cluster.
//!
//! They are programs of other people, which `.ci/run` installs: `KUBELAPSE_CLIENTS` names their folder, which holds
//! `kubectl-1.32`, `kubectl-1.36`, `kubectl-1.37`, `helm-3`, `helm-4`, `stern`, and, built of `tests/programs`, `informers`,
//! `operator`, `operator-suite` and `kube-rs`; the Python client is that of `KUBELAPSE_PYTHON`. Where one is not there its test
//! says so and passes, unless the environment has KUBELAPSE_DEMAND.

#![cfg(all(feature = "serve", unix))]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;
#[path = "support/server.rs"]
mod server;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use server::{Server, serve_beside};

const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/manifests");

/// Three nodes, what some programs do, and an image that is not there.
const CLUSTER: &str = r#"
name  = "cluster"
until = "24h"
[[node]]
name  = "node"
count = 3
[[program]]
image    = "registry.example/job:*"
attempts = [{ runs = "2s" }]
[[program]]
image    = "registry.example/done:*"
attempts = [{ runs = "2s" }]
[[program]]
image    = "registry.example/fail:*"
attempts = [{ runs = "1s", exit = 1 }]
[[image]]
ref   = "registry.example/shop:never"
error = "manifest unknown"
"#;

/// A client of this name; None: it is not installed, which was told.
fn client(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("KUBELAPSE_CLIENTS").map(|folder| Path::new(&folder).join(name));
    let found = found.filter(|place| place.exists());
    if found.is_none() {
        clients::missing(name);
    }
    found
}

fn cluster(words: &str) -> Server {
    let server = serve_beside(&format!("cluster.toml {words}"), &[("cluster.toml", CLUSTER)]);
    let copied = Command::new("cp").args(["-r", MANIFESTS]).arg(&server.desk.0).status().expect("cp");
    assert!(copied.success());
    server
}

/// Somebody types.
struct Typed<'a> {
    server: &'a Server,
    client: PathBuf,
    namespace: &'static str,
}

impl Typed<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.client);
        command.args(["-n", self.namespace]).args(words).current_dir(self.server.desk.0.join("manifests"));
        command
            .env("KUBECONFIG", &self.server.kubeconfig)
            .env("HOME", &self.server.desk.0)
            .stdin(Stdio::null());
        command
    }
    fn words(line: &str) -> Vec<&str> {
        line.split_whitespace().collect()
    }
    /// Exit code and all that was printed.
    fn told(&self, words: &[&str]) -> (Option<i32>, String) {
        let done = self.command(words).output().expect("it runs");
        (done.status.code(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    }
    /// It must work, and print this.
    fn does(&self, line: &str, wanted: &str) -> String {
        self.does_all(&Typed::words(line), wanted)
    }
    fn does_all(&self, words: &[&str], wanted: &str) -> String {
        let (code, told) = self.told(words);
        assert!(code == Some(0) && told.contains(wanted), "{words:?}: {code:?}, wanted {wanted:?}\n{told}");
        told
    }
    /// It must be refused with this code, in these words.
    fn refused(&self, line: &str, code: i32, wanted: &str) {
        let (own, told) = self.told(&Typed::words(line));
        assert!(own == Some(code) && told.contains(wanted), "{line}: {own:?}, wanted {wanted:?}\n{told}");
    }
    /// The lines of one that goes on.
    fn begins(&self, line: &str) -> (Child, BufReader<std::process::ChildStdout>) {
        let mut child = self
            .command(&Typed::words(line))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let out = child.stdout.take().expect("it is piped");
        (child, BufReader::new(out))
    }
}

fn ended(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// What a person does in a namespace of his own in an afternoon.
fn story(version: &str) {
    let Some(client) = client(&format!("kubectl-{version}")) else { return };
    let server = cluster("--speed 20");
    let k = Typed { server: &server, client, namespace: "shop" };
    k.does("create namespace shop", "namespace/shop created");
    k.does("apply -f web.yaml", "deployment.apps/web created");
    k.does("rollout status deployment/web --timeout=60s", "successfully rolled out");
    k.does("wait --for=condition=Available deployment/web --timeout=60s", "condition met");
    k.refused("diff -f web2.yaml", 1, "+        image: registry.example/web:2");
    k.does("apply -f web2.yaml", "deployment.apps/web configured");
    k.does("rollout status deployment/web --timeout=60s", "successfully rolled out");
    k.does("rollout history deployment/web", "2 ");
    k.does("rollout undo deployment/web", "rolled back");
    k.does("rollout restart deployment/web", "restarted");
    k.does("rollout status deployment/web --timeout=60s", "successfully rolled out");
    k.does_all(&["patch", "deployment", "web", "-p", r#"{"spec":{"minReadySeconds":1}}"#], "patched");
    let mut edit = k.command(&["edit", "deployment", "web"]);
    let edited = edit
        .env("KUBE_EDITOR", "sed -i s/minReadySeconds:.1/minReadySeconds:\\ 2/")
        .output()
        .expect("it runs");
    assert!(String::from_utf8_lossy(&edited.stdout).contains("edited"), "{edited:?}");
    assert_eq!(k.does("get deployment web -o jsonpath={.spec.minReadySeconds}", ""), "2");
    k.does("scale deployment web --replicas=5", "scaled");
    k.does("autoscale deployment web --min=2 --max=6", "autoscaled");
    k.does("label deployment web tier=front", "labeled");
    k.does("annotate deployment web note=hello", "annotated");
    k.does("annotate node node-1 note=hello", "annotated");
    assert_eq!(k.does("get node node-1 -o jsonpath={.metadata.annotations.note}", ""), "hello");
    k.does("set image deployment/web app=registry.example/web:3", "image updated");
    k.does("set env deployment/web A=b", "env updated");
    k.does("rollout status deployment/web --timeout=60s", "successfully rolled out");

    k.does("create configmap cm --from-literal=a=b", "created");
    k.does("create secret generic sec --from-literal=a=b", "created");
    k.does("create serviceaccount sa", "created");
    k.does("create role r --verb=get --resource=pods", "created");
    k.does("create rolebinding rb --role=r --serviceaccount=shop:sa", "created");
    k.does("create quota q --hard=pods=100", "created");
    k.does("create job once --image=registry.example/job:1", "created");
    k.does("wait --for=condition=complete job/once --timeout=60s", "condition met");
    k.does("logs -f job/once", "");
    k.does("apply -f jobs.yaml", "cronjob.batch/report created");
    k.does("wait --for=condition=complete job/import --timeout=60s", "condition met");
    k.does("wait --for=condition=failed job/broken --timeout=60s", "condition met");

    k.does("auth can-i delete pods", "yes");
    k.does("get all", "deployment.apps/web");
    k.does("get pods -o wide", "node-0");
    k.does("get events", "SuccessfulCreate");
    k.does("events", "ScalingReplicaSet");
    k.does("describe deployment web", "5 desired | 5 updated");
    k.does("describe node node-1", "note: hello");
    let pod = k.does("get pods -l app=web -o jsonpath={.items[0].metadata.name}", "web-");
    assert!(!k.does(&format!("describe pod {pod}"), "Controlled By:").contains("<unknown>"));
    k.does(&format!("debug {pod} --image=registry.example/tool:1 --container=dbg"), "");
    assert_eq!(
        k.does(&format!("get pod {pod} -o jsonpath={{.spec.ephemeralContainers[0].name}}"), ""),
        "dbg"
    );
    k.does("debug node/node-1 --image=registry.example/tool:1", "Creating debugging pod");
    k.refused(&format!("exec {pod} -- ls"), 1, "no processes to talk to");

    let (child, mut lines) = k.begins("get pods -w");
    let mut line = String::new();
    lines.read_line(&mut line).expect("it speaks");
    k.does("run bare --image=registry.example/bare:1", "created");
    while !(line.starts_with("bare") && line.contains("Running")) {
        line.clear();
        assert!(lines.read_line(&mut line).expect("it speaks") > 0, "it has ended");
    }
    ended(child);

    k.does("drain node-1 --ignore-daemonsets --delete-emptydir-data --force --timeout=60s", "drained");
    k.does("uncordon node-1", "uncordoned");
    k.does("taint node node-2 a=b:NoSchedule", "tainted");
    k.does("taint node node-2 a-", "untainted");
    k.does("replace --force -f web.yaml --timeout=60s", "poddisruptionbudget.policy/web replaced");
    k.does("apply --server-side --force-conflicts -f web2.yaml", "deployment.apps/web serverside-applied");
    k.does("explain deployment.spec.replicas", "<integer>");
    k.does("api-resources", "poddisruptionbudgets");
    k.does("delete -f web2.yaml --timeout=60s", "deleted");
    k.does("delete namespace shop --timeout=60s", "deleted");
    k.refused("get pods bare", 1, "NotFound");
}

#[test]
fn kubectl_1_32_does_what_people_do() {
    story("1.32");
}

#[test]
fn kubectl_1_36_does_what_people_do() {
    story("1.36");
}

#[test]
fn the_newest_kubectl_does_what_people_do() {
    story("1.37");
}

/// Time goes on while nobody has anything to do, and so a rollout of ten minutes is soon over; a test of ours reads no clock.
#[test]
fn in_lockstep_whoever_waits_for_minutes_is_soon_told() {
    let Some(client) = client("kubectl-1.36") else { return };
    let server = cluster("--speed paused --lockstep");
    let k = Typed { server: &server, client, namespace: "default" };
    k.does("create deployment slow --image=registry.example/web:1 --replicas=4", "created");
    let slow = r#"{"spec":{"minReadySeconds":280,"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":"50%"}}}}"#;
    k.does_all(&["patch", "deployment", "slow", "-p", slow], "patched");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=10m", "");
    k.does("set image deployment/slow web=registry.example/web:2", "updated");
    server.ask("POST", "/kubelapse/v1/clock/resume?speed=max", "");
    k.does("rollout status deployment/slow --timeout=60s", "successfully rolled out");
    k.does("wait --for=condition=Available deployment/slow --timeout=60s", "condition met");
}

fn chart(version: &str, stalls: &str) {
    let (Some(helm), Some(kubectl)) = (client(&format!("helm-{version}")), client("kubectl-1.36")) else {
        return;
    };
    let server = cluster("--speed 20");
    let k = Typed { server: &server, client: kubectl, namespace: "shop" };
    k.does("create namespace shop", "created");
    let h = Typed { server: &server, client: helm, namespace: "shop" };
    h.does("install shop chart --wait --timeout 60s", "STATUS: deployed");
    assert_eq!(k.does("get deployment shop -o jsonpath={.status.availableReplicas}", ""), "2");
    h.does("upgrade shop chart --set replicas=3 --wait --timeout 60s", "REVISION: 2");
    assert_eq!(k.does("get deployment shop -o jsonpath={.status.availableReplicas}", ""), "3");
    // The image is not there: what is said, and when, is helm's own.
    h.refused("upgrade shop chart --set tag=never --wait --timeout 5s", 1, stalls);
    h.does("history shop", "failed");
    h.does("rollback shop 2 --wait --timeout 60s", "Rollback was a success");
    assert_eq!(
        k.does("get deployment shop -o jsonpath={.spec.template.spec.containers[0].image}", ""),
        "registry.example/shop:1"
    );
    h.does("test shop --timeout 60s", "Succeeded");
    h.does("list", "shop");
    h.does("uninstall shop --wait --timeout 60s", "uninstalled");
    k.refused("get deployment shop", 1, "NotFound");
}

#[test]
fn helm_3_installs_upgrades_rolls_back_and_gives_up_what_stalls() {
    chart("3", "UPGRADE FAILED: context deadline exceeded");
}

#[test]
fn helm_4_installs_upgrades_rolls_back_and_gives_up_what_stalls() {
    chart("4", "context deadline exceeded");
}

#[test]
fn stern_follows_all_pods_of_a_workload() {
    let (Some(stern), Some(kubectl)) = (client("stern"), client("kubectl-1.36")) else { return };
    let logs = CLUSTER
        .replace("runs = \"1s\", exit = 1", "runs = \"1s\", exit = 1, log = [\"cannot reach the database\"]");
    let server = serve_beside("cluster.toml --speed 20", &[("cluster.toml", &logs)]);
    std::fs::create_dir(server.desk.0.join("manifests")).expect("a folder");
    let k = Typed { server: &server, client: kubectl, namespace: "default" };
    let s = Typed { server: &server, client: stern, namespace: "default" };
    k.does("create deployment breaks --image=registry.example/fail:1 --replicas=2", "created");
    let (child, mut lines) = s.begins("breaks --color never");
    let (mut told, mut line) = (std::collections::BTreeSet::new(), String::new());
    while told.len() < 2 {
        line.clear();
        assert!(lines.read_line(&mut line).expect("it speaks") > 0, "it has ended");
        if line.contains("cannot reach the database") {
            told.insert(line.split_whitespace().next().unwrap_or_default().to_owned());
        }
    }
    ended(child);
    assert!(told.iter().all(|pod| pod.starts_with("breaks-")), "{told:?}");
}

#[test]
fn client_go_watches_leads_and_writes() {
    let (Some(informers), Some(kubectl)) = (client("informers"), client("kubectl-1.36")) else { return };
    let server = cluster("--speed paused");
    let k = Typed { server: &server, client: kubectl, namespace: "default" };
    k.does("apply -f web.yaml", "created");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=2m", "");
    k.does("rollout status deployment/web --timeout=60s", "successfully rolled out");
    let run = |mode: &str, seconds: &str| {
        let mut command = Command::new(&informers);
        command
            .args(["-ns", "default", "-mode", mode, "-secs", seconds])
            .env("KUBECONFIG", &server.kubeconfig);
        let done = command.output().expect("it runs");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let watched = run("watch", "2");
    assert!(watched.contains("*v1.Deployment:true") && watched.contains("*v1.Pod:true"), "{watched}");
    assert_eq!(watched.matches("pod add web-").count(), 3, "{watched}");
    assert_eq!(run("lead", "3"), "leading\nstopped\n");
    let written = run("write", "10");
    for line in [
        "updatescale <nil>",
        "update <nil>",
        "the object has been modified; please apply your changes to the latest version and try again",
        "patch <nil>",
        "apply <nil>",
        "create <nil>",
        "list 2 true",
        "evict <nil>",
        "openapi v2 <nil>",
    ] {
        assert!(written.contains(line), "{line}\n{written}");
    }
}

#[test]
fn kube_rs_applies_watches_and_patches() {
    let Some(program) = client("kube-rs") else { return };
    let server = cluster("--speed 20");
    let done = Command::new(program).env("KUBECONFIG", &server.kubeconfig).output().expect("it runs");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    for line in [
        "created settings\n",
        "refused AlreadyExists\n",
        "ready\n",
        "scaled to Some(1)\n",
        "scale says Some(1)\n",
        "a page of 2, and more: true\n",
    ] {
        assert!(told.contains(line), "{line}{told}{}", String::from_utf8_lossy(&done.stderr));
    }
    assert!(done.status.success());
}

#[test]
fn the_python_client_writes() {
    let Some(python) = clients::python("kubernetes") else { return };
    let server = cluster("--speed 20");
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/python-client.py");
    let run = |what: &str, wanted: &[&str]| {
        let mut command = Command::new(&python);
        command.args([program, "default", what]).env("KUBECONFIG", &server.kubeconfig);
        let done = command.output().expect("it runs");
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{what}: {told}{}", String::from_utf8_lossy(&done.stderr));
        for words in wanted {
            assert!(told.contains(words), "{what}: no {words}\n{told}");
        }
    };
    run("create", &["py\n", "py 2\n"]);
    // What is read and then asked for is still there.
    server.ask("POST", "/kubelapse/v1/clock/pause", "");
    run("update", &["409 Conflict", "'a': 'b'", "3\n3 2\n1 "]);
    run("dynamic", &["['py']", "{'x': 'y'}", "+kubelapse"]);
    run("delete", &["V1Status"]);
}

/// A value with its members in the order of their names: in which order they were written says nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut all: Vec<(String, Value)> =
                members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(all.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Everything of its shops that an operator has written, without what differs by nature: times, uids, versions, generated names.
fn settled(server: &Server) -> String {
    let shops = server.get("/apis/lapse.example/v1/namespaces/default/shops");
    let deployments = server.get("/apis/apps/v1/namespaces/default/deployments");
    let settings = server.get("/api/v1/namespaces/default/configmaps");
    let mut told = String::new();
    for list in [shops, deployments, settings] {
        for item in list["items"].as_array().expect("a list") {
            let conditions = item["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let mut conditions: Vec<String> =
                conditions.iter().map(|own| format!("{}: {}", own["type"], own["status"])).collect();
            conditions.sort();
            let status = &item["status"];
            let ready = if status["ready"].is_null() { &status["readyReplicas"] } else { &status["ready"] };
            told += &format!(
                "{} {} {} ready {ready} {}\n",
                item["metadata"]["name"],
                sorted(&item["spec"]),
                sorted(&item["data"]),
                conditions.join(", ")
            );
        }
    }
    told
}

fn operate(server: &Server, operator: &Path) -> Child {
    let mut command = Command::new(operator);
    command.args(["--namespace", "default"]).env("KUBECONFIG", &server.kubeconfig).stderr(Stdio::null());
    command.stdout(Stdio::null()).spawn().expect("it runs")
}

/// A node goes dark and comes back while three shops are set up and changed: whatever the order in which the operator asked, it comes
/// to the same.
#[test]
fn an_operator_comes_to_the_same_state_each_time() {
    let (Some(operator), Some(kubectl)) = (client("operator"), client("kubectl-1.36")) else { return };
    let times = std::env::var("KUBELAPSE_TIMES").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let mut states: Vec<String> = Vec::new();
    for _ in 0..times {
        let dark = format!(
            "{}[[action]]\nat = \"2m\"\nstop = \"node/node-1\"\n[[action]]\nat = \"20m\"\nstart = \"node/node-1\"\n",
            CLUSTER.replace("until = \"24h\"", "until = \"40m\"")
        );
        let server = serve_beside("cluster.toml --speed paused --lockstep", &[("cluster.toml", &dark)]);
        let copied = Command::new("cp").args(["-r", MANIFESTS]).arg(&server.desk.0).status().expect("cp");
        assert!(copied.success());
        let k = Typed { server: &server, client: kubectl.clone(), namespace: "default" };
        k.does("apply -f crd.yaml", "created");
        let running = operate(&server, &operator);
        for name in ["a", "b", "c"] {
            let shop = std::fs::read_to_string(Path::new(MANIFESTS).join("shop.yaml")).expect("the manifest");
            let place = server.desk.0.join("manifests").join(format!("{name}.yaml"));
            std::fs::write(&place, shop.replace("name: a", &format!("name: {name}"))).expect("a file");
            k.does(&format!("apply -f {name}.yaml"), "created");
        }
        server.ask("POST", "/kubelapse/v1/clock/resume?speed=max", "");
        k.does("wait --for=condition=Ready shops --all --timeout=60s", "shop.lapse.example/c condition met");
        k.does_all(&["patch", "shop", "b", "--type=merge", "-p", r#"{"spec":{"replicas":4}}"#], "patched");
        k.does("wait --for=jsonpath={.status.ready}=4 shop/b --timeout=60s", "condition met");
        // To the scenario's end, with the operator beside it.
        let mut waited = 0;
        while server.get("/kubelapse/v1/clock")["nextSeconds"].as_f64().is_some_and(|next| next <= 2400.0) {
            waited += 1;
            assert!(waited < 600, "the clock does not come to its end");
            #[expect(clippy::disallowed_methods, reason = "a cluster in lock-step takes a while")]
            std::thread::sleep(Duration::from_millis(100));
        }
        states.push(settled(&server));
        ended(running);
    }
    assert_eq!(states[0].matches("\"Ready\": \"True\"").count(), 3, "{}", states[0]);
    for state in &states {
        assert_eq!(state, &states[0]);
    }
}

#[test]
fn the_suite_of_an_operator_passes() {
    let (Some(suite), Some(kubectl)) = (client("operator-suite"), client("kubectl-1.36")) else { return };
    let server = cluster("--speed 20");
    let k = Typed { server: &server, client: kubectl, namespace: "default" };
    k.does("apply -f crd.yaml", "created");
    let mut command = Command::new(&suite);
    command.args(["-test.v", "-test.timeout", "120s"]).env("KUBECONFIG", &server.kubeconfig);
    let done = command.output().expect("it runs");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success() && told.contains("PASS"),
        "{told}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// The page for operators, as it is written.
#[test]
fn the_recipe_for_operators_runs() {
    let (Some(operator), Some(kubectl)) = (client("operator"), client("kubectl-1.36")) else { return };
    let page = include_str!("../docs/cookbook/operator.md");
    let block = |language: &str| {
        let rest = page.split_once(&format!("```{language}\n")).expect("a block").1;
        rest.split_once("```").expect("its end").0
    };
    let desk = desk::Desk::with("recipe", None);
    for folder in ["bin", "config/crd", "config/samples"] {
        std::fs::create_dir_all(desk.0.join(folder)).expect("a folder");
    }
    let manifests = Path::new(MANIFESTS);
    std::fs::copy(manifests.join("crd.yaml"), desk.0.join("config/crd/crd.yaml")).expect("a copy");
    std::fs::copy(manifests.join("shop.yaml"), desk.0.join("config/samples/shop.yaml")).expect("a copy");
    std::fs::copy(operator, desk.0.join("bin/manager")).expect("a copy");
    std::os::unix::fs::symlink(kubectl, desk.0.join("bin/kubectl")).expect("a link");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubelapse"), desk.0.join("bin/kubelapse"))
        .expect("a link");
    std::fs::write(desk.0.join("nodes.toml"), block("toml nodes.toml")).expect("a file");
    let path = format!("{}:{}", desk.0.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    // What goes on in the background writes elsewhere than to the test.
    let script = format!("set -e\nexec >told 2>&1\n{}", block("sh"));
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(&desk.0).env("PATH", path).env("HOME", &desk.0);
    let status = command.status().expect("bash");
    let told = std::fs::read_to_string(desk.0.join("told")).unwrap_or_default();
    assert!(status.success() && told.contains("shop.lapse.example/a condition met"), "{told}");
    let saved = std::fs::read_to_string(desk.0.join("what-happened.toml")).expect("it was saved");
    assert!(saved.contains("write = \"Shop/a\"") && saved.contains("write = \"Deployment/a\""), "{saved}");
    let played = desk.run("run what-happened.toml");
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
}

/// Whoever leads lets go when it is told to end, and the next one need not wait.
#[test]
fn an_operator_that_ends_gives_up_its_lease() {
    let (Some(operator), Some(kubectl)) = (client("operator"), client("kubectl-1.36")) else { return };
    let server = cluster("--speed paused");
    let k = Typed { server: &server, client: kubectl, namespace: "default" };
    k.does("apply -f crd.yaml", "created");
    let mut running = operate(&server, &operator);
    let lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/shop.lapse.example";
    let holder = |server: &Server| server.ask("GET", lease, "").1["spec"]["holderIdentity"].clone();
    let mut waited = 0;
    while !holder(&server).is_string() {
        waited += 1;
        assert!(waited < 300, "nobody leads");
        #[expect(clippy::disallowed_methods, reason = "a program that begins takes a while")]
        std::thread::sleep(Duration::from_millis(100));
    }
    kill(Pid::from_raw(running.id().cast_signed()), Signal::SIGTERM).expect("it runs");
    running.wait().expect("it ends");
    assert_eq!(holder(&server), Value::from(""));
}
