//! Nodes in trouble: what is short ends pods, what is switched off ends them in order, and a budget keeps them.

#[path = "support/plan.rs"]
mod plan;

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

/// Two nodes, of which one is lost for five minutes.
const LOST: &str = r#"
name = "lost"
until = "10m"
[[node]]
name = "n"
count = 2
[[pod]]
name = "web"
[pod.spec]
nodeName = "n-0"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.0"
[[action]]
at = "30s"
stop = "node/n-0"
[[action]]
at = "4m"
start = "node/n-0"
"#;

/// What became of a node's condition, with the second of each change.
fn condition_of_node(lived: &Lived, kind: &str, node: u32) -> Vec<(f64, Option<Tri>)> {
    let start = lived.directory.start;
    let rows = lived.transitions.iter().filter(|t| t.node == Some(node));
    rows.filter_map(|t| match t.change {
        Change::Node { kind: k, to, .. } if k == kind => {
            Some((t.time.since(start).micros() as f64 / 1e6, to))
        }
        _ => None,
    })
    .collect()
}

#[test]
fn nothing_is_known_of_a_lost_node() {
    let lived = live(LOST);
    let ready = condition_of_node(&lived, "Ready", 0);
    let values: Vec<_> = ready.iter().map(|(_, to)| *to).collect();
    assert_eq!(values, [Some(Tri::True), Some(Tri::Unknown), Some(Tri::True)]);
    for kind in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
        let pressure = condition_of_node(&lived, kind, 0);
        assert_eq!(pressure, [(ready[1].0, Some(Tri::Unknown)), (ready[2].0, Some(Tri::False))], "{kind}");
    }
}

/// Keys and effects of a node's taints.
fn taints(session: &session::Session, node: usize) -> Vec<String> {
    let taints = &session.world.nodes[node].spec.taints;
    taints.iter().map(|taint| format!("{}:{:?}", taint.key, taint.effect)).collect()
}

#[test]
fn a_node_that_was_switched_off_in_order_is_given_up_like_any_other() {
    let text = LOST
        .replace("count = 2", "count = 2\n  [node.kubelet]\n  shutdownGracePeriod = \"30s\"")
        .replace("stop =", "shutdown =");
    let off = text.replace("at = \"4m\"\nstart", "at = \"599s\"\nstart");
    let values = |text: &str| {
        let ready = condition_of_node(&live(text), "Ready", 0);
        assert!((75.0..100.0).contains(&ready[2].0), "{ready:?}");
        ready.into_iter().map(|(_, to)| to).collect::<Vec<_>>()
    };
    let (up, down, unknown) = (Some(Tri::True), Some(Tri::False), Some(Tri::Unknown));
    assert_eq!(values(&off), [up, down, unknown]);
    assert_eq!(values(&text), [up, down, unknown, up]);
    let unreachable =
        ["NoSchedule", "NoExecute"].map(|effect| format!("node.kubernetes.io/unreachable:{effect}"));
    assert_eq!(taints(&ended(&off), 0), unreachable);
    assert!(taints(&ended(&text), 0).is_empty());
}

/// Each of them is looked up, told why, and deleted, by one client: together they take their time. Who has ended goes too.
#[test]
fn pods_that_a_taint_drives_away_are_told_why_before_they_are_deleted() {
    let pod = |name: &str, runs: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\n[pod.spec]\nrestartPolicy = \"Never\"\nnodeName = \"n\"\n\
             [[pod.spec.containers]]\nname = \"app\"\nimage = \"shop/app:1\"\n\
             [pod.behavior.containers.app]\nattempts = [{{ runs = \"{runs}\" }}]\n"
        )
    };
    let pods: Vec<String> = (0..12).map(|ix| pod(&format!("busy-{ix}"), "forever")).collect();
    let taint = "[[action]]\nat = \"20s\"\ntaint = \"node/n\"\n\
                 taints = [{ key = \"maintenance\", value = \"now\", effect = \"NoExecute\" }]\n";
    let text =
        format!("until = \"40s\"\n[[node]]\nname = \"n\"\n{}{}{taint}", pod("ended", "3s"), pods.concat());
    let lived = live(&text);
    let start = lived.directory.start;
    let mut told: Vec<Vec<(f64, bool)>> = vec![Vec::new(); 13];
    for t in lived.transitions.iter().filter(|t| t.time.since(start).micros() >= 20_000_000) {
        let Some(pod) = t.pod else { continue };
        let row = (t.time.since(start).micros() as f64 / 1e6 - 20.0, false);
        match t.change {
            Change::Condition { kind: Sym::DISRUPTION_TARGET, .. } => told[pod as usize].push(row),
            Change::Status { to, .. } if to == "Terminating" || to.is_empty() => {
                told[pod as usize].push((row.0, true));
            }
            _ => {}
        }
    }
    for own in &told {
        assert!(matches!(own[..2], [(marked, false), (deleted, true)] if marked < deleted), "{told:?}");
        assert!(own[1].0 > 0.02, "{told:?}");
    }
    // Three requests each are more than the thirty that may be sent at once: the last ones are a matter of 50 ms each.
    let last = told.iter().map(|own| own[1].0).fold(0.0, f64::max);
    assert!((0.35..0.8).contains(&last), "{told:?}");
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

