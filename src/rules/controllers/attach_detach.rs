//! When a volume is attached to a node and detached from another, and what is said while it cannot be.
//!
//! Source: pkg/controller/volume/attachdetach/reconciler/reconciler.go (`reconcile`, `attachDesiredVolumes`,
//! `reportMultiAttachError`), pkg/controller/volume/attachdetach/attach_detach_controller.go (`DefaultTimerConfig`),
//! pkg/controller/volume/attachdetach/util/util.go (`DetermineVolumeAction`), pkg/volume/util/util.go
//! (`IsMultiAttachAllowed`, `IsPodTerminated`), pkg/volume/util/operationexecutor (`GenerateMsg`), 1.36.2.
//! The surprises: ReadWriteOnce is about nodes, not pods; the error is told once, however long it lasts; and a node that
//! is well keeps a volume that it says it uses for ever, six minutes are for nodes that are lost.

use crate::api::{ContainerState, Marks, PodStatus, Sym};
use crate::rules::versions::habits::Habits;
use crate::time::Span;

/// `reconcilerLoopPeriod`
pub const LOOP: Span = Span::from_millis(100);
/// `reconcilerMaxWaitForUnmountDuration`
pub const MAX_WAIT_FOR_UNMOUNT: Span = Span::from_secs(6 * 60);
/// Whoever sets this taint vouches that the node is off.
pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// `IsMultiAttachAllowed`
pub fn multi_attach_allowed(access_modes: &[Sym]) -> bool {
    access_modes.iter().any(|mode| *mode == "ReadWriteMany" || *mode == "ReadOnlyMany")
}

/// `IsPodTerminated`: such a pod does not need its volumes any more.
pub fn is_terminated<M: Marks>(status: &PodStatus<M>, deleted: bool) -> bool {
    let runs = |state: &ContainerState<M>| {
        !matches!(state, ContainerState::Terminated(_) | ContainerState::Waiting { .. })
    };
    status.phase.is_terminal() || deleted && !status.containers.iter().any(|c| runs(&c.state))
}

/// What is known of a volume on a node that nobody needs it on any more.
#[derive(Clone, Copy, Debug)]
pub struct Unneeded {
    /// The node's status counts it among `volumesInUse`.
    pub in_use: bool,
    pub healthy: bool,
    pub out_of_service: bool,
    /// How long nobody has needed it there.
    pub since: Span,
}

/// Whether it may be detached now.
pub fn may_detach(volume: Unneeded) -> bool {
    let forced = !volume.healthy && volume.since > MAX_WAIT_FOR_UNMOUNT;
    !volume.in_use || forced || volume.out_of_service
}

/// What a pod is told whose volume is attached elsewhere; `holders` are the pods there that still need it, by namespace
/// and name.
pub fn multi_attach_words(volume: Sym, namespace: Sym, holders: &[(Sym, String)], habits: &Habits) -> String {
    let (what, therefore) = if habits.waits_for_detach {
        ("Waiting for detach", ", waiting on detach before it can be attached to another node")
    } else {
        ("Multi-Attach error", " and can't be attached to another")
    };
    let prefix = format!("{what} for volume \"{volume}\" ");
    if holders.is_empty() {
        return prefix + "Volume is already exclusively attached to one node" + therefore;
    }
    let (own, others): (Vec<_>, Vec<_>) = holders.iter().partition(|(theirs, _)| *theirs == namespace);
    let names: Vec<&str> = own.iter().map(|(_, name)| name.as_str()).collect();
    let others = others.len();
    match (names.as_slice(), others) {
        ([], _) => format!("{prefix}Volume is already used by {others} pod(s) in different namespaces"),
        (_, 0) => format!("{prefix}Volume is already used by pod(s) {}", names.join(", ")),
        _ => format!(
            "{prefix}Volume is already used by pod(s) {} and {others} pod(s) in different namespaces",
            names.join(", ")
        ),
    }
}

/// The event of an attachment, with upstream's blank at the end.
pub fn attached_words(volume: Sym) -> String {
    format!("AttachVolume.Attach succeeded for volume \"{volume}\" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_of_other_namespaces_are_counted_and_not_named() {
        let (volume, own) = (Sym::new("pvc-1"), Sym::new("shop"));
        let holder = |namespace: &str, name: &str| (Sym::new(namespace), name.to_owned());
        let words = |holders: &[(Sym, String)]| multi_attach_words(volume, own, holders, &Habits::NONE);
        let said = "Multi-Attach error for volume \"pvc-1\" Volume is already ";
        assert_eq!(
            words(&[]),
            format!("{said}exclusively attached to one node and can't be attached to another")
        );
        assert_eq!(words(&[holder("shop", "a"), holder("shop", "b")]), format!("{said}used by pod(s) a, b"));
        let waiting = Habits { waits_for_detach: true, ..Habits::NONE };
        assert_eq!(
            multi_attach_words(volume, own, &[], &waiting),
            "Waiting for detach for volume \"pvc-1\" Volume is already exclusively attached to one node, waiting on \
             detach before it can be attached to another node"
        );
        assert_eq!(words(&[holder("x", "c")]), format!("{said}used by 1 pod(s) in different namespaces"));
        assert_eq!(
            words(&[holder("shop", "a"), holder("x", "c")]),
            format!("{said}used by pod(s) a and 1 pod(s) in different namespaces")
        );
    }

    #[test]
    fn only_a_lost_node_is_not_waited_for() {
        let long = Span::from_secs(361);
        let volume = Unneeded { in_use: true, healthy: true, out_of_service: false, since: long };
        assert!(!may_detach(volume));
        assert!(may_detach(Unneeded { healthy: false, ..volume }));
        assert!(!may_detach(Unneeded { healthy: false, since: Span::from_secs(360), ..volume }));
        assert!(may_detach(Unneeded { out_of_service: true, since: Span::ZERO, ..volume }));
        assert!(may_detach(Unneeded { in_use: false, since: Span::ZERO, ..volume }));
    }
}
