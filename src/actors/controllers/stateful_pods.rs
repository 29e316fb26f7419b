//! Which pods, claims and revisions are a StatefulSet's, and as what its controller sees them.

use std::sync::Arc;

use super::members::ready_since;
use crate::api::spec::LabelSelector;
use crate::api::{Meta, Sym};
use crate::rules::controllers::ownership::{Claim, Holder, claim, holder, selects};
use crate::rules::controllers::revisions::REVISION;
use crate::rules::controllers::stateful_set::{SeenPod, identity};
use crate::world::World;
use crate::world::manager::Controller;
use crate::world::stateful_sets::SetRequest;
use crate::world::workloads::{ClaimId, ControllerRevisionId, ObjectKey, StatefulSetId};
use crate::world::{PodId, Store};

/// The set that is a pod's controller.
pub fn set_of(w: &World, pod: PodId) -> Option<StatefulSetId> {
    let p = &w.pods[pod.ix()];
    match p.controller {
        Some(ObjectKey::StatefulSet(set)) if p.exists => Some(set),
        _ => None,
    }
}

/// A pod as its set's controller sees it now; None: by its name it is none of the set's.
pub fn seen(w: &World, set: StatefulSetId, pod: PodId) -> Option<SeenPod> {
    let (own, p) = (&w.workloads.stateful_sets[set.ix()].object, &w.pods[pod.ix()]);
    let name = p.ident.name.to_string();
    Some(SeenPod {
        name: Sym::new(&name),
        uid: p.ident.uid,
        ordinal: identity::ordinal(own.meta.name.as_str(), &name)?,
        phase: p.status.phase(),
        is_deleted: p.deletion.is_some(),
        ready: ready_since(w, pod),
        revision: Sym::new(p.labels.get(REVISION).map_or("", String::as_str)),
        keeps_identity: identity::is_kept(own, &name, &p.labels, &p.spec.volumes),
    })
}

/// The sets that a pod without a controller may come to: whose selector takes it, and whose name is in its own.
pub fn suitors(w: &World, pod: PodId) -> Vec<StatefulSetId> {
    let p = &w.pods[pod.ix()];
    let name = p.ident.name.to_string();
    let sets = StatefulSetId::all(w.workloads.stateful_sets.len());
    sets.filter(|set| {
        let held = &w.workloads.stateful_sets[set.ix()];
        held.exists && takes(&held.object.meta, &held.object.spec.selector, p, &name)
    })
    .collect()
}

fn takes(set: &Meta, selector: &LabelSelector, p: &crate::world::Pod, name: &str) -> bool {
    set.namespace == p.ident.namespace
        && identity::ordinal(set.name.as_str(), name).is_some()
        && selects(selector, &p.labels)
}

/// Whether the controller has to hear of a pod: it is seen otherwise than before, or may come to a set. A set whose sync has
/// failed hears of everything, because each sync counts.
pub fn cares(w: &World, pod: PodId) -> bool {
    if w.workloads.stateful_sets.is_empty() {
        return false;
    }
    let known = w.controllers.stateful_set_of.get(&pod).copied();
    let Some(set) = set_of(w, pod) else {
        let p = &w.pods[pod.ix()];
        return known.is_some() || (p.exists && p.controller.is_none() && !suitors(w, pod).is_empty());
    };
    let before = w.controllers.stateful_sets.get(set.ix()).and_then(|own| own.pods.get(&pod)).copied();
    known != Some(set)
        || before != before.and_then(|before| seen_again(w, set, pod, before))
        || w.controllers.manager.failures(Controller::StatefulSet, ObjectKey::StatefulSet(set)) > 0
}

/// A pod that was seen before, as it is now: its names and labels are spelled out anew only where somebody has changed them.
fn seen_again(w: &World, set: StatefulSetId, pod: PodId, before: SeenPod) -> Option<SeenPod> {
    let p = &w.pods[pod.ix()];
    if p.metadata_changes > 0 {
        return seen(w, set, pod);
    }
    let (phase, is_deleted, ready) = (p.status.phase(), p.deletion.is_some(), ready_since(w, pod));
    Some(SeenPod { phase, is_deleted, ready, ..before })
}

