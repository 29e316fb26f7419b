//! Who learns of what: the one list of those who listen to the API server.
//!
//! Every write of [`super::api_server`] comes by here as [`News`], and for each kind of news stands who is told, in which
//! order and after which delay. A listener that is missing here is missing everywhere, and one that is added hears of all
//! writes, whoever makes them. Where no delay stands, what a component does of it is delayed in its own queue.

use super::controllers::{hear as controllers, provisioner};
use super::kubelet::status_manager;
use super::pod_gc::queue as pod_gc;
use super::taint_eviction::queue as taint_eviction;
use super::{attach_detach, scheduler};
use crate::api::{Effect, Taint};
use crate::engine::{Distribution, random};
use crate::rules::controllers::attach_detach::OUT_OF_SERVICE;
use crate::time::Span;
use crate::world::{Node, NodeId, ObjectKey, PodId, Purpose, Signal, SimEvent, World};

/// From a node's cordon to its taint: of 68 recorded 3 to 30 ms, half of them 8 or less.
const CORDON_DELAY: Distribution =
    Distribution::LogNormal { median: Span::from_millis(8), p95: Span::from_millis(22) };

/// What was written.
pub enum News<'a> {
    /// With its node, if its spec names one.
    PodCreated {
        pod: PodId,
    },
    PodBound {
        pod: PodId,
    },
    /// `ended`: the pod has come to a terminal phase.
    PodStatus {
        pod: PodId,
        by_kubelet: bool,
        changed: bool,
        ended: bool,
    },
    /// `metadata`: labels (`relabelled`) or annotations.
    PodUpdated {
        pod: PodId,
        relabelled: bool,
        respecified: bool,
        metadata: bool,
    },
    /// It has got a deletion timestamp, its `first` or an earlier one; one that does not stay is gone with the same write.
    PodDeleting {
        pod: PodId,
        first: bool,
        stays: bool,
    },
    PodGone {
        pod: PodId,
    },
    /// Something of a node: its spec, its conditions, what it has.
    NodeUpdated {
        node: NodeId,
        before: &'a Node,
    },
    NodeCreated {
        node: NodeId,
    },
    NodeDeleted {
        node: NodeId,
    },
    ObjectCreated {
        object: usize,
    },
    /// A workload or a Service was created or changed.
    ObjectWritten {
        key: ObjectKey,
    },
    ObjectGone {
        key: ObjectKey,
    },
    ClaimBound {
        object: usize,
    },
    /// The node of its first pod stands in it.
    ClaimSelected {
        object: usize,
    },
    /// Of a manifest that is applied.
    VolumesCreated,
}

/// Tells everybody whom it concerns.
pub fn tell(w: &mut World, news: News<'_>) {
    match news {
        News::PodCreated { pod } => {
            pod_created(w, pod);
            controllers::pod_changed(w, pod);
        }
        News::PodBound { pod } => pod_bound(w, pod),
        News::PodStatus { pod, by_kubelet, changed, ended } => {
            if ended {
                pod_ended(w, pod);
            }
            attach_detach::pod_changed(w, pod);
            if by_kubelet {
                kubelet_wrote(w, pod);
            } else if changed {
                others_wrote(w, pod);
            }
            controllers::pod_changed(w, pod);
        }
        News::PodUpdated { pod, relabelled, respecified, metadata } => {
            if relabelled {
                scheduler::pod_relabelled(w, pod);
            }
            if metadata || respecified {
                kubelet(w, pod);
            }
            if w.pods[pod.ix()].node.is_none() {
                scheduler::pod_updated(w, pod);
            } else if respecified {
                scheduler::pod_resized(w, pod);
            }
            controllers::pod_changed(w, pod);
        }
        News::PodDeleting { pod, first, stays } => {
            if first {
                scheduler::pod_deleting(w, pod);
            }
            attach_detach::pod_changed(w, pod);
            pod_gc::pod_deleting(w, pod);
            if stays {
                kubelet(w, pod);
                controllers::pod_changed(w, pod);
            }
        }
        News::PodGone { pod } => pod_gone(w, pod),
        News::NodeUpdated { node, before } => node_updated(w, node, before),
        News::NodeCreated { node } => {
            attach_detach::node_changed(w);
            scheduler::node_listed(w, node);
            controllers::node_changed(w, node);
        }
        News::NodeDeleted { node } => {
            pod_gc::node_gone(w, node);
            attach_detach::node_changed(w);
            scheduler::node_listed(w, node);
            controllers::node_changed(w, node);
        }
        News::ObjectWritten { key } | News::ObjectGone { key } => object_written(w, key),
        News::ObjectCreated { object } => scheduler::claim_changed(w, object, true),
        News::ClaimBound { object } => {
            scheduler::claim_changed(w, object, false);
            scheduler::claim_bound(w);
        }
        News::ClaimSelected { object } => provisioner::selected(w, object),
        News::VolumesCreated => scheduler::volumes_added(w),
    }
}

