//! What an audit says of a change: which of it is refused, what restarts, what is reset, what is left behind, how long it takes.

#![cfg(feature = "cli")]

#[path = "support/audited.rs"]
mod audited;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use audited::{finding, json, run, within};
use desk::Desk;
use serde_json::Value;

struct Bench(Desk);

impl Bench {
    fn new(name: &str, old: &str, new: &str) -> Bench {
        let desk = Desk::with(&format!("changes-{name}"), None);
        std::fs::write(desk.0.join("old.yaml"), old).expect("a file on the desk");
        std::fs::write(desk.0.join("new.yaml"), new).expect("a file on the desk");
        Bench(desk)
    }
    /// The exit code, and all that is told of the change.
    fn json(&self, line: &str) -> (Option<i32>, Value) {
        json(&self.0, &format!("audit new.yaml --against old.yaml {line}"))
    }
}

fn of<'a>(told: &'a Value, workload: &str) -> &'a Value {
    let all = told.as_array().expect("workloads");
    all.iter().find(|own| own["workload"] == workload).unwrap_or_else(|| panic!("no {workload} in {told:#}"))
}

fn deployment(spec: &str, label: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  {spec}\n  selector: {{ matchLabels: {{ app: {label} }} }}\n  \
         template:\n    metadata: {{ labels: {{ app: {label} }} }}\n    spec:\n      containers:\n      - name: app\n        image: {image}\n        \
         resources: {{ requests: {{ cpu: 200m }} }}\n        envFrom: [{{ configMapRef: {{ name: settings }} }}]\n"
    )
}

fn settings(value: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: settings }}\ndata: {{ level: \"{value}\" }}\n"
    )
}

fn service(label: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{ name: web }}\nspec: {{ selector: {{ app: {label} }}, ports: [{{ port: 80 }}] }}\n"
    )
}

fn job(image: &str) -> String {
    format!(
        "---\napiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import }}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      \
         containers: [{{ name: app, image: \"{image}\" }}]\n"
    )
}

#[test]
fn a_new_image_replaces_all_pods_and_a_job_cannot_be_changed() {
    let old = deployment("replicas: 3", "web", "app:1") + &settings("1") + &job("app:1");
    let new = deployment("replicas: 3", "web", "app:2") + &settings("1") + &job("app:2");
    let bench = Bench::new("image", &old, &new);
    let (code, told) = bench.json("--assume stops=5s");
    assert_eq!(code, Some(1), "{told:#}");
    let web = of(&told, "deployment/web");
    within(web, "of 3 pods are stopped", 3.0, 3.0);
    within(web, "fewest available meanwhile", 3.0, 3.0);
    // Three pods of some 3 s each, one after the other.
    within(web, "until all is as it shall be", 6.0, 15.0);
    let refused = finding(of(&told, "job/import"), "broken", "is refused");
    assert!(
        refused["words"].as_str().is_some_and(|words| words.contains("field is immutable")),
        "{refused:#}"
    );
    let does = refused["advice"]["does"].as_str().expect("what to do");
    assert!(does.contains("kubectl delete job.batch/import, then kubectl apply -f new.yaml"), "{does}");
    let (_, again) = bench.json("--assume stops=5s");
    assert_eq!(told, again, "the same twice");
    let (_, table, _) = run(&bench.0, "audit new.yaml --against old.yaml --quiet");
    assert!(table.contains("broken  is refused"), "{table}");
}

#[test]
fn an_edit_of_settings_restarts_nothing_until_somebody_does() {
    let old = deployment("replicas: 3", "web", "app:1") + &settings("1") + &service("web");
    let new = deployment("replicas: 3", "web", "app:1") + &settings("2") + &service("web");
    let (code, told) = Bench::new("settings", &old, &new).json("");
    assert_eq!(code, Some(0), "{told:#}");
    let web = of(&told, "deployment/web");
    within(web, "of 3 pods are stopped", 0.0, 0.0);
    let found = finding(web, "risky", "0 of its 3 pods restart though ConfigMap settings changes");
    assert_eq!(found["advice"]["does"], "run kubectl rollout restart deployment/web");
    assert!(found["advice"]["better"].as_str().is_some_and(|words| words.starts_with("all 3 pods are new")));
    let (_, same) = Bench::new("nothing", &old, &old).json("");
    assert_eq!(of(&same, "deployment/web")["findings"], serde_json::json!([]), "{same:#}");
}

