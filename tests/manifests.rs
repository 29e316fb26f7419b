//! A manifest is enough: every command that takes a scenario takes manifests, says what it assumed, and refuses what is none.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use desk::Desk;

impl Desk {
    fn new(name: &str) -> Desk {
        Desk::with(&format!("manifests-{name}"), Some("manifests"))
    }

    /// What it says, stdout and stderr, of a line that is carried out.
    fn said(&self, line: &str) -> (String, String) {
        let output = self.run(line);
        let told = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{line}\n{}\n{}", told.0, told.1);
        told
    }

    fn refused(&self, line: &str) -> String {
        self.refused_with(line, self.run(line))
    }

    fn refused_with(&self, line: &str, output: Output) -> String {
        assert_eq!(output.status.code(), Some(2), "{line}: {}", text(&output.stderr));
        assert!(!self.0.join("output").exists(), "{line} has written something");
        text(&output.stderr)
    }

    fn piped(&self, line: &str, input: &[u8]) -> Output {
        let mut command = self.command(line);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // It may stop reading before the end.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        child.wait_with_output().expect("it ends")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    fn write(&self, file: &str, text: &str) {
        let place = self.0.join(file);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder for the test");
        fs::write(place, text).expect("a file for the test");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn assert_told(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part}\nis not in\n{told}");
    }
}

#[test]
fn what_stands_in_the_same_file_counts_and_the_nodes_have_what_is_asked_for() {
    let desk = Desk::new("shop");
    let (out, said) = desk.said("run shop.yaml");
    assert_told(
        &said,
        &[
            "no effect on when pods run: ServiceMonitor (monitoring.coreos.com/v1)",
            "assumed: 3 nodes, each with memory 64Gi, cpu 80, example.com/gpu 4, labels disk=ssd, taints \
             dedicated=shop:NoSchedule (--nodes N; [[node]] in a scenario)",
            "assumed: shop/web:1 are on every node already ([[node]] images)",
            "assumed: the run ends once nothing new happens, after 1h at most (--until)",
        ],
    );
    // The ConfigMap has no such key; that is repeated for ever, and the run ends long before the hour.
    assert_told(
        &out,
        &["CreateContainerConfigError", "deployment/web   Failed", "0/2", "next: kubelapse step shop.yaml"],
    );
    let rows = desk.read("output/web/timeline.csv");
    assert!(rows.contains("ProgressDeadlineExceeded"), "it is waited for");
    let last =
        rows.lines().last().and_then(|row| row.split(',').next()).and_then(|at| at.parse::<f64>().ok());
    assert!(last.is_some_and(|last| last < 1500.0), "{last:?}");
    let (out, _) = desk.said(
        "run shop.yaml --set deployment.web.spec.template.spec.containers.app.env=[] --nodes 1 --seed 3",
    );
    assert_told(&out, &["deployment/web   Complete", "2/2", "seed 3", "node "]);
}

#[test]
fn nodes_differ_where_pods_want_them_to() {
    let desk = Desk::new("spread");
    let (out, said) = desk.said("run spread.yaml --kubernetes 1.34");
    assert_told(
        &said,
        &[
            "labels kubernetes.io/arch, node-role.kubernetes.io/control-plane=true, topology.kubernetes.io/zone",
            "assumed: PriorityClass elsewhere is there, with value 1000 ([[object]] value)",
            "assumed: namespaces shop are there already",
        ],
    );
    assert!(!said.contains("made are there"), "a document makes it: {said}");
    assert_told(&out, &["worker-7", "deployment/spread   Complete"]);
    assert!(!out.contains("Pending   "), "{out}");
    let nodes: std::collections::BTreeSet<&str> = out
        .lines()
        .filter(|line| line.starts_with("made        spread-"))
        .filter_map(|line| line.split_whitespace().nth(7))
        .collect();
    assert_eq!(nodes.len(), 3, "one in each zone: {out}");
    assert_told(&desk.read("output/spread/run.toml"), &["1.34"]);
}

#[test]
fn one_bad_document_spoils_only_itself() {
    let desk = Desk::new("mixed");
    let (out, said) = desk.said("run mixed.yaml");
    assert_told(
        &said,
        &[
            "assumed: there is no metrics server: a HorizontalPodAutoscaler keeps to its bounds ([[metric]])",
            "mixed.yaml:11:7",
            "no effect on when pods run: Rollout (argoproj.io/v1alpha1)",
            "--template-of",
        ],
    );
    assert_told(
        &out,
        &[
            "good-",
            "Running",
            "0s: The Pod \"bad\" is invalid: spec.containers[0].image: Required value",
            "0s: error: error parsing mixed.yaml: error converting YAML to JSON: yaml: line 11: ",
        ],
    );
    assert!(desk.0.join("output/good").exists(), "called as its first pod");
    let (out, said) = desk.said("run mixed.yaml --template-of Rollout --quiet --out there");
    assert!(!said.contains("Rollout (argo"), "{said}");
    assert_eq!(out, "");
    assert_told(&desk.read("there/pods.csv"), &["canary-0", "canary-1"]);
}

