//! The container runtime and the processes in it: what CRI does, and when a process ends.

use std::sync::Arc;

use crate::api::{ContainerId, InstanceState, ProbeKind, RuntimeContainer, Sym, Text};
use crate::engine::random::Draw;
use crate::rules::controllers::stateful_set::identity;
use crate::rules::kubelet::memory;
use crate::scenario::plan::{AttemptsOf, Exit, OnTerm};
use crate::time::{Span, Time};
use crate::world::luck::Before;
use crate::world::runtime::{Shared, Written};
use crate::world::{ContainerIx, Local, Pod, PodId, Purpose, Runtime, Signal, SimEvent, World, addresses};

use super::kubelet::pleg;

/// How many instances of one container the kubelet leaves in the runtime: the newest and one dead one before it
/// (`maximum-dead-containers-per-container` 1).
const KEPT_INSTANCES: usize = 2;

fn newest(w: &mut World, pod: PodId, ix: ContainerIx) -> Option<&mut RuntimeContainer> {
    let name = w.pods[pod.ix()].container(ix).name;
    w.live_mut(pod).containers.iter_mut().find(|c| c.name == name)
}

/// `CreateContainer` has succeeded: a new instance stands before the older ones.
pub fn create(w: &mut World, pod: PodId, ix: ContainerIx) {
    let now = w.now;
    let (p, runtime) = (&w.pods[pod.ix()], &mut w.places[pod.ix()].runtime);
    let container = p.container(ix);
    let (name, image) = (container.name, container.image);
    let image_ref = w.images.reference(image);
    let restart_count = next_restart_count(p, runtime, ix);
    let entity = p.entity;
    let run = &mut runtime.containers[usize::from(ix)];
    run.generation += 1;
    run.played = [run.attempt, run.played[0]];
    run.last_term_sent = std::mem::replace(&mut run.term_sent, false);
    // Its low byte uppermost, where neither the restart count nor the generation comes to.
    let place = u64::from(ix.0.swap_bytes()) << 48;
    let id = ContainerId::Made(entity ^ place ^ ((restart_count as u64) << 32) ^ u64::from(run.generation));
    let live = &mut Arc::make_mut(&mut runtime.live).containers;
    // Those that are too many go first: with one more than are kept, the list of most pods would leave its room in the status.
    let mut seen = 1;
    live.retain(|c| {
        seen += usize::from(c.name == name);
        c.name != name || seen <= KEPT_INSTANCES
    });
    live.insert(
        0,
        RuntimeContainer {
            name,
            id,
            state: InstanceState::Created,
            created_at: Some(now),
            started_at: None,
            finished_at: None,
            exit_code: 0,
            restart_count,
            reason: Sym::EMPTY,
            message: Text::NONE,
            image,
            image_ref,
            active: true,
        },
    );
}

/// Newest instance's number + 1; for a container whose instances are gone as many as have left a log, which are all that were
/// ever made (`startContainer` and `calcRestartCountByLogDir`, pkg/kubelet/kuberuntime/kuberuntime_container.go).
fn next_restart_count(p: &Pod, runtime: &Runtime, ix: ContainerIx) -> i32 {
    let name = p.container(ix).name;
    match runtime.live.newest(name) {
        Some(c) => c.restart_count + 1,
        None => i32::try_from(runtime.containers[usize::from(ix)].generation).unwrap_or(i32::MAX),
    }
}

/// A start of a container begins: which attempt of its behaviour it plays. Those of a workload's pods may be counted
/// together; then each start takes the next one, whichever pod it is of.
pub fn begins(w: &mut World, pod: PodId, ix: ContainerIx) {
    let run = &w.places[pod.ix()].runtime.containers[usize::from(ix)];
    let (tries, before) = (run.tries, run.counted());
    let shared = shared_with(w, pod, ix);
    let attempt = match shared {
        None => tries,
        // A start that is tried again (its image has come meanwhile) is still the same one.
        Some(_) if before == Some(tries) => return,
        Some(key) => {
            let next = w.attempts.entry(key).or_default();
            *next += 1;
            *next - 1
        }
    };
    let run = &mut w.places[pod.ix()].runtime.containers[usize::from(ix)];
    run.attempt = attempt;
    run.count(shared.map(|_| tries));
}

