//! The eviction manager: on a node that runs short of something, pods are ended one at a time until it does not
//! (pkg/kubelet/eviction/eviction_manager.go, helpers.go).
//!
//! What containers use a scenario may say (`memory`, `writes`): [`crate::rules::kubelet::eviction`] ranks by that, and a
//! node whose containers use more memory than it has, or write more than its disk holds, is short by itself. It may also just say that a resource is short, and for how
//! long: something outside of the pods takes it. A round comes every ten seconds while there is pressure; after an eviction
//! the next one waits for its end only. A soft threshold turns the node's condition at once, and ends pods once it has been
//! crossed for its grace period; whoever goes then has some of its own grace.

use super::pod_worker::end_pod;
use super::{ending, local_storage};
use crate::actors::{events, node_lifecycle, runtime};
use crate::api::{Note, Sym, Text};
use crate::rules::kubelet::eviction::{
    self as rule, CRITICAL, Candidate, Consumer, HARD_GRACE_SECS, PERIOD, Threshold,
};
use crate::rules::kubelet::status_change::EndedBy;
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::time::{Span, Time, next_on_grid};
use crate::world::kubelet::Pressure;
use crate::world::machine::Shortage;
use crate::world::worker::Work;
use crate::world::{ContainerIx, NodeId, PodId, SimEvent, World};

/// `podCleanupPollFreq`, and for how long (`podCleanupTimeout`).
const POLL: Span = Span::from_secs(1);
const CLEAN_UP: Span = Span::from_secs(30);
/// Something outside of the pods takes a resource of the machine from now on (or again, or still: then the node's condition
/// stands). Without `lasts`, until a pod was evicted.
pub fn begin(w: &mut World, node: NodeId, resource: Sym, lasts: Option<Span>, soft: bool) {
    let until = lasts.map(|lasts| w.now + lasts);
    let shortages = &mut w.machines[node.ix()].shortages;
    match shortages.iter_mut().find(|known| known.resource == resource) {
        Some(known) => *known = Shortage { until, soft, ..*known },
        None => shortages.push(Shortage { resource, until, soft }),
    }
    look_out(w, node, resource);
}

/// The manager's next round looks at a resource.
fn look_out(w: &mut World, node: NodeId, resource: Sym) {
    let now = w.now;
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    let round = next_on_grid(kubelet.start, PERIOD, now + Span::from_micros(1));
    let generation = kubelet.incarnation;
    match kubelet.pressure.iter_mut().find(|known| known.resource == resource) {
        // While the manager waits for an eviction, it comes back by itself.
        Some(known) if known.evicting.is_some() => known.over = false,
        Some(known) => *known = Pressure { over: false, round, ..*known },
        None => kubelet.pressure.push(Pressure {
            resource,
            seen: None,
            over: false,
            soft_since: None,
            round,
            evicting: None,
        }),
    }
    w.at(round, SimEvent::Evict { node, generation });
}

/// What outside of the pods takes the resource now.
fn taken(w: &World, node: NodeId, resource: Sym) -> Option<Shortage> {
    let shortages = &w.machines[node.ix()].shortages;
    let known = shortages.iter().find(|known| known.resource == resource);
    known.filter(|known| known.until.is_none_or(|until| until > w.now)).copied()
}

/// A container of the node uses more of a resource than before, or has begun to.
pub fn used(w: &mut World, node: NodeId, resource: Sym) {
    let Some(kubelet) = w.kubelet(node) else { return };
    let is_known = kubelet.pressure.iter().any(|pressure| pressure.resource == resource && !pressure.over);
    if !is_known && is_short(w, node, resource) {
        look_out(w, node, resource);
    }
}

/// A new kubelet's manager remembers no shortage: its conditions are off until a round finds what still is.
pub fn kubelet_started(w: &mut World, node: NodeId) {
    node_lifecycle::no_pressure(w, node);
    for known in w.machines[node.ix()].shortages.clone() {
        if taken(w, node, known.resource).is_some() {
            look_out(w, node, known.resource);
        }
    }
    for resource in [Sym::MEMORY, Sym::EPHEMERAL_STORAGE] {
        used(w, node, resource);
    }
}

