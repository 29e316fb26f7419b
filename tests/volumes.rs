//! Claims and their volumes: bound or not, within reach or not, on another node, and slow to change hands.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::compare::life::{self, Row};
use kubelapse::scenario;
use kubelapse::session;
use plan::plan;

/// Everything that clients saw of the pods.
fn rows(text: &str, seed: u64) -> Vec<Row> {
    let plan = plan(text);
    let lived = session::live(&plan, seed);
    life::rows_of(&lived.directory, &lived.transitions)
}

/// When and in which words an event of a pod was told.
fn events(rows: &[Row], pod: &str, reason: &str) -> Vec<(f64, String)> {
    let told = rows.iter().filter(|row| row.kind == "event" && row.pod == pod && row.reason == reason);
    told.map(|row| (row.micros as f64 / 1e6, row.message.clone())).collect()
}

fn times(events: &[(f64, String)]) -> Vec<f64> {
    events.iter().map(|(at, _)| *at).collect()
}

/// When a pod was first seen Running.
fn runs_at(rows: &[Row], pod: &str) -> f64 {
    let row = rows.iter().find(|row| row.kind == "status" && row.pod == pod && row.to == "Running");
    row.map_or(f64::INFINITY, |row| row.micros as f64 / 1e6)
}

/// A pod with a claim, on any node or on one that it asks for.
fn pod(name: &str, at: &str, node: &str, claim: &str, context: &str) -> String {
    let selector =
        if node.is_empty() { String::new() } else { format!("\"kubernetes.io/hostname\" = \"{node}\"") };
    format!(
        r#"
[[pod]]
name = "{name}"
at = "{at}"
  [pod.spec]
  nodeSelector = {{ {selector} }}
  securityContext = {{ {context} }}
  volumes = [{{ name = "data", persistentVolumeClaim = {{ claimName = "{claim}" }} }}]
    [[pod.spec.containers]]
    name = "db"
    image = "registry.example/shop/db:17"
    resources = {{ requests = {{ cpu = "1" }} }}
"#
    )
}

fn node(name: &str, zone: &str) -> String {
    format!(
        r#"
[[node]]
name = "{name}"
labels = {{ "topology.kubernetes.io/zone" = "{zone}" }}
images = ["registry.example/shop/db:17"]
"#
    )
}

fn claim(keys: &str) -> String {
    format!(
        "[[object]]\nkind = \"PersistentVolumeClaim\"\nname = \"data\"\nvolumeName = \"pvc-7f3a\"\n{keys}\n"
    )
}

fn world(version: &str, until: &str, parts: &[String]) -> String {
    format!("kubernetes = \"{version}\"\nuntil = \"{until}\"\n{}", parts.concat())
}

#[test]
fn a_claim_holds_its_pod_back_until_it_is_bound() {
    let tails = [
        ("1.32", " preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."),
        ("1.36", " not found"),
    ];
    for (version, tail) in tails {
        let parts =
            [node("a", "z1"), claim("at = \"30s\"\nboundAt = \"70s\""), pod("db", "0s", "", "data", "")];
        let rows = rows(&world(version, "2m", &parts), 0);
        let refused = events(&rows, "db", "FailedScheduling");
        assert_eq!(
            refused.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>(),
            [
                format!("0/1 nodes are available: persistentvolumeclaim \"data\" not found.{tail}"),
                format!("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.{tail}"),
            ]
        );
        // The claim's coming and its binding bring the pod back at once.
        assert!((30.0..30.1).contains(&refused[1].0), "{refused:?}");
        let scheduled = events(&rows, "db", "Scheduled");
        assert!((70.0..70.1).contains(&scheduled[0].0), "{scheduled:?}");
    }
}

/// Up to 1.32 the flush of the back-off queue has a second of its own, since the scheduler began.
#[test]
fn the_back_off_queue_is_looked_at_on_the_seconds_of_the_scheduler() {
    let parts = [node("a", "z1"), claim("boundAt = \"300ms\""), pod("db", "0s", "", "data", "")];
    let scheduled = |version: &str| -> Vec<f64> {
        let text = world(version, "5s", &parts);
        let first = |seed| events(&rows(&text, seed), "db", "Scheduled")[0].0;
        (0..20).map(first).collect()
    };
    let old = scheduled("1.32");
    assert!(old.iter().all(|at| (1.0..2.1).contains(at)), "{old:?}");
    assert!(old.iter().any(|at| *at < 1.3) && old.iter().any(|at| *at > 1.7), "{old:?}");
    assert!(scheduled("1.36").iter().all(|at| *at < 0.4));
}

