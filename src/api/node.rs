//! What a node is: names, labels, taints, room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sym;

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Effect {
    /// They are not placed there.
    NoSchedule,
    /// They are rather placed elsewhere.
    PreferNoSchedule,
    /// They are not placed there, and those that run there are evicted.
    NoExecute,
}

impl Effect {
    /// As Kubernetes spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::NoSchedule => "NoSchedule",
            Effect::PreferNoSchedule => "PreferNoSchedule",
            Effect::NoExecute => "NoExecute",
        }
    }
}

/// A taint of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taint {
    /// Its key.
    pub key: Sym,
    /// Its value; may be empty.
    #[serde(default, skip_serializing_if = "Sym::skip")]
    pub value: Sym,
    /// What it does.
    pub effect: Effect,
}

impl Sym {
    /// For serde: empty texts are left out.
    pub fn skip(&self) -> bool {
        self.is_empty()
    }
}

/// What the scheduler and the kubelet's admission know of a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeSpec {
    /// `metadata.name`
    pub name: Sym,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// `spec.taints`
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    /// Resource name to exact amount in nano-units (`rules::machinery::quantity`): cpu cores, bytes, pods, others.
    pub capacity: BTreeMap<String, i128>,
    /// By resource, in nano-units.
    pub allocatable: BTreeMap<String, i128>,
    /// Those that are there before any pull.
    pub images: Vec<Sym>,
    /// `status.declaredFeatures`
    pub declared_features: Vec<Sym>,
}
