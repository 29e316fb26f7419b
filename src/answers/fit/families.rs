//! The families of distributions that a scenario can write, fitted to what is known of durations.
//!
//! Lognormal and Weibull are one idea: the logarithm of the duration is a place plus a scale times something of a fixed shape, normal or
//! Gumbel's (J. F. Lawless, *Statistical Models and Methods for Lifetime Data*, 2003, chapter 5). Their parameters are those of the highest likelihood, and an
//! interval of one holds all of its values from which the likelihood, with the other parameter as good as it can be, falls no
//! lower than [`cut`]: the profile likelihood, calibrated so that it is Student's where all is known exactly.

use super::climb::{between, climb1, climb2, until};
use super::kernel::{Group, Sample};
use crate::answers::statistics::student;

/// Both ends of an interval in seconds; None: nothing bounds it.
pub type Interval = (Option<f64>, Option<f64>);

/// The normal quantile that leaves 5 % above it.
pub const Z95: f64 = 1.644_853_626_951_472_2;

/// What the logarithm of a duration is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Of a lognormal duration.
    Normal,
    /// Of a Weibull one: the smallest of many.
    Gumbel,
}

impl Shape {
    /// The chance to lie below, and that to lie above.
    fn sides(self, z: f64) -> (f64, f64) {
        match self {
            Shape::Normal => {
                let half = |z: f64| 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2);
                (half(-z), half(z))
            }
            Shape::Gumbel if z > 700.0 => (1.0, 0.0),
            Shape::Gumbel => {
                let hazard = libm::exp(z);
                (-libm::expm1(-hazard), libm::exp(-hazard))
            }
        }
    }

    pub fn below(self, z: f64) -> f64 {
        self.sides(z).0
    }

    fn inside(self, low: f64, high: f64) -> f64 {
        if low > 0.0 {
            return self.sides(low).1 - if high == f64::INFINITY { 0.0 } else { self.sides(high).1 };
        }
        let above = if high == f64::INFINITY { 1.0 } else { self.sides(high).0 };
        above - if low == f64::NEG_INFINITY { 0.0 } else { self.sides(low).0 }
    }
}

/// Less than this is no chance.
const LEAST: f64 = 1e-300;
/// A scale of the logarithm, as its logarithm, from a thousandth to some thousand.
const SCALES: (f64, f64) = (-6.9, 8.0);

fn of_group(group: &Group, shape: Shape, place: f64, scale: f64) -> f64 {
    let inside = group
        .parts
        .iter()
        .map(|part| part.weight * shape.inside((part.low - place) / scale, (part.high - place) / scale));
    let chance: f64 = inside.sum();
    let entered = match group.entry == f64::NEG_INFINITY {
        true => 1.0,
        false => shape.sides((group.entry - place) / scale).1,
    };
    group.count * (libm::log(chance.max(LEAST)) - libm::log(entered.max(LEAST)))
}

/// A fitted family: where its likelihood is highest.
#[derive(Clone, Copy, Debug)]
pub struct LogFit {
    pub shape: Shape,
    /// Of the logarithm of seconds.
    pub place: f64,
    /// The logarithm of the scale.
    pub scale: f64,
    pub height: f64,
}

/// A number that one asks of a family; it goes with the place and the scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A lognormal's median, a Weibull's scale.
    Place,
    /// The 95th percentile of a lognormal one.
    P95,
    /// A Weibull's shape.
    Shape,
    /// The mean.
    Mean,
}

impl Asked {
    /// What is added to the place.
    fn beyond(self, shape: Shape, scale: f64) -> f64 {
        let sigma = libm::exp(scale.clamp(SCALES.0, SCALES.1));
        match (self, shape) {
            (Asked::Place | Asked::Shape, _) => 0.0,
            (Asked::P95, _) => Z95 * sigma,
            (Asked::Mean, Shape::Normal) => sigma * sigma / 2.0,
            (Asked::Mean, Shape::Gumbel) => libm::lgamma(1.0 + sigma),
        }
    }
}

impl LogFit {
    pub fn of(sample: &Sample, shape: Shape) -> LogFit {
        let logs = sample.groups.iter().filter(|group| group.one.middle() > 0.0);
        let logs: Vec<(f64, f64)> = logs.map(|group| (libm::log(group.one.middle()), group.count)).collect();
        let n = logs.iter().map(|(_, count)| count).sum::<f64>().max(1.0);
        let mean = logs.iter().map(|(log, count)| log * count).sum::<f64>() / n;
        let spread = logs.iter().map(|(log, count)| (log - mean) * (log - mean) * count).sum::<f64>() / n;
        let sigma = libm::sqrt(spread).max(0.02);
        let height = |x: f64, scale: f64| likelihood(sample, shape, mean + x * sigma, scale);
        let ((x, scale), height) = climb2(&height, (0.0, libm::log(sigma)));
        LogFit { shape, place: mean + x * sigma, scale: scale.clamp(SCALES.0, SCALES.1), height }
    }

