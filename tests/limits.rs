//! What is large is not taken for something else: many containers, many nodes, and what is too much is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kubelapse::record::Change;
use kubelapse::scenario::{self, limits, plan::Plan};
use kubelapse::session::{self, Lived};

fn load(text: &str) -> Result<Plan, String> {
    scenario::load("limits.toml", text, &scenario::no_files, &[]).map_err(|problems| problems.render(false))
}

fn live(text: &str) -> Lived {
    session::live(&Arc::new(load(text).unwrap_or_else(|told| panic!("{told}"))), 0)
}

fn containers(list: &str, prefix: &str, count: usize) -> String {
    let one = |ix| format!("[[pod.spec.{list}]]\nname = \"{prefix}{ix}\"\nimage = \"x\"\n");
    (0..count).map(one).collect()
}

/// How often each container began to run, and the last READY.
fn starts(lived: &Lived) -> (BTreeMap<String, usize>, (u32, u32)) {
    let (mut starts, mut last) = (BTreeMap::<String, usize>::new(), (0, 0));
    for row in &lived.transitions {
        match row.change {
            Change::Container { name, from, to, .. } if from != to && to == "running" => {
                *starts.entry(name.to_string()).or_default() += 1
            }
            Change::Status { ready, .. } => last = ready,
            _ => {}
        }
    }
    (starts, last)
}

const PROBES: &str = "[[pod.spec.containers]]\nname = \"last\"\nimage = \"x\"\n\
     [pod.spec.containers.readinessProbe]\ntcpSocket.port = 80\n[pod.spec.containers.startupProbe]\ntcpSocket.port = 80\n";

#[test]
fn three_hundred_containers_start_once_each() {
    let text =
        format!("until = \"10m\"\n[[pod]]\nname = \"web\"\n{}{PROBES}", containers("containers", "c", 300));
    let (starts, ready) = starts(&live(&text));
    assert_eq!((starts.len(), ready), (301, (301, 301)));
    assert!(starts.values().all(|count| *count == 1), "{starts:?}");
}

#[test]
fn three_hundred_init_containers_run_one_after_another() {
    let inits = containers("initContainers", "i", 300);
    let behavior: String = (0..300)
        .map(|ix| format!("[pod.behavior.containers.i{ix}]\nattempts = [{{ runs = \"5s\" }}]\n"))
        .collect();
    let main = containers("containers", "app", 1);
    let lived = live(&format!("until = \"1h\"\n[[pod]]\nname = \"web\"\n{inits}{main}{behavior}"));
    let (starts, ready) = starts(&lived);
    assert_eq!((starts.len(), ready), (301, (1, 1)));
    assert!(starts.values().all(|count| *count == 1), "{starts:?}");
    let order = lived.transitions.iter().filter_map(|row| match row.change {
        Change::Container { name, from, to, .. } if from != to && to == "running" => Some(name.to_string()),
        _ => None,
    });
    let wanted = (0..300).map(|ix| format!("i{ix}")).chain(["app0".to_owned()]);
    assert!(order.eq(wanted), "in the order of the spec");
}

/// Two containers whose places differ by a byte's worth are told apart by their identifiers too: the kubelet compares them.
#[test]
fn no_two_containers_have_one_identifier() {
    let text = format!("until = \"10m\"\n[[pod]]\nname = \"web\"\n{}", containers("containers", "c", 600));
    let mut session = session::Session::new(&Arc::new(load(&text).expect("a plan")), 0);
    while session.step().is_some() {}
    let instances = &session.world.places[0].runtime.live.containers;
    let ids: BTreeSet<String> = instances.iter().map(|instance| instance.id.to_string()).collect();
    assert_eq!((instances.len(), ids.len()), (600, 600));
}

/// A status with more places than gaps can be told apart is held whole, and lives as by the rules alone.
#[test]
fn replicas_with_many_containers_live_alike_with_and_without_learning() {
    let pod = format!("[[pod]]\nname = \"web\"\nreplicas = 2\n{}", containers("containers", "c", 300));
    let plan = load(&format!("until = \"3m\"\n{pod}")).expect("a plan");
    let lives =
        [Some(1), None].map(|learns_from| session::live(&Arc::new(Plan { learns_from, ..plan.clone() }), 0));
    let [with, without] = &lives;
    assert_eq!(with.digest, without.digest);
    assert_eq!(with.transitions, without.transitions);
}

