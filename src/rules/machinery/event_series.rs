//! Events of the scheduler's recorder: repetitions become a series.
//!
//! Source: staging/src/k8s.io/client-go/tools/events/event_broadcaster.go (`recordToSink`, `refreshExistingEventSeries`,
//! `finishSeries`), 1.36.2. The surprise: the second occurrence is written at once, later ones only every half hour or when
//! the series ends; and the key (`getKey`) leaves the note out but has the pod's resourceVersion in it. So a pod that was written
//! since (a condition with other words, say) begins an event anew, even with the same words, and one that was not repeats the
//! first event's words whatever it was refused for.

use crate::time::{Span, Time};

/// A series that is not heard of for this long is over; an event alone is forgotten.
const FINISH: Span = Span::from_secs(6 * 60);
/// How often the recorder looks for those.
const FINISH_PERIOD: Span = Span::from_secs(6 * 60);
/// How often running series are written.
const REFRESH_PERIOD: Span = Span::from_secs(30 * 60);

/// What the recorder remembers of an event of one type, action, reason and note about one object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Series {
    /// 1: an event alone.
    pub count: u32,
    pub written: u32,
    pub last: Time,
}

/// What an occurrence comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    /// A new event object.
    New,
    /// The event object becomes a series of two.
    Second,
    /// Only counted.
    Nothing,
}

/// An event occurs at `now`; the recorder's rounds stand at `anchor` plus whole periods.
pub fn occurs(known: &mut Option<Series>, now: Time, anchor: Time) -> Write {
    match known {
        Some(series) if !is_over(series, now, anchor) => {
            series.count += 1;
            series.last = now;
            if series.count > 2 {
                return Write::Nothing;
            }
            series.written = 2;
            Write::Second
        }
        _ => {
            *known = Some(Series { count: 1, written: 1, last: now });
            Write::New
        }
    }
}

/// Whether a round that came since has dropped the series.
fn is_over(series: &Series, now: Time, anchor: Time) -> bool {
    now >= dropped_at(series, anchor)
}

/// The round that finds the series idle for long enough.
fn dropped_at(series: &Series, anchor: Time) -> Time {
    after(anchor, FINISH_PERIOD, series.last + FINISH)
}

/// When the count of a series is written next, if it is ahead of what was written: at the half-hourly round, or when the
/// series is over.
pub fn next_write(series: &Series, anchor: Time) -> Option<Time> {
    let refresh = after(anchor, REFRESH_PERIOD, series.last);
    (series.count > series.written).then(|| refresh.min(dropped_at(series, anchor)))
}

/// The first instant of a grid after `at`.
fn after(anchor: Time, period: Span, at: Time) -> Time {
    let steps = at.since(anchor).micros().div_euclid(period.micros()) + 1;
    anchor + period * steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_written_and_then_silence() {
        let anchor = Time::EPOCH;
        let at = Time::from_secs;
        let mut series = None;
        assert_eq!(occurs(&mut series, at(100), anchor), Write::New);
        assert_eq!(occurs(&mut series, at(200), anchor), Write::Second);
        assert_eq!(occurs(&mut series, at(300), anchor), Write::Nothing);
        assert_eq!(next_write(&series.expect("known"), anchor), Some(at(720)));
        // The round at 720 s finds it idle for more than six minutes.
        assert_eq!(occurs(&mut series, at(719), anchor), Write::Nothing);
        assert_eq!(occurs(&mut series, at(1440), anchor), Write::New);
    }
}
