//! One tick of a probe worker: whether it probes, what the handler answers, and what becomes of the result
//! (pkg/kubelet/prober/worker.go: `doProbe`; prober.go; results/results_manager.go). When it ticks is [`super::prober`]'s to say.

use std::borrow::Cow;

use super::prober::{arm, prober_mut, prober_of, published, rearm, timeout};
use super::{pod_worker, prober, status_manager};
use crate::actors::events;
use crate::api::form::HeldContainer;
use crate::api::{ContainerState, ContainerStatus, HeldStatus, InstanceState, ProbeKind, RestartPolicy, Sym};
use crate::api::{Note, spec::Probe};
use crate::rules::kubelet::api_status::ran_before_kubelet;
use crate::rules::kubelet::probe_text::{self, Door, Failure};
use crate::rules::kubelet::restart::should_restart;
use crate::rules::versions::gates::Gates;
use crate::scenario::programs::Knock;
use crate::time::Span;
use crate::world::worker::Prober;
use crate::world::{ContainerIx, Local, PodId, Purpose, SimEvent, World};

/// A tick: `doProbe`.
pub fn tick(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind) {
    let p = w.local(pod);
    let Some(b) = prober_of(p, ix, kind).copied() else { return };
    let Some(worker) = p.worker else { return };
    if worker.status().is_some_and(|s| s.phase().is_terminal()) {
        // The worker ends; a container that has none is ready as long as it runs.
        if let Some(memory) = w.memory_mut(pod, ix) {
            memory.probers.remove(kind);
        }
        return;
    }
    if let Some(b) = prober_mut(w, pod, ix, kind) {
        b.queued = None;
        b.sleeps = false;
    }
    let now = w.now;
    let p = w.local(pod);
    let Some(status) = published(p, ix).map(HeldContainer::read) else { return };
    // Held while the pod changes.
    let pod_spec = std::sync::Arc::clone(&p.spec);
    let Some(spec) = pod_spec.container_at(usize::from(ix)).probe(kind) else { return };
    if status.state.is_waiting() && status.container_id == crate::api::ContainerId::None {
        return;
    }
    let mut b = b;
    b.queued = None;
    b.sleeps = false;
    let new = b.instance != status.restart_count && status.container_id != crate::api::ContainerId::None;
    if new {
        b.instance = status.restart_count;
        b.asked = 0;
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
        if ran_before_kubelet(status.state.running_since(), w.kubelet_start(node)) {
            return;
        }
    }
    match kind {
        ProbeKind::Readiness => set_result(w, pod, ix, kind, false),
        ProbeKind::Liveness => set_result(w, pod, ix, kind, true),
        ProbeKind::Startup => {
            if status_manager::set_container_startup(w, pod, ix, false) {
                prober::container_changed(w, pod);
            }
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
    let Some(known) = prober_of(p, ix, kind) else { return };
    let knock = p.runtime.attempt(ix).serves.as_ref();
    let knock = knock.map_or(Knock::Heard, |own| own.knock(&spec.handler, &p.container(ix).ports));
    let running = is_reached(p, ix, spec, known) && knock != Knock::Closed;
    let since = now.since(live.and_then(|c| c.started_at).unwrap_or(now));
    let point = p.runtime.attempt(ix).answers(kind).iter().rev().find(|point| point.at <= since).cloned();
    let Some(number) = prober_of(p, ix, kind).map(Prober::probe_number) else { return };
    let rate = point.as_ref().map_or(0.0, |point| point.failure_rate);
    let plan = std::sync::Arc::clone(&w.plan);
    let takes = point.as_ref().and_then(|point| point.takes.as_ref()).unwrap_or(&plan.latency.probe);
    let takes = takes.sample_by(|| w.probe_draw(Purpose::ProbeTakes, pod, ix, kind, number));
    let limit = timeout(spec);
    let dials = !running && spec.handler.grpc.is_some();
    let errs = prober::is_given_up(p, ix, spec, &w.gates) || unknown_port(p, ix, spec, &w.gates).is_some();
    let takes = if errs {
        Span::ZERO
    } else if dials {
        limit
    } else {
        takes
    };
    let ok = if rate <= 0.0 {
        true
    } else if rate >= 1.0 {
        false
    } else {
        w.probe_draw(Purpose::ProbeFails, pod, ix, kind, number).unit() >= rate
    };
    let Some(b) = prober_mut(w, pod, ix, kind) else { return };
    b.busy = true;
    b.asked += 1;
    b.attempt_ok = ok && running && takes <= limit && knock == Knock::Heard;
    b.attempt_failure = match running {
        false => Failure::NobodyThere,
        true if takes > limit => Failure::TimedOut,
        true => Failure::Answered,
    };
    b.attempt_output = match knock {
        Knock::NotFound if running => Sym::new(probe_text::NOT_FOUND),
        _ => point.map_or(Sym::EMPTY, |point| point.output),
    };
    b.generation += 1;
    let generation = b.generation;
    w.after(takes.min(limit), SimEvent::ProbeDone { pod, container: ix, kind, generation });
}

/// The handler has answered.
pub fn done(w: &mut World, pod: PodId, ix: ContainerIx, kind: ProbeKind) {
    let p = w.local(pod);
    let Some(mut b) = prober_of(p, ix, kind).copied().filter(|b| b.busy) else {
        return;
    };
    let pod_spec = std::sync::Arc::clone(&p.spec);
    let Some(spec) = pod_spec.container_at(usize::from(ix)).probe(kind) else { return };
    b.busy = false;
    let running = is_reached(p, ix, spec, &b);
    if let Some(cause) = error(p, ix, spec, &b, &w.gates) {
        // An error counts for nothing.
        store(w, pod, ix, kind, b);
        let words = errored(kind, &cause, &w.gates);
        events::kubelet(w, pod, Note::warning(Sym::UNHEALTHY, words).of(ix));
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
        events::kubelet(w, pod, Note::warning(Sym::UNHEALTHY, words).of(ix));
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
    let Some(mut b) = prober_of(w.local(pod), ix, kind).copied() else { return };
    rearm(w, pod, ix, kind, &mut b);
}

/// Whether a probe finds a process. An exec goes into the container that the held status names, which may have been another since,
/// as long as a postStart hook holds the sync up; what goes over the network finds whoever listens (`runProbe`,
/// pkg/kubelet/prober/prober.go).
fn is_reached(p: Local<'_>, ix: ContainerIx, spec: &Probe, b: &Prober) -> bool {
    p.runtime.live.newest(p.container(ix).name).is_some_and(|newest| {
        newest.state == InstanceState::Running
            && (spec.handler.exec.is_none() || newest.restart_count == b.instance)
    })
}

/// Why an attempt gives no result: nobody waited for the exec, or it found no process, or its port is unknown (`runProbe`,
/// pkg/kubelet/prober/prober.go).
fn error(
    p: Local<'_>,
    ix: ContainerIx,
    spec: &Probe,
    b: &Prober,
    gates: &Gates,
) -> Option<Cow<'static, str>> {
    if prober::is_given_up(p, ix, spec, gates) {
        return Some("rpc error: code = Canceled desc = context canceled".into());
    }
    if b.attempt_failure == Failure::NobodyThere && spec.handler.exec.is_some() {
        let cause = "rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_EXITED state";
        return Some(cause.into());
    }
    unknown_port(p, ix, spec, gates).map(Cow::Owned)
}

fn unknown_port(p: Local<'_>, ix: ContainerIx, spec: &Probe, gates: &Gates) -> Option<String> {
    let door = Door { handler: &spec.handler, ports: &p.container(ix).ports, pod_ip: "" };
    probe_text::unknown_port(door, gates.habits.names_unknown_ports)
}

fn errored(kind: ProbeKind, cause: &str, gates: &Gates) -> String {
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
            if status_manager::set_container_readiness(w, pod, ix, ok) {
                prober::container_changed(w, pod);
            }
            pod_worker::update_pod(w, pod);
        }
        ProbeKind::Startup => {
            if status_manager::set_container_startup(w, pod, ix, ok) {
                prober::container_changed(w, pod);
            }
            pod_worker::update_pod(w, pod);
        }
        ProbeKind::Liveness if !ok => pod_worker::update_pod(w, pod),
        ProbeKind::Liveness => {}
    }
}