/// The starts of a pod that is there count among those of its workload, where that counts them together.
pub fn count_starts(w: &mut World, pod: PodId) {
    for ix in w.pods[pod.ix()].container_ixs() {
        let own = &mut w.places[pod.ix()].runtime;
        let counts =
            own.behavior.containers.get(ix.ix()).is_some_and(|own| own.attempts_of != AttemptsOf::Container);
        let Some(run) = own.containers.get_mut(ix.ix()).filter(|_| counts) else { continue };
        // One whose image is on its way has taken its number as well.
        let is_pulling = run.generation == 0 && run.pulls > 0;
        let begun = run.generation + u32::from(is_pulling);
        run.count(is_pulling.then_some(run.tries));
        if let Some(key) = shared_with(w, pod, ix) {
            *w.attempts.entry(key).or_default() += begun;
        }
    }
}

/// With whom a container counts its starts; None: alone.
fn shared_with(w: &World, pod: PodId, ix: ContainerIx) -> Option<Shared> {
    let p = w.local(pod);
    let of = p.runtime.behavior.containers[usize::from(ix)].attempts_of;
    let maker = p.pod.controller.filter(|_| of != AttemptsOf::Container)?;
    let node = p.pod.node.filter(|_| of == AttemptsOf::Node);
    let index = (of == AttemptsOf::Index).then(|| index_of(&p.pod.labels)).flatten();
    Some(Shared { workload: w.workloads.topmost(maker), container: p.container(ix).name, node, index })
}

/// A pod's ordinal or completion index, as its labels tell it.
fn index_of(labels: &std::collections::BTreeMap<String, String>) -> Option<u32> {
    const LABELS: [&str; 2] = [identity::POD_INDEX, "batch.kubernetes.io/job-completion-index"];
    LABELS.iter().find_map(|label| labels.get(*label)?.parse().ok())
}

/// `StartContainer` has succeeded: the process runs and its end is queued.
pub fn started(w: &mut World, pod: PodId, ix: ContainerIx) {
    let now = w.now;
    if let Some(c) = newest(w, pod, ix) {
        c.state = InstanceState::Running;
        c.started_at = Some(now);
    }
    boots(w, pod, ix);
    let p = w.local_mut(pod);
    takes_size(p.runtime, ix);
    let behavior = Arc::clone(&p.runtime.behavior);
    let attempt = behavior.containers[usize::from(ix)].attempt(p.runtime.containers[usize::from(ix)].attempt);
    if let Some(runs) = &attempt.runs {
        let number = w.instance_number(pod, ix);
        let runs = w.container_span(Purpose::Runs, pod, ix, number, runs);
        let code = exits_with(w, pod, ix);
        let run = &mut w.places[pod.ix()].runtime.containers[usize::from(ix)];
        run.exit_code = code;
        let generation = run.generation;
        w.after(runs, SimEvent::Exit { pod, container: ix, generation });
    }
    writes(w, pod, ix);
    uses_memory(w, pod, ix);
    pleg::touched(w, pod);
}

/// An instance has been running since an earlier instant: what it is still to do is queued, from `from` on. It has not ended by
/// then, so that of all lengths of a run those count that are longer.
pub fn resumed(w: &mut World, pod: PodId, ix: ContainerIx, began: Time, from: Time) {
    let Some(runs) = w.local(pod).runtime.attempt(ix).runs.clone() else { return };
    let number = w.instance_number(pod, ix);
    let mut ends = (0..LONGER)
        .map(|throw| began + w.container_span(Purpose::Runs, pod, ix, number | throw << 32, &runs));
    let Some(at) = ends.find(|at| *at > from) else { return };
    ends_at(w, pod, ix, at, exits_with(w, pod, ix));
}

