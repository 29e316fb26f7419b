//! What a drill comes to: points for the time, for what was kept whole, and for the cause.

use serde::Serialize;

use super::expectations::Kept;
use crate::time::Span;

/// Points for mending it, by how long that took.
const TIME: u32 = 40;
/// So fast is all that can be asked for: back-offs have to pass, too.
const FAST: i64 = 10 * 60;
/// So slow gets what mending at all gets.
const SLOW: i64 = 60 * 60;
/// What mending at all gets.
const LEAST: u32 = 10;
/// Points for breaking nothing on the way.
const WHOLE: u32 = 30;
/// So many seconds without a pod cost a point.
const POINT: i64 = 20;
/// Points for the causes, all together.
const CAUSE: u32 = 30;
/// What a wrong cause costs.
const WRONG: u32 = 5;

/// A fault, and whether it was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Found {
    /// Its kind.
    pub kind: String,
    /// The object that has it.
    pub object: String,
    /// Whether it was named.
    pub named: bool,
    /// Whether what is wanted of what it struck had been so for two minutes in the end.
    pub mended: bool,
}

/// What came of a drill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Score {
    /// Of this layout.
    pub version: u32,
    /// The drill's seed.
    pub seed: u64,
    /// Its level; 0: it is a scenario that somebody has.
    pub level: u8,
    /// The scenario's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// All was well for long enough.
    pub solved: bool,
    /// Seconds of simulated time from coming to where all was well; None: it never was.
    pub seconds: Option<i64>,
    /// Seconds for which pods were missing that had been available before, all pods together.
    #[serde(rename = "lostPodSeconds")]
    pub lost: i64,
    /// Causes that were named and are none.
    pub wrong: u32,
    /// What was wrong; empty while the drill goes on, until the person has left it ([`super::Drill::left`]).
    pub faults: Vec<Found>,
    /// Points.
    pub points: Points,
    /// What was said, with seconds since coming.
    pub lines: Vec<(i64, String)>,
}

/// Out of a hundred.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Points {
    /// Up to 40, for mending it soon.
    pub time: u32,
    /// Up to 30, for breaking nothing.
    pub whole: u32,
    /// Up to 30, for naming what it was.
    pub cause: u32,
    /// Up to 30, of a scenario that somebody has, for its expectations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<u32>,
    /// All together.
    pub total: u32,
}

impl Points {
    /// How long it took, if it was mended; what was lost; how many causes of how many were named, and how many wrong ones.
    pub fn of(took: Option<Span>, lost: Span, (named, faults): (usize, usize), wrong: u32) -> Points {
        let time = took.map_or(0, |took| {
            let over = (took.secs() - FAST).clamp(0, SLOW - FAST);
            TIME - u32::try_from(i64::from(TIME - LEAST) * over / (SLOW - FAST)).unwrap_or(0)
        });
        let costs = u32::try_from(lost.secs() / POINT).unwrap_or(u32::MAX);
        let whole = if took.is_some() { WHOLE.saturating_sub(costs) } else { 0 };
        let found = CAUSE * u32::try_from(named).unwrap_or(0) / u32::try_from(faults.max(1)).unwrap_or(1);
        let cause = found.saturating_sub(wrong.saturating_mul(WRONG));
        Points { time, whole, cause, expected: None, total: time + whole + cause }
    }

    /// Of a scenario that somebody has, of which so much was left when the person came: at once is all, at its end what mending
    /// at all gets; of the expectations each counts the same, and where there are none they are kept by mending it.
    pub fn of_exercise(took: Option<Span>, all: Span, lost: Span, kept: Kept) -> Points {
        let time = took.map_or(0, |took| {
            let part = i64::from(TIME - LEAST) * took.micros().clamp(0, all.micros());
            TIME - u32::try_from(part / all.micros().max(1)).unwrap_or(0)
        });
        let costs = u32::try_from(lost.secs() / POINT).unwrap_or(u32::MAX);
        let whole = if took.is_some() { WHOLE.saturating_sub(costs) } else { 0 };
        let expected = match kept.of {
            0 if took.is_some() => CAUSE,
            of => u32::try_from(CAUSE as usize * kept.kept / of.max(1)).unwrap_or(0),
        };
        Points { time, whole, cause: 0, expected: Some(expected), total: time + whole + expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_for_time_for_what_is_whole_and_for_the_cause() {
        let of = |took: i64, lost, named, wrong| {
            let took = (took >= 0).then(|| Span::from_secs(took));
            let points = Points::of(took, Span::from_secs(lost), (named, 2), wrong);
            (points.time, points.whole, points.cause, points.total)
        };
        assert_eq!(of(600, 0, 2, 0), (40, 30, 30, 100));
        assert_eq!(of(35 * 60, 40, 1, 1), (25, 28, 10, 63));
        assert_eq!(of(90 * 60, 9999, 2, 9), (10, 0, 0, 10));
        assert_eq!(of(-1, 0, 1, 0), (0, 0, 15, 15), "what is not mended keeps nothing whole");
    }

    #[test]
    fn of_a_scenario_points_are_for_its_expectations_too() {
        let of = |took: i64, lost, kept, of| {
            let took = (took >= 0).then(|| Span::from_secs(took));
            let all = Span::from_secs(600);
            let points = Points::of_exercise(took, all, Span::from_secs(lost), Kept { kept, of });
            (points.time, points.whole, points.expected, points.total)
        };
        assert_eq!(of(0, 0, 4, 4), (40, 30, Some(30), 100));
        assert_eq!(of(300, 40, 3, 4), (25, 28, Some(22), 75));
        assert_eq!(of(600, 0, 0, 0), (10, 30, Some(30), 70), "what nobody expects is kept by mending");
        assert_eq!(of(-1, 0, 1, 2), (0, 0, Some(15), 15));
    }
}
