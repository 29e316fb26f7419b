//! One run of a pod worker: `SyncPod`, `SyncTerminatingPod`, `SyncTerminatedPod` (pkg/kubelet/kubelet.go) and the
//! runtime manager's `SyncPod` (pkg/kubelet/kuberuntime/kuberuntime_manager.go).
//!
//! The status is computed and stored *before* anything is done, from what the last relist saw and what the last run's
//! starts returned. So a failure of this run is shown by the next one: that lag is most of what kubectl shows of a
//! crash loop. Everything that takes time (mounting, sandbox, pull, create, start, hooks, stops) is a stage that a
//! queued event ends; a deletion does not interrupt the stages after mounting.

use std::sync::Arc;

use smallvec::SmallVec;

use super::run::{self, Outcome, Start, Step, after, set_stage};
use super::view::{is_deleted, template};
use super::{
    again, allocation, claims, contention, image_volumes, images, kill, mounts, pleg, prober, sandboxes,
    start_container, status, status_manager, taken, volumes,
};
use crate::actors::{events, runtime};
use crate::api::form::ask;
use crate::api::{InstanceState, Note, Phase, Real, Sym};
use crate::rules::kubelet::restart;
use crate::rules::kubelet::sync_actions::{self, Input, KillReason, ProbeResults};
use crate::time::Span;
use crate::world::kubelet::ImageOf;
use crate::world::learned::actions::Asked;
use crate::world::worker::Stage;
use crate::world::worker::Work;
use crate::world::{ContainerIx, Local, PodId, Purpose, World};

/// A termination was asked for: only the wait for volumes listens (the runtime's part ignores cancellation).
pub fn interrupt(w: &mut World, pod: PodId) -> Step {
    let waits = run::get(w, pod).is_some_and(|run| matches!(run.stage, Stage::Volumes));
    if !waits {
        return None;
    }
    // The worker's own update follows; the run ends first.
    if let Some(worker) = w.worker_mut(pod) {
        worker.pending = true;
        worker.generation += 1;
    }
    Some(Outcome::Failed { until: None })
}

/// `SyncPod`
pub fn sync_pod(w: &mut World, pod: PodId) -> Step {
    let again = again::held_back(w, pod);
    if let Some(found) = again
        && cfg!(not(debug_assertions))
    {
        if status::compute(w, pod, false).is_some_and(Phase::is_terminal) {
            return Some(Outcome::Transition);
        }
        return again::waits(w, pod, found);
    }
    let worker = w.worker_mut(pod)?;
    worker.held_back = None;
    let snapshot = worker.cache.clone();
    run::begin(w, pod, snapshot, Work::Sync, Stage::Volumes);
    allocation::check_progress(w, pod);
    if status::compute(w, pod, false).is_some_and(Phase::is_terminal) {
        return Some(Outcome::Transition);
    }
    let wait = match volumes::wait(w, pod) {
        volumes::Wait::Mounted => {
            let step = mounted(w, pod);
            debug_assert!(
                again.is_none_or(|found| found.is(step)),
                "held back again, and by the rule {step:?}"
            );
            return step;
        }
        volumes::Wait::Until(span) => span,
        volumes::Wait::Failing => mounts::TIMEOUT,
        volumes::Wait::Refused => mounts::POLL,
    };
    after(w, pod, wait);
    None
}

