//! Probe workers: one for each probe of a container, from the pod's first mounted sync to its end
//! (pkg/kubelet/prober/worker.go, prober_manager.go, prober.go).
//!
//! A worker ticks from the moment it was made, not from the container's start; that is why a first liveness probe comes
//! a period *minus* the start-up after it. Ticks at which nothing can change are not played: a healthy container whose
//! script has no change ahead costs nothing. What a tick does stands in [`super::probe`].

use crate::api::form::{HeldContainer, ask};
use crate::api::spec::Probe;
use crate::api::{ContainerState, ContainerStatus, Marks, ProbeKind};
use crate::engine::Distribution;
use crate::rules::kubelet::sync_actions::ProbeResults;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::ProbePoint;
use crate::time::{Span, Time, next_on_grid};
use crate::world::worker::{Prober, Probers, Work, Worker};
use crate::world::{ContainerIx, Local, PodId, Purpose, SimEvent, World};

pub(super) fn prober_mut(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind) -> Option<&mut Prober> {
    w.memory_mut(pod, ix)?.probers.get_mut(kind)
}

pub(super) fn prober_of(p: Local<'_>, ix: ContainerIx, kind: ProbeKind) -> Option<&Prober> {
    p.memory(ix)?.probers.get(kind)
}

/// [`results`] of all containers, four bits each; None if there are too many containers.
pub fn packed_results(p: Local<'_>) -> Option<u64> {
    let workers = || p.worker.into_iter().flat_map(|worker| &worker.memory).map(|memory| &memory.probers);
    if !workers().any(Probers::can_kill) {
        return (p.container_count() <= MOST_PACKED).then_some(0);
    }
    let bits = |result: Option<bool>| result.map_or(0, |ok| 1 + u64::from(ok));
    let each = |all, own: ProbeResults| all << 4 | bits(own.liveness) << 2 | bits(own.startup);
    (p.container_count() <= MOST_PACKED).then(|| p.container_ixs().map(|ix| results(p, ix)).fold(0, each))
}

const MOST_PACKED: usize = 16;

/// What the last results of the probes that can kill say of the newest instance.
pub fn results(p: Local<'_>, ix: ContainerIx) -> ProbeResults {
    let has_startup = p.container(ix).startup_probe.is_some();
    // Most containers have no worker.
    let Some(own) = p.memory(ix).map(|memory| &memory.probers).filter(|own| !own.is_empty()) else {
        return ProbeResults { liveness: None, startup: None, has_startup };
    };
    let newest = p.runtime.live.newest(p.container(ix).name).map_or(-1, |c| c.restart_count);
    let of = |kind| own.get(kind).filter(|b| b.instance == newest).and_then(|b| b.result);
    ProbeResults { liveness: of(ProbeKind::Liveness), startup: of(ProbeKind::Startup), has_startup }
}

/// `AddPod`, at each sync: workers for main containers and sidecars that have none. That makes the workers anew that ended
/// because their container will not be restarted; each such one stores its first value, which wakes the sync loop, whose sync
/// makes it anew: a pod with such a container is synced at every relist.
pub fn add_pod(w: &mut World, pod: PodId) {
    let now = w.now;
    let Some(worker) = w.worker_mut(pod) else { return };
    let first = !std::mem::replace(&mut worker.probing, true);
    if !std::mem::take(&mut worker.lost_probers) && !first {
        return;
    }
    let node = worker.node;
    let young = now.since(w.kubelet_start(node));
    for ix in w.pods[pod.ix()].container_ixs() {
        let p = w.local(pod);
        if p.is_init(ix) && !p.is_sidecar(ix) {
            continue;
        }
        for kind in ProbeKind::ALL {
            let p = w.local(pod);
            let Some(period) = p.container(ix).probe(kind).map(period) else { continue };
            if prober_of(p, ix, kind).is_some() {
                continue;
            }
            // After a restart of the kubelet the first probes are spread over a period.
            let anchor = if young < period {
                now + Span::from_micros(
                    w.probe_draw(Purpose::ProbeStart, pod, ix, kind, w.instant())
                        .below(period.micros() as u64) as i64,
                )
            } else if first {
                now
            } else {
                now + TRIGGER
            };
            let Some(worker) = w.worker_mut(pod) else { return };
            let prober = Prober::new(anchor, worker.first);
            worker.memory[ix.ix()].probers.put(kind, prober);
            arm(w, pod, ix, kind, anchor);
        }
    }
}

/// What a worker has come to that has been there for a while.
#[derive(Clone, Copy, Debug)]
pub struct Resumed {
    /// One of its ticks.
    pub anchor: Time,
    /// The instance that its results are about.
    pub instance: i32,
    /// Its stored result.
    pub result: bool,
}

