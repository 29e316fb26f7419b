//! How the scheduler hears of nodes and of other pods: its cache is kept up to date change by change, and each change may
//! help those that wait (pkg/scheduler/eventhandlers.go).

use std::sync::Arc;

use super::claims::waits_for_pod;
use super::queue::happened;
use super::request_of;
use crate::api::NodeSpec;
use crate::rules::scheduler::placement::Cluster;
use crate::rules::scheduler::placement::amounts::Amounts;
use crate::rules::scheduler::placement::selector::labels;
use crate::rules::scheduler::queueing::{ClusterEvent, LEFTOVER_PERIOD};
use crate::scenario::plan::{ObjectKind, Plan};
use crate::time::Span;
use crate::world::{ApiObject, NodeId, PodId, Purpose, World};

/// The nodes and images of a scenario, before anything happens.
pub fn first_picture<'a>(plan: &Plan, nodes: impl Iterator<Item = (NodeId, &'a NodeSpec)>) -> Cluster {
    let mut cluster = Cluster::new(plan.gates);
    cluster.set_nodes(nodes.map(|(node, spec)| (node.0, spec)));
    let sizes = plan.images.iter();
    cluster.set_image_sizes(
        sizes.map(|image| (image.reference, i64::try_from(image.size_bytes).unwrap_or(i64::MAX))),
    );
    cluster
}

/// The scheduler begins with its [`first_picture`]. How long ago it began nobody says: the rounds of its queue, the longest of
/// which come each 30 s, lie anywhere in their periods.
pub fn start(w: &mut World, picture: Cluster) {
    let ago = w.draw(Purpose::SchedulerStart, 0, 0).below(LEFTOVER_PERIOD.micros().cast_unsigned());
    w.scheduler.started = w.plan.start - Span::from_micros(ago.cast_signed());
    w.scheduler.cluster = picture;
}

/// A node as the API server has it now.
pub fn node_listed(w: &mut World, node: NodeId) {
    let ix = node.0;
    let n = &w.nodes[node.ix()];
    let before = w.scheduler.cluster.node(ix);
    match (before.is_some(), n.exists) {
        (false, false) => {}
        (false, true) => {
            w.scheduler.cluster.set_node(ix, &n.spec);
            let Some(info) = w.scheduler.cluster.node(ix).cloned() else { return };
            happened(w, &ClusterEvent::NodeAdded(&info));
        }
        (true, false) => {
            let Some(info) = before.cloned() else { return };
            w.scheduler.cluster.remove_node(ix);
            happened(w, &ClusterEvent::NodeDeleted(&info));
        }
        (true, true) => {
            let same = before.is_some_and(|info| {
                info.unschedulable == n.spec.unschedulable
                    && info.taints == n.spec.taints
                    && info.labels == labels(&n.spec.labels)
                    && info.allocatable == Amounts::of_list(&n.spec.allocatable)
            });
            if same {
                return;
            }
            let before = before.cloned();
            w.scheduler.cluster.set_node(ix, &n.spec);
            let after = w.scheduler.cluster.node(ix).cloned();
            if let (Some(before), Some(after)) = (before, after) {
                happened(w, &ClusterEvent::NodeUpdated { before: &before, after: &after });
            }
        }
    }
}

/// A claim came into being, or it was bound.
pub fn claim_changed(w: &mut World, object: usize, added: bool) {
    let ApiObject { kind, namespace, name, .. } = w.objects[object];
    if kind != ObjectKind::PersistentVolumeClaim {
        return;
    }
    if added {
        happened(w, &ClusterEvent::ClaimAdded { namespace, name });
    } else {
        happened(w, &ClusterEvent::ClaimUpdated { namespace, name });
    }
}

/// Volumes have come, of which claims that wait for their first pod may get one.
pub fn volumes_added(w: &mut World) {
    let claims = w.objects.iter().filter(|own| own.kind == ObjectKind::PersistentVolumeClaim);
    let waiting = claims.filter(|own| waits_for_pod(own)).map(|own| (own.namespace, own.name));
    for (namespace, name) in waiting.collect::<Vec<_>>() {
        happened(w, &ClusterEvent::ClaimUpdated { namespace, name });
    }
}

/// A pod came with its node already named.
pub fn pod_assigned(w: &mut World, pod: PodId, node: NodeId) {
    let request = request_of(w, pod);
    w.scheduler.cluster.add_pod(node.0, pod.0, request, false);
    let facts = Arc::clone(w.scheduler.cluster.request(request));
    happened(w, &ClusterEvent::PodAdded(&facts));
}

/// A pod got its deletion timestamp: it takes its room until it ends.
pub fn pod_deleting(w: &mut World, pod: PodId) {
    if let Some(node) = w.pods[pod.ix()].node {
        w.scheduler.cluster.mark_deleted(node.0, pod.0);
    }
}

/// A pod with a node has ended or is gone: its room is free.
pub fn pod_freed(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    let Some(node) = p.node.map(|node| node.0) else { return };
    let deleted = p.deletion.is_some();
    if !w.scheduler.cluster.holds(node, pod.0) {
        return;
    }
    w.scheduler.cluster.remove_pod(node, pod.0, deleted);
    if w.scheduler.refused.is_empty() {
        return;
    }
    let request = request_of(w, pod);
    let facts = Arc::clone(w.scheduler.cluster.request(request));
    happened(w, &ClusterEvent::PodDeleted(&facts));
}

/// The labels of a pod with a node are other than they were.
pub fn pod_relabelled(w: &mut World, pod: PodId) {
    let Some(node) = w.pods[pod.ix()].node.map(|node| node.0) else { return };
    let Some(old) = w.scheduler.cluster.node(node).and_then(|info| info.request_of(pod.0)) else { return };
    let deleted = w.pods[pod.ix()].deletion.is_some();
    let request = request_of(w, pod);
    w.scheduler.cluster.remove_pod(node, pod.0, deleted);
    w.scheduler.cluster.add_pod(node, pod.0, request, deleted);
    let before = Arc::clone(w.scheduler.cluster.request(old));
    let after = Arc::clone(w.scheduler.cluster.request(request));
    happened(w, &ClusterEvent::PodRelabelled { before: &before, after: &after });
}

/// A pod with a node has another size, or wants one: what it counts for is worked out anew, and who waits may have the room
/// that became free.
pub fn pod_resized(w: &mut World, pod: PodId) {
    let Some(node) = w.pods[pod.ix()].node.map(|node| node.0) else { return };
    let Some(old) = w.scheduler.cluster.node(node).and_then(|info| info.request_of(pod.0)) else { return };
    let before = Arc::clone(w.scheduler.cluster.request(old));
    let request = super::asked(w, pod);
    if request.requests == before.requests {
        return;
    }
    let deleted = w.pods[pod.ix()].deletion.is_some();
    let request = w.scheduler.cluster.single_request(request);
    w.scheduler.cluster.remove_pod(node, pod.0, deleted);
    w.scheduler.cluster.add_pod(node, pod.0, request, deleted);
    let after = Arc::clone(w.scheduler.cluster.request(request));
    happened(w, &ClusterEvent::PodResized { before: &before, after: &after });
}
