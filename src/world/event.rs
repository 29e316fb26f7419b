//! What waits in the queue: small `Copy` data. What is to be known of an event without playing it stands beside it, in
//! [`SimEvent::about`]: its subject, the component that plays it, and what must not have gone on meanwhile. Where that has,
//! the event is stale ([`World::is_stale`]) and bows out before anybody looks at it.

use super::controllers::TaintRequest;
use super::manager::Controller;
use super::volumes::{ClaimIx, VolumeIx};
use super::workloads::ObjectKey;
use super::{ContainerIx, NodeId, PodId, World};
use crate::api::{ProbeKind, Sym};
use crate::scenario::plan::TemplateIx;

/// What is going to happen, and to whom; each variant is one way in which a run goes on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "what a variant carries, the types say")]
pub enum SimEvent {
    /// The API server stores a new pod: a replica of a template.
    CreatePod { template: TemplateIx, ordinal: u32 },
    /// An `[[action]]` of the scenario; beyond its last one, what somebody commands while the run goes on.
    Action { index: u32 },
    /// What an `[[apply]]` brings is sent.
    Apply { index: u32 },
    /// kubectl sends one more of the objects that it applies.
    ApplyNext { command: u32, object: u32 },
    /// An `[[object]]` comes into being.
    CreateObject { index: u32 },

    /// A claim is bound.
    BindClaim { index: u32 },
    /// A provisioner has made the volume of a claim.
    Provisioned { index: u32 },

    /// The scheduler has something to look at.
    Schedule { generation: u32 },
    /// A pod's back-off in the scheduling queue ends, or it has waited there for too long.
    QueueTimer { pod: PodId, generation: u32 },
    /// A victim has to make room.
    Preempt { pod: PodId, victim: PodId, node: NodeId },
    /// The scheduler's recorder writes the count of a series.
    SeriesWrite { pod: PodId },
    /// `kubectl drain` begins with its first node.
    DrainBegin { command: u32 },
    /// `kubectl drain` asks again for a pod that its budget kept, or sees that one is gone.
    DrainTurn { command: u32, pod: PodId },
    /// A command that waits has waited for long enough.
    WaitOver { command: u32 },
    /// What an eviction has said of a pod is stored; now it is deleted.
    Evicted { pod: PodId },
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

    /// The kubelet writes its node's status, in which volumes in use have changed, or for the first time that it is ready.
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
    /// A kubelet has waited for long enough for the end of a pod that it ends.
    EndOverdue { pod: PodId, generation: u32 },
    /// The node's status tells of the devices of plugins that have registered.
    DevicesReported { node: NodeId, generation: u32 },
    /// The node lifecycle controller's pass at which something changes.
    NodeMonitor,
    /// Taints of a node are written.
    NodeTaint { node: NodeId, generation: u32 },
    /// The taint eviction controller deletes a pod.
    TaintEvict { pod: PodId, generation: u32 },
    /// One of its requests about a pod that it deletes is answered.
    TaintAnswered { pod: PodId, request: TaintRequest },
    /// A controller's informer has news of an object.
    Informed { of: ObjectKey, controller: Controller },
    /// The controller of DaemonSets hears of a node.
    NodeInformed { node: NodeId },
    /// Idle workers of a controller take from its queue.
    Work { controller: Controller },
    /// A request of one of a controller's workers is answered.
    Answered { controller: Controller, worker: u8, request: u32 },
    /// A key that was to come later comes.
    Requeued { key: ObjectKey, controller: Controller },
    /// A controller's event reaches the API server.
    Told { controller: Controller },
    /// The namespace controller looks at a namespace that is being deleted.
    NamespaceSync { namespace: Sym },
    /// The pod garbage collector's pass.
    PodGc,
    /// Its client may send the next request.
    PodGcDelete,
}

/// Whom an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// None of the below, or several.
    Cluster,
    /// A pod as a whole.
    Pod(PodId),
    /// One of its containers.
    Container(PodId, ContainerIx),
    /// A node, or the machine and the kubelet behind it.
    Node(NodeId),
}

