//! What is measured of pods.

use super::{End, Figure, MILLION, PHASES, What};
use crate::api::{EventText, ProbeKind, Sym, Text, Tri};
use crate::engine::Distribution;
use crate::record::{Change, Event, PodRow, Transition};
use crate::scenario::plan::ProbePoint;
use crate::time::{Span, Time};
use crate::world::{PodId, World};

/// By pod, as far as rows have told of it.
#[derive(Default)]
pub(super) struct Pods {
    lives: Vec<Life>,
}

/// A time that may be running.
#[derive(Clone, Copy, Default)]
pub(super) struct Clock {
    since: Option<Time>,
    micros: i64,
}

impl Clock {
    pub fn set(&mut self, runs: bool, now: Time) {
        match (runs, self.since) {
            (true, None) => self.since = Some(now),
            (false, Some(since)) => {
                self.micros += now.since(since).micros();
                self.since = None;
            }
            _ => {}
        }
    }
    /// What it shows at an instant.
    pub fn at(self, now: Time) -> i64 {
        self.micros + self.since.map_or(0, |since| now.since(since).micros())
    }
}

#[derive(Clone, Default)]
struct Life {
    was_ready: bool,
    /// It has ended or is being deleted: from then on nobody misses it.
    is_over: bool,
    down: Clock,
    running: Clock,
    /// Containers that a back-off keeps from being restarted.
    backing_off: Vec<Sym>,
    crash_loop: Clock,
    false_restarts: i64,
    /// Containers that are shown as running.
    up: Vec<Sym>,
    /// When it left the endpoints for good.
    left: Option<Time>,
    /// How long its containers went on after that.
    served: Option<Span>,
}

fn put(list: &mut Vec<Sym>, name: Sym, is_in: bool) {
    match list.iter().position(|own| *own == name) {
        Some(place) if !is_in => drop(list.swap_remove(place)),
        None if is_in => list.push(name),
        _ => {}
    }
}

impl Life {
    fn over(&mut self, now: Time) {
        self.is_over = true;
        self.down.set(false, now);
    }

    fn stopped(&mut self, now: Time) {
        if let Some(left) = self.left
            && self.served.is_none()
            && self.up.is_empty()
        {
            self.served = Some(now.since(left));
        }
    }
}

impl Pods {
    fn life(&mut self, pod: PodRow) -> &mut Life {
        let place = pod as usize;
        if self.lives.len() <= place {
            self.lives.resize(place + 1, Life::default());
        }
        &mut self.lives[place]
    }

    pub fn row(&mut self, row: &Transition, w: &World) {
        let (Some(pod), now) = (row.pod, row.time) else { return };
        let life = self.life(pod);
        match row.change {
            Change::Phase { to, .. } => {
                life.running.set(to == Sym::RUNNING, now);
                if to == Sym::SUCCEEDED || to == Sym::FAILED {
                    life.over(now);
                }
            }
            Change::Condition { kind: Sym::READY, to, .. } => {
                let is_ready = to == Some(Tri::True);
                life.was_ready |= is_ready;
                life.down.set(life.was_ready && !is_ready && !life.is_over, now);
            }
            Change::Container { name, to, reason, .. } => {
                let waits = to == Sym::WAITING && reason == Sym::CRASH_LOOP_BACK_OFF;
                if waits || to != Sym::TERMINATED_STATE {
                    put(&mut life.backing_off, name, waits);
                }
                life.crash_loop.set(!life.backing_off.is_empty(), now);
                put(&mut life.up, name, to == Sym::RUNNING_STATE);
                life.stopped(now);
            }
            Change::Status { to, .. } if to == Sym::TERMINATING => life.over(now),
            Change::Status { to: Sym::EMPTY, .. } => {
                life.over(now);
                life.running.set(false, now);
                life.crash_loop.set(false, now);
                life.up.clear();
                life.stopped(now);
            }
            // The API shows the end itself for the most of a back-off.
            Change::Event(Event {
                message: EventText::Plain(Text::BackOffRestarting { container }), ..
            }) => {
                put(&mut life.backing_off, container, true);
                life.crash_loop.set(true, now);
            }
            Change::Event(event) if event.reason == Sym::KILLING && is_false(&event, PodId(pod), w) => {
                life.false_restarts += 1;
            }
            _ => {}
        }
    }

