//! VolumeBinding: claims must be bound, and a bound one keeps its pod where its volume can be reached.
//!
//! Source: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go (`PreFilter`, `Filter`,
//! `checkBoundClaims`, `FindPodVolumes`, `findMatchingVolumes`, `checkVolumeProvisions`),
//! pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go (`PreFilter`), 1.36.2. The surprises: a missing
//! claim is not reported by this plugin, VolumeRestrictions looks first; of claims that wait for their first pod
//! (`WaitForFirstConsumer`) the one that wants least chooses first, and where its volumes are out of reach a provisioner
//! makes one.

use super::selector::NodeTerm;
use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::Sym;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::gates::Gates;

/// A PersistentVolumeClaim as the scheduler's informers have it.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim<'a> {
    /// There is no such claim.
    Missing,
    /// It has no volume yet.
    Unbound,
    /// It has none yet, and gets one where its first pod goes (`WaitForFirstConsumer`).
    Delayed(Delayed<'a>),
    /// With the required node affinity of its volume: one of the terms must match; None: it can be reached from anywhere.
    Bound(Option<&'a [NodeTerm]>),
}

/// What a claim can get that waits for its first pod.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Delayed<'a> {
    /// How much it wants.
    pub request: Quantity,
    /// Volumes that serve it and are free, by number, the smallest first; each with the node affinity that it requires.
    pub offers: Vec<(usize, Option<&'a [NodeTerm]>)>,
    /// One that can be reached is made where none of these can.
    pub provisions: bool,
}

/// What the claims of a pod ask of a node.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wants<'a> {
    /// Node affinities of the volumes that claims are bound to.
    affinities: Vec<&'a [NodeTerm]>,
    /// Claims that wait, that which wants least first.
    delayed: Vec<Delayed<'a>>,
}

/// `PreFilter`: what stops the pod before any node is looked at, or what its claims ask of nodes.
pub fn pre_filter<'a>(
    pod: &PodRequest,
    claim: impl Fn(Sym, Sym) -> Claim<'a>,
) -> Result<Wants<'a>, (Reason, Plugin)> {
    let mut wants = Wants::default();
    let mut unbound = false;
    for name in &pod.claims {
        match claim(pod.namespace, *name) {
            Claim::Missing => return Err((Reason::ClaimNotFound(*name), Plugin::VolumeRestrictions)),
            Claim::Unbound => unbound = true,
            Claim::Delayed(delayed) => wants.delayed.push(delayed),
            Claim::Bound(affinity) => wants.affinities.extend(affinity),
        }
    }
    wants.delayed.sort_by(|a, b| a.request.cmp_value(b.request));
    if unbound { Err((Reason::UnboundClaims, Plugin::VolumeBinding)) } else { Ok(wants) }
}

/// `Filter`: each of the volumes must be within reach of the node, and claims that wait must find some there. Victims would
/// not help.
pub fn filter(
    wants: &Wants<'_>,
    node: &NodeInfo,
    gates: &Gates,
    reasons: &mut Vec<Reason>,
) -> Result<(), Rejection> {
    let before = reasons.len();
    if !wants.affinities.iter().all(|terms| reaches(terms, node)) {
        let plainly = gates.habits.says_volume_affinity_plainly;
        reasons.push(if plainly { Reason::VolumeAffinity } else { Reason::VolumeAffinityConflict });
    }
    if !wants.delayed.is_empty() && choose(&wants.delayed, node).is_none() {
        reasons.push(Reason::NoVolumes);
    }
    if reasons.len() == before {
        return Ok(());
    }
    Err(Rejection { plugin: Plugin::VolumeBinding, unresolvable: true })
}

fn reaches(terms: &[NodeTerm], node: &NodeInfo) -> bool {
    terms.iter().any(|term| term.matches(node.name, &node.labels))
}

/// The volumes that claims get on a node, in their order; None in it: one is made. None at all: some claim gets nothing.
pub fn choose(claims: &[Delayed<'_>], node: &NodeInfo) -> Option<Vec<Option<usize>>> {
    let mut chosen: Vec<Option<usize>> = Vec::with_capacity(claims.len());
    for claim in claims {
        let fits = |(volume, affinity): &&(usize, Option<&[NodeTerm]>)| {
            !chosen.contains(&Some(*volume)) && affinity.is_none_or(|terms| reaches(terms, node))
        };
        match claim.offers.iter().find(fits) {
            Some((volume, _)) => chosen.push(Some(*volume)),
            None if claim.provisions => chosen.push(None),
            None => return None,
        }
    }
    Some(chosen)
}