/// Everything is mounted: probing begins, and the runtime's part.
fn mounted(w: &mut World, pod: PodId) -> Step {
    if !w.gates.habits.tells_secrets_after_pulls {
        images::look_for_secrets(w, pod);
    }
    prober::add_pod(w, pod);
    let World { pods, places, templates, learned, gates, .. } = w;
    let p = Local::of(pods, places, pod);
    let worker = p.worker?;
    let run = worker.run.as_ref()?;
    let (spec, live) = (&*worker.spec, Some(&*run.snapshot.status));
    let could_restart_all = gates.restart_all_containers && restart::all_could_restart(spec, gates);
    let restart_all = could_restart_all
        && match worker.status() {
            Some(status) => ask!(status, |status| restart::should_restart_all(spec, live, Some(status))),
            None => restart::should_restart_all::<Real, Real>(spec, live, None),
        };
    let sizes = p.runtime.resize.as_deref().map(|own| own.actual.as_slice());
    let (deleted, runtime) = (is_deleted(p), &*run.snapshot.status);
    let by_the_rule = || {
        let probes: SmallVec<[ProbeResults; 4]> =
            p.container_ixs().map(|ix| prober::results(p, ix)).collect();
        sync_actions::compute(&Input { spec, deleted, runtime, probes: &probes, restart_all, sizes, gates })
    };
    let known = Asked { shape: run.snapshot.shape, deleted, probes: prober::packed_results(p) };
    let template = template(templates, p).filter(|_| !restart_all && sizes.is_none());
    let computed = learned.actions(template, known, by_the_rule);
    let grace = worker.grace_secs;
    let run = run::get(w, pod)?;
    let actions = &computed.to_do;
    run.init_pass = computed.init_pass;
    run.to_start.clear();
    run.to_start.extend_from_slice(&computed.to_start);
    run.acted = computed.acts;
    run.resizes = actions.resize;
    run.creates_sandbox = actions.create_sandbox;
    run.purges_init = actions.purge_init;
    run.stage = Stage::Killing;
    if !actions.remove.is_empty() {
        run.acted = true;
        run.to_remove = actions.remove.clone();
        let targets = actions.remove.iter().map(|ix| (*ix, KillReason::RestartAll)).collect();
        return kill_listed(w, pod, targets, Some(0));
    }
    if actions.kill_pod {
        let replaced = actions.create_sandbox && !run.snapshot.sandboxes.is_empty();
        if replaced {
            events::kubelet(
                w,
                pod,
                Note::normal(Sym::SANDBOX_CHANGED, "Pod sandbox changed, it will be killed and re-created."),
            );
        }
        return kill_all(w, pod, grace);
    }
    run.to_kill.clone_from(&actions.kill);
    let step = kill_next(w, pod);
    again::note(w, pod, &computed, could_restart_all, step);
    step
}

/// All running containers at once; the sandbox follows.
fn kill_all(w: &mut World, pod: PodId, grace: Option<i64>) -> Step {
    let p = w.local(pod);
    let running: Vec<(ContainerIx, KillReason)> = p
        .container_ixs()
        .rev()
        .filter(|ix| {
            p.runtime.live.newest(p.container(*ix).name).is_some_and(|c| c.state == InstanceState::Running)
        })
        .map(|ix| (ix, KillReason::Pod))
        .collect();
    kill_listed(w, pod, running, grace)
}

fn kill_listed(
    w: &mut World,
    pod: PodId,
    mut list: Vec<(ContainerIx, KillReason)>,
    grace: Option<i64>,
) -> Step {
    let p = w.local(pod);
    list.retain(|(ix, _)| {
        p.runtime.live.newest(p.container(*ix).name).is_some_and(|c| c.state == InstanceState::Running)
    });
    list.sort_by_key(|(ix, _)| *ix);
    // All are marked before the first begins: a sidecar must see whom it waits for.
    for (ix, _) in &list {
        let now = w.now;
        if let Some(worker) = w.worker_mut(pod) {
            worker.begin_kill(*ix, now, 0);
        }
    }
    let mut over = None;
    for (ix, reason) in &list {
        over = over.or(kill::begin(w, pod, *ix, *reason, grace));
    }
    if list.is_empty() { killed(w, pod) } else { kill_done(w, pod, over?) }
}

/// Listed containers are killed one after another, each to its end.
fn kill_next(w: &mut World, pod: PodId) -> Step {
    let run = run::get(w, pod)?;
    let Some((ix, reason)) = run.to_kill.first().copied() else { return image_volumes(w, pod) };
    let over = kill::begin(w, pod, ix, reason, None)?;
    kill_done(w, pod, over)
}

/// The stop of this container is over, and with it the last that was under way.
pub fn kill_done(w: &mut World, pod: PodId, ix: ContainerIx) -> Step {
    let run = run::get(w, pod)?;
    match run.stage {
        Stage::Killing if run.to_kill.first().is_some_and(|(first, _)| *first == ix) => {
            run.to_kill.remove(0);
            kill_next(w, pod)
        }
        Stage::Killing => killed(w, pod),
        Stage::PostStartKill => started_or_failed(w, pod, true),
        _ => None,
    }
}

