//! Memory as containers use it: the kernel ends a process whose container, or whose pod, is above its limit.
//!
//! A scenario's `memory` says what a container's working set is from which instant on, its `writes` what it puts into
//! volumes, some of which are in memory. Nothing ticks: each point is looked at when it is reached, against the limit of that
//! instant, so that a limit raised in time is one that helps. What the kernel leaves alone, the node's eviction manager may not.

use super::{kubelet, runtime};
use crate::api::{InstanceState, Sym};
use crate::rules::kubelet::{memory as rule, resize};
use crate::rules::versions::gates::Gates;
use crate::world::runtime::Written;
use crate::world::{ContainerIx, Local, PodId, World};

/// What an OOM-killed process exits with: 128 + SIGKILL.
const OOM_EXIT: i32 = 137;

/// The limit of a container's control group. Of a pod that is being resized the instance has its own size: one that is only
/// wished for protects nobody.
fn limit(p: Local<'_>, ix: ContainerIx) -> Option<i64> {
    let actual = p.runtime.resize.as_deref().and_then(|own| own.actual.get(usize::from(ix)));
    rule::limit(actual.unwrap_or(&p.container(ix).resources))
}

/// A point of the script is reached, if its process still runs.
pub fn used(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = w.local(pod);
    let Some(usage) = runtime::memory_used(p, ix, w.now) else { return };
    // The process takes something beside its volumes, however little.
    let beside = i64::from(runtime::in_memory_volumes(p, ix) > 0);
    if limit(p, ix).is_some_and(|limit| usage.saturating_add(beside) > limit) {
        runtime::end(w, pod, ix, OOM_EXIT, Sym::OOM_KILLED);
        return;
    }
    in_all(w, pod);
    if let Some(node) = w.pods[pod.ix()].node {
        kubelet::eviction::used(w, node, Sym::MEMORY);
    }
}

/// The limit of a pod's control group, where the limits of its containers do not keep it: of a pod that names one, and of one
/// that has volumes in memory, in which more may be left than those who run have written.
fn limit_of_all(p: Local<'_>, gates: &Gates) -> Option<i64> {
    let gate = gates.pod_level_resources;
    let own = rule::own_limit(&p.spec, gate);
    if own.is_some() || p.runtime.disk.is_none() {
        return own;
    }
    match p.runtime.resize.as_deref() {
        Some(resize) => rule::group_limit(&resize::with_sizes(&p.spec, &resize.actual), gate),
        None => rule::group_limit(&p.spec, gate),
    }
}

/// A pod is held against its limit as a whole: the kernel ends the worst of its containers, until the others have room.
fn in_all(w: &mut World, pod: PodId) {
    while let Some(limit) = limit_of_all(w.local(pod), &w.gates) {
        let p = w.local(pod);
        let used = |ix: ContainerIx| Some((ix, runtime::memory_used(p, ix, w.now)?));
        let all: Vec<(ContainerIx, i64)> = p.container_ixs().filter_map(used).collect();
        // What somebody has left in a volume is still there, and counts.
        let running: i64 = all.iter().map(|(ix, bytes)| bytes - runtime::in_memory_volumes(p, *ix)).sum();
        let volumes = p.spec.volumes.iter().filter(|volume| rule::is_in_memory(volume));
        let held: i64 = volumes.map(|volume| in_volume(p, Sym::new(&volume.name), None)).sum();
        if running.saturating_add(held) <= limit {
            return;
        }
        let capacity = p.node.and_then(|node| w.machines[node.ix()].capacity.get("memory"));
        let capacity = capacity.map_or(0, |nanos| i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX));
        let (class, gate) = (p.status.qos_class(), w.gates.pod_level_resources);
        let adjust = |ix| rule::oom_score_adjust(&p.spec, p.container(ix), class, capacity, gate);
        let victim = rule::victim(limit, all.into_iter().map(|(ix, bytes)| (ix, bytes, adjust(ix))));
        let Some(victim) = victim else { return };
        runtime::end(w, pod, victim, OOM_EXIT, Sym::OOM_KILLED);
    }
}

/// What is in a volume, but for what one of the containers has written.
fn in_volume(p: Local<'_>, volume: Sym, without: Option<ContainerIx>) -> i64 {
    let disk = p.runtime.disk.as_deref().map_or(&[][..], Vec::as_slice);
    let of = |ix: ContainerIx| {
        let own = disk.iter().rfind(|entry| (entry.container, entry.volume) == (ix, Some(volume)));
        own.map_or(0, |entry| entry.bytes)
    };
    p.container_ixs().filter(|ix| Some(*ix) != without).map(of).sum()
}

/// A point of an attempt's writes is reached: on a disk, or in memory.
pub fn written(w: &mut World, pod: PodId, ix: ContainerIx, point: u32) {
    let p = w.local(pod);
    let write = p.runtime.attempt(ix).writes.get(point as usize);
    let place =
        write.and_then(|write| p.spec.volumes.iter().find(|own| write.volume == Some(Sym::new(&own.name))));
    let (Some(write), Some(volume)) = (write.copied(), place.filter(|own| rule::is_in_memory(own))) else {
        let node = p.node;
        kubelet::local_storage::written(w, pod, ix, point);
        return node.into_iter().for_each(|node| kubelet::eviction::used(w, node, Sym::EPHEMERAL_STORAGE));
    };
    let newest = p.runtime.live.newest(p.container(ix).name);
    if newest.is_none_or(|c| c.state != InstanceState::Running) {
        return;
    }
    // Nothing more goes into a full one: whoever writes is told so (ENOSPC), and what becomes of that is the program's matter.
    let for_pods = p.node.and_then(|node| w.nodes[node.ix()].spec.allocatable.get("memory"));
    let for_pods =
        for_pods.map_or(i64::MAX, |nanos| i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX));
    let size = rule::size_of_volume(&p.spec, volume, for_pods, w.gates.pod_level_resources);
    let name = Sym::new(&volume.name);
    let room = size.saturating_sub(in_volume(p, name, Some(ix))).max(0);
    let generation = p.runtime.containers[usize::from(ix)].generation;
    // Whoever is ended for it has not written all.
    let before = runtime::memory_used(p, ix, w.now).unwrap_or(0) - runtime::in_memory_volumes(p, ix);
    let bytes = write.bytes.min(room).min(limit(p, ix).map_or(i64::MAX, |limit| (limit - before).max(0)));
    let new = Written { at: w.now, container: ix, generation, volume: Some(name), bytes };
    w.places[pod.ix()].runtime.disk.get_or_insert_default().push(new);
    used(w, pod, ix);
}