/// `synchronize`: a round of the manager.
pub fn round(w: &mut World, node: NodeId) {
    let now = w.now;
    let Some(kubelet) = w.kubelet(node) else { return };
    let generation = kubelet.incarnation;
    let due = kubelet.pressure.iter().filter(|pressure| pressure.round == now);
    for pressure in due.copied().collect::<Vec<Pressure>>() {
        let next = look_at(w, node, pressure);
        let Some(kubelet) = w.kubelet_mut(node) else { return };
        kubelet.pressure.retain(|old| old.resource != pressure.resource || next.is_some());
        if let Some(next) = next {
            for old in kubelet.pressure.iter_mut().filter(|old| old.resource == next.resource) {
                *old = next;
            }
            w.at(next.round, SimEvent::Evict { node, generation });
        }
    }
}

/// What becomes of a shortage in a round; None: it is forgotten.
fn look_at(w: &mut World, node: NodeId, mut pressure: Pressure) -> Option<Pressure> {
    let now = w.now;
    if let Some((pod, until)) = pressure.evicting {
        let gone = w.worker(pod).is_none_or(|worker| worker.work >= Work::Terminated);
        if !gone && now < until {
            return Some(Pressure { round: now + POLL, ..pressure });
        }
        pressure.evicting = None;
        let shortages = &mut w.machines[node.ix()].shortages;
        for known in shortages.iter_mut().filter(|known| known.resource == pressure.resource) {
            known.until.get_or_insert(now);
        }
    }
    let resource = pressure.resource;
    let hard = is_beyond(w, node, resource, Threshold::Hard);
    let soft = is_beyond(w, node, resource, Threshold::Soft);
    pressure.over = !hard && !soft;
    pressure.soft_since = soft.then(|| pressure.soft_since.unwrap_or(now));
    if pressure.over {
        // The condition stays for the transition period after the pressure was seen last.
        let period = w.machines[node.ix()].config.eviction_pressure_transition_period;
        let ends = pressure.seen.map_or(now, |seen| seen + period);
        if ends > now {
            return Some(Pressure { round: ends, ..pressure });
        }
        if pressure.seen.is_some() {
            node_lifecycle::set_pressure(w, node, resource, false);
        }
        return None;
    }
    let first = pressure.seen.replace(now).is_none();
    if first {
        node_lifecycle::set_pressure(w, node, resource, true);
    }
    pressure.round = now + PERIOD;
    let (signal, _) = signal(resource);
    let grace = w.machines[node.ix()].config.eviction_soft_grace_period.get(signal);
    let has_waited = |since: Time| grace.is_none_or(|grace| now.since(since) >= *grace);
    let met = match (hard, pressure.soft_since) {
        (true, _) => Some(Threshold::Hard),
        (false, Some(since)) if has_waited(since) => Some(Threshold::Soft),
        _ => None,
    };
    if let Some(met) = met
        && let Some(pod) = victim(w, node, resource)
    {
        let grace_secs = evict(w, node, pod, resource, met);
        pressure.evicting = Some((pod, now + ending::patience(grace_secs) + CLEAN_UP));
        pressure.round = now + POLL;
    }
    Some(pressure)
}

/// Who goes first; of equals the youngest.
fn victim(w: &World, node: NodeId, resource: Sym) -> Option<PodId> {
    let in_order = |a: &&PodId, b: &&PodId| {
        let created = |pod: PodId| w.pods[pod.ix()].created;
        rule::rank(&candidate(w, **a, resource), &candidate(w, **b, resource))
            .then_with(|| created(**b).cmp(&created(**a)))
    };
    let alive = |pod: &&PodId| {
        let p = w.local(**pod);
        p.exists
            && p.spec.priority.unwrap_or(0) < CRITICAL
            && p.worker.is_some_and(|worker| worker.work == Work::Sync)
    };
    w.machines[node.ix()].pods.iter().filter(alive).min_by(in_order).copied()
}