#[test]
fn what_cannot_be_changed_is_made_anew_and_a_service_without_pods_is_told() {
    let old = deployment("replicas: 3", "web", "app:1") + &service("web");
    let new = deployment("replicas: 3", "shop", "app:1") + &service("shop");
    let (code, told) = Bench::new("selector", &old, &new).json("");
    assert_eq!(code, Some(1));
    let found = finding(of(&told, "deployment/web"), "broken", "0 of its 3 pods are replaced");
    // Pods of other labels would run on for ever, were they orphaned.
    assert!(
        found["advice"]["does"]
            .as_str()
            .is_some_and(|does| does.contains("kubectl delete deployment.apps/web"))
    );
    let served = Bench::new("service", &old, &(deployment("replicas: 3", "web", "app:1") + &service("shop")));
    let (code, told) = served.json("");
    assert_eq!(code, Some(1));
    finding(
        of(&told, "deployment/web"),
        "broken",
        "service/web has 0 ready endpoints 1 h after it, and had 3",
    );
}

#[test]
fn replicas_are_reset_by_who_names_them_and_what_is_left_out_stays() {
    let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web }\nspec:\n  \
                  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }\n  minReplicas: 2\n  maxReplicas: 8\n  \
                  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]\n";
    let old = deployment("replicas: 3", "web", "app:1") + scaler + &job("app:1");
    let new = deployment("replicas: 3", "web", "app:2") + scaler;
    let (code, told) = Bench::new("scaler", &old, &new).json("");
    assert_eq!(code, Some(0), "{told:#}");
    let found = finding(of(&told, "deployment/web"), "risky", "sets replicas back from 8");
    assert_eq!(found["advice"]["does"], "leave spec.replicas out of the manifest");
    let better = found["advice"]["better"].as_str().expect("how it played");
    assert!(better.starts_with("8 stay 8") && better.contains("goes to 1 once"), "{better}");
    finding(of(&told, "job/import"), "note", "stands in the old manifests alone");
    let named = deployment("replicas: 3", "web", "app:1");
    let (_, told) = Bench::new("unnamed", &named, &deployment("minReadySeconds: 0", "web", "app:1")).json("");
    finding(of(&told, "deployment/web"), "risky", "3 become 1");
    within(of(&told, "deployment/web"), "of 3 pods are stopped", 2.0, 2.0);
    let other = deployment("replicas: 2", "other", "app:1").replace("name: web", "name: other");
    let (_, told) = Bench::new("left", &(named.clone() + "---\n" + &other), &named).json("");
    let found = finding(of(&told, "deployment/other"), "risky", "2 of its pods run on 1 h later");
    assert_eq!(found["advice"]["does"], "run kubectl delete deployment.apps/other");
}

#[test]
fn what_is_scaled_down_is_over_when_the_last_pod_is_gone() {
    let slow = |replicas: &str| {
        deployment(replicas, "web", "app:1")
            .replace("    spec:\n", "    spec:\n      terminationGracePeriodSeconds: 60\n")
    };
    let bench = Bench::new("down", &slow("replicas: 5"), &slow("replicas: 2"));
    let (_, told) = bench.json("--assume stops=20s");
    let web = of(&told, "deployment/web");
    within(web, "of 5 pods are stopped", 3.0, 3.0);
    within(web, "until all is as it shall be", 0.0, 1.0);
    within(web, "until the last of them is gone", 20.0, 26.0);
}

#[test]
fn a_change_that_finds_no_room_is_broken() {
    let old = deployment("replicas: 3", "web", "app:1");
    let apart = "affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }] } }\n      containers:";
    let bench = Bench::new("room", &old, &old.replace("containers:", apart));
    let (code, told) = bench.json("--nodes 3");
    assert_eq!(code, Some(1));
    let found = finding(of(&told, "deployment/web"), "broken", "in 9 of 9 runs; 3 of 3 are available");
    assert!(found["advice"]["set"].to_string().contains("maxUnavailable=1"), "{found:#}");
}

