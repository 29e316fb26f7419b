//! How long a Job waits with the pod that follows a failed one: 10 s after the first failure, twice as long after each
//! that follows, ten minutes at most; a success ends it.
//!
//! Source: pkg/controller/job/backoff_utils.go, 1.36.3. The surprises: it counts from the instant at which the pod
//! finished, not from when that was noticed; failures that `podFailurePolicy` ignores make it longer too.

use crate::time::{Span, Time};

const FIRST: Span = Span::from_secs(10);
const MOST: Span = Span::from_secs(600);

/// What the controller remembers of a Job (`backoffRecord`); a restart forgets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// Pods that have failed since the last success.
    pub failures: i32,
    /// When the last of them finished.
    pub last: Option<Time>,
}

impl Record {
    /// With the pods that have newly succeeded and failed, by when they finished (`newBackoffRecord`).
    #[must_use]
    pub fn with(self, succeeded: &[Time], failed: &[Time]) -> Record {
        let last = failed.iter().copied().max();
        match succeeded.iter().max() {
            None if last.is_none() => self,
            None => {
                Record { failures: self.failures + i32::try_from(failed.len()).unwrap_or(i32::MAX), last }
            }
            Some(success) => {
                let after = failed.iter().filter(|failure| *failure > success);
                let failures = i32::try_from(after.count()).unwrap_or(i32::MAX);
                Record { failures, last: last.filter(|_| failures > 0) }
            }
        }
    }
    /// How long no pod is made yet.
    pub fn rest(self, now: Time) -> Span {
        rest(self.failures, self.last, now)
    }
}

/// How long no pod is made yet after so many failures (`getRemainingTimeForFailuresCount`).
pub fn rest(failures: i32, last: Option<Time>, now: Time) -> Span {
    let Some(last) = last.filter(|_| failures > 0) else { return Span::default() };
    let mut whole = FIRST;
    for _ in 1..failures {
        whole = (whole * 2).min(MOST);
        if whole == MOST {
            break;
        }
    }
    let gone = now.since(last);
    if whole < gone { Span::default() } else { Span::from_micros(whole.micros() - gone.micros()) }
}

/// The later of this instant and those at which containers ended; None where one has not (`latestFinishTime`).
pub fn latest_end(before: Option<Time>, mut ends: impl Iterator<Item = Option<Time>>) -> Option<Time> {
    ends.try_fold(before, |latest, end| end.map(|end| latest.max(Some(end)))).flatten()
}

/// When a pod finished (`getFinishedTime`): when the last of its containers ended; else since when it is not Ready; else
/// when somebody asked it to go; else when it was made.
pub fn finished(
    containers: Option<Time>,
    not_ready: Option<Time>,
    asked_to_go: Option<Time>,
    made: Time,
) -> Time {
    containers.or(not_ready).or(asked_to_go).unwrap_or(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(i64) -> Time = Time::from_secs;

    #[test]
    fn a_success_forgets_the_failures_before_it() {
        let record = Record::default().with(&[], &[AT(10), AT(12)]);
        assert_eq!(record, Record { failures: 2, last: Some(AT(12)) });
        assert_eq!(record.rest(AT(12)), Span::from_secs(20));
        assert_eq!(record.with(&[], &[]), record);
        assert_eq!(record.with(&[AT(20)], &[]), Record::default());
        assert_eq!(record.with(&[AT(20)], &[AT(19), AT(21)]), Record { failures: 1, last: Some(AT(21)) });
    }

    #[test]
    fn it_doubles_to_ten_minutes() {
        let whole = |failures| rest(failures, Some(AT(0)), AT(0)).secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 900].map(whole), [0, 10, 20, 40, 320, 600, 600]);
        assert_eq!(rest(1, Some(AT(0)), AT(11)), Span::default());
    }

    #[test]
    fn a_pod_finishes_with_its_last_container() {
        let all = [Some(AT(3)), Some(AT(5))];
        assert_eq!(latest_end(None, all.into_iter()), Some(AT(5)));
        assert_eq!(latest_end(None, [Some(AT(3)), None].into_iter()), None);
        assert_eq!(latest_end(Some(AT(9)), all.into_iter()), Some(AT(9)));
        assert_eq!(finished(None, None, Some(AT(2)), AT(1)), AT(2));
        assert_eq!(finished(None, None, None, AT(1)), AT(1));
    }
}
