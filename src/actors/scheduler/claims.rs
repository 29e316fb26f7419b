//! Claims that wait for their first pod, as the scheduler sees them.

use crate::scenario::plan::ObjectKind;
use crate::time::{Span, Time, next_on_grid};
use crate::world::{ApiObject, NodeId, PodId, SimEvent, World};

/// How often the scheduler looks whether a pod's claims are bound (`BindPodVolumes`,
/// pkg/scheduler/framework/plugins/volumebinding/binder.go).
const LOOKS: Span = Span::from_secs(1);

/// Whether a claim gets its volume once a pod that uses it has got a node.
pub fn waits_for_pod(claim: &ApiObject) -> bool {
    claim.exists && !claim.bound && claim.claim.as_ref().is_some_and(|claim| claim.provisioned.is_some())
}

/// The claims of a pod that wait for it to get a node.
pub fn unbound_claims(w: &World, pod: PodId) -> Vec<usize> {
    let p = &w.pods[pod.ix()];
    let claims = p.spec.volumes.iter().filter_map(|own| own.persistent_volume_claim.as_ref());
    let objects = claims.filter_map(|own| {
        w.find_object(ObjectKind::PersistentVolumeClaim, p.ident.namespace, &own.claim_name)
    });
    objects.filter(|object| waits_for_pod(&w.objects[*object])).collect()
}

/// A claim is bound: pods that have waited for nothing else are bound at the scheduler's next look.
pub fn claim_bound(w: &mut World) {
    let waiting: Vec<(PodId, NodeId, Time)> =
        w.scheduler.binding.iter().map(|(pod, (node, since))| (*pod, *node, *since)).collect();
    for (pod, node, since) in waiting {
        if !w.pods[pod.ix()].exists || unbound_claims(w, pod).is_empty() {
            w.scheduler.binding.remove(&pod);
            let at = next_on_grid(since, LOOKS, w.now + Span::from_micros(1));
            w.at(at, SimEvent::Bind { pod, node });
        }
    }
}
