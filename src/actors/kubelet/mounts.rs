//! The mounting of a pod's volumes beside its worker: when it is tried again, and when the worker notices its end
//! (pkg/kubelet/volumemanager/volume_manager.go, reconciler/reconciler_common.go). Their unmounting goes on by itself too: it
//! begins when the pod's containers have ended, and is mostly over when the worker asks for it at the next relist.

use super::run;
use crate::time::{Span, next_on_grid};
use crate::world::worker::Worker;
use crate::world::{PodId, Purpose, World};

/// `podAttachAndMountTimeout`
pub const TIMEOUT: Span = Span::from_secs(123);
/// `podAttachAndMountRetryInterval`
pub const POLL: Span = Span::from_millis(300);
/// From the worker's first look to the first try of the volume manager's reconciler that fails: the loops that notice
/// the pod and that mount pass every 100 ms each (0.16 to 0.3 s recorded).
pub const FIRST_TRY: Span = Span::from_millis(160);
pub const FIRST_TRY_SPREAD_MICROS: u64 = 140_000;
/// What a retry is late by (5 to 60 ms recorded).
pub const RETRY_LATE: Span = Span::from_millis(5);
pub const RETRY_LATE_SPREAD_MICROS: u64 = 40_000;
/// Back-off of a failing mount: `initialDurationBeforeRetry`, doubling up to `maxDurationBeforeRetry`.
const FIRST_RETRY: Span = Span::from_millis(500);
const MAX_RETRY: Span = Span::from_secs(122);

/// Until the volume manager's next try after so many that failed before this one.
pub fn back_off(failures: u32) -> Span {
    let mut delay = FIRST_RETRY;
    for _ in 0..failures.min(20) {
        delay = (delay * 2).min(MAX_RETRY);
    }
    delay
}

/// Everything is mounted: a worker that waits notices at its next poll.
pub fn all_mounted(w: &mut World, pod: PodId) {
    let now = w.now;
    let Some(worker) = w.worker_mut(pod) else { return };
    worker.mounted = true;
    let began = worker.mount_began.unwrap_or(now);
    let poll = next_on_grid(began, POLL, now + Span::from_millis(1));
    run::poll_volumes(w, pod, poll.since(now));
}

/// `reconcilerLoopSleepPeriod`, `desiredStateOfWorldPopulatorLoopSleepPeriod`: the loop that notices that a pod's containers
/// have ended (`findAndRemoveDeletedPods`), and the one that unmounts then, come round so often.
const LOOP_MICROS: u64 = 100_000;
/// What the unmounting itself takes.
const UNMOUNT: Span = Span::from_millis(5);

/// How long the worker of a pod that is over waits until nothing of it is mounted (`WaitForUnmount`): it looks at once, and then
/// every 300 ms. Its last run has ended with its containers.
pub fn until_unmounted(w: &World, pod: PodId, worker: &Worker) -> Span {
    if !worker.mounted || worker.spec.volumes.is_empty() {
        return Span::ZERO;
    }
    let ended = worker.last_end.unwrap_or(w.now);
    let mut draw = w.pod_draw(Purpose::Unmount, pod, u64::from(worker.first));
    let loops = draw.below(LOOP_MICROS) + draw.below(LOOP_MICROS);
    let unmounted = ended + UNMOUNT + Span::from_micros(loops as i64);
    if unmounted <= w.now { Span::ZERO } else { next_on_grid(w.now, POLL, unmounted).since(w.now) }
}