    pub fn sigma(&self) -> f64 {
        libm::exp(self.scale)
    }

    /// In seconds, or the shape itself.
    pub fn value(&self, asked: Asked) -> f64 {
        match asked {
            Asked::Shape => libm::exp(-self.scale),
            asked => libm::exp(self.place + asked.beyond(self.shape, self.scale)),
        }
    }

    /// All values from which the likelihood falls by no more than half of `cut`.
    pub fn interval(&self, sample: &Sample, asked: Asked, cut: f64) -> Interval {
        let limit = self.height - cut / 2.0;
        let sigma = self.sigma();
        let step = sigma / libm::sqrt(sample.ended().max(1) as f64);
        if asked == Asked::Shape {
            let mut place = 0.0;
            let mut height = |scale: f64| {
                if !(SCALES.0..=SCALES.1).contains(&scale) {
                    return f64::NEG_INFINITY;
                }
                let of = |x: f64| likelihood(sample, self.shape, self.place + x * sigma, scale);
                let (at, height) = climb1(&of, place);
                place = at;
                height
            };
            let step = 1.0 / libm::sqrt(sample.ended().max(1) as f64);
            let upper = until(&mut height, self.scale, -step, limit).map(|scale| libm::exp(-scale));
            place_again(&mut height, self.scale);
            let lower = until(&mut height, self.scale, step, limit).map(|scale| libm::exp(-scale));
            return (lower, upper);
        }
        let from = self.place + asked.beyond(self.shape, self.scale);
        let side = |step: f64| {
            let mut scale = self.scale;
            let mut height = |value: f64| {
                let of =
                    |own: f64| likelihood(sample, self.shape, value - asked.beyond(self.shape, own), own);
                let (at, height) = climb1(&of, scale);
                scale = at;
                height
            };
            until(&mut height, from, step, limit).map(libm::exp)
        };
        (side(-step), side(step))
    }
}

/// The memory of a climb is taken back to where it began.
fn place_again(height: &mut dyn FnMut(f64) -> f64, from: f64) {
    height(from);
}

fn likelihood(sample: &Sample, shape: Shape, place: f64, scale: f64) -> f64 {
    let bounded = scale.clamp(SCALES.0, SCALES.1);
    let sigma = libm::exp(bounded);
    let height: f64 = sample.groups.iter().map(|group| of_group(group, shape, place, sigma)).sum();
    // Beyond the bounds it falls, so that no climb goes on there.
    height - (scale - bounded).abs()
}

/// By how much twice the logarithm of a likelihood may fall within 95 %: chi-square's, drawn out as Student's t asks of the mean of `n` normal
/// figures, for which it is exact.
pub fn cut(n: usize) -> Option<f64> {
    let freedom = (n as u64).checked_sub(1).filter(|freedom| *freedom > 0)?;
    let t = student(freedom)?;
    Some(n as f64 * libm::log1p(t * t / freedom as f64))
}

/// As [`cut`], where the other parameters are none.
pub const CHI_SQUARE: f64 = 3.841_458_820_694_124;

/// Always the same: the mean of the values that may be, its interval, and the highest likelihood; None where no value fits all.
pub fn constant(sample: &Sample) -> Option<(f64, (f64, f64), f64)> {
    let ranges = sample.groups.iter().map(|group| group.one.range());
    let (low, high) =
        ranges.fold((0.0_f64, f64::INFINITY), |(low, high), own| (low.max(own.0), high.min(own.1)));
    if low > high || high == f64::INFINITY {
        return None;
    }
    let height = |value: f64| {
        sample
            .groups
            .iter()
            .map(|group| group.count * libm::log(group.one.allows(value).max(LEAST)))
            .sum::<f64>()
    };
    let (at, best) = between(&height, low, high);
    if best < libm::log(LEAST) / 2.0 {
        return None;
    }
    let limit = best - CHI_SQUARE / 2.0;
    let end = |outer: f64| {
        let (mut inside, mut outside) = (at, outer);
        if height(outer) >= limit {
            return outer;
        }
        for _ in 0..40 {
            let middle = (inside + outside) / 2.0;
            if height(middle) < limit { outside = middle } else { inside = middle }
        }
        inside
    };
    let range = (end(low), end(high));
    Some((mean_of(&height, range, (at, best)), range, best))
}

