//! What comes next for a given cluster: a simulated cluster that is cut and resumed predicts itself, recordings of real ones are cut
//! in the middle, and the program says what it should.

#![cfg(feature = "cli")]

#[path = "predict/bench.rs"]
mod bench;
#[path = "support/desk.rs"]
mod desk;
#[path = "predict/inputs.rs"]
mod inputs;
#[path = "support/program.rs"]
mod program;
#[path = "predict/recorded.rs"]
mod recorded;

use bench::{Cut, at_cursors, cuts, told};

/// Crash loops of several lengths, one with a readiness probe, one that fails its liveness probe.
const LOOPS: &str = r#"
name       = "loops"
kubernetes = "1.36"
until      = "8m"
[[node]]
name = "node"
count = 2
[[program]]
image = "*/a:1"
attempts = [{ runs = "2s", exit = 1 }]
[[program]]
image = "*/b:1"
attempts = [{ runs = "17s", exit = 0 }]
[[program]]
image = "*/c:1"
attempts = [{ runs = { uniform = ["3s", "40s"] }, exit = 1 }]
[[program]]
image = "*/d:1"
attempts = [{ readiness = [{ at = "0s", ok = false }, { at = "6s", ok = true }], liveness = [{ at = "0s", ok = true }, { at = "25s", ok = false }] }]
[[program]]
image = "*/e:1"
boots = { uniform = ["5s", "40s"] }
attempts = [{ runs = "90s", exit = 2 }]
[[pod]]
name = "short"
spec.containers = [{ name = "app", image = "registry.example/a:1" }]
[[pod]]
name = "long"
spec.containers = [{ name = "app", image = "registry.example/b:1" }]
[[pod]]
name = "any"
spec.containers = [{ name = "app", image = "registry.example/c:1" }]
[[pod]]
name = "lives"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/d:1"
  livenessProbe = { httpGet = { port = 8080 }, periodSeconds = 5, failureThreshold = 2 }
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 3 }
[[pod]]
name = "boots"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/e:1"
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 4 }
"#;

#[test]
fn a_cluster_that_is_cut_and_resumed_predicts_itself() {
    let cuts: Vec<Cut> = cuts(LOOPS, 8, 4, 40);
    let report = told("itself", &cuts);
    println!("{}", report.words);
    assert!(report.ranked > 40, "{}", report.words);
    assert!(report.least > 0.01, "{}", report.words);
    holds(&report);
}

/// What comes of pods whose images come in their time, which boot, run, end and are told to go, as luck has it.
const TURNS: &str = r#"
name       = "turns"
kubernetes = "1.36"
until      = "20m"
[[node]]
name = "node"
count = 2
[[image]]
ref  = "registry.example/slow:1"
pull = { uniform = ["20s", "90s"] }
[[image]]
ref  = "registry.example/slow:2"
pull = { uniform = ["20s", "90s"] }
[[program]]
image = "*/slow:*"
boots = { uniform = ["5s", "60s"] }
attempts = [{ runs = { uniform = ["1m", "6m"] }, exit = { "0" = 0.5, "1" = 0.5 }, onTerm = { after = { uniform = ["2s", "25s"] } } }]
[[pod]]
name = "one"
at   = "0s"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/slow:1"
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 2 }
[[pod]]
name = "two"
at   = "20s"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/slow:2"
  startupProbe = { httpGet = { port = 8080 }, periodSeconds = 3, failureThreshold = 40 }
[[pod]]
name = "three"
at   = "40s"
spec.restartPolicy = "Never"
spec.containers = [{ name = "app", image = "registry.example/slow:3" }]
[[action]]
at     = "5m"
delete = "pod/two"
[[action]]
at = "8m"
cordon = "node/node-0"
"#;

