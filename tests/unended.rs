//! At its end a run tells what has not ended, each in one line with its cause.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use desk::Desk;

const NODES: &str =
    "[[node]]\nname = \"n\"\nimages = [\"shop/web:1\"]\n[[node]]\nname = \"m\"\nimages = [\"shop/web:1\"]\n";

/// Three pods that crash under a budget that wants most of them healthy; their node is drained.
const BUDGET: &str = r#"
until = "10m"
[[object]]
kind = "PodDisruptionBudget"
name = "p"
maxUnavailable = "25%"
matchLabels = { app = "db" }
[[pod]]
name = "db"
replicas = 3
labels = { app = "db" }
  [pod.spec]
  nodeSelector = { "kubernetes.io/hostname" = "n" }
  [[pod.spec.containers]]
  name = "a"
  image = "shop/web:1"
  [pod.behavior.containers.a]
  attempts = [{ runs = "1s", exit = 1 }]
[[action]]
at = "2m"
drain = "node/n"
"#;

/// The lines about what has not ended, of a run of these lines and this manifest.
fn told(name: &str, lines: &str, manifest: &str) -> Vec<String> {
    let desk = Desk::with(&format!("unended-{name}"), None);
    let until = if lines.contains("until") { "" } else { "until = \"5m\"\n" };
    // Keys of the file itself come before its tables.
    let (head, tables) = lines.split_at(lines.find('[').unwrap_or(0));
    let scenario = format!("name = \"{name}\"\n{until}{head}\n{NODES}\n{tables}");
    std::fs::write(desk.0.join("run.toml"), scenario).expect("there is room");
    std::fs::write(desk.0.join("a.yaml"), manifest).expect("there is room");
    let output = desk.run("run run.toml");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks text");
    let (said, problems) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{problems}");
    let own = said.lines().filter_map(|line| line.strip_prefix("has not ended: "));
    own.map(str::to_owned).collect()
}

fn deployment(replicas: u32, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  replicas: {replicas}\n  selector: {{ \
         matchLabels: {{ app: web }} }}\n  template:\n    metadata: {{ labels: {{ app: web }} }}\n    spec: {{ containers: [{{ \
         name: app, image: \"{image}\", readinessProbe: {{ tcpSocket: {{ port: 80 }} }} }}] }}\n"
    )
}

const APPLY: &str = "[[apply]]\nmanifest = \"a.yaml\"\n";

fn assert_one(lines: &[String], words: &[&str]) {
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for word in words {
        assert!(lines[0].contains(word), "no `{word}` in `{}`", lines[0]);
    }
}

#[test]
fn a_drain_that_waits_for_a_budget_says_for_which() {
    assert_one(
        &told("budget", BUDGET, ""),
        &[
            "the drain of node n: db-0, db-1, db-2 may not go, which poddisruptionbudget/p keeps: it counts none of them, as \
             nobody controls them",
        ],
    );
    let counted = BUDGET.replace("maxUnavailable = \"25%\"", "minAvailable = 2");
    assert_one(
        &told("counted", &counted, ""),
        &["which poddisruptionbudget/p keeps: 0 of its 3 pods are healthy, 2 must be"],
    );
}

#[test]
fn a_rollout_names_the_pod_that_holds_it_up_or_the_refusal() {
    let missing = format!("{APPLY}[[image]]\nref = \"shop/none:1\"\nerror = \"not found\"\n");
    assert_one(
        &told("image", &missing, &deployment(2, "shop/none:1")),
        &["deployment/web: 0 of 2 available", "web-", " is ImagePullBackOff: Back-off pulling image"],
    );
    let unready = format!("{APPLY}[[program]]\nboots = \"1h\"\n");
    assert_one(
        &told("ready", &unready, &deployment(1, "shop/web:1")),
        &["deployment/web: 0 of 1 available", " is Running: containers with unready status: [app]"],
    );
    let quota =
        "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: few }\nspec: { hard: { pods: 1 } }\n";
    assert_one(
        &told("quota", APPLY, &(quota.to_owned() + "---\n" + &deployment(2, "shop/web:1"))),
        &["deployment/web: 1 of 2 available", "are refused: ", "exceeded quota: few"],
    );
}

#[test]
fn a_rollout_that_kubectl_waits_for_is_told_of_with_it() {
    let lines = format!(
        "{APPLY}[[program]]\nboots = \"1h\"\n[[action]]\nat = \"1s\"\nrolloutStatus = \"deployment/web\"\n"
    );
    let all = told("waits", &lines, &deployment(1, "shop/web:1"));
    assert_eq!(all[0], "what waits for deployment/web", "{all:#?}");
    assert!(all.len() == 2 && all[1].starts_with("deployment/web: "), "{all:#?}");
}

#[test]
fn a_stateful_set_says_that_others_wait_in_turn() {
    let set = deployment(3, "shop/web:1")
        .replace("Deployment", "StatefulSet")
        .replace("spec:\n  replicas", "spec:\n  serviceName: web\n  replicas");
    assert_one(
        &told("turn", &format!("{APPLY}[[program]]\nboots = \"1h\"\n"), &set),
        &["statefulset/web: 0 of 3 available", "web-0 is Running", ", and the others wait for it"],
    );
}

#[test]
fn a_job_says_what_it_bears_and_a_suspended_one_nothing() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: { name: import }\nspec:\n  backoffLimit: 6\n  suspend: false\n  \
               template: { spec: { restartPolicy: OnFailure, containers: [{ name: app, image: \"shop/web:1\" }] } }\n";
    let runs = format!("until = \"1m\"\n{APPLY}[[program]]\nattempts = [{{ runs = \"1s\", exit = 1 }}]\n");
    assert_one(
        &told("job", &runs, job),
        &["job/import: 0/1 succeeded, 1 active, 0 failed; import-", "it fails with restart 6 of its pods"],
    );
    let asleep = job.replace("suspend: false", "suspend: true");
    assert_eq!(told("asleep", &runs, &asleep), [""; 0]);
    let foreign = job.replace("suspend: false", "managedBy: example.com/queue");
    assert_one(
        &told("foreign", &runs, &foreign),
        &["job/import: it is for example.com/queue to keep it, and nobody plays that"],
    );
}

#[test]
fn of_what_has_ended_nothing_is_said() {
    assert_eq!(told("ended", APPLY, &deployment(2, "shop/web:1")), [""; 0]);
}

/// A nightly Job whose night a run does not come to is told, instead of nothing.
#[test]
fn a_cron_job_whose_times_lie_beyond_the_end_is_told() {
    let cron = |more: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: night }}\nspec:\n  schedule: \"59 23 * * *\"\n  {more}\n  jobTemplate: {{ spec: \
             {{ template: {{ spec: {{ restartPolicy: Never, containers: [{{ name: app, image: \"shop/web:1\" }}] }} }} }} }}\n"
        )
    };
    let lines = "start = 2026-01-01T23:00:00Z\n[[apply]]\nmanifest = \"a.yaml\"\n";
    let told_of = |name: &str, until: &str, more: &str| {
        told(name, &format!("until = \"{until}\"\n{lines}"), &cron(more))
    };
    assert_eq!(
        told_of("night", "10m", ""),
        [
            "cronjob/night: none of its times has come; the first is 2026-01-01T23:59:00Z, 59m0s after the start"
        ]
    );
    assert!(told_of("night-long", "65m", "").iter().all(|line| !line.starts_with("cronjob/")));
    assert!(told_of("night-off", "10m", "suspend: true").is_empty());
}
