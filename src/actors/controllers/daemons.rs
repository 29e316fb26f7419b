//! The pods and nodes of a DaemonSet as its controller knows them: what it hears of each changes how one node stands.
//!
//! Source: `addPod`, `updatePod`, `deletePod`, `getNodesToDaemonPods` in pkg/controller/daemon/daemon_controller.go (v1.36.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::members::ready_since;
use super::work::{add, add_at};
use crate::api::Sym;
use crate::api::daemon_set::DaemonSet;
use crate::rules::controllers::daemon_set::placement::{self, Fit, Placement};
use crate::rules::controllers::daemon_set::template::{DEPRECATED_GENERATION, REVISION_HASH, is_updated};
use crate::rules::controllers::daemon_set::{SeenPod, View, status, update};
use crate::rules::controllers::ownership::{self, Claim, Holder};
use crate::rules::controllers::replica_set::available_at;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::world::daemons::DaemonRequest;
use crate::world::manager::Controller;
use crate::world::workloads::{ControllerRevisionId, DaemonSetId, ObjectKey};
use crate::world::{NodeId, PodId, World};

/// The controller has heard of a set: what its template says of nodes is worked out.
pub fn known(w: &mut World, set: DaemonSetId) {
    if w.controllers.daemons.len() <= set.ix() {
        w.controllers.daemons.resize_with(set.ix() + 1, Default::default);
        // Pods that are there already may be its own.
        w.controllers.daemons[set.ix()].looks_around = true;
    }
    let template = Arc::clone(&w.workloads.daemon_sets[set.ix()].object.spec.template);
    if let Some((own, _)) = &mut w.controllers.daemons[set.ix()].placement
        && (Arc::ptr_eq(own, &template) || own.value == template.value)
    {
        *own = template;
        return;
    }
    let placement = Placement::of(&template.spec);
    w.controllers.daemons[set.ix()].placement = Some((template, placement));
    for node in NodeId::all(w.nodes.len()) {
        let fit = fit(w, set, node);
        let seat = w.controllers.daemons[set.ix()].seat_mut(node);
        if seat.fit != fit {
            seat.fit = fit;
            restand(w, set, node);
        }
    }
}

/// Whether a set's pod belongs on a node, if there is one.
pub fn fit(w: &World, set: DaemonSetId, node: NodeId) -> Option<Fit> {
    let n = &w.nodes[node.ix()];
    let (_, placement) = w.controllers.daemons[set.ix()].placement.as_ref()?;
    n.exists.then(|| placement.fit(n.spec.name, &n.spec.labels, &n.spec.taints))
}

/// A node is looked at anew, as the controller knows it.
pub fn restand(w: &mut World, set: DaemonSetId, node: NodeId) {
    let World { controllers, workloads, now, gates, .. } = w;
    let view = View { set: &workloads.daemon_sets[set.ix()].object, now: *now, gates };
    let daemons = &mut controllers.daemons[set.ix()];
    let Some(seat) = daemons.seat(node) else { return };
    let (fit, seen) = (seat.fit, seat.seen());
    for pod in seen.iter().filter(|pod| !view.is_available(pod)) {
        if let Some(since) = pod.ready {
            let ripe = available_at(since, view.set.spec.min_ready_seconds);
            daemons.ripening.insert((ripe, node));
        }
    }
    let standing = update::standing(&view, daemons.surges, fit, &seen);
    daemons.stands(node, status::share(&view, fit, &seen), standing);
    daemons.restless.insert(node);
}

/// Ready pods that have been so for long enough count as available from now on. (Before 1.34 that comes after the instant, and
/// the set looks again a second later.)
pub fn ripen(w: &mut World, set: DaemonSetId) {
    let due = w.controllers.daemons[set.ix()].ripening.iter().take_while(|(at, _)| *at <= w.now);
    for (at, node) in due.copied().collect::<Vec<_>>() {
        w.controllers.daemons[set.ix()].ripening.remove(&(at, node));
        restand(w, set, node);
    }
}

/// The present revision is this from now on: pods that are of it are told from others, and nodes stand anew where that makes
/// a difference.
pub fn revised(w: &mut World, set: DaemonSetId, hash: Sym) {
    let object = &w.workloads.daemon_sets[set.ix()].object;
    let generation = Sym::new(object.meta.annotation(DEPRECATED_GENERATION).unwrap_or_default());
    let view = View { set: object, now: w.now, gates: &w.gates };
    let reckoned = (hash, generation, object.spec.min_ready_seconds, object.spec.strategy);
    let daemons = &w.controllers.daemons[set.ix()];
    let surges = view.max_surge(daemons.counts.desired) > 0;
    if daemons.reckoned == Some(reckoned) && daemons.surges == surges {
        return ripen(w, set);
    }
    let nodes = daemons.nodes();
    let daemons = &mut w.controllers.daemons[set.ix()];
    (daemons.reckoned, daemons.surges) = (Some(reckoned), surges);
    for node in nodes {
        let World { controllers, workloads, pods, .. } = w;
        let object = &workloads.daemon_sets[set.ix()].object;
        for (pod, seen) in &mut controllers.daemons[set.ix()].seat_mut(node).pods {
            (seen.has_hash, seen.is_updated) = is_of(object, &pods[pod.ix()].labels, hash);
        }
        restand(w, set, node);
    }
}