/// The walk's own future is one of those that are told: its rank among them is as good as any.
#[test]
fn a_run_goes_on_as_one_of_the_futures_that_are_told_at_the_cursor() {
    for (name, text, seeds) in [("loops", LOOPS, 40), ("turns", TURNS, 60)] {
        let cuts = at_cursors(text, seeds, 4);
        if number("KUBELAPSE_PREDICT_TELL", 0) > 0 {
            cuts.iter().flat_map(|cut| &cut.pods).for_each(|pod| println!("{}", bench::line(pod)));
        }
        let report = told(name, &cuts);
        println!("{}", report.words);
        assert!(report.ranked > 100, "{}", report.words);
        assert!(report.least > 0.01, "{}", report.words);
        holds(&report);
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// `KUBELAPSE_PREDICT_CUTS` says how many, `…_FUTURES` of how many seeds, `…_SALT` which, `…_TELL` prints those that are not
/// foreseen.
#[test]
fn recordings_that_are_cut_in_the_middle_go_on_as_predicted() {
    let (count, futures) = (number("KUBELAPSE_PREDICT_CUTS", 32), number("KUBELAPSE_PREDICT_FUTURES", 40));
    let salt = number("KUBELAPSE_PREDICT_SALT", 1);
    let mut all = Vec::new();
    for set in ["golden-workloads", "golden-workloads-1.32"] {
        let streams = recorded::streams(set);
        let cuts = recorded::cuts(&streams, count, futures, salt);
        if number("KUBELAPSE_PREDICT_TELL", 0) > 0 {
            for (name, cut) in &cuts {
                for pod in &cut.pods {
                    println!("{name}: {}", bench::line(pod));
                }
            }
        }
        all.extend(cuts.into_iter().map(|(_, cut)| cut));
    }
    judged("recordings", all);
}

/// All of them, and families that were looked at while rules were made apart from those that were not: windows hold what they say.
fn judged(what: &str, all: Vec<Cut>) {
    let report = told(what, &all);
    println!("{}", report.words);
    assert!(report.ranked > 10, "{}", report.words);
    holds_by_lives(&report);
    let (held_out, looked_at): (Vec<Cut>, Vec<Cut>) = all.into_iter().partition(|cut| cut.is_held_out);
    for (of, cuts) in [("families that were looked at", looked_at), ("families held out", held_out)] {
        let report = told(of, &cuts);
        println!("{}", report.words);
        assert!(report.lives[0].1 > 5, "{}", report.words);
        holds_by_lives(&report);
    }
}

/// Windows hold at least what they say. Changes of one life hang together, so one of each counts: that so few would hold, if each did
/// as often as it says, is not as unlikely as one in a hundred.
fn holds_by_lives(report: &bench::Report) {
    let chances = bench::chances(&report.lives);
    assert!(chances.iter().all(|chance| *chance > 0.01), "{}", report.words);
}

/// The same, where nobody says what programs do: pods of a workload tell it of each other.
#[test]
fn what_programs_do_is_learned_from_pods_of_the_same_workload() {
    let (count, futures) = (number("KUBELAPSE_PREDICT_CUTS", 32), number("KUBELAPSE_PREDICT_FUTURES", 40));
    let mut all = Vec::new();
    for set in ["golden-workloads", "golden-workloads-1.32"] {
        let streams: Vec<_> = recorded::streams(set).into_iter().map(recorded::Stream::unsaid).collect();
        let cuts = recorded::cuts(&streams, count, futures, number("KUBELAPSE_PREDICT_SALT", 1));
        if number("KUBELAPSE_PREDICT_TELL", 0) > 0 {
            for (name, cut) in &cuts {
                cut.pods.iter().for_each(|pod| println!("{name}: {}", bench::line(pod)));
            }
        }
        all.extend(cuts.into_iter().map(|(_, cut)| cut));
    }
    judged("nothing said", all);
}

/// Windows hold at least what they say, or less by as much as so few leave to chance.
fn holds(report: &bench::Report) {
    for ((held, of), level) in report.held.iter().zip([50, 80, 95]) {
        let sd = (of * level * (100 - level)) as f64;
        assert!((held * 100) as f64 >= (of * level) as f64 - 2.0 * sd.sqrt(), "{level} %: {}", report.words);
    }
}

/// Exit code, and what was said to whom.
fn told_by(desk: &desk::Desk, line: &str) -> (Option<i32>, String, String) {
    let output = desk.run(line);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn desk(name: &str, files: &[(&str, &str)]) -> desk::Desk {
    let desk = desk::Desk::with(&format!("predict-{name}"), None);
    for (name, text) in files {
        std::fs::write(desk.0.join(name), text).expect("a file of the test");
    }
    desk
}

const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, uid: u-1, creationTimestamp: "2026-11-22T13:00:00Z" }
spec:
  nodeName: node-a
  containers: [{ name: app, image: "registry.example/web:1", resources: {} }]
status:
  phase: Running
  startTime: "2026-11-22T13:00:00Z"
  conditions:
  - { type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: "2026-11-22T13:20:30Z" }
  - { type: PodScheduled, status: "True", lastTransitionTime: "2026-11-22T13:00:00Z" }
  containerStatuses:
  - name: app
    ready: false
    started: false
    restartCount: 5
    image: registry.example/web:1
    imageID: sha256:1
    containerID: containerd://5
    state: { waiting: { reason: CrashLoopBackOff, message: "back-off 2m40s restarting failed container=app" } }
    lastState: { terminated: { exitCode: 1, reason: Error, startedAt: "2026-11-22T13:20:10Z", finishedAt: "2026-11-22T13:20:30Z", containerID: "containerd://5" } }
"#;

#[test]
fn a_crash_loop_is_told_its_restart_and_its_next_end() {
    let desk = desk("loop", &[("pod.yaml", POD)]);
    let (code, out, said) =
        told_by(&desk, "predict pod.yaml --now 2026-11-22T13:22:10Z --kubernetes 1.36 -o json");
    assert_eq!(code, Some(0), "{said}");
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let steps = &all["pods"][0]["steps"];
    assert_eq!((&steps[0]["status"], &steps[0]["restarts"]), (&"Running".into(), &6.into()), "{out}");
    // The back-off counts from the end; the kubelet looks again within half of what is left, at most of a minute, more.
    let (earliest, latest) = (steps[0]["earliest"].as_str(), steps[0]["latest"].as_str());
    assert!(earliest >= Some("2026-11-22T13:23:10Z") && latest <= Some("2026-11-22T13:24:10Z"), "{out}");
    assert_eq!(steps[1]["status"], "Error", "it ends again as it did last: {out}");
    let (_, text, _) = told_by(&desk, "predict pod.yaml --now 2026-11-22T13:22:10Z --kubernetes 1.36");
    assert!(
        text.contains("shop/web: CrashLoopBackOff 0/1, 5 restarts") && text.contains("(restart 6)"),
        "{text}"
    );
    let (_, text, _) = told_by(
        &desk,
        "predict pod.yaml --now 2026-11-22T13:22:10Z --assume web.runs=forever --kubernetes 1.36",
    );
    assert!(!text.contains("then Error"), "{text}");
    let (_, text, _) = told_by(&desk, "explain pod.yaml --now 2026-11-22T13:22:10Z --kubernetes 1.36");
    assert!(text.contains("What comes next (predict)\n  Running 1/1 between 13:23:1"), "{text}");
}

/// A pod that has no node, with what its scheduler says of it.
fn without_a_node(name: &str, spec: &str, reason: &str, message: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: Pod
metadata: {{ name: {name}, namespace: shop, uid: u-{name}, creationTimestamp: "2026-11-22T13:00:00Z" }}
spec:
  containers: [{{ name: app, image: "registry.example/db:1", resources: {{}} }}]
  {spec}
status:
  phase: Pending
  conditions:
  - {{ type: PodScheduled, status: "False", reason: {reason}, message: "{message}", lastTransitionTime: "2026-11-22T13:00:00Z" }}
"#
    )
}

/// A claim that is not bound, and nodes that nobody printed, are no reason to tell a pod that it runs in a second.
#[test]
fn who_is_kept_from_a_node_stays_and_is_told_why() {
    const CLAIM: &str = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
    let claims = "volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]";
    let gates = "schedulingGates: [{ name: example.com/wait }]";
    let claim = without_a_node("db", claims, "Unschedulable", CLAIM);
    let nodes = without_a_node("big", "", "Unschedulable", "0/3 nodes are available: 3 Insufficient cpu.");
    let gated = without_a_node("held", gates, "SchedulingGated", "Scheduling is blocked");
    let with_node = format!("apiVersion: v1\nkind: List\nitems:{}\n---{claim}", node("well", "", "True"));
    let desk = desk(
        "kept",
        &[("claim.yaml", &claim), ("node.yaml", &with_node), ("big.yaml", &nodes), ("gated.yaml", &gated)],
    );
    for (file, words) in [
        ("claim.yaml", format!("shop/db: Pending 0/1\n  nothing changes within 1h0m0s: {CLAIM}\n")),
        ("node.yaml", format!("shop/db: Pending 0/1\n  nothing changes within 1h0m0s: {CLAIM}\n")),
        (
            "big.yaml",
            "nothing changes within 1h0m0s: 0/3 nodes are available: 3 Insufficient cpu.\n".to_owned(),
        ),
        ("gated.yaml", "it is gated until whoever set them takes away example.com/wait\n".to_owned()),
    ] {
        let (code, out, said) =
            told_by(&desk, &format!("predict {file} --now 2026-11-22T13:20:00Z --seeds 20"));
        assert_eq!(code, Some(0), "{said}");
        assert!(out.contains(&words), "{file}: no `{words}` in\n{out}");
    }
}

/// A controller that has been there looks when the back-off ends, not a batch later; also of an index that backs off by itself. Of a
/// pod that was evicted it counts from when that was asked for, though its containers ended a second later.
#[test]
fn the_next_try_of_a_job_comes_when_its_back_off_ends() {
    for (set, name, at) in [
        ("golden-workloads-1.32", "job-backoff-limit-never", 11.8),
        ("golden-workloads-1.32", "job-backoff-limit-per-index", 12.2),
        ("golden-workloads-1.32", "job-node-drained", 10.4),
        ("golden-workloads", "job-node-drained", 9.3),
    ] {
        let stream = recorded::named(set, name);
        let (_, cut) = recorded::at(&stream, at, 20).expect("its first pod has failed");
        let next = cut.pods.iter().find(|next| next.kind == "next pod of a job").expect("it has a Job");
        let (_, came) = next.came.as_ref().expect("it was tried again");
        for (_, future) in &next.futures {
            let at = future.as_ref().map_or(i64::MAX, |(_, at)| *at);
            assert!((at - came).abs() < 100_000, "{set}/{name}: {at} and not {came}");
        }
    }
}

/// With a pod that failed goes when it did: its Job waits for some part of its back-off still, and does not try again at once.
#[test]
fn a_job_whose_failed_pod_is_gone_waits_out_its_back_off() {
    // Its pod is gone at 21:39:41, and the next one was made at 21:39:48.
    let seen = recorded::named("golden-workloads", "job-node-drained").until(12.0);
    let desk = desk("gone", &[("seen.jsonl", &seen)]);
    let (code, told, said) = told_by(&desk, "predict seen.jsonl --now 2026-11-28T21:39:43Z");
    assert_eq!(code, Some(0), "{said}");
    let line =
        told.lines().find(|line| line.contains("next pod between 21:")).unwrap_or_else(|| panic!("{told}"));
    let seconds = |word: &str| word.rsplit(':').next().and_then(|secs| secs.parse::<i64>().ok());
    let ends: Vec<i64> = line.split_whitespace().filter_map(seconds).collect();
    assert!(matches!(ends[..], [43..=45, 51..=54]), "{line}");
}

const MANIFEST: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: "registry.example/web:1" }] }
"#;

