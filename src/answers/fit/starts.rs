//! Starts of a program that differ: the first ones fail, later ones do not, or run longer.
//!
//! Each start of a container is one more attempt of its program, and a scenario may say of each what it does; the last one
//! repeats for ever. So the first starts of all pods are held against all later ones, by how long they ran and by what they ended
//! with; where both cannot well be of one kind, first starts are an attempt of their own, and the second ones are asked next.
//!
//! How long they ran is compared by the log-rank test (N. Mantel, *Evaluation of survival data and two new rank order statistics*,
//! 1966), which counts what was cut off; of a few, which ranks tell nothing of, by the likelihood ratio of two rates (D. R. Cox,
//! *Some simple approximate tests for Poisson variates*, 1953). Codes are compared by the G-test, each code against all others.

use std::collections::{BTreeMap, BTreeSet};

use super::kernel::{Observation, seconds};

/// What starts were.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Start {
    /// From a start until a probe says that it has booted.
    pub boots: Vec<Observation>,
    /// From a start to an end of its own.
    pub runs: Vec<Observation>,
    /// Ends of its own, by code and reason.
    pub exits: BTreeMap<(i32, String), u64>,
    /// From SIGTERM to the end.
    pub terms: Vec<Observation>,
    /// Codes of ends after SIGTERM.
    pub term_codes: BTreeMap<i32, u64>,
}

impl Start {
    /// Takes those of another one.
    pub fn add(&mut self, other: &Start) {
        self.boots.extend_from_slice(&other.boots);
        self.runs.extend_from_slice(&other.runs);
        self.terms.extend_from_slice(&other.terms);
        for (code, count) in &other.term_codes {
            *self.term_codes.entry(*code).or_default() += count;
        }
        for (exit, count) in &other.exits {
            *self.exits.entry(exit.clone()).or_default() += count;
        }
    }
}

/// So many starts may be attempts of their own.
const OWN: usize = 4;
/// As unlikely a difference is none of chance.
const CHANCE: f64 = 0.002;
/// Of so few ends ranks tell nothing.
const FEW: usize = 8;

/// The attempts that starts by number tell: each of one start, the last of all later ones. One, where they do not differ.
pub fn attempts(starts: &BTreeMap<i32, Start>) -> Vec<Start> {
    let mut found = Vec::new();
    let mut rest: Vec<&Start> = starts.values().collect();
    while found.len() < OWN && rest.len() > 1 {
        let (first, later) = (rest[0], together(rest[1..].iter().copied()));
        if chance(first, &later) >= CHANCE {
            break;
        }
        found.push(first.clone());
        rest.remove(0);
    }
    found.push(together(rest));
    found
}

/// All of them as one.
pub fn together<'a>(all: impl IntoIterator<Item = &'a Start>) -> Start {
    let mut one = Start::default();
    all.into_iter().for_each(|own| one.add(own));
    one
}

/// How likely starts that are of one kind differ as much.
fn chance(first: &Start, later: &Start) -> f64 {
    let ended = |own: &Start| own.runs.iter().filter(|run| !run.is_open).count();
    let runs = if ended(first) + ended(later) < FEW {
        rates(&first.runs, &later.runs)
    } else {
        log_rank(&first.runs, &later.runs)
    };
    runs.min(codes(first, later))
}

/// The chance of a square that is one of a standard normal's.
fn beyond(square: f64) -> f64 {
    libm::erfc(libm::sqrt(square.max(0.0) / 2.0))
}

/// How long it was watched, and whether it ended.
fn watched(run: &Observation) -> (f64, f64, bool) {
    (seconds(run.entry), run.middle().max(1e-3), !run.is_open)
}

