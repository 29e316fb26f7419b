//! The names of living pods: no two have one.

use hashbrown::HashTable;

use super::PodId;

/// Pods by a key that is made of namespace and name; whoever finds one by it still compares the names.
#[derive(Clone, Debug, Default)]
pub struct Names(HashTable<PodId>);

impl Names {
    pub fn insert(&mut self, pod: PodId, key: u64, key_of: impl Fn(PodId) -> u64) {
        self.0.insert_unique(key, pod, |other| key_of(*other));
    }
    pub fn find(&self, key: u64, is_it: impl Fn(PodId) -> bool) -> Option<PodId> {
        self.0.find(key, |pod| is_it(*pod)).copied()
    }
    pub fn remove(&mut self, key: u64, pod: PodId) {
        if let Ok(found) = self.0.find_entry(key, |other| *other == pod) {
            found.remove();
        }
    }
}