fn candidate(w: &World, pod: PodId, resource: Sym) -> Candidate {
    let request = super::taken::request_of(w, pod);
    let asked = &request.requests.asked;
    let used = containers(w, pod, resource);
    let volumes = if resource == Sym::EPHEMERAL_STORAGE { local_storage::in_volumes(w, pod) } else { None };
    let known = used.iter().map(|(_, bytes)| *bytes).chain(volumes).reduce(i64::saturating_add);
    Candidate {
        usage: known,
        request: match resource {
            Sym::MEMORY => asked.memory,
            Sym::EPHEMERAL_STORAGE => asked.ephemeral,
            _ => 0,
        },
        priority: w.pods[pod.ix()].spec.priority.unwrap_or(0),
    }
}

/// What the containers of a pod use of a resource, as far as the scenario says so: their places and bytes.
fn containers(w: &World, pod: PodId, resource: Sym) -> Vec<(ContainerIx, i64)> {
    let p = w.local(pod);
    let all = p.container_ixs();
    match resource {
        Sym::MEMORY => all.filter_map(|ix| Some((ix, runtime::memory_used(p, ix, w.now)?))).collect(),
        Sym::EPHEMERAL_STORAGE => local_storage::in_containers(w, pod),
        _ => Vec::new(),
    }
}

/// Ends a pod because of this threshold; answers the grace that it has.
fn evict(w: &mut World, node: NodeId, pod: PodId, resource: Sym, met: Threshold) -> i64 {
    let message = Text::from(words(w, node, pod, resource, met));
    let grace_secs = match met {
        Threshold::Hard => HARD_GRACE_SECS,
        Threshold::Soft => {
            let longest = w.machines[node.ix()].config.eviction_max_pod_grace_period.secs();
            rule::soft_grace_secs(longest, w.pods[pod.ix()].spec.termination_grace_period_seconds)
        }
    };
    events::kubelet(w, pod, Note::warning(Sym::EVICTED, message));
    end_pod(w, pod, EndedBy { reason: Sym::EVICTED, message, disruption: true }, grace_secs);
    grace_secs
}

/// What is left of the memory that a threshold is about; None: no container says what it uses. What runs beside the pods
/// uses nothing. A hard threshold holds for what the node leaves to its pods, too, and that is not more
/// (`addAllocatableThresholds`, pkg/kubelet/eviction/helpers.go).
fn available_memory(w: &World, node: NodeId, of: Threshold) -> Option<i64> {
    let n = &w.machines[node.ix()];
    let of_pod = |pod: &PodId| containers(w, *pod, Sym::MEMORY);
    let used = n.pods.iter().flat_map(of_pod).map(|(_, bytes)| bytes).reduce(i64::saturating_add)?;
    let amount = |nanos: &i128| i64::try_from(nanos / 1_000_000_000).ok();
    let has = amount(n.capacity.get("memory")?)?;
    let for_pods = w.nodes[node.ix()].spec.allocatable.get("memory").and_then(amount);
    let has = if of == Threshold::Hard { has.min(for_pods.unwrap_or(has)) } else { has };
    Some(has.saturating_sub(used))
}

/// Whether a resource is beyond a threshold. Of one that something outside of the pods takes nobody says how much is left:
/// it is beyond all that the node has, and where nobody has said one, beyond what nobody has said.
fn is_beyond(w: &World, node: NodeId, resource: Sym, which: Threshold) -> bool {
    let threshold = threshold(w, node, resource, which);
    if let Some(shortage) = taken(w, node, resource) {
        let unsaid = || self::threshold(w, node, resource, Threshold::Soft).is_none();
        return match which {
            Threshold::Hard => !shortage.soft && (threshold.is_some() || unsaid()),
            Threshold::Soft => threshold.is_some(),
        };
    }
    left_of(w, node, resource, which).zip(threshold).is_some_and(|(left, threshold)| left < threshold.value())
}

/// What a threshold of a resource is held against; None: the scenario does not say what is used of it.
fn left_of(w: &World, node: NodeId, resource: Sym, of: Threshold) -> Option<i64> {
    match resource {
        Sym::MEMORY => available_memory(w, node, of),
        Sym::EPHEMERAL_STORAGE => available_disk(w, node),
        _ => None,
    }
}

