//! Probe workers: one for each probe of a container, from the pod's first mounted sync to its end
//! (pkg/kubelet/prober/worker.go, prober_manager.go, prober.go).
//!
//! A worker ticks from the moment it was made, not from the container's start; that is why a first liveness probe comes
//! a period *minus* the start-up after it. Ticks at which nothing can change are not played: a healthy container whose
//! script has no change ahead costs nothing.

use super::{pod_worker, status_manager};
use crate::actors::events;
use crate::api::spec::Probe;
use crate::api::{ContainerState, ContainerStatus, HeldStatus, ProbeKind, RestartPolicy, Sym};
use crate::rules::kubelet::api_status::ran_before_kubelet;
use crate::rules::kubelet::probe_text::{self, Door, Failure};
use crate::rules::kubelet::restart::should_restart;
use crate::rules::kubelet::status_change;
use crate::rules::kubelet::sync_actions::ProbeResults;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::ProbePoint;
use crate::time::{Span, Time};
use crate::world::worker::{Prober, Probers};
use crate::world::{ContainerIx, Local, PodId, Purpose, SimEvent, World};

fn prober_mut(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind) -> Option<&mut Prober> {
    w.memory_mut(pod, ix)?.probers.get_mut(kind)
}

fn prober(p: Local<'_>, ix: ContainerIx, kind: ProbeKind) -> Option<&Prober> {
    p.memory(ix)?.probers.get(kind)
}

