//! The reasons that a container's state gives: one table, from which all follows that knows a reason by its word.
//!
//! **What a reason is.** A word in `state.waiting.reason` or `state.terminated.reason` (and so in `lastState`) of a container's
//! status, which says why nothing of it runs. A waiting one the kubelet says: a start that came to nothing leaves an error in its
//! reason cache, whose first word becomes the reason at the next sync (`convertToAPIContainerStatuses`,
//! pkg/kubelet/kubelet_pods.go), or it is the default of what has not been started. A terminated one the runtime says (containerd,
//! internal/cri), but for those that the kubelet makes up of a container that nobody saw end.
//!
//! **Which column shows it.** STATUS of `kubectl get pods`, behind `Init:` for an init container (`printPod`,
//! pkg/printers/internalversion/printers.go): the last main container that waits or has ended, unless one runs and is ready. Only
//! PodInitializing is passed by there, as `Init:0/1` says more. A terminated reason that stands in `lastState` no column shows;
//! `kubectl describe` does. The test below prints each.
//!
//! **Since which version.** All are older than the oldest version that is known here, unless `since` says otherwise.
//!
//! **Who reads the table.** Each of these rooms asks for a property here and has no list of its own: *why* (whom it blames, in
//! `session/why/containers.rs`), `explain` (its sentence, and how it is tried again: `explain/containers.rs`, `backoff.rs`),
//! drafts from an incident (`draft/incident/cause.rs`), what an agent sees of a pod (`drill/numbers/features.rs`), marks of strips
//! (`session/strip.rs`), what `predict` takes of a printed pod (`scenario/given/`, `actors/resume/`). What a scenario's key causes is a row of
//! `scenario/start_error.rs` besides, whose reason stands here. `tests/catalogue.rs` asks that a shipped scenario shows each, and
//! that none is shown which has no row. Some words stand elsewhere still, as what they say there is not said of the reason: answers that
//! tempt (`session/predict.rs`), what the API server says of logs (`session/kubectl.rs`), colours of a picture (`record/svg`, which is
//! below the rules).
//!
//! Events have reasons as well, which are other words (Failed, BackOff, Unhealthy): what an event says stands where it is told.

use crate::api::Sym;

/// In which state it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// `state.waiting`: nothing of it runs yet, or again.
    Waiting,
    /// `state.terminated` or `lastState.terminated`: an instance has ended.
    Terminated,
}

/// What is wrong where it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Nothing: this is how it begins, or how it ends well.
    Nothing,
    /// Its image is not there to be started.
    Image,
    /// Its configuration cannot be put together.
    Config,
    /// It cannot be created or started.
    Start,
    /// A hook of its own failed, after it was started.
    Hook,
    /// Its process ended by itself.
    Crash,
    /// It was killed for its memory.
    Memory,
    /// It was removed, or nobody saw it end.
    Lost,
}

/// What comes next of a container that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Its turn: nothing has failed.
    Turn,
    /// A pull has just failed: the next look shows the back-off.
    PullFailed,
    /// A pull waits out its back-off of 10 s to 5 min.
    PullWaits,
    /// The kubelet meets it again at every sync, 10 to 15 s apart.
    EachSync,
    /// A start after the back-off of a crash.
    Restart,
    /// It has ended: its restartPolicy says.
    Policy,
}

/// What of the scenario is behind it, as *why* ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// Nobody here: how a container comes to it is told by what came before.
    Before,
    /// The registry of its image, by `[[image]]`.
    Registry,
    /// The runtime's look at its image, by `inspectError`.
    Inspection,
    /// The image that the pod's spec asks for.
    Spec,
    /// What it needs: an `[[object]]`, or the image's user.
    Needs,
    /// The attempt of its program.
    Attempts,
}

