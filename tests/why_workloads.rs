//! Why a workload does not come to what is wanted: each way of being held up is followed down to what the scenario says.

use std::sync::Arc;

use kubelapse::session::{Script, Walk, get};
use kubelapse::time::Span;

/// A Deployment of two pods with these lines in its container.
fn walk(container: &str, scenario: &str) -> Walk {
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  replicas: 2\n  selector: {{ matchLabels: {{ app: web }} \
         }}\n  template:\n    metadata: {{ labels: {{ app: web }} }}\n    spec:\n      containers:\n      - name: app\n        image: \
         shop/web:1\n        {container}\n"
    );
    let text = format!("name = \"web\"\nuntil = \"10m\"\n[[apply]]\nmanifest = \"web.yaml\"\n{scenario}");
    let (script, loaded) = Script::load("web.toml", &text, &|_| Ok(manifest.clone()), &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    Walk::new(script, &Arc::new(loaded.plan), 0)
}

/// The chain of a workload at a second.
fn why(walk: &mut Walk, secs: i64, object: &str) -> String {
    walk.seek_time(walk.plan().start + Span::from_secs(secs));
    let key = get::find_object(walk.world(), object).expect("a kind").expect("it is there");
    let why = walk.why_workload(key).expect("something was written about it");
    assert!(why.links.windows(2).all(|pair| pair[0].at >= pair[1].at), "every cause lies before its effect");
    let last = why.links.last().expect("there are causes");
    assert_eq!(last.component, "scenario", "{}", why.render(walk.plan().start));
    why.render(walk.plan().start)
}

/// All of it stands there, in this order.
fn assert_says(told: &str, words: &[&str]) {
    let mut from = 0;
    for word in words {
        let at = told[from..].find(word).unwrap_or_else(|| panic!("no `{word}` there in\n{told}"));
        from += at + word.len();
    }
}

const HEADLINE: &str = "deployment/web: Progressing  0/2 available, revision 1";

#[test]
fn pods_that_no_node_has_room_for() {
    let mut walk = walk("resources: { requests: { cpu: \"100\" } }", "");
    assert_says(
        &why(&mut walk, 60, "deploy/web"),
        &[
            HEADLINE,
            "0 of 2 available, 0 ready, 2 there; 2 of its pods are not ready",
            "condition PodScheduled not set -> False (Unschedulable)",
            "found no node",
            "Insufficient cpu",
            "made the pod for replicaset/web-",
            "[[apply]] deployment/web (web.yaml, line 1)",
        ],
    );
}

#[test]
fn programs_that_crash() {
    let program = "[[program]]\nworkload = \"deployment/web\"\nattempts = [{ runs = \"2s\", exit = 3 }]\n";
    let mut walk = walk("", program);
    let told = why(&mut walk, 70, "deployment/web");
    let ends = [
        "running -> terminated (Error, exit 3, not ready, restarts 3)",
        "its relist of the runtime saw app ended",
        "app ended by itself after 2s with exit code 3",
        "[[program]] of app start 4 plays attempts[0]",
    ];
    assert_says(&told, &[&[HEADLINE, "2 of its pods are not ready"][..], &ends].concat());
    // The same is said of the ReplicaSet.
    let set = walk.world().workloads.replica_sets[0].object.meta.name;
    assert_says(&why(&mut walk, 70, &format!("rs/{set}")), &ends);
}

#[test]
fn probes_that_fail() {
    let program = "[[program]]\nworkload = \"deployment/web\"\nboots = \"1h\"\n";
    let mut walk = walk("readinessProbe: { httpGet: { path: /, port: 80 } }", program);
    assert_says(
        &why(&mut walk, 60, "deployment/web"),
        &[
            HEADLINE,
            "event Unhealthy (x7): Readiness probe failed",
            "the readiness probe of app failed",
            "[[program]] of app boots: it answers readiness probes from 1h0m0s after its start on",
        ],
    );
}

/// What is complete tells how it came to be so; what was changed this instant, who changed it.
#[test]
fn a_workload_that_nothing_holds_up() {
    let mut walk = walk("", "[[action]]\nat = \"1m\"\nscale = \"deployment/web\"\nreplicas = 3\n");
    assert_says(
        &why(&mut walk, 30, "deployment/web"),
        &[
            "Progressing -> Complete  READY 2/2",
            "2 of 2 available",
            "ReplicaSet controller",
            "condition Ready",
            "scenario",
        ],
    );
    let told = why(&mut walk, 60, "deployment/web");
    assert_says(&told, &["Complete -> Progressing  READY 2/3", "[[action]] scale deployment/web"]);
}

#[test]
fn a_stateful_set_waits_for_its_first_pod() {
    let manifest = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec:\n  replicas: 3\n  serviceName: db\n  \
        selector: { matchLabels: { app: db } }\n  template:\n    metadata: { labels: { app: db } }\n    spec:\n      \
        containers: [{ name: app, image: \"shop/db:1\", resources: { requests: { cpu: \"100\" } } }]\n";
    let text = "name = \"db\"\nuntil = \"10m\"\n[[apply]]\nmanifest = \"db.yaml\"\n";
    let (script, loaded) = Script::load("db.toml", text, &|_| Ok(manifest.to_owned()), &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    assert_says(
        &why(&mut walk, 60, "sts/db"),
        &[
            "statefulset/db: Progressing  0/3 available, revision 1",
            "0 of 3 available, 0 ready, 1 there, 1 of the newest template; db-0 is not ready",
            "until this one is ready nothing else is done",
            "condition PodScheduled not set -> False (Unschedulable)",
            "Insufficient cpu",
            "made the pod for statefulset/db",
            "[[apply]] statefulset/db (db.yaml, line 1)",
        ],
    );
}
