//! Whose a claim of a StatefulSet is: by its owner the garbage collector knows whether it goes with its pod, with the set,
//! or never.
//!
//! Source: `isClaimOwnerUpToDate`, `updateClaimOwnerRefForSetAndPod` in
//! pkg/controller/statefulset/stateful_set_utils.go; `PodClaimIsStale` in stateful_pod_control.go, 1.36.3.

use crate::api::stateful_set::{ClaimRetention, Retention, StatefulSet};
use crate::api::text::Uid;
use crate::api::{Meta, OwnerReference, Sym};
use crate::rules::controllers::ownership::{controller_ref, is_uid};

/// A pod as an owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodOwner {
    /// Its name, which the next pod of its number has too.
    pub name: Sym,
    /// Empty where it is not made yet.
    pub uid: Uid,
    /// Its number is beyond those that the set shall have.
    pub is_condemned: bool,
}

impl PodOwner {
    fn is_named(&self, owner: &OwnerReference) -> bool {
        owner.api_version == "v1" && owner.kind == "Pod" && owner.name == self.name
    }
    fn reference(&self) -> OwnerReference {
        OwnerReference {
            api_version: Sym::new("v1"),
            kind: Sym::new("Pod"),
            name: self.name,
            uid: self.uid.to_string(),
            controller: true,
            block_owner_deletion: true,
        }
    }
}

fn is_named(set: &Meta, owner: &OwnerReference) -> bool {
    owner.kind == "StatefulSet" && owner.api_version.as_str().starts_with("apps/") && owner.name == set.name
}

/// Whether a claim belongs to an earlier pod of the same name, with which it is going to go (`PodClaimIsStale`).
pub(super) fn is_stale(retention: ClaimRetention, owners: &[OwnerReference], pod: &PodOwner) -> bool {
    retention.when_scaled == Retention::Delete && belongs_to_earlier(owners, pod)
}

fn belongs_to_earlier(owners: &[OwnerReference], pod: &PodOwner) -> bool {
    owners.iter().find(|owner| pod.is_named(owner)).is_some_and(|owner| !is_uid(pod.uid, &owner.uid))
}

/// The owners that a claim shall have; None: it has them.
pub(super) fn owners(
    set: &StatefulSet,
    owners: &[OwnerReference],
    pod: &PodOwner,
) -> Option<Vec<OwnerReference>> {
    let set_is_earlier = owners.iter().find(|owner| is_named(&set.meta, owner));
    let set_is_earlier = set_is_earlier.is_some_and(|owner| !is_uid(set.meta.uid, &owner.uid));
    if set_is_earlier || belongs_to_earlier(owners, pod) {
        // It goes with an owner of old; nobody touches it.
        return None;
    }
    let retention = set.spec.retention;
    let is_set = |owner: &OwnerReference| is_uid(set.meta.uid, &owner.uid);
    let is_pod = |owner: &OwnerReference| is_uid(pod.uid, &owner.uid);
    let (of_set, of_pod) = (owners.iter().any(is_set), owners.iter().any(is_pod));
    let others =
        || owners.iter().filter(|one| !is_named(&set.meta, one) && !pod.is_named(one)).cloned().collect();
    if has_another_controller(set, owners, pod) {
        return (of_set || of_pod).then(others);
    }
    let (wants_set, wants_pod) = wanted(retention, pod.is_condemned);
    let is_no_controller = |owner: &OwnerReference| (is_set(owner) || is_pod(owner)) && !owner.controller;
    if (of_set, of_pod) == (wants_set, wants_pod) && !owners.iter().any(is_no_controller) {
        return None;
    }
    let mut owners: Vec<OwnerReference> = others();
    owners.extend(wants_set.then(|| controller_ref(&set.meta, "apps/v1", "StatefulSet")));
    owners.extend(wants_pod.then(|| pod.reference()));
    Some(owners)
}

/// Whether the set, and whether the pod, shall be the owner.
fn wanted(retention: ClaimRetention, is_condemned: bool) -> (bool, bool) {
    match (retention.when_scaled, retention.when_deleted) {
        (Retention::Retain, deleted) => (deleted == Retention::Delete, false),
        (Retention::Delete, Retention::Retain) => (false, is_condemned),
        (Retention::Delete, Retention::Delete) => (!is_condemned, is_condemned),
    }
}

/// Somebody else controls the claim (`hasUnexpectedController`); where it is kept anyway, that is no matter.
fn has_another_controller(set: &StatefulSet, owners: &[OwnerReference], pod: &PodOwner) -> bool {
    set.spec.retention != ClaimRetention::default()
        && owners.iter().any(|owner| {
            if is_named(&set.meta, owner) {
                !is_uid(set.meta.uid, &owner.uid)
            } else if pod.is_named(owner) {
                !is_uid(pod.uid, &owner.uid)
            } else {
                owner.controller
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_stateful_set::stateful_set;
    use serde_json::json;

    fn set(scaled: &str, deleted: &str) -> StatefulSet {
        stateful_set(&json!({ "metadata": { "name": "db", "uid": "u-set" }, "spec": {
            "persistentVolumeClaimRetentionPolicy": { "whenScaled": scaled, "whenDeleted": deleted } } }))
    }

    fn pod(uid: &str, is_condemned: bool) -> PodOwner {
        PodOwner { name: Sym::new("db-1"), uid: Uid::Given(Sym::new(uid)), is_condemned }
    }

    #[test]
    fn a_claim_belongs_to_whom_it_goes_with() {
        for (scaled, deleted, is_condemned, expected) in [
            ("Retain", "Retain", true, None),
            ("Retain", "Delete", true, Some("StatefulSet")),
            ("Delete", "Retain", false, None),
            ("Delete", "Retain", true, Some("Pod")),
            ("Delete", "Delete", false, Some("StatefulSet")),
            ("Delete", "Delete", true, Some("Pod")),
        ] {
            let (set, pod) = (set(scaled, deleted), pod("u-1", is_condemned));
            let made = owners(&set, &[], &pod);
            let kinds: Option<Vec<&str>> =
                made.as_ref().map(|owners| owners.iter().map(|owner| owner.kind.as_str()).collect());
            assert_eq!(kinds, expected.map(|kind| vec![kind]), "{scaled} {deleted} {is_condemned}");
            assert_eq!(owners(&set, &made.unwrap_or_default(), &pod), None, "and then it is so");
        }
    }

    #[test]
    fn who_is_scaled_down_and_up_again_gives_the_claim_back() {
        let (set, gone) = (set("Delete", "Delete"), pod("u-1", true));
        let given = owners(&set, &[], &gone).expect("the pod's");
        let back = owners(&set, &given, &pod("u-1", false)).expect("the set's");
        assert_eq!(back[0].kind, "StatefulSet");
        assert!(is_stale(set.spec.retention, &given, &pod("", false)), "it goes with the earlier pod");
        assert_eq!(owners(&set, &given, &pod("u-2", false)), None, "and is not touched");
        assert!(!is_stale(ClaimRetention::default(), &given, &pod("", false)));
    }

    #[test]
    fn another_controller_s_claim_is_left_to_it() {
        let other = OwnerReference {
            kind: Sym::new("X"),
            uid: "u-x".into(),
            controller: true,
            ..OwnerReference::default()
        };
        let (set, pod) = (set("Delete", "Delete"), pod("u-1", false));
        assert_eq!(owners(&set, std::slice::from_ref(&other), &pod), None);
        let both = [other.clone(), controller_ref(&set.meta, "apps/v1", "StatefulSet")];
        assert_eq!(owners(&set, &both, &pod), Some(vec![other]));
    }
}
