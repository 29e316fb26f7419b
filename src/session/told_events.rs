//! The event objects of a run as far as it has come, each once, by the instant at which it was told last: where they stand among
//! the rows. A fleet has a million of them, of which a screen shows twenty: only these are spelled.

use rustc_hash::FxHashMap;

use super::Walk;
use crate::record::{Change, ObjectChange, Transition};
use crate::world::snug;

/// Rows that tell of events, looked through up to a place. Most event objects are told of once, and take four bytes here.
#[derive(Default)]
pub struct ToldEvents {
    /// How many rows have been looked at.
    looked: usize,
    /// By the event object's number: the first row that tells of it, twice, and one more where others follow. Numbers are given as
    /// events are told, so that these rows come one after the other.
    firsts: Vec<u32>,
    /// The rows that tell of an event again: the row, and the event object's number.
    again: Vec<(u32, u32)>,
    /// By the number of an event object that was told of again: the last row.
    lasts: FxHashMap<u32, u32>,
}

/// In the place of the first row of an event of which nothing has been told.
const NOTHING: u32 = u32::MAX;

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
            self.go_back(self.looked as u32);
        }
        let to = history.len().min(self.looked.saturating_add(most));
        for (ix, row) in (self.looked..to).zip(history.skip(self.looked).iter()) {
            if let Some(object) = event_of(row) {
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
        if self.firsts.len() <= at {
            let more = at + 1 - self.firsts.len();
            snug::make_room(&mut self.firsts, more);
            self.firsts.resize(at + 1, NOTHING);
        }
        if self.firsts[at] == NOTHING {
            self.firsts[at] = row << 1;
        } else {
            self.firsts[at] |= 1;
            snug::add(&mut self.again, (row, object));
            self.lasts.insert(object, row);
        }
    }

    /// Nothing is known of this row and those after it.
    fn go_back(&mut self, here: u32) {
        for first in &mut self.firsts {
            *first = if *first >> 1 < here { *first & !1 } else { NOTHING };
        }
        self.again.truncate(self.again.partition_point(|(row, _)| *row < here));
        self.lasts.clear();
        for (row, object) in &self.again {
            self.firsts[*object as usize] |= 1;
            self.lasts.insert(*object, *row);
        }
    }

    /// One by its number.
    pub fn told(&self, object: u32) -> Option<ToldEvent> {
        let first = self.firsts.get(object as usize).copied().filter(|first| *first != NOTHING)?;
        let row = first >> 1;
        let last = if first & 1 == 0 { row } else { self.lasts.get(&object).copied().unwrap_or(row) };
        Some(ToldEvent { object, first: row, last })
    }

    /// All of them, the latest last.
    pub fn all(&self) -> impl Iterator<Item = ToldEvent> + '_ {
        let once = (0..).zip(&self.firsts).filter(|(_, first)| **first & 1 == 0);
        let mut once = once.map(|(object, _)| object).filter_map(|object| self.told(object)).peekable();
        let again = self.again.iter().filter_map(|(row, object)| Some((*row, self.told(*object)?)));
        let mut again = again.filter(|(row, told)| told.last == *row).map(|(_, told)| told).peekable();
        std::iter::from_fn(move || match (once.peek(), again.peek()) {
            (Some(own), Some(other)) if other.last < own.last => again.next(),
            (Some(_), _) => once.next(),
            (None, _) => again.next(),
        })
    }
}
