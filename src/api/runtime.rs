//! What the kubelet knows from the container runtime: `kubecontainer.PodStatus` (pkg/kubelet/container/runtime.go).

use smallvec::SmallVec;

use super::{ContainerId, Ips, Sym, Text};
use crate::time::Time;

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
pub struct RuntimeContainer {
    pub name: Sym,
    pub id: ContainerId,
    pub state: InstanceState,
    pub created_at: Option<Time>,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
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
pub struct RuntimeSandbox {
    pub id: Sym,
    pub attempt: u32,
    pub ready: bool,
    pub ip: Sym,
    pub host_network: bool,
    /// The runtime reported no network status at all.
    pub no_network: bool,
}

/// A pod as the runtime has it; sandboxes and containers newest first.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct RuntimeStatus {
    pub ips: Ips,
    pub sandboxes: SmallVec<[RuntimeSandbox; 1]>,
    pub containers: SmallVec<[RuntimeContainer; 2]>,
}

impl Clone for RuntimeStatus {
    /// The lists hold plain values: they are copied whole, which a derived copy of such a list does not do.
    fn clone(&self) -> RuntimeStatus {
        RuntimeStatus {
            ips: SmallVec::from_slice(&self.ips),
            sandboxes: SmallVec::from_slice(&self.sandboxes),
            containers: SmallVec::from_slice(&self.containers),
        }
    }
}

impl RuntimeStatus {
    /// The newest instance of a container (`FindContainerStatusByName`).
    pub fn newest(&self, name: Sym) -> Option<&RuntimeContainer> {
        self.containers.iter().find(|c| c.name == name)
    }
}
