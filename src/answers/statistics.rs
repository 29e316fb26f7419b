//! Figures of many runs in a few numbers. Sums are whole numbers, so that no order of adding and no way of dealing the runs out
//! changes a bit of what comes out; floating point begins where they are divided.
//!
//! Intervals hold the mean in 95 of 100 cases: Student's t for means and for differences of pairs (W. S. Gosset, *The probable
//! error of a mean*, 1908), Wilson's for shares (E. B. Wilson, *Probable inference*, 1927).

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// How intervals are made, in words.
pub const METHODS: &str =
    "95 % intervals: Student's t over seeds; of differences, of pairs with one seed; of shares, Wilson's";

/// How much of the probability an interval leaves out at each side.
const TAIL: f64 = 0.025;

/// Figures of runs, in millionths, summed up.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Summary {
    /// How many there are.
    pub n: u64,
    /// How many did not happen.
    pub missing: u64,
    /// Their mean; like all that follows, None where there are none.
    pub mean: Option<f64>,
    /// The standard deviation of the figures, from two on.
    pub sd: Option<f64>,
    /// Both ends of the mean's interval, from two on.
    pub interval: Option<(f64, f64)>,
    /// The smallest.
    pub min: Option<f64>,
    /// As [`QUANTILES`].
    pub quantiles: Vec<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// Those that are told.
pub const QUANTILES: [f64; 6] = [0.05, 0.25, 0.50, 0.75, 0.95, 0.99];

/// Millionths as they are told.
fn ones(millionths: f64) -> f64 {
    millionths / 1e6
}

impl Summary {
    /// Of figures, those that did not happen among them.
    pub fn of(figures: impl Iterator<Item = Option<i64>>) -> Summary {
        let (mut known, mut missing) = (Vec::new(), 0);
        for figure in figures {
            match figure {
                Some(figure) => known.push(figure),
                None => missing += 1,
            }
        }
        known.sort_unstable();
        let moments = Moments::of(&known);
        Summary {
            n: moments.n,
            missing,
            mean: moments.mean().map(ones),
            sd: moments.sd().map(ones),
            interval: moments.interval().map(|(low, high)| (ones(low), ones(high))),
            min: known.first().map(|figure| ones(*figure as f64)),
            quantiles: QUANTILES.iter().filter_map(|at| quantile(&known, *at)).map(ones).collect(),
            max: known.last().map(|figure| ones(*figure as f64)),
        }
    }
}

/// Mean and interval of the differences between figures of one seed each; pairs of which one did not happen are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// The mean of the differences.
    pub mean: f64,
    /// Both ends of its interval, from two pairs on.
    pub interval: Option<(f64, f64)>,
}

impl Paired {
    /// `figures` less `base`, seed by seed.
    pub fn of(
        figures: impl Iterator<Item = Option<i64>>,
        base: impl Iterator<Item = Option<i64>>,
    ) -> Option<Paired> {
        let differences: Vec<i64> =
            figures.zip(base).filter_map(|(own, base)| Some(own?.saturating_sub(base?))).collect();
        let moments = Moments::of(&differences);
        let interval = moments.interval().map(|(low, high)| (ones(low), ones(high)));
        Some(Paired { mean: ones(moments.mean()?), interval })
    }
}

/// Exact sums of figures and of their squares.
struct Moments {
    n: u64,
    sum: i128,
    squares: i128,
}

impl Moments {
    fn of(figures: &[i64]) -> Moments {
        let mut moments = Moments { n: figures.len() as u64, sum: 0, squares: 0 };
        for figure in figures {
            let figure = i128::from(*figure);
            moments.sum += figure;
            moments.squares = moments.squares.saturating_add(figure * figure);
        }
        moments
    }
    fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64)
    }
    /// With n - 1: figures are a sample of all seeds.
    fn sd(&self) -> Option<f64> {
        let n = i128::from(self.n);
        let exact = n.checked_mul(self.squares).zip(self.sum.checked_mul(self.sum));
        let spread = match exact {
            Some((squares, square)) => (squares - square) as f64,
            None => self.n as f64 * self.squares as f64 - (self.sum as f64) * (self.sum as f64),
        };
        (self.n > 1).then(|| (spread.max(0.0) / (self.n as f64 * (self.n - 1) as f64)).sqrt())
    }
    fn interval(&self) -> Option<(f64, f64)> {
        let (mean, sd) = (self.mean()?, self.sd()?);
        let half = student(self.n - 1)? * sd / (self.n as f64).sqrt();
        Some((mean - half, mean + half))
    }
}

