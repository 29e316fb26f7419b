//! Stopping containers: preStop, the sidecars' order, SIGTERM, and SIGKILL when the grace is over
//! (`killContainer`, pkg/kubelet/kuberuntime/kuberuntime_container.go; order: kuberuntime_termination_order.go).

use crate::actors::{events, runtime};
use crate::api::{InstanceState, Note, Sym};
use crate::engine::Distribution;
use crate::rules::kubelet::sync_actions::{KillReason, kill_words};
use crate::time::Span;
use crate::world::worker::{Kill, KillStage};
use crate::world::{ContainerIx, PodId, Purpose, SimEvent, World};

/// The runtime always gets this long (`minimumGracePeriodInSeconds`, kuberuntime_manager.go).
const MINIMUM_GRACE_SECS: i64 = 2;

/// From a probe's verdict to its container's stop (of 110 recorded half took 4.5 ms or less, one in ten 14 and more). Probes come
/// at whole periods, and back-offs are whole seconds: whether a container that is killed again has waited long enough is a
/// matter of these milliseconds.
const VERDICT: Distribution =
    Distribution::LogNormal { median: Span::from_micros(4_500), p95: Span::from_millis(20) };

fn kill_of(w: &World, pod: PodId, ix: ContainerIx) -> Option<Kill> {
    w.local(pod).memory(ix)?.kill.as_deref().copied()
}

fn is_running(w: &World, pod: PodId, ix: ContainerIx) -> bool {
    let p = w.local(pod);
    p.runtime.live.newest(p.container(ix).name).is_some_and(|c| c.state == InstanceState::Running)
}

/// What a step of a stop leaves: the container whose stop has ended, if none of the pod's is under way any more.
pub type Over = Option<ContainerIx>;

/// Begins to stop a container. `override_secs` replaces the grace (eviction, shutdown, deletion in progress).
pub fn begin(
    w: &mut World,
    pod: PodId,
    ix: ContainerIx,
    reason: KillReason,
    override_secs: Option<i64>,
) -> Over {
    let p = w.local(pod);
    let container = p.container(ix);
    let words = kill_words(reason, container.name, p.is_init(ix));
    let worker_deletion = p.worker.and_then(|worker| worker.deletion);
    let probe_grace = match reason {
        KillReason::Liveness { .. } => container.liveness_probe.as_ref(),
        KillReason::Startup { .. } => container.startup_probe.as_ref(),
        _ => None,
    }
    .and_then(|probe| probe.termination_grace_period_seconds);
    let grace_secs = override_secs.unwrap_or_else(|| match worker_deletion {
        Some(deletion) => deletion.grace_secs,
        None => probe_grace.unwrap_or(p.spec.grace_secs()),
    });
    events::kubelet(w, pod, Note::normal(Sym::KILLING, words).of(ix));
    let now = w.now;
    let p = w.local_mut(pod);
    let has_hook = p.container(ix).lifecycle.as_ref().is_some_and(|l| l.pre_stop.is_some());
    let sleep =
        p.container(ix).lifecycle.as_ref().and_then(|l| l.pre_stop.as_ref()).and_then(|h| h.sleep.clone());
    let generation = p.worker?.begin_kill(ix, now, grace_secs);
    if !has_hook || grace_secs <= 0 {
        if !matches!(reason, KillReason::Liveness { .. } | KillReason::Startup { .. }) {
            return after_pre_stop(w, pod, ix);
        }
        let late = VERDICT.sample(&mut w.container_draw(Purpose::Verdict, pod, ix, w.instant()));
        w.after(late, SimEvent::Kill { pod, container: ix, generation });
        return None;
    }
    let grace = Span::from_secs(grace_secs);
    let wait = match sleep {
        Some(sleep) => Span::from_secs(sleep.seconds),
        None => run_hook(w, pod, ix),
    };
    w.after(wait.min(grace), SimEvent::Kill { pod, container: ix, generation });
    None
}

/// A hook in the container, beside the kubelet's wait for it: how long it takes.
fn run_hook(w: &mut World, pod: PodId, ix: ContainerIx) -> Span {
    let hook = &w.places[pod.ix()].runtime.attempt(ix).pre_stop;
    let (takes, fails) = (hook.takes.clone(), hook.exit != 0);
    let number = w.instance_number(pod, ix);
    let takes = w.container_span(Purpose::PreStop, pod, ix, number, &takes);
    let until = w.now + takes;
    let generation = w.places[pod.ix()].runtime.containers[usize::from(ix)].generation;
    if let Some(kill) = w.memory_mut(pod, ix).and_then(|memory| memory.kill.as_mut()) {
        kill.hook_until = Some(until);
    }
    if fails {
        w.at(until, SimEvent::HookFails { pod, container: ix, generation });
    }
    takes
}

