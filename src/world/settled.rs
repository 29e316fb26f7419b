//! A sync from which nothing came. The next one that finds all as it was has nothing to compute: a pod that waits for the
//! end of a back-off is looked at every ten seconds to a minute, and mostly nothing has happened to it.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Pod;
use super::pod::{Run, Worker};
use crate::api::{HeldStatus, Phase, PodSpec, RuntimeStatus};
use crate::rules::status_change::Known;

/// What such a sync looked at, and the phase that it computed. Of what is shared it is enough to know that it is the same
/// one: whoever changes a status, a spec or what was seen in the runtime makes another.
#[derive(Clone, Debug)]
pub struct Settled {
    api: HeldStatus,
    held: HeldStatus,
    snapshot: Arc<RuntimeStatus>,
    spec: Arc<PodSpec>,
    generation: i64,
    containers: SmallVec<[Known; 2]>,
    pub phase: Phase,
}

/// Whether only what [`Settled`] lists decides what a sync computes.
fn is_plain(p: &Pod, worker: &Worker) -> bool {
    p.resize.is_none()
        && worker.deletion.is_none()
        && worker.ended_by.is_none()
        && worker.spec.active_deadline_seconds.is_none()
}

impl Settled {
    /// After a sync that has computed nothing new.
    pub fn of(p: &Pod, worker: &Worker, run: &Run, containers: &[Known], phase: Phase) -> Option<Settled> {
        is_plain(p, worker).then_some(Settled {
            api: p.status.clone(),
            held: worker.status()?.clone(),
            snapshot: Arc::clone(&run.snapshot.status),
            spec: Arc::clone(&worker.spec),
            generation: p.generation,
            containers: SmallVec::from_slice(containers),
            phase,
        })
    }

    /// Whether a sync finds the same.
    pub fn holds(&self, p: &Pod, worker: &Worker, run: &Run, containers: &[Known]) -> bool {
        Arc::ptr_eq(&self.snapshot, &run.snapshot.status)
            && self.api.is_one_with(&p.status)
            && worker.status().is_some_and(|held| self.held.is_one_with(held))
            && Arc::ptr_eq(&self.spec, &worker.spec)
            && self.generation == p.generation
            && is_plain(p, worker)
            && self.containers.as_slice() == containers
    }
}
