//! A pod from where it runs: its object, what its machine has of it, and what its kubelet holds of it, side by side.
//!
//! Who reads a [`Local`] is the kubelet, the runtime, or somebody who looks from outside; other components have no business
//! with more than the object.

use std::ops::Deref;
use std::sync::Arc;

use super::rest::Rest;
use super::worker::{ContainerMemory, Worker};
use super::{ContainerIx, NodeId, Pieced, Pod, PodId, Runtime, World};
use crate::api::RuntimeStatus;
use crate::time::Time;

/// Where a pod runs: what its machine has of it, and the worker of the kubelet there, which goes with the kubelet's process. What each
/// step asks for stands side by side, as in a [`Worker`].
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Place {
    pub worker: Option<Box<Worker>>,
    /// In its place, once the pod is over; the runtime's side stands there as well ([`rest`](super::rest)). It does not change any
    /// more, and worlds that are copies of each other share it.
    pub rest: Option<Arc<Rest>>,
    pub runtime: Runtime,
}

impl Place {
    /// Neither its machine nor a kubelet has anything of the pod.
    pub fn is_empty(&self) -> bool {
        self.worker.is_none() && self.rest.is_none() && self.runtime.containers.is_empty()
    }
}

/// A pod as those see it who look at its node: the object, what runs of it, and what its kubelet does with it.
#[derive(Clone, Copy)]
pub struct Local<'a> {
    /// Its handle.
    pub id: PodId,
    /// The API server's object.
    pub pod: &'a Pod,
    /// What its machine has of it; [`Local::live`] also of one that is over.
    pub runtime: &'a Runtime,
    /// None where no kubelet knows the pod.
    pub worker: Option<&'a Worker>,
    /// Of a pod that is over.
    pub rest: Option<&'a Rest>,
}

impl Deref for Local<'_> {
    type Target = Pod;
    fn deref(&self) -> &Pod {
        self.pod
    }
}

/// The same for those who change what they own of it; the object is the API server's.
pub struct LocalMut<'a> {
    pub pod: &'a Pod,
    pub runtime: &'a mut Runtime,
    pub worker: Option<&'a mut Worker>,
}

impl Deref for LocalMut<'_> {
    type Target = Pod;
    fn deref(&self) -> &Pod {
        self.pod
    }
}

impl<'a> LocalMut<'a> {
    #[inline]
    pub fn of(pods: &'a [Pod], places: &'a mut Pieced<Place>, id: PodId) -> LocalMut<'a> {
        let place = &mut places[id.ix()];
        if place.rest.is_some() {
            place.wake(&pods[id.ix()]);
        }
        let Place { runtime, worker, .. } = place;
        LocalMut { pod: &pods[id.ix()], runtime, worker: worker.as_deref_mut() }
    }
}

impl<'a> Local<'a> {
    /// What its kubelet remembers of a container.
    pub fn memory(&self, ix: ContainerIx) -> Option<&'a ContainerMemory> {
        self.worker?.memory.get(ix.ix())
    }
    /// The pod on its machine, of the parts of a world.
    #[inline]
    pub fn of(pods: &'a [Pod], places: &'a [Place], id: PodId) -> Local<'a> {
        let Place { runtime, worker, rest } = &places[id.ix()];
        let rest = rest.as_deref();
        let worker = worker.as_deref().or_else(|| rest.map(|rest| &*rest.worker));
        Local { id, pod: &pods[id.ix()], runtime, worker, rest }
    }
}

impl World {
    /// A pod on its machine.
    #[inline]
    pub fn local(&self, pod: PodId) -> Local<'_> {
        Local::of(&self.pods, &self.places, pod)
    }
    /// A pod on its machine, to be changed.
    #[inline]
    pub fn local_mut(&mut self, pod: PodId) -> LocalMut<'_> {
        LocalMut::of(&self.pods, &mut self.places, pod)
    }
    /// A pod that somebody outside asks for, who may have made it up.
    pub fn find_local(&self, pod: PodId) -> Option<Local<'_>> {
        (pod.ix() < self.pods.len()).then(|| self.local(pod))
    }
    /// What the pod's kubelet holds of it.
    #[inline]
    pub fn worker(&self, pod: PodId) -> Option<&Worker> {
        let Place { worker, rest, .. } = &self.places[pod.ix()];
        worker.as_deref().or_else(|| rest.as_ref().map(|rest| &*rest.worker))
    }
    /// What its kubelet remembers, to be changed.
    #[inline]
    pub fn worker_mut(&mut self, pod: PodId) -> Option<&mut Worker> {
        self.place_mut(pod).worker.as_deref_mut()
    }
    /// What the runtime has of a pod, to be changed.
    pub fn live_mut(&mut self, pod: PodId) -> &mut RuntimeStatus {
        Arc::make_mut(&mut self.place_mut(pod).runtime.live)
    }
    /// Where a pod runs, to be changed: it does not rest any more.
    #[inline]
    pub(super) fn place_mut(&mut self, pod: PodId) -> &mut Place {
        let place = &mut self.places[pod.ix()];
        if place.rest.is_some() {
            place.wake(&self.pods[pod.ix()]);
        }
        place
    }
    /// What the pod's kubelet remembers of a container.
    #[inline]
    pub fn memory_mut(&mut self, pod: PodId, ix: ContainerIx) -> Option<&mut ContainerMemory> {
        self.worker_mut(pod)?.memory.get_mut(ix.ix())
    }
    /// A kubelet's process ends, and its memory with it; says whether there was one.
    pub fn drop_kubelet(&mut self, node: NodeId) -> bool {
        let machine = &mut self.machines[node.ix()];
        machine.incarnation += 1;
        for pod in &machine.pods {
            let place = &mut self.places[pod.ix()];
            place.wake(&self.pods[pod.ix()]);
            place.worker = None;
        }
        machine.kubelet.take().is_some()
    }
    /// When a node's kubelet started; without one, nothing has.
    pub fn kubelet_start(&self, node: NodeId) -> Time {
        self.kubelet(node).map_or(Time::FAR, |kubelet| kubelet.start)
    }
}
