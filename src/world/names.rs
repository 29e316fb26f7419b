//! The names of living pods: no two have one.

use hashbrown::HashTable;

use super::{Pod, PodId};

/// Pods by the key of their streams, which is made of namespace and name; whoever finds one by it still compares the names.
#[derive(Clone, Debug, Default)]
pub struct Names(HashTable<PodId>);

impl Names {
    pub fn insert(&mut self, pods: &[Pod], pod: PodId) {
        self.0.insert_unique(pods[pod.ix()].entity, pod, |other| pods[other.ix()].entity);
    }
    pub fn find(&self, entity: u64, is_it: impl Fn(PodId) -> bool) -> Option<PodId> {
        self.0.find(entity, |pod| is_it(*pod)).copied()
    }
    pub fn remove(&mut self, entity: u64, pod: PodId) {
        if let Ok(found) = self.0.find_entry(entity, |other| *other == pod) {
            found.remove();
        }
    }
}
