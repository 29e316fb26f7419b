//! Memory as containers use it: the kernel ends a process whose container is above its limit.
//!
//! A scenario's `memory` says what a container's working set is from which instant on. Nothing ticks: each point is
//! looked at when it is reached, against the limit of that instant, so that a limit raised in time is one that helps. What
//! the kernel leaves alone, the node's eviction manager may not.

use std::sync::Arc;

use super::runtime;
use crate::api::{InstanceState, Sym};
use crate::rules::machinery::quantity::Quantity;
use crate::time::Time;
use crate::world::{ContainerIx, Local, PodId, SimEvent, World};

/// What an OOM-killed process exits with: 128 + SIGKILL.
const OOM_EXIT: i32 = 137;

/// A container's process runs: the points of its script are queued.
pub fn started(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = w.local(pod);
    if p.runtime.attempt(ix).memory.is_empty() {
        return;
    }
    let behavior = Arc::clone(&p.runtime.behavior);
    let run = &p.runtime.containers[usize::from(ix)];
    let (attempt, generation) = (run.attempt, run.generation);
    for point in &behavior.containers[usize::from(ix)].attempt(attempt).memory {
        w.after(point.at, SimEvent::MemoryUsed { pod, container: ix, generation });
    }
}

/// A point of the script is reached, if its process still runs.
pub fn used(w: &mut World, pod: PodId, ix: ContainerIx, generation: u32) {
    let p = w.local(pod);
    if p.runtime.containers[usize::from(ix)].generation != generation {
        return;
    }
    // Of a pod that is being resized the instance has its own size: one that is only wished for protects nobody.
    let actual = p.runtime.resize.as_deref().and_then(|own| own.actual.get(usize::from(ix)));
    let limits = &actual.unwrap_or(&p.container(ix).resources).limits;
    let limit = limits.get("memory").and_then(|text| Quantity::parse(text).ok());
    let usage = usage(p, ix, w.now);
    if limit.is_some_and(|limit| usage.is_some_and(|usage| usage > limit.value())) {
        runtime::end(w, pod, ix, OOM_EXIT, Sym::OOM_KILLED);
    } else if let Some(node) = p.node {
        super::kubelet::eviction::memory_used(w, node);
    }
}

/// What a running container uses, in bytes; None: the scenario does not say, or it does not run.
pub fn usage(p: Local<'_>, ix: ContainerIx, now: Time) -> Option<i64> {
    let script = &p.runtime.attempt(ix).memory;
    if script.is_empty() {
        return None;
    }
    let newest = p.runtime.live.newest(p.container(ix).name)?;
    let since = now.since(newest.started_at.filter(|_| newest.state == InstanceState::Running)?);
    Some(script.iter().rfind(|point| point.at <= since).map_or(0, |point| point.bytes))
}
