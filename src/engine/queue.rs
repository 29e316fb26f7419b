//! The queue of future events: ordered by time, first in first out among equals.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

#[derive(Clone, Debug)]
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

#[derive(Clone, Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    next: u64,
}

impl<E: Copy> Queue<E> {
    pub fn new() -> Queue<E> {
        Queue { heap: BinaryHeap::new(), next: 0 }
    }
    /// Queues an event; returns its number, which orders equals.
    pub fn push(&mut self, at: Time, event: E) -> u64 {
        let sequence = self.next;
        self.next += 1;
        self.heap.push(Reverse(Entry { at, sequence, event }));
        sequence
    }
    pub fn pop(&mut self) -> Option<(Time, u64, E)> {
        self.heap.pop().map(|Reverse(e)| (e.at, e.sequence, e.event))
    }
    pub fn peek_time(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse(e)| e.at)
    }
    /// The number that the next event gets. Numbers are given in the order of queueing, so what one step has queued is
    /// a run of consecutive ones: that is how the cause of an event is found without keeping it with the event.
    pub fn next_number(&self) -> u64 {
        self.next
    }
    /// Everything that waits, in the order in which it will be played.
    pub fn waiting(&self) -> Vec<(Time, u64, E)> {
        let mut list: Vec<_> = self.heap.iter().map(|Reverse(e)| (e.at, e.sequence, e.event)).collect();
        list.sort_by_key(|(at, sequence, _)| (*at, *sequence));
        list
    }
    pub fn len(&self) -> usize {
        self.heap.len()
    }
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<E: Copy> Default for Queue<E> {
    fn default() -> Self {
        Queue::new()
    }
}