/// A pod that runs well, with what else stands in its metadata, spec and conditions.
fn running(name: &str, node: &str, meta: &str, spec: &str, conditions: &str) -> String {
    format!(
        r#"
- apiVersion: v1
  kind: Pod
  metadata: {{ name: {name}, namespace: shop, uid: u-{name}, creationTimestamp: "2026-11-22T13:00:00Z"{meta} }}
  spec:
    nodeName: {node}
    terminationGracePeriodSeconds: 30
    containers: [{{ name: app, image: "registry.example/web:1", resources: {{}} }}]{spec}
  status:
    phase: Running
    startTime: "2026-11-22T13:00:00Z"
    conditions:
    - {{ type: PodScheduled, status: "True", lastTransitionTime: "2026-11-22T13:00:00Z" }}
    - {{ type: Ready, status: "True", lastTransitionTime: "2026-11-22T13:00:03Z" }}{conditions}
    containerStatuses:
    - name: app
      ready: true
      started: true
      restartCount: 0
      image: registry.example/web:1
      imageID: sha256:1
      containerID: containerd://{name}
      state: {{ running: {{ startedAt: "2026-11-22T13:00:02Z" }} }}"#
    )
}

/// A node, with what else stands in its spec, and what its Ready says.
fn node(name: &str, spec: &str, ready: &str) -> String {
    format!(
        r#"
- apiVersion: v1
  kind: Node
  metadata: {{ name: {name}, uid: u-{name}, creationTimestamp: "2026-11-01T00:00:00Z" }}
  spec: {{ {spec} }}
  status:
    capacity: {{ cpu: "8", memory: 16Gi, pods: "110" }}
    allocatable: {{ cpu: "8", memory: 16Gi, pods: "110" }}
    conditions:
    - {{ type: Ready, status: "{ready}", reason: NodeStatusUnknown, lastTransitionTime: "2026-11-22T13:10:00Z" }}"#
    )
}

