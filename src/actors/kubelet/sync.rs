//! One run of a pod worker: `SyncPod`, `SyncTerminatingPod`, `SyncTerminatedPod` (pkg/kubelet/kubelet.go) and the
//! runtime manager's `SyncPod` (pkg/kubelet/kuberuntime/kuberuntime_manager.go).
//!
//! The status is computed and stored *before* anything is done, from what the last relist saw and what the last run's
//! starts returned. So a failure of this run is shown by the next one: that lag is most of what kubectl shows of a
//! crash loop. Everything that takes time (mounting, sandbox, pull, create, start, hooks, stops) is a stage that a
//! queued event ends; a deletion does not interrupt the stages after mounting.

use std::sync::Arc;

use smallvec::SmallVec;

use super::pod_worker::{self, Outcome};
use super::{
    allocation, crowd, images, kill, prober, start_container, status, status_manager, taken, volumes,
};
use crate::actors::{events, runtime};
use crate::api::{HeldStatus, InstanceState, Phase, Sym};
use crate::rules::kubelet::pod::PodView;
use crate::rules::kubelet::restart;
use crate::rules::kubelet::sync_actions::{Input, KillReason, Places, ProbeResults};
use crate::scenario::plan::{PodTemplate, TemplateIx};
use crate::time::{Span, Time};
use crate::world::learned::Seen;
use crate::world::worker::{Run, Stage, SyncErrors};
use crate::world::{ContainerIx, Local, PodId, Purpose, SimEvent, World, template_of};

