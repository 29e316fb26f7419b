//! Pod workers: one run at a time for each pod, updates merged while it runs (pkg/kubelet/pod_workers.go).
//!
//! Before each run but the first the worker waits for a cache entry newer than the end of its last run
//! (`podWorkerLoop`, `GetNewerThan`): a relist of the node or of the pod brings it. That wait is why a pod that has
//! ended needs one more second to say so, and why a second update in one relist shows a second later.

use super::deadline::{past_deadline, tick_at_or_after};
use super::run::{Outcome, Step};
use super::{ending, kill, pleg, prober, start_container, status_manager, sync, taken, view};
use crate::actors::{api_server, runtime};
use crate::api::Sym;
use crate::api::form::ask;
use crate::rules::kubelet::status_change::EndedBy;
use crate::rules::kubelet::status_manager::has_initialized;
use crate::time::{Span, Time};
use crate::world::kubelet::ImageOf;
use crate::world::luck::Before;
use crate::world::worker::Work;
use crate::world::{ContainerIx, NodeId, PodId, Purpose, Runtime, SimEvent, World};

/// `workerBackOffPeriodJitterFactor`, `workerResyncIntervalJitterFactor`
const JITTER: f64 = 0.5;
/// `backOffPeriod` of a failed sync
const RETRY: Span = Span::from_secs(10);

/// `UpdatePod`: something about the pod wants a look.
pub fn update_pod(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let terminal = p.status.phase().is_terminal();
    let spec = view::spec(p);
    // Without init containers no status need be looked at, of which nothing is near.
    let initialized =
        spec.init_containers.is_empty() || ask!(p.status, |status| has_initialized(spec, status));
    let Some(worker) = w.worker_mut(pod) else { return };
    if worker.work == Work::Finished {
        return;
    }
    worker.seen_initialized = initialized;
    let ends = worker.deletion.is_some() || worker.removed || terminal || worker.ended_by.is_some();
    if ends {
        let wanted = worker.deletion.map(|d| d.grace_secs);
        shrink_grace(worker, wanted);
    }
    if worker.work == Work::Sync && ends {
        worker.work = Work::Terminating;
        prober::pod_stops(w, pod);
        let step = sync::interrupt(w, pod);
        settle(w, pod, step);
    }
    let Some(worker) = w.worker_mut(pod) else { return };
    worker.pending = true;
    if !worker.running {
        worker.running = true;
        start_next(w, pod);
    }
}

/// `calculateEffectiveGracePeriod`: may only shrink.
pub fn shrink_grace(worker: &mut crate::world::worker::Worker, wanted: Option<i64>) {
    if let Some(wanted) = wanted {
        let grace = worker.grace_secs.map_or(wanted, |old| old.min(wanted));
        worker.grace_secs = Some(grace.max(1));
    }
}

/// Takes the pending update; runs it as soon as the cache is new enough.
fn start_next(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker_mut(pod) else { return };
    worker.pending = false;
    worker.initialized = worker.seen_initialized;
    let node = worker.node;
    let fresh = match worker.last_end {
        None => true,
        Some(end) => worker.cache_time > end || pleg::last_relist(w, node) > end,
    };
    if fresh {
        begin(w, pod);
    } else {
        let Some(worker) = w.worker_mut(pod) else { return };
        worker.waiting_cache = true;
        if let Some(kubelet) = w.kubelet_mut(node) {
            kubelet.cache_waiters.push(pod);
        }
        pleg::want_relist(w, node);
    }
}

/// The cache has news for a worker that waited for them.
pub fn cache_is_newer(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker_mut(pod) else { return };
    if std::mem::take(&mut worker.waiting_cache) {
        begin(w, pod);
    }
}

fn begin(w: &mut World, pod: PodId) {
    let Some(worker) = w.worker_mut(pod) else { return };
    worker.generation += 1;
    let step = match worker.work {
        Work::Sync => sync::sync_pod(w, pod),
        Work::Terminating => sync::sync_terminating_pod(w, pod),
        Work::Terminated => sync::sync_terminated_pod(w, pod),
        Work::Finished => {
            worker.running = false;
            None
        }
    };
    settle(w, pod, step);
}

/// A step was taken: if the run has ended with it, what comes next.
fn settle(w: &mut World, pod: PodId, step: Step) {
    if let Some(outcome) = step {
        finish(w, pod, outcome);
    }
}

/// The run goes on where it stands.
pub fn go_on(w: &mut World, pod: PodId) {
    let step = sync::go_on(w, pod);
    settle(w, pod, step);
}

/// A stage of a container's stop is over.
pub fn kill_goes_on(w: &mut World, pod: PodId, ix: ContainerIx) {
    let over = kill::go_on(w, pod, ix);
    killed(w, pod, over);
}

fn killed(w: &mut World, pod: PodId, over: kill::Over) {
    if let Some(ix) = over {
        let step = sync::kill_done(w, pod, ix);
        settle(w, pod, step);
    }
}

/// A container's process has ended: a hook or a stop may have waited for that, and probe workers look at it.
pub fn process_ended(w: &mut World, pod: PodId, ix: ContainerIx) {
    start_container::process_ended(w, pod, ix);
    let over = kill::exited(w, pod, ix);
    killed(w, pod, over);
    prober::container_changed(w, pod);
}

/// The image service has answered the run that waited for it.
pub fn pulled(w: &mut World, pod: PodId, of: ImageOf, error: Option<Sym>) {
    let step = sync::pulled(w, pod, of, error);
    settle(w, pod, step);
}

