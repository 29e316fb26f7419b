//! Luck that is thrown once more: a world goes on from an instant as any other one may that shows the same there.
//!
//! What luck has decided and nobody has seen yet waits in the queue: when a process ends, when a pull is done, when a worker
//! comes back. Under another seed alone all of that would come just as it will. So each of it is thrown again, from where it
//! began; of all throws the first counts that lies behind the present, as only what lasts longer can be under way
//! ([`runtime::resumed`] does so too).
//!
//! | thrown anew | since |
//! | --- | --- |
//! | how long an instance of a container runs, and what it exits with | its start |
//! | how long it boots | its start; longer than up to the last probe, which has failed |
//! | how long it takes to end after SIGTERM | SIGTERM, which came as long before the end as the throw before says |
//! | how long a pull takes, or takes to fail | its begin |
//! | when a pod worker comes back | the run that has asked for it |
//!
//! Everything else stays under way as it is: beats of loops (relists, ticks, probes, passes of controllers), what is on its way
//! to somebody (requests, writes, news of watches), steps of a runtime, hooks, operations on volumes. Most of that takes less
//! than a second. What a queued event is explained by is thrown again only where the throw before explains its instant.

use std::collections::BTreeMap;

use super::kubelet::{images, pod_worker};
use super::runtime;
use crate::api::ProbeKind;
use crate::time::Time;
use crate::world::luck::Before;
use crate::world::{SimEvent, World};

/// Throws once more under a seed what is under way at an instant. `queued` tells when an event was queued, by its number.
pub fn throw(w: &mut World, seed: u64, now: Time, queued: &dyn Fn(u64) -> Time) {
    let before = Before { seed: std::mem::replace(&mut w.seed, seed), now };
    let mut moved: BTreeMap<u64, Time> = BTreeMap::new();
    for (at, sequence, event) in w.queue.waiting() {
        if w.is_stale(event) {
            continue;
        }
        let other = match event {
            SimEvent::Exit { pod, container, .. } => runtime::ends_anew(w, pod, container, at, before),
            SimEvent::TermExit { pod, container, .. } => {
                runtime::term_ends_anew(w, pod, container, at, before)
            }
            SimEvent::Pulled { node, pull } => images::pulled_anew(w, node, pull, at, before),
            SimEvent::WorkDue { pod, .. } => pod_worker::due_anew(w, pod, (queued(sequence), at), before),
            SimEvent::Probe { pod, container, kind, .. } if kind != ProbeKind::Liveness => {
                runtime::boots_anew(w, pod, container, (kind, at), before);
                at
            }
            _ => at,
        };
        if other != at {
            moved.insert(sequence, other);
        }
    }
    w.queue.move_to(&moved);
}
