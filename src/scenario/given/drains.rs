//! Drains that are under way: a cordoned node of which pods have been evicted. Whoever evicts them (`kubectl drain`) asks every
//! five seconds again for those that a budget keeps (`evictPods`, staging/src/k8s.io/kubectl/pkg/drain/drain.go, v1.36.3), and is
//! done once all are gone.

use std::sync::Arc;

use crate::api::{Sym, Tri};
use crate::scenario::command::{Action, Command, DrainFlags, Target};
use crate::scenario::plan::NodePlan;
use crate::time::{Span, Time};

use super::Given;

/// A drain that is under way.
pub struct Drain {
    /// The node's place in the plan.
    pub node: usize,
    /// When the first of its pods was evicted, as far as it is known.
    began: Time,
}

/// How often it asks again (`EvictErrorRetryDelay`).
const RETRY: Span = Span::from_secs(5);
/// The part of a second that a printed instant has lost, on the average.
const HALF: Span = Span::from_millis(500);
/// What an eviction leaves on a pod (`AddEvictionCondition`, pkg/registry/core/pod/storage/eviction.go).
const EVICTED: &str = "EvictionByEvictionAPI";

/// The drains that a given cluster shows.
pub fn under_way(given: &Given, nodes: &[NodePlan]) -> Vec<Drain> {
    let cordoned = nodes.iter().enumerate().filter(|(_, node)| node.spec.unschedulable);
    let found = cordoned.filter_map(|(ix, node)| {
        let own = given.pods.iter().map(|pod| &*pod.pod).filter(|pod| pod.spec.node_name == node.spec.name);
        let evicted = own.filter(|pod| {
            let target = pod.status.condition(Sym::DISRUPTION_TARGET);
            target.is_some_and(|own| own.status == Tri::True && own.reason == EVICTED)
        });
        let began = evicted.filter_map(|pod| {
            let grace = pod.meta.deletion_grace_period_seconds.unwrap_or(0).clamp(0, 1 << 40);
            Some(pod.deletion()? - Span::from_secs(grace))
        });
        Some(Drain { node: ix, began: began.min()? })
    });
    found.collect()
}

/// Cordoned nodes with pods that a drain would evict, and nothing that shows one, in words.
pub fn unseen(given: &Given, nodes: &[NodePlan], under_way: &[Drain]) -> Vec<String> {
    let cordoned = nodes.iter().enumerate().filter(|(_, node)| node.spec.unschedulable);
    let others = cordoned.filter(|(ix, _)| !under_way.iter().any(|own| own.node == *ix));
    let would_go = |node: &NodePlan| {
        let own = given.pods.iter().filter(|pod| pod.pod.spec.node_name == node.spec.name);
        let stays = |pod: &super::GivenPod| {
            pod.pod.status.phase.is_terminal()
                || pod.controller().is_some_and(|owner| owner.kind == "DaemonSet")
        };
        own.filter(|pod| !stays(pod)).count()
    };
    let told = others.filter(|(_, node)| would_go(node) > 0).map(|(_, node)| {
        format!(
            "node {} is cordoned, and as no evicted pod of it shows a drain, its pods stay",
            node.spec.name
        )
    });
    told.collect()
}

impl Drain {
    /// What whoever drains does next.
    pub fn goes_on(&self, nodes: &[NodePlan], now: Time) -> Arc<Action> {
        let name = nodes[self.node].spec.name;
        let began = self.began + HALF;
        let turns = now.since(began).micros().div_euclid(RETRY.micros()) + 1;
        let flags = DrainFlags { ignore_daemonsets: true, force: true, delete_empty_dir_data: true };
        let node = Target { name: name.to_string(), ..Target::default() };
        Arc::new(Action {
            at: began + RETRY * turns.max(1),
            command: Command::Drain { node, flags, timeout: None },
            id: None,
            words: format!("drain {name}"),
        })
    }
    /// That it is assumed to go on.
    pub fn words(&self, nodes: &[NodePlan]) -> String {
        format!("node {} is being drained, and that goes on", nodes[self.node].spec.name)
    }
}
