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
    /// By the event object's number: the first row that tells of it, and the last.
    ends: Vec<Option<(u32, u32)>>,
}

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

fn event_of(row: &Transition) -> Option<u32> {
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
        for (ix, row) in history.iter().enumerate().take(to).skip(self.looked) {
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
            self.ends.resize(at + 1, None);
        }
        let first = self.ends[at].map_or(row, |(first, _)| first);
        self.ends[at] = Some((first, row));
    }

    /// All of them, the latest last.
    pub fn all(&self) -> impl Iterator<Item = ToldEvent> + '_ {
        self.rows.iter().filter_map(|(row, object)| match self.ends[*object as usize] {
            Some((first, last)) if last == *row => Some(ToldEvent { object: *object, first, last }),
            _ => None,
        })
    }
}
