//! From hang to not Ready, to killed, to Ready again: a program that stops answering two minutes after its start, once.

use super::case::{Variant, point, probed};
use super::life::Life;
use super::{Case, Question, Rank, Spread, Told};
use crate::api::{Container, ProbeKind, Sym};
use crate::record::{Change, Transition};
use crate::time::{Span, Time};

pub(super) const QUESTION: Question =
    Question { name: "hang", asks: "from a hang to not Ready, to killed, to Ready again?", ask };

/// So long after its start it hangs, beside what it takes to boot.
const HANGS: Span = Span::from_secs(120);

fn ask(case: &Case<'_>, told: &mut Told) {
    if !case.subject.serves() {
        return;
    }
    let hangs = HANGS + case.boots_or_not();
    let mut first = case.attempt();
    for points in [&mut first.readiness, &mut first.liveness] {
        points.push(point(hangs, false));
    }
    let attempts = vec![first, case.attempt()];
    let variant = Variant { attempts, until: hangs * 2 + Span::from_secs(1200), ..Variant::default() };
    let readiness = probed(case.containers(), ProbeKind::Readiness);
    let liveness = probed(case.containers(), ProbeKind::Liveness);
    let after = |at: Option<Time>, hung: Time| at.map(|at| at.since(hung));
    let measure = |what: &dyn Fn(&Life, u32, Time) -> Option<Time>| {
        case.over_seeds(|seed| {
            let life = case.play(&variant, seed);
            let pod = *life.own.first()?;
            let hung = began(&life, pod)? + hangs;
            after(what(&life, pod, hung), hung)
        })
    };
    let path = |container: &Container, kind: ProbeKind| {
        case.subject.pod_path(&format!("containers.{}.{}Probe", container.name, kind.word()))
    };
    match readiness {
        Some(container) => {
            let figure = measure(&|life, pod, hung| life.turns(pod, false, hung));
            let answer = told.answer(&QUESTION, "hang to not Ready", figure, "");
            answer.by(
                "readiness probe: periodSeconds, failureThreshold, timeoutSeconds",
                path(container, ProbeKind::Readiness),
            );
        }
        None => {
            told.answer(
                &QUESTION,
                "hang to not Ready",
                None,
                "no readiness probe: it stays Ready, and is sent requests",
            );
        }
    }
    let Some(container) = liveness else {
        told.answer(
            &QUESTION,
            "hang to killed",
            None,
            "no liveness probe: it hangs until somebody deletes it",
        );
        return;
    };
    let field = path(container, ProbeKind::Liveness);
    let killed: Option<Spread> = measure(&|life, pod, hung| life.ends(pod, hung).map(|(at, _)| at));
    told.answer(&QUESTION, "hang to killed", killed, "")
        .by("liveness probe: periodSeconds, failureThreshold; terminationGracePeriodSeconds", &field);
    let again = measure(&|life, pod, hung| {
        let (ended, _) = life.ends(pod, hung)?;
        // Where it begins anew at once nobody has seen that it was not ready.
        if life.is_ready(pod, ended) { Some(ended) } else { life.turns(pod, true, ended) }
    });
    told.answer(&QUESTION, "hang to Ready again", again, "").by("the same, and the boot", &field);
    if let (Some(killed), None) = (killed, readiness) {
        let words =
            format!("a pod that hangs stays in its Services for {}, until it is killed", killed.words());
        told.find(&QUESTION, Rank::Risky, words).field =
            case.subject.pod_path(&format!("containers.{}.readinessProbe", container.name));
    }
}

/// When the containers of a pod had started, the last of those that came before the first end.
fn began(life: &Life, pod: u32) -> Option<Time> {
    let started =
        |row: &&Transition| matches!(row.change, Change::Event(event) if event.reason == Sym::STARTED);
    let times: Vec<Time> = life.of(pod).filter(started).map(|row| row.time).collect();
    let first = *times.first()?;
    times.into_iter().take_while(|at| at.since(first) < HANGS).last()
}
