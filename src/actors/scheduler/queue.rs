//! The scheduling queue: activeQ, backoffQ, and the pool of those that wait for something to happen
//! (pkg/scheduler/backend/queue/scheduling_queue.go).
//!
//! A pod that was refused comes back when an event concerns the plugins that refused it, or after five minutes. If its
//! back-off is not over it waits that out, unless (since 1.33) the scheduler is idle.

use super::request_of;
use crate::rules::scheduler::placement::PluginSet;
use crate::rules::scheduler::queueing::{self, ClusterEvent};
use crate::time::{Span, Time};
use crate::world::scheduling::{Place, Waiting};
use crate::world::{PodId, Purpose, SimEvent, World};

/// How long a refused pod may lie in the pool (`DefaultPodMaxInUnschedulablePodsDuration`).
const POOL: Span = Span::from_secs(300);

/// A pod without a node was created.
pub fn pod_added(w: &mut World, pod: PodId) {
    if !queueing::is_responsible_for(&w.pods[pod.ix()].spec) {
        return;
    }
    let gated = !w.pods[pod.ix()].spec.scheduling_gates.is_empty();
    let request = request_of(w, pod);
    let entry = Waiting {
        request,
        place: Place::Unschedulable,
        since: w.now,
        gated,
        failures: 0,
        back_off_until: Time::EPOCH,
        refused_by: PluginSet::default(),
        generation: 0,
        nominated: None,
        version: 0,
        told: Vec::new(),
    };
    w.scheduler.waiting.insert(pod, entry);
    if !gated {
        activate(w, pod);
        wake(w);
    }
}

/// The object of a pod without a node was written (`PriorityQueue.Update`): what it asks for now may bring it back, if it
/// was refused; in the queues it keeps its place.
pub fn pod_updated(w: &mut World, pod: PodId) {
    pod_written(w, pod);
    let Some(old) = w.scheduler.waiting.get(&pod).map(|entry| entry.request) else { return };
    let request = request_of(w, pod);
    let (before, after) = (w.scheduler.cluster.request(old), w.scheduler.cluster.request(request));
    let Some(entry) = w.scheduler.waiting.get_mut(&pod) else { return };
    entry.request = request;
    entry.gated = after.gated;
    let helps = queueing::update_helps(&w.gates, before, after, entry.refused_by);
    if w.scheduler.refused.contains(pod) {
        w.scheduler.refused.insert(pod, request, entry.refused_by);
    }
    if helps && entry.place == Place::Unschedulable {
        requeue(w, pod);
        wake(w);
    }
}

/// The object of a pod without a node has a new version, which may be all that is new about it.
pub fn pod_written(w: &mut World, pod: PodId) {
    if let Some(entry) = w.scheduler.waiting.get_mut(&pod) {
        entry.version += 1;
    }
}

/// A pod without a node is gone from the API.
pub fn pod_gone(w: &mut World, pod: PodId) {
    let Some(entry) = w.scheduler.waiting.remove(&pod) else { return };
    leave(w, pod, entry.place);
    if entry.nominated.is_some() {
        w.scheduler.cluster.clear_nomination(pod.0);
        let request = std::sync::Arc::clone(w.scheduler.cluster.request(entry.request));
        happened(w, &ClusterEvent::PodDeleted(&request));
    }
}

fn leave(w: &mut World, pod: PodId, place: Place) {
    match place {
        Place::Active(turn) => drop(w.scheduler.active.remove(&turn)),
        Place::BackingOff(turn) => drop(w.scheduler.backing_off.remove(&turn)),
        Place::Unschedulable => w.scheduler.refused.remove(pod),
    }
}

fn place(w: &mut World, pod: PodId, place: Place) {
    let Some(entry) = w.scheduler.waiting.get_mut(&pod) else { return };
    let old = std::mem::replace(&mut entry.place, place);
    let (request, by) = (entry.request, entry.refused_by);
    leave(w, pod, old);
    match place {
        Place::Active(turn) => drop(w.scheduler.active.insert(turn, pod)),
        Place::BackingOff(turn) => drop(w.scheduler.backing_off.insert(turn, pod)),
        Place::Unschedulable => w.scheduler.refused.insert(pod, request, by),
    }
}