/// Everything that was to be killed together has ended.
fn killed(w: &mut World, pod: PodId) -> Step {
    let run = run::get(w, pod)?;
    if !run.to_remove.is_empty() {
        let targets = std::mem::take(&mut run.to_remove);
        remove_instances(w, pod, &targets);
        return runtime_done(w, pod);
    }
    let any_ready = w.places[pod.ix()].runtime.live.sandboxes.iter().any(|s| s.ready);
    if any_ready {
        set_stage(w, pod, Stage::StoppingSandbox);
        let number = w.places[pod.ix()].runtime.sandboxes_tried();
        let takes = w.pod_span(Purpose::StopSandbox, pod, number, &w.plan.latency.stop_sandbox);
        after(w, pod, takes);
        None
    } else {
        sandbox_is_stopped(w, pod)
    }
}

fn remove_instances(w: &mut World, pod: PodId, targets: &[ContainerIx]) {
    let p = w.local_mut(pod);
    let names: Vec<Sym> = targets.iter().map(|ix| p.container(*ix).name).collect();
    Arc::make_mut(&mut p.runtime.live).containers.retain(|c| !names.contains(&c.name));
    pleg::touched(w, pod);
}

fn sandbox_is_stopped(w: &mut World, pod: PodId) -> Step {
    runtime::sandbox_stopped(w, pod);
    let run = run::get(w, pod)?;
    if run.work == Work::Terminating {
        return terminating_done(w, pod);
    }
    if run.creates_sandbox {
        if run.purges_init {
            let p = w.local_mut(pod);
            let names: Vec<Sym> = p.spec.init_containers.iter().map(|c| c.name).collect();
            let had = !p.runtime.live.sandboxes.is_empty();
            if had {
                Arc::make_mut(&mut p.runtime.live).containers.retain(|c| !names.contains(&c.name));
            }
        }
        create_sandbox(w, pod)
    } else {
        runtime_done(w, pod)
    }
}

fn create_sandbox(w: &mut World, pod: PodId) -> Step {
    set_stage(w, pod, Stage::Sandbox);
    let plan = std::sync::Arc::clone(&w.plan);
    let behavior = std::sync::Arc::clone(&w.places[pod.ix()].runtime.behavior);
    let takes = behavior.sandbox.takes.as_ref().unwrap_or(&plan.latency.sandbox);
    let number = w.places[pod.ix()].runtime.sandboxes_tried();
    let takes = w.pod_span(Purpose::Sandbox, pod, number, takes);
    if w.pods[pod.ix()].spec.volumes.is_empty() {
        contention::pod_starts(w, pod);
    }
    after(w, pod, takes);
    None
}

fn sandbox_answers(w: &mut World, pod: PodId) -> Step {
    let why = sandboxes::refusal(w, pod);
    let p = w.local_mut(pod);
    let behavior = std::sync::Arc::clone(&p.runtime.behavior);
    if why.is_some() || p.runtime.sandbox_failures < behavior.sandbox.failures {
        p.runtime.sandbox_failures = p.runtime.sandbox_failures.saturating_add(1);
        let deleting = p.worker.is_some_and(|worker| worker.deletion.is_some());
        if !deleting {
            let why = why.unwrap_or_else(|| sandboxes::rpc(behavior.sandbox.error.as_str()));
            let message = format!("Failed to create pod sandbox: {why}");
            events::kubelet(w, pod, Note::warning(Sym::FAILED_CREATE_POD_SANDBOX, message));
        }
        return Some(Outcome::Failed { until: None });
    }
    let attempt = p.runtime.sandbox_starts;
    p.runtime.sandbox_starts += 1;
    runtime::sandbox_created(w, pod, attempt);
    if w.gates.habits.tells_sandbox_at_once && status_manager::sandbox_ready(w, pod) {
        prober::container_changed(w, pod);
    }
    let late = contention::delay(w, pod, contention::Delayed::Images);
    if let Some(run) = run::get(w, pod) {
        run.contention_delay = Some(late);
    }
    image_volumes(w, pod)
}

/// Images that are volumes come before the containers, one after the other.
fn image_volumes(w: &mut World, pod: PodId) -> Step {
    let Some(takes) = image_volumes::next(w, pod) else { return start_next(w, pod) };
    set_stage(w, pod, Stage::ImageVolume);
    after(w, pod, takes);
    None
}

