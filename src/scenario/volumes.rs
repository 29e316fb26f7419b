//! PersistentVolumes and StorageClasses that `[[apply]]` brings: what claims can be bound to.

use std::sync::Arc;

use serde_json::Value;

use super::plan::{ClaimPlan, Provisioned};
use crate::api::Sym;
use crate::engine::Distribution;
use crate::rules::controllers::claim_binding::{Offered, Wanted};
use crate::rules::kubelet::volume_ownership;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::scheduler::placement::selector::NodeTerm;
use crate::time::{Span, Time};

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// In the order of the files.
    pub volumes: Vec<VolumePlan>,
    /// In the order of the files.
    pub classes: Vec<ClassPlan>,
}

/// A PersistentVolume.
#[derive(Clone, Debug)]
pub struct VolumePlan {
    /// When it comes; [`Time::FAR`]: it is gone.
    pub at: Time,
    /// Its name.
    pub name: Sym,
    /// What it offers.
    pub offered: Offered,
    /// `metadata` of its manifest.
    pub metadata: Value,
    /// `spec` of its manifest.
    pub spec: Value,
    /// Required node affinity: one of the terms must match; None: it can be reached from anywhere.
    pub node_affinity: Option<Vec<NodeTerm>>,
    /// It is a disk that has to be attached to a node; what lies on a node or on the network has not.
    pub is_attached: bool,
    /// It is of a kind that no kubelet mounts any more.
    pub has_no_plugin: bool,
}

/// A StorageClass.
#[derive(Clone, Debug)]
pub struct ClassPlan {
    /// When it comes.
    pub at: Time,
    /// Its manifest.
    pub manifest: Arc<Value>,
    /// Its name.
    pub name: Sym,
    /// Claims that name no class are of this one.
    pub is_default: bool,
    /// Volumes are made when there is none.
    pub provisions: bool,
    /// Who makes them.
    pub provisioner: Sym,
    /// What becomes of them without their claims.
    pub reclaim_policy: Sym,
    /// Claims are bound when a pod that uses them has got a node.
    pub waits_for_pods: bool,
}

impl Storage {
    /// The class of a claim: the one that it names (`""`: none), or the default one.
    fn class_of(&self, named: Option<&str>) -> Sym {
        let default = || self.classes.iter().rev().find(|class| class.is_default);
        named.map_or_else(|| default().map_or(Sym::EMPTY, |class| class.name), Sym::new)
    }
    /// What a claim with this spec wants.
    pub fn wanted(&self, namespace: Sym, name: Sym, spec: &Value) -> Wanted {
        Wanted {
            namespace,
            name,
            class: self.class_of(spec["storageClassName"].as_str()),
            modes: words(&spec["accessModes"]),
            request: quantity(&spec["resources"]["requests"]["storage"]),
        }
    }
    /// How claims of a class come to their volumes that wait for their first pod; None: they do not.
    pub fn provisioned(&self, class: Sym) -> Option<Provisioned> {
        let class = self.class(class).filter(|class| class.waits_for_pods)?;
        Some(Provisioned { by: class.provisioner, takes: PROVISION })
    }
    /// What is known of a class.
    pub fn class(&self, name: Sym) -> Option<&ClassPlan> {
        self.classes.iter().find(|class| class.name == name)
    }
}

/// The words of a list.
pub(super) fn words(value: &Value) -> Vec<Sym> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Sym::new).collect()
}

/// `5Gi`
pub(super) fn quantity(value: &Value) -> Option<Quantity> {
    value.as_str().and_then(|text| Quantity::parse(text).ok())
}

/// What making a volume takes where nobody says it.
const PROVISION: Distribution = Distribution::Constant(Span::from_secs(2));

/// What attaching or detaching a volume takes where nobody says it.
pub(super) const ATTACH: Distribution = Distribution::Constant(Span::from_secs(2));

impl ClaimPlan {
    /// Of a claim of which nothing is said but what it wants; `volume` is the one that it has got.
    pub fn of(volume_name: Sym, access_modes: Vec<Sym>, volume: Option<&VolumePlan>) -> ClaimPlan {
        let is_attached = volume.is_none_or(|volume| volume.is_attached);
        ClaimPlan {
            bound_at: None,
            spec: Arc::default(),
            metadata: Arc::default(),
            provisioned: None,
            volume_name: volume.map_or(volume_name, |volume| volume.name),
            access_modes: if is_attached { access_modes } else { Vec::new() },
            node_affinity: volume.and_then(|volume| volume.node_affinity.clone()),
            has_no_plugin: volume.is_some_and(|volume| volume.has_no_plugin),
            attach: ATTACH,
            detach: ATTACH,
            mount: None,
            files: None,
            fs_group_change: Distribution::Constant(volume_ownership::takes(0)),
        }
    }
}
