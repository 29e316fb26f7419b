//! Calibration: do simulator and reality roll the same dice?
//!
//! That a recorded gap lies between the shortest and the longest of the seeds says that it is possible, not that it is likely.
//! Sharper is its rank among the same gaps of the seeds that have the recorded sequence: where both come from one distribution,
//! ranks are uniform from 0 to 1. Each kind of gap is told with its mean rank, the Kolmogorov-Smirnov distance to the uniform
//! and a chance of being so far from it.
//!
//! The surprise: gaps of one recording hang together (three pods of a node share its relists), so that a textbook's chance would
//! be too small. Here it comes from simulated runs that are ranked in the place of the recorded one, all gaps of a recording by
//! the same seed.

use std::collections::BTreeMap;
use std::fmt;

/// With fewer matching seeds a gap is not ranked.
const ENOUGH: usize = 20;
/// One that spreads by less says nothing, in microseconds.
const SPREADS: i64 = 100_000;
/// Gaps that differ by no more than this are equal, in microseconds: what a scripted part takes stands in a scenario as a
/// constant, and the recorded one scatters round it by some tens of milliseconds. Without this a rank would say on which
/// side of the constant a recording lies, and nothing of the dice.
const ALIKE: i64 = 50_000;
/// So many simulated runs stand for the recorded one.
const STAND_INS: usize = 999;
/// Ranks are counted in so many steps.
const STEPS: usize = 500;

/// A gap between two states that all matching lives have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// What it is the length of.
    pub kind: &'static str,
    /// Of whom, up to which state.
    pub name: String,
    /// In microseconds.
    pub recorded: i64,
    /// The same of each matching seed, with the seed's number.
    pub simulated: Vec<(usize, i64)>,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all: Vec<i64> = self.simulated.iter().map(|(_, length)| *length).collect();
        all.sort_unstable();
        let at = |ix: usize| all.get(ix).map_or(0.0, |length| *length as f64 / 1e6);
        let (low, middle, high) = (at(0), at(all.len() / 2), at(all.len().saturating_sub(1)));
        let recorded = self.recorded as f64 / 1e6;
        write!(
            f,
            "{}: {recorded:.3} s, simulated {low:.3}, {middle:.3}, {high:.3} s by {} seeds",
            self.name,
            all.len()
        )
    }
}

/// How the ranks of one kind of gap lie.
#[derive(Clone, PartialEq, Debug)]
pub struct Ranked {
    /// Of which kind.
    pub kind: &'static str,
    /// How many were ranked.
    pub count: usize,
    /// 0.5 where neither side is the slower one.
    pub mean: f64,
    /// The Kolmogorov-Smirnov distance to the uniform distribution.
    pub distance: f64,
    /// How often a simulated run in the place of the recorded one is at least as far from it.
    pub chance: f64,
}

/// Sets of recordings with their gaps, each set by its name: a line for each kind of gap of each set, whose chances are
/// corrected for all of them together.
#[must_use]
pub fn told(sets: &[(String, Vec<Vec<Gap>>)]) -> Vec<(String, Ranked, f64)> {
    let ranked =
        sets.iter().flat_map(|(set, gaps)| calibrate(gaps).into_iter().map(|one| (set.clone(), one)));
    let ranked: Vec<(String, Ranked)> = ranked.collect();
    let chances: Vec<f64> = ranked.iter().map(|(_, one)| one.chance).collect();
    ranked.into_iter().zip(corrected(&chances)).map(|((set, one), corrected)| (set, one, corrected)).collect()
}

/// The ranks of one gap: the recorded one's, and by number of the seed those of the simulated ones among the others.
struct Places {
    recorded: f64,
    simulated: BTreeMap<usize, f64>,
}

/// The ranks of all gaps that can be ranked, by kind: a list of gaps for each recording.
fn calibrate(recordings: &[Vec<Gap>]) -> Vec<Ranked> {
    let mut by_kind: BTreeMap<&'static str, Vec<(usize, Places)>> = BTreeMap::new();
    for (recording, gaps) in recordings.iter().enumerate() {
        for (number, gap) in gaps.iter().enumerate().filter(|(_, gap)| says_something(gap)) {
            let luck = Luck::at(0, recording, number);
            by_kind.entry(gap.kind).or_default().push((recording, places(gap, luck)));
        }
    }
    by_kind.into_iter().map(|(kind, all)| rank(kind, &all)).collect()
}

fn says_something(gap: &Gap) -> bool {
    let values = || gap.simulated.iter().map(|(_, value)| *value);
    let spread = values().max().unwrap_or(0) - values().min().unwrap_or(0);
    gap.simulated.len() >= ENOUGH && spread >= SPREADS
}

/// What decides between equals and chooses stand-ins: the same each time (SplitMix64 from a place of its own).
struct Luck(u64);