/// What an event was queued for, with the count that it had: once that has gone on, the event is stale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bond {
    /// Nothing that is counted: whoever plays the event looks what is left to do.
    Free,
    /// The scheduler's cycle.
    Cycle(u32),
    /// A pod's entry in the scheduling queue.
    Entry(PodId, u32),
    /// A pod's timer of the taint eviction controller.
    Timer(PodId, u32),
    /// The kubelet's process on a machine: how many ended before it.
    Process(NodeId, u32),
    /// The same, where a pod's worker is.
    ProcessOf(PodId, u32),
    /// The stage of a worker's run.
    Run(PodId, u32),
    /// A worker's place in the work queue: each run makes it another.
    Due(PodId, u32),
    /// The stage of a container's stop.
    Stop(PodId, ContainerIx, u32),
    /// The newest instance of a container.
    Instance(PodId, ContainerIx, u32),
    /// The tick of a probe worker.
    Tick(PodId, ContainerIx, ProbeKind, u32),
    /// A pull, by its number.
    Pull(NodeId, u32),
    /// A command that waits, by its place among all that was commanded.
    Command(u32),
}

/// What is to be known of an event without playing it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// Whom it is about.
    pub subject: Subject,
    /// The component that plays it.
    pub component: &'static str,
    /// What must not have gone on meanwhile.
    pub bond: Bond,
}

impl About {
    /// The pod that the event is about, or about a container of it.
    pub fn pod(self) -> Option<PodId> {
        match self.subject {
            Subject::Pod(pod) | Subject::Container(pod, _) => Some(pod),
            Subject::Cluster | Subject::Node(_) => None,
        }
    }
}

impl SimEvent {
    /// Whom the event is about, who plays it, and what it is bound to. Whoever asks for one of them pays for that one.
    #[inline(always)]
    pub fn about(self) -> About {
        use SimEvent as E;
        use Subject::{Cluster, Container, Node, Pod};
        let of_process =
            |node, component, generation| (Node(node), component, Bond::Process(node, generation));
        let (subject, component, bond) = match self {
            E::CreatePod { .. } | E::Apply { .. } | E::Action { .. } | E::CreateObject { .. } => {
                (Cluster, "scenario", Bond::Free)
            }
            E::BindClaim { .. } => (Cluster, "PersistentVolume controller", Bond::Free),
            E::Schedule { generation } => (Cluster, "kube-scheduler", Bond::Cycle(generation)),
            E::QueueTimer { pod, generation } => {
                (Pod(pod), "kube-scheduler: queue", Bond::Entry(pod, generation))
            }
            E::Preempt { pod, .. } | E::SeriesWrite { pod } | E::Bind { pod, .. } => {
                (Pod(pod), "kube-scheduler", Bond::Free)
            }
            E::DrainTurn { command, pod } => (Pod(pod), "kubectl drain", Bond::Command(command)),
            E::DrainBegin { command } => (Cluster, "kubectl drain", Bond::Command(command)),
            E::WaitOver { command } => (Cluster, "kubectl", Bond::Command(command)),
            E::ApplyNext { .. } => (Cluster, "kubectl apply", Bond::Free),
            E::Evicted { pod } => (Pod(pod), "API server", Bond::Free),
            E::CordonTaint { node } => (Node(node), "node lifecycle controller", Bond::Free),
            E::PodSeen { pod } => (Pod(pod), "kubelet: watch", Bond::Free),
            E::Sync { pod, generation } => (Pod(pod), "kubelet: pod worker", Bond::Run(pod, generation)),
            E::WorkDue { pod, generation } => (Pod(pod), "kubelet: work queue", Bond::Due(pod, generation)),
            E::Deadline { pod, generation } => {
                (Pod(pod), "kubelet: sync loop", Bond::ProcessOf(pod, generation))
            }
            E::Relist { node, generation } => of_process(node, "kubelet: PLEG", generation),
            E::RelistPod { pod } => (Pod(pod), "kubelet: PLEG", Bond::Free),
            E::Mount { pod, generation } | E::ClaimMount { pod, generation, .. } => {
                (Pod(pod), "kubelet: volume manager", Bond::ProcessOf(pod, generation))
            }
            E::Pulled { node, pull } => (Node(node), "kubelet: image manager", Bond::Pull(node, pull)),
            E::Kill { pod, container, generation } => {
                let bond = Bond::Stop(pod, container, generation);
                (Container(pod, container), "kubelet: runtime manager", bond)
            }
            E::HookFails { pod, container, generation } => {
                let bond = Bond::Instance(pod, container, generation);
                (Container(pod, container), "kubelet: runtime manager", bond)
            }
            E::Exit { pod, container, generation }
            | E::TermExit { pod, container, generation }
            | E::DiskWritten { pod, container, generation, .. }
            | E::MemoryUsed { pod, container, generation } => {
                (Container(pod, container), "process", Bond::Instance(pod, container, generation))
            }
            E::Probe { pod, container, kind, generation }
            | E::ProbeDone { pod, container, kind, generation } => {
                let bond = Bond::Tick(pod, container, kind, generation);
                (Container(pod, container), "kubelet: prober", bond)
            }
            E::StatusWrite { node, generation } | E::StatusRetry { node, generation } => {
                of_process(node, "kubelet: status manager", generation)
            }
            E::ResizeRetry { node, generation } => {
                of_process(node, "kubelet: allocation manager", generation)
            }
            E::NodeStatus { node, generation } | E::KubeletStart { node, generation } => {
                of_process(node, "kubelet", generation)
            }
            E::AttachDetach => (Cluster, "attach/detach controller", Bond::Free),
            E::VolumeOperation { .. } | E::Provisioned { .. } => (Cluster, "storage system", Bond::Free),
            E::Shutdown { node, generation } => of_process(node, "kubelet: shutdown manager", generation),
            E::Evict { node, generation } => of_process(node, "kubelet: eviction manager", generation),
            E::StorageRound { pod, generation } => {
                (Pod(pod), "kubelet: eviction manager", Bond::ProcessOf(pod, generation))
            }
            E::EndOverdue { pod, generation } => {
                (Pod(pod), "kubelet: pod workers", Bond::ProcessOf(pod, generation))
            }
            E::DevicesReported { node, generation } => of_process(node, "kubelet: node status", generation),
            E::NodeMonitor => (Cluster, "node lifecycle controller", Bond::Free),
            E::NodeTaint { node, generation } => of_process(node, "node lifecycle controller", generation),
            E::TaintEvict { pod, generation } => {
                (Pod(pod), "taint eviction controller", Bond::Timer(pod, generation))
            }
            E::TaintAnswered { pod, .. } => (Pod(pod), "taint eviction controller", Bond::Free),
            E::Informed { controller, of } => (of.subject(), controller.words(), Bond::Free),
            E::Requeued { controller, key } => (key.subject(), controller.words(), Bond::Free),
            E::NodeInformed { node } => (Node(node), Controller::DaemonSet.words(), Bond::Free),
            E::Work { controller } | E::Answered { controller, .. } | E::Told { controller } => {
                (Cluster, controller.words(), Bond::Free)
            }
            E::NamespaceSync { .. } => (Cluster, "namespace controller", Bond::Free),
            E::PodGc | E::PodGcDelete => (Cluster, "pod garbage collector", Bond::Free),
        };
        About { subject, component, bond }
    }
}

