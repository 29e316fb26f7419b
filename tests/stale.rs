//! An event whose subject has gone on is a step in which nothing happens, and what is said within a step is taken up in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use kubelapse::actors;
use kubelapse::scenario;
use kubelapse::session::Session;
use kubelapse::world::{SimEvent, World};

/// Much that overtakes what was queued: a kubelet and a node that go, an OOM kill, a liveness probe and a deletion.
const SCENARIO: &str = r#"
until = "8m"
[[node]]
name = "n1"
[[node]]
name = "n2"
[[pod]]
name = "web"
replicas = 4
[[pod.spec.containers]]
name = "app"
image = "registry.example/web:1"
resources.limits.memory = "64Mi"
livenessProbe = { httpGet = { path = "/", port = 80 }, periodSeconds = 3, failureThreshold = 1 }
readinessProbe = { httpGet = { path = "/", port = 80 }, periodSeconds = 1 }
lifecycle.preStop.exec.command = ["sleep", "20"]
[pod.behavior.containers.app]
attempts = [
    { runs = "50s", exit = 1, liveness = [{ at = "20s", failureRate = 1.0 }], preStop = { takes = "20s", exit = 1 } },
    { memory = [{ at = "5s", size = "80Mi" }, { at = "9s", size = "16Mi" }] },
]
[[action]]
at = "25s"
restartKubelet = "node/n1"
takes = "2s"
[[action]]
at = "70s"
stop = "node/n2"
[[action]]
at = "3m"
start = "node/n2"
[[action]]
at = "4m"
delete = "pod/web-1"
[[action]]
at = "4m10s"
delete = "pod/web-1"
gracePeriodSeconds = 2
"#;

fn start() -> World {
    let none = |path: &str| Err(path.to_owned());
    let plan =
        scenario::load("s.toml", SCENARIO, &none, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)));
    Session::new(&Arc::new(plan), 0).world
}

/// What an event could have changed: what is recorded and queued.
fn traces(w: &World) -> (usize, Vec<SimEvent>, u64) {
    let waiting = w.queue.waiting().into_iter().map(|(_, _, event)| event).collect();
    (w.outbox.len(), waiting, w.resource_version)
}

#[test]
fn a_stale_event_is_a_step_in_which_nothing_happens() {
    let mut w = start();
    let mut stale_ones = BTreeSet::new();
    while let Some((at, _, event)) = w.queue.pop() {
        if at > w.plan.until {
            break;
        }
        w.now = at;
        let before = w.is_stale(event).then(|| traces(&w));
        actors::play(&mut w, event);
        assert!(w.signals.is_empty(), "{event:?} leaves something that was said");
        if let Some(before) = before {
            assert_eq!(traces(&w), before, "{event:?}");
            stale_ones.insert(event.about().component);
        }
    }
    let expected = ["kubelet: work queue", "kubelet: prober", "kubelet: runtime manager", "process"];
    assert!(expected.iter().all(|component| stale_ones.contains(component)), "{stale_ones:?}");
}
