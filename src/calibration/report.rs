//! What many recordings say together: shares, and how the ranks of their gaps lie.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::judge::Seen;
use super::recording::Recording;
use crate::compare::ranks::{self, Gap};

/// A sequence is rare that so great a share of the seeds has at most, and so great a share of recordings may be rare.
const RARE: f64 = 0.02;
/// A chance below this is no chance.
const UNLIKELY: f64 = 0.05;

/// Recordings of one folder together.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Set {
    /// The folder's name.
    pub set: String,
    /// How many there are.
    pub recordings: usize,
    /// Of so many some seed has the sequence, of each object.
    pub sequence: usize,
    /// Of so many of these the gaps are as long as the seeds'.
    pub times: usize,
    /// Of so many of these the events are those of the seeds, as often.
    pub events: usize,
    /// Of so many an object has a sequence that less than 2 % of the seeds have.
    pub rare: usize,
    /// The chance of so many rare ones, or more, where a recording is rare in 2 of 100 cases.
    pub rare_p: f64,
}

/// The ranks of one kind of gap in one set.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetKind {
    /// The folder's name.
    pub set: String,
    /// What the gaps are the length of; of `count` how often an event was told.
    pub kind: &'static str,
    /// How many were ranked.
    pub n: usize,
    /// 0.5 where neither side is the slower one; above it the cluster is slower.
    pub mean_rank: f64,
    /// The Kolmogorov-Smirnov distance of the ranks to the uniform distribution.
    pub ks: f64,
    /// How often a simulated run in the recorded one's place is as far from it.
    pub p: f64,
    /// The same after Holm's correction over all sets and kinds.
    pub p_holm: f64,
}

/// What is not as recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Miss {
    /// `set/name`
    pub recording: String,
    /// The first difference.
    pub difference: String,
}

/// What many recordings say together.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// So many seeds were played of each.
    pub seeds: u64,
    /// Set by set.
    pub sets: Vec<Set>,
    /// Kind by kind of each set.
    pub kinds: Vec<SetKind>,
    /// What is not as recorded.
    pub misses: Vec<Miss>,
    /// No chance is below 5 %: ranks lie as dice let them lie, and no more sequences are rare than should be.
    pub calibrated: bool,
}

impl Report {
    /// Of recordings that were judged with so many seeds each.
    #[must_use]
    pub fn of(judged: &[(&Recording, &Seen)], seeds: u64) -> Report {
        let mut sets: BTreeMap<&str, Set> = BTreeMap::new();
        let mut gaps: BTreeMap<&str, Vec<Vec<Gap>>> = BTreeMap::new();
        let mut misses = Vec::new();
        for (recording, seen) in judged {
            let name = recording.set.as_str();
            let set = sets.entry(name).or_insert_with(|| Set::named(name));
            set.recordings += 1;
            let parts = seen.parts();
            for (count, holds) in [&mut set.sequence, &mut set.times, &mut set.events].into_iter().zip(parts)
            {
                *count += usize::from(holds);
            }
            set.rare += usize::from(seen.is_rare);
            gaps.entry(name).or_default().push(seen.gaps.clone());
            let recording = format!("{name}/{}", recording.name);
            misses.extend(seen.difference().map(|difference| Miss { recording, difference }));
        }
        let mut sets: Vec<Set> = sets.into_values().collect();
        sets.iter_mut().for_each(|set| set.rare_p = chance_of_so_many(set.rare, set.recordings));
        let gaps: Vec<(String, Vec<Vec<Gap>>)> =
            gaps.into_iter().map(|(set, own)| (set.to_owned(), own)).collect();
        let kinds: Vec<SetKind> = ranks::told(&gaps)
            .into_iter()
            .map(|(set, ranked, p_holm)| SetKind {
                set,
                kind: ranked.kind,
                n: ranked.count,
                mean_rank: ranked.mean,
                ks: ranked.distance,
                p: ranked.chance,
                p_holm,
            })
            .collect();
        let calibrated =
            kinds.iter().all(|kind| kind.p_holm >= UNLIKELY) && sets.iter().all(|set| set.rare_p >= UNLIKELY);
        Report { seeds, sets, kinds, misses, calibrated }
    }

    /// For people.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        let wide = self.sets.iter().map(|set| set.set.chars().count()).max().unwrap_or(0).max(3) + 3;
        let _ = writeln!(
            text,
            "{:wide$}{:<13}{:<11}{:<11}{:<11}{:<7}P(RARE)",
            "SET", "RECORDINGS", "SEQUENCE", "TIMES", "EVENTS", "RARE"
        );
        for set in &self.sets {
            let share = |part: usize| format!("{:.1} %", 100.0 * part as f64 / set.recordings.max(1) as f64);
            let _ = writeln!(
                text,
                "{:wide$}{:<13}{:<11}{:<11}{:<11}{:<7}{:.3}",
                set.set,
                set.recordings,
                share(set.sequence),
                share(set.times),
                share(set.events),
                set.rare,
                set.rare_p
            );
        }
        if !self.kinds.is_empty() {
            let _ = writeln!(
                text,
                "\n{:wide$}{:<14}{:<8}{:<12}{:<8}{:<8}P(HOLM)",
                "SET", "GAP", "N", "MEAN-RANK", "KS", "P"
            );
        }
        for kind in &self.kinds {
            let SetKind { set, kind, n, mean_rank, ks, p, p_holm } = kind;
            let _ =
                writeln!(text, "{set:wide$}{kind:<14}{n:<8}{mean_rank:<12.3}{ks:<8.3}{p:<8.3}{p_holm:.3}");
        }
        if !self.misses.is_empty() {
            let _ = writeln!(text, "\nnot as recorded, in any of {} seeds:", self.seeds);
        }
        for Miss { recording, difference } in &self.misses {
            let _ = writeln!(text, "  {recording}: {}", difference.trim_end().replace('\n', "\n    "));
        }
        let verdict = match self.calibrated {
            true => "calibrated: recorded gaps lie among simulated ones as if both came of the same dice",
            false => {
                "not calibrated: a chance below 0.05 stands above; a mean rank over 0.5 says that the cluster is slower"
            }
        };
        let _ = writeln!(text, "\n{verdict}");
        text
    }
}

impl Set {
    fn named(name: &str) -> Set {
        Set { set: name.to_owned(), recordings: 0, sequence: 0, times: 0, events: 0, rare: 0, rare_p: 1.0 }
    }
}

/// The chance that `rare` or more of `of` recordings have a sequence that comes in 2 of 100 runs.
#[must_use]
pub fn chance_of_so_many(rare: usize, of: usize) -> f64 {
    // From none to one less, each from the one before (a binomial distribution).
    let mut one = (1.0 - RARE).powi(i32::try_from(of).unwrap_or(i32::MAX));
    let mut fewer = 0.0;
    for count in 0..rare.min(of + 1) {
        fewer += one;
        one *= (of - count) as f64 / (count + 1) as f64 * RARE / (1.0 - RARE);
    }
    (1.0 - fewer).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::chance_of_so_many;

    #[test]
    fn a_few_rare_ones_are_no_wonder() {
        // 1 - 0.98^10; 1 - 0.98^100 - 100 · 0.02 · 0.98^99.
        for (rare, of, wanted) in [(0, 10, 1.0), (1, 10, 0.182_927), (2, 100, 0.596_728), (3, 2, 0.0)] {
            let found = chance_of_so_many(rare, of);
            assert!((found - wanted).abs() < 1e-5, "{rare} of {of}: {found}");
        }
        assert!(chance_of_so_many(8, 100) < 0.01);
    }
}
