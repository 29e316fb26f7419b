//! Which family a sample has: the one that tells it in the fewest words.
//!
//! Families are held against each other by Schwarz's criterion (BIC: twice the logarithm of the likelihood, less ln n for each parameter; G.
//! Schwarz, *Estimating the dimension of a model*, 1978). What takes a few values only is listed, where the list is shorter: each
//! value in it costs as much as it takes to say which of all that could be told apart it is. And where nothing
//! fits (Kolmogorov and Smirnov's distance), what was seen is all there is to say.

use super::families::{Asked, CHI_SQUARE, Interval, LogFit, Shape, UniformFit, constant, cut};
use super::kernel::{Observation, Sample};
use crate::answers::statistics::student;
use crate::time::Span;

/// How families are chosen, in words.
pub const METHODS: &str =
    "families by the highest likelihood, of the smallest BIC; 95 % intervals by profile likelihood";

/// A distribution that a scenario can write; in seconds.
#[derive(Clone, PartialEq, Debug)]
pub enum Family {
    /// It never ended.
    Forever,
    /// Always the same.
    Constant(f64),
    /// Between two bounds.
    Uniform(f64, f64),
    /// Median and 95th percentile.
    LogNormal(f64, f64),
    /// Scale and shape.
    Weibull(f64, f64),
    /// Values with equal chance.
    Empirical(Vec<f64>),
}

impl Family {
    /// As a scenario names it.
    pub fn name(&self) -> &'static str {
        match self {
            Family::Forever => "forever",
            Family::Constant(_) => "constant",
            Family::Uniform(..) => "uniform",
            Family::LogNormal(..) => "lognormal",
            Family::Weibull(..) => "weibull",
            Family::Empirical(_) => "empirical",
        }
    }

    /// As a scenario writes it.
    pub fn toml(&self) -> String {
        let quoted = |seconds: f64| format!("\"{}\"", span(seconds));
        match self {
            Family::Forever => "\"forever\"".to_owned(),
            Family::Constant(value) => quoted(*value),
            Family::Uniform(low, high) => format!("{{ uniform = [{}, {}] }}", quoted(*low), quoted(*high)),
            Family::LogNormal(median, p95) => {
                format!("{{ lognormal = {{ median = {}, p95 = {} }} }}", quoted(*median), quoted(*p95))
            }
            Family::Weibull(scale, shape) => {
                let shape = digits(*shape);
                format!("{{ weibull = {{ scale = {}, shape = {shape:?} }} }}", quoted(*scale))
            }
            Family::Empirical(values) => {
                let values: Vec<String> = values.iter().map(|value| quoted(*value)).collect();
                format!("{{ empirical = [{}] }}", values.join(", "))
            }
        }
    }
}

/// Four digits that count: the others are no news, and differ from machine to machine.
pub fn digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = libm::pow(10.0, 3.0 - libm::floor(libm::log10(value.abs())));
    libm::round(value * scale) / scale
}

/// A duration as people and scenarios write it.
pub fn span(seconds: f64) -> Span {
    Span::from_micros(libm::round(digits(seconds.clamp(0.0, 9e12)) * 1e6) as i64)
}

/// A number of a family.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    /// Its name: `median`.
    pub name: &'static str,
    /// Seconds; of a shape a number.
    pub value: f64,
    /// Holds it in 95 of 100 cases.
    pub interval: Option<Interval>,
}

/// What a sample is like.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// How many durations there are.
    pub n: usize,
    /// How many of these were cut off.
    pub open: usize,
    /// What they are like.
    pub family: Family,
    /// The family's numbers.
    pub parameters: Vec<Parameter>,
    /// What one should know of it.
    pub note: Option<String>,
}

/// What is known to less, in seconds, is known.
const KNOWN: f64 = 0.1;
/// So few say nothing of a family.
const FEW: usize = 4;

impl Fit {
    /// Of durations; None where nothing can be said of them.
    pub fn of(all: &[Observation]) -> Option<Fit> {
        let sample = Sample::new(all);
        match sample.ended() {
            0 if sample.n == 0 => None,
            0 => Some(never(&sample)),
            few if few < FEW => Some(of_few(&sample)),
            _ => Some(of_many(&sample)),
        }
    }
}

