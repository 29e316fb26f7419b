//! Slow start: many calls of one kind go out in batches of 1, 2, 4, 8 …, so that a refusal costs one call and not
//! hundreds.
//!
//! Source: `slowStartBatch`, pkg/controller/replicaset/replica_set.go, 1.36.3; the controllers of DaemonSets, Jobs and
//! StatefulSets have the same function.

/// The sizes of the batches, one after the other.
///
/// The calls of a batch go out together and all are waited for; if one failed, the next batch is not begun, and what
/// [`SlowStart::left`] says was never tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlowStart {
    left: usize,
    next: usize,
}

impl SlowStart {
    /// For so many calls.
    pub fn new(calls: usize) -> SlowStart {
        SlowStart { left: calls, next: 1 }
    }
    /// How many calls have not been begun.
    pub fn left(&self) -> usize {
        self.left
    }
}

impl Iterator for SlowStart {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let batch = self.next.min(self.left);
        self.left -= batch;
        self.next = batch.saturating_mul(2);
        (batch > 0).then_some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_double_until_all_are_out() {
        assert_eq!(SlowStart::new(10).collect::<Vec<_>>(), [1, 2, 4, 3]);
        assert_eq!(SlowStart::new(1).collect::<Vec<_>>(), [1]);
        assert_eq!(SlowStart::new(0).next(), None);
        let mut start = SlowStart::new(500);
        assert_eq!(start.next(), Some(1));
        assert_eq!(start.left(), 499, "the first one was refused");
    }
}