/// What the newest instance of a container exits with by itself.
fn exits_with(w: &World, pod: PodId, ix: ContainerIx) -> i32 {
    i32::from(drawn(w, (pod, ix), &w.local(pod).runtime.attempt(ix).exit, Purpose::Exit))
}

/// The code of an end of a container's newest instance.
fn drawn(w: &World, (pod, ix): (PodId, ContainerIx), exit: &Exit, purpose: Purpose) -> u8 {
    match exit {
        Exit::Code(code) => *code,
        Exit::Weighted(weights) => {
            weighted(w.container_draw(purpose, pod, ix, w.instance_number(pod, ix)), weights)
        }
    }
}

/// When the newest instance ends by itself, and what it exits with, by another throw.
pub fn ends_anew(w: &mut World, pod: PodId, ix: ContainerIx, at: Time, before: Before) -> Time {
    let name = w.pods[pod.ix()].container(ix).name;
    let runtime = w.local(pod).runtime;
    let began = runtime.live.newest(name).and_then(|newest| newest.started_at);
    let (Some(began), Some(runs)) = (began, runtime.attempt(ix).runs.clone()) else { return at };
    let number = w.instance_number(pod, ix);
    let lasts = |w: &World, throw: u64| w.container_span(Purpose::Runs, pod, ix, number | throw, &runs);
    let other = before.anew(w, (began, at), lasts);
    w.places[pod.ix()].runtime.containers[usize::from(ix)].exit_code = exits_with(w, pod, ix);
    other
}

/// When it ends by the SIGTERM that it got.
pub fn term_ends_anew(w: &mut World, pod: PodId, ix: ContainerIx, at: Time, before: Before) -> Time {
    let OnTerm::After { after, .. } = w.local(pod).runtime.attempt(ix).on_term.clone() else { return at };
    let number = w.instance_number(pod, ix);
    let lasts = |w: &World, throw: u64| w.container_span(Purpose::TermExit, pod, ix, number | throw, &after);
    let took = before.under(w, |w| lasts(w, 0));
    before.anew(w, (at - took, at), lasts)
}

/// How long it boots, where that is open still: the probe of a kind comes next at an instant, and the last one has failed.
pub fn boots_anew(
    w: &mut World,
    pod: PodId,
    ix: ContainerIx,
    (kind, next): (ProbeKind, Time),
    before: Before,
) {
    let container = w.pods[pod.ix()].container(ix);
    let period = container.probe(kind).map_or(0, |probe| i64::from(probe.period_seconds.max(1)));
    let (name, runtime) = (container.name, w.local(pod).runtime);
    let began = runtime.live.newest(name).and_then(|newest| newest.started_at);
    let (Some(began), Some((boots, probes))) = (began, runtime.attempt(ix).boots.clone()) else { return };
    if !probes[usize::from(kind != ProbeKind::Startup)] {
        return;
    }
    let number = w.instance_number(pod, ix);
    let lasts = |w: &World, throw: u64| w.container_span(Purpose::Boots, pod, ix, number | throw, &boots);
    let last = next - Span::from_secs(period);
    let booted_at = began + before.under(w, |w| lasts(w, 0));
    if booted_at > last {
        let open = Before { now: last, ..before };
        let span = open.anew(w, (began, booted_at), lasts).since(began);
        booted(&mut w.places[pod.ix()].runtime, ix, span, probes);
    }
}

/// So often a run's length is thrown, until it is longer than the run has lasted; beyond that its program is not what was said.
const LONGER: u64 = 256;

/// The newest instance of a container ends at an instant.
pub fn ends_at(w: &mut World, pod: PodId, ix: ContainerIx, at: Time, code: i32) {
    let run = &mut w.places[pod.ix()].runtime.containers[usize::from(ix)];
    run.exit_code = code;
    let generation = run.generation;
    w.at(at, SimEvent::Exit { pod, container: ix, generation });
}