#[test]
fn an_action_binds_a_claim() {
    let bind = "[[action]]\nat = \"40s\"\nbind = \"PersistentVolumeClaim/data\"\n".to_owned();
    let parts = [node("a", "z1"), claim("bound = false"), pod("db", "0s", "", "data", ""), bind];
    let rows = rows(&world("1.36", "2m", &parts), 0);
    let scheduled = events(&rows, "db", "Scheduled");
    assert!((40.0..40.1).contains(&scheduled[0].0), "{scheduled:?}");
}

/// A pod that came with its node passes the scheduler by: the kubelet's volume manager cannot take its claim in.
#[test]
fn the_kubelet_takes_in_no_claim_that_is_not_bound() {
    let direct = pod("db", "0s", "", "data", "").replace("nodeSelector = {  }", "nodeName = \"a\"");
    for (keys, cause) in [
        ("at = \"40s\"", "failed to fetch PVC from API server: persistentvolumeclaims \"data\" not found"),
        ("boundAt = \"40s\"", "PVC is not bound"),
    ] {
        let rows = rows(&world("1.36", "3m", &[node("a", "z1"), claim(keys), direct.clone()]), 0);
        let failed = events(&rows, "db", "FailedMount");
        let words = format!(
            "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], \
             failed to process volumes=[data]: error processing PVC default/data: {cause}"
        );
        assert!(failed.iter().all(|(_, told)| *told == words), "{failed:?}");
        // At the second poll of the first sync; then with the worker's retries, 10 to 15 s and a tick apart.
        assert!((0.3..0.31).contains(&failed[0].0), "{failed:?}");
        let gaps = times(&failed).windows(2).all(|pair| (10.0..16.5).contains(&(pair[1] - pair[0])));
        assert!(gaps && failed.len() >= 3, "{failed:?}");
        let runs = runs_at(&rows, "db");
        assert!((40.0..58.0).contains(&runs), "{runs}");
    }
}

const ZONE: &str = "nodeAffinity = { required = { nodeSelectorTerms = [{ matchExpressions = \
     [{ key = \"topology.kubernetes.io/zone\", operator = \"In\", values = [\"z1\"] }] }] } }";

#[test]
fn a_volume_keeps_its_pod_in_its_zone() {
    let full = node("a", "z1") + "capacity = { cpu = \"1\" }\n";
    for (version, words) in [
        (
            "1.32",
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had volume node affinity conflict. \
             preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, \
             2 Preemption is not helpful for scheduling.",
        ),
        (
            "1.36",
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match PersistentVolume's node affinity. \
             no new claims to deallocate, preemption: 0/3 nodes are available: \
             1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
        ),
    ] {
        let parts = [
            full.clone(),
            node("b", "z2"),
            node("c", "z3"),
            claim(ZONE),
            pod("busy", "0s", "a", "other", ""),
            pod("db", "10s", "", "data", ""),
            "[[action]]\nat = \"60s\"\ndelete = \"pod/busy\"\n".to_owned(),
        ];
        let rows = rows(&world(version, "3m", &parts), 0);
        let refused = events(&rows, "db", "FailedScheduling");
        assert_eq!(refused[0].1, words);
        let scheduled = events(&rows, "db", "Scheduled");
        assert_eq!(scheduled[0].1, "Successfully assigned default/db to a");
        assert!((60.0..63.0).contains(&scheduled[0].0), "{scheduled:?}");
    }
}

#[test]
fn a_label_brings_a_node_within_reach() {
    let moved = "[[action]]\nat = \"50s\"\nlabel = \"node/b\"\nlabels = { \"topology.kubernetes.io/zone\" = \"z1\" }\n";
    let parts = [node("b", "z2"), claim(ZONE), pod("db", "0s", "", "data", ""), moved.to_owned()];
    let rows = rows(&world("1.36", "2m", &parts), 0);
    let scheduled = events(&rows, "db", "Scheduled");
    assert!((50.0..50.1).contains(&scheduled[0].0), "{scheduled:?}");
}

const ONCE: &str = "accessModes = [\"ReadWriteOnce\"]";

fn two_nodes(keys: &str, rest: &[String]) -> String {
    world("1.36", "20m", &[&[node("a", "z1"), node("b", "z1"), claim(keys)], rest].concat())
}

