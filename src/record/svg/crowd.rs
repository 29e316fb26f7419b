//! How many pods of a group are in which state, over time: of any number of pods, in bounded room.

use crate::time::{Span, Time};

use super::gather::Shown;

/// So many places in time are kept; then two become one.
const PLACES: usize = 2048;

/// How many are in each state, by [`Shown`].
pub type Counts = [i32; Shown::ALL.len()];

/// The changes of a crowd's counts, in order of time.
#[derive(Debug, Default)]
pub struct Crowd {
    changes: Vec<(Time, Counts)>,
    /// Changes that lie no further apart than this stand in one place.
    width: Span,
}

impl Crowd {
    /// A pod goes from one state to another; None: it is not there.
    pub fn moves(&mut self, at: Time, from: Option<Shown>, to: Option<Shown>) {
        if self.changes.last().is_none_or(|(last, _)| at.since(*last) > self.width) {
            if self.changes.len() == PLACES {
                self.thin_out();
            }
            self.changes.push((at, Counts::default()));
        }
        if let Some((_, counts)) = self.changes.last_mut() {
            if let Some(from) = from {
                counts[from as usize] -= 1;
            }
            if let Some(to) = to {
                counts[to as usize] += 1;
            }
        }
    }

    /// Two places become one; what lies as near to each other from now on shares one too.
    fn thin_out(&mut self) {
        let (first, last) = match (self.changes.first(), self.changes.last()) {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => return,
        };
        let across = last.since(first).micros() / (PLACES as i64 / 4);
        self.width = self.width.max(Span::from_micros(across.max(1)));
        let mut thin: Vec<(Time, Counts)> = Vec::with_capacity(PLACES);
        for (at, counts) in self.changes.drain(..) {
            match thin.last_mut() {
                Some((last, sum)) if at.since(*last) <= self.width => {
                    sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                }
                _ => thin.push((at, counts)),
            }
        }
        self.changes = thin;
    }

    /// How many there are from each instant on.
    pub fn counts(&self) -> Vec<(Time, Counts)> {
        let mut now = Counts::default();
        self.changes
            .iter()
            .map(|(at, change)| {
                now.iter_mut().zip(change).for_each(|(now, change)| *now += change);
                (*at, now)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many changes there are, room is bounded, and at the end all are counted.
    #[test]
    fn a_crowd_is_counted_to_its_last() {
        let mut crowd = Crowd::default();
        for number in 0..100_000 {
            crowd.moves(Time::from_micros(number * 700), None, Some(Shown::Pending));
            crowd.moves(Time::from_micros(number * 700), Some(Shown::Pending), Some(Shown::Ready));
        }
        let counts = crowd.counts();
        assert!(counts.len() <= PLACES, "{}", counts.len());
        let (_, last) = counts.last().expect("there are some");
        assert_eq!((last[Shown::Ready as usize], last[Shown::Pending as usize]), (100_000, 0));
        assert!(counts.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
