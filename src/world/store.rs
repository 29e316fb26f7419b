//! What the API server stores of one kind of object.
//!
//! Everybody may read. Written is in one place, `actors::api_server`, because each write has to be versioned, recorded and
//! told to those who listen; a tidy test holds the house to it ([`Store::write`] and [`Store::add`] stand nowhere else).

use super::snug;

/// Objects in the order of their creation; their numbers stay theirs when they are gone.
#[derive(Clone, Debug)]
pub struct Store<T>(Vec<T>);

impl<T> Default for Store<T> {
    fn default() -> Store<T> {
        Store(Vec::new())
    }
}

impl<T> std::ops::Deref for Store<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> Store<T> {
    /// Of a world that was kept: these are its objects.
    pub fn of(objects: Vec<T>) -> Store<T> {
        Store(objects)
    }
    /// All of them, and their room.
    pub fn into_list(self) -> Vec<T> {
        self.0
    }
    /// An object that is about to be written.
    pub fn write(&mut self, ix: usize) -> &mut T {
        &mut self.0[ix]
    }
    pub fn add(&mut self, object: T) {
        snug::add(&mut self.0, object);
    }
    /// Makes room for so many.
    pub fn expect(&mut self, count: usize) {
        self.0.reserve_exact(count);
    }
}
