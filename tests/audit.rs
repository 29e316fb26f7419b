//! What an audit finds, on manifests whose answer the rules give: probes, grace periods, budgets, strategies and limits with round
//! numbers.

#![cfg(feature = "cli")]

#[path = "support/audited.rs"]
mod audited;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use audited::{figure, finding, json, run, within};
use desk::Desk;
use serde_json::Value;

struct Bench(Desk);

impl Bench {
    fn new(name: &str, manifest: &str) -> Bench {
        let desk = Desk::with(&format!("audit-{name}"), None);
        std::fs::write(desk.0.join("web.yaml"), manifest).expect("a file on the desk");
        Bench(desk)
    }
    fn run(&self, line: &str) -> (Option<i32>, String, String) {
        run(&self.0, &format!("audit web.yaml {line}"))
    }
    /// The exit code, and all that is told of the first workload.
    fn json(&self, line: &str) -> (Option<i32>, Value) {
        let (code, told) = json(&self.0, &format!("audit web.yaml {line}"));
        (code, told[0].clone())
    }
}

fn deployment(spec: &str, pod: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  {spec}\n  selector: {{ matchLabels: {{ app: web }} }}\n  \
         template:\n    metadata: {{ labels: {{ app: web }} }}\n    spec:\n      {pod}\n      containers:\n      - name: app\n        image: app:1\n        {container}\n"
    )
}

#[test]
fn a_slow_start_is_killed_when_the_probes_say() {
    let probe = "livenessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 10, periodSeconds: 10, failureThreshold: 3 }";
    let bench = Bench::new("start", &deployment("replicas: 1", "terminationGracePeriodSeconds: 30", probe));
    let (code, told) = bench.json("--assume boots=60s --question start");
    // Looked at after 10 s and each 10 s from then on: the third failure comes 30 to 40 s after the start.
    within(&told, "longest start", 28.0, 42.0);
    assert_eq!(code, Some(1));
    let found = finding(&told, "broken", "restarts for ever if it takes longer than");
    let set = found["advice"]["set"].as_array().expect("what to write").iter();
    assert!(set.clone().any(|set| set.as_str().is_some_and(|set| set.contains("startupProbe"))), "{found:#}");
    assert!(
        found["advice"]["better"].as_str().is_some_and(|words| words.contains("it may then take")),
        "{found:#}"
    );
    // The same as lines of its manifest, as people and programs are told.
    let lines = "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        startupProbe:\n          failureThreshold: ";
    let yaml = found["advice"]["yaml"].as_str().expect("lines");
    assert!(
        yaml.starts_with(lines) && yaml.contains("\n          tcpSocket:\n            port: 80\n"),
        "{yaml}"
    );
    let (_, table, _) = bench.run("--assume boots=60s --question start");
    assert!(
        table.contains("          as lines of deployment/web:\n            spec:\n              template:\n"),
        "{table}"
    );
    let (_, page, _) = bench.run("--assume boots=60s --question start -o markdown");
    assert!(page.contains("\n  ```yaml\n  spec:\n    template:\n"), "{page}");
    // A scenario that says so is asked alike, and played alike.
    let scenario = "name = \"slow\"\nuntil = \"5m\"\n[[apply]]\nmanifest = \"web.yaml\"\n[[program]]\nimage = \"app:*\"\nboots = \"60s\"\n";
    std::fs::write(bench.0.0.join("slow.toml"), scenario).expect("a file on the desk");
    let (code, said) = json(&bench.0, "audit slow.toml --question start");
    assert_eq!(code, Some(1));
    finding(&said[0], "broken", "it takes 1m0s as the scenario says");
    let (_, played, _) = run(&bench.0, "run slow.toml");
    assert!(played.contains("CrashLoopBackOff"), "{played}");
    let (code, told) = bench.json("--assume boots=5s --question start,hang");
    assert_eq!(code, Some(0), "{:#}", told["findings"]);
    // From a hang on the third failure comes after 20 to 30 s and a probe's way; then it has 1 s to end, and starts anew.
    within(&told, "hang to killed", 19.0, 34.0);
    let words = finding(&told, "risky", "a pod that hangs stays in its Services");
    assert!(words["field"].as_str().is_some_and(|field| field.ends_with("readinessProbe")));
}

