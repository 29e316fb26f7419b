//! What is supposed of a program of which nothing is known: nobody describes it, it has shown nothing, and no pod of its workload
//! tells it.
//!
//! A container that is not ready yet becomes so one day, one that is meant to end ends, and one that is told to end does; when,
//! only its age tells, and what its author expected. Durations of things of which nobody knows the scale are spread over all
//! scales: of those that have not come to their end after an age `a`, half do within another `a` and a typical one, `s` (the
//! survivor is `(s + a) / (s + t)`: a Lomax distribution of shape 1, which is what an exponential one becomes whose rate nobody
//! knows). So a boot of 30 s is told its next half minute as likely as not, and one that has hung for an hour is told that it
//! probably goes on hanging.
//!
//! `s` is a second from SIGTERM to the end, ten for boots and init containers and a minute for what a Job runs, unless the manifest
//! says more: a program whose readiness is first asked after a delay takes about that long, and what a startup probe
//! (without one a liveness probe) lets live takes, but for one in twenty, less than it is patient.
//!
//! What is supposed says so wherever it is told. Its numbers were chosen before any recording was asked, and not by them: programs
//! of recordings are scripts, made short (docs/fidelity.md).
//!
//! Absent on purpose: a readiness that was there and is lost, of which nothing says that it comes back.

use crate::api::{Container, ContainerState, ContainerStatus, ProbeKind, RestartPolicy};
use crate::engine::Distribution;
use crate::scenario::plan::{Attempt, Behavior, Exit, OnTerm, ProgramPlan};
use crate::scenario::programs::{self, Belongs};
use crate::time::{Span, Time};

use super::{GivenPod, doing, siblings};

/// What is supposed of a pod.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Supposed {
    /// How long a container of it boots.
    Boots,
    /// How long one runs that is meant to end.
    Runs,
    /// How long one takes to end that has been told to.
    Stops,
}

/// The typical length of a boot or of what an init container does, and of what a Job runs.
const BOOT: Span = Span::from_secs(10);
const TASK: Span = Span::from_secs(60);
/// The typical time from SIGTERM to the end.
const STOP: Span = Span::from_secs(1);
/// Who is killed for being late is one in so many.
const LATE: i64 = 20;
/// So many values stand for all.
const VALUES: i64 = 64;

/// Supposes what nobody tells of a pod's containers; in words, with what of it.
pub fn suppose(
    behavior: &mut Behavior,
    known: &[ProgramPlan],
    pod: &GivenPod,
    belongs: &Belongs<'_>,
    now: Time,
) -> Vec<(Supposed, String)> {
    let (spec, status) = (&pod.pod.spec, &pod.pod.status);
    let inits = spec.init_containers.len();
    let all = spec.init_containers.iter().chain(&spec.containers).zip(&mut behavior.containers);
    let mut told = Vec::new();
    for (ix, (container, doing)) in all.enumerate() {
        if programs::is_described(known, container, belongs) {
            continue;
        }
        let list = if ix < inits { &status.init } else { &status.containers };
        let own = list.iter().find(|own| own.name == container.name);
        let is_main = ix >= inits;
        let ends = if is_main { spec.policy() != RestartPolicy::Always } else { !container.is_sidecar() };
        let goes = pod.pod.meta.deletion_timestamp.is_some();
        if goes && own.is_some_and(|own| own.state.is_running()) {
            told.push((Supposed::Stops, container.name.to_string()));
        }
        for attempt in &mut doing.attempts {
            attempt.on_term = stops(pod, container, now);
            told.extend(
                boots(attempt, pod, container, own, now).filter(|_| is_main || container.is_sidecar()),
            );
            // What an init container does that nobody knows is put down as what is over at once.
            let (typical, unsaid) = match is_main {
                true => (TASK, None),
                false => (BOOT, programs::unsaid(true).runs),
            };
            if ends && attempt.runs == unsaid {
                told.extend(runs(attempt, (container, own), typical, now));
            }
        }
    }
    told.into_iter().map(|(what, name)| (what, words(what, &name))).collect()
}

/// A process that handles SIGTERM ends with 0, and one that does not with 143 (128 and the signal's number): either is as likely.
fn stops(pod: &GivenPod, container: &Container, now: Time) -> OnTerm {
    let meta = &pod.pod.meta;
    let grace = meta.deletion_grace_period_seconds.unwrap_or(0).clamp(0, 1 << 40);
    let asked = pod.pod.deletion().map(|at| at - Span::from_secs(grace));
    // Where a hook comes first nobody knows since when the process has had the signal.
    let asked = asked.filter(|_| container.lifecycle.as_ref().is_none_or(|own| own.pre_stop.is_none()));
    let age = asked.map_or(Span::ZERO, |asked| now.since(asked)).max(Span::ZERO);
    OnTerm::After { after: spread(STOP, age), exit: Exit::Weighted(vec![(0, 0.5), (143, 0.5)]) }
}

