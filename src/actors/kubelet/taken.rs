//! The pods that a kubelet has taken and that have not ended, and what they ask for: what the room for others is counted
//! against (`GetActivePods`, pkg/kubelet/kubelet_pods.go).
//!
//! That is the kubelet's own knowledge. A pod that was deleted by force takes its room for as long as its containers run,
//! and one that the scheduler has placed here takes none before the kubelet has heard of it.

use std::sync::Arc;

use crate::rules::kubelet::resize;
use crate::rules::scheduler::placement::PodRequest;
use crate::rules::scheduler::placement::amounts::{self, Amounts};
use crate::rules::scheduler::placement::selector::labels;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::PodTemplate;
use crate::world::{Local, NodeId, PodId, World};

/// What a pod asks for: worked out once for all pods of a template whose labels and spec are still the template's.
pub fn request_of(w: &World, pod: PodId) -> Arc<PodRequest> {
    known(w, pod).map_or_else(|| Arc::new(worked_out(w, pod)), Arc::clone)
}

fn worked_out(w: &World, pod: PodId) -> PodRequest {
    let p = &w.pods[pod.ix()];
    PodRequest::new(p.ident.namespace, labels(&p.labels), &p.spec, &w.gates)
}

fn known(w: &World, pod: PodId) -> Option<&Arc<PodRequest>> {
    w.requests[w.pods[pod.ix()].template.ix()].as_ref().filter(|_| is_templates(w, pod))
}

fn is_templates(w: &World, pod: PodId) -> bool {
    let p = &w.pods[pod.ix()];
    let same = |t: &PodTemplate| Arc::ptr_eq(&t.spec, &p.spec) && t.labels == p.labels;
    w.templates.get(p.template.ix()).is_some_and(|t| same(t))
}

/// As [`request_of`], and known from now on.
pub fn learn_request(w: &mut World, pod: PodId) -> Arc<PodRequest> {
    if let Some(known) = known(w, pod) {
        return Arc::clone(known);
    }
    let request = Arc::new(worked_out(w, pod));
    if is_templates(w, pod) {
        let template = w.pods[pod.ix()].template;
        w.requests[template.ix()] = Some(Arc::clone(&request));
    }
    request
}

/// What is set aside for a pod that was resized; None for those that have what their spec asks for.
pub fn set_aside(p: Local<'_>, gates: &Gates) -> Option<Amounts> {
    let own = p.runtime.resize.as_deref()?;
    let spec = resize::with_sizes(&own.seen, &own.allocated);
    Some(amounts::requests(&spec, gates.pod_level_resources).asked)
}

/// Looks at what the node has to give, if its object is another than before.
pub fn look_at_node(w: &mut World, node: NodeId) {
    let version = w.nodes[node.ix()].resource_version;
    if w.kubelet(node).is_some_and(|kubelet| kubelet.taken.has.0 != version) {
        let has = Amounts::of_list(&w.nodes[node.ix()].spec.allocatable);
        if let Some(kubelet) = w.kubelet_mut(node) {
            kubelet.taken.has = (version, has);
        }
    }
}

/// The kubelet has taken a pod.
pub fn add(w: &mut World, pod: PodId, node: NodeId, request: &PodRequest) {
    let resized = w.places[pod.ix()].runtime.resize.is_some();
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    kubelet.taken.pods.push(pod);
    kubelet.taken.asked.add(&request.requests.asked);
    kubelet.taken.resized |= resized;
}

/// The last container of a pod has ended.
pub fn remove(w: &mut World, pod: PodId, node: NodeId) {
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    let Some(at) = kubelet.taken.pods.iter().position(|other| *other == pod) else { return };
    kubelet.taken.pods.swap_remove(at);
    let request = request_of(w, pod);
    if let Some(kubelet) = w.kubelet_mut(node) {
        kubelet.taken.asked.subtract(&request.requests.asked);
    }
}

/// The other pods that the kubelet has taken.
pub fn others(w: &World, pod: PodId, node: NodeId) -> impl Iterator<Item = Local<'_>> {
    let all = w.kubelet(node).into_iter().flat_map(|kubelet| &kubelet.taken.pods);
    all.filter(move |other| **other != pod).map(|other| w.local(*other))
}
