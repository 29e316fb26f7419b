//! When a CronJob is due: how its schedule is read, which time comes next in its zone, and what was missed.
//!
//! Mirrors github.com/robfig/cron v3.0.1 (`ParseStandard`, parser.go; `SpecSchedule.Next`, spec.go; constantdelay.go),
//! and `formatSchedule`, `mostRecentScheduleTime`, `nextScheduleTimeDuration` of pkg/controller/cronjob/utils.go (1.36.3).
//! The surprises: where day of month and day of week are both restricted, either suffices; a step makes a `*` a
//! restriction; days are counted on the wall clock but hours are added to the instant, so that an hour that the clock
//! skips is skipped and one that it shows twice counts once for a daily schedule and twice for an hourly one; and a date
//! that does not come within five years never comes.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::rules::machinery::quote::quote;
use crate::time::{GoDuration, NoDuration, Span, Time};

/// How long after the scheduled time a CronJob is looked at again (`nextScheduleDelta`).
pub const NEXT_SCHEDULE_DELTA: Span = Span::from_millis(100);
/// More missed runs than these are told (`mostRecentScheduleTime`).
const MANY_MISSED: i64 = 100;

/// A zone of the IANA's database.
#[derive(Clone, PartialEq, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// Where the controller manager lives: a container knows no other.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// Go's `time.LoadLocation`: names count as they are spelled.
    ///
    /// # Errors
    /// There is no such zone; Go's words.
    pub fn named(name: &str) -> Result<Zone, String> {
        if name.is_empty() || name == "UTC" || name == "Local" {
            return Ok(Zone::UTC);
        }
        if name.starts_with(['/', '\\']) || name.contains("..") {
            return Err("time: invalid location name".to_owned());
        }
        match TimeZoneDatabase::bundled().get(name) {
            Ok(zone) if zone.iana_name() == Some(name) => Ok(Zone(zone)),
            _ => Err(format!("unknown time zone {name}")),
        }
    }
    /// `2026-03-29T03:30:00+02:00`, or `Z` where the offset is none: an instant on the zone's clocks (`time.RFC3339`).
    pub fn rfc3339(&self, time: Time) -> String {
        let stamp = Timestamp::from_second(time.secs()).unwrap_or(Timestamp::MAX);
        let offset = self.0.to_offset(stamp).seconds();
        let civil = self.0.to_datetime(stamp).strftime("%Y-%m-%dT%H:%M:%S");
        if offset == 0 {
            return format!("{civil}Z");
        }
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        format!("{civil}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
    /// Go's `time.Date`: of a time that does not exist, what the offset before the gap makes of it.
    fn instant(&self, civil: DateTime) -> Option<i64> {
        let naive = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        let offset =
            |secs: i64| Some(i64::from(self.0.to_offset(Timestamp::from_second(secs).ok()?).seconds()));
        Some(naive - offset(naive - offset(naive)?)?)
    }
    fn civil(&self, secs: i64) -> Option<DateTime> {
        Some(self.0.to_datetime(Timestamp::from_second(secs).ok()?))
    }
}

/// What a schedule says, read.
#[derive(Clone, PartialEq, Debug)]
pub struct Schedule {
    times: Times,
    zone: Zone,
}

#[derive(Clone, PartialEq, Debug)]
enum Times {
    Fields(Fields),
    /// `@every`, in whole seconds.
    Every(i64),
}

/// Sets of bits, the bit of the star among them.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Fields {
    minute: u64,
    hour: u64,
    day_of_month: u64,
    month: u64,
    day_of_week: u64,
}

/// Nothing was said of the field.
const STAR: u64 = 1 << 63;

/// What a field may say.
struct Bounds {
    min: u64,
    max: u64,
    names: &'static [&'static str],
}

impl Bounds {
    const fn numbers(min: u64, max: u64) -> Bounds {
        Bounds { min, max, names: &[] }
    }
    fn all(&self) -> u64 {
        bits(self.min, self.max, 1) | STAR
    }
}

const MINUTE: Bounds = Bounds::numbers(0, 59);
const HOUR: Bounds = Bounds::numbers(0, 23);
const DAY_OF_MONTH: Bounds = Bounds::numbers(1, 31);
const MONTH: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const DAY_OF_WEEK: Bounds =
    Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

