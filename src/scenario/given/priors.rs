//! What is supposed of a program of which nothing is known: nobody describes it, it has shown nothing, and no pod of its workload
//! tells it.
//!
//! A container that is not ready yet becomes so one day, one that is meant to end ends, and one that is told to end does; when,
//! only its age tells, and what its author expected. Nobody knows the scale of such a duration, which may be a second or an hour. So three
//! quarters of what is supposed of what has begun is that, at an instant which is as good as any other, a thing of whatever scale goes on
//! for as long as it has lasted as likely as not (its age `a`; Gott, *Implications of the Copernican principle for our future prospects*,
//! 1993), and the rest that such things typically last for `l`: of those that have lasted for `a` the share
//! `¾ (a + 1 s) / (t + 1 s) + ¼ (a + l) / (t + l)` lasts longer than `t` ([`Unknown`]); of what has not begun either counts for half. So a
//! boot of 30 s is told its next half minute as likely as not, and one that has hung for an hour is told that it probably goes on hanging.
//! Windows of that hold what they say of things of any scale from two seconds to an hour, which is calculated, not fitted
//! (`engine/distribution.rs` has the test).
//!
//! Pods of a workload are made of one program: its scale is drawn once for all of them.
//!
//! `l` is a second from SIGTERM to the end, ten for boots and init containers and a minute for what a Job runs, unless the manifest
//! says more: a program whose readiness is first asked after a delay takes about that long, and what a startup probe
//! (without one a liveness probe) lets live takes, but for one in twenty, less than it is patient.
//!
//! What is supposed says so wherever it is told. Its numbers were not chosen by recordings, whose programs are scripts, made short
//! (docs/fidelity.md).
//!
//! Absent on purpose: a readiness that was there and is lost, of which nothing says that it comes back.

use crate::api::{Container, ContainerState, ContainerStatus, ProbeKind, RestartPolicy};

use crate::engine::{Distribution, Unknown, random};
use crate::rules::kubelet::reasons;
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
        let whose = whose(pod, container, belongs);
        let goes = pod.pod.meta.deletion_timestamp.is_some();
        if goes && own.is_some_and(|own| own.state.is_running()) {
            told.push((Supposed::Stops, container.name.to_string()));
        }
        for attempt in &mut doing.attempts {
            attempt.on_term = stops(pod, container, whose, now);
            told.extend(
                boots(attempt, pod, (container, own), whose, now)
                    .filter(|_| is_main || container.is_sidecar()),
            );
            // What an init container does that nobody knows is put down as what is over at once.
            let (typical, unsaid) = match is_main {
                true => (TASK, None),
                false => (BOOT, programs::unsaid(true).runs),
            };
            if ends && attempt.runs == unsaid {
                told.extend(runs(attempt, (container, own), (typical, whose), now));
            }
        }
    }
    told.into_iter().map(|(what, name)| (what, words(what, &name))).collect()
}

/// A process that handles SIGTERM ends with 0, and one that does not with 143 (128 and the signal's number): either is as likely.
fn stops(pod: &GivenPod, container: &Container, whose: u64, now: Time) -> OnTerm {
    let meta = &pod.pod.meta;
    let grace = meta.deletion_grace_period_seconds.unwrap_or(0).clamp(0, 1 << 40);
    let asked = pod.pod.deletion().map(|at| at - Span::from_secs(grace));
    // Where a hook comes first nobody knows since when the process has had the signal.
    let asked = asked.filter(|_| container.lifecycle.as_ref().is_none_or(|own| own.pre_stop.is_none()));
    let age = asked.map_or(Span::ZERO, |asked| now.since(asked)).max(Span::ZERO);
    OnTerm::After { after: unknown(STOP, age, whose), exit: Exit::Weighted(vec![(0, 0.5), (143, 0.5)]) }
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
    (container, own): (&Container, Option<&ContainerStatus>),
    whose: u64,
    now: Time,
) -> Option<(Supposed, String)> {
    let is_asked =
        [ProbeKind::Startup, ProbeKind::Readiness].into_iter().any(|kind| container.probe(kind).is_some());
    let has_been = own.is_some_and(|own| siblings::has_been_ready(pod, own));
    // An image that could not be pulled goes on so.
    let has_image = own.is_none_or(
        |own| !matches!(own.state, ContainerState::Waiting { reason, .. } if reasons::is_of_a_pull(reason)),
    );
    let is_known = attempt.boots.is_some() || attempt.start_error.is_some() || doing::is_never_ready(attempt);
    let is_known = is_known || !has_image;
    if !is_asked || has_been || is_known {
        return None;
    }
    let age = age(own, now)?;
    siblings::boot(attempt, container, &unknown(typical(container), age, whose));
    Some((Supposed::Boots, container.name.to_string()))
}

/// A container that is meant to end does, and well.
fn runs(
    attempt: &mut Attempt,
    (container, own): (&Container, Option<&ContainerStatus>),
    (typical, whose): (Span, u64),
    now: Time,
) -> Option<(Supposed, String)> {
    let has_ended =
        own.is_some_and(|own| own.last_state.terminated().is_some() || own.state.terminated().is_some());
    if has_ended || attempt.start_error.is_some() {
        return None;
    }
    attempt.runs = Some(unknown(typical, age(own, now)?, whose));
    Some((Supposed::Runs, container.name.to_string()))
}

/// How long something lasts that has lasted for an age and of which nobody knows how long it does.
fn unknown(typical: Span, age: Span, whose: u64) -> Distribution {
    Distribution::Unknown(Unknown { typical, age, whose })
}

/// Key of the luck of all containers that are made of one program: of a workload's, or of a pod's own.
fn whose(pod: &GivenPod, container: &Container, belongs: &Belongs<'_>) -> u64 {
    let (kind, name) = belongs.owner.unwrap_or(("pod", &pod.pod.meta.name));
    random::entity(&[&pod.pod.meta.namespace, kind, name, &container.name, &container.image])
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
