//! What the programs of a given cluster do: what somebody says of them, or else what they did last.
//!
//! A container that has ended runs as long again as it did and ends in the same way; one that was never seen to end runs on; one
//! whose image could not be pulled or that could not be started goes on so. Whatever is assumed in that way is told.

use crate::api::{Container, ContainerState, ContainerStatus, PodStatus, ProbeKind, Sym, Terminated, Tri};
use crate::engine::Distribution;
use crate::scenario::plan::{
    Attempt, Behavior, ContainerBehavior, Exit, ProbePoint, ProgramPlan, SandboxBehavior,
};
use crate::scenario::programs::{self, Belongs};
use crate::scenario::start_error::{START_ERRORS, StartError};
use crate::time::{Span, Time};

use super::GivenPod;

/// What the containers of a pod do, and what was assumed of each, in words.
pub fn behavior(
    programs: &[ProgramPlan],
    given: &GivenPod,
    belongs: &Belongs<'_>,
) -> (Behavior, Vec<String>) {
    let (spec, status) = (&given.pod.spec, &given.pod.status);
    let (mut containers, mut told) = (Vec::new(), Vec::new());
    let inits = spec.init_containers.len();
    let all = spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers);
    for (ix, container) in all.enumerate() {
        let finishes = ix < inits && !container.is_sidecar();
        if programs::is_described(programs, container, belongs) {
            containers.push(programs::of_container(programs, container, finishes, belongs));
            continue;
        }
        let list = if ix < inits { &status.init } else { &status.containers };
        let own = list.iter().find(|own| own.name == container.name);
        let (attempt, words) = last(container, own, status, finishes);
        if let Some(words) = words {
            told.push(format!("{} {words}", container.name));
        }
        containers.push(ContainerBehavior { attempts: vec![attempt], ..ContainerBehavior::default() });
    }
    (Behavior { sandbox: SandboxBehavior::default(), containers, added: Vec::new() }, told)
}

/// What a container did last, as far as its status tells it.
fn last(
    container: &Container,
    own: Option<&ContainerStatus>,
    status: &PodStatus,
    finishes: bool,
) -> (Attempt, Option<String>) {
    let unsaid = Attempt {
        runs: finishes.then_some(Distribution::Constant(Span::from_secs(1))),
        ..Attempt::default()
    };
    let Some(own) = own else { return (unsaid, None) };
    if let ContainerState::Waiting { reason, message } = own.state
        && let Some(error) = start_error(reason)
    {
        let message = message.fixed().unwrap_or_default();
        let attempt = Attempt { start_error: Some((error, message)), ..unsaid };
        return (attempt, Some(format!("cannot be started ({reason}), and goes on so")));
    }
    let over = match &own.state {
        ContainerState::Terminated(ended) => Some(ended),
        _ => own.last_state.terminated(),
    };
    let ran = over.and_then(|ended| Some((ended, ran(ended)?)));
    let refuted = |ran: Span| {
        let since = own.state.running_since();
        since.zip(latest(status)).is_some_and(|(since, now)| now.since(since) > ran + Span::from_secs(2))
    };
    let mut attempt = match ran {
        Some((ended, ran)) if !refuted(ran) => again(ended, ran),
        _ => unsaid,
    };
    let words = match (ran, &attempt.runs) {
        (Some((ended, ran)), Some(_)) => {
            Some(format!("runs for about {ran} again and ends with {}, as it did last", ended.exit_code))
        }
        (Some(_), None) => Some("runs on: it has run for longer than last time".to_owned()),
        _ => None,
    };
    probes(&mut attempt, container, own, status);
    (attempt, words)
}

/// The newest instant of a pod's status.
fn latest(status: &PodStatus) -> Option<Time> {
    let of_conditions = status.conditions.iter().filter_map(|own| own.last_transition);
    let of_states = status.init.iter().chain(&status.containers).filter_map(|own| own.state.running_since());
    of_conditions.chain(of_states).max()
}

fn ran(ended: &Terminated) -> Option<Span> {
    let began = ended.started_at.filter(|began| *began != Time::EPOCH)?;
    Some(ended.finished_at?.since(began).max(Span::ZERO))
}