/// A reason, and what is known of it.
#[derive(Debug)]
pub struct Reason {
    /// The word.
    pub reason: Sym,
    /// Where it stands.
    pub state: State,
    /// The minor version that it came with; None: before all that are known here.
    pub since: Option<u32>,
    /// What is wrong.
    pub trouble: Trouble,
    /// What comes next.
    pub next: Next,
    /// Which component says it, as *why* names it.
    pub by: &'static str,
    /// What *why* tells, with `{name}`, `{reason}` and `{words}` (its message); empty where more is told than words.
    pub why: &'static str,
    /// Whom *why* blames in the end.
    pub blame: Blame,
    /// What `explain` says, with `{image}` and `{problem}` (what an error of a pull is known for); empty where it depends on the pod.
    pub says: &'static str,
    /// File and name upstream, at 1.36.
    pub source: &'static str,
}

const WAITS: Reason = Reason {
    reason: Sym::EMPTY,
    state: State::Waiting,
    since: None,
    trouble: Trouble::Start,
    next: Next::EachSync,
    by: "kubelet: runtime manager",
    why: "",
    blame: Blame::Attempts,
    says: "",
    source: "pkg/kubelet/kuberuntime/kuberuntime_container.go",
};
const OF_AN_IMAGE: Reason = Reason {
    trouble: Trouble::Image,
    by: "kubelet: image manager",
    why: "{reason}: {words}",
    blame: Blame::Spec,
    source: "pkg/kubelet/images/types.go",
    ..WAITS
};
const OF_A_PULL: Reason = Reason {
    next: Next::PullFailed,
    why: "the pull for {name} failed: {words}",
    blame: Blame::Registry,
    ..OF_AN_IMAGE
};
const BEGINS: Reason = Reason {
    trouble: Trouble::Nothing,
    next: Next::Turn,
    blame: Blame::Before,
    source: "pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses",
    ..WAITS
};
const HAS_ENDED: Reason = Reason {
    state: State::Terminated,
    trouble: Trouble::Crash,
    next: Next::Policy,
    by: "runtime",
    blame: Blame::Before,
    source: "containerd, internal/cri/server/helpers.go",
    ..WAITS
};

