//! Contention: pods that start together on a node share its cores, so they delay each other, and who comes first is luck.
//! A pod that starts alone is not delayed, so a latency of the scenario is what it says.
//!
//! Measured on recordings of 2 to 14 pods that were created at once on one node: each pod more spreads their first pulls
//! by 2 to 10 ms, in no order, and makes it likelier that a pod's mounts are done just after the poll that looks for
//! them, which costs it the next one (1 pod in 16 alone, 13 of 42 among fourteen).

use crate::time::Span;
use crate::world::{PodId, Purpose, World};

/// Pods that begin to start within this time start together.
const WINDOW: Span = Span::from_secs(1);
/// How much each other pod can delay a pod.
const DELAY_PER_NEIGHBOUR: Span = Span::from_millis(6);
/// Mounts are done at most so long before the first poll: the volume manager's loops come round in the second half of
/// the time until then.
const SLACK_MICROS: u64 = 140_000;

/// What of a pod comes later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delayed {
    Mounts,
    Images,
}

/// The pod begins to start: for a while it delays the others, and they it.
pub fn pod_starts(w: &mut World, pod: PodId) {
    let Some(node) = w.pods[pod.ix()].node else { return };
    let starts = &mut w.machines[node.ix()].starts;
    while starts.front().is_some_and(|at| w.now.since(*at) > WINDOW) {
        starts.pop_front();
    }
    starts.push_back(w.now);
}

/// How long its neighbours delay the pod.
pub fn delay(w: &World, pod: PodId, what: Delayed) -> Span {
    let p = w.local(pod);
    let Some(node) = p.node else { return Span::ZERO };
    let starts = &w.machines[node.ix()].starts;
    let neighbours = starts.iter().filter(|begun| w.now.since(**begun) <= WINDOW).count().saturating_sub(1);
    if neighbours == 0 {
        return Span::ZERO;
    }
    let most = (DELAY_PER_NEIGHBOUR * neighbours as i64).micros().unsigned_abs();
    let mut draw =
        w.draw(Purpose::Contention, p.entity, 4 * u64::from(p.runtime.sandbox_starts) + what as u64);
    Span::from_micros(draw.below(most) as i64)
}

/// Whether mounts that are `late` are done only after the poll that would have found them.
pub fn misses_poll(w: &World, pod: PodId, late: Span) -> bool {
    let p = w.local(pod);
    let mut draw = w.draw(Purpose::Contention, p.entity, 4 * u64::from(p.runtime.sandbox_starts) + 2);
    late > Span::from_micros(draw.below(SLACK_MICROS) as i64)
}