#[test]
fn a_volume_of_one_node_is_waited_for_in_silence() {
    for seed in 0..20 {
        let parts = [
            pod("db-0", "0s", "a", "data", ""),
            pod("db-1", "60s", "b", "data", ""),
            "[[action]]\nat = \"240s\"\ndelete = \"pod/db-0\"\n".to_owned(),
        ];
        let rows = rows(&two_nodes(ONCE, &parts), seed);
        // Nobody mounts before the node's status counts the volume in use: that is written every ten seconds.
        let first = runs_at(&rows, "db-0");
        assert!((2.0..14.0).contains(&first), "{first}");
        let attached = events(&rows, "db-0", "SuccessfulAttachVolume");
        assert_eq!(attached[0].1, "AttachVolume.Attach succeeded for volume \"pvc-7f3a\" ");
        assert!((2.0..2.2).contains(&attached[0].0), "{attached:?}");

        let failed = events(&rows, "db-1", "FailedAttachVolume");
        assert_eq!(failed.len(), 1, "it is told once: {failed:?}");
        let words = "Multi-Attach error for volume \"pvc-7f3a\" Volume is already used by pod(s) db-0";
        assert_eq!(failed[0].1, words);
        assert!((60.0..60.2).contains(&failed[0].0), "{failed:?}");
        // A wait that runs out of its two minutes is no event.
        assert!(events(&rows, "db-1", "FailedMount").is_empty());

        // The pod goes, the old node says so within ten seconds, two to detach, two to attach.
        let attached = events(&rows, "db-1", "SuccessfulAttachVolume")[0].0;
        assert!((244.5..256.0).contains(&attached), "{attached}");
        // The kubelet looks at half a second doubled: after 127.5 s of waiting, then not before 249.5.
        let runs = runs_at(&rows, "db-1");
        assert!((310.0..345.0).contains(&runs), "{runs}");
    }
}

#[test]
fn a_pod_that_is_gone_is_not_named() {
    let parts = [
        pod("db-0", "0s", "a", "data", ""),
        "[[action]]\nat = \"60s\"\ndelete = \"pod/db-0\"\n".to_owned(),
        pod("db-1", "61s", "b", "data", ""),
    ];
    let text = two_nodes(&format!("{ONCE}\ndetach = \"20s\""), &parts);
    let mut told = 0;
    for seed in 0..10 {
        let rows = rows(&text, seed);
        // None where the old node's status was in time, so that the volume is being detached already.
        for (_, words) in events(&rows, "db-1", "FailedAttachVolume") {
            assert_eq!(
                words,
                "Multi-Attach error for volume \"pvc-7f3a\" Volume is already exclusively attached to one node \
                 and can't be attached to another"
            );
            told += 1;
        }
        let attached = events(&rows, "db-1", "SuccessfulAttachVolume")[0].0;
        assert!((82.0..95.0).contains(&attached), "{attached}");
    }
    assert!((5..=10).contains(&told), "{told}");
}

/// The pods of a lost node are taken from the API by force; the node itself says nothing.
fn lost(rest: &str) -> Vec<Row> {
    let parts = [
        pod("db-0", "0s", "a", "data", ""),
        "[[action]]\nat = \"30s\"\nstop = \"node/a\"\n".to_owned(),
        "[[action]]\nat = \"2m\"\ndelete = \"pod/db-0\"\nforce = true\n".to_owned(),
        pod("db-1", "125s", "b", "data", ""),
        rest.to_owned(),
    ];
    rows(&two_nodes(ONCE, &parts), 0)
}

#[test]
fn a_lost_node_is_given_six_minutes() {
    let rows = lost("");
    assert_eq!(events(&rows, "db-1", "FailedAttachVolume").len(), 1);
    let attached = events(&rows, "db-1", "SuccessfulAttachVolume")[0].0;
    // Since nobody has needed it there, and then a detach and an attach of two seconds each.
    assert!((484.0..485.0).contains(&attached), "{attached}");
}

#[test]
fn a_node_that_is_out_of_service_is_given_none() {
    let rows = lost(
        "[[action]]\nat = \"3m\"\ntaint = \"node/a\"\n\
         taints = [{ key = \"node.kubernetes.io/out-of-service\", value = \"nodeshutdown\", effect = \"NoExecute\" }]\n",
    );
    let attached = events(&rows, "db-1", "SuccessfulAttachVolume")[0].0;
    assert!((184.0..184.5).contains(&attached), "{attached}");
}

#[test]
fn one_node_or_many_readers_share_a_volume() {
    for (keys, other) in [(ONCE, "a"), ("accessModes = [\"ReadWriteMany\"]", "b")] {
        let parts = [pod("db-0", "0s", "a", "data", ""), pod("db-1", "60s", other, "data", "")];
        let rows = rows(&two_nodes(keys, &parts), 0);
        assert!(events(&rows, "db-1", "FailedAttachVolume").is_empty());
        let runs = runs_at(&rows, "db-1");
        assert!((60.0..75.0).contains(&runs), "{runs}");
    }
}

const SLOW: &str = "accessModes = [\"ReadWriteOnce\"]\nfiles = 9_000_000\nfsGroupChange = \"5m\"";