#[test]
fn what_is_left_after_pre_stop_is_what_sigterm_may_take() {
    let hook = "lifecycle: { preStop: { sleep: { seconds: 10 } } }";
    let bench = Bench::new("stop", &deployment("replicas: 2", "terminationGracePeriodSeconds: 30", hook));
    let (code, told) = bench.json("--assume stops=25s --question stop");
    // 30 s, of which preStop takes 10.
    within(&told, "longest end after SIGTERM", 17.5, 21.0);
    assert_eq!(code, Some(1));
    let found = finding(&told, "broken", "it needs 25s to end as you say");
    let set = found["advice"]["set"][0].as_str().expect("what to write");
    let grace: i64 = set.rsplit('=').next().and_then(|number| number.parse().ok()).expect("a number");
    assert!((35..60).contains(&grace), "{set}");
    assert_eq!(bench.json("--assume stops=15s --question stop").0, Some(0));
}

#[test]
fn a_budget_that_wants_all_pods_stops_a_drain_for_ever() {
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web }\nspec: { minAvailable: 2, selector: { matchLabels: { app: web } } }\n";
    let bench = Bench::new(
        "drain",
        &format!("{}{budget}", deployment("replicas: 2", "terminationGracePeriodSeconds: 5", "")),
    );
    let (code, told) = bench.json("--question drain");
    assert_eq!(code, Some(1));
    let found = finding(&told, "broken", "is not over after 1 h");
    assert_eq!(found["advice"]["set"][0], "podDisruptionBudget.web.spec.minAvailable=1", "{found:#}");
    let free = Bench::new("free", &deployment("replicas: 2", "terminationGracePeriodSeconds: 5", ""));
    let (code, told) = free.json("--assume stops=3s --question drain");
    assert_eq!(code, Some(0), "{:#}", told["findings"]);
    within(&told, "a node of its is drained", 3.0, 9.0);
}

#[test]
fn siblings_that_repel_each_other_stop_an_update() {
    let apart = "affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }] } }";
    let bench = Bench::new("apart", &deployment("replicas: 3", apart, ""));
    let (code, told) = bench.json("--nodes 3 --question rollout");
    assert_eq!(code, Some(1));
    let found = finding(&told, "broken", "an update is not complete after 1 h");
    assert!(found["words"].as_str().is_some_and(|words| words.contains("anti-affinity")), "{found:#}");
    assert!(found["advice"]["set"].to_string().contains("maxUnavailable=1"), "{found:#}");
}

#[test]
fn an_update_by_recreate_serves_nobody_for_a_while() {
    let probe = "readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 }";
    let bench = Bench::new(
        "recreate",
        &deployment("replicas: 2\n  strategy: { type: Recreate }", "terminationGracePeriodSeconds: 5", probe),
    );
    let (code, told) = bench.json("--assume boots=20s,stops=2s --question rollout");
    assert_eq!(code, Some(0));
    // The old ones end in 2 s, then the new ones boot for 20.
    within(&told, "an update", 22.0, 30.0);
    within(&told, "fewest available meanwhile", 0.0, 0.0);
    let found = finding(&told, "risky", "nobody serves for");
    assert!(
        found["advice"]["better"]
            .as_str()
            .is_some_and(|words| words.contains("nobody serves then for 0.0 s")),
        "{found:#}"
    );
    // 600 s from the last progress, which is the making of the new pods.
    within(&told, "longest boot that the progress deadline waits for", 590.0, 605.0);
}

