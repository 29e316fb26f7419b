//! A run that finds what the run before it has found.
//!
//! A pod in a crash loop is synced a handful of times while it waits, and in all of them the one container to be started is held
//! back as it was in the first. Of such a run only the status is computed; and where that is the held one as well, all that comes
//! of it is that the back-off is told once more. Builds that assert take it step by step all the same, and compare.

use super::run::{Outcome, Step};
use super::start_container;
use crate::rules::machinery::backoff::{Limits, Restart};
use crate::time::{Span, Time};
use crate::world::learned::actions::SyncActions;
use crate::world::worker::Probers;
use crate::world::{ContainerIx, PodId, World};

/// The back-off that a run comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeldBack {
    container: ContainerIx,
    /// The whole of the wait.
    delay: Span,
    until: Time,
}

impl HeldBack {
    /// Whether this is what a run has come to.
    pub fn is(self, step: Step) -> bool {
        step == Some(Outcome::Failed { until: Some(self.until) })
    }
}

/// What a run comes to that begins now, if the back-off goes on that the one before it has found, and its status does not end
/// the pod.
pub fn held_back(w: &World, pod: PodId) -> Option<HeldBack> {
    let p = w.local(pod);
    let worker = p.worker?;
    let container = worker.held_back?;
    // What else decides of a run, and is not in what the kubelet has seen of the runtime. Of probes, those that kill; and a
    // worker of one may have to be made anew.
    let kills = worker.memory.iter().map(|memory| &memory.probers).any(Probers::can_kill);
    let ends = worker.deletion.is_some() || worker.ended_by.is_some();
    if kills || ends || worker.lost_probers || p.runtime.resize.is_some() {
        return None;
    }
    let by_the_rule = || match start_container::restart(w, p, container)? {
        Restart::Waits { delay, until } => Some(HeldBack { container, delay, until }),
        Restart::Starts(_) => None,
    };
    let until = worker.held_until;
    let entry = worker.memory.get(container.ix())?.backoff;
    // The end of the wait was found by the run before, and stays as it is while the entry counts: the kubelet sees the same
    // instances, or it would not be held back as before.
    match entry.filter(|entry| w.now < until && w.now.since(entry.last_update) <= Limits::CRASH_LOOP_EXPIRY) {
        Some(entry) => {
            let found = HeldBack { container, delay: entry.value, until };
            debug_assert_eq!(by_the_rule(), Some(found), "held back as before, and by the rule");
            Some(found)
        }
        None => by_the_rule(),
    }
}

/// The run but for its status, in one step.
pub fn waits(w: &mut World, pod: PodId, HeldBack { container, delay, until }: HeldBack) -> Step {
    start_container::waits(w, pod, container, delay);
    Some(Outcome::Failed { until: Some(until) })
}

/// Notes what a run came to: whether the back-off of one container was all that it found, and would be as long as the kubelet
/// sees the same of the runtime. A pod all of whose containers may be restarted together is asked by its status, too.
pub fn note(w: &mut World, pod: PodId, actions: &SyncActions, by_status: bool, step: Step) {
    let found = match (step, &actions.to_start[..]) {
        (Some(Outcome::Failed { until: Some(until) }), [container]) => Some((*container, until)),
        _ => None,
    };
    let presents_secrets = !w.pods[pod.ix()].spec.image_pull_secrets.is_empty();
    let stays = !by_status && !presents_secrets && actions.to_do.kill.is_empty();
    if let Some(worker) = w.worker_mut(pod) {
        let found = found.filter(|_| stays);
        worker.held_back = found.map(|(container, _)| container);
        worker.held_until = found.map_or(Time::EPOCH, |(_, until)| until);
    }
}
