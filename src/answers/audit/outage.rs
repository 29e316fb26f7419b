//! An image that cannot be pulled for 1, 5, 30 min: when does it heal?

use std::collections::BTreeMap;

use super::case::Variant;
use super::{Advice, Case, Question, Rank, Spread, Told, calendar};
use crate::api::workload::WorkloadState;
use crate::record::{Change, ObjectChange, ObjectRow};
use crate::rules::api_server::objects::ObjectType;
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "image", asks: "after an outage of the registry, when does it heal?", ask };

/// Outages that are asked about, in minutes.
const MINUTES: [i64; 3] = [1, 5, 30];
/// A Job that is still there then waits for ever.
const A_DAY: Span = Span::from_secs(86_400);

fn ask(case: &Case<'_>, told: &mut Told) {
    if case.subject.kind == ObjectType::Job {
        return never(case, told);
    }
    if case.subject.kind == ObjectType::CronJob {
        return held_up(case, told);
    }
    for minutes in MINUTES {
        let outage = Span::from_secs(minutes * 60);
        let until = outage + Span::from_secs(900) + case.settled();
        let variant = Variant {
            attempts: vec![case.attempt()],
            outage: Some((Span::ZERO, outage)),
            until,
            ..Variant::default()
        };
        let figure = case.over_seeds(|seed| {
            let life = case.play(&variant, seed);
            let all = life
                .level(life.instant(Span::ZERO), |available, desired| desired > 0 && available >= desired)?;
            let over = life.instant(outage);
            Some(if all > over { all.since(over) } else { Span::ZERO })
        });
        let what = format!("all available after an outage of {minutes} min");
        told.answer(&QUESTION, &what, figure, "").by("ImagePullBackOff: 10, 20, 40 s, … up to 5 min", "");
    }
}

/// A Job whose image never comes.
fn never(case: &Case<'_>, told: &mut Told) {
    let field = case.subject.path("spec.activeDeadlineSeconds");
    let Some(waits) = waits(case) else { return };
    if waits < A_DAY {
        let figure = case.over_seeds(|_| Some(waits));
        told.answer(&QUESTION, "an image that never comes: given up after", figure, "")
            .by("activeDeadlineSeconds", field);
        return;
    }
    told.answer(
        &QUESTION,
        "an image that never comes",
        None,
        "nothing ends it: a pod that never runs never fails",
    )
    .by("backoffLimit counts pods that failed", &field);
    let words = "an image that cannot be pulled keeps it active: still after 24 h, and it would be for ever";
    let finding = told.find(&QUESTION, Rank::Risky, words.to_owned());
    let set = vec![format!("{field}=3600")];
    finding.field = field;
    finding.advice = case.with(&set).and_then(|better| {
        let after = self::waits(&better)?;
        (after < A_DAY).then(|| Advice::write(set, format!("it then fails after {after}")))
    });
}

/// How long a CronJob's image stays away: three of its times, at least two hours and at most two days.
fn away(case: &Case<'_>) -> Option<Span> {
    let schedule = calendar::schedule(case)?;
    let start = case.plan.start;
    let third = std::iter::successors(schedule.next(start), |at| schedule.next(*at)).nth(2)?;
    Some((third.since(start) + Span::from_secs(3600)).max(Span::from_secs(7200)).min(A_DAY * 2))
}

/// A CronJob whose image is away: what becomes of its times?
fn held_up(case: &Case<'_>, told: &mut Told) {
    let Some(away) = away(case) else { return };
    let Some(held) = held(case, away) else { return };
    let field = case.subject.path("spec.jobTemplate.spec.activeDeadlineSeconds");
    let count = |number: usize| Spread::over([Some(Span::from_secs(number as i64))].into_iter());
    told.answer(
        &QUESTION,
        &format!("Jobs that wait at once after {away} without its image"),
        count(held.waiting).map(Spread::count),
        &format!("{} were made in it", held.made),
    )
    .by("concurrencyPolicy, activeDeadlineSeconds", &field);
    if held.waiting == 0 {
        return;
    }
    let words = match held.made {
        1 => "an image that cannot be pulled keeps 1 Job active, and no other begins: still after 24 h"
            .to_owned(),
        made => format!(
            "an image that cannot be pulled keeps its Jobs active: after {away} {} of {made} wait at once",
            held.waiting
        ),
    };
    let finding = told.find(&QUESTION, Rank::Risky, words);
    let set = vec![format!("{field}=3600")];
    finding.field = field;
    finding.advice = case.with(&set).and_then(|better| {
        let after =
            self::held(&better, away).filter(|own| own.waiting < held.waiting || own.made > held.made)?;
        Some(Advice::write(set, format!("{} of {} wait then", after.waiting, after.made)))
    });
}

/// Jobs of a CronJob.
struct Held {
    made: usize,
    /// Neither complete nor failed at the end.
    waiting: usize,
}

/// Its Jobs after a time in which its image cannot be pulled; None: it has none.
fn held(case: &Case<'_>, away: Span) -> Option<Held> {
    let (attempts, outage) = (vec![case.attempt()], Some((Span::ZERO, away)));
    let life = case.play(&Variant { attempts, outage, until: away, ..Variant::default() }, 0);
    let mut states: BTreeMap<ObjectRow, Option<WorkloadState>> = BTreeMap::new();
    for row in &life.w.outbox {
        let Change::Object { object, what: ObjectChange::Workload { to, .. } } = row.change else { continue };
        let ident = life.w.directory.objects[object as usize];
        let is_its = ident.kind == ObjectType::Job.singular() && ident.namespace == case.subject.namespace;
        if is_its && ident.name.starts_with(case.subject.name.as_str()) {
            states.insert(object, to);
        }
    }
    let is_over = |state: &&Option<WorkloadState>| {
        matches!(state, Some(WorkloadState::Failed | WorkloadState::Complete) | None)
    };
    let (made, over) = (states.len(), states.values().filter(is_over).count());
    (made > 0).then_some(Held { made, waiting: made - over })
}

/// How long a Job waits for an image; a day: for ever.
fn waits(case: &Case<'_>) -> Option<Span> {
    let variant = Variant {
        attempts: vec![case.attempt()],
        outage: Some((Span::ZERO, A_DAY)),
        until: A_DAY,
        ..Variant::default()
    };
    let life = case.play(&variant, 0);
    let object = life.object?;
    let over = life.w.outbox.iter().find(|row| match row.change {
        Change::Object { object: own, what: ObjectChange::Workload { to, .. } } => {
            own == object && matches!(to, Some(WorkloadState::Failed | WorkloadState::Complete))
        }
        _ => false,
    });
    Some(over.map_or(A_DAY, |row| Span::from_secs(row.time.since(life.instant(Span::ZERO)).secs())))
}
