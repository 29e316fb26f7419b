//! The volumes that claims are bound to: where they are attached, who needs them, and what of that is under way.

use std::collections::{BTreeMap, BTreeSet};

use super::{NodeId, PodId, World};
use crate::api::handle::handle;
use crate::scenario::plan::{ClaimPlan, ObjectKind, Plan};
use crate::time::{Span, Time};

handle! {
    /// Number of a volume: its place in [`Volumes::list`].
    VolumeIx(u32)
}

handle! {
    /// Place of a claim in [`ClaimMounts::claims`].
    ClaimIx(u32)
}

#[derive(Clone, Debug, Default)]
pub struct Volumes {
    /// One for each claim of the scenario, in its order; then those of claims that are made.
    pub list: Vec<Volume>,
    /// The next round of the attach/detach controller that is queued.
    pub round: Option<Time>,
    /// The scenario's volumes that claims have got while it runs, or that are kept for one.
    pub taken: BTreeSet<usize>,
    /// By claim, its place among the objects: the volume that the scheduler keeps for it until its pod is bound.
    pub assumed: BTreeMap<usize, usize>,
    /// By claim, its place among the objects: the node for whose pod it gets a volume, and whether that is there.
    pub selected: BTreeMap<usize, (NodeId, bool)>,
}

/// The volume of a claim.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its claim's place among the objects.
    pub object: usize,
    pub attached: Vec<Attachment>,
    /// Nodes to which it is being attached or from which it is being detached.
    pub operations: Vec<NodeId>,
    /// Nodes whose status counts it among `volumesInUse`.
    pub reported_in_use: Vec<NodeId>,
    /// Nodes whose pods have been told that it is attached elsewhere.
    pub told: Vec<NodeId>,
    /// Pods with a node that refer to it.
    pub users: Vec<PodId>,
    /// The group of its root directory, once a mount has set it.
    pub group: Option<i64>,
    /// Draws made for it so far.
    pub draws: u64,
}

/// A volume on a node.
#[derive(Clone, Copy, Debug)]
pub struct Attachment {
    pub node: NodeId,
    /// Since when nobody has needed it there.
    pub unneeded: Option<Time>,
}

/// How far a pod's claims are.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimMounts {
    /// All other volumes of the pod are mounted.
    pub others: bool,
    pub claims: Vec<ClaimMount>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClaimMount {
    pub volume: VolumeIx,
    pub stage: MountStage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MountStage {
    /// The node's status does not count the volume among `volumesInUse` yet.
    NotInUse,
    /// The node's status did not say that the volume is attached when it was looked at, so many times.
    NotAttached {
        looks: u32,
    },
    Mounting,
    /// Its files get the pod's group.
    Ownership {
        began: Time,
        takes: Span,
    },
    Mounted,
}

impl Volumes {
    pub fn of(plan: &Plan) -> Volumes {
        let claims = plan.objects.iter().enumerate().filter(|(_, object)| object.claim.is_some());
        Volumes { list: claims.map(|(object, _)| Volume::of(object)).collect(), ..Volumes::default() }
    }
}

impl Volume {
    /// Of the claim at this place among the objects; nothing has become of it yet.
    pub fn of(object: usize) -> Volume {
        Volume {
            object,
            attached: Vec::new(),
            operations: Vec::new(),
            reported_in_use: Vec::new(),
            told: Vec::new(),
            users: Vec::new(),
            group: None,
            draws: 0,
        }
    }
    pub fn is_attached(&self, node: NodeId) -> bool {
        self.attached.iter().any(|attachment| attachment.node == node)
    }
}

impl World {
    /// What is known of a volume and its claim.
    pub fn claim_plan(&self, volume: VolumeIx) -> Option<&ClaimPlan> {
        let object = self.volumes.list.get(usize::from(volume))?.object;
        self.objects[object].claim.as_deref()
    }
    /// Whether a volume has to be attached to a node before it can be mounted there.
    pub fn is_attachable(&self, volume: VolumeIx) -> bool {
        self.claim_plan(volume).is_some_and(|claim| !claim.access_modes.is_empty())
    }
    /// The volumes of a pod's claims, as far as the scenario describes them.
    pub fn volumes_of(&self, pod: PodId) -> Vec<VolumeIx> {
        if self.volumes.list.is_empty() {
            return Vec::new();
        }
        let p = &self.pods[pod.ix()];
        let claims = p.spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref());
        let named = claims.filter_map(|claim| {
            let kind = ObjectKind::PersistentVolumeClaim;
            let object = self.find_object(kind, p.ident.namespace, &claim.claim_name)?;
            self.volumes.list.iter().position(|volume| volume.object == object)
        });
        named.map(VolumeIx::new).collect()
    }
}
