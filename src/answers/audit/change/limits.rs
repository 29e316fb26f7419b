//! Which limits a change moves: how long a start may take, how long an end after SIGTERM, how long a hang stays unseen. The old
//! manifests are played alone and then the new ones, as `audit` asks of each, and what comes out otherwise is told with both figures.
//!
//! What a change does while it is made says nothing of them: a probe that waits for 17 s where it waited for 32 s kills nobody until a
//! node is busy.

use std::sync::Arc;

use serde_json::Value;

use super::{Change, QUESTION};
use crate::answers::audit::case::Subject;
use crate::answers::audit::{Answer, Case, Question, Rank, Told, hang, start, stop};
use crate::scenario::Plan;
use crate::scenario::applied::AppliedObject;
use crate::time::Time;

/// The questions whose figures are limits.
const OF_LIMITS: [Question; 3] = [start::QUESTION, hang::QUESTION, stop::QUESTION];

pub(super) fn tell(case: &Case<'_>, change: &Change, told: &mut Told) {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return };
    if !case.subject.serves() || pods(before) == pods(after) {
        return;
    }
    let at = case.plan.start + change.at;
    let figures = |plan: Plan| -> Vec<Answer> {
        let Some(subject) = found(&plan, &change.subject) else { return Vec::new() };
        let alone = case.of_plan(&plan, subject);
        OF_LIMITS.iter().flat_map(|question| question.ask(&alone).answers).collect()
    };
    let (before, after) = (figures(old(&case.plan, at)), figures(new(&case.plan, at)));
    let words = |own: &Answer| own.figure.map_or_else(|| "none".to_owned(), |figure| figure.words());
    for now in after {
        let Some(then) = before.iter().find(|own| own.what == now.what) else { continue };
        if words(then) == words(&now) {
            continue;
        }
        told.answer(&QUESTION, &now.what, now.figure, &format!("{} before", words(then)))
            .by(now.rule.clone(), now.field.clone());
        let is_less = match (then.figure, now.figure) {
            (Some(then), Some(now)) => now.high < then.low,
            (None, now) => now.is_some(),
            (Some(_), None) => false,
        };
        // Of a hang the other way round is the worse one, and that is a choice.
        if is_less && now.question != hang::QUESTION.name {
            let words = format!("{}: {} before, {} now", now.what, words(then), words(&now));
            told.find(&QUESTION, Rank::Note, words).field = now.field;
        }
    }
}

/// What its pods are made of, without their images: those set no limit.
fn pods(value: &Value) -> Option<Value> {
    let mut spec = value.pointer("/spec/template/spec")?.clone();
    for list in ["containers", "initContainers"] {
        for own in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            own.as_object_mut().map(|own| own.remove("image"));
        }
    }
    Some(spec)
}

fn found(plan: &Plan, subject: &Subject) -> Option<Subject> {
    let mut all =
        plan.applies.iter().flat_map(|apply| apply.objects.iter().map(move |own| Subject::of(apply, own)));
    all.find(|own| own.is(subject))
}

/// What was applied first, alone.
fn old(plan: &Plan, at: Time) -> Plan {
    let mut plan = plan.clone();
    plan.applies.retain(|apply| apply.at != at);
    plan
}

/// What stands after the change, from the start: the new manifests, and what the old ones alone have.
fn new(plan: &Plan, at: Time) -> Plan {
    let mut plan = plan.clone();
    let newer: Vec<Subject> = (plan.applies.iter().filter(|apply| apply.at == at))
        .flat_map(|apply| apply.objects.iter().map(|own| Subject::of(apply, own)))
        .collect();
    let start = plan.start;
    for apply in &mut plan.applies {
        let own = Arc::make_mut(apply);
        if own.at == at {
            own.at = start;
        } else {
            let is_kept = |object: &&AppliedObject| {
                let subject = Subject::of(own, object);
                !newer.iter().any(|newer| newer.is(&subject))
            };
            own.objects = own.objects.iter().filter(is_kept).cloned().collect();
        }
    }
    plan
}