/// What is left of the node's disk; None: no container says what it writes. Images take nothing, nor does what runs beside the
/// pods. A pod's files go when it has ended.
fn available_disk(w: &World, node: NodeId) -> Option<i64> {
    let n = &w.machines[node.ix()];
    let lives = |pod: &&PodId| w.worker(**pod).is_some_and(|worker| worker.work < Work::Terminated);
    let on_disk = n.pods.iter().filter(lives).filter_map(|pod| local_storage::on_disk(w, *pod));
    let used = on_disk.reduce(i64::saturating_add)?;
    let has = i64::try_from(n.capacity.get("ephemeral-storage")? / 1_000_000_000).ok()?;
    Some(has.saturating_sub(used))
}

fn is_short(w: &World, node: NodeId, resource: Sym) -> bool {
    [Threshold::Hard, Threshold::Soft].into_iter().any(|which| is_beyond(w, node, resource, which))
}

/// The message of a pod's eviction. Where nobody says what is left of the resource, it is told as nine tenths of the
/// threshold.
fn words(w: &World, node: NodeId, pod: PodId, resource: Sym, met: Threshold) -> String {
    let measured = left_of(w, node, resource, met);
    let threshold = threshold(w, node, resource, met).map(|threshold| {
        let left = measured.filter(|left| *left < threshold.value());
        (threshold, left.unwrap_or(threshold.value().saturating_mul(9) / 10).max(0))
    });
    let p = w.local(pod);
    let spec = p.worker.map_or(&p.pod.spec, |worker| &worker.spec);
    let consumer = |(ix, usage): (ContainerIx, i64)| {
        let container = spec.container_at(usize::from(ix));
        let request = container.resources.requests.get(resource.as_str());
        let request = request.and_then(|text| Quantity::parse(text).ok());
        Consumer { name: container.name, usage, request }
    };
    let wholly = w.gates.habits.blames_whole_pods;
    let blamed = |(ix, _): &(ContainerIx, i64)| wholly || !p.is_init(*ix) || p.is_sidecar(*ix);
    let used = containers(w, pod, resource);
    let of_all = used.iter().map(|(_, bytes)| *bytes).reduce(i64::saturating_add);
    let own =
        spec.resources.as_ref().filter(|_| wholly && resource == Sym::MEMORY && w.gates.pod_level_resources);
    let own = own.and_then(|own| own.requests.get("memory")).and_then(|text| Quantity::parse(text).ok());
    let whole = own.zip(of_all).map(|(request, usage)| Consumer {
        name: Sym::new(&p.ident.name.to_string()),
        usage,
        request: Some(request),
    });
    let consumers: Vec<Consumer> = used.into_iter().filter(blamed).map(consumer).collect();
    rule::message(resource, threshold, whole.as_ref(), &consumers)
}

/// The signal by which a resource is measured, and its hard threshold where nobody says one (`DefaultEvictionHard`,
/// pkg/kubelet/eviction/defaults_linux.go).
fn signal(resource: Sym) -> (&'static str, Option<&'static str>) {
    match resource {
        Sym::MEMORY => ("memory.available", Some("100Mi")),
        Sym::PIDS => ("pid.available", None),
        _ => ("nodefs.available", Some("10%")),
    }
}

/// A threshold of a resource (`GetThresholdQuantity`), as it is written; a percentage is one of the node's capacity.
fn threshold(w: &World, node: NodeId, resource: Sym, which: Threshold) -> Option<Quantity> {
    let n = &w.machines[node.ix()];
    let (signal, default) = signal(resource);
    let text = match which {
        Threshold::Soft => n.config.eviction_soft.get(signal).map(String::as_str),
        Threshold::Hard => {
            let written = &n.config.eviction_hard;
            written.get(signal).map(String::as_str).or(default.filter(|_| written.is_empty()))
        }
    }?;
    let Some(percent) = text.strip_suffix('%') else { return Quantity::parse(text).ok() };
    let share = Quantity::parse(percent).ok()?.nanos();
    let capacity = n.capacity.get(resource.as_str())?;
    let bytes = capacity / 1_000_000_000 * share / 100 / 1_000_000_000;
    Some(Quantity::from_nanos(bytes * 1_000_000_000, Format::BinarySI))
}
