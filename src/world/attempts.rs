//! Starts that the containers of several pods count together (`attemptsOf`): the first two tries fail, whichever pod makes
//! them.

use super::{ContainerIx, NodeId, ObjectKey, PodId, World};
use crate::api::Sym;
use crate::scenario::plan::AttemptsOf;

/// Who counts together: containers of one name, of a workload's pods.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Counting {
    /// The topmost controller of the pods.
    workload: ObjectKey,
    container: Sym,
    /// Of those on this node alone.
    node: Option<NodeId>,
}

impl World {
    /// A start of a container is tried: which of its attempts it plays.
    pub fn attempt_begins(&mut self, pod: PodId, ix: ContainerIx) {
        let runtime = &mut self.places[pod.ix()].runtime;
        runtime.containers[usize::from(ix)].tries += 1;
        let counted = runtime.behavior.containers.get(usize::from(ix)).map(|own| own.attempts_of);
        if let Some(of) = counted.filter(|of| *of != AttemptsOf::Container) {
            self.counts_together(pod, ix, of);
        }
    }

    /// Pods that nobody controls have nobody to count with, nor those without an index where indexes count.
    fn counts_together(&mut self, pod: PodId, ix: ContainerIx, of: AttemptsOf) {
        let p = &self.pods[pod.ix()];
        let Some(controller) = p.controller else { return };
        let node = match of {
            AttemptsOf::Container | AttemptsOf::Index => return,
            AttemptsOf::Workload => None,
            AttemptsOf::Node => p.node,
        };
        let workload = self.workloads.topmost(controller);
        let tried = self.tried.entry(Counting { workload, container: p.container(ix).name, node }).or_default();
        self.places[pod.ix()].runtime.containers[usize::from(ix)].attempt = *tried;
        *tried += 1;
    }
}
