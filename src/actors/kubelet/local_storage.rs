//! Local storage against its limits: what the eviction manager's ten-second rounds see of what containers write
//! (`localStorageEviction`, pkg/kubelet/eviction/eviction_manager.go; `rules::kubelet::local_storage` decides).
//!
//! It sees late. Containers' own filesystems are measured by containerd every ten seconds (`stats_collect_period`);
//! volumes by the kubelet, for the first time at the next `volumeStatsAggPeriod` after the pod came, and then each time one
//! to two such periods after the last time (pkg/kubelet/server/stats/{fs_resource_analyzer,volume_stat_calculator}.go).
//! Nothing ticks here: a round is queued for what it will see.

use super::pod_worker::end_pod;
use crate::actors::events;
use crate::api::spec::Volume;
use crate::api::{InstanceState, Note, Sym, Text};
use crate::engine::random;
use crate::rules::kubelet::eviction::{CRITICAL, HARD_GRACE_SECS, PERIOD};
use crate::rules::kubelet::local_storage::{Usage, exceeded};
use crate::rules::kubelet::memory;
use crate::rules::kubelet::status_change::EndedBy;
use crate::time::{Span, Time, next_on_grid};
use crate::world::runtime::Written;
use crate::world::worker::Work;
use crate::world::{ContainerIx, Local, PodId, Purpose, SimEvent, World};

/// containerd's `stats_collect_period`
const COLLECT: Span = Span::from_secs(10);

/// A point of an attempt's writes is reached, if its process still runs.
pub fn written(w: &mut World, pod: PodId, ix: ContainerIx, point: u32) {
    let now = w.now;
    let p = w.local(pod);
    if !runs(p, ix) {
        return;
    }
    let Some(write) = p.runtime.attempt(ix).writes.get(point as usize).copied() else { return };
    let generation = p.runtime.containers[usize::from(ix)].generation;
    let new = Written { at: now, container: ix, generation, volume: write.volume, bytes: write.bytes };
    w.places[pod.ix()].runtime.disk.get_or_insert_default().push(new);
    see(w, pod, write.volume.is_some());
}

/// What a pod has on its node's disk now, if it ever wrote something: the newest instances' own filesystems, and its volumes.
pub fn on_disk(w: &World, pod: PodId) -> Option<i64> {
    let p = w.local(pod);
    let disk = p.runtime.disk.as_deref()?;
    let in_memory = |name: Sym| {
        p.spec.volumes.iter().any(|volume| name == volume.name.as_str() && memory::is_in_memory(volume))
    };
    let mut places: Vec<(ContainerIx, Option<Sym>)> = Vec::new();
    for new in disk {
        if !places.contains(&(new.container, new.volume)) {
            places.push((new.container, new.volume));
        }
    }
    let of = |(ix, volume): (ContainerIx, Option<Sym>)| {
        let newest = p.runtime.containers[usize::from(ix)].generation;
        let own = |new: &&Written| {
            (new.container, new.volume) == (ix, volume) && (volume.is_some() || new.generation == newest)
        };
        disk.iter().rfind(own).map_or(0, |new| new.bytes)
    };
    let all = places.into_iter().filter(|(_, volume)| !volume.is_some_and(in_memory));
    Some(all.map(of).fold(0, i64::saturating_add))
}

fn runs(p: Local<'_>, ix: ContainerIx) -> bool {
    p.runtime.live.newest(p.container(ix).name).is_some_and(|c| c.state == InstanceState::Running)
}

/// The kubelet knows the pod (again): it will look at what is there.
pub fn look(w: &mut World, pod: PodId) {
    if w.places[pod.ix()].runtime.disk.is_some() {
        see(w, pod, false);
        see(w, pod, true);
    }
}

/// Queues the round of the eviction manager that sees what is there now.
fn see(w: &mut World, pod: PodId, in_volume: bool) {
    let Some(worker) = w.worker(pod) else { return };
    let (rounds, generation) = (w.kubelet_start(worker.node), w.machines[worker.node.ix()].incarnation);
    let measured =
        if in_volume { measurements(w, pod).find(|at| *at >= w.now) } else { Some(collected(w, pod)) };
    if let Some(measured) = measured {
        w.at(next_on_grid(rounds, PERIOD, measured), SimEvent::StorageRound { pod, generation });
    }
}

/// When containerd next measures the containers' filesystems.
fn collected(w: &World, pod: PodId) -> Time {
    let node = w.pods[pod.ix()].node.map(|node| w.machines[node.ix()].name).unwrap_or_default();
    next_on_grid(w.plan.start - phase(w, node, 0, COLLECT), COLLECT, w.now)
}

