//! From a cluster's history to durations: what each program did, start by start.
//!
//! A container's life begins at `startedAt` and ends at `finishedAt`, both cut to their second; where somebody stamped the stream, the event
//! `Started` narrows the one. A life that the kubelet ended, that was not over
//! when watching ended, or that was under way when it began, counts as that.

use std::collections::BTreeMap;

use super::kernel::Observation;
use super::lived::{Each, Lived, Program};
use super::starts::Start;
use crate::api::{Container, ProbeKind};
use crate::observed::{Ended, Event, History, Pod, Role, Was, Watched};

const SECOND: i64 = 1_000_000;
/// An event comes so much later than what it tells of, at most, as a rule.
const EVENT: i64 = 50_000;
/// So long it takes at most, as a rule, from a probe's answer to the version that shows it.
const SHOWN: i64 = 150_000;
/// So long it takes at most, as a rule, from the end of a pod's one container, which is being killed with its pod, to the version that shows it
/// (`SyncTerminatingPod` tells the status once all are stopped, pkg/kubelet/kubelet.go).
const TOLD: i64 = 300_000;

/// Programs and what they did.
pub fn lived(history: &History) -> BTreeMap<Program, Lived> {
    let mut events: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in &history.events {
        events.entry(&event.about).or_default().push(event);
    }
    let mut all: BTreeMap<Program, Lived> = BTreeMap::new();
    for (uid, watched) in &history.pods {
        let workload = history.workload(&watched.pod);
        let events = events.get(uid.as_str()).map_or(&[][..], |own| own.as_slice());
        for (ix, (role, container)) in watched.pod.containers.iter().enumerate() {
            let program = Program {
                workload: workload.clone(),
                container: container.name.to_string(),
                image: container.image.to_string(),
                finishes: *role == Role::Init,
            };
            let events: Vec<&Event> =
                events.iter().copied().filter(|event| event.container == container.name.as_str()).collect();
            let one = One { watched, ix, role: *role, container, events: &events };
            one.tell(all.entry(program).or_default());
        }
    }
    all
}

/// One start of a container.
#[derive(Clone, Copy, Default)]
struct Life {
    started: Option<i64>,
    ended: Option<Ended>,
    booted: Option<Booted>,
    /// When the first version came that shows its end.
    shown: Option<i64>,
    /// It was seen running before it had booted, and after.
    boots_seen: [bool; 2],
    /// It ran when its pod was first seen.
    was_there: bool,
}

/// When a probe was seen to succeed.
#[derive(Clone, Copy)]
enum Booted {
    /// A version that came at this instant shows it, and the one before did not.
    Stamp(i64),
    /// The pod is ready since this second.
    Second(i64),
}

/// One container of one pod.
struct One<'a> {
    watched: &'a Watched,
    ix: usize,
    role: Role,
    container: &'a Container,
    events: &'a [&'a Event],
}