/// What the last results of the probes that can kill say of the newest instance.
pub fn results(p: Local<'_>, ix: ContainerIx) -> ProbeResults {
    let newest = p.runtime.live.newest(p.container(ix).name).map_or(-1, |c| c.restart_count);
    let own = p.memory(ix).map(|memory| &memory.probers).filter(|own| !own.is_empty());
    let of = |kind| own?.get(kind).filter(|b| b.instance == newest).and_then(|b| b.result);
    ProbeResults {
        liveness: of(ProbeKind::Liveness),
        startup: of(ProbeKind::Startup),
        has_startup: p.container(ix).startup_probe.is_some(),
    }
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
    let young = now.since(super::start_of(w, node));
    for ix in w.pods[pod.ix()].container_ixs() {
        let p = w.local(pod);
        if p.is_init(ix) && !p.is_sidecar(ix) {
            continue;
        }
        for kind in ProbeKind::ALL {
            let p = w.local(pod);
            let Some(period) = p.container(ix).probe(kind).map(period) else { continue };
            if prober(p, ix, kind).is_some() {
                continue;
            }
            // After a restart of the kubelet the first probes are spread over a period.
            let anchor = if young < period {
                now + Span::from_micros(
                    w.pod_draw(Purpose::ProbeStart, pod).below(period.micros() as u64) as i64
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
fn arm(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, from: Time) {
    let p = w.local(pod);
    let Some(b) = prober(p, ix, kind) else { return };
    if b.busy {
        return;
    }
    let Some(spec) = p.container(ix).probe(kind) else { return };
    let Some(earliest) = next_relevant(w, p, ix, kind, b) else { return };
    let at = pod_worker::next_on_grid(b.anchor, period(spec), from.max(earliest));
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
    let (held, status) = published(p, ix)?;
    let instance = status.restart_count;
    match status.state {
        ContainerState::Running { .. } => {
            let new = b.instance != instance;
            if b.hold && !new {
                return None;
            }
            let spec = p.container(ix).probe(kind)?;
            let delay = Span::from_secs(i64::from(spec.initial_delay_seconds));
            let ripe = || held.running_since(status).unwrap_or(w.now) + delay;
            let started = status.started == Some(true);
            if (kind == ProbeKind::Startup) == started && !new {
                return None;
            }
            if new {
                return Some(w.now);
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
            if current.is_some_and(|point| point.failure_rate > 0.0 || times_out(point, spec)) {
                return Some(ripe());
            }
            points
                .iter()
                .find(|point| point.at > since && (point.failure_rate > 0.0 || times_out(point, spec)))
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

fn timeout(spec: &Probe) -> Span {
    Span::from_secs(i64::from(spec.timeout_seconds.max(1)))
}

/// Whether a probe may take longer than it has.
fn times_out(point: &ProbePoint, spec: &Probe) -> bool {
    let limit = timeout(spec);
    match &point.takes {
        Some(crate::engine::Distribution::Constant(takes)) => *takes > limit,
        Some(_) => true,
        None => false,
    }
}

/// The status as the status manager has it, and in its form the container's.
fn published(p: Local<'_>, ix: ContainerIx) -> Option<(&HeldStatus, &ContainerStatus)> {
    let worker = p.worker?;
    let name = p.container(ix).name;
    let status = worker.status()?;
    let found = status_change::probed(status.form()).find(|c| c.name == name)?;
    Some((status, found))
}

/// Containers or their status have changed: workers that slept may have something to do.
pub fn container_changed(w: &mut World, pod: PodId) {
    if !w.worker(pod).is_some_and(|worker| worker.probing) {
        return;
    }
    let now = w.now;
    for ix in w.pods[pod.ix()].container_ixs() {
        // Most containers have no worker.
        let own = w.worker(pod).and_then(|worker| worker.memory.get(ix.ix())).map(|memory| &memory.probers);
        let Some(own) = own.filter(|own| !own.is_empty()) else { continue };
        let there = ProbeKind::ALL.map(|kind| own.get(kind).is_some());
        for (kind, _) in ProbeKind::ALL.into_iter().zip(there).filter(|(_, there)| *there) {
            arm(w, pod, ix, kind, now + Span::from_micros(1));
        }
    }
}

/// The status asks a readiness worker whose container is started and not ready to probe at once.
pub fn trigger_readiness(w: &mut World, pod: PodId, ix: ContainerIx) {
    let now = w.now;
    let Some(b) = prober_mut(w, pod, ix, ProbeKind::Readiness) else { return };
    if b.busy {
        b.triggered = true;
        return;
    }
    let instance = b.instance;
    let p = w.local(pod);
    let newest = p.runtime.live.newest(p.container(ix).name).map_or(-1, |c| c.restart_count);
    let lost = instance != newest
        && !w.gates.habits.keeps_probe_triggers
        && w.pod_draw(Purpose::Trigger, pod).below(100) < LOST_PERCENT;
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
/// (4 of 34 recorded up to 1.35, none of 17 in 1.36).
const LOST_PERCENT: u64 = 10;

/// A tick: `doProbe`.
pub fn tick(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, generation: u32) {
    let p = w.local(pod);
    let Some(b) = prober(p, ix, kind).copied().filter(|b| b.generation == generation) else { return };
    let Some(worker) = p.worker else { return };
    if worker.status().is_some_and(|s| s.form().phase.is_terminal()) {
        return;
    }
    if let Some(b) = prober_mut(w, pod, ix, kind) {
        b.queued = None;
    }
    let now = w.now;
    let p = w.local(pod);
    let Some(status) = published(p, ix).map(|(held, found)| held.container(found)) else { return };
    // Held while the pod changes.
    let pod_spec = std::sync::Arc::clone(&p.spec);
    let Some(spec) = pod_spec.container_at(usize::from(ix)).probe(kind) else { return };
    if status.state.is_waiting() && status.container_id == crate::api::ContainerId::None {
        return;
    }
    let mut b = b;
    b.queued = None;
    let new = b.instance != status.restart_count && status.container_id != crate::api::ContainerId::None;
    if new {
        b.instance = status.restart_count;
        b.result = None;
        b.hold = false;
    }
    store(w, pod, ix, kind, b);
    if new {
        first_value(w, pod, ix, kind, &status);
    }
    if b.hold {
        return;
    }
    let ContainerState::Running { started_at } = status.state else {
        set_result(w, pod, ix, kind, false);
        end_if_over(w, pod, ix, kind, &status.state);
        return;
    };
    let next = now + Span::from_micros(1);
    let ripe = now.since(started_at.unwrap_or(now)).secs() >= i64::from(spec.initial_delay_seconds);
    let started = status.started == Some(true);
    if !ripe || (kind == ProbeKind::Startup) == started {
        arm(w, pod, ix, kind, next);
        return;
    }
    begin(w, pod, ix, kind, spec);
}

/// The value of a container that the worker has not seen before: a change too, which wakes the sync loop. Since 1.35 one that
/// the kubelet found running gets none, so that its readiness stays what the API has until its first probe; a sidecar that
/// had started stays started (`doProbe`, pkg/kubelet/prober/worker.go).
fn first_value(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, status: &ContainerStatus) {
    let p = w.local(pod);
    let Some(node) = p.worker.map(|worker| worker.node) else { return };
    if !w.gates.change_status_on_kubelet_restart {
        if kind == ProbeKind::Startup && p.is_sidecar(ix) && status.started == Some(true) {
            set_result(w, pod, ix, kind, true);
        }
        if ran_before_kubelet(status, super::start_of(w, node)) {
            return;
        }
    }
    match kind {
        ProbeKind::Readiness => set_result(w, pod, ix, kind, false),
        ProbeKind::Liveness => set_result(w, pod, ix, kind, true),
        ProbeKind::Startup => {
            status_manager::set_container_startup(w, pod, ix, false);
            pod_worker::update_pod(w, pod);
        }
    }
}

/// The worker ends with a container that will not be restarted; a sidecar's goes on.
fn end_if_over(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, state: &ContainerState) {
    let gates = w.gates;
    let p = &w.pods[pod.ix()];
    let Some(ended) = state.terminated() else { return };
    let stays = p.spec.policy() != RestartPolicy::Never
        || p.is_sidecar(ix)
        || should_restart(p.container(ix), &p.spec, ended.exit_code, &gates);
    if stays {
        return;
    }
    if let Some(worker) = w.worker_mut(pod) {
        worker.memory[ix.ix()].probers.remove(kind);
        worker.lost_probers = true;
    }
}

fn store(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, b: Prober) {
    if let Some(slot) = prober_mut(w, pod, ix, kind) {
        *slot = b;
    }
}

fn begin(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, spec: &Probe) {
    let now = w.now;
    let p = w.local(pod);
    let live = p.runtime.live.newest(p.container(ix).name).copied();
    let running = live.is_some_and(|c| c.state == crate::api::InstanceState::Running);
    let since = now.since(live.and_then(|c| c.started_at).unwrap_or(now));
    let point = p.runtime.attempt(ix).answers(kind).iter().rev().find(|point| point.at <= since).cloned();
    let rate = point.as_ref().map_or(0.0, |point| point.failure_rate);
    let plan = std::sync::Arc::clone(&w.plan);
    let takes = point.as_ref().and_then(|point| point.takes.as_ref()).unwrap_or(&plan.latency.probe);
    let takes = w.pod_span(Purpose::Probe, pod, takes);
    let limit = timeout(spec);
    let dials = !running && spec.handler.grpc.is_some();
    let takes = if dials { limit } else { takes };
    let ok = if rate <= 0.0 {
        true
    } else if rate >= 1.0 {
        false
    } else {
        w.pod_draw(Purpose::Probe, pod).unit() >= rate
    };
    let Some(b) = prober_mut(w, pod, ix, kind) else { return };
    b.busy = true;
    b.attempt_ok = ok && running && takes <= limit;
    b.attempt_failure = match running {
        false => Failure::NobodyThere,
        true if takes > limit => Failure::TimedOut,
        true => Failure::Answered,
    };
    b.attempt_output = point.map_or(Sym::EMPTY, |point| point.output);
    b.generation += 1;
    let generation = b.generation;
    w.after(takes.min(limit), SimEvent::ProbeDone { pod, container: ix, kind, generation });
}

/// The handler has answered.
pub fn done(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, generation: u32) {
    let p = w.local(pod);
    let Some(mut b) = prober(p, ix, kind).copied().filter(|b| b.generation == generation && b.busy) else {
        return;
    };
    let pod_spec = std::sync::Arc::clone(&p.spec);
    let Some(spec) = pod_spec.container_at(usize::from(ix)).probe(kind) else { return };
    b.busy = false;
    let live = p.runtime.live.newest(p.container(ix).name).copied();
    let running =
        live.is_some_and(|c| c.state == crate::api::InstanceState::Running && c.restart_count == b.instance);
    if b.attempt_failure == Failure::NobodyThere && spec.handler.exec.is_some() {
        // The exec found no process: an error, which counts for nothing.
        store(w, pod, ix, kind, b);
        let words = errored(kind, &w.gates);
        events::kubelet(w, pod, true, Sym::UNHEALTHY, words, Some(ix));
        rearm(w, pod, ix, kind, &mut b);
        return;
    }
    let ok = b.attempt_ok && running;
    if !ok {
        // A process that ends takes the exec in it along, before it could say anything.
        if !running && b.attempt_failure == Failure::Answered {
            b.attempt_failure = Failure::CutOff;
        }
        let words = failure_words(p, ix, kind, spec, &b);
        events::kubelet(w, pod, true, Sym::UNHEALTHY, words, Some(ix));
    }
    if b.run_ok == ok && b.run > 0 {
        b.run += 1;
    } else {
        b.run = 1;
        b.run_ok = ok;
    }
    let threshold = if ok { spec.success_threshold } else { spec.failure_threshold };
    let reached = b.run >= threshold.max(1) as u32;
    store(w, pod, ix, kind, b);
    if reached {
        let holds = (kind == ProbeKind::Liveness && !ok) || kind == ProbeKind::Startup;
        if holds && let Some(b) = prober_mut(w, pod, ix, kind) {
            b.hold = true;
            b.run = 0;
        }
        set_result(w, pod, ix, kind, ok);
    }
    let Some(mut b) = prober(w.local(pod), ix, kind).copied() else { return };
    rearm(w, pod, ix, kind, &mut b);
}

fn rearm(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, b: &mut Prober) {
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

fn errored(kind: ProbeKind, gates: &Gates) -> String {
    let cause = "rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_EXITED state";
    if gates.habits.says_probe_unknown {
        format!("{} probe errored and resulted in unknown state: {cause}", kind.title())
    } else {
        format!("{} probe errored: {cause}", kind.title())
    }
}

fn failure_words(p: Local<'_>, ix: ContainerIx, kind: ProbeKind, spec: &Probe, b: &Prober) -> String {
    let status = p.worker.and_then(|worker| worker.status()).map(HeldStatus::read);
    let pod_ip = status.as_ref().and_then(|status| status.pod_ips.first()).copied().unwrap_or(Sym::EMPTY);
    let door = Door { handler: &spec.handler, ports: &p.container(ix).ports, pod_ip: &pod_ip };
    let text = probe_text::failure(door, b.attempt_failure, &b.attempt_output, timeout(spec));
    format!("{} probe failed: {text}", kind.title())
}

/// Stores a result; a change wakes the sync loop (`results.Manager.Set`, `syncLoopIteration`).
fn set_result(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind, ok: bool) {
    let Some(b) = prober_mut(w, pod, ix, kind) else { return };
    if b.result == Some(ok) {
        return;
    }
    b.result = Some(ok);
    match kind {
        ProbeKind::Readiness => {
            status_manager::set_container_readiness(w, pod, ix, ok);
            pod_worker::update_pod(w, pod);
        }
        ProbeKind::Startup => {
            status_manager::set_container_startup(w, pod, ix, ok);
            pod_worker::update_pod(w, pod);
        }
        ProbeKind::Liveness if !ok => pod_worker::update_pod(w, pod),
        ProbeKind::Liveness => {}
    }
}
