//! Node objects.

use std::sync::Arc;

use super::next_version;
use crate::actors::watch::{self, News};
use crate::api::{NodeSpec, Sym, Tri};
use crate::record::Change;
use crate::time::Time;
use crate::world::node::NodeCondition;
use crate::world::{Node, NodeConditionKind, NodeId, World};

/// Stores a node that has been there since before the run, with the conditions that its kubelet has posted; its Ready is
/// what a timeline begins with. Who listens lists it when it starts.
pub fn found(w: &mut World, spec: Arc<NodeSpec>, ip: Sym, conditions: [NodeCondition; 4]) -> NodeId {
    let id = NodeId::new(w.nodes.len());
    let resource_version = next_version(w);
    let heartbeat = w.now;
    w.nodes.add(Node { spec, ip, exists: true, conditions, heartbeat, resource_version });
    record(w, id, NodeConditionKind::Ready, None);
    id
}

/// Keeps the place of a node that its kubelet will register: there is no object of it yet.
pub fn awaited(w: &mut World, spec: Arc<NodeSpec>, ip: Sym, conditions: [NodeCondition; 4]) -> NodeId {
    let id = NodeId::new(w.nodes.len());
    let heartbeat = w.now;
    w.nodes.add(Node { spec, ip, exists: false, conditions, heartbeat, resource_version: 0 });
    id
}

/// A kubelet that starts finds no object of its node and registers one (`registerWithAPIServer`,
/// pkg/kubelet/kubelet_node_status.go): as it was at first.
pub fn register(w: &mut World, node: NodeId, spec: NodeSpec, conditions: [NodeCondition; 4]) {
    if w.nodes[node.ix()].exists {
        return;
    }
    let (ip, heartbeat, resource_version) = (w.nodes[node.ix()].ip, w.now, next_version(w));
    let spec = Arc::new(spec);
    *w.nodes.write(node.ix()) = Node { spec, ip, exists: true, conditions, heartbeat, resource_version };
    record(w, node, NodeConditionKind::Ready, None);
    w.tell_node(node);
    watch::tell(w, News::NodeCreated { node });
}

/// Writes to a node what `change` makes of it: all that it changes is one write. A node that is gone stays so.
pub fn update(w: &mut World, node: NodeId, change: impl FnOnce(&mut Node, Time)) {
    if !w.nodes[node.ix()].exists {
        return;
    }
    let now = w.now;
    let before = w.nodes[node.ix()].clone();
    let n = w.nodes.write(node.ix());
    change(n, now);
    if *n == before {
        return;
    }
    w.nodes.write(node.ix()).resource_version = next_version(w);
    for kind in NodeConditionKind::ALL {
        let from = before.condition(kind).status;
        if w.nodes[node.ix()].condition(kind).status != from {
            record(w, node, kind, Some(from));
        }
    }
    let n = &w.nodes[node.ix()];
    if n.spec.unschedulable != before.spec.unschedulable {
        w.tell_node(node);
    }
    watch::tell(w, News::NodeUpdated { node, before: &before });
}

/// A row of a node's condition as it is now.
fn record(w: &mut World, node: NodeId, kind: NodeConditionKind, from: Option<Tri>) {
    let NodeCondition { status, reason, message, .. } = *w.nodes[node.ix()].condition(kind);
    let kind = Sym::new(kind.as_str());
    w.record(None, Some(node), Change::Node { kind, from, to: Some(status), reason, message });
}

/// Sets a condition; the transition time moves only with the status.
pub fn put_condition(n: &mut Node, kind: NodeConditionKind, status: Tri, words: (&str, &str), now: Time) {
    let own = &mut n.conditions[kind as usize];
    let since = if own.status == status { own.since } else { now };
    *own = NodeCondition { status, reason: Sym::new(words.0), message: Sym::new(words.1), since };
}

/// A node of a given cluster has a condition: it has had it since before the run, and nobody is told.
pub fn stands(w: &mut World, node: NodeId, kind: NodeConditionKind, own: NodeCondition) {
    w.nodes.write(node.ix()).conditions[kind as usize] = own;
}

/// The node's kubelet has renewed its lease last at this instant: nobody is told, but whoever looks at leases sees it.
pub fn renewed(w: &mut World, node: NodeId, at: Time) {
    w.nodes.write(node.ix()).heartbeat = at;
}

/// DELETE on a node.
pub fn delete(w: &mut World, node: NodeId) {
    if !w.nodes[node.ix()].exists {
        return;
    }
    w.nodes.write(node.ix()).exists = false;
    w.nodes.write(node.ix()).resource_version = next_version(w);
    w.tell_node(node);
    watch::tell(w, News::NodeDeleted { node });
}
