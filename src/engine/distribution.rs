//! Distributions of durations, as scenarios write them.

use crate::time::Span;

#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    Constant(Span),
    Uniform(Span, Span),
    /// By its mean.
    Exponential(Span),
    /// Cut at 0.
    Normal {
        mean: Span,
        sd: Span,
    },
    LogNormal {
        median: Span,
        p95: Span,
    },
    Weibull {
        scale: Span,
        shape: f64,
    },
    /// Drawn with equal chance.
    Empirical(Vec<Span>),
}
