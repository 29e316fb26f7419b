//! A manifest is enough: every command that takes a scenario takes manifests, says what it assumed, and refuses what is none.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

mod manifests {
    mod refused;
}

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
        self.said_with(line, 0)
    }

    /// What it says of manifests of which something is refused, as `kubectl apply` would end.
    fn said_of_refused(&self, line: &str) -> (String, String) {
        self.said_with(line, 1)
    }

    fn said_with(&self, line: &str, code: i32) -> (String, String) {
        let output = self.run(line);
        let told = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{line}\n{}\n{}", told.0, told.1);
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
            "assumed: 3 nodes, each with memory 64Gi, cpu 80, example.com/gpu 4, labels disk=ssd, taints \
             dedicated=shop:NoSchedule (--nodes N; [[node]] in a scenario)",
            "assumed: shop/web:1 are on every node already ([[node]] images)",
            "assumed: the run ends once nothing new happens, after 1h at most (--until)",
        ],
    );
    // The ConfigMap has no such key; that is repeated for ever, and the run ends long before the hour.
    assert_told(
        &out,
        &[
            "CreateContainerConfigError",
            "deployment/web   Failed",
            "0/2",
            "\nno effect on when pods run: ServiceMonitor (monitoring.coreos.com/v1)\n",
            "next: kubelapse step shop.yaml",
        ],
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
    let (out, said) = desk.said_of_refused("run mixed.yaml");
    assert_told(
        &said,
        &[
            "assumed: there is no metrics server: a HorizontalPodAutoscaler keeps to its bounds ([[metric]])",
            "mixed.yaml:11:7",
        ],
    );
    assert_told(
        &out,
        &[
            "good-",
            "Running",
            "\nno effect on when pods run: Rollout (argoproj.io/v1alpha1)\n--template-of Rollout plays the pod templates in it",
            "0s: The Pod \"bad\" is invalid: spec.containers[0].image: Required value",
            "0s: error: error parsing mixed.yaml: error converting YAML to JSON: yaml: line 11: ",
        ],
    );
    assert!(desk.0.join("output/good").exists(), "called as its first pod");
    let (out, said) = desk.said_of_refused("run mixed.yaml --template-of Rollout --quiet --out there");
    assert!(!said.contains("Rollout (argo"), "{said}");
    assert_eq!(out, "");
    assert_told(&desk.said_of_refused("check mixed.yaml").1, &["no effect on when pods run: Rollout"]);
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
    for file in ["folder/b.yaml", "binary/b.yaml"] {
        desk.write(file, "");
        fs::write(desk.0.join(file), b"kind: Pod\n\xff\xfe\x00\x01").expect("a file for the test");
    }
    desk.write("deep.json", &format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000)));
    desk.write("deep.yaml", &"[".repeat(200_000));
    desk.write("nothing/notes.txt", "");
    desk.write("chart.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}-web}\n");
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
        ("run chart.yaml", "error: chart.yaml:3:"),
        ("run chart.yaml", "it looks like a template: `helm template CHART | kubelapse run -` fills it in"),
        ("run binary", "error: binary/b.yaml: line 2: this is no text"),
        ("run folder/b.yaml", "error: folder/b.yaml: line 2: this is no text"),
        ("check deep.json", "recursion limit exceeded"),
        ("check deep.yaml", "recursion limit exceeded"),
        (
            "run nothing",
            "no scenario (*.toml) in this folder or below, and no manifest (*.yaml, *.yml, *.json) in it",
        ),
        ("run web.toml shop.yaml", "error: `web.toml` is a scenario and `shop.yaml` a manifest"),
        ("test crash-loop shop.yaml", "error: `crash-loop` is a scenario and `shop.yaml` a manifest"),
        ("run web.toml --nodes 2", "--nodes and --template-of are about manifests"),
        ("run shop.yaml --set pod.web.spec.x=1", "there is no [[pod]] `web`"),
        ("run shop.yaml --kubernetes 0.1", "0.1"),
        (
            "run mixed.yaml --template-of rollout",
            "error: --template-of rollout: no document is of this kind; did you mean `Rollout`?",
        ),
        ("run -", "error: STDIN: no Kubernetes object in it"),
    ] {
        assert_told(&desk.refused(line), &[problem]);
    }
    let (out, said) = desk.said("check folder");
    assert_told(
        &said,
        &["warning: folder/b.yaml: line 2: this is no text (a byte that is not UTF-8); it is left out"],
    );
    assert_eq!(out, "folder: ok\n");
}

