//! The names and uids of living pods: no two have one.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::PodId;
use crate::api::Sym;
use crate::api::invariant::Invariant;
use crate::api::text::Uid;

/// Pods by a key that is made of namespace and name; whoever finds one by it still compares the names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pods: HashTable<PodId>,
    /// Those whose uid was made, by it.
    uids: HashTable<PodId>,
    /// Every namespace in which there was one: few.
    namespaces: Vec<Sym>,
}

/// What a pod is found by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Named {
    /// Made of namespace and name.
    pub key: u64,
    /// Its uid.
    pub uid: Uid,
}

/// A made uid is random all over.
fn key_of(uid: Uid) -> Option<u64> {
    match uid {
        Uid::Made([high, low]) => Some(high ^ low.rotate_left(32)),
        Uid::Given(_) => None,
    }
}

impl Names {
    /// A new one; `of` tells of a living pod.
    ///
    /// # Panics
    /// One lives that has its name, or its uid.
    pub fn insert(
        &mut self,
        pod: PodId,
        namespace: Sym,
        own: Named,
        is_its: impl Fn(PodId) -> bool,
        of: impl Fn(PodId) -> Named,
    ) {
        if !self.namespaces.contains(&namespace) {
            self.namespaces.push(namespace);
        }
        match self.pods.entry(own.key, |other| is_its(*other), |other| of(*other).key) {
            Entry::Vacant(free) => {
                free.insert(pod);
            }
            Entry::Occupied(taken) => {
                Invariant::NamesAreUnique.broken(&format!("{pod:?} and {:?}", taken.get()))
            }
        }
        let Some(key) = key_of(own.uid) else { return };
        match self.uids.entry(
            key,
            |other| of(*other).uid == own.uid,
            |other| key_of(of(*other).uid).unwrap_or(0),
        ) {
            Entry::Vacant(free) => {
                free.insert(pod);
            }
            Entry::Occupied(taken) => {
                Invariant::UidsAreUnique.broken(&format!("{pod:?} and {:?}", taken.get()))
            }
        }
    }
    pub fn find(&self, key: u64, is_it: impl Fn(PodId) -> bool) -> Option<PodId> {
        self.pods.find(key, |pod| is_it(*pod)).copied()
    }
    /// In the order in which they came.
    pub fn namespaces(&self) -> &[Sym] {
        &self.namespaces
    }
    pub fn remove(&mut self, own: Named, pod: PodId) {
        if let Ok(found) = self.pods.find_entry(own.key, |other| *other == pod) {
            found.remove();
        }
        if let Some(key) = key_of(own.uid)
            && let Ok(found) = self.uids.find_entry(key, |other| *other == pod)
        {
            found.remove();
        }
    }
}