/// Nobody plays the kubelet of a lost node: its pods go when what they tolerate is over, and never leave.
#[test]
fn a_lost_node_stays_lost_and_its_pods_are_told_to_go() {
    let taints = r#"taints: [{ key: node.kubernetes.io/unreachable, effect: NoExecute, timeAdded: "2026-11-22T13:10:00Z" }]"#;
    let tolerates = "\n    tolerations: [{ key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300 }]";
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:{}{}{}",
        node("lost", taints, "Unknown"),
        node("well", "", "True"),
        running("web", "lost", "", tolerates, "")
    );
    let desk = desk("lost", &[("list.yaml", &list)]);
    let (code, out, said) = told_by(&desk, "predict list.yaml --now 2026-11-22T13:12:00Z -o json");
    assert_eq!(code, Some(0), "{said}");
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let steps = all["pods"][0]["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 1, "told to go, and nothing more: {out}");
    assert_eq!(steps[0]["status"], "Terminating", "{out}");
    let (earliest, latest) = (steps[0]["earliest"].as_str(), steps[0]["latest"].as_str());
    assert!(earliest >= Some("2026-11-22T13:15:00Z") && latest <= Some("2026-11-22T13:15:02Z"), "{out}");
    assert!(out.contains("node lost is lost, and does not come back"), "{out}");
}