/// The kubelet's view of a pod, for rules that ask for no instants of its status.
pub fn view(p: Local<'_>) -> PodView<'_> {
    let worker = p.worker;
    PodView {
        spec: worker.map_or(&p.pod.spec, |worker| &worker.spec),
        status: p.pod.status.form(),
        generation: p.generation,
        deleted: worker.is_some_and(|worker| worker.deletion.is_some()),
        is_static: false,
    }
}

/// The pod's template, while it and its kubelet work with the spec of that.
pub fn template(templates: &[Arc<PodTemplate>], p: Local<'_>) -> Option<TemplateIx> {
    let worker = p.worker?;
    template_of(templates, p.template, &p.spec).filter(|_| Arc::ptr_eq(&worker.spec, &p.spec))
}

/// Whether the readiness gates' conditions have changed since the kubelet's last status
/// (`NeedToReconcilePodReadiness`, pkg/kubelet/status/status_manager.go).
pub fn gates_met(w: &World, pod: PodId) -> bool {
    let p = w.local(pod);
    p.worker.is_some() && crate::rules::kubelet::api_status::needs_readiness_reconcile(&view(p), &w.gates)
}

/// Whether the active deadline is over; it counts from `startTime`.
pub fn past_deadline(p: Local<'_>, now: Time) -> bool {
    let Some(worker) = p.worker else { return false };
    let start = worker.status().unwrap_or(&p.status).start_time();
    match (start, worker.spec.active_deadline_seconds) {
        (Some(start), Some(secs)) => now.since(start) >= Span::from_secs(secs),
        _ => false,
    }
}

/// Whether the periodic resync of a pod could show anything new: a started container that is not ready has its
/// readiness probed by each computation of the status.
pub fn is_unsettled(p: Local<'_>) -> bool {
    let Some(worker) = p.worker else { return false };
    worker.cache.status != p.runtime.live
        || worker.status().is_some_and(|status| {
            status
                .form()
                .containers
                .iter()
                .any(|c| c.state.is_running() && !c.ready && c.started == Some(true))
        })
}

fn fresh_run(snapshot: Seen, stage: Stage) -> Run {
    Run {
        stage,
        snapshot,
        creates_sandbox: false,
        purges_init: false,
        resizes: false,
        to_remove: Places::new(),
        to_start: Places::new(),
        to_kill: Vec::new(),
        errors: SyncErrors::default(),
        jostle: Span::ZERO,
        acted: false,
        init_pass: 0,
    }
}

fn set_run(w: &mut World, pod: PodId, run: Run) {
    let World { places, spare_runs, .. } = w;
    if let Some(worker) = places[pod.ix()].worker.as_deref_mut() {
        worker.run = Some(spare_runs.boxed(run));
    }
}

pub(super) fn run_mut(w: &mut World, pod: PodId) -> Option<&mut Run> {
    w.worker_mut(pod).and_then(|worker| worker.run.as_deref_mut())
}

pub(super) fn set_stage(w: &mut World, pod: PodId, stage: Stage) {
    if let Some(run) = run_mut(w, pod) {
        run.stage = stage;
    }
}

/// The run's next stage begins after `span`.
pub(super) fn after(w: &mut World, pod: PodId, span: Span) {
    let Some(worker) = w.worker(pod) else { return };
    let generation = worker.generation;
    w.after(span, SimEvent::Sync { pod, generation });
}

/// A termination was asked for: only the wait for volumes listens (the runtime's part ignores cancellation).
pub fn interrupt(w: &mut World, pod: PodId) {
    let waits = run_mut(w, pod).is_some_and(|run| matches!(run.stage, Stage::Volumes));
    if waits {
        let errors = SyncErrors { failed: true, ..SyncErrors::default() };
        // The worker's own update follows; the run ends first.
        if let Some(worker) = w.worker_mut(pod) {
            worker.pending = true;
            worker.generation += 1;
        }
        pod_worker::finish(w, pod, Outcome::Failed(errors));
    }
}

/// `SyncPod`
pub fn sync_pod(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker(pod) else { return };
    let snapshot = worker.cache.clone();
    set_run(w, pod, fresh_run(snapshot, Stage::Volumes));
    allocation::check_progress(w, pod);
    if status::compute(w, pod, false).is_some_and(Phase::is_terminal) {
        pod_worker::finish(w, pod, Outcome::Transition);
        return;
    }
    match volumes::wait(w, pod) {
        volumes::Wait::Mounted => mounted(w, pod),
        volumes::Wait::Until(span) => after(w, pod, span),
        volumes::Wait::Failing => after(w, pod, volumes::TIMEOUT),
        volumes::Wait::Refused => after(w, pod, volumes::POLL),
    }
}

/// Everything is mounted: probing begins, and the runtime's part.
fn mounted(w: &mut World, pod: PodId) {
    images::look_for_secrets(w, pod);
    prober::add_pod(w, pod);
    let World { pods, places, templates, learned, gates, .. } = w;
    let p = Local::of(pods, places, pod);
    let Some(worker) = p.worker else { return };
    let Some(run) = worker.run.as_ref() else { return };
    let probes: SmallVec<[ProbeResults; 4]> = p.container_ixs().map(|ix| prober::results(p, ix)).collect();
    let status = worker.status().map(HeldStatus::form);
    let restart_all = gates.restart_all_containers
        && restart::all_could_restart(&worker.spec, gates)
        && restart::should_restart_all(&view(p), Some(&run.snapshot), status);
    let sizes = p.runtime.resize.as_deref().map(|own| own.actual.as_slice());
    let (probes, runtime) = (probes.as_slice(), &*run.snapshot.status);
    let input = Input { pod: view(p), runtime, probes, restart_all, sizes, gates };
    let deeds = learned.deeds(template(templates, p), run.snapshot.shape, &input);
    let grace = worker.grace_secs;
    let Some(run) = run_mut(w, pod) else { return };
    let actions = &deeds.actions;
    run.init_pass = deeds.init_pass;
    run.to_start = Places::from_slice(&deeds.to_start);
    run.acted = deeds.acts;
    run.resizes = actions.resize;
    run.creates_sandbox = actions.create_sandbox;
    run.purges_init = actions.purge_init;
    run.stage = Stage::Killing;
    if !actions.remove.is_empty() {
        run.acted = true;
        run.to_remove = actions.remove.clone();
        let targets = actions.remove.iter().map(|ix| (*ix, KillReason::RestartAll)).collect();
        kill_listed(w, pod, targets, Some(0));
        return;
    }
    if actions.kill_pod {
        let replaced = actions.create_sandbox && !run.snapshot.sandboxes.is_empty();
        if replaced {
            events::kubelet(
                w,
                pod,
                false,
                Sym::SANDBOX_CHANGED,
                "Pod sandbox changed, it will be killed and re-created.",
                None,
            );
        }
        kill_all(w, pod, grace);
        return;
    }
    run.to_kill = actions.kill.clone();
    kill_next(w, pod);
}

/// All running containers at once; the sandbox follows.
fn kill_all(w: &mut World, pod: PodId, grace: Option<i64>) {
    let p = w.local(pod);
    let running: Vec<(ContainerIx, KillReason)> = p
        .container_ixs()
        .rev()
        .filter(|ix| {
            p.runtime.live.newest(p.container(*ix).name).is_some_and(|c| c.state == InstanceState::Running)
        })
        .map(|ix| (ix, KillReason::Pod))
        .collect();
    kill_listed(w, pod, running, grace);
}

fn kill_listed(w: &mut World, pod: PodId, mut list: Vec<(ContainerIx, KillReason)>, grace: Option<i64>) {
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
    for (ix, reason) in &list {
        kill::begin(w, pod, *ix, *reason, grace);
    }
    if list.is_empty() {
        killed(w, pod);
    }
}

/// Listed containers are killed one after another, each to its end.
fn kill_next(w: &mut World, pod: PodId) {
    let Some(run) = run_mut(w, pod) else { return };
    if run.to_kill.is_empty() {
        start_next(w, pod);
        return;
    }
    let (ix, reason) = run.to_kill[0];
    kill::begin(w, pod, ix, reason, None);
}

/// A container's stop is over.
pub fn kill_done(w: &mut World, pod: PodId, ix: ContainerIx) {
    if kill::any_in_progress(w, pod) {
        return;
    }
    let Some(run) = run_mut(w, pod) else { return };
    match run.stage {
        Stage::Killing if run.to_kill.first().is_some_and(|(first, _)| *first == ix) => {
            run.to_kill.remove(0);
            kill_next(w, pod);
        }
        Stage::Killing => killed(w, pod),
        Stage::PostStartKill => started_or_failed(w, pod, true),
        _ => {}
    }
}

/// Everything that was to be killed together has ended.
fn killed(w: &mut World, pod: PodId) {
    let Some(run) = run_mut(w, pod) else { return };
    if !run.to_remove.is_empty() {
        let targets = std::mem::take(&mut run.to_remove);
        remove_instances(w, pod, &targets);
        pod_worker_done(w, pod);
        return;
    }
    let any_ready = w.places[pod.ix()].runtime.live.sandboxes.iter().any(|s| s.ready);
    if any_ready {
        set_stage(w, pod, Stage::StoppingSandbox);
        after(w, pod, runtime::STOP_SANDBOX);
    } else {
        sandbox_is_stopped(w, pod);
    }
}

fn remove_instances(w: &mut World, pod: PodId, targets: &[ContainerIx]) {
    let p = w.local_mut(pod);
    let names: Vec<Sym> = targets.iter().map(|ix| p.container(*ix).name).collect();
    Arc::make_mut(&mut p.runtime.live).containers.retain(|c| !names.contains(&c.name));
    super::pleg::touched(w, pod);
}

fn sandbox_is_stopped(w: &mut World, pod: PodId) {
    runtime::sandbox_stopped(w, pod);
    let Some(worker) = w.worker(pod) else { return };
    if worker.work == crate::world::worker::Work::Terminating
        && worker.run.as_ref().is_some_and(|r| r.init_pass == TERMINATING)
    {
        terminating_done(w, pod);
        return;
    }
    let Some(run) = run_mut(w, pod) else { return };
    if run.creates_sandbox {
        if run.purges_init {
            let p = w.local_mut(pod);
            let names: Vec<Sym> = p.spec.init_containers.iter().map(|c| c.name).collect();
            let had = !p.runtime.live.sandboxes.is_empty();
            if had {
                Arc::make_mut(&mut p.runtime.live).containers.retain(|c| !names.contains(&c.name));
            }
        }
        create_sandbox(w, pod);
    } else {
        pod_worker_done(w, pod);
    }
}

fn create_sandbox(w: &mut World, pod: PodId) {
    set_stage(w, pod, Stage::Sandbox);
    let plan = std::sync::Arc::clone(&w.plan);
    let behavior = std::sync::Arc::clone(&w.places[pod.ix()].runtime.behavior);
    let takes = runtime::scripted(w, pod, behavior.sandbox.takes.as_ref(), &plan.latency.sandbox);
    if w.pods[pod.ix()].spec.volumes.is_empty() {
        crowd::joins(w, pod);
    }
    after(w, pod, takes);
}

fn sandbox_answers(w: &mut World, pod: PodId) {
    let p = w.local_mut(pod);
    let behavior = std::sync::Arc::clone(&p.runtime.behavior);
    if p.runtime.sandbox_failures < behavior.sandbox.failures {
        p.runtime.sandbox_failures = p.runtime.sandbox_failures.saturating_add(1);
        let deleting = p.worker.is_some_and(|worker| worker.deletion.is_some());
        if !deleting {
            let message = format!(
                "Failed to create pod sandbox: rpc error: code = Unknown desc = {}",
                behavior.sandbox.error
            );
            events::kubelet(w, pod, true, Sym::FAILED_CREATE_POD_SANDBOX, message, None);
        }
        let errors = SyncErrors { failed: true, ..SyncErrors::default() };
        pod_worker::finish(w, pod, Outcome::Failed(errors));
        return;
    }
    let attempt = p.runtime.sandbox_starts;
    p.runtime.sandbox_starts += 1;
    runtime::sandbox_created(w, pod, attempt);
    if w.gates.habits.tells_sandbox_at_once {
        status_manager::sandbox_ready(w, pod);
    }
    let late = crowd::jostle(w, pod, crowd::At::Images);
    if let Some(run) = run_mut(w, pod) {
        run.jostle = late;
    }
    start_next(w, pod);
}

/// The front of the start list, if any: back-off first. New sizes come after init containers, before main ones.
pub(super) fn start_next(w: &mut World, pod: PodId) {
    let Some(run) = run_mut(w, pod) else { return };
    if run.resizes && run.init_pass == 0 {
        run.resizes = false;
        run.stage = Stage::Resizing;
        after(w, pod, allocation::UPDATE);
        return;
    }
    let Some(&ix) = run.to_start.first() else {
        pod_worker_done(w, pod);
        return;
    };
    run.stage = Stage::Inspect;
    if let Some(until) = start_container::back_off(w, pod, ix) {
        let Some(run) = run_mut(w, pod) else { return };
        let earliest = run.errors.backoff_until.map_or(until, |old| old.min(until));
        run.errors.backoff_until = Some(earliest);
        started_or_failed(w, pod, true);
        return;
    }
    let p = w.local_mut(pod);
    let container = &mut p.runtime.containers[usize::from(ix)];
    container.attempt = container.tries;
    let takes = w.latency(pod, |latency| &latency.inspect_image);
    let late = run_mut(w, pod).map_or(Span::ZERO, |run| std::mem::take(&mut run.jostle));
    after(w, pod, takes + late);
}

/// The start of the front container failed (with the reason in the cache) or succeeded; the next one follows.
pub fn started_or_failed(w: &mut World, pod: PodId, failed: bool) {
    let Some(run) = run_mut(w, pod) else { return };
    let ix = run.to_start.remove(0);
    let in_init_pass = run.init_pass > 0;
    run.init_pass = run.init_pass.saturating_sub(1);
    if failed {
        run.errors.failed = true;
    }
    let p = &w.pods[pod.ix()];
    let aborts = failed && in_init_pass && p.is_init(ix) && !p.is_sidecar(ix);
    if !failed && let Some(memory) = w.memory_mut(pod, ix) {
        memory.reason = None;
    }
    if aborts && let Some(run) = run_mut(w, pod) {
        run.to_start.clear();
    }
    start_next(w, pod);
}

/// Goes on where the run stands.
pub fn go_on(w: &mut World, pod: PodId, generation: u32) {
    let Some(worker) = w.worker(pod) else { return };
    if worker.generation != generation {
        return;
    }
    let Some(run) = worker.run.as_ref() else { return };
    let front = run.to_start.first().copied();
    match (&run.stage, front) {
        (Stage::Volumes, _) => {
            if w.worker(pod).is_some_and(|worker| worker.mounted) {
                let is_first_poll = run_mut(w, pod).is_some_and(|run| run.jostle == Span::ZERO);
                let late = if is_first_poll { crowd::jostle(w, pod, crowd::At::Mounts) } else { Span::ZERO };
                if let Some(run) = run_mut(w, pod) {
                    run.jostle = late;
                }
                if crowd::misses_poll(w, pod, late) {
                    after(w, pod, volumes::POLL);
                } else {
                    mounted(w, pod);
                }
            } else {
                if let Some(words) = super::claims::refused(w, pod) {
                    events::kubelet(w, pod, true, Sym::FAILED_MOUNT, words, None);
                }
                let errors = SyncErrors { failed: true, ..SyncErrors::default() };
                pod_worker::finish(w, pod, Outcome::Failed(errors));
            }
        }
        (Stage::StoppingSandbox, _) => sandbox_is_stopped(w, pod),
        (Stage::Sandbox, _) => sandbox_answers(w, pod),
        (Stage::Inspect, Some(ix)) => images::ensure(w, pod, ix),
        (Stage::Creating, Some(ix)) => start_container::created(w, pod, ix),
        (Stage::Starting, Some(ix)) => start_container::start_answers(w, pod, ix),
        (Stage::PostStart, Some(ix)) => start_container::post_start_answers(w, pod, ix),
        (Stage::Resizing, _) => {
            allocation::actuated(w, pod);
            start_next(w, pod);
        }
        (Stage::Unmounting, _) => unmounted(w, pod),
        (Stage::Idle, _) => pod_worker_done(w, pod),
        _ => {}
    }
}

/// Volumes became mounted while the run waits for them: it notices at its next poll.
pub fn poll_volumes(w: &mut World, pod: PodId, wait: Span) {
    let waits = run_mut(w, pod).is_some_and(|run| matches!(run.stage, Stage::Volumes));
    if waits {
        after(w, pod, wait);
    }
}

/// What a run takes in which nothing is to be done. What its status sets in motion at once (a probe worker's first value,
/// the second event of a relist) mostly falls into it and is merged into one update.
const IDLE_RUN_SHORTEST: Span = Span::from_micros(500);
const IDLE_RUN_SPREAD_MICROS: u64 = 1_500;

/// The runtime's part is over.
fn pod_worker_done(w: &mut World, pod: PodId) {
    let Some(run) = run_mut(w, pod) else { return };
    if !run.acted && !matches!(run.stage, Stage::Idle) {
        set_stage(w, pod, Stage::Idle);
        let takes = w.pod_draw(Purpose::Run, pod).below(IDLE_RUN_SPREAD_MICROS) as i64;
        after(w, pod, IDLE_RUN_SHORTEST + Span::from_micros(takes));
        return;
    }
    let (errors, acted) = (run.errors, run.acted);
    let outcome =
        if errors.failed || errors.network { Outcome::Failed(errors) } else { Outcome::Done { acted } };
    pod_worker::finish(w, pod, outcome);
}

/// In `init_pass`: the run is a terminating one.
const TERMINATING: usize = usize::MAX;

/// `SyncTerminatingPod`: stop everything, then read the runtime itself and say how it ended.
pub fn sync_terminating_pod(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker(pod) else { return };
    let snapshot = worker.cache.clone();
    let grace = Some(worker.grace_secs.unwrap_or_else(|| worker.spec.grace_secs()).max(1));
    let mut run = fresh_run(snapshot, Stage::Killing);
    run.init_pass = TERMINATING;
    set_run(w, pod, run);
    status::compute(w, pod, false);
    prober::stop_liveness_and_startup(w, pod);
    kill_all(w, pod, grace);
}

fn terminating_done(w: &mut World, pod: PodId) {
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
    pod_worker::finish(w, pod, Outcome::Transition);
}

/// How long the volume manager takes to notice that nothing is mounted any more (polls of 100 ms).
const UNMOUNT: Span = Span::from_millis(100);

/// `SyncTerminatedPod`: the last status, the volumes' end, and the pod may be deleted.
pub fn sync_terminated_pod(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker(pod) else { return };
    let snapshot = worker.cache.clone();
    let mounted = worker.mounted && !worker.spec.volumes.is_empty();
    set_run(w, pod, fresh_run(snapshot, Stage::Unmounting));
    status::compute(w, pod, true);
    after(w, pod, if mounted { UNMOUNT } else { Span::ZERO });
}

fn unmounted(w: &mut World, pod: PodId) {
    if let Some(node) = w.worker(pod).map(|worker| worker.node) {
        super::claims::unmounted(w, pod, node);
    }
    status_manager::terminate(w, pod);
    pod_worker::finish(w, pod, Outcome::Transition);
}
