//! The status of a pod as this kubelet computes it: `generateAPIPodStatus` fed from the world.

use std::sync::Arc;

use smallvec::SmallVec;

use super::prober::{self, READINESS, STARTUP};
use super::sync;
use crate::actors::events;
use crate::api::{Condition, ContainerStatus, Phase, PodStatus, Sym, Tri};
use crate::rules::api_status::{self, ProbeFacts, ProbeResult, ProbeView, StatusSources};
use crate::rules::conditions;
use crate::rules::container_status::StartFailure;
use crate::world::{ContainerIx, Pod, PodId, World};

/// The prober as the status sees it; remembers which workers the status asks to probe at once.
struct Probes<'a> {
    pod: &'a Pod,
    triggers: SmallVec<[ContainerIx; 4]>,
}

impl ProbeView for Probes<'_> {
    fn facts(&self, status: &ContainerStatus) -> ProbeFacts {
        let Some(ix) = self.pod.find(status.name) else { return ProbeFacts::default() };
        let (startup, startup_worker) = prober::state(self.pod, ix, STARTUP, status.restart_count);
        let (readiness, readiness_worker) = prober::state(self.pod, ix, READINESS, status.restart_count);
        ProbeFacts {
            startup: startup.map(answer),
            readiness: readiness.map(answer),
            startup_worker,
            readiness_worker,
        }
    }
    fn probe_readiness_now(&mut self, container: Sym) {
        self.triggers.extend(self.pod.find(container));
    }
}

fn answer(ok: bool) -> ProbeResult {
    if ok { ProbeResult::Success } else { ProbeResult::Failure }
}

/// Computes the status from the run's snapshot of the runtime; tells of an exceeded deadline on the way.
pub fn compute(w: &mut World, pod: PodId, is_terminal: bool) -> Arc<PodStatus> {
    let p = &w.pods[pod.ix()];
    let Some(worker) = p.worker.as_deref() else { return Arc::clone(&p.status) };
    let Some(run) = worker.run.as_ref() else {
        return Arc::clone(worker.cached.as_ref().map_or(&p.status, |cached| &cached.status));
    };
    let node = &w.nodes[worker.node.ix()];
    let host_ips = [node.ip];
    let resize_conditions = super::allocation::conditions(p, &w.gates);
    let mut probes = Probes { pod: p, triggers: SmallVec::new() };
    let sources = StatusSources {
        pod: sync::view(p),
        runtime: &run.snapshot,
        cached: worker.status(),
        is_terminal,
        now: w.now,
        kubelet_start: node.kubelet_start,
        host_ips: &host_ips,
        resize_conditions: &resize_conditions,
        qos_class: p.status.qos_class,
        gates: &w.gates,
    };
    let failure = |name: Sym| {
        let ix = p.find(name)?;
        p.runtime.containers[usize::from(ix)].reason.map(|(reason, message)| StartFailure { reason, message })
    };
    let mut shared = Arc::new(api_status::generate(&sources, failure, &mut probes));
    let triggers = probes.triggers;
    if let Some(ended) = worker.ended_by
        && !is_terminal
        && !p.status.phase.is_terminal()
    {
        let status = Arc::make_mut(&mut shared);
        status.phase = Phase::Failed;
        status.reason = ended.reason;
        status.message = ended.message;
        if ended.disruption {
            let kind = Sym::DISRUPTION_TARGET;
            let mut target =
                Condition::new(kind, Tri::True).because(Sym::TERMINATION_BY_KUBELET, ended.message);
            target.observed_generation =
                conditions::observed_generation(status, p.generation, kind, &w.gates);
            target.last_transition = Some(w.now.truncate_secs());
            api_status::replace_or_append(&mut status.conditions, target);
        }
    }
    let past = sync::past_deadline(p, w.now);
    for ix in triggers {
        prober::trigger_readiness(w, pod, ix);
    }
    if past {
        events::kubelet(w, pod, false, Sym::DEADLINE_EXCEEDED, Sym::DEADLINE_EXCEEDED_MESSAGE, None);
    }
    shared
}
