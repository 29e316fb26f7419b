//! An image that cannot be pulled for 1, 5, 30 min: when does it heal?

use super::case::Variant;
use super::{Advice, Case, Question, Rank, Told};
use crate::api::workload::WorkloadState;
use crate::record::{Change, ObjectChange};
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
    if !case.subject.serves() {
        return;
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
