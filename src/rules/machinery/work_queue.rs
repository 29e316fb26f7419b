//! The queue that every controller works from: a key waits once, however often it is added; it is never worked on twice at
//! a time; and one that failed comes again later and later.
//!
//! Source: staging/src/k8s.io/client-go/util/workqueue/{queue,delaying_queue,rate_limiting_queue,default_rate_limiters}.go
//! (v1.36.3). The surprises: a key that is added while it is worked on waits until that is done, so that bursts of news melt
//! into few syncs; a key that already waits for a later time keeps the earlier of both; adding it at once does not take back
//! that it comes later too; and failures count up with every failed sync, also with those that news has started.

use std::collections::VecDeque;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use super::throttle::{Rate, TokenBucket};
use crate::time::{Span, Time};

/// How soon a key comes again that has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limiter {
    /// After the first failure; doubled by each further one.
    pub base: Span,
    /// At most.
    pub most: Span,
    /// For all keys of the queue together; None: no limit.
    pub overall: Option<Rate>,
}

/// `DefaultTypedControllerRateLimiter`
pub const DEFAULT: Limiter = Limiter {
    base: Span::from_millis(5),
    most: Span::from_secs(1000),
    overall: Some(Rate { burst: 100, refill: Span::from_millis(100) }),
};

/// The controller of endpoint slices: `newController` in pkg/controller/endpointslice/endpointslice_controller.go.
pub const ENDPOINT_SLICES: Limiter = Limiter { base: Span::from_secs(1), ..DEFAULT };

/// The controller of Jobs: `DefaultJobApiBackOff`, `MaxJobApiBackOff` in pkg/controller/job/job_controller.go.
pub const JOBS: Limiter = Limiter { base: Span::from_secs(1), most: Span::from_secs(60), overall: None };

/// What waits to be worked on, is worked on, and comes later.
#[derive(Clone, Debug)]
pub struct WorkQueue<K> {
    limiter: Limiter,
    order: VecDeque<K>,
    /// Keys that are to be worked on: those of `order`, and those that were added while somebody worked on them.
    dirty: FxHashSet<K>,
    working: FxHashSet<K>,
    /// How often a key has failed since it last went well.
    failures: FxHashMap<K, u32>,
    /// Keys that come later, with their instants.
    later: FxHashMap<K, Time>,
    overall: Option<TokenBucket>,
}

impl<K: Copy + Eq + Hash> WorkQueue<K> {
    /// An empty queue.
    pub fn new(limiter: Limiter, now: Time) -> WorkQueue<K> {
        WorkQueue {
            limiter,
            order: VecDeque::new(),
            dirty: FxHashSet::default(),
            working: FxHashSet::default(),
            failures: FxHashMap::default(),
            later: FxHashMap::default(),
            overall: limiter.overall.map(|rate| TokenBucket::full(rate, now)),
        }
    }
    /// `Add`
    pub fn add(&mut self, key: K) {
        if self.dirty.insert(key) && !self.working.contains(&key) {
            self.order.push_back(key);
        }
    }
    /// `AddAfter`: whether a timer for that instant is wanted; a key that comes earlier anyway needs none.
    pub fn add_at(&mut self, key: K, at: Time) -> bool {
        let sooner = self.later.get(&key).is_none_or(|known| at < *known);
        if sooner {
            self.later.insert(key, at);
        }
        sooner
    }
    /// A key does not come later any more, unless it is added again.
    pub fn withdraw(&mut self, key: K) {
        self.later.remove(&key);
    }
    /// A timer rings: the key is added if it is its time. Whether it was.
    pub fn due(&mut self, key: K, now: Time) -> bool {
        let is_due = self.later.get(&key).is_some_and(|at| *at <= now);
        if is_due {
            self.later.remove(&key);
            self.add(key);
        }
        is_due
    }
    /// `AddRateLimited`: it has failed once more. When it is to come again.
    pub fn failed(&mut self, key: K, now: Time) -> Time {
        let count = self.failures.entry(key).or_default();
        let own = (0..*count).try_fold(self.limiter.base, |span, _| {
            if span >= self.limiter.most { None } else { Some(span * 2) }
        });
        *count += 1;
        let own = now + own.unwrap_or(self.limiter.most).min(self.limiter.most);
        let Some((bucket, rate)) = self.overall.as_mut().zip(self.limiter.overall) else { return own };
        let free = bucket.free_at(rate, now);
        bucket.take(rate, free);
        own.max(free)
    }
    /// `Forget`: it went well.
    pub fn forget(&mut self, key: K) {
        self.failures.remove(&key);
    }
    /// How often it has failed since it last went well (`NumRequeues`).
    pub fn failures(&self, key: K) -> u32 {
        self.failures.get(&key).copied().unwrap_or(0)
    }
    /// `Get`: somebody takes the next one.
    pub fn take(&mut self) -> Option<K> {
        let key = self.order.pop_front()?;
        self.dirty.remove(&key);
        self.working.insert(key);
        Some(key)
    }
    /// `Done`: it comes again at once if it was added meanwhile.
    pub fn done(&mut self, key: K) {
        self.working.remove(&key);
        if self.dirty.contains(&key) {
            self.order.push_back(key);
        }
    }
    /// Whether nobody needs to take anything.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> WorkQueue<u8> {
        WorkQueue::new(DEFAULT, Time::EPOCH)
    }

    #[test]
    fn what_is_added_again_waits_once_and_after_who_works_on_it() {
        let mut queue = queue();
        for key in [1, 2, 1, 1] {
            queue.add(key);
        }
        assert_eq!(queue.take(), Some(1));
        queue.add(1);
        queue.add(1);
        assert_eq!((queue.take(), queue.take()), (Some(2), None), "one is worked on");
        queue.done(1);
        assert_eq!((queue.take(), queue.take()), (Some(1), None));
        queue.done(1);
        queue.done(2);
        assert!(queue.is_empty());
    }

    #[test]
    fn failures_double_until_it_goes_well() {
        let mut queue = queue();
        let waits = |queue: &mut WorkQueue<u8>, key| {
            queue.failed(key, Time::EPOCH).since(Time::EPOCH).micros() / 1000
        };
        let all: Vec<i64> = (0..6).map(|_| waits(&mut queue, 1)).collect();
        assert_eq!(all, [5, 10, 20, 40, 80, 160]);
        assert_eq!(waits(&mut queue, 2), 5, "each key has its own");
        let last = (0..30).map(|_| waits(&mut queue, 1)).last();
        assert_eq!((last, queue.failures(1)), (Some(1_000_000), 36));
        queue.forget(1);
        assert_eq!((waits(&mut queue, 1), queue.failures(1)), (5, 1));
    }

    #[test]
    fn many_failures_share_ten_a_second() {
        let mut queue: WorkQueue<u32> = WorkQueue::new(DEFAULT, Time::EPOCH);
        let last = (0..120).map(|key| queue.failed(key, Time::EPOCH)).last();
        assert_eq!(last, Some(Time::EPOCH + Span::from_secs(2)));
    }

    #[test]
    fn the_earlier_of_two_times_counts() {
        let mut queue = queue();
        let at = Time::from_secs;
        assert!(queue.add_at(1, at(10)));
        assert!(!queue.add_at(1, at(20)), "it comes at 10 anyway");
        assert!(queue.add_at(1, at(5)));
        assert!(!queue.due(1, at(4)));
        assert!(queue.due(1, at(5)));
        assert!(!queue.due(1, at(10)), "the later time was given up");
        assert_eq!(queue.take(), Some(1));
    }
}
