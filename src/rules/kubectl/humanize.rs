//! Ages as kubectl writes them.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go (v1.36.2). Everything is cut, nothing rounded.

use std::fmt;

/// A duration in nanoseconds for AGE columns: `119s`, `2m`, `3h25m`, `7d23h`, `2y15d`.
///
/// `HumanDuration`: two units where the first is small. Up to two seconds into the future count as now, since clocks
/// differ; more is `<invalid>`.
#[derive(Clone, Copy, Debug)]
pub struct HumanDuration(pub i128);

/// A duration in nanoseconds in one unit: `59s`, `59m`, `23h`, `364d`, `1y` (`ShortHumanDuration`).
#[derive(Clone, Copy, Debug)]
pub struct ShortHumanDuration(pub i128);

const SECOND: i128 = 1_000_000_000;
const HOURS_A_YEAR: i128 = 24 * 365;

/// What is written of times that have not come yet.
fn future(seconds: i128) -> Option<&'static str> {
    match seconds {
        ..-1 => Some("<invalid>"),
        -1 => Some("0s"),
        _ => None,
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / SECOND;
        let (minutes, hours) = (seconds / 60, seconds / 3600);
        let mut two = |big: i128, unit: char, small: i128, small_unit: char| match small {
            0 => write!(f, "{big}{unit}"),
            _ => write!(f, "{big}{unit}{small}{small_unit}"),
        };
        if let Some(text) = future(seconds) {
            f.write_str(text)
        } else if seconds < 120 {
            write!(f, "{seconds}s")
        } else if minutes < 10 {
            two(minutes, 'm', seconds % 60, 's')
        } else if minutes < 180 {
            write!(f, "{minutes}m")
        } else if hours < 8 {
            two(hours, 'h', minutes % 60, 'm')
        } else if hours < 48 {
            write!(f, "{hours}h")
        } else if hours < 24 * 8 {
            two(hours / 24, 'd', hours % 24, 'h')
        } else if hours < HOURS_A_YEAR * 2 {
            write!(f, "{}d", hours / 24)
        } else if hours < HOURS_A_YEAR * 8 {
            two(hours / HOURS_A_YEAR, 'y', hours / 24 % 365, 'd')
        } else {
            write!(f, "{}y", hours / HOURS_A_YEAR)
        }
    }
}

impl fmt::Display for ShortHumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, hours) = (self.0 / SECOND, hours(self.0));
        if let Some(text) = future(seconds) {
            f.write_str(text)
        } else if seconds < 60 {
            write!(f, "{seconds}s")
        } else if seconds < 3600 {
            write!(f, "{}m", seconds / 60)
        } else if hours < 24.0 {
            write!(f, "{}h", hours as i64)
        } else if hours < HOURS_A_YEAR as f64 {
            write!(f, "{}d", (hours / 24.0) as i64)
        } else {
            write!(f, "{}y", (hours / 24.0 / 365.0) as i64)
        }
    }
}

/// Go's `Duration.Hours`: a float, so that a nanosecond short of many years is rounded up to them, which people see.
fn hours(nanos: i128) -> f64 {
    const HOUR: i128 = 3600 * SECOND;
    (nanos / HOUR) as f64 + (nanos % HOUR) as f64 / HOUR as f64
}