#[test]
fn who_exits_at_sigterm_stops_before_proxies_know_and_without_a_probe_serves_too_soon() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n";
    let bench = Bench::new(
        "served",
        &format!("{}{service}", deployment("replicas: 2", "terminationGracePeriodSeconds: 30", "")),
    );
    let (code, told) = bench.json("--assume boots=20s --question endpoints");
    assert_eq!(code, Some(0));
    within(&told, "deletion to out of the endpoints", 0.0, 1.0);
    within(&told, "serves on after that", 0.0, 2.0);
    let found = finding(&told, "risky", "after it has left the endpoints");
    assert!(
        found["advice"]["set"][0]
            .as_str()
            .is_some_and(|set| set.contains("preStop={ sleep = { seconds = 5 } }"))
    );
    finding(&told, "risky", "it boots for 20s as you say");
}

#[test]
fn pods_of_a_lost_node_are_elsewhere_when_their_patience_is_over() {
    let patience = "tolerations: [{ key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 30 }]";
    let bench = Bench::new("node", &deployment("replicas: 2", patience, ""));
    let (_, told) = bench.json("--question node,crash,image");
    // 50 s of silence and what a look of 5 s adds, then 30 s of patience, and a new pod.
    within(&told, "a lost node to all available again", 75.0, 105.0);
    // The first restart waits for nothing but a look.
    within(&told, "one crash to Ready again", 0.0, 3.0);
    // Back-offs of 10, 20, 40 and 80 s, a fifth start after them, and runs of 20 s between.
    within(&told, "the first of five crashes to Ready for good", 220.0, 340.0);
    // A pull that failed is tried again after 10, 20, 40 s and so on, 5 min at most.
    let (_, high) = figure(&told, "all available after an outage of 1 min");
    assert!(high <= 85.0, "{high}");
    let (_, high) = figure(&told, "all available after an outage of 30 min");
    assert!(high <= 310.0, "{high}");
}