/// The workers of a pod's container have been there for a while: each has its ticks and its last result.
pub fn resume(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, resumed: Resumed) {
    let Some(first) = w.worker(pod).map(|worker| worker.first) else { return };
    let now = w.now;
    let Some(b) = prober_mut(w, pod, ix, kind) else { return };
    let generation = b.generation.max(first) + 1;
    *b = Prober {
        generation,
        instance: resumed.instance,
        asked: 1,
        result: Some(resumed.result),
        run: 1,
        run_ok: resumed.result,
        sleeps: false,
        ..Prober::new(resumed.anchor, first)
    };
    arm(w, pod, ix, kind, now + Span::from_micros(1));
}

fn period(probe: &Probe) -> Span {
    Span::from_secs(i64::from(probe.period_seconds.max(1)))
}

/// `StopLivenessAndStartup`: main containers only.
pub fn stop_liveness_and_startup(w: &mut World, pod: PodId) {
    let inits = w.pods[pod.ix()].spec.init_containers.len();
    let Some(worker) = w.worker_mut(pod) else { return };
    for memory in worker.memory.iter_mut().skip(inits) {
        memory.probers.remove(ProbeKind::Liveness);
        memory.probers.remove(ProbeKind::Startup);
    }
}

/// `RemovePod`
pub fn remove_pod(w: &mut World, pod: PodId) {
    for memory in w.worker_mut(pod).into_iter().flat_map(|worker| &mut worker.memory) {
        memory.probers = Probers::default();
    }
}

/// Queues the worker's next tick that can matter, not before `from`.
pub(super) fn arm(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, from: Time) {
    let p = w.local(pod);
    let Some(b) = prober_of(p, ix, kind) else { return };
    if b.busy {
        return;
    }
    let Some(spec) = p.container(ix).probe(kind) else { return };
    // The very next tick is queued: none could come before it.
    if b.queued.is_some_and(|queued| queued >= w.now && queued <= w.now + period(spec)) {
        return;
    }
    let Some(earliest) = next_relevant(w, p, ix, kind, b) else { return };
    let at = next_on_grid(b.anchor, period(spec), from.max(earliest));
    if b.queued.is_some_and(|queued| queued <= at && queued >= w.now) {
        return;
    }
    let Some(b) = prober_mut(w, pod, ix, kind) else { return };
    b.generation += 1;
    b.queued = Some(at);
    let generation = b.generation;
    w.at(at, SimEvent::Probe { pod, container: ix, kind, generation });
}

/// The earliest instant at which a tick could change something, or None while only an outside change can.
fn next_relevant(w: &World, p: Local<'_>, ix: ContainerIx, kind: ProbeKind, b: &Prober) -> Option<Time> {
    let found = published(p, ix)?;
    ask!(found, |status| next_relevant_of(w, p, ix, kind, b, status, || found.running_since()))
}

fn next_relevant_of<M: Marks>(
    w: &World,
    p: Local<'_>,
    ix: ContainerIx,
    kind: ProbeKind,
    b: &Prober,
    status: &ContainerStatus<M>,
    running_since: impl Fn() -> Option<Time>,
) -> Option<Time> {
    let instance = status.restart_count;
    match status.state {
        ContainerState::Running { .. } => {
            let new = b.instance != instance;
            if b.hold && !new {
                return None;
            }
            let spec = p.container(ix).probe(kind)?;
            let delay = Span::from_secs(i64::from(spec.initial_delay_seconds));
            let ripe = || running_since().unwrap_or(w.now) + delay;
            let started = status.started == Some(true);
            if (kind == ProbeKind::Startup) == started && !new {
                return None;
            }
            if new {
                return Some(w.now);
            }
            if is_given_up(p, ix, spec, &w.gates) {
                return Some(ripe());
            }
            let settled = b.result == Some(true) && b.run_ok;
            if !settled {
                return Some(ripe());
            }
            // Success after success says nothing new: on to the script's next change.
            let live = p.runtime.live.newest(p.container(ix).name)?;
            if live.restart_count != instance || live.state != crate::api::InstanceState::Running {
                return Some(w.now);
            }
            let begun = live.started_at?;
            let since = w.now.since(begun);
            let points = p.runtime.attempt(ix).answers(kind);
            let current = points.iter().rev().find(|point| point.at <= since);
            let usual = &w.plan.latency.probe;
            let may_fail = |point: &ProbePoint| point.failure_rate > 0.0 || times_out(point, usual, spec);
            if current.map_or_else(|| usual.may_exceed(timeout(spec)), may_fail) {
                return Some(ripe());
            }
            points
                .iter()
                .find(|point| point.at > since && may_fail(point))
                .map(|point| (begun + point.at).max(ripe()))
        }
        // A dead container: the next tick stores a failure, once.
        ContainerState::Terminated(_) | ContainerState::Waiting { .. }
            if status.container_id != crate::api::ContainerId::None =>
        {
            (b.instance != instance || (b.result != Some(false) && !b.hold)).then_some(w.now)
        }
        _ => None,
    }
}