/// As long again: both of its instants are cut to their second, so that what lies between them is a second more or less.
fn again(ended: &Terminated, ran: Span) -> Attempt {
    /// Of the difference of two parts of a second, each as likely as any other: the square root of a sixth.
    const SPREAD: Span = Span::from_millis(408);
    let code = u8::try_from(ended.exit_code.rem_euclid(256)).unwrap_or(u8::MAX);
    let usual = if code == 0 { Sym::COMPLETED } else { Sym::ERROR };
    Attempt {
        runs: Some(Distribution::Normal { mean: ran, sd: SPREAD }),
        exit: Exit::Code(code),
        reason: if ended.reason == usual { Sym::EMPTY } else { ended.reason },
        ..Attempt::default()
    }
}

fn start_error(reason: Sym) -> Option<&'static StartError> {
    // What a container is configured with is no part of its start here: it stays away as well.
    let reason = match reason {
        Sym::CREATE_CONTAINER_CONFIG_ERROR => return Some(&CONFIG),
        reason => reason,
    };
    START_ERRORS.iter().find(|error| error.reason == reason)
}

/// A container that cannot be configured.
static CONFIG: StartError = StartError {
    key: "configError",
    step: crate::scenario::start_error::StartStep::Create,
    reason: Sym::CREATE_CONTAINER_CONFIG_ERROR,
    event: "Error",
};

/// Whether the last instance of a container was not ready when it ended: nothing of the pod's readiness has changed since before.
pub fn ended_unready(own: &ContainerStatus, status: &PodStatus) -> bool {
    let over = own.state.terminated().or(own.last_state.terminated());
    let ready = status.condition(Sym::READY).filter(|ready| ready.status == Tri::False);
    let changed = ready.and_then(|ready| ready.last_transition);
    changed.zip(over.and_then(|over| over.finished_at)).is_some_and(|(changed, ended)| changed < ended)
}

/// Whether a container ends before it is ready, whenever it is started.
pub fn is_never_ready(attempt: &Attempt) -> bool {
    let fails = |points: &[ProbePoint]| matches!(points, [only] if only.failure_rate == 1.0);
    attempt.runs.is_some()
        && attempt.boots.is_none()
        && (fails(&attempt.startup) || fails(&attempt.readiness))
}

/// Probes answer as they do now: a container that is not ready stays so. Before an instance became ready its probe failed, for as
/// long as it took this one.
fn probes(attempt: &mut Attempt, container: &Container, own: &ContainerStatus, status: &PodStatus) {
    let point =
        |at, ok| ProbePoint { at, failure_rate: if ok { 0.0 } else { 1.0 }, takes: None, output: Sym::EMPTY };
    let running = own.state.running_since();
    for kind in [ProbeKind::Startup, ProbeKind::Readiness] {
        let Some(probe) = container.probe(kind) else { continue };
        let well = match kind {
            ProbeKind::Startup => own.started == Some(true),
            _ => own.ready,
        };
        let delay = Span::from_secs(i64::from(probe.initial_delay_seconds));
        let ready = status.condition(Sym::READY).filter(|ready| ready.status == Tri::True);
        let boots = running
            .zip(ready.and_then(|ready| ready.last_transition))
            .map(|(began, ready)| ready.since(began))
            .filter(|boots| *boots > delay + Span::from_secs(i64::from(probe.period_seconds) + 1));
        let points = match (running.is_some(), well, boots) {
            (true, false, _) => vec![point(Span::ZERO, false)],
            // It ends before it is ready, as it did last.
            (false, ..) if attempt.runs.is_some() && ended_unready(own, status) => {
                vec![point(Span::ZERO, false)]
            }
            (true, true, Some(boots)) => {
                vec![point(Span::ZERO, false), point(boots - Span::from_secs(1), true)]
            }
            _ => Vec::new(),
        };
        match kind {
            ProbeKind::Startup => attempt.startup = points,
            _ => attempt.readiness = points,
        }
    }
}
