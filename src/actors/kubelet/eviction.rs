//! The eviction manager: on a node that runs short of something, pods are ended one at a time until it does not
//! (pkg/kubelet/eviction/eviction_manager.go, helpers.go).
//!
//! A scenario says that a resource is short, and for how long; how much a pod uses it does not say. So the ranking knows
//! what it can: pods that ask for none of the memory use more than they asked for, then the lower priority goes first.
//! A round comes every ten seconds while there is pressure; after an eviction the next one waits for its end only.

use super::{end_pod, pod_worker};
use crate::actors::{events, node_lifecycle};
use crate::api::{Sym, Text};
use crate::rules::quantity::Quantity;
use crate::time::Span;
use crate::world::node::Pressure;
use crate::world::pod::{EndedBy, Work};
use crate::world::{NodeId, PodId, SimEvent, World};

/// `evictionMonitoringPeriod`
pub const PERIOD: Span = Span::from_secs(10);
/// `podCleanupPollFreq`, and for how long (`podCleanupTimeout`).
const POLL: Span = Span::from_secs(1);
const CLEAN_UP: Span = Span::from_secs(30);
/// Pods of this priority and above are critical (`SystemCriticalPriority`): nobody evicts them.
pub const CRITICAL: i32 = 2_000_000_000;
/// A hard threshold leaves a pod this long.
pub const HARD_GRACE_SECS: i64 = 1;

/// A resource of the node is short from now on. Without `lasts`, until a pod was evicted.
pub fn begin(w: &mut World, node: NodeId, resource: Sym, lasts: Option<Span>) {
    let now = w.now;
    let n = &mut w.nodes[node.ix()];
    n.pressure = Some(Pressure {
        resource,
        until: lasts.map(|lasts| now + lasts),
        seen: None,
        over: false,
        evicting: None,
    });
    let (anchor, generation) = (n.kubelet_start, n.generation);
    let at = pod_worker::next_on_grid(anchor, PERIOD, now + Span::from_micros(1));
    w.at(at, SimEvent::Evict { node, generation });
}

/// `synchronize`: a round of the manager.
pub fn round(w: &mut World, node: NodeId, generation: u32) {
    let now = w.now;
    let n = &w.nodes[node.ix()];
    if n.generation != generation || !n.kubelet_up {
        return;
    }
    let Some(mut pressure) = n.pressure else { return };
    pressure.over |= pressure.until.is_some_and(|until| until <= now);
    if let Some((pod, since)) = pressure.evicting {
        let gone = w.pods[pod.ix()].worker.as_deref().is_none_or(|worker| worker.work >= Work::Terminated);
        if !gone && now.since(since) < CLEAN_UP {
            w.after(POLL, SimEvent::Evict { node, generation });
            return;
        }
        pressure.evicting = None;
        pressure.over |= pressure.until.is_none();
    }
    if pressure.over {
        // The condition stays for the transition period after the pressure was seen last.
        let period = w.nodes[node.ix()].config.eviction_pressure_transition_period;
        let ends = pressure.seen.map_or(now, |seen| seen + period);
        if ends <= now {
            w.nodes[node.ix()].pressure = None;
            node_lifecycle::set_pressure(w, node, pressure.resource, false);
        } else {
            w.nodes[node.ix()].pressure = Some(pressure);
            w.at(ends, SimEvent::Evict { node, generation });
        }
        return;
    }
    let first = pressure.seen.replace(now).is_none();
    if first {
        node_lifecycle::set_pressure(w, node, pressure.resource, true);
    }
    let next = match victim(w, node, pressure.resource) {
        Some(pod) => {
            pressure.evicting = Some((pod, now));
            evict(w, node, pod, pressure.resource);
            POLL
        }
        None => PERIOD,
    };
    w.nodes[node.ix()].pressure = Some(pressure);
    w.after(next, SimEvent::Evict { node, generation });
}

/// `rankMemoryPressure`, `rankDiskPressureFunc`, `rankPIDPressure`: who goes first.
fn victim(w: &World, node: NodeId, resource: Sym) -> Option<PodId> {
    let rank = |pod: &PodId| {
        let p = &w.pods[pod.ix()];
        let asks = p.spec.containers.iter().any(|c| c.resources.requests.contains_key(resource.as_str()));
        (asks, p.spec.priority.unwrap_or(0), std::cmp::Reverse(p.created))
    };
    let alive = |pod: &&PodId| {
        let p = &w.pods[pod.ix()];
        p.exists
            && p.spec.priority.unwrap_or(0) < CRITICAL
            && p.worker.as_deref().is_some_and(|worker| worker.work == Work::Sync)
    };
    w.nodes[node.ix()].pods.iter().filter(alive).min_by_key(|pod| rank(pod)).copied()
}

fn evict(w: &mut World, node: NodeId, pod: PodId, resource: Sym) {
    let message = Text::from(words(w, node, resource));
    events::kubelet(w, pod, true, Sym::EVICTED, message, None);
    end_pod(
        w,
        pod,
        EndedBy { reason: Sym::EVICTED, message, disruption: true, sticky: false },
        HARD_GRACE_SECS,
    );
}

/// `evictionMessage`: the resource, and its threshold where that is an amount. What is left is told as nine tenths of it.
fn words(w: &World, node: NodeId, resource: Sym) -> String {
    let mut text = format!("The node was low on resource: {resource}. ");
    let thresholds = &w.nodes[node.ix()].config.eviction_hard;
    let signal = if resource == "memory" { "memory.available" } else { "nodefs.available" };
    let default = (resource == "memory" && thresholds.is_empty()).then(|| "100Mi".to_owned());
    if let Some(threshold) = thresholds.get(signal).cloned().or(default)
        && let Ok(amount) = Quantity::parse(&threshold)
    {
        let left = amount.nanos() / 1_000_000_000 * 9 / 10 / 1024;
        text += &format!("Threshold quantity: {threshold}, available: {left}Ki. ");
    }
    text
}

/// Whether a node under pressure takes a pod (`Admit`, eviction_manager.go).
pub fn admits(w: &World, pod: PodId, node: NodeId) -> Result<(), (Sym, Text)> {
    let Some(pressure) = w.nodes[node.ix()].pressure.filter(|pressure| pressure.seen.is_some()) else {
        return Ok(());
    };
    let p = &w.pods[pod.ix()];
    if p.spec.priority.unwrap_or(0) >= CRITICAL {
        return Ok(());
    }
    let condition = node_lifecycle::pressure_condition(pressure.resource);
    let tolerated = p.spec.tolerations.iter().any(|toleration| {
        crate::rules::placement::taint_toleration::tolerates(
            toleration,
            &node_lifecycle::pressure_taint(pressure.resource),
        )
    });
    if pressure.resource == "memory" && (p.status.qos_class != Sym::BEST_EFFORT || tolerated) {
        return Ok(());
    }
    Err((Sym::EVICTED, format!("The node had condition: [{condition}]. ").into()))
}
