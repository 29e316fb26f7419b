//! The status of a pod as this kubelet computes it: `generateAPIPodStatus` fed from the world.

use std::sync::Arc;

use smallvec::SmallVec;

use super::deadline::past_deadline;
use super::{allocation, prober, status_manager};
use crate::actors::events;
use crate::api::{Phase, ProbeKind, Sym};
use crate::rules::kubelet::container_status::StartFailure;
use crate::rules::kubelet::status_change::{Known, Op, Probed, Sync};
use crate::world::{ContainerIx, Local, PodId, World};

/// What the kubelet remembers of a container beside its instances.
fn known(p: Local<'_>, ix: ContainerIx) -> Known {
    let memory = p.memory(ix);
    let prober = |kind| memory.and_then(|memory| memory.probers.get(kind));
    let probed = |kind| prober(kind).map(|b| Probed { instance: b.instance, result: b.result });
    Known {
        name: p.container(ix).name,
        failure: memory
            .and_then(|memory| memory.reason)
            .map(|(reason, message)| StartFailure { reason, message }),
        startup: probed(ProbeKind::Startup),
        readiness: probed(ProbeKind::Readiness),
    }
}

/// Computes the status from the run's snapshot of the runtime and hands it to the status manager; returns the phase. Tells
/// of an exceeded deadline on the way.
pub fn compute(w: &mut World, pod: PodId, is_terminal: bool) -> Option<Phase> {
    let p = w.local(pod);
    let worker = p.worker?;
    let (ended_by, ip) = (worker.ended_by, w.machines[worker.node.ix()].ip);
    let kubelet_start = w.kubelet(worker.node)?.start;
    let runtime = Arc::clone(&worker.run.as_ref()?.snapshot.status);
    let containers: SmallVec<[Known; 4]> = p.container_ixs().map(|ix| known(p, ix)).collect();
    let resize_conditions = allocation::conditions(p, &w.gates);
    let past = past_deadline(p, w.now);
    let op = Op::Sync(Sync {
        runtime: &runtime,
        containers: &containers,
        is_terminal,
        ended_by,
        kubelet_start,
        host_ips: &[ip],
        resize_conditions: &resize_conditions,
    });
    let changed = status_manager::play(w, pod, op)?;
    for &ix in &changed.triggers {
        prober::trigger_readiness(w, pod, ix);
    }
    if past {
        events::kubelet(w, pod, false, Sym::DEADLINE_EXCEEDED, Sym::DEADLINE_EXCEEDED_MESSAGE, None);
    }
    let phase = changed.phase;
    if status_manager::keep(w, pod, changed, false) {
        prober::container_changed(w, pod);
    }
    Some(phase)
}