/// Whether the kubelet does not wait for an exec: the pod is being stopped, and with its last sync the context has ended that
/// its probes run in. Some runtimes carry the exec out all the same.
pub(super) fn is_given_up(p: Local<'_>, ix: ContainerIx, spec: &Probe, gates: &Gates) -> bool {
    gates.habits.gives_up_exec_probes
        && spec.handler.exec.is_some()
        && p.worker.is_some_and(|worker| worker.work != Work::Sync)
        && !p.runtime.behavior.containers[usize::from(ix)].execs_run_on
}

/// A pod is being stopped: workers whose execs nobody waits for any more have something to tell at every tick.
pub fn pod_stops(w: &mut World, pod: PodId) {
    if w.gates.habits.gives_up_exec_probes {
        container_changed(w, pod);
    }
}

pub(super) fn timeout(spec: &Probe) -> Span {
    Span::from_secs(i64::from(spec.timeout_seconds.max(1)))
}

/// Whether a probe may take longer than it has; without a word in the script it takes what all take.
fn times_out(point: &ProbePoint, usual: &Distribution, spec: &Probe) -> bool {
    let limit = timeout(spec);
    match &point.takes {
        Some(Distribution::Constant(takes)) => *takes > limit,
        Some(_) => true,
        None => usual.may_exceed(limit),
    }
}

/// The container's status as the status manager has it.
pub(super) fn published(p: Local<'_>, ix: ContainerIx) -> Option<HeldContainer<'_>> {
    p.worker?.status()?.probed(p.container(ix).name)
}

/// Containers or their status have changed: workers that slept may have something to do.
pub fn container_changed(w: &mut World, pod: PodId) {
    // Most pods have no probe, and this is asked with each news of them.
    let is_probed =
        |worker: &Worker| worker.probing && worker.memory.iter().any(|own| !own.probers.is_empty());
    if !w.worker(pod).is_some_and(is_probed) {
        return;
    }
    let now = w.now;
    for ix in w.pods[pod.ix()].container_ixs() {
        // Most containers have no worker.
        if w.local(pod).memory(ix).is_none_or(|memory| memory.probers.is_empty()) {
            continue;
        }
        for kind in ProbeKind::ALL {
            arm(w, pod, ix, kind, now + Span::from_micros(1));
        }
    }
}

/// The status asks a readiness worker whose container is started and not ready to probe at once.
pub fn trigger_readiness(w: &mut World, pod: PodId, ix: ContainerIx) {
    let now = w.now;
    let Some(b) = prober_mut(w, pod, ix, ProbeKind::Readiness) else { return };
    // Who sleeps finds the trigger when it wakes.
    if b.busy || (b.sleeps && b.anchor > now) {
        b.triggered = true;
        return;
    }
    let instance = b.instance;
    let p = w.local(pod);
    let newest = p.runtime.live.newest(p.container(ix).name).map_or(-1, |c| c.restart_count);
    let of_a_thousand = if w.gates.habits.keeps_probe_triggers { RARELY_LOST } else { LOST };
    let lost = instance != newest
        && w.probe_draw(Purpose::ProbeTrigger, pod, ix, ProbeKind::Readiness, w.instant()).below(1000)
            < of_a_thousand;
    let period = w.pods[pod.ix()].container(ix).probe(ProbeKind::Readiness).map_or(Span::ZERO, period);
    let Some(b) = prober_mut(w, pod, ix, ProbeKind::Readiness) else { return };
    // The trigger resets the ticker.
    b.anchor = now + TRIGGER + if lost { period } else { Span::ZERO };
    b.generation += 1;
    b.queued = Some(b.anchor);
    let (generation, at) = (b.generation, b.anchor);
    w.at(at, SimEvent::Probe { pod, container: ix, kind: ProbeKind::Readiness, generation });
}

/// From a status that triggers a probe to the worker's look, by when the status manager's cache holds that status.
const TRIGGER: Span = Span::from_millis(1);
/// How often a worker is faster than the status that triggered it: it finds the old container and has lost the trigger
/// (4 of 34 recorded up to 1.35); of a thousand.
const LOST: u64 = 100;
/// The same from 1.36 on (22 of 1,466).
const RARELY_LOST: u64 = 15;

/// A probe is over: the worker ticks again, or follows the trigger that came meanwhile.
pub(super) fn rearm(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, b: &mut Prober) {
    if std::mem::take(&mut b.triggered) {
        if let Some(slot) = prober_mut(w, pod, ix, kind) {
            slot.triggered = false;
        }
        trigger_readiness(w, pod, ix);
        return;
    }
    let from = w.now + Span::from_micros(1);
    arm(w, pod, ix, kind, from);
}
