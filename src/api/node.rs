//! What a node is: names, labels, taints, room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sym;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

impl Effect {
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::NoSchedule => "NoSchedule",
            Effect::PreferNoSchedule => "PreferNoSchedule",
            Effect::NoExecute => "NoExecute",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taint {
    pub key: Sym,
    #[serde(default, skip_serializing_if = "Sym::skip")]
    pub value: Sym,
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
    pub name: Sym,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub unschedulable: bool,
    /// Resource name to exact amount in nano-units (`rules::machinery::quantity`): cpu cores, bytes, pods, others.
    pub capacity: BTreeMap<String, i128>,
    pub allocatable: BTreeMap<String, i128>,
    pub images: Vec<Sym>,
    /// `status.declaredFeatures`
    pub declared_features: Vec<Sym>,
}