fn words(what: Supposed, name: &str) -> String {
    match what {
        Supposed::Boots => format!(
            "nothing is known of how long {name} boots: of those that are not ready after some time half are after twice as \
             long"
        ),
        Supposed::Stops => format!(
            "nothing is known of how long {name} takes to end: of those that have not after some time half have after twice \
             as long"
        ),
        Supposed::Runs => format!(
            "nothing is known of how long {name} runs: it ends well, half of what runs for some time before twice as long is over"
        ),
    }
}

/// Since when the newest instance has run; None: it is still to be started, for the first time.
fn age(own: Option<&ContainerStatus>, now: Time) -> Option<Span> {
    let Some(own) = own else { return Some(Span::ZERO) };
    let is_first = own.restart_count == 0 && own.last_state.terminated().is_none();
    match &own.state {
        ContainerState::Running { started_at } => {
            Some(started_at.map_or(Span::ZERO, |at| now.since(at)).max(Span::ZERO))
        }
        ContainerState::Waiting { .. } | ContainerState::Unset if is_first => Some(Span::ZERO),
        _ => None,
    }
}

/// A container that is still to become ready for the first time since its start does.
fn boots(
    attempt: &mut Attempt,
    pod: &GivenPod,
    container: &Container,
    own: Option<&ContainerStatus>,
    now: Time,
) -> Option<(Supposed, String)> {
    let is_asked =
        [ProbeKind::Startup, ProbeKind::Readiness].into_iter().any(|kind| container.probe(kind).is_some());
    let has_been = own.is_some_and(|own| siblings::has_been_ready(pod, own));
    let is_known = attempt.boots.is_some() || attempt.start_error.is_some() || doing::is_never_ready(attempt);
    if !is_asked || has_been || is_known {
        return None;
    }
    let age = age(own, now)?;
    siblings::boot(attempt, container, &spread(typical(container), age));
    Some((Supposed::Boots, container.name.to_string()))
}

/// A container that is meant to end does, and well.
fn runs(
    attempt: &mut Attempt,
    (container, own): (&Container, Option<&ContainerStatus>),
    typical: Span,
    now: Time,
) -> Option<(Supposed, String)> {
    let has_ended =
        own.is_some_and(|own| own.last_state.terminated().is_some() || own.state.terminated().is_some());
    if has_ended || attempt.start_error.is_some() {
        return None;
    }
    attempt.runs = Some(spread(typical, age(own, now)?));
    Some((Supposed::Runs, container.name.to_string()))
}

/// How long a container typically boots, as far as its author's probes tell.
fn typical(container: &Container) -> Span {
    let probe = |kind| container.probe(kind);
    let (startup, liveness) = (probe(ProbeKind::Startup), probe(ProbeKind::Liveness));
    let patience = startup.or(liveness).map(|probe| {
        let tries = i64::from(probe.period_seconds.max(1)) * i64::from(probe.failure_threshold.max(1));
        Span::from_secs(i64::from(probe.initial_delay_seconds) + tries)
    });
    let from_patience = patience.map(|patience| Span::from_micros(patience.micros() / (LATE - 1)));
    let delay =
        startup.or(probe(ProbeKind::Readiness)).map_or(0, |probe| i64::from(probe.initial_delay_seconds));
    from_patience.unwrap_or(BOOT).max(Span::from_secs(delay)).max(Span::from_secs(1))
}

/// How long those last altogether that have lasted for an age.
fn spread(typical: Span, age: Span) -> Distribution {
    let from = typical.micros() + age.micros();
    let of = |ix: i64| {
        // Of `VALUES` equal parts the middle of each: the share that is left after it.
        let left = 2 * (VALUES - ix) - 1;
        Span::from_micros(from.saturating_mul(2 * VALUES) / left - typical.micros())
    };
    Distribution::Empirical((0..VALUES).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its least value, and its median: of an even number of values the middle of the two in the middle.
    fn least_and_median(of: &Distribution) -> [f64; 2] {
        let Distribution::Empirical(all) = of else { panic!("a list") };
        let seconds = |ix: usize| all[ix].micros() as f64 / 1e6;
        let half = all.len() / 2;
        [seconds(0), f64::midpoint(seconds(half - 1), seconds(half))]
    }

    #[test]
    fn half_of_those_that_are_left_come_to_their_end_within_as_long_again() {
        let fresh = spread(Span::from_secs(10), Span::ZERO);
        let [_, median] = least_and_median(&fresh);
        assert!((median - 10.0).abs() < 0.1, "{median}");
        let [least, median] = least_and_median(&spread(Span::from_secs(10), Span::from_secs(60)));
        assert!(least >= 60.0 && (median - 130.0).abs() < 0.1, "{least} {median}");
    }
}