/// How long an instance boots that has been running for a while and has not booted, or has; None: as its script says.
pub fn boots_for(w: &mut World, pod: PodId, ix: ContainerIx, age: Span, has_booted: bool) {
    let Some((boots, probes)) = w.places[pod.ix()].runtime.attempt(ix).boots.clone() else { return };
    let number = w.instance_number(pod, ix);
    let mut all =
        (0..LONGER).map(|throw| w.container_span(Purpose::Boots, pod, ix, number | throw << 32, &boots));
    let span = all.find(|span| (*span < age) == has_booted);
    let span = span.unwrap_or(if has_booted { Span::ZERO } else { age });
    booted(&mut w.places[pod.ix()].runtime, ix, span, probes);
}

/// A process that does not always boot in the same time draws its own; probes fail until it is over.
fn boots(w: &mut World, pod: PodId, ix: ContainerIx) {
    let Some((boots, probes)) = w.places[pod.ix()].runtime.attempt(ix).boots.clone() else { return };
    let number = w.instance_number(pod, ix);
    let span = w.container_span(Purpose::Boots, pod, ix, number, &boots);
    booted(&mut w.places[pod.ix()].runtime, ix, span, probes);
}

/// The newest instance of a container boots for so long.
fn booted(runtime: &mut Runtime, ix: ContainerIx, span: Span, probes: [bool; 3]) {
    let attempt = runtime.containers[usize::from(ix)].attempt as usize;
    let own = &mut Arc::make_mut(&mut runtime.behavior).containers[usize::from(ix)].attempts;
    let last = own.len() - 1;
    own[attempt.min(last)].booted_after(span, probes);
}

/// A new instance has what is set aside.
fn takes_size(runtime: &mut Runtime, ix: ContainerIx) {
    let Some(own) = runtime.resize.as_deref_mut() else { return };
    let ix = usize::from(ix);
    if let (Some(actual), Some(allocated)) = (own.actual.get_mut(ix), own.allocated.get(ix)) {
        actual.clone_from(allocated);
    }
}

/// A container's process runs: what it writes is queued.
fn writes(w: &mut World, pod: PodId, ix: ContainerIx) {
    let behavior = Arc::clone(&w.places[pod.ix()].runtime.behavior);
    let run = &w.places[pod.ix()].runtime.containers[usize::from(ix)];
    let (attempt, generation) = (run.attempt, run.generation);
    let Some(own) = behavior.containers.get(usize::from(ix)) else { return };
    for (point, write) in (0..).zip(own.attempt(attempt).writes.iter()) {
        w.after(write.at, SimEvent::DiskWritten { pod, container: ix, point, generation });
    }
}

/// A container's process runs: so is what it uses of memory.
fn uses_memory(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = w.local(pod);
    if p.runtime.attempt(ix).memory.is_empty() {
        return;
    }
    let behavior = Arc::clone(&p.runtime.behavior);
    let run = &p.runtime.containers[usize::from(ix)];
    let (attempt, generation) = (run.attempt, run.generation);
    for point in &behavior.containers[usize::from(ix)].attempt(attempt).memory {
        w.after(point.at, SimEvent::MemoryUsed { pod, container: ix, generation });
    }
}

/// What a running container uses, in bytes, with what it has written to volumes in memory; None: the scenario does not say,
/// or it does not run.
pub fn memory_used(p: Local<'_>, ix: ContainerIx, now: Time) -> Option<i64> {
    let script = &p.runtime.attempt(ix).memory;
    if script.is_empty() && p.runtime.disk.is_none() {
        return None;
    }
    let newest = p.runtime.live.newest(p.container(ix).name)?;
    let since = now.since(newest.started_at.filter(|_| newest.state == InstanceState::Running)?);
    let own = script.iter().rfind(|point| point.at <= since).map_or(0, |point| point.bytes);
    match in_memory_volumes(p, ix) {
        0 if script.is_empty() => None,
        written => Some(own.saturating_add(written)),
    }
}

