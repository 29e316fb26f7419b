//! What the kubelet knows from the container runtime: `kubecontainer.PodStatus` (pkg/kubelet/container/runtime.go).

use smallvec::SmallVec;

use super::marks::{Marks, Real};
use super::{ContainerId, Ips, Sym, Text};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum InstanceState {
    Created,
    Running,
    Exited,
    #[default]
    Unknown,
}

/// One instance of a container: each start makes a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeContainer<M: Marks = Real> {
    pub name: Sym,
    pub id: ContainerId<M>,
    pub state: InstanceState,
    pub created_at: Option<M::Instant>,
    pub started_at: Option<M::Instant>,
    pub finished_at: Option<M::Instant>,
    pub exit_code: i32,
    pub restart_count: i32,
    pub reason: Sym,
    pub message: Text,
    pub image: Sym,
    pub image_ref: Sym,
    /// In the sandbox that is in use (`ActiveContainerStatuses`).
    pub active: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeSandbox<M: Marks = Real> {
    pub id: Sym,
    pub attempt: u32,
    pub ready: bool,
    pub ip: M::Address,
    pub host_network: bool,
    /// The runtime reported no network status at all.
    pub no_network: bool,
}

impl<M: Marks> RuntimeContainer<M> {
    pub fn running_since(&self) -> Option<M::Instant> {
        self.started_at.filter(|_| self.state == InstanceState::Running)
    }
}

/// A pod as the runtime has it; sandboxes and containers newest first.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct RuntimeStatus<M: Marks = Real> {
    pub ips: Ips<M>,
    pub sandboxes: SmallVec<[RuntimeSandbox<M>; 1]>,
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