fn job(spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import }}\nspec:\n  {spec}\n  template:\n    spec:\n      restartPolicy: Never\n      \
         containers: [{{ name: app, image: \"app:1\" }}]\n"
    )
}

#[test]
fn a_job_is_tried_as_often_as_its_limit_says_and_waits_for_its_image_for_ever() {
    let bench = Bench::new("job", &job("backoffLimit: 3"));
    let (code, told) = bench.json("--assume runs=5s");
    assert_eq!(code, Some(0), "{:#}", told["findings"]);
    within(&told, "tries of a program that fails", 4.0, 4.0);
    // Four runs of 5 s, and waits of 10, 20 and 40 s.
    within(&told, "until it is given up", 89.0, 110.0);
    let found = finding(&told, "risky", "an image that cannot be pulled keeps it active");
    assert_eq!(found["advice"]["set"][0], "job.import.spec.activeDeadlineSeconds=3600");
    let (_, told) = Bench::new("job-ends", &job("activeDeadlineSeconds: 600")).json("");
    within(&told, "an image that never comes: given up after", 599.0, 605.0);
}

#[test]
fn a_proxy_keeps_a_job_and_a_quota_keeps_all_pods() {
    let two = job("backoffLimit: 1")
        .replace("image: \"app:1\" }", "image: \"app:1\" }, { name: proxy, image: \"proxy:1\" }");
    let (_, told) = Bench::new("proxy", &two).json("--question job");
    finding(&told, "risky", "never completes if `proxy` serves on");
    let sidecar = job("backoffLimit: 1").replace(
        "containers:",
        "initContainers: [{ name: proxy, image: \"proxy:1\", restartPolicy: Always }]\n      containers:",
    );
    let (_, told) = Bench::new("sidecar", &sidecar).json("--question job");
    within(&told, "tries of a program that fails", 2.0, 2.0);
    let quota = "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: team }\nspec: { hard: { limits.cpu: \"1\" } }\n";
    let refused = Bench::new(
        "quota",
        &format!("{quota}---\n{}", deployment("replicas: 1", "terminationGracePeriodSeconds: 5", "")),
    );
    let (code, told) = refused.json("--question start,stop");
    assert_eq!(code, Some(1));
    let found = finding(&told, "broken", "has made 0 pods after 1 min");
    assert!(
        found["words"].as_str().is_some_and(|words| words.contains("must specify limits.cpu")),
        "{found:#}"
    );
}

#[test]
fn a_calendar_tells_of_runs_that_overlap() {
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: report }\nspec:\n  schedule: \"0 * * * *\"\n  concurrencyPolicy: Allow\n  \
                jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: app, image: \"app:1\" }] } } } }\n";
    let bench = Bench::new("cron", cron);
    let (code, told) = bench.json("--assume runs=90m");
    assert_eq!(code, Some(0));
    within(&told, "from one time to the next", 3600.0, 3600.0);
    let (overlapping, _) = figure(&told, "Jobs that begin while another runs");
    assert!(overlapping > 300.0, "{overlapping}");
    finding(&told, "risky", "begin while another runs");
    // Where they last but little longer, one after the other leaves none out.
    let few = cron.replace("0 * * * *", "0 0,1,12 * * *");
    let (_, told) = Bench::new("cron-few", &few).json("--assume runs=90m");
    let found = finding(&told, "risky", "begin while another runs");
    assert!(found["advice"]["set"].to_string().contains("concurrencyPolicy=\\\"Forbid\\\""), "{found:#}");
    assert_eq!(found["advice"]["yaml"], "spec:\n  concurrencyPolicy: Forbid\n");
    let (_, told) = bench.json("--assume runs=10m");
    within(&told, "Jobs that begin while another runs", 0.0, 0.0);
    let (_, told) = Bench::new(
        "cron-berlin",
        &cron.replace("schedule: \"0 * * * *\"", "timeZone: Europe/Berlin\n  schedule: \"30 2 * * *\""),
    )
    .json("");
    // Where the clocks go forward there is no 02:30, where they go back there are two.
    assert_eq!(figure(&told, "from one time to the next"), (3600.0, 47.0 * 3600.0));
    finding(
        &told,
        "note",
        "where the clocks change its times are 1h0m0s to 47h0m0s apart, and 24h0m0s to 24h0m0s else",
    );
}

#[test]
fn every_format_tells_the_same_findings_and_wrong_words_are_told() {
    let probe = "livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 5, failureThreshold: 3 }";
    let bench = Bench::new("formats", &deployment("replicas: 1", "terminationGracePeriodSeconds: 5", probe));
    for (format, part) in [
        ("table", "broken  restarts for ever"),
        ("markdown", "- **broken**: restarts for ever"),
        ("sarif", "\"level\": \"error\""),
        ("junit", "<failure message=\"restarts for ever"),
    ] {
        let (code, out, err) = bench.run(&format!("--assume web.boots=40s --question start -o {format}"));
        assert_eq!(code, Some(1), "{err}");
        assert!(out.contains(part), "{format}: {out}");
    }
    // Findings alone, in each format that people read.
    let (_, out, err) = bench.run("--assume web.boots=40s --question start -o markdown -q");
    assert!(out.contains("- **broken**") && !out.contains("| what |"), "{out}");
    assert!(!err.contains("assumed:"), "{err}");
    let all = "--question start,crash -o json";
    let (_, first, _) = bench.run(all);
    assert_eq!(first, bench.run(all).1, "the same twice");
    for (line, part) in [
        ("--assume boots", "expected boots=20s"),
        ("--assume boots=fast", "is no duration"),
        ("--assume boot=20s", "there are boots, stops and runs"),
        ("--assume exits=1", "there are boots, stops and runs"),
        ("--assume wep.boots=20s", "wep: there is no such workload; did you mean `web`?"),
        ("--assume shop.boots=20s", "there is no such workload; there is only `web`"),
        ("--question begin", "start"),
    ] {
        let (code, _, err) = bench.run(line);
        assert!(part.is_empty() || (code == Some(2) && err.contains(part)), "{line}: {code:?} {err}");
    }
    let empty = Bench::new("empty", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: none }\n");
    let (code, _, err) = empty.run("");
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("there is no workload"), "{err}");
}

