//! The attach/detach controller (pkg/controller/volume/attachdetach): volumes that have to be attached are brought to the
//! nodes of the pods that need them, and taken from nodes that need them no more.
//!
//! Its reconciler passes every 100 ms; only those rounds are played before which something changed. Whether a node still
//! uses a volume it knows from the node's status alone, which the kubelet writes every ten seconds.

use super::events;
use crate::api::form::ask;
use crate::api::{Note, Sym};
use crate::engine::Distribution;
use crate::rules::controllers::attach_detach::{self as rules, Unneeded};
use crate::time::{Span, Time, next_on_grid};
use crate::world::volumes::{Attachment, VolumeIx};
use crate::world::{NodeId, PodId, Purpose, SimEvent, World};

/// A pod has got its node.
pub fn pod_assigned(w: &mut World, pod: PodId) {
    for volume in w.volumes_of(pod) {
        w.volumes.list[usize::from(volume)].users.push(pod);
    }
    pod_changed(w, pod);
}

/// A pod's object is other than it was: the informer tells of it.
pub fn pod_changed(w: &mut World, pod: PodId) {
    if w.volumes.list.iter().any(|volume| volume.users.contains(&pod)) {
        let late = w.pod_span(Purpose::AttachWatch, pod, w.instant(), &w.plan.latency.watch);
        round_at(w, w.now + late);
    }
}

/// A node's object is other than it was.
pub fn node_changed(w: &mut World) {
    round_at(w, w.now);
}

/// Asks for the round at or after an instant.
fn round_at(w: &mut World, at: Time) {
    if w.volumes.list.is_empty() {
        return;
    }
    let at = next_on_grid(w.plan.start, rules::LOOP, at);
    if w.volumes.round.is_none_or(|queued| queued <= w.now || queued > at) {
        w.volumes.round = Some(at);
        w.at(at, SimEvent::AttachDetach);
    }
}

/// A round of the reconciler: detaches come first.
pub fn reconcile(w: &mut World) {
    w.volumes.round = None;
    let volumes = VolumeIx::all(w.volumes.list.len());
    for volume in volumes.clone().filter(|volume| w.is_attachable(*volume)).collect::<Vec<_>>() {
        forget_users(w, volume);
        detach_unneeded(w, volume);
    }
    for volume in volumes.filter(|volume| w.is_attachable(*volume)).collect::<Vec<_>>() {
        attach_desired(w, volume);
    }
}

/// Pods that are gone, and of which no kubelet holds the volume any more.
fn forget_users(w: &mut World, volume: VolumeIx) {
    let mut users = std::mem::take(&mut w.volumes.list[usize::from(volume)].users);
    users.retain(|pod| w.pods[pod.ix()].exists || w.worker(*pod).is_some());
    w.volumes.list[usize::from(volume)].users = users;
}

/// Pods that need a volume on a node, as the API server has them.
fn needed_by(w: &World, volume: VolumeIx, node: NodeId) -> Vec<PodId> {
    let needs = |pod: &&PodId| {
        let p = &w.pods[pod.ix()];
        let ended = || ask!(p.status, |status| rules::is_terminated(status, p.deletion.is_some()));
        p.exists && p.node == Some(node) && !ended()
    };
    w.volumes.list[usize::from(volume)].users.iter().filter(needs).copied().collect()
}

fn is_busy(w: &World, volume: VolumeIx, node: NodeId) -> bool {
    let operations = &w.volumes.list[usize::from(volume)].operations;
    if shares(w, volume) { operations.contains(&node) } else { !operations.is_empty() }
}

fn shares(w: &World, volume: VolumeIx) -> bool {
    w.claim_plan(volume).is_some_and(|claim| rules::multi_attach_allowed(&claim.access_modes))
}

