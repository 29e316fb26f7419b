//! A CronJob's calendar: which of its times are late, missed or overlap, and what does the change of clocks do?

use super::case::Variant;
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::answers::measure::{self, Measure};
use crate::record::{Change, ObjectChange};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::cron_schedule::Schedule;
use crate::time::{Span, Time};

pub(super) const QUESTION: Question =
    Question { name: "calendar", asks: "a CronJob's times: missed, overlapping, twice?", ask };

const A_YEAR: Span = Span::from_secs(365 * 86_400);
/// So many times are played; of a schedule with more in a year, the first ones.
const TIMES: usize = 400;
/// So many times of the calendar are looked at.
const MOST_TIMES: usize = 600_000;

fn ask(case: &Case<'_>, told: &mut Told) {
    if case.subject.kind != ObjectType::CronJob {
        return;
    }
    let Some(schedule) = schedule(case) else { return };
    let start = case.plan.start;
    let times: Vec<Time> = std::iter::successors(schedule.next(start), |at| schedule.next(*at))
        .take_while(|at| at.since(start) < A_YEAR)
        .take(MOST_TIMES)
        .collect();
    let field = case.subject.path("spec.schedule");
    let Some(last) = times.last() else {
        let words = "its schedule names no time within a year: it runs 0 times".to_owned();
        told.find(&QUESTION, Rank::Broken, words).field = field;
        return;
    };
    let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1].since(pair[0]).micros()).collect();
    if let (Some(least), Some(most)) = (gaps.iter().min(), gaps.iter().max()) {
        let figure = Spread { low: *least as f64 / 1e6, high: *most as f64 / 1e6, is_count: false };
        let words = format!("{} times in the year from {}", times.len(), start.rfc3339_secs());
        told.answer(&QUESTION, "from one time to the next", Some(figure), &words)
            .by("schedule, timeZone", &field);
    }
    clocks(case, told, &gaps);
    let until = times.get(TIMES).unwrap_or(last).since(start) + Span::from_secs(1);
    let runs = case.assumed.runs.unwrap_or(Span::from_secs(10));
    overlaps(case, told, until, runs);
}

fn text<'a>(case: &'a Case<'_>, field: &str) -> Option<&'a str> {
    case.subject.field(&format!("/spec/{field}")).and_then(serde_json::Value::as_str)
}

/// A CronJob's schedule, as far as it is one.
pub(super) fn schedule(case: &Case<'_>) -> Option<Schedule> {
    Schedule::of(text(case, "schedule")?, text(case, "timeZone")).ok()
}

/// What a change of clocks does: times that come twice, or not, as the same schedule without one has no such gap.
fn clocks(case: &Case<'_>, told: &mut Told, gaps: &[i64]) {
    let Ok(plain) = Schedule::of(text(case, "schedule").unwrap_or_default(), None) else { return };
    let start = case.plan.start;
    let times: Vec<Time> = std::iter::successors(plain.next(start), |at| plain.next(*at))
        .take_while(|at| at.since(start) < A_YEAR)
        .take(MOST_TIMES)
        .collect();
    let plain: Vec<i64> = times.windows(2).map(|pair| pair[1].since(pair[0]).micros()).collect();
    let ends = |gaps: &[i64]| Some((*gaps.iter().min()?, *gaps.iter().max()?));
    let (Some((least, most)), Some((low, high))) = (ends(gaps), ends(&plain)) else { return };
    if (least, most) == (low, high) {
        return;
    }
    let words = format!(
        "where the clocks change its times are {} to {} apart, and {} to {} else",
        Span::from_micros(least),
        Span::from_micros(most),
        Span::from_micros(low),
        Span::from_micros(high)
    );
    told.find(&QUESTION, Rank::Note, words).field = case.subject.path("spec.timeZone");
}

