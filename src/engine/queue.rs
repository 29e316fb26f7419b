//! The queue of future events: ordered by time, first in first out among equals.
//!
//! Time never goes back, so a wheel beats a heap once many events wait (`benches/parts.rs`): an event goes into the slot
//! of its tick, coarser the further off it is, and comes down a level when its coarse slot is reached. Only the events of
//! the stretch under way are sorted: once, when it begins, and those that come into it later in a heap beside them. A stretch
//! is a tick where events are many; where they are few, it reaches over all that a coarse slot holds, and none of them goes
//! down level by level. The plain heap is kept below as the specification.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::time::Time;

/// A tick of the finest level is 2^TICK_BITS microseconds: about four milliseconds, so that mostly one event or a handful
/// are sorted at once.
const TICK_BITS: u32 = 12;
/// A level has 2^SLOT_BITS slots, each as long as the whole level below it.
const SLOT_BITS: u32 = 8;
const SLOTS: usize = 1 << SLOT_BITS;
/// A slot with room for more than this is not kept.
const LARGE: usize = 1024;
/// Coarse slots that hold no more than this are sorted whole.
const FEW: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: Time,
    sequence: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

/// The number of the tick in which an instant falls, in the order of instants.
fn tick_of(at: Time) -> u64 {
    (at.micros().cast_unsigned() ^ (1 << 63)) >> TICK_BITS
}

/// The slots of one level; which of them hold something is kept beside them.
#[derive(Clone, Debug)]
struct Level<E> {
    slots: Vec<Vec<Entry<E>>>,
    occupied: [u64; SLOTS / 64],
}

impl<E: Copy> Level<E> {
    fn new() -> Level<E> {
        // Made one by one: a list that is copied is asked for what it holds.
        Level { slots: std::iter::repeat_with(Vec::new).take(SLOTS).collect(), occupied: [0; SLOTS / 64] }
    }
    fn put(&mut self, slot: usize, entry: Entry<E>) {
        self.slots[slot].push(entry);
        self.occupied[slot / 64] |= 1 << (slot % 64);
    }
    /// The first occupied slot that is not before `from`.
    fn first(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let mut bits = self.occupied.get(word)? & (u64::MAX << (from % 64));
        loop {
            if bits != 0 {
                return Some(word * 64 + bits.trailing_zeros() as usize);
            }
            word += 1;
            bits = *self.occupied.get(word)?;
        }
    }
    fn clear(&mut self) {
        while let Some(slot) = self.first(0) {
            self.slots[slot].clear();
            self.occupied[slot / 64] &= !(1 << (slot % 64));
        }
    }
    /// A slot changes places with a list that is empty.
    fn swap(&mut self, slot: usize, list: &mut Vec<Entry<E>>) {
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        std::mem::swap(&mut self.slots[slot], list);
    }
}

/// Events that wait for their instants.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    /// The events of the stretch under way as it found them, the next one last.
    sorted: Vec<Entry<E>>,
    /// Those that have come into it since, and earlier ones.
    late: BinaryHeap<Reverse<Entry<E>>>,
    /// Its last tick.
    tick: u64,
    /// Made when they are first needed.
    levels: Vec<Level<E>>,
    /// Emptied coarse slots, to be filled again: of those only a few are in use at once, and they are large.
    spare: Vec<Vec<Entry<E>>>,
    len: usize,
    next: u64,
}

impl<E: Copy> Queue<E> {
    /// An empty queue.
    pub fn new() -> Queue<E> {
        Queue {
            sorted: Vec::new(),
            late: BinaryHeap::new(),
            tick: 0,
            levels: Vec::new(),
            spare: Vec::new(),
            len: 0,
            next: 0,
        }
    }

    /// As a new one, with the room that it had.
    pub fn emptied(mut self) -> Queue<E> {
        self.sorted.clear();
        self.late.clear();
        self.levels.iter_mut().for_each(Level::clear);
        Queue { tick: 0, len: 0, next: 0, ..self }
    }

    /// Queues an event; returns its number, which orders equals.
    pub fn push(&mut self, at: Time, event: E) -> u64 {
        let sequence = self.next;
        self.next += 1;
        if self.len == 0 {
            self.tick = tick_of(at);
        }
        self.len += 1;
        self.place(Entry { at, sequence, event });
        sequence
    }

