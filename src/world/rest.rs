//! What a kubelet and its runtime keep of a pod that is over.
//!
//! The pod's worker has finished and the API server has its last status: until somebody deletes the pod, which may be hours
//! later, nothing of it changes, and tens of thousands may wait so at a time. What is left in a worker then is the same for all
//! replicas on a node, once it is rid of what nobody asks a finished worker for; and what the runtime has of them differs in
//! nothing but instants, identifiers and addresses. So those that are alike share a worker, with what the runtime has of one of
//! them in its cache, and each keeps the few numbers that are its own.
//!
//! Whoever reads a pod on its node reads it by [`Local::live`], which puts it together and is what its kubelet has seen as well, and
//! [`Local::computed`]. Whoever is about to change something of it finds all as it was ([`World::wake`]).

use std::borrow::Cow;
use std::sync::Arc;

use super::learned::{Seen, seen};
use super::local::{Local, Place};
use super::worker::{Work, Worker};
use super::{Pod, PodId, Runtime, World};
use crate::api::{ContainerId, HeldStatus, RuntimeStatus, Sym};
use crate::rules::kubelet::status_manager::Cached;
use crate::time::Time;

/// A pod that is over.
#[derive(Clone, Debug)]
pub struct Rest {
    /// Shared; its cache is what the runtime has of one of those that share it.
    pub worker: Arc<Worker>,
    /// What of that is this pod's own.
    own: Box<[u64]>,
}

/// The workers that rest on a node, one for all that are alike.
#[derive(Clone, Debug, Default)]
pub struct Resting(Vec<Arc<Worker>>);

impl Resting {
    /// Of so many kinds the last ones are remembered: a node has replicas of a few workloads at a time.
    const MOST: usize = 16;

    /// One that is like this one, in whose place the runtime has the same but for these numbers.
    fn share(&mut self, mut worker: Box<Worker>, own: &[u64]) -> Arc<Worker> {
        for shared in self.0.iter().rev().filter(|shared| Arc::ptr_eq(&shared.spec, &worker.spec)) {
            let (like, live) = (&shared.cache.status, &worker.cache.status);
            if seen::are_alike(like, live) && has_one_address(like) == has_one_address(live) {
                debug_assert_eq!(with_own(&shared.cache.status, own), *worker.cache.status, "taken apart");
                let cache = std::mem::replace(&mut worker.cache, shared.cache.clone());
                if **shared == *worker {
                    return Arc::clone(shared);
                }
                worker.cache = cache;
            }
        }
        if self.0.len() == Resting::MOST {
            self.0.remove(0);
        }
        let shared = Arc::new(*worker);
        self.0.push(Arc::clone(&shared));
        shared
    }
}

/// No run begins with this generation, nor is anything queued for it: it is the last one of the kubelet's process.
fn last_generation(first: u32) -> u32 {
    first.wrapping_add((1 << 20) - 1)
}

/// Whether nothing more comes of a worker by itself, and what it says of its pod stands elsewhere as well.
fn may_rest(worker: &Worker, pod: &Pod, runtime: &Runtime) -> bool {
    let idle = worker.work == Work::Finished
        && !worker.pending
        && !worker.running
        && !worker.waiting_cache
        && worker.run.is_none()
        && worker.outgoing.is_none()
        && worker.events.is_none()
        && worker.claims.is_none();
    let is_on_no_list = !worker.dirty && !worker.status_dirty && !worker.status_stale;
    let stays = worker.deletion.is_none() && !worker.removed && worker.ended_by.is_none();
    let is_plain = worker.memory.iter().all(|own| own.kill.is_none() && own.probers.is_empty())
        && worker.pulls.is_empty()
        && runtime.resize.is_none();
    idle && is_on_no_list
        && stays
        && is_plain
        && worker.cache.status == runtime.live
        && worker.cached.as_ref().is_some_and(|held| held.is_finished && held.status == pod.status)
}

/// Rids a worker of what nobody asks a finished one for, and of what stands elsewhere.
fn strip(worker: &mut Worker) {
    worker.rests = true;
    worker.generation = last_generation(worker.first);
    worker.due_generation = worker.generation;
    (worker.last_end, worker.mount_began) = (None, None);
    (worker.cache_time, worker.held_until) = (Time::EPOCH, Time::EPOCH);
    worker.cache.shape = None;
    (worker.cached, worker.settled, worker.held_back) = (None, None, None);
    for own in &mut worker.memory {
        own.backoff = None;
    }
}

/// Whether a pod's address is that of its newest sandbox, as nearly always: then it is held once.
fn has_one_address(status: &RuntimeStatus) -> bool {
    matches!((&status.ips[..], &status.sandboxes[..]), ([ip], [newest, ..]) if *ip == newest.ip)
}

/// What the runtime has of a pod, taken apart: goes over all that is the pod's own, in an order that depends on the rest.
fn each_own(status: &mut RuntimeStatus, mut visit: impl FnMut(&mut u64)) {
    let sym = |own: &mut Sym, visit: &mut dyn FnMut(&mut u64)| {
        let mut number = u64::from(own.number());
        visit(&mut number);
        *own = Sym::numbered(number as u32);
    };
    let is_one = has_one_address(status);
    status.ips.iter_mut().for_each(|ip| sym(ip, &mut visit));
    if is_one {
        status.sandboxes[0].ip = status.ips[0];
    }
    let others = status.sandboxes.iter_mut().skip(usize::from(is_one));
    others.for_each(|sandbox| sym(&mut sandbox.ip, &mut visit));
    for c in &mut status.containers {
        for at in [&mut c.created_at, &mut c.started_at, &mut c.finished_at].into_iter().flatten() {
            let mut micros = at.micros().cast_unsigned();
            visit(&mut micros);
            *at = Time::from_micros(micros.cast_signed());
        }
        if let ContainerId::Made(id) = &mut c.id {
            visit(id);
        }
    }
}

