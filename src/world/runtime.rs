//! A pod as its machine has it: what its container runtime has made, how the processes in it behave, and what the kubelet
//! keeps of it on the machine's disk. All of that outlives the kubelet's process.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::{ContainerIx, NodeId, ObjectKey};
use crate::api::{Condition, PodSpec, RuntimeStatus, Sym};
use crate::rules::kubelet::resize::Sizes;
use crate::scenario::plan::{Attempt, Behavior};
use crate::time::Time;

/// The containers as the runtime has them.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Runtime {
    /// Of a pod whose size was changed while it was on its node; the many others have none.
    pub resize: Option<Box<Resize>>,
    /// As it is now; the kubelet sees the copy of its last relist ([`Worker::cache`](super::worker::Worker::cache)).
    pub live: Arc<RuntimeStatus>,
    pub containers: Box<[ContainerRun]>,
    /// How the processes of its containers behave.
    pub behavior: Arc<Behavior>,
    /// What the containers wrote, oldest first; None for the many that say nothing of it.
    #[expect(clippy::box_collection, reason = "few pods have it, and all pay for its room")]
    pub disk: Option<Box<Vec<Written>>>,
    pub sandbox_starts: u32,
    pub sandbox_failures: u32,
    /// The number of the address of the pod network that the newest sandbox holds.
    pub address: Option<u32>,
}

/// From an instant on, so much disk space is taken up by a container in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    pub at: Time,
    pub container: ContainerIx,
    /// Of the container's instance.
    pub generation: u32,
    /// None: in the instance's own filesystem and logs, which go with it.
    pub volume: Option<Sym>,
    pub bytes: i64,
}

impl Runtime {
    /// That of a pod with so many containers, of which the runtime has `nothing` yet.
    pub fn of(containers: usize, behavior: &Arc<Behavior>, nothing: &Arc<RuntimeStatus>) -> Runtime {
        Runtime {
            behavior: Arc::clone(behavior),
            resize: None,
            live: Arc::clone(nothing),
            containers: vec![ContainerRun::default(); containers].into_boxed_slice(),
            disk: None,
            sandbox_starts: 0,
            sandbox_failures: 0,
            address: None,
        }
    }
    /// How many sandboxes were tried.
    pub fn sandboxes_tried(&self) -> u64 {
        u64::from(self.sandbox_starts) + u64::from(self.sandbox_failures)
    }
    /// How the newest instance of a container behaves.
    pub fn attempt(&self, ix: ContainerIx) -> &Attempt {
        self.behavior.containers[usize::from(ix)].attempt(self.containers[usize::from(ix)].attempt)
    }
}

impl ContainerRun {
    /// The try for which an attempt was taken, where attempts are counted with others.
    pub fn counted(&self) -> Option<u32> {
        self.counted.map(|next| next.get() - 1)
    }
    /// An attempt was taken for this try, or none is counted with others.
    pub fn count(&mut self, tried: Option<u32>) {
        self.counted = tried.and_then(|tried| NonZeroU32::new(tried + 1));
    }
    /// A start was begun and has not come to a try.
    pub fn begins(&self) -> bool {
        self.counted().unwrap_or(self.attempt) == self.tries
    }
}

/// Whose containers count their starts together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shared {
    pub workload: ObjectKey,
    pub container: Sym,
    /// Only those on this node.
    pub node: Option<NodeId>,
    /// Only those with this number.
    pub index: Option<u32>,
}

/// The newest instance of a container, and how far its script is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContainerRun {
    /// How many pulls of its image were begun.
    pub pulls: u32,
    /// How many starts were tried: the behaviour's attempt.
    pub tries: u32,
    /// Which attempt is under way, or was the last; the newest instance may be of one before, if nothing came of this one.
    pub attempt: u32,
    /// The try for which an attempt was taken, where attempts are counted with others, from one on: in four bytes and not in
    /// eight, as pods are many.
    counted: Option<NonZeroU32>,
    /// Which attempts the two newest instances play, the newest first.
    pub played: [u32; 2],
    /// How many instances were made.
    pub generation: u32,
    /// The newest instance was told to stop.
    pub term_sent: bool,
    /// So was the one before.
    pub last_term_sent: bool,
    /// What the process will have exited with, once its end is queued.
    pub exit_code: i32,
}

/// What a kubelet holds of a pod that was resized in place: what it has set aside, and what it tells of it
/// (pkg/kubelet/allocation; `podResizeConditions` of its status manager). It outlives the kubelet's process: sizes are
/// checkpointed, conditions are taken back from the API.
#[derive(Clone, Debug)]
pub struct Resize {
    /// The API's spec as the kubelet saw it last; what it works with has the allocated sizes
    /// ([`Worker::spec`](super::worker::Worker::spec)).
    pub seen: Arc<PodSpec>,
    /// Set aside for the pod.
    pub allocated: Sizes,
    /// Of the newest instance of each container.
    pub actual: Sizes,
    pub pending: Option<Condition>,
    pub in_progress: Option<Condition>,
    /// The runtime has taken other sizes: the next relist tells of it (`SetPodWatchCondition`).
    pub watched: bool,
}
