//! What is known of durations, one by one: how long each may have been.
//!
//! Instants in objects are cut to their second and probes look now and then, so a duration is hardly ever known but for an interval;
//! what had not ended is known from below alone; what ran when somebody began to look counts under the condition that it had run
//! so long. All of it goes into a likelihood as it is: intervals, ends that are open, and entries that are late.

use std::collections::BTreeMap;

/// One duration, in microseconds: from `least + a + b` on over `width`, where `a` may be anything from 0 to `early` and `b` from 0 to
/// `late`, each with equal chance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Observation {
    /// The least that it may have been.
    pub least: i64,
    /// How much longer it may have been, wherever it began.
    pub width: i64,
    /// In how wide a window it began.
    pub early: i64,
    /// In how wide a window its end was seen.
    pub late: i64,
    /// It had not ended, or something else ended it: it would have been longer.
    pub is_open: bool,
    /// It had lasted so long when somebody began to look; 0: it was seen from its begin.
    pub entry: i64,
    /// The window in which it began: those of one window may have begun together.
    pub began: i64,
}

impl Observation {
    /// From a window in which it began to one in which it ended.
    pub fn between(began: (i64, i64), ended: (i64, i64)) -> Observation {
        Observation {
            least: ended.0 - began.1,
            width: (ended.1 - ended.0).max(1),
            early: (began.1 - began.0).max(0),
            began: began.0,
            ..Observation::default()
        }
    }

    /// From a window in which it began to an instant at which it had not ended.
    pub fn beyond(began: (i64, i64), seen: i64) -> Observation {
        let early = (began.1 - began.0).max(0);
        Observation {
            least: (seen - began.1).max(0),
            early,
            is_open: true,
            began: began.0,
            ..Observation::default()
        }
    }

    /// The least and the most that it may have been; an open one has no most.
    pub fn range(&self) -> (f64, f64) {
        let most = self.least + self.early + self.late + self.width;
        (seconds(self.least.max(0)), if self.is_open { f64::INFINITY } else { seconds(most.max(0)) })
    }

    /// Its middle, or what it had reached.
    pub fn middle(&self) -> f64 {
        let middle =
            self.least + (self.early + self.late) / 2 + if self.is_open { 0 } else { self.width / 2 };
        seconds(middle.max(0))
    }

    /// How much of what is known of it lets it have been `value` seconds: 1 where all does.
    pub fn allows(&self, value: f64) -> f64 {
        let parts = if self.early > 0 && self.late > 0 { PARTS } else { 1 };
        let room = if parts > 1 { self.early } else { self.early.max(self.late) };
        let each = (0..parts).map(|part| {
            let shift = if parts > 1 { self.late * (2 * part + 1) / (2 * parts) } else { 0 };
            let least = seconds(self.least + shift);
            // It may have begun at so many places that the value lies within.
            let (room, width) =
                (seconds(room), if self.is_open { f64::INFINITY } else { seconds(self.width) });
            let (first, last) = ((value - width - least).max(0.0), (value - least).min(room));
            match room {
                0.0 if (-NEAR..=width + NEAR).contains(&(value - least)) => 1.0,
                0.0 => 0.0,
                room => ((last - first) / room).clamp(0.0, 1.0),
            }
        });
        each.sum::<f64>() / parts as f64
    }
}

/// A tenth of a microsecond.
const NEAR: f64 = 1e-7;

/// A window is looked at in so many places.
const PARTS: i64 = 8;

pub fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// An interval of a duration, as logarithms of seconds and as these, and how much of the chance it has.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub low: f64,
    pub high: f64,
    pub seconds: (f64, f64),
    pub weight: f64,
}

/// Durations about which the same is known.
#[derive(Clone, Debug)]
pub struct Group {
    pub count: f64,
    pub parts: Vec<Part>,
    /// The logarithm of what it had reached; minus infinity: seen from its begin.
    pub entry: f64,
    pub one: Observation,
}

/// Many durations.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub groups: Vec<Group>,
    /// How many there are.
    pub n: usize,
    /// How many of these are open.
    pub open: usize,
    /// So many seconds all may be off together: what began in one window may have begun at one instant, and where in the window that was is
    /// then one unknown and not many.
    pub shared: f64,
}

/// So many groups are told apart; of more, those that hardly differ count as one.
const GROUPS: usize = 600;