    /// It is no ready endpoint any more, and will not be again.
    pub fn leaves(&mut self, pod: PodId, now: Time) {
        let life = self.life(pod.0);
        if life.left.is_none() && !life.up.is_empty() {
            life.left = Some(now);
        }
    }

    pub fn figures_of(&self, what: &What, end: &End<'_>) -> Vec<Figure> {
        let unseen = Life::default();
        let pods = end.records.iter().enumerate().filter(|(_, record)| record.created.is_some());
        let figures = pods.filter_map(|(place, record)| {
            let life = self.lives.get(place).unwrap_or(&unseen);
            let since_creation = |at: Option<Time>| Some(at?.since(record.created?).micros());
            Some(match what {
                // One that was taken away before, or that was never to serve, was not waited for.
                What::TimeToReady if record.ready.is_none() => {
                    let waits = record.removed.is_none() && record.phase != Sym::SUCCEEDED;
                    return waits.then_some(None);
                }
                What::TimeToReady => since_creation(record.ready),
                What::TimeRunning => Some(life.running.at(end.at)),
                // Nobody misses what was never there: that is what timeToReady says.
                What::Downtime if !life.was_ready => return None,
                What::Downtime => Some(life.down.at(end.at)),
                What::Restarts => Some(i64::from(record.restarts) * MILLION),
                What::FalseRestarts => Some(life.false_restarts * MILLION),
                What::CrashLoopTime => Some(life.crash_loop.at(end.at)),
                What::LastPhase => {
                    let place = PHASES.iter().position(|phase| record.phase == *phase)?;
                    Some(place as i64 * MILLION)
                }
                What::ServedAfterRemoval => Some(life.served?.micros()),
                _ => return None,
            })
        });
        figures.collect()
    }
}

/// Whether a probe has a container killed that would have answered it in time, now or later: not one that hangs for good.
fn is_false(event: &Event, pod: PodId, w: &World) -> bool {
    let EventText::Plain(text) = event.message else { return false };
    let Some(words) = text.fixed() else { return false };
    let kinds =
        [("failed liveness probe", ProbeKind::Liveness), ("failed startup probe", ProbeKind::Startup)];
    let Some((_, kind)) = kinds.into_iter().find(|(part, _)| words.contains(part)) else { return false };
    let p = &w.pods[pod.ix()];
    let named = event.field_path.split(['{', '}']).nth(1).unwrap_or_default();
    let Some(ix) = p.container_ixs().find(|ix| p.container(*ix).name == named) else { return false };
    let Some(probe) = p.container(ix).probe(kind) else { return false };
    let limit = Span::from_secs(i64::from(probe.timeout_seconds.max(1)));
    let runtime = &w.places[pod.ix()].runtime;
    let attempt = runtime.attempt(ix);
    if kind == ProbeKind::Startup && attempt.boots.as_ref().is_some_and(|(_, fails)| fails[0]) {
        return true;
    }
    let started = runtime.live.newest(p.container(ix).name).and_then(|live| live.started_at);
    let since = w.now.since(started.unwrap_or(w.now));
    let answers = |point: &ProbePoint| {
        let is_late = matches!(point.takes, Some(Distribution::Constant(takes)) if takes > limit);
        point.failure_rate < 1.0 && !is_late
    };
    let points = attempt.answers(kind);
    let present = points.iter().rposition(|point| point.at <= since);
    present.is_none() || points[present.unwrap_or(0)..].iter().any(answers)
}
