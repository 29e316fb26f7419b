//! What many futures have in common: the way that is the likeliest at each turn, and windows.

use std::collections::BTreeMap;

use super::follower::WorkloadCourse;
use crate::api::Sym;
use crate::api::workload::WorkloadState;
use crate::time::{Span, Time};

/// What kubectl shows of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// STATUS; empty: it is gone.
    pub status: Sym,
    /// READY: how many of how many.
    pub ready: (u32, u32),
    /// RESTARTS
    pub restarts: i32,
}

/// The changes of a pod in one of the futures.
pub type Changes = Vec<(Time, Standing)>;

/// A change on the likeliest way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Way {
    /// What kubectl shows then.
    pub to: Standing,
    /// Not before.
    pub earliest: Time,
    /// By then.
    pub latest: Time,
    /// The share of all futures that come this way.
    pub chance: f64,
}

/// Something that comes of a workload.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Event {
    /// What: `complete`, `failed`, `progressing`, `paused`, `suspended`, `gone`, `next pod`, `next job`.
    pub what: &'static str,
    /// Not before.
    pub earliest: Time,
    /// By then.
    pub latest: Time,
    /// The share of all futures in which it comes.
    pub chance: f64,
}

/// So many changes of a pod are told.
const TOLD: usize = 5;
/// A way that fewer take is not followed.
const FOLLOWED: f64 = 0.2;
/// Less likely than this nothing is told of a workload.
const RARE: f64 = 0.02;

/// What became of one, with the instants.
type Course<'a> = &'a [(Time, Standing)];

/// The changes on the way that is the likeliest at each of them; windows hold such a share and are rounded outward to a unit.
pub fn likeliest(courses: Vec<Course<'_>>, level: f64, unit: Span) -> Vec<Way> {
    let all = courses.len();
    let mut found = Vec::new();
    let mut on_the_way = courses;
    for place in 0..TOLD {
        let mut ways: Vec<(Standing, Vec<Course<'_>>)> = Vec::new();
        for changes in &on_the_way {
            let Some((_, to)) = changes.get(place) else { continue };
            match ways.iter_mut().find(|(own, _)| own == to) {
                Some((_, own)) => own.push(changes),
                None => ways.push((*to, vec![changes])),
            }
        }
        // The first of those that are equally likely.
        let Some((to, own)) = ways.into_iter().rev().max_by_key(|(_, own)| own.len()) else { break };
        let chance = own.len() as f64 / all.max(1) as f64;
        if place > 0 && chance < FOLLOWED {
            break;
        }
        let times: Vec<Time> = own.iter().map(|changes| changes[place].0).collect();
        let Some((earliest, latest)) = window(times, level, unit) else { break };
        found.push(Way { to, earliest, latest, chance });
        on_the_way = own;
    }
    found
}

/// What comes of a workload, the likeliest first; of what is equally likely, what comes first.
pub fn events(courses: &[&WorkloadCourse], level: f64, unit: Span) -> Vec<Event> {
    let comes_to = |state: Option<WorkloadState>| {
        courses.iter().filter_map(|course| course.comes_to(state)).collect::<Vec<Time>>()
    };
    let all: [(&'static str, Vec<Time>); 8] = [
        ("complete", comes_to(Some(WorkloadState::Complete))),
        ("failed", comes_to(Some(WorkloadState::Failed))),
        ("progressing", comes_to(Some(WorkloadState::Progressing))),
        ("paused", comes_to(Some(WorkloadState::Paused))),
        ("suspended", comes_to(Some(WorkloadState::Suspended))),
        ("gone", comes_to(None)),
        ("next pod", courses.iter().filter_map(|course| course.made).collect()),
        ("next job", courses.iter().filter_map(|course| course.job).collect()),
    ];
    let mut events: Vec<Event> = Vec::new();
    for (what, times) in all {
        let chance = times.len() as f64 / courses.len().max(1) as f64;
        if let Some((earliest, latest)) = window(times, level, unit).filter(|_| chance >= RARE) {
            events.push(Event { what, earliest, latest, chance });
        }
    }
    events.sort_by(|a, b| b.chance.total_cmp(&a.chance).then(a.earliest.cmp(&b.earliest)));
    events
}

/// What keeps a workload from being complete at the end, in most futures.
pub fn keeps(courses: &[&WorkloadCourse]) -> Option<String> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for why in courses.iter().filter_map(|course| course.why.as_deref()) {
        *reasons.entry(why).or_default() += 1;
    }
    reasons.into_iter().max_by_key(|(_, count)| *count).map(|(why, _)| why.to_owned())
}

/// Where one more instant of the same kind lies with such a chance, left out as many at one side as at the other; outward to a unit.
///
/// Between the `k`th and the `k`th last of `n` instants one more of the same kind lies with a chance of `(n + 1 - 2k) / (n + 1)`, whatever
/// their distribution is (Wilks, *Determination of Sample Sizes for Setting Tolerance Limits*, 1941): the share of the `n` that lie there
/// would be more than that. Where even all of them are too few for the level, the window is all of them.
pub fn window(mut times: Vec<Time>, level: f64, unit: Span) -> Option<(Time, Time)> {
    times.sort_unstable();
    let last = times.len().checked_sub(1)?;
    // A hair more, so that what is whole in numbers is whole in floating point.
    let out = ((1.0 - level) / 2.0 * (times.len() + 1) as f64 + 1e-9).floor().max(1.0) as usize - 1;
    let out = out.min(last / 2);
    let (low, high) = (times[out], times[last - out]);
    let below = |at: Time| Span::from_micros(at.micros().rem_euclid(unit.micros()));
    let above = |at: Time| Span::from_micros((-at.micros()).rem_euclid(unit.micros()));
    Some((low - below(low), high + above(high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(n: usize, level: f64) -> (i64, i64) {
        let times = (1..=n).map(|at| Time::from_secs(at as i64)).collect();
        let (low, high) = window(times, level, Span::from_secs(1)).expect("there are some");
        (low.secs(), high.secs())
    }

    /// Of 39 instants the first and the last are passed by one in forty each.
    #[test]
    fn one_more_lies_within_as_often_as_is_said() {
        assert_eq!(held(39, 0.95), (1, 39));
        assert_eq!(held(79, 0.95), (2, 78));
        assert_eq!(held(39, 0.8), (4, 36));
        assert_eq!(held(39, 0.5), (10, 30));
        assert_eq!(held(199, 0.9), (10, 190));
        // A share of them would be one further in.
        assert_eq!(held(40, 0.95), (1, 40));
        assert_eq!(held(64, 0.9), (3, 62));
        assert_eq!(held(200, 0.9), (10, 191));
        // Too few for what is asked: all of them.
        assert_eq!(held(5, 0.9), (1, 5));
        assert_eq!(held(1, 0.5), (1, 1));
    }
}
