//! The start of one container, front of a run's list: back-off, configuration, CreateContainer, StartContainer, postStart
//! (`startContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go, `doBackOff` in kuberuntime_manager.go).
//!
//! Whatever fails on the way leaves its reason in the cache, where the *next* sync's status finds it, and an event now.
//! The image's part is in [`super::images`].

use super::images::{self, Ensured};
use super::run::{self, Start, after, set_stage};
use super::{kill, volumes};
use crate::actors::{events, runtime};
use crate::api::{InstanceState, Note, Sym, Text};
use crate::rules::kubelet::sync_actions::KillReason;
use crate::rules::machinery::backoff::{Limits, Restart, crash_loop, kept};
use crate::scenario::start_error::{StartError, StartStep};
use crate::time::{Span, Time, next_on_grid};
use crate::world::kubelet::ImageOf;
use crate::world::worker::Stage;
use crate::world::{ContainerIx, Local, PodId, Purpose, World};

/// `housekeepingPeriod`; its ticker starts with that of the syncs.
const HOUSEKEEPING: Span = Span::from_secs(2);

/// `doBackOff` (kuberuntime_manager.go): Some(end of the back-off) if the container may not start yet.
pub(super) fn back_off(w: &mut World, pod: PodId, ix: ContainerIx) -> Option<Time> {
    match restart(w, w.local(pod), ix)? {
        Restart::Starts(entry) => {
            w.memory_mut(pod, ix)?.backoff = entry;
            None
        }
        Restart::Waits { delay, until } => {
            waits(w, pod, ix, delay);
            Some(until)
        }
    }
}

/// Whether a container may start. It looks at the newest *exited* instance of the snapshot, so a container that this very run
/// has killed is judged by its predecessor.
pub(super) fn restart(w: &World, p: Local<'_>, ix: ContainerIx) -> Option<Restart> {
    let now = w.now;
    let n = &w.machines[p.node?.ix()];
    let limits = Limits::crash_loop(n.config.max_container_restart_period, &w.gates);
    let just_after = now + Span::from_micros(1);
    let collected = next_on_grid(n.kubelet.as_deref()?.tick_anchor, HOUSEKEEPING, just_after) - HOUSEKEEPING;
    let name = p.container(ix).name;
    let worker = p.worker?;
    let all = &worker.sees().containers;
    let exited = all.iter().find(|c| c.name == name && c.state == InstanceState::Exited);
    let finished = exited.and_then(|c| c.finished_at);
    let entry = kept(&limits, worker.memory.get(ix.ix())?.backoff, collected);
    Some(crash_loop(&limits, entry, finished, now))
}

/// The container's back-off goes on: the reason is kept for the next status, the event tells it now.
pub(super) fn waits(w: &mut World, pod: PodId, ix: ContainerIx, delay: Span) {
    let container = w.pods[pod.ix()].container(ix).name;
    if let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason =
            Some((Sym::CRASH_LOOP_BACK_OFF, Text::CrashBackOff { container, delay: delay.into() }));
    }
    let message = Text::BackOffRestarting { container };
    events::kubelet(w, pod, Note::warning(Sym::BACK_OFF, message).of(ix));
}

/// The front container cannot start: the reason is kept for the next status, the event tells it now.
fn start_fails(
    w: &mut World,
    pod: PodId,
    reason: Sym,
    message: impl Into<Text>,
    event: Option<Text>,
) -> Start {
    let Some(&ix) = run::get(w, pod).and_then(|run| run.to_start.first()) else { return Start::Waits };
    if let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason = Some((reason, message.into()));
    }
    if let Some(event) = event {
        events::kubelet(w, pod, Note::warning(Sym::FAILED, event).of(ix));
    }
    Start::Over { failed: true }
}

/// How this start fails at this step by the scenario's word, if it does.
fn fault(w: &World, pod: PodId, ix: ContainerIx, step: StartStep) -> Option<(&'static StartError, Sym)> {
    w.places[pod.ix()].runtime.attempt(ix).start_error.filter(|(how, _)| how.step == step)
}

fn fails(w: &mut World, pod: PodId, (how, error): (&StartError, Sym)) -> Start {
    let event = Text::from(format!("{}: {error}", how.event));
    start_fails(w, pod, how.reason, error, Some(event))
}

/// The image of the front container is looked for.
pub fn ensure_image(w: &mut World, pod: PodId, ix: ContainerIx) -> Start {
    match images::ensure(w, pod, ImageOf::Container(ix)) {
        Ensured::Present => image_is_present(w, pod),
        Ensured::Fails(reason, message) => no_image(w, pod, reason, message),
        Ensured::Pulls => {
            set_stage(w, pod, Stage::Pulling);
            Start::Waits
        }
        Ensured::Nowhere => Start::Waits,
    }
}

