//! A pod from where it runs: its object, what its machine has of it, and what its kubelet holds of it, side by side.
//!
//! Who reads a [`Local`] is the kubelet, the runtime, or somebody who looks from outside; other components have no business
//! with more than the object.

use std::ops::Deref;

use super::worker::{ContainerMemory, Worker, Workers};
use super::{ContainerIx, NodeId, Pod, PodId, Runtime, World};

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
    #[inline]
    pub fn of(pods: &'a [Pod], runtimes: &'a [Runtime], workers: &'a Workers, id: PodId) -> Local<'a> {
        Local { id, pod: &pods[id.ix()], runtime: &runtimes[id.ix()], worker: workers.get(id) }
    }
}

impl<'a> LocalMut<'a> {
    #[inline]
    pub fn of(
        pods: &'a [Pod],
        runtimes: &'a mut [Runtime],
        workers: &'a mut Workers,
        pod: PodId,
    ) -> LocalMut<'a> {
        let worker = workers.get_mut(pod);
        LocalMut { pod: &pods[pod.ix()], runtime: &mut runtimes[pod.ix()], worker }
    }
}

impl World {
    #[inline]
    pub fn local(&self, pod: PodId) -> Local<'_> {
        Local::of(&self.pods, &self.runtimes, &self.workers, pod)
    }
    #[inline]
    pub fn local_mut(&mut self, pod: PodId) -> LocalMut<'_> {
        LocalMut::of(&self.pods, &mut self.runtimes, &mut self.workers, pod)
    }
    /// A pod that somebody outside asks for, who may have made it up.
    pub fn find_local(&self, pod: PodId) -> Option<Local<'_>> {
        (pod.ix() < self.pods.len()).then(|| self.local(pod))
    }
    /// What the pod's kubelet holds of it.
    #[inline]
    pub fn worker(&self, pod: PodId) -> Option<&Worker> {
        self.workers.get(pod)
    }
    #[inline]
    pub fn worker_mut(&mut self, pod: PodId) -> Option<&mut Worker> {
        self.workers.get_mut(pod)
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
            self.workers.remove(*pod);
        }
        machine.kubelet.take().is_some()
    }
}