/// What the newest instance of a container has written to volumes in memory, and so is its memory.
pub fn in_memory_volumes(p: Local<'_>, ix: ContainerIx) -> i64 {
    let Some(disk) = p.runtime.disk.as_deref() else { return 0 };
    let generation = p.runtime.containers[usize::from(ix)].generation;
    let held = |volume: Sym| {
        let own = |entry: &&Written| {
            (entry.container, entry.generation, entry.volume) == (ix, generation, Some(volume))
        };
        disk.iter().rfind(own).map_or(0, |entry| entry.bytes)
    };
    let volumes = p.spec.volumes.iter().filter(|volume| memory::is_in_memory(volume));
    volumes.map(|volume| held(Sym::new(&volume.name))).sum()
}

fn weighted(mut draw: Draw, weights: &[(u8, f64)]) -> u8 {
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = draw.unit() * total;
    for (code, weight) in weights {
        left -= weight;
        if left < 0.0 {
            return *code;
        }
    }
    weights.last().map_or(0, |(code, _)| *code)
}

/// `StartContainer` has failed: containerd leaves an exited instance with code 128 that started at the epoch.
pub fn start_failed(w: &mut World, pod: PodId, ix: ContainerIx, message: Sym) {
    let now = w.now;
    if let Some(c) = newest(w, pod, ix) {
        c.state = InstanceState::Exited;
        c.started_at = Some(Time::EPOCH);
        c.finished_at = Some(now);
        c.exit_code = 128;
        c.reason = Sym::START_ERROR;
        c.message = Text::Is(message);
    }
    pleg::touched(w, pod);
}

/// The end of the newest instance's process, by itself or by a signal.
pub fn exit(w: &mut World, pod: PodId, ix: ContainerIx) {
    let code = w.places[pod.ix()].runtime.containers[usize::from(ix)].exit_code;
    end(w, pod, ix, code, Sym::EMPTY);
}

/// The newest instance ends now with this code. `reason` overrides what the runtime reports.
pub fn end(w: &mut World, pod: PodId, ix: ContainerIx, code: i32, reason: Sym) {
    let now = w.now;
    let p = w.local(pod);
    if p.node.is_some_and(|n| !w.machines[n.ix()].up) {
        return;
    }
    let scripted = p.runtime.attempt(ix).reason;
    let message = termination_message(p, ix, code);
    let Some(c) = newest(w, pod, ix) else { return };
    if c.state != InstanceState::Running {
        return;
    }
    c.state = InstanceState::Exited;
    c.finished_at = Some(now);
    c.exit_code = code;
    c.reason = match (reason.is_empty(), scripted.is_empty(), code) {
        (false, _, _) => reason,
        (_, false, _) => scripted,
        (_, _, 0) => Sym::COMPLETED,
        _ => Sym::ERROR,
    };
    c.message = message;
    pleg::touched(w, pod);
    w.signal(Signal::ProcessEnded { pod, container: ix });
}

/// `getTerminationMessage` (kuberuntime_container.go): the file's text, or with FallbackToLogsOnError the log's tail
/// (80 lines, 2048 bytes) of a failed container that wrote none.
fn termination_message(p: Local<'_>, ix: ContainerIx, code: i32) -> Text {
    let attempt = p.runtime.attempt(ix);
    if let Some(message) = attempt.message {
        return Text::Is(message);
    }
    if code == 0 || p.container(ix).termination_message_policy != "FallbackToLogsOnError" {
        return Text::NONE;
    }
    let was_told = p.runtime.containers[usize::from(ix)].term_sent;
    let lines: Vec<&String> =
        attempt.log.iter().chain(attempt.term_log.iter().filter(|_| was_told)).collect();
    if !lines.is_empty() {
        let from = lines.len().saturating_sub(80);
        let mut text: String = lines[from..].iter().map(|line| format!("{line}\n")).collect();
        if text.len() > 2048 {
            let mut cut = text.len() - 2048;
            while !text.is_char_boundary(cut) {
                cut += 1;
            }
            text = text.split_off(cut);
        }
        return Text::from(text);
    }
    Text::NONE
}

