//! What pods of a workload tell of its others: of those that are starting up, of those that run, and of those that are still to
//! be made.
//!
//! A pod that is up has shown how long its program boots: its `Ready` came between a probe that failed and the next one, so that
//! the boot ended up to a period before. A container that has ended by itself has shown how long it runs and what it ends with.
//! Those of the same image count; where there is none, how long it boots is asked of the workload's other images (a rollout
//! whose first new pods start up). Nobody is told what he has refuted himself: who has been starting for longer than all others
//! took has no boot of theirs, who has ended before it was ready does so again, and who runs for longer than all others ran runs
//! on.
//!
//! Absent on purpose: whose program a scenario describes, and what a pod has shown of itself ([`super::doing`]), which comes
//! first.

use std::collections::BTreeMap;

use super::{Given, GivenPod, doing};
use crate::api::{Container, ContainerState, ContainerStatus, ProbeKind, Sym, Tri};
use crate::engine::Distribution;
use crate::scenario::plan::{Attempt, Exit};
use crate::time::{Span, Time};

/// What one container of a pod has shown.
#[derive(Clone, Copy, Debug)]
struct Seen {
    image: Sym,
    /// How long it booted: not less, and not more.
    boots: Option<(Span, Span)>,
    /// How long an instance that ended by itself ran, and its code.
    ran: Option<(Span, u8)>,
    /// How long it has been running.
    age: Option<Span>,
}

/// How long containers of an image run that end by themselves.
#[derive(Clone, Debug)]
struct Runs {
    how: Distribution,
    exit: Exit,
    /// None ran longer.
    longest: Span,
}

/// What is known of a container of a workload.
#[derive(Clone, Debug, Default)]
struct Known {
    /// By image: how long it boots, and how long it runs; nothing where some run on that have outlasted those that ended.
    images: BTreeMap<String, (Option<Distribution>, Option<Runs>)>,
    /// How long it boots, whatever its image.
    boots: Option<Distribution>,
}

/// What the pods of all workloads have shown.
#[derive(Clone, Debug, Default)]
pub struct Siblings {
    /// By kind and name of the workload, and by the container's name.
    known: BTreeMap<Of, Known>,
}

type Of = (String, String, String);

/// A workload, its kind and its name.
pub type Top = (String, String);

/// Instants are cut to their second: between two of them lies a second more or less.
const CUT: Span = Span::from_secs(1);
/// A boot of which one is known differs from it by as much: a tenth.
const DIFFERS: f64 = 0.1;
/// So many values stand for what one container has shown, and for what all have.
const VALUES: i64 = 16;
const ALL: usize = 64;

impl Siblings {
    /// Of what was printed; each pod with its topmost workload.
    pub fn new(given: &Given, tops: &[Option<Top>]) -> Siblings {
        let mut seen: BTreeMap<Of, Vec<Seen>> = BTreeMap::new();
        for (pod, top) in given.pods.iter().zip(tops) {
            let Some(top) = top else { continue };
            for container in &pod.pod.spec.containers {
                let all = &pod.pod.status.containers;
                let Some(own) = all.iter().find(|own| own.name == container.name) else { continue };
                seen.entry(of(top, container)).or_default().push(Seen {
                    image: container.image,
                    boots: booted(pod, container, own),
                    ran: ran(pod, own),
                    age: own.state.running_since().map(|since| given.now.since(since)),
                });
            }
        }
        Siblings { known: seen.into_iter().map(|(of, seen)| (of, Known::of(&seen))).collect() }
    }

    /// How long a container of a workload boots; whether that is of the same image.
    pub fn boots(&self, top: &Top, container: &Container) -> Option<(&Distribution, bool)> {
        let known = self.known.get(&of(top, container))?;
        let same = known.images.get(container.image.as_str()).and_then(|(boots, _)| boots.as_ref());
        same.map(|own| (own, true)).or(known.boots.as_ref().map(|own| (own, false)))
    }

