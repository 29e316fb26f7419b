//! Claims that wait for their first pod, as the scheduler sees them: which volumes they could get, and which of those it
//! keeps for them from the choice of a node on.
//!
//! Source: `AssumePodVolumes`, `BindPodVolumes`, `RevertAssumedPodVolumes` in
//! pkg/scheduler/framework/plugins/volumebinding/binder.go (v1.36.3).

use crate::rules::controllers::claim_binding::serving;
use crate::rules::scheduler::placement::volume_binding::{Delayed, choose};
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

/// What a claim could get that waits for its first pod. Of one that has been told a node everything is under way.
pub fn delayed(w: &World, object: usize) -> Delayed<'_> {
    if w.volumes.selected.contains_key(&object) {
        return Delayed { provisions: true, ..Delayed::default() };
    }
    let own = &w.objects[object];
    let spec = own.claim.as_ref().map_or(&serde_json::Value::Null, |claim| &claim.spec);
    let storage = &w.storage;
    let wanted = storage.wanted(own.namespace, own.name, spec);
    let all = storage.volumes.iter().enumerate();
    let free = all.filter(|(at, volume)| volume.at <= w.now && !w.volumes.taken.contains(at));
    let serving = serving(&wanted, free.map(|(at, volume)| (at, &volume.offered)));
    let affinity = |at: usize| storage.volumes.get(at).and_then(|volume| volume.node_affinity.as_deref());
    Delayed {
        request: wanted.request.unwrap_or_default(),
        offers: serving.into_iter().map(|(at, _)| (at, affinity(at))).collect(),
        provisions: storage.class(wanted.class).is_some_and(|class| class.provisions),
    }
}

/// The pod counts as on the node: volumes that its claims will have there are nobody else's from now on.
pub fn reserve(w: &mut World, pod: PodId, node: NodeId) {
    if w.pods[pod.ix()].spec.volumes.is_empty() {
        return;
    }
    let mut waiting: Vec<(usize, Delayed<'_>)> =
        unbound_claims(w, pod).into_iter().map(|object| (object, delayed(w, object))).collect();
    waiting.sort_by(|a, b| a.1.request.cmp_value(b.1.request));
    let (objects, claims): (Vec<usize>, Vec<Delayed<'_>>) = waiting.into_iter().unzip();
    let info = w.scheduler.cluster.node(node.0);
    let chosen = info.and_then(|info| choose(&claims, info)).unwrap_or_default();
    for (object, volume) in objects.into_iter().zip(chosen) {
        if let Some(volume) = volume {
            w.volumes.assumed.insert(object, volume);
            w.volumes.taken.insert(volume);
        }
    }
}

/// It does not come to its node after all.
pub fn let_go(w: &mut World, pod: PodId) {
    for object in unbound_claims(w, pod) {
        if let Some(volume) = w.volumes.assumed.remove(&object) {
            w.volumes.taken.remove(&volume);
        }
    }
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