fn detach_unneeded(w: &mut World, volume: VolumeIx) {
    for at in 0..w.volumes.list[usize::from(volume)].attached.len() {
        let Attachment { node, unneeded } = w.volumes.list[usize::from(volume)].attached[at];
        let needed = !needed_by(w, volume, node).is_empty();
        if needed || is_busy(w, volume, node) {
            if needed {
                w.volumes.list[usize::from(volume)].attached[at].unneeded = None;
            }
            continue;
        }
        let since = unneeded.unwrap_or(w.now);
        w.volumes.list[usize::from(volume)].attached[at].unneeded = Some(since);
        let n = &w.nodes[node.ix()];
        let facts = Unneeded {
            in_use: w.volumes.list[usize::from(volume)].reported_in_use.contains(&node),
            healthy: n.is_ready(),
            out_of_service: n.spec.taints.iter().any(|taint| taint.key == rules::OUT_OF_SERVICE),
            since: w.now.since(since),
        };
        if rules::may_detach(facts) {
            operate(w, volume, node, false);
        } else if unneeded.is_none() {
            let over = since + rules::MAX_WAIT_FOR_UNMOUNT + Span::from_micros(1);
            w.at(next_on_grid(w.plan.start, rules::LOOP, over), SimEvent::AttachDetach);
        }
    }
}

fn attach_desired(w: &mut World, volume: VolumeIx) {
    let own = &w.volumes.list[usize::from(volume)];
    let mut nodes: Vec<NodeId> = own.users.iter().filter_map(|pod| w.pods[pod.ix()].node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.retain(|node| !needed_by(w, volume, *node).is_empty());
    w.volumes.list[usize::from(volume)].told.retain(|node| nodes.contains(node));
    for node in nodes {
        let own = &w.volumes.list[usize::from(volume)];
        if own.is_attached(node) || is_busy(w, volume, node) {
            continue;
        }
        if !shares(w, volume) && !own.attached.is_empty() {
            if !own.told.contains(&node) {
                w.volumes.list[usize::from(volume)].told.push(node);
                tell_multi_attach(w, volume, node);
            }
            continue;
        }
        operate(w, volume, node, true);
    }
}

/// `reportMultiAttachError`
fn tell_multi_attach(w: &mut World, volume: VolumeIx, node: NodeId) {
    let Some(name) = w.claim_plan(volume).map(|claim| claim.volume_name) else { return };
    let elsewhere: Vec<NodeId> =
        w.volumes.list[usize::from(volume)].attached.iter().map(|attachment| attachment.node).collect();
    let holders: Vec<(Sym, String)> = elsewhere
        .into_iter()
        .flat_map(|other| needed_by(w, volume, other))
        .map(|pod| (w.pods[pod.ix()].ident.namespace, w.pods[pod.ix()].ident.name.to_string()))
        .collect();
    for pod in needed_by(w, volume, node) {
        let words =
            rules::multi_attach_words(name, w.pods[pod.ix()].ident.namespace, &holders, &w.gates.habits);
        events::send(w, pod, Sym::ATTACH_DETACH, Note::warning(Sym::FAILED_ATTACH_VOLUME, words));
    }
}

/// The storage system begins to attach a volume to a node, or to detach it.
fn operate(w: &mut World, volume: VolumeIx, node: NodeId, attach: bool) {
    let Some(claim) = w.claim_plan(volume) else { return };
    let latency = if attach { claim.attach.clone() } else { claim.detach.clone() };
    let takes = sample(w, volume, &latency);
    w.volumes.list[usize::from(volume)].operations.push(node);
    w.after(takes, SimEvent::VolumeOperation { volume, node, attach });
}

/// A draw for a volume.
pub fn sample(w: &mut World, volume: VolumeIx, latency: &Distribution) -> Span {
    let own = &mut w.volumes.list[usize::from(volume)];
    own.draws += 1;
    let (object, number) = (own.object, own.draws);
    let object = &w.objects[object];
    let entity = crate::engine::random::entity(&["volume", &object.namespace, &object.name]);
    latency.sample(&mut w.draw(Purpose::VolumeOperation, entity, number))
}

/// The operation is over: the volume is attached, or no longer.
pub fn operation_done(w: &mut World, volume: VolumeIx, node: NodeId, attach: bool) {
    let own = &mut w.volumes.list[usize::from(volume)];
    own.operations.retain(|other| *other != node);
    own.attached.retain(|attachment| attachment.node != node);
    if attach {
        own.attached.push(Attachment { node, unneeded: None });
        let Some(name) = w.claim_plan(volume).map(|claim| claim.volume_name) else { return };
        for pod in needed_by(w, volume, node) {
            let words = rules::attached_words(name);
            events::send(w, pod, Sym::ATTACH_DETACH, Note::normal(Sym::SUCCESSFUL_ATTACH_VOLUME, words));
        }
    }
    round_at(w, w.now);
}