impl Schedule {
    /// Reads a schedule as the API server does (`ParseCronScheduleWithPanicRecovery`, pkg/util/parsers/parsers.go), a zone
    /// in front of it included.
    ///
    /// # Errors
    /// It is none; the parser's words.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        if text.is_empty() {
            return Err("empty spec string".to_owned());
        }
        if !text.starts_with("TZ=") && !text.starts_with("CRON_TZ=") {
            return Ok(Schedule { times: times(text)?, zone: Zone::UTC });
        }
        let Some((zone, rest)) = text.split_once(' ') else {
            let panic = "runtime error: slice bounds out of range [:-1]";
            return Err(format!("invalid schedule format: {panic}"));
        };
        let name = zone.split_once('=').map_or("", |(_, name)| name);
        let zone = Zone::named(name).map_err(|why| format!("provided bad location {name}: {why}"))?;
        Ok(Schedule { times: times(rest.trim())?, zone })
    }
    /// Reads what a CronJob says of its times (`formatSchedule`). A zone that there is not counts for nothing: the
    /// controller has looked at it before.
    ///
    /// # Errors
    /// The schedule is none; the parser's words.
    pub fn of(schedule: &str, time_zone: Option<&str>) -> Result<Schedule, String> {
        match time_zone {
            Some(zone) if !names_a_zone(schedule) && Zone::named(zone).is_ok() => {
                Schedule::parse(&format!("TZ={zone} {schedule}"))
            }
            _ => Schedule::parse(schedule),
        }
    }
    /// The first scheduled time after an instant; None: there is none.
    pub fn next(&self, after: Time) -> Option<Time> {
        match &self.times {
            Times::Every(secs) => Some(Time::from_secs(after.secs().saturating_add(*secs))),
            Times::Fields(fields) => {
                Walk::from(&self.zone, after.secs() + 1)?.to(fields).map(Time::from_secs)
            }
        }
    }
}

/// Whether a zone seems to stand in the schedule itself, which the API server allows only where it always did.
pub fn names_a_zone(schedule: &str) -> bool {
    schedule.contains("TZ")
}