fn stateful(spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: db }}\nspec:\n  {spec}\n  serviceName: db\n  selector: {{ matchLabels: {{ app: db }} }}\n  \
         template:\n    metadata: {{ labels: {{ app: db }} }}\n    spec:\n      containers: [{{ name: app, image: \"db:1\", readinessProbe: {{ tcpSocket: {{ port: 80 }}, periodSeconds: 1 }} }}]\n"
    )
}

#[test]
fn an_undo_heals_a_deployment_and_not_a_stateful_set() {
    let probe = "readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 }";
    let bench = Bench::new("undo", &deployment("replicas: 4", "terminationGracePeriodSeconds: 5", probe));
    let (code, told) = bench.json("--question recovery");
    assert_eq!(code, Some(0), "{:#}", told["findings"]);
    // Of four one may be missing.
    within(&told, "fewest available with an image that cannot be pulled", 3.0, 3.0);
    within(&told, "fewest available with a program that is never ready", 3.0, 3.0);
    within(&told, "healed after an image that cannot be pulled", 0.5, 10.0);
    let (_, told) = Bench::new("undo-set", &stateful("replicas: 3")).json("--question recovery");
    for bad in ["an image that cannot be pulled", "a program that is never ready"] {
        let part = format!("kubectl rollout undo statefulset/db does not heal {bad}: 30 min later 2 of 3");
        let found = finding(&told, "risky", &part);
        assert_eq!(
            found["advice"]["does"],
            "run kubectl rollout undo statefulset/db, then kubectl delete pod db-2"
        );
    }
    let bench = Bench::new("undo-recreate", &deployment("strategy: { type: Recreate }", "hostname: a", ""));
    let (_, told) = bench.json("--question recovery");
    let found = finding(&told, "risky", "0 pods are available after an image that cannot be pulled");
    assert!(found["advice"]["set"].to_string().contains("type=RollingUpdate"), "{found:#}");
}

#[test]
fn an_autoscaler_follows_a_load_and_an_apply_takes_it_back() {
    let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web }\nspec:\n  \
                  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }\n  minReplicas: 2\n  maxReplicas: 8\n  \
                  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]\n";
    let of = |container: &str| deployment("replicas: 3", "hostname: a", container) + scaler;
    let bench = Bench::new("scaler", &of("resources: { requests: { cpu: 200m } }"));
    let (_, told) = bench.json("--question scaling");
    // At most twice as many or four more in 15 s: two become six, and eight after another look.
    within(&told, "its autoscaler makes the most it may", 15.0, 45.0);
    // What it wanted at most within 300 s counts.
    within(&told, "its autoscaler makes the fewest", 300.0, 335.0);
    within(&told, "left by the next apply", 3.0, 3.0);
    let found = finding(&told, "risky", "each apply sets replicas back from 8");
    assert_eq!(found["advice"]["does"], "leave spec.replicas out of the manifest");
    let (_, told) = Bench::new("scaler-blind", &of("")).json("--question scaling");
    let found = finding(&told, "risky", "its autoscaler makes 3 of at most 8 pods");
    assert!(
        found["words"].as_str().is_some_and(|words| words.contains("missing request for cpu")),
        "{found:#}"
    );
}