fn never(sample: &Sample) -> Fit {
    let longest = sample.groups.iter().map(|group| group.one.middle()).fold(0.0, f64::max);
    Fit {
        n: sample.n,
        open: sample.open,
        family: Family::Forever,
        parameters: Vec::new(),
        note: Some(format!("none has ended; the longest lasted {}", span(longest))),
    }
}

/// The shortest way to write a value within both ends, as near to `at` as that allows: what people choose is round. (On half of the
/// recorded families, held against ranges as wide as what may be and against values of the middle half, it leaves the fewest unlived;
/// of the other half a range leaves fewer: `docs/fit.md` has both.)
fn roundest(at: f64, (low, high): (f64, f64)) -> f64 {
    for power in (-6..=2).rev() {
        let step = libm::pow(10.0, f64::from(power));
        for round in [libm::round, libm::floor, libm::ceil] {
            let value = round(at / step) * step;
            // What is cut to a step lies below its upper end; of a single point that is left it is that point.
            let is_below = if high - low < 1e-6 { value <= high + 1e-9 } else { value < high - 1e-9 };
            if value >= low - 1e-9 && is_below {
                return value;
            }
        }
    }
    at
}

fn of_few(sample: &Sample) -> Fit {
    let ended = sample.ended();
    let mut words = match ended {
        1 => "a single one says nothing of how others are".to_owned(),
        few => format!("{few} are too few for a family or an interval"),
    };
    let (family, parameters) = match constant(sample) {
        Some((at, (low, high), _)) => {
            let value = roundest(at, (low, high));
            if high - low > KNOWN {
                words += &format!("; it may be anything from {} to {}", span(low), span(high));
            }
            (Family::Constant(value), vec![Parameter { name: "value", value, interval: None }])
        }
        None => (Family::Empirical(seen(sample)), Vec::new()),
    };
    Fit { n: sample.n, open: sample.open, family, parameters, note: Some(words) }
}

/// Costs that differ by less are the same.
const NEAR: f64 = 0.1;

/// A family that was tried.
struct Tried {
    /// Twice what it takes to tell the sample, in natural units.
    cost: f64,
    family: Family,
    parameters: Vec<Parameter>,
}

fn of_many(sample: &Sample) -> Fit {
    let each = libm::log(sample.ended() as f64);
    let mut tried: Vec<Tried> = Vec::new();
    if let Some((at, range, height)) = constant(sample) {
        let value = roundest(at, range);
        let interval = Some((Some(range.0), Some(range.1)));
        let parameters = vec![Parameter { name: "value", value, interval }];
        tried.push(Tried { cost: each - 2.0 * height, family: Family::Constant(value), parameters });
    }
    let bounds = UniformFit::of(sample);
    if let Some(own) = &bounds {
        // Bounds that the outermost figures tell are known n times as well, not its root; each costs as much more.
        let numbers = if own.is_fine { 4.0 } else { 3.0 };
        let family = Family::Uniform(own.low, own.high);
        tried.push(Tried { cost: numbers * each - 2.0 * own.height, family, parameters: Vec::new() });
    }
    let fits = [Shape::Normal, Shape::Gumbel].map(|shape| LogFit::of(sample, shape));
    for fit in &fits {
        let family = match fit.shape {
            Shape::Normal => Family::LogNormal(fit.value(Asked::Place), fit.value(Asked::P95)),
            Shape::Gumbel => Family::Weibull(fit.value(Asked::Place), fit.value(Asked::Shape)),
        };
        tried.push(Tried { cost: 2.0 * each - 2.0 * fit.height, family, parameters: Vec::new() });
    }
    let listed = listed(sample, each);
    let mut note = None;
    // Coarse figures may be told as well by several: then the first of them that comes so near.
    let least = tried.iter().map(|own| own.cost).fold(f64::INFINITY, f64::min);
    let order = |own: &Tried| matches!(own.family, Family::Uniform(..));
    tried.sort_by_key(order);
    let none = || Tried { cost: f64::INFINITY, family: Family::Forever, parameters: Vec::new() };
    let mut best = tried.into_iter().find(|own| own.cost <= least + NEAR).unwrap_or_else(none);
    if let Some(values) = listed.filter(|listed| listed.cost < best.cost) {
        best = values;
    } else if !fits_well(sample, &best.family, &fits) {
        note = Some("no family fits: what was seen is listed".to_owned());
        best = Tried { cost: 0.0, family: Family::Empirical(seen(sample)), parameters: Vec::new() };
    }
    complete(sample, &mut best, &fits, bounds.as_ref());
    best.parameters.iter_mut().filter(|own| own.name != "shape").for_each(|own| {
        own.interval = own.interval.map(|(low, high)| {
            (low.map(|low| (low - sample.shared).max(0.0)), high.map(|high| high + sample.shared))
        });
    });
    Fit { n: sample.n, open: sample.open, family: best.family, parameters: best.parameters, note }
}

