//! Who learns of what: the one list of those who listen to the API server.
//!
//! Every write of [`super::api_server`] comes by here as [`News`], and for each kind of news stands who is told, in which
//! order and after which delay. A listener that is missing here is missing everywhere, and one that is added hears of all
//! writes, whoever makes them. Where no delay stands, what a component does of it is delayed in its own queue.

use super::{attach_detach, node_lifecycle, pod_gc, scheduler, taint_eviction};
use crate::api::{Effect, Taint};
use crate::rules::attach_detach::OUT_OF_SERVICE;
use crate::world::{Node, NodeId, World};

/// What was written.
pub enum News<'a> {
    /// Something of a node: its spec, its conditions, what it has.
    NodeUpdated {
        node: NodeId,
        before: &'a Node,
    },
    NodeDeleted {
        node: NodeId,
    },
    ObjectCreated {
        object: usize,
    },
    ClaimBound {
        object: usize,
    },
}

/// Tells everybody whom it concerns.
pub fn tell(w: &mut World, news: News<'_>) {
    match news {
        News::NodeUpdated { node, before } => {
            let n = &w.nodes[node.ix()];
            let attachable = |n: &Node| (n.ready(), n.spec.taints.iter().any(|t| t.key == OUT_OF_SERVICE));
            let evicting = |n: &Node| -> Vec<Taint> {
                n.spec.taints.iter().filter(|t| t.effect == Effect::NoExecute).copied().collect()
            };
            let attaches = attachable(n) != attachable(before);
            let evicts = evicting(n) != evicting(before);
            let cordoned = n.spec.unschedulable != before.spec.unschedulable;
            if attaches {
                attach_detach::node_changed(w);
            }
            if evicts {
                taint_eviction::node_changed(w, node);
            }
            if cordoned {
                node_lifecycle::cordoned(w, node);
            }
            scheduler::node_listed(w, node);
        }
        News::NodeDeleted { node } => {
            pod_gc::node_gone(w, node);
            attach_detach::node_changed(w);
            scheduler::node_listed(w, node);
        }
        News::ObjectCreated { object } => scheduler::claim_changed(w, object, true),
        News::ClaimBound { object } => scheduler::claim_changed(w, object, false),
    }
}
