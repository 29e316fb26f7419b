//! Sets of completion indexes as a Job's status spells them: `0,2-4,6`.
//!
//! Source: `orderedIntervals`, `parseIndexesFromString`, `firstPendingIndexes` in pkg/controller/job/indexed_job_utils.go,
//! 1.36.3.

use std::fmt;

/// Indexes in runs, ascending, first and last of each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Indexes(Vec<(i32, i32)>);

impl Indexes {
    /// What a text lists of the indexes below `completions`; what is no index is passed over.
    pub fn parse(text: &str, completions: i32) -> Indexes {
        let mut runs: Vec<(i32, i32)> = Vec::new();
        if text.is_empty() {
            return Indexes(runs);
        }
        for run in text.split(',') {
            let mut limits = run.split('-');
            let Some(first) = limits.next().and_then(|text| text.parse::<i32>().ok()) else { continue };
            if first >= completions {
                break;
            }
            let last = match limits.next().map(str::parse::<i32>) {
                None => first,
                Some(Ok(last)) => last.min(completions - 1),
                Some(Err(_)) => continue,
            };
            match runs.last_mut() {
                Some(before) if before.1 == first - 1 => before.1 = last,
                _ => runs.push((first, last)),
            }
        }
        Indexes(runs)
    }
    /// With these too, which come in ascending order.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = i32>) -> Indexes {
        self.merged(more.into_iter().map(|index| (index, index)))
    }
    /// With those of another set too.
    #[must_use]
    pub fn union(&self, other: &Indexes) -> Indexes {
        self.merged(other.0.iter().copied())
    }
    fn merged(&self, more: impl Iterator<Item = (i32, i32)>) -> Indexes {
        let mut runs: Vec<(i32, i32)> = Vec::with_capacity(self.0.len() + 1);
        let (mut own, mut more) = (self.0.iter().copied().peekable(), more.peekable());
        loop {
            let next = match (own.peek(), more.peek()) {
                (Some(one), Some(other)) if one.0 < other.0 => own.next(),
                (_, Some(_)) => more.next(),
                (_, None) => own.next(),
            };
            let Some(run) = next else { return Indexes(runs) };
            match runs.last_mut() {
                Some(before) if run.0 <= before.1.saturating_add(1) => before.1 = before.1.max(run.1),
                _ => runs.push(run),
            }
        }
    }
    /// How many they are.
    pub fn total(&self) -> i32 {
        let sum: i64 = self.0.iter().map(|(first, last)| i64::from(*last) - i64::from(*first) + 1).sum();
        i32::try_from(sum).unwrap_or(i32::MAX)
    }
    /// Whether this one is among them.
    pub fn has(&self, index: i32) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < index);
        self.0.get(at).is_some_and(|(first, _)| *first <= index)
    }
    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// How many of these are among those too.
    pub(super) fn shared_with(&self, other: &Indexes) -> i32 {
        let (mut own, mut others) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut shared = 0;
        while let (Some(one), Some(two)) = (own.peek(), others.peek()) {
            shared += (one.1.min(two.1) - one.0.max(two.0) + 1).max(0);
            match one.1.cmp(&two.1) {
                std::cmp::Ordering::Less => own.next(),
                std::cmp::Ordering::Greater => others.next(),
                std::cmp::Ordering::Equal => own.next().and(others.next()),
            };
        }
        shared
    }
    /// The smallest `count` indexes below `completions` that are not among them.
    pub fn first_missing(&self, count: usize, completions: i32) -> Vec<i32> {
        let mut found = Vec::new();
        let mut candidate = 0;
        for (first, last) in self.0.iter().copied().chain([(completions, completions)]) {
            while candidate < first.min(completions) && found.len() < count {
                found.push(candidate);
                candidate += 1;
            }
            candidate = candidate.max(last.saturating_add(1));
        }
        found
    }
}

/// Two neighbours are listed, of three and more the first and the last.
impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{first}")?;
            if last > first {
                let sign = if *last == first + 1 { ',' } else { '-' };
                write!(f, "{sign}{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_spelled_in_runs_of_three_and_more() {
        let set = Indexes::default().with([0, 1, 3, 4, 5, 9]);
        assert_eq!(set.to_string(), "0,1,3-5,9");
        assert_eq!((set.total(), set.has(4), set.has(2)), (6, true, false));
        assert_eq!(set.with([2]).to_string(), "0-5,9");
        assert_eq!(set.union(&Indexes::parse("6-8,11", 12)).to_string(), "0,1,3-9,11");
    }

    #[test]
    fn rubbish_and_what_is_beyond_the_end_are_passed_over() {
        assert_eq!(Indexes::parse("0-9,20", 4).to_string(), "0-3");
        assert_eq!(Indexes::parse("x,1-y,3", 9).to_string(), "3");
        assert!(Indexes::parse("", 9).is_empty());
        assert!(Indexes::parse("-1", 9).is_empty());
    }

    #[test]
    fn the_smallest_that_are_missing_come_first() {
        let set = Indexes::parse("0,2-4", 8);
        assert_eq!(set.first_missing(3, 8), [1, 5, 6]);
        assert_eq!(set.first_missing(9, 6), [1, 5]);
        assert_eq!(set.shared_with(&Indexes::parse("0-3,7", 8)), 3);
    }
}
