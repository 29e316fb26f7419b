//! What is expected of workloads, Services and answers holds where it is so, and is told where it is not.

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session::expect;

const WEB: &str = r#"
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  progressDeadlineSeconds: 30
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 20
      containers: [{ name: app, image: "shop/web:1" }]
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: bare }
spec:
  replicas: 1
  selector: { matchLabels: { app: bare } }
  template:
    metadata: { labels: { app: bare } }
    spec: { containers: [{ name: app, image: "shop/web:1" }] }
"#;

const RUN: &str = r#"
name = "expected"
until = "4m"
[[node]]
name = "n"
images = ["shop/web:1"]
[[image]]
ref = "shop/web:9"
error = "manifest unknown"
[[apply]]
id = "first"
manifest = "web.yaml"
[[program]]
image = "shop/web:1"
attempts = [{ onTerm = { after = "15s", exit = 0 } }]
[[action]]
at = "30s"
id = "image"
setImage = "deployment/web"
container = "app"
image = "shop/web:9"
[[action]]
at = "31s"
id = "status"
rolloutStatus = "deployment/web"
[[action]]
at = "90s"
id = "undo"
rolloutUndo = "deployment/web"
[[action]]
at = "2m"
id = "less"
scale = "deployment/web"
replicas = 1
[[action]]
at = "150s"
id = "gone"
wait = "deployment/web"
for = "delete"
timeout = "1m"
[[action]]
at = "155s"
id = "too-late"
wait = "deployment/web"
for = "condition=Progressing=False"
timeout = "10s"
[[action]]
at = "190s"
id = "not-there"
wait = "service/web"
for = "delete"
[[action]]
at = "160s"
id = "paused"
rolloutResume = "deployment/web"
[[action]]
at = "3m"
delete = "deployment/web"
[[action]]
at = "3m"
delete = "service/web"
"#;