#[test]
fn who_goes_first_and_who_runs_beside_whom() {
    let bench = Bench::new("fewer", &stateful("replicas: 3"));
    let (_, told) = bench.json("--assume stops=20s --question scaling,overlap");
    within(&told, "one pod fewer: until it is gone", 20.0, 23.0);
    let words = told["answers"][0]["words"].as_str().expect("words");
    assert!(words.contains("the youngest of 3 in 9 of 9 runs"), "{words}");
    within(&told, "a deleted pod and its successor run side by side", 0.0, 0.0);
    let bench =
        Bench::new("beside", &deployment("replicas: 2\n  strategy: { type: Recreate }", "hostname: a", ""));
    let (_, told) = bench.json("--assume stops=20s --question overlap");
    // The successor is there some 3 s later, and the old one ends after 20 s.
    within(&told, "a deleted pod and its successor run side by side", 15.0, 20.0);
    within(&told, "most that run at once in an update", 2.0, 2.0);
    finding(&told, "note", "Recreate keeps apart what an update replaces");
}

#[test]
fn a_drain_counts_as_a_failure_unless_a_policy_ignores_it() {
    let (_, told) = Bench::new("drained-job", &job("backoffLimit: 0")).json("--question job");
    within(&told, "failures that a drain of its node counts as", 1.0, 1.0);
    let found = finding(&told, "risky", "a drain of its node is 1 failure, and makes it fail");
    assert!(
        found["advice"]["set"][0].as_str().is_some_and(|set| set.contains("DisruptionTarget")),
        "{found:#}"
    );
    assert_eq!(found["advice"]["better"], "it counts as 0, and is complete");
    let (_, told) = Bench::new("drained-again", &job("backoffLimit: 2")).json("--question job");
    finding(&told, "note", "a drain of its node counts as 1 of its failures");
}

#[test]
fn room_for_an_update_is_told_in_nodes_and_in_quota() {
    let apart = "affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }] } }";
    let (_, told) =
        Bench::new("room", &deployment("replicas: 3", apart, "")).json("--nodes 3 --question rollout");
    within(&told, "least nodes that let it be updated", 4.0, 4.0);
    let quota = "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: team }\nspec: { hard: { pods: \"3\", services: \"9\" } }\n";
    let bench = Bench::new("room-quota", &(deployment("replicas: 3", "hostname: a", "") + quota));
    let (_, told) = bench.json("--question rollout");
    within(&told, "limits of its quota that let it be updated", 1.0, 1.0);
    let answers = told["answers"].to_string();
    assert!(answers.contains("spec.hard.\\\"pods\\\"=\\\"4\\\""), "{answers}");
}

#[test]
fn pressure_moves_pods_and_a_forbidden_overlap_makes_jobs_late() {
    let (_, told) =
        Bench::new("pressed", &deployment("replicas: 2", "hostname: a", "")).json("--question node");
    // The eviction manager looks each 10 s, and the successor starts elsewhere.
    within(&told, "a node short of memory to all available again", 1.0, 60.0);
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: report }\nspec:\n  schedule: \"0 * * * *\"\n  concurrencyPolicy: Forbid\n  \
                jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: app, image: \"app:1\" }] } } } }\n";
    let (_, told) = Bench::new("late", cron).json("--assume runs=90m --question calendar");
    let (_, high) = figure(&told, "a Job begins after its time");
    assert!((1700.0..3700.0).contains(&high), "half an hour late, each second time: {high}");
    finding(&told, "risky", "begin more than 1 min late");
}

/// A claim that one node can have keeps a Job's pods on others waiting, where the one before still runs.
#[test]
fn pods_that_wait_for_a_volume_on_another_node_are_told() {
    let backup = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: disk }\nspec:\n  accessModes: [ReadWriteOnce]\n  \
                  resources: { requests: { storage: 1Gi } }\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: { name: backup }\nspec:\n  \
                  schedule: \"*/5 * * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          \
                  containers: [{ name: app, image: \"app:1\", volumeMounts: [{ name: disk, mountPath: /disk }] }]\n          \
                  volumes: [{ name: disk, persistentVolumeClaim: { claimName: disk } }]\n";
    let bench = Bench::new("disk", backup);
    let (code, told) = bench.json("--assume runs=7m --question calendar");
    assert_eq!(code, Some(0));
    let found = finding(&told, "risky", "wait for a volume that is attached to another node, at most ");
    assert_eq!(found["field"], "cronJob.backup.spec.jobTemplate.spec.template.spec.volumes");
    // One after the other finds it let go of within seconds.
    let (_, told) = bench.json("--assume runs=1m --question calendar");
    assert!(!told["findings"].to_string().contains("attached to another node"), "{told:#}");
}