/// The mean of the values of a range, each counted by its likelihood: where all are as likely, as of one that a probe found at
/// its second look, the middle, which is the least far from wherever the truth is.
fn mean_of(height: &dyn Fn(f64) -> f64, (low, high): (f64, f64), (at, best): (f64, f64)) -> f64 {
    const PLACES: i32 = 64;
    let (mut sum, mut all) = (0.0, 0.0);
    for place in 0..PLACES {
        let value = low + (high - low) * (f64::from(place) + 0.5) / f64::from(PLACES);
        let weight = libm::exp(height(value) - best);
        sum += weight * value;
        all += weight;
    }
    if all > 0.0 { sum / all } else { at }
}

/// From one bound to another.
#[derive(Clone, Copy, Debug)]
pub struct UniformFit {
    pub low: f64,
    pub high: f64,
    pub height: f64,
    /// Figures are known so finely that the bounds are the outermost of them.
    pub is_fine: bool,
    /// Where the lower bound and the upper one may be.
    rooms: [(f64, f64); 2],
}

fn uniform_height(sample: &Sample, low: f64, high: f64) -> f64 {
    let inside = |from: f64, to: f64| (to.min(high) - from.max(low)).max(0.0) / (high - low);
    let of = |group: &Group| {
        let parts = group.parts.iter().map(|part| part.weight * inside(part.seconds.0, part.seconds.1));
        let entered = match group.entry == f64::NEG_INFINITY {
            true => 1.0,
            false => inside(libm::exp(group.entry), f64::INFINITY),
        };
        group.count * (libm::log(parts.sum::<f64>().max(LEAST)) - libm::log(entered.max(LEAST)))
    };
    sample.groups.iter().map(of).sum()
}

impl UniformFit {
    pub fn of(sample: &Sample) -> Option<UniformFit> {
        let ended = || sample.groups.iter().filter(|group| !group.one.is_open).map(|group| group.one.range());
        let least = ended().map(|range| range.0).fold(f64::INFINITY, f64::min);
        let most = sample.groups.iter().map(|group| group.one.range());
        let most =
            most.map(|range| if range.1 == f64::INFINITY { range.0 } else { range.1 }).fold(0.0, f64::max);
        let inner_low = ended().map(|range| range.1).fold(f64::INFINITY, f64::min);
        let inner_high = ended().map(|range| range.0).fold(0.0, f64::max);
        if inner_low >= inner_high || least >= most {
            return None;
        }
        let (mut low, mut high) = (least, most);
        for _ in 0..4 {
            low = between(&|low| uniform_height(sample, low, high), least, inner_low).0;
            high = between(&|high| uniform_height(sample, low, high), inner_high, most).0;
        }
        let n = sample.ended().max(2) as f64;
        let width: f64 = sample
            .groups
            .iter()
            .filter(|group| !group.one.is_open)
            .map(|group| group.count * (group.one.range().1 - group.one.range().0))
            .sum();
        Some(UniformFit {
            low,
            high,
            height: uniform_height(sample, low, high),
            is_fine: width / n < 4.0 * (high - low) / n,
            rooms: [(least, inner_low), (inner_high, most)],
        })
    }

    /// The intervals of both bounds. Where figures are known finely, a bound lies beyond the outermost of them by what has an exponential distribution: its
    /// interval is cut at 2 ln 20, and not at chi-square's.
    pub fn intervals(&self, sample: &Sample) -> [Interval; 2] {
        let n = sample.ended().max(2) as f64;
        let cut = match self.is_fine {
            true => -2.0 * libm::log(0.05) * n / (n - 1.0),
            false => cut(sample.ended()).unwrap_or(CHI_SQUARE),
        };
        let limit = self.height - cut / 2.0;
        let step = (self.high - self.low) / n;
        let [(least, inner_low), (inner_high, most)] = self.rooms;
        let mut of_low = |own: f64| match own < inner_high {
            true => between(&|high| uniform_height(sample, own, high), inner_high, most.max(own)).1,
            false => f64::NEG_INFINITY,
        };
        let down = until(&mut of_low, self.low, -step, limit).map(|own| own.max(0.0));
        let lows = (down, until(&mut of_low, self.low, step / 16.0, limit));
        let mut of_high = |own: f64| match own > inner_low {
            true => between(&|low| uniform_height(sample, low, own), least, inner_low).1,
            false => f64::NEG_INFINITY,
        };
        let down = until(&mut of_high, self.high, -step / 16.0, limit);
        [lows, (down, until(&mut of_high, self.high, step, limit))]
    }
}
