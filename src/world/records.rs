//! Pods' lives in figures, for whoever reads them when the run is over.
//!
//! Nothing in a run goes by them. So a world that only looks ahead or back ([`Records::unasked`]) has none: what is written there
//! goes into one figure that nobody reads.

use std::ops::{Deref, Index, IndexMut};

use super::pieced::{Apart, Pieced};
use crate::record::PodRecord;

/// See the module's page. By pod.
#[derive(Clone, Debug, Default)]
pub struct Records {
    list: Pieced<PodRecord>,
    /// Where nobody asks: what is written, and forgotten by the next that comes.
    unasked: Option<Box<PodRecord>>,
}

impl Records {
    /// These, as far as they are known.
    pub fn of(list: Vec<PodRecord>) -> Records {
        Records { list: Pieced::of(list), unasked: None }
    }
    /// Those of a world that nobody asks.
    pub fn unasked() -> Records {
        Records { list: Pieced::default(), unasked: Some(Box::default()) }
    }
    /// All of them, and their room.
    pub fn into_list(self) -> Vec<PodRecord> {
        self.list.into_list()
    }
    /// One more pod.
    pub fn add(&mut self, record: PodRecord) {
        if self.unasked.is_none() {
            self.list.add(record);
        }
    }
    /// Makes room for so many.
    pub fn expect(&mut self, count: usize) {
        self.list.expect(count);
    }
    /// How they were when they were told to hold that.
    pub fn held(&self) -> Option<&Apart<PodRecord>> {
        self.list.held()
    }
    /// The list itself, for whoever goes to another place of the run.
    pub fn pieced(&mut self) -> &mut Pieced<PodRecord> {
        &mut self.list
    }
}

impl Deref for Records {
    type Target = [PodRecord];
    fn deref(&self) -> &[PodRecord] {
        &self.list
    }
}

impl Index<usize> for Records {
    type Output = PodRecord;
    fn index(&self, pod: usize) -> &PodRecord {
        self.unasked.as_deref().unwrap_or_else(|| &self.list[pod])
    }
}

/// A pod's, which is about to be written.
impl IndexMut<usize> for Records {
    #[inline]
    fn index_mut(&mut self, pod: usize) -> &mut PodRecord {
        match &mut self.unasked {
            None => &mut self.list[pod],
            Some(unasked) => {
                **unasked = PodRecord::default();
                unasked
            }
        }
    }
}
