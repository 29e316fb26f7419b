//! A list that only grows. What is full of it is shared by all its copies: names of a hundred thousand pods are held once by the
//! run, by the sink that spells them beside it, and by each world that is kept on the way.

use std::ops::{Index, Range};
use std::sync::Arc;

/// So many make a piece: little enough that a run of a few pods takes no room for more.
const PIECE: usize = 512;

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Roll<T> {
    /// Each has [`PIECE`] entries.
    full: Vec<Arc<[T]>>,
    /// What comes behind them, fewer than that.
    rest: Vec<T>,
}

/// What a roll has gained since it had so many entries: to be added to a copy that has just these.
#[derive(Clone, Debug)]
pub struct Gained<T> {
    full: Vec<Arc<[T]>>,
    rest: Vec<T>,
}

impl<T> Default for Roll<T> {
    fn default() -> Roll<T> {
        Roll { full: Vec::new(), rest: Vec::new() }
    }
}

impl<T> Roll<T> {
    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.full.len() * PIECE + self.rest.len()
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// An entry that is there, or not.
    #[inline]
    pub fn get(&self, ix: usize) -> Option<&T> {
        match self.full.get(ix / PIECE) {
            Some(piece) => piece.get(ix % PIECE),
            None => self.rest.get(ix - self.full.len() * PIECE),
        }
    }
    /// One more at the end.
    pub fn push(&mut self, entry: T) {
        self.rest.push(entry);
        self.close();
    }
    /// All of them, in order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { roll: self, places: 0..self.len() }
    }

    /// What is full is shared from now on.
    fn close(&mut self) {
        if self.rest.len() == PIECE {
            self.full.push(std::mem::take(&mut self.rest).into());
        }
    }
}

impl<T: Clone> Roll<T> {
    /// An entry that is there, to be put right before others are told of it.
    ///
    /// # Panics
    /// It has not so many.
    pub fn write(&mut self, ix: usize) -> &mut T {
        let full = self.full.len() * PIECE;
        match self.full.get_mut(ix / PIECE) {
            Some(piece) => &mut Arc::make_mut(piece)[ix % PIECE],
            None => &mut self.rest[ix - full],
        }
    }
    /// What it has gained since it had `before` entries.
    pub fn since(&self, before: usize) -> Gained<T> {
        let full = self.full.get(before / PIECE..).unwrap_or_default().to_vec();
        let known = before.saturating_sub(self.full.len() * PIECE);
        Gained { full, rest: self.rest.get(known..).unwrap_or_default().to_vec() }
    }
    /// Takes over what another one has gained since it had as many entries as this one. What this one had begun of a piece is
    /// in that piece, once it is full.
    pub fn gain(&mut self, gained: Gained<T>) {
        if !gained.full.is_empty() {
            self.rest.clear();
            self.full.extend(gained.full);
        }
        self.rest.extend(gained.rest);
    }
}

impl<T> Index<usize> for Roll<T> {
    type Output = T;
    /// # Panics
    /// It has not so many.
    #[inline]
    fn index(&self, ix: usize) -> &T {
        self.get(ix).unwrap_or_else(|| panic!("entry {ix} of {}", self.len()))
    }
}

/// Entries of a roll.
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    roll: &'a Roll<T>,
    places: Range<usize>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;
    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        self.roll.get(self.places.next()?)
    }
    /// Those in between are not walked over.
    #[inline]
    fn nth(&mut self, over: usize) -> Option<&'a T> {
        self.roll.get(self.places.nth(over)?)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.roll.get(self.places.next_back()?)
    }
}

impl<'a, T> IntoIterator for &'a Roll<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_is_a_list() {
        let mut roll = Roll::default();
        assert!(roll.is_empty());
        for entry in 0..2 * PIECE + 3 {
            assert_eq!((roll.len(), roll.get(entry)), (entry, None));
            roll.push(entry);
            assert_eq!(roll[entry], entry);
        }
        assert!(roll.iter().copied().eq(0..2 * PIECE + 3));
        assert!((0..roll.len()).all(|ix| roll[ix] == ix && roll.iter().nth(ix) == Some(&ix)));
        assert_eq!((roll.iter().nth(PIECE - 1), roll.iter().nth(roll.len())), (Some(&(PIECE - 1)), None));
    }

    #[test]
    fn a_copy_that_gains_what_was_gained_is_the_same_and_shares_it() {
        let (mut roll, mut copy) = (Roll::default(), Roll::default());
        // Within a piece, up to its end, over several, and nothing.
        for more in [3, PIECE - 4, 1, 0, 2, 3 * PIECE, PIECE - 2, 5] {
            for _ in 0..more {
                roll.push(roll.len());
            }
            copy.gain(roll.since(copy.len()));
            assert!(
                copy.iter().eq(roll.iter()),
                "{more} more make {}, and of the copy {}",
                roll.len(),
                copy.len()
            );
        }
        assert!(copy.full.iter().zip(&roll.full).all(|(a, b)| Arc::ptr_eq(a, b)));
    }
}