    /// How long it runs that has been running for an age.
    fn runs(&self, top: &Top, container: &Container, age: Span) -> Option<&Runs> {
        let known = self.known.get(&of(top, container))?;
        let (_, runs) = known.images.get(container.image.as_str())?;
        runs.as_ref().filter(|runs| age <= runs.longest)
    }

    /// What the others tell of a container whose own status leaves it open; in words, where they tell something.
    pub fn tell(
        &self,
        attempt: &mut Attempt,
        top: &Top,
        (pod, container): (&GivenPod, &Container),
        now: Time,
    ) -> Vec<String> {
        let own = pod.pod.status.containers.iter().find(|own| own.name == container.name);
        let age = own.and_then(|own| own.state.running_since()).map(|since| now.since(since));
        let mut told = Vec::new();
        let place = format!("{}/{}: {}", top.0, top.1, container.name);
        let has_ended =
            own.is_some_and(|own| own.last_state.terminated().or(own.state.terminated()).is_some());
        if attempt.runs.is_none()
            && attempt.start_error.is_none()
            && !has_ended
            && let Some(runs) = self.runs(top, container, age.unwrap_or(Span::ZERO))
        {
            (attempt.runs, attempt.exit) = (Some(runs.how.clone()), runs.exit.clone());
            told.push(format!("{place} runs as long as those that have ended, and ends as they did"));
        }
        let ends_first = has_ended && doing::is_never_ready(attempt);
        let starts = own.is_none_or(|own| !has_been_ready(pod, own)) && !ends_first;
        if starts && let Some((boots, is_same)) = self.boots(top, container) {
            let wait = container.probe(ProbeKind::Readiness).or(container.probe(ProbeKind::Startup));
            let wait = wait.map_or(0, |probe| i64::from(probe.period_seconds.max(1)));
            let is_late = age.is_some_and(|age| !boots.may_exceed(age - Span::from_secs(wait) - CUT * 2));
            if !is_late {
                boot(attempt, container, boots);
                let of = if is_same { "those that are up" } else { "those of another image that are up" };
                told.push(format!("{place} boots as long as {of}"));
            }
        }
        told
    }
}

fn of(top: &Top, container: &Container) -> Of {
    (top.0.clone(), top.1.clone(), container.name.to_string())
}

impl Known {
    fn of(seen: &[Seen]) -> Known {
        let mut images: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
        for own in seen {
            images.entry(own.image.to_string()).or_default().push(*own);
        }
        let images = images.into_iter().map(|(image, own)| (image, (boots(&own), runs(&own))));
        Known { images: images.collect(), boots: boots(seen) }
    }
}

/// How long those boot that have shown it.
fn boots(seen: &[Seen]) -> Option<Distribution> {
    let known: Vec<(Span, Span)> = seen.iter().filter_map(|seen| seen.boots).collect();
    let widest = spread(&known);
    some(known.iter().flat_map(|(low, high)| between(*low - widest, *high + widest)).collect())
}

/// How long those run that have ended, unless others have outlasted them.
fn runs(seen: &[Seen]) -> Option<Runs> {
    let known: Vec<(Span, u8)> = seen.iter().filter_map(|seen| seen.ran).collect();
    let longest = known.iter().map(|(ran, _)| *ran + CUT).max()?;
    if seen.iter().filter_map(|seen| seen.age).any(|own| own > longest) {
        return None;
    }
    let how = some(known.iter().flat_map(|(ran, _)| between(*ran - CUT, *ran + CUT)).collect())?;
    let mut codes: BTreeMap<u8, f64> = BTreeMap::new();
    known.iter().for_each(|(_, code)| *codes.entry(*code).or_default() += 1.0);
    let exit = match codes.len() {
        1 => Exit::Code(known[0].1),
        _ => Exit::Weighted(codes.into_iter().collect()),
    };
    Some(Runs { how, exit, longest })
}

/// Some of many values, as good as all of them.
fn some(mut values: Vec<Span>) -> Option<Distribution> {
    values.sort_unstable();
    let count = values.len();
    if count > ALL {
        values = (0..ALL).map(|ix| values[(2 * ix + 1) * count / (2 * ALL)]).collect();
    }
    (count > 0).then_some(Distribution::Empirical(values))
}