    /// Takes the next event, with its instant and its number.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, u64, E)> {
        self.pop_until(Time::FAR)
    }

    /// The same, if it comes at this instant or before.
    #[inline]
    pub fn pop_until(&mut self, end: Time) -> Option<(Time, u64, E)> {
        let (first, late) = (self.sorted.last(), self.late.peek().map(|Reverse(late)| late));
        let late_first = match (first, late) {
            (Some(first), Some(late)) => late < first,
            (first, _) => first.is_none(),
        };
        let next = if late_first { late } else { first };
        if next?.at > end {
            return None;
        }
        let entry = if late_first { self.late.pop().map(|Reverse(late)| late) } else { self.sorted.pop() }?;
        self.len -= 1;
        if self.sorted.is_empty() && self.late.is_empty() {
            self.advance();
        }
        Some((entry.at, entry.sequence, entry.event))
    }

    /// When the next event comes.
    #[inline]
    pub fn peek_time(&self) -> Option<Time> {
        self.peek().map(|(at, _)| at)
    }

    /// When the next event comes, and its number.
    #[inline]
    pub fn peek(&self) -> Option<(Time, u64)> {
        let first = match (self.sorted.last(), self.late.peek()) {
            (Some(first), Some(Reverse(late))) => first.min(late),
            (Some(first), None) => first,
            (None, late) => &late?.0,
        };
        Some((first.at, first.sequence))
    }

    /// The number that the next event gets. Numbers are given in the order of queueing, so what one step has queued is
    /// a run of consecutive ones: that is how the cause of an event is found without keeping it with the event.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Everything that waits, in the order in which it will be played.
    pub fn waiting(&self) -> Vec<(Time, u64, E)> {
        self.waiting_where(|_, _| true)
    }

    /// What of it is so, in that order: only that is sorted.
    pub fn waiting_where(&self, mut is_so: impl FnMut(Time, E) -> bool) -> Vec<(Time, u64, E)> {
        let far = self.levels.iter().flat_map(|level| level.slots.iter().flatten());
        let late = self.late.iter().map(|Reverse(entry)| entry);
        let all = self.sorted.iter().chain(late).chain(far);
        let all = all.filter(|entry| is_so(entry.at, entry.event));
        let mut list: Vec<_> = all.map(|entry| (entry.at, entry.sequence, entry.event)).collect();
        list.sort_by_key(|(at, sequence, _)| (*at, *sequence));
        list
    }

    /// Some of what waits comes at other instants, by its number.
    pub fn move_to(&mut self, moved: &BTreeMap<u64, Time>) {
        if moved.is_empty() {
            return;
        }
        let mut all = self.waiting();
        for (at, sequence, _) in &mut all {
            *at = moved.get(sequence).copied().unwrap_or(*at);
        }
        let (first, len) = (all.iter().map(|(at, ..)| *at).min(), all.len());
        *self = Queue { tick: first.map_or(0, tick_of), len, next: self.next, ..Queue::new() };
        for (at, sequence, event) in all {
            self.place(Entry { at, sequence, event });
        }
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts an entry where it belongs as seen from the last tick under way: on the level of the highest digit in which its
    /// tick differs.
    #[inline]
    fn place(&mut self, entry: Entry<E>) {
        let tick = tick_of(entry.at);
        if tick <= self.tick {
            self.late.push(Reverse(entry));
            return;
        }
        let level = ((tick ^ self.tick).ilog2() / SLOT_BITS) as usize;
        while self.levels.len() <= level {
            self.levels.push(Level::new());
        }
        let slot = (tick >> (level as u32 * SLOT_BITS)) as usize % SLOTS;
        let list = &mut self.levels[level];
        if level > 0
            && list.slots[slot].capacity() == 0
            && let Some(room) = self.spare.pop()
        {
            list.slots[slot] = room;
        }
        list.put(slot, entry);
    }

    /// Goes on to the next stretch that has events, so that none is under way only when the queue is empty.
    fn advance(&mut self) {
        while self.sorted.is_empty() && self.late.is_empty() && self.len > 0 {
            let found = self.levels.iter().enumerate().find_map(|(number, level)| {
                let digit = (self.tick >> (number as u32 * SLOT_BITS)) as usize % SLOTS;
                level.first(digit + 1).map(|slot| (number, slot))
            });
            let Some((number, slot)) = found else { return };
            if number == 0 || self.levels[number].slots[slot].len() <= FEW {
                self.begin(number, slot);
            } else {
                self.spread(number, slot);
            }
        }
    }

    /// What a slot holds is the next stretch: a tick, or as far as the few events of a coarse slot reach.
    fn begin(&mut self, number: usize, slot: usize) {
        // The lists change places, so that their room is used again.
        self.levels[number].swap(slot, &mut self.sorted);
        if self.sorted.len() > 1 {
            self.sorted.sort_unstable_by(|a, b| b.cmp(a));
        }
        if let Some(last) = self.sorted.first() {
            self.tick = tick_of(last.at);
        }
    }

    /// What a coarse slot holds goes down to the levels below it.
    fn spread(&mut self, number: usize, slot: usize) {
        let shift = number as u32 * SLOT_BITS;
        // The digits above stay, this one becomes the slot's, those below start at zero.
        let above = (self.tick >> shift) & !(SLOTS as u64 - 1);
        self.tick = (above | slot as u64) << shift;
        let mut entries = Vec::new();
        self.levels[number].swap(slot, &mut entries);
        for entry in entries.drain(..) {
            self.place(entry);
        }
        if self.spare.len() < SLOTS && entries.capacity() <= LARGE {
            self.spare.push(entries);
        }
    }
}