impl Luck {
    fn at(purpose: u64, recording: usize, number: usize) -> Luck {
        let mut luck = Luck(purpose);
        for part in [recording, number] {
            luck = Luck(luck.bits() ^ part as u64);
        }
        luck
    }
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Equal ones are put in an order by luck.
fn places(gap: &Gap, mut luck: Luck) -> Places {
    let mut sorted: Vec<i64> = gap.simulated.iter().map(|(_, value)| *value).collect();
    sorted.sort_unstable();
    let mut place = |value: i64, is_one_of_them: bool| {
        let below = sorted.partition_point(|other| *other < value - ALIKE);
        let own = usize::from(is_one_of_them);
        let equal = sorted.partition_point(|other| *other <= value + ALIKE) - below - own;
        (below as f64 + luck.unit() * (equal + 1) as f64) / (sorted.len() - own + 1) as f64
    };
    Places {
        recorded: place(gap.recorded, false),
        simulated: gap.simulated.iter().map(|(seed, value)| (*seed, place(*value, true))).collect(),
    }
}

fn rank(kind: &'static str, all: &[(usize, Places)]) -> Ranked {
    let recorded = all.iter().map(|(_, places)| places.recorded);
    let distance = distance(recorded.clone());
    let further = (0..STAND_INS).filter(|round| {
        let stand_in = |(recording, places): &(usize, Places)| {
            let mut luck = Luck::at(1, *recording, *round);
            let [chosen, other] = [luck.bits(), luck.bits()];
            // Who has not this part of the recorded sequence is replaced by the next one that has.
            let seeds = places.simulated.keys().next_back().map_or(1, |last| last + 1);
            let mut from = places.simulated.range(chosen as usize % seeds..);
            let any = || places.simulated.values().nth(other as usize % places.simulated.len());
            from.next().map(|(_, place)| place).or_else(any).copied().unwrap_or(0.5)
        };
        self::distance(all.iter().map(stand_in)) >= distance
    });
    let chance = (further.count() + 1) as f64 / (STAND_INS + 1) as f64;
    let mean = recorded.sum::<f64>() / all.len().max(1) as f64;
    Ranked { kind, count: all.len(), mean, distance, chance }
}

/// How far ranks are from the uniform distribution at most.
fn distance(ranks: impl Iterator<Item = f64>) -> f64 {
    let mut steps = [0u32; STEPS];
    let mut count = 0;
    for rank in ranks {
        steps[((rank * STEPS as f64) as usize).min(STEPS - 1)] += 1;
        count += 1;
    }
    let mut below = 0;
    let far = steps.iter().enumerate().map(|(step, ranks)| {
        below += ranks;
        (f64::from(below) / f64::from(count.max(1)) - (step + 1) as f64 / STEPS as f64).abs()
    });
    far.fold(0.0, f64::max)
}

/// Holm's correction: what each chance counts for where so many were looked at.
fn corrected(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let mut found = vec![1.0; chances.len()];
    let mut least: f64 = 0.0;
    for (place, ix) in order.into_iter().enumerate() {
        least = least.max(chances[ix] * (chances.len() - place) as f64).min(1.0);
        found[ix] = least;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recordings of three gaps each, drawn as the seeds are and then bent.
    fn bent(bend: impl Fn(f64) -> f64) -> Ranked {
        let second = |number: usize, seed: usize| Luck::at(7, number, seed).unit();
        let gap = |recording: usize, place: usize| Gap {
            kind: "probe",
            name: String::new(),
            recorded: (bend(second(recording * 3 + place, 1000)) * 1e6) as i64,
            simulated: (0..50)
                .map(|seed| (seed, (second(recording * 3 + place, seed) * 1e6) as i64))
                .collect(),
        };
        let recordings: Vec<Vec<Gap>> =
            (0..40).map(|recording| (0..3).map(|place| gap(recording, place)).collect()).collect();
        let mut found = calibrate(&recordings);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn one_distribution_gives_even_ranks_and_another_does_not() {
        let same = bent(|second| second);
        assert_eq!(same.count, 120);
        assert!((same.mean - 0.5).abs() < 0.08 && same.chance > 0.05, "{same:?}");
        let late = bent(|second| second.sqrt());
        assert!(late.mean > 0.6 && late.chance < 0.01, "{late:?}");
        let narrow = bent(|second| 0.3 + 0.4 * second);
        assert!((narrow.mean - 0.5).abs() < 0.08 && narrow.chance < 0.01, "{narrow:?}");
    }

    #[test]
    fn what_hardly_spreads_or_hardly_comes_is_not_ranked() {
        let gap = |values: Vec<i64>| Gap {
            kind: "other",
            name: String::new(),
            recorded: 5,
            simulated: values.into_iter().enumerate().collect(),
        };
        assert!(calibrate(&[vec![gap((0..30).collect())]]).is_empty());
        assert!(calibrate(&[vec![gap((0..10).map(|n| n * 1_000_000).collect())]]).is_empty());
        assert_eq!(calibrate(&[vec![gap((0..30).map(|n| n * 1_000_000).collect())]]).len(), 1);
    }

    #[test]
    fn many_looks_make_a_small_chance_less_strange() {
        let found = corrected(&[0.04, 0.01, 0.5]);
        for (found, wanted) in found.iter().zip([0.08, 0.03, 0.5]) {
            assert!((found - wanted).abs() < 1e-12, "{found:?}");
        }
    }
}
