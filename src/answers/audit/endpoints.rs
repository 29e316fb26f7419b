//! How long after its deletion is it still an endpoint, and does it stop before everybody knows?

use super::case::{Variant, probed};
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::api::{ProbeKind, Sym};
use crate::engine::Distribution;
use crate::record::{Change, ObjectChange, Transition};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::Command;
use crate::scenario::plan::{Exit, OnTerm};
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "endpoints", asks: "does it stop before it is out of the endpoints?", ask };

/// Proxies and load balancers take about so long to learn of it, where nobody says otherwise.
const PROXIES: f64 = 5.0;

fn ask(case: &Case<'_>, told: &mut Told) {
    if !case.subject.serves() || !is_served(case) {
        return;
    }
    too_soon(case, told);
    let out = case.over_seeds(|seed| figures(case, seed).map(|(out, _)| out));
    let margin = margin(case);
    told.answer(&QUESTION, "deletion to out of the endpoints", out, "proxies learn of it later")
        .by("the EndpointSlice controller, at once", "");
    let field = case
        .containers()
        .first()
        .map(|own| case.subject.pod_path(&format!("containers.{}.lifecycle", own.name)));
    let Some((margin, field)) = margin.zip(field) else { return };
    told.answer(&QUESTION, "serves on after that", Some(margin), "with a program that exits at SIGTERM")
        .by("lifecycle.preStop", &field);
    if margin.low >= PROXIES {
        return;
    }
    let words = format!(
        "stops {} after it has left the endpoints; proxies that learn later send it requests that are refused",
        margin.words()
    );
    let finding = told.find(&QUESTION, Rank::Risky, words);
    let set: Vec<String> = (case.containers().iter())
        .map(|own| {
            case.subject.pod_path(&format!(
                "containers.{}.lifecycle.preStop={{ sleep = {{ seconds = 5 }} }}",
                own.name
            ))
        })
        .collect();
    finding.field = field;
    finding.advice = case.with(&set).and_then(|better| {
        let after = self::margin(&better)?;
        (after.low > margin.low)
            .then(|| Advice::write(set, format!("it then serves on for {}", after.words())))
    });
}

/// Without a readiness probe it is an endpoint as soon as it runs.
fn too_soon(case: &Case<'_>, told: &mut Told) {
    let Some(container) = case.containers().first() else { return };
    if probed(case.containers(), ProbeKind::Readiness).is_some() {
        return;
    }
    let variant = Variant { attempts: vec![case.attempt()], until: case.settled(), ..Variant::default() };
    let after = case.over_seeds(|seed| {
        let life = case.play(&variant, seed);
        let pod = *life.own.first()?;
        let is_start =
            |row: &&Transition| matches!(row.change, Change::Event(event) if event.reason == Sym::STARTED);
        let started = life.of(pod).filter(is_start).last()?.time;
        Some(life.turns(pod, true, started)?.since(started))
    });
    let Some(after) = after else { return };
    let boots =
        case.assumed.boots.map_or(String::new(), |boots| format!("; it boots for {boots} as you say"));
    let rank = if case.assumed.boots.is_some_and(|boots| boots.secs_f64() > after.high) {
        Rank::Risky
    } else {
        Rank::Note
    };
    let words = format!("no readiness probe: it is sent requests {} after its start{boots}", after.words());
    told.find(&QUESTION, rank, words).field =
        case.subject.pod_path(&format!("containers.{}.readinessProbe", container.name));
}

fn margin(case: &Case<'_>) -> Option<Spread> {
    case.over_seeds(|seed| {
        figures(case, seed).map(|(out, ended)| if ended > out { ended - out } else { Span::ZERO })
    })
}

/// From a pod's deletion to its leaving the endpoints, and to its end, for a program that exits at SIGTERM.
fn figures(case: &Case<'_>, seed: u64) -> Option<(Span, Span)> {
    let deleted = case.settled();
    let mut attempt = case.attempt();
    attempt.on_term = OnTerm::After { after: Distribution::Constant(Span::ZERO), exit: Exit::Code(0) };
    let delete = Command::DeletePod { pod: case.one_pod(), grace_secs: None, force: false };
    let until = deleted + Span::from_secs(180);
    let variant =
        Variant { attempts: vec![attempt], actions: vec![(deleted, delete)], until, ..Variant::default() };
    let life = case.play(&variant, seed);
    let from = life.instant(deleted);
    let mut rows = life.w.outbox.iter().filter(|row| row.time >= from);
    let left = rows.find_map(|row| match row.change {
        Change::Object { what: ObjectChange::Endpoints { from: Some(before), to, .. }, .. }
            if to.is_none_or(|after| after < before) =>
        {
            Some(row.time)
        }
        _ => None,
    })?;
    let ended = life.own.iter().filter_map(|pod| life.ends(*pod, from)).map(|(at, _)| at).min()?;
    Some((left.since(from), ended.since(from)))
}

/// Whether a Service selects its pods.
fn is_served(case: &Case<'_>) -> bool {
    let labels = case.subject.field("/spec/template/metadata/labels");
    let objects = case.plan.applies.iter().flat_map(|apply| &apply.objects);
    objects.filter(|object| object.kind == ObjectType::Service).any(|service| {
        let selector = service.value.pointer("/spec/selector").and_then(serde_json::Value::as_object);
        selector.is_some_and(|selector| {
            !selector.is_empty()
                && selector.iter().all(|(key, value)| labels.and_then(|own| own.get(key)) == Some(value))
        })
    })
}
