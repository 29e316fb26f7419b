//! The start of one container, front of a run's list: back-off, configuration, CreateContainer, StartContainer, postStart
//! (`startContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go, `doBackOff` in kuberuntime_manager.go).
//!
//! Whatever fails on the way leaves its reason in the cache, where the *next* sync's status finds it, and an event now.
//! The image's part is in [`super::images`].

use super::sync::{after, run_mut, set_stage, started_or_failed};
use super::{kill, pod_worker, volumes};
use crate::actors::{events, runtime};
use crate::api::{InstanceState, Sym, Text};
use crate::rules::kubelet::sync_actions::KillReason;
use crate::rules::machinery::backoff::{Limits, Restart, crash_loop, kept};
use crate::time::{Span, Time};
use crate::world::worker::Stage;
use crate::world::{ContainerIx, Local, PodId, Purpose, World};

/// `housekeepingPeriod`; its ticker starts with that of the syncs.
const HOUSEKEEPING: Span = Span::from_secs(2);

/// `doBackOff` (kuberuntime_manager.go): Some(end of the back-off) if the container may not start yet. It looks at the
/// newest *exited* instance of the snapshot, so a container that this very run has killed is judged by its predecessor.
pub(super) fn back_off(w: &mut World, pod: PodId, ix: ContainerIx) -> Option<Time> {
    let now = w.now;
    let node = w.pods[pod.ix()].node?;
    let n = &w.machines[node.ix()];
    let limits = Limits::crash_loop(n.config.max_container_restart_period, &w.gates);
    let just_after = now + Span::from_micros(1);
    let collected =
        pod_worker::next_on_grid(n.kubelet.as_deref()?.tick_anchor, HOUSEKEEPING, just_after) - HOUSEKEEPING;
    let p = w.local_mut(pod);
    let name = p.container(ix).name;
    let worker = p.worker?;
    let snapshot = &worker.run.as_ref()?.snapshot;
    let exited = snapshot.containers.iter().find(|c| c.name == name && c.state == InstanceState::Exited);
    let finished = exited.and_then(|c| c.finished_at);
    let memory = &mut worker.memory[ix.ix()];
    match crash_loop(&limits, kept(&limits, memory.backoff, collected), finished, now) {
        Restart::Starts(entry) => {
            memory.backoff = entry;
            None
        }
        Restart::Waits { delay, until } => {
            memory.reason =
                Some((Sym::CRASH_LOOP_BACK_OFF, Text::CrashBackOff { container: name, delay: delay.into() }));
            let message = Text::BackOffRestarting { container: name };
            events::kubelet(w, pod, true, Sym::BACK_OFF, message, Some(ix));
            Some(until)
        }
    }
}

/// The front container cannot start: the reason is kept for the next status, the event tells it now.
pub fn start_fails(w: &mut World, pod: PodId, reason: Sym, message: impl Into<Text>, event: Option<Text>) {
    let Some(run) = run_mut(w, pod) else { return };
    let Some(&ix) = run.to_start.first() else { return };
    if let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason = Some((reason, message.into()));
    }
    if let Some(event) = event {
        events::kubelet(w, pod, true, Sym::FAILED, event, Some(ix));
    }
    started_or_failed(w, pod, true);
}

/// The image is there: the container is created.
pub fn image_is_present(w: &mut World, pod: PodId) {
    let Some(&ix) = run_mut(w, pod).and_then(|run| run.to_start.first()) else { return };
    if let Some(problem) = volumes::config_problem(w, pod, ix) {
        let event = Text::from(format!("Error: {}", problem.show(&w.pods[pod.ix()].ident)));
        let event = if problem.fixed().is_some() { event } else { volumes::root_event(problem) };
        start_fails(w, pod, Sym::CREATE_CONTAINER_CONFIG_ERROR, problem, Some(event));
        return;
    }
    w.places[pod.ix()].runtime.containers[usize::from(ix)].tries += 1;
    set_stage(w, pod, Stage::Creating);
    let takes = w.latency(pod, |latency| &latency.create);
    after(w, pod, takes);
}

/// The run waits for the image service.
pub fn wait_for_pull(w: &mut World, pod: PodId) {
    set_stage(w, pod, Stage::Pulling);
}