/// All of them, in the order in which a container meets them.
pub static REASONS: [Reason; 23] = [
    Reason { reason: Sym::CONTAINER_CREATING, ..BEGINS },
    Reason { reason: Sym::POD_INITIALIZING, ..BEGINS },
    Reason {
        reason: Sym::INVALID_IMAGE_NAME,
        says: "{image} is no valid image name: this cannot mend itself.",
        source: "pkg/kubelet/images/types.go, ErrInvalidImageName",
        ..OF_AN_IMAGE
    },
    Reason {
        reason: Sym::IMAGE_INSPECT_ERROR,
        by: "runtime",
        why: "could not say whether the image of {name} is there: {words}",
        blame: Blame::Inspection,
        says: "The runtime could not say whether {image} is on the node, so it was not even pulled.",
        source: "pkg/kubelet/images/types.go, ErrImageInspect",
        ..OF_AN_IMAGE
    },
    Reason {
        reason: Sym::ERR_IMAGE_NEVER_PULL,
        says: "{image} is not on the node, and its pull policy is Never.",
        source: "pkg/kubelet/images/types.go, ErrImageNeverPull",
        ..OF_AN_IMAGE
    },
    Reason {
        reason: Sym::ERR_IMAGE_PULL,
        says: "The last pull of {image} failed.{problem} What a look of the kubelet meets is shown by its next one, so ErrImagePull and \
               ImagePullBackOff take turns.",
        source: "pkg/kubelet/images/types.go, ErrImagePull",
        ..OF_A_PULL
    },
    Reason {
        reason: Sym::REGISTRY_UNAVAILABLE,
        says: "The last pull of {image} failed: the runtime did not get an answer from its registry.",
        source: "pkg/kubelet/images/image_manager.go, evalCRIPullErr",
        ..OF_A_PULL
    },
    Reason {
        reason: Sym::SIGNATURE_VALIDATION_FAILED,
        says: "The last pull of {image} failed: its signature is not one that the runtime's policy accepts.",
        source: "pkg/kubelet/images/image_manager.go, evalCRIPullErr",
        ..OF_A_PULL
    },
    Reason {
        reason: Sym::IMAGE_PULL_BACK_OFF,
        next: Next::PullWaits,
        why: "did not pull for {name} again yet: after a failed pull it waits 10s, doubling up to 5m0s",
        blame: Blame::Before,
        says: "Waits before {image} is pulled again, since the last pull failed.{problem}",
        source: "pkg/kubelet/images/types.go, ErrImagePullBackOff",
        ..OF_AN_IMAGE
    },
    Reason {
        reason: Sym::CREATE_CONTAINER_CONFIG_ERROR,
        trouble: Trouble::Config,
        why: "could not make the configuration of {name}: {words}",
        blame: Blame::Needs,
        says: "Its configuration cannot be put together: mostly a ConfigMap or Secret that is missing.",
        source: "pkg/kubelet/kuberuntime/kuberuntime_container.go, ErrCreateContainerConfig",
        ..WAITS
    },
    Reason {
        reason: Sym::PRE_CREATE_HOOK_ERROR,
        why: "its own hook failed for {name}: {words}",
        says: "A hook of the kubelet itself failed before it was created.",
        source: "pkg/kubelet/kuberuntime/kuberuntime_container.go, ErrPreCreateHook",
        ..WAITS
    },
    Reason {
        reason: Sym::CREATE_CONTAINER_ERROR,
        by: "runtime",
        why: "{name} could not be started, {reason}: {words}",
        says: "The runtime could not create it.",
        source: "pkg/kubelet/kuberuntime/kuberuntime_container.go, ErrCreateContainer",
        ..WAITS
    },
    Reason {
        reason: Sym::PRE_START_HOOK_ERROR,
        why: "its own hook failed for {name}: {words}",
        says: "It was created, and then a hook of the kubelet itself failed, so it was not started.",
        source: "pkg/kubelet/kuberuntime/kuberuntime_container.go, ErrPreStartHook",
        ..WAITS
    },
    Reason {
        reason: Sym::RUN_CONTAINER_ERROR,
        // There is a container, which has ended as one that could not be started: its back-off counts from there.
        next: Next::Restart,
        by: "runtime",
        why: "{name} could not be started, {reason}: {words}",
        says: "The runtime could not start it.",
        source: "pkg/kubelet/container/sync_result.go, ErrRunContainer",
        ..WAITS
    },
    Reason {
        reason: Sym::POST_START_HOOK_ERROR,
        trouble: Trouble::Hook,
        next: Next::Restart,
        why: "the postStart hook of {name} failed, so it was stopped: {words}",
        says: "Its postStart hook failed, so it was killed.",
        source: "pkg/kubelet/kuberuntime/kuberuntime_container.go, ErrPostStartHook",
        ..WAITS
    },
    Reason {
        reason: Sym::CRASH_LOOP_BACK_OFF,
        trouble: Trouble::Crash,
        next: Next::Restart,
        blame: Blame::Before,
        says: "Waits out a back-off before it is started again.",
        source: "pkg/kubelet/container/sync_result.go, ErrCrashLoopBackOff",
        ..WAITS
    },
    // In both states: of the one that was removed, and of the one that is to come.
    Reason {
        reason: Sym::RESTARTING_ALL_CONTAINERS,
        since: Some(35),
        trouble: Trouble::Lost,
        next: Next::Turn,
        blame: Blame::Before,
        says: "Was removed: an exit restarts all containers.",
        source: "pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses",
        ..WAITS
    },
    Reason { reason: Sym::COMPLETED, trouble: Trouble::Nothing, ..HAS_ENDED },
    Reason { reason: Sym::ERROR, ..HAS_ENDED },
    Reason { reason: Sym::OOM_KILLED, trouble: Trouble::Memory, ..HAS_ENDED },
    Reason {
        reason: Sym::START_ERROR,
        trouble: Trouble::Start,
        source: "containerd, internal/cri/server/helpers.go, errorStartReason",
        ..HAS_ENDED
    },
    // Of one in state unknown, which containerd came upon when it began.
    Reason {
        reason: Sym::UNKNOWN,
        trouble: Trouble::Lost,
        source: "containerd, internal/cri/server/helpers.go, unknownExitReason",
        ..HAS_ENDED
    },
    Reason {
        reason: Sym::CONTAINER_STATUS_UNKNOWN,
        trouble: Trouble::Lost,
        by: "kubelet",
        source: "pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses",
        ..HAS_ENDED
    },
];

