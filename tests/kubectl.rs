//! What kubectl would print at an instant, and what it would refuse.

use std::sync::Arc;

use kubelapse::session::{Script, Walk, kubectl};
use kubelapse::time::Span;
use kubelapse::world::PodId;

fn walk(text: &str) -> Walk {
    let (script, loaded) = Script::load("kubectl.toml", text, &kubelapse::scenario::no_files, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    Walk::new(script, &Arc::new(loaded.plan), 0)
}

fn at(walk: &mut Walk, secs: i64) -> &Walk {
    let start = walk.plan().start;
    walk.seek_time(start + Span::from_secs(secs));
    walk
}

fn describe(walk: &mut Walk, secs: i64, pod: &str) -> String {
    let walk = at(walk, secs);
    let pod = kubectl::find(walk.world(), pod).expect("it exists");
    walk.describe(pod)
}

const SHOP: &str = r#"
name = "shop"
until = "10m"
[[node]]
name = "n1"
capacity = { cpu = "1", memory = "4Gi", pods = 3 }
[[image]]
ref = "registry.example/shop/typo:1"
error = "not found"
[[pod]]
name = "web"
labels = { app = "web", tier = "front" }
finalizers = ["example.com/keep"]
  [pod.spec]
  restartPolicy = "Never"
  readinessGates = [{ conditionType = "example.com/lb" }]
  nodeSelector = { "kubernetes.io/os" = "linux" }
  tolerations = [{ key = "gpu", operator = "Exists", effect = "NoSchedule" }]
    [[pod.spec.containers]]
    name = "app"
    image = "registry.example/shop/web:1"
    command = ["serve", "--port", "8080"]
    ports = [{ containerPort = 8080 }]
    resources = { requests = { cpu = "100m" }, limits = { memory = "1Gi" } }
    livenessProbe = { httpGet = { path = "/healthz", port = 8080 } }
    readinessProbe = { exec = { command = ["cat", "/run/ready"] }, periodSeconds = 5, initialDelaySeconds = 2 }
    startupProbe = { tcpSocket = { port = 8080 }, failureThreshold = 30 }
  [pod.behavior.containers.app]
  attempts = [{ runs = "60s", exit = 0, log = ["served"] }]
[[pod]]
name = "big"
  [pod.spec]
  containers = [{ name = "app", image = "registry.example/shop/web:1", resources = { requests = { cpu = "8" } } }]
[[pod]]
name = "typo"
  [pod.spec]
  containers = [{ name = "app", image = "registry.example/shop/typo:1" }]
[[pod]]
name = "refused"
at = "30s"
  [pod.spec]
  nodeName = "n1"
    [[pod.spec.containers]]
    name = "app"
    image = "registry.example/shop/web:1"
    resources = { requests = { cpu = "2" } }
[[action]]
at = "90s"
delete = "pod/web"
[[action]]
at = "120s"
stop = "node/n1"
"#;

#[test]
fn a_pod_is_described_as_kubectl_describes_it() {
    let mut walk = walk(SHOP);
    insta::assert_snapshot!(describe(&mut walk, 20, "web"));
    // Spec containers are there before any status is.
    let big = describe(&mut walk, 20, "big");
    assert!(big.contains("\nContainers:\n  app:\n    Image:      registry.example/shop/web:1\n"), "{big}");
    // A deletion that only a finalizer holds back is not told of a pod that has ended.
    let ended = describe(&mut walk, 100, "web");
    assert!(ended.contains("\nStatus:           Succeeded\n"), "{ended}");
    assert!(!ended.contains("Terminating"), "{ended}");
}

#[test]
fn the_message_of_an_event_begins_with_its_container_since_1_35() {
    let mut new = walk(SHOP);
    assert!(describe(&mut new, 20, "web").contains("spec.containers{app}: Container started"));
    let mut old = walk(&format!("kubernetes = \"1.32\"{SHOP}"));
    assert!(describe(&mut old, 20, "web").contains("  Started container app\n"));
}

#[test]
fn logs_are_refused_in_the_kubelets_words() {
    let mut walk = walk(SHOP);
    let mut logs = |secs: i64, pod: &str, previous: bool| {
        let walk = at(&mut walk, secs);
        let found: PodId = kubectl::find(walk.world(), pod).expect("it exists");
        kubectl::logs(walk.world(), found, None, previous)
    };
    let bad = |words: &str| Err(format!("Error from server (BadRequest): {words}"));
    // Where no kubelet knows the pod, there is nothing, and no error.
    assert_eq!(logs(60, "big", false), Ok(Vec::new()));
    assert_eq!(logs(60, "refused", false), bad("container \"app\" in pod \"refused\" is not available"));
    assert_eq!(
        logs(1, "web", false),
        bad("container \"app\" in pod \"web\" is waiting to start: ContainerCreating")
    );
    let typo = |why: &str| bad(&format!("container \"app\" in pod \"typo\" is waiting to start: {why}"));
    let mut seen: Vec<_> = (5..60).map(|secs| logs(secs, "typo", false)).collect();
    seen.dedup();
    assert!(seen.contains(&typo("image can't be pulled")), "{seen:?}");
    assert!(seen.contains(&typo("trying and failing to pull image")), "{seen:?}");
    assert_eq!(logs(60, "web", true), bad("previous terminated container \"app\" in pod \"web\" not found"));
    assert_eq!(logs(80, "web", false), Ok(vec!["served".to_owned()]));
    let off = logs(121, "typo", false).expect_err("nobody answers");
    assert!(off.starts_with("Error from server: Get \"https://"), "{off}");
    assert!(off.ends_with(":10250: i/o timeout"), "{off}");
}

/// The last words of a crash are not there before the crash.
#[test]
fn lines_are_written_over_the_run() {
    let mut walk = walk(
        r#"
name = "lines"
until = "2m"
[[pod]]
name = "job"
  [pod.spec]
  restartPolicy = "Never"
    [[pod.spec.containers]]
    name = "app"
    image = "job:1"
    [[pod.spec.containers]]
    name = "web"
    image = "web:1"
  [pod.behavior.containers.app]
  attempts = [{ runs = "20s", exit = 1, log = ["connecting", "still connecting", "fatal: no route to host"] }]
  [pod.behavior.containers.web]
  attempts = [{ log = ["listening", "ready"] }]
"#,
    );
    let mut count = |secs: i64, container: &str| {
        let walk = at(&mut walk, secs);
        walk.logs(PodId(0), Some(container), false).map(|lines| lines.len())
    };
    assert_eq!([count(10, "app"), count(20, "app"), count(40, "app")], [Ok(1), Ok(2), Ok(3)]);
    assert_eq!([count(10, "web"), count(40, "web")], [Ok(2), Ok(2)]);
}

#[test]
fn nodes_and_budgets_are_shown_as_kubectl_shows_them() {
    let text = r#"
name = "around"
until = "5m"
[[node]]
name = "n"
count = 2
labels = { "node-role.kubernetes.io/worker" = "" }
[[object]]
kind = "PodDisruptionBudget"
name = "web"
minAvailable = "50%"
matchLabels = { app = "web" }
[[pod]]
name = "web"
labels = { app = "web" }
[pod.spec]
nodeName = "n-0"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1"
[[action]]
at = "20s"
cordon = "node/n-1"
[[action]]
at = "30s"
stop = "node/n-0"
"#;
    let mut walk = walk(text);
    let mut shown = String::new();
    for secs in [25, 120] {
        let walk = at(&mut walk, secs);
        shown += &format!("{secs} s\n{}", walk.get("nodes").expect("there are some"));
        shown += &walk.get("pdb").expect("there is one");
    }
    shown += &walk.describe_node("n-0").expect("it is there");
    insta::assert_snapshot!(shown);
    let nobody = walk.describe_node("n-7").expect_err("it is not there");
    assert_eq!(nobody, "Error from server (NotFound): nodes \"n-7\" not found");
}

/// A start that fails before there is an instance leaves the log of the one before where it was.
#[test]
fn a_log_stays_while_a_start_fails_before_it_makes_an_instance() {
    let mut walk = walk(
        r#"
name = "healed"
until = "10m"
[[object]]
kind = "ConfigMap"
name = "settings"
[[pod]]
name = "web"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
envFrom = [{ configMapRef = { name = "settings" } }]
[pod.behavior.containers.app]
attempts = [{ runs = "25s", exit = 1, log = ["first"] }, { log = ["second"] }]
[[action]]
at = "20s"
remove = "ConfigMap/settings"
[[action]]
at = "5m"
create = "ConfigMap/settings"
"#,
    );
    let mut logs = |secs: i64, previous: bool| {
        let walk = at(&mut walk, secs);
        let pod = kubectl::find(walk.world(), "web").expect("it exists");
        kubectl::logs(walk.world(), pod, None, previous)
    };
    let lines = |text: &str| Ok(vec![text.to_owned()]);
    assert_eq!(logs(100, false), lines("first"));
    assert_eq!(logs(100, true), lines("first"), "the instance before is the last there was");
    assert_eq!(logs(590, false), lines("second"));
    assert_eq!(logs(590, true), lines("first"));
}

/// ConfigMaps, Secrets and ServiceAccounts are told with the keys that there are; values as far as a manifest has them.
#[test]
fn what_pods_refer_to_is_told() {
    const TEXT: &str = r#"
name = "refers"
until = "1m"
[[object]]
kind = "ConfigMap"
name = "settings"
keys = ["mode", "level"]
[[apply]]
manifest = "all.yaml"
"#;
    const ALL: &str = "apiVersion: v1\nkind: Secret\nmetadata: { name: keys, labels: { app: web } }\nstringData: { token: abc }\n---\n\
                       apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: runner }\n";
    let files =
        |path: &str| (path == "all.yaml").then(|| ALL.to_owned()).ok_or_else(|| "no such file".to_owned());
    let (script, loaded) = Script::load("refers.toml", TEXT, &files, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    at(&mut walk, 30);
    let get = |text: &str| walk.get(text).unwrap_or_else(|problem| problem);
    let table = get("cm");
    assert!(table.starts_with("NAME       DATA   AGE\nsettings   2      "), "{table}");
    let whole = get("configmap settings -o yaml");
    for line in ["apiVersion: v1", "kind: ConfigMap", "  level: \"\"", "  mode: \"\"", "  name: settings"] {
        assert!(whole.contains(line), "no `{line}`: {whole}");
    }
    let secret = get("secret/keys -o yaml");
    assert!(secret.contains("  token: YWJj") && secret.contains("type: Opaque"), "{secret}");
    assert!(get("secrets -l app=web").contains("Opaque   1"), "{}", get("secrets -l app=web"));
    assert!(get("secrets -l app=other").starts_with("No resources found"));
    assert!(get("sa").contains("runner"), "{}", get("sa"));
    assert_eq!(get("cm nope"), "Error from server (NotFound): configmaps \"nope\" not found");
    assert_eq!(get("secret nope -o json"), "Error from server (NotFound): secrets \"nope\" not found");
}

/// What a pod takes from elsewhere, and who made it: as kubectl prints it, line by line.
#[test]
fn a_described_pod_tells_its_environment_its_mounts_and_its_volumes() {
    let mut walk = walk(
        r#"
name = "told"
until = "2m"
[[node]]
name = "n1"
[[object]]
kind = "ConfigMap"
name = "settings"
[[object]]
kind = "Secret"
name = "token"
[[pod]]
name = "web"
labels = { app = "web" }
  [pod.spec]
  volumes = [
    { name = "scratch", emptyDir = {} },
    { name = "certs", secret = { secretName = "token", optional = true } },
    { name = "conf", configMap = { name = "settings" } },
  ]
  topologySpreadConstraints = [{ maxSkew = 1, topologyKey = "kubernetes.io/hostname", whenUnsatisfiable = "ScheduleAnyway" }]
    [[pod.spec.containers]]
    name = "app"
    image = "registry.example/shop/web:1"
    ports = [{ name = "http", containerPort = 8080 }]
    resources = { requests = { cpu = "1500m" }, limits = { memory = "64Mi" } }
    envFrom = [{ prefix = "S_", secretRef = { name = "token", optional = true } }, { configMapRef = { name = "settings" } }]
    env = [
      { name = "LEVEL", value = "debug" },
      { name = "KEY", valueFrom = { configMapKeyRef = { name = "settings", key = "k", optional = true } } },
      { name = "NAME", valueFrom = { fieldRef = { fieldPath = "metadata.labels['app']" } } },
      { name = "IP", valueFrom = { fieldRef = { fieldPath = "status.podIP" } } },
      { name = "CPUS", valueFrom = { resourceFieldRef = { resource = "requests.cpu" } } },
      { name = "MOST", valueFrom = { resourceFieldRef = { resource = "limits.cpu" } } },
    ]
    volumeMounts = [
      { name = "scratch", mountPath = "/tmp" },
      { name = "conf", mountPath = "/etc/web", readOnly = true, subPath = "a" },
    ]
"#,
    );
    insta::assert_snapshot!(describe(&mut walk, 20, "web"));
}

/// Lines of a stop are not there before it.
#[test]
fn what_is_written_at_the_stop_comes_with_it() {
    let mut walk = walk(
        r#"
name = "stop"
until = "2m"
[[node]]
name = "n1"
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1"
  [pod.behavior.containers.app]
  attempts = [{ onTerm = { after = "10s", exit = 0 }, log = ["ready"], termLog = ["draining", "half", "bye"] }]
[[pod]]
name = "deaf"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1"
  [pod.behavior.containers.app]
  attempts = [{ onTerm = "ignore", termLog = ["what?"] }]
[[action]]
at = "30s"
delete = "pod/*"
"#,
    );
    let mut logs = |secs: i64, pod: u32| {
        let walk = at(&mut walk, secs);
        walk.logs(PodId(pod), None, false)
    };
    let of = |lines: &[&str]| Ok(lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    let webs = [29, 31, 36, 39].map(|secs| logs(secs, 0));
    assert_eq!(
        webs,
        [
            of(&["ready"]),
            of(&["ready", "draining"]),
            of(&["ready", "draining", "half"]),
            of(&["ready", "draining", "half"])
        ]
    );
    assert_eq!([logs(29, 1), logs(40, 1)], [of(&[]), of(&["what?"])]);
    let gone = logs(60, 0).expect_err("it is gone");
    assert!(
        gone.starts_with("Error from server (NotFound): pods \"") && gone.ends_with("not found"),
        "{gone}"
    );
}

#[test]
fn objects_are_chosen_and_printed_as_kubectl_does() {
    let mut walk = walk(SHOP);
    let walk = at(&mut walk, 40);
    let got = |text: &str| walk.get(text).unwrap_or_else(|problem| problem + "\n");
    for (asked, told) in [
        ("pods --field-selector spec.nodeName=n1,status.phase=Running -o name", "pod/web\n"),
        ("pods --field-selector=status.phase=Failed -o name", "pod/refused\n"),
        ("pods -l 'app in (web, other)' -o name", "pod/web\n"),
        ("pods -o jsonpath='{.items[*].metadata.name}'", "big refused typo web\n"),
        ("pod web -o jsonpath={.spec.containers[0].image}", "registry.example/shop/web:1\n"),
        (
            "pods --sort-by=.metadata.creationTimestamp -o custom-columns=N:.metadata.name,X:.spec.x --no-headers",
            "big       <none>\ntypo      <none>\nweb       <none>\nrefused   <none>\n",
        ),
        ("node n1 --no-headers -o name", "node/n1\n"),
        ("pods --ignore-not-found nobody", ""),
        ("pods -n elsewhere", "No resources found in elsewhere namespace.\n"),
        (
            "pods -o xml",
            "error: unable to match a printer suitable for the output format \"xml\", allowed formats are: \
          custom-columns,json,jsonpath,name,wide,yaml\n",
        ),
        (
            "pods --field-selector spec.replicas=3",
            "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"\", field \
          selector \"spec.replicas=3\": field label not supported: spec.replicas\n",
        ),
        ("pods --colour", "error: unknown flag: --colour\n"),
        ("pods -l", "error: flag needs an argument: -l\n"),
    ] {
        assert_eq!(got(asked), told, "{asked}");
    }
    let some = got("pods web nobody");
    assert!(
        some.starts_with("NAME ")
            && some.ends_with("Error from server (NotFound): pods \"nobody\" not found\n"),
        "{some}"
    );
    let events = got("events --field-selector reason=Started,involvedObject.kind=Pod");
    assert!(events.lines().count() == 2 && events.contains("pod/web"), "{events}");
    assert!(got("pods -A --show-labels").contains("LABELS"));
}
