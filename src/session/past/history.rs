//! Rows as they are read: one after the other from either end, by their number, or all about one pod or object.

use std::collections::VecDeque;
use std::iter::FusedIterator;
use std::ops::Range;

use super::packed::NO_ROW;
use super::{Past, Reader};
use crate::record::Transition;

/// Rows of a run, in order.
#[derive(Clone)]
pub struct History<'a> {
    past: &'a Past,
    rows: Range<usize>,
}

impl<'a> History<'a> {
    pub(super) fn of(past: &'a Past, rows: Range<usize>) -> History<'a> {
        History { past, rows }
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// One by its place among them. Who reads several has them sooner of [`History::iter`].
    pub fn get(&self, at: usize) -> Option<Transition> {
        let row = self.rows.start.checked_add(at).filter(|row| *row < self.rows.end)?;
        self.past.reader().row(row).map(|(row, _)| row)
    }
    /// All but so many at the beginning.
    pub fn skip(&self, count: usize) -> History<'a> {
        let from = self.rows.start.saturating_add(count).min(self.rows.end);
        History { past: self.past, rows: from..self.rows.end }
    }
    /// So many at the end.
    pub fn last(&self, count: usize) -> History<'a> {
        self.skip(self.len().saturating_sub(count))
    }
    /// One after the other.
    pub fn iter(&self) -> Rows<'a> {
        Rows { rows: self.rows.clone(), front: self.past.reader(), back: self.past.reader() }
    }
    /// All of them at once.
    pub fn to_vec(&self) -> Vec<Transition> {
        self.iter().collect()
    }
}

impl<'a> IntoIterator for &History<'a> {
    type Item = Transition;
    type IntoIter = Rows<'a>;
    fn into_iter(self) -> Rows<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for History<'a> {
    type Item = Transition;
    type IntoIter = Rows<'a>;
    fn into_iter(self) -> Rows<'a> {
        self.iter()
    }
}

/// Rows one after the other.
#[derive(Clone)]
pub struct Rows<'a> {
    rows: Range<usize>,
    front: Reader<'a>,
    back: Reader<'a>,
}

impl Rows<'_> {
    /// One by its place among those that are left; who asks for neighbours has them unpacked once.
    pub fn at(&mut self, at: usize) -> Option<Transition> {
        let row = self.rows.start.checked_add(at).filter(|row| *row < self.rows.end)?;
        self.front.row(row).map(|(row, _)| row)
    }
}

impl Iterator for Rows<'_> {
    type Item = Transition;
    fn next(&mut self) -> Option<Transition> {
        let row = self.rows.next()?;
        self.front.row(row).map(|(row, _)| row)
    }
    /// Those in between are not unpacked.
    fn nth(&mut self, over: usize) -> Option<Transition> {
        let row = self.rows.nth(over)?;
        self.front.row(row).map(|(row, _)| row)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl ExactSizeIterator for Rows<'_> {}
impl FusedIterator for Rows<'_> {}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Transition> {
        let row = self.rows.next_back()?;
        self.back.row(row).map(|(row, _)| row)
    }
}

/// All rows about one pod, or about one object. They are found from the last one back; who wants the first one first has all of
/// them read.
#[derive(Clone)]
pub struct About<'a> {
    reader: Reader<'a>,
    /// The last row that is left, unless all have been read.
    last: u32,
    /// Those that have been read, the last one first.
    read: VecDeque<Transition>,
}

impl<'a> About<'a> {
    /// From the last one of all on back, but only those with numbers below this one.
    pub(super) fn new(past: &'a Past, last: Option<&u32>, until: usize) -> About<'a> {
        let mut about =
            About { reader: past.reader(), last: last.copied().unwrap_or(NO_ROW), read: VecDeque::new() };
        while about.last != NO_ROW && about.last as usize >= until {
            about.step_back();
        }
        about
    }
    fn step_back(&mut self) -> Option<Transition> {
        let last = if self.last == NO_ROW { None } else { self.reader.row(self.last as usize) };
        let (row, before) = last?;
        self.last = before;
        Some(row)
    }
    fn read_all(&mut self) {
        while let Some(row) = self.step_back() {
            self.read.push_back(row);
        }
    }
}

impl Iterator for About<'_> {
    type Item = Transition;
    fn next(&mut self) -> Option<Transition> {
        self.read_all();
        self.read.pop_back()
    }
}

impl FusedIterator for About<'_> {}

impl DoubleEndedIterator for About<'_> {
    fn next_back(&mut self) -> Option<Transition> {
        self.read.pop_front().or_else(|| self.step_back())
    }
}
