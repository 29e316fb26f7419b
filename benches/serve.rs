//! What a served cluster costs: the table of 10,000 pods, and changes told to 100 watches.
//!
//! The bars: `get pods` of 10,000 within 200 ms, 50,000 events a second to 100 watches in all (sockets not counted here).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::serve::answer::watch::Watch;
use kubelapse::serve::answer::{Answer, answer};
use kubelapse::serve::kinds;
use kubelapse::serve::path::Request;
use kubelapse::serve::store::Store;
use kubelapse::time::{Span, Time};
use serde_json::{Value, json};

const PODS: usize = 10_000;
const WATCHES: usize = 100;

fn pod(number: usize, phase: &str) -> Value {
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": format!("web-{number:05}"), "namespace": "shop", "uid": format!("{number:036}"),
            "creationTimestamp": "2025-01-01T00:00:00Z", "labels": { "app": "web" },
        },
        "spec": { "containers": [{ "name": "app", "image": "registry.example/web:1" }], "nodeName": "node-1" },
        "status": {
            "phase": phase, "podIP": "10.0.0.1", "podIPs": [{ "ip": "10.0.0.1" }],
            "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": "2025-01-01T00:00:05Z" }],
            "containerStatuses": [{
                "name": "app", "ready": true, "restartCount": 0, "image": "registry.example/web:1",
                "state": { "running": { "startedAt": "2025-01-01T00:00:05Z" } },
            }],
        },
    })
}

fn filled() -> (Store, usize) {
    let pods = kinds::of_kind("", "Pod").expect("pods are served");
    let mut store = Store::default();
    store.clock = (Time::from_secs(1_735_700_000), Span::from_secs(60_000_000));
    for number in 0..PODS {
        store.put(pods, "shop", &format!("web-{number:05}"), Some(pod(number, "Running")));
    }
    (store, pods)
}

fn tables(c: &mut Criterion) {
    let (store, _) = filled();
    let gates = Gates::of(Version::DEFAULT);
    let mut request = Request::of("GET", "/api/v1/pods", "limit=20000");
    request.accept = "application/json;as=Table;v=v1;g=meta.k8s.io".to_owned();
    c.bench_function("serve: the table of 10,000 pods", |bench| {
        bench.iter(|| match answer(&store, &gates, &request) {
            Answer::Whole(response) => black_box(response.body.len()),
            _ => 0,
        });
    });
}

fn watches(c: &mut Criterion) {
    let (mut store, pods) = filled();
    let gates = Gates::of(Version::DEFAULT);
    let from = store.version();
    let request = Request::of("GET", "/api/v1/pods", &format!("watch=true&resourceVersion={from}"));
    let mut open: Vec<Box<Watch>> = (0..WATCHES)
        .filter_map(|_| match answer(&store, &gates, &request) {
            Answer::Watch(watch, _) => Some(watch),
            _ => None,
        })
        .collect();
    c.bench_function("serve: 500 changes told to 100 watches", |bench| {
        bench.iter(|| {
            for number in 0..500 {
                store.put(pods, "shop", &format!("web-{number:05}"), Some(pod(number, "Failed")));
            }
            let mut bytes = 0;
            for watch in &mut open {
                let mut pieces = Vec::new();
                watch.go_on(&store, &mut pieces, usize::MAX);
                bytes += pieces.iter().map(|piece| piece.len()).sum::<usize>();
            }
            black_box(bytes)
        });
    });
}

criterion_group!(benches, tables, watches);
criterion_main!(benches);
