//! Which row of the structured observation an object has, and which target of the menu: for as long as it is there, the same.
//!
//! What comes takes the lowest place that is free, objects and nodes in the order of their creation, pods by number. What finds
//! none is not seen; the text observation has no such bound.

use crate::session::get;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, World};

/// Rows of pods.
pub const PODS: usize = 48;
/// Rows of objects that are no pods.
pub const OBJECTS: usize = 24;
/// Rows of nodes.
pub const NODES: usize = 8;
/// Targets of the menu: objects, nodes, pods.
pub const TARGETS: usize = OBJECTS + NODES + PODS;

/// Who stands where.
#[derive(Clone, Default)]
pub struct Places {
    pub(super) pods: Vec<Option<PodId>>,
    pub(super) objects: Vec<Option<ObjectKey>>,
    /// By number.
    pub(super) nodes: Vec<Option<usize>>,
}

/// What a target of the menu is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    Object(ObjectKey),
    Node(usize),
    Pod(PodId),
}

/// Whoever is gone leaves; whoever is new comes in.
fn follow<T: Copy + PartialEq>(
    places: &mut Vec<Option<T>>,
    most: usize,
    there: impl Iterator<Item = T> + Clone,
) {
    places.resize(most, None);
    for place in places.iter_mut() {
        if place.is_some_and(|own| !there.clone().any(|other| other == own)) {
            *place = None;
        }
    }
    for own in there {
        if !places.contains(&Some(own))
            && let Some(free) = places.iter_mut().find(|place| place.is_none())
        {
            *free = Some(own);
        }
    }
}

/// Kinds that have a row: those that a person would name, and not what they have made.
fn is_seen(w: &World, key: ObjectKey) -> bool {
    let is_kind = !matches!(
        key,
        ObjectKey::ControllerRevision(_) | ObjectKey::PersistentVolumeClaim(_) | ObjectKey::LimitRange(_)
    );
    is_kind && w.workloads.controller(key).is_none()
}

impl Places {
    /// As the cluster stands now.
    pub(super) fn follow(&mut self, w: &World) {
        let pods: Vec<PodId> = PodId::all(w.pods.len()).filter(|pod| w.pods[pod.ix()].exists).collect();
        follow(&mut self.pods, PODS, pods.into_iter());
        let objects: Vec<ObjectKey> = get::objects(w).filter(|key| is_seen(w, *key)).collect();
        follow(&mut self.objects, OBJECTS, objects.into_iter());
        let nodes: Vec<usize> = (0..w.nodes.len()).filter(|node| w.nodes[*node].exists).collect();
        follow(&mut self.nodes, NODES, nodes.into_iter());
    }

    /// Who stands at a target of the menu.
    pub(super) fn target(&self, target: usize) -> Option<Target> {
        let at = target.checked_sub(OBJECTS);
        match (at, at.and_then(|at| at.checked_sub(NODES))) {
            (None, _) => self.objects.get(target).copied().flatten().map(Target::Object),
            (Some(node), None) => self.nodes.get(node).copied().flatten().map(Target::Node),
            (_, Some(pod)) => self.pods.get(pod).copied().flatten().map(Target::Pod),
        }
    }
}
