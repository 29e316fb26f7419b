//! Pods that start together on a node share its cores: who comes first is luck. A pod that starts alone is not put off,
//! so a latency of the scenario is what it says.
//!
//! Measured on recordings of 2 to 14 pods that were created at once on one node: each pod more spreads their first pulls
//! by 2 to 10 ms, in no order, and makes it likelier that a pod's mounts are done just after the poll that looks for
//! them, which costs it the next one (1 pod in 16 alone, 13 of 42 among fourteen).

use crate::time::Span;
use crate::world::{PodId, Purpose, World};

/// Pods that begin to start within this time start together.
const WINDOW: Span = Span::from_secs(1);
/// How much each other pod can put a pod off.
const JOSTLE: Span = Span::from_millis(6);
/// Mounts are done at most so long before the first poll: the volume manager's loops come round in the second half of
/// the time until then.
const SLACK_MICROS: u64 = 140_000;

/// Where a pod is put off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    Mounts,
    Images,
}

/// The pod begins to start.
pub fn joins(w: &mut World, pod: PodId) {
    let Some(node) = w.pods[pod.ix()].node else { return };
    let starts = &mut w.machines[node.ix()].starts;
    while starts.front().is_some_and(|at| w.now.since(*at) > WINDOW) {
        starts.pop_front();
    }
    starts.push_back(w.now);
}

/// How long the others put the pod off.
pub fn jostle(w: &World, pod: PodId, at: At) -> Span {
    let p = w.local(pod);
    let Some(node) = p.node else { return Span::ZERO };
    let starts = &w.machines[node.ix()].starts;
    let others = starts.iter().filter(|begun| w.now.since(**begun) <= WINDOW).count().saturating_sub(1);
    if others == 0 {
        return Span::ZERO;
    }
    let most = (JOSTLE * others as i64).micros().unsigned_abs();
    let mut draw = w.draw(Purpose::Jostle, p.entity, 4 * u64::from(p.runtime.sandbox_starts) + at as u64);
    Span::from_micros(draw.below(most) as i64)
}

/// Whether mounts that are `late` are done only after the poll that would have found them.
pub fn misses_poll(w: &World, pod: PodId, late: Span) -> bool {
    let p = w.local(pod);
    let mut draw = w.draw(Purpose::Jostle, p.entity, 4 * u64::from(p.runtime.sandbox_starts) + 2);
    late > Span::from_micros(draw.below(SLACK_MICROS) as i64)
}