/// What is known of a reason; None of one that has no row, which whoever asks tells as what it is.
pub fn find(reason: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|own| own.reason == reason)
}

/// What is known of a container that waits for this.
pub fn waiting(reason: Sym) -> Option<&'static Reason> {
    REASONS.iter().find(|own| own.state == State::Waiting && own.reason == reason)
}

/// Whether it waits because a pull has failed, just now or some time ago.
pub fn is_of_a_pull(reason: Sym) -> bool {
    waiting(reason).is_some_and(|own| matches!(own.next, Next::PullFailed | Next::PullWaits))
}

/// Whether a container that waits for this has had no failure: it is its turn that it waits for.
pub fn is_beginning(reason: Sym) -> bool {
    waiting(reason).is_some_and(|own| own.trouble == Trouble::Nothing)
}

impl Reason {
    /// Whether this is tried again: something has failed.
    pub fn is_tried_again(&self) -> bool {
        !matches!(self.next, Next::Turn | Next::Policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Container, ContainerState, ContainerStatus, PodSpec, PodStatus, Terminated};
    use crate::rules::kubectl::printing::columns;
    use crate::rules::versions::gates::Gates;

    /// Which column of kubectl shows it, as the head says.
    #[test]
    fn each_is_shown_in_the_column_status() {
        let named = |name| Container { name, ..Container::default() };
        for own in &REASONS {
            let state = match own.state {
                State::Waiting => ContainerState::waiting(own.reason),
                State::Terminated => ContainerState::Terminated(Terminated {
                    exit_code: 1,
                    reason: own.reason,
                    ..Terminated::default()
                }),
            };
            let status = |name| ContainerStatus { name, state, ..ContainerStatus::default() };
            let (first, app) = (Sym::new("first"), Sym::new("app"));
            let spec = PodSpec {
                init_containers: vec![named(first)],
                containers: vec![named(app)],
                ..PodSpec::default()
            };
            let main = PodStatus { containers: vec![status(app)].into(), ..PodStatus::default() };
            let shown = columns(&spec, &main, false, &Gates::default()).status.to_string();
            assert_eq!(shown, own.reason.as_str());
            let init = PodStatus { init: vec![status(first)].into(), ..PodStatus::default() };
            let shown = columns(&spec, &init, false, &Gates::default()).status.to_string();
            let wanted = if own.reason == Sym::POD_INITIALIZING { "0/1" } else { own.reason.as_str() };
            assert_eq!(shown, format!("Init:{wanted}"));
        }
    }

    /// A row says what is asked of it.
    #[test]
    fn each_row_is_whole() {
        for (ix, own) in REASONS.iter().enumerate() {
            let word = own.reason;
            assert!(REASONS[..ix].iter().all(|other| other.reason != word), "{word} has two rows");
            assert!(own.source.contains('/') && !own.by.is_empty(), "{word}: its source, who says it");
            if own.state == State::Waiting && own.trouble != Trouble::Nothing {
                assert!(own.says.ends_with(['.', '}']), "{word}: what `explain` says");
            }
            // Who says it is a component and not a person; whoever is blamed has words to be blamed with.
            let is_blamed = own.blame != Blame::Before;
            assert!(!is_blamed || !own.why.is_empty(), "{word}: what *why* says before it blames");
        }
    }
}