/// Whether a pod with these labels carries a hash, and is of the newest template.
fn is_of(set: &DaemonSet, own: &BTreeMap<String, String>, hash: Sym) -> (bool, bool) {
    let has_hash = !hash.is_empty() && own.get(REVISION_HASH).is_some_and(|own| *own == *hash);
    (has_hash, is_updated(set, own, hash.as_str()))
}

/// The set that is a pod's controller.
fn set_of(w: &World, pod: PodId) -> Option<DaemonSetId> {
    let p = &w.pods[pod.ix()];
    match p.controller {
        Some(ObjectKey::DaemonSet(set)) if p.exists => Some(set),
        _ => None,
    }
}

/// What the controller sees of a pod.
fn seen(w: &World, set: DaemonSetId, pod: PodId) -> SeenPod {
    let p = &w.pods[pod.ix()];
    let hash = w.controllers.daemons[set.ix()].reckoned.map_or(Sym::EMPTY, |(hash, ..)| hash);
    let (has_hash, is_updated) = is_of(&w.workloads.daemon_sets[set.ix()].object, &p.labels, hash);
    SeenPod {
        name: p.ident.name,
        phase: p.status.phase(),
        is_deleted: p.deletion.is_some(),
        ready: ready_since(w, pod),
        is_scheduled: p.node.is_some(),
        created: p.created.truncate_secs(),
        has_hash,
        is_updated,
    }
}

/// The node for which a pod is.
fn target(w: &World, pod: PodId) -> Option<NodeId> {
    let p = &w.pods[pod.ix()];
    p.node
        .or_else(|| w.controllers.daemon_of.get(&pod).map(|(_, node)| *node))
        .or_else(|| w.find_node(placement::target(&p.spec)?))
}

/// Whether the controller has to hear of a pod.
pub fn cares(w: &World, pod: PodId) -> bool {
    let known = w.controllers.daemon_of.get(&pod).copied();
    match (set_of(w, pod), known) {
        (Some(set), Some((other, node))) if set == other => {
            let seat = w.controllers.daemons.get(set.ix()).and_then(|daemons| daemons.seat(node));
            let counted = seat.and_then(|seat| seat.pods.iter().find(|(own, _)| *own == pod));
            // It counts each time that it sees one that is going.
            w.pods[pod.ix()].deletion.is_some()
                || counted.map(|(_, counted)| *counted) != Some(seen(w, set, pod))
                || w.controllers.manager.failures(Controller::DaemonSet, ObjectKey::DaemonSet(set)) > 0
        }
        (Some(_), _) | (None, Some(_)) => true,
        (None, None) => {
            let p = &w.pods[pod.ix()];
            p.exists && p.controller.is_none() && !suitors(w, pod).is_empty()
        }
    }
}

/// The sets that a pod without a controller may come to.
fn suitors(w: &World, pod: PodId) -> Vec<DaemonSetId> {
    let sets = DaemonSetId::all(w.workloads.daemon_sets.len());
    sets.filter(|set| w.workloads.daemon_sets[set.ix()].exists && selects(w, *set, pod)).collect()
}

fn selects(w: &World, set: DaemonSetId, pod: PodId) -> bool {
    let (own, p) = (&w.workloads.daemon_sets[set.ix()].object, &w.pods[pod.ix()]);
    own.meta.namespace == p.ident.namespace
        && Selector::compile(Some(&own.spec.selector)).matches(&labels(&p.labels))
}

/// News of a pod: a set's own, one that was, or one that it may adopt.
pub fn pod_changed(w: &mut World, pod: PodId) {
    let now = set_of(w, pod).filter(|set| set.ix() < w.controllers.daemons.len());
    let place = now.and_then(|set| Some((set, target(w, pod)?)));
    let before = w.controllers.daemon_of.get(&pod).copied();
    if let Some((set, _)) = before.filter(|_| before != place) {
        leaves(w, set, pod);
        if Some(set) != now {
            w.controllers.daemons[set.ix()].seen_going();
            add(w, Controller::DaemonSet, ObjectKey::DaemonSet(set));
        }
    }
    let Some(set) = now else {
        let p = &w.pods[pod.ix()];
        if p.exists && p.controller.is_none() {
            for set in suitors(w, pod) {
                if let Some(daemons) = w.controllers.daemons.get_mut(set.ix()) {
                    daemons.looks_around = true;
                    add(w, Controller::DaemonSet, ObjectKey::DaemonSet(set));
                }
            }
        }
        return;
    };
    let is_going = w.pods[pod.ix()].deletion.is_some();
    let daemons = &mut w.controllers.daemons[set.ix()];
    match before {
        _ if is_going => daemons.seen_going(),
        None => daemons.seen_made(1),
        Some(_) => {}
    }
    daemons.looks_around |= w.pods[pod.ix()].metadata_changes > 0;
    if let Some((_, node)) = place {
        sits(w, set, node, pod);
    }
    add(w, Controller::DaemonSet, ObjectKey::DaemonSet(set));
}