/// The quantile of Student's t that leaves [`TAIL`] above it.
pub fn student(freedom: u64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    Some(t.inverse_cdf(1.0 - TAIL))
}

/// Between the two sorted figures around it, in proportion (Hyndman and Fan's seventh way, that of R and NumPy).
pub fn quantile(sorted: &[i64], at: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = last as f64 * at;
    let below = (place as usize).min(last);
    let (low, high) = (sorted[below] as f64, sorted[(below + 1).min(last)] as f64);
    Some(low + (high - low) * (place - below as f64))
}

/// Both ends of a share's interval, of `good` in `n`.
pub fn wilson(good: u64, n: u64) -> Option<(f64, f64)> {
    /// The normal quantile that leaves [`TAIL`] above it.
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 {
        return None;
    }
    let (n, share) = (n as f64, good as f64 / n as f64);
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-4 * expected.abs().max(1.0), "{value} is not {expected}");
    }

    /// Tables of the t distribution, two-sided 5 %: Fisher and Yates.
    #[test]
    fn quantiles_of_t_are_those_of_the_tables() {
        for (freedom, expected) in [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (29, 2.045), (99, 1.984)]
        {
            close(student(freedom).expect("freedom is above 0"), expected);
        }
    }

    /// The sleep data of Student's own paper: extra hours of ten people by two drugs. The mean difference is 1.58, its interval
    /// 0.70 to 2.46 (as R's `t.test(paired = TRUE)` prints it).
    #[test]
    fn students_sleepers_come_out_as_in_the_books() {
        let tenths = |all: [i64; 10]| all.map(|tenth| Some(tenth * 100_000));
        let first = tenths([7, -16, -2, -12, -1, 34, 37, 8, 0, 20]);
        let second = tenths([19, 8, 11, 1, -1, 44, 55, 16, 46, 34]);
        let paired = Paired::of(second.into_iter(), first.into_iter()).expect("ten pairs");
        close(paired.mean, 1.58);
        let (low, high) = paired.interval.expect("more than one pair");
        close(low, 0.7001);
        close(high, 2.4599);
        let alone = Summary::of(first.into_iter());
        close(alone.mean.expect("ten"), 0.75);
        close(alone.sd.expect("ten"), 1.789);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let sorted = [1, 2, 3, 4, 10].map(|n: i64| n * 1_000_000);
        for (at, expected) in [(0.0, 1.0), (0.25, 2.0), (0.5, 3.0), (0.95, 8.8), (1.0, 10.0)] {
            close(quantile(&sorted, at).expect("five") / 1e6, expected);
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    /// Agresti and Coull's example: 15 of 15 is 0.796 to 1; and 10 of 20, 0.299 to 0.701.
    #[test]
    fn shares_have_wilsons_interval() {
        for (good, n, low, high) in [(15, 15, 0.7961, 1.0), (10, 20, 0.2993, 0.7007), (0, 10, 0.0, 0.2775)] {
            let interval = wilson(good, n).expect("there are some");
            close(interval.0, low);
            close(interval.1, high);
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn what_did_not_happen_is_counted_and_left_out() {
        let summary = Summary::of([Some(2_000_000), None, Some(4_000_000)].into_iter());
        assert_eq!((summary.n, summary.missing, summary.mean), (2, 1, Some(3.0)));
        let none = Summary::of([None, None].into_iter());
        assert_eq!((none.n, none.missing, none.mean, none.min), (0, 2, None, None));
        let one = Summary::of([Some(5)].into_iter());
        assert_eq!((one.sd, one.interval), (None, None));
    }
}