/// The hook has failed: nobody may be waiting for it any more, but the event is written
/// (`executePreStopHook`, kuberuntime_container.go).
pub fn hook_fails(w: &mut World, pod: PodId, ix: ContainerIx) {
    let kill = w.memory_mut(pod, ix).and_then(|memory| memory.kill.as_mut());
    if kill.and_then(|kill| kill.hook_until.take()).is_some() {
        events::kubelet(w, pod, Note::warning(Sym::FAILED_PRE_STOP_HOOK, "PreStopHook failed").of(ix));
    }
}

/// A stage of a stop is over.
pub fn go_on(w: &mut World, pod: PodId, ix: ContainerIx) -> Over {
    let kill = kill_of(w, pod, ix)?;
    match kill.stage {
        KillStage::PreStop => after_pre_stop(w, pod, ix),
        KillStage::Ordering => stop(w, pod, ix),
        KillStage::Stopping => {
            if is_running(w, pod, ix) {
                runtime::end(w, pod, ix, 137, Sym::ERROR);
                None
            } else {
                done(w, pod, ix)
            }
        }
        KillStage::Done => None,
    }
}

/// What is left of a kill's grace: whole seconds that passed are taken off.
fn left_secs(w: &World, kill: Kill) -> i64 {
    kill.grace_secs - w.now.since(kill.began).secs()
}

fn after_pre_stop(w: &mut World, pod: PodId, ix: ContainerIx) -> Over {
    if must_wait(w, pod, ix) {
        let kill = kill_of(w, pod, ix)?;
        let left = left_secs(w, kill).max(0);
        if left > 0 {
            set_stage(w, pod, ix, KillStage::Ordering);
            w.after(
                Span::from_secs(left),
                SimEvent::Kill { pod, container: ix, generation: kill.generation },
            );
            return None;
        }
    }
    stop(w, pod, ix)
}

/// A sidecar waits for all main containers and for the sidecars behind it.
fn must_wait(w: &World, pod: PodId, ix: ContainerIx) -> bool {
    let p = w.local(pod);
    if !p.is_sidecar(ix) {
        return false;
    }
    let behind = |other: ContainerIx| other > ix && (!p.is_init(other) || p.is_sidecar(other));
    p.container_ixs().any(|other| {
        let kill = p.memory(other).and_then(|memory| memory.kill.as_deref().copied());
        behind(other) && kill.is_some_and(|kill| kill.stage != KillStage::Done)
    })
}

fn set_stage(w: &mut World, pod: PodId, ix: ContainerIx, stage: KillStage) {
    if let Some(kill) = w.memory_mut(pod, ix).and_then(|memory| memory.kill.as_mut()) {
        kill.stage = stage;
    }
}

/// `StopContainer`: SIGTERM now, SIGKILL after what is left of the grace.
fn stop(w: &mut World, pod: PodId, ix: ContainerIx) -> Over {
    let own = w.memory_mut(pod, ix)?.kill.as_mut()?;
    own.generation += 1;
    own.stage = KillStage::Stopping;
    let kill = **own;
    if !is_running(w, pod, ix) {
        return done(w, pod, ix);
    }
    let timeout = left_secs(w, kill).max(MINIMUM_GRACE_SECS);
    w.after(Span::from_secs(timeout), SimEvent::Kill { pod, container: ix, generation: kill.generation });
    runtime::terminate(w, pod, ix);
    None
}

/// A container's process has ended: the stop that waited for it is over once the runtime reports it.
pub fn exited(w: &mut World, pod: PodId, ix: ContainerIx) -> Over {
    let kill = kill_of(w, pod, ix)?;
    if kill.hook_until.is_some_and(|until| until > w.now) {
        // The hook loses its process.
        let waits = kill.stage == KillStage::PreStop;
        hook_fails(w, pod, ix);
        if waits {
            return after_pre_stop(w, pod, ix);
        }
    }
    let kill = w.memory_mut(pod, ix)?.kill.as_mut()?;
    if kill.stage != KillStage::Stopping {
        return None;
    }
    kill.generation += 1;
    let generation = kill.generation;
    let number = w.instance_number(pod, ix);
    let delay = w.container_span(Purpose::Stop, pod, ix, number, &w.plan.latency.stop);
    w.after(delay, SimEvent::Kill { pod, container: ix, generation });
    None
}

fn done(w: &mut World, pod: PodId, ix: ContainerIx) -> Over {
    set_stage(w, pod, ix, KillStage::Done);
    let mut over = None;
    for other in w.pods[pod.ix()].container_ixs() {
        let waits = kill_of(w, pod, other).is_some_and(|kill| kill.stage == KillStage::Ordering);
        if waits && !must_wait(w, pod, other) {
            over = over.or(stop(w, pod, other));
        }
    }
    over.or_else(|| (!any_in_progress(w, pod)).then_some(ix))
}

/// Whether some container of the pod is still being stopped.
fn any_in_progress(w: &World, pod: PodId) -> bool {
    let mut kills = w
        .worker(pod)
        .into_iter()
        .flat_map(|worker| &worker.memory)
        .filter_map(|memory| memory.kill.as_deref());
    kills.any(|kill| kill.stage != KillStage::Done)
}
