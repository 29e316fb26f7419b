//! Instants and intervals on the simulated clock: integer microseconds, never floating point.
//!
//! One type of instant serves the clock and the API's timestamps alike: microseconds since the Unix epoch.
//! A run starts at its scenario's `start`; the offset that people read (`12.345000`) is the difference.
//! Kubernetes cuts the times in a pod's status to whole seconds ([`Time::truncate_secs`]); that is visible
//! (initial delays and deadlines count from the cut instant), so it happens where the kubelet does it.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, AddAssign, Mul, Sub};

/// An instant: microseconds since 1970-01-01T00:00:00Z.
///
/// Kept with the sign bit turned over: in the order of instants, and never zero, so that `Option<Time>` is no larger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(NonZeroU64);

/// An interval in microseconds. Negative only as a difference of instants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

const MICROS_PER_SEC: i64 = 1_000_000;
const SIGN: u64 = 1 << 63;

impl Default for Time {
    fn default() -> Time {
        Time::EPOCH
    }
}

impl Time {
    /// 1970-01-01T00:00:00Z: the `startedAt` of a container that never started.
    pub const EPOCH: Time = Time::from_micros(0);
    /// Later than everything.
    pub const FAR: Time = Time::from_micros(i64::MAX);

    /// The instant that lies so many microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Time {
        match NonZeroU64::new(micros.cast_unsigned() ^ SIGN) {
            Some(bits) => Time(bits),
            // The earliest instant of all stands one microsecond later.
            None => Time(NonZeroU64::MIN),
        }
    }
    /// The instant that lies so many seconds after the Unix epoch.
    pub const fn from_secs(secs: i64) -> Time {
        Time::from_micros(secs.saturating_mul(MICROS_PER_SEC))
    }
    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        (self.0.get() ^ SIGN).cast_signed()
    }
    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.micros().div_euclid(MICROS_PER_SEC)
    }
    /// The instant cut to its second, as `metav1.Time` is stored.
    #[must_use]
    pub const fn truncate_secs(self) -> Time {
        let micros = self.micros();
        if micros >= 0 {
            // All that a run meets; a division of unsigned numbers is the cheap one.
            let micros = micros.cast_unsigned();
            return Time::from_micros((micros - micros % MICROS_PER_SEC.cast_unsigned()).cast_signed());
        }
        Time::from_micros(micros.saturating_sub(micros.rem_euclid(MICROS_PER_SEC)))
    }
    /// The interval since `earlier`; negative when `earlier` is later.
    pub const fn since(self, earlier: Time) -> Span {
        Span(self.micros().saturating_sub(earlier.micros()))
    }

    /// RFC 3339 with any offset and fraction; the fraction is cut to microseconds.
    pub fn parse_rfc3339(text: &str) -> Option<Time> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Time::from_micros(t.as_microsecond()))
    }
    /// `2025-04-29T04:33:19Z`: RFC 3339 UTC in whole seconds, as the API writes `metav1.Time`.
    pub fn rfc3339_secs(self) -> String {
        let stamp = jiff::Timestamp::from_second(self.secs()).unwrap_or(jiff::Timestamp::MAX);
        stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
    /// `Tue, 29 Apr 2025 04:33:19 +0000`: Go's `time.RFC1123Z`, as `kubectl describe` writes instants.
    pub fn rfc1123z(self) -> String {
        let stamp = jiff::Timestamp::from_second(self.secs()).unwrap_or(jiff::Timestamp::MAX);
        stamp.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }
    /// `2025-04-29T04:33:19.000000Z`: RFC 3339 UTC with microseconds, as timelines write it.
    pub fn rfc3339_micros(self) -> String {
        let stamp = jiff::Timestamp::from_second(self.secs()).unwrap_or(jiff::Timestamp::MAX);
        format!("{}.{:06}Z", stamp.strftime("%Y-%m-%dT%H:%M:%S"), self.micros().rem_euclid(MICROS_PER_SEC))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// So many microseconds; below zero: backwards.
    pub const fn from_micros(micros: i64) -> Span {
        Span(micros)
    }
    /// So many milliseconds.
    pub const fn from_millis(millis: i64) -> Span {
        Span(millis.saturating_mul(1000))
    }
    /// So many seconds.
    pub const fn from_secs(secs: i64) -> Span {
        Span(secs.saturating_mul(MICROS_PER_SEC))
    }
    /// In microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Whole seconds, rounded towards zero.
    pub const fn secs(self) -> i64 {
        self.0 / MICROS_PER_SEC
    }
    /// In nanoseconds, as Go counts durations.
    pub const fn nanos(self) -> i128 {
        self.0 as i128 * 1000
    }
    /// In seconds, for people and statistics alone: floating point decides nothing.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / MICROS_PER_SEC as f64
    }
}

