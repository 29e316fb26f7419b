//! Nodes in trouble: what is short ends pods, what is switched off ends them in order, and a budget keeps them.

#[path = "support/plan.rs"]
mod plan;

mod nodes {
    mod lost;
    mod memory;
}

use kubelapse::api::{Sym, Tri};
use kubelapse::record::Change;
use kubelapse::session::{self, Lived};
use plan::plan;

/// A run to its end, with the world that it leaves.
fn ended(text: &str) -> session::Session {
    let mut session = session::Session::new(&plan(text), 0);
    while session.step().is_some() {}
    session
}

fn live(text: &str) -> Lived {
    session::live(&plan(text), 0)
}

/// Phase, reason and the second of each phase of a pod.
fn phases(lived: &Lived, pod: &str) -> Vec<(f64, String)> {
    let start = lived.directory.start;
    let of_pod =
        |ix: Option<u32>| ix.is_some_and(|ix| lived.directory.pods[ix as usize].name.to_string() == pod);
    let rows = lived.transitions.iter().filter(|t| of_pod(t.pod));
    rows.filter_map(|t| match t.change {
        Change::Phase { to, .. } => Some((t.time.since(start).micros() as f64 / 1e6, to.to_string())),
        _ => None,
    })
    .collect()
}

/// Whether a container is ready, and its restart count, with the second of each change.
fn container_rows(lived: &Lived, container: &str) -> Vec<(f64, bool, i32)> {
    let start = lived.directory.start;
    let rows = lived.transitions.iter();
    rows.filter_map(|t| match t.change {
        Change::Container { name, ready, restarts, .. } if name == container => {
            Some((t.time.since(start).micros() as f64 / 1e6, ready, restarts))
        }
        _ => None,
    })
    .collect()
}

fn events(lived: &Lived, reason: Sym) -> Vec<(f64, String, String)> {
    let start = lived.directory.start;
    lived
        .transitions
        .iter()
        .filter_map(|t| match t.change {
            Change::Event(event) if event.reason == reason => {
                let ident = &lived.directory.pods[t.pod? as usize];
                let at = t.time.since(start).micros() as f64 / 1e6;
                Some((at, ident.name.to_string(), event.message.show(ident).to_string()))
            }
            _ => None,
        })
        .collect()
}

fn node_rows(lived: &Lived, kind: &str) -> Vec<f64> {
    let start = lived.directory.start;
    let rows = lived.transitions.iter();
    rows.filter(|t| matches!(t.change, Change::Node { kind: k, .. } if k == kind))
        .map(|t| t.time.since(start).micros() as f64 / 1e6)
        .collect()
}

const PRESSURE: &str = r#"
name = "pressure"
until = "10m"
[[node]]
name = "n1"
[[pod]]
name = "modest"
[pod.spec]
nodeName = "n1"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/api:1.0"
  resources = { requests = { memory = "1Gi" } }
[[pod]]
name = "greedy"
[pod.spec]
nodeName = "n1"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/batch:1.0"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever", onTerm = { after = "100ms", exit = 143 } }]
[[pod]]
name = "late"
at = "60s"
[pod.spec]
nodeName = "n1"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/batch:1.0"
[[action]]
at = "23s"
pressure = "node/n1"
resource = "memory"
"#;

#[test]
fn pressure_evicts_who_asked_for_nothing() {
    let lived = live(PRESSURE);
    let evicted = events(&lived, Sym::EVICTED);
    assert_eq!(evicted[0].1, "greedy");
    // Rounds stand ten seconds apart.
    assert!((29.9..30.1).contains(&evicted[0].0), "{evicted:?}");
    assert!(evicted[0].2.starts_with("The node was low on resource: memory. Threshold quantity: 100Mi, "));
    assert_eq!(phases(&lived, "greedy").last().map(|(_, phase)| phase.as_str()), Some("Failed"));
    assert_eq!(phases(&lived, "modest").last().map(|(_, phase)| phase.as_str()), Some("Running"));
    // Under the condition, which outlives the pressure by five minutes, nobody of class BestEffort is taken.
    assert_eq!(evicted[1].1, "late");
    assert_eq!(evicted[1].2, "The node had condition: [MemoryPressure]. ");
    assert_eq!(node_rows(&lived, "MemoryPressure"), [30.0, 330.0]);
}

