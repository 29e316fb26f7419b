//! The token bucket that client-go throttles with: of pulls from registries, of events about an object.
//!
//! Source: `NewTokenBucketRateLimiter` and `TryAccept` in client-go util/flowcontrol/throttle.go (v1.36.2) over
//! golang.org/x/time/rate. `take` never makes anybody wait: without a token the answer is no.

use crate::time::{Span, Time};

/// How many tokens a full bucket holds, and how long one takes to come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    pub burst: u32,
    pub refill: Span,
}

/// What a controller of kube-controller-manager may send to the API server (`--kube-api-burst`, `--kube-api-qps`).
pub const CONTROLLER_REQUESTS: Rate = Rate { burst: 30, refill: Span::from_millis(50) };

/// A bucket in one instant: since when it would have filled, had it been empty then. A new bucket is full.
///
/// The whole arithmetic is exact: no fraction of a token is ever lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenBucket {
    empty_at: Time,
}

impl TokenBucket {
    pub fn full(rate: Rate, now: Time) -> TokenBucket {
        TokenBucket { empty_at: now - rate.refill * i64::from(rate.burst) }
    }
    /// Takes a token if there is a whole one.
    pub fn take(&mut self, rate: Rate, now: Time) -> bool {
        let empty_at = self.empty_at.max(TokenBucket::full(rate, now).empty_at);
        let has_one = rate.burst > 0 && now.since(empty_at) >= rate.refill;
        if has_one {
            self.empty_at = empty_at + rate.refill;
        }
        has_one
    }
    /// When there is a whole token, at `now` or later: for those who wait.
    pub fn free_at(&self, rate: Rate, now: Time) -> Time {
        let empty_at = self.empty_at.max(TokenBucket::full(rate, now).empty_at);
        (empty_at + rate.refill).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_per_refill() {
        let rate = Rate { burst: 25, refill: Span::from_secs(300) };
        let at = Time::from_secs;
        let mut bucket = TokenBucket::full(rate, at(0));
        assert_eq!((0..30).filter(|second| bucket.take(rate, at(*second))).count(), 25);
        assert!(!bucket.take(rate, at(299)));
        assert!(bucket.take(rate, at(300)));
        assert!(!bucket.take(rate, at(599)));
        assert!(bucket.take(rate, at(600)));
        assert_eq!((0..30).filter(|_| bucket.take(rate, at(1_000_000))).count(), 25);
    }

    #[test]
    fn whoever_waits_gets_the_next_token() {
        let rate = Rate { burst: 2, refill: Span::from_millis(50) };
        let mut bucket = TokenBucket::full(rate, Time::EPOCH);
        let mut now = Time::EPOCH;
        let mut taken = Vec::new();
        for _ in 0..5 {
            now = bucket.free_at(rate, now);
            assert!(bucket.take(rate, now));
            taken.push(now.micros() / 1000);
        }
        assert_eq!(taken, [0, 0, 50, 100, 150]);
    }

    #[test]
    fn asking_in_vain_costs_nothing() {
        let rate = Rate { burst: 1, refill: Span::from_secs(1) };
        let mut bucket = TokenBucket::full(rate, Time::EPOCH);
        assert!(bucket.take(rate, Time::EPOCH));
        let asked = (1..=1000).filter(|ms| bucket.take(rate, Time::EPOCH + Span::from_millis(*ms))).count();
        assert_eq!(asked, 1);
        let none = Rate { burst: 0, ..rate };
        assert!(!TokenBucket::full(none, Time::EPOCH).take(none, Time::from_secs(9)));
    }
}