impl One<'_> {
    fn pod(&self) -> &Pod {
        &self.watched.pod
    }

    fn tell(&self, lived: &mut Lived) {
        let lives = self.lives();
        for (number, life) in &lives {
            let Some(started) = life.started else { continue };
            let began = self.began(started);
            let is_last = lives.keys().next_back() == Some(number);
            let mut seen = Start::default();
            self.boot(life, began, is_last, &mut seen);
            self.run(life, (began, is_last), &mut seen, &mut lived.hooked);
            lived.each.push(Each {
                number: *number,
                began: began.0.midpoint(began.1),
                pod: (self.pod().namespace.clone(), self.pod().name.clone()),
                index: self.pod().index,
                node: self.pod().node(),
                seen,
            });
        }
        let asked = [ProbeKind::Startup, ProbeKind::Readiness];
        lived.asked = asked.into_iter().find(|kind| self.container.probe(*kind).is_some());
    }

    /// By restart count.
    fn lives(&self) -> BTreeMap<i32, Life> {
        let mut lives: BTreeMap<i32, Life> = BTreeMap::new();
        let mut before: Option<(i32, bool, bool)> = None;
        for (at, version) in self.pod().versions.iter().enumerate() {
            let Some(own) = version.containers.get(self.ix).copied().flatten() else { continue };
            if let Some(last) = own.last {
                // A container that waits to be started again has its last end as that; its count rises with the start.
                let number = if own.was == Was::Waiting { own.restarts } else { own.restarts - 1 };
                let life = lives.entry(number).or_default();
                life.started = life.started.or(last.started);
                life.ended = life.ended.or(Some(last));
                life.shown = life.shown.or(version.stamp);
            }
            let has_booted = self.has_booted(own.started, own.ready);
            match own.was {
                Was::Waiting => {}
                Was::Running(started) => {
                    let life = lives.entry(own.restarts).or_default();
                    life.started = life.started.or(started);
                    life.was_there |= at == 0;
                    life.boots_seen[usize::from(has_booted)] = true;
                    // Whoever has seen it neither wait nor fail does not know when it booted.
                    let fresh = before.is_some_and(|(number, booted, _)| number != own.restarts || !booted);
                    if has_booted && fresh && life.booted.is_none() && !version.after_hole {
                        life.booted = version.stamp.map(Booted::Stamp);
                    }
                    let alone = self.is_alone() && own.restarts == 0 && version.ready_since.is_some();
                    if life.booted.is_none() && alone {
                        life.booted = version.ready_since.map(Booted::Second);
                    }
                }
                Was::Ended(ended) => {
                    let life = lives.entry(own.restarts).or_default();
                    life.started = life.started.or(ended.started);
                    life.ended = life.ended.or(Some(ended));
                    life.shown = life.shown.or(version.stamp);
                }
            }
            before = Some((own.restarts, has_booted && matches!(own.was, Was::Running(_)), true));
        }
        lives
    }

    fn has_booted(&self, started: bool, ready: bool) -> bool {
        match self.container.probe(ProbeKind::Startup) {
            Some(_) => started,
            None => ready,
        }
    }

    /// Its readiness is its pod's.
    fn is_alone(&self) -> bool {
        let probed = |container: &Container| {
            container.probe(ProbeKind::Startup).is_some() || container.probe(ProbeKind::Readiness).is_some()
        };
        let others = self.pod().containers.iter().filter(|(role, _)| *role != Role::Init);
        others.filter(|(_, container)| probed(container)).count() == 1 && probed(self.container)
    }

    /// The window in which a life began.
    fn began(&self, started: i64) -> (i64, i64) {
        let (from, to) = (started * SECOND, (started + 1) * SECOND);
        let told =
            self.events.iter().filter(|event| event.reason == "Started").filter_map(|event| event.stamp);
        let told = told.filter(|stamp| (from..to + EVENT).contains(stamp)).min();
        // The version that shows it comes the sooner the earlier in its second it was: it narrows nothing.
        match told {
            Some(stamp) => ((stamp - EVENT).clamp(from, to), stamp.clamp(from, to)),
            None => (from, to),
        }
    }

    fn boot(&self, life: &Life, began: (i64, i64), is_last: bool, seen: &mut Start) {
        let startup = self.container.probe(ProbeKind::Startup);
        let readiness = self.container.probe(ProbeKind::Readiness);
        let Some(probe) = startup.or(readiness) else { return };
        let period = |probe: &crate::api::Probe| match probe.period_seconds {
            0 => 10 * SECOND,
            secs => i64::from(secs) * SECOND,
        };
        // A probe that must succeed several times began to do so before.
        let more =
            if startup.is_some() { 0 } else { i64::from(probe.success_threshold.max(1) - 1) * period(probe) };
        match life.booted {
            Some(Booted::Stamp(stamp)) => {
                let shown = stamp - more;
                let of_probe = if startup.is_some() { "Startup probe" } else { "Readiness probe" };
                let failed = self.events.iter().filter(|event| event.reason == "Unhealthy");
                let failed = failed
                    .filter(|event| event.message.starts_with(of_probe))
                    .filter_map(|event| event.stamp);
                let failed = failed.filter(|stamp| (began.0..shown).contains(stamp)).max();
                let least =
                    (shown - period(probe) - SHOWN).max(failed.map_or(i64::MIN, |stamp| stamp - EVENT));
                seen.boots.push(Observation::between(began, (least.max(began.0), shown.max(began.1))));
            }
            Some(Booted::Second(second)) => {
                let both = startup.and(readiness).map_or(0, period);
                let shown = second * SECOND - more;
                let width = period(probe) + both;
                let one = Observation::between(began, (shown - width, shown));
                seen.boots.push(Observation { late: SECOND, ..one });
            }
            // It ended, or was looked at for the last time, before it had booted.
            None if life.boots_seen == [true, false] => {
                let ended = life.ended.and_then(|ended| Some((ended, ended.finished?)));
                let until = match ended {
                    Some((ended, finished)) => {
                        let killed = self.killed(began.0, &ended, finished);
                        killed.map_or(finished * SECOND, |(window, _)| window.0.min(finished * SECOND))
                    }
                    None if is_last => self.seen_until(),
                    None => return,
                };
                seen.boots.push(Observation::beyond(began, until.max(began.1)));
            }
            None => {}
        }
    }

    /// When the kubelet began to end a life that was over at this second: the window, and the grace period.
    fn killed(&self, began: i64, ended: &Ended, finished: i64) -> Option<((i64, i64), Option<i64>)> {
        let deletion = self.pod().versions.iter().rev().find_map(|version| version.deletion);
        let deletion = deletion.filter(|(asked, _)| finished >= *asked);
        let grace = deletion.map(|(_, grace)| grace);
        let killing = self.events.iter().filter(|event| event.reason == "Killing").filter_map(|event| {
            let window = match (event.stamp, event.at) {
                (Some(stamp), _) => (stamp - EVENT, stamp),
                (None, Some(at)) => (at, at + if event.is_second { SECOND } else { 0 }),
                _ => return None,
            };
            Some(window)
        });
        let mut killing = killing.filter(|(from, to)| *to >= began && *from < (finished + 1) * SECOND);
        if let Some(window) = killing.next() {
            return Some((window, grace));
        }
        if let Some((asked, _)) = deletion {
            return Some(((asked * SECOND, (asked + 1) * SECOND), grace));
        }
        let others_ended = || {
            let last = self.pod().versions.last()?;
            let mains = self.pod().containers.iter().zip(&last.containers);
            let mut mains = mains.filter(|((role, _), _)| *role == Role::Main);
            Some(mains.all(|(_, seen)| seen.is_some_and(|own| matches!(own.was, Was::Ended(_)))))
        };
        let is_sidecar = self.role == Role::Sidecar && others_ended() == Some(true);
        let was_ended = self.pod().versions.last().is_some_and(|version| version.was_ended);
        // Without events a kill by a probe looks like an end of its own; its code does not.
        let by_probe = self.events.is_empty()
            && self.container.probe(ProbeKind::Liveness).is_some()
            && (ended.code == 143 || ended.code == 137 && &*ended.reason == "Error");
        (is_sidecar || was_ended || by_probe).then_some(((began, (finished + 1) * SECOND), None))
    }

    /// The window in which a life ended: a second, and before a version showed it. That comes soon where nothing was waited for but this end.
    fn end(&self, life: &Life, finished: i64) -> (i64, i64) {
        let (from, to) = (finished * SECOND, (finished + 1) * SECOND);
        let Some(shown) = life.shown.filter(|shown| *shown > from) else { return (from, to) };
        let goes = self
            .pod()
            .versions
            .iter()
            .any(|version| version.deletion.is_some_and(|(asked, _)| asked <= finished));
        let is_alone =
            goes && self.pod().containers.iter().filter(|(role, _)| *role != Role::Init).count() == 1;
        let least = if is_alone { (shown - TOLD).clamp(from, to) } else { from };
        (least, to.min(shown).max(least))
    }

    /// How long its preStop hook takes; none: no time. A sleep says so itself, of others nobody knows.
    fn hook(&self) -> Option<i64> {
        match self.container.lifecycle.as_ref().and_then(|hooks| hooks.pre_stop.as_ref()) {
            None => Some(0),
            Some(hook) => hook.sleep.as_ref().map(|sleep| sleep.seconds * SECOND),
        }
    }

    fn run(&self, life: &Life, (began, is_last): ((i64, i64), bool), seen: &mut Start, hooked: &mut u64) {
        let entry = match life.was_there && self.watched.since > began.1 + SECOND {
            true => self.watched.since - began.0.midpoint(began.1),
            false => 0,
        };
        let Some((ended, finished)) = life.ended.and_then(|ended| Some((ended, ended.finished?))) else {
            if is_last {
                seen.runs.push(Observation { entry, ..Observation::beyond(began, self.seen_until()) });
            }
            return;
        };
        let mut end = self.end(life, finished);
        // What was under way had not ended.
        if entry > 0 && self.watched.since < end.1 {
            end.0 = end.0.max(self.watched.since);
        }
        let Some((killed, grace)) = self.killed(began.0, &ended, finished) else {
            seen.runs.push(Observation { entry, ..Observation::between(began, end) });
            *seen.exits.entry((ended.code, ended.reason.to_string())).or_default() += 1;
            return;
        };
        let run = Observation::beyond(began, killed.0.max(began.1));
        seen.runs.push(Observation { entry: entry.min(run.least + run.early / 2), ..run });
        match self.hook() {
            None => *hooked += u64::from(is_known(killed, end)),
            Some(hook) => term(
                &ended,
                (killed.0 + hook, killed.1 + hook),
                end,
                grace.map(|own| own - hook / SECOND),
                seen,
            ),
        }
    }

    /// Until when a life that has no end was seen.
    fn seen_until(&self) -> i64 {
        let last = self.pod().versions.last();
        let asked = last.and_then(|version| version.deletion).map(|(asked, _)| asked * SECOND);
        match last.filter(|own| own.is_last) {
            Some(version) => asked.or(version.stamp).unwrap_or(0),
            None => asked.unwrap_or(i64::MAX).min(self.watched.until),
        }
    }
}

/// Whether it is known to the second when SIGTERM came.
fn is_known(killed: (i64, i64), end: (i64, i64)) -> bool {
    killed.1 - killed.0 <= SECOND && killed.0 <= end.1
}

/// From SIGTERM to the end.
fn term(ended: &Ended, killed: (i64, i64), end: (i64, i64), grace: Option<i64>, seen: &mut Start) {
    if !is_known(killed, end) {
        return;
    }
    let grace = grace.unwrap_or(30).max(1) * SECOND;
    if ended.code == 137 && end.1 - killed.0 >= grace {
        let open = Observation { least: grace, is_open: true, ..Observation::default() };
        seen.terms.push(open);
        return;
    }
    seen.terms.push(Observation::between(killed, (end.0.max(killed.0), end.1.max(killed.0 + 1))));
    *seen.term_codes.entry(ended.code).or_default() += 1;
}
