//! Back-off that doubles: `flowcontrol.Backoff` (client-go util/flowcontrol/backoff.go, v1.36.2), an entry at a time.
//!
//! An entry is small enough to stand beside what it is about, so there is no table of keys. Without jitter, as the
//! kubelet uses it.

use super::gates::Gates;
use crate::time::{Span, Time};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub value: Span,
    pub last_update: Time,
}

/// First value, largest value, and the age at which an entry counts no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub first: Span,
    pub max: Span,
    pub expiry: Span,
}

impl Limits {
    /// Of image pulls: 10 s to 5 min, forgotten after twice the maximum (`imageBackOffPeriod`, `MaxImageBackOff`).
    pub const IMAGE: Limits =
        Limits { first: Span::from_secs(10), max: Span::from_secs(300), expiry: Span::from_secs(600) };

    /// Of crash loops: `newCrashLoopBackOff` in pkg/kubelet/kubelet.go; `period` is `maxContainerRestartPeriod`.
    pub fn crash_loop(period: Option<Span>, gates: &Gates) -> Limits {
        let (mut first, mut max) = match gates.reduced_crash_loop {
            true => (Span::from_secs(1), Span::from_secs(60)),
            false => (Span::from_secs(10), Span::from_secs(300)),
        };
        if gates.crash_loop_max
            && let Some(period) = period
        {
            max = period;
            first = first.min(max);
        }
        Limits { first, max, expiry: Span::from_secs(600) }
    }

    fn expired(&self, entry: Entry, event: Time) -> bool {
        event.since(entry.last_update) > self.expiry
    }
    /// `Next`: the entry after one more failure at `event`, noted at `now`.
    pub fn next(&self, entry: Option<Entry>, event: Time, now: Time) -> Entry {
        let value = match entry {
            Some(old) if !self.expired(old, event) => (old.value * 2).min(self.max),
            _ => self.first,
        };
        Entry { value, last_update: now }
    }
    /// `IsInBackOffSince`: whether less than the entry's value has passed since `event`.
    pub fn holds_since(&self, entry: Option<Entry>, event: Time, now: Time) -> Option<Span> {
        entry.filter(|e| !self.expired(*e, event) && now.since(event) < e.value).map(|e| e.value)
    }
    /// `IsInBackOffSinceUpdate`: whether less than the entry's value has passed since it was raised.
    pub fn holds_since_update(&self, entry: Option<Entry>, event: Time) -> bool {
        entry.is_some_and(|e| !self.expired(e, event) && event.since(e.last_update) < e.value)
    }
}
