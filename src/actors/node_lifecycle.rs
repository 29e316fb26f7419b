//! The node lifecycle controller: heartbeats, Ready and taints.

use crate::world::{NodeId, World};

#[derive(Clone, Debug, Default)]
pub struct Controllers {}

/// A node's kubelet begins to report.
pub fn node_started(_w: &mut World, _node: NodeId) {}
/// A node's kubelet is back.
pub fn kubelet_started(_w: &mut World, _node: NodeId) {}
pub fn monitor(_w: &mut World, _generation: u32) {}
pub fn taint(_w: &mut World, _node: NodeId, _generation: u32) {}