#[test]
fn a_node_that_is_switched_off_ends_its_pods_in_groups() {
    let lived = live(
        r#"
name = "shutdown"
until = "5m"
[[node]]
name = "n1"
  [node.kubelet]
  shutdownGracePeriod = "30s"
  shutdownGracePeriodCriticalPods = "10s"
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.0"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever", onTerm = { after = "4s", exit = 143 } }]
[[pod]]
name = "stubborn"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.0"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever", onTerm = "ignore" }]
[[pod]]
name = "critical"
[pod.spec]
priorityClassName = "system-node-critical"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/agent:1.0"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever", onTerm = { after = "1s", exit = 143 } }]
[[action]]
at = "20s"
shutdown = "node/n1"
"#,
    );
    let ended = |pod: &str| phases(&lived, pod).last().cloned().expect("it has a phase");
    let (web, stubborn, critical) = (ended("web"), ended("stubborn"), ended("critical"));
    assert_eq!([&web.1, &stubborn.1, &critical.1], ["Failed"; 3]);
    // Ordinary pods get thirty seconds less ten; the critical one comes after them.
    assert!((24.0..24.3).contains(&web.0), "{web:?}");
    assert!((40.0..40.3).contains(&stubborn.0), "{stubborn:?}");
    assert!((41.0..41.5).contains(&critical.0), "{critical:?}");
}

#[test]
fn a_drain_waits_for_the_budget() {
    let lived = live(
        r#"
name = "drain"
until = "2m"
[[node]]
name = "n1"
[[object]]
kind = "PodDisruptionBudget"
name = "web"
minAvailable = 1
matchLabels = { app = "web" }
[[pod]]
name = "web"
replicas = 2
labels = { app = "web" }
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.0"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever", onTerm = { after = "1s", exit = 143 } }]
[[action]]
at = "30s"
drain = "node/n1"
[[action]]
at = "60s"
evict = "pod/web-1"
"#,
    );
    let gone: Vec<f64> = (0..2)
        .filter_map(|ix| lived.records[ix].removed)
        .map(|at| at.since(lived.directory.start).micros() as f64 / 1e6)
        .collect();
    assert_eq!(gone.len(), 1, "the budget keeps one of two");
    assert!((31.0..33.0).contains(&gone[0]), "{gone:?}");
    assert_eq!(
        lived.answers,
        [
            "1m0s: Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget."
        ]
    );
}

/// Node after node, each with the whole time limit; a pod that was let go is seen to be gone at a whole second.
#[test]
fn a_drain_goes_on_node_after_node_and_its_time_begins_anew() {
    let lived = live(
        r#"
name = "drain"
until = "3m"
[[node]]
name = "n1"
[[node]]
name = "n2"
[[object]]
kind = "PodDisruptionBudget"
name = "kept"
minAvailable = 1
matchLabels = { app = "kept" }
[[pod]]
name = "kept"
labels = { app = "kept" }
  [pod.spec]
  nodeName = "n1"
    [[pod.spec.containers]]
    name = "app"
    image = "registry.example/shop/web:1.0"
[[pod]]
name = "slow"
labels = { app = "slow" }
  [pod.spec]
  nodeName = "n2"
    [[pod.spec.containers]]
    name = "app"
    image = "registry.example/shop/web:1.0"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever", onTerm = "ignore" }]
[[action]]
at = "30s"
drain = "node/n*"
timeout = "12s"
"#,
    );
    let [kept, slow] = lived.answers.as_slice() else { panic!("{:?}", lived.answers) };
    assert!(kept.starts_with("42.0") && kept.contains("s: error: unable to drain node \"n1\""), "{kept}");
    assert!(
        kept.contains("error when evicting pods/\"kept\" -n \"default\": global timeout reached: 12s"),
        "{kept}"
    );
    assert!(slow.starts_with("54.0") && slow.contains("s: error: unable to drain node \"n2\""), "{slow}");
    let waited = "error when waiting for pod \"slow\" in namespace \"default\" to terminate: global timeout reached: 12s";
    assert!(slow.contains(waited), "{slow}");
}

