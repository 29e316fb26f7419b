//! The numbers of a queued event: whom it is about, and which one of its kind it is. Without them an event is its shape, of which
//! there are some hundred; see [`crate::record::numbers`], which does the same for what is written.

use crate::scenario::plan::TemplateIx;
use crate::world::volumes::{ClaimIx, VolumeIx};
use crate::world::workloads::ObjectKey;
use crate::world::{NodeId, PodId, SimEvent as E};

/// What a number stands for: the next one of its kind is near it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Number {
    /// Which pod.
    Pod,
    /// Which node.
    Node,
    /// Anything else that is counted: small ones are frequent.
    Small,
}

use Number::{Node, Pod, Small};

/// Hands out each number of an event, in one order for all events of a shape, and takes back what then stands in its place.
pub(super) fn numbers(event: &mut E, each: &mut impl FnMut(Number, &mut u32)) {
    match event {
        E::Schedule { generation: one }
        | E::Action { index: one }
        | E::Apply { index: one }
        | E::CreateObject { index: one }
        | E::BindClaim { index: one }
        | E::Provisioned { index: one }
        | E::DrainBegin { command: one }
        | E::WaitOver { command: one }
        | E::Answered { request: one, .. } => each(Small, one),
        E::CreatePod { template: TemplateIx(one), ordinal: two }
        | E::ApplyNext { command: one, object: two } => {
            each(Small, one);
            each(Small, two);
        }
        E::SeriesWrite { pod: PodId(pod) }
        | E::Evicted { pod: PodId(pod) }
        | E::PodSeen { pod: PodId(pod) }
        | E::RelistPod { pod: PodId(pod) }
        | E::TaintAnswered { pod: PodId(pod), .. }
        | E::Informed { of: ObjectKey::Pod(PodId(pod)), .. }
        | E::Requeued { key: ObjectKey::Pod(PodId(pod)), .. } => each(Pod, pod),
        E::QueueTimer { pod: PodId(pod), generation: one }
        | E::Sync { pod: PodId(pod), generation: one }
        | E::WorkDue { pod: PodId(pod), generation: one }
        | E::Deadline { pod: PodId(pod), generation: one }
        | E::Mount { pod: PodId(pod), generation: one }
        | E::StorageRound { pod: PodId(pod), generation: one }
        | E::EndOverdue { pod: PodId(pod), generation: one }
        | E::TaintEvict { pod: PodId(pod), generation: one }
        | E::DrainTurn { command: one, pod: PodId(pod) }
        // A pod has few containers, of few probes: these stay in the shape.
        | E::Kill { pod: PodId(pod), container: _, generation: one }
        | E::HookFails { pod: PodId(pod), container: _, generation: one }
        | E::Exit { pod: PodId(pod), container: _, generation: one }
        | E::TermExit { pod: PodId(pod), container: _, generation: one }
        | E::MemoryUsed { pod: PodId(pod), container: _, generation: one }
        | E::Probe { pod: PodId(pod), container: _, kind: _, generation: one }
        | E::ProbeDone { pod: PodId(pod), container: _, kind: _, generation: one } => {
            each(Pod, pod);
            each(Small, one);
        }
        E::ClaimMount { pod: PodId(pod), claim: ClaimIx(one), generation: two }
        | E::DiskWritten { pod: PodId(pod), container: _, point: one, generation: two } => {
            each(Pod, pod);
            each(Small, one);
            each(Small, two);
        }
        E::Bind { pod: PodId(pod), node: NodeId(node) } => {
            each(Pod, pod);
            each(Node, node);
        }
        E::Preempt { pod: PodId(pod), victim: PodId(victim), node: NodeId(node) } => {
            each(Pod, pod);
            each(Pod, victim);
            each(Node, node);
        }
        E::CordonTaint { node: NodeId(node) } | E::NodeInformed { node: NodeId(node) } => each(Node, node),
        E::Relist { node: NodeId(node), generation: one }
        | E::Pulled { node: NodeId(node), pull: one }
        | E::StatusWrite { node: NodeId(node), generation: one }
        | E::StatusRetry { node: NodeId(node), generation: one }
        | E::ResizeRetry { node: NodeId(node), generation: one }
        | E::NodeStatus { node: NodeId(node), generation: one }
        | E::KubeletStart { node: NodeId(node), generation: one }
        | E::Shutdown { node: NodeId(node), generation: one }
        | E::Evict { node: NodeId(node), generation: one }
        | E::DevicesReported { node: NodeId(node), generation: one }
        | E::NodeTaint { node: NodeId(node), generation: one }
        | E::VolumeOperation { node: NodeId(node), volume: VolumeIx(one), .. } => {
            each(Node, node);
            each(Small, one);
        }
        // Objects of workloads and namespaces are few beside pods: they stay in the shape, too.
        E::Informed { .. } | E::Requeued { .. } | E::NamespaceSync { .. } => {}
        E::AttachDetach | E::NodeMonitor | E::Work { .. } | E::Told { .. } | E::PodGc | E::PodGcDelete => {}
    }
}
