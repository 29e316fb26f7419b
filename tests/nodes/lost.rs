//! Nodes that are lost, given up, cordoned or come back: which taints they have, and whom those drive away.

use crate::*;

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
