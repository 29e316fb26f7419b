//! A run that finds what the run before it has found.
//!
//! A pod in a crash loop is synced a handful of times while it waits, and in all of them but the first and the last the status
//! is the one that is held already, and the one container to be started is held back as before. All that comes of such a run is
//! that it is told once more. Builds that assert take it step by step all the same, and compare.

use super::deadline::past_deadline;
use super::run::{Outcome, Step};
use super::{start_container, status};
use crate::rules::machinery::backoff::Restart;
use crate::time::{Span, Time};
use crate::world::learned::actions::SyncActions;
use crate::world::worker::Probers;
use crate::world::{ContainerIx, PodId, World};

/// The back-off that a run comes to.
#[derive(Clone, Copy, Debug)]
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

/// What a run would come to that begins now, if it looks at the same as the one before it and the back-off goes on.
pub fn held_back(w: &World, pod: PodId) -> Option<HeldBack> {
    let p = w.local(pod);
    let worker = p.worker?;
    let container = worker.settled?.held_back?;
    // The status does not ask for probes that kill; and a worker of a probe may have to be made anew.
    let kills = worker.memory.iter().map(|memory| &memory.probers).any(Probers::can_kill);
    if kills || worker.lost_probers || past_deadline(p, w.now) {
        return None;
    }
    status::repeated(w, p)?;
    match start_container::restart(w, p, container)? {
        Restart::Waits { delay, until } => Some(HeldBack { container, delay, until }),
        Restart::Starts(_) => None,
    }
}

/// The run, in one step.
pub fn waits(w: &mut World, pod: PodId, HeldBack { container, delay, until }: HeldBack) -> Step {
    start_container::waits(w, pod, container, delay);
    Some(Outcome::Failed { until: Some(until) })
}

/// Notes what a run came to whose status was the held one: whether the back-off of one container was all that it found.
pub fn note(w: &mut World, pod: PodId, actions: &SyncActions, step: Step) {
    let Some(Outcome::Failed { until: Some(_) }) = step else { return };
    let [container] = actions.to_start[..] else { return };
    let presents_secrets = !w.pods[pod.ix()].spec.image_pull_secrets.is_empty();
    if !presents_secrets
        && actions.to_do.kill.is_empty()
        && let Some(settled) = w.worker_mut(pod).and_then(|worker| worker.settled.as_mut())
    {
        settled.held_back = Some(container);
    }
}