/// How long after 20 s the first node has a taint.
fn tainted_after(plan: &std::sync::Arc<kubelapse::scenario::Plan>, seed: u64) -> i64 {
    let mut session = session::Session::new(plan, seed);
    while session.step().is_some() && session.world.nodes[0].spec.taints.is_empty() {}
    session.world.now.since(plan.start).micros() - 20_000_000
}

/// Of pods of one second the first by name is meant; it is told why it goes in a write of its own. And a cordon's taint comes
/// when its controller has heard of it.
#[test]
fn an_eviction_is_two_writes_and_a_cordon_too() {
    let pod = |name: &str, at: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\nat = \"{at}\"\nlabels = {{ app = \"a\" }}\n[[pod.spec.containers]]\n\
             name = \"app\"\nimage = \"shop/app:1\"\n"
        )
    };
    let text = format!(
        "until = \"40s\"\n[[node]]\nname = \"n\"\n{}{}{}[[action]]\nat = \"20s\"\nevict = \"pods\"\n\
         matchLabels = {{ app = \"a\" }}\nlimit = 1\n[[action]]\nat = \"20s\"\ncordon = \"node/n\"\n",
        pod("c", "100ms"),
        pod("a", "1200ms"),
        pod("b", "500ms")
    );
    let plan = plan(&text);
    let mut gaps = Vec::new();
    for seed in 0..20 {
        let lived = session::live(&plan, seed);
        let after = |row: &dyn Fn(&Change) -> bool| -> Vec<(i64, String)> {
            let rows = lived.transitions.iter().filter(|t| row(&t.change));
            let name = |t: &kubelapse::record::Transition| {
                t.pod.map_or(String::new(), |pod| lived.directory.pods[pod as usize].name.to_string())
            };
            rows.map(|t| (t.time.since(lived.directory.start).micros() - 20_000_000, name(t))).collect()
        };
        let marked =
            after(&|change| matches!(change, Change::Condition { kind: Sym::DISRUPTION_TARGET, .. }));
        let deleted = after(&|change| matches!(change, Change::Status { to, .. } if *to == "Terminating"));
        assert_eq!(marked, [(0, "b".to_owned())]);
        assert_eq!((deleted.len(), &deleted[0].1), (1, &marked[0].1));
        gaps.push((deleted[0].0, tainted_after(&plan, seed)));
    }
    assert!(
        gaps.iter().all(|(deleted, tainted)| (1..150_000).contains(deleted) && (1..60_000).contains(tainted))
    );
    let distinct =
        |of: fn(&(i64, i64)) -> i64| gaps.iter().map(of).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!((distinct(|gap| gap.0), distinct(|gap| gap.1)), (20, 20), "{gaps:?}");
}

/// Who was cordoned before has the taint of that, from the beginning; so has who registers so. It goes with the cordon.
#[test]
fn a_node_that_is_cordoned_from_the_start_has_its_taint() {
    let text = "until = \"2m\"\n[[node]]\nname = \"n\"\n[[node]]\nname = \"old\"\nunschedulable = true\n[[node]]\nname = \"late\"\n\
                unschedulable = true\nat = \"20s\"\n[[action]]\nat = \"1m\"\nuncordon = \"node/old\"\n";
    let mut session = session::Session::new(&plan(text), 0);
    const TAINT: &str = "node.kubernetes.io/unschedulable:NoSchedule";
    assert_eq!((taints(&session, 0), taints(&session, 1)), (vec![], vec![TAINT.to_owned()]));
    while session.step().is_some() {}
    assert_eq!((taints(&session, 1), taints(&session, 2)), (vec![], vec![TAINT.to_owned()]));
}