/// The pods of a set.
pub fn pods(w: &World, set: StatefulSetId) -> Vec<(PodId, SeenPod)> {
    let Some(own) = w.controllers.stateful_sets.get(set.ix()) else { return Vec::new() };
    let here = own.pods.iter().filter(|(pod, _)| set_of(w, **pod) == Some(set));
    here.filter_map(|(pod, before)| Some((*pod, seen_again(w, set, *pod, *before)?))).collect()
}

/// The pod of a set with this name.
pub fn named(w: &World, set: StatefulSetId, name: Sym) -> Option<PodId> {
    let own = w.controllers.stateful_sets.get(set.ix())?;
    let mut here = own.pods.iter().filter(|(pod, seen)| seen.name == name && set_of(w, **pod) == Some(set));
    here.next().map(|(pod, _)| *pod)
}

/// The revisions that a set sees: its own ones, and orphans that its selector takes.
pub fn revisions(w: &World, set: StatefulSetId) -> Vec<(ControllerRevisionId, Claim)> {
    let own = &w.workloads.stateful_sets[set.ix()].object;
    let dependents = w.workloads.dependents.get(&ObjectKey::StatefulSet(set)).into_iter().flatten();
    let all = dependents.chain(&w.workloads.orphans).filter_map(|key| match key {
        ObjectKey::ControllerRevision(id) => Some(*id),
        _ => None,
    });
    let mut all: Vec<ControllerRevisionId> = all.collect();
    all.sort_unstable();
    all.dedup();
    let seen = all.into_iter().filter_map(|id| {
        let held = &w.workloads.controller_revisions[id.ix()];
        let meta = &held.object.meta;
        let matches = selects(&own.spec.selector, &meta.labels);
        if !held.exists || meta.namespace != own.meta.namespace || !matches {
            return None;
        }
        let is_going = own.meta.deletion.is_some();
        let claimed = claim(holder(&meta.owners, own.meta.uid), matches, is_going, meta.deletion.is_some());
        matches!(claimed, Claim::Mine | Claim::Adopt).then_some((id, claimed))
    });
    seen.collect()
}

/// The claims of a pod that are being deleted.
pub fn claims_going_of(w: &World, pod: PodId) -> Vec<ClaimId> {
    let p = &w.pods[pod.ix()];
    let names = p.spec.volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
    let own = names.filter_map(|own| w.workloads.claim_named(p.ident.namespace, &own.claim_name));
    own.filter(|id| w.workloads.claims[id.ix()].object.meta.deletion.is_some()).collect()
}

/// What the set adopts and lets go, where there may be something of that kind (`getPodsForStatefulSet`,
/// `adoptOrphanRevisions`).
pub fn claims(w: &mut World, set: StatefulSetId) -> Vec<SetRequest> {
    if !std::mem::take(&mut w.controllers.stateful_sets[set.ix()].looks_around) {
        return Vec::new();
    }
    let own = &w.workloads.stateful_sets[set.ix()].object;
    let is_going = own.meta.deletion.is_some();
    let of_revisions = revisions(w, set).into_iter().filter(|(_, claimed)| *claimed == Claim::Adopt);
    let mut requests: Vec<SetRequest> = of_revisions.map(|(id, _)| SetRequest::AdoptRevision(id)).collect();
    for pod in PodId::all(w.pods.len()) {
        let p = &w.pods[pod.ix()];
        let holder = match p.controller {
            Some(ObjectKey::StatefulSet(of)) if of == set => Holder::Me,
            None if has_no_controller(&w.pods, pod) => Holder::Nobody,
            _ => continue,
        };
        let name = p.ident.name.to_string();
        let is_named = identity::ordinal(own.meta.name.as_str(), &name).is_some();
        if !p.exists || p.ident.namespace != own.meta.namespace || !is_named {
            continue;
        }
        let matches = takes(&own.meta, &own.spec.selector, p, &name);
        match claim(holder, matches, is_going, p.deletion.is_some()) {
            Claim::Adopt => requests.push(SetRequest::Adopt(pod)),
            Claim::Release => requests.push(SetRequest::Release(pod)),
            Claim::Mine | Claim::Ignore => {}
        }
    }
    requests
}

fn has_no_controller(pods: &Store<crate::world::Pod>, pod: PodId) -> bool {
    let owners = pods[pod.ix()].owners.as_ref().map(Arc::as_ref);
    owners.is_none_or(|owners: &Vec<_>| !owners.iter().any(|own| own.controller))
}
