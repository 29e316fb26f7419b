//! What becomes of what an object has made when it is deleted: of every kind that makes something, in each of the three ways.

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session::{Direction, Move, Script, Session, Walk};
use kubelapse::time::Span;
use kubelapse::world::Pod;

/// Its pods stay until somebody takes their finalizer away, so that one sees who waits for them.
const TEMPLATE: &str = "template: { metadata: { labels: { app: own }, finalizers: [example.com/keep] }, spec: { \
                        terminationGracePeriodSeconds: 1, RESTART containers: [{ name: app, image: shop/own:1 }] } }";

/// A kind: its word, its manifest's fields around the template, what stands between it and its pods, and when it is deleted.
const KINDS: [(&str, &str, &str, &str, i64); 7] = [
    ("Deployment", "apps/v1", "replicas: 2, selector: { matchLabels: { app: own } }, TEMPLATE", "rs", 30),
    ("ReplicaSet", "apps/v1", "replicas: 2, selector: { matchLabels: { app: own } }, TEMPLATE", "", 30),
    ("ReplicationController", "v1", "replicas: 2, selector: { app: own }, TEMPLATE", "", 30),
    (
        "StatefulSet",
        "apps/v1",
        "replicas: 2, serviceName: own, selector: { matchLabels: { app: own } }, TEMPLATE",
        "",
        30,
    ),
    ("DaemonSet", "apps/v1", "selector: { matchLabels: { app: own } }, TEMPLATE", "", 30),
    ("Job", "batch/v1", "parallelism: 2, completions: 2, TEMPLATE", "", 30),
    (
        "CronJob",
        "batch/v1",
        "schedule: '* * * * *', jobTemplate: { spec: { parallelism: 2, completions: 2, TEMPLATE } }",
        "jobs",
        90,
    ),
];

struct Seen {
    /// The object is in the API.
    owner: bool,
    /// What it made, and what that made.
    between: usize,
    /// How many pods are there, and how many of them are going.
    pods: (usize, usize),
}

fn seen(walk: &Walk, kind: &str, between: &str) -> Seen {
    let rows = |what: &str| {
        let table = walk.get(what).expect("a table");
        if table.starts_with("No resources") { 0 } else { table.lines().count() - 1 }
    };
    let pods: Vec<_> = walk.world().pods.iter().filter(|pod| pod.exists).collect();
    Seen {
        owner: rows(&kind.to_lowercase()) > 0,
        between: if between.is_empty() { 0 } else { rows(between) },
        pods: (pods.len(), pods.iter().filter(|pod| pod.deletion.is_some()).count()),
    }
}

fn deleted(kind: &str, cascade: &str) -> (Walk, i64, &'static str) {
    let (_, version, spec, between, at) = *KINDS.iter().find(|(name, ..)| *name == kind).expect("a kind");
    let restart = if kind.ends_with("Job") { "restartPolicy: Never," } else { "" };
    let spec = spec.replace("TEMPLATE", &TEMPLATE.replace("RESTART", restart));
    let manifest =
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{ name: own }}\nspec: {{ {spec} }}\n");
    let key = kind[..1].to_lowercase() + &kind[1..];
    let free = |at: i64| {
        format!(
            "[[action]]\nat = \"{at}s\"\npatch = \"pods\"\nmatchLabels = {{ app = \"own\" }}\nmerge = {{ metadata = {{ finalizers = [] }} }}\n"
        )
    };
    let text = format!(
        "until = \"5m\"\n[[node]]\nname = \"n\"\ncount = 2\nimages = [\"shop/own:1\"]\n[[apply]]\nmanifest = \"own.yaml\"\n[[action]]\nat = \
         \"{at}s\"\ndelete = \"{key}/own\"\ncascade = \"{cascade}\"\n{}",
        free(at + 30)
    );
    let files = move |_: &str| Ok(manifest.clone());
    let (script, loaded) = Script::load("own.toml", &text, &files, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    (Walk::new(script, &Arc::new(loaded.plan), 0), at, between)
}

fn to(walk: &mut Walk, secs: i64) {
    walk.go(Direction::Forward, &Move::To(walk.plan().start + Span::from_secs(secs)));
}

#[test]
fn in_the_background_the_owner_goes_first() {
    for (kind, ..) in KINDS {
        let (mut walk, at, between) = deleted(kind, "background");
        to(&mut walk, at - 1);
        let before = seen(&walk, kind, between);
        assert!(before.owner && before.pods == (2, 0), "{kind}: {:?}", before.pods);
        to(&mut walk, at + 20);
        let after = seen(&walk, kind, between);
        assert!(!after.owner && after.between == 0, "{kind}: {}", after.between);
        assert_eq!(after.pods, (2, 2), "{kind}: they wait for their finalizer");
        to(&mut walk, at + 45);
        assert_eq!(seen(&walk, kind, between).pods, (0, 0), "{kind}");
    }
}

