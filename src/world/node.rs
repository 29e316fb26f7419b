//! A node as the API server has it. What stands behind it is a [`Machine`](super::Machine).

use std::sync::Arc;

use crate::api::handle::handle;
use crate::api::{NodeSpec, Sym, Tri};
use crate::time::Time;

handle! {
    /// Place of a node among all of the scenario.
    NodeId(u32)
}

/// The conditions of a node, in the order in which the kubelet writes them (pkg/kubelet/kubelet_node_status.go,
/// `defaultNodeStatusFuncs`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeConditionKind {
    MemoryPressure,
    DiskPressure,
    PidPressure,
    Ready,
}

impl NodeConditionKind {
    pub const ALL: [NodeConditionKind; 4] = [
        NodeConditionKind::MemoryPressure,
        NodeConditionKind::DiskPressure,
        NodeConditionKind::PidPressure,
        NodeConditionKind::Ready,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            NodeConditionKind::MemoryPressure => "MemoryPressure",
            NodeConditionKind::DiskPressure => "DiskPressure",
            NodeConditionKind::PidPressure => "PIDPressure",
            NodeConditionKind::Ready => "Ready",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeCondition {
    pub status: Tri,
    pub reason: Sym,
    pub message: Sym,
    /// `lastTransitionTime`
    pub since: Time,
}

/// A Node object, as the API server has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Name, labels, taints, what it has: shared by runs and copies in which nobody has changed it ([`Node::spec_mut`]).
    pub spec: Arc<NodeSpec>,
    /// Its InternalIP.
    pub ip: Sym,
    /// The object is in the API.
    pub exists: bool,
    /// By [`NodeConditionKind`].
    pub conditions: [NodeCondition; 4],
    /// When its lease was renewed last, as far as the API server knows.
    pub heartbeat: Time,
    /// Of its last write.
    pub resource_version: u64,
}

impl Node {
    /// What it is made of, to be changed.
    pub fn spec_mut(&mut self) -> &mut NodeSpec {
        Arc::make_mut(&mut self.spec)
    }
    /// The condition of this kind.
    pub fn condition(&self, kind: NodeConditionKind) -> &NodeCondition {
        &self.conditions[kind as usize]
    }
    /// The status of its Ready condition.
    pub fn ready(&self) -> Tri {
        self.condition(NodeConditionKind::Ready).status
    }
    /// Whether it is there and Ready.
    pub fn is_ready(&self) -> bool {
        self.exists && self.ready() == Tri::True
    }
}
