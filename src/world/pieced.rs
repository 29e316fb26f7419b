//! Lists with an entry for each pod, of which is known what they were.
//!
//! A run that only goes on has no use for that, and pays a question whether anybody asks. A walk goes back and looks ahead, and
//! most of a large world are its pods, of which few change between two places of a run that lie near each other. So a list can be
//! told to hold what it is now ([`Pieced::hold`]): from then on a piece of it is put aside, once, before it is written for the
//! first time. What was put aside is how the list stood, apart from what it has become ([`Apart`]), and both can be exchanged
//! for each other, in no more time and room than what differs takes.

use std::ops::{Deref, Index, IndexMut, Range};

use super::snug;

/// So many entries make a piece. Pods are numbered as they come, and those that came together are busy together.
const PIECE: usize = 64;

/// A list, and how it stood, if somebody has told it to hold that.
#[derive(Clone, Debug)]
pub struct Pieced<T> {
    list: Vec<T>,
    held: Option<Box<Apart<T>>>,
    /// How many pieces that has: whoever plays asks after each step.
    aside: usize,
}

/// A list as far as it differs from another one, which stands at another place of the same run.
#[derive(Clone, Debug)]
pub struct Apart<T> {
    len: usize,
    /// All of it, where the two have little in common; else nothing.
    whole: Option<Vec<T>>,
    /// By number; an empty one is the other list's, which may have more in it. All of those beyond the other's length are here.
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Apart<T> {
    fn default() -> Apart<T> {
        Apart::same(0)
    }
}

impl<T> Default for Pieced<T> {
    fn default() -> Pieced<T> {
        Pieced { list: Vec::new(), held: None, aside: 0 }
    }
}

/// Which entries make a piece of a list of that length.
fn range(piece: usize, len: usize) -> Range<usize> {
    (piece * PIECE).min(len)..((piece + 1) * PIECE).min(len)
}

impl<T> Apart<T> {
    /// A list of that length that differs in nothing.
    fn same(len: usize) -> Apart<T> {
        Apart { len, whole: None, pieces: Vec::new() }
    }
    /// The place of a piece.
    fn piece(&mut self, piece: usize) -> &mut Vec<T> {
        if self.pieces.len() <= piece {
            self.pieces.resize_with(piece + 1, Vec::new);
        }
        &mut self.pieces[piece]
    }
    /// What differs from a `nearer` list, which differs from a third one: the same, but from that third one on. What is left of the
    /// nearer one is over.
    pub fn beyond(&mut self, mut nearer: Apart<T>) -> Apart<T> {
        if self.whole.is_some() {
            return nearer;
        }
        let len = self.len;
        if let Some(whole) = nearer.whole.take() {
            let mut whole = whole.into_iter();
            let count = nearer.len.div_ceil(PIECE);
            nearer.pieces = (0..count).map(|_| whole.by_ref().take(PIECE).collect()).collect();
        }
        for (number, piece) in nearer.pieces.iter_mut().enumerate() {
            let own = range(number, len).len();
            if own > 0 && !piece.is_empty() && self.pieces.get(number).is_none_or(Vec::is_empty) {
                piece.truncate(own);
                *self.piece(number) = std::mem::take(piece);
            }
        }
        nearer
    }
    /// Frees so many pieces of one that nobody asks for any more; whether nothing is left.
    pub fn free_some(&mut self, pieces: usize) -> bool {
        if let Some(whole) = &mut self.whole {
            whole.truncate(whole.len().saturating_sub(pieces * PIECE));
            return whole.is_empty();
        }
        let mut left = pieces;
        while left > 0
            && let Some(piece) = self.pieces.pop()
        {
            left -= usize::from(!piece.is_empty());
        }
        self.pieces.is_empty()
    }
    /// How many entries it holds.
    pub fn entries(&self) -> usize {
        self.whole.iter().chain(&self.pieces).map(Vec::len).sum()
    }
}

impl<T> Pieced<T> {
    /// These are its entries.
    pub fn of(list: Vec<T>) -> Pieced<T> {
        Pieced { list, held: None, aside: 0 }
    }
    /// Its entries, and their room.
    pub fn into_list(self) -> Vec<T> {
        self.list
    }
    /// Adds an entry. What is held is told by its length from what came later.
    pub fn add(&mut self, entry: T) {
        snug::add(&mut self.list, entry);
    }
    /// Makes room for so many.
    pub fn expect(&mut self, count: usize) {
        self.list.reserve_exact(count);
    }
    /// Holds from now on how it is now; how it was when it was told so before, apart from that.
    pub fn hold(&mut self) -> Apart<T> {
        self.aside = 0;
        let before = self.held.replace(Box::new(Apart::same(self.list.len())));
        before.map(|held| *held).unwrap_or_default()
    }
    /// How it was when it was told to hold that.
    pub fn held(&self) -> Option<&Apart<T>> {
        self.held.as_deref()
    }
    /// Holds from now on what somebody else has held, apart from how it is now.
    pub fn hold_that(&mut self, held: Apart<T>) {
        self.aside = held.entries().div_ceil(PIECE);
        self.held = Some(Box::new(held));
    }
    /// About how many entries it holds.
    pub fn aside(&self) -> usize {
        self.aside * PIECE
    }
    /// Becomes the list that has been apart from it. What it was is over, and what it held; its room stays, so that nothing new is
    /// asked for beside what is given back.
    pub fn become_that(&mut self, mut other: Apart<T>) {
        self.held = None;
        if let Some(whole) = other.whole {
            self.list = whole;
            return;
        }
        self.list.truncate(other.len);
        for (number, piece) in other.pieces.iter_mut().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            let here = range(number, self.list.len());
            let both = here.len().min(piece.len());
            let own = self.list[here.start..here.start + both].iter_mut();
            own.zip(piece.drain(..both)).for_each(|(own, other)| *own = other);
            snug::make_room(&mut self.list, piece.len());
            self.list.append(piece);
        }
        debug_assert_eq!(self.list.len(), other.len, "pieces are missing");
    }
}