#[test]
fn nothing_is_evicted_while_no_node_is_ready() {
    let alone = LOST.replace("\"n\"\ncount = 2", "\"n-0\"");
    let evicted = |text: &str| !events(&live(text), Sym::TAINT_MANAGER_EVICTION).is_empty();
    let for_good = |text: &str| text.replace("at = \"4m\"", "at = \"599s\"");
    assert!(evicted(&for_good(LOST)));
    let alone = for_good(&alone);
    assert!(!evicted(&alone));
    assert_eq!(taints(&ended(&alone), 0), ["node.kubernetes.io/unreachable:NoSchedule"]);
    // Both are lost, and the other one comes back: from then on the first one alone is to blame.
    let both =
        "[[action]]\nat = \"40s\"\nstop = \"node/n-1\"\n[[action]]\nat = \"3m\"\nstart = \"node/n-1\"\n";
    let both = format!("{}{both}", for_good(LOST));
    let marked = events(&live(&both), Sym::TAINT_MANAGER_EVICTION);
    let last = marked.last().expect("it is evicted");
    assert!((480.0..487.0).contains(&last.0), "{marked:?}");
}

/// Usage above the request decides before priority, and the message names the containers that are above theirs; a process
/// that outgrows its limit is killed by the kernel, wherever the node stands.
#[test]
fn what_containers_use_of_memory_decides_who_goes() {
    let pod = |name: &str, resources: &str, memory: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\n[[pod.spec.containers]]\nname = \"app\"\n\
             image = \"{name}:1\"\nresources = {{ {resources} }}\n[pod.behavior.containers.app]\n\
             attempts = [{{ memory = [{memory}] }}]\n"
        )
    };
    let asks = |memory: &str| format!("requests = {{ memory = \"{memory}\" }}");
    let text = [
        "name = \"usage\"\nuntil = \"2m\"\n[[node]]\nname = \"n\"\n".to_owned(),
        pod("within", &asks("1Gi"), "{ size = \"900Mi\" }"),
        pod("above", &asks("256Mi"), "{ size = \"100Mi\" }, { at = \"20s\", size = \"700Mi\" }"),
        pod("little", &asks("256Mi"), "{ size = \"257Mi\" }"),
        pod(
            "leaks",
            "limits = { memory = \"64Mi\" }",
            "{ size = \"60Mi\" }, { at = \"10s\", size = \"65Mi\" }",
        ),
        "[[action]]\nat = \"35s\"\npressure = \"node/n\"\nresource = \"memory\"\nlasts = \"11s\"\n"
            .to_owned(),
    ]
    .concat();
    let lived = live(&text);
    let evicted = events(&lived, Sym::EVICTED);
    let order: Vec<&str> = evicted.iter().map(|(_, pod, _)| pod.as_str()).collect();
    assert_eq!(order[..2], ["above", "little"], "{evicted:?}");
    assert!(
        evicted[0].2.ends_with(
            "available: 92160Ki. Container app was using 700Mi, request is 256Mi, has larger consumption of memory. "
        ),
        "{evicted:?}"
    );
    let killed: Vec<(i32, String)> = lived
        .transitions
        .iter()
        .filter_map(|t| match t.change {
            Change::Container { exit_code: Some(137), reason, restarts, .. } => {
                Some((restarts, reason.to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(killed.first(), Some(&(0, "OOMKilled".to_owned())), "{killed:?}");
    assert!(killed.iter().any(|(restarts, reason)| *restarts == 1 && reason == "OOMKilled"), "{killed:?}");
}

/// Containers that use more than their node has make it short without anybody saying so, and one eviction at a time ends
/// that; a limit that is raised before its container outgrows it saves the container.
#[test]
fn what_containers_use_together_may_be_more_than_the_node_has() {
    let text = r#"
name = "together"
until = "2m"
[[node]]
name = "n"
capacity = { cpu = "4", memory = "4Gi" }
[[pod]]
name = "steady"
[[pod.spec.containers]]
name = "app"
image = "steady:1"
resources = { requests = { memory = "2Gi" } }
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "1500Mi" }] }]
[[pod]]
name = "grows"
replicas = 3
[[pod.spec.containers]]
name = "app"
image = "grows:1"
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "100Mi" }, { at = "15s", size = "1100Mi" }] }]
[[pod]]
name = "raised"
[[pod.spec.containers]]
name = "app"
image = "raised:1"
resources = { requests = { memory = "32Mi" }, limits = { memory = "64Mi" } }
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "32Mi" }, { at = "10s", size = "80Mi" }] }]
[[action]]
at = "5s"
resize = "pod/raised"
limits = { memory = "96Mi" }
"#;
    let lived = live(text);
    let evicted = events(&lived, Sym::EVICTED);
    // 1500 + 3 x 1100 + 80 of 4096 MiB: one has to go, in the first round after the growth, and then 316 are free.
    let [(at, pod, words)] = &evicted[..] else { panic!("{evicted:?}") };
    assert!((29.9..30.1).contains(at) && pod.starts_with("grows-"), "{evicted:?}");
    assert!(
        words.contains("Threshold quantity: 100Mi, available: 0Ki. Container app was using 1100Mi"),
        "{words}"
    );
    assert_eq!(node_rows(&lived, "MemoryPressure").len(), 1, "it stays for five minutes");
    assert!(container_rows(&lived, "app").iter().all(|(_, _, restarts)| *restarts == 0));

    // With as much again, the next one goes in the round after the first is gone.
    let evicted = events(&live(&text.replace("1100Mi", "1700Mi")), Sym::EVICTED);
    assert_eq!(evicted.len(), 2, "{evicted:?}");
    assert!(evicted[1].0 < 33.0, "{evicted:?}");

    // A resize that waits for room is a wish: the container has the limit that it had.
    let waits = text.replace(
        "limits = { memory = \"96Mi\" }",
        "limits = { memory = \"96Mi\" }\nrequests = { cpu = \"3900m\" }",
    );
    let waits = waits.replace("memory = \"32Mi\" }, limits", "memory = \"32Mi\", cpu = \"1m\" }, limits");
    let waits =
        waits.replace("requests = { memory = \"2Gi\" }", "requests = { memory = \"2Gi\", cpu = \"1\" }");
    assert!(container_rows(&live(&waits), "app").iter().any(|(_, _, restarts)| *restarts == 1));

    // A shortage from outside that ends while the containers still use too much goes on as theirs.
    let outside =
        "[[action]]\nat = \"29s\"\npressure = \"node/n\"\nresource = \"memory\"\nlasts = \"1500ms\"\n";
    let evicted = events(&live(&format!("{}{outside}", text.replace("1100Mi", "1700Mi"))), Sym::EVICTED);
    assert_eq!(evicted.len(), 2, "{evicted:?}");

    // Without the resize the kernel ends it.
    let killed = live(&text.replace("limits = { memory = \"96Mi\" }", "limits = { memory = \"65Mi\" }"));
    assert!(container_rows(&killed, "app").iter().any(|(_, _, restarts)| *restarts == 1));
}

