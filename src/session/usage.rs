//! What the pods and nodes of a run use, as a metrics server would tell it: what the scenario says of a workload (`[[metric]]`),
//! shared out evenly among its pods that run and their containers.
//!
//! Source: sigs.k8s.io/metrics-server, pkg/api (`PodMetrics`, `NodeMetrics`). Without a `[[metric]]` there is no metrics server.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Walk;
use crate::api::{Phase, Sym};
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::scenario::plan::MetricPlan;
use crate::time::Span;
use crate::world::{PodId, World};

/// Over what is averaged.
const WINDOW: Span = Span::from_secs(15);

/// `PodMetrics` and `NodeMetrics`.
pub struct Usage {
    /// Of pods.
    pub pods: Vec<Value>,
    /// Of nodes.
    pub nodes: Vec<Value>,
}

impl Walk {
    /// What is used now; None: nobody measures.
    pub fn usage(&self) -> Option<Usage> {
        let w = self.world();
        if w.plan.metrics.is_empty() {
            return None;
        }
        let now = self.now();
        let mut usage = Usage { pods: Vec::new(), nodes: Vec::new() };
        let mut of_nodes: BTreeMap<usize, BTreeMap<String, i64>> = BTreeMap::new();
        for plan in &w.plan.metrics {
            let pods: Vec<PodId> = PodId::all(w.pods.len()).filter(|pod| uses(w, *pod, plan)).collect();
            for pod in &pods {
                let p = &w.pods[pod.ix()];
                let mut own = json!({});
                for (resource, _) in &plan.uses {
                    let all = plan.mean(*resource, now, WINDOW).unwrap_or(0);
                    let share = all / pods.len() as i64;
                    if let Some(node) = p.node {
                        *of_nodes.entry(node.ix()).or_default().entry(resource.to_string()).or_default() +=
                            share;
                    }
                    own[resource.as_str()] =
                        spelled(*resource, share / p.spec.containers.len().max(1) as i64).into();
                }
                let containers: Vec<Value> =
                    p.spec.containers.iter().map(|one| json!({ "name": one.name, "usage": own })).collect();
                usage.pods.push(json!({
                    "kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
                    "metadata": {
                        "name": p.ident.name.to_string(), "namespace": p.ident.namespace, "labels": *p.labels,
                        "creationTimestamp": now.rfc3339_secs(),
                    },
                    "timestamp": now.rfc3339_secs(), "window": "15s", "containers": containers,
                }));
            }
        }
        for (ix, node) in w.nodes.iter().enumerate().filter(|(_, node)| node.exists) {
            let own = of_nodes.remove(&ix).unwrap_or_default();
            let amount =
                |resource: &str| spelled(Sym::new(resource), own.get(resource).copied().unwrap_or(0));
            usage.nodes.push(json!({
                "kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
                "metadata": {
                    "name": node.spec.name, "labels": node.spec.labels, "creationTimestamp": now.rfc3339_secs(),
                },
                "timestamp": now.rfc3339_secs(), "window": "15s",
                "usage": { "cpu": amount("cpu"), "memory": amount("memory") },
            }));
        }
        Some(usage)
    }
}

/// Whether a pod is one of those whose use is told.
fn uses(w: &World, pod: PodId, plan: &MetricPlan) -> bool {
    let p = &w.pods[pod.ix()];
    if !p.exists || p.deletion.is_some() || p.status.phase() != Phase::Running {
        return false;
    }
    let Some(owner) = w.directory.owners.get(pod.ix()).copied().flatten() else { return false };
    let ident = w.directory.objects[owner as usize];
    plan.of.kind.singular() == ident.kind
        && plan.of.name == ident.name
        && plan.of.namespace.is_none_or(|own| own == ident.namespace)
}

/// Thousandths of a resource as the API spells them.
fn spelled(resource: Sym, milli: i64) -> String {
    let format = if resource == "memory" { Format::BinarySI } else { Format::DecimalSI };
    Quantity::from_nanos(i128::from(milli) * 1_000_000, format).to_string()
}