/// How long after its time each Job is made: their names end in that time, in minutes.
fn late(case: &Case<'_>, told: &mut Told, variant: &Variant, runs: Span) {
    let life = case.play(variant, 0);
    if let Some(words) = life.barred().and_then(|barred| barred.words(life.own.len())) {
        let words = format!("{words}, when each runs {runs}");
        told.find(&QUESTION, Rank::Risky, words).field = case.subject.pod_path("volumes");
    }
    let prefix = format!("{}-", case.subject.name);
    let made = life.w.outbox.iter().filter_map(|row| match row.change {
        Change::Object { object, what: ObjectChange::Workload { from: None, .. } } => {
            Some((row.time, object))
        }
        _ => None,
    });
    let waited = made.filter_map(|(time, object)| {
        let ident = life.w.directory.objects[object as usize];
        let is_its = ident.kind == ObjectType::Job.singular() && ident.namespace == case.subject.namespace;
        let minutes: i64 = ident.name.strip_prefix(&prefix)?.parse().ok()?;
        is_its.then(|| time.micros() - minutes * 60_000_000)
    });
    let waited: Vec<i64> = waited.collect();
    let (Some(least), Some(most)) = (waited.iter().min(), waited.iter().max()) else { return };
    let figure = Spread { low: *least as f64 / 1e6, high: *most as f64 / 1e6, is_count: false };
    let policy = case.subject.path("spec.concurrencyPolicy");
    let rule = match case.subject.field("/spec/concurrencyPolicy") {
        Some(own) if own == "Forbid" => "concurrencyPolicy: Forbid waits for the Job before",
        Some(own) if own == "Replace" => "concurrencyPolicy: Replace ends the Job before",
        _ => "concurrencyPolicy: Allow waits for none",
    };
    told.answer(&QUESTION, "a Job begins after its time", Some(figure), &format!("each running {runs}"))
        .by(rule, &policy);
    if *most > 60_000_000 {
        let late = waited.iter().filter(|own| **own > 60_000_000).count();
        let words = format!(
            "{late} of its {} Jobs begin more than 1 min late, at most {}, when each runs {runs}",
            waited.len(),
            Span::from_secs(*most / 1_000_000)
        );
        told.find(&QUESTION, Rank::Risky, words).field = policy;
    }
}

/// The calendar is played with programs that run for so long.
fn overlaps(case: &Case<'_>, told: &mut Told, until: Span, runs: Span) {
    let variant = Variant { attempts: vec![case.attempt()], until, ..Variant::default() };
    let asked: Vec<Measure> =
        ["missedRuns", "overlappingRuns"].iter().filter_map(|text| Measure::parse(text, &[]).ok()).collect();
    late(case, told, &variant, runs);
    let Some(figures) = measure::play(&case.changed(&variant), 0, &asked, &|| false) else { return };
    let (Some(missed), Some(overlapping)) = (figures[0], figures[1]) else { return };
    let policy = case.subject.path("spec.concurrencyPolicy");
    for (what, millionths, field) in [
        ("times without a Job", missed, "concurrencyPolicy, startingDeadlineSeconds"),
        ("Jobs that begin while another runs", overlapping, "concurrencyPolicy"),
    ] {
        let count = millionths as f64 / 1e6;
        let figure = Spread { low: count, high: count, is_count: true };
        told.answer(&QUESTION, what, Some(figure), &format!("each running {runs}")).by(field, &policy);
    }
    let count = |millionths: i64| millionths / measure::MILLION;
    if missed > 0 {
        let words = format!("{} of its times have no Job when each runs {runs}", count(missed));
        told.find(&QUESTION, Rank::Risky, words).field = policy;
    } else if overlapping > 0 {
        let words =
            format!("{} of its Jobs begin while another runs, when each runs {runs}", count(overlapping));
        let finding = told.find(&QUESTION, Rank::Risky, words);
        let set = vec![format!("{policy}=\"Forbid\"")];
        finding.field = policy;
        // One after the other, if none of the times is lost for that.
        finding.advice = case.with(&set).and_then(|better| {
            let figures = measure::play(&better.changed(&variant), 0, &asked, &|| false)?;
            (figures[..] == [Some(0), Some(0)]).then(|| {
                Advice::write(set, "none begins while another runs, and no time is left out".to_owned())
            })
        });
    }
}