/// Puts a pod among those that are tried next. Whoever has put all in that come together wakes the scheduler: the queue is locked
/// until then, so that the first of them is tried first and not the one that was found first.
fn activate(w: &mut World, pod: PodId) {
    let Some(entry) = w.scheduler.waiting.get(&pod) else { return };
    let priority = w.scheduler.cluster.request(entry.request).priority;
    let since = entry.since;
    w.scheduler.turns += 1;
    place(w, pod, Place::Active((-i64::from(priority), since, w.scheduler.turns)));
}

/// Something happened that may help: back to the active queue, or first through what is left of the back-off.
fn requeue(w: &mut World, pod: PodId) {
    let Some(entry) = w.scheduler.waiting.get(&pod) else { return };
    let (until, generation, gates) = (entry.back_off_until, entry.generation, w.gates);
    if !queueing::is_backing_off(&gates, until, w.now) {
        activate(w, pod);
        return;
    }
    w.scheduler.turns += 1;
    place(w, pod, Place::BackingOff((until, w.scheduler.turns)));
    if !gates.pop_from_backoff_q {
        let at = queueing::flushed_at(&gates, until, w.scheduler.started);
        w.at(at, SimEvent::QueueTimer { pod, generation });
    }
}

/// A pod was refused: it waits.
pub fn refuse(w: &mut World, pod: PodId, refused_by: PluginSet) {
    let (now, gates) = (w.now, w.gates);
    let Some(entry) = w.scheduler.waiting.get_mut(&pod) else { return };
    entry.failures += 1;
    entry.since = now;
    entry.refused_by = refused_by;
    entry.back_off_until = queueing::back_off_until(&gates, now, entry.failures);
    entry.generation += 1;
    let generation = entry.generation;
    place(w, pod, Place::Unschedulable);
    let at = queueing::left_over_at(now, w.scheduler.started);
    w.at(at, SimEvent::QueueTimer { pod, generation });
}

/// The flush of the back-off queue, or of those that nothing helped for five minutes, reaches a pod: all that it is time for
/// come with it.
pub fn timer(w: &mut World, pod: PodId) {
    let now = w.now;
    let Some(entry) = w.scheduler.waiting.get(&pod) else { return };
    match entry.place {
        Place::BackingOff(_) => {
            while let Some((&(until, _), &next)) = w.scheduler.backing_off.first_key_value()
                && until <= now
            {
                activate(w, next);
            }
        }
        Place::Unschedulable if now.since(entry.since) > POOL => {
            let is_old =
                |pod: &PodId| w.scheduler.waiting.get(pod).is_some_and(|entry| now.since(entry.since) > POOL);
            let old: Vec<PodId> = w.scheduler.refused.iter().filter(is_old).collect();
            old.into_iter().for_each(|pod| requeue(w, pod));
        }
        Place::Unschedulable | Place::Active(_) => {}
    }
    wake(w);
}

/// `MoveAllToActiveOrBackoffQueue`: who was refused by a plugin that this event concerns comes back.
pub fn happened(w: &mut World, event: &ClusterEvent<'_>) {
    if w.scheduler.refused.is_empty() {
        return;
    }
    let (scheduler, gates) = (&w.scheduler, &w.gates);
    let helped = scheduler
        .refused
        .helped(|request, by| queueing::may_help(gates, scheduler.cluster.request(request), by, event));
    for pod in helped {
        requeue(w, pod);
    }
    wake(w);
}

/// Takes the next pod, if the scheduler is idle and somebody waits: its cycle ends after the latency of an attempt.
pub fn wake(w: &mut World) {
    if w.scheduler.trying.is_some() {
        return;
    }
    let next = w.scheduler.active.pop_first().map(|(_, pod)| pod);
    let early = || w.gates.pop_from_backoff_q;
    let next = match next {
        None if early() => w.scheduler.backing_off.pop_first().map(|(_, pod)| pod),
        next => next,
    };
    let Some(pod) = next else { return };
    w.scheduler.trying = Some(pod);
    w.scheduler.cycles += 1;
    let cycle = w.scheduler.cycles;
    let takes = w.pod_span(Purpose::Schedule, pod, w.instant(), &w.plan.latency.schedule);
    w.after(takes, SimEvent::Schedule { generation: cycle as u32 });
}
