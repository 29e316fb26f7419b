//! VolumeBinding: claims must be bound, and a bound one keeps its pod where its volume can be reached.
//!
//! Source: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go (`PreFilter`, `Filter`,
//! `checkBoundClaims`), pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go (`PreFilter`), 1.36.2.
//! Of claims with `WaitForFirstConsumer` those are modelled whose volumes a provisioner makes, which stop no pod anywhere;
//! where volumes are there already, such a claim is bound at once. The surprise: a missing claim is not reported by this
//! plugin, VolumeRestrictions looks first.

use super::selector::NodeTerm;
use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::Sym;
use crate::rules::versions::gates::Gates;

/// A PersistentVolumeClaim as the scheduler's informers have it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Claim<'a> {
    /// There is no such claim.
    Missing,
    /// It has no volume yet.
    Unbound,
    /// It has none yet, and gets one that can be reached from wherever its first pod goes (`WaitForFirstConsumer`).
    Delayed,
    /// With the required node affinity of its volume: one of the terms must match; None: it can be reached from anywhere.
    Bound(Option<&'a [NodeTerm]>),
}

/// `PreFilter`: what stops the pod before any node is looked at, or the node affinities of its volumes.
pub fn pre_filter<'a>(
    pod: &PodRequest,
    claim: impl Fn(Sym, Sym) -> Claim<'a>,
) -> Result<Vec<&'a [NodeTerm]>, (Reason, Plugin)> {
    let mut affinities = Vec::new();
    let mut unbound = false;
    for name in &pod.claims {
        match claim(pod.namespace, *name) {
            Claim::Missing => return Err((Reason::ClaimNotFound(*name), Plugin::VolumeRestrictions)),
            Claim::Unbound => unbound = true,
            Claim::Delayed => {}
            Claim::Bound(affinity) => affinities.extend(affinity),
        }
    }
    if unbound { Err((Reason::UnboundClaims, Plugin::VolumeBinding)) } else { Ok(affinities) }
}

/// `Filter`: each of the volumes must be within reach of the node. Victims would not help.
pub fn filter(
    affinities: &[&[NodeTerm]],
    node: &NodeInfo,
    gates: &Gates,
    reasons: &mut Vec<Reason>,
) -> Result<(), Rejection> {
    let reaches = |terms: &&[NodeTerm]| terms.iter().any(|term| term.matches(node.name, &node.labels));
    if affinities.iter().all(reaches) {
        return Ok(());
    }
    let plainly = gates.habits.says_volume_affinity_plainly;
    reasons.push(if plainly { Reason::VolumeAffinity } else { Reason::VolumeAffinityConflict });
    Err(Rejection { plugin: Plugin::VolumeBinding, unresolvable: true })
}