/// Around CreateContainer stand two hooks of the kubelet's own; one that fails tells so in an event that does not begin
/// with `Error:` (`startContainer`, pkg/kubelet/kuberuntime/kuberuntime_container.go).
pub(super) fn created(w: &mut World, pod: PodId, ix: ContainerIx) {
    if let Some(error) = w.places[pod.ix()].runtime.attempt(ix).pre_create_error {
        let event = Text::from(format!("Internal PreCreateContainer hook failed: {error}"));
        start_fails(w, pod, Sym::PRE_CREATE_HOOK_ERROR, error, Some(event));
        return;
    }
    if let Some(error) = w.places[pod.ix()].runtime.attempt(ix).create_error {
        let event = Text::from(format!("Error: {error}"));
        start_fails(w, pod, Sym::CREATE_CONTAINER_ERROR, error, Some(event));
        return;
    }
    runtime::create(w, pod, ix);
    // The instance stays in state created: nobody takes it away, and the next one counts on from it.
    if let Some(error) = w.places[pod.ix()].runtime.attempt(ix).pre_start_error {
        let event = Text::from(format!("Internal PreStartContainer hook failed: {error}"));
        start_fails(w, pod, Sym::PRE_START_HOOK_ERROR, error, Some(event));
        return;
    }
    let name = w.pods[pod.ix()].container(ix).name;
    let words = if w.gates.habits.starts_unnamed {
        Text::Is(Sym::CONTAINER_CREATED)
    } else {
        Text::from(format!("Created container: {name}"))
    };
    events::kubelet(w, pod, false, Sym::CREATED, words, Some(ix));
    set_stage(w, pod, Stage::Starting);
    let takes = w.latency(pod, |latency| &latency.start);
    after(w, pod, takes);
}

pub(super) fn start_answers(w: &mut World, pod: PodId, ix: ContainerIx) {
    if let Some(error) = w.places[pod.ix()].runtime.attempt(ix).start_error {
        runtime::start_failed(w, pod, ix, error);
        let event = Text::from(format!("Error: {error}"));
        start_fails(w, pod, Sym::RUN_CONTAINER_ERROR, error, Some(event));
        return;
    }
    runtime::started(w, pod, ix);
    let p = &w.pods[pod.ix()];
    let container = p.container(ix);
    let hook = container.lifecycle.as_ref().and_then(|l| l.post_start.clone());
    let words = if w.gates.habits.starts_unnamed {
        Text::Is(Sym::CONTAINER_STARTED)
    } else {
        Text::from(format!("Started container {}", container.name))
    };
    events::kubelet(w, pod, false, Sym::STARTED, words, Some(ix));
    match hook {
        None => started_or_failed(w, pod, false),
        Some(hook) => {
            let takes = match hook.sleep {
                Some(sleep) => Span::from_secs(sleep.seconds),
                None => {
                    let takes = w.places[pod.ix()].runtime.attempt(ix).post_start.takes.clone();
                    w.pod_span(Purpose::Latency, pod, &takes)
                }
            };
            set_stage(w, pod, Stage::PostStart);
            after(w, pod, takes);
        }
    }
}

/// A process has ended: a postStart hook that was running in its container ends with it, as if killed.
pub fn process_ended(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = w.local(pod);
    let in_hook = p
        .worker
        .and_then(|worker| worker.run.as_ref())
        .is_some_and(|run| matches!(run.stage, Stage::PostStart) && run.to_start.first() == Some(&ix));
    if in_hook && hook_needs_process(p, ix) {
        if let Some(worker) = w.worker_mut(pod) {
            worker.generation += 1;
        }
        after(w, pod, HOOK_LOSES_PROCESS);
    }
}

/// From a process's end to the answer of the hook that ran beside it.
const HOOK_LOSES_PROCESS: Span = Span::from_millis(5);
/// What a hook that ended with its container exits with: 128 + SIGKILL.
const KILLED: u8 = 137;

/// Whether the postStart hook runs in, or asks, the container; the kubelet's own sleep does not.
fn hook_needs_process(p: Local<'_>, ix: ContainerIx) -> bool {
    p.container(ix)
        .lifecycle
        .as_ref()
        .and_then(|lifecycle| lifecycle.post_start.as_ref())
        .is_some_and(|hook| hook.sleep.is_none())
}

pub(super) fn post_start_answers(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = w.local(pod);
    let hook = &p.runtime.attempt(ix).post_start;
    let running =
        p.runtime.live.newest(p.container(ix).name).is_some_and(|c| c.state == InstanceState::Running);
    let needs_process = hook_needs_process(p, ix);
    let (exit, output) = match (needs_process, running) {
        (false, _) => (0, Sym::EMPTY),
        (true, true) => (hook.exit, hook.output),
        (true, false) => (KILLED, Sym::EMPTY),
    };
    if exit == 0 {
        started_or_failed(w, pod, false);
        return;
    }
    let message = volumes::hook_message(p, ix, exit, output);
    if let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason = Some((Sym::POST_START_HOOK_ERROR, message));
    }
    events::kubelet(w, pod, true, Sym::FAILED_POST_START_HOOK, "PostStartHook failed", Some(ix));
    set_stage(w, pod, Stage::PostStartKill);
    kill::begin(w, pod, ix, KillReason::PostStartHook, None);
}
