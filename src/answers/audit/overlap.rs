//! Pods that run side by side though there shall be fewer: during an update, and where one is deleted.

use super::case::{NEXT, Variant};
use super::life::Life;
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::command::Command;
use crate::time::{Span, Time};

pub(super) const QUESTION: Question = Question {
    name: "overlap",
    asks: "do more pods run at once than there shall be, and for how long?",
    ask,
};

/// What is looked at after each.
const WAITS: Span = Span::from_secs(1800);

fn ask(case: &Case<'_>, told: &mut Told) {
    if case.spec.is_none() || matches!(case.subject.kind, ObjectType::CronJob | ObjectType::DaemonSet) {
        return;
    }
    let deleted = Command::DeletePod { pod: case.one_pod(), grace_secs: None, force: false };
    let by_deletion = excess(case, deleted);
    let rule = match case.subject.kind {
        ObjectType::StatefulSet => "a StatefulSet waits until the name is free",
        ObjectType::Job => "podReplacementPolicy, terminationGracePeriodSeconds",
        _ => "a ReplicaSet replaces a pod that is being deleted at once; terminationGracePeriodSeconds",
    };
    if let Some((_, time)) = &by_deletion {
        let field = case.subject.pod_path("terminationGracePeriodSeconds");
        told.answer(&QUESTION, "a deleted pod and its successor run side by side", Some(*time), "")
            .by(rule, field);
    }
    let recreates = case.subject.field("/spec/strategy/type").is_some_and(|own| own == "Recreate");
    if let Some((most, time)) = by_deletion.filter(|(_, time)| recreates && time.high > 0.0) {
        let words = format!(
            "Recreate keeps apart what an update replaces, and nothing else: after `kubectl delete pod` {} run at once for {}",
            most.words(),
            time.words()
        );
        told.find(&QUESTION, Rank::Note, words).field = case.subject.path("spec.strategy.type");
    }
    if case.subject.serves() && case.subject.kind != ObjectType::ReplicaSet {
        let (object, image) = (case.subject.target(), Sym::new(NEXT));
        let container = case.containers().first().map_or(Sym::EMPTY, |own| own.name);
        let update = Command::SetTemplateImage { object, container, image };
        if let Some((most, _)) = excess(case, update.clone()) {
            told.answer(&QUESTION, "most that run at once in an update", Some(most), "")
                .by("maxSurge; an old pod runs until it has ended", super::rollout::strategy(case));
            write_at_once(case, update, most, told);
        }
    }
}

/// Two on one disk.
fn write_at_once(case: &Case<'_>, update: Command, most: Spread, told: &mut Told) {
    let Some(claim) = case.disk_of_one().filter(|_| most.high > 1.0) else { return };
    let words =
        format!("in an update {} of its pods run at once, and all write to the claim {claim}", most.words());
    let finding = told.find(&QUESTION, Rank::Risky, words);
    finding.field = super::rollout::strategy(case);
    let set = vec![format!("{}.type=\"Recreate\"", finding.field)];
    finding.advice = case.with(&set).and_then(|better| {
        let (after, _) = excess(&better, update)?;
        ((1.0..most.low).contains(&after.high))
            .then(|| Advice::write(set, format!("{} runs at once then", after.words())))
    });
}

/// How many run at once at most after a command, and for how long there are more than before.
fn excess(case: &Case<'_>, command: Command) -> Option<(Spread, Spread)> {
    let serves = case.subject.serves();
    let at = if serves { case.settled() } else { Span::from_secs(60) };
    let mut attempt = case.attempt();
    if !serves {
        // What is deleted is deleted while it runs.
        attempt.runs = Some(crate::engine::Distribution::Constant(Span::from_secs(600)));
    }
    let actions = vec![(at, command)];
    let variant = Variant { attempts: vec![attempt], actions, until: at + WAITS, ..Variant::default() };
    let all: Vec<(i64, Span)> =
        case.lives(&variant).iter().map(|life| beyond(life, life.instant(at))).collect();
    let most = Spread::over(all.iter().map(|(most, _)| Some(Span::from_secs(*most))))?.count();
    Some((most, Spread::over(all.iter().map(|(_, time)| Some(*time)))?))
}

/// The most that run at once from an instant on, and how long there are more than just before it.
fn beyond(life: &Life, from: Time) -> (i64, Span) {
    let mut changes: Vec<(Time, i64)> = life.own.iter().flat_map(|pod| life.runs(*pod)).collect();
    changes.sort_unstable();
    let (mut now, mut before, mut most, mut time, mut since) = (0, 0, 0, Span::ZERO, from);
    for (at, step) in changes {
        if at >= from {
            if now > before {
                time += at.since(since.max(from));
            }
            now += step;
            most = most.max(now);
        } else {
            now += step;
            (before, most) = (now, now);
        }
        since = at;
    }
    (most, time)
}
