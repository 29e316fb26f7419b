//! What a pod is for the Services that select it, as their controller last heard.

use crate::api::{Sym, Tri};
use crate::world::endpoints::Known;
use crate::world::{PodId, World};

/// Whether something has changed of a pod that endpoints are made of (`podEndpointsChanged`,
/// staging/src/k8s.io/endpointslice/util/controller_utils.go).
pub fn has_changed(w: &World, pod: PodId) -> bool {
    w.controllers.endpoints.get(pod.ix()).copied().flatten() != known(w, pod)
}

/// What its controller knows of a pod; None: nothing that makes an endpoint.
pub fn known(w: &World, pod: PodId) -> Option<Known> {
    let p = &w.pods[pod.ix()];
    if !p.exists || p.status.phase().is_terminal() {
        return None;
    }
    let ip = p.status.ip()?;
    let ready = p.status.condition(Sym::READY).is_some_and(|c| c.status == Tri::True);
    Some(Known { ip, ready, terminating: p.deletion.is_some(), changes: p.metadata_changes })
}