/// The front of the start list, if any: back-off first. New sizes come after init containers, before main ones.
fn start_next(w: &mut World, pod: PodId) -> Step {
    let run = run::get(w, pod)?;
    if run.resizes && run.init_pass == 0 {
        run.resizes = false;
        run.stage = Stage::Resizing;
        after(w, pod, allocation::UPDATE);
        return None;
    }
    let Some(&ix) = run.to_start.first() else { return runtime_done(w, pod) };
    run.stage = Stage::Inspect;
    if let Some(until) = start_container::back_off(w, pod, ix) {
        let run = run::get(w, pod)?;
        let earliest = run.backoff_until.map_or(until, |old| old.min(until));
        run.backoff_until = Some(earliest);
        return started_or_failed(w, pod, true);
    }
    if image_volumes::is_lost(w, pod, ix) {
        return started_or_failed(w, pod, true);
    }
    runtime::begins(w, pod, ix);
    let p = w.local_mut(pod);
    let container = &mut p.runtime.containers[usize::from(ix)];
    let number = u64::from(container.tries) << 32 | u64::from(container.pulls);
    let takes = w.container_span(Purpose::Inspect, pod, ix, number, &w.plan.latency.inspect_image);
    let late = run::get(w, pod).and_then(|run| run.contention_delay.take()).unwrap_or(Span::ZERO);
    after(w, pod, takes + late);
    None
}

/// A step of the front container's start has been taken.
fn go_on_starting(w: &mut World, pod: PodId, start: Start) -> Step {
    match start {
        Start::Waits => None,
        Start::Over { failed } => started_or_failed(w, pod, failed),
    }
}

/// The start of the front container failed (with the reason in the cache) or succeeded; the next one follows.
fn started_or_failed(w: &mut World, pod: PodId, failed: bool) -> Step {
    let run = run::get(w, pod)?;
    let ix = run.to_start.remove(0);
    let in_init_pass = run.init_pass > 0;
    run.init_pass = run.init_pass.saturating_sub(1);
    if failed {
        run.failed = true;
    }
    let p = &w.pods[pod.ix()];
    let aborts = failed && in_init_pass && p.is_init(ix) && !p.is_sidecar(ix);
    if !failed && let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason = None;
    }
    if aborts && let Some(run) = run::get(w, pod) {
        run.to_start.clear();
    }
    start_next(w, pod)
}

/// The pull that the front container, or a volume, has waited for has ended, with an error or without.
pub fn pulled(w: &mut World, pod: PodId, of: ImageOf, error: Option<Sym>) -> Step {
    match of {
        ImageOf::Container(ix) => {
            let start = start_container::pulled(w, pod, ix, error);
            go_on_starting(w, pod, start)
        }
        ImageOf::Volume(at) => {
            image_volumes::pulled(w, pod, at, error);
            image_volumes(w, pod)
        }
    }
}

/// Goes on where the run stands.
pub fn go_on(w: &mut World, pod: PodId) -> Step {
    let run = w.worker(pod)?.run.as_ref()?;
    let front = run.to_start.first().copied();
    match (&run.stage, front) {
        (Stage::Volumes, _) => {
            if w.worker(pod).is_some_and(|worker| worker.mounted) {
                // Only the first poll comes too early.
                let is_first = run::get(w, pod).is_some_and(|run| run.contention_delay.is_none());
                let late = if is_first {
                    contention::delay(w, pod, contention::Delayed::Mounts)
                } else {
                    Span::ZERO
                };
                if let Some(run) = run::get(w, pod) {
                    run.contention_delay = Some(late);
                }
                if !contention::misses_poll(w, pod, late) {
                    return mounted(w, pod);
                }
                after(w, pod, mounts::POLL);
                None
            } else {
                if let Some(words) = claims::refused(w, pod) {
                    events::kubelet(w, pod, Note::warning(Sym::FAILED_MOUNT, words));
                }
                Some(Outcome::Failed { until: None })
            }
        }
        (Stage::StoppingSandbox, _) => sandbox_is_stopped(w, pod),
        (Stage::Sandbox, _) => sandbox_answers(w, pod),
        (Stage::ImageVolume, _) => {
            if image_volumes::ensure(w, pod) {
                return image_volumes(w, pod);
            }
            set_stage(w, pod, Stage::Pulling);
            None
        }
        (Stage::Inspect, Some(ix)) => {
            let start = start_container::ensure_image(w, pod, ix);
            go_on_starting(w, pod, start)
        }
        (Stage::Creating, Some(ix)) => {
            let start = start_container::created(w, pod, ix);
            go_on_starting(w, pod, start)
        }
        (Stage::Starting, Some(ix)) => {
            let start = start_container::start_answers(w, pod, ix);
            go_on_starting(w, pod, start)
        }
        (Stage::PostStart, Some(ix)) => {
            let start = start_container::post_start_answers(w, pod, ix);
            go_on_starting(w, pod, start)
        }
        (Stage::Resizing, _) => {
            if !allocation::actuated(w, pod)
                && let Some(run) = run::get(w, pod)
            {
                run.failed = true;
            }
            start_next(w, pod)
        }
        (Stage::Unmounting, _) => unmounted(w, pod),
        (Stage::Idle, _) => runtime_done(w, pod),
        _ => None,
    }
}

