//! An update: how long does it take, how few serve on the way, and can it be done at all? The boot is made longer until the
//! progress deadline gives up.

use super::case::{NEXT, Variant, booting, point, probed};
use super::life::Life;
use super::{Advice, Case, Question, Rank, Spread, Told, room};
use crate::api::workload::WorkloadState;
use crate::api::{ProbeKind, Sym};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::Command;
use crate::scenario::plan::Attempt;
use crate::time::{Span, Time};

pub(super) const QUESTION: Question = Question {
    name: "rollout",
    asks: "can it be updated, how long does that take, and how few serve meanwhile?",
    ask,
};

/// A rollout that goes on for longer hangs.
const WAITS: Span = Span::from_secs(3600);

fn ask(case: &Case<'_>, told: &mut Told) {
    let kinds = [ObjectType::Deployment, ObjectType::StatefulSet, ObjectType::DaemonSet];
    if !kinds.contains(&case.subject.kind) || case.spec.is_none() {
        return;
    }
    let rolled = played(case, 0);
    if !rolled.stood {
        let words = rolled.complaint.unwrap_or_else(|| "it is never complete".to_owned());
        let words = format!("does not come up within {}: {words}", case.settled());
        told.find(&QUESTION, Rank::Broken, words);
        return;
    }
    let boots = match probed(case.containers(), ProbeKind::Readiness) {
        Some(_) => format!("with a boot of {}", case.boots()),
        None => "with no readiness probe that would wait for its boot".to_owned(),
    };
    if rolled.took.is_none() {
        let words = rolled.complaint.map_or(String::new(), |words| format!(": {words}"));
        let words = format!("an update is not complete after 1 h though its programs are healthy{words}");
        told.answer(&QUESTION, "an update", None, &words).by("the update strategy", strategy(case));
        let finding = told.find(&QUESTION, Rank::Broken, words);
        finding.field = strategy(case);
        finding.advice = advice(case);
        roomier(case, told);
        return;
    }
    if let Some(words) = rolled.barred {
        let words = format!("{words}, in an update");
        told.find(&QUESTION, Rank::Risky, words).field = case.subject.pod_path("volumes");
    }
    let time = case.over_seeds(|seed| played(case, seed).took);
    told.answer(&QUESTION, "an update", time, &boots)
        .by("the update strategy, the boot, terminationGracePeriodSeconds", strategy(case));
    let fewest = case.over_seeds(|seed| Some(Span::from_secs(played(case, seed).fewest as i64)));
    let fewest = fewest.map(Spread::count);
    told.answer(&QUESTION, "fewest available meanwhile", fewest, &boots).by("maxUnavailable", strategy(case));
    if fewest.is_some_and(|fewest| fewest.low < 1.0) {
        let down = case.over_seeds(|seed| Some(played(case, seed).without));
        let words = format!(
            "nobody serves for {} of an update, {boots}",
            down.map_or("a part".to_owned(), |own| own.words())
        );
        let finding = told.find(&QUESTION, Rank::Risky, words);
        finding.field = strategy(case);
        finding.advice = surge(case, down);
    }
    deadline(case, told);
}

/// The field that says how it is updated.
pub(super) fn strategy(case: &Case<'_>) -> String {
    let name =
        if case.subject.kind == ObjectType::Deployment { "spec.strategy" } else { "spec.updateStrategy" };
    case.subject.path(name)
}

/// How an update went.
pub(super) struct Rolled {
    /// All was there before.
    pub stood: bool,
    /// Available before.
    pub before: i32,
    /// None: it was not over after an hour, or never began.
    pub took: Option<Span>,
    /// The fewest available from then on until it was over; nothing was told: the most that there is.
    pub fewest: i32,
    /// How long none was available.
    pub without: Span,
    /// What was complained of last.
    pub complaint: Option<String>,
    /// Its pods that wait for a volume, in words, where that is long.
    pub barred: Option<String>,
}

fn variant(case: &Case<'_>, boots: Span) -> (Variant, Span) {
    let at = case.settled().max(boots * 3 + Span::from_secs(60));
    let container = case.containers().first().map_or(Sym::EMPTY, |own| own.name);
    let command =
        Command::SetTemplateImage { object: case.subject.target(), container, image: Sym::new(NEXT) };
    let attempts = vec![booting(case.attempt(), boots)];
    (Variant { attempts, actions: vec![(at, command)], until: at + WAITS, ..Variant::default() }, at)
}

pub(super) fn played(case: &Case<'_>, seed: u64) -> Rolled {
    let (variant, at) = variant(case, case.boots());
    Rolled::of(&case.play(&variant, seed), at)
}

impl Rolled {
    /// Read off a run in which it begins so long after the start.
    pub(super) fn of(life: &Life, at: Span) -> Rolled {
        let from = life.instant(at);
        let stood = state(life, from) == Some(WorkloadState::Complete);
        let took = complete(life, from).map(|done| done.since(from));
        let until = took.map_or(life.at, |took| from + took);
        let (mut fewest, mut without, mut since) = (i32::MAX, Span::ZERO, None);
        for (time, available, _) in life.levels().filter(|(time, ..)| (from..=until).contains(time)) {
            fewest = fewest.min(available);
            match (available, since) {
                (0, None) => since = Some(time),
                (1.., Some(begun)) => {
                    without += time.since(begun);
                    since = None;
                }
                _ => {}
            }
        }
        without += since.map_or(Span::ZERO, |begun| until.since(begun));
        let before = life.level_at(from).map_or(0, |(available, _)| available);
        let barred = life.barred().and_then(|barred| barred.words(life.own.len()));
        Rolled { stood, before, took, fewest, without, complaint: life.complaint(), barred }
    }
}