/// Controllers hear of it, and commands that wait for something of it look at it once the event is played.
fn object_written(w: &mut World, key: ObjectKey) {
    controllers::object_changed(w, key);
    if w.waiting.iter().any(|own| own.key == key) {
        w.signal(Signal::ObjectSeen { key });
    }
}

/// A new pod goes to the scheduler, or to the kubelet of the node that it names.
#[inline]
fn pod_created(w: &mut World, pod: PodId) {
    match w.pods[pod.ix()].node {
        Some(node) => {
            attach_detach::pod_assigned(w, pod);
            scheduler::pod_assigned(w, pod, node);
            bound_to(w, pod, node);
            kubelet(w, pod);
        }
        None if w.pods[pod.ix()].spec.node_name.is_empty() => scheduler::pod_added(w, pod),
        None => pod_gc::orphaned(w, pod),
    }
}

#[inline]
fn pod_bound(w: &mut World, pod: PodId) {
    attach_detach::pod_assigned(w, pod);
    attach_detach::pod_changed(w, pod);
    if let Some(node) = w.pods[pod.ix()].node {
        bound_to(w, pod, node);
    }
    taint_eviction::pod_bound(w, pod);
    kubelet(w, pod);
    controllers::pod_changed(w, pod);
}

#[inline]
fn pod_ended(w: &mut World, pod: PodId) {
    pod_gc::ended(w, pod);
    controllers::no_longer_counted(w, ObjectKey::Pod(pod));
    scheduler::pod_freed(w, pod);
}

/// A kubelet's own status is news to the scheduler where sizes go on, and comes back to its sync loop, which asks for the
/// readiness gates (`HandlePodReconcile`, pkg/kubelet/kubelet.go).
#[inline]
fn kubelet_wrote(w: &mut World, pod: PodId) {
    if w.places[pod.ix()].runtime.resize.is_some() {
        scheduler::pod_resized(w, pod);
    }
    if !w.pods[pod.ix()].spec.readiness_gates.is_empty() {
        kubelet(w, pod);
    }
}

/// Of a status that others write a kubelet's sync loop asks for its readiness gates alone; its status manager looks for what
/// is not its own at its next pass.
#[inline]
fn others_wrote(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if p.node.is_none() {
        scheduler::pod_written(w, pod);
    } else if !p.spec.readiness_gates.is_empty() {
        kubelet(w, pod);
    }
    status_manager::want_reconcile(w, pod);
}

#[inline]
fn pod_gone(w: &mut World, pod: PodId) {
    pod_gc::removed(w, pod);
    taint_eviction::pod_gone(w, pod);
    match w.pods[pod.ix()].node {
        Some(_) => kubelet(w, pod),
        None => scheduler::pod_gone(w, pod),
    }
    scheduler::pod_freed(w, pod);
    attach_detach::pod_changed(w, pod);
    controllers::pod_changed(w, pod);
    controllers::pod_gone(w, pod);
    if !w.draining.is_empty() {
        w.signal(Signal::PodGone { pod });
    }
}

/// Of a node's readiness and taints, and of a cordon, each hears that acts on it; the scheduler of everything.
fn node_updated(w: &mut World, node: NodeId, before: &Node) {
    let n = &w.nodes[node.ix()];
    let attachable = |n: &Node| (n.ready(), n.spec.taints.iter().any(|t| t.key == OUT_OF_SERVICE));
    let evicting = |n: &Node| -> Vec<Taint> {
        n.spec.taints.iter().filter(|t| t.effect == Effect::NoExecute).copied().collect()
    };
    let attaches = attachable(n) != attachable(before);
    let evicts = evicting(n) != evicting(before);
    let moves = n.spec.taints != before.spec.taints || n.spec.labels != before.spec.labels;
    let cordoned = n.spec.unschedulable != before.spec.unschedulable;
    if attaches {
        attach_detach::node_changed(w);
        pod_gc::node_updated(w, node);
    }
    if evicts {
        taint_eviction::node_changed(w, node);
    }
    if cordoned {
        let entity = random::part(random::entity(&[&w.nodes[node.ix()].spec.name]), 1);
        let delay = CORDON_DELAY.sample(&mut w.draw(Purpose::Controller, entity, w.instant()));
        w.after(delay, SimEvent::CordonTaint { node });
    }
    scheduler::node_listed(w, node);
    if moves {
        controllers::node_changed(w, node);
    }
}

/// A pod was bound to a node that may be gone: a kubelet takes what names its node, but the pod is an orphan.
fn bound_to(w: &mut World, pod: PodId, node: NodeId) {
    if !w.nodes[node.ix()].exists {
        pod_gc::orphaned(w, pod);
    }
}

/// The node's kubelet hears of the pod's change, after the delay of its watch.
fn kubelet(w: &mut World, pod: PodId) {
    if w.pods[pod.ix()].node.is_some() {
        let delay = w.pod_span(Purpose::Watch, pod, w.instant(), &w.plan.latency.watch);
        w.after(delay, SimEvent::PodSeen { pod });
    }
}