/// The pull that the run has waited for has ended.
pub fn pulled(w: &mut World, pod: PodId, ix: ContainerIx, error: Option<Sym>) -> Start {
    let Some(error) = error else { return image_is_present(w, pod) };
    match images::fails(w, pod, ImageOf::Container(ix), error) {
        Some((reason, message)) => {
            if let Some(run) = run::get(w, pod) {
                run.could_not_pull |= reason == Sym::ERR_IMAGE_PULL;
            }
            no_image(w, pod, reason, message)
        }
        None => Start::Waits,
    }
}

/// `startContainer` tells an image's error a second time, by its name alone; so does the start of a container that mounts a volume
/// whose image is not there (`toKubeContainerImageVolumes`).
pub(super) fn no_image(w: &mut World, pod: PodId, reason: Sym, message: Text) -> Start {
    start_fails(w, pod, reason, message, Some(Text::from(format!("Error: {reason}"))))
}

/// The image is there: the container is created.
fn image_is_present(w: &mut World, pod: PodId) -> Start {
    let Some(&ix) = run::get(w, pod).and_then(|run| run.to_start.first()) else { return Start::Waits };
    if let Some(problem) = volumes::config_problem(w, pod, ix) {
        let event = Text::from(format!("Error: {}", problem.show(&w.pods[pod.ix()].ident)));
        let event = if problem.fixed().is_some() { event } else { volumes::root_event(problem) };
        return start_fails(w, pod, Sym::CREATE_CONTAINER_CONFIG_ERROR, problem, Some(event));
    }
    w.places[pod.ix()].runtime.containers[usize::from(ix)].tries += 1;
    set_stage(w, pod, Stage::Creating);
    let number = u64::from(w.places[pod.ix()].runtime.containers[ix.ix()].tries);
    let takes = w.container_span(Purpose::Create, pod, ix, number, &w.plan.latency.create);
    after(w, pod, takes);
    Start::Waits
}

/// CreateContainer answers; around it stand two hooks of the kubelet's own.
pub(super) fn created(w: &mut World, pod: PodId, ix: ContainerIx) -> Start {
    if let Some(fault) = fault(w, pod, ix, StartStep::Create) {
        return fails(w, pod, fault);
    }
    runtime::create(w, pod, ix);
    // The instance stays in state created: nobody takes it away, and the next one counts on from it.
    if let Some(fault) = fault(w, pod, ix, StartStep::Created) {
        return fails(w, pod, fault);
    }
    let name = w.pods[pod.ix()].container(ix).name;
    let words = if w.gates.habits.starts_unnamed {
        Text::Is(Sym::CONTAINER_CREATED)
    } else {
        Text::from(format!("Created container: {name}"))
    };
    events::kubelet(w, pod, Note::normal(Sym::CREATED, words).of(ix));
    set_stage(w, pod, Stage::Starting);
    let number = u64::from(w.places[pod.ix()].runtime.containers[ix.ix()].tries);
    let takes = w.container_span(Purpose::Start, pod, ix, number, &w.plan.latency.start);
    after(w, pod, takes);
    Start::Waits
}

pub(super) fn start_answers(w: &mut World, pod: PodId, ix: ContainerIx) -> Start {
    if let Some(fault) = fault(w, pod, ix, StartStep::Start) {
        runtime::start_failed(w, pod, ix, fault.1);
        return fails(w, pod, fault);
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
    events::kubelet(w, pod, Note::normal(Sym::STARTED, words).of(ix));
    match hook {
        None => Start::Over { failed: false },
        Some(hook) => {
            let takes = match hook.sleep {
                Some(sleep) => Span::from_secs(sleep.seconds),
                None => {
                    let takes = w.places[pod.ix()].runtime.attempt(ix).post_start.takes.clone();
                    let number = w.instance_number(pod, ix);
                    w.container_span(Purpose::PostStart, pod, ix, number, &takes)
                }
            };
            set_stage(w, pod, Stage::PostStart);
            after(w, pod, takes);
            Start::Waits
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

pub(super) fn post_start_answers(w: &mut World, pod: PodId, ix: ContainerIx) -> Start {
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
        return Start::Over { failed: false };
    }
    let message = volumes::hook_message(p, ix, exit, output);
    if let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason = Some((Sym::POST_START_HOOK_ERROR, message));
    }
    events::kubelet(w, pod, Note::warning(Sym::FAILED_POST_START_HOOK, "PostStartHook failed").of(ix));
    set_stage(w, pod, Stage::PostStartKill);
    match kill::begin(w, pod, ix, KillReason::PostStartHook, None) {
        Some(_) => Start::Over { failed: true },
        None => Start::Waits,
    }
}
