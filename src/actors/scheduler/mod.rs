//! kube-scheduler: pods wait in a queue; one at a time looks for a node; who is refused waits until something happens
//! that may help (pkg/scheduler/scheduler.go, schedule_one.go, backend/queue/scheduling_queue.go).
//!
//! [`queue`] is where pods wait and which events bring them back, [`cycle`] the attempt and what follows from it, [`cluster`]
//! how the scheduler hears of nodes and of other pods. What decides (filters, scores, victims, hints, back-offs) is asked
//! of `rules::scheduler::placement` and `rules::scheduler::queueing`.

mod claims;
mod cluster;
mod cycle;
pub mod queue;

pub use claims::claim_bound;
pub use cluster::{
    claim_changed, first_picture, node_listed, pod_assigned, pod_deleting, pod_freed, pod_relabelled,
    pod_resized, start, volumes_added,
};
pub use cycle::{bind, preempt, schedule, write_series};
pub use queue::{pod_added, pod_gone, pod_updated, pod_written, timer};

use std::sync::Arc;

use crate::api::Sym;
use crate::api::spec::LabelSelector;
use crate::rules::kubelet::resize;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::rules::scheduler::placement::{PodRequest, RequestId};
use crate::scenario::plan::PodTemplate;
use crate::world::{ObjectKey, PodId, World};

/// What a pod asks for, worked out anew. One that is being resized counts for the most of what it has and what it wants.
fn asked(w: &World, pod: PodId) -> PodRequest {
    let p = &w.pods[pod.ix()];
    let selected = selected_by(w, pod);
    let of = |spec| {
        let request = PodRequest::new(p.ident.namespace, labels(&p.labels), spec, &w.gates);
        match &selected {
            Some(selector) => request.selected_by(selector),
            None => request,
        }
    };
    let Some(own) = w.places[pod.ix()].runtime.resize.as_deref() else { return of(&p.spec) };
    let pending = p.status.condition(Sym::POD_RESIZE_PENDING);
    let infeasible = pending.is_some_and(|condition| condition.reason == Sym::INFEASIBLE);
    let by_totals = w.gates.habits.counts_totals_of_a_resize;
    let specs = resize::counted(&p.spec, &own.allocated, &own.actual, infeasible, by_totals);
    let mut request = of(&specs[0]);
    for spec in &specs[1..] {
        request.requests.or_more(&of(spec).requests);
    }
    request
}

/// By what the Services and the controller of a pod select it (`DefaultSelector`,
/// pkg/scheduler/framework/plugins/helper/spread.go): together with its equals it is spread over the nodes.
fn selected_by(w: &World, pod: PodId) -> Option<Selector> {
    let p = &w.pods[pod.ix()];
    let mut selector = match p.controller {
        Some(ObjectKey::ReplicaSet(set)) => {
            Selector::compile(Some(&w.workloads.replica_sets[set.ix()].object.spec.selector))
        }
        Some(ObjectKey::StatefulSet(set)) => {
            Selector::compile(Some(&w.workloads.stateful_sets[set.ix()].object.spec.selector))
        }
        _ => Selector::compile(Some(&LabelSelector::default())),
    };
    for id in w.workloads.services_by_label.of(p.ident.namespace, &p.labels) {
        let held = &w.workloads.services[id.ix()];
        if !held.exists {
            continue;
        }
        let service = &held.object;
        let Some(wanted) = service.selector.as_ref().filter(|wanted| !wanted.is_empty()) else { continue };
        let takes = service.meta.namespace == p.ident.namespace
            && wanted.iter().all(|(key, value)| p.labels.get(key) == Some(value));
        if takes {
            for (key, value) in wanted.iter() {
                selector.require(Sym::new(key), Sym::new(value));
            }
        }
    }
    (!selector.is_empty()).then_some(selector)
}

/// What a pod asks for: worked out once for all pods of a template whose labels and spec are still the template's.
fn request_of(w: &mut World, pod: PodId) -> RequestId {
    let p = &w.pods[pod.ix()];
    let template = p.template.ix();
    let is_own = |t: &PodTemplate| !Arc::ptr_eq(&t.spec, &p.spec) || t.labels != p.labels;
    let own = w.templates.get(template).is_none_or(|t| is_own(t));
    if !own && let Some(known) = w.scheduler.requests[template] {
        return known;
    }
    if own {
        let request = asked(w, pod);
        return w.scheduler.cluster.single_request(request);
    }
    // Where nothing is added to what its spec says, it asks the scheduler for what it asks a kubelet for.
    let plain = w.places[pod.ix()].runtime.resize.is_none() && selected_by(w, pod).is_none();
    let request = match w.requests[template].as_ref().filter(|_| plain) {
        Some(known) => Arc::clone(known),
        None => Arc::new(asked(w, pod)),
    };
    if plain {
        w.requests[template] = Some(Arc::clone(&request));
    }
    let id = w.scheduler.cluster.add_request(request);
    w.scheduler.requests[template] = Some(id);
    id
}
