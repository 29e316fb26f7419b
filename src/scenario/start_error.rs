//! How the start of a container can fail by the scenario's word: a row for each key of an attempt that says so.
//!
//! The kubelet meets them in this order (`startContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go), and behind
//! the first that fails comes nothing: so an attempt has one of them at most.

use crate::api::Sym;

/// Which step of a start fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartStep {
    /// There is no container yet, and there will be none.
    Create,
    /// There is a container in state created; it stays.
    Created,
    /// The runtime is asked to start it, and it ends as one that could not.
    Start,
}

/// One way in which a start can fail.
#[derive(Debug)]
pub struct StartError {
    /// The key of an attempt, whose value is the message.
    pub key: &'static str,
    /// Where it is met.
    pub step: StartStep,
    /// The waiting reason, of which `rules::kubelet::reasons` knows the rest.
    pub reason: Sym,
    /// What stands before the message in the event Failed; of the kubelet's own hooks that is not `Error:`.
    pub event: &'static str,
}

/// In the order in which they are met.
pub static START_ERRORS: [StartError; 4] = [
    StartError {
        key: "preCreateError",
        step: StartStep::Create,
        reason: Sym::PRE_CREATE_HOOK_ERROR,
        event: "Internal PreCreateContainer hook failed",
    },
    StartError {
        key: "createError",
        step: StartStep::Create,
        reason: Sym::CREATE_CONTAINER_ERROR,
        event: "Error",
    },
    StartError {
        key: "preStartError",
        step: StartStep::Created,
        reason: Sym::PRE_START_HOOK_ERROR,
        event: "Internal PreStartContainer hook failed",
    },
    StartError {
        key: "startError",
        step: StartStep::Start,
        reason: Sym::RUN_CONTAINER_ERROR,
        event: "Error",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::kubelet::reasons::{self, Blame};

    /// What an attempt can cause, *why* blames on attempts.
    #[test]
    fn each_has_its_row_among_the_reasons() {
        for own in &START_ERRORS {
            let known = reasons::waiting(own.reason);
            assert!(known.is_some(), "{}: a row of src/rules/kubelet/reasons.rs is missing", own.reason);
            assert_eq!(known.map(|known| known.blame), Some(Blame::Attempts), "{}", own.reason);
        }
    }
}
