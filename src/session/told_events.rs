//! The event objects of a run as far as it has come, each once, by the instant at which it was told last: where they stand among
//! the rows. A fleet has a million of them, of which a screen shows twenty: only these are spelled.

use super::Walk;
use crate::record::{Change, ObjectChange, Transition};

/// Rows that tell of events, looked through up to a place.
#[derive(Default)]
pub struct ToldEvents {
    /// How many rows have been looked at.
    looked: usize,
    /// Those that tell of an event: the row, and the event object's number.
    rows: Vec<(u32, u32)>,
    /// By the event object's number: the first row that tells of it, and the last; of most a run has one.
    ends: Vec<(u32, u32)>,
}

/// In the place of the rows of an event of which nothing has been told.
const NOTHING: (u32, u32) = (u32::MAX, u32::MAX);

/// An event object by its rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToldEvent {
    /// Its number.
    pub object: u32,
    /// The first row that tells of it.
    pub first: u32,
    /// The last one.
    pub last: u32,
}

fn event_of(row: Transition) -> Option<u32> {
    match row.change {
        Change::Event(event) | Change::Object { what: ObjectChange::Event(event), .. } => Some(event.object),
        _ => None,
    }
}

impl ToldEvents {
    /// Takes in what a walk has come to, by no more than so many rows; so many are left.
    pub fn follow(&mut self, walk: &Walk, most: usize) -> usize {
        let history = walk.history();
        if history.len() < self.looked {
            self.looked = history.len();
            let here = self.looked;
            self.rows.truncate(self.rows.partition_point(|(row, _)| (*row as usize) < here));
            self.ends.clear();
            let rows = std::mem::take(&mut self.rows);
            rows.iter().for_each(|(row, object)| self.take(*row, *object));
            self.rows = rows;
        }
        let to = history.len().min(self.looked.saturating_add(most));
        for (ix, row) in (self.looked..to).zip(history.skip(self.looked).iter()) {
            if let Some(object) = event_of(row) {
                self.rows.push((ix as u32, object));
                self.take(ix as u32, object);
            }
        }
        self.looked = to;
        history.len() - to
    }

    /// What was looked at is another run's.
    pub fn forget(&mut self) {
        *self = ToldEvents::default();
    }

    fn take(&mut self, row: u32, object: u32) {
        let at = object as usize;
        if self.ends.len() <= at {
            self.ends.resize(at + 1, NOTHING);
        }
        let first = if self.ends[at] == NOTHING { row } else { self.ends[at].0 };
        self.ends[at] = (first, row);
    }

    /// One by its number.
    pub fn told(&self, object: u32) -> Option<ToldEvent> {
        let (first, last) = self.ends.get(object as usize).copied().filter(|ends| *ends != NOTHING)?;
        Some(ToldEvent { object, first, last })
    }

    /// All of them, the latest last.
    pub fn all(&self) -> impl Iterator<Item = ToldEvent> + '_ {
        let own = self.rows.iter().filter_map(|(row, object)| Some((*row, self.told(*object)?)));
        own.filter(|(row, told)| told.last == *row).map(|(_, told)| told)
    }
}
