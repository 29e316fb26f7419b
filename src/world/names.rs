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

#[cfg(test)]
mod tests {
    use super::*;

    /// One pod lives; another comes that has this name and that uid.
    fn second(key: u64, uid: Uid) -> Names {
        let first = Named { key: 1, uid: Uid::Made([0, 7]) };
        let mut names = Names::default();
        names.insert(PodId(0), Sym::EMPTY, first, |_| false, |_| first);
        names.insert(PodId(1), Sym::EMPTY, Named { key, uid }, |_| key == first.key, |_| first);
        names
    }

    #[test]
    fn others_have_other_names() {
        let names = second(2, Uid::Made([0, 8]));
        assert_eq!((names.pods.len(), names.uids.len()), (2, 2));
    }

    #[test]
    #[should_panic(expected = "broken invariant, names of living pods are unique: PodId(1) and PodId(0)")]
    fn no_two_have_one_name() {
        second(1, Uid::Made([0, 8]));
    }

    #[test]
    #[should_panic(expected = "broken invariant, uids of living pods are unique: PodId(1) and PodId(0)")]
    fn no_two_have_one_uid() {
        second(2, Uid::Made([0, 7]));
    }
}
