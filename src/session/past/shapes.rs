//! What many things have in common, held once and found again by its place.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::{BuildHasher, Hash};

/// Shapes in the order in which they came: those that come often mostly come early, and early places are small numbers.
#[derive(Clone)]
pub(super) struct Shapes<T> {
    list: Vec<T>,
    places: HashTable<u32>,
}

impl<T> Default for Shapes<T> {
    fn default() -> Shapes<T> {
        Shapes { list: Vec::new(), places: HashTable::new() }
    }
}

fn hash(shape: &impl Hash) -> u64 {
    FxBuildHasher.hash_one(shape)
}

impl<T: Copy + Eq + Hash> Shapes<T> {
    /// The place of a shape, which is new there or has been met before.
    pub(super) fn place(&mut self, shape: &T) -> u64 {
        let list = &mut self.list;
        let entry = self.places.entry(
            hash(shape),
            |place| list[*place as usize] == *shape,
            |place| hash(&list[*place as usize]),
        );
        let place = *entry.or_insert_with(|| list.len() as u32).get();
        if place as usize == list.len() {
            list.push(*shape);
        }
        u64::from(place)
    }

    /// What stands at a place.
    pub(super) fn at(&self, place: u64) -> T {
        self.list[place as usize]
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}
