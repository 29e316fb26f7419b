//! Fewer and more: which pod goes first, how fast an autoscaler makes more and fewer, and who says how many there are at the
//! next apply.

use std::sync::Arc;

use super::case::{Variant, probed};
use super::life::Life;
use super::{Advice, Case, Question, Rank, Spread, Told, scaler};
use crate::api::{ProbeKind, Sym};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::command::Command;
use crate::time::{Span, Time};

pub(super) const QUESTION: Question = Question {
    name: "scaling",
    asks: "which pod goes first, how fast does its autoscaler follow, and who says how many there are?",
    ask,
};

/// So long a load goes on, and so long it is gone.
const LOAD: Span = Span::from_secs(1800);

fn ask(case: &Case<'_>, told: &mut Told) {
    let kinds = [ObjectType::Deployment, ObjectType::StatefulSet, ObjectType::ReplicaSet];
    if !kinds.contains(&case.subject.kind) || case.spec.is_none() {
        return;
    }
    goes_first(case, told);
    if let Some(scaler) = scaler::of(case) {
        follows(case, &scaler, told);
    }
}

/// Which pod went when there was to be one fewer.
struct Gone {
    took: Span,
    /// By age, from the oldest, of so many.
    place: usize,
    of: usize,
    /// Its node had the most of them, and others had fewer.
    was_crowded: bool,
}

fn one_fewer(case: &Case<'_>, replicas: i64, sick: bool, seed: u64) -> Option<(Gone, bool)> {
    let at = case.settled() + Span::from_secs(60);
    let fewer = i32::try_from(replicas - 1).ok()?;
    let mut actions = Vec::new();
    if sick {
        let container = probed(case.containers(), ProbeKind::Readiness)?.name;
        let ill = Command::SetProbe {
            pod: case.one_pod(),
            container,
            probe: ProbeKind::Readiness,
            ok: false,
            takes: None,
            output: Sym::EMPTY,
        };
        actions.push((at - Span::from_secs(60), ill));
    }
    actions.push((at + LOAD, Command::Scale { object: case.subject.target(), replicas: fewer }));
    let at = at + LOAD;
    let until = at + Span::from_secs(600);
    let variant = Variant { attempts: vec![case.attempt()], actions, until, ..Variant::default() };
    let life = case.play(&variant, seed);
    let from = life.instant(at);
    let there = |pod: &&u32| {
        let record = &life.records[**pod as usize];
        record.created.is_some_and(|at| at < from) && record.removed.is_none_or(|at| at > from)
    };
    let before: Vec<u32> = life.own.iter().filter(there).copied().collect();
    let (place, pod) =
        before.iter().enumerate().find(|(_, pod)| life.records[**pod as usize].removed.is_some())?;
    let node_of = |pod: &u32| life.records[*pod as usize].node;
    let siblings = |of: &u32| before.iter().filter(|pod| node_of(pod) == node_of(of)).count();
    let crowd = siblings(pod);
    let was_crowded =
        before.iter().all(|own| siblings(own) <= crowd) && before.iter().any(|own| siblings(own) < crowd);
    let took = life.records[*pod as usize].removed?.since(from);
    let was_ready = life.is_ready(*pod, from);
    Some((Gone { took, place: place + 1, of: before.len(), was_crowded }, was_ready))
}

