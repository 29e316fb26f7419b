//! Objects that select pods by labels, so that those of one pod are found without asking all.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::api::Sym;

/// A namespace, and one label of it; an empty key stands for all pods of the namespace.
type Place = (Sym, Sym, Sym);

/// Selecting objects of one kind, each under one of the labels that it asks for.
#[derive(Clone, Debug)]
pub struct ByLabel<I>(FxHashMap<Place, Vec<I>>);

impl<I> Default for ByLabel<I> {
    fn default() -> Self {
        ByLabel(FxHashMap::default())
    }
}

impl<I: Copy + Ord> ByLabel<I> {
    /// An object is found by labels that it asks for from now on, and by what it was found by before.
    pub fn put(&mut self, id: I, namespace: Sym, wanted: &BTreeMap<String, String>) {
        let none = (namespace, Sym::EMPTY, Sym::EMPTY);
        let labels = wanted.iter().map(|(key, value)| (namespace, Sym::new(key), Sym::new(value)));
        // Under the label that tells it best from others.
        let many = |label: &Place| self.0.get(label).map_or(0, Vec::len);
        let label = labels.min_by_key(many).unwrap_or(none);
        let there = self.0.entry(label).or_default();
        if !there.contains(&id) {
            there.push(id);
        }
    }
    /// An object is found no more, by whatever of these labels it was.
    pub fn remove(&mut self, id: I, namespace: Sym, wanted: &BTreeMap<String, String>) {
        let labels = wanted.iter().map(|(key, value)| (namespace, Sym::new(key), Sym::new(value)));
        for label in labels.chain([(namespace, Sym::EMPTY, Sym::EMPTY)]) {
            if let Some(there) = self.0.get_mut(&label) {
                there.retain(|other| *other != id);
                if there.is_empty() {
                    self.0.remove(&label);
                }
            }
        }
    }
    /// Objects that may select a pod with these labels, in the order of their numbers.
    pub fn of(&self, namespace: Sym, labels: &BTreeMap<String, String>) -> Vec<I> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let own = labels.iter().map(|(key, value)| (namespace, Sym::new(key), Sym::new(value)));
        let all = own.chain([(namespace, Sym::EMPTY, Sym::EMPTY)]);
        let mut found: Vec<I> = all.filter_map(|label| self.0.get(&label)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