/// The first `anchor + k * period` that is not before `at`.
pub fn next_on_grid(anchor: Time, period: Span, at: Time) -> Time {
    let behind = at.since(anchor).micros();
    if behind <= 0 {
        return anchor;
    }
    // Of what is not negative the division is the cheap one, and one is enough.
    let steps = behind.cast_unsigned().div_ceil(period.micros().cast_unsigned());
    anchor + period * steps.cast_signed()
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time::from_micros(self.micros().saturating_add(span.0))
    }
}
impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
impl Sub<Span> for Time {
    type Output = Time;
    fn sub(self, span: Span) -> Time {
        Time::from_micros(self.micros().saturating_sub(span.0))
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}
impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl Mul<i64> for Span {
    type Output = Span;
    fn mul(self, factor: i64) -> Span {
        Span(self.0.saturating_mul(factor))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_micros())
    }
}
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}s", self.secs_f64())
    }
}
/// Go's `time.Duration.String`: `1m20s`, `250ms`, `0s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_go_duration(f, self.nanos())
    }
}

/// A duration in nanoseconds, as Go counts; only foreign values are that fine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct GoDuration(pub i64);

/// Why a text is no duration ([`GoDuration::parse`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoDuration<'a> {
    /// Not of numbers and units.
    Malformed,
    /// Beyond what 64 bits of nanoseconds hold.
    TooLong,
    /// A number without a unit.
    NoUnit,
    /// A unit that Go does not know.
    UnknownUnit(&'a str),
}

impl GoDuration {
    /// Go's `time.ParseDuration`.
    ///
    /// # Errors
    /// It is none, and why.
    pub fn parse(text: &str) -> Result<GoDuration, NoDuration<'_>> {
        const LONGEST: u128 = 1 << 63;
        let (is_negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Ok(GoDuration(0));
        }
        if rest.is_empty() {
            return Err(NoDuration::Malformed);
        }
        let mut nanos: u128 = 0;
        while !rest.is_empty() {
            let (whole, tail) = split_digits(rest);
            let (fraction, tail) = match tail.strip_prefix('.') {
                Some(tail) => split_digits(tail),
                None => ("", tail),
            };
            if whole.is_empty() && fraction.is_empty() {
                return Err(NoDuration::Malformed);
            }
            let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let scale = nanos_of(unit)?;
            let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u128::MAX) };
            let whole = whole.min(LONGEST + 1);
            nanos = nanos.saturating_add(whole.saturating_mul(scale));
            let mut part = scale;
            for digit in fraction.bytes().take(18) {
                part /= 10;
                nanos += u128::from(digit - b'0') * part;
            }
            if nanos > LONGEST {
                return Err(NoDuration::TooLong);
            }
            rest = tail;
        }
        match i64::try_from(nanos) {
            Ok(nanos) => Ok(GoDuration(if is_negative { -nanos } else { nanos })),
            Err(_) if is_negative => Ok(GoDuration(i64::MIN)),
            Err(_) => Err(NoDuration::TooLong),
        }
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn nanos_of(unit: &str) -> Result<u128, NoDuration<'_>> {
    Ok(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(NoDuration::NoUnit),
        _ => return Err(NoDuration::UnknownUnit(unit)),
    })
}

/// Go's `time.Duration.String`: `1h0m1s`, `1.5µs`, `0s`.
impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_go_duration(f, i128::from(self.0))
    }
}

fn write_go_duration(f: &mut fmt::Formatter<'_>, nanos: i128) -> fmt::Result {
    const SECOND: u128 = 1_000_000_000;
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    // `part` of a whole that has 10^digits parts, without zeros at the end.
    let fraction = |whole: u128, part: u128, digits: usize| {
        let mut text = format!("{whole}.{part:0digits$}");
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        text
    };
    match nanos {
        0 => f.write_str("0s"),
        1..1000 => write!(f, "{sign}{nanos}ns"),
        1000..1_000_000 => write!(f, "{sign}{}µs", fraction(nanos / 1000, nanos % 1000, 3)),
        1_000_000..SECOND => write!(f, "{sign}{}ms", fraction(nanos / 1_000_000, nanos % 1_000_000, 6)),
        _ => {
            let (minutes, rest) = (nanos / (60 * SECOND), nanos % (60 * SECOND));
            let secs = fraction(rest / SECOND, rest % SECOND, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => write!(f, "{sign}{secs}s"),
                (0, m) => write!(f, "{sign}{m}m{secs}s"),
                (h, m) => write!(f, "{sign}{h}h{m}m{secs}s"),
            }
        }
    }
}