impl<T: Clone> Pieced<T> {
    /// Becomes the list that has been apart from it; what it was, apart from that. What it held is over.
    pub fn exchange(&mut self, mut other: Apart<T>) -> Apart<T> {
        let len = self.list.len();
        self.held = None;
        if other.whole.is_none() && other.len < len / 4 {
            // It becomes a list of its own, which may become as long: room that is asked for and not used costs nothing, and a list
            // that grows leaves holes behind.
            let mut whole = Vec::with_capacity(self.list.capacity());
            for number in 0..other.len.div_ceil(PIECE) {
                match other.pieces.get_mut(number).filter(|piece| !piece.is_empty()) {
                    Some(piece) => whole.append(piece),
                    None => whole.extend_from_slice(&self.list[range(number, other.len)]),
                }
            }
            other.whole = Some(whole);
        }
        if let Some(whole) = other.whole {
            let own = std::mem::replace(&mut self.list, whole);
            return Apart { len, whole: Some(own), pieces: Vec::new() };
        }
        let mut own = Apart::same(len);
        if len > other.len {
            // A piece at a time: what is asked for fits into what pieces have given back.
            let cut = other.len / PIECE;
            for number in (cut..len.div_ceil(PIECE)).rev() {
                *own.piece(number) = self.list.split_off(number * PIECE);
            }
            if other.pieces.get(cut).is_none_or(Vec::is_empty) {
                self.list.extend_from_slice(&own.piece(cut)[..other.len - cut * PIECE]);
            }
        }
        for (number, piece) in other.pieces.iter_mut().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            let here = range(number, self.list.len());
            let both = here.len().min(piece.len());
            self.list[here.start..here.start + both].swap_with_slice(&mut piece[..both]);
            if piece.len() > both {
                // It is the last one here.
                let more = piece.len() - both;
                snug::make_room(&mut self.list, more);
                self.list.extend(piece.drain(both..));
            }
            if both > 0 {
                *own.piece(number) = std::mem::take(piece);
            }
        }
        debug_assert_eq!(self.list.len(), other.len, "pieces are missing");
        own
    }
    /// A piece is about to be written.
    #[cold]
    #[inline(never)]
    fn put_aside(&mut self, ix: usize) {
        let Some(held) = self.held.as_mut().filter(|held| held.whole.is_none()) else { return };
        let number = ix / PIECE;
        if ix < held.len && held.pieces.get(number).is_none_or(Vec::is_empty) {
            *held.piece(number) = self.list[range(number, held.len)].to_vec();
            self.aside += 1;
        }
    }
}