const ENDED: &str = r#"
name = "ended"
until = "10m"
[controllers]
terminatedPodGCThreshold = 5
[[node]]
name = "n1"
images = ["task:1"]
[[pod]]
name = "task"
replicas = 60
  [pod.spec]
  restartPolicy = "Never"
    [[pod.spec.containers]]
    name = "t"
    image = "task:1"
  [pod.behavior.containers.t]
  attempts = [{ runs = "5s" }]
"#;

/// 30 requests at once, then 20 a second; those of one second go in the order of their names.
#[test]
fn ended_pods_beyond_the_threshold_are_collected_at_the_pace_of_the_client() {
    let lived = live(ENDED);
    let start = lived.directory.start;
    let names = lived.directory.pods.iter().map(|ident| ident.name.to_string());
    let removed = lived.records.iter().map(|record| record.removed);
    let mut gone: Vec<(i64, String)> =
        removed.zip(names).filter_map(|(at, name)| Some((at?.since(start).micros(), name))).collect();
    gone.sort();
    assert_eq!(gone.len(), 55);
    let first = gone[0].0;
    assert!(gone[..30].iter().all(|(at, _)| *at == first), "{gone:?}");
    let gaps: Vec<i64> = gone[29..].windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(gaps.iter().all(|gap| *gap == 50_000), "{gaps:?}");
    let mut names: Vec<&str> = gone.iter().map(|(_, name)| name.as_str()).collect();
    names.push("task-59");
    assert!(names.is_sorted(), "{names:?}");
}

const WAITING: &str = r#"
name = "waiting"
until = "4m"
[[node]]
name = "gpu"
taints = [{ key = "gpu", value = "yes", effect = "NoSchedule" }]
[[pod]]
name = "web"
  [pod.spec]
    [[pod.spec.containers]]
    name = "app"
    image = "web:1"
[[action]]
at = "60s"
label = "pod/web"
labels = { team = "a" }
[[action]]
at = "90s"
patch = "pod/web"
merge = { spec = { tolerations = [
  { key = "node.kubernetes.io/not-ready", operator = "Exists", effect = "NoExecute", tolerationSeconds = 300 },
  { key = "node.kubernetes.io/unreachable", operator = "Exists", effect = "NoExecute", tolerationSeconds = 300 },
  { key = "gpu", operator = "Exists" },
] } }
"#;

/// A waiting pod comes back when its own object changes in what kept it away, and by nothing else.
#[test]
fn a_pod_that_tolerates_a_taint_at_last_is_scheduled_at_once() {
    let scheduled = |text: &str| {
        let all = events(&live(text), Sym::SCHEDULED);
        all.into_iter().find(|(_, pod, _)| pod == "web").map(|(at, ..)| at)
    };
    let at = scheduled(WAITING).expect("it is scheduled");
    assert!((90.0..90.1).contains(&at), "{at}");
    let other = WAITING.replace(
        "{ key = \"gpu\", operator = \"Exists\" },\n] }",
        "{ key = \"cpu\", operator = \"Exists\" },\n] }",
    );
    assert_eq!(scheduled(&other), None);
}

/// The disk runs short twice while its condition stands: one row on, one off, and nobody is taken in between.
#[test]
fn a_disk_that_stays_full_is_one_condition_and_is_called_ephemeral_storage() {
    let text = PRESSURE.replace("resource = \"memory\"", "resource = \"disk\"");
    let again = "[[action]]\nat = \"55s\"\npressure = \"node/n1\"\nresource = \"disk\"\nlasts = \"20s\"\n";
    let modest = "requests = { memory = \"1Gi\" }";
    let lived =
        live(&format!("{}{again}", text.replace(modest, "requests = { ephemeral-storage = \"1Gi\" }")));
    let evicted = events(&lived, Sym::new("Evicted"));
    assert_eq!(evicted[0].1, "greedy");
    assert_eq!(
        evicted[0].2,
        "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9437184Ki. "
    );
    let late = evicted.iter().find(|(_, pod, _)| pod == "late").expect("it is not taken");
    assert_eq!(late.2, "The node had condition: [DiskPressure]. ");
    // Five minutes after the last round that saw it.
    assert_eq!(node_rows(&lived, "DiskPressure"), [30.0, 371.0]);
}