/// Whoever drains goes on: what ends is told, and who is kept.
#[test]
fn a_drain_that_is_under_way_is_told_its_end() {
    let goes = r#", deletionTimestamp: "2026-11-22T13:12:20Z", deletionGracePeriodSeconds: 30"#;
    let evicted = "\n    - { type: DisruptionTarget, status: \"True\", reason: EvictionByEvictionAPI, lastTransitionTime: \"2026-11-22T13:11:50Z\" }";
    let head = format!(
        "apiVersion: v1\nkind: List\nitems:{}{}",
        node("old", "unschedulable: true", "True"),
        node("new", "", "True")
    );
    let gone = running("web", "old", goes, "", evicted);
    let labels = ", labels: { app: db }";
    let budget = r#"
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: { name: db, namespace: shop, uid: u-pdb, generation: 1, creationTimestamp: "2026-11-22T12:00:00Z" }
  spec: { minAvailable: 1, selector: { matchLabels: { app: db } } }
  status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 }"#;
    let kept = format!("{head}{gone}{}{budget}", running("db", "old", labels, "", ""));
    let free = format!("{head}{gone}");
    let quiet = format!("{head}{}", running("db", "old", labels, "", ""));
    let desk = desk("drain", &[("free.yaml", &free), ("kept.yaml", &kept), ("quiet.yaml", &quiet)]);
    let now = "--now 2026-11-22T13:12:00Z --seeds 40";
    let (code, text, said) = told_by(&desk, &format!("predict free.yaml {now}"));
    assert_eq!(code, Some(0), "{said}");
    assert!(text.contains("node/old\n  drained between 13:12:"), "{text}");
    let (_, text, _) = told_by(&desk, &format!("predict kept.yaml {now}"));
    let words = "node/old\n  not drained within 1h0m0s; a disruption budget keeps shop/db";
    assert!(text.contains(words), "{text}");
    // Nothing shows that somebody drains it.
    let (_, text, _) = told_by(&desk, &format!("predict quiet.yaml {now}"));
    assert!(
        text.contains("node old is cordoned, and as no evicted pod of it shows a drain, its pods stay"),
        "{text}"
    );
    assert!(!text.contains("node/old"), "{text}");
}