#[test]
fn in_the_foreground_the_owner_waits_for_the_last_of_them() {
    for (kind, ..) in KINDS {
        let (mut walk, at, between) = deleted(kind, "foreground");
        to(&mut walk, at + 20);
        let waiting = seen(&walk, kind, between);
        assert!(waiting.owner, "{kind} waits");
        assert_eq!(
            waiting.between,
            usize::from(!between.is_empty()),
            "{kind}: what stands between waits as well"
        );
        assert_eq!(waiting.pods, (2, 2), "{kind}");
        to(&mut walk, at + 45);
        let after = seen(&walk, kind, between);
        assert!(!after.owner && after.between == 0 && after.pods == (0, 0), "{kind}: {:?}", after.pods);
    }
}

#[test]
fn orphans_live_on_and_belong_to_nobody() {
    for (kind, ..) in KINDS {
        let (mut walk, at, between) = deleted(kind, "orphan");
        to(&mut walk, at + 20);
        let after = seen(&walk, kind, between);
        assert!(!after.owner, "{kind} is gone");
        assert_eq!(after.pods, (2, 0), "{kind}");
        assert_eq!(after.between, usize::from(!between.is_empty()), "{kind}");
        let w = walk.world();
        if between.is_empty() {
            let nobodys = |pod: &&Pod| pod.exists && pod.owners.as_ref().is_none_or(|own| own.is_empty());
            assert_eq!(w.pods.iter().filter(nobodys).count(), 2, "{kind}: nobody owns them");
        }
    }
}

const SPREAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: 4\n  strategy: { rollingUpdate: { \
                      maxSurge: 1, maxUnavailable: 0 } }\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { \
                      app: web } }\n    spec:\n      containers: [{ name: app, image: \"shop/web:1\", resources: { requests: { cpu: 500m } } }]\n      topologySpreadConstraints: [{ \
                      maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } }, KEYS }]\n";

/// How unevenly the new pods of a rollout stand in the two zones at its end, and at most on the way. One of the nodes is larger, so
/// that pods go there where nothing is said against it.
fn unevenness(keys: &str, seed: u64) -> (usize, usize) {
    let manifest = SPREAD.replace("KEYS", keys);
    let text = "until = \"4m\"\n[[node]]\nname = \"a\"\ncapacity = { cpu = \"64\" }\nlabels = { zone = \"a\" }\nimages = [\"shop/web:1\", \"shop/web:2\"]\n[[node]]\nname = \
                \"b\"\nlabels = { zone = \"b\" }\nimages = [\"shop/web:1\", \"shop/web:2\"]\n[[apply]]\nmanifest = \"web.yaml\"\n[[action]]\nat = \
                \"30s\"\nsetImage = \"deployment/web\"\nimage = \"shop/web:2\"\n";
    let plan = scenario::load("web.toml", text, &|_| Ok(manifest.clone()), &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    let mut session = Session::new(&plan, seed);
    let (mut last, mut most) = (0, 0);
    while session.step().is_some() {
        let w = &session.world;
        let new = w.pods.iter().filter(|pod| {
            pod.exists && pod.deletion.is_none() && pod.spec.containers[0].image == "shop/web:2"
        });
        let on: Vec<u32> = new.filter_map(|pod| pod.node).map(|node| node.0).collect();
        let first = on.iter().filter(|node| **node == 0).count();
        last = first.abs_diff(on.len() - first);
        most = most.max(last);
    }
    let there = session.world.pods.iter().filter(|pod| pod.exists).count();
    assert_eq!(there, 4, "the rollout is over");
    (last, most)
}

/// With the hash of its template among `matchLabelKeys` each revision is spread for itself; else the old pods count too, and
/// what is left when they are gone may stand unevenly.
#[test]
fn a_revision_is_spread_for_itself_where_the_hash_is_a_key() {
    let seeds = 0..12;
    let keyed: Vec<(usize, usize)> =
        seeds.clone().map(|seed| unevenness("matchLabelKeys: [pod-template-hash]", seed)).collect();
    assert!(keyed.iter().all(|(last, most)| *last == 0 && *most <= 1), "{keyed:?}");
    let plain: Vec<(usize, usize)> = seeds.map(|seed| unevenness("minDomains: 1", seed)).collect();
    assert!(plain.iter().any(|(_, most)| *most > 1), "{plain:?}");
}
