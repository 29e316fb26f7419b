//! Distributions of durations, as scenarios write them.

use crate::time::Span;

/// A distribution of durations.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    /// Always the same; takes no draw.
    Constant(Span),
    /// Between two bounds.
    Uniform(Span, Span),
    /// By its mean.
    Exponential(Span),
    /// Cut at 0.
    Normal {
        /// Mean of the curve before it is cut.
        mean: Span,
        /// Its standard deviation.
        sd: Span,
    },
    /// By two of its quantiles.
    LogNormal {
        /// Half of all draws are below.
        median: Span,
        /// 95 of 100 draws are below; not less than the median.
        p95: Span,
    },
    /// By its two parameters.
    Weibull {
        /// Where about 63 of 100 draws are below.
        scale: Span,
        /// Above 0; at 1 it is the exponential distribution.
        shape: f64,
    },
    /// Drawn with equal chance.
    Empirical(Vec<Span>),
    /// How long something lasts altogether of which nobody knows the scale, and which has lasted for an age.
    Unknown(Unknown),
}

/// What is known of something of which nobody knows how long it lasts.
///
/// Of those that have lasted for an age `a` the share `w (a + s) / (t + s) + (1 - w) (a + l) / (t + l)` lasts longer than `t`. One part
/// of what is known is that it has lasted for `a`: at an instant that is as good as any it has as long again before it as not, whatever
/// its scale is (`s` is a second, below which no instant is printed). The other is that such things typically last for `l`. What has
/// begun is known by its age to three quarters, what has not to a half.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Unknown {
    /// How long such things typically last.
    pub typical: Span,
    /// How long this one has lasted.
    pub age: Span,
    /// Key of its luck: what has the same key has the same scale, and so one draw.
    pub whose: u64,
}

impl Unknown {
    /// Instants are printed in whole seconds.
    const PRINTED: Span = Span::from_secs(1);

    /// How much of what is known is its age.
    fn by_age(&self) -> f64 {
        if self.age > Span::ZERO { 0.75 } else { 0.5 }
    }

    /// After how long so large a share of them is left.
    fn when_left(&self, share: f64) -> Span {
        let age = self.age.micros() as f64;
        let short = age + Self::PRINTED.min(self.typical).micros() as f64;
        let long = age + self.typical.micros() as f64;
        let by_age = self.by_age();
        // `w short / (short + r) + (1 - w) long / (long + r) = share`, solved for `r`, what is still to come.
        let middle = share * (short + long) - by_age * short - (1.0 - by_age) * long;
        let root = libm::sqrt(middle * middle + 4.0 * share * (1.0 - share) * short * long);
        Span::from_micros((age + (root - middle) / (2.0 * share)).clamp(0.0, 9.0e15) as i64)
    }
}

impl Distribution {
    /// Whether a sample may be longer than this.
    pub fn may_exceed(&self, limit: Span) -> bool {
        match self {
            Distribution::Constant(span) => *span > limit,
            Distribution::Uniform(_, high) => *high > limit,
            Distribution::Empirical(spans) => spans.iter().any(|span| *span > limit),
            _ => true,
        }
    }

    /// What 95 of 100 samples don't exceed, as a few hundred of them show.
    pub fn p95(&self) -> Span {
        const SAMPLES: u64 = 400;
        if let Distribution::Constant(span) = self {
            return *span;
        }
        let one = |number| self.sample(&mut super::random::Draw::new(0, 0, 0, number));
        let mut all: Vec<Span> = (0..SAMPLES).map(one).collect();
        all.sort_unstable();
        all[(SAMPLES * 95 / 100) as usize]
    }

    /// As [`Distribution::sample`] from a draw that is made only where there is something to draw.
    pub fn sample_by(&self, draw: impl FnOnce() -> super::random::Draw) -> Span {
        match self {
            Distribution::Constant(span) => *span,
            _ => self.sample(&mut draw()),
        }
    }
    /// A duration, never negative, in whole microseconds. All transforms go through `libm`: the same bits everywhere.
    pub fn sample(&self, draw: &mut super::random::Draw) -> Span {
        let micros = |value: f64| Span::from_micros(value.clamp(0.0, 9.0e15) as i64);
        match self {
            Distribution::Constant(span) => *span,
            Distribution::Uniform(low, high) => {
                let width = (high.micros() - low.micros()).max(0) as u64;
                *low + Span::from_micros(draw.below(width + 1) as i64)
            }
            Distribution::Exponential(mean) => micros(-libm::log(1.0 - draw.unit()) * mean.micros() as f64),
            Distribution::Normal { mean, sd } => {
                micros(mean.micros() as f64 + sd.micros() as f64 * standard_normal(draw))
            }
            Distribution::LogNormal { median, p95 } => {
                let ratio = p95.micros() as f64 / (median.micros() as f64).max(1.0);
                let sigma = libm::log(ratio.max(1.0)) / Z95;
                micros(median.micros() as f64 * libm::exp(sigma * standard_normal(draw)))
            }
            Distribution::Weibull { scale, shape } => {
                let power = 1.0 / shape.max(1e-3);
                micros(scale.micros() as f64 * libm::pow(-libm::log(1.0 - draw.unit()), power))
            }
            Distribution::Unknown(own) => own.when_left(1.0 - draw.unit()),
            Distribution::Empirical(values) if values.is_empty() => Span::ZERO,
            Distribution::Empirical(values) => values[draw.below(values.len() as u64) as usize],
        }
    }
}

/// The 95th percentile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;

/// Box and Muller's transform, one of the two values.
fn standard_normal(draw: &mut super::random::Draw) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - draw.unit()));
    radius * libm::cos(2.0 * std::f64::consts::PI * draw.unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(typical: i64, age: f64, share: f64) -> f64 {
        let age = Span::from_micros((age * 1e6) as i64);
        Unknown { typical: Span::from_secs(typical), age, whose: 0 }.when_left(share).secs_f64()
    }

    #[test]
    fn what_is_left_of_unknown_things_is_by_their_age_and_by_what_is_typical() {
        for (typical, age, by_age) in [(10, 0.0, 0.5), (10, 3.0, 0.75), (60, 700.0, 0.75), (1, 0.0, 0.5)] {
            let (a, l) = (age, typical as f64);
            let survive = |t: f64| by_age * (a + 1.0) / (t + 1.0) + (1.0 - by_age) * (a + l) / (t + l);
            for share in [1.0, 0.975, 0.8, 0.5, 0.1, 0.025] {
                let own = survive(left(typical, age, share));
                assert!((own - share).abs() < 1e-5, "{typical} {age} {share}: {own}");
            }
            assert!((left(typical, age, 1.0) - age).abs() < 1e-5);
        }
    }

    /// Things of any scale, each looked at at instants that are as good as any: windows hold what they say.
    #[test]
    fn windows_hold_things_of_any_scale() {
        const TIMES: usize = 1000;
        for lasts in [2.0, 5.0, 20.0, 60.0, 300.0, 3600.0] {
            for level in [0.5, 0.8, 0.95] {
                let held = (0..TIMES).filter(|ix| {
                    let age = lasts * (*ix as f64 + 0.5) / TIMES as f64;
                    let [low, high] =
                        [(1.0 + level) / 2.0, (1.0 - level) / 2.0].map(|share| left(10, age, share));
                    (low..=high).contains(&lasts)
                });
                let share = held.count() as f64 / TIMES as f64;
                assert!(share >= level, "{lasts} s: {share} of {level}");
            }
        }
    }
}
