//! Back-off that doubles: `flowcontrol.Backoff` (client-go util/flowcontrol/backoff.go, v1.36.2), an entry at a time.
//!
//! An entry is small enough to stand beside what it is about, so there is no table of keys. Without jitter, as the
//! kubelet uses it.

use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// How often something has failed, as the length of the wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The wait.
    pub value: Span,
    /// When it was raised.
    pub last_update: Time,
}

/// First value, largest value, and the age at which an entry counts no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Of the first failure.
    pub first: Span,
    /// Doubling stops here.
    pub max: Span,
    /// Since the entry was raised.
    pub expiry: Span,
}

impl Limits {
    /// Of image pulls: 10 s to 5 min, forgotten after twice the maximum (`imageBackOffPeriod`, `MaxImageBackOff`).
    pub const IMAGE: Limits =
        Limits { first: Span::from_secs(10), max: Span::from_secs(300), expiry: Span::from_secs(600) };

    /// At this age the entry of a crash loop counts no more.
    pub const CRASH_LOOP_EXPIRY: Span = Span::from_secs(600);

    /// Of crash loops: `newCrashLoopBackOff` in pkg/kubelet/kubelet.go; `period` is `maxContainerRestartPeriod`, whose
    /// default of five minutes wins over the shorter maximum of the gate `ReduceDefaultCrashLoopBackOffDecay`.
    pub fn crash_loop(period: Option<Span>, gates: &Gates) -> Limits {
        let (mut first, mut max) = match gates.reduced_crash_loop {
            true => (Span::from_secs(1), Span::from_secs(60)),
            false => (Span::from_secs(10), Span::from_secs(300)),
        };
        if gates.crash_loop_max {
            max = period.unwrap_or(Span::from_secs(300));
            first = first.min(max);
        }
        Limits { first, max, expiry: Limits::CRASH_LOOP_EXPIRY }
    }

    /// The values that entries take, one after the other: the first, doubling, the maximum.
    pub fn ladder(self) -> impl Iterator<Item = Span> {
        let doubled = move |step: &Span| (*step < self.max).then(|| (*step * 2).min(self.max));
        std::iter::successors(Some(self.first), doubled)
    }
    /// `hasExpired`: whether an entry counts no more for something that happened at `event`. `GC` drops such entries.
    pub fn expired(&self, entry: Entry, event: Time) -> bool {
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

/// The entry as the housekeeping at `last_collection` has left it (`GC`; `HandlePodCleanups` in
/// pkg/kubelet/kubelet_pods.go calls it every two seconds).
pub fn kept(limits: &Limits, entry: Option<Entry>, last_collection: Time) -> Option<Entry> {
    entry.filter(|entry| !limits.expired(*entry, last_collection))
}

/// What becomes of a container that is to be started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restart {
    /// Now; the entry is the one to remember, `None` where nothing ended yet.
    Starts(Option<Entry>),
    /// Not before `until`; the message and the event tell `delay`, the whole of the wait.
    Waits {
        /// The whole of the wait.
        delay: Span,
        /// When it is over.
        until: Time,
    },
}

/// Whether a container may be started at `now`, its newest exited instance having ended at `finished`.
///
/// `doBackOff` in pkg/kubelet/kuberuntime/kuberuntime_manager.go (v1.36.2). The surprise: the wait counts from the end
/// of the last run, and the entry doubles at the start, not at the exit: how long the run lasted is part of its age.
/// Housekeeping drops an entry ten minutes after that start ([`kept`]), so a wait of five minutes after a run of more
/// than five is cut short.
pub fn crash_loop(limits: &Limits, entry: Option<Entry>, finished: Option<Time>, now: Time) -> Restart {
    let Some(finished) = finished else { return Restart::Starts(entry) };
    match limits.holds_since(entry, finished, now) {
        Some(delay) => Restart::Waits { delay, until: finished + delay },
        None => Restart::Starts(Some(limits.next(entry, finished, now))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_after_a_long_run_ends_when_the_entry_is_collected() {
        let limits = Limits::crash_loop(None, &Gates::default());
        let at = Time::from_secs;
        let entry = Some(Entry { value: Span::from_secs(300), last_update: at(0) });
        let (ended, now) = (Some(at(400)), at(602));
        let waits = Restart::Waits { delay: Span::from_secs(300), until: at(700) };
        assert_eq!(crash_loop(&limits, kept(&limits, entry, at(600)), ended, now), waits);
        let first = Entry { value: Span::from_secs(10), last_update: now };
        assert_eq!(
            crash_loop(&limits, kept(&limits, entry, at(602)), ended, now),
            Restart::Starts(Some(first))
        );
    }

    #[test]
    fn the_configured_maximum_wins() {
        let ladder = |gates: &Gates, period| {
            Limits::crash_loop(period, gates).ladder().map(Span::secs).collect::<Vec<_>>()
        };
        let gates = Gates::default();
        assert_eq!(ladder(&gates, None), [10, 20, 40, 80, 160, 300]);
        assert_eq!(ladder(&gates, Some(Span::from_secs(7))), [7]);
        let reduced = Gates { reduced_crash_loop: true, ..gates };
        assert_eq!(ladder(&reduced, None), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(ladder(&Gates { crash_loop_max: false, ..reduced }, None), [1, 2, 4, 8, 16, 32, 60]);
    }
}