/// A database of one pod is not told to run two on its disk; whoever does is told what keeps them apart.
#[test]
fn a_disk_is_for_one_at_a_time() {
    let pod = "volumes: [{ name: data, persistentVolumeClaim: { claimName: db } }]";
    let recreate = deployment("strategy: { type: Recreate }", pod, "command: [db]");
    let (code, told) = Bench::new("one-disk", &recreate).json("--question rollout,recovery,overlap");
    assert_eq!(code, Some(0));
    finding(&told, "risky", "nobody serves for ");
    assert!(!told["findings"].to_string().contains("maxSurge"), "{told:#}");
    assert!(!told["findings"].to_string().contains("all write to the claim"), "{told:#}");
    let (_, told) =
        Bench::new("one-disk-surge", &recreate.replace("strategy: { type: Recreate }", "replicas: 1"))
            .json("--question overlap");
    let found =
        finding(&told, "risky", "in an update 2 of its pods run at once, and all write to the claim db");
    assert_eq!(found["advice"]["yaml"], "spec:\n  strategy:\n    type: Recreate\n");
    // Without one, and with one that is read, two may run.
    for other in
        ["volumes: []", "volumes: [{ name: data, persistentVolumeClaim: { claimName: db, readOnly: true } }]"]
    {
        let text = deployment("replicas: 1", other, "command: [db]");
        let (_, told) = Bench::new("no-disk", &text).json("--question overlap");
        assert!(!told["findings"].to_string().contains("run at once, and all"), "{told:#}");
    }
}

#[test]
fn a_cron_job_that_is_refused_or_never_runs_is_broken() {
    let cron = |schedule: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: report }}\nspec:\n  schedule: \"{schedule}\"\n  \
             jobTemplate: {{ spec: {{ template: {{ spec: {{ restartPolicy: Never, containers: [{{ name: app, image: \"app:1\" }}] }} }} }} }}\n"
        )
    };
    let (code, told) = Bench::new("refused", &cron("61 * * * *")).json("--question start");
    assert_eq!(code, Some(1));
    finding(&told, "broken", "is refused, and makes 0 Jobs");
    let wrong = cron("* * * * *").replace("app:1", "example.com/PROJECT/app:1");
    let (code, told) = Bench::new("image", &wrong).json("");
    assert_eq!(code, Some(1));
    finding(&told, "broken", "0 of its first 2 pods begin to run within 2 min: InvalidImageName");
    assert_eq!(told["findings"].as_array().map(Vec::len), Some(1), "{told:#}");
    let hourly = |policy: &str| {
        cron("0 * * * *").replace("  jobTemplate", &format!("  concurrencyPolicy: {policy}\n  jobTemplate"))
    };
    let (_, told) = Bench::new("held", &hourly("Forbid")).json("--question image");
    let found = finding(&told, "risky", "keeps 1 Job active, and no other begins");
    assert!(found["advice"]["set"].to_string().contains("activeDeadlineSeconds=3600"), "{found:#}");
    let (_, told) = Bench::new("heap", &hourly("Allow")).json("--question image");
    finding(&told, "risky", "3 of 3 wait at once");
    let (code, told) = Bench::new("never", &cron("0 0 31 2 *")).json("--question start");
    assert_eq!(
        (code, &told["findings"]),
        (Some(0), &serde_json::json!([])),
        "it is taken, and its time never comes"
    );
}
