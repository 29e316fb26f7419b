//! The names of living pods: no two have one.

use hashbrown::HashTable;

use super::PodId;
use crate::api::Sym;

/// Pods by a key that is made of namespace and name; whoever finds one by it still compares the names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pods: HashTable<PodId>,
    /// Every namespace in which there was one: few.
    namespaces: Vec<Sym>,
}

impl Names {
    pub fn insert(&mut self, pod: PodId, namespace: Sym, key: u64, key_of: impl Fn(PodId) -> u64) {
        if !self.namespaces.contains(&namespace) {
            self.namespaces.push(namespace);
        }
        self.pods.insert_unique(key, pod, |other| key_of(*other));
    }
    pub fn find(&self, key: u64, is_it: impl Fn(PodId) -> bool) -> Option<PodId> {
        self.pods.find(key, |pod| is_it(*pod)).copied()
    }
    /// In the order in which they came.
    pub fn namespaces(&self) -> &[Sym] {
        &self.namespaces
    }
    pub fn remove(&mut self, key: u64, pod: PodId) {
        if let Ok(found) = self.pods.find_entry(key, |other| *other == pod) {
            found.remove();
        }
    }
}