impl<T> Deref for Pieced<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.list
    }
}

impl<T> Index<usize> for Pieced<T> {
    type Output = T;
    #[inline]
    fn index(&self, ix: usize) -> &T {
        &self.list[ix]
    }
}

/// An entry that is about to be written.
impl<T: Clone> IndexMut<usize> for Pieced<T> {
    #[inline]
    fn index_mut(&mut self, ix: usize) -> &mut T {
        if self.held.is_some() {
            self.put_aside(ix);
        }
        &mut self.list[ix]
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// Writes here and there, and adds some.
    fn go_on(list: &mut Pieced<u64>, dice: &mut rand_chacha::ChaCha8Rng) {
        for _ in 0..dice.random_range(0..40) {
            match dice.random_range(0..4) {
                0 => (0..dice.random_range(0..100)).for_each(|_| list.add(dice.random())),
                _ if list.is_empty() => {}
                _ => {
                    let ix = dice.random_range(0..list.len());
                    list[ix] = dice.random();
                }
            }
        }
    }

    /// A line of places: how the list stood there is had again from what is held, whichever of them are given up.
    #[test]
    fn what_was_is_had_again() {
        for seed in 0..200 {
            let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut list = Pieced::default();
            let mut places: Vec<(Vec<u64>, Apart<u64>)> = Vec::new();
            list.hold();
            let mut was = list.to_vec();
            for _ in 0..dice.random_range(1..8) {
                go_on(&mut list, &mut dice);
                places.push((std::mem::replace(&mut was, list.to_vec()), list.hold()));
            }
            go_on(&mut list, &mut dice);
            let end = list.to_vec();
            // One is given up.
            let mut held = list.held().cloned().expect("told");
            if places.len() > 1 {
                let gone = dice.random_range(1..places.len());
                let (_, nearer) = places.remove(gone);
                places[gone - 1].1.beyond(nearer);
            }
            if dice.random() {
                let (gone, mut farther) = places.pop().expect("one");
                farther.beyond(held);
                (held, was) = (farther, gone);
            }
            // Back to the first one and forth again, twice.
            let mut becoming = list.clone();
            becoming.become_that(held.clone());
            assert_eq!(*becoming, was[..], "seed {seed}");
            let mut after = list.exchange(held);
            assert_eq!(*list, was[..], "seed {seed}");
            for _ in 0..2 {
                let mut ahead = Vec::new();
                for (was, apart) in places.iter_mut().rev() {
                    ahead.push((list.to_vec(), list.exchange(std::mem::take(apart))));
                    assert_eq!(*list, was[..], "seed {seed}");
                }
                for ((there, apart), place) in ahead.into_iter().rev().zip(&mut places) {
                    place.1 = list.exchange(apart);
                    assert_eq!(*list, there[..], "seed {seed}");
                }
            }
            after = list.exchange(after);
            assert_eq!(*list, end[..], "seed {seed}");
            list.exchange(after);
            assert_eq!(*list, was[..], "seed {seed}");
        }
    }

    /// What is held is what is written, and no more than its piece.
    #[test]
    fn little_is_held() {
        let mut list = Pieced::of((0..10_000_u64).collect());
        list[0] = 1;
        assert!(list.held().is_none(), "nobody has asked");
        list.hold();
        for ix in [5, 6, 7, 5_000] {
            list[ix] += 1;
        }
        list.add(1);
        let ix = list.len() - 1;
        list[ix] = 2;
        assert_eq!(list.held().map(Apart::entries), Some(2 * PIECE));
        let apart = list.hold();
        assert_eq!((apart.entries(), list.held().map(Apart::entries)), (2 * PIECE, Some(0)));
    }
}
