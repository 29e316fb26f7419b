//! A node: the API's object, its kubelet and its runtime.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{ContainerIx, PodId};
use crate::api::handle::handle;
use crate::api::{NodeSpec, Sym, Tri};
use crate::rules::throttle::TokenBucket;
use crate::scenario::plan::KubeletConfig;
use crate::time::{Span, Time};

handle! {
    /// Place of a node among all of the scenario.
    NodeId(u32)
}

/// Namespace and name of a Secret that a pod presents to a registry.
pub type PullSecret = (Sym, Sym);

/// A graceful shutdown: which group of pods is being ended, and until when.
#[derive(Clone, Copy, Debug)]
pub struct ShuttingDown {
    pub critical: bool,
    pub until: Time,
}

/// A shortage on the node, as its eviction manager sees it.
#[derive(Clone, Copy, Debug)]
pub struct Pressure {
    pub resource: Sym,
    /// So long something outside of the pods causes it; None: until a pod was evicted. What containers use may go on causing
    /// it, or have caused it alone: then this is when it began.
    pub until: Option<Time>,
    /// When a round saw it last.
    pub seen: Option<Time>,
    pub over: bool,
    /// When the next round looks at it: rounds that were asked for before bow out.
    pub round: Time,
    /// The pod whose end the manager waits for, and since when.
    pub evicting: Option<(super::PodId, Time)>,
}

/// A pull that waits or runs.
#[derive(Clone, Copy, Debug)]
pub struct Pull {
    pub id: u32,
    pub pod: PodId,
    pub container: ContainerIx,
    pub image: Sym,
    pub full_name: Sym,
    /// When it was asked for, and when the runtime began.
    pub asked: Time,
    pub began: Time,
    /// What it will end with, once it has begun.
    pub error: Option<Sym>,
    /// What opened the registry to it.
    pub secret: Option<PullSecret>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub spec: NodeSpec,
    pub config: Arc<KubeletConfig>,
    pub ip: Sym,
    /// The Node object is in the API.
    pub exists: bool,
    pub ready: Tri,
    /// MemoryPressure, DiskPressure and PIDPressure, as the API has them.
    pub pressures: [Tri; 3],
    /// The kubelet process runs.
    pub kubelet_up: bool,
    /// The machine runs (its containers live).
    pub machine_up: bool,
    /// Changes when the kubelet stops or starts: what it had queued bows out.
    pub generation: u32,
    pub kubelet_start: Time,
    /// The PLEG relists at this instant plus whole periods.
    pub relist_anchor: Time,
    /// From the beginning of one relist to that of the next: a second and what a relist takes.
    pub relist_period: Span,
    pub relist_queued: Option<Time>,
    /// The sync loop's one-second ticks stand at this instant plus whole seconds.
    pub tick_anchor: Time,
    /// The status manager's ten-second passes stand at this instant plus whole periods.
    pub reconcile_anchor: Time,
    /// Pods whose status in the API is not what the kubelet holds, for the next such pass.
    pub status_stale: Vec<PodId>,
    pub reconcile_queued: bool,
    /// Pods with something for the next relist to see.
    pub dirty: Vec<PodId>,
    /// Pods that wait for a cache entry newer than their last run.
    pub cache_waiters: Vec<PodId>,
    /// Pods whose resize waits for room, in the order in which they are tried.
    pub pending_resizes: Vec<PodId>,
    /// When they are tried next without anything having happened.
    pub resize_retry: Option<Time>,
    /// When the last relist began.
    pub last_relist: Time,
    pub pods: Vec<PodId>,

    /// When pods began to start lately: those that start at once get in each other's way.
    pub starts: VecDeque<Time>,
    /// Full names of the images on the node.
    pub images: Vec<Sym>,
    /// Which of them were pulled with a Secret: with that of this namespace and name.
    pub private_images: Vec<(Sym, PullSecret)>,
    /// How many pulls of an image that can fail began on this node, by its full name.
    pub failed_pulls: Vec<(Sym, u32)>,
    pub pulls: Vec<Pull>,
    pub pull_queue: VecDeque<Pull>,
    pub next_pull: u32,
    /// Of `registryPullQPS` and `registryBurst`.
    pub pull_throttle: TokenBucket,

    /// Status manager: pods whose cached status is newer than what the API has.
    pub status_dirty: Vec<PodId>,
    /// The batch that is being written.
    pub status_batch: VecDeque<PodId>,
    pub status_busy: bool,
    /// Batches of several pods so far.
    pub status_batches: u32,
    /// No new pods: the node is shutting down.
    pub shutting_down: Option<ShuttingDown>,
    /// What runs short, or did a while ago; each resource once.
    pub pressure: Vec<Pressure>,
    /// Last sign of life that the API server has.
    pub heartbeat: Time,
}