/// Where in its period something stands that comes round on a node.
fn phase(w: &World, node: Sym, number: u64, period: Span) -> Span {
    let mut draw = w.draw(Purpose::StorageStats, random::entity(&[&node]), number);
    Span::from_micros(draw.below(period.micros().unsigned_abs()) as i64)
}

/// When the pod's volumes are measured; never, if it has none or the kubelet does not.
fn measurements(w: &World, pod: PodId) -> impl Iterator<Item = Time> + '_ {
    let p = &w.pods[pod.ix()];
    let node = p.node.filter(|_| !p.spec.volumes.is_empty()).map(|node| &w.machines[node.ix()]);
    let node = node.filter(|n| n.config.volume_stats_agg_period > Span::ZERO);
    let node = node.and_then(|n| Some((n, n.kubelet.as_deref()?)));
    let first = node.map(|(n, kubelet)| {
        let period = n.config.volume_stats_agg_period;
        // Nobody knows when in its minute a kubelet has started that runs since before the run.
        let (since, phase) = if kubelet.start < w.plan.start {
            (kubelet.start, phase(w, n.name, 1, period))
        } else {
            (kubelet.start + Span::from_micros(1), Span::ZERO)
        };
        let came = p.status.start_time().unwrap_or(p.created).max(since);
        (0, next_on_grid(kubelet.start - phase, period, came))
    });
    let next = move |(number, at): &(u64, Time)| {
        let (n, kubelet) = node?;
        let period = n.config.volume_stats_agg_period;
        let number = number + 1;
        let mut draw = w.draw(Purpose::StorageStats, p.entity, u64::from(kubelet.incarnation) << 32 | number);
        Some((number, *at + draw.jitter(period, 1.0)))
    };
    std::iter::successors(first, next).map(|(_, at)| at)
}

/// A round of the eviction manager looks at the pod.
pub fn round(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let Some(worker) = p.worker else { return };
    if worker.work != Work::Sync || p.spec.priority.unwrap_or(0) >= CRITICAL {
        return;
    }
    let Some(words) = exceeded(&p.spec, &usage(w, pod), &w.gates.habits) else { return };
    let message = Text::from(words);
    events::kubelet(w, pod, Note::warning(Sym::EVICTED, message));
    let ended = EndedBy { reason: Sym::EVICTED, message, disruption: false };
    end_pod(w, pod, ended, HARD_GRACE_SECS);
}

/// What was measured last of a pod's containers, if any of them ever wrote something: their places and bytes.
pub fn in_containers(w: &World, pod: PodId) -> Vec<(ContainerIx, i64)> {
    let p = w.local(pod);
    if p.runtime.disk.is_none() {
        return Vec::new();
    }
    let known = usage(w, pod).containers;
    known.into_iter().filter_map(|(name, bytes)| Some((p.find(name)?, bytes))).collect()
}

/// The same of its volumes, all together.
pub fn in_volumes(w: &World, pod: PodId) -> Option<i64> {
    w.places[pod.ix()].runtime.disk.as_ref()?;
    Some(usage(w, pod).volumes?.iter().map(|(_, bytes)| bytes).sum())
}

/// What was measured last.
fn usage(w: &World, pod: PodId) -> Usage {
    let p = w.local(pod);
    let disk = p.runtime.disk.as_deref().map_or(&[][..], Vec::as_slice);
    let measured = measurements(w, pod).take_while(|at| *at <= w.now).last();
    let collected = collected(w, pod) - if collected(w, pod) > w.now { COLLECT } else { Span::ZERO };
    let mut usage = Usage::default();
    for ix in p.container_ixs().filter(|ix| runs(p, *ix)) {
        let generation = p.runtime.containers[usize::from(ix)].generation;
        let own = disk.iter().rfind(|entry| {
            (entry.container, entry.generation, entry.volume) == (ix, generation, None)
                && entry.at <= collected
        });
        usage.containers.push((p.container(ix).name, own.map_or(0, |entry| entry.bytes)));
    }
    usage.volumes = measured.map(|measured| {
        // What is in memory is no part of the disk, and cannot grow beyond its size.
        let on_disk = |volume: &&Volume| volume.empty_dir.is_some() && !memory::is_in_memory(volume);
        let volumes = p.spec.volumes.iter().filter(on_disk);
        let of = |volume: Sym, ix: ContainerIx| {
            let own = disk
                .iter()
                .rfind(|entry| (entry.container, entry.volume) == (ix, Some(volume)) && entry.at <= measured);
            own.map_or(0, |entry| entry.bytes)
        };
        let sum = |volume: Sym| p.container_ixs().map(|ix| of(volume, ix)).sum();
        volumes.map(|volume| Sym::new(&volume.name)).map(|volume| (volume, sum(volume))).collect()
    });
    usage
}