/// `completeWork`: what comes after a run.
fn finish(w: &mut World, pod: PodId, outcome: Outcome) {
    let now = w.now;
    let World { places, spare_runs, no_runtime, .. } = w;
    let Some(worker) = places[pod.ix()].worker.as_deref_mut() else { return };
    // A run that found what the one before it had found has none of its own.
    let run = worker.run.take();
    let acted = run.as_ref().is_some_and(|run| run.acted);
    if let Some(run) = run {
        spare_runs.keep(run, no_runtime);
    }
    worker.last_end = Some(now);
    worker.due_generation += 1;
    match outcome {
        Outcome::Transition => {
            worker.work = match worker.work {
                Work::Sync => Work::Terminating,
                Work::Terminating if worker.containers_gone => Work::Terminated,
                Work::Terminating => Work::Terminating,
                Work::Terminated | Work::Finished => Work::Finished,
            };
            worker.pending = worker.work != Work::Finished;
            if worker.work == Work::Finished {
                worker.finished = true;
                worker.running = false;
                // Nothing more is told about it.
                worker.events = None;
                let (node, removed) = (worker.node, worker.removed);
                status_manager::nudge(w, node, pod);
                if removed {
                    forget_pod(w, pod, node);
                }
                return;
            }
        }
        Outcome::Done => {
            if w.gates.pleg_on_demand_relist && acted {
                w.after(ON_DEMAND_RELIST, SimEvent::RelistPod { pod });
            }
            let resync = w.pods[pod.ix()]
                .node
                .map(|n| w.machines[n.ix()].config.sync_frequency)
                .filter(|_| acted || view::is_unsettled(w.local(pod)));
            if let Some(frequency) = resync {
                requeue(w, pod, frequency);
            }
        }
        Outcome::Failed { until } => {
            let delay = match until {
                Some(until) if w.gates.habits.requeues_after_back_off => {
                    let left = until.since(now);
                    left.clamp(Span::ZERO, resync_interval(w, pod))
                }
                _ => RETRY,
            };
            requeue(w, pod, delay);
        }
    }
    let Some(worker) = w.worker_mut(pod) else { return };
    if worker.pending {
        start_next(w, pod);
    } else {
        worker.running = false;
    }
}

/// From a successful sync that did something to the relist that it asks for.
const ON_DEMAND_RELIST: Span = Span::from_millis(3);

fn resync_interval(w: &World, pod: PodId) -> Span {
    w.pods[pod.ix()].node.map_or(Span::from_secs(60), |n| w.machines[n.ix()].config.sync_frequency)
}

/// `workQueue.Enqueue`: a later call overwrites an earlier one.
fn requeue(w: &mut World, pod: PodId, delay: Span) {
    let jittered = w.pod_draw(Purpose::Requeue, pod, w.instant()).jitter(delay, JITTER);
    let Some(worker) = w.worker_mut(pod) else { return };
    let (generation, node) = (worker.due_generation, worker.node);
    let at = tick_at_or_after(w, node, w.now + jittered);
    w.at(at, SimEvent::WorkDue { pod, generation });
}

/// When a worker comes back that a run has asked for at an instant, by another throw. What it waits for without its jitter is
/// known up to the second of a tick, where it is not the usual time between two runs.
pub fn due_anew(w: &mut World, pod: PodId, (asked, at): (Time, Time), before: Before) -> Time {
    let Some(node) = w.worker(pod).map(|worker| worker.node) else { return at };
    let number = asked.since(w.plan.start).micros().cast_unsigned();
    let unit = before.under(w, |w| w.pod_draw(Purpose::Requeue, pod, number).unit());
    let usual = resync_interval(w, pod);
    let of = |delay: Span| {
        let micros = delay.micros() as f64 * (1.0 + JITTER * unit);
        tick_at_or_after(w, node, asked + Span::from_micros(micros as i64))
    };
    let about = at.since(asked).micros() as f64 - 500_000.0;
    let about = Span::from_micros((about.max(0.0) / (1.0 + JITTER * unit)) as i64);
    let delay = [usual, RETRY].into_iter().find(|delay| of(*delay) == at).unwrap_or(about);
    let mut throws = (0..64u64).map(|throw| {
        let jittered = w.pod_draw(Purpose::Requeue, pod, number | throw << 48).jitter(delay, JITTER);
        tick_at_or_after(w, node, asked + jittered)
    });
    throws.find(|other| *other > before.now).unwrap_or(at)
}

/// The active deadline is reached at a tick.
pub fn deadline_due(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let Some(worker) = p.worker else { return };
    if worker.work == Work::Sync && past_deadline(p, w.now) {
        update_pod(w, pod);
    }
}

/// The kubelet ends a pod by itself (`killPodNow`, pkg/kubelet/pod_workers.go): its worker terminates it with this grace.
pub fn end_pod(w: &mut World, pod: PodId, ended: EndedBy, grace_secs: i64) {
    let Some(worker) = w.worker_mut(pod) else { return };
    if worker.work != Work::Sync {
        return;
    }
    worker.ended_by = Some(ended);
    shrink_grace(worker, Some(grace_secs));
    update_pod(w, pod);
    ending::wait(w, pod, grace_secs);
}

/// A pod that is over and gone from the API: worker, status and dead containers go too (`removeTerminatedWorker`,
/// pkg/kubelet/pod_workers.go; `RemoveOrphanedStatuses`; `evictContainers`, kuberuntime/kuberuntime_gc.go). What stays is
/// its name and its line in `pods.csv`.
pub fn forget_pod(w: &mut World, pod: PodId, node: NodeId) {
    taken::remove(w, pod, node);
    runtime::address_free(w, pod);
    (w.places[pod.ix()].worker, w.places[pod.ix()].rest) = (None, None);
    w.places[pod.ix()].runtime = Runtime::of(0, &w.no_behavior, &w.no_runtime);
    w.controllers.recorders.remove(&pod);
    w.machines[node.ix()].forget(pod);
    api_server::let_go(w, pod);
}