fn times(text: &str) -> Result<Times, String> {
    if text.starts_with('@') {
        return descriptor(text);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = words[..] else {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", words.len(), words.join(" ")));
    };
    Ok(Times::Fields(Fields {
        minute: field(minute, &MINUTE)?,
        hour: field(hour, &HOUR)?,
        day_of_month: field(day_of_month, &DAY_OF_MONTH)?,
        month: field(month, &MONTH)?,
        day_of_week: field(day_of_week, &DAY_OF_WEEK)?,
    }))
}

fn descriptor(text: &str) -> Result<Times, String> {
    let hourly = Fields {
        minute: 1,
        hour: HOUR.all(),
        day_of_month: DAY_OF_MONTH.all(),
        month: MONTH.all(),
        day_of_week: DAY_OF_WEEK.all(),
    };
    let daily = Fields { hour: 1, ..hourly };
    let first = 1 << DAY_OF_MONTH.min;
    Ok(Times::Fields(match text {
        "@yearly" | "@annually" => Fields { day_of_month: first, month: 1 << MONTH.min, ..daily },
        "@monthly" => Fields { day_of_month: first, ..daily },
        "@weekly" => Fields { day_of_week: 1, ..daily },
        "@daily" | "@midnight" => daily,
        "@hourly" => hourly,
        _ => {
            let Some(every) = text.strip_prefix("@every ") else {
                return Err(format!("unrecognized descriptor: {text}"));
            };
            let GoDuration(nanos) = GoDuration::parse(every)
                .map_err(|why| format!("failed to parse duration {text}: {}", no_duration(why, every)))?;
            return Ok(Times::Every((nanos / 1_000_000_000).max(1)));
        }
    }))
}

fn no_duration(why: NoDuration, text: &str) -> String {
    match why {
        NoDuration::Malformed | NoDuration::TooLong => format!("time: invalid duration {}", quote(text)),
        NoDuration::NoUnit => format!("time: missing unit in duration {}", quote(text)),
        NoDuration::UnknownUnit(unit) => {
            format!("time: unknown unit {} in duration {}", quote(unit), quote(text))
        }
    }
}

/// `getField`: a list of ranges. An empty one is a set of nothing.
fn field(text: &str, bounds: &Bounds) -> Result<u64, String> {
    text.split(',')
        .filter(|range| !range.is_empty())
        .try_fold(0, |bits, text| Ok(bits | range(text, bounds)?))
}

/// `getRange`: `*`, `?`, a number or name, or two of them, each with or without a step.
fn range(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let ends: Vec<&str> = parts[0].split('-').collect();
    let is_star = ends[0] == "*" || ends[0] == "?";
    let (start, mut end) = if is_star {
        (bounds.min, bounds.max)
    } else {
        let start = number_or_name(ends[0], bounds)?;
        match ends[..] {
            [_] => (start, start),
            [_, end] => (start, number_or_name(end, bounds)?),
            _ => return Err(format!("too many hyphens: {text}")),
        }
    };
    let step = match parts[..] {
        [_] => 1,
        [_, step] => {
            let step = number(step)?;
            // "5/15" means from the fifth to the last.
            if ends.len() == 1 {
                end = bounds.max;
            }
            step
        }
        _ => return Err(format!("too many slashes: {text}")),
    };
    let Bounds { min, max, .. } = bounds;
    if start < *min {
        return Err(format!("beginning of range ({start}) below minimum ({min}): {text}"));
    }
    if end > *max {
        return Err(format!("end of range ({end}) above maximum ({max}): {text}"));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(bits(start, end, step) | if is_star && step <= 1 { STAR } else { 0 })
}

fn bits(start: u64, end: u64, step: u64) -> u64 {
    let mut bits = 0;
    let mut at = start;
    while at <= end {
        bits |= 1 << at;
        at = at.saturating_add(step);
    }
    bits
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u64, String> {
    match bounds.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(at) => Ok(bounds.min + at as u64),
        None => number(text),
    }
}

/// `mustParseInt`. A sign of minus never comes here but as a step's.
fn number(text: &str) -> Result<u64, String> {
    let wrong =
        |why: &str| format!("failed to parse int from {text}: strconv.Atoi: parsing {}: {why}", quote(text));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("invalid syntax"));
    }
    let number: i64 = text.parse().map_err(|_| wrong("value out of range"))?;
    u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
}

/// On the way to the next scheduled time: an instant and what the zone's clocks show then.
struct Walk<'a> {
    zone: &'a Zone,
    secs: i64,
    civil: DateTime,
    /// A field was raised, and those below it stand at their beginning.
    is_raised: bool,
}

/// A field came to its beginning again: those above it are looked at once more.
enum Step {
    Holds,
    Wrapped,
}

