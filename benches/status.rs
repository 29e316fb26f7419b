//! How long one sync's status takes: the most frequent computation of the kubelet.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::{
    ContainerId, InstanceState, PodStatus, RuntimeContainer, RuntimeSandbox, RuntimeStatus, Sym, Text,
};
use kubelapse::rules::kubectl::printing::columns;
use kubelapse::rules::kubelet::api_status::{NoProbes, StatusSources, generate};
use kubelapse::rules::kubelet::container_status::StartFailure;
use kubelapse::rules::kubelet::pod::PodView;
use kubelapse::rules::kubelet::status_manager::{merge, set};
use kubelapse::rules::versions::gates::Gates;
use kubelapse::time::Time;
use serde_json::json;

/// A pod that runs: every init container done, every other container up.
fn running(init: &[&str], sidecars: &[&str], main: &[&str]) -> (Pod, RuntimeStatus) {
    let plain = |name: &&str| json!({ "name": name, "image": "app:1" });
    let side = |name: &&str| json!({ "name": name, "image": "app:1", "restartPolicy": "Always" });
    let init_containers: Vec<_> = init.iter().map(plain).chain(sidecars.iter().map(side)).collect();
    let containers: Vec<_> = main.iter().map(plain).collect();
    let pod = wire::pod(&json!({
        "metadata": { "name": "web", "namespace": "default", "uid": "u-1", "generation": 1 },
        "spec": { "nodeName": "n1", "restartPolicy": "Always", "initContainers": init_containers, "containers": containers },
        "status": {
            "phase": "Pending",
            "qosClass": "BestEffort",
            "conditions": [{ "type": "PodScheduled", "status": "True" }],
        },
    }));
    let start = Time::from_secs(1_000_000);
    let instance = |name: &&str, state| RuntimeContainer {
        name: Sym::new(name),
        id: ContainerId::Made(name.len() as u64),
        state,
        created_at: Some(start),
        started_at: Some(start),
        finished_at: (state == InstanceState::Exited).then_some(start),
        exit_code: 0,
        restart_count: 0,
        reason: if state == InstanceState::Exited { Sym::COMPLETED } else { Sym::EMPTY },
        message: Text::NONE,
        image: Sym::new("app:1"),
        image_ref: Sym::new("sha256:app"),
        active: true,
    };
    let up = main.iter().chain(sidecars).map(|name| instance(name, InstanceState::Running));
    let done = init.iter().map(|name| instance(name, InstanceState::Exited));
    let sandbox = RuntimeSandbox {
        id: Sym::new("sb-0"),
        attempt: 0,
        ready: true,
        ip: Sym::new("10.0.0.7"),
        host_network: false,
        no_network: false,
    };
    let runtime = RuntimeStatus {
        ips: [Sym::new("10.0.0.7")].into_iter().collect(),
        sandboxes: [sandbox].into_iter().collect(),
        containers: up.chain(done).collect(),
    };
    (pod, runtime)
}

fn status(pod: &Pod, runtime: &RuntimeStatus, cached: Option<&PodStatus>, gates: &Gates) -> PodStatus {
    let sources = StatusSources {
        pod: PodView::of(pod),
        runtime,
        cached,
        is_terminal: false,
        past_deadline: false,
        host_ips: &[],
        resize_conditions: &[],
        qos_class: Sym::BEST_EFFORT,
        gates,
    };
    generate(&sources, |_| None::<StartFailure>, &mut NoProbes)
}

fn bench(c: &mut Criterion) {
    let gates = Gates::default();
    let now = Time::from_secs(1_000_100);
    let shapes = [
        ("one container", running(&[], &[], &["app"])),
        ("three init, a sidecar, two main", running(&["i1", "i2", "i3"], &["mesh"], &["app", "web"])),
    ];
    for (shape, (pod, runtime)) in &shapes {
        let first = status(pod, runtime, None, &gates);
        c.bench_function(&format!("generate, {shape}"), |b| {
            b.iter(|| status(black_box(pod), black_box(runtime), Some(&first), &gates));
        });
        c.bench_function(&format!("generate, nothing runs, {shape}"), |b| {
            let nothing = RuntimeStatus::default();
            b.iter(|| status(black_box(pod), black_box(&nothing), None, &gates));
        });
        let mut cached = None;
        set(&mut cached, &PodView::of(pod), first.clone(), now, &gates);
        c.bench_function(&format!("set unchanged, {shape}"), |b| {
            b.iter(|| {
                let new = first.clone();
                set(&mut cached, &PodView::of(black_box(pod)), new, now, &gates)
            });
        });
        let remembered = cached.as_ref().map_or_else(Default::default, |cached| cached.status.clone());
        c.bench_function(&format!("merge, {shape}"), |b| {
            b.iter(|| merge(black_box(&pod.status), black_box(&remembered), 1, false, now, &gates));
        });
        c.bench_function(&format!("columns, {shape}"), |b| {
            b.iter(|| columns(black_box(&pod.spec), black_box(&remembered), false, &gates));
        });
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
