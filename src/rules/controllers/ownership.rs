//! Whose an object is: a controller adopts orphans that its selector matches, and lets go of what no longer matches.
//!
//! Source: `ClaimObject`, pkg/controller/controller_ref_manager.go; `NewControllerRef`,
//! staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go, 1.36.3.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::spec::LabelSelector;
use crate::api::text::Uid;
use crate::api::{Meta, OwnerReference, Sym};
use crate::rules::scheduler::placement::selector::{self, Selector};

/// Who controls an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// Nobody: it is an orphan.
    Nobody,
    /// The one that asks.
    Me,
    /// Another one.
    Another,
}

/// What becomes of an object that a controller looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// It is not its business.
    Ignore,
    /// It is its own.
    Mine,
    /// It becomes its own by a patch; before the first one of a sync the controller asks the API whether it is being
    /// deleted itself.
    Adopt,
    /// It is let go by a patch; that it is gone or invalid is no error then.
    Release,
}

/// Whether an object is the controller's, becomes it, or stops to be it (`ClaimObject`). Both are in one namespace.
pub fn claim(holder: Holder, matches: bool, owner_deleted: bool, object_deleted: bool) -> Claim {
    match holder {
        Holder::Another => Claim::Ignore,
        Holder::Me if matches => Claim::Mine,
        Holder::Me if owner_deleted => Claim::Ignore,
        Holder::Me => Claim::Release,
        Holder::Nobody if matches && !owner_deleted && !object_deleted => Claim::Adopt,
        Holder::Nobody => Claim::Ignore,
    }
}

/// Who controls an object with these owners, for the one with this uid (`GetControllerOf`).
pub fn holder(owners: &[OwnerReference], me: Uid) -> Holder {
    match owners.iter().find(|owner| owner.controller) {
        None => Holder::Nobody,
        Some(owner) if is_uid(me, &owner.uid) => Holder::Me,
        Some(_) => Holder::Another,
    }
}

/// Whether a selector matches these labels (`LabelSelectorAsSelector`).
pub fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    Selector::compile(Some(selector)).matches(&selector::labels(labels))
}

/// Whether a uid is spelled so.
pub fn is_uid(uid: Uid, text: &str) -> bool {
    match uid {
        Uid::Given(given) => given.as_str() == text,
        Uid::Made(_) => uid.to_string() == text,
    }
}

/// The reference by which an object says who controls it (`NewControllerRef`).
pub fn controller_ref(owner: &Meta, api_version: &str, kind: &str) -> OwnerReference {
    OwnerReference {
        api_version: Sym::new(api_version),
        kind: Sym::new(kind),
        name: owner.name,
        uid: owner.uid.to_string(),
        controller: true,
        block_owner_deletion: true,
    }
}

/// An object's owners once it is adopted (`AdoptPod`): the patch merges them by uid.
pub fn adopted(owners: &[OwnerReference], by: OwnerReference) -> Arc<Vec<OwnerReference>> {
    let mut owners: Vec<OwnerReference> = owners.iter().filter(|one| one.uid != by.uid).cloned().collect();
    owners.push(by);
    Arc::new(owners)
}

/// An object's owners once it is let go (`ReleasePod`).
pub fn released(owners: &[OwnerReference], by: Uid) -> Arc<Vec<OwnerReference>> {
    Arc::new(owners.iter().filter(|one| !is_uid(by, &one.uid)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_those_of_the_table() {
        use Claim::{Adopt, Ignore, Mine, Release};
        // holder, matches, owner deleted, object deleted
        for (holder, matches, owner, object, expected) in [
            (Holder::Another, true, false, false, Ignore),
            (Holder::Me, true, false, false, Mine),
            (Holder::Me, true, true, true, Mine),
            (Holder::Me, false, false, true, Release),
            (Holder::Me, false, true, false, Ignore),
            (Holder::Nobody, true, false, false, Adopt),
            (Holder::Nobody, true, true, false, Ignore),
            (Holder::Nobody, true, false, true, Ignore),
            (Holder::Nobody, false, false, false, Ignore),
        ] {
            assert_eq!(
                claim(holder, matches, owner, object),
                expected,
                "{holder:?} {matches} {owner} {object}"
            );
        }
    }

    #[test]
    fn adopting_and_letting_go_change_the_owners() {
        let me = Uid::Made([1, 2]);
        let other = OwnerReference { uid: "other".into(), ..OwnerReference::default() };
        let mine = OwnerReference { uid: me.to_string(), controller: true, ..OwnerReference::default() };
        assert_eq!(holder(std::slice::from_ref(&other), me), Holder::Nobody);
        let owners = adopted(std::slice::from_ref(&other), mine);
        assert_eq!(holder(&owners, me), Holder::Me);
        assert_eq!(holder(&owners, Uid::Made([1, 3])), Holder::Another);
        assert_eq!(*released(&owners, me), [other]);
    }
}
