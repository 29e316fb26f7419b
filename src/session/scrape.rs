//! What an exporter would say of a run, at the instants at which it is asked: of whatever was written since it was asked before.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

use super::{objects, slices};
use crate::actors::node_lifecycle::KUBELET_AGE;
use crate::record::{Says, Scrape};
use crate::rules::kube_state_metrics::{of_object, of_pod};
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::time::{Span, Time};
use crate::world::{Node, NodeConditionKind, PodId, World};

/// Objects are numbered by what they are and which of them: so far apart.
const KIND: u64 = 1 << 44;

/// Asks at every tick.
pub(super) struct Scraper {
    every: Span,
    next: Time,
    /// Pods that were written since the last tick.
    pub written: Vec<PodId>,
    /// The version of each node and object that was told last.
    versions: FxHashMap<u64, u64>,
    slices: FxHashMap<u64, Value>,
}

impl Scraper {
    pub fn new(every: Span, start: Time) -> Scraper {
        let (written, versions, slices) = (Vec::new(), FxHashMap::default(), FxHashMap::default());
        Scraper { every: every.max(Span::from_millis(1)), next: start, written, versions, slices }
    }

    /// A tick comes before this instant.
    pub fn is_due(&self, before: Time) -> bool {
        self.next < before
    }

    /// What has changed by the tick.
    pub fn scrape(&mut self, w: &mut World) -> Scrape {
        let mut objects = Vec::new();
        self.pods(w, &mut objects);
        self.nodes(w, &mut objects);
        self.workloads(w, &mut objects);
        self.slices(w, &mut objects);
        let time = self.next;
        self.next += self.every;
        Scrape { time, objects }
    }

    fn pods(&mut self, w: &mut World, to: &mut Vec<(u64, Option<Says>)>) {
        if let Some(touched) = &mut w.touched {
            self.written.append(touched);
        }
        w.left.clear();
        self.written.sort_unstable();
        self.written.dedup();
        for pod in self.written.drain(..) {
            let says = w.pods[pod.ix()].exists.then(|| {
                let object = objects::object(w, pod);
                Arc::new(move || of_pod(&object)) as Says
            });
            to.push((u64::from(pod.0), says));
        }
    }

    fn nodes(&mut self, w: &World, to: &mut Vec<(u64, Option<Says>)>) {
        for (ix, node) in w.nodes.iter().enumerate() {
            let key = KIND + ix as u64;
            if self.is_news(key, node.resource_version, node.exists) {
                to.push((key, node.exists.then(|| said(node_value(w, node)))));
            }
        }
    }

    fn workloads(&mut self, w: &World, to: &mut Vec<(u64, Option<Says>)>) {
        for held in w.workloads.all().filter_map(|key| w.workloads.held(key)) {
            let key = 2 * KIND + u64::from(held.row());
            if self.is_news(key, held.meta().resource_version, held.exists()) {
                to.push((key, held.exists().then(|| said(held.print()))));
            }
        }
    }

    /// An object's version is another than was told last; one that is gone is told once.
    fn is_news(&mut self, key: u64, version: u64, exists: bool) -> bool {
        const GONE: u64 = u64::MAX;
        let now = if exists { version } else { GONE };
        let before = self.versions.insert(key, now);
        before != Some(now) && (exists || before.is_some())
    }

    fn slices(&mut self, w: &World, to: &mut Vec<(u64, Option<Says>)>) {
        let mut gone: Vec<u64> = self.slices.keys().copied().collect();
        gone.sort_unstable();
        for (row, number, value) in slices::by_service(w) {
            let key = 3 * KIND + (u64::from(row) << 12) + u64::from(number);
            if let Ok(at) = gone.binary_search(&key) {
                gone.remove(at);
            }
            if self.slices.get(&key) != Some(&value) {
                self.slices.insert(key, value.clone());
                to.push((key, Some(said(value))));
            }
        }
        for key in gone {
            self.slices.remove(&key);
            to.push((key, None));
        }
    }
}

fn said(value: Value) -> Says {
    Arc::new(move || of_object(&value))
}

/// A node as the API would print what is said of it.
fn node_value(w: &World, node: &Node) -> Value {
    let amounts = |amounts: &std::collections::BTreeMap<String, i128>| -> Map<String, Value> {
        let words = |nanos: &i128| Quantity::from_nanos(*nanos, Format::DecimalSI).to_string();
        amounts.iter().map(|(resource, nanos)| (resource.clone(), words(nanos).into())).collect()
    };
    let conditions: Vec<Value> = NodeConditionKind::ALL
        .iter()
        .map(|kind| json!({ "type": kind.as_str(), "status": node.condition(*kind).status.as_str() }))
        .collect();
    json!({
        "kind": "Node",
        "metadata": {
            "name": node.spec.name,
            "labels": node.spec.labels,
            "creationTimestamp": (w.plan.start - KUBELET_AGE).rfc3339_secs(),
        },
        "spec": { "unschedulable": node.spec.unschedulable, "taints": node.spec.taints },
        "status": {
            "capacity": amounts(&node.spec.capacity),
            "allocatable": amounts(&node.spec.allocatable),
            "conditions": conditions,
            "addresses": [
                { "type": "InternalIP", "address": node.ip },
                { "type": "Hostname", "address": node.spec.name },
            ],
            "nodeInfo": {
                "kubeletVersion": format!("v{}", w.gates.version.as_str()),
                "containerRuntimeVersion": "", "kernelVersion": "", "osImage": "", "systemUUID": "",
            },
        },
    })
}
