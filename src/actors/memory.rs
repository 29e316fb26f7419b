//! Memory as containers use it: the kernel ends a process whose container is above its limit.
//!
//! A scenario's `memory` says what a container's working set is from which instant on. Nothing ticks: each point is
//! looked at when it is reached, against the limit of that instant, so that a limit raised in time is one that helps. What
//! the kernel leaves alone, the node's eviction manager may not.

use super::runtime;
use crate::api::Sym;
use crate::rules::machinery::quantity::Quantity;
use crate::world::{ContainerIx, PodId, World};

/// What an OOM-killed process exits with: 128 + SIGKILL.
const OOM_EXIT: i32 = 137;

/// A point of the script is reached, if its process still runs.
pub fn used(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = w.local(pod);
    // Of a pod that is being resized the instance has its own size: one that is only wished for protects nobody.
    let actual = p.runtime.resize.as_deref().and_then(|own| own.actual.get(usize::from(ix)));
    let limits = &actual.unwrap_or(&p.container(ix).resources).limits;
    let limit = limits.get("memory").and_then(|text| Quantity::parse(text).ok());
    let usage = runtime::memory_used(p, ix, w.now);
    if limit.is_some_and(|limit| usage.is_some_and(|usage| usage > limit.value())) {
        runtime::end(w, pod, ix, OOM_EXIT, Sym::OOM_KILLED);
    } else if let Some(node) = p.node {
        super::kubelet::eviction::memory_used(w, node);
    }
}