/// A container boots for so long: its startup and its readiness probe fail until then, whatever was said of them.
pub fn boot(attempt: &mut Attempt, container: &Container, boots: &Distribution) {
    let has = |kind| container.probe(kind).is_some();
    // Whether its liveness probe fails meanwhile, readiness does not tell.
    let probes = [has(ProbeKind::Startup), has(ProbeKind::Readiness), false];
    if probes.contains(&true) {
        (attempt.startup, attempt.readiness) = (Vec::new(), Vec::new());
        attempt.boots = Some((boots.clone(), probes));
    }
}

/// Evenly spread values, none below 0.
fn between(low: Span, high: Span) -> impl Iterator<Item = Span> {
    let (low, high) = (low.max(Span::ZERO).micros(), high.max(Span::ZERO).micros());
    (0..VALUES).map(move |ix| Span::from_micros(low + (high - low) * (2 * ix + 1) / (2 * VALUES)))
}

/// How much a boot may differ from those that are known: as those do from each other, or a tenth of the only one.
fn spread(known: &[(Span, Span)]) -> Span {
    let middles: Vec<f64> =
        known.iter().map(|(low, high)| (low.micros() + high.micros()) as f64 / 2.0).collect();
    let count = middles.len() as f64;
    let mean = middles.iter().sum::<f64>() / count.max(1.0);
    let square = |middle: &f64| (middle - mean) * (middle - mean);
    let spread = match middles.len() {
        0 => 0.0,
        1 => mean * DIFFERS,
        _ => libm::sqrt(middles.iter().map(square).sum::<f64>() / (count - 1.0)) / libm::sqrt(count),
    };
    Span::from_micros(spread as i64)
}

/// Since when a pod is Ready.
fn ready_since(pod: &GivenPod) -> Option<Time> {
    let ready = pod.pod.status.condition(Sym::READY).filter(|ready| ready.status == Tri::True);
    ready.and_then(|ready| ready.last_transition)
}

/// Whether the newest instance of a container has been ready.
pub fn has_been_ready(pod: &GivenPod, own: &ContainerStatus) -> bool {
    let changed = pod.pod.status.condition(Sym::READY).and_then(|ready| ready.last_transition);
    let since = own.state.running_since();
    // Of one that has begun since, `Ready` has said False all the time.
    own.ready || since.is_some_and(|since| changed.is_some_and(|changed| changed > since + CUT))
}

/// How long a container booted that is up.
fn booted(pod: &GivenPod, container: &Container, own: &ContainerStatus) -> Option<(Span, Span)> {
    let took = ready_since(pod)?.since(own.state.running_since()?);
    let period = |kind| container.probe(kind).map(|probe| i64::from(probe.period_seconds.max(1)));
    let (startup, readiness) = (period(ProbeKind::Startup), period(ProbeKind::Readiness));
    if took < Span::ZERO || (startup, readiness) == (None, None) {
        return None;
    }
    let unseen = Span::from_secs(startup.unwrap_or(0) + readiness.unwrap_or(0));
    Some(((took - unseen - CUT).max(Span::ZERO), took + CUT))
}

/// How long the newest instance ran that has ended by itself.
fn ran(pod: &GivenPod, own: &ContainerStatus) -> Option<(Span, u8)> {
    let was_ended = pod.pod.meta.deletion_timestamp.is_some()
        || !pod.pod.status.reason.is_empty()
        || pod.pod.status.condition(Sym::DISRUPTION_TARGET).is_some();
    let ended = match &own.state {
        ContainerState::Terminated(ended) => Some(ended),
        _ => own.last_state.terminated(),
    };
    let ended = ended.filter(|_| !was_ended)?;
    let began = ended.started_at.filter(|began| *began != Time::EPOCH)?;
    let code = u8::try_from(ended.exit_code.rem_euclid(256)).unwrap_or(u8::MAX);
    // What a signal has ended was killed by a probe, or ran out of memory.
    (code < 128).then_some((ended.finished_at?.since(began).max(Span::ZERO), code))
}
