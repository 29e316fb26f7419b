//! The status of a pod as this kubelet computes it: `generateAPIPodStatus` fed from the world.

use std::sync::Arc;

use smallvec::SmallVec;

use super::deadline::past_deadline;
use super::{allocation, prober, status_manager};
use crate::actors::events;
use crate::api::{Container, Note, Phase, ProbeKind, RuntimeContainer, Sym};
use crate::rules::kubelet::api_status::ran_before_kubelet;
use crate::rules::kubelet::container_status::StartFailure;
use crate::rules::kubelet::status_change::{Known, Op, Probed, Sync};
use crate::time::Time;
use crate::world::learned::Repeat;
use crate::world::worker::{Settled, Worker};
use crate::world::{ContainerIx, Local, LocalMut, PodId, World};

/// What the kubelet remembers of a container beside its instances.
fn known(p: Local<'_>, ix: ContainerIx, found: impl Fn(&Container) -> bool) -> Known {
    let memory = p.memory(ix);
    let prober = |kind| memory.and_then(|memory| memory.probers.get(kind));
    let probed = |kind| prober(kind).map(|b| Probed { instance: b.instance, result: b.result });
    let container = p.container(ix);
    Known {
        name: container.name,
        failure: memory
            .and_then(|memory| memory.reason)
            .map(|(reason, message)| StartFailure { reason, message }),
        startup: probed(ProbeKind::Startup),
        readiness: probed(ProbeKind::Readiness),
        ran_before: found(container),
    }
}

/// The same of all containers.
fn all_known<'a>(w: &'a World, p: Local<'a>) -> impl Iterator<Item = Known> + Clone + use<'a> {
    let kubelet_start = p.worker.map_or(Time::FAR, |worker| w.kubelet_start(worker.node));
    // Since 1.35 a new kubelet leaves the readiness of what it finds running as it is; of a pod that came later it finds nothing.
    let finds = !w.gates.change_status_on_kubelet_restart && p.created < kubelet_start;
    let found = move |container: &Container| {
        let runtime = p.worker.map(Worker::sees);
        let since = || runtime?.newest(container.name).and_then(RuntimeContainer::running_since);
        finds && container.readiness_probe.is_some() && ran_before_kubelet(since(), kubelet_start)
    };
    p.container_ixs().map(move |ix| known(p, ix, found))
}

/// Computes the status from what the run goes by of the runtime and hands it to the status manager; returns the phase. Tells
/// of an exceeded deadline on the way.
pub fn compute(w: &mut World, pod: PodId, is_terminal: bool) -> Option<Phase> {
    let p = w.local(pod);
    let worker = p.worker?;
    let (ended_by, ip) = (worker.ended_by, w.machines[worker.node.ix()].ip);
    let runtime = &worker.sees().status;
    let past = past_deadline(p, w.now);
    let again = repeated(w, p).filter(|_| !is_terminal && !past);
    if again.is_some() && cfg!(not(debug_assertions)) {
        return again;
    }
    // Filled where it stands, one by one: a list that is collected is moved, and mostly there is one container.
    let mut containers = SmallVec::<[Known; 4]>::new();
    all_known(w, p).for_each(|known| containers.push(known));
    let runtime = Arc::clone(runtime);
    let resize_conditions = allocation::conditions(p, &w.gates);
    let op = Op::Sync(Sync {
        runtime: &runtime,
        containers: &containers,
        is_terminal,
        ended_by,
        past_deadline: past,
        host_ips: &[ip],
        resize_conditions: &resize_conditions,
    });
    let changed = status_manager::play(w, pod, op)?;
    for &ix in &changed.triggers {
        prober::trigger_readiness(w, pod, ix);
    }
    if past {
        events::kubelet(w, pod, Note::normal(Sym::DEADLINE_EXCEEDED, Sym::DEADLINE_EXCEEDED_MESSAGE));
    }
    let phase = changed.phase;
    debug_assert!(
        again.is_none_or(|again| again == phase && !changed.is_news && changed.triggers.is_empty()),
        "repeated, and computed anew"
    );
    settle(w, pod, changed.repeat);
    if status_manager::keep(w, pod, changed, false) {
        prober::container_changed(w, pod);
    }
    Some(phase)
}

/// The phase, where the last sync has found nothing new and this one asks with the same.
fn repeated(w: &World, p: Local<'_>) -> Option<Phase> {
    let worker = p.worker?;
    let settled = worker.settled?;
    let is_same = settled.api_version == p.resource_version as u32
        && worker.cached.as_ref().is_some_and(|held| held.version as u32 == settled.held_number)
        && worker.deletion.is_none()
        && worker.ended_by.is_none()
        && p.runtime.resize.is_none();
    if !is_same {
        return None;
    }
    w.learned.repeated(settled.answer, p.generation, all_known(w, p))
}

/// Notes what a sync has found that says nothing new.
fn settle(w: &mut World, pod: PodId, answer: Option<Repeat>) {
    let World { pods, places, .. } = w;
    let p = LocalMut::of(pods, places, pod);
    let Some(worker) = p.worker else { return };
    worker.settled = answer.zip(worker.cached.as_ref()).map(|(answer, held)| Settled {
        api_version: p.pod.resource_version as u32,
        held_number: held.version as u32,
        answer,
    });
}
