//! The highest place of a smooth hill, and how far one may go from it until it is so much lower.
//!
//! Newton's way with differences in place of derivatives, damped (K. Levenberg, 1944; D. Marquardt, 1963): likelihoods of one and two
//! parameters are all that is climbed here, for which a library of optimisers would be larger than what it does.

/// How far apart places are whose difference stands for a slope.
const APART: f64 = 1e-3;
/// A climb that gains less than this is over.
const GAIN: f64 = 1e-9;
const STEPS: usize = 60;

/// From a place to the top of the hill around it: the place, and its height.
pub fn climb2(height: &dyn Fn(f64, f64) -> f64, from: (f64, f64)) -> ((f64, f64), f64) {
    let (mut at, mut best, mut damp) = (from, height(from.0, from.1), 1e-3);
    for _ in 0..STEPS {
        let (x, y) = at;
        let h = APART;
        let (east, west) = (height(x + h, y), height(x - h, y));
        let (north, south) = (height(x, y + h), height(x, y - h));
        let corner =
            height(x + h, y + h) - height(x + h, y - h) - height(x - h, y + h) + height(x - h, y - h);
        let slope = ((east - west) / (2.0 * h), (north - south) / (2.0 * h));
        let bends = ((2.0 * best - east - west) / (h * h), (2.0 * best - north - south) / (h * h));
        let twist = -corner / (4.0 * h * h);
        let mut gained = 0.0;
        for _ in 0..20 {
            let size = bends.0.abs().max(bends.1.abs()).max(1.0);
            let (a, d) = (bends.0.max(0.0) + damp * size, bends.1.max(0.0) + damp * size);
            let twist = if twist * twist < a * d { twist } else { 0.0 };
            let determinant = a * d - twist * twist;
            let step = (
                ((d * slope.0 - twist * slope.1) / determinant).clamp(-2.0, 2.0),
                ((a * slope.1 - twist * slope.0) / determinant).clamp(-2.0, 2.0),
            );
            // So near to the top there is nothing to gain.
            if slope.0 * step.0 + slope.1 * step.1 < GAIN {
                break;
            }
            let next = (x + step.0, y + step.1);
            let there = height(next.0, next.1);
            if there > best {
                (gained, at, best, damp) = (there - best, next, there, damp / 8.0);
                break;
            }
            damp *= 8.0;
        }
        if gained < GAIN {
            break;
        }
    }
    (at, best)
}

/// As [`climb2`], of one parameter.
pub fn climb1(height: &dyn Fn(f64) -> f64, from: f64) -> (f64, f64) {
    let (mut at, mut best, mut damp) = (from, height(from), 1e-3);
    for _ in 0..STEPS {
        let (east, west) = (height(at + APART), height(at - APART));
        let slope = (east - west) / (2.0 * APART);
        let bend = (2.0 * best - east - west) / (APART * APART);
        let mut gained = 0.0;
        for _ in 0..20 {
            let step = slope / (bend.max(0.0) + damp * bend.abs().max(1.0));
            if slope * step < GAIN {
                break;
            }
            let next = at + step.clamp(-2.0, 2.0);
            let there = height(next);
            if there > best {
                (gained, at, best, damp) = (there - best, next, there, damp / 8.0);
                break;
            }
            damp *= 8.0;
        }
        if gained < GAIN {
            break;
        }
    }
    (at, best)
}

/// The highest place between two of a hill that rises and falls once, by the golden section (J. Kiefer, 1953).
pub fn between(height: &dyn Fn(f64) -> f64, low: f64, high: f64) -> (f64, f64) {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (low, high);
    let mut inner = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let mut heights = (height(inner.0), height(inner.1));
    for _ in 0..48 {
        if heights.0 >= heights.1 {
            (high, inner.1, heights.1) = (inner.1, inner.0, heights.0);
            inner.0 = high - GOLDEN * (high - low);
            heights.0 = height(inner.0);
        } else {
            (low, inner.0, heights.0) = (inner.0, inner.1, heights.1);
            inner.1 = low + GOLDEN * (high - low);
            heights.1 = height(inner.1);
        }
    }
    let at = (low + high) / 2.0;
    (at, height(at))
}

/// How far one may go in one direction (`step`, with its sign) until it is below `limit`; None: as far as one likes. The end is looked for where a
/// straight line would meet the limit, and each second time in the middle.
pub fn until(height: &mut dyn FnMut(f64) -> f64, from: f64, step: f64, limit: f64) -> Option<f64> {
    let (mut inside, mut reach) = ((from, f64::INFINITY), step);
    let mut outside = loop {
        let next = from + reach;
        let there = height(next);
        if there < limit {
            break (next, there);
        }
        inside = (next, there);
        reach *= 2.0;
        if (reach / step) > 1e4 {
            return None;
        }
    };
    for turn in 0..40 {
        let share = (inside.1 - limit) / (inside.1 - outside.1);
        let share = if turn % 2 == 0 && share.is_finite() { share.clamp(0.02, 0.98) } else { 0.5 };
        let next = inside.0 + share * (outside.0 - inside.0);
        let there = height(next);
        match there < limit {
            true => outside = (next, there),
            false => inside = (next, there),
        }
        if (outside.0 - inside.0).abs() < step.abs() * 1e-3 || (there - limit).abs() < 1e-4 {
            return Some(next);
        }
    }
    Some((inside.0 + outside.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_valley_is_climbed_out_of() {
        // Rosenbrock's, turned over.
        let hill = |x: f64, y: f64| -((1.0 - x) * (1.0 - x) + 100.0 * (y - x * x) * (y - x * x));
        let ((x, y), _) = climb2(&hill, (-1.2, 1.0));
        assert!((x - 1.0).abs() < 1e-3 && (y - 1.0).abs() < 1e-3, "{x} {y}");
        let (x, _) = climb1(&|x| -(x - 3.0) * (x - 3.0), 40.0);
        assert!((x - 3.0).abs() < 1e-3);
        let (x, _) = between(&|x| -(x - 0.3).abs(), 0.0, 1.0);
        assert!((x - 0.3).abs() < 1e-6);
    }

    #[test]
    fn a_parabola_is_one_lower_one_away() {
        let end = until(&mut |x| -x * x, 0.0, 0.3, -1.0).expect("it falls");
        assert!((end - 1.0).abs() < 1e-3);
        assert_eq!(until(&mut |_| 0.0, 0.0, 1.0, -1.0), None);
    }
}