#[test]
fn a_volume_of_many_files_is_slow_to_get_its_group() {
    let context = |policy: &str| format!("fsGroup = 1000, fsGroupChangePolicy = \"{policy}\"");
    for (policy, again) in [("Always", 300.0), ("OnRootMismatch", 0.0)] {
        let parts = [
            pod("db-0", "0s", "a", "data", &context(policy)),
            "[[action]]\nat = \"8m\"\ndelete = \"pod/db-0\"\n".to_owned(),
            pod("db-1", "9m", "a", "data", &context(policy)),
        ];
        let rows = rows(&two_nodes(SLOW, &parts), 0);
        let told = events(&rows, "db-0", "VolumePermissionChangeInProgress");
        let gaps: Vec<i64> = times(&told).windows(2).map(|p| (p[1] - p[0]).round() as i64).collect();
        assert_eq!(gaps, [60, 60, 60, 60]);
        let directory = "/volumes/kubernetes.io~csi/pvc-7f3a/mount";
        let after_uid = |words: &str| words.split_once(directory).map(|(_, rest)| rest.to_owned());
        let said: Vec<Option<String>> = told.iter().map(|(_, words)| after_uid(words)).collect();
        assert!(
            said[0]
                .as_deref()
                .is_some_and(|w| w.starts_with(" is taking longer than expected, consider using"))
        );
        let done: Vec<Option<&str>> = said[1..].iter().map(Option::as_deref).collect();
        assert_eq!(
            done,
            [2_700_000, 4_500_000, 6_300_000, 8_100_000]
                .map(|files| format!(", processed {files} files."))
                .iter()
                .map(|words| Some(words.as_str()))
                .collect::<Vec<_>>()
        );
        assert!(told[0].1.starts_with("Setting volume ownership for "));
        // It begins when the volume is mounted, and nothing fails meanwhile.
        let runs = runs_at(&rows, "db-0");
        assert!((told[0].0 + 270.0..told[0].0 + 288.0).contains(&runs), "{runs} {told:?}");
        assert!(events(&rows, "db-0", "FailedMount").is_empty());
        let next = runs_at(&rows, "db-1") - 540.0;
        assert!((again..again + 30.0).contains(&next), "{policy}: {next}");
    }
}

#[test]
fn only_an_fs_group_costs_time_and_only_new_kubelets_tell() {
    let parts = |context: &str| [node("a", "z1"), claim(SLOW), pod("db", "0s", "", "data", context)];
    let free = rows(&world("1.36", "10m", &parts("")), 0);
    assert!(runs_at(&free, "db") < 15.0);
    let old = rows(&world("1.32", "10m", &parts("fsGroup = 1000")), 0);
    assert!(runs_at(&old, "db") > 300.0);
    assert!(events(&old, "db", "VolumePermissionChangeInProgress").is_empty());
}

#[test]
fn a_claim_of_which_nothing_is_said_changes_nothing() {
    let named = rows(&world("1.36", "5m", &[node("a", "z1"), claim(""), pod("db", "0s", "", "data", "")]), 3);
    let unnamed = rows(&world("1.36", "5m", &[node("a", "z1"), pod("db", "0s", "", "data", "")]), 3);
    assert_eq!(named, unnamed);
}

#[test]
fn what_contradicts_itself_is_told() {
    let problems = |keys: &str, rest: &str| {
        let text = world("1.36", "5m", &[claim(keys), pod("db", "0s", "", "data", ""), rest.to_owned()]);
        scenario::load("volumes.toml", &text, &scenario::no_files, &[])
            .expect_err("it contradicts itself")
            .short()
    };
    let told = problems("bound = false\nboundAt = \"1m\"", "");
    assert!(told.contains("`bound = false` and `boundAt` contradict each other"), "{told}");
    let told = problems("at = \"2m\"\nboundAt = \"1m\"", "");
    assert!(told.contains("the claim would be bound before it exists"), "{told}");
    let told = problems(&ZONE.replace("[\"z1\"]", "[]"), "");
    assert!(told.contains("`In` takes at least one value"), "{told}");
    let told = problems("accessModes = [\"ReadWriteOften\"]", "");
    assert!(told.contains("ReadWriteOften"), "{told}");
    let told = problems("", "[[action]]\nat = \"1m\"\nbind = \"ConfigMap/data\"\n");
    assert!(told.contains("only a claim can be bound"), "{told}");
    let told = problems("", "[[object]]\nkind = \"Secret\"\nname = \"s\"\nboundAt = \"1m\"\n");
    assert!(told.contains("a Secret has no `boundAt`"), "{told}");
}