/// A sync has adopted a pod or let it go: it counts with that at once, before there is news of it.
pub fn claimed(w: &mut World, set: DaemonSetId, pod: PodId) {
    match (set_of(w, pod) == Some(set), target(w, pod)) {
        (true, Some(node)) => sits(w, set, node, pod),
        (false, _) => leaves(w, set, pod),
        (true, None) => {}
    }
}

/// A pod is no longer among those of a set.
fn leaves(w: &mut World, set: DaemonSetId, pod: PodId) {
    if let Some((_, node)) = w.controllers.daemon_of.remove(&pod) {
        w.controllers.daemons[set.ix()].seat_mut(node).pods.retain(|(own, _)| *own != pod);
        restand(w, set, node);
    }
}

/// A pod of a set is on a node, and is seen as it is now.
fn sits(w: &mut World, set: DaemonSetId, node: NodeId, pod: PodId) {
    w.controllers.daemon_of.insert(pod, (set, node));
    let seen = seen(w, set, pod);
    let pods = &mut w.controllers.daemons[set.ix()].seat_mut(node).pods;
    let was_ready = match pods.iter_mut().find(|(own, _)| *own == pod) {
        Some((_, own)) => std::mem::replace(own, seen).ready.is_some(),
        None => {
            pods.push((pod, seen));
            false
        }
    };
    restand(w, set, node);
    let min_ready = w.workloads.daemon_sets[set.ix()].object.spec.min_ready_seconds;
    if seen.ready.is_some()
        && !was_ready
        && !seen.is_deleted
        && let Some(wait) = status::look_again_at_ready(min_ready)
    {
        add_at(w, Controller::DaemonSet, ObjectKey::DaemonSet(set), w.now + wait);
    }
}

/// All pods of a set that the controller knows.
pub fn pods(w: &World, set: DaemonSetId) -> Vec<PodId> {
    let daemons = &w.controllers.daemons[set.ix()];
    let nodes = daemons.nodes().into_iter();
    nodes
        .filter_map(|node| daemons.seat(node))
        .flat_map(|seat| seat.pods.iter().map(|(pod, _)| *pod))
        .collect()
}

/// Pods that the set adopts or lets go (`ClaimPods`).
pub fn claims(w: &mut World, set: DaemonSetId) -> Vec<DaemonRequest> {
    if !std::mem::take(&mut w.controllers.daemons[set.ix()].looks_around) {
        return Vec::new();
    }
    let object = &w.workloads.daemon_sets[set.ix()].object;
    let namespace = object.meta.namespace;
    let asked = |pod: PodId| {
        let p = &w.pods[pod.ix()];
        if !p.exists || p.ident.namespace != namespace {
            return None;
        }
        let holder = match p.controller {
            Some(ObjectKey::DaemonSet(own)) if own == set => Holder::Me,
            None if !p.owners.iter().flat_map(|all| all.iter()).any(|own| own.controller) => Holder::Nobody,
            _ => return None,
        };
        match ownership::claim(holder, selects(w, set, pod), false, p.deletion.is_some()) {
            Claim::Adopt => Some(DaemonRequest::Adopt(pod)),
            Claim::Release => Some(DaemonRequest::Release(pod)),
            Claim::Ignore | Claim::Mine => None,
        }
    };
    let revisions = ControllerRevisionId::all(w.workloads.controller_revisions.len());
    let orphans = revisions.filter(|id| takes_revision(w, set, *id)).map(DaemonRequest::AdoptRevision);
    orphans.chain(PodId::all(w.pods.len()).filter_map(asked)).collect()
}

/// Whether a set may have a revision that nobody controls.
fn takes_revision(w: &World, set: DaemonSetId, id: ControllerRevisionId) -> bool {
    let (held, own) = (&w.workloads.controller_revisions[id.ix()], &w.workloads.daemon_sets[set.ix()].object);
    let meta = &held.object.meta;
    held.exists
        && meta.deletion.is_none()
        && meta.namespace == own.meta.namespace
        && meta.controller().is_none()
        && Selector::compile(Some(&own.spec.selector)).matches(&labels(&meta.labels))
}
