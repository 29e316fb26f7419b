//! Workloads of twice the size are twice the work: rollouts, many Deployments, daemons on many nodes.
//!
//! Work is counted, not time: the steps of a run, and the rows that it writes. What of it would grow with the square of the
//! size (each pod's end asking for a look at all the others) shows in the one or the other. Jobs have `many_jobs.rs`, drains
//! `faults/growth.rs`.

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session;

/// Steps and rows of a run over so many nodes.
fn work(nodes: u32, manifest: &str, then: &str) -> [usize; 2] {
    let text = format!(
        "name = \"growth\"\nuntil = \"1h\"\n[[node]]\nname = \"n\"\ncount = {nodes}\nimages = [\"shop/web:1\", \"shop/web:2\"]\n\
         capacity = {{ cpu = \"64\", memory = \"256Gi\", pods = 250 }}\n[[apply]]\nmanifest = \"all.yaml\"\n{then}"
    );
    let plan = scenario::load("growth.toml", &text, &|_| Ok(manifest.to_owned()), &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    let lived = session::live(&plan, 0);
    assert!(lived.answers.iter().all(|answer| !answer.contains("rror")), "{:?}", lived.answers);
    [lived.steps as usize, lived.transitions.len()]
}

/// Holds what is of size n against what is of size 2 n: a tenth more is for what is left to luck.
fn doubles(what: &str, of: impl Fn(u32) -> [usize; 2], some: u32) {
    let (once, twice) = (of(some), of(2 * some));
    println!("{what}: {once:?} steps and rows of {some}, {twice:?} of {}", 2 * some);
    for (once, twice) in once.into_iter().zip(twice) {
        assert!(twice * 10 < once * 22, "{what}: {once} of {some}, {twice} of {}", 2 * some);
    }
}

fn workload(kind: &str, name: &str, replicas: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec:\n  {replicas}\n  selector: {{ matchLabels: {{ \
         app: {name} }} }}\n  template:\n    metadata: {{ labels: {{ app: {name} }} }}\n    spec: {{ containers: [{{ name: app, \
         image: \"shop/web:1\" }}] }}\n"
    )
}

fn service(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ selector: {{ app: {name} }}, ports: [{{ port: 80 }}] }}\n"
    )
}

fn update(of: &str) -> String {
    format!("[[action]]\nat = \"10m\"\nsetImage = \"{of}\"\ncontainer = \"app\"\nimage = \"shop/web:2\"\n")
}

#[test]
fn a_rollout_of_twice_as_many_pods() {
    let rollout = |pods: u32| {
        let all = [workload("Deployment", "web", &format!("replicas: {pods}")), service("web")].join("---\n");
        work(4, &all, &update("deployment/web"))
    };
    doubles("rollout", rollout, 40);
}

#[test]
fn twice_as_many_deployments_with_their_services() {
    let deployments = |count: u32| {
        let each = |number: u32| {
            let name = format!("app-{number}");
            [workload("Deployment", &name, "replicas: 3"), service(&name)].join("---\n")
        };
        work(4, &(0..count).map(each).collect::<Vec<_>>().join("---\n"), "")
    };
    doubles("deployments", deployments, 20);
}

#[test]
fn an_update_of_daemons_on_twice_as_many_nodes() {
    let wide = "updateStrategy: { rollingUpdate: { maxUnavailable: 10% } }";
    let daemons = |nodes: u32| work(nodes, &workload("DaemonSet", "agent", wide), &update("daemonset/agent"));
    doubles("daemons", daemons, 30);
}
