//! Where a pod goes: kube-scheduler's plugins of the default profile, and what they say when there is no place.
//!
//! One file for each plugin (or a family of small ones), in the order of
//! pkg/scheduler/apis/config/v1/default_plugins.go (1.36.2). A [`Cluster`] is what the scheduler knows of nodes and of
//! the pods on them; a [`PodRequest`] is what it needs to know of a pod, worked out once for all pods of a template.
//! [`schedule`] is one scheduling cycle: pre-filters, filters, scores, and preemption where no node is left. Ties are
//! broken by a draw, which is an argument.

pub mod amounts;
mod cluster;
mod cycle;
mod fast;
#[cfg(test)]
mod fast_test;
pub mod fit_error;
mod image_locality;
mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_declared_features;
pub mod node_name;
pub mod node_ports;
mod node_resources;
mod pod_topology_spread;
mod preemption;
#[cfg(test)]
mod preemption_test;
mod request;
mod score;
pub mod selector;
pub mod taint_toleration;
pub mod volume_binding;

pub use cluster::{Cluster, ClusterImages, NodeInfo, NodeIx, Nominated, PodIx};
pub use cycle::{Candidate, Outcome, Unschedulable, schedule};
pub use node_resources::has_room_when_empty;
pub use preemption::{Budget, Nomination, PodFacts, PostFilter};
pub use request::{PodRequest, RequestId, Term};

use crate::api::Sym;

/// The plugins of the default profile that can hold a pod back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Plugin {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    DynamicResources,
    DefaultPreemption,
    NodeDeclaredFeatures,
}

impl Plugin {
    pub const ALL: [Plugin; 16] = [
        Plugin::SchedulingGates,
        Plugin::NodeUnschedulable,
        Plugin::NodeName,
        Plugin::TaintToleration,
        Plugin::NodeAffinity,
        Plugin::NodePorts,
        Plugin::NodeResourcesFit,
        Plugin::VolumeRestrictions,
        Plugin::NodeVolumeLimits,
        Plugin::VolumeBinding,
        Plugin::VolumeZone,
        Plugin::PodTopologySpread,
        Plugin::InterPodAffinity,
        Plugin::DynamicResources,
        Plugin::DefaultPreemption,
        Plugin::NodeDeclaredFeatures,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Plugin::SchedulingGates => "SchedulingGates",
            Plugin::NodeUnschedulable => "NodeUnschedulable",
            Plugin::NodeName => "NodeName",
            Plugin::TaintToleration => "TaintToleration",
            Plugin::NodeAffinity => "NodeAffinity",
            Plugin::NodePorts => "NodePorts",
            Plugin::NodeResourcesFit => "NodeResourcesFit",
            Plugin::VolumeRestrictions => "VolumeRestrictions",
            Plugin::NodeVolumeLimits => "NodeVolumeLimits",
            Plugin::VolumeBinding => "VolumeBinding",
            Plugin::VolumeZone => "VolumeZone",
            Plugin::PodTopologySpread => "PodTopologySpread",
            Plugin::InterPodAffinity => "InterPodAffinity",
            Plugin::DynamicResources => "DynamicResources",
            Plugin::DefaultPreemption => "DefaultPreemption",
            Plugin::NodeDeclaredFeatures => "NodeDeclaredFeatures",
        }
    }
}

/// A set of plugins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PluginSet(u16);

impl PluginSet {
    pub fn insert(&mut self, plugin: Plugin) {
        self.0 |= 1 << plugin as u16;
    }
    pub fn contains(self, plugin: Plugin) -> bool {
        self.0 & (1 << plugin as u16) != 0
    }
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub fn iter(self) -> impl Iterator<Item = Plugin> {
        Plugin::ALL.into_iter().filter(move |plugin| self.contains(*plugin))
    }
}

/// Why a node does not take a pod, in upstream's words ([`fit_error`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    Unschedulable,
    NodeName,
    Taints,
    Taint {
        key: Sym,
        value: Sym,
    },
    NodeAffinity,
    AffinityConflict,
    /// Not among the nodes that a plugin's `PreFilter` leaves.
    NotSatisfied(Plugin),
    Ports,
    TooManyPods,
    Insufficient(Sym),
    ClaimNotFound(Sym),
    UnboundClaims,
    VolumeAffinity,
    VolumeAffinityConflict,
    Spread,
    SpreadLabel,
    Affinity,
    AntiAffinity,
    ExistingAntiAffinity,
    DeclaredFeatures,
    NoVictims,
    NotHelpful,
    Other(Sym),
}

/// A filter's no: the first plugin that says it is the only one to report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rejection {
    pub plugin: Plugin,
    /// `UnschedulableAndUnresolvable`: taking pods from the node would not help.
    pub unresolvable: bool,
}
