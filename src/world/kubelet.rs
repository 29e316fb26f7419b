//! A kubelet's process: what it holds in its memory. A restart drops the value, and the workers of its pods with it
//! ([`super::World::drop_kubelet`]), and makes another.

use std::collections::VecDeque;

use super::machine::PullSecret;
use super::rest::Resting;
use super::{ContainerIx, PodId};
use crate::api::Sym;
use crate::rules::machinery::throttle::TokenBucket;
use crate::rules::scheduler::placement::amounts::Amounts;
use crate::time::Time;

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
    /// When a round saw it last.
    pub seen: Option<Time>,
    pub over: bool,
    /// Since when each round has seen it beyond the soft threshold.
    pub soft_since: Option<Time>,
    /// When the next round looks at it: rounds that were asked for before bow out.
    pub round: Time,
    /// The pod whose end the manager waits for, and until when at the longest.
    pub evicting: Option<(super::PodId, Time)>,
}

/// What of a pod an image is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageOf {
    /// A container runs it.
    Container(ContainerIx),
    /// It is what a volume holds: the volume's place in the spec.
    Volume(u16),
}

/// A pull that waits or runs.
#[derive(Clone, Copy, Debug)]
pub struct Pull {
    pub id: u32,
    pub pod: PodId,
    pub of: ImageOf,
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

/// The pods that were taken and have not ended.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub pods: Vec<PodId>,
    /// What their specs ask for in all.
    pub asked: Amounts,
    /// One of them was resized: then what is set aside for it counts, and not its spec.
    pub resized: bool,
    /// What the node has to give, as its object of this version says.
    pub has: (u64, Amounts),
}

/// What a kubelet knows and is about to do, beside what its workers know of their pods: it goes with the process.
#[derive(Clone, Debug)]
pub struct Kubelet {
    /// The how-manieth of its machine: what a former one had queued bows out.
    pub incarnation: u32,
    pub start: Time,
    /// Of a node that has just joined: no pod of it is looked at before.
    pub looks: Option<Time>,
    pub taken: Taken,
    /// The workers of those that are over.
    pub resting: Resting,

    /// The PLEG relists at this instant plus whole periods ([`super::Machine::relist_period`]).
    /// A relist that takes longer, because it finds news, moves it on.
    pub relist_anchor: Time,
    pub relist_queued: Option<Time>,
    /// When the last relist began.
    pub last_relist: Time,
    /// When it ended: the next one comes a period later.
    pub relist_end: Time,
    /// Pods with something for the next relist to see.
    pub dirty: Vec<PodId>,
    /// Pods that wait for a cache entry newer than their last run.
    pub cache_waiters: Vec<PodId>,
    /// The sync loop's one-second ticks stand at this instant plus whole seconds.
    pub tick_anchor: Time,

    /// Status manager: pods whose cached status is newer than what the API has.
    pub status_dirty: Vec<PodId>,
    /// The batch that is being written.
    pub status_batch: VecDeque<PodId>,
    pub status_busy: bool,
    /// Its ten-second passes stand at this instant plus whole periods.
    pub reconcile_anchor: Time,
    /// Pods whose status in the API is not what the kubelet holds, for the next such pass.
    pub status_stale: Vec<PodId>,
    pub reconcile_queued: bool,

    /// Pods whose resize waits for room, in the order in which they are tried.
    pub pending_resizes: Vec<PodId>,
    /// When they are tried next without anything having happened.
    pub resize_retry: Option<Time>,

    pub pulls: Vec<Pull>,
    pub pull_queue: VecDeque<Pull>,
    /// Of `registryPullQPS` and `registryBurst`.
    pub pull_throttle: TokenBucket,

    /// No new pods: the node is shutting down.
    pub shutting_down: Option<ShuttingDown>,
    /// What runs short, or did a while ago; each resource once.
    pub pressure: Vec<Pressure>,
}

/// Where the grids of a kubelet's loops stand: they begin with the process, at instants of their own.
#[derive(Clone, Copy, Debug)]
pub struct Anchors {
    pub relist: Time,
    pub tick: Time,
    pub reconcile: Time,
}

impl Kubelet {
    /// A process that has just started, or one that has run since `start` with nothing to do.
    pub fn new(
        incarnation: u32,
        start: Time,
        last_relist: Time,
        at: Anchors,
        throttle: TokenBucket,
    ) -> Kubelet {
        Kubelet {
            incarnation,
            start,
            looks: None,
            taken: Taken::default(),
            resting: Resting::default(),
            relist_anchor: at.relist,
            relist_queued: None,
            last_relist,
            relist_end: last_relist,
            dirty: Vec::new(),
            cache_waiters: Vec::new(),
            tick_anchor: at.tick,
            status_dirty: Vec::new(),
            status_batch: VecDeque::new(),
            status_busy: false,
            reconcile_anchor: at.reconcile,
            status_stale: Vec::new(),
            reconcile_queued: false,
            pending_resizes: Vec::new(),
            resize_retry: None,
            pulls: Vec::new(),
            pull_queue: VecDeque::new(),
            pull_throttle: throttle,
            shutting_down: None,
            pressure: Vec::new(),
        }
    }
    /// What its workers' generations begin with: no number of a former process comes again.
    pub fn first_generation(&self) -> u32 {
        self.incarnation.wrapping_mul(1 << 20)
    }
}
