//! What happens later in the same instant: whoever stands below says it, and whoever stands above takes it up once the
//! event that is being played is done with.
//!
//! News between components travels with a delay, as an event. Within a node some of it has none: a process that ends wakes
//! the call that waits for it. It is no call upwards either, but a value in a small queue ([`World::signal`]), drained in
//! the order in which it was filled by the one match in `actors`.

use super::kubelet::ImageOf;
use super::{ContainerIx, ObjectKey, PodId, World};
use crate::api::Sym;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// The runtime: the process of a container's newest instance has ended.
    ProcessEnded { pod: PodId, container: ContainerIx },
    /// The image service: the pull that a run waits for has ended, with this error if with one.
    Pulled { pod: PodId, of: ImageOf, error: Option<Sym> },
    /// The allocation manager has tried a resize that waited: the pod's sync tells what came of it.
    ResizeTried { pod: PodId },
    /// The API server: an object that a command waits for has been written, or is gone.
    ObjectSeen { key: ObjectKey },
    /// The API server: a pod is gone while a node is drained.
    PodGone { pod: PodId },
}

impl World {
    /// Says what is to be taken up after the event that is being played.
    pub fn signal(&mut self, signal: Signal) {
        self.signals.push_back(signal);
    }
}
