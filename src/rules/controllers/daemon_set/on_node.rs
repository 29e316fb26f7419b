//! What is made and deleted on one node.
//!
//! The surprise: a pod that is being deleted keeps its place until it is over, unless the set surges; so its successor
//! comes when it has ended, and not before.
//!
//! Source: `podsShouldBeOnNode`, `getUnscheduledPodsWithoutNode` in pkg/controller/daemon/daemon_controller.go (v1.36.3);
//! the back-off is made in cmd/kube-controller-manager/app/apps.go.

use super::placement::Fit;
use super::{SeenPod, View, order};
use crate::api::{Phase, Sym};
use crate::rules::controllers::told::Told;
use crate::rules::machinery::backoff::{Entry, Limits};
use crate::time::Span;

/// How long the next failed pod of a node stays: 1 s, doubled up to 15 min, forgotten after twice that.
const FAILED_PODS: Limits =
    Limits { first: Span::from_secs(1), max: Span::from_secs(900), expiry: Span::from_secs(1800) };

/// What the controller remembers of pods that failed on a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failures {
    /// `status.observedGeneration` of the set: what it has seen since is not held against it.
    generation: i64,
    entry: Entry,
}

/// What is to be done on a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Orders {
    /// A pod is made for it.
    pub makes: bool,
    /// These of its pods are deleted, by their place.
    pub deletes: Vec<usize>,
    /// What the set is told of them.
    pub told: Vec<Told>,
    /// A failed pod has to stay: the set looks again after so long.
    pub waits: Option<Span>,
}

/// What is to be done on a node whose pods these are; without a fit there is no such node.
pub fn orders(
    view: &View<'_>,
    node: Sym,
    fit: Option<Fit>,
    pods: &[SeenPod],
    failures: &mut Option<Failures>,
) -> Orders {
    let mut orders = Orders::default();
    let counting: Vec<usize> = (0..pods.len()).filter(|at| pods[*at].counts()).collect();
    let Some(fit) = fit else {
        // Nobody else deletes a pod that waits for a node which is gone.
        orders.deletes = counting.into_iter().filter(|at| !pods[*at].is_scheduled).collect();
        return orders;
    };
    if fit.should_run && counting.is_empty() {
        orders.makes = true;
        return orders;
    }
    let living = counting.into_iter().filter(|at| !pods[*at].is_deleted);
    if !fit.may_stay {
        orders.deletes = living.collect();
        return orders;
    }
    let mut running = Vec::new();
    for at in living {
        match pods[at].phase {
            Phase::Failed => failed(view, node, at, pods, failures, &mut orders),
            Phase::Succeeded => {
                let words = about(view, node, &pods[at], "succeeded", "delete");
                orders.told.push(Told::normal("SucceededDaemonPod", words));
                orders.deletes.push(at);
            }
            _ => running.push(at),
        }
    }
    running.sort_by(|one, other| order(&pods[*one], &pods[*other]));
    if !view.surges() {
        orders.deletes.extend(running.into_iter().skip(1));
    } else if running.len() <= 1 {
        orders.makes = running.is_empty() && fit.should_run;
    } else {
        orders.deletes.extend(surplus(view, &running, pods));
    }
    orders
}

/// A failed pod goes at once, and the next one on that node after a while: it may have been the kubelet that refused it.
fn failed(
    view: &View<'_>,
    node: Sym,
    at: usize,
    pods: &[SeenPod],
    failures: &mut Option<Failures>,
    orders: &mut Orders,
) {
    let generation = view.set.status.observed_generation;
    let entry = failures.filter(|own| own.generation == generation).map(|own| own.entry);
    if FAILED_PODS.holds_since_update(entry, view.now) {
        let wait = entry.map(|entry| entry.value);
        orders.waits = orders.waits.into_iter().chain(wait).min();
        return;
    }
    *failures = Some(Failures { generation, entry: FAILED_PODS.next(entry, view.now, view.now) });
    let words = about(view, node, &pods[at], "failed", "kill");
    orders.told.push(Told::warning("FailedDaemonPod", words));
    orders.deletes.push(at);
}

fn about(view: &View<'_>, node: Sym, pod: &SeenPod, how: &str, what: &str) -> String {
    let namespace = view.set.meta.namespace;
    format!("Found {how} daemon pod {namespace}/{} on node {node}, will try to {what} it", pod.name)
}

/// Of two and more running pods, in their order, those that go where a set surges: the oldest of the new ones and the oldest
/// of the others may stay together, until the new one is available; if the old one is not ready, it goes at once.
fn surplus(view: &View<'_>, running: &[usize], pods: &[SeenPod]) -> Vec<usize> {
    let (mut new, mut old, mut goes) = (None, None, Vec::new());
    for at in running {
        let first = if pods[*at].has_hash { &mut new } else { &mut old };
        match first {
            None => *first = Some(*at),
            Some(_) => goes.push(*at),
        }
    }
    if let (Some(new), Some(old)) = (new, old)
        && (pods[old].ready.is_none() || view.is_available(&pods[new]))
    {
        goes.push(old);
    }
    goes
}