/// What the workload is doing, as told last before an instant.
pub(super) fn state(life: &Life, before: Time) -> Option<WorkloadState> {
    life.workload_states().take_while(|(at, _)| *at < before).last().and_then(|(_, state)| state)
}

/// When it is complete again after an instant, and was not in between.
pub(super) fn complete(life: &Life, from: Time) -> Option<Time> {
    let mut later = life.workload_states().skip_while(|(at, _)| *at < from);
    later.by_ref().find(|(_, state)| *state != Some(WorkloadState::Complete))?;
    later.find(|(_, state)| *state == Some(WorkloadState::Complete)).map(|(at, _)| at)
}

/// With how much more room it can be done.
fn roomier(case: &Case<'_>, told: &mut Told) {
    let number =
        |count: usize| Spread::over([Some(Span::from_secs(count as i64))].into_iter()).map(Spread::count);
    if let Some((count, took)) = room::nodes(case) {
        let words = format!("an update then takes {}", rounded(took));
        told.answer(&QUESTION, "least nodes that let it be updated", number(count), &words)
            .by("where the surge pod finds room", "--nodes");
    }
    if let Some((set, took)) = room::quota(case) {
        let words = format!("{}: an update then takes {}", set.join(" and "), rounded(took));
        told.answer(&QUESTION, "limits of its quota that let it be updated", number(set.len()), &words)
            .by("its resource quota", "");
    }
}

/// An old pod goes first.
fn advice(case: &Case<'_>) -> Option<Advice> {
    if case.subject.kind != ObjectType::Deployment {
        return None;
    }
    let field = |name: &str, value: &str| format!("{}.rollingUpdate.{name}={value}", strategy(case));
    let set = vec![field("maxSurge", "0"), field("maxUnavailable", "1")];
    let took = played(&case.with(&set)?, 0).took?;
    Some(Advice::write(set, format!("an update then takes {}", rounded(took))))
}

/// A new pod comes first.
fn surge(case: &Case<'_>, before: Option<Spread>) -> Option<Advice> {
    // Whose disk only one may write to is not told to run two.
    if case.subject.kind != ObjectType::Deployment || case.disk_of_one().is_some() {
        return None;
    }
    let field = |name: &str, value: &str| format!("{}.{name}={value}", strategy(case));
    let recreates = case.subject.field("/spec/strategy/type").is_some_and(|own| own == "Recreate");
    let mut set = if recreates { vec![field("type", "RollingUpdate")] } else { Vec::new() };
    set.extend([field("rollingUpdate.maxSurge", "1"), field("rollingUpdate.maxUnavailable", "0")]);
    let better = case.with(&set)?;
    let after = better.over_seeds(|seed| {
        let rolled = played(&better, seed);
        rolled.took.map(|_| rolled.without)
    })?;
    (after.high < before?.low)
        .then(|| Advice::write(set, format!("nobody serves then for {}", after.words())))
}

fn rounded(span: Span) -> Span {
    Span::from_secs((span.micros() + 500_000) / 1_000_000)
}

/// The longest boot under which the progress deadline does not give up.
fn deadline(case: &Case<'_>, told: &mut Told) {
    if case.subject.kind != ObjectType::Deployment
        || probed(case.containers(), ProbeKind::Readiness).is_none()
    {
        return;
    }
    let patience = case.subject.field("/spec/progressDeadlineSeconds").and_then(serde_json::Value::as_i64);
    let patience = Span::from_secs(patience.unwrap_or(600).clamp(1, 7200));
    let limit = case.longest(patience * 4, |boots, seed| {
        let (mut variant, at) = variant(case, case.boots());
        // The new pods alone are not Ready for so long, and no other probe minds.
        let next =
            Attempt { readiness: vec![point(Span::ZERO, false), point(boots, true)], ..case.attempt() };
        variant.attempts = vec![case.attempt()];
        variant.until = at + boots + patience + Span::from_secs(120);
        variant.next = Some(next);
        let life = case.play(&variant, seed);
        let from = life.instant(at);
        !life.workload_states().any(|(time, state)| time >= from && state == Some(WorkloadState::Failed))
    });
    let field = case.subject.path("spec.progressDeadlineSeconds");
    told.answer(
        &QUESTION,
        "longest boot that the progress deadline waits for",
        limit,
        "then it says so, and goes on",
    )
    .by("progressDeadlineSeconds", &field);
    if let (Some(limit), Some(boots)) = (limit, case.assumed.boots)
        && case.boots() > Span::ZERO
        && boots.secs_f64() > limit.low
    {
        let words =
            format!("rollouts are told as failed after {}; a start takes {boots} as you say", limit.words());
        let finding = told.find(&QUESTION, Rank::Risky, words);
        finding.field = field;
    }
}