impl<'a> Walk<'a> {
    fn from(zone: &'a Zone, secs: i64) -> Option<Walk<'a>> {
        Some(Walk { zone, secs, civil: zone.civil(secs)?, is_raised: false })
    }
    /// `SpecSchedule.Next`
    fn to(mut self, fields: &Fields) -> Option<i64> {
        let last_year = self.civil.year() + 5;
        while self.civil.year() <= last_year {
            if let Step::Wrapped = self.month(fields)? {
                continue;
            }
            if let Step::Wrapped = self.day(fields)? {
                continue;
            }
            if let Step::Wrapped = self.hour(fields)? {
                continue;
            }
            if let Step::Wrapped = self.minute(fields)? {
                continue;
            }
            let second = i64::from(self.civil.second());
            if second == 0 {
                return Some(self.secs);
            }
            self.add(60 - second)?;
        }
        None
    }
    fn month(&mut self, fields: &Fields) -> Option<Step> {
        while fields.month & 1 << self.civil.month() == 0 {
            self.raise(self.civil.date().first_of_month().at(0, 0, 0, 0))?;
            let date = self.civil.date();
            let next = date.last_of_month().tomorrow().ok()?;
            self.stand(next.to_datetime(self.civil.time()))?;
            if self.civil.month() == 1 {
                return Some(Step::Wrapped);
            }
        }
        Some(Step::Holds)
    }
    fn day(&mut self, fields: &Fields) -> Option<Step> {
        while !fields.hold_on(self.civil.date()) {
            self.raise(self.civil.date().at(0, 0, 0, 0))?;
            let next = self.civil.date().tomorrow().ok()?;
            self.stand(next.to_datetime(self.civil.time()))?;
            // A day that does not begin at midnight, for the clocks go forward then.
            let hour = i64::from(self.civil.hour());
            if hour != 0 {
                self.add(if hour > 12 { 24 - hour } else { -hour } * 3600)?;
            }
            if self.civil.day() == 1 {
                return Some(Step::Wrapped);
            }
        }
        Some(Step::Holds)
    }
    fn hour(&mut self, fields: &Fields) -> Option<Step> {
        while fields.hour & 1 << self.civil.hour() == 0 {
            self.raise(self.civil.date().at(self.civil.hour(), 0, 0, 0))?;
            self.add(3600)?;
            if self.civil.hour() == 0 {
                return Some(Step::Wrapped);
            }
        }
        Some(Step::Holds)
    }
    fn minute(&mut self, fields: &Fields) -> Option<Step> {
        while fields.minute & 1 << self.civil.minute() == 0 {
            if !self.is_raised {
                self.is_raised = true;
                self.add(-self.secs.rem_euclid(60))?;
            }
            self.add(60)?;
            if self.civil.minute() == 0 {
                return Some(Step::Wrapped);
            }
        }
        Some(Step::Holds)
    }
    /// The first raise puts what stands below to its beginning.
    fn raise(&mut self, beginning: DateTime) -> Option<()> {
        if self.is_raised {
            return Some(());
        }
        self.is_raised = true;
        self.stand(beginning)
    }
    fn stand(&mut self, civil: DateTime) -> Option<()> {
        self.secs = self.zone.instant(civil)?;
        self.add(0)
    }
    fn add(&mut self, secs: i64) -> Option<()> {
        self.secs += secs;
        self.civil = self.zone.civil(self.secs)?;
        Some(())
    }
}

impl Fields {
    /// `dayMatches`
    fn hold_on(&self, date: Date) -> bool {
        let in_month = self.day_of_month & 1 << date.day() != 0;
        let in_week = self.day_of_week & 1 << date.weekday().to_sunday_zero_offset() != 0;
        if (self.day_of_month | self.day_of_week) & STAR != 0 {
            in_month && in_week
        } else {
            in_month || in_week
        }
    }
}

/// How many scheduled times have gone by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missed {
    /// One at most: it is due.
    None,
    /// Several.
    Few,
    /// More than 100, which is told.
    Many,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// The newest scheduled time that has come; None: none has.
    pub most_recent: Option<Time>,
    /// What went by besides.
    pub missed: Missed,
}

/// From when on scheduled times count: the last one, or the creation, but nothing that is beyond its deadline.
pub fn earliest(created: Time, last: Option<Time>, starting_deadline: Option<Span>, now: Time) -> Time {
    let since = last.unwrap_or(created);
    starting_deadline.map_or(since, |deadline| since.max(now - deadline))
}

/// `mostRecentScheduleTime`, after its first lines ([`earliest`]).
///
/// # Errors
/// The schedule is one that never comes.
pub fn due(schedule: &Schedule, earliest: Time, now: Time) -> Result<Due, &'static str> {
    const NEVER: &str = "time difference between two schedules is less than 1 second";
    let first = schedule.next(earliest).ok_or(NEVER)?;
    if now < first {
        return Ok(Due { most_recent: None, missed: Missed::None });
    }
    let second = schedule.next(first).ok_or(NEVER)?;
    if now < second {
        return Ok(Due { most_recent: Some(first), missed: Missed::None });
    }
    let between = second.secs() - first.secs();
    if between < 1 {
        return Err(NEVER);
    }
    let missed = now.since(first).secs() / between + 1;
    // One interval earlier than the even count says: not every schedule is even.
    let mut at = first + Span::from_secs((missed - 2) * between);
    let mut most_recent = None;
    while let Some(next) = schedule.next(at).filter(|next| *next <= now) {
        most_recent = Some(next);
        at = next;
    }
    let missed = if missed > MANY_MISSED { Missed::Many } else { Missed::Few };
    Ok(Due { most_recent, missed })
}