/// A pipe with another name than `-`, and links that lead back.
#[cfg(unix)]
#[test]
fn whatever_can_be_read_is_read() {
    let desk = Desk::new("pipes");
    let output = desk.piped("check /dev/stdin", desk.read("stream.json").as_bytes());
    assert_eq!(text(&output.stdout), "a: ok\n", "{}", text(&output.stderr));
    desk.write("ring/stream.json", &desk.read("stream.json"));
    std::os::unix::fs::symlink("../ring", desk.0.join("ring/ring.yaml")).expect("a link");
    std::os::unix::fs::symlink("nowhere", desk.0.join("ring/lost.yaml")).expect("a link");
    let (out, said) = desk.said("check ring");
    assert_eq!(out, "ring: ok\n");
    assert_told(&said, &["warning: ring/lost.yaml: "]);
}

/// The API lets them in; no kubelet has a plugin for them, whoever brings them.
#[test]
fn volumes_whose_plugins_are_gone_are_never_mounted() {
    let desk = Desk::new("volumes");
    let claim = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: files}\nspec: {capacity: {storage: 1Gi}, accessModes: \
                 [ReadWriteMany], cephfs: {monitors: ['10.0.0.1']}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: \
                 {name: files}\nspec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}\n---\n";
    let pod = |name: &str, source: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers: [{{name: app, image: nginx, \
             volumeMounts: [{{name: d, mountPath: /d}}]}}]\n  volumes: [{{name: d, {source}}}]\n"
        )
    };
    let pods = pod("gone", "glusterfs: {endpoints: e, path: p}")
        + &pod("claimed", "persistentVolumeClaim: {claimName: files}")
        + &pod("cloned", "gitRepo: {repository: 'https://example.com/x.git'}")
        + &pod("well", "nfs: {server: files, path: /}");
    desk.write("pods.yaml", &format!("{claim}{pods}"));
    let (out, _) = desk.said("run pods.yaml --until 1m --out now");
    assert_told(
        &out,
        &[
            "gone      0/1     ContainerCreating",
            "claimed   0/1     ContainerCreating",
            "well      1/1     Running",
        ],
    );
    let rows = desk.read("now/timeline.csv");
    let unmatched = |pod: &str, name: &str| {
        let words = format!(
            "failed to process volumes=[d]: failed to get Plugin from volumeSpec for volume \"\"{name}\"\" err=no volume plugin matched"
        );
        assert!(rows.lines().any(|row| row.contains(&words) && row.contains(&format!(",{pod},"))), "{rows}");
    };
    unmatched("gone", "d");
    unmatched("claimed", "files");
    assert_told(
        &rows,
        &["MountVolume.SetUp failed for volume \"\"d\"\" : git-repo volume plugin has been disabled; "],
    );
    let (out, _) = desk.said("run pods.yaml --until 1m --kubernetes 1.32 --out before");
    assert_told(&out, &["cloned    1/1     Running", "gone      0/1     ContainerCreating"]);
}

