//! A pod as its kubelet sees it: the API's object with the spec and the deletion that the pod's worker has taken in.

use std::sync::Arc;

use crate::api::form::ask;
use crate::api::{Marks, PodSpec, PodStatus};
use crate::rules::kubelet::api_status::needs_readiness_reconcile;
use crate::rules::kubelet::pod::PodView;
use crate::scenario::plan::{PodTemplate, TemplateIx};
use crate::world::{Local, PodId, World, template_of};

/// The kubelet's view of a pod with this status.
fn view<'a, M: Marks>(p: Local<'a>, status: &'a PodStatus<M>) -> PodView<'a, M> {
    PodView { spec: spec(p), status, generation: p.generation, deleted: is_deleted(p), is_static: false }
}

/// The spec that a pod's kubelet works with.
pub fn spec(p: Local<'_>) -> &PodSpec {
    p.worker.map_or(&p.pod.spec, |worker| &worker.spec)
}

/// Whether a pod's kubelet knows that it is being deleted.
pub fn is_deleted(p: Local<'_>) -> bool {
    p.worker.is_some_and(|worker| worker.deletion.is_some())
}

/// The pod's template, while it and its kubelet work with the spec of that.
pub fn template(templates: &[Arc<PodTemplate>], p: Local<'_>) -> Option<TemplateIx> {
    let worker = p.worker?;
    template_of(templates, p.template, &p.spec).filter(|_| Arc::ptr_eq(&worker.spec, &p.spec))
}

/// Whether the readiness gates' conditions have changed since the kubelet's last status
/// (`NeedToReconcilePodReadiness`, pkg/kubelet/status/status_manager.go).
pub fn gates_met(w: &World, pod: PodId) -> bool {
    let p = w.local(pod);
    p.worker.is_some()
        && !spec(p).readiness_gates.is_empty()
        && ask!(p.pod.status, |status| needs_readiness_reconcile(&view(p, status), &w.gates))
}

/// Whether the periodic resync of a pod could show anything new: a started container that is not ready has its
/// readiness probed by each computation of the status.
pub fn is_unsettled(p: Local<'_>) -> bool {
    let Some(worker) = p.worker else { return false };
    worker.cache.status != p.runtime.live
        || worker.status().is_some_and(|status| {
            ask!(status, |status| status
                .containers
                .iter()
                .any(|c| c.state.is_running() && !c.ready && c.started == Some(true)))
        })
}