/// What is a pod's own of what the runtime has of it.
fn own_of(status: &RuntimeStatus) -> Box<[u64]> {
    let most = status.ips.len() + status.sandboxes.len() + 4 * status.containers.len();
    let mut own = Vec::with_capacity(most);
    each_own(&mut status.clone(), |number| own.push(*number));
    own.into_boxed_slice()
}

/// What the runtime has of a pod that is like another one but for these numbers.
fn with_own(like: &RuntimeStatus, own: &[u64]) -> RuntimeStatus {
    let (mut status, mut own) = (like.clone(), own.iter());
    each_own(&mut status, |number| *number = own.next().copied().unwrap_or_default());
    status
}

impl Rest {
    /// Whether it is the same as another one, or a copy of it.
    pub fn is(&self, other: &Rest) -> bool {
        Arc::ptr_eq(&self.worker, &other.worker) && self.own == other.own
    }
    /// What the runtime has of the pod.
    fn live(&self) -> RuntimeStatus {
        with_own(&self.worker.cache.status, &self.own)
    }
}

impl Place {
    /// The worker is about to be changed, or what it shares: all is the pod's own again.
    #[cold]
    #[inline(never)]
    pub fn wake(&mut self, pod: &Pod) {
        let Some(rest) = self.rest.take() else { return };
        self.runtime.live = Arc::new(rest.live());
        let mut worker = Box::new(Worker::clone(&rest.worker));
        worker.rests = false;
        worker.cache = Seen { status: Arc::clone(&self.runtime.live), shape: None };
        worker.cached = Some(Cached { status: pod.status.clone(), version: 1, is_finished: true });
        self.worker = Some(worker);
    }
}

impl<'a> Local<'a> {
    /// What the runtime has of the pod.
    pub fn live(&self) -> Cow<'a, RuntimeStatus> {
        match self.rest {
            Some(rest) => Cow::Owned(rest.live()),
            None => Cow::Borrowed(&self.runtime.live),
        }
    }
    /// The status that its kubelet computed last, if it has computed one.
    pub fn computed(&self) -> Option<&'a HeldStatus> {
        match self.rest {
            Some(_) => Some(&self.pod.status),
            None => self.worker?.status(),
        }
    }
}

impl World {
    /// A pod's last status is written: if that was all, it rests.
    pub fn rest(&mut self, pod: PodId) {
        let World { pods, places, machines, no_runtime, .. } = self;
        let Place { runtime, worker: held, rest } = &mut places[pod.ix()];
        let Some(worker) = held.as_deref() else { return };
        let Some(kubelet) = machines[worker.node.ix()].kubelet.as_deref_mut() else { return };
        if !may_rest(worker, &pods[pod.ix()], runtime) {
            return;
        }
        if let Some(mut worker) = held.take() {
            strip(&mut worker);
            let own = own_of(&runtime.live);
            let worker = kubelet.resting.share(worker, &own);
            runtime.live = Arc::clone(no_runtime);
            *rest = Some(Arc::new(Rest { worker, own }));
        }
    }
    /// Somebody is about to change what stands elsewhere while a pod rests: its status, or what the runtime has of it.
    #[inline]
    pub fn wake(&mut self, pod: PodId) {
        self.place_mut(pod);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{InstanceState, RuntimeContainer, RuntimeSandbox, Text};

    fn of(second: i64, id: u64, ip: &str) -> RuntimeStatus {
        let instance = |restart_count: i32, at: i64| RuntimeContainer {
            name: Sym::new("app"),
            id: ContainerId::Made(id + restart_count as u64),
            state: InstanceState::Exited,
            created_at: Some(Time::from_secs(at)),
            started_at: (restart_count == 0).then(|| Time::from_secs(at + 1)),
            finished_at: Some(Time::from_secs(at + 2)),
            exit_code: 0,
            restart_count,
            reason: Sym::EMPTY,
            message: Text::NONE,
            image: Sym::EMPTY,
            image_ref: Sym::EMPTY,
            active: true,
        };
        let sandbox = RuntimeSandbox {
            id: Sym::FIRST_SANDBOX,
            attempt: 0,
            ready: false,
            ip: Sym::new(ip),
            host_network: false,
            no_network: false,
        };
        RuntimeStatus {
            ips: [Sym::new(ip)].into_iter().collect(),
            sandboxes: [sandbox].into_iter().collect(),
            containers: [instance(1, second + 10), instance(0, second)].into_iter().collect(),
        }
    }

    #[test]
    fn what_is_taken_apart_is_put_together_again() {
        let (one, other) = (of(100, 7, "10.0.0.1"), of(2_000, 90, "10.0.9.9"));
        let own = own_of(&other);
        assert_eq!(own.len(), 1 + 3 + 1 + 2 + 1, "an address, two and three instants, two identifiers");
        assert_eq!(with_own(&one, &own), other);
        assert_ne!(with_own(&one, &own_of(&one)), other);
        let apart = |mut status: RuntimeStatus, ip: &str| {
            status.ips[0] = Sym::new(ip);
            status
        };
        let (one, other) = (apart(one, "10.0.0.2"), apart(other, "10.0.9.8"));
        assert_eq!(own_of(&other).len(), own.len() + 1, "two addresses");
        assert_eq!(with_own(&one, &own_of(&other)), other);
    }
}