/// A RuntimeClass costs, chooses nodes, and is what their runtimes must know.
#[test]
fn runtime_classes_are_played() {
    let desk = Desk::new("runtime");
    let (out, said) = desk.said_of_refused("run runtime.yaml");
    assert_told(
        &said,
        &[
            "labels sandboxed=yes",
            "assumed: RuntimeClass kata is there, and every node has its handler ([[object]] handler)",
        ],
    );
    assert_told(&out, &["web-", "2/2", "kata   ", "1/1     Running"]);
    assert_told(
        &out,
        &[
            "0s: Error from server (Forbidden): error when creating \"runtime.yaml\": pods \"own\" is forbidden: pod \
                        rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ],
    );
    let node = "[[apply]]\nmanifest = \"runtime.yaml\"\n[[node]]\nname = \"node\"\nlabels = { sandboxed = \"yes\" }\n";
    desk.write(
        "none.toml",
        &format!(
            "{node}runtimeHandlers = [\"kata\"]\n[[object]]\nkind = \"RuntimeClass\"\nname = \"kata\"\n"
        ),
    );
    let (out, _) = desk.said("run none.toml --until 1m");
    assert_told(&out, &["kata   ", "1/1     Running", "ContainerCreating", "0/2"]);
    assert_told(
        &desk.read("output/none/timeline.csv"),
        &[
            "FailedCreatePodSandBox,\"Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox \
           runtime: no runtime for \"\"runsc\"\" is configured\"",
        ],
    );
    // Who is not there keeps its pods out.
    let (out, _) = desk.said("run none.toml --until 1m --set object.kata.missing=true");
    assert_told(&out, &["pods \"kata\" is forbidden: pod rejected: RuntimeClass \"kata\" not found"]);
    // What the class costs counts: two such pods find no room on a node of half a CPU.
    desk.write(
        "small.toml",
        &format!(
            "{node}capacity = {{ cpu = \"600m\" }}\n[[object]]\nkind = \"RuntimeClass\"\nname = \"kata\"\n"
        ),
    );
    let (out, _) = desk.said("run small.toml --until 1m");
    assert_told(&out, &["1/2", "Pending"]);
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

/// What the manifests only name is there, and that is told; a volume can be reached from some node.
#[test]
fn what_is_named_and_not_brought_is_assumed_and_told() {
    let desk = Desk::new("named");
    desk.write(
        "db.yaml",
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: disk}\nspec:\n  capacity: {storage: 1Gi}\n  accessModes: \
         [ReadWriteOnce]\n  storageClassName: local\n  local: {path: /mnt}\n  nodeAffinity: {required: {nodeSelectorTerms: \
         [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [worker-1]}]}]}}\n---\napiVersion: apps/v1\nkind: \
         StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  selector: {matchLabels: {app: db}}\n  template:\n    \
         metadata: {labels: {app: db}}\n    spec:\n      serviceAccountName: db\n      containers: [{name: db, image: db, envFrom: \
         [{secretRef: {name: keys}}, {configMapRef: {name: maybe, optional: true}}], volumeMounts: [{name: data, mountPath: \
         /d}]}]\n  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: local, accessModes: [ReadWriteOnce], \
         resources: {requests: {storage: 1Gi}}}}]\n",
    );
    let (out, said) = desk.said("run db.yaml --kubernetes 1.35");
    assert_told(
        &said,
        &["assumed: Secret keys, ServiceAccount db are there, with any key ([[object]] missing, keys)\n"],
    );
    assert_told(
        &out,
        &["db-0   1/1     Running", "worker-1", "next: kubelapse step db.yaml --kubernetes 1.35   walks"],
    );
}

/// Kinds that hold pod templates, however deep: their containers may lack names.
#[test]
fn templates_of_other_peoples_kinds_are_played_as_pods() {
    let desk = Desk::new("templates");
    desk.write(
        "others.yaml",
        "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: ray}\nspec:\n  headGroupSpec: {template: {spec: {containers: \
         [{name: head, image: ray}]}}}\n  workerGroupSpecs: [{replicas: 2, template: {spec: {containers: [{name: work, image: \
         ray}]}}}]\n---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: hello}\nspec: {template: {spec: \
         {containers: [{image: hello}]}}}\n---\napiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata: {name: gpu}\n",
    );
    let (out, said) = desk.said("run others.yaml");
    assert_told(
        &out,
        &[
            "no effect on when pods run: RayCluster (ray.io/v1), Service (serving.knative.dev/v1)\n--template-of RayCluster \
             --template-of Service plays the pod templates in them",
            "left out, as nobody plays these yet: ResourceClaimTemplate\n",
            "next: kubelapse step others.yaml   walks through it\n",
        ],
    );
    assert!(!out.contains("kubelapse new"), "there is nothing to write of it: {out}");
    assert_told(&said, &["warning[W0001]: left out, as nobody plays these yet: ResourceClaimTemplate"]);
    let (out, _) = desk.said("run others.yaml --template-of RayCluster --template-of Service");
    assert_told(&out, &["hello-0", "ray-0-0", "ray-1-0", "ray-1-1"]);
    assert_told(
        &out,
        &["next: kubelapse step others.yaml --template-of RayCluster --template-of Service   walks"],
    );
    assert_eq!(out.matches("1/1     Running").count(), 4, "{out}");
}