#[test]
fn seventy_thousand_nodes_are_seventy_thousand() {
    let text = "until = \"5m\"\n[[node]]\nname = \"node\"\ncount = 70000\ncapacity.pods = 1\n\
                [[pod]]\nname = \"web\"\nreplicas = 70000\nspec.containers = [{ name = \"app\", image = \"x\" }]\n";
    let mut session = session::Session::new(&Arc::new(load(text).expect("a plan")), 0);
    let addresses: BTreeSet<String> = session.world.nodes.iter().map(|node| node.ip.to_string()).collect();
    assert_eq!(addresses.len(), 70_000);
    assert_eq!(session.world.nodes[62_499].ip, "10.0.249.251");
    assert_eq!(session.world.nodes[62_500].ip, "10.1.0.2");
    while session.step().is_some() {
        session.world.outbox.clear();
    }
    let placed: BTreeSet<_> = session.world.pods.iter().filter_map(|pod| pod.node).collect();
    assert_eq!(placed.len(), 70_000, "each pod has a node of its own");
}

const POD: &str = "[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n";

#[track_caller]
fn refused(text: &str, words: &[&str]) {
    let told = load(text).expect_err("too much");
    for word in words {
        assert!(told.contains(word), "no `{word}` in:\n{told}");
    }
    assert_eq!(told.matches("error[").count(), 1, "{told}");
}

#[test]
fn too_many_nodes_are_refused_before_any_is_made() {
    let nodes = |count: i64| format!("[[node]]\nname = \"n{count}\"\ncount = {count}\n");
    for count in [limits::NODES.into(), 1_000_000_000, i64::MAX] {
        let more = count > i64::from(limits::NODES);
        let text = format!("{}{}{POD}", nodes(count), if more { String::new() } else { nodes(1) });
        let words = if more {
            [format!("{count} is out of range"), "3:9".to_owned(), "from 1 to 100000".to_owned()]
        } else {
            ["with these, there are 100001 nodes".into(), "6:9".into(), "no more than 100000 in all".into()]
        };
        refused(&text, &words.each_ref().map(String::as_str));
    }
    assert!(load(&format!("{}{}{POD}", nodes(99), nodes(1))).is_ok());
}

#[test]
fn too_many_pods_are_refused() {
    let text = format!("{POD}replicas = 10000000\n{}", POD.replace("web", "other"));
    refused(&text, &["with these, there are 10000001 pods", "5:", "no more than 10000000 in all"]);
    refused(&format!("{POD}replicas = 4294967297\n"), &["4294967297 is out of range"]);
}

#[test]
fn too_much_in_one_pod_is_refused() {
    let hint = "etcd's 1.5 MiB";
    let text = |count| format!("[[pod]]\nname = \"web\"\n{}", containers("containers", "c", count));
    assert!(load(&text(limits::CONTAINERS)).is_ok());
    let words = ["the pod `web` has 1001 containers", "3:12", "no more than 1000 in one pod", hint];
    refused(&text(limits::CONTAINERS + 1), &words);
    // With the token of its service account.
    let volumes: String = (0..limits::VOLUMES)
        .map(|ix| format!("[[pod.spec.volumes]]\nname = \"v{ix}\"\nemptyDir = {{}}\n"))
        .collect();
    refused(&format!("{}{volumes}", text(1)), &["the pod `web` has 1001 volumes", hint]);
}

#[test]
fn too_many_pods_of_a_workload_are_refused() {
    let manifest = |kind: &str, field: &str| {
        format!(
            "apiVersion: {}\nkind: {kind}\nmetadata: {{ name: web }}\nspec:\n  {field}: 10000001\n  template: {{ spec: {{ restartPolicy: \
             Never, containers: [{{ name: app, image: x }}] }} }}\n",
            if kind == "Job" { "batch/v1" } else { "apps/v1" }
        )
    };
    for (kind, field) in [("Deployment", "replicas"), ("StatefulSet", "replicas"), ("Job", "parallelism")] {
        let text = manifest(kind, field);
        let loader = |_: &str| Ok(text.clone());
        let told = scenario::load("limits.toml", "[[apply]]\nmanifest = \"web.yaml\"\n", &loader, &[]);
        let told = told.expect_err("too many").render(false);
        assert!(
            told.contains(&format!("10000001 pods of one {kind}")) && told.contains("web.yaml:5:"),
            "{told}"
        );
    }
    let told = load("[[action]]\nat = \"1s\"\nscale = \"deployment/web\"\nreplicas = 10000001\n")
        .expect_err("too many");
    assert!(told.contains("10000001 is out of range"), "{told}");
}

#[test]
fn too_many_objects_are_refused() {
    let object = |ix| format!("[[object]]\nkind = \"Secret\"\nname = \"s{ix}\"\n");
    let objects: String = (0..=limits::OBJECTS).map(object).collect();
    refused(&format!("{POD}{objects}"), &["there are 100001 objects", "no more than 100000"]);
}