fn log_rank(first: &[Observation], later: &[Observation]) -> f64 {
    let all: Vec<((f64, f64, bool), bool)> = (first.iter().map(|run| (watched(run), true)))
        .chain(later.iter().map(|run| (watched(run), false)))
        .collect();
    let mut ends: Vec<f64> =
        all.iter().filter(|((.., ended), _)| *ended).map(|((_, at, _), _)| *at).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let (mut seen, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for at in ends {
        let (mut at_risk, mut of_first, mut over, mut over_first) = (0.0, 0.0, 0.0, 0.0);
        for ((entry, until, ended), is_first) in &all {
            if *entry >= at || *until < at {
                continue;
            }
            let (own, ends) = (f64::from(u8::from(*is_first)), f64::from(u8::from(*ended && *until == at)));
            at_risk += 1.0;
            of_first += own;
            over += ends;
            over_first += own * ends;
        }
        let share = of_first / at_risk;
        seen += over_first;
        expected += over * share;
        if at_risk > 1.0 {
            variance += over * share * (1.0 - share) * (at_risk - over) / (at_risk - 1.0);
        }
    }
    if variance > 0.0 { beyond((seen - expected) * (seen - expected) / variance) } else { 1.0 }
}

fn rates(first: &[Observation], later: &[Observation]) -> f64 {
    let of = |runs: &[Observation]| {
        runs.iter().map(watched).fold((0.0, 0.0), |(ends, time), (entry, until, ended)| {
            (ends + f64::from(u8::from(ended)), time + (until - entry).max(1e-3))
        })
    };
    let ((ends_a, time_a), (ends_b, time_b)) = (of(first), of(later));
    if time_a == 0.0 || time_b == 0.0 {
        return 1.0;
    }
    let told = |ends: f64, time: f64| if ends > 0.0 { ends * libm::log(ends / time) } else { 0.0 };
    beyond(2.0 * (told(ends_a, time_a) + told(ends_b, time_b) - told(ends_a + ends_b, time_a + time_b)))
}

fn codes(first: &Start, later: &Start) -> f64 {
    let of = |own: &Start, code: i32| {
        let count = |is: bool| {
            own.exits
                .iter()
                .filter(|((own, _), _)| (*own == code) == is)
                .map(|(_, count)| *count as f64)
                .sum()
        };
        [count(true), count(false)]
    };
    let all: BTreeSet<i32> = first.exits.keys().chain(later.exits.keys()).map(|(code, _)| *code).collect();
    let each = all.iter().map(|code| {
        let table: [[f64; 2]; 2] = [of(first, *code), of(later, *code)];
        let n: f64 = table.iter().flatten().sum();
        let told =
            |count: f64, expected: f64| if count > 0.0 { count * libm::log(count / expected) } else { 0.0 };
        let mut sum = 0.0;
        for row in &table {
            for (column, count) in row.iter().enumerate() {
                let expected = row.iter().sum::<f64>() * (table[0][column] + table[1][column]) / n;
                sum += told(*count, expected);
            }
        }
        beyond(2.0 * sum) * all.len() as f64
    });
    each.fold(1.0, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(runs: &[(i64, bool)], code: i32) -> Start {
        let run = |(secs, is_open): &(i64, bool)| Observation {
            least: secs * 1_000_000,
            width: 1_000_000,
            is_open: *is_open,
            ..Observation::default()
        };
        let ended = runs.iter().filter(|(_, is_open)| !is_open).count() as u64;
        let exits = [((code, "Error".to_owned()), ended)].into_iter().filter(|(_, count)| *count > 0);
        Start { runs: runs.iter().map(run).collect(), exits: exits.collect(), ..Start::default() }
    }

    fn of(starts: &[Start]) -> usize {
        attempts(&(0..).zip(starts.iter().cloned()).collect()).len()
    }

    #[test]
    fn one_that_failed_and_then_ran_on_has_two_attempts() {
        assert_eq!(of(&[start(&[(2, false)], 1), start(&[(600, true)], 0)]), 2);
        assert_eq!(of(&[start(&[(2, false)], 1), start(&[(5, true)], 0)]), 1, "nobody knows yet");
        let same: Vec<Start> = (0..9).map(|ix| start(&[(3 + ix % 3, false)], 1)).collect();
        assert_eq!(of(&same), 1);
    }

    #[test]
    fn two_that_fail_before_it_works_are_two_attempts_of_three() {
        let pods = |secs: i64, is_open| (0..6).map(|ix| (secs + ix % 2, is_open)).collect::<Vec<_>>();
        let starts = [start(&pods(2, false), 1), start(&pods(4, false), 3), start(&pods(300, true), 0)];
        assert_eq!(of(&starts), 3);
    }
}