/// Of many pods those that are up are not played, whatever their probes took to succeed: nothing comes of them.
#[test]
fn pods_that_are_up_are_left_alone_where_there_are_many() {
    let probe = "\n    containers: [{ name: app, image: \"registry.example/web:1\", resources: {}, readinessProbe: { httpGet: { port: 80 }, periodSeconds: 2 } }]";
    let (mut list, mut slow) = (String::from("apiVersion: v1\nkind: List\nitems:"), 0);
    for ix in 0..400 {
        let pod = running(&format!("web-{ix}"), "well", "", probe, "");
        let pod = pod.replacen(
            "\n    containers: [{ name: app, image: \"registry.example/web:1\", resources: {} }]",
            "",
            1,
        );
        // It took half a minute; of the last ones it has not yet.
        list.push_str(&match ix {
            0..390 => pod.replace("13:00:03Z", "13:00:32Z"),
            _ => pod.replace("ready: true", "ready: false").replace(
                "\"True\", lastTransitionTime: \"2026-11-22T13:00:03Z\"",
                "\"False\", lastTransitionTime: \"2026-11-22T13:00:01Z\"",
            ),
        });
        slow += usize::from(ix >= 390);
    }
    let now = kubelapse::time::Time::parse_rfc3339("2026-11-22T13:12:00Z");
    let beside = kubelapse::scenario::given::Beside { now, ..Default::default() };
    let given =
        kubelapse::scenario::given::read(&list, &beside).unwrap_or_else(|problems| panic!("{problems:?}"));
    let up = kubelapse::scenario::given::SetUp::new(given, &bench::plan(LOOPS), &[]);
    let alone = up.players.iter().filter(|player| up.is_left_alone(player)).count();
    assert_eq!(alone, 400 - slow);
}

/// Of a program of which nothing is known it is told what is so of most, and that nobody knows more.
#[test]
fn a_start_of_which_nothing_is_known_is_told_as_that() {
    let probe = "\n    containers: [{ name: app, image: \"registry.example/web:1\", resources: {}, readinessProbe: { httpGet: { port: 80 }, periodSeconds: 2 } }]";
    let pod = running("web", "well", "", probe, "")
        .replacen(
            "\n    containers: [{ name: app, image: \"registry.example/web:1\", resources: {} }]",
            "",
            1,
        )
        .replace("ready: true", "ready: false")
        .replace(
            "\"True\", lastTransitionTime: \"2026-11-22T13:00:03Z\"",
            "\"False\", lastTransitionTime: \"2026-11-22T13:00:00Z\"",
        );
    let desk = desk("unknown", &[("pod.yaml", &format!("apiVersion: v1\nkind: List\nitems:{pod}"))]);
    let asked = |more: &str| {
        let (code, out, said) =
            told_by(&desk, &format!("predict pod.yaml --now 2026-11-22T13:00:32Z -o json {more}"));
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str::<serde_json::Value>(&out).expect("JSON")["pods"][0].clone()
    };
    // It has been booting for 30 s: half of those are ready within another 40, and nearly all in an hour.
    let own = asked("--level 50");
    let step = &own["steps"][0];
    assert_eq!((&step["ready"], &own["supposed"]), (&"1/1".into(), &"boots".into()), "{own}");
    let (earliest, latest) = (step["earliest"].as_str(), step["latest"].as_str());
    assert!(earliest > Some("2026-11-22T13:00:35Z") && earliest < Some("2026-11-22T13:01:00Z"), "{own}");
    assert!(latest > Some("2026-11-22T13:01:40Z") && latest < Some("2026-11-22T13:05:00Z"), "{own}");
    assert!(step["chance"].as_f64() > Some(0.9), "{own}");
    // Who says it is told no more of that.
    let own = asked("--assume web.boots=40s");
    assert!(
        own["supposed"].is_null() && own["steps"][0]["latest"].as_str() < Some("2026-11-22T13:00:50Z"),
        "{own}"
    );
    let (_, text, _) = told_by(&desk, "predict pod.yaml --now 2026-11-22T13:00:32Z");
    assert!(text.contains("\n  (if it starts as most do; nothing is known of its program)"), "{text}");
    assert!(text.contains("nothing is known of how long app boots"), "{text}");
}