/// How long until a CronJob is looked at again (`nextScheduleTimeDuration`); None: its schedule never comes.
pub fn until_next(schedule: &Schedule, created: Time, last: Option<Time>, now: Time) -> Option<Span> {
    let since = earliest(created, last, None, now);
    let from = match due(schedule, since, now) {
        Ok(Due { most_recent: Some(time), .. }) => time,
        Ok(Due { most_recent: None, missed: Missed::None }) => since,
        Ok(Due { most_recent: None, .. }) | Err(_) => now,
    };
    Some((schedule.next(from)? + NEXT_SCHEDULE_DELTA).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse_rfc3339(text).expect("an instant")
    }
    fn next(schedule: &str, zone: Option<&str>, after: &str) -> String {
        let schedule = Schedule::of(schedule, zone).expect("a schedule");
        schedule.next(time(after)).map_or_else(|| "never".to_owned(), Time::rfc3339_secs)
    }

    #[test]
    fn an_hour_that_the_clock_skips_is_skipped() {
        let zurich = Some("Europe/Zurich");
        // 02:30 does not exist on 29 March 2026.
        assert_eq!(next("30 2 * * *", zurich, "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
        // 02:30 comes twice on 25 October 2026: a daily schedule takes the first.
        assert_eq!(next("30 2 * * *", zurich, "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(next("30 * * * *", zurich, "2026-10-25T00:30:00Z"), "2026-10-25T01:30:00Z");
        // There is no midnight on 6 September 2026 in Santiago, and none on 1 July 2026 is missed.
        assert_eq!(
            next("0 0 * * *", Some("America/Santiago"), "2026-09-05T12:00:00Z"),
            "2026-09-07T03:00:00Z"
        );
    }

    #[test]
    fn what_is_no_schedule_is_told_in_the_parsers_words() {
        for (text, told) in [
            ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
            (
                "TZ=europe/zurich 0 0 * * *",
                "provided bad location europe/zurich: unknown time zone europe/zurich",
            ),
            ("TZ=../etc 0 0 * * *", "provided bad location ../etc: time: invalid location name"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
            (
                "99999999999999999999 * * * *",
                "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out \
                 of range",
            ),
            ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""),
            ("@every", "unrecognized descriptor: @every"),
            (" @daily", "expected exactly 5 fields, found 1: [@daily]"),
        ] {
            assert_eq!(Schedule::parse(text).expect_err(text), told, "{text}");
        }
        // A zone of its own in front of it puts away the blank.
        assert!(Schedule::of(" @daily", Some("Europe/Zurich")).is_ok());
        assert_eq!(next(", * * * *", None, "2026-01-01T00:00:00Z"), "never");
        assert_eq!(next("+5 * * * *", None, "2026-01-01T00:00:00Z"), "2026-01-01T00:05:00Z");
    }

    #[test]
    fn a_zones_clock_is_written_with_its_offset() {
        let at = time("2026-07-01T12:00:30Z");
        assert_eq!(Zone::UTC.rfc3339(at), "2026-07-01T12:00:30Z");
        assert_eq!(Zone::named("Europe/Zurich").expect("a zone").rfc3339(at), "2026-07-01T14:00:30+02:00");
        assert_eq!(Zone::named("America/St_Johns").expect("a zone").rfc3339(at), "2026-07-01T09:30:30-02:30");
    }

    #[test]
    fn the_next_look_comes_a_tenth_of_a_second_late() {
        let minutely = Schedule::parse("* * * * *").expect("a schedule");
        let until = |created, last: Option<&str>, now| {
            until_next(&minutely, time(created), last.map(time), time(now))
        };
        let noon = "2026-07-01T12:00:00Z";
        assert_eq!(until(noon, None, noon), Some(Span::from_millis(60_100)));
        assert_eq!(until(noon, None, "2026-07-01T12:10:30Z"), Some(Span::from_millis(30_100)));
        assert_eq!(
            until(noon, Some("2026-07-01T12:01:00Z"), "2026-07-01T12:01:00.1Z"),
            Some(Span::from_secs(60))
        );
        let never = Schedule::parse("0 0 30 2 *").expect("a schedule");
        assert_eq!(until_next(&never, time(noon), None, time(noon)), None);
        assert!(due(&never, time(noon), time(noon)).is_err());
    }
}