impl Sample {
    pub fn new(all: &[Observation]) -> Sample {
        let grouped = |grain: i64| {
            let mut groups: BTreeMap<Observation, usize> = BTreeMap::new();
            for one in all {
                *groups.entry(one.rounded(grain)).or_default() += 1;
            }
            groups
        };
        let mut groups = grouped(1);
        let mut grain = 1000;
        while groups.len() > GROUPS && grain < 1_000_000_000_000 {
            groups = grouped(grain);
            grain *= 2;
        }
        let groups = groups.into_iter().map(|(one, count)| Group {
            count: count as f64,
            parts: one.parts(),
            entry: if one.entry > 0 { libm::log(seconds(one.entry)) } else { f64::NEG_INFINITY },
            one,
        });
        Sample {
            groups: groups.collect(),
            n: all.len(),
            open: all.iter().filter(|one| one.is_open).count(),
            shared: shared(all),
        }
    }

    /// How many have an end.
    pub fn ended(&self) -> usize {
        self.n - self.open
    }
}

/// 95 % of how far the mean place in their windows may be from the middle, beyond what as many that began one by one would have.
fn shared(all: &[Observation]) -> f64 {
    let mut windows: BTreeMap<i64, usize> = BTreeMap::new();
    for one in all {
        *windows.entry(one.began).or_default() += 1;
    }
    let n = all.len().max(1) as f64;
    let width = all.iter().map(|one| seconds(one.early)).sum::<f64>() / n;
    let together = windows.values().map(|count| (count * count) as f64).sum::<f64>() / (n * n);
    // A place in a window of one has a standard deviation of the twelfth's root.
    1.96 * libm::sqrt((together - 1.0 / n).max(0.0) / 12.0) * width
}

impl Observation {
    fn rounded(&self, grain: i64) -> Observation {
        if grain <= 1 {
            return Observation { began: 0, ..*self };
        }
        let round = |own: i64| (own + grain / 2).div_euclid(grain) * grain;
        Observation {
            least: round(self.least),
            width: round(self.width).max(1),
            early: round(self.early),
            late: round(self.late),
            entry: round(self.entry),
            is_open: self.is_open,
            began: 0,
        }
    }

    fn parts(&self) -> Vec<Part> {
        let wide = |own: i64| own * 20 > self.width || self.is_open && own > 1000;
        let places = |own: i64, many: i64| if wide(own) { many } else { 1 };
        let both = wide(self.early) && wide(self.late);
        let (a, b) = (
            places(self.early, if both { 4 } else { PARTS }),
            places(self.late, if both { 4 } else { PARTS }),
        );
        let mut all: BTreeMap<i64, f64> = BTreeMap::new();
        for ix in 0..a {
            for jx in 0..b {
                let shift = self.early * (2 * ix + 1) / (2 * a) + self.late * (2 * jx + 1) / (2 * b);
                *all.entry(self.least + shift).or_default() += 1.0 / (a * b) as f64;
            }
        }
        let log = |micros: i64| if micros > 0 { libm::log(seconds(micros)) } else { f64::NEG_INFINITY };
        all.into_iter()
            .map(|(low, weight)| {
                let high = if self.is_open {
                    (f64::INFINITY, f64::INFINITY)
                } else {
                    (log(low + self.width), seconds(low + self.width))
                };
                Part { low: log(low), high: high.0, seconds: (seconds(low), high.1), weight }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    /// Both ends cut to their second: a duration of 2.3 s spans two or three seconds, and never one or four.
    #[test]
    fn whole_seconds_leave_a_triangle() {
        let one = Observation::between((10 * S, 11 * S), (12 * S, 13 * S));
        assert_eq!(one.range(), (1.0, 3.0));
        for (value, share) in [(1.0, 0.0), (1.5, 0.5), (2.0, 1.0), (2.3, 0.7), (3.0, 0.0)] {
            assert!((one.allows(value) - share).abs() < 1e-9, "{value}");
        }
        let weights: f64 = one.parts().iter().map(|part| part.weight).sum();
        assert!((weights - 1.0).abs() < 1e-9);
    }

    /// Forty that were killed in one second may have been killed at one instant of it.
    #[test]
    fn what_began_together_is_off_together() {
        let all = |step: i64| {
            let of = |ix: i64| Observation::between((ix * step, ix * step + S), (90 * S, 91 * S));
            Sample::new(&(0..40).map(of).collect::<Vec<_>>()).shared
        };
        assert!((0.5..0.6).contains(&all(0)) && all(S) < 1e-6);
    }

    #[test]
    fn an_open_end_allows_whatever_is_longer() {
        let one = Observation::beyond((0, 0), 5 * S);
        assert_eq!((one.allows(4.9), one.allows(5.1), one.allows(5e6)), (0.0, 1.0, 1.0));
    }
}