fn goes_first(case: &Case<'_>, told: &mut Told) {
    let replicas = case.subject.field("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1);
    // An autoscaler would say otherwise at once.
    if replicas < 2 || scaler::of(case).is_some() {
        return;
    }
    let gone: Vec<Gone> =
        case.seeds().filter_map(|seed| Some(one_fewer(case, replicas, false, seed)?.0)).collect();
    let Some(first) = gone.first() else { return };
    let youngest = gone.iter().filter(|own| own.place == own.of).count();
    let crowded = gone.iter().filter(|own| own.was_crowded).count();
    let mut words = format!("the youngest of {} in {youngest} of {} runs", first.of, gone.len());
    if crowded > 0 {
        words.push_str(&format!(", one of the node with most of them in {crowded}"));
    }
    if probed(case.containers(), ProbeKind::Readiness).is_some() {
        let sick: Vec<bool> =
            case.seeds().filter_map(|seed| Some(!one_fewer(case, replicas, true, seed)?.1)).collect();
        let first = sick.iter().filter(|was_sick| **was_sick).count();
        words.push_str(&format!(", one that is not ready instead in {first} of {}", sick.len()));
    }
    let rule = match case.subject.kind {
        ObjectType::StatefulSet => "the highest ordinal",
        _ => {
            "not bound, Pending, not ready, lower deletion cost, more siblings on the node, ready for less time, more restarts, newer"
        }
    };
    let took = Spread::over(gone.iter().map(|own| Some(own.took)));
    told.answer(&QUESTION, "one pod fewer: until it is gone", took, &words)
        .by(rule, case.subject.path("spec.replicas"));
}

/// How an autoscaler followed a load that came and went.
struct Followed {
    before: i32,
    most: i32,
    up: Option<Span>,
    down: Option<Span>,
    said: Option<String>,
}

fn followed(case: &Case<'_>, seed: u64) -> Option<Followed> {
    let comes = case.settled() + Span::from_secs(600);
    let goes = comes + LOAD;
    let start = case.plan.start;
    let metrics = vec![scaler::load(case, &[(start, false), (start + comes, true), (start + goes, false)])];
    let until = goes + LOAD;
    let life: Life =
        case.play(&Variant { attempts: vec![case.attempt()], metrics, until, ..Variant::default() }, seed);
    let (from, to) = (life.instant(comes), life.instant(goes));
    let (_, before) = life.level_at(from)?;
    let within = |from: Time, to: Time| life.levels().filter(move |(time, ..)| (from..to).contains(time));
    let most = within(from, to).map(|(_, _, desired)| desired).max().unwrap_or(before);
    let up = within(from, to).find(|(_, available, desired)| *desired == most && *available >= most);
    let last = life.level_at(life.at).map(|(_, desired)| desired)?;
    let down = within(to, life.at).find(|(_, _, desired)| *desired == last && last < most);
    Some(Followed {
        before,
        most,
        up: up.map(|(time, ..)| time.since(from)),
        down: down.map(|(time, ..)| time.since(to)),
        said: life.complaint_of("FailedGetResourceMetric"),
    })
}

fn follows(case: &Case<'_>, scaler: &scaler::Scaler, told: &mut Told) {
    if let Some(kind) = &scaler.unplayed {
        let words = format!("its autoscaler looks at metrics of type {kind}, which are not played");
        told.answer(&QUESTION, "its autoscaler makes the most it may", None, &words);
        return;
    }
    let Some(first) = followed(case, 0) else { return };
    let path = |field: &str| format!("{}.{field}", scaler.path);
    if i64::from(first.most) < scaler.most {
        let said = first.said.map_or(String::new(), |said| format!(": {said}"));
        let words = format!(
            "its autoscaler makes {} of at most {} pods in 30 min of all load that there is{said}",
            first.most, scaler.most
        );
        told.find(&QUESTION, Rank::Risky, words).field = path("metrics");
        return;
    }
    let up = case.over_seeds(|seed| followed(case, seed)?.up);
    let words = format!("from {} to {} available under any load", first.before, first.most);
    told.answer(&QUESTION, "its autoscaler makes the most it may", up, &words).by(
        "a look each 15 s; twice as many or 4 more in 15 s (behavior.scaleUp); the boot",
        path("behavior.scaleUp"),
    );
    let down = case.over_seeds(|seed| followed(case, seed)?.down);
    let words = format!("from {} to {} once the load is gone", first.most, scaler.least);
    told.answer(&QUESTION, "its autoscaler makes the fewest", down, &words).by(
        "the highest that it wanted in behavior.scaleDown.stabilizationWindowSeconds (300)",
        path("behavior.scaleDown"),
    );
    applied_again(case, scaler, told);
}

/// The same manifests are applied again while a load is on: the fewest that there shall be afterwards, and of how many.
fn again(case: &Case<'_>, seed: u64) -> Option<(i32, i32, Option<Span>)> {
    let at = case.settled() + LOAD;
    let applies = case.plan.applies.iter().map(|apply| Command::Apply { apply: Arc::clone(apply) });
    let actions = applies.map(|command| (at, command)).collect();
    let metrics = vec![scaler::load(case, &[(case.plan.start, true)])];
    let until = at + LOAD;
    let variant = Variant { attempts: vec![case.attempt()], actions, metrics, until, ..Variant::default() };
    let life = case.play(&variant, seed);
    let from = life.instant(at);
    let (before, _) = life.level_at(from)?;
    let later = || life.levels().filter(move |(time, ..)| *time >= from);
    let least = later().map(|(_, _, desired)| desired).min().unwrap_or(before);
    let fallen = later().find(|(_, _, desired)| *desired < before).map(|(time, ..)| time);
    let back = fallen.and_then(|fallen| {
        let mut after = later().filter(|(time, ..)| *time > fallen);
        after.find(|(_, available, desired)| *desired >= before && *available >= before)
    });
    Some((before, least, back.map(|(time, ..)| time.since(from))))
}

fn applied_again(case: &Case<'_>, scaler: &scaler::Scaler, told: &mut Told) {
    let Some((before, least, _)) = again(case, 0) else { return };
    let field = case.subject.path("spec.replicas");
    let count = Spread::over([Some(Span::from_secs(i64::from(least)))].into_iter()).map(Spread::count);
    let words = format!("of {before} that its autoscaler had made");
    told.answer(&QUESTION, "left by the next apply", count, &words)
        .by("spec.replicas counts where the manifest says it", &field);
    if least >= before {
        return;
    }
    let back = case.over_seeds(|seed| again(case, seed)?.2);
    let until = back.map_or(String::new(), |back| format!(" for {}", back.words()));
    let words = format!(
        "each apply sets replicas back from {before} (its autoscaler's, of at most {}) to {least}{until}",
        scaler.most
    );
    let finding = told.find(&QUESTION, Rank::Risky, words);
    finding.field = field;
    finding.advice = self::again(&case.without_replicas(true), 0)
        .filter(|(before, least, _)| least >= before)
        .map(|(before, ..)| {
            Advice::other("leave spec.replicas out of the manifest", format!("{before} stay {before}"))
        });
}