/// The chosen family's intervals.
fn complete(sample: &Sample, best: &mut Tried, fits: &[LogFit; 2], bounds: Option<&UniformFit>) {
    let cut = cut(sample.ended()).unwrap_or(CHI_SQUARE);
    let asked: &[(&'static str, Asked)] = match best.family {
        Family::LogNormal(..) => &[("median", Asked::Place), ("p95", Asked::P95), ("mean", Asked::Mean)],
        Family::Weibull(..) => &[("scale", Asked::Place), ("shape", Asked::Shape), ("mean", Asked::Mean)],
        Family::Uniform(low, high) => {
            let ends = bounds.map_or([(None, None); 2], |own| own.intervals(sample));
            let ends = [("low", low, ends[0]), ("high", high, ends[1])];
            best.parameters.extend(ends.map(|(name, value, own)| Parameter {
                name,
                value,
                interval: Some(own),
            }));
            best.parameters.extend(mean(sample));
            return;
        }
        Family::Empirical(_) => {
            best.parameters.extend(mean(sample));
            return;
        }
        Family::Constant(_) | Family::Forever => return,
    };
    let shape = if matches!(best.family, Family::LogNormal(..)) { Shape::Normal } else { Shape::Gumbel };
    let Some(fit) = fits.iter().find(|fit| fit.shape == shape) else { return };
    // Of what was mostly cut off the family alone would tell the mean.
    let told = asked.iter().filter(|(name, _)| *name != "mean" || sample.open * 10 <= sample.n);
    best.parameters.extend(told.map(|(name, asked)| Parameter {
        name,
        value: fit.value(*asked),
        interval: Some(fit.interval(sample, *asked, cut)),
    }));
}

/// Much was cut off, at one end or the other: shares of what was seen to end are not those of all.
fn is_cut(sample: &Sample) -> bool {
    let late: f64 = sample.groups.iter().filter(|group| group.one.entry > 0).map(|group| group.count).sum();
    sample.open * 10 > sample.n || late * 10.0 > sample.n as f64
}

/// The mean of what was seen to end, by Student's t; nothing where much was cut off.
fn mean(sample: &Sample) -> Option<Parameter> {
    let ended = || sample.groups.iter().filter(|group| !group.one.is_open);
    let n = sample.ended() as f64;
    if is_cut(sample) {
        return None;
    }
    let mean = ended().map(|group| group.count * group.one.middle()).sum::<f64>() / n;
    let square = |own: f64| own * own;
    let spread =
        ended().map(|group| group.count * square(group.one.middle() - mean)).sum::<f64>() / (n - 1.0);
    let half = student(sample.ended() as u64 - 1)? * libm::sqrt(spread / n);
    let interval = Some((Some((mean - half).max(0.0)), Some(mean + half)));
    Some(Parameter { name: "mean", value: mean, interval })
}

/// So many values stand in a list at most.
const LISTED: usize = 40;

/// What takes a few values only, as a list of them.
fn listed(sample: &Sample, each: f64) -> Option<Tried> {
    if is_cut(sample) {
        return None;
    }
    let mut ranges: Vec<((f64, f64), f64)> = (sample.groups.iter())
        .filter(|group| !group.one.is_open)
        .map(|group| (group.one.range(), group.count))
        .collect();
    ranges.sort_by(|a, b| (a.0.0 + a.0.1).total_cmp(&(b.0.0 + b.0.1)));
    let mut atoms: Vec<((f64, f64), f64)> = Vec::new();
    for (range, count) in &ranges {
        let shared = atoms.last().map(|(atom, _)| (atom.0.max(range.0), atom.1.min(range.1)));
        match (shared.filter(|shared| shared.0 < shared.1), atoms.last_mut()) {
            (Some(shared), Some(last)) => *last = (shared, last.1 + count),
            _ => atoms.push((*range, *count)),
        }
    }
    let n = sample.ended() as f64;
    // Values that run into each other are not a few.
    let between = |pair: &[((f64, f64), f64)]| pair[1].0.0 - pair[0].0.1;
    let widths: f64 = ranges.iter().map(|(range, count)| (range.1 - range.0) * count).sum::<f64>() / n;
    let spread = ranges.last()?.0.1 - ranges.first()?.0.0;
    let told: f64 = atoms.iter().map(|(_, count)| count * libm::log(count / n)).sum();
    let places = atoms.len() as f64 * libm::log((spread / widths.max(1e-6)).max(1.0));
    let cost = 2.0 * (places - told) + (atoms.len() as f64 - 1.0) * each;
    if atoms.len() < 2 || atoms.len() > LISTED || atoms.windows(2).any(|pair| between(pair) < 2.0 * widths) {
        return None;
    }
    let atoms: Vec<(f64, f64)> =
        atoms.iter().map(|(range, count)| (roundest((range.0 + range.1) / 2.0, *range), *count)).collect();
    Some(Tried { cost, family: Family::Empirical(dealt(&atoms)), parameters: Vec::new() })
}

/// Values in proportion to how often they were seen, [`LISTED`] at most.
fn dealt(atoms: &[(f64, f64)]) -> Vec<f64> {
    let n: f64 = atoms.iter().map(|(_, count)| count).sum();
    let places = (n as usize).min(LISTED);
    let mut values = Vec::with_capacity(places);
    let (mut ix, mut passed) = (0, 0.0);
    for place in 0..places {
        let share = (place as f64 + 0.5) / places as f64 * n;
        while ix + 1 < atoms.len() && passed + atoms[ix].1 < share {
            passed += atoms[ix].1;
            ix += 1;
        }
        values.push(atoms[ix].0);
    }
    values
}

/// The middles of what was seen to end.
fn seen(sample: &Sample) -> Vec<f64> {
    let ended = sample.groups.iter().filter(|group| !group.one.is_open);
    let mut atoms: Vec<(f64, f64)> = ended.map(|group| (group.one.middle(), group.count)).collect();
    atoms.sort_by(|a, b| a.0.total_cmp(&b.0));
    dealt(&atoms)
}

/// From so many on a family may be found not to fit.
const MANY: usize = 20;
/// Kolmogorov and Smirnov's distance times the root of n, beyond which hardly one in a thousand lies where the family's numbers are those of the sample
/// (1.035 is one in a hundred for normal ones; H. W. Lilliefors, 1967).
const FAR: f64 = 1.7;

/// Whether the shares of what was seen are about those of the family. Where figures are coarse or cut off, nobody can say.
fn fits_well(sample: &Sample, family: &Family, fits: &[LogFit; 2]) -> bool {
    let n = sample.ended() as f64;
    let mut seen: Vec<(f64, f64)> = Vec::new();
    let mut widths = 0.0;
    for group in sample.groups.iter().filter(|group| !group.one.is_open) {
        seen.push((group.one.middle(), group.count));
        widths += group.count * (group.one.range().1 - group.one.range().0) / n;
    }
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let spread = seen.last().map_or(0.0, |last| last.0) - seen.first().map_or(0.0, |first| first.0);
    if sample.ended() < MANY || is_cut(sample) || widths * 16.0 > spread {
        return true;
    }
    let below = |value: f64| match family {
        Family::Uniform(low, high) => ((value - low) / (high - low)).clamp(0.0, 1.0),
        Family::LogNormal(..) => fits[0].shape.below((libm::log(value) - fits[0].place) / fits[0].sigma()),
        Family::Weibull(..) => fits[1].shape.below((libm::log(value) - fits[1].place) / fits[1].sigma()),
        _ => 0.5,
    };
    if matches!(family, Family::Constant(_) | Family::Empirical(_) | Family::Forever) {
        return true;
    }
    let (mut passed, mut distance) = (0.0, 0.0_f64);
    for (value, count) in seen {
        let share = below(value);
        distance = distance.max((share - passed / n).abs()).max((share - (passed + count) / n).abs());
        passed += count;
    }
    distance * libm::sqrt(n) <= FAR
}
