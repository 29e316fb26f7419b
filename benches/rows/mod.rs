//! What is played by `fleets`, each as a process of its own, and by `limit`, all in one.

use std::path::PathBuf;

/// A run: its name, and what stands behind `kubelapse run`, the scenario first.
pub struct Row {
    /// As a table has it.
    pub name: &'static str,
    /// A shipped scenario or a file, then options.
    pub arguments: Vec<String>,
}

/// A file that stands beside the benches.
fn rollout(name: &str) -> String {
    format!("{}/benches/rollouts/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// All of them, in the order of the table. Those that are too long to be written down are made in a folder.
pub fn all() -> Vec<Row> {
    let row = |name, arguments: &[&str]| Row {
        name,
        arguments: arguments.iter().map(|&own| own.to_owned()).collect(),
    };
    let file = |name, path: String, options: &[&str]| {
        let mut row = row(name, options);
        row.arguments.insert(0, path);
        row
    };
    vec![
        row("fleet-100k", &["fleet-100k"]),
        row("fleet-100k on 10 nodes", &["fleet-100k", "--set", "node.worker.count=10"]),
        row("fleet-100k on 1,000 nodes", &["fleet-100k", "--set", "node.worker.count=1000"]),
        row("fleet-1m", &["fleet-1m"]),
        row("crash-loop-10k", &["crash-loop-10k"]),
        row("healthy-1k", &["healthy-1k"]),
        row("crash-loop", &["crash-loop"]),
        file("rollout-10k", rollout("rollout-10k.toml"), &[]),
        file("deployments-1k", thousand_deployments(), &[]),
        file("daemons-1k", rollout("daemons-1k.toml"), &[]),
        file("drain-100", rollout("drain-100.toml"), &[]),
        file("jobs-10k", ten_thousand_jobs(), &[]),
        file("a year of a nightly CronJob", rollout("nightly.yaml"), &["--until", "8760h"]),
        file("ten days of a CronJob, minutely", rollout("every-minute.yaml"), &["--until", "240h"]),
    ]
}

/// A folder for scenarios that are too long to be written down; it goes with [`clean`].
fn made() -> PathBuf {
    let made = std::env::temp_dir().join(format!("kubelapse-bench-made-{}", std::process::id()));
    std::fs::create_dir_all(&made).expect("there is room");
    made
}

/// Ten thousand Jobs of a pod each, made together, worked off as fast as the controller's client lets it, and deleted ten
/// minutes after their ends: what is left of Jobs that are gone must not be in the way of others.
fn ten_thousand_jobs() -> String {
    let made = made();
    let write = |name: &str, text: String| std::fs::write(made.join(name), text).expect("there is room");
    let job = |number: u32| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import-{number:04} }}\nspec:\n  ttlSecondsAfterFinished: 600\n  \
             template:\n    spec:\n      restartPolicy: Never\n      containers: [{{ name: app, image: \
             'registry.example/shop/import:1.0', resources: {{ requests: {{ cpu: 100m, memory: 128Mi }} }} }}]\n"
        )
    };
    write("jobs.yaml", (0..10_000).map(job).collect::<Vec<_>>().join("---\n"));
    let scenario = r#"name = "jobs-10k"
until = "6h"
[[node]]
name = "worker"
count = 100
capacity = { cpu = "32", memory = "128Gi", pods = 250, "ephemeral-storage" = "500Gi" }
[[apply]]
manifest = "jobs.yaml"
[[program]]
workload = "job/*"
attempts = [{ runs = "10s" }]
"#;
    write("jobs-10k.toml", scenario.to_owned());
    made.join("jobs-10k.toml").display().to_string()
}

/// A thousand Deployments of ten pods, each behind a Service, on a thousand nodes: what has to be found among many objects.
fn thousand_deployments() -> String {
    let made = made();
    let write = |name: &str, text: String| std::fs::write(made.join(name), text).expect("there is room");
    let all = |one: &dyn Fn(&str) -> String| {
        let each: Vec<String> = (0..1000).map(|number| one(&format!("app-{number:03}"))).collect();
        each.join("---\n")
    };
    write(
        "deployments.yaml",
        all(&|name| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name} }}\nspec:\n  replicas: 10\n  selector: \
             {{ matchLabels: {{ app: {name} }} }}\n  template:\n    metadata: {{ labels: {{ app: {name} }} }}\n    spec:\n      \
             containers: [{{ name: app, image: 'registry.example/shop/web:1.0', readinessProbe: {{ tcpSocket: {{ port: \
             8080 }} }}, resources: {{ requests: {{ cpu: 100m, memory: 128Mi }} }} }}]\n"
            )
        }),
    );
    write(
        "services.yaml",
        all(&|name| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ selector: {{ app: {name} }}, ports: \
             [{{ port: 80, targetPort: 8080 }}] }}\n"
            )
        }),
    );
    let scenario = r#"name = "deployments-1k"
until = "1h"
[[node]]
name = "worker"
count = 1000
capacity = { cpu = "32", memory = "128Gi", pods = 250, "ephemeral-storage" = "500Gi" }
[[apply]]
manifest = "deployments.yaml"
[[apply]]
manifest = "services.yaml"
[[program]]
image = "registry.example/shop/web:*"
boots = "5s"
"#;
    write("deployments-1k.toml", scenario.to_owned());
    made.join("deployments-1k.toml").display().to_string()
}

/// What was made goes.
pub fn clean() {
    let _ = std::fs::remove_dir_all(made());
}