/// What has ended before it was ready does so again, whatever its siblings take to boot.
#[test]
fn who_has_ended_before_it_was_ready_does_so_again() {
    let probe = "containers: [{ name: app, image: \"registry.example/web:1\", resources: {}, readinessProbe: { httpGet: { port: 80 }, periodSeconds: 2 } }]";
    let never = POD
        .replace("containers: [{ name: app, image: \"registry.example/web:1\", resources: {} }]", probe)
        .replace(
            "lastTransitionTime: \"2026-11-22T13:20:30Z\"",
            "lastTransitionTime: \"2026-11-22T13:00:00Z\"",
        );
    let was = never.replacen(
        "2026-11-22T13:00:00Z\" }\n  - { type: PodSch",
        "2026-11-22T13:20:30Z\" }\n  - { type: PodSch",
        1,
    );
    assert_ne!(never, was);
    let desk = desk("unready", &[("never.yaml", &never), ("was.yaml", &was)]);
    let ready = |file: &str| {
        let (code, out, said) =
            told_by(&desk, &format!("predict {file} --now 2026-11-22T13:22:10Z --kubernetes 1.36"));
        assert_eq!(code, Some(0), "{said}");
        out.contains("Running 1/1")
    };
    assert_eq!((ready("never.yaml"), ready("was.yaml")), (false, true));
}

/// A Job that fails is never complete, and why is what its controller says.
#[test]
fn a_job_that_fails_is_told_never_to_be_complete() {
    let job = r#"
- apiVersion: batch/v1
  kind: Job
  metadata: { name: import, namespace: shop, uid: u-job, generation: 1, creationTimestamp: "2026-11-22T13:00:00Z" }
  spec:
    activeDeadlineSeconds: 900
    backoffLimit: 6
    completions: 1
    parallelism: 1
    selector: { matchLabels: { batch.kubernetes.io/controller-uid: u-job } }
    template:
      metadata: { labels: { batch.kubernetes.io/controller-uid: u-job } }
      spec: { restartPolicy: Never, containers: [{ name: app, image: "registry.example/web:1", resources: {} }] }
  status: { active: 1, ready: 1, startTime: "2026-11-22T13:00:00Z" }"#;
    let owner = r#", labels: { batch.kubernetes.io/controller-uid: u-job },
      ownerReferences: [{ apiVersion: batch/v1, kind: Job, name: import, uid: u-job, controller: true }]"#;
    let pod = running("import-1", "well", owner, "\n    restartPolicy: Never", "");
    let desk = desk("job", &[("job.yaml", &format!("apiVersion: v1\nkind: List\nitems:{job}{pod}"))]);
    let now = "--now 2026-11-22T13:12:00Z --seeds 20 --assume job/import.runs=forever";
    let (code, text, said) = told_by(&desk, &format!("predict job.yaml {now}"));
    assert_eq!(code, Some(0), "{said}");
    assert!(text.contains("failed between 13:15:0"), "{text}");
    assert!(text.contains("never complete: DeadlineExceeded") && !text.contains("not complete"), "{text}");
    // Of a Job of which nothing is known it is told that it may end before.
    let (_, text, _) = told_by(&desk, "predict job.yaml --now 2026-11-22T13:02:00Z");
    assert!(text.contains("(if it ends as most do; nothing is known of its program)"), "{text}");
}

/// A CronJob, with what else stands in its spec.
fn cron_job(spec: &str) -> String {
    format!(
        r#"
- apiVersion: batch/v1
  kind: CronJob
  metadata: {{ name: report, namespace: shop, uid: u-cron, creationTimestamp: "2026-11-20T12:00:00Z" }}
  spec:
    schedule: "30 2 * * *"
    concurrencyPolicy: Allow
    {spec}
    jobTemplate:
      spec: {{ template: {{ spec: {{ restartPolicy: Never, containers: [{{ name: app, image: "registry.example/report:1" }}] }} }} }}
  status: {{ lastScheduleTime: "2026-11-22T01:30:00Z" }}"#
    )
}

