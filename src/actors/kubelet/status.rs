//! The status of a pod as this kubelet computes it: `generateAPIPodStatus` fed from the world.

use std::sync::Arc;

use smallvec::SmallVec;

use super::prober::{self, READINESS, STARTUP};
use super::{allocation, status_manager, sync};
use crate::actors::events;
use crate::api::{Phase, Sym};
use crate::rules::container_status::StartFailure;
use crate::rules::status_change::{Known, Op, Probed, Sync};
use crate::world::learned::Played;
use crate::world::settled::Settled;
use crate::world::{ContainerIx, Pod, PodId, World};

/// What the kubelet remembers of a container beside its instances.
fn known(p: &Pod, ix: ContainerIx) -> Known {
    let run = &p.runtime.containers[usize::from(ix)];
    let probed = |kind| run.probers.get(kind).map(|b| Probed { instance: b.instance, result: b.result });
    Known {
        name: p.container(ix).name,
        failure: run.reason.map(|(reason, message)| StartFailure { reason, message }),
        startup: probed(STARTUP),
        readiness: probed(READINESS),
    }
}

/// Computes the status from the run's snapshot of the runtime and hands it to the status manager; returns the phase. Tells
/// of an exceeded deadline on the way.
pub fn compute(w: &mut World, pod: PodId, is_terminal: bool) -> Option<Phase> {
    let p = &w.pods[pod.ix()];
    let worker = p.worker.as_deref()?;
    let run = worker.run.as_deref()?;
    let containers: SmallVec<[Known; 4]> = (0..p.container_count() as u8).map(|ix| known(p, ix)).collect();
    let settled = worker.settled.as_deref().filter(|_| !is_terminal);
    if let Some(settled) = settled.filter(|settled| settled.holds(p, worker, run, &containers)) {
        let phase = settled.phase;
        debug_assert_eq!(
            computed(w, pod, &containers, false).map(|now| outcome(&now)),
            Some((false, true, phase))
        );
        return Some(phase);
    }
    let past = sync::past_deadline(p, w.now);
    let changed = computed(w, pod, &containers, is_terminal)?;
    for &ix in &changed.triggers {
        prober::trigger_readiness(w, pod, ix);
    }
    if past {
        events::kubelet(w, pod, false, Sym::DEADLINE_EXCEEDED, Sym::DEADLINE_EXCEEDED_MESSAGE, None);
    }
    let (is_news, is_quiet, phase) = outcome(&changed);
    status_manager::keep(w, pod, changed, false);
    if is_quiet && !is_news && !is_terminal {
        settle(w, pod, &containers, phase);
    }
    Some(phase)
}

/// Whether it is news, whether it sets nothing in motion, and the phase.
fn outcome(changed: &Played) -> (bool, bool, Phase) {
    (changed.is_news, changed.triggers.is_empty(), changed.phase)
}

fn settle(w: &mut World, pod: PodId, containers: &[Known], phase: Phase) {
    let p = &w.pods[pod.ix()];
    let Some(worker) = p.worker.as_deref() else { return };
    let settled = worker.run.as_deref().and_then(|run| Settled::of(p, worker, run, containers, phase));
    if let (Some(settled), Some(worker)) = (settled, w.pods[pod.ix()].worker.as_deref_mut()) {
        match &mut worker.settled {
            Some(old) => **old = settled,
            None => worker.settled = Some(Box::new(settled)),
        }
    }
}

fn computed(w: &mut World, pod: PodId, containers: &[Known], is_terminal: bool) -> Option<Played> {
    let p = &w.pods[pod.ix()];
    let worker = p.worker.as_deref()?;
    let node = &w.nodes[worker.node.ix()];
    let runtime = Arc::clone(&worker.run.as_ref()?.snapshot.status);
    let resize_conditions = allocation::conditions(p, &w.gates);
    let op = Op::Sync(Sync {
        runtime: &runtime,
        containers,
        is_terminal,
        ended_by: worker.ended_by,
        kubelet_start: node.kubelet_start,
        host_ips: &[node.ip],
        resize_conditions: &resize_conditions,
    });
    status_manager::play(w, pod, op)
}