#[test]
fn the_output_is_called_as_the_folder_the_first_workload_or_stdin() {
    let desk = Desk::new("names");
    for (from, to) in [("shop.yaml", "k8s/one.yaml"), ("stream.json", "k8s/two.json")] {
        desk.write(to, &desk.read(from));
    }
    desk.write("k8s/notes.txt", "no manifest");
    desk.said("run k8s/ --quiet");
    assert_told(&desk.read("output/k8s/pods.csv"), &["web-", ",a,", ",b,"]);
    desk.said("run stream.json spread.yaml --quiet");
    assert_told(&desk.read("output/a/pods.csv"), &[",a,", ",b,", ",arm,"]);
    let output = desk.piped("run - --quiet", desk.read("stream.json").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_told(&desk.read("output/stdin/pods.csv"), &[",a,", ",b,"]);
    // A folder that holds a scenario is one of scenarios.
    desk.write("k8s/case.toml", "[[apply]]\nmanifest = \"two.json\"\n");
    desk.said("run k8s --quiet");
    assert!(!desk.read("output/case/pods.csv").contains("web-"));
}

#[test]
fn every_command_takes_them() {
    let desk = Desk::new("commands");
    let (out, said) = desk.said("check stream.json");
    assert_told(&said, &["assumed: 3 nodes"]);
    assert_eq!(out, "a: ok\n");
    assert_told(&desk.said("test stream.json --nodes 2").0, &["ok    a  expects nothing"]);
    desk.said("run stream.json --until 1s --quiet");
    let cut = desk.read("output/a/timeline.csv");
    assert!(!cut.contains("Running"), "{cut}");
    let steps = desk.piped(
        "step --plain stream.json",
        b"goto 30s\nget\ndo delete pod/a\ngoto 2m\nget\nsave saved.toml\nquit\n",
    );
    let said = text(&steps.stdout);
    assert_told(&said, &["[30.000s]", "a      1/1     Running", "saved: kubelapse run saved.toml"]);
    assert_told(
        &desk.read("saved.toml"),
        &["untilSettled = true", "manifest = [\"stream.json\"]", "[[action]]"],
    );
    assert_told(&desk.said("run saved.toml").0, &["b      1/1     Running", "a: "]);
    assert_told(&desk.refused_anyway("step -"), &["save the manifests as a file"]);
}

impl Desk {
    fn refused_anyway(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        text(&output.stderr)
    }
}

#[test]
fn what_is_no_manifest_is_told_and_nothing_is_written() {
    let desk = Desk::new("bad");
    desk.write("empty.yaml", "");
    desk.write("comments.yaml", "# nothing\n---\n...\n");
    desk.write("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web\n");
    desk.write("folder/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    fs::write(desk.0.join("folder/b.yaml"), b"kind: Pod\n\xff\xfe\x00\x01").expect("a file for the test");
    desk.write("nothing/notes.txt", "");
    desk.write(
        "web.toml",
        "[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n",
    );
    let long = vec![b'a'; (64 << 20) + 1];
    let endless = desk.refused_with("run -", desk.piped("run -", &long));
    assert_told(&endless, &["error: standard input: more than 64 MiB of manifests"]);
    for (line, problem) in [
        ("run empty.yaml", "error: empty.yaml: no Kubernetes object in it"),
        ("check comments.yaml", "error: comments.yaml: no Kubernetes object in it"),
        ("run broken.yaml", "error: broken.yaml:3:11: unclosed bracket"),
        ("run folder", "error: folder/b.yaml: line 2: this is no text"),
        (
            "run nothing",
            "no scenario (*.toml) in this folder or below, and no manifest (*.yaml, *.yml, *.json) in it",
        ),
        ("run web.toml shop.yaml", "error: `web.toml` is a scenario and `shop.yaml` a manifest"),
        ("test crash-loop shop.yaml", "error: `crash-loop` is a scenario and `shop.yaml` a manifest"),
        ("run web.toml --nodes 2", "--nodes and --template-of are about manifests"),
        ("run shop.yaml --set pod.web.spec.x=1", "shop"),
        ("run shop.yaml --kubernetes 0.1", "0.1"),
        ("run -", "error: STDIN: no Kubernetes object in it"),
    ] {
        assert_told(&desk.refused(line), &[problem]);
    }
}

/// Whoever writes `runAsNonRoot` has an image whose USER is a number other than 0.
#[test]
fn images_do_not_run_as_root_where_nobody_says_so() {
    let desk = Desk::new("root");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  securityContext: {runAsNonRoot: true}\n  \
               containers: [{name: app, image: nginx}]\n";
    desk.write("web.yaml", pod);
    assert_told(&desk.said("run web.yaml").0, &["web    1/1     Running"]);
    desk.write("web.toml", "[[apply]]\nmanifest = \"web.yaml\"\n[[image]]\nref = \"nginx\"\nuser = 0\n");
    assert_told(&desk.said("run web.toml --until 1m").0, &["CreateContainerConfigError"]);
}

/// What a Job runs ends; a CronJob is waited for until it has run twice.
#[test]
fn jobs_end_and_a_cron_job_has_two_runs() {
    let desk = Desk::new("jobs");
    let pod = "template: {spec: {restartPolicy: Never, containers: [{name: app, image: busybox}]}}";
    desk.write(
        "job.yaml",
        &format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{generateName: migrate-}}\nspec: {{{pod}}}\n"),
    );
    let (out, said) = desk.said("run job.yaml");
    assert_told(&said, &["what Jobs run ends well after 10s ([[program]])"]);
    assert_told(&out, &["Completed", "job/migrate-"]);
    assert!(desk.0.join("output/migrate").exists(), "called without what is generated");
    let cron = format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: report}}\nspec: {{schedule: '*/5 * * * *', \
         jobTemplate: {{spec: {{{pod}}}}}}}\n"
    );
    desk.write("cron.yaml", &cron);
    let (out, _) = desk.said("run cron.yaml");
    let completed = |out: &str| out.lines().filter(|line| line.contains("0/1     Completed")).count();
    assert_eq!(completed(&out), 2, "{out}");
    let (out, _) = desk.said("run cron.yaml --until 1h");
    assert_eq!(completed(&out), 3, "as many as are kept: {out}");
}

