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
pub(crate) mod node_affinity;
pub(crate) mod node_declared_features;
pub(crate) mod node_name;
pub(crate) mod node_ports;
mod node_resources;
mod pod_topology_spread;
mod preemption;
#[cfg(test)]
mod preemption_test;
mod request;
mod score;
pub(crate) mod selector;
pub(crate) mod taint_toleration;
pub mod volume_binding;

pub use cluster::Cluster;
pub(crate) use cluster::{ClusterImages, NodeInfo, NodeIx};
pub(crate) use cycle::Unschedulable;
pub use cycle::{Candidate, Outcome, schedule};
pub(crate) use node_resources::has_room_when_empty;
pub(crate) use preemption::PostFilter;
pub use preemption::{Budget, Nomination, PodFacts};
pub use request::PodRequest;
pub(crate) use request::{RequestId, Term};

use crate::api::Sym;

/// The plugins of the default profile that can hold a pod back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Plugin {
    /// The pod may be looked at.
    SchedulingGates,
    /// The node is not cordoned.
    NodeUnschedulable,
    /// It is the one that the pod names.
    NodeName,
    /// Its taints are tolerated.
    TaintToleration,
    /// Its labels fit selector and affinity.
    NodeAffinity,
    /// Ports of the host are free.
    NodePorts,
    /// It has room.
    NodeResourcesFit,
    /// Volumes may be used once more.
    VolumeRestrictions,
    /// It takes more volumes.
    NodeVolumeLimits,
    /// Claims are bound, and their volumes within reach.
    VolumeBinding,
    /// Volumes are in its zone.
    VolumeZone,
    /// Pods stay spread.
    PodTopologySpread,
    /// Pods that belong together are, others are not.
    InterPodAffinity,
    /// It has the devices that are claimed.
    DynamicResources,
    /// Room is made where there is none.
    DefaultPreemption,
    /// It declares what the pod needs.
    NodeDeclaredFeatures,
}

impl Plugin {
    /// In the order of their numbers in a [`PluginSet`].
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

    /// Kubernetes' name for it.
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct PluginSet(u16);

impl PluginSet {
    /// Puts one in.
    pub fn insert(&mut self, plugin: Plugin) {
        self.0 |= 1 << plugin as u16;
    }
    /// Whether it is in.
    pub fn contains(self, plugin: Plugin) -> bool {
        self.0 & (1 << plugin as u16) != 0
    }
    /// Whether none is in.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// In their order.
    pub fn iter(self) -> impl Iterator<Item = Plugin> {
        Plugin::ALL.into_iter().filter(move |plugin| self.contains(*plugin))
    }
}

/// Why a node does not take a pod, in upstream's words ([`fit_error`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It is cordoned.
    Unschedulable,
    /// The pod names another.
    NodeName,
    /// It has taints that the pod does not tolerate; which ones, some versions do not say.
    Taints,
    /// It has this taint, which the pod does not tolerate.
    Taint {
        /// The taint's.
        key: Sym,
        /// The taint's.
        value: Sym,
    },
    /// The pod's selector or affinity excludes it.
    NodeAffinity,
    /// The pod names nodes, and terms exclude each other.
    AffinityConflict,
    /// Not among the nodes that a plugin's `PreFilter` leaves.
    NotSatisfied(Plugin),
    /// A port of the host is taken.
    Ports,
    /// It takes no more pods.
    TooManyPods,
    /// It has too little of this.
    Insufficient(Sym),
    /// There is no claim of this name.
    ClaimNotFound(Sym),
    /// A claim is not bound yet.
    UnboundClaims,
    /// The claim's volume cannot be reached from it.
    VolumeAffinity,
    /// The same, in the words of other versions.
    VolumeAffinityConflict,
    /// No volume that a waiting claim could get can be reached from it.
    NoVolumes,
    /// Pods would be spread too unevenly.
    Spread,
    /// It lacks the label that pods are spread by.
    SpreadLabel,
    /// Pods that the pod wants to be with are not there.
    Affinity,
    /// Pods that the pod does not want to be with are there.
    AntiAffinity,
    /// Pods are there that do not want to be with the pod.
    ExistingAntiAffinity,
    /// It does not declare a feature that the pod needs.
    DeclaredFeatures,
    /// Nobody there has a lower priority.
    NoVictims,
    /// Preemption would not help.
    NotHelpful,
    /// In other words.
    Other(Sym),
}

/// A filter's no: the first plugin that says it is the only one to report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// Which one said it.
    pub plugin: Plugin,
    /// `UnschedulableAndUnresolvable`: taking pods from the node would not help.
    pub unresolvable: bool,
}
