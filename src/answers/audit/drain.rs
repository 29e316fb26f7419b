//! Each node is drained: when is that done, and which budget stops it?

use super::case::Variant;
use super::life::Life;
use super::node::was_on;
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::Command;
use crate::scenario::command::{DrainFlags, Target};
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "drain", asks: "can its nodes be drained, and how long does that take?", ask };

/// A drain that goes on for longer is stopped by something.
const WAITS: Span = Span::from_secs(3600);
/// So many nodes are drained, each in a run of its own.
const NODES: usize = 5;

/// How a drain came out.
struct Drained {
    node: Sym,
    /// None: it went on for an hour, or ended badly.
    took: Option<Span>,
    /// The fewest available on the way.
    fewest: usize,
    /// What it said last.
    said: String,
}

fn ask(case: &Case<'_>, told: &mut Told) {
    if !case.subject.serves() || case.spec.is_none() || case.subject.kind == ObjectType::DaemonSet {
        return;
    }
    let all = drains(case);
    if all.is_empty() {
        return;
    }
    let done: Option<Vec<Span>> = all.iter().map(|own| own.took).collect();
    if let Some(done) = done {
        let figure = Spread::of(done.into_iter().map(Span::micros).collect());
        told.answer(&QUESTION, "a node of its is drained", figure, "each of its nodes in turn")
            .by("disruption budgets; terminationGracePeriodSeconds", "");
        if let Some(alone) = all.iter().find(|own| own.fewest == 0) {
            let words = format!("nobody serves while {} is drained: 0 pods are Ready meanwhile", alone.node);
            told.find(&QUESTION, Rank::Risky, words).field = case.subject.path("spec.replicas");
        }
        return;
    }
    let Some(stuck) = all.iter().find(|own| own.took.is_none()) else { return };
    let words = format!("a drain of {} is not over after 1 h: {}", stuck.node, stuck.said);
    told.answer(&QUESTION, "a node of its is drained", None, &words).by("its disruption budget", "");
    let finding = told.find(&QUESTION, Rank::Broken, words);
    finding.field = case.subject.path("spec.replicas");
    finding.advice = advice(case);
}

/// One pod more, and where that does not help a budget that lets one go.
fn advice(case: &Case<'_>) -> Option<Advice> {
    let replicas = case.subject.field("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1);
    let more = vec![format!("{}={}", case.subject.path("spec.replicas"), replicas + 1)];
    let budgets = case.plan.applies.iter().flat_map(|apply| &apply.objects);
    let budgets = budgets.filter(|object| object.kind == ObjectType::PodDisruptionBudget);
    let looser = budgets.filter_map(|budget| {
        let name = if budget.name().contains('.') {
            format!("\"{}\"", budget.name())
        } else {
            budget.name().to_owned()
        };
        let path = |field: &str| format!("{}.{name}.spec.{field}", ObjectType::PodDisruptionBudget.key());
        let of = |field: &str| budget.value.pointer(&format!("/spec/{field}"));
        match (of("minAvailable"), of("maxUnavailable")) {
            (Some(least), _) if least.as_i64().is_some_and(|least| least > 1) => {
                Some(vec![format!("{}={}", path("minAvailable"), replicas - 1)])
            }
            (Some(least), _) if least.as_str().is_some() => {
                Some(vec![format!("{}=\"50%\"", path("minAvailable"))])
            }
            (_, Some(_)) => Some(vec![format!("{}=1", path("maxUnavailable"))]),
            _ => None,
        }
    });
    let ways: Vec<Vec<String>> = looser.chain([more]).collect();
    ways.into_iter().find_map(|set| {
        let after = drains(&case.with(&set)?);
        let times: Vec<Span> = after.iter().map(|own| own.took).collect::<Option<_>>()?;
        let longest = times.into_iter().max()?;
        Some(Advice::write(set, format!("each drain is then over within {:.1} s", longest.secs_f64())))
    })
}

/// Each node that has a pod of it, drained in a run of its own.
fn drains(case: &Case<'_>) -> Vec<Drained> {
    let at = case.settled();
    let quiet = Variant { attempts: vec![case.attempt()], until: at, ..Variant::default() };
    let before = case.play(&quiet, 0);
    let has_pod = |node: &Sym| before.own.iter().any(|pod| was_on(&before, *pod, *node));
    let nodes: Vec<Sym> =
        before.w.nodes.iter().map(|node| node.spec.name).filter(has_pod).take(NODES).collect();
    let drain = |node: Sym| {
        let target = Target { name: node.to_string(), ..Target::default() };
        let flags = DrainFlags { ignore_daemonsets: true, force: true, delete_empty_dir_data: true };
        let command = Command::Drain { node: target, flags, timeout: None };
        let variant = Variant {
            attempts: vec![case.attempt()],
            actions: vec![(at, command)],
            until: at + WAITS,
            ..Variant::default()
        };
        drained(&case.play(&variant, 0), node, at)
    };
    nodes.into_iter().map(drain).collect()
}

fn drained(life: &Life, node: Sym, at: Span) -> Drained {
    let own = life.w.log.last();
    let is_done = own.is_some_and(|own| !own.waits && own.refusals == 0);
    // What it prints has its instant in front.
    let printed = life.w.printed.iter().rev();
    let ended =
        printed.filter_map(|line| line.split_once(": ")).find(|(_, words)| words.ends_with("drained"));
    let ended = ended.and_then(|(after, _)| crate::scenario::values::parse_duration(after).ok());
    let took = ended.filter(|_| is_done).map(|ended| ended - at);
    let from = life.instant(at);
    let until = took.map_or(life.at, |took| from + took);
    let changes = life.w.outbox.iter().map(|row| row.time).filter(|time| (from..=until).contains(time));
    let mut times: Vec<_> = changes.collect();
    times.dedup();
    let fewest = times.into_iter().map(|time| life.ready_at(time)).min().unwrap_or(usize::MAX);
    let said = own.and_then(|own| own.answer.last()).cloned().unwrap_or_default();
    Drained { node, took, fewest, said }
}
