//! A Job whose program fails: how often is it tried, for how long, and what becomes of it?

use super::case::Variant;
use super::{Case, Question, Rank, Spread, Told};
use crate::api::workload::WorkloadState;
use crate::engine::Distribution;
use crate::record::{Change, ObjectChange};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::{Attempt, Exit};
use crate::session::closed_records;
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "job", asks: "a program that fails: how often and how long is it tried?", ask };

/// What is tried for longer is tried for ever.
const MOST: Span = Span::from_secs(7 * 86_400);

/// A container that serves beside the program: is the Job over when the program is?
fn stays(case: &Case<'_>, told: &mut Told) {
    let Some(other) = case.containers().get(1) else { return };
    let until = Span::from_secs(86_400);
    let variant = Variant { attempts: vec![case.attempt()], first_alone: true, until, ..Variant::default() };
    let life = case.play(&variant, 0);
    let is_over = life.w.outbox.iter().any(|row| match row.change {
        Change::Object { object, what: ObjectChange::Workload { to, .. } } => {
            Some(object) == life.object && matches!(to, Some(WorkloadState::Complete | WorkloadState::Failed))
        }
        _ => false,
    });
    if !is_over {
        let words = format!(
            "never completes if `{}` serves on when the first container has ended: still active after 24 h; as an init container \
             with restartPolicy Always it is stopped then",
            other.name
        );
        told.find(&QUESTION, Rank::Risky, words).field =
            case.subject.pod_path(&format!("containers.{}", other.name));
    }
}

fn ask(case: &Case<'_>, told: &mut Told) {
    if case.subject.kind != ObjectType::Job {
        return;
    }
    stays(case, told);
    let runs = case.assumed.runs.unwrap_or(Span::from_secs(10));
    let fails = Attempt { runs: Some(Distribution::Constant(runs)), exit: Exit::Code(1), ..case.attempt() };
    let variant = Variant { attempts: vec![fails], until: MOST, ..Variant::default() };
    let measure = |seed: u64| {
        let life = case.play(&variant, seed);
        let over = life.w.outbox.iter().find(|row| match row.change {
            Change::Object { object, what: ObjectChange::Workload { to, .. } } => {
                Some(object) == life.object && to == Some(WorkloadState::Failed)
            }
            _ => false,
        });
        let records = closed_records(&life.w, life.at);
        let tries: i64 = life.own.iter().map(|pod| 1 + i64::from(records[*pod as usize].restarts)).sum();
        (over.map(|row| row.time.since(life.instant(Span::ZERO))), tries)
    };
    let took = case.over_seeds(|seed| measure(seed).0);
    let tries = case.over_seeds(|seed| Some(Span::from_secs(measure(seed).1))).map(Spread::count);
    let said = format!("each failing after {runs}");
    let field = case.subject.path("spec.backoffLimit");
    told.answer(&QUESTION, "tries of a program that fails", tries, &said)
        .by("backoffLimit, podFailurePolicy", &field);
    told.answer(&QUESTION, "until it is given up", took, &said)
        .by("backoffLimit; 10, 20, 40 s, … up to 10 min between tries; activeDeadlineSeconds", &field);
    let Some(tries) = tries else { return };
    match took {
        None => {
            let words = format!("a program that fails is tried for ever: {} times in a week", tries.words());
            told.find(&QUESTION, Rank::Broken, words).field = field;
        }
        Some(took) => {
            let words = format!(
                "a program that always fails is started {} times, and given up after {}",
                tries.words(),
                took.words()
            );
            told.find(&QUESTION, Rank::Note, words).field = field;
        }
    }
}
