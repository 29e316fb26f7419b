//! A Job whose program fails: how often is it tried, for how long, and what becomes of it?

use super::case::Variant;
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::api::workload::WorkloadState;
use crate::engine::Distribution;
use crate::record::{Change, ObjectChange};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::command::{Command, DrainFlags, Target};
use crate::scenario::plan::{Attempt, Exit, OnTerm};
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

/// Its node is drained while it runs: does that count as a failure of its?
fn drained(case: &Case<'_>, told: &mut Told) {
    let Some(after) = drain(case) else { return };
    let field = case.subject.path("spec.podFailurePolicy");
    let failures = Spread::over([Some(Span::from_secs(i64::from(after.failures)))].into_iter());
    let words = match after.over {
        Some(took) => format!("it is complete after {took} all the same"),
        None => "it fails by that".to_owned(),
    };
    told.answer(
        &QUESTION,
        "failures that a drain of its node counts as",
        failures.map(Spread::count),
        &words,
    )
    .by("podFailurePolicy: Ignore of DisruptionTarget counts none; backoffLimit", &field);
    if after.failures == 0 {
        return;
    }
    let (rank, words) = match after.over {
        Some(_) => (Rank::Note, format!("a drain of its node counts as {} of its failures", after.failures)),
        None => {
            (Rank::Risky, format!("a drain of its node is {} failure, and makes it fail", after.failures))
        }
    };
    let finding = told.find(&QUESTION, rank, words);
    let rule = r#"{ rules = [{ action = "Ignore", onPodConditions = [{ type = "DisruptionTarget" }] }] }"#;
    let set = vec![format!("{field}={rule}")];
    finding.field = field;
    finding.advice = case.with(&set).and_then(|better| {
        let ignored = drain(&better).filter(|own| own.failures < after.failures && own.over.is_some())?;
        Some(Advice::write(set, format!("it counts as {}, and is complete", ignored.failures)))
    });
}

struct Drained {
    failures: i32,
    /// When it is complete; None: it is not.
    over: Option<Span>,
}

fn drain(case: &Case<'_>) -> Option<Drained> {
    let runs = Some(Distribution::Constant(Span::from_secs(600)));
    let at = Span::from_secs(120);
    // Who does not handle SIGTERM ends by it.
    let on_term = OnTerm::After { after: Distribution::Constant(Span::ZERO), exit: Exit::Code(143) };
    let attempts = vec![Attempt { runs, on_term, ..case.attempt() }];
    let quiet = Variant { attempts, until: at, ..Variant::default() };
    let before = case.play(&quiet, 0);
    let first = before.own.iter().find(|pod| before.w.pods[**pod as usize].exists)?;
    let node = before.w.pods[*first as usize].node?;
    let name = before.w.nodes[node.ix()].spec.name.to_string();
    let flags = DrainFlags { ignore_daemonsets: true, force: true, delete_empty_dir_data: true };
    let node = Target { name, ..Target::default() };
    let actions = vec![(at, Command::Drain { node, flags, timeout: None })];
    let life = case.play(&Variant { actions, until: Span::from_secs(2 * 86_400), ..quiet }, 0);
    let from = life.instant(at);
    let mut done = life.workload_states().filter(|(_, state)| *state == Some(WorkloadState::Complete));
    let over = done.next().map(|(time, _)| Span::from_secs(time.since(life.instant(Span::ZERO)).secs()));
    let is_hit = life.own.iter().any(|pod| life.ends(*pod, from).is_some());
    is_hit.then(|| Drained { failures: life.failures(), over })
}

fn ask(case: &Case<'_>, told: &mut Told) {
    // Why it has made no pod is told already.
    if case.subject.kind != ObjectType::Job || case.spec.is_none() {
        return;
    }
    stays(case, told);
    drained(case, told);
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
        let restarts = |pod: &u32| i64::from(life.records[*pod as usize].restarts);
        let tries: i64 = life.own.iter().map(|pod| 1 + restarts(pod)).sum();
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
