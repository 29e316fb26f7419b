//! The run of a pod's worker as its steps see it: which stage it is in, when the next one begins, and how it ends.
//!
//! A step never calls whoever has called it. It leaves the run waiting for a queued event, or it returns how the run has
//! ended, which is for [`super::pod_worker`] to take up.

use crate::time::{Span, Time};
use crate::world::learned::Seen;
use crate::world::worker::{Run, Stage, Work};
use crate::world::{PodId, SimEvent, World};

/// How a run ended; what more there is to say of it stands in the [`Run`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// `SyncPod` found that the pod is over, or a terminating step is complete.
    Transition,
    Done,
    /// `until`: the earliest end of a crash-loop back-off.
    Failed {
        until: Option<Time>,
    },
}

/// What a step leaves: None, the run goes on when its event comes; Some, it has ended.
pub type Step = Option<Outcome>;

/// What a step of a container's start leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// It goes on when its event comes.
    Waits,
    /// It has succeeded, or has failed with the reason in the cache.
    Over { failed: bool },
}

/// A run begins.
pub fn begin(w: &mut World, pod: PodId, snapshot: Seen, work: Work, stage: Stage) {
    let World { places, spare_runs, .. } = w;
    if let Some(worker) = places[pod.ix()].worker.as_deref_mut() {
        worker.run = Some(spare_runs.begun(snapshot, work, stage));
    }
}

pub fn get(w: &mut World, pod: PodId) -> Option<&mut Run> {
    w.worker_mut(pod).and_then(|worker| worker.run.as_deref_mut())
}

pub fn set_stage(w: &mut World, pod: PodId, stage: Stage) {
    if let Some(run) = get(w, pod) {
        run.stage = stage;
    }
}

/// The run's next stage begins after `span`.
pub fn after(w: &mut World, pod: PodId, span: Span) {
    let Some(worker) = w.worker(pod) else { return };
    let generation = worker.generation;
    w.after(span, SimEvent::Sync { pod, generation });
}

/// Volumes became mounted while the run waits for them: it notices at its next poll.
pub fn poll_volumes(w: &mut World, pod: PodId, wait: Span) {
    let waits = get(w, pod).is_some_and(|run| matches!(run.stage, Stage::Volumes));
    if waits {
        after(w, pod, wait);
    }
}