/// SIGTERM reaches the process. Its own end may still come first; the later of the two finds it gone.
pub fn terminate(w: &mut World, pod: PodId, ix: ContainerIx) {
    let on_term = w.places[pod.ix()].runtime.attempt(ix).on_term.clone();
    let run = &mut w.places[pod.ix()].runtime.containers[usize::from(ix)];
    if std::mem::replace(&mut run.term_sent, true) {
        return;
    }
    if let OnTerm::After { after, .. } = on_term {
        let generation = run.generation;
        let number = w.instance_number(pod, ix);
        let after = w.container_span(Purpose::TermExit, pod, ix, number, &after);
        w.after(after, SimEvent::TermExit { pod, container: ix, generation });
    }
}

/// The process ends because of the SIGTERM that it got.
pub fn term_exit(w: &mut World, pod: PodId, ix: ContainerIx) {
    if let OnTerm::After { exit, .. } = &w.places[pod.ix()].runtime.attempt(ix).on_term {
        let exit = drawn(w, (pod, ix), exit, Purpose::TermCode);
        let reason = if exit == 0 { Sym::COMPLETED } else { Sym::ERROR };
        end(w, pod, ix, i32::from(exit), reason);
    }
}

/// `RunPodSandbox` has succeeded.
pub fn sandbox_created(w: &mut World, pod: PodId, attempt: u32) {
    address_free(w, pod);
    let p = &w.pods[pod.ix()];
    let host_network = p.spec.host_network;
    let near = (p.entity >> 17).wrapping_add(u64::from(attempt));
    let address = (!host_network).then(|| w.addresses.take(near));
    let ip = address.map_or(Sym::EMPTY, addresses::spelled);
    let p = w.local_mut(pod);
    p.runtime.address = address;
    for c in &mut Arc::make_mut(&mut p.runtime.live).containers {
        c.active = false;
    }
    for s in &mut Arc::make_mut(&mut p.runtime.live).sandboxes {
        s.ready = false;
    }
    let live = Arc::make_mut(&mut p.runtime.live);
    live.sandboxes.insert(
        0,
        crate::api::RuntimeSandbox {
            id: sandbox_id(attempt),
            attempt,
            ready: true,
            ip,
            host_network,
            no_network: false,
        },
    );
    live.sandboxes.truncate(2);
    if !ip.is_empty() {
        live.ips = [ip].into_iter().collect();
    }
    pleg::touched(w, pod);
}

/// What the sandbox held of the network goes with it (`DEL` of the network plugin).
pub fn address_free(w: &mut World, pod: PodId) {
    if let Some(address) = w.places[pod.ix()].runtime.address.take() {
        w.addresses.give_back(address);
    }
}

/// The sandbox of an attempt; almost always it is the first.
fn sandbox_id(attempt: u32) -> Sym {
    if attempt == 0 { Sym::FIRST_SANDBOX } else { Sym::new(&format!("sandbox-{attempt}")) }
}

/// The sandboxes are stopped.
pub fn sandbox_stopped(w: &mut World, pod: PodId) {
    address_free(w, pod);
    sandboxes_end(w, pod);
}

fn sandboxes_end(w: &mut World, pod: PodId) {
    for s in &mut w.live_mut(pod).sandboxes {
        s.ready = false;
    }
    pleg::touched(w, pod);
}

/// The sandbox's own process dies: containerd reports the sandbox as not ready. Its namespaces live on as long as a
/// process is in them, so the containers run on, unless they share its process namespace: with the first process of that
/// the kernel ends all others.
pub fn sandbox_dies(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let off = p.node.is_none_or(|n| !w.machines[n.ix()].up);
    if off || !p.runtime.live.sandboxes.iter().any(|s| s.ready) {
        return;
    }
    let shared = p.spec.rest.get("shareProcessNamespace").and_then(serde_json::Value::as_bool) == Some(true);
    let ended = ContainerIx::all(if shared { p.container_count() } else { 0 });
    sandboxes_end(w, pod);
    for ix in ended {
        end(w, pod, ix, 137, Sym::ERROR);
    }
}