/// What a run takes in which nothing is to be done. What its status sets in motion (a probe worker's first value) is a millisecond
/// late: in three of five runs it comes after their ends, and is an update of its own (303 of 525 recorded).
const IDLE_RUN_SHORTEST: Span = Span::from_micros(300);
const IDLE_RUN_SPREAD_MICROS: u64 = 1_200;

/// The runtime's part is over.
fn runtime_done(w: &mut World, pod: PodId) -> Step {
    let run = run::get(w, pod)?;
    if !run.acted && !matches!(run.stage, Stage::Idle) {
        set_stage(w, pod, Stage::Idle);
        let takes = w.pod_draw(Purpose::IdleRun, pod, w.instant()).below(IDLE_RUN_SPREAD_MICROS) as i64;
        after(w, pod, IDLE_RUN_SHORTEST + Span::from_micros(takes));
        return None;
    }
    let outcome = if run.failed { Outcome::Failed { until: run.backoff_until } } else { Outcome::Done };
    if run.could_not_pull && w.gates.habits.tells_secrets_after_pulls {
        images::look_for_secrets(w, pod);
    }
    Some(outcome)
}

/// `SyncTerminatingPod`: stop everything, then read the runtime itself and say how it ended.
pub fn sync_terminating_pod(w: &mut World, pod: PodId) -> Step {
    let worker = w.worker(pod)?;
    let snapshot = worker.cache.clone();
    let grace = Some(worker.grace_secs.unwrap_or_else(|| worker.spec.grace_secs()).max(1));
    run::begin(w, pod, snapshot, Work::Terminating, Stage::Killing);
    status::compute(w, pod, false);
    prober::stop_liveness_and_startup(w, pod);
    kill_all(w, pod, grace)
}

fn terminating_done(w: &mut World, pod: PodId) -> Step {
    prober::remove_pod(w, pod);
    let live = w.learned.see(w.pods[pod.ix()].template, &w.places[pod.ix()].runtime.live);
    if let Some(run) = w.worker_mut(pod).and_then(|worker| worker.run.as_deref_mut()) {
        run.snapshot = live;
    }
    status::compute(w, pod, true);
    if let Some(worker) = w.worker_mut(pod) {
        worker.containers_gone = true;
        let node = worker.node;
        taken::remove(w, pod, node);
        allocation::pod_left(w, pod, node);
    }
    Some(Outcome::Transition)
}

/// `SyncTerminatedPod`: the last status, the volumes' end, and the pod may be deleted.
pub fn sync_terminated_pod(w: &mut World, pod: PodId) -> Step {
    let worker = w.worker(pod)?;
    let snapshot = worker.cache.clone();
    let wait = mounts::until_unmounted(w, pod, worker);
    run::begin(w, pod, snapshot, Work::Terminated, Stage::Unmounting);
    status::compute(w, pod, true);
    after(w, pod, wait);
    None
}

fn unmounted(w: &mut World, pod: PodId) -> Step {
    if let Some(node) = w.worker(pod).map(|worker| worker.node) {
        claims::unmounted(w, pod, node);
    }
    if status_manager::terminate(w, pod) {
        prober::container_changed(w, pod);
    }
    Some(Outcome::Transition)
}