impl<E: Copy> Default for Queue<E> {
    fn default() -> Self {
        Queue::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::Draw;
    use crate::time::Span;

    /// What the wheel has to do, spelled out.
    #[derive(Default)]
    struct Plain {
        heap: BinaryHeap<Reverse<Entry<u32>>>,
        next: u64,
    }

    impl Plain {
        fn push(&mut self, at: Time, event: u32) {
            self.heap.push(Reverse(Entry { at, sequence: self.next, event }));
            self.next += 1;
        }
        fn pop(&mut self) -> Option<(Time, u64, u32)> {
            self.heap.pop().map(|Reverse(entry)| (entry.at, entry.sequence, entry.event))
        }
    }

    /// Plays both with delays of every size, equal instants among them, and compares every answer.
    fn compare(seed: u64, start: Time, bits: u64) {
        let mut draw = Draw::new(seed, 0, 0, 0);
        let (mut wheel, mut plain) = (Queue::new(), Plain::default());
        let mut now = start;
        for event in 0..4000_u32 {
            for _ in 0..draw.below(4) {
                let micros = draw.bits() >> (64 - draw.below(bits).max(1));
                let at = now + Span::from_micros((micros >> 1).cast_signed());
                wheel.push(at, event);
                plain.push(at, event);
            }
            if event % 97 == 0 {
                let waiting: Vec<_> = wheel.clone().waiting();
                let mut copy = wheel.clone();
                assert!(waiting.into_iter().eq(std::iter::from_fn(|| copy.pop())));
            }
            // Nothing comes before the first; the first comes by itself.
            let first = plain.heap.peek().map(|Reverse(entry)| entry.at);
            let before =
                first.map(|first| first - Span::from_micros(1)).filter(|before| Some(*before) < first);
            assert_eq!(before.and_then(|before| wheel.pop_until(before)), None);
            let (a, b) = (first.and_then(|first| wheel.pop_until(first)), plain.pop());
            assert_eq!(a, b);
            assert_eq!(wheel.len(), plain.heap.len());
            assert_eq!(wheel.peek_time(), plain.heap.peek().map(|Reverse(entry)| entry.at));
            now = a.map_or(now, |(at, ..)| at);
        }
        while let Some(expected) = plain.pop() {
            assert_eq!(wheel.pop(), Some(expected));
        }
        assert_eq!(wheel.pop(), None);
        assert!(wheel.is_empty());
    }

    #[test]
    fn the_wheel_does_what_a_plain_heap_does() {
        for seed in 0..8 {
            compare(seed, Time::from_secs(1_735_689_600), 45);
            compare(seed, Time::EPOCH, 12);
        }
        // At the ends of time.
        compare(0, Time::from_micros(i64::MIN), 62);
        compare(0, Time::FAR, 62);
    }

    #[test]
    fn what_is_moved_comes_then_and_equals_stay_in_order() {
        let mut draw = Draw::new(1, 0, 0, 0);
        let (mut queue, mut plain) = (Queue::new(), Plain::default());
        for event in 0..500_u32 {
            let at = Time::from_micros(draw.below(1 << 40).cast_signed());
            queue.push(at, event);
            plain.push(at, event);
        }
        for event in 0..100 {
            assert_eq!(queue.pop(), plain.pop(), "{event}");
        }
        let moved: BTreeMap<u64, Time> = (0..500)
            .filter(|number| number % 3 == 0)
            .map(|number| (number, Time::from_micros((1 << 39) + draw.below(1 << 20).cast_signed())))
            .collect();
        queue.move_to(&moved);
        let expected = plain.heap.into_iter().map(|Reverse(entry)| {
            let at = moved.get(&entry.sequence).copied().unwrap_or(entry.at);
            (at, entry.sequence, entry.event)
        });
        let mut expected: Vec<_> = expected.collect();
        expected.sort_unstable();
        assert!(expected.into_iter().eq(std::iter::from_fn(|| queue.pop())));
    }

    #[test]
    fn one_that_is_emptied_does_what_a_new_one_does() {
        let mut draw = Draw::new(2, 0, 0, 0);
        let mut queue = Queue::new();
        for round in 0..20 {
            let mut plain = Plain::default();
            for event in 0..200_u32 {
                let at = Time::from_micros(draw.below(1 << (5 + 2 * round)).cast_signed());
                assert_eq!(queue.push(at, event), plain.next, "round {round}");
                plain.push(at, event);
            }
            // Some are left, on all levels and in the stretch under way.
            for _ in 0..draw.below(200) {
                assert_eq!(queue.pop(), plain.pop(), "round {round}");
            }
            queue = queue.emptied();
            assert_eq!((queue.len(), queue.pop(), queue.waiting().len()), (0, None, 0), "round {round}");
        }
    }

    #[test]
    fn an_empty_queue_starts_anywhere() {
        let mut queue = Queue::new();
        queue.push(Time::from_secs(100), 'b');
        assert_eq!(queue.pop().map(|(.., event)| event), Some('b'));
        // Nothing waits: an earlier instant is as good as a later one.
        queue.push(Time::from_secs(50), 'a');
        queue.push(Time::from_secs(60), 'c');
        queue.push(Time::from_secs(40), 'z');
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(.., event)| event).collect();
        assert_eq!(order, "zac");
    }
}
