//! Whether a pod needs a new sandbox.

use crate::api::marks::{Address, Marks};
use crate::api::{PodSpec, RuntimeStatus, Sym};

/// What [`sandbox_changed`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SandboxChange {
    /// A new sandbox has to be made.
    pub needed: bool,
    /// The number of the sandbox: of the new one, or of the one that stays.
    pub attempt: u32,
    /// The sandbox that stays, or that lost its address; empty otherwise.
    pub id: Sym,
}

/// Whether the newest sandbox can go on.
///
/// `PodSandboxChanged` in pkg/kubelet/kuberuntime/util/util.go (v1.36.2). Two sandboxes that are both ready count as
/// changed as well. A runtime that reports no network at all is believed; one that reports a network without an address is not.
pub fn sandbox_changed<M: Marks>(spec: &PodSpec, runtime: &RuntimeStatus<M>) -> SandboxChange {
    let Some(newest) = runtime.sandboxes.first() else {
        return SandboxChange { needed: true, attempt: 0, id: Sym::EMPTY };
    };
    let renew = |id| SandboxChange { needed: true, attempt: newest.attempt + 1, id };
    if runtime.sandboxes.iter().filter(|sandbox| sandbox.ready).count() > 1
        || !newest.ready
        || newest.host_network != spec.host_network
    {
        return renew(Sym::EMPTY);
    }
    if !spec.host_network && !newest.no_network && newest.ip.is_empty() {
        return renew(newest.id);
    }
    SandboxChange { needed: false, attempt: newest.attempt, id: newest.id }
}