const REBOOT: &str = r#"
name = "reboot"
until = "5m"
[[node]]
name = "n"
count = 2
[[pod]]
name = "catalog"
[pod.spec]
nodeName = "n-0"
  [[pod.spec.initContainers]]
  name = "migrate"
  image = "registry.example/shop/catalog:1.0"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/catalog:1.0"
  [pod.behavior.containers.migrate]
  attempts = [{ runs = "2s" }]
[[action]]
at = "60s"
stop = "node/n-0"
[[action]]
at = "80s"
start = "node/n-0"
"#;

#[test]
fn a_reboot_counts_one_restart_of_an_init_container_too() {
    let lived = live(REBOOT);
    for container in ["migrate", "app"] {
        let rows = container_rows(&lived, container);
        assert_eq!(rows.last().map(|row| row.2), Some(1), "{container}: {rows:?}");
    }
}

#[test]
fn a_kubelet_that_comes_back_leaves_what_was_ready_alone() {
    let rows = |version: &str| {
        let text = REBOOT
            .replace("until", &format!("kubernetes = \"{version}\"\nuntil"))
            .replace(
                "  [pod.behavior",
                "  readinessProbe = { exec = { command = [\"true\"] }, periodSeconds = 5 }\n  [pod.behavior",
            )
            .replace("stop = \"node/n-0\"", "restartKubelet = \"node/n-0\"\ntakes = \"20s\"")
            .replace("at = \"80s\"\nstart = \"node/n-0\"", "at = \"200s\"\ncordon = \"node/n-0\"");
        let rows = container_rows(&live(&text), "app");
        rows.into_iter().filter(|row| row.0 > 60.0).map(|row| row.1).collect::<Vec<_>>()
    };
    assert_eq!(rows("1.34"), [false, true]);
    assert!(rows("1.35").is_empty());
}

#[test]
fn a_pod_that_is_rejected_after_a_restart_of_the_kubelet_keeps_its_start_time() {
    let text = r#"
name = "rejected"
until = "2m"
[[node]]
name = "n1"
labels = { disk = "ssd" }
[[pod]]
name = "db"
[pod.spec]
nodeSelector = { disk = "ssd" }
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/db:1.0"
[[action]]
at = "30s"
label = "node/n1"
labels = { "disk-" = "" }
[[action]]
at = "60s"
restartKubelet = "node/n1"
"#;
    let session = ended(text);
    let (status, start) = (&session.world.pods[0].status, session.world.plan.start);
    assert_eq!(status.reason(), "NodeAffinity");
    assert_eq!(status.start_time(), Some(start));
}

/// All whom an event may help come back together, before one of them is tried.
#[test]
fn room_that_comes_free_goes_to_whom_it_matters_most() {
    let pod = |name: &str, at: &str, class: &str, runs: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\nat = \"{at}\"\n[pod.spec]\nrestartPolicy = \"Never\"\n{class}\n\
             [[pod.spec.containers]]\nname = \"app\"\nimage = \"shop/app:1\"\n\
             resources = {{ requests = {{ cpu = \"2\" }} }}\n\
             [pod.behavior.containers.app]\nattempts = [{{ runs = \"{runs}\" }}]\n"
        )
    };
    for version in ["1.32", "1.36"] {
        let parts = [
            format!("kubernetes = \"{version}\"\nuntil = \"60s\"\n[[node]]\nname = \"n\"\ncapacity = {{ cpu = \"2\" }}\n"),
            "[[object]]\nkind = \"PriorityClass\"\nname = \"high\"\nvalue = 1000\npreemptionPolicy = \"Never\"\n".into(),
            pod("first", "0s", "", "20s"),
            pod("low", "2s", "", "forever"),
            pod("high", "4s", "priorityClassName = \"high\"", "forever"),
        ];
        let scheduled = events(&live(&parts.concat()), Sym::SCHEDULED);
        let pods: Vec<&str> = scheduled.iter().map(|(_, pod, _)| pod.as_str()).collect();
        assert_eq!(pods, ["first", "high"], "{version}: {scheduled:?}");
    }
}