/// When a CronJob's next Job comes, in the clock of its zone; or why none does.
#[test]
fn a_cron_job_is_told_its_next_job_or_why_there_is_none() {
    let list = |spec: &str| format!("apiVersion: v1\nkind: List\nitems:{}", cron_job(spec));
    let (zone, off) = (list("timeZone: Europe/Berlin"), list("suspend: true"));
    let desk = desk("cron", &[("zone.yaml", &zone), ("off.yaml", &off)]);
    let said = |line: &str| {
        let (code, out, said) = told_by(&desk, line);
        assert_eq!(code, Some(0), "{said}");
        out
    };
    let late = said("predict zone.yaml --now 2026-11-22T13:22:10Z --seeds 8");
    assert!(
        late.contains(
            "no Job within 1h0m0s: its next time is 2026-11-23T01:30:00Z (`30 2 * * *` in Europe/Berlin)"
        ),
        "{late}"
    );
    let soon = said("predict zone.yaml --now 2026-11-23T01:00:00Z --seeds 8");
    assert!(soon.contains("next job between 01:30:00 and 01:30:01") && !soon.contains("no Job"), "{soon}");
    let off = said("predict off.yaml --now 2026-11-22T13:22:10Z --seeds 8");
    assert!(off.contains("no Job within 1h0m0s: it is suspended"), "{off}");
}

/// A watch that begins anew tells what is there: what it does not tell of has gone in the hole.
#[test]
fn a_stream_with_a_hole_is_what_it_tells_last() {
    let pod = |name: &str| {
        let list = format!("items:{}", running(name, "well", "", "", ""));
        let (documents, _) = kubelapse::rules::kubectl::manifest::printed(&list);
        documents[0]["items"][0].clone()
    };
    let line = |kind: &str, name: &str| serde_json::json!({ "type": kind, "object": pod(name) }).to_string();
    let stream = [line("ADDED", "one"), line("ADDED", "two"), line("MODIFIED", "one"), line("ADDED", "one")];
    let desk = desk("hole", &[("stream.jsonl", &stream.join("\n"))]);
    let (code, out, said) =
        told_by(&desk, "predict stream.jsonl --now 2026-11-22T13:12:00Z -o json --seeds 4");
    assert_eq!(code, Some(0), "{said}");
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let names: Vec<&serde_json::Value> =
        all["pods"].as_array().expect("pods").iter().map(|pod| &pod["name"]).collect();
    assert_eq!(names, ["one"], "{out}");
    assert!(said.contains("the stream has a hole") && said.contains("1 objects"), "{said}");
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_what_helps() {
    let bare =
        "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: app, image: a }] }\n";
    let broken =
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too old resource version\"}}\n";
    let files = [
        ("pod.yaml", POD),
        ("bare.yaml", bare),
        ("broken.jsonl", broken),
        ("empty.yaml", ""),
        ("none.txt", "No resources found in default namespace.\n"),
        ("manifest.yaml", MANIFEST),
        ("text.yaml", "kind: Pod\nmetadata: {name: a\nspec: [\n"),
    ];
    let desk = desk("wrong", &files);
    for (line, words) in [
        ("predict pod.yaml --now 2026-11-22T12:00:00Z", vec!["lies in the future", "--now says when"]),
        (
            "predict pod.yaml --now yesterday --assume web=1 --for soon",
            vec!["no instant", "--assume web=1", "--for soon"],
        ),
        ("predict bare.yaml", vec!["has no status", "kubelapse run"]),
        ("predict broken.jsonl", vec!["too old resource version", "list anew"]),
        ("predict empty.yaml", vec!["no object in it, it is empty", "kubectl get pod NAME -o yaml"]),
        ("predict none.txt", vec!["an answer of kubectl"]),
        ("predict nowhere.yaml", vec!["nowhere.yaml"]),
        (
            "predict manifest.yaml",
            vec!["deployment/web was not printed by a cluster", "kubelapse run", "kubelapse audit"],
        ),
        ("predict text.yaml", vec!["text.yaml:", "neither JSON nor YAML"]),
        (
            "predict pod.yaml --now 2026-11-22T13:22:10Z --assume wbe.runs=1s",
            vec!["--assume wbe: no pod and no workload of that name", "did you mean web?"],
        ),
    ] {
        let (code, out, said) = told_by(&desk, line);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}: {said}");
        for word in words {
            assert!(said.contains(word), "{line}: {said}");
        }
    }
}