impl World {
    /// Whether an event finds that what it was queued for has gone on.
    #[inline]
    pub fn is_stale(&self, event: SimEvent) -> bool {
        let (now, then) = match event.about().bond {
            Bond::Free => return false,
            Bond::Cycle(then) => (Some(self.scheduler.cycles as u32), then),
            Bond::Entry(pod, then) => (self.scheduler.waiting.get(&pod).map(|own| own.generation), then),
            Bond::Timer(pod, then) => {
                (self.controllers.taint_eviction.waiting.get(&pod).map(|own| own.generation), then)
            }
            Bond::Process(node, then) => (Some(self.machines[node.ix()].incarnation), then),
            Bond::ProcessOf(pod, then) => {
                (self.worker(pod).map(|worker| self.machines[worker.node.ix()].incarnation), then)
            }
            Bond::Run(pod, then) => (self.worker(pod).map(|worker| worker.generation), then),
            Bond::Due(pod, then) => (self.worker(pod).map(|worker| worker.due_generation), then),
            Bond::Stop(pod, ix, then) => {
                let kill = self.local(pod).memory(ix).and_then(|own| own.kill.as_ref());
                (kill.map(|kill| kill.generation), then)
            }
            Bond::Instance(pod, ix, then) => {
                (self.places[pod.ix()].runtime.containers.get(ix.ix()).map(|run| run.generation), then)
            }
            Bond::Tick(pod, ix, kind, then) => {
                let own = self.local(pod).memory(ix).and_then(|own| own.probers.get(kind));
                (own.map(|prober| prober.generation), then)
            }
            Bond::Command(then) => {
                let waits = self.waiting.iter().any(|own| own.command == then)
                    || self.draining.iter().any(|own| own.command == then);
                (waits.then_some(then), then)
            }
            Bond::Pull(node, then) => {
                let pulls = self.kubelet(node).map(|kubelet| &kubelet.pulls);
                (pulls.is_some_and(|pulls| pulls.iter().any(|own| own.id == then)).then_some(then), then)
            }
        };
        now != Some(then)
    }
}
