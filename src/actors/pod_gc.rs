//! The pod garbage collector (pkg/controller/podgc/gc_controller.go): pods of nodes that are no more.

use super::api_server;
use crate::api::{Condition, Phase, Sym, Tri};
use crate::time::{Span, Time};
use crate::world::{PodId, Purpose, SimEvent, World};

/// A node must be gone for this long (`quarantineTime`).
const QUARANTINE: Span = Span::from_secs(40);

fn passes_from(w: &World) -> Time {
    let period = w.plan.controllers.pod_gc_period;
    let offset = w.draw(Purpose::Controller, 1, 0).below(period.micros().max(1) as u64) as i64;
    w.plan.start - Span::from_micros(offset)
}

/// The pass at or after an instant.
fn pass_at(w: &World, at: Time) -> Time {
    super::kubelet::pod_worker::next_on_grid(passes_from(w), w.plan.controllers.pod_gc_period, at)
}

/// A pod is there whose node is not: the next pass notices, a pass after the quarantine collects.
pub fn orphaned(w: &mut World, pod: PodId) {
    let noticed = pass_at(w, w.now);
    let collected = pass_at(w, noticed + QUARANTINE);
    w.pods[pod.ix()].collect_at = Some(collected);
    w.at(collected, SimEvent::PodGc);
}

/// A pass: orphans are declared failed and deleted.
pub fn pass(w: &mut World) {
    for ix in 0..w.pods.len() {
        let pod = PodId(ix as u32);
        let p = &w.pods[ix];
        if !p.exists || p.collect_at.is_none_or(|at| at > w.now) {
            continue;
        }
        if !p.status.phase.is_terminal() {
            let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
                .because(Sym::DELETION_BY_POD_GC, "PodGC: node no longer exists");
            api_server::update_status(w, pod, |s, now| {
                s.phase = Phase::Failed;
                api_server::put_condition(s, condition, now);
            });
        }
        api_server::delete_pod(w, pod, Some(0));
    }
}