#[test]
fn what_cannot_be_judged_is_told_before_anything_is_played() {
    let old = deployment("replicas: 3", "web", "app:1");
    let refused = |new: &str, line: &str, part: &str| {
        let bench = Bench::new("wrong", &old, new);
        std::fs::write(bench.0.0.join("s.toml"), "name = \"s\"\n").expect("a file on the desk");
        let (code, out, err) = run(&bench.0, line);
        assert_eq!(code, Some(2), "{line}: {out}{err}");
        assert!(err.contains(part), "{line}: {err}");
    };
    let line = "audit new.yaml --against old.yaml";
    refused(&old.replace("name: web", "name: shop"), line, "no workload stands both in these manifests");
    refused(&(old.clone() + "---\nkind: [\n"), line, "new.yaml:");
    refused("", line, "new.yaml: no Kubernetes object in it");
    refused(&old, "audit new.yaml --against nowhere.yaml", "`nowhere.yaml` is neither a file");
    refused(&old, "audit new.yaml --against s.toml", "`s.toml` is a scenario");
    refused(&old, "audit new.yaml --against old.yaml --question start", "cannot be used with");
    refused(&old, "audit new.yaml --against old.yaml --assume shop.boots=3s", "there is no such workload");
}

/// A boot that is killed is the probe's fault, and no update strategy's.
#[test]
fn a_change_that_kills_the_boot_names_its_probe() {
    let with = |delay: u32| {
        deployment("replicas: 2", "web", "app:1")
            + &format!(
                "        livenessProbe: {{ tcpSocket: {{ port: 80 }}, initialDelaySeconds: {delay}, periodSeconds: 5 }}\n"
            )
            + &settings("1")
    };
    let bench = Bench::new("killed", &with(20), &with(5));
    let (code, told) = bench.json("--assume boots=25s");
    assert_eq!(code, Some(1), "{told:#}");
    let finding = finding(of(&told, "deployment/web"), "broken", "is not complete");
    assert_eq!(finding["field"], "deployment.web.spec.template.spec.containers.app.livenessProbe");
    let words = finding["words"].as_str().expect("words");
    assert!(words.contains("Container app failed liveness probe, will be restarted"), "{words}");
}

/// What a change leaves of a start and of an end nobody sees while it is made: the limits are told, before and now.
#[test]
fn limits_that_a_change_moves_are_told() {
    let with = |delay: u32, grace: u32, image: &str| {
        let probe = format!(
            "        livenessProbe: {{ tcpSocket: {{ port: 80 }}, initialDelaySeconds: {delay}, periodSeconds: 5 }}\n"
        );
        let pod = format!("    spec:\n      terminationGracePeriodSeconds: {grace}\n");
        deployment("replicas: 2", "web", image).replacen("    spec:\n", &pod, 1) + &probe + &settings("1")
    };
    let answer = |told: &Value, what: &str| -> Option<Value> {
        let answers = told["answers"].as_array().expect("answers");
        answers.iter().find(|own| own["what"] == what).cloned()
    };
    let (code, told) = Bench::new("limits", &with(20, 30, "app:1"), &with(5, 30, "app:2")).json("");
    assert_eq!(code, Some(0), "{told:#}");
    let told = of(&told, "deployment/web");
    // The third failure: 20 and 10 s after the start before, 5 and 10 s after it now, and a period's part.
    within(told, "longest start", 14.0, 21.0);
    let words = answer(told, "longest start").expect("an answer")["words"].to_string();
    assert!(words.contains("3") && words.ends_with(" s before\""), "{words}");
    let found = finding(told, "note", "longest start: ");
    assert!(
        found["words"].as_str().is_some_and(|words| words.contains(" before, ") && words.ends_with(" now"))
    );
    assert_eq!(found["field"], "deployment.web.spec.template.spec.containers.app.livenessProbe");
    // An end may take less as well; what stays is not told.
    assert_eq!(answer(told, "longest end after SIGTERM"), None);
    let (_, told) = Bench::new("grace", &with(20, 30, "app:1"), &with(20, 10, "app:1")).json("");
    let told = of(&told, "deployment/web");
    finding(told, "note", "longest end after SIGTERM: ");
    assert_eq!(answer(told, "longest start"), None);
    // Of more room there is nothing to find, and of a new image nothing to tell.
    let (_, told) = Bench::new("looser", &with(5, 30, "app:1"), &with(20, 30, "app:1")).json("");
    let told = of(&told, "deployment/web");
    within(told, "longest start", 29.0, 36.0);
    assert!(!told["findings"].to_string().contains("longest start"), "{told:#}");
    let (_, told) = Bench::new("image", &with(5, 30, "app:1"), &with(5, 30, "app:2")).json("");
    assert_eq!(answer(of(&told, "deployment/web"), "longest start"), None);
}
