//! What waits in the queue: small `Copy` data. An event that finds its subject has moved on (another generation) bows out.

use super::volumes::{ClaimIx, VolumeIx};
use super::{ContainerIx, NodeId, PodId};
use crate::api::ProbeKind;
use crate::scenario::plan::TemplateIx;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SimEvent {
    /// The API server stores a new pod: a replica of a template.
    CreatePod { template: TemplateIx, ordinal: u32 },
    /// An `[[action]]` of the scenario; beyond its last one, what somebody commands while the run goes on.
    Action { index: u32 },
    /// An `[[object]]` comes into being.
    CreateObject { index: u32 },

    /// A claim is bound.
    BindClaim { index: u32 },

    /// The scheduler has something to look at.
    Schedule { generation: u32 },
    /// A pod's back-off in the scheduling queue ends, or it has waited there for too long.
    QueueTimer { pod: PodId, generation: u32 },
    /// A victim has to make room.
    Preempt { pod: PodId, victim: PodId, node: NodeId },
    /// The scheduler's recorder writes the count of a series.
    SeriesWrite { pod: PodId },
    /// `kubectl drain` asks again for a pod that its budget kept.
    DrainRetry { pod: PodId },
    /// A cordoned or uncordoned node's taint follows its spec.
    CordonTaint { node: NodeId },
    /// The scheduler's decision is written.
    Bind { pod: PodId, node: NodeId },

    /// A node's kubelet sees the pod's object as it is now (watch).
    PodSeen { pod: PodId },
    /// The pod worker goes on with its run.
    Sync { pod: PodId, generation: u32 },
    /// The kubelet's one-second tick finds the pod's requeue time reached.
    WorkDue { pod: PodId, generation: u32 },
    /// The tick at which the pod's active deadline is exceeded.
    Deadline { pod: PodId, generation: u32 },
    /// The PLEG looks at the runtime.
    Relist { node: NodeId, generation: u32 },
    /// The PLEG looks at one pod, on demand.
    RelistPod { pod: PodId },
    /// Volumes of a pod are looked at again.
    Mount { pod: PodId, generation: u32 },
    /// The mount of a pod's claim goes on.
    ClaimMount { pod: PodId, claim: ClaimIx, generation: u32 },
    /// The image service has finished a pull.
    Pulled { node: NodeId, pull: u32 },
    /// One container's stop goes on.
    Kill { pod: PodId, container: ContainerIx, generation: u32 },
    /// A preStop hook ends with a failure.
    HookFails { pod: PodId, container: ContainerIx, generation: u32 },
    /// The process of a container's newest instance ends by itself, or by the signal that it was sent.
    Exit { pod: PodId, container: ContainerIx, generation: u32 },
    /// The process ends because of the SIGTERM that it got.
    TermExit { pod: PodId, container: ContainerIx, generation: u32 },
    /// What a container takes up on the disk changes: a point of its attempt's `writes`.
    DiskWritten { pod: PodId, container: ContainerIx, point: u32, generation: u32 },
    /// What a container uses of memory changes: a point of its attempt's `memory`.
    MemoryUsed { pod: PodId, container: ContainerIx, generation: u32 },
    /// A prober's tick.
    Probe { pod: PodId, container: ContainerIx, kind: ProbeKind, generation: u32 },
    /// A prober's answer.
    ProbeDone { pod: PodId, container: ContainerIx, kind: ProbeKind, generation: u32 },
    /// The status manager's write of the next pod in its batch.
    StatusWrite { node: NodeId, generation: u32 },
    /// The status manager's ten-second pass, for a write that was missed.
    StatusRetry { node: NodeId, generation: u32 },

    /// Resizes that wait for room are tried again.
    ResizeRetry { node: NodeId, generation: u32 },

    /// The kubelet writes its node's status, in which volumes in use have changed.
    NodeStatus { node: NodeId, generation: u32 },
    /// A round of the attach/detach controller.
    AttachDetach,
    /// The storage system has attached or detached a volume.
    VolumeOperation { volume: VolumeIx, node: NodeId, attach: bool },
    /// The kubelet process starts (again).
    KubeletStart { node: NodeId, generation: u32 },
    /// Graceful node shutdown goes on to its next group.
    Shutdown { node: NodeId, generation: u32 },
    /// The eviction manager's round.
    Evict { node: NodeId, generation: u32 },
    /// Its round at which it sees what a pod has written.
    StorageRound { pod: PodId, generation: u32 },
    /// The node's status tells of the devices of plugins that have registered.
    DevicesReported { node: NodeId, generation: u32 },
    /// The node lifecycle controller's pass at which something changes.
    NodeMonitor { generation: u32 },
    /// Taints of a node are written.
    NodeTaint { node: NodeId, generation: u32 },
    /// The taint eviction controller deletes a pod.
    TaintEvict { pod: PodId, generation: u32 },
    /// The pod garbage collector's pass.
    PodGc,
    /// Its client may send the next request.
    PodGcDelete,
}