/// A sidecar of a Job runs on beside what ends.
#[test]
fn sidecars_of_jobs_do_not_end_by_themselves() {
    let desk = Desk::new("sidecars");
    desk.write(
        "jobs.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: etl}\nspec: {template: {spec: {restartPolicy: Never, initContainers: \
         [{name: proxy, image: envoy, restartPolicy: Always}, {name: fetch, image: busybox}], containers: [{name: app, image: \
         etl}]}}}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: proxy}\nspec: {template: {spec: {restartPolicy: \
         Never, containers: [{name: proxy, image: envoy}]}}}\n",
    );
    let (out, _) = desk.said("run jobs.yaml");
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with("job/")).collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(lines.iter().all(|line| line.contains("Complete") && line.ends_with(" 0")), "{out}");
    // Of what is refused nothing is assumed.
    let old = desk.read("jobs.yaml").replace("batch/v1\n", "batch/v1beta1\n");
    desk.write("old.yaml", &old);
    let (out, said) = desk.said_of_refused("run old.yaml");
    assert_told(&out, &["0s: error: resource mapping not found for name: \"etl\"", "never been a pod"]);
    assert!(!said.contains("what Jobs run"), "{said}");
}

/// What `new` writes of a manifest has the nodes, and the ends, that a run of it assumes.
#[test]
fn a_draft_stands_on_the_ground_that_a_run_assumes() {
    let desk = Desk::new("drafts");
    desk.write(
        "infer.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: infer}\nspec:\n  selector: {matchLabels: {app: infer}}\n  \
         template:\n    metadata: {labels: {app: infer}}\n    spec: {containers: [{name: app, image: nginx, resources: {limits: \
         {example.com/gpu: 1}}}]}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: train}\nspec: {template: {spec: \
         {restartPolicy: Never, containers: [{name: app, image: nginx}]}}}\n---\napiVersion: networking.k8s.io/v1\nkind: \
         Ingress\nmetadata: {name: infer}\n",
    );
    desk.said("new infer --from infer.yaml");
    let text = desk.read("infer.toml");
    assert_told(
        &text,
        &[
            "count = 3",
            "\"example.com/gpu\" = \"2\"",
            "job       = \"train\"\nready     = 0\nsucceeded = 1\nfailed    = 0",
            "available = 1",
        ],
    );
    assert_told(&desk.said("test infer.toml --seeds 3").0, &["0 failed"]);
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
    let (out, said) = desk.said_of_refused("check many.yaml");
    assert_eq!(out, "c-0: refused\n");
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

/// A Job as another cluster prints it: its pods' labels are of another uid.
#[test]
fn a_dump_of_a_job_is_no_job_of_this_cluster() {
    let desk = Desk::new("dumps");
    desk.write(
        "a.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, uid: u-1}\nspec:\n  selector: {matchLabels: \
         {batch.kubernetes.io/controller-uid: u-1}}\n  template:\n    metadata: {labels: {batch.kubernetes.io/controller-uid: u-1, \
         batch.kubernetes.io/job-name: a, controller-uid: u-1, job-name: a}}\n    spec: {restartPolicy: Never, containers: [{name: \
         app, image: nginx}]}\n",
    );
    let (out, _) = desk.said_of_refused("run a.yaml --kubernetes 1.34");
    let fields: Vec<&str> =
        out.lines().filter_map(|line| line.strip_prefix("* ")?.split(": ").next()).collect();
    assert_eq!(
        fields,
        [
            "spec.template.metadata.labels[controller-uid]",
            "spec.template.metadata.labels[batch.kubernetes.io/controller-uid]",
            "spec.selector",
        ],
        "{out}"
    );
    assert_told(&out, &["`selector` not auto-generated"]);
}

/// What autoscaling/v1 has no fields for stands in its annotations.
#[test]
fn annotations_of_an_old_autoscaler_are_read() {
    let desk = Desk::new("old-hpa");
    let hpa = |name: &str, annotation: &str, json: &str| {
        format!(
            "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}, annotations: \
             {{autoscaling.alpha.kubernetes.io/{annotation}: '{json}'}}}}\nspec: {{maxReplicas: 3, scaleTargetRef: {{kind: \
             Deployment, apiVersion: apps/v1, name: web}}}}\n---\n"
        )
    };
    let text = [
        hpa(
            "a",
            "metrics",
            r#"[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":0}}]"#,
        ),
        hpa("b", "behavior", r#"{"scaleDown":{"policies":[]}}"#),
        hpa(
            "c",
            "metrics",
            r#"[{"type":"Pods","pods":{"metricName":"hits","targetAverageValue":"10"}},{"type":"External","external":{"metricName":"queue","targetValue":"0"}}]"#,
        ),
        hpa("d", "metrics", "no JSON"),
    ];
    desk.write("a.yaml", &text.concat());
    let (out, _) = desk.said_of_refused("run a.yaml");
    assert_told(
        &out,
        &[
            "The HorizontalPodAutoscaler \"a\" is invalid: spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be \
             greater than 0",
            "The HorizontalPodAutoscaler \"b\" is invalid: spec.behavior.scaleDown.policies: Required value: must specify at least one \
             Policy",
            "The HorizontalPodAutoscaler \"c\" is invalid: spec.metrics[1].external.target.value: Invalid value: \"0\": must be positive",
        ],
    );
    assert!(!out.contains("\"d\" is invalid"), "{out}");
}

/// A Deployment of one container, and what may be wrong with it.
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  \
                   template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - {name: app, image: nginx, \
                   livenessProbe: {httpGet: {port: 80}, failureThreshold: 3}}\n";

/// What the program has written into a folder is none of the folder's scenarios and manifests.
#[test]
fn results_in_a_folder_are_passed_by() {
    let desk = Desk::new("results");
    desk.write("in/web.yaml", WEB);
    desk.said("run in/web.yaml --out in/output/web --format csv,perfetto,pods");
    let (out, said) = desk.said("check in");
    assert!(out == "in: ok\n" && !said.contains("run.toml"), "{out}{said}");
    // A manifest among the files of a result, too.
    desk.write("in/output/web/web.yaml", WEB);
    let (out, said) = desk.said("check in/output/web");
    assert!(out == "web: ok\n" && !said.contains("warning"), "{out}{said}");
    let told = desk.refused_anyway("check in/output/web/run.toml");
    assert_told(&told, &["in/output/web/run.toml: this tells of a run, and is no scenario"]);
    // A scenario may be called so.
    desk.write("other/run.toml", "[[apply]]\nmanifest = \"web.yaml\"\n");
    desk.write("other/web.yaml", WEB);
    assert_eq!(desk.said("check other").0, "run: ok\n");
}

/// Why a pod was restarted, or waits, stands in the summary: STATUS says neither.
#[test]
fn a_summary_names_probes_that_kill() {
    let desk = Desk::new("why");
    desk.write("web.yaml", WEB);
    desk.write(
        "web.toml",
        "until = \"5m\"\n[[node]]\nname = \"n\"\n[[apply]]\nmanifest = \"web.yaml\"\n[[program]]\ncontainer = \"app\"\nboots = \"60s\"\n",
    );
    let (out, _) = desk.said("run web.toml");
    assert_told(
        &out,
        &[": killed by its liveness probe ", " times\n", "why: `kubelapse step` walks through it"],
    );
    let (out, _) = desk.said("run web.yaml");
    assert!(!out.contains("why: "), "{out}");
    assert_told(&out, &["next: kubelapse step web.yaml", "      kubelapse audit web.yaml   asks"]);
    let told = desk.refused_anyway("run web.yaml --assume boots=60s");
    assert_told(&told, &["`kubelapse audit web.yaml --assume boots=60s` asks", "[[program]]"]);
    assert_eq!(desk.said("run web.yaml -q"), (String::new(), String::new()));
}
