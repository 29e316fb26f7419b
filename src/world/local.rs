//! A pod from where it runs: its object, what its machine has of it, and what its kubelet holds of it, side by side.
//!
//! Who reads a [`Local`] is the kubelet, the runtime, or somebody who looks from outside; other components have no business
//! with more than the object.

use std::ops::Deref;

use super::worker::{ContainerMemory, Worker};
use super::{ContainerIx, Machine, Pod, PodId, Runtime, World};

#[derive(Clone, Copy)]
pub struct Local<'a> {
    pub id: PodId,
    pub pod: &'a Pod,
    pub runtime: &'a Runtime,
    /// None where no kubelet knows the pod.
    pub worker: Option<&'a Worker>,
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

impl<'a> Local<'a> {
    /// What its kubelet remembers of a container.
    pub fn memory(&self, ix: ContainerIx) -> Option<&'a ContainerMemory> {
        self.worker?.memory.get(ix.ix())
    }
    pub fn of(pods: &'a [Pod], runtimes: &'a [Runtime], machines: &'a [Machine], pod: PodId) -> Local<'a> {
        let id = pod;
        let (pod, runtime) = (&pods[pod.ix()], &runtimes[pod.ix()]);
        let kubelet = pod.node.and_then(|node| machines[node.ix()].kubelet.as_deref());
        Local { id, pod, runtime, worker: kubelet.and_then(|kubelet| kubelet.workers.get(runtime.local)) }
    }
}

impl<'a> LocalMut<'a> {
    pub fn of(
        pods: &'a [Pod],
        runtimes: &'a mut [Runtime],
        machines: &'a mut [Machine],
        pod: PodId,
    ) -> LocalMut<'a> {
        let (pod, runtime) = (&pods[pod.ix()], &mut runtimes[pod.ix()]);
        let kubelet = pod.node.and_then(|node| machines[node.ix()].kubelet.as_deref_mut());
        let worker = kubelet.and_then(|kubelet| kubelet.workers.get_mut(runtime.local));
        LocalMut { pod, runtime, worker }
    }
}

impl World {
    pub fn local(&self, pod: PodId) -> Local<'_> {
        Local::of(&self.pods, &self.runtimes, &self.machines, pod)
    }
    pub fn local_mut(&mut self, pod: PodId) -> LocalMut<'_> {
        LocalMut::of(&self.pods, &mut self.runtimes, &mut self.machines, pod)
    }
    /// A pod that somebody outside asks for, who may have made it up.
    pub fn find_local(&self, pod: PodId) -> Option<Local<'_>> {
        (pod.ix() < self.pods.len()).then(|| self.local(pod))
    }
    /// What the pod's kubelet holds of it.
    pub fn worker(&self, pod: PodId) -> Option<&Worker> {
        self.local(pod).worker
    }
    pub fn worker_mut(&mut self, pod: PodId) -> Option<&mut Worker> {
        self.local_mut(pod).worker
    }
    /// What the pod's kubelet remembers of a container.
    pub fn memory_mut(&mut self, pod: PodId, ix: ContainerIx) -> Option<&mut ContainerMemory> {
        self.worker_mut(pod)?.memory.get_mut(ix.ix())
    }
}