/// The differences of one expectation, played with the run.
fn differences(expectation: &str) -> Vec<String> {
    let text = format!("{RUN}[[expect]]\n{expectation}\n");
    let loader = |path: &str| match path {
        "web.yaml" => Ok(WEB.to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let plan = scenario::load("expected.toml", &text, &loader, &[])
        .unwrap_or_else(|problems| panic!("{expectation}: {}", problems.render(false)));
    let plan = Arc::new(plan);
    let failures = expect::check(&plan, 3);
    failures.into_iter().map(|f| format!("{} {} | {}", f.what, f.expected, f.seen)).collect()
}

#[test]
fn what_is_so_holds() {
    for expectation in [
        "deployment = 'web'\nby = '10s'\nrollout = 'complete'",
        "deployment = 'web'\nat = '20s'\nreplicas = 2\nupdated = 2\nready = 2\navailable = 2\nunavailable = 0",
        "deployment = 'web'\nat = '20s'\nconditions = { Available = 'True/MinimumReplicasAvailable', Progressing = 'True/NewReplicaSetAvailable', ReplicaFailure = 'none' }",
        "deployment = 'web'\nfrom = '32s'\nto = '59s'\nrollout = 'progressing'\nreplicas = 3\nupdated = 1\nready = 2\nunavailable = { max = 1 }",
        "deployment = 'web'\nafter = '55s'\nby = '65s'\nrollout = 'failed'\nconditions = { Progressing = 'False/ProgressDeadlineExceeded' }",
        "deployment = 'web'\nat = '20s'\nevent = 'ScalingReplicaSet'\nmessage = 'from 0 to 2'\ncount = 1",
        "deployment = 'web'\nat = '20s'\nnoEvent = 'ReplicaSetCreateError'",
        "deployment = 'web'\nat = '200s'\ngone = true",
        "deployment = 'web'\nat = '200s'\nevent = 'ScalingReplicaSet'",
        "deployment = 'web'\nat = '20s'\ngone = false",
        "replicaSet = 'bare'\nby = '10s'\nrollout = 'complete'\nreplicas = 1",
        "replicaSet = 'bare'\nat = '20s'\nevent = 'SuccessfulCreate'",
        "service = 'web'\nby = '10s'\nreadyEndpoints = 2\nservingEndpoints = 2\nterminatingEndpoints = 0",
        "service = 'web'\nat = '125s'\nreadyEndpoints = 1\nservingEndpoints = 2\nterminatingEndpoints = 1",
        "service = 'web'\nat = '200s'\ngone = true",
        "pod = 'web-*'\nat = '50s'\nwhere = { revision = 2 }\ncount = 1\nstatus = 'ImagePullBackOff'",
        "pod = 'web-*'\nat = '50s'\nwhere = { revision = 1 }\ncount = 2\nstatus = 'Running'",
        "action = 'first'\nat = '1s'\nanswer = 'done'\nmessage = 'deployment.apps/web created'",
        "action = 'image'\nat = '20s'\nanswer = 'waiting'",
        "action = 'image'\nby = '31s'\nanswer = 'done'\nmessage = 'deployment.apps/web image updated'",
        "action = 'status'\nfrom = '32s'\nto = '55s'\nanswer = 'waiting'\nmessage = 'Waiting for deployment \"web\" rollout to finish: 1 out of 2 new replicas have been updated...'",
        "action = 'status'\nby = '65s'\nanswer = 'refused'\nmessage = 'error: deployment \"web\" exceeded its progress deadline'",
        "action = 'gone'\nfrom = '151s'\nto = '179s'\nanswer = 'waiting'",
        "action = 'gone'\nat = '181s'\nanswer = 'done'\nmessage = 'deployment.apps/web condition met'",
        "action = 'too-late'\nat = '164s'\nanswer = 'waiting'",
        "action = 'too-late'\nat = '166s'\nanswer = 'refused'\nmessage = 'error: timed out waiting for the condition on deployments/web'",
        "action = 'not-there'\nat = '191s'\nanswer = 'done'",
        "action = 'paused'\nat = '161s'\nanswer = 'refused'\nmessage = 'is not paused'",
    ] {
        assert_eq!(differences(expectation), [""; 0], "{expectation}");
    }
}

#[test]
fn what_is_not_so_is_told() {
    for (expectation, told) in [
        ("deployment = 'web'\nat = '50s'\nrollout = 'complete'", "the rollout complete | progressing"),
        ("deployment = 'web'\nat = '50s'\nupdated = 2", "updated 2 | 1"),
        ("deployment = 'web'\nat = '50s'\nreplicas = { max = 2 }", "replicas 2 or fewer | 3"),
        ("deployment = 'web'\nat = '50s'\navailable = { min = 3 }", "available 3 or more | 2"),
        ("deployment = 'web'\nat = '50s'\nunavailable = 0", "unavailable 0 | 1"),
        (
            "deployment = 'web'\nat = '50s'\nconditions = { Progressing = 'False' }",
            "condition Progressing False | True",
        ),
        (
            "deployment = 'web'\nat = '70s'\nconditions = { Progressing = 'False/Other' }",
            "condition Progressing False/Other | False/ProgressDeadlineExceeded",
        ),
        (
            "deployment = 'web'\nat = '50s'\nconditions = { ReplicaFailure = 'True' }",
            "condition ReplicaFailure True | none",
        ),
        (
            "deployment = 'web'\nat = '20s'\nevent = 'DeploymentRollback'",
            "an event DeploymentRollback | ScalingReplicaSet",
        ),
        (
            "deployment = 'web'\nat = '20s'\nnoEvent = 'ScalingReplicaSet'",
            "an event no ScalingReplicaSet | ScalingReplicaSet (x1) \"Scaled up replica set ",
        ),
        ("deployment = 'web'\nat = '200s'\nready = 2", "the Deployment there | gone"),
        ("deployment = 'web'\nat = '200s'\ngone = false", "the Deployment there | gone"),
        ("deployment = 'web'\nat = '20s'\ngone = true", "the Deployment gone | there"),
        ("deployment = 'web'\nfrom = '20s'\nto = '1m'\nreplicas = 2", "replicas 2 | 3 (at 30."),
        ("replicaSet = 'bare'\nat = '20s'\nupdated = 1", "updated 1 | no such number of this kind"),
        ("service = 'web'\nat = '20s'\nreadyEndpoints = 3", "ready endpoints 3 | 2"),
        ("service = 'web'\nat = '125s'\nservingEndpoints = 1", "serving endpoints 1 | 2"),
        ("service = 'web'\nat = '125s'\nterminatingEndpoints = 0", "terminating endpoints 0 | 1"),
        ("service = 'web'\nat = '200s'\nreadyEndpoints = 0", "the Service there | gone"),
        (
            "action = 'image'\nat = '20s'\nanswer = 'done'",
            "the answer done | waiting: nothing: it has not begun",
        ),
        (
            "action = 'status'\nat = '70s'\nanswer = 'done'",
            "the answer done | refused: Waiting for deployment \"web\" rollout to finish: ",
        ),
        (
            "action = 'image'\nat = '40s'\nmessage = 'rolled back'",
            "the words \"rolled back\" | deployment.apps/web image updated",
        ),
    ] {
        let seen = differences(expectation);
        assert_eq!(seen.len(), 1, "{expectation}: {seen:?}");
        assert!(seen[0].starts_with(told), "{expectation}: {}", seen[0]);
    }
}

/// Of an object that comes later than it is asked for, and of one that never does.
#[test]
fn what_never_was_is_gone() {
    assert_eq!(differences("replicaSet = 'bare'\nat = '20s'\ngone = true"), ["the ReplicaSet gone | there"]);
    assert_eq!(differences("service = 'never'\nfrom = '0s'\nto = '4m'\ngone = true"), [""; 0]);
    let later = RUN.replace("manifest = \"web.yaml\"", "manifest = \"web.yaml\"\nat = \"10s\"");
    let text = format!(
        "{later}[[expect]]\ndeployment = 'web'\nat = '5s'\ngone = true\n[[expect]]\ndeployment = 'web'\nat = '5s'\nready = 0\n"
    );
    let plan = scenario::load("later.toml", &text, &|_| Ok(WEB.to_owned()), &[]).expect("it is read");
    let failures = expect::check(&Arc::new(plan), 0);
    let told: Vec<&str> = failures.iter().map(|failure| failure.seen.as_str()).collect();
    assert_eq!(told, ["none of that name yet"]);
}

/// Where a failure is looked into first: the last changes of the object.
#[test]
fn failures_come_with_what_the_object_did_before() {
    let text = format!("{RUN}[[expect]]\ndeployment = 'web'\nat = '20s'\nready = 5\n");
    let plan = scenario::load("before.toml", &text, &|_| Ok(WEB.to_owned()), &[]).expect("it is read");
    let failures = expect::check(&Arc::new(plan), 0);
    let before = &failures[0].before;
    assert!(before.iter().all(|row| row.contains("deployment/web: ")), "{before:?}");
    assert!(before.iter().any(|row| row.contains("READY 2/2")), "{before:?}");
}
