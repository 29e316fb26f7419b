//! Whether a pod needs a new sandbox.

use crate::api::marks::{Address, Marks};
use crate::api::{PodSpec, RuntimeStatus, Sym};

/// What [`sandbox_changed`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SandboxChange {
    /// Why a new sandbox has to be made, in the words of 1.37; empty if none has to be.
    pub why: Sym,
    /// The number of the sandbox: of the new one, or of the one that stays.
    pub attempt: u32,
    /// The sandbox that stays, or that lost its address; empty otherwise.
    pub id: Sym,
}

impl SandboxChange {
    /// A new sandbox has to be made.
    pub fn is_needed(self) -> bool {
        !self.why.is_empty()
    }
}

/// Whether the newest sandbox can go on.
///
/// `PodSandboxChanged` in pkg/kubelet/kuberuntime/util/util.go (v1.36.2; the words: v1.37.2). Two sandboxes that are both
/// ready count as changed as well. A runtime that reports no network at all is believed; one that reports a network without
/// an address is not.
pub fn sandbox_changed<M: Marks>(spec: &PodSpec, runtime: &RuntimeStatus<M>) -> SandboxChange {
    let Some(newest) = runtime.sandboxes.first() else {
        return SandboxChange { why: Sym::NO_SANDBOX, attempt: 0, id: Sym::EMPTY };
    };
    let renew = |why, id| SandboxChange { why, attempt: newest.attempt + 1, id };
    if runtime.sandboxes.iter().filter(|sandbox| sandbox.ready).count() > 1 {
        return renew(Sym::MANY_SANDBOXES, Sym::EMPTY);
    }
    if !newest.ready {
        return renew(Sym::SANDBOX_NOT_READY, Sym::EMPTY);
    }
    if newest.host_network != spec.host_network {
        return renew(Sym::SANDBOX_OF_OTHER_NETWORK, Sym::EMPTY);
    }
    if !spec.host_network && !newest.no_network && newest.ip.is_empty() {
        return renew(Sym::SANDBOX_WITHOUT_ADDRESS, newest.id);
    }
    SandboxChange { why: Sym::EMPTY, attempt: newest.attempt, id: newest.id }
}
