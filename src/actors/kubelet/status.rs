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
use crate::world::{ContainerIx, Local, PodId, World};

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

/// Computes the status from the run's snapshot of the runtime and hands it to the status manager; returns the phase. Tells
/// of an exceeded deadline on the way.
pub fn compute(w: &mut World, pod: PodId, is_terminal: bool) -> Option<Phase> {
    let p = w.local(pod);
    let worker = p.worker?;
    let (ended_by, ip) = (worker.ended_by, w.machines[worker.node.ix()].ip);
    let kubelet_start = w.kubelet(worker.node)?.start;
    let runtime = Arc::clone(&worker.run.as_ref()?.snapshot.status);
    // Since 1.35 a new kubelet leaves the readiness of what it finds running as it is.
    let found = |container: &Container| {
        let since = || runtime.newest(container.name).and_then(RuntimeContainer::running_since);
        container.readiness_probe.is_some()
            && !w.gates.change_status_on_kubelet_restart
            && ran_before_kubelet(since(), kubelet_start)
    };
    let containers: SmallVec<[Known; 4]> = p.container_ixs().map(|ix| known(p, ix, found)).collect();
    let resize_conditions = allocation::conditions(p, &w.gates);
    let past = past_deadline(p, w.now);
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
    if status_manager::keep(w, pod, changed, false) {
        prober::container_changed(w, pod);
    }
    Some(phase)
}