/// A new kubelet finds a shortage by itself, and does not remember one that is over: its node is free again at once.
#[test]
fn a_kubelet_that_comes_back_looks_at_its_memory_anew() {
    let text = r#"
name = "anew"
until = "4m"
[[node]]
name = "n"
capacity = { cpu = "4", memory = "4Gi" }
[[pod]]
name = "big"
[[pod.spec.containers]]
name = "app"
image = "big:1"
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "1Gi" }, { at = "60s", size = "4000Mi" }] }]
[[pod]]
name = "late"
at = "3m"
[pod.spec]
nodeName = "n"
[[pod.spec.containers]]
name = "app"
image = "late:1"
[[action]]
at = "55s"
restartKubelet = "node/n"
takes = "20s"
[[action]]
at = "2m30s"
restartKubelet = "node/n"
"#;
    let lived = live(text);
    let evicted = events(&lived, Sym::EVICTED);
    assert!(
        matches!(&evicted[..], [(at, pod, _)] if (75.0..87.0).contains(at) && pod == "big"),
        "{evicted:?}"
    );
    assert_eq!(phases(&lived, "late").last().map(|(_, phase)| phase.as_str()), Some("Running"));
    assert_eq!(node_rows(&lived, "MemoryPressure").len(), 2);
    let without = text.replace("[[action]]\nat = \"2m30s\"\nrestartKubelet = \"node/n\"\n", "");
    let refused = events(&live(&without), Sym::EVICTED);
    assert_eq!(
        refused.last().map(|(_, pod, _)| pod.as_str()),
        Some("late"),
        "the condition stays for five minutes"
    );
}
