//! What the kubelet knows from the container runtime: `kubecontainer.PodStatus` (pkg/kubelet/container/runtime.go).

use smallvec::SmallVec;

use super::marks::{Marks, Real};
use super::{ContainerId, Ips, Sym, Text};

/// What the runtime says of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum InstanceState {
    /// Its process has not begun.
    Created,
    /// Its process runs.
    Running,
    /// Its process has ended.
    Exited,
    /// The runtime cannot say.
    #[default]
    Unknown,
}

/// One instance of a container: each start makes a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeContainer<M: Marks = Real> {
    /// The container's name in the spec.
    pub name: Sym,
    /// Of this very instance.
    pub id: ContainerId<M>,
    /// What it does.
    pub state: InstanceState,
    /// By `CreateContainer`.
    pub created_at: Option<M::Instant>,
    /// By `StartContainer`.
    pub started_at: Option<M::Instant>,
    /// When its process ended.
    pub finished_at: Option<M::Instant>,
    /// Once it has ended.
    pub exit_code: i32,
    /// The number of the instance, from 0.
    pub restart_count: i32,
    /// Why it ended, in the runtime's word.
    pub reason: Sym,
    /// Its termination message.
    pub message: Text,
    /// As the spec names it.
    pub image: Sym,
    /// With its digest.
    pub image_ref: Sym,
    /// In the sandbox that is in use (`ActiveContainerStatuses`).
    pub active: bool,
}

/// A sandbox of a pod: its network, and what holds its containers together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeSandbox<M: Marks = Real> {
    /// Of this very sandbox.
    pub id: Sym,
    /// The how-manieth of the pod, from 0.
    pub attempt: u32,
    /// Its own process runs.
    pub ready: bool,
    /// Empty with the host's network.
    pub ip: M::Address,
    /// It shares the node's network.
    pub host_network: bool,
    /// The runtime reported no network status at all.
    pub no_network: bool,
}

impl<M: Marks> RuntimeContainer<M> {
    /// When its process began, if it runs.
    pub fn running_since(&self) -> Option<M::Instant> {
        self.started_at.filter(|_| self.state == InstanceState::Running)
    }
}

/// A pod as the runtime has it; sandboxes and containers newest first.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct RuntimeStatus<M: Marks = Real> {
    /// Of the sandbox that is in use.
    pub ips: Ips<M>,
    /// The newest first.
    pub sandboxes: SmallVec<[RuntimeSandbox<M>; 1]>,
    /// The newest instance of each container first.
    pub containers: SmallVec<[RuntimeContainer<M>; 2]>,
}

impl<M: Marks> Clone for RuntimeStatus<M> {
    /// The lists hold plain values: they are copied whole, which a derived copy of such a list does not do.
    fn clone(&self) -> RuntimeStatus<M> {
        RuntimeStatus {
            ips: SmallVec::from_slice(&self.ips),
            sandboxes: SmallVec::from_slice(&self.sandboxes),
            containers: SmallVec::from_slice(&self.containers),
        }
    }
}

impl<M: Marks> RuntimeStatus<M> {
    /// The newest instance of a container (`FindContainerStatusByName`).
    pub fn newest(&self, name: Sym) -> Option<&RuntimeContainer<M>> {
        self.containers.iter().find(|c| c.name == name)
    }
}
