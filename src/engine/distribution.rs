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
