//! What is said of pods: of crash loops, of those that no node takes or whose node is lost, of drains and starts.

use super::written::{POD, desk, node, running, told_by};
use crate::{LOOPS, bench};

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