/// Neither their number nor that of their problems is a danger.
#[test]
fn ten_thousand_documents_are_taken() {
    let desk = Desk::new("many");
    let one = |number: u32| {
        let kind = if number.is_multiple_of(2) {
            "apiVersion: v1\nkind: ConfigMap"
        } else {
            "apiVersion: v1\nknid: Pod"
        };
        format!("---\n{kind}\nmetadata: {{name: c-{number}}}\n")
    };
    desk.write("many.yaml", &(0..10_000).map(one).collect::<String>());
    let (out, said) = desk.said("check many.yaml");
    assert_eq!(out, "c-0: ok\n");
    assert_told(&said, &["a document of `many.yaml` has no kind", "… and 4900 more"]);
}

/// A sidecar of a Job runs beside what ends, for as long as that takes.
#[test]
fn a_sidecar_of_a_job_runs_until_it_is_told_to_stop() {
    let desk = Desk::new("sidecar");
    let pod = "restartPolicy: Never, initContainers: [{ name: log, image: \"shop/log:1\", restartPolicy: Always }], containers: [{ \
               name: app, image: \"shop/import:1\" }]";
    for (file, kind, spec) in [
        ("job.yaml", "Job", format!("{{ template: {{ spec: {{ {pod} }} }} }}")),
        (
            "cron.yaml",
            "CronJob",
            format!(
                "{{ schedule: \"* * * * *\", jobTemplate: {{ spec: {{ template: {{ spec: {{ {pod} }} }} }} }} }}"
            ),
        ),
    ] {
        desk.write(
            file,
            &format!("apiVersion: batch/v1\nkind: {kind}\nmetadata: {{ name: import }}\nspec: {spec}\n"),
        );
        desk.said(&format!("run {file} --out x"));
        let timeline = desk.read("x/timeline.csv");
        let ends = timeline.lines().filter(|line| line.contains(",container,") && line.contains(",log,"));
        let ended: Vec<&str> = ends.filter(|line| line.contains("terminated")).collect();
        // Once for each pod, after its container has ended.
        assert!(!ended.is_empty() && ended.iter().all(|line| !line.contains("waiting")), "{ended:#?}");
        let restarts: Vec<&str> = timeline.lines().filter(|line| line.contains("CrashLoopBackOff")).collect();
        assert_eq!(restarts, [""; 0], "{file}");
        let pods = desk.read("x/pods.csv");
        let column = pods.lines().next().expect("a head").split(',').position(|name| name == "restarts");
        let column = column.expect("how often containers were restarted");
        let counts: Vec<&str> = pods.lines().skip(1).filter_map(|line| line.split(',').nth(column)).collect();
        assert!(!counts.is_empty() && counts.iter().all(|count| *count == "0"), "{file}: {counts:?}");
    }
}
