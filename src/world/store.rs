//! What the API server stores of one kind of object.
//!
//! Everybody may read. Written is in one place, `actors::api_server`, because each write has to be versioned, recorded and
//! told to those who listen; a tidy test holds the house to it ([`Store::write`] and [`Store::add`] stand nowhere else).

use super::pieced::{Apart, Pieced};

/// Objects in the order of their creation; their numbers stay theirs when they are gone.
#[derive(Clone, Debug)]
pub struct Store<T>(Pieced<T>);

impl<T> Default for Store<T> {
    fn default() -> Store<T> {
        Store(Pieced::default())
    }
}

impl<T> std::ops::Deref for Store<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> Store<T> {
    pub fn add(&mut self, object: T) {
        self.0.add(object);
    }
    /// Makes room for so many.
    pub fn expect(&mut self, count: usize) {
        self.0.expect(count);
    }
    /// How it was when it was told to hold that.
    pub fn held(&self) -> Option<&Apart<T>> {
        self.0.held()
    }
    /// About how many of them have been put aside since.
    pub fn aside(&self) -> usize {
        self.0.aside()
    }
    /// The list itself, for whoever goes to another place of the run.
    pub fn pieced(&mut self) -> &mut Pieced<T> {
        &mut self.0
    }
}

impl<T: Clone> Store<T> {
    /// An object that is about to be written.
    pub fn write(&mut self, ix: usize) -> &mut T {
        &mut self.0[ix]
    }
}
